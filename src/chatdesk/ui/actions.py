"""The table of commands as Qt actions and menus of one window."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import groupby

import msgspec
from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar, QWidget

from chatdesk.ui.commands import COMMANDS, Command, Menu, Needs, menu_title
from chatdesk.ui.i18n import tr
from chatdesk.ui.plain import without_mnemonic


class Situation(msgspec.Struct, frozen=True):
    """What decides which commands are enabled."""

    has_account: bool
    has_conversation: bool
    has_linked: bool = False
    can_find: bool = False
    can_notify: bool = False
    can_create: bool = False
    why_whole: str | None = ""
    """Why the rest of the open conversation can't be loaded, as the end of an entry; None: it can."""

    def allows(self, needs: Needs) -> bool:
        """Whether a command with these needs makes sense now."""
        match needs:
            case Needs.NOTHING:
                return True
            case Needs.ACCOUNT:
                return self.has_account
            case Needs.CONVERSATION:
                return self.has_conversation
            case Needs.UNLOADED:
                return self.why_whole is None
            case Needs.LINKED:
                return self.has_linked
            case Needs.FINDS:
                return self.can_find
            case Needs.NOTICES:
                return self.can_notify
            case Needs.CREATES:
                return self.can_create


class Actions(QObject):
    """One QAction per command, by its id. Calls the method of the handlers that the command names."""

    def __init__(self, window: QWidget, handlers: QObject) -> None:
        """Raises AttributeError when a command names a method that the handlers do not have."""
        super().__init__(window)
        self._by_id: dict[str, QAction] = {}
        for command in COMMANDS:
            action = QAction(without_mnemonic(command.title()), window)
            action.setShortcuts([QKeySequence(keys) for keys in command.keys])
            action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
            action.setCheckable(command.checkable)
            if command.id == "window.quit":
                action.setMenuRole(QAction.MenuRole.QuitRole)
            method: Callable[..., object] = getattr(handlers, command.action)
            action.triggered.connect(partial(_call, method, command))
            window.addAction(action)
            self._by_id[command.id] = action

    def action(self, command_id: str) -> QAction:
        """The action of a command. Raises KeyError for an unknown id."""
        return self._by_id[command_id]

    def update(self, situation: Situation) -> None:
        """Enable what makes sense now."""
        for command in COMMANDS:
            action = self._by_id[command.id]
            action.setEnabled(situation.allows(command.needs))
            if command.needs is Needs.UNLOADED:
                # The one entry whose reason no menu shows otherwise.
                title, why = command.title(), situation.why_whole
                named = tr("{title} ({why})", title=title, why=why) if why else title
                action.setText(without_mnemonic(named))

    def fill_menu(self, menu: QMenu, which: Menu) -> None:
        """Put the commands of one menu into `menu`, groups apart."""
        listed = [c for c in COMMANDS if c.menu is which and c.listed]
        for number, (_group, commands) in enumerate(groupby(listed, key=lambda c: c.group)):
            if number:
                menu.addSeparator()
            for command in commands:
                menu.addAction(self._by_id[command.id])

    def whole_menu(self, parent: QWidget) -> QMenu:
        """All menus as one."""
        whole = QMenu(parent)
        self._fill_whole(whole)
        return whole

    def whole_menu_later(self, parent: QWidget) -> QMenu:
        """The same for the menu button; made when it is first opened."""
        whole = QMenu(parent)
        whole.aboutToShow.connect(lambda: None if whole.actions() else self._fill_whole(whole))
        return whole

    def _fill_whole(self, whole: QMenu) -> None:
        for which in Menu:
            self.fill_menu(whole.addMenu(without_mnemonic(menu_title(which))), which)

    def fill_menu_bar(self, bar: QMenuBar) -> None:
        """All menus as a menu bar, where the system has one at the top of the screen."""
        for which in Menu:
            self.fill_menu(bar.addMenu(without_mnemonic(menu_title(which))), which)


def _call(method: Callable[..., object], command: Command, _checked: bool = False) -> None:
    if command.argument is None:
        method()
    else:
        method(command.argument)
