"""The whole window over a real store: commands, widths, keyboard, and what it remembers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import QKeyCombination, QPoint, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget
from pytestqt.qtbot import QtBot

from chatdesk.domain.changes import NoticeRaised
from chatdesk.domain.entities import Conversation
from chatdesk.domain.errors import DiskTrouble, NotPossible
from chatdesk.domain.kinds import NoticeCode, SignInState
from chatdesk.ui.arrangement import MIDDLE_PX, NARROW_PX, WIDE_PX
from chatdesk.ui.commands import COMMANDS, Menu
from chatdesk.ui.lists.pane import Side
from chatdesk.ui.plain import Answer, PlainQuestion
from chatdesk.ui.preferences import LIST_WIDTH, PANEL_SHOWN
from chatdesk.ui.theme import ThemeMode
from chatdesk.ui.window import MainWindow
from tests.conftest import Ui
from tests.shots import scene
from tests.shots.seat import NOON_US, Seat
from tests.store.making import raw
from tests.ui.asking.made import equip
from tests.ui.shell.conftest import MakeSeat
from tests.ui.shell.test_dialogs import nameless

LEFT = Qt.MouseButton.LeftButton
CONTROL = Qt.KeyboardModifier.ControlModifier
NONE = Qt.KeyboardModifier.NoModifier


def open_window(seat: Seat, qtbot: QtBot, width: int = 1280, height: int = 820) -> MainWindow:
    seat.theme.set_mode(ThemeMode.LIGHT)
    window = MainWindow(seat.context)
    qtbot.addWidget(window)
    window.resize(width, height)
    window.show()
    window.activateWindow()
    return window


async def ready(ui: Ui, seat: Seat, window: MainWindow, number: str | None = "10482") -> None:
    await ui.until(lambda: QApplication.activeWindow() is window and window.list.conversations.is_whole)
    if number is not None:
        window.open_conversation(seat.day.talk(number))


def forget_start(seat: Seat, window: MainWindow) -> None:
    """Let there be more of the open conversation at its server, as far as anybody knows."""
    with raw(seat.store.folder) as con:
        con.execute("DELETE FROM ranges WHERE lo = ''")
    window.chat.whole.look_again()


def focused() -> QWidget:
    """What has the keyboard."""
    widget = QApplication.focusWidget()
    assert widget is not None
    return widget


def press(window: QWidget, keys: str) -> None:
    """Press a shortcut as a person does: on whatever has the keyboard."""
    combination: QKeyCombination = QKeySequence(keys)[0]  # type: ignore[index]
    QTest.keyClick(QApplication.focusWidget() or window, combination.key(), combination.keyboardModifiers())


class TestCommands:
    def test_every_command_works(self, ui: Ui, qtbot: QtBot, seat: Seat) -> None:
        """Each row of the table does what its title says; none is dead."""
        second = equip(seat, scene.add_night_desk(seat.store))

        async def main() -> None:
            window = open_window(seat, qtbot)
            await ready(ui, seat, window)
            engines, handlers, theme = seat.engines, window.handlers, seat.theme
            await seat.desk.link_customer(seat.day.talk("10482"), seat.day.talk("10471"))
            await ui.until(lambda: window.commands.action("conversation.linked").isEnabled())
            forget_start(seat, window)
            here = window.chat.conversation_id

            def row() -> Conversation:
                found = window.chat.header.conversation()
                assert found is not None
                return found

            def in_region(region: QWidget) -> bool:
                focused = QApplication.focusWidget()
                return focused is not None and (region is focused or region.isAncestorOf(focused))

            def dialog(name: str) -> Callable[[], bool]:
                return lambda: handlers.dialog(name) is not None

            opened = seat.day.talk("10482")
            checks: dict[str, Callable[[], bool]] = {
                "account.add": dialog("sign in"),
                "account.sign_in": dialog("sign in"),
                "account.sign_out": dialog("sign out"),
                "account.show": dialog("account"),
                "account.remove": dialog("remove account"),
                "connection.retry": lambda: (
                    bool(engines.asked("retry_now")) and len(engines.asked("refresh")) == 2
                ),
                "outbox.show": dialog("outbox"),
                "order.create": lambda: bool(window.asking.dialogs()),
                "messages.search": lambda: in_region(window.search.palette()),
                "conversation.find": lambda: in_region(window.search.bar()),
                "found.older": lambda: in_region(window.search.bar()),
                "found.newer": lambda: in_region(window.search.bar()),
                "conversation.day": dialog("day"),
                "find.show": lambda: in_region(window.asking.finder),
                "notices.show": lambda: in_region(window.asking.notices),
                "settings.show": dialog("settings"),
                "conversation.mute": lambda: row().muted,
                "conversation.archive": lambda: row().archived,
                "conversation.link": dialog("same customer"),
                "conversation.linked": lambda: here() == seat.day.talk("10471"),
                "conversation.unlink": lambda: row().group is None,
                "conversation.load_whole": lambda: bool(engines.asked("load_whole")),
                "conversation.write": lambda: in_region(window.chat.composer),
                "panel.toggle": window.side.isHidden,
                "theme.system": lambda: theme.mode is ThemeMode.SYSTEM,
                "theme.light": lambda: theme.mode is ThemeMode.LIGHT,
                "theme.dark": lambda: theme.mode is ThemeMode.DARK,
                "zoom.in": lambda: theme.zoom == 1.1,
                "zoom.out": lambda: theme.zoom == 1.0,
                "zoom.reset": lambda: theme.zoom == 1.0,
                "search.focus": lambda: in_region(window.list),
                "list.orders": lambda: window.list.side() is Side.ORDERS,
                "list.conversations": lambda: window.list.side() is Side.CONVERSATIONS,
                "conversation.next": lambda: here() not in {None, opened},
                "conversation.previous": lambda: here() is not None,
                "conversation.unread": lambda: row().unread > 0 or here() != opened,
                "account.all": lambda: window.rail.chosen() is None,
                "account.1": lambda: window.rail.chosen() == seat.account.id,
                "account.2": lambda: window.rail.chosen() == second.id,
                **{f"account.{n}": lambda: window.rail.chosen() == second.id for n in range(3, 10)},
                "region.next": lambda: QApplication.focusWidget() is not None,
                "region.previous": lambda: QApplication.focusWidget() is not None,
                "help.shortcuts": dialog("shortcuts"),
                "help.about": dialog("about"),
                "window.quit": lambda: not window.isVisible(),
            }
            assert set(checks) == {command.id for command in COMMANDS}
            # Quit comes last; orders before conversations, so that each is a change.
            order = sorted(checks, key=lambda one: (one == "window.quit", one == "list.conversations"))
            for command in order:
                window.commands.action(command).trigger()
                await ui.until(checks[command], what=command, timeout_s=5)
                for shown in (*handlers._dialogs.values(), *window.asking.dialogs()):
                    shown.reject()
                    window.activateWindow()  # no window manager does it here
            theme.set_zoom(1.0)

        ui.run(main(), timeout_s=60)

    def test_shortcuts_work_from_the_composer(self, ui: Ui, qtbot: QtBot, seat: Seat) -> None:
        """While the person types, shortcuts still act, and no letter of them lands in the text."""

        async def main() -> None:
            window = open_window(seat, qtbot)
            await ready(ui, seat, window)
            window.handlers.focus_composer()
            edit = window.chat.composer.edit
            QTest.keyClicks(edit, "on my way")
            press(window, "Ctrl+I")
            await ui.until(window.side.isHidden)
            press(window, "Ctrl+Shift+M")
            await ui.until(lambda: window.commands.action("conversation.mute").isChecked())
            press(window, "Alt+Down")
            await ui.until(lambda: window.chat.conversation_id() != seat.day.talk("10482"))
            press(window, "Alt+Up")
            await ui.until(lambda: window.chat.conversation_id() == seat.day.talk("10482"))
            assert window.chat.composer.edit.toPlainText() == "on my way"
            press(window, "Ctrl+/")
            await ui.until(lambda: window.handlers.dialog("shortcuts") is not None)
            await window.settle()

        ui.run(main())

    def test_menus_hold_the_table(self, ui: Ui, qtbot: QtBot, seat: Seat) -> None:
        """Every listed command is once in its menu; without a conversation its commands are off."""

        async def main() -> None:
            window = open_window(seat, qtbot)
            await ready(ui, seat, window, None)
            whole = window.commands.whole_menu(window)
            menus = [action.menu() for action in whole.actions()]
            texts = [a.text() for menu in menus for a in menu.actions() if not a.isSeparator()]  # type: ignore[attr-defined]
            assert len(menus) == len(Menu)
            assert texts == [c.title() for menu in Menu for c in COMMANDS if c.menu is menu and c.listed]
            assert not window.commands.action("conversation.archive").isEnabled()
            window.open_conversation(seat.day.talk("10482"))
            assert window.commands.action("conversation.archive").isEnabled()
            assert window.commands.action("theme.light").isChecked()
            assert not window.commands.action("theme.dark").isChecked()

        ui.run(main())

    def test_a_dialog_opens_once(self, ui: Ui, qtbot: QtBot, seat: Seat) -> None:
        """Asking twice for a dialog shows the same one; after it is closed it can be opened again."""

        async def main() -> None:
            window = open_window(seat, qtbot)
            await ready(ui, seat, window)
            window.handlers.show_settings()
            first = window.handlers.dialog("settings")
            window.handlers.show_settings()
            assert window.handlers.dialog("settings") is first
            assert first is not None
            first.reject()
            assert window.handlers.dialog("settings") is None
            window.handlers.show_settings()
            assert window.handlers.dialog("settings") is not None

        ui.run(main())

    def test_sign_out_is_asked(self, ui: Ui, qtbot: QtBot, seat: Seat) -> None:
        """Signing out asks first and names the account; the sign-in that has ended is the one to renew."""
        night = scene.add_night_desk(seat.store)

        async def main() -> None:
            window = open_window(seat, qtbot)
            await ready(ui, seat, window)
            window.handlers.sign_out()
            question = window.handlers.dialog("sign out")
            assert isinstance(question, PlainQuestion)
            QTest.mouseClick(question.button(Answer.NO), LEFT)
            assert seat.engines.asked("sign_out") == []
            window.handlers.sign_out()
            question = window.handlers.dialog("sign out")
            assert isinstance(question, PlainQuestion)
            QTest.mouseClick(question.button(Answer.YES), LEFT)
            await ui.until(lambda: seat.engines.asked("sign_out") == [(seat.account.id,)])
            ended = msgspec.structs.replace(
                seat.day.online(), account_id=night.id, sign_in=SignInState.NEEDS_PASSWORD
            )
            seat.engines.tell(ended)
            await ui.until(lambda: window.book.needs_person(night.id))
            window.handlers.sign_in_again()
            dialog = window.handlers.dialog("sign in")
            assert dialog is not None
            assert dialog.credentials.login.text() == night.login  # type: ignore[attr-defined]

        ui.run(main())


class TestWidths:
    def test_wide_then_narrow(self, ui: Ui, qtbot: QtBot, seat: Seat) -> None:
        """First the order panel goes, then the list shrinks, then one pane is left, with a way back."""

        async def main() -> None:
            window = open_window(seat, qtbot)
            await ready(ui, seat, window)
            assert all(part.isVisible() for part in (window.rail, window.list, window.chat, window.side))
            window.resize(WIDE_PX - 1, 800)
            assert not window.side.isVisible()
            full = window.list.width()
            window.resize(MIDDLE_PX - 1, 800)
            assert window.list.width() == window.list.collapsed_width() < full
            window.resize(NARROW_PX - 1, 800)
            assert window.chat.isVisible()
            assert not window.list.isVisible()
            assert not window.side.isVisible()
            back = window.chat.header._back
            assert back.isVisible()
            QTest.mouseClick(back, LEFT)
            assert window.list.isVisible()
            assert not window.chat.isVisible()
            window.open_conversation(seat.day.talk("10471"))
            assert window.chat.isVisible()
            window.toggle_panel()
            assert window.side.isVisible()
            assert not window.chat.isVisible()
            QTest.mouseClick(window.side._back, LEFT)
            assert window.chat.isVisible()
            window.resize(1280, 800)
            assert all(part.isVisible() for part in (window.rail, window.list, window.chat, window.side))
            assert not back.isVisible()

        ui.run(main())

    def test_escape_closes_the_topmost(self, ui: Ui, qtbot: QtBot, seat: Seat) -> None:
        """Escape leaves the order, then the chat; in a middle window it closes a panel that was asked for."""

        async def main() -> None:
            window = open_window(seat, qtbot, 500, 800)
            await ready(ui, seat, window)
            window.toggle_panel()
            press(window, "Esc")
            assert window.chat.isVisible()
            press(window, "Esc")
            assert window.list.isVisible()
            press(window, "Esc")
            assert window.list.isVisible()
            window.resize(800, 800)
            window.open_conversation(seat.day.talk("10482"))
            window.toggle_panel()
            assert window.side.isVisible()
            press(window, "Esc")
            assert not window.side.isVisible()

        ui.run(main())

    def test_searching_brings_the_list_back(self, ui: Ui, qtbot: QtBot, seat: Seat) -> None:
        """In a window that shows avatars or the chat only, Ctrl+K shows the list with its search field."""

        async def main() -> None:
            window = open_window(seat, qtbot, MIDDLE_PX - 40, 800)
            await ready(ui, seat, window)
            for width in (MIDDLE_PX - 40, NARROW_PX - 60):
                window.resize(width, 800)
                window.open_conversation(seat.day.talk("10482"))
                press(window, "Ctrl+K")
                QTest.keyClicks(focused(), "quarry")
                await ui.until(lambda: window.list.shown.rowCount() == 1)
                assert window.list.width() >= 240
                window.list.show_conversations()
                window.list._search.clear()

        ui.run(main())

    def test_text_size_counts(self, ui: Ui, qtbot: QtBot, seat: Seat) -> None:
        """With larger text a window of the same width has room for less."""

        async def main() -> None:
            window = open_window(seat, qtbot, 1_000, 800)
            await ready(ui, seat, window)
            assert window.side.isVisible()
            seat.theme.set_zoom(1.5)
            assert not window.side.isVisible()
            seat.theme.set_zoom(1.0)
            assert window.side.isVisible()

        ui.run(main())

    def test_first_run(self, ui: Ui, qtbot: QtBot, make_seat: MakeSeat) -> None:
        """First run: the welcome has all of the window and opens the sign-in; then the list has the keys."""
        seat = make_seat(filled=False)

        async def main() -> None:
            window = open_window(seat, qtbot)
            assert not window.list.isVisible()
            assert not window.side.isVisible()
            welcome = window.chat._empty
            assert welcome.title() == "Welcome to chatdesk"
            QTest.mouseClick(welcome.button(), LEFT)
            assert window.handlers.dialog("sign in") is not None
            scene.fill(seat.store, NOON_US)
            await ui.until(window.list.isVisible)
            assert welcome.title() == "No conversation is open"
            assert window.list.isAncestorOf(window.focusWidget()), "not what happens to follow the button"

        ui.run(main())


class TestMemory:
    def test_what_the_window_remembers(
        self, ui: Ui, qtbot: QtBot, qapp: QApplication, tmp_path: Path
    ) -> None:
        """Size, widths, panel, theme, zoom, account and conversation are as they were, at once."""
        seat = Seat(qapp, tmp_path)

        async def first() -> None:
            window = open_window(seat, qtbot, 777, 666)
            await ready(ui, seat, window)
            handle = window.split.handle(1)
            start = handle.rect().center()
            QTest.mousePress(handle, LEFT, NONE, start)
            QTest.mouseMove(handle, start + QPoint(37, 0))
            QTest.mouseRelease(handle, LEFT, NONE, start + QPoint(37, 0))
            assert seat.preferences.get(LIST_WIDTH) != LIST_WIDTH.default
            seat.preferences.put(PANEL_SHOWN, value=False)
            window.rail.choose(seat.account.id)
            seat.theme.set_mode(ThemeMode.DARK)
            seat.theme.set_zoom(1.1)
            window.close()
            await window.settle()

        ui.run(first())
        width = seat.preferences.get(LIST_WIDTH)
        scale = seat.theme.metrics.scale
        seat.close()
        again = Seat(qapp, tmp_path, filled=False)
        try:
            window = MainWindow(again.context)
            qtbot.addWidget(window)
            assert window.chat.conversation_id() is not None
            assert window.chat.header._name.full_text() == "Northline Transport"
            assert (window.width(), window.height()) == (777, 666)
            assert again.theme.mode is ThemeMode.DARK
            assert again.theme.zoom == 1.1
            assert again.theme.metrics.scale == scale
            assert again.preferences.get(LIST_WIDTH) == width
            assert again.preferences.get(PANEL_SHOWN) is False
            assert window.rail.chosen() is not None
        finally:
            again.theme.set_zoom(1.0)
            again.close()

    def test_notices_are_told_once(self, ui: Ui, qtbot: QtBot, seat: Seat) -> None:
        """What an account or a task has to say stands in the status bar for a while, not in two places."""

        async def main() -> None:
            window = open_window(seat, qtbot)
            await ready(ui, seat, window)
            window.status._notice_end.setInterval(150)
            seat.engines.tell(NoticeRaised(seat.account.id, NoticeCode.RATE_LIMITED, "60 a <b>minute</b>"))
            await ui.until(window.status.told)
            assert window.status.told().endswith("The server says: 60 a <b>minute</b>")
            await ui.until(lambda: window.status.told() == "")
            seat.engines.tell(NoticeRaised(seat.account.id, NoticeCode.OFFLINE))
            seat.context.troubles.report("mute", DiskTrouble("full"))
            assert window.status.told() == ""
            seat.context.troubles.report("check", NotPossible("settled"))
            assert window.status.told().startswith("That is not possible now.")

        ui.run(main())

    def test_opening_tells_the_engine(self, ui: Ui, qtbot: QtBot, seat: Seat) -> None:
        """A conversation that is opened is joined and read by the engine; a deleted one is closed."""

        async def main() -> None:
            window = open_window(seat, qtbot)
            await ready(ui, seat, window, "10471")
            assert seat.engines.asked("opened")[-1][3] == "10471"
            assert window.windowTitle().endswith("Quarry & Stone – chatdesk")
            seat.store.remove_account(seat.account.id)
            await ui.until(lambda: window.chat.conversation_id() is None)
            await ui.until(lambda: window.windowTitle() == "chatdesk")

        ui.run(main())

    def test_titles_are_harmless(self, ui: Ui, qtbot: QtBot, make_seat: MakeSeat) -> None:
        """A name with Qt's own placeholder, breaks and controls stands in the title as it is, in one line."""
        seat = make_seat(filled=False)
        talk = scene.Talk("5", "a[*]b\n\u202ec", "pending", (scene.Line(90, False, "x"),), "A", "B")
        seat.scene = scene.fill(seat.store, NOON_US, talks=(talk,))

        async def main() -> None:
            window = open_window(seat, qtbot)
            await ready(ui, seat, window, "5")
            assert window.windowTitle() == "a[*][*]b c – chatdesk"

        ui.run(main())


