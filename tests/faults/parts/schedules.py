"""Presses among faults, in virtual time: the bulk of `make faults`."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from chatdesk.server.dialect import Variant
from chatdesk.server.registry import DIALECTS
from tests.faults import lab, script
from tests.faults.parts import Case, Result
from tests.faults.shrink import shrink

LIVE_ONLY = frozenset({("marketplace", Variant.AS_IS)})
"""Its server keeps nothing, so nothing can be counted in its database: it is not part of these figures."""

_made: dict[tuple[str, Variant], lab.Prepared] = {}


def places() -> list[tuple[str, Variant]]:
    """Every platform in every variant that schedules are run against."""
    return [
        (name, variant)
        for name, one in DIALECTS.items()
        for variant in one.variants
        if (name, variant) not in LIVE_ONLY
    ]


def template(platform: str, variant: Variant) -> lab.Prepared:
    """A prepared place, made when it is first needed in this process."""
    place = (platform, variant)
    if place not in _made:
        _made[place] = lab.prepare(Path(tempfile.mkdtemp(prefix="made-")), *place)
    return _made[place]


class Schedules:
    """Every place in turn; a schedule is a script of the lab."""

    name = "schedules"
    wall_bound = False

    def cases(self, seed: int, amount: int) -> Iterator[Case]:
        """Scripts with numbers of their own: `seed` times a million, and on."""
        found = places()
        for number in range(amount):
            platform, variant = found[number % len(found)]
            wanted = script.draw(seed * 1_000_000 + number, platform, variant.value)
            yield {"key": f"{platform} {variant.value} {wanted.seed}", **wanted.as_json()}

    def carry_out(self, case: Case, folder: Path) -> Result:
        """One world, from its first connection until nothing waits any more."""
        wanted = script.read(case)
        place = (wanted.platform, Variant(wanted.variant))
        found = lab.run_schedule(folder, template(*place), wanted)
        result: Result = {"platform": wanted.platform, "variant": wanted.variant, "seed": wanted.seed}
        result["faults"] = wanted.faults
        result |= found.figures()  # type: ignore[typeddict-item]
        return result

    def shrunk(self, case: Case, fails: Callable[[Case], bool]) -> Case:
        """Fewer steps, plainer numbers."""

        def is_bad(one: script.Script) -> bool:
            return fails({"key": case["key"], **one.as_json()})

        return {"key": case["key"], **shrink(script.read(case), is_bad).as_json()}


PART = Schedules()
