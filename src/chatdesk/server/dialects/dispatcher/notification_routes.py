"""Routes of notifications: list, counters, marking, archiving, deleting, creating."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from chatdesk.server.core.notifications import Draft, Filter
from chatdesk.server.core.tables import NotificationStatus, Role
from chatdesk.server.dialects.dispatcher import answers, records
from chatdesk.server.dialects.dispatcher.context import Context
from chatdesk.server.dialects.dispatcher.requests import (
    fields,
    flag_of,
    id_of,
    invalid,
    moment_of,
    page_of,
    search_of,
)
from chatdesk.server.web import BadRequest
from chatdesk.wire.dispatcher import names, shapes, texts

IDS_LIMIT = 1_000


def routes(context: Context) -> list[BaseRoute]:
    """The routes of this module; the fixed paths come before the one with an id."""
    return [
        context.route(names.ROUTE_NOTIFICATIONS, "GET", page),
        context.route(names.ROUTE_NOTIFICATIONS, "POST", create),
        context.route(names.ROUTE_NOTIFICATION_STATS, "GET", stats),
        context.route(names.ROUTE_NOTIFICATIONS_MARK_READ, "PATCH", mark_read),
        context.route(names.ROUTE_NOTIFICATIONS_MARK_ALL_READ, "PATCH", mark_all_read),
        context.route(names.ROUTE_NOTIFICATION, "PATCH", update),
        context.route(names.ROUTE_NOTIFICATION, "DELETE", remove),
    ]


async def page(context: Context, request: Request) -> Response:
    """A page of the person's notifications, newest first; `unreadOnly=false` shows all of them."""
    actor = await context.actor(request)
    query = request.query_params
    status = query.get("status") or None
    wanted = Filter(
        status=NotificationStatus.UNREAD if flag_of(query, "unreadOnly") else status,
        kind=query.get("type") or None,
        from_ms=moment_of(query.get("startDate", ""), "startDate"),
        to_ms=moment_of(query.get("endDate", ""), "endDate", end=True),
        search=search_of(query, "search"),
    )
    numbers = page_of(
        query,
        default_limit=names.NOTIFICATIONS_PAGE_DEFAULT,
        max_limit=context.core.rules.page_limit_max,
    )
    rows, total = await context.core.notifications.page(
        actor, wanted, offset=numbers.offset, limit=numbers.limit
    )
    return answers.paged([records.notification_item(row) for row in rows], total, numbers)


async def stats(context: Context, request: Request) -> Response:
    """How many notifications the person has, in all, unread and by type."""
    actor = await context.actor(request)
    counts = await context.core.notifications.stats(actor)
    data = shapes.NotificationStats(total=counts.total, unread=counts.unread, by_type=counts.by_kind)
    return answers.success(data, texts.OK_NOTIFICATION_STATS, status=UNSET)


async def mark_read(context: Context, request: Request) -> Response:
    """Mark some of the person's notifications as read."""
    actor = await context.actor(request)
    ids = (await fields(request)).get("notificationIds")
    if not isinstance(ids, list) or not ids:
        raise BadRequest(texts.ERR_NOTIFICATION_IDS)
    if len(ids) > IDS_LIMIT:
        raise invalid("notificationIds")
    await context.core.notifications.mark_read(actor, [id_of(one, "notificationIds") for one in ids])
    return answers.done(texts.OK_NOTIFICATIONS_READ)


async def mark_all_read(context: Context, request: Request) -> Response:
    """Mark all of the person's notifications as read."""
    await context.core.notifications.mark_read(await context.actor(request), None)
    return answers.done(texts.OK_ALL_NOTIFICATIONS_READ)


async def update(context: Context, request: Request) -> Response:
    """Change the status of one notification."""
    actor = await context.actor(request)
    notification_id = id_of(request.path_params["notification_id"], "id")
    status = (await fields(request)).get("status")
    if status not in names.NOTIFICATION_STATUSES:
        raise invalid("status")
    row = await context.core.notifications.set_status(actor, notification_id, NotificationStatus(status))
    return answers.success(records.notification_record(row), texts.OK_NOTIFICATION_UPDATED, status=UNSET)


async def remove(context: Context, request: Request) -> Response:
    """Delete one notification."""
    actor = await context.actor(request)
    await context.core.notifications.remove(actor, id_of(request.path_params["notification_id"], "id"))
    return answers.done(texts.OK_NOTIFICATION_DELETED)


async def create(context: Context, request: Request) -> Response:
    """Staff write a notification to somebody; it is pushed at once."""
    await context.actor(request, Role.ADMIN, Role.STAFF)
    body = await fields(request)
    kind = _text(body, "type", 64, required=True)
    if kind not in names.NOTIFICATION_TYPES:
        raise invalid("type")
    facts = body.get("metadata") or {}
    if not isinstance(facts, dict):
        raise invalid("metadata")
    expires = _text(body, "expiresAt", 64)
    row = await context.core.notifications.create(
        Draft(
            recipient_id=id_of(body.get("recipientId"), "recipientId"),
            kind=kind,
            title=_text(body, "title", names.NOTIFICATION_TITLE_LIMIT, required=True) or "",
            body=_text(body, "message", names.NOTIFICATION_MESSAGE_LIMIT, required=True) or "",
            facts=facts,
            action_url=_text(body, "actionUrl", 500),
            action_text=_text(body, "actionText", 100),
            expires_ms=moment_of(expires or "", "expiresAt"),
        )
    )
    await context.pushes.notifications([row])
    return answers.success(
        records.notification_record(row),
        texts.OK_NOTIFICATION_CREATED,
        http_status=201,
        status=UNSET,
    )


def _text(body: dict[str, Any], field: str, limit_chars: int, *, required: bool = False) -> str | None:
    value = body.get(field)
    if value is None or value == "":
        if required:
            raise BadRequest(texts.ERR_MISSING_FIELD.format(field=field))
        return None
    if not isinstance(value, str) or len(value) > limit_chars:
        raise invalid(field)
    return value
