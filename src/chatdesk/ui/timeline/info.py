"""The dialog that tells what happened to a message, step by step."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFrame,
    QGridLayout,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from chatdesk.domain.entities import Message
from chatdesk.ui.context import UiContext
from chatdesk.ui.controls import Panel
from chatdesk.ui.i18n import exact_time, full_time, tr
from chatdesk.ui.plain import PlainLabel
from chatdesk.ui.tasks import Tasks
from chatdesk.ui.theme import TextRole
from chatdesk.ui.timeline.wording import (
    extra_lines,
    how_far,
    info_word,
    sender_words,
    subject_words,
    topic_words,
    trouble_words,
)
from chatdesk.ui.words import error_sentences

MOST_STORY_PX = 300


class MessageInfo(QDialog):
    """Who, when, how far; for own messages also the story that the ledger tells. Open with `open()`."""

    def __init__(self, context: UiContext, message: Message, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._tasks = Tasks(self, context.troubles)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Message info"))
        theme = context.theme
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(theme.metrics.large)
        self._grid.setVerticalSpacing(theme.metrics.tiny)
        self._add(tr("From"), sender_words(message))
        self._add(tr("Written"), full_time(message.sent_at_us))
        for name, words in (
            (tr("Subject"), subject_words(message)),
            (tr("Kind"), topic_words(message.extras.topic)),
            (tr("Files"), "\n".join(extra_lines(message))),
        ):
            if words:
                self._add(name, words)
        if message.edited_at_us is not None:
            self._add(tr("Edited"), full_time(message.edited_at_us))
        if message.own:
            state = tr("deleted") if message.deleted else how_far(message)
            self._add(tr("State"), state)
            trouble = trouble_words(message)
            if trouble:
                self._add("", trouble)
        self._story = QGridLayout()
        self._story.setHorizontalSpacing(theme.metrics.large)
        self._story.setVerticalSpacing(theme.metrics.tiny)
        self._happened = PlainLabel(
            theme, tr("What happened"), role=TextRole.SECONDARY_STRONG, colour="muted", parent=self
        )
        self._happened.hide()
        self._area = self._scrolled(self._story)
        buttons = QDialogButtonBox(self)
        self._lines: list[str] = []
        self._copy = QPushButton(tr("Copy"), self)
        self._copy.setAutoDefault(False)
        self._copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.story()))
        self._copy.hide()
        buttons.addButton(self._copy, QDialogButtonBox.ButtonRole.ResetRole)
        close = QPushButton(tr("Close"), self)
        close.setProperty("look", "primary")
        close.setDefault(True)
        close.clicked.connect(self.accept)
        buttons.addButton(close, QDialogButtonBox.ButtonRole.AcceptRole)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*[theme.metrics.huge] * 4)
        layout.setSpacing(theme.metrics.medium)
        heading = PlainLabel(theme, tr("Message info"), role=TextRole.TITLE, parent=self)
        layout.addWidget(heading)
        layout.addLayout(self._grid)
        layout.addWidget(self._happened)
        layout.addWidget(self._area, 1)
        layout.addWidget(buttons)
        if message.own and message.outgoing_id is not None:
            self._tasks.start(
                "message info",
                context.desk.message_info(message.id),
                on_done=self._show_story,
                on_error=lambda error: self._add("", error_sentences(error).text),
            )

    def story(self) -> str:
        """What happened, a line for each step, as it is shown."""
        return "\n".join(self._lines)

    def _show_story(self, story: tuple[tuple[int, str], ...]) -> None:
        now_us, theme = self._context.clock.now_us(), self._context.theme
        for at_us, code in story:
            time, words = exact_time(at_us, now_us), info_word(code)
            self._lines.append(tr("{time} {words}", time=time, words=words))
            row = self._story.rowCount()
            when = PlainLabel(theme, time, role=TextRole.SECONDARY, colour="muted", parent=self)
            what = PlainLabel(theme, words, wrap=True, selectable=True, parent=self)
            what.setMinimumWidth(theme.metrics.px(240))
            self._story.addWidget(when, row, 0, Qt.AlignmentFlag.AlignTop)
            self._story.addWidget(what, row, 1, Qt.AlignmentFlag.AlignTop)
        self._story.setColumnStretch(1, 1)
        shown = bool(story)
        for widget in (self._happened, self._area, self._copy):
            widget.setVisible(shown)
        inside = self._area.widget()
        if inside is not None:
            inside.setAccessibleName(self.story())
            self._story.setRowStretch(self._story.rowCount(), 1)
            height = self._story.sizeHint().height()
            self._area.setMinimumHeight(min(height, theme.metrics.px(MOST_STORY_PX)))
        self.adjustSize()

    def _scrolled(self, grid: QGridLayout) -> QScrollArea:
        page = Panel("panel", self)
        grid.setContentsMargins(0, 0, self._context.theme.metrics.small, 0)
        page.setLayout(grid)
        area = QScrollArea(self)
        area.setWidget(page)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setAccessibleName(tr("What happened"))
        area.hide()
        return area

    def _add(self, left: str, right: str) -> None:
        row = self._grid.rowCount()
        theme = self._context.theme
        name = PlainLabel(theme, left, role=TextRole.SECONDARY, colour="muted", parent=self)
        value = PlainLabel(theme, right, wrap=True, selectable=True, parent=self)
        value.setMinimumWidth(theme.metrics.px(220))
        self._grid.addWidget(name, row, 0, Qt.AlignmentFlag.AlignTop)
        self._grid.addWidget(value, row, 1)
