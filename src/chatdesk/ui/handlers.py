"""What each command of the table does."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtWidgets import QApplication, QDialog, QMenu, QWidget

from chatdesk import __version__
from chatdesk.domain.ids import AccountId, ConversationId
from chatdesk.domain.text import one_line
from chatdesk.ui.account_words import account_label
from chatdesk.ui.dialogs.account import AccountDialog
from chatdesk.ui.dialogs.outbox import OutboxDialog
from chatdesk.ui.dialogs.pick_conversation import (
    PickConversationDialog,
    same_customer_words,
    write_elsewhere_words,
)
from chatdesk.ui.dialogs.remove_account import RemoveAccountDialog
from chatdesk.ui.dialogs.settings import SettingsDialog
from chatdesk.ui.dialogs.shortcuts import ShortcutsDialog
from chatdesk.ui.dialogs.sign_in import SignInDialog
from chatdesk.ui.i18n import tr
from chatdesk.ui.lists.wording import title_text
from chatdesk.ui.plain import Answer, PlainQuestion
from chatdesk.ui.tasks import Tasks
from chatdesk.ui.theme import ThemeMode
from chatdesk.ui.words import platform_name

if TYPE_CHECKING:
    from chatdesk.ui.window import MainWindow


class Handlers(QObject):
    """One method per command; the table names them. Dialogs are opened, never waited for."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._context = window.context
        self._tasks = Tasks(self, window.context.troubles)
        self._dialogs: dict[str, QDialog] = {}

    # -- chatdesk

    def add_account(self) -> None:
        """Sign in to one more server."""
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
            name = account_label(account, self._window.book.accounts())
            dialog = RemoveAccountDialog(self._context, account, name, self._window)
            dialog.outbox_asked.connect(self.show_outbox)
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

    def retry_now(self) -> None:
        """Connect every account at once, and read its lists again."""
        self._context.desk.retry_now()
        for account in self._window.book.accounts():
            self._context.desk.refresh(account.id)

    def show_outbox(self) -> None:
        """Open the outbox."""

        def make() -> QDialog:
            dialog = OutboxDialog(self._context, self._window.outbox, self._window)
            dialog.conversation_asked.connect(self._open_from_outbox)
            dialog.elsewhere_asked.connect(self._write_elsewhere_from_outbox)
            return dialog

        self._open("outbox", make)

    def create_order(self) -> None:
        """Ask for what a new order needs."""
        self._window.asking.create_order(self._window.account())

    def show_settings(self) -> None:
        """Open the settings."""
        self._open("settings", lambda: SettingsDialog(self._context, self._window))

    def quit(self) -> None:
        """Close the window; main ends the program then."""
        self._window.close()

    # -- conversation

    def toggle_muted(self) -> None:
        """Be told of the open conversation, or not."""
        row = self._window.chat.header.conversation()
        if row is not None:
            self._tasks.start("mute", self._context.desk.set_muted(row.id, not row.muted), exclusive=False)

    def toggle_archived(self) -> None:
        """Put the open conversation away, or bring it back."""
        row = self._window.chat.header.conversation()
        if row is not None:
            work = self._context.desk.set_archived(row.id, not row.archived)
            self._tasks.start("archive", work, exclusive=False)

    def link_customer(self) -> None:
        """Say with which other conversation the open one shares its customer."""
        row = self._window.chat.header.conversation()
        if row is not None:
            self.ask_same_customer(row.id)

    def ask_same_customer(self, conversation_id: int) -> None:
        """Ask with which other conversation one shares its customer."""
        about = ConversationId(conversation_id)
        lists = self._window.list
        row = lists.conversations.find(about)
        if row is None:
            return

        def make() -> QDialog:
            words = same_customer_words(title_text(row))
            dialog = PickConversationDialog(
                self._context, lists.conversations, lists.facts, about, words, self._window
            )
            dialog.picked.connect(
                lambda other: self._tasks.start(
                    "link",
                    self._context.desk.link_customer(about, ConversationId(other)),
                    on_done=lambda _none: self._window.status.tell(
                        tr("Linked. Both conversations are shown together from now on.")
                    ),
                )
            )
            return dialog

        self._open("same customer", make)

    def write_elsewhere(self, conversation_id: int, text: str) -> None:
        """Put a text that can't go where it was written into the draft of another conversation."""
        lists = self._window.list

        def write(other: int) -> None:
            self._window.open_conversation(other)
            self._window.chat.composer.type_text(text)

        def make() -> QDialog:
            about = ConversationId(conversation_id)
            words = write_elsewhere_words()
            dialog = PickConversationDialog(
                self._context, lists.conversations, lists.facts, about, words, self._window
            )
            dialog.picked.connect(write)
            return dialog

        self._open("write elsewhere", make)

    def unlink_customer(self) -> None:
        """Take the open conversation out of those with the same customer."""
        row = self._window.chat.header.conversation()
        if row is not None:
            self._tasks.start("unlink", self._context.desk.unlink_customer(row.id))

    def go_linked(self) -> None:
        """Open the conversation with the same customer in which something happened last."""
        other = self._window.side.linked.first()
        if other is not None:
            self._window.open_conversation(other)

    def focus_composer(self) -> None:
        """Write in the open conversation."""
        self.focus_region(self._window.chat.composer)

    # -- view

    def toggle_panel(self) -> None:
        """Show or hide the order panel."""
        self._window.toggle_panel()

    def use_theme(self, mode: str) -> None:
        """Light, dark, or as the system."""
        self._context.theme.set_mode(ThemeMode(mode))
        self._window.update_commands()

    def zoom_by(self, steps: int) -> None:
        """Larger or smaller text."""
        self._context.theme.zoom_by(steps)

    def reset_zoom(self) -> None:
        """Text as large as the system's."""
        self._context.theme.set_zoom(1.0)

    # -- go

    def focus_search(self) -> None:
        """Type into the search field."""
        self._window.show_list()
        self._window.list.focus_search()

    def show_finder(self) -> None:
        """Look something up at a server."""
        self._window.asking.show_finder(self._window.account())

    def show_notices(self) -> None:
        """Show the platform's notifications."""
        self._window.asking.show_notices(self._window.account())

    def show_conversations(self) -> None:
        """List the conversations."""
        self._window.show_list()
        self._window.list.show_conversations()

    def show_orders(self) -> None:
        """List the orders."""
        self._window.show_list()
        self._window.list.show_orders()

    def go_next(self) -> None:
        """Open the next conversation of the list."""
        self._window.list.select_next()

    def go_previous(self) -> None:
        """Open the previous conversation of the list."""
        self._window.list.select_previous()

    def go_next_unread(self) -> None:
        """Open the next conversation with unread messages."""
        self._window.list.select_next_unread()

    def choose_all_accounts(self) -> None:
        """List the conversations of every account."""
        self._window.rail.choose(None)

    def choose_account_at(self, index: int) -> None:
        """List those of one account, counted from the top (0)."""
        self._window.rail.choose_at(index)

    def go_next_region(self) -> None:
        """Move the keyboard to the next part of the window."""
        self._go_region(1)

    def go_previous_region(self) -> None:
        """Move the keyboard to the part before."""
        self._go_region(-1)

    # -- help

    def show_shortcuts(self) -> None:
        """Open the sheet of keys."""
        self._open("shortcuts", lambda: ShortcutsDialog(self._context, self._window))

    def show_about(self) -> None:
        """Say what this is."""

        def make() -> QDialog:
            return PlainQuestion(
                self._context.theme,
                tr("chatdesk {version}", version=__version__),
                tr(
                    "Answer customers about their orders, on five platforms, online and offline. MIT licence."
                ),
                yes=tr("Close"),
                parent=self._window,
            )

        self._open("about", make)

    # -- focus

    def focus_shown(self) -> None:
        """Give the keyboard to what a one-pane window shows."""
        window = self._window
        for region in (window.list, window.chat.composer, window.chat.timeline, window.side):
            if region.isVisible():
                self.focus_region(region)
                return

    def focus_first(self) -> None:
        """Give the keyboard to where a person most likely goes on: the composer, else the list."""
        window = self._window
        for region in (window.chat.composer, window.list, window.chat):
            if region.isVisible() and self.focus_region(region):
                return

    def focus_region(self, region: QWidget) -> bool:
        """Give the keyboard to a region: what had it last there, or its first widget. False: none did."""
        # Qt returns None where nothing inside ever had the keyboard, whatever its type hints say.
        last: QWidget | None = region.focusWidget()
        for widget in ([last] if last else []) + [region, *region.findChildren(QWidget)]:
            takes = widget.focusPolicy() & Qt.FocusPolicy.TabFocus or widget.focusProxy() is not None
            if takes and widget.isVisible() and widget.isEnabled():
                widget.setFocus(Qt.FocusReason.ShortcutFocusReason)
                return True
        return False

    def _go_region(self, step: int) -> None:
        regions = [region for region in self._window.regions() if region.isVisible()]
        focused = QApplication.focusWidget()
        at = next(
            (
                i
                for i, r in enumerate(regions)
                if focused is not None and (r is focused or r.isAncestorOf(focused))
            ),
            -1 if step > 0 else 0,
        )
        for distance in range(1, len(regions) + 1):
            if self.focus_region(regions[(at + step * distance) % len(regions)]):
                return

    # -- dialogs

    def dialog(self, name: str) -> QDialog | None:
        """The open dialog of a name.

        sign in, outbox, settings, shortcuts, sign out, about, account, remove account, same customer,
        write elsewhere.
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

    def _write_elsewhere_from_outbox(self, conversation_id: int, text: str) -> None:
        dialog = self._dialogs.get("outbox")
        if dialog is not None:
            dialog.accept()
        self.write_elsewhere(conversation_id, text)

    def _open_from_outbox(self, conversation_id: int) -> None:
        dialog = self._dialogs.get("outbox")
        if dialog is not None:
            dialog.accept()
        self._window.open_conversation(conversation_id)
