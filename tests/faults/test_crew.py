"""The lab carries out all of its cases, however often its processes are renewed meanwhile."""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED, Future, wait
from pathlib import Path

import pytest

from tests.faults import run
from tests.faults.crew import Crew
from tests.faults.parts import Case, Result
from tests.faults.told import begin, told

CASES, WORKERS, EACH = 26, 2, 5


def test_all_cases_are_carried_out_by_processes_that_are_renewed() -> None:
    """Each once; no process takes more than its share; and in the end none is left."""
    cases = iter([("some", {"key": str(number)}) for number in range(CASES)])
    crew = Crew(WORKERS, cases, told, begin, "", renewed_after=EACH)
    under_way: set[Future[Result]] = set()
    found: list[Result] = []
    while under_way := under_way | {*crew.begun()}:
        done, under_way = wait(under_way, timeout=60, return_when=FIRST_COMPLETED)
        assert done, "nobody carries out what is left"
        for future in done:
            crew.ended()
            found.append(future.result())
    crew.close()
    assert sorted(int(one["key"]) for one in found) == list(range(CASES))
    rounds = -(-CASES // (WORKERS * EACH))
    assert rounds <= len({one["seed"] for one in found}) <= rounds * WORKERS


def test_a_case_that_fails_as_a_test_does_is_an_outcome() -> None:
    """What waits in vain on virtual time fails by pytest's own means: that must not end a run."""

    class Vain:
        name = "vain"

        def carry_out(self, _case: Case, _folder: Path) -> Result:
            pytest.fail("not within 120000 virtual ms: synced")

    found = run._once(Vain(), {"key": "one"})  # type: ignore[arg-type]
    assert found["trouble"] == "Failed: not within 120000 virtual ms: synced"
