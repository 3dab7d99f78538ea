"""Files and live position in the order panel, and conversations that begin from an order."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog

from chatdesk.domain import outbox as machine
from chatdesk.domain.actions import Action, ActionKind, Result
from chatdesk.domain.changes import PositionChanged, UploadMoved
from chatdesk.domain.entities import OrderFile
from chatdesk.domain.errors import NotKnown
from chatdesk.domain.events import OrderSeen
from chatdesk.domain.ids import OrderId, RemoteId
from chatdesk.domain.kinds import DeliveryState, OrderKind, ParkReason
from tests.conftest import Ui
from tests.shots.seat import NOON_US
from tests.store.making import WAIT_S, started
from tests.ui.asking.made import MINUTE_US, MOST_BYTES, OFFERS, a_lonely_order, equip, its_conversation, tell
from tests.ui.asking.stage import Stage, click

pytestmark = pytest.mark.qt_log_ignore("^This plugin does not support (raise|grabbing)", extend=True)


def a_file(name: str, size: int = 2_048) -> OrderFile:
    return OrderFile(remote_name=f"r-{name}", name=name, content_type="", size_bytes=size)


def drop(stage: Stage, *paths: Path) -> bool:
    """Drag files over the panel's files and let them go; whether they were taken."""
    files = stage.files()
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(5, 5), Qt.DropAction.CopyAction, data, left, none)
    enter.ignore()
    files.dragEnterEvent(enter)
    if not enter.isAccepted():
        return False
    files.dropEvent(QDropEvent(QPoint(5, 5), Qt.DropAction.CopyAction, data, left, none))
    return True


