"""Where drivers are: checked, stored, and told with the time that is left on the way."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from chatdesk.server.bodies import iso
from chatdesk.server.core.tables import Order, User
from chatdesk.server.dialects.steppergo.records import Record
from chatdesk.server.dialects.steppergo.requests import Tripped
from chatdesk.server.dialects.steppergo.trip_records import place
from chatdesk.server.dialects.steppergo.vocabulary import POSITION
from chatdesk.wire.steppergo import names

EARTH_KM = 6_371
TRAFFIC = 1.2
SPEED_KMH = 60
"""Where no speed is known."""
MORE = ("heading", "speed", "accuracy")
AT = "at_ms"

ERR_COORDINATES = "latitude and longitude are required"


def checked(body: Mapping[str, Any]) -> Record:
    """Coordinates on the globe and what goes with them; raises Tripped."""
    found: Record = {}
    for key, most in (("latitude", 90), ("longitude", 180)):
        value = _number(body.get(key))
        if value is None or abs(value) > most:
            raise Tripped(ERR_COORDINATES)
        found[key] = body[key]
    for key in MORE:
        if body.get(key) is not None:
            if _number(body[key]) is None:
                raise Tripped(ERR_COORDINATES)
            found[key] = body[key]
    return found


def last_of(driver: User, now_ms: int) -> Record | None:
    """A driver's last position, while it is fresh."""
    found = driver.profile.get(POSITION)
    if not isinstance(found, dict) or now_ms - found.get(AT, 0) > names.POSITION_LIFE_S * 1_000:
        return None
    return found


def record(trip: Order, driver_id: str, position: Mapping[str, Any]) -> Record:
    """A position as it is told about a trip; `driver_id` whichever of the two the teller uses."""
    more = {key: position[key] for key in MORE if key in position}
    at_ms = int(position[AT])
    return {
        "tripId": trip.id,
        "driverId": driver_id,
        "latitude": position["latitude"],
        "longitude": position["longitude"],
        **more,
        "eta": {
            "pickupMinutes": _minutes(trip, "origin", position),
            "destinationMinutes": _minutes(trip, "destination", position),
        },
        "timestamp": iso(at_ms),
    }


def _minutes(trip: Order, end: str, position: Mapping[str, Any]) -> int:
    at = place(trip, end)["coordinates"]
    latitude, longitude = _number(at["lat"]), _number(at["lng"])
    if latitude is None or longitude is None:
        return 0
    km = _distance_km(float(position["latitude"]), float(position["longitude"]), latitude, longitude)
    speed = _number(position.get("speed")) or 0.0
    return round(km / (speed if speed > 0 else SPEED_KMH) * 60 * TRAFFIC)


def _distance_km(latitude: float, longitude: float, to_latitude: float, to_longitude: float) -> float:
    here, there = math.radians(latitude), math.radians(to_latitude)
    across = math.sin(math.radians(to_longitude - longitude) / 2) ** 2
    half = math.sin((there - here) / 2) ** 2 + math.cos(here) * math.cos(there) * across
    return 2 * EARTH_KM * math.atan2(math.sqrt(half), math.sqrt(1 - half))


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)
