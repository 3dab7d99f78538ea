"""Records of the OMW platform as domain events: pure, field by field, nothing raises.

Source: wire specification of the platform, sections 3 and 5 to 7. One bad field never loses its record where
the rest is usable. Telephone numbers and start codes of bookings are never taken over.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from chatdesk.domain.actions import NO_EXTRAS, Attachment, Extras
from chatdesk.domain.entities import OrderField, Participant
from chatdesk.domain.events import ConversationSeen, MessageSeen, OrderSeen, PositionSeen, PresenceSeen
from chatdesk.domain.facts import AccountFacts
from chatdesk.domain.ids import Cursor, RemoteId
from chatdesk.domain.kinds import Lifecycle, MessageKind, OrderKind, PresenceState, Progress, Source
from chatdesk.platforms import announced, loose
from chatdesk.platforms.omw import zones
from chatdesk.wire.omw import names

PROGRESS = {
    "pending": Progress.OPEN,
    "pending_worker_assignment": Progress.OPEN,
    "booked": Progress.OPEN,
    "confirmed": Progress.OPEN,
    "assigned": Progress.ACTIVE,
    "accepted": Progress.ACTIVE,
    "started": Progress.ACTIVE,
    "en_route": Progress.ACTIVE,
    "arrived": Progress.ACTIVE,
    "in_progress": Progress.ACTIVE,
    "payment_required": Progress.WAITING,
    "pending_review": Progress.WAITING,
    "completed": Progress.DONE,
    "cancelled": Progress.CANCELLED,
}
_KINDS = {
    names.TYPE_TEXT: MessageKind.TEXT,
    names.TYPE_IMAGE: MessageKind.IMAGE,
    names.TYPE_FILE: MessageKind.FILE,
    names.TYPE_SYSTEM: MessageKind.SYSTEM,
    names.TYPE_AUDIO: MessageKind.AUDIO,
}
_VALUE_CHARS = 500
_MOST_KMH = 1_000
_AHEAD_US = 86_400_000_000
_FILE_URL = re.compile(r"(?:https?://|/(?![/\\]))[^\s\\\x00-\x1f]+\Z", re.IGNORECASE)
_LINES = (
    ("service", "service_name"),
    ("description", "service_description"),
    ("category", "category_name"),
    ("scheduled", "scheduled_time"),
    ("address", "address"),
    ("address", "service_address"),
    ("pickup", "pickup_address"),
    ("drop", "drop_address"),
    ("price", "price"),
    ("estimated_cost", "estimated_cost"),
    ("total", "total_amount"),
    ("payment_status", "payment_status"),
    ("payment_method", "payment_method"),
    ("notes", "notes"),
)
"""Lines of the order panel. Times of a booking are shown as they are: their zone is the booking app's."""


class Record(msgspec.Struct, frozen=True):
    """One message record: the event, and what the event does not carry."""

    seen: MessageSeen
    number: int
    is_read: bool


# -- ids ---------------------------------------------------------------------------------------------------


def number(value: object) -> int | None:
    """An id: a positive integer, or the same as text; `41abc` is none."""
    if isinstance(value, str):
        if not value.isascii() or not value.isdigit() or len(value) > names.ID_DIGITS:
            return None
        value = int(value)
    found = loose.whole(value)
    return found or None


def remote_id(value: object) -> RemoteId | None:
    """An id of the platform as text without leading zeros, or None."""
    found = number(value)
    return None if found is None else RemoteId(str(found))


def cursor(message_id: int) -> Cursor:
    """The server's order of messages: the id alone, as text that compares like it."""
    return Cursor(f"{message_id:0{names.ID_DIGITS}d}")


# -- messages ----------------------------------------------------------------------------------------------


