"""What a person sees and does in the message list, with real events."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QAccessible, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from chatdesk.domain.changes import HistoryLoading, TypingChanged
from chatdesk.domain.desk import PAGE_ROWS
from chatdesk.domain.errors import DiskTrouble
from chatdesk.domain.ids import PENDING_CURSOR, ConversationId, Cursor, MessageId
from chatdesk.domain.kinds import DeliveryState, MessageKind
from chatdesk.ui.timeline.view import TimelineView
from tests.ui.timeline.conftest import Shown
from tests.ui.timeline.stage import MINUTE_US, NOON_US, ROOM, Shelf, a_message, own

Show = Callable[..., Shown]
HOSTILE = "<img src='//host/share'>\x00\x07\ud800\u202eabc\ufffc" + "a\u0301" * 300 + "\u2028" * 5


def many(count: int) -> list[Any]:
    """A conversation of both sides with texts of different lengths."""
    return [
        (own if n % 3 == 0 else a_message)(n, f"message {n} " + "word " * (n * 7 % 40))
        for n in range(1, count + 1)
    ]


def wheel(view: TimelineView, notches: float) -> None:
    """Turn a wheel of fine steps, four to a notch, away from the person (positive: towards older ones)."""
    middle = QPointF(view.viewport().rect().center())
    for _ in range(round(abs(notches) * 4)):
        event = QWheelEvent(
            middle,
            QPointF(view.viewport().mapToGlobal(middle.toPoint())),
            QPoint(),
            QPoint(0, 30 if notches > 0 else -30),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(view.viewport(), event)


def click_point(view: TimelineView, row: int, at: QPointF) -> QPoint:
    """A point of a row in the viewport."""
    return QPoint(round(at.x()), round(view.scroller.top_of(row) + at.y()))


def letter_point(view: TimelineView, row: int, letter: int) -> QPoint:
    """Just after the beginning of a letter of a row's text."""
    caret = view.row_layout(row).text.caret(letter)
    return click_point(view, row, QPointF(caret.x() + 1, caret.center().y()))


def at_an_edge(view: TimelineView) -> bool:
    """Whether the first or the last row holds the others."""
    first = view.scroller.placed[0]
    return view.scroller.at_bottom or (first.row == 0 and first.top >= 0)


def dots_move(view: TimelineView) -> bool:
    return view._typing.is_moving


# ------------------------------------------------------------------------------------------------ geometry


def test_opening_lays_out_only_what_is_seen(show: Show) -> None:
    """A conversation of ten thousand messages opens with one page and lays out the rows in view only."""
    shown = show(many(10_000))
    view = shown.view
    assert view.book.laid_out <= len(view.visible_rows) + 2
    assert view.timeline.message(view.visible_rows[-1]).id == 10_000
    assert view.scroller.stuck


def test_wheel_goes_by_pixels_and_back(show: Show) -> None:
    """The wheel moves the list a little, in both directions alike, and only rows in view are laid out."""
    shown = show(many(500))
    view = shown.view
    before = shown.body_y(500)
    for _ in range(20):
        wheel(view, 0.25)
    away = shown.body_y(500) - before
    assert 0 < away < 20 * 60
    for _ in range(20):
        wheel(view, -0.25)
    assert shown.body_y(500) == before
    assert view.scroller.stuck


