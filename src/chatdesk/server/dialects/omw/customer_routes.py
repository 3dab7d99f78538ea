"""Bookings of a customer: history, detail, cancelling, paying, and the code to tell at the door."""

from __future__ import annotations

from sqlalchemy import Integer, cast
from starlette.requests import Request
from starlette.responses import Response

from chatdesk.server.core.access import Actor
from chatdesk.server.core.errors import Reason
from chatdesk.server.core.tables import Order
from chatdesk.server.dialects.omw import answers, records
from chatdesk.server.dialects.omw import booking_records as forms
from chatdesk.server.dialects.omw.answers import BookingEnvelope
from chatdesk.server.dialects.omw.context import Context, RouteEntry, number, path_id
from chatdesk.server.dialects.omw.vocabulary import UNDER_WAY, Refusal
from chatdesk.wire.omw import names, texts

HISTORY_PAGE = 10
PAGE_MOST = 200

ERR_CUSTOMERS = "Only customers can access this resource"
OK_PAID = "Payment processed successfully"

_NOT_MINE = Refusal(404, texts.ERR_NO_BOOKING)
_WORDS = {Reason.ORDER_NOT_FOUND: _NOT_MINE, Reason.ORDER_DENIED: _NOT_MINE}
LISTS = BookingEnvelope("Failed to retrieve bookings", _WORDS)
CHANGES = BookingEnvelope("Failed to update booking", _WORDS)
CODES = BookingEnvelope(texts.ERR_OTP_CUSTOMER, _WORDS)


async def _customer(context: Context, request: Request) -> Actor:
    return await context.actor(request, names.ROLE_CUSTOMER, ERR_CUSTOMERS)


def _booking_id(request: Request) -> str:
    return path_id(request, "booking_id", Reason.ORDER_NOT_FOUND)


async def history(context: Context, request: Request) -> Response:
    """The customer's bookings, by falling number."""
    actor = await _customer(context, request)
    query = request.query_params
    limit = number(query, "limit", HISTORY_PAGE, least=1, most=PAGE_MOST)
    below = number(query, "lastId", 0, least=0, most=10**names.ID_DIGITS)
    where = [Order.owner_id == actor.id]
    if below:
        where.append(cast(Order.id, Integer) < below)
    if query.get("status"):
        where.append(Order.status == query["status"])
    found, total = await context.bookings.listed(actor, where, offset=0, limit=limit)
    lines = [forms.in_history(one.order, one.assignee) for one in found]
    last = lines[-1]["id"] if lines else None
    return answers.bare({"bookings": lines, "hasMore": total > len(lines), "lastId": last})


async def summary(context: Context, request: Request) -> Response:
    """How many there are, how many are under way, and what was spent; sums are texts."""
    actor = await _customer(context, request)
    most = context.core.rules.page_limit_max
    found, total = await context.bookings.listed(actor, [Order.owner_id == actor.id], offset=0, limit=most)
    done = [one.order for one in found if one.order.status == names.STATUS_COMPLETED]
    spent = sum(one.details.get("total_amount") or one.details.get("price") or 0 for one in done)
    active = sum(one.order.status in UNDER_WAY for one in found)
    return answers.bare(
        {"totalBookings": total, "activeBookings": str(active), "totalSpent": forms.money(spent)}
    )


async def booking(context: Context, request: Request) -> Response:
    """One booking of the customer's."""
    actor = await _customer(context, request)
    view = await context.bookings.view(actor, _booking_id(request))
    return answers.bare({"booking": forms.for_customer(view.order, view.assignee)})


async def cancel(context: Context, request: Request) -> Response:
    """Cancel a booking."""
    actor = await _customer(context, request)
    await context.bookings.cancel(actor, _booking_id(request))
    return answers.bare({"message": texts.OK_CANCELLED})


async def pay(context: Context, request: Request) -> Response:
    """Pay what is due, which completes the booking."""
    actor = await _customer(context, request)
    await context.bookings.pay(actor, _booking_id(request))
    return answers.bare({"message": OK_PAID})


async def code_status(context: Context, request: Request) -> Response:
    """Whether there is a code."""
    actor = await _customer(context, request)
    return answers.bare(await context.bookings.code_status(actor, _booking_id(request)))


async def code(context: Context, request: Request) -> Response:
    """The code to tell at the door."""
    actor = await _customer(context, request)
    found, expires_ms = await context.bookings.customers_code(actor, _booking_id(request))
    return answers.success(otp=found, expires_at=records.db_time(expires_ms))


ROUTES: tuple[RouteEntry, ...] = (
    (names.ROUTE_CUSTOMER_BOOKINGS, "GET", history, LISTS),
    (names.ROUTE_CUSTOMER_SUMMARY, "GET", summary, LISTS),
    (names.ROUTE_CUSTOMER_BOOKING, "GET", booking, LISTS),
    (names.ROUTE_CUSTOMER_CANCEL, "PUT", cancel, CHANGES),
    (names.ROUTE_CUSTOMER_PAYMENT, "POST", pay, CHANGES),
    (names.ROUTE_CUSTOMER_OTP_STATUS, "GET", code_status, CODES),
    (names.ROUTE_CUSTOMER_OTP, "POST", code, CODES),
)
"""Every route of this module; addresses with a name before those with a number."""
