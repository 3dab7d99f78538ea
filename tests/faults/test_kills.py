"""Processes that are killed lose nothing, send nothing twice, and no commit point is without its name."""

from __future__ import annotations

import ast
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, get_args

import pytest

from chatdesk import store
from chatdesk.domain import outbox
from tests.faults.kills import count, points
from tests.faults.parts import is_bad, kills
from tests.faults.parts.schedules import places

STORE = Path(store.__file__).parent
WORLDS = 10


# -- the names


def _functions(module: Path) -> Iterator[tuple[str, ast.FunctionDef]]:
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef):
            yield node.name, node


JOURNAL = {"append", "compact", "confirm", "keep_copy", "reconcile"}
"""What makes the journal write."""


def _lasts(node: ast.AST, module: str) -> bool:
    """Whether this changes a file for good, or waits until it has."""
    if isinstance(node, ast.With):
        return any(getattr(one.context_expr, "attr", "") in {"con", "_con"} for one in node.items)
    if not isinstance(node, ast.Call):
        return False
    if isinstance(node.func, ast.Name):
        return node.func.id in {"sync", "sync_file", "sync_folder"} or (
            module == "journal" and node.func.id == "_write"
        )
    if not isinstance(node.func, ast.Attribute):
        return False
    owner = getattr(node.func.value, "attr", getattr(node.func.value, "id", ""))
    if owner in {"journal", "_journal"} or (owner == "self" and module == "journal"):
        return node.func.attr in JOURNAL
    match node.func.attr:
        case "execute":
            return bool(node.args) and getattr(node.args[0], "value", None) == "COMMIT"
        case "unlink":
            return any(one.arg == "missing_ok" for one in node.keywords)
        case "replace":
            return len(node.args) == 1 and not node.keywords
        case name:
            return name in {"wal_checkpoint", "rename", "touch", "write_bytes", "write_text"}


def test_every_place_where_the_store_changes_a_file_has_its_points() -> None:
    """Who adds a commit, a renaming or a wait for the disk names the moments around it."""
    found = {
        (module.stem, name)
        for module in STORE.glob("*.py")
        for name, function in _functions(module)
        if any(_lasts(node, module.stem) for node in ast.walk(function))
    }
    assert found - points.READERS - points.FILES_PLACES == points.PLACES.keys()
    assert points.FILES_PLACES <= found
    assert {one for names in points.PLACES.values() for one in names} <= set(points.POINTS)


def test_every_transaction_has_its_points() -> None:
    """Each way into the writer's queue, and each step of the outbox, is a kind of its own."""
    durable, quick = set(), set()
    for name, function in _functions(STORE / "store.py"):
        for node in ast.walk(function):
            match node:
                case ast.Call(func=ast.Attribute(attr="_durable")):
                    durable.add(name)
                case ast.Call(func=ast.Attribute(attr="submit_numbered")):
                    quick.add(name)
                case ast.Call(func=ast.Attribute(attr="_quick"), args=[ast.Attribute(attr=work)]):
                    quick.add(work)
                case ast.Call(func=ast.Attribute(attr="_quick")):
                    quick.add(name)
    assert durable - points.FILES == {*points.DURABLE, "advance"}
    assert quick == set(points.QUICK)
    events = {one.__name__ for one in get_args(outbox.Event)}
    assert events - points.FILES == {*points.EVENTS, *points.WITHIN}
    assert points.FILES <= durable | events


def test_each_point_has_a_case_of_its_own_and_cases_hang_on_the_seed_alone() -> None:
    """`make faults` passes all of them within the first cases, in another order for each seed."""
    cases = list(kills.PART.cases(7, 1_000))
    assert cases == list(kills.PART.cases(7, 1_000))
    assert len({one["key"] for one in cases}) == len(cases)
    named = {kill["point"] for one in cases[: len(points.POINTS)] for kill in one["kills"]}
    assert named >= set(points.POINTS)
    assert {(one["platform"], one["variant"]) for one in cases} == {(p, v.value) for p, v in places()}


# -- the count


def _counted(folder: Path, lines: list[dict[str, Any]], stored: list[str], **client: Any) -> count.Count:
    server, desk = folder / "server.db", folder / "client.db"
    with closing(sqlite3.connect(server)) as connection:
        connection.execute("CREATE TABLE messages (conversation_id, seq, text, deleted_ms)")
        connection.executemany(
            "INSERT INTO messages VALUES ('c', ?, ?, NULL)", list(enumerate(["older", *stored]))
        )
        connection.commit()
    with closing(sqlite3.connect(desk)) as connection:
        connection.execute("CREATE TABLE outbox (kind, text, state, parked, detail)")
        connection.execute("CREATE TABLE drafts (text)")
        for text in client.get("queued", ()):
            connection.execute("INSERT INTO outbox VALUES ('send', ?, 'queued', NULL, '')", (text,))
        for text in client.get("drafts", ()):
            connection.execute("INSERT INTO drafts VALUES (?)", (text,))
        connection.commit()
    return count.count(lines, server, desk)


