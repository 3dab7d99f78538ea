"""Messages that ask before they go: one question for all of them, with a list, and nothing goes meanwhile."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from chatdesk.domain.kinds import DeliveryState, ParkReason
from chatdesk.domain.outbox import Aged
from chatdesk.ui.dialogs.crash_report import CrashReportDialog
from chatdesk.ui.dialogs.old_sends import OldSendsDialog
from chatdesk.ui.plain import Answer, PlainQuestion
from chatdesk.ui.window import MainWindow
from tests.conftest import Ui
from tests.shots import scene
from tests.shots.seat import Seat
from tests.ui.shell.test_dialogs import nameless

LEFT = Qt.MouseButton.LeftButton
TEXTS = {"10482": "first, from yesterday", "10479": "second", "10466": "third"}


@pytest.fixture
def window(seat: Seat, qtbot: QtBot) -> MainWindow:
    for number, text in TEXTS.items():
        item = scene.press(seat.store, seat.day, number, text)
        seat.store.advance(item.id, Aged()).result(10)
    made = MainWindow(seat.context)
    qtbot.addWidget(made)
    made.resize(1000, 700)
    made.show()
    return made


def states(seat: Seat) -> dict[str, DeliveryState]:
    return {item.text: item.state for item in seat.store.outbox().result(10).rows}


def test_one_question_for_all_that_is_too_old(ui: Ui, seat: Seat, window: MainWindow) -> None:
    """The strip counts them; the list has each with text, target and age; those that are ticked go."""

    async def story() -> None:
        await ui.until(window.asks.isVisible)
        assert window.asks.accessibleName().startswith("3 items ask before they go.")
        QTest.mouseClick(window.asks.act, LEFT)
        (dialog,) = window.findChildren(OldSendsDialog)
        rows = [dialog.list.item(at) for at in range(dialog.list.count())]
        assert [row.text().partition(": ")[2] for row in rows] == list(TEXTS.values())
        assert all("10:42" in row.text() and "#" in row.text() for row in rows)
        assert dialog.send.text() == "Send 3"
        rows[1].setCheckState(Qt.CheckState.Unchecked)
        assert dialog.send.text() == "Send 2"
        QTest.mouseClick(dialog.send, LEFT)
        await ui.until(lambda: list(states(seat).values()).count(DeliveryState.QUEUED) == 2)
        assert states(seat)["second"] is DeliveryState.PARKED
        await ui.until(lambda: window.asks.accessibleName().startswith("1 item asks before it goes."))

    ui.run(story())


def test_every_control_has_a_name(ui: Ui, seat: Seat, window: MainWindow, qtbot: QtBot) -> None:
    """A screen reader is told what each part of strip, list and report is."""

    async def story() -> None:
        await ui.until(window.asks.isVisible)
        assert nameless(window.asks) == []
        assert nameless(OldSendsDialog(seat.context, window.outbox, window)) == []
        report = CrashReportDialog(seat.context, lambda: "all that is known", window)
        report.open()
        await ui.until(report.copy.isEnabled)
        assert nameless(report) == []
        report.reject()

    ui.run(story())


def test_those_that_are_not_wanted_are_deleted_after_a_question(
    ui: Ui, seat: Seat, window: MainWindow
) -> None:
    """Deleting asks once more; what is not ticked stays, and the dialog goes on with it."""

    async def story() -> None:
        await ui.until(window.asks.isVisible)
        QTest.mouseClick(window.asks.act, LEFT)
        (dialog,) = window.findChildren(OldSendsDialog)
        dialog.list.item(0).setCheckState(Qt.CheckState.Unchecked)
        QTest.mouseClick(dialog.discard, LEFT)
        (question,) = dialog.findChildren(PlainQuestion)
        QTest.mouseClick(question.button(Answer.NO), LEFT)
        assert len(states(seat)) == 3
        QTest.mouseClick(dialog.discard, LEFT)
        question = dialog.findChildren(PlainQuestion)[-1]
        QTest.mouseClick(question.button(Answer.YES), LEFT)
        await ui.until(lambda: list(states(seat)) == ["first, from yesterday"])
        await ui.until(lambda: dialog.list.count() == 1)
        assert dialog.ticked() == ()
        assert not dialog.send.isEnabled()

    ui.run(story())


def test_not_now_is_taken_at_its_word(ui: Ui, seat: Seat, window: MainWindow) -> None:
    """Dismissed, the strip comes back only when there is more to decide; nothing has gone meanwhile."""

    async def story() -> None:
        await ui.until(window.asks.isVisible)
        QTest.mouseClick(window.asks.dismiss, LEFT)
        assert not window.asks.isVisible()
        assert set(states(seat).values()) == {DeliveryState.PARKED}
        scene.make_parked(seat.store, seat.day, "10471", "refused", ParkReason.REFUSED)
        await ui.until(lambda: window.outbox.rowCount() == 4)
        assert not window.asks.isVisible()
        item = scene.press(seat.store, seat.day, "10471", "fourth")
        seat.store.advance(item.id, Aged()).result(10)
        await ui.until(window.asks.isVisible)
        assert window.asks.accessibleName().startswith("4 items")

    ui.run(story())


def test_the_dialog_closes_when_all_is_decided(ui: Ui, seat: Seat, window: MainWindow) -> None:
    """Decided elsewhere, there is nothing left to ask: dialog and strip go by themselves."""

    async def story() -> None:
        await ui.until(window.asks.isVisible)
        QTest.mouseClick(window.asks.act, LEFT)
        (dialog,) = window.findChildren(OldSendsDialog)
        finished: list[int] = []
        dialog.finished.connect(finished.append)
        await seat.desk.retry_all()
        await ui.until(lambda: len(finished) == 1)
        assert window.asks.shown() is None

    ui.run(story())