def message(
    record: object, account: AccountFacts, source: Source, offset: int, room: RemoteId | None = None
) -> Record | None:
    """One message record; None where it has no id or belongs to no session.

    offset: of the database's clock, for times without a zone. room: the session that the record came for,
    where the record itself does not say (records of a history never do).
    """
    fields = loose.mapping(record)
    message_id = number(fields.get("id"))
    conversation = remote_id(fields.get("session_id")) or room
    if message_id is None or conversation is None:
        return None
    sender_id = remote_id(fields.get("sender_id")) or RemoteId("")
    own = bool(sender_id) and sender_id == account.user_id
    read = fields.get("is_read")
    seen = MessageSeen(
        conversation=conversation,
        remote_id=RemoteId(str(message_id)),
        cursor=cursor(message_id),
        sender_id=sender_id,
        sender_name=loose.line(fields.get("sender_name")),
        own=own,
        kind=_kind(fields.get("message_type")),
        text=loose.text(fields.get("content")) or "",
        sent_at_us=zones.moment_us(fields.get("created_at"), offset) or 0,
        source=source,
        client_id=announced.client_id(fields, own=own),
        extras=_extras(fields),
    )
    return Record(seen, message_id, is_read=read is True or loose.number(read) == 1)


def _extras(fields: Mapping[str, Any]) -> Extras:
    """The file of a message: chosen by the other side, so only web addresses and paths of the server remain.

    The path stays as it is: it names the file in a message of ours too. Types of files are not told.
    """
    url = loose.text(fields.get("file_url"), names.FILE_URL_CHARS + 1) or ""
    if len(url) > names.FILE_URL_CHARS or not _FILE_URL.match(url):
        url = ""
    name = loose.line(fields.get("file_name"), names.FILE_NAME_CHARS)
    if not url and not name:
        return NO_EXTRAS
    size = loose.whole(fields.get("file_size"))
    return Extras(attachments=(Attachment(url=url, name=name, size_bytes=size),))


def _kind(message_type: object) -> MessageKind:
    if message_type is None:
        return MessageKind.TEXT
    if not isinstance(message_type, str):
        return MessageKind.UNKNOWN
    return _KINDS.get(message_type, MessageKind.UNKNOWN)


# -- bookings ----------------------------------------------------------------------------------------------


def status_label(status: str) -> str:
    """The label of a status; an unknown one is its own label."""
    return names.STATUS_LABELS.get(status, loose.line(status, 60))


def status_of(value: object) -> str | None:
    """A status of a booking: free text on one line."""
    return loose.line(value, 60) or None


def with_status(booking: RemoteId, status: str) -> OrderSeen:
    """A booking of which only the status is told."""
    return OrderSeen(
        remote_id=booking,
        kind=OrderKind.BOOKING,
        number=booking,
        status=status,
        status_label=status_label(status),
        progress=PROGRESS.get(status, Progress.UNKNOWN),
    )


def request_over(booking: RemoteId, status: str) -> OrderSeen:
    """A booking whose request was given back or has timed out: it is somebody else's now."""
    return OrderSeen(
        remote_id=booking,
        kind=OrderKind.BOOKING,
        number=booking,
        status=status,
        status_label=names.REQUEST_LABELS.get(status, status_label(status)),
        progress=Progress.CANCELLED,
    )


def booking(record: object, booking_id: object, offset: int, *, detailed: bool = False) -> OrderSeen | None:
    """A booking out of any list or answer; None without an id.

    detailed: the record is the whole booking, and makes the lines of the order panel.
    """
    found = remote_id(booking_id)
    if found is None:
        return None
    fields = loose.mapping(record)
    status = status_of(fields.get("service_status"))
    title = loose.line(fields.get("service_name"), 120) or loose.line(fields.get("booking_type"), 60)
    created = fields.get("booking_created_at") or (fields.get("created_at") if "id" in fields else None)
    return OrderSeen(
        remote_id=found,
        kind=OrderKind.BOOKING,
        number=found,
        title=title or None,
        customer=loose.line(fields.get("customer_name"), 120) or None,
        status=status,
        status_label=None if status is None else status_label(status),
        progress=None if status is None else PROGRESS.get(status, Progress.UNKNOWN),
        created_at_us=zones.moment_us(created, offset),
        fields=_lines(fields) if detailed else None,
        participants=_people(fields) if detailed else None,
    )


def _lines(fields: object) -> tuple[OrderField, ...]:
    told = loose.mapping(fields) or {}
    lines: list[OrderField] = []
    for key, name in _LINES:
        value = loose.line(told.get(name), _VALUE_CHARS)
        if value and all(line.key != key for line in lines):
            lines.append(OrderField(key, value))
    return tuple(lines)


