"""The things that the store keeps and the window shows, as frozen values."""

from __future__ import annotations

import msgspec

from chatdesk.domain.actions import NO_EXTRAS, Extras, FieldAsked, FindOffer, Offer
from chatdesk.domain.ids import AccountId, ConversationId, Cursor, MessageId, OrderId, OutgoingId, RemoteId
from chatdesk.domain.kinds import (
    Assurance,
    ClosedWhy,
    DeliveryState,
    Feature,
    Lifecycle,
    MessageKind,
    OrderKind,
    OutgoingKind,
    ParkReason,
    Platform,
    Progress,
    Support,
    Why,
)

KEEP_COMPLETED = "keep_completed"
"""Key of Account.settings: `yes` keeps the copies of conversations that the platform has deleted."""
SNIPPET_CHARS = 200
"""Longest text that a list row carries."""


class StatusChoice(msgspec.Struct, frozen=True, kw_only=True):
    """One status of a platform's own list, in the order in which orders usually pass them."""

    value: str
    label: str
    progress: Progress
    selectable: bool = True
    on_path: bool = True
    """False for side exits such as 'cancelled', which the timeline shows only when reached."""
    kinds: tuple[OrderKind, ...] = ()
    """The kinds of orders that have it, where an account has orders of several; empty: all."""
    after: tuple[str, ...] = ()
    """Statuses after which it may be chosen, where a platform has a table of them; empty: after any."""


class FileRule(msgspec.Struct, frozen=True, kw_only=True):
    """Which files a server takes at one place.

    types: what it wants declared, by lower-case extension; empty: any file, as it is. with_text: a message
    that carries one has a text of its own beside it.
    """

    most_bytes: int
    types: dict[str, str] = {}
    with_text: bool = False


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What works for one account, here and now; kept with the account so that it also holds offline."""

    features: dict[Feature, Support] = {}
    statuses: tuple[StatusChoice, ...] = ()
    message_limit_chars: int = 4000
    sends_per_minute: int | None = None
    why: dict[Feature, Why] = {}
    """Why a feature that is not there is not there."""
    offers: tuple[Offer, ...] = ()
    finds: tuple[FindOffer, ...] = ()
    message_fields: tuple[FieldAsked, ...] = ()
    """What the composer asks for beside the text: keys `subject` and `topic` of Extras."""
    message_files: FileRule | None = None
    """Which files a message may carry; None: none."""
    order_files: FileRule | None = None
    """Which files may be added to an order; None: none."""

    def has(self, feature: Feature) -> bool:
        """True where the feature is known to work."""
        return self.features.get(feature, Support.NO) is Support.YES


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """One sign-in at one server of one platform. `server_url` has no path and no trailing slash."""

    id: AccountId
    platform: Platform
    server_url: str
    login: str
    user_id: RemoteId
    role: str
    name: str
    plain_http_consent: bool = False
    added_at_us: int
    capabilities: Capabilities = Capabilities()
    seat: str = ""
    """As whom the person asked to sign in, where a login has several roles: part of the account's identity.

    `role` is what the server said last, and may change.
    """
    settings: dict[str, str] = {}
    """Settings of this account by key; see PlatformPlugin.settings, and KEEP_COMPLETED."""


class OrderField(msgspec.Struct, frozen=True):
    """One line of the order panel. `key` is a stable English word that the window translates."""

    key: str
    value: str


class Participant(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody on an order; `role` is a stable English word such as customer or moderator."""

    remote_id: RemoteId
    name: str
    role: str


class OrderFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file that hangs on an order. `remote_name` addresses it; `name` is for reading only, never a path."""

    remote_name: str
    name: str
    content_type: str
    size_bytes: int


class StatusStep(msgspec.Struct, frozen=True, kw_only=True):
    """An order was seen in `status` from `at_us` on; 0 where the moment is not known."""

    status: str
    label: str
    at_us: int


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """The business object that a conversation hangs on."""

    id: OrderId
    account_id: AccountId
    remote_id: RemoteId
    kind: OrderKind
    number: str
    title: str
    customer: str
    status: str
    status_label: str
    progress: Progress
    created_at_us: int
    updated_at_us: int
    fields: tuple[OrderField, ...] = ()
    participants: tuple[Participant, ...] = ()
    files: tuple[OrderFile, ...] = ()
    history: tuple[StatusStep, ...] = ()
    conversation_id: ConversationId | None = None


class Snippet(msgspec.Struct, frozen=True, kw_only=True):
    """The last message of a conversation as a list row shows it; `text` is at most SNIPPET_CHARS long."""

    text: str
    own: bool
    kind: MessageKind
    state: DeliveryState
    at_us: int


class Conversation(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the conversation list, complete for painting: no further read is needed for it."""

    id: ConversationId
    account_id: AccountId
    remote_id: RemoteId
    title: str
    lifecycle: Lifecycle = Lifecycle.OPEN
    closed_why: ClosedWhy | None = None
    live_only: bool = False
    delete_at_us: int | None = None
    """When the copy kept here will be deleted, as the platform promises; None: it stays."""
    group: int | None = None
    """Conversations that the person has marked as being with the same customer share this number."""
    order_id: OrderId | None = None
    order_number: str = ""
    order_status_label: str = ""
    order_progress: Progress = Progress.UNKNOWN
    last: Snippet | None = None
    activity_at_us: int = 0
    unread: int = 0
    waiting_since_us: int | None = None
    """When the oldest unanswered message of the other side was written; None: nobody waits."""
    draft: str = ""
    """The beginning of what is written and not sent."""
    two_drafts: bool = False
    """Another text stands against it, and the person has to choose."""
    archived: bool = False
    muted: bool = False
    seen_cursor: Cursor | None = None
    """Newest cursor that the person has seen in the window."""


