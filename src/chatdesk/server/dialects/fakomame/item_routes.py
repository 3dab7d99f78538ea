"""Routes of packages and trips: lists with paging and search, single ones, changes by their people."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Float, String, or_
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from chatdesk.server.core.access import Actor
from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.order_views import Wanted
from chatdesk.server.core.orders import Changed, Telling
from chatdesk.server.core.tables import Order
from chatdesk.server.core.text import is_storable, like_pattern
from chatdesk.server.dialects.fakomame import answers, checks, item_forms, items, matching, records
from chatdesk.server.dialects.fakomame.context import Context, id_of, value
from chatdesk.server.dialects.fakomame.records import Record
from chatdesk.server.dialects.fakomame.vocabulary import PACKAGE, TRIP
from chatdesk.server.web import BadRequest
from chatdesk.wire.fakomame import names, texts

SEARCH_LIMIT_CHARS = 200
ERR_TEXT = item_forms.ERR_VALUE
OK_PACKAGE_CREATED = "Package created successfully"
OK_TRIP_CREATED = "Trip created successfully"
_ROW_FIELDS = {"title": Order.title, "createdAt": Order.created_ms, "updatedAt": Order.updated_ms}
_SORTS = {
    PACKAGE: (
        "title",
        "createdAt",
        "updatedAt",
        "offeredPrice",
        "finalPrice",
        "value",
        "pickupDate",
        "deliveryDate",
        "category",
        "priority",
    ),
    TRIP: (
        "title",
        "createdAt",
        "updatedAt",
        "departureDate",
        "arrivalDate",
        "pricePerKg",
        "minimumPrice",
        "maximumPrice",
        "maxWeight",
        "availableSpace",
        "transportMode",
    ),
}
_NUMBERS = frozenset(
    (
        "offeredPrice",
        "finalPrice",
        "value",
        "pricePerKg",
        "minimumPrice",
        "maximumPrice",
        "maxWeight",
        "availableSpace",
    )
)
_CITIES = {
    PACKAGE: {"pickupCity": "pickupAddress", "deliveryCity": "deliveryAddress"},
    TRIP: {"originCity": "originAddress", "destinationCity": "destinationAddress"},
}


def routes(context: Context) -> list[BaseRoute]:
    """The routes of this module."""
    return [
        context.route(names.ROUTE_PACKAGES, "GET", packages, answers.CODED),
        context.route(names.ROUTE_PACKAGES, "POST", create_package, answers.CODED),
        context.route(names.ROUTE_PACKAGE, "GET", package, answers.CODED),
        context.route(names.ROUTE_PACKAGE, "PUT", change_package, answers.CODED),
        context.route(names.ROUTE_TRIPS, "GET", trips, answers.CODED),
        context.route(names.ROUTE_TRIPS, "POST", create_trip, answers.CODED),
        context.route(names.ROUTE_TRIP, "GET", trip, answers.CODED),
        context.route(names.ROUTE_TRIP, "PUT", change_trip, answers.CODED),
    ]


# -- lists -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Asked:
    """What a query of a list asks for."""

    page: int
    limit: int
    status: str | None
    wanted: Wanted


def asked(kind: str, request: Request, *, strict_search: bool) -> Asked:
    """The query of a list; `strict_search` refuses words that look like a number. Raises BadRequest."""
    params = dict(request.query_params)
    found = checks.query(params)
    page = checks.whole(found, "page", 1)
    limit = checks.whole(found, "limit", names.ITEMS_PAGE_USUAL, most=names.ITEMS_PAGE)
    if not strict_search:
        found = {**found, **{key: params[key] for key in params if key == "search" or key in _CITIES[kind]}}
    search = checks.text(found, "search") or ""
    sort = checks.choice(found, "sortBy", _SORTS[kind]) or "createdAt"
    rising = checks.choice(found, "sortOrder", ("asc", "desc")) == "asc"
    status = checks.choice(found, "status", item_forms.STATUSES[kind])
    where = [_contains(search)] if search else []
    for name, column in _CITIES[kind].items():
        city = checks.text(found, name)
        if city:
            where.append(Order.details[column]["city"].as_string().icontains(_fit(city), autoescape=True))
    field: Any = _sort_field(sort)
    tie: Any = Order.id
    order_by = (field, tie) if rising else (field.desc(), tie.desc())
    wanted = Wanted(kind=kind, where=tuple(where), order_by=order_by)
    return Asked(page, limit, status, wanted)


def _contains(search: str) -> ColumnElement[bool]:
    """In the title or the cities (folded, behind the number, which is nobody's), or in the description."""
    # The number is the first line of what is searched.
    behind_number = "%\n" + like_pattern(_fit(search))
    return or_(
        Order.search_text.like(behind_number, escape="\\"),
        Order.details["description"].as_string().icontains(search, autoescape=True),
    )


def _fit(text: str) -> str:
    if len(text) > SEARCH_LIMIT_CHARS or "\0" in text or not is_storable(text):
        raise BadRequest(ERR_TEXT.format(field="search"))
    return text


def _sort_field(name: str) -> Any:
    if name in _ROW_FIELDS:
        return _ROW_FIELDS[name]
    column = Order.details[name]
    return column.as_string().cast(Float if name in _NUMBERS else String)


async def packages(context: Context, request: Request) -> Response:
    """A page of packages: those on offer, and those of the person."""
    return await _list(context, request, PACKAGE)


async def trips(context: Context, request: Request) -> Response:
    """A page of trips likewise."""
    return await _list(context, request, TRIP)


async def _list(context: Context, request: Request, kind: str) -> Response:
    actor = await context.visitor(request)
    return await page_of(context, actor, asked(kind, request, strict_search=False))


async def page_of(
    context: Context, actor: Actor, query: Asked, *more: ColumnElement[bool], **counts: Any
) -> Response:
    """A page of packages or trips that the actor may see."""
    wanted = Wanted(
        kind=query.wanted.kind,
        statuses=[query.status] if query.status else None,
        where=(*query.wanted.where, *more),
        order_by=query.wanted.order_by,
    )
    offset = (query.page - 1) * query.limit
    views, total = await context.core.orders.page(actor, wanted, offset=offset, limit=query.limit)
    data = await listed(context, actor, [view.order for view in views])
    pages = math.ceil(total / query.limit)
    pagination = {
        "page": query.page,
        "limit": query.limit,
        "total": total,
        "totalPages": pages,
        "hasNext": query.page < pages,
        "hasPrev": query.page > 1,
    }
    return answers.success(data, pagination=pagination, **counts)


async def listed(context: Context, actor: Actor, orders: Sequence[Order]) -> list[Record]:
    """Packages or trips as lists show them; telephone numbers only of those one has to do with."""
    near = await items.around(context.core, orders)
    return [
        items.listed_trip(one, near)
        if one.kind == TRIP
        else items.listed_package(one, near, contact=_concerns(actor, one, near))
        for one in orders
    ]


def _concerns(actor: Actor, order: Order, near: items.Around) -> bool:
    receiver = near.receivers.get(order.id)
    people = {order.owner_id, order.assignee_id, receiver.id if receiver else None}
    return actor.id in people or actor.role == names.ROLE_ADMIN


# -- one ---------------------------------------------------------------------------------------------------


async def package(context: Context, request: Request) -> Response:
    """A package with its people, its trip, its way, and one's own chats about it."""
    actor = await context.visitor(request)
    order = await context.item(actor, PACKAGE, _item_id(request, PACKAGE))
    near = await items.around(context.core, [order])
    chats = await _chats(context, actor, order)
    contact = _concerns(actor, order, near)
    return answers.success(items.one_package(order, near, chats, contact=contact))


async def trip(context: Context, request: Request) -> Response:
    """A trip with its traveller, its packages, and one's own chats about it."""
    actor = await context.visitor(request)
    order = await context.item(actor, TRIP, _item_id(request, TRIP))
    near = await items.around(context.core, [order])
    inside = near.packages.get(order.id, ())
    shown = [one for one in inside if actor.id in {one.owner_id, order.owner_id}]
    packages_near = await items.around(context.core, shown)
    rows = [items.package_row(one, packages_near) for one in shown]
    return answers.success(items.one_trip(order, near, rows, await _chats(context, actor, order)))


async def _chats(context: Context, actor: Actor, order: Order) -> list[Record]:
    if not actor.id:
        return []
    chats, _total = await context.core.conversations.page(
        actor, offset=0, limit=names.ITEMS_PAGE, order_id=order.id
    )
    members = await context.core.conversations.members([one.conversation.id for one in chats])
    return [
        records.chat_row(one.conversation, members.get(one.conversation.id, []), email=False) for one in chats
    ]


def _item_id(request: Request, kind: str) -> str:
    try:
        return id_of(request.path_params, "item_id")
    except BadRequest as exc:
        raise Refused(Reason.ORDER_NOT_FOUND, detail=kind) from exc


# -- changes -----------------------------------------------------------------------------------------------


async def create_package(context: Context, request: Request) -> Response:
    """A sender's new package."""
    return await _created(context, request, PACKAGE)


async def create_trip(context: Context, request: Request) -> Response:
    """A traveller's new trip."""
    return await _created(context, request, TRIP)


async def _created(context: Context, request: Request, kind: str) -> Response:
    actor = await context.actor(request)
    new = item_forms.new_item(kind, await value(request))
    for _role, user_id in new.parties:
        await context.user(user_id)
    order = await context.core.orders.create(actor, new, Telling(push=_in_silence), chat=False)
    near = await items.around(context.core, [order])
    if kind == PACKAGE:
        return answers.success(items.changed_package(order, near), OK_PACKAGE_CREATED, 201)
    return answers.success(items.changed_trip(order, near), OK_TRIP_CREATED, 201)


async def _in_silence(_changed: Changed) -> None:
    """Nobody waits for something new."""


async def change_package(context: Context, request: Request) -> Response:
    """The sender changes a package or its status, the traveller says how far it is."""
    actor = await context.actor(request)
    status, edit = item_forms.edits(PACKAGE, await value(request))
    order = await context.item(actor, PACKAGE, _item_id(request, PACKAGE))
    changed = await matching.change(context, actor, order, status, edit)
    near = await items.around(context.core, [changed.order])
    return answers.success(items.changed_package(changed.order, near), texts.OK_PACKAGE)


async def change_trip(context: Context, request: Request) -> Response:
    """The traveller changes a trip or its status."""
    actor = await context.actor(request)
    status, edit = item_forms.edits(TRIP, await value(request))
    order = await context.item(actor, TRIP, _item_id(request, TRIP))
    changed = await matching.change(context, actor, order, status, edit)
    near = await items.around(context.core, [changed.order])
    return answers.success(items.changed_trip(changed.order, near), texts.OK_TRIP)
