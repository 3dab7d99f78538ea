"""StepperGO's socket: who may connect and for how long, and what is said in conversations."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from chatdesk.server.announce import CLIENT_ID_FIELD
from chatdesk.server.core.access import Actor
from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.presence import Departure
from chatdesk.server.dialects.steppergo import requests
from chatdesk.server.dialects.steppergo.context import Context
from chatdesk.server.dialects.steppergo.pushes import conversation_room, user_room
from chatdesk.server.dialects.steppergo.talk import confirmation
from chatdesk.server.dialects.steppergo.trip_events import TripEvents
from chatdesk.server.dialects.steppergo.vocabulary import OF_TOKENS, TEXT_NOT_A_TEXT, connect_text, refusal
from chatdesk.server.sockets import AUTH_TOKEN_FIELD, Handler, SocketSide
from chatdesk.server.web import BadRequest, bearer
from chatdesk.wire.steppergo import names, texts

TOKEN_KEY = "chatdesk.token"
"""Where a connection's request remembers the session that it came with."""

FAILED = {
    names.EMIT_JOIN: texts.ERR_JOIN,
    names.EMIT_SEND: texts.ERR_SEND,
    names.EMIT_MARK_READ: texts.ERR_MARK,
    names.EMIT_SUBSCRIBE: texts.ERR_SUBSCRIBE,
    names.EMIT_POSITION: texts.ERR_POSITION,
    names.EMIT_OFFER_ACCEPT: texts.ERR_OFFER,
}
"""The platform's sentence for a failure of its own, by event."""
ERR_EVENT = "Failed to handle {event}"
DENIED = {Reason.ORDER_DENIED: texts.ERR_ACCESS}
"""Refusals that the socket words otherwise than the routes."""


