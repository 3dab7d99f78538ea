"""Orders: listing, searching, creating, taking over, changing status; every change tells the conversation."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select

from chatdesk.server.core.access import Actor, order_for, require_role, visible_orders
from chatdesk.server.core.clock import Clock
from chatdesk.server.core.database import Database, WriteSession
from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.ids import Ids
from chatdesk.server.core.messages import Shown, append, counterparts, staff_ids
from chatdesk.server.core.moderation import Screen, screen_all
from chatdesk.server.core.notifications import Draft, Notifications
from chatdesk.server.core.tables import Asset, Conversation, Details, Message, Notification, Order, Role, User
from chatdesk.server.core.text import fold, like_pattern


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrder:
    """An order before it is stored; `details` are the dialect's own fields."""

    origin: str
    destination: str
    status: str
    details: Details
    asset_ids: tuple[str, ...] = ()
    """Must be the owner's."""
    first_messages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """The outcome of a change; `line` is the system message that tells of it, None when nothing changed."""

    order: Order
    line: Shown | None = None
    notifications: tuple[Notification, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderView:
    """An order with everybody and everything it refers to."""

    order: Order
    owner: User
    assignee: User | None
    assets: dict[str, Asset]


Word = Callable[[Order], str]
Notify = Callable[[Order, Sequence[str]], Sequence[Draft]]
"""From an order and the ids of those who should hear of it to notifications."""
Push = Callable[[Changed], Awaitable[None]]


def search_text(number: str, origin: str, destination: str) -> str:
    """What order searches look at."""
    return fold(f"{number}\n{origin}\n{destination}")


class Orders:
    """The orders of everybody. `number` makes a candidate for an order number."""

    def __init__(
        self,
        database: Database,
        ids: Ids,
        clock: Clock,
        notifications: Notifications,
        screens: Sequence[Screen],
        number: Callable[[], str],
    ) -> None:
        self._database = database
        self._ids = ids
        self._clock = clock
        self._notifications = notifications
        self._screens = screens
        self._number = number

    async def page(
        self, actor: Actor, *, statuses: Sequence[str], search: str, offset: int, limit: int
    ) -> tuple[list[OrderView], int]:
        """Orders in one of the statuses that the actor may see, newest first, and how many match."""
        wanted: list[ColumnElement[bool]] = [visible_orders(actor), Order.status.in_(statuses)]
        if search:
            wanted.append(Order.search_text.like(like_pattern(search), escape="\\"))
        async with self._database.reading() as session:
            total = await session.scalar(select(func.count()).select_from(Order).where(*wanted)) or 0
            rows = (
                await session.execute(
                    select(Order, User)
                    .join(User, User.id == Order.owner_id)
                    .where(*wanted)
                    .order_by(Order.created_ms.desc(), Order.id.desc())
                    .offset(offset)
                    .limit(limit)
                )
            ).all()
            assets = {
                asset.id: asset
                for asset in await session.scalars(
                    select(Asset).where(Asset.owner_id.in_({owner.id for _order, owner in rows}))
                )
            }
        return [
            OrderView(order=order, owner=owner, assignee=None, assets=assets) for order, owner in rows
        ], total

    async def count_by_status(self, actor: Actor) -> dict[str, int]:
        """How many orders the actor sees in each status."""
        async with self._database.reading() as session:
            rows = await session.execute(
                select(Order.status, func.count()).where(visible_orders(actor)).group_by(Order.status)
            )
            return {status: count for status, count in rows}  # noqa: C416 -- dict() cannot tell rows from pairs

    async def by_number(self, actor: Actor, number: str) -> OrderView:
        """One order by its number; ORDER_NOT_FOUND also where the actor may not see it."""
        async with self._database.reading() as session:
            order = await session.scalar(select(Order).where(Order.number == number, visible_orders(actor)))
            if order is None:
                raise Refused(Reason.ORDER_NOT_FOUND)
            owner = await session.get_one(User, order.owner_id)
            assignee = await session.get(User, order.assignee_id) if order.assignee_id else None
            assets = await session.scalars(select(Asset).where(Asset.owner_id == order.owner_id))
            return OrderView(
                order=order, owner=owner, assignee=assignee, assets={asset.id: asset for asset in assets}
            )

    async def by_id(self, actor: Actor, order_id: str) -> Order:
        """One order by id; ORDER_NOT_FOUND also where the actor may not see it."""
        async with self._database.reading() as session:
            return await order_for(session, actor, order_id)

    async def owners_served_by(self, assignee_id: str) -> list[str]:
        """Ids of the owners of the orders that somebody has taken over."""
        async with self._database.reading() as session:
            rows = await session.scalars(
                select(Order.owner_id).where(Order.assignee_id == assignee_id).distinct()
            )
            return list(rows)

    async def parties(self, actor: Actor, order_id: str) -> list[User]:
        """The owner, the assignee and everybody who has read or written, of an order the actor may see."""
        async with self._database.reading() as session:
            order = await order_for(session, actor, order_id)
            wrote = (
                select(Message.sender_id)
                .join(Conversation, Conversation.id == Message.conversation_id)
                .where(Conversation.order_id == order.id, Message.sender_id.is_not(None))
            )
            users = await session.scalars(
                select(User)
                .where(User.id.in_([order.owner_id, order.assignee_id]) | User.id.in_(wrote))
                .order_by(User.created_ms, User.id)
            )
            return list(users)

    async def create(self, actor: Actor, new: NewOrder, *, line: Word, notify: Notify, push: Push) -> Order:
        """A customer's new order with its conversation; all staff hear of it.

        Raises Refused: ROLE, ASSET_NOT_FOUND (also somebody else's), TEXT_TOO_LONG, TEXT_NOT_STORABLE.
        """
        require_role(actor, Role.CUSTOMER)
        for text in new.first_messages:
            screen_all(self._screens, actor, text)
        async with self._database.writing() as session:
            for asset_id in new.asset_ids:
                asset = await session.get(Asset, asset_id)
                if asset is None or asset.owner_id != actor.id:
                    raise Refused(Reason.ASSET_NOT_FOUND)
            now_ms = self._clock.now_ms()
            order, conversation = await self.add(session, actor.id, new, now_ms)
            message = append(
                session, self._ids, conversation, text=line(order), sender_id=None, now_ms=now_ms
            )
            for text in new.first_messages:
                append(session, self._ids, conversation, text=text, sender_id=actor.id, now_ms=now_ms)
            drafts = notify(order, await staff_ids(session))
            changed = Changed(
                order=order,
                line=_system_line(message, order),
                notifications=tuple(self._notifications.add(session, drafts)),
            )
            session.after_commit(lambda: push(changed))
            return order

    async def add(
        self, session: WriteSession, owner_id: str, new: NewOrder, now_ms: int, number: str = ""
    ) -> tuple[Order, Conversation]:
        """Store an order and its empty conversation in this transaction; no number = any free one."""
        number = number or self._number()
        while await session.scalar(select(Order.id).where(Order.number == number)) is not None:
            number = self._number()
        order = Order(
            id=self._ids.new(),
            number=number,
            owner_id=owner_id,
            assignee_id=None,
            status=new.status,
            origin=new.origin,
            destination=new.destination,
            search_text=search_text(number, new.origin, new.destination),
            details=new.details,
            created_ms=now_ms,
            updated_ms=now_ms,
            version=0,
        )
        conversation = Conversation(
            id=self._ids.new(),
            order_id=order.id,
            last_seq=0,
            clock_ms=now_ms,
            created_ms=now_ms,
            updated_ms=now_ms,
        )
        # Each row must be there before rows that refer to it.
        for row in (order, conversation):
            session.add(row)
            await session.flush()
        return order, conversation

    async def set_status(
        self, actor: Actor, order_id: str, status: str, *, line: Word, push: Push
    ) -> Changed:
        """An admin's change of status; the same one again changes nothing. Raises ROLE, ORDER_NOT_FOUND."""
        require_role(actor, Role.ADMIN)
        async with self._database.writing() as session:
            order = await order_for(session, actor, order_id)
            if order.status == status:
                return Changed(order=order)
            order.status = status
            changed = await self._tell(session, order, line)
            session.after_commit(lambda: push(changed))
            return changed

    async def take_over(
        self, actor: Actor, order_id: str, status: str, *, line: Word, notify: Notify, push: Push
    ) -> Changed:
        """Make the actor the assignee and set this status; the owner hears of it.

        Taking over what is already theirs, in that status, changes nothing. Raises ROLE, ORDER_NOT_FOUND.
        """
        require_role(actor, Role.ADMIN, Role.STAFF)
        async with self._database.writing() as session:
            order = await order_for(session, actor, order_id)
            if order.assignee_id == actor.id and order.status == status:
                return Changed(order=order)
            order.assignee_id = actor.id
            order.status = status
            changed = await self._tell(session, order, line)
            drafts = notify(order, await counterparts(session, actor, order))
            changed = Changed(
                order=order,
                line=changed.line,
                notifications=tuple(self._notifications.add(session, drafts)),
            )
            session.after_commit(lambda: push(changed))
            return changed

    async def _tell(self, session: WriteSession, order: Order, line: Word) -> Changed:
        now_ms = self._clock.now_ms()
        order.updated_ms = now_ms
        order.version += 1
        conversation = await session.scalar(select(Conversation).where(Conversation.order_id == order.id))
        if conversation is None:
            return Changed(order=order)
        message = append(session, self._ids, conversation, text=line(order), sender_id=None, now_ms=now_ms)
        return Changed(order=order, line=_system_line(message, order))


def random_number(prefix: str, digits: int) -> str:
    """A candidate for an order number, such as ORD-104729."""
    return f"{prefix}{random.randrange(10 ** (digits - 1), 10**digits)}"


def _system_line(message: Message, order: Order) -> Shown:
    return Shown(message=message, order_id=order.id, author_email=None, is_read=False)
