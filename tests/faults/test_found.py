"""What long runs of the lab have found, made as small as it goes: played again each time.

A line of found.jsonl is the script of a schedule, as `make faults` tells it of a case that failed every time.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.faults.parts import Case, is_bad
from tests.faults.run import part

FOUND: list[Case] = [
    json.loads(line) for line in Path(__file__).with_name("found.jsonl").read_text("utf-8").splitlines()
]


@pytest.mark.parametrize("case", FOUND, ids=lambda one: f"{one['platform']} {one['variant']} {one['seed']}")
def test_what_was_found_once_does_not_come_back(case: Case, tmp_path: Path) -> None:
    """Nothing is lost, doubled, out of order, or read before it was seen."""
    result = part("schedules").carry_out(case, tmp_path)
    assert not is_bad(result), result["words"]
