"""The field that a query is typed into: its keys move among what is found, open it, and lead back."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent

from chatdesk.ui.lists.search import SearchField

_STEPS = {
    Qt.Key.Key_Down: 1,
    Qt.Key.Key_Up: -1,
    Qt.Key.Key_PageDown: 10,
    Qt.Key.Key_PageUp: -10,
}


class QueryField(SearchField):
    """A search field whose Esc leaves at once: what was typed is there again when one comes back.

    dismissed: Esc. stepped(rows): arrows, and Page keys as ten. opened: Enter. opened_back: Shift+Enter.
    """

    dismissed = Signal()
    stepped = Signal(int)
    opened_back = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = _STEPS.get(Qt.Key(event.key()))
        if event.key() == Qt.Key.Key_Escape:
            self.dismissed.emit()
        elif step is not None:
            self.stepped.emit(step)
        elif event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            back = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
            (self.opened_back if back else self.opened).emit()
        else:
            super().keyPressEvent(event)
