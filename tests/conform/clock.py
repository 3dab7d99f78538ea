"""Time as a capture has it: the server's clock and the loop's go on from frame to frame, without waiting."""

from __future__ import annotations

import asyncio
import time


class CaptureLoop(asyncio.SelectorEventLoop):
    """An event loop whose time can be put forward: timers that are due then run at once."""

    def __init__(self) -> None:
        self._ahead_s = 0.0
        super().__init__()

    def time(self) -> float:
        """Seconds, as every timer of the loop counts them."""
        return super().time() + self._ahead_s

    def put_forward(self, seconds: float) -> None:
        """Let this much time have passed."""
        self._ahead_s += seconds


OVERRUN_MS = 20
"""How far the clock may go beyond the next frame of the capture, on a machine that is slow."""


class CaptureClock:
    """The server's clock: the wall time of the capture's present frame, a little later with every look.

    Real time goes on within a frame, so that what comes later has a later time, as it had on the recording;
    but it waits for the next frame, however long our side takes.
    """

    def __init__(self, starts_us: int) -> None:
        self._starts_ms = starts_us // 1_000
        self._at_ms = 0.0
        self._since = time.monotonic()
        self._most_ms = float(OVERRUN_MS)

    @property
    def at_ms(self) -> float:
        """Milliseconds since the beginning of the capture."""
        return self._at_ms + min((time.monotonic() - self._since) * 1_000, self._most_ms)

    def reach(self, at_ms: int, next_ms: int) -> float:
        """Go on to this moment, if it is in the future; how many seconds were skipped.

        `next_ms`: when the next thing happens on the recording.
        """
        now_ms = self.at_ms
        self._at_ms, self._since = max(now_ms, float(at_ms)), time.monotonic()
        self._most_ms = max(next_ms - self._at_ms, 0.0) + OVERRUN_MS
        return max(at_ms - now_ms, 0.0) / 1_000

    def now_ms(self) -> int:
        """Milliseconds since the Unix epoch."""
        return self._starts_ms + int(self.at_ms)

    def monotonic_s(self) -> float:
        """Seconds that only grow."""
        return self.at_ms / 1_000
