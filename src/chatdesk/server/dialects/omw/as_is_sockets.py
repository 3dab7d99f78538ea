"""The socket as the recorded servers have it: deaf at first, without turns, without some checks.

Source: the wire specification of the platform, sections 2.3, 4 and 10, and its recorded traffic.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.exc import DatabaseError

from chatdesk.server.core.access import Actor
from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.presence import Departure
from chatdesk.server.dialects.omw.as_is_chats import (
    UNDEFINED,
    RecordedChats,
    database_id,
    field,
    is_nothing,
)
from chatdesk.server.dialects.omw.context import Context
from chatdesk.server.dialects.omw.pushes import Pushes, chat_room
from chatdesk.server.dialects.omw.records import Record
from chatdesk.server.dialects.omw.sockets import FAILURES, Sockets
from chatdesk.server.sockets import Handler
from chatdesk.server.web import BadRequest
from chatdesk.wire.omw import texts

_DENIED = frozenset({Reason.CONVERSATION_DENIED, Reason.CONVERSATION_NOT_FOUND, Reason.CONVERSATION_CLOSED})


class RecordedSockets(Sockets):
    """Everything that happens on the socket of the recorded servers."""

    def __init__(self, sio: Any, context: Context, pushes: Pushes, recorded: RecordedChats) -> None:
        super().__init__(sio, context, pushes)
        self._recorded = recorded
        self._people: dict[str, Actor] = {}
        """Who is on each connection, as they were when it began: nobody looks again."""
        self._listening: set[str] = set()
        """Connections whose events are heard by now."""

    def handlers(self) -> Mapping[str, Handler]:
        """The same events; what comes before the server listens is lost without a word."""
        return {event: self._heard(event, handler) for event, handler in super().handlers().items()}

    def _heard(self, event: str, handler: Handler) -> Handler:
        async def heard(sid: str, actor: Actor, payload: Any) -> None:
            if sid not in self._listening:
                return
            try:
                await handler(sid, actor, payload)
            except DatabaseError as exc:
                raise BadRequest(FAILURES.get(event, "")) from exc

        return heard

    async def holder(self, environ: Any, auth: Any) -> Actor:
        """Whatever goes wrong, the token is to blame for it: also that the database is away."""
        try:
            return await self.core.accounts.holder(self.checked_token(environ, auth))
        except DatabaseError as exc:
            raise Refused(Reason.BAD_TOKEN) from exc

    async def acting(self, sid: str, user_id: str) -> Actor:
        """As they were when they came."""
        return self._people.get(sid) or await super().acting(sid, user_id)

    async def failed(
        self,
        sid: str,
        event: str,
        payload: Any,  # noqa: ARG002 -- the sender knows what it was
        problem: Refused | BadRequest | None,
    ) -> None:
        """One `error` that names nothing; of typing, nothing at all."""
        if event not in FAILURES:
            return
        text = FAILURES[event]
        if isinstance(problem, BadRequest):
            text = problem.text
        elif problem is not None and problem.reason in _DENIED:
            text = texts.ERR_ACCESS
        await self.pushes.error(sid, text)

    # -- coming and going

    async def arrived(self, sid: str, actor: Actor, *, first: bool) -> None:  # noqa: ARG002 -- nobody is told
        """The connection is accepted at once; rooms and ears come after two looks into the database."""
        self._people[sid] = actor
        self.later(self._attach(sid, actor), "connection")

    async def _attach(self, sid: str, actor: Actor) -> None:
        try:
            await self._recorded.note_presence(actor, online=True)
            session_ids = await self.core.conversations.visible_ids(actor)
        except DatabaseError:
            return  # it stays deaf
        if self.core.presence.user_of(sid) is None:
            return  # gone already
        for session_id in session_ids:
            await self.sio.enter_room(sid, chat_room(session_id))
        self._listening.add(sid)

    async def departed(self, actor: Actor, departure: Departure) -> None:  # noqa: ARG002 -- each one counts
        """Away, whatever other connections there are; whoever typed goes on typing."""
        for sid in [sid for sid in self._people if self.core.presence.user_of(sid) is None]:
            del self._people[sid]
            self._listening.discard(sid)
        await self._recorded.note_presence(actor, online=False)

    # -- events

    async def join(self, sid: str, actor: Actor, payload: Any) -> None:
        """Into the room whose name is the id as it was sent."""
        session_id = field(payload, "sessionId")
        if is_nothing(payload) or session_id is UNDEFINED:
            raise BadRequest(texts.ERR_JOIN)
        await self.core.conversations.check(actor, database_id(session_id))
        await self.sio.enter_room(sid, chat_room(session_id))
        await self.pushes.joined(sid, actor, _told(payload), chat_room(session_id))

    async def leave(self, sid: str, actor: Actor, payload: Any) -> None:
        """Nobody asks whether they were in it, or may be."""
        if is_nothing(payload):
            raise BadRequest(texts.ERR_LEAVE)
        room = _room(payload)
        await self.sio.leave_room(sid, room)
        await self.pushes.left(sid, actor, _told(payload), room)

    async def typing_start(self, sid: str, actor: Actor, payload: Any) -> None:
        """Only for those who have access; it ends when it is ended."""
        await self.core.conversations.check(actor, database_id(field(payload, "sessionId")))
        await self.pushes.typing(actor, _told(payload), _room(payload), is_typing=True, sid=sid)

    async def typing_stop(self, sid: str, actor: Actor, payload: Any) -> None:
        """From anybody, in any room."""
        if not is_nothing(payload):
            await self.pushes.typing(actor, _told(payload), _room(payload), is_typing=False, sid=sid)

    async def mark_read(self, sid: str, actor: Actor, payload: Any) -> None:
        """Told as it came."""
        await self._recorded.mark_as_sent(actor, payload, sid)


def _told(payload: Any) -> Record:
    """The id as it was sent; nothing where there was none."""
    session_id = field(payload, "sessionId")
    return {} if session_id is UNDEFINED else {"sessionId": session_id}


def _room(payload: Any) -> str:
    session_id = field(payload, "sessionId")
    return chat_room("undefined" if session_id is UNDEFINED else session_id)
