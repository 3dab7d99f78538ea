"""The parcels of the demonstration: a shop that sends packages, travellers who carry them, their talks.

Everybody and everything in it is made up.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from chatdesk.server.bodies import iso
from chatdesk.server.core.accounts import Person, hash_password
from chatdesk.server.core.conversations import Opening, store
from chatdesk.server.core.database import WriteSession
from chatdesk.server.core.messages import append
from chatdesk.server.core.notifications import Draft
from chatdesk.server.core.orders import NewOrder
from chatdesk.server.core.service import Core
from chatdesk.server.core.tables import Order, Party, User
from chatdesk.server.demo.cast import PASSWORD
from chatdesk.server.demo.seats import SEATS
from chatdesk.wire.fakomame import names

DESK_EMAIL = SEATS[names.PLATFORM].desk
NOOR_EMAIL, TIAGO_EMAIL = SEATS[names.PLATFORM].customers
WREN_EMAIL = "wren@night-trains.example"
IDRIS_EMAIL = "idris@coast-road.example"
LENA_EMAIL = "lena@alpine-bus.example"
MARGOT_EMAIL = "margot@cousins-abroad.example"
ADMIN_EMAIL = "office@parcel-corner.example"
GONE_EMAIL = "former@parcel-corner.example"

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class Someone:
    """An account of the demonstration."""

    email: str
    first_name: str
    last_name: str
    role: str
    phone: str
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A trip."""

    traveler: str
    origin: tuple[str, str]
    destination: tuple[str, str]
    transport: str
    leaves_in_days: int
    space_kg: int
    price_per_kg: float
    status: str = names.TRIP_POSTED

    @property
    def title(self) -> str:
        """What the trip is called."""
        return f"{self.origin[0]} to {self.destination[0]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A package; `trip` is whose trip it goes with, if any."""

    sender: str
    title: str
    description: str
    category: str
    weight_kg: float
    origin: tuple[str, str]
    destination: tuple[str, str]
    price: float
    status: str
    days_ago: int
    trip: str = ""


