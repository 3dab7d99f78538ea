"""Orders: listing, searching, creating, taking over, changing; every change tells the conversations."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import delete, select, update

from chatdesk.server.core.access import Actor, Operation, Place
from chatdesk.server.core.common import Common
from chatdesk.server.core.conversations import Opening
from chatdesk.server.core.conversations import store as store_conversation
from chatdesk.server.core.database import WriteSession
from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.ids import Kind
from chatdesk.server.core.messages import Shown, append
from chatdesk.server.core.moderation import Screen, screen_all
from chatdesk.server.core.notifications import Draft, Notifications
from chatdesk.server.core.order_views import OrderViews
from chatdesk.server.core.tables import (
    Asset,
    Conversation,
    Details,
    Lifecycle,
    Notification,
    Order,
    OrderLink,
    Party,
    Upload,
)
from chatdesk.server.core.text import fold


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrder:
    """An order before it is stored; `details` are the dialect's own fields."""

    status: str
    details: Details
    kind: str = "order"
    title: str = ""
    origin: str = ""
    destination: str = ""
    assignee_id: str | None = None
    parties: tuple[tuple[str, str], ...] = ()
    """Role and account id of everybody else."""
    links: tuple[tuple[str, str], ...] = ()
    """Kind of link and id of the order that it leads to."""
    asset_ids: tuple[str, ...] = ()
    """Must be the owner's."""
    first_messages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """The outcome of a change; `lines` are the system messages that tell of it, none when nothing changed."""

    order: Order
    before: str = ""
    """The status that it had."""
    lines: tuple[Shown, ...] = ()
    notifications: tuple[Notification, ...] = ()


Word = Callable[[Order], str]
Notify = Callable[[Order, Sequence[str]], Sequence[Draft]]
"""From an order and the ids of those who should hear of it to notifications."""
Push = Callable[[Changed], Awaitable[None]]
Edit = Callable[[Order], None]
Also = Callable[[WriteSession, Order], Awaitable[None]]
"""What else a change does, in its transaction: other orders, the lives of conversations."""


def silent(_order: Order) -> str:
    """For changes that no conversation hears of."""
    return ""


def nobody(_order: Order, _recipients: Sequence[str]) -> Sequence[Draft]:
    """For changes that notify nobody."""
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """How a change is told: a line in the conversations ('' = none), notifications, pushes, and what else."""

    line: Word = silent
    notify: Notify = nobody
    push: Push
    also: Also | None = None


def search_text(number: str, title: str, origin: str, destination: str) -> str:
    """What order searches look at."""
    return fold("\n".join(filter(None, (number, title, origin, destination))))


