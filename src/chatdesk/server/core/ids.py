"""Ids of stored things: 24 hexadecimal characters that sort by the time they were made."""

from __future__ import annotations

import secrets
import threading

from chatdesk.server.core.clock import Clock

COUNTER_SPAN = 1 << 24


class Ids:
    """Makes ids: 4 bytes of seconds, 5 of chance per process, 3 of a counter.

    Within one process a later id is always greater, also when the clock steps back.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._process = secrets.token_hex(5)
        self._lock = threading.Lock()
        self._second = 0
        self._counter = 0

    def new(self) -> str:
        """A fresh id."""
        with self._lock:
            second = max(self._second, self._clock.now_ms() // 1_000)
            if second > self._second:
                self._second, self._counter = second, secrets.randbelow(COUNTER_SPAN // 2)
            else:
                self._counter += 1
            return f"{self._second:08x}{self._process}{self._counter % COUNTER_SPAN:06x}"
