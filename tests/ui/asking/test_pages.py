"""The pages as parts of the window: reached by key and mouse, left by Escape, in windows wide and narrow."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QKeyCombination, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from chatdesk.domain.actions import Result
from chatdesk.domain.ids import OrderId
from tests.conftest import Ui
from tests.shots.seat import Seat
from tests.ui.asking.made import a_hit, a_lonely_order, equip, tell
from tests.ui.asking.stage import Stage, click

pytestmark = pytest.mark.qt_log_ignore("^This plugin does not support (raise|grabbing)", extend=True)


def press(stage: Stage, keys: str) -> None:
    """Press a shortcut on whatever has the keyboard."""
    one: QKeyCombination = QKeySequence(keys)[0]  # type: ignore[index]
    QTest.keyClick(QApplication.focusWidget() or stage.window, one.key(), one.keyboardModifiers())


def a_lonely_one(stage: Stage) -> OrderId:
    tell(stage.seat, a_lonely_order())
    return next(one.id for one in stage.seat.store.orders().result(20).rows if one.number == "20001")


def test_keys_lead_there_and_back(ui: Ui, stage: Stage) -> None:
    """Their keys open the pages, F6 goes round what is shown, Escape goes back to where one was."""

    async def main() -> None:
        await stage.ready()
        stage.seat.engines.on_find = lambda _asked: Result(hits=(a_hit("1"),))
        window, pages = stage.window, stage.asking.pages
        press(stage, "Ctrl+Alt+F")
        await ui.until(lambda: pages.page() is stage.asking.finder)
        await ui.until(stage.asking.finder.search.hasFocus)
        seen = set()
        for _ in range(3):
            press(stage, "F6")
            focused = QApplication.focusWidget()
            assert focused is not None
            here = [r for r in window.regions() if r is focused or r.isAncestorOf(focused)]
            assert len(here) == 1
            seen.add(here[0])
        assert seen == {one for one in window.regions() if one.isVisible()}
        press(stage, "Ctrl+Shift+B")
        await ui.until(lambda: pages.page() is stage.asking.notices)
        press(stage, "Esc")
        await ui.until(pages.shows_desk)
        assert window.chat.conversation_id() == stage.seat.day.talk("10482")

    ui.run(main())


def test_whatever_is_opened_leaves_the_page(ui: Ui, stage: Stage) -> None:
    """A conversation, a list or an account chosen while a page is shown is shown instead of it."""

    async def main() -> None:
        await stage.ready()
        stage.seat.engines.on_find = lambda _asked: Result()
        window, pages = stage.window, stage.asking.pages
        ways: tuple[Callable[[], object], ...] = (
            lambda: window.open_conversation(stage.seat.day.talk("10479")),
            lambda: window._on_activated(stage.seat.day.talk("10479")),
            lambda: window.commands.action("list.orders").trigger(),
            lambda: window.commands.action("search.focus").trigger(),
            lambda: window.commands.action("conversation.next").trigger(),
            lambda: click(window.rail.tiles()[1]),
            lambda: click(stage.asking.finder.back),
        )
        for way in ways:
            window.handlers.show_finder()
            assert not pages.shows_desk()
            way()
            assert pages.shows_desk()
        window.handlers.show_finder()
        window.open_conversation(None)  # what was open has gone: nobody asked for anything
        assert not pages.shows_desk()

    ui.run(main())


def test_a_page_that_is_no_longer_offered_goes(ui: Ui, stage: Stage) -> None:
    """When the last account that can look things up can't any more, its page is left."""

    async def main() -> None:
        await stage.ready()
        stage.seat.engines.on_find = lambda _asked: Result()
        stage.window.handlers.show_finder()
        equip(stage.seat, stage.account, finds=())
        await ui.until(stage.asking.pages.shows_desk)
        stage.window.handlers.show_finder()
        assert stage.asking.pages.shows_desk()
        assert not stage.asking.find_tool.isVisible()

    ui.run(main())


@pytest.mark.parametrize("width", [420, 700, 1000, 1280])
def test_an_order_by_itself_at_any_width(ui: Ui, qtbot: QtBot, seat: Seat, width: int) -> None:
    """An order without conversation is in view with its actions however narrow the window; Back leaves it."""
    stage = Stage(ui, qtbot, seat, width)

    async def main() -> None:
        await stage.ready(None, online=False)
        await stage.go_offline()
        stage.window.show_order(a_lonely_one(stage))
        assert stage.window.side.isVisible()
        await ui.until(stage.part().offers.isVisible)
        if stage.window.arrangement().one_pane:
            assert stage.window.go_back()
            assert stage.window.list.isVisible()
            assert not stage.window.side.isVisible()
        else:
            stage.window.open_conversation(seat.day.talk("10482"))
            order = stage.window.panel.order()
            assert order is not None
            assert order.number == "10482"

    ui.run(main())


def test_tab_reaches_everything(ui: Ui, stage: Stage) -> None:
    """By Tab alone one comes from the search through tabs, chips and rows to the buttons and back."""

    async def main() -> None:
        await stage.ready()
        stage.seat.engines.on_find = lambda _asked: Result(hits=(a_hit("1"),), more=True)
        stage.window.handlers.show_finder()
        finder = stage.asking.finder
        await ui.until(lambda: finder.hits.rowCount() == 1)
        finder.view.setCurrentIndex(finder.hits.index(0))
        wanted = {finder.search, finder.view, finder.more, finder.back}
        met = set()
        for _ in range(30):
            focused = QApplication.focusWidget()
            assert focused is not None
            met.add(focused)
            QTest.keyClick(focused, Qt.Key.Key_Tab)
        assert wanted <= met
        assert any(finder.offered.isAncestorOf(one) for one in met)

    ui.run(main())