class TestFiles:
    def test_are_listed_with_their_sizes(self, ui: Ui, stage: Stage) -> None:
        """Name and size of each, whatever a server calls them; more than fit are counted."""

        async def main() -> None:
            await stage.ready()
            assert [row.name for row in stage.files().rows()] == ["tie-downs.jpg", "axle-config.pdf"]
            many = tuple(a_file(f"<b>{n}</b>\u202e.pdf") for n in range(70))
            tell(stage.seat, OrderSeen(remote_id=RemoteId("o-10482"), kind=OrderKind.ORDER, files=many))
            await ui.until(lambda: len(stage.files().rows()) == 60)
            assert stage.files().rows()[0].name == "<b>0</b> .pdf"
            assert stage.files()._none.text() == "and 10 more files"

        ui.run(main())

    def test_are_queued_in_the_order_of_dropping(self, ui: Ui, stage: Stage, tmp_path: Path) -> None:
        """Online or not: each is copied and waits in a row; what is no file is refused in words."""
        first, second = tmp_path / "a.pdf", tmp_path / "b.jpg"
        first.write_bytes(b"1")
        second.write_bytes(b"22")

        async def main() -> None:
            await stage.ready(online=False)
            await stage.go_offline()
            files = stage.files()
            assert files.add.isEnabled()
            assert drop(stage, first, tmp_path / "missing.pdf", second)
            await ui.until(lambda: len(files.pending()) == 2)
            first.unlink()
            assert [row.name for row in files.pending()] == ["a.pdf", "b.jpg"]
            assert {row.state.text() for row in files.pending()} == {
                "Waits here, and goes as soon as the server is there."
            }
            items = [row.item for row in files.pending()]
            sent = [(one.extras.attachments[0].content_type, one.order_remote_id) for one in items]
            assert sent == [("application/pdf", "o-10482"), ("image/jpeg", "o-10482")]
            assert "missing.pdf can't be read" in files._left.text()
            assert not stage.acted(ActionKind.ADD_FILE)

        ui.run(main())

    def test_a_waiting_file_shows_how_it_stands_and_what_helps(
        self, ui: Ui, stage: Stage, tmp_path: Path
    ) -> None:
        """Under way with its share, refused with Retry and Remove, and gone once it is settled."""
        path = tmp_path / "a.pdf"
        path.write_bytes(b"x" * 1_000)
        store = stage.seat.store

        async def main() -> None:
            await stage.ready()
            stage.files().add_files([path])
            await ui.until(lambda: len(stage.files().pending()) == 1)
            (row,) = stage.files().pending()
            assert not row.again.isVisible()
            attempt = started(row.item)
            store.advance(row.item.id, attempt).result(WAIT_S)
            stage.seat.engines.tell(UploadMoved(row.item.id, 250, 1_000))
            await ui.until(lambda: row.state.text() == "uploading 25 %")
            assert not row.remove.isVisible()
            store.advance(row.item.id, machine.Refused(ParkReason.REFUSED, "no such type")).result(WAIT_S)
            await ui.until(row.again.isVisible)
            assert "the server refused the file" in row.state.text()
            assert "no such type" in row.state.text()
            click(row.again)
            await ui.until(lambda: row.item.state is DeliveryState.QUEUED)
            click(row.remove)
            await ui.until(lambda: not stage.files().pending())
            assert store.unsettled(stage.account.id).result(WAIT_S) == ()

        ui.run(main())

    def test_what_is_too_large_is_told_before_it_is_copied(
        self, ui: Ui, stage: Stage, tmp_path: Path
    ) -> None:
        """One sentence, and the next one goes."""
        large, small = tmp_path / "large.bin", tmp_path / "small.bin"
        large.write_bytes(b"x" * (MOST_BYTES + 1))
        small.write_bytes(b"x")

        async def main() -> None:
            await stage.ready()
            stage.files().add_files([large, small])
            await ui.until(lambda: [row.name for row in stage.files().pending()] == ["small.bin"])
            assert "large.bin is too large" in stage.files()._left.text()

        ui.run(main())

    def test_choosing_files(self, ui: Ui, stage: Stage, tmp_path: Path) -> None:
        """The button opens a file dialog; what is chosen there goes."""
        path = tmp_path / "permit.pdf"
        path.write_bytes(b"x")

        async def main() -> None:
            await stage.ready()
            click(stage.files().add)
            dialogs = stage.files().findChildren(QFileDialog)
            assert len(dialogs) == 1
            dialogs[0].filesSelected.emit([str(path)])
            dialogs[0].reject()
            await ui.until(lambda: [row.name for row in stage.files().pending()] == ["permit.pdf"])

        ui.run(main())

    def test_saving_asks_where(self, ui: Ui, stage: Stage, tmp_path: Path) -> None:
        """A file is saved under a harmless name where the person says, never opened, never unasked."""

        async def main() -> None:
            await stage.ready()
            evil = (a_file("../../.bashrc\u202e"),)
            tell(stage.seat, OrderSeen(remote_id=RemoteId("o-10482"), kind=OrderKind.ORDER, files=evil))
            await ui.until(lambda: len(stage.files().rows()) == 1)
            row = stage.files().rows()[0]
            click(row.save)
            dialog = stage.files().findChildren(QFileDialog)[0]
            assert [Path(name).name for name in dialog.selectedFiles()] == ["_.._.bashrc"]
            assert not dialog.testOption(QFileDialog.Option.DontConfirmOverwrite)
            assert not stage.acted()
            dialog.fileSelected.emit(str(tmp_path / "kept.txt"))
            dialog.reject()
            await ui.until(lambda: len(stage.acted(ActionKind.SAVE_FILE)) == 1)
            action = stage.acted(ActionKind.SAVE_FILE)[0]
            assert (action.target, action.path) == ("r-../../.bashrc\u202e", str(tmp_path / "kept.txt"))
            assert row.strip.sentence() == "The file is being fetched…"
            assert not row.save.isEnabled()

        ui.run(main())

    def test_removing_is_asked_first(self, ui: Ui, stage: Stage) -> None:
        """A file is deleted for everybody only after a deliberate yes."""

        async def main() -> None:
            await stage.ready()
            stage.seat.engines.on_act = lambda action: NotKnown(action.kind.value)
            row = stage.files().rows()[1]
            click(row.remove)
            dialog = stage.dialog()
            assert "axle-config.pdf" in stage.dialog()._question.text
            assert not stage.acted()
            click(dialog.yes)
            await ui.until(lambda: "it may have been done" in dialog.strip.sentence())
            assert [a.target for a in stage.acted(ActionKind.REMOVE_FILE)] == ["f2"]
            dialog.reject()

        ui.run(main())

    def test_without_offers_they_are_only_listed(self, ui: Ui, stage: Stage) -> None:
        """Where files can only be seen, there is nothing to press."""

        async def main() -> None:
            await stage.ready()
            equip(stage.seat, stage.account, offers=())
            await ui.until(lambda: not stage.files().add.isVisible())
            row = stage.files().rows()[0]
            assert row.isVisible()
            assert not row.save.isVisible()
            assert not row.remove.isVisible()
            assert not stage.files().again.isVisible()

        ui.run(main())


