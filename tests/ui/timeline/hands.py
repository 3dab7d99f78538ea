"""What a person does with mouse and keyboard in the message list, as events of the system."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from chatdesk.ui.timeline.view import TimelineView

LEFT = Qt.MouseButton.LeftButton
SHIFT = Qt.KeyboardModifier.ShiftModifier
CONTROL = Qt.KeyboardModifier.ControlModifier
BOTH = SHIFT | CONTROL


def letter(view: TimelineView, row: int, at: int) -> QPoint:
    """Just after the beginning of a letter of a row's text, in the viewport."""
    caret = view.row_layout(row).text.caret(at)
    y = view.scroller.top_of(row) + caret.center().y()
    return QPoint(round(caret.x() + 1), round(y))


def drag(view: TimelineView, start: QPoint, *stops: QPoint, hold: bool = False) -> None:
    """Press, move by way of some stops, and let go at the last of them."""
    pane = view.viewport()
    QTest.mousePress(pane, LEFT, pos=start)
    for stop in stops:
        QTest.mouseMove(pane, (start + stop) / 2)
        QTest.mouseMove(pane, stop)
    if not hold:
        QTest.mouseRelease(pane, LEFT, pos=stops[-1])


def clicks(view: TimelineView, at: QPoint, count: int) -> None:
    """One, two or three clicks at a point."""
    # A click elsewhere ends what was a double one.
    QTest.mouseClick(view.viewport(), LEFT, pos=QPoint(view.viewport().width() - 3, 3))
    QTest.mouseClick(view.viewport(), LEFT, pos=at)
    if count > 1:
        QTest.mouseDClick(view.viewport(), LEFT, pos=at)
    if count > 2:
        QTest.mouseClick(view.viewport(), LEFT, pos=at)


def keys(
    view: TimelineView, key: Qt.Key, modifiers: Qt.KeyboardModifier | None = None, times: int = 1
) -> None:
    """Press a key."""
    for _ in range(times):
        QTest.keyClick(view, key, Qt.KeyboardModifier.NoModifier if modifiers is None else modifiers)


def copied(view: TimelineView, *, named: bool = False) -> str:
    """What the copy key puts on the clipboard."""
    clipboard = QGuiApplication.clipboard()
    clipboard.setText("<nothing>")
    keys(view, Qt.Key.Key_C, BOTH if named else CONTROL)
    for _ in range(2_000):
        if not view.copier.is_busy:
            break
        QApplication.processEvents()
    return clipboard.text()
