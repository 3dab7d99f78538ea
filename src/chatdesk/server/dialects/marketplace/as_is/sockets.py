"""The socket of the recorded servers: a relay without sign-in that stores nothing; anybody can end it."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

from chatdesk.server.bodies import iso
from chatdesk.server.core.access import Actor
from chatdesk.server.core.errors import Refused
from chatdesk.server.core.service import Core
from chatdesk.server.dialects.marketplace.sockets import OFFLINE, ONLINE, RECIPIENT_FIELD, ROOM_FIELD
from chatdesk.server.sockets import MISSING, Handler, SocketSide
from chatdesk.server.web import BadRequest
from chatdesk.wire.marketplace import names, texts

ID_FIELD = "id"

Key = tuple[str, Any]


class RecordedSockets(SocketSide):
    """Who somebody is, is what their connection says; the last one to say it is them."""

    def __init__(self, sio: Any, core: Core) -> None:
        super().__init__(sio, core)
        self._strangers = itertools.count(1)
        self._registered: dict[Key, tuple[str, Any]] = {}
        """The connection of each id that was ever registered and not announced offline, and the id itself."""

    def handlers(self) -> Mapping[str, Handler]:
        """The events of clients; of those that are promised besides, nothing is known here."""
        return {
            names.EMIT_REGISTER: self._register,
            names.EMIT_SEND: self._send,
            names.EMIT_TYPING: self._typing,
            names.EMIT_MARK_READ: self._mark_read,
            names.EMIT_JOIN: self._join,
            names.EMIT_LEAVE: self._leave,
        }

    async def holder(self, environ: Any, auth: Any) -> Actor:  # noqa: ARG002 -- nobody looks at it
        """Anybody, with any token or none."""
        return self._stranger(f"stranger {next(self._strangers)}")

    async def acting(self, sid: str, user_id: str) -> Actor:  # noqa: ARG002 -- one connection each
        """The same stranger."""
        return self._stranger(user_id)

    def connect_refusal(self, problem: Refused) -> str:  # noqa: ARG002 -- nobody is refused a connection
        """For a server that has no place left."""
        return texts.ERR_INTERNAL

    async def failed(self, sid: str, event: str, payload: Any, problem: Refused | BadRequest | None) -> None:
        """Nothing is ever told."""

    def _stranger(self, user_id: str) -> Actor:
        return Actor(user_id, "", "", self.core.platform)

    async def _disconnect(self, sid: str, *reason: Any) -> None:
        await super()._disconnect(sid, *reason)
        if self._closing:
            return
        # Of several ids of one connection the first alone is found, and of several connections of one id
        # the last alone is known: so an older device leaves in silence, and the newest for all of them.
        for key, (there, user_id) in self._registered.items():
            if there == sid:
                del self._registered[key]
                await self._tell(sid, user_id, OFFLINE)
                return

    async def _register(self, sid: str, actor: Actor, payload: Any) -> None:  # noqa: ARG002 -- says who it is
        self._registered[_key(payload)] = sid, payload
        await self._tell(sid, payload, ONLINE)

    async def _send(self, sid: str, actor: Actor, payload: Any) -> None:  # noqa: ARG002 -- says who it is
        if self._ends_here(payload):
            return
        await self._relay(names.EVENT_NEW_MESSAGE, payload)
        room = _field(payload, ROOM_FIELD)
        if room is not MISSING and room and (name := _room(room)):
            await self.sio.emit(names.EVENT_NEW_MESSAGE, payload, room=name)
        named = _field(payload, ID_FIELD)
        told = {} if named is MISSING else {"messageId": named}
        told["timestamp"] = iso(self.core.clock.now_ms())
        # Whoever got it, and if nobody did.
        await self.sio.emit(names.EVENT_DELIVERED, told, to=sid)

    async def _typing(self, sid: str, actor: Actor, payload: Any) -> None:  # noqa: ARG002 -- says who it is
        if not self._ends_here(payload):
            await self._relay(names.EVENT_TYPING, payload)

    async def _mark_read(self, sid: str, actor: Actor, payload: Any) -> None:  # noqa: ARG002 -- says who it is
        if not self._ends_here(payload):
            await self._relay(names.EVENT_READ, payload)

    async def _join(self, sid: str, actor: Actor, payload: Any) -> None:  # noqa: ARG002 -- anybody may
        if name := _room(payload):
            await self.sio.enter_room(sid, name)

    async def _leave(self, sid: str, actor: Actor, payload: Any) -> None:  # noqa: ARG002 -- anybody may
        if name := _room(payload):
            await self.sio.leave_room(sid, name)

    async def _relay(self, event: str, payload: Any) -> None:
        """To the connection of whomever the payload names, as it is."""
        found = self._registered.get(_key(_field(payload, RECIPIENT_FIELD)))
        if found is not None:
            await self.sio.emit(event, payload, to=found[0])

    async def _tell(self, sid: str, user_id: Any, status: str) -> None:
        told = {"status": status} if user_id is MISSING else {"userId": user_id, "status": status}
        await self.sio.emit(names.EVENT_STATUS, told, skip_sid=sid)

    def _ends_here(self, payload: Any) -> bool:
        """Whether the recorded process would have ended, as this one now does: it looked into nothing."""
        if payload is None or payload is MISSING:
            self._closing = True
            self.crash()
        return self._closing


def _field(payload: Any, name: str) -> Any:
    return payload.get(name, MISSING) if isinstance(payload, dict) else MISSING


def _key(value: Any) -> Key:
    """What tells one id from another: numbers are not texts, and no two objects are the same."""
    if isinstance(value, bool | str) or value is None or value is MISSING:
        return type(value).__name__, value
    if isinstance(value, int | float):
        return "number", value
    return "object", id(value)


def _room(value: Any) -> str:
    """The name of a room, apart from those that the library makes of its connections.

    Empty for an object, which would be a room that nobody else can name.
    """
    kind, name = _key(value)
    return "" if kind == "object" else f"{kind} {name}"
