"""What the server says on the socket, and to whom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from chatdesk.server.core.access import Actor
from chatdesk.server.core.clock import Clock
from chatdesk.server.core.messages import Shown
from chatdesk.server.core.receipts import ReadReceipt
from chatdesk.server.core.tables import Notification, Order, Upload, User
from chatdesk.server.dialects.dispatcher import records
from chatdesk.wire.dispatcher import names, shapes

STAFF_ROOM = "staff"


def order_room(order_id: str) -> str:
    """The room of everybody who follows an order."""
    return f"order:{order_id}"


def user_room(user_id: str) -> str:
    """The room of all connections of one account."""
    return f"user:{user_id}"


class Pushes:
    """One method per event; `sio` is the Socket.IO server."""

    def __init__(self, sio: Any, clock: Clock) -> None:
        self._sio = sio
        self._clock = clock

    def message_record(self, shown: Shown) -> shapes.MessageRecord:
        """A message as it is shown."""
        return records.message(shown)

    def order_record(self, order: Order, files: Sequence[Upload]) -> shapes.OrderRecord:
        """An order as it is stored."""
        return records.order_record(order, files)

    async def message(self, shown: Shown) -> None:
        """A new message, to everybody in the order's room, its author included."""
        payload = shapes.NewMessage(
            order_id=shown.order_id, message=self.message_record(shown), timestamp=self.now()
        )
        await self._emit(names.EVENT_NEW_MESSAGE, payload, order_room(shown.order_id))

    async def order(self, order: Order, files: Sequence[Upload], kind: str) -> None:
        """A changed order, to everybody in its room."""
        payload = shapes.OrderUpdated(
            order_id=order.id,
            update=shapes.OrderUpdate(type=kind, order=self.order_record(order, files)),
            timestamp=self.now(),
        )
        await self._emit(names.EVENT_ORDER_UPDATED, payload, order_room(order.id))

    async def notifications(self, rows: Sequence[Notification]) -> None:
        """Each notification, to all connections of its recipient."""
        for row in rows:
            await self._emit(
                names.EVENT_NOTIFICATION, records.notification_push(row), user_room(row.recipient_id)
            )

    async def typing(self, actor: Actor, order_id: str, *, is_typing: bool, skip_sid: str | None) -> None:
        """Somebody types or stops, to the others in the room."""
        payload = shapes.UserTyping(
            order_id=order_id, is_typing=is_typing, email=actor.email, user_id=actor.id
        )
        await self._emit(names.EVENT_USER_TYPING, payload, order_room(order_id), skip_sid)

    async def read(self, receipt: ReadReceipt, *, skip_sid: str | None = None) -> None:
        """Somebody has read everything so far, to the others in the room."""
        payload = shapes.RoomSignal(
            user_id=receipt.user_id, order_id=receipt.conversation_id, timestamp=records.iso(receipt.read_ms)
        )
        await self._emit(names.EVENT_MESSAGE_READ, payload, order_room(receipt.conversation_id), skip_sid)

    async def joined(self, user_id: str, order_id: str, *, skip_sid: str) -> None:
        """Somebody came into the room, to the others there."""
        await self._room_signal(names.EVENT_USER_JOINED, user_id, order_id, skip_sid)

    async def left(self, user_id: str, order_id: str, *, skip_sid: str | None) -> None:
        """Somebody's last connection left the room, to the others there."""
        await self._room_signal(names.EVENT_USER_LEFT, user_id, order_id, skip_sid)

    async def presence(self, user: User, rooms: Sequence[str], *, online: bool) -> None:
        """Somebody came online or went offline."""
        seen_ms = None if online else self._clock.now_ms()
        payload = records.presence(user, online=online, seen_ms=seen_ms)
        for room in rooms:
            await self._emit(names.EVENT_USER_PRESENCE, payload, room)

    async def error(
        self,
        to: str,
        text: str,
        *,
        event: str | UnsetType = UNSET,
        order_id: str | UnsetType = UNSET,
        retry_after_s: int | None = None,
    ) -> None:
        """An error to one connection (its session id) or to one account (its room)."""
        payload = shapes.ErrorEvent(
            message=text,
            event=event,
            order_id=order_id,
            retry_after=UNSET if retry_after_s is None else retry_after_s,
        )
        await self._emit(names.EVENT_ERROR, payload, to)

    async def _room_signal(self, event: str, user_id: str, order_id: str, skip_sid: str | None) -> None:
        payload = shapes.RoomSignal(user_id=user_id, order_id=order_id, timestamp=self.now())
        await self._emit(event, payload, order_room(order_id), skip_sid)

    async def _emit(
        self, event: str, payload: msgspec.Struct, room: str, skip_sid: str | None = None
    ) -> None:
        await self._sio.emit(event, msgspec.to_builtins(payload), room=room, skip_sid=skip_sid)

    def now(self) -> str:
        """The time of an event."""
        return records.iso(self._clock.now_ms())
