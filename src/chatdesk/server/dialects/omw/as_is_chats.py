"""Sessions as the recorded servers have them: side by side, in the order of whole seconds, and half told.

What stands here are faults of those servers, kept for clients that have to live with them. Source: the wire
specification of the platform, sections 3, 4, 6, 8, 10 and 11, and its recorded traffic.
"""

from __future__ import annotations

import asyncio
import math
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from chatdesk.server.core.access import Actor, Operation, actor_of
from chatdesk.server.core.conversations import Chat, Opened, Opening
from chatdesk.server.core.database import WriteSession
from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.messages import Body, Sent, Shown
from chatdesk.server.core.receipts import MessagesRead
from chatdesk.server.core.service import Core
from chatdesk.server.core.tables import Conversation, MessageKind, Order, User
from chatdesk.server.core.text import is_storable
from chatdesk.server.dialects.omw import records
from chatdesk.server.dialects.omw.chats import Chats, Letter, PageWanted, session_key
from chatdesk.server.dialects.omw.pushes import Pushes, chat_room
from chatdesk.server.dialects.omw.records import Members, Record
from chatdesk.server.dialects.omw.vocabulary import PROFILE_ID
from chatdesk.server.sockets import Missing
from chatdesk.server.web import BadRequest
from chatdesk.wire.omw import names, texts

KINDS = frozenset({names.TYPE_TEXT, names.TYPE_IMAGE, names.TYPE_FILE, names.TYPE_SYSTEM})
"""What the column of a message's type takes; anybody may send any of them."""
PARTICIPANTS = "participants"
"""In the details of a session: rows of user_id, is_online and seen_ms, as that table was left."""

CROWD = 2
"""So many sends under way in one session do not get into each other's way."""
LOST_OF_CROWD = 0.3
"""How many of those beyond that the database gives up for a deadlock: a quarter to a third of a burst."""
SCATTER_S = 0.03
"""How far the rest of them fall behind one another."""
FAULT = 500


class Undefined:
    """Stands for a field that a payload does not have; null is a value."""


UNDEFINED = Undefined()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedLetter(Letter):
    """A message that somebody wants to send, not yet checked: only the database says what it takes."""

    storable: bool
    size: object = None
    """The size of the file as it was given: its echo has it so, the database rounds it."""
    fault: int = 400


def is_nothing(payload: Any) -> bool:
    """Whether an event came without anything in which fields can be looked for."""
    return payload is None or isinstance(payload, Missing)


def field(payload: Any, name: str) -> Any:
    """A field of whatever came; UNDEFINED where that has no such field."""
    return payload.get(name, UNDEFINED) if isinstance(payload, dict) else UNDEFINED


def database_id(value: Any) -> str:
    """An id as the database compares it: a text counts by the digits that it begins with."""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, int | float):
        return str(int(value)) if math.isfinite(value) and abs(value) < 10**names.ID_DIGITS else "0"
    if isinstance(value, str):
        text = value.strip()
        end = next((at for at, char in enumerate(text) if char not in "0123456789"), len(text))
        return str(int(text[:end] or "0"))
    return "0"


