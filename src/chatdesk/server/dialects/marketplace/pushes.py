"""What the marketplace says on the socket: to the people concerned only, whatever the recorded servers do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from chatdesk.server.bodies import iso
from chatdesk.server.core.clock import Clock
from chatdesk.server.core.messages import Shown
from chatdesk.server.core.tables import User
from chatdesk.server.dialects.marketplace import records
from chatdesk.wire.marketplace import names

EVENT_ERROR = "error"

ToRecord = Callable[[Shown, User], records.Record]


def user_room(user_id: str) -> str:
    """The room of all connections of one account."""
    return f"user:{user_id}"


class Pushes:
    """One method per event; `sio` is the Socket.IO server, `to_record` makes what is shown of a message."""

    def __init__(self, sio: Any, clock: Clock, to_record: ToRecord = records.told) -> None:
        self._sio = sio
        self._clock = clock
        self._to_record = to_record

    async def message(self, shown: Shown, recipient: User, client_id: str | None = None) -> None:
        """A new message, to all connections of both; `client_id` is the sender's own name for it."""
        record = self._to_record(shown, recipient)
        if client_id is not None:
            record["id"] = client_id
        await self._both(names.EVENT_NEW_MESSAGE, record, shown, recipient)

    async def read(self, shown: Shown, recipient: User) -> None:
        """A message was read by its recipient."""
        await self._both(names.EVENT_UPDATED, self._to_record(shown, recipient), shown, recipient)
        payload = {
            "message_id": shown.message.id,
            "reader_id": recipient.id,
            "timestamp": iso(shown.read_ms or self._clock.now_ms()),
        }
        await self._both(names.EVENT_READ, payload, shown, recipient)

    async def delivered(self, sender_id: str, message_ids: Sequence[str], at_ms: int) -> None:
        """Messages have reached a connection of their recipient, to their sender."""
        for message_id in message_ids:
            payload = {"messageId": message_id, "timestamp": iso(at_ms)}
            await self._sio.emit(names.EVENT_DELIVERED, payload, room=user_room(sender_id))

    async def typing(
        self, sender_id: str, recipient_id: str, *, is_typing: bool, more: dict[str, Any]
    ) -> None:
        """Somebody types to somebody, or stops."""
        payload = {**more, "recipient_id": recipient_id, "sender_id": sender_id, "is_typing": is_typing}
        await self._sio.emit(names.EVENT_TYPING, payload, room=user_room(recipient_id))

    async def status(self, user_id: str, status: str, skip: Sequence[str]) -> None:
        """Somebody came, went or looks away, to everybody but their own connections."""
        payload = {"userId": user_id, "status": status}
        await self._sio.emit(names.EVENT_STATUS, payload, skip_sid=list(skip))

    async def online(self, sid: str, user_ids: Sequence[str]) -> None:
        """Who is there, to one connection."""
        await self._sio.emit(names.EVENT_ONLINE_USERS, list(user_ids), room=sid)

    async def error(self, sid: str, event: str, text: str, retry_after_s: int | None = None) -> None:
        """What is wrong with an event, to its sender, in the envelope of the routes."""
        payload: dict[str, Any] = {"success": False, "message": text, "event": event}
        if retry_after_s is not None:
            payload["retryAfter"] = retry_after_s
        await self._sio.emit(EVENT_ERROR, payload, room=sid)

    async def _both(self, event: str, payload: Any, shown: Shown, recipient: User) -> None:
        rooms = {user_room(recipient.id), user_room(shown.message.sender_id or "")}
        for room in sorted(rooms):
            await self._sio.emit(event, payload, room=room)
