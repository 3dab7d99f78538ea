"""One account of the demonstration at a real server: signs in, calls routes, keeps a socket, comes back."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import logging
import uuid
from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx
import msgspec
import socketio

from chatdesk.wire.dispatcher import names, shapes

REQUEST_TIMEOUT_S = 5.0
CONNECT_TIMEOUT_S = 5.0
RETRY_S = (0.2, 0.5, 1.0, 2.0)
HISTORY_LIMIT = 200

Data = TypeVar("Data")
OnEvent = Callable[[str, Any], None]

TROUBLE = (httpx.HTTPError, msgspec.MsgspecError, socketio.exceptions.SocketIOError, OSError, TimeoutError)
"""What may go wrong between us and a server that comes and goes."""


class Turned(Exception):
    """The server answered, and not with a success."""

    def __init__(self, status: int, message: str, retry_after_s: float | None) -> None:
        super().__init__(f"{status} {message}")
        self.status = status
        self.retry_after_s = retry_after_s


class Visitor:
    """An account with its HTTP client. Use as an asynchronous context manager."""

    def __init__(self, base_url: str, email: str, password: str) -> None:
        self.email = email
        self.user_id = ""
        self._base_url = base_url
        self._password = password
        self._token = ""
        self._http = httpx.AsyncClient(base_url=base_url, timeout=REQUEST_TIMEOUT_S, trust_env=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def sign_in(self) -> None:
        """Get a token, and from its payload who we are."""
        body = {"email": self.email, "password": self._password}
        data = await self._ask("POST", names.ROUTE_LOGIN, shapes.Success[shapes.LoginData], body)
        self._token = data.access_token
        payload = self._token.split(".")[1]
        claims = msgspec.json.decode(_unpadded(payload), type=shapes.TokenClaims)
        self.user_id = claims.user_id

    async def orders(self) -> list[shapes.OrderDetail]:
        """Every order this account may see, with its detail."""
        query = [("page", "1"), ("limit", "100"), ("search", "")]
        query += [(names.QUERY_STATUS, status) for status in names.STATUS_LABELS]
        items = await self._ask(
            "GET", names.ROUTE_ORDERS, shapes.Success[list[shapes.OrderItem]], query=query
        )
        return [
            await self._ask(
                "GET",
                names.ROUTE_ORDER.format(order_number=item.order_number),
                shapes.Success[shapes.OrderDetail],
            )
            for item in items
        ]

    async def history(self, order_id: str) -> list[shapes.MessageRecord]:
        """The newest messages of an order, newest first."""
        return await self._ask(
            "GET",
            names.ROUTE_HISTORY.format(order_id=order_id),
            shapes.Success[list[shapes.MessageRecord]],
            query=[("page", "1"), ("limit", str(HISTORY_LIMIT))],
        )

    async def send(self, order_id: str, text: str, client_id: str) -> None:
        """Send a text; the same client id again changes nothing, so it may be repeated until it passes."""
        body = {"orderId": order_id, "message": text, names.CLIENT_ID_FIELD: client_id}
        await self._ask("POST", names.ROUTE_SEND, shapes.Success[shapes.MessageRecord], body)

    async def set_status(self, order_id: str, status: str) -> None:
        """Change an order's status; for an admin."""
        route = names.ROUTE_ORDER_STATUS.format(order_id=order_id)
        await self._ask("PUT", route, shapes.Success[shapes.OrderRecord], {"status": status})

    @contextlib.asynccontextmanager
    async def socket(self, on_event: OnEvent, gone: asyncio.Event) -> Any:
        """A Socket.IO connection; `gone` is set when it is lost. Raises what TROUBLE names."""
        client = socketio.AsyncClient(reconnection=False, handle_sigint=False, logger=_silent("socketio"))
        for event in (names.EVENT_NEW_MESSAGE, names.EVENT_ORDER_UPDATED):
            client.on(event, _handler(event, on_event))

        async def on_disconnect(*_reason: Any) -> None:
            gone.set()

        client.on("disconnect", on_disconnect)
        await client.connect(
            self._base_url,
            auth={names.AUTH_TOKEN_FIELD: self._token},
            transports=["websocket"],
            wait_timeout=CONNECT_TIMEOUT_S,
        )
        try:
            yield client
        finally:
            await client.disconnect()

    async def _ask(
        self,
        method: str,
        route: str,
        envelope: type[shapes.Success[Data]],
        body: dict[str, str] | None = None,
        query: Sequence[tuple[str, str]] = (),
    ) -> Data:
        headers = {"Authorization": f"{names.AUTH_SCHEME} {self._token}"} if self._token else {}
        answer = await self._http.request(
            method, route, json=body, params=httpx.QueryParams(tuple(query)), headers=headers
        )
        if answer.is_error:
            retry_after = answer.headers.get(names.HEADER_RETRY_AFTER, "")
            wait_s = float(retry_after) if retry_after.isdigit() else None
            raise Turned(answer.status_code, answer.text[:200], wait_s)
        return msgspec.json.decode(answer.content, type=envelope).data


async def keep_at_it(visit: Callable[[], Awaitable[None]], stop: asyncio.Event, who: str) -> None:
    """Visit again and again until told to stop, whatever happens to the server in between."""
    log = logging.getLogger(__name__)
    failures = 0
    while not stop.is_set():
        try:
            await visit()
            failures = 0
        except (Turned, *TROUBLE) as exc:
            log.info("%s: %s", who, type(exc).__name__)
        wait_s = RETRY_S[min(failures, len(RETRY_S) - 1)]
        failures += 1
        await rest(stop, wait_s)


async def rest(stop: asyncio.Event, seconds: float) -> bool:
    """Wait so long, or until told to stop; whether to stop."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
    return stop.is_set()


def new_client_id() -> str:
    """A client id that nobody has used."""
    return uuid.uuid4().hex


def _handler(event: str, on_event: OnEvent) -> Callable[[Any], Awaitable[None]]:
    async def handle(payload: Any) -> None:
        on_event(event, payload)

    return handle


def _unpadded(payload: str) -> bytes:
    return base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))


def _silent(name: str) -> logging.Logger:
    logger = logging.getLogger(f"{__name__}.{name}")
    logger.setLevel(logging.CRITICAL)
    return logger
