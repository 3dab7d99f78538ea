"""Page reads for the thread of the window: by key, bounded, each with the commit that it shows."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import apsw

from chatdesk.domain.desk import PAGE_ROWS, Page, Snapshot
from chatdesk.domain.entities import Account, Conversation, Draft, Message, Order
from chatdesk.domain.errors import BugError, DamagedDatabase
from chatdesk.domain.ids import PENDING_CURSOR, ConversationId, Cursor, MessageId, OrderId
from chatdesk.store import rows
from chatdesk.store.by_time import Found, first_since
from chatdesk.store.connection import READ_ERRORS, Opening, one_view, open_reader, problem
from chatdesk.store.drafts import DRAFT
from chatdesk.store.touched import load_order

OLDER = (
    rows.MESSAGES
    + " WHERE conversation_id = ? AND (cursor, id) < (?, ?) ORDER BY cursor DESC, id DESC LIMIT ?"
)
NEWER = rows.MESSAGES + " WHERE conversation_id = ? AND (cursor, id) > (?, ?) ORDER BY cursor, id LIMIT ?"
NEWEST = rows.MESSAGES + " WHERE conversation_id = ? ORDER BY cursor DESC, id DESC LIMIT ?"
FIRST_CONVERSATIONS = rows.CONVERSATIONS + " ORDER BY c.activity_at_us DESC, c.id LIMIT ?"
LINKED = (
    rows.CONVERSATIONS
    + " JOIN conversations g ON g.customer_group = c.customer_group WHERE g.id = ?1 AND c.id <> ?1"
    + " ORDER BY c.activity_at_us DESC, c.id LIMIT ?2"
)
MOST_LINKED = 20
_TIMES = "SELECT cursor, id, sent_at_us FROM messages WHERE conversation_id = ? AND cursor "
BEFORE = _TIMES + "< ? ORDER BY cursor DESC, id DESC LIMIT 1"
SEEK = _TIMES + ">= ? ORDER BY cursor, id LIMIT 1"
COVERED = "SELECT 1 FROM ranges WHERE conversation_id = ? AND lo <= ? AND hi >= ? LIMIT 1"

STRETCHES = "SELECT lo, hi FROM ranges WHERE conversation_id = ? ORDER BY hi DESC LIMIT ?"


class Reader:
    """A read-only connection of the thread that made it. Raises StoreProblem where the disk fails."""

    def __init__(self, path: Path, opening: Opening = open_reader) -> None:
        self._path = path
        self._opening = opening
        try:
            self._con = opening(path)
        except apsw.Error as exc:
            raise problem(exc) or exc from exc
        self._is_spent = False
        """An error has ended a read: a cursor that it left open would keep the connection at what it saw."""
        self._thread = threading.get_ident()

    @contextmanager
    def _read(self) -> Iterator[int]:
        """One read transaction; gives the number of the newest commit in it."""
        if threading.get_ident() != self._thread:
            raise BugError("a reader belongs to the thread that made it")
        try:
            if self._is_spent:
                self.close()
                self._con = self._opening(self._path)
                self._is_spent = False
            with one_view(self._con):
                yield int(self._con.execute("SELECT number FROM commits").get)
        except (*READ_ERRORS, DamagedDatabase) as exc:
            self._is_spent = True
            found = problem(exc)
            if found is None:
                raise
            raise found from exc

    def newest_page(self, conversation: ConversationId, limit: int = PAGE_ROWS) -> Page:
        """The newest messages."""
        limit = _bounded(limit)
        with self._read() as commit:
            found = self._rows(NEWEST, conversation, limit + 1)
            return self._page(commit, conversation, found[:limit][::-1], len(found) > limit, has_newer=False)

    def older_page(
        self, conversation: ConversationId, before: tuple[Cursor, MessageId], limit: int = PAGE_ROWS
    ) -> Page:
        """Messages just before a position."""
        limit = _bounded(limit)
        with self._read() as commit:
            found = self._rows(OLDER, conversation, *before, limit + 1)
            has_newer = bool(self._rows(NEWER, conversation, before[0], before[1] - 1, 1))
            return self._page(
                commit, conversation, found[:limit][::-1], len(found) > limit, has_newer=has_newer
            )

    def newer_page(
        self, conversation: ConversationId, after: tuple[Cursor, MessageId], limit: int = PAGE_ROWS
    ) -> Page:
        """Messages just after a position."""
        limit = _bounded(limit)
        with self._read() as commit:
            found = self._rows(NEWER, conversation, *after, limit + 1)
            has_older = bool(self._rows(OLDER, conversation, after[0], after[1] + 1, 1))
            return self._page(commit, conversation, found[:limit], has_older, has_newer=len(found) > limit)

    def page_around(self, conversation: ConversationId, message: MessageId, limit: int = PAGE_ROWS) -> Page:
        """Messages around one, about as many before as after; empty when it is unknown."""
        limit = _bounded(limit)
        with self._read() as commit:
            middle = self._one(message)
            if middle is None or middle.conversation_id != conversation:
                return self._page(commit, conversation, [], has_older=False, has_newer=False)
            place = (middle.cursor, middle.id)
            older = self._rows(OLDER, conversation, *place, limit)
            newer = self._rows(NEWER, conversation, *place, limit)
            # The shorter side leaves its room to the other.
            after = min(len(newer), max((limit - 1) // 2, limit - 1 - len(older)))
            before = min(len(older), limit - 1 - after)
            shown = [*older[:before][::-1], middle, *newer[:after]]
            return self._page(commit, conversation, shown, len(older) > before, has_newer=len(newer) > after)

    def first_since(self, conversation: ConversationId, at_us: int) -> MessageId | None:
        """The first placed message sent at a moment or later, or the newest; None where there is none."""
        with self._read():

            def one(sql: str, *values: object) -> Found | None:
                row = self._con.execute(sql, (conversation, *values)).fetchone()
                return None if row is None else Found(*row)

            newest = one(BEFORE, PENDING_CURSOR)
            if newest is None:
                return None
            return MessageId(first_since(partial(one, SEEK), partial(one, BEFORE), newest, at_us).id)

    def _page(
        self,
        commit: int,
        conversation: ConversationId,
        messages: list[Message],
        has_older: bool,
        *,
        has_newer: bool,
    ) -> Page:
        return Page(
            commit=commit,
            messages=tuple(messages),
            has_older=has_older,
            has_newer=has_newer,
            gap_before=self._has_gap(conversation, messages),
        )

    def _has_gap(self, conversation: ConversationId, messages: list[Message]) -> bool:
        """Whether something may be missing between a page and what is before it (or the start)."""
        first = messages[0] if messages else None
        below = None
        if first is not None:
            older = self._rows(OLDER, conversation, first.cursor, first.id, 1)
            below = older[0] if older else None
        if first is None or first.cursor == PENDING_CURSOR:
            if below is not None:
                return False  # our own, not placed yet: they stand behind the newest, whatever that is
            return self._con.execute(COVERED, (conversation, "", "")).fetchone() is None
        start = "" if below is None else below.cursor
        return self._con.execute(COVERED, (conversation, start, first.cursor)).fetchone() is None

    def _rows(self, sql: str, *values: object) -> list[Message]:
        return [rows.message(row) for row in self._con.execute(sql, values)]

    def _one(self, message: MessageId) -> Message | None:
        found = self._rows(rows.MESSAGES + " WHERE id = ?", message)
        return found[0] if found else None

    def stretches(self, conversation: ConversationId) -> tuple[tuple[str, str], ...]:
        """What is here without a hole; a handful, since stretches that meet melt together."""
        with self._read():
            found = self._con.execute(STRETCHES, (conversation, PAGE_ROWS))
            return tuple((str(lo), str(hi)) for lo, hi in found)

    def message(self, message: MessageId) -> Message | None:
        """One message."""
        with self._read():
            return self._one(message)

    def conversation(self, conversation: ConversationId) -> Conversation | None:
        """One list row."""
        with self._read():
            row = self._con.execute(rows.CONVERSATIONS + " WHERE c.id = ?", (conversation,)).fetchone()
            return None if row is None else rows.conversation(row)

    def order(self, order: OrderId) -> Order | None:
        """One order in full."""
        with self._read():
            return load_order(self._con, order)

    def linked(self, conversation: ConversationId) -> tuple[Conversation, ...]:
        """The other conversations with the same customer, most recently active first; at most 20."""
        with self._read():
            found = self._con.execute(LINKED, (conversation, MOST_LINKED))
            return tuple(rows.conversation(row) for row in found)

    def draft(self, conversation: ConversationId) -> Draft:
        """The draft; version 0 and empty text when there was never one."""
        with self._read():
            row = self._con.execute(DRAFT, (conversation,)).fetchone()
            if row is None:
                return Draft(conversation_id=conversation, version=0, text="", saved_at_us=0)
            return rows.draft(row)

    def setting(self, key: str) -> str | None:
        """One remembered setting of the window."""
        with self._read():
            row = self._con.execute("SELECT value FROM settings WHERE key = ?", (key,)).fetchone()
            return None if row is None else str(row[0])

    def first_conversations(self, limit: int = PAGE_ROWS) -> Snapshot[Conversation]:
        """The most recently active conversations."""
        with self._read() as commit:
            found = self._con.execute(FIRST_CONVERSATIONS, (_bounded(limit),))
            return Snapshot(commit, tuple(rows.conversation(row) for row in found))

    def accounts(self) -> Snapshot[Account]:
        """All accounts."""
        with self._read() as commit:
            found = self._con.execute(rows.ACCOUNTS + " ORDER BY id")
            return Snapshot(commit, tuple(rows.account(row) for row in found))

    def close(self) -> None:
        """Close the connection."""
        with suppress(apsw.Error):
            self._con.close(True)


def _bounded(limit: int) -> int:
    return max(1, min(limit, PAGE_ROWS))
