"""Where planted defects are looked for: cases that the parts of the lab draw and count anyway."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from chatdesk.server.dialect import Variant
from tests.faults import live, script
from tests.faults.mutants.picks import Pick
from tests.faults.parts import Case, Result, live_only, schedules

Place = tuple[str, Variant]
DRAWN_AT_ONCE = 1_000_000
"""So many cases of a seed are looked through for those that a hunt takes."""


class Hunt(Protocol):
    """Cases of one part of the lab in which a defect can bite."""

    def cases(self, seed: int) -> Iterator[Case]:
        """Those of a seed's cases that are carried out, in the order in which they are drawn."""

    def prepare(self, case: Case) -> None:
        """Make what many cases share, once, while nothing is planted."""

    def carry_out(self, case: Case, folder: Path) -> Result:
        """Do one case in an empty folder of its own."""


@dataclass(frozen=True, slots=True)
class Schedules:
    """Presses among faults in virtual time. A drawn schedule in which the defect can't bite is passed over.

    places: where it can. pick: whether it can in these steps; None: always.
    """

    places: frozenset[Place]
    pick: Pick | None = None

    def cases(self, seed: int) -> Iterator[Case]:
        """The schedules of the seed, as `make faults SEED=seed` has them."""
        found = schedules.places()
        for number in range(DRAWN_AT_ONCE):
            platform, variant = found[number % len(found)]
            if (platform, variant) not in self.places:
                continue
            drawn = script.draw(seed * 1_000_000 + number, platform, variant.value)
            case = {"key": f"{platform} {variant.value} {drawn.seed}", **drawn.as_json()}
            if self.pick is None or self.pick(case["steps"]):
                yield case

    def prepare(self, case: Case) -> None:
        """A server with its people, and a client that has read them."""
        schedules.template(*_place(case))

    def carry_out(self, case: Case, folder: Path) -> Result:
        """As `make faults` does."""
        return schedules.PART.carry_out(case, folder)


@dataclass(frozen=True, slots=True)
class LiveOnly:
    """Presses among faults where the server only hands messages over, counted by those who get them."""

    pick: Pick

    def cases(self, seed: int) -> Iterator[Case]:
        """Those of the seed that are picked."""
        for case in live_only.PART.cases(seed, DRAWN_AT_ONCE):
            if self.pick(case["steps"]):
                yield case

    def prepare(self, case: Case) -> None:
        """The server with two parties, and a client that has begun to talk with them."""
        if not live_only._made:
            live_only._made.append(live.prepare(Path(tempfile.mkdtemp(prefix="made-"))))

    def carry_out(self, case: Case, folder: Path) -> Result:
        """As `make faults` does."""
        return live_only.PART.carry_out(case, folder)


def _place(case: Case) -> Place:
    return case["platform"], Variant(case["variant"])


def as_is(*platforms: str) -> frozenset[Place]:
    """The recorded variants of these platforms, or of all, where the schedules can be counted.

    Where servers dedupe, nothing needs proof before it is repeated: defects in proving can't bite there.
    """
    return frozenset(one for one in everywhere(*platforms) if one[1] is Variant.AS_IS)


def everywhere(*platforms: str) -> frozenset[Place]:
    """Both variants."""
    return frozenset(one for one in schedules.places() if not platforms or one[0] in platforms)
