"""What StepperGO says on the socket: to the rooms of conversations and of trips, and to single people."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from chatdesk.server.bodies import iso
from chatdesk.server.core.clock import Clock
from chatdesk.server.core.messages import Shown
from chatdesk.server.core.tables import Notification, Order, User
from chatdesk.server.dialects.steppergo import trip_records
from chatdesk.server.dialects.steppergo.records import Record
from chatdesk.wire.steppergo import names


def conversation_room(conversation_id: str) -> str:
    """The room of everybody who has joined a conversation on their connection."""
    return f"conversation:{conversation_id}"


def trip_room(trip_id: str) -> str:
    """The room of everybody who subscribed to a trip."""
    return f"trip:{trip_id}"


def user_room(user_id: str) -> str:
    """The room of all connections of one account."""
    return f"user:{user_id}"


class Pushes:
    """One method per event; `sio` is the Socket.IO server, `record` the form of a message."""

    def __init__(self, sio: Any, clock: Clock, record: Callable[[Shown], Record]) -> None:
        self._sio = sio
        self._clock = clock
        self.record = record

    # -- conversations

    async def joined(self, sid: str, conversation_id: str, trip_id: str) -> None:
        """A connection is in."""
        payload = {"conversationId": conversation_id, "tripId": trip_id}
        await self._sio.emit(names.EVENT_JOINED, payload, room=sid)

    async def message(self, shown: Shown) -> None:
        """A new message, to everybody who is in, its sender too."""
        room = conversation_room(shown.message.conversation_id)
        await self._sio.emit(names.EVENT_NEW, self.record(shown), room=room)

    async def sent(self, sid: str, payload: Record) -> None:
        """A message is stored, to the connection that sent it."""
        await self._sio.emit(names.EVENT_SENT, payload, room=sid)

    async def read(self, user_id: str, conversation_id: str, skip_sid: str | None) -> None:
        """Somebody has read a conversation, to everybody else who is in."""
        payload = {"userId": user_id, "conversationId": conversation_id}
        room = conversation_room(conversation_id)
        await self._sio.emit(names.EVENT_READ, payload, room=room, skip_sid=skip_sid)

    async def typing(
        self, user_id: str, name: str, conversation_id: Any, *, is_typing: bool, skip_sid: str | None
    ) -> None:
        """Somebody types, or stops; the event does not say where."""
        payload = {"userId": user_id} | ({"userName": name} if is_typing else {})
        event = names.EVENT_TYPING_START if is_typing else names.EVENT_TYPING_STOP
        await self._sio.emit(event, payload, room=conversation_room(conversation_id), skip_sid=skip_sid)

    # -- trips

    async def status(self, record: Record) -> None:
        """A trip changed its status, to everybody who subscribed."""
        await self._sio.emit(
            names.EVENT_STATUS, {"type": names.EVENT_STATUS, **record}, room=trip_room(record["tripId"])
        )

    async def position(self, record: Record, *, sid: str | None = None) -> None:
        """Where the driver of a trip is, to everybody who subscribed, or to one connection."""
        payload = {"type": names.EVENT_POSITION, **record}
        await self._sio.emit(names.EVENT_POSITION, payload, room=sid or trip_room(record["tripId"]))

    async def seats(self, trip: Order, bookings: Sequence[Order]) -> None:
        """How many seats of a trip are left, to everybody who subscribed."""
        total, booked = trip_records.total_seats(trip), trip_records.booked_seats(bookings)
        payload = {
            "type": names.EVENT_SEATS,
            "tripId": trip.id,
            "availableSeats": max(total - booked, 0),
            "totalSeats": total,
            "bookedSeats": booked,
            "status": trip.status,
            "timestamp": self.now(),
        }
        await self._sio.emit(names.EVENT_SEATS, payload, room=trip_room(trip.id))

    async def booking(
        self, event: str, booking: Order, trip: Order, passenger: User, more: Record | None = None
    ) -> None:
        """A booking was confirmed or cancelled, to everybody who subscribed to its trip."""
        payload = {
            "type": event,
            "tripId": trip.id,
            "tripType": trip_records.trip_type(trip),
            "bookingId": booking.id,
            "passengerId": passenger.id,
            "passengerName": passenger.name,
            **(more or {}),
            "timestamp": self.now(),
        }
        await self._sio.emit(event, payload, room=trip_room(trip.id))

    async def notices(self, event: str, rows: Sequence[Notification]) -> None:
        """Notifications, each to its recipient."""
        for row in rows:
            payload: Record = {
                "type": row.kind,
                "notificationId": row.id,
                "title": row.title,
                "message": row.body,
                "priority": "NORMAL",
                "category": "TRIP",
                "timestamp": iso(row.created_ms),
            }
            if row.action_url is not None:
                payload["actionUrl"] = row.action_url
            await self._sio.emit(event, payload, room=user_room(row.recipient_id))

    async def leave(self, sid: str, trip_id: str, conversation_ids: Sequence[str]) -> None:
        """A connection hears no more of these."""
        await self._sio.leave_room(sid, trip_room(trip_id))
        for one in conversation_ids:
            await self._sio.leave_room(sid, conversation_room(one))

    # -- single connections

    async def say(self, sid: str, event: str, payload: Record) -> None:
        """An answer to one connection."""
        await self._sio.emit(event, payload, room=sid)

    async def error(self, sid: str, text: str, more: Record | None = None) -> None:
        """What is wrong with an event, to its sender."""
        await self._sio.emit(names.EVENT_ERROR, {"message": text, **(more or {})}, room=sid)

    async def heartbeat(self, sid: str) -> None:
        """A sign of life."""
        await self._sio.emit(names.EVENT_HEARTBEAT, {"timestamp": self.now()}, room=sid)

    def now(self) -> str:
        """The time, as events tell it."""
        return iso(self._clock.now_ms())


def status_record(
    trip: Order, before: str, after: str, *, driver: str | None, notes: str | None, now: str
) -> Record:
    """A change of status, as socket and stream tell it."""
    record: Record = {
        "tripId": trip.id,
        "tripTitle": trip.title,
        "previousStatus": before,
        "newStatus": after,
    }
    if driver is not None:
        record["driverName"] = driver
    if notes is not None:
        record["notes"] = notes
    return record | {"originName": trip.origin, "destName": trip.destination, "timestamp": now}
