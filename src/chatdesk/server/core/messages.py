"""Messages: sending once, reading back in order, searching, deleting, reporting, hiding."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from chatdesk.server.core.access import Actor, Operation, Place
from chatdesk.server.core.common import Common
from chatdesk.server.core.database import WriteSession
from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.ids import Ids, Kind
from chatdesk.server.core.moderation import Screen, screen_all
from chatdesk.server.core.notifications import Draft, Notifications
from chatdesk.server.core.ratelimit import RateLimit
from chatdesk.server.core.receipts import Marks, advance_mark, marks_of
from chatdesk.server.core.tables import (
    Conversation,
    Details,
    Message,
    MessageKind,
    Notification,
    Order,
    Upload,
    User,
)
from chatdesk.server.core.text import fold, like_pattern


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What a message is besides its text."""

    kind: MessageKind = MessageKind.TEXT
    extras: Details = field(default_factory=dict)
    """The dialect's own fields, stored and given back as they are."""
    files: tuple[str, ...] = ()
    """Stored names of the sender's uploads that it shows; whoever sees the message may then fetch them."""


PLAIN = Body()


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One of several texts that somebody sends at once."""

    conversation_id: str
    text: str
    client_id: str | None = None
    body: Body = PLAIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A message as somebody sees it."""

    message: Message
    order_id: str
    """What its conversation is about; empty where that is nothing."""
    author: User | None
    read_ms: int | None = None
    """When somebody other than its author first read it."""
    delivered_ms: int | None = None
    """When it first reached somebody other than its author."""

    @property
    def is_read(self) -> bool:
        """Somebody other than its author has read it."""
        return self.read_ms is not None

    @property
    def author_email(self) -> str | None:
        """The author's address; None for the server."""
        return self.author.email if self.author else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """The outcome of a send; `repeated` = it was stored before under the same client id, nothing is new."""

    shown: Shown
    place: Place
    counterparts: tuple[str, ...] = ()
    """Ids of those who should hear of it."""
    notifications: tuple[Notification, ...] = ()
    repeated: bool = False

    @property
    def order(self) -> Order:
        """What it is about; LookupError in a conversation without an order."""
        if self.place.order is None:
            raise LookupError("this conversation has no order")
        return self.place.order


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some messages, newest first unless asked otherwise, and how many there are."""

    shown: tuple[Shown, ...]
    total: int


Notify = Callable[[Sent], Sequence[Draft]]
Push = Callable[[Sent], Awaitable[None]]
PushReport = Callable[[Shown, Sequence[Notification]], Awaitable[None]]


def nobody(_sent: Sent) -> Sequence[Draft]:
    """For platforms where messages notify nobody."""
    return ()


def append(
    session: AsyncSession,
    ids: Ids,
    conversation: Conversation,
    *,
    text: str,
    sender_id: str | None,
    now_ms: int,
    client_id: str | None = None,
    body: Body = PLAIN,
) -> Message:
    """The next message of the conversation, in the writer's transaction; a system line without a sender.

    Its time is later than everything before it in the conversation, also when the clock steps back, so that
    sorting by time and by `seq` are the same.
    """
    conversation.last_seq += 1
    conversation.clock_ms = max(now_ms, conversation.clock_ms + 1)
    conversation.updated_ms = conversation.clock_ms
    message = Message(
        id=ids.new(Kind.MESSAGE),
        conversation_id=conversation.id,
        seq=conversation.last_seq,
        sender_id=sender_id,
        kind=MessageKind.SYSTEM if sender_id is None else body.kind,
        text=text,
        search_text=fold(text),
        extras=body.extras,
        client_id=client_id,
        created_ms=conversation.clock_ms,
        updated_ms=conversation.clock_ms,
        deleted_ms=None,
        archived=False,
        reported_by=None,
        report_reason=None,
        hidden_ms=None,
    )
    session.add(message)
    return message


class Messages:
    """The messages of every conversation."""

    def __init__(self, common: Common, notifications: Notifications, screens: Sequence[Screen]) -> None:
        self._database = common.database
        self._ids = common.ids
        self._clock = common.clock
        self._rules = common.rules
        self._access = common.access
        self._notifications = notifications
        self._screens = screens
        self._rate = RateLimit(common.rules.messages_per_minute, 60, common.clock)

    async def send(
        self,
        actor: Actor,
        conversation_id: str,
        text: str,
        *,
        client_id: str | None = None,
        body: Body = PLAIN,
        notify: Notify = nobody,
        push: Push,
    ) -> Sent:
        """Store a text once, with its notifications, and push it before anybody else's next message.

        A client id that this person has used before answers the first message and changes nothing; None = no
        such promise. Raises Refused: CONVERSATION_NOT_FOUND, CONVERSATION_CLOSED, TEXT_TOO_LONG,
        TEXT_NOT_STORABLE, RATE, CLIENT_ID_REUSED, FILE_NOT_FOUND.
        """
        post = Post(conversation_id=conversation_id, text=text, client_id=client_id, body=body)
        async with self._database.writing() as session:
            return await self._send(session, actor, post, notify, push)

    async def send_all(
        self, actor: Actor, posts: Sequence[Post], *, notify: Notify = nobody, push: Push
    ) -> list[Sent | Refused]:
        """Store several texts in one transaction, in this order, and push them in it; what became of each.

        A refused one holds up nothing. Raises ValueError for posts with files: they are sent one by one.
        """
        if any(post.body.files for post in posts):
            raise ValueError("posts with files are sent one by one")
        found: list[Sent | Refused] = []
        async with self._database.writing() as session:
            for post in posts:
                try:
                    found.append(await self._send(session, actor, post, notify, push))
                except Refused as exc:
                    # Nothing of it is in the session: without files, refusals come before any change.
                    found.append(exc)
        return found

    async def _send(
        self, session: WriteSession, actor: Actor, post: Post, notify: Notify, push: Push
    ) -> Sent:
        place = await self._access.conversation(
            session, actor, post.conversation_id, Operation.SEND, post.body.kind
        )
        earlier = await self._earlier(session, actor, post.client_id)
        if earlier is not None:
            if earlier.conversation_id != post.conversation_id:
                raise Refused(Reason.CLIENT_ID_REUSED)
            return Sent(shown=await _one(session, earlier, place), place=place, repeated=True)
        screen_all(self._screens, actor, post.text)
        if wait_s := self._rate.take(actor.id):
            raise Refused(Reason.RATE, retry_after_s=wait_s)
        message = append(
            session,
            self._ids,
            place.chat,
            text=post.text,
            sender_id=actor.id,
            now_ms=self._clock.now_ms(),
            client_id=post.client_id,
            body=post.body,
        )
        if post.body.files:
            await session.flush()
            await _attach(session, actor, message, post.body.files)
        if self._rules.writing_reads:
            await advance_mark(session, place.chat, actor.id, message.seq, message.created_ms)
        author = await session.get(User, actor.id)
        shown = Shown(message=message, order_id=_order_id(place), author=author)
        heard_by = await self._access.policy.audience(session, actor, place)
        sent = Sent(shown=shown, place=place, counterparts=heard_by)
        notifications = self._notifications.add(session, notify(sent))
        sent = Sent(shown=shown, place=place, counterparts=heard_by, notifications=tuple(notifications))
        session.after_commit(lambda: push(sent))
        return sent

    async def history(
        self,
        actor: Actor,
        conversation_id: str,
        *,
        offset: int,
        limit: int,
        search: str = "",
        with_archived: bool = False,
        with_hidden: bool = False,
        oldest_first: bool = False,
    ) -> Page:
        """A page of a conversation, newest first unless asked otherwise; `search`: in what people wrote."""
        async with self._database.reading() as session:
            place = await self._access.conversation(session, actor, conversation_id)
            wanted: list[ColumnElement[bool]] = [
                Message.conversation_id == conversation_id,
                Message.deleted_ms.is_(None),
            ]
            if not with_archived:
                wanted.append(Message.archived.is_(False))
            if not with_hidden:
                wanted.append(Message.hidden_ms.is_(None))
            if search:
                wanted.append(Message.kind != MessageKind.SYSTEM)
                wanted.append(Message.search_text.like(like_pattern(search), escape="\\"))
            total = await session.scalar(select(func.count()).select_from(Message).where(*wanted)) or 0
            rows = (
                await session.execute(
                    select(Message, User)
                    .outerjoin(User, User.id == Message.sender_id)
                    .where(*wanted)
                    .order_by(Message.seq if oldest_first else Message.seq.desc())
                    .offset(offset)
                    .limit(limit)
                )
            ).all()
            marks = await marks_of(session, [conversation_id], [message.id for message, _author in rows])
            order_id = _order_id(place)
            return Page(shown=tuple(shown_as(*row, order_id, marks) for row in rows), total=total)

    async def across(self, actor: Actor, *, mine: bool, offset: int, limit: int, search: str = "") -> Page:
        """Messages of all conversations that the actor sees, newest first: their own, or those of others."""
        wanted: list[ColumnElement[bool]] = [
            self._access.conversations(actor),
            Message.sender_id == actor.id if mine else Message.sender_id != actor.id,
            Message.deleted_ms.is_(None),
            Message.hidden_ms.is_(None),
            Message.archived.is_(False),
        ]
        if search:
            wanted.append(Message.search_text.like(like_pattern(search), escape="\\"))
        here = Conversation.id == Message.conversation_id
        async with self._database.reading() as session:
            counted = select(func.count()).select_from(Message).join(Conversation, here).where(*wanted)
            total = await session.scalar(counted) or 0
            rows = (
                await session.execute(
                    select(Message, User, Conversation.order_id)
                    .join(Conversation, here)
                    .outerjoin(User, User.id == Message.sender_id)
                    .where(*wanted)
                    .order_by(Message.created_ms.desc(), Message.id.desc())
                    .offset(offset)
                    .limit(limit)
                )
            ).all()
            messages = [row[0] for row in rows]
            marks = await marks_of(
                session, [one.conversation_id for one in messages], [one.id for one in messages]
            )
            return Page(shown=tuple(shown_as(*row, marks) for row in rows), total=total)

    async def one(self, actor: Actor, message_id: str) -> Shown:
        """One message of a conversation that the actor sees; MESSAGE_NOT_FOUND also when it is hidden."""
        async with self._database.reading() as session:
            place = await self._access.message(session, actor, message_id)
            message = place.message
            if message is None or message.hidden_ms is not None:
                raise Refused(Reason.MESSAGE_NOT_FOUND)
            return await _one(session, message, place)

    async def remove(self, actor: Actor, message_id: str) -> Shown:
        """Delete a message, and say which; raises Refused: MESSAGE_NOT_FOUND, NOT_THE_AUTHOR."""
        async with self._database.writing() as session:
            place = await self._access.message(session, actor, message_id, Operation.DELETE_MESSAGE)
            message = place.message
            if message is None:
                raise Refused(Reason.MESSAGE_NOT_FOUND)
            message.deleted_ms = message.updated_ms = self._clock.now_ms()
            message.text = message.search_text = ""
            message.extras = {}
            return await _one(session, message, place)

    async def report(
        self,
        actor: Actor,
        message_id: str,
        reason: str,
        *,
        notify: Callable[[Shown], Sequence[Draft]],
        push: PushReport,
    ) -> Shown:
        """Somebody complains about a message; the newest reason counts. Raises MESSAGE_NOT_FOUND, TEXT_..."""
        screen_all(self._screens, actor, reason)
        async with self._database.writing() as session:
            place = await self._access.message(session, actor, message_id, Operation.REPORT)
            message = place.message
            if message is None:
                raise Refused(Reason.MESSAGE_NOT_FOUND)
            message.reported_by, message.report_reason = actor.id, reason
            shown = await _one(session, message, place)
            notifications = self._notifications.add(session, notify(shown))
            session.after_commit(lambda: push(shown, notifications))
            return shown

    async def hide(self, actor: Actor, message_id: str, *, hidden: bool = True) -> Shown:
        """Take a message out of everybody's sight, or put it back, as the policy lets moderators do."""
        async with self._database.writing() as session:
            place = await self._access.message(session, actor, message_id, Operation.HIDE_MESSAGE)
            message = place.message
            if message is None:
                raise Refused(Reason.MESSAGE_NOT_FOUND)
            message.hidden_ms = self._clock.now_ms() if hidden else None
            return await _one(session, message, place)

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


def shown_as(message: Message, author: User | None, order_id: str | None, marks: Marks) -> Shown:
    """A stored message with what is known of its reading."""
    return Shown(
        message=message,
        order_id=order_id or "",
        author=author,
        read_ms=marks.read_ms(message),
        delivered_ms=marks.delivered_ms(message),
    )


async def _one(session: AsyncSession, message: Message, place: Place) -> Shown:
    marks = await marks_of(session, [message.conversation_id], [message.id])
    author = await session.get(User, message.sender_id) if message.sender_id else None
    return shown_as(message, author, _order_id(place), marks)


async def _attach(session: AsyncSession, actor: Actor, message: Message, names: Sequence[str]) -> None:
    own = (Upload.stored_name.in_(names), Upload.uploader_id == actor.id, Upload.message_id.is_(None))
    uploads = (await session.scalars(select(Upload).where(*own))).all()
    if len(uploads) != len(set(names)):
        raise Refused(Reason.FILE_NOT_FOUND)
    for upload in uploads:
        upload.message_id = message.id


def _order_id(place: Place) -> str:
    return place.chat.order_id or ""
