"""The short highlight of a message that was jumped to: it shows for a moment, fades, and is gone."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QWidget

from chatdesk.domain.ids import MessageId
from chatdesk.ui.timeline.motion import wants_motion

HOLD_MS = 700
FADE_MS = 800
_STEP_MS = 40
_NS_PER_MS = 1_000_000


class Flash(QObject):
    """At most one message at a time. `changed(message id)`: paint it again. No timer runs without one."""

    changed = Signal(object)

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self._widget = widget
        self._message: MessageId | None = None
        self._strength = 0.0
        self._fades_from_ns = 0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.CoarseTimer)
        self._timer.timeout.connect(self._step)

    @property
    def is_running(self) -> bool:
        """Whether something is highlighted."""
        return self._timer.isActive()

    def strength(self, message: MessageId) -> float:
        """How strong a message is highlighted, 0 to 1."""
        return self._strength if message == self._message else 0.0

    def show(self, message: MessageId) -> None:
        """Highlight this one."""
        self.stop()
        self._message, self._strength = message, 1.0
        self._fades_from_ns = time.monotonic_ns() + HOLD_MS * _NS_PER_MS
        self._timer.start(HOLD_MS)
        self.changed.emit(message)

    def stop(self) -> None:
        """Highlight nothing."""
        self._timer.stop()
        was, self._message, self._strength = self._message, None, 0.0
        if was is not None:
            self.changed.emit(was)

    def _step(self) -> None:
        faded_ms = (time.monotonic_ns() - self._fades_from_ns) / _NS_PER_MS
        left = 1.0 - max(0.0, faded_ms) / FADE_MS
        if left <= 0.0 or not wants_motion(self._widget) or not self._widget.isVisible():
            self.stop()
            return
        self._strength = left
        self._timer.setInterval(_STEP_MS)
        self.changed.emit(self._message)
