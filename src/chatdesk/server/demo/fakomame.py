"""Fills an empty platform with the parcels of the demonstration: who sends, carries and says what."""

from __future__ import annotations

from typing import Any

from chatdesk.server.bodies import iso
from chatdesk.server.core.accounts import Person
from chatdesk.server.core.conversations import Opening, store
from chatdesk.server.core.database import WriteSession
from chatdesk.server.core.messages import append
from chatdesk.server.core.notifications import Draft
from chatdesk.server.core.orders import NewOrder
from chatdesk.server.core.service import Core
from chatdesk.server.core.tables import Order, Party, User
from chatdesk.server.demo import first
from chatdesk.server.demo.fakomame_cast import (
    DAY_MS,
    DESK_EMAIL,
    HOUR_MS,
    MINUTE_MS,
    PARCELS,
    PEOPLE,
    STATUS,
    TALKS,
    WAYS,
    Parcel,
    Someone,
    Way,
)
from chatdesk.wire.fakomame import names


async def seed_fakomame(core: Core) -> bool:
    """Add people, trips, packages and talks in one transaction; False when anybody is there already."""
    password_hash = await first.password_hash()
    now_ms = core.clock.now_ms()
    async with core.database.writing() as session:
        if await first.has_people(core, session):
            return False
        people = {
            one.email: core.accounts.add(
                session,
                email=one.email,
                password_hash=password_hash,
                role=one.role,
                person=_person(core, one, now_ms - 200 * DAY_MS),
            )
            for one in PEOPLE
        }
        await session.flush()
        trips = {
            way.traveler: await core.orders.store(
                session, people[way.traveler].id, _trip(way, now_ms), now_ms - 12 * DAY_MS
            )
            for way in WAYS
        }
        desk = people[DESK_EMAIL]
        packages: dict[str, Order] = {}
        for parcel in PARCELS:
            package = await _package(core, session, parcel, people, trips, now_ms)
            if parcel.trip and parcel.sender == DESK_EMAIL:
                packages[parcel.trip] = package
        for email in TALKS:
            about = (packages.get(email), trips[email])
            await _talk(core, session, (desk, people[email]), about, now_ms)
        _notices(core, session, people, packages, trips)
    return True


def _person(core: Core, someone: Someone, created_ms: int) -> Person:
    made = iso(created_ms)
    profile: dict[str, Any] = {
        "id": core.ids.new(),
        "bio": "",
        "languages": ["English"],
        "preferredCurrency": "USD",
        "senderRating": 0,
        "travelerRating": 0,
        "totalTrips": 0,
        "totalDeliveries": 0,
        "createdAt": made,
        "updatedAt": made,
    }
    wallet = {"id": core.ids.new(), "balance": 0, "currency": "USD", "createdAt": made, "updatedAt": made}
    return Person(
        name=f"{someone.first_name} {someone.last_name}",
        phone=someone.phone,
        active=someone.active,
        profile={
            "firstName": someone.first_name,
            "lastName": someone.last_name,
            "profile": profile,
            "wallet": wallet,
        },
        created_ms=created_ms,
    )


def _trip(way: Way, now_ms: int) -> NewOrder:
    leaves_ms = now_ms + way.leaves_in_days * DAY_MS
    return NewOrder(
        kind=names.ITEM_TRIP,
        title=way.title,
        status=way.status,
        origin=way.origin[0],
        destination=way.destination[0],
        details={
            "originAddress": _address(way.origin),
            "destinationAddress": _address(way.destination),
            "departureDate": iso(leaves_ms),
            "arrivalDate": iso(leaves_ms + 20 * HOUR_MS),
            "flexibleDates": way.transport != "plane",
            "maxWeight": way.space_kg,
            "maxDimensions": {"length": 60, "width": 45, "height": 40},
            "availableSpace": way.space_kg,
            "transportMode": way.transport,
            "pricePerKg": way.price_per_kg,
        },
    )


