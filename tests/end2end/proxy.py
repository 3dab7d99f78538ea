"""Loopback proxies at the level of bytes: one swallows an answer, one can do all that networks do."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

HARD = struct.pack("ii", 1, 0)
"""SO_LINGER that makes closing a reset."""
PIECE_BYTES = 65_536
READ_S = 0.5
STEP_S = 0.05
"""Throttled bytes leave in pieces of so much time."""


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
            while data := await reader.read(PIECE_BYTES):
                if self.swallow is not None and self.swallow in data:
                    doomed.set()
                up_writer.write(data)
                await up_writer.drain()

        async def downward() -> None:
            while data := await up_reader.read(PIECE_BYTES):
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


@dataclass(slots=True)
class Course:
    """What happens to the bytes of one direction, on every connection."""

    delay_s: float = 0
    bytes_per_s: float = 0
    """0: as fast as it goes."""
    silent: bool = False
    """They vanish, and nobody is told."""
    cut_in: int | None = None
    """After so many more bytes the connection that carries the next one is reset, once."""


@dataclass(slots=True, eq=False)
class _Line:
    """One connection: the client's end and the server's."""

    client: asyncio.StreamWriter
    server: asyncio.StreamWriter
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    spoilt: bool = False
    """Bytes of it have vanished: it must not go on as if nothing was."""
    holds_until: float = 0
    """On the clock of time.monotonic: bytes of the client are kept so long, whatever the client does."""

    @property
    def is_held(self) -> bool:
        return self.holds_until > time.monotonic()


class ByteProxy:
    """A way to a server that can be bad in every direction. Lives on the running loop."""

    def __init__(self, port: int, upstream_port: int) -> None:
        """port: fixed, so that it can be refused and offered again."""
        self.port = port
        self.upstream_port = upstream_port
        self.up = Course()
        self.down = Course()
        self.hangs = False
        """Connections are taken, and nothing comes of them."""
        self.struck = 0
        """How often a fault has met a connection, a byte or somebody who knocked."""
        self._server: asyncio.Server | None = None
        self._lines: set[_Line] = set()
        self._hung: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Listen."""
        if self._server is None:
            self._server = await asyncio.start_server(self._connected, "127.0.0.1", self.port)

    async def refuse(self) -> None:
        """Nobody listens any more; connections that stand go on."""
        if self._server is not None:
            self._server.close()
            self._server = None

    async def close(self) -> None:
        """End, and everything with it."""
        await self.refuse()
        self.reset()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def heal(self) -> None:
        """Everything is well; connections that have lost bytes, or led nowhere, are reset."""
        self.up, self.down, self.hangs = Course(), Course(), False
        for line in list(self._lines):
            if line.spoilt:
                self._break(line)
        for writer in list(self._hung):
            _hard(writer)
        await self.start()

    def reset(self) -> None:
        """Every connection is reset, in both directions."""
        for line in list(self._lines):
            self.struck += 1
            self._break(line)
        for writer in list(self._hung):
            _hard(writer)

    def end(self, *, up: bool) -> None:
        """One direction of every connection ends, as if its sender had nothing more to say."""
        for line in list(self._lines):
            writer = line.server if up else line.client
            self.struck += 1
            line.spoilt = True
            with contextlib.suppress(OSError, RuntimeError):
                writer.write_eof()

    def hold(self, seconds: float) -> None:
        """What clients send from now on is kept for so long, and delivered also when they have gone."""
        for line in self._lines:
            self.struck += 1
            line.holds_until = time.monotonic() + seconds

    def drop_clients(self) -> None:
        """The client's side of every connection is reset; what is held for the server still arrives."""
        for line in self._lines:
            _hard(line.client)

    # -- one connection

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            with contextlib.suppress(OSError, asyncio.CancelledError):  # cancelled: it is over
                await self._serve(reader, writer)
        finally:
            self._tasks.discard(task)
            _hard(writer)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.hangs:
            self.struck += 1
            self._hung.add(writer)
            try:
                while not reader.at_eof():
                    await reader.read(PIECE_BYTES)
            finally:
                self._hung.discard(writer)
            return
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self.upstream_port)
        line = _Line(writer, up_writer)
        self._lines.add(line)
        loop = asyncio.get_running_loop()
        line.tasks = [
            loop.create_task(self._carry(line, reader, up_writer, up=True)),
            loop.create_task(self._carry(line, up_reader, writer, up=False)),
        ]
        try:
            await asyncio.wait(line.tasks)
            if line.holds_until:
                await asyncio.sleep(READ_S)  # a reset would take away what the server has not read yet
        finally:
            self._lines.discard(line)
            for task in line.tasks:
                task.cancel()
            await asyncio.gather(*line.tasks, return_exceptions=True)
            _hard(up_writer)

    async def _carry(
        self, line: _Line, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, up: bool
    ) -> None:
        """Bytes of one direction until they end; a reset of one side is one of the other, too."""
        try:
            while data := await reader.read(PIECE_BYTES):
                if not await self._pass(line, data, writer, up=up):
                    return
            await self._held(line, up=up)
            writer.write_eof()
        except (OSError, RuntimeError):
            # What is held in the middle is delivered, also when its sender is gone; nothing else is.
            if not up and line.is_held:
                return
            await self._held(line, up=up)
            self._break(line)

    async def _pass(self, line: _Line, data: bytes, writer: asyncio.StreamWriter, *, up: bool) -> bool:
        """Whether the connection goes on."""
        course = self.up if up else self.down
        if course.delay_s:
            self.struck += 1
            await asyncio.sleep(course.delay_s)
        await self._held(line, up=up)
        course = self.up if up else self.down  # it may have changed meanwhile
        if course.silent:
            self.struck += 1
            line.spoilt = True
            return True
        if course.cut_in is not None and len(data) > course.cut_in:
            self.struck += 1
            writer.write(data[: course.cut_in])
            course.cut_in = None
            await asyncio.sleep(0)
            self._break(line)
            return False
        if course.cut_in is not None:
            course.cut_in -= len(data)
        piece = max(1, int(course.bytes_per_s * STEP_S)) if course.bytes_per_s else len(data)
        for at in range(0, len(data), piece):
            if at:
                self.struck += 1
                await asyncio.sleep(STEP_S if course is (self.up if up else self.down) else 0)
            writer.write(data[at : at + piece])
            await writer.drain()
        return True

    async def _held(self, line: _Line, *, up: bool) -> None:
        """Wait until what is held may go on."""
        if up and line.is_held:
            await asyncio.sleep(line.holds_until - time.monotonic())

    def _break(self, line: _Line) -> None:
        self._lines.discard(line)
        _hard(line.client)
        _hard(line.server)
        for task in line.tasks:
            if task is not asyncio.current_task():
                task.cancel()


def _hard(writer: asyncio.StreamWriter) -> None:
    """Close with a reset."""
    sock = writer.get_extra_info("socket")
    if sock is not None and not writer.transport.is_closing():
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, HARD)
    writer.transport.abort()
