"""Text is selected by mouse and keyboard within and across messages, and copied as it was written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from chatdesk.domain.ids import PENDING_CURSOR, Cursor, MessageId
from chatdesk.domain.kinds import DeliveryState, MessageKind
from chatdesk.domain.ordering import position
from chatdesk.ui.i18n import clock_time, full_time
from chatdesk.ui.timeline.copying import MOST_MESSAGES, excerpt, joined
from chatdesk.ui.timeline.menu import MessageMenu
from chatdesk.ui.timeline.selection import BEGINNING, TEXT_END, Place, TextSelection
from chatdesk.ui.timeline.shown import shown, source_text, utf16_length, utf16_slice
from chatdesk.ui.timeline.view import TimelineView
from tests.store.making import message as seen_message
from tests.ui.timeline.conftest import Shown
from tests.ui.timeline.hands import BOTH, CONTROL, LEFT, SHIFT, clicks, copied, drag, keys, letter
from tests.ui.timeline.real import Stage
from tests.ui.timeline.stage import NOON_US, ROOM, ListeningDesk, Shelf, a_context, a_message, own

Show = Callable[..., Shown]
Key = Qt.Key


def selected(view: TimelineView) -> list[str]:
    """The selected part of each row, from top to bottom; rows without one left out."""
    found = []
    for row in range(view.timeline.rowCount()):
        layout = view.row_layout(row)
        span = view.selection.span_in(layout.message, layout.text.length)
        if span is not None:
            found.append(utf16_slice(layout.shown.source, *span))
    return found


def at(message: Any, place: int) -> Place:
    return Place(position(message), place)


# ------------------------------------------------------------------------------------------------------ mouse


def test_a_drag_selects_letters_of_one_message(show: Show) -> None:
    """Dragging selects letters; Ctrl+C copies them as the message has them; a click elsewhere ends it."""
    shown = show([a_message(1, "Could you \x00 send a photo?"), a_message(2)])
    view = shown.view
    drag(view, letter(view, 0, 6), letter(view, 0, 16))
    assert selected(view) == ["you \x00 send"]
    assert copied(view) == "you \u2400 send"
    QTest.mouseClick(view.viewport(), LEFT, pos=QPoint(630, 5))
    assert view.selection.is_empty()


def test_a_drag_selects_across_messages_both_ways(show: Show) -> None:
    """From a letter of one message to a letter of another, down or up, also starting beside a bubble."""
    shown = show([a_message(1, "first one"), own(2, "second\nof two lines"), a_message(3, "third one")])
    view = shown.view
    drag(view, letter(view, 0, 6), letter(view, 2, 5))
    assert selected(view) == ["one", "second\nof two lines", "third"]
    assert copied(view) == "one\nsecond\nof two lines\nthird"
    drag(view, letter(view, 2, 5), letter(view, 1, 7))
    assert selected(view) == ["of two lines", "third"]
    beside = QPoint(view.viewport().width() - 5, letter(view, 0, 0).y())
    drag(view, beside, letter(view, 2, 5))
    assert selected(view) == ["second\nof two lines", "third"]
    QTest.mouseClick(view.viewport(), LEFT, pos=letter(view, 0, 3))
    QTest.mouseClick(view.viewport(), LEFT, SHIFT, letter(view, 1, 6))
    assert copied(view) == "st one\nsecond"


def test_names_and_times_come_along_when_wanted(show: Show) -> None:
    """Ctrl+Shift+C and the menu copy each message with who and when; a system line with when."""
    rows = [
        a_message(1, "hello there"),
        a_message(2, "Order confirmed", kind=MessageKind.SYSTEM),
        own(3, "on my way"),
    ]
    view = show(rows).view
    drag(view, letter(view, 0, 6), letter(view, 2, 5))
    when = [full_time(one.sent_at_us) for one in rows]
    wanted = f"Northline Transport, {when[0]}: there\n{when[1]}: Order confirmed\nYou, {when[2]}: on my"
    assert copied(view, named=True) == wanted
    assert copied(view) == f"there\nOrder confirmed · {clock_time(rows[1].sent_at_us)}\non my"
    menu = view.open_menu(0)
    assert isinstance(menu, MessageMenu)
    by_words = {one.text(): one for one in menu.actions()}
    QGuiApplication.clipboard().clear()
    by_words["Copy selected text with names and times"].trigger()
    assert QGuiApplication.clipboard().text() == wanted
    menu.close()


@pytest.mark.parametrize(
    ("text", "letter_number", "word"),
    [
        ("tie-downs are fine 😀 now", 11, "are"),
        ("you can't do 3.14 or file_name", 6, "can't"),
        ("you can't do 3.14 or file_name", 14, "3.14"),
        ("you can't do 3.14 or file_name", 24, "file_name"),
        ("Привет, мир!", 9, "мир"),
        ("これはテストです", 4, "テスト"),
        ("a 👨‍👩‍👧‍👦 b", 4, "👨‍👩‍👧‍👦"),
        ("a 😀😀 b", 3, "😀"),
        ("नमस्ते दुनिया", 2, "नमस्ते"),
        ("שלום עולם", 6, "עולם"),
    ],
)
def test_two_clicks_take_a_word(show: Show, text: str, letter_number: int, word: str) -> None:
    """A double click selects a word as its script has words, and never a half of what is seen as one."""
    view = show([a_message(1, text)]).view
    layout = view.row_layout(0)
    start, end = layout.text.word_at(letter_number)
    assert utf16_slice(layout.shown.source, start, end) == word
    clicks(view, letter(view, 0, start) + QPoint(-4 if "ש" in text else 2, 0), 2)
    assert selected(view) == [word]


def test_three_clicks_take_the_message_and_drags_go_on_by_the_same(show: Show) -> None:
    """Three clicks select a message with what is not shown yet; a drag goes on by words or messages."""
    long = "x" * 5_000
    view = show([a_message(1, "one two three"), a_message(2, "four five"), a_message(3, long)]).view
    view.scroll_by(-10_000)
    clicks(view, letter(view, 0, 5), 3)
    assert selected(view) == ["one two three"]
    pane = view.viewport()
    clicks(view, letter(view, 0, 5), 1)
    QTest.mouseDClick(pane, LEFT, pos=letter(view, 0, 5))
    QTest.mousePress(pane, LEFT, pos=letter(view, 0, 5))
    assert selected(view) == ["one two three"]
    QTest.mouseMove(pane, letter(view, 1, 1))
    QTest.mouseMove(pane, letter(view, 1, 2))
    QTest.mouseRelease(pane, LEFT, pos=letter(view, 1, 2))
    assert selected(view) == ["one two three", "four five"]
    view.selection.begin(ROOM, at(view.timeline.message(2), 0), at(view.timeline.message(2), TEXT_END))
    assert copied(view) == long


def test_a_drag_beyond_the_edge_scrolls_on_and_loads(show: Show, qtbot: QtBot) -> None:
    """Held above the view the list scrolls and older pages come; all of them are copied."""
    shown = show([a_message(n, f"text {n}") for n in range(1, 401)])
    view = shown.view
    last = view.timeline.rowCount() - 1
    drag(view, letter(view, last, 4), QPoint(100, -2_000), hold=True)
    qtbot.waitUntil(lambda: view.timeline.message(view.visible_rows[0]).id < 100, timeout=20_000)
    QTest.mouseRelease(view.viewport(), LEFT, pos=QPoint(100, -2_000))
    here = view.scroller.value
    qtbot.wait(80)
    assert view.scroller.value == here, "it goes on although the button is up"
    lines = copied(view).split("\n")
    assert lines[-1] == "text"
    assert lines[-2::-1] == [f"text {n}" for n in range(399, 399 - len(lines) + 1, -1)]
    assert len(lines) > 300


# --------------------------------------------------------------------------------------------------- keyboard


def test_keys_select_by_letters_and_words_across_messages(show: Show) -> None:
    """Shift with arrows goes by letters, with Ctrl by words, and over the end of a message into the next."""
    view = show([a_message(1, "first"), a_message(2, "one two three")]).view
    view.setFocus()
    keys(view, Key.Key_Down)
    assert view.current_row == 1
    keys(view, Key.Key_Right, BOTH)
    keys(view, Key.Key_Right, SHIFT)
    assert copied(view) == "one t"
    keys(view, Key.Key_Left, SHIFT, 5)
    assert view.selection.is_empty()
    keys(view, Key.Key_Left, SHIFT, 3)
    assert selected(view) == ["st"]
    assert view.current_row == 0
    assert copied(view) == "st"
    keys(view, Key.Key_Escape)
    assert view.selection.is_empty()
    assert copied(view) == "first", "without a selection the current message is copied"
    keys(view, Key.Key_Down)
    keys(view, Key.Key_Left, SHIFT, 2)
    assert selected(view) == ["ee"], "another message, another selection"


def test_keys_select_by_lines_messages_and_pages(show: Show) -> None:
    """Shift with up and down goes by lines, with Ctrl by messages; the end of the selection stays in view."""
    texts = ["alpha\nbeta\ngamma", "delta", "epsilon", *["word " * 60] * 8]
    view = show([a_message(n, text) for n, text in enumerate(texts, start=1)], height=300).view
    view.setFocus()
    keys(view, Key.Key_Home)
    keys(view, Key.Key_Down, SHIFT)
    assert selected(view) == ["alpha\n"]
    keys(view, Key.Key_End, SHIFT)
    assert selected(view) == ["alpha\nbeta"]
    keys(view, Key.Key_Down, BOTH)
    assert selected(view) == ["alpha\nbeta\ngamma"]
    keys(view, Key.Key_Down, BOTH)
    assert selected(view) == ["alpha\nbeta\ngamma", "delta"]
    keys(view, Key.Key_Home, SHIFT)
    keys(view, Key.Key_Up, BOTH)
    assert selected(view) == [], "back where it began"
    keys(view, Key.Key_PageDown, SHIFT)
    many = len(selected(view))
    assert many > 2
    assert view.current_row in view.visible_rows
    keys(view, Key.Key_End, BOTH)
    assert copied(view) == "\n".join(texts)
    assert view.current_row == len(texts) - 1
    keys(view, Key.Key_Home, BOTH)
    assert view.selection.is_empty()


def test_keys_go_on_into_pages_that_are_not_here(show: Show, qapp: QApplication) -> None:
    """Going back over the first row that is here brings the page above it."""
    view = show([a_message(n) for n in range(1, 300)]).view
    view.setFocus()
    view.set_current_row(0)
    first = view.timeline.message(0).id
    keys(view, Key.Key_Up, BOTH, 3)
    qapp.processEvents()
    assert copied(view) == "\n".join(f"message {n}" for n in range(first - 2, first + 1))


def test_all_of_the_conversation(show: Show) -> None:
    """Ctrl+A selects what is stored of the conversation, loaded or not; a later message is not in it."""
    shown = show([a_message(n) for n in range(1, 301)])
    view = shown.view
    view.setFocus()
    keys(view, Key.Key_A, CONTROL)
    shown.put(a_message(301))
    assert copied(view) == "\n".join(f"message {n}" for n in range(1, 301))
    assert view.timeline.rowCount() < 200


@pytest.mark.parametrize(
    "text", ["a👨‍👩‍👧‍👦b", "🇩🇪🇫🇷", "e\u0301x", "👍🏽!", "กำลัง", "क्षि", "a\u0301\u0302\u0303b", "1️⃣x"]
)
def test_no_key_parts_what_is_seen_as_one(show: Show, text: str) -> None:
    """By keys the end of a selection stands before or after a whole sequence, never in it."""
    view = show([a_message(1, text)]).view
    view.setFocus()
    view.set_current_row(0)
    part = view.row_layout(0).text
    places = {0}
    for _ in range(len(text) + 1):
        keys(view, Key.Key_Right, SHIFT)
        cursor = view.selection.cursor
        assert cursor is not None
        places.add(cursor.at)
    assert max(places) == utf16_length(text)
    inside = set(range(utf16_length(text) + 1)) - places
    for point in range(0, int(part.rect.width()) + 4, 2):
        assert part.position_at(part.rect.topLeft() + QPoint(point, 3)) not in inside


# ------------------------------------------------------------------------------------------- while it stands


def test_a_selection_survives_what_happens_elsewhere(show: Show, qapp: QApplication) -> None:
    """Messages that come, older pages, edits and deletions of others leave it; its own place may move."""
    shown = show(
        [*(a_message(n, f"text {n}") for n in range(1, 101)), own(101, "mine", cursor=PENDING_CURSOR)]
    )
    view = shown.view
    last = view.timeline.rowCount() - 1
    drag(view, letter(view, last - 1, 5), letter(view, last, 2))
    assert copied(view) == "100\nmi"
    shown.put(a_message(102, "later", cursor=Cursor("00000102")))
    shown.put(a_message(50, "changed"))
    shown.gone(MessageId(99))
    view.timeline.load_older()
    qapp.processEvents()
    assert selected(view)[0] == "100"
    assert copied(view).startswith("100\n")
    shown.put(own(101, "mine", cursor=Cursor("00000100b"), state=DeliveryState.ACCEPTED))
    assert copied(view) == "100\nmi"
    shown.gone(MessageId(100))
    assert copied(view) == "mi"
    shown.gone(MessageId(101))
    assert selected(view) == []
    assert copied(view) == "<nothing>", "what was on the clipboard stays there"
    view.open_conversation(None)
    assert view.selection.is_empty()


def test_an_edit_that_shortens_does_no_harm(show: Show) -> None:
    """Where the selected text becomes shorter, what is left of it is selected and painted."""
    shown = show([a_message(1, "a long text that will be short")])
    view = shown.view
    drag(view, letter(view, 0, 2), letter(view, 0, 28))
    shown.put(a_message(1, "a 😀", edited_at_us=NOON_US))
    assert selected(view) == ["😀"]
    assert not view.grab().isNull()
    assert copied(view) == "😀"


# ------------------------------------------------------------------------------------------------ real store


def test_a_selection_over_ten_thousand_stored_messages(stage: Stage, qtbot: QtBot) -> None:
    """Over a real store all of a long conversation is copied though hardly any of it is loaded."""
    for start in range(1, 10_001, 1_000):
        stage.filled.apply(start + 5, *(seen_message(n) for n in range(start, start + 1_000)))
    view = TimelineView(stage.context)
    qtbot.addWidget(view)
    view.resize(600, 500)
    view.open_conversation(stage.room)
    view.show()
    view.setFocus()
    keys(view, Key.Key_A, CONTROL)
    keys(view, Key.Key_C, CONTROL)
    assert view.copier.is_busy, "so much is not read in one go"
    qtbot.waitUntil(lambda: not view.copier.is_busy)
    lines = QGuiApplication.clipboard().text().split("\n")
    assert lines == [f"text {n}" for n in range(1, 10_001)]
    assert view.timeline.rowCount() < 200
    view.show_oldest()
    drag(view, letter(view, 0, 5), letter(view, 1, 4))
    assert copied(view) == "1\ntext"
    # It reads on while it is there, and the store goes first.
    view.open_conversation(None)


def test_no_clipboard_is_flooded(show: Show, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of more than the most a copy holds, the first are copied and the person is told."""
    monkeypatch.setattr("chatdesk.ui.timeline.copying.MOST_MESSAGES", 100)
    view = show([a_message(n) for n in range(1, 301)]).view
    told: list[str] = []
    view.told.connect(told.append)
    keys(view, Key.Key_A, CONTROL)
    assert copied(view).split("\n") == [f"message {n}" for n in range(1, 101)]
    assert told == ["Copied the first 100 of the selected messages: no clipboard bears more at once."]
    assert MOST_MESSAGES > 100


