"""The lane of the socket: one join or one send at a time, since an error names nothing; typing beside it.

A join has succeeded with `chat:joined` for the chat that was asked for, a send with its echo; there are no
acknowledgements. Every payload is an object with a chat id: typing without one would end the server, a join
without one would bring other people's messages. Source: wire specification, sections 4, 5 and 8.
"""

from __future__ import annotations

import msgspec

from chatdesk.domain.arrivals import (
    NoAnswer,
    OpenStep,
    Reading,
    Verdict,
    VerdictLater,
    VerdictStored,
    VerdictUnknown,
)
from chatdesk.domain.events import Event, Noticed, TypingSeen
from chatdesk.domain.facts import Facts
from chatdesk.domain.goals import Joined, SendText, Typing
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import NoticeCode, ParkReason
from chatdesk.domain.steps import Done, Emit, Next, Parked, Wait
from chatdesk.platforms import frame, replies, sockets
from chatdesk.platforms.fakomame import history, limits, translate
from chatdesk.platforms.fakomame.state import own_of, room_of, with_room
from chatdesk.platforms.memory import ended, with_own
from chatdesk.wire.fakomame import names, shapes, texts

NOTE_JOIN = "join"
NOTE_SEND = "send"
NOTE_TYPING = "typing"


# -- join --------------------------------------------------------------------------------------------------


def next_join(goal: Joined, facts: Facts) -> Next:
    """Ask to be let in, once on every connection."""
    if translate.remote_id(goal.conversation) is None:
        return Parked(ParkReason.NOT_FOUND)
    if not facts.online:
        return Wait(sockets.OFFLINE_WAIT_MS)
    if is_shunned(goal.conversation, facts):
        return Done()
    return join_first(goal.conversation, facts) or Done()


def is_shunned(chat: RemoteId, facts: Facts) -> bool:
    """Whether joining a chat would only bring the link down."""
    return room_of(facts, chat).shunned_until_ms > facts.now_ms


def join_first(chat: RemoteId, facts: Facts) -> Next | None:
    """What must happen before anything is sent to a chat on this socket; None: the server has let us in."""
    room = room_of(facts, chat)
    if room.denied == facts.epoch:
        return Parked(ParkReason.FORBIDDEN, texts.ERR_JOIN_ACCESS)
    if room.joined == facts.epoch:
        return None
    args = msgspec.to_builtins(shapes.ChatArgs(chat))
    timeout_ms = limits.JOIN_TIMEOUT_MS
    return Emit(event=names.EMIT_JOIN, args=(args,), lane=sockets.LANE, timeout_ms=timeout_ms, note=NOTE_JOIN)


def is_asked_for(chat: RemoteId, open_steps: tuple[OpenStep, ...], facts: Facts) -> bool:
    """Whether we have asked to be let into a chat on this connection."""
    if room_of(facts, chat).joined == facts.epoch or chat in own_of(facts).stray_joins:
        return True
    return any(one.step.note == NOTE_JOIN and sockets.conversation_of(one) == chat for one in open_steps)


def joined(
    chat: RemoteId, open_steps: tuple[OpenStep, ...], facts: Facts
) -> tuple[Facts, tuple[Verdict, ...]]:
    """The server has let us in; it may be the answer of an earlier try."""
    facts = with_room(facts, chat, joined=facts.epoch, denied=0, cuts=0)
    strays = own_of(facts).stray_joins
    if chat in strays:
        facts = with_own(facts, stray_joins={key: at for key, at in strays.items() if key != chat})
    waiting = [
        one for one in open_steps if one.step.note == NOTE_JOIN and sockets.conversation_of(one) == chat
    ]
    for one in waiting:
        if isinstance(one.goal.kind, Joined):
            facts = ended(facts, one.goal.token)
    return facts, tuple(VerdictStored(one.id) for one in waiting)


# -- typing ------------------------------------------------------------------------------------------------


def next_typing(goal: Typing, facts: Facts) -> Next:
    """Said once, if at all, and only where the server has let us in: it would tell anybody anything."""
    chat = goal.conversation
    known = translate.remote_id(chat) == chat and room_of(facts, chat).joined == facts.epoch
    if not facts.online or not known:
        return Done()
    event = names.EMIT_TYPING_START if goal.on else names.EMIT_TYPING_STOP
    return Emit(event=event, args=(msgspec.to_builtins(shapes.ChatArgs(chat)),), note=NOTE_TYPING)


