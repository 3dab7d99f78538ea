"""Telling the other side what was read: one message at a time, stored ones by request, relayed by relay.

The server marks nothing by being read from, and has no mark for a conversation. Of several requests the last
one commits; each is free to repeat. A relayed mark commits to nothing: else a send that is unclear would cut
the socket for its sake. Source: wire specification, sections 5.1 and 6.
"""

from __future__ import annotations

from http import HTTPStatus

import msgspec

from chatdesk.domain.arrivals import (
    Answer,
    OpenStep,
    Reading,
    VerdictLater,
    VerdictStored,
    VerdictUnknown,
)
from chatdesk.domain.facts import Facts
from chatdesk.domain.goals import MarkRead
from chatdesk.domain.ids import Cursor, RemoteId
from chatdesk.domain.steps import Call, Done, Emit, Next, Wait
from chatdesk.platforms import replies, routes
from chatdesk.platforms.marketplace import auth, calls, limits, packets
from chatdesk.platforms.marketplace.state import own_of, party_of, with_party
from chatdesk.platforms.marketplace.translate import remote_id
from chatdesk.wire.marketplace import names, shapes

NOTE_MARK = "mark"
NOTE_MARK_RELAY = "mark-relay"


def _waiting(goal: MarkRead, facts: Facts) -> list[tuple[RemoteId, Cursor]]:
    """What is unread up to the cursor and can be marked now, oldest first."""
    unread = party_of(facts, goal.conversation).unread
    return sorted(
        (
            (one, at)
            for one, at in unread.items()
            if at <= goal.cursor and (remote_id(one) is not None or (facts.online and _relay_id(one)))
        ),
        key=lambda pair: pair[1],
    )


def _relay_id(message: RemoteId) -> str:
    """The id that a relay gave itself; empty where it gave none: then its author can't be told."""
    name = message.partition("/")[2]
    return "" if name.startswith(("~", "x")) and len(name) > 16 else name


def next_mark(goal: MarkRead, facts: Facts) -> Next:
    """The oldest message that is not marked yet; what is unread only a reading tells after a start."""
    waiting = _waiting(goal, facts)
    if not auth.may_chat(facts):
        return Done()
    if not waiting:
        told = own_of(facts).full_epoch > 0 or party_of(facts, goal.conversation).read_epoch > 0
        return Done() if told else Wait(limits.UNREAD_MS)
    message = waiting[0][0]
    if remote_id(message) is None:
        args = shapes.MarkArgs(_relay_id(message), goal.conversation, facts.account.user_id)
        return Emit(
            event=names.EMIT_MARK_READ,
            args=(msgspec.to_builtins(args),),
            note=NOTE_MARK_RELAY,
        )
    return Call(
        method="PUT",
        path=routes.path(names.ROUTE_READ, message_id=message),
        headers=routes.bearer(facts),
        commits=len(waiting) == 1,
        note=NOTE_MARK,
    )


def read_mark(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """Marked; or not there to be marked: a message that this server never stored."""
    goal, step_id = opened.goal.kind, answer.step_id
    if not isinstance(goal, MarkRead):
        return calls.misread(opened, step_id, facts)
    # The push that tells of it may have come first: what the step named counts, not what is left to mark.
    message = _named(opened)
    cursor = party_of(facts, goal.conversation).unread.get(message)
    if answer.status == HTTPStatus.OK and answer.is_json:
        if cursor is None:
            return Reading(facts, (), (VerdictStored(step_id),))
        facts, events = packets.read_by_us(facts, goal.conversation, message, cursor)
        return Reading(facts, events, (VerdictStored(step_id),))
    if answer.status in {HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN, HTTPStatus.BAD_REQUEST}:
        return Reading(_without(facts, goal, message), (), (VerdictStored(step_id),))
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        return Reading(facts, (), (VerdictLater(step_id, replies.retry_after_ms(answer)),))
    if opened.step.commits:
        return Reading(facts, (), (VerdictUnknown(step_id, f"HTTP {answer.status}"),))
    return Reading(facts, (), (VerdictLater(step_id, 0, f"HTTP {answer.status}"),))


def _named(opened: OpenStep) -> RemoteId:
    """The message that a call marks: the last but one part of its path."""
    path = opened.step.path if isinstance(opened.step, Call) else ""
    return RemoteId(path.rstrip("/").rpartition("/")[0].rpartition("/")[2])


def handed_over(opened: OpenStep, step_id: int, facts: Facts) -> Reading:
    """A relayed mark has left; nothing ever answers it."""
    goal = opened.goal.kind
    if isinstance(goal, MarkRead):
        waiting = [one for one, _ in _waiting(goal, facts) if remote_id(one) is None]
        if waiting:
            facts = _without(facts, goal, waiting[0])
    return Reading(facts, (), (VerdictStored(step_id),))


def _without(facts: Facts, goal: MarkRead, message: RemoteId) -> Facts:
    unread = party_of(facts, goal.conversation).unread
    return with_party(
        facts, goal.conversation, unread={one: at for one, at in unread.items() if one != message}
    )
