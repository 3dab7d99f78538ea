"""What lies behind the search: the window in the shade, and the card's rounded edge with its shadow."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from chatdesk.ui.context import UiContext

WIDTH_PX, HEIGHT_PX, TOP_PX = 640, 560, 56
EDGE_PX = 3
"""What is in the card keeps so far from its edge: the corners are the backdrop's."""
_SHADE, _SHADOW = 0.32, 0.06
"""Shares of the light that are taken away."""


class Backdrop(QWidget):
    """Fills its parent below the card; `pressed` beside it.

    The card is no child of it: a child would have all that lies below painted anew with every letter.
    """

    pressed = Signal()

    def __init__(self, context: UiContext, parent: QWidget) -> None:
        super().__init__(parent)
        self._context = context
        self._over = parent
        self._frame = QRect()
        context.theme.changed.connect(self.update)
        self.hide()

    def fill(self) -> QRect:
        """Lie over all of the parent; the room inside the card, in the parent's upper middle."""
        px = self._context.theme.metrics.px
        self.setGeometry(self._over.rect())
        margin = px(16) if self.width() > px(WIDTH_PX) else px(6)
        width = min(px(WIDTH_PX), self.width() - 2 * margin)
        top = min(px(TOP_PX), max(margin, (self.height() - px(HEIGHT_PX)) // 2))
        height = min(px(HEIGHT_PX), self.height() - top - margin)
        self._frame = QRect((self.width() - width) // 2, top, width, height)
        self.update()
        edge = px(EDGE_PX)
        return self._frame.adjusted(edge, edge, -edge, -edge)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if not self._frame.contains(event.position().toPoint()):
            self.pressed.emit()

    def paintEvent(self, _event: QPaintEvent) -> None:
        tokens, px = self._context.theme.current, self._context.theme.metrics.px
        shade = QColor(min((tokens.text, tokens.rail), key=lambda colour: colour.lightness()))
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        shade.setAlphaF(_SHADE)
        painter.fillRect(self.rect(), shade)
        painter.setPen(Qt.PenStyle.NoPen)
        shade.setAlphaF(_SHADOW)
        painter.setBrush(shade)
        area = QRectF(self._frame)
        for spread in range(px(2), px(12), px(2)):
            grown = area.adjusted(-spread, -spread / 2, spread, spread * 1.5)
            painter.drawRoundedRect(grown, px(8) + spread, px(8) + spread)
        painter.setPen(QPen(tokens.line, 1))
        painter.setBrush(tokens.panel)
        painter.drawRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), px(8), px(8))
        painter.end()
