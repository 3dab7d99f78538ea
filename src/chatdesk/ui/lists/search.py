"""The search field above the lists."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QPainter, QPaintEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from chatdesk.ui.context import UiContext
from chatdesk.ui.theme import TextRole

QUERY_CHARS = 200
"""Nothing longer is searched for."""


class SearchField(QLineEdit):
    """One line to search by. Down and Enter go to what was found; Esc clears, then leaves the field."""

    into_list = Signal()
    """The person wants to go on among the rows."""
    opened = Signal()
    """Enter: open the first row."""

    def __init__(self, context: UiContext, shortcut: str, parent: QWidget | None = None) -> None:
        """Shows `shortcut` (as Qt writes it) while it is empty, as the system writes keys."""
        super().__init__(parent)
        self._context = context
        self._keys = QKeySequence(shortcut).toString(QKeySequence.SequenceFormat.NativeText)
        self.setMaxLength(QUERY_CHARS)
        self.setClearButtonEnabled(True)
        self._icon = self.addAction(context.icons.icon("search"), QLineEdit.ActionPosition.LeadingPosition)
        self._icon.setEnabled(False)
        context.theme.changed.connect(self._restyle)
        self._restyle()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        match event.key():
            case Qt.Key.Key_Escape if self.text():
                self.clear()
            case Qt.Key.Key_Escape | Qt.Key.Key_Down:
                self.into_list.emit()
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self.opened.emit()
            case _:
                super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.text() or self.hasFocus():
            return
        theme = self._context.theme
        painter = QPainter(self)
        painter.setFont(theme.font(TextRole.SECONDARY))
        painter.setPen(theme.current.muted)
        inner = self.rect().adjusted(theme.metrics.medium, 0, -theme.metrics.medium, 0)
        painter.drawText(
            inner, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignTrailing), self._keys
        )
        painter.end()

    def _restyle(self) -> None:
        self._icon.setIcon(self._context.icons.icon("search", "muted"))
        self.setFont(self._context.theme.font(TextRole.BODY))