class Orders(OrderViews):
    """The orders of one platform. `number` makes a candidate for an order number."""

    def __init__(
        self,
        common: Common,
        notifications: Notifications,
        screens: Sequence[Screen],
        number: Callable[[], str],
    ) -> None:
        super().__init__(common)
        self._ids = common.ids
        self._clock = common.clock
        self._notifications = notifications
        self._screens = screens
        self._number = number

    async def create(self, actor: Actor, new: NewOrder, telling: Telling, *, chat: bool = True) -> Order:
        """Somebody's new order, with its conversation if `chat`; those whom the policy names hear of it.

        Raises Refused: ROLE, ASSET_NOT_FOUND (also somebody else's), TEXT_TOO_LONG, TEXT_NOT_STORABLE.
        """
        self._access.policy.check(actor, Operation.CREATE_ORDER, Place(wanted=new.kind))
        for text in new.first_messages:
            screen_all(self._screens, actor, text)
        async with self._database.writing() as session:
            for asset_id in new.asset_ids:
                asset = await session.get(Asset, asset_id)
                if asset is None or asset.owner_id != actor.id:
                    raise Refused(Reason.ASSET_NOT_FOUND)
            now_ms = self._clock.now_ms()
            lines = []
            if chat:
                order, conversation = await self.add(session, actor.id, new, now_ms)
                lines = self._lines(session, order, [conversation], telling.line, now_ms)
                for text in new.first_messages:
                    append(session, self._ids, conversation, text=text, sender_id=actor.id, now_ms=now_ms)
            else:
                order = await self.store(session, actor.id, new, now_ms)
            if telling.also is not None:
                await telling.also(session, order)
            await self._told(session, actor, Changed(order=order, lines=tuple(lines)), telling)
            return order

    async def store(
        self,
        session: WriteSession,
        owner_id: str,
        new: NewOrder,
        now_ms: int,
        *,
        number: str = "",
        order_id: str = "",
    ) -> Order:
        """Store an order with parties and links in this transaction; no number = any free one."""
        number = number or self._number()
        this = Order.platform == self._platform
        while await session.scalar(select(Order.id).where(this, Order.number == number)) is not None:
            number = self._number()
        order = Order(
            id=order_id or self._ids.new(Kind.ORDER),
            platform=self._platform,
            kind=new.kind,
            number=number,
            title=new.title,
            owner_id=owner_id,
            assignee_id=new.assignee_id,
            status=new.status,
            origin=new.origin,
            destination=new.destination,
            search_text=search_text(number, new.title, new.origin, new.destination),
            details=new.details,
            created_ms=now_ms,
            updated_ms=now_ms,
            version=0,
        )
        session.add(order)
        # Each row must be there before rows that refer to it.
        await session.flush()
        session.add_all(Party(order_id=order.id, role=role, user_id=user_id) for role, user_id in new.parties)
        session.add_all(OrderLink(from_id=order.id, kind=kind, to_id=to_id) for kind, to_id in new.links)
        await session.flush()
        return order

    async def add(
        self, session: WriteSession, owner_id: str, new: NewOrder, now_ms: int, number: str = ""
    ) -> tuple[Order, Conversation]:
        """The same with its empty conversation, which has the order's id."""
        order = await self.store(session, owner_id, new, now_ms, number=number)
        opening = Opening(order_id=order.id, conversation_id=order.id)
        return order, await store_conversation(session, self._ids, self._platform, opening, now_ms)

    async def set_status(self, actor: Actor, order_id: str, status: str, telling: Telling) -> Changed:
        """A change of status; the same one again changes nothing.

        Raises Refused: ORDER_NOT_FOUND, ORDER_DENIED, ROLE, STATUS_REFUSED, whatever the policy checks.
        """
        async with self._database.writing() as session:
            order = await self._access.order(session, actor, order_id, Operation.CHANGE_STATUS, status)
            if order.status == status:
                return Changed(order=order, before=status)
            return await self._change(session, actor, order, status, telling)

    async def take_over(self, actor: Actor, order_id: str, status: str, telling: Telling) -> Changed:
        """Make the actor the one who carries it out, and set this status.

        Taking over what is already theirs, in that status, changes nothing. Raises like `set_status`.
        """
        async with self._database.writing() as session:
            order = await self._access.order(session, actor, order_id, Operation.TAKE_OVER, status)
            if order.assignee_id == actor.id and order.status == status:
                return Changed(order=order, before=status)
            order.assignee_id = actor.id
            return await self._change(session, actor, order, status, telling)

    async def update(
        self,
        actor: Actor,
        order_id: str,
        edit: Edit,
        telling: Telling,
        *,
        status: str = "",
        operation: Operation = Operation.CHANGE_STATUS,
    ) -> Changed:
        """Change what an order says, and its status if one is given; raises like `set_status`.

        `edit` sets fields of the row; it must put a new dictionary into `details`, not change the old one.
        """
        async with self._database.writing() as session:
            order = await self._access.order(session, actor, order_id, operation, status)
            edit(order)
            parts = (order.number, order.title, order.origin, order.destination)
            order.search_text = search_text(*parts)
            return await self._change(session, actor, order, status or order.status, telling)

    async def remove(self, actor: Actor, order_id: str) -> Order:
        """Delete an order; conversations about it stay, without it. Raises like `set_status`."""
        async with self._database.writing() as session:
            order = await self._access.order(session, actor, order_id, Operation.DELETE_ORDER)
            this = order.id
            for table, column in (
                (Conversation, Conversation.order_id),
                (Conversation, Conversation.other_order_id),
            ):
                await session.execute(update(table).where(column == this).values({column: None}))
            await session.execute(delete(Upload).where(Upload.order_id == this))
            await session.execute(delete(Party).where(Party.order_id == this))
            both = (OrderLink.from_id == this) | (OrderLink.to_id == this)
            await session.execute(delete(OrderLink).where(both))
            await session.delete(order)
            return order

    async def _change(
        self, session: WriteSession, actor: Actor, order: Order, status: str, telling: Telling
    ) -> Changed:
        before, order.status = order.status, status
        now_ms = self._clock.now_ms()
        order.updated_ms = now_ms
        order.version += 1
        about = (Conversation.order_id == order.id) | (Conversation.other_order_id == order.id)
        conversations = await session.scalars(
            select(Conversation)
            .where(about, Conversation.lifecycle == Lifecycle.ACTIVE)
            .order_by(Conversation.created_ms, Conversation.id)
        )
        lines = self._lines(session, order, conversations.all(), telling.line, now_ms)
        if telling.also is not None:
            await telling.also(session, order)
        return await self._told(
            session, actor, Changed(order=order, before=before, lines=tuple(lines)), telling
        )

    def _lines(
        self, session: WriteSession, order: Order, where: Sequence[Conversation], line: Word, now_ms: int
    ) -> list[Shown]:
        text = line(order)
        if not text:
            return []
        return [
            Shown(
                message=append(session, self._ids, one, text=text, sender_id=None, now_ms=now_ms),
                order_id=order.id,
                author=None,
            )
            for one in where
        ]

    async def _told(self, session: WriteSession, actor: Actor, changed: Changed, telling: Telling) -> Changed:
        order = changed.order
        heard_by = await self._access.policy.audience(session, actor, Place(order=order))
        notifications = self._notifications.add(session, telling.notify(order, heard_by))
        changed = replace(changed, notifications=tuple(notifications))
        session.after_commit(lambda: telling.push(changed))
        return changed


def random_number(prefix: str, digits: int) -> str:
    """A candidate for an order number, such as ORD-104729."""
    return f"{prefix}{random.randrange(10 ** (digits - 1), 10**digits)}"
