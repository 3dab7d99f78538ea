"""The adapter contract: what the engine needs from a platform, and what a platform may assume.

An adapter is pure but for its client. The engine asks `next` what to do for a goal, has the client do the
step, hands what arrives to `read`, takes over the facts and events of the reading, and asks again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Any, Protocol

import msgspec

from chatdesk.domain.actions import NO_EXTRAS, Action, Extras, FieldAsked, Lookup, Result
from chatdesk.domain.entities import Capabilities
from chatdesk.domain.events import Event
from chatdesk.domain.ids import Cursor, OutgoingId, RemoteId
from chatdesk.domain.kinds import Assurance, KeyGrade, MessageKind, NoticeCode, ParkReason, Platform

Json = Any
"""A JSON value as the decoder gives it: only `translate` looks inside."""


# -- limits: the numbers of a platform ---------------------------------------------------------------------


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers of one platform; each adapter fills them in its limits.py. All times in milliseconds."""

    step_timeout_ms: int = 15_000
    connect_timeout_ms: int = 10_000
    quiet_ms: int = 10_000
    """Time after a hard close before a read may prove that a send did not arrive."""
    typing_repeat_ms: int = 3_000
    typing_stop_ms: int = 3_000
    typing_expire_ms: int = 6_000
    presence_expire_ms: int = 300_000
    watchdog_margin_ms: int = 5_000
    """No packet for the server's ping interval plus this: the link is dead."""
    ping_interval_ms: int = 25_000
    poll_ms: int = 30_000
    refresh_lists_ms: int = 300_000
    token_margin_ms: int = 600_000
    """Refresh a token this long before it expires."""
    head_page: int = 50
    message_limit_chars: int = 4_000
    sends_per_minute: int | None = None
    max_repeats: int = 1
    """Automatic repeats of one send after its absence was proved."""
    read_marks_all: bool = True
    """A read mark tells the server that everything was read: it goes only once the conversation is caught
    up on this connection and nothing newer from others is known.
    """


# -- facts -------------------------------------------------------------------------------------------------


class Secrets(msgspec.Struct, frozen=True):
    """Tokens of an account; in the keyring or in memory, never in the database or a log."""

    access: str = ""
    refresh: str = ""

    def __repr__(self) -> str:
        """Hides the tokens from logs and tracebacks."""
        return "Secrets(...)"


class AccountFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an account before any connection."""

    server_url: str
    login: str
    user_id: RemoteId = RemoteId("")
    role: str = ""
    name: str = ""
    secrets: Secrets = Secrets()
    seat: str = ""
    """As whom the person asked to sign in; see Account.seat."""
    settings: Mapping[str, str] = MappingProxyType({})
    """Settings of the account; see PlatformPlugin.settings."""


class Learnt(msgspec.Struct, frozen=True):
    """A fact learnt of a server that outlives connections; wall clock, since it outlives the process too."""

    value: str
    expires_at_us: int


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """All that an adapter may base a decision on. `read` makes new ones; the engine sets the first four."""

    now_ms: int = 0
    """Engine time: monotonic."""
    now_us: int = 0
    """Wall clock, for tokens that name a time and for learnt facts."""
    epoch: int = 0
    """Number of the connection; what was learnt on an older one is void."""
    online: bool = False
    """The socket is connected and accepted."""
    account: AccountFacts
    learnt: Mapping[str, Learnt] = MappingProxyType({})
    own: Any = None
    """The adapter's own frozen struct (rooms joined, reads under way, ...); opaque to the engine."""


# -- goals -------------------------------------------------------------------------------------------------


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


# -- steps -------------------------------------------------------------------------------------------------


