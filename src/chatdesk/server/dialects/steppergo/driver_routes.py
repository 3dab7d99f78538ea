"""Routes of drivers: their trips, the status of one, taking one, notifications."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from chatdesk.server import bodies
from chatdesk.server.bodies import iso
from chatdesk.server.core.access import actor_of
from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.notifications import Filter
from chatdesk.server.core.order_views import Wanted
from chatdesk.server.core.tables import Order, User
from chatdesk.server.dialects.steppergo import answers, positions, records, requests, trip_records
from chatdesk.server.dialects.steppergo.context import GUEST, Context
from chatdesk.server.dialects.steppergo.rides import notices_told
from chatdesk.server.dialects.steppergo.vocabulary import DEPARTURE, DRIVER, TRIP, Refusal
from chatdesk.server.web import BadRequest
from chatdesk.wire.steppergo import names, texts

TRIPS_LIMIT = 10
UPCOMING = "upcoming"
STATUSES_OF = {
    UPCOMING: [names.STATUS_PUBLISHED, names.STATUS_FULL],
    "completed": [names.STATUS_COMPLETED],
    "all": None,
}
ERR_LIST = "Failed to fetch driver trips"
ERR_NO_DRIVER = "Driver not found"
ERR_FILTER = "Invalid {field}"
ERR_NOTES = "notes must be a text"

OF_STATUS = {Reason.ORDER_DENIED: Refusal(403, texts.ERR_NOT_YOUR_TRIP)}
OF_CHANGE = {Reason.ORDER_DENIED: Refusal(400, texts.ERR_NOT_ASSIGNED)}
OF_ACCEPT = {Reason.ORDER_DENIED: Refusal(400, texts.ERR_NOT_OPEN)}


def routes(context: Context) -> list[BaseRoute]:
    """The routes of this module."""
    return [
        context.route(names.ROUTE_DRIVER_NOTICES, "GET", notifications, texts.ERR_INTERNAL),
        context.route(
            names.ROUTE_DRIVER_STATUS, "GET", status, texts.ERR_STATUS_READ, words=OF_STATUS, guarded=True
        ),
        context.route(
            names.ROUTE_DRIVER_STATUS, "PUT", change, texts.ERR_STATUS, words=OF_CHANGE, guarded=True
        ),
        context.route(names.ROUTE_ACCEPT, "POST", accept, texts.ERR_ACCEPT, words=OF_ACCEPT, guarded=True),
        context.route(names.ROUTE_DRIVER_TRIPS, "GET", trips, ERR_LIST),
    ]


async def trips(context: Context, request: Request) -> Response:
    """A driver's trips, by departure; for everybody who knows the driver record's id."""
    driver = await _driver(context, request.path_params["driver_id"])
    which = request.query_params.get("status") or UPCOMING
    if which not in STATUSES_OF:
        raise BadRequest(ERR_FILTER.format(field="status"))
    limit = bodies.number(request.query_params.get("limit") or str(TRIPS_LIMIT))
    if limit is None or not 1 <= limit <= names.DRIVER_TRIPS_LIMIT:
        raise BadRequest(ERR_FILTER.format(field="limit"))
    wanted = Wanted(
        statuses=STATUSES_OF[which],
        where=(Order.kind == TRIP, Order.assignee_id == driver.id),
        order_by=(Order.details[DEPARTURE].as_integer().asc(), Order.created_ms.asc()),
    )
    views, total = await context.core.orders.page(GUEST, wanted, offset=0, limit=limit)
    bookings = await context.bookings([view.order.id for view in views])
    shown = [trip_records.of_driver(view.order, bookings.get(view.order.id, [])) for view in views]
    return answers.bare({"trips": shown, "total": total, "showing": len(shown)})


async def _driver(context: Context, record_id: str) -> User:
    record_id = requests.id_of(record_id, "driverId")
    found = await context.core.accounts.find(User.profile[(DRIVER, "id")].as_string() == record_id)
    if not found:
        raise BadRequest(ERR_NO_DRIVER, 404)
    return found[0]


async def status(context: Context, request: Request) -> Response:
    """One trip with its passengers and how far it has come."""
    driver = await context.driver(request)
    trip = await context.rides.driven(driver, requests.id_of(request.path_params["trip_id"], "tripId"))
    bookings = (await context.bookings([trip.id])).get(trip.id, [])
    people = await context.core.accounts.by_ids({trip.owner_id, *(one.owner_id for one in bookings)})
    with_people = [(one, people[one.owner_id]) for one in bookings if one.owner_id in people]
    now_ms = context.core.clock.now_ms()
    return answers.data(trip_records.driven(trip, people[trip.owner_id], with_people, now_ms))


async def change(context: Context, request: Request) -> Response:
    """Bring a trip to its next status."""
    driver = await context.driver(request)
    trip = await context.rides.driven(driver, requests.id_of(request.path_params["trip_id"], "tripId"))
    passes, headers = context.rides.limit.take(driver.id)
    if not passes:
        refusal = {"error": texts.ERR_STATUS_RATE, "code": texts.CODE_STATUS_RATE}
        return answers.bare(refusal, 429, headers)
    body = await requests.fields(request)
    wanted = body.get("status")
    if not wanted:
        return answers.bare({"error": texts.ERR_STATUS_MISSING}, 400, headers)
    if not isinstance(wanted, str) or wanted not in names.STATUSES_SETTABLE:
        listed = ", ".join(names.STATUSES_SETTABLE_IN_ORDER)
        return answers.bare({"error": texts.ERR_STATUS_UNKNOWN.format(statuses=listed)}, 400, headers)
    notes = body.get("notes")
    if notes is not None:
        notes = requests.text_of(notes, "notes")
        if len(notes) > context.core.rules.message_limit_chars:
            raise BadRequest(ERR_NOTES)
    location = body.get("location")
    if location is not None:
        location = positions.checked(requests.mapping(location))
    try:
        changed = await context.rides.change(driver, trip, wanted, notes)
    except Refused as exc:
        if exc.reason is not Reason.STATUS_REFUSED:
            raise
        raise BadRequest(texts.ERR_STATUS_STEP.format(before=exc.detail, after=wanted)) from exc
    answer: dict[str, Any] = {
        "trip": {
            "id": changed.order.id,
            "title": changed.order.title,
            "status": changed.order.status,
            "previousStatus": changed.before,
            "updatedAt": iso(changed.order.updated_ms),
        },
        "driver": {"id": records.driver_record(driver)["id"], "name": driver.name},
        "passengers": await _passengers(context, trip),
        "notifications": notices_told(changed.notifications),
        "nextActions": list(names.TRANSITIONS.get(changed.order.status, ())),
        "location": location,
    }
    return answers.data(answer)


async def _passengers(context: Context, trip: Order) -> list[records.Record]:
    bookings = (await context.bookings([trip.id])).get(trip.id, [])
    held = {one.owner_id for one in bookings if one.status == names.BOOKING_CONFIRMED}
    people = await context.core.accounts.by_ids(held)
    return [records.contact(one) for one in people.values()]


async def accept(context: Context, request: Request) -> Response:
    """Take an open trip."""
    driver = await context.driver(request)
    trip = await context.rides.accept(driver, requests.id_of(request.path_params["trip_id"], "tripId"))
    organizer = await context.user(trip.owner_id)
    body = trip_records.accepted(trip, organizer, driver, names.STATUS_IN_PROGRESS)
    return answers.data(body, message=texts.OK_ACCEPTED)


async def notifications(context: Context, request: Request) -> Response:
    """The newest of a driver, who is named by a header; tokens are not looked at."""
    record_id = request.headers.get(names.HEADER_DRIVER)
    if not record_id:
        raise Refused(Reason.NO_TOKEN)
    driver = await _driver(context, record_id)
    rows, _total = await context.core.notifications.page(
        actor_of(driver), Filter(), offset=0, limit=names.NOTICES_LIMIT
    )
    return answers.data({"notifications": [records.notice(row) for row in rows]})