async def _package(
    core: Core,
    session: WriteSession,
    parcel: Parcel,
    people: dict[str, User],
    trips: dict[str, Order],
    now_ms: int,
) -> Order:
    created_ms = now_ms - parcel.days_ago * DAY_MS
    trip = trips.get(parcel.trip)
    steps = {
        names.PACKAGE_MATCHED: ("MATCHED",),
        names.PACKAGE_IN_TRANSIT: ("MATCHED", "PICKED_UP", "IN_TRANSIT"),
        names.PACKAGE_DELIVERED: ("MATCHED", "PICKED_UP", "IN_TRANSIT", "DELIVERED"),
    }.get(parcel.status, ())
    new = NewOrder(
        kind=names.ITEM_PACKAGE,
        title=parcel.title,
        status=parcel.status,
        origin=parcel.origin[0],
        destination=parcel.destination[0],
        assignee_id=None if trip is None else trip.owner_id,
        links=() if trip is None else (("carried_by", trip.id),),
        details={
            "description": parcel.description,
            "category": parcel.category,
            "dimensions": {"length": 50, "width": 40, "height": 30, "weight": parcel.weight_kg},
            "isFragile": parcel.category == "fragile",
            "pickupAddress": _address(parcel.origin),
            "deliveryAddress": _address(parcel.destination),
            "pickupDate": iso(created_ms + DAY_MS),
            "deliveryDate": iso(created_ms + 6 * DAY_MS),
            "flexibleTiming": True,
            "offeredPrice": parcel.price,
        },
    )
    package = await core.orders.store(session, people[parcel.sender].id, new, created_ms)
    if trip is not None:
        session.add(Party(order_id=trip.id, role="sender", user_id=package.owner_id))
    tracking: list[dict[str, Any]] = [
        {
            "id": core.ids.new(),
            "packageId": package.id,
            "tripId": None if trip is None else trip.id,
            "event": step,
            "description": "",
            "location": None,
            "timestamp": iso(created_ms + (position + 1) * 5 * HOUR_MS),
            "metadata": {},
        }
        for position, step in enumerate(steps)
    ]
    package.details = {**package.details, "trackingEvents": tracking}
    return package


def _address(place: tuple[str, str]) -> dict[str, Any]:
    city, country = place
    return {
        "street": "1 Station Square",
        "city": city,
        "state": city,
        "country": country,
        "postalCode": "1000",
        "latitude": 0,
        "longitude": 0,
        "formattedAddress": f"1 Station Square, {city}, {country}",
    }


async def _talk(
    core: Core,
    session: WriteSession,
    pair: tuple[User, User],
    about: tuple[Order | None, Order],
    now_ms: int,
) -> None:
    (desk, other), (package, trip) = pair, about
    lines = TALKS[other.email]
    begun_ms = now_ms - (lines[0][1] + 10) * MINUTE_MS
    opening = Opening(
        kind=names.CHAT_CHAT,
        key=":".join(sorted((desk.id, other.id))),
        order_id=None if package is None else package.id,
        other_order_id=trip.id,
        members={desk.id: desk.role, other.id: other.role},
    )
    chat = await store(session, core.ids, core.platform, opening, begun_ms)
    if package is not None:
        line = f"Package “{package.title}” goes with the trip “{trip.title}”."
        append(session, core.ids, chat, text=line, sender_id=None, now_ms=begun_ms)
    for who, minutes_ago, text in lines:
        sender_id: str | None = desk.id if who == "desk" else other.id
        if who == STATUS and package is not None:
            sender_id, text = None, f"Package “{package.title}”: {names.PACKAGE_LABELS[text]}."  # noqa: PLW2901
        at_ms = now_ms - minutes_ago * MINUTE_MS
        append(session, core.ids, chat, text=text, sender_id=sender_id, now_ms=at_ms)
    await session.flush()


def _notices(
    core: Core,
    session: WriteSession,
    people: dict[str, User],
    packages: dict[str, Order],
    trips: dict[str, Order],
) -> None:
    core.notifications.add(
        session,
        [
            Draft(
                recipient_id=people[DESK_EMAIL].id,
                sender_id=people[email].id,
                kind=names.NOTICE_MATCH,
                title="Package matched",
                body=f"Package “{package.title}” goes with the trip “{trips[email].title}”.",
                facts={"packageId": package.id, "tripId": trips[email].id},
            )
            for email, package in packages.items()
        ],
    )
