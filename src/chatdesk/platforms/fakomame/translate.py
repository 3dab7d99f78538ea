"""Messages, chats and notifications of the Fakomame platform as domain events: pure, nothing raises.

Source: wire specification of the platform, sections 5 to 7. One bad field never loses its record where the
rest is usable. Files inside the JSON are never taken over: only what they are called, and how large they are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from chatdesk.domain.actions import NO_EXTRAS, Attachment, Extras
from chatdesk.domain.events import ConversationSeen, MessageSeen, NotificationSeen
from chatdesk.domain.facts import AccountFacts
from chatdesk.domain.ids import Cursor, RemoteId
from chatdesk.domain.kinds import ClosedWhy, Lifecycle, MessageKind, Source
from chatdesk.platforms import announced, loose
from chatdesk.platforms.fakomame import limits
from chatdesk.wire.fakomame import names

_KINDS = {
    names.TYPE_TEXT: MessageKind.TEXT,
    names.TYPE_IMAGE: MessageKind.IMAGE,
    names.TYPE_FILE: MessageKind.FILE,
    names.TYPE_LOCATION: MessageKind.LOCATION,
    names.TYPE_SYSTEM: MessageKind.SYSTEM,
}
_WIRE_TYPES = {kind: name for name, kind in _KINDS.items()}
_CUID = re.compile(r"c([0-9a-z]{8})[0-9a-z]{16}\Z")
_CUID_FROM_MS, _CUID_TO_MS = 1_262_304_000_000, 4_102_444_800_000
"""2010 to 2100: outside of that an id only looks as if it carried a time."""
_DATA_URL = "data:"
_URL_CHARS = 2_000
_DATA_HEAD_CHARS = 200
_PLACE = re.compile(r"\((-?\d{1,2}(?:\.\d{1,15})?),\s?(-?\d{1,3}(?:\.\d{1,15})?)\)\s*\Z")
_PLACE_CHARS = 300


# -- ids, names, times -------------------------------------------------------------------------------------


def remote_id(value: object) -> RemoteId | None:
    """An id of the platform, or None."""
    found = loose.identifier(value)
    return RemoteId(found) if found is not None else None


def cursor(at_us: int, message_id: RemoteId) -> Cursor:
    """The order of messages: (createdAt, id), as text that compares like it."""
    return Cursor(f"{at_us:016d}:{message_id}")


def born_us(message_id: str) -> int:
    """The millisecond that an id of this platform carries, for records without a usable time; 0: none."""
    found = _CUID.match(message_id)
    if found is None:
        return 0
    at_ms = int(found[1], 36)
    return at_ms * 1_000 if _CUID_FROM_MS <= at_ms <= _CUID_TO_MS else 0


def full_name(person: object) -> str:
    """First and last name of a person's record, on one line."""
    fields = loose.mapping(person)
    parts = (loose.line(fields.get(name), 60) for name in ("firstName", "lastName"))
    return " ".join(part for part in parts if part)


# -- messages ----------------------------------------------------------------------------------------------


def message(
    record: object, account: AccountFacts, source: Source, room: RemoteId | None = None
) -> MessageSeen | None:
    """One message, full or in the short form of a push; None without an id or a chat.

    room: the chat that the record came for, where the record itself does not say.
    """
    fields = loose.mapping(record)
    message_id = remote_id(fields.get("id"))
    conversation = remote_id(fields.get("chatId")) or room
    if message_id is None or conversation is None:
        return None
    sender = loose.mapping(fields.get("sender"))
    sender_id = remote_id(fields.get("senderId")) or remote_id(sender.get("id")) or RemoteId("")
    own = bool(sender_id) and sender_id == account.user_id
    created_us = loose.moment_us(fields.get("createdAt"))
    sent_at_us = born_us(message_id) if created_us is None else created_us
    updated_us = loose.moment_us(fields.get("updatedAt"))
    kind = kind_of(fields.get("messageType"))
    text = loose.text(fields.get("content")) or ""
    return MessageSeen(
        conversation=conversation,
        remote_id=message_id,
        cursor=cursor(sent_at_us, message_id),
        sender_id=sender_id,
        sender_name=full_name(sender),
        own=own,
        kind=kind,
        text=text,
        sent_at_us=sent_at_us,
        updated_at_us=updated_us,
        edited_at_us=updated_us if fields.get("isEdited") is True else None,
        deleted=fields.get("isDeleted") is True,
        source=source,
        client_id=announced.client_id(fields, own=own),
        extras=_extras(fields.get("attachments"), kind, text),
    )


