"""Asks at what time a message shall go."""

from __future__ import annotations

from PySide6.QtCore import QDateTime, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from chatdesk.ui.composer.times import offered
from chatdesk.ui.context import UiContext
from chatdesk.ui.controls import WordButton
from chatdesk.ui.dialogs.sheet import Sheet
from chatdesk.ui.i18n import tr
from chatdesk.ui.moment import MomentBox
from chatdesk.ui.plain import PlainLabel
from chatdesk.ui.theme import TextRole

WIDTH_PX = 400
_MOST_DAYS = 365


class SendLaterDialog(Sheet):
    """`chosen(microseconds since 1970)`: a time in the future. The offers take one press."""

    chosen = Signal(object)

    def __init__(self, context: UiContext, parent: QWidget | None = None) -> None:
        super().__init__(context.theme, tr("Send later"), parent)
        self._clock = context.clock
        now_us = self._clock.now_us()
        self.offers: list[WordButton] = []
        for one in offered(now_us):
            button = WordButton(one.words, parent=self)
            button.clicked.connect(lambda _checked=False, at_us=one.at_us: self._choose(at_us))
            self.offers.append(button)
            self.content.addWidget(button)
        self.when = MomentBox(context, tr("Another time"), self)
        now = QDateTime.fromMSecsSinceEpoch(now_us // 1000)
        self.when.setDateTimeRange(now, now.addDays(_MOST_DAYS))
        self.when.setDateTime(now.addSecs(2 * 3600))
        self.then = WordButton(tr("Send then"), look="primary", parent=self)
        self.then.clicked.connect(lambda: self._choose(self.when.dateTime().toMSecsSinceEpoch() * 1000))
        row = QHBoxLayout()
        row.setSpacing(self.theme.metrics.small)
        row.addWidget(self.when, 1)
        row.addWidget(self.then)
        self.content.addLayout(row)
        words = tr("It waits on this computer, and goes when its time has come and chatdesk runs.")
        self._words = PlainLabel(
            self.theme, words, role=TextRole.SECONDARY, colour="muted", wrap=True, parent=self
        )
        self.content.addWidget(self._words)
        cancel = WordButton(tr("Cancel"), parent=self)
        cancel.clicked.connect(self.reject)
        self.buttons.addStretch(1)
        self.buttons.addWidget(cancel)
        self.resize(self.theme.metrics.px(WIDTH_PX), self.sizeHint().height())
        self.offers[0].setFocus(Qt.FocusReason.OtherFocusReason)

    def _choose(self, at_us: int) -> None:
        if at_us <= self._clock.now_us():
            self._words.setText(tr("That time is over already. Choose a later one."))
            self._words.set_colour("bad")
            return
        self.chosen.emit(at_us)
        self.accept()
