"""The client of these tests: requests as they are given, and connections that remember what they hear."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import socketio
from yarl import URL

from tests.server.bad import JSON_TYPE, Answer, Bad, Http

WAIT_S = 10.0
LARGE_BYTES = 500_000
"""What the library wants as a file."""


class RealHttp(Http):
    """Over aiohttp, which leaves paths as they are."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self.url = url
        self.session = session

    async def ask(
        self,
        method: str,
        path: str,
        *,
        token: str | None = None,
        body: Any = None,
        content: bytes | None = None,
        kind: str = JSON_TYPE,
        parts: Mapping[str, tuple[str, bytes, str]] | None = None,
    ) -> Answer:
        """One request."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        data: Any = json.dumps(body).encode() if body is not None else content
        if parts is not None:
            with aiohttp.MultipartWriter("form-data") as data:
                for part, (name, raw, part_kind) in parts.items():
                    sent = data.append(io.BytesIO(raw), {"Content-Type": part_kind})
                    sent.set_content_disposition("form-data", name=part, filename=name)
        elif data is not None:
            headers["Content-Type"] = kind
            data = io.BytesIO(data) if len(data) > LARGE_BYTES else data
        url = URL(self.url + path, encoded=True)
        async with self.session.request(method, url, headers=headers, data=data) as answer:
            raw = await answer.read()
            of = answer.headers.get("content-type", "").partition(";")[0]
            text = raw.decode("utf-8", "replace")
            return Answer(answer.status, of, json.loads(text) if of == JSON_TYPE and text else text)


@asynccontextmanager
async def http_of(url: str) -> AsyncIterator[RealHttp]:
    """A client of this server."""
    timeout = aiohttp.ClientTimeout(total=WAIT_S)
    connector = aiohttp.TCPConnector(limit=4)
    async with aiohttp.ClientSession(timeout=timeout, connector=connector) as session:
        yield RealHttp(url, session)


class Line:
    """One Socket.IO connection."""

    def __init__(self, bad: Bad, url: str, token: str | None) -> None:
        self._bad = bad
        self._url = url
        self._token = token
        self.errors: list[Any] = []
        self.refusal: Any = None
        self._changed = asyncio.Event()
        self.gone = asyncio.Event()
        self.client = socketio.AsyncClient(reconnection=False, handle_sigint=False)
        for event in bad.error_events:
            self.client.on(event, self._on_error)
        self.client.on("disconnect", self._on_disconnect)
        self.client.on("connect_error", self._on_refusal)

    async def open(self) -> bool:
        """Connect; whether the server let us in."""
        try:
            await self.client.connect(
                self._url,
                auth=self._bad.auth(self._token),
                transports=["websocket"],
                socketio_path=self._bad.socket_path,
                wait_timeout=WAIT_S,
            )
        except socketio.exceptions.ConnectionError:
            return False
        return True

    async def close(self) -> None:
        """Hang up."""
        await self.client.disconnect()

    async def emit(self, event: str, *payload: Any) -> None:
        """Send an event, with or without an argument."""
        # As a tuple: the library takes a bare None for no argument at all.
        await self.client.emit(event, payload or None)

    async def error(self, number: int, within_s: float = WAIT_S) -> Any:
        """The so-manieth error; None when none comes or the connection ends."""
        loop = asyncio.get_running_loop()
        end = loop.time() + within_s
        while len(self.errors) < number:
            if self.gone.is_set() or loop.time() >= end:
                return None
            self._changed.clear()
            try:
                await asyncio.wait_for(self._changed.wait(), end - loop.time())
            except TimeoutError:
                return None
        return self.errors[number - 1]

    async def _on_error(self, payload: Any = None, *_more: Any) -> None:
        self.errors.append(payload)
        self._changed.set()

    async def _on_refusal(self, reason: Any) -> None:
        self.refusal = reason

    async def _on_disconnect(self, *_reason: Any) -> None:
        self.gone.set()
        self._changed.set()