def test_an_older_page_moves_nothing(show: Show, qapp: QApplication) -> None:
    """Scrolling up brings older pages in; what is in view does not move by a pixel when they come."""
    shown = show(many(400))
    view = shown.view
    seen_oldest = 400
    while view.timeline.has_older or view.visible_rows[0] > 0:
        wheel(view, 3)
        middle = view.visible_rows[len(view.visible_rows) // 2]
        message = view.timeline.message(middle).id
        y = shown.body_y(message)
        qapp.processEvents()
        assert shown.body_y(message) == y
        oldest = view.timeline.message(view.visible_rows[0]).id
        assert oldest <= seen_oldest
        seen_oldest = oldest
    assert shown.texts()[0].startswith("message 1 ")


def test_new_messages_follow_only_at_the_end(show: Show, qapp: QApplication) -> None:
    """At the end new messages are followed; scrolled up, nothing moves and the button counts them."""
    shown = show(many(100))
    view = shown.view
    shown.put(a_message(101, "seen at once"))
    qapp.processEvents()
    assert shown.texts()[-1] == "seen at once"
    assert not view.jump.isVisible()
    wheel(view, 5)
    qapp.processEvents()
    assert view.jump.isVisible()
    middle = view.timeline.message(view.visible_rows[2]).id
    y = shown.body_y(middle)
    shown.put(a_message(102), a_message(103), own(104))
    qapp.processEvents()
    assert shown.body_y(middle) == y
    assert view.jump.count == 2
    assert "2 new messages" in view.jump.accessibleName()
    QTest.mouseClick(view.jump, Qt.MouseButton.LeftButton)
    qapp.processEvents()
    assert view.timeline.message(view.visible_rows[-1]).id == 104
    assert not view.jump.isVisible()
    assert view.jump.count == 0


def test_a_tall_message_can_be_read(show: Show, qapp: QApplication) -> None:
    """A message much taller than the window is scrolled through by pixels and by keys, up and down."""
    text = "\n".join(f"line {n}" for n in range(150))
    shown = show([*many(20), a_message(21, text), a_message(22, "after")])
    view = shown.view
    view.setFocus()
    row = 20
    height = view.row_layout(row).height
    assert height > 3 * view.viewport().height()
    view.set_current_row(21)
    tops = []
    for _ in range(60):
        QTest.keyClick(view, Qt.Key.Key_Up)
        qapp.processEvents()
        tops.append(view.scroller.top_of(row))
        if view.current_row < row:
            break
    assert view.current_row == row - 1
    steps = [later - before for before, later in pairwise(tops)]
    assert max(steps) <= view.viewport().height()
    assert min(tops) < -view.viewport().height()


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["older", "append", "insert", "edit", "delete", "resize", "scroll", "read"]),
            st.integers(0, 10_000),
        ),
        max_size=12,
    )
)
def test_what_is_read_stays_where_it_is(show: Show, qapp: QApplication, steps: list[tuple[str, int]]) -> None:
    """Whatever is added, changed or removed elsewhere, the text that is read keeps its pixel."""
    shown = show([a_message(n * 10, f"message {n} " + "word " * (n * 7 % 40)) for n in range(1, 200)])
    view, numbers = shown.view, iter(range(100_000, 200_000))
    view.scroll_by(-1500)
    qapp.processEvents()
    for what, value in steps:
        reading = next(
            (one.row for one in view.scroller.placed if one.top + view.row_layout(one.row).extent.lead >= 0),
            None,
        )
        if reading is None or view.scroller.at_bottom:
            view.scroll_by(-400)
            continue
        message = view.timeline.message(reading).id
        y = shown.body_y(message)
        others = [m for m in shown.shelf.messages if m.id != message]
        chosen = others[value % len(others)]
        match what:
            case "older":
                view.timeline.load_older()
            case "append":
                shown.put(a_message(next(numbers), cursor=Cursor(f"{90_000_000 + value:08d}")))
            case "insert":
                number = next(numbers)
                shown.put(a_message(number, "late " * (value % 50), cursor=Cursor(f"{value % 2000:08d}")))
            case "edit":
                shown.put(shown.shelf.change(chosen.id, text="changed " * (value % 90)))
            case "delete":
                shown.gone(chosen.id)
            case "resize":
                view.resize(400 + value % 500, 480)
            case "scroll":
                y -= view.scroll_by(value % 900 - 450)
            case _:
                shown.put(shown.shelf.change(chosen.id, state=DeliveryState.READ))
        qapp.processEvents()
        for one, following in pairwise(view.scroller.placed):
            assert following.top == one.bottom
        if not at_an_edge(view):
            assert shown.body_y(message) == y


def test_a_page_above_shifts_no_text_though_a_group_grows(show: Show, qapp: QApplication) -> None:
    """The first row that is here loses name, day and gap when its group goes on above: no text moves."""
    talk = [
        a_message(n, f"message {n}", sender_name="A colleague", sent_at_us=n * 1_000_000)
        for n in range(1, 400)
    ]
    shown = show(talk)
    view = shown.view
    view.show_newest()
    view.scroll_by(-600)
    qapp.processEvents()
    pages = 0
    while pages < 3:
        view.scroller.to_top()
        view.scroll_by(1)
        rows = view.timeline.rowCount()
        before = {
            view.timeline.message(one.row).id: shown.body_y(view.timeline.message(one.row).id)
            for one in view.scroller.placed
            if one.top + view.row_layout(one.row).extent.lead >= 0
        }
        assert view.timeline.load_older()
        assert view.timeline.rowCount() > rows
        assert {message: shown.body_y(message) for message in before} == before
        pages += 1


