"""Seats on trips: booked by passengers, confirmed by whoever runs the trip, cancelled by both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from chatdesk.server.core.access import Actor
from chatdesk.server.core.database import WriteSession
from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.messages import Shown, append
from chatdesk.server.core.notifications import Draft
from chatdesk.server.core.order_views import Wanted
from chatdesk.server.core.orders import Changed, NewOrder, Telling
from chatdesk.server.core.service import Core
from chatdesk.server.core.tables import Order, OrderLink, User
from chatdesk.server.dialects.steppergo import trip_records
from chatdesk.server.dialects.steppergo.pushes import Pushes
from chatdesk.server.dialects.steppergo.rides import TRIP_URL
from chatdesk.server.dialects.steppergo.vocabulary import BOOKING, SEAT_ON, TRIP
from chatdesk.server.web import BadRequest
from chatdesk.wire.steppergo import names

LINES = {
    names.BOOKING_CONFIRMED: "{name} has a seat on this trip",
    names.BOOKING_CANCELLED: "{name} no longer rides along",
}
NOTICES = {
    names.BOOKING_PENDING: ("BOOKING_REQUESTED", "{name} asks for {seats} seat(s)"),
    names.BOOKING_CONFIRMED: ("BOOKING_CONFIRMED", "Your booking is confirmed"),
    names.BOOKING_CANCELLED: ("BOOKING_CANCELLED", "{name} has cancelled"),
}
CANCEL_BEFORE_MS = 2 * 3_600 * 1_000
ERR_LATE = "Bookings cannot be cancelled within 2 hours of departure"
ERR_FULL = "Not enough seats available"
ERR_TWICE = "You already have a booking on this trip"
ERR_OWN = "You cannot book a seat on your own trip"
ERR_OVER = "Booking cannot be changed. Current status: {status}"


@dataclass(frozen=True, slots=True)
class Seat:
    """A booking with its trip."""

    booking: Order
    trip: Order


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Seats that somebody wants; `passengers` are the people who sit on them."""

    trip_id: str
    seats: int
    passengers: Sequence[Any]
    notes: str | None = None
    payment: str = names.PAY_DRIVER


