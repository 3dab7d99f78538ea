"""How often somebody may do something: a sliding window per key, in memory."""

from __future__ import annotations

import math
from collections import deque

from chatdesk.server.core.clock import Clock


class RateLimit:
    """At most `limit` takings per key in any `window_s` seconds."""

    def __init__(self, limit: int, window_s: float, clock: Clock) -> None:
        self._limit = limit
        self._window_s = window_s
        self._clock = clock
        self._taken: dict[str, deque[float]] = {}

    def wait_s(self, key: str) -> int:
        """Whole seconds until `take` would succeed; 0 = now."""
        taken = self._fresh(key)
        if len(taken) < self._limit:
            return 0
        oldest = taken[len(taken) - self._limit]
        return max(1, math.ceil(oldest + self._window_s - self._clock.monotonic_s()))

    def take(self, key: str) -> int:
        """Count one; returns 0, or the seconds to wait when the window is full (then nothing is counted)."""
        wait_s = self.wait_s(key)
        if wait_s == 0:
            self._taken.setdefault(key, deque()).append(self._clock.monotonic_s())
        return wait_s

    def forget(self, key: str) -> None:
        """As if nothing had been counted for this key."""
        self._taken.pop(key, None)

    def sweep(self) -> None:
        """Forget keys that have been quiet for a whole window."""
        for key in list(self._taken):
            if not self._fresh(key):
                del self._taken[key]

    def _fresh(self, key: str) -> deque[float]:
        taken = self._taken.get(key, deque())
        start = self._clock.monotonic_s() - self._window_s
        while taken and taken[0] <= start:
            taken.popleft()
        return taken
