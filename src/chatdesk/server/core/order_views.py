"""Orders as people see them: lists, single ones, their parties and what they are linked to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, select

from chatdesk.server.core.access import Actor, Operation
from chatdesk.server.core.common import Common
from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.tables import Asset, Conversation, Message, Order, OrderLink, Party, User
from chatdesk.server.core.text import like_pattern


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderView:
    """An order with everybody and everything it refers to."""

    order: Order
    owner: User
    assignee: User | None
    assets: dict[str, Asset]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which orders to list; what is left out does not matter."""

    statuses: Sequence[str] | None = None
    """In one of these; None = any."""
    search: str = ""
    kind: str = ""
    owner_id: str = ""
    where: tuple[ColumnElement[bool], ...] = ()
    """Further conditions of the dialect's on Order."""
    order_by: tuple[ColumnElement[Any], ...] = ()


class OrderViews:
    """Looking at the orders of one platform."""

    def __init__(self, common: Common) -> None:
        self._platform = common.platform
        self._database = common.database
        self._access = common.access

    async def page(
        self, actor: Actor, wanted: Wanted, *, offset: int, limit: int
    ) -> tuple[list[OrderView], int]:
        """Orders that the actor may see, newest first unless asked otherwise, and how many match."""
        matches: list[ColumnElement[bool]] = [self._access.orders(actor), *wanted.where]
        if wanted.statuses is not None:
            matches.append(Order.status.in_(wanted.statuses))
        if wanted.kind:
            matches.append(Order.kind == wanted.kind)
        if wanted.owner_id:
            matches.append(Order.owner_id == wanted.owner_id)
        if wanted.search:
            matches.append(Order.search_text.like(like_pattern(wanted.search), escape="\\"))
        order_by = wanted.order_by or (Order.created_ms.desc(), Order.id.desc())
        async with self._database.reading() as session:
            total = await session.scalar(select(func.count()).select_from(Order).where(*matches)) or 0
            rows = (
                await session.execute(
                    select(Order, User)
                    .join(User, User.id == Order.owner_id)
                    .where(*matches)
                    .order_by(*order_by)
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
