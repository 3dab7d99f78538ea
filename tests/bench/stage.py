"""The real program with its real window, driven from inside its own loop."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, QObject, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from chatdesk import program
from chatdesk.desktop.memory_vault import MemoryVault
from chatdesk.domain.kinds import Platform
from chatdesk.domain.ports import PlatformPlugin
from chatdesk.platforms.registry import PLUGINS
from tests.bench.measure import MS

WINDOW_PX = 1280, 820
PATIENCE_S = 5.0
GUARD_MS = 500
_WAIT = QEventLoop.ProcessEventsFlag.WaitForMoreEvents
_ALL = QEventLoop.ProcessEventsFlag.AllEvents


class NotPainted(Exception):
    """Something that had to show did not, in PATIENCE_S seconds."""


class Paints(QObject):
    """Counts the paint events of a widget."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self.count = 0
        self.cpu_ms: list[float] = []
        """Processor time of the window's thread in each of the measured stretches."""
        widget.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            self.count += 1
        return False

    def until_next(self, act: Callable[[], object], *, idle: bool = False) -> float:
        """Do something and turn the loop until it is painted; the milliseconds that took.

        A turn also does all that waits besides, so the figure is never too good. idle: sleep until something
        comes, for what other threads do in between. Raises NotPainted.
        """
        guard = QTimer()
        if idle:
            guard.start(GUARD_MS)  # a loop that sleeps wakes up to find that nothing was painted
        before = self.count
        cpu_s = time.thread_time()
        began = time.perf_counter()
        act()
        while self.count == before:
            QCoreApplication.processEvents(_ALL | _WAIT if idle else _ALL)
            if time.perf_counter() - began > PATIENCE_S:
                raise NotPainted(repr(act))
        took_ms = (time.perf_counter() - began) * MS
        self.cpu_ms.append((time.thread_time() - cpu_s) * MS)
        return took_ms


def settle(turns: int = 20) -> None:
    """Let everything happen that what was done before has brought about; not measured."""
    for _ in range(turns):
        QCoreApplication.processEvents(_ALL)


def plugins() -> dict[Platform, PlatformPlugin]:
    """Every platform, as main plugs them in."""
    return {plugin.platform: plugin for plugin in PLUGINS}


def run(folder: Path, drive: Callable[[program.Program], Any]) -> Any:
    """Run the program over a data folder and `drive` inside its loop, outside of any task; its result.

    `drive` may turn the loop itself (`Paints.until_next`, `settle`).
    """
    results: list[Any] = []

    async def script(running: program.Program) -> int:
        done = asyncio.get_running_loop().create_future()

        def act() -> None:
            try:
                results.append(drive(running))
            except Exception as exc:  # noqa: BLE001 - handed over to the script, which raises it
                done.set_exception(exc)
            else:
                done.set_result(None)

        running.window.resize(*WINDOW_PX)
        # Not from here: turning the loop inside a task's step would enter other tasks within it.
        QTimer.singleShot(0, act)
        await done
        return 0

    status = program.run(folder, plugins(), MemoryVault(), script)
    if status != 0 or not results:
        raise RuntimeError(f"the program ended with {status}")
    return results[0]


def platform_name() -> str:
    """Which of Qt's platforms paints."""
    return QApplication.platformName()


def collect() -> None:
    """Get the collector's work done before something is measured."""
    gc.collect()
