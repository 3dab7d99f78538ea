"""OMW: people, bookings, requests and sessions, read from what their lists, details and refusals said."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from chatdesk.server.core.ids import Kind
from chatdesk.server.core.service import Core
from chatdesk.server.core.tables import MessageKind, Order
from tests.conform.planting import Frame, Path, Planter
from tests.conform.seeding import GARBAGE, Seeding, expired, good, ms, seeding
from tests.replay.recording import Recording

CUSTOMER, WORKER = 201, 202
OTHER_CUSTOMER, OTHER_WORKER = 203, 204
ROLES = {CUSTOMER: "customer", WORKER: "worker", OTHER_CUSTOMER: "customer", OTHER_WORKER: "worker"}
PROFILES = {WORKER: 7, OTHER_WORKER: 8}
"""Numbers of the providers' profiles, as the recorder's own rows had them."""
NAMES = {OTHER_CUSTOMER: "Customer Two", OTHER_WORKER: "Worker Two"}
UNVERIFIED = "customer3@example.test"
SWITCHED_OFF = "inactive@example.test"
PASSWORD = "test-password"
FIRST_MESSAGE = 1001
NEVER = 900_000
"""Numbers from here on were made up by the recorder: nothing has them."""
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


@dataclass(slots=True)
class Session:
    """A chat as the capture shows it."""

    number: int
    booking: int = 0
    row: dict[str, Any] = field(default_factory=dict)
    """Its line in a list or its detail, when first seen."""
    seen_at: int = 0
    """The first frame that shows it."""
    made_at: int = 0
    """The frame before which it was put into the database; 0 = it was there from the start."""
    count: int = 0
    """How many messages it began with."""
    unread: dict[str, int] = field(default_factory=dict)
    """By side: messages of the other one that it has not read."""
    messages: dict[int, dict[str, Any]] = field(default_factory=dict)
    of_others: bool = False


@dataclass(slots=True)
class Booking:
    """A booking as the capture shows it."""

    number: int
    status: str = "assigned"
    row: dict[str, Any] = field(default_factory=dict)
    has_worker: bool = True
    of_others: bool = False


class Story:
    """What one capture tells of the state that it began with."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.sessions: dict[int, Session] = {}
        self.bookings: dict[int, Booking] = {}
        self.requests: dict[int, dict[str, Any]] = {}
        self.sent: dict[int, tuple[int, int]] = {}
        """Messages that were sent in the capture: their number -> the frame that told it, and the session."""
        self.begun: set[int] = set()
        """Numbers of sessions that were begun in it."""
        people = {str(one.get("user_id")): one for one in recording.raw.get("actors", {}).values()}
        self.people = {int(number): one for number, one in people.items() if number.isdecimal()}
        for frame in recording.everything:
            self._made(frame)
        for frame in recording.everything:
            self._frame(frame)
        self._absences()

    def _made(self, frame: Frame) -> None:
        """What was made in the capture itself."""
        body = frame.get("response_body")
        if frame["channel"] == "http" and frame["method"] == "POST" and isinstance(body, dict):
            if isinstance(body.get("message"), dict) and frame["path"].endswith("/messages"):
                session = int(body["message"]["session_id"])
                self.sent.setdefault(int(body["message"]["id"]), (frame["at"], session))
            if "created" in str(body.get("message")) and "sessionId" in body:
                self.begun.add(int(body["sessionId"]))
        if frame["channel"] == "socket" and frame["dir"] == "in" and frame["event"] == "message_sent":
            told = frame["args"][0]
            self.sent.setdefault(int(told["messageId"]), (frame["at"], int(told["sessionId"])))

    def _frame(self, frame: Frame) -> None:
        if frame["channel"] == "socket":
            self._event(frame)
        elif frame["channel"] == "http":
            self._exchange(frame)

    def _event(self, frame: Frame) -> None:
        payload = frame["args"][0] if frame.get("args") else None
        if not isinstance(payload, dict):
            return
        number = _whole(payload.get("sessionId", payload.get("session_id")))
        if number is None or number >= NEVER:
            return
        shown = frame["dir"] == "in"
        session = self._session(number, frame, shown=shown)
        if frame.get("event") == "chat_history":
            self._history(session, payload["messages"])

    def _exchange(self, frame: Frame) -> None:
        body = frame["response_body"] if isinstance(frame["response_body"], dict) else {}
        ok = frame["status"] == 200
        found = re.match(r"/api/chat/sessions/(\d+)", frame["path"])
        if found and int(found[1]) < NEVER:
            session = self._session(int(found[1]), frame, shown=ok)
            if ok and isinstance(body.get("messages"), list):
                self._history(session, body["messages"])
        for text, shown in ((frame["request_body"], False), (frame["response_body"], True)):
            # Raw packets.
            for number in re.findall(r'"session(?:Id|_id)":(\d+)', text if isinstance(text, str) else ""):
                self._session(int(number), frame, shown=shown)
        rows = list(body.get("sessions") or [])
        if isinstance(body.get("session"), dict):
            rows.append(body["session"])
        for row in rows:
            self._row(self._session(int(row["session_id"]), frame, shown=True), row, frame["at"])
        self._bookings(frame, body)

    def _session(self, number: int, frame: Frame, *, shown: bool) -> Session:
        session = self.sessions.get(number)
        if session is None:
            session = self.sessions[number] = Session(number, of_others=not shown, seen_at=frame["at"])
        elif shown and session.of_others:
            session.of_others, session.seen_at = False, frame["at"]
        return session

    def _row(self, session: Session, row: dict[str, Any], at: int) -> None:
        if not session.row:
            session.row, session.booking = row, int(row["booking_id"])
            since = [one for one, where in self.sent.values() if one < at and where == session.number]
            session.count = int(row["message_count"]) - len(since)
            status = str(row["service_status"])
            booking = self._booking(session.booking, status=status)
            booking.row = {**row, **booking.row}
        if "unread_count" in row:
            session.unread.setdefault(str(row["user_role"]), int(row["unread_count"]))

    def _history(self, session: Session, messages: list[dict[str, Any]]) -> None:
        for one in messages:
            if int(one["id"]) not in self.sent:
                session.messages.setdefault(int(one["id"]), one)

    def _booking(self, number: int, *, status: str = "") -> Booking:
        booking = self.bookings.get(number)
        if booking is None:
            booking = self.bookings[number] = Booking(number, status=status or "assigned")
        return booking

    def _bookings(self, frame: Frame, body: dict[str, Any]) -> None:
        sent = frame["request_body"] if isinstance(frame["request_body"], dict) else {}
        wanted = _whole(sent.get("bookingId"))
        if wanted is not None and frame["path"] == "/api/chat/sessions":
            booking = self._booking(wanted, status=str(body.get("currentStatus") or ""))
            booking.of_others = booking.of_others or frame["status"] == 403
            booking.has_worker = booking.has_worker and frame["status"] != 500
            session = _whole(body.get("sessionId"))
            if session is not None:
                self._session(session, frame, shown=True).booking = wanted
        for row in body.get("bookings") or []:
            self._booking(int(row["id"]), status=str(row["service_status"])).row = row
        for row in body.get("booking_requests") or []:
            self.requests.setdefault(int(row["request_id"]), row)
            booking = self._booking(int(row["booking_id"]), status=str(row["service_status"]))
            booking.row = {**row, **booking.row}
            booking.has_worker = False
        found = re.match(r"/api/(worker-management|customer)/bookings/(\d+)", frame["path"])
        if found and int(found[2]) < NEVER and frame["status"] != 500:
            new = int(found[2]) not in self.bookings
            booking = self._booking(int(found[2]))
            if new and found[1] == "worker-management":
                booking.of_others = frame["status"] in {403, 404}
            detail = body.get("booking")
            if isinstance(detail, dict) and "service_name" in detail:
                booking.row = {**detail, **booking.row}

    def _absences(self) -> None:
        """Find sessions that were put into the database while the capture ran."""
        born = [str(one.row["created_at"]) for one in self.sessions.values() if one.row]
        for session in self.sessions.values():
            if session.number in self.begun or session.of_others:
                continue
            for frame in self.recording.everything[: session.seen_at]:
                body = frame.get("response_body")
                rows = body.get("sessions") if isinstance(body, dict) else None
                if rows is not None and all(int(row["session_id"]) != session.number for row in rows):
                    session.made_at = session.seen_at
            if session.row and str(session.row["created_at"]) > min(born):
                session.made_at = session.seen_at


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
                await _request(seed, number, row)
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
        for number, role in ROLES.items():
            about = story.people.get(number, {})
            which = "1" if number in {CUSTOMER, WORKER} else "2"
            await seed.user(
                str(number),
                email=f"{role}{which}@example.test",
                name=str(about.get("name") or NAMES.get(number) or f"{role.title()} One"),
                role=role,
                password=PASSWORD,
                phone=f"5550000{number}",
                # Nobody asks workers to verify their address, so they never have.
                confirmed=role == "customer",
                profile={"providerId": PROFILES[number]} if number in PROFILES else {},
            )
        # Who has the number of a provider's profile as an account's is taken for the provider at times.
        others = {number: f"other{number}@example.test" for number in PROFILES.values()}
        for number, email in {205: UNVERIFIED, 206: SWITCHED_OFF, **others}.items():
            await seed.user(
                str(number),
                email=email,
                name=email.partition("@")[0],
                role="customer",
                password=PASSWORD,
                phone=f"5550000{number}",
                confirmed=email != UNVERIFIED,
                active=email != SWITCHED_OFF,
            )

    async def _tokens(self, core: Core, story: Story) -> dict[str, str]:
        tokens = {"<bad-token>": GARBAGE, "<expired-token>": await expired(core, str(WORKER), role="worker")}
        for letter, about in story.recording.raw.get("actors", {}).items():
            number, role = str(about["user_id"]), str(about["role"])
            token = await good(core, number, role=role)
            tokens |= {f"<token-{letter}>": token, f"<Bearer + token-{letter}>": f"Bearer {token}"}
            tokens[f"<token-{letter}-3s>"] = await good(core, number, role=role, ttl_s=3)
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
        owner, worker = (OTHER_CUSTOMER, OTHER_WORKER) if booking.of_others else (CUSTOMER, WORKER)
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
        customer = OTHER_CUSTOMER if strangers else CUSTOMER
        worker = OTHER_WORKER if strangers else WORKER
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


async def _request(seed: Seeding, number: int, row: dict[str, Any]) -> None:
    asked = utc_ms(row["requested_at"])
    await seed.order(
        f"r{number}",
        owner_id=str(WORKER),
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


def _whole(value: Any) -> int | None:
    if isinstance(value, str) and value.isdecimal():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _hurried(recording: Recording, frame: Frame) -> bool:
    """Whether several messages were sent before this, each without waiting for the one before."""
    run = 0
    for one in recording.everything[: frame["at"]]:
        run = run + 1 if one["dir"] == "out" and one.get("event") == "send_message" else 0
        if run >= HURRIED:
            return True
    return False


PLANTER = Omw()
