"""Has Python's cyclic garbage collected on the GUI thread only: widgets may be in it, and must die there.

By itself Python collects on whichever thread happens to allocate. A QObject with a timer that the writer's or
the network's thread destroys takes the whole program down (seen with PySide6 6.11).
"""

from __future__ import annotations

import gc
import time

from PySide6.QtCore import QObject, Qt, QTimer

_LOOK_MS = 250
_WHOLE_EVERY_S = 60.0
"""A look at everything that lives; what was frozen at the start is left out of it."""


class GuiCollector(QObject):
    """Switches Python's own collecting off and does it from a timer, until `stop`. GUI thread only."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._was_enabled = gc.isenabled()
        gc.disable()
        self._whole_at_s = time.monotonic() + _WHOLE_EVERY_S
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.CoarseTimer)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()

    def look(self) -> None:
        """Collect the youngest generations that have grown beyond Python's own thresholds."""
        now_s = time.monotonic()
        if now_s >= self._whole_at_s:
            self._whole_at_s = now_s + _WHOLE_EVERY_S
            gc.collect()
            return
        counts, limits = gc.get_count(), gc.get_threshold()
        if counts[1] > limits[1]:
            gc.collect(1)
        elif counts[0] > limits[0]:
            gc.collect(0)

    def stop(self) -> None:
        """Collect once more, and give Python its own collecting back."""
        if self._timer.isActive():
            self._timer.stop()
            gc.collect()
            if self._was_enabled:
                gc.enable()
