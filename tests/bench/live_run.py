"""Child of bench_live: the real program, signed in at a real server, noting when each message was painted.

Takes lines of JSON on stdin and answers each with one: `{"painted": n, "prefix": text}` once n messages whose
text begins so were painted, with the times; `{"gaps": true}` begins to watch the gaps of the window's loop,
`{"told": n}` answers with them once the window was told of n messages; `{"scroll": true}` begins to turn the
wheel up and down over the open conversation.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent, QModelIndex, QObject, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QWheelEvent

from chatdesk import program
from chatdesk.demo import hands
from chatdesk.desktop.memory_vault import MemoryVault
from chatdesk.domain.changes import MessagesPut
from chatdesk.domain.desk import SignInRequest
from chatdesk.domain.entities import Conversation
from chatdesk.domain.ids import AccountId
from chatdesk.domain.kinds import ConnectionState, Platform
from chatdesk.server.demo.cast import DESK_EMAIL, PASSWORD
from chatdesk.ui.timeline.view import TimelineView
from tests.bench import stage

TICK_MS = 4
PATIENCE_S = 90.0
WHEEL_MS = 16
NOTCH = 120
NOTCHES = 30
"""So many notches up, then as many down."""


def now_s() -> float:
    """The clock that all processes of this machine share."""
    return time.clock_gettime(time.CLOCK_MONOTONIC)


class Eyes(QObject):
    """When which message was painted, and how long the window's loop was ever away."""

    def __init__(self, running: program.Program) -> None:
        super().__init__(running.window)
        self.view = running.window.chat.timeline
        self.painted: dict[str, float] = {}
        self.told = 0
        """Messages of the open conversation that the window was told of, painted or already scrolled past."""
        self._fresh: list[str] = []
        self.gaps_ms: list[float] = []
        self._last = now_s()
        self.view.viewport().installEventFilter(self)
        self.view.timeline.rowsInserted.connect(self._on_inserted)
        running.feed.messages_put.connect(self._on_put)
        self._wheel = Wheel(self.view)
        self._ticks = QTimer(self)
        self._ticks.setTimerType(Qt.TimerType.PreciseTimer)
        self._ticks.timeout.connect(self._tick)

    def watch_gaps(self, *, on: bool) -> None:
        """Tick, or not: ticking costs processor time."""
        self._last = now_s()
        self.gaps_ms.clear()
        if on:
            self._ticks.start(TICK_MS)
        else:
            self._ticks.stop()

    def scroll(self, *, on: bool) -> None:
        """Turn the wheel, or no longer."""
        self._wheel.turn(on=on)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint and self._fresh:
            fresh, self._fresh = self._fresh, []
            # Once the paint under way has reached the screen.
            QTimer.singleShot(0, lambda: self.painted.update(dict.fromkeys(fresh, now_s())))
        return False

    def _on_inserted(self, _parent: QModelIndex, first: int, last: int) -> None:
        model = self.view.timeline
        self._fresh += [model.message(row).text for row in range(first, last + 1)]

    def _on_put(self, change: MessagesPut, _commit: int) -> None:
        if change.conversation_id == self.view.conversation_id:
            self.told += len(change.messages)

    def _tick(self) -> None:
        now = now_s()
        self.gaps_ms.append((now - self._last) * 1_000)
        self._last = now


class Wheel(QObject):
    """A hand that scrolls through the newest screens without a pause."""

    def __init__(self, view: TimelineView) -> None:
        super().__init__(view)
        self._view = view
        self._turns = 0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._notch)

    def turn(self, *, on: bool) -> None:
        if on:
            self._timer.start(WHEEL_MS)
        else:
            self._timer.stop()
            self._view.show_newest()

    def _notch(self) -> None:
        self._turns += 1
        up = self._turns % (2 * NOTCHES) < NOTCHES
        viewport = self._view.viewport()
        at = QPointF(viewport.rect().center())
        event = QWheelEvent(
            at,
            QPointF(viewport.mapToGlobal(at.toPoint())),
            QPoint(),
            QPoint(0, NOTCH if up else -NOTCH),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QCoreApplication.sendEvent(viewport, event)


class Guest:
    """The script of the program: signs in, opens an order's conversation, answers what it is asked."""

    def __init__(self, url: str, number: str) -> None:
        self._url = url
        self._number = number

    async def __call__(self, running: program.Program) -> int:
        window = running.window
        window.resize(*stage.WINDOW_PX)
        eyes = Eyes(running)
        request = SignInRequest(
            platform=Platform.DISPATCHER, server_url=self._url, login=DESK_EMAIL, password=PASSWORD
        )
        signed_in = await running.desk.sign_in(request)
        await hands.until(lambda: self._is_up(running, signed_in.account.id), "being online", PATIENCE_S)
        await hands.until(lambda: self._row(running) is not None, "the conversation", PATIENCE_S)
        row = self._row(running)
        assert row is not None
        window.open_conversation(row.id)
        await hands.until(lambda: eyes.view.timeline.rowCount() > 0, "its messages", PATIENCE_S)
        eyes.view.show_newest()
        self._say({"ready": True})
        lines: asyncio.Queue[str] = asyncio.Queue()
        loop = asyncio.get_running_loop()
        loop.run_in_executor(
            None, _read_lines, lambda line: loop.call_soon_threadsafe(lines.put_nowait, line)
        )
        while line := await lines.get():
            self._say(await self._answer(eyes, json.loads(line)))
        return 0

    @staticmethod
    def _is_up(running: program.Program, account: AccountId) -> bool:
        status = running.feed.status_of(account)
        return (
            status is not None
            and status.connection is ConnectionState.ONLINE
            and status.synced_at_us is not None
        )

    def _row(self, running: program.Program) -> Conversation | None:
        rows = running.reader.first_conversations().rows
        return next((row for row in rows if row.order_number == self._number), None)

    async def _answer(self, eyes: Eyes, words: dict[str, Any]) -> dict[str, Any]:
        if "told" in words:
            count = int(words["told"])
            await _until(lambda: eyes.told >= count)
            return {"told": eyes.told, "at": now_s(), "gaps_ms": list(eyes.gaps_ms)}
        if "scroll" in words:
            eyes.scroll(on=bool(words["scroll"]))
            return {}
        if "gaps" in words:
            eyes.watch_gaps(on=bool(words["gaps"]))
            eyes.told = 0
            if words["gaps"]:
                eyes.painted.clear()
            return {}
        count, prefix = int(words["painted"]), str(words["prefix"])
        await _until(
            lambda: (
                len(eyes.painted) >= count and sum(text.startswith(prefix) for text in eyes.painted) >= count
            )
        )
        painted, eyes.painted = eyes.painted, {}
        return {"painted": painted}

    @staticmethod
    def _say(words: dict[str, Any]) -> None:
        print(json.dumps(words), flush=True)


async def _until(condition: Callable[[], object]) -> None:
    """Wait until it is true, or PATIENCE_S are over: what is missing then shows in the answer."""
    end = time.monotonic() + PATIENCE_S
    while not condition() and time.monotonic() < end:
        await asyncio.sleep(0.02)


def _read_lines(put: Callable[[str], object]) -> None:
    for line in sys.stdin:
        put(line)
    put("")


def main() -> int:
    """Run the program until stdin ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--server", required=True)
    parser.add_argument("--order", required=True)
    args = parser.parse_args()
    return program.run(args.data, stage.plugins(), MemoryVault(), Guest(args.server, args.order))


if __name__ == "__main__":
    sys.exit(main())
