"""OMW: people, bookings, requests and sessions, read from what their lists, details and refusals said."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from chatdesk.server.core.ids import Kind
from chatdesk.server.core.service import Core
from chatdesk.server.core.tables import MessageKind, Order
from tests.conform.planters.omw_story import Booking, Session, Story
from tests.conform.planting import Frame, Path, Planter
from tests.conform.seeding import GARBAGE, Seeding, expired, good, ms, seeding
from tests.replay.recording import Recording

FIRST_MESSAGE = 1001
ZONE_MS = 19_800_000
"""The database of the recordings told its times in +05:30."""
CODE = "123456"
"""The code that the recorder put into the database, when its mail could not be sent."""
CODE_LIFE_MS = 900_000
SERVICE = {
    "name": "Sink repair",
    "description": "Fix a leaking sink",
    "subcategory_id": 11,
    "category": "Home services",
}
BOOKING = {
    "booking_type": "service",
    "scheduled_time": "2026-11-20 15:00:00",
    "estimated_cost": 500,
    "price": 500,
    "address": "12 Example Street",
}
HURRIED = 3
_DECIMAL = re.compile(r"\d+\.\d\d")
_ABOUT = {
    "session_id": Kind.CONVERSATION,
    "sessionId": Kind.CONVERSATION,
    "sender_id": Kind.USER,
    "userId": Kind.USER,
    "user_id": Kind.USER,
    "readerId": Kind.USER,
    "customer_id": Kind.USER,
    "messageId": Kind.MESSAGE,
    "messageIds": Kind.MESSAGE,
    "booking_id": Kind.ORDER,
    "bookingId": Kind.ORDER,
}
FILE = re.compile(r"/uploads/chat/file-\d+-\d+\.\w+")


class Omw(Planter):
    """The planter."""

    platform = "omw"

    def __init__(self) -> None:
        self._stories: dict[str, Story] = {}
        self._late: dict[str, list[Session]] = {}

    def kind_of(self, path: Path) -> str:
        """What a number in this place counts."""
        keys = [one for one in path if isinstance(one, str)]
        last = keys[-1] if keys else ""
        if last in _ABOUT:
            return _ABOUT[last]
        if last == "id":
            around = keys[-2] if len(keys) > 1 else ""
            if around in {"customer", "provider", "user"}:
                return Kind.USER
            return Kind.MESSAGE if around in {"messages", "message", ""} else Kind.ORDER
        return ""

    def is_name(self, path: Path, value: str | int) -> bool:
        """Numbers of messages, sessions, people and bookings; the URL of an upload; ids of connections."""
        if isinstance(value, str) and (FILE.fullmatch(value) or path[-1:] == ("sid",)):
            return True
        if isinstance(value, str) and not value.isdecimal():
            return False
        return self.kind_of(path) != ""

    def ordered(self, path: Path, value: list[Any]) -> list[Any]:
        """Within one second the order of a history is arbitrary (document, 6.3)."""
        if path[-1:] == ("messages",) and all(isinstance(one, dict) and "id" in one for one in value):
            return sorted(value, key=lambda one: (str(one["created_at"]), int(one["id"])))
        return value

    def may_lack(self, recording: Recording, frame: Frame) -> bool:
        """What is sent in the connect handler may vanish, like what is sent without waiting (4, 4.2)."""
        if frame["channel"] != "socket":
            return False
        same = (frame["actor"], frame.get("conn"))
        earlier = recording.everything[: frame["at"]]
        before = [one for one in earlier if (one["actor"], one.get("conn")) == same]
        if frame["event"] == "joined_chat" and len(before) > 1:
            return bool(before[-2].get("event") == "connect") and before[-1]["t_ms"] - before[-2]["t_ms"] <= 2
        return frame["event"] in {"new_message", "message_sent", "error"} and _hurried(recording, frame)

    async def plant(self, core: Core, recording: Recording) -> Mapping[str, str]:
        """Everything that was there from the start."""
        story = self._stories[recording.name] = Story(recording)
        async with seeding(core) as seed:
            await self._people(seed, story)
            for booking in story.bookings.values():
                await self._booking(seed, story, booking)
            for number, row in story.requests.items():
                await _request(seed, story, number, row)
            later = []
            for session in sorted(story.sessions.values(), key=lambda one: one.number):
                if session.number in story.begun:
                    continue
                if session.made_at:
                    later.append(session)
                else:
                    await self._session(seed, story, session)
            self._late[recording.name] = later
            await _numbers(seed, story)
        return await self._tokens(core, story)

    async def before(self, core: Core, recording: Recording, frame: Frame) -> None:
        """Sessions that came to be without a request, and the code of a booking that was put in by hand."""
        story = self._stories[recording.name]
        due = [one for one in self._late[recording.name] if one.made_at == frame["at"]]
        if due:
            async with seeding(core) as seed:
                for session in due:
                    await self._session(seed, story, session)
            self._late[recording.name] = [one for one in self._late[recording.name] if one not in due]
        body = frame.get("response_body")
        if isinstance(body, dict) and body.get("has_otp"):
            number = frame["path"].split("/")[-2]
            async with core.database.writing() as session_:
                order = (await session_.scalars(select(Order).where(Order.id == number))).one()
                until_ms = core.clock.now_ms() + CODE_LIFE_MS
                order.details = {**order.details, "otp_code": CODE, "otp_expires_ms": until_ms}

    async def happens(self, core: Core, frame: Frame) -> bool:
        """The database goes away and comes back: its file, with every connection to it closed."""
        text, path = str(frame.get("text")), core.database.path
        aside = path.with_name("away")
        if text == "database stopped":
            await core.database.close()
            path.rename(aside)
            # Something that cannot be opened: a missing file would be made anew.
            path.mkdir()
        elif text == "database started":
            path.rmdir()
            aside.rename(path)
        else:
            return False
        return True

    # -- people and tokens

    async def _people(self, seed: Seeding, story: Story) -> None:
        for one in story.people.values():
            await seed.user(
                str(one.number),
                email=one.email or f"{one.role}{one.number}@example.test",
                name=one.name,
                role=one.role,
                password=one.password,
                phone=one.phone or f"5550000{one.number}",
                confirmed=one.role == "customer" if one.confirmed is None else one.confirmed,
                profile={"providerId": one.profile} if one.profile is not None else {},
            )
        # Who has the number of a provider's profile as an account's is taken for the provider at times.
        for number in {one.profile for one in story.people.values()} - {None, *story.people}:
            await seed.user(
                str(number), email=f"other{number}@example.test", name=f"Other {number}", role="customer"
            )

    async def _tokens(self, core: Core, story: Story) -> dict[str, str]:
        expired_one = await expired(core, str(story.worker), role="worker")
        tokens = {"<bad-token>": GARBAGE, "<expired-token>": expired_one}
        for letter, about in story.recording.raw.get("actors", {}).items():
            number = str(about.get("user_id"))
            if not number.isdecimal():
                continue
            role = story.people[int(number)].role
            token = await good(core, number, role=role)
            tokens |= {f"<token-{letter}>": token, f"<Bearer + token-{letter}>": f"Bearer {token}"}
            for found in re.findall(rf"<token-{letter}-(\d+)s>", str(story.recording.raw["frames"])):
                tokens[f"<token-{letter}-{found}s>"] = await good(core, number, role=role, ttl_s=int(found))
        return tokens

    # -- bookings and sessions

    async def _booking(self, seed: Seeding, story: Story, booking: Booking) -> None:
        row = booking.row
        details: dict[str, Any] = dict(BOOKING)
        service = dict(SERVICE)
        service |= {
            name: row[column]
            for name, column in (("name", "service_name"), ("description", "service_description"))
            if row.get(column)
        }
        for name in (
            *BOOKING,
            "payment_status",
            "payment_method",
            "selfie_verification_required",
            "duration",
        ):
            if row.get(name) is not None:
                details[name] = row[name]
        if row.get("total_amount") is not None:
            details["total_amount"] = int(float(row["total_amount"]))
        for name in ("gst", "discount_percentage", "discount_amount", "subtotal_before_gst", "night_charge"):
            value = row.get(name)
            if isinstance(value, int | float) or (isinstance(value, str) and _DECIMAL.fullmatch(value)):
                details[name] = value
        owner, worker = story.customer, story.worker
        if booking.of_others:
            owner, worker = story.other_customer, story.other_worker
        created = row.get("booking_created_at") or row.get("created_at")
        await seed.order(
            str(booking.number),
            owner_id=str(owner),
            assignee_id=str(worker) if booking.has_worker else None,
            status=booking.status,
            kind="booking",
            title=str(service["name"]),
            details={**details, "service": service},
            created=None if created is None else utc_ms(created),
        )

    async def _session(self, seed: Seeding, story: Story, session: Session) -> None:
        strangers = session.of_others
        booking = session.booking or 50 + session.number
        customer = story.other_customer if strangers else story.customer
        worker = story.other_worker if strangers else story.worker
        if booking not in story.bookings:
            made = Booking(booking, of_others=strangers)
            await self._booking(seed, story, made)
        created = session.row.get("created_at")
        oldest = [ms(str(one["created_at"])) - ZONE_MS for one in session.messages.values()]
        chat = await seed.conversation(
            str(session.number),
            key=f"booking:{booking}",
            order_id=str(booking),
            members={str(customer): "customer", str(worker): "provider"},
            created=None if created is None else min([utc_ms(created), *oldest]),
        )
        for number, one in sorted(session.messages.items()):
            await seed.message(
                str(number),
                chat,
                sender_id=str(one["sender_id"]),
                text=str(one["content"]),
                kind=MessageKind(str(one["message_type"])),
                extras={
                    name: one[name]
                    for name in ("file_url", "file_name", "file_size")
                    if one.get(name) is not None
                },
                created=utc_ms(one["created_at"]),
            )
            if one.get("is_read"):
                reader = customer if int(one["sender_id"]) == worker else worker
                read = one.get("read_at") or one["created_at"]
                await seed.receipt(str(number), str(reader), read=utc_ms(read))
        if not session.messages:
            await _unseen(seed, session, chat, str(customer), str(worker))


async def _unseen(seed: Seeding, session: Session, chat: Any, customer: str, worker: str) -> None:
    """Messages of which only their number is known, and how many of them each side has not read."""
    count = session.count
    if not count:
        return
    last_ms = utc_ms(session.row["last_message_at"])
    by_worker = session.unread.get("customer", count)
    for at in range(count):
        sender = worker if at < by_worker else customer
        await seed.message(
            str(FIRST_MESSAGE + at),
            chat,
            sender_id=sender,
            text=f"message {at + 1}",
            created=last_ms - (count - 1 - at) * 1_000,
        )


async def _request(seed: Seeding, story: Story, number: int, row: dict[str, Any]) -> None:
    asked = utc_ms(row["requested_at"])
    await seed.order(
        f"r{number}",
        owner_id=str(story.worker),
        status=str(row["status"]),
        kind="request",
        details={"requested_ms": asked},
        links=(("offers", str(row["booking_id"])),),
        created=asked,
    )


async def _numbers(seed: Seeding, story: Story) -> None:
    """What the next message and session of the capture will be called."""
    planted = [number for one in story.sessions.values() for number in one.messages]
    counted = [FIRST_MESSAGE - 1 + one.count for one in story.sessions.values() if not one.messages]
    first = max([FIRST_MESSAGE - 1, *planted, *counted]) + 1
    if story.sent:
        first = min(story.sent)
    await seed.next_number(Kind.MESSAGE, first)
    sessions = [one for one in story.sessions if one not in story.begun]
    await seed.next_number(Kind.CONVERSATION, min(story.begun, default=max(sessions, default=40) + 1))


def utc_ms(text: Any) -> int:
    """A time of the recorded database, in milliseconds since 1970."""
    return ms(str(text)) - ZONE_MS


def _hurried(recording: Recording, frame: Frame) -> bool:
    """Whether several messages were sent before this, each without waiting for the one before."""
    run = 0
    for one in recording.everything[: frame["at"]]:
        run = run + 1 if one["dir"] == "out" and one.get("event") == "send_message" else 0
        if run >= HURRIED:
            return True
    return False


PLANTER = Omw()
