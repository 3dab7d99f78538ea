"""Chat sessions as the platform promises them: what routes and socket do alike, payloads checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from chatdesk.server.announce import CLIENT_ID_FIELD, is_client_id
from chatdesk.server.core.access import Actor, Operation
from chatdesk.server.core.conversations import Chat, Opened, Opening
from chatdesk.server.core.database import WriteSession
from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.messages import Body, Sent, Shown
from chatdesk.server.core.receipts import MessagesRead
from chatdesk.server.core.service import Core
from chatdesk.server.core.tables import Lifecycle, MessageKind, Order
from chatdesk.server.core.text import is_storable
from chatdesk.server.dialects.omw import records
from chatdesk.server.dialects.omw.pushes import Pushes, chat_room
from chatdesk.server.dialects.omw.records import Members, Record
from chatdesk.server.dialects.omw.vocabulary import ERR_NO_WORKER, ERR_NOT_TEXT, ERR_TOO_LONG
from chatdesk.server.web import BadRequest
from chatdesk.wire.omw import names, texts

KINDS = frozenset({names.TYPE_TEXT, names.TYPE_IMAGE, names.TYPE_FILE, names.TYPE_AUDIO})
"""What people may send; notifications of the system are the server's own."""
MOST_IDS = 1_000

ERR_SESSION_ID = "Session ID is required"
ERR_KIND = "Invalid message type"
ERR_FILE = "Invalid file: upload it first, and send it once"
ERR_CLIENT_ID = "Invalid client id"
ERR_IDS = "Message IDs must be a list of numbers"
ERR_PAGE = "Invalid limit or offset"
ERR_PAYLOAD = "Invalid payload"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message to be sent, checked; `told_id` is the session's id as it was written."""

    session_id: str
    told_id: object
    text: str
    body: Body = field(default_factory=Body)
    client_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PageWanted:
    """A page of a history, counted from the newest; `asked` is the limit as it was given."""

    session_id: str
    told_id: object
    limit: int
    offset: int
    asked: object = None


