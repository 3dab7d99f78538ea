"""StepperGO as a dialect: its parts put together into one server, as promised or as recorded."""

from __future__ import annotations

from dataclasses import replace

from starlette.routing import BaseRoute

from chatdesk.server.announce import FIELD, announcement
from chatdesk.server.chat_server import ChatServer, SocketSettings, socket_server
from chatdesk.server.core.service import Core, Ground
from chatdesk.server.demo.steppergo import seed_steppergo
from chatdesk.server.dialect import Choices, Dialect, Variant
from chatdesk.server.dialects.steppergo import (
    admin_routes,
    answers,
    auth_routes,
    booking_routes,
    driver_routes,
    message_routes,
    records,
    trip_routes,
)
from chatdesk.server.dialects.steppergo.as_is import routes as as_is_routes
from chatdesk.server.dialects.steppergo.as_is.parts import RecordedContext, RecordedRides, RecordedTalk
from chatdesk.server.dialects.steppergo.as_is.rules import RECORDED_RULES, RecordedPolicy
from chatdesk.server.dialects.steppergo.as_is.sockets import RecordedSockets
from chatdesk.server.dialects.steppergo.bookings import Bookings
from chatdesk.server.dialects.steppergo.context import Context
from chatdesk.server.dialects.steppergo.pushes import Pushes
from chatdesk.server.dialects.steppergo.rides import Rides
from chatdesk.server.dialects.steppergo.sockets import Sockets
from chatdesk.server.dialects.steppergo.streams import Streams
from chatdesk.server.dialects.steppergo.talk import Talk
from chatdesk.server.dialects.steppergo.vocabulary import RULES, TripPolicy, rules, words
from chatdesk.wire.steppergo import names

SETTINGS = SocketSettings(
    path=names.SOCKETIO_SLASH,
    bare=False,
    ping_interval_s=names.PING_INTERVAL_S,
    ping_timeout_s=names.PING_TIMEOUT_S,
    max_packet_bytes=names.MAX_PACKET_BYTES,
)
RECORDED_SETTINGS = replace(SETTINGS, concurrent=True)


def build(ground: Ground, choices: Choices, variant: Variant) -> ChatServer:
    """A server over this folder, not open yet."""
    return (_recorded if variant is Variant.AS_IS else _promised)(ground, choices)


def _promised(ground: Ground, choices: Choices) -> ChatServer:
    core = Core(ground, rules(RULES, **choices.given()), words(TripPolicy(ground.clock)))
    sio = socket_server(SETTINGS)
    pushes = Pushes(sio, core.clock, records.message)
    streams = Streams(core.clock)
    context = Context(
        core,
        pushes,
        streams,
        Talk(core, pushes),
        Rides(core, pushes, streams),
        Bookings(core, pushes),
        announced={FIELD: announcement()},
    )
    routes = [
        *_common_routes(context),
        *auth_routes.own_routes(context),
        *booking_routes.routes(context),
        *admin_routes.routes(context),
    ]
    return ChatServer(core, SETTINGS, sio, Sockets(sio, context), routes, answers.no_route)


def _recorded(ground: Ground, choices: Choices) -> ChatServer:
    core = Core(ground, rules(RECORDED_RULES, **choices.given()), words(RecordedPolicy(ground.clock)))
    sio = socket_server(RECORDED_SETTINGS)
    pushes = Pushes(sio, core.clock, records.recorded_message)
    streams = Streams(core.clock)
    context = RecordedContext(
        core,
        pushes,
        streams,
        RecordedTalk(core, pushes),
        RecordedRides(core, pushes, streams),
        Bookings(core, pushes),
        envelopes=answers.RecordedEnvelope,
    )
    routes = [*_common_routes(context), *as_is_routes.routes(context)]
    sockets = RecordedSockets(sio, context)
    return ChatServer(core, RECORDED_SETTINGS, sio, sockets, routes, answers.no_route)


def _common_routes(context: Context) -> list[BaseRoute]:
    return [
        *auth_routes.routes(context),
        *message_routes.routes(context),
        *trip_routes.routes(context),
        *driver_routes.routes(context),
    ]


DIALECT = Dialect(
    platform=names.PLATFORM,
    default_port=names.DEFAULT_PORT,
    build=build,
    variants=(Variant.PROMISED, Variant.AS_IS),
    seed=seed_steppergo,
)
