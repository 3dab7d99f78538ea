"""Counts per filter chip that follow single rows instead of being counted anew."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Generic, TypeVar

K = TypeVar("K", bound=StrEnum)


class Tally(Generic[K]):
    """Which chips each row is listed under, and how many rows each chip has."""

    def __init__(self, tags_of: Callable[[int], frozenset[K]]) -> None:
        """Asks `tags_of` for the chips of a row, by its id; none: the row is not counted."""
        self._tags_of = tags_of
        self._tags: dict[int, frozenset[K]] = {}
        self._counts: dict[K, int] = {}

    def count(self, chip: K) -> int:
        """Rows under a chip."""
        return self._counts.get(chip, 0)

    def tags(self, row_id: int) -> frozenset[K]:
        """Chips of a row as last asked."""
        return self._tags.get(row_id, frozenset())

    def update(self, ids: Iterable[int], *, gone: bool = False) -> bool:
        """Ask for these rows again (or forget them); whether any count is different now."""
        before = self._counts.copy()
        for one in ids:
            old = self._tags.pop(one, frozenset())
            new = frozenset() if gone else self._tags_of(one)
            if new:
                self._tags[one] = new
            for chip in old - new:
                self._counts[chip] -= 1
            for chip in new - old:
                self._counts[chip] = self._counts.get(chip, 0) + 1
        return before != self._counts

    def restart(self, ids: Iterable[int]) -> None:
        """Forget everything and ask for these rows."""
        self._tags.clear()
        self._counts.clear()
        self.update(ids)
