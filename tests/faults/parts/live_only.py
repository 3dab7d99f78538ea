"""Presses where messages are only handed over: counted apart, by those who get them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.faults import live, script
from tests.faults.desk import Prepared
from tests.faults.parts import Case, Result
from tests.faults.shrink import shrink

_made: list[Prepared] = []


class LiveOnly:
    """The marketplace as it is, which stores nothing: never repeated by itself, and never lost from sight."""

    name = "live_only"
    wall_bound = False

    def cases(self, seed: int, amount: int) -> Iterator[Case]:
        """Scripts with numbers of their own: `seed` times a million, and on."""
        for number in range(amount):
            wanted = live.draw(seed * 1_000_000 + number)
            yield {"key": f"live only {wanted.seed}", **wanted.as_json()}

    def carry_out(self, case: Case, folder: Path) -> Result:
        """One world with two parties who listen."""
        wanted = script.read(case)
        if not _made:
            _made.append(live.prepare(Path(tempfile.mkdtemp(prefix="made-"))))
        found = live.run_live(folder, _made[0], wanted)
        result: Result = {"platform": wanted.platform, "variant": wanted.variant, "seed": wanted.seed}
        result["faults"] = wanted.faults
        result |= found.figures() | {"apart": self.name}  # type: ignore[typeddict-item]
        return result

    def shrunk(self, case: Case, fails: Callable[[Case], bool]) -> Case:
        """Fewer steps, plainer numbers."""

        def is_bad(one: script.Script) -> bool:
            return fails({"key": case["key"], **one.as_json()})

        return {"key": case["key"], **shrink(script.read(case), is_bad).as_json()}


PART = LiveOnly()
