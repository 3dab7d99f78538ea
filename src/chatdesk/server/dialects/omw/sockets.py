"""The socket of the OMW platform as promised: rooms of sessions, messages, typing, reading, presence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import socketio
from sqlalchemy.exc import DatabaseError

from chatdesk.server.core.access import Actor
from chatdesk.server.core.errors import Refused
from chatdesk.server.core.presence import Departure
from chatdesk.server.dialects.omw import records
from chatdesk.server.dialects.omw.context import Context, claimed
from chatdesk.server.dialects.omw.pushes import Pushes, chat_room, user_room
from chatdesk.server.dialects.omw.vocabulary import CONNECT_REFUSALS, ERR_UNAVAILABLE, NOBODY, REFUSALS
from chatdesk.server.sockets import Handler, SocketSide
from chatdesk.server.web import BadRequest
from chatdesk.wire.omw import names, texts

FAILURES = {
    names.EMIT_JOIN: texts.ERR_JOIN,
    names.EMIT_LEAVE: texts.ERR_LEAVE,
    names.EMIT_SEND: texts.ERR_SEND,
    names.EMIT_MARK_READ: texts.ERR_MARK,
    names.EMIT_HISTORY: texts.ERR_HISTORY,
}
"""What is said where the server could not do what an event asks for; of typing nothing is said."""


class Sockets(SocketSide):
    """Everything that happens on the socket of the platform."""

    def __init__(self, sio: Any, context: Context, pushes: Pushes) -> None:
        super().__init__(sio, context.core)
        self.context = context
        self.chats = context.chats
        self.pushes = pushes

    def handlers(self) -> Mapping[str, Handler]:
        """The events of clients."""
        return {
            names.EMIT_JOIN: self.join,
            names.EMIT_LEAVE: self.leave,
            names.EMIT_SEND: self.send,
            names.EMIT_TYPING_START: self.typing_start,
            names.EMIT_TYPING_STOP: self.typing_stop,
            names.EMIT_MARK_READ: self.mark_read,
            names.EMIT_HISTORY: self.history,
        }

    async def holder(self, environ: Any, auth: Any) -> Actor:
        """Who knocks; while the database is away nobody can be let in, and everybody hears so."""
        token = self.checked_token(environ, auth)
        try:
            return await self.core.accounts.holder(token)
        except DatabaseError as exc:
            raise socketio.exceptions.ConnectionRefusedError(ERR_UNAVAILABLE) from exc

    def checked_token(self, environ: Any, auth: Any) -> str:
        """A good token that names somebody; raises Refused."""
        token = self.shown_token(environ, auth)
        claimed(self.core, token)
        return token

    def connect_refusal(self, problem: Refused) -> str:
        """The platform's sentence."""
        if problem.detail == NOBODY:
            return texts.CONNECT_BAD_PAYLOAD
        return CONNECT_REFUSALS.get(problem.reason) or REFUSALS[problem.reason].text

    async def failed(
        self,
        sid: str,
        event: str,
        payload: Any,  # noqa: ARG002 -- the sender knows what it was
        problem: Refused | BadRequest | None,
    ) -> None:
        """One `error`, which names nothing."""
        if isinstance(problem, BadRequest):
            await self.pushes.error(sid, problem.text)
        elif problem is None:
            await self.pushes.error(sid, FAILURES.get(event, ERR_UNAVAILABLE))
        else:
            await self.pushes.error(sid, REFUSALS[problem.reason].text, problem.retry_after_s)

    # -- coming and going

    async def arrived(self, sid: str, actor: Actor, *, first: bool) -> None:
        """Into the rooms of the active sessions; those who share one hear of it, and who is there is told."""
        for session_id in await self.core.conversations.visible_ids(actor):
            await self.sio.enter_room(sid, chat_room(session_id))
        await self.sio.enter_room(sid, user_room(actor.id))
        self.later(self._introduce(sid, actor, first=first), "presence")

    async def _introduce(self, sid: str, actor: Actor, *, first: bool) -> None:
        if first:
            await self._tell_status(actor, online=True, seen_ms=None)
        there = {one for one in await self.chats.peers(actor) if self.core.presence.is_online(one)}
        await self.pushes.who_is_there(sid, there)

    async def departed(self, actor: Actor, departure: Departure) -> None:
        """Whoever goes no longer types; without another connection they are away."""
        for session_id in departure.stopped_typing:
            told = {"sessionId": records.number(session_id)}
            await self.pushes.typing(actor, told, chat_room(session_id), is_typing=False)
        if departure.offline:
            await self._tell_status(actor, online=False, seen_ms=self.core.clock.now_ms())

    async def _tell_status(self, actor: Actor, *, online: bool, seen_ms: int | None) -> None:
        peers = await self.chats.peers(actor)
        if self.core.presence.is_online(actor.id) is online:
            await self.pushes.status(actor.id, peers, online=online, seen_ms=seen_ms)

    # -- rooms

    async def join(self, sid: str, actor: Actor, payload: Any) -> None:
        """Into the room of a session."""
        session_id, told_id = self.chats.session_id(payload)
        await self.core.conversations.check(actor, session_id)
        await self.sio.enter_room(sid, chat_room(told_id))
        await self.pushes.joined(sid, actor, {"sessionId": told_id}, chat_room(told_id))

    async def leave(self, sid: str, actor: Actor, payload: Any) -> None:
        """Out of it: nothing of that session comes any more."""
        session_id, told_id = self.chats.session_id(payload)
        await self.core.conversations.check(actor, session_id)
        await self._stop_typing(sid, actor, session_id)
        await self.sio.leave_room(sid, chat_room(told_id))
        await self.pushes.left(sid, actor, {"sessionId": told_id}, chat_room(told_id))

    # -- messages

    async def send(self, sid: str, actor: Actor, payload: Any) -> None:
        """Store a message; its echo and confirmation are the answer."""
        await self.chats.send(actor, self.chats.letter(payload), sid)

    async def history(self, sid: str, actor: Actor, payload: Any) -> None:
        """A page of a session."""
        wanted = self.chats.wanted(payload)
        messages, more = await self.chats.history(actor, wanted)
        told = {"sessionId": wanted.told_id, "messages": messages, "hasMore": more}
        await self.pushes.history(sid, told)

    async def mark_read(self, sid: str, actor: Actor, payload: Any) -> None:
        """Mark messages read; the others hear of it, the reader nothing."""
        session_id, told_id, ids = self.chats.marked(payload)
        await self.chats.mark(actor, session_id, told_id, ids, sid)

    # -- typing

    async def typing_start(self, sid: str, actor: Actor, payload: Any) -> None:
        """Somebody types."""
        session_id, told_id = self.chats.session_id(payload)
        await self.core.conversations.check(actor, session_id)
        self.typing(sid, actor, session_id, is_typing=True)
        told = {"sessionId": told_id}
        await self.pushes.typing(actor, told, chat_room(told_id), is_typing=True, sid=sid)

    async def typing_stop(self, sid: str, actor: Actor, payload: Any) -> None:
        """No longer."""
        session_id, told_id = self.chats.session_id(payload)
        await self.core.conversations.check(actor, session_id)
        self.typing(sid, actor, session_id, is_typing=False)
        told = {"sessionId": told_id}
        await self.pushes.typing(actor, told, chat_room(told_id), is_typing=False, sid=sid)

    async def _stop_typing(self, sid: str, actor: Actor, session_id: str) -> None:
        if self.core.presence.types(sid, session_id):
            self.typing(sid, actor, session_id, is_typing=False)
            told = {"sessionId": records.number(session_id)}
            await self.pushes.typing(actor, told, chat_room(session_id), is_typing=False, sid=sid)

    async def typing_ended(self, sid: str, actor: Actor, room: str) -> None:
        """Nobody types for ever."""
        told = {"sessionId": records.number(room)}
        await self.pushes.typing(actor, told, chat_room(room), is_typing=False, sid=sid)
