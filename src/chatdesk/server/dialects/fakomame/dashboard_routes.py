"""Routes of the dashboards: one's packages and trips, how many stand where, matching, milestones."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, or_, select
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from chatdesk.server.core.access import Actor, Operation
from chatdesk.server.core.order_views import Wanted
from chatdesk.server.core.tables import Order, Party
from chatdesk.server.dialects.fakomame import answers, checks, items, matching, records
from chatdesk.server.dialects.fakomame.context import Context, fields, id_of
from chatdesk.server.dialects.fakomame.item_routes import asked, page_of
from chatdesk.server.dialects.fakomame.vocabulary import PACKAGE, RECEIVER, SENDER, TRIP
from chatdesk.server.web import BadRequest
from chatdesk.wire.fakomame import names, texts

COUNT_LIMIT = 1
SIDES = ("sent", "received", "carried", "all")
ERR_CONFIRMATION = "Invalid confirmationType"
ERR_NOTIFICATION = "Invalid notification"
ERR_CONFIRMATIONS = "All confirmations are required"
CONFIRMATIONS = (
    "legalCompliance",
    "damageInspection",
    "accurateDescription",
    "safetyMeasures",
    "termsAcceptance",
)
_MILESTONES = {
    names.CONFIRM_PICKUP: names.PACKAGE_IN_TRANSIT,
    names.CONFIRM_DELIVERY: names.PACKAGE_DELIVERED,
}


def routes(context: Context) -> list[BaseRoute]:
    """The routes of this module."""
    return [
        context.route(names.ROUTE_DASHBOARD_PACKAGES, "GET", packages, answers.CODED),
        context.route(names.ROUTE_DASHBOARD_TRIPS, "GET", trips, answers.CODED),
        context.route(names.ROUTE_PACKAGE_STATUS, "PATCH", package_status),
        context.route(names.ROUTE_TRIP_STATUS, "POST", trip_status),
        context.route(names.ROUTE_ASSIGNMENTS, "POST", assign),
    ]


async def packages(context: Context, request: Request) -> Response:
    """One's packages: sent, received or carried (`view`), by status, with search and paging."""
    actor = await context.actor(request)
    view = checks.choice(dict(request.query_params), "view", SIDES) or "all"
    received = select(Party.order_id).where(Party.user_id == actor.id, Party.role == RECEIVER)
    sides: dict[str, ColumnElement[bool]] = {
        "sent": Order.owner_id == actor.id,
        "received": Order.id.in_(received),
        "carried": Order.assignee_id == actor.id,
    }
    mine = or_(*sides.values()) if view == "all" else sides[view]
    counts = await _by_status(context, actor, PACKAGE, names.PACKAGE_STATUSES, mine)
    return await page_of(context, actor, asked(PACKAGE, request, strict_search=False), mine, counts=counts)


async def trips(context: Context, request: Request) -> Response:
    """One's trips: own ones, and those that carry one's packages."""
    actor = await context.actor(request)
    carrying = select(Party.order_id).where(Party.user_id == actor.id, Party.role == SENDER)
    mine = or_(Order.owner_id == actor.id, Order.id.in_(carrying))
    counts = await _by_status(context, actor, TRIP, names.TRIP_STATUSES, mine)
    return await page_of(context, actor, asked(TRIP, request, strict_search=False), mine, counts=counts)


async def _by_status(
    context: Context, actor: Actor, kind: str, statuses: tuple[str, ...], mine: ColumnElement[bool]
) -> dict[str, int]:
    counts = {}
    for status in statuses:
        wanted = Wanted(kind=kind, statuses=[status], where=(mine,))
        counts[status] = (await context.core.orders.page(actor, wanted, offset=0, limit=COUNT_LIMIT))[1]
    return counts


async def package_status(context: Context, request: Request) -> Response:
    """A milestone of a package, by its people."""
    return await _status(context, request, PACKAGE, names.PACKAGE_STATUSES)


async def trip_status(context: Context, request: Request) -> Response:
    """The same of a trip."""
    return await _status(context, request, TRIP, names.TRIP_STATUSES)


async def _status(context: Context, request: Request, kind: str, statuses: tuple[str, ...]) -> Response:
    actor = await context.actor(request)
    status = (await fields(request)).get("status")
    if not isinstance(status, str) or status not in statuses:
        raise BadRequest(texts.ERR_STATUS)
    order = await context.item(actor, kind, id_of(request.path_params, "item_id"))
    changed = await matching.change(context, actor, order, status)
    near = await items.around(context.core, [changed.order])
    if kind == PACKAGE:
        row: dict[str, Any] = {"package": items.changed_package(changed.order, near)}
        text = texts.OK_PACKAGE_STATUS.format(status=status)
    else:
        row = {"trip": items.changed_trip(changed.order, near)}
        text = texts.OK_TRIP_STATUS.format(status=status.lower())
    return answers.bare({"success": True, **row, "message": text})


async def assign(context: Context, request: Request) -> Response:
    """A package is matched with a trip, picked up or handed over, as both sides' duties are confirmed."""
    actor = await context.actor(request)
    body = await fields(request)
    kind = body.get("confirmationType")
    if kind not in names.CONFIRMATIONS:
        raise BadRequest(ERR_CONFIRMATION)
    if body.get("notification", names.NOTIFY_TRIP) not in (names.NOTIFY_TRIP, names.NOTIFY_PACKAGE):
        raise BadRequest(ERR_NOTIFICATION)
    confirmed = body.get("confirmations")
    if not isinstance(confirmed, dict) or not all(confirmed.get(one) is True for one in CONFIRMATIONS):
        raise BadRequest(ERR_CONFIRMATIONS)
    package_id, trip_id = id_of(body, "packageId"), id_of(body, "tripId")
    if kind == names.CONFIRM_ASSIGNMENT:
        package = await context.item(actor, PACKAGE, package_id, Operation.TAKE_OVER)
        trip = await context.item(actor, TRIP, trip_id, Operation.TAKE_OVER)
        changed = await matching.match(context, actor, package, trip)
    else:
        package = await context.item(actor, PACKAGE, package_id)
        changed = await matching.change(context, actor, package, _MILESTONES[str(kind)])
    near = await items.around(context.core, [changed.order])
    key = matching.pair_key(changed.order.owner_id, changed.order.assignee_id or "")
    chat = await context.core.conversations.find(key)
    members = await context.core.conversations.members([chat.id] if chat else [])
    shown = None if chat is None else records.chat_row(chat, members.get(chat.id, []), email=False)
    return answers.bare(
        {"package": items.changed_package(changed.order, near), "chat": shown, "success": True}
    )
