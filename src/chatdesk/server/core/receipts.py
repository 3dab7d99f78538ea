"""Read receipts: how far everybody has read, and how much is unread."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from chatdesk.server.core.access import Actor, conversation_for
from chatdesk.server.core.clock import Clock
from chatdesk.server.core.database import Database
from chatdesk.server.core.tables import Conversation, Message, MessageKind, ReadMark


@dataclass(frozen=True, slots=True)
class Marks:
    """Read marks of some conversations: conversation id -> user id -> seq."""

    by_conversation: dict[str, dict[str, int]]

    def read_by_others(self, conversation_id: str, seq: int, author_id: str | None) -> bool:
        """Whether somebody other than the author has read up to this message."""
        marks = self.by_conversation.get(conversation_id, {})
        return any(read >= seq for user_id, read in marks.items() if user_id != author_id)


@dataclass(frozen=True, slots=True)
class ReadReceipt:
    """Somebody has read everything up to `seq`; `read_ms` lies between that message and the next one."""

    order_id: str
    user_id: str
    seq: int
    read_ms: int


Push = Callable[[ReadReceipt], Awaitable[None]]


async def marks_of(session: AsyncSession, conversation_ids: Sequence[str]) -> Marks:
    """Everybody's read marks in these conversations."""
    found: dict[str, dict[str, int]] = {}
    rows = await session.execute(
        select(ReadMark.conversation_id, ReadMark.user_id, ReadMark.seq).where(
            ReadMark.conversation_id.in_(conversation_ids)
        )
    )
    for conversation_id, user_id, seq in rows:
        found.setdefault(conversation_id, {})[user_id] = seq
    return Marks(found)


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
    """Reading: stored, and told to the others."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def mark_read(self, actor: Actor, order_id: str, *, push: Push) -> ReadReceipt:
        """Everything so far is read; CONVERSATION_NOT_FOUND where the actor may not take part."""
        async with self._database.writing() as session:
            order, conversation = await conversation_for(session, actor, order_id)
            mark = await session.get(ReadMark, (conversation.id, actor.id))
            if mark is None or mark.seq < conversation.last_seq:
                # The next message gets a later time than this, so the time alone tells what was read.
                conversation.clock_ms = max(self._clock.now_ms(), conversation.clock_ms)
                await advance_mark(
                    session, conversation, actor.id, conversation.last_seq, conversation.clock_ms
                )
            receipt = ReadReceipt(order.id, actor.id, conversation.last_seq, conversation.clock_ms)
            session.after_commit(lambda: push(receipt))
            return receipt

    async def unread(self, actor: Actor, order_id: str) -> int:
        """How many messages of others the actor has not read; system lines do not count."""
        async with self._database.reading() as session:
            _order, conversation = await conversation_for(session, actor, order_id)
            counts = await unread_counts(session, actor, [conversation.id])
        return counts.get(conversation.id, 0)


async def unread_counts(
    session: AsyncSession, actor: Actor, conversation_ids: Sequence[str]
) -> dict[str, int]:
    """Unread messages per conversation; conversations without any are missing."""
    rows = await session.execute(
        select(Message.conversation_id, func.count())
        .outerjoin(
            ReadMark,
            and_(ReadMark.conversation_id == Message.conversation_id, ReadMark.user_id == actor.id),
        )
        .where(
            Message.conversation_id.in_(conversation_ids),
            Message.kind == MessageKind.TEXT,
            Message.sender_id != actor.id,
            Message.deleted_ms.is_(None),
            Message.archived.is_(False),
            or_(ReadMark.seq.is_(None), Message.seq > ReadMark.seq),
        )
        .group_by(Message.conversation_id)
    )
    return {conversation_id: count for conversation_id, count in rows}  # noqa: C416 -- rows are no pairs to mypy
