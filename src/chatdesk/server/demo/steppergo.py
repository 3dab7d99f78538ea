"""The intercity rides of the demonstration: a driver at the desk, passengers, trips, bookings and talks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chatdesk.server.core.accounts import Person
from chatdesk.server.core.conversations import Opening, store
from chatdesk.server.core.database import WriteSession
from chatdesk.server.core.messages import append
from chatdesk.server.core.orders import NewOrder
from chatdesk.server.core.service import Core
from chatdesk.server.core.tables import Conversation, Order, Receipt, User
from chatdesk.server.demo import first
from chatdesk.wire.steppergo import names

DESK_EMAIL = "desk@longroad-rides.example"
"""Drives, and organizes the trips driven: sees every list and may change every status."""
RIVAL_EMAIL = "marat@fastlane.example"
"""Another driver, assigned to a trip that a passenger organizes."""
SUSPENDED_EMAIL = "pavel@parked.example"
ADMIN_EMAIL = "care@longroad-rides.example"
PASSENGER_EMAILS = (
    "aliya@sunflower.example",
    "timur@bluebird.example",
    "saule@almond-tree.example",
    "erlan@northgate.example",
    "dana@riverbank.example",
    "kirill@oldmill.example",
    "zarina@quince.example",
)
STRANGER_EMAIL = PASSENGER_EMAILS[-1]
"""Has no booking on any trip of the desk."""

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
DRIVER_RECORD = "driver"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rider:
    """Somebody at the platform; `vehicle` and `standing` for drivers."""

    email: str
    name: str
    role: str = names.ROLE_PASSENGER
    phone: str | None = None
    vehicle: tuple[str, str, str, str] | None = None
    standing: str = "APPROVED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ride:
    """A trip. booked: (who, status of the booking, seats). talk: (who, text), the newest last."""

    title: str
    ends: tuple[str, str]
    organizer: str
    driver: str | None
    status: str
    departs_in_h: int
    seats: int = 4
    price: int = 5_000
    kind: str = names.TRIP_SHARED
    booked: tuple[tuple[str, str, int], ...] = ()
    talk: tuple[tuple[str, str], ...] = ()
    unread: int = 0
    """How many of the last messages the desk has not read."""


RIDERS = (
    Rider(
        email=DESK_EMAIL,
        name="Nurlan Sadyk",
        role=names.ROLE_DRIVER,
        phone="+7 700 555 0101",
        vehicle=("MINIVAN", "Hyundai", "Staria", "482 LRD 02"),
    ),
    Rider(
        email=RIVAL_EMAIL,
        name="Marat Ospan",
        role=names.ROLE_DRIVER,
        phone="+7 700 555 0102",
        vehicle=("SEDAN", "Skoda", "Octavia", "907 FSL 05"),
    ),
    Rider(
        email=SUSPENDED_EMAIL,
        name="Pavel Reut",
        role=names.ROLE_DRIVER,
        vehicle=("SEDAN", "Kia", "Cerato", "113 PRK 01"),
        standing=names.DRIVER_SUSPENDED,
    ),
    Rider(email=ADMIN_EMAIL, name="Care Desk", role=names.ROLE_ADMIN),
    Rider(email=PASSENGER_EMAILS[0], name="Aliya Bek", phone="+7 700 555 0110"),
    Rider(email=PASSENGER_EMAILS[1], name="Timur Iskak"),
    Rider(email=PASSENGER_EMAILS[2], name="Saule Mukan", phone="+7 700 555 0112"),
    Rider(email=PASSENGER_EMAILS[3], name="Erlan Zhaksy"),
    Rider(email=PASSENGER_EMAILS[4], name="Dana Orman"),
    Rider(email=PASSENGER_EMAILS[5], name="Kirill Lang"),
    Rider(email=PASSENGER_EMAILS[6], name="Zarina Toktar"),
)

_ALIYA, _TIMUR, _SAULE, _ERLAN, _DANA, _KIRILL, _ZARINA = PASSENGER_EMAILS
_PLACES: dict[str, tuple[str, float, float]] = {
    "Almaty": ("Sairan bus station", 43.2389, 76.8897),
    "Taldykorgan": ("Central bus terminal", 45.0156, 78.3739),
    "Shymkent": ("Samal coach park", 42.3417, 69.5901),
    "Bishkek": ("West bus station", 42.8746, 74.5698),
    "Astana": ("Saparzhai terminal", 51.1694, 71.4491),
    "Karaganda": ("Railway square 2", 49.8047, 73.1094),
}

RIDES = (
    Ride(
        title="Morning ride to Taldykorgan",
        ends=("Almaty", "Taldykorgan"),
        organizer=DESK_EMAIL,
        driver=DESK_EMAIL,
        status=names.STATUS_IN_PROGRESS,
        departs_in_h=2,
        seats=6,
        booked=((_ALIYA, "CONFIRMED", 1), (_TIMUR, "CONFIRMED", 2)),
        talk=(
            (_ALIYA, "Good morning! Where exactly do we meet?"),
            (DESK_EMAIL, "At Sairan, by the ticket office. White minivan."),
            (_TIMUR, "We are two with a pram, is there room for it?"),
            (DESK_EMAIL, "Yes, it folds into the back."),
            (_TIMUR, "Great. We may be five minutes late."),
        ),
        unread=1,
    ),
    Ride(
        title="Weekend in Bishkek",
        ends=("Almaty", "Bishkek"),
        organizer=DESK_EMAIL,
        driver=DESK_EMAIL,
        status=names.STATUS_PUBLISHED,
        departs_in_h=50,
        price=7_500,
        booked=((_SAULE, "CONFIRMED", 1), (_DANA, "PENDING", 1)),
        talk=(
            (_SAULE, "Do we cross the border at Korday?"),
            (DESK_EMAIL, "Yes. Please have your passports ready."),
            (_SAULE, "Can I take a small dog along?"),
        ),
        unread=1,
    ),
    Ride(
        title="Night ride to Shymkent",
        ends=("Almaty", "Shymkent"),
        organizer=DESK_EMAIL,
        driver=DESK_EMAIL,
        status="DELAYED",
        departs_in_h=-1,
        price=9_000,
        booked=((_ERLAN, "CONFIRMED", 1), (_KIRILL, "CANCELLED", 1)),
        talk=(
            (DESK_EMAIL, "There is fog on the pass, we leave an hour later."),
            (_ERLAN, "Thank you for telling me. I wait at home then."),
        ),
    ),
    Ride(
        title="Airport run to Karaganda",
        ends=("Astana", "Karaganda"),
        organizer=DESK_EMAIL,
        driver=DESK_EMAIL,
        status="IN_TRANSIT",
        departs_in_h=-2,
        kind=names.TRIP_PRIVATE,
        price=12_000,
        booked=((_DANA, "CONFIRMED", 3),),
        talk=(
            (_DANA, "My flight leaves at six. Do we make it?"),
            (DESK_EMAIL, "We are past Temirtau, there is time enough."),
            (_DANA, "Wonderful, thank you!"),
        ),
        unread=1,
    ),
    Ride(
        title="Back from Taldykorgan",
        ends=("Taldykorgan", "Almaty"),
        organizer=DESK_EMAIL,
        driver=DESK_EMAIL,
        status=names.STATUS_COMPLETED,
        departs_in_h=-30,
        booked=((_ALIYA, "CONFIRMED", 1), (_ERLAN, "CONFIRMED", 1)),
        talk=(
            (_ALIYA, "I left my umbrella on the back seat."),
            (DESK_EMAIL, "Found it. I bring it along on the next ride."),
        ),
    ),
    Ride(
        title="Shared taxi to Bishkek",
        ends=("Almaty", "Bishkek"),
        organizer=_KIRILL,
        driver=RIVAL_EMAIL,
        status=names.STATUS_IN_PROGRESS,
        departs_in_h=5,
        booked=((_TIMUR, "CONFIRMED", 1),),
        talk=(
            (_KIRILL, "Who brings the music?"),
            (_TIMUR, "I do."),
        ),
    ),
    Ride(
        title="Family visit in Astana",
        ends=("Almaty", "Astana"),
        organizer=_ZARINA,
        driver=None,
        status=names.STATUS_PUBLISHED,
        departs_in_h=72,
        price=14_000,
    ),
)


async def seed_steppergo(core: Core) -> bool:
    """Add people, trips, bookings and talks in one transaction; False when anybody is there already."""
    password_hash = await first.password_hash()
    now_ms = core.clock.now_ms()
    async with core.database.writing() as session:
        if await first.has_people(core, session):
            return False
        people: dict[str, User] = {}
        for rider in RIDERS:
            people[rider.email] = core.accounts.add(
                session,
                email=rider.email,
                password_hash=password_hash,
                role=rider.role,
                person=Person(
                    name=rider.name,
                    phone=rider.phone,
                    profile=_profile(core, rider),
                    created_ms=now_ms - 200 * DAY_MS,
                ),
            )
        await session.flush()
        for ride in RIDES:
            trip = await _trip(core, session, ride, people, now_ms)
            if ride.talk:
                await _talk(core, session, ride, trip, people, now_ms)
    return True


def _profile(core: Core, rider: Rider) -> dict[str, Any]:
    profile: dict[str, Any] = {
        "avatar": None,
        "emailVerified": True,
        "phoneVerified": rider.phone is not None,
    }
    if rider.vehicle is None:
        return profile
    kind, make, model, plate = rider.vehicle
    profile[DRIVER_RECORD] = {
        "id": core.ids.new(),
        "status": rider.standing,
        "rating": 4.8,
        "completedTrips": 37,
        "availability": names.DRIVER_AVAILABLE,
        "vehicleType": kind,
        "vehicleMake": make,
        "vehicleModel": model,
        "licensePlate": plate,
        "isVerified": True,
        "verificationLevel": "FULL",
    }
    return profile


def _end(name: str) -> dict[str, Any]:
    address, latitude, longitude = _PLACES[name]
    return {"address": address, "lat": latitude, "lng": longitude}


async def _trip(core: Core, session: WriteSession, ride: Ride, people: dict[str, User], now_ms: int) -> Order:
    departure_ms = now_ms + ride.departs_in_h * HOUR_MS
    created_ms = min(now_ms, departure_ms) - 3 * DAY_MS
    new = NewOrder(
        kind="trip",
        title=ride.title,
        status=ride.status,
        origin=ride.ends[0],
        destination=ride.ends[1],
        assignee_id=people[ride.driver].id if ride.driver else None,
        details={
            "description": f"{ride.ends[0]} to {ride.ends[1]}, door to door",
            "departure_ms": departure_ms,
            "return_ms": departure_ms + 5 * HOUR_MS,
            "published_ms": created_ms,
            "timezone": "Asia/Almaty",
            "tripType": ride.kind,
            "origin": _end(ride.ends[0]),
            "destination": _end(ride.ends[1]),
            "totalSeats": ride.seats,
            "basePrice": ride.price,
            "platformFee": ride.price // 10,
            "minimumPrice": ride.price * 4 // 5,
        },
    )
    trip = await core.orders.store(session, people[ride.organizer].id, new, created_ms)
    for email, status, seats in ride.booked:
        passenger = people[email]
        details: dict[str, Any] = {
            "seats": seats,
            "passengers": [{"name": passenger.name}],
            "payment": names.PAY_DRIVER,
        }
        if status != names.BOOKING_PENDING:
            details["confirmed_ms"] = created_ms + HOUR_MS
        if status == names.BOOKING_CANCELLED:
            details["cancelled_ms"] = created_ms + 2 * HOUR_MS
        booking = NewOrder(
            kind="booking", title=ride.title, status=status, details=details, links=(("seat_on", trip.id),)
        )
        await core.orders.store(session, passenger.id, booking, created_ms + HOUR_MS)
    return trip


async def _talk(
    core: Core, session: WriteSession, ride: Ride, trip: Order, people: dict[str, User], now_ms: int
) -> None:
    begun_ms = now_ms - (len(ride.talk) + 1) * 13 * MINUTE_MS
    inside = [ride.organizer, *(email for email, status, _seats in ride.booked if status == "CONFIRMED")]
    members = {people[email].id: people[email].role for email in inside}
    opening = Opening(key=trip.id, order_id=trip.id, members=members)
    conversation: Conversation = await store(session, core.ids, core.platform, opening, begun_ms)
    for position, (email, text) in enumerate(ride.talk):
        at_ms = begun_ms + (position + 1) * 13 * MINUTE_MS
        message = append(session, core.ids, conversation, text=text, sender_id=people[email].id, now_ms=at_ms)
        await session.flush()
        # The last ones are still unread by the desk; everybody else has read everything.
        is_new = position >= len(ride.talk) - ride.unread
        for user_id in members:
            unread = is_new and user_id == people[DESK_EMAIL].id
            if user_id != message.sender_id and not unread:
                read_ms = message.created_ms + MINUTE_MS
                receipt = Receipt(
                    message_id=message.id, user_id=user_id, delivered_ms=read_ms, read_ms=read_ms
                )
                session.add(receipt)
    await session.flush()
