"""The bar at the bottom: how each account stands, what waits to go, when it was last in step."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from chatdesk import __version__
from chatdesk.domain.entities import Account
from chatdesk.domain.ids import AccountId
from chatdesk.domain.kinds import SignInState
from chatdesk.domain.text import one_line
from chatdesk.ui.accounts import AccountBook
from chatdesk.ui.context import UiContext
from chatdesk.ui.controls import Line, Panel, WordButton
from chatdesk.ui.i18n import list_time, number, tr, trn
from chatdesk.ui.outbox import OutboxModel
from chatdesk.ui.plain import ElidedLabel, PlainLabel, plain_tooltip
from chatdesk.ui.rail.tile import dot_colour
from chatdesk.ui.theme import TextRole
from chatdesk.ui.words import connection_word, platform_name

BAR_PX = 26
NOTICE_MS = 12_000
"""How long a sentence stays."""
_SECOND_MS = 1_000
_NAME_CHARS = 30
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
            self._say(account, now_us)
        self._say_outbox()
        oldest = min(synced, default=0)
        self._synced.setText(tr("Synced {time}", time=list_time(oldest, now_us)) if oldest else "")
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
        self._version.setVisible(width_px >= 700 * scale)
        self._synced.setVisible(width_px >= 480 * scale)

    def _end_notice(self) -> None:
        self._notice.setText("")

    def _say(self, account: Account, now_us: int) -> None:
        status = self._book.status(account.id)
        label = self._states[account.id]
        if status.sign_in is SignInState.OK:
            stand = connection_word(status, now_us)
        else:
            stand = tr("sign in again")
        name = self._name(account)
        label.setText(tr("{dot} {name}: {state}", dot=_DOT, name=name, state=stand))
        label.setAccessibleName(tr("{name}: {state}", name=name, state=stand))
        label.set_colour(dot_colour(status))
        health = trn("1 packet was dropped", "{n} packets were dropped", sum(status.dropped.values()))
        reason = one_line(status.reason, 200)
        parts = [one_line(account.server_url, 200), reason, health if status.dropped else ""]
        label.setToolTip(plain_tooltip("\n".join(part for part in parts if part)))

    def _name(self, account: Account) -> str:
        platform = platform_name(account.platform)
        alike = [a for a in self._book.accounts() if a.platform is account.platform]
        return platform if len(alike) == 1 else one_line(account.name or account.login, _NAME_CHARS)

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