class TestKeyboard:
    def test_regions_cycle(self, ui: Ui, qtbot: QtBot, seat: Seat) -> None:
        """F6 goes through the parts of the window in order and comes round; Shift+F6 goes back."""

        async def main() -> None:
            window = open_window(seat, qtbot)
            await ready(ui, seat, window)
            window.rail.focus_region()
            seen = [self._region(window)]
            for _ in range(6):
                press(window, "F6")
                seen.append(self._region(window))
            assert seen == [0, 1, 2, 3, 4, 5, 0]
            press(window, "Shift+F6")
            assert self._region(window) == 5

        ui.run(main())

    def test_everything_is_reachable(self, ui: Ui, qtbot: QtBot, seat: Seat) -> None:
        """With Tab alone the keyboard gets to every control that is shown, and has a name there."""

        async def main() -> None:
            window = open_window(seat, qtbot)
            await ready(ui, seat, window)
            seat.engines.tell(seat.day.offline())
            await ui.until(lambda: window.chat.banner.isVisible())
            assert nameless(window) == []
            wanted = {
                widget
                for widget in window.findChildren(QWidget)
                if widget.focusPolicy() & Qt.FocusPolicy.TabFocus == Qt.FocusPolicy.TabFocus
                and widget.isVisible()
                and widget.isEnabled()
                and widget.focusProxy() is None
            }
            reached: set[QWidget] = set()
            window.rail.focus_region()
            for _ in range(len(wanted) * 3):
                focused = QApplication.focusWidget()
                assert focused is not None
                reached.add(focused)
                group = focused.group() if isinstance(focused, QAbstractButton) else None
                if group is not None and group.exclusive():
                    reached.update(group.buttons())  # Qt goes from one to the next by arrow keys
                window.focusNextChild()
            missing = [f"{type(w).__name__} {w.accessibleName()}" for w in wanted - reached]
            assert missing == []

        ui.run(main())

    @staticmethod
    def _region(window: MainWindow) -> int:
        focused = QApplication.focusWidget()
        assert focused is not None
        return next(
            index
            for index, region in enumerate(window.regions())
            if region is focused or region.isAncestorOf(focused)
        )

    def test_writing_begins_at_once(self, ui: Ui, qtbot: QtBot, seat: Seat) -> None:
        """A window that opens with a conversation has the keyboard in the composer."""
        window = open_window(seat, qtbot)
        window.open_conversation(seat.day.talk("10482"))
        window.close()

        async def main() -> None:
            again = open_window(seat, qtbot)
            await ui.until(lambda: QApplication.activeWindow() is again)
            await ui.until(lambda: QApplication.focusWidget() is again.chat.composer.edit)
            QTest.keyClicks(focused(), "hello")
            assert again.chat.composer.edit.toPlainText() == "hello"
            again.rail.focus_region()
            again.list.conversation_activated.emit(seat.day.talk("10471"))
            assert again.chat.conversation_id() == seat.day.talk("10471")
            assert QApplication.focusWidget() is again.chat.composer.edit
            await again.settle()

        ui.run(main())

    @pytest.mark.parametrize("number", ["10482", "10471"])
    def test_sending_from_the_window(self, ui: Ui, qtbot: QtBot, seat: Seat, number: str) -> None:
        """Typed and sent offline: the message is in the list as queued, in the outbox, and on disk."""

        async def main() -> None:
            window = open_window(seat, qtbot)
            await ready(ui, seat, window, number)
            window.handlers.focus_composer()
            QTest.keyClicks(window.chat.composer.edit, "The escort is on its way")
            QTest.keyClick(window.chat.composer.edit, Qt.Key.Key_Return)
            await ui.until(lambda: window.outbox.waiting() == 1)
            await ui.until(lambda: window.status.outbox_button().text() == "Outbox 1")
            await ui.until(lambda: window.chat.composer.edit.toPlainText() == "")
            stored = seat.reader.newest_page(seat.day.talk(number)).messages[-1]
            assert stored.text == "The escort is on its way"

        ui.run(main())
