"""One package or trip in full, who was last seen when, and changes of a status by its owner.

A status is never pushed, so what is looked at is read once a minute. The profile that tells when somebody
was last seen is a raw row of the database: one moment is picked out of it, nothing else is kept. Source: wire
specification, sections 6.6 and 6.7.
"""

from __future__ import annotations

from http import HTTPStatus

import msgspec

from chatdesk.domain.arrivals import Answer, OpenStep, Reading, VerdictStored
from chatdesk.domain.events import Event, PresenceSeen
from chatdesk.domain.facts import Facts
from chatdesk.domain.goals import Act, ChangeStatus, FreshOrder, Watched
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import OrderKind, ParkReason, PresenceState
from chatdesk.domain.steps import Call, Done, Next, Parked
from chatdesk.platforms import loose, replies, routes
from chatdesk.platforms.fakomame import auth, limits, lists, requests, translate
from chatdesk.platforms.fakomame.items import Row, labels
from chatdesk.platforms.fakomame.state import own_of, room_of
from chatdesk.platforms.memory import at_stage, parked, progress_of, put, with_progress
from chatdesk.wire.fakomame import names, shapes

NOTE_PACKAGE = "package"
NOTE_TRIP = "trip"
NOTE_PROFILE = "profile"
NOTE_STATUS = "status"
_AS_TRIP = "as trip"
READ = "read"
_ROUTES = {OrderKind.PACKAGE: names.ROUTE_PACKAGE, OrderKind.TRIP: names.ROUTE_TRIP}
_NOTES = {OrderKind.PACKAGE: NOTE_PACKAGE, OrderKind.TRIP: NOTE_TRIP}
_LOCKED = {OrderKind.PACKAGE: names.PACKAGE_LOCKED, OrderKind.TRIP: names.TRIP_LOCKED}


# -- one item ----------------------------------------------------------------------------------------------


def item_of(kind: object) -> RemoteId | None:
    """The package or trip that a goal is about."""
    if isinstance(kind, FreshOrder | Watched | ChangeStatus):
        return translate.remote_id(kind.order)
    return translate.remote_id(kind.action.order) if isinstance(kind, Act) else None


def item_call(item: RemoteId, token: int, facts: Facts, kind: OrderKind | None = None) -> Call:
    """The request for it. Which of the two it is, if nothing has told, is tried out: a package first."""
    known = own_of(facts).items.get(item)
    if kind is None:
        kind = OrderKind.PACKAGE if known is None else known.kind
    if progress_of(facts, token).stage == _AS_TRIP:
        kind = OrderKind.TRIP
    return routes.get(routes.path(_ROUTES[kind], item_id=item), facts, _NOTES[kind])


def next_order(goal: FreshOrder | Watched, token: int, facts: Facts) -> Next:
    """The item, then when those were last seen with whom the talk is about it."""
    item = item_of(goal)
    if item is None:
        return Done() if isinstance(goal, Watched) else Parked(ParkReason.NOT_FOUND)
    progress = progress_of(facts, token)
    if progress.stage != NOTE_PROFILE:
        return item_call(item, token, facts)
    peers = progress.data if isinstance(progress.data, tuple) else ()
    if not peers:
        return Done()
    path = routes.path(names.ROUTE_PROFILE, user_id=peers[0])
    return routes.get(path, facts, NOTE_PROFILE)


