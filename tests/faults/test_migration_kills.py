"""An old data folder whose start is killed at any statement is brought forward by the next one, and whole."""

from __future__ import annotations

import gzip
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest

from chatdesk.store import Store
from chatdesk.store.connection import FILE_NAME
from chatdesk.store.migrate import newest_version
from tests.store.make_version import fixture
from tests.store.making import WAIT_S, raw, short_lived_folder

ROOT = Path(__file__).parents[2]
MOST = 400
"""A start has fewer statements than this."""
STEP = 3
"""Every so manieth statement is where a start ends, another one for each version."""
KEPT = {
    "accounts": "SELECT id, platform, login, seat, settings FROM accounts",
    "conversations": "SELECT id, remote_id, title, closed_why, unread, last_message_id FROM conversations",
    "messages": "SELECT id, conversation_id, remote_id, cursor, text, extras, state FROM messages",
    "drafts": "SELECT conversation_id, version, text, other FROM drafts",
    "outbox": "SELECT position, id, kind, text, state, attempts, parked FROM outbox",
    "attempts": "SELECT outgoing_id, number, client_id FROM attempts",
    "settings": "SELECT * FROM settings",
}
"""What may neither be lost nor come twice."""

Live = Callable[[Path, int], int]


@pytest.fixture(scope="module")
def live() -> Iterator[Live]:
    """`live(folder, n)`: a process opens the folder and is killed before its n-th statement; its status."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.faults.kills.migrating"],
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "PATH": ""},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        stdin, stdout = process.stdin, process.stdout

        def order(folder: Path, nth: int) -> int:
            stdin.write(f"{folder} {nth}\n")
            stdin.flush()
            return int(stdout.readline())

        yield order
        stdin.close()
        assert process.wait(10) == 0


def _kept(folder: Path) -> dict[str, list[Any]]:
    """What stands in the folder after one more start; its ledger must be sound."""
    store = Store.open(folder)
    try:
        assert store.verify_ledger().result(WAIT_S).first_bad is None
        assert store.check().result(WAIT_S).must_rebuild is False
    finally:
        store.close()
    with raw(folder) as con:
        assert con.pragma("user_version") == newest_version()
        return {name: sorted(con.execute(sql), key=repr) for name, sql in KEPT.items()}


@pytest.mark.skipif(sys.platform == "win32", reason="forks")
@pytest.mark.parametrize("version", [*range(1, newest_version() + 1)])
def test_a_start_that_is_killed_in_a_migration_loses_nothing(version: int, live: Live) -> None:
    """Before any of its statements, twice in a row: the next one shows what an undisturbed start does."""
    old = gzip.decompress(fixture(version).read_bytes())
    with short_lived_folder() as place:

        def made(name: str) -> Path:
            (place / name).mkdir(mode=0o700)
            (place / name / FILE_NAME).write_bytes(old)
            return place / name

        assert live(made("undisturbed"), 0) == 0
        wanted = _kept(place / "undisturbed")
        killed, versions = 0, set()
        for nth in range(1 + version % STEP, MOST, STEP):
            folder = made(str(nth))
            if live(folder, nth) == 0:
                break
            killed += 1
            con = apsw.Connection(str(folder / FILE_NAME))
            versions.add(con.pragma("user_version"))
            con.close()
            assert live(folder, 1 + nth // 2) == -9
            assert _kept(folder) == wanted, nth
        assert killed > 10
        assert nth < MOST - STEP
        assert min(versions) == version
        assert max(versions) == newest_version()
