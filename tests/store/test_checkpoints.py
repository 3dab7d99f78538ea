"""The write-ahead log is emptied beside the writer, which does not wait for it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from chatdesk.store import Store, checkpoints, connection, writer
from chatdesk.store.checkpoints import Checkpoints
from tests.conftest import AllowLog
from tests.store.making import WAIT_S, Desk, at, message


def apply(desk: Desk, arrival: int) -> None:
    """A commit of some hundred pages."""
    events = (message(arrival * 1_000 + i, "x" * 800) for i in range(400))
    desk.store.apply(desk.account.id, at(arrival, *events)).result(WAIT_S)


def log_bytes(store: Store) -> int:
    return (store.folder / f"{connection.FILE_NAME}-wal").stat().st_size


def test_commits_go_on_while_the_log_is_copied(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes in while the disk takes its time with the log is committed and told all the same."""
    monkeypatch.setattr(writer, "_LONG_LOG_PAGES", 50)
    monkeypatch.setattr(writer, "_CHECKPOINT_PAGES", 50)
    began, may_end = threading.Event(), threading.Event()
    empty: Callable[[Checkpoints], None] = Checkpoints._empty

    def slow(self: Checkpoints) -> None:
        if threading.current_thread().name == "chatdesk-checkpoint":
            began.set()
            assert may_end.wait(WAIT_S)
        empty(self)

    monkeypatch.setattr(Checkpoints, "_empty", slow)
    try:
        apply(desk, 3)
        assert began.wait(WAIT_S)
        apply(desk, 4)
        apply(desk, 5)
    finally:
        may_end.set()


def test_a_rest_is_copied_by_who_writes_so_that_the_log_begins_anew(desk: Desk) -> None:
    """Once the long part was copied beside the writer, the short rest goes at once: the file stays short."""
    path = desk.store.folder / connection.FILE_NAME
    side = Checkpoints(path)
    try:
        apply(desk, 3)
        pages = log_bytes(desk.store) // 4_096
        side.look(pages, 10**6)
        assert side._thread is not None
        side._thread.join(WAIT_S)
        assert side._copied > 0
        apply(desk, 4)
        first = side._thread
        side.look(side._copied + checkpoints.REST_PAGES, 10**6)
        assert side._thread is first, "not on a thread of its own"
        before = log_bytes(desk.store)
        apply(desk, 5)
        assert log_bytes(desk.store) == before, "the log began anew"
    finally:
        side.close()


def test_a_disk_that_refuses_is_no_end(tmp_path: Path, allow_log: AllowLog) -> None:
    """Nothing is lost by a log that grows: the program's log says it, and nobody is held up."""
    seen = allow_log("WARNING chatdesk.store.checkpoints.*no checkpoint: CantOpenError")
    side = Checkpoints(tmp_path / "is not there" / "chatdesk.db")
    side.look(10, 5)
    side.close()
    assert len(seen) == 1