def position(**parts: float | None) -> PositionChanged:
    values: dict[str, float | None] = {
        "latitude": 52.520008,
        "longitude": 13.404954,
        "speed_m_s": 17.2,
        "pickup_min": 12.0,
        **parts,
    }
    return PositionChanged(order_remote_id=RemoteId("o-10482"), **{"account_id": 1, "at_us": 0, **values})  # type: ignore[arg-type]


class TestPosition:
    def test_ages_and_goes(self, ui: Ui, stage: Stage) -> None:
        """How old, how fast, how long until pick-up; older than five minutes it is gone."""

        async def main() -> None:
            await stage.ready()
            card = stage.part().position
            assert not card.isVisible()
            here = msgspec.structs.replace(
                position(), account_id=stage.account.id, at_us=NOON_US - 3 * MINUTE_US
            )
            stage.seat.engines.tell(here)
            await ui.until(card.isVisible)
            assert card.words() == (
                "Driver, 3 min ago",
                "62 km/h, pick-up in 12 min",
                "52.52001, 13.40495",
            )
            click(card.copy)
            assert QGuiApplication.clipboard().text() == "52.52001, 13.40495"
            stage.seat.clock.at_us += MINUTE_US
            stage.seat.context.clock.beat.emit()
            assert card.words()[0] == "Driver, 4 min ago"
            stage.seat.clock.at_us += 2 * MINUTE_US
            stage.seat.context.clock.beat.emit()
            assert not card.isVisible()

        ui.run(main())

    def test_belongs_to_its_order(self, ui: Ui, stage: Stage) -> None:
        """Another order's driver is not shown here, and is there when that order is opened."""

        async def main() -> None:
            await stage.ready("10479")
            card = stage.part().position
            stage.seat.engines.tell(
                msgspec.structs.replace(position(), account_id=stage.account.id, at_us=NOON_US)
            )
            await ui.until(lambda: bool(card._seen))
            assert not card.isVisible()
            stage.window.open_conversation(stage.seat.day.talk("10482"))
            assert card.isVisible()
            assert card.words()[0] == "Driver, now"

        ui.run(main())

    def test_nonsense_is_left_out(self, ui: Ui, stage: Stage) -> None:
        """No place on the earth, no position; an impossible speed is not told; a fast clock ages nothing."""

        async def main() -> None:
            await stage.ready()
            card = stage.part().position
            mine = {"account_id": stage.account.id}
            for bad in ({"latitude": 91.0}, {"longitude": float("nan")}, {"latitude": float("inf")}):
                stage.seat.engines.tell(msgspec.structs.replace(position(**bad), at_us=NOON_US, **mine))
            odd = position(speed_m_s=float("nan"), pickup_min=-4.0, destination_min=1e9)
            late = NOON_US + 60 * MINUTE_US
            stage.seat.engines.tell(msgspec.structs.replace(odd, at_us=late, **mine))
            await ui.until(card.isVisible)
            assert card.words() == ("Driver, now", "", "52.52001, 13.40495")

        ui.run(main())