class Sockets(SocketSide):
    """What is promised: sessions end, typing is for those who take part, every refusal is told."""

    def __init__(self, sio: Any, context: Context) -> None:
        super().__init__(sio, context.core)
        self.context = context
        self.pushes = context.pushes
        self.trips = TripEvents(sio, context)
        self._clocks: dict[tuple[str, str], asyncio.TimerHandle] = {}
        """By session id and what for: the next heartbeat, the end of the sign-in."""
        context.signed_out = self.session_ended

    def handlers(self) -> Mapping[str, Handler]:
        """The events of clients."""
        return {
            names.EMIT_JOIN: self._join,
            names.EMIT_SEND: self._send,
            names.EMIT_TYPING_START: self._typing_start,
            names.EMIT_TYPING_STOP: self._typing_stop,
            names.EMIT_MARK_READ: self._mark_read,
            **self.trips.handlers(),
        }

    # -- coming and going

    async def holder(self, environ: Any, auth: Any) -> Actor:
        """Who knocks: `auth.token`, else the Authorization header. Raises Refused."""
        token = auth.get(AUTH_TOKEN_FIELD) if isinstance(auth, dict) else None
        if token and not isinstance(token, str):
            raise Refused(Reason.BAD_TOKEN, detail=TEXT_NOT_A_TEXT)
        token = token or bearer(environ.get("HTTP_AUTHORIZATION"))
        if not token:
            raise Refused(Reason.NO_TOKEN)
        environ[TOKEN_KEY] = token
        return await self.core.accounts.holder(token)

    def connect_refusal(self, problem: Refused) -> str:
        """The platform's three reasons."""
        return connect_text(problem)

    async def arrived(self, sid: str, actor: Actor, *, first: bool) -> None:  # noqa: ARG002 -- no presence here
        """The room of the account, a heartbeat, and the end with the session."""
        await self.sio.enter_room(sid, user_room(actor.id))
        self._set(sid, "heartbeat", names.HEARTBEAT_S)
        await self.session_began(sid)

    async def departed(self, actor: Actor, departure: Departure) -> None:
        """Whoever goes types no longer."""
        for conversation_id in departure.stopped_typing:
            await self.pushes.typing(actor.id, actor.name, conversation_id, is_typing=False, skip_sid=None)

    async def typing_ended(self, sid: str, actor: Actor, room: str) -> None:
        """Nobody types for ever."""
        await self.pushes.typing(actor.id, actor.name, room, is_typing=False, skip_sid=sid)

    def close(self) -> None:
        """The server stops: streams end, nothing beats any more."""
        super().close()
        self.context.streams.close()
        for clock in self._clocks.values():
            clock.cancel()
        self._clocks.clear()

    # -- sessions

    async def session_began(self, sid: str) -> None:
        """A connection lasts as long as its session."""
        token = self.sio.get_environ(sid)[TOKEN_KEY]
        left_ms = await self.core.accounts.expiry(token) - self.core.clock.now_ms()
        self._set(sid, "session", max(left_ms / 1_000, 0))

    async def session_ended(self, user_id: str, token: str) -> None:
        """Somebody signed out: their connections with this session end."""
        for sid in self.core.presence.connections_of(user_id):
            if self.sio.get_environ(sid).get(TOKEN_KEY) == token:
                await self._cut(sid)

    async def check_session(self, sid: str) -> None:
        """Raise Refused where the session of a connection is over."""
        await self.core.accounts.holder(self.sio.get_environ(sid)[TOKEN_KEY])

    async def _cut(self, sid: str) -> None:
        await self.pushes.error(sid, texts.CONNECT_SESSION)
        await self.sio.disconnect(sid)

    def _set(self, sid: str, what: str, after_s: float) -> None:
        loop = asyncio.get_running_loop()
        self._clocks[sid, what] = loop.call_later(after_s, self._strikes, sid, what)

    def _strikes(self, sid: str, what: str) -> None:
        self._clocks.pop((sid, what), None)
        if self._closing:
            return
        if self.core.presence.user_of(sid) is None:
            # The connection is gone: its session, which may last a month, is nobody's any more.
            if clock := self._clocks.pop((sid, "session"), None):
                clock.cancel()
            return
        if what == "session":
            self.later(self._cut(sid), what)
            return
        self.later(self.pushes.heartbeat(sid), what)
        self._set(sid, what, names.HEARTBEAT_S)

    # -- what goes wrong

    async def failed(self, sid: str, event: str, payload: Any, problem: Refused | BadRequest | None) -> None:
        """An `error` that names the event and the client's own id; where the session is over, the end."""
        if isinstance(problem, Refused) and problem.reason in OF_TOKENS:
            await self._cut(sid)
            return
        more: dict[str, Any] = {"event": event}
        if isinstance(problem, Refused) and problem.retry_after_s is not None:
            more["retryAfter"] = problem.retry_after_s
        if event == names.EMIT_SEND:
            more |= {"status": names.MESSAGE_FAILED} | _own_ids(payload)
        await self.pushes.error(sid, error_text(event, problem), more)

    # -- conversations

    async def _join(self, sid: str, actor: Actor, payload: Any) -> None:
        await self.begin(sid)
        body = requests.mapping(payload)
        trip_id = requests.id_of(body.get("tripId"), "tripId")
        conversation_id = await self.context.talk.enter(actor, trip_id)
        await self.sio.enter_room(sid, conversation_room(conversation_id))
        self.core.presence.join(sid, conversation_id)
        await self.pushes.joined(sid, conversation_id, trip_id)

    async def _send(self, sid: str, actor: Actor, payload: Any) -> None:
        await self.begin(sid)
        body = requests.mapping(payload)
        conversation_id = requests.id_of(body.get("conversationId"), "conversationId")
        text = requests.text_of(body.get("content"), "content")
        if not self.context.talk.keeps_blank() and not text.strip():
            raise BadRequest(requests.ERR_CONTENT)
        letter = requests.letter(body, text)
        sent = await self.context.talk.send(actor, conversation_id, letter, by_rest=False)
        await self.pushes.sent(sid, confirmation(sent, letter))

    async def _mark_read(self, sid: str, actor: Actor, payload: Any) -> None:
        await self.begin(sid)
        conversation_id = requests.id_of(requests.mapping(payload).get("conversationId"), "conversationId")
        await self.context.talk.mark_read(actor, conversation_id, skip_sid=sid, by_rest=False)

    async def _typing_start(self, sid: str, actor: Actor, payload: Any) -> None:
        await self.types(sid, actor, payload, is_typing=True)

    async def _typing_stop(self, sid: str, actor: Actor, payload: Any) -> None:
        await self.types(sid, actor, payload, is_typing=False)

    # -- what the recorded servers do otherwise

    async def begin(self, sid: str) -> None:
        """Before anything that an event does."""
        await self.check_session(sid)

    async def types(self, sid: str, actor: Actor, payload: Any, *, is_typing: bool) -> None:
        """Somebody who has to do with the trip types, or stops."""
        await self.begin(sid)
        conversation_id = requests.id_of(requests.mapping(payload).get("conversationId"), "conversationId")
        await self.core.conversations.check(actor, conversation_id)
        self.typing(sid, actor, conversation_id, is_typing=is_typing)
        await self.pushes.typing(actor.id, actor.name, conversation_id, is_typing=is_typing, skip_sid=sid)


def error_text(event: str, problem: Refused | BadRequest | None) -> str:
    """The sentence for what is wrong with an event."""
    if problem is None:
        return FAILED.get(event, ERR_EVENT.format(event=event))
    if isinstance(problem, BadRequest):
        return problem.text
    return DENIED.get(problem.reason) or refusal(problem).text


def _own_ids(payload: Any) -> dict[str, Any]:
    """The client's own names for a message that was not stored."""
    if not isinstance(payload, dict):
        return {}
    metadata = payload.get("metadata")
    found = {"tempId": metadata.get("tempId") if isinstance(metadata, dict) else None}
    found[CLIENT_ID_FIELD] = payload.get(CLIENT_ID_FIELD)
    return {key: value for key, value in found.items() if isinstance(value, str)}
