"""The marketplace as a dialect: its parts put together into one server."""

from __future__ import annotations

from chatdesk.server.chat_server import ChatServer, SocketSettings, socket_server
from chatdesk.server.core.service import Core, Ground
from chatdesk.server.demo.market import seed_market
from chatdesk.server.dialect import Choices, Dialect, Variant
from chatdesk.server.dialects.marketplace import (
    account_routes,
    answers,
    image_routes,
    message_routes,
    product_routes,
    rfq_routes,
)
from chatdesk.server.dialects.marketplace.context import Context
from chatdesk.server.dialects.marketplace.pushes import Pushes
from chatdesk.server.dialects.marketplace.sockets import Sockets
from chatdesk.server.dialects.marketplace.vocabulary import WORDS, default_rules
from chatdesk.wire.marketplace import names

SETTINGS = SocketSettings(ping_interval_s=names.PING_INTERVAL_S)


def build(ground: Ground, choices: Choices, _variant: Variant) -> ChatServer:
    """A server over this folder, not open yet."""
    core = Core(ground, default_rules(**choices.given()), WORDS)
    sio = socket_server(SETTINGS)
    context = Context(core, Pushes(sio, core.clock))
    routes = [
        *account_routes.routes(context),
        *message_routes.routes(context),
        *rfq_routes.routes(context),
        *product_routes.routes(context),
        *image_routes.routes(context),
    ]
    return ChatServer(core, SETTINGS, sio, Sockets(sio, context), routes, answers.no_route)


DIALECT = Dialect(platform=names.PLATFORM, default_port=names.DEFAULT_PORT, build=build, seed=seed_market)
