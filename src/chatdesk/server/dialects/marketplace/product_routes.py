"""Routes of products: what sellers offer, for everybody."""

from __future__ import annotations

import math
import re
from typing import Any

from sqlalchemy import ColumnElement
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from chatdesk.server import bodies
from chatdesk.server.core.access import Actor
from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.order_views import OrderView, Wanted
from chatdesk.server.core.tables import Order
from chatdesk.server.core.text import is_storable
from chatdesk.server.dialects.marketplace import answers, records
from chatdesk.server.dialects.marketplace.answers import ENVELOPE
from chatdesk.server.dialects.marketplace.context import ERR_PAGE, Context, id_of, visitor
from chatdesk.server.dialects.marketplace.vocabulary import ERR_PRODUCT_NOT_FOUND, PRODUCT
from chatdesk.server.web import BadRequest, Envelope
from chatdesk.wire.marketplace import names, texts

PAGE_LIMIT = 100
SEARCH_LIMIT_CHARS = 200
ERR_SEARCH = "Invalid search"
ERR_PRICE = "Invalid price"
_PRICE = re.compile(r"[0-9]{1,12}(\.[0-9]{1,4})?", re.ASCII)


def routes(context: Context, envelope: Envelope = ENVELOPE) -> list[BaseRoute]:
    """The routes of this module; the fixed paths come before the one with an id."""
    return [
        context.route(names.ROUTE_PRODUCTS, "GET", listed, envelope),
        context.route(names.ROUTE_OWN_PRODUCTS, "GET", own, envelope),
        context.route(names.ROUTE_PRODUCT, "GET", one, envelope),
    ]


async def listed(context: Context, request: Request) -> Response:
    """A page of all products, for everybody.

    `seller_id`, `category`, `min_price`, `max_price` and `search` leave some of them.
    """
    seller_id = request.query_params.get("seller_id") or ""
    found, pagination = await _page(
        context, request, visitor(context.core.platform), seller_id and id_of(seller_id)
    )
    data = [records.product(view.order, view.owner) for view in found]
    return answers.bare({"data": data, "pagination": pagination})


async def own(context: Context, request: Request) -> Response:
    """A page of the seller's own products."""
    actor = await context.actor(request, names.ROLE_SELLER)
    found, pagination = await _page(context, request, actor, actor.id)
    data = [records.product(view.order, view.owner) for view in found]
    return answers.bare({"success": True, "count": len(data), "products": data, "pagination": pagination})


async def one(context: Context, request: Request) -> Response:
    """One product, for everybody."""
    product = id_of(request.path_params["product"], texts.ERR_PRODUCT_ID)
    try:
        order = await context.core.orders.by_id(visitor(context.core.platform), product)
    except Refused as exc:
        missing = {Reason.ORDER_NOT_FOUND, Reason.ORDER_DENIED}
        raise (BadRequest(ERR_PRODUCT_NOT_FOUND, 404) if exc.reason in missing else exc) from exc
    return answers.bare(records.product(order, await context.user(order.owner_id), alone=True))


async def _page(
    context: Context, request: Request, actor: Actor, seller_id: str
) -> tuple[list[OrderView], dict[str, int]]:
    query = request.query_params
    page = bodies.number(query["page"]) if query.get("page") else 1
    limit = bodies.number(query["limit"]) if query.get("limit") else names.PRODUCTS_PAGE
    if page is None or limit is None or page < 1 or limit < 1:
        raise BadRequest(ERR_PAGE)
    search = query.get("search", "").strip()
    if len(search) > SEARCH_LIMIT_CHARS or "\0" in search or not is_storable(search):
        raise BadRequest(ERR_SEARCH)
    limit = min(limit, PAGE_LIMIT)
    wanted = Wanted(kind=PRODUCT, owner_id=seller_id, search=search, where=_conditions(request))
    found, total = await context.core.orders.page(actor, wanted, offset=(page - 1) * limit, limit=limit)
    return found, {"page": page, "limit": limit, "total": total, "pages": math.ceil(total / limit)}


def _conditions(request: Request) -> tuple[ColumnElement[bool], ...]:
    query: dict[str, Any] = dict(request.query_params)
    found: list[ColumnElement[bool]] = []
    if category := query.get("category"):
        # Within the list that SQLite gives back as a text without blanks.
        found.append(
            Order.details["categories"].as_string().contains(f'"_id":"{id_of(category)}"', autoescape=True)
        )
    for key in ("min_price", "max_price"):
        if text := query.get(key):
            if not _PRICE.fullmatch(text):
                raise BadRequest(ERR_PRICE)
            price = Order.details["price"].as_float()
            found.append(price >= float(text) if key == "min_price" else price <= float(text))
    return tuple(found)
