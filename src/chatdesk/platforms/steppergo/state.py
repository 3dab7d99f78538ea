"""What the StepperGO adapter knows between two questions: trips, conversations."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from chatdesk.domain.facts import Facts
from chatdesk.domain.ids import RemoteId
from chatdesk.platforms.memory import Memory, put, with_own
from chatdesk.platforms.steppergo import limits

DRIVER_ID = "driver_id"
"""Learnt: the driver record id of the account, which only the drivers' sign-in tells."""
METADATA = "metadata"
"""Learnt, as DROPPED: this server loses what sends carry beside the text, our id among it."""
DROPPED = "dropped"
BOOKINGS = "bookings"
"""Learnt for a day, as NO: the route of bookings wants a token that no login gives."""
NO = "no"


class Person(msgspec.Struct, frozen=True):
    """Somebody in a conversation; `role` in lower case."""

    name: str
    role: str


class Trip(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one trip: the remote id of its conversation and of its order is the trip's own."""

    ours: bool = False
    """It is in one of the account's lists, or has let us into its conversation."""
    driven: bool = False
    """We are its driver: the status may be ours to change."""
    organizer: RemoteId = RemoteId("")
    status: str = ""
    title: str = ""
    conversation: str = ""
    """The platform's id of the conversation; empty while there is none."""
    joined: int = 0
    """The connection on which the server has confirmed the join; 0: none."""
    closed: int = 0
    """The connection on which we were refused; 0: none."""
    been_in: bool = False
    doubted: int = 0
    """The connection on which a send was refused though we had joined; 0: none."""
    people: Mapping[RemoteId, Person] = MappingProxyType({})
    read_ms: int = 0
    """Engine time of the last reading of the history on `read_epoch`."""
    read_epoch: int = 0
    told: Mapping[RemoteId, int] = MappingProxyType({})
    """What was told of each message on `read_epoch`, as a hash."""


UNKNOWN_TRIP = Trip()


class Own(Memory, frozen=True, kw_only=True):
    """The adapter's part of the facts."""

    trips: Mapping[RemoteId, Trip] = MappingProxyType({})
    by_conversation: Mapping[str, RemoteId] = MappingProxyType({})
    void_token: str = ""
    """Fingerprint of a token that the server has refused."""
    sent: Mapping[RemoteId, str] = MappingProxyType({})
    """Our ids of messages that the server has stored, by its own: they must come back with them."""
    bare: frozenset[RemoteId] = frozenset()
    """Own messages that came without any id of ours: of another program, or of a server that drops ids."""
    stray_send_until_ms: int = 0
    """Until then an error may belong to a send that was given up."""
    stray_join_until_ms: int = 0
    """The same of joins."""
    typers: Mapping[RemoteId, RemoteId] = MappingProxyType({})
    """Trip in whose conversation somebody is shown as typing."""
    all_lists_ms: int = 0
    """Engine time of the last reading of all lists; 0: none."""
    probed: frozenset[RemoteId] = frozenset()
    """Public trips of which is known whether there is a chat for us."""
    subscribed: Mapping[RemoteId, int] = MappingProxyType({})
    """The connection on which the server was asked to push what happens to a trip."""
    streams: frozenset[RemoteId] = frozenset()
    """Trips of which a stream is open."""
    no_stream: Mapping[RemoteId, int] = MappingProxyType({})
    """The connection on which a stream was refused."""
    failed_changes: Mapping[tuple[RemoteId, str], str] = MappingProxyType({})
    """The server's words by trip and wanted status where a change has failed and is to be read again."""


def own_of(facts: Facts) -> Own:
    """The adapter's own facts; fresh ones where there are none."""
    return facts.own if isinstance(facts.own, Own) else Own()


# -- trips -------------------------------------------------------------------------------------------------


def trip_of(facts: Facts, trip: RemoteId) -> Trip:
    """What is known of a trip."""
    return own_of(facts).trips.get(trip, UNKNOWN_TRIP)


def with_trip(facts: Facts, trip: RemoteId, **changes: Any) -> Facts:
    """The facts with some of what is known of a trip replaced."""
    held = own_of(facts).trips
    before = held.get(trip, UNKNOWN_TRIP)
    after = put(before, **changes)
    if after == before and trip in held:
        return facts
    trips = {**held, trip: after}
    if len(trips) > limits.MOST_TRIPS:
        drop = next((key for key, one in trips.items() if not one.ours and key != trip), None)
        trips.pop(drop if drop is not None else next(iter(trips)))
    return with_own(facts, trips=trips)


def with_conversation(facts: Facts, trip: RemoteId, conversation: str) -> Facts:
    """The facts with the platform's id of a trip's conversation."""
    if not conversation or trip_of(facts, trip).conversation == conversation:
        return facts
    known = {key: one for key, one in own_of(facts).by_conversation.items() if one != trip}
    facts = with_own(facts, by_conversation={**known, conversation: trip})
    return with_trip(facts, trip, conversation=conversation)


def is_joined(facts: Facts, trip: RemoteId) -> bool:
    """Whether pushes of this conversation reach this connection."""
    return facts.online and trip_of(facts, trip).joined == facts.epoch
