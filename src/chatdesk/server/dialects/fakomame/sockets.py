"""Fakomame's socket as it is promised: rooms of one's chats from the start, checked typing that ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chatdesk.server.announce import CLIENT_ID_FIELD, is_client_id
from chatdesk.server.core.access import Actor
from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.messages import Sent
from chatdesk.server.core.presence import Departure
from chatdesk.server.dialects.fakomame import records, sends
from chatdesk.server.dialects.fakomame.batches import Batches
from chatdesk.server.dialects.fakomame.context import Context, id_of
from chatdesk.server.dialects.fakomame.pushes import chat_room, user_room
from chatdesk.server.dialects.fakomame.vocabulary import connect_refusal, refusal
from chatdesk.server.sockets import Handler, SocketSide
from chatdesk.server.web import BadRequest, log_bug
from chatdesk.wire.fakomame import names, texts

ERR_EVENT = "Failed to handle event"
ERR_PAYLOAD = "The payload must be an object"
_HIDDEN = frozenset({Reason.CONVERSATION_NOT_FOUND, Reason.CONVERSATION_DENIED})
_FAILED = {names.EMIT_JOIN: texts.ERR_JOIN, names.EMIT_SEND: texts.ERR_SEND}
_DENIED = {names.EMIT_SEND: texts.ERR_SEND_ACCESS}


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that was sent and is not stored yet."""

    actor: Actor
    letter: sends.Letter
    payload: Any


