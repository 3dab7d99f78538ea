"""The wall clock as the window reads it, and a beat for texts such as "12 min ago"."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, Qt, QTimer, Signal

_BEAT_MS = 20_000


class Clock(QObject):
    """Wall time in microseconds since 1970 (UTC). `beat` comes every 20 s while the window lives.

    Only for what is shown: nothing is ordered or decided by it.
    """

    beat = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.VeryCoarseTimer)
        self._timer.setInterval(_BEAT_MS)
        self._timer.timeout.connect(self.beat)
        self._timer.start()

    def now_us(self) -> int:
        """Microseconds since 1970."""
        return time.time_ns() // 1_000
