"""Batches of what a connection sends: whatever came while one was being stored is stored as the next.

A burst costs a few transactions instead of one per message, and is stored and pushed in the order in which it
came. Who sends faster than is stored has to wait once so much is waiting: nothing is dropped.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

BATCH = 50
"""Messages of one transaction: more would keep others from writing for too long."""
MOST_WAITING = 1_000

Item = TypeVar("Item")


@dataclass(slots=True)
class _Line(Generic[Item]):
    """What waits under one key."""

    waiting: deque[Item] = field(default_factory=deque)
    done: asyncio.Event = field(default_factory=asyncio.Event)


class Batches(Generic[Item]):
    """`store` is called with the items of one key, never twice at once for the same; it raises nothing.

    `spawn` starts work beside everything else.
    """

    def __init__(
        self,
        store: Callable[[str, Sequence[Item]], Awaitable[None]],
        spawn: Callable[[Coroutine[Any, Any, None], str], None],
    ) -> None:
        self._store = store
        self._spawn = spawn
        self._lines: dict[str, _Line[Item]] = {}

    async def put(self, key: str, item: Item) -> None:
        """Let this be stored after what was put before; waits while too much is waiting."""
        while (line := self._lines.get(key)) is not None and len(line.waiting) >= MOST_WAITING:
            await line.done.wait()
        if line is None:
            line = self._lines[key] = _Line()
            self._spawn(self._drain(key, line), "storing what was sent")
        line.waiting.append(item)

    async def empty(self, key: str) -> None:
        """Wait until everything that was put under this key is stored."""
        while (line := self._lines.get(key)) is not None:
            await line.done.wait()

    async def _drain(self, key: str, line: _Line[Item]) -> None:
        try:
            while line.waiting:
                batch = [line.waiting.popleft() for _ in range(min(BATCH, len(line.waiting)))]
                await self._store(key, batch)
        finally:
            del self._lines[key]
            line.done.set()
