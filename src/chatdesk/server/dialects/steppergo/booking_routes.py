"""Routes of bookings and uploads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from chatdesk.server import bodies
from chatdesk.server.core.access import Actor
from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.dialects.steppergo import answers, positions, requests, trip_records
from chatdesk.server.dialects.steppergo.bookings import Seat, Wish
from chatdesk.server.dialects.steppergo.context import Context
from chatdesk.server.dialects.steppergo.vocabulary import ERR_BOOKING_NOT_FOUND, Refusal
from chatdesk.server.web import BadRequest
from chatdesk.wire.steppergo import names, texts

WORDS = {
    Reason.ORDER_NOT_FOUND: Refusal(404, ERR_BOOKING_NOT_FOUND),
    Reason.STATUS_REFUSED: Refusal(409, "Trip is not available for booking"),
}
ERR_LIST = "Failed to fetch bookings"
ERR_CHANGE = "Failed to update booking"
ERR_STATUSES = "Invalid status"
ERR_REASON = "reason must be a text"
PASSENGERS_MOST = 20
TEXT_CHARS = 500

UPLOAD_INFO = {
    "message": "File upload endpoint",
    "method": "POST",
    "contentType": "multipart/form-data",
    "fields": {
        "file": "File - The file to upload",
        "purpose": "string - Purpose of upload (profileImage, document, vehiclePhoto, etc.)",
    },
    "limits": {"profileImage": "5MB", "document": "10MB", "vehiclePhoto": "5MB"},
    "allowedTypes": {
        "images": ["image/jpeg", "image/png", "image/webp"],
        "documents": ["application/pdf", "image/jpeg", "image/png"],
    },
    "configured": False,
}


def routes(context: Context) -> list[BaseRoute]:
    """The routes of this module."""
    return [
        context.route(names.ROUTE_BOOK, "POST", book, ERR_CHANGE, wrapped=True, words=WORDS),
        context.route(names.ROUTE_ALL_BOOKINGS, "GET", listed, ERR_LIST, words=WORDS),
        context.route(names.ROUTE_ANY_BOOKING, "GET", one, ERR_LIST, words=WORDS),
        context.route(names.ROUTE_ANY_BOOKING, "PATCH", change, ERR_CHANGE, wrapped=True, words=WORDS),
        context.route(names.ROUTE_BOOKING_TRACK, "GET", track, texts.ERR_INTERNAL, words=WORDS),
        *kept_routes(context),
    ]


def kept_routes(context: Context) -> list[BaseRoute]:
    """Those that work at the recorded servers too."""
    return [
        context.route(names.ROUTE_BOOKINGS, "GET", listed, ERR_LIST, words=WORDS),
        context.route(names.ROUTE_BOOKING, "GET", one, ERR_LIST, words=WORDS),
        context.route(names.ROUTE_BOOKING_CANCEL, "POST", cancel, ERR_CHANGE, words=WORDS),
        context.route(names.ROUTE_UPLOAD, "GET", upload_info, texts.ERR_INTERNAL),
        context.route(names.ROUTE_UPLOAD, "POST", upload, texts.ERR_INTERNAL),
    ]


async def _passenger(context: Context, request: Request) -> Actor:
    actor = await context.booker(request)
    if actor.role != names.ROLE_PASSENGER:
        raise Refused(Reason.ROLE, detail=names.ROLE_PASSENGER)
    return actor


async def listed(context: Context, request: Request) -> Response:
    """The bookings of a passenger, by status, and coming or past ones."""
    actor = await _passenger(context, request)
    query = request.query_params
    statuses = [one for one in query.get("status", "").split(",") if one]
    if any(one not in names.BOOKING_STATUSES for one in statuses):
        raise requests.Tripped(ERR_STATUSES)
    seats = await context.bookings_of.mine(actor, statuses or None)
    now_ms = context.core.clock.now_ms()
    coming = [one for one in seats if trip_records.departure_ms(one.trip) > now_ms]
    if query.get("stats") == "true":
        return answers.bare({"success": True, "stats": _stats(seats, coming)})
    if query.get("upcoming") == "true":
        seats = coming
    elif query.get("past") == "true":
        seats = [one for one in seats if one not in coming]
    if kind := query.get("tripType"):
        seats = [one for one in seats if trip_records.trip_type(one.trip) == kind]
    offset, limit = bodies.number(query.get("offset")), bodies.number(query.get("limit"))
    start = max(offset or 0, 0)
    end = None if limit is None else start + max(limit, 0)
    data = [await _record(context, one) for one in seats[start:end]]
    meta: dict[str, Any] = {"total": len(data), "upcomingCount": len(coming)}
    meta |= {key: value for key, value in (("limit", limit), ("offset", offset)) if value is not None}
    return answers.data(data, meta=meta)


def _stats(seats: list[Seat], coming: list[Seat]) -> dict[str, int]:
    over = {"COMPLETED": "completed", names.BOOKING_CANCELLED: "cancelled"}
    counts = {key: sum(one.booking.status == status for one in seats) for status, key in over.items()}
    return {"total": len(seats), "upcoming": len(coming), **counts}


async def _record(context: Context, seat: Seat) -> dict[str, Any]:
    return trip_records.booking(seat.booking, seat.trip, await context.driver_id(seat.trip))


async def one(context: Context, request: Request) -> Response:
    """One booking, with its trip in full."""
    actor = await context.booker(request)
    seat = await context.bookings_of.one(actor, _id(request))
    return answers.data(await _full(context, seat))


async def _full(context: Context, seat: Seat) -> dict[str, Any]:
    organizer = await context.user(seat.trip.owner_id)
    others = (await context.bookings([seat.trip.id])).get(seat.trip.id, [])
    record = await _record(context, seat)
    return record | {"trip": trip_records.detail(seat.trip, organizer, others) | record["trip"]}


async def cancel(context: Context, request: Request) -> Response:
    """Give the seats back."""
    actor = await context.booker(request)
    body = await _optional(request)
    reason = body.get("reason")
    if reason is not None and (not isinstance(reason, str) or len(reason) > TEXT_CHARS):
        raise requests.Tripped(ERR_REASON)
    seat = await context.bookings_of.change(actor, _id(request), names.BOOKING_CANCELLED, reason)
    return answers.data(await _record(context, seat), message="Booking cancelled successfully")


async def change(context: Context, request: Request) -> Response:
    """Confirm or cancel, for whoever runs the trip."""
    actor = await context.booker(request)
    status = (await requests.fields(request)).get("status")
    if status not in (names.BOOKING_CONFIRMED, names.BOOKING_CANCELLED):
        raise BadRequest(ERR_STATUSES)
    seat = await context.bookings_of.change(actor, _id(request), str(status))
    return answers.data(await _record(context, seat))


async def book(context: Context, request: Request) -> Response:
    """Ask for seats of a shared trip."""
    actor = await context.booker(request)
    wish = wish_of(await requests.fields(request))
    seat = await context.bookings_of.book(actor, wish)
    return answers.bare({"success": True, "data": await _record(context, seat)}, 201)


def wish_of(body: dict[str, Any]) -> Wish:
    """What a body wants to book; raises BadRequest that names every bad field."""
    problems = [
        {"field": key, "message": texts.MSG_REQUIRED if body.get(key) is None else "Invalid value"}
        for key, check in _CHECKS.items()
        if not check(body.get(key))
    ]
    if problems:
        raise BadRequest(texts.ERR_VALIDATION, details=problems)
    return Wish(
        trip_id=body["tripId"],
        seats=body["seatsBooked"],
        passengers=requests.metadata(body["passengers"]),
        notes=body.get("notes"),
        payment=body.get("paymentMethodType") or names.PAY_DRIVER,
    )


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= requests.ID_LIMIT_CHARS and requests.storable(value)


def _is_seats(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= PASSENGERS_MOST


def _is_passengers(value: Any) -> bool:
    return (
        isinstance(value, list)
        and 0 < len(value) <= PASSENGERS_MOST
        and all(isinstance(one, dict) for one in value)
    )


def _is_notes(value: Any) -> bool:
    return value is None or (isinstance(value, str) and len(value) <= TEXT_CHARS and requests.storable(value))


def _is_payment(value: Any) -> bool:
    return value in (None, names.PAY_DRIVER, names.PAY_ONLINE)


_CHECKS: dict[str, Callable[[Any], bool]] = {
    "tripId": _is_id,
    "seatsBooked": _is_seats,
    "passengers": _is_passengers,
    "notes": _is_notes,
    "paymentMethodType": _is_payment,
}


async def track(context: Context, request: Request) -> Response:
    """Where the driver of a booked trip is."""
    actor = await context.booker(request)
    seat = await context.bookings_of.one(actor, _id(request))
    position = None
    if seat.trip.assignee_id is not None:
        driver = await context.user(seat.trip.assignee_id)
        last = positions.last_of(driver, context.core.clock.now_ms())
        record_id = await context.driver_id(seat.trip) or driver.id
        position = None if last is None else positions.record(seat.trip, record_id, last)
    return answers.data({"tripId": seat.trip.id, "status": seat.trip.status, "location": position})


async def upload_info(_context: Context, _request: Request) -> Response:
    """What the upload would take."""
    return answers.bare(UPLOAD_INFO)


async def upload(context: Context, request: Request) -> Response:
    """The platform keeps files elsewhere, and no such place is set up here."""
    await context.booker(request)
    raise BadRequest(texts.ERR_NO_UPLOAD, 503)


def _id(request: Request) -> str:
    return requests.id_of(request.path_params["booking_id"], "bookingId")


async def _optional(request: Request) -> dict[str, Any]:
    if not await request.body():
        return {}
    return await requests.fields(request)
