"""Searching everywhere: by keys and clicks, over the real store, from the key to the message and back."""

from __future__ import annotations

import msgspec
import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from chatdesk.domain.ids import MessageId
from chatdesk.store import search as store_search
from chatdesk.store import search_index
from chatdesk.ui.lists.search import SearchField
from chatdesk.ui.search import hits, run
from chatdesk.ui.search.palette import Scope
from tests.conftest import Ui
from tests.shots import scene
from tests.shots.seat import Seat
from tests.ui.search.stage import LONG, Stage
from tests.ui.shell.test_dialogs import nameless

OHIO = "Can you send the permit copy for Ohio?"
BOTH = "I have put both permits into the order. Please print them, an escort will ask."


@pytest.fixture
def stage(ui: Ui, qtbot: QtBot, seat: Seat) -> Stage:
    return Stage(ui, qtbot, seat)


def test_type_arrows_enter(ui: Ui, stage: Stage) -> None:
    """A few letters, an arrow, Enter: the message is there, current, with its words marked."""

    async def main() -> None:
        await stage.ready("10482")
        await stage.search("permit")
        assert stage.lines()[:2] == [OHIO, BOTH]
        first = stage.palette.hits.hit(0)
        assert first is not None
        begin, length = first.marks[0]
        assert first.snippet[begin : begin + length] == "permit"
        stage.press("Down")
        assert QApplication.focusWidget() is stage.palette.view
        assert stage.palette.view.currentIndex().row() == 1
        stage.press("Up")
        stage.press("Return")
        assert stage.palette.isHidden()
        window = stage.window
        assert window.chat.conversation_id() == stage.seat.day.talk("10479")
        assert stage.current_text() == OHIO
        assert OHIO in stage.shown_texts()
        assert QApplication.focusWidget() is window.chat.timeline
        assert stage.marked()[OHIO] == ["permit"]
        await ui.until(lambda: stage.bar.run.is_done, what="the count")
        assert stage.bar.isVisible()
        assert stage.bar.count.text() == "1 of 1"

    ui.run(main())


def test_escape_leads_back_to_where_one_was(ui: Ui, stage: Stage) -> None:
    """Nothing was touched: the keyboard, the draft and the conversation are as before."""

    async def main() -> None:
        await stage.ready("10482")
        stage.type("half a sentence")
        before = QApplication.focusWidget()
        await stage.search("permit")
        stage.press("Down")
        stage.press("Escape")
        assert stage.palette.isHidden()
        assert QApplication.focusWidget() is before
        assert stage.window.chat.composer.edit.toPlainText() == "half a sentence"
        assert stage.window.chat.conversation_id() == stage.seat.day.talk("10482")
        # The next time the query is there still, selected, with the same rows.
        stage.press("Ctrl+Shift+F")
        await stage.answered()
        assert stage.palette.field.selectedText() == "permit"
        assert stage.lines()[0] == OHIO
        stage.press("Escape")

    ui.run(main())


def test_the_newest_query_wins(ui: Ui, stage: Stage) -> None:
    """Typed faster than anything is answered, and changed at once: the rows are of what stands there."""

    async def main() -> None:
        await stage.ready()
        await stage.search("perm")
        stage.type("it ohio")
        await stage.answered()
        assert stage.lines() == [OHIO]
        for _ in "ohio":
            stage.press("Backspace")
        stage.type("iowa")
        await stage.answered()
        assert stage.lines() == ["Your permit for Iowa is in. Nebraska answers tomorrow morning."]

    ui.run(main())


def test_enter_may_be_quicker_than_the_answer(ui: Ui, stage: Stage) -> None:
    """Whoever types and presses Enter in one go gets the newest hit all the same."""

    async def main() -> None:
        await stage.ready("10471")
        stage.press("Ctrl+Shift+F")
        stage.type("ohio permit")
        stage.press("Return")
        await ui.until(lambda: stage.window.chat.conversation_id() == stage.seat.day.talk("10479"))
        assert stage.current_text() == OHIO

    ui.run(main())


