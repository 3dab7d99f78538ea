"""Checks of bodies and queries in the platform's words; only the first problem is told.

A value of the wrong type is answered 422, a value of the right type that is not allowed 400. Queries are read
as the platform does: what looks like a number or a truth value is one. Source: recorded refusals, wire
specification, sections 3.1 and 6.6.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from chatdesk.server.web import BadRequest
from chatdesk.wire.fakomame import names, texts

REQUIRED = "Required"
AMOUNT_LIMIT = 1_000_000_000_000
_EMAIL = re.compile(r"[A-Za-z0-9_'+\-.]*[A-Za-z0-9_+\-]@(?:[A-Za-z0-9][A-Za-z0-9\-]*\.)+[A-Za-z]{2,}")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_TRUTHS: Mapping[str, bool] = {"true": True, "false": False}


class _Missing:
    """Stands for a key that is not there."""


MISSING = _Missing()


def problem(text: str, status: int = 400) -> BadRequest:
    """A value that is not allowed (400), or of the wrong type (422)."""
    return BadRequest(text, status, code=names.ERROR_CODE_VALIDATION)


def type_name(value: Any) -> str:
    """What a JSON value is called in a refusal."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "nan" if value != value else "number"  # noqa: PLR0124 -- the one value unlike itself
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


def mapping(value: Any) -> dict[str, Any]:
    """A body that is an object."""
    if not isinstance(value, dict):
        raise problem(f"Expected object, received {type_name(value)}", 422)
    return value


def text(fields: Mapping[str, Any], name: str) -> str | None:
    """A text, None where there is none."""
    value = fields.get(name, MISSING)
    if value is MISSING:
        return None
    if not isinstance(value, str):
        raise problem(f"Expected string, received {type_name(value)}", 422)
    return value


def required_text(fields: Mapping[str, Any], name: str) -> str:
    """A text that has to be there."""
    value = text(fields, name)
    if value is None:
        raise problem(REQUIRED, 422)
    return value


def email(fields: Mapping[str, Any], name: str) -> str:
    """An e-mail address."""
    value = required_text(fields, name)
    if ".." in value or value.startswith(".") or not _EMAIL.fullmatch(value):
        raise problem(texts.ERR_EMAIL)
    return value


def choice(fields: Mapping[str, Any], name: str, allowed: Sequence[str]) -> str | None:
    """One of these words, None where there is none."""
    value = fields.get(name, MISSING)
    if value is MISSING:
        return None
    listed = " | ".join(f"'{one}'" for one in allowed)
    if not isinstance(value, str):
        raise problem(f"Expected {listed}, received {type_name(value)}", 422)
    if value not in allowed:
        raise problem(f"Invalid enum value. Expected {listed}, received '{value[:100]}'")
    return value


def whole(
    fields: Mapping[str, Any], name: str, usual: int, *, least: int = 1, most: int | None = None
) -> int:
    """A whole number in its bounds, or the usual one."""
    value = fields.get(name, MISSING)
    if value is MISSING:
        return usual
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:  # noqa: PLR0124
        raise problem(f"Expected number, received {type_name(value)}", 422)
    if isinstance(value, float) and not value.is_integer():
        raise problem("Expected integer, received float", 422)
    if value < least:
        raise problem(f"Number must be greater than or equal to {least}")
    if most is not None and value > most:
        raise problem(f"Number must be less than or equal to {most}")
    return min(int(value), 2**53)


def amount(fields: Mapping[str, Any], name: str) -> float | None:
    """A number from 0 on, None where there is none."""
    value = fields.get(name, MISSING)
    if value is MISSING:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:  # noqa: PLR0124
        raise problem(f"Expected number, received {type_name(value)}", 422)
    if value < 0:
        raise problem("Number must be greater than or equal to 0")
    if value > AMOUNT_LIMIT:
        raise problem(f"Number must be less than or equal to {AMOUNT_LIMIT}")
    return value


def flag(fields: Mapping[str, Any], name: str) -> bool | None:
    """A truth value, None where there is none."""
    value = fields.get(name, MISSING)
    if value is MISSING:
        return None
    if not isinstance(value, bool):
        raise problem(f"Expected boolean, received {type_name(value)}", 422)
    return value


def query(params: Mapping[str, str]) -> dict[str, Any]:
    """The parameters of a query, as the platform reads them."""
    return {name: _coerced(value) for name, value in params.items()}


def _coerced(value: str) -> str | int | float | bool:
    if value in _TRUTHS:
        return _TRUTHS[value]
    bare = value.strip()
    if not _NUMBER.fullmatch(bare):
        return value
    number = float(bare)
    return int(number) if number.is_integer() and abs(number) < 2**53 else number
