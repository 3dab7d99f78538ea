"""The list moves by pixels: notches glide, fine steps are followed, throws run out, nothing runs at rest."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QProxyStyle, QStyle
from pytestqt.qtbot import QtBot

from chatdesk.domain.changes import TypingChanged
from chatdesk.domain.ids import MessageId
from chatdesk.ui.timeline.motion import Fingers, Wheel, grain_px
from chatdesk.ui.timeline.view import TimelineView
from tests.ui.timeline.conftest import Shown
from tests.ui.timeline.stage import ROOM, a_message, own

Show = Callable[..., Shown]
PHASE = Qt.ScrollPhase


class Calm(QProxyStyle):
    """The style of a person who wants no motion."""

    def styleHint(self, hint: QStyle.StyleHint, *more: Any) -> int:
        if hint is QStyle.StyleHint.SH_Widget_Animation_Duration:
            return 0
        return super().styleHint(hint, *more)


def turn(
    view: TimelineView,
    *,
    angle: int = 0,
    pixels: int = 0,
    phase: Qt.ScrollPhase = PHASE.NoScrollPhase,
    at_ms: int = 0,
) -> None:
    """One event of a wheel or touchpad; positive: towards older messages."""
    middle = QPointF(view.viewport().rect().center())
    event = QWheelEvent(
        middle,
        QPointF(view.viewport().mapToGlobal(middle.toPoint())),
        QPoint(0, pixels),
        QPoint(0, angle),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        phase,
        False,
    )
    event.setTimestamp(at_ms)
    QApplication.sendEvent(view.viewport(), event)


def throw(view: TimelineView, px: int = 30, moves: int = 5) -> None:
    """Fingers pull the messages down and are lifted while they move."""
    turn(view, phase=PHASE.ScrollBegin, at_ms=1_000)
    for move in range(moves):
        turn(view, pixels=px, phase=PHASE.ScrollUpdate, at_ms=1_010 + 10 * move)
    turn(view, phase=PHASE.ScrollEnd, at_ms=1_010 + 10 * moves)


def moves(view: TimelineView) -> bool:
    return view.motion.is_moving


def talk(count: int = 400) -> list[object]:
    return [
        (own if n % 3 == 0 else a_message)(n, f"message {n} " + "word " * (n * 7 % 40))
        for n in range(1, count + 1)
    ]


def running_timers(view: TimelineView) -> list[QTimer]:
    return [timer for timer in view.findChildren(QTimer) if timer.isActive()]


def at_rest(view: TimelineView, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not view.motion.is_moving)


def test_a_notch_glides_its_whole_way(show: Show, qtbot: QtBot) -> None:
    """A notch answers at once, goes on in small steps of one direction, and ends after its exact way."""
    shown = show(talk())
    view = shown.view
    way = 3 * view.style_now.wheel_line
    view.scroll_by(-500)
    places = [shown.body_y(390)]
    view.settled.connect(lambda: places.append(shown.body_y(390)))
    turn(view, angle=120)
    assert 0 < shown.body_y(390) - places[0] < way
    at_rest(view, qtbot)
    assert shown.body_y(390) - places[0] == way
    assert all(before <= later for before, later in pairwise(places))


def test_notches_add_up_and_a_turn_back_ends_them(show: Show, qtbot: QtBot) -> None:
    """Quick notches go as far as slow ones; turning the other way goes back at once."""
    shown = show(talk())
    view = shown.view
    way = 3 * view.style_now.wheel_line
    view.scroll_by(-500)
    begin = shown.body_y(390)
    for _ in range(4):
        turn(view, angle=120)
    at_rest(view, qtbot)
    assert shown.body_y(390) == begin + 4 * way
    turn(view, angle=240)
    here = shown.body_y(390)
    turn(view, angle=-120)
    assert shown.body_y(390) < here
    at_rest(view, qtbot)
    assert shown.body_y(390) == here - way


@pytest.mark.parametrize("touch", ["key", "press", "bar", "jump"])
def test_any_touch_ends_a_glide(show: Show, touch: str) -> None:
    """A key, a press, the scroll bar or a jump takes over at once; nothing goes on moving beneath it."""
    view = show(talk()).view
    view.setFocus()
    view.scroll_by(-900)
    turn(view, angle=480)
    assert moves(view)
    match touch:
        case "key":
            QTest.keyClick(view, Qt.Key.Key_PageDown)
        case "press":
            QTest.mousePress(view.viewport(), Qt.MouseButton.RightButton, pos=QPoint(620, 5))
            QTest.mouseRelease(view.viewport(), Qt.MouseButton.RightButton, pos=QPoint(620, 5))
        case "bar":
            view.verticalScrollBar().setValue(view.verticalScrollBar().value() - 5)
        case _:
            view.scroll_to_message(MessageId(200))
    assert not moves(view)


def test_a_touchpad_is_followed_to_the_pixel_and_its_throw_runs_out(show: Show, qtbot: QtBot) -> None:
    """Pixels are taken as they are; lifted in motion the list runs on, slower and slower, and rests."""
    shown = show(talk())
    view = shown.view
    view.wheel = Wheel(view.motion, Fingers(system_throws=False))
    begin = shown.body_y(400)
    turn(view, phase=PHASE.ScrollBegin, at_ms=1)
    turn(view, pixels=17, phase=PHASE.ScrollUpdate, at_ms=10)
    assert shown.body_y(400) == begin + 17
    turn(view, phase=PHASE.ScrollEnd, at_ms=500)
    assert not moves(view), "fingers that rested threw nothing"
    throw(view)
    assert moves(view)
    lifted = view.scroller.value
    at_rest(view, qtbot)
    assert 600 < lifted - view.scroller.value < 1_000, "3 px per ms run out in about 975 px"
    throw(view)
    turn(view, phase=PHASE.ScrollBegin, at_ms=2_000)
    assert not moves(view), "fingers that are laid on hold it"


def test_where_the_system_runs_throws_out_nothing_is_added() -> None:
    """On macOS the system sends what follows a throw; it is not thrown twice."""
    speeds = []
    for system_throws in (True, False):
        fingers = Fingers(system_throws=system_throws)
        for at_ms in range(0, 50, 10):
            fingers.moved(at_ms, 30)
        speeds.append(fingers.lifted(55))
    assert speeds == [0, 3]
    assert Fingers(system_throws=False).lifted(0) == 0


def test_who_wants_no_motion_gets_none(show: Show, qtbot: QtBot) -> None:
    """With animations switched off a notch goes its way at once, nothing is thrown, and no dots move."""
    shown = show(talk())
    view = shown.view
    calm = Calm("fusion")
    view.setStyle(calm)
    before = shown.body_y(400)
    turn(view, angle=120)
    assert shown.body_y(400) == before + 3 * view.style_now.wheel_line
    throw(view)
    assert not moves(view)
    view.show_newest()
    view.context.feed.typing.emit(TypingChanged(ROOM, ("Ann",)))
    assert not view._typing.is_moving
    assert view.scroll_to_message(MessageId(10))
    assert view.flash.strength(MessageId(10)) == 1
    qtbot.waitUntil(lambda: not view.flash.is_running)
    view.setStyle(None)  # type: ignore[arg-type]  # a widget must not outlive its style


def test_nothing_runs_at_rest(show: Show, qtbot: QtBot) -> None:
    """After scrolling, throwing, typing and a highlight no timer of the list is left."""
    shown = show(talk())
    view = shown.view
    view.context.feed.typing.emit(TypingChanged(ROOM, ("Ann",)))
    turn(view, angle=360)
    throw(view)
    view.scroll_to_message(MessageId(100))
    view.context.feed.typing.emit(TypingChanged(ROOM, ()))
    qtbot.waitUntil(lambda: not running_timers(view))
    assert view.flash.strength(MessageId(100)) == 0


@pytest.mark.parametrize("gone", ["hidden", "minimised"])
def test_nothing_runs_unseen(show: Show, qtbot: QtBot, gone: str) -> None:
    """In a hidden or minimised window nothing moves; the dots move again when it is back."""
    shown = show(talk(30))
    view = shown.view
    view.context.feed.typing.emit(TypingChanged(ROOM, ("Ann",)))
    turn(view, angle=120)
    turn(view, angle=-480)
    qtbot.waitUntil(lambda: view._typing.is_moving)
    if gone == "hidden":
        view.hide()
    else:
        view.showMinimized()
    qtbot.waitUntil(lambda: not running_timers(view))
    view.showNormal()
    qtbot.waitUntil(lambda: view._typing.is_moving)


def test_a_jump_is_highlighted_for_a_moment(show: Show, qtbot: QtBot) -> None:
    """A message that was jumped to is picked out, fades, and is as all others again; so the newest, too."""
    view = show(talk()).view
    number = MessageId(123)
    assert view.scroll_to_message(number)
    row = view.timeline.row_of(number)
    assert row is not None
    strengths = [view.emphasis(view.row_layout(row), row).flash]
    view.flash.changed.connect(lambda _message: strengths.append(view.flash.strength(number)))
    qtbot.waitUntil(lambda: not view.flash.is_running)
    assert strengths[0] == 1
    assert strengths[-1] == 0
    assert any(0 < one < 1 for one in strengths)
    assert all(before >= later for before, later in pairwise(strengths))
    qtbot.waitUntil(view.jump.isVisible)
    QTest.mouseClick(view.jump, Qt.MouseButton.LeftButton)
    assert view.flash.strength(MessageId(400)) == 1


def test_steps_are_whole_device_pixels_where_they_can_be() -> None:
    """Only those let what is painted be moved: steps of two at 150 %, of one where all or none are whole."""
    assert [grain_px(density) for density in (1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0)] == [1, 1, 2, 1, 1, 2, 1]