class Chats:
    """The sessions of the platform."""

    def __init__(self, core: Core, pushes: Pushes) -> None:
        self.core = core
        self.pushes = pushes

    # -- payloads

    def session_id(self, payload: Any) -> tuple[str, object]:
        """The session that an event is about, as the core has it and as pushes name it; raises BadRequest."""
        found = id_of(fields_of(payload).get("sessionId"))
        if found is None:
            raise BadRequest(ERR_SESSION_ID)
        return found, int(found)

    def letter(self, payload: Any) -> Letter:
        """What `send_message` asks to send; raises BadRequest."""
        fields = fields_of(payload, texts.ERR_REQUIRED)
        session_id, text = id_of(fields.get("sessionId")), fields.get("content")
        if session_id is None or not isinstance(text, str) or not text.strip():
            raise BadRequest(texts.ERR_REQUIRED)
        return self._letter(session_id, int(session_id), text, fields)

    def rest_letter(self, session_id: str, fields: Mapping[str, Any]) -> Letter:
        """The same of a body; texts are trimmed."""
        text = fields.get("content")
        if text is None or (isinstance(text, str) and not text.strip()):
            raise BadRequest(texts.ERR_CONTENT)
        if not isinstance(text, str):
            raise BadRequest(ERR_NOT_TEXT)
        return self._letter(session_id, int(session_id), text.strip(), fields)

    def _letter(self, session_id: str, told_id: object, text: str, fields: Mapping[str, Any]) -> Letter:
        if not is_storable(text):
            raise BadRequest(ERR_NOT_TEXT)
        if len(text.encode()) > names.CONTENT_LIMIT_BYTES:
            raise BadRequest(ERR_TOO_LONG)
        kind = fields.get("messageType", names.TYPE_TEXT)
        if not isinstance(kind, str) or kind not in KINDS:
            raise BadRequest(ERR_KIND)
        client_id = fields.get(CLIENT_ID_FIELD)
        if client_id is not None and not is_client_id(client_id):
            raise BadRequest(ERR_CLIENT_ID)
        body = Body(kind=MessageKind(kind), extras=_file(fields), files=_stored_names(fields.get("fileUrl")))
        return Letter(session_id=session_id, told_id=told_id, text=text, body=body, client_id=client_id)

    def marked(self, payload: Any) -> tuple[str, object, list[str]]:
        """What `mark_read` asks to mark; raises BadRequest."""
        session_id, told_id = self.session_id(payload)
        return session_id, told_id, ids_of(fields_of(payload).get("messageIds"))

    def wanted(self, payload: Any) -> PageWanted:
        """The page that `get_chat_history` asks for; raises BadRequest."""
        session_id, told_id = self.session_id(payload)
        fields = fields_of(payload)
        limit, offset = (_whole(fields.get(name), least) for name, least in (("limit", 1), ("offset", 0)))
        return PageWanted(
            session_id=session_id,
            told_id=told_id,
            limit=min(limit or names.HISTORY_PAGE, names.PAGE_LIMIT),
            offset=offset or 0,
        )

    # -- lists

    async def listed(self, actor: Actor) -> list[Record]:
        """The actor's active sessions, the newest message first."""
        most = self.core.rules.page_limit_max
        chats, _total = await self.core.conversations.page(actor, offset=0, limit=most)
        members = await self.core.conversations.members([one.conversation.id for one in chats])
        return [
            records.session(one, members.get(one.conversation.id, ()), actor) for one in records.by_age(chats)
        ]

    async def detail(self, actor: Actor, session_id: str) -> Record:
        """One session, with who is there."""
        chat = await self.core.conversations.get(actor, session_id)
        members = await self.members(session_id)
        return records.session_detail(chat, members, actor, self.participants(chat, members))

    def participants(self, chat: Chat, members: Members) -> list[Record]:  # noqa: ARG002 -- for the recorded ones
        """Who is there, and when they were last."""
        return [
            records.participant(
                records.number(user.id),
                online=self.core.presence.is_online(user.id),
                seen_ms=user.last_seen_ms,
            )
            for _row, user in members
        ]

    async def members(self, session_id: str) -> Members:
        """The two of a session that was already looked up."""
        return (await self.core.conversations.members([session_id])).get(session_id, [])

    async def peers(self, actor: Actor) -> set[str]:
        """Everybody who shares an active session with somebody."""
        ids = await self.core.conversations.visible_ids(actor)
        found = await self.core.conversations.members(ids)
        return {user.id for members in found.values() for _row, user in members} - {actor.id}

    async def unread(self, actor: Actor) -> int:
        """Unread messages over all active sessions."""
        return await self.core.receipts.unread_total(actor)

    # -- messages

    async def send(self, actor: Actor, letter: Letter, sid: str = "") -> tuple[Shown, str]:
        """Store a message and push it, with the confirmation to the connection that sent it; and whose it is.

        Raises Refused, BadRequest. The same client id again changes nothing and is confirmed again.
        """

        async def push(sent: Sent) -> None:
            await self.pushes.new_message(self.pushed(sent, letter), letter.told_id, sid)

        try:
            sent = await self.core.messages.send(
                actor,
                letter.session_id,
                letter.text,
                client_id=letter.client_id,
                body=letter.body,
                push=push,
            )
        except Refused as exc:
            if exc.reason is Reason.FILE_NOT_FOUND:
                raise BadRequest(ERR_FILE) from exc
            raise
        if sent.repeated and sid:
            await self.pushes.sent(sid, self.pushed(sent, letter), letter.told_id)
        return sent.shown, _side(sent)

    def pushed(self, sent: Sent, letter: Letter) -> Record:
        """The message as it is pushed."""
        return {
            **records.pushed(sent.shown, _side(sent), letter.told_id),
            **self.extras(sent.shown),
        }

    def extras(self, shown: Shown) -> Record:
        """What our own servers add."""
        return records.extras(shown)

    async def history(self, actor: Actor, wanted: PageWanted) -> tuple[list[Record], bool]:
        """A page, oldest first, and whether there is more behind it."""
        page = await self.core.messages.history(
            actor, wanted.session_id, offset=wanted.offset, limit=wanted.limit
        )
        more = page.total > wanted.offset + len(page.shown)
        return await self.lines(wanted.session_id, page.shown[::-1]), more

    async def lines(self, session_id: str, shown: tuple[Shown, ...]) -> list[Record]:
        """Messages of a session as records."""
        members = await self.members(session_id)
        return [
            {
                **records.message(one, records.side_of(members, one.message.sender_id)),
                **self.extras(one),
            }
            for one in shown
        ]

    async def mark(
        self, actor: Actor, session_id: str, told_id: object, ids: list[str] | None, sid: str = ""
    ) -> None:
        """Mark these of the other side's messages read (None = all); whoever else is there hears which."""

        async def push(read: MessagesRead) -> None:
            if read.messages:
                told = {"sessionId": told_id, "messageIds": [records.number(one.id) for one in read.messages]}
                await self.pushes.read(actor, told, chat_room(told_id), sid)

        await self.core.receipts.mark_messages(actor, session_id, ids, push=push)

    # -- lives

    async def open(self, actor: Actor, booking_id: str) -> tuple[str, bool]:
        """The session of a booking, and whether it is new; one that has ended makes room for a new one."""
        async with self.core.database.writing() as session:
            order = await self.core.access.order(session, actor, booking_id, Operation.OPEN)
            opened = await self.begin(session, order)
            return opened.place.chat.id, opened.created

    async def begin(self, session: WriteSession, order: Order, *lines: str) -> Opened:
        """The same in a transaction of the dialect's; raises BadRequest without a worker."""
        if order.assignee_id is None:
            raise BadRequest(ERR_NO_WORKER)
        await self.release(session, order)
        opening = Opening(
            key=session_key(order.id),
            order_id=order.id,
            members={order.owner_id: names.SIDE_CUSTOMER, order.assignee_id: names.SIDE_PROVIDER},
        )

        async def push(opened: Opened) -> None:
            session_id = opened.place.chat.id
            await self.pushes.let_in(opening.members, session_id)
            await self.tell_lines(opened.lines)

        return await self.core.conversations.opened(session, opening, order=order, lines=lines, push=push)

    async def tell_lines(self, lines: tuple[Shown, ...]) -> None:
        """Push notifications of the system to their sessions."""
        for line in lines:
            told_id = records.number(line.message.conversation_id)
            record = {**records.pushed(line, records.SIDE_SYSTEM, told_id), **self.extras(line)}
            await self.pushes.new_message(record, told_id)

    async def release(self, session: WriteSession, order: Order, *, end: bool = False) -> None:
        """Let a booking have a new session, where the old one has ended; `end` ends it first."""
        for chat in await self.core.conversations.about(session, order.id):
            if end and chat.lifecycle == Lifecycle.ACTIVE:
                chat.lifecycle, chat.ended_ms = Lifecycle.ENDED, self.core.clock.now_ms()
                self.closes(session, chat.id)
            if chat.lifecycle != Lifecycle.ACTIVE:
                chat.key = None
        await session.flush()

    async def wipe(self, session: WriteSession, order: Order) -> None:
        """Delete the sessions of a booking with everything in them, in a transaction of the dialect's."""
        for chat in await self.core.conversations.about(session, order.id):
            await self.core.conversations.wipe(session, chat)
            self.closes(session, chat.id)

    def closes(self, session: WriteSession, session_id: str) -> None:
        """Once that is stored, nobody is in the room of a session any more."""
        session.after_commit(lambda: self.pushes.close(session_id))

    async def end(self, actor: Actor, session_id: str) -> None:
        """Close a session for both; again changes nothing."""
        await self.core.conversations.end(actor, session_id)
        await self.pushes.close(session_id)

    async def delete(self, actor: Actor, session_id: str) -> None:
        """Delete a session and its messages for both."""
        await self.core.conversations.delete(actor, session_id)
        await self.pushes.close(session_id)


