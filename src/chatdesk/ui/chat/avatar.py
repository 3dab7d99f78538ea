"""A round picture of initials with a presence dot, as a small widget."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from chatdesk.ui.paint import draw_avatar, draw_dot
from chatdesk.ui.theme import Theme


class Avatar(QWidget):
    """Says nothing to a screen reader: the name stands beside it."""

    def __init__(self, theme: Theme, side_px: int = 34, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._side_px = side_px
        self._name = ""
        self._dot = ""
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self._restyle)

    def show_name(self, name: str, dot: str = "") -> None:
        """Initials of this name; dot: token of the presence dot, empty for none."""
        self._name, self._dot = name, dot
        self.update()

    def sizeHint(self) -> QSize:
        side = self._theme.metrics.px(self._side_px) + 2
        return QSize(side, side)

    def paintEvent(self, _event: QPaintEvent) -> None:
        side = self._theme.metrics.px(self._side_px)
        painter = QPainter(self)
        draw_avatar(painter, QRectF(0, 0, side, side), self._theme, self._name, self._name)
        if self._dot:
            radius = self._theme.metrics.px(5)
            tokens = self._theme.current
            centre = QPointF(side - radius * 0.8, side - radius * 0.8)
            draw_dot(painter, centre, radius, tokens.colour(self._dot), tokens.panel)
        painter.end()

    def _restyle(self) -> None:
        self.updateGeometry()
        self.update()
