"""Read marks on a slow link: what is held against the client, and what it could not know."""

from __future__ import annotations

from pathlib import Path

import pytest

from chatdesk.server.dialect import Variant
from tests.faults import lab
from tests.faults.desk import Prepared
from tests.faults.mutants import late_mark
from tests.faults.script import Script, Step

TURN = (
    Step(6_000, "incoming", 1, "t1 from there 1"),
    Step(6_459, "slow", ms=9_000, number=1_500),
    Step(12_600, "press", 0, "t0 one"),
    Step(12_700, "read", 1),
    Step(12_710, "incoming", 1, "t1 from there 2"),
)
"""The mark waits for its turn behind a send, whose answer takes 4.5 s; the next line is known before."""
WAY = (
    Step(30_400, "slow", ms=9_000, number=1_500),
    Step(34_000, "incoming", 1, "t1 from there 1"),
    Step(35_000, "incoming", 1, "t1 from there 2"),
    Step(37_000, "read", 1),
)
"""The mark has left when the next line comes, and arrives 2 s later."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """A server that marks everything as read, and a lane for all that is said to it."""
    return lab.prepare(tmp_path_factory.mktemp("made"), "steppergo", Variant.PROMISED)


def unseen(folder: Path, made: Prepared, steps: tuple[Step, ...]) -> tuple[int, int]:
    found = lab.run_schedule(folder, made, Script(1, made.platform, made.variant.value, steps))
    return found.count.read_unseen, found.count.lost


def test_a_mark_that_waited_for_its_turn_looks_again(tmp_path: Path, made: Prepared) -> None:
    """Nobody has seen the line that came meanwhile; with a client that does not look that is found."""
    assert unseen(tmp_path / "honest", made, TURN) == (0, 0)
    with late_mark.plant():
        assert unseen(tmp_path / "defect", made, TURN) == (1, 0)


def test_what_comes_while_a_mark_is_on_its_way_is_no_fault(tmp_path: Path, made: Prepared) -> None:
    """It can't be called back, and the server takes it for all that it has by then."""
    assert unseen(tmp_path / "way", made, WAY) == (0, 0)
