"""Short schedules at one place, as the tests carry them out, and what they come to together."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from chatdesk.server.dialect import Variant
from tests.faults import lab, live, script
from tests.faults.desk import Prepared
from tests.faults.parts import FAILURES
from tests.faults.report import BARS

EACH = int(os.environ.get("CHATDESK_SCHEDULES", "33"))
"""Schedules at every place; `make faults` carries out thousands of longer ones."""
EACH_LIVE = max(1, EACH // 3)


class Bunch:
    """One platform with all its faces: each is prepared when the first schedule wants it."""

    def __init__(self, folder: Path, platform: str) -> None:
        self._folder = folder
        self._platform = platform
        self._made: dict[str, Prepared] = {}
        self.alive: dict[Variant, int] = {}
        self.owed: dict[Variant, int] = {}
        self.heard = 0

    def carry_out(self, variant: Variant, seed: int) -> None:
        """Nothing is lost, doubled or out of order in this schedule."""
        wanted = script.draw(seed, self._platform, variant.value, short=True)
        made = self._prepared(variant.value, lambda to: lab.prepare(to, self._platform, variant))
        found = lab.run_schedule(self._folder / str(seed), made, wanted)
        self._is_good(found, wanted)
        self.alive[variant] = self.alive.get(variant, 0) + found.alive
        self.owed[variant] = self.owed.get(variant, 0) + found.alive_of

    def carry_out_live(self, seed: int) -> None:
        """The same where messages are only handed over: there is nothing that could be owed."""
        wanted = live.draw(seed, most=4)
        found = live.run_live(self._folder / str(seed), self._prepared("live", live.prepare), wanted)
        self._is_good(found, wanted)
        self.heard += found.count.accepted

    def arrives_by_itself(self) -> bool:
        """Whether of all schedules until now enough arrived within a minute after the last fault."""
        return all(alive >= BARS[one.value] * self.owed[one] for one, alive in self.alive.items())

    def _prepared(self, name: str, prepare: Callable[[Path], Prepared]) -> Prepared:
        if name not in self._made:
            self._made[name] = prepare(self._folder / f"made-{name}")
        return self._made[name]

    def _is_good(self, found: lab.Outcome, wanted: script.Script) -> None:
        shutil.rmtree(self._folder / str(wanted.seed))
        count = found.count
        harm = {name: getattr(count, name) for name in FAILURES if getattr(count, name)}
        assert not harm, (count.words, wanted.as_json())
