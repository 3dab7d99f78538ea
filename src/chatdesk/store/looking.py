"""A data folder that can't be written to, opened so that what it holds can be seen; nothing is changed."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from chatdesk.domain.errors import DamagedDatabase, DiskTrouble, ProfileInUse, StoreProblem
from chatdesk.domain.health import Recovery
from chatdesk.domain.kinds import DiskIll
from chatdesk.store import journal as journal_file
from chatdesk.store import rebuild, rows
from chatdesk.store.connection import FILE_NAME, READ_ERRORS, ill_of, open_still, problem
from chatdesk.store.crashes import Crashes
from chatdesk.store.journal import Journal
from chatdesk.store.lock import FolderLock
from chatdesk.store.migrate import newest_version
from chatdesk.store.opening import APPLICATION_ID, Start
from chatdesk.store.store import Store, wall_us

_TRIED: Final = "chatdesk.tried"
_TRIED_BYTES: Final = 65_536


def look_store(folder: Path, trouble: DiskTrouble, *, now_us: Callable[[], int] = wall_us) -> Store:
    """A store over a folder that did not open to be written to: it reads, and refuses whatever changes.

    trouble: why it did not open. `Store.trouble` tells it again, with its ill made out by trying where SQLite
    could not tell. Raises ProfileInUse where another process works in it, and
    `trouble` where there is nothing that could be shown: no database, one of another version or that must be
    made anew, or a disk that reads no better than it writes.
    """
    found = _made_out(folder, trouble)
    if found.ill not in {DiskIll.READ_ONLY, DiskIll.FULL}:
        raise trouble
    with ExitStack() as undo:
        try:
            lock = FolderLock(folder, looks=True)
            undo.callback(lock.release)
            if not (folder / FILE_NAME).exists() or rebuild.is_under_way(folder):
                raise found
            start = _read_start(folder / FILE_NAME)
            journal = Journal(folder / journal_file.FILE_NAME)
        except ProfileInUse:
            raise
        except (*READ_ERRORS, OSError, StoreProblem) as exc:
            if isinstance(exc, READ_ERRORS) and problem(exc) is None:
                raise
            raise found from exc
        undo.callback(journal.close)
        crashes = Crashes(folder, counts=False)
        store = Store(folder, lock, journal, start, crashes, now_us, trouble=found)
        undo.pop_all()
    return store


def _made_out(folder: Path, trouble: DiskTrouble) -> DiskTrouble:
    """The trouble with its ill: SQLite can't open a log that it may not make, and does not say why."""
    if trouble.ill in {DiskIll.READ_ONLY, DiskIll.FULL}:
        return trouble
    try:
        _try_to_write(folder)
    except OSError as exc:
        found = problem(exc)
        return trouble if found is None else DiskTrouble(str(trouble), ill_of(found))
    return trouble


def _try_to_write(folder: Path) -> None:
    """What SQLite could not do, for an answer that says why. Raises OSError."""
    path = folder / _TRIED
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(file, bytes(_TRIED_BYTES))
    finally:
        os.close(file)
        path.unlink()


def _read_start(path: Path) -> Start:
    """How the folder was left. Raises DamagedDatabase, apsw.Error."""
    con = open_still(path)
    try:
        tables = con.execute("SELECT count(*) FROM sqlite_schema").get
        if not tables or con.pragma("application_id") != APPLICATION_ID:
            raise DamagedDatabase("not a database of ours")
        if con.pragma("user_version") != newest_version():
            raise DiskTrouble("it can't be brought to this version")
        meta = {str(key): str(value) for key, value in con.execute("SELECT key, value FROM meta")}
        for row in con.execute(rows.ACCOUNTS):
            rows.account(row)
    finally:
        con.close()
    clean = meta.get("clean", "1") == "1"
    return Start(run=int(meta.get("run", 1)), ended_cleanly=clean, is_other=False, recovery=Recovery())
