"""Numbered migrations: brings a database file forward to the version that this program writes."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import apsw

_NAME = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")


@cache
def migrations() -> tuple[str, ...]:
    """The SQL of every migration; the first leads to version 1, and so on without a hole."""
    found: dict[int, str] = {}
    for entry in Path(__file__).with_name("migrations").iterdir():
        match = _NAME.fullmatch(entry.name)
        if match:
            found[int(match[1])] = entry.read_text(encoding="utf-8")
    return tuple(found[number] for number in range(1, len(found) + 1))


def newest_version() -> int:
    """The `user_version` of a file that this program writes."""
    return len(migrations())


def migrate(con: apsw.Connection) -> int:
    """Apply what the file lacks, each migration in a transaction of its own. Returns how many it lacked."""
    version = int(con.execute("PRAGMA user_version").get)
    for number, sql in enumerate(migrations()[version:], start=version + 1):
        con.execute("BEGIN IMMEDIATE")
        try:
            con.execute(sql)
            con.pragma("user_version", number)
        except BaseException:
            con.execute("ROLLBACK")
            raise
        con.execute("COMMIT")
    return newest_version() - version
