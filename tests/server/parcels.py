"""People of Fakomame as clients of a real server: httpx for routes, python-socketio for events."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import socketio

from chatdesk.server.demo.cast import PASSWORD
from chatdesk.wire.fakomame import names
from tests.server.people import unique

WAIT_S = 15.0
_signed: dict[tuple[str, str], dict[str, Any]] = {}
CONFIRMED = dict.fromkeys(
    ("legalCompliance", "damageInspection", "accurateDescription", "safetyMeasures", "termsAcceptance"), True
)


class Ear:
    """A connection that remembers what it hears."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, Any]] = []
        self.refusal: Any = None
        self._changed = asyncio.Event()
        self.client = socketio.AsyncClient(reconnection=False, handle_sigint=False)
        self.client.on("*", self._remember)
        self.client.on("connect_error", self._on_refusal)

    async def _remember(self, event: str, payload: Any) -> None:
        self.heard.append((event, payload))
        self._changed.set()

    async def _on_refusal(self, reason: Any) -> None:
        self.refusal = reason

    async def refused(self, url: str, auth: dict[str, Any] | None, **more: Any) -> str:
        with pytest.raises(socketio.exceptions.ConnectionError):
            await self.client.connect(url, auth=auth, transports=["websocket"], wait_timeout=WAIT_S, **more)
        return str(self.refusal["message"])

    async def emit(self, event: str, payload: Any) -> None:
        await self.client.emit(event, payload)

    def all(self, event: str, chat_id: str = "") -> list[Any]:
        return [
            payload
            for name, payload in self.heard
            if name == event and (not chat_id or payload.get("chatId") == chat_id)
        ]

    def texts(self, chat_id: str) -> list[str]:
        return [one["content"] for one in self.all(names.EVENT_MESSAGE, chat_id)]

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

    async def hears(self, text: str) -> Any:
        return await self.until(names.EVENT_MESSAGE, where=lambda one: one["content"] == text)

    async def settled(self) -> None:
        """Everything emitted before was handled: events of one connection are handled in turn."""
        mark = unique("settled")
        await self.emit(names.EMIT_JOIN, {"chatId": mark})
        await self.until(names.EVENT_ERROR, where=lambda one: one.get("chatId") == mark)


class Person:
    """Somebody signed in."""

    def __init__(self, place: Parcels, data: dict[str, Any]) -> None:
        self.place = place
        self.token: str = data["accessToken"]
        self.refresh_token: str = data["refreshToken"]
        self.user: dict[str, Any] = data["user"]
        self.id: str = data["user"]["id"]
        self.name = f"{self.user['firstName']} {self.user['lastName']}"

    async def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}", **more.pop("headers", {})}
        return await self.place.http.request(method, path, headers=headers, **more)

    async def get(self, path: str, **query: Any) -> Any:
        answer = await self.ask("GET", path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def refused(self, method: str, path: str, **more: Any) -> tuple[int, str]:
        """Status and sentence of a refusal."""
        answer = await self.ask(method, path, **more)
        body = answer.json()
        assert body["success"] is False
        return answer.status_code, body["error"]

    async def chat_with(self, other: Person) -> dict[str, Any]:
        """The chat of these two."""
        chats = (await self.get(names.ROUTE_CHATS))["data"]
        pair = {self.id, other.id}
        return next(one for one in chats if {who["userId"] for who in one["participants"]} == pair)

    async def history(self, chat_id: str, **query: Any) -> list[dict[str, Any]]:
        answer = await self.get(names.ROUTE_MESSAGES, chatId=chat_id, **query)
        return list(answer["data"]["data"])

    async def sent(self, chat_id: str, text: str, **more: Any) -> dict[str, Any]:
        body = {"chatId": chat_id, "content": text, **more}
        answer = await self.ask("POST", names.ROUTE_MESSAGES, json=body)
        assert answer.status_code == 200, answer.text
        return dict(answer.json()["data"])

    async def package(self, title: str, **more: Any) -> dict[str, Any]:
        """A new package of theirs."""
        return await self._put_up(names.ROUTE_PACKAGES, title, more)

    async def trip(self, title: str, **more: Any) -> dict[str, Any]:
        """A new trip of theirs."""
        return await self._put_up(names.ROUTE_TRIPS, title, more)

    async def _put_up(self, path: str, title: str, more: dict[str, Any]) -> dict[str, Any]:
        answer = await self.ask("POST", path, json={"title": title, **more})
        assert answer.status_code == 201, answer.text
        return dict(answer.json()["data"])

    async def confirm(self, package: str, trip: str, kind: str = names.CONFIRM_ASSIGNMENT) -> httpx.Response:
        body = {
            "packageId": package,
            "tripId": trip,
            "userId": self.id,
            "confirmationType": kind,
            "notification": names.NOTIFY_TRIP,
            "confirmations": CONFIRMED,
        }
        return await self.ask("POST", names.ROUTE_ASSIGNMENTS, json=body)

    @asynccontextmanager
    async def socket(self) -> AsyncIterator[Ear]:
        ear = Ear()
        await ear.client.connect(
            self.place.url, auth={"token": self.token}, transports=["websocket"], wait_timeout=WAIT_S
        )
        try:
            yield ear
        finally:
            await ear.client.disconnect()


class Parcels:
    """Everybody at one server; one sign-in each serves every test."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = httpx.AsyncClient(base_url=url, timeout=10, trust_env=False)

    async def login(self, email: str, password: str = PASSWORD, **more: Any) -> httpx.Response:
        return await self.http.post(names.ROUTE_LOGIN, json={"email": email, "password": password}, **more)

    async def person(self, email: str, *, anew: bool = False) -> Person:
        if anew or (self.url, email) not in _signed:
            answer = await self.login(email)
            assert answer.status_code == 200, answer.text
            _signed[self.url, email] = answer.json()["data"]
        return Person(self, _signed[self.url, email])


@asynccontextmanager
async def parcels(url: str) -> AsyncIterator[Parcels]:
    place = Parcels(url)
    try:
        yield place
    finally:
        await place.http.aclose()