PEOPLE = (
    Someone(
        email=DESK_EMAIL,
        first_name="Parcel",
        last_name="Corner",
        role=names.ROLE_SENDER,
        phone="+351 555 0100",
    ),
    Someone(
        email=NOOR_EMAIL,
        first_name="Noor",
        last_name="Haddad",
        role=names.ROLE_TRAVELER,
        phone="+351 555 0111",
    ),
    Someone(
        email=TIAGO_EMAIL,
        first_name="Tiago",
        last_name="Brandt",
        role=names.ROLE_TRAVELER,
        phone="+351 555 0112",
    ),
    Someone(
        email=WREN_EMAIL,
        first_name="Wren",
        last_name="Okafor",
        role=names.ROLE_TRAVELER,
        phone="+33 555 0113",
    ),
    Someone(
        email=IDRIS_EMAIL, first_name="Idris", last_name="Vale", role=names.ROLE_COURIER, phone="+34 555 0114"
    ),
    Someone(
        email=LENA_EMAIL, first_name="Lena", last_name="Hofer", role=names.ROLE_TRAVELER, phone="+43 555 0115"
    ),
    Someone(
        email=MARGOT_EMAIL,
        first_name="Margot",
        last_name="Lund",
        role=names.ROLE_SENDER,
        phone="+45 555 0116",
    ),
    Someone(
        email=ADMIN_EMAIL, first_name="Back", last_name="Office", role=names.ROLE_ADMIN, phone="+351 555 0101"
    ),
    Someone(
        email=GONE_EMAIL,
        first_name="Former",
        last_name="Helper",
        role=names.ROLE_SENDER,
        phone="+351 555 0102",
        active=False,
    ),
)
WAYS = (
    Way(
        traveler=NOOR_EMAIL,
        origin=("Lisbon", "Portugal"),
        destination=("Lyon", "France"),
        transport="car",
        leaves_in_days=2,
        space_kg=25,
        price_per_kg=4.5,
    ),
    Way(
        traveler=TIAGO_EMAIL,
        origin=("Porto", "Portugal"),
        destination=("Vienna", "Austria"),
        transport="plane",
        leaves_in_days=1,
        space_kg=8,
        price_per_kg=9.0,
        status=names.TRIP_ACTIVE,
    ),
    Way(
        traveler=WREN_EMAIL,
        origin=("Lisbon", "Portugal"),
        destination=("Paris", "France"),
        transport="train",
        leaves_in_days=-1,
        space_kg=12,
        price_per_kg=5.0,
        status=names.TRIP_ACTIVE,
    ),
    Way(
        traveler=IDRIS_EMAIL,
        origin=("Faro", "Portugal"),
        destination=("Valencia", "Spain"),
        transport="car",
        leaves_in_days=-6,
        space_kg=40,
        price_per_kg=3.0,
        status=names.TRIP_COMPLETED,
    ),
    Way(
        traveler=LENA_EMAIL,
        origin=("Salzburg", "Austria"),
        destination=("Lisbon", "Portugal"),
        transport="bus",
        leaves_in_days=5,
        space_kg=15,
        price_per_kg=3.5,
    ),
)
PARCELS = (
    Parcel(
        sender=DESK_EMAIL,
        title="Set of azulejo tiles",
        description="Twelve hand-painted tiles in a padded crate",
        category="fragile",
        weight_kg=9.5,
        origin=("Lisbon", "Portugal"),
        destination=("Lyon", "France"),
        price=48.0,
        status=names.PACKAGE_MATCHED,
        days_ago=3,
        trip=NOOR_EMAIL,
    ),
    Parcel(
        sender=DESK_EMAIL,
        title="Cork sample book",
        description="Swatches for a joiner, flat and light",
        category="documents",
        weight_kg=1.2,
        origin=("Porto", "Portugal"),
        destination=("Vienna", "Austria"),
        price=15.0,
        status=names.PACKAGE_MATCHED,
        days_ago=2,
        trip=TIAGO_EMAIL,
    ),
    Parcel(
        sender=DESK_EMAIL,
        title="Repaired accordion",
        description="In its own hard case, do not lay flat",
        category="other",
        weight_kg=7.8,
        origin=("Lisbon", "Portugal"),
        destination=("Paris", "France"),
        price=60.0,
        status=names.PACKAGE_IN_TRANSIT,
        days_ago=4,
        trip=WREN_EMAIL,
    ),
    Parcel(
        sender=DESK_EMAIL,
        title="Fishing reels",
        description="Four boxed reels",
        category="electronics",
        weight_kg=3.4,
        origin=("Faro", "Portugal"),
        destination=("Valencia", "Spain"),
        price=22.0,
        status=names.PACKAGE_DELIVERED,
        days_ago=9,
        trip=IDRIS_EMAIL,
    ),
    Parcel(
        sender=DESK_EMAIL,
        title="Box of linen towels",
        description="Soft, can be pressed",
        category="clothing",
        weight_kg=4.0,
        origin=("Lisbon", "Portugal"),
        destination=("Graz", "Austria"),
        price=18.0,
        status=names.PACKAGE_POSTED,
        days_ago=1,
    ),
    Parcel(
        sender=MARGOT_EMAIL,
        title="Winter boots for a nephew",
        description="One pair, in a shoe box",
        category="clothing",
        weight_kg=2.1,
        origin=("Salzburg", "Austria"),
        destination=("Lisbon", "Portugal"),
        price=14.0,
        status=names.PACKAGE_POSTED,
        days_ago=1,
    ),
)
TALKS: dict[str, tuple[tuple[str, int, str], ...]] = {
    NOOR_EMAIL: (
        (
            "desk",
            2_900,
            "Hello Noor, the crate with the tiles measures 50 by 40 by 30. Does it fit behind the seat?",
        ),
        ("them", 2_880, "It does, I measured yesterday: 60 by 45. Is the lid screwed or only taped?"),
        ("desk", 2_861, "Screwed, with four handles. Please keep the arrow up, the glaze chips easily."),
        ("them", 1_420, "Understood. I come by on the morning of the drive, around half past eight."),
        ("desk", 1_402, "Perfect, ring the side door, the shop opens at ten."),
        ("them", 26, "One more thing: who takes the crate in Lyon if the studio is closed?"),
    ),
    TIAGO_EMAIL: (
        ("them", 2_200, "Hi, I fly on the weekend with hand luggage only. How thick is the sample book?"),
        ("desk", 2_180, "Three centimetres, like a photo album, so it goes into any backpack."),
        ("them", 2_150, "Good. Does the joiner meet me at the airport, or do I take the train to Meidling?"),
        ("desk", 2_090, "He waits at arrivals with a sign that says Cork."),
        ("them", 41, "Gate changed to B27, but the landing time stays. I send a line when we are down."),
        ("desk", 33, "Thanks, I tell him."),
    ),
    WREN_EMAIL: (
        (
            "desk",
            5_500,
            "Wren, the accordion is ready, reeds and all. The case weighs less than eight kilos.",
        ),
        ("them", 5_460, "Lovely, it gets the lower berth to itself."),
        ("them", 1_300, "Picked up, the case is locked and the key is in the envelope with the papers."),
        ("desk", 1_270, "Wonderful. The owner plays in Montreuil on Friday evening and cannot wait."),
        (
            "them",
            75,
            "We stand in Hendaye for a while, a signal fault. I still expect to be in before midnight.",
        ),
    ),
    IDRIS_EMAIL: (
        ("them", 12_900, "I can take the reels on Tuesday, there is room beside the cool boxes."),
        ("desk", 12_870, "Deal. Two of the boxes are a little dented from before, photographs are inside."),
        ("them", 9_100, "Handed over at the harbour office, signed by the skipper himself."),
        ("desk", 9_040, "Received with thanks, until the next round!"),
    ),
    LENA_EMAIL: (
        (
            "them",
            600,
            "Good evening, I come down by bus next week. Is there something to bring back to Salzburg?",
        ),
        ("desk", 560, "Not to Salzburg, but there are towels for Graz. Would you pass through?"),
        ("them", 540, "Only if the connection in Linz holds. I look it up tonight."),
    ),
}
"""Per traveller: who, how many minutes ago, what."""


async def seed_fakomame(core: Core) -> bool:
    """Add people, trips, packages and talks in one transaction; False when anybody is there already."""
    password_hash = await asyncio.to_thread(hash_password, PASSWORD)
    now_ms = core.clock.now_ms()
    async with core.database.writing() as session:
        here = User.platform == core.platform
        if await session.scalar(select(func.count()).select_from(User).where(here)):
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
        sender = desk if who == "desk" else other
        at_ms = now_ms - minutes_ago * MINUTE_MS
        append(session, core.ids, chat, text=text, sender_id=sender.id, now_ms=at_ms)
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
