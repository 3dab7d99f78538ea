"""Five platforms in one window: accounts, unified lists, what closes a chat, what goes beside a text."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QMenu, QWidget
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from chatdesk.domain.actions import Extras
from chatdesk.domain.entities import KEEP_COMPLETED, Account
from chatdesk.domain.ids import AccountId, ConversationId
from chatdesk.domain.kinds import (
    ConnectionState,
    Feature,
    Lifecycle,
    OrderKind,
    OutgoingKind,
    ParkReason,
    Platform,
    SignInState,
    Support,
    Why,
)
from chatdesk.ui.account_words import absent_sentence
from chatdesk.ui.chat.lifecycle import NoticeAction
from chatdesk.ui.dialogs.account import AccountDialog
from chatdesk.ui.dialogs.pick_conversation import PickConversationDialog
from chatdesk.ui.dialogs.remove_account import RemoveAccountDialog
from chatdesk.ui.lists.proxy import SortBy
from chatdesk.ui.orders.kind_chips import KindChip
from chatdesk.ui.orders.model import Column
from chatdesk.ui.orders.proxy import OrderChip
from chatdesk.ui.plain import Answer, PlainQuestion
from chatdesk.ui.timeline.offers import Action
from chatdesk.ui.timeline.report import ReportDialog
from chatdesk.ui.window import MainWindow
from tests.conftest import Ui
from tests.shots import five, scene
from tests.shots.five import Five
from tests.shots.seat import NOON_US, Seat
from tests.ui.shell.conftest import MakeSeat

LEFT = Qt.MouseButton.LeftButton
MARKET = "66b0000000000000000001a1"


class Desk:
    """A window over five accounts."""

    def __init__(self, seat: Seat, desk: Five, qtbot: QtBot) -> None:
        self.seat = seat
        self.five = desk
        self.window = MainWindow(seat.context)
        qtbot.addWidget(self.window)
        self.window.resize(1280, 820)
        self.window.show()
        self.window.activateWindow()

    def talk(self, remote: str) -> ConversationId:
        return self.five.conversations[remote]

    def account(self, platform: Platform) -> AccountId:
        return self.five.accounts[platform].id

    async def ready(self, ui: Ui) -> None:
        self.seat.engines.tell(*self.five.all_well())
        await ui.until(lambda: self.window.list.conversations.is_whole and self.window.list.orders.is_whole)
        last = self.account(Platform.FAKOMAME)
        await ui.until(lambda: self.window.book.status(last).connection is ConnectionState.ONLINE)


MakeDesk = Callable[..., Desk]


@pytest.fixture
def make_desk(make_seat: MakeSeat, qtbot: QtBot) -> MakeDesk:
    def make(cases: tuple[five.Case, ...] = five.CASES) -> Desk:
        seat = make_seat(filled=False)
        return Desk(seat, five.fill_five(seat.store, NOON_US, cases=cases), qtbot)

    return make


def dialog(desk: Desk, name: str) -> QWidget:
    found = desk.window.handlers.dialog(name)
    assert found is not None
    return found


class TestAccounts:
    def test_five_in_the_rail(self, ui: Ui, make_desk: MakeDesk) -> None:
        """Each account has its letters, its dot, its badge, and all of it in words; Ctrl+1 to 5 choose."""

        async def main() -> None:
            desk = make_desk()
            await desk.ready(ui)
            tiles = desk.window.rail.tiles()
            assert [tile.face().letters for tile in tiles] == ["All", "DP", "MK", "SG", "OM", "FK"]
            assert {tile.face().dot for tile in tiles[1:]} == {"ok"}
            assert "online, checks regularly" in tiles[3].accessibleName(), "polling is said"
            desk.seat.engines.tell(
                desk.five.status(Platform.OMW, ConnectionState.OFF, sign_in=SignInState.LOCKED),
                desk.five.status(Platform.MARKETPLACE, ConnectionState.RECONNECTING),
            )
            await ui.until(lambda: tiles[4].face().dot == "bad" and tiles[2].face().dot == "warn")
            assert "needs you: locked by the server" in tiles[4].accessibleName()
            for number, platform in enumerate(desk.five.accounts, start=1):
                desk.window.handlers.focus_composer()
                QTest.keyClick(
                    desk.window, Qt.Key(Qt.Key.Key_0 + number), Qt.KeyboardModifier.ControlModifier
                )
                assert desk.window.rail.chosen() == desk.account(platform)
                shown = desk.window.list.shown
                rows = [
                    desk.window.list.conversations.find(ConversationId(shown.id_at(n)))
                    for n in range(shown.rowCount())
                ]
                assert {row.conversation.account_id for row in rows if row} == {desk.account(platform)}

        ui.run(main())

    def test_badges_count_each_account_alone(self, ui: Ui, make_desk: MakeDesk) -> None:
        """What is unread shows at its own account and in the sum; reading it takes it off both."""

        async def main() -> None:
            desk = make_desk()
            fresh = five.Case(Platform.OMW, "500", "New job", (five.Said(1, False, "Are you free?"),))
            five.put(desk.seat.store, desk.account(Platform.OMW), [fresh], NOON_US, arrival=9, live=True)
            await desk.ready(ui)
            tiles = desk.window.rail.tiles()
            await ui.until(lambda: [tile.face().unread for tile in tiles] == [1, 0, 0, 0, 1, 0])
            assert "1 unread" in tiles[4].accessibleName()

        ui.run(main())

    def test_two_of_one_platform_and_one_person(self, ui: Ui, make_seat: MakeSeat, qtbot: QtBot) -> None:
        """Accounts of one platform are told apart, even of one person in two roles; no tiles are alike."""
        seat = make_seat(filled=False)
        desk = five.fill_five(seat.store, NOON_US)
        five.add(seat.store, Platform.OMW, role="customer", seat="customer")
        five.add(seat.store, Platform.MARKETPLACE, login="dan.mosse@example.test")

        async def main() -> None:
            window = Desk(seat, desk, qtbot)
            await window.ready(ui)
            faces = [tile.face() for tile in window.window.rail.tiles()]
            assert len({face.letters for face in faces}) == len(faces)
            assert len({face.words for face in faces}) == len(faces)
            states = [window.window.status.state_text(a.id) for a in window.window.book.accounts()]
            assert len(set(states)) == len(states)

        ui.run(main())

    def test_health_is_told(self, ui: Ui, make_desk: MakeDesk) -> None:
        """The account's dialog says how it stands, what was dropped, and what it can't do and why."""

        async def main() -> None:
            desk = make_desk()
            await desk.ready(ui)
            omw = desk.account(Platform.OMW)
            desk.window.handlers.show_account_of(omw)
            shown = dialog(desk, "account")
            assert isinstance(shown, AccountDialog)
            assert "nothing was dropped" in shown.words()
            desk.seat.engines.tell(
                desk.five.status(
                    Platform.OMW,
                    ConnectionState.POLLING,
                    dropped={"malformed": 1, "foreign": 3},
                    token_kept=False,
                )
            )
            await ui.until(lambda: "3 messages of other people dropped" in shown.words())
            words = shown.words()
            assert words.index("other people") < words.index("1 packet could not be read")
            assert "asks it for news regularly" in words
            assert "kept until you quit" in words
            account = desk.window.book.account(omw)
            assert account is not None
            assert account.capabilities.why, "the platform lacks something"
            assert "Not available here" in words
            shown.reject()

        ui.run(main())

    def test_settings_of_an_account(self, ui: Ui, make_desk: MakeDesk) -> None:
        """Settings are saved on top of those that are not shown, the engine starts anew, and it is said."""

        async def main() -> None:
            desk = make_desk()
            await desk.ready(ui)
            omw = desk.account(Platform.OMW)
            await desk.seat.desk.set_account_settings(omw, {"other": "x"})
            await ui.until(
                lambda: (desk.window.book.account(omw) or account_of(desk)).settings == {"other": "x"}
            )
            desk.window.handlers.show_account_of(omw)
            shown = dialog(desk, "account")
            assert isinstance(shown, AccountDialog)
            assert not shown.save.isEnabled(), "nothing to save yet"
            keep = shown.settings.control(KEEP_COMPLETED)
            QTest.mouseClick(keep, LEFT, pos=QPoint(8, keep.height() // 2))
            assert shown.save.isEnabled()
            QTest.mouseClick(shown.save, LEFT)
            await ui.until(
                lambda: (
                    (desk.window.book.account(omw) or account_of(desk)).settings
                    == {"other": "x", KEEP_COMPLETED: "yes"}
                )
            )
            assert desk.seat.engines.asked("restart")[-1] == (omw,)
            shown.reject()
            desk.window.handlers.show_account_of(desk.account(Platform.DISPATCHER))
            plain = dialog(desk, "account")
            assert isinstance(plain, AccountDialog)
            assert not plain.save.isVisible(), "a platform without settings offers no dead button"
            plain.reject()

        ui.run(main())

    def test_removing_says_what_goes(self, ui: Ui, make_desk: MakeDesk) -> None:
        """Counts, what is queued and undecided; Keep has the keyboard; only a tick and a click remove."""

        async def main() -> None:
            desk = make_desk()
            await desk.ready(ui)
            here = desk.talk("417")
            seat = desk.seat
            await seat.desk.send(here, seat.reader.draft(here).version, "Still on my way")
            await seat.desk.save_draft(desk.talk("389"), 0, "unsent")
            omw = desk.account(Platform.OMW)
            desk.window.open_conversation(here)
            desk.window.handlers.remove_account()
            shown = dialog(desk, "remove account")
            assert isinstance(shown, RemoveAccountDialog)
            assert not shown.remove.isEnabled()
            await ui.until(shown.tick.isEnabled)
            words = shown.words()
            assert "2 conversations" in words
            assert "1 draft" in words
            assert "1 message is still queued and will never be sent." in words
            assert not shown.remove.isEnabled()
            await ui.until(lambda: QApplication.focusWidget() is shown.keep)
            QTest.mouseClick(shown.tick, LEFT, pos=QPoint(8, shown.tick.height() // 2))
            QTest.mouseClick(shown.remove, LEFT)
            await ui.until(lambda: desk.window.book.account(omw) is None)
            assert (omw,) in seat.engines.asked("sign_out")
            await ui.until(lambda: desk.window.chat.conversation_id() is None)
            await ui.until(lambda: len(desk.window.rail.tiles()) == 5)
            assert seat.store.outbox().result(10).rows == ()

        ui.run(main())

    def test_keeping_changes_nothing(self, ui: Ui, make_desk: MakeDesk) -> None:
        """Enter on the question keeps the account."""

        async def main() -> None:
            desk = make_desk()
            await desk.ready(ui)
            desk.window.handlers.remove_account_of(desk.account(Platform.OMW))
            shown = dialog(desk, "remove account")
            QTest.keyClick(shown, Qt.Key.Key_Return)
            await ui.until(lambda: desk.window.handlers.dialog("remove account") is None)
            assert len(desk.window.book.accounts()) == 5
            assert desk.seat.engines.asked("sign_out") == []

        ui.run(main())

    def test_the_menu_of_a_tile(self, ui: Ui, make_desk: MakeDesk) -> None:
        """The menu key on a tile opens what can be done with that account; All has none."""

        async def main() -> None:
            desk = make_desk()
            await desk.ready(ui)
            asked: list[int] = []
            desk.window.rail.menu_asked.connect(lambda account, _place: asked.append(account))
            menu = desk.window.handlers.open_account_menu(desk.account(Platform.OMW), QPoint(10, 10))
            assert isinstance(menu, QMenu)
            words = [action.text() for action in menu.actions() if action.text()]
            assert words[0] == "Account and its health…"
            assert words[-1] == "Remove account…"
            for tile in (desk.window.rail.tiles()[4], desk.window.rail.tiles()[0]):
                place = QPoint(1, 1)
                by_key = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, place, tile.mapToGlobal(place))
                QApplication.sendEvent(tile, by_key)
            assert asked == [desk.account(Platform.OMW)]
            menu.actions()[1].trigger()
            assert desk.seat.engines.asked("refresh") == [(desk.account(Platform.OMW),)]
            menu.close()

        ui.run(main())


def account_of(desk: Desk) -> Account:
    return desk.five.accounts[Platform.OMW]


class TestLists:
    def test_all_in_one_list(self, ui: Ui, make_desk: MakeDesk, qtmodeltester: ModelTester) -> None:
        """All accounts stand in one list, each row with its account in words, in three orders."""

        async def main() -> None:
            desk = make_desk()
            await desk.ready(ui)
            lists = desk.window.list
            qtmodeltester.check(lists.shown)  # type: ignore[no-untyped-call]

            def titles() -> list[str]:
                return [str(lists.shown.index(n, 0).data()) for n in range(lists.shown.rowCount())]

            assert len(titles()) == len(five.CASES)
            assert titles()[0] == "Almaty → Bishkek", "newest first"
            spoken = lists.shown.index(0, 0).data(Qt.ItemDataRole.AccessibleTextRole)
            assert "StepperGO" in spoken
            lists.shown.set_sort(SortBy.WAITING)
            assert titles()[0] == "Harbour Beams", "who waits longest first"
            lists.shown.set_sort(SortBy.STATUS)
            assert titles()[:2] == ["Harbour Beams", "Almaty → Bishkek"], "open orders first, by status"
            assert set(titles()[-2:]) <= {"Harbour Beams Ltd", "Sink repair", "Taraz → Shymkent"}
            desk.window.rail.choose(desk.account(Platform.FAKOMAME))
            assert set(titles()) == {"Aisha Bello", "Harbour Beams"}

        ui.run(main())

    def test_orders_of_every_kind(self, ui: Ui, make_desk: MakeDesk, qtmodeltester: ModelTester) -> None:
        """One list holds all kinds with their status; a kind can be picked, until none of it is left."""

        async def main() -> None:
            desk = make_desk()
            await desk.ready(ui)
            lists = desk.window.list
            lists.show_orders()
            qtmodeltester.check(lists.shown_orders)  # type: ignore[no-untyped-call]
            kinds = lists._kinds
            assert kinds.isVisible()
            lists._order_chips.choose(OrderChip.ALL)
            lists.shown_orders.set_chip(OrderChip.ALL)
            assert lists.shown_orders.rowCount() == 7
            chip = kinds.chips.button(KindChip.TRIP)
            assert chip.accessibleName() == "Trips, 2"
            assert not kinds.chips.button(KindChip.RFQ).isVisible(), "none is there"
            QTest.mouseClick(chip, LEFT)
            assert lists.shown_orders.kind is OrderKind.TRIP
            assert lists.shown_orders.rowCount() == 2
            assert lists.shown_orders.count(OrderChip.ALL) == 2, "the counts follow the kind"
            first = lists.shown_orders.index(0, Column.KIND).data()
            assert first == "Trip"
            lists.shown_orders.sort(Column.STATUS)
            assert [lists.shown_orders.index(n, Column.STATUS).data() for n in range(2)] == [
                "Published",
                "Completed",
            ]
            await desk.seat.desk.remove_account(desk.account(Platform.STEPPERGO))
            await ui.until(lambda: lists.shown_orders.kind is None)
            assert lists.shown_orders.rowCount() == 5
            lists.show_conversations()
            assert not kinds.isVisible()

        ui.run(main())

    def test_statuses_are_those_of_the_kind(self, ui: Ui, make_desk: MakeDesk) -> None:
        """A package is offered and shown the statuses of packages, although its account has trips too."""

        async def main() -> None:
            desk = make_desk()
            await desk.ready(ui)
            desk.window.open_conversation(desk.talk("c-chat-8810"))
            panel = desk.window.side.panel
            order = panel.order()
            assert order is not None
            shown = {choice.value for choice in panel._statuses(order)}
            every = {choice.value for choice in desk.five.accounts[Platform.FAKOMAME].capabilities.statuses}
            assert "IN_TRANSIT" in shown
            assert shown < every

        ui.run(main())

    def test_linking_a_customer(self, ui: Ui, make_desk: MakeDesk) -> None:
        """Picked by keyboard from a search; the rows are marked, the card opens the other; undone again."""

        async def main() -> None:
            desk = make_desk()
            await desk.ready(ui)
            window, one, other = desk.window, desk.talk(MARKET), desk.talk("c-chat-8777")
            window.open_conversation(one)
            assert window.side.isHidden(), "no order and nobody linked: nothing beside the chat"
            window.commands.action("conversation.link").trigger()
            picker = dialog(desk, "same customer")
            assert isinstance(picker, PickConversationDialog)
            await ui.until(lambda: QApplication.focusWidget() is picker.search)
            ids = {picker.others.id_at(n) for n in range(picker.others.rowCount())}
            assert one not in ids
            assert not picker.pick.isEnabled()
            QTest.keyClicks(picker.search, "pk-8777")
            assert picker.pick.isEnabled()
            QTest.keyClick(picker.search, Qt.Key.Key_Return)
            await ui.until(window.side.linked.is_filled)
            assert window.side.isVisible()
            await ui.until(lambda: "shown together" in window.status.told())
            row = window.list.conversations.find(other)
            assert row is not None
            assert "same customer" in window.list.conversations.sentence(row)
            card = window.side.linked
            assert "Fakomame" in card.others.index(0, 0).data(Qt.ItemDataRole.AccessibleTextRole)
            area = card.view.visualRect(card.others.index(0, 0))
            QTest.mouseClick(card.view.viewport(), LEFT, pos=area.center())
            assert window.chat.conversation_id() == other
            await ui.until(lambda: card.first() == one)
            window.activateWindow()  # no window manager does it here
            await ui.until(window.isActiveWindow)
            assert window.commands.action("conversation.linked").isEnabled()
            QTest.keyClick(window, Qt.Key.Key_J, Qt.KeyboardModifier.ControlModifier)
            assert window.chat.conversation_id() == one
            assert window.commands.action("conversation.unlink").isEnabled()
            window.commands.action("conversation.unlink").trigger()
            await ui.until(lambda: not card.is_filled())
            await ui.until(window.side.isHidden)
            assert not window.commands.action("conversation.linked").isEnabled()

        ui.run(main())

    def test_looking_away(self, ui: Ui, make_desk: MakeDesk) -> None:
        """Going to a conversation of another account tells the engine; within one account it does not."""

        async def main() -> None:
            desk = make_desk()
            await desk.ready(ui)
            desk.window.open_conversation(desk.talk("417"))
            desk.window.open_conversation(desk.talk("389"))
            assert desk.seat.engines.asked("look_away") == []
            desk.window.open_conversation(desk.talk("c-chat-8810"))
            assert desk.seat.engines.asked("look_away") == [(desk.account(Platform.OMW),)]
            desk.window.open_conversation(None)
            assert desk.seat.engines.asked("look_away")[-1] == (desk.account(Platform.FAKOMAME),)

        ui.run(main())

    def test_no_chat_for_a_role(self, ui: Ui, make_seat: MakeSeat, qtbot: QtBot) -> None:
        """An account whose role may not chat says so where its conversations would be."""
        seat = make_seat(filled=False)
        account = five.add(seat.store, Platform.MARKETPLACE, role="employee")
        assert account.capabilities.why[Feature.CHAT_LIST] is Why.NOT_FOR_ROLE

        async def main() -> None:
            window = MainWindow(seat.context)
            qtbot.addWidget(window)
            window.show()
            await ui.until(lambda: window.list._page._nothing.title() == "No chat for your role")

        ui.run(main())


class TestLifecycle:
    def test_a_trip_that_is_over(self, ui: Ui, make_desk: MakeDesk) -> None:
        """The reason stands above, nothing can be written, and a draft can still be copied."""

        async def main() -> None:
            desk = make_desk()
            await desk.ready(ui)
            here = desk.talk("c-trip-2190")
            await desk.seat.desk.save_draft(here, 0, "your umbrella")
            desk.window.open_conversation(here)
            said = desk.window.chat.notice.words()
            assert said is not None
            assert "The trip is over." in said.text
            composer = desk.window.chat.composer
            assert composer.edit.isReadOnly()
            assert not composer.send_button.isVisible()
            QTest.keyClicks(composer.edit, "more")
            assert composer.edit.toPlainText() == "your umbrella"
            QTest.mouseClick(composer.copy_draft, LEFT)
            assert QGuiApplication.clipboard().text() == "your umbrella"
            desk.window.open_conversation(desk.talk("417"))
            assert desk.window.chat.notice.words() is None

        ui.run(main())

    def test_a_deleted_one_is_kept_or_deleted(self, ui: Ui, make_desk: MakeDesk) -> None:
        """The notice names the day; Keep makes it stay; Delete now asks, and refuses what is unsent."""

        async def main() -> None:
            desk = make_desk()
            await desk.ready(ui)
            here = desk.talk("389")
            desk.window.open_conversation(here)
            notice = desk.window.chat.notice
            said = notice.words()
            assert said is not None
            assert "21 November 2026" in said.text
            assert said.actions == (NoticeAction.KEEP, NoticeAction.DELETE_NOW)
            QTest.mouseClick(notice.keep, LEFT)
            await ui.until(lambda: "stays" in (notice.words() or said).text)
            assert not notice.keep.isVisible()
            assert notice.delete.isVisible()
            row = desk.seat.reader.conversation(here)
            assert row is not None
            assert row.delete_at_us is None
            await desk.seat.desk.save_draft(here, 0, "not yet")
            self._delete(notice)
            await ui.until(lambda: "Not deleted" in notice._text.text())
            await desk.seat.desk.save_draft(here, 1, "")
            self._delete(notice)
            await ui.until(lambda: desk.window.chat.conversation_id() is None)
            assert desk.seat.reader.conversation(here) is None

        ui.run(main())

    def test_delete_now_can_be_declined(self, ui: Ui, make_desk: MakeDesk) -> None:
        """Not now deletes nothing."""

        async def main() -> None:
            desk = make_desk()
            await desk.ready(ui)
            desk.window.open_conversation(desk.talk("389"))
            self._delete(desk.window.chat.notice, Answer.NO)
            assert desk.seat.reader.conversation(desk.talk("389")) is not None

        ui.run(main())

    @staticmethod
    def _delete(notice: QWidget, answer: Answer = Answer.YES) -> None:
        QTest.mouseClick(notice.delete, LEFT)  # type: ignore[attr-defined]
        question = [one for one in notice.findChildren(PlainQuestion) if one.isVisible()][-1]
        question.button(answer).click()

    def test_live_only_is_said(self, ui: Ui, make_desk: MakeDesk) -> None:
        """On a server that stores nothing the window says what that means, once per conversation."""

        async def main() -> None:
            desk = make_desk(five.relayed())
            await desk.ready(ui)
            desk.window.open_conversation(desk.talk(MARKET))
            said = desk.window.chat.notice.words()
            assert said is not None
            assert "not stored by this server" in said.title
            assert desk.window.chat.composer.send_button.isVisible(), "one can write"
            here, view = desk.talk(MARKET), desk.window.chat.timeline
            item = await desk.seat.desk.send(here, desk.seat.reader.draft(here).version, "4.05 DAP")
            scene.relay(desk.seat.store, item, NOON_US)
            await ui.until(lambda: view.timeline.rowCount() == 5)
            await ui.until(
                lambda: [part.text for part in view.row_layout(4).small_print[1:]] == ["handed over"]
            )
            assert "handed over" in view.timeline.index(4, 0).data(Qt.ItemDataRole.AccessibleTextRole)
            omw = desk.five.accounts[Platform.OMW]
            desk.window.open_conversation(desk.talk("417"))
            assert desk.window.chat.notice.words() is None
            desk.seat.store.put_capabilities(omw.id, five.live_only(omw.capabilities)).result(10)
            await ui.until(lambda: desk.window.chat.notice.words() is not None)
            desk.window.handlers.show_account_of(omw.id)
            shown = dialog(desk, "account")
            assert isinstance(shown, AccountDialog)
            assert "Messages are not stored by this server" in shown.words()
            shown.reject()

        ui.run(main())

    def test_locked_until(self, ui: Ui, make_desk: MakeDesk) -> None:
        """A locked account says until when, in the banner of its conversations and in the status bar."""

        async def main() -> None:
            desk = make_desk()
            await desk.ready(ui)
            desk.window.open_conversation(desk.talk("417"))
            desk.seat.engines.tell(
                desk.five.status(
                    Platform.OMW,
                    ConnectionState.OFF,
                    sign_in=SignInState.LOCKED,
                    retry_at_us=NOON_US + 59 * scene.MINUTE_US,
                )
            )
            banner = desk.window.chat.banner
            await ui.until(lambda: banner.words() is not None)
            words = banner.words()
            assert words is not None
            assert words.title == "The server has locked this account until 11:41."
            assert "locked for 59 min" in desk.window.status.state_text(desk.account(Platform.OMW))
            desk.window.open_conversation(desk.talk("c-chat-8810"))
            assert banner.words() is None, "it is the trouble of the other account alone"

        ui.run(main())

    def test_text_for_a_closed_chat_goes_elsewhere(self, ui: Ui, make_desk: MakeDesk) -> None:
        """What a closed chat refused is offered for another one: it becomes a draft there, unsent."""

        async def main() -> None:
            desk = make_desk()
            await desk.ready(ui)
            here, there = desk.talk("417"), desk.talk("c-chat-8810")
            item = await desk.seat.desk.send(here, desk.seat.reader.draft(here).version, "The valve is new")
            scene.park(desk.seat.store, item, NOON_US, ParkReason.CLOSED)
            desk.window.open_conversation(here)
            view = desk.window.chat.timeline
            await ui.until(lambda: view.timeline.rowCount() == 4)
            message = view.timeline.message(3)
            assert Action.EDIT not in [link.action for link in view.row_layout(3).actions]
            view.perform(Action.ELSEWHERE, message)
            picker = dialog(desk, "write elsewhere")
            assert isinstance(picker, PickConversationDialog)
            QTest.keyClicks(picker.search, "aisha")
            QTest.keyClick(picker.search, Qt.Key.Key_Return)
            assert desk.window.chat.conversation_id() == there
            assert desk.window.chat.composer.edit.toPlainText() == "The valve is new"
            outbox = desk.seat.store.outbox().result(10).rows
            assert [one.conversation_id for one in outbox if one.kind is OutgoingKind.SEND] == [here]

        ui.run(main())


class TestComposer:
    def test_subject_and_kind_go_along(self, ui: Ui, make_desk: MakeDesk) -> None:
        """Defaults stand in the line; what is typed goes along and is remembered per conversation."""

        async def main() -> None:
            desk = make_desk()
            await desk.ready(ui)
            here = desk.talk(MARKET)
            desk.window.open_conversation(here)
            composer = desk.window.chat.composer
            line = composer.extras
            assert line.isVisible()
            assert line.values() == {"subject": "Chat Message", "topic": "general"}
            subject = line.control("subject")
            assert subject.accessibleName() == "Subject"
            subject.setFocus()
            subject.selectAll()  # type: ignore[union-attr]
            QTest.keyClicks(subject, "RFQ 93")
            QTest.keyClick(subject, Qt.Key.Key_Return)
            assert QApplication.focusWidget() is composer.edit, "Enter goes on to the text"
            box = line.control("topic")
            QTest.keyClick(box, Qt.Key.Key_Down)
            topic = line.values()["topic"]
            assert topic != "general"
            QTest.keyClicks(composer.edit, "4.05 per unit")
            QTest.keyClick(composer.edit, Qt.Key.Key_Return)
            await ui.until(lambda: desk.seat.store.outbox().result(10).rows)
            item = desk.seat.store.outbox().result(10).rows[0]
            assert item.extras == Extras(subject="RFQ 93", topic=topic)
            desk.window.open_conversation(desk.talk("417"))
            assert not line.isVisible(), "this platform has no subjects"
            desk.window.open_conversation(here)
            assert line.values() == {"subject": "RFQ 93", "topic": topic}
            subject = line.control("subject")
            subject.clear()
            assert line.values()["subject"] == "Chat Message", "a blank one counts as the usual"
            QTest.keyClicks(subject, "RFQ 94")
            kept = desk.seat.reader.setting
            await ui.until(lambda: "RFQ 94" in (kept("message_fields") or ""), what="across restarts too")
            await desk.seat.desk.remove_account(desk.account(Platform.MARKETPLACE))
            await ui.until(lambda: desk.window.chat.conversation_id() is None)
            await ui.until(lambda: "RFQ 94" not in (kept("message_fields") or ""))

        ui.run(main())

    def test_subjects_and_files_are_shown(self, ui: Ui, make_desk: MakeDesk) -> None:
        """A subject is shown where it is new, the kind as a chip, files as plain lines; all is spoken."""

        async def main() -> None:
            desk = make_desk()
            await desk.ready(ui)
            desk.window.open_conversation(desk.talk(MARKET))
            view = desk.window.chat.timeline
            rows = [view.row_layout(n) for n in range(view.timeline.rowCount())]
            subjects = [row.subject.layout.text() if row.subject else "" for row in rows]
            assert subjects == ["RFQ: steel brackets", "", "Chat Message", ""]
            assert [row.chip.words.text if row.chip else "" for row in rows] == ["RFQ", "RFQ", "General", ""]
            assert rows[1].extra is not None
            assert rows[1].extra.layout.text() == "price-sheet.pdf · 180.0 kB"
            spoken = view.timeline.index(1, 0).data(Qt.ItemDataRole.AccessibleTextRole)
            assert "RFQ: steel brackets" in spoken
            assert "price-sheet.pdf" in spoken
            menu = view.open_menu(1)
            assert menu is not None
            copying = next(a for a in menu.actions() if a.text().startswith("Copy address of price-sheet"))
            copying.trigger()
            assert QGuiApplication.clipboard().text() == "https://files.example/price.pdf"
            menu.close()

        ui.run(main())

    def test_limits_are_the_platforms(self, ui: Ui, make_desk: MakeDesk) -> None:
        """Each conversation has its own platform's limit."""

        async def main() -> None:
            desk = make_desk()
            await desk.ready(ui)
            for remote, platform in ((MARKET, Platform.MARKETPLACE), ("417", Platform.OMW)):
                desk.window.open_conversation(desk.talk(remote))
                limit = desk.five.accounts[platform].capabilities.message_limit_chars
                assert desk.window.chat.composer.room.limit_chars == limit

        ui.run(main())

    def test_typing_is_not_told_where_nobody_can_hear(self, ui: Ui, make_desk: MakeDesk) -> None:
        """Keys reach the engine only where the platform can tell of typing."""

        async def main() -> None:
            desk = make_desk()
            await desk.ready(ui)
            account = desk.five.accounts[Platform.OMW]
            silent = msgspec.structs.replace(
                account.capabilities, features={**account.capabilities.features, Feature.TYPING: Support.NO}
            )
            desk.seat.store.put_capabilities(account.id, silent).result(10)
            desk.window.open_conversation(desk.talk("417"))
            await ui.until(lambda: not desk.window.chat.composer.room.can_type)
            QTest.keyClicks(desk.window.chat.composer.edit, "hello")
            assert desk.seat.engines.asked("typing") == []
            desk.window.open_conversation(desk.talk("c-trip-2231"))
            QTest.keyClicks(desk.window.chat.composer.edit, "hello")
            assert desk.seat.engines.asked("typing")

        ui.run(main())


