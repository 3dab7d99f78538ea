"""Text reduced to what a search compares: no case, no accents, no width."""

from __future__ import annotations

import re
import unicodedata

_MARKS = re.compile(
    "[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u0610-\u061a\u064b-\u065f\u0670"
    "\u06d6-\u06dc\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+"
)
"""Accents and points that stand on letters; vowel signs of Indic scripts are letters and stay."""
_UNDECOMPOSED = str.maketrans(
    {
        "ł": "l",
        "ø": "o",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "æ": "ae",
        "œ": "oe",
        "\u0131": "i",
        "ħ": "h",
        "’": "'",
    }
)
"""Letters that read like a plain one, but that Unicode does not take apart."""


def fold(text: str) -> str:
    """The text for comparing: `Łódź` and `LODZ` fold to the same. Its length may differ from the text's."""
    folded = text.casefold()
    if folded.isascii():
        return folded
    # Casefold again: compatibility forms such as fullwidth capitals come apart into plain capitals.
    return _MARKS.sub("", unicodedata.normalize("NFKD", folded)).casefold().translate(_UNDECOMPOSED)


def words_of(query: str) -> tuple[str, ...]:
    """What a typed query asks for: each of these folded words must occur."""
    return tuple(fold(query).split())


def narrows(before: tuple[str, ...], words: tuple[str, ...]) -> bool:
    """Whether all that matches these words matched those before, as when a letter was typed on."""
    return all(any(old in new for new in words) for old in before)


def matches(haystack: str, words: tuple[str, ...]) -> bool:
    """True where every word occurs in the folded text; no words match everything."""
    return all(word in haystack for word in words)
