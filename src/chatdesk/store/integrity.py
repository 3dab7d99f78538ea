"""The check after an unclean end: pages, links between rows, and the outbox held against its journal.

It reads on a connection and a thread of its own, while everybody else works on.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Final

import apsw

from chatdesk.domain import outbox as machine
from chatdesk.domain.errors import DamagedDatabase
from chatdesk.domain.health import Integrity
from chatdesk.store import journal as journal_file
from chatdesk.store import rows
from chatdesk.store.connection import FILE_NAME, READ_ERRORS, open_looking, problem

_log = logging.getLogger(__name__)

_LOOKS: Final = 5
"""A send may be on its way from the journal into the database: only what differs so many times differs."""
_PAUSE_S: Final = 0.2


class Checker:
    """At most one check at a time, on a thread that ends with it; `close` cuts it short."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._con: apsw.Connection | None = None
        self._thread: threading.Thread | None = None
        self._is_closed = False

    def start(self) -> Future[Integrity]:
        """Begin a check. The future is cancelled where the store is closed meanwhile."""
        future: Future[Integrity] = Future()
        with self._lock:
            if self._is_closed:
                future.cancel()
                return future
            before = self._thread
            self._thread = threading.Thread(
                target=self._run, args=(future, before), name="chatdesk-check", daemon=True
            )
            self._thread.start()
        return future

    def close(self) -> None:
        """Stop what is under way."""
        with self._lock:
            self._is_closed = True
            if self._con is not None:
                self._con.interrupt()
            thread = self._thread
        if thread is not None:
            thread.join()

    def _run(self, future: Future[Integrity], before: threading.Thread | None) -> None:
        if before is not None:
            before.join()
        try:
            con = open_looking(self._folder / FILE_NAME)
        except apsw.Error as exc:
            future.set_result(_unopened(exc))
            return
        with self._lock:
            self._con = con
        try:
            found = None if self._is_closed else look(con, self._folder, lambda: self._is_closed)
        except apsw.InterruptError:
            found = None
        finally:
            with self._lock:
                self._con = None
            con.close()
        if found is None:
            future.cancel()
            return
        if not found.is_sound:
            _log.warning("the database is not sound: %s", found)
        future.set_result(found)


def check(folder: Path) -> Integrity:
    """Check a data folder, also while another process works in it. Nothing is changed."""
    try:
        con = open_looking(folder / FILE_NAME)
    except apsw.Error as exc:
        return _unopened(exc)
    try:
        return look(con, folder, lambda: False)
    finally:
        con.close()


def _unopened(exc: apsw.Error) -> Integrity:
    if isinstance(problem(exc), DamagedDatabase):
        return Integrity(pages=type(exc).__name__)
    return Integrity(ran=False)


def look(con: apsw.Connection, folder: Path, is_over: Callable[[], bool]) -> Integrity:
    """All that can be checked over one connection. Raises apsw.InterruptError."""
    try:
        first = str(con.execute("PRAGMA quick_check(1)").get)
        if first != "ok":
            return Integrity(pages="CorruptError")
        for row in con.execute(rows.ACCOUNTS):
            rows.account(row)
        loose = sum(1 for _ in con.execute("PRAGMA foreign_key_check"))
        return Integrity(loose_rows=loose, astray=len(_astray(con, folder, is_over)))
    except apsw.InterruptError:
        raise
    except (*READ_ERRORS, DamagedDatabase) as exc:
        return Integrity(pages=type(exc).__name__)


def _astray(con: apsw.Connection, folder: Path, is_over: Callable[[], bool]) -> set[str]:
    """Ids of sends of which database and journal say different things, each time that they are asked."""
    found: set[str] | None = None
    for look in range(_LOOKS):
        if look and not is_over():
            time.sleep(_PAUSE_S)
        now = _differences(con, folder)
        found = now if found is None else found & now
        if not found:
            break
    return found or set()


def _differences(con: apsw.Connection, folder: Path) -> set[str]:
    contents = journal_file.read(folder / journal_file.FILE_NAME)
    here = {item.id: item for item in map(rows.outgoing, con.execute(rows.outbox_of(con)))}
    waiting = {key for key, item in here.items() if item.state in machine.WAITING}
    astray = {str(key) for key in waiting ^ contents.unfinished.keys()}
    for key in waiting & contents.unfinished.keys():
        one, item = contents.unfinished[key], here[key]
        if one.item.text != item.text or one.attempts != item.attempts:
            astray.add(key)
    return astray
