"""The day that stays at the top of the list while its messages are read, until the next pushes it away."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from chatdesk.ui.timeline.scroll import Placed
from chatdesk.ui.timeline.style import Style

if TYPE_CHECKING:
    from chatdesk.ui.timeline.surface import RowSurface


class StuckDay(NamedTuple):
    """The day of the first row in view, and where its line begins: 0, or less while it is pushed away."""

    row: int
    """The row whose own line it stands for, if that is the first in view; else the first row in view."""
    top: int


def stuck_day(
    placed: Sequence[Placed], line_of: Callable[[int], int | None], height_px: int
) -> StuckDay | None:
    """Which day stays at the top of the view; None where the first day's own line is still wholly in view.

    line_of: how far below the top of a row its day's line begins; None for a row without one. height_px: of
    such a line.
    """
    if not placed:
        return None
    first = placed[0]
    own = line_of(first.row)
    if own is not None and first.top + own >= 0:
        return None
    top = 0
    for one in placed[1:]:
        if one.top >= height_px:
            break
        line = line_of(one.row)
        if line is not None and one.top + line < height_px:
            top = one.top + line - height_px
            break
    return None if top <= -height_px else StuckDay(first.row, top)


class DayPill(NamedTuple):
    """The words of a day on a plate over the rows; `area` is all that is painted, px of the viewport."""

    words: str
    plate: QRectF
    area: QRectF
    row: int

    @classmethod
    def make(cls, words: str, day: StuckDay, width_px: int, style: Style) -> DayPill:
        """Where the words lie in a line across a view of `width_px`: as in a day's own line."""
        width = style.note_metrics.horizontalAdvance(words) + 2.0 * style.pad_x
        height = style.note_metrics.height() + style.tiny
        middle = day.top + style.day_height / 2
        plate = QRectF((width_px - width) / 2, middle - height / 2, width, height)
        return cls(words, plate, QRectF(plate.x() - 2, day.top, plate.width() + 4, style.day_height), day.row)

    def paint(self, painter: QPainter, style: Style) -> None:
        """Plate and words: with an edge, since there may be a bubble of the same colour beneath."""
        tokens = style.tokens
        inside = self.plate.adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(tokens.line, 1))
        painter.setBrush(tokens.panel)
        painter.drawRoundedRect(inside, inside.height() / 2, inside.height() / 2)
        painter.setFont(style.note)
        painter.setPen(tokens.muted)
        painter.drawText(self.plate, Qt.AlignmentFlag.AlignCenter, self.words)


class DayPlates:
    """Where the plate of a view is, whether it shows or not."""

    def __init__(self, view: RowSurface) -> None:
        self._view = view
        self._found: tuple[Sequence[Placed], DayPill | None] = ([], None)
        """For these places: asked for several times in each step of a scroll."""

    def pill(self) -> DayPill | None:
        """The plate; None where the first day's own line is in view."""
        placed = self._view.scroller.placed
        if self._found[0] is not placed:
            self._found = placed, self._make(placed)
        return self._found[1]

    def areas(self) -> list[QRect]:
        """Where the plate is, and its row's own line, which shows as much as the plate does not."""
        pill = self.pill()
        if pill is None:
            return []
        begins = self._view.scroller.top_of(pill.row) + (self._line(pill.row) or 0)
        own = pill.area.translated(0, begins - pill.area.top())
        return [pill.area.toAlignedRect(), own.toAlignedRect()]

    def _make(self, placed: Sequence[Placed]) -> DayPill | None:
        style = self._view.style_now
        day = stuck_day(placed, self._line, style.day_height)
        if day is None:
            return None
        words = self._view.book.day_words(day.row)
        return DayPill.make(words, day, self._view.viewport().width(), style)

    def _line(self, row: int) -> int | None:
        """How far below the top of a row the line with its day begins."""
        above = self._view.book.row(row).above
        if not above.day:
            return None
        return self._view.style_now.gap_height if above.gap else 0