class Message(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One entry of a conversation. Shown in the order of (cursor, id)."""

    id: MessageId
    conversation_id: ConversationId
    remote_id: RemoteId | None
    cursor: Cursor
    sender_id: RemoteId
    sender_name: str
    own: bool
    kind: MessageKind
    text: str
    sent_at_us: int
    edited_at_us: int | None = None
    deleted: bool = False
    state: DeliveryState = DeliveryState.ACCEPTED
    assurance: Assurance | None = None
    outgoing_id: OutgoingId | None = None
    parked: ParkReason | None = None
    parked_detail: str = ""
    """What the server said of a parked one; of a queued one `held` or `scheduled`, where it is that."""
    extras: Extras = NO_EXTRAS
    expected_at_us: int | None = None
    """When a queued message will probably go (rate budget, back-off, a time that the person has chosen).

    None: as soon as online.
    """
    arrived_twice: bool = False


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """Unsent text of one conversation. `version` grows with every save and every send."""

    conversation_id: ConversationId
    version: int
    text: str
    saved_at_us: int
    other: str = ""
    """Another text that claims to be this draft, written elsewhere or come back with a copy; '' for none.

    Both are kept until the person has chosen.
    """


class Outgoing(msgspec.Struct, frozen=True, kw_only=True):
    """One intention of the person, kept until the platform has carried it out.

    `target` is what it is about besides the conversation: a remote message id (delete, report), a cursor
    (mark_read), `old>new` statuses (change_status); empty for a send. `text` of a report is its reason.
    An upload brings a file to an order; `text` is what the file is called.
    """

    id: OutgoingId
    account_id: AccountId
    conversation_id: ConversationId | None
    conversation_remote_id: RemoteId
    kind: OutgoingKind
    text: str
    target: str = ""
    order_id: OrderId | None = None
    order_remote_id: RemoteId | None = None
    order_number: str = ""
    state: DeliveryState
    position: int
    """Turn within the account: what was pressed first has the smaller number."""
    created_at_us: int
    changed_at_us: int
    attempts: int = 0
    repeats: int = 0
    """Automatic repeats after a proven absence; limited by the rules of the platform."""
    not_before_us: int = 0
    """Wall-clock hint for the window; the engine itself waits on monotonic time."""
    message_id: MessageId | None = None
    parked: ParkReason | None = None
    detail: str = ""
    """What the server said, cleaned and shortened to 300 characters."""
    approved: bool = False
    """The person has said that an old item may go."""
    urgent: bool = False
    """Before the sends of other conversations; never before an earlier one of its own."""
    message_kind: MessageKind = MessageKind.TEXT
    extras: Extras = NO_EXTRAS
    staged: str = ""
    """Name of the copy of its file among those of the profile (store.staging); empty: it brings none.

    The first attachment of `extras` says what the file is called, and has an address once it was uploaded.
    """


class Staged(msgspec.Struct, frozen=True, kw_only=True):
    """A copy of a file, whole and on disk, for an intention that is about to be pressed.

    id: of that intention. name: of the copy among those of the profile. sha256: of its bytes, as hex.
    """

    id: OutgoingId
    name: str
    size_bytes: int
    sha256: str


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One try at an intention, on disk before its first byte leaves."""

    outgoing_id: OutgoingId
    number: int
    client_id: str
    epoch: int
    step: str
    watermark: tuple[RemoteId, ...]
    watermark_complete: bool
    started_at_us: int


class Notification(msgspec.Struct, frozen=True, kw_only=True):
    """Something that the platform wants the account to know."""

    account_id: AccountId
    remote_id: RemoteId
    title: str
    text: str
    at_us: int
    unread: bool
    conversation_remote_id: RemoteId | None = None
    gone: bool = False
    """Deleted at the server: it leaves the list."""
