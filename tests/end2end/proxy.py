"""A loopback proxy that swallows an answer: the server has stored what the client never hears of."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Proxy:
    """Passes bytes both ways; while `swallow` holds a word, the answer to a request that holds it is cut."""

    def __init__(self, upstream_port: int) -> None:
        self.upstream_port = upstream_port
        self.port = 0
        self.swallow: bytes | None = None
        self.swallowed = 0
        self.hides_client_ids = False
        """The server's word that it recognises our ids is made unreadable: only history can tell then."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def _serve(self, ready: threading.Event) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._connection, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await self._stop.wait()
        server.close()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self.upstream_port)
        except OSError:
            writer.transport.abort()
            return
        doomed = asyncio.Event()

        async def upward() -> None:
            while data := await reader.read(65536):
                if self.swallow is not None and self.swallow in data:
                    doomed.set()
                up_writer.write(data)
                await up_writer.drain()

        async def downward() -> None:
            while data := await up_reader.read(65536):
                if doomed.is_set():
                    self.swallow = None
                    self.swallowed += 1
                    return
                if self.hides_client_ids:
                    data = data.replace(b'"client_id"', b'"client_xx"')
                writer.write(data)
                await writer.drain()

        tasks = {asyncio.create_task(upward()), asyncio.create_task(downward())}
        with contextlib.suppress(ConnectionError, asyncio.CancelledError):  # cancelled: the test is over
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        writer.transport.abort()
        up_writer.transport.abort()

    def stop(self) -> None:
        if self._loop is not None and self._stop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)


@contextmanager
def proxy_to(port: int) -> Iterator[Proxy]:
    """A running proxy on a thread of its own."""
    proxy, ready = Proxy(port), threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(proxy._serve(ready)), name="proxy")
    thread.start()
    assert ready.wait(5)
    try:
        yield proxy
    finally:
        proxy.stop()
        thread.join(5)
