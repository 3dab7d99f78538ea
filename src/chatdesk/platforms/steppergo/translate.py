"""Messages of the StepperGO platform as domain events: pure, field by field, nothing raises.

Source: wire specification, sections 2, 5 and 8. One bad field never loses its record where the rest is
usable. What a report says of a message (`isReported`, `reportReason`) is sent to everybody, and shown to
nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeGuard

import msgspec

from chatdesk.domain.actions import NO_EXTRAS, Attachment, Extras
from chatdesk.domain.events import MessageSeen
from chatdesk.domain.facts import Facts
from chatdesk.domain.ids import Cursor, RemoteId
from chatdesk.domain.kinds import MessageKind, Source
from chatdesk.platforms import loose
from chatdesk.platforms.steppergo.answers import remote_id
from chatdesk.wire.steppergo import names

Fields = Mapping[str, Any]

_KINDS = {
    names.TYPE_TEXT: MessageKind.TEXT,
    names.TYPE_IMAGE: MessageKind.IMAGE,
    names.TYPE_FILE: MessageKind.FILE,
    names.TYPE_LOCATION: MessageKind.LOCATION,
    names.TYPE_SYSTEM: MessageKind.SYSTEM,
}
TYPES = {
    MessageKind.TEXT: names.TYPE_TEXT,
    MessageKind.IMAGE: names.TYPE_IMAGE,
    MessageKind.FILE: names.TYPE_FILE,
    MessageKind.LOCATION: names.TYPE_LOCATION,
}
"""What may be sent; SYSTEM is not ours to say, though the server would take it."""
_URL_CHARS = 2_000
_TEMP_ID_CHARS = 64


class Record(msgspec.Struct, frozen=True):
    """One message record: the event, and what the event does not carry."""

    seen: MessageSeen
    platform_conversation: str
    is_read: bool
    hidden: bool


def cursor(sent_at_us: int, message_id: RemoteId) -> Cursor:
    """The server's order of messages: by `sentAt`, then by id."""
    return Cursor(f"{sent_at_us:016d}-{message_id}")


def message(record: object, facts: Facts, source: Source, conversation: RemoteId) -> Record | None:
    """One message record; None without an id. conversation: the trip that it belongs to."""
    fields = loose.mapping(record)
    message_id = remote_id(fields.get("id"))
    if message_id is None:
        return None
    sender = loose.mapping(fields.get("sender"))
    sender_id = remote_id(fields.get("senderId")) or remote_id(sender.get("id")) or RemoteId("")
    own = bool(sender_id) and sender_id == facts.account.user_id
    sent_at_us = loose.moment_us(fields.get("sentAt"))
    if sent_at_us is None:  # a push without a time is new; in a history it can only stand at the start
        sent_at_us = facts.now_us if source is Source.PUSH else 0
    metadata = fields.get("metadata")
    text = loose.text(fields.get("content")) or ""
    kind = _kind(fields.get("type"), sender_id)
    seen = MessageSeen(
        conversation=conversation,
        remote_id=message_id,
        cursor=cursor(sent_at_us, message_id),
        sender_id=sender_id,
        sender_name=loose.line(sender.get("name")),
        own=own,
        kind=kind,
        text=text,
        sent_at_us=sent_at_us,
        edited_at_us=loose.moment_us(fields.get("editedAt")),
        source=source,
        client_id=temp_id(metadata) if own else None,
        extras=_extras(kind, metadata, text),
    )
    is_read = fields.get("status") == names.MESSAGE_READ or loose.moment_us(fields.get("readAt")) is not None
    return Record(
        seen,
        remote_id(fields.get("conversationId")) or "",
        is_read=is_read,
        hidden=fields.get("isHidden") is True,
    )


def temp_id(metadata: object) -> str | None:
    """The client's own id that a message carries, if it does."""
    found = loose.mapping(metadata).get("tempId")
    return found if isinstance(found, str) and 0 < len(found) <= _TEMP_ID_CHARS else None


def _kind(message_type: object, sender_id: RemoteId) -> MessageKind:
    """Any client may send SYSTEM: what has a sender is that person's text, whatever it calls itself."""
    if message_type is None:
        return MessageKind.TEXT
    kind = _KINDS.get(message_type, MessageKind.UNKNOWN) if isinstance(message_type, str) else None
    if kind is MessageKind.SYSTEM and sender_id:
        return MessageKind.TEXT
    return kind or MessageKind.UNKNOWN


def _extras(kind: MessageKind, metadata: object, text: str) -> Extras:
    """A file by its address, a place by its coordinates; the rest of the free metadata means nothing here."""
    fields = loose.mapping(metadata)
    if kind is MessageKind.LOCATION:
        found = place(fields) or place(loose.mapping(fields.get("coordinates")))
        return NO_EXTRAS if found is None else Extras(place=found)
    if kind not in {MessageKind.IMAGE, MessageKind.FILE}:
        return NO_EXTRAS
    url = metadata if isinstance(metadata, str) else fields.get("url") or fields.get("fileUrl")
    if not is_address(url):
        return NO_EXTRAS
    name = loose.line(fields.get("name") or fields.get("fileName"), 200)
    if not name and kind is MessageKind.FILE:
        name = loose.line(text, 200)
    attachment = Attachment(
        url=loose.line(url, _URL_CHARS),
        name=name,
        content_type=loose.line(fields.get("mimeType") or fields.get("contentType"), 100),
        size_bytes=loose.whole(fields.get("size")),
    )
    return Extras(attachments=(attachment,))


def is_address(url: object) -> TypeGuard[str]:
    """Whether something may stand as the address of a file: on the web, and no longer than any honest one."""
    return isinstance(url, str) and url.startswith(("http://", "https://")) and len(url) <= _URL_CHARS


def place(fields: Fields) -> tuple[float, float] | None:
    """(latitude, longitude) in degrees, where both are on the globe."""
    latitude = degrees(fields.get("latitude", fields.get("lat")), 90)
    longitude = degrees(fields.get("longitude", fields.get("lng", fields.get("lon"))), 180)
    return None if latitude is None or longitude is None else (latitude, longitude)


def degrees(value: object, most: int) -> float | None:
    """An angle from -most to most; nothing else, not even as text."""
    found = loose.number(value)
    return float(found) if found is not None and -most <= found <= most else None
