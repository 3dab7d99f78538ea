"""What every route of the dialect works with: the core, the pushes, and who is asking."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chatdesk.server import web
from chatdesk.server.core.access import Actor
from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.orders import Changed
from chatdesk.server.core.service import Core
from chatdesk.server.core.tables import Role
from chatdesk.server.dialects.dispatcher import answers
from chatdesk.server.dialects.dispatcher.pushes import Pushes

Endpoint = Callable[["Context", Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Context:
    """The parts, and what most routes do with them."""

    core: Core
    pushes: Pushes

    async def actor(self, request: Request, *roles: Role) -> Actor:
        """Who is asking; with `roles` only these may. Raises Refused."""
        token = web.bearer(request.headers.get("authorization"))
        if not token:
            raise Refused(Reason.NO_TOKEN)
        actor = await self.core.accounts.holder(token)
        if roles and actor.role not in roles:
            raise Refused(Reason.ROLE, detail=",".join(roles))
        return actor

    async def push_change(self, changed: Changed, kind: str) -> None:
        """Tell the room of a changed order, with its system message, then those who are to be notified."""
        files = await self.core.uploads.of_order(changed.order.id)
        await self.pushes.order(changed.order, files, kind)
        for line in changed.lines:
            await self.pushes.message(line)
        await self.pushes.notifications(changed.notifications)

    def route(self, path: str, method: str, endpoint: Endpoint) -> Route:
        """A route whose every outcome is an answer in the platform's envelope."""
        return web.route(path, method, partial(endpoint, self), answers.ENVELOPE)
