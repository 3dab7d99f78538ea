"""The dispatcher's first states: the standing world of its captures, and messages older than each of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from chatdesk.server.core.service import Core
from chatdesk.server.core.tables import Role
from chatdesk.server.dialect import Choices
from tests.conform.ears import key_of
from tests.conform.planting import Frame, Path, Planter
from tests.conform.seeding import (
    Seeding,
    badly_signed,
    expired,
    good,
    ms,
    of_nobody,
    seeding,
)
from tests.replay.recording import Recording

CARRIER, OTHER, MODERATOR, ADMIN, UNCONFIRMED = (f"65a00000000000000000010{n}" for n in range(1, 6))
PEOPLE = {
    CARRIER: ("carrier1@example.test", Role.CUSTOMER),
    OTHER: ("carrier2@example.test", Role.CUSTOMER),
    MODERATOR: ("moderator@example.test", Role.STAFF),
    ADMIN: ("admin@example.test", Role.ADMIN),
    UNCONFIRMED: ("unconfirmed@example.test", Role.CUSTOMER),
}
"""Everybody in any of the captures; their roles stand in tokens, which no capture shows."""
COMPANY = {
    "name": "Example Haul LLC",
    "address": "1 Road",
    "city": "Austin",
    "state": "TX",
    "zip": "73301",
    "phone": "5550100",
    "email": "office@example.test",
}
NUMBERS = {"mcNumber": "MC1", "dotNumber": "DOT1", "einNumber": "EIN1"}
TRUCK, TRAILER, OTHER_TRUCK = (f"65a00000000000000000030{n}" for n in range(1, 4))
VEHICLES: tuple[tuple[str, str, str, str, dict[str, Any]], ...] = (
    (
        TRUCK,
        CARRIER,
        "truck",
        "TRK-7",
        {
            "year": 2019,
            "make": "Volvo",
            "licencePlate": "ABC123",
            "state": "TX",
            "nrOfAxles": 3,
            "vin": "VIN0001",
        },
    ),
    (
        TRAILER,
        CARRIER,
        "trailer",
        "TRL-2",
        {
            "year": 2018,
            "make": "Great Dane",
            "licencePlate": "TRL999",
            "state": "TX",
            "nrOfAxles": 2,
            "vin": "VIN0002",
            "length": "53",
            "type": "flatbed",
        },
    ),
    (OTHER_TRUCK, OTHER, "truck", "TRK-7", {}),
)
LOAD = {
    "contact": "Dispatch desk",
    "permitStartDate": "2026-03-01T00:00:00.000Z",
    "commodity": "Excavator",
    "loadDims": "oversize",
    "lengthFt": 80,
    "lengthIn": 6,
    "widthFt": 11,
    "widthIn": 4,
    "heightFt": 14,
    "heightIn": 2,
    "rearOverhangFt": 3,
    "rearOverhangIn": 1,
    "makeModel": "CAT 320",
    "serial": "SN1",
    "singleMultiple": "single",
    "legalWeight": "yes",
    "stops": ["Waco, TX"],
    "truckId": TRUCK,
    "trailerId": TRAILER,
    "axleConfigs": [
        {
            "_id": "6afffabeb2be9fe3c297298d",
            "tires": 4,
            "tireWidth": 11,
            "weight": 12_000,
            "spacing": "10ft",
        }
    ],
}
ORDERS = {
    "65a000000000000000000201": ("ORD-100001", CARRIER, "processing", MODERATOR, TRUCK, 60),
    "65a000000000000000000202": ("ORD-100002", CARRIER, "pending", None, TRUCK, 30),
    "65a000000000000000000203": ("ORD-100003", OTHER, "pending", None, OTHER_TRUCK, 15),
}
"""Number, owner, status, moderator, truck, age in minutes, as the lists of one capture show them."""
JOIN, JOINED = "join-order-room", "user-joined-order"
SHORT_LIVED_S = 2
"""The capture waits longer than that."""


class DispatcherPlanter(Planter):
    """See the module."""

    platform = "dispatcher"

    def choices(self, recording: Recording) -> Choices:
        """Whether the database gave the newest messages first, as the first page of several shows."""
        for body in histories(recording):
            times = [record["createdAt"] for record in body["data"]]
            if body["meta"]["totalPages"] > 1 and len(times) > 1:
                return Choices(newest_first=times[0] > times[-1])
        return Choices()

    async def plant(self, core: Core, recording: Recording) -> Mapping[str, str]:
        """Everybody, three orders, and what was written in them before the capture."""
        now_ms = core.clock.now_ms()
        async with seeding(core) as seed:
            for user_id, (email, role) in PEOPLE.items():
                carrier = user_id in {CARRIER, OTHER}
                await seed.user(
                    user_id,
                    email=email,
                    role=role,
                    confirmed=user_id != UNCONFIRMED,
                    profile={"companyInfo": COMPANY, "carrierNumbers": NUMBERS} if carrier else {},
                    created=now_ms - 86_400_000,
                )
            for asset_id, owner_id, kind, label, details in VEHICLES:
                await seed.asset(asset_id, owner_id=owner_id, kind=kind, label=label, details=details)
            older = earlier_messages(recording, now_ms)
            for order_id, (number, owner_id, status, moderator, truck, minutes) in ORDERS.items():
                await seed.order(
                    order_id,
                    owner_id=owner_id,
                    status=status,
                    number=number,
                    assignee_id=moderator,
                    origin="Austin, TX",
                    destination="Dallas, TX",
                    details={**LOAD, "truckId": truck},
                    created=now_ms - minutes * 60_000,
                )
                await plant_chat(seed, order_id, older)
        number_orders(core, recording)
        return {
            "<expired-token-A>": await expired(core, CARRIER),
            "<wrong-signature-token>": await badly_signed(core, CARRIER),
            "<token-unknown-account>": await of_nobody(core, CARRIER, "65a000000000000000000999"),
            "<short-lived-token-A>": await good(core, CARRIER, ttl_s=SHORT_LIVED_S),
        }

    def sequence(self, recording: Recording) -> list[Frame]:
        """Of two who joined a room at once the one who is told of the other was there first."""
        frames = list(recording.everything)
        for at, (first, second) in enumerate(pairwise(frames)):
            joined_at_once = first.get("event") == second.get("event") == JOIN
            told = next((one for one in frames[at + 2 :] if one.get("event") == JOINED), None)
            if joined_at_once and told is not None and key_of(told) == key_of(second):
                frames[at], frames[at + 1] = second, first
        return frames

    def is_name(self, path: Path, value: str | int) -> bool:
        """Ids, order numbers, and stored names of files with their moment and chance."""
        if (path[-1:] == ("filename",) and "files" in path) or (path[:1] == ("path",) and "." in str(value)):
            return True
        if isinstance(value, str) and path[-1] == "orderNumber":
            return True
        return super().is_name(path, value)


def histories(recording: Recording) -> Iterator[dict[str, Any]]:
    """Every page of messages that was answered."""
    for frame in recording.everything:
        path = str(frame.get("path", ""))
        is_history = frame.get("method") == "GET" and path.endswith("/messages")
        if is_history and frame.get("status") == 200 and isinstance(frame.get("response_body"), dict):
            yield frame["response_body"]


def number_orders(core: Core, recording: Recording) -> None:
    """New orders get the numbers that the recorded server drew."""
    drawn = [
        record["metadata"]["orderNumber"]
        for frame in recording.everything
        if frame.get("event") == "notification"
        for record in frame["args"]
        if "orderNumber" in record.get("metadata", {})
    ]
    if drawn:
        core.orders._number = iter(dict.fromkeys(drawn)).__next__


def earlier_messages(recording: Recording, now_ms: int) -> list[dict[str, Any]]:
    """Messages of the answers that are older than the capture, the oldest first."""
    sent = {
        frame["response_body"]["data"]["id"]
        for frame in recording.everything
        if frame.get("method") == "POST" and frame.get("status") == 201 and "id" in _data(frame)
    }
    found = {
        record["id"]: record
        for body in histories(recording)
        for record in body["data"]
        if record["id"] not in sent and ms(record["createdAt"]) < now_ms
    }
    return sorted(found.values(), key=lambda record: (str(record["createdAt"]), str(record["id"])))


def _data(frame: Frame) -> dict[str, Any]:
    body = frame.get("response_body")
    data = body.get("data") if isinstance(body, dict) else None
    return data if isinstance(data, dict) else {}


async def plant_chat(seed: Seeding, order_id: str, older: list[dict[str, Any]]) -> None:
    """The conversation of an order with its older messages."""
    chat = await seed.conversation(order_id, order_id=order_id)
    for record in older:
        if record["orderId"] == order_id:
            await seed.message(
                record["id"],
                chat,
                sender_id=record["user"]["id"],
                text=record["message"],
                created=record["createdAt"],
            )


PLANTER = DispatcherPlanter()
