"""People of the marketplace as clients of a real server: httpx for routes, python-socketio for events."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
import socketio

from chatdesk.server.core.service import DATABASE_NAME, Ground
from chatdesk.server.demo.cast import PASSWORD
from chatdesk.server.demo.market import BUYER_EMAIL, SELLER_EMAIL, TRADERS, seed_market
from chatdesk.server.dialect import Choices, Variant
from chatdesk.server.dialects.marketplace.app import DIALECT
from chatdesk.wire.marketplace import names
from tests.server.people import unique
from tests.server.test_core import FakeClock

WAIT_S = 15.0
_tokens: dict[tuple[str, str], dict[str, Any]] = {}


class Trader:
    """Somebody signed in."""

    def __init__(self, http: httpx.AsyncClient, email: str, answer: dict[str, Any]) -> None:
        self.http = http
        self.email = email
        self.token: str = answer["token"]
        self.id: str = answer["data"]["id"]
        self.kind: str = answer["data"]["userType"].capitalize()
        self.claims: dict[str, Any] = jwt.decode(self.token, options={"verify_signature": False})

    async def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}", **more.pop("headers", {})}
        return await self.http.request(method, path, headers=headers, **more)

    async def get(self, path: str, **query: Any) -> Any:
        answer = await self.ask("GET", path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def letter(self, other: Trader, text: str, **more: Any) -> dict[str, Any]:
        return {
            "recipient_id": other.id,
            "recipient_type": other.kind,
            "subject": names.SUBJECT,
            "message": text,
            "message_type": names.TOPIC_GENERAL,
            **more,
        }

    async def send(self, other: Trader, text: str, **more: Any) -> httpx.Response:
        return await self.ask("POST", names.ROUTE_SEND, json=self.letter(other, text, **more))

    async def sent(self, other: Trader, text: str, **more: Any) -> dict[str, Any]:
        answer = await self.send(other, text, **more)
        assert answer.status_code == 201, answer.text
        return dict(answer.json()["data"])

    async def talk(self, other: Trader) -> list[dict[str, Any]]:
        path = names.ROUTE_CONVERSATION.format(party=other.id, kind=other.kind)
        return list((await self.get(path))["data"])

    async def unread(self) -> int:
        return int((await self.get(names.ROUTE_UNREAD_COUNT))["data"]["count"])

    @asynccontextmanager
    async def socket(self, token: str | None = None) -> AsyncIterator[Ear]:
        ear = Ear()
        await ear.client.connect(
            str(self.http.base_url),
            auth={"token": self.token if token is None else token},
            transports=["websocket"],
            wait_timeout=WAIT_S,
        )
        try:
            await ear.client.emit(names.EMIT_REGISTER, self.id)
            await ear.until(names.EVENT_ONLINE_USERS, where=lambda there: self.id in there)
            yield ear
        finally:
            await ear.client.disconnect()


class Ear:
    """A connection that remembers what it hears."""

    EVENTS = (
        names.EVENT_NEW_MESSAGE,
        names.EVENT_DELIVERED,
        names.EVENT_UPDATED,
        names.EVENT_READ,
        names.EVENT_TYPING,
        names.EVENT_STATUS,
        names.EVENT_ONLINE_USERS,
        "error",
    )

    def __init__(self) -> None:
        self.heard: list[tuple[str, Any]] = []
        self._changed = asyncio.Event()
        self.refusal: Any = None
        self.client = socketio.AsyncClient(reconnection=False, handle_sigint=False)
        for event in self.EVENTS:
            self.client.on(event, self._remember(event))
        self.client.on("connect_error", self._on_refusal)

    def _remember(self, event: str) -> Callable[[Any], Any]:
        async def remember(payload: Any) -> None:
            self.heard.append((event, payload))
            self._changed.set()

        return remember

    async def _on_refusal(self, reason: Any) -> None:
        self.refusal = reason

    async def refused(self, url: str, auth: dict[str, Any] | None) -> str:
        with pytest.raises(socketio.exceptions.ConnectionError):
            await self.client.connect(url, auth=auth, transports=["websocket"], wait_timeout=WAIT_S)
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

    async def settled(self) -> None:
        """Everything emitted before was handled: events of one connection are handled in turn."""
        before = len(self.all(names.EVENT_ONLINE_USERS))
        await self.client.emit(names.EMIT_ASK_ONLINE, {})
        await self.until(names.EVENT_ONLINE_USERS, before + 1)


class Market:
    """Everybody at one server; one sign-in each serves every test."""

    def __init__(self, url: str, http: httpx.AsyncClient | None = None) -> None:
        self.url = url
        self.http = http or httpx.AsyncClient(base_url=url, timeout=10, trust_env=False)

    async def login(
        self, email: str, password: str = PASSWORD, path: str = names.ROUTE_LOGIN
    ) -> httpx.Response:
        return await self.http.post(path, json={"email": email, "password": password})

    async def trader(self, email: str) -> Trader:
        if (self.url, email) not in _tokens:
            answer = await self.login(email)
            assert answer.status_code == 200, answer.text
            _tokens[self.url, email] = answer.json()
        return Trader(self.http, email, _tokens[self.url, email])


async def pair(place: Market) -> tuple[Trader, Trader]:
    """The seller before the window, and a buyer."""
    return await place.trader(SELLER_EMAIL), await place.trader(BUYER_EMAIL)


@asynccontextmanager
async def market(url: str) -> AsyncIterator[Market]:
    place = Market(url)
    try:
        yield place
    finally:
        await place.http.aclose()


@asynccontextmanager
async def in_process(
    folder: Path, variant: Variant, clock: FakeClock | None = None, **chosen: Any
) -> AsyncIterator[Market]:
    """A server without a network, with the people of the demonstration; routes only."""
    server = DIALECT.build(Ground(folder, clock), Choices(**chosen), variant)
    await server.open()
    await seed_market(server.core)
    url = f"http://{unique('shop').replace(' ', '-')}.test"
    client = httpx.AsyncClient(base_url=url, transport=httpx.ASGITransport(app=server.app))
    try:
        yield Market(url, client)
    finally:
        await client.aclose()
        await server.close()


def note(folder: Path, email: str, facts: dict[str, Any]) -> None:
    """Change what a server's database knows of a person, as the platform's administration may do."""
    with closing(sqlite3.connect(folder / DATABASE_NAME)) as database:
        say = "UPDATE users SET profile = json_patch(profile, ?) WHERE email = ?"
        database.execute(say, (json.dumps(facts), email))
        database.commit()


def fill_in(folder: Path, *emails: str) -> None:
    """Write down what these people are in messages, as whoever runs a recorded server may do."""
    for email in emails:
        role = next(one.role for one in TRADERS if one.email == email)
        note(folder, email, {"role": role.capitalize()})
