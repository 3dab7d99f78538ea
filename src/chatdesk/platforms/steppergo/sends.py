"""Sending: by socket one at a time into a conversation that has let us in, by REST where there is no socket.

Every attempt carries our id in `metadata.tempId`, which comes back with the confirmation, the push, the
answer and the history, but dedupes nothing. Source: wire specification, sections 4, 6.3 and 8.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import msgspec

from chatdesk.domain.arrivals import Answer, OpenStep, Reading, VerdictStored, VerdictUnknown
from chatdesk.domain.events import Event
from chatdesk.domain.facts import Facts
from chatdesk.domain.goals import SendText
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import MessageKind, ParkReason, Source
from chatdesk.domain.steps import Call, Emit, Next, Parked
from chatdesk.domain.text import is_blank, well_formed
from chatdesk.platforms import announced, loose, replies, routes, sockets
from chatdesk.platforms.memory import ended, put
from chatdesk.platforms.steppergo import access, answers, auth, ids, lane, limits, translate
from chatdesk.platforms.steppergo.state import own_of, trip_of, with_conversation
from chatdesk.wire.steppergo import names, shapes

NOTE_REST = "send-rest"
_NUL = "\x00"


def normalise(text: str) -> str:
    """A text as this server stores it: as sent."""
    return well_formed(text)


# -- next --------------------------------------------------------------------------------------------------


def content(goal: SendText) -> str:
    """What stands in the message itself; a file or place without words gets those that it has."""
    text = well_formed(goal.text)
    if not is_blank(text):
        return text
    if goal.kind is MessageKind.LOCATION and goal.extras.place is not None:
        latitude, longitude = goal.extras.place
        return f"{latitude:.6f}, {longitude:.6f}"
    if goal.kind in {MessageKind.IMAGE, MessageKind.FILE} and goal.extras.attachments:
        attachment = goal.extras.attachments[0]
        return well_formed(attachment.name or attachment.url)
    return text


def metadata(goal: SendText) -> dict[str, Any]:
    """Our id, and what goes beside the text, under the keys that the recordings have."""
    found: dict[str, Any] = {"tempId": goal.client_id}
    if goal.kind is MessageKind.LOCATION and goal.extras.place is not None:
        found["latitude"], found["longitude"] = goal.extras.place
    if goal.kind in {MessageKind.IMAGE, MessageKind.FILE} and goal.extras.attachments:
        attachment = goal.extras.attachments[0]
        found["url"] = attachment.url
        if attachment.size_bytes is not None:
            found["size"] = attachment.size_bytes
        if attachment.name:
            found["name"] = attachment.name
        if attachment.content_type:
            found["mimeType"] = attachment.content_type
    return found


def unsendable(goal: SendText) -> Parked | None:
    """Why this can't be sent at all."""
    if answers.remote_id(goal.conversation) is None:
        return Parked(ParkReason.NOT_FOUND)
    extras = goal.extras
    # There is no upload within reach: a file is one that has an address already.
    addressed = bool(extras.attachments) and translate.is_address(extras.attachments[0].url)
    carries = {
        MessageKind.TEXT: True,
        MessageKind.LOCATION: extras.place is not None,
        MessageKind.IMAGE: addressed,
        MessageKind.FILE: addressed,
    }
    if not carries.get(goal.kind, False):
        return Parked(ParkReason.REFUSED)
    text = content(goal)
    if is_blank(text):
        return Parked(ParkReason.EMPTY)
    if _NUL in text:  # the database behind the server cannot store it
        return Parked(ParkReason.REFUSED, "U+0000")
    if len(text) > limits.LIMITS.message_limit_chars:
        return Parked(ParkReason.TOO_LONG)
    return None


