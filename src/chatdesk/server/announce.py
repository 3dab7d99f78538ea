"""What our servers can do beyond every platform, and where they say so."""

from __future__ import annotations

from typing import Any

FIELD = "chatdesk"
"""Key of the announcement in the answers of the health route and of the login."""
CLIENT_ID_FIELD = "clientId"
"""In a send and in its record: the same value twice from one account stores one message."""
CLIENT_ID_LIMIT_CHARS = 100
SEQ_FIELD = "seq"
"""In message records: 1, 2, 3, ... per conversation; a deleted message leaves a gap."""


def announcement() -> dict[str, Any]:
    """The announcement, as JSON."""
    return {"version": 1, "features": ["client_id", "seq"]}


def is_client_id(value: object) -> bool:
    """Whether this may be a client id: 1 to 100 printable characters."""
    return isinstance(value, str) and 1 <= len(value) <= CLIENT_ID_LIMIT_CHARS and value.isprintable()
