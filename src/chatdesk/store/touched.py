"""What one transaction has touched, and the change records that come of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple, TypeVar

import apsw
import msgspec

from chatdesk.domain.changes import (
    AccountsGone,
    AccountsPut,
    ConversationsGone,
    ConversationsPut,
    DraftPut,
    MessagesGone,
    MessagesPut,
    NotificationsPut,
    OrdersGone,
    OrdersPut,
    OutboxGone,
    OutboxPut,
    StoredChange,
)
from chatdesk.domain.entities import Conversation, Message, Order
from chatdesk.domain.ids import AccountId, ConversationId, MessageId, OrderId, OutgoingId, RemoteId
from chatdesk.domain.ordering import position
from chatdesk.store import rows

T = TypeVar("T")


class Reworded(msgspec.Struct, frozen=True):
    """A row of the search index. `words` None: it has none, for the message is deleted."""

    key: int
    words: str | None


class Arrived(NamedTuple):
    """A message that was inserted, as far as the columns that are derived from it go."""

    cursor: str
    id: MessageId
    sent_at_us: int
    own: bool
    deleted: bool
    is_system: bool
    counted: bool


class Touched(msgspec.Struct, eq=False):
    """Ids of rows that a view must hear of, and conversations whose derived columns may be out of date."""

    accounts: set[AccountId] = msgspec.field(default_factory=set)
    accounts_gone: set[AccountId] = msgspec.field(default_factory=set)
    orders: set[OrderId] = msgspec.field(default_factory=set)
    orders_gone: set[OrderId] = msgspec.field(default_factory=set)
    conversations: set[ConversationId] = msgspec.field(default_factory=set)
    conversations_gone: set[ConversationId] = msgspec.field(default_factory=set)
    messages: dict[ConversationId, set[MessageId]] = msgspec.field(default_factory=dict)
    messages_gone: dict[ConversationId, set[MessageId]] = msgspec.field(default_factory=dict)
    outbox: set[OutgoingId] = msgspec.field(default_factory=set)
    outbox_gone: set[OutgoingId] = msgspec.field(default_factory=set)
    drafts: set[ConversationId] = msgspec.field(default_factory=set)
    notifications: set[tuple[AccountId, RemoteId]] = msgspec.field(default_factory=set)
    dirty: set[ConversationId] = msgspec.field(default_factory=set)
    reworded: dict[MessageId, Reworded] = msgspec.field(default_factory=dict)
    """Messages that have changed or gone, with what the search index holds of them."""
    fresh: dict[MessageId, rows.Row] = msgspec.field(default_factory=dict)
    """What was inserted and does not look different since, as `rows.MESSAGES` would read it."""
    arrived: dict[ConversationId, list[Arrived]] = msgspec.field(default_factory=dict)
    """What was inserted, for the derived columns of conversations that are not `dirty` for another reason."""
    ledger: bool = False
    """The ledger has grown: the commit must be on disk before anybody hears of it."""

    def message(self, conversation: ConversationId, message: MessageId) -> None:
        """A message is new or looks different."""
        self.fresh.pop(message, None)
        self.messages.setdefault(conversation, set()).add(message)
        self.dirty.add(conversation)

    def newcomer(self, conversation: ConversationId, arrived: Arrived, row: rows.Row) -> None:
        """A message was inserted; `row` as `rows.MESSAGES` would read it."""
        self.messages.setdefault(conversation, set()).add(arrived.id)
        self.arrived.setdefault(conversation, []).append(arrived)
        self.fresh[arrived.id] = row

    def message_gone(self, conversation: ConversationId, message: MessageId) -> None:
        """A message row was deleted."""
        self.fresh.pop(message, None)
        self.messages_gone.setdefault(conversation, set()).add(message)
        self.dirty.add(conversation)

    def merge(self, other: Touched) -> None:
        """Take over what another part of the same transaction has touched."""
        for name in (
            "accounts",
            "accounts_gone",
            "orders",
            "orders_gone",
            "conversations",
            "conversations_gone",
            "outbox",
            "outbox_gone",
            "drafts",
            "notifications",
            "dirty",
        ):
            if found := getattr(other, name):
                getattr(self, name).update(found)
        for conversation, ids in other.messages.items():
            self.messages.setdefault(conversation, set()).update(ids)
            if self.fresh:
                for changed in self.fresh.keys() & ids:
                    del self.fresh[changed]
        self.fresh |= other.fresh
        for conversation, arrived in other.arrived.items():
            self.arrived.setdefault(conversation, []).extend(arrived)
        for conversation, ids in other.messages_gone.items():
            self.messages_gone.setdefault(conversation, set()).update(ids)
            for changed in self.fresh.keys() & ids:
                del self.fresh[changed]
        self.reworded = other.reworded | self.reworded  # what was first is what the index still holds
        self.ledger = self.ledger or other.ledger


Shown = dict[ConversationId, Conversation]
"""List rows as the last commit that put them showed them."""


def changes(con: apsw.Connection, touched: Touched, shown: Shown) -> tuple[StoredChange, ...]:
    """The records of a transaction, read inside it: at most one of each kind (and conversation).

    What is gone comes before what is put, parents come before children. List rows that look as they did are
    left out: much that happens to a message can't be seen in the list.
    """
    found: list[StoredChange] = []
    if touched.accounts_gone:
        found.append(AccountsGone(tuple(sorted(touched.accounts_gone))))
    if touched.orders_gone:
        found.append(OrdersGone(tuple(sorted(touched.orders_gone))))
    if touched.conversations_gone:
        found.append(ConversationsGone(tuple(sorted(touched.conversations_gone))))
    if touched.outbox_gone:
        found.append(OutboxGone(tuple(sorted(touched.outbox_gone))))
    if accounts := _each(con, rows.ACCOUNTS + " WHERE id = ?", sorted(touched.accounts), rows.account):
        found.append(AccountsPut(accounts))
    if orders := tuple(o for i in sorted(touched.orders) if (o := load_order(con, i)) is not None):
        found.append(OrdersPut(orders))
    conversations = tuple(
        row
        for row in _each(
            con, rows.CONVERSATIONS + " WHERE c.id = ?", sorted(touched.conversations), rows.conversation
        )
        if shown.get(row.id) != row
    )
    if conversations:
        found.append(ConversationsPut(conversations))
        shown.update((row.id, row) for row in conversations)
    for gone in touched.conversations_gone:
        shown.pop(gone, None)
        for message in touched.messages.get(gone, ()):
            touched.fresh.pop(message, None)
    found += (
        MessagesGone(conversation, tuple(sorted(ids)))
        for conversation, ids in sorted(touched.messages_gone.items())
        if conversation not in touched.conversations_gone
    )
    found += (
        MessagesPut(conversation, messages)
        for conversation, ids in sorted(touched.messages.items())
        if (
            messages := _messages(
                con, ids, {} if conversation in touched.conversations_gone else touched.fresh
            )
        )
    )
    if items := _each(con, rows.OUTBOX + " WHERE id = ?", sorted(touched.outbox), rows.outgoing):
        found.append(OutboxPut(tuple(sorted(items, key=lambda item: item.position))))
    found += (
        DraftPut(draft)
        for draft in _each(
            con,
            rows.DRAFTS + " WHERE conversation_id = ?",
            sorted(touched.drafts),
            rows.draft,
        )
    )
    notifications = tuple(
        rows.notification(row)
        for key in sorted(touched.notifications)
        for row in con.execute(rows.NOTIFICATIONS + " WHERE account_id = ? AND remote_id = ?", key)
    )
    if notifications:
        found.append(NotificationsPut(notifications))
    return tuple(found)


def load_order(con: apsw.Connection, order: OrderId) -> Order | None:
    """One order in full."""
    row = con.execute(rows.ORDERS + " WHERE o.id = ?", (order,)).fetchone()
    if row is None:
        return None
    return rows.order(row, tuple(rows.status_step(step) for step in con.execute(rows.STEPS, (order,))))


def _each(
    con: apsw.Connection, sql: str, ids: Iterable[int | str], make: Callable[[rows.Row], T]
) -> tuple[T, ...]:
    return tuple(make(row) for one in ids for row in con.execute(sql, (one,)))


def _messages(
    con: apsw.Connection, ids: set[MessageId], fresh: Mapping[MessageId, rows.Row]
) -> tuple[Message, ...]:
    loaded = [rows.message(fresh[one]) for one in ids if one in fresh]
    if len(loaded) < len(ids):
        loaded += _each(con, rows.MESSAGES + " WHERE id = ?", ids - fresh.keys(), rows.message)
    return tuple(sorted(loaded, key=position))
