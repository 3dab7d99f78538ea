"""Has Python's cyclic garbage collected on the GUI thread only: widgets may be in it, and must die there.

By itself Python collects on whichever thread happens to allocate. A QObject with a timer that the writer's or
the network's thread destroys takes the whole program down (seen with PySide6 6.11).

What is free then goes back to the system now and then: the C library of Linux keeps what a burst has taken,
such as the histories that are read after every loss of a connection, and over a day that adds up.
"""

from __future__ import annotations

import gc
import os
import threading
import time
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer

_LOOK_MS = 250
_WHOLE_EVERY_S = 60.0
"""A look at everything that lives; what was frozen at the start is left out of it."""
_SIZE_EVERY_S = 1.0
_BURST_BYTES = 16_000_000
_STANDS_BYTES = 1_000_000
"""The program has grown by a burst, and grows no more: what the burst has left free goes back then."""


class GuiCollector(QObject):
    """Switches Python's own collecting off and does it from a timer, until `stop`. GUI thread only."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._was_enabled = gc.isenabled()
        gc.disable()
        self._whole_at_s = time.monotonic() + _WHOLE_EVERY_S
        self._size_at_s = 0.0
        self._seen = self._floor = resident_bytes()
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
            threading.Thread(target=give_back, name="memory", daemon=True).start()
            return
        if now_s >= self._size_at_s:
            self._size_at_s = now_s + _SIZE_EVERY_S
            self._look_at_size()
        counts, limits = gc.get_count(), gc.get_threshold()
        if counts[1] > limits[1]:
            gc.collect(1)
        elif counts[0] > limits[0]:
            gc.collect(0)

    def _look_at_size(self) -> None:
        """After a burst, once it is over: have what it needed given back."""
        before, self._seen = self._seen, resident_bytes()
        self._floor = min(self._floor, self._seen)
        if self._seen > self._floor + _BURST_BYTES and self._seen <= before + _STANDS_BYTES:
            self._floor = self._seen
            threading.Thread(target=give_back, name="memory", daemon=True).start()

    def stop(self) -> None:
        """Collect once more, and give Python its own collecting back."""
        if self._timer.isActive():
            self._timer.stop()
            gc.collect()
            if self._was_enabled:
                gc.enable()


def resident_bytes() -> int:
    """What of this process is in memory now; 0 where the system does not tell it cheaply."""
    try:
        return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, AttributeError, IndexError, ValueError):
        return 0


def give_back() -> None:
    """Return free memory to the system, where the C library can be asked to; may take some 10 ms."""
    import ctypes  # here, on its own thread: a start has no use for it

    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):
        return  # only glibc keeps it, and can be asked
    trim(0)
