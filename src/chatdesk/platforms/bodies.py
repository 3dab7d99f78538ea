"""Bodies of HTTP exchanges: what a call sends, read as it goes, and what comes back, within bounds."""

from __future__ import annotations

import asyncio
import io
import os
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import BinaryIO, Self

import httpx

from chatdesk.domain.arrivals import Answer
from chatdesk.domain.steps import Call
from chatdesk.platforms import decoding

ANSWER_LIMIT_BYTES = 64 * 1024 * 1024
"""A larger answer is cut off: no route of any platform gives one."""
SAVED_LIMIT_BYTES = 50 * 1024 * 1024
"""The usual bound of a download that names none."""


class DiskTrouble(Exception):
    """A file of ours could not be read or written."""


def request(
    client: httpx.AsyncClient,
    call: Call,
    url: httpx.URL,
    files: ExitStack,
    moved: Callable[[int], object] = lambda _sent: None,
) -> httpx.Request:
    """The request of a call; a file is opened into `files` and read as it is sent. Raises DiskTrouble.

    moved: hears how many bytes of the file were read so far, which the connection takes one piece at a time.
    """
    headers = list(call.headers)
    if call.save_to:
        # What is saved is bounded by what arrives, and a file is as good as never compressed.
        headers.append(("Accept-Encoding", "identity"))
    if call.file is not None:
        part = call.file
        try:
            stream = files.enter_context(_Told(part.path, moved))
        except OSError as exc:
            raise DiskTrouble from exc
        form: dict[str, list[str]] = {}
        for name, value in call.form:
            form.setdefault(name, []).append(value)
        upload = {part.field: (part.filename, stream, part.content_type)}
        return client.build_request(call.method, url, headers=headers, files=upload, data=form)
    if call.body is None:
        return client.build_request(call.method, url, headers=headers)
    headers.append(("Content-Type", "application/json"))
    return client.build_request(call.method, url, headers=headers, content=decoding.encoded(call.body))


class _Told(io.BufferedReader):
    """A file that tells how far it was read. Raises OSError where it can't be opened."""

    def __init__(self, path: str, moved: Callable[[int], object]) -> None:
        super().__init__(io.FileIO(path))
        self._moved = moved

    def read(self, size: int | None = -1, /) -> bytes:
        content = super().read(size)
        self._moved(self.tell())
        return content


async def whole(response: httpx.Response) -> bytes | None:
    """The whole body, decompressed; None when it is larger than any honest one."""
    if _announced(response) > ANSWER_LIMIT_BYTES:
        return None
    parts: list[bytes] = []
    size = 0
    async for part in response.aiter_bytes():
        size += len(part)
        if size > ANSWER_LIMIT_BYTES:
            return None
        parts.append(part)
    return b"".join(parts)


def answer(step_id: int, response: httpx.Response, body: bytes) -> Answer:
    """What the engine is told: JSON where the server says so and it parses, else text."""
    says_json = "json" in response.headers.get("content-type", "").lower()
    is_json, value = decoding.decoded(body) if says_json else (False, None)
    if not is_json:
        value = body.decode("utf-8", "replace")
    return Answer(step_id, response.status_code, is_json, value, _headers(response))


def saved_answer(step_id: int, response: httpx.Response) -> Answer:
    """What the engine is told of an answer whose body went to disk."""
    return Answer(step_id, response.status_code, False, None, _headers(response))


class Saving:
    """A file that comes to be: `.part` beside it until all of it is on disk; left early, nothing is left.

    Raises DiskTrouble where the disk refuses.
    """

    def __init__(self, target: str, most_bytes: int) -> None:
        self._target = Path(target)
        self._part = Path(f"{target}.part")
        self._most = most_bytes or SAVED_LIMIT_BYTES
        self._file: BinaryIO | None = None

    def __enter__(self) -> Self:
        try:
            self._file = self._part.open("wb")
        except OSError as exc:
            raise DiskTrouble from exc
        return self

    def __exit__(self, *exc: object) -> None:
        if self._file is not None:
            with suppress(OSError):  # what could not be flushed is deleted next
                self._file.close()
            self._file = None
            with suppress(OSError):
                self._part.unlink(missing_ok=True)

    async def fill(self, response: httpx.Response) -> bool:
        """Write the body as it arrives; False as soon as it is known to be longer than wanted."""
        file = self._file
        if file is None or _announced(response) > self._most:
            return False
        size = 0
        async for part in response.aiter_bytes(65_536):
            size += len(part)
            if size > self._most:
                return False
            await _on_disk(lambda part=part: file.write(part))  # type: ignore[misc]
        return True

    async def keep(self) -> None:
        """Have it safe on disk under its own name."""
        file = self._file
        if file is None:
            return

        def flushed() -> None:
            file.flush()
            os.fsync(file.fileno())

        await _on_disk(flushed)
        try:
            file.close()
            self._part.replace(self._target)
        except OSError as exc:
            raise DiskTrouble from exc
        self._file = None


async def _on_disk(work: Callable[[], object]) -> None:
    """Work that may block, off the loop; over when this returns, also where it is cancelled."""
    task = asyncio.get_running_loop().create_task(asyncio.to_thread(work))
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        task.cancelled() or task.exception()
        raise
    except (OSError, ValueError) as exc:
        raise DiskTrouble from exc


def _announced(response: httpx.Response) -> int:
    announced = response.headers.get("content-length", "")
    return int(announced[:20]) if announced.isascii() and announced.isdigit() else 0


def _headers(response: httpx.Response) -> dict[str, str]:
    return {name.lower(): content for name, content in response.headers.items()}
