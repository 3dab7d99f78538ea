"""Selected text inside one message: by dragging, by double and triple click, and by the keyboard."""

from __future__ import annotations

from enum import Enum

from PySide6.QtGui import QTextLayout

from chatdesk.domain.ids import MessageId
from chatdesk.ui.timeline.layout import RowLayout
from chatdesk.ui.timeline.shown import utf16_slice


class Unit(Enum):
    """How far the keyboard extends a selection at once."""

    LETTER = "letter"
    WORD = "word"
    END = "end"


class TextSelection:
    """At most one part of one message, in UTF-16 units of its drawn text."""

    def __init__(self) -> None:
        self.message: MessageId | None = None
        self._anchor = 0
        self._cursor = 0

    def range_in(self, message: MessageId) -> tuple[int, int] | None:
        """(start, end) of what is selected in a message; None when nothing is."""
        if message != self.message or self._anchor == self._cursor:
            return None
        return min(self._anchor, self._cursor), max(self._anchor, self._cursor)

    def is_empty(self) -> bool:
        """Whether no letter is selected."""
        return self.message is None or self._anchor == self._cursor

    def clear(self) -> None:
        """Select nothing."""
        self.message = None
        self._anchor = self._cursor = 0

    def begin(self, message: MessageId, at: int) -> None:
        """A new selection starts here."""
        self.message = message
        self._anchor = self._cursor = at

    def drag_to(self, at: int) -> None:
        """The selection reaches from its start to here."""
        self._cursor = at

    def select_word(self, row: RowLayout, at: int) -> None:
        """The word around a place."""
        layout = row.text.layout
        self.message = row.message.id
        self._anchor, self._cursor = _word(layout, at, row.text.length)

    def select_all(self, row: RowLayout) -> None:
        """All of a message that is shown."""
        self.message = row.message.id
        self._anchor, self._cursor = 0, row.text.length

    def extend(self, row: RowLayout, unit: Unit, *, forward: bool) -> None:
        """Move the end of the selection by a letter, a word, or to the end; begins one if there is none."""
        if self.message != row.message.id:
            self.begin(row.message.id, 0 if forward else row.text.length)
        layout = row.text.layout
        match unit:
            case Unit.END:
                self._cursor = row.text.length if forward else 0
            case _:
                mode = (
                    QTextLayout.CursorMode.SkipWords
                    if unit is Unit.WORD
                    else QTextLayout.CursorMode.SkipCharacters
                )
                step = layout.nextCursorPosition if forward else layout.previousCursorPosition
                self._cursor = step(self._cursor, mode)

    def text(self, row: RowLayout) -> str:
        """The selected part of a message, as the message has it; empty where nothing is selected."""
        part = self.range_in(row.message.id)
        return utf16_slice(row.shown.source, *part) if part else ""


def _word(layout: QTextLayout, at: int, length: int) -> tuple[int, int]:
    """The word that a double click at a place means: up to the blanks around it."""
    text = layout.text().encode("utf-16-le")

    def is_letter(place: int) -> bool:
        unit = int.from_bytes(text[2 * place : 2 * place + 2], "little")
        # Halves of a pair belong to what they stand in.
        return 0xD800 <= unit < 0xE000 or chr(unit).isalnum() or unit == ord("_")

    start = end = min(at, length)
    while start > 0 and is_letter(start - 1):
        start -= 1
    while end < length and is_letter(end):
        end += 1
    if start == end:
        end = min(length, start + 1)
    return start, end
