"""The lane of the socket: joins, sends, read marks, subscriptions, one at a time, since errors name nothing.

Nothing is acknowledged. A join is answered by an event that names the trip, a send by one that names our id;
a read mark has no answer, so it holds the lane a moment, and silence then means that all is well. Typing
can't fail, and is never emitted without an object: that ends the server. Source: wire specification,
sections 4 and 5.
"""

from __future__ import annotations

from http import HTTPStatus

import msgspec

from chatdesk.domain.actions import Result
from chatdesk.domain.arrivals import (
    Answer,
    NoAnswer,
    OpenStep,
    Reading,
    Verdict,
    VerdictLater,
    VerdictStored,
    VerdictUnknown,
)
from chatdesk.domain.events import Event, Noticed
from chatdesk.domain.facts import Facts
from chatdesk.domain.goals import Act, Joined, MarkRead, SendText, Typing, Watched
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import NoticeCode, ParkReason
from chatdesk.domain.steps import Call, Done, Emit, Next, Parked, Wait
from chatdesk.platforms import frame, replies, routes, sockets
from chatdesk.platforms.memory import ended, progress_of, put, with_own, with_progress
from chatdesk.platforms.steppergo import access, answers, auth, history, limits, trips
from chatdesk.platforms.steppergo.state import is_joined, own_of, trip_of, with_conversation, with_trip
from chatdesk.wire.steppergo import names, shapes, texts

NOTE_JOIN = "join"
NOTE_SEND = "send"
NOTE_MARK = "mark-read"
NOTE_MARK_REST = "mark-read-rest"
NOTE_TYPING = "typing"
NOTE_SUBSCRIBE = "subscribe"


# -- join --------------------------------------------------------------------------------------------------


def next_join(goal: Joined, token: int, facts: Facts) -> Next:
    """Ask to be let in, once per connection."""
    if answers.remote_id(goal.conversation) is None:
        return Parked(ParkReason.NOT_FOUND)
    if not facts.online:
        return Wait(sockets.OFFLINE_WAIT_MS)
    return join_first(goal.conversation, token, facts) or Done()


def join_first(trip: RemoteId, token: int, facts: Facts) -> Next | None:
    """What must happen before anything else is emitted about a trip; None: the server has let us in."""
    if is_joined(facts, trip):
        return None
    shut = access.closed(trip, facts)
    if shut is not None:
        return shut
    if progress_of(facts, token).failures >= limits.JOIN_FAILURES:
        return Parked(ParkReason.REFUSED, texts.ERR_JOIN)
    args = msgspec.to_builtins(shapes.TripArgs(trip))
    return Emit(
        event=names.EMIT_JOIN,
        args=(args,),
        lane=sockets.LANE,
        timeout_ms=limits.JOIN_TIMEOUT_MS,
        note=NOTE_JOIN,
    )


def trip_wanted(opened: OpenStep) -> RemoteId:
    """The trip that a goal is about."""
    goal = opened.goal.kind
    match goal:
        case Act(action=action):
            return action.order or action.conversation or RemoteId(action.target)
        case Watched(order=order):
            return order
        case _:
            return RemoteId(getattr(goal, "conversation", ""))


def joined(trip: RemoteId, conversation: str, open_steps: tuple[OpenStep, ...], facts: Facts) -> Reading:
    """The server has let us in; it may be the answer of an earlier try."""
    waiting = [step for step in open_steps if step.step.note == NOTE_JOIN and trip_wanted(step) == trip]
    known = trip_of(facts, trip)
    if not waiting and not known.ours:  # nobody asked for it
        return Reading(facts, (replies.FOREIGN,))
    facts = with_conversation(facts, trip, conversation)
    facts = with_trip(facts, trip, joined=facts.epoch)
    facts = with_own(facts, stray_join_until_ms=0)
    facts, opening = access.let_in(facts, trip)
    events: list[Event] = []
    verdicts: list[Verdict] = []
    for step in waiting:
        acts = isinstance(step.goal.kind, Act)
        looked = progress_of(facts, step.goal.token).data
        if isinstance(looked, trips.TripRecord):  # what the person has looked at is an order of ours now
            events.append(trips.order(looked, facts))
        if acts or isinstance(step.goal.kind, Joined):
            facts = ended(facts, step.goal.token)
        verdicts.append(
            VerdictStored(step.id, result=Result(conversation=trip, order=trip) if acts else None)
        )
    return Reading(facts, (*events, *opening), tuple(verdicts))


# -- typing and read marks ---------------------------------------------------------------------------------


def next_typing(goal: Typing, facts: Facts) -> Next:
    """Said once, if at all: typing that can't be told now is not told later."""
    conversation = trip_of(facts, goal.conversation).conversation
    if not conversation or not is_joined(facts, goal.conversation):
        return Done()
    event = names.EMIT_TYPING_START if goal.on else names.EMIT_TYPING_STOP
    args = msgspec.to_builtins(shapes.ConversationArgs(conversation))
    return Emit(event=event, args=(args,), note=NOTE_TYPING)


def next_mark(goal: MarkRead, token: int, facts: Facts) -> Next:
    """By socket, so that the others hear of it; without one by REST, which is silent."""
    trip = goal.conversation
    if answers.remote_id(trip) is None:
        return Parked(ParkReason.NOT_FOUND)
    if access.closed(trip, facts) is not None:
        return Done()
    if facts.online:
        first = join_first(trip, token, facts)
        if first is not None:
            return first
        args = msgspec.to_builtins(shapes.ConversationArgs(trip_of(facts, trip).conversation))
        return Emit(
            event=names.EMIT_MARK_READ,
            args=(args,),
            lane=sockets.LANE,
            timeout_ms=limits.HOLD_MS,
            commits=True,
            note=NOTE_MARK,
        )
    blocked = auth.blocker(facts)
    if blocked is not None:
        return blocked
    conversation = trip_of(facts, trip).conversation
    if not conversation:
        return history.call(trip, facts)
    return Call(
        method="POST",
        path=names.ROUTE_READ,
        body=msgspec.to_builtins(shapes.ConversationArgs(conversation)),
        headers=routes.bearer(facts),
        commits=True,
        note=NOTE_MARK_REST,
    )


