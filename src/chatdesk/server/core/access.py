"""Who may do what: the one place where access is asked, by rules that a dialect brings.

A dialect's `Policy` says two kinds of things. What somebody sees is a condition in SQL over orders and
conversations, so lists and single look-ups can't disagree. What somebody may do there is `check`: the
operation and the loaded facts (`Place`) in, nothing or `Refused` out. `Access` puts both together; every part
of the core asks it, and a table of role x operation x resource can ask it too (`Access.verdict`) without
doing anything.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.tables import Conversation, Lifecycle, Member, Message, Order, Party, User


class Operation(enum.Enum):
    """Everything that somebody may try."""

    SEE_ORDER = enum.auto()
    CREATE_ORDER = enum.auto()
    CHANGE_STATUS = enum.auto()
    TAKE_OVER = enum.auto()
    DELETE_ORDER = enum.auto()
    ADD_ORDER_FILE = enum.auto()
    REMOVE_FILE = enum.auto()
    SEE = enum.auto()
    """Read a conversation: history, search, counts, who is there; also join and type."""
    OPEN = enum.auto()
    """Begin a conversation (about `Place.order`, if there is one)."""
    SEND = enum.auto()
    MARK_READ = enum.auto()
    DELETE_MESSAGE = enum.auto()
    REPORT = enum.auto()
    HIDE_MESSAGE = enum.auto()
    END = enum.auto()
    DELETE_CONVERSATION = enum.auto()
    ARCHIVE = enum.auto()


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody signed in, as the database knows them now (not as a token remembers them)."""

    id: str
    email: str
    role: str
    """What they act as: one of their roles, in the dialect's words."""
    platform: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What an operation is about, as far as it is known."""

    order: Order | None = None
    conversation: Conversation | None = None
    member: Member | None = None
    """The actor's own row."""
    message: Message | None = None
    uploader_id: str | None = None
    wanted: str = ""
    """The status to change to, or the message kind to send."""

    @property
    def chat(self) -> Conversation:
        """The conversation of an operation that always has one."""
        if self.conversation is None:
            raise LookupError("this place has no conversation")
        return self.conversation


def actor_of(user: User, role: str = "") -> Actor:
    """The acting side of an account, in its main role or another one that it has."""
    acting = role if role in user.more_roles else user.role
    return Actor(user.id, user.email, acting, user.platform, user.name)


class Policy:
    """Rules of access of one dialect; the defaults are for a shop where people see what they are party to.

    `only` names operations that only some roles may do; `reveals` says whether a refusal may tell that
    something exists which the person may not see.
    """

    only: Mapping[Operation, tuple[str, ...]] = {}
    reveals = False

    def orders(self, actor: Actor) -> ColumnElement[bool]:
        """The condition on Order that leaves what the actor sees: own ones, and those they are party to."""
        return or_(
            Order.owner_id == actor.id,
            Order.assignee_id == actor.id,
            Order.id.in_(select(Party.order_id).where(Party.user_id == actor.id)),
        )

    def conversations(self, actor: Actor) -> ColumnElement[bool]:
        """The condition on Conversation likewise: members, while it is not deleted."""
        return and_(
            Conversation.lifecycle != Lifecycle.DELETED,
            Conversation.id.in_(select(Member.conversation_id).where(Member.user_id == actor.id)),
        )

    def reach(self, actor: Actor, operation: Operation) -> ColumnElement[bool]:  # noqa: ARG002 -- for others
        """The condition on Order that leaves those with which the actor may do this; else what they see.

        For operations that ask for more than what `check` can tell from the loaded order.
        """
        return self.orders(actor)

    def reach_conversation(self, actor: Actor, operation: Operation) -> ColumnElement[bool]:  # noqa: ARG002 -- for others
        """The same for one that is named: what has left the lists may still be somebody's to delete."""
        return self.conversations(actor)

    def check(self, actor: Actor, operation: Operation, place: Place) -> None:
        """Raise Refused unless the actor, who sees the place, may do this there."""
        if operation in self.only and actor.role not in self.only[operation]:
            raise Refused(Reason.ROLE, detail=",".join(self.only[operation]))
        if operation is Operation.DELETE_ORDER and place.order and place.order.owner_id != actor.id:
            raise Refused(Reason.ORDER_DENIED)
        chat = place.conversation
        if operation is Operation.SEND and chat is not None and chat.lifecycle != Lifecycle.ACTIVE:
            raise Refused(Reason.CONVERSATION_CLOSED, detail=chat.lifecycle)
        if operation is Operation.DELETE_MESSAGE and place.message and place.message.sender_id != actor.id:
            raise Refused(Reason.NOT_THE_AUTHOR)
        if operation is Operation.REMOVE_FILE:
            owner_id = place.order.owner_id if place.order else None
            if actor.id not in {owner_id, place.uploader_id}:
                raise Refused(Reason.FILE_NOT_FOUND)

    async def audience(self, session: AsyncSession, actor: Actor, place: Place) -> tuple[str, ...]:
        """Ids of those who should be notified of what the actor did: everybody else who has to do with it."""
        people: set[str] = set()
        if place.order is not None:
            people |= {place.order.owner_id} | (
                {place.order.assignee_id} if place.order.assignee_id else set()
            )
            people |= set(
                await session.scalars(select(Party.user_id).where(Party.order_id == place.order.id))
            )
        if place.conversation is not None:
            here = Member.conversation_id == place.conversation.id
            people |= set(await session.scalars(select(Member.user_id).where(here)))
        return tuple(sorted(people - {actor.id}))

    def check_before_password(self, user: User, role: str) -> None:  # noqa: ARG002 -- for dialects with roles
        """What must hold of an account before its password is even looked at."""
        if not user.confirmed:
            raise Refused(Reason.UNCONFIRMED)

    def check_after_password(self, user: User, role: str) -> None:
        """What must hold of an account that has shown the right password; `role` as asked for, or empty."""
        if not user.active:
            raise Refused(Reason.INACTIVE)
        if role and role != user.role and role not in user.more_roles:
            raise Refused(Reason.ROLE, detail=role)

    def check_holder(self, user: User) -> None:
        """What must hold of the account behind a good token, each time it is shown."""
        if not user.active:
            raise Refused(Reason.UNKNOWN_HOLDER)


