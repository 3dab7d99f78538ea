"""A step of a scroll costs what comes into view, however much is there already."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtWidgets import QApplication

from chatdesk.domain.ids import MessageId
from chatdesk.ui.timeline.layout import RowLayout
from chatdesk.ui.timeline.rows import KEPT_AT_END
from chatdesk.ui.timeline.scroll import Extent, Scroller
from tests.ui.timeline.conftest import Shown
from tests.ui.timeline.stage import NOON_US, a_message

Show = Callable[..., Shown]
DAY_US = 86_400_000_000


def test_only_rows_that_come_into_view_are_measured() -> None:
    """The others are where they were, so far away."""
    asked: list[int] = []

    def measure(row: int) -> Extent:
        asked.append(row)
        return Extent(30, 0)

    scroller = Scroller(measure, 30)
    scroller.clear(500)
    scroller.resize(900)
    scroller.scroll_by(-3_000)
    before = {one.row for one in scroller.placed}
    asked.clear()
    assert scroller.scroll_by(-40) == -40
    fresh = {one.row for one in scroller.placed} - before
    assert fresh
    assert fresh <= set(asked) <= {*fresh, scroller.placed[0].row, scroller.placed[1].row}, "and the anchor"
    assert scroller.placed[0].top <= 0
    assert scroller.placed[-1].bottom >= 900


@pytest.mark.parametrize("dy", [-9, 9])
def test_only_rows_at_the_edge_are_painted(
    show: Show, qapp: QApplication, monkeypatch: pytest.MonkeyPatch, dy: int
) -> None:
    """Not those between the strip that came into view and the plate with the day at the other end."""
    talk = [a_message(n, f"message {n}", sent_at_us=NOON_US + n // 90 * DAY_US) for n in range(1, 200)]
    view = show(talk, height=700).view
    view.jump.setGeometry(0, 0, 0, 0)
    view.scroll_by(-900)
    qapp.processEvents()
    painted: list[RowLayout] = []
    paint = view.row_painter.paint

    def noting(painter: object, row: RowLayout, *more: object) -> None:
        painted.append(row)
        paint(painter, row, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(view.row_painter, "paint", noting)
    view.viewport().repaint()
    everything = len(painted)
    assert everything == len(view.visible_rows) > 12
    painted.clear()
    assert view.scroll_by(dy) == dy
    qapp.processEvents()
    assert 0 < len(painted) <= 6


def test_what_was_laid_out_is_kept_where_somebody_reads(show: Show, qapp: QApplication) -> None:
    """Going back and forth lays nothing out again; at the followed end little is kept of what has passed."""
    shown = show([a_message(n) for n in range(1, 400)])
    view = shown.view
    view.scroll_by(-50)
    for number in range(398, 100, -7):
        view.scroll_to_message(MessageId(number))
        qapp.processEvents()
    before, kept = view.book.laid_out, len(view.book.kept_messages())
    assert kept > KEPT_AT_END * 2
    view.scroll_to_message(MessageId(398))
    qapp.processEvents()
    assert view.book.laid_out - before <= 2
    view.show_newest()
    for number in range(400, 700, 2):
        shown.put(a_message(number), a_message(number + 1))
        qapp.processEvents()
        qapp.processEvents()
    assert len(view.book.kept_messages()) <= KEPT_AT_END
    before = view.book.laid_out
    view.viewport().repaint()
    assert view.book.laid_out == before, "what is in view is not thrown away"
