"""What the outside told us, after translation: frozen facts that the inbox stamps and the store applies.

Adapters make them in `translate`; over stamped events applying is idempotent and commutative.
"""

from __future__ import annotations

import msgspec

from chatdesk.domain.actions import NO_EXTRAS, Extras
from chatdesk.domain.entities import OrderField, OrderFile, Participant
from chatdesk.domain.ids import Cursor, RemoteId
from chatdesk.domain.kinds import (
    ClosedWhy,
    Lifecycle,
    MessageKind,
    NoticeCode,
    OrderKind,
    PresenceState,
    Progress,
    Source,
)
from chatdesk.domain.ordering import Stamp

FORGET_AFTER_US = 86_400_000_000
"""How long a copy stays, with a notice, after its platform has deleted the conversation: 24 h."""


class OrderSeen(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """An order, or part of what is known of it. None: this packet does not say.

    remote_id: unique in the account across kinds. Where a server numbers its kinds apart, the adapter puts
    the kind in front of the number, everywhere (`trip:7`): conversations and goals name an order by it alone.
    """

    remote_id: RemoteId
    kind: OrderKind
    number: str | None = None
    title: str | None = None
    customer: str | None = None
    status: str | None = None
    status_label: str | None = None
    progress: Progress | None = None
    created_at_us: int | None = None
    updated_at_us: int | None = None
    """The server's own version of status and fields, where it gives one; beats the stamp."""
    fields: tuple[OrderField, ...] | None = None
    participants: tuple[Participant, ...] | None = None
    files: tuple[OrderFile, ...] | None = None


class ConversationSeen(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A conversation of the account's own list (or opened by the person). None: this packet does not say."""

    remote_id: RemoteId
    title: str | None = None
    order_remote_id: RemoteId | None = None
    lifecycle: Lifecycle | None = None
    closed_why: ClosedWhy | None = None
    """Goes with a `lifecycle` that is not OPEN; OPEN clears it."""
    delete_after_us: int | None = None
    """As ConversationGone.delete_after_us."""
    live_only: bool | None = None
    unread: int | None = None
    activity_at_us: int | None = None


class MessageSeen(msgspec.Struct, frozen=True, kw_only=True, tag=True, gc=False):
    """One message as the server shows it."""

    conversation: RemoteId
    remote_id: RemoteId
    cursor: Cursor
    sender_id: RemoteId
    sender_name: str
    own: bool
    kind: MessageKind
    text: str
    sent_at_us: int
    updated_at_us: int | None = None
    """The server's version of the text; None: the stamp decides."""
    edited_at_us: int | None = None
    deleted: bool = False
    source: Source
    client_id: str | None = None
    """Our own id, where the server gives it back."""
    extras: Extras = NO_EXTRAS


class MessageDeleted(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A message was deleted at the server: a tombstone, final."""

    conversation: RemoteId
    remote_id: RemoteId


class ReadSeen(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Somebody has read up to a moment or cursor.

    cursor: None means everything so far: the store stamps it with the newest cursor it knows.
    up_to_us: where the server names a time instead; own messages sent at or before it are read.
    ids: where the server names messages instead; exactly these are read (not None: cursor and up_to_us are).
    """

    conversation: RemoteId
    person_id: RemoteId
    by_self: bool
    cursor: Cursor | None = None
    up_to_us: int | None = None
    ids: tuple[RemoteId, ...] | None = None


class WindowRead(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A stretch of history was read; its messages come as MessageSeen beside it, in the same batch.

    ids: every message id of the stretch. `oldest` and `newest`: cursors of its ends, None when empty.
    complete: one chain of reads without a hole, the totals of first and last answer being equal.
    reaches_start / reaches_head: the stretch includes the first / the newest message of the conversation.
    """

    conversation: RemoteId
    ids: tuple[RemoteId, ...]
    oldest: Cursor | None
    newest: Cursor | None
    complete: bool
    reaches_start: bool
    reaches_head: bool
    total: int | None = None
    pages: int = 1
    """How many answers it was put together from. Pages may shift while they are read, so what such a stretch
    lacks counts as deleted only after a second one; what one answer lacks, at once.
    """


class ListsRead(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The account's lists of orders and conversations were read to their end.

    The first of these ends the account's first sync: conversations found later have no stored past that
    would count as read.
    """


class NotificationSeen(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A notification of the platform."""

    remote_id: RemoteId
    title: str
    text: str
    at_us: int
    unread: bool
    conversation: RemoteId | None = None
    gone: bool = False
    """Deleted at the server; read as well, for whoever keeps it."""


class ConversationGone(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The account has no access to a conversation any more; it becomes read-only with the reason."""

    remote_id: RemoteId
    lifecycle: Lifecycle
    why: ClosedWhy | None = None
    delete_after_us: int | None = None
    """With DELETED, where the platform promises that chats are deleted after completion: how long after this
    was applied the copy here goes (FORGET_AFTER_US), unless account or person keep it. None: it stays.
    """


StoredEvent = (
    OrderSeen
    | ConversationSeen
    | MessageSeen
    | MessageDeleted
    | ReadSeen
    | WindowRead
    | ListsRead
    | NotificationSeen
    | ConversationGone
)
"""Events that the store applies."""


class Stamped(msgspec.Struct, frozen=True, gc=False):
    """An event with the stamp that makes applying it independent of order."""

    stamp: Stamp
    event: StoredEvent


class TypingSeen(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Somebody has begun or stopped typing."""

    conversation: RemoteId
    person_id: RemoteId
    name: str
    on: bool


class PresenceSeen(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A sign of somebody's presence. conversation None: everywhere."""

    person_id: RemoteId
    state: PresenceState
    conversation: RemoteId | None = None
    at_us: int | None = None


class TokensChanged(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The account's secrets have changed; the engine hands them to the vault. Never logged, never stored."""

    access: str
    refresh: str | None = None


class IdentityKnown(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Who the server says we are."""

    user_id: RemoteId
    role: str
    name: str


class Noticed(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Something that the person should know; `detail` is cleaned server text, at most 300 characters."""

    code: NoticeCode
    detail: str = ""


class Dropped(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A packet, or part of one, was not used: counted and shown under account health."""

    reason: str


class Stale(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Something changed at the server that this packet does not tell: read it again.

    conversation / order_number: what; both None: the lists.
    """

    conversation: RemoteId | None = None
    order_number: str | None = None


class PositionSeen(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Where the driver of an order is, by their own device. Degrees, m/s, degrees from north, minutes."""

    order: RemoteId
    latitude: float
    longitude: float
    at_us: int
    speed_m_s: float | None = None
    heading_deg: float | None = None
    pickup_min: float | None = None
    destination_min: float | None = None


PassingEvent = (
    PositionSeen | TypingSeen | PresenceSeen | TokensChanged | IdentityKnown | Noticed | Dropped | Stale
)
"""Events outside the store: for the engine and the window."""

Event = StoredEvent | PassingEvent
