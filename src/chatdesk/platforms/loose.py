"""Values out of JSON whose shape nobody promised: a reader gives the value or None, never an error."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

import msgspec

from chatdesk.domain.text import one_line, well_formed

TEXT_LIMIT_CHARS = 1_000_000
"""No platform stores a longer message; what claims to be longer is cut."""
WORDS_LIMIT_CHARS = 300
"""A server's own words, where they are shown."""

NOTHING: Mapping[str, Any] = MappingProxyType({})

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_US = 9_999_999_999_999_999
"""Sixteen digits (the year 2286): cursors of this width compare as text."""
_EXACT = 2**53
_ID = re.compile(r"[0-9A-Za-z_-]{1,64}\Z")
_TOKEN = re.compile(r"eyJ[\w-]{5,}(?:\.[\w-]*)*|\b[0-9a-fA-F]{40,}\b")
_JWT_LIMIT_CHARS = 16_384
_DIGITS = re.compile(r"\d[\d ()-]{5,}\d")
_MAIL = re.compile(r"[^\s@<>\"'(),:;]{1,64}@[^\s@<>\"'(),:;]{1,255}")
_PHONE = re.compile(r"(?<![\w-])(?:\+\d[\d ()-]{6,18}\d|\d{7,15})(?![\w-])")


def mapping(value: object) -> Mapping[str, Any]:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else NOTHING


def listing(value: object) -> list[Any]:
    """The value if it is an array, else an empty one."""
    return value if isinstance(value, list) else []


def text(value: object, limit_chars: int = TEXT_LIMIT_CHARS) -> str | None:
    """A text, or a number as text; lone surrogates become U+FFFD."""
    if isinstance(value, str):
        return well_formed(value[:limit_chars])
    number_value = number(value)
    if number_value is None:
        return None
    return str(number_value)


def line(value: object, limit_chars: int = WORDS_LIMIT_CHARS) -> str:
    """A text on one line without control characters, cut; empty when there is none."""
    return one_line(text(value, limit_chars * 4) or "", limit_chars)


def words(value: object) -> str:
    """A server's own words as they may be shown and logged: one line, at most 300 characters.

    Nothing like a token, an e-mail address or a telephone number is left in them.
    """
    found = _TOKEN.sub("…", line(value))
    return _PHONE.sub("…", _MAIL.sub("…", found)) if "@" in found or _DIGITS.search(found) else found


def identifier(value: object) -> str | None:
    """An id: 1 to 64 letters, digits, dashes or underscores. Numbers are not ids."""
    return value if isinstance(value, str) and _ID.match(value) else None


def number(value: object) -> int | float | None:
    """A number that JavaScript could hold exactly; booleans are none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not -_EXACT <= value <= _EXACT:  # false for NaN as well
        return None
    return int(value) if isinstance(value, float) and value.is_integer() else value


def whole(value: object) -> int | None:
    """A whole number from 0 on."""
    found = number(value)
    return found if isinstance(found, int) and found >= 0 else None


def moment_us(value: object) -> int | None:
    """A time such as 2026-11-20T07:46:31.180Z in microseconds since 1970; without a zone it is UTC."""
    if not isinstance(value, str) or not 10 <= len(value) <= 40:
        return None
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        found = (moment - _EPOCH) // timedelta(microseconds=1)
    except (ValueError, OverflowError):
        return None
    return found if 0 <= found <= _LAST_US else None


def jwt_claims(token: str) -> Mapping[str, Any]:
    """The payload of a JSON web token, unverified; empty when it is none."""
    parts = token.split(".")
    if len(parts) != 3 or len(token) > _JWT_LIMIT_CHARS:
        return NOTHING
    try:
        raw = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
        return mapping(msgspec.json.decode(raw))
    except (binascii.Error, msgspec.DecodeError, UnicodeError, ValueError, RecursionError):
        return NOTHING
