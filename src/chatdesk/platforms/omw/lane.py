"""The lane of the socket: joins, sends, typing and read marks, one at a time, since errors name nothing.

A join is repeated until it is answered: what is emitted in the first moments of a connection vanishes. Typing
and read marks have no answer, so they hold the lane a moment; silence then means that all is well. Source:
wire specification, sections 4, 9 and 11.
"""

from __future__ import annotations

from http import HTTPStatus

import msgspec

from chatdesk.domain.arrivals import (
    Answer,
    NoAnswer,
    OpenStep,
    Reading,
    VerdictLater,
    VerdictStored,
    VerdictUnknown,
)
from chatdesk.domain.events import Event, Noticed, Stale
from chatdesk.domain.facts import Facts
from chatdesk.domain.goals import Joined, MarkRead, SendText, Typing
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import NoticeCode, ParkReason
from chatdesk.domain.steps import Call, Done, Emit, Next, Parked, Wait
from chatdesk.platforms import frame, replies, routes, sockets
from chatdesk.platforms.memory import ended, progress_of, put, with_own, with_progress
from chatdesk.platforms.omw import auth, chats, history, limits, sends, sessions, translate
from chatdesk.platforms.omw.state import Doubt, own_of, room_of, with_room
from chatdesk.wire.omw import names, shapes, texts

NOTE_JOIN = "join"
NOTE_MARK = "mark-read"
NOTE_MARK_REST = "mark-read-rest"
NOTE_TYPING = "typing"


def _args(session: RemoteId) -> tuple[object, ...]:
    return (msgspec.to_builtins(shapes.SessionArgs(int(session))),)


# -- join --------------------------------------------------------------------------------------------------


def next_join(goal: Joined, token: int, facts: Facts) -> Next:
    """Ask until the server says that we are in."""
    if translate.remote_id(goal.conversation) != goal.conversation:
        return Parked(ParkReason.NOT_FOUND)
    if not facts.online:
        return Wait(sockets.OFFLINE_WAIT_MS)
    return join_first(goal.conversation, token, facts) or Done()


def join_first(session: RemoteId, token: int, facts: Facts) -> Next | None:
    """What must happen before anything else is sent to a session; None: the server has let us in."""
    first = sessions.to_clear_up(session, facts)
    if first is not None:
        return first
    if room_of(facts, session).joined == facts.epoch:
        return None
    failures = min(progress_of(facts, token).failures, len(limits.JOIN_TIMEOUTS_MS) - 1)
    timeout_ms = limits.JOIN_TIMEOUTS_MS[failures]
    return Emit(
        event=names.EMIT_JOIN, args=_args(session), lane=sockets.LANE, timeout_ms=timeout_ms, note=NOTE_JOIN
    )


def joined(session: RemoteId, open_steps: tuple[OpenStep, ...], facts: Facts) -> Reading:
    """The server has let us in; it may be the answer of an earlier try."""
    facts = with_room(sessions.reached(facts, session), session, joined=facts.epoch)
    strays = own_of(facts).stray_joins
    if session in strays:  # the server has come to it: a refusal of that session is no longer on its way
        facts = with_own(facts, stray_joins={key: at for key, at in strays.items() if key != session})
    waiting = [step for step in open_steps if _is_emit(step, NOTE_JOIN, session)]
    for step in waiting:
        if isinstance(step.goal.kind, Joined):
            facts = ended(facts, step.goal.token)
    return Reading(facts, (), tuple(VerdictStored(step.id) for step in waiting))


def _is_emit(opened: OpenStep, note: str, session: RemoteId) -> bool:
    step = opened.step
    return isinstance(step, Emit) and step.note == note and sockets.conversation_of(opened) == session


# -- typing and read marks ---------------------------------------------------------------------------------


def next_typing(goal: Typing, facts: Facts) -> Next:
    """Said once, if at all: typing that can't be told now is not told later."""
    session = goal.conversation
    known = translate.remote_id(session) == session and room_of(facts, session).joined == facts.epoch
    if not facts.online or not known:
        return Done()
    event = names.EMIT_TYPING_START if goal.on else names.EMIT_TYPING_STOP
    return Emit(
        event=event, args=_args(session), lane=sockets.LANE, timeout_ms=limits.HOLD_MS, note=NOTE_TYPING
    )


