"""From orders of the core to packages and trips as Fakomame sends them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chatdesk.server.bodies import iso
from chatdesk.server.core.service import Core
from chatdesk.server.core.tables import Order, User
from chatdesk.server.dialects.fakomame import records
from chatdesk.server.dialects.fakomame.records import Record
from chatdesk.server.dialects.fakomame.vocabulary import CARRIED_BY, RECEIVER

TRACKING = "trackingEvents"

PACKAGE_COLUMNS: Record = {
    "description": "",
    "category": "other",
    "dimensions": {},
    "value": None,
    "isFragile": False,
    "requiresSignature": False,
    "pickupAddress": {},
    "pickupLatitude": None,
    "pickupLongitude": None,
    "deliveryAddress": {},
    "deliveryLatitude": None,
    "deliveryLongitude": None,
    "pickupDate": None,
    "deliveryDate": None,
    "flexibleTiming": False,
    "offeredPrice": 0,
    "finalPrice": None,
    "currency": "USD",
    "priority": "normal",
    "specialInstructions": None,
    "images": [],
    "documents": [],
}
"""What a package's details hold, and what it has where they do not."""
TRIP_COLUMNS: Record = {
    "originAddress": {},
    "originLatitude": None,
    "originLongitude": None,
    "destinationAddress": {},
    "destinationLatitude": None,
    "destinationLongitude": None,
    "images": [],
    "departureDate": None,
    "arrivalDate": None,
    "flexibleDates": False,
    "maxWeight": 0,
    "maxDimensions": {},
    "availableSpace": 0,
    "transportMode": "other",
    "pricePerKg": None,
    "minimumPrice": None,
    "maximumPrice": None,
    "packageTypes": [],
    "restrictions": [],
    "verificationCode": None,
}


@dataclass(frozen=True, slots=True)
class Around:
    """What some packages and trips refer to, by their id."""

    people: Mapping[str, User] = field(default_factory=dict)
    """By the person's id."""
    trips: Mapping[str, Order] = field(default_factory=dict)
    """The trip of a package."""
    packages: Mapping[str, Sequence[Order]] = field(default_factory=dict)
    """The packages of a trip."""
    receivers: Mapping[str, User] = field(default_factory=dict)
    """The receiver of a package."""
    chats: Mapping[str, int] = field(default_factory=dict)
    """How many chats are about it."""

    def owner(self, order: Order) -> User:
        """Whose it is."""
        return self.people[order.owner_id]


async def around(core: Core, orders: Sequence[Order]) -> Around:
    """Everything that these refer to."""
    ids = [one.id for one in orders]
    trips = {key: found[0] for key, found in (await core.orders.linked(ids, CARRIED_BY)).items()}
    packages = await core.orders.linked(ids, CARRIED_BY, back=True)
    parties = await core.orders.parties_of(ids)
    receivers = {key: user for key, found in parties.items() for role, user in found if role == RECEIVER}
    inner = [*trips.values(), *(one for found in packages.values() for one in found)]
    people = await core.accounts.by_ids({one.owner_id for one in (*orders, *inner)})
    chats = await core.conversations.count_about(ids)
    return Around(people, trips, packages, receivers, chats)


def package_row(order: Order, near: Around) -> Record:
    """The columns of a package."""
    trip, receiver = near.trips.get(order.id), near.receivers.get(order.id)
    return {
        "id": order.id,
        "senderId": order.owner_id,
        "receiverId": None if receiver is None else receiver.id,
        "title": order.title,
        **_columns(order, PACKAGE_COLUMNS),
        "status": order.status,
        "tripId": None if trip is None else trip.id,
        "createdAt": iso(order.created_ms),
        "updatedAt": iso(order.updated_ms),
    }


def trip_row(order: Order) -> Record:
    """The columns of a trip."""
    return {
        "id": order.id,
        "title": order.title,
        "travelerId": order.owner_id,
        **_columns(order, TRIP_COLUMNS),
        "status": order.status,
        "createdAt": iso(order.created_ms),
        "updatedAt": iso(order.updated_ms),
    }


def _columns(order: Order, columns: Record) -> Record:
    return {key: order.details.get(key, usual) for key, usual in columns.items()}


def listed_package(order: Order, near: Around, *, contact: bool = True) -> Record:
    """A package of the list; `contact` with the sender's telephone number."""
    trip = near.trips.get(order.id)
    return package_row(order, near) | {
        "sender": _sender(near.owner(order), contact=contact),
        "trip": None if trip is None else trip_row(trip) | {"traveler": records.person(near.owner(trip))},
        "_count": {"chats": near.chats.get(order.id, 0)},
    }


def one_package(order: Order, near: Around, chats: Sequence[Record], *, contact: bool = True) -> Record:
    """A package by itself, with its way, and the chats about it."""
    trip, receiver = near.trips.get(order.id), near.receivers.get(order.id)
    sender = near.owner(order)
    shown_trip = None
    if trip is not None:
        traveler = near.owner(trip)
        profile = records.rating(traveler, "travelerRating", "totalTrips")
        shown_trip = trip_row(trip) | {"traveler": records.person(traveler) | {"profile": profile}}
    return package_row(order, near) | {
        "sender": _sender(sender, contact=contact) | ({"email": sender.email} if contact else {}),
        "receiver": None if receiver is None else records.person(receiver),
        "trip": shown_trip,
        "trackingEvents": list(reversed(order.details.get(TRACKING, []))),
        "chats": list(chats),
    }


def changed_package(order: Order, near: Around) -> Record:
    """A package in the answer to a change."""
    return package_row(order, near) | {"sender": records.person(near.owner(order))}


def _sender(user: User, *, contact: bool) -> Record:
    return {
        **records.person(user),
        **({"phone": user.phone} if contact else {}),
        "profile": records.rating(user, "senderRating", "totalDeliveries"),
    }


def listed_trip(order: Order, near: Around) -> Record:
    """A trip of the list, with its packages in short."""
    packages = near.packages.get(order.id, ())
    short = [
        {
            "id": one.id,
            "title": one.title,
            "status": one.status,
            "dimensions": one.details.get("dimensions", {}),
        }
        for one in packages
    ]
    return trip_row(order) | {
        "traveler": _traveler(near.owner(order)),
        "packages": short,
        "_count": _counts(order, near),
    }


def one_trip(order: Order, near: Around, packages: Sequence[Record], chats: Sequence[Record]) -> Record:
    """A trip by itself, with its packages, and the chats about it."""
    return trip_row(order) | {
        "traveler": _traveler(near.owner(order)),
        "packages": list(packages),
        "chats": list(chats),
        "_count": _counts(order, near),
    }


def changed_trip(order: Order, near: Around) -> Record:
    """A trip in the answer to a change."""
    traveler = records.person(near.owner(order))
    return trip_row(order) | {"traveler": traveler, "_count": _counts(order, near)}


def _traveler(user: User) -> Record:
    return records.person(user) | {"profile": records.rating(user, "travelerRating", "totalTrips")}


def _counts(order: Order, near: Around) -> Record:
    return {"packages": len(near.packages.get(order.id, ())), "chats": near.chats.get(order.id, 0)}


def tracking_event(
    event: str, order: Order, trip_id: str | None, event_id: str, at_ms: int
) -> dict[str, Any]:
    """One step of a package's way."""
    return {
        "id": event_id,
        "packageId": order.id,
        "tripId": trip_id,
        "event": event,
        "description": "",
        "location": None,
        "timestamp": iso(at_ms),
        "metadata": {},
    }
