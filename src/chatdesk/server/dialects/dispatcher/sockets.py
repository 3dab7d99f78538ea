"""Socket events: who may connect, and what each event of a client does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from msgspec import UNSET

from chatdesk.server.core.access import Actor
from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.presence import Departure
from chatdesk.server.core.tables import Role, User
from chatdesk.server.dialects.dispatcher.context import Context
from chatdesk.server.dialects.dispatcher.pushes import STAFF_ROOM, order_room, user_room
from chatdesk.server.dialects.dispatcher.requests import id_of
from chatdesk.server.dialects.dispatcher.vocabulary import is_staff, refusal
from chatdesk.server.sockets import MISSING, Handler, SocketSide
from chatdesk.server.web import BadRequest
from chatdesk.wire.dispatcher import names, texts

OrderHandler = Callable[[str, Actor, str], Awaitable[None]]


class Sockets(SocketSide):
    """Everything that happens on the socket of the dispatcher platform."""

    def __init__(self, sio: Any, context: Context) -> None:
        super().__init__(sio, context.core)
        self._pushes = context.pushes

    def handlers(self) -> Mapping[str, Handler]:
        """The events of clients; each is about one order."""
        events: dict[str, OrderHandler] = {
            names.EMIT_JOIN: self._join,
            names.EMIT_LEAVE: self._leave,
            names.EMIT_TYPING_START: self._typing_start,
            names.EMIT_TYPING_STOP: self._typing_stop,
            names.EMIT_MARK_READ: self._mark_read,
        }
        return {event: _about_an_order(event, handler) for event, handler in events.items()}

    def connect_refusal(self, problem: Refused) -> str:
        """The three reasons that the platform gives."""
        if problem.reason is Reason.TOO_MANY_CONNECTIONS:
            return texts.ERR_TOO_MANY_CONNECTIONS
        missing = problem.reason is Reason.NO_TOKEN
        return texts.CONNECT_NO_TOKEN if missing else texts.CONNECT_INVALID_TOKEN

    async def failed(self, sid: str, event: str, payload: Any, problem: Refused | BadRequest | None) -> None:
        """An `error` to the sender."""
        if isinstance(problem, BadRequest):
            await self._pushes.error(sid, problem.text, event=event)
            return
        # Whatever was refused for its sense had no order id that could be named.
        order_id = payload if isinstance(payload, str) and _is_id(payload) else UNSET
        if problem is None:
            await self._pushes.error(sid, texts.ERR_INTERNAL, event=event, order_id=order_id)
            return
        if problem.reason in {Reason.NO_TOKEN, Reason.EVENT_RATE}:
            order_id = UNSET
        text, wait_s = refusal(problem).text, problem.retry_after_s
        await self._pushes.error(sid, text, event=event, order_id=order_id, retry_after_s=wait_s)

    async def arrived(self, sid: str, actor: Actor, *, first: bool) -> None:
        """Tell who is concerned, then enter the rooms of one's own."""
        if first:
            await self._announce(actor.id, online=True)
        await self.sio.enter_room(sid, user_room(actor.id))
        if is_staff(actor):
            await self.sio.enter_room(sid, STAFF_ROOM)

    async def departed(self, actor: Actor, departure: Departure) -> None:
        """End what the connection had begun, and tell who is concerned."""
        for room in departure.stopped_typing:
            await self._pushes.typing(actor, room, is_typing=False, skip_sid=None)
        for room in departure.left_rooms:
            await self._pushes.left(actor.id, room, skip_sid=None)
        if departure.offline:
            await self._announce(actor.id, online=False)

    async def typing_ended(self, sid: str, actor: Actor, room: str) -> None:
        """Nobody types for ever."""
        await self._pushes.typing(actor, room, is_typing=False, skip_sid=sid)

    async def _announce(self, user_id: str, *, online: bool) -> None:
        """Tell staff about a customer, and a staff member's customers about the staff member."""
        users = await self.core.accounts.by_ids({user_id})
        user: User | None = users.get(user_id)
        if user is None:
            return
        rooms = [STAFF_ROOM]
        if user.role != Role.CUSTOMER:
            rooms += [user_room(owner) for owner in await self.core.orders.owners_served_by(user_id)]
        await self._pushes.presence(user, rooms, online=online)

    async def _join(self, sid: str, actor: Actor, order_id: str) -> None:
        await self.core.orders.by_id(actor, order_id)
        await self.sio.enter_room(sid, order_room(order_id))
        self.core.presence.join(sid, order_id)
        await self._pushes.joined(actor.id, order_id, skip_sid=sid)

    async def _leave(self, sid: str, actor: Actor, order_id: str) -> None:
        await self.core.orders.by_id(actor, order_id)
        await self.sio.leave_room(sid, order_room(order_id))
        if self.core.presence.leave(sid, order_id):
            await self._pushes.left(actor.id, order_id, skip_sid=sid)

    async def _typing_start(self, sid: str, actor: Actor, order_id: str) -> None:
        await self._typing(sid, actor, order_id, is_typing=True)

    async def _typing_stop(self, sid: str, actor: Actor, order_id: str) -> None:
        await self._typing(sid, actor, order_id, is_typing=False)

    async def _typing(self, sid: str, actor: Actor, order_id: str, *, is_typing: bool) -> None:
        await self.core.orders.by_id(actor, order_id)
        self.typing(sid, actor, order_id, is_typing=is_typing)
        await self._pushes.typing(actor, order_id, is_typing=is_typing, skip_sid=sid)

    async def _mark_read(self, sid: str, actor: Actor, order_id: str) -> None:
        await self.core.receipts.mark_read(
            actor, order_id, push=lambda receipt: self._pushes.read(receipt, skip_sid=sid)
        )


def _about_an_order(event: str, handler: OrderHandler) -> Handler:
    async def handle(sid: str, actor: Actor, payload: Any) -> None:
        try:
            order_id = id_of(None if payload is MISSING else payload, "orderId")
        except BadRequest as exc:
            raise BadRequest(texts.ERR_EVENT_ARGUMENT.format(event=event)) from exc
        await handler(sid, actor, order_id)

    return handle


def _is_id(payload: str) -> bool:
    try:
        return id_of(payload, "orderId") == payload
    except BadRequest:
        return False
