"""Widgets that are garbage die on the GUI thread, whoever allocates meanwhile."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from chatdesk.ui.garbage import GuiCollector, resident_bytes


class Cyclic(QObject):
    """An object that only the collector can free, with a timer that only its own thread may stop."""

    died_on: list[str]

    def __init__(self, died_on: list[str]) -> None:
        super().__init__()
        self.myself = self
        self.timer = QTimer(self)
        self.timer.start(60_000)
        self.destroyed.connect(lambda: died_on.append(threading.current_thread().name))


def allocate_elsewhere() -> int:
    """Have another thread allocate far more than makes Python collect; how often it did."""
    ran: list[str] = []

    def note(phase: str, _info: dict[str, int]) -> None:
        if phase == "start":
            ran.append(threading.current_thread().name)

    def churn() -> None:
        for _ in range(200):
            rows: list[list[object]] = [[] for _ in range(1_000)]
            for row in rows:
                row.append(rows)

    gc.callbacks.append(note)
    thread = threading.Thread(target=churn, name="elsewhere")
    thread.start()
    thread.join()
    gc.callbacks.remove(note)
    return ran.count("elsewhere")


@pytest.fixture(autouse=True)
def as_python_does_it(qapp: QApplication) -> Iterator[None]:
    """Tests run without other threads' collecting; these are about it."""
    gc.collect()
    gc.enable()
    yield
    gc.disable()


@pytest.fixture
def collector(qapp: QApplication) -> Iterator[GuiCollector]:
    gc.collect()
    made = GuiCollector()
    yield made
    made.stop()


def test_other_threads_collect_nothing(collector: GuiCollector, qtbot: QtBot) -> None:
    """However much another thread allocates, a widget that is garbage waits, and dies on the GUI thread."""
    died_on: list[str] = []
    for _ in range(3):
        Cyclic(died_on)
    assert allocate_elsewhere() == 0
    assert died_on == []
    qtbot.waitUntil(lambda: gc.get_count()[0] < gc.get_threshold()[0], timeout=5_000)
    collector.look()
    gc.collect()
    assert died_on == ["MainThread"] * 3


def test_without_it_they_do(qapp: QApplication) -> None:
    """The hazard is real: left to itself, Python collects on the thread that allocates."""
    assert gc.isenabled()
    assert allocate_elsewhere() > 0


def test_the_timer_keeps_up(collector: GuiCollector, qtbot: QtBot) -> None:
    """Garbage of the GUI thread goes by itself, without anybody asking."""
    rows: list[list[object]] = [[] for _ in range(5_000)]
    for row in rows:
        row.append(rows)
    assert gc.get_count()[0] > gc.get_threshold()[0]
    qtbot.waitUntil(lambda: gc.get_count()[0] < gc.get_threshold()[0], timeout=5_000)


ROLLUP = Path("/proc/self/smaps_rollup")


def own_kb() -> int:
    """Memory of this process that no file stands behind, in KiB."""
    return next(
        int(line.split()[1]) for line in ROLLUP.read_text().splitlines() if line.startswith("Pss_Anon:")
    )


@pytest.mark.skipif(not ROLLUP.exists(), reason="the C library of Linux is meant")
def test_what_a_burst_took_is_given_back(collector: GuiCollector, qtbot: QtBot) -> None:
    """Many pieces are needed for a moment, a few of them for longer: once a minute the rest goes back."""
    burst = [bytes(6_000) for _ in range(20_000)]
    kept = burst[::100]
    burst.clear()
    full_kb = own_kb()
    assert full_kb > 100_000
    collector._whole_at_s = time.monotonic()
    collector.look()
    qtbot.waitUntil(lambda: own_kb() < full_kb - 80_000, timeout=10_000)
    assert len(kept) == 200


def test_python_gets_its_own_collecting_back(qapp: QApplication) -> None:
    """After stop, once or twice, everything is as it was."""
    assert gc.isenabled()
    collector = GuiCollector()
    assert not gc.isenabled()
    collector.stop()
    collector.stop()
    assert gc.isenabled()


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="only Linux tells its size this way")
def test_what_a_burst_has_left_free_goes_back_once_it_is_over(collector: GuiCollector, qtbot: QtBot) -> None:
    """The C library keeps what lies below the last thing that lives; a look after the burst hands it back."""
    collector.look()
    before = resident_bytes()
    blocks = [bytes([n % 251]) * 4_000 for n in range(15_000)]
    grown = resident_bytes()
    last = blocks[-1]
    blocks.clear()
    qtbot.waitUntil(lambda: resident_bytes() < grown - 40_000_000, timeout=30_000)
    assert grown - before > 50_000_000
    assert last
