"""Sending at another time than now: taken back within a moment, scheduled, and the times that are offered."""

from __future__ import annotations

import datetime as dt
import os
import time
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QDateTime, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from chatdesk.domain import outbox as machine
from chatdesk.domain.entities import Outgoing
from chatdesk.ui.composer.composer import Composer
from chatdesk.ui.composer.times import offered
from chatdesk.ui.dialogs.send_later import SendLaterDialog
from chatdesk.ui.dialogs.settings import UNDO_STEPS_S, SettingsDialog
from chatdesk.ui.preferences import UNDO_SEND_S
from tests.conftest import Ui
from tests.store.making import WAIT_S
from tests.ui.timeline.real import Stage

LEFT = Qt.MouseButton.LeftButton
CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
HOUR_US = 3_600_000_000


def waiting(stage: Stage) -> list[Outgoing]:
    return list(stage.store.outbox().result(WAIT_S).rows)


def on_disk(stage: Stage) -> str:
    reader = stage.store.reader()
    try:
        return reader.draft(stage.room).text
    finally:
        reader.close()


def type_and_send(composer: Composer, text: str) -> None:
    QTest.keyClicks(composer.edit, text)
    QTest.keyClick(composer.edit, Qt.Key.Key_Return)


def dialog_of(composer: Composer) -> SendLaterDialog:
    (dialog,) = composer.findChildren(SendLaterDialog)
    return dialog


def test_undo_in_an_empty_field_takes_the_last_send_back(ui: Ui, stage: Stage, composer: Composer) -> None:
    """Ctrl+Z brings the words back to where they were written; nothing of them leaves."""

    async def story() -> None:
        stage.context.preferences.put(UNDO_SEND_S, 10)
        type_and_send(composer, "first")
        await ui.until(lambda: len(waiting(stage)) == 1)
        type_and_send(composer, "too early")
        await ui.until(lambda: len(waiting(stage)) == 2 and not composer.edit.toPlainText())
        assert all(machine.is_held(item) for item in waiting(stage))
        QTest.keyClick(composer.edit, Qt.Key.Key_Z, CONTROL)
        await ui.until(lambda: composer.edit.toPlainText() == "too early")
        assert [item.text for item in waiting(stage)] == ["first"]
        assert on_disk(stage) == "too early"
        assert composer.edit.hasFocus()
        assert not composer.conflict.isVisible()

    ui.run(story())


def test_without_the_setting_a_send_leaves_at_once(ui: Ui, stage: Stage, composer: Composer) -> None:
    """Nobody waits who has not asked for it, and Ctrl+Z then does nothing."""

    async def story() -> None:
        type_and_send(composer, "now")
        await ui.until(lambda: len(waiting(stage)) == 1)
        (item,) = waiting(stage)
        assert (item.detail, item.not_before_us) == ("", 0)
        QTest.keyClick(composer.edit, Qt.Key.Key_Z, CONTROL)
        await ui.until(lambda: not composer._tasks.is_running("take back"))
        assert len(waiting(stage)) == 1
        assert composer.edit.toPlainText() == ""

    ui.run(story())


def test_what_has_left_is_not_taken_back_and_the_composer_says_so(
    ui: Ui, stage: Stage, composer: Composer
) -> None:
    """The words stay where they are, and the next step is named."""

    async def story() -> None:
        item = stage.filled.start(stage.filled.press("gone"))
        composer.take_back(item.id)
        await ui.until(lambda: "It has left already" in composer.notice.label.text())
        assert composer.edit.toPlainText() == ""

    ui.run(story())


def test_later_asks_when_and_queues_for_that_time(ui: Ui, stage: Stage, composer: Composer) -> None:
    """One press on an offered time; the field is free again, the item carries the time."""

    async def story() -> None:
        QTest.keyClicks(composer.edit, "good morning")
        QTest.mouseClick(composer.later_button, LEFT)
        dialog = dialog_of(composer)
        hour = next(button for button in dialog.offers if button.text() == "In an hour")
        QTest.mouseClick(hour, LEFT)
        await ui.until(lambda: len(waiting(stage)) == 1 and not composer.edit.toPlainText())
        (item,) = waiting(stage)
        assert machine.is_scheduled(item)
        assert abs(item.not_before_us - item.created_at_us - HOUR_US) < 60_000_000

    ui.run(story())


