"""People of StepperGO as clients of a real server: httpx for routes, python-socketio for events."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import socketio

from chatdesk.server.core.clock import Clock
from chatdesk.server.core.service import Ground
from chatdesk.server.demo.cast import PASSWORD
from chatdesk.server.demo.steppergo import seed_steppergo
from chatdesk.server.dialect import Choices, Variant
from chatdesk.server.dialects.steppergo.app import build
from chatdesk.server.run import _config, _listen, _WebServer
from chatdesk.wire.steppergo import names

WAIT_S = 15.0
DEFAULTS = Choices()
_sessions: dict[tuple[str, str], dict[str, Any]] = {}


class Rider:
    """Somebody signed in."""

    def __init__(self, http: httpx.AsyncClient, answer: dict[str, Any]) -> None:
        self.http = http
        self.token: str = answer["session"]["token"]
        self.id: str = answer["user"]["id"]
        self.name: str = answer["user"]["name"]
        self.record_id: str = answer.get("driver", {}).get("id", "")

    async def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}", **more.pop("headers", {})}
        return await self.http.request(method, path, headers=headers, **more)

    async def get(self, path: str) -> Any:
        answer = await self.ask("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    async def history(self, trip: str) -> dict[str, Any]:
        return dict(await self.get(names.ROUTE_HISTORY.format(trip_id=trip)))

    async def send(self, trip: str, text: str, **more: Any) -> httpx.Response:
        return await self.ask("POST", names.ROUTE_SEND, json={"tripId": trip, "content": text, **more})

    async def sent(self, trip: str, text: str, **more: Any) -> dict[str, Any]:
        answer = await self.send(trip, text, **more)
        assert answer.status_code == 200, answer.text
        return dict(answer.json()["data"])

    @asynccontextmanager
    async def socket(self, *trips: str) -> AsyncIterator[Ear]:
        """A connection that has joined these trips."""
        ear = Ear()
        await ear.connect(str(self.http.base_url), self.token)
        try:
            for trip in trips:
                await ear.join(trip)
            yield ear
        finally:
            await ear.client.disconnect()


class Ear:
    """A connection that remembers what it hears."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, Any]] = []
        self._changed = asyncio.Event()
        self.refusal: Any = None
        self.client = socketio.AsyncClient(reconnection=False, handle_sigint=False)
        self.client.on("*", self._remember)
        self.client.on("disconnect", self._gone)
        self.client.on("connect_error", self._refused)

    async def connect(self, url: str, token: Any) -> None:
        auth = None if token is None else {"token": token}
        path = names.SOCKETIO_PATH
        await self.client.connect(
            url, auth=auth, socketio_path=path, transports=["websocket"], wait_timeout=WAIT_S
        )

    async def refused(self, url: str, token: Any) -> str:
        with pytest.raises(socketio.exceptions.ConnectionError):
            await self.connect(url, token)
        return str(self.refusal["message"])

    async def _remember(self, event: str, payload: Any) -> None:
        self.heard.append((event, payload))
        self._changed.set()

    async def _gone(self, *_reason: Any) -> None:
        self._changed.set()

    async def _refused(self, reason: Any) -> None:
        self.refusal = reason

    def all(self, event: str) -> list[Any]:
        return [payload for name, payload in self.heard if name == event]

    async def _until(self, found: Callable[[], Any], what: str) -> Any:
        end = time.monotonic() + WAIT_S
        while not (result := found()):
            self._changed.clear()
            try:
                await asyncio.wait_for(self._changed.wait(), end - time.monotonic())
            except TimeoutError:
                raise AssertionError(f"no {what} in {self.heard}") from None
        return result

    async def until(self, event: str, where: Callable[[Any], bool] = bool) -> Any:
        """The first such payload; fails after WAIT_S."""
        found = await self._until(lambda: [one for one in self.all(event) if where(one)], event)
        return found[0]

    async def closed(self) -> None:
        """The server has ended it."""
        await self._until(lambda: not self.client.connected, "end of the connection")

    async def join(self, trip: str) -> str:
        """The id of the conversation."""
        await self.client.emit(names.EMIT_JOIN, {"tripId": trip})
        joined = await self.until(names.EVENT_JOINED, lambda one: one["tripId"] == trip)
        return str(joined["conversationId"])

    async def error_after(self, event: str, *payload: Any) -> dict[str, Any]:
        """What is wrong with this event."""
        before = len(self.all(names.EVENT_ERROR))
        await self.client.emit(event, *payload)
        await self._until(lambda: len(self.all(names.EVENT_ERROR)) > before, "error")
        return dict(self.all(names.EVENT_ERROR)[before])

    async def settled(self) -> None:
        """Everything emitted before was handled: events of one connection are handled in turn."""
        await self.error_after(names.EMIT_SUBSCRIBE, {})


class Rides:
    """Everybody at one server; one sign-in each serves every test."""

    def __init__(self, url: str, http: httpx.AsyncClient) -> None:
        self.url = url
        self.http = http

    async def login(self, email: str, *, driver: bool = False, **more: Any) -> httpx.Response:
        path = names.ROUTE_DRIVER_LOGIN if driver else names.ROUTE_LOGIN
        return await self.http.post(path, json={"email": email, "password": PASSWORD, **more})

    async def rider(self, email: str, *, driver: bool = False, fresh: bool = False) -> Rider:
        if fresh or (self.url, email) not in _sessions:
            answer = await self.login(email, driver=driver)
            assert answer.status_code == 200, answer.text
            if fresh:
                return Rider(self.http, answer.json())
            _sessions[self.url, email] = answer.json()
        return Rider(self.http, _sessions[self.url, email])

    async def trip(self, title: str) -> str:
        """The id of a trip of the demonstration, in whatever status it is."""
        for status in names.STATUS_LABELS:
            answer = await self.http.get(names.ROUTE_TRIPS, params={"status": status})
            for one in answer.json()["data"]:
                if one["title"] == title:
                    return str(one["id"])
        raise LookupError(title)


@asynccontextmanager
async def rides(url: str) -> AsyncIterator[Rides]:
    async with httpx.AsyncClient(base_url=url, timeout=20, trust_env=False) as http:
        yield Rides(url, http)


class Hands:
    """A clock that stands until it is put forward."""

    def __init__(self) -> None:
        self.at_s = 1_795_000_000.0

    def now_ms(self) -> int:
        return int(self.at_s * 1_000)

    def monotonic_s(self) -> float:
        return self.at_s


@asynccontextmanager
async def listening(
    folder: Path, clock: Clock | None = None, choices: Choices = DEFAULTS
) -> AsyncIterator[str]:
    """The address of a server in this process, over real sockets, whose timers follow this loop."""
    server = build(Ground(folder, clock), choices, Variant.PROMISED)
    await server.open()
    await seed_steppergo(server.core)
    listener = _listen("127.0.0.1", 0)
    web = _WebServer(_config(server))
    serving = asyncio.create_task(web.serve(sockets=[listener]))
    try:
        await web.listening.wait()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        await server.close_connections()
        web.should_exit = True
        await serving
        await server.close()
        for task in asyncio.all_tasks():
            # Each sleeps until the next ping of a connection that has long gone.
            if getattr(task.get_coro(), "__qualname__", "") == "AsyncSocket._send_ping":
                task.cancel()
