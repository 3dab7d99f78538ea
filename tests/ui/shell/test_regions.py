"""Rail, header, banner and status bar say how things stand, and change when they do."""

from __future__ import annotations

import asyncio
from functools import partial

import msgspec
import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu, QWidget
from pytestqt.qtbot import QtBot

from chatdesk.domain.changes import AccountStatus
from chatdesk.domain.errors import DiskTrouble
from chatdesk.domain.ids import AccountId
from chatdesk.domain.kinds import ConnectionState, PresenceState, SignInState
from chatdesk.ui.chat.banner import BLINK_MS, Banner
from chatdesk.ui.chat.header import ConversationHeader
from chatdesk.ui.chat.troubles import BannerAction
from chatdesk.ui.plain import PlainLabel
from chatdesk.ui.rail.rail import Rail
from chatdesk.ui.statusbar import StatusBar
from tests.conftest import Ui
from tests.shots import scene
from tests.shots.seat import NOON_US, Seat
from tests.ui.shell.conftest import MakeSeat

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def menu(qtbot: QtBot) -> QMenu:
    made = QMenu()
    qtbot.addWidget(made)
    return made


def shown(qtbot: QtBot, widget: QWidget) -> None:
    qtbot.addWidget(widget)
    widget.resize(900, widget.sizeHint().height())
    widget.show()


def _has_dot(rail: Rail, dot: str) -> bool:
    return rail.tiles()[1].face().dot == dot


class TestRail:
    def test_tiles_say_everything(self, ui: Ui, qtbot: QtBot, seat: Seat, menu: QMenu) -> None:
        """All and one tile per account: letters, unread, a dot for the state, and all of it in words."""

        async def main() -> None:
            book = seat.book()
            rail = Rail(seat.context, book, menu)
            shown(qtbot, rail)
            seat.engines.tell(seat.day.online())
            await ui.until(lambda: rail.tiles()[1].face().dot == "ok" and book.unread())
            everything, mine = (tile.face() for tile in rail.tiles())
            assert (everything.letters, everything.unread, everything.dot) == ("All", 4, "")
            assert everything.words == "All accounts · 4 unread"
            assert (mine.letters, mine.unread) == ("DP", 4)
            assert mine.words == "Dana Moderator · Dispatcher · online 38 ms · 4 unread"
            assert rail.tiles()[1].accessibleName() == mine.words
            for state, dot in ((ConnectionState.RECONNECTING, "warn"), (ConnectionState.OFF, "muted")):
                seat.engines.tell(AccountStatus(account_id=seat.account.id, connection=state))
                await ui.until(partial(_has_dot, rail, dot))
            ended = msgspec.structs.replace(seat.day.online(), sign_in=SignInState.NEEDS_PASSWORD)
            seat.engines.tell(ended)
            await ui.until(lambda: rail.tiles()[1].face().dot == "bad")
            assert "sign in again" in rail.tiles()[1].face().words

        ui.run(main())

    def test_unread_follows_the_store(self, ui: Ui, qtbot: QtBot, seat: Seat, menu: QMenu) -> None:
        """Reading a conversation takes its messages off the badge; muting takes it off too."""

        async def main() -> None:
            book = seat.book()
            rail = Rail(seat.context, book, menu)
            shown(qtbot, rail)
            await ui.until(lambda: book.unread() == 4)
            newest = seat.reader.newest_page(seat.day.talk("10479")).messages[-1].cursor
            await seat.desk.mark_seen(seat.day.talk("10479"), newest)
            await ui.until(lambda: rail.tiles()[0].face().unread == 2)
            await seat.desk.set_muted(seat.day.talk("10482"), True)
            await ui.until(lambda: rail.tiles()[0].face().unread == 0)
            assert book.unread(AccountId(99)) == 0

        ui.run(main())

    def test_choosing(self, ui: Ui, qtbot: QtBot, seat: Seat, menu: QMenu) -> None:
        """A click or a number chooses an account; arrows walk; an account that is removed loses its tile."""

        async def main() -> None:
            second = scene.add_night_desk(seat.store)
            book = seat.book()
            rail = Rail(seat.context, book, menu)
            shown(qtbot, rail)
            chosen: list[object] = []
            rail.account_chosen.connect(chosen.append)
            assert len(rail.tiles()) == 3
            assert [tile.face().letters for tile in rail.tiles()] == ["All", "DM", "ND"]
            QTest.mouseClick(rail.tiles()[2], LEFT)
            rail.choose_at(0)
            rail.choose_at(7)
            rail.choose(None)
            assert chosen == [second.id, seat.account.id, None]
            rail.tiles()[0].setFocus()
            QTest.keyClick(rail.tiles()[0], Qt.Key.Key_Down)
            QTest.keyClick(rail.tiles()[1], Qt.Key.Key_Down)
            QTest.keyClick(rail.tiles()[2], Qt.Key.Key_Space)
            assert rail.chosen() == second.id
            seat.store.remove_account(second.id)
            await ui.until(lambda: len(rail.tiles()) == 2)
            assert rail.chosen() is None
            assert chosen[-1] is None

        ui.run(main())

    def test_theme_button(self, qtbot: QtBot, seat: Seat, menu: QMenu) -> None:
        """The moon makes it dark, the sun light again, and each says what it will do."""
        rail = Rail(seat.context, seat.book(), menu)
        shown(qtbot, rail)
        seat.theme.set_mode(type(seat.theme.mode).LIGHT)
        button = rail._theme
        assert button.accessibleName() == "Use the dark theme"
        QTest.mouseClick(button, LEFT)
        assert seat.theme.is_dark
        assert button.accessibleName() == "Use the light theme"
        QTest.mouseClick(button, LEFT)
        assert not seat.theme.is_dark


