"""Reads that may take longer than a frame: whole lists, and what engines ask. On a thread of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import Final, TypeVar

import apsw
import msgspec

from chatdesk.domain.desk import KnownConversation, Removal, Snapshot
from chatdesk.domain.entities import Account, Conversation, Message, Notification, Order, Outgoing, StatusStep
from chatdesk.domain.errors import DamagedDatabase, NotPossible, StoreProblem
from chatdesk.domain.facts import Learnt
from chatdesk.domain.ids import (
    PENDING_CURSOR,
    AccountId,
    ConversationId,
    MessageId,
    OrderId,
    OutgoingId,
    RemoteId,
)
from chatdesk.domain.kinds import Lifecycle
from chatdesk.store import ledger, rows
from chatdesk.store.closing import WRITABLE
from chatdesk.store.connection import READ_ERRORS, Opening, one_view, open_reader, problem

T = TypeVar("T")
HEAD_IDS: Final = 50
_MOST_NOTIFICATIONS: Final = 200
Read = Callable[[apsw.Connection], T]


class ListReader:
    """One thread, one read-only connection. What was committed before a read was asked, it sees."""

    def __init__(self, path: Path, on_damage: Callable[[], None], opening: Opening = open_reader) -> None:
        """on_damage: called on the thread where something is found that nobody has written so."""
        self._path = path
        self._opening = opening
        self._on_damage = on_damage
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="chatdesk-lists")
        self._con: apsw.Connection | None = None

    def ask(self, read: Read[T]) -> Future[T]:
        """Do a read in one transaction. The future fails with WorldErrors."""
        try:
            return self._pool.submit(self._do, read)
        except RuntimeError:
            failed: Future[T] = Future()
            failed.set_exception(StoreProblem("the store is closed"))
            return failed

    def _do(self, read: Read[T]) -> T:
        try:
            if self._con is None:
                self._con = self._opening(self._path)
            with one_view(self._con):
                return read(self._con)
        except (*READ_ERRORS, DamagedDatabase) as exc:
            found = problem(exc)
            if isinstance(found, DamagedDatabase):
                self._on_damage()
            # A cursor that the error has left open would keep this connection at what it sees now.
            self._shut()
            self._con = None
            raise found or exc from exc

    def close(self) -> None:
        """Do what was asked, then stop."""
        try:
            self._pool.submit(self._shut)
        except RuntimeError:
            return  # closed before
        self._pool.shutdown()

    def _shut(self) -> None:
        if self._con is not None:
            with suppress(apsw.Error):
                self._con.close(True)


def _commit(con: apsw.Connection) -> int:
    return int(con.execute("SELECT number FROM commits").get)


def conversations(con: apsw.Connection) -> Snapshot[Conversation]:
    """Every conversation, most recently active first."""
    found = con.execute(rows.CONVERSATIONS + " ORDER BY c.activity_at_us DESC, c.id")
    return Snapshot(_commit(con), tuple(rows.conversation(row) for row in found))


def orders(con: apsw.Connection) -> Snapshot[Order]:
    """Every order, newest first."""
    steps: dict[OrderId, list[StatusStep]] = {}
    for order, *step in con.execute("SELECT order_id, status, label, at_us FROM order_steps ORDER BY id"):
        steps.setdefault(order, []).append(rows.status_step(tuple(step)))
    found = con.execute(rows.ORDERS + " ORDER BY o.created_at_us DESC, o.id DESC")
    return Snapshot(_commit(con), tuple(rows.order(row, tuple(steps.get(row[0], ()))) for row in found))


def outbox(con: apsw.Connection) -> Snapshot[Outgoing]:
    """Every unsettled intention, in the order of pressing."""
    found = con.execute(rows.OUTBOX + f" WHERE {rows.WAITING} ORDER BY position")
    return Snapshot(_commit(con), tuple(rows.outgoing(row) for row in found))


def notifications(con: apsw.Connection, account: AccountId) -> Snapshot[Notification]:
    """Newest first."""
    found = con.execute(
        rows.NOTIFICATIONS + " WHERE account_id = ? AND gone = 0 ORDER BY at_us DESC LIMIT ?",
        (account, _MOST_NOTIFICATIONS),
    )
    return Snapshot(_commit(con), tuple(rows.notification(row) for row in found))


def accounts(con: apsw.Connection) -> Snapshot[Account]:
    """All accounts."""
    found = con.execute(rows.ACCOUNTS + " ORDER BY id")
    return Snapshot(_commit(con), tuple(rows.account(row) for row in found))


def account(con: apsw.Connection, wanted: AccountId) -> Account:
    """One account. Raises NotPossible where there is none."""
    row = con.execute(rows.ACCOUNTS + " WHERE id = ?", (wanted,)).fetchone()
    if row is None:
        raise NotPossible("no such account")
    return rows.account(row)


def removal(con: apsw.Connection, wanted: AccountId) -> Removal:
    """What removing an account would delete. Raises NotPossible where there is none."""
    account(con, wanted)
    found = con.execute(
        "SELECT (SELECT count(*) FROM conversations WHERE account_id = ?1),"
        " (SELECT count(*) FROM messages m JOIN conversations c ON c.id = m.conversation_id"
        "   WHERE c.account_id = ?1),"
        " (SELECT count(*) FROM drafts d JOIN conversations c ON c.id = d.conversation_id"
        "   WHERE c.account_id = ?1 AND (d.text <> '' OR d.other <> '')),"
        " (SELECT count(*) FROM outbox WHERE account_id = ?1 AND kind IN ('send', 'upload')"
        "   AND state = 'queued'),"
        " (SELECT count(*) FROM outbox WHERE account_id = ?1 AND kind IN ('send', 'upload')"
        "   AND state IN ('in_flight', 'uncertain', 'parked'))",
        (wanted,),
    )
    ((conversations, messages, drafts, queued, undecided),) = found
    return Removal(
        conversations=conversations, messages=messages, drafts=drafts, queued=queued, undecided=undecided
    )


def message_info(con: apsw.Connection, message: MessageId) -> tuple[tuple[int, str], ...]:
    """The ledger's story of an own message."""
    row = con.execute("SELECT outgoing_id FROM messages WHERE id = ?", (message,)).fetchone()
    return () if row is None or row[0] is None else ledger.story(con, row[0])


