"""OMW of the demonstration: a handyman before the window, customers with bookings in every state, talks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from chatdesk.server.bodies import EPOCH
from chatdesk.server.core.accounts import Person
from chatdesk.server.core.database import WriteSession
from chatdesk.server.core.messages import append
from chatdesk.server.core.service import Core
from chatdesk.server.core.tables import Message, Receipt, User
from chatdesk.server.demo import first
from chatdesk.server.demo.seats import SEATS
from chatdesk.server.dialects.omw.making import begin_session, book, offer
from chatdesk.server.dialects.omw.vocabulary import PROFILE_ID
from chatdesk.wire.omw import names

_SEAT = SEATS[names.PLATFORM]
DESK_EMAIL = _SEAT.desk
RIVAL_EMAIL = "lena@tool-belt.example"
"""Another worker."""
MIRA_EMAIL, OWEN_EMAIL = _SEAT.customers
PRIYA_EMAIL = "priya@canal-row.example"
JONAS_EMAIL = "jonas@hill-top.example"
SELMA_EMAIL = "selma@garden-court.example"
THEO_EMAIL = "theo@station-road.example"
UNVERIFIED_EMAIL = "kim@new-here.example"
SWITCHED_OFF_EMAIL = "gone@left-town.example"

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class Someone:
    """A person of the demonstration."""

    email: str
    name: str
    phone: str
    role: str = names.ROLE_CUSTOMER
    more_roles: tuple[str, ...] = ()
    verified: bool = True
    active: bool = True


PEOPLE = (
    Someone(email=DESK_EMAIL, name="Ansel Rook", phone="5550100101", role=names.ROLE_WORKER),
    Someone(
        email=RIVAL_EMAIL,
        name="Lena Birch",
        phone="5550100102",
        role=names.ROLE_WORKER,
        more_roles=(names.ROLE_CUSTOMER,),
    ),
    Someone(email=MIRA_EMAIL, name="Mira Oakes", phone="5550100201"),
    Someone(email=OWEN_EMAIL, name="Owen Miller", phone="5550100202"),
    Someone(email=PRIYA_EMAIL, name="Priya Lock", phone="5550100203"),
    Someone(email=JONAS_EMAIL, name="Jonas Hill", phone="5550100204"),
    Someone(email=SELMA_EMAIL, name="Selma Court", phone="5550100205"),
    Someone(email=THEO_EMAIL, name="Theo Rails", phone="5550100206"),
    Someone(email=UNVERIFIED_EMAIL, name="Kim New", phone="5550100207", verified=False),
    Someone(email=SWITCHED_OFF_EMAIL, name="Pat Gone", phone="5550100208", active=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A booking of the demonstration; `lines` are from the customer unless they begin with `>`."""

    customer: str
    service: tuple[str, str, float]
    """What it is called, what is done, and the price."""
    address: str
    status: str
    in_hours: int
    """From now until it is to be carried out."""
    worker: str | None = DESK_EMAIL
    asked: str = names.REQUEST_ACCEPTED
    """What has become of the request to the desk; empty = it was never asked."""
    lines: tuple[str, ...] = ()
    unread: int = 0
    """How many of the customer's last lines the worker has not read."""


SINK = ("Sink repair", "Fix a leaking sink", 60.0)
CLEANING = ("Deep cleaning", "Whole flat cleaning", 140.0)
SHELVES = ("Shelf mounting", "Hang shelves on any wall", 45.0)
HEATING = ("Radiator check", "Bleed and check radiators", 55.0)
LOCK = ("Lock change", "Replace a door lock", 80.0)
PAINT = ("Wall painting", "Paint one room", 210.0)

