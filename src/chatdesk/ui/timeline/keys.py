"""The keys of the message list: moving, selecting, copying, and the menu of the current message."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence

from chatdesk.ui.timeline.caret import Step

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
_KEYPAD = Qt.KeyboardModifier.KeypadModifier
_SHIFT = Qt.KeyboardModifier.ShiftModifier
_CONTROL = Qt.KeyboardModifier.ControlModifier


def handle_key(view: TimelineView, event: QKeyEvent) -> bool:
    """Do what a key means here; False when it means nothing."""
    if event.matches(QKeySequence.StandardKey.Copy):
        return view.copy_selection()
    if event.matches(QKeySequence.StandardKey.SelectAll):
        return view.caret.select_all()
    if event.modifiers() & _SHIFT and _extend(view, event):
        return True
    key, others = Qt.Key(event.key()), event.modifiers() & ~_KEYPAD
    chord = _CHORDS.get((key, others))
    if chord is not None:
        return chord(view)
    moving = None if others & ~_CONTROL else _MOVES.get(key)
    if moving is not None:
        moving(view)
    return moving is not None


def _forget_selection(view: TimelineView) -> bool:
    if view.selection.is_empty():
        return False
    view.selection.clear()
    view.viewport().update()
    return True


def _menu(view: TimelineView) -> bool:
    if view.current_row < 0:
        return False
    view.open_menu(view.current_row)
    return True


_PLAIN = Qt.KeyboardModifier.NoModifier
_CHORDS: dict[tuple[Qt.Key, Qt.KeyboardModifier], Callable[[TimelineView], bool]] = {
    (Qt.Key.Key_Return, _PLAIN): _menu,
    (Qt.Key.Key_Enter, _PLAIN): _menu,
    (Qt.Key.Key_Space, _PLAIN): _menu,
    (Qt.Key.Key_Menu, _PLAIN): _menu,
    (Qt.Key.Key_F10, _SHIFT): _menu,
    (Qt.Key.Key_C, _SHIFT | _CONTROL): lambda view: view.copy_selection(named=True),
    (Qt.Key.Key_Escape, _PLAIN): _forget_selection,
}


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


_STEPS: dict[Qt.Key, tuple[Step, Step, bool]] = {
    Qt.Key.Key_Left: (Step.LETTER, Step.WORD, False),
    Qt.Key.Key_Right: (Step.LETTER, Step.WORD, True),
    Qt.Key.Key_Up: (Step.LINE, Step.MESSAGE, False),
    Qt.Key.Key_Down: (Step.LINE, Step.MESSAGE, True),
    Qt.Key.Key_Home: (Step.LINE_END, Step.ALL, False),
    Qt.Key.Key_End: (Step.LINE_END, Step.ALL, True),
    Qt.Key.Key_PageUp: (Step.PAGE, Step.PAGE, False),
    Qt.Key.Key_PageDown: (Step.PAGE, Step.PAGE, True),
}
"""With Shift, with Shift and Ctrl, and whether it goes on or back."""


def _extend(view: TimelineView, event: QKeyEvent) -> bool:
    """Shift with a key that moves selects, from where the current message begins or ends."""
    way = _STEPS.get(Qt.Key(event.key()))
    if way is None or event.modifiers() & Qt.KeyboardModifier.AltModifier:
        return False
    plain, farther, forward = way
    return view.caret.extend(farther if event.modifiers() & _CONTROL else plain, forward=forward)
