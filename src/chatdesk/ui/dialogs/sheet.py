"""The frame of every dialog: heading, content, buttons; opened with open(), closed by Escape."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from chatdesk.ui.plain import PlainLabel
from chatdesk.ui.theme import TextRole, Theme


class Sheet(QDialog):
    """A dialog with a heading. Subclasses add to `content` and `buttons`; it deletes itself when closed."""

    def __init__(self, theme: Theme, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.theme = theme
        metrics = theme.metrics
        heading = PlainLabel(theme, title, role=TextRole.HEADING, parent=self)
        self.content = QVBoxLayout()
        self.content.setSpacing(metrics.small)
        self.buttons = QHBoxLayout()
        self.buttons.setSpacing(metrics.small)
        column = QVBoxLayout(self)
        column.setContentsMargins(metrics.huge, metrics.large, metrics.huge, metrics.large)
        column.setSpacing(metrics.medium)
        column.addWidget(heading)
        column.addLayout(self.content, 1)
        column.addLayout(self.buttons)

    def event(self, event: QEvent) -> bool:
        handled = super().event(event)
        if event.type() is QEvent.Type.LayoutRequest:
            self._grow()
        return handled

    def _grow(self) -> None:
        """Make room for words that wrap over more lines than before; Qt gives them none by itself."""
        layout = self.layout()
        if layout is not None:
            wanted = layout.totalHeightForWidth(self.width())
            if wanted > self.height():
                self.resize(self.width(), wanted)
