"""Making bookings, offers and sessions in a transaction: for whoever fills a database of the OMW platform."""

from __future__ import annotations

from typing import Any

from chatdesk.server.core.conversations import Opening, store
from chatdesk.server.core.database import WriteSession
from chatdesk.server.core.orders import NewOrder
from chatdesk.server.core.service import Core
from chatdesk.server.core.tables import Conversation, Order
from chatdesk.server.dialects.omw.booking_records import ANSWERED, ASKED, request_id
from chatdesk.server.dialects.omw.chats import session_key
from chatdesk.server.dialects.omw.vocabulary import BOOKING, OFFERS, REQUEST
from chatdesk.wire.omw import names


async def book(
    core: Core,
    session: WriteSession,
    customer_id: str,
    details: dict[str, Any],
    *,
    status: str,
    at_ms: int,
    worker_id: str | None = None,
    booking_id: str = "",
) -> Order:
    """A customer's booking.

    Of `details`: service (name, description, subcategory_id, category), address, notes, booking_type,
    scheduled_time ("YYYY-MM-DD HH:MM:SS"), price, estimated_cost, total_amount (numbers).
    """
    service = details.get("service") or {}
    new = NewOrder(
        kind=BOOKING,
        status=status,
        details=details,
        title=str(service.get("name") or ""),
        assignee_id=worker_id,
    )
    return await core.orders.store(session, customer_id, new, at_ms, order_id=booking_id)


async def offer(
    core: Core,
    session: WriteSession,
    booking: Order,
    worker_id: str,
    *,
    at_ms: int,
    status: str = names.STATUS_PENDING,
    answered_ms: int | None = None,
    number: str = "",
) -> Order:
    """A booking that a worker is asked to carry out; `number`: of the request, where it is fixed."""
    new = NewOrder(
        kind=REQUEST,
        status=status,
        details={ASKED: at_ms, ANSWERED: answered_ms},
        links=((OFFERS, booking.id),),
    )
    found = request_id(number or core.ids.new())
    return await core.orders.store(session, worker_id, new, at_ms, order_id=found)


async def begin_session(
    core: Core,
    session: WriteSession,
    booking: Order,
    *,
    at_ms: int,
    session_id: str = "",
    details: dict[str, Any] | None = None,
) -> Conversation:
    """The session of a booking that has a worker."""
    if booking.assignee_id is None:
        raise LookupError("this booking has no worker")
    opening = Opening(
        key=session_key(booking.id),
        order_id=booking.id,
        members={booking.owner_id: names.SIDE_CUSTOMER, booking.assignee_id: names.SIDE_PROVIDER},
        conversation_id=session_id,
        details=details or {},
    )
    return await store(session, core.ids, core.platform, opening, at_ms)
