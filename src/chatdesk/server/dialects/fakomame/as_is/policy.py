"""Access as the recorded servers have it: chats are their participants', everything else is everybody's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, true

from chatdesk.server.core.access import Actor, Operation, Place, Policy
from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.rules import Rules
from chatdesk.server.core.tables import User
from chatdesk.server.dialects.fakomame.policy import check_owner
from chatdesk.server.dialects.fakomame.vocabulary import default_rules

UNLIMITED = 1_000_000_000


class AsIsPolicy(Policy):
    """Packages and trips are shown to all, only their owners change them; who is switched off stays."""

    def orders(self, actor: Actor) -> ColumnElement[bool]:  # noqa: ARG002 -- nobody is asked who they are
        """All of them."""
        return true()

    def check(self, actor: Actor, operation: Operation, place: Place) -> None:
        """One rule: the owner's change."""
        if operation is Operation.CHANGE_STATUS and place.order is not None:
            check_owner(actor, place.order)

    def check_before_password(self, user: User, role: str) -> None:  # noqa: ARG002 -- there is one way in
        """An account that is switched off is told so, whatever the password."""
        if not user.active:
            raise Refused(Reason.INACTIVE)

    def check_holder(self, user: User) -> None:
        """A token stays good when its account is switched off."""


def as_is_rules(chosen: Mapping[str, Any]) -> Rules:
    """No limits but the login's, which counts addresses, and no typing that ends."""
    none = dict.fromkeys(
        (
            "message_limit_chars",
            "messages_per_minute",
            "events_per_minute",
            "failed_logins_per_minute",
            "connections_per_user",
        ),
        UNLIMITED,
    )
    return default_rules(**{**none, "typing_timeout_s": 0, "archive_after_days": 0, **chosen})
