"""The list pane over a real store: what a person sees, types, presses and chooses there."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from chatdesk.domain.ids import AccountId
from chatdesk.domain.kinds import PresenceState
from chatdesk.ui.lists.choices import Choice
from chatdesk.ui.lists.pane import ListPane, Side
from chatdesk.ui.lists.proxy import Chip, SortBy
from chatdesk.ui.lists.rows_view import RowsView
from chatdesk.ui.lists.search import SearchField
from chatdesk.ui.orders.model import Column
from chatdesk.ui.orders.table import OrdersTable
from chatdesk.ui.plain import PlainLabel
from chatdesk.ui.preferences import CONVERSATION_SORT
from tests.conftest import Ui
from tests.shots import scene
from tests.shots.seat import NOON_US, Seat
from tests.ui.lists.said import a_message, apply
from tests.ui.shell.conftest import MakeSeat

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
pytestmark = pytest.mark.qt_log_ignore("^This plugin does not support (raise|grabbing)", extend=True)
BY_ACTIVITY = ["10482", "10479", "10471", "10466", "10452", "10450", "10447", "10441"]


class Stage:
    """A pane in a window, and what it has told."""

    def __init__(self, qtbot: QtBot, seat: Seat) -> None:
        self.seat = seat
        self.pane = ListPane(seat.context)
        self.chosen: list[int] = []
        self.activated: list[int] = []
        self.orders: list[int] = []
        self.pane.conversation_chosen.connect(self.chosen.append)
        self.pane.conversation_activated.connect(self.activated.append)
        self.pane.order_chosen.connect(self.orders.append)
        qtbot.addWidget(self.pane)
        self.pane.resize(316, 800)
        self.pane.show()
        qtbot.waitExposed(self.pane)
        self.search = self.pane.findChildren(SearchField)[0]

    @property
    def view(self) -> RowsView:
        return next(v for v in self.pane.findChildren(RowsView) if v.accessibleName() == "Conversations")

    @property
    def order_view(self) -> RowsView:
        return next(v for v in self.pane.findChildren(RowsView) if v.accessibleName() == "Orders")

    def numbers(self) -> list[str]:
        """Order numbers of the conversations that are listed."""
        proxy = self.pane.shown
        rows = (self.pane.conversations.find(proxy.id_at(at)) for at in range(proxy.rowCount()))  # type: ignore[arg-type]
        return [row.conversation.order_number for row in rows if row]

    def order_numbers(self) -> list[str]:
        proxy = self.pane.shown_orders
        rows = (self.pane.orders.find(proxy.id_at(at)) for at in range(proxy.rowCount()))  # type: ignore[arg-type]
        return [row.order.number for row in rows if row]

    def button(self, words: str) -> Choice:
        return next(
            b for b in self.pane.findChildren(Choice) if b.words().startswith(words) and b.isVisible()
        )

    def click_row(self, number: str, button: Qt.MouseButton = LEFT) -> None:
        row = self.numbers().index(number)
        place = self.view.visualRect(self.pane.shown.index(row, 0)).center()
        QTest.mouseClick(self.view.viewport(), button, pos=place)

    def click(self, words: str) -> None:
        QTest.mouseClick(self.button(words), LEFT)

    def texts(self) -> list[str]:
        return [label.text() for label in self.pane.findChildren(PlainLabel) if label.isVisible()]

    def selected(self) -> list[str]:
        rows = self.view.selectionModel().selectedRows()
        return [self.numbers()[index.row()] for index in rows]


async def ready(ui: Ui, stage: Stage) -> None:
    await ui.until(lambda: stage.pane.conversations.is_whole and stage.pane.orders.is_whole)


def menu_of(parent: QWidget) -> QMenu:
    return next(menu for menu in parent.findChildren(QMenu) if menu.isVisible())


def action(menu: QMenu, words: str) -> QAction:
    return next(one for one in menu.actions() if one.text() == words)


@pytest.fixture
def stage(ui: Ui, qtbot: QtBot, seat: Seat) -> Iterator[Stage]:
    made = Stage(qtbot, seat)
    yield made
    for menu in made.pane.findChildren(QMenu):
        menu.close()


class TestReading:
    def test_the_first_paint_needs_no_loop(self, stage: Stage) -> None:
        """The newest conversations are there before anything asynchronous has run."""
        assert stage.numbers() == BY_ACTIVITY
        assert not stage.pane.conversations.is_whole

    def test_then_everything_is_read(self, ui: Ui, stage: Stage) -> None:
        """Conversations and orders are completed once the loop runs, without a reset."""

        async def main() -> None:
            resets: list[str] = []
            stage.pane.shown.modelReset.connect(lambda: resets.append("conversations"))
            stage.pane.shown_orders.modelReset.connect(lambda: resets.append("orders"))
            await ready(ui, stage)
            assert stage.numbers() == BY_ACTIVITY
            assert stage.pane.orders.rowCount() == 8
            assert resets == []

        ui.run(main())

    def test_a_message_brings_its_conversation_to_the_top(self, ui: Ui, stage: Stage) -> None:
        """A message from outside moves its row up, counts as unread, and resets nothing."""

        async def main() -> None:
            await ready(ui, stage)
            resets: list[bool] = []
            stage.pane.shown.modelReset.connect(lambda: resets.append(True))
            stage.pane.select(stage.seat.day.talk("10482"))
            apply(stage.seat, a_message("10450", "One more question"))
            await ui.until(lambda: stage.numbers()[0] == "10450")
            row = stage.pane.conversations.find(stage.seat.day.talk("10450"))
            assert row is not None
            assert (row.snippet, row.conversation.unread) == ("One more question", 1)
            assert stage.selected() == ["10482"]
            assert resets == []

        ui.run(main())

    def test_presence_and_typing_are_shown(self, ui: Ui, stage: Stage) -> None:
        """News that is never stored reaches the row."""

        async def main() -> None:
            stage.seat.engines.tell(stage.seat.day.presence("10471"), stage.seat.day.typing("10471"))
            here = stage.seat.day.talk("10471")
            await ui.until(lambda: stage.pane.conversations.typing(here))
            assert stage.pane.conversations.presence(here) is PresenceState.ONLINE
            spoken = stage.pane.shown.index(2, 0).data(Qt.ItemDataRole.AccessibleTextRole)
            assert spoken.startswith("Quarry & Stone, online, order #10471")
            assert "Quarry & Stone is typing" in spoken

        ui.run(main())


class TestChoosing:
    def test_a_click_opens_a_conversation(self, ui: Ui, stage: Stage) -> None:
        """The clicked conversation is chosen once, and marked."""
        stage.click_row("10471")
        assert stage.chosen == [stage.seat.day.talk("10471")]
        assert stage.selected() == ["10471"]

    def test_arrows_open_and_enter_goes_on_to_writing(self, ui: Ui, stage: Stage) -> None:
        """Arrow keys open what they come to; Enter says that the person wants to write there."""
        talk = stage.seat.day.talk
        stage.pane.show_conversations()
        QTest.keyClick(stage.view, Qt.Key.Key_Down)
        QTest.keyClick(stage.view, Qt.Key.Key_Down)
        QTest.keyClick(stage.view, Qt.Key.Key_Return)
        assert stage.chosen == [talk("10482"), talk("10479")]
        assert stage.activated == [talk("10479")]

    def test_select_marks_and_tells_nobody(self, ui: Ui, stage: Stage) -> None:
        """What the window opened by itself is only marked; None unmarks."""
        stage.pane.select(stage.seat.day.talk("10466"))
        assert stage.selected() == ["10466"]
        assert stage.pane.selected() == stage.seat.day.talk("10466")
        stage.pane.select(None)
        assert stage.selected() == []
        assert stage.chosen == []

    def test_next_and_previous_stop_at_the_ends(self, ui: Ui, stage: Stage) -> None:
        """Each step opens the neighbour of what is open; from nowhere it begins at the near end."""
        talk = stage.seat.day.talk
        stage.pane.select_next()
        stage.pane.select_next()
        stage.pane.select_previous()
        stage.pane.select_previous()
        assert stage.chosen == [talk("10482"), talk("10479"), talk("10482"), talk("10482")]
        stage.pane.select(None)
        stage.pane.select_previous()
        assert stage.chosen[-1] == talk("10441")
        stage.pane.step(-2)
        assert stage.chosen[-1] == talk("10450")

    def test_next_unread_goes_round(self, ui: Ui, stage: Stage) -> None:
        """From the second unread conversation on to the first; where all is read nothing happens."""
        talk = stage.seat.day.talk
        stage.pane.select(talk("10482"))
        stage.pane.select_next_unread()
        stage.pane.select_next_unread()
        assert stage.chosen == [talk("10479"), talk("10482")]
        stage.pane.shown.set_query("quarry")
        stage.pane.select_next_unread()
        assert len(stage.chosen) == 2

    def test_a_filter_that_hides_the_open_one_opens_no_other(self, ui: Ui, stage: Stage) -> None:
        """The mark goes with its row, lands on no neighbour, and is back when the row is back."""
        stage.click_row("10471")
        stage.search.setText("harbour")
        assert stage.numbers() == ["10479"]
        assert stage.selected() == []
        stage.search.setText("")
        assert stage.selected() == ["10471"]
        assert stage.chosen == [stage.seat.day.talk("10471")]


class TestSearch:
    def test_typing_narrows_and_escape_clears(self, ui: Ui, stage: Stage) -> None:
        """Words, numbers and last messages are found; Esc empties the field, then leaves it for the list."""
        stage.pane.focus_search()
        QTest.keyClicks(stage.search, "QUARRY")
        assert stage.numbers() == ["10471"]
        QTest.keyClick(stage.search, Qt.Key.Key_Escape)
        assert stage.search.text() == ""
        assert stage.numbers() == BY_ACTIVITY
        QTest.keyClicks(stage.search, "permit copy")
        assert stage.numbers() == ["10479"]
        stage.search.setText("#10450")
        assert stage.numbers() == ["10450"]

    def test_what_is_typed_can_be_cleared_by_a_press(self, ui: Ui, stage: Stage) -> None:
        """The button comes with the first letter."""
        stage.pane.focus_search()
        QTest.keyClicks(stage.search, "qu")
        (button,) = [one for one in stage.search.findChildren(QToolButton) if one.isVisible()]
        QTest.mouseClick(button, LEFT)
        assert stage.search.text() == ""
        assert stage.numbers() == BY_ACTIVITY

    def test_enter_opens_the_first_hit_and_down_goes_to_the_rows(self, ui: Ui, stage: Stage) -> None:
        """A search can be finished without the mouse."""
        stage.pane.focus_search()
        QTest.keyClicks(stage.search, "crane")
        QTest.keyClick(stage.search, Qt.Key.Key_Return)
        assert stage.chosen == [stage.seat.day.talk("10466")]
        QTest.keyClick(stage.search, Qt.Key.Key_Down)
        assert QApplication.focusWidget() is stage.view

    def test_letters_typed_into_the_list_search(self, ui: Ui, stage: Stage) -> None:
        """Who types while the list has the keyboard is searching; Esc in the list shows all again."""
        stage.pane.show_conversations()
        QTest.keyClicks(stage.view, "h")
        assert QApplication.focusWidget() is stage.search
        QTest.keyClicks(stage.search, "arb")
        assert stage.search.text() == "harb"
        assert stage.numbers() == ["10479"]
        stage.view.setFocus()
        QTest.keyClick(stage.view, Qt.Key.Key_Escape)
        assert stage.numbers() == BY_ACTIVITY

    def test_the_text_moves_along_to_the_orders(self, ui: Ui, stage: Stage) -> None:
        """Switching to the orders searches them for the same words."""

        async def main() -> None:
            await ready(ui, stage)
            stage.search.setText("toledo")
            assert stage.numbers() == []
            stage.click("Orders")
            assert stage.order_numbers() == ["10479"]

        ui.run(main())


class TestChips:
    def test_chips_filter_and_count(self, ui: Ui, stage: Stage) -> None:
        """Each chip shows its own, with a live count that a screen reader gets in words."""

        async def main() -> None:
            await ready(ui, stage)
            stage.click("Unread")
            assert stage.numbers() == ["10482", "10479"]
            assert stage.button("Unread").words() == "Unread 2"
            assert stage.button("Unread").accessibleName() == "Unread, 2 conversations"
            apply(stage.seat, a_message("10466", "Hello again"))
            await ui.until(lambda: stage.button("Unread").words() == "Unread 3")
            assert stage.numbers() == ["10466", "10482", "10479"]
            stage.click("All")
            assert len(stage.numbers()) == 8

        ui.run(main())

    def test_arrow_keys_move_between_chips(self, ui: Ui, stage: Stage) -> None:
        """The chips are one group to the keyboard."""
        stage.button("All").setFocus()
        QTest.keyClick(stage.button("All"), Qt.Key.Key_Right)
        assert stage.pane.shown.chip is Chip.UNREAD
        assert stage.button("Unread").isChecked()

    def test_chips_wrap_in_a_narrow_pane(self, ui: Ui, qtbot: QtBot, stage: Stage) -> None:
        """Where they do not fit side by side they take a second line, each of them whole."""
        chips = [stage.button(words) for words in ("All", "Unread", "Needs", "Archived")]
        assert len({chip.y() for chip in chips}) == 1
        stage.pane.resize(210, 800)
        qtbot.waitUntil(lambda: len({chip.y() for chip in chips}) == 2)
        for chip in chips:
            assert chip.width() >= chip.sizeHint().width()

    def test_the_account_narrows_lists_and_counts(self, ui: Ui, stage: Stage) -> None:
        """One account: its own conversations and orders; another: none, in words; all again."""

        async def main() -> None:
            await ready(ui, stage)
            stage.pane.set_account(AccountId(stage.seat.account.id + 1))
            assert (stage.numbers(), stage.order_numbers()) == ([], [])
            assert stage.button("Unread").words() == "Unread"
            assert "No conversations here" in stage.texts()
            stage.pane.set_account(stage.seat.account.id)
            assert stage.numbers() == BY_ACTIVITY
            stage.pane.set_account(None)
            assert stage.numbers() == BY_ACTIVITY

        ui.run(main())

    def test_a_removed_account_takes_its_rows_along(self, ui: Ui, stage: Stage) -> None:
        """Conversations and orders of an account that is removed go; the rest of the pane says so."""

        async def main() -> None:
            await ready(ui, stage)
            stage.pane.select(stage.seat.day.talk("10482"))
            stage.seat.store.remove_account(stage.seat.account.id).result(20)
            await ui.until(lambda: not stage.numbers() and not stage.order_numbers())
            await ui.until(lambda: "Welcome" in stage.texts())
            assert stage.pane.orders.rowCount() == 0
            assert stage.chosen == []

        ui.run(main())


class TestMenus:
    def test_a_conversation_is_archived_and_brought_back(self, ui: Ui, stage: Stage) -> None:
        """The row's menu puts it away: it goes to Archived, and the store knows."""

        async def main() -> None:
            await ready(ui, stage)
            QTest.mouseClick(stage.view.viewport(), RIGHT, pos=QPoint(30, 10))
            self.ask(stage, "10471")
            action(menu_of(stage.pane), "Archive").trigger()
            await ui.until(lambda: "10471" not in stage.numbers())
            menu_of(stage.pane).close()
            stage.click("Archived")
            assert stage.numbers() == ["10471"]
            assert stage.chosen == []
            self.ask(stage, "10471")
            action(menu_of(stage.pane), "Bring back from archive").trigger()
            await ui.until(lambda: stage.numbers() == [])

        ui.run(main())

    def test_muting_and_reading(self, ui: Ui, stage: Stage) -> None:
        """Mute and Mark as read reach the store; what is read offers no Mark as read."""

        async def main() -> None:
            await ready(ui, stage)
            here = stage.seat.day.talk("10479")

            def row() -> Any:
                found = stage.pane.conversations.find(here)
                assert found is not None
                return found.conversation

            self.ask(stage, "10479")
            action(menu_of(stage.pane), "Mute").trigger()
            await ui.until(lambda: row().muted)
            menu_of(stage.pane).close()
            self.ask(stage, "10479")
            assert action(menu_of(stage.pane), "Unmute").isEnabled()
            action(menu_of(stage.pane), "Mark as read").trigger()
            await ui.until(lambda: row().unread == 0)
            menu_of(stage.pane).close()
            self.ask(stage, "10479")
            assert not action(menu_of(stage.pane), "Mark as read").isEnabled()

        ui.run(main())

    def test_the_order_number_can_be_copied(self, ui: Ui, stage: Stage) -> None:
        """The menu copies the number as the platform writes it."""
        self.ask(stage, "10482")
        action(menu_of(stage.pane), "Copy order number").trigger()
        assert QApplication.clipboard().text() == "10482"

    def test_the_sort_menu_sorts(self, ui: Ui, stage: Stage) -> None:
        """Who waits longest comes first once the menu says so, and the menu remembers."""

        async def main() -> None:
            await ready(ui, stage)
            sort = next(b for b in stage.pane.findChildren(QWidget) if b.accessibleName() == "Sort")
            QTest.mouseClick(sort, LEFT)
            action(menu_of(stage.pane), "Who waits longest").trigger()
            assert stage.pane.shown.sort_by is SortBy.WAITING
            waiting = [
                one.conversation.waiting_since_us
                for at in range(stage.pane.shown.rowCount())
                if (one := stage.pane.conversations.find(stage.pane.shown.id_at(at)))  # type: ignore[arg-type]
            ]
            since = [one for one in waiting if one is not None]
            assert since
            assert waiting == [*sorted(since), *[None] * (len(waiting) - len(since))]
            menu_of(stage.pane).close()
            QTest.mouseClick(sort, LEFT)
            assert action(menu_of(stage.pane), "Who waits longest").isChecked()

        ui.run(main())

    def test_the_next_window_sorts_as_the_last_one(self, ui: Ui, qtbot: QtBot, stage: Stage) -> None:
        """How both lists were sorted is remembered; what nobody can read is as if it were not there."""

        async def main() -> None:
            await ready(ui, stage)
            sort = next(b for b in stage.pane.findChildren(QWidget) if b.accessibleName() == "Sort")
            QTest.mouseClick(sort, LEFT)
            action(menu_of(stage.pane), "Unread first").trigger()
            stage.pane.show_orders()
            stage.pane._orders_page.sort(Column.CUSTOMER)
            later = Stage(qtbot, stage.seat)
            await ready(ui, later)
            assert later.pane.shown.sort_by is SortBy.UNREAD
            later.pane.show_orders()
            assert later.pane.shown_orders.sort_column is Column.CUSTOMER
            later.pane._orders_page.sort(None)
            stage.seat.preferences.put(CONVERSATION_SORT, "by the moon")
            third = Stage(qtbot, stage.seat)
            await ready(ui, third)
            assert third.pane.shown.sort_by is SortBy.ACTIVITY
            third.pane.show_orders()
            assert third.pane.shown_orders.sort_column is None

        ui.run(main())

    @staticmethod
    def ask(stage: Stage, number: str) -> None:
        """Ask for a row's menu, as the menu key or a right click does."""
        index = stage.pane.shown.index(stage.numbers().index(number), 0)
        stage.view.menu_wanted.emit(index, stage.view.mapToGlobal(QPoint(20, 20)))


