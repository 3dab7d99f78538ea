"""The platform's notifications: listed, counted, opened, read and deleted."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from PySide6.QtCore import QPersistentModelIndex, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu, QWidget

from chatdesk.domain.actions import Action, ActionKind, Result
from chatdesk.domain.entities import Notification
from chatdesk.domain.errors import NotDone
from chatdesk.domain.ids import AccountId, RemoteId
from chatdesk.domain.kinds import ParkReason
from chatdesk.ui.asking.notice_rows import NOTICE_ROLE, NoticeDelegate, NoticeModel, notice_sentence
from tests.conftest import Ui
from tests.shots.seat import NOON_US
from tests.ui.asking.made import a_notice, tell
from tests.ui.asking.stage import Stage, click

pytestmark = pytest.mark.qt_log_ignore("^This plugin does not support (raise|grabbing)", extend=True)
LEFT = Qt.MouseButton.LeftButton


def one(name: str, at_us: int, *, unread: bool = True) -> Notification:
    return Notification(
        account_id=AccountId(1),
        remote_id=RemoteId(name),
        title=f"T {name}",
        text="",
        at_us=at_us,
        unread=unread,
    )


def names(stage: Stage) -> list[str]:
    model = stage.asking.notices.model
    return [model.index(row).data(NOTICE_ROLE).title for row in range(model.rowCount())]


def press_row(stage: Stage, row: int) -> None:
    """Click a row as a person does, off its mark."""
    view = stage.asking.notices.view
    place = view.visualRect(stage.asking.notices.model.index(row)).topLeft() + QPoint(60, 10)
    QTest.mouseClick(view.viewport(), LEFT, Qt.KeyboardModifier.NoModifier, place)


class TestModel:
    def test_it_obeys_the_rules_of_item_models(self, qtmodeltester: Any) -> None:
        """However the list changes, Qt's own tester finds no fault and the order is the wanted one."""
        model = NoticeModel()
        wanted = [
            [one("a", 3), one("b", 2), one("c", 1)],
            [one("d", 4), one("a", 3), one("c", 1, unread=False)],
            [one("c", 9), one("d", 4), one("a", 3)],
            [one("a", 3)],
            [],
        ]
        qtmodeltester.check(model)
        for rows in wanted:
            model.show(rows)
            assert [model.notice(row) for row in range(model.rowCount())] == rows
            qtmodeltester.check(model)

    def test_what_stays_keeps_its_index(self) -> None:
        """A new notification above moves the chosen one, and does not lose it."""
        model = NoticeModel()
        model.show([one("a", 3), one("b", 2)])
        chosen = QPersistentModelIndex(model.index(1))
        model.show([one("n", 5), one("a", 3), one("b", 2, unread=False)])
        assert chosen.row() == 2
        assert chosen.data(NOTICE_ROLE).remote_id == "b"

    def test_spoken_in_full(self) -> None:
        """A screen reader hears whether it is unread, what it says, and when it came."""
        notice = msgspec.structs.replace(one("a", NOON_US), title="<i>New</i>\norder", text="About #1")
        assert notice_sentence(notice).startswith("unread, <i>New</i> order, About #1, 20 November 2026")
        bare = msgspec.structs.replace(notice, title=" ", text="", unread=False, at_us=0)
        assert notice_sentence(bare) == "Notification without words"


