"""The day at the top of the list makes room a moment after the scrolling, and takes no clicks meanwhile."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from chatdesk.ui.timeline.day_fade import REST_MS
from chatdesk.ui.timeline.view import TimelineView
from tests.ui.timeline.conftest import Shown
from tests.ui.timeline.stage import NOON_US, a_message
from tests.ui.timeline.test_motion import Calm, running_timers, turn

Show = Callable[..., Shown]
DAY_US = 86_400_000_000


@pytest.fixture
def shown(show: Show, qapp: QApplication) -> Shown:
    """A talk of several days, scrolled into the middle of one of them, with its plate."""
    talk = [a_message(n, f"message {n}", sent_at_us=NOON_US + n // 40 * DAY_US) for n in range(1, 300)]
    made = show(talk)
    made.view.scroll_by(-300)
    qapp.processEvents()
    return made


def plate(view: TimelineView) -> QPoint:
    """A point on the plate, which shows."""
    pill = view.day_pill()
    assert pill is not None
    return pill.plate.center().toPoint()


def colour(view: TimelineView, at: QPoint) -> QColor:
    """What is on the screen there."""
    return view.viewport().grab().toImage().pixelColor(at)


def is_gone(view: TimelineView) -> bool:
    """Whether no plate shows, and none will."""
    return view.day_pill() is None and not running_timers(view)


def test_it_fades_out_at_rest_and_comes_back(shown: Shown, qtbot: QtBot, qapp: QApplication) -> None:
    """Step by step, so that what is beneath can be read; the next scrolling shows it at once."""
    view = shown.view
    seen: list[float] = []
    view.day_fade.changed.connect(lambda: seen.append(view.day_fade.strength))
    pill = view.day_pill()
    assert pill is not None
    edge = QPoint(int(pill.plate.left()) + 6, int(pill.plate.center().y()))
    painted = colour(view, edge)
    qtbot.waitUntil(lambda: is_gone(view))
    assert seen == sorted(seen, reverse=True)
    assert seen[-1] == 0.0
    assert any(0.0 < one < 1.0 for one in seen) or len(seen) == 1, "one step, where the machine was away"
    assert colour(view, edge) != painted
    qapp.processEvents()
    on_screen = view.screen().grabWindow(view.winId()).toImage()
    assert on_screen == view.grab().toImage().convertToFormat(on_screen.format())
    turn(view, angle=120)
    assert view.day_fade.strength == 1.0
    assert view.day_pill() is not None


def test_who_wants_no_motion_sees_no_fading(shown: Shown, qtbot: QtBot) -> None:
    """It is there, and then it is not."""
    view = shown.view
    calm = Calm("fusion")
    view.setStyle(calm)
    seen: list[float] = []
    view.day_fade.changed.connect(lambda: seen.append(view.day_fade.strength))
    qtbot.waitUntil(lambda: is_gone(view))
    assert seen == [0.0]
    view.setStyle(None)  # type: ignore[arg-type]  # a widget must not outlive its style


def test_hidden_it_takes_no_clicks(shown: Shown, qtbot: QtBot) -> None:
    """Where it was, the text beneath is pressed."""
    view = shown.view
    asked: list[None] = []
    view.day_asked.connect(lambda: asked.append(None))
    at = plate(view)
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert len(asked) == 1
    qtbot.waitUntil(lambda: is_gone(view))
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert len(asked) == 1
    assert view.current_row == view.visible_rows[0]


def test_under_the_pointer_it_stays(shown: Shown, qtbot: QtBot) -> None:
    """What somebody is about to press does not go; when the pointer leaves it does."""
    view = shown.view

    def is_held() -> bool:
        # The system tells of a move in its own time, and of none to where the pointer is already.
        view.scroll_by(-1)
        QTest.mouseMove(view.viewport(), QPoint(5, 200))
        QTest.mouseMove(view.viewport(), plate(view))
        return view.viewport().cursor().shape() is Qt.CursorShape.PointingHandCursor

    qtbot.waitUntil(is_held)
    qtbot.wait(REST_MS + 100)
    assert view.day_fade.strength == 1.0
    QTest.mouseMove(view.viewport(), QPoint(5, 200))
    qtbot.waitUntil(lambda: is_gone(view))


def test_what_arrives_shows_no_day(show: Show, qtbot: QtBot, qapp: QApplication) -> None:
    """At the followed end the list moves by itself: nobody looks for a day. A jump shows one."""
    talk = [a_message(n, f"message {n}", sent_at_us=NOON_US + n // 40 * DAY_US) for n in range(1, 300)]
    shown = show(talk)
    view = shown.view
    qtbot.waitUntil(lambda: is_gone(view))
    shown.put(*(a_message(n, f"late {n}", sent_at_us=NOON_US + 8 * DAY_US) for n in range(300, 304)))
    qapp.processEvents()
    assert view.timeline.message(view.visible_rows[-1]).id == 303
    assert view.day_fade.strength == 0.0
    assert view.scroll_to_message(view.timeline.message(view.timeline.rowCount() - 60).id)
    assert view.day_fade.strength == 1.0
