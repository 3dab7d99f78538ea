"""Where rows lie in the viewport: an anchored row keeps its pixel, everything else is placed around it.

No Qt: rows are numbers, `measure` tells their heights, and only rows that are visible are ever measured.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import NamedTuple

from chatdesk.ui.timeline.heights import HeightIndex

_NEAR_VIEWPORTS = 2
"""Scrolling lays out every row that is passed: so far, and no farther."""


class Extent(NamedTuple):
    """Height of a row in px, and how much of it stands above its text (day line, unread line, gap, name).

    All of that depends on the row before. The anchor holds the text, so that nothing that comes or goes above
    it moves what is being read.
    """

    height: int
    lead: int


class Placed(NamedTuple):
    """A row in the viewport: its top (negative when partly above) and height, px."""

    row: int
    top: int
    height: int

    @property
    def bottom(self) -> int:
        """One past its last pixel."""
        return self.top + self.height


class Align(Enum):
    """Where a row is brought."""

    NEAREST = "nearest"
    TOP = "top"
    CENTRE = "centre"


class Scroller:
    """Scrolling by pixels over rows whose heights are learnt when they are seen.

    While `stuck`, the last row stays at the bottom whatever arrives; `may_stick` is False while there are
    newer rows that are not here yet.
    """

    def __init__(self, measure: Callable[[int], Extent], estimate_px: int) -> None:
        self._measure = measure
        self.heights = HeightIndex(estimate_px)
        self.viewport_px = 0
        self.head_px = 0
        self.foot_px = 0
        self.may_stick = True
        self.stuck = True
        self._row = 0
        self._y = 0
        self._placed: list[Placed] | None = None

    # -------------------------------------------------------------------------------------- what is shown

    @property
    def placed(self) -> list[Placed]:
        """The visible rows from top to bottom, without hole or overlap."""
        if self._placed is None:
            self._placed = self._arrange()
        return self._placed

    @property
    def is_placed(self) -> bool:
        """Whether it is known where the rows are: nothing has happened to them since the last look."""
        return self._placed is not None

    def invalidate(self) -> None:
        """Place the rows anew at the next look; the anchor stays."""
        self._placed = None

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self.heights)

    def top_of(self, row: int) -> int:
        """Where a row's top is or, as far as known, would be, relative to the viewport."""
        placed = self.placed
        if not placed:
            return 0
        first = placed[0]
        if first.row <= row <= placed[-1].row:
            return placed[row - first.row].top
        return first.top + self.heights.top(row) - self.heights.top(first.row)

    def row_at(self, y_px: int) -> int | None:
        """The visible row at a viewport pixel."""
        for one in self.placed:
            if one.top <= y_px < one.bottom:
                return one.row
        return None

    @property
    def maximum(self) -> int:
        """Largest value of the scroll bar."""
        return max(0, self.head_px + self.heights.total() + self.foot_px - self.viewport_px)

    @property
    def value(self) -> int:
        """Value of the scroll bar: how many px of content lie above the viewport."""
        placed = self.placed
        if not placed:
            return 0
        if self.stuck:
            return self.maximum
        first = placed[0]
        return max(0, min(self.head_px + self.heights.top(first.row) - first.top, self.maximum))

    @property
    def at_bottom(self) -> bool:
        """Whether the end of the last row is in view."""
        placed = self.placed
        return not placed or (
            placed[-1].row == self.rows - 1 and placed[-1].bottom <= self.viewport_px - self.foot_px
        )

    # -------------------------------------------------------------------------------------------- moving

    def scroll_by(self, dy_px: int) -> int:
        """Move towards newer rows (positive) or older ones; returns how far it went."""
        before = self.placed
        if not before or dy_px == 0 or (self.stuck and dy_px > 0):
            return 0
        row, top = self._row, self.top_of(self._row)
        self.stuck = False
        # What is in view has been measured: only rows that come into view are.
        self._placed = self._filled(self._shifted(before, -dy_px))
        self._choose_anchor(self._placed)
        return top - self.top_of(row)

    def to_value(self, value: int) -> None:
        """Show what the scroll bar points at.

        What is near is scrolled to, pixel by pixel; only what is far is found by estimated heights.
        """
        if not self.rows:
            return
        if value >= self.maximum:
            self.to_bottom()
            return
        if value <= 0:
            self.to_top()
            return
        way = value - self.value
        if abs(way) <= _NEAR_VIEWPORTS * self.viewport_px:
            self.scroll_by(way)
            return
        self._placed = None
        self.stuck = False
        row, inside = self.heights.find(value - self.head_px)
        extent = self._extent(row)
        inside = min(inside, extent.height - 1) if value >= self.head_px else value - self.head_px
        self._row, self._y = row, extent.lead - inside

    def drag(self, before: int, now: int, most: int) -> None:
        """Follow a hand that moved the bar from `before` to `now` in its own range of 0 to `most`.

        Rows that are measured or come in meanwhile change how long the content is, while the hand's range
        stays. So the content does that part of its way to the end that the hand did of its own: it never goes
        against the hand, never leaps, and is at its end when the hand is.
        """
        here = self.value
        if now < before:
            self.to_value(here * now // before)
        elif now > before:
            rest = self.maximum - here
            self.to_value(self.maximum - rest * (most - now) // (most - before))

    def to_bottom(self) -> None:
        """Show the end, and stay there if the newest rows are here."""
        self._placed = None
        self.stuck = self.may_stick
        if not self.stuck and self.rows:
            self._row = self.rows - 1
            extent = self._extent(self._row)
            self._y = self.viewport_px - self.foot_px - extent.height + extent.lead

    def to_top(self) -> None:
        """Show the first row here."""
        if self.rows:
            self._placed = None
            self.stuck = False
            self._row, self._y = 0, self.head_px + self._extent(0).lead

    def to_row(self, row: int, align: Align = Align.NEAREST) -> None:
        """Bring a row into view.

        NEAREST moves as little as possible, and not at all if the row is seen whole or fills the viewport.
        """
        extent = self._extent(row)
        room = self.viewport_px - self.foot_px
        if align is Align.NEAREST:
            placed = self.placed
            seen = bool(placed) and placed[0].row <= row <= placed[-1].row
            top = self.top_of(row)
            if seen and top >= 0 and top + extent.height <= room:
                return
            if seen and extent.height >= room and top < room and top + extent.height > 0:
                return
            top = 0 if (top < 0 or extent.height > room) else room - extent.height
        elif align is Align.TOP:
            top = 0
        else:
            top = max(0, (room - extent.height) // 2)
        self.stuck = False
        self._row, self._y = row, top + extent.lead
        self._placed = None

    # ----------------------------------------------------------------------------------- what rows undergo

    def clear(self, rows: int = 0) -> None:
        """Another list of rows, shown from its end."""
        self.heights = HeightIndex(self.heights.estimate_px, rows)
        self._row, self._y, self.stuck = 0, 0, True
        self._placed = None

    def rows_inserted(self, row: int, count: int) -> None:
        """`count` rows now stand before what was `row`."""
        was_empty = not self.rows
        self.heights.insert(row, count)
        if not was_empty and row <= self._row:
            self._row += count
        self._placed = None

    def rows_removed(self, row: int, count: int) -> None:
        """`count` rows beginning with `row` are gone; the next one takes the place of a removed anchor."""
        self.heights.remove(row, count)
        if self._row >= row + count:
            self._row -= count
        elif self._row >= row:
            self._row = max(0, min(row, self.rows - 1))
        self._placed = None

    def row_moved(self, row: int, target: int) -> None:
        """One row was put before what was row `target`."""
        if row == self._row and self.rows > 1 and not self.stuck:
            # What is read is the row that stays, not the one that leaves.
            neighbour = row + 1 if row + 1 < self.rows else row - 1
            placed = {one.row: one for one in self._placed or ()}
            if neighbour in placed:
                self._row, self._y = neighbour, placed[neighbour].top + self._extent(neighbour).lead
        to = target - 1 if target > row else target
        self.heights.move(row, target)
        if self._row == row:
            self._row = to
        elif row < self._row <= to:
            self._row -= 1
        elif to <= self._row < row:
            self._row += 1
        self._placed = None

    def row_changed(self, row: int) -> None:
        """A row must be measured again."""
        self.heights.forget(row)
        self._placed = None

    def rows_changed(self, estimate_px: int | None = None) -> None:
        """Every row must be measured again: another width or font."""
        self.heights.forget_all(estimate_px)
        self._placed = None

    def resize(self, viewport_px: int) -> None:
        """The viewport has another height; what is at its top stays there unless the end is being watched."""
        if viewport_px != self.viewport_px:
            self.viewport_px = viewport_px
            self._placed = None

    # ------------------------------------------------------------------------------------------- placing

    def _extent(self, row: int) -> Extent:
        extent = self._measure(row)
        self.heights.set(row, extent.height)
        return extent

    def _arrange(self) -> list[Placed]:
        if not self.rows:
            return []
        self._row = max(0, min(self._row, self.rows - 1))
        if self.stuck and not self.may_stick:
            self.stuck = False
        if self.stuck:
            placed = self._from_bottom()
        else:
            extent = self._extent(self._row)
            placed = self._filled([Placed(self._row, self._y - extent.lead, extent.height)])
        self._choose_anchor(placed)
        return placed

    def _from_bottom(self) -> list[Placed]:
        placed: list[Placed] = []
        y, row = self.viewport_px - self.foot_px, self.rows
        while row > 0 and (y > 0 or not placed):
            row -= 1
            height = self._extent(row).height
            y -= height
            placed.append(Placed(row, y, height))
        placed.reverse()
        return placed

    def _filled(self, placed: list[Placed]) -> list[Placed]:
        """The rows in view, given where some neighbours are."""
        self._extend(placed)
        room = self.viewport_px - self.foot_px
        # Nothing but air below the last row: bring it down.
        if placed[-1].row == self.rows - 1 and placed[-1].bottom < room:
            placed = self._shifted(placed, room - placed[-1].bottom)
            self._extend(placed)
        # Nothing but the head above the first row: bring it up, unless that would open air below again.
        if placed[0].row == 0 and placed[0].top > self.head_px:
            placed = self._shifted(placed, self.head_px - placed[0].top)
            self._extend(placed)
            if placed[-1].row == self.rows - 1 and placed[-1].bottom < room:
                placed = self._shifted(placed, room - placed[-1].bottom)
        self.stuck = self.may_stick and placed[-1].row == self.rows - 1 and placed[-1].bottom <= room
        visible = [one for one in placed if one.bottom > 0 and one.top < self.viewport_px]
        return visible or placed[:1]

    def _extend(self, placed: list[Placed]) -> None:
        """Add rows on both sides until the viewport is full or the rows end."""
        above: list[Placed] = []
        row, y = placed[0].row, placed[0].top
        while row > 0 and y > 0:
            row -= 1
            height = self._extent(row).height
            y -= height
            above.append(Placed(row, y, height))
        placed[:0] = reversed(above)
        row, y = placed[-1].row + 1, placed[-1].bottom
        while row < self.rows and y < self.viewport_px:
            height = self._extent(row).height
            placed.append(Placed(row, y, height))
            y += height
            row += 1

    @staticmethod
    def _shifted(placed: list[Placed], dy_px: int) -> list[Placed]:
        return [Placed(one.row, one.top + dy_px, one.height) for one in placed]

    def _choose_anchor(self, placed: list[Placed]) -> None:
        """The first row whose text begins inside the viewport; one that fills it, if there is none."""
        for one in placed:
            y = one.top + self._extent(one.row).lead
            if 0 <= y < self.viewport_px:
                self._row, self._y = one.row, y
                return
        self._row, self._y = placed[0].row, placed[0].top + self._extent(placed[0].row).lead
