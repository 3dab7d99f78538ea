"""Routes of administrators: what was reported, and taking it out of sight.

The document promises an interface of theirs and names no route; these are ours.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from chatdesk.server.core.access import Actor
from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.notifications import Filter
from chatdesk.server.dialects.steppergo import answers, records, requests
from chatdesk.server.dialects.steppergo.context import Context
from chatdesk.server.web import BadRequest
from chatdesk.wire.steppergo import names, texts

ERR_HIDDEN = "isHidden must be true or false"


def routes(context: Context) -> list[BaseRoute]:
    """The routes of this module."""
    return [
        context.route(names.ROUTE_ADMIN_NOTICES, "GET", notifications, texts.ERR_INTERNAL),
        context.route(names.ROUTE_ADMIN_MESSAGE, "PATCH", hide, texts.ERR_INTERNAL),
    ]


async def _admin(context: Context, request: Request) -> Actor:
    actor = await context.actor(request)
    if actor.role != names.ROLE_ADMIN:
        raise Refused(Reason.ROLE, detail=names.ROLE_ADMIN)
    return actor


async def notifications(context: Context, request: Request) -> Response:
    """What was reported, newest first."""
    actor = await _admin(context, request)
    rows, _total = await context.core.notifications.page(actor, Filter(), offset=0, limit=names.NOTICES_LIMIT)
    found = [records.notice(row) | {"metadata": row.facts} for row in rows]
    return answers.data({"notifications": found})


async def hide(context: Context, request: Request) -> Response:
    """Take a message out of everybody's history, or put it back."""
    actor = await _admin(context, request)
    hidden = (await requests.fields(request)).get("isHidden")
    if not isinstance(hidden, bool):
        raise BadRequest(ERR_HIDDEN)
    message_id = requests.id_of(request.path_params["message_id"], "messageId")
    shown = await context.core.messages.hide(actor, message_id, hidden=hidden)
    return answers.data(context.pushes.record(shown))
