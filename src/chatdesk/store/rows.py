"""Rows of the database as the domain's values: the one place that knows the order of columns."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any, Concatenate, Final, ParamSpec, TypeAlias, TypeVar

import apsw
import msgspec

from chatdesk.domain.actions import NO_EXTRAS, Attachment, Extras
from chatdesk.domain.entities import (
    SNIPPET_CHARS,
    Account,
    Capabilities,
    Conversation,
    Draft,
    Message,
    Notification,
    Order,
    OrderField,
    OrderFile,
    Outgoing,
    Participant,
    Snippet,
    StatusStep,
)
from chatdesk.domain.errors import DamagedDatabase
from chatdesk.domain.kinds import (
    Assurance,
    ClosedWhy,
    DeliveryState,
    Lifecycle,
    MessageKind,
    OrderKind,
    OutgoingKind,
    ParkReason,
    Platform,
    Progress,
)
from chatdesk.domain.text import one_line, well_formed

Row: TypeAlias = tuple[Any, ...]

# Looked up by value: a call of the enum costs ten times as much, and a page has hundreds of them.
_STATE: Final = {member.value: member for member in DeliveryState}
_KIND: Final = {member.value: member for member in MessageKind}
_ASSURANCE: Final = {member.value: member for member in Assurance}
_PARKED: Final = {member.value: member for member in ParkReason}
_PROGRESS: Final = {member.value: member for member in Progress}
_LIFECYCLE: Final = {member.value: member for member in Lifecycle}
_CLOSED_WHY: Final = {member.value: member for member in ClosedWhy}

ACCOUNTS: Final = (
    "SELECT id, platform, server_url, login, user_id, role, name, plain_http_consent, added_at_us,"
    " capabilities, seat, settings FROM accounts"
)

ACCOUNT_NAME: Final = "SELECT id, platform, server_url, user_id, seat FROM accounts"

MESSAGES: Final = (
    "SELECT id, conversation_id, remote_id, cursor, sender_id, sender_name, own, kind, text, sent_at_us,"
    " edited_at_us, deleted, state, assurance, outgoing_id, parked, parked_detail, expected_at_us,"
    " arrived_twice, extras FROM messages"
)

ORDERS: Final = (
    "SELECT o.id, o.account_id, o.remote_id, o.kind, o.number, o.title, o.customer, o.status,"
    " o.status_label, o.progress, o.created_at_us, o.updated_at_us, o.details,"
    " (SELECT min(c.id) FROM conversations c"
    "   WHERE c.account_id = o.account_id AND c.order_remote_id = o.remote_id) FROM orders o"
)

CONVERSATIONS: Final = (
    "SELECT c.id, c.account_id, c.remote_id, c.title, c.lifecycle, c.live_only, o.id, o.number,"
    " o.status_label, o.progress, c.activity_at_us, c.unread, c.waiting_since_us, d.text, c.archived,"
    " c.muted, c.seen_cursor, m.id, m.text, m.own, m.kind, m.state, m.sent_at_us, c.closed_why,"
    " c.delete_at_us, c.customer_group, d.other"
    " FROM conversations c"
    " LEFT JOIN orders o ON o.account_id = c.account_id AND o.remote_id = c.order_remote_id"
    " LEFT JOIN drafts d ON d.conversation_id = c.id"
    " LEFT JOIN messages m ON m.id = c.last_message_id"
)

TWO_DRAFTS_SINCE: Final = 2
"""Version of the database whose drafts know of another text."""

OUTBOX: Final = (
    "SELECT id, account_id, conversation_id, conversation_remote_id, kind, text, target, order_id,"
    " order_remote_id, order_number, state, position, created_at_us, changed_at_us, attempts, repeats,"
    " not_before_us, message_id, parked, detail, approved, message_kind, extras, urgent,"
    " staged FROM outbox"
)
FILES_SINCE: Final = 3
"""Version of the database whose outbox knows of files."""
WAITING: Final = "state IN ('queued', 'in_flight', 'uncertain', 'parked')"
"""Word for word the condition of the partial indexes on `outbox`."""

NOTIFICATIONS: Final = (
    "SELECT account_id, remote_id, title, text, at_us, unread, conversation_remote_id, gone"
    " FROM notifications"
)

STEPS: Final = "SELECT status, label, at_us FROM order_steps WHERE order_id = ? ORDER BY id"


class OrderDetails(msgspec.Struct, array_like=True):
    """What `orders.details` holds."""

    fields: tuple[OrderField, ...] = ()
    participants: tuple[Participant, ...] = ()
    files: tuple[OrderFile, ...] = ()


_DETAILS = msgspec.msgpack.Decoder(OrderDetails)
_CAPABILITIES = msgspec.json.Decoder(Capabilities)
_SETTINGS = msgspec.json.Decoder(dict[str, str])
_EXTRAS = msgspec.json.Decoder(Extras)


P = ParamSpec("P")
T = TypeVar("T")


def _of_sound_rows(read: Callable[Concatenate[Row, P], T], /) -> Callable[Concatenate[Row, P], T]:
    """What nobody has ever written is damage: a page may be spoilt and still look like one to SQLite.

    What it stands before raises DamagedDatabase.
    """

    @functools.wraps(read)
    def checked(row: Row, /, *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return read(row, *args, **kwargs)
        except (LookupError, ValueError, TypeError, msgspec.MsgspecError) as exc:
            raise DamagedDatabase(f"no {read.__name__}") from exc

    return checked


def extras(column: str) -> Extras:
    """From `messages.extras` or `outbox.extras`."""
    return _EXTRAS.decode(column) if column else NO_EXTRAS


def encode_extras(value: Extras) -> str:
    """For those columns; '' for nothing. Raises msgspec.ValidationError for what could not be read again."""
    if value == NO_EXTRAS:
        return ""
    encoded = msgspec.json.encode(value)
    _EXTRAS.decode(encoded)
    return encoded.decode()


def sound_extras(value: Extras) -> Extras:
    """Without what no column can hold: lone surrogates, and a place that is no place."""
    if value == NO_EXTRAS:
        return value
    place = value.place
    return Extras(
        subject=well_formed(value.subject),
        topic=well_formed(value.topic),
        attachments=tuple(
            Attachment(
                url=well_formed(one.url),
                name=well_formed(one.name),
                content_type=well_formed(one.content_type),
                size_bytes=one.size_bytes,
            )
            for one in value.attachments
        ),
        place=place if place is not None and all(map(math.isfinite, place)) else None,
    )


@_of_sound_rows
def account(row: Row) -> Account:
    """From ACCOUNTS."""
    return Account(
        id=row[0],
        platform=Platform(row[1]),
        server_url=row[2],
        login=row[3],
        user_id=row[4],
        role=row[5],
        name=row[6],
        plain_http_consent=bool(row[7]),
        added_at_us=row[8],
        capabilities=_CAPABILITIES.decode(row[9]),
        seat=row[10],
        settings=_SETTINGS.decode(row[11]),
    )


def account_name(row: Row) -> str:
    """From ACCOUNT_NAME: what names an account outside this database."""
    return " ".join(row[1:] if row[4] else row[1:4])


@_of_sound_rows
def message(row: Row) -> Message:
    """From MESSAGES. The text of a deleted message is not shown, whatever the row still holds."""
    return Message(
        id=row[0],
        conversation_id=row[1],
        remote_id=row[2],
        cursor=row[3],
        sender_id=row[4],
        sender_name=row[5],
        own=bool(row[6]),
        kind=_KIND[row[7]],
        text="" if row[11] else row[8],
        sent_at_us=row[9],
        edited_at_us=row[10],
        deleted=bool(row[11]),
        state=_STATE[row[12]],
        assurance=None if row[13] is None else _ASSURANCE[row[13]],
        outgoing_id=row[14],
        parked=None if row[15] is None else _PARKED[row[15]],
        parked_detail=row[16],
        expected_at_us=row[17],
        arrived_twice=bool(row[18]),
        extras=NO_EXTRAS if row[11] or not row[19] else extras(row[19]),
    )


@_of_sound_rows
def order(row: Row, steps: tuple[StatusStep, ...]) -> Order:
    """From ORDERS, with its observed statuses."""
    details = _DETAILS.decode(row[12])
    return Order(
        id=row[0],
        account_id=row[1],
        remote_id=row[2],
        kind=OrderKind(row[3]),
        number=row[4],
        title=row[5],
        customer=row[6],
        status=row[7],
        status_label=row[8],
        progress=_PROGRESS[row[9]],
        created_at_us=row[10],
        updated_at_us=row[11],
        fields=details.fields,
        participants=details.participants,
        files=details.files,
        history=steps,
        conversation_id=row[13],
    )


def status_step(row: Row) -> StatusStep:
    """From STEPS."""
    return StatusStep(status=row[0], label=row[1], at_us=row[2])


@_of_sound_rows
def conversation(row: Row) -> Conversation:
    """From CONVERSATIONS."""
    last = None
    if row[17] is not None:
        last = Snippet(
            text=one_line(row[18], SNIPPET_CHARS),
            own=bool(row[19]),
            kind=_KIND[row[20]],
            state=_STATE[row[21]],
            at_us=row[22],
        )
    return Conversation(
        id=row[0],
        account_id=row[1],
        remote_id=row[2],
        title=row[3],
        lifecycle=_LIFECYCLE[row[4]],
        closed_why=None if row[23] is None else _CLOSED_WHY[row[23]],
        live_only=bool(row[5]),
        delete_at_us=row[24],
        group=row[25],
        order_id=row[6],
        order_number=row[7] or "",
        order_status_label=row[8] or "",
        order_progress=Progress.UNKNOWN if row[9] is None else _PROGRESS[row[9]],
        last=last,
        activity_at_us=row[10],
        unread=row[11],
        waiting_since_us=row[12],
        draft=one_line(row[13] or row[26] or "", SNIPPET_CHARS),
        two_drafts=bool(row[26]),
        archived=bool(row[14]),
        muted=bool(row[15]),
        seen_cursor=row[16],
    )


def conversations_of(con: apsw.Connection) -> str:
    """CONVERSATIONS for a file that is looked at as it is, as `outbox_of`. Raises apsw.Error."""
    if int(con.pragma("user_version")) < TWO_DRAFTS_SINCE:
        return CONVERSATIONS.replace(" d.other ", " NULL ")
    return CONVERSATIONS


def outbox_of(con: apsw.Connection) -> str:
    """OUTBOX for a file that is looked at as it is, perhaps one of an older chatdesk. Raises apsw.Error."""
    if int(con.pragma("user_version")) < FILES_SINCE:
        return OUTBOX.replace(" staged ", " '' ")
    return OUTBOX


@_of_sound_rows
def outgoing(row: Row) -> Outgoing:
    """From OUTBOX."""
    return Outgoing(
        id=row[0],
        account_id=row[1],
        conversation_id=row[2],
        conversation_remote_id=row[3],
        kind=OutgoingKind(row[4]),
        text=row[5],
        target=row[6],
        order_id=row[7],
        order_remote_id=row[8],
        order_number=row[9],
        state=_STATE[row[10]],
        position=row[11],
        created_at_us=row[12],
        changed_at_us=row[13],
        attempts=row[14],
        repeats=row[15],
        not_before_us=row[16],
        message_id=row[17],
        parked=None if row[18] is None else _PARKED[row[18]],
        detail=row[19],
        approved=bool(row[20]),
        message_kind=_KIND[row[21]],
        extras=extras(row[22]),
        urgent=bool(row[23]),
        staged=row[24],
    )


DRAFTS = "SELECT conversation_id, version, text, saved_at_us, other FROM drafts"


@_of_sound_rows
def draft(row: Row) -> Draft:
    """From DRAFTS."""
    return Draft(conversation_id=row[0], version=row[1], text=row[2], saved_at_us=row[3], other=row[4])


@_of_sound_rows
def notification(row: Row) -> Notification:
    """From NOTIFICATIONS."""
    return Notification(
        account_id=row[0],
        remote_id=row[1],
        title=row[2],
        text=row[3],
        at_us=row[4],
        unread=bool(row[5]),
        conversation_remote_id=row[6],
        gone=bool(row[7]),
    )