def test_what_was_typed_for_the_list_is_searched_for(ui: Ui, stage: Stage) -> None:
    """Nobody by that name: one key, and the messages are looked through for the same words."""

    async def main() -> None:
        await stage.ready("10471")
        stage.press("Ctrl+K")
        stage.type("ohio permit")
        stage.press("Ctrl+Shift+F")
        await stage.answered()
        assert stage.palette.field.text() == "ohio permit"
        assert stage.lines() == [OHIO]
        stage.press("Escape")
        field = QApplication.focusWidget()
        assert isinstance(field, SearchField)
        assert field.text() == "ohio permit"

    ui.run(main())


def test_a_click_opens_and_a_click_beside_closes(ui: Ui, stage: Stage) -> None:
    """The mouse does what Enter and Esc do."""

    async def main() -> None:
        await stage.ready("10471")
        palette = await stage.search("permit")
        stage.click(palette.backdrop, QPoint(5, 5))
        assert palette.isHidden()
        await stage.search("permit")
        view = palette.view
        stage.click(view.viewport(), view.visualRect(palette.hits.index(1)).center())
        assert palette.isHidden()
        assert stage.current_text() == BOTH

    ui.run(main())


def test_letters_and_backspace_in_the_list_go_to_the_field(ui: Ui, stage: Stage) -> None:
    """One corrects the query without having to look for the field; Tab goes around inside."""

    async def main() -> None:
        await stage.ready()
        palette = await stage.search("permit")
        stage.press("Down")
        stage.type("s")
        assert palette.field.text() == "permits"
        assert QApplication.focusWidget() is palette.field
        await stage.answered()
        assert stage.lines() == [BOTH]
        stage.press("Tab")
        assert QApplication.focusWidget() is palette.scopes.button(Scope.EVERYWHERE)
        stage.press("Tab")
        assert QApplication.focusWidget() is palette.view
        stage.press("Backspace")
        assert palette.field.text() == "permit"
        stage.press("Backtab")
        stage.press("Backtab")
        stage.press("Backtab")
        assert QApplication.focusWidget() is palette.field

    ui.run(main())


def test_more_come_while_one_scrolls(ui: Ui, stage: Stage) -> None:
    """The first twenty at once; the end of the list brings more, until all are there, newest first."""

    async def main() -> None:
        stage.fill_long(180, lambda n: f"gantry {n}")
        await stage.ready()
        palette = await stage.search("gantry")
        assert 20 < palette.hits.rowCount() < 180
        assert "there are more" in palette.told.full_text()
        stage.press("Down")
        while palette.hits.rowCount() < 180:
            before = palette.hits.rowCount()
            stage.press("End")
            await ui.until(lambda: palette.hits.rowCount() > before, what="more")  # noqa: B023 - asked at once
            await stage.answered()
        assert stage.lines() == [f"gantry {n}" for n in reversed(range(180))]
        stage.press("End")
        await ui.until(lambda: palette.told.full_text() == "180 messages")

    ui.run(main())


