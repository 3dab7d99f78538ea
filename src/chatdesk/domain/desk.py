"""What services, engine and window may ask of the store and of the engines, as Protocols.

The concrete parts are `store.Store` and `sync.EngineHost`; main hands them around.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import msgspec

from chatdesk.domain.actions import NO_EXTRAS, Action, Attachment, Extras, Lookup, Result
from chatdesk.domain.changes import Commit, News
from chatdesk.domain.entities import (
    Account,
    Capabilities,
    Conversation,
    Draft,
    Message,
    Notification,
    Order,
    Outgoing,
    Staged,
)
from chatdesk.domain.events import Stamped
from chatdesk.domain.facts import Learnt
from chatdesk.domain.ids import (
    AccountId,
    ConversationId,
    Cursor,
    MessageId,
    OrderId,
    OutgoingId,
    RemoteId,
)
from chatdesk.domain.kinds import MessageKind, Platform, SignInState
from chatdesk.domain.outbox import Event as OutboxEvent

T = TypeVar("T")
PAGE_ROWS = 64
"""Most rows of one synchronous page read on the GUI thread."""


class Snapshot(msgspec.Struct, Generic[T], frozen=True):
    """Rows and the number of the newest commit that they contain, from one read transaction."""

    commit: int
    rows: tuple[T, ...]


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Messages in reading order (cursor, id), oldest first.

    has_older / has_newer: whether the database holds more on that side.
    gap_before: the server has, or may have, messages between this page's first row and the next older row
    here (or the start of the conversation) that were never fetched.
    """

    commit: int
    messages: tuple[Message, ...]
    has_older: bool
    has_newer: bool
    gap_before: bool


class NewAccount(msgspec.Struct, frozen=True, kw_only=True):
    """What sign-in has found out; becomes an Account."""

    platform: Platform
    server_url: str
    login: str
    user_id: RemoteId
    role: str
    name: str
    plain_http_consent: bool
    capabilities: Capabilities
    seat: str = ""
    settings: dict[str, str] = {}


class Removal(msgspec.Struct, frozen=True, kw_only=True):
    """What removing an account would delete, for the words of the question."""

    conversations: int
    messages: int
    drafts: int
    queued: int
    """Sends that have not left."""
    undecided: int
    """Sends that are uncertain or parked."""


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """What to look for among the messages: any text is only words, and a message must have them all.

    The last word may be the beginning of one (from two letters on). Words in quotation marks must stand side
    by side. conversation, account: only there.
    """

    text: str
    conversation: ConversationId | None = None
    account: AccountId | None = None


class SearchPlace(msgspec.Struct, frozen=True):
    """Where a page of hits ended; only `DeskStore.search` reads it. Any commit in between does no harm."""

    newest_key: int
    oldest_key: int
    sent_at_us: int
    message: MessageId


class SearchHit(msgspec.Struct, frozen=True, kw_only=True):
    """A message that was found."""

    message: MessageId
    """`Reader.page_around` shows it in its place."""
    conversation: ConversationId
    account: AccountId
    sent_at_us: int
    sender_name: str
    own: bool
    kind: MessageKind
    snippet: str
    """One line of plain text around the first place, never markup; cut-off ends have an ellipsis."""
    marks: tuple[tuple[int, int], ...]
    """What was found in `snippet`, as (begin, length) in UTF-16 code units, as Qt counts; in order."""


class SearchPage(msgspec.Struct, frozen=True, kw_only=True):
    """Hits, newest first, and where the next page goes on."""

    hits: tuple[SearchHit, ...]
    """May be fewer than were asked for, or none, although there are more: the time for one page was up."""
    next: SearchPlace | None
    """None: that was all."""
    unread: int = 0
    """So many messages came here of late, are not in the index yet, and were not looked at."""
    of: int = 0
    """About so many messages there are in all; told where some were not looked at."""


