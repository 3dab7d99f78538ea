"""What is stored of a text, and how texts are compared in a search."""

from __future__ import annotations

import unicodedata


def is_storable(text: str) -> bool:
    """Whether the text is Unicode at all: half of a surrogate pair has no bytes."""
    return not any("\ud800" <= c <= "\udfff" for c in text)


def without_controls(text: str) -> str:
    """The text without control characters but tabs and line ends, which become single ones."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in lines if c in "\n\t" or unicodedata.category(c) != "Cc")


def fold(text: str) -> str:
    """The text as searches see it: without case, width and ligatures."""
    return unicodedata.normalize("NFKC", text).casefold()


def like_pattern(needle: str) -> str:
    r"""A LIKE pattern (escape character \) that finds the folded needle anywhere."""
    escaped = fold(needle).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def clipped(text: str, limit_chars: int) -> str:
    """The text, shortened with an ellipsis when it is longer than the limit."""
    return text if len(text) <= limit_chars else text[: limit_chars - 1] + "…"
