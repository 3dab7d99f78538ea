"""What the window asks its person by itself: whether old messages shall go, and whether to show a report."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from chatdesk.ui.context import UiContext
from chatdesk.ui.i18n import tr, trn
from chatdesk.ui.offer_strip import Offer, OfferStrip
from chatdesk.ui.outbox import OutboxModel, asks_first

RECOVERED = "recovered"
OLD = "old sends"
REPORT = "report"


class Asks(OfferStrip):
    """Follows the outbox. `outbox_asked`, `old_sends_asked`, `report_asked(compose)`: it is wanted."""

    outbox_asked = Signal()
    old_sends_asked = Signal()
    report_asked = Signal(object)

    def __init__(self, context: UiContext, outbox: OutboxModel, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self._outbox = outbox
        self._put_off = 0
        """So many were there when the person last said not now; only more of them ask again."""
        outbox.counts_changed.connect(self._look)
        self.dismissed.connect(self._on_dismissed)

    def offer_report(self, compose: Callable[[], str]) -> None:
        """The last starts have crashed: offer to show what it knows of that."""
        offer = Offer(
            REPORT,
            tr("chatdesk has crashed twice in a row."),
            tr("Everything that you sent or wrote is here; no conversation was opened by itself."),
            tr("Show report"),
            "alert",
        )
        self.offer(offer, lambda: self.report_asked.emit(compose))

    def tell_recovery(self, sentence: str) -> None:
        """The database was put back, brought back or made anew: it is told until it was read."""
        offer = Offer(
            RECOVERED, tr("chatdesk has recovered."), sentence, tr("Show outbox"), "alert", tr("Close")
        )
        self.offer(offer, self._show_outbox)

    def _show_outbox(self) -> None:
        self.withdraw(RECOVERED)
        self.outbox_asked.emit()

    def _look(self) -> None:
        count = sum(1 for item in self._outbox.items() if asks_first(item))
        self._put_off = min(self._put_off, count)
        if count <= self._put_off:
            self.withdraw(OLD)
            return
        offer = Offer(
            OLD,
            trn("1 item asks before it goes.", "{n} items ask before they go.", count),
            tr("More than 12 hours old, or back with data that was restored. Nothing goes until you say so."),
            tr("Decide…"),
        )
        self.offer(offer, self.old_sends_asked.emit)

    def _on_dismissed(self, key: str) -> None:
        if key == OLD:
            self._put_off = sum(1 for item in self._outbox.items() if asks_first(item))
