"""A field for a date and a time; apart from the other controls, since only dialogs ask for one."""

from __future__ import annotations

from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QDateTimeEdit, QWidget

from chatdesk.ui.context import UiContext
from chatdesk.ui.controls import draw_arrow


class MomentBox(QDateTimeEdit):
    """A date and a time of day, typed or taken from a calendar; its arrow is drawn like ChoiceBox's."""

    def __init__(self, context: UiContext, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self.setAccessibleName(name)
        self.setCalendarPopup(True)
        context.theme.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        draw_arrow(self, self._context)
