"""Goals of the dispatcher platform that change something: send, read mark, delete, order status.

The recorded servers dedupe nothing, so the answer of a send is judged strictly: stored, refused, later, or
unknown. Source: wire specification, sections 4.5, 5.2, 5.4 and 5.5.
"""

from __future__ import annotations

from http import HTTPStatus

import msgspec

from chatdesk.domain.arrivals import Answer, OpenStep, Reading, VerdictStored
from chatdesk.domain.events import ConversationGone, Event, MessageDeleted
from chatdesk.domain.facts import Facts
from chatdesk.domain.goals import ChangeStatus, DeleteMessage, MarkRead, SendText
from chatdesk.domain.kinds import ClosedWhy, Lifecycle, ParkReason, Source
from chatdesk.domain.steps import Call, Emit, Next, Parked, Wait
from chatdesk.domain.text import is_blank
from chatdesk.platforms import announced, loose, replies, routes, sockets
from chatdesk.platforms.dispatcher import auth, limits, orders, reads, translate
from chatdesk.platforms.dispatcher.state import own_of
from chatdesk.platforms.memory import at_stage, ended, learnt, progress_of, with_learnt, with_own
from chatdesk.wire.dispatcher import names, shapes, texts

NOTE_SEND = "send"
NOTE_DELETE = "delete"
NOTE_STATUS = "status"
NOTE_CHECK = "check"
NOTE_READ = "read"
NOTE_MARK = "mark-read"

_TOO_LONG = texts.ERR_MESSAGE_TOO_LONG.partition("{")[0]


def message_limit_chars(facts: Facts) -> int:
    """Longest text that this server takes."""
    if announced.dedupes(facts):
        return limits.ANNOUNCED_MESSAGE_LIMIT_CHARS
    return limits.LIMITS.message_limit_chars


# -- send --------------------------------------------------------------------------------------------------


def next_send(goal: SendText, facts: Facts) -> Next:
    """One request; what can't succeed is not tried."""
    if is_blank(goal.text):
        return Parked(ParkReason.EMPTY)
    if len(goal.text) > message_limit_chars(facts):
        return Parked(ParkReason.TOO_LONG)
    if translate.remote_id(goal.conversation) is None:
        return Parked(ParkReason.NOT_FOUND)
    body = shapes.SendBody(order_id=goal.conversation, message=goal.text)
    if announced.dedupes(facts):
        body.client_id = goal.client_id
    return Call(
        method="POST",
        path=names.ROUTE_SEND,
        body=msgspec.to_builtins(body),
        headers=routes.bearer(facts),
        commits=True,
        note=NOTE_SEND,
    )


