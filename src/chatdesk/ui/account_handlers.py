"""What can be done with accounts: adding, renewing, looking at, signing out and removing them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint
from PySide6.QtWidgets import QDialog, QMenu

from chatdesk.domain.ids import AccountId
from chatdesk.domain.text import one_line
from chatdesk.ui.account_words import account_label
from chatdesk.ui.i18n import tr
from chatdesk.ui.plain import Answer, PlainQuestion
from chatdesk.ui.tasks import Tasks
from chatdesk.ui.words import platform_name

if TYPE_CHECKING:
    from chatdesk.ui.window import MainWindow


class DialogHandlers(QObject):
    """One dialog of a name at a time; opened, never waited for."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._context = window.context
        self._tasks = Tasks(self, window.context.troubles)
        self._dialogs: dict[str, QDialog] = {}

    def dialog(self, name: str) -> QDialog | None:
        """The open dialog of a name.

        sign in, outbox, settings, shortcuts, sign out, about, account, remove account, same customer,
        write elsewhere, day.
        """
        return self._dialogs.get(name)

    def _open(self, name: str, make: Callable[[], QDialog]) -> None:
        """Open a dialog, or bring the open one forward."""
        shown = self._dialogs.get(name)
        if shown is None:
            shown = make()
            self._dialogs[name] = shown
            dialogs = self._dialogs
            # Once it is finished it deletes itself; from then on nobody may touch it.
            shown.finished.connect(lambda _result: dialogs.pop(name, None))
            shown.open()
        shown.activateWindow()


class AccountHandlers(DialogHandlers):
    """The commands about accounts."""

    def add_account(self) -> None:
        """Sign in to one more server."""
        from chatdesk.ui.dialogs.sign_in import SignInDialog

        self._open("sign in", lambda: SignInDialog(self._context, parent=self._window))

    def sign_in_again(self) -> None:
        """Renew the sign-in that has ended, else the one in view."""
        book = self._window.book
        ended = [account.id for account in book.accounts() if book.needs_person(account.id)]
        current = self._window.account()
        account = current if current in ended or not ended else ended[0]
        if account is not None:
            self.sign_in_account(account)

    def sign_in_account(self, account_id: int) -> None:
        """Renew the sign-in of an account."""
        from chatdesk.ui.dialogs.sign_in import SignInDialog

        account = self._window.book.account(AccountId(account_id))
        if account is not None:
            self._open("sign in", lambda: SignInDialog(self._context, account, self._window))

    def sign_out(self) -> None:
        """Forget the token of the account in view, after a question."""
        self.sign_out_account(self._window.account() or 0)

    def sign_out_account(self, account_id: int) -> None:
        """Forget the token of an account, after a question."""
        account = self._window.book.account(AccountId(account_id))
        if account is None:
            return
        name = tr(
            "{platform}, {login}", platform=platform_name(account.platform), login=one_line(account.login, 80)
        )

        def answered(answer: Answer) -> None:
            if answer is Answer.YES:
                self._tasks.start("sign out", self._context.desk.sign_out(account.id))

        def make() -> QDialog:
            question = PlainQuestion(
                self._context.theme,
                tr("Sign out?"),
                tr(
                    "{account}: messages, drafts and what is queued stay on this computer. "
                    "Nothing is sent or received until you sign in again.",
                    account=name,
                ),
                yes=tr("Sign out"),
                no=tr("Stay signed in"),
                danger=True,
                parent=self._window,
            )
            question.answered.connect(answered)
            return question

        self._open("sign out", make)

    def show_account(self) -> None:
        """Show the account in view: its health, its settings."""
        self.show_account_of(self._window.account() or 0)

    def show_account_of(self, account_id: int) -> None:
        """Show an account: its health, its settings."""
        account = self._window.book.account(AccountId(account_id))
        if account is None:
            return

        def make() -> QDialog:
            from chatdesk.ui.dialogs.account import AccountDialog

            dialog = AccountDialog(self._context, self._window.book, account, self._window)
            dialog.sign_in_asked.connect(self.sign_in_account)
            dialog.sign_out_asked.connect(self.sign_out_account)
            dialog.remove_asked.connect(self.remove_account_of)
            return dialog

        self._open("account", make)

    def remove_account(self) -> None:
        """Delete the account in view from this computer, after a question."""
        self.remove_account_of(self._window.account() or 0)

    def remove_account_of(self, account_id: int) -> None:
        """Delete an account from this computer, after a question."""
        account = self._window.book.account(AccountId(account_id))
        if account is None:
            return

        def make() -> QDialog:
            from chatdesk.ui.dialogs.remove_account import RemoveAccountDialog

            name = account_label(account, self._window.book.accounts())
            dialog = RemoveAccountDialog(self._context, account, name, self._window)
            dialog.outbox_asked.connect(self._window.handlers.show_outbox)
            return dialog

        self._open("remove account", make)

    def open_account_menu(self, account_id: int, place: QPoint) -> QMenu | None:
        """What can be done with an account, at a place of the screen; None for an unknown one."""
        account = self._window.book.account(AccountId(account_id))
        if account is None:
            return None
        menu = QMenu(self._window)
        menu.setAccessibleName(account_label(account, self._window.book.accounts()))
        menu.aboutToHide.connect(menu.deleteLater)
        offers: tuple[tuple[str, Callable[[], object]], ...] = (
            (tr("Account and its health…"), lambda: self.show_account_of(account.id)),
            (tr("Connect and refresh now"), lambda: self._refresh_account(account.id)),
            (tr("Sign in again…"), lambda: self.sign_in_account(account.id)),
            (tr("Sign out…"), lambda: self.sign_out_account(account.id)),
            (tr("Remove account…"), lambda: self.remove_account_of(account.id)),
        )
        for number, (words, do) in enumerate(offers):
            if number in {2, len(offers) - 1}:
                menu.addSeparator()
            menu.addAction(words).triggered.connect(lambda _on=False, do=do: do())
        self._window.asking.fill_account_menu(menu, account.id)
        menu.popup(place)
        return menu

    def _refresh_account(self, account: AccountId) -> None:
        self._context.desk.retry_now(account)
        self._context.desk.refresh(account)
