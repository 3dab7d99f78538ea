"""What the StepperGO adapter knows between two questions: trips, conversations, each goal's progress."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import ParkReason
from chatdesk.domain.ports import Done, Facts, Learnt, Next, Parked
from chatdesk.platforms.steppergo import limits

put = msgspec.structs.replace

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


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far one goal has come. `end`: the answer to every further `next`."""

    stage: str = ""
    failures: int = 0
    not_before_ms: int = 0
    end: Next | None = None
    data: Any = None
    """A frozen struct of the goal's own."""


FRESH = Progress()
UNKNOWN_TRIP = Trip()


class Own(msgspec.Struct, frozen=True, kw_only=True):
    """The adapter's part of the facts."""

    trips: Mapping[RemoteId, Trip] = MappingProxyType({})
    by_conversation: Mapping[str, RemoteId] = MappingProxyType({})
    progress: Mapping[int, Progress] = MappingProxyType({})
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


def with_own(facts: Facts, **changes: Any) -> Facts:
    """The facts with some of the adapter's own replaced."""
    return put(facts, own=put(own_of(facts), **changes))


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


# -- progress ----------------------------------------------------------------------------------------------


def progress_of(facts: Facts, token: int) -> Progress:
    """How far a goal has come."""
    return own_of(facts).progress.get(token, FRESH)


def with_progress(facts: Facts, token: int, progress: Progress) -> Facts:
    """The facts with one goal's progress replaced."""
    return with_own(facts, progress={**own_of(facts).progress, token: progress})


def without_progress(facts: Facts, token: int) -> Facts:
    """The facts without a goal that the engine has dropped."""
    held = own_of(facts).progress
    if token not in held:
        return facts
    return with_own(facts, progress={key: value for key, value in held.items() if key != token})


def at_stage(facts: Facts, token: int, stage: str, data: Any = None) -> Facts:
    """The facts with a goal moved on to its next stage, failures forgotten."""
    return with_progress(facts, token, Progress(stage=stage, data=data))


def ended(facts: Facts, token: int, end: Next | None = None) -> Facts:
    """The facts with a goal at its end (Done, unless said otherwise)."""
    return with_progress(facts, token, Progress(end=end or Done()))


def parked(facts: Facts, token: int, reason: ParkReason, detail: str = "") -> Facts:
    """The facts with a goal that can't be reached."""
    return ended(facts, token, Parked(reason, detail))


# -- learnt ------------------------------------------------------------------------------------------------


def learnt(facts: Facts, key: str) -> str | None:
    """A fact learnt of this server, while it holds."""
    found = facts.learnt.get(key)
    return found.value if found is not None and found.expires_at_us > facts.now_us else None


def with_learnt(facts: Facts, key: str, value: str, for_us: int) -> Facts:
    """The facts with something learnt."""
    return put(facts, learnt={**facts.learnt, key: Learnt(value, facts.now_us + for_us)})


def fingerprint(token: str) -> str:
    """A short name for a token, so that facts never hold one twice."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()[:16] if token else ""
