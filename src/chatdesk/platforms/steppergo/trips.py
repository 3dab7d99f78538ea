"""Trips as orders: the public list and detail, a driver's list and status, bookings, each in its own shape.

The status is in lower case in two of them, money a number in two and a text in the others. Telephone
numbers and e-mail addresses of passengers are never taken over. Source: wire specification, sections 2 and
6.4 to 6.6.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from chatdesk.domain.entities import OrderField, Participant
from chatdesk.domain.events import ConversationSeen, OrderSeen
from chatdesk.domain.facts import Facts
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import OrderKind, Progress
from chatdesk.platforms import loose
from chatdesk.platforms.steppergo import translate
from chatdesk.platforms.steppergo.answers import remote_id
from chatdesk.platforms.steppergo.state import Person, trip_of, with_trip
from chatdesk.wire.steppergo import names

Fields = Mapping[str, Any]

PROGRESS = {
    "DRAFT": Progress.OPEN,
    "PUBLISHED": Progress.OPEN,
    "OFFERED": Progress.OPEN,
    "FULL": Progress.OPEN,
    "IN_PROGRESS": Progress.ACTIVE,
    "DEPARTED": Progress.ACTIVE,
    "EN_ROUTE": Progress.ACTIVE,
    "DRIVER_ARRIVED": Progress.ACTIVE,
    "PASSENGERS_BOARDED": Progress.ACTIVE,
    "IN_TRANSIT": Progress.ACTIVE,
    "DELAYED": Progress.WAITING,
    "ARRIVED": Progress.ACTIVE,
    "COMPLETED": Progress.DONE,
    "CANCELLED": Progress.CANCELLED,
}
_VALUE_CHARS = 500
_ZONE = re.compile(r"[A-Za-z]+(?:[_/+-][A-Za-z0-9_+-]+){1,3}\Z")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_BOOKINGS = 100


class TripRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One trip as any of the shapes tells it; empty or None where it does not say."""

    id: RemoteId
    title: str
    origin: str
    destination: str
    status: str
    organizer: RemoteId
    organizer_name: str
    departure_us: int | None
    created_us: int | None
    lines: tuple[OrderField, ...]


def status_of(value: object) -> str:
    """A status in upper case, whichever shape it came in; empty when there is none."""
    return loose.line(value, 60).upper().replace(" ", "_")


def status_label(status: str) -> str:
    """The label of a status; an unknown one is its own label."""
    return names.STATUS_LABELS.get(status, status)


def _side(fields: Fields, at: Fields, one: str, *, name: str, address: str) -> tuple[str, str]:
    """Name and address of an end of the trip."""
    location = loose.mapping(at.get(one)) or loose.mapping(
        fields.get("fromLocation" if one == "origin" else "toLocation")
    )
    return (
        loose.line(location.get("name"), 120) or loose.line(fields.get(name), 120),
        loose.line(location.get("address"), _VALUE_CHARS) or loose.line(fields.get(address), _VALUE_CHARS),
    )


def record(value: object) -> TripRecord | None:
    """One trip out of any list or answer; None without an id."""
    fields = loose.mapping(value)
    trip = remote_id(fields.get("id"))
    if trip is None:
        return None
    at = loose.mapping(fields.get("location"))
    origin, origin_address = _side(fields, at, "origin", name="originName", address="originAddress")
    destination, address = _side(fields, at, "destination", name="destName", address="destAddress")
    schedule = loose.mapping(fields.get("schedule"))
    organizer = loose.mapping(fields.get("organizer"))
    departure = loose.moment_us(fields.get("departureTime") or schedule.get("departureDate"))
    arrival = loose.moment_us(fields.get("returnTime") or schedule.get("returnDate"))
    zone = loose.line(fields.get("timezone"), 60)
    lines = (
        ("from", _place_line(origin, origin_address)),
        ("to", _place_line(destination, address)),
        ("departure", _clock(departure, zone)),
        ("return", _clock(arrival, zone)),
        ("timezone", zone),
        ("trip_type", loose.line(fields.get("tripType"), 40)),
        *_seats(fields),
        *_prices(fields),
        ("organizer", loose.line(organizer.get("name"), 120)),
        ("description", loose.line(fields.get("description"), _VALUE_CHARS)),
    )
    return TripRecord(
        id=trip,
        title=loose.line(fields.get("title"), 120),
        origin=origin,
        destination=destination,
        status=status_of(fields.get("status")),
        organizer=remote_id(organizer.get("id")) or RemoteId(""),
        organizer_name=loose.line(organizer.get("name"), 120),
        departure_us=departure,
        created_us=loose.moment_us(fields.get("createdAt")),
        lines=tuple(OrderField(key, text) for key, text in lines if text),
    )


def _place_line(name: str, address: str) -> str:
    return ", ".join(part for part in (name, address) if part)


