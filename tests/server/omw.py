"""A small town on a server of its own in the test's loop: customers, workers, bookings made as needed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import socketio

from chatdesk.server.chat_server import ChatServer
from chatdesk.server.core.accounts import Person
from chatdesk.server.core.clock import Clock
from chatdesk.server.core.service import Core, Ground
from chatdesk.server.core.tables import Order, User
from chatdesk.server.dialect import Choices, Variant
from chatdesk.server.dialects.omw.app import DIALECT
from chatdesk.server.dialects.omw.making import begin_session, book, offer
from chatdesk.server.dialects.omw.vocabulary import PROFILE_ID
from chatdesk.server.run import _config, _listen, _WebServer
from chatdesk.wire.omw import names
from tests.server.people import unique

WAIT_S = 15.0
MINUTE_MS = 60_000


class HandClock:
    """A clock that a test puts forward."""

    def __init__(self) -> None:
        self.ahead_ms = 0

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000 + self.ahead_ms

    def monotonic_s(self) -> float:
        return time.monotonic() + self.ahead_ms / 1_000


class Ear:
    """A connection that remembers what it hears."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, Any]] = []
        self.refusal: Any = None
        self._changed = asyncio.Event()
        self.client = socketio.AsyncClient(reconnection=False, handle_sigint=False)
        self.client.on("*", self._remember)
        self.client.on("connect_error", self._refused)

    async def _remember(self, event: str, payload: Any = None) -> None:
        self.heard.append((event, payload))
        self._changed.set()

    async def _refused(self, reason: Any) -> None:
        self.refusal = reason

    async def refused(self, url: str, auth: Any, **more: Any) -> str:
        with pytest.raises(socketio.exceptions.ConnectionError):
            await self.client.connect(url, auth=auth, transports=["websocket"], wait_timeout=WAIT_S, **more)
        return str(self.refusal["message"])

    def all(self, event: str) -> list[Any]:
        return [payload for name, payload in self.heard if name == event]

    async def until(self, event: str, times: int = 1, *, where: Callable[[Any], bool] = bool) -> Any:
        """The so-manieth such payload; fails after WAIT_S."""
        end = time.monotonic() + WAIT_S
        while True:
            found = [payload for payload in self.all(event) if where(payload)]
            if len(found) >= times:
                return found[times - 1]
            self._changed.clear()
            try:
                await asyncio.wait_for(self._changed.wait(), end - time.monotonic())
            except TimeoutError:
                raise AssertionError(f"no {event} in {self.heard}") from None

    async def emit(self, event: str, payload: Any) -> None:
        await self.client.emit(event, payload)

    async def asked(self, event: str, payload: Any) -> str:
        """The text of the error that an event brings."""
        before = len(self.all(names.EVENT_ERROR))
        await self.emit(event, payload)
        return str((await self.until(names.EVENT_ERROR, before + 1))["message"])

    async def settled(self, session: int) -> None:
        """Everything emitted before was handled: events of one connection are handled in turn."""
        before = len(self.all(names.EVENT_HISTORY))
        await self.emit(names.EMIT_HISTORY, {"sessionId": session, "limit": 1})
        await self.until(names.EVENT_HISTORY, before + 1)


