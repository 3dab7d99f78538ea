"""The text field: grows with its text, knows Enter from a composed letter, and takes plain text only."""

from __future__ import annotations

import math

from PySide6.QtCore import QMimeData, QSize, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QGuiApplication,
    QInputMethodEvent,
    QKeyEvent,
    QKeySequence,
    QResizeEvent,
)
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QSizePolicy, QWidget

from chatdesk.domain.text import well_formed
from chatdesk.ui.composer.files import holds_files
from chatdesk.ui.context import UiContext
from chatdesk.ui.i18n import tr
from chatdesk.ui.preferences import ENTER_SENDS

MOST_LINES = 8
MOST_PASTED_CHARS = 200_000
_ENTER = frozenset({Qt.Key.Key_Return, Qt.Key.Key_Enter})


class MessageEdit(QPlainTextEdit):
    """Plain text of one to eight lines."""

    send_pressed = Signal()
    last_asked = Signal()
    """Up in an empty field."""
    undo_asked = Signal()
    """Undo where nothing typed is left to undo."""
    later_pressed = Signal()
    """Ctrl+Shift+Enter: at another time."""
    left = Signal()
    """The focus has gone."""
    files_given = Signal(object)
    """Files or a picture were pasted or dropped: the QMimeData, valid for now only."""
    refused = Signal(str)
    """Something was not taken; why, in words."""

    def __init__(self, context: UiContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._composing = False
        self.setProperty("look", "field")
        self.setTabChangesFocus(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.WidgetWidth)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.document().setDocumentMargin(0)
        self.document().documentLayout().documentSizeChanged.connect(self._grow)
        context.theme.changed.connect(self._grow)
        self._grow()

    def show_text(self, text: str) -> None:
        """Put another text in, with the cursor at its end and nothing to undo."""
        if text != self.toPlainText():
            self.setPlainText(text)
        cursor = self.textCursor()
        cursor.movePosition(cursor.MoveOperation.End)
        self.setTextCursor(cursor)

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), self._height())

    def minimumSizeHint(self) -> QSize:
        return QSize(self._context.theme.metrics.px(80), self._height())

    # ------------------------------------------------------------------------------------------- keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if Qt.Key(event.key()) in _ENTER:
            self._on_enter(event)
        elif event.matches(QKeySequence.StandardKey.Undo) and not self.document().isUndoAvailable():
            self.undo_asked.emit()
        elif event.key() == Qt.Key.Key_Up and not self.toPlainText() and not self._composing:
            self.last_asked.emit()
        else:
            super().keyPressEvent(event)

    def _on_enter(self, event: QKeyEvent) -> None:
        if self._composing:
            # The Enter that ends a composed word belongs to the input method, not to the message.
            QGuiApplication.inputMethod().commit()
            return
        held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        with_control = held == Qt.KeyboardModifier.ControlModifier
        alone = held == Qt.KeyboardModifier.NoModifier
        if held == Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier:
            if not event.isAutoRepeat():
                self.later_pressed.emit()
            return
        sends = with_control or (alone and self._context.preferences.get(ENTER_SENDS))
        if sends:
            # A key that is held down repeats; one press sends once.
            if not event.isAutoRepeat():
                self.send_pressed.emit()
        elif not self.isReadOnly():
            self.textCursor().insertText("\n")
            self.ensureCursorVisible()

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        self._composing = bool(event.preeditString())
        super().inputMethodEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._composing = False
        super().focusOutEvent(event)
        self.left.emit()

    # ------------------------------------------------------------------------------------------- pasting

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        # Pictures and files are taken here too: to be sent, or refused in words instead of in silence.
        return source.hasText() or source.hasImage() or source.hasUrls()

    def insertFromMimeData(self, source: QMimeData) -> None:
        if self.isReadOnly():
            return
        if holds_files(source):
            self.files_given.emit(source)
            return
        text = source.text()
        if len(text) > MOST_PASTED_CHARS:
            self.refused.emit(tr("That is far too long for one message. Nothing was put in."))
            return
        plain = well_formed(text).replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
        self.textCursor().insertText(plain)
        self.ensureCursorVisible()

    # -------------------------------------------------------------------------------------------- size

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._grow()

    def _height(self) -> int:
        lines = max(1, min(MOST_LINES, round(self.document().size().height())))
        # The style sheet's padding and border are part of the frame that the viewport leaves.
        around = max(0, self.height() - self.contentsRect().height())
        return math.ceil(lines * self.fontMetrics().lineSpacing()) + around

    def _grow(self) -> None:
        height = self._height()
        if height != self.height():
            self.setFixedHeight(height)
        whole = self.document().size().height() <= MOST_LINES
        policy = Qt.ScrollBarPolicy
        self.setVerticalScrollBarPolicy(policy.ScrollBarAlwaysOff if whole else policy.ScrollBarAsNeeded)
