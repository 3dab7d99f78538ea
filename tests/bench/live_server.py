"""Child of bench_live: the real server, with a clock beside it that notes when each new message is emitted.

Takes lines of JSON on stdin and answers each with one: `{"emits": 0}` the notes since the last question,
`{"burst": n}` repeats the newest message n times under new ids, as fast as the socket takes them;
`{"burst": n, "rate": r}` r a second, with the notes of their emits.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import threading
import time
from typing import Any

import msgspec

from chatdesk.server import run
from chatdesk.server.dialects.dispatcher.pushes import Pushes
from chatdesk.wire.dispatcher import names, shapes

BREATH = 64
"""After so many messages of a burst the server looks after its connections."""
PACE_S = 0.001
"""How long the sender of a paced burst sleeps where it is early."""


def now_s() -> float:
    """The clock that all processes of this machine share."""
    return time.clock_gettime(time.CLOCK_MONOTONIC)


class Notes:
    """Stands around `Pushes._emit`: what it emits goes out unchanged."""

    def __init__(self) -> None:
        self._emits: dict[str, float] = {}
        self._bursts = 0
        self._newest: tuple[Pushes, shapes.NewMessage, str] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._emit = Pushes._emit

    def install(self) -> None:
        notes = self

        async def emit(
            pushes: Pushes, event: str, payload: msgspec.Struct, room: str, skip_sid: str | None = None
        ) -> None:
            if event == names.EVENT_NEW_MESSAGE and isinstance(payload, shapes.NewMessage):
                notes._loop = asyncio.get_running_loop()
                notes._newest = pushes, payload, room
                notes._emits[payload.message.message] = now_s()
            await notes._emit(pushes, event, payload, room, skip_sid)

        Pushes._emit = emit  # type: ignore[method-assign, assignment]

    def answer(self, words: dict[str, Any]) -> dict[str, Any]:
        """Answer one question; on the thread of stdin."""
        if "burst" in words and self._loop is not None:
            burst = self._burst(int(words["burst"]), words.get("rate"))
            return asyncio.run_coroutine_threadsafe(burst, self._loop).result()
        emits, self._emits = self._emits, {}
        return {"emits": emits}

    async def _burst(self, count: int, rate: float | None) -> dict[str, Any]:
        assert self._newest is not None
        pushes, like, room = self._newest
        seq = like.message.seq if isinstance(like.message.seq, int) else 0
        first_id = int(like.message.id, 16)
        words = like.message.message.rpartition(": ")[2]
        began = now_s()
        message = like.message
        for number in range(1, count + 1):
            if rate is not None:
                while now_s() < began + number / rate:
                    await asyncio.sleep(PACE_S)
            self._bursts += 1
            message = msgspec.structs.replace(
                like.message,
                id=f"{first_id + number:024x}",
                message=f"burst {self._bursts}: {words}",
                seq=seq + number,
            )
            if rate is not None:
                self._emits[message.message] = now_s()
            await self._emit(
                pushes, names.EVENT_NEW_MESSAGE, msgspec.structs.replace(like, message=message), room
            )
            if number % BREATH == 0:
                await asyncio.sleep(0)
        self._newest = pushes, msgspec.structs.replace(like, message=message), room
        told: dict[str, Any] = {"began": began, "ended": now_s(), "seq": seq + count}
        if rate is not None:
            told["emits"], self._emits = self._emits, {}
        return told


def _listen(notes: Notes) -> None:
    for line in sys.stdin:
        print(json.dumps(notes.answer(json.loads(line))), flush=True)
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    listening = Notes()
    listening.install()
    threading.Thread(target=_listen, args=(listening,), daemon=True).start()
    sys.exit(run.main())
