"""StepperGO as a dialect: its parts put together into one server, as promised or as recorded."""

from __future__ import annotations

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


def build(ground: Ground, choices: Choices, _variant: Variant) -> ChatServer:
    """A server over this folder, not open yet."""
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
        *auth_routes.routes(context),
        *auth_routes.own_routes(context),
        *message_routes.routes(context),
        *trip_routes.routes(context),
        *driver_routes.routes(context),
        *booking_routes.routes(context),
        *admin_routes.routes(context),
    ]
    return ChatServer(core, SETTINGS, sio, Sockets(sio, context), routes, answers.no_route)


DIALECT = Dialect(platform=names.PLATFORM, default_port=names.DEFAULT_PORT, build=build, seed=seed_steppergo)