class TestOrders:
    def test_enter_opens_the_orders_conversation(self, ui: Ui, stage: Stage) -> None:
        """An order opens its conversation by Enter and by a double click, not by a single one."""

        async def main() -> None:
            await ready(ui, stage)
            stage.click("Orders")
            assert stage.pane.side() is Side.ORDERS
            assert stage.order_numbers() == ["10482", "10479", "10471", "10450", "10447"]
            place = stage.order_view.visualRect(stage.pane.shown_orders.index(1, 0)).center()
            QTest.mouseClick(stage.order_view.viewport(), LEFT, pos=place)
            assert stage.chosen == []
            QTest.keyClick(stage.order_view, Qt.Key.Key_Return)
            assert stage.chosen == [stage.seat.day.talk("10479")]
            QTest.mouseDClick(stage.order_view.viewport(), LEFT, pos=place)
            assert len(stage.orders) == 2

        ui.run(main())

    def test_a_wide_pane_shows_a_table(self, ui: Ui, qtbot: QtBot, stage: Stage) -> None:
        """With room there are columns, sorted by their header and opened by Enter; narrow again, rows."""

        async def main() -> None:
            await ready(ui, stage)
            stage.click("Orders")
            table = stage.pane.findChildren(OrdersTable)[0]
            assert not table.isVisible()
            stage.pane.resize(800, 600)
            await ui.until(table.isVisible)
            header = table.horizontalHeader()
            titles = [table.model().headerData(at, Qt.Orientation.Horizontal) for at in range(7)]
            assert titles == [
                "Order",
                "Customer",
                "Kind",
                "Status",
                "Progress",
                "Waiting",
                "Last message",
            ]
            place = QPoint(header.sectionPosition(1) + 20, 8)
            QTest.mouseClick(header.viewport(), LEFT, pos=place)
            assert stage.order_numbers() == ["10479", "10447", "10482", "10450", "10471"]
            QTest.mouseClick(header.viewport(), LEFT, pos=place)
            assert stage.order_numbers() == ["10471", "10450", "10482", "10447", "10479"]
            table.selectRow(0)
            QTest.keyClick(table, Qt.Key.Key_Return)
            assert stage.chosen == [stage.seat.day.talk("10471")]
            stage.pane.resize(316, 600)
            await ui.until(stage.order_view.isVisible)

        ui.run(main())

    def test_order_chips_count(self, ui: Ui, stage: Stage) -> None:
        """Open, Needs reply, Closed and All show their own orders."""

        async def main() -> None:
            await ready(ui, stage)
            stage.click("Orders")
            assert stage.button("Open").words() == "Open 5"
            stage.click("Closed")
            assert stage.order_numbers() == ["10466", "10452", "10441"]
            stage.click("All")
            assert len(stage.order_numbers()) == 8
            stage.click("Needs reply")
            assert set(stage.order_numbers()) >= {"10482", "10479", "10447"}

        ui.run(main())


