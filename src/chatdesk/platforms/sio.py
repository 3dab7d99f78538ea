"""One Socket.IO connection: opened once, told packet by packet, never reconnected by itself.

The packets are python-socketio's, the transport is its python-engineio; the part between them is here, since
the library's client hands every packet to a task of its own, calls handlers for events that a server names
`connect` or `disconnect`, and waits for its namespaces where a socket may be lost unseen.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
import struct
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import aiohttp
import engineio
import engineio.base_client
import engineio.packet
import engineio.payload

from chatdesk.domain.arrivals import Accepted, Arrived, ConnectRefused, LinkLost, Packet
from chatdesk.domain.steps import Connect
from chatdesk.platforms import decoding
from chatdesk.platforms.bursts import Messages

CLOSE_S = 1.0
"""How long a closing socket may be polite."""
MESSAGE_LIMIT_BYTES = 16 * 1024 * 1024
POLLED_PACKETS = 10_000
"""The library hangs up on more than 16 packets in one answer, which any burst brings about."""
BURST = 64
"""After so many packets without a pause the loop's other tasks get their turn."""
PATIENCE_S = 0.005
"""Between two packets while the listener says that much waits."""

_LINGER = "hh" if sys.platform == "win32" else "ii"  # struct linger: two shorts there, two ints elsewhere
CLOSE_HARD = (socket.SOL_SOCKET, socket.SO_LINGER, struct.pack(_LINGER, 1, 0))
"""With this option the end of a connection throws away what the kernel still holds, and resets the peer."""
CLOSING_TURNS = 100
"""So many turns of the loop a transport gets to close its socket; it takes two."""

_SILENT = logging.getLogger(f"{__name__}.library")
"""The library's log lines hold bodies and tokens; what matters in them reaches the listener."""
_SILENT.setLevel(logging.CRITICAL + 1)
_SILENT.propagate = False

engineio.payload.Payload.max_decode_packets = POLLED_PACKETS


class Refused(Exception):
    """The server refused the namespace; the listener has been told."""


