"""What the recorded servers take for a message: four fields are looked at, the database says the rest."""

from __future__ import annotations

from typing import Any

from chatdesk.server.dialects.marketplace.sends import Letter
from chatdesk.server.web import BadRequest
from chatdesk.wire.marketplace import names, texts

REQUIRED = (
    ("recipient_id", texts.MSG_RECIPIENT),
    ("recipient_type", texts.MSG_KIND),
    ("subject", texts.MSG_SUBJECT),
    ("message", texts.MSG_CONTENT),
)
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def checked(body: Any) -> dict[str, Any]:
    """The body, if nothing that is required is empty; raises BadRequest that names every bad field."""
    found: dict[str, Any] = body if isinstance(body, dict) else {}
    errors = []
    for field, text in REQUIRED:
        value = found.get(field)
        bad = value not in names.KINDS_WRITTEN_TO if field == "recipient_type" else value in (None, "", [])
        if bad:
            shown = {"value": value} if field in found else {}
            errors.append({"type": "field", **shown, "msg": text, "path": field, "location": "body"})
    if errors:
        raise BadRequest(texts.ERR_VALIDATION, errors=errors)
    return found


def letter(body: dict[str, Any]) -> Letter:
    """A message as the database takes it; raises BadRequest (500) where it does not."""
    subject, text = _text(body["subject"]), _text(body["message"])
    topic = body.get("message_type", names.TOPIC_GENERAL)
    if not subject or not text or topic not in names.TOPICS:
        raise BadRequest(texts.ERR_INTERNAL, 500)
    return Letter(
        recipient_id=body["recipient_id"],
        recipient_kind=body["recipient_type"],
        subject=subject,
        text=text,
        topic=topic,
        client_id=None,
    )


def _text(value: object) -> str:
    """Trimmed; numbers are cast, halves of surrogate pairs replaced. Empty for what is no text."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    if not isinstance(value, str):
        return ""
    return "".join(REPLACEMENT if "\ud800" <= c <= "\udfff" else c for c in value).strip()
