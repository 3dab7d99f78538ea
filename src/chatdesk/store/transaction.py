"""One transaction of the writer, as its parts see it; and what the writer remembers of conversations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

import apsw
import msgspec

from chatdesk.domain.ids import AccountId, ConversationId, Cursor, MessageId, RemoteId
from chatdesk.domain.kinds import MessageKind
from chatdesk.domain.unread import Heard, counts
from chatdesk.store import rows
from chatdesk.store.journal import Record
from chatdesk.store.stamps import STAMP_BYTES, came_by_push
from chatdesk.store.touched import Shown, Touched

T = TypeVar("T")
_MOST_KEPT: Final = 4_000


class Mark(msgspec.Struct, eq=False):
    """How far one person has read a conversation."""

    person_id: RemoteId
    by_self: bool
    cursor: str = ""
    up_to_us: int = -1
    all_at: bytes = b""

    def covers(self, cursor: str, sent_at_us: int, first: bytes) -> bool:
        """Whether this person has read a message."""
        return cursor <= self.cursor or sent_at_us <= self.up_to_us or first[:STAMP_BYTES] <= self.all_at

    def lifts(self, sent_at_us: int, first: bytes) -> bool:
        """Whether a message that is covered moves the mark's cursor up to it.

        'Everything so far' does. A time covers message by message; but what the person has seen has one
        end, so there the newest that it covers counts.
        """
        return first[:STAMP_BYTES] <= self.all_at or (self.by_self and sent_at_us <= self.up_to_us)


class Derived(msgspec.Struct, frozen=True):
    """The derived columns of a conversation as they were last written, and what they come from."""

    unread: int
    waiting_since_us: int | None
    last_message_id: MessageId | None
    activity_at_us: int
    server_activity_us: int
    newest: tuple[str, int]
    """Cursor and id of the last message; ('', 0) where there is none."""


class ConversationState(msgspec.Struct, eq=False):
    """What applying needs to know of a conversation; written to the database wherever it is changed."""

    id: ConversationId
    account_id: AccountId
    seen_cursor: str
    """'' while nothing was seen."""
    self_read_at: bytes
    server_unread: int
    server_unread_at: bytes | None
    discovered_at: bytes
    baseline: str | None
    baseline_at: bytes | None
    lists_read_at: bytes | None
    newest_read_at: bytes
    """Stamp of the newest complete reading of its history."""
    has_tombstones: bool
    has_read_ids: bool
    marks: list[Mark]
    head_reads: list[tuple[bytes, str]]
    """Stamp and newest cursor of the last few head reads."""
    derived: Derived | None = None
    """None: to be worked out anew."""

    def live(self, first: bytes, cursor: str) -> bool:
        """Whether a message arrived since the first sign-in, or since the server's own number.

        A conversation found after the account's first sync has no stored past: all of it is live. Where the
        server gives a number, the first head read after it shows what that number has counted already.
        """
        if self.server_unread_at is not None:
            counted = self.counted_by_server()
            since = came_by_push(first) or (counted is not None and cursor > counted)
            return since and first[:STAMP_BYTES] > self.server_unread_at
        if came_by_push(first):
            return True
        if self.lists_read_at is not None and self.discovered_at > self.lists_read_at:
            return True
        return self.baseline is not None and cursor > self.baseline

    def counted_by_server(self) -> str | None:
        """The newest cursor that the first head read after the server's number showed; None: no read yet."""
        at = self.server_unread_at
        if at is None:
            return None
        later = [one for one in self.head_reads if one[0] > at]
        return min(later)[1] if later else None

    def counted(
        self, *, own: bool, kind: MessageKind, deleted: bool, read_here: bool, first: bytes, cursor: str
    ) -> bool:
        """Whether a message is unread as long as its cursor is above `seen_cursor`."""
        heard = Heard(cursor=Cursor(cursor), own=own, kind=kind, deleted=deleted, live=True)
        return counts(heard) and not read_here and self.live(first, cursor)

    def server_count(self) -> int:
        """The server's number, until somebody read here since."""
        at = self.server_unread_at
        return self.server_unread if at is not None and at > self.self_read_at else 0


class IndexState(msgspec.Struct, frozen=True):
    """How far the search index has come; see chatdesk.store.search_index."""

    up_to: MessageId
    """Every message up to this one is in it."""
    remains: int
    """Not 0: it still holds traces of what is gone."""


class Memory:
    """Conversations that the writer has met: all but `shown` is forgotten when anything is rolled back."""

    def __init__(self) -> None:
        self.states: dict[ConversationId, ConversationState] = {}
        self.ids: dict[tuple[AccountId, RemoteId], ConversationId] = {}
        self.shown: Shown = {}
        self.index: IndexState | None = None
        """None: to be read from the database."""

    def trim(self) -> None:
        """Stay small: a desk of many conversations is busy with few of them."""
        if len(self.states) > _MOST_KEPT:
            self.forget()
        if len(self.shown) > _MOST_KEPT:
            self.shown.clear()

    def forget(self) -> None:
        """Read everything anew from here on."""
        self.states.clear()
        self.ids.clear()
        self.index = None


