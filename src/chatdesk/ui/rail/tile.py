"""One account of the rail: initials, unread badge, connection dot."""

from __future__ import annotations

import msgspec
from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QWidget

from chatdesk.domain.changes import AccountStatus
from chatdesk.domain.ids import AccountId
from chatdesk.domain.kinds import ConnectionState, SignInState
from chatdesk.ui.context import UiContext
from chatdesk.ui.paint import badge_size, draw_badge, draw_dot
from chatdesk.ui.plain import plain_tooltip
from chatdesk.ui.theme import TextRole

_TILE_PX = 36
_BOX_PX = 46
_DOT_PX = 5


class TileFace(msgspec.Struct, frozen=True):
    """What a tile shows. `dot`: token of the connection dot, empty for none. `words`: all of it, spoken."""

    letters: str
    words: str
    unread: int = 0
    dot: str = ""


def dot_colour(status: AccountStatus) -> str:
    """Token of an account's dot: green online, amber on its way, red when it needs its person."""
    if status.sign_in is not SignInState.OK:
        return "bad"
    match status.connection:
        case ConnectionState.ONLINE | ConnectionState.POLLING:
            return "ok"
        case ConnectionState.OFF:
            return "muted"
        case _:
            return "warn"


class AccountTile(QAbstractButton):
    """A checkable tile; `account` is None for All. `menu_asked(account id, place)` of those that have one."""

    menu_asked = Signal(int, QPoint)

    def __init__(self, context: UiContext, account: AccountId | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self.account = account
        self._face = TileFace("", "")
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        context.theme.changed.connect(self._restyle)
        self._restyle()

    def show_face(self, face: TileFace) -> None:
        """Show this from now on."""
        if face != self._face:
            self._face = face
            self.setAccessibleName(face.words)
            self.setToolTip(plain_tooltip(face.words))
            self.update()

    def face(self) -> TileFace:
        """What it shows."""
        return self._face

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """By the mouse where it is pressed, by the menu key beside the tile."""
        if self.account is None:
            super().contextMenuEvent(event)
            return
        by_key = event.reason() is QContextMenuEvent.Reason.Keyboard
        place = self.mapToGlobal(QPoint(self.width(), 0)) if by_key else event.globalPos()
        self.menu_asked.emit(self.account, place)

    def sizeHint(self) -> QSize:
        side = self._context.theme.metrics.px(_BOX_PX)
        return QSize(side, side)

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = self._context.theme
        tokens, metrics = theme.current, theme.metrics
        side = metrics.px(_TILE_PX)
        tile = QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side)
        radius = metrics.px(10)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(tokens.line, 1))
        painter.setBrush(tokens.hover if self.underMouse() else tokens.panel)
        painter.drawRoundedRect(tile, radius, radius)
        if self.isChecked() or self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            ring = tile.adjusted(-2, -2, 2, 2)
            style = Qt.PenStyle.SolidLine if self.isChecked() else Qt.PenStyle.DotLine
            painter.setPen(QPen(tokens.accent, 2, style))
            painter.drawRoundedRect(ring, radius + 2, radius + 2)
        if self.isChecked() and self.hasFocus():
            painter.setPen(QPen(tokens.text, 1, Qt.PenStyle.DotLine))
            painter.drawRoundedRect(tile.adjusted(2, 2, -2, -2), radius - 2, radius - 2)
        painter.setFont(theme.font(TextRole.SECONDARY_STRONG))
        painter.setPen(tokens.text)
        painter.drawText(tile, Qt.AlignmentFlag.AlignCenter, self._face.letters)
        if self._face.dot:
            dot = metrics.px(_DOT_PX)
            centre = QPointF(tile.right() - 1, tile.bottom() - 1)
            draw_dot(painter, centre, dot, tokens.colour(self._face.dot), tokens.rail)
        width, height = badge_size(theme, self._face.unread)
        if width:
            right = min(self.width(), round(tile.right()) + metrics.px(6))
            place = QRect(right - width, max(0, round(tile.top()) - metrics.px(5)), width, height)
            draw_badge(painter, place, theme, self._face.unread, fill="bad", ink="on_bad")
        painter.end()

    def _restyle(self) -> None:
        self.updateGeometry()
        self.update()
