"""How fast an account may send: told by the platform, or learnt from its refusals. Pure."""

from __future__ import annotations

from collections import deque

WINDOW_MS = 60_000
LEARNT_MS = 600_000
"""A learnt limit is forgotten after this time: the server may have been in a bad hour."""
LEAST_LEARNT = 5
"""Fewer sends before a refusal tell of a server in trouble, not of a limit per minute."""


class Budget:
    """Sends per minute as a sliding window, and rests that the server asked for, in engine time."""

    def __init__(self) -> None:
        self._given: int | None = None
        self._learnt: int | None = None
        self._learnt_until_ms = 0
        self._rest_until_ms = 0
        self._sent_ms: deque[int] = deque()

    def allow(self, sends_per_minute: int | None) -> None:
        """What the platform allows now; None: it names no limit."""
        self._given = sends_per_minute

    def sent(self, now_ms: int) -> None:
        """A send leaves."""
        self._sent_ms.append(now_ms)

    def told_to_wait(self, ms: int, now_ms: int) -> None:
        """The server has refused a send for now and named a time: rest, and learn how many it takes."""
        self._trim(now_ms)
        self._rest_until_ms = max(self._rest_until_ms, now_ms + ms)
        got_through = len(self._sent_ms) - 1
        limit = self._limit(now_ms)
        if got_through >= LEAST_LEARNT and (limit is None or got_through < limit):
            self._learnt = got_through
            self._learnt_until_ms = now_ms + LEARNT_MS
        self._sent_ms.clear()  # the server has counted them into the time that it named

    def wait_ms(self, now_ms: int, *, behind: int = 0) -> int:
        """How long until a send may leave that has `behind` others before it; 0: now."""
        self._trim(now_ms)
        rest_ms = max(0, self._rest_until_ms - now_ms)
        limit = self._limit(now_ms)
        if limit is None:
            return rest_ms
        taken = len(self._sent_ms) + behind
        if taken < limit:
            return rest_ms
        full_minutes, place = divmod(taken - limit, limit)
        opens_ms = self._sent_ms[place] + WINDOW_MS - now_ms if place < len(self._sent_ms) else WINDOW_MS
        return max(rest_ms, opens_ms + full_minutes * WINDOW_MS)

    def _limit(self, now_ms: int) -> int | None:
        if self._learnt is not None and now_ms < self._learnt_until_ms:
            return self._learnt
        return self._given

    def _trim(self, now_ms: int) -> None:
        while self._sent_ms and self._sent_ms[0] <= now_ms - WINDOW_MS:
            self._sent_ms.popleft()
