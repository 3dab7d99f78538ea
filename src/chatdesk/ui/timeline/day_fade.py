"""When the day at the top of the list shows: while it scrolls and a moment after, then it makes room."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QWidget

from chatdesk.ui.timeline.motion import wants_motion

REST_MS = 1_000
"""So long it stays after the last movement."""
FADE_MS = 240
_STEP_MS = 30
_NS_PER_MS = 1_000_000


class DayFade(QObject):
    """How strongly the plate with the day shows. `changed`: paint it again. No timer runs without it."""

    changed = Signal()

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self._widget = widget
        self._is_held = False
        self._fades_from_ns = 0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.CoarseTimer)
        self._timer.timeout.connect(self._step)
        self.strength = 0.0
        """0 is hidden, 1 is all of it."""

    def wake(self) -> None:
        """Show it: another place was gone to. In vain while nobody can see it."""
        if not self._widget.isVisible():
            return
        if not self._is_held:
            self._fades_from_ns = time.monotonic_ns() + REST_MS * _NS_PER_MS
            self._timer.start(REST_MS)
        self._become(1.0)

    def hold(self, *, on: bool) -> None:
        """The pointer is on it, or no longer: what somebody is about to press stays."""
        if on is self._is_held:
            return
        self._is_held = on
        if on:
            self._timer.stop()
            self._become(1.0)
        elif self.strength > 0.0:
            self.wake()

    def stop(self) -> None:
        """Hide it at once."""
        self._timer.stop()
        self._is_held = False
        self._become(0.0)

    def _become(self, strength: float) -> None:
        if strength != self.strength:
            self.strength = strength
            self.changed.emit()

    def _step(self) -> None:
        faded_ms = (time.monotonic_ns() - self._fades_from_ns) / _NS_PER_MS
        left = 1.0 - max(0.0, faded_ms) / FADE_MS
        if left <= 0.0 or not wants_motion(self._widget):
            self.stop()
            return
        self._timer.setInterval(_STEP_MS)
        self._become(left)
