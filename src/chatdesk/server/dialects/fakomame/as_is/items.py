"""Packages and trips as recorded: shown to everybody, pages without an end, changes that nobody hears of."""

from __future__ import annotations

import math
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from chatdesk.server.core.access import Actor, Operation
from chatdesk.server.core.conversations import Opening
from chatdesk.server.core.database import WriteSession
from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.orders import Edit, Telling
from chatdesk.server.core.tables import Order, OrderLink
from chatdesk.server.dialects.fakomame import answers, items, records
from chatdesk.server.dialects.fakomame.as_is.context import (
    MOST,
    AsIsContext,
    envelope,
    field,
    in_silence,
    mistake,
    value,
)
from chatdesk.server.dialects.fakomame.context import Context
from chatdesk.server.dialects.fakomame.item_forms import edits
from chatdesk.server.dialects.fakomame.item_routes import asked
from chatdesk.server.dialects.fakomame.records import Record
from chatdesk.server.dialects.fakomame.vocabulary import CARRIED_BY, PACKAGE, TRIP, refusal
from chatdesk.server.web import BadRequest
from chatdesk.wire.fakomame import names, texts

_SAID = {
    reason: refusal(Refused(reason, detail=detail))
    for reason, detail in ((Reason.ORDER_NOT_FOUND, PACKAGE), (Reason.ORDER_DENIED, PACKAGE))
}
ITEMS = {
    PACKAGE: envelope(_SAID, coded=True),
    TRIP: envelope({reason: refusal(Refused(reason, detail=TRIP)) for reason in _SAID}, coded=True),
}
BARE = envelope(marked=False)


def routes(context: AsIsContext) -> list[BaseRoute]:
    """The routes of this module."""
    return [
        context.route(names.ROUTE_PACKAGES, "GET", packages, ITEMS[PACKAGE]),
        context.route(names.ROUTE_PACKAGE, "GET", package, ITEMS[PACKAGE]),
        context.route(names.ROUTE_PACKAGE, "PUT", change_package, ITEMS[PACKAGE]),
        context.route(names.ROUTE_TRIPS, "GET", trips, ITEMS[TRIP]),
        context.route(names.ROUTE_TRIP, "GET", trip, ITEMS[TRIP]),
        context.route(names.ROUTE_TRIP, "PUT", change_trip, ITEMS[TRIP]),
        context.route(names.ROUTE_PACKAGE_STATUS, "PATCH", package_status, BARE),
        context.route(names.ROUTE_TRIP_STATUS, "POST", trip_status, BARE),
        context.route(names.ROUTE_ASSIGNMENTS, "POST", assign, BARE),
    ]


def _anybody(context: Context) -> Actor:
    return Actor("", "", "", context.core.platform)


# -- lists and single ones ---------------------------------------------------------------------------------


async def packages(context: Context, request: Request) -> Response:
    """Every package behind the start of the page, whatever its status."""
    return await _list(context, request, PACKAGE)


async def trips(context: Context, request: Request) -> Response:
    """Every trip likewise."""
    return await _list(context, request, TRIP)


async def _list(context: Context, request: Request, kind: str) -> Response:
    query = asked(kind, request, strict_search=True)
    skip = (query.page - 1) * query.limit
    views, total = await context.core.orders.page(
        _anybody(context), query.wanted, offset=min(skip, MOST), limit=MOST
    )
    orders = [view.order for view in views]
    near = await items.around(context.core, orders)
    show = items.listed_package if kind == PACKAGE else items.listed_trip
    pagination = {
        "page": query.page,
        "limit": query.limit,
        "total": total,
        "totalPages": math.ceil(total / query.limit),
        "hasNext": False,
        "hasPrev": query.page > 1,
    }
    return answers.success([show(one, near) for one in orders], pagination=pagination)


async def package(context: Context, request: Request) -> Response:
    """A package with all the chats about it, whoever takes part."""
    order = await context.item(_anybody(context), PACKAGE, request.path_params["item_id"])
    near = await items.around(context.core, [order])
    return answers.success(items.one_package(order, near, await _chats(context, order)))


async def trip(context: Context, request: Request) -> Response:
    """A trip with all of its packages and chats."""
    order = await context.item(_anybody(context), TRIP, request.path_params["item_id"])
    near = await items.around(context.core, [order])
    inside = near.packages.get(order.id, ())
    inner = await items.around(context.core, inside)
    rows = [items.package_row(one, inner) for one in inside]
    return answers.success(items.one_trip(order, near, rows, await _chats(context, order)))


async def _chats(context: Context, order: Order) -> list[Record]:
    async with context.core.database.reading() as session:
        chats = await context.core.conversations.about(session, order.id)
    members = await context.core.conversations.members([one.id for one in chats])
    return [records.chat_row(one, members.get(one.id, []), email=False) for one in chats]


