"""Begins a widget's first read as soon as the event loop runs: it is made and painted before."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

_LOOK_AGAIN_MS = 10


class OnceLooping(QTimer):
    """Calls `work` once, from the running asyncio loop; never, if its owner goes before."""

    def __init__(self, owner: QObject, work: Callable[[], object]) -> None:
        super().__init__(owner)
        self._work = work
        self.timeout.connect(self._look)
        self.start(0)

    def _look(self) -> None:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            self.setInterval(_LOOK_AGAIN_MS)  # Qt paints and asyncio does not run yet
            return
        self.stop()
        self._work()
