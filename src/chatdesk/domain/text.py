"""Cleaning and cutting of text from the outside; nothing here changes what is sent."""

from __future__ import annotations

import re

_SURROGATE = re.compile("[\ud800-\udfff]")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
_JS_SPACE = "\t\n\v\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
_JS_TRIM = re.compile(f"^[{_JS_SPACE}]+|[{_JS_SPACE}]+$")


def well_formed(text: str) -> str:
    """The text with every lone surrogate replaced by U+FFFD, so that it can be stored and drawn."""
    return _SURROGATE.sub("\ufffd", text)


def one_line(text: str, limit_chars: int) -> str:
    """Control and direction characters and breaks as single spaces, cut to `limit_chars` with an ellipsis."""
    head = well_formed(text[: limit_chars * 4])
    flat = _CONTROL.sub(" ", head).strip()
    if len(flat) <= limit_chars:
        return flat
    return flat[: limit_chars - 1].rstrip() + "…"


def js_trim(text: str) -> str:
    """Trimmed as JavaScript's String.trim does: U+FEFF yes, U+0085 and U+001C to U+001F no."""
    return _JS_TRIM.sub("", text)


def is_blank(text: str) -> bool:
    """True where a person would see nothing: such a text is not sent."""
    return not js_trim(text.replace("\u200b", "").replace("\x00", ""))
