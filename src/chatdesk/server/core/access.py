"""Who may do what: the one place where access is decided."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.tables import Conversation, Order, Role, User


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody signed in, as the database knows them now (not as a token remembers them)."""

    id: str
    email: str
    role: Role

    @property
    def is_staff(self) -> bool:
        """Staff and admins see every order."""
        return self.role in {Role.STAFF, Role.ADMIN}


def actor_of(user: User) -> Actor:
    """The acting side of an account."""
    return Actor(user.id, user.email, Role(user.role))


def require_role(actor: Actor, *roles: Role) -> None:
    """Refuse everybody else; `detail` of the refusal lists the roles, comma separated."""
    if actor.role not in roles:
        raise Refused(Reason.ROLE, detail=",".join(roles))


def visible_orders(actor: Actor) -> ColumnElement[bool]:
    """The condition on Order that leaves what the actor may see."""
    return true() if actor.is_staff else Order.owner_id == actor.id


async def order_for(session: AsyncSession, actor: Actor, order_id: str) -> Order:
    """The order, or ORDER_NOT_FOUND when there is none or the actor may not see it."""
    order = await session.scalar(select(Order).where(Order.id == order_id, visible_orders(actor)))
    if order is None:
        raise Refused(Reason.ORDER_NOT_FOUND)
    return order


async def conversation_for(session: AsyncSession, actor: Actor, order_id: str) -> tuple[Order, Conversation]:
    """The order and its conversation, or CONVERSATION_NOT_FOUND when the actor may not take part."""
    row = (
        await session.execute(
            select(Order, Conversation)
            .join(Conversation, Conversation.order_id == Order.id)
            .where(Order.id == order_id, visible_orders(actor))
        )
    ).first()
    if row is None:
        raise Refused(Reason.CONVERSATION_NOT_FOUND)
    return row[0], row[1]
