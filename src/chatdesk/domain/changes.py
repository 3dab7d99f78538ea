"""Change records: what one commit changed, for the views; and news that is never stored."""

from __future__ import annotations

import msgspec

from chatdesk.domain.entities import Account, Conversation, Draft, Message, Notification, Order, Outgoing
from chatdesk.domain.ids import AccountId, ConversationId, MessageId, OrderId, OutgoingId, RemoteId
from chatdesk.domain.kinds import (
    ConnectionState,
    DiskIll,
    LoadState,
    LoadWhy,
    NoticeCode,
    PresenceState,
    SignInState,
)


class MessagesPut(msgspec.Struct, frozen=True, tag=True):
    """Rows as they are now, new or changed, of one conversation, in the order of (cursor, id).

    A view inserts those it does not know by `id` (if they fall into its window), updates the others, and
    moves those whose cursor changed.
    """

    conversation_id: ConversationId
    messages: tuple[Message, ...]


class MessagesGone(msgspec.Struct, frozen=True, tag=True):
    """Rows that are no longer in the database (merged into another row, or discarded)."""

    conversation_id: ConversationId
    ids: tuple[MessageId, ...]


class ConversationsPut(msgspec.Struct, frozen=True, tag=True):
    """List rows as they are now, new or changed."""

    conversations: tuple[Conversation, ...]


class ConversationsGone(msgspec.Struct, frozen=True, tag=True):
    """Conversations deleted here."""

    ids: tuple[ConversationId, ...]


class OrdersPut(msgspec.Struct, frozen=True, tag=True):
    """Orders as they are now, new or changed."""

    orders: tuple[Order, ...]


class OrdersGone(msgspec.Struct, frozen=True, tag=True):
    """Orders deleted here."""

    ids: tuple[OrderId, ...]


class OutboxPut(msgspec.Struct, frozen=True, tag=True):
    """Intentions as they are now. One that is accepted or cancelled has left the outbox view."""

    items: tuple[Outgoing, ...]


class OutboxGone(msgspec.Struct, frozen=True, tag=True):
    """Intentions deleted with their account."""

    ids: tuple[OutgoingId, ...]


class DraftPut(msgspec.Struct, frozen=True, tag=True):
    """A draft as it is now."""

    draft: Draft


class AccountsPut(msgspec.Struct, frozen=True, tag=True):
    """Accounts as they are now."""

    accounts: tuple[Account, ...]


class AccountsGone(msgspec.Struct, frozen=True, tag=True):
    """Accounts removed here."""

    ids: tuple[AccountId, ...]


class NotificationsPut(msgspec.Struct, frozen=True, tag=True):
    """Platform notifications, new or changed."""

    notifications: tuple[Notification, ...]


class DiskChanged(msgspec.Struct, frozen=True, tag=True):
    """The data folder's disk has begun to refuse what the store asks of it, or takes it again (`ill` None).

    Nothing is stored by it; its commit has the number of the one before.
    """

    ill: DiskIll | None


StoredChange = (
    MessagesPut
    | MessagesGone
    | ConversationsPut
    | ConversationsGone
    | OrdersPut
    | OrdersGone
    | OutboxPut
    | OutboxGone
    | DraftPut
    | AccountsPut
    | AccountsGone
    | NotificationsPut
    | DiskChanged
)


class Commit(msgspec.Struct, frozen=True):
    """All changes of one transaction. `number` grows by one with every commit of this database.

    A model that read its rows at commit n ignores commits up to n and applies later ones in order.
    """

    number: int
    changes: tuple[StoredChange, ...]

    def rows(self) -> int:
        """How many rows it touches, for pacing."""
        return sum(_rows(change) for change in self.changes)


def _rows(change: StoredChange) -> int:
    match change:
        case MessagesPut(messages=rows):
            return len(rows)
        case ConversationsPut(conversations=rows):
            return len(rows)
        case OrdersPut(orders=rows):
            return len(rows)
        case OutboxPut(items=rows):
            return len(rows)
        case _:
            return 1


class TypingChanged(msgspec.Struct, frozen=True, tag=True):
    """Who is typing in a conversation now (names, sorted); empty when nobody is."""

    conversation_id: ConversationId
    names: tuple[str, ...]


class PresenceChanged(msgspec.Struct, frozen=True, tag=True):
    """Whether the other side of a conversation is there. `as_of_us`: last sign of life, 0 = never."""

    conversation_id: ConversationId
    person_id: RemoteId
    state: PresenceState
    as_of_us: int


class PositionChanged(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Where the driver of an order is; shown as a card until it is too old. Units as in PositionSeen."""

    account_id: AccountId
    order_remote_id: RemoteId
    latitude: float
    longitude: float
    at_us: int
    speed_m_s: float | None = None
    heading_deg: float | None = None
    pickup_min: float | None = None
    destination_min: float | None = None


class AccountStatus(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """How one account stands; the engine sends a new one whenever a field changes."""

    account_id: AccountId
    connection: ConnectionState
    sign_in: SignInState = SignInState.OK
    latency_ms: int | None = None
    retry_at_us: int | None = None
    """Wall clock of the next automatic try, for a countdown; None: none is planned.

    While the sign-in is locked: when the server takes one again; it is never tried by itself.
    """
    synced_at_us: int | None = None
    reason: str = ""
    """Plain words of the server or system, cleaned; may be empty."""
    dropped: dict[str, int] = {}
    """Packets dropped since the start, by reason (malformed, foreign, ...): account health."""
    token_kept: bool = True
    """False: no keyring, the token is kept until the program quits."""


class NoticeRaised(msgspec.Struct, frozen=True, tag=True):
    """Something the person should know about an account, once."""

    account_id: AccountId
    code: NoticeCode
    detail: str = ""


class HistoryLoading(msgspec.Struct, frozen=True, tag=True):
    """The engine has begun (`busy`) or ended reading older messages or a gap of a conversation."""

    conversation_id: ConversationId
    busy: bool
    reaches_start: bool = False


class WholeHistoryMoved(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """How far the loading of a whole conversation has come."""

    conversation_id: ConversationId
    state: LoadState
    why: LoadWhy = LoadWhy.NONE
    messages: int = 0
    """So many are here, from the newest down without a hole, but for what DONE says was unreadable."""
    back_to_us: int = 0
    """When the oldest of them was sent; 0: none is here."""
    again_at_us: int = 0
    """Wall clock of the next try while it waits; 0: as soon as can be."""


class UploadMoved(msgspec.Struct, frozen=True, tag=True):
    """How much of the file of an intention has left; `sent_bytes` < 0: it is under way no more."""

    outgoing_id: OutgoingId
    sent_bytes: int
    size_bytes: int


News = (
    TypingChanged
    | PresenceChanged
    | PositionChanged
    | AccountStatus
    | NoticeRaised
    | HistoryLoading
    | WholeHistoryMoved
    | UploadMoved
)
"""Announced, never stored; only the last of its kind and subject matters."""
