"""The checker sees every way in which a message can come to harm, and imports nothing of what it checks."""

from __future__ import annotations

import ast
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.faults import checker
from tests.faults.checker import Press, Unseen

TEXTS = ["t1 one", "t1 ok", "t1 two", "t1 ok"]
PRESSES = [Press("t1", text, at) for at, text in enumerate(TEXTS)]
ME, CUSTOMER = "u1", "u2"
Row = tuple[str, int]
"""Text and time of a message on the server."""


class Wrong:
    """A server and a client that hold what a test says, however wrong."""

    def __init__(self, folder: Path) -> None:
        self.server, self.client = folder / "server.db", folder / "client.db"
        with closing(sqlite3.connect(self.server)) as connection:
            connection.executescript(
                "CREATE TABLE messages (id, conversation_id, seq, text, sender_id, created_ms, deleted_ms);"
                "CREATE TABLE receipts (message_id, user_id, read_ms);"
                "CREATE TABLE read_marks (conversation_id, user_id, seq, read_ms);"
            )
        self._device(self.client)

    @staticmethod
    def _device(path: Path) -> None:
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript(
                "CREATE TABLE outbox (kind, text, state, parked, detail);"
                "CREATE TABLE ledger (outgoing_id, kind, state);"
            )

    def stores(self, rows: Sequence[Row | str], conversation: str = "c", sender: str = ME) -> None:
        """What is on the server, in this order."""
        with closing(sqlite3.connect(self.server)) as connection:
            (before,) = connection.execute("SELECT count(*) FROM messages").fetchone()
            for at, row in enumerate(rows, before + 1):
                text, moment = (row, at * 1_000) if isinstance(row, str) else row
                values = (f"m{at}", conversation, at, text, sender, moment)
                connection.execute("INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?, NULL)", values)
            connection.commit()

    def shows(self, *visible: tuple[str, str], device: Path | None = None) -> None:
        """What waits at the client, or at another device: text and state."""
        path = device or self.client
        if not path.exists():
            self._device(path)
        with closing(sqlite3.connect(path)) as connection:
            for text, state in visible:
                connection.execute("INSERT INTO outbox VALUES ('send', ?, ?, NULL, '')", (text, state))
            connection.commit()

    def run(self, where: Path, sql: str) -> None:
        with closing(sqlite3.connect(where)) as connection:
            connection.execute(sql)
            connection.commit()

    def count(self, presses: Sequence[Press] = PRESSES, **more: object) -> checker.Count:
        return checker.check(presses, self.server, self.client, **more)  # type: ignore[arg-type]


@pytest.fixture
def wrong(tmp_path: Path) -> Wrong:
    made = Wrong(tmp_path)
    made.stores(["an older one"])
    return made


def harm(found: checker.Count) -> tuple[int, int, int]:
    return found.lost, found.duplicated, found.reordered


@pytest.mark.parametrize(
    ("stored", "visible", "expected"),
    [
        (TEXTS, [], (0, 0, 0)),
        (["t1 one", "t1 ok"], [("t1 two", "queued"), ("t1 ok", "uncertain")], (0, 0, 0)),
        (["t1 ok", "t1 two", "t1 ok"], [], (1, 0, 0)),
        (["t1 one", "t1 ok", "t1 two"], [("t1 ok", "accepted")], (1, 0, 0)),
        (["t1 one", "t1 ok", "t1 two"], [("t1 ok", "cancelled")], (1, 0, 0)),
        ([], [("t1 one", "parked"), ("t1 two", "parked")], (2, 0, 0)),
        ([*TEXTS, "t1 two"], [], (0, 1, 0)),
        ([*TEXTS, "t1 two", "t1 two"], [], (0, 2, 0)),
        (["t1 one", "t1 one", "t1 ok", "t1 two", "t1 ok"], [], (0, 1, 0)),
        (["t1 one", "t1 one", "t1 ok", "t1 two"], [], (1, 1, 0)),
        (["t1 two", "t1 one", "t1 ok", "t1 ok"], [], (0, 0, 1)),
        (["t1 ok", "t1 one", "t1 ok"], [("t1 two", "parked")], (0, 0, 1)),
        (["t1 ok", "t1 two", "t1 ok"], [("t1 one", "queued")], (0, 0, 1)),
        (["t1 one", "t1 ok", "t1 ok"], [("t1 two", "uncertain")], (0, 0, 0)),
    ],
)
def test_the_counts(
    wrong: Wrong, stored: list[str], visible: list[tuple[str, str]], expected: tuple[int, int, int]
) -> None:
    """Equal texts are counted, a copy is one too many, nothing arrives before an earlier one that waits."""
    wrong.stores(stored)
    wrong.shows(*visible)
    found = wrong.count()
    assert harm(found) == expected, found.words
    assert found.presses == len(PRESSES)


