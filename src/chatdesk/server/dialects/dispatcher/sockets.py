"""Socket events: who may connect, and what each event of a client does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import socketio
from msgspec import UNSET, UnsetType

from chatdesk.server.core.access import Actor
from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.presence import Departure
from chatdesk.server.core.tables import Role, User
from chatdesk.server.dialects.dispatcher.context import Context, bearer, log_bug
from chatdesk.server.dialects.dispatcher.pushes import STAFF_ROOM, order_room, user_room
from chatdesk.server.dialects.dispatcher.requests import BadRequest, id_of
from chatdesk.server.dialects.dispatcher.vocabulary import refusal
from chatdesk.wire.dispatcher import names, texts

INVALID_NAMESPACE = "Invalid namespace"

Handler = Callable[[str, Actor, str], Awaitable[None]]


class Sockets:
    """Everything that happens on the socket of the dispatcher platform."""

    def __init__(self, sio: Any, context: Context) -> None:
        self._sio = sio
        self._context = context
        self._core = context.core
        self._pushes = context.pushes
        self.closing = False
        """Set when the server stops: then a lost connection is no news about its person."""

    def register(self) -> None:
        """Attach to the Socket.IO server."""
        self._sio.on("connect", self._connect)
        self._sio.on("disconnect", self._disconnect)
        self._sio.on("connect", _refuse_namespace, namespace="*")
        for event, handler in {
            names.EMIT_JOIN: self._join,
            names.EMIT_LEAVE: self._leave,
            names.EMIT_TYPING_START: self._typing_start,
            names.EMIT_TYPING_STOP: self._typing_stop,
            names.EMIT_MARK_READ: self._mark_read,
        }.items():
            self._sio.on(event, self._guarded(event, handler))

    async def _connect(self, sid: str, environ: Any, auth: Any) -> None:
        if self._core.presence.user_of(sid) is not None:
            return  # a client may name an event "connect"; it is connected already
        token = auth.get(names.AUTH_TOKEN_FIELD) if isinstance(auth, dict) else None
        if not isinstance(token, str) or not token:
            token = bearer(environ.get("HTTP_AUTHORIZATION") if isinstance(environ, dict) else None)
        try:
            actor = await self._context.holder(token)
        except Refused as exc:
            missing = exc.reason is Reason.NO_TOKEN
            text = texts.CONNECT_NO_TOKEN if missing else texts.CONNECT_INVALID_TOKEN
            raise socketio.exceptions.ConnectionRefusedError(text) from exc
        if self._core.presence.connections(actor.id) >= self._core.rules.connections_per_user:
            raise socketio.exceptions.ConnectionRefusedError(texts.ERR_TOO_MANY_CONNECTIONS)
        if self._core.presence.connect(sid, actor.id):
            await self._announce(actor.id, online=True)
        # Rooms come last: nothing may be pushed to this connection before it is told that it is one.
        await self._sio.enter_room(sid, user_room(actor.id))
        if actor.is_staff:
            await self._sio.enter_room(sid, STAFF_ROOM)

    async def _disconnect(self, sid: str, *_reason: Any) -> None:
        if self.closing:
            return
        departure = self._core.presence.disconnect(sid)
        if departure is None:
            return
        try:
            await self._tell_departure(departure)
        except Exception as exc:  # noqa: BLE001 -- the library must forget the connection whatever happens
            log_bug(exc, "disconnect")

    async def _tell_departure(self, departure: Departure) -> None:
        try:
            actor = await self._core.accounts.by_id(departure.user_id)
        except Refused:
            return
        for room in departure.stopped_typing:
            await self._pushes.typing(actor, room, is_typing=False, skip_sid=None)
        for room in departure.left_rooms:
            await self._pushes.left(actor.id, room, skip_sid=None)
        if departure.offline:
            await self._core.accounts.seen([actor.id], self._core.clock.now_ms())
            await self._announce(actor.id, online=False)

    async def _announce(self, user_id: str, *, online: bool) -> None:
        """Tell staff about a customer, and a staff member's customers about the staff member."""
        users = await self._core.accounts.by_ids({user_id})
        user: User | None = users.get(user_id)
        if user is None:
            return
        rooms = [STAFF_ROOM]
        if user.role != Role.CUSTOMER:
            rooms += [user_room(owner) for owner in await self._core.orders.owners_served_by(user_id)]
        await self._pushes.presence(user, rooms, online=online)

    def _guarded(self, event: str, handler: Handler) -> Callable[..., Awaitable[object]]:
        """The handler behind the checks that every event shares; each refusal is an `error` to its sender."""

        async def handle(sid: str, *args: Any) -> object:
            order_id: str | UnsetType = UNSET
            try:
                user_id = self._core.presence.user_of(sid)
                if user_id is None:
                    raise Refused(Reason.NO_TOKEN)
                if wait_s := self._core.events.take(user_id):
                    raise Refused(Reason.EVENT_RATE, retry_after_s=wait_s)
                order_id = _order_id(event, args)
                actor = await self._core.accounts.by_id(user_id)
                await handler(sid, actor, order_id)
            except Refused as exc:
                await self._pushes.error(
                    sid,
                    refusal(exc).text,
                    event=event,
                    order_id=order_id,
                    retry_after_s=exc.retry_after_s,
                )
            except BadRequest as exc:
                await self._pushes.error(sid, exc.text, event=event)
            except Exception as exc:  # noqa: BLE001 -- whatever we got wrong, the client gets an answer
                log_bug(exc, event)
                await self._pushes.error(sid, texts.ERR_INTERNAL, event=event, order_id=order_id)
            # The platform acknowledges nothing, even when asked to.
            return self._sio.not_handled

        return handle

    async def _join(self, sid: str, actor: Actor, order_id: str) -> None:
        await self._core.orders.by_id(actor, order_id)
        await self._sio.enter_room(sid, order_room(order_id))
        self._core.presence.join(sid, order_id)
        await self._pushes.joined(actor.id, order_id, skip_sid=sid)

    async def _leave(self, sid: str, actor: Actor, order_id: str) -> None:
        await self._core.orders.by_id(actor, order_id)
        await self._sio.leave_room(sid, order_room(order_id))
        if self._core.presence.leave(sid, order_id):
            await self._pushes.left(actor.id, order_id, skip_sid=sid)

    async def _typing_start(self, sid: str, actor: Actor, order_id: str) -> None:
        await self._typing(sid, actor, order_id, is_typing=True)

    async def _typing_stop(self, sid: str, actor: Actor, order_id: str) -> None:
        await self._typing(sid, actor, order_id, is_typing=False)

    async def _typing(self, sid: str, actor: Actor, order_id: str, *, is_typing: bool) -> None:
        await self._core.orders.by_id(actor, order_id)
        self._core.presence.typing(sid, order_id, is_typing=is_typing)
        await self._pushes.typing(actor, order_id, is_typing=is_typing, skip_sid=sid)

    async def _mark_read(self, sid: str, actor: Actor, order_id: str) -> None:
        await self._core.receipts.mark_read(
            actor, order_id, push=lambda receipt: self._pushes.read(receipt, skip_sid=sid)
        )


async def _refuse_namespace(_namespace: str, _sid: str, *_args: Any) -> None:
    raise socketio.exceptions.ConnectionRefusedError(INVALID_NAMESPACE)


def _order_id(event: str, args: tuple[Any, ...]) -> str:
    if not args:
        raise BadRequest(texts.ERR_EVENT_ARGUMENT.format(event=event))
    try:
        return id_of(args[0], "orderId")
    except BadRequest as exc:
        raise BadRequest(texts.ERR_EVENT_ARGUMENT.format(event=event)) from exc
