"""The writer: who hears of what in which order, and what one bad operation may spoil."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import apsw
import pytest

from chatdesk.domain.changes import Commit, MessagesPut
from chatdesk.domain.errors import NotPossible, StaleDraft
from chatdesk.domain.ids import ConversationId, OutgoingId
from chatdesk.domain.outbox import PersonCancels
from chatdesk.store import Store, connection, intents, journal
from chatdesk.store.transaction import Tx
from tests.conftest import AllowLog
from tests.store.making import WAIT_S, Desk, at, cursor, message, raw, reading, texts


class Gate:
    """Holds the writer inside a listener, so that what is asked meanwhile gathers."""

    def __init__(self, store: Store) -> None:
        self._reached = threading.Event()
        self._open = threading.Event()
        self._end = store.subscribe(self._wait)
        self._armed = True
        self._opener = store.put_setting("gate", "shut")
        assert self._reached.wait(WAIT_S)

    def _wait(self, _commit: Commit) -> None:
        if self._armed:
            self._armed = False
            self._reached.set()
            assert self._open.wait(WAIT_S)

    def open(self) -> None:
        self._open.set()
        self._opener.result(WAIT_S)
        self._end()


def commits_of(store: Store, work: Callable[[], list[Future[Any]]]) -> list[Commit]:
    """The commits that come of what `work` asks while the writer is busy."""
    gate = Gate(store)
    commits: list[Commit] = []
    futures = work()
    end = store.subscribe(commits.append)
    gate.open()
    for one in futures:
        one.exception(WAIT_S)
    end()
    return commits


def test_what_gathers_is_one_commit(desk: Desk) -> None:
    """While the writer is busy arrivals gather; then they are one transaction with one record per kind."""
    account = desk.account.id
    commits = commits_of(
        desk.store, lambda: [desk.store.apply(account, at(n + 3, message(n))) for n in range(1, 41)]
    )
    assert len(commits) == 1
    (put,) = (one for one in commits[0].changes if isinstance(one, MessagesPut))
    assert len(put.messages) == 40


def test_a_batch_has_its_limit(desk: Desk) -> None:
    """At most 500 events share a transaction; a greater batch of one caller stays together."""
    account = desk.account.id
    commits = commits_of(
        desk.store,
        lambda: (
            [
                desk.store.apply(account, at(n, *(message(n * 1_000 + i) for i in range(200))))
                for n in (3, 4, 5)
            ]
            + [desk.store.apply(account, at(6, *(message(9_000 + i) for i in range(700))))]
        ),
    )
    rows = [sum(len(c.messages) for c in one.changes if isinstance(c, MessagesPut)) for one in commits]
    assert rows == [400, 200, 700]


def test_an_idle_writer_commits_at_once(desk: Desk) -> None:
    """One operation is one commit when nothing else waits."""
    numbers = [desk.apply(n, message(n)) for n in (3, 4, 5)]
    assert numbers == [numbers[0], numbers[0] + 1, numbers[0] + 2]


def test_one_bad_operation_fails_alone(desk: Desk) -> None:
    """Operations of one batch that can't be done fail; the others of the batch are committed."""
    store = desk.store
    futures: list[Future[Any]] = []

    def ask() -> list[Future[Any]]:
        futures.append(store.press_send(desk.conversation, 0, "good"))
        futures.append(store.press_send(desk.conversation, 0, "second Enter"))
        futures.append(store.save_draft(ConversationId(99), 0, "nowhere"))
        futures.append(store.advance(OutgoingId("f" * 32), PersonCancels()))
        futures.append(store.apply(desk.account.id, at(3, message(1))))
        return futures

    commits = commits_of(store, ask)
    assert len(commits) == 1
    failures = [type(one.exception(WAIT_S)) for one in futures]
    assert failures == [type(None), StaleDraft, NotPossible, NotPossible, type(None)]
    assert texts(store, desk.conversation) == ["text 1", "good"]