def next_mark(goal: MarkRead, token: int, facts: Facts) -> Next:
    """Name what was read: without ids the server changes nothing, and tells the others all the same."""
    session = goal.conversation
    if translate.remote_id(session) != session:
        return Parked(ParkReason.NOT_FOUND)
    room = room_of(facts, session)
    if room.doubt is Doubt.GONE:
        return Done()
    first = join_first(session, token, facts) if facts.online else sessions.to_clear_up(session, facts)
    first = first or (None if facts.online and room.read_once else auth.blocker(facts))
    if first is not None:
        return first
    if not room.read_once:
        return history.call(session, 0, limits.HEAD_PAGE, facts, sends.NOTE_LOOK)
    ids = _up_to(goal, room.theirs)
    if not ids:
        return Done()
    if not facts.online:
        return _mark_by_rest(session, ids, facts)
    args = msgspec.to_builtins(shapes.MarkArgs(int(session), ids))
    return Emit(
        event=names.EMIT_MARK_READ,
        args=(args,),
        lane=sockets.LANE,
        timeout_ms=limits.HOLD_MS,
        commits=True,
        note=NOTE_MARK,
    )


def _mark_by_rest(session: RemoteId, ids: list[int], facts: Facts) -> Call:
    """Without a socket: the marks are stored, but the other side is not told."""
    return Call(
        method="PUT",
        path=routes.path(names.ROUTE_MESSAGES_READ, session_id=session),
        body=msgspec.to_builtins(shapes.MarkBody(ids)),
        headers=routes.bearer(facts),
        commits=True,
        note=NOTE_MARK_REST,
    )


