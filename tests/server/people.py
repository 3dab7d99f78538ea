"""People of the demonstration as clients of a real server: httpx for routes, python-socketio for events."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import jwt
import pytest
import socketio

from chatdesk.server.demo.cast import ADMIN_EMAIL, CARRIERS, DESK_EMAIL, PASSWORD
from chatdesk.wire.dispatcher import names

OWNER_EMAIL = CARRIERS[3].email
STRANGER_EMAIL = CARRIERS[4].email
QUIET_EMAIL = CARRIERS[0].email
"""A carrier of whom only tests of their own speak."""
WAIT_S = 15.0

_numbers = itertools.count(1)
_logins: dict[tuple[str, str], dict[str, str]] = {}
_details: dict[tuple[str, str], dict[str, Any]] = {}


def unique(text: str = "text") -> str:
    """A text that no other test sends."""
    return f"{text} {next(_numbers)} {time.time_ns()}"


class Person:
    """Somebody signed in: `get`, `post` and so on answer the HTTP response, with their token."""

    def __init__(self, http: httpx.AsyncClient, email: str, data: dict[str, Any]) -> None:
        self.http = http
        self.email = email
        self.token: str = data["accessToken"]
        self.refresh_token: str = data["refreshToken"]
        self.claims: dict[str, Any] = jwt.decode(self.token, options={"verify_signature": False})
        self.id: str = self.claims["userId"]

    async def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}", **more.pop("headers", {})}
        return await self.http.request(method, path, headers=headers, **more)

    async def get(self, path: str, **query: Any) -> httpx.Response:
        return await self.ask("GET", path, params=query)

    async def post(self, path: str, body: Any = None) -> httpx.Response:
        return await self.ask("POST", path, json=body)

    async def send(self, order_id: str, text: str, **more: Any) -> httpx.Response:
        return await self.post(names.ROUTE_SEND, {"orderId": order_id, "message": text, **more})

    async def history(self, order_id: str, **query: Any) -> dict[str, Any]:
        answer = await self.get(names.ROUTE_HISTORY.format(order_id=order_id), **query)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def texts(self, order_id: str) -> list[str]:
        return [record["message"] for record in (await self.history(order_id, limit=500))["data"]]

    async def detail(self, order_number: str) -> dict[str, Any]:
        answer = await self.get(names.ROUTE_ORDER.format(order_number=order_number))
        assert answer.status_code == 200, answer.text
        return dict(answer.json()["data"])

    async def new_order(self, **changes: Any) -> dict[str, Any]:
        """Create an order of this carrier; its entry in the list."""
        commodity = unique("load")
        answer = await self.post(
            names.ROUTE_ORDER_CREATE, await self.order_form(commodity=commodity, **changes)
        )
        assert answer.status_code == 201, answer.text
        listed = await self.ask(
            "GET",
            names.ROUTE_ORDERS,
            params=[("page", "1"), ("limit", "1"), ("search", ""), (names.QUERY_STATUS, "pending")],
        )
        return dict(listed.json()["data"][0])

    async def order_form(self, **changes: Any) -> dict[str, Any]:
        url = str(self.http.base_url)
        if (url, self.email) not in _details:
            listed = await self.ask(
                "GET",
                names.ROUTE_ORDERS,
                params=[("page", "1"), ("limit", "10"), ("search", "")]
                + [(names.QUERY_STATUS, status) for status in names.STATUS_LABELS],
            )
            _details[url, self.email] = await self.detail(listed.json()["data"][-1]["orderNumber"])
        detail = _details[url, self.email]
        return {
            "contact": "Desk",
            "permitStartDate": "2026-12-24",
            "truckId": detail["truck"]["id"],
            "trailerId": detail["trailer"]["id"],
            "commodity": "Crane",
            "loadDims": "oversize",
            "lengthFt": 90,
            "lengthIn": 1,
            "widthFt": 12,
            "widthIn": 1,
            "heightFt": 15,
            "heightIn": 1,
            "rearOverhangFt": 4,
            "rearOverhangIn": 1,
            "legalWeight": "no",
            "originAddress": "Houston, TX",
            "destinationAddress": "El Paso, TX",
            "stops": [],
            **changes,
        }

    @asynccontextmanager
    async def socket(self, *rooms: str, token: str | None = None, **more: Any) -> AsyncIterator[Ear]:
        """A connection that has joined these rooms; every event it hears is in `heard`."""
        ear = Ear(self)
        await ear.client.connect(
            str(self.http.base_url),
            auth={"token": token or self.token},
            transports=more.get("transports", ["websocket"]),
            wait_timeout=WAIT_S,
        )
        try:
            for room in rooms:
                await ear.join(room)
            yield ear
        finally:
            await ear.client.disconnect()


class Ear:
    """A Socket.IO connection that remembers what it hears."""

    EVENTS = (
        names.EVENT_NEW_MESSAGE,
        names.EVENT_ORDER_UPDATED,
        names.EVENT_USER_TYPING,
        names.EVENT_MESSAGE_READ,
        names.EVENT_USER_JOINED,
        names.EVENT_USER_LEFT,
        names.EVENT_NOTIFICATION,
        names.EVENT_ERROR,
        names.EVENT_USER_PRESENCE,
    )

    def __init__(self, person: Person) -> None:
        self.person = person
        self.heard: list[tuple[str, Any]] = []
        self._changed = asyncio.Event()
        self.client = socketio.AsyncClient(reconnection=False, handle_sigint=False)
        self.gone = asyncio.Event()
        for event in self.EVENTS:
            self.client.on(event, self._remember(event))
        self.client.on("disconnect", self._on_disconnect)
        self.client.on("connect_error", self._on_refusal)
        self.refusal: Any = None

    def _remember(self, event: str) -> Callable[[Any], Any]:
        async def remember(payload: Any) -> None:
            self.heard.append((event, payload))
            self._changed.set()

        return remember

    async def _on_refusal(self, reason: Any) -> None:
        self.refusal = reason

    async def refused(self, **more: Any) -> str:
        """Try to connect in vain; the server's reason."""
        url = str(self.person.http.base_url)
        with pytest.raises(socketio.exceptions.ConnectionError):
            await self.client.connect(url, transports=["websocket"], wait_timeout=WAIT_S, **more)
        assert isinstance(self.refusal, dict), self.refusal
        return str(self.refusal["message"])

    async def _on_disconnect(self, *_reason: Any) -> None:
        self.gone.set()

    def all(self, event: str) -> list[Any]:
        return [payload for name, payload in self.heard if name == event]

    async def until(
        self, event: str, times: int = 1, *, where: Callable[[Any], bool] = bool, **like: Any
    ) -> Any:
        """The payload of the so-manieth such event whose fields are like these; fails after WAIT_S."""
        end = time.monotonic() + WAIT_S

        def fits(payload: Any) -> bool:
            return where(payload) and all(payload.get(key) == value for key, value in like.items())

        while True:
            found = [payload for payload in self.all(event) if fits(payload)]
            if len(found) >= times:
                return found[times - 1]
            self._changed.clear()
            try:
                await asyncio.wait_for(self._changed.wait(), end - time.monotonic())
            except TimeoutError:
                raise AssertionError(f"no {event} {like} in {self.heard}") from None

    async def join(self, order_id: str) -> None:
        """Join a room and wait until the server has done so."""
        await self.client.emit(names.EMIT_JOIN, order_id)
        await self.settled()

    async def settled(self) -> None:
        """Everything emitted before was handled: events of one connection are handled in turn."""
        before = len(self.all(names.EVENT_ERROR))
        await self.client.emit(names.EMIT_TYPING_STOP, "no id")
        end = time.monotonic() + WAIT_S
        while not any(
            error["message"].startswith(names.EMIT_TYPING_STOP)
            for error in self.all(names.EVENT_ERROR)[before:]
        ):
            assert time.monotonic() < end, "the server does not answer"
            await asyncio.sleep(0.002)
        self.heard = [
            (event, payload)
            for event, payload in self.heard
            if not (event == names.EVENT_ERROR and payload["message"].startswith(names.EMIT_TYPING_STOP))
        ]