def unsettled(con: apsw.Connection, account: AccountId) -> tuple[Outgoing, ...]:
    """Every unsettled intention of an account, in the order of pressing."""
    found = con.execute(
        rows.OUTBOX + f" WHERE account_id = ? AND {rows.WAITING} ORDER BY position", (account,)
    )
    return tuple(rows.outgoing(row) for row in found)


def known_conversations(con: apsw.Connection, account: AccountId) -> tuple[KnownConversation, ...]:
    """Conversations with what is known of their heads, most recently active first."""
    found = con.execute(
        "SELECT id, remote_id, order_remote_id, lifecycle, activity_at_us FROM conversations"
        " WHERE account_id = ? ORDER BY activity_at_us DESC, id",
        (account,),
    ).fetchall()
    return tuple(_known(con, row) for row in found)


def _known(con: apsw.Connection, row: rows.Row) -> KnownConversation:
    head: list[rows.Row] = con.execute(
        "SELECT remote_id, cursor, outgoing_id FROM messages WHERE conversation_id = ? AND cursor < ?"
        " AND remote_id IS NOT NULL ORDER BY cursor DESC, id DESC LIMIT ?",
        (row[0], PENDING_CURSOR, HEAD_IDS),
    ).fetchall()
    top = bottom = ""
    if head:
        # Our own newest ones are no sign of a gap: we know of them from sending, not from reading.
        top = next((cursor for _, cursor, outgoing in head if outgoing is None), head[0][1])
        bottom = min(head[-1][1], top)
    covered = con.execute(
        "SELECT 1 FROM ranges WHERE conversation_id = ? AND lo <= ? AND hi >= ? LIMIT 1",
        (row[0], bottom, top),
    ).fetchone()
    return KnownConversation(
        id=row[0],
        remote_id=row[1],
        order_remote_id=row[2],
        newest_cursor=head[0][1] if head else None,
        newest_ids=tuple(one[0] for one in head),
        head_complete=covered is not None,
        open_writes=Lifecycle(row[3]) in WRITABLE,
        activity_at_us=row[4],
    )


def last_attempt_watermark(con: apsw.Connection, outgoing: OutgoingId) -> tuple[frozenset[RemoteId], bool]:
    """Watermark ids of an item's attempts, and whether every one was complete. No attempt: not complete."""
    ids: set[RemoteId] = set()
    complete: list[bool] = []
    for watermark, is_complete in con.execute(
        "SELECT watermark, watermark_complete FROM attempts WHERE outgoing_id = ?", (outgoing,)
    ):
        ids.update(msgspec.json.decode(watermark, type=tuple[RemoteId, ...]))
        complete.append(bool(is_complete))
    return frozenset(ids), bool(complete) and all(complete)


def candidates(
    con: apsw.Connection, conversation: ConversationId, outside: frozenset[RemoteId]
) -> tuple[Message, ...]:
    """Own messages that no item is bound to and that a watermark does not hold, in reading order.

    What is older than all of the watermark is outside the window. Deleted ones count, with their text and
    extras: they have arrived.
    """
    known = msgspec.json.encode(sorted(outside)).decode()
    floor = con.execute(
        "SELECT min(cursor) FROM messages WHERE conversation_id = ?"
        " AND remote_id IN (SELECT value FROM json_each(?))",
        (conversation, known),
    ).get
    found = con.execute(
        rows.MESSAGES + " WHERE conversation_id = ? AND own = 1 AND cursor > ? AND cursor < ?"
        " AND remote_id IS NOT NULL AND outgoing_id IS NULL ORDER BY cursor, id",
        (conversation, floor or "", PENDING_CURSOR),
    )
    return tuple(
        msgspec.structs.replace(rows.message(row), text=row[8], extras=rows.extras(row[19]))
        for row in found
        if row[2] not in outside
    )


def learnt(con: apsw.Connection, account: AccountId, now_us: int) -> Mapping[str, Learnt]:
    """Facts that have not expired."""
    found = con.execute(
        "SELECT key, value, expires_at_us FROM learnt WHERE account_id = ? AND expires_at_us > ?",
        (account, now_us),
    )
    return MappingProxyType({row[0]: Learnt(row[1], row[2]) for row in found})


def dropped_counts(con: apsw.Connection, account: AccountId) -> Mapping[str, int]:
    """How many events were not applied, by reason."""
    found = con.execute("SELECT reason, count FROM dropped WHERE account_id = ?", (account,))
    return MappingProxyType({row[0]: row[1] for row in found})


def conversation_of(con: apsw.Connection, account: AccountId, remote_id: RemoteId) -> ConversationId | None:
    """The local id of a conversation."""
    row = con.execute(
        "SELECT id FROM conversations WHERE account_id = ? AND remote_id = ?", (account, remote_id)
    ).fetchone()
    return None if row is None else ConversationId(row[0])