def test_a_batch_that_can_not_be_committed_is_done_one_by_one(desk: Desk, allow_log: AllowLog) -> None:
    """When the transaction as a whole fails, each operation gets its own; only the guilty one fails."""
    seen = allow_log("ERROR chatdesk.store.writer: an operation failed: ConstraintError")
    store = desk.store
    with raw(store.folder) as con:
        # A fault that shows at COMMIT alone: a foreign key that is checked there.
        con.execute("CREATE TABLE fault (a INTEGER REFERENCES accounts (id) DEFERRABLE INITIALLY DEFERRED)")
    store.close()
    store = Store.open(store.folder)
    try:
        account = store.accounts().result(WAIT_S).rows[0].id
        futures: list[Future[Any]] = []

        def ask() -> list[Future[Any]]:
            futures.append(store.apply(account, at(3, message(1))))
            futures.append(store.intend_read(desk.conversation, cursor(1)))
            futures.append(
                store._writer.submit(lambda tx: tx.run_sql("INSERT INTO fault VALUES (12345)"), durable=False)
            )
            futures.append(store.apply(account, at(4, message(2))))
            return futures

        commits = commits_of(store, ask)
        assert isinstance(futures[2].exception(WAIT_S), apsw.ConstraintError)
        assert futures[1].result(WAIT_S) is not None
        numbers = [one.number for one in commits]
        assert [futures[0].result(WAIT_S), futures[3].result(WAIT_S)] == [numbers[0], numbers[-1]]
        assert len(numbers) == 3
        with reading(store) as reader:
            assert reader.conversation(desk.conversation).seen_cursor == cursor(1)
        assert texts(store, desk.conversation) == ["text 1", "text 2"]
        assert len(seen) == 1
    finally:
        store.close()


def test_listeners_hear_before_the_caller(desk: Desk) -> None:
    """A commit is told, in order, after it is on disk and before the future of its operation completes."""
    store = desk.store
    heard: list[tuple[int, bool]] = []
    futures: list[Future[int]] = []

    def listen(commit: Commit) -> None:
        with reading_here(store) as number:
            heard.append((commit.number, number >= commit.number))
        assert not futures[-1].done()

    end = store.subscribe(listen)
    for n in range(3, 8):
        pending: Future[int] = Future()
        futures.append(pending)  # until the real one is there, which the writer may outrun
        futures[-1] = store.apply(desk.account.id, at(n, message(n)))
        futures[-1].result(WAIT_S)
    end()
    numbers = [number for number, _ in heard]
    assert numbers == [one.result() for one in futures]
    assert all(is_committed for _, is_committed in heard)