class TestHeader:
    def test_says_who_and_how(self, ui: Ui, qtbot: QtBot, seat: Seat, menu: QMenu) -> None:
        """Name, presence as it changes, order number, muted and archived."""

        async def main() -> None:
            header = ConversationHeader(seat.context, seat.book(), menu)
            header.open_conversation(seat.day.talk("10482"))
            shown(qtbot, header)
            assert header._name.full_text() == "Northline Transport"
            assert header._order.text() == "order #10482"
            assert header._presence.text() == ""
            assert not header.insecure()
            seat.engines.tell(seat.day.presence("10482"))
            await ui.until(lambda: header._presence.text() == "online")
            seat.engines.tell(seat.day.presence("10482", PresenceState.OFFLINE))
            await ui.until(lambda: header._presence.text() == "last seen 10:42")
            await seat.desk.set_muted(seat.day.talk("10482"), True)
            await ui.until(lambda: header._mute.isChecked())
            assert header._mute.accessibleName() == "Unmute"
            await seat.desk.set_archived(seat.day.talk("10482"), True)
            await ui.until(lambda: "archived" in header._presence.text())

        ui.run(main())

    def test_plain_http_stays_in_sight(self, ui: Ui, qtbot: QtBot, make_seat: MakeSeat, menu: QMenu) -> None:
        """An account that is used over plain http says 'not encrypted' in the header of each conversation."""
        seat = make_seat(filled=False)
        account = scene.add_account(
            seat.store, server_url="http://dispatch.example.com", plain_http_consent=True
        )
        day = scene.fill(seat.store, NOON_US, account=account)

        async def main() -> None:
            header = ConversationHeader(seat.context, seat.book(), menu)
            header.open_conversation(day.talk("10471"))
            shown(qtbot, header)
            assert header.insecure()
            assert "not encrypted" in {label.text() for label in header.findChildren(PlainLabel)}

        ui.run(main())

    def test_hostile_names(self, ui: Ui, qtbot: QtBot, make_seat: MakeSeat, menu: QMenu) -> None:
        """A name full of markup, controls and breaks stands there letter for letter, in one line."""
        seat = make_seat(filled=False)
        nasty = "<img src='file:///etc/passwd'>\n\x07\u202e" + "W" * 500
        talk = scene.Talk("7<b>", nasty, "pending", (scene.Line(3, False, "hi"),), "A", "B")
        day = scene.fill(seat.store, NOON_US, talks=(talk,))

        async def main() -> None:
            header = ConversationHeader(seat.context, seat.book(), menu)
            header.open_conversation(day.talk("7<b>"))
            shown(qtbot, header)
            header.resize(500, 60)
            assert header._name.full_text().startswith("<img src='file:///etc/passwd'> W")
            assert "\u202e" not in header._name.full_text()
            assert header._order.text() == "order 7<b>"
            assert header.minimumSizeHint().width() < 500

        ui.run(main())

    def test_buttons_ask(self, ui: Ui, qtbot: QtBot, seat: Seat, menu: QMenu) -> None:
        """Back, the order, mute and the panel each ask for what they say."""

        async def main() -> None:
            header = ConversationHeader(seat.context, seat.book(), menu)
            header.open_conversation(seat.day.talk("10482"))
            header.offer_back(True)
            shown(qtbot, header)
            for button, signal in (
                (header._back, header.back_asked),
                (header._order, header.order_asked),
                (header._mute, header.mute_asked),
                (header._panel, header.panel_asked),
            ):
                with qtbot.waitSignal(signal, timeout=0):
                    QTest.mouseClick(button, LEFT)

        ui.run(main())


