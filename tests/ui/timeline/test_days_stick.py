"""The day of what is read stays at the top of the list, and the next day pushes it away."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QDate, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from chatdesk.domain.ids import MessageId
from chatdesk.ui.dialogs.go_to_day import GoToDayDialog
from chatdesk.ui.timeline.days import stuck_day
from chatdesk.ui.timeline.scroll import Placed
from chatdesk.ui.timeline.view import TimelineView
from tests.ui.timeline.conftest import Shown
from tests.ui.timeline.stage import NOON_US, ListeningDesk, Shelf, a_context, a_message

Show = Callable[..., Shown]
DAY_US = 86_400_000_000
LINE = 30


def plate(view: TimelineView) -> QPoint:
    """A point on the plate with the day, which shows."""
    pill = view.day_pill()
    assert pill is not None
    return pill.plate.center().toPoint()


@given(
    st.lists(st.tuples(st.integers(1, 120), st.booleans()), min_size=1, max_size=12),
    st.floats(0, 1),
    st.booleans(),
)
def test_it_covers_no_other_day(rows: list[tuple[int, bool]], part: float, gap: bool) -> None:
    """It stands at the top or is pushed by a line of another day, and never lies over one."""
    below = 20 if gap else 0
    heights = [height + (LINE + below if day else 0) for height, day in rows]
    top = -int((heights[0] - 1) * part)
    placed = []
    for row, height in enumerate(heights):
        placed.append(Placed(row, top, height))
        top += height
    lines = {row: below for row, (_height, day) in enumerate(rows) if day}
    stuck = stuck_day(placed, lines.get, LINE)
    seen = [one.top + below for one in placed if one.row in lines]
    if stuck is None:
        # The first day's own line is in view, or another day's line has taken the place.
        assert any(0 <= y < LINE for y in seen) or (seen and placed[0].row in lines)
        return
    assert stuck.row == 0
    assert -LINE < stuck.top <= 0
    others = [one.top + below for one in placed[1:] if one.row in lines]
    assert all(y >= stuck.top + LINE for y in others)
    if stuck.top < 0:
        assert min(others) == stuck.top + LINE


def test_the_day_stays_while_its_messages_are_read(show: Show, qapp: QApplication) -> None:
    """Scrolling through three days, the plate at the top names the day of the first message in view."""
    talk = [
        a_message(
            n, f"message {n}", sent_at_us=NOON_US - 400 * DAY_US + n // 20 * DAY_US + n % 20 * 1_000_000
        )
        for n in range(1, 60)
    ]
    view = show(talk, height=260).view
    view.show_oldest()
    assert view.day_pill() is None, "the first day's own line is in view"
    seen: list[str] = []
    tops: list[float] = []
    for _ in range(400):
        view.scroll_by(7)
        qapp.processEvents()
        pill = view.day_pill()
        if pill is None:
            continue
        tops.append(pill.area.top())
        assert pill.words == view.book.day_words(view.visible_rows[0])
        if pill.words not in seen:
            seen.append(pill.words)
    assert len(seen) == 3
    assert min(tops) < -5, "it is pushed out step by step"
    assert all(later >= 0 or later < before or before == 0 for before, later in pairwise(tops))


def test_the_plate_leads_to_another_day(show: Show, qapp: QApplication, qtbot: QtBot) -> None:
    """Pressing the day asks for a date; a date brings its first message to the top, highlighted."""
    talk = [a_message(n, f"message {n}", sent_at_us=NOON_US + n // 10 * DAY_US) for n in range(1, 2_000)]
    view = show(talk).view

    def points() -> bool:
        # The system tells of a move in its own time, and of none to where the pointer is already.
        QTest.mouseMove(view.viewport(), QPoint(5, 200))
        view.scroll_by(-1)
        QTest.mouseMove(view.viewport(), plate(view))
        return view.viewport().cursor().shape() is Qt.CursorShape.PointingHandCursor

    qtbot.waitUntil(points)
    with qtbot.waitSignal(view.day_asked):
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=plate(view))
    assert view.moment_in_view() == view.timeline.message(view.visible_rows[0]).sent_at_us
    assert view.show_moment(NOON_US + 50 * DAY_US - 3_600_000_000)
    qapp.processEvents()
    assert view.timeline.message(view.visible_rows[0]).id == 500
    assert view.scroller.placed[0].top == 0
    assert view.flash.strength(MessageId(500)) > 0
    assert view.show_moment(NOON_US * 2), "nothing is as new: the newest is shown"
    qapp.processEvents()
    assert view.timeline.message(view.visible_rows[-1]).id == 1_999
    assert not show([]).view.show_moment(0)


def test_the_dialog_offers_days(qapp: QApplication, qtbot: QtBot) -> None:
    """It begins with the day in view, takes a date or an offer, and tells where that day begins."""
    context = a_context(qapp, ListeningDesk(Shelf()))
    days: list[int] = []
    for way in ("date", "offer"):
        dialog = GoToDayDialog(context, NOON_US)
        qtbot.addWidget(dialog)
        dialog.chosen.connect(days.append)
        dialog.open()
        if way == "date":
            dialog.day.setDate(QDate(2026, 3, 9))
            QTest.mouseClick(dialog.go, Qt.MouseButton.LeftButton)
        else:
            QTest.mouseClick(dialog.offers[1], Qt.MouseButton.LeftButton)
        assert not dialog.isVisible()
    wanted = QDate(2026, 3, 9), QDate.currentDate().addDays(-7)
    assert days == [day.startOfDay().toMSecsSinceEpoch() * 1_000 for day in wanted]
    context.feed.close()
