"""Routes of requests for quotation as recorded: sellers are never shown any."""

from __future__ import annotations

from sqlalchemy import ColumnElement
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from chatdesk.server.core.order_views import Wanted
from chatdesk.server.core.tables import Order
from chatdesk.server.dialects.marketplace import answers, records
from chatdesk.server.dialects.marketplace.as_is.answers import REQUESTS
from chatdesk.server.dialects.marketplace.as_is.context import AsIs
from chatdesk.server.dialects.marketplace.rfq_routes import LIST_LIMIT
from chatdesk.server.dialects.marketplace.vocabulary import RFQ
from chatdesk.wire.marketplace import names


def routes(context: AsIs) -> list[BaseRoute]:
    """The routes of this module."""
    return [
        context.faulty(names.ROUTE_SELLER_RFQS, "GET", for_seller, REQUESTS),
        context.faulty(names.ROUTE_BUYER_RFQS, "GET", of_buyer, REQUESTS),
    ]


async def for_seller(context: AsIs, request: Request) -> Response:
    """Those that have a status which none can have."""
    await context.actor(request, names.ROLE_SELLER)
    return answers.bare([])


async def of_buyer(context: AsIs, request: Request) -> Response:
    """The buyer's own requests, newest first; of the same age, as they were stored."""
    actor = await context.actor(request, names.ROLE_BUYER)
    status = request.query_params.get("status")
    newest_first: tuple[ColumnElement[int], ColumnElement[str]] = (Order.created_ms.desc(), Order.id.asc())
    wanted = Wanted(kind=RFQ, statuses=[status] if status else None, order_by=newest_first)
    found, _total = await context.core.orders.page(actor, wanted, offset=0, limit=LIST_LIMIT)
    return answers.bare([records.rfq(view.order) for view in found])
