"""A thin Engine.IO 4 and Socket.IO 5 client: a connection that says and hears exactly what it is told to."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import aiohttp

OPEN, CLOSE, PING, PONG, MESSAGE, UPGRADE, NOOP = "0", "1", "2", "3", "4", "5", "6"
CONNECT, DISCONNECT, EVENT, ACK, CONNECT_ERROR = "0", "1", "2", "3", "4"
WEBSOCKET_ERROR = "websocket error"
POLL_ERROR = "xhr poll error"
OWN_CLOSE = "io client disconnect"
THEIR_CLOSE = "io server disconnect"
TRANSPORT_CLOSE = "transport close"

Heard = Callable[[str, list[Any]], None]
Texts = dict[str, str]


class Transport:
    """Packets to and from one Engine.IO session; `gone` is called once when it has ended by itself."""

    def __init__(self, session: aiohttp.ClientSession, packet: Callable[[str], None]) -> None:
        self.session = session
        self.packet = packet
        self.gone: Callable[[], None] = lambda: None
        self.count = 0
        """Packets heard."""
        self._echoes = 0
        self._echoed = asyncio.Event()
        self._reader: asyncio.Task[None] | None = None
        self.is_open = False

    async def send(self, packet: str) -> None:
        """Send one packet."""
        raise NotImplementedError

    async def close(self) -> None:
        """Close without a word, and wait for the end."""
        raise NotImplementedError

    def heard(self, packet: str) -> None:
        if packet == NOOP:
            self._echoes += 1
            self._echoed.set()
            return
        self.count += 1
        self.packet(packet)

    async def echo(self) -> None:
        """Wait until everything sent so far was heard, and everything said before that answer has arrived.

        An upgrade packet on a session that needs none is answered by a noop.
        """
        wanted = self._echoes + 1
        try:
            await self.send(UPGRADE)
        except (aiohttp.ClientError, ConnectionError):
            return
        while self.is_open and self._echoes < wanted:
            self._echoed.clear()
            await self._echoed.wait()

    def ended(self) -> None:
        was_open, self.is_open = self.is_open, False
        self._echoed.set()
        if was_open:
            self.gone()


class WebsocketTransport(Transport):
    """Over one websocket."""

    _socket: aiohttp.ClientWebSocketResponse | None = None

    async def open(self, url: str, headers: Texts) -> None:
        """Connect; raises aiohttp.ClientError."""
        self._socket = await self.session.ws_connect(
            url, headers=headers, autoping=True, max_msg_size=0, compress=0
        )
        self.is_open = True
        self._reader = asyncio.create_task(self._read(self._socket), name="conform websocket")

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            if message.type is aiohttp.WSMsgType.TEXT:
                self.heard(message.data)
        self.ended()

    async def send(self, packet: str) -> None:
        if self._socket is not None and not self._socket.closed:
            await self._socket.send_str(packet)

    @property
    def close_code(self) -> int | None:
        """What the other side gave as the reason; None = nothing was said."""
        return None if self._socket is None else self._socket.close_code

    async def close(self) -> None:
        self.is_open = False
        self._echoed.set()
        if self._socket is not None:
            await self._socket.close()
        if self._reader is not None:
            await self._reader


class RawSocket(WebsocketTransport):
    """A websocket without a client library: its packets are told as they are."""

    def __init__(self, session: aiohttp.ClientSession, tell: Heard) -> None:
        super().__init__(session, self._told)
        self._tell = tell
        self.pinged = False
        """A ping has not been answered yet."""
        self.gone = lambda: tell("close", [self.close_code])

    def _told(self, packet: str) -> None:
        self.pinged = self.pinged or packet == PING
        self._tell("text", [packet])

    async def close_and_tell(self) -> None:
        """Close without a reason, as clients do, and tell it."""
        await self.close()
        self._tell("close", [1005])


class PollingTransport(Transport):
    """Over long polling."""

    def __init__(self, session: aiohttp.ClientSession, packet: Callable[[str], None]) -> None:
        super().__init__(session, packet)
        self.status = 0
        self._url = ""
        self._headers: Texts = {}

    async def open(self, url: str, headers: Texts) -> None:
        """Shake hands; raises aiohttp.ClientError, with `status` of the answer that was no 200."""
        self._headers = headers
        async with self.session.get(url, headers=headers) as answer:
            self.status = answer.status
            answer.raise_for_status()
            text = await answer.text()
        self._url = f"{url}&sid={json.loads(text[1:])['sid']}"
        self.is_open = True
        self._reader = asyncio.create_task(self._read(), name="conform polling")
        for packet in text.split("\x1e"):
            self.heard(packet)

    async def _read(self) -> None:
        while self.is_open:
            try:
                async with self.session.get(self._url, headers=self._headers) as answer:
                    text = await answer.text()
                    if answer.status != 200:
                        break
            except (aiohttp.ClientError, ConnectionError):
                break
            for packet in text.split("\x1e") if text else ():
                if packet == CLOSE:
                    self.ended()
                else:
                    self.heard(packet)
        self.ended()

    async def send(self, packet: str) -> None:
        headers = {**self._headers, "Content-Type": "text/plain;charset=UTF-8"}
        async with self.session.post(self._url, data=packet.encode(), headers=headers) as answer:
            await answer.read()

    async def close(self) -> None:
        self.is_open = False
        self._echoed.set()
        with contextlib.suppress(aiohttp.ClientError, ConnectionError):
            await self.send(CLOSE)
        if self._reader is not None:
            # Nobody answers a poll of a session that was closed.
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)


class Line:
    """One Socket.IO connection of one person, as a client library keeps it: what it hears goes to `heard`."""

    def __init__(
        self, session: aiohttp.ClientSession, url: str, wanted: dict[str, Any], heard: Heard
    ) -> None:
        self._session = session
        self._url = url
        self._wanted = wanted
        self._heard = heard
        self._transport: Transport | None = None
        self._settled: asyncio.Event = asyncio.Event()
        self._put_off: list[str] = []
        self._acks = 0
        self.connected = False

    @property
    def transport(self) -> Transport | None:
        """The open transport."""
        return self._transport if self._transport is not None and self._transport.is_open else None

    @property
    def count(self) -> int:
        """Packets heard on this transport."""
        return self._transport.count if self._transport is not None else 0

    async def connect(self) -> None:
        """Try once; what comes of it is heard as connect or connect_error."""
        if self._transport is not None and self._transport.is_open:
            await self._transport.close()
        self._settled.clear()
        names = self._wanted.get("transports") or ["websocket"]
        headers = {str(name): str(value) for name, value in (self._wanted.get("headers") or {}).items()}
        query = {**(self._wanted.get("query") or {}), "EIO": "4", "transport": names[0]}
        url = f"{self._url}?{urlencode(query)}"
        transport: WebsocketTransport | PollingTransport
        if names[0] == "polling":
            transport = PollingTransport(self._session, self._packet)
        else:
            transport = WebsocketTransport(self._session, self._packet)
        transport.gone = self._gone
        try:
            await transport.open(url, headers)
        except (aiohttp.ClientError, ConnectionError):
            if isinstance(transport, PollingTransport):
                about = {"http_status": transport.status} if transport.status else {}
                self._heard("connect_error", [{"message": POLL_ERROR, **about}])
            else:
                self._heard("connect_error", [{"message": WEBSOCKET_ERROR}])
            return
        self._transport = transport
        auth = self._wanted.get("auth")
        await transport.send(MESSAGE + CONNECT + ("" if auth is None else _json(auth)))
        await self._settled.wait()

    def _packet(self, packet: str) -> None:
        if packet == PING and self._transport is not None:
            self._later(self._transport.send(PONG))
        elif packet.startswith(MESSAGE):
            self._message(packet[1:])

    def _message(self, text: str) -> None:
        kind, rest = text[:1], text[1:]
        number, rest = _number(rest)
        payload: Any = json.loads(rest) if rest else None
        if kind == CONNECT:
            self.connected = True
            self._settled.set()
            self._heard("connect", [payload])
            put_off, self._put_off = self._put_off, []
            for packet in put_off:
                self._later(self._say(packet))
        elif kind == CONNECT_ERROR:
            self._settled.set()
            self._heard("connect_error", [payload])
        elif kind == EVENT:
            self._heard(payload[0], payload[1:])
        elif kind == ACK:
            self._heard("ack", [number, *payload])
        elif kind == DISCONNECT:
            self.connected = False
            self._heard("disconnect", [THEIR_CLOSE])

    def _later(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        _pending.add(task)
        task.add_done_callback(_pending.discard)

    async def _say(self, packet: str) -> None:
        if self._transport is not None:
            try:
                await self._transport.send(packet)
            except (aiohttp.ClientError, ConnectionError):
                return

    def _gone(self) -> None:
        self._settled.set()
        if self.connected:
            self.connected = False
            self._heard("disconnect", [TRANSPORT_CLOSE])

    async def emit(self, event: str, args: list[Any], *, ack: bool = False) -> None:
        """Emit now, or at the next connect where there is no connection."""
        number = ""
        if ack:
            number, self._acks = str(self._acks), self._acks + 1
        packet = f"{MESSAGE}{EVENT}{number}{_json([event, *args])}"
        if self.connected:
            await self._say(packet)
        else:
            self._put_off.append(packet)

    async def close(self) -> None:
        """Say goodbye and close, as a client that was told to."""
        was_connected, self.connected = self.connected, False
        if self._transport is not None:
            if was_connected:
                await self._say(MESSAGE + DISCONNECT)
            await self._transport.close()
        if was_connected:
            self._heard("disconnect", [OWN_CLOSE])

    async def cut(self) -> None:
        """Close without hearing of it: the capture is over."""
        self.connected = False
        if self._transport is not None:
            await self._transport.close()


_pending: set[Any] = set()


def is_saying() -> bool:
    """Whether any line has yet to send something."""
    return bool(_pending)


def _number(text: str) -> tuple[str, str]:
    digits = ""
    while text[:1].isdecimal():
        digits, text = digits + text[0], text[1:]
    return digits, text


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
