"""What of a message's text is drawn: cut to a bearable length, with harmless symbols for what is no letter.

Every UTF-16 unit of the drawn text stands for one unit of the message, so that a selection can be copied as
the message has it.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from PySide6.QtCore import QTextBoundaryFinder

from chatdesk.domain.text import well_formed

FIRST_CHARS = 4_000
"""How much of a message is shown at first."""
FIRST_LINES = 200
"""How many line breaks are shown at first: four thousand empty lines are as hostile as a long text."""
MORE_CHARS = 16_000
"""How much each "show more" adds."""

LINE_BREAK = "\u2028"
"""What Qt's text layout takes for a line break; a line feed would be drawn as a box."""

_BREAKS = "\n\v\f\u0085\u2028\u2029"
_CONTROL_PICTURES = 0x2400
_DELETE, _DELETE_PICTURE = 0x7F, 0x2421
_UNKNOWN = "\ufffd"
_DIRECTION = [*range(0x202A, 0x202F), *range(0x2066, 0x206A)]
"""Embeddings, overrides and isolates: they would let a message turn around the text that follows it."""

_TABLE: dict[int, str] = {
    **{code: chr(_CONTROL_PICTURES + code) for code in range(0x20)},
    **dict.fromkeys(range(0x80, 0xA0), _UNKNOWN),
    **dict.fromkeys(_DIRECTION, _UNKNOWN),
    **dict.fromkeys(range(0xFFF9, 0xFFFC), _UNKNOWN),
    0xFFFC: _UNKNOWN,  # the object replacement, which a layout may take for an embedded picture
    **dict.fromkeys((0x115F, 0x1160, 0x3164, 0xFFA0), _UNKNOWN),  # letters that look like nothing
    _DELETE: chr(_DELETE_PICTURE),
    ord("\t"): "\t",
    **{ord(each): LINE_BREAK for each in _BREAKS},
}

_HIDDEN_IN_WORD = re.compile("(?<=[0-9A-Za-z])[\u180e\u200b-\u200f\u2060-\u2064\ufeff]+(?=[0-9A-Za-z])")
"""What can't be seen inside a word of Latin letters or digits: no such word needs it."""
_CLUSTER_CHARS = 64
"""How far before a cut the beginning of what a person takes for one letter is looked for."""


class Shown(NamedTuple):
    """The drawn text and the part of the message that it stands for (same length in UTF-16 units).

    hidden_chars: how many characters of the message are not shown.
    """

    drawn: str
    source: str
    hidden_chars: int


def shown(text: str, steps: int = 0) -> Shown:
    """What is drawn of a message's text. `steps`: how often the person asked for more."""
    limit = FIRST_CHARS + steps * MORE_CHARS
    hidden = 0
    # The cut comes first, so that this stays cheap.
    if len(text) > limit:
        cut = whole_letters(text, limit)
        text, hidden = text[:cut], len(text) - cut
    head = source_text(text)
    lines = head.split("\n", FIRST_LINES * (steps + 1))
    if len(lines) > FIRST_LINES * (steps + 1):
        hidden += len(lines[-1]) + 1
        head = "\n".join(lines[:-1])
    return Shown(drawn_text(head), head, hidden)


def source_text(text: str) -> str:
    """The text of a message as it is copied: well formed, and every line break of one kind."""
    # A pair of carriage return and line feed is one break.
    return well_formed(text).replace("\r\n", "\n").replace("\r", "\n")


def drawn_text(source: str) -> str:
    """What stands in the window for a text: unit for unit, with symbols for all that steers or hides."""
    if not source.isascii():
        source = _HIDDEN_IN_WORD.sub(lambda found: _UNKNOWN * len(found[0]), source)
    return source.translate(_TABLE)


def whole_letters(text: str, limit: int) -> int:
    """A place at or before `limit` where a person sees one letter end: not in a sequence of joined emoji."""
    if text[limit - 1].isascii() and text[limit].isascii():
        # Only a carriage return and its line feed belong together.
        return limit - 1 if text[limit - 1] == "\r" and text[limit] == "\n" else limit
    start = limit - _CLUSTER_CHARS
    window = well_formed(text[start : limit + _CLUSTER_CHARS])
    finder = QTextBoundaryFinder(QTextBoundaryFinder.BoundaryType.Grapheme, window)
    finder.setPosition(utf16_length(window[:_CLUSTER_CHARS]))
    if finder.isAtBoundary():
        return limit
    before = finder.toPreviousBoundary()
    # One that is longer than the window is no letter of any script; it is cut anywhere.
    return limit if before <= 0 else start + len(utf16_slice(window, 0, before))


def utf16_length(text: str) -> int:
    """Length as Qt counts it: characters beyond the first plane count twice."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2


def utf16_slice(text: str, start: int, end: int) -> str:
    """The part between two positions as Qt counts them; half a character at an end is left out."""
    if text.isascii():
        return text[start:end]
    units = text.encode("utf-16-le")
    return units[start * 2 : end * 2].decode("utf-16-le", errors="ignore")
