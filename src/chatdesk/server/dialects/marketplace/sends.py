"""Sending, reading and delivering, as routes and socket alike do it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chatdesk.server.announce import CLIENT_ID_FIELD, is_client_id
from chatdesk.server.core.access import Actor
from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.messages import Body, Sent, Shown
from chatdesk.server.core.receipts import MessagesRead
from chatdesk.server.core.tables import User
from chatdesk.server.dialects.marketplace import records
from chatdesk.server.dialects.marketplace.context import Context, id_of, text_of
from chatdesk.server.web import BadRequest
from chatdesk.wire.marketplace import names, texts

ERR_TOPIC = "Invalid message type"
ERR_CLIENT_ID = "Invalid client id"
SUBJECT_LIMIT_CHARS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message that somebody wants to send, checked."""

    recipient_id: str
    recipient_kind: str
    subject: str
    text: str
    topic: str
    client_id: str | None


def letter(body: Mapping[str, Any], client_field: str = CLIENT_ID_FIELD) -> Letter:
    """What a body asks to send; raises BadRequest that names every bad field."""
    recipient_id = body.get("recipient_id")
    kind = body.get("recipient_type")
    subject, text = text_of(body.get("subject")), text_of(body.get("message"))
    topic = body.get("message_type", names.TOPIC_GENERAL)
    client_id = body.get(client_field)
    errors = []
    if not isinstance(recipient_id, str) or not recipient_id:
        errors.append(_error("recipient_id", recipient_id, texts.MSG_RECIPIENT))
    if kind not in names.KINDS_WRITTEN_TO:
        errors.append(_error("recipient_type", kind, texts.MSG_KIND))
    if subject is None or len(subject) > SUBJECT_LIMIT_CHARS:
        errors.append(_error("subject", body.get("subject"), texts.MSG_SUBJECT))
    if text is None:
        errors.append(_error("message", body.get("message"), texts.MSG_CONTENT))
    if topic not in names.TOPICS:
        errors.append(_error("message_type", topic, ERR_TOPIC))
    if client_id is not None and not is_client_id(client_id):
        errors.append(_error(client_field, client_id, ERR_CLIENT_ID))
    if errors:
        raise BadRequest(texts.ERR_VALIDATION, errors=errors)
    return Letter(
        recipient_id=id_of(recipient_id),
        recipient_kind=str(kind),
        subject=subject or "",
        text=text or "",
        topic=str(topic),
        client_id=client_id,
    )


def _error(path: str, value: object, text: str) -> dict[str, Any]:
    shown = value if isinstance(value, str | int | float | bool | None) else None
    if isinstance(shown, str):
        shown = shown.encode("utf-8", "replace").decode()[:SUBJECT_LIMIT_CHARS]
    return {"type": "field", "value": shown, "msg": text, "path": path, "location": "body"}


async def send(context: Context, actor: Actor, new: Letter) -> tuple[Sent, User]:
    """Store a message once, push it to both, and tell its sender when it has reached the other side."""
    conversation_id, recipient = await context.talk(actor, new.recipient_id, new.recipient_kind)

    async def push(sent: Sent) -> None:
        await context.pushes.message(sent.shown, recipient, new.client_id)

    sent = await context.core.messages.send(
        actor,
        conversation_id,
        new.text,
        client_id=new.client_id,
        body=Body(extras={records.SUBJECT: new.subject, records.TOPIC: new.topic}),
        push=push,
    )
    message = sent.shown.message
    if context.core.presence.is_online(recipient.id):
        done = await context.core.receipts.delivered(recipient.id, [message.id])
        await context.pushes.delivered(actor.id, [new.client_id or message.id], done.at_ms)
    return sent, recipient


async def mark_read(context: Context, actor: Actor, message_id: str) -> tuple[Shown, User]:
    """The recipient has read a message; both sides hear of it, also the second time.

    MESSAGE_NOT_FOUND for its author and for strangers.
    """
    shown = await context.core.messages.one(actor, message_id)
    if shown.message.sender_id == actor.id:
        raise Refused(Reason.MESSAGE_NOT_FOUND)
    await context.core.receipts.mark_messages(
        actor, shown.message.conversation_id, [message_id], push=_in_silence
    )
    shown = await context.core.messages.one(actor, message_id)
    reader = await context.user(actor.id)
    await context.pushes.read(shown, reader)
    return shown, reader


async def catch_up(context: Context, actor: Actor) -> None:
    """Somebody came back: what was written meanwhile has reached them, and its senders hear it."""
    done = await context.core.receipts.deliver_waiting(actor)
    by_sender: dict[str, list[str]] = {}
    for message in done.messages:
        by_sender.setdefault(message.sender_id or "", []).append(message.client_id or message.id)
    for sender_id, ids in by_sender.items():
        await context.pushes.delivered(sender_id, ids, done.at_ms)


async def listed(context: Context, shown: Sequence[Shown], *, bare: str = "") -> list[records.Record]:
    """Messages as records, with both parties."""
    recipients = await context.recipients(shown)
    return [context.record(one, recipients.get(one.message.id), bare=bare) for one in shown]


async def _in_silence(_read: MessagesRead) -> None:
    """The caller tells of it, with the whole record."""
