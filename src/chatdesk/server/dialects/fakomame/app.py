"""Fakomame as a dialect: its parts put together into one server."""

from __future__ import annotations

from dataclasses import replace

from chatdesk.server.chat_server import ChatServer, SocketSettings, socket_server
from chatdesk.server.core.service import Core, Ground
from chatdesk.server.demo.fakomame import seed_fakomame
from chatdesk.server.dialect import Choices, Dialect, Variant
from chatdesk.server.dialects.fakomame import (
    answers,
    auth_routes,
    chat_routes,
    dashboard_routes,
    item_routes,
    notification_routes,
    people_routes,
)
from chatdesk.server.dialects.fakomame.as_is import chats, items, people, sign_in
from chatdesk.server.dialects.fakomame.as_is.context import AsIsContext
from chatdesk.server.dialects.fakomame.as_is.policy import AsIsPolicy, as_is_rules
from chatdesk.server.dialects.fakomame.as_is.sockets import AsIsSockets
from chatdesk.server.dialects.fakomame.context import Context
from chatdesk.server.dialects.fakomame.policy import FakomamePolicy
from chatdesk.server.dialects.fakomame.pushes import Pushes
from chatdesk.server.dialects.fakomame.sockets import Sockets
from chatdesk.server.dialects.fakomame.vocabulary import default_rules, words
from chatdesk.wire.fakomame import names

SETTINGS = SocketSettings(
    ping_interval_s=names.PING_INTERVAL_MS // 1_000,
    ping_timeout_s=names.PING_TIMEOUT_MS // 1_000,
    max_packet_bytes=names.MAX_PACKET_BYTES,
)


AS_IS_SETTINGS = replace(SETTINGS, concurrent=True)


def build(ground: Ground, choices: Choices, variant: Variant) -> ChatServer:
    """A server over this folder, not open yet."""
    return (_as_is if variant is Variant.AS_IS else _promised)(ground, choices)


def _promised(ground: Ground, choices: Choices) -> ChatServer:
    core = Core(ground, default_rules(**choices.given()), words(FakomamePolicy()))
    sio = socket_server(SETTINGS)
    context = Context(core, Pushes(sio, core.presence))
    routes = [
        *auth_routes.routes(context),
        *chat_routes.routes(context),
        *item_routes.routes(context),
        *dashboard_routes.routes(context),
        *people_routes.routes(context),
        *notification_routes.routes(context),
    ]
    return ChatServer(core, SETTINGS, sio, Sockets(sio, context), routes, answers.no_route)


def _as_is(ground: Ground, choices: Choices) -> ChatServer:
    core = Core(ground, as_is_rules(choices.given()), words(AsIsPolicy(), refresh_opens=True))
    sio = socket_server(AS_IS_SETTINGS)
    context = AsIsContext(core, Pushes(sio, core.presence, extras=False))
    routes = [
        *sign_in.routes(context),
        *chats.routes(context),
        *items.routes(context),
        *people.routes(context),
    ]
    return ChatServer(core, AS_IS_SETTINGS, sio, AsIsSockets(sio, context), routes, answers.no_route)


DIALECT = Dialect(
    platform=names.PLATFORM,
    default_port=names.DEFAULT_PORT,
    build=build,
    variants=tuple(Variant),
    seed=seed_fakomame,
)
