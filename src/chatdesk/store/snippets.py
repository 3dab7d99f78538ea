"""The line that shows where in a message something was found. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

BEFORE_CHARS: Final = 32
"""Context in front of the first place."""
MOST_CHARS: Final = 160
_UNSHOWN: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_ELLIPSIS: Final = "…"
_MOST_HANGING: Final = 16
_JOINER: Final = "\u200d"


def snippet(text: str, spans: Sequence[tuple[int, int]]) -> tuple[str, tuple[tuple[int, int], ...]]:
    """At most MOST_CHARS characters of one line around the first span, and what of the spans is in it.

    spans: stretches (begin, end) of `text` in characters, in order. The marks that come back are (begin,
    length) in UTF-16 code units of the line. Breaks, control characters and marks of direction are spaces.
    """
    begin = _start(text, max(0, spans[0][0] - BEFORE_CHARS)) if spans else 0
    end = _stop(text, min(len(text), begin + MOST_CHARS))
    head = _ELLIPSIS if begin > 0 else ""
    line = head + _UNSHOWN.sub(" ", text[begin:end]) + (_ELLIPSIS if end < len(text) else "")
    marks = []
    for first, last in spans:
        if first >= end:
            break
        at = len(head) + first - begin
        marks.append((_utf16(line[:at]), _utf16(text[first : min(last, end)])))
    return line, tuple(marks)


def _start(text: str, at: int) -> int:
    """A place at or shortly before `at` where a word begins, or at least what is seen as one character."""
    space = text.rfind(" ", max(0, at - 12), at + 1)
    if space >= 0:
        return space + 1
    return _apart(text, at)


def _stop(text: str, at: int) -> int:
    return _apart(text, at) if at < len(text) else at


def _apart(text: str, at: int) -> int:
    """The nearest place up to `at` where two characters may be parted; nobody waits for heaps of marks."""
    lowest = max(0, at - _MOST_HANGING)
    found = at
    while found > lowest and _hangs_on(text, found):
        found -= 1
    return found


def _hangs_on(text: str, at: int) -> bool:
    """Whether the character there is drawn together with the one before it."""
    char = text[at]
    is_part = unicodedata.category(char)[0] == "M" or char == _JOINER or "\U0001f3fb" <= char <= "\U0001f3ff"
    return is_part or text[at - 1] == _JOINER


def _utf16(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2