WHERE = {
    Platform.DISPATCHER: "o-10482",
    Platform.MARKETPLACE: MARKET,
    Platform.STEPPERGO: "c-trip-2231",
    Platform.OMW: "417",
    Platform.FAKOMAME: "c-chat-8810",
}


@pytest.mark.parametrize("platform", Platform)
def test_controls_follow_the_capabilities(ui: Ui, make_desk: MakeDesk, platform: Platform) -> None:
    """What the platform's own adapter says can't be done is absent or explained: nothing is dead."""

    async def main() -> None:
        desk = make_desk()
        await desk.ready(ui)
        window, able = desk.window, desk.five.accounts[platform].capabilities
        window.open_conversation(desk.talk(WHERE[platform]))
        view = window.chat.timeline
        await ui.until(lambda: view.timeline.rowCount() >= 2)
        offered: dict[bool, list[str]] = {}
        for number in range(view.timeline.rowCount()):
            menu = view.open_menu(number)
            assert menu is not None
            dead = [one.text() for one in menu.actions() if not one.isEnabled() and " (" not in one.text()]
            assert dead == [], "what can't be done says why"
            offered[view.timeline.message(number).own] = [action.text() for action in menu.actions()]
            menu.close()
        assert ("Delete for everyone…" in offered[True]) is able.has(Feature.DELETE_OWN)
        assert ("Report…" in offered[False]) is able.has(Feature.REPORT)
        assert window.chat.composer.extras.isVisible() is bool(able.message_fields)
        QTest.keyClicks(window.chat.composer.edit, "x")
        typing = able.features.get(Feature.TYPING, Support.PROBE) is not Support.NO
        assert bool(desk.seat.engines.asked("typing")) is typing
        panel = window.side.panel
        if panel.order() is not None:
            assert panel._change.isVisible() != panel._who.isVisible(), "changed, or said why not"
            assert not panel._change.isVisible() or able.has(Feature.CHANGE_STATUS)
        window.handlers.show_account()
        shown = dialog(desk, "account")
        assert isinstance(shown, AccountDialog)
        for feature, why in able.why.items():
            if able.features.get(feature, Support.NO) is Support.NO:
                assert absent_sentence(feature, why) in shown.words()
        shown.reject()

    ui.run(main())