class TestNothing:
    def test_words_say_why_nothing_is_listed(self, ui: Ui, stage: Stage) -> None:
        """A search without a hit, a chip without a row: a sentence, and a button that shows all again."""

        async def main() -> None:
            await ready(ui, stage)
            stage.search.setText("zzz")
            assert "Nothing matches" in stage.texts()
            QTest.mouseClick(next(b for b in stage.pane.findChildren(QWidget) if is_show_all(b)), LEFT)
            assert stage.numbers() == BY_ACTIVITY
            stage.click("Archived")
            assert "Nothing archived" in stage.texts()
            account = stage.seat.account.id
            stage.pane.set_account(AccountId(account + 1))
            assert "Nothing archived" in stage.texts()
            stage.click("Unread")
            assert "All read" in stage.texts(), "it was empty before, too"
            stage.search.setText("zzz")
            assert "Nothing matches" in stage.texts()
            stage.search.setText("")
            assert "All read" in stage.texts()
            stage.pane.set_account(None)
            stage.click("Archived")
            QTest.mouseClick(next(b for b in stage.pane.findChildren(QWidget) if is_show_all(b)), LEFT)
            assert stage.pane.shown.chip is Chip.ALL
            assert stage.button("All").isChecked()

        def is_show_all(widget: QWidget) -> bool:
            return widget.accessibleName() == "Show all" and widget.isVisible()

        ui.run(main())

    def test_a_first_run_welcomes(self, ui: Ui, qtbot: QtBot, make_seat: MakeSeat) -> None:
        """Without an account the list says how it is filled; then, with one, that nobody has written yet."""

        async def main() -> None:
            seat = make_seat(filled=False)
            stage = Stage(qtbot, seat)
            await ready(ui, stage)
            assert "Welcome" in stage.texts()
            scene.add_account(seat.store)
            await ui.until(lambda: "No conversations yet" in stage.texts())
            show = next(
                b
                for b in stage.pane.findChildren(QWidget)
                if b.accessibleName() == "Show orders" and b.isVisible()
            )
            QTest.mouseClick(show, LEFT)
            assert stage.pane.side() is Side.ORDERS
            assert "No orders yet" in stage.texts()
            scene.fill(seat.store, NOON_US, account=seat.store.accounts().result(5).rows[0])
            await ui.until(lambda: len(stage.order_numbers()) == 5)

        ui.run(main())


