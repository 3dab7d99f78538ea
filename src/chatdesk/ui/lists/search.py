"""The search field above the lists."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QKeySequence, QPainter, QPaintEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from chatdesk.ui.context import UiContext
from chatdesk.ui.theme import TextRole

QUERY_CHARS = 200
"""Nothing longer is searched for."""
_ICON_PX = 16


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
        # Nothing to clear, no button: Qt takes milliseconds to make one, for which a start has better use.
        self.textChanged.connect(self._offer_clearing)
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
        theme = self._context.theme
        side, edge = theme.metrics.px(_ICON_PX), theme.metrics.small
        rtl = self.layoutDirection() is Qt.LayoutDirection.RightToLeft
        painter = QPainter(self)
        icon = self._context.icons.pixmap("search", "muted", side, self.devicePixelRatioF())
        painter.drawPixmap(self.width() - edge - side if rtl else edge, (self.height() - side) // 2, icon)
        if not self.text() and not self.hasFocus() and self._has_room():
            painter.setFont(theme.font(TextRole.SECONDARY))
            painter.setPen(theme.current.muted)
            inner = self.rect().adjusted(theme.metrics.medium, 0, -theme.metrics.medium, 0)
            side_of_end = Qt.AlignmentFlag.AlignLeft if rtl else Qt.AlignmentFlag.AlignRight
            flags = side_of_end | Qt.AlignmentFlag.AlignAbsolute | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(inner, int(flags), self._keys)
        painter.end()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.LayoutDirectionChange:
            self._restyle()

    def _offer_clearing(self) -> None:
        self.textChanged.disconnect(self._offer_clearing)
        self.setClearButtonEnabled(True)

    def _has_room(self) -> bool:
        """Whether the keys can be shown beside the words."""
        theme = self._context.theme
        keys = QFontMetrics(theme.font(TextRole.SECONDARY)).horizontalAdvance(self._keys)
        words = self.fontMetrics().horizontalAdvance(self.placeholderText())
        return keys + words + theme.metrics.px(_ICON_PX) + 4 * theme.metrics.medium < self.width()

    def _restyle(self) -> None:
        theme = self._context.theme
        self.setFont(theme.font(TextRole.BODY))
        taken = theme.metrics.px(_ICON_PX) + theme.metrics.tiny
        rtl = self.layoutDirection() is Qt.LayoutDirection.RightToLeft
        self.setTextMargins(0 if rtl else taken, 0, taken if rtl else 0, 0)