def _seats(fields: Fields) -> Iterable[tuple[str, str]]:
    capacity = loose.mapping(fields.get("capacity"))
    total = capacity.get("total", capacity.get("totalSeats", fields.get("totalSeats")))
    yield "seats", loose.line(loose.whole(total), 20)
    yield "seats_booked", loose.line(loose.whole(capacity.get("booked", capacity.get("bookedSeats"))), 20)
    free = capacity.get("available", capacity.get("availableSeats"))
    yield "seats_free", loose.line(loose.whole(free), 20)


def _prices(fields: Fields) -> Iterable[tuple[str, str]]:
    pricing = loose.mapping(fields.get("pricing"))
    currency = loose.line(pricing.get("currency") or fields.get("currency"), 10) or names.CURRENCY_DEFAULT
    yield "price", money(pricing.get("basePrice", fields.get("basePrice")), currency)
    yield "price_per_person", money(pricing.get("pricePerPerson", fields.get("pricePerSeat")), currency)
    yield "platform_fee", money(pricing.get("platformFee", fields.get("platformFee")), currency)
    yield "earnings", money(fields.get("estimatedEarnings"), currency)


def money(value: object, currency: str) -> str:
    """An amount, told as a number or as a text, with its currency; empty when there is none."""
    amount = loose.line(value, 40)
    return f"{amount} {currency}" if amount else ""


# -- times -------------------------------------------------------------------------------------------------


@lru_cache(maxsize=256)
def _zone(name: str) -> tzinfo | None:
    """The zone of a name, where this machine knows it; never a path of this machine."""
    if not _ZONE.match(name):
        return None
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        return None


def _clock(moment_us: int | None, zone: str) -> str:
    """A moment as the clocks of the trip's zone show it; in UTC, saying so, where the zone is not known."""
    if moment_us is None:
        return ""
    moment = _EPOCH + timedelta(microseconds=moment_us)
    found = _zone(zone)
    if found is None:
        return f"{moment:%Y-%m-%d %H:%M} UTC"
    return f"{moment.astimezone(found):%Y-%m-%d %H:%M}"


# -- orders ------------------------------------------------------------------------------------------------


def noted(facts: Facts, seen: TripRecord, **changes: Any) -> Facts:
    """The facts with what a record says of its trip."""
    known = trip_of(facts, seen.id)
    return with_trip(
        facts,
        seen.id,
        status=seen.status or known.status,
        title=title(seen) or known.title,
        organizer=seen.organizer or known.organizer,
        **changes,
    )


def title(seen: TripRecord) -> str:
    """What a trip is called; without a title of its own, its route."""
    route = " → ".join(part for part in (seen.origin, seen.destination) if part)
    return seen.title or route


def order(
    seen: TripRecord,
    facts: Facts,
    *,
    lines: tuple[OrderField, ...] | None = None,
    participants: tuple[Participant, ...] | None = None,
) -> OrderSeen:
    """A trip as an order. Its number is its id: there is no other, and people open trips by it.

    The server's `updatedAt` is in one shape of several, so it is not used: what was read last holds.
    """
    mine = seen.organizer == facts.account.user_id
    return OrderSeen(
        remote_id=seen.id,
        kind=OrderKind.TRIP,
        number=seen.id,
        title=title(seen) or None,
        customer=None if mine else seen.organizer_name or None,
        status=seen.status or None,
        status_label=status_label(seen.status) or None,
        progress=PROGRESS.get(seen.status, Progress.UNKNOWN) if seen.status else None,
        created_at_us=seen.created_us,
        fields=lines,
        participants=participants,
    )


def with_status(trip: RemoteId, status: str) -> OrderSeen:
    """A trip of which only the status is told."""
    return OrderSeen(
        remote_id=trip,
        kind=OrderKind.TRIP,
        number=trip,
        status=status,
        status_label=status_label(status),
        progress=PROGRESS.get(status, Progress.UNKNOWN),
    )


def conversation(seen: TripRecord) -> ConversationSeen:
    """The conversation of a trip in a list. Whether it may be written to only a join or a read tells."""
    return ConversationSeen(
        remote_id=seen.id,
        title=title(seen) or None,
        order_remote_id=seen.id,
        activity_at_us=seen.created_us,
    )


def participants(
    seen: TripRecord, people: Mapping[RemoteId, Person], bookings: list[Any]
) -> tuple[Participant, ...]:
    """Organizer, passengers with a booking, and who else is in the chat; each once."""
    found: dict[RemoteId, Participant] = {}
    if seen.organizer:
        found[seen.organizer] = Participant(
            remote_id=seen.organizer, name=seen.organizer_name, role="organizer"
        )
    for one in bookings[:_MOST_BOOKINGS]:
        user = loose.mapping(loose.mapping(one).get("user"))
        user_id = remote_id(user.get("id"))
        if user_id is not None and user_id not in found:
            name = loose.line(user.get("name"), 120)
            found[user_id] = Participant(remote_id=user_id, name=name, role="passenger")
    for user_id, person in people.items():
        if user_id not in found:
            found[user_id] = Participant(remote_id=user_id, name=person.name, role=person.role)
    return tuple(found.values())


def position_of(fields: Fields) -> tuple[float, float] | None:
    """Where a driver is; None off the globe."""
    return translate.place(fields)
