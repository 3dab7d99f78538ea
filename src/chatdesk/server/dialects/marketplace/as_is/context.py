"""What every recorded route works with: nobody is refused a talk, and records are as they were recorded."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chatdesk.server import bodies, web
from chatdesk.server.core.access import Actor
from chatdesk.server.core.messages import Shown
from chatdesk.server.core.tables import User
from chatdesk.server.dialects.marketplace import records
from chatdesk.server.dialects.marketplace.as_is.answers import PEOPLE
from chatdesk.server.dialects.marketplace.context import ERR_JSON, Context, Endpoint
from chatdesk.server.web import BadRequest, Envelope
from chatdesk.wire.marketplace import names, texts

KIND_FIELD = "role"
"""Where the recorded servers look for what somebody is in messages. Employees have something else there, and
everybody else nothing, unless whoever runs the server has filled it in.
"""
HERE = frozenset({"localhost", "127.0.0.1", "[::1]"})
"""Web pages of this machine are among those that may ask."""


@dataclass(frozen=True, slots=True)
class AsIs(Context):
    """The parts, for the routes of the recorded servers."""

    def route(self, path: str, method: str, endpoint: Endpoint, envelope: Envelope = PEOPLE) -> Route:
        """A route of the promised dialect, which no web page of another address may ask."""
        return self.faulty(path, method, endpoint, envelope)

    def faulty(self, path: str, method: str, endpoint: Recorded, envelope: Envelope) -> Route:
        """A route of the recorded servers likewise."""

        async def answer(request: Request) -> Response:
            if _is_foreign(request):
                raise BadRequest(texts.ERR_ORIGIN, 500)
            return await endpoint(self, request)

        return web.route(path, method, answer, envelope)

    def may_write(self, actor: Actor, other: User) -> bool:  # noqa: ARG002 -- nobody asks
        """Everybody to everybody, and to themselves."""
        return True

    def record(self, shown: Shown, recipient: User | None, *, bare: str = "") -> records.Record:
        """A message with nothing of ours."""
        return records.message(shown, recipient, bare=bare)

    async def kind(self, actor: Actor) -> str | None:
        """What somebody is in messages, if their record says so."""
        kind = (await self.user(actor.id)).profile.get(KIND_FIELD)
        return kind if isinstance(kind, str) and kind in names.KINDS else None


async def given(request: Request) -> Any:
    """The body as the recorded servers have it: an object or a list, None without one. Raises BadRequest."""
    try:
        value = await bodies.value(request, names.BODY_LIMIT_BYTES)
    except bodies.BadBody as exc:
        too_large = exc.trouble is bodies.Trouble.TOO_LARGE
        raise BadRequest(texts.ERR_TOO_LARGE if too_large else ERR_JSON) from exc
    if value is not None and not isinstance(value, dict | list):
        raise BadRequest(ERR_JSON)
    return value


def _is_foreign(request: Request) -> bool:
    origin = request.headers.get("origin")
    if origin is None:
        return False
    here = request.headers.get("host", "").lower()
    try:
        parts = urlsplit(origin.lower())
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    except ValueError:
        return True
    return parts.netloc != here and host not in HERE


Recorded = Callable[[AsIs, Request], Awaitable[Response]]
