"""The bar at the bottom: how each account stands, what waits to go, when it was last in step."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from chatdesk import __version__
from chatdesk.domain.entities import Account
from chatdesk.domain.ids import AccountId
from chatdesk.domain.text import one_line
from chatdesk.ui.account_words import account_label, account_letters, dropped_sentences, standing
from chatdesk.ui.accounts import AccountBook
from chatdesk.ui.context import UiContext
from chatdesk.ui.controls import Line, Panel, WordButton
from chatdesk.ui.i18n import list_time, number, tr, trn
from chatdesk.ui.outbox import OutboxModel
from chatdesk.ui.plain import ElidedLabel, PlainLabel, plain_tooltip
from chatdesk.ui.rail.tile import dot_colour
from chatdesk.ui.theme import TextRole

BAR_PX = 26
NOTICE_MS = 12_000
"""How long a sentence stays."""
_SECOND_MS = 1_000
_NOTICE_LEAST_PX = 60
_DOT = "●"


class StatusBar(Panel):
    """One line per window; `outbox_asked` when its count is clicked, `sign_in_asked(account id)`."""

    outbox_asked = Signal()
    sign_in_asked = Signal(int)

    def __init__(
        self, context: UiContext, book: AccountBook, outbox: OutboxModel, parent: QWidget | None = None
    ) -> None:
        super().__init__("panel", parent)
        self._context = context
        self._book = book
        self._outbox = outbox
        self.setAccessibleName(tr("Status"))
        self._states: dict[AccountId, PlainLabel] = {}
        self._tight = False
        self._width_px = 0
        self._states_row = QHBoxLayout()
        self._outbox_button = WordButton("", look="quiet", parent=self)
        self._outbox_button.clicked.connect(self.outbox_asked)
        theme = context.theme
        self._synced = PlainLabel(theme, role=TextRole.SECONDARY, colour="muted", parent=self)
        version = tr("chatdesk {version}", version=__version__)
        self._version = PlainLabel(theme, version, role=TextRole.SECONDARY, colour="muted", parent=self)
        self._notice = ElidedLabel(theme, role=TextRole.SECONDARY, colour="warn", parent=self)
        self._notice_end = QTimer(self)
        self._notice_end.setSingleShot(True)
        self._notice_end.setInterval(NOTICE_MS)
        self._notice_end.timeout.connect(self._end_notice)
        self._top = Line(theme, parent=self)
        row = QHBoxLayout(self)
        row.setSpacing(theme.metrics.large)
        row.addLayout(self._states_row)
        row.addWidget(self._outbox_button)
        row.addWidget(self._synced)
        row.addWidget(self._notice, 1)
        row.addWidget(self._version)
        self._second = QTimer(self)
        self._second.setInterval(_SECOND_MS)
        self._second.timeout.connect(self.refresh)
        book.accounts_changed.connect(self._rebuild)
        book.status_changed.connect(self.refresh)
        outbox.counts_changed.connect(self.refresh)
        context.clock.beat.connect(self.refresh)
        theme.changed.connect(self._restyle)
        self._rebuild()
        self._restyle()

    def refresh(self, _account: object = None) -> None:
        """Say anew how everything stands."""
        now_us = self._context.clock.now_us()
        counting = False
        synced: list[int] = []
        for account in self._book.accounts():
            status = self._book.status(account.id)
            counting |= status.retry_at_us is not None and status.retry_at_us > now_us
            if status.synced_at_us:
                synced.append(status.synced_at_us)
        self._say_outbox()
        oldest = min(synced, default=0)
        self._synced.setText(tr("Synced {time}", time=list_time(oldest, now_us)) if oldest else "")
        if self._tight and counting:
            # Words that come and go with every second would be worse than letters.
            self._say_states(now_us)
        else:
            self._fit_states()
        if counting:
            self._second.start()
        else:
            self._second.stop()

    def tell(self, text: str) -> None:
        """Show a sentence for a while, and say it to who listens."""
        self._notice.setText(text)
        self._notice_end.start()
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self._notice, text))

    def told(self) -> str:
        """The sentence that is shown; empty when its time is over."""
        return self._notice.full_text()

    def state_text(self, account: AccountId) -> str:
        """What it says of an account."""
        return self._states[account].text()

    def outbox_button(self) -> WordButton:
        """The count that opens the outbox."""
        return self._outbox_button

    def fit(self, width_px: int) -> None:
        """Leave out what matters least where there is little room."""
        scale = self._context.theme.metrics.scale
        self._width_px = width_px
        self._synced.setVisible(width_px >= 480 * scale)
        self._version.setVisible(width_px >= 700 * scale)
        self._fit_states()

    def _fit_states(self) -> None:
        """States in words where all of them have room, else as dots with letters."""
        now_us = self._context.clock.now_us()
        self._tight = False
        self._say_states(now_us)
        metrics = self._context.theme.metrics
        gaps = metrics.large * (len(self._states) + 3)
        words = sum(label.sizeHint().width() for label in self._states.values())
        others = (self._outbox_button, self._synced, self._version)
        rest = sum(one.sizeHint().width() for one in others if not one.isHidden())
        wanted = words + rest + gaps + metrics.px(_NOTICE_LEAST_PX)
        if 0 < self._width_px < wanted and len(self._states) > 1:
            self._tight = True
            self._say_states(now_us)

    def _say_states(self, now_us: int) -> None:
        for account in self._book.accounts():
            self._say(account, now_us)

    def _end_notice(self) -> None:
        self._notice.setText("")

    def _say(self, account: Account, now_us: int) -> None:
        status = self._book.status(account.id)
        label = self._states[account.id]
        stand = standing(status, now_us)
        name = account_label(account, self._book.accounts())
        full = tr("{dot} {name}: {state}", dot=_DOT, name=name, state=stand)
        # Where there is no room for words, the dot and the account's letters stand for all of it.
        letters = account_letters(account, self._book.accounts())
        label.setText(tr("{dot} {letters}", dot=_DOT, letters=letters) if self._tight else full)
        label.setAccessibleName(tr("{name}: {state}", name=name, state=stand))
        label.set_colour(dot_colour(status))
        reason = one_line(status.reason, 200)
        spoken = tr("{name}: {state}", name=name, state=stand) if self._tight else ""
        parts = [spoken, one_line(account.server_url, 200), reason, *dropped_sentences(status.dropped)]
        label.setToolTip(plain_tooltip("\n".join(part for part in parts if part)))

    def _say_outbox(self) -> None:
        waiting, asking = self._outbox.waiting(), self._outbox.undecided()
        self._outbox_button.set_words(tr("Outbox {n}", n=number(waiting)))
        self._outbox_button.set_look("link" if waiting else "quiet")
        spoken = trn("Outbox: 1 item waits", "Outbox: {n} items wait", waiting)
        if asking:
            spoken += ", " + trn("1 needs your decision", "{n} need your decision", asking)
        self._outbox_button.setAccessibleName(spoken)
        self._outbox_button.setToolTip(plain_tooltip(spoken))

    def _rebuild(self) -> None:
        for label in self._states.values():
            self._states_row.removeWidget(label)
            label.deleteLater()
        self._states = {
            account.id: PlainLabel(self._context.theme, role=TextRole.SECONDARY, parent=self)
            for account in self._book.accounts()
        }
        for label in self._states.values():
            self._states_row.addWidget(label)
        self.refresh()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._top.setGeometry(0, 0, self.width(), 1)

    def _restyle(self) -> None:
        metrics = self._context.theme.metrics
        self.setFixedHeight(metrics.px(BAR_PX))
        self._outbox_button.setFont(self._context.theme.font(TextRole.SECONDARY))
        self._outbox_button.setMaximumHeight(metrics.px(BAR_PX - 3))
        row = self.layout()
        if row is not None:
            row.setContentsMargins(metrics.medium, 1, metrics.medium, 0)
        self._states_row.setSpacing(metrics.large)
