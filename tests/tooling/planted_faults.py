"""Faults on purpose, one per test; test_guards.py runs them apart and expects each to fail.

Not collected by itself: its name does not begin with test_. Tests named `test_sound_*` must pass.
"""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
import threading
import time
import warnings
from typing import Any

import pytest
from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    QTimer,
    Signal,
    qWarning,
)
from PySide6.QtGui import QPaintEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QListView, QWidget


class Painter(QWidget):
    def paintEvent(self, event: QPaintEvent) -> None:
        raise ValueError("planted")


class Sender(QObject):
    fired = Signal()


class BadModel(QAbstractListModel):
    def rowCount(self, parent: QModelIndex | QPersistentModelIndex | None = None) -> int:
        return 1

    def data(
        self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        raise ValueError("planted")


def fail_in_slot() -> None:
    raise ValueError("planted")


async def die() -> None:
    raise ValueError("planted")


def test_slot(qapp: Any) -> None:
    sender = Sender()
    sender.fired.connect(fail_in_slot)
    sender.fired.emit()


def test_paint(qtbot: Any) -> None:
    widget = Painter()
    qtbot.addWidget(widget)
    widget.grab()


def test_button_held(qtbot: Any) -> None:
    widget = QWidget()
    qtbot.addWidget(widget)
    QTest.mousePress(widget, Qt.MouseButton.RightButton)


def test_model_data(qtbot: Any) -> None:
    view, model = QListView(), BadModel()
    qtbot.addWidget(view)
    view.setModel(model)
    view.grab()


def test_qt_warning(qapp: Any) -> None:
    qWarning("planted")


def test_timer(ui: Any) -> None:
    QTimer.singleShot(0, fail_in_slot)
    ui.run(asyncio.sleep(0.05))


def test_ui_task(ui: Any) -> None:
    async def main() -> None:
        asyncio.create_task(die())  # noqa: RUF006
        await asyncio.sleep(0.05)

    ui.run(main())


def test_ui_timeout(ui: Any) -> None:
    ui.run(asyncio.sleep(60), timeout_s=0.2)


def test_ui_until(ui: Any) -> None:
    ui.run(ui.until(lambda: False, timeout_s=0.1))


def test_ui_call_soon(ui: Any) -> None:
    ui.loop.call_soon(fail_in_slot)
    ui.run(asyncio.sleep(0.05))


def test_aio_task_dies(aio: Any) -> None:
    async def main() -> None:
        asyncio.create_task(die())  # noqa: RUF006
        await asyncio.sleep(0.01)

    aio(main())


def test_aio_task_left(aio: Any) -> None:
    async def main() -> None:
        asyncio.create_task(asyncio.sleep(60))  # noqa: RUF006

    aio(main())


def test_aio_timeout(aio: Any) -> None:
    aio(asyncio.sleep(60), timeout_s=0.1)


def test_unawaited(aio: Any) -> None:
    die()  # type: ignore[unused-coroutine]


def test_thread_dies() -> None:
    thread = threading.Thread(target=fail_in_slot)
    thread.start()
    thread.join()


def test_thread_left() -> None:
    threading.Thread(target=time.sleep, args=(5,), daemon=True).start()


def test_process_left() -> None:
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(5)"])


def test_warning() -> None:
    warnings.warn("planted", DeprecationWarning, stacklevel=1)


def test_log() -> None:
    logging.getLogger("chatdesk.sync").warning("planted %d", 1)


@pytest.mark.xfail(reason="planted")
def test_passes_but_said_to_fail() -> None:
    assert sys.executable


def test_sound_log(allow_log: Any) -> None:
    seen = allow_log(r"^WARNING chatdesk\.sync: link lost")
    logging.getLogger("chatdesk.sync").warning("link lost")
    assert [r.levelname for r in seen] == ["WARNING"]


def test_sound_aio(aio: Any) -> None:
    async def main() -> int:
        short = asyncio.create_task(asyncio.sleep(0.05))  # ends by itself within the grace
        await asyncio.sleep(0)
        return int(not short.done())

    assert aio(main()) == 1


def test_sound_ui(ui: Any, qtbot: Any) -> None:
    widget = QWidget()
    qtbot.addWidget(widget)

    async def main() -> str:
        widget.show()
        await ui.until(widget.isVisible)
        asyncio.create_task(asyncio.sleep(60))  # noqa: RUF006 - cancelled by the fixture
        return "shown"

    assert ui.run(main()) == "shown"


def test_sound_thread() -> None:
    threading.Thread(target=time.sleep, args=(0.1,)).start()  # ends within the grace