class TestBanner:
    def test_offline_and_back(self, ui: Ui, qtbot: QtBot, seat: Seat) -> None:
        """Only a loss that lasts is told; it counts what is queued, counts down, and retries when asked."""
        scene.press(seat.store, seat.day, "10482", "one")

        async def main() -> None:
            outbox = seat.outbox()
            banner = Banner(seat.context, seat.book(), outbox)
            qtbot.addWidget(banner)
            banner.show_account(seat.account.id)
            seat.engines.tell(seat.day.offline())
            await ui.until(lambda: seat.context.feed.status_of(seat.account.id) is not None)
            assert banner.isHidden(), "a blink is nothing"
            await ui.until(lambda: not banner.isHidden(), timeout_s=BLINK_MS / 1_000 + 5)
            words = banner.words()
            assert words is not None
            assert words.title == "You are offline."
            assert words.text == "1 message is queued and will be sent. Trying again in 4 s."
            seat.clock.at_us += 1_000_000
            await ui.until(lambda: "in 3 s" in (banner.words() or words).text)
            scene.press(seat.store, seat.day, "10482", "two")
            await ui.until(lambda: "2 messages are queued" in (banner.words() or words).text)
            QTest.mouseClick(banner._button, LEFT)
            assert seat.engines.asked("retry_now") == [(seat.account.id,)]
            connecting = AccountStatus(account_id=seat.account.id, connection=ConnectionState.CONNECTING)
            seat.engines.tell(seat.day.online())
            await ui.until(banner.isHidden)
            seat.engines.tell(connecting)
            await asyncio.sleep(0.05)
            assert banner.isHidden()

        ui.run(main())

    def test_blinks_leave_nothing_behind(self, ui: Ui, qtbot: QtBot, seat: Seat) -> None:
        """However often the link is lost for a moment, no timer stays."""

        def is_told(wanted: ConnectionState) -> bool:
            now = seat.context.feed.status_of(seat.account.id)
            return now is not None and now.connection is wanted

        async def main() -> None:
            banner = Banner(seat.context, seat.book(), seat.outbox())
            qtbot.addWidget(banner)
            banner.show_account(seat.account.id)
            before = len(banner.findChildren(QTimer))
            for status in [seat.day.offline(), seat.day.online()] * 5:
                seat.engines.tell(status)
                await ui.until(partial(is_told, status.connection))
            await ui.until(lambda: len(banner.findChildren(QTimer)) == before)

        ui.run(main())

    def test_sign_in_keyring_and_disk(self, ui: Ui, qtbot: QtBot, seat: Seat) -> None:
        """An ended sign-in asks for one; a missing keyring and a full disk are told until dismissed."""

        async def main() -> None:
            banner = Banner(seat.context, seat.book(), seat.outbox())
            qtbot.addWidget(banner)
            banner.show_account(None)
            ended = msgspec.structs.replace(seat.day.online(), sign_in=SignInState.NEEDS_PASSWORD)
            seat.engines.tell(ended)
            await ui.until(lambda: not banner.isHidden())
            assert banner.accessibleName().startswith("Sign in again to go on.")
            asked: list[int] = []
            banner.sign_in_asked.connect(asked.append)
            QTest.mouseClick(banner._button, LEFT)
            assert asked == [seat.account.id]
            seat.engines.tell(msgspec.structs.replace(seat.day.online(), token_kept=False))
            await ui.until(lambda: (w := banner.words()) is not None and w.action is BannerAction.DISMISS)
            assert "kept until you quit" in banner._text.text()
            seat.context.troubles.report("save", DiskTrouble("full"))
            assert "Free some space" in banner._text.text()
            assert banner.property("look") == "alarm"
            QTest.mouseClick(banner._button, LEFT)
            assert "kept until you quit" in banner._text.text()
            QTest.mouseClick(banner._button, LEFT)
            assert banner.isHidden()

        ui.run(main())


