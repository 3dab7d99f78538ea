"""What the accounts can do and which statuses their platforms know, as of now."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from chatdesk.domain.changes import AccountsGone, AccountsPut
from chatdesk.domain.entities import Account, Capabilities
from chatdesk.domain.ids import AccountId
from chatdesk.ui.account_words import account_label, account_letters
from chatdesk.ui.context import UiContext


class AccountFacts(QObject):
    """Capabilities by account; `changed` when any account was added, changed or removed."""

    changed = Signal()

    def __init__(self, context: UiContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        first = context.desk.reader.accounts()
        self._commit = first.commit
        self._accounts = {account.id: account for account in first.rows}
        self._marked: dict[AccountId, tuple[str, str]] | None = None
        context.feed.accounts_put.connect(self._on_put)
        context.feed.accounts_gone.connect(self._on_gone)

    def __len__(self) -> int:
        return len(self._accounts)

    def find(self, account_id: AccountId) -> Account | None:
        """One account; None: removed, or not yet known here."""
        return self._accounts.get(account_id)

    def accounts(self) -> tuple[Account, ...]:
        """All accounts, as they were added."""
        return tuple(sorted(self._accounts.values(), key=lambda account: account.id))

    def letters(self, account_id: AccountId) -> str:
        """Two letters that tell an account from the others; empty while there is one account only."""
        return self._marks().get(account_id, ("", ""))[0]

    def label(self, account_id: AccountId) -> str:
        """A short name that tells an account from the others; empty while there is one account only."""
        return self._marks().get(account_id, ("", ""))[1]

    def _marks(self) -> dict[AccountId, tuple[str, str]]:
        if self._marked is None:
            known = self.accounts()
            several = known if len(known) > 1 else ()
            self._marked = {
                one.id: (account_letters(one, known), account_label(one, known)) for one in several
            }
        return self._marked

    def capabilities(self, account_id: AccountId) -> Capabilities:
        """What works for an account; nothing for an unknown one."""
        account = self._accounts.get(account_id)
        return account.capabilities if account is not None else Capabilities()

    def _on_put(self, change: AccountsPut, number: int) -> None:
        if number > self._commit:
            self._accounts |= {account.id: account for account in change.accounts}
            self._marked = None
            self.changed.emit()

    def _on_gone(self, change: AccountsGone, number: int) -> None:
        if number > self._commit:
            for account_id in change.ids:
                self._accounts.pop(account_id, None)
            self._marked = None
            self.changed.emit()
