"""Another process reads the message list over the accessibility bus, as a screen reader does."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from chatdesk.domain.kinds import DeliveryState
from tests.ui.timeline.conftest import Shown
from tests.ui.timeline.stage import a_message, own

pytestmark = [pytest.mark.session, pytest.mark.display]
PYTHON = "/usr/bin/python3"


class Listener:
    """The other process, and what it has said."""

    def __init__(self, app: QApplication) -> None:
        self._app = app
        self._process = subprocess.Popen(
            [PYTHON, str(Path(__file__).with_name("listener.py")), str(os.getpid()), "Messages"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._lines: Queue[str] = Queue()
        self._reader = Thread(target=self._read, name="listener")
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)

    def next(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The next thing said that is wanted; the window answers the bus meanwhile."""
        for _ in range(1_000):
            self._app.processEvents()
            try:
                said = json.loads(self._lines.get(timeout=0.01))
            except Empty:
                assert self._process.poll() is None, "the listener has ended"
                continue
            if wanted(said):
                return dict(said)
        raise AssertionError("not said within 10 s")

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join()
        assert self._process.stdout is not None
        self._process.stdout.close()


@pytest.fixture
def listen(qapp: QApplication) -> Iterator[Callable[[], Listener]]:
    made: list[Listener] = []

    def start() -> Listener:
        made.append(Listener(qapp))
        return made[-1]

    yield start
    for one in made:
        one.close()


def test_rows_focus_and_news_reach_a_screen_reader(
    show: Callable[..., Shown], listen: Callable[[], Listener]
) -> None:
    """Every row is a sentence with a place; where the keyboard is, what it selects and news are told."""
    shown = show([*(a_message(n) for n in range(1, 40)), own(40, "Maybe", state=DeliveryState.UNCERTAIN)])
    shown.view.setFocus()
    listener = listen()
    first = listener.next(lambda said: "rows" in said)
    assert first["role"] == "list"
    assert len(first["rows"]) == 40
    assert first["rows"][0].startswith("Northline Transport, ")
    assert first["rows"][0].endswith(": message 1")
    assert "Check, Send again, Discard" in first["descriptions"][39]
    assert first["tops"] == sorted(first["tops"])
    QTest.keyClick(shown.view, Qt.Key.Key_Up)
    told = listener.next(lambda said: "focused" in said["event"] and "message" in said["name"])
    assert told["name"] == first["rows"][shown.view.current_row]
    QTest.keyClick(shown.view, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    listener.next(lambda said: "announcement" in said["event"] and said["any"] == "m selected")
    QTest.keyClick(shown.view, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    listener.next(lambda said: "announcement" in said["event"] and said["any"] == "m unselected")
    shown.put(a_message(41, "news of the day"))
    listener.next(lambda said: "announcement" in said["event"] and "news of the day" in said["any"])
