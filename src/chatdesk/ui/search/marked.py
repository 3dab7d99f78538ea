"""One line of text with marked words in it, painted by ourselves: nothing in it is ever rich text."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QTextCharFormat, QTextLayout, QTextOption

from chatdesk.ui.tokens import Tokens

_ELLIPSIS = "…"
_SEEN_SHARE = 0.75
"""The first mark ends at the latest here, as a share of the width; else the line begins later."""
Marks = Sequence[tuple[int, int]]
"""(begin, length) in UTF-16 code units."""


def fit(text: str, marks: Marks, font: QFont, width_px: float) -> tuple[str, list[tuple[int, int]]]:
    """The part of a line that has room, such that its first mark is in view, and what is marked of it."""
    metrics = QFontMetricsF(font)
    units = text.encode("utf-16-le", "surrogatepass")

    def part(begin: int, end: int | None = None) -> str:
        return units[2 * begin : None if end is None else 2 * end].decode("utf-16-le", "replace")

    kept = [(begin, length) for begin, length in marks if length > 0]
    if kept and metrics.horizontalAdvance(text) > width_px:
        first, first_end = kept[0][0], kept[0][0] + kept[0][1]
        begin, most_px = 0, width_px * _SEEN_SHARE
        while begin < first and metrics.horizontalAdvance(part(begin, first_end)) > most_px:
            before, space, _rest = part(begin + 1, first).partition(" ")
            begin = begin + 2 + _length(before) if space else first
        if begin:
            text = _ELLIPSIS + part(begin)
            kept = [(at - begin + 1, length) for at, length in kept]
    shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, width_px)
    if shown == text:
        return text, kept
    room = _length(shown) - 1
    return shown, [(at, min(length, room - at)) for at, length in kept if at < room]


def draw_marked(
    painter: QPainter, area: QRect, text: str, marks: Marks, font: QFont, tokens: Tokens, *, colour: str
) -> None:
    """Paint a line into an area, its words in the direction in which they are read, marks on their ground."""
    if area.width() <= 0:
        return
    shown, kept = fit(text, marks, font, area.width())
    layout = QTextLayout(shown, font)
    option = QTextOption(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignAbsolute)
    option.setTextDirection(Qt.LayoutDirection.LayoutDirectionAuto)
    option.setWrapMode(QTextOption.WrapMode.NoWrap)
    layout.setTextOption(option)
    layout.beginLayout()
    line = layout.createLine()
    line.setLineWidth(area.width())
    layout.endLayout()
    look = QTextCharFormat()
    look.setBackground(tokens.mark)
    look.setForeground(tokens.mark_text)
    ranges = []
    for begin, length in kept:
        one = QTextLayout.FormatRange()
        one.start, one.length, one.format = begin, length, look
        ranges.append(one)
    painter.setPen(tokens.colour(colour))
    top = area.top() + (area.height() - line.height()) / 2
    layout.draw(painter, QPointF(area.left(), top), ranges, QRectF(area))


def _length(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2
