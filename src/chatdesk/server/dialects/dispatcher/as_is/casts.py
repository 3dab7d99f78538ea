"""What the database layer of the recorded servers makes of values; it complains with a 500."""

from __future__ import annotations

import re
from typing import Any

from chatdesk.server.dialects.dispatcher.as_is import script
from chatdesk.server.web import BadRequest
from chatdesk.wire.dispatcher import texts

_OBJECT_ID = re.compile(r"[0-9a-fA-F]{24}", re.ASCII)

ORDER = "Order"
MESSAGE = "ChatMessage"
NOTIFICATION = "Notification"


def broken(text: str) -> BadRequest:
    """An exception that nobody caught: its text is the answer."""
    return BadRequest(text, 500)


def object_id(value: Any, model: str, path: str = "_id") -> str:
    """The value as an id in lower case; raises the cast error of a look-up."""
    text = script.as_text(value) if isinstance(value, str | int | float) else ""
    if _OBJECT_ID.fullmatch(text):
        return text.lower()
    shown = value if isinstance(value, str) else script.inspect(value)
    kind = script.type_name(value)
    raise broken(texts.ERR_CAST_ID.format(value=shown, type=kind, path=path, model=model))


def text_of(value: Any, model: str, path: str) -> str:
    """The value as a text; raises the cast error of a record that is to be stored."""
    if isinstance(value, list | dict):
        shown, kind = script.inspect(value), script.type_name(value)
        problem = texts.ERR_CAST_TEXT.format(value=shown, type=kind, path=path)
        raise invalid(model, path, problem)
    return script.as_text(value)


def invalid(model: str, path: str, problem: str) -> BadRequest:
    """The validation error of one field of a record."""
    return broken(texts.ERR_VALIDATION.format(model=model, path=path, problem=problem))


def not_allowed(model: str, path: str, value: str) -> BadRequest:
    """The validation error of a value that is none of those allowed."""
    return invalid(model, path, texts.ERR_ENUM.format(value=value, path=path))


def missing(model: str, path: str) -> BadRequest:
    """The validation error of a required field that is not there."""
    return invalid(model, path, texts.ERR_PATH_REQUIRED.format(path=path))
