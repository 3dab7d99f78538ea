"""How a run begins: the file is looked at, made or brought forward, and held against its journal."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Final

import apsw
import msgspec

from chatdesk.domain.errors import DamagedDatabase, DiskTrouble, ForeignDatabase, NewerDatabase
from chatdesk.domain.health import Recovery, StartKind
from chatdesk.domain.kinds import DiskIll
from chatdesk.store import derived, drafts, ledger, rejoin, rows, search_index
from chatdesk.store.connection import READ_ERRORS, connect, problem, refuse_old_sqlite
from chatdesk.store.journal import Journal, Opened, Reaches
from chatdesk.store.migrate import migrate, newest_version
from chatdesk.store.rejoin import Standing
from chatdesk.store.transaction import Memory, Tx

APPLICATION_ID: Final = 0x63_68_64_6B
"""In the file's header: a database of chatdesk."""
RECOVERY: Final = "recovery"
"""Key in `meta` of what is to be told of the last recovery, as JSON, until the person has heard it."""
REBUILT: Final = "rebuilt"
"""Generation of a database that was made anew: no journal follows it, so that all of the journal is taken."""
_MAGIC: Final = b"SQLite format 3\x00"
_OURS: Final = frozenset({"meta", "outbox", "ledger", "conversations"})
"""Tables that every database of chatdesk has had."""
_FAR: Final = 1_000
"""A version so far ahead of ours is no version, but damage."""


class Start(msgspec.Struct, frozen=True):
    """How a run begins.

    run: how often this database was opened, with this time. ended_cleanly: it was closed before.
    is_other: database and journal have not lived through the same: one of them was put back or lost.
    recovery: what was found and done.
    """

    run: int
    ended_cleanly: bool
    is_other: bool
    recovery: Recovery


def prepare(path: Path, journal: Journal, now_us: Callable[[], int]) -> Start:
    """Make or check the file, bring it to this program's version, and note that a run begins.

    Raises NewerDatabase and DamagedDatabase with the file untouched, DiskTrouble.
    """
    refuse_old_sqlite()
    try:
        _look_at(path)
        con = connect(path, apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE)
        try:
            if con.readonly("main"):  # SQLite opens what it may, and would say so only when it writes
                raise DiskTrouble("a file that can't be written to", DiskIll.READ_ONLY)
            if con.pragma("journal_mode", "wal") != "wal":
                raise DiskTrouble("no write-ahead log on this disk")
            con.pragma("synchronous", "FULL")
            try:
                bring_forward(con)
            except apsw.SQLError as exc:  # the version in the header is not that of its tables
                raise DamagedDatabase("its header is spoilt") from exc
            return _begin_run(con, journal, now_us())
        finally:
            con.close()
    except (*READ_ERRORS, OSError) as exc:
        found = problem(exc)
        if found is None:
            raise
        raise found from exc


def bring_forward(con: apsw.Connection) -> None:
    """Mark the file as ours, and bring it to this program's version."""
    if con.pragma("application_id") != APPLICATION_ID:
        con.pragma("application_id", APPLICATION_ID)
    if migrate(con):
        # The header must show the new version to older programs, which look there first.
        con.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)


