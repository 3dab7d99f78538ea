"""Small servers on loopback that do to a client what a network may do."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Self

import socketio
import uvicorn

Handler = Callable[["Peer"], Awaitable[None]]


class Peer:
    """One accepted TCP connection. `request` is what the client has sent of its first request."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.head = b""

    async def request(self) -> str:
        """Read one request with its body; its head as text, empty at the end of the connection."""
        try:
            self.head = await self.reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return ""
        text = self.head.decode("latin-1")
        for line in text.split("\r\n"):
            name, _, value = line.partition(":")
            if name.lower() == "content-length":
                await self.reader.readexactly(int(value))
        return text

    async def answer(
        self, body: bytes = b"", status: str = "200 OK", content_type: str = "application/json", *more: str
    ) -> None:
        """One response; the connection stays open."""
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", f"Content-Type: {content_type}", *more]
        self.writer.write("\r\n".join([*lines, "", ""]).encode("latin-1") + body)
        await self.writer.drain()


class TcpServer:
    """Hands every connection to `handler`. `connections` counts them; `heads` are all requests seen."""

    def __init__(self, handler: Handler, **options: Any) -> None:
        self._handler = handler
        self._options = options
        self._tasks: set[asyncio.Task[None]] = set()
        self.connections = 0
        self.heads: list[str] = []
        self.port = 0

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        peer = Peer(reader, writer)
        seen = peer.request

        async def request() -> str:
            head = await seen()
            if head:
                self.heads.append(head)
            return head

        peer.request = request  # type: ignore[method-assign]
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._handler(peer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client went away, or the test is over
        finally:
            self._tasks.discard(task)
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, **self._options)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(list(self._tasks))
        await self._server.wait_closed()


@contextlib.asynccontextmanager
async def asgi(app: Any, **options: Any) -> AsyncIterator[int]:
    """Serve an ASGI application on a free loopback port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(app, log_config=None, lifespan="off", timeout_graceful_shutdown=1, **options)
        server = uvicorn.Server(config)
        server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
        serving = asyncio.get_running_loop().create_task(server._serve(sockets=[listener]))
        while not server.started:
            await asyncio.sleep(0.005)
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            await serving


class SioServer:
    """A Socket.IO server that remembers what it hears. `refuse`: words for the next handshakes."""

    def __init__(self, path: str = "socket.io", **options: Any) -> None:
        # Nothing of the server's own outlives the test: no sweeping task, and pings that end soon.
        self.sio = socketio.AsyncServer(
            async_mode="asgi",
            cors_allowed_origins=[],
            monitor_clients=False,
            **{"ping_interval": 0.05, "ping_timeout": 20, **options},
        )
        self.app = socketio.ASGIApp(self.sio, socketio_path=path)
        self.refuse: str | None = None
        self.auths: list[Any] = []
        self.environs: list[dict[str, Any]] = []
        self.heard: list[tuple[str, tuple[Any, ...]]] = []
        self.sids: list[str] = []
        self.gone: list[str] = []
        self.sio.on("connect", self._connect)
        self.sio.on("disconnect", self._disconnect)
        self.sio.on("*", self._any)

    async def _connect(self, sid: str, environ: dict[str, Any], auth: Any) -> None:
        self.auths.append(auth)
        self.environs.append(environ)
        if self.refuse is not None:
            raise socketio.exceptions.ConnectionRefusedError(self.refuse)
        self.sids.append(sid)

    async def _disconnect(self, sid: str, *_reason: Any) -> None:
        self.gone.append(sid)

    async def _any(self, event: str, _sid: str, *args: Any) -> None:
        self.heard.append((event, args))