class Town:
    """All people of the demonstration at one server; one sign-in each serves every test (it costs 0.1 s)."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = httpx.AsyncClient(base_url=url, timeout=10, trust_env=False, verify=False)

    async def person(self, email: str) -> Person:
        if (self.url, email) not in _logins:
            person = await self.sign_in(email)
            _logins[self.url, email] = {"accessToken": person.token, "refreshToken": person.refresh_token}
        return Person(self.http, email, _logins[self.url, email])

    async def sign_in(self, email: str) -> Person:
        answer = await self.http.post(names.ROUTE_LOGIN, json={"email": email, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        return Person(self.http, email, answer.json()["data"])

    async def desk(self) -> Person:
        return await self.person(DESK_EMAIL)

    async def admin(self) -> Person:
        return await self.person(ADMIN_EMAIL)

    async def desk_orders(self) -> list[dict[str, Any]]:
        """Every chat that the desk sees."""
        answer = await (await self.desk()).get(names.ROUTE_CHATS)
        return list(answer.json()["data"])

    async def owner(self) -> Person:
        """The carrier whose orders the tests create."""
        return await self.person(OWNER_EMAIL)

    async def stranger(self) -> Person:
        """A carrier who owns none of them."""
        return await self.person(STRANGER_EMAIL)


@asynccontextmanager
async def town(url: str) -> AsyncIterator[Town]:
    place = Town(url)
    try:
        yield place
    finally:
        await place.http.aclose()
