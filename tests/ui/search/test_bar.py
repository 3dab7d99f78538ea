"""Finding in the open conversation: from hit to hit, with their number, and back to where one read."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from chatdesk.domain.ids import ConversationId
from chatdesk.ui.search import bar
from tests.conftest import Ui
from tests.shots.seat import Seat
from tests.ui.search.stage import LONG, Stage
from tests.ui.shell.test_dialogs import nameless


@pytest.fixture
def stage(ui: Ui, qtbot: QtBot, seat: Seat) -> Stage:
    return Stage(ui, qtbot, seat)


def gantries(stage: Stage, count: int = 600, every: int = 60) -> ConversationId:
    """A long conversation in which each 60th message has the word."""
    return stage.fill_long(count, lambda n: f"gantry {n}" if n % every == 0 else f"straw {n}")


def top(stage: Stage) -> tuple[str, int]:
    """The first message in view and where it stands."""
    view = stage.window.chat.timeline
    row = view.visible_rows[0]
    return view.timeline.message(row).text, view.scroller.top_of(row)


def test_from_hit_to_hit(ui: Ui, stage: Stage) -> None:
    """Typing shows the newest; Enter and F3 the next older, Shift+F3 back; around the ends; with numbers."""

    async def main() -> None:
        talk = gantries(stage)
        await stage.ready(None)
        stage.window.open_conversation(talk)
        found = await stage.find("gantry")
        assert (stage.current_text(), found.count.text()) == ("gantry 540", "1 of 10")
        assert stage.marked()["gantry 540"] == ["gantry"]
        stage.press("Return")
        assert (stage.current_text(), found.count.text()) == ("gantry 480", "2 of 10")
        assert QApplication.focusWidget() is found.field
        stage.window.chat.timeline.setFocus()
        stage.press("F3")
        assert (stage.current_text(), found.count.text()) == ("gantry 420", "3 of 10")
        assert "gantry 420" in stage.shown_texts()
        for _ in range(3):
            stage.press("Shift+F3")
        assert (stage.current_text(), found.count.text()) == ("gantry 0", "10 of 10")
        found.older.click()
        assert stage.current_text() == "gantry 540"
        found.newer.click()
        assert stage.current_text() == "gantry 0"

    ui.run(main())


def test_escape_leads_back_to_the_pixel(ui: Ui, stage: Stage) -> None:
    """Whether one read in the middle or followed the end, and even if the page was dropped meanwhile."""

    async def main() -> None:
        talk = gantries(stage)
        await stage.ready(None)
        stage.window.open_conversation(talk)
        view = stage.window.chat.timeline
        view.scroll_by(-333)
        before = top(stage)
        await stage.find("gantry 0")
        assert top(stage) != before
        stage.press("Escape")
        assert stage.bar.isHidden()
        assert top(stage) == before
        assert stage.marked() == {}
        assert QApplication.focusWidget() is stage.window.chat.composer.edit
        view.show_newest()
        await stage.find("gantry 0")
        stage.press("Escape")
        assert view.scroller.at_bottom
        assert stage.shown_texts()[-1] == "straw 599"

    ui.run(main())


def test_escape_after_a_search_everywhere_leads_back_too(ui: Ui, stage: Stage) -> None:
    """From the conversation that a hit has opened to the one before."""

    async def main() -> None:
        await stage.ready("10482")
        await stage.search("ohio permit")
        stage.press("Return")
        assert stage.window.chat.conversation_id() == stage.seat.day.talk("10479")
        stage.press("Ctrl+F")
        stage.press("Escape")
        assert stage.window.chat.conversation_id() == stage.seat.day.talk("10482")

    ui.run(main())


def test_the_cross_stays_where_one_is(ui: Ui, stage: Stage) -> None:
    """Found what was looked for: nothing moves, nothing is marked any more; Esc in the list does the same."""

    async def main() -> None:
        talk = gantries(stage)
        await stage.ready(None)
        stage.window.open_conversation(talk)
        found = await stage.find("gantry 0")
        here = top(stage)[0]
        found.close_button.click()
        assert found.isHidden()
        assert stage.marked() == {}
        assert here in stage.shown_texts()
        await stage.find("gantry 0")
        stage.window.chat.timeline.setFocus()
        stage.press("Escape")
        assert found.isHidden()
        assert "gantry 0" in stage.shown_texts()

    ui.run(main())


def test_from_where_the_chat_is_not_shown(ui: Ui, qtbot: QtBot, seat: Seat) -> None:
    """A narrow window that shows its list shows the chat again."""
    stage = Stage(ui, qtbot, seat, width=420)

    async def main() -> None:
        await stage.ready("10482")
        stage.window.go_back()
        assert not stage.window.chat.isVisible()
        await stage.find("permit")
        assert stage.window.chat.isVisible()
        assert stage.current_text().startswith("I have put both permits")
        assert nameless(stage.bar) == []

    ui.run(main())


def test_another_conversation_ends_it(ui: Ui, stage: Stage) -> None:
    """What was found in one is of no use in the other."""

    async def main() -> None:
        await stage.ready("10482")
        found = await stage.find("permit")
        assert found.isVisible()
        stage.window.open_conversation(stage.seat.day.talk("10471"))
        assert found.isHidden()
        assert stage.marked() == {}

    ui.run(main())


def test_all_of_them_as_a_list(ui: Ui, stage: Stage) -> None:
    """The list button shows the same hits in the palette, and from there one goes on."""

    async def main() -> None:
        gantries(stage)
        talk = gantries(stage)
        await stage.ready(None)
        stage.window.open_conversation(talk)
        found = await stage.find("gantry")
        found.all.click()
        await stage.answered()
        assert stage.lines() == [f"gantry {n}" for n in range(540, -1, -60)]
        stage.press("Down")
        stage.press("Down")
        stage.press("Return")
        assert stage.current_text() == "gantry 420"
        await ui.until(lambda: found.count.text() == "3 of 10")
        stage.press("F3")
        assert stage.current_text() == "gantry 360"

    ui.run(main())


def test_more_hits_than_are_counted(ui: Ui, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The number is told as far as it is known, and grows with those who go on."""
    monkeypatch.setattr(bar, "COUNTED", 20)

    async def main() -> None:
        talk = stage.fill_long(150, lambda n: f"gantry {n}")
        await stage.ready(None)
        stage.window.open_conversation(talk)
        stage.press("Ctrl+F")
        stage.type("gantry")
        await ui.until(lambda: stage.bar.count.text() == "1 of 20 or more")
        stage.press("Return")
        await ui.until(lambda: stage.bar.count.text() == "2 of 70 or more")
        for number in range(3, 63):
            stage.press("Return")
            await ui.until(lambda: stage.bar.count.text().startswith(f"{number} of"))  # noqa: B023 - at once
        await ui.until(lambda: stage.bar.count.text() == "62 of 120 or more")
        assert stage.current_text() == "gantry 88"

    ui.run(main())


