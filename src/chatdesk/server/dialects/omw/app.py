"""OMW as a dialect: its parts put together into one server, promising or as recorded."""

from __future__ import annotations

from chatdesk.server.chat_server import ChatServer, SocketSettings, socket_server
from chatdesk.server.core.service import Core, Ground
from chatdesk.server.demo.omw import seed_omw
from chatdesk.server.dialect import Choices, Dialect, Variant
from chatdesk.server.dialects.omw import (
    account_routes,
    answers,
    as_is,
    chat_routes,
    customer_routes,
    worker_routes,
)
from chatdesk.server.dialects.omw.bookings import Bookings
from chatdesk.server.dialects.omw.chats import Chats
from chatdesk.server.dialects.omw.context import Context
from chatdesk.server.dialects.omw.pushes import Pushes
from chatdesk.server.dialects.omw.sockets import Sockets
from chatdesk.server.dialects.omw.vocabulary import OmwPolicy, default_rules, words
from chatdesk.wire.omw import names

SETTINGS = SocketSettings(ping_interval_s=names.PING_INTERVAL_S, ping_timeout_s=names.PING_TIMEOUT_S)


def build(ground: Ground, choices: Choices, variant: Variant) -> ChatServer:
    """A server over this folder, not open yet."""
    if variant is Variant.AS_IS:
        return as_is.build(ground, choices)
    core = Core(ground, default_rules(**choices.given()), words(OmwPolicy()))
    sio = socket_server(SETTINGS)
    pushes = Pushes(sio, core.presence)
    chats = Chats(core, pushes)
    context = Context(core, chats, Bookings(core, chats, pushes))
    tables = (account_routes, chat_routes, worker_routes, customer_routes)
    routes = [context.route(*entry) for table in tables for entry in table.ROUTES]
    return ChatServer(core, SETTINGS, sio, Sockets(sio, context, pushes), routes, answers.no_route)


DIALECT = Dialect(
    platform=names.PLATFORM,
    default_port=names.DEFAULT_PORT,
    build=build,
    variants=(Variant.PROMISED, Variant.AS_IS),
    seed=seed_omw,
)
