"""What the accounts can do and which statuses their platforms know, as of now."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from chatdesk.domain.changes import AccountsGone, AccountsPut
from chatdesk.domain.entities import Account, Capabilities
from chatdesk.domain.ids import AccountId
from chatdesk.ui.context import UiContext


class AccountFacts(QObject):
    """Capabilities by account; `changed` when any account was added, changed or removed."""

    changed = Signal()

    def __init__(self, context: UiContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        first = context.desk.reader.accounts()
        self._commit = first.commit
        self._accounts = {account.id: account for account in first.rows}
        context.feed.accounts_put.connect(self._on_put)
        context.feed.accounts_gone.connect(self._on_gone)

    def __len__(self) -> int:
        return len(self._accounts)

    def find(self, account_id: AccountId) -> Account | None:
        """One account; None: removed, or not yet known here."""
        return self._accounts.get(account_id)

    def capabilities(self, account_id: AccountId) -> Capabilities:
        """What works for an account; nothing for an unknown one."""
        account = self._accounts.get(account_id)
        return account.capabilities if account is not None else Capabilities()

    def _on_put(self, change: AccountsPut, number: int) -> None:
        if number > self._commit:
            self._accounts |= {account.id: account for account in change.accounts}
            self.changed.emit()

    def _on_gone(self, change: AccountsGone, number: int) -> None:
        if number > self._commit:
            for account_id in change.ids:
                self._accounts.pop(account_id, None)
            self.changed.emit()
