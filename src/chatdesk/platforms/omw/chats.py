"""Beginning, leaving, ending and deleting a session.

Nobody makes a session but one of its two parties. The server answers with an ended one as if it were fine, so
what it names is read before it is believed. Source: wire specification, sections 6.8 and 8.
"""

from __future__ import annotations

from http import HTTPStatus

import msgspec

from chatdesk.domain.actions import Action, ActionKind, Result
from chatdesk.domain.arrivals import (
    Answer,
    OpenStep,
    Reading,
    VerdictLater,
    VerdictRefused,
    VerdictStored,
)
from chatdesk.domain.events import ConversationGone, Stale
from chatdesk.domain.facts import Facts
from chatdesk.domain.goals import Act
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import ClosedWhy, Lifecycle, ParkReason
from chatdesk.domain.steps import Call, Emit, Next, Parked, Wait
from chatdesk.platforms import loose, replies, routes, sockets
from chatdesk.platforms.memory import Progress, at_stage, ended, parked, progress_of, with_progress
from chatdesk.platforms.omw import auth, bookings, history, limits, sessions, translate
from chatdesk.platforms.omw.state import Doubt, room_of, with_room
from chatdesk.wire.omw import names, shapes

NOTE_START = "start-chat"
NOTE_FOUND = "start-chat-check"
NOTE_END = "end-chat"
NOTE_DELETE = "delete-chat"
NOTE_LEAVE = "leave-chat"
_OVER = frozenset({names.STATUS_COMPLETED, names.STATUS_CANCELLED})


def next_step(action: Action, token: int, facts: Facts) -> Next:
    """The next step of an action on a chat."""
    if action.kind is ActionKind.START_CHAT:
        return _start(action, token, facts)
    session = translate.remote_id(action.conversation)
    if session is None:
        return Parked(ParkReason.NOT_FOUND)
    if action.kind is ActionKind.LEAVE_CHAT:
        return _leave(session, facts)
    ends = action.kind is ActionKind.END_CHAT
    return Call(
        method="PUT" if ends else "DELETE",
        path=routes.path(names.ROUTE_SESSION_END if ends else names.ROUTE_SESSION, session_id=session),
        headers=routes.bearer(facts),
        commits=True,
        note=NOTE_END if ends else NOTE_DELETE,
    )


# -- begin -------------------------------------------------------------------------------------------------


def _start(action: Action, token: int, facts: Facts) -> Next:
    progress = progress_of(facts, token)
    if progress.stage == NOTE_FOUND:
        path = routes.path(names.ROUTE_SESSION, session_id=str(progress.data))
        return routes.get(path, facts, NOTE_FOUND)
    booking = bookings.booking_of(action)
    if booking is None:
        return Parked(ParkReason.NOT_FOUND)
    return Call(
        method="POST",
        path=names.ROUTE_SESSIONS,
        body=msgspec.to_builtins(shapes.StartBody(int(booking))),
        headers=routes.bearer(facts),
        note=NOTE_START,
    )


