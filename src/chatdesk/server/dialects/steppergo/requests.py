"""What requests and events say, checked before the core sees it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from starlette.requests import Request

from chatdesk.server import bodies
from chatdesk.server.announce import CLIENT_ID_FIELD, is_client_id
from chatdesk.server.core.tables import MessageKind
from chatdesk.server.core.text import is_storable
from chatdesk.server.sockets import MISSING
from chatdesk.server.web import BadRequest
from chatdesk.wire.steppergo import names, texts

BODY_LIMIT_BYTES = 1_000_000
ID_LIMIT_CHARS = 100
METADATA_LIMIT_BYTES = 20_000
NUL = "\x00"

ERR_JSON = "Invalid JSON in request body"
ERR_TOO_LARGE = "Request body is too large"
ERR_OBJECT = "An object is expected"
ERR_TYPE = "type must be one of TEXT, IMAGE, FILE, LOCATION"
ERR_METADATA = "metadata cannot be stored"
ERR_METADATA_SIZE = "metadata is too large"
ERR_CLIENT_ID = "Invalid client id"
ERR_NOT_STRING = "{field} must be a text"
ERR_CONTENT = "content is required"

KINDS = {
    names.TYPE_TEXT: MessageKind.TEXT,
    names.TYPE_IMAGE: MessageKind.IMAGE,
    names.TYPE_FILE: MessageKind.FILE,
    names.TYPE_LOCATION: MessageKind.LOCATION,
    names.TYPE_SYSTEM: MessageKind.SYSTEM,
}

_EMAIL = re.compile(r"[^\s@\"(),:;<>\[\\\]]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")


class Tripped(BadRequest):
    """What the platform's own code trips over: broken JSON, values of the wrong type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message that somebody wants to send. metadata: any JSON value."""

    text: str
    kind: MessageKind = MessageKind.TEXT
    metadata: Any = None
    client_id: str | None = None

    @property
    def temp_id(self) -> Any:
        """The client's own name for it, which comes back with the confirmation; None without one."""
        return self.metadata.get("tempId") if isinstance(self.metadata, dict) else None


async def value(request: Request) -> Any:
    """The body as a JSON value, whatever its type says. Raises Tripped (none, broken), BadRequest (size)."""
    try:
        body = b"".join([chunk async for chunk in bodies.limited(request, BODY_LIMIT_BYTES)])
    except bodies.BadBody as exc:
        raise BadRequest(ERR_TOO_LARGE, 413) from exc
    try:
        return msgspec.json.decode(body)
    except (msgspec.MsgspecError, RecursionError, ValueError) as exc:
        raise Tripped(ERR_JSON) from exc


async def fields(request: Request) -> dict[str, Any]:
    """The body as an object; {} for any other value but null. Raises like `value`."""
    return mapping(await value(request))


def mapping(found: Any) -> dict[str, Any]:
    """An object; {} for other values. Raises Tripped for null and for nothing at all."""
    if found is None or found is MISSING:
        raise Tripped(ERR_OBJECT)
    return found if isinstance(found, dict) else {}


def needed(body: Mapping[str, Any], field: str, missing: str) -> str:
    """A text that has to be there. Raises BadRequest (missing, or nothing), Tripped (no text)."""
    found = body.get(field)
    if found in (None, False, 0, ""):
        raise BadRequest(missing)
    return text_of(found, field)


def text_of(found: Any, field: str) -> str:
    """A text that can be stored; raises Tripped for everything else."""
    if not isinstance(found, str):
        raise Tripped(ERR_NOT_STRING.format(field=field))
    if not storable(found):
        raise Tripped(ERR_NOT_STRING.format(field=field))
    return found


def storable(text: str) -> bool:
    """Whether the platform's database could keep it."""
    return NUL not in text and is_storable(text)


def id_of(found: Any, field: str) -> str:
    """A text that may be an id; raises Tripped for everything else."""
    return text_of(found, field)


def letter(body: Mapping[str, Any], content: str) -> Letter:
    """What a body asks to send, beside its content. Raises Tripped, BadRequest (client id)."""
    kind = body.get("type", names.TYPE_TEXT)
    if not isinstance(kind, str) or kind not in KINDS:
        raise Tripped(ERR_TYPE)
    client_id = body.get(CLIENT_ID_FIELD)
    if client_id is not None and not is_client_id(client_id):
        raise BadRequest(ERR_CLIENT_ID)
    return Letter(
        text=content, kind=KINDS[kind], metadata=metadata(body.get("metadata")), client_id=client_id
    )


def metadata(found: Any) -> Any:
    """Any value that can be stored and sent again; raises Tripped."""
    try:
        packed = msgspec.json.encode(found)
        # The database behind the platform has no character of this number.
        if b"\\u0000" in packed:
            raise Tripped(ERR_METADATA)
        return msgspec.json.decode(packed)
    except (msgspec.MsgspecError, RecursionError, ValueError, OverflowError, TypeError) as exc:
        raise Tripped(ERR_METADATA) from exc


def check_size(found: Any) -> None:
    """Raise BadRequest for more than belongs beside a text."""
    if len(msgspec.json.encode(found)) > METADATA_LIMIT_BYTES:
        raise BadRequest(ERR_METADATA_SIZE)


# -- the sign-in's own way of naming what is wrong


def login_problems(body: Any) -> list[dict[str, Any]]:
    """Everything that is wrong with the body of a sign-in, as the platform details it; [] = nothing."""
    if not isinstance(body, dict):
        return [_type_problem([], "object", body)]
    problems = []
    email = body.get("email", MISSING)
    if not isinstance(email, str):
        problems.append(_type_problem(["email"], "string", email))
    elif not _EMAIL.fullmatch(email):
        problem = {"validation": "email", "code": "invalid_string", "message": texts.MSG_EMAIL}
        problems.append({**problem, "path": ["email"]})
    password = body.get("password", MISSING)
    if not isinstance(password, str):
        problems.append(_type_problem(["password"], "string", password))
    remember = body.get("remember", MISSING)
    if remember is not MISSING and not isinstance(remember, bool):
        problems.append(_type_problem(["remember"], "boolean", remember))
    return problems


def _type_problem(path: Sequence[str], expected: str, found: Any) -> dict[str, Any]:
    received = _type_name(found)
    required = received == "undefined"
    text = texts.MSG_REQUIRED if required else texts.MSG_EXPECTED.format(expected=expected, received=received)
    return {
        "code": "invalid_type",
        "expected": expected,
        "received": received,
        "path": list(path),
        "message": text,
    }


def _type_name(found: Any) -> str:
    if found is MISSING:
        return "undefined"
    if found is None:
        return "null"
    if isinstance(found, bool):
        return "boolean"
    if isinstance(found, int | float):
        return "number"
    if isinstance(found, str):
        return "string"
    return "array" if isinstance(found, list) else "object"
