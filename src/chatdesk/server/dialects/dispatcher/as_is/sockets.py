"""The socket of the recorded servers: nothing is checked, stored or refused once a connection stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chatdesk.server.core.access import Actor
from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.service import Core
from chatdesk.server.dialects.dispatcher.as_is import script
from chatdesk.server.dialects.dispatcher.as_is.pushes import RecordedPushes
from chatdesk.server.dialects.dispatcher.as_is.vocabulary import claimed
from chatdesk.server.dialects.dispatcher.pushes import order_room, user_room
from chatdesk.server.sockets import MISSING, Handler, SocketSide
from chatdesk.server.web import BadRequest
from chatdesk.wire.dispatcher import names, texts


class RecordedSockets(SocketSide):
    """Rooms by any name for everybody; who speaks is who their token said when they came."""

    def __init__(self, sio: Any, core: Core, pushes: RecordedPushes) -> None:
        super().__init__(sio, core)
        self._pushes = pushes
        self._claimed: dict[str, Actor] = {}

    def handlers(self) -> Mapping[str, Handler]:
        """The events of clients; each is about one order, or whatever else it names."""
        return {
            names.EMIT_JOIN: self._join,
            names.EMIT_LEAVE: self._leave,
            names.EMIT_TYPING_START: self._typing_start,
            names.EMIT_TYPING_STOP: self._typing_stop,
            names.EMIT_MARK_READ: self._mark_read,
        }

    def connect_refusal(self, problem: Refused) -> str:
        """No token, or none that is good."""
        return texts.CONNECT_NO_TOKEN if problem.reason is Reason.NO_TOKEN else texts.CONNECT_INVALID_TOKEN

    async def failed(self, sid: str, event: str, payload: Any, problem: Refused | BadRequest | None) -> None:
        """Nothing is ever told."""

    async def holder(self, environ: Any, auth: Any) -> Actor:
        """Whoever the token names, whether or not there is such an account."""
        return claimed(self.core.accounts.claims_of(self.shown_token(environ, auth)))

    async def acting(self, sid: str, user_id: str) -> Actor:
        """Who the token named when the connection was made."""
        return self._claimed.get(sid) or await super().acting(sid, user_id)

    async def arrived(self, sid: str, actor: Actor, *, first: bool) -> None:  # noqa: ARG002 -- nobody is told
        """Enter the room of one's own."""
        self._claimed[sid] = actor
        await self.sio.enter_room(sid, user_room(actor.id))

    async def _disconnect(self, sid: str, *reason: Any) -> None:
        # A lost connection is told to nobody: rooms are left and typing goes on for the others.
        self._claimed.pop(sid, None)
        await super()._disconnect(sid, *reason)

    async def _join(self, sid: str, actor: Actor, payload: Any) -> None:
        await self.sio.enter_room(sid, order_room(script.as_text(named(payload))))
        await self._signal(names.EVENT_USER_JOINED, sid, actor, payload)

    async def _leave(self, sid: str, actor: Actor, payload: Any) -> None:
        await self.sio.leave_room(sid, order_room(script.as_text(named(payload))))
        await self._signal(names.EVENT_USER_LEFT, sid, actor, payload)

    async def _typing_start(self, sid: str, actor: Actor, payload: Any) -> None:
        await self._pushes.typed(actor, named(payload), is_typing=True, skip_sid=sid)

    async def _typing_stop(self, sid: str, actor: Actor, payload: Any) -> None:
        await self._pushes.typed(actor, named(payload), is_typing=False, skip_sid=sid)

    async def _mark_read(self, sid: str, actor: Actor, payload: Any) -> None:
        await self._signal(names.EVENT_MESSAGE_READ, sid, actor, payload)

    async def _signal(self, event: str, sid: str, actor: Actor, payload: Any) -> None:
        await self._pushes.signal(event, actor, named(payload), skip_sid=sid)


def named(payload: Any) -> Any:
    """What an event names; not there when it came without an argument."""
    return script.UNDEFINED if payload is MISSING else payload
