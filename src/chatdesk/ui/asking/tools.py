"""The rail's buttons for looking things up and for notifications, with their badge."""

from __future__ import annotations

from PySide6.QtCore import QRect
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from chatdesk.ui.context import UiContext
from chatdesk.ui.controls import IconButton
from chatdesk.ui.i18n import trn
from chatdesk.ui.paint import badge_size, draw_badge


class BadgeButton(IconButton):
    """An icon with a count at its upper end; the count is spoken too."""

    def __init__(self, context: UiContext, icon: str, name: str, parent: QWidget | None = None) -> None:
        super().__init__(context, icon, name, parent=parent)
        self._context = context
        self._name = name
        self._count = 0

    def show_count(self, count: int) -> None:
        """Show a count; none for 0."""
        if count == self._count:
            return
        self._count = count
        spoken = trn("{n} unread", "{n} unread", count)
        self.set_name(f"{self._name} · {spoken}" if count else self._name)
        self.update()

    def count(self) -> int:
        """The count that it shows."""
        return self._count

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        width, height = badge_size(self._context.theme, self._count)
        if not width:
            return
        painter = QPainter(self)
        box = QRect(self.width() - width, 0, min(width, self.width()), height)
        draw_badge(painter, box, self._context.theme, self._count, fill="bad", ink="on_bad")
        painter.end()
