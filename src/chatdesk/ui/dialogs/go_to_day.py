"""Asks to which day of a conversation to go."""

from __future__ import annotations

from PySide6.QtCore import QDate, QDateTime, QLocale, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from chatdesk.ui.context import UiContext
from chatdesk.ui.controls import WordButton
from chatdesk.ui.dialogs.sheet import Sheet
from chatdesk.ui.i18n import tr
from chatdesk.ui.moment import MomentBox
from chatdesk.ui.plain import PlainLabel
from chatdesk.ui.theme import TextRole

WIDTH_PX = 380
_US_PER_MS = 1_000
_WEEK_DAYS = 7


class GoToDayDialog(Sheet):
    """`chosen(microseconds since 1970)`: the beginning of a day, where the person is."""

    chosen = Signal(object)

    def __init__(self, context: UiContext, shown_us: int, parent: QWidget | None = None) -> None:
        """shown_us: a moment of the day that is in view."""
        super().__init__(context.theme, tr("Go to a date"), parent)
        today = QDate.currentDate()
        self.offers: list[WordButton] = []
        for words, day in (
            (tr("Today"), today),
            (tr("A week ago"), today.addDays(-_WEEK_DAYS)),
            (tr("A month ago"), today.addMonths(-1)),
            (tr("A year ago"), today.addYears(-1)),
        ):
            button = WordButton(words, parent=self)
            button.clicked.connect(lambda _checked=False, to=day: self._choose(to))
            self.offers.append(button)
            self.content.addWidget(button)
        self.day = MomentBox(context, tr("Another date"), self)
        self.day.setDisplayFormat(QLocale().dateFormat(QLocale.FormatType.ShortFormat))
        self.day.setMaximumDate(today)
        shown = QDateTime.fromMSecsSinceEpoch(shown_us // _US_PER_MS).date()
        self.day.setDate(min(today, shown))
        self.go = WordButton(tr("Go there"), look="primary", parent=self)
        self.go.setDefault(True)
        self.go.clicked.connect(lambda: self._choose(self.day.date()))
        row = QHBoxLayout()
        row.setSpacing(self.theme.metrics.small)
        row.addWidget(self.day, 1)
        row.addWidget(self.go)
        self.content.addLayout(row)
        words = tr("Where nothing was written on that day, the next message after it is shown.")
        self.content.addWidget(
            PlainLabel(self.theme, words, role=TextRole.SECONDARY, colour="muted", wrap=True, parent=self)
        )
        cancel = WordButton(tr("Cancel"), parent=self)
        cancel.clicked.connect(self.reject)
        self.buttons.addStretch(1)
        self.buttons.addWidget(cancel)
        self.resize(self.theme.metrics.px(WIDTH_PX), self.sizeHint().height())
        self.day.setFocus(Qt.FocusReason.OtherFocusReason)

    def _choose(self, day: QDate) -> None:
        self.chosen.emit(day.startOfDay().toMSecsSinceEpoch() * _US_PER_MS)
        self.accept()
