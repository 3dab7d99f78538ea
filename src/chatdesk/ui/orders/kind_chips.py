"""The filter by kind of order: there only while orders of more than one kind are there."""

from __future__ import annotations

from enum import StrEnum

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from chatdesk.domain.kinds import OrderKind
from chatdesk.ui.context import UiContext
from chatdesk.ui.i18n import number, tr
from chatdesk.ui.lists.choices import Chips
from chatdesk.ui.orders.proxy import OrderProxy
from chatdesk.ui.orders.row import kinds_text


class KindChip(StrEnum):
    """A kind of order, or all of them."""

    ALL = "all"
    ORDER = "order"
    TRIP = "trip"
    PACKAGE = "package"
    BOOKING = "booking"
    RFQ = "rfq"

    @property
    def kind(self) -> OrderKind | None:
        """The kind that it shows; None: all."""
        return None if self is KindChip.ALL else OrderKind(self.value)


class KindChips(QWidget):
    """Chips for the kinds that the chosen account has orders of. `needed_changed` when it comes or goes."""

    needed_changed = Signal()

    def __init__(self, context: UiContext, shown: OrderProxy, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown = shown
        self.is_needed = False
        words = {KindChip.ALL: tr("All kinds")} | {
            chip: kinds_text(chip.kind) for chip in KindChip if chip.kind is not None
        }
        self.chips: Chips[KindChip] = Chips(context.theme, words, tr("Kind of order"), self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.chips)
        self.chips.chosen.connect(lambda chip: shown.set_kind(chip.kind))
        shown.counts_changed.connect(self.refresh)
        self.refresh()

    def choose(self, chip: KindChip) -> None:
        """Show one kind, or all."""
        self.chips.choose(chip)
        self._shown.set_kind(chip.kind)

    def refresh(self) -> None:
        """Offer the kinds that are there; a kind that has gone lets all be shown again."""
        counts = {chip: self._shown.count_of_kind(chip.kind) for chip in KindChip if chip.kind is not None}
        for chip, count in counts.items():
            self.chips.button(chip).setVisible(count > 0)
            spoken = tr("{kinds}, {n}", kinds=kinds_text(OrderKind(chip.value)), n=number(count))
            self.chips.show_count(chip, count, spoken)
        needed = sum(1 for count in counts.values() if count) > 1
        kind = self._shown.kind
        if kind is not None and (not needed or not self._shown.count_of_kind(kind)):
            self.choose(KindChip.ALL)
        if needed != self.is_needed:
            self.is_needed = needed
            self.needed_changed.emit()