class Emit(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Send one Socket.IO event. timeout_ms 0: nothing is awaited; the step is over once it is handed over."""

    event: str
    args: tuple[Json, ...]
    lane: str | None = None
    timeout_ms: int = 0
    commits: bool = False
    note: str = ""


class FilePart(msgspec.Struct, frozen=True, kw_only=True):
    """One file of a multipart request, streamed from a staged copy."""

    field: str
    filename: str
    content_type: str
    path: str


class Call(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """One HTTP exchange. `path` starts at the host's root; query values may repeat a name."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: Json = None
    """JSON body; None: no body at all."""
    headers: tuple[tuple[str, str], ...] = ()
    """Authorization included; the client adds none. Never shown in a log."""
    file: FilePart | None = None
    form: tuple[tuple[str, str], ...] = ()
    """Further text parts of a multipart request; only beside `file`."""
    save_to: str = ""
    """A path of ours that a 2xx body is streamed to; its Answer has body None. Other bodies come as usual."""
    most_bytes: int = 0
    """With `save_to`: a longer body is given up as NoAnswer(reason='too_large'); 0: 50 MB."""
    lane: str | None = None
    timeout_ms: int = 15_000
    commits: bool = False
    note: str = ""
    """A word for ledger and log such as 'send' or 'history'; also lets `read` know its own step."""

    def __repr__(self) -> str:
        """Hides headers and body from logs and tracebacks."""
        return f"Call({self.method} {self.path}, note={self.note!r})"


class Connect(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Open the socket. `auth` is the payload of the namespace connect packet."""

    socketio_path: str = "socket.io"
    auth: Json = None
    headers: tuple[tuple[str, str], ...] = ()
    transports: tuple[str, ...] = ("websocket", "polling")
    timeout_ms: int = 10_000
    commits: bool = False
    lane: str | None = None
    note: str = "connect"

    def __repr__(self) -> str:
        """Hides the token from logs and tracebacks."""
        return f"Connect(/{self.socketio_path})"


class Listen(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Open a stream of server-sent events and keep it open beside the socket.

    A 2xx answer of type text/event-stream gives Accepted for this step; each `data` line that parses as JSON
    then comes as Packet(event=STREAM_EVENT, args=(path, data)), the end of it as
    Packet(event=STREAM_ENDED, args=(path,)). Any other answer gives Answer, none at all NoAnswer. A second
    Listen on the same path takes the place of the first; `close` and `drop_link` end all of them. The end of
    each is told once, whoever ended it, before anything that follows on its path; only `close` tells nothing.
    """

    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    timeout_ms: int = 10_000
    commits: bool = False
    lane: str | None = None
    note: str = "listen"

    def __repr__(self) -> str:
        """Hides headers from logs and tracebacks."""
        return f"Listen({self.path})"


class Unlisten(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Close the stream of a path, if there is one; HandedOver follows."""

    path: str
    timeout_ms: int = 2_000
    commits: bool = False
    lane: str | None = None
    note: str = "unlisten"


STREAM_EVENT = "\x00stream"
STREAM_ENDED = "\x00stream-ended"
"""Names that no Socket.IO event can have here: the link drops events that begin with U+0000."""

Step = Emit | Call | Connect | Listen | Unlisten


class Wait(msgspec.Struct, frozen=True, tag=True):
    """Nothing can be done now; ask again after so long, or as soon as facts change.

    why: a stable English word that the window shows with a send that waits (recipient_away); such a send
    gives its place to others until then.
    """

    ms: int
    why: str = ""


class Done(msgspec.Struct, frozen=True, tag=True):
    """The goal is reached. For a committing goal: its last verdict said so."""


class Parked(msgspec.Struct, frozen=True, tag=True):
    """The goal can't be reached without the person (sends), or not at all (reads)."""

    reason: ParkReason
    detail: str = ""


class NeedsPassword(msgspec.Struct, frozen=True, tag=True):
    """Only the person can help: the token is void and no refresh mends it."""

    code: NoticeCode = NoticeCode.AUTH_REQUIRED
    detail: str = ""
    retry_after_ms: int | None = None


Next = Emit | Call | Connect | Listen | Unlisten | Wait | Done | Parked | NeedsPassword


# -- what arrives ------------------------------------------------------------------------------------------


class OpenStep(msgspec.Struct, frozen=True):
    """A step that was begun and has no verdict yet."""

    id: int
    goal: Goal
    step: Step


class Accepted(msgspec.Struct, frozen=True, tag=True):
    """The server has accepted the socket. The engine has already raised `facts.epoch` and set `online`."""

    step_id: int


class ConnectRefused(msgspec.Struct, frozen=True, tag=True):
    """The server has refused the socket with words (`server_words`), or the transport failed (None)."""

    step_id: int
    server_words: str | None


class LinkLost(msgspec.Struct, frozen=True, tag=True):
    """The socket is gone; rooms and everything of the epoch with it. `online` is False already.

    Right after it the engine hands over a NoAnswer(left=True, reason='cut') for every Emit still open.
    """


class Packet(msgspec.Struct, frozen=True, tag=True):
    """One Socket.IO event."""

    event: str
    args: tuple[Json, ...]


class HandedOver(msgspec.Struct, frozen=True, tag=True):
    """The event of an Emit with timeout_ms 0 was given to the socket."""

    step_id: int


class Answer(msgspec.Struct, frozen=True, tag=True):
    """An HTTP answer. `body`: decoded JSON where the content type says JSON and it parses, else text."""

    step_id: int
    status: int
    is_json: bool
    body: Json
    headers: Mapping[str, str] = MappingProxyType({})
    """Lower-case names."""


class NoAnswer(msgspec.Struct, frozen=True, tag=True):
    """A step ended without an answer.

    left: bytes may have left this machine; False only where that is certain (no connection was made, or the
    socket was known to be down before the emit).
    The client makes it for what it saw itself. The engine makes it for a step that had no verdict after its
    timeout_ms (reason 'timeout'), for open Emits at LinkLost, and for a step whose goal was cancelled.
    reason: timeout, cut, unreachable, tls, redirect (to another origin: not followed), cancelled, too_large
    (an answer, or an event of ours, beyond what any platform takes), disk (a file of ours could not be read
    or written).
    """

    step_id: int
    left: bool
    reason: str


class GoalEnded(msgspec.Struct, frozen=True, tag=True):
    """The engine has dropped a goal (done, parked or cancelled): its progress may be forgotten."""

    token: int


Arrived = Accepted | ConnectRefused | LinkLost | Packet | HandedOver | Answer | NoAnswer | GoalEnded


# -- readings ----------------------------------------------------------------------------------------------


class VerdictStored(msgspec.Struct, frozen=True, tag=True):
    """The step did what it should; for a send: stored under this id, or relayed with this assurance."""

    step_id: int
    remote_id: RemoteId | None = None
    assurance: Assurance = Assurance.STORED
    result: Result | None = None
    """What an Act or a Find has brought."""


class VerdictRefused(msgspec.Struct, frozen=True, tag=True):
    """The server will not, definitely."""

    step_id: int
    reason: ParkReason
    detail: str = ""


class VerdictLater(msgspec.Struct, frozen=True, tag=True):
    """Definitely not done; may be tried again after `ms` (0: as soon as `next` names a step).

    On a committing step `ms` > 0 from the server's own words (429, Retry-After) rests all sends of the
    account. 0 for what merely failed on the way: the engine has its own back-off, and never does the same
    step twice at once.
    """

    step_id: int
    ms: int
    detail: str = ""


class VerdictUnknown(msgspec.Struct, frozen=True, tag=True):
    """It may have been stored, or not."""

    step_id: int
    detail: str = ""


Verdict = VerdictStored | VerdictRefused | VerdictLater | VerdictUnknown


class Reading(msgspec.Struct, frozen=True):
    """What a packet or an answer means.

    Events of an Answer are stamped with the moment at which the first step of its goal began. The messages of
    a FreshHead or OlderPage may come step by step, but the WindowRead comes once, beside the last of them.
    TokensChanged and IdentityKnown are taken over into `facts.account` by the engine (refresh None:
    unchanged); an adapter may have done so already.
    """

    facts: Facts
    events: tuple[Event, ...] = ()
    verdicts: tuple[Verdict, ...] = ()


# -- the ports ---------------------------------------------------------------------------------------------


class Adapter(Protocol):
    """One platform, pure. Never touches the store, the clock, the network or the window."""

    @property
    def platform(self) -> Platform:
        """Which of the five it is."""
        ...

    @property
    def limits(self) -> Limits:
        """Its numbers."""
        ...

    def facts(self, account: AccountFacts, learnt: Mapping[str, Learnt]) -> Facts:
        """The facts to start with."""
        ...

    def capabilities(self, facts: Facts) -> Capabilities:
        """What works here, now."""
        ...

    def key_grade(self, facts: Facts) -> KeyGrade:
        """What a client id on a send is worth at this server."""
        ...

    def next(self, goal: Goal, facts: Facts) -> Next:
        """The next thing to do for a goal; asked again after each reading.

        At most one step of a goal commits.
        """
        ...

    def read(self, arrived: Arrived, open_steps: tuple[OpenStep, ...], facts: Facts) -> Reading:
        """What something that arrived means. Never raises: what it can't use becomes a `Dropped`.

        Every step gets exactly one verdict: from its Answer, NoAnswer, HandedOver, Accepted or
        ConnectRefused, or from a Packet that answers it. A lost answer to a committing step is unknown, to
        any other later.
        """
        ...

    def normalise(self, text: str) -> str:
        """The text as this server stores it; two texts are the same message when these are equal."""
        ...


Listener = Callable[[Arrived], None]


class Client(Protocol):
    """Moves bytes for one account and decides nothing. Lives on the network loop.

    Everything that happens is handed to `listener` in the order in which it happened, on the loop, also the
    results of `perform`. Never raises for the world's doing.
    """

    listener: Listener | None

    async def perform(self, step_id: int, step: Step) -> None:
        """Do one step; its result goes to the listener before this returns.

        For an Emit with timeout_ms > 0 there is nothing to hand over (but NoAnswer(left=False) if the socket
        is down): a Packet answers it. Cancelled when the engine's time is up: release what the step used.
        """
        ...

    def last_heard_ms(self) -> int | None:
        """When the socket last brought an Engine.IO packet of any kind, pings and pongs included.

        On the running loop's monotonic clock (`int(loop.time() * 1000)`), so its age is that clock's now less
        this. None: no socket is up. For the watchdog of half-open links: the listener sees no pings.
        """
        ...

    async def drop_link(self) -> None:
        """Close the socket, if any; LinkLost goes to the listener if it was up."""
        ...

    async def abort_commits(self) -> None:
        """Close every connection that carried a committing step hard (SO_LINGER 1,0), the socket included.

        Nothing of it is delivered later; steps under way on them end with NoAnswer. Such connections carry
        the option from their first byte, so that the death of the process closes them hard too.
        """
        ...

    async def close(self) -> None:
        """Release everything; nothing reaches the listener afterwards."""
        ...


class SignInForm(msgspec.Struct, frozen=True, kw_only=True):
    """What the sign-in dialog asks for.

    roles: (value of SignInRequest.role, stable English word) where a login has several roles; empty: none is
    asked, and a `seat` stays empty. otp: a code sent to a phone may be used instead of the password; the
    login is then the phone number.
    """

    roles: tuple[tuple[str, str], ...] = ()
    otp: bool = False


class PlatformPlugin(msgspec.Struct, frozen=True, dict=True):
    """What `platforms.registry` offers main for one platform: all that the window asks is here at once.

    `load` imports the platform's rules, `make_client` the network stack: both late, on the network thread.
    """

    platform: Platform
    title: str
    default_port: int
    load: Callable[[], Adapter]
    """Makes the adapter; use `adapter`, which calls it once."""
    make_client: Callable[[str, Limits], Client]
    """(server_url, limits) -> client; called on the network thread only."""
    sign_in: SignInForm = SignInForm()
    settings: tuple[FieldAsked, ...] = ()
    """Settings of one account, beside its sign-in; keys of Account.settings."""
    forgets_completed: bool = False
    """The platform promises that chats are deleted after completion: the copy here is deleted too, unless
    the person has set otherwise.
    """

    @cached_property
    def adapter(self) -> Adapter:
        """The platform's rules; the first use loads them, so not before the window stands."""
        return self.load()


class Vault(Protocol):
    """Where tokens live. Implemented over the keyring in `desktop`; may keep them in memory only."""

    def load(self, key: str) -> Awaitable[Secrets | None]:
        """The secrets under a key, or None; never blocks a loop, at most 2 s."""
        ...

    def save(self, key: str, secrets: Secrets) -> Awaitable[bool]:
        """Keep them. False: no keyring answered in time, they are kept until the program quits."""
        ...

    def delete(self, key: str) -> Awaitable[None]:
        """Forget them."""
        ...


def vault_key(server_url: str, platform: Platform, login: str, seat: str = "") -> str:
    """The name under which an account's secrets are kept."""
    return f"{platform.value}|{server_url}|{login}" + (f"|{seat}" if seat else "")
