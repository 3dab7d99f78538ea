"""The recorded server put together."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from chatdesk.server.chat_server import ChatServer, NoRoute, SocketSettings, socket_server
from chatdesk.server.core.service import Core, Ground
from chatdesk.server.dialect import Choices
from chatdesk.server.dialects.dispatcher import answers
from chatdesk.server.dialects.dispatcher.as_is import (
    auth_routes,
    chat_routes,
    file_routes,
    notification_routes,
    order_routes,
    user_routes,
)
from chatdesk.server.dialects.dispatcher.as_is.context import AsIs
from chatdesk.server.dialects.dispatcher.as_is.pushes import RecordedPushes
from chatdesk.server.dialects.dispatcher.as_is.sockets import RecordedSockets
from chatdesk.server.dialects.dispatcher.as_is.vocabulary import WORDS, default_rules
from chatdesk.wire.dispatcher import names, shapes, texts


def build(ground: Ground, choices: Choices, settings: SocketSettings, no_route: NoRoute) -> ChatServer:
    """A server over this folder, not open yet."""
    core = Core(ground, default_rules(**choices.given()), WORDS)
    sio = socket_server(settings)
    pushes = RecordedPushes(sio, core.clock)
    context = AsIs(core, pushes)
    routes = [
        context.faulty(names.ROUTE_HEALTH, "GET", health),
        *auth_routes.routes(context),
        *order_routes.routes(context),
        *file_routes.routes(context),
        *chat_routes.routes(context),
        *notification_routes.routes(context),
        *user_routes.routes(context),
    ]
    return ChatServer(core, settings, sio, RecordedSockets(sio, core, pushes), routes, no_route)


async def health(_context: AsIs, _request: Request) -> Response:
    """Liveness, and nothing else."""
    return answers.json_answer(shapes.Health(status="ok", message=texts.OK_HEALTH), 200)
