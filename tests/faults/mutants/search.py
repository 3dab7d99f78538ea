"""Looks for one planted defect: case by case, until the checker sees it; then the same cases without it."""

from __future__ import annotations

import logging
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.faults.mutants.defect import Defect
from tests.faults.parts import Case, Result

HARMS = ("lost", "duplicated", "reordered", "read_unseen")
"""Counts of the checker that must be 0."""
ALIVE = "not alive"
BAR = 0.98
"""Share of presses that arrive by themselves, as the lab demands it where servers dedupe nothing."""
ENOUGH_PRESSES = 60
"""A share of fewer presses says nothing."""
WITNESSES = 3
"""With a defect that only shows in the share of what arrived, so many cases are carried out without it."""


@dataclass(slots=True)
class Hunted:
    """What came of looking for one defect."""

    name: str
    does: str
    rule: str
    found: str = ""
    """What the checker said: a name of HARMS, or ALIVE. Empty: nothing."""
    cases: int = 0
    """Carried out with the defect until it was found, or given up."""
    seed: int = 0
    key: str = ""
    """The case in which it was found."""
    faults: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    """The checker's."""
    clean: bool = True
    """The same cases without the defect came to no harm."""
    troubles: int = 0
    """Cases that could not be counted: they find nothing."""
    cpu_s: float = 0.0

    @property
    def holds(self) -> bool:
        """Whether the lab sees this defect, and nothing where there is none."""
        return bool(self.found) and self.clean

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class _Tally:
    """Presses so far, and how many of them arrived in time."""

    def __init__(self) -> None:
        self.owed = 0
        self.alive = 0
        self.late: list[Case] = []

    def add(self, case: Case, result: Result) -> None:
        owed = _owed(result)
        alive = min(owed, result.get("alive", 0))
        self.owed += owed
        self.alive += alive
        if alive < owed:
            self.late.append(case)

    @property
    def is_below(self) -> bool:
        return self.owed >= ENOUGH_PRESSES and self.alive < BAR * self.owed


def _owed(result: Result) -> int:
    """Presses that should have arrived by themselves; 0 where nobody has counted them."""
    return result.get("owed", 0)


def hunt(defect: Defect, seed: int = 0) -> Hunted:
    """Plant a defect and look for it. What the checker counts finds it; an exception finds nothing."""
    began = _cpu_s()
    hunted = Hunted(defect.name, defect.does, defect.rule, seed=seed)
    tally = _Tally()
    for case in defect.hunt.cases(seed):
        if hunted.cases == defect.most:
            break
        hunted.cases += 1
        result = _once(defect, case, planted=True)
        if "trouble" in result:
            hunted.troubles += 1
            hunted.words = [result["trouble"]]
            continue
        harms = [name for name in HARMS if result.get(name)]
        tally.add(case, result)
        if harms or tally.is_below:
            hunted.found = ", ".join(harms) or ALIVE
            hunted.key, hunted.faults = case["key"], result.get("faults", [])
            told = [one for one in result.get("words", []) if not one.startswith("waiting")]
            hunted.words = told if harms else [f"{tally.alive} of {tally.owed} arrived in time"]
            witnesses = [case] if harms else tally.late[-WITNESSES:]
            honest = [_once(defect, one, planted=False) for one in witnesses]
            hunted.clean = not any(_is_harmed(one) or (not harms and _is_late(one)) for one in honest)
            break
    hunted.cpu_s = round(_cpu_s() - began, 1)
    return hunted


def _is_harmed(result: Result) -> bool:
    return "trouble" in result or any(result.get(name) for name in HARMS)


def _is_late(result: Result) -> bool:
    return result.get("alive", 0) < _owed(result)


def _once(defect: Defect, case: Case, *, planted: bool) -> Result:
    folder = Path(tempfile.mkdtemp(prefix="world-"))
    try:
        defect.hunt.prepare(case)
        with defect.plant() if planted else nullcontext():
            return defect.hunt.carry_out(case, folder)
    except Exception as exc:  # noqa: BLE001 -- whatever it is, it is not the checker that has spoken
        return {"trouble": f"{type(exc).__name__}: {exc}"[:500]}
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _cpu_s() -> float:
    """Of this process and of those that it has waited for."""
    spent = time.process_time()
    try:
        import resource
    except ImportError:  # pragma: no cover - Windows
        return spent
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent + children.ru_utime + children.ru_stime


@contextmanager
def own_scratch() -> Iterator[None]:
    """What is prepared and tried lies in one folder, which goes at the end; defects may log."""
    before = tempfile.tempdir
    with tempfile.TemporaryDirectory(prefix="chatdesk-mutants-") as folder:
        tempfile.tempdir = folder
        logging.disable(logging.CRITICAL)
        try:
            yield
        finally:
            logging.disable(logging.NOTSET)
            tempfile.tempdir = before
