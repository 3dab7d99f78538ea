"""The socket as recorded: rooms to be asked for, presence per connection, payloads that end it all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from chatdesk.server.core.access import Actor
from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.messages import Body, Sent, Shown
from chatdesk.server.core.presence import Departure
from chatdesk.server.core.tables import Conversation, Message, User
from chatdesk.server.core.tokens import MALFORMED
from chatdesk.server.dialects.fakomame import records
from chatdesk.server.dialects.fakomame.as_is.context import MISSING, AsIsContext, field, stored_text
from chatdesk.server.dialects.fakomame.pushes import chat_room
from chatdesk.server.dialects.fakomame.records import Record
from chatdesk.server.dialects.fakomame.vocabulary import connect_refusal
from chatdesk.server.sockets import AUTH_TOKEN_FIELD, Handler, SocketSide
from chatdesk.server.sockets import MISSING as NO_PAYLOAD
from chatdesk.server.web import BadRequest
from chatdesk.wire.fakomame import names, texts

_FAILED = {names.EMIT_JOIN: texts.ERR_JOIN, names.EMIT_SEND: texts.ERR_SEND}
_DENIED = {names.EMIT_JOIN: texts.ERR_JOIN_ACCESS, names.EMIT_SEND: texts.ERR_SEND_ACCESS}
_HIDDEN = frozenset({Reason.CONVERSATION_NOT_FOUND, Reason.CONVERSATION_DENIED})


class AsIsSockets(SocketSide):
    """Everything that happens on the recorded socket."""

    def __init__(self, sio: Any, context: AsIsContext) -> None:
        super().__init__(sio, context.core)
        self._pushes = context.pushes

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

    async def holder(self, environ: Any, auth: Any) -> Actor:
        """Who knocks: here alone an account must still be active."""
        token = auth.get(AUTH_TOKEN_FIELD) if isinstance(auth, dict) else None
        if token and not isinstance(token, str):
            raise Refused(Reason.BAD_TOKEN, detail=MALFORMED)
        actor = await super().holder(environ, auth)
        user = (await self.core.accounts.by_ids({actor.id})).get(actor.id)
        if user is None or not user.active:
            raise Refused(Reason.UNKNOWN_HOLDER)
        return actor

    async def failed(
        self,
        sid: str,
        event: str,
        payload: Any,  # noqa: ARG002 -- an error names nothing
        problem: Refused | BadRequest | None,
    ) -> None:
        """A sentence that names neither event nor chat; nothing at all for events that cannot fail."""
        denied = isinstance(problem, Refused) and problem.reason in _HIDDEN
        if text := (_DENIED if denied else _FAILED).get(event):
            await self._pushes.error(sid, text)

    # -- coming and going

    async def arrived(self, sid: str, actor: Actor, *, first: bool) -> None:  # noqa: ARG002 -- connections count
        """Everybody hears of every connection but the new one, which hears of nobody."""
        await self.core.accounts.seen([actor.id], self.core.clock.now_ms())
        payload = {"userId": actor.id, "userName": actor.name}
        await self.sio.emit(names.EVENT_ONLINE, payload, skip_sid=sid)

    async def departed(self, actor: Actor, departure: Departure) -> None:
        """And of the end of every one, whoever is still there on another."""
        if not departure.offline:
            await self.core.accounts.seen([actor.id], self.core.clock.now_ms())
        await self.sio.emit(names.EVENT_OFFLINE, {"userId": actor.id})

    # -- events

    async def _join(self, sid: str, actor: Actor, payload: Any) -> None:
        if payload is None or payload is NO_PAYLOAD:
            raise BadRequest(texts.ERR_JOIN)
        chat_id = field(payload, "chatId")
        told: Record
        if chat_id is MISSING or chat_id == {}:
            # Neither narrows the search: one chat of the person's is enough, and then any message is found.
            if not await self.core.conversations.visible_ids(actor):
                raise Refused(Reason.CONVERSATION_NOT_FOUND)
            shown = await self._newest_of_all()
            told = {} if chat_id is MISSING else {"chatId": chat_id}
        elif isinstance(chat_id, str):
            stored_text(chat_id)
            page = await self.core.messages.history(
                actor, chat_id, offset=0, limit=names.SNAPSHOT, with_hidden=True
            )
            shown = list(page.shown)
            told = {"chatId": chat_id}
        else:
            raise BadRequest(texts.ERR_JOIN)
        await self.sio.enter_room(sid, _room(chat_id))
        messages = [records.message(one, avatar=False, extras=False) for one in reversed(shown)]
        await self._pushes.joined(sid, told | {"messages": messages})

    async def _newest_of_all(self) -> list[Shown]:
        """The newest messages of any chat, newest first."""
        async with self.core.database.reading() as session:
            rows = await session.execute(
                select(Message, User)
                .join(Conversation, Conversation.id == Message.conversation_id)
                .outerjoin(User, User.id == Message.sender_id)
                .where(Conversation.platform == self.core.platform, Message.deleted_ms.is_(None))
                .order_by(Message.created_ms.desc(), Message.id.desc())
                .limit(names.SNAPSHOT)
            )
            return [Shown(message=message, order_id="", author=author) for message, author in rows]

    async def _leave(self, sid: str, actor: Actor, payload: Any) -> None:  # noqa: ARG002 -- anybody may
        if self._ends_it_all(payload):
            return
        await self.sio.leave_room(sid, _room(field(payload, "chatId")))

    async def _send(self, sid: str, actor: Actor, payload: Any) -> None:  # noqa: ARG002 -- told by rooms
        chat_id, content = field(payload, "chatId"), field(payload, "content")
        kind = field(payload, "type")
        kind = names.TYPE_TEXT if kind is MISSING else kind
        if not isinstance(chat_id, str):
            raise BadRequest(texts.ERR_SEND)
        await self.core.conversations.check(actor, stored_text(chat_id))
        if not isinstance(content, str) or not isinstance(kind, str):
            raise BadRequest(texts.ERR_SEND)

        async def push(sent: Sent) -> None:
            await self._pushes.message(sent.shown)

        body = Body(extras={records.TYPE: stored_text(kind)})
        await self.core.messages.send(actor, chat_id, stored_text(content), body=body, push=push)

    async def _typing_start(self, sid: str, actor: Actor, payload: Any) -> None:
        await self._typing(sid, actor, payload, is_typing=True)

    async def _typing_stop(self, sid: str, actor: Actor, payload: Any) -> None:
        await self._typing(sid, actor, payload, is_typing=False)

    async def _typing(self, sid: str, actor: Actor, payload: Any, *, is_typing: bool) -> None:
        """Told to whoever is in the room, whoever says it: nobody is asked."""
        if self._ends_it_all(payload):
            return
        chat_id = field(payload, "chatId")
        told: Record = {"userId": actor.id}
        if is_typing:
            told["userName"] = actor.name
        if chat_id is not MISSING:
            told["chatId"] = chat_id
        event = names.EVENT_TYPING_START if is_typing else names.EVENT_TYPING_STOP
        await self.sio.emit(event, told, room=_room(chat_id), skip_sid=sid)

    def _ends_it_all(self, payload: Any) -> bool:
        """A payload that is nothing is looked into all the same, and the process ends."""
        if payload is None or payload is NO_PAYLOAD:
            self.crash()
            return True
        return False


def _room(chat_id: Any) -> str:
    """The room of whatever was named, as JavaScript writes it into a text."""
    if isinstance(chat_id, dict):
        return chat_room("[object Object]")
    if chat_id is None:
        return chat_room("null")
    return chat_room(str(chat_id).lower() if isinstance(chat_id, bool) else chat_id)
