"""Server-sent events: lines become events, and one open answer becomes packets until it ends.

Only `data` is of use here: comments, names, ids and retry times are skipped, as the format allows.
"""

from __future__ import annotations

import asyncio
import codecs
from collections.abc import Callable, Iterator
from typing import Any

import httpx

from chatdesk.domain.arrivals import Arrived, Packet
from chatdesk.domain.steps import STREAM_ENDED, STREAM_EVENT
from chatdesk.platforms import decoding

CONTENT_TYPE = "text/event-stream"
LINE_LIMIT_BYTES = 256 * 1024
EVENT_LIMIT_BYTES = 1024 * 1024
"""Longer lines and events are skipped to their end and told as undecodable."""
MALFORMED = Packet("", ())


class EventReader:
    """Cuts a stream of bytes into events; holds at most one event and one line of it."""

    def __init__(self) -> None:
        self._line = bytearray()
        self._skipping = False
        """The line under way is too long: nothing of it is kept."""
        self._after_cr = False
        self._first = True
        self._data: list[bytes] = []
        self._size = 0
        self._spoilt = False
        """Part of the event under way was too long."""

    def feed(self, part: bytes) -> Iterator[bytes | None]:
        """The data of every event that ends within `part`, lines joined by newline; None: a spoilt one."""
        for piece in part.splitlines(keepends=True):  # bytes know CR, LF and CRLF as ends, nothing else
            rest = piece
            if self._after_cr:
                self._after_cr = False
                rest = rest.removeprefix(b"\n")
                if not rest:
                    continue
            text = rest.rstrip(b"\r\n")
            self._take(text)
            if len(text) < len(rest):
                self._after_cr = rest.endswith(b"\r")
                yield from self._line_ended()

    def _take(self, text: bytes) -> None:
        if not self._skipping:
            self._line += text
            if len(self._line) > LINE_LIMIT_BYTES:
                self._skipping = True
                self._line.clear()

    def _line_ended(self) -> Iterator[bytes | None]:
        line, self._line = bytes(self._line), bytearray()
        if self._first:
            self._first = False
            line = line.removeprefix(codecs.BOM_UTF8)
        if self._skipping:
            self._skipping = False
            self._spoil()
        elif not line:
            yield from self._event_ended()
        else:
            name, _, value = line.partition(b":")
            if name == b"data":
                self._add(value.removeprefix(b" "))

    def _add(self, value: bytes) -> None:
        self._size += len(value) + 1
        if self._size > EVENT_LIMIT_BYTES:
            self._spoil()
        elif not self._spoilt:
            self._data.append(value)

    def _spoil(self) -> None:
        self._spoilt = True
        self._data.clear()

    def _event_ended(self) -> Iterator[bytes | None]:
        data, self._data = self._data, []
        spoilt, self._spoilt = self._spoilt, False
        self._size = 0
        if spoilt:
            yield None
        elif data:
            yield b"\n".join(data)


class Stream:
    """One open stream. Its packets go to `tell` in order, the last of them says that it has ended, once."""

    def __init__(self, path: str, response: httpx.Response, tell: Callable[[Arrived], object]) -> None:
        self._path = path
        self._response = response
        self._tell = tell
        self._ended = False
        self._task = asyncio.get_running_loop().create_task(self._run(), name="server-sent events")

    @property
    def over(self) -> bool:
        """Whether its end was told."""
        return self._ended

    def drop(self) -> None:
        """Hear nothing more of it; its end is told at once, if it was not yet."""
        self._end()
        self._task.cancel()

    async def gone(self) -> None:
        """Wait until its connection is released."""
        await asyncio.wait([self._task])
        await self._response.aclose()  # a task that was cancelled before it began has released nothing

    async def _run(self) -> None:
        reader = EventReader()
        try:
            async for part in self._response.aiter_bytes():
                for data in reader.feed(part):
                    self._packet(data)
        except (httpx.HTTPError, httpx.StreamError, OSError):
            pass  # a stream that breaks off has ended like any other
        finally:
            self._end()
            await self._response.aclose()

    def _packet(self, data: bytes | None) -> None:
        if self._ended:
            return
        is_json, value = _decoded(data)
        self._tell(Packet(STREAM_EVENT, (self._path, value)) if is_json else MALFORMED)

    def _end(self) -> None:
        if not self._ended:
            self._ended = True
            self._tell(Packet(STREAM_ENDED, (self._path,)))


def _decoded(data: bytes | None) -> tuple[bool, Any]:
    return decoding.decoded(data) if data is not None else (False, None)
