"""The one table of commands: menus, shortcuts and the help sheet are made from it.

To add a command: a row here and a method of that `action` name in handlers.py. A test calls every row.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

import msgspec

from chatdesk.ui.i18n import tr


class Menu(Enum):
    """Where a command is shown; the order is that of the menus."""

    CHATDESK = "chatdesk"
    CONVERSATION = "conversation"
    VIEW = "view"
    GO = "go"
    HELP = "help"


class Needs(Enum):
    """What must be the case for a command to be enabled."""

    NOTHING = "nothing"
    ACCOUNT = "account"
    """At least one account is signed in here."""
    CONVERSATION = "conversation"
    """A conversation is open."""
    UNLOADED = "unloaded"
    """A conversation is open, and the server may have more of it."""
    LINKED = "linked"
    """The customer of the open conversation has others too."""
    FINDS = "finds"
    """An account can look things up at its server."""
    NOTICES = "notices"
    """An account's platform notifies."""
    CREATES = "creates"
    """An account may create orders."""


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """One thing a person can do.

    id: stable name for documents and tests. title: asked late, so that it is translated.
    keys: shortcuts as Qt writes them; `Ctrl` is Cmd on macOS.
    action: name of the method of Handlers; argument: passed to it where set.
    group: a line separates groups in a menu.
    """

    id: str
    title: Callable[[], str]
    action: str
    menu: Menu
    keys: tuple[str, ...] = ()
    needs: Needs = Needs.NOTHING
    argument: int | str | None = None
    group: int = 0
    listed: bool = True
    """False: only a key (Ctrl+1 to 9), explained by one line of the help sheet."""
    checkable: bool = False


def _account(number: int) -> Command:
    return Command(
        id=f"account.{number}",
        title=lambda: tr("Account {n}", n=number),
        action="choose_account_at",
        argument=number - 1,
        menu=Menu.GO,
        keys=(f"Ctrl+{number}",),
        needs=Needs.ACCOUNT,
        listed=False,
    )


