"""Counts per filter chip that follow single rows instead of being counted anew."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from enum import StrEnum
from typing import Generic, TypeVar

K = TypeVar("K", bound=StrEnum)
G = TypeVar("G", bound=Hashable)


class Tally(Generic[K, G]):
    """Which chips each row is listed under, and how many rows each chip has, in each group of rows.

    Groups are what a list is narrowed to beside the chips, such as its account: of another group nothing need
    be counted anew.
    """

    def __init__(self, group_of: Callable[[int], G], tags_of: Callable[[int], frozenset[K]]) -> None:
        """Asks for the group and the chips of a row, by its id."""
        self._group_of = group_of
        self._tags_of = tags_of
        self._known: dict[int, tuple[G, frozenset[K]]] = {}
        self._counts: dict[G, dict[K, int]] = {}

    def count(self, chip: K, counts: Callable[[G], bool]) -> int:
        """Rows under a chip, of the groups that count."""
        return sum(found.get(chip, 0) for group, found in self._counts.items() if counts(group))

    def tags(self, row_id: int) -> frozenset[K]:
        """Chips of a row as last asked."""
        known = self._known.get(row_id)
        return frozenset() if known is None else known[1]

    def update(self, ids: Iterable[int], *, gone: bool = False) -> bool:
        """Ask for these rows again (or forget them); whether any count is different now."""
        change: dict[tuple[G, K], int] = {}
        for one in ids:
            old = self._known.pop(one, None)
            new = None if gone else (self._group_of(one), self._tags_of(one))
            if new is not None:
                self._known[one] = new
            if old == new:
                continue
            for known, by in ((old, -1), (new, 1)):
                if known is not None:
                    for chip in known[1]:
                        place = known[0], chip
                        change[place] = change.get(place, 0) + by
        for (group, chip), by in change.items():
            counts = self._counts.setdefault(group, {})
            counts[chip] = counts.get(chip, 0) + by
        return any(change.values())
