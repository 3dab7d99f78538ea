"""The marketplace's socket: presence, relays that are stored, typing that ends, read marks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chatdesk.server.core.access import Actor
from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.presence import Departure
from chatdesk.server.core.tables import User
from chatdesk.server.dialects.marketplace import sends
from chatdesk.server.dialects.marketplace.context import Context, id_of
from chatdesk.server.dialects.marketplace.pushes import user_room
from chatdesk.server.dialects.marketplace.vocabulary import check_claims, may_write, refusal
from chatdesk.server.sockets import Handler, SocketSide
from chatdesk.server.web import BadRequest
from chatdesk.wire.marketplace import names, texts

ONLINE = "online"
OFFLINE = "offline"
CLIENT_ID_FIELD = "id"
"""Under this name a client puts its own id into `send_message`, and finds it again."""
MORE_FIELDS = ("conversation_id",)
ROOM_FIELD = "room_id"
RECIPIENT_FIELD = "recipient_id"
ROOM_JOINT = "_"
TYPING_EVERY_S = 1.0
"""Of typing that is repeated sooner, nothing is passed on."""

ERR_PAYLOAD = "Invalid payload"
ERR_OTHER_ID = "You can only register your own account"
ERR_STATUS = "Invalid status"
ERR_ROOM = "Room not found"


class Sockets(SocketSide):
    """Everything that happens on the socket of the marketplace."""

    def __init__(self, sio: Any, context: Context) -> None:
        super().__init__(sio, context.core)
        self._context = context
        self._pushes = context.pushes
        self._status: dict[str, str] = {}
        """What people said of themselves; only while they are connected."""
        self._typed: dict[tuple[str, str], float] = {}
        """Who types to whom, and when that was last passed on; by the clock that only rises."""

    def handlers(self) -> Mapping[str, Handler]:
        """The events of clients."""
        return {
            names.EMIT_REGISTER: self._register,
            names.EMIT_SEND: self._send,
            names.EMIT_TYPING: self._typing,
            names.EMIT_MARK_READ: self._mark_read,
            names.EMIT_JOIN: self._join,
            names.EMIT_LEAVE: self._leave,
            names.EMIT_STATUS: self._update_status,
            names.EMIT_ASK_ONLINE: self._ask_online,
        }

    def connect_refusal(self, problem: Refused) -> str:
        """The sentence of the routes."""
        return refusal(problem).text

    async def holder(self, environ: Any, auth: Any) -> Actor:
        """Who knocks; the kind in their token must be one."""
        check_claims(self.core.accounts.claims_of(self.shown_token(environ, auth)))
        return await super().holder(environ, auth)

    async def failed(
        self,
        sid: str,
        event: str,
        payload: Any,  # noqa: ARG002 -- the sender knows what it was
        problem: Refused | BadRequest | None,
    ) -> None:
        """An `error` to the sender: the platform has no such event, and no other way to tell."""
        if isinstance(problem, BadRequest):
            await self._pushes.error(sid, event, problem.text)
        elif problem is None:
            await self._pushes.error(sid, event, texts.ERR_INTERNAL)
        else:
            await self._pushes.error(sid, event, refusal(problem).text, problem.retry_after_s)

    async def arrived(self, sid: str, actor: Actor, *, first: bool) -> None:
        """Tell everybody else, and hand over what waited."""
        if first:
            await self._pushes.status(actor.id, ONLINE, self.core.presence.connections_of(actor.id))
        await self.sio.enter_room(sid, user_room(actor.id))
        self.later(sends.catch_up(self._context, actor), "catching up")

    async def departed(self, actor: Actor, departure: Departure) -> None:
        """End the typing that was begun, and tell everybody when it was the last connection."""
        for recipient_id in departure.stopped_typing:
            self._typed.pop((actor.id, recipient_id), None)
            await self._pushes.typing(actor.id, recipient_id, is_typing=False, more={})
        if departure.offline:
            self._status.pop(actor.id, None)
            await self._pushes.status(actor.id, OFFLINE, ())

    async def typing_ended(self, sid: str, actor: Actor, room: str) -> None:  # noqa: ARG002 -- the room says it
        """Nobody types for ever."""
        self._typed.pop((actor.id, room), None)
        await self._pushes.typing(actor.id, room, is_typing=False, more={})

    async def _register(self, sid: str, actor: Actor, payload: Any) -> None:
        if payload != actor.id:
            raise BadRequest(ERR_OTHER_ID)
        await self._ask_online(sid, actor, payload)

    async def _send(self, sid: str, actor: Actor, payload: Any) -> None:  # noqa: ARG002 -- told by rooms
        body = _object(payload)
        if body.get(ROOM_FIELD) is not None:
            room, other = await self._room(actor, body[ROOM_FIELD])
            if not self.core.presence.in_room(actor.id, room):
                raise BadRequest(ERR_ROOM)
            body = _addressed(body, other)
        await sends.send(self._context, actor, sends.letter(body, CLIENT_ID_FIELD))

    async def _typing(self, sid: str, actor: Actor, payload: Any) -> None:
        body = _object(payload)
        now_s = self.core.clock.monotonic_s()
        recipient_id, is_typing = id_of(body.get("recipient_id")), body.get("is_typing")
        if not isinstance(is_typing, bool):
            raise BadRequest(ERR_PAYLOAD)
        if not may_write(actor, await self._context.user(recipient_id)):
            raise Refused(Reason.ROLE)
        more = {key: body[key] for key in MORE_FIELDS if isinstance(body.get(key), str)}
        self.typing(sid, actor, recipient_id, is_typing=is_typing)
        told_s = self._typed.pop((actor.id, recipient_id), None)
        if is_typing and told_s is not None and now_s - told_s < TYPING_EVERY_S:
            self._typed[actor.id, recipient_id] = told_s
            return
        if is_typing:
            self._typed[actor.id, recipient_id] = now_s
        await self._pushes.typing(actor.id, recipient_id, is_typing=is_typing, more=more)

    async def _mark_read(self, sid: str, actor: Actor, payload: Any) -> None:  # noqa: ARG002 -- told by rooms
        await sends.mark_read(self._context, actor, id_of(_object(payload).get("message_id")))

    async def _join(self, sid: str, actor: Actor, payload: Any) -> None:
        room, _other = await self._room(actor, payload)
        self.core.presence.join(sid, room)

    async def _leave(self, sid: str, actor: Actor, payload: Any) -> None:
        room, _other = await self._room(actor, payload)
        self.core.presence.leave(sid, room)

    async def _room(self, actor: Actor, payload: Any) -> tuple[str, User]:
        """A talk of one's own: the ids of its two people, in any order, with a line between them.

        Strangers' rooms are nobody's to listen in.
        """
        ids = payload.split(ROOM_JOINT) if isinstance(payload, str) else []
        if len(ids) != 2 or actor.id not in ids:
            raise BadRequest(ERR_ROOM)
        other_id = id_of(ids[1] if ids[0] == actor.id else ids[0], ERR_ROOM)
        other = (await self.core.accounts.by_ids({other_id})).get(other_id)
        if other is None or not may_write(actor, other):
            raise BadRequest(ERR_ROOM)
        return ROOM_JOINT.join(sorted(ids)), other

    async def _update_status(self, sid: str, actor: Actor, payload: Any) -> None:  # noqa: ARG002 -- of the person
        status = _object(payload).get("status")
        if not isinstance(status, str) or status not in names.PRESENT | names.ABSENT:
            raise BadRequest(ERR_STATUS)
        if self._status.get(actor.id, ONLINE) != status:
            self._status[actor.id] = status
            await self._pushes.status(actor.id, status, self.core.presence.connections_of(actor.id))

    async def _ask_online(self, sid: str, actor: Actor, payload: Any) -> None:  # noqa: ARG002 -- nothing is asked
        there = [one for one in self.core.presence.online() if self._status.get(one, ONLINE) != OFFLINE]
        await self._pushes.online(sid, sorted(there))


def _object(payload: Any) -> dict[str, Any]:
    if not isinstance(payload, dict):
        raise BadRequest(ERR_PAYLOAD)
    return payload


def _addressed(body: dict[str, Any], other: User) -> dict[str, Any]:
    """A message in a room is for the other person there, and for nobody else."""
    if body.get(RECIPIENT_FIELD) not in (None, other.id):
        raise BadRequest(ERR_ROOM)
    kind = body.get("recipient_type") or names.KIND_OF_ROLE.get(other.role)
    return {**body, RECIPIENT_FIELD: other.id, "recipient_type": kind}
