"""What may have happened to the files of a data folder while no process works in it; drawn from a seed."""

from __future__ import annotations

import json
import random
import re
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

DATABASE, LOG, SHARED, JOURNAL = "chatdesk.db", "chatdesk.db-wal", "chatdesk.db-shm", "outbox.journal"
FRAME_BYTES = 4_096 + 24
"""A page and its header in the log."""
LOG_HEADER_BYTES = 32
BUSY_TABLES = ("outbox", "messages", "ledger", "attempts", "drafts", "conversations", "commits", "accounts")

Damage = Callable[[Path, random.Random], None]


def _spoil(path: Path, start: int, end: int, dice: random.Random) -> None:
    """Spoil up to 64 bytes between two places."""
    end = min(end, path.stat().st_size)
    if end <= start:
        return
    at = dice.randrange(start, end)
    length = min(end - at, dice.choice([1, 2, 8, 64]))
    with path.open("r+b") as file:
        file.seek(at)
        file.write(dice.choice([dice.randbytes(length), b"\x00" * length, b"\xff" * length]))


def _cut(path: Path, dice: random.Random) -> None:
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.truncate(dice.choice([0, dice.randrange(size + 1), size // 4096 // 2 * 4096]))


def page(folder: Path, dice: random.Random) -> None:
    """Some bytes of some page."""
    _spoil(folder / DATABASE, 4_096, 1 << 62, dice)


def header(folder: Path, dice: random.Random) -> None:
    """The first hundred bytes."""
    _spoil(folder / DATABASE, 0, 100, dice)


def schema(folder: Path, dice: random.Random) -> None:
    """The page that says what there is."""
    _spoil(folder / DATABASE, 100, 4_096, dice)


def freelist(folder: Path, dice: random.Random) -> None:
    """The list of free pages: where it begins, or its first page."""
    path = folder / DATABASE
    with path.open("rb") as file:
        file.seek(32)
        trunk = int.from_bytes(file.read(4), "big")
    if trunk and dice.random() < 0.5:
        _spoil(path, (trunk - 1) * 4_096, trunk * 4_096, dice)
    else:
        _spoil(path, 32, 40, dice)


def table(folder: Path, dice: random.Random) -> None:
    """The first page of a table, or of an index, that sending needs."""
    path = folder / DATABASE
    sql = (
        "SELECT rootpage FROM sqlite_schema"
        " WHERE rootpage > 1 AND tbl_name IN (SELECT value FROM json_each(?))"
    )
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?immutable=1", uri=True)) as con:
            roots = [int(row[0]) for row in con.execute(sql, (json.dumps(BUSY_TABLES),))]
    except sqlite3.DatabaseError:
        roots = []
    for root in dice.sample(roots, min(2, len(roots))):
        _spoil(path, (root - 1) * 4_096, root * 4_096, dice)


def text(folder: Path, dice: random.Random) -> None:
    """A letter of what waits to be sent, in the database file: no page looks any worse for it."""
    found = set(re.findall(rb'"kind":"send","text":"([^"]+)"', (folder / JOURNAL).read_bytes()))
    data = bytearray((folder / DATABASE).read_bytes())
    for one in sorted(found):
        at = data.find(one)
        while at >= 0:
            data[at + len(one) // 2] = dice.choice(b"xyz")
            at = data.find(one, at + len(one))
    (folder / DATABASE).write_bytes(data)


def cut(folder: Path, dice: random.Random) -> None:
    """The file is shorter."""
    _cut(folder / DATABASE, dice)


def gone(folder: Path, _dice: random.Random) -> None:
    """The file and its log are not there."""
    for name in (DATABASE, LOG, SHARED):
        (folder / name).unlink(missing_ok=True)


def log_bytes(folder: Path, dice: random.Random) -> None:
    """Some bytes of the log."""
    if (folder / LOG).exists():
        _spoil(folder / LOG, 0, 1 << 62, dice)


def log_end(folder: Path, dice: random.Random) -> None:
    """The last frame of the log: what was committed last."""
    if (folder / LOG).exists():
        _spoil(folder / LOG, max(0, (folder / LOG).stat().st_size - FRAME_BYTES), 1 << 62, dice)


def log_cut(folder: Path, dice: random.Random) -> None:
    """The log is shorter, at a frame's end or amid one."""
    if (folder / LOG).exists():
        size = (folder / LOG).stat().st_size
        frames = max(0, size - LOG_HEADER_BYTES) // FRAME_BYTES
        end = LOG_HEADER_BYTES + dice.randrange(frames + 1) * FRAME_BYTES
        with (folder / LOG).open("r+b") as file:
            file.truncate(min(size, end + dice.choice([0, 0, 7])))


def log_gone(folder: Path, _dice: random.Random) -> None:
    """The log is not there."""
    (folder / LOG).unlink(missing_ok=True)


def index(folder: Path, dice: random.Random) -> None:
    """The log's index, which every start makes anew."""
    if (folder / SHARED).exists():
        _spoil(folder / SHARED, 0, 1 << 62, dice)


def journal_bytes(folder: Path, dice: random.Random) -> None:
    """Some bytes of the journal; the database is sound."""
    if (folder / JOURNAL).exists():
        _spoil(folder / JOURNAL, 0, 1 << 62, dice)


def journal_cut(folder: Path, dice: random.Random) -> None:
    """The journal is shorter; the database is sound."""
    if (folder / JOURNAL).exists():
        _cut(folder / JOURNAL, dice)


DAMAGES: dict[str, Damage] = {
    one.__name__: one
    for one in (
        page,
        header,
        schema,
        freelist,
        table,
        text,
        cut,
        gone,
        log_bytes,
        log_end,
        log_cut,
        log_gone,
        index,
        journal_bytes,
        journal_cut,
    )
}
OLDER = ("older_log", "older_database")
"""Swapped for what they were some time ago; the journal is as it is."""
NAMES = (*DAMAGES, *OLDER)


def inflict(name: str, folder: Path, dice: random.Random, older: Path) -> None:
    """Do it. older: the folder as it was some time ago."""
    if name in DAMAGES:
        DAMAGES[name](folder, dice)
        return
    names = (LOG,) if name == "older_log" else (DATABASE, LOG)
    for one in names:
        (folder / one).unlink(missing_ok=True)
        if (older / one).exists():
            shutil.copy2(older / one, folder / one)
    (folder / SHARED).unlink(missing_ok=True)
