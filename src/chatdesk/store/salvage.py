"""What can still be read of a damaged database: table by table, a bounded effort, and only whole rows.

Nothing that waits to be sent is taken from it (the journal knows better), and nothing that says "this stretch
is complete": histories are read again from the servers and fill what is missing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import apsw
import msgspec

from chatdesk.domain.entities import StatusStep
from chatdesk.domain.errors import DamagedDatabase
from chatdesk.store import rows
from chatdesk.store.connection import connect
from chatdesk.store.stamps import decode_facts

LIMIT_S: Final = 20.0
"""How long all of it may take."""
_MOST_FAULTS: Final = 64
"""After so many unreadable places a table is given up."""
_NEWEST_FIRST: Final = frozenset({"messages"})
_TABLES: Final = (
    "settings",
    "accounts",
    "orders",
    "order_steps",
    "conversations",
    "messages",
    "tombstones",
    "read_marks",
    "drafts",
    "forgotten",
)
"""Those that others refer to come first."""
_BROKEN = (apsw.Error, UnicodeError, MemoryError, OverflowError)
"""What reading a spoilt page ends with."""


class Salvaged(msgspec.Struct, frozen=True):
    """How many rows came over, by table; and the tables of which parts could not be read."""

    rows: dict[str, int]
    unread: tuple[str, ...]
    run: int = 0
    """Greatest number of a run that any of it was learnt in."""


def salvage(damaged: Path, fresh: apsw.Connection, known_accounts: frozenset[str]) -> Salvaged:
    """Copy what is readable into a new, empty database. Raises apsw.Error only for the new one's troubles.

    damaged: is only read. known_accounts: names of the accounts that the journal knows; where it knows any,
    others are not taken over.
    """
    counts = dict.fromkeys(_TABLES, 0)
    try:
        old = connect(damaged, apsw.SQLITE_OPEN_READONLY)
    except apsw.Error:
        return Salvaged(counts, _TABLES)
    deadline = time.monotonic() + LIMIT_S
    try:
        unread = [table for table in _TABLES if not _copy(old, fresh, table, deadline)]
        run = _run(old)
    finally:
        old.close()
    _weed(fresh, known_accounts)
    for table in _TABLES:
        counts[table] = int(fresh.execute(f"SELECT count(*) FROM {table}").get)  # noqa: S608 - own names
    return Salvaged(counts, tuple(unread), max(run, _newest_run(fresh)))


def _copy(old: apsw.Connection, fresh: apsw.Connection, table: str, deadline: float) -> bool:
    """Copy the rows of one table; True where all of it could be read."""
    here = _columns(fresh, table)
    try:
        there = set(_columns(old, table))
    except _BROKEN:
        return False
    columns = [name for name in here if name in there]
    if not columns:
        return False
    has_rowid = table not in {"settings", "tombstones", "read_marks", "forgotten"}
    names = ", ".join(columns)
    put = f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608
    faults: list[int] = []
    found = (
        _by_rowid(old, table, names, faults, deadline)
        if has_rowid
        else _from_both_ends(old, table, names, faults, deadline)
    )
    for row in found:
        try:
            fresh.execute(put, row)
        except (apsw.ConstraintError, apsw.MismatchError, apsw.TooBigError, UnicodeError):
            faults.append(0)  # spoilt, or of something that did not come over
    return not faults


def _columns(con: apsw.Connection, table: str) -> list[str]:
    return [str(row[1]) for row in con.execute(f"PRAGMA table_info({table})")]


def _by_rowid(
    old: apsw.Connection, table: str, names: str, faults: list[int], deadline: float
) -> Iterator[tuple[Any, ...]]:
    """Rows in the order of their numbers; an unreadable place is stepped over, wider each time."""
    down = table in _NEWEST_FIRST
    order, compare, sign = ("DESC", "<=", -1) if down else ("ASC", ">=", 1)
    sql = f"SELECT rowid, {names} FROM {table} WHERE rowid {compare} ? ORDER BY rowid {order}"  # noqa: S608
    last = _greatest(old, table) if down else 1
    stride = 1
    while len(faults) < _MOST_FAULTS:
        try:
            for rowid, *row in old.execute(sql, (last,)):
                last, stride = rowid + sign, 1
                yield tuple(row)
                if time.monotonic() > deadline:
                    faults.append(rowid)
                    return
        except _BROKEN:
            faults.append(last)
            last += sign * stride
            stride *= 2
            if last <= 0 or time.monotonic() > deadline:
                return
        else:
            return


def _greatest(old: apsw.Connection, table: str) -> int:
    for sql in (
        f"SELECT max(rowid) FROM {table}",  # noqa: S608
        f"SELECT seq FROM sqlite_sequence WHERE name = '{table}'",  # noqa: S608
    ):
        try:
            found = old.execute(sql).get
        except _BROKEN:
            continue
        if isinstance(found, int):
            return found
    return 1 << 31


def _from_both_ends(
    old: apsw.Connection, table: str, names: str, faults: list[int], deadline: float
) -> Iterator[tuple[Any, ...]]:
    """A table without numbers: up to the first unreadable place, then from its end down to it."""
    first = names.split(",", 1)[0]
    for order in ("ASC", "DESC"):
        try:
            for row in old.execute(f"SELECT {names} FROM {table} ORDER BY {first} {order}"):  # noqa: S608
                yield tuple(row)
                if time.monotonic() > deadline:
                    faults.append(0)
                    return
        except _BROKEN:
            faults.append(0)
        else:
            return


# -- what came over must be what this program can read -------------------------------------------------------


def _weed(fresh: apsw.Connection, known_accounts: frozenset[str]) -> None:
    """Delete every row that has come over and that the program could not read again."""
    names = {row[0]: rows.account_name(row) for row in fresh.execute(rows.ACCOUNT_NAME)}
    foreign = [one for one, name in names.items() if known_accounts and name not in known_accounts]
    _delete(fresh, "accounts", foreign)
    _check(fresh, "accounts", rows.ACCOUNTS, rows.account)
    _check(fresh, "orders", rows.ORDERS, _order)
    _check(fresh, "orders", "SELECT id, facts FROM orders", _facts)
    _check(fresh, "conversations", "SELECT id, facts FROM conversations", _facts)
    # What waits, and what was never placed by a server, is the journal's to bring back.
    fresh.execute(
        "DELETE FROM messages WHERE remote_id IS NULL AND state NOT IN ('accepted', 'delivered', 'read')"
    )
    _check(fresh, "messages", rows.MESSAGES, rows.message)
    fresh.execute(
        "UPDATE messages SET state = 'accepted', parked = NULL, parked_detail = '', expected_at_us = NULL"
        " WHERE state NOT IN ('accepted', 'delivered', 'read')"
    )
    fresh.execute(
        "UPDATE conversations SET last_message_id = NULL"
        " WHERE last_message_id NOT IN (SELECT id FROM messages)"
    )
    _check(fresh, "conversations", rows.CONVERSATIONS, rows.conversation)
    _check(fresh, "drafts", rows.DRAFTS, rows.draft, key="conversation_id")


def _order(row: rows.Row) -> object:
    no_steps: tuple[StatusStep, ...] = ()
    return rows.order(row, no_steps)


def _facts(row: rows.Row) -> object:
    return decode_facts(row[1])


def _check(
    fresh: apsw.Connection, table: str, sql: str, read: Callable[[rows.Row], object], *, key: str = "id"
) -> None:
    bad = []
    for row in fresh.execute(sql):
        try:
            read(row)
        except (DamagedDatabase, LookupError, ValueError, TypeError, msgspec.MsgspecError):
            bad.append(row[0])
    _delete(fresh, table, bad, key=key)


def _delete(fresh: apsw.Connection, table: str, ids: Iterable[int], *, key: str = "id") -> None:
    fresh.executemany(f"DELETE FROM {table} WHERE {key} = ?", [(one,) for one in ids])  # noqa: S608


# -- runs ----------------------------------------------------------------------------------------------------


def _run(old: apsw.Connection) -> int:
    try:
        found = old.execute("SELECT value FROM meta WHERE key = 'run'").get
        return int(found) if isinstance(found, str) and found.isascii() and found.isdigit() else 0
    except _BROKEN:
        return 0


def _newest_run(fresh: apsw.Connection) -> int:
    """Stamps begin with the number of a run: what comes from now on must be newer than all of them."""
    found = [
        fresh.execute(sql).get
        for sql in (
            "SELECT max(last_seen) FROM messages",
            "SELECT max(discovered_at) FROM conversations",
            "SELECT max(self_read_at) FROM conversations",
            "SELECT max(server_unread_at) FROM conversations",
            "SELECT max(lists_read_at) FROM accounts",
        )
    ]
    return max((int.from_bytes(one[:3], "big") for one in found if isinstance(one, bytes)), default=0)
