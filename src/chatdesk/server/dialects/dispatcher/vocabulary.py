"""What the dispatcher platform calls things: roles, token claims, order numbers, limits, refusals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from chatdesk.server.core.access import Actor, Operation, Place, Policy
from chatdesk.server.core.accounts import TokenPlan
from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.orders import random_number
from chatdesk.server.core.rules import Rules
from chatdesk.server.core.service import Words
from chatdesk.server.core.tables import Conversation, Lifecycle, Order, Role, User
from chatdesk.wire.dispatcher import names, texts

ROLE_NAMES = {Role.CUSTOMER: names.ROLE_USER, Role.STAFF: names.ROLE_MODERATOR, Role.ADMIN: names.ROLE_ADMIN}
ROLES = {name: role for role, name in ROLE_NAMES.items()}

USER_ID_CLAIM = "userId"


@dataclass(frozen=True, slots=True)
class Refusal:
    """HTTP status and sentence for a refusal of the core."""

    status: int
    text: str


_REFUSALS = {
    Reason.NO_TOKEN: Refusal(401, texts.ERR_NO_TOKEN),
    Reason.BAD_TOKEN: Refusal(401, texts.ERR_INVALID_TOKEN),
    Reason.UNKNOWN_HOLDER: Refusal(401, texts.ERR_INVALID_TOKEN_PAYLOAD),
    Reason.ROLE: Refusal(403, texts.ERR_ROLE),
    # The platform answers credentials with 400, never 401.
    Reason.NO_ACCOUNT: Refusal(400, texts.ERR_NO_ACCOUNT),
    Reason.UNCONFIRMED: Refusal(400, texts.ERR_UNCONFIRMED),
    Reason.INACTIVE: Refusal(400, texts.ERR_UNCONFIRMED),
    Reason.WRONG_PASSWORD: Refusal(400, texts.ERR_WRONG_PASSWORD),
    Reason.TOO_MANY_LOGINS: Refusal(429, texts.ERR_TOO_MANY_LOGINS),
    Reason.REFRESH_INVALID: Refusal(400, texts.ERR_REFRESH_INVALID),
    Reason.REFRESH_EXPIRED: Refusal(400, texts.ERR_REFRESH_EXPIRED),
    Reason.NOTHING_TO_REVOKE: Refusal(401, texts.ERR_NO_REFRESH_TOKENS),
    Reason.USER_NOT_FOUND: Refusal(404, texts.ERR_USER_NOT_FOUND),
    Reason.ORDER_NOT_FOUND: Refusal(404, texts.ERR_ORDER_NOT_FOUND),
    Reason.ORDER_DENIED: Refusal(404, texts.ERR_ORDER_NOT_FOUND),
    Reason.STATUS_REFUSED: Refusal(400, texts.ERR_INVALID_STATUS),
    Reason.CONVERSATION_NOT_FOUND: Refusal(404, texts.ERR_CHAT_NOT_FOUND),
    Reason.CONVERSATION_DENIED: Refusal(404, texts.ERR_CHAT_NOT_FOUND),
    Reason.CONVERSATION_CLOSED: Refusal(403, texts.ERR_ACCESS_DENIED),
    Reason.ASSET_NOT_FOUND: Refusal(400, texts.ERR_INVALID_FIELD.format(field="truckId or trailerId")),
    Reason.MESSAGE_NOT_FOUND: Refusal(404, texts.ERR_MESSAGE_NOT_FOUND),
    Reason.NOT_THE_AUTHOR: Refusal(403, texts.ERR_ACCESS_DENIED),
    Reason.TEXT_TOO_LONG: Refusal(400, texts.ERR_MESSAGE_TOO_LONG),
    Reason.TEXT_NOT_STORABLE: Refusal(400, texts.ERR_INVALID_FIELD.format(field="message")),
    Reason.RATE: Refusal(429, texts.ERR_RATE_LIMITED),
    Reason.EVENT_RATE: Refusal(429, texts.ERR_TOO_MANY_EVENTS),
    Reason.TOO_MANY_CONNECTIONS: Refusal(429, texts.ERR_TOO_MANY_CONNECTIONS),
    Reason.CLIENT_ID_REUSED: Refusal(409, texts.ERR_CLIENT_ID_REUSED),
    Reason.FILE_NOT_FOUND: Refusal(404, texts.ERR_FILE_NOT_FOUND),
    Reason.FILE_CONTENT_GONE: Refusal(404, texts.ERR_FILE_CONTENT_GONE),
    Reason.FILE_TOO_LARGE: Refusal(413, texts.ERR_FILE_TOO_LARGE),
    Reason.FILE_TYPE: Refusal(400, texts.ERR_FILE_FIELD),
    Reason.NOTIFICATION_NOT_FOUND: Refusal(404, texts.ERR_NOTIFICATION_NOT_FOUND),
}


def refusal(refused: Refused) -> Refusal:
    """The platform's status and sentence for a refusal."""
    template = _REFUSALS[refused.reason]
    roles = ""
    if refused.reason is Reason.ROLE:
        roles = ", ".join(ROLE_NAMES[Role(role)] for role in refused.detail.split(","))
    text = template.text.format(seconds=refused.retry_after_s, limit=refused.detail, roles=roles)
    return Refusal(template.status, text)


