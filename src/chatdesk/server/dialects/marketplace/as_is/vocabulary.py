"""Limits of the recorded servers: next to none, but for a lock on the login that lasts an hour."""

from __future__ import annotations

from typing import Any

from chatdesk.server.core.rules import Rules
from chatdesk.server.dialects.marketplace.vocabulary import default_rules
from chatdesk.wire.marketplace import names

UNLIMITED = 1_000_000_000
FAILED_LOGINS = 50
"""Within an hour, for one address or from one client. Twelve did not lock anything; the number is ours."""


def recorded_rules(**chosen: Any) -> Rules:
    """The limits, with what the person who starts the server has chosen, by field of Rules."""
    recorded: dict[str, Any] = {
        "message_limit_chars": names.BODY_LIMIT_BYTES,
        "messages_per_minute": UNLIMITED,
        "events_per_minute": UNLIMITED,
        "failed_logins_per_minute": FAILED_LOGINS,
        "page_limit_max": UNLIMITED,
        "typing_timeout_s": 0,
    }
    return default_rules(**recorded | chosen)
