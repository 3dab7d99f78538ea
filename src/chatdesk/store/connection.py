"""Connections to the database file: how they are opened and refused, and what SQLite's errors mean."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Final

import apsw
import msgspec

from chatdesk.domain.errors import DamagedDatabase, DiskTrouble, NewerDatabase, StoreProblem
from chatdesk.store.journal import Journal, Opened
from chatdesk.store.migrate import migrate, newest_version

FILE_NAME = "chatdesk.db"
OLDEST_SQLITE: Final = 3_053_002
"""Older ones may corrupt a WAL file (before 3.51.3) or FTS5's memory (before 3.53.2)."""
APPLICATION_ID: Final = 0x63_68_64_6B
"""In the file's header: a database of chatdesk."""
_MAGIC: Final = b"SQLite format 3\x00"
_BUSY_MS: Final = 5_000
_STATEMENTS: Final = 300

_DISK = (
    apsw.FullError,
    apsw.IOError,
    apsw.ReadOnlyError,
    apsw.CantOpenError,
    apsw.PermissionsError,
    apsw.NoMemError,
    apsw.BusyError,
    apsw.LockedError,
    apsw.ProtocolError,
)
_DAMAGE = (apsw.CorruptError, apsw.NotADBError)


def problem(exc: Exception) -> StoreProblem | None:
    """The world's doing behind an error of SQLite; None where it is a fault of the data or of ours."""
    if isinstance(exc, StoreProblem):
        return exc
    if isinstance(exc, _DAMAGE):
        return DamagedDatabase(type(exc).__name__)
    if isinstance(exc, (*_DISK, OSError)):
        return DiskTrouble(type(exc).__name__)
    return None


def refuse_old_sqlite() -> None:
    """Raise StoreProblem where the SQLite in use has known faults that eat data."""
    if apsw.SQLITE_VERSION_NUMBER < OLDEST_SQLITE or _library_number() < OLDEST_SQLITE:
        raise StoreProblem(f"SQLite {apsw.sqlite_lib_version()} is too old")


def _library_number() -> int:
    major, minor, patch = (int(part) for part in apsw.sqlite_lib_version().split(".")[:3])
    return major * 1_000_000 + minor * 1_000 + patch


class Start(msgspec.Struct, frozen=True):
    """How a run begins.

    run: how often this database was opened, with this time. ended_cleanly: it was closed before.
    is_other: database and journal have not lived through the same: one of them was put back or lost.
    """

    run: int
    ended_cleanly: bool
    is_other: bool


def prepare(path: Path, journal: Journal) -> Start:
    """Make or check the file, bring it to this program's version, and note that a run begins.

    Raises NewerDatabase and DamagedDatabase with the file untouched, DiskTrouble.
    """
    refuse_old_sqlite()
    try:
        _look_at(path)
        con = _open(path, apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE)
        try:
            if con.pragma("journal_mode", "wal") != "wal":
                raise DiskTrouble("no write-ahead log on this disk")
            con.pragma("synchronous", "FULL")
            if con.pragma("application_id") != APPLICATION_ID:
                con.pragma("application_id", APPLICATION_ID)
            if migrate(con):
                # The header must show the new version to older programs, which look there first.
                con.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
            return _begin_run(con, journal)
        finally:
            con.close()
    except (apsw.Error, OSError) as exc:
        found = problem(exc)
        if found is None:
            raise
        raise found from exc


def _begin_run(con: apsw.Connection, journal: Journal) -> Start:
    """A new generation, first in the journal, then in the database: it shows which copy was put back."""
    con.execute("BEGIN IMMEDIATE")
    meta = {str(key): str(value) for key, value in con.execute("SELECT key, value FROM meta")}
    before, now = meta.get("generation", ""), secrets.token_hex(16)
    is_other = not journal.contents.follows(before)
    if is_other and journal.contents.opened is not None:
        journal.set_aside()
    journal.append([Opened(before, now)])
    start = Start(
        run=int(meta.get("run", 0)) + 1, ended_cleanly=meta.get("clean", "1") == "1", is_other=is_other
    )
    con.executemany(
        "INSERT OR REPLACE INTO meta VALUES (?, ?)",
        [
            ("run", str(start.run)),
            ("clean", "0"),
            ("durable", meta.get("durable", "0")),
            ("generation", now),
        ],
    )
    con.execute("COMMIT")
    return start


def _look_at(path: Path) -> None:
    """Refuse what is not ours to write, without changing a byte of it."""
    try:
        with path.open("rb") as file:
            header = file.read(100)
    except FileNotFoundError:
        # SQLite gives its -wal and -shm files the mode of this one.
        os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o600))
        return
    if not header:
        return
    if len(header) < 100 or not header.startswith(_MAGIC):
        raise DamagedDatabase("not a database")
    _check_marks(int.from_bytes(header[68:72], "big"), int.from_bytes(header[60:64], "big"))
    con = _open(path, apsw.SQLITE_OPEN_READONLY)  # its log may hold a newer header
    try:
        application = int(con.pragma("application_id"))
        _check_marks(application, int(con.pragma("user_version")))
        if application == 0 and con.execute("SELECT count(*) FROM sqlite_schema").get:
            raise DamagedDatabase("a database of another program")
    finally:
        con.close()


def _check_marks(application: int, version: int) -> None:
    if application not in {0, APPLICATION_ID} or (application == 0 and version != 0):
        raise DamagedDatabase("a database of another program")
    if version > newest_version():
        raise NewerDatabase(f"version {version}")


def open_writer(path: Path, *, durable: bool) -> apsw.Connection:
    """A connection that writes; `durable`: a commit has reached the disk when it returns."""
    con = _open(path, apsw.SQLITE_OPEN_READWRITE)
    con.pragma("synchronous", "FULL" if durable else "NORMAL")
    con.pragma("foreign_keys", "ON")
    con.pragma("cache_size", -32_000)
    con.pragma("temp_store", "MEMORY")
    con.wal_autocheckpoint(0)
    return con


def open_reader(path: Path) -> apsw.Connection:
    """A connection that only reads."""
    con = _open(path, apsw.SQLITE_OPEN_READONLY)
    con.pragma("query_only", "ON")
    con.pragma("cache_size", -16_000)
    con.pragma("temp_store", "MEMORY")
    return con


def _open(path: Path, flags: int) -> apsw.Connection:
    con = apsw.Connection(str(path), flags=flags, statementcachesize=_STATEMENTS)
    con.set_busy_timeout(_BUSY_MS)
    return con