class RecordedChats(Chats):
    """The sessions of the recorded servers."""

    def __init__(self, core: Core, pushes: Pushes) -> None:
        super().__init__(core, pushes)
        self._under_way: Counter[str] = Counter()

    # -- payloads

    def letter(self, payload: Any) -> Letter:
        """Session and content must be something; of what kind they are is not looked at here."""
        if is_nothing(payload):
            raise BadRequest(texts.ERR_SEND)
        session_id, text = field(payload, "sessionId"), field(payload, "content")
        if any(one is UNDEFINED or not one for one in (session_id, text)):
            raise BadRequest(texts.ERR_REQUIRED)
        return self._recorded(database_id(session_id), session_id, text, payload)

    def rest_letter(self, session_id: str, fields: Mapping[str, Any]) -> Letter:
        """The same by REST, where the content is trimmed, and what cannot be trimmed is an accident."""
        text = fields.get("content")
        if text and not isinstance(text, str):
            raise BadRequest(texts.ERR_SEND, FAULT)
        if not text or not text.strip():
            raise BadRequest(texts.ERR_CONTENT)
        return self._recorded(session_id, session_id, text.strip(), fields, fault=FAULT)

    def _recorded(
        self, session_id: str, told_id: object, text: Any, fields: Mapping[str, Any], *, fault: int = 400
    ) -> Letter:
        kind, url = fields.get("messageType", names.TYPE_TEXT), fields.get("fileUrl")
        name, size = fields.get("fileName"), fields.get("fileSize")
        if isinstance(size, bool) or not isinstance(size, int | float):
            size = None
        storable = (
            isinstance(text, str)
            and is_storable(text)
            and len(text.encode()) <= names.CONTENT_LIMIT_BYTES
            and isinstance(kind, str)
            and kind in KINDS
            and _fits(url, names.FILE_URL_CHARS)
            and _fits(name, names.FILE_NAME_CHARS)
            and (size is None or abs(size) <= names.FILE_SIZE_MOST)
        )
        extras = {"file_url": url, "file_name": name, "file_size": round(size) if storable and size else size}
        body = Body(kind=MessageKind(kind), extras=extras) if storable else Body()
        return RecordedLetter(
            session_id=session_id,
            told_id=told_id,
            text=text if storable else "",
            body=body,
            storable=storable,
            size=size,
            fault=fault,
        )

    def wanted(self, payload: Any) -> PageWanted:
        """A page; what makes no sense is found out by the database only (`limit` -1)."""
        session_id = field(payload, "sessionId")
        if is_nothing(payload) or session_id is UNDEFINED:
            raise BadRequest(texts.ERR_HISTORY)
        asked = field(payload, "limit")
        asked = names.HISTORY_PAGE if asked is UNDEFINED else asked or names.HISTORY_PAGE
        limit, offset = (_database_count(one) for one in (asked, field(payload, "offset")))
        return PageWanted(
            session_id=database_id(session_id),
            told_id=session_id,
            limit=-1 if limit is None or offset is None else limit,
            offset=offset or 0,
            asked=asked,
        )

    # -- lists

    def participants(self, chat: Chat, members: Members) -> list[Record]:
        """The rows of a table that is written once and then only by who has the right number."""
        rows = chat.conversation.details.get(PARTICIPANTS) or _rows(members)
        return [
            records.participant(row["user_id"], online=bool(row["is_online"]), seen_ms=row["seen_ms"])
            for row in rows
        ]

    async def note_presence(self, actor: Actor, *, online: bool) -> None:
        """Write down that somebody came or went, in the rows that have their number at this moment."""
        now_ms = self.core.clock.now_ms()
        async with self.core.database.writing() as session:
            rows = (
                await session.scalars(
                    select(Conversation).where(
                        Conversation.platform == actor.platform,
                        self.core.access.policy.reach_conversation(actor, Operation.END),
                    )
                )
            ).all()
            members = await self.core.conversations.members([one.id for one in rows])
            for chat in rows:
                people = chat.details.get(PARTICIPANTS) or _rows(members.get(chat.id, ()))
                noted = [
                    {**row, "is_online": int(online), "seen_ms": now_ms}
                    if row["user_id"] == records.number(actor.id)
                    else row
                    for row in people
                ]
                chat.details = {**chat.details, PARTICIPANTS: noted}

    async def unread(self, actor: Actor) -> int:
        """Right for customers. A worker's account is taken for a profile: nobody's, or somebody else's."""
        if actor.role == names.ROLE_CUSTOMER:
            return await super().unread(actor)
        same = User.profile[PROFILE_ID].as_integer() == records.number(actor.id)
        others = await self.core.accounts.find(same)
        return await super().unread(actor_of(others[0])) if others else 0

    # -- messages

    async def send(self, actor: Actor, letter: Letter, sid: str = "") -> tuple[Shown, str]:
        """Side by side with everything else: in a crowd some are lost, and the others change places.

        Only what came by socket is pushed. Raises Refused, BadRequest.
        """
        await self.core.conversations.check(actor, letter.session_id, Operation.SEND)
        fault = letter.fault if isinstance(letter, RecordedLetter) else FAULT
        if isinstance(letter, RecordedLetter) and not letter.storable:
            raise BadRequest(texts.ERR_SEND, fault)
        crowd = self._under_way[letter.session_id]
        self._under_way[letter.session_id] += 1
        try:
            if crowd >= CROWD:
                await asyncio.sleep(random.uniform(0, SCATTER_S))
                if random.random() < LOST_OF_CROWD:
                    raise BadRequest(texts.ERR_SEND, fault)
            return await self._store(actor, letter, sid)
        except Refused as exc:
            if exc.reason in {Reason.TEXT_TOO_LONG, Reason.TEXT_NOT_STORABLE}:
                raise BadRequest(texts.ERR_SEND, fault) from exc
            raise
        finally:
            self._under_way[letter.session_id] -= 1

    async def _store(self, actor: Actor, letter: Letter, sid: str) -> tuple[Shown, str]:
        async def push(sent: Sent) -> None:
            if sid:
                await self.pushes.new_message(self.pushed(sent, letter), letter.told_id, sid)

        sent = await self.core.messages.send(
            actor, letter.session_id, letter.text, body=letter.body, push=push
        )
        member = sent.place.member
        return sent.shown, member.role if member is not None else names.SIDE_PROVIDER

    def pushed(self, sent: Sent, letter: Letter) -> Record:
        """The size of a file as it was given."""
        size = letter.size if isinstance(letter, RecordedLetter) else None
        return {**super().pushed(sent, letter), "file_size": size}

    def extras(self, shown: Shown) -> Record:  # noqa: ARG002 -- nothing is added
        """The recorded servers know neither."""
        return {}

    async def history(self, actor: Actor, wanted: PageWanted) -> tuple[list[Record], bool]:
        """Sorted by whole seconds, the newer first within one; "more" means that the page is full."""
        if wanted.limit < 0:
            await self.core.conversations.check(actor, wanted.session_id)
            raise BadRequest(texts.ERR_HISTORY)
        page = await self.core.messages.history(
            actor, wanted.session_id, offset=wanted.offset, limit=wanted.limit
        )
        shown = tuple(sorted(page.shown, key=lambda one: one.message.created_ms // 1_000))
        full = not isinstance(wanted.asked, str) and len(shown) == wanted.asked
        return await self.lines(wanted.session_id, shown), full

    async def mark_as_sent(self, actor: Actor, payload: Any, sid: str) -> None:
        """Mark what is named, and tell the others of it as it came, whatever it is."""
        session_id, ids = field(payload, "sessionId"), field(payload, "messageIds")
        if is_nothing(payload) or session_id is UNDEFINED:
            raise BadRequest(texts.ERR_MARK)
        await self.core.conversations.check(actor, database_id(session_id), Operation.MARK_READ)
        if isinstance(ids, str) and ids:
            raise BadRequest(texts.ERR_MARK)
        found = [database_id(one) for one in ids] if isinstance(ids, list) else []

        async def push(_read: MessagesRead) -> None:
            told = {"sessionId": session_id}
            if ids is not UNDEFINED:
                told["messageIds"] = ids
            await self.pushes.read(actor, told, chat_room(session_id), sid)

        await self.core.receipts.mark_messages(actor, database_id(session_id), found, push=push)

    async def mark(
        self,
        actor: Actor,
        session_id: str,
        told_id: object,  # noqa: ARG002 -- see below
        ids: list[str] | None,
        sid: str = "",  # noqa: ARG002 -- the same
    ) -> None:
        """By REST nobody is told."""
        await self.core.receipts.mark_messages(actor, session_id, ids, push=_in_silence)

    # -- lives

    async def open(self, actor: Actor, booking_id: str) -> tuple[str, bool]:
        """One that exists is given out whatever has become of it."""
        async with self.core.database.writing() as session:
            order = await self.core.access.order(session, actor, booking_id, Operation.OPEN)
            opened = await self.begin(session, order)
            return opened.place.chat.id, opened.created

    async def begin(self, session: WriteSession, order: Order, *lines: str) -> Opened:  # noqa: ARG002 -- none here
        """The number of the worker's profile is written where that of an account belongs.

        So there must be an account with that number, and it must not be the customer's: else an accident.
        """
        if order.assignee_id is None:
            raise BadRequest(texts.ERR_CREATE, FAULT)
        worker = await session.get_one(User, order.assignee_id)
        profile = records.profile_id(worker)
        taken_for = await session.get(User, str(profile)) if profile is not None else worker
        if taken_for is None or taken_for.id == order.owner_id:
            raise BadRequest(texts.ERR_CREATE, FAULT)
        rows = _table(profile or records.number(worker.id), records.number(order.owner_id))
        opening = Opening(
            key=session_key(order.id),
            order_id=order.id,
            members={order.owner_id: names.SIDE_CUSTOMER, order.assignee_id: names.SIDE_PROVIDER},
            details={PARTICIPANTS: rows},
        )
        return await self.core.conversations.opened(session, opening, order=order)

    async def end(self, actor: Actor, session_id: str) -> None:
        """Whoever is in the room stays there."""
        await self.core.conversations.end(actor, session_id)

    async def delete(self, actor: Actor, session_id: str) -> None:
        """The same."""
        await self.core.conversations.delete(actor, session_id)

    def closes(self, session: WriteSession, session_id: str) -> None:
        """The same."""


async def _in_silence(_read: MessagesRead) -> None:
    """Marks by REST are not told."""


def _fits(value: object, most: int) -> bool:
    return value is None or (isinstance(value, str) and len(value) <= most and is_storable(value))


def _database_count(value: Any) -> int | None:
    """A number for LIMIT or OFFSET; None for what the database refuses."""
    if value is UNDEFINED or value is None:
        return 0
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= names.ID_DIGITS:
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 10**names.ID_DIGITS:
        return None
    return value


def _table(*numbers: int | None) -> list[dict[str, Any]]:
    known = sorted(one for one in numbers if one is not None)
    return [{"user_id": one, "is_online": 0, "seen_ms": None} for one in known]


def _rows(members: Members) -> list[dict[str, Any]]:
    """The rows of a session that nobody has come to yet."""
    return _table(
        *(
            records.profile_id(user) or records.number(user.id)
            if row.role == names.SIDE_PROVIDER
            else records.number(user.id)
            for row, user in members
        )
    )
