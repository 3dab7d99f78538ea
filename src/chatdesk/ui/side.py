"""The order panel as the window's right region, with a way back where it has the window to itself."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from chatdesk.domain.ids import ConversationId
from chatdesk.domain.text import one_line
from chatdesk.ui.context import UiContext
from chatdesk.ui.controls import IconButton, Line, Panel
from chatdesk.ui.i18n import tr
from chatdesk.ui.linked import LinkedCard
from chatdesk.ui.lists.conversations import ConversationModel
from chatdesk.ui.orders.panel import OrderPanel
from chatdesk.ui.orders.statuses import AccountFacts
from chatdesk.ui.plain import ElidedLabel
from chatdesk.ui.theme import TextRole

NAME_CHARS = 120


class OrderSide(Panel):
    """The panel below a head that is there in one-pane windows only; `back_asked`.

    Above the order stand the other conversations with the same customer, where there are any.
    """

    back_asked = Signal()

    def __init__(
        self,
        context: UiContext,
        model: ConversationModel,
        facts: AccountFacts,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("panel", parent)
        self._context = context
        self.setAccessibleName(tr("Order"))
        theme = context.theme
        self.linked = LinkedCard(context, model, facts, self)
        self.panel = OrderPanel(context, self)
        self._head = Panel("panel", self)
        self._back = IconButton(context, "back", tr("Back"), parent=self._head)
        self._back.clicked.connect(self.back_asked)
        row = QHBoxLayout()
        row.setContentsMargins(
            theme.metrics.large, theme.metrics.small, theme.metrics.large, theme.metrics.small
        )
        row.addWidget(self._back)
        self._name = ElidedLabel(theme, role=TextRole.TITLE, parent=self._head)
        row.addWidget(self._name, 1)
        head = QVBoxLayout(self._head)
        head.setContentsMargins(0, 0, 0, 0)
        head.setSpacing(0)
        head.addLayout(row)
        head.addWidget(Line(theme, parent=self._head))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._head)
        column.addWidget(self.linked)
        column.addWidget(self.panel, 1)
        self._head.hide()

    def open_conversation(self, conversation_id: ConversationId | None) -> None:
        """Show the order of this conversation."""
        reader = self._context.desk.reader
        row = reader.conversation(conversation_id) if conversation_id is not None else None
        self._name.setText(one_line(row.title, NAME_CHARS) if row is not None else "")
        self.linked.show_those_with(row.id if row is not None else None)
        self.panel.open_conversation(conversation_id)

    def offer_back(self, offered: bool) -> None:
        """Show the head with Back."""
        self._head.setVisible(offered)