JOBS = (
    Job(
        customer=MIRA_EMAIL,
        service=SINK,
        address="12 Oak Street",
        status=names.STATUS_ASSIGNED,
        in_hours=3,
        lines=(
            "Hi, the sink in the kitchen drips all night now.",
            ">Good evening Mira, I have seen your booking. Is it the tap, or the pipe below?",
            "The pipe below. I have put a bucket there, it is full every morning.",
            ">Is there a valve to turn the water off?",
            "Under the sink, but it is stuck since last winter.",
            ">Then I bring a new one. Is it 15 mm pipe?",
            "I think so. It is the old copper kind.",
            ">Good, I have that in the van. I will be there at three, give or take ten minutes.",
            "Perfect. Please ring at Oakes, the second bell from above.",
        ),
        unread=1,
    ),
    Job(
        customer=OWEN_EMAIL,
        service=HEATING,
        address="3 Mill Lane",
        status="started",
        in_hours=1,
        lines=(
            "The radiator in the hall stays cold, all others are fine.",
            ">Sounds like air in it. Does it gurgle when the heating comes on?",
            "Yes, for an hour or so, mostly in the mornings.",
            ">Then it is quickly done. Do you have a key for the bleed valve?",
            "I never found one, sorry.",
            ">No matter, I carry two. Starting from the depot now.",
            "Great. The bell is broken, please knock.",
            "And mind the dog, she is friendly but loud.",
        ),
        unread=2,
    ),
    Job(
        customer=PRIYA_EMAIL,
        service=CLEANING,
        address="48 Canal Row",
        status=names.STATUS_IN_PROGRESS,
        in_hours=0,
        lines=(
            ">I am at the kitchen now, the oven takes a while.",
            "Take your time. The windows are last, please.",
            ">Will do, around four then.",
        ),
    ),
    Job(
        customer=JONAS_EMAIL,
        service=SHELVES,
        address="7 Hill Top",
        status=names.STATUS_ARRIVED,
        in_hours=0,
        lines=(
            "Are the walls in a new building a problem for you?",
            ">Not with the right plugs. I am at the door.",
            "Coming down, two minutes.",
        ),
        unread=1,
    ),
    Job(
        customer=SELMA_EMAIL,
        service=LOCK,
        address="21 Garden Court",
        status=names.STATUS_ACCEPTED,
        in_hours=26,
        lines=("Is tomorrow at ten all right?", ">Yes, ten is fine. Do you still have a key?", "One, yes."),
    ),
    Job(
        customer=SELMA_EMAIL,
        service=SHELVES,
        address="21 Garden Court",
        status=names.STATUS_COMPLETED,
        in_hours=-170,
    ),
    Job(
        customer=THEO_EMAIL,
        service=PAINT,
        address="5 Station Road",
        status=names.STATUS_CANCELLED,
        in_hours=-20,
    ),
    Job(
        customer=THEO_EMAIL,
        service=SINK,
        address="5 Station Road",
        status=names.STATUS_PENDING,
        in_hours=48,
        worker=None,
        asked=names.STATUS_PENDING,
    ),
    Job(
        customer=MIRA_EMAIL,
        service=PAINT,
        address="12 Oak Street",
        status=names.STATUS_PENDING,
        in_hours=72,
        worker=None,
        asked=names.STATUS_PENDING,
    ),
    Job(
        customer=PRIYA_EMAIL,
        service=LOCK,
        address="48 Canal Row",
        status=names.STATUS_ASSIGNED,
        in_hours=5,
        worker=RIVAL_EMAIL,
        asked="timeout",
        lines=("Could you come an hour earlier?", ">I try, and tell you at two."),
    ),
)


async def seed_omw(core: Core) -> bool:
    """Add people, bookings and talks in one transaction; False when anybody is there already."""
    password_hash = await first.password_hash()
    now_ms = core.clock.now_ms()
    async with core.database.writing() as session:
        if await first.has_people(core, session):
            return False
        people: dict[str, User] = {}
        for one in PEOPLE:
            people[one.email] = core.accounts.add(
                session,
                email=one.email,
                password_hash=password_hash,
                role=one.role,
                confirmed=one.verified,
                person=Person(
                    name=one.name,
                    phone=one.phone,
                    more_roles=one.more_roles,
                    active=one.active,
                    created_ms=now_ms - 90 * DAY_MS,
                ),
            )
        await session.flush()
        workers = [people[one.email] for one in PEOPLE if one.role == names.ROLE_WORKER]
        for worker, other in zip(workers, reversed(workers), strict=True):
            # Profiles are counted apart from accounts: the same number means two people.
            worker.profile = {PROFILE_ID: int(other.id)}
        for age, job in enumerate(reversed(JOBS), 1):
            await _job(
                core, session, job, people, now_ms - (len(JOBS) - age) * HOUR_MS - 30 * HOUR_MS, now_ms
            )
    return True


async def _job(
    core: Core, session: WriteSession, job: Job, people: dict[str, User], made_ms: int, now_ms: int
) -> None:
    name, description, price = job.service
    at_ms = now_ms + job.in_hours * HOUR_MS
    scheduled = EPOCH + timedelta(milliseconds=at_ms - at_ms % (15 * MINUTE_MS))
    details: dict[str, Any] = {
        "service": {"name": name, "description": description, "subcategory_id": 10 + len(name)},
        "address": job.address,
        "scheduled_time": scheduled.strftime("%Y-%m-%d %H:%M:%S"),
        "price": price,
        "estimated_cost": price,
        "total_amount": price,
        "booking_type": "service",
    }
    customer = people[job.customer]
    worker = people[job.worker] if job.worker else None
    booking = await book(
        core,
        session,
        customer.id,
        details,
        status=job.status,
        at_ms=made_ms,
        worker_id=worker.id if worker else None,
    )
    if job.asked:
        answered_ms = None if job.asked == names.STATUS_PENDING else made_ms + 9 * MINUTE_MS
        await offer(
            core,
            session,
            booking,
            people[DESK_EMAIL].id,
            at_ms=made_ms,
            status=job.asked,
            answered_ms=answered_ms,
        )
    if worker is None or not job.lines:
        return
    begun_ms = made_ms + 10 * MINUTE_MS
    chat = await begin_session(core, session, booking, at_ms=begun_ms)
    # Talk begins when a booking is new, and has gone on until a few minutes ago.
    step_ms = (now_ms - begun_ms - 4 * MINUTE_MS) // len(job.lines)
    sent: list[Message] = []
    for position, line in enumerate(job.lines):
        sender = worker if line.startswith(">") else customer
        sent_ms = begun_ms + (position + 1) * step_ms + (position % 3) * MINUTE_MS
        sent.append(
            append(session, core.ids, chat, text=line.removeprefix(">"), sender_id=sender.id, now_ms=sent_ms)
        )
    await session.flush()
    for message in sent[: len(sent) - job.unread]:
        reader = customer if message.sender_id == worker.id else worker
        read_ms = min(message.created_ms + 2 * MINUTE_MS, now_ms)
        session.add(Receipt(message_id=message.id, user_id=reader.id, delivered_ms=read_ms, read_ms=read_ms))
