"""What a connection got beside what it got on the recording: pairs, lost and surplus events."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

A = TypeVar("A")
B = TypeVar("B")

LOST = 2.0
SURPLUS = 1.0
UNEQUAL = 1.5
"""An event with another content is cheaper than a lost one, even if an equal one is recorded further on."""


@dataclass(frozen=True, slots=True)
class Alignment:
    """Places of both lists: pairs, those recorded ones without ours, ours without a recorded one."""

    pairs: list[tuple[int, int]]
    lost: list[int]
    surplus: list[int]


def aligned(
    recorded: Sequence[A],
    due: int,
    ours: Sequence[B],
    differ: Callable[[A, B], int | None],
) -> Alignment:
    """Pair both lists in order so that as little as possible is left; of `recorded` only `due` must come.

    `differ` counts differences of two events; None = they are different events.
    """
    same = 0
    while same < min(len(recorded), len(ours)) and differ(recorded[same], ours[same]) == 0:
        same += 1
    if same:
        # Equal heads belong together, and most of the time there is nothing else.
        rest = aligned(recorded[same:], max(due - same, 0), ours[same:], differ)
        return Alignment(
            [*((at, at) for at in range(same)), *((row + same, column + same) for row, column in rest.pairs)],
            [row + same for row in rest.lost],
            [column + same for column in rest.surplus],
        )
    rows, columns = len(recorded), len(ours)
    costs = [[0.0] * (columns + 1) for _ in range(rows + 1)]
    steps: list[list[Any]] = [[None] * (columns + 1) for _ in range(rows + 1)]
    for row in range(rows, -1, -1):
        for column in range(columns, -1, -1):
            best: tuple[float, str] | None = None
            if row < rows and column < columns:
                count = differ(recorded[row], ours[column])
                if count is not None:
                    cost = 0.0 if count == 0 else UNEQUAL + min(count, 40) / 100
                    best = (cost + costs[row + 1][column + 1], "pair")
            if row < rows:
                cost = (LOST if row < due else 0.0) + costs[row + 1][column]
                best = min(best or (cost, "lost"), (cost, "lost"), key=lambda one: one[0])
            if column < columns:
                cost = SURPLUS + costs[row][column + 1]
                best = min(best or (cost, "surplus"), (cost, "surplus"), key=lambda one: one[0])
            if best is not None:
                costs[row][column], steps[row][column] = best
    pairs, lost, surplus = [], [], []
    row = column = 0
    while row < rows or column < columns:
        step = steps[row][column]
        if step == "pair":
            pairs.append((row, column))
            row, column = row + 1, column + 1
        elif step == "lost":
            lost.append(row)
            row += 1
        else:
            surplus.append(column)
            column += 1
    return Alignment(pairs, lost, surplus)
