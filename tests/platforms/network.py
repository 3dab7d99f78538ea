"""A network in the process of the test: what a small server pushes or cuts arrives in order, a bit later."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar

from chatdesk.domain.arrivals import Arrived, LinkLost, Moved, Packet
from chatdesk.domain.ports import Listener
from chatdesk.sync.clock import Clock

LATENCY_MS = 5


class Hearer(Protocol):
    """The client at the other end of a link."""

    def tell(self, arrived: Arrived | Moved) -> None: ...


class Network:
    """Under a platform's small server: its one link, what it has heard, and what happens later."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.link: Hearer | None = None
        self.seen: Counter[str] = Counter()
        self.heard: list[tuple[str, Any]] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def push(self, event: str, payload: Any) -> None:
        """An event for the client that is connected now, if it still is when it arrives."""
        link = self.link

        def arrives() -> None:
            if link is not None and link is self.link:
                link.tell(Packet(event, (payload,)))

        self.later(LATENCY_MS, arrives)

    def cut(self) -> None:
        """The link goes down."""
        link, self.link = self.link, None
        if link is not None:
            link.tell(LinkLost())

    def later(self, ms: int, what: Callable[[], object]) -> None:
        """Something happens in a while."""

        async def wait() -> None:
            await asyncio.sleep(ms / 1000)
            what()

        task = asyncio.get_running_loop().create_task(wait())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Nothing happens any more."""
        for task in list(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)


Served = TypeVar("Served", bound=Network)


class NetworkClient(Generic[Served]):
    """The Client protocol over such a network, but for `perform`, which a platform's own client has."""

    def __init__(self, server: Served) -> None:
        self.server = server
        self.listener: Listener | None = None

    def tell(self, arrived: Arrived | Moved) -> None:
        """Hand something over."""
        if self.listener is not None:
            self.listener(arrived)

    def last_heard_ms(self) -> int | None:
        """Always just now, while there is a link."""
        return self.server.clock.now_ms() if self.server.link is self else None

    async def drop_link(self) -> None:
        """Go away."""
        if self.server.link is self:
            self.server.cut()

    async def abort_commits(self) -> None:
        """Go away: there is one connection for everything."""
        await self.drop_link()

    async def close(self) -> None:
        """Go away, and hear nothing any more."""
        await self.drop_link()
        self.listener = None
