"""The lab's event loop: virtual time that waits for every thread, a network in memory, no server threads."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextvars import Context
from typing import Any

import aiosqlite.core
from sqlalchemy import Connection, Engine, inspect
from sqlalchemy.util import LRUCache

from chatdesk.server.core import database
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


class _Inline:
    """Stands where a connection of aiosqlite has the queue of its thread: what is put in is done at once.

    The answer comes with the next turn of the loop, so that others get their turns between two statements.
    """

    def put_nowait(self, item: tuple[asyncio.Future[Any] | None, Callable[[], Any]]) -> None:
        future, function = item
        try:
            result = function()
        except Exception as exc:  # noqa: BLE001 -- whoever awaits the statement gets it
            if future is not None:
                future.get_loop().call_soon(aiosqlite.core.set_exception, future, exc)
            return
        if future is not None:
            future.get_loop().call_soon(aiosqlite.core.set_result, future, result)


class _NoThread:
    """Stands where a connection of aiosqlite has its thread."""

    daemon = True

    def __init__(self, **_options: Any) -> None:
        pass

    def start(self) -> None:
        """Nothing to start: statements are carried out where they are asked for."""


class _SharedCache(LRUCache[Any, Any]):
    """Statements that any server of this process has compiled: their dialects are equal, so that they fit."""

    def __init__(self) -> None:
        super().__init__(2_000)

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(key[1:], default)

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(key[1:], value)


_compiled = _SharedCache()


@contextlib.contextmanager
def servers_in_one_thread() -> Iterator[None]:
    """While it lasts, servers' databases are asked on the loop's own thread: quicker, and always alike."""
    patched: Any = aiosqlite.core
    queue, thread, built = patched.SimpleQueue, patched.Thread, Engine.__init__
    upgraded = database._upgrade

    def upgrade(connection: Connection) -> None:
        # The scripts of the migrations are read anew each time; a copied database has been through them.
        if not inspect(connection).has_table("alembic_version"):
            upgraded(connection)

    def build(self: Engine, *args: Any, **kwargs: Any) -> None:
        built(self, *args, **kwargs)
        self._compiled_cache = _compiled

    patched.SimpleQueue, patched.Thread = _Inline, _NoThread
    Engine.__init__ = build  # type: ignore[method-assign]
    database._upgrade = upgrade
    try:
        yield
    finally:
        patched.SimpleQueue, patched.Thread = queue, thread
        Engine.__init__ = built  # type: ignore[method-assign]
        database._upgrade = upgraded