class Tx:
    """One operation inside the writer's transaction."""

    def __init__(self, con: apsw.Connection, memory: Memory, run: int, now_us: int) -> None:
        self.con = con
        self.memory = memory
        self.run = run
        """Number of this start of the program; goes in front of every stamp."""
        self.now_us = now_us
        """Wall clock, the same for the whole transaction."""
        self.touched = Touched()
        self.records: list[Record] = []
        """For the journal, on disk before this transaction commits."""

    def one(self, sql: str, *values: Any) -> tuple[Any, ...] | None:
        """The first row, or None."""
        found: tuple[Any, ...] | None = self.con.execute(sql, values).fetchone()
        return found

    def all(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Every row."""
        return self.con.execute(sql, values).fetchall()

    def run_sql(self, sql: str, *values: Any) -> None:
        """A statement that returns nothing."""
        self.con.execute(sql, values)

    def isolated(self, work: Callable[[], T]) -> T:
        """Do a part of the transaction so that its failure undoes that part alone."""
        outer, self.touched = self.touched, Touched()
        recorded = len(self.records)
        self.con.execute("SAVEPOINT part")
        try:
            result = work()
        except BaseException:
            self.touched = outer
            del self.records[recorded:]
            self.memory.forget()
            if self.con.in_transaction:  # a full disk may have ended it all
                self.con.execute("ROLLBACK TO part")
                self.con.execute("RELEASE part")
            raise
        self.con.execute("RELEASE part")
        outer.merge(self.touched)
        self.touched = outer
        return result

    def drop(self, account: AccountId, reason: str) -> None:
        """Count an event that is not applied."""
        self.run_sql(
            "INSERT INTO dropped VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET count = count + 1",
            account,
            reason,
        )

    def account_name(self, account: AccountId) -> str:
        """Platform, server, user and seat: what names an account outside this database."""
        row = self.one(rows.ACCOUNT_NAME + " WHERE id = ?", account)
        return "" if row is None else rows.account_name(row)

    def conversation(self, account: AccountId, remote_id: RemoteId) -> ConversationState | None:
        """A conversation of the account's; None where it has none of that id."""
        known = self.memory.ids.get((account, remote_id))
        if known is None:
            row = self.one(
                "SELECT id FROM conversations WHERE account_id = ? AND remote_id = ?", account, remote_id
            )
            if row is None:
                return None
            known = self.memory.ids[account, remote_id] = ConversationId(row[0])
        return self.state(known)

    def state(self, conversation: ConversationId) -> ConversationState:
        """A conversation that exists."""
        known = self.memory.states.get(conversation)
        if known is None:
            known = self.memory.states[conversation] = self._load(conversation)
        return known

    def _load(self, conversation: ConversationId) -> ConversationState:
        row = self.one(
            "SELECT c.account_id, c.seen_cursor, c.self_read_at, c.server_unread, c.server_unread_at,"
            " c.discovered_at, c.baseline, c.baseline_at, a.lists_read_at,"
            " (SELECT max(h.at) FROM history_reads h WHERE h.conversation_id = c.id),"
            " EXISTS (SELECT 1 FROM tombstones t WHERE t.conversation_id = c.id),"
            " EXISTS (SELECT 1 FROM read_ids r WHERE r.conversation_id = c.id)"
            " FROM conversations c JOIN accounts a ON a.id = c.account_id WHERE c.id = ?",
            conversation,
        )
        if row is None:
            raise LookupError(f"conversation {conversation}")
        marks = self.all(
            "SELECT person_id, by_self, cursor, up_to_us, all_at FROM read_marks WHERE conversation_id = ?",
            conversation,
        )
        return ConversationState(
            id=conversation,
            account_id=row[0],
            seen_cursor=row[1] or "",
            self_read_at=row[2] or b"",
            server_unread=row[3],
            server_unread_at=row[4],
            discovered_at=row[5],
            baseline=row[6],
            baseline_at=row[7],
            lists_read_at=row[8],
            newest_read_at=row[9] or b"",
            has_tombstones=bool(row[10]),
            has_read_ids=bool(row[11]),
            marks=[Mark(m[0], bool(m[1]), m[2], m[3], m[4]) for m in marks],
            head_reads=[
                (at, newest)
                for at, newest in self.all(
                    "SELECT at, newest FROM head_reads WHERE conversation_id = ?", conversation
                )
            ],
        )

    def see(self, state: ConversationState, cursor: str) -> bool:
        """Move what the person has seen forward. False where it is there already."""
        if cursor <= state.seen_cursor:
            return False
        state.seen_cursor = cursor
        self.run_sql("UPDATE conversations SET seen_cursor = ? WHERE id = ?", cursor, state.id)
        self.touched.conversations.add(state.id)
        self.touched.dirty.add(state.id)
        return True

    def self_read(self, state: ConversationState, at: bytes) -> None:
        """The person has read here, or written from somewhere, at a stamp: the server's number is spent."""
        if at > state.self_read_at:
            state.self_read_at = at
            self.run_sql("UPDATE conversations SET self_read_at = ? WHERE id = ?", at, state.id)
            self.touched.dirty.add(state.id)
