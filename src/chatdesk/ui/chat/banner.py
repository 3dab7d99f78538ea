"""The strip under the header that is there only when something is wrong."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QSizePolicy, QWidget

from chatdesk.domain.changes import AccountStatus, DiskChanged
from chatdesk.domain.errors import StoreProblem
from chatdesk.domain.ids import AccountId
from chatdesk.domain.kinds import ConnectionState
from chatdesk.ui.accounts import AccountBook
from chatdesk.ui.chat.troubles import BannerAction, BannerWords, choose_banner, looking_banner
from chatdesk.ui.context import UiContext
from chatdesk.ui.controls import Panel, WordButton
from chatdesk.ui.i18n import tr
from chatdesk.ui.outbox import OutboxModel
from chatdesk.ui.plain import PlainLabel
from chatdesk.ui.strips import arrange
from chatdesk.ui.theme import TextRole
from chatdesk.ui.words import Sentences, disk_sentences, error_sentences

STACKED_BELOW_PX = 640
"""In a narrower pane the text stands under its title."""
BLINK_MS = 2_000
"""A connection that is back within this was never worth a banner."""
_SECOND_MS = 1_000
_AWAY = frozenset({ConnectionState.OFFLINE, ConnectionState.RECONNECTING})


class Banner(Panel):
    """Shows the worst trouble of one account; `sign_in_asked(account id)`, retry is done by itself.

    `reopen_asked`: the data folder, of which the window only shows what is there, shall be opened again.
    """

    sign_in_asked = Signal(int)
    reopen_asked = Signal()

    def __init__(
        self, context: UiContext, book: AccountBook, outbox: OutboxModel, parent: QWidget | None = None
    ) -> None:
        super().__init__("banner", parent)
        self._context = context
        self._book = book
        self._outbox = outbox
        self._account: AccountId | None = None
        self._words: BannerWords | None = None
        self._disk: Sentences | None = None
        self._looking: Sentences | None = None
        self._keyring_dismissed: set[AccountId] = set()
        self._away_long: set[AccountId] = set()
        self._blink: dict[AccountId, QTimer] = {}
        metrics = context.theme.metrics
        self._icon = PlainLabel(context.theme, parent=self)
        self._title = PlainLabel(context.theme, role=TextRole.SECONDARY_STRONG, colour="warn", parent=self)
        self._text = PlainLabel(context.theme, role=TextRole.SECONDARY, colour="text", wrap=True, parent=self)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._button = WordButton("", look="flat", parent=self)
        self._button.clicked.connect(self._act)
        row = QHBoxLayout(self)
        row.setSpacing(metrics.small)
        row.addWidget(self._icon)
        self._lines = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._lines.addWidget(self._title)
        self._lines.addWidget(self._text, 1)
        row.addLayout(self._lines, 1)
        row.addWidget(self._button)
        self._second = QTimer(self)
        self._second.setInterval(_SECOND_MS)
        self._second.timeout.connect(self.refresh)
        book.status_changed.connect(self._on_status)
        outbox.counts_changed.connect(self.refresh)
        context.theme.changed.connect(self._restyle)
        context.troubles.happened.connect(self._on_trouble)
        context.feed.disk_changed.connect(self._on_disk)
        self.hide()

    def show_account(self, account: AccountId | None) -> None:
        """Tell of this account; None: of whichever account is worst."""
        self._account = account
        self.refresh()

    def show_looking(self, words: Sentences) -> None:
        """Say from now on, whatever else happens, that nothing can be written, and why."""
        self._looking = words
        self.refresh()

    def words(self) -> BannerWords | None:
        """What it says now; None while it is hidden."""
        return self._words

    def refresh(self) -> None:
        """Look again what is wrong."""
        account = self._worst()
        words = None
        if self._looking is not None:
            words = looking_banner(self._looking)
        elif account is not None:
            words = choose_banner(
                self._book.status(account),
                queued=self._outbox.queued_messages(account),
                now_us=self._context.clock.now_us(),
                disk=self._disk,
                lost_for_a_while=account in self._away_long,
                keyring_dismissed=account in self._keyring_dismissed,
            )
        self._show(words)
        retry_at_us = self._book.status(account).retry_at_us if account is not None and words else None
        if retry_at_us is not None and retry_at_us > self._context.clock.now_us():
            self._second.start()
        else:
            self._second.stop()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        metrics = self._context.theme.metrics
        beside = event.size().width() >= metrics.px(STACKED_BELOW_PX)
        arrange(self, self._lines, self._title, beside=beside, metrics=metrics)

    def _worst(self) -> AccountId | None:
        if self._account is not None:
            return self._account
        accounts = [account.id for account in self._book.accounts()]
        asking = [a for a in accounts if self._book.needs_person(a)]
        away = [a for a in accounts if a in self._away_long]
        return next(iter([*asking, *away, *accounts]), None)

    def _on_status(self, account_id: int) -> None:
        account = AccountId(account_id)
        status: AccountStatus = self._book.status(account)
        if status.connection in _AWAY:
            if account not in self._away_long and account not in self._blink:
                timer = QTimer(self)
                timer.setSingleShot(True)
                timer.timeout.connect(self._blinked)
                timer.start(BLINK_MS)
                self._blink[account] = timer
        elif status.connection is not ConnectionState.CONNECTING:
            # Connecting may fail again; until it has worked the banner stays as it is.
            self._away_long.discard(account)
            timer_or_none = self._blink.pop(account, None)
            if timer_or_none is not None:
                timer_or_none.stop()
                timer_or_none.deleteLater()
        self.refresh()

    def _blinked(self) -> None:
        for account, timer in tuple(self._blink.items()):
            if not timer.isActive():
                del self._blink[account]
                timer.deleteLater()
                self._away_long.add(account)
        self.refresh()

    def _on_trouble(self, _name: str, error: object) -> None:
        if isinstance(error, StoreProblem):
            self._disk = error_sentences(error)
            self.refresh()

    def _on_disk(self, change: DiskChanged, _commit: int) -> None:
        """The store has met trouble, whoever asked it; or its disk takes again what it is given."""
        self._disk = None if change.ill is None else disk_sentences(change.ill)
        self.refresh()

    def _show(self, words: BannerWords | None) -> None:
        if words == self._words:
            return
        before, self._words = self._words, words
        if words is None:
            self.hide()
            return
        self._title.setText(words.title)
        self._text.setText(words.text)
        self._button.set_words(words.button)
        self.setAccessibleName(tr("{title} {text}", title=words.title, text=words.text))
        if before is None or (before.icon, before.alarm) != (words.icon, words.alarm):
            self._restyle()
        self.show()

    def _restyle(self) -> None:
        metrics, layout = self._context.theme.metrics, self.layout()
        if layout is not None:
            layout.setContentsMargins(metrics.large, metrics.tiny, metrics.small, metrics.tiny)
        words = self._words
        if words is None:
            return
        self.set_look("alarm" if words.alarm else "banner")
        colour = "bad" if words.alarm else "warn"
        self._title.set_colour(colour)
        size = self._context.theme.metrics.icon
        self._icon.setPixmap(self._context.icons.pixmap(words.icon, colour, size, self.devicePixelRatioF()))

    def _act(self) -> None:
        words, account = self._words, self._worst()
        if words is None:
            return
        match words.action:
            case BannerAction.REOPEN:
                self.reopen_asked.emit()
            case BannerAction.RETRY:
                self._context.desk.retry_now(account)
            case BannerAction.SIGN_IN if account is not None:
                self.sign_in_asked.emit(account)
            case BannerAction.DISMISS:
                if self._disk is not None:
                    self._disk = None
                elif account is not None:
                    self._keyring_dismissed.add(account)
                self.refresh()
            case _:
                return
