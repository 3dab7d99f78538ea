"""Public routes of trips: the list, one trip, its free seats, its stream of status."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute

from chatdesk.server import bodies
from chatdesk.server.core.order_views import OrderView, Wanted
from chatdesk.server.core.tables import Order
from chatdesk.server.core.text import fold
from chatdesk.server.dialects.steppergo import answers, requests, trip_records
from chatdesk.server.dialects.steppergo.context import GUEST, Context
from chatdesk.server.dialects.steppergo.vocabulary import DEPARTURE, TRIP
from chatdesk.server.web import BadRequest
from chatdesk.wire.steppergo import names, texts

TRIPS_LIMIT = 2_000
"""Of one answer; the platform has no pages."""
SEATS_MOST = 20
DAY_MS = 24 * 3_600 * 1_000

ERR_FILTER = "Invalid {field}"
ERR_STREAMS = "Too many listeners. Please try again later."

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


def routes(context: Context) -> list[BaseRoute]:
    """The routes of this module."""
    return [
        context.route(
            names.ROUTE_TRIPS, "GET", trips, texts.ERR_TRIPS, wrapped=True, dump=texts.ERR_TRIPS_DATABASE
        ),
        context.route(names.ROUTE_TRIP, "GET", trip, texts.ERR_TRIPS, wrapped=True),
        context.route(names.ROUTE_AVAILABILITY, "GET", availability, texts.ERR_TRIPS, wrapped=True),
        context.route(names.ROUTE_STREAM, "GET", stream, texts.ERR_INTERNAL),
    ]


async def trips(context: Context, request: Request) -> Response:
    """The trips of one status, by departure."""
    query = request.query_params
    status = query.get("status") or names.STATUS_PUBLISHED
    if status not in names.STATUS_LABELS:
        raise requests.Tripped(ERR_FILTER.format(field="status"))
    where: list[ColumnElement[bool]] = [Order.kind == TRIP]
    if kind := query.get("tripType"):
        if kind not in {names.TRIP_SHARED, names.TRIP_PRIVATE}:
            raise requests.Tripped(ERR_FILTER.format(field="tripType"))
        where.append(Order.details["tripType"].as_string() == kind)
    departure = Order.details[DEPARTURE].as_integer()
    if date := query.get("date"):
        day_ms = _day_ms(date)
        where += [departure >= day_ms, departure < day_ms + DAY_MS]
    wanted = Wanted(
        statuses=[status],
        where=tuple(where),
        order_by=(departure.asc(), Order.created_ms.asc(), Order.id.asc()),
    )
    views, _total = await context.core.orders.page(GUEST, wanted, offset=0, limit=TRIPS_LIMIT)
    views = [
        view
        for view in views
        if _within(query.get("origin"), view.order.origin)
        and _within(query.get("destination"), view.order.destination)
    ]
    bookings = await context.bookings([view.order.id for view in views])
    data = [trip_records.public(view.order, view.owner, bookings.get(view.order.id, [])) for view in views]
    return answers.data(data, count=len(data))


def _within(wanted: str | None, text: str) -> bool:
    return not wanted or fold(wanted) in fold(text)


def _day_ms(date: str) -> int:
    try:
        if not _DATE.fullmatch(date):
            raise ValueError
        moment = datetime.fromisoformat(f"{date}T00:00:00+00:00")
    except ValueError as exc:
        raise requests.Tripped(ERR_FILTER.format(field="date")) from exc
    return round((moment - bodies.EPOCH).total_seconds() * 1_000)


async def trip(context: Context, request: Request) -> Response:
    """One trip."""
    view = await seen_by_all(context, request)
    bookings = await context.bookings([view.order.id])
    return answers.data(trip_records.detail(view.order, view.owner, bookings.get(view.order.id, [])))


async def availability(context: Context, request: Request) -> Response:
    """Free seats and their price, of trips that are published."""
    view = await seen_by_all(context, request)
    seats = bodies.number(request.query_params.get("seats") or "1")
    if seats is None or not 1 <= seats <= SEATS_MOST:
        raise BadRequest(ERR_FILTER.format(field="seats"))
    found = view.order
    if found.status != names.STATUS_PUBLISHED:
        facts = {"tripId": found.id, "status": found.status, "canBook": False}
        raise BadRequest(texts.ERR_UNAVAILABLE.format(status=found.status), data=facts)
    bookings = await context.bookings([found.id])
    return answers.data(trip_records.availability(found, bookings.get(found.id, []), seats))


async def stream(context: Context, request: Request) -> Response:
    """The status of a trip as server-sent events, without a sign-in."""
    found = (await seen_by_all(context, request)).order
    if context.streams.full:
        raise BadRequest(ERR_STREAMS, 503)
    first = {
        "type": names.STREAM_CONNECTED,
        "tripId": found.id,
        "currentStatus": found.status,
        "message": texts.OK_STREAM,
        "timestamp": context.pushes.now(),
    }
    headers = {"content-type": "text/event-stream", "cache-control": "no-cache, no-transform"}
    return StreamingResponse(context.streams.chunks(found.id, first), headers=headers)


async def seen_by_all(context: Context, request: Request) -> OrderView:
    """The trip of a path, for everybody; ORDER_NOT_FOUND also for a booking."""
    trip_id = requests.id_of(request.path_params["trip_id"], "tripId")
    this: Any = (Order.kind == TRIP, Order.id == trip_id)
    views, _total = await context.core.orders.page(GUEST, Wanted(where=this), offset=0, limit=1)
    if not views:
        raise BadRequest(texts.ERR_NO_TRIP, 404)
    return views[0]
