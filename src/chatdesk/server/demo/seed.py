"""Fills an empty database with the shop of the demonstration."""

from __future__ import annotations

from typing import Any

from chatdesk.server.core.accounts import Person
from chatdesk.server.core.database import WriteSession
from chatdesk.server.core.messages import append
from chatdesk.server.core.orders import NewOrder
from chatdesk.server.core.receipts import advance_mark
from chatdesk.server.core.service import Core
from chatdesk.server.core.tables import Asset, Role, User
from chatdesk.server.demo import first
from chatdesk.server.demo.cast import (
    ADMIN_EMAIL,
    CARRIERS,
    DESK_EMAIL,
    HAULS,
    Carrier,
    Haul,
    Vehicle,
    carrier_of,
)
from chatdesk.server.demo.talk import history
from chatdesk.server.dialects.dispatcher.records import CARRIER_NUMBERS, COMPANY, TRAILER, TRUCK, iso
from chatdesk.server.dialects.dispatcher.vocabulary import created_line, status_line
from chatdesk.wire.dispatcher import names

DAY_MS = 24 * 3_600 * 1_000


async def seed_demo(core: Core) -> bool:
    """Add people, orders and histories in one transaction; False when anybody is there already."""
    password_hash = await first.password_hash()
    now_ms = core.clock.now_ms()
    async with core.database.writing() as session:
        if await first.has_people(core, session):
            return False
        desk = core.accounts.add(
            session,
            email=DESK_EMAIL,
            password_hash=password_hash,
            role=Role.STAFF,
            person=Person(created_ms=now_ms - 400 * DAY_MS),
        )
        core.accounts.add(
            session,
            email=ADMIN_EMAIL,
            password_hash=password_hash,
            role=Role.ADMIN,
            person=Person(created_ms=now_ms - 400 * DAY_MS),
        )
        await session.flush()
        owners: dict[str, tuple[User, dict[str, str]]] = {}
        for carrier in CARRIERS:
            owners[carrier.email] = await _carrier(core, session, carrier, password_hash, now_ms)
        # Orders are stored in the order in which they came in.
        for haul in sorted(HAULS, key=lambda haul: -haul.days_ago):
            owner, assets = owners[haul.carrier]
            await _haul(core, session, haul, owner=owner, desk=desk, assets=assets, now_ms=now_ms)
    return True


async def _carrier(
    core: Core, session: WriteSession, carrier: Carrier, password_hash: str, now_ms: int
) -> tuple[User, dict[str, str]]:
    owner = core.accounts.add(
        session,
        email=carrier.email,
        password_hash=password_hash,
        role=Role.CUSTOMER,
        person=Person(
            created_ms=now_ms - 200 * DAY_MS,
            profile={
                COMPANY: {
                    "name": carrier.company,
                    "address": "1 Depot Road",
                    "city": carrier.city,
                    "state": carrier.state,
                    "zip": carrier.zip_code,
                    "phone": carrier.phone,
                    "email": f"office@{carrier.email.partition('@')[2]}",
                },
                CARRIER_NUMBERS: {
                    "mcNumber": carrier.mc_number,
                    "dotNumber": f"DOT-{carrier.mc_number[3:]}2",
                    "einNumber": f"98-{carrier.mc_number[3:]}1",
                    "files": [],
                },
            },
        ),
    )
    await session.flush()
    truck = _vehicle(core, owner, TRUCK, carrier.truck, carrier.state)
    trailer = _vehicle(core, owner, TRAILER, carrier.trailer, carrier.state)
    trailer.details |= {"length": "53", "type": "lowboy"}
    session.add_all([truck, trailer])
    return owner, {TRUCK: truck.id, TRAILER: trailer.id}


def _vehicle(core: Core, owner: User, kind: str, vehicle: Vehicle, state: str) -> Asset:
    return Asset(
        id=core.ids.new(),
        owner_id=owner.id,
        kind=kind,
        label=vehicle.unit,
        details={
            "make": vehicle.make,
            "year": vehicle.year,
            "licencePlate": vehicle.plate,
            "state": state,
            "nrOfAxles": vehicle.axles,
            "vin": vehicle.vin,
        },
    )


async def _haul(
    core: Core,
    session: WriteSession,
    haul: Haul,
    *,
    owner: User,
    desk: User,
    assets: dict[str, str],
    now_ms: int,
) -> None:
    created_ms = now_ms - haul.days_ago * DAY_MS
    new = NewOrder(
        origin=haul.origin,
        destination=haul.destination,
        status=names.STATUS_PENDING,
        details=_details(core, haul, assets, created_ms),
    )
    order, conversation = await core.orders.add(session, owner.id, new, created_ms, haul.number)
    append(session, core.ids, conversation, text=created_line(order), sender_id=None, now_ms=created_ms)
    lines = history(haul)
    took_over = min(3, len(lines) - 1)
    for position, line in enumerate(lines):
        at_ms = now_ms - line.before_ms
        if position == took_over and haul.taken:
            order.assignee_id = desk.id
            if haul.status != names.STATUS_PENDING:
                order.status = names.STATUS_PROCESSING
                append(session, core.ids, conversation, text=status_line(order), sender_id=None, now_ms=at_ms)
        sender = owner if line.from_carrier else desk
        message = append(session, core.ids, conversation, text=line.text, sender_id=sender.id, now_ms=at_ms)
        await session.flush()
        # Whoever wrote had read what stood above.
        await advance_mark(session, conversation, sender.id, message.seq, message.created_ms)
    if haul.status not in {names.STATUS_PENDING, names.STATUS_PROCESSING}:
        order.status = haul.status
        append(
            session,
            core.ids,
            conversation,
            text=status_line(order),
            sender_id=None,
            now_ms=conversation.clock_ms,
        )
    order.updated_ms = conversation.clock_ms
    last_seq, read_ms = conversation.last_seq, conversation.clock_ms
    await advance_mark(session, conversation, owner.id, last_seq, read_ms)
    await advance_mark(session, conversation, desk.id, last_seq - haul.unread, read_ms)


def _details(core: Core, haul: Haul, assets: dict[str, str], created_ms: int) -> dict[str, Any]:
    return {
        "contact": haul.contact,
        "permitStartDate": iso(created_ms - created_ms % DAY_MS + 5 * DAY_MS),
        "commodity": haul.commodity,
        "loadDims": "oversize",
        "lengthFt": haul.length[0],
        "lengthIn": haul.length[1],
        "widthFt": haul.width[0],
        "widthIn": haul.width[1],
        "heightFt": haul.height[0],
        "heightIn": haul.height[1],
        "rearOverhangFt": 4,
        "rearOverhangIn": 6,
        "makeModel": haul.make_model,
        "serial": haul.serial,
        "singleMultiple": "single",
        "legalWeight": "no" if haul.weight_lb > 80_000 else "yes",
        "stops": list(haul.stops),
        "truckId": assets[TRUCK],
        "trailerId": assets[TRAILER],
        "axleConfigs": [
            {
                "_id": core.ids.new(),
                "tires": 4,
                "tireWidth": 11,
                "weight": haul.weight_lb // (5 + carrier_of(haul).trailer.axles),
                "spacing": f"{spacing}ft",
            }
            for spacing in (12, 17, 4, 36, 4)
        ],
    }