class Bookings:
    """Everything about seats."""

    def __init__(self, core: Core, pushes: Pushes) -> None:
        self.core = core
        self.pushes = pushes

    async def mine(self, actor: Actor, statuses: Sequence[str] | None = None) -> list[Seat]:
        """The bookings of a passenger, newest first."""
        wanted = Wanted(statuses=statuses, kind=BOOKING, owner_id=actor.id)
        views, _total = await self.core.orders.page(
            actor, wanted, offset=0, limit=self.core.rules.page_limit_max
        )
        trips = await self.core.orders.linked([view.order.id for view in views], SEAT_ON)
        return [Seat(view.order, trips[view.order.id][0]) for view in views if view.order.id in trips]

    async def one(self, actor: Actor, booking_id: str) -> Seat:
        """One booking; ORDER_NOT_FOUND, ORDER_DENIED."""
        booking = await self.core.orders.by_id(actor, booking_id)
        trips = await self.core.orders.linked([booking.id], SEAT_ON)
        if booking.kind != BOOKING or booking.id not in trips:
            raise Refused(Reason.ORDER_NOT_FOUND)
        return Seat(booking, trips[booking.id][0])

    async def book(self, actor: Actor, wish: Wish) -> Seat:
        """Ask for seats. Raises Refused: ROLE, ORDER_NOT_FOUND, STATUS_REFUSED; BadRequest: no seats."""
        trip = await self.core.orders.by_id(actor, wish.trip_id)
        if trip.kind != TRIP:
            raise Refused(Reason.ORDER_NOT_FOUND)
        if trip.owner_id == actor.id:
            raise BadRequest(ERR_OWN)
        new = NewOrder(
            kind=BOOKING,
            title=trip.title,
            status=names.BOOKING_PENDING,
            details={
                "seats": wish.seats,
                "passengers": list(wish.passengers),
                "notes": wish.notes,
                "payment": wish.payment,
                "totalAmount": trip_records.total_amount(trip, wish.seats),
            },
            links=((SEAT_ON, trip.id),),
        )

        async def also(session: WriteSession, booking: Order) -> None:
            fresh = await session.get_one(Order, trip.id)
            others = [one for one in await _on_trip(session, trip.id) if one.id != booking.id]
            if fresh.status != names.STATUS_PUBLISHED:
                raise Refused(Reason.STATUS_REFUSED, detail=fresh.status)
            if any(one.owner_id == actor.id and one.status in trip_records.HOLDING for one in others):
                raise BadRequest(ERR_TWICE, 409)
            if trip_records.booked_seats(others) + wish.seats > trip_records.total_seats(fresh):
                raise BadRequest(ERR_FULL, 409)

        telling = self._telling(actor, trip, names.BOOKING_PENDING, also=also)
        booking = await self.core.orders.create(actor, new, telling, chat=False)
        await self._tell_seats(trip)
        return Seat(booking, trip)

    async def change(self, actor: Actor, booking_id: str, status: str, reason: str | None = None) -> Seat:
        """Confirm or cancel. Raises Refused: ORDER_NOT_FOUND, ORDER_DENIED; BadRequest: too late, over."""
        seat = await self.one(actor, booking_id)
        trip, cancels = seat.trip, status == names.BOOKING_CANCELLED
        by_passenger = seat.booking.owner_id == actor.id
        left_ms = trip_records.departure_ms(trip) - self.core.clock.now_ms()
        if cancels and by_passenger and left_ms < CANCEL_BEFORE_MS:
            raise BadRequest(ERR_LATE)
        stamp = "cancelled_ms" if cancels else "confirmed_ms"
        now_ms = self.core.clock.now_ms()

        def edit(booking: Order) -> None:
            booking.details = {**booking.details, stamp: now_ms, "reason": reason}

        telling = self._telling(actor, trip, status, reason=reason, passenger_id=seat.booking.owner_id)
        try:
            changed = await self.core.orders.update(actor, booking_id, edit, telling, status=status)
        except Refused as exc:
            if exc.reason is not Reason.STATUS_REFUSED:
                raise
            raise BadRequest(ERR_OVER.format(status=exc.detail)) from exc
        await self._tell_seats(trip)
        return Seat(changed.order, trip)

    async def _tell_seats(self, trip: Order) -> None:
        rows = await self.core.orders.linked([trip.id], SEAT_ON, back=True)
        await self.pushes.seats(trip, rows.get(trip.id, []))

    def _telling(
        self,
        actor: Actor,
        trip: Order,
        status: str,
        *,
        also: Any = None,
        reason: str | None = None,
        passenger_id: str = "",
    ) -> Telling:
        """A line in the trip's conversation, a notification for the other side, events for subscribers."""
        lines: list[Shown] = []
        found: dict[str, User] = {}
        others: list[Order] = []

        async def note(session: WriteSession, booking: Order) -> None:
            if also is not None:
                await also(session, booking)
            found["passenger"] = await session.get_one(User, booking.owner_id)
            others.extend(await _on_trip(session, trip.id))
            for chat in await self.core.conversations.about(session, trip.id) if status in LINES else ():
                text = LINES[status].format(name=found["passenger"].name)
                now_ms = self.core.clock.now_ms()
                row = append(session, self.core.ids, chat, text=text, sender_id=None, now_ms=now_ms)
                lines.append(Shown(message=row, order_id=trip.id, author=None))

        def notify(booking: Order, _recipients: Sequence[str]) -> list[Draft]:
            kind, text = NOTICES[status]
            runs = [one for one in (trip.assignee_id or trip.owner_id,) if one]
            to = runs if actor.id == booking.owner_id else [booking.owner_id]
            seats = trip_records.seats_of(booking)
            name = found["passenger"].name if actor.id == booking.owner_id else actor.name
            return [
                Draft(
                    recipient_id=one,
                    sender_id=actor.id,
                    kind=kind,
                    title=trip.title,
                    body=text.format(name=name, seats=seats),
                    action_url=TRIP_URL.format(trip_id=trip.id),
                )
                for one in to
            ]

        async def push(changed: Changed) -> None:
            for shown in lines:
                await self.pushes.message(shown)
            mine = actor.id == changed.order.owner_id
            event = names.EVENT_NOTICE_DRIVER if mine else names.EVENT_NOTICE_PASSENGER
            await self.pushes.notices(event, changed.notifications)
            if status == names.BOOKING_CONFIRMED:
                await self.pushes.booking(
                    names.EVENT_BOOKING_CONFIRMED, changed.order, trip, found["passenger"]
                )
            if status == names.BOOKING_CANCELLED:
                await self._tell_cancelled(changed.order, trip, found["passenger"], others, reason)
                await self._evict(passenger_id, trip.id, [shown.message.conversation_id for shown in lines])

        return Telling(notify=notify, push=push, also=note)

    async def _tell_cancelled(
        self, booking: Order, trip: Order, passenger: User, others: Sequence[Order], reason: str | None
    ) -> None:
        total = trip_records.total_seats(trip)
        more = {
            "seatsFreed": trip_records.seats_of(booking),
            "availableSeats": max(total - trip_records.booked_seats(others), 0),
            "totalSeats": total,
            "reason": reason,
        }
        await self.pushes.booking(names.EVENT_BOOKING_CANCELLED, booking, trip, passenger, more)

    async def _evict(self, user_id: str, trip_id: str, conversation_ids: Sequence[str]) -> None:
        """Whoever has no seat any more hears nothing more of the trip."""
        for sid in self.core.presence.connections_of(user_id):
            await self.pushes.leave(sid, trip_id, conversation_ids)
            for conversation_id in conversation_ids:
                self.core.presence.leave(sid, conversation_id)


async def _on_trip(session: WriteSession, trip_id: str) -> list[Order]:
    rows = await session.scalars(
        select(Order)
        .join(OrderLink, OrderLink.from_id == Order.id)
        .where(OrderLink.to_id == trip_id, OrderLink.kind == SEAT_ON)
        .order_by(Order.created_ms, Order.id)
    )
    return list(rows)
