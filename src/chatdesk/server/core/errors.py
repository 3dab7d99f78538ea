"""Why the core refuses: one exception with an enumeration of reasons, which dialects put into words."""

from __future__ import annotations

import enum


class Reason(enum.Enum):
    """Every way in which a request can be turned down."""

    NO_TOKEN = enum.auto()
    BAD_TOKEN = enum.auto()
    UNKNOWN_HOLDER = enum.auto()
    """The token is good, its account is gone."""
    ROLE = enum.auto()
    NO_ACCOUNT = enum.auto()
    UNCONFIRMED = enum.auto()
    INACTIVE = enum.auto()
    """The account is switched off, or waits for somebody's approval (`detail`, in the dialect's words)."""
    WRONG_PASSWORD = enum.auto()
    TOO_MANY_LOGINS = enum.auto()
    REFRESH_INVALID = enum.auto()
    REFRESH_EXPIRED = enum.auto()
    NOTHING_TO_REVOKE = enum.auto()
    USER_NOT_FOUND = enum.auto()
    ORDER_NOT_FOUND = enum.auto()
    """Also an order that the person may not see: which of the two is nobody's business."""
    ORDER_DENIED = enum.auto()
    """It exists and the person may not see it, on platforms that tell."""
    STATUS_REFUSED = enum.auto()
    """The order cannot come to this status from where it stands."""
    CONVERSATION_NOT_FOUND = enum.auto()
    CONVERSATION_DENIED = enum.auto()
    CONVERSATION_CLOSED = enum.auto()
    """Ended, archived or deleted: `detail` says which."""
    ASSET_NOT_FOUND = enum.auto()
    MESSAGE_NOT_FOUND = enum.auto()
    NOT_THE_AUTHOR = enum.auto()
    TEXT_TOO_LONG = enum.auto()
    TEXT_NOT_STORABLE = enum.auto()
    RATE = enum.auto()
    EVENT_RATE = enum.auto()
    TOO_MANY_CONNECTIONS = enum.auto()
    CLIENT_ID_REUSED = enum.auto()
    FILE_NOT_FOUND = enum.auto()
    FILE_CONTENT_GONE = enum.auto()
    FILE_TOO_LARGE = enum.auto()
    FILE_TYPE = enum.auto()
    NOTIFICATION_NOT_FOUND = enum.auto()


class Refused(Exception):
    """A request that the rules do not allow; nothing was changed.

    retry_after_s: whole seconds after which the same request may pass, where waiting helps. detail: what a
    dialect may need for its sentence, such as the required roles or what is wrong with a token.
    """

    def __init__(self, reason: Reason, *, retry_after_s: int | None = None, detail: str = "") -> None:
        super().__init__(reason.name)
        self.reason = reason
        self.retry_after_s = retry_after_s
        self.detail = detail


class SetupError(Exception):
    """The server cannot run on this folder or address; the text is for the person who started it."""
