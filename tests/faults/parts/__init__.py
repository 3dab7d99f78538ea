"""The parts of `make faults`: each draws cases from a seed, carries one out, and says what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol, TypedDict

Case = dict[str, Any]
"""JSON-able, the same for the same seed; "key" is unique in its part."""


FAILURES = ("lost", "duplicated", "reordered", "read_unseen")
"""What may never happen."""


class Result(TypedDict, total=False):
    """What a case came to: counts, as the checker's."""

    part: str
    key: str
    platform: str
    variant: str
    seed: int
    faults: list[str]
    presses: int
    accepted: int
    waiting: int
    uncertain: int
    parked: int
    lost: int
    duplicated: int
    reordered: int
    read_unseen: int
    """Messages of others that were marked as read although nobody had seen them."""
    excused: int
    """Copies that docs/reliability.md explains: stored long after the cut, or written on another device."""
    owed: int
    """Presses that should arrive without a person; all of them, where it is missing."""
    alive: int
    """Those of them that were accepted within a minute of engine time after the last fault had healed."""
    doubted: int
    """Presses that were uncertain once, while history can be read."""
    resolved: int
    """Those of them that did not need a person."""
    apart: str
    """Counted in a table of its own, by this name: no part of the figures of platforms that store."""
    point: str
    """Where a process was killed, by its name."""
    source: str
    """Digest of the sources that were run."""
    kills: int
    """Processes that were killed."""
    words: list[str]
    """Why, for a person."""
    trouble: str
    """The case could not be counted: what was raised."""
    seconds: float
    failed: int
    of: int
    """A case that failed was carried out `of` times and failed in `failed` of them."""
    case: Case
    """The case itself, where it failed; shrunk, where its part can."""


class Part(Protocol):
    """One way of trying to break the promise."""

    name: str
    wall_bound: bool
    """Waits more than it computes: many are carried out at once."""

    def cases(self, seed: int, amount: int) -> Iterator[Case]:
        """The first `amount` cases of a seed."""

    def carry_out(self, case: Case, folder: Path) -> Result:
        """Do it, in an empty folder of its own. May keep templates in globals of the process."""


class Shrinks(Part, Protocol):
    """A part that can make a failing case smaller."""

    def shrunk(self, case: Case, fails: Callable[[Case], bool]) -> Case:
        """The smallest case found that still fails."""


def is_bad(result: Result) -> bool:
    """Whether anything was lost, came twice or out of order, or could not be counted."""
    return "trouble" in result or any(result.get(key) for key in FAILURES)
