"""The dispatcher server as one ASGI application: routes, socket, and its beginning and end."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import socketio
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from chatdesk.server.core.clock import Clock
from chatdesk.server.core.rules import Rules
from chatdesk.server.core.service import Core
from chatdesk.server.dialects.dispatcher import (
    answers,
    auth_routes,
    chat_routes,
    file_routes,
    notification_routes,
    order_routes,
    user_routes,
)
from chatdesk.server.dialects.dispatcher.context import Context
from chatdesk.server.dialects.dispatcher.edge import Edge
from chatdesk.server.dialects.dispatcher.pushes import Pushes
from chatdesk.server.dialects.dispatcher.sockets import Sockets
from chatdesk.server.dialects.dispatcher.vocabulary import WORDS
from chatdesk.wire.dispatcher import names, shapes, texts


class DispatcherServer:
    """One server over one data folder: `open`, then serve `app`, then `close`."""

    def __init__(self, folder: Path, rules: Rules, clock: Clock | None = None) -> None:
        """Prepare everything; raises SetupError when the folder cannot be used."""
        self.core = Core(folder, rules, WORDS, clock)
        self._sio: Any = socketio.AsyncServer(
            async_mode="asgi",
            # Events of one connection are handled in the order in which they came.
            async_handlers=False,
            namespaces="*",
            ping_interval=names.PING_INTERVAL_S,
            ping_timeout=names.PING_TIMEOUT_S,
            max_http_buffer_size=names.MAX_PACKET_BYTES,
            logger=_quiet_logger("socketio"),
            engineio_logger=_quiet_logger("engineio"),
        )
        context = Context(self.core, Pushes(self._sio, self.core.clock))
        self._sockets = Sockets(self._sio, context)
        self._sockets.register()
        rest = Starlette(
            routes=[
                context.route(names.ROUTE_HEALTH, "GET", health),
                *auth_routes.routes(context),
                *order_routes.routes(context),
                *file_routes.routes(context),
                *chat_routes.routes(context),
                *notification_routes.routes(context),
                *user_routes.routes(context),
            ],
            exception_handlers={HTTPException: _no_route},
        )
        rest.router.redirect_slashes = False
        self.app: ASGIApp = Edge(socketio.ASGIApp(self._sio, rest), self._sio.eio)

    async def open(self) -> None:
        """Bring the database up to date; raises SetupError."""
        await self.core.open()

    async def close_connections(self) -> None:
        """Let every waiting poll go; websockets are closed by the web server, as a crash would close them.

        Nobody is told to disconnect: a client that is told so stays away, and this server may come back.
        """
        self._sockets.closing = True
        for connection in list(self._sio.eio.sockets.values()):
            if not connection.upgraded:
                # Without waiting: some who poll have long gone away.
                await connection.close(wait=False)
        await self._sio.shutdown()

    async def close(self) -> None:
        """Store what is only in memory and close the database."""
        await self.core.close()


async def health(_context: Context, _request: Request) -> Response:
    """Liveness, with what this server can do beyond the platform."""
    body = shapes.Health(status="ok", message=texts.OK_HEALTH, chatdesk=auth_routes.ANNOUNCEMENT)
    return answers.json_answer(body, 200)


async def _no_route(request: Request, _exc: Exception) -> Response:
    return answers.no_route(request)


def _quiet_logger(name: str) -> logging.Logger:
    """A logger for the library that never prints: at its more talkative levels it prints bodies."""
    logger = logging.getLogger(f"chatdesk.server.{name}")
    logger.setLevel(logging.CRITICAL)
    return logger


# It reports the mistakes of clients, who get an answer about them instead.
logging.getLogger("python_multipart").setLevel(logging.CRITICAL)
