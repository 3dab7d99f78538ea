"""The one thread that writes: group commit, commit numbers, and the order in which everybody hears of it.

An idle writer commits at once. While it commits, what arrives gathers and is the next batch; no timer.
A batch runs on the durable connection when any of its operations must be on disk before it is answered.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Final, TypeVar

import apsw
import msgspec

from chatdesk.domain.changes import Commit, DiskChanged
from chatdesk.domain.desk import NewAccount
from chatdesk.domain.entities import Outgoing
from chatdesk.domain.errors import ChatdeskError, DamagedDatabase, DiskTrouble, StoreProblem
from chatdesk.domain.kinds import DiskIll
from chatdesk.domain.ports import Witness
from chatdesk.store import accounts, derived, ledger, rebuild, rows, search_index
from chatdesk.store.checkpoints import Checkpoints
from chatdesk.store.connection import READ_ERRORS, ill_of, open_writer, problem
from chatdesk.store.journal import Drafted, Journal, Reaches
from chatdesk.store.search_index import Indexer
from chatdesk.store.touched import changes
from chatdesk.store.transaction import Memory, Tx

_log = logging.getLogger(__name__)

T = TypeVar("T")
BATCH_ROWS: Final = 500
_CHECKPOINT_PAGES: Final = 1_000
_IDLE_S: Final = 0.05
_LONG_LOG_PAGES: Final = 4_000
_MOST_LOG_PAGES: Final = 10_000
_ANCHOR_S: Final = 60.0


class _Op(msgspec.Struct, eq=False):
    work: Callable[[Tx], Any]
    future: Future[Any]
    durable: bool
    rows: int
    answers_number: bool
    """The future completes with the commit's number instead of what `work` returns."""
    result: Any = None
    error: BaseException | None = None