def read_mark(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """What the answer of a read mark by REST means."""
    if answer.status == HTTPStatus.OK and answer.is_json:
        return replies.done(facts, opened, answer.step_id)
    return answers.failed_write(opened, answer, facts)


# -- silence -----------------------------------------------------------------------------------------------


def unanswered(lost: NoAnswer, opened: OpenStep, facts: Facts) -> Reading:
    """An event without an answer: for a read mark that is all there ever is."""
    step_id, token, note = lost.step_id, opened.goal.token, opened.step.note
    stray = sockets.is_stray(lost)
    if note == NOTE_MARK and lost.left and lost.reason == "timeout":
        return replies.done(facts, opened, step_id)
    if note == NOTE_TYPING:
        return replies.done(facts, opened, step_id)
    if stray and note == NOTE_SEND:
        facts = with_own(facts, stray_send_until_ms=facts.now_ms + sockets.STRAY_MS)
    if stray and note == NOTE_JOIN:
        facts = with_own(facts, stray_join_until_ms=facts.now_ms + sockets.STRAY_MS)
        if not isinstance(opened.goal.kind, Act):  # the late answer is one that was asked for
            facts = with_trip(facts, trip_wanted(opened), ours=True)
    if stray and note in {NOTE_JOIN, NOTE_SUBSCRIBE}:
        return Reading(_tried(facts, token), (), (VerdictLater(step_id, limits.JOIN_AGAIN_MS, lost.reason),))
    return frame.unanswered(lost, opened, facts)


def _tried(facts: Facts, token: int) -> Facts:
    progress = progress_of(facts, token)
    return with_progress(facts, token, put(progress, failures=progress.failures + 1))


# -- errors ------------------------------------------------------------------------------------------------

_CODES = {
    texts.ERR_ACCESS: NoticeCode.FORBIDDEN,
    texts.ERR_NOT_IN: NoticeCode.FORBIDDEN,
    texts.ERR_NO_TRIP: NoticeCode.NOT_FOUND,
}
_OF_JOINS = frozenset({texts.ERR_NO_TRIP, texts.ERR_ACCESS, texts.ERR_JOIN})
_OF_SENDS = frozenset({texts.ERR_NOT_IN, texts.ERR_SEND})
_OF_SUBSCRIPTIONS = frozenset({texts.ERR_NO_TRIPS, texts.ERR_SUBSCRIBE})
_KNOWN = _OF_JOINS | _OF_SENDS | _OF_SUBSCRIPTIONS | {texts.ERR_MARK}


def error(words: str, open_steps: tuple[OpenStep, ...], facts: Facts) -> Reading:
    """An error that names nothing: it belongs to the one step that holds the lane, if its words fit."""
    holder = sockets.holder(open_steps)
    if holder is not None:
        too_fast = sockets.too_fast(words, holder, facts)
        if too_fast is not None:
            return too_fast
        note = holder.step.note
        if note == NOTE_SEND and (words in _OF_SENDS or words not in _KNOWN):
            return _send_failed(words, holder, facts)
        if note == NOTE_JOIN and words in _OF_JOINS:
            return _join_failed(words, holder, facts)
        if note == NOTE_MARK and words == texts.ERR_MARK:
            return replies.refused(holder, holder.id, ParkReason.REFUSED, words, facts)
        if note == NOTE_SUBSCRIBE and words in _OF_SUBSCRIPTIONS:
            return replies.refused(holder, holder.id, ParkReason.REFUSED, words, facts)
    notice = Noticed(code=_CODES.get(words, NoticeCode.SERVER_ERROR), detail=words)
    return Reading(facts, (notice,))


def _join_failed(words: str, holder: OpenStep, facts: Facts) -> Reading:
    """No access, no such trip, or a failure; after a join that was given up, it may be that one's."""
    token, trip = holder.goal.token, trip_wanted(holder)
    if words == texts.ERR_JOIN or own_of(facts).stray_join_until_ms > facts.now_ms:
        facts = with_own(_tried(facts, token), stray_join_until_ms=0)
        return Reading(facts, (), (VerdictLater(holder.id, limits.JOIN_AGAIN_MS, words),))
    facts, events = access.refused(facts, trip)
    reason = ParkReason.NOT_FOUND if words == texts.ERR_NO_TRIP else ParkReason.FORBIDDEN
    return replies.refused(holder, holder.id, reason, words, facts, *events)


def _send_failed(words: str, holder: OpenStep, facts: Facts) -> Reading:
    """`Not a participant` is definite: the row is made by joining once more. Anything else may be stored."""
    goal = holder.goal.kind
    alone = own_of(facts).stray_send_until_ms <= facts.now_ms
    if words != texts.ERR_NOT_IN or not alone or not isinstance(goal, SendText):
        return Reading(facts, (), (VerdictUnknown(holder.id, words),))
    trip = goal.conversation
    if trip_of(facts, trip).doubted == facts.epoch:
        return replies.refused(holder, holder.id, ParkReason.FORBIDDEN, words, facts)
    facts = with_trip(facts, trip, joined=0, doubted=facts.epoch)
    return Reading(facts, (), (VerdictLater(holder.id, 0, words),))
