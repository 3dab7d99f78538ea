"""Finds where in a conversation a moment is, by halving the space of its cursors: no index has the times."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

_FIRST, _LAST = " ", "~"
_BASE = ord(_LAST) - ord(_FIRST) + 1
_MOST_READS = 512


class Found(NamedTuple):
    """A message: its place, and when it was sent (microseconds since 1970, UTC)."""

    cursor: str
    id: int
    sent_at_us: int


def first_since(
    seek: Callable[[str], Found | None], seek_back: Callable[[str], Found | None], newest: Found, at_us: int
) -> Found:
    """The first message in reading order that was sent at `at_us` or later; the newest where none was.

    seek: the first message whose cursor is the given one or later; seek_back: the last with an earlier one.
    Cursors are taken to grow with time; where some do not, a message near by is found. It takes a few reads
    by key for every letter in which cursors differ, however many messages there are.
    """
    if newest.sent_at_us < at_us:
        return newest
    low, high, limit = "", newest, newest.cursor
    for _ in range(_MOST_READS):
        middle = between(low, limit)
        found = None if middle is None else seek(middle)
        if middle is None or found is None or found.cursor >= limit:
            # Nothing is in the upper half: go on from the last one in the lower.
            before = seek_back(limit if middle is None else middle)
            if before is None or before.cursor <= low or before.sent_at_us < at_us:
                break
            high, limit = before, before.cursor
        elif found.sent_at_us < at_us:
            low = found.cursor
        else:
            high, limit = found, middle
    return high


def between(low: str, high: str) -> str | None:
    """A text that sorts after `low` and before `high`, about in the middle; None where none was found."""
    size = max(len(low), len(high)) + 1
    middle = (_number(low, size) + _number(high, size)) // 2
    text = _text(middle, size).rstrip(_FIRST)
    return text if low < text < high else None


def _number(text: str, size: int) -> int:
    value = 0
    for place in range(size):
        letter = min(max(text[place], _FIRST), _LAST) if place < len(text) else _FIRST
        value = value * _BASE + ord(letter) - ord(_FIRST)
    return value


def _text(value: int, size: int) -> str:
    letters: list[str] = []
    for _ in range(size):
        value, digit = divmod(value, _BASE)
        letters.append(chr(digit + ord(_FIRST)))
    return "".join(reversed(letters))
