"""Rows of one height: found by arithmetic, gone to by mouse and keys, painted only where they are seen."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QPoint, QSize, Qt
from PySide6.QtGui import QAccessible, QContextMenuEvent, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)
from pytestqt.qtbot import QtBot

from chatdesk.ui.lists.rows_view import RowsView

HEIGHT = 20
LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
Hint = QAbstractItemView.ScrollHint
Reason = QContextMenuEvent.Reason


class Names(QAbstractListModel):
    """Rows whose indexes are counted when they are asked for."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.names = [f"row {n}" for n in range(count)]
        self.asked = 0

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self.names)

    def index(  # type: ignore[override] # Qt's stub allows None for a row, which no view passes
        self, row: int, column: int = 0, parent: QModelIndex | QPersistentModelIndex = QModelIndex()
    ) -> QModelIndex:
        self.asked += 1
        return super().index(row, column, parent)

    def data(
        self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        return self.names[index.row()] if role == Qt.ItemDataRole.DisplayRole else None

    def insert_top(self, name: str) -> None:
        self.beginInsertRows(QModelIndex(), 0, 0)
        self.names.insert(0, name)
        self.endInsertRows()

    def remove(self, row: int) -> None:
        self.beginRemoveRows(QModelIndex(), row, row)
        del self.names[row]
        self.endRemoveRows()


class Noting(QStyledItemDelegate):
    """Notes what it was asked to paint, with its state."""

    def __init__(self) -> None:
        super().__init__()
        self.painted: dict[int, QStyle.StateFlag] = {}
        self.height = HEIGHT

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(50, self.height)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        self.painted[index.row()] = option.state


class Stage:
    def __init__(self, qtbot: QtBot, count: int) -> None:
        self.model = Names(count)
        self.delegate = Noting()
        self.view = RowsView()
        self.view.setItemDelegate(self.delegate)
        self.view.setModel(self.model)
        self.chosen: list[int] = []
        self.opened: list[int] = []
        self.view.chosen.connect(lambda index: self.chosen.append(index.row()))
        self.view.activated.connect(lambda index: self.opened.append(index.row()))
        qtbot.addWidget(self.view)
        self.view.resize(100, 5 * HEIGHT)
        self.view.show()
        qtbot.waitExposed(self.view)

    def painted(self) -> dict[int, QStyle.StateFlag]:
        self.delegate.painted.clear()
        self.view.viewport().repaint()
        return self.delegate.painted

    def click(self, row: int, button: Qt.MouseButton = LEFT) -> None:
        place = self.view.visualRect(self.model.index(row)).center()
        QTest.mouseClick(self.view.viewport(), button, pos=place)

    def press(self, key: Qt.Key) -> None:
        QTest.keyClick(self.view, key)


@pytest.fixture
def stage(qtbot: QtBot) -> Stage:
    return Stage(qtbot, 100)


class TestPlaces:
    def test_rows_are_where_their_number_says(self, stage: Stage) -> None:
        """Place and row are the same sum both ways, scrolled or not; beside the rows there is nothing."""
        view, model = stage.view, stage.model
        view.verticalScrollBar().setValue(33)
        for row in (0, 1, 7, 99):
            box = view.visualRect(model.index(row))
            assert (box.top(), box.height()) == (row * HEIGHT - 33, HEIGHT)
            assert view.indexAt(box.center()).row() == row
        assert not view.indexAt(QPoint(5, 100 * HEIGHT)).isValid()
        assert not view.indexAt(QPoint(5, -50)).isValid()
        assert view.visualRect(QModelIndex()).isNull()

    def test_only_what_is_seen_is_painted(self, stage: Stage) -> None:
        """Five rows fit: five are painted, six when the first is cut."""
        assert sorted(stage.painted()) == [0, 1, 2, 3, 4]
        stage.view.verticalScrollBar().setValue(HEIGHT + 10)
        assert sorted(stage.painted()) == [1, 2, 3, 4, 5, 6]

    def test_a_new_row_asks_for_no_other(self, qtbot: QtBot) -> None:
        """A row that comes to 20,000 others makes the view look at those that it paints, not at all."""
        stage = Stage(qtbot, 20_000)
        stage.painted()
        stage.model.asked = 0
        stage.model.insert_top("new")
        stage.view.executeDelayedItemsLayout()
        stage.painted()
        assert stage.model.asked < 60
        assert stage.view.verticalScrollBar().maximum() == 20_001 * HEIGHT - 5 * HEIGHT

    def test_scrolling_brings_a_row_into_view_and_no_further(self, stage: Stage) -> None:
        """A row that is in view stays; another one comes to the near edge, or where it is asked for."""
        view, bar = stage.view, stage.view.verticalScrollBar()
        view.scrollTo(stage.model.index(3))
        assert bar.value() == 0
        view.scrollTo(stage.model.index(10))
        assert bar.value() == 6 * HEIGHT
        view.scrollTo(stage.model.index(8))
        assert bar.value() == 6 * HEIGHT
        view.scrollTo(stage.model.index(2))
        assert bar.value() == 2 * HEIGHT
        view.scrollTo(stage.model.index(50), Hint.PositionAtTop)
        assert bar.value() == 50 * HEIGHT
        view.scrollTo(stage.model.index(50), Hint.PositionAtBottom)
        assert bar.value() == 46 * HEIGHT
        view.scrollTo(stage.model.index(50), Hint.PositionAtCenter)
        assert bar.value() == 48 * HEIGHT
        view.scrollTo(QModelIndex())
        assert bar.value() == 48 * HEIGHT

    def test_a_larger_font_makes_every_row_higher(self, stage: Stage) -> None:
        """When the delegate's rows grow, places, scroll range and painting follow."""
        stage.delegate.height = 2 * HEIGHT
        stage.view.rows_changed_height()
        stage.view.executeDelayedItemsLayout()
        assert stage.view.visualRect(stage.model.index(2)).top() == 4 * HEIGHT
        assert stage.view.verticalScrollBar().maximum() == 100 * 2 * HEIGHT - 5 * HEIGHT
        assert sorted(stage.painted()) == [0, 1, 2]

    def test_an_empty_list_and_a_view_without_a_model_do_nothing(self, qtbot: QtBot) -> None:
        """No rows: no painting, no range, no choice."""
        stage = Stage(qtbot, 0)
        assert stage.painted() == {}
        stage.press(Qt.Key.Key_Down)
        stage.press(Qt.Key.Key_Return)
        QTest.mouseClick(stage.view.viewport(), LEFT)
        assert (stage.chosen, stage.opened) == ([], [])
        bare = RowsView()
        qtbot.addWidget(bare)
        assert not bare.indexAt(QPoint(1, 1)).isValid()


class TestHands:
    def test_a_click_chooses_and_selects(self, stage: Stage) -> None:
        """The clicked row is chosen, painted as selected, and not outlined: that is for keys."""
        stage.click(2)
        assert stage.chosen == [2]
        state = stage.painted()[2]
        assert state & QStyle.StateFlag.State_Selected
        assert not state & QStyle.StateFlag.State_HasFocus

    def test_a_right_click_asks_for_a_menu_and_chooses_nothing(self, stage: Stage) -> None:
        """A menu for one row does not open it; the menu key asks for the current row."""
        asked: list[int] = []
        stage.view.menu_wanted.connect(lambda index, _place: asked.append(index.row()))
        stage.click(3, RIGHT)
        self.ask(stage, stage.view.visualRect(stage.model.index(3)).center(), Reason.Mouse)
        assert asked == [3]
        assert stage.chosen == []
        stage.click(1)
        self.ask(stage, QPoint(5, 90), Reason.Keyboard)
        assert asked == [3, 1]

    @staticmethod
    def ask(stage: Stage, place: QPoint, reason: QContextMenuEvent.Reason) -> None:
        event = QContextMenuEvent(reason, place, stage.view.viewport().mapToGlobal(place))
        QApplication.sendEvent(stage.view.viewport(), event)

    def test_keys_go_from_row_to_row(self, stage: Stage) -> None:
        """Arrows, pages, Home and End move and choose; the first arrow takes the first row; the ends hold."""
        keys = Qt.Key
        stage.view.setFocus()
        for key, row in (
            (keys.Key_Down, 0),
            (keys.Key_Down, 1),
            (keys.Key_Down, 2),
            (keys.Key_Up, 1),
            (keys.Key_PageDown, 5),
            (keys.Key_PageUp, 1),
            (keys.Key_End, 99),
            (keys.Key_PageDown, 99),
            (keys.Key_Home, 0),
            (keys.Key_Up, 0),
        ):
            stage.press(key)
            assert stage.view.currentIndex().row() == row
        assert stage.chosen == [0, 1, 2, 1, 5, 1, 99, 0]
        assert stage.painted()[0] & QStyle.StateFlag.State_HasFocus

    def test_enter_opens(self, stage: Stage) -> None:
        """Enter opens the current row, however it became that."""
        stage.click(4)
        stage.press(Qt.Key.Key_Enter)
        assert stage.opened == [4]

    def test_letters_are_handed_on(self, stage: Stage) -> None:
        """Typing into the list is no search among rows: whoever has a search field gets the letters."""
        typed: list[str] = []
        stage.view.typed.connect(typed.append)
        QTest.keyClicks(stage.view, "ohio")
        assert "".join(typed) == "ohio"

    def test_rows_that_come_and_go_choose_nothing(self, stage: Stage) -> None:
        """The selected row is removed and others are inserted: the person has chosen nothing."""
        stage.click(2)
        stage.model.remove(2)
        stage.model.insert_top("new")
        assert stage.chosen == [2]

    def test_the_row_under_the_pointer_is_marked(self, stage: Stage) -> None:
        """The mark follows the pointer, also while the rows scroll below it, and goes when it leaves."""
        hover = QStyle.StateFlag.State_MouseOver
        QTest.mouseMove(stage.view.viewport(), QPoint(10, HEIGHT + 5))
        assert [row for row, state in stage.painted().items() if state & hover] == [1]
        stage.view.verticalScrollBar().setValue(3 * HEIGHT)
        assert [row for row, state in stage.painted().items() if state & hover] == [4]


def test_a_screen_reader_knows_every_row(stage: Stage) -> None:
    """The accessible list has a child per row, also of those out of view, and says each row's text."""
    interface = QAccessible.queryAccessibleInterface(stage.view)
    assert interface is not None
    assert interface.role() is QAccessible.Role.List
    assert interface.childCount() == 100
    last = interface.child(99)
    assert last is not None
    assert last.text(QAccessible.Text.Name) == "row 99"


class TestLittleIsPainted:
    """What did not change is not painted again: counted in rows, not in time."""

    def painted_by(self, stage: Stage, act: Callable[[], object]) -> list[int]:
        QApplication.processEvents()
        stage.delegate.painted.clear()
        act()
        QApplication.processEvents()
        return sorted(stage.delegate.painted)

    def test_a_row_that_changed_is_painted_alone(self, stage: Stage) -> None:
        """One row tells of new data: one row is painted; one that is out of view paints nothing."""
        model = stage.model
        told = [model.index(row) for row in (3, 50)]
        assert self.painted_by(stage, lambda: model.dataChanged.emit(told[0], told[0])) == [3]
        assert self.painted_by(stage, lambda: model.dataChanged.emit(told[1], told[1])) == []

    def test_choosing_paints_the_row_that_was_and_the_row_that_is(self, stage: Stage) -> None:
        """However many rows lie between the two."""
        stage.view.setCurrentIndex(stage.model.index(0))
        assert self.painted_by(stage, lambda: stage.view.setCurrentIndex(stage.model.index(4))) == [0, 4]

    def test_the_pointer_paints_the_rows_that_it_leaves_and_enters(self, stage: Stage) -> None:
        """Moving within a row paints nothing."""
        places = [stage.view.visualRect(stage.model.index(row)).center() for row in (1, 3)]
        viewport = stage.view.viewport()
        QTest.mouseMove(viewport, places[0])
        assert self.painted_by(stage, lambda: QTest.mouseMove(viewport, places[1])) == [1, 3]
        assert self.painted_by(stage, lambda: QTest.mouseMove(viewport, places[1] + QPoint(4, 0))) == []
