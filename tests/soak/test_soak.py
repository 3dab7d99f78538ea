"""The soak itself, for as long as a test may take: the same program, servers, crowd, faults and count."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.soak import run, verdict
from tests.soak.plan import SEEDED, short


@pytest.mark.skipif(
    not Path("/proc/self/smaps_rollup").exists(), reason="reads what Linux tells of a process"
)
def test_among_events_and_faults_nothing_is_lost_and_nothing_is_left_open(tmp_path: Path) -> None:
    """Tasks, threads, handles and Qt objects are those of before; every press arrived, once, in order.

    Memory needs more time than a test has: `make soak` looks at that.
    """
    report = run.carry_out(short(), tmp_path)
    assert report["conversations"] == SEEDED
    assert len(report["faults"]) >= 2, "faults did happen"
    assert sum(report["events"].values()) >= 20, report["events_failed"]
    assert report["presses"] >= 3, report["own"]
    assert report["accepted"] == report["presses"]
    failed = [bar for bar in report["bars"] if not bar["holds"]]
    assert not failed, verdict.table(failed)
