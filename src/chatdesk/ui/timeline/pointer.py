"""What the mouse does in the message list: select text, press links and actions, show where a link leads."""

from __future__ import annotations

from enum import Enum

from PySide6.QtCore import QEvent, QObject, QPointF, Qt, Signal
from PySide6.QtGui import QGuiApplication, QMouseEvent
from PySide6.QtWidgets import QApplication

from chatdesk.domain.text import well_formed
from chatdesk.ui.i18n import full_time, tr
from chatdesk.ui.plain import plain_tooltip
from chatdesk.ui.timeline.links import Link, real_host
from chatdesk.ui.timeline.offers import Action
from chatdesk.ui.timeline.selection import TextSelection
from chatdesk.ui.timeline.surface import RowSurface

_AUTO_SCROLL_PX = 24
"""How far the list moves per mouse move while a selection is dragged beyond its edge."""


class _Drag(Enum):
    NONE = 0
    PRESSED = 1
    SELECTING = 2


class Pointer(QObject):
    """Follows the mouse over a surface; the surface hands its events over and paints what is told here."""

    row_pressed = Signal(int)
    action_pressed = Signal(object, int)
    """Action and row."""
    link_pressed = Signal(object)
    """Link."""
    head_pressed = Signal()

    def __init__(self, surface: RowSurface, selection: TextSelection) -> None:
        super().__init__(surface)
        self._surface = surface
        self._selection = selection
        self._drag = _Drag.NONE
        self._start = QPointF()
        self._row = -1
        self._pressed_action: Action | None = None
        self._pressed_link: Link | None = None
        self._clicks = 0
        self._last_press_ms = 0
        self.hovered: tuple[int, Action] | None = None

    # ------------------------------------------------------------------------------------------- events

    def press(self, event: QMouseEvent) -> None:
        """The left button went down."""
        where = event.position()
        self._count_clicks(event)
        self._drag, self._pressed_action, self._pressed_link = _Drag.NONE, None, None
        if self._surface.head_area().contains(where):
            self.head_pressed.emit()
            return
        hit = self._surface.hit(where)
        if hit is None:
            self._clear()
            return
        number, inside = hit
        row = self._surface.row_layout(number)
        self._row, self._start = number, where
        self.row_pressed.emit(number)
        self._pressed_action = row.action_at(inside)
        if self._pressed_action is not None:
            return
        self._pressed_link = row.link_at(inside)
        if not row.bubble.contains(inside):
            self._clear()
            return
        at = row.text.position_at(inside)
        if self._clicks >= 3:
            self._selection.select_all(row)
        elif self._clicks == 2:
            self._selection.select_word(row, at)
        elif (
            event.modifiers() & Qt.KeyboardModifier.ShiftModifier
            and self._selection.message == row.message.id
        ):
            self._selection.drag_to(at)
        else:
            self._selection.begin(row.message.id, at)
        self._drag = _Drag.PRESSED if self._clicks < 2 else _Drag.NONE
        self._surface.viewport().update()

    def move(self, event: QMouseEvent) -> None:
        """The mouse moved, with or without a button."""
        if self._drag is _Drag.NONE or not event.buttons() & Qt.MouseButton.LeftButton:
            self._hover(event.position())
            return
        far = (event.position() - self._start).manhattanLength() >= QApplication.startDragDistance()
        if self._drag is _Drag.PRESSED and not far:
            return
        self._drag = _Drag.SELECTING
        y = event.position().y()
        if y < 0:
            self._surface.scroll_by(-_AUTO_SCROLL_PX)
        elif y >= self._surface.viewport().height():
            self._surface.scroll_by(_AUTO_SCROLL_PX)
        if not 0 <= self._row < self._surface.scroller.rows:
            return
        row = self._surface.row_layout(self._row)
        inside = event.position() - QPointF(0, self._surface.scroller.top_of(self._row))
        if row.message.id == self._selection.message:
            self._selection.drag_to(row.text.position_at(inside))
            self._surface.viewport().update()

    def release(self, event: QMouseEvent) -> None:
        """The left button went up."""
        drag, self._drag = self._drag, _Drag.NONE
        hit = self._surface.hit(event.position())
        action, self._pressed_action = self._pressed_action, None
        link, self._pressed_link = self._pressed_link, None
        if drag is _Drag.SELECTING:
            self._offer_primary()
            return
        if hit is None:
            return
        number, inside = hit
        row = self._surface.row_layout(number)
        if action is not None and row.action_at(inside) is action and number == self._row:
            self.action_pressed.emit(action, number)
        elif link is not None and row.link_at(inside) == link and self._clicks == 1:
            self.link_pressed.emit(link)

    def leave(self) -> None:
        """The mouse has left."""
        self._set_hovered(None)
        self._surface.unsetCursor()
        self._surface.viewport().unsetCursor()
        self._surface.setToolTip("")

    def forget(self) -> None:
        """The rows are others now."""
        self._drag, self._row, self._pressed_action, self._pressed_link = _Drag.NONE, -1, None, None
        self._selection.clear()
        self._set_hovered(None)

    # ------------------------------------------------------------------------------------------- plumbing

    def _count_clicks(self, event: QMouseEvent) -> None:
        soon = event.timestamp() - self._last_press_ms <= QApplication.doubleClickInterval()
        near = (event.position() - self._start).manhattanLength() <= QApplication.startDragDistance()
        if event.type() is QEvent.Type.MouseButtonDblClick:
            self._clicks = 2
        else:
            self._clicks = 3 if self._clicks == 2 and soon and near else 1
        self._last_press_ms = event.timestamp()
        self._start = event.position()

    def _clear(self) -> None:
        if not self._selection.is_empty():
            self._selection.clear()
            self._surface.viewport().update()

    def _hover(self, where: QPointF) -> None:
        hit = self._surface.hit(where)
        shape, tip = Qt.CursorShape.ArrowCursor, ""
        hovered: tuple[int, Action] | None = None
        if hit is not None:
            number, inside = hit
            row = self._surface.row_layout(number)
            action = row.action_at(inside)
            link = None if action else row.link_at(inside)
            if action is not None:
                hovered, shape = (number, action), Qt.CursorShape.PointingHandCursor
            elif link is not None:
                shape = Qt.CursorShape.PointingHandCursor
                tip = tr("Opens {host} in your browser", host=real_host(link.url))
            elif row.text.rect.contains(inside):
                shape = Qt.CursorShape.IBeamCursor
            elif row.bubble.contains(inside):
                tip = full_time(row.message.sent_at_us)
        self._set_hovered(hovered)
        self._surface.viewport().setCursor(shape)
        self._surface.setToolTip(plain_tooltip(tip))

    def _set_hovered(self, hovered: tuple[int, Action] | None) -> None:
        if hovered != self.hovered:
            self.hovered = hovered
            self._surface.viewport().update()

    def _offer_primary(self) -> None:
        """Where the system has it, selected text can be pasted with the middle button at once."""
        clipboard = QGuiApplication.clipboard()
        if clipboard.supportsSelection() and 0 <= self._row < self._surface.scroller.rows:
            text = self._selection.text(self._surface.row_layout(self._row))
            if text:
                clipboard.setText(well_formed(text), clipboard.Mode.Selection)
