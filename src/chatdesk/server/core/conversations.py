"""All conversations of one person, with their last message and what is unread."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import and_, func, select

from chatdesk.server.core.access import Actor, visible_orders
from chatdesk.server.core.database import Database
from chatdesk.server.core.messages import Shown
from chatdesk.server.core.receipts import marks_of, unread_counts
from chatdesk.server.core.tables import Conversation, Message, Order, User


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """One line of a conversation list."""

    order: Order
    conversation: Conversation
    last: Shown | None
    unread: int


class Conversations:
    """Conversation lists."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(self, actor: Actor, *, offset: int, limit: int) -> tuple[list[Chat], int]:
        """Conversations that the actor may see, the latest first, and how many there are."""
        async with self._database.reading() as session:
            mine = visible_orders(actor)
            total = await session.scalar(select(func.count()).select_from(Order).where(mine)) or 0
            pairs = (
                await session.execute(
                    select(Order, Conversation)
                    .join(Conversation, Conversation.order_id == Order.id)
                    .where(mine)
                    .order_by(Conversation.updated_ms.desc(), Conversation.id.desc())
                    .offset(offset)
                    .limit(limit)
                )
            ).all()
            ids = [conversation.id for _order, conversation in pairs]
            newest = (
                select(Message.conversation_id, func.max(Message.seq).label("seq"))
                .where(
                    Message.conversation_id.in_(ids),
                    Message.deleted_ms.is_(None),
                    Message.archived.is_(False),
                )
                .group_by(Message.conversation_id)
                .subquery()
            )
            rows = await session.execute(
                select(Message, User.email)
                .join(
                    newest,
                    and_(Message.conversation_id == newest.c.conversation_id, Message.seq == newest.c.seq),
                )
                .outerjoin(User, User.id == Message.sender_id)
            )
            last = {message.conversation_id: (message, email) for message, email in rows}
            marks = await marks_of(session, ids)
            unread = await unread_counts(session, actor, ids)
        chats = []
        for order, conversation in pairs:
            shown = None
            if conversation.id in last:
                message, email = last[conversation.id]
                is_read = marks.read_by_others(conversation.id, message.seq, message.sender_id)
                shown = Shown(message=message, order_id=order.id, author_email=email, is_read=is_read)
            chats.append(
                Chat(
                    order=order, conversation=conversation, last=shown, unread=unread.get(conversation.id, 0)
                )
            )
        return chats, total