# ------------------------------------------------------------------------------------------------- reference

TEXTS = st.lists(
    st.text(
        st.one_of(st.sampled_from("ab \r\n\u2028\x00😀\u0301\u200d\ud800"), st.characters(codec=None)),
        max_size=12,
    ),
    min_size=1,
    max_size=6,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TEXTS, st.data())
def test_what_is_copied_is_what_was_selected(texts: list[str], data: st.DataObject) -> None:
    """Against a plain reference: the conversation as one string, cut between the two places."""
    rows = [a_message(n, text) for n, text in enumerate(texts, start=1)]
    first = data.draw(st.integers(0, len(rows) - 1))
    last = data.draw(st.integers(first, len(rows) - 1))
    drawn = [shown(text) for text in texts]
    start = data.draw(st.integers(0, utf16_length(drawn[first].drawn)))
    end = data.draw(st.integers(start if first == last else 0, utf16_length(drawn[last].drawn)))
    low, high = at(rows[first], start), at(rows[last], end)
    units = [source_text(text).encode("utf-16-le") for text in texts]
    wanted = units[first : last + 1]
    wanted[-1] = wanted[-1][: 2 * end]
    wanted[0] = wanted[0][2 * start :]
    reference = [part.decode("utf-16-le", errors="ignore") for part in wanted]
    assert joined(rows[first : last + 1], low, high, named=False) == [part for part in reference if part]
    selection = TextSelection()
    selection.begin(ROOM, high)
    selection.reach(low)
    assert selection.ends == ((low, high) if low != high else None)
    for number, (row, part) in enumerate(zip(rows, drawn, strict=True)):
        span = selection.span_in(row, utf16_length(part.drawn))
        if span is not None:
            assert utf16_slice(part.source, *span) == reference[number - first]
        else:
            assert not first <= number <= last or not reference[number - first] or low == high


