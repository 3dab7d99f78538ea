"""One booking in full, and the change of its status: a worker's or a customer's routes, by role.

The detail holds the code that starts the work: it is neither taken over nor shown. Source: wire
specification, section 7.
"""

from __future__ import annotations

from http import HTTPStatus

import msgspec

from chatdesk.domain.actions import Action
from chatdesk.domain.arrivals import Answer, OpenStep, Reading, VerdictStored
from chatdesk.domain.entities import StatusChoice
from chatdesk.domain.events import Event, OrderSeen, Stale
from chatdesk.domain.facts import Facts
from chatdesk.domain.goals import ChangeStatus, FreshLists, FreshOrder
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import ParkReason
from chatdesk.domain.steps import Call, Done, Next, Parked
from chatdesk.platforms import loose, replies, routes
from chatdesk.platforms.memory import at_stage, ended, progress_of, with_own
from chatdesk.platforms.omw import auth, sessions, translate, zones
from chatdesk.platforms.omw.state import own_of
from chatdesk.wire.omw import names, shapes

NOTE_BOOKING = "booking"
NOTE_CHECK = "check"
NOTE_STATUS = "status"

_SIDE_EXITS = frozenset({names.STATUS_CANCELLED})
_USUAL = frozenset({"pending", "assigned", "accepted", "arrived", "in_progress", "completed"})
"""What a booking passes as a rule (wire specification, section 7); other statuses show once reached."""
_AFTER_THE_CODE = "in_progress"
"""Reached by the customer's code, which is entered where the work is done."""


def statuses(role: str) -> tuple[StatusChoice, ...]:
    """The platform's statuses in their usual order; which of them may be set is a matter of the role."""
    may = names.STATUSES_SET_BY_WORKER - {_AFTER_THE_CODE} if role == names.ROLE_WORKER else frozenset()
    if role == names.ROLE_CUSTOMER:
        may = _SIDE_EXITS
    return tuple(
        StatusChoice(
            value=value,
            label=label,
            progress=translate.PROGRESS[value],
            selectable=value in may,
            on_path=value in _USUAL,
        )
        for value, label in names.STATUS_LABELS.items()
    )


def booking_of(action: Action) -> RemoteId | None:
    """The booking that an action is about."""
    return translate.remote_id(action.order) or translate.remote_id(action.order_number)


# -- one booking -------------------------------------------------------------------------------------------


def _booking_call(booking: RemoteId, facts: Facts, note: str) -> Next:
    role = facts.account.role
    if role == names.ROLE_WORKER:
        path = routes.path(names.ROUTE_WORKER_BOOKING, booking_id=booking)
    elif role == names.ROLE_CUSTOMER:
        path = routes.path(names.ROUTE_CUSTOMER_BOOKING, booking_id=booking)
    else:
        return Parked(ParkReason.FORBIDDEN)
    return routes.get(path, facts, note)


def next_order(goal: FreshOrder, token: int, facts: Facts) -> Next:
    """The booking, then the detail of its session: the only place that tells who is there."""
    booking = translate.remote_id(goal.order) or translate.remote_id(goal.number)
    if booking is None:
        return Parked(ParkReason.NOT_FOUND)
    session = _session_of(booking, facts)
    if progress_of(facts, token).stage == sessions.NOTE_SESSION:
        return Done() if session is None else sessions.session_call(session, facts)
    call = _booking_call(booking, facts, NOTE_BOOKING)
    if isinstance(call, Parked) and session is not None:
        return sessions.session_call(session, facts)
    return call


def _session_of(booking: RemoteId, facts: Facts) -> RemoteId | None:
    rooms = own_of(facts).rooms
    return next((one for one, room in rooms.items() if room.listed and room.booking == booking), None)