class TestReport:
    def test_reporting_a_message(self, ui: Ui, make_desk: MakeDesk) -> None:
        """Where the platform takes reports the menu offers it; the reason is queued, and that is said."""

        async def main() -> None:
            desk = make_desk()
            await desk.ready(ui)
            assert desk.five.accounts[Platform.STEPPERGO].capabilities.has(Feature.REPORT)
            desk.window.open_conversation(desk.talk("c-trip-2231"))
            view = desk.window.chat.timeline
            await ui.until(lambda: view.timeline.rowCount() == 2)
            menu = view.open_menu(1)
            assert menu is not None
            next(a for a in menu.actions() if a.text() == "Report…").trigger()
            asking = next(one for one in view.findChildren(ReportDialog) if one.isVisible())
            details = asking.form.control("details")
            QTest.keyClicks(details, "asks for money outside")
            box = asking.form.control("reason")
            QTest.keyClick(box, Qt.Key.Key_Down)
            QTest.mouseClick(asking.send, LEFT)
            await ui.until(lambda: desk.window.outbox.waiting() == 1)
            item = desk.window.outbox.items()[0]
            assert item.kind is OutgoingKind.REPORT
            assert item.text == "fraud: asks for money outside"
            await ui.until(lambda: "queued" in desk.window.status.told())
            own = view.open_menu(0)
            assert own is not None
            assert all(action.text() != "Report…" for action in own.actions()), "not one's own"
            own.close()

        ui.run(main())

    def test_absent_where_the_platform_takes_none(self, ui: Ui, make_desk: MakeDesk) -> None:
        """Without the feature there is no entry."""

        async def main() -> None:
            desk = make_desk()
            await desk.ready(ui)
            desk.window.open_conversation(desk.talk("o-10482"))
            view = desk.window.chat.timeline
            await ui.until(lambda: view.timeline.rowCount() == 2)
            menu = view.open_menu(1)
            assert menu is not None
            assert all(action.text() != "Report…" for action in menu.actions())
            menu.close()

        ui.run(main())


def test_every_control_has_a_name(ui: Ui, make_desk: MakeDesk) -> None:
    """Whatever can take the keyboard in the window is named for a screen reader, in every state."""

    async def main() -> None:
        desk = make_desk()
        await desk.ready(ui)
        for remote in (MARKET, "389", "c-trip-2190", "c-chat-8810"):
            desk.window.open_conversation(desk.talk(remote))
            nameless = [
                type(one).__name__
                for one in desk.window.findChildren(QWidget)
                if one.isVisible()
                and one.focusPolicy() & Qt.FocusPolicy.TabFocus
                and not one.accessibleName()
                and not (isinstance(one, QLabel) and one.text())
                and one.focusProxy() is None
            ]
            assert nameless == [], remote
        assert desk.seat.reader.conversation(desk.talk("389")).lifecycle is Lifecycle.DELETED  # type: ignore[union-attr]

    ui.run(main())
