"""What a request says: bodies, pages, ids and dates, checked before the core sees them."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from starlette.datastructures import FormData, QueryParams
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from chatdesk.server.core.text import is_storable
from chatdesk.wire.dispatcher import names, texts

BODY_LIMIT_BYTES = 1_000_000
FORM_OVERHEAD_BYTES = 200_000
DRAIN_LIMIT_BYTES = 64_000_000
"""How much of a too large body is read and thrown away, so that the client gets to hear the answer."""
SEARCH_LIMIT_CHARS = 200
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_ID = re.compile(names.ID_PATTERN)
_INTEGER = re.compile(r"\s*([+-]?)([0-9]+)\s*", re.ASCII)
_DIGITS_LIMIT = 9


class BadRequest(Exception):
    """A request that says nothing sensible; the sentence is for the answer."""

    def __init__(self, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.text = text
        self.status = status


def invalid(field: str) -> BadRequest:
    """The refusal of one field's value."""
    return BadRequest(texts.ERR_INVALID_FIELD.format(field=field))


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which page, counted from 1, and how many entries it has."""

    page: int
    limit: int

    @property
    def offset(self) -> int:
        """How many entries come before it."""
        return (self.page - 1) * self.limit


async def fields(request: Request) -> dict[str, Any]:
    """The body as an object: JSON or an HTML form; {} for no body, a list, or any other type.

    Raises BadRequest: broken JSON (400), too large (413).
    """
    body = b"".join([chunk async for chunk in _limited(request, BODY_LIMIT_BYTES, texts.ERR_BODY_TOO_LARGE)])
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        try:
            return dict(
                parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=1_000)
            )
        except ValueError as exc:
            raise BadRequest(texts.ERR_INVALID_FORM) from exc
    if not body or (kind and not kind.endswith("json")):
        return {}
    try:
        decoded = msgspec.json.decode(body)
    except (msgspec.MsgspecError, RecursionError, ValueError) as exc:
        raise BadRequest(texts.ERR_INVALID_JSON) from exc
    return decoded if isinstance(decoded, dict) else {}


def is_multipart(request: Request) -> bool:
    """Whether the body comes in parts."""
    return request.headers.get("content-type", "").lower().startswith("multipart/form-data")


@asynccontextmanager
async def multipart(request: Request, *, files: int, limit_bytes: int) -> AsyncIterator[FormData]:
    """The parts of a multipart body; empty for any other body. Temporary files go at the end.

    Raises BadRequest: broken (400), too large (413).
    """
    if not is_multipart(request):
        yield FormData()
        return
    stream = _limited(request, limit_bytes + FORM_OVERHEAD_BYTES, texts.ERR_FILE_TOO_LARGE)
    parser = MultiPartParser(
        request.headers, stream, max_files=files, max_fields=200, max_part_size=BODY_LIMIT_BYTES
    )
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError, ValueError, LookupError) as exc:
        raise BadRequest(texts.ERR_INVALID_FORM) from exc
    try:
        yield form
    finally:
        await form.close()


async def _limited(request: Request, limit_bytes: int, text: str) -> AsyncGenerator[bytes, None]:
    total = 0
    async for chunk in request.stream():
        total += len(chunk)
        if total <= limit_bytes:
            yield chunk
        elif total > DRAIN_LIMIT_BYTES:
            break
    if total > limit_bytes:
        raise BadRequest(text, 413)


def page_of(query: QueryParams, *, default_limit: int, max_limit: int) -> PageRequest:
    """`page` and `limit`: what is no number or 0 becomes the default, a larger limit the largest.

    Raises BadRequest for negative and for absurdly large numbers.
    """
    page = _number(query, "page", 1)
    limit = _number(query, "limit", default_limit)
    return PageRequest(page, min(limit, max_limit))


def _number(query: QueryParams, name: str, default: int) -> int:
    match = _INTEGER.fullmatch(query.get(name, ""))
    if match is None:
        return default
    sign, digits = match[1], match[2].lstrip("0")
    if not digits:
        return default
    if sign == "-" or len(digits) > _DIGITS_LIMIT:
        raise invalid(name)
    return int(digits)


def search_of(query: QueryParams, name: str) -> str:
    """A search text, taken literally.

    The platform takes it for a regular expression, so clients escape punctuation with backslashes: they go.
    """
    text = re.sub(r"\\([^A-Za-z0-9])", r"\1", query.get(name, ""))
    if len(text) > SEARCH_LIMIT_CHARS or "\0" in text or not is_storable(text):
        raise invalid(name)
    return text.strip()


def flag_of(query: QueryParams, name: str) -> bool:
    """True for `true` and `1`, false for anything else."""
    return query.get(name, "").strip().lower() in {"true", "1"}


def id_of(value: object, field: str) -> str:
    """A well-formed id; raises BadRequest for anything else."""
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise invalid(field)
    return value


def text_of(value: object, field: str) -> str:
    """A text as the platform casts it: texts, numbers and truth values; raises BadRequest for the rest."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        # A whole number of any type has no decimal point on this platform; absurd ones are refused.
        if abs(value) >= 1e21:
            raise invalid(field)
        return str(int(value)) if value == int(value) else str(value)
    if isinstance(value, str):
        return value
    raise invalid(field)


def moment_of(text: str, field: str, *, end: bool = False) -> int | None:
    """A date or time as milliseconds since the epoch; None for no text; `end` = the last one of that day."""
    if not text.strip():
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
        if end:
            moment = moment.replace(hour=23, minute=59, second=59, microsecond=999_000)
        return (moment - EPOCH) // timedelta(milliseconds=1)
    except (ValueError, OverflowError) as exc:
        raise invalid(field) from exc
