"""Packages and trips of the Fakomame platform: the orders here, and the hits of a look-up.

A chat may hang on a package and a trip: the package is its order, the trip becomes a line of its panel.
Accounts inside the records (telephone numbers, hashes) and the code that ends a trip are never taken over.
Source: wire specification, section 6.6.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from chatdesk.domain.actions import FindKind, Hit
from chatdesk.domain.entities import OrderField, Participant, StatusChoice
from chatdesk.domain.events import OrderSeen
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import OrderKind, Progress
from chatdesk.platforms import loose
from chatdesk.platforms.fakomame import limits
from chatdesk.platforms.fakomame.translate import Stub, full_name, remote_id
from chatdesk.wire.fakomame import names

PACKAGE_PROGRESS = {
    "DRAFT": Progress.OPEN,
    "POSTED": Progress.OPEN,
    "MATCHED": Progress.ACTIVE,
    "IN_TRANSIT": Progress.ACTIVE,
    "DELIVERED": Progress.DONE,
    "DISPUTED": Progress.WAITING,
    "CANCELLED": Progress.CANCELLED,
}
TRIP_PROGRESS = {
    "POSTED": Progress.OPEN,
    "ACTIVE": Progress.ACTIVE,
    "COMPLETED": Progress.DONE,
    "CANCELLED": Progress.CANCELLED,
}
_LABELS = {OrderKind.PACKAGE: names.PACKAGE_LABELS, OrderKind.TRIP: names.TRIP_LABELS}
_PROGRESS = {OrderKind.PACKAGE: PACKAGE_PROGRESS, OrderKind.TRIP: TRIP_PROGRESS}
_SIDE_EXITS = frozenset({"DISPUTED", "CANCELLED"})
_VALUE_CHARS = 500

Fields = Mapping[str, Any]


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One package or trip: the event, and what the event does not carry. person: whom to talk to about it."""

    seen: OrderSeen
    owner: RemoteId
    receiver: RemoteId
    trip: RemoteId
    person: RemoteId
    person_name: str
    created_us: int


# -- statuses ----------------------------------------------------------------------------------------------


def labels(kind: OrderKind) -> Mapping[str, str]:
    """The statuses of a kind in their usual order, with labels."""
    return _LABELS.get(kind, {})


def status_label(kind: OrderKind, status: str) -> str:
    """The label of a status; an unknown one is its own label."""
    return labels(kind).get(status, loose.line(status, 40))


def statuses(*, may_change: bool) -> tuple[StatusChoice, ...]:
    """All statuses: those of packages, and those that only trips have. Some are the end of all changes."""
    found: list[StatusChoice] = []
    every = dict.fromkeys([*names.PACKAGE_LABELS, *names.TRIP_LABELS])
    after = tuple(one for one in every if one not in names.PACKAGE_LOCKED | names.TRIP_LOCKED)
    for kind in (OrderKind.PACKAGE, OrderKind.TRIP):
        for value, label in labels(kind).items():
            kinds = tuple(one for one in _LABELS if value in _LABELS[one])
            if all(choice.value != value for choice in found):
                choice = StatusChoice(
                    value=value,
                    label=label,
                    progress=_PROGRESS[kind][value],
                    selectable=may_change,
                    on_path=value not in _SIDE_EXITS,
                    kinds=kinds,
                    after=after,
                )
                found.append(choice)
    return tuple(found)


def of_stub(stub: Stub, kind: OrderKind) -> OrderSeen:
    """What a chat says of its package or trip."""
    status = stub.status or None
    return OrderSeen(
        remote_id=stub.item,
        kind=kind,
        title=stub.title or None,
        status=status,
        status_label=None if status is None else status_label(kind, status),
        progress=None if status is None else _PROGRESS[kind].get(status, Progress.UNKNOWN),
    )


def in_words(stub: Stub | None) -> str:
    """A trip or package as a line of another one's panel."""
    if stub is None:
        return ""
    label = status_label(OrderKind.TRIP, stub.status) if stub.status else ""
    return " · ".join(part for part in (stub.title, label) if part)


# -- packages ----------------------------------------------------------------------------------------------


