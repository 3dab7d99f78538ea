"""What every route of the dialect works with: the core, the pushes, and who is asking."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from chatdesk.server.core.access import Actor
from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.orders import Changed
from chatdesk.server.core.service import Core
from chatdesk.server.core.tables import Role
from chatdesk.server.dialects.dispatcher import answers
from chatdesk.server.dialects.dispatcher.pushes import Pushes
from chatdesk.server.dialects.dispatcher.requests import BadRequest
from chatdesk.server.dialects.dispatcher.vocabulary import USER_ID_CLAIM
from chatdesk.wire.dispatcher import texts

_log = logging.getLogger(__name__)

Endpoint = Callable[["Context", Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Context:
    """The parts, and what most routes do with them."""

    core: Core
    pushes: Pushes

    async def actor(self, request: Request, *roles: Role) -> Actor:
        """Who is asking; with `roles` only these may. Raises Refused."""
        actor = await self.holder(bearer(request.headers.get("authorization")))
        if roles and actor.role not in roles:
            raise Refused(Reason.ROLE, detail=",".join(roles))
        return actor

    async def holder(self, token: str | None) -> Actor:
        """Who is behind an access token. Raises Refused."""
        if not token:
            raise Refused(Reason.NO_TOKEN)
        return await self.core.accounts.holder(token, USER_ID_CLAIM)

    async def push_change(self, changed: Changed, kind: str) -> None:
        """Tell the room of a changed order, with its system message, then those who are to be notified."""
        files = await self.core.uploads.of_order(changed.order.id)
        await self.pushes.order(changed.order, files, kind)
        if changed.line is not None:
            await self.pushes.message(changed.line)
        await self.pushes.notifications(changed.notifications)

    def route(self, path: str, method: str, endpoint: Endpoint) -> Route:
        """A route whose every outcome is an answer in the platform's envelope."""

        async def answer(request: Request) -> Response:
            try:
                return await endpoint(self, request)
            except Refused as exc:
                return answers.refused(exc)
            except BadRequest as exc:
                return answers.failure(exc.status, exc.text)
            except ClientDisconnect:
                return answers.failure(400, texts.ERR_INVALID_BODY)
            except Exception as exc:  # noqa: BLE001 -- whatever we got wrong, the client gets an answer
                log_bug(exc, f"{method} {path}")
                return answers.failure(500, texts.ERR_INTERNAL)

        return Route(path, answer, methods=[method])


def bearer(header: str | None) -> str | None:
    """The token of an Authorization header: its second word, whatever the first is."""
    words = (header or "").split(" ")
    return words[1] if len(words) > 1 else None


def log_bug(exc: Exception, where: str) -> None:
    """Report our own mistake by type and place; an exception's text may hold what somebody wrote."""
    frames = traceback.extract_tb(exc.__traceback__)
    place = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "unknown place"
    _log.error("%s failed: %s at %s", where, type(exc).__name__, place)
