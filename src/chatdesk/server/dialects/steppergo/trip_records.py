"""From orders of the core to what is on the wire about trips and bookings, in each of the platform's shapes.

A trip is an order whose `details` have departure_ms, return_ms, timezone, tripType, description, address and
coordinates of both ends, totalSeats, basePrice, platformFee, minimumPrice and published_ms; a booking's have
seats, passengers, notes, payment, confirmed_ms and cancelled_ms.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chatdesk.server.bodies import iso
from chatdesk.server.core.tables import Order, User
from chatdesk.server.dialects.steppergo.records import Record, contact, driver_record, iso_or_none
from chatdesk.server.dialects.steppergo.vocabulary import DEPARTURE
from chatdesk.wire.steppergo import names, texts

RETURN = "return_ms"
PUBLISHED = "published_ms"
ZONE = "Asia/Almaty"
AVATAR = "/drivers/default-avatar.jpg"
HOLDING = (names.BOOKING_PENDING, names.BOOKING_CONFIRMED)
"""Bookings that hold their seats."""
EARNING_SHARE = 0.85
MINUTE_MS = 60_000


def money(value: Any) -> str:
    """An amount as a text, without needless decimals."""
    amount = float(value or 0)
    return str(int(amount)) if amount == int(amount) else f"{amount:.2f}".rstrip("0")


def number(value: Any) -> int | float:
    """An amount as a number, whole where it is."""
    amount = float(value or 0)
    return int(amount) if amount == int(amount) else amount


def total_seats(trip: Order) -> int:
    """How many seats a trip has."""
    return int(trip.details.get("totalSeats", 4))


def booked_seats(bookings: Sequence[Order]) -> int:
    """How many of them are held."""
    return sum(seats_of(one) for one in bookings if one.status in HOLDING)


def seats_of(booking: Order) -> int:
    """How many seats a booking holds."""
    return int(booking.details.get("seats", 1))


def price(trip: Order, key: str) -> int | float:
    """One of the amounts of a trip."""
    return number(trip.details.get(key, 0))


def total_amount(trip: Order, seats: int) -> int | float:
    """What so many seats cost with the fee."""
    return number(price(trip, "basePrice") * seats + price(trip, "platformFee"))


def earnings(trip: Order) -> int | float:
    """What a driver is told to get."""
    return number(round((price(trip, "basePrice") + price(trip, "platformFee")) * EARNING_SHARE, 2))


def place(trip: Order, end: str) -> Record:
    """One end of a trip: `origin` or `destination`."""
    details = trip.details.get(end)
    details = details if isinstance(details, dict) else {}
    return {
        "name": trip.origin if end == "origin" else trip.destination,
        "address": details.get("address"),
        "coordinates": {"lat": details.get("lat"), "lng": details.get("lng")},
    }


def departure_ms(trip: Order) -> int:
    """When a trip begins."""
    return int(trip.details.get(DEPARTURE, trip.created_ms))


def return_ms(trip: Order) -> int | None:
    """When it ends."""
    found = trip.details.get(RETURN)
    return None if found is None else int(found)


def public(trip: Order, organizer: User, bookings: Sequence[Order]) -> Record:
    """A trip in the public list: its status in lower case, amounts as numbers."""
    booked, total = booked_seats(bookings), total_seats(trip)
    base = price(trip, "basePrice")
    return {
        "id": trip.id,
        "title": trip.title,
        "description": trip.details.get("description", ""),
        "departureTime": iso(departure_ms(trip)),
        "returnTime": iso_or_none(return_ms(trip)),
        "timezone": trip.details.get("timezone", ZONE),
        "status": trip.status.lower(),
        "tripType": trip_type(trip),
        "location": {"origin": place(trip, "origin"), "destination": place(trip, "destination")},
        "capacity": {"total": total, "booked": booked, "available": max(total - booked, 0)},
        "pricing": {
            "basePrice": base,
            "currency": names.CURRENCY_DEFAULT,
            "pricePerPerson": base,
            "platformFee": price(trip, "platformFee"),
            "dynamicFactors": [],
            "minimumPrice": price(trip, "minimumPrice"),
        },
        "organizer": {
            "id": organizer.id,
            "name": organizer.name,
            # Whatever they are.
            "role": names.ROLE_DRIVER,
            "rating": organizer.profile.get("rating", 0),
            "photoUrl": organizer.profile.get("avatar") or AVATAR,
        },
        "itinerary": trip.details.get("itinerary", {"days": [], "version": "1.0"}),
        "metadata": trip.details.get("metadata", {}),
        "createdAt": iso(trip.created_ms),
        "updatedAt": iso(trip.updated_ms),
    }


def detail(trip: Order, organizer: User, bookings: Sequence[Order]) -> Record:
    """A single trip: as in the list, with what its organizer says of themselves."""
    record = public(trip, organizer, bookings)
    record["organizer"]["bio"] = organizer.profile.get("bio")
    published = trip.details.get(PUBLISHED)
    return record if published is None else record | {"publishedAt": iso(int(published))}


def trip_type(trip: Order) -> str:
    """Shared or private."""
    return str(trip.details.get("tripType", names.TRIP_SHARED))


def availability(trip: Order, bookings: Sequence[Order], seats: int) -> Record:
    """Whether so many seats can be booked, and for how much."""
    booked, total = booked_seats(bookings), total_seats(trip)
    free = max(total - booked, 0)
    base, fee = price(trip, "basePrice"), price(trip, "platformFee")
    cost = total_amount(trip, seats)
    return {
        "tripId": trip.id,
        "tripTitle": trip.title,
        "tripType": trip_type(trip),
        "requestedSeats": seats,
        "availability": {
            "totalSeats": total,
            "bookedSeats": booked,
            "availableSeats": free,
            "canBook": free >= seats,
            "message": texts.OK_SEATS.format(seats=free),
        },
        "pricing": {
            "pricePerSeat": base,
            "platformFee": fee,
            "estimatedTotal": cost,
            "currency": names.CURRENCY_DEFAULT,
            "breakdown": {"basePrice": number(base * seats), "platformFee": fee, "total": cost},
        },
        "trip": {
            "departureTime": iso(departure_ms(trip)),
            "returnTime": iso_or_none(return_ms(trip)),
            "origin": trip.origin,
            "destination": trip.destination,
            "status": trip.status,
        },
        "tenantId": None,
        "bookings": {
            "confirmed": sum(one.status == names.BOOKING_CONFIRMED for one in bookings),
            "pending": sum(one.status == names.BOOKING_PENDING for one in bookings),
        },
    }


def of_driver(trip: Order, bookings: Sequence[Order]) -> Record:
    """A trip in the list of its driver."""
    booked, total = booked_seats(bookings), total_seats(trip)
    return {
        "id": trip.id,
        "title": trip.title,
        "description": trip.details.get("description", ""),
        "fromLocation": place(trip, "origin"),
        "toLocation": place(trip, "destination"),
        "schedule": {"departureDate": iso(departure_ms(trip)), "returnDate": iso_or_none(return_ms(trip))},
        "pricing": {"basePrice": price(trip, "basePrice"), "currency": names.CURRENCY_DEFAULT},
        "capacity": {"totalSeats": total, "availableSeats": max(total - booked, 0), "bookedSeats": booked},
        "status": trip.status,
        "createdAt": iso(trip.created_ms),
    }


def _run(trip: Order) -> Record:
    """What a driver is told of a trip, up to the price."""
    origin, destination = place(trip, "origin"), place(trip, "destination")
    return {
        "id": trip.id,
        "title": trip.title,
        "description": trip.details.get("description", ""),
        "departureTime": iso(departure_ms(trip)),
        "returnTime": iso_or_none(return_ms(trip)),
        "originName": trip.origin,
        "originAddress": origin["address"],
        "destName": trip.destination,
        "destAddress": destination["address"],
        "totalSeats": total_seats(trip),
        "basePrice": money(trip.details.get("basePrice")),
        "platformFee": money(trip.details.get("platformFee")),
        "estimatedEarnings": earnings(trip),
        "status": trip.status,
    }


def driven(trip: Order, organizer: User, bookings: Sequence[tuple[Order, User]], now_ms: int) -> Record:
    """A trip with its passengers and how far it has come, for its driver."""
    until_ms = departure_ms(trip) - now_ms
    done = names.STATUSES_ON_TIMELINE.index(trip.status) if trip.status in names.STATUSES_ON_TIMELINE else -1
    return {
        "trip": _run(trip)
        | {
            "organizer": contact(organizer),
            "isUpcoming": until_ms > 0,
            "isOverdue": until_ms <= 0 and trip.status not in names.STATUSES_OVER,
            "minutesUntilDeparture": round(until_ms / MINUTE_MS),
        },
        "bookings": [
            {
                "id": booking.id,
                "seatsBooked": seats_of(booking),
                "passengers": booking.details.get("passengers", []),
                "notes": booking.details.get("notes"),
                "status": booking.status,
                "user": contact(user),
            }
            for booking, user in bookings
            if booking.status in HOLDING
        ],
        "timeline": [
            {"status": status, "label": names.STATUS_LABELS[status], "completed": place_ <= done}
            for place_, status in enumerate(names.STATUSES_ON_TIMELINE)
        ],
    }


def accepted(trip: Order, organizer: User, driver: User, status: str) -> Record:
    """What a driver is told who has taken a trip."""
    record = driver_record(driver)
    shown = ("vehicleType", "vehicleMake", "vehicleModel", "licensePlate")
    return {
        "trip": _run(trip) | {"status": status, "organizer": contact(organizer, avatar=False)},
        "driver": {
            "id": record["id"],
            "availability": names.DRIVER_BUSY,
            **{key: record[key] for key in shown},
        },
        "nextSteps": list(texts.STEPS_ACCEPTED),
    }


def booking(one: Order, trip: Order, driver_id: str | None) -> Record:
    """A booking in its passenger's list."""
    seats = seats_of(one)
    return {
        "id": one.id,
        "tripId": trip.id,
        "status": one.status,
        "seatsBooked": seats,
        "totalAmount": money(one.details.get("totalAmount", total_amount(trip, seats))),
        "currency": names.CURRENCY_DEFAULT,
        "createdAt": iso(one.created_ms),
        "confirmedAt": iso_or_none(one.details.get("confirmed_ms")),
        "cancelledAt": iso_or_none(one.details.get("cancelled_ms")),
        "paymentMethodType": one.details.get("payment", names.PAY_DRIVER),
        "trip": {
            "title": trip.title,
            "originName": trip.origin,
            "destName": trip.destination,
            "departureTime": iso(departure_ms(trip)),
            "status": trip.status,
            "driverId": driver_id,
            "tripType": trip_type(trip),
            "pricePerSeat": money(trip.details.get("basePrice")),
        },
    }