class Writer:
    """Owns both writing connections; everything is asked by `submit`."""

    def __init__(
        self,
        path: Path,
        journal: Journal,
        *,
        run: int,
        now_us: Callable[[], int],
        witness: Witness | None = None,
    ) -> None:
        self._path = path
        self._journal = journal
        self._journal_strayed = True
        """The journal may hold records whose transaction did not commit."""
        self._journal_ill: DiskIll | None = None
        """Why it could not be put right the last time."""
        self._told_ill: DiskIll | None = None
        """What everybody has heard of the disk."""
        self._number = 0
        """Of the newest commit that was told."""
        self._anchored_at = time.monotonic()
        self._has_unanchored = False
        self._run = run
        self._now_us = now_us
        self._witness = witness
        self._memory = Memory()
        self._queue: deque[_Op] = deque()
        self._wake = threading.Condition()
        self._closing = False
        self._log_pages = 0
        self._checkpoints = Checkpoints(path)
        self._listeners: tuple[Callable[[Commit], None], ...] = ()
        self._thread = threading.Thread(target=self._main, name="chatdesk-writer", daemon=True)
        self._opened: Future[None] = Future()
        self._thread.start()
        self._opened.result()

    # -- from any thread --------------------------------------------------------------------------------

    def submit(self, work: Callable[[Tx], T], *, durable: bool, rows: int = 1) -> Future[T]:
        """Do `work` in the next transaction. The future completes after COMMIT, or fails, nothing changed.

        It can't be cancelled: what was asked is done, whoever still waits for it.
        """
        future: Future[T] = Future()
        return self._put(_Op(work, future, durable, rows, answers_number=False))

    def submit_numbered(self, work: Callable[[Tx], None], *, rows: int) -> Future[int]:
        """As `submit`, not durable, but the future completes with the number of the commit."""
        future: Future[int] = Future()
        return self._put(_Op(work, future, False, rows, answers_number=True))

    def _put(self, op: _Op) -> Future[Any]:
        op.future.set_running_or_notify_cancel()
        with self._wake:
            if self._closing:
                op.future.set_exception(StoreProblem("the store is closed"))
            else:
                self._queue.append(op)
                self._wake.notify()
        return op.future

    def subscribe(self, listener: Callable[[Commit], None]) -> Callable[[], None]:
        """See DeskStore.subscribe."""
        with self._wake:
            self._listeners = (*self._listeners, listener)

        def end() -> None:
            with self._wake:
                self._listeners = tuple(one for one in self._listeners if one is not listener)

        return end

    def close(self) -> None:
        """Do what was submitted, mark the clean end, stop."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._thread.join()

    # -- on the writer's thread -------------------------------------------------------------------------

    def _main(self) -> None:
        try:
            self._quick = open_writer(self._path, durable=False)
            self._durable = open_writer(self._path, durable=True)
            for con in (self._quick, self._durable):
                con.set_wal_hook(self._logged)
            self._indexer = Indexer(self._quick, self._memory)
        except BaseException as exc:  # noqa: BLE001 - whoever opens the store is told
            self._opened.set_exception(problem(exc) or exc if isinstance(exc, Exception) else exc)
            return
        self._opened.set_result(None)
        self._void_strays()
        while (batch := self._take()) is not None:
            self._commit(batch)
        self._end()

    def _void_strays(self) -> None:
        """What the run before has recorded and not committed was never promised: it goes at once."""
        try:
            self._straighten_journal()
        except (*READ_ERRORS, StoreProblem) as exc:
            _log.warning("the journal was not looked at: %s", type(exc).__name__)
            if isinstance(problem(exc), DamagedDatabase):
                self._mark_damaged()

    def _logged(self, _con: apsw.Connection, _name: str, pages: int) -> int:
        self._log_pages = pages
        return apsw.SQLITE_OK

    def _take(self) -> list[_Op] | None:
        """The next batch; None at the end. An idle moment is used to empty the write-ahead log."""
        with self._wake:
            while not self._queue:
                if self._closing:
                    return None
                if not self._wake.wait(self._patience_s()):
                    break
            batch: list[_Op] = []
            rows = 0
            while self._queue and (not batch or rows + self._queue[0].rows <= BATCH_ROWS):
                batch.append(self._queue.popleft())
                rows += batch[-1].rows
        if self._log_pages > (_LONG_LOG_PAGES if batch else _CHECKPOINT_PAGES):
            self._empty_log()
        self._keep_journal()
        self._indexer.work(lambda: bool(batch or self._queue or self._closing))
        return batch

    def _patience_s(self) -> float | None:
        """How long an idle writer waits before it looks after its files."""
        waits = [self._indexer.patience_s()]
        if self._log_pages > _CHECKPOINT_PAGES:
            waits.append(_IDLE_S)
        if self._has_unanchored:
            waits.append(max(0.0, self._anchored_at + _ANCHOR_S - time.monotonic()))
        return min((wait for wait in waits if wait is not None), default=None)

    def _keep_journal(self, *, at_end: bool = False) -> None:
        """Anchor the ledger from time to time, and keep the journal short."""
        now = time.monotonic()
        try:
            if at_end or (self._has_unanchored and now >= self._anchored_at + _ANCHOR_S):
                self._has_unanchored, self._anchored_at = False, now
                self._anchor()
            if at_end or self._journal.is_long():
                self._journal.compact()
        except (apsw.Error, OSError) as exc:
            _log.warning("the journal was not looked after: %s", type(exc).__name__)

    def _anchor(self) -> None:
        before = self._journal.contents.anchor
        anchor = ledger.next_anchor(self._quick, before, self._witness)
        if anchor is None or anchor == before:
            return
        self._journal.append([anchor])
        if anchor.mark and self._witness is not None:
            self._witness.keep(anchor.number, anchor.seal)

    def _empty_log(self) -> None:
        if not self._checkpoints.is_busy:
            pages, self._log_pages = self._log_pages, 0
            self._checkpoints.look(pages, _MOST_LOG_PAGES)

    def _commit(self, batch: list[_Op]) -> None:
        """Do a batch in one transaction; if that can't be committed, each operation in one of its own."""
        if not batch:
            return
        try:
            self._attempt(batch)
        except Exception as exc:  # noqa: BLE001 - every kind of failure has an answer
            if len(batch) > 1:
                for op in batch:
                    op.error = None
                    self._commit([op])
                return
            trouble = problem(exc)
            batch[0].error = trouble or exc
            if trouble is not None:
                self._tell_of_disk(ill_of(trouble))
            if isinstance(batch[0].error, DamagedDatabase):
                self._mark_damaged()
            if problem(exc) is None:
                _log.error("an operation failed: %s", type(exc).__name__)
            self._answer(batch, 0)

    def _attempt(self, batch: list[_Op]) -> None:
        self._straighten_journal()
        con = self._durable if any(op.durable for op in batch) else self._quick
        con.execute("BEGIN IMMEDIATE")
        try:
            self._memory.trim()
            tx = Tx(con, self._memory, self._run, self._now_us())
            # No short cut: every operation has its turn.
            has_changed = any([self._work(tx, op) for op in batch])  # noqa: C419
            derived.follow(tx)
            search_index.follow(tx)
            if tx.records:
                self._record(tx)
            if not has_changed:
                number, made = int(con.execute("SELECT number FROM commits").get), None
            else:
                number = int(con.execute("UPDATE commits SET number = number + 1 RETURNING number").get)
                made = Commit(number, changes(con, tx.touched, self._memory.shown))
            con.execute("COMMIT")
        except BaseException:
            self._memory.forget()
            self._memory.shown.clear()
            if con.in_transaction:
                con.execute("ROLLBACK")
            raise
        if tx.records:
            self._journal_strayed = False
            self._journal.confirm()
        if tx.touched.ledger:
            self._has_unanchored = True
            if con is self._quick:
                self._make_durable()
        if made is not None:
            self._number = number
            self._publish(made)
            self._tell_of_disk(None)
        self._answer(batch, number)

    @staticmethod
    def _work(tx: Tx, op: _Op) -> bool:
        """Whether the operation has changed anything."""
        before = tx.con.total_changes()
        try:
            op.result = tx.isolated(lambda: op.work(tx))
            return tx.con.total_changes() > before
        except Exception as exc:
            if problem(exc) is not None or not tx.con.in_transaction:
                raise  # the disk's trouble is not this operation's alone
            op.error = exc
            if not isinstance(exc, ChatdeskError):
                _log.error("an operation failed: %s", type(exc).__name__)
            return False

    def _record(self, tx: Tx) -> None:
        """The journal is on disk before the transaction commits; until that it says too much."""
        if self._journal_strayed:
            raise DiskTrouble("the journal can't be written", self._journal_ill)
        head = ledger.head(tx.con)
        self._journal.append([*tx.records, Reaches(0 if head is None else head.number)])
        self._journal_strayed = True

    def _mark_damaged(self) -> None:
        """The next start makes a new database; until then what still works goes on."""
        try:
            rebuild.mark(self._path.parent)
        except OSError as exc:
            _log.warning("the damage was not marked: %s", type(exc).__name__)

    def _straighten_journal(self) -> None:
        """Outside of any transaction: make the journal say what the database says, if it may not."""
        if self._journal_strayed:
            try:
                head = ledger.head(self._durable)
                self._journal.reconcile(
                    _waiting(self._durable),
                    _accounts(self._durable),
                    0 if head is None else head.number,
                    _drafts(self._durable),
                )
                self._journal_strayed = False
            except OSError as exc:
                self._journal_ill = ill_of(problem(exc) or DiskTrouble())
                _log.warning("the journal can't be written: %s", type(exc).__name__)

    def _make_durable(self) -> None:
        """Ledger rows came with a quick commit: a durable one puts all of the log before it on disk."""
        try:
            self._durable.execute("BEGIN IMMEDIATE")
            self._durable.execute("UPDATE meta SET value = value + 1 WHERE key = 'durable'")
            self._durable.execute("COMMIT")
        except apsw.Error as exc:
            if self._durable.in_transaction:
                self._durable.execute("ROLLBACK")
            _log.warning("not yet on disk: %s", type(exc).__name__)

    def _tell_of_disk(self, ill: DiskIll | None) -> None:
        """Everybody hears once that the disk refuses, and once that it takes again what changes something."""
        if ill is not self._told_ill:
            self._told_ill = ill
            self._publish(Commit(self._number, (DiskChanged(ill),)))

    def _publish(self, commit: Commit) -> None:
        for listener in self._listeners:
            try:
                listener(commit)
            except Exception as exc:  # noqa: BLE001 - one listener's fault is not the next one's
                _log.error("a listener failed: %s", type(exc).__name__)

    @staticmethod
    def _answer(batch: list[_Op], number: int) -> None:
        for op in batch:
            if op.error is not None:
                op.future.set_exception(op.error)
            else:
                op.future.set_result(number if op.answers_number else op.result)

    def _end(self) -> None:
        self._checkpoints.close()
        try:
            self._durable.execute("UPDATE meta SET value = '1' WHERE key = 'clean'")
            self._durable.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        except apsw.Error as exc:
            _log.warning("the end was not marked as clean: %s", type(exc).__name__)
        finally:
            self._keep_journal(at_end=True)
            for con in (self._quick, self._durable):
                try:
                    con.close()
                except apsw.Error as exc:  # the last one empties the log, and the disk may be full
                    _log.warning("the log was not emptied: %s", type(exc).__name__)


