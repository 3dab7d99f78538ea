"""A list of rows of one height that never lays them out: where a row is, is its number times the height.

Qt's QListView asks the model for every row after each change of order: 38 ms at 10,000 conversations, for one
new message. It stays the base class, since its rows are what screen readers know.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QAccessible,
    QContextMenuEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QRegion,
)
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyle, QStyleOptionViewItem, QWidget

from chatdesk.ui.viewports import make_viewport

Index = QModelIndex | QPersistentModelIndex
Cursor = QAbstractItemView.CursorAction
Hint = QAbstractItemView.ScrollHint
ROOT = QModelIndex()
BY_KEYBOARD = frozenset(
    {Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason, Qt.FocusReason.ShortcutFocusReason}
)
"""Ways in which the keyboard's focus came by a key: then it is outlined."""


class RowsView(QListView):
    """A QListView for uniform rows of any number; the delegate's size hint gives their height.

    The row that has the keyboard is outlined only after a key was used: a click needs no outline.
    """

    chosen = Signal(QModelIndex)
    """The person went to a row, by mouse or by key; never because rows came, went or moved."""
    menu_wanted = Signal(QModelIndex, QPoint)
    """The person asked for a row's menu: the row and a global position."""
    typed = Signal(str)
    """Letters typed into the list: whoever owns a search field takes them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        make_viewport(self)
        self._height = 1
        self._pointer: QPoint | None = None
        self._by_keyboard = False
        self._has_model = False
        self.setUniformItemSizes(True)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QListView.Shape.NoFrame)
        self.setMouseTracking(True)

    # -- where rows are --------------------------------------------------------------------------------

    @property
    def row_height(self) -> int:
        """Height of every row in pixels."""
        return self._height

    def rows_changed_height(self) -> None:
        """The delegate's size hint has changed (theme, text size)."""
        self._measure()
        self.scheduleDelayedItemsLayout()

    def _measure(self) -> None:
        option = QStyleOptionViewItem()
        self.initViewItemOption(option)
        self._height = max(1, self.itemDelegate().sizeHint(option, QModelIndex()).height())

    def _count(self) -> int:
        return self.model().rowCount() if self._has_model else 0

    def setModel(self, model: QAbstractItemModel | None) -> None:
        self._has_model = model is not None
        super().setModel(model)

    def visualRect(self, index: Index) -> QRect:
        if not index.isValid():
            return QRect()
        return QRect(
            0, index.row() * self._height - self.verticalOffset(), self.viewport().width(), self._height
        )

    def indexAt(self, point: QPoint) -> QModelIndex:
        row = (point.y() + self.verticalOffset()) // self._height
        if point.y() + self.verticalOffset() < 0 or row >= self._count():
            return QModelIndex()
        return self.model().index(row, 0)

    def verticalOffset(self) -> int:
        return self.verticalScrollBar().value()

    def horizontalOffset(self) -> int:
        return 0

    def scrollTo(self, index: Index, hint: Hint = Hint.EnsureVisible) -> None:
        if not index.isValid():
            return
        self.executeDelayedItemsLayout()
        top, bar = index.row() * self._height, self.verticalScrollBar()
        page = self.viewport().height()
        below = top + self._height - page
        if hint is Hint.PositionAtTop or (hint is Hint.EnsureVisible and top < bar.value()):
            bar.setValue(top)
        elif hint is Hint.PositionAtBottom or (hint is Hint.EnsureVisible and below > bar.value()):
            bar.setValue(below)
        elif hint is Hint.PositionAtCenter:
            bar.setValue(top - (page - self._height) // 2)

    # -- layout without looking at rows ----------------------------------------------------------------

    def doItemsLayout(self) -> None:
        self._measure()
        QAbstractItemView.doItemsLayout(self)

    def updateGeometries(self) -> None:
        page, bar = self.viewport().height(), self.verticalScrollBar()
        bar.setSingleStep(max(1, self._height // 3))
        bar.setPageStep(page)
        bar.setRange(0, max(0, self._count() * self._height - page))
        QAbstractItemView.updateGeometries(self)

    def rowsInserted(self, parent: QModelIndex | QPersistentModelIndex, start: int, end: int) -> None:
        QAbstractItemView.rowsInserted(self, parent, start, end)
        self.scheduleDelayedItemsLayout()

    def dataChanged(self, first: Index, last: Index, roles: Sequence[int] = ()) -> None:
        # Qt paints the whole view for one row. Who reads the screen has to be told of it, by Qt's own way.
        if QAccessible.isActive():
            super().dataChanged(first, last, roles)
        elif first.isValid():
            self.viewport().update(self.visualRect(first).united(self.visualRect(last)))

    def scrollContentsBy(self, _dx: int, _dy: int) -> None:
        # Painted anew rather than moved, since the row under the pointer is another one now.
        self.viewport().update()

    # -- painting --------------------------------------------------------------------------------------

    def visible_rows(self, area: QRect | None = None) -> range:
        """Rows of which something lies in an area of the viewport (None: in all of it)."""
        shown, offset = area or self.viewport().rect(), self.verticalOffset()
        first = max(0, (shown.top() + offset) // self._height)
        return range(first, min(self._count(), (shown.bottom() + offset) // self._height + 1))

    def paintEvent(self, event: QPaintEvent) -> None:
        model, selection, current = self.model(), self.selectionModel(), self.currentIndex()
        rows, region = self.visible_rows(event.rect()), event.region()
        if not rows:
            return
        option = QStyleOptionViewItem()
        self.initViewItemOption(option)
        flags = QStyle.StateFlag
        base = option.state & ~(flags.State_Selected | flags.State_HasFocus | flags.State_MouseOver)
        outlined = current.row() if self._by_keyboard and self.hasFocus() else -1
        under = self.indexAt(self._pointer).row() if self._pointer is not None else -1
        painter = QPainter(self.viewport())
        for row in rows:
            index = model.index(row, 0)
            option.rect = self.visualRect(index)
            if not region.intersects(option.rect):
                continue  # two rows that change may have any number between them that do not
            option.state = base
            if selection.isSelected(index):
                option.state |= flags.State_Selected
            if row == outlined:
                option.state |= flags.State_HasFocus
            if row == under:
                option.state |= flags.State_MouseOver
            self.itemDelegate().paint(painter, option, index)
        painter.end()

    def visualRegionForSelection(self, selection: QItemSelection) -> QRegion:
        region = QRegion()
        for index in selection.indexes():  # at most one
            region += self.visualRect(index).intersected(self.viewport().rect())
        return region

    # -- hands -----------------------------------------------------------------------------------------

    def moveCursor(self, action: Cursor, _modifiers: Qt.KeyboardModifier) -> QModelIndex:
        count = self._count()
        if not count:
            return QModelIndex()
        page = max(1, self.viewport().height() // self._height - 1)
        step = {
            Cursor.MoveUp: -1,
            Cursor.MovePrevious: -1,
            Cursor.MoveDown: 1,
            Cursor.MoveNext: 1,
            Cursor.MovePageUp: -page,
            Cursor.MovePageDown: page,
            Cursor.MoveHome: -count,
            Cursor.MoveEnd: count,
        }.get(action, 0)
        current = self.currentIndex()
        # From nowhere, whatever the key, the first row is where one arrives.
        target = max(0, min(current.row() + step, count - 1)) if current.isValid() else 0
        return self.model().index(target, 0)

    def setSelection(self, rect: QRect, command: QItemSelectionModel.SelectionFlag) -> None:
        model = self.model()
        rows = self.visible_rows(rect.normalized())
        chosen = QItemSelection()
        if rows:
            chosen.select(model.index(rows.start, 0), model.index(rows.stop - 1, 0))
        self.selectionModel().select(chosen, command)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self._set_by_keyboard(True)
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and self.currentIndex().isValid():
            self.activated.emit(self.currentIndex())
            return
        before = QPersistentModelIndex(self.currentIndex())
        if event.key() in {Qt.Key.Key_Up, Qt.Key.Key_Down} and self._is_only_outlined():
            # Qt outlines the first row when the keyboard comes in: the first arrow goes to it, not past it.
            selection = self.selectionModel()
            selection.select(self.currentIndex(), QItemSelectionModel.SelectionFlag.ClearAndSelect)
            self.chosen.emit(self.currentIndex())
            return
        super().keyPressEvent(event)
        current = self.currentIndex()
        if current.isValid() and QPersistentModelIndex(current) != before:
            self.chosen.emit(current)

    def _is_only_outlined(self) -> bool:
        current = self.currentIndex()
        return current.isValid() and not self.selectionModel().isSelected(current)

    def keyboardSearch(self, search: str) -> None:
        if search.strip():
            self.typed.emit(search)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._set_by_keyboard(False)
        if event.button() is not Qt.MouseButton.LeftButton:
            return  # a menu for a row does not open the row
        super().mousePressEvent(event)
        index = self.indexAt(event.position().toPoint())
        if index.isValid():
            self.chosen.emit(index)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if event.reason() is QContextMenuEvent.Reason.Keyboard:
            index = self.currentIndex()
            place = self.viewport().mapToGlobal(self.visualRect(index).center())
        else:
            index, place = self.indexAt(event.pos()), event.globalPos()
        if index.isValid():
            self.menu_wanted.emit(index, place)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._point_at(event.position().toPoint())
        super().mouseMoveEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self._point_at(None)
        super().leaveEvent(event)

    def _point_at(self, place: QPoint | None) -> None:
        """The pointer is there now: the row under it and the one that was are drawn anew."""
        before = self.indexAt(self._pointer) if self._pointer is not None else ROOT
        self._pointer = place
        now = self.indexAt(place) if place is not None else ROOT
        if now != before:
            for index in (before, now):
                self.viewport().update(self.visualRect(index))

    def focusInEvent(self, event: QFocusEvent) -> None:
        if event.reason() in BY_KEYBOARD:
            self._set_by_keyboard(True)
        super().focusInEvent(event)

    def _set_by_keyboard(self, by_keyboard: bool) -> None:
        if by_keyboard is not self._by_keyboard:
            self._by_keyboard = by_keyboard
            self.viewport().update(self.visualRect(self.currentIndex()))
