"""What the OMW platform pushes: to rooms of sessions, of people, and of providers' profiles."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from chatdesk.server.bodies import iso
from chatdesk.server.core.access import Actor
from chatdesk.server.core.presence import Presence
from chatdesk.server.core.tables import Order
from chatdesk.server.dialects.omw import records
from chatdesk.wire.omw import names

RETRY_FIELD = "retryAfter"
"""Of our own: whole seconds after which the same event may pass."""


def chat_room(session_id: object) -> str:
    """The room of a session, under its id as the client has sent it."""
    return f"chat_{_as_text(session_id)}"


def user_room(user_id: str) -> str:
    """Everything that one person should hear of bookings."""
    return f"user:{user_id}"


def _as_text(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, str) else str(value)


class Pushes:
    """One method per event of the server."""

    def __init__(self, sio: Any, presence: Presence) -> None:
        self._sio = sio
        self._presence = presence

    # -- sessions

    async def new_message(self, record: records.Record, session_id: object, sender_sid: str = "") -> None:
        """A message to the room; with `sender_sid` that connection has it last, and its confirmation."""
        await self._sio.emit(
            names.EVENT_NEW_MESSAGE, record, room=chat_room(session_id), skip_sid=sender_sid or None
        )
        if sender_sid:
            await self.sent(sender_sid, record, session_id)

    async def sent(self, sid: str, record: records.Record, session_id: object) -> None:
        """The echo of a send, and right after it the confirmation, to the connection that sent it."""
        await self._sio.emit(names.EVENT_NEW_MESSAGE, record, to=sid)
        told = {"messageId": record["id"], "sessionId": session_id}
        await self._sio.emit(names.EVENT_MESSAGE_SENT, told, to=sid)

    async def joined(self, sid: str, actor: Actor, told: records.Record, room: str) -> None:
        """`joined_chat` to who joined, `user_joined` to the others; `told` holds the id as it was sent."""
        await self._sio.emit(names.EVENT_JOINED, told, to=sid)
        await self._sio.emit(names.EVENT_USER_JOINED, {**told, **_who(actor)}, room=room, skip_sid=sid)

    async def left(self, sid: str, actor: Actor, told: records.Record, room: str) -> None:
        """The same for leaving."""
        await self._sio.emit(names.EVENT_LEFT, told, to=sid)
        await self._sio.emit(names.EVENT_USER_LEFT, {**told, **_who(actor)}, room=room, skip_sid=sid)

    async def typing(
        self, actor: Actor, told: records.Record, room: str, *, is_typing: bool, sid: str = ""
    ) -> None:
        """Somebody types, or no longer, to everybody else in the room."""
        told = {**told, **_who(actor), "isTyping": is_typing}
        await self._sio.emit(names.EVENT_TYPING, told, room=room, skip_sid=sid or None)

    async def read(self, reader: Actor, told: records.Record, room: str, sid: str = "") -> None:
        """Somebody has read: `told` holds session and messages."""
        told = {"readerId": records.number(reader.id), **told}
        await self._sio.emit(names.EVENT_READ, told, room=room, skip_sid=sid or None)

    async def history(self, sid: str, told: records.Record) -> None:
        """A page of a session to who asked for it."""
        await self._sio.emit(names.EVENT_HISTORY, told, to=sid)

    async def error(self, sid: str, text: str, retry_after_s: int | None = None) -> None:
        """What went wrong, and nothing of what it was about."""
        told: records.Record = {"message": text}
        if retry_after_s is not None:
            told[RETRY_FIELD] = retry_after_s
        await self._sio.emit(names.EVENT_ERROR, told, to=sid)

    # -- people

    async def status(self, user_id: str, peers: Iterable[str], *, online: bool, seen_ms: int | None) -> None:
        """Somebody came or went, to those who share a session with them."""
        told = _status(user_id, online=online, seen_ms=seen_ms)
        for peer in sorted(set(peers) - {user_id}):
            await self._sio.emit(names.EVENT_USER_STATUS, told, room=user_room(peer))

    async def who_is_there(self, sid: str, user_ids: Iterable[str]) -> None:
        """Those who are there already, to a connection that has just begun."""
        for user_id in sorted(user_ids):
            told = _status(user_id, online=True, seen_ms=None)
            await self._sio.emit(names.EVENT_USER_STATUS, told, to=sid)

    # -- bookings

    async def booking_status(self, booking: Order, message: str = "") -> None:
        """A booking's status, to customer and worker."""
        told: records.Record = {"booking_id": records.number(booking.id), "status": booking.status}
        for user_id in parties(booking):
            await self._sio.emit(names.EVENT_BOOKING_STATUS, told, room=user_room(user_id))
            more = {**told, "message": message} if message else told
            await self._sio.emit(names.EVENT_STATUS_UPDATE, more, room=user_room(user_id))

    async def booking(self, event: str, booking: Order, people: Sequence[str], **more: Any) -> None:
        """Something about a booking that changes lists, to these people."""
        told = {"booking_id": records.number(booking.id), **more}
        for user_id in people:
            await self._sio.emit(event, told, room=user_room(user_id))

    # -- rooms

    async def let_in(self, user_ids: Iterable[str], session_id: str) -> None:
        """Every connection of these people hears a session from now on."""
        for user_id in user_ids:
            for sid in self._presence.connections_of(user_id):
                await self._sio.enter_room(sid, chat_room(session_id))

    async def close(self, session_id: str) -> None:
        """Nobody hears a session any more."""
        await self._sio.close_room(chat_room(session_id))


def parties(booking: Order) -> list[str]:
    """Ids of customer and worker."""
    return [one for one in (booking.owner_id, booking.assignee_id) if one]


def _status(user_id: str, *, online: bool, seen_ms: int | None) -> records.Record:
    return {
        "userId": records.number(user_id),
        "isOnline": online,
        "status": "online" if online else "offline",
        "lastSeen": iso(seen_ms) if seen_ms is not None else None,
    }


def _who(actor: Actor) -> records.Record:
    return {"userId": records.number(actor.id), "userName": actor.name}
