"""What a person may ask of a platform beside writing: actions, look-ups, and the forms that they need.

Actions and look-ups need the server now. They are never queued: their answer, or the lack of one, is told at
once. Which ones exist is part of an account's capabilities, so the window offers no dead button.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import Lifecycle, OrderKind


class ActionKind(StrEnum):
    """The closed list of actions."""

    START_CHAT = "start_chat"
    """Talk about an order, or with a person; answers with the conversation. Harmless when repeated."""
    END_CHAT = "end_chat"
    DELETE_CHAT = "delete_chat"
    LEAVE_CHAT = "leave_chat"
    """No pushes of this conversation on this connection any more."""
    TAKE_OVER = "take_over"
    ACCEPT = "accept"
    REJECT = "reject"
    REQUEST_CODE = "request_code"
    """Have a one-time code sent to the customer."""
    CONFIRM_CODE = "confirm_code"
    CREATE_ORDER = "create_order"
    UPLOAD = "upload"
    """Bring a file to the platform for a message; answers with an attachment."""
    LIST_FILES = "list_files"
    ADD_FILE = "add_file"
    SAVE_FILE = "save_file"
    REMOVE_FILE = "remove_file"
    NOTICE_READ = "notice_read"
    NOTICES_READ = "notices_read"
    NOTICE_DELETE = "notice_delete"


class FindKind(StrEnum):
    """What can be looked up at a server; a hit is shown, not stored."""

    ORDER = "order"
    PACKAGE = "package"
    TRIP = "trip"
    BOOKING = "booking"
    RFQ = "rfq"
    PRODUCT = "product"
    PERSON = "person"


class FindScope(StrEnum):
    """Which part of what a server has."""

    ALL = "all"
    SENT = "sent"
    RECEIVED = "received"
    MINE = "mine"


class FieldKind(StrEnum):
    """How a field of a form is asked for."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    NUMBER = "number"
    CODE = "code"
    """A one-time code: digits only, never kept."""
    CHOICE = "choice"
    FLAG = "flag"
    DATE = "date"


class FieldAsked(msgspec.Struct, frozen=True, kw_only=True):
    """One field of a form. `key` and `choices` are stable English words that the window translates."""

    key: str
    kind: FieldKind = FieldKind.TEXT
    required: bool = True
    default: str = ""
    choices: tuple[str, ...] = ()
    limit_chars: int = 500


class Subject(StrEnum):
    """What an action is offered on."""

    ACCOUNT = "account"
    CONVERSATION = "conversation"
    ORDER = "order"
    HIT = "hit"
    FILE = "file"
    NOTICE = "notice"


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """An action that the account may take, on what, and when.

    order_kinds, find_kinds, statuses, lifecycles: empty means any. statuses are values of `Order.status`.
    confirm: ask before it is done, it can't be undone.
    """

    action: ActionKind
    on: Subject
    order_kinds: tuple[OrderKind, ...] = ()
    find_kinds: tuple[FindKind, ...] = ()
    statuses: tuple[str, ...] = ()
    lifecycles: tuple[Lifecycle, ...] = ()
    fields: tuple[FieldAsked, ...] = ()
    confirm: bool = False


class FindOffer(msgspec.Struct, frozen=True, kw_only=True):
    """A look-up that the account may make. `words`: whether text can be searched for."""

    kind: FindKind
    scopes: tuple[FindScope, ...] = (FindScope.ALL,)
    words: bool = False


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """An action as the person asks for it; what does not belong to its kind stays empty.

    person_kind: the platform's own word where a person's id alone does not say who it is.
    target: the id of a notification, or the remote name of a file.
    path: a file on this machine, to be read (UPLOAD, ADD_FILE) or written (SAVE_FILE).
    file_name: what the file that is read is called at the server; empty: as its path ends.
    size_bytes: how large the file to be read is, so that an adapter can refuse it; None: not known.
    """

    kind: ActionKind
    conversation: RemoteId | None = None
    order: RemoteId | None = None
    order_kind: OrderKind | None = None
    order_number: str = ""
    person: RemoteId | None = None
    person_kind: str = ""
    person_name: str = ""
    target: str = ""
    fields: dict[str, str] = {}
    path: str = ""
    file_name: str = ""
    content_type: str = ""
    size_bytes: int | None = None

    def __repr__(self) -> str:
        """Hides what was typed (a code, a text) from logs and tracebacks."""
        return f"Action({self.kind.value})"


class Lookup(msgspec.Struct, frozen=True, kw_only=True):
    """A question to the server; `page` counts from 0."""

    kind: FindKind
    scope: FindScope = FindScope.ALL
    words: str = ""
    page: int = 0


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """One thing found. person: who to talk to about it, where the platform says so."""

    kind: FindKind
    remote_id: RemoteId
    title: str
    detail: str = ""
    status_label: str = ""
    at_us: int = 0
    order_kind: OrderKind | None = None
    person: RemoteId | None = None
    person_kind: str = ""
    person_name: str = ""


class Attachment(msgspec.Struct, frozen=True, kw_only=True):
    """A file of a message. `url` is remote text: never opened unasked. name: for reading, never a path."""

    url: str = ""
    name: str = ""
    content_type: str = ""
    size_bytes: int | None = None


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What a successful action or look-up has brought.

    conversation: to be opened (START_CHAT). text: cleaned words worth showing (at most 300 characters).
    until_us: wall clock until which a code holds. more: a look-up has a further page.
    """

    conversation: RemoteId | None = None
    order: RemoteId | None = None
    text: str = ""
    until_us: int | None = None
    attachment: Attachment | None = None
    hits: tuple[Hit, ...] = ()
    more: bool = False


class Extras(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a message carries beside its text.

    subject and topic: where messages have them (topic: the platform's own word, such as general).
    place: (latitude, longitude) in degrees.
    """

    subject: str = ""
    topic: str = ""
    attachments: tuple[Attachment, ...] = ()
    place: tuple[float, float] | None = None


NO_EXTRAS = Extras()
