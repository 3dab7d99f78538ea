"""One trip in full, and changes of its status by its driver.

With the schema seen every valid change ends in `Failed to update trip status` and stores nothing; a bad
session ends in the same words. So after that answer the trip is read, and the words are told only if the
status is still the old one; nothing is ever tried again by itself. Source: wire specification, sections 6.4
and 6.5.
"""

from __future__ import annotations

from http import HTTPStatus

import msgspec

from chatdesk.domain.arrivals import Answer, OpenStep, Reading, VerdictStored, VerdictUnknown
from chatdesk.domain.events import Event, OrderSeen, Stale
from chatdesk.domain.facts import Facts
from chatdesk.domain.goals import ChangeStatus, FreshOrder
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import ParkReason
from chatdesk.domain.steps import Call, Next, Parked
from chatdesk.platforms import loose, replies, routes
from chatdesk.platforms.memory import at_stage, parked, progress_of, with_own
from chatdesk.platforms.steppergo import answers, auth, limits, trips
from chatdesk.platforms.steppergo.state import own_of, trip_of
from chatdesk.platforms.steppergo.trips import TripRecord
from chatdesk.wire.steppergo import names, shapes, texts

NOTE_TRIP = "trip"
NOTE_DRIVER_TRIP = "driver-trip"
NOTE_CHECK = "check"
NOTE_STATUS = "status"
NOTE_ALIVE = "alive"


# -- one trip ----------------------------------------------------------------------------------------------


def next_order(goal: FreshOrder, token: int, facts: Facts) -> Next:
    """The public detail; for its driver also seats, passengers and earnings."""
    trip = answers.remote_id(goal.order) or answers.remote_id(goal.number)
    if trip is None:
        return Parked(ParkReason.NOT_FOUND)
    blocked = auth.blocker(facts)
    if blocked is not None:
        return blocked
    if progress_of(facts, token).stage == NOTE_DRIVER_TRIP:
        path = routes.path(names.ROUTE_DRIVER_STATUS, trip_id=trip)
        return routes.get(path, facts, NOTE_DRIVER_TRIP)
    return routes.get(routes.path(names.ROUTE_TRIP, trip_id=trip), facts, NOTE_TRIP)


def detail_of(answer: Answer) -> TripRecord | None:
    """The trip that a public detail holds."""
    data = loose.mapping(answer.body).get("data")
    return trips.record(data) if answer.status == HTTPStatus.OK and answer.is_json else None