def read_send(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """What the answer of a send means."""
    goal, token, step_id = opened.goal.kind, opened.goal.token, answer.step_id
    room = goal.conversation if isinstance(goal, SendText) else None
    if answer.is_json and answer.status in {HTTPStatus.CREATED, HTTPStatus.OK}:
        record = loose.mapping(answer.body).get("data")
        seen = translate.message(record, facts.account, Source.STORED, room)
        if room is not None and room in own_of(facts).sends_barred:
            facts = with_own(facts, sends_barred=own_of(facts).sends_barred - {room})
        events: tuple[Event, ...] = (replies.MALFORMED,) if seen is None else (seen,)
        remote_id = None if seen is None else seen.remote_id
        return Reading(ended(facts, token), events, (VerdictStored(step_id, remote_id),))
    if answer.status == HTTPStatus.BAD_REQUEST:
        said = loose.words(loose.mapping(answer.body).get("message"))
        too_long = said.startswith(_TOO_LONG)
        return refused(opened, answer, ParkReason.TOO_LONG if too_long else ParkReason.REFUSED, facts)
    reading = failed(opened, answer, facts)
    gone = answer.is_json and answer.status in {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}
    if gone and room is not None:
        why = ClosedWhy.ACCESS_WITHDRAWN
        event = ConversationGone(remote_id=room, lifecycle=Lifecycle.READ_ONLY, why=why)
        barred = own_of(facts).sends_barred | {room}
        facts = with_own(reading.facts, sends_barred=barred)
        return Reading(facts, (*reading.events, event), reading.verdicts)
    return reading


def refused(opened: OpenStep, answer: Answer, reason: ParkReason, facts: Facts) -> Reading:
    """The server will not, in its words."""
    return replies.refused(opened, answer.step_id, reason, _said(answer), facts)


def failed(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """What any answer but success means for a step that may store something."""
    return replies.failed_write(opened, answer, _said(answer), facts)


def _said(answer: Answer) -> str:
    return loose.words(loose.mapping(answer.body).get("message")) if answer.is_json else ""


# -- delete ------------------------------------------------------------------------------------------------


def next_delete(goal: DeleteMessage, facts: Facts) -> Next:
    """One request; a message that is gone already counts as deleted."""
    if translate.remote_id(goal.message) is None:
        return Parked(ParkReason.NOT_FOUND)
    path = routes.path(names.ROUTE_MESSAGE, message_id=goal.message)
    return Call(method="DELETE", path=path, headers=routes.bearer(facts), commits=True, note=NOTE_DELETE)


def read_delete(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """What the answer of a deletion means."""
    goal = opened.goal.kind
    gone = answer.is_json and answer.status in {HTTPStatus.OK, HTTPStatus.NOT_FOUND}
    if (gone or answer.status == HTTPStatus.NO_CONTENT) and isinstance(goal, DeleteMessage):
        event = MessageDeleted(conversation=goal.conversation, remote_id=goal.message)
        return replies.done(facts, opened, answer.step_id, event)
    return failed(opened, answer, facts)


# -- order status ------------------------------------------------------------------------------------------


def next_status(goal: ChangeStatus, token: int, facts: Facts) -> Next:
    """Look first, unless told not to: the order may have moved meanwhile."""
    if goal.new not in names.STATUS_LABELS or translate.remote_id(goal.order) is None:
        return Parked(ParkReason.REFUSED)
    if goal.check_first and progress_of(facts, token).stage != NOTE_STATUS:
        if not goal.number:
            return Parked(ParkReason.NOT_FOUND)
        return reads.order_call(goal.number, facts, NOTE_CHECK)
    return Call(
        method="PUT",
        path=routes.path(names.ROUTE_ORDER_STATUS, order_id=goal.order),
        body={"status": goal.new},
        headers=routes.bearer(facts),
        commits=True,
        note=NOTE_STATUS,
    )


def read_check(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """The order as it is now: changed already, as expected, or changed by somebody else."""
    goal, token = opened.goal.kind, opened.goal.token
    facts, seen = reads.detail_of(answer, facts)
    if seen is None or not isinstance(goal, ChangeStatus):
        return reads.failed(opened, answer, facts)
    facts = replies.compared(facts, token, goal, seen, NOTE_STATUS)
    return Reading(facts, (seen,), (VerdictStored(answer.step_id),))


def read_status(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """What the answer of a status change means."""
    if answer.status == HTTPStatus.OK and answer.is_json:
        seen = orders.raw(loose.mapping(answer.body).get("data"))
        events: tuple[Event, ...] = () if seen is None else (orders.kept(seen, facts),)
        return replies.done(facts, opened, answer.step_id, *events)
    if answer.status == HTTPStatus.BAD_REQUEST:
        return refused(opened, answer, ParkReason.REFUSED, facts)
    return failed(opened, answer, facts)


# -- read mark ---------------------------------------------------------------------------------------------


def next_mark(goal: MarkRead, token: int, facts: Facts) -> Next:
    """Tell the room, then the route where this server has one: nothing of the room's signal is stored."""
    if translate.remote_id(goal.conversation) is None:
        return Parked(ParkReason.NOT_FOUND)
    by_route = learnt(facts, reads.ROUTE_READ)
    if progress_of(facts, token).stage != NOTE_READ:
        if facts.online:
            # The signal stores nothing and may be repeated: it commits to nothing, so the socket that carried
            # it need not be cut when a send's outcome is unclear.
            return Emit(event=names.EMIT_MARK_READ, args=(goal.conversation,), note=NOTE_MARK)
        if by_route != reads.YES:
            return Wait(sockets.OFFLINE_WAIT_MS)
    blocked = auth.blocker(facts)
    if blocked is not None:
        return blocked
    path = routes.path(names.ROUTE_READ, order_id=goal.conversation)
    return Call(method="PATCH", path=path, headers=routes.bearer(facts), commits=True, note=NOTE_READ)


def marked(opened: OpenStep, facts: Facts) -> Facts:
    """The room was told; the route is next, unless it is known to be absent."""
    if learnt(facts, reads.ROUTE_READ) == reads.NO:
        return ended(facts, opened.goal.token)
    return at_stage(facts, opened.goal.token, NOTE_READ)


def read_mark(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """What the read route says; where it is absent the room's signal was all that there is."""
    step_id = answer.step_id
    if replies.is_page_of_another(answer) or answer.status == HTTPStatus.METHOD_NOT_ALLOWED:
        facts = with_learnt(facts, reads.ROUTE_READ, reads.NO)
        return replies.done(facts, opened, step_id)
    if answer.is_json and answer.status == HTTPStatus.OK:
        facts = with_learnt(facts, reads.ROUTE_READ, reads.YES)
        return replies.done(facts, opened, step_id)
    return failed(opened, answer, facts)
