"""The lists of the StepperGO platform, which has no list of conversations: they hang on trips.

A driver's trips have a route; what we organize is picked out of the public lists of each status; bookings
want a token that no login gives, so a passenger's trips are found by asking of a few public trips whether
there is a chat for us, and by what the person has opened. Since what others send by REST is pushed to nobody,
histories that were not read for a while are read again with the lists. Source: wire specification, sections
6.1, 6.4 to 6.6.
"""

from __future__ import annotations

from http import HTTPStatus

import msgspec

from chatdesk.domain.arrivals import Answer, OpenStep, Reading, VerdictStored
from chatdesk.domain.events import Event, ListsRead, Stale
from chatdesk.domain.facts import Facts
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.steps import Call, Next
from chatdesk.platforms import loose, replies, routes
from chatdesk.platforms.memory import at_stage, learnt, progress_of, put, with_learnt, with_own
from chatdesk.platforms.steppergo import access, answers, auth, history, limits, trips
from chatdesk.platforms.steppergo.state import BOOKINGS, NO, own_of
from chatdesk.platforms.steppergo.trips import TripRecord
from chatdesk.wire.steppergo import names

NOTE_LISTS = "lists"
NOTE_DRIVER = "driver-trips"
NOTE_TRIPS = "trips"
NOTE_BOOKINGS = "bookings"
NOTE_PROBE = "probe-chat"
_LIVE = tuple(status for status in names.STATUS_LABELS if status not in names.STATUSES_OVER)
_MOST_RECORDS = 5_000


class Asked(msgspec.Struct, frozen=True):
    """One request of the reading: its note, and a status, a status word of a driver's list, or a trip."""

    note: str
    what: str = ""


class ListWalk(msgspec.Struct, frozen=True, kw_only=True):
    """Where the reading stands. found: trips that the lists had. strangers: public trips to be asked of."""

    todo: tuple[Asked, ...]
    full: bool
    found: frozenset[RemoteId] = frozenset()
    strangers: tuple[TripRecord, ...] = ()


def begin(facts: Facts) -> ListWalk:
    """All lists now and then, between that those that move."""
    own = own_of(facts)
    full = not own.all_lists_ms or facts.now_ms - own.all_lists_ms >= limits.ALL_LISTS_MS
    todo: list[Asked] = []
    if auth.driver_id(facts):
        todo.append(Asked(NOTE_DRIVER, "all"))
    if learnt(facts, BOOKINGS) != NO and _is_passenger(facts):
        todo.append(Asked(NOTE_BOOKINGS))
    if full:
        todo += (Asked(NOTE_TRIPS, status) for status in names.STATUS_LABELS)
    elif not todo:
        todo.append(Asked(NOTE_TRIPS, names.STATUS_PUBLISHED))
    return ListWalk(todo=tuple(todo), full=full)


def _is_passenger(facts: Facts) -> bool:
    return facts.account.role.upper() == names.ROLE_PASSENGER


def _walk(token: int, facts: Facts) -> ListWalk:
    data = progress_of(facts, token).data
    return data if isinstance(data, ListWalk) else begin(facts)


def next_lists(token: int, facts: Facts) -> Next:
    """The next request of the reading."""
    blocked = auth.blocker(facts)
    return blocked or _call(_walk(token, facts).todo[0], facts)


def _call(asked: Asked, facts: Facts) -> Call:
    if asked.note == NOTE_DRIVER:
        path = routes.path(names.ROUTE_DRIVER_TRIPS, driver_id=auth.driver_id(facts))
        # Trips under way are in none of the narrower lists.
        query = (("status", asked.what), ("limit", str(names.DRIVER_TRIPS_LIMIT)))
        return routes.get(path, facts, NOTE_DRIVER, query)
    if asked.note == NOTE_BOOKINGS:
        return routes.get(names.ROUTE_BOOKINGS, facts, NOTE_BOOKINGS)
    if asked.note == NOTE_PROBE:
        path = routes.path(names.ROUTE_HISTORY, trip_id=asked.what)
        return routes.get(path, facts, NOTE_PROBE)
    return routes.get(names.ROUTE_TRIPS, facts, NOTE_TRIPS, (("status", asked.what),))