def claims(actor: Actor) -> dict[str, str]:
    """Who somebody is, as the platform's tokens say it."""
    return {
        USER_ID_CLAIM: actor.id,
        "id": actor.id,
        "role": ROLE_NAMES[Role(actor.role)],
        "email": actor.email,
    }


def order_number() -> str:
    """A candidate for an order number."""
    return random_number("ORD-", 6)


def status_label(status: str) -> str:
    """A status in the platform's words."""
    return names.STATUS_LABELS.get(status, status)


def status_line(order: Order) -> str:
    """The system message after a change of status."""
    return texts.SYSTEM_STATUS_CHANGED.format(order_number=order.number, label=status_label(order.status))


def created_line(order: Order) -> str:
    """The system message that opens a conversation."""
    return texts.SYSTEM_ORDER_CREATED.format(order_number=order.number, label=status_label(order.status))


def is_staff(actor: Actor) -> bool:
    """Staff and admins see every order."""
    return actor.role in {Role.STAFF, Role.ADMIN}


class DispatcherPolicy(Policy):
    """A customer sees the own orders and their chats, staff and admins see all of them."""

    only = {  # noqa: RUF012 -- a table, read only
        Operation.CREATE_ORDER: (Role.CUSTOMER,),
        Operation.CHANGE_STATUS: (Role.ADMIN,),
        Operation.TAKE_OVER: (Role.ADMIN, Role.STAFF),
        # What the platform has no way to ask for.
        Operation.DELETE_ORDER: (),
        Operation.REPORT: (),
        Operation.HIDE_MESSAGE: (),
        Operation.END: (),
        Operation.DELETE_CONVERSATION: (),
        Operation.ARCHIVE: (),
    }

    def orders(self, actor: Actor) -> ColumnElement[bool]:
        """Own ones, or all."""
        return true() if is_staff(actor) else Order.owner_id == actor.id

    def conversations(self, actor: Actor) -> ColumnElement[bool]:
        """Those of the orders that are seen."""
        alive = Conversation.lifecycle != Lifecycle.DELETED
        if is_staff(actor):
            return alive
        return alive & Conversation.order_id.in_(select(Order.id).where(Order.owner_id == actor.id))

    async def audience(self, session: AsyncSession, actor: Actor, place: Place) -> tuple[str, ...]:
        """The owner is heard by the assignee, or by all staff while nobody has taken the order over.

        Everybody else is heard by the owner.
        """
        order = place.order
        if order is None:
            return ()
        if actor.id != order.owner_id:
            return (order.owner_id,)
        if order.assignee_id is not None:
            return (order.assignee_id,)
        return tuple(await self._staff(session, actor))

    async def _staff(self, session: AsyncSession, actor: Actor) -> Sequence[str]:
        wanted = (User.platform == actor.platform, User.role.in_([Role.STAFF, Role.ADMIN]))
        return (await session.scalars(select(User.id).where(*wanted))).all()


WORDS = Words(
    platform=names.PLATFORM,
    tokens=TokenPlan(claims=claims, subject=(USER_ID_CLAIM,)),
    policy=DispatcherPolicy(),
    order_number=order_number,
)

_RULES = Rules(
    message_limit_chars=names.MESSAGE_LIMIT,
    messages_per_minute=names.MESSAGES_PER_MINUTE,
    events_per_minute=names.EVENTS_PER_MINUTE,
    access_ttl_s=names.ACCESS_TOKEN_TTL_S,
    refresh_ttl_s=names.REFRESH_TOKEN_TTL_S,
    file_limit_bytes=names.FILE_LIMIT_BYTES,
    notification_title_chars=names.NOTIFICATION_TITLE_LIMIT,
    notification_body_chars=names.NOTIFICATION_MESSAGE_LIMIT,
)


def default_rules(**chosen: Any) -> Rules:
    """The platform's limits, with what the person who starts the server has chosen, by field of Rules."""
    return replace(_RULES, **chosen)
