"""What the recorded routes have in common: anonymous requests are somebody's, most refusals are mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from chatdesk.server import bodies
from chatdesk.server.core.access import Actor
from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.orders import Changed
from chatdesk.server.core.text import is_storable
from chatdesk.server.dialects.fakomame.answers import Envelope
from chatdesk.server.dialects.fakomame.context import Context, token_of
from chatdesk.server.dialects.fakomame.vocabulary import FILE_LIMIT_BYTES, Refusal
from chatdesk.server.web import BadRequest
from chatdesk.wire.fakomame import names, texts

MISTAKE = Refusal(500, texts.ERR_SERVER)
_MISTAKES = dict.fromkeys(Reason, MISTAKE)
MOST = 2**31 - 1
"""As many rows as there are."""


def envelope(
    refusals: Mapping[Reason, Refusal] | None = None, *, coded: bool = False, marked: bool = True
) -> Envelope:
    """An envelope in which every refusal but these is a mistake of the server's."""
    return Envelope(refusals={**_MISTAKES, **(refusals or {})}, coded=coded, marked=marked)


@dataclass(frozen=True, slots=True)
class AsIsContext(Context):
    """The parts, for routes that ask less."""

    extras: bool = False

    async def actor(self, request: Request) -> Actor:
        """Who is asking; without a token an account of the servers' own. Raises Refused."""
        token = token_of(request)
        if token:
            return await self.core.accounts.holder(token)
        try:
            return await self.core.accounts.by_id(names.NOBODY)
        except Refused:
            return Actor(names.NOBODY, "", names.ROLE_ADMIN, self.core.platform)


async def value(request: Request) -> Any:
    """The body as a JSON value; anything that is none breaks the route."""
    try:
        found = await bodies.value(request, FILE_LIMIT_BYTES)
    except bodies.BadBody as exc:
        raise mistake() from exc
    if found is None:
        raise mistake()
    return found


def field(body: Any, name: str) -> Any:
    """A key of an object, MISSING where there is none; other values than objects have no keys."""
    return body.get(name, MISSING) if isinstance(body, dict) else MISSING


class _Missing:
    """Stands for `undefined`."""

    def __str__(self) -> str:
        return "undefined"

    def __bool__(self) -> bool:
        return False


MISSING = _Missing()


def stored_text(value: str) -> str:
    """A text as the database takes it: halves of surrogate pairs are replaced, U+0000 is a mistake."""
    if "\0" in value:
        raise mistake()
    if is_storable(value):
        return value
    return "".join("\ufffd" if "\ud800" <= one <= "\udfff" else one for one in value)


def mistake() -> BadRequest:
    """What the recorded servers answer to most of what they do not expect."""
    return BadRequest(texts.ERR_SERVER, 500)


async def in_silence(_changed: Changed) -> None:
    """Nothing is pushed about packages and trips."""
