"""The store: everything that chatdesk remembers, behind the two Protocols that its users know."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TypeVar

from chatdesk.domain.actions import NO_EXTRAS, Attachment, Extras
from chatdesk.domain.changes import Commit
from chatdesk.domain.desk import (
    Coverage,
    KnownConversation,
    NewAccount,
    Removal,
    Search,
    SearchPage,
    SearchPlace,
    Snapshot,
)
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
from chatdesk.domain.errors import DamagedDatabase, DiskTrouble, StoreProblem, WorldError
from chatdesk.domain.events import Stamped
from chatdesk.domain.facts import Learnt
from chatdesk.domain.health import Integrity
from chatdesk.domain.ids import AccountId, ConversationId, Cursor, MessageId, OrderId, OutgoingId, RemoteId
from chatdesk.domain.kinds import DeliveryState, MessageKind
from chatdesk.domain.outbox import Event as OutboxEvent
from chatdesk.domain.outbox import Restarted
from chatdesk.domain.ports import Witness
from chatdesk.store import (
    accounts,
    apply,
    closing,
    coverage,
    customers,
    drafts,
    inspection,
    intents,
    lists,
    outbox,
    rebuild,
    search_index,
    staging,
)
from chatdesk.store import journal as journal_file
from chatdesk.store.connection import FILE_NAME, Opening, open_reader, open_still, problem
from chatdesk.store.crashes import CAREFUL_AFTER, Crashes
from chatdesk.store.integrity import Checker
from chatdesk.store.journal import Journal
from chatdesk.store.ledger import LedgerCheck
from chatdesk.store.lists import ListReader
from chatdesk.store.lock import FolderLock
from chatdesk.store.nowriter import NoWriter
from chatdesk.store.opening import RECOVERY, Start, prepare
from chatdesk.store.reader import Reader
from chatdesk.store.search import Searcher
from chatdesk.store.staging import Staging
from chatdesk.store.transaction import Tx
from chatdesk.store.writer import Writer

_log = logging.getLogger(__name__)

T = TypeVar("T")


def wall_us() -> int:
    """The wall clock in microseconds."""
    return time.time_ns() // 1_000


class Store:
    """One data folder, open. It is a DeskStore and an EngineStore: domain.desk documents its methods."""

    def __init__(
        self,
        folder: Path,
        lock: FolderLock,
        journal: Journal,
        start: Start,
        crashes: Crashes,
        now_us: Callable[[], int],
        *,
        witness: Witness | None = None,
        trouble: DiskTrouble | None = None,
    ) -> None:
        self.folder = folder
        self.trouble = trouble
        """Why nothing can be written, where the folder is only looked at; None: it can be."""
        self._opening: Opening = open_reader if trouble is None else open_still
        self._witness = witness
        self._path = folder / FILE_NAME
        self._lock = lock
        self._now_us = now_us
        self.ended_cleanly = start.ended_cleanly
        """Whether the run before this one closed the store."""
        self._journal = journal
        self._writer: Writer | NoWriter
        if trouble is None:
            self._writer = Writer(self._path, journal, run=start.run, now_us=now_us, witness=witness)
        else:
            self._writer = NoWriter(trouble)
        self._staging = Staging(folder)
        self._writer.subscribe(self._staging.follow)
        self._lists = ListReader(self._path, self._make_anew, self._opening)
        self._search = Searcher(self._path, lambda: self._quick(search_index.start_over), self._opening)
        self.is_new = start.run == 1 and not start.is_other
        """The folder was empty before."""
        self.was_put_back = start.is_other
        """Database and journal have not lived through the same: one of them was put back, or lost."""
        self._checker = Checker(folder)
        self._crashes = crashes
        self.crashes_before = crashes.before
        """So many starts before this one ended uncleanly within a minute, in a row."""
        self.recovery = start.recovery
        """What this start has found and done; told again by the next ones until `recovery_was_told`."""

    @classmethod
    def open(
        cls, folder: Path, *, now_us: Callable[[], int] = wall_us, witness: Witness | None = None
    ) -> Store:
        """Open a data folder, making it where it is missing.

        witness: vouches for the ledger's anchors; None: they are anchored in the journal only.
        Raises ProfileInUse, NewerDatabase and DamagedDatabase (the file untouched), DiskTrouble.
        """
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as exc:
            raise problem(exc) or DiskTrouble(f"no data folder: {exc.strerror}") from exc
        with ExitStack() as undo:
            lock = FolderLock(folder)
            undo.callback(lock.release)
            try:
                rebuild.finish(folder)
                if rebuild.is_marked(folder):
                    raise DamagedDatabase("it failed its check")
                journal = Journal(folder / journal_file.FILE_NAME)
            except OSError as exc:
                raise problem(exc) or DiskTrouble(f"no data folder: {exc.strerror}") from exc
            undo.callback(journal.close)
            start = prepare(folder / FILE_NAME, journal, now_us)
            if not start.is_other:  # what was put back may be followed by the rest of it
                staging.tidy(folder)
            store = cls(folder, lock, journal, start, Crashes(folder), now_us, witness=witness)
            undo.callback(store.close)
            undo.pop_all()
        return store

    def close(self) -> None:
        """Commit what was asked, mark the clean end, let others in. What is asked later fails."""
        self._checker.close()
        self._staging.close()
        self._writer.close()
        self._lists.close()
        self._search.close()
        self._journal.close()
        self._crashes.over()
        self._lock.release()

    def yield_to(self, opening: Callable[[], Store]) -> Store:
        """What `opening` makes of the folder that this store only looks at.

        Raises what it raises; the folder is held as before then.
        """
        self._lock.release()
        try:
            return opening()
        except WorldError:
            with suppress(StoreProblem):
                self._lock = FolderLock(self.folder, looks=True)
            raise

    def _durable(self, work: Callable[[Tx], T]) -> Future[T]:
        return self._writer.submit(work, durable=True)

    def _quick(self, work: Callable[[Tx], T]) -> Future[T]:
        return self._writer.submit(work, durable=False)

    # -- DeskStore --------------------------------------------------------------------------------------

    def reader(self) -> Reader:
        """A reader for the calling thread."""
        return Reader(self._path, self._opening)

    def subscribe(self, listener: Callable[[Commit], None]) -> Callable[[], None]:
        """Call `listener` with every commit, on the writer thread."""
        return self._writer.subscribe(listener)

    def conversations(self) -> Future[Snapshot[Conversation]]:
        """Every conversation."""
        return self._lists.ask(lists.conversations)

    def orders(self) -> Future[Snapshot[Order]]:
        """Every order."""
        return self._lists.ask(lists.orders)

    def outbox(self) -> Future[Snapshot[Outgoing]]:
        """Every unsettled intention."""
        return self._lists.ask(lists.outbox)

    def notifications(self, account: AccountId) -> Future[Snapshot[Notification]]:
        """The newest notifications."""
        return self._lists.ask(lambda con: lists.notifications(con, account))

    def accounts(self) -> Future[Snapshot[Account]]:
        """All accounts."""
        return self._lists.ask(lists.accounts)

    def search(self, wanted: Search, after: SearchPlace | None = None, limit: int = 20) -> Future[SearchPage]:
        """A page of hits, newest first."""
        return self._search.ask(wanted, after, limit)

    def add_account(self, new: NewAccount) -> Future[Account]:
        """Add or update an account."""
        return self._durable(lambda tx: accounts.add(tx, new))

    def remove_account(self, account: AccountId) -> Future[None]:
        """Delete an account and all but its ledger."""
        return self._durable(lambda tx: accounts.remove(tx, account))

    def removal_of(self, account: AccountId) -> Future[Removal]:
        """What removing would delete; what is in flight counts as undecided."""
        return self._lists.ask(lambda con: lists.removal(con, account))

    def set_account_settings(self, account: AccountId, settings: Mapping[str, str]) -> Future[Account]:
        """Replace an account's settings."""
        given = dict(settings)
        return self._durable(lambda tx: accounts.set_settings(tx, account, given))

    def link_customer(self, one: ConversationId, other: ConversationId) -> Future[None]:
        """Two conversations are with the same customer."""
        return self._durable(lambda tx: customers.link(tx, one, other))

    def unlink_customer(self, conversation: ConversationId) -> Future[None]:
        """A conversation leaves its group."""
        return self._durable(lambda tx: customers.unlink(tx, conversation))

    def keep_copy(self, conversation: ConversationId) -> Future[None]:
        """The copy stays."""
        return self._durable(lambda tx: closing.keep_copy(tx, conversation))

    def delete_copy(self, conversation: ConversationId) -> Future[None]:
        """The copy goes now; NotPossible while it may not."""
        return self._durable(lambda tx: closing.delete_copy(tx, conversation))

    def delete_due(self, now_us: int) -> Future[int]:
        """Every copy goes whose time has come and that may go."""
        return self._durable(lambda tx: closing.delete_due(tx, now_us))

    def save_draft(
        self, conversation: ConversationId, version: int, text: str, other: str | None = None
    ) -> Future[Draft]:
        """Save a draft."""
        return self._durable(lambda tx: drafts.save(tx, conversation, version, text, other))

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
        """Queue a message. NotPossible for closed conversations, and where there is nothing to send."""
        return self._durable(
            lambda tx: intents.press_send(
                tx, conversation, draft_version, text, kind, extras, hold_us=hold_us, due_us=due_us
            )
        )

    def stage(self, source: Path | bytes, most_bytes: int) -> Future[Staged]:
        """Copy a file into the profile."""
        return self._staging.stage(source, most_bytes)

    def unstage(self, staged: Staged) -> None:
        """Remove a copy that nothing was made of."""
        self._staging.drop(staged.name)

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
        """Queue a message with a file."""
        return self._durable(
            lambda tx: intents.press_file(
                tx, conversation, staged, file, kind, text, hold_us=hold_us, draft_version=draft_version
            )
        )

    def intend_file(self, order: OrderId, staged: Staged, file: Attachment) -> Future[Outgoing]:
        """Queue a file for an order."""
        return self._durable(lambda tx: intents.bring_file(tx, order, staged, file))

    def take_back(self, outgoing: OutgoingId) -> Future[Draft]:
        """Make a draft again of what has not left."""
        return self._durable(lambda tx: intents.take_back(tx, outgoing))

    def intend_read(self, conversation: ConversationId, cursor: Cursor) -> Future[Outgoing | None]:
        """Remember what was seen, and queue telling it."""
        return self._durable(lambda tx: intents.read_up_to(tx, conversation, cursor))

    def intend_delete(self, message: MessageId) -> Future[Outgoing]:
        """Queue a deletion."""
        return self._durable(lambda tx: intents.delete(tx, message))

    def intend_report(self, message: MessageId, reason: str) -> Future[Outgoing]:
        """Queue a report."""
        return self._durable(lambda tx: intents.report(tx, message, reason))

    def intend_status(self, order: OrderId, new_status: str) -> Future[Outgoing]:
        """Queue a change of status."""
        return self._durable(lambda tx: intents.change_status(tx, order, new_status))

    def advance(self, outgoing: OutgoingId, event: OutboxEvent) -> Future[Outgoing]:
        """One step of the outbox state machine."""
        return self._durable(lambda tx: closing.advance(tx, outgoing, event))

    def set_archived(self, conversation: ConversationId, archived: bool) -> Future[None]:
        """Put away, or bring back."""
        return self._quick(lambda tx: accounts.set_flag(tx, conversation, "archived", archived))

    def set_muted(self, conversation: ConversationId, muted: bool) -> Future[None]:
        """No notifications."""
        return self._quick(lambda tx: accounts.set_flag(tx, conversation, "muted", muted))

    def put_setting(self, key: str, value: str) -> Future[None]:
        """Remember a setting of the window."""
        return self._quick(lambda tx: accounts.put_setting(tx, key, value))

    def message_info(self, message: MessageId) -> Future[tuple[tuple[int, str], ...]]:
        """The ledger's story of an own message."""
        return self._lists.ask(lambda con: lists.message_info(con, message))

    def recovery_was_told(self) -> Future[None]:
        """The person has heard what the last recovery did."""
        return self._quick(lambda tx: tx.run_sql("DELETE FROM meta WHERE key = ?", RECOVERY))

    @property
    def is_careful(self) -> bool:
        """Two crashes in a row: the window restores nothing but the data, and offers a report."""
        return self.crashes_before >= CAREFUL_AFTER

    def runs_well(self) -> None:
        """A minute has passed: what crashes now is no start that fails."""
        self._crashes.over()

    def check(self) -> Future[Integrity]:
        """Check the database off every other thread. Where it is damaged the next start makes a new one.

        The future is cancelled where the store is closed meanwhile.
        """
        future = self._checker.start()
        future.add_done_callback(self._mark_damaged)
        return future

    def _mark_damaged(self, future: Future[Integrity]) -> None:
        if not future.cancelled() and future.result().must_rebuild:
            self._make_anew()

    def _make_anew(self) -> None:
        """The database is damaged: the next start makes a new one. From any thread."""
        if self.trouble is not None:
            return  # who opens it to write sees for itself
        try:
            rebuild.mark(self.folder)
        except OSError as exc:
            _log.warning("the damage was not marked: %s", type(exc).__name__)

    def verify_ledger(self) -> Future[LedgerCheck]:
        """Walk the ledger's chain."""
        path = self.folder / journal_file.FILE_NAME
        return self._lists.ask(lambda con: inspection.verified(con, path, self._witness))

    # -- EngineStore ------------------------------------------------------------------------------------

    def account(self, account: AccountId) -> Future[Account]:
        """One account."""
        return self._lists.ask(lambda con: lists.account(con, account))

    def apply(self, account: AccountId, events: Iterable[Stamped]) -> Future[int]:
        """Apply stamped events in one commit."""
        batch = tuple(events)
        return self._writer.submit_numbered(lambda tx: apply.apply(tx, account, batch), rows=len(batch))

    def known_conversations(self, account: AccountId) -> Future[tuple[KnownConversation, ...]]:
        """Conversations with what is known of their heads."""
        return self._lists.ask(lambda con: lists.known_conversations(con, account))

    def unsettled(self, account: AccountId) -> Future[tuple[Outgoing, ...]]:
        """Every unsettled intention of an account."""
        return self._lists.ask(lambda con: lists.unsettled(con, account))

    def staged_file(self, name: str) -> Future[Path]:
        """Where the copy of a file lies."""
        return self._staging.verified(name)

    def last_attempt_watermark(self, outgoing: OutgoingId) -> Future[tuple[frozenset[RemoteId], bool]]:
        """Watermark of an item's attempts."""
        return self._lists.ask(lambda con: lists.last_attempt_watermark(con, outgoing))

    def candidates(
        self, conversation: ConversationId, outside: frozenset[RemoteId]
    ) -> Future[tuple[Message, ...]]:
        """What an uncertain send may have become."""
        return self._lists.ask(lambda con: lists.candidates(con, conversation, outside))

    def restart(self, account: AccountId) -> Future[tuple[Outgoing, ...]]:
        """Whatever was in flight has an unknown outcome."""

        def work(tx: Tx) -> tuple[Outgoing, ...]:
            for item in outbox.waiting(tx, account):
                if item.state is DeliveryState.IN_FLIGHT:
                    closing.advance(tx, item.id, Restarted())
            return outbox.waiting(tx, account)

        return self._durable(work)

    def learnt(self, account: AccountId) -> Future[Mapping[str, Learnt]]:
        """Facts learnt of the server."""
        return self._lists.ask(lambda con: lists.learnt(con, account, self._now_us()))

    def put_learnt(self, account: AccountId, learnt: Mapping[str, Learnt]) -> Future[None]:
        """Keep learnt facts."""
        kept = dict(learnt)
        return self._quick(lambda tx: accounts.put_learnt(tx, account, kept))

    def put_capabilities(self, account: AccountId, capabilities: Capabilities) -> Future[None]:
        """Keep what works."""
        return self._quick(lambda tx: accounts.put_capabilities(tx, account, capabilities))

    def conversation_of(self, account: AccountId, remote_id: RemoteId) -> Future[ConversationId | None]:
        """The local id of a conversation."""
        return self._lists.ask(lambda con: lists.conversation_of(con, account, remote_id))

    def coverage(
        self, conversation: ConversationId, at: Cursor | None = None, since: Coverage | None = None
    ) -> Future[Coverage | None]:
        """What is here without a hole."""
        return self._lists.ask(lambda con: coverage.coverage(con, conversation, at, since))

    def dropped_counts(self, account: AccountId) -> Future[Mapping[str, int]]:
        """How many events were not applied, by reason: foreign (of an unknown conversation), bad."""
        return self._lists.ask(lambda con: lists.dropped_counts(con, account))