def read_booking(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """A booking's detail."""
    goal = opened.goal.kind
    seen = _detail(answer, facts)
    if seen is None or not isinstance(goal, FreshOrder):
        return sessions.failed(opened, answer, facts)
    facts = sessions.with_status(facts, seen.remote_id, seen.status)
    if _session_of(seen.remote_id, facts) is None:
        return replies.done(facts, opened, answer.step_id, seen)
    facts = at_stage(facts, opened.goal.token, sessions.NOTE_SESSION)
    return Reading(facts, (seen,), (VerdictStored(answer.step_id),))


def read_session(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """The detail of a booking's session, for this goal or to clear up a doubt of any other."""
    goal = opened.goal.kind
    session = getattr(goal, "conversation", None)
    if isinstance(goal, FreshOrder):
        booking = translate.remote_id(goal.order) or translate.remote_id(goal.number) or RemoteId("")
        session = _session_of(booking, facts)
        facts = ended(with_own(facts, looked=session or RemoteId("")), opened.goal.token)
    elif isinstance(goal, FreshLists):
        session = own_of(facts).looked or None
        facts = ended(facts, opened.goal.token)
    if session is None:
        return Reading(facts, (replies.MALFORMED,), (VerdictStored(answer.step_id),))
    return sessions.read_session(session, opened, answer, facts)


def _detail(answer: Answer, facts: Facts) -> OrderSeen | None:
    record = loose.mapping(loose.mapping(answer.body).get("booking"))
    if answer.status != HTTPStatus.OK or not answer.is_json:
        return None
    return translate.booking(record, record.get("id"), zones.offset_us(facts), detailed=True)


# -- status ------------------------------------------------------------------------------------------------


def next_status(goal: ChangeStatus, token: int, facts: Facts) -> Next:
    """Look first, unless told not to: the booking may have moved meanwhile."""
    booking = translate.remote_id(goal.order)
    change = None if booking is None else _change(goal, booking, facts)
    if booking is None or change is None:
        return Parked(ParkReason.REFUSED)
    if goal.check_first and progress_of(facts, token).stage != NOTE_STATUS:
        return _booking_call(booking, facts, NOTE_CHECK)
    return change


def _change(goal: ChangeStatus, booking: RemoteId, facts: Facts) -> Call | None:
    """The request that sets a status; None where this account has none for it."""
    role, request = facts.account.role, own_of(facts).requests.get(booking)
    body: object = {}
    if role == names.ROLE_CUSTOMER and goal.new == names.STATUS_CANCELLED:
        path = routes.path(names.ROUTE_CUSTOMER_CANCEL, booking_id=booking)
    elif role == names.ROLE_WORKER and request is not None and _accepts(goal):
        path = routes.path(names.ROUTE_REQUEST, request_id=str(request))
        body = msgspec.to_builtins(shapes.StatusBody(names.REQUEST_ACCEPTED))
    elif role == names.ROLE_WORKER and goal.new in names.STATUSES_SET_BY_WORKER - {_AFTER_THE_CODE}:
        path = routes.path(names.ROUTE_WORKER_STATUS, booking_id=booking)
        body = msgspec.to_builtins(shapes.StatusBody(goal.new))
    else:
        return None
    return Call(
        method="PUT", path=path, body=body, headers=routes.bearer(facts), commits=True, note=NOTE_STATUS
    )


def _accepts(goal: ChangeStatus) -> bool:
    """An offer is taken by its request; the booking is `assigned` then."""
    taken = {names.STATUS_ACCEPTED, names.STATUS_ASSIGNED}
    return goal.old == names.STATUS_PENDING and goal.new in taken


def read_check(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """The booking as it is now: changed already, as expected, or changed by somebody else."""
    goal, token = opened.goal.kind, opened.goal.token
    if not isinstance(goal, ChangeStatus):
        return sessions.failed(opened, answer, facts)
    seen = _detail(answer, facts)
    if seen is None:
        # An offer is nobody's booking yet: its detail is refused until it is accepted.
        if answer.is_json and answer.status == HTTPStatus.NOT_FOUND and _accepts(goal):
            facts = at_stage(facts, token, NOTE_STATUS)
            return Reading(facts, (), (VerdictStored(answer.step_id),))
        return sessions.failed(opened, answer, facts)
    if _accepts(goal) and seen.status == names.STATUS_ASSIGNED:
        facts = ended(facts, token)
    else:
        facts = replies.compared(facts, token, goal, seen, NOTE_STATUS)
    return Reading(facts, (seen,), (VerdictStored(answer.step_id),))


def read_status(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """What the answer of a change means. Completing may take the chat with it: the lists are read again."""
    goal, step_id = opened.goal.kind, answer.step_id
    words = auth.said(answer)
    if answer.status == HTTPStatus.OK and answer.is_json and isinstance(goal, ChangeStatus):
        status = names.STATUS_ASSIGNED if _accepts(goal) else goal.new
        booking = translate.remote_id(goal.order)
        events: tuple[Event, ...] = (Stale(),)
        if booking is not None:
            events = (translate.with_status(booking, status), Stale())
            facts = sessions.with_status(facts, booking, status)
        return replies.done(facts, opened, step_id, *events)
    return replies.failed_write(opened, answer, words, facts)