def typed(facts: Facts, chat: RemoteId, person: RemoteId, *, on: bool) -> tuple[Facts, tuple[Event, ...]]:
    """Somebody of a chat types, or no longer does; who had not begun does not stop."""
    held = own_of(facts).typers
    key = (chat, person)
    if not on and key not in held:
        return facts, ()
    kept = held if len(held) < limits.MOST_TYPERS else frozenset()
    facts = with_own(facts, typers=kept | {key} if on else held - {key})
    name = own_of(facts).names.get(person) or person
    return facts, (TypingSeen(conversation=chat, person_id=person, name=name, on=on),)


# -- silence -----------------------------------------------------------------------------------------------


def unanswered(lost: NoAnswer, opened: OpenStep, facts: Facts) -> Reading:
    """An event without an answer."""
    step_id, note = lost.step_id, opened.step.note
    if note == NOTE_TYPING:
        return replies.done(facts, opened, step_id)
    if sockets.is_stray(lost):
        until_ms = facts.now_ms + sockets.STRAY_MS
        if note == NOTE_SEND:
            facts = with_own(facts, stray_send_until_ms=until_ms)
        elif note == NOTE_JOIN:
            waiting = {key: at for key, at in own_of(facts).stray_joins.items() if at > facts.now_ms}
            facts = with_own(facts, stray_joins={**waiting, sockets.conversation_of(opened): until_ms})
    if note == NOTE_JOIN and lost.left and lost.reason == "cut":
        facts = _cut(sockets.conversation_of(opened), facts)
    if opened.step.commits and lost.reason == "too_large" and not lost.left:
        return replies.refused(opened, step_id, ParkReason.TOO_LONG, "", facts)
    return frame.unanswered(lost, opened, facts)


def _cut(chat: RemoteId, facts: Facts) -> Facts:
    """The link went down under a join: its answer may have been too large for it."""
    cuts = room_of(facts, chat).cuts + 1
    if cuts < limits.JOIN_CUTS:
        return with_room(facts, chat, cuts=cuts)
    return with_room(facts, chat, cuts=0, shunned_until_ms=facts.now_ms + limits.SHUN_MS)


# -- errors ------------------------------------------------------------------------------------------------

_OF_SENDS = frozenset({texts.ERR_SEND_ACCESS, texts.ERR_SEND})
_OF_JOINS = frozenset({texts.ERR_JOIN_ACCESS, texts.ERR_JOIN})
_CODES = {
    texts.ERR_SEND_ACCESS: NoticeCode.FORBIDDEN,
    texts.ERR_JOIN_ACCESS: NoticeCode.FORBIDDEN,
}


def error(words: str, open_steps: tuple[OpenStep, ...], facts: Facts) -> Reading:
    """An error that names nothing: it belongs to the one step that holds the lane, if its words fit."""
    holder = sockets.holder(open_steps)
    if holder is not None and holder.step.note == NOTE_SEND and words not in _OF_JOINS:
        return _send_refused(words, holder, facts)
    if holder is not None and holder.step.note == NOTE_JOIN and words not in _OF_SENDS:
        return _join_refused(words, holder, facts)
    return Reading(facts, (Noticed(code=_CODES.get(words, NoticeCode.SERVER_ERROR), detail=words),))


def _send_refused(words: str, holder: OpenStep, facts: Facts) -> Reading:
    """Access denied means that nothing was stored, if no send that was given up may be meant."""
    goal = holder.goal.kind
    alone = own_of(facts).stray_send_until_ms <= facts.now_ms
    if words == texts.ERR_SEND_ACCESS and alone and isinstance(goal, SendText):
        return _denied(goal.conversation, words, holder, facts)
    return Reading(facts, (), (VerdictUnknown(holder.id, words),))


def _join_refused(words: str, holder: OpenStep, facts: Facts) -> Reading:
    """Access denied is meant, if no join that was given up may be meant; a failure is tried again."""
    chat = sockets.conversation_of(holder)
    strays = own_of(facts).stray_joins
    alone = all(at <= facts.now_ms for key, at in strays.items() if key != chat)
    if words == texts.ERR_JOIN_ACCESS and alone:
        return _denied(chat, words, holder, facts)
    return Reading(facts, (), (VerdictLater(holder.id, limits.JOIN_AGAIN_MS, words),))


def _denied(chat: RemoteId, words: str, holder: OpenStep, facts: Facts) -> Reading:
    facts = with_room(facts, chat, denied=facts.epoch, joined=0)
    return replies.refused(holder, holder.id, ParkReason.FORBIDDEN, words, facts, history.gone(chat))