class KnownConversation(msgspec.Struct, frozen=True, kw_only=True):
    """What the engine needs of one conversation."""

    id: ConversationId
    remote_id: RemoteId
    order_remote_id: RemoteId | None
    newest_cursor: Cursor | None
    newest_ids: tuple[RemoteId, ...]
    """Up to 50 remote ids of the newest stored messages: where a head read may stop."""
    head_complete: bool
    """No gap is known between the newest stored messages."""
    open_writes: bool
    """Lifecycle allows writing."""
    activity_at_us: int


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """What of a conversation is here without a hole, from one place down; see EngineStore.coverage."""

    oldest: Cursor
    """Where it begins; empty: with the conversation itself."""
    newest: Cursor
    """The newest message here."""
    held: int
    """Messages here from `oldest` up to `newest`."""
    back_to_us: int
    """When the first of them was sent."""

    @property
    def whole(self) -> bool:
        """Whether nothing is older."""
        return not self.oldest


class Reader(Protocol):
    """Synchronous reads on a read-only connection that belongs to one thread (the GUI's).

    Every call is bounded: at most PAGE_ROWS rows by key, or one row.
    """

    def newest_page(self, conversation: ConversationId, limit: int = PAGE_ROWS) -> Page:
        """The newest messages."""
        ...

    def older_page(
        self, conversation: ConversationId, before: tuple[Cursor, MessageId], limit: int = PAGE_ROWS
    ) -> Page:
        """Messages just before a position."""
        ...

    def newer_page(
        self, conversation: ConversationId, after: tuple[Cursor, MessageId], limit: int = PAGE_ROWS
    ) -> Page:
        """Messages just after a position."""
        ...

    def page_around(self, conversation: ConversationId, message: MessageId, limit: int = PAGE_ROWS) -> Page:
        """Messages around one; empty when the message is unknown."""
        ...

    def first_since(self, conversation: ConversationId, at_us: int) -> MessageId | None:
        """The first placed message sent at a moment or later, or the newest; None where there is none."""
        ...

    def stretches(self, conversation: ConversationId) -> tuple[tuple[str, str], ...]:
        """What of a conversation is here without a hole, as (first, last) cursor; '' for its start."""
        ...

    def message(self, message: MessageId) -> Message | None:
        """One message."""
        ...

    def conversation(self, conversation: ConversationId) -> Conversation | None:
        """One list row."""
        ...

    def order(self, order: OrderId) -> Order | None:
        """One order in full."""
        ...

    def linked(self, conversation: ConversationId) -> tuple[Conversation, ...]:
        """The other conversations with the same customer, most recently active first; at most 20."""
        ...

    def draft(self, conversation: ConversationId) -> Draft:
        """The draft; version 0 and empty text when there was never one."""
        ...

    def setting(self, key: str) -> str | None:
        """One remembered setting of the window (geometry, last conversation, theme)."""
        ...

    def first_conversations(self, limit: int = PAGE_ROWS) -> Snapshot[Conversation]:
        """The most recently active conversations: enough to paint the first screen."""
        ...

    def accounts(self) -> Snapshot[Account]:
        """All accounts (a handful)."""
        ...

    def close(self) -> None:
        """Close the connection."""
        ...