# -- answers -----------------------------------------------------------------------------------------------


def _records(answer: Answer, key: str) -> tuple[list[TripRecord], int] | None:
    """(trips, unusable ones) of a list; None where the answer holds none."""
    raw = loose.mapping(answer.body).get(key)
    if answer.status != HTTPStatus.OK or not answer.is_json or not isinstance(raw, list):
        return None
    read = [trips.record(one) for one in raw[:_MOST_RECORDS]]
    found = [one for one in read if one is not None]
    return found, len(read) - len(found)


def read_driver_trips(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """A driver's own trips, organized by whoever; more than fifty are never told."""
    read, walk = _records(answer, "trips"), _walk(opened.goal.token, facts)
    if read is None:
        return _skip_or_fail(opened, answer, walk, facts)
    found, bad = read
    events: list[Event] = [replies.MALFORMED] * bad
    for seen in found:
        facts, told = _ours(facts, seen, driven=True)
        events += told
    body = loose.mapping(answer.body)
    total, showing = loose.whole(body.get("total")) or 0, loose.whole(body.get("showing")) or len(found)
    rest = walk.todo[1:]
    if total > showing and walk.todo[0].what == "all":  # what is ahead matters most
        rest = (Asked(NOTE_DRIVER, "upcoming"), *rest)
    walk = put(walk, found=walk.found | {one.id for one in found}, todo=rest)
    return _on(opened, answer, walk, facts, events)


def read_trips(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """The public trips of one status: ours, and those of others that a passenger may be on."""
    read, walk = _records(answer, "data"), _walk(opened.goal.token, facts)
    if read is None:
        return _skip_or_fail(opened, answer, walk, facts)
    found, bad = read
    events: list[Event] = [replies.MALFORMED] * bad
    mine: set[RemoteId] = set()
    strangers: list[TripRecord] = list(walk.strangers)
    own = own_of(facts)
    for seen in found:
        known = own.trips.get(seen.id)
        if seen.organizer == facts.account.user_id or (known is not None and known.ours):
            mine.add(seen.id)
            facts, told = _ours(facts, seen)
            events += told
        elif _is_passenger(facts) and seen.id not in own.probed:
            strangers.append(seen)
    walk = put(walk, found=walk.found | mine, strangers=tuple(strangers), todo=walk.todo[1:])
    return _on(opened, answer, walk, facts, events)


def read_bookings(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """A passenger's bookings, where a server gives them; as a rule it wants a token that nobody has."""
    walk = _walk(opened.goal.token, facts)
    raw = loose.mapping(answer.body).get("data")
    if answer.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}:
        facts = with_learnt(facts, BOOKINGS, NO)
        return _on(opened, answer, put(walk, todo=walk.todo[1:]), facts, [])
    if answer.status != HTTPStatus.OK or not answer.is_json or not isinstance(raw, list):
        return _skip_or_fail(opened, answer, walk, facts)
    events: list[Event] = []
    for one in raw[:_MOST_RECORDS]:
        booking = loose.mapping(one)
        trip = booking.get("tripId")
        seen = trips.record({**loose.mapping(booking.get("trip")), "id": trip})
        if seen is None:
            events.append(replies.MALFORMED)
            continue
        facts, told = _ours(facts, seen)
        events += told
        walk = put(walk, found=walk.found | {seen.id})
    return _on(opened, answer, put(walk, todo=walk.todo[1:]), facts, events)


def read_probe(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """Whether a public trip has a chat for us: its history is answered, or refused."""
    walk = _walk(opened.goal.token, facts)
    trip = RemoteId(walk.todo[0].what if walk.todo else "")
    events: list[Event] = []
    page = history.page_of(answer, trip, facts)
    if page is None and not access.denies(answer):
        return _skip_or_fail(opened, answer, walk, facts)
    probed = own_of(facts).probed
    facts = with_own(facts, probed=(probed if len(probed) < limits.MOST_PROBED else frozenset()) | {trip})
    stranger = next((one for one in walk.strangers if one.id == trip), None)
    if page is not None and stranger is not None:
        facts, told = _ours(facts, stranger)
        events += told
        walk = put(walk, found=walk.found | {trip})
    return _on(opened, answer, put(walk, todo=walk.todo[1:]), facts, events)


def _ours(facts: Facts, seen: TripRecord, *, driven: bool = False) -> tuple[Facts, tuple[Event, ...]]:
    """A trip of ours: an order and a conversation."""
    changes = {"driven": True} if driven else {}
    facts = trips.noted(facts, seen, ours=True, **changes)
    return facts, (trips.order(seen, facts), trips.conversation(seen))


def _skip_or_fail(opened: OpenStep, answer: Answer, walk: ListWalk, facts: Facts) -> Reading:
    """One list that can't be read does not hold up the others; a server that fails at once is asked again."""
    progress = progress_of(facts, opened.goal.token)
    first = not isinstance(progress.data, ListWalk)
    answered = answer.is_json and answer.status not in {HTTPStatus.OK, HTTPStatus.TOO_MANY_REQUESTS}
    last_try = (
        answer.status < HTTPStatus.INTERNAL_SERVER_ERROR or progress.failures + 1 >= replies.READ_FAILURES
    )
    if answered and (not first or (last_try and len(walk.todo) > 1)):
        return _on(opened, answer, put(walk, todo=walk.todo[1:]), facts, [])
    return answers.failed(opened, answer, facts)


def _on(opened: OpenStep, answer: Answer, walk: ListWalk, facts: Facts, events: list[Event]) -> Reading:
    """The next request, or the end."""
    token = opened.goal.token
    if not walk.todo and walk.strangers:
        candidates = [one for one in walk.strangers if one.id not in own_of(facts).probed]
        # Who travels now writes now; what is only announced can wait for its turn.
        candidates.sort(key=lambda one: one.status == names.STATUS_PUBLISHED)
        todo = tuple(Asked(NOTE_PROBE, one.id) for one in candidates[: limits.PROBES_PER_ROUND])
        chosen = {one.what for one in todo}
        kept = tuple(one for one in candidates if one.id in chosen)
        probing = any(one.note == NOTE_PROBE for one in _walk(token, facts).todo)
        walk = put(walk, todo=() if probing else todo, strangers=kept)
    if walk.todo:
        facts = at_stage(facts, token, NOTE_LISTS, walk)
        return Reading(facts, tuple(events), (VerdictStored(answer.step_id),))
    if walk.full:
        facts = with_own(facts, all_lists_ms=facts.now_ms)
    events += (*_unlisted(walk, facts), *_due(facts), ListsRead())
    return replies.done(facts, opened, answer.step_id, *events)


def _unlisted(walk: ListWalk, facts: Facts) -> list[Event]:
    """Trips of ours that no list had: each is read by itself, all of them only where all lists were read."""
    own = own_of(facts)
    gone = [
        trip
        for trip, known in own.trips.items()
        if known.ours and trip not in walk.found and known.status not in names.STATUSES_OVER
    ]
    return [Stale(order_number=trip) for trip in gone] if walk.full else []


def _due(facts: Facts) -> list[Event]:
    """Histories that were read on this connection, but long ago; without a socket they are read anyway."""
    if not facts.online:
        return []
    late: list[tuple[int, RemoteId]] = []
    for trip, known in own_of(facts).trips.items():
        if known.read_epoch != facts.epoch or known.closed == facts.epoch:
            continue
        after_ms = limits.HISTORY_AGAIN_MS + limits.HISTORY_AGAIN_PER_MESSAGE_MS * len(known.told)
        over_ms = facts.now_ms - known.read_ms - after_ms
        if over_ms >= 0:
            late.append((over_ms, trip))
    late.sort(reverse=True)
    return [Stale(conversation=trip) for _, trip in late[: limits.HISTORIES_PER_ROUND]]
