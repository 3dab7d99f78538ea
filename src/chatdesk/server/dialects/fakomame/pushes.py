"""What Fakomame says on the socket: to the rooms of chats, and to those who share a chat with somebody."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from chatdesk.server.bodies import iso
from chatdesk.server.core.access import Actor
from chatdesk.server.core.messages import Shown
from chatdesk.server.core.presence import Presence
from chatdesk.server.dialects.fakomame import records
from chatdesk.server.dialects.fakomame.records import Record
from chatdesk.wire.fakomame import names


def chat_room(chat_id: object) -> str:
    """The room of a chat."""
    return f"chat:{chat_id}"


def user_room(user_id: str) -> str:
    """The room of all connections of one account."""
    return f"user:{user_id}"


class Pushes:
    """One method per event; `sio` is the Socket.IO server. `extras`: with what our servers announce."""

    def __init__(self, sio: Any, presence: Presence, *, extras: bool = True) -> None:
        self._sio = sio
        self._presence = presence
        self._extras = extras

    async def let_in(self, chat_id: str, user_ids: Iterable[str]) -> None:
        """Put every connection of these people into the room of a chat."""
        for user_id in user_ids:
            for sid in self._presence.connections_of(user_id):
                await self._sio.enter_room(sid, chat_room(chat_id))

    async def message(self, shown: Shown, to: str = "") -> None:
        """A message, to its chat, or to one connection."""
        record = records.pushed(shown, extras=self._extras)
        room = to or chat_room(shown.message.conversation_id)
        await self._sio.emit(names.EVENT_MESSAGE, record, room=room)

    async def joined(self, sid: str, payload: Record) -> None:
        """The newest messages of a chat, to one connection."""
        await self._sio.emit(names.EVENT_JOINED, payload, room=sid)

    async def typing(self, sid: str | None, actor: Actor, chat_id: object, *, is_typing: bool) -> None:
        """Somebody types, or stops, to their chat but for the connection that says it."""
        payload: Record = {"userId": actor.id}
        if is_typing:
            payload["userName"] = actor.name
        payload["chatId"] = chat_id
        event = names.EVENT_TYPING_START if is_typing else names.EVENT_TYPING_STOP
        await self._sio.emit(event, payload, room=chat_room(chat_id), skip_sid=sid)

    async def online(self, actor: Actor, to: Sequence[str]) -> None:
        """Somebody has come, or is there, to these rooms."""
        if to:
            payload = {"userId": actor.id, "userName": actor.name}
            await self._sio.emit(names.EVENT_ONLINE, payload, room=list(to))

    async def offline(self, user_id: str, seen_ms: int, to: Sequence[str]) -> None:
        """Somebody has gone, and when they were last seen."""
        if to:
            payload = {"userId": user_id, "lastSeen": iso(seen_ms)}
            await self._sio.emit(names.EVENT_OFFLINE, payload, room=list(to))

    async def error(self, sid: str, text: str, **more: Any) -> None:
        """What is wrong with an event, to its sender."""
        await self._sio.emit(names.EVENT_ERROR, {"message": text, **more}, room=sid)
