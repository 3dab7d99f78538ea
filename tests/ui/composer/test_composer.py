"""What is typed is on disk soon, is sent once, and is never lost, whatever happens meanwhile."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QGuiApplication, QImage, QInputMethodEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from chatdesk.domain.entities import Capabilities, Draft, Outgoing
from chatdesk.domain.errors import DiskTrouble
from chatdesk.domain.events import ConversationGone
from chatdesk.domain.ids import ConversationId
from chatdesk.domain.kinds import DeliveryState, Lifecycle, OutgoingKind
from chatdesk.ui.composer.composer import Composer
from chatdesk.ui.composer.editor import MOST_LINES
from chatdesk.ui.preferences import ENTER_SENDS
from tests.conftest import Ui
from tests.store.making import CONVERSATION, WAIT_S, started, texts
from tests.ui.timeline.real import Stage


def draft_on_disk(stage: Stage, conversation: ConversationId | None = None) -> Draft:
    """Read by another connection than the composer's."""
    reader = stage.store.reader()
    try:
        return reader.draft(stage.room if conversation is None else conversation)
    finally:
        reader.close()


def waiting(stage: Stage) -> list[Outgoing]:
    rows = stage.store.outbox().result(WAIT_S).rows
    return [item for item in rows if item.kind is OutgoingKind.SEND]