class TestStatusBar:
    def test_says_state_outbox_and_sync(self, ui: Ui, qtbot: QtBot, seat: Seat) -> None:
        """State and latency per account, countdown, what waits, what needs a decision, last sync."""
        scene.press(seat.store, seat.day, "10482", "one")
        scene.make_uncertain(seat.store, seat.day, "10471", "two")

        async def main() -> None:
            bar = StatusBar(seat.context, seat.book(), seat.outbox())
            shown(qtbot, bar)
            assert bar.state_text(seat.account.id) == "● Dispatcher: not connected"
            seat.engines.tell(seat.day.online())
            await ui.until(lambda: bar.state_text(seat.account.id) == "● Dispatcher: online 38 ms")
            assert bar._synced.text() == "Synced 10:42"
            await ui.until(lambda: bar.outbox_button().text() == "Outbox 2")
            assert bar.outbox_button().accessibleName() == "Outbox: 2 items wait, 1 needs your decision"
            seat.engines.tell(seat.day.offline(retry_s=30))
            await ui.until(lambda: "trying in 30 s" in bar.state_text(seat.account.id))
            seat.clock.at_us += 1_000_000
            await ui.until(lambda: "trying in 29 s" in bar.state_text(seat.account.id))
            with qtbot.waitSignal(bar.outbox_asked, timeout=0):
                QTest.mouseClick(bar.outbox_button(), LEFT)
            dropped = msgspec.structs.replace(seat.day.online(), dropped={"malformed": 2}, reason="<b>x")
            seat.engines.tell(dropped)
            await ui.until(lambda: "2 packets could not be read" in bar._states[seat.account.id].toolTip())

        ui.run(main())

    def test_two_accounts_of_a_platform_are_told_apart(self, ui: Ui, qtbot: QtBot, seat: Seat) -> None:
        """Two accounts of one platform are told apart by name; a narrow bar leaves out the version."""
        scene.add_night_desk(seat.store)

        async def main() -> None:
            bar = StatusBar(seat.context, seat.book(), seat.outbox())
            shown(qtbot, bar)
            texts = [bar.state_text(account.id) for account in seat.book().accounts()]
            assert texts == ["● Dana Moderator: not connected", "● Night Desk: not connected"]
            assert bar._version.isVisible()
            bar.fit(500)
            assert not bar._version.isVisible()

        ui.run(main())

    def test_words_that_grow_out_of_the_bar_give_way_to_letters(
        self, ui: Ui, qtbot: QtBot, seat: Seat
    ) -> None:
        """Not cut: letters as soon as words have no room, until nothing counts down any more."""
        scene.add_night_desk(seat.store)

        async def main() -> None:
            book = seat.book()
            bar = StatusBar(seat.context, book, seat.outbox())
            shown(qtbot, bar)
            for account in book.accounts():
                seat.engines.tell(msgspec.structs.replace(seat.day.online(), account_id=account.id))
            await ui.until(lambda: "online" in bar.state_text(seat.account.id))
            bar.fit(650)
            parts = (*bar._states.values(), bar._outbox_button, bar._synced)
            metrics = seat.context.theme.metrics
            bar.fit(sum(part.sizeHint().width() for part in parts) + 5 * metrics.large + metrics.px(60))
            assert bar.state_text(seat.account.id) == "● Dana Moderator: online 38 ms"
            seat.engines.tell(seat.day.offline(retry_s=30))
            await ui.until(lambda: bar.state_text(seat.account.id) == "● DM")
            seat.engines.tell(seat.day.online())
            await ui.until(lambda: bar.state_text(seat.account.id) == "● Dana Moderator: online 38 ms")

        ui.run(main())
