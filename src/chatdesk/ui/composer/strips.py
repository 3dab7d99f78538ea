"""The lines above the text field that are there only when there is something to say or to choose."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from chatdesk.domain.text import well_formed
from chatdesk.ui.context import UiContext
from chatdesk.ui.controls import Panel, WordButton
from chatdesk.ui.i18n import tr
from chatdesk.ui.lists.flow import FlowLayout
from chatdesk.ui.plain import PlainLabel
from chatdesk.ui.theme import TextRole

_SHOWN_CHARS = 1_000


class Strip(Panel):
    """Words and buttons in a line; hidden while it has nothing to say."""

    def __init__(self, context: UiContext, *, colour: str = "text", parent: QWidget | None = None) -> None:
        super().__init__("panel", parent)
        theme = context.theme
        self.label = PlainLabel(theme, role=TextRole.SECONDARY, colour=colour, wrap=True, parent=self)
        self.label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(theme.metrics.small)
        self._row.addWidget(self.label, 1)
        self.hide()

    def add_button(self, words: str) -> WordButton:
        """A button at the end of the line."""
        button = WordButton(words, look="flat", parent=self)
        self._row.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        return button

    def say(self, text: str) -> None:
        """Show these words; none hides the line."""
        if text != self.label.text():
            self.label.setText(text)
            self.setAccessibleName(text)
        self.setVisible(bool(text))


class ConflictStrip(Panel):
    """Two texts of one draft: mine is in the field, the one saved elsewhere is shown; the person chooses."""

    def __init__(self, context: UiContext, parent: QWidget | None = None) -> None:
        super().__init__("card", parent)
        theme = context.theme
        self._words = PlainLabel(theme, role=TextRole.SECONDARY, colour="warn", wrap=True, parent=self)
        self.other = PlainLabel(theme, wrap=True, selectable=True, parent=self)
        self.mine = WordButton(tr("Keep mine"), parent=self)
        self.take = WordButton(tr("Take the other"), parent=self)
        self.both = WordButton(tr("Keep both"), parent=self)
        self.copy = WordButton(tr("Copy it"), look="flat", parent=self)
        row = QWidget(self)
        buttons = FlowLayout(row)
        buttons.setSpacing(theme.metrics.small)
        for button in (self.mine, self.take, self.both, self.copy):
            buttons.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(*[theme.metrics.small] * 4)
        column.setSpacing(theme.metrics.tiny)
        column.addWidget(self._words)
        column.addWidget(self.other)
        column.addWidget(row)
        self.hide()

    def ask(self, other: str, *, mine: str) -> None:
        """Show the other text, and ask; mine is in the field. Both stay on disk until one is chosen."""
        if other:
            self._words.setText(
                tr("Another text of this draft was written elsewhere, or is back with restored data:")
            )
        else:
            self._words.setText(tr("This text has been sent already, or was emptied in another place."))
        shown = well_formed(other[:_SHOWN_CHARS])
        self.other.setText(shown + ("…" if len(other) > _SHOWN_CHARS else ""))
        self.other.setVisible(bool(other))
        self.take.set_words(tr("Take the other") if other else tr("Empty the field"))
        self.mine.set_words(tr("Keep mine") if mine else tr("Delete it"))
        self.both.setVisible(bool(other and mine))
        self.copy.setVisible(bool(other))
        self.show()
