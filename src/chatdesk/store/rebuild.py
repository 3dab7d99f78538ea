"""A damaged database is set aside, never deleted, and a new one takes its place, even if that is cut off.

The new file is made whole beside the old one. Its last name but one is the point of no return: from there on
every start only goes on renaming. What waits to be sent comes back from the journal when the store is opened.
"""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from typing import Final

import apsw
import msgspec

from chatdesk.domain.errors import DiskTrouble
from chatdesk.domain.health import Recovery, StartKind
from chatdesk.store import journal as journal_file
from chatdesk.store import salvage
from chatdesk.store.connection import FILE_NAME, connect, problem
from chatdesk.store.files import sync_file, sync_folder
from chatdesk.store.opening import REBUILT, RECOVERY, bring_forward

MARK: Final = FILE_NAME + ".damaged"
"""A file of this name says that the database failed its check: the next start makes a new one."""
_BUILDING: Final = FILE_NAME + ".building"
_BUILT: Final = FILE_NAME + ".built"
_PARTS: Final = ("", "-wal", "-shm", "-journal")
_MAX_RUN: Final = (1 << 24) - 1_000_000
"""Numbers of runs have three bytes; a greater one is damage."""


def mark(folder: Path) -> None:
    """Note that the database is damaged, for the next start. Raises OSError."""
    (folder / MARK).touch(mode=0o600)


def is_marked(folder: Path) -> bool:
    """Whether the database is known to be damaged."""
    return (folder / MARK).exists()


def is_under_way(folder: Path) -> bool:
    """Whether the next start has to make a new database, or to go on with making it."""
    return is_marked(folder) or (folder / _BUILT).exists()


def rebuild(folder: Path, now_us: int) -> None:
    """Make a new database and set the damaged one aside; the folder's lock is held.

    Raises DiskTrouble, with the damaged file still in its place.
    """
    try:
        _build(folder, now_us)
        finish(folder)
    except (apsw.Error, OSError) as exc:
        raise problem(exc) or DiskTrouble(type(exc).__name__) from exc
    finally:
        with suppress(OSError):
            _remove(folder, _BUILDING)


def finish(folder: Path) -> bool:
    """Take the last steps of a rebuild; the folder's lock is held. False: there is none under way.

    Raises OSError.
    """
    built = folder / _BUILT
    if not built.exists():
        return False
    con = connect(built, apsw.SQLITE_OPEN_READONLY)
    try:
        told = msgspec.json.decode(
            str(con.execute("SELECT value FROM meta WHERE key = ?", (RECOVERY,)).get), type=Recovery
        )
    finally:
        con.close()
    # The log must not be there when the new file is: SQLite would take it for its own.
    for part in _PARTS:
        with suppress(FileNotFoundError):
            (folder / (FILE_NAME + part)).rename(folder / (told.set_aside + part))
    sync_folder(folder)
    built.rename(folder / FILE_NAME)
    (folder / MARK).unlink(missing_ok=True)
    sync_folder(folder)
    return True


def _build(folder: Path, now_us: int) -> None:
    _remove(folder, _BUILDING)
    (folder / _BUILDING).touch(mode=0o600)
    contents = journal_file.read(folder / journal_file.FILE_NAME)
    con = connect(folder / _BUILDING, apsw.SQLITE_OPEN_READWRITE)
    try:
        con.pragma("journal_mode", "delete")
        bring_forward(con)
        con.pragma("foreign_keys", "ON")
        con.execute("BEGIN IMMEDIATE")
        found = salvage.salvage(folder / FILE_NAME, con, frozenset(contents.accounts))
        told = Recovery(
            kind=StartKind.REBUILT,
            set_aside=_aside_name(folder, now_us),
            accounts=found.rows["accounts"],
            conversations=found.rows["conversations"],
            messages=found.rows["messages"],
            drafts=found.rows["drafts"],
            unread_tables=found.unread,
        )
        con.executemany(
            "INSERT OR REPLACE INTO meta VALUES (?, ?)",
            [
                ("run", str(found.run if found.run < _MAX_RUN else 0)),
                ("generation", REBUILT),
                (RECOVERY, msgspec.json.encode(told).decode()),
            ],
        )
        con.execute("COMMIT")
    finally:
        con.close()
    sync_file(folder / _BUILDING)
    (folder / _BUILDING).rename(folder / _BUILT)
    sync_folder(folder)


def _aside_name(folder: Path, now_us: int) -> str:
    """A name with the time that nothing in the folder has."""
    try:
        stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime(now_us / 1_000_000))
    except (OverflowError, ValueError, OSError):
        stamp = str(now_us)
    taken = {one.name for one in folder.iterdir()}
    number, name = 1, f"damaged-{stamp}.db"
    while any(name + part in taken for part in _PARTS):
        number += 1
        name = f"damaged-{stamp}-{number}.db"
    return name


def _remove(folder: Path, name: str) -> None:
    for part in _PARTS:
        (folder / (name + part)).unlink(missing_ok=True)
