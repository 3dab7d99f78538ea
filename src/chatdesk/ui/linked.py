"""The card with the other conversations of the same customer, beside the open one."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from chatdesk.domain.ids import ConversationId
from chatdesk.ui.context import UiContext
from chatdesk.ui.controls import Line, Panel
from chatdesk.ui.i18n import tr
from chatdesk.ui.lists.conversations import ConversationModel
from chatdesk.ui.lists.delegate import ConversationDelegate
from chatdesk.ui.lists.proxy import GroupProxy, SortBy
from chatdesk.ui.lists.rows_view import RowsView
from chatdesk.ui.orders.statuses import AccountFacts
from chatdesk.ui.plain import PlainLabel
from chatdesk.ui.theme import TextRole

MOST_ROWS = 4
"""More conversations than this are scrolled."""


class LinkedCard(Panel):
    """Rows as in the list; a click or Enter opens one: `opened(conversation id)`. Hidden while there is none.

    `filled_changed` when it has become empty, or is no longer.
    """

    opened = Signal(int)
    filled_changed = Signal()

    def __init__(
        self,
        context: UiContext,
        model: ConversationModel,
        facts: AccountFacts,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("panel", parent)
        self._context = context
        self.others = GroupProxy(model, self)
        self.others.set_sort(SortBy.ACTIVITY)
        self._heading = PlainLabel(
            context.theme, tr("Also talks with you on"), role=TextRole.STRONG, parent=self
        )
        self.view = RowsView(self)
        self.view.setItemDelegate(ConversationDelegate(context, self, letters_of=facts.letters))
        self.view.setModel(self.others)
        self.view.setAccessibleName(tr("Also talks with you on"))
        self._line = Line(context.theme, parent=self)
        self._column = QVBoxLayout(self)
        for widget in (self._heading, self.view, self._line):
            self._column.addWidget(widget)
        self._filled = False
        self.setAccessibleName(tr("Same customer"))
        self.view.clicked.connect(self._open)
        self.view.activated.connect(self._open)
        for changed in (self.others.rowsInserted, self.others.rowsRemoved):
            changed.connect(self._fit)
        context.theme.changed.connect(self._restyle)
        self._restyle()
        self.hide()

    def show_those_with(self, about: ConversationId | None) -> None:
        """Show the other conversations with this one's customer."""
        self.view.selectionModel().clear()
        self.others.show_those_with(about)
        self._fit()

    def is_filled(self) -> bool:
        """Whether there is any."""
        return self.others.rowCount() > 0

    def first(self) -> ConversationId | None:
        """The one in which something happened last; None: there is none."""
        return ConversationId(self.others.id_at(0)) if self.is_filled() else None

    def _open(self, index: QModelIndex) -> None:
        if index.isValid():
            self.opened.emit(self.others.id_at(index.row()))

    def _fit(self) -> None:
        rows = self.others.rowCount()
        self.view.setFixedHeight(self.view.row_height * min(rows, MOST_ROWS))
        self.setVisible(rows > 0)
        if self._filled != (rows > 0):
            self._filled = rows > 0
            self.filled_changed.emit()

    def _restyle(self) -> None:
        metrics = self._context.theme.metrics
        self._column.setContentsMargins(0, metrics.px(14), 0, 0)
        self._column.setSpacing(metrics.px(4))
        self._heading.setIndent(metrics.px(14))
        self.view.rows_changed_height()
        self._fit()
