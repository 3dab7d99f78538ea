"""What our servers can do beyond every platform, and where they say so."""

from __future__ import annotations

from typing import Any

from chatdesk.wire import ours

FIELD = ours.ANNOUNCEMENT_FIELD
CLIENT_ID_FIELD = ours.CLIENT_ID_FIELD
SEQ_FIELD = ours.SEQ_FIELD


def announcement() -> dict[str, Any]:
    """The announcement, as JSON."""
    return {
        "version": ours.ANNOUNCEMENT_VERSION,
        "features": [ours.FEATURE_CLIENT_ID, ours.FEATURE_SEQ],
    }


def is_client_id(value: object) -> bool:
    """Whether this may be a client id: 1 to 100 printable characters."""
    return isinstance(value, str) and 1 <= len(value) <= ours.CLIENT_ID_LIMIT_CHARS and value.isprintable()