def next_send(goal: SendText, token: int, facts: Facts) -> Next:
    """By socket once we are in; by REST where there is no socket."""
    refused = unsendable(goal)
    if refused is not None:
        return refused
    trip = goal.conversation
    if facts.online:
        first = lane.join_first(trip, token, facts)
        if first is not None:
            return first
        args = shapes.SendArgs(
            trip_of(facts, trip).conversation, content(goal), translate.TYPES[goal.kind], metadata(goal)
        )
        return Emit(
            event=names.EMIT_SEND,
            args=(announced.named(msgspec.to_builtins(args), goal.client_id, facts),),
            lane=sockets.LANE,
            timeout_ms=limits.SEND_TIMEOUT_MS,
            commits=True,
            note=lane.NOTE_SEND,
        )
    blocked = access.closed(trip, facts) or auth.blocker(facts)
    if blocked is not None:
        return blocked
    body = shapes.SendBody(trip, content(goal), translate.TYPES[goal.kind], metadata(goal))
    return Call(
        method="POST",
        path=names.ROUTE_SEND,
        body=announced.named(msgspec.to_builtins(body), goal.client_id, facts),
        headers=routes.bearer(facts),
        commits=True,
        note=NOTE_REST,
    )


# -- stored ------------------------------------------------------------------------------------------------


def sent(
    message: RemoteId | None, temp: str | None, open_steps: tuple[OpenStep, ...], facts: Facts
) -> Reading:
    """`message:sent`: stored under this id. It names no conversation, but our id."""
    if message is None:
        return _sent_nameless(temp, open_steps, facts)
    step = _waiting(temp, open_steps, facts)
    sent_as = temp or getattr(None if step is None else step.goal.kind, "client_id", None)
    if sent_as is not None:
        facts = ids.stored(facts, message, sent_as)
    if step is None:  # a send that was given up; the history tells what became of it
        return Reading(facts)
    return Reading(ended(facts, step.goal.token), (), (VerdictStored(step.id, message),))


def _sent_nameless(temp: str | None, open_steps: tuple[OpenStep, ...], facts: Facts) -> Reading:
    """Stored, but as what only the history tells."""
    step = _waiting(temp, open_steps, facts)
    if step is None:
        return Reading(facts, (replies.MALFORMED,))
    return Reading(facts, (replies.MALFORMED,), (VerdictUnknown(step.id, "no id"),))


def _waiting(temp: str | None, open_steps: tuple[OpenStep, ...], facts: Facts) -> OpenStep | None:
    """The send that a confirmation answers: by our id; without one only where no other can be meant."""
    for opened in open_steps:
        goal = opened.goal.kind
        if opened.step.note != lane.NOTE_SEND or not isinstance(goal, SendText):
            continue
        if temp == goal.client_id:
            return opened
        if temp is None and own_of(facts).stray_send_until_ms <= facts.now_ms:
            return opened
    return None


def read_rest(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """What the answer of a send by REST means. `Failed to send message` may come after it was stored."""
    goal, step_id = opened.goal.kind, answer.step_id
    words = auth.said(answer)
    if not isinstance(goal, SendText):
        return Reading(facts, (replies.MALFORMED,), (VerdictUnknown(step_id, words),))
    trip = goal.conversation
    if answer.status in {HTTPStatus.OK, HTTPStatus.CREATED} and answer.is_json:
        return _stored(goal, opened, answer, facts)
    if access.denies(answer):
        facts, events = access.refused(facts, trip)
        denied = answer.status == HTTPStatus.FORBIDDEN
        reason = ParkReason.FORBIDDEN if denied else ParkReason.NOT_FOUND
        return replies.refused(opened, step_id, reason, words, facts, *events)
    return answers.failed_write(opened, answer, facts)


def _stored(goal: SendText, opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """The record of the new message: nobody else hears of it, not even our own socket."""
    raw = loose.mapping(answer.body).get("data")
    record = translate.message(raw, facts, Source.STORED, goal.conversation)
    if record is None:
        return Reading(facts, (replies.MALFORMED,), (VerdictUnknown(answer.step_id, "no record"),))
    facts = with_conversation(facts, goal.conversation, record.platform_conversation)
    seen = record.seen
    if seen.own:
        facts = ids.stored(facts, seen.remote_id, goal.client_id)
        facts = ids.checked(facts, (seen,))
    else:  # it is the answer to our own send, whoever it says has written it
        seen = put(seen, own=True, sender_id=facts.account.user_id)
    facts, events = access.let_in(facts, goal.conversation)
    told: tuple[Event, ...] = (*events, seen)
    return Reading(ended(facts, opened.goal.token), told, (VerdictStored(answer.step_id, seen.remote_id),))
