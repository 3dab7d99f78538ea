"""The client of a replay: real adapter, engine, store and services on virtual time, a scripted network."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Protocol, Self, TypeVar

import msgspec

from chatdesk.domain.arrivals import (
    Accepted,
    Answer,
    Arrived,
    ConnectRefused,
    HandedOver,
    LinkLost,
    NoAnswer,
    Packet,
)
from chatdesk.domain.changes import (
    AccountStatus,
    News,
    NoticeRaised,
    PresenceChanged,
    TypingChanged,
)
from chatdesk.domain.errors import ChatdeskError, NotPossible
from chatdesk.domain.facts import Secrets
from chatdesk.domain.kinds import Platform
from chatdesk.domain.ports import Client, Limits, Listener, PlatformPlugin
from chatdesk.domain.steps import (
    STREAM_ENDED,
    STREAM_EVENT,
    Call,
    Connect,
    Emit,
    Listen,
    Step,
    Unlisten,
)
from chatdesk.services.desk import Desk
from chatdesk.store import Store
from chatdesk.sync.host import EngineHost
from tests.replay.wire import Reply, Request
from tests.sync.virtual import START_US, Owing, VirtualClock

T = TypeVar("T")
URL = "https://replay.example"
LEAD_MS = 20_000
"""So long before the first moment of the capture the client is started."""


class Server(Protocol):
    """What a scripted client asks of the scripted server."""

    async def accept(self, auth: Any) -> str | bool | None:
        """Whether a socket is accepted: True, the words of a refusal, or None where nobody is there."""
        ...

    async def answer(self, request: Request) -> Reply | str:
        """The answer to a request, or the reason why there is none."""
        ...

    def heard(self, event: str, args: tuple[Any, ...]) -> None:
        """An event of the client."""
        ...

    async def stream(self, path: str) -> Reply | None:
        """Whether a stream of a path is opened: None, or the answer instead."""
        ...


class Wires:
    """Every connection of the client to the server, and the way back."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.clients: list[ScriptClient] = []

    def client(self, _url: str, _limits: Limits) -> Client:
        """What a plugin's make_client gives."""
        one = ScriptClient(self)
        self.clients.append(one)
        return one

    def push(self, event: str, args: tuple[Any, ...]) -> bool:
        """One event to whoever is connected; False: nobody is."""
        linked = [one for one in self.clients if one.linked]
        for one in linked:
            one.hand(Packet(event, args))
        return bool(linked)

    def streamed(self, path: str, data: Any) -> bool:
        """One event of a stream."""
        listening = [one for one in self.clients if path in one.streams]
        for one in listening:
            one.hand(Packet(STREAM_EVENT, (path, data)))
        return bool(listening)

    def cut(self) -> None:
        """Every socket and stream ends."""
        for one in self.clients:
            one.cut()

    @property
    def linked(self) -> bool:
        """Somebody is connected."""
        return any(one.linked for one in self.clients)


class ScriptClient:
    """Implements `domain.ports.Client` in the same process; no byte moves."""

    def __init__(self, wires: Wires) -> None:
        self.listener: Listener | None = None
        self.linked = False
        self.streams: set[str] = set()
        self._wires = wires
        self._closed = False

    def hand(self, arrived: Arrived) -> None:
        """Give something to the engine."""
        if self.listener is not None and not self._closed:
            self.listener(arrived)

    def cut(self) -> None:
        """The socket is gone."""
        for path in sorted(self.streams):
            self.hand(Packet(STREAM_ENDED, (path,)))
        self.streams.clear()
        if self.linked:
            self.linked = False
            self.hand(LinkLost())

    async def perform(self, step_id: int, step: Step) -> None:
        """Do one step."""
        server = self._wires.server
        match step:
            case Connect():
                await self._connect(step_id, step)
            case Emit():
                if not self.linked:
                    self.hand(NoAnswer(step_id, left=False, reason="cut"))
                    return
                server.heard(step.event, step.args)
                if step.timeout_ms == 0:
                    self.hand(HandedOver(step_id))
            case Call():
                await self._call(step_id, step)
            case Listen():
                refused = await server.stream(step.path)
                if refused is None:
                    self.streams.add(step.path)
                    self.hand(Accepted(step_id))
                else:
                    self.hand(_answer(step_id, refused))
            case Unlisten():
                self.streams.discard(step.path)
                self.hand(HandedOver(step_id))

    async def _connect(self, step_id: int, step: Connect) -> None:
        taken = await self._wires.server.accept(step.auth)
        if taken is True:
            self.linked = True
            self.hand(Accepted(step_id))
        else:
            self.hand(ConnectRefused(step_id, taken if isinstance(taken, str) else None))

    async def _call(self, step_id: int, step: Call) -> None:
        headers = {name.lower(): value for name, value in step.headers}
        file = None
        if step.file is not None:
            part = step.file
            size = os.stat(part.path).st_size  # noqa: PTH116 - virtual time must not pass meanwhile
            file = {
                "field": part.field,
                "filename": part.filename,
                "content_type": part.content_type,
                "size": size,
            }
        request = Request(step.method, step.path, tuple(step.query), headers, step.body, file)
        reply = await self._wires.server.answer(request)
        if isinstance(reply, str):
            self.hand(NoAnswer(step_id, left=reply != "unreachable", reason=reply))
            return
        if step.save_to and reply.status < 300:
            Path(step.save_to).write_bytes(reply.raw())
            reply = msgspec.structs.replace(reply, body=None, is_json=False)
        self.hand(_answer(step_id, reply))

    def last_heard_ms(self) -> int | None:
        """The scripted server is never silent."""
        return int(asyncio.get_running_loop().time() * 1000) if self.linked else None

    async def drop_link(self) -> None:
        """Close the socket."""
        self.cut()

    async def abort_commits(self) -> None:
        """Nothing is under way that could still arrive."""

    async def close(self) -> None:
        """Release everything."""
        self.linked = False
        self.streams.clear()
        self._closed = True
        if self in self._wires.clients:
            self._wires.clients.remove(self)


