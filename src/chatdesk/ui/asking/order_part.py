"""What the order panel shows of asking: position, actions and files of the order that is open."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from chatdesk.domain.actions import ActionKind
from chatdesk.domain.entities import Account, Order
from chatdesk.ui.asking.asker import Asker
from chatdesk.ui.asking.buttons import OfferButtons, Press
from chatdesk.ui.asking.files import OrderFiles, takes_files
from chatdesk.ui.asking.offers import about_order
from chatdesk.ui.asking.position import PositionCard
from chatdesk.ui.context import UiContext


class OrderPart(QObject):
    """Three widgets that the panel puts into its column; they show and hide themselves."""

    def __init__(self, context: UiContext, asker: Asker, press: Press, parent: QWidget) -> None:
        super().__init__(parent)
        self._context = context
        self.position = PositionCard(context, parent)
        # Files have their own buttons.
        self.offers = OfferButtons(
            context, asker, press, leave_out=(ActionKind.LIST_FILES,), stacked=True, parent=parent
        )
        # What keeps everything from being done is said once, above.
        self.files = OrderFiles(
            context, asker, press, said_above=lambda: bool(self.offers.sentence()), parent=parent
        )

    def show_order(self, account: Account | None, order: Order | None) -> None:
        """Show what belongs to an order; None: nothing."""
        self.position.show_order(order)
        self.files.show_order(account, order)
        if account is None or order is None:
            self.offers.show_for(None)
            return
        talk_id = order.conversation_id
        talk = self._context.desk.reader.conversation(talk_id) if talk_id is not None else None
        self.offers.show_for(about_order(account, order, talk))

    def takes_files(self, account: Account | None, order: Order) -> bool:
        """Whether the files are shown here."""
        return account is not None and takes_files(account, order)
