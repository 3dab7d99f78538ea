"""What live customers need of a platform: one account that signs in, listens, says, types and reads there."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, ClassVar, Protocol, Self, TypeVar

import aiohttp
import httpx
import msgspec
import socketio

REQUEST_TIMEOUT_S = 5.0
CONNECT_TIMEOUT_S = 5.0
ECHO_TIMEOUT_S = 5.0
SLOW_DOWN_S = 6.0
"""How long to wait after a refusal that does not say."""

Data = TypeVar("Data")
log = logging.getLogger(__name__)

TROUBLE = (
    httpx.HTTPError,
    msgspec.MsgspecError,
    socketio.exceptions.SocketIOError,
    OSError,
    TimeoutError,
)
"""What may go wrong between us and a server that comes and goes."""


class Turned(Exception):
    """The server answered, and not with a success. `status` is 0 for a refusal on the socket."""

    def __init__(self, status: int, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(f"{status} {message}")
        self.status = status
        self.retry_after_s = retry_after_s


@dataclass(slots=True, kw_only=True)
class Talk:
    """A conversation with the desk. `facts` fill the phrases: number, item, origin, destination."""

    id: str
    facts: dict[str, str]
    is_open: bool = True
    """Whether there is still something to be talked about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A message of a conversation; `author` is an account's id, empty for the platform itself."""

    talk: str
    id: str
    text: str
    author: str
    at: str = ""
    """ISO 8601, where the platform tells."""


class Ear(Protocol):
    """Who is told what happens. None of these may take long."""

    def heard(self, message: Heard) -> None:
        """A message came, perhaps an own one."""
        ...

    def typing(self, talk: str, author: str) -> None:
        """Somebody has begun to type; `talk` is empty where the platform does not say."""
        ...

    def read(self, talk: str, reader: str) -> None:
        """Somebody has read; `talk` is empty where the platform does not say."""
        ...

    def status(self, talk: str, status: str) -> None:
        """The order that a conversation is about has another status."""
        ...


@dataclass(slots=True)
class _Echoes:
    """Texts that were handed to a socket and wait for what the server says to them, oldest first."""

    waiting: dict[str, asyncio.Future[None]] = field(default_factory=dict)

    def came(self, text: str) -> None:
        future = self.waiting.get(text)
        if future is not None and not future.done():
            future.set_result(None)

    def fail(self, problem: Exception) -> None:
        for future in self.waiting.values():
            if not future.done():
                future.set_exception(problem)