@dataclass
class Dweller:
    """Somebody signed in."""

    http: httpx.AsyncClient
    user: User
    token: str
    role: str

    @property
    def id(self) -> int:
        return int(self.user.id)

    async def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}", **more.pop("headers", {})}
        return await self.http.request(method, path, headers=headers, **more)

    async def get(self, path: str, **query: Any) -> Any:
        answer = await self.ask("GET", path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def sessions(self) -> list[dict[str, Any]]:
        return list((await self.get(names.ROUTE_SESSIONS))["sessions"])

    async def detail(self, session: int) -> Any:
        return (await self.get(names.ROUTE_SESSION.format(session_id=session)))["session"]

    async def history(self, session: int, **query: Any) -> Any:
        return await self.get(names.ROUTE_MESSAGES.format(session_id=session), **query)

    async def texts(self, session: int) -> list[str]:
        return [one["content"] for one in (await self.history(session, limit=200))["messages"]]

    async def send(self, session: int, text: str, **more: Any) -> httpx.Response:
        body = {"content": text, **more}
        return await self.ask("POST", names.ROUTE_MESSAGES.format(session_id=session), json=body)

    async def upload(self, name: str, content: bytes, kind: str) -> httpx.Response:
        return await self.ask("POST", names.ROUTE_UPLOAD, files={"file": (name, content, kind)})

    @asynccontextmanager
    async def socket(self, *, heard: int | None = None) -> AsyncIterator[Ear]:
        """A connection; `heard` = a session in which it surely hears, for servers that are deaf at first."""
        ear = Ear()
        url = str(self.http.base_url)
        await ear.client.connect(
            url, auth={"token": self.token}, transports=["websocket"], wait_timeout=WAIT_S
        )
        try:
            while heard is not None and not ear.all(names.EVENT_JOINED):
                await ear.emit(names.EMIT_JOIN, {"sessionId": heard})
                await asyncio.sleep(0.05)
            yield ear
        finally:
            await ear.client.disconnect()


@dataclass
class Town:
    """Everybody at one server."""

    url: str
    server: ChatServer
    http: httpx.AsyncClient
    clock: HandClock = field(default_factory=HandClock)

    @property
    def core(self) -> Core:
        return self.server.core

    async def add(self, role: str, *, name: str = "", profile: int | None = None, **more: Any) -> Dweller:
        """A new account, signed in; workers have a profile with their own number unless another is given."""
        name = name or unique(role)
        phone = more.pop("phone", None) or f"555{time.time_ns() % 10**9}"
        async with self.core.database.writing() as session:
            user = self.core.accounts.add(
                session,
                email=f"{name.replace(' ', '.')}@example.test",
                password_hash=more.pop("password_hash", ""),
                role=role,
                confirmed=more.pop("confirmed", True),
                person=Person(name=name, phone=phone, **more),
            )
            await session.flush()
            if role == names.ROLE_WORKER or names.ROLE_WORKER in user.more_roles:
                user.profile = {PROFILE_ID: profile if profile is not None else int(user.id)}
        return await self.signed_in(user, role)

    async def signed_in(self, user: User, role: str, *, ttl_s: int | None = None) -> Dweller:
        signed = await self.core.accounts.issue(user, role, ttl_s=ttl_s)
        return Dweller(self.http, user, signed.access_token, role)

    async def pair(self) -> tuple[Dweller, Dweller]:
        return await self.add(names.ROLE_WORKER), await self.add(names.ROLE_CUSTOMER)

    async def booking(
        self,
        customer: Dweller,
        worker: Dweller | None = None,
        status: str = names.STATUS_ASSIGNED,
        **more: Any,
    ) -> int:
        """A booking, of this worker if one is named."""
        details = {
            "service": {"name": "Sink repair", "description": "Fix a sink", "subcategory_id": 11},
            "price": 60,
            "estimated_cost": 60,
            "total_amount": 60,
            "address": "1 Test Street",
            "scheduled_time": "2026-11-20 15:00:00",
            **more,
        }
        async with self.core.database.writing() as session:
            order = await book(
                self.core,
                session,
                customer.user.id,
                details,
                status=status,
                at_ms=self.core.clock.now_ms(),
                worker_id=worker.user.id if worker else None,
            )
        return int(order.id)

    async def offered(self, booking: int, worker: Dweller, status: str = names.STATUS_PENDING) -> int:
        """A request to a worker to carry out a booking."""
        async with self.core.database.writing() as session:
            order = await session.get_one(Order, str(booking))
            made = await offer(
                self.core, session, order, worker.user.id, at_ms=self.core.clock.now_ms(), status=status
            )
        return int(made.id.removeprefix("r"))

    async def chat(self, customer: Dweller, worker: Dweller, **more: Any) -> tuple[int, int]:
        """An active session, and its booking."""
        booking = await self.booking(customer, worker, **more)
        async with self.core.database.writing() as session:
            order = await session.get_one(Order, str(booking))
            made = await begin_session(self.core, session, order, at_ms=self.core.clock.now_ms())
        return int(made.id), booking


@asynccontextmanager
async def town(folder: Path, variant: Variant = Variant.PROMISED, **choices: Any) -> AsyncIterator[Town]:
    """A server of this variant over this folder, with nobody in it; raises nothing of its own."""
    clock = HandClock()
    time_of: Clock = clock
    server = DIALECT.build(Ground(folder, time_of), Choices(**choices), variant)
    await server.open()
    listener = _listen("127.0.0.1", 0)
    web = _WebServer(_config(server))
    serving = asyncio.create_task(web.serve(sockets=[listener]), name="web server")
    await web.listening.wait()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    try:
        async with httpx.AsyncClient(base_url=url, timeout=WAIT_S) as http:
            yield Town(url, server, http, clock)
    finally:
        await server.close_connections()
        web.should_exit = True
        await serving
        listener.close()
        await server.close()
        for task in asyncio.all_tasks():
            # Each sleeps until the next ping of a connection that has long gone.
            if getattr(task.get_coro(), "__qualname__", "") == "AsyncSocket._send_ping":
                task.cancel()


@asynccontextmanager
async def without_database(place: Town) -> AsyncIterator[None]:
    """While this lasts the file of the database is not where it was."""
    # Nothing may be reading when every connection is closed.
    await place.server.sockets.finish()
    path = place.core.database.path
    aside = path.with_name("away")
    await place.core.database.close()
    path.rename(aside)
    path.mkdir()
    try:
        yield
    finally:
        path.rmdir()
        aside.rename(path)
