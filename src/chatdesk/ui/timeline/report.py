"""Telling the platform's staff about a message: which one, and why."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from chatdesk.domain.actions import FieldAsked, FieldKind
from chatdesk.domain.entities import Message
from chatdesk.domain.text import one_line
from chatdesk.ui.context import UiContext
from chatdesk.ui.controls import WordButton
from chatdesk.ui.dialogs.sheet import Sheet
from chatdesk.ui.forms import AskedForm
from chatdesk.ui.i18n import tr
from chatdesk.ui.plain import PlainLabel
from chatdesk.ui.theme import TextRole
from chatdesk.ui.timeline.wording import body_text, sender_words

WIDTH_PX = 420
_SHOWN_CHARS = 200
REASONS = ("spam", "fraud", "abuse", "other")
"""In English: they are read by the platform's staff."""
FIELDS = (
    FieldAsked(key="reason", kind=FieldKind.CHOICE, default=REASONS[0], choices=REASONS),
    FieldAsked(key="details", kind=FieldKind.LONG_TEXT, required=False, limit_chars=400),
)


class ReportDialog(Sheet):
    """Asks why; `given(reason)` when the person sends the report."""

    given = Signal(str)

    def __init__(self, context: UiContext, message: Message, parent: QWidget | None = None) -> None:
        super().__init__(context.theme, tr("Report this message?"), parent)
        theme = context.theme
        quoted = tr(
            "{who}: {text}",
            who=sender_words(message),
            text=one_line(body_text(message), _SHOWN_CHARS) or tr("empty message"),
        )
        self.content.addWidget(PlainLabel(theme, quoted, wrap=True, colour="muted", parent=self))
        told = tr("The platform's staff get the message and your reason. chatdesk does not tell the sender.")
        self.content.addWidget(PlainLabel(theme, told, role=TextRole.SECONDARY, wrap=True, parent=self))
        self.form = AskedForm(context, FIELDS, parent=self)
        self.content.addWidget(self.form)
        self.content.addStretch(1)
        self.send = WordButton(tr("Send report"), look="primary", parent=self)
        self.send.setDefault(True)
        self.send.clicked.connect(self._give)
        cancel = WordButton(tr("Cancel"), parent=self)
        cancel.clicked.connect(self.reject)
        self.buttons.addStretch(1)
        self.buttons.addWidget(cancel)
        self.buttons.addWidget(self.send)
        self.setMinimumWidth(theme.metrics.px(WIDTH_PX))
        self.form.changed.connect(lambda: self.send.setEnabled(not self.form.problem()))

    def _give(self) -> None:
        values = self.form.values()
        details = values["details"]
        self.given.emit(f"{values['reason']}: {details}" if details else values["reason"])
        self.accept()
