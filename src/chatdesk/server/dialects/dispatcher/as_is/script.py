"""How the language of the recorded servers sees values: its texts of them, and its complaints about JSON."""

from __future__ import annotations

import json
import math
import re
from typing import Any, Final

from chatdesk.wire.dispatcher import texts

Json = Any

MAX_SAFE: Final = 2**53 - 1
HUGE: Final = 2**1024
_LEADING_INTEGER = re.compile(r"\s*([+-]?[0-9]{1,400})", re.ASCII)
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z_0-9]*", re.ASCII)
_EXACT_DIGITS = 300
_TEXT_DEPTH = 100
_INSPECT_DEPTH = 2
_INSPECT_ITEMS = 100


class Undefined:
    """Stands for what is not there at all; `None` is null."""


UNDEFINED = Undefined()


def is_falsy(value: Json) -> bool:
    """Null, false, zero, the empty text, and what is not there; empty lists and objects are true."""
    if isinstance(value, Undefined) or value is None or value is False:
        return True
    return isinstance(value, int | float | str) and not value


def as_text(value: Json, depth: int = 0) -> str:
    """The value in a text, as in `${value}`; lists within lists far below count as empty."""
    if isinstance(value, Undefined):
        return "undefined"
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, list):
        deep = depth >= _TEXT_DEPTH
        return "" if deep else ",".join("" if one is None else as_text(one, depth + 1) for one in value)
    if isinstance(value, dict):
        return "[object Object]"
    return _scalar(value)


def type_name(value: Json) -> str:
    """What an error of the database layer calls the type of a value."""
    if isinstance(value, str):
        return "string"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return "Array" if isinstance(value, list) else "Object"


def inspect(value: Json, depth: int = 0) -> str:
    """The value as the language prints it for developers: `{ a: 1 }`, `[ 'x' ]`."""
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace("\n", "\\n")
        return f"'{escaped}'" if "'" not in escaped else f'"{escaped}"'
    if isinstance(value, list | dict) and depth > _INSPECT_DEPTH:
        return "[Array]" if isinstance(value, list) else "[Object]"
    if isinstance(value, list):
        shown = [inspect(one, depth + 1) for one in value[:_INSPECT_ITEMS]]
        return f"[ {', '.join(shown)} ]" if shown else "[]"
    if isinstance(value, dict):
        pairs = [f"{_key(key)}: {inspect(one, depth + 1)}" for key, one in value.items()]
        return f"{{ {', '.join(pairs)} }}" if pairs else "{}"
    return "undefined" if isinstance(value, Undefined) else _scalar(value)


def leading_integer(text: str | None) -> int | None:
    """The whole number that a text begins with; None for no number; huge ones are cut to the largest."""
    match = _LEADING_INTEGER.match(text or "")
    return None if match is None else max(-MAX_SAFE, min(MAX_SAFE, int(match[1])))


def parsed(text: str) -> Json:
    """A body in the strict mode of the recorded servers: an object or a list.

    Raises ValueError with the language's own complaint.
    """
    first = text.lstrip("\ufeff \t\r\n")[:1]
    if first not in {"{", "["}:
        raise ValueError(texts.ERR_JSON_TOKEN.format(token=first, start=text[:10]))
    try:
        return _whole(json.loads(text, parse_constant=_refuse, parse_int=_number))
    except json.JSONDecodeError as exc:
        raise ValueError(_complaint(exc)) from exc
    except RecursionError as exc:
        raise ValueError(texts.ERR_JSON_END) from exc


def _number(digits: str) -> int | float:
    return int(digits) if len(digits) <= _EXACT_DIGITS else math.inf


def _whole(value: Json) -> Json:
    """The value with half surrogates replaced, as they leave the language's texts."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_whole(one) for one in value]
    if isinstance(value, dict):
        return {_whole(key): _whole(one) for key, one in value.items()}
    return value


def _refuse(constant: str) -> Json:
    raise ValueError(texts.ERR_JSON_TOKEN.format(token=constant[:1], start=constant))


def _complaint(exc: json.JSONDecodeError) -> str:
    if exc.pos >= len(exc.doc):
        return texts.ERR_JSON_END
    if exc.msg.startswith("Expecting property name"):
        return texts.ERR_JSON_NAME.format(position=exc.pos)
    return texts.ERR_JSON_TOKEN.format(token=exc.doc[exc.pos], start=exc.doc[:10])


def _key(key: str) -> str:
    return key if _PLAIN_KEY.fullmatch(key) else f"'{key}'"


def _scalar(value: Json) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if abs(value) >= HUGE:
        return "Infinity" if value > 0 else "-Infinity"
    if value != value:  # noqa: PLR0124 -- not a number
        return "NaN"
    return str(int(value)) if value == int(value) and abs(value) < 1e21 else str(float(value))
