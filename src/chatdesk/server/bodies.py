"""Reading what a request carries: bodies with a limit, JSON, forms, files, numbers of a query."""

from __future__ import annotations

import enum
import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from starlette.datastructures import FormData
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

FORM_OVERHEAD_BYTES = 200_000
PART_LIMIT_BYTES = 1_000_000
DRAIN_LIMIT_BYTES = 64_000_000
"""How much of a too large body is read and thrown away, so that the client gets to hear the answer."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_INTEGER = re.compile(r"\s*([+-]?[0-9]{1,12})\s*", re.ASCII)


class Trouble(enum.Enum):
    """What may be wrong with a body."""

    TOO_LARGE = enum.auto()
    JSON = enum.auto()
    FORM = enum.auto()


class BadBody(Exception):
    """A body that cannot be read; the dialect words it."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.name)
        self.trouble = trouble


async def limited(request: Request, limit_bytes: int) -> AsyncGenerator[bytes, None]:
    """The body in pieces; BadBody at the end of one that is too large."""
    total = 0
    async for chunk in request.stream():
        total += len(chunk)
        if total <= limit_bytes:
            yield chunk
        elif total > DRAIN_LIMIT_BYTES:
            break
    if total > limit_bytes:
        raise BadBody(Trouble.TOO_LARGE)


async def value(request: Request, limit_bytes: int) -> Any:
    """The body as a JSON value; None for no body and for types that are neither JSON nor an HTML form.

    A form is an object of texts. Raises BadBody.
    """
    body = b"".join([chunk async for chunk in limited(request, limit_bytes)])
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        try:
            return dict(
                parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=1_000)
            )
        except ValueError as exc:
            raise BadBody(Trouble.FORM) from exc
    if not body or (kind and not kind.endswith("json")):
        return None
    try:
        return msgspec.json.decode(body)
    except (msgspec.MsgspecError, RecursionError, ValueError) as exc:
        raise BadBody(Trouble.JSON) from exc


def is_multipart(request: Request) -> bool:
    """Whether the body comes in parts."""
    return request.headers.get("content-type", "").lower().startswith("multipart/form-data")


@asynccontextmanager
async def multipart(request: Request, *, files: int, limit_bytes: int) -> AsyncIterator[FormData]:
    """The parts of a multipart body, empty for any other; temporary files go at the end. Raises BadBody."""
    if not is_multipart(request):
        yield FormData()
        return
    parser = MultiPartParser(
        request.headers,
        limited(request, limit_bytes + FORM_OVERHEAD_BYTES),
        max_files=files,
        max_fields=200,
        max_part_size=PART_LIMIT_BYTES,
    )
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError, ValueError, LookupError) as exc:
        raise BadBody(Trouble.FORM) from exc
    try:
        yield form
    finally:
        await form.close()


def number(text: str | None) -> int | None:
    """A whole number of a query; None for anything else."""
    match = _INTEGER.fullmatch(text or "")
    return int(match[1]) if match else None


def iso(at_ms: int) -> str:
    """ISO-8601 UTC with milliseconds and Z."""
    moment = EPOCH + timedelta(milliseconds=at_ms)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
