"""What an OMW capture tells of its beginning: people, bookings, requests, sessions and their messages."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from tests.conform.planting import Frame
from tests.replay.recording import Recording, walk

CUSTOMER, WORKER, OTHER_CUSTOMER, OTHER_WORKER = 201, 202, 203, 204
"""Numbers of people whom no frame shows."""
FIRST_PROFILE, OTHER_PROFILE = 7, 8
PASSWORD = "test-password"
NEVER = 900_000
"""Numbers from here on were made up by the recorder: nothing has them."""
INSIDE = {"joined_chat", "message_sent", "new_message", "chat_history", "user_joined", "messages_read"}
"""Events that only those hear who have a part in a session."""


@dataclass(slots=True)
class Person:
    """Somebody with an account."""

    number: int
    role: str
    name: str
    email: str = ""
    phone: str = ""
    password: str = PASSWORD
    confirmed: bool | None = None
    """None = as people of this role are: nobody asks workers to verify their address."""
    profile: int | None = None
    """The number of a provider's profile."""


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
        self.people: dict[int, Person] = {}
        for frame in recording.everything:
            self._made(frame)
        for frame in recording.everything:
            self._frame(frame)
        self._absences()
        self._people()

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

    # -- people

    def _people(self) -> None:
        """Who is there: the actors, the two of the sessions, and two strangers to whom the rest belongs."""
        for letter, about in self.recording.raw.get("actors", {}).items():
            number = _whole(about.get("user_id"))
            if number is not None:
                name = str(about.get("name") or letter)
                self.people[number] = Person(number, str(about.get("role") or "customer"), name)
        self.customer = self._party("customer", CUSTOMER)
        self.worker = self._party("worker", WORKER)
        for role, at in (("customer", OTHER_CUSTOMER), ("worker", OTHER_WORKER)):
            free = (one for one in range(at, at + 100) if one not in self.people)
            stranger = self._somebody(next(free), role)
            stranger.profile = OTHER_PROFILE if role == "worker" else None
            if role == "customer":
                self.other_customer = stranger.number
            else:
                self.other_worker = stranger.number
        for frame in self.recording.everything:
            self._sign_in(frame)
            for row in walk([frame.get("args"), frame.get("response_body")]):
                if isinstance(row, dict):
                    self._contact(row)
        worker = self.people[self.worker]
        worker.profile = worker.profile or FIRST_PROFILE

    def _party(self, role: str, default: int) -> int:
        """The actor of this role who has a part in the sessions; whoever is refused everything is none."""
        for letter, about in self.recording.raw.get("actors", {}).items():
            number = _whole(about.get("user_id"))
            if number is not None and about.get("role") == role and not self._is_outsider(letter):
                return number
        free = (one for one in range(default, default + 100) if one not in self.people)
        return self._somebody(next(free), role).number

    def _is_outsider(self, letter: str) -> bool:
        heard = [
            frame
            for frame in self.recording.everything
            if frame["actor"] == letter and frame["channel"] == "socket" and frame["dir"] == "in"
        ]
        let_in = any(frame["event"] in INSIDE for frame in heard)
        refused = any("Access denied" in str(frame["args"]) for frame in heard)
        return refused and not let_in

    def _somebody(self, number: int, role: str) -> Person:
        if number not in self.people:
            self.people[number] = Person(number, role, f"{role.title()} {number}")
        return self.people[number]

    def _sign_in(self, frame: Frame) -> None:
        """What a sign-in says of an account, whether it succeeds or not."""
        sent, body = frame.get("request_body"), frame.get("response_body")
        if not isinstance(sent, dict) or not isinstance(body, dict) or "/auth/login" not in frame["path"]:
            return
        user = body.get("user")
        if isinstance(user, dict):
            person = self._somebody(int(user["id"]), str(user["role"]))
            person.email = str(user["email"])
            person.name = str(user["name"])
            person.password = str(sent.get("password") or person.password)
            person.phone = str(user.get("phone_number") or person.phone)
            return
        email = str(sent.get("email"))
        if any(one.email == email for one in self.people.values()):
            return
        if body.get("code") == "EMAIL_NOT_VERIFIED" or body.get("message") == "Invalid password":
            number = max(self.people) + 1
            person = self._somebody(number, str(sent.get("role")))
            person.email, person.confirmed = email, body.get("code") is None

    def _contact(self, row: dict[str, Any]) -> None:
        """Names, telephones and addresses that stand in rows beside a number or a role."""
        if row.get("sender_id") in self.people and "sender_phone" in row:
            self._learn(int(row["sender_id"]), row, "sender")
        if "customer_phone" in row:
            self._learn(self.customer, row, "customer")
        if "provider_phone" in row:
            self._learn(self.worker, row, "provider")
        worker = self.people[self.worker]
        if "service_status" in row and "participants" not in row and row.get("provider_id") is not None:
            worker.profile = int(row["provider_id"])
        for one in row.get("participants") or []:
            if one["user_id"] != row.get("customer_id"):
                worker.profile = int(one["user_id"])

    def _learn(self, number: int, row: dict[str, Any], prefix: str) -> None:
        person = self.people[number]
        person.phone = str(row.get(f"{prefix}_phone") or person.phone)
        person.name = str(row.get(f"{prefix}_name") or person.name)
        person.email = str(row.get(f"{prefix}_email") or person.email)


def _whole(value: Any) -> int | None:
    if isinstance(value, str) and value.isdecimal():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