def test_the_order_of_one_talk_in_two_conversations(wrong: Wrong) -> None:
    """What went to the wrong place is seen there as a copy or a gap, not passed over."""
    wrong.stores(["t1 one", "t1 ok"])
    wrong.stores(["t1 two", "t1 ok", "t1 one"], conversation="d")
    assert harm(wrong.count()) == (0, 1, 1)


@pytest.mark.parametrize("stored", [[], ["t1 one"]])
def test_what_was_taken_back_never_arrives(wrong: Wrong, stored: list[str]) -> None:
    """Nobody misses it, and one row of it is one too many."""
    wrong.stores(stored)
    found = wrong.count([replace(PRESSES[0], least=0, most=0)])
    assert (*harm(found), found.presses) == (0, len(stored), 0, 0)


@pytest.mark.parametrize(("stored", "duplicated"), [([], 0), (["t1 one"], 0), (["t1 one"] * 2, 1)])
def test_what_may_be_gone_is_no_loss_but_still_no_copy(
    wrong: Wrong, stored: list[str], duplicated: int
) -> None:
    """Deleted, or gone with an older folder that was put back."""
    wrong.stores(stored)
    assert harm(wrong.count([replace(PRESSES[0], least=0)])) == (0, duplicated, 0)


def test_a_changed_text_takes_the_place_of_the_old_one(wrong: Wrong) -> None:
    """The old one must not arrive: not instead of it, and not beside it."""
    presses = [replace(PRESSES[0], text="t1 new"), replace(PRESSES[0], least=0, most=0)]
    wrong.stores(["t1 one"])
    assert harm(wrong.count(presses)) == (1, 1, 0)
    wrong.stores(["t1 new"])
    assert harm(wrong.count(presses)) == (0, 1, 0)


@pytest.mark.parametrize(("at_ms", "reordered"), [(4_999, 1), (5_000, 0), (9_000, 0)])
def test_nothing_goes_before_its_time(wrong: Wrong, at_ms: int, reordered: int) -> None:
    """A scheduled one has a time, and no place among the others."""
    wrong.stores([("t1 two", 1_000), ("t1 one", at_ms)])
    presses = [replace(PRESSES[0], ordered=False, not_before_ms=5_000), PRESSES[2]]
    found = wrong.count(presses)
    assert harm(found) == (0, 0, reordered), found.words


@pytest.mark.parametrize(
    ("late_ms", "duplicated", "stored_late"),
    [([], 1, 0), ([40_000.0], 0, 1), ([39_000.0], 1, 0), ([40_003.0], 1, 0)],
)
def test_only_the_copy_that_came_late_is_excused(
    wrong: Wrong, late_ms: list[float], duplicated: int, stored_late: int
) -> None:
    """One that was stored at the moment of a late delivery; any other stays a failure."""
    wrong.stores([("t1 one", 12_000), ("t1 one", 40_001)])
    found = wrong.count(PRESSES[:1], late_ms=late_ms)
    assert (found.duplicated, found.stored_late) == (duplicated, stored_late)


def test_an_excuse_hides_no_other_copy(wrong: Wrong) -> None:
    """Two copies, one of them late: the other is counted; so is one of another text."""
    wrong.stores([("t1 one", 1_000), ("t1 one", 12_000), ("t1 one", 40_000)])
    wrong.stores([("t1 two", 1_000), ("t1 two", 12_000)], conversation="d")
    found = wrong.count([PRESSES[0], PRESSES[2]], late_ms=[40_000.0])
    assert (found.duplicated, found.stored_late) == (2, 1)


