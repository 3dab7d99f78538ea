"""What is missing is asked for, with words about progress and failure, and again when that may help."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from chatdesk.domain.changes import AccountStatus, HistoryLoading
from chatdesk.domain.desk import PAGE_ROWS
from chatdesk.domain.ids import AccountId, Cursor, MessageId
from chatdesk.domain.kinds import ConnectionState
from tests.ui.timeline.conftest import Shown
from tests.ui.timeline.stage import ROOM, Shelf, a_message

Show = Callable[..., Shown]


def asked(shown: Shown) -> list[Cursor]:
    """Before which cursors the server was asked for history."""
    return [one[2] for one in shown.desk.asked if one[0] == "load_older"]


def loading(shown: Shown, *, busy: bool) -> None:
    shown.view.context.feed.history_loading.emit(HistoryLoading(ROOM, busy=busy))


def at_a_gap(show: Show) -> Shown:
    """The list at its first row, before which the server has more; it was asked, and has not answered."""
    shelf = Shelf(a_message(n) for n in range(1, 41))
    shelf.gaps.add(MessageId(1))
    shown = show(shelf)
    shown.view.setFocus()
    QTest.keyClick(shown.view, Qt.Key.Key_Home)
    QApplication.processEvents()
    assert asked(shown) == [Cursor("00000001")]
    loading(shown, busy=True)
    return shown


def test_a_failure_is_told_and_pressing_asks_again(show: Show, qapp: QApplication) -> None:
    """When nothing came the row says so; scrolling does not ask again by itself, pressing the row does."""
    shown = at_a_gap(show)
    view = shown.view
    assert view.history.words() == "Loading older messages…"
    loading(shown, busy=False)
    assert view.history.words() == "Older messages could not be loaded. Click to try again."
    view.scroll_by(300)
    qapp.processEvents()
    view.scroll_by(-300)
    qapp.processEvents()
    assert len(asked(shown)) == 1
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=view.head_area().center().toPoint())
    assert len(asked(shown)) == 2
    loading(shown, busy=True)
    shown.put(*(a_message(900 + n, cursor=Cursor("00000000")) for n in range(5)))
    shown.shelf.gaps.clear()
    loading(shown, busy=False)
    qapp.processEvents()
    assert "could not" not in view.history.words()


def test_home_asks_again_what_failed(show: Show, qapp: QApplication) -> None:
    """Who goes by the keyboard tries again with Home."""
    shown = at_a_gap(show)
    loading(shown, busy=False)
    QTest.keyClick(shown.view, Qt.Key.Key_Home)
    qapp.processEvents()
    assert len(asked(shown)) == 2


def test_being_online_again_asks_again(show: Show, qapp: QApplication) -> None:
    """What failed while the server was away is asked for as soon as it is back, without a touch."""
    shown = at_a_gap(show)
    loading(shown, busy=False)
    shown.view.context.feed.status.emit(
        AccountStatus(account_id=AccountId(1), connection=ConnectionState.ONLINE)
    )
    qapp.processEvents()
    assert len(asked(shown)) == 2
    assert "could not" not in shown.view.history.words()


def test_a_gap_in_between_is_asked_for_by_pressing_it(show: Show, qapp: QApplication) -> None:
    """The row between two messages tells of a failure, and a press on it asks for what is missing there."""
    shelf = Shelf(a_message(n) for n in range(1, 20 + PAGE_ROWS) if n <= 10 or n > 20)
    shelf.gaps.add(MessageId(21))
    shown = show(shelf)
    view = shown.view
    QTest.keyClick(view, Qt.Key.Key_Home)
    qapp.processEvents()
    assert asked(shown) == [Cursor("00000021")]
    loading(shown, busy=True)
    loading(shown, busy=False)
    row = view.timeline.row_of(MessageId(21))
    assert row is not None
    words = view.emphasis(view.row_layout(row), row).gap
    assert words == "Missed messages could not be loaded. Click to try again."
    view.scroller.to_row(row)
    view.touch()
    qapp.processEvents()
    top = view.scroller.top_of(row)
    QTest.mouseClick(
        view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(200, top + view.style_now.gap_height // 2)
    )
    assert asked(shown) == [Cursor("00000021")] * 2
