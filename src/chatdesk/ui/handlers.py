"""What each command of the table does; a dialog is loaded when somebody opens it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from chatdesk import __version__
from chatdesk.ui.account_handlers import AccountHandlers
from chatdesk.ui.customer_handlers import CustomerHandlers
from chatdesk.ui.i18n import tr
from chatdesk.ui.plain import PlainQuestion
from chatdesk.ui.theme import ThemeMode


class Handlers(AccountHandlers, CustomerHandlers):
    """One method per command; the table names them. Dialogs are opened, never waited for."""

    # -- chatdesk

    def retry_now(self) -> None:
        """Connect every account at once, and read its lists again."""
        self._context.desk.retry_now()
        for account in self._window.book.accounts():
            self._context.desk.refresh(account.id)

    def show_outbox(self) -> None:
        """Open the outbox."""

        def make() -> QDialog:
            from chatdesk.ui.dialogs.outbox import OutboxDialog

            dialog = OutboxDialog(self._context, self._window.outbox, self._window)
            dialog.conversation_asked.connect(self._open_from_outbox)
            dialog.elsewhere_asked.connect(self._write_elsewhere_from_outbox)
            return dialog

        self._open("outbox", make)

    def decide_old_sends(self) -> None:
        """Ask once for all messages that ask before they go."""

        def make() -> QDialog:
            from chatdesk.ui.dialogs.old_sends import OldSendsDialog, in_turn

            dialog = OldSendsDialog(self._context, self._window.outbox, self._window)
            desk = self._context.desk
            dialog.send_asked.connect(
                lambda ids: self._tasks.start("send old", in_turn(ids, desk.retry), exclusive=False)
            )
            dialog.discard_asked.connect(
                lambda ids: self._tasks.start("discard old", in_turn(ids, desk.discard), exclusive=False)
            )
            return dialog

        self._open("old sends", make)

    def show_crash_report(self, compose: Callable[[], str]) -> None:
        """Show what chatdesk knows of a crash."""
        from chatdesk.ui.dialogs.crash_report import CrashReportDialog

        self._open("crash report", lambda: CrashReportDialog(self._context, compose, self._window))

    def create_order(self) -> None:
        """Ask for what a new order needs."""
        self._window.asking.create_order(self._window.account())

    def show_settings(self) -> None:
        """Open the settings."""
        from chatdesk.ui.dialogs.settings import SettingsDialog

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

    def load_whole(self) -> None:
        """Fetch all of the open conversation, in the background."""
        self._window.chat.whole.begin()

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

    def search_messages(self) -> None:
        """Search the messages of every account."""
        self._window.search.search_everywhere()

    def find_in_conversation(self) -> None:
        """Search the messages of the open conversation."""
        self._window.search.find_here()

    def go_to_day(self) -> None:
        """Ask for a day, and show what was written then."""
        timeline = self._window.chat.timeline

        def make() -> QDialog:
            from chatdesk.ui.dialogs.go_to_day import GoToDayDialog

            dialog = GoToDayDialog(self._context, timeline.moment_in_view(), self._window)
            dialog.chosen.connect(timeline.show_moment)
            return dialog

        self._open("day", make)

    def go_to_found(self, by: int) -> None:
        """To the next older message found (1), or the next newer one (-1)."""
        self._window.search.step(by)

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
        from chatdesk.ui.dialogs.shortcuts import ShortcutsDialog

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