# -- changes -----------------------------------------------------------------------------------------------


async def change_package(context: Context, request: Request) -> Response:
    """A change by its sender, told to nobody."""
    actor = await context.actor(request)
    order = await _changed(context, actor, request, PACKAGE)
    near = await items.around(context.core, [order])
    return answers.success(items.changed_package(order, near), texts.OK_PACKAGE)


async def change_trip(context: Context, request: Request) -> Response:
    """A change by its traveller, told to nobody."""
    actor = await context.actor(request)
    order = await _changed(context, actor, request, TRIP)
    near = await items.around(context.core, [order])
    return answers.success(items.changed_trip(order, near), texts.OK_TRIP)


async def _changed(context: Context, actor: Actor, request: Request, kind: str) -> Order:
    status, edit = edits(kind, await value(request))
    order = await context.item(actor, kind, request.path_params["item_id"])
    try:
        changed = await context.core.orders.update(
            actor, order.id, edit, Telling(push=in_silence), status=status
        )
    except Refused as exc:
        if exc.reason is Reason.STATUS_REFUSED:
            raise BadRequest(refusal(exc).text) from exc
        raise
    return changed.order


# -- what administrators use, and anybody else ---------------------------------------------------------------


async def package_status(context: Context, request: Request) -> Response:
    """A new status by anybody at all, with the whole accounts of sender and receiver in the answer."""
    order = await _set_status(context, request, PACKAGE, names.PACKAGE_STATUSES)
    near = await items.around(context.core, [order])
    text = texts.OK_PACKAGE_STATUS.format(status=order.status)
    return answers.bare({"success": True, "package": _with_accounts(order, near), "message": text})


def _with_accounts(order: Order, near: items.Around) -> Record:
    receiver, trip = near.receivers.get(order.id), near.trips.get(order.id)
    return items.package_row(order, near) | {
        "sender": records.account(near.owner(order), password=True),
        "receiver": None if receiver is None else records.account(receiver, password=True),
        "trip": None if trip is None else items.trip_row(trip),
    }


async def trip_status(context: Context, request: Request) -> Response:
    """The same of a trip."""
    order = await _set_status(context, request, TRIP, names.TRIP_STATUSES)
    text = texts.OK_TRIP_STATUS.format(status=order.status.lower())
    return answers.bare({"success": True, "trip": items.trip_row(order), "message": text})


async def _set_status(context: Context, request: Request, kind: str, statuses: tuple[str, ...]) -> Order:
    status = field(await value(request), "status")
    if status not in statuses:
        raise BadRequest(texts.ERR_STATUS)
    order = await context.item(_anybody(context), kind, request.path_params["item_id"])
    return await _update(context, order, status, _nothing)


async def _update(
    context: Context, order: Order, status: str, edit: Edit, telling: Telling | None = None
) -> Order:
    changed = await context.core.orders.update(
        _anybody(context),
        order.id,
        edit,
        telling or Telling(push=in_silence),
        status=status,
        operation=Operation.TAKE_OVER,
    )
    return changed.order


def _nothing(_order: Order) -> None:
    """Only the status changes."""


async def assign(context: Context, request: Request) -> Response:
    """A package gets a trip, and its sender a chat of which the traveller never hears."""
    body = await value(request)
    found: dict[str, Any] = {name: field(body, name) for name in ("packageId", "tripId", "notification")}
    if not all(isinstance(one, str) for one in found.values()) or found["notification"] != names.NOTIFY_TRIP:
        raise mistake()
    anybody = _anybody(context)
    package = await context.item(anybody, PACKAGE, found["packageId"])
    trip = await context.item(anybody, TRIP, found["tripId"])

    def edit(order: Order) -> None:
        order.assignee_id = trip.owner_id

    async def also(session: WriteSession, order: Order) -> None:
        await session.merge(OrderLink(from_id=order.id, kind=CARRIED_BY, to_id=trip.id))

    telling = Telling(push=in_silence, also=also)
    package = await _update(context, package, names.PACKAGE_MATCHED, edit, telling)
    opening = Opening(
        kind=names.CHAT_NOTIFICATION,
        order_id=package.id,
        other_order_id=trip.id,
        members={package.owner_id: ""},
    )
    opened = await context.core.conversations.open(anybody, opening)
    chat = opened.place.chat
    members = await context.core.conversations.members([chat.id])
    near = await items.around(context.core, [package])
    row = records.chat_row(chat, members.get(chat.id, []), email=True)
    return answers.bare({"package": _with_accounts(package, near), "chat": row, "success": True})
