"""Child of bench_import: the real program loads a whole conversation from a real server, and is watched.

Takes lines of JSON on stdin and answers each with one: `{"load": true}` asks for the whole of the open
conversation by its command and answers once it is here, with how long the window's loop was away meanwhile.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Qt, QTimer

from chatdesk import program
from chatdesk.demo import hands
from chatdesk.desktop.memory_vault import MemoryVault
from chatdesk.domain.desk import SignInRequest
from chatdesk.domain.entities import Conversation
from chatdesk.domain.kinds import LoadState, Platform
from chatdesk.server.demo.cast import DESK_EMAIL, PASSWORD
from tests.bench import stage
from tests.bench.live_run import now_s
from tests.bench.measure import MS

PATIENCE_S = 60.0
TICK_MS = 4


class Pulse(QObject):
    """How long the window's loop was away at most: by the clock, and by the processor time of its thread."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.gaps_ms: list[float] = []
        self.most_busy_ms = 0.0
        self._last = now_s(), time.thread_time()
        self._ticks = QTimer(self)
        self._ticks.setTimerType(Qt.TimerType.PreciseTimer)
        self._ticks.timeout.connect(self._tick)
        self._ticks.start(TICK_MS)

    def _tick(self) -> None:
        now = now_s(), time.thread_time()
        self.gaps_ms.append((now[0] - self._last[0]) * MS)
        self.most_busy_ms = max(self.most_busy_ms, (now[1] - self._last[1]) * MS)
        self._last = now

    def end(self) -> None:
        self._ticks.stop()


class Guest:
    """The script of the program: signs in, opens an order's conversation, has all of it loaded."""

    def __init__(self, url: str, number: str, patience_s: float) -> None:
        self._url = url
        self._number = number
        self._patience_s = patience_s

    async def __call__(self, running: program.Program) -> int:
        running.window.resize(*stage.WINDOW_PX)
        request = SignInRequest(
            platform=Platform.DISPATCHER, server_url=self._url, login=DESK_EMAIL, password=PASSWORD
        )
        await running.desk.sign_in(request)
        await hands.until(lambda: self._row(running) is not None, "the conversation", PATIENCE_S)
        row = self._row(running)
        assert row is not None
        running.window.open_conversation(row.id)
        model = running.window.chat.timeline.timeline
        await hands.until(lambda: model.rowCount() > 0, "its messages", PATIENCE_S)
        await asyncio.sleep(2.0)
        _say({"ready": True})
        loop = asyncio.get_running_loop()
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            if json.loads(line).get("load"):
                _say(await self._load(running, row))
        return 0

    def _row(self, running: program.Program) -> Conversation | None:
        rows = running.reader.first_conversations().rows
        return next((row for row in rows if row.order_number == self._number), None)

    async def _load(self, running: program.Program, row: Conversation) -> dict[str, Any]:
        feed, model = running.feed, running.window.chat.timeline.timeline
        last = model.message(model.rowCount() - 1).id
        pulse = Pulse(running.window)
        began = now_s()
        running.window.commands.action("conversation.load_whole").trigger()

        def has_ended() -> bool:
            told = feed.whole_history_of(row.id)
            return told is not None and told.state not in {LoadState.RUNNING, LoadState.WAITING}

        await hands.until(has_ended, "all of it", self._patience_s)
        took_s = now_s() - began
        pulse.end()
        told = feed.whole_history_of(row.id)
        assert told is not None
        return {
            "state": f"{told.state.value} {told.why.value}".strip(),
            "messages": told.messages,
            "took_s": took_s,
            "gaps_ms": sorted(pulse.gaps_ms)[-100:],
            "most_busy_ms": pulse.most_busy_ms,
            "rows_in_the_list": model.rowCount(),
            "end_in_view": model.message(model.rowCount() - 1).id == last,
        }


def _say(words: dict[str, Any]) -> None:
    print(json.dumps(words), flush=True)


def main() -> int:
    """Run the program until stdin ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--server", required=True)
    parser.add_argument("--order", required=True)
    parser.add_argument("--patience", type=float, default=PATIENCE_S)
    args = parser.parse_args()
    guest = Guest(args.server, args.order, args.patience)
    return program.run(args.data, stage.plugins(), MemoryVault(), guest)


if __name__ == "__main__":
    sys.exit(main())
