"""What every route of the marketplace works with: the core, the pushes, who is asking, and what they say."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chatdesk.server import bodies, web
from chatdesk.server.core.access import Actor
from chatdesk.server.core.conversations import Opening
from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.messages import Shown
from chatdesk.server.core.service import Core
from chatdesk.server.core.tables import User
from chatdesk.server.core.text import is_storable, without_controls
from chatdesk.server.dialects.marketplace import records
from chatdesk.server.dialects.marketplace.answers import ENVELOPE
from chatdesk.server.dialects.marketplace.pushes import Pushes
from chatdesk.server.dialects.marketplace.vocabulary import check_claims, may_write, pair_key
from chatdesk.server.web import BadRequest, Envelope
from chatdesk.wire.marketplace import names, texts

Endpoint = Callable[["Context", Request], Awaitable[Response]]

ERR_ID = "Invalid ID format"
ERR_JSON = "Invalid JSON in request body"
ERR_PAGE = "Invalid limit or offset"
PAGE_LIMIT = 500

_ID = re.compile(r"[0-9a-f]{24}")


@dataclass(frozen=True, slots=True)
class Context:
    """The parts, and what most routes do with them."""

    core: Core
    pushes: Pushes
    since_s: float
    """When the server was put together, by the clock that only rises."""

    async def actor(self, request: Request, *roles: str) -> Actor:
        """Who is asking; with `roles` only these may. Raises Refused."""
        header = request.headers.get("authorization", "")
        token = web.bearer(header) if header.startswith(names.AUTH_SCHEME) else None
        if not token:
            raise Refused(Reason.NO_TOKEN)
        check_claims(self.core.accounts.claims_of(token))
        actor = await self.core.accounts.holder(token)
        if roles and actor.role not in roles:
            raise Refused(Reason.ROLE, detail=",".join(roles))
        return actor

    def route(self, path: str, method: str, endpoint: Endpoint, envelope: Envelope = ENVELOPE) -> Route:
        """A route whose every outcome is an answer in the platform's envelope."""
        return web.route(path, method, partial(endpoint, self), envelope)

    async def user(self, user_id: str) -> User:
        """An account; USER_NOT_FOUND when there is none."""
        found = (await self.core.accounts.by_ids({user_id})).get(user_id)
        if found is None:
            raise Refused(Reason.USER_NOT_FOUND)
        return found

    def may_write(self, actor: Actor, other: User) -> bool:
        """Whether these two may talk."""
        return may_write(actor, other)

    def record(self, shown: Shown, recipient: User | None, *, bare: str = "") -> records.Record:
        """A message as this server shows it; see `records.message`."""
        return records.told(shown, recipient, bare=bare)

    async def talk(self, actor: Actor, other_id: str, kind: str = "") -> tuple[str, User]:
        """The conversation with somebody, begun if need be, and who that is.

        Raises Refused: USER_NOT_FOUND (also of another kind than given), ROLE (these two may not talk).
        """
        other = await self.user(other_id)
        if kind and names.KIND_OF_ROLE.get(other.role) != kind:
            raise Refused(Reason.USER_NOT_FOUND)
        if not self.may_write(actor, other):
            raise Refused(Reason.ROLE)
        opening = Opening(
            key=pair_key(actor.id, other.id), members={actor.id: actor.role, other.id: other.role}
        )
        opened = await self.core.conversations.open(actor, opening)
        return opened.place.chat.id, other

    async def recipients(self, shown: Sequence[Shown]) -> dict[str, User]:
        """Who each of these messages was written to, by id of the message."""
        members = await self.core.conversations.members([one.message.conversation_id for one in shown])
        found: dict[str, User] = {}
        for one in shown:
            people = members.get(one.message.conversation_id, ())
            for _row, user in people:
                # Where somebody talks to oneself there is one member.
                if user.id != one.message.sender_id or len(people) == 1:
                    found[one.message.id] = user
        return found


async def fields(request: Request) -> dict[str, Any]:
    """The body as an object; {} for no body or any other value. Raises BadRequest: broken, too large."""
    try:
        value = await bodies.value(request, names.BODY_LIMIT_BYTES)
    except bodies.BadBody as exc:
        if exc.trouble is bodies.Trouble.TOO_LARGE:
            raise BadRequest(texts.ERR_TOO_LARGE, 413) from exc
        raise BadRequest(ERR_JSON) from exc
    return value if isinstance(value, dict) else {}


def id_of(value: object, text: str = ERR_ID) -> str:
    """A well-formed id; raises BadRequest for anything else."""
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise BadRequest(text)
    return value


def text_of(value: object) -> str | None:
    """A text as it is stored, trimmed and without control characters; None for what holds nothing.

    Numbers are texts too, as the platform casts them.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not is_storable(value):
        return None
    return without_controls(value).strip() or None


def page_of(query: Mapping[str, str]) -> tuple[int, int]:
    """`limit` (50 unless given) and `offset`; raises BadRequest for what is no number of entries."""
    limit = bodies.number(query["limit"]) if query.get("limit") else names.MESSAGES_PAGE
    offset = bodies.number(query["offset"]) if query.get("offset") else 0
    if limit is None or offset is None or limit < 1 or offset < 0:
        raise BadRequest(ERR_PAGE)
    return min(limit, PAGE_LIMIT), offset


def visitor(platform: str) -> Actor:
    """Somebody who is not signed in: sees products, and nothing else."""
    return Actor("", "", "", platform)
