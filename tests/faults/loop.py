"""The lab's event loop: virtual time that waits for every thread, and a network in memory."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextvars import Context
from typing import Any

import aiosqlite.core

from tests.faults.network import Address, Network
from tests.sync.virtual import VirtualLoop


class LabLoop(VirtualLoop):
    """Every connection that is made on it goes to `network`; work of other threads holds time still."""

    def __init__(self) -> None:
        super().__init__()
        self.network = Network(self)
        self._connected: dict[socket.socket, Address] = {}

    # asyncio's own signatures are wider than what anybody here uses.

    async def sock_connect(self, sock: socket.socket, address: Any) -> None:
        """A socket of aiohttp: it stays unconnected, and only says where to."""
        self.network.check(address[:2])
        await asyncio.sleep(self.network.latency_s)
        self._connected[sock] = address[:2]

    async def create_connection(  # type: ignore[override]
        self,
        protocol_factory: Callable[[], asyncio.Protocol],
        host: str | None = None,
        port: int | None = None,
        *,
        sock: socket.socket | None = None,
        **_options: Any,
    ) -> tuple[asyncio.Transport, asyncio.Protocol]:
        """A connection in memory. Raises ConnectionRefusedError where nobody listens."""
        if sock is not None:
            address = self._connected.pop(sock)
        else:
            assert host is not None
            assert port is not None
            address = (host, port)
            self.network.check(address)
            await asyncio.sleep(self.network.latency_s)
        return self.network.connect(address, protocol_factory, sock)

    def run_in_executor(  # type: ignore[override]
        self, executor: Executor | None, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        """As asyncio's, with time standing still until it is done."""
        future = super().run_in_executor(executor, func, *args)
        self.owed += 1

        def paid(_future: asyncio.Future[Any]) -> None:
            self.owed -= 1

        future.add_done_callback(paid, context=Context())
        return future


@contextlib.contextmanager
def database_threads_owe() -> Iterator[None]:
    """While it lasts, every statement of a server's database holds the time of its loop still."""
    execute: Any = aiosqlite.core.Connection._execute
    connect: Any = aiosqlite.core.Connection._connect

    async def owing_execute(self: Any, fn: Any, *args: Any, **kwargs: Any) -> Any:
        with _owed():
            return await execute(self, fn, *args, **kwargs)

    async def owing_connect(self: Any) -> Any:
        with _owed():
            return await connect(self)

    aiosqlite.core.Connection._execute = owing_execute  # type: ignore[method-assign]
    aiosqlite.core.Connection._connect = owing_connect  # type: ignore[method-assign]
    try:
        yield
    finally:
        aiosqlite.core.Connection._execute = execute  # type: ignore[method-assign]
        aiosqlite.core.Connection._connect = connect  # type: ignore[method-assign]


@contextlib.contextmanager
def _owed() -> Iterator[None]:
    loop = asyncio.get_running_loop()
    if not isinstance(loop, VirtualLoop):
        yield
        return
    loop.owed += 1
    try:
        yield
    finally:
        loop.owed -= 1
