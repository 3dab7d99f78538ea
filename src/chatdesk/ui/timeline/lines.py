"""Plain text broken into lines of a width, each paragraph in the direction that its own letters ask for."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

from PySide6.QtCore import QPointF, QRectF, Qt, QTextBoundaryFinder
from PySide6.QtGui import QFont, QPainter, QTextCharFormat, QTextLayout, QTextLine, QTextOption

from chatdesk.ui.timeline.shown import LINE_BREAK, utf16_length, whole_letters

PIECE_CHARS = 8_000
"""Most that is broken as one: Qt's time for a word without end grows with the square of its length."""
_DIRECTION_CHARS = 500
"""How far into a paragraph its first letter with a direction is looked for."""
_RIGHT_TO_LEFT = {"R", "AL"}
_NO_FORMATS: list[QTextLayout.FormatRange] = []


Formats = Sequence[tuple[int, int, QTextCharFormat]]
"""How stretches of a text look: (start, end, look)."""


class Block(NamedTuple):
    """Paragraphs of one direction, or a piece of a very long one.

    start, length: its place in the whole text, UTF-16 units. x, y: where it stands in its part, px.
    """

    layout: QTextLayout
    start: int
    length: int
    x: float
    y: float
    right_to_left: bool


class Lines(NamedTuple):
    """Broken lines; `width` is what the widest needs, `room` what they were broken for."""

    blocks: tuple[Block, ...]
    width: float
    height: float
    room: float
    right_to_left: bool = False
    """Whether any paragraph is."""
    centred: bool = False

    def moved(self, at: QPointF, width: float) -> TextPart:
        """The lines at a place of a row, in a column of this width, which is not less than theirs."""
        blocks = self.blocks
        if self.centred:
            blocks = tuple(block._replace(x=(width - self.room) // 2) for block in blocks)
        elif self.right_to_left:
            blocks = tuple(b._replace(x=width - self.room) if b.right_to_left else b for b in blocks)
        return TextPart(blocks, QRectF(at.x(), at.y(), width, self.height))


class TextPart(NamedTuple):
    """Broken lines and the area that they fill, relative to the row's top left corner.

    Places in the text are UTF-16 units, from 0 to `length`.
    """

    blocks: tuple[Block, ...]
    rect: QRectF

    @property
    def layout(self) -> QTextLayout:
        """The first of its layouts; most texts have no other."""
        return self.blocks[0].layout

    @property
    def length(self) -> int:
        """Length of the text."""
        last = self.blocks[-1]
        return last.start + last.length

    def text(self) -> str:
        """The drawn text."""
        parts, end = [], 0
        for block in self.blocks:
            parts += [LINE_BREAK] * (block.start - end) + [block.layout.text()]
            end = block.start + block.length
        return "".join(parts)

    # ------------------------------------------------------------------------------------- from the screen

    def position_at(self, point: QPointF) -> int:
        """The place between two letters that is nearest to a point."""
        local = point - self.rect.topLeft()
        if local.y() < 0:
            return 0
        for block, line in self._lines():
            if local.y() < block.y + line.y() + line.height():
                between = QTextLine.CursorPosition.CursorBetweenCharacters
                return block.start + _cursor(line, local.x() - block.x, between)
        return self.length

    def letter_at(self, point: QPointF) -> int | None:
        """The letter under a point, or None beside the text."""
        local = point - self.rect.topLeft()
        for block, line in self._lines():
            inside = local - QPointF(block.x, block.y)
            if line.naturalTextRect().contains(inside):
                return block.start + _cursor(line, inside.x(), QTextLine.CursorPosition.CursorOnCharacter)
        return None

    # ------------------------------------------------------------------------------------------ in the text

    def caret(self, at: int) -> QRectF:
        """Where a place is: x, top and height of its line, relative to the row; no width."""
        block = self._block(at)
        inside = max(0, min(at - block.start, block.length))
        line = block.layout.lineForTextPosition(inside)
        found: Any = line.cursorToX(inside)
        # The binding answers with the place, too; the stubs say otherwise.
        x = float(found[0] if isinstance(found, tuple) else found)
        corner = self.rect.topLeft() + QPointF(block.x + x, block.y + line.y())
        return QRectF(corner.x(), corner.y(), 0, line.height())

    def stepped(self, at: int, *, forward: bool, words: bool = False) -> int:
        """The place one letter as a person sees it (or one word) on; `at` itself at the end of the text."""
        block = self._block(at, after=forward)
        inside = at - block.start
        mode = QTextLayout.CursorMode.SkipWords if words else QTextLayout.CursorMode.SkipCharacters
        step = block.layout.nextCursorPosition if forward else block.layout.previousCursorPosition
        found = block.start + int(step(inside, mode))
        if found == at:
            found += 1 if forward else -1
        return max(0, min(found, self.length))

    def line_ends(self, at: int) -> tuple[int, int]:
        """Where the line that a place is in begins and ends."""
        block = self._block(at)
        line = block.layout.lineForTextPosition(max(0, min(at - block.start, block.length)))
        start, end = line.textStart(), line.textStart() + line.textLength()
        # The blank or break that ends a line that is not the last would lead to the next one.
        if end < block.length:
            end = int(block.layout.previousCursorPosition(end, QTextLayout.CursorMode.SkipCharacters))
        return block.start + start, block.start + max(start, end)

    def word_at(self, at: int) -> tuple[int, int]:
        """The word at a place, by the rules of its script; or what stands there instead of one."""
        block = self._block(at, after=True)
        text = block.layout.text()
        if not block.length:
            return at, at
        finder = QTextBoundaryFinder(QTextBoundaryFinder.BoundaryType.Word, text)
        inside = max(0, min(at - block.start, block.length - 1))
        finder.setPosition(inside)
        start = inside if finder.isAtBoundary() else max(0, finder.toPreviousBoundary())
        finder.setPosition(inside)
        end = finder.toNextBoundary()
        return block.start + start, block.start + (block.length if end < 0 else end)

    # ------------------------------------------------------------------------------------------- drawing

    def draw(self, painter: QPainter, formats: Formats = (), *, visible: QRectF) -> None:
        """Draw the lines that are in `visible` (relative to the row), with formats on stretches of them."""
        corner = self.rect.topLeft()
        if not formats and len(self.blocks) == 1:
            block = self.blocks[0]
            if block.x:
                corner.setX(corner.x() + block.x)
            block.layout.draw(painter, corner, _NO_FORMATS, visible)
            return
        for block in self.blocks:
            at = corner + QPointF(block.x, block.y)
            block.layout.draw(painter, at, _ranges(formats, block.start, block.length), visible)

    def _block(self, at: int, *, after: bool = False) -> Block:
        """The one that a place is in, or that begins there; a break between two belongs to the first."""
        if len(self.blocks) == 1:
            return self.blocks[0]
        for number, block in enumerate(self.blocks):
            end = block.start + block.length
            if at < end or (at == end and not (after and self._begins(number + 1, at))):
                return block
        return self.blocks[-1]

    def _begins(self, number: int, at: int) -> bool:
        return number < len(self.blocks) and self.blocks[number].start == at

    def _lines(self) -> Iterator[tuple[Block, QTextLine]]:
        for block in self.blocks:
            for number in range(block.layout.lineCount()):
                yield block, block.layout.lineAt(number)


def break_lines(
    text: str, font: QFont, width: float, *, centred: bool = False, formats: Formats = ()
) -> Lines:
    """Break at words where possible, anywhere else. Right-to-left paragraphs are aligned to the right."""
    if len(text) <= PIECE_CHARS and text.isascii():
        looks = _ranges(formats, 0, len(text)) if formats else _NO_FORMATS
        layout, widest, height = _broken(text, font, width, looks, right_to_left=False, centred=centred)
        whole = Block(layout, 0, len(text), 0.0, 0.0, False)
        return Lines((whole,), widest, height, width, False, centred)
    blocks: list[Block] = []
    start, y, widest = 0, 0.0, 0.0
    for part, right in paragraphs(text):
        for piece, parted in _pieces(part):
            length = utf16_length(piece)
            looks = _ranges(formats, start, length)
            layout, wide, high = _broken(piece, font, width, looks, right_to_left=right, centred=centred)
            blocks.append(Block(layout, start, length, 0.0, y, right))
            start, y, widest = start + length + parted, y + high, max(widest, wide)
    turned = any(block.right_to_left for block in blocks)
    return Lines(tuple(blocks), widest, y, width, turned, centred)


def _pieces(text: str) -> Iterator[tuple[str, int]]:
    """A text in pieces, and how many units of a break follow on each; nearly always there is just one."""
    while len(text) > PIECE_CHARS:
        cut = text.rfind(LINE_BREAK, PIECE_CHARS // 2, PIECE_CHARS)
        parted = len(LINE_BREAK) if cut >= 0 else 0
        if not parted:
            blank = text.rfind(" ", PIECE_CHARS // 2, PIECE_CHARS)
            cut = blank + 1 if blank >= 0 else whole_letters(text, PIECE_CHARS)
        yield text[:cut], parted
        text = text[cut + parted :]
    yield text, len(LINE_BREAK)


def paragraphs(text: str) -> list[tuple[str, bool]]:
    """The text in pieces of one direction each, and whether that is right to left; breaks between are gone.

    A paragraph without a letter that has a direction goes with the one above it, or below at the beginning.
    """
    if LINE_BREAK not in text:
        return [(text, bool(_direction(text)))]
    lines = text.split(LINE_BREAK)
    ways = [_direction(line) for line in lines]
    way = next((one for one in ways if one is not None), False)
    found: list[tuple[list[str], bool]] = []
    for line, own in zip(lines, ways, strict=True):
        way = way if own is None else own
        if found and found[-1][1] is way:
            found[-1][0].append(line)
        else:
            found.append(([line], way))
    return [(LINE_BREAK.join(some), right) for some, right in found]


def is_right_to_left(text: str) -> bool:
    """The direction of the first letter that has one (Unicode bidirectional algorithm, P2 and P3)."""
    return bool(_direction(text))


def _direction(text: str) -> bool | None:
    """True for right to left; None where no letter says."""
    for each in text[:_DIRECTION_CHARS]:
        kind = unicodedata.bidirectional(each)
        if kind == "L":
            return False
        if kind in _RIGHT_TO_LEFT:
            return True
    return None


def _broken(
    text: str,
    font: QFont,
    width: float,
    looks: list[QTextLayout.FormatRange],
    *,
    right_to_left: bool,
    centred: bool,
) -> tuple[QTextLayout, float, float]:
    """The layout, the width of its widest line, and its height."""
    layout = QTextLayout(text, font)
    layout.setCacheEnabled(True)
    layout.setTextOption(_option(right_to_left, centred))
    if looks:
        layout.setFormats(looks)
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
    return layout, widest, y


@cache
def _option(right_to_left: bool, centred: bool) -> QTextOption:
    """How lines are broken and aligned; kept, since Python's enums are slow to go into Qt."""
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
    return option


def _ranges(formats: Formats, begin: int, length: int) -> list[QTextLayout.FormatRange]:
    """Formats of the whole text as those of a piece of it."""
    found = []
    for first, last, look in formats:
        start, end = max(0, first - begin), min(last - begin, length)
        if start < end:
            made = QTextLayout.FormatRange()
            made.start, made.length, made.format = start, end - start, look
            found.append(made)
    return found


def _cursor(line: QTextLine, x: float, how: QTextLine.CursorPosition) -> int:
    return int(line.xToCursor(x, how))
