"""The dialog that tells what happened to a message, step by step."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QGridLayout, QPushButton, QVBoxLayout, QWidget

from chatdesk.domain.entities import Message
from chatdesk.ui.context import UiContext
from chatdesk.ui.i18n import full_time, tr
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
        buttons = QDialogButtonBox(self)
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
        layout.addWidget(buttons)
        if message.own and message.outgoing_id is not None:
            self._tasks.start(
                "message info",
                context.desk.message_info(message.id),
                on_done=self._show_story,
                on_error=lambda error: self._add("", error_sentences(error).text),
            )

    def _show_story(self, story: tuple[tuple[int, str], ...]) -> None:
        for at_us, code in story:
            self._add(full_time(at_us), info_word(code))

    def _add(self, left: str, right: str) -> None:
        row = self._grid.rowCount()
        theme = self._context.theme
        name = PlainLabel(theme, left, role=TextRole.SECONDARY, colour="muted", parent=self)
        value = PlainLabel(theme, right, wrap=True, selectable=True, parent=self)
        value.setMinimumWidth(theme.metrics.px(220))
        self._grid.addWidget(name, row, 0, Qt.AlignmentFlag.AlignTop)
        self._grid.addWidget(value, row, 1)
