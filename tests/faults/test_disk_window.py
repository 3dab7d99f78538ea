"""What the person sees of a failing disk: real widgets, the real store, a disk that is made to fail."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from chatdesk.domain.entities import Draft
from chatdesk.domain.errors import DiskTrouble
from chatdesk.domain.ids import ConversationId
from chatdesk.domain.kinds import DiskIll, OutgoingKind
from chatdesk.ui.chat.banner import Banner
from chatdesk.ui.composer.composer import Composer
from chatdesk.ui.words import disk_sentences, error_sentences
from tests.conftest import AllowLog, Ui
from tests.faults.disk.shim import Disk, Fault, Ill, Op, failing_disk
from tests.shots.seat import Seat
from tests.store.making import WAIT_S, at, message, raw

WORDS = {Ill.FULL: "The disk is full", Ill.READ_ONLY: "The data folder is read-only"}


@pytest.fixture
def disk(tmp_path: Path, allow_log: AllowLog) -> Iterator[Disk]:
    """The disk under everything that this test writes."""
    allow_log("WARNING chatdesk.store")
    with failing_disk(tmp_path) as made:
        yield made


class Front:
    """Composer and banner over a filled store."""

    def __init__(self, seat: Seat, qtbot: QtBot) -> None:
        self.seat = seat
        self.room = seat.store.conversations().result(WAIT_S).rows[0].id
        self.banner = Banner(seat.context, seat.book(), seat.outbox())
        self.composer = Composer(seat.context)
        for widget in (self.banner, self.composer):
            qtbot.addWidget(widget)
        self.banner.show_account(None)
        self.composer.open_conversation(self.room)
        self.composer.show()
        self.composer.edit.setFocus()

    def says(self) -> str:
        """The banner."""
        words = self.banner.words()
        return "" if words is None else f"{words.title}. {words.text}"

    def queued(self) -> list[str]:
        """What waits to be sent."""
        rows = self.seat.store.outbox().result(WAIT_S).rows
        return [one.text for one in rows if one.kind is OutgoingKind.SEND]


@pytest.fixture
def front(ui: Ui, qapp: QApplication, tmp_path: Path, qtbot: QtBot, disk: Disk) -> Iterator[Front]:
    seat = Seat(qapp, tmp_path / "profile")
    yield Front(seat, qtbot)
    disk.heal()
    seat.close()


@pytest.mark.parametrize("ill", [Ill.FULL, Ill.READ_ONLY])
def test_enter_on_a_disk_that_refuses(ui: Ui, front: Front, disk: Disk, ill: Ill) -> None:
    """The text stays, composer and banner say what to do, typing goes on, and the same Enter sends once."""
    edit = front.composer.edit

    async def story() -> None:
        before = front.queued()
        disk.faults = [Fault(ill)]
        QTest.keyClicks(edit, "hold the load")
        QTest.keyClick(edit, Qt.Key.Key_Return)
        await ui.until(lambda: front.composer.notice.isVisible())
        assert front.composer.notice.label.text().startswith(f"Not sent. {WORDS[ill]}.")
        await ui.until(lambda: front.says().startswith(WORDS[ill]))
        assert "sent or typed is lost" in front.says()
        assert edit.toPlainText() == "hold the load"
        QTest.keyClicks(edit, ", please")
        QTest.keyClick(edit, Qt.Key.Key_Return)
        await ui.until(lambda: not front.composer._keepers[front.room].is_sending)
        assert edit.toPlainText() == "hold the load, please"
        assert front.queued() == before
        disk.heal()
        QTest.keyClick(edit, Qt.Key.Key_Return)
        await ui.until(lambda: edit.toPlainText() == "")
        assert front.queued() == [*before, "hold the load, please"]
        await ui.until(lambda: front.says() == "")
        assert not front.composer.notice.isVisible()

    ui.run(story())


def test_a_draft_that_can_not_be_saved_says_so_and_is_saved_later(ui: Ui, front: Front, disk: Disk) -> None:
    """On a full disk the line below says that it is not saved; with room it is, and the banner goes."""

    async def story() -> None:
        disk.faults = [Fault(Ill.FULL)]
        QTest.keyClicks(front.composer.edit, "half a thought")
        await ui.until(lambda: front.composer.state_label.text() == "Not saved: The disk is full")
        await ui.until(lambda: front.says().startswith("The disk is full"))
        disk.heal()
        front.composer._keepers[front.room].flush()
        await ui.until(lambda: front.composer.state_label.text() == "Draft saved")
        await ui.until(lambda: front.says() == "")

    ui.run(story())


def test_trouble_behind_the_scene_is_told(ui: Ui, front: Front, disk: Disk) -> None:
    """What comes in and can't be written shows the banner; it goes by itself when it can be."""

    async def story() -> None:
        account = front.seat.account.id
        where = front.seat.store.conversations().result(WAIT_S).rows[0].remote_id
        batch = at(1_000, message(990_001, "are you there?", conversation=where))
        disk.faults = [Fault(Ill.ERROR, frozenset({Op.WRITE}))]
        failed = front.seat.store.apply(account, batch)
        assert isinstance(failed.exception(WAIT_S), DiskTrouble)
        await ui.until(lambda: front.says().startswith("The disk reports errors"))
        disk.heal()
        front.seat.store.apply(account, batch).result(WAIT_S)
        with raw(front.seat.store.folder) as con:
            assert con.execute("SELECT count(*) FROM messages WHERE text = 'are you there?'").get == 1
        await ui.until(lambda: front.says() == "")

    ui.run(story())


def test_what_was_queued_is_not_called_unsent(ui: Ui, front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that can't be read just after the message was queued makes no "not sent" of it."""
    edit = front.composer.edit

    async def story() -> None:
        before = front.queued()
        QTest.keyClicks(edit, "on my way")
        await front.composer.flush()
        real = front.seat.desk.reader.draft

        def once(conversation: ConversationId) -> Draft:
            monkeypatch.setattr(front.seat.desk.reader, "draft", real)
            raise DiskTrouble("IOError", DiskIll.FAILING)

        monkeypatch.setattr(front.seat.desk.reader, "draft", once)
        QTest.keyClick(edit, Qt.Key.Key_Return)
        await ui.until(lambda: edit.toPlainText() == "")
        assert front.queued() == [*before, "on my way"]
        assert not front.composer.notice.isVisible()
        QTest.keyClicks(edit, "and here")
        QTest.keyClick(edit, Qt.Key.Key_Return)
        await ui.until(lambda: edit.toPlainText() == "")
        assert front.queued() == [*before, "on my way", "and here"]
        assert not front.composer.conflict.isVisible()

    ui.run(story())


@pytest.mark.parametrize("ill", DiskIll)
def test_every_trouble_says_what_is_safe_and_what_to_do(ill: DiskIll) -> None:
    """What happened, what is safe, the next step: for each, and for the error that carries it."""
    words = disk_sentences(ill)
    assert "is lost" in words.text
    assert words.text.endswith(".")
    assert not words.title.endswith(".")
    if ill is not DiskIll.DAMAGED:
        assert error_sentences(DiskTrouble("x", ill)) == words
