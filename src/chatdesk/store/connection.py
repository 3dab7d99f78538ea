"""Connections to the database file: how they are opened and refused, and what SQLite's errors mean."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import apsw

from chatdesk.domain.errors import DamagedDatabase, DiskTrouble, StoreProblem
from chatdesk.domain.kinds import DiskIll

FILE_NAME = "chatdesk.db"
OLDEST_SQLITE: Final = 3_053_002
"""Older ones may corrupt a WAL file (before 3.51.3) or FTS5's memory (before 3.53.2)."""
_LOCKLESS: Final = next((name for name in apsw.vfs_names() if name.endswith("-none")), "unix-none")
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
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_DAMAGE = (apsw.CorruptError, apsw.NotADBError, UnicodeDecodeError)
READ_ERRORS: Final = (apsw.Error, UnicodeDecodeError)
"""What a read raises that the world has spoilt: all text was written as UTF-8."""


def problem(exc: Exception) -> StoreProblem | None:
    """The world's doing behind an error of SQLite; None where it is a fault of the data or of ours."""
    if isinstance(exc, StoreProblem):
        return exc
    if isinstance(exc, _DAMAGE):
        return DamagedDatabase(type(exc).__name__)
    if isinstance(exc, (*_DISK, OSError)):
        return DiskTrouble(type(exc).__name__, _ill(exc))
    return None


def _ill(exc: Exception) -> DiskIll:
    if isinstance(exc, apsw.FullError) or getattr(exc, "errno", None) in _FULL:
        return DiskIll.FULL
    read_only = (apsw.ReadOnlyError, apsw.PermissionsError, PermissionError)
    if isinstance(exc, read_only) or getattr(exc, "errno", None) == errno.EROFS:
        return DiskIll.READ_ONLY
    return DiskIll.FAILING


def ill_of(trouble: StoreProblem) -> DiskIll:
    """What is wrong, in a word."""
    if isinstance(trouble, DamagedDatabase):
        return DiskIll.DAMAGED
    return getattr(trouble, "ill", None) or DiskIll.FAILING


def refuse_old_sqlite() -> None:
    """Raise StoreProblem where the SQLite in use has known faults that eat data."""
    if apsw.SQLITE_VERSION_NUMBER < OLDEST_SQLITE or _library_number() < OLDEST_SQLITE:
        raise StoreProblem(f"SQLite {apsw.sqlite_lib_version()} is too old")


def _library_number() -> int:
    major, minor, patch = (int(part) for part in apsw.sqlite_lib_version().split(".")[:3])
    return major * 1_000_000 + minor * 1_000 + patch


def open_writer(path: Path, *, durable: bool) -> apsw.Connection:
    """A connection that writes; `durable`: a commit has reached the disk when it returns."""
    con = connect(path, apsw.SQLITE_OPEN_READWRITE)
    con.pragma("synchronous", "FULL" if durable else "NORMAL")
    con.pragma("foreign_keys", "ON")
    con.pragma("cache_size", -32_000)
    con.pragma("temp_store", "MEMORY")
    con.wal_autocheckpoint(0)
    return con


def open_reader(path: Path) -> apsw.Connection:
    """A connection that only reads."""
    con = connect(path, apsw.SQLITE_OPEN_READONLY)
    con.pragma("query_only", "ON")
    con.pragma("cache_size", -16_000)
    con.pragma("temp_store", "MEMORY")
    return con


def open_still(path: Path) -> apsw.Connection:
    """A connection that reads a file which nobody writes while it is open, and makes nothing beside it.

    For a folder that nothing can be written to: there SQLite can't make the index of its log, nor lock.
    Raises apsw.Error.
    """
    log = path.with_name(path.name + "-wal")
    has_log = log.exists() and log.stat().st_size > 0
    # "immutable" passes over a log; without locks and shared memory SQLite reads it into its own.
    how = f"vfs={_LOCKLESS}" if has_log else "immutable=1"
    con = apsw.Connection(
        f"{path.absolute().as_uri()}?{how}",
        flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI,
        statementcachesize=_STATEMENTS,
    )
    con.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
    if has_log:
        con.pragma("locking_mode", "EXCLUSIVE")
    con.pragma("query_only", "ON")
    con.pragma("cache_size", -16_000)
    con.pragma("temp_store", "MEMORY")
    return con


Opening = Callable[[Path], apsw.Connection]
"""How a reader opens its connection: `open_reader` or `open_still`."""


@contextmanager
def one_view(con: apsw.Connection) -> Iterator[None]:
    """A read transaction; an error of the disk may have ended it before. Raises apsw.Error."""
    con.execute("BEGIN")
    try:
        yield
    finally:
        if con.in_transaction:
            con.execute("COMMIT")


def open_looking(path: Path) -> apsw.Connection:
    """A connection that only reads, from outside. Raises apsw.Error.

    Also while another process works, and also in a folder that nothing can be written to.
    """
    con = connect(path, apsw.SQLITE_OPEN_READONLY)
    try:
        con.pragma("query_only", "ON")
        con.execute("SELECT count(*) FROM sqlite_schema").get  # noqa: B018 - the first read opens the log
    except (apsw.CantOpenError, apsw.ReadOnlyError, apsw.IOError):
        con.close()
        log = path.with_name(path.name + "-wal")
        if log.exists() and log.stat().st_size:
            raise
        # Without a log there is nothing but the file itself: SQLite need not make files beside it.
        con = apsw.Connection(
            path.absolute().as_uri() + "?immutable=1",
            flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI,
            statementcachesize=_STATEMENTS,
        )
        con.pragma("query_only", "ON")
    except apsw.Error:
        con.close()
        raise
    return con


def connect(path: Path, flags: int) -> apsw.Connection:
    """A connection that waits for others, as SQLite sets it up. Raises apsw.Error."""
    con = apsw.Connection(str(path), flags=flags, statementcachesize=_STATEMENTS)
    con.set_busy_timeout(_BUSY_MS)
    return con
