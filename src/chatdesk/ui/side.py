"""The order panel as the window's right region, with a way back where it has the window to itself."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from chatdesk.ui.context import UiContext
from chatdesk.ui.controls import IconButton, Line, Panel
from chatdesk.ui.i18n import tr
from chatdesk.ui.orders.panel import OrderPanel
from chatdesk.ui.plain import PlainLabel
from chatdesk.ui.theme import TextRole


class OrderSide(Panel):
    """The panel below a head that is there in one-pane windows only; `back_asked`."""

    back_asked = Signal()

    def __init__(self, context: UiContext, parent: QWidget | None = None) -> None:
        super().__init__("panel", parent)
        self.setAccessibleName(tr("Order"))
        theme = context.theme
        self.panel = OrderPanel(context, self)
        self._head = Panel("panel", self)
        self._back = IconButton(context, "back", tr("Back"), parent=self._head)
        self._back.clicked.connect(self.back_asked)
        row = QHBoxLayout()
        row.setContentsMargins(
            theme.metrics.large, theme.metrics.small, theme.metrics.large, theme.metrics.small
        )
        row.addWidget(self._back)
        row.addWidget(PlainLabel(theme, tr("Order"), role=TextRole.TITLE, parent=self._head), 1)
        head = QVBoxLayout(self._head)
        head.setContentsMargins(0, 0, 0, 0)
        head.setSpacing(0)
        head.addLayout(row)
        head.addWidget(Line(theme, parent=self._head))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._head)
        column.addWidget(self.panel, 1)
        self._head.hide()

    def offer_back(self, offered: bool) -> None:
        """Show the head with Back."""
        self._head.setVisible(offered)
