"""Orders: listing, searching, creating, taking over, changing; every change tells the conversations."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, func, select

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
from chatdesk.server.core.tables import (
    Asset,
    Conversation,
    Details,
    Lifecycle,
    Message,
    Notification,
    Order,
    OrderLink,
    Party,
    User,
)
from chatdesk.server.core.text import fold, like_pattern


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


class Orders:
    """The orders of one platform. `number` makes a candidate for an order number."""

    def __init__(
        self,
        common: Common,
        notifications: Notifications,
        screens: Sequence[Screen],
        number: Callable[[], str],
    ) -> None:
        self._platform = common.platform
        self._database = common.database
        self._ids = common.ids
        self._clock = common.clock
        self._access = common.access
        self._notifications = notifications
        self._screens = screens
        self._number = number

    async def page(
        self,
        actor: Actor,
        *,
        statuses: Sequence[str] | None = None,
        search: str = "",
        kind: str = "",
        offset: int,
        limit: int,
    ) -> tuple[list[OrderView], int]:
        """Orders that the actor may see, newest first, and how many match; `statuses` None = any."""
        wanted: list[ColumnElement[bool]] = [self._access.orders(actor)]
        if statuses is not None:
            wanted.append(Order.status.in_(statuses))
        if kind:
            wanted.append(Order.kind == kind)
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
                select(Order.status, func.count()).where(self._access.orders(actor)).group_by(Order.status)
            )
            return {status: count for status, count in rows}  # noqa: C416 -- dict() cannot tell rows from pairs

    async def by_number(self, actor: Actor, number: str) -> OrderView:
        """One order by its number; ORDER_NOT_FOUND also where the actor may not see it."""
        async with self._database.reading() as session:
            order = await session.scalar(
                select(Order).where(Order.number == number, self._access.orders(actor))
            )
            if order is None:
                raise Refused(Reason.ORDER_NOT_FOUND)
            owner = await session.get_one(User, order.owner_id)
            assignee = await session.get(User, order.assignee_id) if order.assignee_id else None
            assets = await session.scalars(select(Asset).where(Asset.owner_id == order.owner_id))
            return OrderView(
                order=order, owner=owner, assignee=assignee, assets={asset.id: asset for asset in assets}
            )

    async def by_id(self, actor: Actor, order_id: str, operation: Operation = Operation.SEE_ORDER) -> Order:
        """One order, if the actor may do this with it; ORDER_NOT_FOUND also where they may not see it."""
        async with self._database.reading() as session:
            return await self._access.order(session, actor, order_id, operation)

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
            order = await self._access.order(session, actor, order_id)
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

    async def parties_of(self, order_ids: Sequence[str]) -> dict[str, list[tuple[str, User]]]:
        """Everybody else by role, of orders that were already looked up."""
        async with self._database.reading() as session:
            rows = await session.execute(
                select(Party, User)
                .join(User, User.id == Party.user_id)
                .where(Party.order_id.in_(order_ids))
                .order_by(Party.role, User.created_ms, User.id)
            )
            found: dict[str, list[tuple[str, User]]] = {}
            for party, user in rows:
                found.setdefault(party.order_id, []).append((party.role, user))
            return found

    async def linked(
        self, order_ids: Sequence[str], kind: str, *, back: bool = False
    ) -> dict[str, list[Order]]:
        """Orders that these link to by this kind of link; `back` = those that link to these."""
        near, far = (OrderLink.to_id, OrderLink.from_id) if back else (OrderLink.from_id, OrderLink.to_id)
        async with self._database.reading() as session:
            rows = await session.execute(
                select(near, Order)
                .join(Order, Order.id == far)
                .where(near.in_(order_ids), OrderLink.kind == kind)
                .order_by(Order.created_ms, Order.id)
            )
            found: dict[str, list[Order]] = {}
            for order_id, other in rows:
                found.setdefault(order_id, []).append(other)
            return found

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

    async def update(self, actor: Actor, order_id: str, details: Details, telling: Telling) -> Changed:
        """Change fields of an order, without a change of status; raises like `set_status`."""
        async with self._database.writing() as session:
            order = await self._access.order(session, actor, order_id, Operation.CHANGE_STATUS)
            order.details = {**order.details, **details}
            return await self._change(session, actor, order, order.status, telling)

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
