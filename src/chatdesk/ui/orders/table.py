"""The orders as a table, where there is room for one: sorted by its header, opened by Enter."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from chatdesk.ui.context import UiContext
from chatdesk.ui.i18n import tr
from chatdesk.ui.orders.delegates import OrderCellDelegate
from chatdesk.ui.orders.model import Column
from chatdesk.ui.orders.proxy import OrderProxy

Index = QModelIndex | QPersistentModelIndex
_SHOWN_FROM_PX = {Column.KIND: 640, Column.PROGRESS: 560, Column.LAST: 760}
"""Columns that come only with more room."""
_WIDTHS_PX = {
    Column.ORDER: 84,
    Column.KIND: 76,
    Column.STATUS: 124,
    Column.PROGRESS: 90,
    Column.WAITING: 76,
    Column.LAST: 180,
}


class OrdersTable(QTableView):
    """The wide form: sorted by its header, one row at a time, Enter opens."""

    def __init__(self, context: UiContext, proxy: OrderProxy, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._cells = OrderCellDelegate(context, self)
        self.setModel(proxy)
        self.setItemDelegate(self._cells)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.setAccessibleName(tr("Orders"))
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(Column.CUSTOMER, QHeaderView.ResizeMode.Stretch)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        header.setSortIndicatorClearable(True)
        self.setSortingEnabled(True)
        context.theme.changed.connect(self._restyle)
        self._restyle()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and self.currentIndex().isValid():
            self.activated.emit(self.currentIndex())
            return
        super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        scale = self._context.theme.metrics.scale
        for column, least_px in _SHOWN_FROM_PX.items():
            self.setColumnHidden(column, self.width() < least_px * scale)
        super().resizeEvent(event)

    def _restyle(self) -> None:
        px = self._context.theme.metrics.px
        for column, width in _WIDTHS_PX.items():
            self.setColumnWidth(column, px(width))
        self.verticalHeader().setDefaultSectionSize(self._cells.cell_height())
