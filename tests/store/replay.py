"""A view that knows the store only from one snapshot and the commits after it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import msgspec

from chatdesk.domain.changes import (
    AccountsGone,
    AccountsPut,
    Commit,
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
)
from chatdesk.domain.desk import PAGE_ROWS
from chatdesk.domain.outbox import WAITING
from chatdesk.store import Store
from tests.store.making import WAIT_S, reading

Rows = dict[Any, Any]


class Replay:
    """Tables by name, kept right by change records alone; and what was wrong with the records."""

    def __init__(self, store: Store) -> None:
        self.tables: dict[str, Rows] = {
            name: {}
            for name in (
                "accounts",
                "orders",
                "conversations",
                "messages",
                "outbox",
                "drafts",
                "notifications",
            )
        }
        self.number = 0
        self.faults: list[str] = []
        self._lock = threading.Lock()
        self._end = store.subscribe(self.take)

    def stop(self) -> None:
        self._end()

    def take(self, commit: Commit) -> None:
        with self._lock:
            if commit.number != self.number + 1:
                self.faults.append(f"commit {commit.number} after {self.number}")
            self.number = commit.number
            kinds = [(type(one), getattr(one, "conversation_id", None)) for one in commit.changes]
            if len(set(kinds)) != len(kinds) and DraftPut not in {kind for kind, _ in kinds}:
                self.faults.append(f"commit {commit.number}: not coalesced")
            for change in commit.changes:
                self._apply(change)

    def _put(self, table: str, key: Any, row: Any) -> None:
        if self.tables[table].get(key) == row:
            self.faults.append(f"{table} {key}: nothing new in {self.number}")
        self.tables[table][key] = row

    def _gone(self, table: str, key: Any) -> None:
        if self.tables[table].pop(key, None) is None:
            self.faults.append(f"{table} {key}: gone in {self.number}, never there")

    def _apply(self, change: msgspec.Struct) -> None:
        table, keys = _TABLES[type(change)]
        rows = getattr(change, msgspec.structs.fields(change)[-1].name)
        if isinstance(change, MessagesPut):
            self._check_messages(change)
        for row in rows if isinstance(rows, tuple) else (rows,):
            if keys is None:
                self._gone(table, row)
                self._forget_children(table, row)
            elif table == "outbox" and row.state not in WAITING:
                self.tables["outbox"].pop(row.id, None)
            else:
                self._put(table, keys(row), row)

    def _check_messages(self, change: MessagesPut) -> None:
        rows = change.messages
        if list(rows) != sorted(rows, key=lambda row: (row.cursor, row.id)):
            self.faults.append(f"commit {self.number}: messages out of order")
        if any(row.conversation_id != change.conversation_id for row in rows):
            self.faults.append(f"commit {self.number}: a message under another conversation")

    def _forget_children(self, table: str, key: Any) -> None:
        """What hangs on a conversation or an account goes with it, without a record of its own."""
        if table == "conversations":
            self.tables["drafts"].pop(key, None)
            messages = self.tables["messages"]
            for one in [one for one, row in messages.items() if row.conversation_id == key]:
                del messages[one]
        elif table == "accounts":
            for one in [one for one in self.tables["notifications"] if one[0] == key]:
                del self.tables["notifications"][one]


_TABLES: dict[type[msgspec.Struct], tuple[str, Callable[[Any], Any] | None]] = {
    AccountsPut: ("accounts", lambda row: row.id),
    OrdersPut: ("orders", lambda row: row.id),
    ConversationsPut: ("conversations", lambda row: row.id),
    MessagesPut: ("messages", lambda row: row.id),
    OutboxPut: ("outbox", lambda row: row.id),
    NotificationsPut: ("notifications", lambda row: (row.account_id, row.remote_id)),
    DraftPut: ("drafts", lambda row: row.conversation_id),
    MessagesGone: ("messages", None),
    ConversationsGone: ("conversations", None),
    OrdersGone: ("orders", None),
    OutboxGone: ("outbox", None),
    AccountsGone: ("accounts", None),
}
"""Table and key of each kind of record; no key: what is gone."""


def snapshot(store: Store) -> dict[str, Rows]:
    """The same tables, read from the store."""
    conversations = store.conversations().result(WAIT_S).rows
    accounts = store.accounts().result(WAIT_S).rows
    messages: Rows = {}
    drafts: Rows = {}
    with reading(store) as reader:
        for place in conversations:
            page = reader.newest_page(place.id)
            while page.messages:
                messages |= {row.id: row for row in page.messages}
                first = page.messages[0]
                page = reader.older_page(place.id, (first.cursor, first.id), PAGE_ROWS)
            draft = reader.draft(place.id)
            if draft.version:
                drafts[place.id] = draft
    return {
        "accounts": {row.id: row for row in accounts},
        "orders": {row.id: row for row in store.orders().result(WAIT_S).rows},
        "conversations": {row.id: row for row in conversations},
        "messages": messages,
        "outbox": {row.id: row for row in store.outbox().result(WAIT_S).rows},
        "drafts": drafts,
        "notifications": {
            (row.account_id, row.remote_id): row
            for account in accounts
            for row in store.notifications(account.id).result(WAIT_S).rows
        },
    }