def kind_of(message_type: object) -> MessageKind:
    """What a message is; types that nobody has heard of are shown as text."""
    if message_type is None:
        return MessageKind.TEXT
    if not isinstance(message_type, str):
        return MessageKind.UNKNOWN
    return _KINDS.get(message_type, MessageKind.UNKNOWN)


def wire_type(kind: MessageKind) -> str:
    """What a message of a kind is called on the wire; kinds that the platform lacks go as text."""
    return _WIRE_TYPES.get(kind, names.TYPE_TEXT)


def _extras(attachments: object, kind: MessageKind, text: str) -> Extras:
    records = attachments if isinstance(attachments, list) else [attachments]
    found = (attachment(one) for one in records[: limits.MOST_ATTACHMENTS])
    files = tuple(one for one in found if one is not None)
    spot = place(text) if kind is MessageKind.LOCATION else None
    return Extras(attachments=files, place=spot) if files or spot else NO_EXTRAS


def attachment(record: object) -> Attachment | None:
    """One file of a message: a free JSON object, or an address. Its content, megabytes at times, is left."""
    fields: Mapping[str, Any] = {"url": record} if isinstance(record, str) else loose.mapping(record)
    found = (fields.get(key) for key in ("url", "data", "src", "uri"))
    url: str = next((one for one in found if isinstance(one, str) and one), "")
    name = _word(fields, ("name", "fileName", "filename"), 200).replace("/", "_").replace("\\", "_")
    mime = _word(fields, ("type", "mimeType", "contentType"), 100)
    size = loose.whole(fields.get("size"))
    if url.startswith(_DATA_URL):
        told = url[len(_DATA_URL) : _DATA_HEAD_CHARS].partition(",")[0].partition(";")[0]
        mime = mime or loose.line(told, 100)
        size = _size_of(url) if size is None else size
        url = ""
    elif len(url) > _URL_CHARS:
        url = ""
    if not (url or name or mime or size is not None):
        return None
    return Attachment(url=loose.text(url) or "", name=name, content_type=mime, size_bytes=size)


def _word(fields: Mapping[str, Any], keys: tuple[str, ...], limit_chars: int) -> str:
    found = (fields.get(key) for key in keys)
    return next((loose.line(one, limit_chars) for one in found if isinstance(one, str) and one), "")


