"""The row below the last message that says who is typing, with dots that move while they can be seen."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QWidget

from chatdesk.domain.text import one_line
from chatdesk.ui.i18n import tr, trn
from chatdesk.ui.timeline.motion import is_on_screen, wants_motion
from chatdesk.ui.timeline.style import Style

STEP_MS = 320
_DOTS = 3
_NAME_CHARS = 40


class TypingRow(QObject):
    """Names and the beat of the dots. `moved`: paint again."""

    moved = Signal()

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self._widget = widget
        self._names: tuple[str, ...] = ()
        self._phase = 0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.CoarseTimer)
        self._timer.setInterval(STEP_MS)
        self._timer.timeout.connect(self._step)

    @property
    def is_moving(self) -> bool:
        """Whether the dots move."""
        return self._timer.isActive()

    def show_names(self, names: tuple[str, ...]) -> None:
        """Who is typing now; nobody: an empty tuple."""
        if names != self._names:
            self._names = names
            self.moved.emit()

    def look(self, *, in_view: bool) -> None:
        """Let the dots move while they can be seen by somebody who likes motion, else rest."""
        moves = bool(self._names) and in_view and is_on_screen(self._widget) and wants_motion(self._widget)
        if moves and not self._timer.isActive():
            self._timer.start()
        elif not moves:
            self._timer.stop()

    def words(self) -> str:
        """Who is typing, in words; empty for nobody."""
        names = [one_line(name, _NAME_CHARS) for name in self._names]
        match names:
            case []:
                return ""
            case [one]:
                return tr("{name} is typing", name=one)
            case [one, other]:
                return tr("{one} and {other} are typing", one=one, other=other)
            case _:
                return trn("{n} person is typing", "{n} people are typing", len(names))

    def paint(self, painter: QPainter, area: QRectF, style: Style) -> None:
        """Dots in a small bubble, and the words."""
        words = self.words()
        if not words:
            return
        tokens = style.tokens
        height = style.note_metrics.height() + style.tiny
        bubble = QRectF(style.side, area.center().y() - height / 2, 3.2 * style.glyph, height)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tokens.bubble_in)
        painter.drawRoundedRect(bubble, height / 2, height / 2)
        radius = style.glyph / 4.3
        for dot in range(_DOTS):
            ink = QColor(tokens.muted)
            ink.setAlphaF(1.0 if dot == self._phase else 0.55)
            painter.setBrush(ink)
            x = bubble.center().x() + (dot - 1) * radius * 3
            painter.drawEllipse(QPointF(x, bubble.center().y()), radius, radius)
        painter.setFont(style.note)
        painter.setPen(tokens.muted)
        left = bubble.right() + style.small_gap
        room = QRectF(left, area.top(), max(0.0, area.right() - style.side - left), area.height())
        elided = style.note_metrics.elidedText(words, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), elided)

    def _step(self) -> None:
        self._phase = (self._phase + 1) % _DOTS
        self.moved.emit()
