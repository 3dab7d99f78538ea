"""What every route of Fakomame works with: the core, the pushes, who is asking, and what they say."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chatdesk.server import bodies, web
from chatdesk.server.core.access import Actor, Operation
from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.messages import Shown
from chatdesk.server.core.service import Core
from chatdesk.server.core.tables import Order, User
from chatdesk.server.core.text import is_storable
from chatdesk.server.dialects.fakomame import records
from chatdesk.server.dialects.fakomame.answers import PLAIN
from chatdesk.server.dialects.fakomame.pushes import Pushes
from chatdesk.server.dialects.fakomame.records import Record
from chatdesk.server.dialects.fakomame.vocabulary import FILE_LIMIT_BYTES
from chatdesk.server.web import BadRequest, Envelope
from chatdesk.wire.fakomame import names, texts

Endpoint = Callable[["Context", Request], Awaitable[Response]]

ID_LIMIT_CHARS = 64
ERR_ID = "Invalid id: {field}"
ERR_BODY = "Expected a JSON object"
ERR_TOO_LARGE = "Request body is too large"


@dataclass(frozen=True, slots=True)
class Context:
    """The parts, and what most routes do with them."""

    core: Core
    pushes: Pushes
    extras: bool = True
    """Records have what our servers announce."""

    async def actor(self, request: Request) -> Actor:
        """Who is asking. Raises Refused."""
        token = token_of(request)
        if not token:
            raise Refused(Reason.NO_TOKEN)
        return await self.core.accounts.holder(token)

    async def visitor(self, request: Request) -> Actor:
        """The same where nobody has to be signed in: somebody without an id, who sees what is on offer."""
        return await self.actor(request) if token_of(request) else Actor("", "", "", self.core.platform)

    def route(self, path: str, method: str, endpoint: Endpoint, envelope: Envelope = PLAIN) -> Route:
        """A route whose every outcome is an answer in the platform's envelope."""
        return web.route(path, method, partial(endpoint, self), envelope)

    async def user(self, user_id: str) -> User:
        """An account; USER_NOT_FOUND when there is none."""
        found = (await self.core.accounts.by_ids({user_id})).get(user_id)
        if found is None:
            raise Refused(Reason.USER_NOT_FOUND)
        return found

    async def item(
        self, actor: Actor, kind: str, item_id: str, operation: Operation = Operation.SEE_ORDER
    ) -> Order:
        """A package or a trip; ORDER_NOT_FOUND also for the other of the two, and for what is not theirs."""
        try:
            order = await self.core.orders.by_id(actor, item_id, operation)
        except Refused as exc:
            if exc.reason is Reason.ORDER_NOT_FOUND:
                raise Refused(Reason.ORDER_NOT_FOUND, detail=kind) from exc
            raise
        if order.kind != kind:
            raise Refused(Reason.ORDER_NOT_FOUND, detail=kind)
        return order

    def message(self, shown: Shown) -> Record:
        """A message in full."""
        return records.message(shown, extras=self.extras)

    def messages(self, shown: Sequence[Shown]) -> list[Record]:
        """Messages in full, in this order."""
        return [self.message(one) for one in shown]


def token_of(request: Request) -> str | None:
    """The access token of the header, else of the cookie."""
    header = request.headers.get("authorization")
    return web.bearer(header) if header else request.cookies.get(names.COOKIE_ACCESS)


async def value(request: Request) -> Any:
    """The body as a JSON value. Raises BadRequest: broken, too large."""
    try:
        return await bodies.value(request, FILE_LIMIT_BYTES)
    except bodies.BadBody as exc:
        if exc.trouble is bodies.Trouble.TOO_LARGE:
            raise BadRequest(ERR_TOO_LARGE, 413) from exc
        raise BadRequest(texts.ERR_JSON) from exc


async def fields(request: Request) -> dict[str, Any]:
    """The body as an object. Raises BadRequest also for any other value."""
    body = await value(request)
    if not isinstance(body, dict):
        raise BadRequest(ERR_BODY)
    return body


def id_of(found: Mapping[str, Any], name: str) -> str:
    """Something that may be an id; raises BadRequest for anything else."""
    value = found.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= ID_LIMIT_CHARS or not is_storable(value):
        raise BadRequest(ERR_ID.format(field=name))
    return value


def number_of(query: Mapping[str, str], name: str, usual: int) -> int:
    """A number from 1 on; raises BadRequest for anything else."""
    text = query.get(name)
    number = usual if not text else bodies.number(text)
    if number is None or number < 1:
        raise BadRequest(f"Invalid {name}")
    return number
