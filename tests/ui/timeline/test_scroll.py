"""Rows are placed without hole or overlap, and what is read stays at its pixel."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from chatdesk.ui.timeline.scroll import Align, Extent, Placed, Scroller

HEAD, FOOT = 12, 26


class Rows:
    """Rows with names, so that a test can follow one of them; counts how many were measured."""

    def __init__(self, count: int) -> None:
        self.next_name = 0
        self.names: list[int] = []
        self.extents: dict[int, Extent] = {}
        self.measured = 0
        self.insert(0, [30] * count)

    def insert(self, at: int, heights: list[int], lead: int = 0) -> None:
        fresh = list(range(self.next_name, self.next_name + len(heights)))
        self.next_name += len(heights)
        self.names[at:at] = fresh
        for name, height in zip(fresh, heights, strict=True):
            self.extents[name] = Extent(height + lead, lead)

    def measure(self, row: int) -> Extent:
        self.measured += 1
        return self.extents[self.names[row]]


class ScrollMachine(RuleBasedStateMachine):
    """Anything may happen to the rows and to the viewport."""

    @initialize(count=st.integers(0, 80), viewport=st.integers(50, 900))
    def start(self, count: int, viewport: int) -> None:
        self.rows = Rows(count)
        self.scroller = Scroller(self.rows.measure, 44)
        self.scroller.head_px, self.scroller.foot_px = HEAD, FOOT
        self.scroller.clear(count)
        self.scroller.resize(viewport)

    def reading(self) -> tuple[int, int] | None:
        """(name, y of its text) of the first row whose text begins in view: what must not move."""
        for one in self.scroller.placed:
            y = one.top + self.rows.measure(one.row).lead
            if 0 <= y < self.scroller.viewport_px:
                return self.rows.names[one.row], y
        return None

    def y_of(self, name: int) -> int:
        row = self.rows.names.index(name)
        return self.scroller.top_of(row) + self.rows.measure(row).lead

    def overfull(self) -> bool:
        """Whether there is so much content that no edge holds the rows."""
        return self.scroller.maximum > 0 and not self.scroller.stuck and not self.scroller.at_bottom

    @rule(heights=st.lists(st.integers(1, 700), min_size=1, max_size=60), lead=st.integers(0, 40))
    def prepend(self, heights: list[int], lead: int) -> None:
        before, free = self.reading(), self.overfull()
        self.rows.insert(0, heights, lead)
        self.scroller.rows_inserted(0, len(heights))
        if before and free:
            assert self.y_of(before[0]) == before[1]

    @rule(heights=st.lists(st.integers(1, 700), min_size=1, max_size=20))
    def append(self, heights: list[int]) -> None:
        before, free = self.reading(), self.overfull()
        stuck = self.scroller.stuck and self.scroller.may_stick
        self.rows.insert(len(self.rows.names), heights)
        self.scroller.rows_inserted(len(self.rows.names) - len(heights), len(heights))
        if stuck:
            assert self.scroller.at_bottom
        elif before and free:
            assert self.y_of(before[0]) == before[1]

    @precondition(lambda self: self.rows.names)
    @rule(where=st.integers(0, 10_000), heights=st.lists(st.integers(1, 300), min_size=1, max_size=5))
    def insert_above(self, where: int, heights: list[int]) -> None:
        before, free = self.reading(), self.overfull()
        if not before or not free:
            return
        at = where % (self.rows.names.index(before[0]) + 1)
        self.rows.insert(at, heights)
        self.scroller.rows_inserted(at, len(heights))
        assert self.y_of(before[0]) == before[1]

    @precondition(lambda self: self.rows.names)
    @rule(where=st.integers(0, 10_000), height=st.integers(1, 900), lead=st.integers(0, 40))
    def update(self, where: int, height: int, lead: int) -> None:
        before, free = self.reading(), self.overfull()
        row = where % len(self.rows.names)
        self.rows.extents[self.rows.names[row]] = Extent(height + lead, lead)
        self.scroller.row_changed(row)
        # A shrinking row may let the end come up; then, and only then, the rows are pulled down.
        if before and free and self.overfull() and not self.at_an_edge():
            assert self.y_of(before[0]) == before[1]

    def at_an_edge(self) -> bool:
        placed = self.scroller.placed
        return (placed[0].row == 0 and placed[0].top == HEAD) or self.scroller.at_bottom

    @precondition(lambda self: self.rows.names)
    @rule(where=st.integers(0, 10_000), count=st.integers(1, 30))
    def remove(self, where: int, count: int) -> None:
        before, free = self.reading(), self.overfull()
        row = where % len(self.rows.names)
        count = min(count, len(self.rows.names) - row)
        gone = self.rows.names[row : row + count]
        del self.rows.names[row : row + count]
        self.scroller.rows_removed(row, count)
        if before and before[0] not in gone and free and not self.at_an_edge():
            assert self.y_of(before[0]) == before[1]

    @precondition(lambda self: len(self.rows.names) > 2)
    @rule(where=st.integers(0, 10_000), to=st.integers(0, 10_000))
    def move(self, where: int, to: int) -> None:
        before, free = self.reading(), self.overfull()
        row, target = where % len(self.rows.names), to % (len(self.rows.names) + 1)
        if target in {row, row + 1}:
            return
        name = self.rows.names.pop(row)
        self.rows.names.insert(target - (target > row), name)
        self.scroller.row_moved(row, target)
        if before and free and before[0] != name and not self.at_an_edge():
            assert self.y_of(before[0]) == before[1]

    @rule(viewport=st.integers(50, 900))
    def resize_height(self, viewport: int) -> None:
        before, free = self.reading(), self.overfull()
        self.scroller.resize(viewport)
        if before and free and before[1] < viewport and not self.at_an_edge():
            assert self.y_of(before[0]) == before[1]

    @rule(factor=st.sampled_from([0.5, 0.8, 1.3, 2.0]))
    def resize_width(self, factor: float) -> None:
        before, free = self.reading(), self.overfull()
        for name, (height, lead) in self.rows.extents.items():
            self.rows.extents[name] = Extent(max(1, int((height - lead) * factor)) + lead, lead)
        self.scroller.rows_changed()
        if before and free and not self.at_an_edge():
            assert self.y_of(before[0]) == before[1]

    @rule(dy=st.integers(-2500, 2500))
    def scroll(self, dy: int) -> None:
        before = self.reading()
        moved = self.scroller.scroll_by(dy)
        assert abs(moved) <= abs(dy)
        if before:
            assert self.y_of(before[0]) == before[1] - moved

    @rule(part=st.floats(0, 1))
    def drag(self, part: float) -> None:
        value = int(self.scroller.maximum * part)
        self.scroller.to_value(value)
        if value == 0 and self.rows.names and self.scroller.maximum > 0:
            assert self.scroller.placed[0].row == 0

    @precondition(lambda self: self.rows.names)
    @rule(where=st.integers(0, 10_000), align=st.sampled_from(Align))
    def jump(self, where: int, align: Align) -> None:
        row = where % len(self.rows.names)
        self.scroller.to_row(row, align)
        assert row in [one.row for one in self.scroller.placed]

    @rule(may_stick=st.booleans())
    def newest_here_or_not(self, may_stick: bool) -> None:
        self.scroller.may_stick = may_stick
        self.scroller.invalidate()

    @rule()
    def ends(self) -> None:
        self.scroller.to_top()
        assert not self.rows.names or self.scroller.placed[0].row == 0
        self.scroller.to_bottom()
        assert self.scroller.at_bottom

    @invariant()
    def no_hole_and_no_overlap(self) -> None:
        placed = self.scroller.placed
        assert bool(placed) == bool(self.rows.names)
        for one, following in pairwise(placed):
            assert following.row == one.row + 1
            assert following.top == one.bottom
        for one in placed:
            assert one.height == self.rows.extents[self.rows.names[one.row]].height
        if placed:
            room = self.scroller.viewport_px - FOOT
            first, last = placed[0], placed[-1]
            # Air above only when nothing is above, air below only when nothing is below.
            assert first.top <= 0 or first.row == 0
            assert last.bottom >= room or last.row == len(self.rows.names) - 1
            if self.scroller.stuck:
                assert last.bottom == room
            whole = HEAD + sum(self.rows.extents[n].height for n in self.rows.names) + FOOT
            if first.row == 0 and whole >= self.scroller.viewport_px:
                assert first.top <= HEAD
            assert 0 <= self.scroller.value <= self.scroller.maximum


def test_rows_are_placed_truly_whatever_happens() -> None:
    """No hole, no overlap, and what is read keeps its pixel, under any sequence of operations."""
    run_state_machine_as_test(ScrollMachine, settings=settings(max_examples=100, stateful_step_count=40))


def test_opening_measures_only_what_is_seen() -> None:
    """Ten thousand rows are shown by measuring those in view."""
    rows = Rows(10_000)
    scroller = Scroller(rows.measure, 44)
    scroller.clear(10_000)
    scroller.resize(600)
    assert scroller.placed[-1] == Placed(9_999, 570, 30)
    assert rows.measured <= 2 * (600 // 30 + 1)


@settings(max_examples=50)
@given(st.lists(st.integers(1, 400), min_size=30, max_size=60), st.integers(100, 500))
def test_scrolling_up_and_down_returns(heights: list[int], viewport: int) -> None:
    """Scrolling up by pixels and down by as many shows the same rows at the same pixels."""
    rows = Rows(0)
    rows.insert(0, heights)
    scroller = Scroller(rows.measure, 44)
    scroller.clear(len(heights))
    scroller.resize(viewport)
    at_first = scroller.placed
    moved = [scroller.scroll_by(-37) for _ in range(20)]
    assert scroller.scroll_by(-sum(moved)) == -sum(moved)
    assert scroller.placed == at_first


def test_a_tall_row_is_scrolled_through() -> None:
    """A message taller than the window is read pixel by pixel, and its neighbours are reached."""
    rows = Rows(0)
    rows.insert(0, [30, 30, 5000, 30])
    scroller = Scroller(rows.measure, 44)
    scroller.clear(4)
    scroller.resize(400)
    seen = {one.row for one in scroller.placed}
    for _ in range(60):
        scroller.scroll_by(-100)
        seen.update(one.row for one in scroller.placed)
    assert seen == {0, 1, 2, 3}
    assert scroller.placed[0] == Placed(0, 0, 30)
