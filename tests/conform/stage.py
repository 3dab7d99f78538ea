"""Our server on a real loopback socket: started, stopped, killed, crashed, started again over its folder."""

from __future__ import annotations

import asyncio
import shutil
import time
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chatdesk.server.chat_server import ChatServer
from chatdesk.server.core.database import Database
from chatdesk.server.core.service import DATABASE_NAME, Ground
from chatdesk.server.dialect import Choices, Dialect, Variant
from chatdesk.server.run import _config, _listen, _WebServer
from tests.conform.clock import CaptureClock

STANDING_S = 20.0
"""What a server does for longer than this it does all the time."""
_SERVER = "chatdesk/server/"
_ALWAYS = ("retention.py", "run.py")


class Stage:
    """One platform's server over one folder."""

    def __init__(
        self, dialect: Dialect, choices: Choices, folder: Path, clock: CaptureClock, variant: Variant
    ) -> None:
        self._dialect = dialect
        self._choices = choices
        self._folder = folder
        self._clock = clock
        self._variant = variant
        self._listener = _listen("127.0.0.1", 0)
        self.port: int = self._listener.getsockname()[1]
        self._server: ChatServer | None = None
        self._web: _WebServer | None = None
        self._serving: asyncio.Task[None] | None = None
        self._gate: Gate | None = None
        self._standing: dict[asyncio.Task[Any], float] = {}
        self.crashes = 0

    @property
    def server(self) -> ChatServer:
        """The server as it is put together now."""
        if self._server is None:
            raise RuntimeError("the server is down")
        return self._server

    @property
    def is_up(self) -> bool:
        """Whether somebody would get an answer."""
        return self._serving is not None

    async def build(self) -> ChatServer:
        """Open the folder, without serving yet."""
        ground = Ground(self._folder, self._clock)
        self._server = self._dialect.build(ground, self._choices, self._variant)
        await self._server.open()
        return self._server

    async def start(self) -> None:
        """Serve; the port stays the same."""
        if self._server is None:
            await self.build()
        if self._listener.fileno() < 0:
            self._listener = _listen("127.0.0.1", self.port)
        config = _config(self.server)
        self._gate = Gate(self.server.app)
        config.app = self._gate
        self._web = _WebServer(config)
        self._serving = asyncio.create_task(self._web.serve(sockets=[self._listener]), name="web server")
        await self._web.listening.wait()

    async def stop(self, *, killed: bool = False) -> None:
        """End the process, in order or as one that dies."""
        if self._web is not None and self._serving is not None:
            if not killed:
                await self.server.close_connections()
            else:
                self._web.cut()
            self._web.should_exit = True
            await self._serving
        self._listener.close()
        if self._server is not None:
            if killed:
                await self._server._sio.shutdown()
            await self._server.close()
        self._server = self._web = self._serving = self._gate = None

    async def fall(self) -> bool:
        """If a recorded fault has ended the process: cut every connection; whether it did."""
        if self._server is None or not self._server.crashed.is_set():
            return False
        self.crashes += 1
        await self.stop(killed=True)
        return True

    def websockets(self) -> int:
        """How many websockets the server still knows."""
        return 0 if self._gate is None else self._gate.websockets

    def is_busy(self) -> bool:
        """Whether the server is doing anything, other than waiting for a client."""
        if self._gate is not None and self._gate.requests:
            return True
        now = time.monotonic()
        present = {task for task in asyncio.all_tasks() if _is_work(task)}
        handlers = {task for task in present if _is_handler(task)}
        if handlers < {task for task in self._standing if _is_handler(task)}:
            # One of those that wait for each other has ended: the next may go on from here.
            self._standing = {task: since for task, since in self._standing.items() if not _is_handler(task)}
        self._standing = {task: since for task, since in self._standing.items() if task in present}
        busy = False
        for task in present:
            since = self._standing.setdefault(task, now)
            busy = busy or now - since < STANDING_S
        return busy


def _is_handler(task: asyncio.Task[Any]) -> bool:
    """Whether this is an event of a client at work, beside others of its connection."""
    code = getattr(task.get_coro(), "cr_code", None)
    return code is not None and code.co_name == "_handle_event_internal"


def _is_work(task: asyncio.Task[Any]) -> bool:
    """Whether this is a task of our server that will end by itself."""
    code = getattr(task.get_coro(), "cr_code", None)
    if code is None or task.done():
        return False
    name = code.co_filename.replace("\\", "/")
    if _is_handler(task):
        return True
    return _SERVER in name and not name.endswith(_ALWAYS)


class Gate:
    """Counts what is under way: websockets, and requests that do not wait for the server to speak."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.requests = 0
        self.websockets = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            self.websockets += 1
            try:
                await self._app(scope, receive, send)
            finally:
                self.websockets -= 1
            return
        waits = scope["type"] == "http" and scope["method"] == "GET" and b"sid=" in scope["query_string"]
        if waits:
            await self._app(scope, receive, send)
            return
        counted = True
        self.requests += 1

        async def sent(message: Message) -> None:
            nonlocal counted
            if counted and message["type"] == "http.response.start" and _is_stream(message):
                counted = False
                self.requests -= 1
            await send(message)

        try:
            await self._app(scope, receive, sent)
        finally:
            if counted:
                self.requests -= 1


def _is_stream(message: Message) -> bool:
    return any(
        name.lower() == b"content-type" and value.startswith(b"text/event-stream")
        for name, value in message["headers"]
    )


async def empty_database(path: Path) -> None:
    """A database of the newest schema, to be copied for every capture: making one takes a while."""
    database = Database(path)
    await database.open()
    await database.close()


def fresh_folder(folder: Path, database: Path) -> Path:
    """A data folder of its own over a copy of this database."""
    folder.mkdir(parents=True)
    shutil.copyfile(database, folder / DATABASE_NAME)
    return folder