def package(record: object, me: RemoteId, beside: str = "") -> Row | None:
    """A package of the list, of its own route, or of the answer to a change; None without an id.

    beside: the trip that a chat about it hangs on, in words, where the record names none.
    """
    fields = loose.mapping(record)
    item = remote_id(fields.get("id"))
    if item is None:
        return None
    trip = loose.mapping(fields.get("trip"))
    traveler = loose.mapping(trip.get("traveler"))
    owner = remote_id(fields.get("senderId")) or remote_id(loose.mapping(fields.get("sender")).get("id"))
    traveler_id = remote_id(trip.get("travelerId")) or remote_id(traveler.get("id"))
    receiver = remote_id(fields.get("receiverId"))
    person, person_name = owner, full_name(fields.get("sender"))
    if owner == me:
        person, person_name = traveler_id, full_name(traveler)
    people = (
        (owner, full_name(fields.get("sender")), "sender"),
        (receiver, full_name(fields.get("receiver")), "receiver"),
        (traveler_id, full_name(traveler), "traveler"),
    )
    return Row(
        seen=_seen(item, OrderKind.PACKAGE, fields, _package_lines(fields, beside), people),
        owner=owner or RemoteId(""),
        receiver=receiver or RemoteId(""),
        trip=remote_id(fields.get("tripId")) or remote_id(trip.get("id")) or RemoteId(""),
        person=RemoteId("") if person is None or person == me else person,
        person_name=person_name,
        created_us=loose.moment_us(fields.get("createdAt")) or 0,
    )


def _package_lines(fields: Fields, beside: str) -> list[tuple[str, str]]:
    sides = loose.mapping(fields.get("dimensions"))
    trip = in_words(_stub_of(fields.get("trip"))) or beside
    return [
        ("from", _address(fields.get("pickupAddress"))),
        ("to", _address(fields.get("deliveryAddress"))),
        ("pickup_date", _day(fields.get("pickupDate"))),
        ("delivery_date", _day(fields.get("deliveryDate"))),
        ("flexible", _flag(fields.get("flexibleTiming"))),
        ("category", loose.line(fields.get("category"), _VALUE_CHARS)),
        ("description", loose.line(fields.get("description"), _VALUE_CHARS)),
        ("size", _size(sides)),
        ("weight", loose.line(sides.get("weight"), 40)),
        ("fragile", _flag(fields.get("isFragile"))),
        ("signature", _flag(fields.get("requiresSignature"))),
        ("value", _money(fields, "value")),
        ("price", _money(fields, "offeredPrice")),
        ("final_price", _money(fields, "finalPrice")),
        ("priority", loose.line(fields.get("priority"), 40)),
        ("instructions", loose.line(fields.get("specialInstructions"), _VALUE_CHARS)),
        ("trip", trip),
        *(
            ("tracking", _tracking(one))
            for one in loose.listing(fields.get("trackingEvents"))[: limits.MOST_LINES]
        ),
    ]


def _stub_of(record: object) -> Stub | None:
    fields = loose.mapping(record)
    item = remote_id(fields.get("id"))
    if item is None:
        return None
    return Stub(item, loose.line(fields.get("title"), 120), loose.line(fields.get("status"), 40))


def _tracking(record: object) -> str:
    """One event of a package's way, newest first: when, what, where."""
    fields = loose.mapping(record)
    event = loose.line(fields.get("event"), 40)
    where = fields.get("location")
    parts = (
        _minute(fields.get("timestamp")),
        names.TRACKING_LABELS.get(event, event),
        loose.line(fields.get("description"), 200),
        loose.line(where, 200) or _address(where),
    )
    return " · ".join(part for part in parts if part)


# -- trips -------------------------------------------------------------------------------------------------


def trip(record: object, me: RemoteId) -> Row | None:
    """A trip of the list, of its own route, or of the answer to a change; None without an id."""
    fields = loose.mapping(record)
    item = remote_id(fields.get("id"))
    if item is None:
        return None
    traveler = loose.mapping(fields.get("traveler"))
    owner = remote_id(fields.get("travelerId")) or remote_id(traveler.get("id"))
    name = full_name(traveler)
    return Row(
        seen=_seen(item, OrderKind.TRIP, fields, _trip_lines(fields), ((owner, name, "traveler"),)),
        owner=owner or RemoteId(""),
        receiver=RemoteId(""),
        trip=RemoteId(""),
        person=RemoteId("") if owner is None or owner == me else owner,
        person_name=name,
        created_us=loose.moment_us(fields.get("createdAt")) or 0,
    )


def _trip_lines(fields: Fields) -> list[tuple[str, str]]:
    packages = (_stub_of(one) for one in loose.listing(fields.get("packages"))[: limits.MOST_LINES])
    return [
        ("from", _address(fields.get("originAddress"))),
        ("to", _address(fields.get("destinationAddress"))),
        ("departure", _minute(fields.get("departureDate"))),
        ("arrival", _minute(fields.get("arrivalDate"))),
        ("flexible", _flag(fields.get("flexibleDates"))),
        ("transport", loose.line(fields.get("transportMode"), 40)),
        ("max_weight", loose.line(fields.get("maxWeight"), 40)),
        ("max_size", _size(loose.mapping(fields.get("maxDimensions")))),
        ("space", loose.line(fields.get("availableSpace"), 40)),
        ("price_per_kg", _money(fields, "pricePerKg")),
        ("minimum_price", _money(fields, "minimumPrice")),
        ("maximum_price", _money(fields, "maximumPrice")),
        ("package_types", _words(fields.get("packageTypes"))),
        ("restrictions", _words(fields.get("restrictions"))),
        *(("package", _package_in_words(one)) for one in packages),
    ]


