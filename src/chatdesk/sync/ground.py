"""What may have changed under our feet: the machine slept, or there is another way to the network. Pure."""

from __future__ import annotations

from collections.abc import Callable

from chatdesk.sync.clock import Clock

LOOK_MS = 1_000
"""How often clocks and way are compared: a wake is noticed within this."""
ASLEEP_MS = 5_000
"""Wall and monotonic clock apart by more than this between two looks, or a look that much late: we slept."""
APART_MS = 2_000
"""Two hints are followed at least this far apart, and twice as far with each of a row."""
MOST_APART_MS = 30_000
ROW_MS = 60_000
"""A hint after so long without one begins a new row."""

Way = Callable[[], str]
"""The address from which this machine would send now; empty: it has no network, or nobody can tell."""


def unknown_way() -> str:
    """For surroundings that can't tell."""
    return ""


class Ground:
    """Compares two clocks, and the way to the network, from look to look."""

    def __init__(self, clock: Clock, way: Way) -> None:
        self._clock = clock
        self._way = way
        self.look()

    def look(self) -> None:
        """Take things as they are now."""
        self._at_ms, self._at_us, self._was = self._clock.now_ms(), self._clock.now_us(), self._way()

    def moved(self) -> str:
        """What has happened since the last look; empty: nothing. Sockets that seem open may be dead now.

        A network that goes away is nothing: the sockets tell. One that comes, or comes back, is something.
        """
        before_ms, before_us, before = self._at_ms, self._at_us, self._was
        self.look()
        passed_ms = self._at_ms - before_ms
        wall_ms = (self._at_us - before_us) // 1000
        if abs(wall_ms - passed_ms) > ASLEEP_MS or passed_ms > LOOK_MS + ASLEEP_MS:
            return "clocks jumped"
        return "another way to the network" if self._was not in {"", before} else ""


class Hints:
    """How soon a hint may be followed: the first at once, a row of them ever more rarely."""

    def __init__(self) -> None:
        self._last_ms: int | None = None
        self._apart_ms = APART_MS

    def wait_ms(self, now_ms: int) -> int:
        """A hint has come: how many milliseconds from now it is to be followed."""
        last_ms = self._last_ms
        if last_ms is None or now_ms - last_ms >= ROW_MS:
            self._apart_ms = APART_MS
            due_ms = now_ms
        else:
            due_ms = max(now_ms, last_ms + self._apart_ms)
            self._apart_ms = min(2 * self._apart_ms, MOST_APART_MS)
        self._last_ms = due_ms
        return due_ms - now_ms
