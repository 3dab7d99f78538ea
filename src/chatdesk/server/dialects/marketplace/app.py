"""The marketplace as a dialect: its parts put together into one server, promised or as recorded."""

from __future__ import annotations

from dataclasses import replace

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
from chatdesk.server.dialects.marketplace.as_is import answers as recorded
from chatdesk.server.dialects.marketplace.as_is import message_routes as recorded_messages
from chatdesk.server.dialects.marketplace.as_is import people_routes as recorded_people
from chatdesk.server.dialects.marketplace.as_is import request_routes as recorded_requests
from chatdesk.server.dialects.marketplace.as_is.context import AsIs
from chatdesk.server.dialects.marketplace.as_is.pushes import Broadcasts
from chatdesk.server.dialects.marketplace.as_is.sockets import RecordedSockets
from chatdesk.server.dialects.marketplace.as_is.vocabulary import recorded_rules
from chatdesk.server.dialects.marketplace.context import Context
from chatdesk.server.dialects.marketplace.pushes import Pushes
from chatdesk.server.dialects.marketplace.records import message
from chatdesk.server.dialects.marketplace.sockets import Sockets
from chatdesk.server.dialects.marketplace.vocabulary import WORDS, default_rules
from chatdesk.wire.marketplace import names

SETTINGS = SocketSettings(ping_interval_s=names.PING_INTERVAL_S)
RECORDED_SETTINGS = replace(SETTINGS, origins=("*",))


def build(ground: Ground, choices: Choices, variant: Variant) -> ChatServer:
    """A server over this folder, not open yet."""
    return (_recorded if variant is Variant.AS_IS else _promised)(ground, choices)


def _promised(ground: Ground, choices: Choices) -> ChatServer:
    core = Core(ground, default_rules(**choices.given()), WORDS)
    sio = socket_server(SETTINGS)
    context = Context(core, Pushes(sio, core.clock), core.clock.monotonic_s())
    routes = [
        *account_routes.routes(context),
        *message_routes.routes(context),
        *rfq_routes.routes(context),
        *product_routes.routes(context),
        *image_routes.routes(context),
    ]
    return ChatServer(core, SETTINGS, sio, Sockets(sio, context), routes, answers.no_route)


def _recorded(ground: Ground, choices: Choices) -> ChatServer:
    core = Core(ground, recorded_rules(**choices.given()), WORDS)
    sio = socket_server(RECORDED_SETTINGS)
    context = AsIs(core, Broadcasts(sio, core.clock, message), core.clock.monotonic_s())
    routes = [
        # What was recorded otherwise comes before what was not.
        *recorded_people.routes(context),
        *account_routes.routes(context),
        *recorded_messages.routes(context),
        *recorded_requests.routes(context),
        *rfq_routes.routes(context, recorded.REQUESTS),
        *product_routes.routes(context, recorded.PRODUCTS),
        *image_routes.routes(context, recorded.IMAGES),
    ]
    return ChatServer(core, RECORDED_SETTINGS, sio, RecordedSockets(sio, core), routes, answers.no_route)


DIALECT = Dialect(
    platform=names.PLATFORM,
    default_port=names.DEFAULT_PORT,
    build=build,
    variants=(Variant.PROMISED, Variant.AS_IS),
    seed=seed_market,
)
