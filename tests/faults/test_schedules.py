"""Schedules are what their seed says, whenever and wherever they are carried out."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from chatdesk.server.dialect import Variant
from tests.faults import lab, live, script
from tests.faults.desk import Prepared
from tests.faults.script import Script, Step


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    return lab.prepare(tmp_path_factory.mktemp("made"), "omw", Variant.AS_IS)


def test_a_schedule_is_the_same_for_its_seed_and_survives_json() -> None:
    """What failed once can be carried out again."""
    one = script.draw(7, "omw", "as-is")
    assert one == script.draw(7, "omw", "as-is")
    assert one != script.draw(8, "omw", "as-is")
    assert script.read(one.as_json()) == one
    assert script.draw(7, "omw", "as-is", short=True) != one


def test_every_fault_and_every_press_can_be_carried_out() -> None:
    """No name without its method."""
    assert [kind for kind in (*script.FAULTS, *script.PRESSES) if not hasattr(lab.Schedule, f"_{kind}")] == []


def test_every_fault_and_every_press_is_drawn() -> None:
    """Each often enough to be met in a full run, none so often that it is all there is."""
    drawn = Counter(step.kind for seed in range(3_000) for step in script.draw(seed, "omw", "as-is").steps)
    assert set(drawn) == {*script.FAULTS, *script.PRESSES}
    assert min(drawn.values()) > 15
    faults = sum(drawn[kind] for kind in script.FAULTS)
    assert max(drawn[kind] for kind in script.FAULTS) < faults / 8


def test_live_schedules_say_every_text_once() -> None:
    """A repeat is known by its text there."""
    for seed in range(200):
        texts = [step.text for step in live.draw(seed).steps if step.text]
        assert len(texts) == len(set(texts))


@pytest.mark.parametrize("seed", [3, 4])
def test_the_same_script_comes_to_the_same(tmp_path: Path, made: Prepared, seed: int) -> None:
    """Faults, presses and time are the script's; only threads have a timing of their own."""
    wanted = script.draw(seed, "omw", "as-is")
    first, second = (lab.run_schedule(tmp_path / name, made, wanted) for name in ("one", "two"))
    assert first == second


def test_time_that_the_machine_sleeps_moves_all_that_follows(tmp_path: Path, made: Prepared) -> None:
    """Steps after a sleep keep their distance from each other."""
    steps = (
        Step(1_000, "press", 0, "t0 before"),
        Step(2_000, "sleep"),
        Step(3_000, "press", 0, "t0 after"),
        Step(9_000, "press", 0, "t0 later"),
    )
    found = lab.run_schedule(tmp_path / "one", made, Script(0, "omw", "as-is", steps))
    assert (found.count.accepted, found.count.lost, found.alive) == (3, 0, 3)