class TestPage:
    def test_newest_first_with_a_badge(self, ui: Ui, stage: Stage) -> None:
        """The rail counts what is unread; the page lists everything, and follows what comes."""
        tell(stage.seat, a_notice("old", ago_min=90, unread=False), a_notice("new", ago_min=5))

        async def main() -> None:
            await stage.ready()
            tool = stage.asking.notice_tool
            await ui.until(lambda: tool.count() == 1)
            assert tool.accessibleName() == "Notifications · 1 unread"
            click(tool)
            await ui.until(lambda: names(stage) == ["Notice new", "Notice old"])
            tell(stage.seat, a_notice("newest", ago_min=1))
            await ui.until(lambda: names(stage)[0] == "Notice newest")
            assert tool.count() == 2
            tell(stage.seat, a_notice("newest", ago_min=1, unread=False))
            await ui.until(lambda: tool.count() == 1)
            assert len(names(stage)) == 3

        ui.run(main())

    def test_a_click_opens_its_conversation(self, ui: Ui, stage: Stage) -> None:
        """Whoever opens it has read it: the server is told, the conversation is shown."""
        tell(stage.seat, a_notice("talk", about="10471"))

        async def main() -> None:
            await stage.ready()
            told: list[str] = []
            stage.asking.told.connect(told.append)
            stage.seat.engines.on_act = lambda _action: Result()
            stage.window.handlers.show_notices()
            await ui.until(lambda: names(stage) == ["Notice talk"])
            press_row(stage, 0)
            await ui.until(lambda: stage.window.chat.conversation_id() == stage.seat.day.talk("10471"))
            assert [a.target for a in stage.acted(ActionKind.NOTICE_READ)] == ["n-talk"]
            assert stage.asking.pages.shows_desk()
            assert told == []

        ui.run(main())

    def test_one_without_a_conversation_stays(self, ui: Ui, stage: Stage) -> None:
        """What is about nothing that can be opened is chosen, and says so where it is unknown here."""
        tell(
            stage.seat,
            a_notice("alone", ago_min=1),
            msgspec.structs.replace(a_notice("lost", ago_min=2), conversation=RemoteId("nowhere")),
        )

        async def main() -> None:
            await stage.ready()
            told: list[str] = []
            stage.asking.told.connect(told.append)
            stage.window.handlers.show_notices()
            await ui.until(lambda: len(names(stage)) == 2)
            press_row(stage, 0)
            assert stage.asking.notices.isVisible()
            press_row(stage, 1)
            await ui.until(lambda: "Its conversation is not listed here." in told)
            assert stage.asking.notices.isVisible()

        ui.run(main())

    def test_all_read(self, ui: Ui, stage: Stage) -> None:
        """One button for all, there while something is unread."""
        tell(stage.seat, a_notice("a", ago_min=1), a_notice("b", ago_min=2))

        async def main() -> None:
            await stage.ready()

            def read(_action: Action) -> Result:
                tell(stage.seat, a_notice("a", unread=False), a_notice("b", ago_min=2, unread=False))
                return Result()

            stage.seat.engines.on_act = read
            stage.window.handlers.show_notices()
            page = stage.asking.notices
            await ui.until(lambda: len(names(stage)) == 2)
            button = page.all_read.button(ActionKind.NOTICES_READ)
            assert button is not None
            click(button)
            await ui.until(lambda: stage.asking.book.unread() == 0)
            await ui.until(lambda: page.all_read.button(ActionKind.NOTICES_READ) is None)
            assert len(stage.acted(ActionKind.NOTICES_READ)) == 1

        ui.run(main())

    def test_deleting(self, ui: Ui, stage: Stage) -> None:
        """The Delete key asks, and what the server has deleted goes; a refusal leaves it."""
        tell(stage.seat, a_notice("a", ago_min=1), a_notice("b", ago_min=2))

        async def main() -> None:
            await stage.ready()
            stage.window.handlers.show_notices()
            page = stage.asking.notices
            await ui.until(lambda: len(names(stage)) == 2)
            await ui.until(page.view.hasFocus)
            QTest.keyClick(page.view, Qt.Key.Key_Down)
            page.view.setCurrentIndex(page.model.index(1))
            QTest.keyClick(page.view, Qt.Key.Key_Delete)
            dialog = stage.dialog()
            stage.seat.engines.on_act = lambda _action: NotDone(ParkReason.NOT_FOUND)
            click(dialog.yes)
            await ui.until(lambda: "does not have it any more" in dialog.strip.sentence())
            assert len(names(stage)) == 2
            stage.seat.engines.on_act = lambda _action: Result()
            click(dialog.yes)
            await ui.until(lambda: names(stage) == ["Notice a"])
            tell(stage.seat, a_notice("b", ago_min=2, unread=False))  # a list that was read before
            tell(stage.seat, a_notice("c", ago_min=3))
            await ui.until(lambda: names(stage) == ["Notice a", "Notice c"])

        ui.run(main())

    def test_deleted_elsewhere(self, ui: Ui, stage: Stage) -> None:
        """What was deleted by another device goes here too, and is counted no more."""
        tell(stage.seat, a_notice("a", ago_min=1), a_notice("b", ago_min=2))

        async def main() -> None:
            await stage.ready()
            stage.window.handlers.show_notices()
            await ui.until(lambda: names(stage) == ["Notice a", "Notice b"])
            tell(stage.seat, msgspec.structs.replace(a_notice("a", unread=False), gone=True))
            await ui.until(lambda: names(stage) == ["Notice b"])
            assert stage.asking.notice_tool.count() == 1

        ui.run(main())

    def test_the_mark_at_the_end_opens_a_menu(self, ui: Ui, stage: Stage) -> None:
        """What can be done with one is a click away, without opening it."""
        tell(stage.seat, a_notice("talk", about="10471"))

        async def main() -> None:
            await stage.ready()
            stage.window.handlers.show_notices()
            page = stage.asking.notices
            await ui.until(lambda: len(names(stage)) == 1)
            delegate = page.view.itemDelegate()
            assert isinstance(delegate, NoticeDelegate)
            row = page.view.visualRect(page.model.index(0))
            place = delegate.menu_box(row, page.view.layoutDirection()).center()
            QTest.mouseClick(page.view.viewport(), LEFT, Qt.KeyboardModifier.NoModifier, place)
            menu = next(one for one in page.findChildren(QMenu) if one.isVisible())
            texts = [action.text() for action in menu.actions() if not action.isSeparator()]
            assert texts == ["Open the conversation", "Mark as read", "Delete…"]
            assert page.isVisible()
            menu.close()

        ui.run(main())

    def test_words_where_there_are_none(self, ui: Ui, stage: Stage) -> None:
        """An empty list says so, and the keyboard can still lead back."""

        async def main() -> None:
            await stage.ready()
            stage.window.handlers.show_notices()
            page = stage.asking.notices
            assert page._nothing.title() == "No notifications yet"
            await ui.until(page.back.hasFocus)
            QTest.keyClick(page.back, Qt.Key.Key_Escape)
            await ui.until(stage.asking.pages.shows_desk)

        ui.run(main())


def test_every_page_control_has_a_name(ui: Ui, stage: Stage) -> None:
    """Whatever takes the keyboard on the pages and in the panel says what it is."""
    tell(stage.seat, a_notice("a"))

    async def main() -> None:
        await stage.ready()
        stage.seat.engines.on_find = lambda _asked: Result()
        for show in (stage.window.handlers.show_finder, stage.window.handlers.show_notices):
            show()
            page = stage.asking.pages.page()
            assert page is not None
            nameless = [
                type(widget).__name__
                for widget in page.findChildren(QWidget)
                if widget.isVisible()
                and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
                and not widget.accessibleName()
            ]
            assert nameless == []

    ui.run(main())
