"""The closed lists of words that code, store, window and documents share."""

from __future__ import annotations

from enum import StrEnum


class Platform(StrEnum):
    """One of the five dialects."""

    FAKOMAME = "fakomame"
    STEPPERGO = "steppergo"
    DISPATCHER = "dispatcher"
    OMW = "omw"
    MARKETPLACE = "marketplace"


class OrderKind(StrEnum):
    """What sort of business object a conversation hangs on."""

    ORDER = "order"
    TRIP = "trip"
    PACKAGE = "package"
    BOOKING = "booking"
    RFQ = "rfq"


class Progress(StrEnum):
    """A status of any platform, reduced to what sorting and colour need."""

    OPEN = "open"
    ACTIVE = "active"
    WAITING = "waiting"
    DONE = "done"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


class Lifecycle(StrEnum):
    """Whether a conversation may still be written to."""

    OPEN = "open"
    CLOSING = "closing"
    READ_ONLY = "read_only"
    ENDED = "ended"
    DELETED = "deleted"


class MessageKind(StrEnum):
    """What a message is; UNKNOWN is shown as text."""

    TEXT = "text"
    IMAGE = "image"
    FILE = "file"
    AUDIO = "audio"
    LOCATION = "location"
    SYSTEM = "system"
    UNKNOWN = "unknown"


class DeliveryState(StrEnum):
    """How far an own message has come. Messages of others are always ACCEPTED."""

    DRAFT = "draft"
    QUEUED = "queued"
    IN_FLIGHT = "in_flight"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    READ = "read"
    UNCERTAIN = "uncertain"
    PARKED = "parked"
    CANCELLED = "cancelled"


class Assurance(StrEnum):
    """How sure an acceptance is."""

    STORED = "stored"
    RELAYED = "relayed"


class OutgoingKind(StrEnum):
    """The intentions that the outbox carries."""

    SEND = "send"
    MARK_READ = "mark_read"
    DELETE = "delete"
    EDIT = "edit"
    UPLOAD = "upload"
    REPORT = "report"
    CHANGE_STATUS = "change_status"


class KeyGrade(StrEnum):
    """What a client id on a send is worth at a server."""

    NONE = "none"
    FINDABLE = "findable"
    IDEMPOTENT = "idempotent"


class Source(StrEnum):
    """Where a fact came from, weakest first; see SOURCE_RANK."""

    OWN = "own"
    RELAY = "relay"
    PUSH = "push"
    STORED = "stored"


SOURCE_RANK: dict[Source, int] = {source: rank for rank, source in enumerate(Source)}


class ConnectionState(StrEnum):
    """State of one account's connection."""

    OFF = "off"
    CONNECTING = "connecting"
    ONLINE = "online"
    POLLING = "polling"
    RECONNECTING = "reconnecting"
    OFFLINE = "offline"


class SignInState(StrEnum):
    """Whether the account's token is good."""

    OK = "ok"
    NEEDS_PASSWORD = "needs_password"
    REFUSED = "refused"
    LOCKED = "locked"


class PresenceState(StrEnum):
    """Whether somebody is there now."""

    ONLINE = "online"
    OFFLINE = "offline"
    UNKNOWN = "unknown"


class Feature(StrEnum):
    """What a platform, server or account may or may not offer."""

    TYPING = "typing"
    PRESENCE = "presence"
    READ_RECEIPTS = "read_receipts"
    DELETE_OWN = "delete_own"
    EDIT_OWN = "edit_own"
    ATTACHMENTS = "attachments"
    ORDER_LIST = "order_list"
    ORDER_FILES = "order_files"
    CHANGE_STATUS = "change_status"
    TAKE_OVER = "take_over"
    NOTIFICATIONS = "notifications"
    MESSAGE_SEARCH = "message_search"
    SERVER_UNREAD = "server_unread"
    STORED_READ = "stored_read"
    CHAT_LIST = "chat_list"
    REPORT = "report"
    LAST_SEEN = "last_seen"
    DELIVERED = "delivered"
    STATUS_PUSH = "status_push"
    LIVE_POSITION = "live_position"
    FIND = "find"
    STORED_MESSAGES = "stored_messages"
    """The server keeps messages; without it the account is live-only."""


class Why(StrEnum):
    """Why a feature is absent, for the sentence that the window shows instead of a dead button."""

    NOT_ON_PLATFORM = "not_on_platform"
    NOT_ON_SERVER = "not_on_server"
    NOT_FOR_ROLE = "not_for_role"
    OUT_OF_REACH = "out_of_reach"
    """The server has it, but gives a client that signs in normally no way to use it."""


class ClosedWhy(StrEnum):
    """Why a conversation may not be written to any more."""

    BOOKING_COMPLETED = "booking_completed"
    SESSION_ENDED = "session_ended"
    SESSION_DELETED = "session_deleted"
    TRIP_OVER = "trip_over"
    ACCESS_WITHDRAWN = "access_withdrawn"
    NOT_FOR_ROLE = "not_for_role"
    NOT_OPEN_YET = "not_open_yet"


class Support(StrEnum):
    """Answer to 'does it work here, now'."""

    YES = "yes"
    NO = "no"
    PROBE = "probe"


class NoticeCode(StrEnum):
    """Everything that an account can tell the person about itself."""

    AUTH_REQUIRED = "auth_required"
    AUTH_FAILED = "auth_failed"
    LOCKED = "locked"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    CLOSED = "closed"
    TOO_LONG = "too_long"
    RATE_LIMITED = "rate_limited"
    SERVER_ERROR = "server_error"
    OFFLINE = "offline"
    LIVE_ONLY = "live_only"
    FOREIGN_DROPPED = "foreign_dropped"
    MALFORMED_DROPPED = "malformed_dropped"


class DiskIll(StrEnum):
    """What is wrong with the disk of the data folder, as far as the system says it."""

    FULL = "full"
    READ_ONLY = "read_only"
    FAILING = "failing"
    DAMAGED = "damaged"
    """It works, but what it holds is no sound database."""


class FileWhy(StrEnum):
    """Why a file is not taken; each has a sentence in the window."""

    UNREADABLE = "unreadable"
    NO_FILE = "no_file"
    """A folder, a device or a pipe."""
    CHANGED = "changed"
    """It was written to while it was copied."""
    TOO_LARGE = "too_large"
    WRONG_TYPE = "wrong_type"
    NOT_HERE = "not_here"
    """There is no way to send files there."""
    LOST = "lost"
    """The copy that waited is gone, or is not what it was."""


class ParkReason(StrEnum):
    """Why an intention waits for its person; each has a sentence in the window."""

    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    CLOSED = "closed"
    TOO_LONG = "too_long"
    EMPTY = "empty"
    REFUSED = "refused"
    CHANGED_MEANWHILE = "changed_meanwhile"
    OLD = "old"
    STUCK = "stuck"
    DISCARDED = "discarded"


class LoadState(StrEnum):
    """How the loading of a whole conversation stands."""

    RUNNING = "running"
    WAITING = "waiting"
    """It goes on by itself."""
    DONE = "done"
    STOPPED = "stopped"
    """By the person."""
    FAILED = "failed"


class LoadWhy(StrEnum):
    """Why the loading of a whole conversation waits, has failed, or has left something out."""

    NONE = ""
    OFFLINE = "offline"
    SIGN_IN = "sign_in"
    TOLD_TO_WAIT = "told_to_wait"
    """The server itself asks for a pause."""
    NO_ANSWER = "no_answer"
    DISK = "disk"
    REFUSED = "refused"
    UNREADABLE = "unreadable"
    """Parts of what the server gave could not be read, or did not fit together."""