def _begin_run(con: apsw.Connection, journal: Journal, now_us: int) -> Start:
    """A new generation, first in the journal, then in the database: it shows which copy was put back.

    Where the two disagree the sends are put right in the same transaction: whatever dies on the way, the
    next start sees the same disagreement.
    """
    con.pragma("foreign_keys", "ON")
    con.execute("BEGIN IMMEDIATE")
    meta = {str(key): str(value) for key, value in con.execute("SELECT key, value FROM meta")}
    before, now = meta.get("generation", ""), secrets.token_hex(16)
    for row in con.execute(rows.ACCOUNTS):
        rows.account(row)  # nothing works without them: damage is to be found while a new one can be made
    contents = journal.contents
    is_other = not contents.follows(before)
    head = ledger.head(con)
    is_behind = not is_other and contents.sure > (0 if head is None else head.number)
    run = int(meta.get("run", 0)) + 1
    told = msgspec.json.decode(meta[RECOVERY], type=Recovery) if RECOVERY in meta else None
    ended_cleanly = meta.get("clean", "1") == "1"
    recovery = told or Recovery(kind=StartKind.CLEAN if ended_cleanly else StartKind.UNCLEAN)
    tx = Tx(con, Memory(), run, now_us)
    if not (is_other or is_behind):
        rejoin.rejoin(tx, contents, Standing.TOGETHER)
        derived.follow(tx)
        search_index.follow(tx)
        journal.append([Opened(before, now)])
    else:
        if contents.opened is not None:
            journal.keep_copy()
        apart = Standing.ANEW if before in {"", REBUILT} else Standing.OTHER
        counts = rejoin.rejoin(tx, contents, Standing.BEHIND if is_behind else apart)
        apart_drafts = drafts.recorded(tx, contents, is_newer=is_behind or before == REBUILT)
        if before == REBUILT:
            tx.touched.dirty.update(row[0] for row in tx.all("SELECT id FROM conversations"))
        derived.follow(tx)
        kind = StartKind.BEHIND if is_behind else StartKind.PUT_BACK
        if before == REBUILT:
            kind = StartKind.REBUILT
        recovery = msgspec.structs.replace(
            recovery,
            kind=kind,
            asking=counts.asking,
            uncertain=counts.uncertain,
            settled=counts.settled,
            drafts_apart=apart_drafts,
        )
        head = ledger.head(con)
        # Until the commit the next start sees the same: no generation of before is named.
        journal.append([Opened("" if is_other else before, now), Reaches(0 if head is None else head.number)])
    values = {
        "run": str(run),
        "clean": "0",
        "durable": meta.get("durable", "0"),
        "generation": now,
    }
    if recovery.kind not in {StartKind.CLEAN, StartKind.UNCLEAN}:
        values[RECOVERY] = msgspec.json.encode(recovery).decode()
    con.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", list(values.items()))
    con.execute("COMMIT")
    return Start(run=run, ended_cleanly=ended_cleanly, is_other=is_other, recovery=recovery)


def _look_at(path: Path) -> None:
    """Refuse what is not ours to write, without changing a byte of it."""
    log = path.with_name(path.name + "-wal")
    try:
        with path.open("rb") as file:
            header = file.read(100)
    except FileNotFoundError:
        header = None
    if not header:
        if log.exists() and log.stat().st_size:
            raise DamagedDatabase("only its log is there")  # which SQLite would delete
        if header is None:
            # SQLite gives its -wal and -shm files the mode of this one.
            os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o600))
        return
    if len(header) < 100 or not header.startswith(_MAGIC):
        raise DamagedDatabase("not a database")
    refusal = _refusal(int.from_bytes(header[68:72], "big"), int.from_bytes(header[60:64], "big"))
    if isinstance(refusal, NewerDatabase):
        raise refusal
    con = connect(path, apsw.SQLITE_OPEN_READONLY)  # its log may hold a newer header
    try:
        tables = {str(name) for (name,) in con.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
        application = int(con.pragma("application_id"))
        refusal = refusal or _refusal(application, int(con.pragma("user_version")))
        if isinstance(refusal, ForeignDatabase) and tables >= _OURS:
            refusal = DamagedDatabase("its header is spoilt")
        if refusal is not None:
            raise refusal
        if application == 0 and tables:
            raise ForeignDatabase("a database of another program")
    except apsw.SQLError as exc:  # SQLite can't make out what it is
        raise DamagedDatabase("its header is spoilt") from exc
    finally:
        con.close()


def _refusal(application: int, version: int) -> DamagedDatabase | NewerDatabase | None:
    if application not in {0, APPLICATION_ID} or (application == 0 and version != 0):
        return ForeignDatabase("a database of another program")
    if version > newest_version() + _FAR:
        return DamagedDatabase("its header is spoilt")
    if version > newest_version():
        return NewerDatabase(f"version {version}")
    return None
