"""The line above the text for what a message carries beside it: its subject and its kind."""

from __future__ import annotations

import msgspec
from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from chatdesk.domain.actions import Extras, FieldAsked, FieldKind
from chatdesk.domain.changes import ConversationsGone
from chatdesk.domain.ids import ConversationId
from chatdesk.domain.text import is_blank, well_formed
from chatdesk.ui.context import UiContext
from chatdesk.ui.controls import ChoiceBox
from chatdesk.ui.i18n import tr
from chatdesk.ui.plain import PlainLabel
from chatdesk.ui.preferences import MESSAGE_FIELDS
from chatdesk.ui.theme import TextRole
from chatdesk.ui.vocabulary import asked_title, choice_title

SUBJECT, TOPIC = "subject", "topic"
MOST_REMEMBERED = 100
"""Conversations whose subject is remembered: the newest."""
_SAVE_AFTER_MS = 400


class ExtrasLine(QWidget):
    """One control per field, side by side; what was typed is remembered per conversation, across restarts.

    `left`: Enter in the subject, the person wants to go on in the text.
    """

    left = Signal()

    def __init__(self, context: UiContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._conversation: ConversationId | None = None
        self._fields: tuple[FieldAsked, ...] = ()
        self._controls: dict[str, QLineEdit | ChoiceBox] = {}
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(context.theme.metrics.small)
        self.setAccessibleName(tr("Subject and kind"))
        self._save_soon = QTimer(self)
        self._save_soon.setSingleShot(True)
        self._save_soon.setInterval(_SAVE_AFTER_MS)
        self._save_soon.timeout.connect(self._save)
        context.feed.conversations_gone.connect(self._on_gone)

    @property
    def is_wanted(self) -> bool:
        """Whether messages here carry anything beside their text."""
        return bool(self._fields)

    def control(self, key: str) -> QLineEdit | ChoiceBox:
        """The control of a field. Raises KeyError for one that is not asked for."""
        return self._controls[key]

    def open(self, conversation: ConversationId | None, fields: tuple[FieldAsked, ...]) -> None:
        """Ask for these fields in this conversation, as they were there last."""
        if (conversation, fields) == (self._conversation, self._fields):
            return
        self._flush()
        if fields != self._fields:
            self._fields = fields
            self._build()
        self._conversation = conversation
        self._show(self._remembered())

    def values(self) -> dict[str, str]:
        """What stands in the fields; one that is left blank counts as its default."""
        return {field.key: self._read(field) for field in self._fields}

    def extras(self) -> Extras:
        """What goes beside the text of the next message."""
        values = self.values()
        return Extras(subject=values.get(SUBJECT, ""), topic=values.get(TOPIC, ""))

    def problem(self) -> str:
        """What keeps a message from going, in words; empty where nothing does."""
        for field in self._fields:
            if field.required and is_blank(self._read(field)):
                return tr("{field} is missing.", field=asked_title(field.key))
        return ""

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._flush()

    def _read(self, field: FieldAsked) -> str:
        control = self._controls[field.key]
        if isinstance(control, ChoiceBox):
            return str(control.currentData() or field.default)
        text = well_formed(control.text()).strip()
        return text if not is_blank(text) else field.default

    def _build(self) -> None:
        while (item := self._row.takeAt(0)) is not None:
            old = item.widget()
            if old is not None:
                old.hide()
                old.deleteLater()
        self._controls = {}
        for field in self._fields:
            title = asked_title(field.key)
            label = PlainLabel(
                self._context.theme, title, role=TextRole.SECONDARY, colour="muted", parent=self
            )
            control = self._control(field, title)
            self._controls[field.key] = control
            label.setBuddy(control)
            self._row.addWidget(label)
            self._row.addWidget(control, 0 if isinstance(control, ChoiceBox) else 1)

    def _control(self, field: FieldAsked, title: str) -> QLineEdit | ChoiceBox:
        if field.kind is FieldKind.CHOICE:
            box = ChoiceBox(self._context, title, self)
            for choice in field.choices:
                box.addItem(choice_title(choice), choice)
            box.currentIndexChanged.connect(lambda _at: self._save_soon.start())
            return box
        edit = QLineEdit(self)
        edit.setAccessibleName(title)
        edit.setMaxLength(field.limit_chars)
        edit.setPlaceholderText(field.default)
        edit.textChanged.connect(lambda _text: self._save_soon.start())
        edit.returnPressed.connect(self.left)
        return edit

    # -- remembering

    def _book(self) -> dict[str, dict[str, str]]:
        """What is remembered of every conversation, by its id as text; the newest last."""
        text = self._context.preferences.get(MESSAGE_FIELDS)
        try:
            return msgspec.json.decode(text, type=dict[str, dict[str, str]]) if text else {}
        except msgspec.MsgspecError:
            return {}

    def _keep(self, book: dict[str, dict[str, str]]) -> None:
        newest = dict(list(book.items())[-MOST_REMEMBERED:])
        text = msgspec.json.encode(newest).decode() if newest else ""
        self._context.preferences.put(MESSAGE_FIELDS, text)

    def _remembered(self) -> dict[str, str]:
        return self._book().get(str(self._conversation), {})

    def _show(self, values: dict[str, str]) -> None:
        for field in self._fields:
            control, value = self._controls[field.key], values.get(field.key, field.default)
            blocked = control.blockSignals(True)
            if isinstance(control, ChoiceBox):
                control.setCurrentIndex(max(0, control.findData(value)))
            else:
                control.setText(value)
                control.setCursorPosition(0)
            control.blockSignals(blocked)

    def _flush(self) -> None:
        if self._save_soon.isActive():
            self._save()

    def _save(self) -> None:
        self._save_soon.stop()
        if self._conversation is None:
            return
        defaults = {field.key: field.default for field in self._fields}
        values = {key: value for key, value in self.values().items() if value != defaults[key]}
        book = self._book()
        book.pop(str(self._conversation), None)
        if values:
            book[str(self._conversation)] = values
        self._keep(book)

    def _on_gone(self, change: ConversationsGone, _commit: int) -> None:
        """What was typed for a conversation goes with it."""
        book = self._book()
        gone = {str(one) for one in change.ids} if book else set()
        left = {key: values for key, values in book.items() if key not in gone}
        if left != book:
            self._keep(left)
