"""Plain text broken into lines of a width, in the direction that its own letters ask for."""

from __future__ import annotations

import unicodedata
from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QTextLayout, QTextLine, QTextOption

_DIRECTION_CHARS = 500
"""How far into a text its first letter with a direction is looked for."""


class Lines(NamedTuple):
    """Broken lines; `width` is what the widest needs."""

    layout: QTextLayout
    width: float
    height: float
    right_to_left: bool

    def moved(self, at: QPointF, width: float) -> TextPart:
        """The lines at a place of a row, in a column of this width."""
        return TextPart(self.layout, QRectF(at.x(), at.y(), width, self.height))


class TextPart(NamedTuple):
    """Broken lines and the area that they fill, relative to the row's top left corner."""

    layout: QTextLayout
    rect: QRectF

    def position_at(self, point: QPointF) -> int:
        """The place in the text (UTF-16 units) between two letters that is nearest to a point."""
        local = point - self.rect.topLeft()
        if local.y() < 0:
            return 0
        for number in range(self.layout.lineCount()):
            line = self.layout.lineAt(number)
            if local.y() < line.y() + line.height():
                return _cursor(line, local.x(), QTextLine.CursorPosition.CursorBetweenCharacters)
        return self.length

    def letter_at(self, point: QPointF) -> int | None:
        """The letter (UTF-16 units) under a point, or None beside the text."""
        local = point - self.rect.topLeft()
        for number in range(self.layout.lineCount()):
            line = self.layout.lineAt(number)
            if line.naturalTextRect().contains(local):
                return _cursor(line, local.x(), QTextLine.CursorPosition.CursorOnCharacter)
        return None

    @property
    def length(self) -> int:
        """Length of the text in UTF-16 units."""
        last = self.layout.lineAt(self.layout.lineCount() - 1) if self.layout.lineCount() else None
        return last.textStart() + last.textLength() if last is not None else 0


def break_lines(text: str, font: QFont, width: float, *, centred: bool = False) -> Lines:
    """Break at words where possible, anywhere else.

    A text that begins with right-to-left letters is aligned to the right: lay it out again in the width that
    it shall fill.
    """
    layout = QTextLayout(text, font)
    layout.setCacheEnabled(True)
    right_to_left = is_right_to_left(text)
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    if right_to_left:
        option.setTextDirection(Qt.LayoutDirection.RightToLeft)
        option.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignAbsolute)
    else:
        option.setTextDirection(Qt.LayoutDirection.LeftToRight)
        option.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignAbsolute)
    if centred:
        option.setAlignment(Qt.AlignmentFlag.AlignHCenter)
    layout.setTextOption(option)
    layout.beginLayout()
    y, widest = 0.0, 0.0
    while True:
        line = layout.createLine()
        if not line.isValid():
            break
        line.setLineWidth(width)
        line.setPosition(QPointF(0, y))
        y += line.height()
        widest = max(widest, line.naturalTextWidth())
    layout.endLayout()
    return Lines(layout, widest, y, right_to_left)


def is_right_to_left(text: str) -> bool:
    """The direction of the first letter that has one (Unicode bidirectional algorithm, P2 and P3)."""
    if text.isascii():
        return False
    for each in text[:_DIRECTION_CHARS]:
        kind = unicodedata.bidirectional(each)
        if kind == "L":
            return False
        if kind in {"R", "AL"}:
            return True
    return False


def _cursor(line: QTextLine, x: float, how: QTextLine.CursorPosition) -> int:
    return int(line.xToCursor(x, how))
