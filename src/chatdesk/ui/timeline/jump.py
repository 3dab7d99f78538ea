"""The round button over the end of the list that leads to the newest message and counts what came."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QWidget

from chatdesk.ui.context import UiContext
from chatdesk.ui.i18n import tr, trn
from chatdesk.ui.paint import badge_size, draw_badge
from chatdesk.ui.plain import plain_tooltip

_SIDE = 36


class JumpButton(QAbstractButton):
    """Hidden while the newest message is in view."""

    def __init__(self, context: UiContext, parent: QWidget) -> None:
        super().__init__(parent)
        self._context = context
        self._count = 0
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.hide()
        context.theme.changed.connect(self._on_theme)
        self._on_theme()
        self.set_count(0)

    @property
    def count(self) -> int:
        """How many messages of others came since the end was left."""
        return self._count

    def set_count(self, count: int) -> None:
        """Show how many messages wait below."""
        self._count = count
        words = tr("Go to the newest message")
        if count:
            words = trn(
                "Go to the newest message, {n} new message below",
                "Go to the newest message, {n} new messages below",
                count,
            )
        self.setAccessibleName(words)
        self.setToolTip(plain_tooltip(words))
        self.update()

    def sizeHint(self) -> QSize:
        side = self._context.theme.metrics.px(_SIDE)
        badge = badge_size(self._context.theme, 1)[1]
        return QSize(side + 4, side + badge // 2 + 4)

    def place_in(self, area: QRect) -> None:
        """Sit in the lower right corner of an area of the parent."""
        margin = self._context.theme.metrics.medium
        size = self.sizeHint()
        self.setGeometry(
            QRect(
                area.right() - size.width() - margin,
                area.bottom() - size.height() - margin,
                size.width(),
                size.height(),
            )
        )

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = self._context.theme
        tokens = theme.current
        side = theme.metrics.px(_SIDE)
        disc = QRectF(2, self.height() - side - 2, side, side)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        line = 2.0 if self.hasFocus() else 1.0
        painter.setPen(QPen(tokens.accent if self.hasFocus() else tokens.control_line, line))
        painter.setBrush(tokens.hover if self.underMouse() else tokens.panel)
        painter.drawEllipse(disc)
        icon = theme.metrics.icon
        pixmap = self._context.icons.pixmap("arrow-down", "accent_text", icon, self.devicePixelRatioF())
        painter.drawPixmap(disc.center() - QPointF(icon / 2, icon / 2), pixmap)
        if self._count:
            width, height = badge_size(theme, self._count)
            x = min(round(disc.center().x() - width / 2), self.width() - width)
            draw_badge(painter, QRect(x, 0, width, height), theme, self._count)
        painter.end()

    def _on_theme(self) -> None:
        self.resize(self.sizeHint())
        self.update()