class DeskStore(Protocol):
    """What services ask. Futures complete on store threads: await them with asyncio.wrap_future.

    Futures fail with the WorldErrors of domain.errors; a failed write changed nothing.
    """

    def reader(self) -> Reader:
        """A reader for the calling thread; open one per thread and keep it."""
        ...

    def subscribe(self, listener: Callable[[Commit], None]) -> Callable[[], None]:
        """Call `listener` with every commit, in order, on the writer thread; it must only enqueue.

        Returns the function that ends it.
        """
        ...

    # lists, read off the GUI thread
    def conversations(self) -> Future[Snapshot[Conversation]]:
        """Every conversation of every account."""
        ...

    def orders(self) -> Future[Snapshot[Order]]:
        """Every order of every account."""
        ...

    def outbox(self) -> Future[Snapshot[Outgoing]]:
        """Every unsettled intention, in the order of pressing."""
        ...

    def notifications(self, account: AccountId) -> Future[Snapshot[Notification]]:
        """Newest first, at most 200."""
        ...

    def accounts(self) -> Future[Snapshot[Account]]:
        """All accounts."""
        ...

    def search(self, wanted: Search, after: SearchPlace | None = None, limit: int = 20) -> Future[SearchPage]:
        """The newest `limit` hits (of those after `after`), read on a thread of its own.

        Cancelling the future ends the search at once. Every page has a time to be done in.
        """
        ...

    # what a person does; `FULL` = on disk, fsynced, before the future completes
    def add_account(self, new: NewAccount) -> Future[Account]:
        """Add an account, or update the one with the same platform, server, user id and seat."""
        ...

    def remove_account(self, account: AccountId) -> Future[None]:
        """Delete an account and everything of it but its ledger."""
        ...

    def removal_of(self, account: AccountId) -> Future[Removal]:
        """What `remove_account` would delete."""
        ...

    def set_account_settings(self, account: AccountId, settings: Mapping[str, str]) -> Future[Account]:
        """Replace the settings of an account; its engine takes them up when it starts anew."""
        ...

    def link_customer(self, one: ConversationId, other: ConversationId) -> Future[None]:
        """Mark two conversations (and all that are linked with them already) as with the same customer."""
        ...

    def unlink_customer(self, conversation: ConversationId) -> Future[None]:
        """Take one conversation out of its group; a group of one is none."""
        ...

    def keep_copy(self, conversation: ConversationId) -> Future[None]:
        """Do not delete the copy of a conversation that its platform has deleted."""
        ...

    def delete_copy(self, conversation: ConversationId) -> Future[None]:
        """Delete the copy of a conversation that its platform has deleted, now.

        NotPossible while the platform still has it, or while anything of it is queued, uncertain, parked or
        drafted.
        """
        ...

    def delete_due(self, now_us: int) -> Future[int]:
        """`delete_copy` for every conversation whose `delete_at_us` has come and that may go; how many."""
        ...

    def save_draft(
        self, conversation: ConversationId, version: int, text: str, other: str | None = None
    ) -> Future[Draft]:
        """FULL. Save the draft on top of `version`; the new version is returned.

        other: the text that stands against it from now on (Draft.other), '' for none; None: as it was.
        StaleDraft if another version is in the database: its text is kept, the error carries it.
        """
        ...

    def press_send(
        self,
        conversation: ConversationId,
        draft_version: int,
        text: str,
        kind: MessageKind = MessageKind.TEXT,
        extras: Extras = NO_EXTRAS,
        *,
        hold_us: int = 0,
        due_us: int = 0,
    ) -> Future[Outgoing]:
        """FULL. Message row `queued`, outbox row and emptied draft (next version) in one transaction.

        hold_us: for so long (at most 30 s) it may be taken back before it goes. due_us: the wall time at
        which it shall go; until then it holds nobody, then it counts as pressed at that time.
        StaleDraft when this draft version has been sent already.
        """
        ...

    def stage(self, source: Path | bytes, most_bytes: int) -> Future[Staged]:
        """Copy a file (or bytes) into the profile, whole and on disk, before anything is queued.

        FileRefused and DiskTrouble leave nothing behind. What is not pressed is swept at the next start.
        """
        ...

    def unstage(self, staged: Staged) -> None:
        """Remove a copy of which nothing was made. Does not wait."""
        ...

    def press_file(
        self,
        conversation: ConversationId,
        staged: Staged,
        file: Attachment,
        kind: MessageKind,
        text: str,
        *,
        hold_us: int = 0,
        draft_version: int | None = None,
    ) -> Future[Outgoing]:
        """FULL. Queue a message that brings a file: message row and outbox row in one transaction.

        file: name, type and size; its address is known once it was uploaded. The copy goes when the item is
        settled. hold_us: as for press_send. draft_version: of the draft that `text` is, which is emptied in
        the same transaction, as by press_send (StaleDraft); None: the draft stays as it is.
        """
        ...

    def intend_file(self, order: OrderId, staged: Staged, file: Attachment) -> Future[Outgoing]:
        """FULL. Queue a file for an order."""
        ...

    def take_back(self, outgoing: OutgoingId) -> Future[Draft]:
        """FULL. A send that has not left becomes the beginning of its conversation's draft again.

        NotPossible once it is on its way.
        """
        ...

    def intend_read(self, conversation: ConversationId, cursor: Cursor) -> Future[Outgoing | None]:
        """Remember what was seen, and tell the server. None when nothing newer than before was seen.

        An older unsent read mark of the conversation is replaced.
        """
        ...

    def intend_delete(self, message: MessageId) -> Future[Outgoing]:
        """FULL. Delete an own, accepted message at the server. NotPossible otherwise."""
        ...

    def intend_report(self, message: MessageId, reason: str) -> Future[Outgoing]:
        """FULL. Report somebody else's stored message to the platform's staff. NotPossible otherwise."""
        ...

    def intend_status(self, order: OrderId, new_status: str) -> Future[Outgoing]:
        """FULL. Change an order's status."""
        ...

    def advance(self, outgoing: OutgoingId, event: OutboxEvent) -> Future[Outgoing]:
        """FULL. One step of the outbox state machine with everything that follows from it.

        The message row follows the item, Started writes the attempt, Stored and Found bind the remote id (and
        merge a row that already carries it), every step writes the ledger. NotPossible when the state machine
        has no such step.
        """
        ...

    def conversation_of(self, account: AccountId, remote_id: RemoteId) -> Future[ConversationId | None]:
        """The local id of a conversation."""
        ...

    def set_archived(self, conversation: ConversationId, archived: bool) -> Future[None]:
        """Put away, or bring back."""
        ...

    def set_muted(self, conversation: ConversationId, muted: bool) -> Future[None]:
        """No notifications for it."""
        ...

    def put_setting(self, key: str, value: str) -> Future[None]:
        """Remember a setting of the window."""
        ...

    def message_info(self, message: MessageId) -> Future[tuple[tuple[int, str], ...]]:
        """The ledger's story of an own message: (wall time in us, plain English code) in order."""
        ...


