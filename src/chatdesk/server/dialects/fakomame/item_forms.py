"""What bodies say of packages and trips: new ones, and changes of old ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from chatdesk.server.core.orders import Edit, NewOrder
from chatdesk.server.core.tables import Order
from chatdesk.server.core.text import is_storable
from chatdesk.server.dialects.fakomame import checks
from chatdesk.server.dialects.fakomame.context import id_of
from chatdesk.server.dialects.fakomame.records import Record
from chatdesk.server.dialects.fakomame.vocabulary import PACKAGE, RECEIVER, TRIP
from chatdesk.wire.fakomame import names

ERR_VALUE = "Invalid value: {field}"
TITLE_LIMIT_CHARS = 200
TEXT_LIMIT_CHARS = 5_000
NAME_LIMIT_CHARS = 200
PRIORITIES = ("low", "normal", "high", "urgent")
TRANSPORTS = ("car", "plane", "train", "bus", "ship", "other")
FIRST_STATUSES = {PACKAGE: (names.PACKAGE_POSTED, "DRAFT"), TRIP: (names.TRIP_POSTED, names.TRIP_ACTIVE)}
"""What something new may be; the usual one first."""
STATUSES = {PACKAGE: names.PACKAGE_STATUSES, TRIP: names.TRIP_STATUSES}

_TEXTS = {PACKAGE: ("description", "category", "specialInstructions"), TRIP: ()}
_AMOUNTS = {
    PACKAGE: ("offeredPrice", "finalPrice", "value"),
    TRIP: ("pricePerKg", "minimumPrice", "maximumPrice", "maxWeight", "availableSpace"),
}
_FLAGS = {PACKAGE: ("isFragile", "requiresSignature", "flexibleTiming"), TRIP: ("flexibleDates",)}
_ADDRESSES = {PACKAGE: ("pickupAddress", "deliveryAddress"), TRIP: ("originAddress", "destinationAddress")}
_SIZES = {PACKAGE: ("dimensions",), TRIP: ("maxDimensions",)}
_DATES = {PACKAGE: ("pickupDate", "deliveryDate"), TRIP: ("departureDate", "arrivalDate")}
_CHOICES: dict[str, dict[str, Sequence[str]]] = {
    PACKAGE: {"priority": PRIORITIES},
    TRIP: {"transportMode": TRANSPORTS},
}
_ADDRESS_TEXTS = ("street", "city", "state", "country", "postalCode", "formattedAddress")
_SIDES = ("length", "width", "height", "weight")


def edits(kind: str, body: object) -> tuple[str, Edit]:
    """The new status ('' = as it is), and what else a body changes. Raises BadRequest."""
    found = checks.mapping(body)
    title = _title(found)
    details = _details(kind, found, new=False)
    status = checks.choice(found, "status", STATUSES[kind]) or ""

    def edit(order: Order) -> None:
        order.title = order.title if title is None else title
        order.details = {**order.details, **details}

    return status, edit


def new_item(kind: str, body: object) -> NewOrder:
    """A package or trip that somebody offers. Raises BadRequest."""
    found = checks.mapping(body)
    checks.required_text(found, "title")
    title = _title(found) or ""
    details = _details(kind, found, new=True)
    status = checks.choice(found, "status", FIRST_STATUSES[kind]) or FIRST_STATUSES[kind][0]
    parties: tuple[tuple[str, str], ...] = ()
    if kind == PACKAGE and found.get("receiverId") is not None:
        parties = ((RECEIVER, id_of(found, "receiverId")),)
    start, end = (details.get(name, {}).get("city", "") for name in _ADDRESSES[kind])
    return NewOrder(
        kind=kind,
        title=title,
        status=status,
        details=details,
        origin=start,
        destination=end,
        parties=parties,
    )


def _details(kind: str, found: Record, *, new: bool) -> Record:
    """What the body says of its columns; places, sizes and days are told once."""
    readers: list[tuple[Sequence[str], Callable[[Record, str], Any]]] = [
        (_TEXTS[kind], lambda fields, name: _text(fields, name, TEXT_LIMIT_CHARS)),
        (_AMOUNTS[kind], checks.amount),
        (_FLAGS[kind], checks.flag),
    ]
    if new:
        readers += [
            (_ADDRESSES[kind], _address),
            (_SIZES[kind], _sides),
            (_DATES[kind], _day),
            (tuple(_CHOICES[kind]), lambda fields, name: checks.choice(fields, name, _CHOICES[kind][name])),
        ]
    return {name: reader(found, name) for columns, reader in readers for name in columns if name in found}


def _title(found: Record) -> str | None:
    title = _text(found, "title", TITLE_LIMIT_CHARS)
    if title is not None and not title.strip():
        raise checks.problem(ERR_VALUE.format(field="title"))
    return title


def _text(found: Record, name: str, limit_chars: int) -> str | None:
    text = checks.text(found, name)
    if text is not None and (len(text) > limit_chars or not is_storable(text)):
        raise checks.problem(ERR_VALUE.format(field=name))
    return text


def _address(found: Record, name: str) -> Record:
    fields = checks.mapping(found[name])
    address: Record = {key: _text(fields, key, NAME_LIMIT_CHARS) for key in _ADDRESS_TEXTS if key in fields}
    for key, most in (("latitude", 90), ("longitude", 180)):
        degrees = fields.get(key)
        if degrees is not None:
            if isinstance(degrees, bool) or not isinstance(degrees, int | float) or not abs(degrees) <= most:
                raise checks.problem(ERR_VALUE.format(field=f"{name}.{key}"))
            address[key] = degrees
    return address


def _sides(found: Record, name: str) -> Record:
    fields = checks.mapping(found[name])
    return {key: checks.amount(fields, key) for key in _SIDES if key in fields}


def _day(found: Record, name: str) -> str:
    text = checks.required_text(found, name)
    try:
        datetime.fromisoformat(text)
    except ValueError as exc:
        raise checks.problem(ERR_VALUE.format(field=name)) from exc
    return text
