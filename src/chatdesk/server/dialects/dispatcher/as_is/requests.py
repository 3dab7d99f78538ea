"""Reading requests as the recorded servers do: what they cannot read is a 500 in their own words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from starlette.datastructures import QueryParams
from starlette.requests import Request

from chatdesk.server import bodies
from chatdesk.server.dialects.dispatcher.as_is import script
from chatdesk.server.dialects.dispatcher.as_is.casts import broken
from chatdesk.server.dialects.dispatcher.as_is.script import UNDEFINED, Undefined
from chatdesk.wire.dispatcher import names, texts

MAX_FORM_FIELDS = 1_000


@dataclass(frozen=True, slots=True)
class Page:
    """Which page, counted from 1, how many entries it has, and how many come before it."""

    page: int
    limit: int

    @property
    def offset(self) -> int:
        """How many entries come before it; no database counts further than this."""
        return min((self.page - 1) * self.limit, 2**62)


async def body_of(request: Request) -> Any:
    """The body: an object, a list, UNDEFINED for none and for types that nobody reads.

    Raises BadRequest (500): too large, not JSON.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    readable = kind in {"application/json", "application/x-www-form-urlencoded"}
    has_body = "content-length" in request.headers or "transfer-encoding" in request.headers
    try:
        raw = b"".join([chunk async for chunk in bodies.limited(request, names.BODY_LIMIT_BYTES)])
    except bodies.BadBody as exc:
        raise broken(texts.ERR_ENTITY_TOO_LARGE) from exc
    if not readable or not has_body:
        return UNDEFINED
    text = raw.decode("utf-8", "replace")
    if kind != "application/json":
        return _form(text)
    if not raw:
        return {}
    try:
        return script.parsed(text)
    except ValueError as exc:
        raise broken(str(exc)) from exc


async def fields(request: Request, first: str) -> dict[str, Any]:
    """The fields of the body; `first` is the one that the recorded code takes out of it first."""
    body = await body_of(request)
    if isinstance(body, Undefined):
        raise broken(texts.ERR_NO_BODY.format(field=first))
    return body if isinstance(body, dict) else {}


def page_of(query: QueryParams, *, default_limit: int) -> Page:
    """`page` and `limit`: 0 and what is no number become the default; below that the database refuses."""
    page = script.leading_integer(query.get("page")) or 1
    limit = script.leading_integer(query.get("limit")) or default_limit
    return checked(Page(page, limit))


def checked(page: Page) -> Page:
    """The page, unless the database refuses its numbers (500)."""
    skip = (page.page - 1) * page.limit
    if skip < 0:
        raise broken(texts.ERR_NEGATIVE.format(field="skip", value=skip))
    if page.limit < 0:
        raise broken(texts.ERR_NEGATIVE.format(field="limit", value=page.limit))
    return page


def _form(text: str) -> dict[str, Any]:
    try:
        found = parse_qs(text, keep_blank_values=True, max_num_fields=MAX_FORM_FIELDS)
    except ValueError as exc:
        raise broken(texts.ERR_TOO_MANY_PARAMETERS) from exc
    return {key: values[0] if len(values) == 1 else values for key, values in found.items()}