class reading_here:  # noqa: N801 - reads like a function
    """The newest commit number that another connection sees now."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __enter__(self) -> int:
        with reading(self._store) as reader:
            return int(reader.accounts().commit)

    def __exit__(self, *_: object) -> None:
        return


def test_a_listener_that_fails_harms_nobody(desk: Desk, allow_log: AllowLog) -> None:
    """A fault in one listener is logged; the others hear, and the write succeeds."""
    seen = allow_log("ERROR chatdesk.store.writer: a listener failed: ZeroDivisionError")
    heard: list[int] = []
    ends = [
        desk.store.subscribe(lambda _: heard.append(1 // 0)),
        desk.store.subscribe(lambda one: heard.append(one.number)),
    ]
    number = desk.apply(3, message(1))
    for end in ends:
        end()
    assert heard == [number]
    assert len(seen) == 1


def test_a_fault_of_ours_fails_its_operation_only(desk: Desk, allow_log: AllowLog) -> None:
    """An unexpected exception reaches the caller, is logged without its text, and undoes what was begun."""
    seen = allow_log("ERROR chatdesk.store.writer: an operation failed: KeyError")

    def broken(tx: Any) -> None:
        tx.run_sql("DELETE FROM conversations")
        raise KeyError("a private text")

    with pytest.raises(KeyError):
        desk.store._writer.submit(broken, durable=True).result(WAIT_S)
    assert len(desk.store.conversations().result(WAIT_S).rows) == 2
    assert "private" not in seen[0].getMessage()
    assert seen[0].exc_info is None


def test_a_part_that_is_undone_leaves_no_trace(desk: Desk) -> None:
    """What an operation had begun before it failed is in no row, no memory of the writer, and no journal."""
    desk.apply(3, message(1))

    def refused(tx: Tx) -> None:
        tx.see(tx.state(desk.conversation), cursor(1))
        intents.press_send(tx, desk.conversation, 0, "taken back")
        raise NotPossible("after all")

    futures: list[Future[Any]] = []

    def ask() -> list[Future[Any]]:
        futures.append(desk.store._writer.submit(refused, durable=True))
        futures.append(desk.store.press_send(desk.other, 0, "stays"))
        futures.append(desk.store.intend_read(desk.conversation, cursor(1)))
        return futures

    commits_of(desk.store, ask)
    assert isinstance(futures[0].exception(WAIT_S), NotPossible)
    assert futures[2].result(WAIT_S) is not None
    unfinished = journal.read(desk.store.folder / journal.FILE_NAME).unfinished
    assert sorted(one.item.text for one in unfinished.values()) == ["", "stays"]
    with reading(desk.store) as reader:
        assert reader.conversation(desk.conversation).seen_cursor == cursor(1)


def test_nothing_changed_is_no_commit(desk: Desk) -> None:
    """An operation that changes nothing raises no number and tells nobody."""
    desk.store.put_setting("a", "1").result(WAIT_S)
    heard: list[Commit] = []
    end = desk.store.subscribe(heard.append)
    first = desk.store.apply(desk.account.id, []).result(WAIT_S)
    desk.store.set_muted(desk.conversation, False).result(WAIT_S)
    with pytest.raises(NotPossible):
        desk.press(" ")
    second = desk.store.apply(desk.account.id, []).result(WAIT_S)
    end()
    assert first == second
    assert heard == []


def test_a_page_is_never_older_than_its_number(desk: Desk) -> None:
    """While the writer commits, a page holds exactly the commits up to the number that it names."""
    store, stop = desk.store, threading.Event()
    first = desk.apply(3, message(1))  # commit `first` has 1 message, each later one adds another
    wrong: list[tuple[int, int]] = []

    def look() -> None:
        with reading(store) as reader:
            while not stop.is_set():
                page = reader.newest_page(desk.conversation, 64)
                expected = min(page.commit - first + 1, 64)
                if len(page.messages) != expected:
                    wrong.append((page.commit, len(page.messages)))

    threads = [threading.Thread(target=look) for _ in range(2)]
    for one in threads:
        one.start()
    try:
        for n in range(2, 120):
            desk.apply(n + 2, message(n))
    finally:
        stop.set()
        for one in threads:
            one.join(WAIT_S)
    assert wrong == []


def test_cancelling_a_caller_does_not_undo_a_write(desk: Desk) -> None:
    """What was asked is done, also when whoever asked no longer waits."""
    gate = Gate(desk.store)
    future = desk.store.press_send(desk.conversation, 0, "already pressed")
    assert not future.cancel()
    gate.open()
    assert future.result(WAIT_S).text == "already pressed"


def test_outbox_and_drafts_reach_the_disk_before_the_answer(store: Store) -> None:
    """The durable connection syncs with every commit, the quick one leaves that to the next checkpoint."""
    path = store.folder / connection.FILE_NAME
    durable, quick = (connection.open_writer(path, durable=one) for one in (True, False))
    assert (durable.pragma("synchronous"), quick.pragma("synchronous")) == (2, 1)
    assert durable.pragma("journal_mode") == "wal"
    durable.close()
    quick.close()


def test_a_quick_commit_with_ledger_rows_is_made_durable(desk: Desk) -> None:
    """An echo comes with an ordinary batch; its ledger row is followed by a durable commit."""

    def durable_commits() -> int:
        with raw(desk.store.folder) as con:
            return int(con.execute("SELECT value FROM meta WHERE key = 'durable'").get)

    item = desk.start(desk.press("hello"))
    before = durable_commits()
    desk.apply(3, message(1))
    assert durable_commits() == before
    desk.apply(4, message(5, "hello", own=True, client_id=item.id))
    assert durable_commits() == before + 1


def test_the_log_file_does_not_grow_for_ever(desk: Desk) -> None:
    """The write-ahead log is emptied when it is long, also while the writer is never idle."""
    account = desk.account.id
    futures = [
        desk.store.apply(account, at(n, *(message(n * 1_000 + i, "x" * 500) for i in range(500))))
        for n in range(3, 60)
    ]
    for one in futures:
        one.result(WAIT_S)
    log = desk.store.folder / f"{connection.FILE_NAME}-wal"
    assert log.stat().st_size < 48_000_000


def test_what_is_asked_after_what_came_in_is_done_after_it(desk: Desk) -> None:
    """An engine stores what arrived and asks what follows of it: the answer must know what arrived."""
    gate = Gate(desk.store)
    came = desk.store.apply(desk.account.id, at(3, message(3)))
    asked = desk.store.put_setting("after", "it")
    done: list[str] = []
    came.add_done_callback(lambda _future: done.append("came"))
    asked.add_done_callback(lambda _future: done.append("asked"))
    gate.open()
    came.result(WAIT_S)
    asked.result(WAIT_S)
    assert done == ["came", "asked"]