COMMANDS: tuple[Command, ...] = (
    # chatdesk
    Command(
        id="account.add",
        title=lambda: tr("Add an account…"),
        action="add_account",
        menu=Menu.CHATDESK,
        keys=("Ctrl+Shift+N",),
    ),
    Command(
        id="account.sign_in",
        title=lambda: tr("Sign in again…"),
        action="sign_in_again",
        menu=Menu.CHATDESK,
        needs=Needs.ACCOUNT,
    ),
    Command(
        id="account.sign_out",
        title=lambda: tr("Sign out…"),
        action="sign_out",
        menu=Menu.CHATDESK,
        needs=Needs.ACCOUNT,
    ),
    Command(
        id="account.show",
        title=lambda: tr("Account and its health…"),
        action="show_account",
        menu=Menu.CHATDESK,
        keys=("Ctrl+Shift+H",),
        needs=Needs.ACCOUNT,
    ),
    Command(
        id="account.remove",
        title=lambda: tr("Remove account…"),
        action="remove_account",
        menu=Menu.CHATDESK,
        needs=Needs.ACCOUNT,
    ),
    Command(
        id="connection.retry",
        title=lambda: tr("Connect and refresh now"),
        action="retry_now",
        menu=Menu.CHATDESK,
        keys=("F5", "Ctrl+R"),
        needs=Needs.ACCOUNT,
        group=1,
    ),
    Command(
        id="outbox.show",
        title=lambda: tr("Outbox…"),
        action="show_outbox",
        menu=Menu.CHATDESK,
        keys=("Ctrl+Shift+O",),
        group=1,
    ),
    Command(
        id="order.create",
        title=lambda: tr("New order or request…"),
        action="create_order",
        menu=Menu.CHATDESK,
        keys=("Ctrl+Alt+N",),
        needs=Needs.CREATES,
        group=1,
    ),
    Command(
        id="settings.show",
        title=lambda: tr("Settings…"),
        action="show_settings",
        menu=Menu.CHATDESK,
        keys=("Ctrl+,",),
        group=2,
    ),
    Command(
        id="window.quit",
        title=lambda: tr("Quit chatdesk"),
        action="quit",
        menu=Menu.CHATDESK,
        keys=("Ctrl+Q",),
        group=3,
    ),
    # conversation
    Command(
        id="conversation.mute",
        title=lambda: tr("Mute"),
        action="toggle_muted",
        menu=Menu.CONVERSATION,
        keys=("Ctrl+Shift+M",),
        needs=Needs.CONVERSATION,
        checkable=True,
    ),
    Command(
        id="conversation.archive",
        title=lambda: tr("Archive"),
        action="toggle_archived",
        menu=Menu.CONVERSATION,
        keys=("Ctrl+E",),
        needs=Needs.CONVERSATION,
        checkable=True,
    ),
    Command(
        id="conversation.link",
        title=lambda: tr("Same customer as…"),
        action="link_customer",
        menu=Menu.CONVERSATION,
        keys=("Ctrl+Shift+L",),
        needs=Needs.CONVERSATION,
        group=2,
    ),
    Command(
        id="conversation.unlink",
        title=lambda: tr("Not the same customer"),
        action="unlink_customer",
        menu=Menu.CONVERSATION,
        needs=Needs.LINKED,
        group=2,
    ),
    Command(
        id="conversation.linked",
        title=lambda: tr("Next conversation with this customer"),
        action="go_linked",
        menu=Menu.CONVERSATION,
        keys=("Ctrl+J",),
        needs=Needs.LINKED,
        group=2,
    ),
    Command(
        id="conversation.load_whole",
        title=lambda: tr("Load the whole conversation"),
        action="load_whole",
        menu=Menu.CONVERSATION,
        keys=("Ctrl+Shift+G",),
        needs=Needs.UNLOADED,
        group=2,
    ),
    Command(
        id="conversation.write",
        title=lambda: tr("Write a message"),
        action="focus_composer",
        menu=Menu.CONVERSATION,
        keys=("Ctrl+L",),
        needs=Needs.CONVERSATION,
        group=1,
    ),
    # view
    Command(
        id="panel.toggle",
        title=lambda: tr("Order panel"),
        action="toggle_panel",
        menu=Menu.VIEW,
        keys=("Ctrl+I",),
        needs=Needs.CONVERSATION,
        checkable=True,
    ),
    Command(
        id="theme.system",
        title=lambda: tr("Theme of the system"),
        action="use_theme",
        argument="system",
        menu=Menu.VIEW,
        group=1,
        checkable=True,
    ),
    Command(
        id="theme.light",
        title=lambda: tr("Light theme"),
        action="use_theme",
        argument="light",
        menu=Menu.VIEW,
        group=1,
        checkable=True,
    ),
    Command(
        id="theme.dark",
        title=lambda: tr("Dark theme"),
        action="use_theme",
        argument="dark",
        menu=Menu.VIEW,
        group=1,
        checkable=True,
    ),
    Command(
        id="zoom.in",
        title=lambda: tr("Larger text"),
        action="zoom_by",
        argument=1,
        menu=Menu.VIEW,
        keys=("Ctrl++", "Ctrl+="),
        group=2,
    ),
    Command(
        id="zoom.out",
        title=lambda: tr("Smaller text"),
        action="zoom_by",
        argument=-1,
        menu=Menu.VIEW,
        keys=("Ctrl+-",),
        group=2,
    ),
    Command(
        id="zoom.reset",
        title=lambda: tr("Usual text size"),
        action="reset_zoom",
        menu=Menu.VIEW,
        keys=("Ctrl+0",),
        group=2,
    ),
    # go
    Command(
        id="search.focus",
        title=lambda: tr("Search"),
        action="focus_search",
        menu=Menu.GO,
        keys=("Ctrl+K",),
    ),
    Command(
        id="messages.search",
        title=lambda: tr("Search messages…"),
        action="search_messages",
        menu=Menu.GO,
        keys=("Ctrl+Shift+F",),
        needs=Needs.ACCOUNT,
    ),
    Command(
        id="conversation.find",
        title=lambda: tr("Find in this conversation"),
        action="find_in_conversation",
        menu=Menu.GO,
        keys=("Ctrl+F",),
        needs=Needs.CONVERSATION,
    ),
    Command(
        id="conversation.day",
        title=lambda: tr("Go to a date…"),
        action="go_to_day",
        menu=Menu.GO,
        keys=("Ctrl+G",),
        needs=Needs.CONVERSATION,
    ),
    Command(
        id="found.older",
        title=lambda: tr("Next older message found"),
        action="go_to_found",
        argument=1,
        menu=Menu.GO,
        keys=("F3",),
        needs=Needs.CONVERSATION,
    ),
    Command(
        id="found.newer",
        title=lambda: tr("Next newer message found"),
        action="go_to_found",
        argument=-1,
        menu=Menu.GO,
        keys=("Shift+F3",),
        needs=Needs.CONVERSATION,
    ),
    Command(
        id="find.show",
        title=lambda: tr("Look up at the server…"),
        action="show_finder",
        menu=Menu.GO,
        keys=("Ctrl+Alt+F",),
        needs=Needs.FINDS,
    ),
    Command(
        id="notices.show",
        title=lambda: tr("Notifications"),
        action="show_notices",
        menu=Menu.GO,
        keys=("Ctrl+Shift+B",),
        needs=Needs.NOTICES,
    ),
    Command(
        id="list.conversations",
        title=lambda: tr("Conversations"),
        action="show_conversations",
        menu=Menu.GO,
        keys=("Alt+1",),
        group=1,
    ),
    Command(
        id="list.orders",
        title=lambda: tr("Orders"),
        action="show_orders",
        menu=Menu.GO,
        keys=("Alt+2",),
        group=1,
    ),
    Command(
        id="conversation.next",
        title=lambda: tr("Next conversation"),
        action="go_next",
        menu=Menu.GO,
        keys=("Ctrl+Tab", "Alt+Down"),
        group=2,
    ),
    Command(
        id="conversation.previous",
        title=lambda: tr("Previous conversation"),
        action="go_previous",
        menu=Menu.GO,
        keys=("Ctrl+Shift+Tab", "Alt+Up"),
        group=2,
    ),
    Command(
        id="conversation.unread",
        title=lambda: tr("Next unread conversation"),
        action="go_next_unread",
        menu=Menu.GO,
        keys=("Ctrl+Shift+U",),
        group=2,
    ),
    Command(
        id="account.all",
        title=lambda: tr("All accounts"),
        action="choose_all_accounts",
        menu=Menu.GO,
        keys=("Ctrl+Shift+A",),
        group=3,
    ),
    *(_account(number) for number in range(1, 10)),
    Command(
        id="region.next",
        title=lambda: tr("Next part of the window"),
        action="go_next_region",
        menu=Menu.GO,
        keys=("F6",),
        group=4,
    ),
    Command(
        id="region.previous",
        title=lambda: tr("Previous part of the window"),
        action="go_previous_region",
        menu=Menu.GO,
        keys=("Shift+F6",),
        group=4,
    ),
    # help
    Command(
        id="help.shortcuts",
        title=lambda: tr("Keyboard shortcuts"),
        action="show_shortcuts",
        menu=Menu.HELP,
        keys=("Ctrl+/",),
    ),
    Command(
        id="help.about",
        title=lambda: tr("About chatdesk"),
        action="show_about",
        menu=Menu.HELP,
    ),
)


