"""The actions that are offered on one thing, as buttons with their progress and outcome, or as a menu."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLayout, QMenu, QVBoxLayout, QWidget

from chatdesk.domain.actions import ActionKind, Offer
from chatdesk.ui.asking.asker import Asker
from chatdesk.ui.asking.offers import About, needs_file, offers_for
from chatdesk.ui.asking.strip import Strip
from chatdesk.ui.asking.wording import DANGEROUS, action_words, subject_words
from chatdesk.ui.context import UiContext
from chatdesk.ui.controls import WordButton
from chatdesk.ui.lists.flow import FlowLayout
from chatdesk.ui.plain import PlainLabel, set_tip, without_mnemonic
from chatdesk.ui.theme import TextRole

Press = Callable[[About, Offer], object]
"""Does an offered action: at once, or after a dialog."""


def plain_offers(about: About | None, leave_out: Iterable[ActionKind] = ()) -> tuple[Offer, ...]:
    """What a button alone can begin: not what needs a file first, nor what has its own place."""
    if about is None:
        return ()
    without = frozenset(leave_out)
    return tuple(
        offer for offer in offers_for(about) if not needs_file(offer.action) and offer.action not in without
    )


class OfferButtons(QWidget):
    """Buttons for one thing. Disabled, with one sentence, while its server can't be asked.

    `filled_changed` when there is something to show, or no longer.
    """

    filled_changed = Signal()

    def __init__(
        self,
        context: UiContext,
        asker: Asker,
        press: Press,
        *,
        leave_out: Iterable[ActionKind] = (),
        stacked: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        """leave_out: actions that have their own place. stacked: one below the other, as wide as there is."""
        super().__init__(parent)
        self._context = context
        self._asker = asker
        self._press = press
        self._leave_out = frozenset(leave_out)
        self._about: About | None = None
        self._drawn: tuple[object, ...] = ()
        self._buttons: dict[ActionKind, WordButton] = {}
        theme = context.theme
        self._row = QWidget(self)
        self._flow: QLayout = QVBoxLayout(self._row) if stacked else FlowLayout(self._row)
        self._flow.setContentsMargins(0, 0, 0, 0)
        self._why = PlainLabel(theme, role=TextRole.SECONDARY, colour="warn", wrap=True, parent=self)
        self.strip = Strip(context, asker, self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.metrics.tiny)
        for widget in (self._row, self._why, self.strip):
            column.addWidget(widget)
        asker.changed.connect(self._on_changed)
        asker.standing_changed.connect(self._on_standing)
        theme.changed.connect(self._restyle)
        self._restyle()
        self.hide()

    def show_for(self, about: About | None) -> None:
        """Offer what can be done with this; None: nothing."""
        self._about = about
        offers = plain_offers(about, self._leave_out)
        drawn = (about.key if about is not None else "", offers, about.hit if about is not None else None)
        if drawn != self._drawn:
            self._drawn = drawn
            self._rebuild(offers)
        self._refresh()

    def button(self, kind: ActionKind) -> WordButton | None:
        """The button of an action; None where it is not offered."""
        return self._buttons.get(kind)

    def sentence(self) -> str:
        """Why nothing can be pressed; empty where it can."""
        return self._why.text()

    def is_filled(self) -> bool:
        """Whether there is anything to show."""
        return bool(self._buttons) or self.strip.work() is not None

    def _rebuild(self, offers: tuple[Offer, ...]) -> None:
        for button in self._buttons.values():
            self._flow.removeWidget(button)
            button.hide()
            button.deleteLater()
        self._buttons.clear()
        about = self._about
        if about is None:
            return
        for offer in offers:
            first = offer.action is ActionKind.START_CHAT
            look = "danger" if offer.action in DANGEROUS else "primary" if first else ""
            button = WordButton(action_words(offer, about), look=look, parent=self._row)
            button.clicked.connect(lambda _on=False, wanted=offer: self._pressed(wanted))
            self._flow.addWidget(button)
            self._buttons[offer.action] = button
            button.show()
        self._row.setAccessibleName(subject_words(about.on))

    def _pressed(self, offer: Offer) -> None:
        if self._about is not None:
            self._press(self._about, offer)

    def _on_changed(self, key: str) -> None:
        if self._about is not None and key == self._about.key:
            self._refresh()

    def _on_standing(self, account_id: int) -> None:
        if self._about is not None and account_id == self._about.account.id:
            self._refresh()

    def _refresh(self) -> None:
        about = self._about
        blocked = self._asker.blocked(about.account.id) if about is not None and self._buttons else ""
        for kind, button in self._buttons.items():
            busy = about is not None and self._asker.under_way(about, kind)
            button.setEnabled(not blocked and not busy)
            set_tip(button, blocked)
            button.setAccessibleDescription(blocked)
        self._why.setText(blocked)
        self._why.setVisible(bool(blocked))
        self._row.setVisible(bool(self._buttons))
        self.strip.follow(self._asker.latest(about.key, self._shows) if about is not None else None)
        was = not self.isHidden()
        self.setVisible(self.is_filled())
        if was is not self.is_filled():
            self.filled_changed.emit()

    def _shows(self, kind: ActionKind) -> bool:
        return kind not in self._leave_out and not needs_file(kind)

    def _restyle(self) -> None:
        self._flow.setSpacing(self._context.theme.metrics.small)


def fill_menu(
    menu: QMenu, asker: Asker, press: Press, about: About, leave_out: Iterable[ActionKind] = ()
) -> int:
    """Add what can be done with something at the end of a menu, apart from the rest; how many entries."""
    offers = plain_offers(about, leave_out)
    if not offers:
        return 0
    if menu.actions():
        menu.addSeparator()
    blocked = asker.blocked(about.account.id)
    for offer in offers:
        entry = menu.addAction(without_mnemonic(action_words(offer, about)))
        entry.setData(offer.action)
        entry.setEnabled(not blocked and not asker.under_way(about, offer.action))
        entry.triggered.connect(lambda _on=False, wanted=offer: press(about, wanted))
    if blocked:
        why = menu.addAction(without_mnemonic(blocked))
        why.setEnabled(False)
    return len(offers)
