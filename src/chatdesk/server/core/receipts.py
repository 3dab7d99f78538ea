"""Reading and delivery: how far everybody has read, what reached whom, and how much is unread."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from chatdesk.server.core.access import Actor, Operation
from chatdesk.server.core.common import Common
from chatdesk.server.core.tables import Conversation, Member, Message, MessageKind, ReadMark, Receipt


@dataclass(frozen=True, slots=True)
class Marks:
    """What is known about the reading of some messages, by conversation and by message."""

    by_conversation: dict[str, dict[str, tuple[int, int]]] = field(default_factory=dict)
    """Conversation id -> user id -> read up to this seq, at this time."""
    by_message: dict[str, list[Receipt]] = field(default_factory=dict)

    def read_ms(self, message: Message) -> int | None:
        """When somebody other than the author first read it, as far as that is known; None = nobody."""
        marks = self.by_conversation.get(message.conversation_id, {})
        times = [ms for user, (seq, ms) in marks.items() if seq >= message.seq and user != message.sender_id]
        times += [one.read_ms for one in self.by_message.get(message.id, ()) if one.read_ms is not None]
        return min(times, default=None)

    def delivered_ms(self, message: Message) -> int | None:
        """When it first reached somebody other than the author; None = not that we know."""
        times = [
            one.delivered_ms for one in self.by_message.get(message.id, ()) if one.delivered_ms is not None
        ]
        return min(times, default=None)


@dataclass(frozen=True, slots=True)
class ReadReceipt:
    """Somebody has read everything up to `seq`; `read_ms` lies between that message and the next one."""

    conversation_id: str
    user_id: str
    seq: int
    read_ms: int


@dataclass(frozen=True, slots=True)
class MessagesRead:
    """Somebody has read these messages of others; those that were read before are left out."""

    conversation_id: str
    user_id: str
    messages: tuple[Message, ...]
    read_ms: int


@dataclass(frozen=True, slots=True)
class Delivered:
    """Messages that have reached somebody for the first time."""

    user_id: str
    messages: tuple[Message, ...]
    at_ms: int


Push = Callable[[ReadReceipt], Awaitable[None]]
PushMessages = Callable[[MessagesRead], Awaitable[None]]


async def marks_of(
    session: AsyncSession, conversation_ids: Sequence[str], message_ids: Sequence[str] = ()
) -> Marks:
    """Everybody's read marks in these conversations, and the receipts of these messages."""
    marks = Marks()
    rows = await session.scalars(select(ReadMark).where(ReadMark.conversation_id.in_(conversation_ids)))
    for mark in rows:
        marks.by_conversation.setdefault(mark.conversation_id, {})[mark.user_id] = mark.seq, mark.read_ms
    if message_ids:
        receipts = await session.scalars(select(Receipt).where(Receipt.message_id.in_(message_ids)))
        for receipt in receipts:
            marks.by_message.setdefault(receipt.message_id, []).append(receipt)
    return marks


async def advance_mark(
    session: AsyncSession, conversation: Conversation, user_id: str, seq: int, read_ms: int
) -> None:
    """Move somebody's read mark forward, never back, in the writer's transaction."""
    mark = await session.get(ReadMark, (conversation.id, user_id))
    if mark is None:
        session.add(ReadMark(conversation_id=conversation.id, user_id=user_id, seq=seq, read_ms=read_ms))
    elif mark.seq < seq:
        mark.seq, mark.read_ms = seq, read_ms