def session_key(booking_id: str) -> str:
    """There is one session of a booking."""
    return f"booking:{booking_id}"


def fields_of(payload: Any, text: str = ERR_PAYLOAD) -> dict[str, Any]:
    """The payload of an event, which must be an object; raises BadRequest."""
    if not isinstance(payload, dict):
        raise BadRequest(text)
    return payload


def id_of(value: object) -> str | None:
    """An id: a positive integer, or the same as text; None for anything else."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= names.ID_DIGITS:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 10**names.ID_DIGITS:
        return None
    return str(value)


def ids_of(value: object) -> list[str]:
    """Ids of messages; raises BadRequest for anything but a list of them."""
    if not isinstance(value, list) or len(value) > MOST_IDS:
        raise BadRequest(ERR_IDS)
    found = [id_of(one) for one in value]
    if None in found:
        raise BadRequest(ERR_IDS)
    return [one for one in found if one is not None]


def _side(sent: Sent) -> str:
    return sent.place.member.role if sent.place.member is not None else records.SIDE_SYSTEM


def _whole(value: object, least: int) -> int | None:
    if value is None:
        return None
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= names.ID_DIGITS:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value < 10**names.ID_DIGITS:
        raise BadRequest(ERR_PAGE)
    return value


def _file(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The file of a message as it is stored; raises BadRequest."""
    url, name, size = (fields.get(key) or None for key in ("fileUrl", "fileName", "fileSize"))
    texts_ok = all(
        one is None or (isinstance(one, str) and len(one) <= most and is_storable(one))
        for one, most in ((url, names.FILE_URL_CHARS), (name, names.FILE_NAME_CHARS))
    )
    size_ok = size is None or (type(size) is int and 0 <= size <= names.FILE_SIZE_MOST)
    if not texts_ok or not size_ok:
        raise BadRequest(ERR_FILE)
    given = {"file_url": url, "file_name": name, "file_size": size}
    return {key: value for key, value in given.items() if value is not None}


def _stored_names(url: object) -> tuple[str, ...]:
    """The upload that a message shows: only the sender's own, which then becomes the session's."""
    if not url:
        return ()
    if not isinstance(url, str) or not url.startswith(names.UPLOADS):
        raise BadRequest(ERR_FILE)
    return (unquote(url.removeprefix(names.UPLOADS)),)
