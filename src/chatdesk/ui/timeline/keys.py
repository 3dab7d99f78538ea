"""The keys of the message list: moving, selecting, copying, and the menu of the current message."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence

from chatdesk.ui.timeline.selection import Unit

if TYPE_CHECKING:
    from chatdesk.ui.timeline.view import TimelineView

BY_KEYBOARD = frozenset(
    {
        Qt.FocusReason.TabFocusReason,
        Qt.FocusReason.BacktabFocusReason,
        Qt.FocusReason.ShortcutFocusReason,
        Qt.FocusReason.OtherFocusReason,
    }
)
"""Ways in which the focus comes to somebody who goes by keys."""
_SHIFT = Qt.KeyboardModifier.ShiftModifier
_CONTROL = Qt.KeyboardModifier.ControlModifier


def handle_key(view: TimelineView, event: QKeyEvent) -> bool:
    """Do what a key means here; False when it means nothing."""
    if event.matches(QKeySequence.StandardKey.Copy):
        return view.copy_selection()
    if event.matches(QKeySequence.StandardKey.SelectAll):
        return _select_all(view)
    if event.modifiers() & _SHIFT and _extend(view, event):
        return True
    if event.modifiers() & ~(Qt.KeyboardModifier.KeypadModifier | _CONTROL):
        return False
    moving = _MOVES.get(Qt.Key(event.key()))
    if moving is not None:
        moving(view)
        return True
    match event.key():
        case Qt.Key.Key_Return | Qt.Key.Key_Enter | Qt.Key.Key_Menu if view.current_row >= 0:
            view.open_menu(view.current_row)
        case Qt.Key.Key_Escape if not view.selection.is_empty():
            view.selection.clear()
            view.viewport().update()
        case _:
            return False
    return True


def _step(view: TimelineView, by: int) -> None:
    """The next message; one that is taller than the view is scrolled through first."""
    row = view.current_row
    if row < 0:
        visible = view.visible_rows
        if visible:
            view.set_current_row(visible[-1])
        return
    top = view.scroller.top_of(row)
    bottom = top + view.scroller.heights.height(row)
    height = view.viewport().height() - view.scroller.foot_px
    if row in view.visible_rows and ((by > 0 and bottom > height) or (by < 0 and top < 0)):
        left = bottom - height if by > 0 else -top
        if left > 0:
            view.scroll_by(by * min(left, view.page_px()))
            return
    target = row + by
    if 0 <= target < view.scroller.rows:
        view.set_current_row(target)


def _page(view: TimelineView, by: int) -> None:
    view.scroll_by(by * view.page_px())
    visible = view.visible_rows
    if visible:
        whole = [
            one.row for one in view.scroller.placed if one.top >= 0 and one.bottom <= view.viewport().height()
        ] or list(visible)
        _make_current(view, whole[0] if by < 0 else whole[-1])


def _to_start(view: TimelineView) -> None:
    view.show_oldest()
    _make_current(view, 0)


def _to_end(view: TimelineView) -> None:
    view.show_newest()
    _make_current(view, view.scroller.rows - 1)


_MOVES: dict[Qt.Key, Callable[[TimelineView], None]] = {
    Qt.Key.Key_Up: lambda view: _step(view, -1),
    Qt.Key.Key_Down: lambda view: _step(view, 1),
    Qt.Key.Key_PageUp: lambda view: _page(view, -1),
    Qt.Key.Key_PageDown: lambda view: _page(view, 1),
    Qt.Key.Key_Home: _to_start,
    Qt.Key.Key_End: _to_end,
}


def _make_current(view: TimelineView, row: int) -> None:
    if 0 <= row < view.scroller.rows:
        view.setCurrentIndex(view.timeline.index(row, 0))


def _select_all(view: TimelineView) -> bool:
    if view.current_row < 0:
        return False
    view.selection.select_all(view.row_layout(view.current_row))
    view.viewport().update()
    return True


def _extend(view: TimelineView, event: QKeyEvent) -> bool:
    """Shift with an arrow, Home or End selects text in the current message."""
    ways = {
        Qt.Key.Key_Left: (Unit.LETTER, False),
        Qt.Key.Key_Right: (Unit.LETTER, True),
        Qt.Key.Key_Home: (Unit.END, False),
        Qt.Key.Key_End: (Unit.END, True),
    }
    way = ways.get(Qt.Key(event.key()))
    if way is None or view.current_row < 0:
        return False
    unit, forward = way
    if unit is Unit.LETTER and event.modifiers() & _CONTROL:
        unit = Unit.WORD
    view.selection.extend(view.row_layout(view.current_row), unit, forward=forward)
    view.viewport().update()
    return True
