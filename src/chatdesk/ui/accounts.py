"""What the window knows of every account: who it is, how it stands, how much is unread and waits to go."""

from __future__ import annotations

from collections import Counter

from PySide6.QtCore import QObject, Signal

from chatdesk.domain.changes import (
    AccountsGone,
    AccountsPut,
    AccountStatus,
    ConversationsGone,
    ConversationsPut,
)
from chatdesk.domain.desk import Snapshot
from chatdesk.domain.entities import Account, Conversation
from chatdesk.domain.ids import AccountId, ConversationId
from chatdesk.domain.kinds import ConnectionState, SignInState
from chatdesk.ui.context import UiContext
from chatdesk.ui.tasks import Tasks


class AccountBook(QObject):
    """The accounts in the order in which they were added.

    `accounts_changed`: one was added, renamed or removed. `status_changed(account id)`. `unread_changed`.
    """

    accounts_changed = Signal()
    status_changed = Signal(int)
    unread_changed = Signal()

    def __init__(self, context: UiContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._tasks = Tasks(self, context.troubles)
        first = context.desk.reader.accounts()
        self._accounts = {account.id: account for account in first.rows}
        self._read_at = first.commit
        self._unread: dict[ConversationId, tuple[AccountId, int]] = {}
        self._conversations_at: int | None = None
        self._early: list[tuple[ConversationsPut | ConversationsGone, int]] = []
        feed = context.feed
        feed.accounts_put.connect(self._on_put)
        feed.accounts_gone.connect(self._on_gone)
        feed.status.connect(self._on_status)
        feed.conversations_put.connect(self._on_conversations)
        feed.conversations_gone.connect(self._on_conversations)

    def start(self) -> None:
        """Read the unread counts; needs the running loop."""
        self._tasks.start("unread counts", self._context.desk.conversations(), on_done=self._take)

    def accounts(self) -> tuple[Account, ...]:
        """All accounts, as they were added."""
        return tuple(sorted(self._accounts.values(), key=lambda account: account.id))

    def account(self, account_id: AccountId | None) -> Account | None:
        """One account."""
        return self._accounts.get(account_id) if account_id is not None else None

    def status(self, account_id: AccountId) -> AccountStatus:
        """How an account stands; not connected while nothing was told."""
        told = self._context.feed.status_of(account_id)
        return told or AccountStatus(account_id=account_id, connection=ConnectionState.OFF)

    def unread(self, account_id: AccountId | None = None) -> int:
        """Unread messages of an account, or of all."""
        totals: Counter[AccountId] = Counter()
        for account, count in self._unread.values():
            totals[account] += count
        return totals.total() if account_id is None else totals[account_id]

    def needs_person(self, account_id: AccountId) -> bool:
        """Whether nothing goes on before the person signs in again."""
        return self.status(account_id).sign_in is not SignInState.OK

    def _on_put(self, change: AccountsPut, commit: int) -> None:
        if commit <= self._read_at:
            return
        self._accounts |= {account.id: account for account in change.accounts}
        self.accounts_changed.emit()

    def _on_gone(self, change: AccountsGone, commit: int) -> None:
        if commit <= self._read_at:
            return
        for account_id in change.ids:
            self._accounts.pop(account_id, None)
        self._unread = {c: seen for c, seen in self._unread.items() if seen[0] in self._accounts}
        self.accounts_changed.emit()

    def _on_status(self, status: AccountStatus) -> None:
        self.status_changed.emit(status.account_id)

    def _take(self, snapshot: Snapshot[Conversation]) -> None:
        self._unread = {row.id: (row.account_id, _counted(row)) for row in snapshot.rows}
        self._conversations_at = snapshot.commit
        for change, commit in self._early:
            if commit > snapshot.commit:
                self._apply(change)
        self._early.clear()
        self.unread_changed.emit()

    def _on_conversations(self, change: ConversationsPut | ConversationsGone, commit: int) -> None:
        if self._conversations_at is None:
            self._early.append((change, commit))
        elif commit > self._conversations_at:
            self._apply(change)
            self.unread_changed.emit()

    def _apply(self, change: ConversationsPut | ConversationsGone) -> None:
        if isinstance(change, ConversationsPut):
            for row in change.conversations:
                self._unread[row.id] = (row.account_id, _counted(row))
        else:
            for gone in change.ids:
                self._unread.pop(gone, None)


def _counted(row: Conversation) -> int:
    """What a badge counts: who muted a conversation does not want to be called by it."""
    return 0 if row.muted or row.archived else row.unread
