"""What the program holds, as the system tells: memory, processor time, handles, threads, files."""

from __future__ import annotations

import os
import re
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
TABLES = ("messages", "outbox", "ledger", "conversations", "orders", "notifications")


def memory(pid: int) -> dict[str, int]:
    """A process's part of memory (PSS), in KiB, and what it is made of. Raises OSError when it has ended.

    pss_own_kb: what no file stands behind. pss_files_kb: its part of programs and libraries, which becomes
    larger when another process that uses them ends. rss_files_kb: these pages as if it used them alone.
    """
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    told = {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines[1:])}
    own = told["Pss_Anon"] + told["Pss_Shmem"]
    return {
        "pss_kb": told["Pss"],
        "pss_own_kb": own,
        "pss_files_kb": told["Pss_File"],
        "rss_files_kb": told["Rss"] - own,
    }


def cpu_s(pid: int) -> float:
    """Processor seconds that a process has taken so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def threads(pid: int) -> int:
    """Every thread of a process, those without Python too."""
    return len(list(Path(f"/proc/{pid}/task").iterdir()))


def handles(pid: int) -> dict[str, int]:
    """Open handles by kind: socket, pipe, the name of a file, the system's own kinds."""
    kinds: Counter[str] = Counter()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = str(entry.readlink())
        except FileNotFoundError:
            continue  # closed while we looked
        kinds[_kind(target)] += 1
    return dict(kinds)


def _kind(target: str) -> str:
    if target.startswith("/"):
        return target if target.startswith("/dev/") else Path(target.removesuffix(" (deleted)")).name
    return re.sub(r":\[\d+\]$", "", target)


def files(profile: Path) -> dict[str, int]:
    """Bytes of the database, its write-ahead log, the journal, and all logs."""
    log = profile / "log"
    return {
        "db_bytes": _size(profile / "chatdesk.db"),
        "wal_bytes": _size(profile / "chatdesk.db-wal"),
        "journal_bytes": _size(profile / "outbox.journal"),
        "log_bytes": sum(map(_size, log.iterdir())) if log.is_dir() else 0,
    }


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def rows(profile: Path) -> dict[str, int]:
    """How many rows the program's tables have."""
    uri = f"{(profile / 'chatdesk.db').as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True, timeout=10)) as connection:
        return {
            name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0]
            for name in TABLES
            if _has(connection, name)
        }


def _has(connection: sqlite3.Connection, table: str) -> bool:
    found = connection.execute("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?", (table,))
    return found.fetchone() is not None
