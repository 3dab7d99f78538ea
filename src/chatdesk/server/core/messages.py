"""Messages: sending once, reading back in order, searching, deleting."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from chatdesk.server.core.access import Actor, conversation_for
from chatdesk.server.core.clock import Clock
from chatdesk.server.core.database import Database, WriteSession
from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.ids import Ids
from chatdesk.server.core.moderation import Screen, screen_all
from chatdesk.server.core.notifications import Draft, Notifications
from chatdesk.server.core.ratelimit import RateLimit
from chatdesk.server.core.receipts import Marks, advance_mark, marks_of
from chatdesk.server.core.rules import Rules
from chatdesk.server.core.tables import (
    Conversation,
    Message,
    MessageKind,
    Notification,
    Order,
    Role,
    User,
)
from chatdesk.server.core.text import fold, like_pattern


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A message as somebody sees it."""

    message: Message
    order_id: str
    author_email: str | None
    is_read: bool
    """Somebody other than its author has read it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """The outcome of a send; `repeated` = it was stored before under the same client id, nothing is new."""

    shown: Shown
    order: Order
    counterparts: tuple[str, ...] = ()
    """Ids of those who should hear of it."""
    notifications: tuple[Notification, ...] = ()
    repeated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some of a conversation's messages, newest first."""

    shown: tuple[Shown, ...]
    total: int


Notify = Callable[[Sent], Sequence[Draft]]
Push = Callable[[Sent], Awaitable[None]]


def append(
    session: AsyncSession,
    ids: Ids,
    conversation: Conversation,
    *,
    text: str,
    sender_id: str | None,
    now_ms: int,
    client_id: str | None = None,
) -> Message:
    """The next message of the conversation, in the writer's transaction.

    Its time is later than everything before it in the conversation, also when the clock steps back, so that
    sorting by time and by `seq` are the same.
    """
    conversation.last_seq += 1
    conversation.clock_ms = max(now_ms, conversation.clock_ms + 1)
    conversation.updated_ms = conversation.clock_ms
    message = Message(
        id=ids.new(),
        conversation_id=conversation.id,
        seq=conversation.last_seq,
        sender_id=sender_id,
        kind=MessageKind.SYSTEM if sender_id is None else MessageKind.TEXT,
        text=text,
        search_text=fold(text),
        client_id=client_id,
        created_ms=conversation.clock_ms,
        updated_ms=conversation.clock_ms,
        deleted_ms=None,
        archived=False,
    )
    session.add(message)
    return message


