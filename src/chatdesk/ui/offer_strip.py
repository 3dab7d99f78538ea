"""The strip at the top of the window that offers something to decide: what happened, what is safe, a step."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from PySide6.QtCore import Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QSizePolicy, QWidget

from chatdesk.ui.context import UiContext
from chatdesk.ui.controls import Panel, WordButton
from chatdesk.ui.i18n import tr
from chatdesk.ui.plain import PlainLabel
from chatdesk.ui.strips import arrange
from chatdesk.ui.theme import TextRole

STACKED_BELOW_PX = 760


class Offer(msgspec.Struct, frozen=True):
    """Something to decide. `key`: which; a newer one of the same key takes its place. `act`: its button."""

    key: str
    title: str
    text: str
    act: str
    icon: str = "clock"
    close: str = ""
    """Words of the button that only closes it; empty: not now."""


class OfferStrip(Panel):
    """Shows one offer after the other, the oldest first; hidden while there is none.

    `dismissed(key)`: the person does not want it now.
    """

    dismissed = Signal(str)

    def __init__(self, context: UiContext, parent: QWidget | None = None) -> None:
        super().__init__("banner", parent)
        self._context = context
        self._offers: dict[str, tuple[Offer, Callable[[], object]]] = {}
        theme = context.theme
        self._icon = PlainLabel(theme, parent=self)
        self._title = PlainLabel(theme, role=TextRole.SECONDARY_STRONG, colour="warn", parent=self)
        self._text = PlainLabel(theme, role=TextRole.SECONDARY, wrap=True, parent=self)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.act = WordButton("", look="flat", parent=self)
        self.act.clicked.connect(self._act)
        self.dismiss = WordButton(tr("Not now"), look="flat", parent=self)
        self.dismiss.clicked.connect(self._dismiss)
        row = QHBoxLayout(self)
        row.setSpacing(theme.metrics.small)
        row.addWidget(self._icon)
        self._lines = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._lines.addWidget(self._title)
        self._lines.addWidget(self._text, 1)
        row.addLayout(self._lines, 1)
        row.addWidget(self.act)
        row.addWidget(self.dismiss)
        theme.changed.connect(self._restyle)
        self._restyle()
        self.hide()

    def offer(self, offer: Offer, act: Callable[[], object]) -> None:
        """Show it, or put it behind those that are there. `act`: what its button does; it stays till then."""
        self._offers[offer.key] = (offer, act)
        self._show()

    def withdraw(self, key: str) -> None:
        """It is decided, or is no question any more."""
        if self._offers.pop(key, None) is not None:
            self._show()

    def shown(self) -> Offer | None:
        """What it says now; None while it is hidden."""
        return next((offer for offer, _ in self._offers.values()), None)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        metrics = self._context.theme.metrics
        beside = event.size().width() >= metrics.px(STACKED_BELOW_PX)
        arrange(self, self._lines, self._title, beside=beside, metrics=metrics)

    def _act(self) -> None:
        offer = self.shown()
        if offer is not None:
            self._offers[offer.key][1]()

    def _dismiss(self) -> None:
        offer = self.shown()
        if offer is not None:
            self.withdraw(offer.key)
            self.dismissed.emit(offer.key)

    def _show(self) -> None:
        offer = self.shown()
        if offer is None:
            self.hide()
            return
        self._title.setText(offer.title)
        self._text.setText(offer.text)
        self.act.set_words(offer.act)
        self.dismiss.set_words(offer.close or tr("Not now"))
        spoken = tr("{title} {text}", title=offer.title, text=offer.text)
        if spoken != self.accessibleName() or self.isHidden():
            self.setAccessibleName(spoken)
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, spoken))
        self._restyle()
        self.show()

    def _restyle(self) -> None:
        metrics, layout = self._context.theme.metrics, self.layout()
        if layout is not None:
            layout.setContentsMargins(metrics.large, metrics.tiny, metrics.small, metrics.tiny)
        offer = self.shown()
        if offer is not None:
            pixels = self._context.icons.pixmap(offer.icon, "warn", metrics.icon, self.devicePixelRatioF())
            self._icon.setPixmap(pixels)
