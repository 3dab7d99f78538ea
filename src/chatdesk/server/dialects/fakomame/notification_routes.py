"""Routes of notifications: the list, marking, deleting."""

from __future__ import annotations

import math

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.notifications import Filter
from chatdesk.server.core.tables import NotificationStatus
from chatdesk.server.dialects.fakomame import answers, records
from chatdesk.server.dialects.fakomame.context import Context, id_of, number_of
from chatdesk.server.web import BadRequest
from chatdesk.wire.fakomame import names, texts

PAGE = 20
PAGE_LIMIT = 100


def routes(context: Context) -> list[BaseRoute]:
    """The routes of this module."""
    return [context.route(names.ROUTE_NOTIFICATIONS, "GET", listed), *shared(context)]


def shared(context: Context, envelope: answers.Envelope = answers.PLAIN) -> list[BaseRoute]:
    """Those of them that the recorded servers have in the same way."""
    return [
        context.route(names.ROUTE_NOTIFICATIONS_READ, "PUT", read_all, envelope),
        context.route(names.ROUTE_NOTIFICATION_READ, "PUT", read, envelope),
        context.route(names.ROUTE_NOTIFICATION, "DELETE", remove, envelope),
    ]


async def listed(context: Context, request: Request) -> Response:
    """A page of one's own, newest first."""
    page = number_of(request.query_params, "page", 1)
    limit = min(number_of(request.query_params, "limit", PAGE), PAGE_LIMIT)
    return await page_of(context, request, page, limit, offset=(page - 1) * limit, at_most=limit)


async def page_of(
    context: Context, request: Request, page: int | None, limit: int, *, offset: int, at_most: int
) -> Response:
    """The answer with these rows of them."""
    actor = await context.actor(request)
    unread_only = request.query_params.get("unreadOnly") == "true"
    unread = Filter(status=NotificationStatus.UNREAD)
    wanted = unread if unread_only else Filter()
    rows, total = await context.core.notifications.page(actor, wanted, offset=offset, limit=at_most)
    _rows, unread_count = await context.core.notifications.page(actor, unread, offset=0, limit=1)
    user = await context.user(actor.id) if rows else None
    data = {
        "notifications": [records.notification(row, user) for row in rows],
        "pagination": {
            "page": page,
            "total": total,
            "totalPages": math.ceil(total / limit) if limit else None,
        },
        "unreadCount": unread_count,
    }
    return answers.success(data)


async def read(context: Context, request: Request) -> Response:
    """One of them is read."""
    actor = await context.actor(request)
    row = await context.core.notifications.set_status(actor, _id(request), NotificationStatus.READ)
    return answers.success(records.notification(row), texts.OK_NOTICE_READ)


async def read_all(context: Context, request: Request) -> Response:
    """All of them are read."""
    actor = await context.actor(request)
    count = await context.core.notifications.mark_read(actor, None)
    return answers.success({"updatedCount": count}, texts.OK_NOTICES_READ.format(count=count))


async def remove(context: Context, request: Request) -> Response:
    """One of them is gone."""
    actor = await context.actor(request)
    await context.core.notifications.remove(actor, _id(request))
    return answers.success(None, texts.OK_NOTICE_DELETED)


def _id(request: Request) -> str:
    try:
        return id_of(request.path_params, "notice_id")
    except BadRequest as exc:
        raise Refused(Reason.NOTIFICATION_NOT_FOUND) from exc
