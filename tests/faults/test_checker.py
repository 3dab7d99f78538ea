"""The checker sees every way in which a message can come to harm, and imports nothing of what it checks."""

from __future__ import annotations

import ast
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.faults import checker

PRESSES = ["t1 one", "t1 ok", "t1 two", "t1 ok"]


def counted(folder: Path, stored: list[str], visible: dict[str, str]) -> checker.Count:
    server, client = folder / "server.db", folder / "client.db"
    with closing(sqlite3.connect(server)) as connection:
        connection.execute("CREATE TABLE messages (conversation_id, seq, text, deleted_ms)")
        rows = [("c", at, text, None) for at, text in enumerate(["an older one", *stored])]
        connection.executemany("INSERT INTO messages VALUES (?, ?, ?, ?)", rows)
        connection.commit()
    with closing(sqlite3.connect(client)) as connection:
        connection.execute("CREATE TABLE outbox (kind, text, state, parked, detail)")
        items = [("send", text, state, None, "") for text, state in visible.items()]
        connection.executemany("INSERT INTO outbox VALUES (?, ?, ?, ?, ?)", items)
        connection.commit()
    presses = [checker.Press("t1", text, at) for at, text in enumerate(PRESSES)]
    return checker.check(presses, server, client)


@pytest.mark.parametrize(
    ("stored", "visible", "lost", "duplicated", "reordered"),
    [
        (PRESSES, {}, 0, 0, 0),
        (["t1 one", "t1 ok"], {"t1 two": "queued", "t1 ok": "uncertain"}, 0, 0, 0),
        (["t1 ok", "t1 two", "t1 ok"], {}, 1, 0, 0),
        (["t1 one", "t1 ok", "t1 two"], {"t1 ok": "accepted"}, 1, 0, 0),
        ([*PRESSES, "t1 two"], {}, 0, 1, 0),
        (["t1 one", "t1 one", "t1 ok", "t1 two", "t1 ok"], {}, 0, 1, 0),
        (["t1 two", "t1 one", "t1 ok", "t1 ok"], {}, 0, 0, 1),
        (["t1 ok", "t1 one", "t1 ok"], {"t1 two": "parked"}, 0, 0, 1),
        ([], dict.fromkeys(("t1 one", "t1 two"), "parked"), 2, 0, 0),
    ],
)
def test_the_counts(
    tmp_path: Path,
    stored: list[str],
    visible: dict[str, str],
    lost: int,
    duplicated: int,
    reordered: int,
) -> None:
    """Equal texts are counted, let-go ones are no disorder, a copy is one too many."""
    found = counted(tmp_path, stored, visible)
    assert (found.lost, found.duplicated, found.reordered) == (lost, duplicated, reordered), found.words
    assert found.presses == len(PRESSES)


def test_it_imports_nothing_of_chatdesk() -> None:
    """Neither the program nor its helpers: only the standard library."""
    tree = ast.parse(Path(checker.__file__).read_text("utf-8"))
    names = {one.name for node in ast.walk(tree) if isinstance(node, ast.Import) for one in node.names}
    names |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not [name for name in names if name.split(".")[0] in {"chatdesk", "tests"}]
