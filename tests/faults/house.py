"""One of our own servers in the lab: the whole stack from bytes to SQLite, to be killed and started again."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextvars import ContextVar, copy_context
from pathlib import Path
from typing import Any, cast

from uvicorn.server import ServerState

from chatdesk.server.chat_server import ChatServer
from chatdesk.server.core.service import Ground
from chatdesk.server.dialect import Choices, Variant
from chatdesk.server.registry import DIALECTS
from chatdesk.server.run import _config
from tests.faults.loop import LabLoop
from tests.faults.mischief import Mischief
from tests.faults.network import Address
from tests.sync.virtual import START_US

_house: ContextVar[House | None] = ContextVar("house", default=None)


class LabClock:
    """The server's clock: the wall of the lab, in milliseconds."""

    def __init__(self, loop: LabLoop) -> None:
        self._loop = loop
        self.skew_ms = 0

    def monotonic_s(self) -> float:
        return self._loop.time()

    def now_ms(self) -> int:
        return START_US // 1_000 + int((self._loop.time() - 1000.0) * 1e3) + self.skew_ms


class House:
    """A server of one platform over a folder that outlives it."""

    def __init__(
        self, folder: Path, platform: str, variant: Variant, choices: Choices | None = None, port: int = 0
    ) -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, LabLoop)
        self.folder = folder
        self.platform = platform
        self.variant = variant
        self.choices = choices or Choices()
        self.address: Address = ("127.0.0.1", port or DIALECTS[platform].default_port)
        self.back_door: Address = (self.address[0], self.address[1] + 10_000)
        """The way of everybody else: what happens to the desk's link does not happen to theirs."""
        self.clock = LabClock(loop)
        self.mischief = Mischief()
        self.server: ChatServer
        self.running = False
        self._loop = loop
        self._tasks: set[asyncio.Task[Any]] = set()
        _watch_tasks(loop)

    @property
    def url(self) -> str:
        """Where the desk finds it."""
        return f"http://{self.address[0]}:{self.address[1]}"

    @property
    def back_url(self) -> str:
        """Where everybody else finds it."""
        return f"http://{self.back_door[0]}:{self.back_door[1]}"

    async def start(self) -> None:
        """Serve."""
        assert not self.running
        self.server = await self.inside(self._open())
        self.server.app = self.mischief.around(self.server.app)
        self.mischief.between(self.server._sio)
        self.mischief.forget_tokens(self.server.core.accounts)
        config = _config(self.server)
        config.load()
        state, made = ServerState(), cast("Any", config.http_protocol_class)

        def protocol() -> asyncio.Protocol:
            return _Inside(made(config=config, server_state=state, app_state={}, _loop=self._loop), self)

        for address in (self.address, self.back_door):
            self._loop.network.listen(address, protocol)
        self.running = True
        self._watcher = self._loop.create_task(self._watch_crash(), name="crash watch")

    async def kill(self) -> None:
        """End it here and now: connections break, no handler goes another step, the file stays as it is."""
        if not self.running:
            return
        self.running = False
        self._watcher.cancel()
        for address in (self.address, self.back_door):
            self._loop.network.silence(address)
        tasks = [task for task in self._tasks if not task.done()]
        for task in tasks:
            task.cancel()
        # Who is cancelled in a transaction lets a task of its own roll it back; until then the file is locked
        # for whoever opens it, and that is this very thread.
        while left := [task for task in self._tasks if not task.done()]:
            _done, stuck = await asyncio.wait(left, timeout=1)
            for task in stuck:
                task.cancel()
        await self.server.core.database.close()

    def cut(self) -> None:
        """Every connection to it breaks."""
        self._loop.network.cut(self.address)

    async def restart(self) -> None:
        """Kill and start."""
        await self.kill()
        await self.start()

    async def _open(self) -> ChatServer:
        ground = Ground(self.folder, self.clock)
        server = DIALECTS[self.platform].build(ground, self.choices, self.variant)
        await server.open()
        return server

    async def _watch_crash(self) -> None:
        await self.server.crashed.wait()
        self._loop.create_task(self.kill(), name="crash")

    async def inside(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run a coroutine as a part of this server."""
        context = copy_context()
        context.run(_house.set, self)
        return await self._loop.create_task(work, context=context)

    def remember(self, task: asyncio.Task[Any]) -> None:
        """A task that ends with this server."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class _Inside(asyncio.Protocol):
    """Stands before the web server's protocol, so that all that it starts belongs to its house."""

    def __init__(self, real: asyncio.Protocol, house: House) -> None:
        self._real = real
        self._context = copy_context()
        self._context.run(_house.set, house)

    def swap(self, real: asyncio.Protocol) -> None:
        """Another protocol takes over, as at an upgrade to a websocket."""
        self._real = real

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._context.run(self._real.connection_made, transport)

    def data_received(self, data: bytes) -> None:
        self._context.run(self._real.data_received, data)

    def eof_received(self) -> bool | None:
        return self._context.run(self._real.eof_received)

    def connection_lost(self, exc: Exception | None) -> None:
        self._context.run(self._real.connection_lost, exc)


def _watch_tasks(loop: LabLoop) -> None:
    if loop.get_task_factory() is not None:
        return

    def factory(
        loop: asyncio.AbstractEventLoop, coro: Coroutine[Any, Any, Any], **options: Any
    ) -> asyncio.Task[Any]:
        context = options.get("context")
        house = _house.get() if context is None else context.get(_house)
        task: asyncio.Task[Any] = asyncio.Task(coro, loop=loop, **options)
        if house is not None:
            house.remember(task)
        return task

    loop.set_task_factory(factory)  # type: ignore[arg-type]