class Access:
    """A policy put to work on the tables, never beyond the actor's platform."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy

    def orders(self, actor: Actor) -> ColumnElement[bool]:
        """The condition on Order for everything that the actor sees."""
        return and_(Order.platform == actor.platform, self.policy.orders(actor))

    def conversations(self, actor: Actor) -> ColumnElement[bool]:
        """The condition on Conversation for everything that the actor sees."""
        return and_(Conversation.platform == actor.platform, self.policy.conversations(actor))

    async def order(
        self,
        session: AsyncSession,
        actor: Actor,
        order_id: str,
        operation: Operation = Operation.SEE_ORDER,
        wanted: str = "",
    ) -> Order:
        """The order; ORDER_NOT_FOUND when there is none or it is none of the actor's business.

        Where the policy reveals that, the second is ORDER_DENIED; or what `check` refuses.
        """
        within = and_(Order.platform == actor.platform, self.policy.reach(actor, operation))
        order = await session.scalar(select(Order).where(Order.id == order_id, within))
        if order is None:
            other = await session.get(Order, order_id) if self.policy.reveals else None
            known = other is not None and other.platform == actor.platform
            raise Refused(Reason.ORDER_DENIED if known else Reason.ORDER_NOT_FOUND)
        self.policy.check(actor, operation, Place(order=order, wanted=wanted))
        return order

    async def conversation(
        self,
        session: AsyncSession,
        actor: Actor,
        conversation_id: str,
        operation: Operation = Operation.SEE,
        wanted: str = "",
    ) -> Place:
        """The conversation with its order and the actor's membership; CONVERSATION_NOT_FOUND or _DENIED."""
        within = and_(
            Conversation.platform == actor.platform, self.policy.reach_conversation(actor, operation)
        )
        row = (
            await session.execute(
                select(Conversation, Order, Member)
                .outerjoin(Order, Order.id == Conversation.order_id)
                .outerjoin(
                    Member, and_(Member.conversation_id == Conversation.id, Member.user_id == actor.id)
                )
                .where(Conversation.id == conversation_id, within)
            )
        ).first()
        if row is None:
            other = await session.get(Conversation, conversation_id) if self.policy.reveals else None
            known = other is not None and other.platform == actor.platform
            raise Refused(Reason.CONVERSATION_DENIED if known else Reason.CONVERSATION_NOT_FOUND)
        place = Place(conversation=row[0], order=row[1], member=row[2], wanted=wanted)
        self.policy.check(actor, operation, place)
        return place

    async def message(
        self, session: AsyncSession, actor: Actor, message_id: str, operation: Operation = Operation.SEE
    ) -> Place:
        """The message in its place; MESSAGE_NOT_FOUND also where the actor may not see the conversation."""
        message = await session.get(Message, message_id)
        if message is None or message.deleted_ms is not None:
            raise Refused(Reason.MESSAGE_NOT_FOUND)
        try:
            place = await self.conversation(session, actor, message.conversation_id)
        except Refused as exc:
            denied = exc.reason is Reason.CONVERSATION_DENIED
            raise Refused(Reason.CONVERSATION_DENIED if denied else Reason.MESSAGE_NOT_FOUND) from exc
        place = replace(place, message=message)
        self.policy.check(actor, operation, place)
        return place

    async def verdict(
        self,
        session: AsyncSession,
        actor: Actor,
        operation: Operation,
        *,
        order_id: str = "",
        conversation_id: str = "",
        message_id: str = "",
        wanted: str = "",
    ) -> Reason | None:
        """Why the actor may not do this to that, None when they may: for tables of permissions, does nothing.

        Name the one thing that it is about; none of them = something new without an order.
        """
        try:
            if message_id:
                await self.message(session, actor, message_id, operation)
            elif conversation_id:
                await self.conversation(session, actor, conversation_id, operation, wanted)
            elif order_id:
                await self.order(session, actor, order_id, operation, wanted)
            else:
                self.policy.check(actor, operation, Place(wanted=wanted))
        except Refused as exc:
            return exc.reason
        return None
