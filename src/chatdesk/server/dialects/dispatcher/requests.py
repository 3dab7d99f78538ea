"""What a request says: bodies, pages, ids and dates, checked before the core sees them."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.datastructures import FormData, QueryParams
from starlette.requests import Request

from chatdesk.server import bodies
from chatdesk.server.bodies import EPOCH
from chatdesk.server.core.text import is_storable
from chatdesk.server.web import BadRequest
from chatdesk.wire.dispatcher import names, texts

BODY_LIMIT_BYTES = 1_000_000
SEARCH_LIMIT_CHARS = 200

_ID = re.compile(names.ID_PATTERN)
_INTEGER = re.compile(r"\s*([+-]?)([0-9]+)\s*", re.ASCII)
_DIGITS_LIMIT = 9


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
    try:
        decoded = await bodies.value(request, BODY_LIMIT_BYTES)
    except bodies.BadBody as exc:
        raise _refusal(exc, texts.ERR_BODY_TOO_LARGE) from exc
    return decoded if isinstance(decoded, dict) else {}


@asynccontextmanager
async def multipart(request: Request, *, files: int, limit_bytes: int) -> AsyncIterator[FormData]:
    """The parts of a multipart body; empty for any other body. Temporary files go at the end.

    Raises BadRequest: broken (400), too large (413).
    """
    try:
        async with bodies.multipart(request, files=files, limit_bytes=limit_bytes) as form:
            yield form
    except bodies.BadBody as exc:
        raise _refusal(exc, texts.ERR_FILE_TOO_LARGE) from exc


def _refusal(problem: bodies.BadBody, too_large: str) -> BadRequest:
    if problem.trouble is bodies.Trouble.TOO_LARGE:
        return BadRequest(too_large, 413)
    is_json = problem.trouble is bodies.Trouble.JSON
    return BadRequest(texts.ERR_INVALID_JSON if is_json else texts.ERR_INVALID_FORM)


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
