"""Bookings of a worker: requests, their answers, statuses, and the code at the door."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from chatdesk.server.core.access import Actor
from chatdesk.server.core.errors import Reason
from chatdesk.server.core.tables import Order
from chatdesk.server.dialects.omw import answers
from chatdesk.server.dialects.omw import booking_records as forms
from chatdesk.server.dialects.omw.answers import BookingEnvelope
from chatdesk.server.dialects.omw.bookings import Offer
from chatdesk.server.dialects.omw.chats import id_of
from chatdesk.server.dialects.omw.context import Context, RouteEntry, number, path_id
from chatdesk.server.dialects.omw.vocabulary import Refusal
from chatdesk.server.web import BadRequest
from chatdesk.wire.omw import names, texts

REQUESTS_PAGE = 20
BOOKINGS_PAGE = 10
RECENT_PAGE = 5
PAGE_MOST = 200
LISTS = ("all", "pending", "accepted", "completed", "rejected", "timeout")

ERR_WORKERS = "Only workers can access this resource"
ERR_REQUEST_STATUS = "Invalid status. Must be one of: accepted, rejected"
ERR_LIST = "Invalid status filter"
OK_GIVEN_BACK = "Booking request cancelled successfully"

_NOT_MINE = Refusal(404, texts.ERR_NO_WORKERS_BOOKING)
_PROCESSED = Refusal(400, texts.ERR_PROCESSED)
REQUESTS = BookingEnvelope("Failed to retrieve booking requests")
ANSWER = BookingEnvelope(
    "Failed to update booking request",
    {
        Reason.ORDER_NOT_FOUND: Refusal(404, "Booking request not found"),
        Reason.ORDER_DENIED: Refusal(404, "Booking request not found"),
        Reason.STATUS_REFUSED: _PROCESSED,
    },
)
DETAIL = BookingEnvelope(
    "Failed to retrieve booking", {Reason.ORDER_NOT_FOUND: _NOT_MINE, Reason.ORDER_DENIED: _NOT_MINE}
)
STATUS = BookingEnvelope("Failed to update booking status")
ASSIGNED = BookingEnvelope(texts.ERR_ASSIGNED)
CODES = BookingEnvelope("Server error while handling OTP")


async def _worker(context: Context, request: Request, refusal: str = ERR_WORKERS) -> Actor:
    return await context.actor(request, names.ROLE_WORKER, refusal)


def _booking_id(request: Request) -> str:
    return path_id(request, "booking_id", Reason.ORDER_NOT_FOUND)


async def requests(context: Context, request: Request) -> Response:
    """What was offered, page by page or by cursor."""
    actor = await _worker(context, request)
    query = request.query_params
    status = query.get("status") or "all"
    if status not in LISTS:
        raise BadRequest(ERR_LIST)
    found = await context.bookings.offers(actor, status)
    limit = number(query, "limit", REQUESTS_PAGE, least=1, most=PAGE_MOST)
    if "cursor" in query or query.get("mode") == "cursor":
        below = number(query, "cursor", 0, least=0, most=10**names.ID_DIGITS)
        rest = [one for one in found if not below or forms.request_number(one.request) < below]
        page, more = rest[:limit], len(rest) > limit
        cursor = forms.request_number(page[-1].request) if more else None
        told = {"limit": limit, "nextCursor": cursor, "hasMore": more}
        return _requests(page, told, by_cursor=True)
    at = number(query, "page", 1, least=1, most=10**6)
    pages = -(-len(found) // limit)
    told = {"page": at, "limit": limit, "total": len(found), "pages": pages}
    return _requests(found[(at - 1) * limit : at * limit], told)


def _requests(page: list[Offer], told: Mapping[str, object], *, by_cursor: bool = False) -> Response:
    lines = [forms.request(one.request, one.booking, one.customer, by_cursor=by_cursor) for one in page]
    return answers.bare({"message": texts.OK_REQUESTS, "booking_requests": lines, "pagination": told})


async def counts(context: Context, request: Request) -> Response:
    """How many there are of each."""
    actor = await _worker(context, request)
    return answers.bare(
        {name: len(await context.bookings.offers(actor, name)) for name in LISTS if name != "timeout"}
    )


async def recent(context: Context, request: Request) -> Response:
    """The newest that wait for an answer."""
    actor = await _worker(context, request)
    limit = number(request.query_params, "limit", RECENT_PAGE, least=1, most=PAGE_MOST)
    found = (await context.bookings.offers(actor, names.STATUS_PENDING))[:limit]
    return answers.bare(
        {"bookings": [forms.request(one.request, one.booking, one.customer) for one in found]}
    )


async def answer(context: Context, request: Request) -> Response:
    """Accept an offer, or give back what was accepted."""
    actor = await _worker(context, request)
    number_ = path_id(request, "request_id", Reason.ORDER_NOT_FOUND)
    status = (await context.fields(request)).get("status")
    if status == names.REQUEST_ACCEPTED:
        await context.bookings.accept(actor, number_)
        told = {"message": texts.OK_ACCEPTED, "request_id": number_, "status": status}
    elif status == names.REQUEST_REJECTED:
        await context.bookings.give_back(actor, number_)
        told = {"message": OK_GIVEN_BACK, "request_id": int(number_), "status": status}
    else:
        raise BadRequest(ERR_REQUEST_STATUS)
    return answers.bare(told)


async def booking(context: Context, request: Request) -> Response:
    """A booking that the worker carries out."""
    actor = await _worker(context, request)
    view = await context.bookings.view(actor, _booking_id(request))
    code = context.bookings.shows_code
    record = forms.for_worker(view.order, view.owner, view.assignee, with_code=code)
    return answers.success(booking=record, customer=forms.contact(view.owner))


async def assigned(context: Context, request: Request) -> Response:
    """The bookings that the worker carries out."""
    actor = await _worker(context, request)
    query = request.query_params
    at = number(query, "page", 1, least=1, most=10**6)
    limit = number(query, "limit", BOOKINGS_PAGE, least=1, most=PAGE_MOST)
    where = [Order.assignee_id == actor.id]
    if query.get("status"):
        where.append(Order.status == query["status"])
    found, total = await context.bookings.listed(actor, where, offset=(at - 1) * limit, limit=limit)
    lines = [forms.for_worker(one.order, one.owner, one.assignee, with_code=False) for one in found]
    told = {"current_page": at, "per_page": limit, "total": total, "total_pages": -(-total // limit)}
    return answers.bare({"bookings": lines, "pagination": told})


async def set_status(context: Context, request: Request) -> Response:
    """Move a booking on."""
    actor = await _worker(context, request, texts.ERR_ONLY_WORKERS)
    wanted = (await context.fields(request)).get("status")
    status = await context.bookings.set_status(actor, _booking_id(request), wanted)
    return answers.success(message=texts.OK_STATUS, status=status)


async def cancel(context: Context, request: Request) -> Response:
    """Cancel a booking that has not begun."""
    actor = await _worker(context, request, texts.ERR_ONLY_WORKERS)
    await context.bookings.cancel(actor, _booking_id(request), only_from=names.STATUS_ASSIGNED)
    return answers.bare({"message": texts.OK_CANCELLED})


# -- the code at the door ----------------------------------------------------------------------------------


async def send_code(context: Context, request: Request) -> Response:
    """Have a code sent to the customer."""
    actor = await _worker(context, request)
    return await _send_code(context, actor, _booking_id(request))


async def send_code_by_body(context: Context, request: Request) -> Response:
    """The same, with the booking in the body."""
    actor = await _worker(context, request)
    return await _send_code(context, actor, _in_body((await context.fields(request)).get("booking_id")))


async def _send_code(context: Context, actor: Actor, booking_id: str) -> Response:
    expires_at = await context.bookings.send_code(actor, booking_id)
    return answers.success(message=texts.OK_OTP, expires_at=expires_at)


async def verify_code(context: Context, request: Request) -> Response:
    """Say the code that the customer has told."""
    actor = await _worker(context, request)
    code = (await context.fields(request)).get("otp")
    return await _verify_code(context, actor, _booking_id(request), code)


async def verify_code_by_body(context: Context, request: Request) -> Response:
    """The same, with the booking in the body."""
    actor = await _worker(context, request)
    fields = await context.fields(request)
    return await _verify_code(context, actor, _in_body(fields.get("booking_id")), fields.get("otp_code"))


async def _verify_code(context: Context, actor: Actor, booking_id: str, code: object) -> Response:
    status = await context.bookings.verify_code(actor, booking_id, code)
    return answers.success(message=texts.OK_STARTED, booking_id=int(booking_id), status=status)


def _in_body(value: object) -> str:
    found = id_of(value)
    if found is None:
        raise BadRequest(texts.ERR_NO_BOOKING_ID)
    return found


ROUTES: tuple[RouteEntry, ...] = (
    (names.ROUTE_REQUESTS, "GET", requests, REQUESTS),
    (names.ROUTE_REQUEST_COUNTS, "GET", counts, REQUESTS),
    (names.ROUTE_REQUEST, "PUT", answer, ANSWER),
    (names.ROUTE_RECENT, "GET", recent, REQUESTS),
    (names.ROUTE_WORKER_BOOKING, "GET", booking, DETAIL),
    (names.ROUTE_WORKER_STATUS, "PUT", set_status, STATUS),
    (names.ROUTE_WORKER_CANCEL, "PUT", cancel, STATUS),
    (names.ROUTE_GENERATE_OTP, "POST", send_code, CODES),
    (names.ROUTE_SEND_OTP_EMAIL, "POST", send_code_by_body, CODES),
    (names.ROUTE_VERIFY_OTP, "POST", verify_code, CODES),
    (names.ROUTE_VERIFY_OTP_EMAIL, "POST", verify_code_by_body, CODES),
    (names.ROUTE_ASSIGNED, "GET", assigned, ASSIGNED),
)
"""Every route of this module."""