def menu_title(menu: Menu) -> str:
    """A menu's name in the person's language."""
    return _MENU_TITLES[menu]()


_MENU_TITLES = {
    Menu.CHATDESK: lambda: tr("chatdesk"),
    Menu.CONVERSATION: lambda: tr("Conversation"),
    Menu.VIEW: lambda: tr("View"),
    Menu.GO: lambda: tr("Go"),
    Menu.HELP: lambda: tr("Help"),
}


class WidgetKey(msgspec.Struct, frozen=True):
    """A key that a widget handles by itself; listed so that the help sheet is complete."""

    title: Callable[[], str]
    keys: tuple[str, ...]


def writing_keys(*, enter_sends: bool) -> tuple[WidgetKey, ...]:
    """Keys of the composer, as they are set now."""
    send, line = ("Return", "Shift+Return") if enter_sends else ("Ctrl+Return", "Return")
    return (
        WidgetKey(lambda: tr("Send"), (send,)),
        WidgetKey(lambda: tr("New line"), (line,)),
        WidgetKey(lambda: tr("Send later"), ("Ctrl+Shift+Return",)),
        WidgetKey(lambda: tr("Take back what was just sent"), ("Ctrl+Z",)),
        WidgetKey(lambda: tr("Change the last message that has not left"), ("Up",)),
    )


READING: tuple[WidgetKey, ...] = (
    WidgetKey(lambda: tr("Message above or below"), ("Up", "Down")),
    WidgetKey(lambda: tr("What can be done with a message"), ("Return", "Shift+F10")),
    WidgetKey(lambda: tr("Mark by letters, also across messages"), ("Shift+Left", "Shift+Right")),
    WidgetKey(lambda: tr("Mark by lines"), ("Shift+Up", "Shift+Down")),
    WidgetKey(lambda: tr("Mark by words"), ("Ctrl+Shift+Left", "Ctrl+Shift+Right")),
    WidgetKey(lambda: tr("Mark by messages"), ("Ctrl+Shift+Up", "Ctrl+Shift+Down")),
    WidgetKey(lambda: tr("Mark the whole conversation"), ("Ctrl+A",)),
    WidgetKey(lambda: tr("Copy what is marked"), ("Ctrl+C",)),
    WidgetKey(lambda: tr("Copy it with names and times"), ("Ctrl+Shift+C",)),
)
"""Keys of the message list."""

ELSEWHERE: tuple[WidgetKey, ...] = (
    WidgetKey(lambda: tr("Accounts, from top to bottom"), ("Ctrl+1", "Ctrl+9")),
    WidgetKey(lambda: tr("Close what is on top, or go back"), ("Esc",)),
)
