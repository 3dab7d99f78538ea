"""A page that takes the place of list and chat: its head with Back and the choice of the account."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from chatdesk.domain.entities import Account
from chatdesk.domain.ids import AccountId
from chatdesk.ui.account_words import account_label
from chatdesk.ui.context import UiContext
from chatdesk.ui.controls import ChoiceBox, IconButton, Line, Panel
from chatdesk.ui.i18n import tr
from chatdesk.ui.orders.statuses import AccountFacts
from chatdesk.ui.plain import PlainLabel
from chatdesk.ui.theme import TextRole

WIDEST_PX = 860
"""Lines longer than this are hard to read, however wide the window is."""


class AskingPage(Panel):
    """Subclasses add to `head` and `body`, and show one account. `back_asked`."""

    back_asked = Signal()

    def __init__(
        self,
        context: UiContext,
        facts: AccountFacts,
        title: str,
        serves: Callable[[Account], bool],
        parent: QWidget | None = None,
    ) -> None:
        """serves: whether an account has anything for this page."""
        super().__init__("background", parent)
        self._context = context
        self._facts = facts
        self._serves = serves
        self.account: Account | None = None
        theme = context.theme
        self.setAccessibleName(title)
        self.back = IconButton(context, "back", tr("Back"), parent=self)
        self.back.clicked.connect(self.back_asked)
        self.title = PlainLabel(theme, title, role=TextRole.TITLE, parent=self)
        self.accounts = ChoiceBox(context, tr("Account"), self)
        self.accounts.activated.connect(self._on_picked)
        self.sheet = Panel("panel", self)
        self.top = QHBoxLayout()
        self.top.setSpacing(theme.metrics.small)
        self.top.addWidget(self.back)
        self.top.addWidget(self.title)
        self.top.addStretch(1)
        self.top.addWidget(self.accounts)
        self.head = QVBoxLayout()
        self.head.addLayout(self.top)
        self.body = QVBoxLayout(self.sheet)
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.setSpacing(0)
        self.body.addLayout(self.head)
        self.body.addWidget(Line(theme, parent=self.sheet))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addStretch(1)
        row.addWidget(self.sheet, 1_000)
        row.addStretch(1)
        facts.changed.connect(self._on_facts)
        theme.changed.connect(self._resize_page)
        self._resize_page()

    def served(self) -> tuple[Account, ...]:
        """The accounts that have something for this page."""
        return tuple(account for account in self._facts.accounts() if self._serves(account))

    def show_account(self, account: Account | None) -> None:
        """Show this account; None: there is none to show."""
        self.account = account
        known = self._facts.accounts()
        self.accounts.clear()
        for one in self.served():
            self.accounts.addItem(account_label(one, known), int(one.id))
        self.accounts.setCurrentIndex(self.accounts.findData(int(account.id)) if account is not None else -1)
        self.accounts.setVisible(self.accounts.count() > 1)

    def pick(self, wanted: AccountId | None) -> None:
        """Show the account that is wanted, else the one that is shown, else the first that there is."""
        served = {account.id: account for account in self.served()}
        shown = self.account.id if self.account is not None else None
        for account_id in (wanted, shown, *served):
            if account_id in served:
                self.show_account(served[account_id])
                return
        self.show_account(None)

    def take_keyboard(self) -> None:
        """Put the keyboard where a person goes on: what the page says, else Back."""
        wanted: QWidget | None = self.focusProxy()
        takes = wanted is not None and wanted.isVisible() and wanted.isEnabled()
        target = wanted if takes and wanted is not None else self.back
        target.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _on_picked(self, at: int) -> None:
        account_id = self.accounts.itemData(at)
        if account_id is not None:
            self.pick(AccountId(int(account_id)))

    def _on_facts(self) -> None:
        if self.isVisible():
            self.pick(self.account.id if self.account is not None else None)

    def _resize_page(self) -> None:
        metrics = self._context.theme.metrics
        self.sheet.setMaximumWidth(metrics.px(WIDEST_PX))
        self.head.setContentsMargins(metrics.medium, metrics.medium, metrics.medium, metrics.small)
        self.head.setSpacing(metrics.small)
