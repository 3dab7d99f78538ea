"""Live and caught up within three seconds of a wake or of the network's return, told of it or not."""

from __future__ import annotations

from pathlib import Path

import pytest

from chatdesk.server.dialect import Variant
from tests.faults import wake
from tests.faults.lab import prepare

SOME = [place for number, place in enumerate(wake.places()) if number in {1, 2, 5, 6, 8}]
"""One variant of each platform; `python -m tests.faults.wake` measures hundreds at all of them."""


@pytest.mark.parametrize(("platform", "variant"), SOME)
def test_live_and_caught_up_within_three_seconds(tmp_path: Path, platform: str, variant: Variant) -> None:
    """Whatever was open is dead, and others have written meanwhile."""
    made = prepare(tmp_path / "made", platform, variant)
    for one in wake.carry_out(tmp_path / "run", made, 3, wake.KINDS):
        assert one.missing == 0, one
        assert one.took_ms <= wake.BAR_MS, one


def test_the_report_counts_what_was_late_and_what_never_came() -> None:
    """A bar that can't be missed would show nothing."""
    soon = [wake.Spell("wake untold", "omw promised", took_ms, 0) for took_ms in range(1, 96)]
    late = [wake.Spell("wake untold", "omw promised", 9_000, 0) for _ in range(5)]
    assert wake.report(soon + late)["kinds"]["wake untold"]["p95_ms"] == 95
    assert wake.holds(wake.report(soon + late))
    assert not wake.holds(wake.report(soon[:-1] + late))
    assert not wake.holds(wake.report([*soon, wake.Spell(wake.BLIND, "omw promised", 120_000, 1)]))