class Messages:
    """The messages of every conversation."""

    def __init__(
        self,
        database: Database,
        ids: Ids,
        clock: Clock,
        rules: Rules,
        notifications: Notifications,
        screens: Sequence[Screen],
    ) -> None:
        self._database = database
        self._ids = ids
        self._clock = clock
        self._notifications = notifications
        self._screens = screens
        self._rate = RateLimit(rules.messages_per_minute, 60, clock)

    async def send(
        self, actor: Actor, order_id: str, text: str, *, client_id: str | None, notify: Notify, push: Push
    ) -> Sent:
        """Store a text once, with its notifications, and push it before anybody else's next message.

        A client id that this person has used before answers the first message and changes nothing.
        Raises Refused: CONVERSATION_NOT_FOUND, TEXT_TOO_LONG, TEXT_NOT_STORABLE, RATE, CLIENT_ID_REUSED.
        """
        async with self._database.writing() as session:
            order, conversation = await conversation_for(session, actor, order_id)
            earlier = await self._earlier(session, actor, client_id)
            if earlier is not None:
                if earlier.conversation_id != conversation.id:
                    raise Refused(Reason.CLIENT_ID_REUSED)
                marks = await marks_of(session, [conversation.id])
                return Sent(shown=_shown(earlier, order.id, actor.email, marks), order=order, repeated=True)
            screen_all(self._screens, actor, text)
            if wait_s := self._rate.take(actor.id):
                raise Refused(Reason.RATE, retry_after_s=wait_s)
            message = append(
                session,
                self._ids,
                conversation,
                text=text,
                sender_id=actor.id,
                now_ms=self._clock.now_ms(),
                client_id=client_id,
            )
            # Whoever writes has read what stands above.
            await advance_mark(session, conversation, actor.id, message.seq, message.created_ms)
            shown = Shown(message=message, order_id=order.id, author_email=actor.email, is_read=False)
            sent = Sent(shown=shown, order=order, counterparts=await counterparts(session, actor, order))
            notifications = self._notifications.add(session, notify(sent))
            sent = Sent(
                shown=shown,
                order=order,
                counterparts=sent.counterparts,
                notifications=tuple(notifications),
            )
            session.after_commit(lambda: push(sent))
            return sent

    async def history(
        self,
        actor: Actor,
        order_id: str,
        *,
        offset: int,
        limit: int,
        search: str = "",
        with_archived: bool = False,
    ) -> Page:
        """A page of a conversation, newest first; with `search` only texts that contain it."""
        async with self._database.reading() as session:
            order, conversation = await conversation_for(session, actor, order_id)
            wanted: list[ColumnElement[bool]] = [
                Message.conversation_id == conversation.id,
                Message.deleted_ms.is_(None),
            ]
            if not with_archived:
                wanted.append(Message.archived.is_(False))
            if search:
                wanted.append(Message.kind == MessageKind.TEXT)
                wanted.append(Message.search_text.like(like_pattern(search), escape="\\"))
            total = await session.scalar(select(func.count()).select_from(Message).where(*wanted)) or 0
            rows = await session.execute(
                select(Message, User.email)
                .outerjoin(User, User.id == Message.sender_id)
                .where(*wanted)
                .order_by(Message.seq.desc())
                .offset(offset)
                .limit(limit)
            )
            marks = await marks_of(session, [conversation.id])
            shown = tuple(_shown(message, order.id, email, marks) for message, email in rows)
            return Page(shown=shown, total=total)

    async def remove(self, actor: Actor, message_id: str) -> None:
        """Delete an own message; raises Refused: MESSAGE_NOT_FOUND, NOT_THE_AUTHOR."""
        async with self._database.writing() as session:
            row = (
                await session.execute(
                    select(Message, Conversation.order_id)
                    .join(Conversation, Conversation.id == Message.conversation_id)
                    .where(Message.id == message_id, Message.deleted_ms.is_(None))
                )
            ).first()
            if row is None or row[1] is None:
                raise Refused(Reason.MESSAGE_NOT_FOUND)
            message: Message = row[0]
            try:
                await conversation_for(session, actor, row[1])
            except Refused as exc:
                raise Refused(Reason.MESSAGE_NOT_FOUND) from exc
            if message.sender_id != actor.id:
                raise Refused(Reason.NOT_THE_AUTHOR)
            message.deleted_ms = message.updated_ms = self._clock.now_ms()
            message.text = message.search_text = ""

    def sweep(self) -> None:
        """Free the memory of those who have long been quiet."""
        self._rate.sweep()

    async def _earlier(self, session: WriteSession, actor: Actor, client_id: str | None) -> Message | None:
        if client_id is None:
            return None
        found: Message | None = await session.scalar(
            select(Message).where(Message.sender_id == actor.id, Message.client_id == client_id)
        )
        return found


async def counterparts(session: AsyncSession, actor: Actor, order: Order) -> tuple[str, ...]:
    """Who should hear what the actor did on this order.

    The owner is heard by the assignee, or by all staff while nobody has taken the order over; everybody else
    is heard by the owner.
    """
    if actor.id != order.owner_id:
        return (order.owner_id,)
    if order.assignee_id is not None:
        return (order.assignee_id,)
    return await staff_ids(session)


async def staff_ids(session: AsyncSession) -> tuple[str, ...]:
    """Ids of all staff and admins."""
    rows = await session.scalars(select(User.id).where(User.role.in_([Role.STAFF, Role.ADMIN])))
    return tuple(rows)


def _shown(message: Message, order_id: str, email: str | None, marks: Marks) -> Shown:
    is_read = marks.read_by_others(message.conversation_id, message.seq, message.sender_id)
    return Shown(message=message, order_id=order_id, author_email=email, is_read=is_read)
