"""The thin IO under every platform's client: HTTP by httpx, Socket.IO by engineio, moved and never judged.

What the listener hears is in the order in which it happened. Nothing here retries, follows a redirect to
another origin, keeps a cookie or writes a header, body or address to a log.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
import struct
import sys
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import ExitStack
from functools import lru_cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import Any

import certifi
import httpx

from chatdesk import __version__
from chatdesk.domain.ports import (
    Answer,
    Arrived,
    Call,
    Connect,
    Emit,
    HandedOver,
    Limits,
    Listener,
    NoAnswer,
    Step,
)
from chatdesk.platforms import decoding
from chatdesk.platforms.sio import Refused, Socket, TransportFailed

USER_AGENT = f"chatdesk/{__version__}"
ANSWER_LIMIT_BYTES = 64 * 1024 * 1024
"""A larger answer is cut off: no route of any platform gives one."""
FRAME_LIMIT_BYTES = 1_000_000
"""A larger event makes every platform's server drop the connection, so it is not sent."""
REDIRECTS = 5
KEEP_ALIVE_S = 3.0
"""Servers close idle connections after 5 s: reusing one just then would leave a send's outcome unknown."""
CONNECTIONS = 6

_LINGER = "hh" if sys.platform == "win32" else "ii"  # struct linger: two shorts there, two ints elsewhere
_CLOSE_HARD = (socket.SOL_SOCKET, socket.SO_LINGER, struct.pack(_LINGER, 1, 0))
_TOLD_EARLY_SHARE = 20
"""The client gives up a twentieth of the time before the engine does: only it knows whether anything left."""

for _name in ("httpx", "httpcore", "hpack"):
    # Their finer levels write addresses and headers, tokens included.
    logging.getLogger(_name).setLevel(logging.WARNING)


