"""One dialect as one ASGI application: routes and socket over a core, with its beginning and end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import socketio
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from chatdesk.server.core.service import Core
from chatdesk.server.edge import Edge
from chatdesk.server.sockets import SocketSide

NoRoute = Callable[[Request, int], Response]


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketSettings:
    """What the handshake says, and where it is."""

    path: str = "/socket.io/"
    bare: bool = True
    """The path without its last slash is the socket's too; False where a route is there."""
    ping_interval_s: int = 25
    ping_timeout_s: int = 20
    max_packet_bytes: int = 1_000_000
    origins: tuple[str, ...] | None = None
    """Web pages of these may connect, None = of the server's own address; who names no origin always may."""
    concurrent: bool = False
    """Events of one connection are handled side by side, not in the order in which they came."""


class _SocketServer(socketio.AsyncServer):  # type: ignore[misc]
    """Whose connections may end while their events are handled."""

    async def enter_room(self, sid: str, room: str, namespace: str | None = None) -> None:
        """Let a connection hear what is told in a room; one that has ended meanwhile enters nowhere."""
        try:
            await super().enter_room(sid, room, namespace)
        except (KeyError, ValueError):
            if sid in self.manager.rooms.get(namespace or "/", {}).get(None, {}):
                raise


def socket_server(settings: SocketSettings) -> Any:
    """A Socket.IO server that says nothing by itself: at its more talkative levels it prints bodies."""
    return _SocketServer(
        async_mode="asgi",
        async_handlers=settings.concurrent,
        namespaces="*",
        cors_allowed_origins=None if settings.origins is None else list(settings.origins),
        ping_interval=settings.ping_interval_s,
        ping_timeout=settings.ping_timeout_s,
        max_http_buffer_size=settings.max_packet_bytes,
        logger=_quiet_logger("socketio"),
        engineio_logger=_quiet_logger("engineio"),
    )


class ChatServer:
    """One platform's server over one data folder: `open`, then serve `app`, then `close`."""

    def __init__(
        self,
        core: Core,
        settings: SocketSettings,
        sio: Any,
        sockets: SocketSide,
        routes: Sequence[BaseRoute],
        no_route: NoRoute,
    ) -> None:
        """Put the parts together; `no_route` answers for paths (404) and methods (405) that do not exist."""
        self.core = core
        self.settings = settings
        self.crashed = asyncio.Event()
        """Set when a recorded fault ends the process: whoever serves cuts every connection, and goes."""
        self.routes = tuple(routes)
        self.sockets = sockets
        self._sio = sio
        sockets.crash = self.crashed.set
        sockets.register()

        async def missing(request: Request, exc: Exception) -> Response:
            return no_route(request, exc.status_code if isinstance(exc, HTTPException) else 404)

        rest = Starlette(routes=list(routes), exception_handlers={HTTPException: missing})
        rest.router.redirect_slashes = False
        socket_app = socketio.ASGIApp(sio, rest, socketio_path=settings.path.strip("/"))
        self.app: ASGIApp = Edge(socket_app, rest, sio.eio, settings.path, bare=settings.bare)

    async def open(self) -> None:
        """Bring the database up to date; raises SetupError."""
        await self.core.open()

    async def close_connections(self) -> None:
        """Let every waiting poll go; websockets are closed by the web server, as a crash would close them.

        Nobody is told to disconnect: a client that is told so stays away, and this server may come back.
        """
        self.sockets.close()
        for connection in list(self._sio.eio.sockets.values()):
            if not connection.upgraded:
                # Without waiting: some who poll have long gone away.
                await connection.close(wait=False)
        await self._sio.shutdown()

    async def close(self) -> None:
        """Store what is only in memory and close the database."""
        await self.sockets.finish()
        await self.core.close()


def _quiet_logger(name: str) -> logging.Logger:
    logger = logging.getLogger(f"chatdesk.server.{name}")
    logger.setLevel(logging.CRITICAL)
    return logger


# It reports the mistakes of clients, who get an answer about them instead.
logging.getLogger("python_multipart").setLevel(logging.CRITICAL)
