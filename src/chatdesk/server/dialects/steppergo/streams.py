"""Server-sent events: whoever looks at a trip is told of its status, without a socket or a sign-in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec

from chatdesk.server.bodies import iso
from chatdesk.server.core.clock import Clock
from chatdesk.wire.steppergo import names

Event = dict[str, Any]
STREAMS_LIMIT = 2_000
"""Of one server: nobody signs in for them."""


class Streams:
    """The open streams by trip."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._open: dict[str, set[asyncio.Queue[Event | None]]] = {}

    @property
    def full(self) -> bool:
        """Whether no further one is taken."""
        return sum(map(len, self._open.values())) >= STREAMS_LIMIT

    def tell(self, trip_id: str, event: Event) -> int:
        """An event to everybody who looks at a trip; how many they are."""
        queues = self._open.get(trip_id, set())
        for queue in queues:
            queue.put_nowait(event)
        return len(queues)

    def close(self) -> None:
        """End every stream."""
        for queues in self._open.values():
            for queue in queues:
                queue.put_nowait(None)

    async def chunks(self, trip_id: str, first: Event) -> AsyncIterator[bytes]:
        """What one of them gets: `first`, then events and heartbeats, for two hours."""
        queue: asyncio.Queue[Event | None] = asyncio.Queue()
        self._open.setdefault(trip_id, set()).add(queue)
        loop = asyncio.get_running_loop()
        ends = loop.time() + names.STREAM_LIFE_S
        beats = loop.time() + names.HEARTBEAT_S
        try:
            yield _chunk(first)
            while (now := loop.time()) < ends:
                try:
                    event = await asyncio.wait_for(queue.get(), max(beats - now, 0.001))
                except TimeoutError:
                    beats = loop.time() + names.HEARTBEAT_S
                    event = {"type": names.STREAM_HEARTBEAT, "timestamp": iso(self._clock.now_ms())}
                if event is None:
                    return
                yield _chunk(event)
        finally:
            queues = self._open[trip_id]
            queues.discard(queue)
            if not queues:
                del self._open[trip_id]


def _chunk(event: Event) -> bytes:
    return b"data: " + msgspec.json.encode(event) + b"\n\n"