def test_the_list_is_bounded(ui: Ui, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Past a number of rows nothing more is read, and it says what helps."""
    monkeypatch.setattr(hits, "MOST_HITS", 60)

    async def main() -> None:
        stage.fill_long(180, lambda n: f"gantry {n}")
        await stage.ready()
        palette = await stage.search("gantry")
        assert palette.hits.rowCount() == 60
        assert palette.told.full_text().startswith("The newest 60 are shown")
        stage.press("Down")
        stage.press("End")
        await stage.answered()
        assert palette.hits.rowCount() == 60

    ui.run(main())


def test_a_hit_far_outside_what_is_loaded(ui: Ui, stage: Stage) -> None:
    """The conversation opens at the very message, wherever in it that is."""

    async def main() -> None:
        stage.fill_long(600, lambda n: "the needle itself" if n == 9 else f"straw {n}")
        await stage.ready("10471")
        await stage.search("needle")
        stage.press("Return")
        assert stage.current_text() == "the needle itself"
        texts = stage.shown_texts()
        assert "straw 8" in texts
        assert "straw 10" in texts

    ui.run(main())


def test_a_hit_far_down_a_long_message(ui: Ui, stage: Stage) -> None:
    """The message is shown as far as the word stands in it, and the word is in view."""
    text = "straw and hay " * 2_500 + "the needle itself " + "more straw " * 500

    async def main() -> None:
        stage.fill_long(40, lambda n: text if n == 20 else f"straw {n}")
        await stage.ready("10471")
        await stage.search("needle")
        stage.press("Return")
        view = stage.window.chat.timeline
        row = view.row_layout(view.current_row)
        ((begin, end),) = view.emphasis(row, view.current_row).found
        assert row.shown.source[begin:end] == "needle"
        line = row.text.caret(begin).translated(0, view.scroller.top_of(view.current_row))
        assert view.viewport().rect().contains(line.toAlignedRect().center())

    ui.run(main())


def test_the_same_conversation_from_a_page(ui: Ui, stage: Stage) -> None:
    """Also when the desk was not shown."""

    async def main() -> None:
        await stage.ready("10479")
        await stage.search("ohio permit")
        stage.press("Return")
        assert stage.current_text() == OHIO
        stage.press("Ctrl+Shift+F")
        stage.type("monday bridge")
        await stage.answered()
        stage.press("Return")
        assert stage.window.chat.conversation_id() == stage.seat.day.talk("10471")

    ui.run(main())


def test_what_is_edited_or_deleted_meanwhile_shows_no_old_words(ui: Ui, stage: Stage) -> None:
    """A row says what its message says now; one whose words are gone goes."""

    async def main() -> None:
        await stage.ready("10471")
        palette = await stage.search("permit")
        count = palette.hits.rowCount()
        stage.reword("10479", 2, "Never mind the permit, we found it")
        await ui.until(lambda: "Never mind the permit, we found it" in stage.lines())
        assert OHIO not in stage.lines()
        stage.reword("10479", 2, "All is well")
        await ui.until(lambda: palette.hits.rowCount() == count - 1)
        stage.delete("10482", 8)
        await ui.until(lambda: palette.hits.rowCount() == count - 2)
        assert BOTH not in stage.lines()
        assert palette.told.full_text() == f"{count - 2} messages"

    ui.run(main())


def test_a_row_whose_message_is_gone_says_so(ui: Ui, stage: Stage) -> None:
    """Where the message went in the very moment, one stays, and is told."""

    async def main() -> None:
        await stage.ready("10479")
        palette = await stage.search("ohio permit")
        hit = palette.hits.hit(0)
        assert hit is not None
        told: list[str] = []
        stage.window.search.told.connect(told.append)
        stage.delete("10479", 2)
        palette.hit_asked.emit(msgspec.structs.replace(hit, message=MessageId(9**9)))
        assert told == ["That message is no longer stored here."]

    ui.run(main())


def test_where_to_look(ui: Ui, stage: Stage) -> None:
    """Everywhere, in the account of what is open, or in the open conversation."""
    night = scene.add_night_desk(stage.seat.store)
    talk = scene.Talk(
        "10433", "Meridian", "pending", (scene.Line(5, False, "night permit"),), "Laredo, TX", "Tulsa, OK"
    )
    scene.fill(stage.seat.store, stage.seat.day.now_us, account=night, talks=(talk,))

    async def main() -> None:
        await stage.ready("10482")
        await ui.until(lambda: len(stage.window.list.facts) == 2)
        palette = await stage.search("permit")
        everywhere = stage.lines()
        assert everywhere[0] == "night permit"
        palette.scopes.button(Scope.ACCOUNT).click()
        await stage.answered()
        assert stage.lines() == everywhere[1:]
        palette.scopes.button(Scope.CONVERSATION).click()
        await stage.answered()
        assert stage.lines() == [BOTH, "Your permit for Iowa is in. Nebraska answers tomorrow morning."]

    ui.run(main())


def test_every_row_is_one_sentence(ui: Ui, stage: Stage) -> None:
    """What, who, where and when, as a screen reader gets it from the list itself."""

    async def main() -> None:
        await stage.ready("10471")
        palette = await stage.search("permit")
        assert nameless(palette) == []
        spoken = QAccessible.queryAccessibleInterface(palette.view)
        assert spoken.text(QAccessible.Text.Name) == "Messages found"
        said = [
            spoken.child(row).text(QAccessible.Text.Name)
            for row in range(spoken.childCount())
            if spoken.child(row) is not None
        ]
        assert f"Harbour Beams Ltd: {OHIO}, order #10479, 10:19" in said
        assert f"You: {BOTH}, Northline Transport, order #10482, 09:32" in said
        assert all(said)

    ui.run(main())


def test_nothing_typed_and_nothing_found_are_told_apart(ui: Ui, stage: Stage) -> None:
    """Each state has its words, and the keyboard works in all of them."""

    async def main() -> None:
        await stage.ready()
        stage.press("Ctrl+Shift+F")
        palette = stage.palette
        assert palette._nothing.isVisible()
        assert palette._nothing.title() == "Search messages"
        stage.type("unicorn")
        await stage.answered()
        assert palette._nothing.title() == "Nothing found"
        stage.press("Down")
        stage.press("Return")
        assert not palette.isHidden()
        palette.scopes.button(Scope.CONVERSATION).click()
        await stage.answered()
        assert palette._nothing.title() == "Nothing found here"
        palette.field.setText("  .,;  ")
        assert palette._nothing.title() == "Search messages"
        stage.press("Escape")
        assert palette.isHidden()

    ui.run(main())


@pytest.fixture
def lagging(monkeypatch: pytest.MonkeyPatch) -> None:
    """The index is not brought forward, and nothing that it lacks is read."""
    monkeypatch.setattr(search_index, "IDLE_S", 3_600.0)
    monkeypatch.setattr(store_search, "MOST_READ", 0)
    monkeypatch.setattr(run, "LOOK_AGAIN_MS", 30)


def test_an_index_that_is_being_made_says_how_far_it_is(
    lagging: None, ui: Ui, qtbot: QtBot, seat: Seat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is not prepared yet is not silently missing; once it is, the rows come by themselves."""
    stage = Stage(ui, qtbot, seat)

    async def main() -> None:
        await stage.ready()
        palette = await stage.search("permit")
        assert palette._nothing.title() == "Nothing found so far"
        assert palette.told.full_text() == "Preparing older messages for search: 0 %"
        monkeypatch.setattr(search_index, "IDLE_S", 0.01)
        stage.seat.store.put_setting("wake", "the writer").result(10)
        await ui.until(lambda: OHIO in stage.lines(), what="the rows")
        await ui.until(lambda: "Preparing" not in palette.told.full_text(), what="the end of the making")

    ui.run(main())


def test_in_a_narrow_window(ui: Ui, qtbot: QtBot, seat: Seat) -> None:
    """The card fits, and the hit is shown although the list was."""
    stage = Stage(ui, qtbot, seat, width=420)

    async def main() -> None:
        await stage.ready("10471")
        stage.window.go_back()
        palette = await stage.search("ohio permit")
        assert palette.backdrop.geometry() == stage.window.rect()
        assert stage.window.rect().contains(palette.geometry())
        stage.press("Return")
        assert stage.window.chat.isVisible()
        assert stage.current_text() == OHIO
        assert QApplication.focusWidget() is stage.window.chat.timeline

    ui.run(main())


def test_hostile_rows_are_painted_as_they_are(ui: Ui, stage: Stage) -> None:
    """Markup, overrides, heaps of marks, what stands for half a pair: plain text, and Qt has no complaint."""
    texts = [
        "<b>needle</b> &amp; <img src='x'>",
        "needle \u202eoverridden\u202c",
        "needle " + "e\u0301\u0323" * 40,
        "the \ufffd needle",
        "nee" + "dle" * 400 + " needle",
        "针针 needle 许可证",
    ]

    async def main() -> None:
        stage.fill_long(len(texts), lambda n: texts[n])
        await stage.ready()
        palette = await stage.search("needle")
        assert palette.hits.rowCount() == len(texts)
        for width in (1280, 420):
            stage.window.resize(width, 820)
            QTest.qWait(1)
            image = palette.grab().toImage()
            assert not image.isNull()
        assert "<b>needle</b> &amp; <img src='x'>" in stage.lines()

    ui.run(main())


def test_a_disk_that_fails_is_told(ui: Ui, stage: Stage) -> None:
    """It does not look as if there were nothing."""

    async def main() -> None:
        await stage.ready()
        told: list[str] = []
        stage.seat.context.troubles.happened.connect(lambda name, error: told.append(type(error).__name__))
        stage.seat.store.close()
        stage.press("Ctrl+Shift+F")
        stage.type("permit")
        await ui.until(lambda: bool(told))
        assert set(told) == {"StoreProblem"}

    ui.run(main())


def test_the_long_talk_is_what_it_says() -> None:
    """The tests above stand on it."""
    assert LONG not in {talk.number for talk in scene.TALKS}
