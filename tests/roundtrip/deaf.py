"""A loopback address where requests are answered and sockets are not, as where no socket server runs."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

SOCKETS = (b"GET /socket.io/", b"POST /socket.io/", b"GET /api/socket/", b"POST /api/socket/")
NONE_HERE = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Deaf:
    """Passes bytes to the servers behind it, but for those that ask for a socket."""

    def __init__(self, ports: dict[str, int]) -> None:
        self._behind = ports
        self.ports: dict[str, int] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None

    def url_of(self, platform: str) -> str:
        return f"http://127.0.0.1:{self.ports[platform]}"

    async def _serve(self, ready: threading.Event) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        servers = []
        for platform, behind in self._behind.items():
            server = await asyncio.start_server(partial(self._connection, behind), "127.0.0.1", 0)
            servers.append(server)
            self.ports[platform] = server.sockets[0].getsockname()[1]
        ready.set()
        await self._stop.wait()
        for server in servers:
            server.close()

    async def _connection(
        self, behind: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", behind)
        except OSError:
            writer.transport.abort()
            return

        async def upward() -> None:
            while data := await reader.read(65_536):
                if data.startswith(SOCKETS):
                    writer.write(NONE_HERE)
                    await writer.drain()
                    return
                up_writer.write(data)
                await up_writer.drain()

        async def downward() -> None:
            while data := await up_reader.read(65_536):
                writer.write(data)
                await writer.drain()

        tasks = {asyncio.create_task(upward()), asyncio.create_task(downward())}
        with contextlib.suppress(asyncio.CancelledError):  # the test is over
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        writer.close()
        up_writer.close()

    def stop(self) -> None:
        if self._loop is not None and self._stop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)


@contextmanager
def deaf_before(ports: dict[str, int]) -> Iterator[Deaf]:
    """Running, on a thread of its own; an address for each platform."""
    deaf, ready = Deaf(ports), threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(deaf._serve(ready)), name="deaf")
    thread.start()
    assert ready.wait(5)
    try:
        yield deaf
    finally:
        deaf.stop()
        thread.join(5)
