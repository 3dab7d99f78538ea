"""Rules of the recorded servers: no limits but sizes, and chats that are open to everybody with a token."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from sqlalchemy import ColumnElement

from chatdesk.server.core.access import Actor, Operation, Place
from chatdesk.server.core.accounts import TokenPlan
from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.rules import Rules
from chatdesk.server.core.service import Words
from chatdesk.server.core.tables import Conversation, Lifecycle, Order, Role
from chatdesk.server.dialects.dispatcher import vocabulary
from chatdesk.server.dialects.dispatcher.vocabulary import ROLES, USER_ID_CLAIM, DispatcherPolicy, Refusal
from chatdesk.wire.dispatcher import names, texts

UNLIMITED: Final = 2**40
NO_STATUS: Final = ""
"""Stored for an order whose status was taken away."""

_REFUSALS = {
    Reason.FILE_TOO_LARGE: Refusal(500, texts.ERR_FILE_TOO_LARGE),
}


class OpenPolicy(DispatcherPolicy):
    """Orders are their owners' and the staff's; the chat of any order is anybody's."""

    def conversations(self, actor: Actor) -> ColumnElement[bool]:  # noqa: ARG002 -- open to whoever asks
        """All of them."""
        return Conversation.lifecycle != Lifecycle.DELETED

    def check(self, actor: Actor, operation: Operation, place: Place) -> None:
        """Files are deleted by the owner of the order alone, whoever uploaded them."""
        if operation is Operation.REMOVE_FILE and place.order and place.order.owner_id != actor.id:
            raise Refused(Reason.FILE_NOT_FOUND)
        super().check(actor, operation, place)


WORDS: Final = Words(
    platform=names.PLATFORM,
    tokens=TokenPlan(claims=vocabulary.claims, subject=(USER_ID_CLAIM,), refresh_opens=True),
    policy=OpenPolicy(),
    order_number=vocabulary.order_number,
)

_UNLIMITED: Final = {
    "message_limit_chars": UNLIMITED,
    "messages_per_minute": UNLIMITED,
    "events_per_minute": UNLIMITED,
    "failed_logins_per_minute": UNLIMITED,
    "connections_per_user": UNLIMITED,
    "page_limit_max": UNLIMITED,
}


def default_rules(**chosen: Any) -> Rules:
    """The recorded limits, with what the person who starts the server has chosen."""
    rules = vocabulary.default_rules(**_UNLIMITED)
    return replace(rules, archive_after_days=0, writing_reads=False, **chosen)


def refusal(refused: Refused) -> Refusal:
    """The recorded status and sentence for a refusal."""
    return _REFUSALS.get(refused.reason) or vocabulary.refusal(refused)


def claimed(claims: dict[str, Any]) -> Actor:
    """Who a token says that somebody is; raises Refused for a token that says nothing of the kind."""
    user_id, role = claims.get(USER_ID_CLAIM), ROLES.get(str(claims.get("role")), Role.CUSTOMER)
    if not isinstance(user_id, str):
        raise Refused(Reason.BAD_TOKEN)
    return Actor(user_id, str(claims.get("email")), role, names.PLATFORM)


def status_label(status: str) -> str:
    """A status in the platform's words; its filter value is one of them."""
    return names.LABEL_ALL if status == names.STATUS_ALL else vocabulary.status_label(status)


def status_line(order: Order) -> str:
    """The system message after a change of status."""
    return texts.SYSTEM_STATUS_CHANGED.format(order_number=order.number, label=status_label(order.status))
