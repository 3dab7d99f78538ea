"""The orders in the list pane: compact rows where it is narrow, a table where it is wide."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from chatdesk.domain.ids import OrderId
from chatdesk.ui.context import UiContext
from chatdesk.ui.empty import EmptyState
from chatdesk.ui.i18n import tr
from chatdesk.ui.lists.rows_view import RowsView
from chatdesk.ui.orders.delegates import OrderRowDelegate
from chatdesk.ui.orders.model import Column, OrderModel
from chatdesk.ui.orders.proxy import OrderChip, OrderProxy
from chatdesk.ui.orders.table import OrdersTable
from chatdesk.ui.preferences import ORDER_SORT

WIDE_PX = 500
"""From here on (at 100 %) the orders are a table."""
_TEXT_PX = 210
_DIRECTIONS = {"+": Qt.SortOrder.AscendingOrder, "-": Qt.SortOrder.DescendingOrder}


class OrdersPage(QWidget):
    """All orders that the proxy shows. Both forms share one selection."""

    order_opened = Signal(int)
    """OrderId: the person pressed Enter on an order, or clicked it twice."""
    typed = Signal(str)
    """Letters typed into the rows: the search field takes them."""
    all_wanted = Signal()
    """The person asked for everything instead of the filter that finds nothing."""

    def __init__(
        self, context: UiContext, model: OrderModel, proxy: OrderProxy, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._context = context
        self._model = model
        self._proxy = proxy
        self._rows = RowsView(self)
        self._rows.setItemDelegate(OrderRowDelegate(context, self))
        self._rows.setModel(proxy)
        self._rows.setAccessibleName(tr("Orders"))
        self._table = OrdersTable(context, proxy, self)
        self._rows.setSelectionModel(self._table.selectionModel())
        self._nothing = EmptyState(context, "order", self, text_px=_TEXT_PX)
        self._nothing.set_look("panel")
        # The pane decides how narrow it may be, not the words.
        self._nothing.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self._stack = QStackedWidget(self)
        for widget in (self._rows, self._table, self._nothing):
            self._stack.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._stack)
        for view in (self._rows, self._table):
            view.activated.connect(self._open)
        self._rows.typed.connect(self.typed)
        self._nothing.asked.connect(self.all_wanted)
        for changed in (proxy.rowsInserted, proxy.rowsRemoved, proxy.settled, model.completed):
            changed.connect(self.arrange)
        context.theme.changed.connect(self._rows.rows_changed_height)
        context.clock.beat.connect(self._on_beat)
        self._recall_sort()
        self._table.horizontalHeader().sortIndicatorChanged.connect(self._remember_sort)
        self.arrange()

    @property
    def view(self) -> QAbstractItemView:
        """The form that is shown, or would be if there were orders."""
        return self._table if self.is_wide else self._rows

    @property
    def is_wide(self) -> bool:
        """Whether there is room for the table."""
        return self.width() >= WIDE_PX * self._context.theme.metrics.scale

    def sort(self, column: Column | None) -> None:
        """Sort by a column, or (None) by what happened last; the table's header shows it."""
        self._table.horizontalHeader().setSortIndicator(
            -1 if column is None else column, Qt.SortOrder.AscendingOrder
        )

    def _recall_sort(self) -> None:
        remembered = self._context.preferences.get(ORDER_SORT)
        name, sign = remembered[:-1], remembered[-1:]
        if name in Column.__members__ and sign in _DIRECTIONS:
            self._table.horizontalHeader().setSortIndicator(Column[name], _DIRECTIONS[sign])

    def _remember_sort(self, column: int, direction: Qt.SortOrder) -> None:
        sign = next(sign for sign, one in _DIRECTIONS.items() if one is direction)
        known = 0 <= column < len(Column)
        self._context.preferences.put(ORDER_SORT, f"{Column(column).name}{sign}" if known else "")

    def arrange(self) -> None:
        """Show the form that fits, or the words where there is nothing to show."""
        if self._proxy.rowCount():
            self._stack.setCurrentWidget(self.view)
        else:
            self._say_nothing()
            self._stack.setCurrentWidget(self._nothing)
        self.setFocusProxy(self.view)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.arrange()

    def _open(self, index: QModelIndex) -> None:
        self.order_opened.emit(OrderId(self._proxy.id_at(index.row())))

    def _on_beat(self) -> None:
        if self.isVisible():
            self.view.viewport().update()  # times and timers have moved on

    def _say_nothing(self) -> None:
        if not self._model.is_whole:
            self._nothing.say(tr("Reading the orders…"), "")
        elif not self._model.rowCount():
            self._nothing.say(tr("No orders yet"), tr("They appear here as your server lists them."))
        elif self._proxy.is_searching:
            self._nothing.say(
                tr("Nothing matches"),
                tr("No order has these words in its number, names, status or last message."),
                tr("Show all"),
            )
        else:
            title, text = _NOTHING[self._proxy.chip]()
            self._nothing.say(title, text, tr("Show all"))


_NOTHING = {
    OrderChip.OPEN: lambda: (tr("No open orders"), tr("Everything is done or cancelled.")),
    OrderChip.NEEDS_REPLY: lambda: (tr("Nobody is waiting"), tr("Every customer has an answer.")),
    OrderChip.CLOSED: lambda: (tr("No closed orders"), tr("Nothing is done or cancelled yet.")),
    OrderChip.ALL: lambda: (tr("No orders here"), tr("This account has none.")),
}
