"""What the person asks for at once: a chat about a trip, taking an open trip, looking trips up.

A chat is begun by the first join. A trip is taken only after a look at it, and is read again afterwards: the
servers seen say that it worked, and store nothing. Source: wire specification, sections 4, 6.4 and 6.5.
"""

from __future__ import annotations

import re
from http import HTTPStatus

import msgspec

from chatdesk.domain.actions import ActionKind, FindKind, Hit, Lookup, Result
from chatdesk.domain.arrivals import Answer, OpenStep, Reading, VerdictStored, VerdictUnknown
from chatdesk.domain.events import Event, Stale
from chatdesk.domain.facts import Facts
from chatdesk.domain.goals import Act, Find
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import OrderKind, ParkReason
from chatdesk.domain.steps import Call, Next, Parked
from chatdesk.platforms import loose, replies, routes
from chatdesk.platforms.memory import at_stage, progress_of, with_own
from chatdesk.platforms.steppergo import access, answers, auth, history, lane, limits, status, trips
from chatdesk.platforms.steppergo.state import trip_of
from chatdesk.platforms.steppergo.trips import TripRecord
from chatdesk.wire.steppergo import names, texts

NOTE_LOOK = "look"
NOTE_ENTER = "enter"
NOTE_ACCEPT = "accept"
NOTE_FIND = "find"
NOTE_FIND_ONE = "find-one"

_BETWEEN = re.compile(r"\s*(?:→|->|>|—|–|\s-\s|\s-|-\s)\s*")
_LINK = re.compile(r"/trips?/([0-9A-Za-z_-]{1,64})(?:[/?#]|\Z)")
_ID = re.compile(r"c[0-9a-z]{20,31}\Z")


# -- actions -----------------------------------------------------------------------------------------------


def _trip(goal: Act) -> RemoteId | None:
    action = goal.action
    return answers.remote_id(action.order or action.conversation or action.target)


def next_act(goal: Act, token: int, facts: Facts) -> Next:
    """Look at the trip, then join its conversation or take it."""
    kind, trip = goal.action.kind, _trip(goal)
    if kind not in {ActionKind.START_CHAT, ActionKind.ACCEPT}:
        return Parked(ParkReason.REFUSED, kind.value)
    if trip is None:
        return Parked(ParkReason.NOT_FOUND)
    blocked = auth.blocker(facts)
    if blocked is not None:
        return blocked
    if progress_of(facts, token).stage != NOTE_LOOK:
        return routes.get(routes.path(names.ROUTE_TRIP, trip_id=trip), facts, NOTE_LOOK)
    if kind is ActionKind.ACCEPT:
        return Call(
            method="POST",
            path=routes.path(names.ROUTE_ACCEPT, trip_id=trip),
            headers=routes.bearer(facts),
            commits=True,
            note=NOTE_ACCEPT,
        )
    if not facts.online:
        path = routes.path(names.ROUTE_HISTORY, trip_id=trip)
        return routes.get(path, facts, NOTE_ENTER)
    # Also where we are in, or were refused: the person asks, and the server's answer ends this goal.
    return lane.join_first(trip, token, with_own(facts, trips={})) or Parked(ParkReason.REFUSED)


