"""A dialog to change the text of a message that has not left."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from chatdesk.domain.text import is_blank, well_formed
from chatdesk.ui.context import UiContext
from chatdesk.ui.controls import WordButton
from chatdesk.ui.dialogs.sheet import Sheet
from chatdesk.ui.i18n import tr

WIDTH_PX, HEIGHT_PX = 440, 260


class EditTextDialog(Sheet):
    """`accepted_text(text)` when the person saves; a text in which nothing can be read is not offered."""

    accepted_text = Signal(str)

    def __init__(self, context: UiContext, title: str, text: str, parent: QWidget | None = None) -> None:
        super().__init__(context.theme, title, parent)
        self.edit = QPlainTextEdit(self)
        self.edit.setProperty("look", "field")
        self.edit.setAccessibleName(tr("Text of the message"))
        self.edit.setTabChangesFocus(True)
        self.edit.setPlainText(well_formed(text))
        self.content.addWidget(self.edit, 1)
        self.save = WordButton(tr("Save and queue"), look="primary", parent=self)
        self.save.clicked.connect(self._save)
        cancel = WordButton(tr("Cancel"), parent=self)
        cancel.clicked.connect(self.reject)
        self.buttons.addStretch(1)
        self.buttons.addWidget(cancel)
        self.buttons.addWidget(self.save)
        self.edit.textChanged.connect(self._update)
        self.resize(self.theme.metrics.px(WIDTH_PX), self.theme.metrics.px(HEIGHT_PX))
        self._update()

    def _update(self) -> None:
        self.save.setEnabled(not is_blank(self.edit.toPlainText()))

    def _save(self) -> None:
        self.accepted_text.emit(self.edit.toPlainText())
        self.accept()
