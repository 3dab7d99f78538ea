"""The window that stands in for the real one when the database can't be opened."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from chatdesk.domain.text import well_formed
from chatdesk.ui.controls import Panel, WordButton
from chatdesk.ui.i18n import tr
from chatdesk.ui.plain import PlainLabel
from chatdesk.ui.theme import TextRole, Theme
from chatdesk.ui.words import error_sentences

WIDTH_PX, HEIGHT_PX, TEXT_PX = 520, 340, 400


class TroubleWindow(QWidget):
    """Says what happened, what is safe and what to do; `retry_asked`, `quit_asked` (also when it is closed).

    error: what kept the program from starting. details: for who asks for them; shown on request only.
    """

    retry_asked = Signal()
    quit_asked = Signal()

    def __init__(self, theme: Theme, error: BaseException, details: str = "") -> None:
        super().__init__()
        self.setWindowTitle(tr("chatdesk"))
        words = error_sentences(error)
        metrics = theme.metrics
        overline = tr("chatdesk could not open its database")
        over = PlainLabel(theme, overline, role=TextRole.SECONDARY_STRONG, colour="muted", parent=self)
        title = PlainLabel(theme, words.title, role=TextRole.HEADING, wrap=True, parent=self)
        text = PlainLabel(theme, words.text, colour="muted", wrap=True, selectable=True, parent=self)
        for label in (over, title, text):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            label.setMinimumWidth(metrics.px(TEXT_PX))
            label.setMaximumWidth(metrics.px(TEXT_PX))
        self.retry = WordButton(tr("Try again"), look="primary", parent=self)
        self.retry.setDefault(True)
        self.retry.clicked.connect(self.retry_asked)
        self.leave = WordButton(tr("Quit"), parent=self)
        self.leave.clicked.connect(self.close)
        self.more = WordButton(tr("Details"), look="flat", parent=self)
        self.more.setCheckable(True)
        self.more.toggled.connect(self._show_details)
        self.details = QPlainTextEdit(self)
        self.details.setReadOnly(True)
        self.details.setProperty("look", "field")
        self.details.setAccessibleName(tr("Details"))
        self.details.setTabChangesFocus(True)
        self.details.setPlainText(well_formed(details or f"{type(error).__name__}: {error}"))
        self.details.hide()
        row = QHBoxLayout()
        row.setSpacing(metrics.small)
        row.addStretch(1)
        for button in (self.more, self.leave, self.retry):
            row.addWidget(button)
        row.addStretch(1)
        ground = Panel("background", self)
        column = QVBoxLayout(ground)
        column.setContentsMargins(*[metrics.huge] * 4)
        column.setSpacing(metrics.small)
        column.addStretch(1)
        for label in (over, title, text):
            column.addWidget(label, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(metrics.small)
        column.addLayout(row)
        column.addWidget(self.details, 2)
        column.addStretch(1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(ground)
        self.resize(metrics.px(WIDTH_PX), metrics.px(HEIGHT_PX))
        self.setAccessibleName(f"{overline}. {words.title}. {words.text}")

    def closeEvent(self, event: QCloseEvent) -> None:
        super().closeEvent(event)
        self.quit_asked.emit()

    def _show_details(self, shown: bool) -> None:
        self.details.setVisible(shown)
