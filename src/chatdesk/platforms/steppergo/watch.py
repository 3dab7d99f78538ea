"""What happens to a trip that is looked at: pushes, a stream of events, the place of the driver.

Both channels may tell a status that was never stored, and anybody may write into the stream: what they say is
a hint, and the trip is read again. The stream needs no sign-in and no socket. Source: wire specification,
sections 4, 5 and 6.7.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec

from chatdesk.domain.arrivals import (
    Answer,
    HandedOver,
    OpenStep,
    Reading,
    VerdictLater,
    VerdictStored,
)
from chatdesk.domain.events import Event, PositionSeen, Stale
from chatdesk.domain.facts import Facts
from chatdesk.domain.goals import Unwatched, Watched
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import ParkReason
from chatdesk.domain.steps import Done, Emit, Listen, Next, Parked, Unlisten
from chatdesk.platforms import loose, replies, routes, sockets
from chatdesk.platforms.memory import progress_of, with_own
from chatdesk.platforms.steppergo import answers, lane, limits, trips
from chatdesk.platforms.steppergo.state import own_of, trip_of
from chatdesk.wire.steppergo import names, shapes

_SUBSCRIBE_TIMEOUT_MS = 5_000
_STREAM_PREFIX = names.ROUTE_STREAM.partition("{")[0]


def _path(trip: RemoteId) -> str:
    return routes.path(names.ROUTE_STREAM, trip_id=trip)


# -- next --------------------------------------------------------------------------------------------------


def next_watch(goal: Watched, token: int, facts: Facts) -> Next:
    """Subscribe once per connection, and keep a stream open."""
    trip = answers.remote_id(goal.order)
    if trip is None:
        return Parked(ParkReason.NOT_FOUND)
    own = own_of(facts)
    tried = progress_of(facts, token).failures >= limits.JOIN_FAILURES
    if facts.online and not tried and own.subscribed.get(trip) != facts.epoch:
        return Emit(
            event=names.EMIT_SUBSCRIBE,
            args=(msgspec.to_builtins(shapes.SubscribeArgs([trip])),),
            lane=sockets.LANE,
            timeout_ms=_SUBSCRIBE_TIMEOUT_MS,
            note=lane.NOTE_SUBSCRIBE,
        )
    if trip in own.streams or own.no_stream.get(trip) == facts.epoch:
        return Done()
    return Listen(path=_path(trip))


def next_unwatch(goal: Unwatched, facts: Facts) -> Next:
    """Close the stream. A subscription can't be taken back; it ends with the connection."""
    if goal.order not in own_of(facts).streams:
        return Done()
    return Unlisten(path=_path(goal.order))


# -- the subscription --------------------------------------------------------------------------------------


def subscribed(fields: Mapping[str, Any], open_steps: tuple[OpenStep, ...], facts: Facts) -> Reading:
    """The server tells which trips it will push; one that it leaves out is not ours to follow there."""
    told = [answers.remote_id(one) for one in loose.listing(fields.get("tripIds"))[: limits.MOST_TRIPS]]
    waiting = [step for step in open_steps if step.step.note == lane.NOTE_SUBSCRIBE]
    asked = [lane.trip_wanted(step) for step in waiting]
    now = {one: facts.epoch for one in (*told, *asked) if one}
    kept = dict(list(own_of(facts).subscribed.items())[-limits.MOST_IDS :])
    facts = with_own(facts, subscribed={**kept, **now})
    return Reading(facts, (), tuple(VerdictStored(step.id) for step in waiting))


def hint(trip: RemoteId, facts: Facts) -> Event:
    """Something about a trip may have changed: read it, if it is ours or looked at."""
    own = own_of(facts)
    known = trip_of(facts, trip).ours or trip in own.subscribed or trip in own.streams
    return Stale(order_number=trip) if known else replies.FOREIGN


# -- the stream --------------------------------------------------------------------------------------------


def stream_opened(opened: OpenStep, step_id: int, facts: Facts) -> Reading:
    """The server has opened the stream."""
    trip = lane.trip_wanted(opened)
    facts = with_own(facts, streams=own_of(facts).streams | {trip})
    return Reading(facts, (), (VerdictStored(step_id),))


def stream_refused(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """No stream here: the subscription and the lists tell as well, only later."""
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR or answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        return Reading(facts, (), (VerdictLater(answer.step_id, 0),))
    trip = lane.trip_wanted(opened)
    kept = dict(list(own_of(facts).no_stream.items())[-limits.MOST_IDS :])
    facts = with_own(facts, no_stream={**kept, trip: facts.epoch})
    return Reading(facts, (), (VerdictStored(answer.step_id),))


def stream_closed(opened: OpenStep, handed: HandedOver, facts: Facts) -> Reading:
    """We have closed it."""
    goal = opened.goal.kind
    if isinstance(goal, Unwatched):
        facts = with_own(facts, streams=own_of(facts).streams - {goal.order})
    return Reading(facts, (), (VerdictStored(handed.step_id),))


def _trip_of_path(value: object) -> RemoteId | None:
    if not isinstance(value, str) or not value.startswith(_STREAM_PREFIX):
        return None
    return answers.remote_id(value.removeprefix(_STREAM_PREFIX))


def streamed(args: tuple[Any, ...], facts: Facts) -> Reading:
    """One event of a stream. The trip is that of the stream, whatever the event says."""
    trip = _trip_of_path(args[0] if args else None)
    fields = loose.mapping(args[1] if len(args) > 1 else None)
    if trip is None:
        return Reading(facts, (replies.MALFORMED,))
    match fields.get("type"):
        case names.STREAM_HEARTBEAT:
            return Reading(facts)
        case names.STREAM_CONNECTED:
            status = trips.status_of(fields.get("currentStatus"))
            known = trip_of(facts, trip).status
            return Reading(facts, () if status == known else (Stale(order_number=trip),))
        case names.STREAM_STATUS:
            return Reading(facts, (Stale(order_number=trip),))
        case _:
            return Reading(facts, (replies.MALFORMED,))


def stream_ended(args: tuple[Any, ...], facts: Facts) -> Reading:
    """The stream is over (the server ends it after two hours): the next look at the trip opens another."""
    trip = _trip_of_path(args[0] if args else None)
    if trip is None:
        return Reading(facts, (replies.MALFORMED,))
    return Reading(with_own(facts, streams=own_of(facts).streams - {trip}))


# -- the driver's place ------------------------------------------------------------------------------------


def position(fields: Mapping[str, Any], facts: Facts) -> Reading:
    """Where the driver of a trip is. Who the driver is told as is mixed, and not needed.

    The unit of `speed` is nowhere said and no client of the platform shows it: it is not taken over.
    """
    trip = answers.remote_id(fields.get("tripId"))
    place = trips.position_of(fields)
    if trip is None or place is None:
        return Reading(facts, (replies.MALFORMED,))
    if isinstance(hint(trip, facts), Stale):
        eta = loose.mapping(fields.get("eta"))
        seen = PositionSeen(
            order=trip,
            latitude=place[0],
            longitude=place[1],
            at_us=loose.moment_us(fields.get("timestamp")) or facts.now_us,
            heading_deg=_within(fields.get("heading"), 360),
            pickup_min=_within(eta.get("pickupMinutes"), 100_000),
            destination_min=_within(eta.get("destinationMinutes"), 100_000),
        )
        return Reading(facts, (seen,))
    return Reading(facts, (replies.FOREIGN,))


def _within(value: object, most: int) -> float | None:
    found = loose.number(value)
    return float(found) if found is not None and 0 <= found <= most else None
