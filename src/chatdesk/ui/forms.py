"""A form made of the fields that a platform asks for: one labelled control each, and what is typed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from chatdesk.domain.actions import FieldAsked, FieldKind
from chatdesk.domain.text import is_blank, well_formed
from chatdesk.ui.context import UiContext
from chatdesk.ui.controls import CheckBox, ChoiceBox
from chatdesk.ui.i18n import tr
from chatdesk.ui.plain import PlainLabel
from chatdesk.ui.theme import TextRole
from chatdesk.ui.vocabulary import asked_hint, asked_title, choice_title

_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_LONG_PX = 76


class AskedForm(QWidget):
    """The fields in their order. `changed` whenever a value or what is missing may be another now."""

    changed = Signal()

    def __init__(
        self,
        context: UiContext,
        fields: Sequence[FieldAsked],
        values: Mapping[str, str] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        """values: what stands in the fields at first; a field without one shows its default."""
        super().__init__(parent)
        self._context = context
        self._fields = tuple(fields)
        self._read: dict[str, Callable[[], str]] = {}
        self._controls: dict[str, QWidget] = {}
        metrics = context.theme.metrics
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(metrics.small)
        for field in self._fields:
            given = (values or {}).get(field.key, field.default)
            column.addLayout(self._add(field, given))

    def fields(self) -> tuple[FieldAsked, ...]:
        """What is asked for."""
        return self._fields

    def control(self, key: str) -> QWidget:
        """The control of a field. Raises KeyError for one that is not asked for."""
        return self._controls[key]

    def values(self) -> dict[str, str]:
        """What stands in every field, without space around it."""
        return {field.key: self._read[field.key]().strip() for field in self._fields}

    def changed_values(self) -> dict[str, str]:
        """What stands in the fields that are not as they are by default."""
        defaults = {field.key: field.default for field in self._fields}
        return {key: value for key, value in self.values().items() if value != defaults[key]}

    def problem(self) -> str:
        """What keeps the form from being used, in words; empty where nothing does."""
        for field in self._fields:
            value = self._read[field.key]()
            title = asked_title(field.key)
            if is_blank(value):
                if field.required:
                    return tr("{field} is missing.", field=title)
                continue
            if len(value) > field.limit_chars:
                return tr("{field} is too long.", field=title)
            if field.kind is FieldKind.NUMBER and not _NUMBER.fullmatch(value.strip()):
                return tr("{field} must be a number.", field=title)
            if field.kind is FieldKind.DATE and not _DATE.fullmatch(value.strip()):
                return tr("{field} must be a date such as 2026-11-20.", field=title)
        return ""

    def _add(self, field: FieldAsked, given: str) -> QVBoxLayout:
        theme = self._context.theme
        title, hint = asked_title(field.key), asked_hint(field.key)
        pair = QVBoxLayout()
        pair.setSpacing(theme.metrics.tiny)
        control = self._control(field, title, well_formed(given))
        self._controls[field.key] = control
        if field.kind is not FieldKind.FLAG:
            words = title if field.required else tr("{field} (optional)", field=title)
            label = PlainLabel(theme, words, role=TextRole.SECONDARY, colour="muted", parent=self)
            label.setBuddy(control)
            pair.addWidget(label)
        pair.addWidget(control)
        if hint:
            control.setAccessibleDescription(hint)
            pair.addWidget(
                PlainLabel(theme, hint, role=TextRole.SECONDARY, colour="muted", wrap=True, parent=self)
            )
        return pair

    def _control(self, field: FieldAsked, title: str, given: str) -> QWidget:
        match field.kind:
            case FieldKind.CHOICE:
                return self._choice(field, title, given)
            case FieldKind.FLAG:
                box = CheckBox(self._context, title, self)
                box.setChecked(given.casefold() in {"yes", "true", "1"})
                box.toggled.connect(lambda _on: self.changed.emit())
                self._read[field.key] = lambda: "yes" if box.isChecked() else "no"
                return box
            case FieldKind.LONG_TEXT:
                return self._long_text(field, title, given)
            case _:
                return self._line(field, title, given)

    def _choice(self, field: FieldAsked, title: str, given: str) -> QWidget:
        box = ChoiceBox(self._context, title, self)
        if not field.required:
            box.addItem(tr("Not said"), "")
        for choice in field.choices:
            box.addItem(choice_title(choice), choice)
        box.setCurrentIndex(max(0, box.findData(given)))
        box.currentIndexChanged.connect(lambda _at: self.changed.emit())
        self._read[field.key] = lambda: str(box.currentData() or "")
        return box

    def _long_text(self, field: FieldAsked, title: str, given: str) -> QWidget:
        edit = QPlainTextEdit(self)
        edit.setProperty("look", "field")
        edit.setAccessibleName(title)
        edit.setTabChangesFocus(True)
        edit.setPlainText(given)
        edit.setFixedHeight(self._context.theme.metrics.px(_LONG_PX))
        edit.textChanged.connect(self.changed)
        self._read[field.key] = edit.toPlainText
        return edit

    def _line(self, field: FieldAsked, title: str, given: str) -> QWidget:
        edit = QLineEdit(self)
        edit.setAccessibleName(title)
        edit.setMaxLength(field.limit_chars)
        edit.setText(given)
        if field.kind is FieldKind.DATE:
            edit.setPlaceholderText("2026-11-20")
        edit.textChanged.connect(lambda _text: self.changed.emit())
        self._read[field.key] = (
            (lambda: "".join(edit.text().split())) if field.kind is FieldKind.CODE else edit.text
        )
        return edit
