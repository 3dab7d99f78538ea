"""A line that tells how an action goes: a moving bar and a way to stop waiting, then what came of it."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from chatdesk.ui.asking.asker import Asker, Stage, Work
from chatdesk.ui.asking.wording import valid_until
from chatdesk.ui.context import UiContext
from chatdesk.ui.controls import WordButton
from chatdesk.ui.i18n import tr
from chatdesk.ui.plain import PlainLabel
from chatdesk.ui.theme import TextRole

_TICK_MS = 1_000
_BAR_PX = 4
_COLOURS = {
    Stage.BUSY: "muted",
    Stage.GIVEN_UP: "warn",
    Stage.DONE: "ok",
    Stage.NOT_DONE: "bad",
    Stage.NOT_KNOWN: "warn",
}


class Strip(QWidget):
    """Shows one action, or nothing. `filled_changed` when it has become empty, or is no longer."""

    filled_changed = Signal()

    def __init__(
        self,
        context: UiContext,
        asker: Asker,
        parent: QWidget | None = None,
        *,
        dismissable: bool = True,
    ) -> None:
        """dismissable: whether the person can put the outcome away here."""
        super().__init__(parent)
        self._dismissable = dismissable
        self._context = context
        self._asker = asker
        self._work: Work | None = None
        theme = context.theme
        self._bar = QProgressBar(self)
        self._bar.setRange(0, 0)
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName(tr("Waiting for the server"))
        self._words = PlainLabel(theme, wrap=True, selectable=True, parent=self)
        self._until = PlainLabel(theme, role=TextRole.STRONG, wrap=True, parent=self)
        self._stop = WordButton(tr("Stop waiting"), look="flat", parent=self)
        self._stop.clicked.connect(self._give_up)
        self._close = WordButton(tr("Understood"), look="flat", parent=self)
        self._close.clicked.connect(self._dismiss)
        row = QHBoxLayout()
        row.setSpacing(theme.metrics.tiny)
        for button in (self._stop, self._close):
            row.addWidget(button)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.metrics.tiny)
        for widget in (self._bar, self._words, self._until):
            column.addWidget(widget)
        column.addLayout(row)
        self._tick = QTimer(self)
        self._tick.setInterval(_TICK_MS)
        self._tick.timeout.connect(self._count_down)
        theme.changed.connect(self._restyle)
        self._restyle()
        self.hide()

    def follow(self, work: Work | None) -> None:
        """Show this action from now on; None: nothing."""
        if work is self._work:
            return
        before = self._work
        if before is not None:
            before.changed.disconnect(self._refresh)
        self._work = work
        if work is not None:
            work.changed.connect(self._refresh)
        self._refresh()
        if (before is None) is not (work is None):
            self.filled_changed.emit()

    def work(self) -> Work | None:
        """The action that is shown."""
        return self._work

    def sentence(self) -> str:
        """What it says."""
        return self._words.text() if self._work is not None else ""

    def deadline(self) -> str:
        """What it says of how long a code holds."""
        return self._until.text()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._count_down()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._tick.stop()

    def _refresh(self) -> None:
        work = self._work
        self.setVisible(work is not None)
        if work is None:
            return
        self._bar.setVisible(work.under_way)
        self._words.setText(work.sentence)
        self._words.set_colour(_COLOURS[work.stage])
        if self.accessibleName() != work.sentence:
            self.setAccessibleName(work.sentence)
            self._speak(work.sentence)
        focused = self._stop.hasFocus()
        self._stop.setVisible(work.stage is Stage.BUSY)
        self._close.setVisible(self._dismissable and not work.under_way)
        if focused and self._dismissable and not work.under_way:
            self._close.setFocus()
        self._count_down()

    def _count_down(self) -> None:
        until_us = self._work.until_us if self._work is not None else None
        now_us = self._context.clock.now_us()
        self._until.setVisible(until_us is not None)
        if until_us is None:
            self._tick.stop()
            return
        self._until.setText(valid_until(until_us, now_us))
        self._until.set_colour("text" if until_us > now_us else "warn")
        if until_us > now_us and self.isVisible():
            self._tick.start()
        else:
            self._tick.stop()

    def _speak(self, sentence: str) -> None:
        """Tell a screen reader, which does not look at labels that change by themselves."""
        if self.isVisible() and QAccessible.isActive():
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, sentence))

    def _give_up(self) -> None:
        if self._work is not None:
            self._asker.give_up(self._work)

    def _dismiss(self) -> None:
        if self._work is not None:
            self._asker.dismiss(self._work)
            self.follow(None)

    def _restyle(self) -> None:
        self._bar.setFixedHeight(self._context.theme.metrics.px(_BAR_PX))