class SlowDisk:
    """Holds the services' writes back until they are let go, or lets them fail; the store itself is real."""

    def __init__(self, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
        self.gate = asyncio.Event()
        self.gate.set()
        self.error: Exception | None = None
        for name in ("send", "save_draft", "edit"):
            monkeypatch.setattr(stage.desk, name, self._held(getattr(stage.desk, name)))

    def _held(self, real: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def call(*values: Any, **named: Any) -> Any:
            await self.gate.wait()
            if self.error is not None:
                raise self.error
            return await real(*values, **named)

        return call


@pytest.fixture
def disk(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> SlowDisk:
    return SlowDisk(stage, monkeypatch)


def test_a_draft_is_on_disk_within_half_a_second(ui: Ui, stage: Stage, composer: Composer) -> None:
    """500 ms after the last key the draft can be read from the file, and the composer says so."""

    async def took_s(text: str) -> float:
        composer.edit.selectAll()
        QTest.keyClicks(composer.edit, text)
        last_key = time.monotonic()
        await ui.until(lambda: draft_on_disk(stage).text == text)
        return time.monotonic() - last_key

    async def story() -> None:
        # Three tries, since the machine that runs the test may stall on its own.
        tries = [await took_s(text) for text in ("The escort", "is booked", "for 14:00")]
        assert min(tries) < 0.5
        await ui.until(lambda: composer.state_label.text() == "Draft saved")

    ui.run(story())


def test_typing_without_a_pause_is_saved_too(ui: Ui, stage: Stage, composer: Composer) -> None:
    """Somebody who never pauses does not lose more than two seconds."""

    async def story() -> None:
        begun = time.monotonic()
        while not draft_on_disk(stage).text:
            QTest.keyClicks(composer.edit, "x")
            await asyncio.sleep(0.05)
            assert time.monotonic() - begun < 15

    ui.run(story())


def test_every_change_of_focus_saves(ui: Ui, stage: Stage, composer: Composer) -> None:
    """Leaving the field, hiding it and opening another conversation save at once, not after a pause."""

    async def saved_at_once(text: str, leave: Callable[[], object]) -> None:
        keeper = composer._keepers[stage.room]
        QTest.keyClicks(composer.edit, text[len(keeper.text) :])
        assert keeper._pause.isActive()
        leave()
        assert not keeper._pause.isActive()
        assert not keeper.is_settled
        await ui.until(lambda: draft_on_disk(stage).text == text)

    async def story() -> None:
        await saved_at_once("one", composer.edit.clearFocus)
        composer.edit.setFocus()
        await saved_at_once("one two", composer.hide)
        composer.show()
        await saved_at_once("one two three", lambda: composer.open_conversation(stage.other))

    ui.run(story())


def test_drafts_belong_to_their_conversations(ui: Ui, stage: Stage, composer: Composer, qtbot: QtBot) -> None:
    """Each conversation has its own text, which is there again when it is opened, also after a restart."""

    async def story() -> None:
        QTest.keyClicks(composer.edit, "for the first")
        composer.open_conversation(stage.other)
        assert composer.edit.toPlainText() == ""
        QTest.keyClicks(composer.edit, "for the other")
        composer.open_conversation(stage.room)
        assert composer.edit.toPlainText() == "for the first"
        composer.open_conversation(stage.other)
        assert composer.edit.toPlainText() == "for the other"
        await composer.flush()
        later = Composer(stage.context)
        qtbot.addWidget(later)
        later.open_conversation(stage.room)
        assert later.edit.toPlainText() == "for the first"

    ui.run(story())


def test_send_clears_only_what_is_on_disk(ui: Ui, stage: Stage, composer: Composer, disk: SlowDisk) -> None:
    """Until the message is on disk its text stays; keys typed meanwhile begin the next draft."""

    async def story() -> None:
        QTest.keyClicks(composer.edit, "first")
        disk.gate.clear()
        QTest.keyClick(composer.edit, Qt.Key.Key_Return)
        await ui.until(lambda: composer.state_label.text() == "Sending…")
        QTest.keyClicks(composer.edit, "next")
        await asyncio.sleep(0.05)
        assert composer.edit.toPlainText() == "firstnext"
        assert waiting(stage) == []
        disk.gate.set()
        await ui.until(lambda: composer.edit.toPlainText() == "next")
        assert [item.text for item in waiting(stage)] == ["first"]
        await ui.until(lambda: draft_on_disk(stage).text == "next")

    ui.run(story())


def test_a_second_enter_sends_nothing_twice(ui: Ui, stage: Stage, composer: Composer, disk: SlowDisk) -> None:
    """Enter pressed again and again while the disk is slow stores one message."""

    async def story() -> None:
        QTest.keyClicks(composer.edit, "once")
        disk.gate.clear()
        for _ in range(5):
            QTest.keyClick(composer.edit, Qt.Key.Key_Return)
        QTest.mouseClick(composer.send_button, Qt.MouseButton.LeftButton)
        disk.gate.set()
        await ui.until(lambda: composer.edit.toPlainText() == "")
        await composer.flush()
        QTest.keyClick(composer.edit, Qt.Key.Key_Return)
        await composer.flush()
        assert [item.text for item in waiting(stage)] == ["once"]

    ui.run(story())


def test_fast_writers_send_in_order(ui: Ui, stage: Stage, composer: Composer, disk: SlowDisk) -> None:
    """Three messages pressed while the disk is slow arrive as three, in order, and the rest stays a draft."""

    async def story() -> None:
        disk.gate.clear()
        for text in ("one", "two", "three"):
            QTest.keyClicks(composer.edit, text)
            QTest.keyClick(composer.edit, Qt.Key.Key_Return)
        QTest.keyClicks(composer.edit, "rest")
        disk.gate.set()
        await ui.until(lambda: composer.edit.toPlainText() == "rest")
        await composer.flush()
        assert [item.text for item in waiting(stage)] == ["one", "two", "three"]
        assert draft_on_disk(stage).text == "rest"

    ui.run(story())


def test_a_failed_send_keeps_the_text_and_says_why(
    ui: Ui, stage: Stage, composer: Composer, disk: SlowDisk
) -> None:
    """When the disk refuses, the text stays, reason and next step are in words, and Try again sends it."""

    async def story() -> None:
        QTest.keyClicks(composer.edit, "precious")
        disk.error = DiskTrouble("full")
        QTest.keyClick(composer.edit, Qt.Key.Key_Return)
        await ui.until(composer.notice.isVisible)
        assert composer.edit.toPlainText() == "precious"
        assert "disk" in composer.notice.label.text()
        assert "Free some space" in composer.notice.label.text()
        assert "Not saved" in composer.state_label.text()
        assert waiting(stage) == []
        disk.error = None
        QTest.mouseClick(composer._again_button, Qt.MouseButton.LeftButton)
        await ui.until(lambda: composer.edit.toPlainText() == "")
        assert [item.text for item in waiting(stage)] == ["precious"]
        assert not composer.notice.isVisible()

    ui.run(story())


def test_leaving_in_the_middle_of_a_send(ui: Ui, stage: Stage, composer: Composer, disk: SlowDisk) -> None:
    """A send under way ends in its own conversation, and nothing of the other one is touched."""

    async def story() -> None:
        QTest.keyClicks(composer.edit, "to the first")
        disk.gate.clear()
        QTest.keyClick(composer.edit, Qt.Key.Key_Return)
        composer.open_conversation(stage.other)
        QTest.keyClicks(composer.edit, "for the other")
        disk.gate.set()
        await composer.flush()
        assert composer.edit.toPlainText() == "for the other"
        assert texts(stage.store, stage.room) == ["to the first"]
        assert texts(stage.store, stage.other) == []
        composer.open_conversation(stage.room)
        assert composer.edit.toPlainText() == ""

    ui.run(story())


def test_a_failed_send_waits_in_its_conversation(
    ui: Ui, stage: Stage, composer: Composer, disk: SlowDisk
) -> None:
    """A send that fails after the person went elsewhere keeps text and reason where it was written."""

    async def story() -> None:
        QTest.keyClicks(composer.edit, "to the first")
        disk.gate.clear()
        disk.error = DiskTrouble("full")
        QTest.keyClick(composer.edit, Qt.Key.Key_Return)
        composer.open_conversation(stage.other)
        disk.gate.set()
        await composer.flush()
        assert not composer.notice.isVisible()
        composer.open_conversation(stage.room)
        assert composer.edit.toPlainText() == "to the first"
        assert composer.notice.isVisible()

    ui.run(story())


def test_enter_of_an_input_method_never_sends(ui: Ui, stage: Stage, composer: Composer) -> None:
    """While a word is being composed, Enter belongs to the input method; afterwards it sends."""

    async def story() -> None:
        QApplication.sendEvent(composer.edit, QInputMethodEvent("にほ", []))
        QTest.keyClick(composer.edit, Qt.Key.Key_Return)
        await composer.flush()
        assert waiting(stage) == []
        done = QInputMethodEvent("", [])
        done.setCommitString("日本")
        QApplication.sendEvent(composer.edit, done)
        assert composer.edit.toPlainText() == "日本"
        QTest.keyClick(composer.edit, Qt.Key.Key_Return)
        await ui.until(lambda: [item.text for item in waiting(stage)] == ["日本"])

    ui.run(story())


def test_keys_of_sending_can_be_swapped(ui: Ui, stage: Stage, composer: Composer) -> None:
    """Enter sends and Shift+Enter breaks the line; swapped, Enter breaks it and Ctrl+Enter sends."""

    async def story() -> None:
        QTest.keyClicks(composer.edit, "a")
        QTest.keyClick(composer.edit, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
        QTest.keyClicks(composer.edit, "b")
        assert composer.edit.toPlainText() == "a\nb"
        stage.prefer(ENTER_SENDS, value=False)
        QTest.keyClick(composer.edit, Qt.Key.Key_Enter, Qt.KeyboardModifier.KeypadModifier)
        QTest.keyClicks(composer.edit, "c")
        assert composer.edit.toPlainText() == "a\nb\nc"
        QTest.keyClick(composer.edit, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        await ui.until(lambda: [item.text for item in waiting(stage)] == ["a\nb\nc"])

    ui.run(story())


def test_a_changed_draft_is_never_overwritten(ui: Ui, stage: Stage, composer: Composer) -> None:
    """When the draft was changed in another place, both texts are shown and the person chooses."""

    async def story() -> None:
        # The signal of the other change is held back, as if it came late.
        stage.context.feed.close()
        for choice, expected in (("mine", "mine"), ("take", "theirs"), ("both", "theirs\nmine")):
            held = draft_on_disk(stage)
            stage.store.save_draft(stage.room, held.version, "theirs").result(WAIT_S)
            composer.edit.selectAll()
            QTest.keyClicks(composer.edit, "mine")
            composer.edit.clearFocus()
            await ui.until(composer.conflict.isVisible)
            assert composer.conflict.other.text() == "theirs"
            assert composer.edit.toPlainText() == "mine"
            await ui.until(lambda: draft_on_disk(stage).other == "theirs", what="both on disk")
            assert draft_on_disk(stage).text == "mine"
            assert not composer.send_button.isEnabled()
            QTest.mouseClick(getattr(composer.conflict, choice), Qt.MouseButton.LeftButton)
            await composer.flush()
            assert not composer.conflict.isVisible()
            assert composer.edit.toPlainText() == expected
            assert (draft_on_disk(stage).text, draft_on_disk(stage).other) == (expected, "")
            composer.edit.selectAll()
            QTest.keyClick(composer.edit, Qt.Key.Key_Delete)
            await composer.flush()

    ui.run(story())


async def _conflicting(ui: Ui, stage: Stage, composer: Composer) -> None:
    """Mine is in the field, theirs was saved elsewhere; the signal of that is held back."""
    stage.context.feed.close()
    stage.store.save_draft(stage.room, draft_on_disk(stage).version, "theirs").result(WAIT_S)
    QTest.keyClicks(composer.edit, "mine")
    composer.edit.clearFocus()
    await ui.until(composer.conflict.isVisible)


async def _empty(composer: Composer) -> None:
    composer.edit.selectAll()
    QTest.keyClick(composer.edit, Qt.Key.Key_Delete)
    await composer.flush()


def test_both_texts_outlive_the_program(ui: Ui, stage: Stage, composer: Composer, qtbot: QtBot) -> None:
    """Closed before the person has chosen, the next window shows both texts, with what was typed last."""

    async def story() -> None:
        await _conflicting(ui, stage, composer)
        QTest.keyClicks(composer.edit, " and more")
        await composer.flush()
        composer.close()
        later = Composer(stage.context)
        qtbot.addWidget(later)
        later.open_conversation(stage.room)
        later.show()
        assert later.edit.toPlainText() == "mine and more"
        assert later.conflict.isVisible()
        assert later.conflict.other.text() == "theirs"
        assert not later.send_button.isEnabled()
        QTest.mouseClick(later.conflict.copy, Qt.MouseButton.LeftButton)
        assert QGuiApplication.clipboard().text() == "theirs"
        assert later.conflict.isVisible()
        QTest.mouseClick(later.conflict.both, Qt.MouseButton.LeftButton)
        await later.flush()
        assert (draft_on_disk(stage).text, draft_on_disk(stage).other) == ("theirs\nmine and more", "")
        assert later.send_button.isEnabled()

    ui.run(story())


def test_a_field_that_is_emptied_keeps_the_other_text(ui: Ui, stage: Stage, composer: Composer) -> None:
    """Emptying one's own text is no choice: the other one is there until it is taken or deleted."""

    async def story() -> None:
        for take, left in ((True, "theirs"), (False, "")):
            await _conflicting(ui, stage, composer)
            await _empty(composer)
            assert (draft_on_disk(stage).text, draft_on_disk(stage).other) == ("", "theirs")
            assert composer.conflict.mine.text() == "Delete it"
            assert not composer.conflict.both.isVisible()
            button = composer.conflict.take if take else composer.conflict.mine
            QTest.mouseClick(button, Qt.MouseButton.LeftButton)
            await composer.flush()
            assert (draft_on_disk(stage).text, draft_on_disk(stage).other) == (left, "")
            await _empty(composer)

    ui.run(story())


def test_typing_what_the_other_text_says_comes_to_rest(ui: Ui, stage: Stage, composer: Composer) -> None:
    """Equal texts are one on disk, and either choice leaves it."""

    async def story() -> None:
        await _conflicting(ui, stage, composer)
        composer.edit.selectAll()
        QTest.keyClicks(composer.edit, "theirs")
        await composer.flush()
        assert (draft_on_disk(stage).text, draft_on_disk(stage).other) == ("theirs", "")
        QTest.mouseClick(composer.conflict.mine, Qt.MouseButton.LeftButton)
        await composer.flush()
        assert not composer.conflict.isVisible()
        assert draft_on_disk(stage).text == "theirs"

    ui.run(story())


def test_a_text_that_was_sent_already_is_not_sent_again(ui: Ui, stage: Stage, composer: Composer) -> None:
    """When this very draft was sent in another place, the person is told and decides."""

    async def story() -> None:
        QTest.keyClicks(composer.edit, "twice?")
        await composer.flush()
        stage.context.feed.close()
        stage.filled.press("twice?")
        QTest.keyClick(composer.edit, Qt.Key.Key_Return)
        await ui.until(composer.conflict.isVisible)
        assert composer.edit.toPlainText() == "twice?"
        assert composer.conflict.take.text() == "Empty the field"
        assert [item.text for item in waiting(stage)] == ["twice?"]
        QTest.mouseClick(composer.conflict.take, Qt.MouseButton.LeftButton)
        assert composer.edit.toPlainText() == ""
        await composer.flush()
        assert len(waiting(stage)) == 1

    ui.run(story())


def test_an_unreadable_draft_is_not_overwritten(
    ui: Ui, stage: Stage, composer: Composer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the draft can't be read nothing can be written, and the window is told why."""

    async def story() -> None:
        told: list[Exception] = []
        stage.context.troubles.happened.connect(lambda _name, error: told.append(error))

        def broken(_conversation: ConversationId) -> Draft:
            raise DiskTrouble("gone")

        monkeypatch.setattr(stage.desk.reader, "draft", broken)
        composer.open_conversation(stage.other)
        assert not composer.edit.isEnabled()
        assert [type(error) for error in told] == [DiskTrouble]

    ui.run(story())


def test_up_changes_the_last_queued_message(ui: Ui, stage: Stage, composer: Composer) -> None:
    """Up in an empty field takes the newest message that has not left; Enter saves it and sends nothing."""

    async def story() -> None:
        stage.filled.press("older")
        stage.filled.press("newer")
        QTest.keyClick(composer.edit, Qt.Key.Key_Up)
        await ui.until(lambda: composer.edit.toPlainText() == "newer")
        assert composer.editing_strip.isVisible()
        QTest.keyClicks(composer.edit, " and better")
        QTest.keyClick(composer.edit, Qt.Key.Key_Return)
        await ui.until(lambda: not composer.editing_strip.isVisible())
        assert [item.text for item in waiting(stage)] == ["older", "newer and better"]
        assert composer.edit.toPlainText() == ""

    ui.run(story())


def test_a_change_that_comes_too_late_is_kept(ui: Ui, stage: Stage, composer: Composer) -> None:
    """When the message has left while it was being changed, the change stays as a draft and that is said."""

    async def story() -> None:
        item = stage.filled.press("going")
        composer.edit_outgoing(item.id, item.text)
        QTest.keyClicks(composer.edit, " soon")
        stage.store.advance(item.id, started(item)).result(WAIT_S)
        QTest.keyClick(composer.edit, Qt.Key.Key_Return)
        await ui.until(lambda: not composer.editing_strip.isVisible())
        assert composer.edit.toPlainText() == "going soon"
        assert "left meanwhile" in composer.notice.label.text()
        assert [(i.text, i.state) for i in waiting(stage)] == [("going", DeliveryState.IN_FLIGHT)]
        await composer.flush()
        assert draft_on_disk(stage).text == "going soon"

    ui.run(story())


def test_a_draft_waits_while_a_message_is_changed(ui: Ui, stage: Stage, composer: Composer) -> None:
    """Changing a queued message puts the draft aside; Cancel brings it back and changes nothing."""

    async def story() -> None:
        item = stage.filled.press("queued")
        await ui.until(lambda: composer._keeper() is not None)
        QTest.keyClicks(composer.edit, "my draft")
        composer.edit_outgoing(item.id, item.text)
        QTest.keyClicks(composer.edit, " changed")
        composer.open_conversation(stage.other)
        composer.open_conversation(stage.room)
        assert composer.edit.toPlainText() == "queued changed"
        QTest.mouseClick(composer._stop_editing_button, Qt.MouseButton.LeftButton)
        assert composer.edit.toPlainText() == "my draft"
        await composer.flush()
        assert [i.text for i in waiting(stage)] == ["queued"]
        assert draft_on_disk(stage).text == "my draft"

    ui.run(story())


def test_one_change_at_a_time(ui: Ui, stage: Stage, composer: Composer) -> None:
    """While one message is being changed, taking another one does not throw the change away."""

    async def story() -> None:
        first, second = stage.filled.press("first"), stage.filled.press("second")
        composer.edit_outgoing(first.id, first.text)
        composer.edit_outgoing(second.id, second.text)
        assert composer.edit.toPlainText() == "second"
        QTest.keyClicks(composer.edit, " changed")
        composer.edit_outgoing(first.id, first.text)
        assert composer.edit.toPlainText() == "second changed"
        assert "First save or cancel" in composer.notice.label.text()
        composer.press_send()
        await composer.flush()
        assert [item.text for item in waiting(stage)] == ["first", "second changed"]

    ui.run(story())


def test_the_limit_is_counted_and_kept(ui: Ui, stage: Stage, composer: Composer) -> None:
    """Near the limit the length is shown; over it nothing is sent, the excess is named and the text stays."""

    async def story() -> None:
        small = Capabilities(message_limit_chars=20)
        stage.store.put_capabilities(stage.filled.account.id, small).result(WAIT_S)
        await ui.until(lambda: composer.room.limit_chars == 20)
        QTest.keyClicks(composer.edit, "x" * 17)
        assert not composer.counter.isVisible()
        composer.edit.insertPlainText("😀")
        assert composer.counter.text() == "19 of 20"
        QTest.keyClicks(composer.edit, "xyz")
        QTest.keyClick(composer.edit, Qt.Key.Key_Return)
        assert "2 characters too long" in composer.notice.label.text()
        await composer.flush()
        assert waiting(stage) == []
        assert len(composer.edit.toPlainText()) == 21

    ui.run(story())


@pytest.mark.parametrize("text", ["", "   ", "\n\n", "\u200b", "\ufeff\u00a0"])
def test_nothing_to_read_is_not_sent(ui: Ui, stage: Stage, composer: Composer, text: str) -> None:
    """A text in which a person would see nothing can't be sent."""

    async def story() -> None:
        composer.edit.insertPlainText(text)
        QTest.keyClick(composer.edit, Qt.Key.Key_Return)
        assert not composer.send_button.isEnabled()
        await composer.flush()
        assert waiting(stage) == []

    ui.run(story())


def test_a_closed_conversation_says_why(ui: Ui, stage: Stage, composer: Composer) -> None:
    """When the order is closed while one writes, the reason is said, the text stays, and nothing goes."""

    async def story() -> None:
        QTest.keyClicks(composer.edit, "too late")
        stage.filled.apply(9, ConversationGone(remote_id=CONVERSATION, lifecycle=Lifecycle.READ_ONLY))
        await ui.until(composer.closed.isVisible)
        assert composer.closed.label.text().startswith("Closed for messages")
        assert not composer.send_button.isVisible()
        assert composer.edit.isReadOnly()
        assert composer.edit.toPlainText() == "too late"
        QTest.keyClick(composer.edit, Qt.Key.Key_Return)
        await composer.flush()
        assert waiting(stage) == []
        assert draft_on_disk(stage).text == "too late"

    ui.run(story())


def test_no_conversation_nothing_to_write(ui: Ui, stage: Stage, composer: Composer) -> None:
    """Without a conversation the field is off."""

    async def story() -> None:
        composer.open_conversation(None)
        assert not composer.edit.isEnabled()
        assert not composer.send_button.isVisible()

    ui.run(story())


def test_typing_is_told(ui: Ui, stage: Stage, composer: Composer) -> None:
    """Keys tell that somebody types; an emptied or left field, and a sent message, tell that nobody does."""

    async def story() -> None:
        def told() -> list[bool]:
            return [call[2] for call in stage.engines.of("typing")]

        QTest.keyClicks(composer.edit, "ab")
        assert told() == [True, True]
        QTest.keyClick(composer.edit, Qt.Key.Key_Backspace)
        QTest.keyClick(composer.edit, Qt.Key.Key_Backspace)
        assert told()[-1] is False
        QTest.keyClicks(composer.edit, "c")
        composer.edit.clearFocus()
        assert told()[-2:] == [True, False]
        await composer.flush()

    ui.run(story())


def test_paste_is_plain(ui: Ui, stage: Stage, composer: Composer) -> None:
    """Pasted text comes without markup, NUL and foreign line ends; pictures are refused in words."""

    async def story() -> None:
        rich = QMimeData()
        rich.setHtml("<b>bold</b>")
        rich.setText("bo\x00ld\r\nline")
        composer.edit.insertFromMimeData(rich)
        assert composer.edit.toPlainText() == "bold\nline"
        picture = QMimeData()
        picture.setImageData(QImage(4, 4, QImage.Format.Format_RGB32))
        assert composer.edit.canInsertFromMimeData(picture)
        composer.edit.insertFromMimeData(picture)
        assert "no way to send files" in composer.notice.label.text()
        files = QMimeData()
        files.setUrls([QUrl.fromLocalFile("/tmp/invoice.pdf")])
        composer.edit.insertFromMimeData(files)
        huge = QMimeData()
        huge.setText("x" * 300_000)
        composer.edit.insertFromMimeData(huge)
        assert "too long" in composer.notice.label.text()
        assert composer.edit.toPlainText() == "bold\nline"
        await composer.flush()

    ui.run(story())


def test_the_field_grows_with_its_text(ui: Ui, composer: Composer) -> None:
    """One to eight lines are shown, without room to spare; more are scrolled."""

    async def story() -> None:
        assert composer.edit.viewport().height() - composer.edit.fontMetrics().lineSpacing() in {0, 1}
        heights = []
        for _ in range(12):
            heights.append(composer.edit.height())
            QTest.keyClick(composer.edit, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
        line = composer.edit.fontMetrics().lineSpacing()
        steps = [later - before for before, later in pairwise(heights)]
        assert all(abs(step - line) <= 1 for step in steps[: MOST_LINES - 1])
        assert set(steps[MOST_LINES - 1 :]) == {0}
        await composer.flush()

    ui.run(story())


def test_every_control_has_a_name(ui: Ui, composer: Composer) -> None:
    """A screen reader is told what each part is, and whom the message goes to."""

    async def story() -> None:
        assert composer.edit.accessibleName() == "Message to Carl"
        assert composer.send_button.accessibleName() == "Send"
        assert composer.accessibleName()

    ui.run(story())


def test_a_draft_told_by_the_database_is_shown(ui: Ui, stage: Stage, composer: Composer) -> None:
    """A draft that was changed elsewhere shows at once where nothing of one's own stands against it."""

    async def story() -> None:
        stage.store.save_draft(stage.room, 0, "from elsewhere").result(WAIT_S)
        await ui.until(lambda: composer.edit.toPlainText() == "from elsewhere")

    ui.run(story())


def test_settled_keepers_are_let_go(ui: Ui, stage: Stage, composer: Composer) -> None:
    """A conversation that has nothing left to save takes no memory once another one is open."""

    async def story() -> None:
        QTest.keyClicks(composer.edit, "a")
        await composer.flush()
        composer.open_conversation(stage.other)
        await composer.flush()
        composer.open_conversation(None)
        composer.open_conversation(stage.other)
        assert set(composer._keepers) == {stage.other}

    ui.run(story())


def test_an_outgoing_is_what_was_typed(ui: Ui, stage: Stage, composer: Composer) -> None:
    """The text in the outbox is the text in the field, to the letter, blanks and breaks included."""

    async def story() -> None:
        composer.edit.insertPlainText("  a\n\tb — 😀 ")
        QTest.keyClick(composer.edit, Qt.Key.Key_Return)
        await ui.until(lambda: composer.edit.toPlainText() == "")
        assert [msgspec.structs.asdict(item)["text"] for item in waiting(stage)] == ["  a\n\tb — 😀 "]

    ui.run(story())