def read_item(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """A package's or trip's detail, for whichever goal it was read."""
    goal, token = opened.goal.kind, opened.goal.token
    kind = OrderKind.TRIP if opened.step.note == NOTE_TRIP else OrderKind.PACKAGE
    item = item_of(goal)
    row = lists.read_row(requests.data_of(answer), kind, facts)
    if row is None or row.seen.remote_id != item:
        untold = item not in own_of(facts).items and kind is OrderKind.PACKAGE
        if answer.status == HTTPStatus.NOT_FOUND and requests.denies(answer) and untold:
            return Reading(at_stage(facts, token, _AS_TRIP), (), (VerdictStored(answer.step_id),))
        return requests.failed(opened, answer, facts)
    facts = lists.with_row(facts, row, detailed=True)
    if isinstance(goal, ChangeStatus):
        facts = _checked(goal, token, row, facts)
    elif isinstance(goal, Act):
        facts = at_stage(facts, token, READ)
    else:
        facts = at_stage(facts, token, NOTE_PROFILE, _peers(goal, row, facts))
    return Reading(facts, (row.seen,), (VerdictStored(answer.step_id),))


# -- last seen ---------------------------------------------------------------------------------------------


def _peers(goal: object, row: Row, facts: Facts) -> tuple[RemoteId, ...]:
    """The others of the chats about an item."""
    rooms = own_of(facts).rooms
    if isinstance(goal, Watched) and goal.conversation in rooms:
        people = rooms[goal.conversation].people
    else:
        about = (room.people for room in rooms.values() if room.order == row.seen.remote_id)
        people = frozenset().union(*about)
    return tuple(sorted(people - {facts.account.user_id}))[: limits.MOST_PEERS]


def read_profile(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """When somebody was last seen. A profile that can't be read costs no more than that."""
    token = opened.goal.token
    peers = progress_of(facts, token).data
    if not isinstance(peers, tuple) or not peers:
        return replies.done(facts, opened, answer.step_id, replies.MALFORMED)
    if answer.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.TOO_MANY_REQUESTS}:
        return requests.failed(opened, answer, facts)
    person: RemoteId = peers[0]
    facts = at_stage(facts, token, NOTE_PROFILE, peers[1:])
    fields = loose.mapping(answer.body if answer.status == HTTPStatus.OK and answer.is_json else None)
    seen_us = loose.moment_us(fields.get("lastLoginAt"))
    events: tuple[Event, ...] = ()
    # Whoever was said to be there on this connection was seen later than any profile says.
    if translate.remote_id(fields.get("id")) == person and seen_us and person not in own_of(facts).here:
        events = tuple(
            PresenceSeen(person_id=person, state=PresenceState.UNKNOWN, conversation=chat, at_us=seen_us)
            for chat, room in own_of(facts).rooms.items()
            if person in room.people
        )
    return Reading(facts, events, (VerdictStored(answer.step_id),))


# -- status ------------------------------------------------------------------------------------------------


def next_status(goal: ChangeStatus, token: int, facts: Facts) -> Next:
    """Never blindly: the item says whose it is, whether it moved meanwhile, and whether it still may."""
    item = item_of(goal)
    if item is None:
        return Parked(ParkReason.NOT_FOUND)
    if progress_of(facts, token).stage != NOTE_STATUS:
        return item_call(item, token, facts)
    blocked = auth.blocker(facts, limits.PROOF_MS)
    if blocked is not None:
        return blocked
    return Call(
        method="PUT",
        path=routes.path(_ROUTES[_kind(token, facts)], item_id=item),
        body=msgspec.to_builtins(shapes.StatusBody(goal.new)),
        headers=routes.bearer(facts),
        commits=True,
        note=NOTE_STATUS,
    )


def _kind(token: int, facts: Facts) -> OrderKind:
    """What a goal at the stage of its change is about."""
    return OrderKind.TRIP if progress_of(facts, token).data == NOTE_TRIP else OrderKind.PACKAGE


def _checked(goal: ChangeStatus, token: int, row: Row, facts: Facts) -> Facts:
    """What is next, now that the item is known as it is."""
    kind, now = row.seen.kind, row.seen.status or ""
    if goal.new not in labels(kind):
        return parked(facts, token, ParkReason.REFUSED)
    if now == goal.new:
        return with_progress(facts, token, put(progress_of(facts, token), end=Done()))
    if row.owner != facts.account.user_id:
        return parked(facts, token, ParkReason.FORBIDDEN)
    if now != goal.old:
        return parked(facts, token, ParkReason.CHANGED_MEANWHILE, row.seen.status_label or "")
    if now in _LOCKED[kind]:
        return parked(facts, token, ParkReason.CLOSED, row.seen.status_label or "")
    return at_stage(facts, token, NOTE_STATUS, _NOTES[kind])


def read_status(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """What the answer of a change means."""
    if requests.data_of(answer) is not None:
        row = lists.read_row(requests.data_of(answer), _kind(opened.goal.token, facts), facts)
        events: tuple[Event, ...] = (replies.MALFORMED,)
        if row is not None and row.seen.remote_id == item_of(opened.goal.kind):
            events = (put(row.seen, fields=None, participants=None),)
        return replies.done(facts, opened, answer.step_id, *events)
    return requests.refused_write(opened, answer, facts)


def rooms_of(person: RemoteId, facts: Facts) -> tuple[RemoteId, ...]:
    """The chats in which somebody takes part."""
    return tuple(chat for chat in own_of(facts).rooms if person in room_of(facts, chat).people)
