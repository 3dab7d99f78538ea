"""Everything a person can ask for, as async functions that only enqueue and await."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import TypeVar

import msgspec

from chatdesk.domain.actions import NO_EXTRAS, Action, ActionKind, Attachment, Extras, Lookup, Result
from chatdesk.domain.desk import (
    DeskStore,
    Engines,
    Reader,
    Removal,
    ServerCheck,
    SignedIn,
    SignInRequest,
    Snapshot,
)
from chatdesk.domain.entities import (
    Account,
    Capabilities,
    Conversation,
    Draft,
    FileRule,
    Notification,
    Order,
    Outgoing,
    Staged,
)
from chatdesk.domain.errors import FileRefused, NotDone, NotPossible, WorldError
from chatdesk.domain.ids import AccountId, ConversationId, Cursor, MessageId, OrderId, OutgoingId, RemoteId
from chatdesk.domain.kinds import DeliveryState, FileWhy, MessageKind, OutgoingKind, ParkReason, Platform
from chatdesk.domain.outbox import (
    Event,
    PersonCancels,
    PersonDiscards,
    PersonEdits,
    PersonRetries,
    PersonSchedules,
    PersonSendsAgain,
    PersonUrges,
)
from chatdesk.services import files

T = TypeVar("T")
BRINGS_FILE = frozenset({ActionKind.UPLOAD, ActionKind.ADD_FILE})


class Desk:
    """The services over one store and its engines. Lives on the GUI loop; no method blocks it.

    Methods fail with the WorldErrors of domain.errors: nothing was changed then, and the text is safe where
    it was.
    """

    def __init__(self, store: DeskStore, engines: Engines, reader: Reader) -> None:
        """reader: the GUI thread's own; used for single rows and pages only."""
        self.store = store
        self.engines = engines
        self.reader = reader

    # -- accounts --------------------------------------------------------------------------------------

    async def check_server(
        self, platform: Platform, server_url: str, settings: Mapping[str, str] | None = None
    ) -> ServerCheck:
        """Whether a server of this platform answers at an address that `addresses.check` has passed."""
        return await _result(self.engines.check_server(platform, server_url, settings or {}))

    async def ask_for_otp(
        self, platform: Platform, server_url: str, login: str, settings: Mapping[str, str] | None = None
    ) -> None:
        """Have a one-time code sent to a phone number. Fails with SignInRefused."""
        await _result(self.engines.ask_for_otp(platform, server_url, login, settings or {}))

    async def sign_in(self, request: SignInRequest) -> SignedIn:
        """Sign in, or renew a token. Fails with SignInRefused, which carries the server's reason."""
        return await _result(self.engines.sign_in(request))

    async def sign_out(self, account: AccountId) -> None:
        """Forget the token; messages, drafts and the queue stay."""
        await _result(self.engines.sign_out(account))

    async def removal_of(self, account: AccountId) -> Removal:
        """What removing an account would delete."""
        return await _result(self.store.removal_of(account))

    async def remove_account(self, account: AccountId) -> None:
        """Sign out, and delete the account with all that is kept of it here, unsent texts included."""
        await _result(self.engines.sign_out(account))
        await _result(self.store.remove_account(account))

    async def set_account_settings(self, account: AccountId, settings: Mapping[str, str]) -> Account:
        """Replace the settings of an account; its engine starts anew with them."""
        changed = await _result(self.store.set_account_settings(account, settings))
        self.engines.restart(account)
        return changed

    async def accounts(self) -> Snapshot[Account]:
        """All accounts."""
        return await _result(self.store.accounts())

    def retry_now(self, account: AccountId | None = None) -> None:
        """Try to connect at once."""
        self.engines.retry_now(account)

    def refresh(self, account: AccountId) -> None:
        """Read the lists of an account again."""
        self.engines.refresh(account)

    # -- lists -----------------------------------------------------------------------------------------

    async def conversations(self) -> Snapshot[Conversation]:
        """Every conversation."""
        return await _result(self.store.conversations())

    async def orders(self) -> Snapshot[Order]:
        """Every order."""
        return await _result(self.store.orders())

    async def outbox(self) -> Snapshot[Outgoing]:
        """Every intention that is not settled."""
        return await _result(self.store.outbox())

    async def notifications(self, account: AccountId) -> Snapshot[Notification]:
        """The platform's notifications, newest first."""
        return await _result(self.store.notifications(account))

    # -- one conversation ------------------------------------------------------------------------------

    def opened(self, conversation_id: ConversationId) -> None:
        """The person looks at a conversation: its head and its order are brought up to date."""
        row = self.reader.conversation(conversation_id)
        if row is None:
            return
        order = self.reader.order(row.order_id) if row.order_id is not None else None
        self.engines.opened(
            row.account_id, row.remote_id, order.remote_id if order else None, order.number if order else ""
        )

    def load_older(self, conversation_id: ConversationId, before: Cursor, held: int) -> None:
        """Fetch older history from the server. `held`: messages known here from `before` on."""
        row = self.reader.conversation(conversation_id)
        if row is not None:
            self.engines.load_older(row.account_id, row.remote_id, before, held)

    def load_whole(self, conversation_id: ConversationId, wanted: bool) -> None:
        """Fetch all of a conversation in the background, until it is here; or (False) no longer."""
        row = self.reader.conversation(conversation_id)
        if row is not None:
            self.engines.load_whole(row.account_id, row.remote_id, wanted)

    def typing(self, conversation_id: ConversationId, text_changed: bool) -> None:
        """A key was typed, or (False) the composer was left or emptied."""
        row = self.reader.conversation(conversation_id)
        if row is not None:
            self.engines.typing(row.account_id, row.remote_id, text_changed)

    async def mark_seen(self, conversation_id: ConversationId, cursor: Cursor) -> None:
        """The person has seen everything up to `cursor`."""
        await _result(self.store.intend_read(conversation_id, cursor))

    def look_away(self, account: AccountId) -> None:
        """No conversation of this account is looked at any more."""
        self.engines.look_away(account)

    async def set_archived(self, conversation_id: ConversationId, archived: bool) -> None:
        """Put a conversation away, or bring it back."""
        await _result(self.store.set_archived(conversation_id, archived))

    async def set_muted(self, conversation_id: ConversationId, muted: bool) -> None:
        """Be told of it, or not."""
        await _result(self.store.set_muted(conversation_id, muted))

    # -- customers and copies --------------------------------------------------------------------------

    def linked(self, conversation_id: ConversationId) -> tuple[Conversation, ...]:
        """The other conversations with the same customer."""
        return self.reader.linked(conversation_id)

    async def link_customer(self, one: ConversationId, other: ConversationId) -> None:
        """Mark two conversations as with the same customer."""
        await _result(self.store.link_customer(one, other))

    async def unlink_customer(self, conversation_id: ConversationId) -> None:
        """Take a conversation out of its group."""
        await _result(self.store.unlink_customer(conversation_id))

    async def keep_copy(self, conversation_id: ConversationId) -> None:
        """Keep what the platform has deleted."""
        await _result(self.store.keep_copy(conversation_id))

    async def delete_copy(self, conversation_id: ConversationId) -> None:
        """Delete here what the platform has deleted. Fails with NotPossible while something is unsent."""
        await _result(self.store.delete_copy(conversation_id))

    # -- actions and look-ups --------------------------------------------------------------------------

    async def act(self, account: AccountId, action: Action) -> Result:
        """Do something at the server, now. Fails with NotDone or NotKnown.

        A file that is to be brought is measured here; one that can't be read fails as NotDone, `disk`.
        """
        if action.kind in BRINGS_FILE:
            action = await asyncio.to_thread(_measured, action)
        return await _result(self.engines.act(account, action))

    async def start_chat(self, account: AccountId, action: Action) -> ConversationId | None:
        """Start (or find) the conversation about an order or with a person. None: it is not listed yet."""
        if action.kind is not ActionKind.START_CHAT:
            raise NotPossible(action.kind.value)
        result = await self.act(account, action)
        if result.conversation is None:
            return None
        return await _result(self.store.conversation_of(account, result.conversation))

    async def conversation_of(self, account: AccountId, remote_id: RemoteId) -> ConversationId | None:
        """The conversation that a platform calls so; None: it is not listed here."""
        return await _result(self.store.conversation_of(account, remote_id))

    async def find(self, account: AccountId, lookup: Lookup) -> Result:
        """Look something up at the server. Fails with NotDone."""
        return await _result(self.engines.find(account, lookup))

    # -- writing ---------------------------------------------------------------------------------------

    async def save_draft(
        self, conversation_id: ConversationId, version: int, text: str, other: str | None = None
    ) -> Draft:
        """Keep what is in the composer, on top of the draft `version`. Fails with StaleDraft.

        other: the text that stands against it until the person has chosen, '' for none; None: as it was.
        """
        return await _result(self.store.save_draft(conversation_id, version, text, other))

    async def send(
        self,
        conversation_id: ConversationId,
        draft_version: int,
        text: str,
        kind: MessageKind = MessageKind.TEXT,
        extras: Extras = NO_EXTRAS,
        *,
        hold_us: int = 0,
        due_us: int = 0,
    ) -> Outgoing:
        """Send: once this returns, the text is on disk and queued, and the composer may clear.

        hold_us: for so long it may be taken back. due_us: the wall time at which it shall go.
        """
        pressed = self.store.press_send(
            conversation_id, draft_version, text, kind, extras, hold_us=hold_us, due_us=due_us
        )
        return await _result(pressed)

    async def send_file(
        self,
        conversation_id: ConversationId,
        source: Path | bytes,
        name: str = "",
        text: str = "",
        *,
        hold_us: int = 0,
        draft_version: int | None = None,
    ) -> Outgoing:
        """Send a file: once this returns, a copy of it is on disk and queued, and the original may go.

        source: a file, or its bytes (a picture that was pasted), which need a `name`. text: what stands
        beside it; empty: what it is called. hold_us: for so long it may be taken back. draft_version: of the
        draft that `text` is, which is emptied with it. Fails with FileRefused, StaleDraft or DiskTrouble;
        nothing was kept then.
        """
        row = self.reader.conversation(conversation_id)
        rule = self._rules(row.account_id).message_files if row is not None else None
        staged, file = await self._staged(rule, source, name)
        pressed = self.store.press_file(
            conversation_id,
            staged,
            file,
            files.kind_of(file),
            text or file.name,
            hold_us=hold_us,
            draft_version=draft_version,
        )
        return await self._kept(staged, pressed)

    async def add_file(self, order: OrderId, source: Path) -> Outgoing:
        """Queue a file for an order, as `send_file` does for a message."""
        row = self.reader.order(order)
        rule = self._rules(row.account_id).order_files if row is not None else None
        staged, file = await self._staged(rule, source, "")
        return await self._kept(staged, self.store.intend_file(order, staged, file))

    def _rules(self, account: AccountId) -> Capabilities:
        found = (one.capabilities for one in self.reader.accounts().rows if one.id == account)
        return next(found, Capabilities())

    async def _staged(
        self, rule: FileRule | None, source: Path | bytes, name: str
    ) -> tuple[Staged, Attachment]:
        """The copy of a file that may go there, and what its message will say of it."""
        called = name or (source.name if isinstance(source, Path) else "")
        size = len(source) if isinstance(source, bytes) else await asyncio.to_thread(_size_of, source)
        file = files.described(rule, called, size)
        staged = await _result(self.store.stage(source, rule.most_bytes if rule is not None else 0))
        return staged, msgspec.structs.replace(file, size_bytes=staged.size_bytes)

    async def _kept(self, staged: Staged, pressed: Future[Outgoing]) -> Outgoing:
        try:
            return await _result(pressed)
        except WorldError:
            self.store.unstage(staged)
            raise

    async def take_back(self, outgoing: OutgoingId) -> Draft:
        """Make a draft again of what has not left. Fails with NotPossible once it is on its way."""
        return await _result(self.store.take_back(outgoing))

    async def schedule(self, outgoing: OutgoingId, due_us: int) -> Outgoing:
        """Let what has not left go at another time (wall clock)."""
        return await self._advance(outgoing, PersonSchedules(due_us))

    async def urge(self, outgoing: OutgoingId, urgent: bool) -> Outgoing:
        """Let a conversation's sends go before those of others, or no longer."""
        return await self._advance(outgoing, PersonUrges(urgent))

    async def retry_all(self) -> int:
        """Send every parked message again, in the order of pressing; how many."""
        rows = (await _result(self.store.outbox())).rows
        parked = [one for one in rows if one.kind is OutgoingKind.SEND and one.state is DeliveryState.PARKED]
        done = 0
        for item in sorted(parked, key=lambda one: (one.account_id, one.position)):
            try:
                await self._advance(item.id, PersonRetries())
            except NotPossible:
                continue  # settled or decided meanwhile
            done += 1
        return done

    async def retry(self, outgoing: OutgoingId) -> Outgoing:
        """Send a parked item again, or one now that waits for a time."""
        return await self._advance(outgoing, PersonRetries())

    async def edit(self, outgoing: OutgoingId, text: str) -> Outgoing:
        """Change the text of what has not left."""
        return await self._advance(outgoing, PersonEdits(text))

    async def cancel(self, outgoing: OutgoingId) -> Outgoing:
        """Take back what has not left. Fails with NotPossible once it is on its way."""
        return await self._advance(outgoing, PersonCancels())

    async def send_again(self, outgoing: OutgoingId) -> Outgoing:
        """Send an uncertain item once more, knowing that it may arrive twice."""
        return await self._advance(outgoing, PersonSendsAgain())

    async def discard(self, outgoing: OutgoingId) -> Outgoing:
        """Let an uncertain or parked item go."""
        return await self._advance(outgoing, PersonDiscards())

    async def check(self, outgoing: OutgoingId) -> None:
        """Look now whether an uncertain item has arrived."""
        rows = (await _result(self.store.outbox())).rows
        item = next((row for row in rows if row.id == outgoing), None)
        if item is None:
            raise NotPossible("the item is settled")
        self.engines.check_uncertain(outgoing, item.account_id)

    async def delete_message(self, message: MessageId) -> Outgoing:
        """Delete an own message at the server."""
        return await _result(self.store.intend_delete(message))

    async def report(self, message: MessageId, reason: str) -> Outgoing:
        """Report somebody else's message to the platform's staff."""
        return await _result(self.store.intend_report(message, reason))

    async def message_info(self, message: MessageId) -> tuple[tuple[int, str], ...]:
        """What happened to an own message: (wall time in us, word), oldest first."""
        return await _result(self.store.message_info(message))

    async def change_status(self, order: OrderId, new_status: str) -> Outgoing:
        """Change an order's status."""
        return await _result(self.store.intend_status(order, new_status))

    # -- settings of the window ------------------------------------------------------------------------

    def setting(self, key: str) -> str | None:
        """A remembered setting."""
        return self.reader.setting(key)

    async def put_setting(self, key: str, value: str) -> None:
        """Remember a setting."""
        await _result(self.store.put_setting(key, value))

    async def _advance(self, outgoing: OutgoingId, event: Event) -> Outgoing:
        return await _result(self.store.advance(outgoing, event))


def _size_of(source: Path) -> int:
    try:
        found = source.stat()
    except OSError as exc:
        raise FileRefused(FileWhy.UNREADABLE) from exc
    if not stat.S_ISREG(found.st_mode):
        raise FileRefused(FileWhy.NO_FILE)
    return found.st_size


def _measured(action: Action) -> Action:
    try:
        size_bytes = Path(action.path).stat().st_size
    except OSError as exc:
        raise NotDone(ParkReason.REFUSED, "disk") from exc
    return msgspec.structs.replace(action, size_bytes=size_bytes)


async def _result(future: Future[T]) -> T:
    """The result of a store or engine future; cancelling the waiting never cancels the work."""
    return await asyncio.shield(asyncio.wrap_future(future))