def _size_of(data_url: str) -> int | None:
    """How many bytes a data: URL in base64 holds; None for one in another form."""
    comma = data_url.find(",", 0, _DATA_HEAD_CHARS)
    if comma < 0 or not data_url[:comma].endswith(";base64"):
        return None
    padding = 2 if data_url.endswith("==") else 1 if data_url.endswith("=") else 0
    return max((len(data_url) - comma - 1) * 3 // 4 - padding, 0)


def place(text: str) -> tuple[float, float] | None:
    """The place that a location's text ends with: `Location: <address> (<lat>, <lng>)`."""
    found = _PLACE.search(text[-_PLACE_CHARS:])
    if found is None:
        return None
    latitude, longitude = float(found[1]), float(found[2])
    return (latitude, longitude) if abs(latitude) <= 90 and abs(longitude) <= 180 else None


# -- chats -------------------------------------------------------------------------------------------------


class Stub(msgspec.Struct, frozen=True):
    """The package or trip of a chat, as the list names it."""

    item: RemoteId
    title: str
    status: str


class Chat(msgspec.Struct, frozen=True, kw_only=True):
    """One chat of the list: the event less its order, and what the event does not carry."""

    seen: ConversationSeen
    people: Mapping[RemoteId, str]
    package: Stub | None
    trip: Stub | None
    preview: object


def chat(record: object, account: AccountFacts) -> Chat | None:
    """One entry of the list of chats, or the answer of a new one; None without an id."""
    fields = loose.mapping(record)
    chat_id = remote_id(fields.get("id"))
    if chat_id is None:
        return None
    people = _people(fields.get("participants"))
    package, trip = (stub(fields.get(name), fields.get(name + "Id")) for name in ("package", "trip"))
    messages = loose.listing(fields.get("messages"))
    lifecycle, why = _lifecycle(fields, people, account)
    subject = next((one.title for one in (package, trip) if one is not None and one.title), "")
    others = [name for person, name in people.items() if person != account.user_id and name]
    title = " · ".join(part for part in (", ".join(others[:4]), subject) if part)
    newest = messages[-1] if messages else None
    active_us = loose.moment_us(loose.mapping(newest).get("createdAt"))
    for name in ("updatedAt", "createdAt"):
        active_us = loose.moment_us(fields.get(name)) if active_us is None else active_us
    order = package or trip
    seen = ConversationSeen(
        remote_id=chat_id,
        title=title or _TITLES.get(loose.line(fields.get("type"), 40)),
        order_remote_id=None if order is None else order.item,
        lifecycle=lifecycle,
        closed_why=why,
        activity_at_us=active_us,
    )
    return Chat(seen=seen, people=people, package=package, trip=trip, preview=newest)


_TITLES = {names.CHAT_SUPPORT: "Support", names.CHAT_NOTIFICATION: "Notifications"}


def _people(participants: object) -> dict[RemoteId, str]:
    """Who takes part, by id."""
    people: dict[RemoteId, str] = {}
    for record in loose.listing(participants)[: limits.MOST_OF_A_ROOM]:
        fields = loose.mapping(record)
        person = remote_id(fields.get("userId")) or remote_id(loose.mapping(fields.get("user")).get("id"))
        if person is not None:
            people[person] = full_name(fields.get("user"))
    return people


def stub(record: object, item_id: object = None) -> Stub | None:
    """A package or trip by name and status; the id alone where the record is missing."""
    fields = loose.mapping(record)
    item = remote_id(fields.get("id")) or remote_id(item_id)
    if item is None:
        return None
    return Stub(item, loose.line(fields.get("title"), 120), loose.line(fields.get("status"), 40))


def _lifecycle(
    fields: Mapping[str, Any], people: Mapping[RemoteId, str], account: AccountFacts
) -> tuple[Lifecycle, ClosedWhy | None]:
    """Whether a chat may be written to: not one that was closed, nor one in which nobody else is."""
    if fields.get("isActive") is False:
        return Lifecycle.READ_ONLY, ClosedWhy.SESSION_ENDED
    alone = not people.keys() - {account.user_id}
    if fields.get("type") == names.CHAT_NOTIFICATION and alone:
        return Lifecycle.READ_ONLY, ClosedWhy.NOT_OPEN_YET
    return Lifecycle.OPEN, None


# -- notifications -----------------------------------------------------------------------------------------


def notification(record: object) -> NotificationSeen | None:
    """One notification; None without an id."""
    fields = loose.mapping(record)
    notice = remote_id(fields.get("id"))
    if notice is None:
        return None
    sent_us = loose.moment_us(fields.get("sentAt"))
    at_us = loose.moment_us(fields.get("createdAt")) if sent_us is None else sent_us
    return NotificationSeen(
        remote_id=notice,
        title=loose.line(fields.get("title"), 200),
        text=loose.line(fields.get("message"), 1_000),
        at_us=at_us or born_us(notice),
        unread=fields.get("isRead") is not True,
        conversation=remote_id(fields.get("chatId")),
    )
