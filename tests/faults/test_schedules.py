"""Presses among faults at every platform: nothing lost, nothing twice, nothing out of order."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from chatdesk.server.dialect import Variant
from tests.faults import lab, run, script

EACH = int(os.environ.get("CHATDESK_SCHEDULES", "2"))
"""Schedules at every place; `make faults` carries out thousands."""


@pytest.mark.parametrize(("platform", "variant"), run.places())
def test_nothing_is_lost_and_nothing_comes_twice(tmp_path: Path, platform: str, variant: Variant) -> None:
    """Whatever is cut, stalled, held, refused, killed or told twice."""
    made = lab.prepare(tmp_path / "made", platform, variant)
    assert len(made.talks) > 1
    for seed in range(EACH):
        wanted = script.draw(seed, platform, variant.value)
        found = lab.run_schedule(tmp_path / str(seed), made, wanted)
        count = found.count
        assert (count.lost, count.duplicated, count.reordered) == (0, 0, 0), (wanted, count.words)
        assert count.presses
        assert found.alive == count.presses, (wanted, count.words)


def test_a_schedule_is_the_same_for_its_seed_and_survives_json() -> None:
    """What failed once can be carried out again."""
    one = script.draw(7, "omw", "as-is")
    assert one == script.draw(7, "omw", "as-is")
    assert one != script.draw(8, "omw", "as-is")
    assert script.read(one.as_json()) == one


def test_every_fault_can_be_carried_out() -> None:
    """No name of a fault without its method."""
    assert [kind for kind in script.FAULTS if not hasattr(lab.Schedule, f"_{kind}")] == []
