"""The height index agrees with a plain list, whatever is done to it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatdesk.ui.timeline.heights import BLOCK_ROWS, HeightIndex

ESTIMATE = 40


class Naive:
    """The same promises, kept by a list: None is a row that was never measured."""

    def __init__(self) -> None:
        self.rows: list[int | None] = []

    def heights(self) -> list[int]:
        return [ESTIMATE if h is None else h for h in self.rows]

    def find(self, y: int) -> tuple[int, int]:
        heights = self.heights()
        if y <= 0:
            return 0, 0
        top = 0
        for row, height in enumerate(heights):
            if top <= y < top + height:
                return row, y - top
            top += height
        return len(heights) - 1, max(0, heights[-1] - 1)


operations = st.lists(
    st.tuples(
        st.sampled_from(["insert", "append", "prepend", "remove", "set", "forget", "move"]),
        st.integers(0, 10_000),
        st.sampled_from([1, 2, 7, 50, BLOCK_ROWS - 1, BLOCK_ROWS, BLOCK_ROWS + 1, 700]),
        st.integers(0, 900),
    ),
    max_size=25,
)


@settings(max_examples=150)
@given(operations, st.lists(st.integers(-10, 60_000), max_size=12))
def test_index_equals_a_plain_list(steps: list[tuple[str, int, int, int]], pixels: list[int]) -> None:
    """After any changes, every top, every height, the total and every row at a pixel are those of a list."""
    index, naive = HeightIndex(ESTIMATE), Naive()
    for what, where, count, height in steps:
        size = len(naive.rows)
        if what in {"insert", "append", "prepend"}:
            at = {"insert": where % (size + 1), "append": size, "prepend": 0}[what]
            index.insert(at, count)
            naive.rows[at:at] = [None] * count
        elif size and what == "remove":
            at = where % size
            taken = min(count, size - at)
            index.remove(at, taken)
            del naive.rows[at : at + taken]
        elif size and what == "set":
            index.set(where % size, height)
            naive.rows[where % size] = height
        elif size and what == "forget":
            index.forget(where % size)
            naive.rows[where % size] = None
        elif size and what == "move":
            source, target = where % size, height % (size + 1)
            if target not in {source, source + 1}:
                index.move(source, target)
                kept = naive.rows.pop(source)
                naive.rows.insert(target - (target > source), kept)
    heights = naive.heights()
    assert len(index) == len(heights)
    assert index.total() == sum(heights)
    sample = sorted({*range(0, len(heights), 97), *range(min(5, len(heights)))})
    top = [sum(heights[:row]) for row in sample]
    assert [index.top(row) for row in sample] == top
    assert [index.height(row) for row in sample] == [heights[row] for row in sample]
    assert list(index.measured_rows()) == [row for row, h in enumerate(naive.rows) if h is not None]
    if heights:
        assert [index.find(y) for y in pixels] == [naive.find(y) for y in pixels]


def test_another_width_forgets_every_measure() -> None:
    """After a resize all rows are estimates again, with the new estimate."""
    index = HeightIndex(ESTIMATE, 1000)
    index.set(3, 500)
    index.forget_all(50)
    assert index.known(3) is None
    assert index.total() == 50 * 1000


def test_rows_outside_are_refused() -> None:
    """A row that is not there raises IndexError instead of answering with another row."""
    index = HeightIndex(ESTIMATE, 3)
    for wrong in (lambda: index.height(3), lambda: index.set(-1, 5), lambda: index.remove(2, 2)):
        with pytest.raises(IndexError):
            wrong()
    with pytest.raises(IndexError):
        HeightIndex(ESTIMATE).find(0)
    with pytest.raises(ValueError, match="at least 1 px"):
        HeightIndex(0)
