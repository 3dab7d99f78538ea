"""The thin IO under every platform's client: HTTP by httpx, Socket.IO by engineio, moved and never judged.

What the listener hears is in the order in which it happened. Nothing here retries, follows a redirect to
another origin, keeps a cookie or writes a header, body or address to a log.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import Coroutine, Iterable
from contextlib import ExitStack
from functools import lru_cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import certifi
import httpx

from chatdesk import __version__
from chatdesk.domain.arrivals import Accepted, Answer, Arrived, HandedOver, Moved, NoAnswer
from chatdesk.domain.ports import Limits, Listener
from chatdesk.domain.steps import Call, Connect, Emit, Listen, Step, Unlisten
from chatdesk.platforms import bodies, decoding
from chatdesk.platforms.exchanges import Exchange, judged, patience_s, read, saved
from chatdesk.platforms.sio import CLOSE_HARD, Refused, Socket, TransportFailed
from chatdesk.platforms.streams import CONTENT_TYPE, Stream

USER_AGENT = f"chatdesk/{__version__}"
FRAME_LIMIT_BYTES = 1_000_000
"""A larger event makes every platform's server drop the connection, so it is not sent."""
REDIRECTS = 5
KEEP_ALIVE_S = 3.0
"""Servers close idle connections after 5 s: reusing one just then would leave a send's outcome unknown."""
CONNECTIONS = 6

SocketOption = tuple[int, int, int] | tuple[int, int, bytes | bytearray]
_STREAM_OPTIONS: list[SocketOption] = [
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    *(
        (socket.IPPROTO_TCP, getattr(socket, name), value)
        for name, value in (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3))
        if hasattr(socket, name)
    ),
]
"""Nothing is sent on a stream, so only the kernel can notice that the other end is gone."""

for _name in ("httpx", "httpcore", "hpack"):
    # Their finer levels write addresses and headers, tokens included.
    logging.getLogger(_name).setLevel(logging.WARNING)