class Sockets(SocketSide):
    """Everything that happens on the socket of Fakomame."""

    def __init__(self, sio: Any, context: Context) -> None:
        super().__init__(sio, context.core)
        self._context = context
        self._pushes = context.pushes
        self._batches: Batches[Waiting] = Batches(self._store, self.later)

    def handlers(self) -> Mapping[str, Handler]:
        """The events of clients."""
        return {
            names.EMIT_JOIN: self._join,
            names.EMIT_LEAVE: self._leave,
            names.EMIT_SEND: self._send,
            names.EMIT_TYPING_START: self._typing_start,
            names.EMIT_TYPING_STOP: self._typing_stop,
        }

    def connect_refusal(self, problem: Refused) -> str:
        """One of the platform's three sentences."""
        return connect_refusal(problem)

    async def failed(self, sid: str, event: str, payload: Any, problem: Refused | BadRequest | None) -> None:
        """The platform's sentence, and beside it what it is about and why."""
        text = _FAILED.get(event, ERR_EVENT)
        more: dict[str, Any] = {"event": event, **_reference(payload)}
        if isinstance(problem, BadRequest):
            more["detail"] = problem.text
        elif problem is None:
            more["detail"] = texts.ERR_SERVER
        else:
            if problem.reason in _HIDDEN:
                text = _DENIED.get(event, texts.ERR_JOIN_ACCESS)
            more["detail"] = refusal(problem).text
            if problem.retry_after_s is not None:
                more["retryAfter"] = problem.retry_after_s
        await self._pushes.error(sid, text, **more)

    # -- coming and going

    async def arrived(self, sid: str, actor: Actor, *, first: bool) -> None:
        """Into the rooms of all chats; those who share one are told, and so is who came."""
        if first:
            await self._pushes.online(actor, [user_room(one) for one in await self._partners(actor)])
        chats = await self.core.conversations.visible_ids(actor)
        await self.sio.enter_room(sid, user_room(actor.id))
        for chat_id in chats:
            await self.sio.enter_room(sid, chat_room(chat_id))
        # Whoever comes from now on is heard of.
        self.later(self._greet(sid, actor, set(self.core.presence.online())), "greeting")

    async def _greet(self, sid: str, actor: Actor, present: set[str]) -> None:
        """Tell a newcomer who of their partners is there already."""
        partners = await self._partners(actor)
        there = [one for one in partners if one in present and self.core.presence.is_online(one)]
        for user in (await self.core.accounts.by_ids(set(there))).values():
            await self._pushes.online(Actor(user.id, "", user.role, user.platform, user.name), [sid])

    async def departed(self, actor: Actor, departure: Departure) -> None:
        """End the typing that was begun; partners are told when it was the last connection."""
        for chat_id in departure.stopped_typing:
            await self._pushes.typing(None, actor, chat_id, is_typing=False)
        if departure.offline:
            rooms = [user_room(one) for one in await self._partners(actor)]
            await self._pushes.offline(actor.id, self.core.clock.now_ms(), rooms)

    async def typing_ended(self, sid: str, actor: Actor, room: str) -> None:
        """Nobody types for ever."""
        await self._pushes.typing(sid, actor, room, is_typing=False)

    async def _partners(self, actor: Actor) -> list[str]:
        """Everybody else in the person's chats."""
        chats = await self.core.conversations.visible_ids(actor)
        members = await self.core.conversations.members(chats)
        return sorted({user.id for found in members.values() for _row, user in found} - {actor.id})

    # -- events

    async def _join(self, sid: str, actor: Actor, payload: Any) -> None:
        chat_id = id_of(_object(payload), "chatId")
        await self._batches.empty(sid)
        await self.core.conversations.check(actor, chat_id)
        await self.sio.enter_room(sid, chat_room(chat_id))
        page = await self.core.messages.history(actor, chat_id, offset=0, limit=names.SNAPSHOT)
        shown = [records.message(one, avatar=False) for one in reversed(page.shown)]
        messages = [records.without_files(one) for one in shown]
        await self._pushes.joined(sid, {"chatId": chat_id, "messages": messages})

    async def _leave(self, sid: str, actor: Actor, payload: Any) -> None:
        chat_id = id_of(_object(payload), "chatId")
        await self._batches.empty(sid)
        await self.core.conversations.check(actor, chat_id)
        await self._stop_typing(sid, actor, chat_id)
        await self.sio.leave_room(sid, chat_room(chat_id))

    async def _send(self, sid: str, actor: Actor, payload: Any) -> None:
        new = sends.letter(_object(payload), files=False)
        await self._stop_typing(sid, actor, new.chat_id)
        await self._batches.put(sid, Waiting(actor, new, payload))

    async def _store(self, sid: str, batch: Sequence[Waiting]) -> None:
        """Store what a connection has sent meanwhile; each refusal is told like any other."""
        outcomes: Sequence[Sent | Refused | None]
        try:
            outcomes = await sends.send_all(self._context, batch[0].actor, [one.letter for one in batch])
        except Exception as exc:  # noqa: BLE001 -- whatever we got wrong, the client gets an answer
            log_bug(exc, names.EMIT_SEND)
            outcomes = [None] * len(batch)
        for one, outcome in zip(batch, outcomes, strict=True):
            if not isinstance(outcome, Sent):
                await self.failed(sid, names.EMIT_SEND, one.payload, outcome)
            elif outcome.repeated:
                await self._pushes.message(outcome.shown, to=sid)

    async def _stop_typing(self, sid: str, actor: Actor, chat_id: str) -> None:
        if self.core.presence.types(sid, chat_id):
            self.typing(sid, actor, chat_id, is_typing=False)
            await self._pushes.typing(sid, actor, chat_id, is_typing=False)

    async def _typing_start(self, sid: str, actor: Actor, payload: Any) -> None:
        await self._typing(sid, actor, payload, is_typing=True)

    async def _typing_stop(self, sid: str, actor: Actor, payload: Any) -> None:
        await self._typing(sid, actor, payload, is_typing=False)

    async def _typing(self, sid: str, actor: Actor, payload: Any, *, is_typing: bool) -> None:
        chat_id = id_of(_object(payload), "chatId")
        await self.core.conversations.check(actor, chat_id)
        self.typing(sid, actor, chat_id, is_typing=is_typing)
        await self._pushes.typing(sid, actor, chat_id, is_typing=is_typing)


def _object(payload: Any) -> dict[str, Any]:
    if not isinstance(payload, dict):
        raise BadRequest(ERR_PAYLOAD)
    return payload


def _reference(payload: Any) -> dict[str, Any]:
    """What an event was about, so that its sender knows which one failed."""
    if not isinstance(payload, dict):
        return {}
    found: dict[str, Any] = {}
    try:
        found["chatId"] = id_of(payload, "chatId")
    except BadRequest:
        found.pop("chatId", None)
    if is_client_id(payload.get(CLIENT_ID_FIELD)):
        found[CLIENT_ID_FIELD] = payload[CLIENT_ID_FIELD]
    return found