def read_start(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """The id of a session, which may be new, there already, or over."""
    token, step_id, words = opened.goal.token, answer.step_id, auth.said(answer)
    fields = loose.mapping(answer.body)
    if answer.status in {HTTPStatus.OK, HTTPStatus.CREATED} and answer.is_json:
        session = translate.remote_id(fields.get("sessionId"))
        if session is not None:
            return Reading(at_stage(facts, token, NOTE_FOUND, session), (), (VerdictStored(step_id),))
        return replies.refused(opened, step_id, ParkReason.REFUSED, "", facts, replies.MALFORMED)
    if answer.status == HTTPStatus.INTERNAL_SERVER_ERROR and answer.is_json:
        # Both sides at once, or two sorts of ids mixed up: once more, then it is said.
        failures = progress_of(facts, token).failures + 1
        if failures <= limits.START_AGAIN:
            facts = with_progress(facts, token, Progress(failures=failures))
            return Reading(facts, (), (VerdictLater(step_id, limits.START_AGAIN_MS, words),))
        return replies.refused(opened, step_id, ParkReason.REFUSED, words, facts)
    if answer.status == HTTPStatus.BAD_REQUEST and answer.is_json:
        status = translate.status_of(fields.get("currentStatus")) or ""
        reason = ParkReason.CLOSED if status in _OVER else ParkReason.REFUSED
        if status:
            words = loose.words(f"{words}: {translate.status_label(status)}")
        return replies.refused(opened, step_id, reason, words, facts)
    return replies.failed_write(opened, answer, words, facts)


def read_found(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """The detail of the session that the server has named: only this proves that it is open."""
    goal, token = opened.goal.kind, opened.goal.token
    session = translate.remote_id(progress_of(facts, token).data)
    if session is None or not isinstance(goal, Act):
        return sessions.failed(opened, answer, facts)
    reading = sessions.read_session(session, opened, answer, facts)
    if room_of(reading.facts, session).doubt is Doubt.GONE:
        facts = parked(reading.facts, token, ParkReason.CLOSED, auth.said(answer))
        return Reading(facts, reading.events, reading.verdicts)
    if not all(isinstance(one, VerdictStored) for one in reading.verdicts):
        return reading
    result = Result(conversation=session, order=bookings.booking_of(goal.action))
    verdict = VerdictStored(answer.step_id, result=result)
    return Reading(ended(reading.facts, token), reading.events, (verdict,))


# -- end, delete, leave ------------------------------------------------------------------------------------

_ENDS = {
    NOTE_END: (Lifecycle.ENDED, ClosedWhy.SESSION_ENDED),
    NOTE_DELETE: (Lifecycle.DELETED, ClosedWhy.SESSION_DELETED),
}


def read_end(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """What the answer of an end or a deletion means: either closes the session for both."""
    goal, token, step_id = opened.goal.kind, opened.goal.token, answer.step_id
    words = auth.said(answer)
    session = translate.remote_id(goal.action.conversation) if isinstance(goal, Act) else None
    if answer.status == HTTPStatus.OK and answer.is_json and session is not None:
        lifecycle, why = _ENDS[opened.step.note]
        facts = with_room(facts, session, doubt=Doubt.GONE, listed=False, joined=0)
        gone = ConversationGone(remote_id=session, lifecycle=lifecycle, why=why)
        verdict = VerdictStored(step_id, result=Result(conversation=session))
        return Reading(ended(facts, token), (gone, Stale()), (verdict,))
    if history.denies(answer) and session is not None:
        # Over already, or never ours: the list and the session's detail tell.
        # What is known to be gone stays as gone as it is: a detail could no longer tell how it went.
        doubt = Doubt.GONE if room_of(facts, session).doubt is Doubt.GONE else Doubt.ASK
        facts = parked(with_room(facts, session, doubt=doubt), token, ParkReason.CLOSED, words)
        return Reading(facts, (Stale(),), (VerdictRefused(step_id, ParkReason.CLOSED, words),))
    return replies.failed_write(opened, answer, words, facts)


def _leave(session: RemoteId, facts: Facts) -> Next:
    if not facts.online:
        return Wait(limits.LEAVE_TIMEOUT_MS)
    return Emit(
        event=names.EMIT_LEAVE,
        args=(msgspec.to_builtins(shapes.SessionArgs(int(session))),),
        lane=sockets.LANE,
        timeout_ms=limits.LEAVE_TIMEOUT_MS,
        note=NOTE_LEAVE,
    )


def left(session: RemoteId, open_steps: tuple[OpenStep, ...], facts: Facts) -> Reading:
    """We are out of a session's room: no pushes of it until it is joined again."""
    facts = with_room(facts, session, joined=0)
    verdicts = []
    for opened in open_steps:
        goal = opened.goal.kind
        if opened.step.note == NOTE_LEAVE and isinstance(goal, Act) and goal.action.conversation == session:
            facts = ended(facts, opened.goal.token)
            verdicts.append(VerdictStored(opened.id, result=Result(conversation=session)))
    return Reading(facts, (), tuple(verdicts))


def leave_refused(words: str, holder: OpenStep, facts: Facts) -> Reading:
    """`Failed to leave chat`."""
    return replies.refused(holder, holder.id, ParkReason.REFUSED, words, facts)
