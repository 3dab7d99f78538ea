"""The form of a new order: which fields it has, and what may stand in them."""

from __future__ import annotations

from typing import Any

import msgspec

from chatdesk.server.core.orders import NewOrder
from chatdesk.server.core.text import is_storable
from chatdesk.server.dialects.dispatcher.records import iso
from chatdesk.server.dialects.dispatcher.requests import id_of, invalid, moment_of, text_of
from chatdesk.server.web import BadRequest
from chatdesk.wire.dispatcher import names, texts

NUMBERS = (
    "lengthFt",
    "lengthIn",
    "widthFt",
    "widthIn",
    "heightFt",
    "heightIn",
    "rearOverhangFt",
    "rearOverhangIn",
)
REQUIRED = (
    "contact",
    "permitStartDate",
    "truckId",
    "trailerId",
    "commodity",
    "loadDims",
    *NUMBERS,
    "legalWeight",
    "originAddress",
    "destinationAddress",
)
PLAIN = ("contact", "commodity", "loadDims", "makeModel", "serial", "singleMultiple")
LEGAL_WEIGHT = ("yes", "no")
AXLE_NUMBERS = ("tires", "tireWidth", "weight")

TEXT_LIMIT_CHARS = 500
LIST_LIMIT = 30
NUMBER_LIMIT = 1_000_000


def new_order(body: dict[str, Any]) -> NewOrder:
    """The order that a body describes; raises BadRequest that names the first bad field.

    As on the platform every required field must be truthy, so a number 0 counts as missing.
    """
    for field in REQUIRED:
        if not body.get(field):
            raise BadRequest(texts.ERR_MISSING_FIELD.format(field=field))
    details: dict[str, Any] = {field: _text(body[field], field) for field in PLAIN if body.get(field)}
    details |= {field: _number(body[field], field) for field in NUMBERS}
    start_ms = moment_of(_text(body["permitStartDate"], "permitStartDate"), "permitStartDate")
    if start_ms is None:
        raise invalid("permitStartDate")
    details["permitStartDate"] = iso(start_ms)
    details["legalWeight"] = _choice(body["legalWeight"], "legalWeight", LEGAL_WEIGHT)
    details["truckId"] = id_of(body["truckId"], "truckId")
    details["trailerId"] = id_of(body["trailerId"], "trailerId")
    details["stops"] = [_text(stop, "stops") for stop in _list(body, "stops")]
    details["axleConfigs"] = [_axle(axle) for axle in _list(body, "axleConfigs")]
    return NewOrder(
        origin=_text(body["originAddress"], "originAddress"),
        destination=_text(body["destinationAddress"], "destinationAddress"),
        status=names.STATUS_PENDING,
        details=details,
        asset_ids=(details["truckId"], details["trailerId"]),
        first_messages=tuple(text_of(text, "messages") for text in _list(body, "messages") if text),
    )


def _text(value: object, field: str) -> str:
    text = text_of(value, field)
    if len(text) > TEXT_LIMIT_CHARS or not is_storable(text):
        raise invalid(field)
    return text


def _number(value: object, field: str) -> int | float:
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError as exc:
            raise invalid(field) from exc
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise invalid(field)
    if not 0 <= value <= NUMBER_LIMIT:  # true for nan too
        raise invalid(field)
    return int(value) if value == int(value) else value


def _choice(value: object, field: str, choices: tuple[str, ...]) -> str:
    if value not in choices:
        raise invalid(field)
    return str(value)


def _list(body: dict[str, Any], field: str) -> list[Any]:
    """A list; in a form it may also be JSON text or a single value."""
    value = body.get(field) or []
    if isinstance(value, str):
        try:
            value = msgspec.json.decode(value)
        except (msgspec.MsgspecError, RecursionError, ValueError):
            value = [value]
    if not isinstance(value, list) or len(value) > LIST_LIMIT:
        raise invalid(field)
    return value


def _axle(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise invalid("axleConfigs")
    axle: dict[str, Any] = {}
    for name in AXLE_NUMBERS:
        if value.get(name) is not None:
            axle[name] = _number(value[name], "axleConfigs")
    if value.get("spacing") is not None:
        axle["spacing"] = _text(value["spacing"], "axleConfigs")
    return axle