@lru_cache(maxsize=1)
def trust() -> ssl.SSLContext:
    """One TLS context for REST and socket: the system's authorities and Mozilla's."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


class _Exchange:
    """What one HTTP exchange has done so far: whether a connection stood and bytes may have left."""

    def __init__(self) -> None:
        self.left = False

    async def trace(self, event: str, _info: Mapping[str, Any]) -> None:
        if event.endswith(".send_request_headers.started"):
            self.left = True


class Link:
    """Implements `domain.ports.Client` for one server address.

    server_url: scheme, host and port. context: for tests and for companies with their own authority.
    """

    def __init__(self, server_url: str, limits: Limits, context: ssl.SSLContext | None = None) -> None:
        self.listener: Listener | None = None
        self._base = httpx.URL(server_url)
        self._limits = limits
        self._trust = context
        self._reads: httpx.AsyncClient | None = None
        self._commits: httpx.AsyncClient | None = None
        self._committing: set[asyncio.Task[Answer | NoAnswer]] = set()
        self._socket: Socket | None = None
        self._tidying: set[asyncio.Task[None]] = set()
        self._closed = False

    # -- the contract --------------------------------------------------------------------------------------

    async def perform(self, step_id: int, step: Step) -> None:
        """Do one step; its result goes to the listener before this returns."""
        match step:
            case Call():
                self._tell(await self._call(step_id, step))
            case Emit():
                await self._emit(step_id, step)
            case Connect():
                await self._connect(step_id, step)

    def last_heard_ms(self) -> int | None:
        """When the socket last brought an Engine.IO packet of any kind; None: no socket is up."""
        return self._socket.heard_ms if self._socket is not None and self._socket.up else None

    async def drop_link(self) -> None:
        """Close the socket; LinkLost goes to the listener at once if it was up, tidying goes on behind."""
        held, self._socket = self._socket, None
        if held is not None:
            held.drop()
            self._behind(held.close())

    async def abort_commits(self) -> None:
        """Close every connection that carried a committing step, so that nothing of it arrives later."""
        client, self._commits = self._commits, None
        running = list(self._committing)
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running)
        if client is not None:
            await client.aclose()

    async def close(self) -> None:
        """Release everything; nothing reaches the listener afterwards."""
        self._closed = True
        self.listener = None
        await self.drop_link()
        await self.abort_commits()
        client, self._reads = self._reads, None
        if client is not None:
            await client.aclose()
        while self._tidying:
            await asyncio.wait(set(self._tidying))

    # -- the listener --------------------------------------------------------------------------------------

    def _tell(self, arrived: Arrived) -> None:
        if self.listener is None:
            return
        try:
            self.listener(arrived)
        except Exception as exc:  # noqa: BLE001 - ours, not the world's: it must be heard, and the link lives on
            context = {"message": f"listener failed on {type(arrived).__name__}", "exception": exc}
            asyncio.get_running_loop().call_exception_handler(context)

    def _behind(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work, name="tidy a dropped link")
        self._tidying.add(task)
        task.add_done_callback(self._tidying.discard)

    # -- HTTP ----------------------------------------------------------------------------------------------

    async def _call(self, step_id: int, call: Call) -> Answer | NoAnswer:
        """One exchange; a committing one runs as a task of its own, which abort_commits can end."""
        if not call.commits:
            return await self._exchange(step_id, call)
        exchange = _Exchange()
        task = asyncio.get_running_loop().create_task(self._exchange(step_id, call, exchange))
        self._committing.add(task)
        task.add_done_callback(self._committing.discard)
        try:
            await asyncio.wait([task])
        finally:
            task.cancel()  # nothing happens to one that has ended
        if task.cancelled():
            return NoAnswer(step_id, exchange.left, "cancelled")
        return task.result()

    async def _exchange(
        self, step_id: int, call: Call, exchange: _Exchange | None = None
    ) -> Answer | NoAnswer:
        exchange = exchange or _Exchange()
        timeout_s = (call.timeout_ms - call.timeout_ms // _TOLD_EARLY_SHARE) / 1_000
        try:
            async with asyncio.timeout(timeout_s):
                return await self._answer(step_id, call, exchange)
        except (TimeoutError, httpx.ConnectTimeout):
            return NoAnswer(step_id, exchange.left, "timeout")
        except httpx.ConnectError as exc:
            return NoAnswer(step_id, False, "tls" if _by_tls(exc) else "unreachable")
        except (httpx.UnsupportedProtocol, httpx.LocalProtocolError, httpx.InvalidURL):
            return NoAnswer(step_id, exchange.left, "unreachable")
        except (httpx.HTTPError, httpx.StreamError, OSError):
            return NoAnswer(step_id, exchange.left, "cut")

    async def _answer(self, step_id: int, call: Call, exchange: _Exchange) -> Answer | NoAnswer:
        client = self._client(commits=call.commits)
        url = self._url(call.path, call.query)
        for _ in range(REDIRECTS + 1):
            with ExitStack() as files:
                request = _request(client, call, url, files)
                request.extensions["trace"] = exchange.trace
                response = await client.send(request, stream=True, follow_redirects=False)
                try:
                    if not response.is_redirect:
                        body = await _body(response)
                        return (
                            _answer_of(step_id, response, body) if body is not None else _too_large(step_id)
                        )
                    target = self._own_target(call, response)
                finally:
                    await response.aclose()
            if target is None:
                break
            url = target
        return NoAnswer(step_id, True, "redirect")

    def _own_target(self, call: Call, response: httpx.Response) -> httpx.URL | None:
        """Where a redirect leads, if a GET may follow it: the same scheme, host and port, nothing else."""
        if call.method != "GET":
            return None
        try:
            target = response.url.join(response.headers.get("location", ""))
        except httpx.InvalidURL:
            return None
        return target if _origin(target) == _origin(self._base) else None

    def _url(self, path: str, query: tuple[tuple[str, str], ...]) -> httpx.URL:
        url = self._base.copy_with(raw_path=path.encode("ascii"))
        return url.copy_merge_params(httpx.QueryParams(query)) if query else url

    def _client(self, *, commits: bool) -> httpx.AsyncClient:
        if commits:
            if self._commits is None:
                self._commits = self._new_client([_CLOSE_HARD])
            return self._commits
        if self._reads is None:
            self._reads = self._new_client([])
        return self._reads

    def _new_client(self, options: list[tuple[int, int, bytes]]) -> httpx.AsyncClient:
        pool = httpx.Limits(
            max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS, keepalive_expiry=KEEP_ALIVE_S
        )
        verify = self._context()
        transport = httpx.AsyncHTTPTransport(
            verify=verify, limits=pool, trust_env=False, socket_options=options
        )
        return httpx.AsyncClient(
            transport=transport,
            # The overall time is kept by the caller; connecting has its own.
            timeout=httpx.Timeout(None, connect=self._limits.connect_timeout_ms / 1_000),
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            headers={"User-Agent": USER_AGENT, "Accept": "application/json", "Accept-Encoding": "gzip"},
            follow_redirects=False,
            trust_env=False,  # a netrc would add credentials of its own
        )

    def _context(self) -> ssl.SSLContext | bool:
        """The TLS context; none is made for a server without TLS."""
        if self._base.scheme != "https":
            return False
        return self._trust or trust()

    # -- the socket ----------------------------------------------------------------------------------------

    async def _connect(self, step_id: int, connect: Connect) -> None:
        await self.drop_link()
        held = Socket(str(self._base), self._context(), self._tell, USER_AGENT)
        self._socket = held
        timeout_s = (connect.timeout_ms - connect.timeout_ms // _TOLD_EARLY_SHARE) / 1_000
        kept = False
        try:
            async with asyncio.timeout(timeout_s):
                await held.open(step_id, connect)
            kept = True
        except Refused:
            pass  # told to the listener where it happened, in order
        except TimeoutError:
            self._tell(NoAnswer(step_id, True, "timeout"))
        except TransportFailed as exc:
            self._tell(NoAnswer(step_id, exc.left, exc.reason))
        finally:
            if not kept:
                if self._socket is held:
                    self._socket = None
                held.drop()
                self._behind(held.close())

    async def _emit(self, step_id: int, emit: Emit) -> None:
        held = self._socket
        if held is None or not held.up:
            self._tell(NoAnswer(step_id, False, "cut"))
            return
        packet = decoding.event_packet(emit.event, emit.args)
        if len(packet) >= FRAME_LIMIT_BYTES:
            self._tell(NoAnswer(step_id, False, "too_large"))
            return
        await held.send(packet)
        if emit.timeout_ms == 0:
            self._tell(HandedOver(step_id))


# -- small parts -------------------------------------------------------------------------------------------


def _request(client: httpx.AsyncClient, call: Call, url: httpx.URL, files: ExitStack) -> httpx.Request:
    headers = list(call.headers)
    if call.file is not None:
        part = call.file
        stream = files.enter_context(Path(part.path).open("rb"))  # noqa: SIM115 - the stack closes it
        upload = {part.field: (part.filename, stream, part.content_type)}
        return client.build_request(call.method, url, headers=headers, files=upload)
    if call.body is None:
        return client.build_request(call.method, url, headers=headers)
    headers.append(("Content-Type", "application/json"))
    return client.build_request(call.method, url, headers=headers, content=decoding.encoded(call.body))


async def _body(response: httpx.Response) -> bytes | None:
    """The whole body, decompressed; None when it is larger than any honest one."""
    announced = response.headers.get("content-length", "")
    if announced.isascii() and announced.isdigit() and int(announced[:20]) > ANSWER_LIMIT_BYTES:
        return None
    parts: list[bytes] = []
    size = 0
    async for part in response.aiter_bytes():
        size += len(part)
        if size > ANSWER_LIMIT_BYTES:
            return None
        parts.append(part)
    return b"".join(parts)


def _answer_of(step_id: int, response: httpx.Response, body: bytes) -> Answer:
    says_json = "json" in response.headers.get("content-type", "").lower()
    is_json, value = decoding.decoded(body) if says_json else (False, None)
    if not is_json:
        value = body.decode("utf-8", "replace")
    headers = {name.lower(): content for name, content in response.headers.items()}
    return Answer(step_id, response.status_code, is_json, value, headers)


def _too_large(step_id: int) -> NoAnswer:
    return NoAnswer(step_id, True, "too_large")


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    default = {"http": 80, "https": 443}.get(url.scheme)
    return url.scheme, url.host, url.port or default


def _causes(exc: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = exc
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__


def _by_tls(exc: BaseException) -> bool:
    return any(isinstance(cause, ssl.SSLError) for cause in _causes(exc))