def _answer(step_id: int, reply: Reply) -> Answer:
    return Answer(step_id, reply.status, reply.is_json, reply.body, reply.headers)


class InlineThread:
    """Stands for the network thread of the host: the same calls, on the loop that runs already."""

    def __init__(self, begin: Callable[[], None], close: Callable[[], Awaitable[None]]) -> None:
        self._begin = begin
        self._close = close
        self._jobs: set[asyncio.Task[Any]] = set()

    def start(self) -> None:
        """Begin."""
        self._begin()

    async def end(self) -> None:
        """Give up what is under way, and close."""
        for job in list(self._jobs):
            job.cancel()
        if self._jobs:
            await asyncio.wait(self._jobs)
        await self._close()

    def post(self, call: Callable[[], None]) -> bool:
        """Run something soon."""
        asyncio.get_running_loop().call_soon(call)
        return True

    def ask(self, make: Callable[[], Coroutine[Any, Any, T]], name: str) -> Future[T]:
        """Run a coroutine; its result or its error is the future's."""
        future: Future[T] = Future()
        future.set_running_or_notify_cancel()
        task = self.start_job(make(), name)

        def done(ended: asyncio.Task[T]) -> None:
            if ended.cancelled():
                future.set_exception(NotPossible("the network does not run"))
            elif (exc := ended.exception()) is not None:
                future.set_exception(exc)
            else:
                future.set_result(ended.result())

        task.add_done_callback(done)
        return future

    def start_job(self, coro: Coroutine[Any, Any, T], name: str) -> asyncio.Task[T]:
        """Run a coroutine that is cancelled at the end."""
        task = asyncio.get_running_loop().create_task(coro, name=name)
        self._jobs.add(task)
        task.add_done_callback(self._jobs.discard)
        return task


class Vault:
    """Keeps tokens in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, Secrets] = {}

    async def load(self, key: str) -> Secrets | None:
        """The secrets under a key."""
        return self.kept.get(key)

    async def save(self, key: str, secrets: Secrets) -> bool:
        """Keep them."""
        self.kept[key] = secrets
        return True

    async def delete(self, key: str) -> None:
        """Forget them."""
        self.kept.pop(key, None)


def scratch() -> Path:
    """An empty folder, in memory where the system offers that."""
    memory = Path("/dev/shm")
    base = str(memory) if memory.is_dir() and os.access(memory, os.W_OK) else None
    return Path(tempfile.mkdtemp(prefix="replay-", dir=base))


class World:
    """Use it as `async with`, on a virtual loop; what the person would see is in its news and its store."""

    def __init__(self, plugin: PlatformPlugin, server: Server, wall_us: int) -> None:
        self.clock = VirtualClock()
        self.clock.skew_us = wall_us - START_US - LEAD_MS * 1000
        self.wires = Wires(server)
        self.plugin = msgspec.structs.replace(plugin, make_client=self.wires.client)
        self.platform: Platform = plugin.platform
        self.vault = Vault()
        self.statuses: dict[int, AccountStatus] = {}
        self.typing: dict[int, tuple[str, ...]] = {}
        self.presence: dict[int, dict[str, str]] = {}
        self.notices: set[str] = set()
        self.notices_told: list[tuple[str, str]] = []
        self.folder = scratch()

    async def __aenter__(self) -> Self:
        """Open the store and start the engines."""
        self.store = Store.open(self.folder, now_us=self.clock.now_us)
        owing: Any = Owing(self.store)
        plugins = {self.platform: self.plugin}
        self.host = EngineHost(owing, plugins, self.vault, clock=self.clock, jitter=lambda: 0.0)
        self.thread = InlineThread(self.host._begin, self.host._close_all)
        inline: Any = self.thread
        self.host._thread = inline  # the same calls, on this loop
        self.reader = self.store.reader()
        self.desk = Desk(owing, self.host, self.reader)
        self.host.subscribe_news(self._news)
        self.host.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop everything and leave nothing behind."""
        await self.thread.end()
        self.reader.close()
        self.store.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _news(self, news: News) -> None:
        match news:
            case AccountStatus():
                self.statuses[news.account_id] = news
            case TypingChanged(conversation_id=at, names=names):
                self.typing[at] = names
            case PresenceChanged(conversation_id=at, person_id=person, state=state):
                self.presence.setdefault(at, {})[person] = state.value
            case NoticeRaised(code=code, detail=detail):
                self.notices_told.append((code.value, detail))
                self.notices.add(code.value)

    def now_ms(self) -> int:
        """Milliseconds since the first moment of the capture, by virtual time."""
        return (self.clock.now_us() - self.clock.skew_us - START_US) // 1000 - LEAD_MS


__all__ = ["URL", "ChatdeskError", "World", "scratch"]