MOVES = [
    Key.Key_Left,
    Key.Key_Right,
    Key.Key_Up,
    Key.Key_Down,
    Key.Key_Home,
    Key.Key_End,
    Key.Key_PageUp,
    Key.Key_PageDown,
]
KINDS = [
    "plain words",
    "שלום עולם\nand more\nעוד",
    "😀",
    "",
    "👨‍👩‍👧‍👦e\u0301 x",
    "long " * 40,
    "z\x00\u202e",
    "see https://a.test",
]


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(
        st.one_of(
            st.tuples(st.sampled_from(MOVES), st.sampled_from([SHIFT, BOTH, Qt.KeyboardModifier.NoModifier])),
            st.tuples(st.integers(0, 599), st.integers(0, 399)),
        ),
        max_size=14,
    )
)
def test_whatever_is_pressed_the_copy_is_the_selection(
    long_view: TimelineView, acts: list[tuple[Any, Any]]
) -> None:
    """Any keys and clicks: the ends stay in the conversation, what is painted is what is copied."""
    view = long_view
    for first, second in acts:
        if isinstance(first, Key):
            keys(view, first, second)
        else:
            QTest.mouseClick(view.viewport(), LEFT, SHIFT, QPoint(first, second))
    ends = view.selection.ends
    parts = [part for part in selected(view) if part]
    if ends is None:
        assert parts == []
        return
    assert ends[0] < ends[1]
    text = view.copier.loaded_text()
    if text is not None:
        assert text == "\n".join(parts)
        clipboard = copied(view)
        assert clipboard == (text or clipboard).replace("\x00", "\u2400")


@pytest.fixture(scope="module")
def long_view(qapp: QApplication) -> Iterator[TimelineView]:
    """A list with all kinds of text, kept for all examples."""
    shelf = Shelf([(own if n % 3 else a_message)(n, KINDS[n % len(KINDS)]) for n in range(1, 140)])
    view = TimelineView(a_context(qapp, ListeningDesk(shelf)))
    view.resize(600, 400)
    view.open_conversation(ROOM)
    view.show()
    view.setFocus()
    yield view
    view.context.feed.close()
    view.close()
    view.deleteLater()


def test_everything_lies_after_the_beginning() -> None:
    """The place before all holds for every message, also one whose place is empty."""
    message = a_message(1, "x", cursor=Cursor(""))
    assert at(message, 0) > BEGINNING
    assert excerpt(message, BEGINNING, at(message, TEXT_END)) == "x"
