"""Ids of stored things, in the forms that the platforms have: 24 hexadecimal characters, cuid, numbers."""

from __future__ import annotations

import enum
import secrets
import string
import threading
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from chatdesk.server.core.clock import Clock
from chatdesk.server.core.tables import Sequence

COUNTER_SPAN = 1 << 24
DIGITS = string.digits + string.ascii_lowercase


class Kind(enum.StrEnum):
    """What an id is for; only numbers are counted apart by it."""

    USER = "user"
    ORDER = "order"
    CONVERSATION = "conversation"
    MESSAGE = "message"
    NOTIFICATION = "notification"
    UPLOAD = "upload"
    OTHER = "other"


class Ids(Protocol):
    """Makes ids. A later one is always different, and of the platform's form."""

    def new(self, kind: Kind = Kind.OTHER) -> str:
        """A fresh id."""
        ...


class _Rising:
    """Seconds and a counter that together only ever grow, also when the clock steps back."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._ms = 0
        self._counter = 0

    def next(self, *, per_ms: int) -> tuple[int, int]:
        """The time in units of `per_ms` milliseconds, and the count within it."""
        with self._lock:
            now = max(self._ms, self._clock.now_ms() // per_ms)
            if now > self._ms:
                self._ms, self._counter = now, secrets.randbelow(COUNTER_SPAN // 2)
            else:
                self._counter += 1
            return self._ms, self._counter % COUNTER_SPAN


class ObjectIds:
    """24 hexadecimal characters: 4 bytes of seconds, 5 of chance per process, 3 of a counter.

    Within one process a later id is always greater, also when the clock steps back.
    """

    def __init__(self, clock: Clock) -> None:
        self._rising = _Rising(clock)
        self._process = secrets.token_hex(5)

    def new(self, kind: Kind = Kind.OTHER) -> str:  # noqa: ARG002 -- one form for everything
        """A fresh id."""
        second, count = self._rising.next(per_ms=1_000)
        return f"{second:08x}{self._process}{count:06x}"


class CuidIds:
    """25 characters: c, 8 of milliseconds, 5 of a counter, 11 of chance, in base 36; rising too."""

    def __init__(self, clock: Clock) -> None:
        self._rising = _Rising(clock)

    def new(self, kind: Kind = Kind.OTHER) -> str:  # noqa: ARG002 -- one form for everything
        """A fresh id."""
        ms, count = self._rising.next(per_ms=1)
        chance = "".join(secrets.choice(DIGITS) for _ in range(11))
        return f"c{_base36(ms, 8)}{_base36(count, 5)}{chance}"


class NumberIds:
    """Decimal numbers, counted per kind, as texts: the dialect turns them into JSON numbers.

    What was given out is remembered with the transaction that uses it (`save`), so a number comes twice only
    if its first use was never stored.
    """

    def __init__(self, platform: str, *, first: int = 1) -> None:
        self._platform = platform
        self._first = first
        self._last: dict[str, int] = {}
        self._unsaved: set[str] = set()

    def new(self, kind: Kind = Kind.OTHER) -> str:
        """The next number of this kind."""
        self._last[kind] = self._last.get(kind, self._first - 1) + 1
        self._unsaved.add(kind)
        return str(self._last[kind])

    async def load(self, session: AsyncSession) -> None:
        """Go on where an earlier process stopped."""
        rows = await session.scalars(select(Sequence).where(Sequence.platform == self._platform))
        for row in rows:
            self._last[row.kind] = max(row.last, self._last.get(row.kind, row.last))

    async def save(self, session: AsyncSession) -> None:
        """Store what was given out since the last time, in the writer's transaction."""
        for kind in sorted(self._unsaved):
            row = await session.get(Sequence, (self._platform, kind))
            if row is None:
                session.add(Sequence(platform=self._platform, kind=kind, last=self._last[kind]))
            else:
                row.last = self._last[kind]
        self._unsaved.clear()


def _base36(number: int, width: int) -> str:
    text = ""
    while number:
        number, digit = divmod(number, 36)
        text = DIGITS[digit] + text
    return text.rjust(width, "0")[-width:]
