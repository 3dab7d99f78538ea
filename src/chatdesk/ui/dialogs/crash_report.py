"""The report of a crash, as plain text that the person may copy or save; nothing sends it by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QStandardPaths, Qt
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QFileDialog, QPlainTextEdit, QWidget

from chatdesk.domain.text import well_formed
from chatdesk.ui.context import UiContext
from chatdesk.ui.controls import WordButton
from chatdesk.ui.dialogs.sheet import Sheet
from chatdesk.ui.i18n import tr
from chatdesk.ui.plain import PlainLabel
from chatdesk.ui.tasks import Tasks
from chatdesk.ui.theme import TextRole
from chatdesk.ui.timeline.actions import copy_text

WIDTH_PX, HEIGHT_PX = 720, 560
FILE_NAME = "chatdesk-report.txt"


class CrashReportDialog(Sheet):
    """Shows what `compose` says; it is called off the GUI thread."""

    def __init__(self, context: UiContext, compose: Callable[[], str], parent: QWidget | None = None) -> None:
        super().__init__(context.theme, tr("Report of the crash"), parent)
        self._tasks = Tasks(self, context.troubles)
        theme = context.theme
        self._words = PlainLabel(theme, role=TextRole.SECONDARY, colour="muted", wrap=True, parent=self)
        self.text = QPlainTextEdit(self)
        self.text.setReadOnly(True)
        self.text.setProperty("look", "field")
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.text.setAccessibleName(tr("Report"))
        self.text.setTabChangesFocus(True)
        self.copy = WordButton(tr("Copy"), look="primary", parent=self)
        self.copy.clicked.connect(self._copy)
        self.save = WordButton(tr("Save as…"), parent=self)
        self.save.clicked.connect(self.ask_where)
        close = WordButton(tr("Close"), parent=self)
        close.clicked.connect(self.reject)
        self.content.addWidget(self._words)
        self.content.addWidget(self.text, 1)
        self.buttons.addStretch(1)
        for button in (self.copy, self.save, close):
            self.buttons.addWidget(button)
        self.resize(theme.metrics.px(WIDTH_PX), theme.metrics.px(HEIGHT_PX))
        self._say(tr("Collecting what chatdesk knows…"))
        self._offer(ready=False)
        self._tasks.start(
            "crash report", asyncio.to_thread(compose), on_done=self._show, on_error=self._on_error
        )

    def words(self) -> str:
        """What stands above the text."""
        return self._words.text()

    def ask_where(self) -> QFileDialog:
        """Ask for a file; the dialog asks before it replaces one."""
        folder = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
        suggested = str(Path(folder or Path.home()) / FILE_NAME)
        dialog = QFileDialog(self, tr("Save as"), suggested)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setFileMode(QFileDialog.FileMode.AnyFile)
        dialog.selectFile(suggested)
        dialog.fileSelected.connect(self.save_to)
        dialog.open()
        return dialog

    def save_to(self, path: str) -> None:
        """Write the text to a file that the person has chosen."""
        self._tasks.start(
            "save report",
            asyncio.to_thread(Path(path).write_text, self.text.toPlainText(), "utf-8"),
            on_done=lambda _size: self._say(tr("Saved as {path}", path=path)),
            on_error=lambda _error: self._say(
                tr("It could not be saved there. Choose another folder, or copy the text."), colour="bad"
            ),
        )

    def _show(self, text: str) -> None:
        self.text.setPlainText(well_formed(text))
        self._say(
            tr(
                "This is all of it: no account, no token and nothing that anybody wrote. chatdesk sends it "
                "nowhere; copy or save it, and give it to who looks after your chatdesk."
            )
        )
        self._offer(ready=True)

    def _on_error(self, _error: Exception) -> None:
        self._say(
            tr("What chatdesk knows could not be collected. Your data is safe; close this."), colour="bad"
        )

    def _copy(self) -> None:
        copy_text(self.text.toPlainText())
        self._say(tr("Copied."))

    def _offer(self, *, ready: bool) -> None:
        self.copy.setEnabled(ready)
        self.save.setEnabled(ready)

    def _say(self, words: str, *, colour: str = "muted") -> None:
        self._words.setText(words)
        self._words.set_colour(colour)