class TestStartingAConversation:
    def _lonely(self, stage: Stage) -> OrderId:
        tell(stage.seat, a_lonely_order())
        rows = stage.seat.store.orders().result(20).rows
        return next(order.id for order in rows if order.number == "20001")

    def test_from_an_order_with_enter(self, ui: Ui, stage: Stage) -> None:
        """Enter on an order without conversation starts one, opens it and puts the keyboard there."""

        async def main() -> None:
            await stage.ready()
            order = self._lonely(stage)
            await ui.until(lambda: stage.window.list.orders.find(order) is not None)

            def start(action: Action) -> Result:
                tell(stage.seat, its_conversation())
                return Result(conversation=action.order, order=action.order)

            stage.seat.engines.on_act = start
            stage.window.handlers.show_orders()
            page = stage.window.list._orders_page
            proxy = stage.window.list.shown_orders
            row = next(row for row in range(proxy.rowCount()) if proxy.id_at(row) == order)
            page.view.setCurrentIndex(proxy.index(row, 0))
            page.view.setFocus()
            QTest.keyClick(page.view, Qt.Key.Key_Return)
            chat = stage.window.chat
            await ui.until(lambda: chat.conversation_id() not in {None, stage.seat.day.talk("10482")})
            assert [(a.order, a.order_kind) for a in stage.acted(ActionKind.START_CHAT)] == [
                ("o-20001", OrderKind.ORDER)
            ]
            await ui.until(lambda: QApplication.focusWidget() is chat.composer.edit)
            assert stage.window.panel.order() is not None

        ui.run(main())

    def test_offline_the_order_is_shown_with_the_reason(self, ui: Ui, stage: Stage) -> None:
        """Offline nothing is started or queued; the order and the sentence are there, and a way to do it."""

        async def main() -> None:
            await stage.ready(online=False)
            await stage.go_offline()
            order = self._lonely(stage)
            stage.window.show_order(order)
            shown = stage.window.panel.order()
            assert shown is not None
            assert shown.number == "20001"
            assert stage.window.side.isVisible()
            assert stage.window.chat.conversation_id() is None
            assert not stage.acted()
            assert stage.part().offers.sentence().startswith("You are offline")
            await stage.go_online()
            stage.press(ActionKind.START_CHAT)
            await ui.until(lambda: len(stage.acted(ActionKind.START_CHAT)) == 1)

        ui.run(main())

    def test_started_and_not_listed_yet(self, ui: Ui, stage: Stage) -> None:
        """A server that lists it later: it is told, and the lists are read again."""

        async def main() -> None:
            await stage.ready()
            order = self._lonely(stage)
            told: list[str] = []
            stage.asking.told.connect(told.append)
            stage.seat.engines.on_act = lambda _action: Result(conversation=RemoteId("later"))
            stage.window.show_order(order)
            await ui.until(lambda: bool(told))
            assert told[0].startswith("Started. The conversation appears")
            assert stage.seat.engines.asked("refresh")

        ui.run(main())

    def test_who_stopped_waiting_is_not_taken_away(self, ui: Ui, stage: Stage) -> None:
        """A conversation that comes after the person has given up is told of, not jumped to."""

        async def main() -> None:
            await stage.ready()
            order = self._lonely(stage)
            stage.hold()
            told: list[str] = []
            stage.asking.told.connect(told.append)
            stage.window.show_order(order)
            work = stage.part().offers.strip.work()
            assert work is not None
            stage.asking.asker.give_up(work)
            stage.window.open_conversation(stage.seat.day.talk("10479"))
            await ui.until(lambda: len(stage.answers) == 1)
            tell(stage.seat, its_conversation())
            stage.answer(Result(conversation=RemoteId("o-20001")))
            await ui.until(lambda: "The conversation is started. You find it in the list." in told)
            assert stage.window.chat.conversation_id() == stage.seat.day.talk("10479")

        ui.run(main())

    def test_who_has_gone_elsewhere_is_not_taken_away(self, ui: Ui, stage: Stage) -> None:
        """Whoever reads something else by then goes on reading; the status bar says that it is there."""

        async def main() -> None:
            await stage.ready()
            order = self._lonely(stage)
            stage.hold()
            told: list[str] = []
            stage.asking.told.connect(told.append)
            stage.window.show_order(order)
            stage.window.open_conversation(stage.seat.day.talk("10479"))
            await ui.until(lambda: len(stage.answers) == 1)
            tell(stage.seat, its_conversation())
            stage.answer(Result(conversation=RemoteId("o-20001")))
            await ui.until(lambda: "The conversation is started. You find it in the list." in told)
            assert stage.window.chat.conversation_id() == stage.seat.day.talk("10479")

        ui.run(main())

    def test_where_it_is_not_offered(self, ui: Ui, stage: Stage) -> None:
        """An account that starts no conversations shows the order and asks nobody."""

        async def main() -> None:
            await stage.ready()
            without = tuple(offer for offer in OFFERS if offer.action is not ActionKind.START_CHAT)
            equip(stage.seat, stage.account, offers=without)
            await ui.until(
                lambda: len(stage.window.list.facts.accounts()[0].capabilities.offers) == len(without)
            )
            stage.window.show_order(self._lonely(stage))
            assert stage.part().offers.button(ActionKind.START_CHAT) is None
            assert not stage.acted()

        ui.run(main())