@pytest.mark.parametrize(("inside", "lost", "excused"), [(True, 0, 1), (False, 1, 0)])
def test_an_equal_text_of_another_device(wrong: Wrong, inside: bool, lost: int, excused: int) -> None:
    """Two presses, one row: excused only if both were under way at the same time."""
    wrong.stores(["t1 one"])
    found = wrong.count([PRESSES[0], replace(PRESSES[0], elsewhere=True, inside=inside)])
    assert (found.lost, found.equal_elsewhere, found.duplicated) == (lost, excused, 0)


def test_another_device_has_no_place_in_our_order(wrong: Wrong, tmp_path: Path) -> None:
    """Its rows may stand anywhere; what waits there is not lost."""
    wrong.stores(["t1 two", "t1 one", "t1 ok", "t1 two"])
    presses = [*PRESSES[:3], replace(PRESSES[2], elsewhere=True), replace(PRESSES[3], elsewhere=True)]
    wrong.shows(("t1 ok", "queued"), device=tmp_path / "device.db")
    assert harm(wrong.count(presses, others=[tmp_path / "device.db"])) == (0, 0, 0)


@pytest.mark.parametrize(("read_ms", "expected"), [(None, 0), (6_000, 0), (6_001, 1)])
def test_a_receipt_of_what_nobody_saw(wrong: Wrong, read_ms: int | None, expected: int) -> None:
    """Marked as read although the client had known of it for a while, and nobody had looked."""
    wrong.stores(["t1 from there"], sender=CUSTOMER)
    if read_ms is not None:
        wrong.run(wrong.server, f"INSERT INTO receipts VALUES ('m2', '{ME}', {read_ms})")
    found = wrong.count([], unseen=[Unseen("t1 from there", 5_000)], reader=ME)
    assert found.read_unseen == expected


@pytest.mark.parametrize(
    ("way", "expected"),
    [((6_000, 8_000), 0), ((6_001, 8_000), 1), ((4_000, 7_000), 1), ((4_000, 8_002), 1)],
)
def test_a_mark_counts_from_when_it_left(wrong: Wrong, way: tuple[float, float], expected: int) -> None:
    """What was known by then, not by when it came; and no other bytes excuse it."""
    wrong.stores(["t1 from there"], sender=CUSTOMER)
    wrong.run(wrong.server, f"INSERT INTO receipts VALUES ('m2', '{ME}', 8000)")
    found = wrong.count([], unseen=[Unseen("t1 from there", 5_000)], reader=ME, long_ways=[way])
    assert found.read_unseen == expected


@pytest.mark.parametrize(("answers", "seq", "expected"), [(False, 1, 0), (False, 2, 1), (True, 3, 0)])
def test_a_mark_over_what_nobody_saw(wrong: Wrong, answers: bool, seq: int, expected: int) -> None:
    """But a server that takes an own message for reading does that by itself."""
    wrong.stores(["t1 from there"], sender=CUSTOMER)
    if answers:
        wrong.stores(["t1 one"])
    wrong.run(wrong.server, f"INSERT INTO read_marks VALUES ('c', '{ME}', {seq}, 9000)")
    found = wrong.count([], unseen=[Unseen("t1 from there", 5_000)], reader=ME)
    assert found.read_unseen == expected


def test_doubts_are_counted_once_for_each_send(wrong: Wrong) -> None:
    """Those that there ever were, and those that are left."""
    for outgoing, state in (("a", "uncertain"), ("a", "uncertain"), ("b", "uncertain"), ("c", "accepted")):
        wrong.run(wrong.client, f"INSERT INTO ledger VALUES ('{outgoing}', 'send', '{state}')")
    wrong.shows(("t1 one", "uncertain"))
    found = wrong.count(PRESSES[:1])
    assert (found.doubted, found.undecided, found.uncertain, found.waiting) == (2, 1, 1, 1)


def test_it_imports_nothing_of_chatdesk() -> None:
    """Neither the program nor its helpers: only the standard library."""
    tree = ast.parse(Path(checker.__file__).read_text("utf-8"))
    names = {one.name for node in ast.walk(tree) if isinstance(node, ast.Import) for one in node.names}
    names |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not [name for name in names if name.split(".")[0] in {"chatdesk", "tests"}]