def read_trip(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """The public detail. Its organizer is there, the driver is not."""
    seen = detail_of(answer)
    if seen is None:
        return answers.failed(opened, answer, facts)
    facts = trips.noted(facts, seen)
    if auth.is_driver(facts) and trip_of(facts, seen.id).driven:
        facts = at_stage(facts, opened.goal.token, NOTE_DRIVER_TRIP, seen)
        told = (trips.order(seen, facts),)
        return Reading(facts, told, (VerdictStored(answer.step_id),))
    return replies.done(facts, opened, answer.step_id, _in_full(seen, (), facts))


def _in_full(seen: TripRecord, bookings: tuple[object, ...], facts: Facts) -> OrderSeen:
    people = trips.participants(seen, trip_of(facts, seen.id).people, list(bookings))
    return trips.order(seen, facts, lines=seen.lines, participants=people)


def read_driver_trip(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """What only the assigned driver gets to see; without it the public detail is all there is."""
    public = progress_of(facts, opened.goal.token).data
    seen, bookings = _driver_detail(answer)
    if not isinstance(public, TripRecord):
        return answers.failed(opened, answer, facts)
    if seen is None or seen.id != public.id:
        return replies.done(facts, opened, answer.step_id, _in_full(public, (), facts))
    facts = trips.noted(facts, seen)
    known = {line.key for line in public.lines}
    more = tuple(line for line in seen.lines if line.key not in known)
    both = msgspec.structs.replace(public, status=seen.status or public.status, lines=(*public.lines, *more))
    return replies.done(facts, opened, answer.step_id, _in_full(both, bookings, facts))


def _driver_detail(answer: Answer) -> tuple[TripRecord | None, tuple[object, ...]]:
    data = loose.mapping(loose.mapping(answer.body).get("data"))
    if answer.status != HTTPStatus.OK or not answer.is_json:
        return None, ()
    return trips.record(data.get("trip")), tuple(loose.listing(data.get("bookings")))


# -- changes -----------------------------------------------------------------------------------------------


def next_status(goal: ChangeStatus, token: int, facts: Facts) -> Next:
    """Look first, unless told not to: the trip may have moved meanwhile.

    What may follow what is offered by the recorded table, and decided by the server.
    """
    trip = answers.remote_id(goal.order)
    if trip is None:
        return Parked(ParkReason.NOT_FOUND)
    if not auth.is_driver(facts):
        return Parked(ParkReason.FORBIDDEN)
    if goal.new not in names.STATUSES_SETTABLE:
        return Parked(ParkReason.REFUSED, loose.words(goal.new))
    blocked = auth.blocker(facts)
    if blocked is not None:
        return blocked
    stage = progress_of(facts, token).stage
    path = routes.path(names.ROUTE_DRIVER_STATUS, trip_id=trip)
    if stage == NOTE_ALIVE:
        return routes.get(routes.path(names.ROUTE_HISTORY, trip_id=names.NO_TRIP), facts, NOTE_ALIVE)
    doubted = (trip, goal.new) in own_of(facts).failed_changes
    if (goal.check_first or doubted) and stage != NOTE_STATUS:
        return routes.get(path, facts, NOTE_CHECK)
    return Call(
        method="PUT",
        path=path,
        body=msgspec.to_builtins(shapes.StatusBody(goal.new)),
        headers=routes.bearer(facts),
        commits=True,
        note=NOTE_STATUS,
    )


def read_check(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """The trip as it is now: changed already, as expected, or changed by somebody else."""
    goal, token, step_id = opened.goal.kind, opened.goal.token, answer.step_id
    if not isinstance(goal, ChangeStatus):
        return answers.failed(opened, answer, facts)
    if answer.is_json and auth.said(answer) == texts.ERR_STATUS_READ:
        # A driver's route answers so where the session is over: another one says which it is.
        return Reading(at_stage(facts, token, NOTE_ALIVE), (), (VerdictStored(step_id),))
    seen, _bookings = _driver_detail(answer)
    if seen is None or seen.id != goal.order:
        return answers.failed(opened, answer, facts)
    facts = trips.noted(facts, seen, driven=True)
    told = trips.with_status(seen.id, seen.status) if seen.status else None
    events: tuple[Event, ...] = () if told is None else (told,)
    key = (seen.id, goal.new)
    words = own_of(facts).failed_changes.get(key)
    facts = _forgotten(facts, key)
    if seen.status == goal.new:
        return replies.done(facts, opened, step_id, *events)
    if seen.status != goal.old:
        label = trips.status_label(seen.status)
        facts = parked(facts, token, ParkReason.CHANGED_MEANWHILE, label)
    elif words is not None:
        facts = parked(facts, token, ParkReason.REFUSED, words)
    else:
        facts = at_stage(facts, token, NOTE_STATUS)
    return Reading(facts, events, (VerdictStored(step_id),))


def read_alive(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """The session is good (else this answer would have been read as its end): so the refusal was meant."""
    if not answer.is_json or answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return answers.failed(opened, answer, facts)
    facts = parked(facts, opened.goal.token, ParkReason.REFUSED, texts.ERR_STATUS_READ)
    return Reading(facts, (), (VerdictStored(answer.step_id),))


def _forgotten(facts: Facts, key: tuple[RemoteId, str]) -> Facts:
    held = own_of(facts).failed_changes
    if key not in held:
        return facts
    return with_own(facts, failed_changes={one: words for one, words in held.items() if one != key})


def read_status(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """What the answer of a change means; a success is read again as well, it may not have been stored."""
    goal, step_id, words = opened.goal.kind, answer.step_id, auth.said(answer)
    if not isinstance(goal, ChangeStatus):
        return Reading(facts, (replies.MALFORMED,), (VerdictUnknown(step_id, words),))
    trip = goal.order
    again = Stale(order_number=trip)
    if answer.status == HTTPStatus.OK and answer.is_json:
        return replies.done(facts, opened, step_id, again)
    if answer.status == HTTPStatus.INTERNAL_SERVER_ERROR and answer.is_json:
        kept = dict(list(own_of(facts).failed_changes.items())[-limits.MOST_IDS :])
        facts = with_own(facts, failed_changes={**kept, (trip, goal.new): words or texts.ERR_STATUS})
        return Reading(facts, (again,), (VerdictUnknown(step_id, words),))
    if answer.status == HTTPStatus.BAD_REQUEST and answer.is_json:
        reason = ParkReason.FORBIDDEN if words == texts.ERR_NOT_ASSIGNED else ParkReason.REFUSED
        return replies.refused(opened, step_id, reason, words, facts, again)
    return answers.failed_write(opened, answer, facts)
