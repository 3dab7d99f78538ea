"""What every route of the OMW platform works with: who is asking, bodies and numbers checked, services."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chatdesk.server import bodies, web
from chatdesk.server.core.access import Actor
from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.service import Core
from chatdesk.server.dialects.omw import answers
from chatdesk.server.dialects.omw.bookings import Bookings
from chatdesk.server.dialects.omw.chats import Chats, id_of
from chatdesk.server.dialects.omw.vocabulary import NOBODY, role_of
from chatdesk.server.web import BadRequest, Envelope
from chatdesk.wire.omw import names, texts

Endpoint = Callable[["Context", Request], Awaitable[Response]]
RouteEntry = tuple[str, str, Endpoint, Envelope]
"""Path, method, who answers, and how what goes wrong is worded."""

ERR_JSON = "Invalid JSON in request body"
ERR_LARGE = "Request body too large"
ERR_OBJECT = "Request body must be an object"

_ID = re.compile(r"[0-9]{1,16}", re.ASCII)


@dataclass(frozen=True)
class Context:
    """The parts, and what most routes do with them. One variant may override how it is asked."""

    core: Core
    chats: Chats
    bookings: Bookings

    async def actor(self, request: Request, role: str = "", refusal: str = "") -> Actor:
        """Who is asking; with `role` others hear `refusal`. Raises Refused, BadRequest."""
        actor = await self.holder(_token(request))
        if role and actor.role != role:
            raise BadRequest(refusal, 403)
        return actor

    async def holder(self, token: str) -> Actor:
        """The account behind a token, as it is now."""
        claimed(self.core, token)
        return await self.core.accounts.holder(token)

    async def fields(self, request: Request) -> dict[str, Any]:
        """The body as an object, {} for none. Raises BadRequest: broken, too large, another value."""
        value = await self.body(request)
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise BadRequest(ERR_OBJECT)
        return value

    async def body(self, request: Request) -> Any:
        """The body as a value, None for none. Raises BadRequest: broken, too large."""
        try:
            return await bodies.value(request, names.BODY_LIMIT_BYTES)
        except bodies.BadBody as exc:
            if exc.trouble is bodies.Trouble.TOO_LARGE:
                raise BadRequest(ERR_LARGE, 413) from exc
            raise BadRequest(ERR_JSON) from exc

    def route(self, path: str, method: str, endpoint: Endpoint, envelope: Envelope) -> Route:
        """A route whose every outcome is an answer in the platform's envelope."""

        async def answer(request: Request) -> Response:
            return answers.packed(request, await endpoint(self, request))

        return web.route(path, method, answer, envelope)


def _token(request: Request) -> str:
    header = request.headers.get("authorization")
    if header is None:
        raise Refused(Reason.NO_TOKEN)
    token = web.bearer(header)
    if not token:
        raise Refused(Reason.NO_TOKEN, detail=texts.ERR_NO_TOKEN_IN_HEADER)
    return token


def claimed(core: Core, token: str) -> Actor:
    """Whom a token names, by its own words; raises Refused: BAD_TOKEN, UNKNOWN_HOLDER for nobody."""
    claims = core.accounts.claims_of(token)
    user_id = next((claims[name] for name in names.USER_ID_CLAIMS if claims.get(name)), None)
    found, role, email = id_of(user_id), claims.get(names.ROLE_CLAIM), claims.get("email")
    if found is None:
        raise Refused(Reason.UNKNOWN_HOLDER, detail=NOBODY)
    return Actor(
        id=found,
        email=email if isinstance(email, str) else "",
        role=role_of(role) if isinstance(role, str) else "",
        platform=core.platform,
    )


def path_id(request: Request, name: str, reason: Reason) -> str:
    """An id in an address; whatever is no number is refused for this reason."""
    value = str(request.path_params[name])
    if not _ID.fullmatch(value):
        raise Refused(reason)
    return str(int(value))


def number(query: Mapping[str, str], name: str, default: int, *, least: int, most: int) -> int:
    """A number of a query within its bounds; the default for what is no number."""
    found = bodies.number(query.get(name))
    return min(max(default if found is None else found, least), most)
