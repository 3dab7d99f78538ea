"""The clock of the engine: monotonic time for every decision, wall time only to be shown."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """What the engine knows of time. Used on the network loop only."""

    def now_ms(self) -> int:
        """Engine time: the running loop's monotonic clock in milliseconds, as in `Client.last_heard_ms`."""
        ...

    def now_us(self) -> int:
        """Wall clock, in microseconds since the Unix epoch."""
        ...

    async def sleep(self, ms: int) -> None:
        """Come back after so many milliseconds of engine time."""
        ...


class SystemClock:
    """The machine's clock, by way of the running loop, so that a loop of virtual time carries all along."""

    def now_ms(self) -> int:
        """Engine time in milliseconds."""
        return int(asyncio.get_running_loop().time() * 1000)

    def now_us(self) -> int:
        """Wall clock in microseconds."""
        return time.time_ns() // 1000

    async def sleep(self, ms: int) -> None:
        """Sleep on the loop."""
        await asyncio.sleep(ms / 1000)