class Receipts:
    """Reading and delivery: stored, and told to the others."""

    def __init__(self, common: Common) -> None:
        self._database = common.database
        self._clock = common.clock
        self._access = common.access
        self._since_joining = common.rules.unread_since_joining

    async def mark_read(self, actor: Actor, conversation_id: str, *, push: Push) -> ReadReceipt:
        """Everything so far is read; CONVERSATION_NOT_FOUND where the actor may not take part."""
        async with self._database.writing() as session:
            place = await self._access.conversation(session, actor, conversation_id, Operation.MARK_READ)
            conversation = place.chat
            mark = await session.get(ReadMark, (conversation.id, actor.id))
            if mark is None or mark.seq < conversation.last_seq:
                # The next message gets a later time than this, so the time alone tells what was read.
                conversation.clock_ms = max(self._clock.now_ms(), conversation.clock_ms)
                await advance_mark(
                    session, conversation, actor.id, conversation.last_seq, conversation.clock_ms
                )
            receipt = ReadReceipt(conversation.id, actor.id, conversation.last_seq, conversation.clock_ms)
            session.after_commit(lambda: push(receipt))
            return receipt

    async def mark_messages(
        self,
        actor: Actor,
        conversation_id: str,
        message_ids: Sequence[str] | None,
        *,
        push: PushMessages,
        note_time: bool = False,
    ) -> MessagesRead:
        """Just these messages are read (None: all of them); own and unknown ones are passed over.

        note_time: remember when, also where nothing was unread (`Chat.read_ms`).
        """
        async with self._database.writing() as session:
            place = await self._access.conversation(session, actor, conversation_id, Operation.MARK_READ)
            wanted = [Message.conversation_id == place.chat.id, *_unread_by(actor)]
            if message_ids is not None:
                wanted.append(Message.id.in_(message_ids))
            rows = (await session.scalars(_with_reading(actor).where(*wanted).order_by(Message.seq))).all()
            now_ms = self._clock.now_ms()
            for message in rows:
                receipt = await _receipt(session, message.id, actor.id)
                receipt.read_ms = now_ms
                receipt.delivered_ms = receipt.delivered_ms or now_ms
            if note_time:
                await _note_time(session, place.chat.id, actor.id, now_ms)
            read = MessagesRead(place.chat.id, actor.id, tuple(rows), now_ms)
            session.after_commit(lambda: push(read))
            return read

    async def delivered(self, user_id: str, message_ids: Sequence[str]) -> Delivered:
        """These messages were handed to somebody's connection; which of them for the first time."""
        async with self._database.writing() as session:
            rows = (
                await session.scalars(
                    select(Message)
                    .outerjoin(Receipt, and_(Receipt.message_id == Message.id, Receipt.user_id == user_id))
                    .where(
                        Message.id.in_(message_ids),
                        Message.sender_id != user_id,
                        Receipt.delivered_ms.is_(None),
                    )
                    .order_by(Message.seq)
                )
            ).all()
            return await self._deliver(session, user_id, rows)

    async def deliver_waiting(self, actor: Actor) -> Delivered:
        """Everything that others wrote while somebody was away has reached them now."""
        async with self._database.writing() as session:
            rows = (
                await session.scalars(
                    select(Message)
                    .join(Conversation, Conversation.id == Message.conversation_id)
                    .outerjoin(Receipt, and_(Receipt.message_id == Message.id, Receipt.user_id == actor.id))
                    .where(
                        self._access.conversations(actor),
                        Message.sender_id != actor.id,
                        Message.deleted_ms.is_(None),
                        Receipt.delivered_ms.is_(None),
                    )
                    .order_by(Message.created_ms, Message.seq)
                )
            ).all()
            return await self._deliver(session, actor.id, rows)

    async def _deliver(self, session: AsyncSession, user_id: str, rows: Sequence[Message]) -> Delivered:
        now_ms = self._clock.now_ms()
        for message in rows:
            (await _receipt(session, message.id, user_id)).delivered_ms = now_ms
        return Delivered(user_id, tuple(rows), now_ms)

    async def unread(self, actor: Actor, conversation_id: str) -> int:
        """How many messages of others the actor has not read; system lines do not count."""
        async with self._database.reading() as session:
            place = await self._access.conversation(session, actor, conversation_id)
            counts = await unread_counts(session, actor, [place.chat.id], since_joining=self._since_joining)
        return counts.get(conversation_id, 0)

    async def unread_total(self, actor: Actor) -> int:
        """The same over everything that the actor sees."""
        async with self._database.reading() as session:
            seen = select(Conversation.id).where(self._access.conversations(actor))
            here = Message.conversation_id.in_(seen)
            return sum((await _counts(session, actor, here, self._since_joining)).values())


async def unread_counts(
    session: AsyncSession, actor: Actor, conversation_ids: Sequence[str], *, since_joining: bool = False
) -> dict[str, int]:
    """Unread messages per conversation; conversations without any are missing.

    since_joining: only what came after the actor joined by name.
    """
    return await _counts(session, actor, Message.conversation_id.in_(conversation_ids), since_joining)


async def _counts(
    session: AsyncSession,
    actor: Actor,
    where: ColumnElement[bool],
    since_joining: bool,
) -> dict[str, int]:
    if since_joining:
        joined = exists().where(
            Member.conversation_id == Message.conversation_id,
            Member.user_id == actor.id,
            Member.joined_ms < Message.created_ms,
        )
        where = and_(where, joined)
    unread = (
        _with_reading(actor)
        .with_only_columns(Message.conversation_id, func.count())
        .where(where, *_unread_by(actor))
        .group_by(Message.conversation_id)
    )
    rows = await session.execute(unread)
    return {conversation_id: count for conversation_id, count in rows}  # noqa: C416 -- rows are no pairs to mypy


def _with_reading(actor: Actor) -> Select[Message]:
    """Messages beside the actor's read mark and receipt."""
    return (
        select(Message)
        .outerjoin(
            ReadMark,
            and_(ReadMark.conversation_id == Message.conversation_id, ReadMark.user_id == actor.id),
        )
        .outerjoin(Receipt, and_(Receipt.message_id == Message.id, Receipt.user_id == actor.id))
    )


def _unread_by(actor: Actor) -> list[ColumnElement[bool]]:
    return [
        Message.kind != MessageKind.SYSTEM,
        Message.sender_id != actor.id,
        Message.deleted_ms.is_(None),
        Message.hidden_ms.is_(None),
        Message.archived.is_(False),
        or_(ReadMark.seq.is_(None), Message.seq > ReadMark.seq),
        Receipt.read_ms.is_(None),
    ]


async def _receipt(session: AsyncSession, message_id: str, user_id: str) -> Receipt:
    receipt = await session.get(Receipt, (message_id, user_id))
    if receipt is None:
        receipt = Receipt(message_id=message_id, user_id=user_id, delivered_ms=None, read_ms=None)
        session.add(receipt)
    return receipt


async def _note_time(session: AsyncSession, conversation_id: str, user_id: str, now_ms: int) -> None:
    """A mark up to nothing: it has a time, and reads no message."""
    mark = await session.get(ReadMark, (conversation_id, user_id))
    if mark is None:
        session.add(ReadMark(conversation_id=conversation_id, user_id=user_id, seq=0, read_ms=now_ms))
    else:
        mark.read_ms = now_ms