def test_other_sizes_are_laid_out_anew(show: Show, qapp: QApplication) -> None:
    """Text size and theme change every row and keep what is read in view."""
    shown = show(many(200))
    view = shown.view
    view.scroll_by(-800)
    qapp.processEvents()
    message = view.timeline.message(view.visible_rows[1]).id
    y, heights = shown.body_y(message), view.scroller.heights.height(view.visible_rows[1])
    view.context.theme.set_zoom(1.5)
    qapp.processEvents()
    assert shown.body_y(message) == y
    row = view.timeline.row_of(message)
    assert row is not None
    assert view.scroller.heights.height(row) > heights
    view.context.theme.set_zoom(1.0)


def test_scrolled_pictures_are_true(show: Show, qapp: QApplication) -> None:
    """What scrolling leaves on the screen is, to the pixel, what painting everything anew would give."""
    shown = show(many(300))
    view = shown.view
    view.setFocus()
    for step in range(40):
        view.scroll_by((-190, 130, -7, 61, -120)[step % 5])
        if step % 8 == 3:
            view.set_current_row(view.visible_rows[1])
        qapp.processEvents()
        qapp.processEvents()
        on_screen = view.screen().grabWindow(view.winId()).toImage()
        assert on_screen == view.grab().toImage().convertToFormat(on_screen.format())


def test_a_flood_takes_no_memory(show: Show, qapp: QApplication) -> None:
    """Thousands of live messages, followed or not, leave a bounded window and a view that is right."""
    shown = show(many(10))
    view = shown.view
    for start in range(1_000, 9_000, 400):
        shown.put(*(a_message(n) for n in range(start, start + 400)))
        qapp.processEvents()
    assert view.timeline.rowCount() <= 1_024 + 256 + 400 + 64
    assert view.scroller.stuck
    assert view.timeline.message(view.visible_rows[-1]).id == 8_999
    view.scroll_by(-3_000)
    qapp.processEvents()
    message = view.timeline.message(view.visible_rows[1]).id
    y = shown.body_y(message)
    for start in range(10_000, 18_000, 400):
        shown.put(*(a_message(n) for n in range(start, start + 400)))
        qapp.processEvents()
    assert shown.body_y(message) == y
    assert view.timeline.rowCount() <= 2 * (1_024 + 256) + 400 + 64
    assert view.jump.count == 8_000
    view.show_newest()
    qapp.processEvents()
    assert view.timeline.message(view.visible_rows[-1]).id == 17_999


