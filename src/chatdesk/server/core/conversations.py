"""Conversations: the lists of one person, opening them, taking part, ending and deleting them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import and_, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from chatdesk.server.core.access import Actor, Operation, Place
from chatdesk.server.core.common import Common
from chatdesk.server.core.database import WriteSession
from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.ids import Ids, Kind
from chatdesk.server.core.messages import Shown, append, shown_as
from chatdesk.server.core.receipts import advance_mark, marks_of, unread_counts
from chatdesk.server.core.tables import (
    Conversation,
    Details,
    Lifecycle,
    Member,
    Message,
    Order,
    ReadMark,
    Receipt,
    Upload,
    User,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """One line of a conversation list."""

    conversation: Conversation
    order: Order | None
    other_order: Order | None = None
    last: Shown | None
    unread: int
    read_ms: int | None = None
    """When the person last read here."""

    @property
    def about(self) -> Order:
        """The order of a conversation that always has one."""
        if self.order is None:
            raise LookupError("this conversation has no order")
        return self.order


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A conversation before it is stored."""

    kind: str = "chat"
    key: str | None = None
    """What there is one conversation of; None = always a new one."""
    order_id: str | None = None
    other_order_id: str | None = None
    title: str = ""
    details: Details = field(default_factory=dict)
    members: Mapping[str, str] = field(default_factory=dict)
    """Account id -> role in the conversation."""
    conversation_id: str = ""
    """Where the dialect fixes it; empty = a fresh one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The conversation that was asked for, and whether it is new; `lines` are its first system lines."""

    place: Place
    created: bool
    lines: tuple[Shown, ...] = ()


Push = Callable[[Opened], Awaitable[None]]


async def store(session: AsyncSession, ids: Ids, platform: str, new: Opening, now_ms: int) -> Conversation:
    """A new, empty, active conversation with its members, in the writer's transaction."""
    conversation = Conversation(
        id=new.conversation_id or ids.new(Kind.CONVERSATION),
        platform=platform,
        kind=new.kind,
        key=new.key,
        order_id=new.order_id,
        other_order_id=new.other_order_id,
        title=new.title,
        details=new.details,
        lifecycle=Lifecycle.ACTIVE,
        last_seq=0,
        clock_ms=now_ms,
        created_ms=now_ms,
        updated_ms=now_ms,
        ended_ms=None,
    )
    session.add(conversation)
    # Each row must be there before rows that refer to it.
    await session.flush()
    for user_id, role in new.members.items():
        session.add(member(conversation.id, user_id, role, now_ms))
    await session.flush()
    return conversation


def member(conversation_id: str, user_id: str, role: str, now_ms: int) -> Member:
    """Somebody who takes part from now on."""
    return Member(
        conversation_id=conversation_id,
        user_id=user_id,
        role=role,
        joined_ms=now_ms,
        muted=False,
        hidden=False,
    )


