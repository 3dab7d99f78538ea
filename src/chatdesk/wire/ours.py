"""What our own servers add to every platform; recorded servers have none of it, and ignore it."""

from __future__ import annotations

from typing import Final

ANNOUNCEMENT_FIELD: Final = "chatdesk"
"""Key of the announcement in the answers of the health route and of the login."""
ANNOUNCEMENT_VERSION: Final = 1
FEATURE_CLIENT_ID: Final = "client_id"
FEATURE_SEQ: Final = "seq"
FEATURE_ATTACHMENTS: Final = "attachments"
FEATURES: Final = (FEATURE_CLIENT_ID, FEATURE_SEQ, FEATURE_ATTACHMENTS)
CLIENT_ID_FIELD: Final = "clientId"
"""In a send and in its record: the same value twice from one account stores one message."""
CLIENT_ID_LIMIT_CHARS: Final = 100
SEQ_FIELD: Final = "seq"
"""In message records: 1, 2, 3, ... per conversation; a deleted message leaves a gap."""