def test_a_failing_disk_is_told(show: Show, qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    """When pages can't be read the rows stay, the window is told, and nothing is opened half."""
    shown = show(many(200))
    view, told = shown.view, []
    view.context.troubles.happened.connect(lambda name, error: told.append(type(error)))

    def broken(*_values: Any) -> Any:
        raise DiskTrouble("gone")

    for name in ("older_page", "newer_page", "newest_page"):
        monkeypatch.setattr(shown.shelf, name, broken)
    rows = view.timeline.rowCount()
    for _ in range(40):
        wheel(view, 5)
        qapp.processEvents()
    view.show_oldest()
    assert view.timeline.rowCount() == rows
    assert set(told) == {DiskTrouble}
    view.open_conversation(ROOM)
    assert view.conversation_id is None
    assert view.timeline.rowCount() == 0


def test_midnight_changes_the_headings(
    show: Show, qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the day changes, Today becomes Yesterday; when minutes pass, expected times are counted down."""
    waiting = own(2, state=DeliveryState.QUEUED, expected_at_us=NOON_US + 9 * MINUTE_US)
    shown = show([a_message(1), waiting])
    view, clock = shown.view, shown.view.context.clock
    now = NOON_US
    monkeypatch.setattr(clock, "now_us", lambda: now)
    view.book._now_us = clock.now_us
    clock.beat.emit()
    qapp.processEvents()
    assert view.row_layout(0).day == "Today"
    assert "9 min" in view.row_layout(1).small_print[1].text
    now += 4 * MINUTE_US
    clock.beat.emit()
    assert "5 min" in view.row_layout(1).small_print[1].text
    now += 24 * 60 * MINUTE_US
    clock.beat.emit()
    assert view.row_layout(0).day == "Yesterday"


def test_dragging_the_bar_reaches_every_part(show: Show, qapp: QApplication) -> None:
    """The scroll bar leads to the first rows that are here, and its end to the newest."""
    shown = show(many(64))
    view = shown.view
    bar = view.verticalScrollBar()
    bar.setValue(bar.maximum() // 2)
    qapp.processEvents()
    assert view.visible_rows[0] > 0
    assert not view.scroller.stuck
    bar.setValue(0)
    qapp.processEvents()
    assert shown.texts()[0].startswith("message 1 ")
    bar.setValue(bar.maximum())
    qapp.processEvents()
    assert view.scroller.stuck


def test_the_rest_of_the_world_is_left_alone(show: Show) -> None:
    """Nothing of a hostile text is interpreted or leaves its row; it is painted without a warning."""
    shown = show([a_message(1, HOSTILE), own(2, HOSTILE, state=DeliveryState.PARKED, parked_detail=HOSTILE)])
    view = shown.view
    assert not view.grab().isNull()
    layout = view.row_layout(0)
    drawn = layout.text.text()
    assert drawn.startswith("<img src='//host/share'>\u2400\u2407\ufffd\ufffdabc\ufffd")


def test_a_long_text_is_cut_and_shown_on_request(show: Show, qapp: QApplication) -> None:
    """Of a very long message 4,000 characters are laid out; Show more adds to them."""
    shown = show([a_message(1, "word " * 3_000), *[a_message(n) for n in range(2, 4)]])
    view = shown.view
    view.scroller.to_row(0)
    view.touch()
    first = view.row_layout(0)
    assert len(first.text.text()) == 4_000
    (link,) = first.actions
    assert "11000" in link.words.text.replace(",", "")
    view.scroll_by(first.height)
    view.scroll_by(round(link.rect.top()) + view.scroller.top_of(0) - 100)
    qapp.processEvents()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=click_point(view, 0, link.rect.center()))
    qapp.processEvents()
    assert len(view.row_layout(0).text.text()) == 15_000
    assert view.row_layout(0).actions == ()


# ----------------------------------------------------------------------------------- unread, typing, history


def test_the_unread_line_stays_until_left(show: Show, qapp: QApplication) -> None:
    """The line stands above the first unread message, also after reading, until one leaves."""
    shown = show(many(30), unread=4, seen_cursor=Cursor("00000024"))
    view = shown.view
    line = view.timeline.unread.message
    assert line == 25
    row = view.timeline.row_of(line)
    assert row is not None
    assert view.row_layout(row).above.unread
    shown.put(a_message(31))
    qapp.processEvents()
    assert view.timeline.unread.message == 25
    shown.shelf.room = type(shown.shelf.room)(
        **{f: getattr(shown.shelf.room, f) for f in shown.shelf.room.__struct_fields__ if f != "unread"}
    )
    view.open_conversation(None)
    view.open_conversation(ROOM)
    assert view.timeline.unread.message is None


def test_many_unread_open_at_the_first(show: Show, qapp: QApplication) -> None:
    """A conversation with more unread messages than fit opens at the first of them."""
    shown = show([a_message(n, "word " * 60) for n in range(1, 60)], unread=30)
    view = shown.view
    qapp.processEvents()
    assert view.timeline.unread.message == 30
    assert view.timeline.message(view.visible_rows[0]).id == 30
    assert not view.scroller.stuck


def test_typing_is_shown_while_it_can_be_seen(show: Show, qapp: QApplication) -> None:
    """Names are shown at the end; the dots move only while they are in view, and rest when hidden."""
    shown = show(many(40))
    view = shown.view
    view.context.feed.typing.emit(TypingChanged(ROOM, ("Ann", "Bob")))
    assert view._typing.words() == "Ann and Bob are typing"
    assert dots_move(view)
    wheel(view, 20)
    qapp.processEvents()
    assert not dots_move(view)
    view.show_newest()
    qapp.processEvents()
    assert dots_move(view)
    view.hide()
    assert not dots_move(view)
    view.show()
    qapp.processEvents()
    view.context.feed.typing.emit(TypingChanged(ROOM, ()))
    assert view._typing.words() == ""
    assert not dots_move(view)


def test_typing_moves_no_text(show: Show, qapp: QApplication) -> None:
    """When somebody begins or stops typing, nothing in the list moves."""
    shown = show(many(40))
    y = shown.body_y(40)
    shown.view.context.feed.typing.emit(TypingChanged(ROOM, ("Ann",)))
    qapp.processEvents()
    assert shown.body_y(40) == y


def test_history_is_asked_for_once(show: Show, qapp: QApplication) -> None:
    """At a hole the server is asked once for what is before it, and progress is shown while it comes."""
    shelf = Shelf(many(40))
    shelf.gaps.add(MessageId(1))
    shown = show(shelf)
    view = shown.view
    QTest.keyClick(view, Qt.Key.Key_Home)
    qapp.processEvents()
    asked = [one for one in shown.desk.asked if one[0] == "load_older"]
    assert asked == [("load_older", ROOM, Cursor("00000001"), 40)]
    view.context.feed.history_loading.emit(HistoryLoading(ROOM, busy=True))
    assert view.history.words() == "Loading older messages…"
    message = view.timeline.message(view.visible_rows[1]).id
    y = shown.body_y(message)
    shown.put(*(a_message(1_000 + n, cursor=Cursor("00000000")) for n in range(10)))
    shelf.gaps.clear()
    view.context.feed.history_loading.emit(HistoryLoading(ROOM, busy=False, reaches_start=True))
    qapp.processEvents()
    assert shown.body_y(message) == y
    QTest.keyClick(view, Qt.Key.Key_Home)
    qapp.processEvents()
    assert view.history.words() == "The conversation begins here"
    assert len([one for one in shown.desk.asked if one[0] == "load_older"]) == 1


def test_a_gap_is_a_row_that_says_what_it_waits_for(show: Show, qapp: QApplication) -> None:
    """Where messages are missing in between, a line says so, and while they are loaded it says that."""
    shelf = Shelf(one for one in many(20 + PAGE_ROWS) if one.id <= 10 or one.id > 20)
    shelf.gaps.add(MessageId(21))
    view = show(shelf).view
    QTest.keyClick(view, Qt.Key.Key_Home)
    qapp.processEvents()
    number = next(n for n in range(view.timeline.rowCount()) if view.timeline.message(n).id == 21)
    assert number == 10
    row = view.row_layout(number)
    assert row.above.gap
    assert view.emphasis(row, number).gap == "Messages that were missed are not loaded yet"
    view.context.feed.history_loading.emit(HistoryLoading(ROOM, busy=True))
    assert view.emphasis(row, number).gap == "Loading missed messages…"


def test_news_of_other_conversations_are_not_shown(show: Show) -> None:
    """Typing and loading elsewhere change nothing here."""
    shown = show(many(3))
    elsewhere = ConversationId(2)
    shown.view.context.feed.typing.emit(TypingChanged(elsewhere, ("Eve",)))
    shown.view.context.feed.history_loading.emit(HistoryLoading(elsewhere, busy=True))
    assert shown.view._typing.words() == ""
    assert not shown.view.history.busy


# ---------------------------------------------------------------------------------------- mouse and keyboard


def test_keys_walk_the_whole_list(show: Show, qapp: QApplication) -> None:
    """Home, End and the page keys reach every part, also beyond the pages that are here."""
    shown = show(many(300))
    view = shown.view
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_Home)
    qapp.processEvents()
    assert view.timeline.message(view.current_row).id == 1
    assert view.current_row in view.visible_rows
    QTest.keyClick(view, Qt.Key.Key_PageDown)
    qapp.processEvents()
    assert view.current_row in view.visible_rows
    assert view.timeline.message(view.current_row).id > 1
    QTest.keyClick(view, Qt.Key.Key_End)
    qapp.processEvents()
    assert view.timeline.message(view.current_row).id == 300
    QTest.keyClick(view, Qt.Key.Key_PageUp)
    qapp.processEvents()
    assert view.current_row in view.visible_rows
    assert view.timeline.message(view.current_row).id < 300


def test_the_current_row_is_marked_for_the_keyboard_only(show: Show) -> None:
    """A ring marks the current message for who goes by keys; a click makes it current without one."""
    shown = show(many(5))
    view = shown.view

    def marked() -> list[int]:
        return [row for row in range(5) if view.emphasis(view.row_layout(row), row).current]

    view.setFocus(Qt.FocusReason.MouseFocusReason)
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=letter_point(view, 3, 2))
    assert view.current_row == 3
    assert marked() == []
    QTest.keyClick(view, Qt.Key.Key_Up)
    assert marked() == [2]


def test_typed_letters_go_on_to_the_composer(show: Show, qtbot: QtBot) -> None:
    """Letters typed in the list are handed on, and commands are not."""
    shown = show(many(3))
    with qtbot.waitSignal(shown.view.text_typed) as typed:
        QTest.keyClick(shown.view, Qt.Key.Key_H)
    assert typed.args == ["h"]
    with qtbot.assertNotEmitted(shown.view.text_typed):
        QTest.keyClick(shown.view, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)


def test_scroll_to_message(show: Show, qapp: QApplication) -> None:
    """A message anywhere in the conversation is brought into the middle; one that is gone is refused."""
    shown = show(many(1_000))
    view = shown.view
    assert view.scroll_to_message(MessageId(321))
    qapp.processEvents()
    assert view.timeline.message(view.current_row).id == 321
    area = view.visualRect(view.timeline.index(view.current_row, 0))
    assert abs(area.center().y() - view.viewport().height() / 2) < view.viewport().height() / 3
    assert not view.scroll_to_message(MessageId(99_999))
    assert view.jump.isVisible()


def test_reading_marks_need_eyes(show: Show, qapp: QApplication, qtbot: QtBot) -> None:
    """What of others is in view of a focused window is marked once per newer cursor, after a moment."""
    told: list[Any] = []
    shown = show([a_message(n) for n in range(1, 4)])
    view = shown.view
    view._seen.seen.connect(lambda where, cursor: told.append((where, cursor)))
    qtbot.waitUntil(lambda: told == [(ROOM, Cursor("00000003"))])
    shown.put(own(4), a_message(5, kind=MessageKind.SYSTEM), own(6, cursor=PENDING_CURSOR))
    qtbot.wait(400)
    assert len(told) == 1
    shown.put(a_message(7))
    qtbot.waitUntil(lambda: told[1:] == [(ROOM, Cursor("00000007"))])


def test_unfocused_windows_mark_nothing(show: Show, qtbot: QtBot) -> None:
    """While another window has the focus nothing counts as seen; what comes then gets the unread line."""
    from PySide6.QtWidgets import QWidget

    told: list[Any] = []
    shown = show([a_message(1)], seen_cursor=Cursor("00000001"))
    shown.view._seen.seen.connect(lambda where, cursor: told.append(cursor))
    other = QWidget()
    qtbot.addWidget(other)
    other.show()
    other.activateWindow()
    qtbot.waitUntil(other.isActiveWindow)
    shown.put(a_message(2))
    qtbot.wait(400)
    assert told == []
    assert shown.view.timeline.unread.message == 2
    shown.view.activateWindow()
    qtbot.waitUntil(lambda: told == [Cursor("00000002")])


# ---------------------------------------------------------------------------------------------- accessibility


def test_a_screen_reader_finds_every_row(show: Show) -> None:
    """The list is a list with one child per row, each with its sentence, also those out of view."""
    shown = show(many(60))
    face = QAccessible.queryAccessibleInterface(shown.view)
    assert face.role() is QAccessible.Role.List
    assert face.childCount() == 60
    first = face.child(0)
    assert first.text(QAccessible.Text.Name).startswith("Northline Transport, ")
    last = face.child(59)
    assert "message 60" in last.text(QAccessible.Text.Name)
    area = shown.view.visualRect(shown.view.timeline.index(59, 0))
    assert last.rect().height() == area.height()


def test_an_empty_list_says_so(show: Show) -> None:
    """A conversation without messages, and no conversation at all, are shown without a fault."""
    shown = show([])
    assert shown.view.history.words() == "No messages yet"
    assert not shown.view.grab().isNull()
    shown.view.open_conversation(None)
    assert not shown.view.grab().isNull()
    QTest.keyClick(shown.view, Qt.Key.Key_End)
    QTest.keyClick(shown.view, Qt.Key.Key_Up)
    assert shown.view.current_row == -1


def test_days_are_separated(show: Show) -> None:
    """A message of another day than the one above it carries its day."""
    day = 86_400_000_000
    shown = show(
        [
            a_message(1, sent_at_us=NOON_US),
            a_message(2, sent_at_us=NOON_US + day),
            a_message(3, sent_at_us=NOON_US + day + 60_000_000),
        ]
    )
    days = [bool(shown.view.row_layout(row).day) for row in range(3)]
    assert days == [True, True, False]