class EngineStore(Protocol):
    """What an engine asks; same rules for Futures as DeskStore."""

    def account(self, account: AccountId) -> Future[Account]:
        """The account."""
        ...

    def apply(self, account: AccountId, events: Iterable[Stamped]) -> Future[int]:
        """Apply stamped events in one group commit (NORMAL); completes with its number once committed.

        A bad event is dropped and counted, never its batch. Conversations unknown to the account are not made
        by messages: those of unknown conversations are dropped and counted as foreign.
        """
        ...

    def known_conversations(self, account: AccountId) -> Future[tuple[KnownConversation, ...]]:
        """Conversations with what is known of their heads, most recently active first."""
        ...

    def unsettled(self, account: AccountId) -> Future[tuple[Outgoing, ...]]:
        """Every unsettled intention of the account, in the order of pressing."""
        ...

    def advance(self, outgoing: OutgoingId, event: OutboxEvent) -> Future[Outgoing]:
        """As DeskStore.advance."""
        ...

    def staged_file(self, name: str) -> Future[Path]:
        """Where the copy of an item's file lies, its bytes checked. Fails with FileRefused (LOST)."""
        ...

    def last_attempt_watermark(self, outgoing: OutgoingId) -> Future[tuple[frozenset[RemoteId], bool]]:
        """Watermark ids of the item's attempts (union) and whether each was complete."""
        ...

    def candidates(
        self, conversation: ConversationId, outside: frozenset[RemoteId]
    ) -> Future[tuple[Message, ...]]:
        """What an uncertain send may have become, in reading order.

        Own messages whose remote id is neither in `outside` nor bound to another local row.
        """
        ...

    def coverage(
        self, conversation: ConversationId, at: Cursor | None = None, since: Coverage | None = None
    ) -> Future[Coverage | None]:
        """What is here without a hole around a cursor (None: the newest message); None: no message is here.

        since: an earlier answer for the same conversation; only what is new is counted then.
        """
        ...

    def restart(self, account: AccountId) -> Future[tuple[Outgoing, ...]]:
        """FULL. Every in_flight item gets `Restarted`; the unsettled items are returned."""
        ...

    def learnt(self, account: AccountId) -> Future[Mapping[str, Learnt]]:
        """Facts learnt of the server that have not expired."""
        ...

    def put_learnt(self, account: AccountId, learnt: Mapping[str, Learnt]) -> Future[None]:
        """Keep learnt facts."""
        ...

    def dropped_counts(self, account: AccountId) -> Future[Mapping[str, int]]:
        """How many events of an account were ever not applied, by reason (foreign, bad)."""
        ...

    def put_capabilities(self, account: AccountId, capabilities: Capabilities) -> Future[None]:
        """Keep what works, so that it also holds offline."""
        ...

    def subscribe(self, listener: Callable[[Commit], None]) -> Callable[[], None]:
        """As DeskStore.subscribe."""
        ...

    def conversation_of(self, account: AccountId, remote_id: RemoteId) -> Future[ConversationId | None]:
        """The local id of a conversation."""
        ...


class SignInRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What a person typed to sign in. `server_url`: scheme, host and port only."""

    platform: Platform
    server_url: str
    login: str
    password: str
    plain_http_consent: bool = False
    keep_token: bool = True
    settings: dict[str, str] = {}
    role: str = ""
    """As whom, where the platform knows several roles per login; empty: its usual one."""
    otp: str = ""
    """A one-time code instead of the password, where the platform sends one."""

    def __repr__(self) -> str:
        """Hides the password from logs and tracebacks."""
        return f"SignInRequest({self.platform.value} {self.server_url} {self.login})"


class SignedIn(msgspec.Struct, frozen=True, kw_only=True):
    """The account that a sign-in made or renewed, and whether its token is kept in the keyring."""

    account: Account
    token_kept: bool


class ServerCheck(msgspec.Struct, frozen=True, kw_only=True):
    """What a connection test found.

    problem: unreachable, timeout, tls, redirect, not_this_platform or empty.
    """

    reachable: bool
    latency_ms: int | None = None
    problem: str = ""
    detail: str = ""


class Engines(Protocol):
    """All engines behind the network thread. Any method may be called from any thread; none waits."""

    def start(self) -> None:
        """Start the thread; it imports the network stack, then starts an engine for every account."""
        ...

    def stop(self, timeout_s: float = 5.0) -> None:
        """Stop all engines and join the thread."""
        ...

    def subscribe_news(self, listener: Callable[[News], None]) -> Callable[[], None]:
        """Call `listener` with all news, on the network thread (it must only enqueue)."""
        ...

    def check_server(
        self, platform: Platform, server_url: str, settings: Mapping[str, str] = ...
    ) -> Future[ServerCheck]:
        """Try to reach a server of a platform. settings: as they will be the account's."""
        ...

    def sign_in(self, request: SignInRequest) -> Future[SignedIn]:
        """Sign in, keep account and token, start (or renew) its engine. Fails with SignInRefused."""
        ...

    def ask_for_otp(
        self, platform: Platform, server_url: str, login: str, settings: Mapping[str, str] = ...
    ) -> Future[None]:
        """Have a one-time code sent. Fails with SignInRefused."""
        ...

    def sign_out(self, account: AccountId) -> Future[None]:
        """Stop the engine, forget the token, tell the server if it can be reached."""
        ...

    def act(self, account: AccountId, action: Action) -> Future[Result]:
        """Do what the person asks for, now. Fails with NotDone or NotKnown; never repeated by itself.

        What it changes is in the store, or on its way there, when it completes.
        """
        ...

    def find(self, account: AccountId, lookup: Lookup) -> Future[Result]:
        """Look something up at the server. Fails with NotDone. Nothing is stored."""
        ...

    def look_away(self, account: AccountId) -> None:
        """No conversation of this account is looked at any more."""
        ...

    def retry_now(self, account: AccountId | None = None) -> None:
        """Connect now instead of at the next back-off; None: all."""
        ...

    def opened(self, account: AccountId, conversation: RemoteId, order: RemoteId | None, number: str) -> None:
        """The person looks at a conversation: join it, read its head and its order."""
        ...

    def load_older(self, account: AccountId, conversation: RemoteId, before: Cursor, held: int) -> None:
        """Fetch a page of history before a cursor."""
        ...

    def load_whole(self, account: AccountId, conversation: RemoteId, wanted: bool) -> None:
        """Fetch all of a conversation in the background, now and after every start, until it is here.

        wanted False: no longer; what came stays. WholeHistoryMoved tells how far it has come.
        """
        ...

    def typing(self, account: AccountId, conversation: RemoteId, text_changed: bool) -> None:
        """A key was typed (True), or the composer was left or emptied (False); the engine paces it."""
        ...

    def check_uncertain(self, outgoing: OutgoingId, account: AccountId) -> None:
        """Look now whether an uncertain item has arrived."""
        ...

    def refresh(self, account: AccountId) -> None:
        """Read the lists again now."""
        ...

    def restart(self, account: AccountId) -> None:
        """Take up the account's settings as they are now: its engine is replaced."""
        ...

    def sign_in_state(self, account: AccountId) -> SignInState:
        """The newest known state."""
        ...
