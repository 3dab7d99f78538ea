"""What the mouse does in the message list: select text, press links and actions, show where a link leads."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from PySide6.QtCore import QEvent, QObject, QPointF, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QMouseEvent
from PySide6.QtWidgets import QApplication

from chatdesk.domain.ordering import position
from chatdesk.domain.text import well_formed
from chatdesk.ui.i18n import full_time
from chatdesk.ui.plain import plain_tooltip
from chatdesk.ui.timeline.links import Link
from chatdesk.ui.timeline.offers import Action
from chatdesk.ui.timeline.opening import tip
from chatdesk.ui.timeline.selection import TEXT_END, Place, TextSelection
from chatdesk.ui.timeline.surface import RowSurface

AUTO_SCROLL_MS = 25
"""How often the list moves while a selection is dragged beyond its edge."""
_AUTO_SCROLL_SHARE = 0.3
"""How much of the distance to the edge it moves then."""
_AUTO_SCROLL_MOST_PX = 160


class _Drag(Enum):
    NONE = 0
    PRESSED = 1
    SELECTING = 2


class _Grain(Enum):
    """What a drag selects at once: letters, or words after a double and messages after a triple click."""

    LETTER = 1
    WORD = 2
    MESSAGE = 3


class Pointer(QObject):
    """Follows the mouse over a surface; the surface hands its events over and paints what is told here."""

    row_pressed = Signal(int)
    action_pressed = Signal(object, int)
    """Action and row."""
    link_pressed = Signal(object)
    """Link."""
    head_pressed = Signal()

    def __init__(
        self, surface: RowSurface, selection: TextSelection, selected: Callable[[], str | None]
    ) -> None:
        """selected: the text that is selected, where it is at hand."""
        super().__init__(surface)
        self._selected = selected
        self._surface = surface
        self._selection = selection
        self._drag = _Drag.NONE
        self._grain = _Grain.LETTER
        self._start = QPointF()
        self._last = QPointF()
        self._row = -1
        self._pressed_action: Action | None = None
        self._pressed_link: Link | None = None
        self._clicks = 0
        self._last_press_ms = 0
        self.hovered: tuple[int, Action] | None = None
        self._rolling = QTimer(self)
        self._rolling.setInterval(AUTO_SCROLL_MS)
        self._rolling.timeout.connect(self._roll)

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
        self._grain = _Grain(min(self._clicks, 3))
        low, high = self._places(where)
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier and self._selection.cursor is not None:
            self._selection.reach(low, high)
            self._pressed_link = None
        else:
            self._selection.begin(self._surface.timeline.conversation_id, low, high)
        self._drag = _Drag.PRESSED
        self._surface.viewport().update()

    def move(self, event: QMouseEvent) -> None:
        """The mouse moved, with or without a button."""
        if self._drag is _Drag.NONE or not event.buttons() & Qt.MouseButton.LeftButton:
            self._rolling.stop()
            self._hover(event.position())
            return
        far = (event.position() - self._start).manhattanLength() >= QApplication.startDragDistance()
        if self._drag is _Drag.PRESSED and not far:
            return
        self._drag, self._last = _Drag.SELECTING, event.position()
        if not self._beyond():
            self._rolling.stop()
        elif not self._rolling.isActive():
            self._rolling.start()
        self._reach()

    def release(self, event: QMouseEvent) -> None:
        """The left button went up."""
        drag, self._drag = self._drag, _Drag.NONE
        self._rolling.stop()
        hit = self._surface.hit(event.position())
        action, self._pressed_action = self._pressed_action, None
        link, self._pressed_link = self._pressed_link, None
        if drag is not _Drag.NONE and not self._selection.is_empty():
            self._offer_primary()
        if drag is _Drag.SELECTING:
            row_of_end = self._surface.scroller.row_at(self._inside_y())
            if row_of_end is not None:
                self.row_pressed.emit(row_of_end)
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
        self._rolling.stop()
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
        if self._selection.cursor is not None:
            self._selection.clear()
            self._surface.viewport().update()

    def _inside_y(self) -> int:
        """Where the mouse was last, brought into the view."""
        return max(0, min(int(self._last.y()), self._surface.viewport().height() - 1))

    def _beyond(self) -> float:
        """How far the mouse is above (negative) or below the view, px."""
        y, height = self._last.y(), self._surface.viewport().height()
        return min(y, 0.0) or max(0.0, y - height + 1)

    def _roll(self) -> None:
        """Scroll on while the mouse is held beyond an edge; pages come as they are reached."""
        wish = self._beyond() * _AUTO_SCROLL_SHARE
        step = max(-_AUTO_SCROLL_MOST_PX, min(round(wish), _AUTO_SCROLL_MOST_PX))
        self._surface.scroll_by(step or (1 if wish > 0 else -1))
        self._reach()

    def _reach(self) -> None:
        if self._surface.scroller.placed:
            self._selection.reach(*self._places(self._last))
            self._surface.viewport().update()

    def _places(self, point: QPointF) -> tuple[Place, Place]:
        """Begin and end of what the mouse means at a point: a place twice, a word, or a message."""
        surface = self._surface
        placed = surface.scroller.placed
        y = max(0.0, min(point.y(), surface.viewport().height() - 1.0))
        y = max(float(placed[0].top), min(y, placed[-1].bottom - 1.0))
        number = surface.scroller.row_at(int(y))
        number = placed[-1].row if number is None else number
        row = surface.row_layout(number)
        key = position(row.message)
        at = row.text.position_at(QPointF(point.x(), y - surface.scroller.top_of(number)))
        if self._grain is _Grain.MESSAGE:
            return Place(key, 0), Place(key, TEXT_END)
        start, end = row.text.word_at(at) if self._grain is _Grain.WORD else (at, at)
        return Place(key, start), Place(key, end)

    def _hover(self, where: QPointF) -> None:
        hit = self._surface.hit(where)
        shape, words = Qt.CursorShape.ArrowCursor, ""
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
                words = tip(link)
            elif row.text.rect.contains(inside):
                shape = Qt.CursorShape.IBeamCursor
            elif row.bubble.contains(inside):
                words = full_time(row.message.sent_at_us)
        self._set_hovered(hovered)
        self._surface.viewport().setCursor(shape)
        self._surface.setToolTip(plain_tooltip(words))

    def _set_hovered(self, hovered: tuple[int, Action] | None) -> None:
        if hovered != self.hovered:
            self.hovered = hovered
            self._surface.viewport().update()

    def _offer_primary(self) -> None:
        """Where the system has it, selected text can be pasted with the middle button at once."""
        clipboard = QGuiApplication.clipboard()
        text = self._selected() if clipboard.supportsSelection() else None
        if text:
            clipboard.setText(well_formed(text), clipboard.Mode.Selection)
