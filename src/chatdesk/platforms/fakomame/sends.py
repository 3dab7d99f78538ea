"""Sending: by socket into a chat that has let us in, by REST where there is no socket or a file goes along.

The recorded server dedupes nothing and takes no id of ours; our own takes a client id. By socket the echo is
the confirmation: own, same chat, text and type; by REST the answer is, and nobody on a socket hears of it.
Source: wire specification, sections 4, 6.4, 7 and 8.
"""

from __future__ import annotations

import msgspec

from chatdesk.domain.actions import Attachment
from chatdesk.domain.arrivals import (
    Answer,
    OpenStep,
    Reading,
    VerdictStored,
    VerdictUnknown,
)
from chatdesk.domain.events import MessageSeen
from chatdesk.domain.facts import Facts
from chatdesk.domain.goals import SendText
from chatdesk.domain.kinds import ParkReason, Source
from chatdesk.domain.steps import Call, Emit, Next, Parked
from chatdesk.domain.text import is_blank, well_formed
from chatdesk.platforms import announced, replies, routes, sockets
from chatdesk.platforms.fakomame import auth, history, lane, limits, requests, translate
from chatdesk.platforms.memory import ended, with_own
from chatdesk.wire.fakomame import names, shapes

NOTE_REST = "send-rest"


def normalise(text: str) -> str:
    """A text as this server stores it: as it came, JSON's lone surrogates replaced."""
    return well_formed(text)


def unsendable(goal: SendText) -> Parked | None:
    """Why a text can't be sent at all. The database takes no U+0000."""
    if is_blank(goal.text) and not goal.extras.attachments:
        return Parked(ParkReason.EMPTY)
    if "\x00" in goal.text:
        return Parked(ParkReason.REFUSED, "U+0000")
    if len(goal.text) > limits.LIMITS.message_limit_chars:
        return Parked(ParkReason.TOO_LONG)
    if translate.remote_id(goal.conversation) != goal.conversation:
        return Parked(ParkReason.NOT_FOUND)
    return None


def next_send(goal: SendText, facts: Facts) -> Next:
    """The send; on a socket a join comes first, else no echo would tell that it has arrived."""
    refused = unsendable(goal)
    if refused is not None:
        return refused
    if not facts.online or goal.extras.attachments or lane.is_shunned(goal.conversation, facts):
        return _by_rest(goal, facts)
    first = lane.join_first(goal.conversation, facts)
    if first is not None:
        return first
    args = shapes.SendArgs(goal.conversation, well_formed(goal.text), _type(goal))
    return Emit(
        event=names.EMIT_SEND,
        args=(announced.named(msgspec.to_builtins(args), goal.client_id, facts),),
        lane=sockets.LANE,
        timeout_ms=limits.SEND_TIMEOUT_MS,
        commits=True,
        note=lane.NOTE_SEND,
    )


def _type(goal: SendText) -> str:
    """What the message is called; empty where the server's own default says it."""
    found = translate.wire_type(goal.kind)
    return "" if found == names.TYPE_TEXT else found


def _by_rest(goal: SendText, facts: Facts) -> Next:
    """A bad token would be answered 500, as would much else: so it is checked just before."""
    blocked = auth.blocker(facts, limits.PROOF_MS)
    if blocked is not None:
        return blocked
    files = [_file(one) for one in goal.extras.attachments]
    body = shapes.SendBody(goal.conversation, well_formed(goal.text), _type(goal), files)
    return Call(
        method="POST",
        path=names.ROUTE_MESSAGES,
        body=announced.named(msgspec.to_builtins(body), goal.client_id, facts),
        headers=routes.bearer(facts),
        commits=True,
        note=NOTE_REST,
    )


def _file(one: Attachment) -> shapes.AttachmentBody:
    inline = one.url.startswith("data:")
    return shapes.AttachmentBody(
        name=well_formed(one.name),
        type=one.content_type,
        data=one.url if inline else "",
        url="" if inline else one.url,
    )


# -- what comes back ---------------------------------------------------------------------------------------


def echoed(
    seen: MessageSeen, open_steps: tuple[OpenStep, ...], facts: Facts
) -> tuple[Facts, tuple[VerdictStored, ...]]:
    """An own message came in: the send under way, if it is the same text of the same kind in the same chat.

    One send is under way at a time, so the first echo that fits is its own, or another device's equal text.
    """
    if not seen.own:
        return facts, ()
    for opened in open_steps:
        goal = opened.goal.kind
        if opened.step.note != lane.NOTE_SEND or not isinstance(goal, SendText):
            continue
        kind = translate.kind_of(translate.wire_type(goal.kind))
        if (goal.conversation, kind, normalise(goal.text)) == (
            seen.conversation,
            seen.kind,
            normalise(seen.text),
        ):
            facts = ended(with_own(facts, stray_send_until_ms=0), opened.goal.token)
            return facts, (VerdictStored(opened.id, seen.remote_id),)
    return facts, ()


def read_rest(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """What the answer of a send by REST means."""
    goal, token, step_id = opened.goal.kind, opened.goal.token, answer.step_id
    if not isinstance(goal, SendText):
        return Reading(facts, (replies.MALFORMED,), (VerdictUnknown(step_id),))
    data = requests.data_of(answer)
    if answer.status in {200, 201} and answer.is_json:
        seen = translate.message(data, facts.account, Source.STORED, goal.conversation)
        if seen is None or seen.conversation != goal.conversation:
            return Reading(facts, (replies.MALFORMED,), (VerdictUnknown(step_id, "no id"),))
        events = history.as_events(seen)
        return Reading(ended(facts, token), events, (VerdictStored(step_id, seen.remote_id),))
    reading = requests.refused_write(opened, answer, facts)
    gone = history.withdrawn(goal.conversation, answer)
    return Reading(reading.facts, (*reading.events, *gone), reading.verdicts)
