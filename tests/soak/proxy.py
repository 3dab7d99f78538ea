"""A proxy of bytes between one program and one server: it cuts, holds, delays, swallows and refuses."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct

from tests.server.process import quiet_port

CHUNK_BYTES = 16_384


class Proxy:
    """Passes bytes both ways on a port of its own, on the loop that it was opened on.

    Closing is hard on both sides, and what was not passed on by then is gone, as on a network that breaks.
    """

    def __init__(self, upstream_port: int) -> None:
        self.upstream_port = upstream_port
        self.port = quiet_port()
        self.delay_s = 0.0
        """Each piece comes so much later."""
        self.passed_bytes = 0
        self._server: asyncio.Server | None = None
        self._flows: set[asyncio.Task[None]] = set()
        self._up, self._down = asyncio.Event(), asyncio.Event()
        self.heal()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def open(self) -> None:
        """Take connections."""
        if self._server is None:
            self._server = await asyncio.start_server(self._flow, "127.0.0.1", self.port)

    async def close(self) -> None:
        """Take no more connections; those that are there break."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
        await self.cut()

    async def cut(self) -> None:
        """Every connection breaks."""
        flows = list(self._flows)
        for flow in flows:
            flow.cancel()
        await asyncio.gather(*flows, return_exceptions=True)

    def hold(self, *, upward: bool = True, downward: bool = True) -> None:
        """From now on nothing passes in these directions; connections stay and can be made."""
        if upward:
            self._up.clear()
        if downward:
            self._down.clear()

    def heal(self) -> None:
        """All passes; what was held goes on where both ends are still there."""
        self.delay_s = 0.0
        self._up.set()
        self._down.set()

    async def _flow(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._flows.add(task)
        other: asyncio.StreamWriter | None = None
        pipes: list[asyncio.Task[None]] = []
        try:
            there, other = await asyncio.open_connection("127.0.0.1", self.upstream_port)
            pipes = [
                asyncio.create_task(self._pipe(reader, other, self._up)),
                asyncio.create_task(self._pipe(there, writer, self._down)),
            ]
            await asyncio.wait(pipes, return_when=asyncio.FIRST_COMPLETED)
        except (OSError, asyncio.CancelledError):
            pass  # no server there, or cut: both sides see the connection break
        finally:
            self._flows.discard(task)
            for pipe in pipes:
                pipe.cancel()
            await asyncio.gather(*pipes, return_exceptions=True)
            for one in (writer, other):
                if one is not None:
                    close_hard(one)

    async def _pipe(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, free: asyncio.Event
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(CHUNK_BYTES):
                if self.delay_s:
                    await asyncio.sleep(self.delay_s)
                await free.wait()
                if reader.exception() is not None:
                    return  # its sender has broken the connection: what was under way is gone
                writer.write(data)
                self.passed_bytes += len(data)
                await writer.drain()


def close_hard(writer: asyncio.StreamWriter) -> None:
    """Break a connection: the other end hears a reset, and what is still under way is thrown away."""
    end = writer.get_extra_info("socket")
    if end is not None:
        with contextlib.suppress(OSError):  # it is gone already
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