def _press(number: int, text: str, *then: dict[str, Any], drafted: bool = False) -> list[dict[str, Any]]:
    return [{"press": number, "talk": 0, "text": text, "drafted": drafted}, *then]


DONE_1, DONE_2 = {"done": 1, "id": "a"}, {"done": 2, "id": "b"}


@pytest.mark.parametrize(
    ("lines", "stored", "client", "wanted"),
    [
        (_press(1, "a", DONE_1), ["a"], {}, (0, 0, 0)),
        (_press(1, "a", DONE_1), [], {"queued": ["a"]}, (0, 0, 0)),
        (_press(1, "a", DONE_1), [], {}, (1, 0, 0)),
        (_press(1, "a", DONE_1), ["a", "a"], {}, (0, 1, 0)),
        (_press(1, "a"), [], {}, (0, 0, 0)),
        (_press(1, "a"), ["a"], {}, (0, 0, 0)),
        (_press(1, "a"), ["a", "a"], {}, (0, 1, 0)),
        (_press(1, "a", drafted=True), [], {}, (1, 0, 0)),
        (_press(1, "a", drafted=True), [], {"drafts": ["a"]}, (0, 0, 0)),
        (_press(1, "a", {"refused": 1}), ["a"], {}, (0, 1, 0)),
        (_press(1, "a", DONE_1) + _press(2, "b", DONE_2), ["b", "a"], {}, (0, 0, 1)),
        (_press(1, "a", DONE_1) + _press(2, "b", DONE_2), ["b"], {"queued": ["a"]}, (0, 0, 0)),
        (_press(1, "a", DONE_1, {"let go": 1, "back": True}), [], {}, (1, 0, 0)),
        (_press(1, "a", DONE_1, {"let go": 1, "back": True}, {"let gone": 1}), ["a"], {}, (1, 1, 0)),
        (
            _press(1, "a", DONE_1, {"let go": 1, "back": True}, {"let gone": 1}),
            [],
            {"drafts": ["a"]},
            (0, 0, 0),
        ),
        (_press(1, "a", DONE_1, {"edit": 1, "text": "b"}), ["b"], {}, (0, 0, 0)),
        (_press(1, "a", DONE_1, {"edit": 1, "text": "b"}), ["a", "b"], {}, (0, 1, 1)),
        (_press(1, "a", DONE_1, {"edit": 1, "text": "b"}, {"edited": 1}), ["a"], {}, (1, 0, 0)),
        (_press(1, "a", DONE_1, {"again": 1}), ["a", "a"], {}, (0, 0, 0)),
    ],
)
def test_what_is_counted(
    tmp_path: Path,
    lines: list[dict[str, Any]],
    stored: list[str],
    client: dict[str, list[str]],
    wanted: tuple[int, int, int],
) -> None:
    """A press that was not answered may be there or be its draft; what was taken back is a draft again."""
    found = _counted(tmp_path, lines, stored, **client)
    assert (found.lost, found.duplicated, found.reordered) == wanted, found.words


def test_the_count_imports_nothing_of_chatdesk() -> None:
    """A mistake that both sides share can't hide there."""
    tree = ast.parse(Path(count.__file__).read_text("utf-8"))
    names = {one.name for node in ast.walk(tree) if isinstance(node, ast.Import) for one in node.names}
    names |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not [name for name in names if name.split(".")[0] in {"chatdesk", "tests"}]


# -- the kills


def test_nothing_is_lost_and_nothing_comes_twice_whenever_the_process_dies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Thirty kills -9 on five platforms, three in a row each: what was pressed is there once, in order."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    killed: Counter[str] = Counter()
    try:
        for number in range(WORLDS):
            case = kills.draw_row(number)
            folder = tmp_path / str(number)
            folder.mkdir()
            result = kills.PART.carry_out(case, folder)
            assert not is_bad(result), (case, result)
            assert result["kills"] == kills.ROW, (case, result)
            assert result["presses"]
            assert result["alive"] == result["owed"], (case, result)
            killed.update(result["point"].split(", "))
    finally:
        kills.close()
    assert killed.total() == WORLDS * kills.ROW
    assert len(killed) > WORLDS