def test_the_keyboard_asks_when_too_and_any_time_can_be_chosen(
    ui: Ui, stage: Stage, composer: Composer
) -> None:
    """Ctrl+Shift+Enter, a date and a time; one that is over already is refused in words."""

    async def story() -> None:
        QTest.keyClicks(composer.edit, "next week")
        QTest.keyClick(composer.edit, Qt.Key.Key_Return, CONTROL | SHIFT)
        dialog = dialog_of(composer)
        dialog.when.setMinimumDateTime(QDateTime.fromMSecsSinceEpoch(0))
        dialog.when.setDateTime(QDateTime.currentDateTime().addSecs(-3600))
        QTest.mouseClick(dialog.then, LEFT)
        assert "over already" in dialog._words.text()
        assert waiting(stage) == []
        wanted = QDateTime.currentDateTime().addDays(7)
        dialog.when.setDateTime(wanted)
        QTest.mouseClick(dialog.then, LEFT)
        await ui.until(lambda: len(waiting(stage)) == 1)
        (item,) = waiting(stage)
        assert item.not_before_us // 60_000_000 == wanted.toMSecsSinceEpoch() // 60_000

    ui.run(story())


def test_nothing_to_send_nothing_to_ask(ui: Ui, stage: Stage, composer: Composer) -> None:
    """The button is there and can't be pressed; the key does nothing."""

    async def story() -> None:
        assert composer.later_button.isVisible()
        assert not composer.later_button.isEnabled()
        QTest.keyClick(composer.edit, Qt.Key.Key_Return, CONTROL | SHIFT)
        assert composer.findChildren(SendLaterDialog) == []

    ui.run(story())


def test_the_setting_is_chosen_in_the_dialog(ui: Ui, stage: Stage, qtbot: QtBot) -> None:
    """From off to half a minute, remembered at once."""

    async def story() -> None:
        dialog = SettingsDialog(stage.context)
        qtbot.addWidget(dialog)
        assert [dialog.undo.itemData(at) for at in range(dialog.undo.count())] == list(UNDO_STEPS_S)
        assert dialog.undo.currentData() == 0
        dialog.undo.setCurrentIndex(dialog.undo.findData(20))
        dialog.undo.activated.emit(dialog.undo.currentIndex())
        assert stage.context.preferences.get(UNDO_SEND_S) == 20

    ui.run(story())


@pytest.fixture
def in_zone() -> Iterator[None]:
    """A place whose clocks change on the night to Sunday, 29 March 2026."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = "Europe/Berlin"
    time.tzset()
    yield
    if before is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = before
    time.tzset()


@pytest.mark.parametrize(
    ("now", "words"),
    [
        ("2026-03-26T08:00", ["In an hour", "This evening, 18:00", "Tomorrow, 9:00", "Monday, 9:00"]),
        ("2026-03-26T17:40", ["In an hour", "Tomorrow, 9:00", "Monday, 9:00"]),
        ("2026-03-29T12:00", ["In an hour", "This evening, 18:00", "Tomorrow, 9:00"]),
    ],
)
def test_the_offered_times_fit_the_day(in_zone: None, now: str, words: list[str]) -> None:
    """No evening that is nearly over, no Monday that is tomorrow; all of them in the future."""
    moment = dt.datetime.fromisoformat(now).astimezone()
    found = offered(round(moment.timestamp() * 1_000_000))
    assert sorted(one.words for one in found) == sorted(words)
    assert [one.at_us for one in found] == sorted(one.at_us for one in found)
    assert all(one.at_us > moment.timestamp() * 1_000_000 for one in found)


def test_nine_in_the_morning_is_nine_by_the_clock_also_when_clocks_change(in_zone: None) -> None:
    """On the Saturday before the change tomorrow's nine o'clock is only 22 hours after eleven."""
    moment = dt.datetime(2026, 3, 28, 10, 0).astimezone()
    found = {one.words: one.at_us for one in offered(round(moment.timestamp() * 1_000_000))}
    tomorrow = dt.datetime.fromtimestamp(found["Tomorrow, 9:00"] / 1_000_000, tz=dt.UTC)
    assert tomorrow == dt.datetime(2026, 3, 29, 7, 0, tzinfo=dt.UTC)
