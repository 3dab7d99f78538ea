"""The dispatcher platform as a dialect: its parts put together into one server."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from chatdesk.server.chat_server import ChatServer, SocketSettings, socket_server
from chatdesk.server.core.service import Core, Ground
from chatdesk.server.demo.seed import seed_demo
from chatdesk.server.dialect import Choices, Dialect, Variant
from chatdesk.server.dialects.dispatcher import (
    answers,
    auth_routes,
    chat_routes,
    file_routes,
    notification_routes,
    order_routes,
    user_routes,
)
from chatdesk.server.dialects.dispatcher.as_is import server as recorded
from chatdesk.server.dialects.dispatcher.context import Context
from chatdesk.server.dialects.dispatcher.pushes import Pushes
from chatdesk.server.dialects.dispatcher.sockets import Sockets
from chatdesk.server.dialects.dispatcher.vocabulary import WORDS, default_rules
from chatdesk.wire.dispatcher import names, shapes, texts

SETTINGS = SocketSettings(
    path=names.SOCKET_PATH,
    ping_interval_s=names.PING_INTERVAL_S,
    ping_timeout_s=names.PING_TIMEOUT_S,
    max_packet_bytes=names.MAX_PACKET_BYTES,
)


def build(ground: Ground, choices: Choices, variant: Variant) -> ChatServer:
    """A server over this folder, not open yet."""
    if variant is Variant.AS_IS:
        return recorded.build(ground, choices, SETTINGS, _no_route)
    core = Core(ground, default_rules(**choices.given()), WORDS)
    sio = socket_server(SETTINGS)
    context = Context(core, Pushes(sio, core.clock))
    routes = [
        context.route(names.ROUTE_HEALTH, "GET", health),
        *auth_routes.routes(context),
        *order_routes.routes(context),
        *file_routes.routes(context),
        *chat_routes.routes(context),
        *notification_routes.routes(context),
        *user_routes.routes(context),
    ]
    return ChatServer(core, SETTINGS, sio, Sockets(sio, context), routes, _no_route)


async def health(_context: Context, _request: Request) -> Response:
    """Liveness, with what this server can do beyond the platform."""
    body = shapes.Health(status="ok", message=texts.OK_HEALTH, chatdesk=auth_routes.ANNOUNCEMENT)
    return answers.json_answer(body, 200)


def _no_route(request: Request, _status: int) -> Response:
    return answers.no_route(request)


DIALECT = Dialect(
    platform=names.PLATFORM,
    default_port=names.DEFAULT_PORT,
    build=build,
    variants=(Variant.PROMISED, Variant.AS_IS),
    seed=seed_demo,
)