def read_look(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """The trip before anything is done about it."""
    goal, token = opened.goal.kind, opened.goal.token
    seen = status.detail_of(answer)
    if seen is None or not isinstance(goal, Act) or seen.id != _trip(goal):
        return answers.failed(opened, answer, facts)
    facts = trips.noted(facts, seen)
    taking = goal.action.kind is ActionKind.ACCEPT
    if taking and seen.status not in names.STATUSES_OPEN_FOR_DRIVERS:
        label, reason = trips.status_label(seen.status), ParkReason.CHANGED_MEANWHILE
        return replies.refused(opened, answer.step_id, reason, label, facts, *_again(seen.id, facts))
    return Reading(at_stage(facts, token, NOTE_LOOK, seen), (), (VerdictStored(answer.step_id),))


def order_of(opened: OpenStep, facts: Facts) -> tuple[Event, ...]:
    """The trip that the person has just looked at, as an order of the account: now that it has let us in."""
    seen = progress_of(facts, opened.goal.token).data
    return (trips.order(seen, facts),) if isinstance(seen, TripRecord) else ()


def read_enter(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """Without a socket: whether there is a chat for us; the first text by REST makes it."""
    goal, step_id = opened.goal.kind, answer.step_id
    trip = _trip(goal) if isinstance(goal, Act) else None
    if trip is None:
        return answers.failed(opened, answer, facts)
    if access.denies(answer):
        facts, events = access.refused(facts, trip)
        return replies.refused(opened, step_id, ParkReason.FORBIDDEN, auth.said(answer), facts, *events)
    page = history.page_of(answer, trip, facts)
    if page is None:
        return answers.failed(opened, answer, facts)
    told = order_of(opened, facts)
    facts, opening = access.let_in(facts, trip)
    result = Result(conversation=trip, order=trip)
    return replies.done(facts, opened, step_id, *told, *opening, result=result)


def _again(trip: RemoteId, facts: Facts) -> tuple[Event, ...]:
    """Read a trip of ours again; one that is not ours yet comes with the lists, if it has become so."""
    return (Stale(order_number=trip),) if trip_of(facts, trip).ours else ()


def read_accept(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """What the answer of taking a trip means: never more than that the trip is to be read again."""
    goal, step_id, words = opened.goal.kind, answer.step_id, auth.said(answer)
    trip = _trip(goal) if isinstance(goal, Act) else None
    if trip is None:
        return Reading(facts, (replies.MALFORMED,), (VerdictUnknown(step_id, words),))
    facts = with_own(facts, all_lists_ms=0)
    again: tuple[Event, ...] = (*_again(trip, facts), Stale())
    if answer.status == HTTPStatus.OK and answer.is_json:
        return replies.done(facts, opened, step_id, *again, result=Result(order=trip))
    if answer.is_json and words == texts.ERR_ACCEPT:  # a failure, or a session that is not a driver's
        return Reading(facts, again, (VerdictUnknown(step_id, words),))
    reading = answers.failed_write(opened, answer, facts)
    return Reading(reading.facts, (*reading.events, *again), reading.verdicts)


# -- look-ups ----------------------------------------------------------------------------------------------


class FindWalk(msgspec.Struct, frozen=True):
    """Where a look-up stands: queries still to be made, and what was found."""

    todo: tuple[tuple[tuple[str, str], ...], ...]
    found: tuple[TripRecord, ...] = ()


def _one(words: str) -> RemoteId | None:
    """The trip that the words name by its id or by a link to it."""
    link = _LINK.search(words)
    if link is not None:
        return RemoteId(link.group(1))
    return RemoteId(words) if _ID.match(words) else None


def queries(lookup: Lookup) -> tuple[tuple[tuple[str, str], ...], ...]:
    """What is asked: `from - to`, or a place at either end; a word that is a status narrows it."""
    state, rest = names.STATUS_PUBLISHED, []
    for word in loose.line(lookup.words, 200).split(" "):
        if (word.upper() in names.STATUS_LABELS and "_" in word) or (
            word.isupper() and word in names.STATUS_LABELS
        ):
            state = word.upper()
        elif word:
            rest.append(word)
    text = " ".join(rest)
    base = (("status", state),)
    if not text:
        return (base,)
    origin, *more = _BETWEEN.split(text, maxsplit=1)
    destination = more[0] if more else ""
    if more:
        ends = (("origin", origin), ("destination", destination))
        return ((*base, *((key, value) for key, value in ends if value)),)
    return ((*base, ("origin", text)), (*base, ("destination", text)))


def next_find(goal: Find, token: int, facts: Facts) -> Next:
    """Public trips; no sign-in is needed for them."""
    lookup = goal.lookup
    if lookup.kind is not FindKind.TRIP:
        return Parked(ParkReason.REFUSED, lookup.kind.value)
    one = _one(lookup.words.strip())
    if one is not None:
        return routes.get(routes.path(names.ROUTE_TRIP, trip_id=one), facts, NOTE_FIND_ONE)
    return routes.get(names.ROUTE_TRIPS, facts, NOTE_FIND, _find_walk(lookup, token, facts).todo[0])


def _find_walk(lookup: Lookup, token: int, facts: Facts) -> FindWalk:
    data = progress_of(facts, token).data
    return data if isinstance(data, FindWalk) else FindWalk(queries(lookup))


def read_find(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """One answer of a look-up; the last carries the hits."""
    goal, token = opened.goal.kind, opened.goal.token
    raw = loose.mapping(answer.body).get("data")
    if not isinstance(goal, Find) or answer.status != HTTPStatus.OK or not isinstance(raw, list):
        return answers.failed(opened, answer, facts)
    walk = _find_walk(goal.lookup, token, facts)
    known = {one.id for one in walk.found}
    read = [trips.record(one) for one in raw[: limits.MOST_TRIPS]]
    fresh = tuple(one for one in read if one is not None and one.id not in known)
    walk = FindWalk(walk.todo[1:], (*walk.found, *fresh))
    events = (replies.MALFORMED,) * sum(one is None for one in read)
    if walk.todo:
        return Reading(at_stage(facts, token, NOTE_FIND, walk), events, (VerdictStored(answer.step_id),))
    start = max(goal.lookup.page, 0) * limits.HITS_PER_PAGE
    page = walk.found[start : start + limits.HITS_PER_PAGE]
    result = Result(hits=tuple(_hit(one) for one in page), more=len(walk.found) > start + len(page))
    return replies.done(facts, opened, answer.step_id, *events, result=result)


def read_find_one(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """A trip by its id: a trip that is not there is no fault, there is just none."""
    if answer.is_json and answer.status == HTTPStatus.NOT_FOUND:
        return replies.done(facts, opened, answer.step_id, result=Result())
    seen = status.detail_of(answer)
    if seen is None:
        return answers.failed(opened, answer, facts)
    return replies.done(facts, opened, answer.step_id, result=Result(hits=(_hit(seen),)))


def _hit(seen: TripRecord) -> Hit:
    """A trip that was found; who organizes it is told, a chat is always about the trip."""
    return Hit(
        kind=FindKind.TRIP,
        remote_id=seen.id,
        title=trips.title(seen),
        detail=" → ".join(part for part in (seen.origin, seen.destination) if part),
        status_label=trips.status_label(seen.status),
        at_us=seen.departure_us or 0,
        order_kind=OrderKind.TRIP,
        person=seen.organizer or None,
        person_kind="organizer" if seen.organizer else "",
        person_name=seen.organizer_name,
    )