def _people(fields: object) -> tuple[Participant, ...]:
    told = loose.mapping(fields)
    found = remote_id(told.get("user_id"))
    name = loose.line(told.get("customer_name"), 120)
    people = [] if found is None else [Participant(remote_id=found, name=name, role="customer")]
    worker = loose.line(told.get("provider_name"), 120)
    if worker:  # `provider_id` of a booking is a profile, not a user
        people.append(Participant(remote_id=RemoteId(""), name=worker, role="worker"))
    return tuple(people)


# -- sessions ----------------------------------------------------------------------------------------------


def session(record: object, offset: int) -> tuple[ConversationSeen, OrderSeen | None] | None:
    """One entry of the list of sessions, or a session's detail; None without an id."""
    fields = loose.mapping(record)
    found = remote_id(fields.get("session_id"))
    if found is None:
        return None
    order = booking(fields, fields.get("booking_id"), offset)
    peer = "provider_name" if fields.get("user_role") == names.SIDE_CUSTOMER else "customer_name"
    active_us = zones.moment_us(fields.get("last_message_at"), offset)
    if active_us is None:
        active_us = zones.moment_us(fields.get("created_at"), offset)
    if order is not None:  # `created_at` of such a record is the session's
        order = msgspec.structs.replace(order, created_at_us=None)
    conversation = ConversationSeen(
        remote_id=found,
        title=loose.line(fields.get(peer), 120) or None,
        order_remote_id=None if order is None else order.remote_id,
        lifecycle=Lifecycle.OPEN,
        unread=loose.whole(fields.get("unread_count")),
        activity_at_us=active_us,
    )
    return conversation, order


def presence(record: object, account: AccountFacts, offset: int) -> PresenceSeen | None:
    """Whether the other side is there, by a session's detail; only `is_online` 1 means anything.

    The rows are no list of the two parties: a worker's row often carries the id of a profile. So the row of
    the other side is looked for by the id that the session itself names.
    """
    fields = loose.mapping(record)
    room = remote_id(fields.get("session_id"))
    sides = (remote_id(fields.get("customer_id")), remote_id(fields.get("provider_id")))
    if room is None or account.user_id not in sides:
        return None
    peer = sides[1] if sides[0] == account.user_id else sides[0]
    rows = (loose.mapping(row) for row in loose.listing(fields.get("participants"))[:10])
    row = next((row for row in rows if peer is not None and remote_id(row.get("user_id")) == peer), None)
    if row is None or peer is None:
        return None
    online = loose.number(row.get("is_online")) == 1 or row.get("is_online") is True
    return PresenceSeen(
        person_id=peer,
        state=PresenceState.ONLINE if online else PresenceState.UNKNOWN,
        conversation=room,
        at_us=zones.moment_us(row.get("last_seen_at"), offset),
    )


# -- rides -------------------------------------------------------------------------------------------------


def position(record: object, booking_id: RemoteId, now_us: int) -> PositionSeen | None:
    """Where the driver of a ride is; None without a place on earth. Times may be a text or milliseconds."""
    fields = loose.mapping(record)
    place = loose.mapping(fields.get("location"))
    latitude, longitude = loose.number(place.get("lat")), loose.number(place.get("lng"))
    if latitude is None or longitude is None or abs(latitude) > 90 or abs(longitude) > 180:
        return None
    told_ms = loose.whole(fields.get("timestamp"))
    at_us = loose.moment_us(fields.get("timestamp"))
    if at_us is None and told_ms is not None and told_ms * 1_000 <= now_us + _AHEAD_US:
        at_us = told_ms * 1_000
    speed = loose.number(fields.get("speed_kmh"))
    heading = loose.number(fields.get("bearing"))
    return PositionSeen(
        order=booking_id,
        latitude=float(latitude),
        longitude=float(longitude),
        at_us=now_us if at_us is None else at_us,
        speed_m_s=speed / 3.6 if speed is not None and 0 <= speed <= _MOST_KMH else None,
        heading_deg=float(heading % 360) if heading is not None else None,
    )