class Tongue(ABC):
    """An account with its HTTP client and its socket. Use as an asynchronous context manager.

    Every method that asks the server raises Turned, or what TROUBLE names.
    """

    platform: ClassVar[str]
    socket_path: ClassVar[str] = "socket.io"
    auth_field: ClassVar[str] = "token"
    events: ClassVar[tuple[str, ...]]
    """What the server says that matters; `take` gets these."""

    def __init__(self, base_url: str, login: str, password: str, role: str = "") -> None:
        """login: the e-mail address. role: what to sign in as, where the platform asks."""
        self.login = login
        self.user_id = ""
        self._base_url = base_url
        self._password = password
        self._role = role
        self._token = ""
        self._http = httpx.AsyncClient(base_url=base_url, timeout=REQUEST_TIMEOUT_S, trust_env=False)
        self._socket: Any = None
        self._echoes = _Echoes()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    # -- what a platform brings

    @abstractmethod
    async def sign_in(self) -> None:
        """Get a token, and find out who we are."""

    @abstractmethod
    async def talks(self) -> list[Talk]:
        """The conversations of this account with the desk."""

    @abstractmethod
    async def history(self, talk: Talk) -> list[Heard]:
        """The newest messages of a conversation, oldest first."""

    @abstractmethod
    def take(self, event: str, payload: Any, ear: Ear) -> None:
        """One of `events` came; raises MsgspecError for what cannot be read."""

    @abstractmethod
    async def typing(self, talk: str, *, is_typing: bool) -> None:
        """Tell that we type, or no longer."""

    @abstractmethod
    async def say(self, talk: str, text: str) -> None:
        """Send a text; returns once the server has it."""

    @abstractmethod
    async def mark_read(self, message: Heard) -> None:
        """Tell that we have read up to a message."""

    @abstractmethod
    async def enter(self, talks: Sequence[Talk]) -> None:
        """Right after connecting: take a place in the conversations, where the platform wants it."""

    # -- what all of them share

    @contextlib.asynccontextmanager
    async def listening(self, ear: Ear, gone: asyncio.Event) -> AsyncIterator[None]:
        """Be connected; `gone` is set when the connection is lost."""
        # A session of ours: the client leaves its own one open where the connection fails or the server goes.
        async with aiohttp.ClientSession() as session, self._connected(session, ear, gone):
            yield

    @contextlib.asynccontextmanager
    async def _connected(
        self, session: aiohttp.ClientSession, ear: Ear, gone: asyncio.Event
    ) -> AsyncIterator[None]:
        client = socketio.AsyncClient(
            reconnection=False, handle_sigint=False, logger=_silent("socketio"), http_session=session
        )
        for event in self.events:
            client.on(event, self._handler(event, ear))

        async def on_disconnect(*_reason: Any) -> None:
            self._echoes.fail(ConnectionError("the connection is lost"))
            gone.set()

        client.on("disconnect", on_disconnect)
        await client.connect(
            self._base_url,
            auth={self.auth_field: self._token},
            transports=["websocket"],
            socketio_path=self.socket_path,
            wait_timeout=CONNECT_TIMEOUT_S,
        )
        self._socket = client
        try:
            yield
        finally:
            self._socket = None
            await client.disconnect()

    def _handler(self, event: str, ear: Ear) -> Callable[..., Coroutine[Any, Any, None]]:
        async def handle(payload: Any = None) -> None:
            try:
                self.take(event, payload, ear)
            except msgspec.MsgspecError:
                log.warning("%s: a %s that cannot be read", self.platform, event)

        return handle

    async def emit(self, event: str, payload: Any) -> None:
        """Say something on the socket."""
        if self._socket is None:
            raise ConnectionError("not connected")
        await self._socket.emit(event, payload)

    async def emit_and_wait(self, event: str, payload: Any, text: str) -> None:
        """Send a text on the socket and wait until it comes back, or is refused."""
        future = self._echoes.waiting[text] = asyncio.get_running_loop().create_future()
        try:
            await self.emit(event, payload)
            await asyncio.wait_for(future, ECHO_TIMEOUT_S)
        finally:
            del self._echoes.waiting[text]

    def came_back(self, text: str) -> None:
        """An own text stands in its conversation."""
        self._echoes.came(text)

    def refused(self, message: str, retry_after_s: float | None = None) -> None:
        """The server said no to what was emitted; it does not say to which."""
        self._echoes.fail(Turned(0, message[:200], retry_after_s or SLOW_DOWN_S))

    async def ask(
        self,
        method: str,
        route: str,
        answer: type[Data],
        body: Mapping[str, object] | None = None,
        query: Sequence[tuple[str, str]] = (),
    ) -> Data:
        """Call a route with the token; the body of the answer."""
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        said = await self._http.request(
            method, route, json=body, params=httpx.QueryParams(tuple(query)), headers=headers
        )
        if said.is_error:
            retry_after = said.headers.get("retry-after", "")
            wait_s = float(retry_after) if retry_after.isdigit() else None
            raise Turned(said.status_code, said.text[:200], wait_s)
        return msgspec.json.decode(said.content, type=answer)


class Problem(msgspec.Struct):
    """An event `error`, as most platforms word it."""

    message: str = ""
    retry_after: float | None = msgspec.field(default=None, name="retryAfter")


def _silent(name: str) -> logging.Logger:
    logger = logging.getLogger(f"{__name__}.{name}")
    logger.setLevel(logging.CRITICAL)
    return logger