class Conversations:
    """The conversations of one platform."""

    def __init__(self, common: Common) -> None:
        self._platform = common.platform
        self._database = common.database
        self._ids = common.ids
        self._clock = common.clock
        self._access = common.access
        self._since_joining = common.rules.unread_since_joining

    async def page(
        self, actor: Actor, *, offset: int, limit: int, order_id: str = "", with_put_away: bool = True
    ) -> tuple[list[Chat], int]:
        """Conversations that the actor sees, the latest first, and how many there are.

        `order_id` leaves those about this order; without `with_put_away` those that the actor hid are left
        out.
        """
        async with self._database.reading() as session:
            wanted = [self._access.conversations(actor)]
            if order_id:
                wanted.append((Conversation.order_id == order_id) | (Conversation.other_order_id == order_id))
            if not with_put_away:
                put_away = select(Member.conversation_id).where(
                    Member.user_id == actor.id, Member.hidden.is_(True)
                )
                wanted.append(Conversation.id.not_in(put_away))
            total = await session.scalar(select(func.count()).select_from(Conversation).where(*wanted)) or 0
            rows = (
                await session.scalars(
                    select(Conversation)
                    .where(*wanted)
                    .order_by(Conversation.updated_ms.desc(), Conversation.id.desc())
                    .offset(offset)
                    .limit(limit)
                )
            ).all()
            return await self._chats(session, actor, rows), total

    async def get(self, actor: Actor, conversation_id: str) -> Chat:
        """One conversation as its list shows it; CONVERSATION_NOT_FOUND or _DENIED."""
        async with self._database.reading() as session:
            place = await self._access.conversation(session, actor, conversation_id)
            return (await self._chats(session, actor, [place.chat]))[0]

    async def find(self, key: str) -> Conversation | None:
        """The one conversation of this key; for the dialect, nobody's access is asked."""
        this = (Conversation.platform == self._platform, Conversation.key == key)
        async with self._database.reading() as session:
            return (await session.scalars(select(Conversation).where(*this))).first()

    async def about(self, session: AsyncSession, order_id: str) -> list[Conversation]:
        """Conversations about an order, oldest first, in a transaction of the dialect's; deleted ones not."""
        this = (Conversation.order_id == order_id) | (Conversation.other_order_id == order_id)
        rows = await session.scalars(
            select(Conversation)
            .where(this, Conversation.lifecycle != Lifecycle.DELETED)
            .order_by(Conversation.created_ms, Conversation.id)
        )
        return list(rows)

    async def count_about(self, order_ids: Sequence[str]) -> dict[str, int]:
        """How many conversations each of these orders has; those without any are missing."""
        counts: dict[str, int] = {}
        async with self._database.reading() as session:
            for column in (Conversation.order_id, Conversation.other_order_id):
                rows = await session.execute(
                    select(column, func.count())
                    .where(column.in_(order_ids), Conversation.lifecycle != Lifecycle.DELETED)
                    .group_by(column)
                )
                for order_id, count in rows:
                    if order_id is not None:
                        counts[order_id] = counts.get(order_id, 0) + count
        return counts

    async def check(self, actor: Actor, conversation_id: str, operation: Operation = Operation.SEE) -> Place:
        """The conversation, if the actor may do this there; raises Refused."""
        async with self._database.reading() as session:
            return await self._access.conversation(session, actor, conversation_id, operation)

    async def open(
        self, actor: Actor, new: Opening, *, lines: Sequence[str] = (), push: Push | None = None
    ) -> Opened:
        """The conversation with this key, or a new one with these system lines; OPEN must be allowed.

        Raises Refused: ORDER_NOT_FOUND, ORDER_DENIED, USER_NOT_FOUND, or what the policy refuses.
        """
        async with self._database.writing() as session:
            order = None
            if new.order_id:
                order = await self._access.order(session, actor, new.order_id, Operation.OPEN)
            else:
                self._access.policy.check(actor, Operation.OPEN, Place())
            return await self.opened(session, new, order=order, lines=lines, push=push)

    async def opened(
        self,
        session: WriteSession,
        new: Opening,
        *,
        order: Order | None = None,
        lines: Sequence[str] = (),
        push: Push | None = None,
    ) -> Opened:
        """The same in a transaction of the dialect's, for what the server does by itself."""
        if new.key is not None:
            this = (Conversation.platform == self._platform, Conversation.key == new.key)
            found = (await session.scalars(select(Conversation).where(*this))).first()
            if found is not None:
                return Opened(place=Place(conversation=found, order=order), created=False)
        for user_id in new.members:
            user = await session.get(User, user_id)
            if user is None or user.platform != self._platform:
                raise Refused(Reason.USER_NOT_FOUND)
        now_ms = self._clock.now_ms()
        conversation = await store(session, self._ids, self._platform, new, now_ms)
        stored = [
            append(session, self._ids, conversation, text=line, sender_id=None, now_ms=now_ms)
            for line in lines
        ]
        opened = Opened(
            place=Place(conversation=conversation, order=order),
            created=True,
            lines=tuple(Shown(message=one, order_id=new.order_id or "", author=None) for one in stored),
        )
        if push is not None:
            session.after_commit(lambda: push(opened))
        return opened

    async def join(self, actor: Actor, conversation_id: str, role: str) -> Member:
        """Take part by name; what stood there before is not unread. Joining again changes nothing."""
        async with self._database.writing() as session:
            place = await self._access.conversation(session, actor, conversation_id)
            if place.member is not None:
                return place.member
            row = member(conversation_id, actor.id, role, self._clock.now_ms())
            session.add(row)
            if self._since_joining:
                # The next message gets a later time than this, so the time alone tells what came before.
                row.joined_ms = place.chat.clock_ms = max(row.joined_ms, place.chat.clock_ms + 1)
                return row
            await advance_mark(session, place.chat, actor.id, place.chat.last_seq, place.chat.clock_ms)
            return row

    async def members(self, conversation_ids: Sequence[str]) -> dict[str, list[tuple[Member, User]]]:
        """Who takes part by name, in the order of joining; for conversations that were already looked up."""
        async with self._database.reading() as session:
            rows = await session.execute(
                select(Member, User)
                .join(User, User.id == Member.user_id)
                .where(Member.conversation_id.in_(conversation_ids))
                .order_by(Member.joined_ms, User.created_ms, User.id)
            )
            found: dict[str, list[tuple[Member, User]]] = {}
            for row, user in rows:
                found.setdefault(row.conversation_id, []).append((row, user))
            return found

    async def visible_ids(self, actor: Actor) -> list[str]:
        """Ids of everything that the actor sees, for rooms."""
        async with self._database.reading() as session:
            return list(
                await session.scalars(select(Conversation.id).where(self._access.conversations(actor)))
            )

    async def put_away(
        self, actor: Actor, conversation_id: str, *, hidden: bool | None = None, muted: bool | None = None
    ) -> None:
        """Hide or mute a conversation for this member alone; CONVERSATION_NOT_FOUND for everybody else."""
        async with self._database.writing() as session:
            place = await self._access.conversation(session, actor, conversation_id)
            if place.member is None:
                raise Refused(Reason.CONVERSATION_NOT_FOUND)
            place.member.hidden = place.member.hidden if hidden is None else hidden
            place.member.muted = place.member.muted if muted is None else muted

    async def end(
        self, actor: Actor, conversation_id: str, lifecycle: Lifecycle = Lifecycle.ENDED
    ) -> Conversation:
        """End or archive a conversation: nobody writes there any more. Again = nothing changes."""
        operation = Operation.ARCHIVE if lifecycle == Lifecycle.ARCHIVED else Operation.END
        async with self._database.writing() as session:
            place = await self._access.conversation(session, actor, conversation_id, operation)
            if place.chat.lifecycle == Lifecycle.ACTIVE:
                place.chat.lifecycle = lifecycle
                place.chat.ended_ms = self._clock.now_ms()
            return place.chat

    async def delete(self, actor: Actor, conversation_id: str) -> Conversation:
        """Delete a conversation and its messages for everybody; its files leave with the next sweep."""
        async with self._database.writing() as session:
            place = await self._access.conversation(
                session, actor, conversation_id, Operation.DELETE_CONVERSATION
            )
            await self.wipe(session, place.chat)
            return place.chat

    async def wipe(self, session: AsyncSession, conversation: Conversation) -> None:
        """The same in a transaction of the dialect's, for what the server does by itself."""
        here = select(Message.id).where(Message.conversation_id == conversation.id)
        await session.execute(delete(Upload).where(Upload.message_id.in_(here)))
        await session.execute(delete(Receipt).where(Receipt.message_id.in_(here)))
        await session.execute(delete(ReadMark).where(ReadMark.conversation_id == conversation.id))
        await session.execute(delete(Message).where(Message.conversation_id == conversation.id))
        conversation.lifecycle = Lifecycle.DELETED
        conversation.key = None
        conversation.ended_ms = conversation.ended_ms or self._clock.now_ms()

    async def _chats(self, session: AsyncSession, actor: Actor, rows: Sequence[Conversation]) -> list[Chat]:
        ids = [one.id for one in rows]
        order_ids = {one for row in rows for one in (row.order_id, row.other_order_id) if one}
        orders = {
            order.id: order for order in await session.scalars(select(Order).where(Order.id.in_(order_ids)))
        }
        newest = (
            select(Message.conversation_id, func.max(Message.seq).label("seq"))
            .where(
                Message.conversation_id.in_(ids),
                Message.deleted_ms.is_(None),
                Message.hidden_ms.is_(None),
                Message.archived.is_(False),
            )
            .group_by(Message.conversation_id)
            .subquery()
        )
        found = (
            await session.execute(
                select(Message, User)
                .join(
                    newest,
                    and_(Message.conversation_id == newest.c.conversation_id, Message.seq == newest.c.seq),
                )
                .outerjoin(User, User.id == Message.sender_id)
            )
        ).all()
        last = {message.conversation_id: (message, author) for message, author in found}
        marks = await marks_of(session, ids, [message.id for message, _author in found])
        unread = await unread_counts(session, actor, ids, since_joining=self._since_joining)
        chats = []
        for row in rows:
            mark = marks.by_conversation.get(row.id, {}).get(actor.id)
            chats.append(
                Chat(
                    conversation=row,
                    order=orders.get(row.order_id or ""),
                    other_order=orders.get(row.other_order_id or ""),
                    last=shown_as(*last[row.id], row.order_id, marks) if row.id in last else None,
                    unread=unread.get(row.id, 0),
                    read_ms=mark[1] if mark else None,
                )
            )
        return chats
