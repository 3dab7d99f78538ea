"""Recorded notifications: a filter that is on when it is off, and counters by type that count to one."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from chatdesk.server.core.notifications import Draft, Filter
from chatdesk.server.core.tables import NotificationStatus, Role
from chatdesk.server.dialects.dispatcher import answers, notification_routes, records
from chatdesk.server.dialects.dispatcher.as_is import casts, script
from chatdesk.server.dialects.dispatcher.as_is.context import AsIs
from chatdesk.server.dialects.dispatcher.as_is.requests import fields, page_of
from chatdesk.server.dialects.dispatcher.requests import moment_of
from chatdesk.server.web import BadRequest
from chatdesk.wire.dispatcher import names, shapes, texts


def routes(context: AsIs) -> list[BaseRoute]:
    """The routes of this module; the fixed paths come before the one with an id."""
    return [
        context.faulty(names.ROUTE_NOTIFICATIONS, "GET", page),
        context.faulty(names.ROUTE_NOTIFICATIONS, "POST", create),
        context.faulty(names.ROUTE_NOTIFICATION_STATS, "GET", stats),
        context.faulty(names.ROUTE_NOTIFICATIONS_MARK_READ, "PATCH", mark_read),
        context.faulty(names.ROUTE_NOTIFICATIONS_MARK_ALL_READ, "PATCH", notification_routes.mark_all_read),
        context.faulty(names.ROUTE_NOTIFICATION, "PATCH", update),
        context.faulty(names.ROUTE_NOTIFICATION, "DELETE", remove),
    ]


async def page(context: AsIs, request: Request) -> Response:
    """A page of the person's notifications, newest first; any `unreadOnly` means that, `false` too."""
    actor = await context.actor(request)
    query = request.query_params
    wanted = Filter(
        status=NotificationStatus.UNREAD if query.get("unreadOnly") else query.get("status") or None,
        kind=query.get("type") or None,
        from_ms=_moment(query.get("startDate", "")),
        to_ms=_moment(query.get("endDate", ""), end=True),
    )
    numbers = page_of(query, default_limit=names.NOTIFICATIONS_PAGE_DEFAULT)
    rows, total = await context.core.notifications.page(
        actor, wanted, offset=numbers.offset, limit=numbers.limit
    )
    meta = shapes.Meta(
        total_items=total,
        total_pages=-(-total // numbers.limit),
        current_page=numbers.page,
        items_per_page=numbers.limit,
    )
    return answers.success([records.notification_item(row) for row in rows], meta=meta)


def _moment(text: str, *, end: bool = False) -> int | None:
    try:
        return moment_of(text, "createdAt", end=end)
    except BadRequest as exc:
        raise casts.invalid(
            casts.NOTIFICATION, "createdAt", texts.ERR_PATH_INVALID.format(path="createdAt")
        ) from exc


async def stats(context: AsIs, request: Request) -> Response:
    """How many notifications the person has, and which types there are."""
    counts = await context.core.notifications.stats(await context.actor(request))
    data: dict[str, Any] = {"byType": dict.fromkeys(counts.by_kind, 1)}
    data |= {"total": counts.total, "unread": counts.unread}
    if counts.total:
        data["_id"] = None
    return answers.success(data, texts.OK_NOTIFICATION_STATS, status=UNSET)


async def mark_read(context: AsIs, request: Request) -> Response:
    """Mark some of the person's notifications as read."""
    actor = await context.actor(request)
    ids = (await fields(request, "notificationIds")).get("notificationIds")
    if not isinstance(ids, list) or not ids:
        raise BadRequest(texts.ERR_NOTIFICATION_IDS)
    wanted = [casts.object_id(one, casts.NOTIFICATION) for one in ids]
    await context.core.notifications.mark_read(actor, wanted)
    return answers.done(texts.OK_NOTIFICATIONS_READ)


async def update(context: AsIs, request: Request) -> Response:
    """Change the status of one notification."""
    actor = await context.actor(request)
    notification_id = casts.object_id(request.path_params["notification_id"], casts.NOTIFICATION)
    status = (await fields(request, "status")).get("status")
    if status not in names.NOTIFICATION_STATUSES:
        raise casts.not_allowed(casts.NOTIFICATION, "status", script.as_text(status))
    row = await context.core.notifications.set_status(actor, notification_id, NotificationStatus(status))
    return answers.success(records.notification_record(row), texts.OK_NOTIFICATION_UPDATED, status=UNSET)


async def remove(context: AsIs, request: Request) -> Response:
    """Delete one notification."""
    actor = await context.actor(request)
    notification_id = casts.object_id(request.path_params["notification_id"], casts.NOTIFICATION)
    await context.core.notifications.remove(actor, notification_id)
    return answers.done(texts.OK_NOTIFICATION_DELETED)


async def create(context: AsIs, request: Request) -> Response:
    """Staff write a notification to somebody; it is pushed at once."""
    await context.actor(request, Role.ADMIN, Role.STAFF)
    body = await fields(request, "recipientId")
    facts, expires = body.get("metadata"), body.get("expiresAt")
    kind = _text(body, "type") or ""
    if kind not in names.NOTIFICATION_TYPES:
        raise casts.not_allowed(casts.NOTIFICATION, "type", kind)
    recipient = body.get("recipientId")
    if script.is_falsy(recipient):
        raise casts.missing(casts.NOTIFICATION, "recipientId")
    row = await context.core.notifications.create(
        Draft(
            recipient_id=casts.object_id(recipient, casts.NOTIFICATION, "recipientId"),
            kind=kind,
            title=_required(body, "title", names.NOTIFICATION_TITLE_LIMIT),
            body=_required(body, "message", names.NOTIFICATION_MESSAGE_LIMIT),
            facts=facts if isinstance(facts, dict) else {},
            action_url=_text(body, "actionUrl"),
            action_text=_text(body, "actionText"),
            expires_ms=_moment(script.as_text(expires)) if expires else None,
        )
    )
    await context.pushes.notifications([row])
    data = records.notification_record(row)
    return answers.success(data, texts.OK_NOTIFICATION_CREATED, http_status=201, status=UNSET)


def _text(body: dict[str, Any], field: str) -> str | None:
    value = body.get(field)
    return None if value is None else casts.text_of(value, casts.NOTIFICATION, field)


def _required(body: dict[str, Any], field: str, limit_chars: int) -> str:
    text = _text(body, field)
    if not text:
        raise casts.missing(casts.NOTIFICATION, field)
    if len(text) > limit_chars:
        raise casts.invalid(casts.NOTIFICATION, field, texts.ERR_PATH_INVALID.format(path=field))
    return text
