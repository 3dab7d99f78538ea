"""Who may do what at StepperGO."""

from __future__ import annotations

from chatdesk.server.core.access import Operation
from chatdesk.server.core.conversations import Opening
from chatdesk.server.core.orders import NewOrder
from chatdesk.server.core.service import Core
from chatdesk.wire.steppergo import names
from tests.server.permissions import NOBODY, Setting, Table, Where, add_people
from tests.server.toy import say

HOUR_MS = 3_600_000


async def _rides(core: Core) -> Setting:
    people = await add_people(
        core,
        {
            "organizer": names.ROLE_PASSENGER,
            "driver": names.ROLE_DRIVER,
            "rival": names.ROLE_DRIVER,
            "confirmed": names.ROLE_PASSENGER,
            "pending": names.ROLE_PASSENGER,
            "cancelled": names.ROLE_PASSENGER,
            "stranger": names.ROLE_PASSENGER,
            "admin": names.ROLE_ADMIN,
        },
    )
    now_ms = core.clock.now_ms()
    places: dict[str, Where] = {"nothing": {}}
    async with core.database.writing() as session:
        for place, status, driver, departs_ms in (
            ("trip", names.STATUS_IN_PROGRESS, "driver", now_ms + HOUR_MS),
            ("open trip", names.STATUS_PUBLISHED, "", now_ms + HOUR_MS),
            ("missed trip", names.STATUS_PUBLISHED, "", now_ms - HOUR_MS),
            ("trip that arrived", "ARRIVED", "driver", now_ms - HOUR_MS),
            ("trip that arrived early", "ARRIVED", "driver", now_ms + HOUR_MS),
        ):
            new = NewOrder(
                kind="trip",
                status=status,
                assignee_id=people[driver].id if driver else None,
                details={"departure_ms": departs_ms},
            )
            trip = await core.orders.store(session, people["organizer"].id, new, now_ms)
            places[place] = {"order_id": trip.id}
        trip_id = places["trip"]["order_id"]
        for who in ("confirmed", "pending", "cancelled"):
            new = NewOrder(kind="booking", status=who.upper(), details={}, links=(("seat_on", trip_id),))
            booking = await core.orders.store(session, people[who].id, new, now_ms)
            places[f"{who} booking"] = {"order_id": booking.id}
    organizer = people["organizer"]
    chat = (await core.conversations.open(organizer, Opening(key=trip_id, order_id=trip_id))).place.chat.id
    for who in ("organizer", "driver"):
        await core.conversations.join(people[who], chat, people[who].role)
    sent = await say(core, organizer, chat, "text")
    places["chat"] = {"conversation_id": chat}
    places["chat, as the platform"] = {"conversation_id": chat, "wanted": "system"}
    places["message"] = {"message_id": sent.shown.message.id}
    for place, wanted in (("trip", "DEPARTED"), ("trip", "COMPLETED")):
        places[f"{place} to {wanted}"] = {**places[place], "wanted": wanted}
    places["completing after departure"] = {**places["trip that arrived"], "wanted": "COMPLETED"}
    places["completing before departure"] = {**places["trip that arrived early"], "wanted": "COMPLETED"}
    for status in ("CONFIRMED", "CANCELLED"):
        places[f"booking to {status}"] = {**places["pending booking"], "wanted": status}
    places["cancelled to CONFIRMED"] = {**places["cancelled booking"], "wanted": "CONFIRMED"}
    return Setting(people, places)


_EVERYBODY = {
    "organizer",
    "driver",
    "rival",
    "confirmed",
    "pending",
    "cancelled",
    "stranger",
    "admin",
}
_PARTY = {"organizer", "driver", "confirmed"}
_INSIDE = {"organizer", "driver"}
"""Those who have joined."""
_PASSENGERS = {"organizer", "confirmed", "pending", "cancelled", "stranger"}

TABLE = Table(
    _rides,
    {
        (Operation.SEE_ORDER, "trip"): _EVERYBODY,
        (Operation.SEE_ORDER, "open trip"): _EVERYBODY,
        (Operation.SEE_ORDER, "confirmed booking"): {"confirmed", "organizer", "driver"},
        (Operation.SEE_ORDER, "pending booking"): {"pending", "organizer", "driver"},
        (Operation.CREATE_ORDER, "nothing"): _PASSENGERS,
        (Operation.CHANGE_STATUS, "trip to DEPARTED"): {"driver"},
        (Operation.CHANGE_STATUS, "trip to COMPLETED"): NOBODY,
        (Operation.CHANGE_STATUS, "completing after departure"): {"driver"},
        (Operation.CHANGE_STATUS, "completing before departure"): NOBODY,
        (Operation.CHANGE_STATUS, "booking to CONFIRMED"): _INSIDE,
        (Operation.CHANGE_STATUS, "booking to CANCELLED"): {"pending", "organizer", "driver"},
        (Operation.CHANGE_STATUS, "cancelled to CONFIRMED"): NOBODY,
        (Operation.TAKE_OVER, "open trip"): {"driver", "rival"},
        (Operation.TAKE_OVER, "missed trip"): NOBODY,
        (Operation.TAKE_OVER, "trip"): NOBODY,
        (Operation.DELETE_ORDER, "trip"): NOBODY,
        (Operation.ADD_ORDER_FILE, "trip"): NOBODY,
        (Operation.REMOVE_FILE, "trip"): NOBODY,
        (Operation.OPEN, "trip"): _PARTY,
        (Operation.OPEN, "open trip"): {"organizer"},
        (Operation.OPEN, "confirmed booking"): NOBODY,
        (Operation.SEE, "chat"): _PARTY | {"admin"},
        (Operation.SEND, "chat"): _INSIDE,
        (Operation.SEND, "chat, as the platform"): NOBODY,
        (Operation.MARK_READ, "chat"): _INSIDE,
        (Operation.SEE, "message"): _PARTY | {"admin"},
        (Operation.REPORT, "message"): _INSIDE,
        (Operation.HIDE_MESSAGE, "message"): {"admin"},
        (Operation.DELETE_MESSAGE, "message"): NOBODY,
        (Operation.END, "chat"): NOBODY,
        (Operation.DELETE_CONVERSATION, "chat"): NOBODY,
        (Operation.ARCHIVE, "chat"): NOBODY,
    },
)