def _accounts(con: apsw.Connection) -> dict[str, NewAccount]:
    """Every account by name, as the journal keeps it."""
    names = {row[0]: rows.account_name(row) for row in con.execute(rows.ACCOUNT_NAME)}
    return {names[row[0]]: accounts.facts(rows.account(row)) for row in con.execute(rows.ACCOUNTS)}


def _drafts(con: apsw.Connection) -> list[Drafted]:
    """Every draft, as the journal keeps it."""
    names = {row[0]: rows.account_name(row) for row in con.execute(rows.ACCOUNT_NAME)}
    found = con.execute(
        "SELECT c.account_id, c.remote_id, d.version, d.text, d.other"
        " FROM drafts d JOIN conversations c ON c.id = d.conversation_id WHERE d.text <> '' OR d.other <> ''"
    )
    return [Drafted(names[row[0]], *row[1:]) for row in found]


def _waiting(con: apsw.Connection) -> list[tuple[str, Outgoing]]:
    """Every unsettled item with the name of its account."""
    found = con.execute(rows.OUTBOX + f" WHERE {rows.WAITING} ORDER BY position").fetchall()
    names = {row[0]: rows.account_name(row) for row in con.execute(rows.ACCOUNT_NAME)}
    return [(names[item.account_id], item) for item in map(rows.outgoing, found)]