class TestShape:
    def test_collapsed_it_is_avatars_only(self, ui: Ui, stage: Stage) -> None:
        """Search, chips and switch go, the rows stay and can be clicked; whole again, all is back."""
        stage.pane.show_side(Side.ORDERS)
        stage.pane.set_collapsed(True)
        stage.pane.resize(stage.pane.collapsed_width(), 800)
        assert stage.pane.side() is Side.CONVERSATIONS
        assert not stage.search.isVisible()
        assert stage.pane.width() < 80
        stage.click_row("10479")
        assert stage.chosen == [stage.seat.day.talk("10479")]
        stage.pane.set_collapsed(False)
        assert stage.search.isVisible()

    def test_rows_follow_the_text_size(self, ui: Ui, stage: Stage) -> None:
        """Larger text makes higher rows at once."""
        before = stage.view.row_height
        stage.seat.theme.set_zoom(1.5)
        assert stage.view.row_height > before * 1.3
        stage.seat.theme.set_zoom(1.0)
        assert stage.view.row_height == before

    def test_every_control_has_a_name(self, ui: Ui, stage: Stage) -> None:
        """Whatever takes the keyboard can be announced."""
        for widget in stage.pane.findChildren(QWidget):
            if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isVisible():
                assert widget.accessibleName(), widget

    def test_timers_are_repainted_by_the_clock(self, ui: Ui, stage: Stage) -> None:
        """Each beat of the clock paints the rows anew while they can be seen, and not otherwise."""

        async def main() -> None:
            await ready(ui, stage)
            await asyncio.sleep(0)
            first = stage.view.viewport().grab().toImage()
            stage.seat.clock.at_us += 90 * 60_000_000
            painted: list[int] = []
            delegate = stage.view.itemDelegate()
            paint = delegate.paint

            def note(*args: Any) -> None:
                painted.append(1)
                paint(*args)

            delegate.paint = note  # type: ignore[method-assign]
            stage.seat.clock.beat.emit()
            await ui.until(lambda: painted)
            assert stage.view.viewport().grab().toImage() != first
            stage.pane.hide()
            painted.clear()
            stage.seat.clock.beat.emit()
            await asyncio.sleep(0.02)
            assert painted == []

        ui.run(main())
