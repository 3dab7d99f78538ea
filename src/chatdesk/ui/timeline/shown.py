"""What of a message's text is drawn: cut to a bearable length, with harmless symbols for what is no letter.

Every UTF-16 unit of the drawn text stands for one unit of the message, so that a selection can be copied as
the message has it.
"""

from __future__ import annotations

from typing import NamedTuple

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
    _DELETE: chr(_DELETE_PICTURE),
    ord("\t"): "\t",
    **{ord(each): LINE_BREAK for each in _BREAKS},
}


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
    # A pair of carriage return and line feed is one break; the cut comes first, so that this stays cheap.
    head = well_formed(text[: limit + 1]).replace("\r\n", "\n").replace("\r", "\n")
    hidden = 0
    if len(text) > limit:
        head = head[:limit]
        hidden = len(text) - limit
    lines = head.split("\n", FIRST_LINES * (steps + 1))
    if len(lines) > FIRST_LINES * (steps + 1):
        hidden += len(lines[-1]) + 1
        head = "\n".join(lines[:-1])
    return Shown(head.translate(_TABLE), head, hidden)


def utf16_length(text: str) -> int:
    """Length as Qt counts it: characters beyond the first plane count twice."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2


def utf16_slice(text: str, start: int, end: int) -> str:
    """The part between two positions as Qt counts them; half a character at an end is left out."""
    if text.isascii():
        return text[start:end]
    units = text.encode("utf-16-le")
    return units[start * 2 : end * 2].decode("utf-16-le", errors="ignore")