class TransportFailed(Exception):
    """No socket came to be. `reason` as in NoAnswer; left: bytes may have left this machine."""

    def __init__(self, reason: str, *, left: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.left = left


class _Redirected(aiohttp.ClientConnectionError):
    """A handshake was sent elsewhere: nothing follows, least of all a token."""


class _Polled:
    """An answer of long polling, read to its end: the library leaves most of them unread and unreleased."""

    def __init__(self, status: int, body: bytes) -> None:
        self.status = status
        self._body = body

    async def read(self) -> bytes:
        return self._body

    async def json(self) -> Any:
        return decoding.decoded(self._body)[1]


class _Connector(aiohttp.TCPConnector):
    """Makes connections that close hard, from their first byte, and can cut off all that it has made."""

    def __init__(self, context: ssl.SSLContext | bool) -> None:
        super().__init__(ssl=context, socket_factory=self._socket_of)
        self._sockets: list[socket.socket] = []
        self._made: list[aiohttp.client_proto.ResponseHandler] = []

    def _socket_of(self, address: Any) -> socket.socket:
        made = socket.socket(family=address[0], type=address[1], proto=address[2])
        made.setsockopt(*CLOSE_HARD)
        self._sockets = [*(one for one in self._sockets if one.fileno() != -1), made]
        return made

    async def _create_connection(self, *args: Any, **options: Any) -> aiohttp.client_proto.ResponseHandler:
        made = await super()._create_connection(*args, **options)
        self._made = [*(one for one in self._made if one.is_connected()), made]
        return made

    async def abort(self) -> None:
        """Reset every connection at once: nothing that was given to them is sent any more."""
        for made in self._made:
            made.abort()
        self._made.clear()
        for _ in range(CLOSING_TURNS):
            if all(one.fileno() == -1 for one in self._sockets):
                return
            await asyncio.sleep(0)


class _Engine(engineio.AsyncClient):  # type: ignore[misc]
    """An Engine.IO client that hands over its packets in order and at once, and notes every sign of life."""

    def __init__(self, heard: Callable[[], None], message: Callable[[Any], bool], **options: Any) -> None:
        super().__init__(logger=_SILENT, handle_sigint=False, **options)
        self._heard = heard
        self._message = message
        self._in_a_row = 0

    async def _send_request(self, *args: Any, **options: Any) -> _Polled | str | None:
        """As the library's, but the answer is read here, and within bounds. A text says why there is none."""
        response = await super()._send_request(*args, **options)
        if response is None or isinstance(response, str):
            return response
        try:
            body = bytearray()
            async for part in response.content.iter_any():
                body += part
                if len(body) > MESSAGE_LIMIT_BYTES:
                    return "answer too large"
        except (aiohttp.ClientError, TimeoutError, OSError) as exc:
            return type(exc).__name__
        finally:
            response.close()
        return _Polled(response.status, bytes(body))

    async def _receive_packet(self, pkt: Any) -> None:
        self._heard()
        if pkt.packet_type != engineio.packet.MESSAGE:
            await super()._receive_packet(pkt)
            return
        await self._take(pkt.data)

    async def _read_loop_websocket(self) -> None:
        """As the library's, but for messages, which do not go through it."""
        if isinstance(self.ws, Messages):
            self.ws.take = self._heard_message
        await super()._read_loop_websocket()

    async def _heard_message(self, data: str) -> None:
        self._heard()
        await self._take(data)

    async def _take(self, data: Any) -> None:
        is_much = self._message(data)
        self._in_a_row += 1
        if is_much or self._in_a_row >= BURST:
            self._in_a_row = 0
            await asyncio.sleep(PATIENCE_S if is_much else 0)


class Socket:
    """One connection. `up`: the server has accepted the namespace and the link has not been lost since."""

    def __init__(
        self, url: str, context: ssl.SSLContext | bool, tell: Callable[[Arrived], bool], user_agent: str
    ) -> None:
        self.up = False
        self.heard_ms = 0
        self.committed = False
        """A committing event was given to it."""
        self._url = url
        self._context = context
        self._tell = tell
        self._user_agent = user_agent
        self._loop = asyncio.get_running_loop()
        self._engine: _Engine | None = None
        self._http: aiohttp.ClientSession | None = None
        self._connector: _Connector | None = None
        self._outcome: asyncio.Future[Arrived] | None = None
        self._step_id = 0
        self._dropped = False
        self._trouble: BaseException | None = None
        """Why the last request failed: the library keeps only its text."""

    async def open(self, step_id: int, connect: Connect) -> None:
        """Connect and wait for the namespace; Accepted or ConnectRefused goes to the listener.

        Raises Refused, or TransportFailed when every transport failed. The next transport is tried only where
        the one before reached a server that did not want it.
        """
        self._step_id = step_id
        failure = TransportFailed("unreachable", left=False)
        for transport in connect.transports:
            try:
                await self._open_by(transport, connect)
                return
            except TransportFailed as exc:
                failure = exc
                if not exc.left or exc.reason == "redirect":
                    break
                await self._tidy()
        raise failure

    async def _open_by(self, transport: str, connect: Connect) -> None:
        self._outcome = self._loop.create_future()
        self._http = self._session()
        engine = self._engine = _Engine(
            self._heard,
            self._packet,
            http_session=self._http,
            websocket_extra_options={
                "timeout": aiohttp.ClientWSTimeout(ws_close=CLOSE_S),
                "max_msg_size": MESSAGE_LIMIT_BYTES,
            },
        )
        engine.on("disconnect", self._lost)
        try:
            await engine.connect(
                self._url,
                headers=dict(connect.headers),
                transports=[transport],
                engineio_path=connect.socketio_path,
            )
        except (
            engineio.exceptions.EngineIOError,
            aiohttp.ClientError,
            OSError,
            ValueError,
            TypeError,
            LookupError,
        ) as exc:
            # The last three: an open packet, or an empty answer, of a server that speaks something else.
            raise _failure(self._trouble or exc) from exc
        self._heard()
        self._watch(engine)
        await engine.send(decoding.connect_packet(connect.auth))
        outcome = await self._outcome
        if isinstance(outcome, ConnectRefused):
            raise Refused
        if isinstance(outcome, LinkLost):
            raise TransportFailed("cut", left=True)

    def _session(self) -> aiohttp.ClientSession:
        self._trouble = None
        watched = aiohttp.TraceConfig()
        watched.on_request_redirect.append(_refuse_redirect)
        watched.on_request_exception.append(self._note_trouble)
        self._connector = _Connector(self._context or True)
        return aiohttp.ClientSession(
            connector=self._connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            ws_response_class=Messages,
            headers={"User-Agent": self._user_agent},
            trace_configs=[watched],
            trust_env=False,
        )

    async def _note_trouble(
        self,
        _session: aiohttp.ClientSession,
        _context: SimpleNamespace,
        params: aiohttp.TraceRequestExceptionParams,
    ) -> None:
        self._trouble = params.exception

    def _watch(self, engine: _Engine) -> None:
        """A read loop that dies of what it read is a lost link too, and its error is not left unheard."""

        def ended(task: asyncio.Task[None]) -> None:
            if not task.cancelled():
                task.exception()
            if engine is self._engine:
                self._lost("read loop ended")

        engine.read_loop_task.add_done_callback(ended)

    # -- what happens --------------------------------------------------------------------------------------

    def _heard(self) -> None:
        self.heard_ms = int(self._loop.time() * 1_000)

    def _packet(self, data: Any) -> bool:
        """Tell what a message means; true where the listener asks for patience."""
        if self._dropped:
            return False
        kind, content = decoding.packet(data)
        match kind:
            case decoding.EVENT if _is_event(content):
                return self.up and self._tell(Packet(content[0], tuple(content[1:])))
            case decoding.CONNECT:
                self._settle(Accepted(self._step_id))
            case decoding.CONNECT_ERROR:
                self._settle(ConnectRefused(self._step_id, _words(content)))
            case decoding.DISCONNECT:
                self._lost("server disconnect")
            case _ if self.up:
                return self._tell(Packet("", ()))
        return False

    def _settle(self, outcome: Accepted | ConnectRefused) -> None:
        if self._outcome is None or self._outcome.done():
            return
        self.up = isinstance(outcome, Accepted)
        self._outcome.set_result(outcome)
        self._tell(outcome)

    def _lost(self, _reason: str) -> None:
        if self._outcome is not None and not self._outcome.done():
            self._outcome.set_result(LinkLost())
        if self.up:
            self.up = False
            self._tell(LinkLost())

    # -- what is done --------------------------------------------------------------------------------------

    async def send(self, packet: str) -> None:
        """Queue one packet; the transport sends in order."""
        if self._engine is not None:
            await self._engine.send(packet)

    def drop(self) -> None:
        """Hear nothing more; LinkLost goes to the listener if it was up."""
        self._lost("dropped")
        self._dropped = True

    async def close(self) -> None:
        """Say goodbye for at most CLOSE_S, then close the transport."""
        engine = self._engine
        try:
            if engine is not None and engine.state == "connected":
                with suppress(TimeoutError, aiohttp.ClientError, OSError):
                    async with asyncio.timeout(CLOSE_S):
                        await engine.send(decoding.disconnect_packet())
                        await engine.disconnect()
        finally:
            await self._tidy()

    async def abort(self) -> None:
        """Cut it off: what was given to it and has not left yet never will. Waits for its socket to close."""
        await self._tidy()

    async def _tidy(self) -> None:
        engine, self._engine = self._engine, None
        http, self._http = self._http, None
        connector, self._connector = self._connector, None
        tasks: list[asyncio.Task[None]] = []
        if engine is not None:
            tasks = [task for task in (engine.read_loop_task, engine.write_loop_task) if task is not None]
        for task in tasks:
            task.cancel()
        if connector is not None:
            # Before anything that waits: a transport that only closes would send what it still holds.
            await connector.abort()
        if tasks:
            await asyncio.wait(tasks)
        if engine is not None and engine.ws is not None:
            with suppress(TimeoutError, aiohttp.ClientError, OSError):
                async with asyncio.timeout(CLOSE_S):
                    await engine.ws.close()  # says nothing any more, but gives the connection back
        if http is not None:
            await http.close()
        with suppress(ValueError):
            engineio.base_client.connected_clients.remove(engine)


def _is_event(content: Any) -> bool:
    """A list that begins with a name; names that begin with U+0000 are the link's own."""
    return (
        isinstance(content, list)
        and bool(content)
        and isinstance(content[0], str)
        and not content[0].startswith("\0")
    )


def _words(content: Any) -> str:
    """What the server says to a refusal; empty text where it says nothing readable."""
    if isinstance(content, dict):
        content = content.get("message")
    return content if isinstance(content, str) else ""


async def _refuse_redirect(
    _session: aiohttp.ClientSession, _context: SimpleNamespace, _params: aiohttp.TraceRequestRedirectParams
) -> None:
    raise _Redirected


def _failure(exc: BaseException) -> TransportFailed:
    """Why there is no socket: nobody there, no trust, sent elsewhere, or no such transport."""
    causes = list(_causes(exc))
    if any(isinstance(cause, ssl.SSLError | aiohttp.ClientSSLError) for cause in causes):
        return TransportFailed("tls", left=False)
    if any(isinstance(cause, _Redirected) for cause in causes):
        return TransportFailed("redirect", left=True)
    if any(isinstance(cause, aiohttp.ClientConnectorError) for cause in causes):
        return TransportFailed("unreachable", left=False)
    return TransportFailed("cut", left=True)


def _causes(exc: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = exc
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__