def _package_in_words(stub: Stub | None) -> str:
    if stub is None:
        return ""
    label = status_label(OrderKind.PACKAGE, stub.status) if stub.status else ""
    return " · ".join(part for part in (stub.title, label) if part)


# -- what both have ----------------------------------------------------------------------------------------


def _seen(
    item: RemoteId,
    kind: OrderKind,
    fields: Fields,
    lines: list[tuple[str, str]],
    people: tuple[tuple[RemoteId | None, str, str], ...],
) -> OrderSeen:
    status = loose.line(fields.get("status"), 40) or None
    return OrderSeen(
        remote_id=item,
        kind=kind,
        title=loose.line(fields.get("title"), 120) or None,
        customer=people[0][1] or None,
        status=status,
        status_label=None if status is None else status_label(kind, status),
        progress=None if status is None else _PROGRESS[kind].get(status, Progress.UNKNOWN),
        created_at_us=loose.moment_us(fields.get("createdAt")),
        updated_at_us=loose.moment_us(fields.get("updatedAt")),
        fields=tuple(OrderField(key, value) for key, value in lines if value),
        participants=tuple(
            Participant(remote_id=person, name=name, role=role) for person, name, role in people if person
        ),
    )


def _address(record: object) -> str:
    fields = loose.mapping(record)
    whole = loose.line(fields.get("formattedAddress"), _VALUE_CHARS)
    if whole:
        return whole
    parts = (
        loose.line(fields.get(name), 120) for name in ("street", "postalCode", "city", "state", "country")
    )
    return ", ".join(part for part in parts if part)


def city(record: object) -> str:
    """The city of an address, or the address."""
    return loose.line(loose.mapping(record).get("city"), 80) or _address(record)


def _day(value: object) -> str:
    return (
        value[:10] if isinstance(value, str) and loose.moment_us(value) is not None else loose.line(value, 40)
    )


def _minute(value: object) -> str:
    """A moment as the server writes it, to the minute, in UTC."""
    if not isinstance(value, str) or loose.moment_us(value) is None or len(value) < 16:
        return loose.line(value, 40)
    return f"{value[:10]} {value[11:16]} UTC" if value.endswith("Z") else loose.line(value, 40)


def _flag(value: object) -> str:
    return "yes" if value is True else ""


def _money(fields: Fields, name: str) -> str:
    amount = loose.number(fields.get(name))
    if amount is None:
        return ""
    return f"{amount} {loose.line(fields.get('currency'), 10)}".strip()


def _size(fields: Fields) -> str:
    """Length × width × height."""
    sides = [loose.line(fields.get(name), 20) for name in ("length", "width", "height")]
    return " × ".join(sides) if all(sides) else ""


def _words(value: object) -> str:
    found = (loose.line(one, 60) for one in loose.listing(value)[: limits.MOST_LINES])
    return ", ".join(one for one in found if one)


# -- hits --------------------------------------------------------------------------------------------------


def hit(record: object, row: Row) -> Hit:
    """A package or trip as the hit of a look-up."""
    fields = loose.mapping(record)
    is_package = row.seen.kind is OrderKind.PACKAGE
    ends = ("pickupAddress", "deliveryAddress") if is_package else ("originAddress", "destinationAddress")
    way = " → ".join(part for part in (city(fields.get(name)) for name in ends) if part)
    day = _day(fields.get("pickupDate" if is_package else "departureDate"))
    price = _money(fields, "offeredPrice" if is_package else "pricePerKg")
    return Hit(
        kind=FindKind.PACKAGE if is_package else FindKind.TRIP,
        remote_id=row.seen.remote_id,
        title=row.seen.title or way,
        detail=" · ".join(part for part in (way, day, price) if part),
        status_label=row.seen.status_label or "",
        at_us=row.created_us,
        order_kind=row.seen.kind,
        person=row.person or None,
        person_name=row.person_name if row.person else "",
    )


def mentions(record: object, words: str) -> bool:
    """Whether a package or trip has these words, for words that the server's own search can't take."""
    fields = loose.mapping(record)
    places = ("pickupAddress", "deliveryAddress", "originAddress", "destinationAddress")
    texts = [loose.line(fields.get(name), _VALUE_CHARS) for name in ("title", "description", "category")]
    texts += [_address(fields.get(name)) for name in places]
    return words.casefold() in " ".join(texts).casefold()