@lru_cache(maxsize=1)
def trust() -> ssl.SSLContext:
    """One TLS context for REST and socket: the system's authorities and Mozilla's."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


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
        self._downloads: httpx.AsyncClient | None = None
        """Outlives the link: a long download has nothing to do with a socket that broke."""
        self._listening: httpx.AsyncClient | None = None
        self._retired: list[httpx.AsyncClient] = []
        """Clients of commits that take no new ones."""
        self._committing: set[asyncio.Task[Answer | NoAnswer]] = set()
        self._streams: dict[str, Stream] = {}
        self._drops = 0
        """How often the link was dropped: a stream that was still being opened then is not kept."""
        self._socket: Socket | None = None
        self._leaving: set[Socket] = set()
        """Dropped sockets that still say goodbye."""
        self._tidying: set[asyncio.Task[None]] = set()

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
            case Listen():
                await self._listen(step_id, step)
            case Unlisten():
                self._end_stream(step.path)
                self._tell(HandedOver(step_id))

    def last_heard_ms(self) -> int | None:
        """When the socket last brought an Engine.IO packet of any kind; None: no socket is up."""
        return self._socket.heard_ms if self._socket is not None and self._socket.up else None

    async def drop_link(self) -> None:
        """Close the socket and all streams; their ends are told at once, tidying goes on behind.

        Connections of requests are not used again, and reads on them end: they may be as dead as the socket.
        """
        self._drop_socket()
        self._retire_pools()

    def _drop_socket(self) -> None:
        self._drops += 1
        for path in list(self._streams):
            self._end_stream(path)
        held, self._socket = self._socket, None
        if held is not None:
            self._leave(held)

    def _retire_pools(self) -> None:
        """What is being sent by a connection that commits goes on; only `abort_commits` may cut that."""
        reads, self._reads = self._reads, None
        if reads is not None:
            self._behind(reads.aclose())
        if self._commits is not None:
            self._retired.append(self._commits)
            self._commits = None
        if not self._committing:
            self._close_retired()

    def _close_retired(self) -> None:
        retired, self._retired = self._retired, []
        for client in retired:
            self._behind(client.aclose())

    async def abort_commits(self) -> None:
        """Close every connection that carried a committing step, so that nothing of it arrives later."""
        clients = [*self._retired, *([self._commits] if self._commits is not None else [])]
        self._retired, self._commits = [], None
        running = list(self._committing)
        for task in running:
            task.cancel()
        cut = [held for held in (self._socket, *self._leaving) if held is not None and held.committed]
        for held in cut:
            if self._socket is held:
                self._socket = None
            held.drop()
            await held.abort()
        if running:
            await asyncio.wait(running)
        for client in clients:
            await client.aclose()

    async def close(self) -> None:
        """Release everything; nothing reaches the listener afterwards."""
        self.listener = None
        await self.drop_link()
        await self.abort_commits()
        for client in (self._reads, self._downloads, self._listening):
            if client is not None:
                await client.aclose()
        self._reads = self._downloads = self._listening = None
        while self._tidying:
            await asyncio.wait(set(self._tidying))

    # -- the listener --------------------------------------------------------------------------------------

    def _tell(self, arrived: Arrived | Moved) -> bool:
        """Hand something to the listener; true where it asks for patience."""
        if self.listener is None:
            return False
        try:
            return bool(self.listener(arrived))
        except Exception as exc:  # noqa: BLE001 - ours, not the world's: it must be heard, and the link lives on
            context = {"message": f"listener failed on {type(arrived).__name__}", "exception": exc}
            asyncio.get_running_loop().call_exception_handler(context)
            return False

    def _behind(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work, name="tidy a dropped link")
        self._tidying.add(task)
        task.add_done_callback(self._tidying.discard)

    # -- HTTP ----------------------------------------------------------------------------------------------

    async def _call(self, step_id: int, call: Call) -> Answer | NoAnswer:
        """One exchange; a committing one runs as a task of its own, which abort_commits can end."""
        if not call.commits:
            return await self._exchange(step_id, call)
        exchange = Exchange()
        task = asyncio.get_running_loop().create_task(self._exchange(step_id, call, exchange))
        self._committing.add(task)
        task.add_done_callback(self._committed)
        try:
            await asyncio.wait([task])
        finally:
            task.cancel()  # nothing happens to one that has ended
        if task.cancelled():
            return NoAnswer(step_id, exchange.left, "cancelled")
        return task.result()

    def _committed(self, task: asyncio.Task[Answer | NoAnswer]) -> None:
        self._committing.discard(task)
        if not self._committing:
            self._close_retired()

    async def _exchange(
        self, step_id: int, call: Call, exchange: Exchange | None = None
    ) -> Answer | NoAnswer:
        exchange = exchange or Exchange()
        return await judged(step_id, call.timeout_ms, exchange, self._answer(step_id, call, exchange))

    async def _answer(self, step_id: int, call: Call, exchange: Exchange) -> Answer | NoAnswer:
        with ExitStack() as files:
            response = await self._response(step_id, self._client(call), call, exchange, files)
            if response is None:
                return NoAnswer(step_id, True, "redirect")
            try:
                if call.save_to and response.is_success:
                    return await saved(step_id, call, response)
                return await read(step_id, response)
            finally:
                await response.aclose()

    async def _response(
        self, step_id: int, client: httpx.AsyncClient, call: Call, exchange: Exchange, files: ExitStack
    ) -> httpx.Response | None:
        """The answer, its body still to come; None: it leads elsewhere. The caller closes it."""
        url = self._url(call.path, call.query)
        for _ in range(REDIRECTS + 1):
            request = bodies.request(client, call, url, files, lambda sent: self._tell(Moved(step_id, sent)))
            request.extensions["trace"] = exchange.trace
            response = await client.send(request, stream=True, follow_redirects=False)
            if not response.is_redirect:
                return response
            await response.aclose()
            target = self._own_target(call, response)
            if target is None:
                return None
            url = target
        return None

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

    def _client(self, call: Call) -> httpx.AsyncClient:
        if call.commits:
            if self._commits is None:
                self._commits = self._new_client([CLOSE_HARD], CONNECTIONS)
            return self._commits
        if call.save_to:
            if self._downloads is None:
                self._downloads = self._new_client([], CONNECTIONS, kept=0)
            return self._downloads
        if self._reads is None:
            self._reads = self._new_client([], CONNECTIONS)
        return self._reads

    def _new_client(
        self, options: Iterable[SocketOption], connections: int | None, *, kept: int = CONNECTIONS
    ) -> httpx.AsyncClient:
        pool = httpx.Limits(
            max_connections=connections, max_keepalive_connections=kept, keepalive_expiry=KEEP_ALIVE_S
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

    # -- streams -------------------------------------------------------------------------------------------

    async def _listen(self, step_id: int, listen: Listen) -> None:
        self._end_stream(listen.path)
        exchange = Exchange()
        told = await judged(step_id, listen.timeout_ms, exchange, self._opened(step_id, listen, exchange))
        self._tell(told if isinstance(told, Answer | NoAnswer) else Accepted(step_id))
        if isinstance(told, httpx.Response):
            self._end_stream(listen.path)  # one that was opened beside this one
            self._streams[listen.path] = Stream(listen.path, told, self._tell)

    async def _opened(
        self, step_id: int, listen: Listen, exchange: Exchange
    ) -> httpx.Response | Answer | NoAnswer:
        """The answer that streams; whatever else came, read to its end."""
        if self._listening is None:
            self._listening = self._new_client(_STREAM_OPTIONS, None)
        wanted = (("Accept", CONTENT_TYPE), ("Accept-Encoding", "identity"), ("Cache-Control", "no-store"))
        call = Call(method="GET", path=listen.path, query=listen.query, headers=(*wanted, *listen.headers))
        drops = self._drops
        with ExitStack() as nothing:
            response = await self._response(step_id, self._listening, call, exchange, nothing)
        if response is None:
            return NoAnswer(step_id, True, "redirect")
        if drops != self._drops:
            await response.aclose()
            return NoAnswer(step_id, True, "cut")
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if response.is_success and kind == CONTENT_TYPE:
            return response
        try:
            return await read(step_id, response)
        finally:
            await response.aclose()

    def _end_stream(self, path: str) -> None:
        stream = self._streams.pop(path, None)
        if stream is not None:
            stream.drop()
            self._behind(stream.gone())

    # -- the socket ----------------------------------------------------------------------------------------

    async def _connect(self, step_id: int, connect: Connect) -> None:
        self._drop_socket()
        held = Socket(str(self._base), self._context(), self._tell, USER_AGENT)
        self._socket = held
        kept = False
        try:
            async with asyncio.timeout(patience_s(connect.timeout_ms)):
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
                self._leave(held)

    def _leave(self, held: Socket) -> None:
        held.drop()
        self._leaving.add(held)

        async def goodbye() -> None:
            try:
                await held.close()
            finally:
                self._leaving.discard(held)

        self._behind(goodbye())

    async def _emit(self, step_id: int, emit: Emit) -> None:
        held = self._socket
        if held is None or not held.up:
            self._tell(NoAnswer(step_id, False, "cut"))
            return
        packet = decoding.event_packet(emit.event, emit.args)
        if len(packet) >= FRAME_LIMIT_BYTES:
            self._tell(NoAnswer(step_id, False, "too_large"))
            return
        held.committed = held.committed or emit.commits
        await held.send(packet)
        if emit.timeout_ms == 0:
            self._tell(HandedOver(step_id))


# -- small parts -------------------------------------------------------------------------------------------


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    default = {"http": 80, "https": 443}.get(url.scheme)
    return url.scheme, url.host, url.port or default