def test_a_hit_that_is_deleted_leaves_the_count(ui: Ui, stage: Stage) -> None:
    """And is not gone to any more."""

    async def main() -> None:
        talk = gantries(stage)
        await stage.ready(None)
        stage.window.open_conversation(talk)
        found = await stage.find("gantry")
        stage.delete(LONG, 480)
        await ui.until(lambda: found.count.text() == "1 of 9")
        stage.press("Return")
        assert stage.current_text() == "gantry 420"

    ui.run(main())


def test_f3_without_a_search_asks_what_to_find(ui: Ui, stage: Stage) -> None:
    """It opens the bar; with nothing found it says so, and the arrows are off."""

    async def main() -> None:
        await stage.ready("10482")
        stage.press("F3")
        found = stage.bar
        assert QApplication.focusWidget() is found.field
        stage.type("unicorn")
        await ui.until(lambda: found.count.text() == "Nothing found")
        assert not found.older.isEnabled()
        stage.press("F3")
        stage.press("Return")
        assert found.count.text() == "Nothing found"

    ui.run(main())


def test_marks_follow_the_words_in_any_writing(ui: Ui, stage: Stage) -> None:
    """Accents, width, emoji before it, two characters of a run: what is marked is what was typed."""
    texts = ["👍 Pérmit ready", "ＰＥＲＭＩＴ", "Pe\u0301rmits", "许可证到了", "no such word"]

    async def main() -> None:
        talk = stage.fill_long(len(texts), lambda n: texts[n])
        await stage.ready(None)
        stage.window.open_conversation(talk)
        found = await stage.find("permit")
        assert stage.marked() == {
            "👍 Pérmit ready": ["Pérmit"],
            "ＰＥＲＭＩＴ": ["ＰＥＲＭＩＴ"],
            "Pe\u0301rmits": ["Pe\u0301rmit"],
        }
        found.field.setText("可证")
        await ui.until(lambda: stage.marked() == {"许可证到了": ["可证"]})

    ui.run(main())