def read_mark(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """What the answer of a read mark by REST means."""
    goal, words = opened.goal.kind, auth.said(answer)
    if history.denies(answer) and isinstance(goal, MarkRead):
        return sessions.denied(facts, goal.conversation, opened.goal.token, answer.step_id, words)
    if answer.status == HTTPStatus.OK and answer.is_json and isinstance(goal, MarkRead):
        return Reading(_marked(goal, opened.goal.token, facts), (), (VerdictStored(answer.step_id),))
    return replies.failed_write(opened, answer, words, facts)


def _marked(goal: MarkRead, token: int, facts: Facts) -> Facts:
    theirs = room_of(facts, goal.conversation).theirs
    left = theirs - frozenset(_up_to(goal, theirs))
    return ended(with_room(facts, goal.conversation, theirs=left), token)


def _up_to(goal: MarkRead, theirs: frozenset[int]) -> list[int]:
    return sorted(one for one in theirs if translate.cursor(one) <= goal.cursor)


# -- silence -----------------------------------------------------------------------------------------------


def unanswered(lost: NoAnswer, opened: OpenStep, facts: Facts) -> Reading:
    """An event without an answer: for some that is all there ever is."""
    step_id, goal, token, note = lost.step_id, opened.goal.kind, opened.goal.token, opened.step.note
    timed_out = lost.left and lost.reason == "timeout"
    strays = sockets.is_stray(lost)
    stray_ms = facts.now_ms + sockets.STRAY_MS
    if note == NOTE_TYPING:
        return replies.done(facts, opened, step_id)
    if note == NOTE_MARK and timed_out and isinstance(goal, MarkRead):
        return Reading(_marked(goal, token, facts), (), (VerdictStored(step_id),))
    if note in {NOTE_JOIN, NOTE_MARK} and strays:
        waiting = {key: at for key, at in own_of(facts).stray_joins.items() if at > facts.now_ms}
        facts = with_own(facts, stray_joins={**waiting, sockets.conversation_of(opened): stray_ms})
    if note == NOTE_JOIN:
        if timed_out:
            progress = progress_of(facts, token)
            facts = with_progress(facts, token, put(progress, failures=progress.failures + 1))
        wait_ms = limits.JOIN_AGAIN_MS if timed_out else 0
        return Reading(facts, (), (VerdictLater(step_id, wait_ms, lost.reason),))
    if note == sends.NOTE_SEND and strays:
        facts = with_own(facts, stray_send_until_ms=stray_ms)
    return frame.unanswered(lost, opened, facts)


# -- errors ------------------------------------------------------------------------------------------------

_CODES = {
    texts.ERR_ACCESS: NoticeCode.FORBIDDEN,
    texts.ERR_REQUIRED: NoticeCode.SERVER_ERROR,
    texts.ERR_SEND: NoticeCode.SERVER_ERROR,
}
_OF_SENDS = frozenset({texts.ERR_ACCESS, texts.ERR_REQUIRED, texts.ERR_SEND})
_OF_JOINS = frozenset({texts.ERR_ACCESS, texts.ERR_JOIN})
_OF_MARKS = frozenset({texts.ERR_ACCESS, texts.ERR_MARK})


def error(words: str, open_steps: tuple[OpenStep, ...], facts: Facts) -> Reading:
    """An error that names nothing: it belongs to the one step that holds the lane, if its words fit."""
    holder = sockets.holder(open_steps)
    if holder is not None:
        too_fast = sockets.too_fast(words, holder, facts)
        if too_fast is not None:
            return too_fast
        note = holder.step.note
        if note == sends.NOTE_SEND and (words in _OF_SENDS or words not in _KNOWN):
            return _send_refused(words, holder, facts)
        if note == NOTE_JOIN and words in _OF_JOINS:
            return _join_refused(words, holder, facts)
        if note == chats.NOTE_LEAVE and words == texts.ERR_LEAVE:
            return chats.leave_refused(words, holder, facts)
        if note == NOTE_MARK and words in _OF_MARKS:
            return _mark_refused(words, holder, facts)
    notice = Noticed(code=_CODES.get(words, NoticeCode.SERVER_ERROR), detail=words)
    events: tuple[Event, ...] = (notice, Stale()) if words == texts.ERR_ACCESS else (notice,)
    return Reading(facts, events)


_KNOWN = _OF_SENDS | _OF_JOINS | _OF_MARKS | {texts.ERR_LEAVE, texts.ERR_HISTORY}


def _alone(words: str, facts: Facts) -> bool:
    """Whether no step that was given up may still be answered in these words."""
    own = own_of(facts)
    if own.stray_send_until_ms > facts.now_ms:
        return False
    return words != texts.ERR_ACCESS or all(at <= facts.now_ms for at in own.stray_joins.values())


def _send_refused(words: str, holder: OpenStep, facts: Facts) -> Reading:
    goal, token = holder.goal.kind, holder.goal.token
    if not isinstance(goal, SendText) or not _alone(words, facts):
        return Reading(facts, (), (VerdictUnknown(holder.id, words),))
    if words == texts.ERR_ACCESS:
        return sessions.denied(facts, goal.conversation, token, holder.id, words)
    if words == texts.ERR_REQUIRED:
        return replies.refused(holder, holder.id, ParkReason.REFUSED, words, facts)
    if words == texts.ERR_SEND:
        return sends.failed(goal, holder.id, words, facts)
    return Reading(facts, (), (VerdictUnknown(holder.id, words),))


def _join_refused(words: str, holder: OpenStep, facts: Facts) -> Reading:
    token, session = holder.goal.token, sockets.conversation_of(holder)
    if words == texts.ERR_ACCESS:
        return sessions.denied(facts, session, token, holder.id, words)
    progress = progress_of(facts, token)
    if progress.failures + 1 >= limits.JOIN_FAILURES:
        return replies.refused(holder, holder.id, ParkReason.REFUSED, words, facts)
    facts = with_progress(facts, token, put(progress, failures=progress.failures + 1))
    return Reading(facts, (), (VerdictLater(holder.id, limits.JOIN_TIMEOUTS_MS[1], words),))


def _mark_refused(words: str, holder: OpenStep, facts: Facts) -> Reading:
    """A read mark that is not wanted is let go; what it says of the session is looked into."""
    if words == texts.ERR_ACCESS:
        return sessions.denied(facts, sockets.conversation_of(holder), holder.goal.token, holder.id, words)
    return replies.refused(holder, holder.id, ParkReason.REFUSED, words, facts)
