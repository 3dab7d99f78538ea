"""What the engine wants of an adapter, one struct per kind of goal."""

from __future__ import annotations

import msgspec

from chatdesk.domain.actions import NO_EXTRAS, Action, Extras, Lookup
from chatdesk.domain.ids import Cursor, OutgoingId, RemoteId
from chatdesk.domain.kinds import MessageKind


class SignIn(msgspec.Struct, frozen=True, tag=True):
    """Exchange login and password for tokens and an identity."""

    password: str
    role: str = ""
    """As whom, where a login may have several roles; empty: as the account, or the platform's usual one."""
    otp: str = ""
    """A one-time code instead of the password, where the platform sends one."""
    remember: bool = True
    """The person stays signed in beyond this run: where the platform has a longer life for such tokens."""

    def __repr__(self) -> str:
        """Hides the password from logs and tracebacks."""
        return "SignIn(...)"


class AskForOtp(msgspec.Struct, frozen=True, tag=True):
    """Have the platform send a one-time code to the login (a phone number) of the account."""


class SignOut(msgspec.Struct, frozen=True, tag=True):
    """Tell the server that the tokens are no longer wanted."""


class Connected(msgspec.Struct, frozen=True, tag=True):
    """A socket that the server has accepted, with a good token."""


class FreshLists(msgspec.Struct, frozen=True, tag=True):
    """Orders and conversations as the server lists them now."""


class FreshOrder(msgspec.Struct, frozen=True, tag=True):
    """One order in full. `order` is empty where only the number is known (after a Stale)."""

    order: RemoteId
    number: str


class FreshHead(msgspec.Struct, frozen=True, tag=True):
    """The newest messages of a conversation, back to `known` (or one page when empty).

    known: ids that are known already; the read may stop as soon as it meets one.
    complete: read until one chain covers everything newer than `known` and the totals agree (the window of
    reconciling); with `known` empty: the whole conversation.
    """

    conversation: RemoteId
    known: frozenset[RemoteId] = frozenset()
    complete: bool = False


class OlderPage(msgspec.Struct, frozen=True, tag=True):
    """About `Limits.head_page` messages before a cursor, toward the start of the conversation."""

    conversation: RemoteId
    before: Cursor
    held: int
    """How many messages newer than or at `before` are known here: a hint for page numbers."""
    many: bool = False
    """As many as the platform gives without harm, for who wants all of them."""


class Joined(msgspec.Struct, frozen=True, tag=True):
    """Pushes of this conversation reach this connection."""

    conversation: RemoteId


class SendText(msgspec.Struct, frozen=True, tag=True):
    """A text on its way; `client_id` is the outgoing id."""

    conversation: RemoteId
    outgoing_id: OutgoingId
    client_id: str
    text: str
    kind: MessageKind = MessageKind.TEXT
    extras: Extras = NO_EXTRAS
    approved: bool = False
    """The person has said that it shall go now, though it waited or asked."""


class MarkRead(msgspec.Struct, frozen=True, tag=True):
    """Tell the others that everything up to a cursor was read."""

    conversation: RemoteId
    cursor: Cursor


class DeleteMessage(msgspec.Struct, frozen=True, tag=True):
    """Delete an own message at the server; done as well when it is gone already."""

    conversation: RemoteId
    message: RemoteId


class Report(msgspec.Struct, frozen=True, tag=True):
    """Tell the platform's staff about a message; harmless when repeated."""

    conversation: RemoteId
    message: RemoteId
    reason: str


class ChangeStatus(msgspec.Struct, frozen=True, tag=True):
    """Set an order's status; refused as CHANGED_MEANWHILE when it is neither `old` nor `new` any more.

    check_first: read the order before (always after an unknown outcome).
    """

    order: RemoteId
    number: str
    old: str
    new: str
    check_first: bool = True


class Typing(msgspec.Struct, frozen=True, tag=True):
    """Tell the others that we type, or no longer do."""

    conversation: RemoteId
    on: bool


class Probe(msgspec.Struct, frozen=True, tag=True):
    """Find out what this server offers beyond the recorded behaviour.

    The first step is a Call that needs no token. Its verdict is stored where the server is one of this
    platform, refused where it answers as something else: the connection test does this one step, no more.
    """


class FreshNotifications(msgspec.Struct, frozen=True, tag=True):
    """The platform's notifications, newest page."""


class Watched(msgspec.Struct, frozen=True, tag=True):
    """What happens to an order (status, position) reaches us while somebody looks at it.

    Asked anew after every connect, and about once a minute. Done at once where a platform has no such thing.
    """

    order: RemoteId
    conversation: RemoteId


class Unwatched(msgspec.Struct, frozen=True, tag=True):
    """Nobody looks at this order any more: a stream of it may be closed."""

    order: RemoteId


class Act(msgspec.Struct, frozen=True, tag=True):
    """An action of the person, now. Its changing step commits; its answer carries the Result."""

    action: Action


class Find(msgspec.Struct, frozen=True, tag=True):
    """A look-up of the person, now. No step commits; the last stored verdict carries the Result."""

    lookup: Lookup


GoalKind = (
    SignIn
    | SignOut
    | Connected
    | FreshLists
    | FreshOrder
    | FreshHead
    | OlderPage
    | Joined
    | SendText
    | MarkRead
    | DeleteMessage
    | ChangeStatus
    | Typing
    | Probe
    | FreshNotifications
    | AskForOtp
    | Report
    | Watched
    | Unwatched
    | Act
    | Find
)


class Goal(msgspec.Struct, frozen=True):
    """A goal under way. `token` is unique in the process, so an adapter can keep its progress under it."""

    token: int
    kind: GoalKind
