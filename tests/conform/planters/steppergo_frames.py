"""What the frames of a StepperGO capture show of its beginning: people, trips, conversations.

No frame says who organizes a trip that no list shows, or who has a seat: it follows from who was let in.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.conform.planting import Frame
from tests.replay.recording import Recording, made_up, walk

DAY_MS = 24 * 3_600 * 1_000

PEOPLE = {
    "A": ("Driver Alpha", "driver.a@example.test", "DRIVER"),
    "B": ("Passenger Bravo", "passenger.b@example.test", "PASSENGER"),
    "C": ("Outsider Charlie", "outsider.c@example.test", "PASSENGER"),
    "D": ("Passenger Delta", "passenger.d@example.test", "PASSENGER"),
    "P": ("Suspended Papa", "pending.p@example.test", "DRIVER"),
}
"""Whom the letters of tokens stand for: most captures name only those who say something."""
VEHICLE = {
    "rating": 0,
    "completedTrips": 0,
    "availability": "AVAILABLE",
    "vehicleType": "SEDAN",
    "vehicleMake": "Toyota",
    "vehicleModel": "Camry",
    "licensePlate": "123ABC01",
    "isVerified": False,
    "verificationLevel": "BASIC",
}
FURTHER_MESSAGE = "The text of a message that nobody is shown"


_TOKEN = re.compile(r"<token-([A-Z])\d*>")
_TRIP_PATH = re.compile(
    r"/api/(?:messages|trips|drivers/trips(?:/accept)?|realtime/trip-status)/(c[0-9a-z]{24})"
)
_DRIVER_PATH = re.compile(r"/api/drivers/(c[0-9a-z]{24})/trips")


@dataclass(slots=True)
class Trip:
    """What the capture shows of a trip; people are letters."""

    id: str
    shown: dict[str, Any] = field(default_factory=dict)
    """As the public list or its detail has it."""
    owner: str = ""
    let_in: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    driverless: bool = False
    seats: list[tuple[str, str]] = field(default_factory=list)
    """(id of the booking, who), as a driver was shown them."""


@dataclass(slots=True)
class Chat:
    """What the capture shows of a conversation."""

    id: str
    trip: str = ""
    people: list[str] = field(default_factory=list)
    """Letters of those who take part, in order."""
    messages: dict[str, dict[str, Any]] = field(default_factory=dict)
    unread: dict[str, int] = field(default_factory=dict)
    """By letter, in the first history that each of them read."""


class State:
    """The first state, as far as the frames of a capture show it."""

    def __init__(self, recording: Recording, starts_us: int) -> None:
        self.start_ms = starts_us // 1_000
        self.letters = {name: letter for letter, (name, _email, _role) in PEOPLE.items()}
        self.ids: dict[str, str] = {}
        self.record_ids: dict[str, str] = {}
        self.position: dict[str, Any] | None = None
        self.trips: dict[str, Trip] = {}
        self.chats: dict[str, Chat] = {}
        self.tokens: set[str] = set()
        self._made = made_in(recording)
        self._reported: set[str] = set()
        self._asked: dict[str, list[str]] = {}
        """By connection, the trips whose answer is still to come."""
        self._replayed: set[str] = set()
        self._holders: dict[str, str] = {}
        """By connection, whose it is."""
        self._find_people(recording)
        for frame in recording.everything:
            if frame["channel"] == "http":
                self._request(frame)
            elif frame["channel"] in {"socket", "raw"}:
                self._packet(frame)
            elif frame["channel"] == "sse" and frame["event"] == "open":
                self._named(str(frame["args"][0]))
        for chat in self.chats.values():
            trip = self.trips.get(chat.trip)
            if trip is not None:
                trip.let_in |= set(chat.people) & {"B", "D"}

    # -- who is who

    def _find_people(self, recording: Recording) -> None:
        packets = [
            payload
            for frame in recording.everything
            if frame["channel"] == "raw"
            for _name, payload in events_of(frame["event"], frame["args"])
        ]
        for record in walk([recording.everything, recording.raw.get("actors"), packets]):
            if not isinstance(record, dict):
                continue
            letter = self.letters.get(str(record.get("name")))
            found = record.get("id") or record.get("user_id")
            if letter and isinstance(found, str):
                self.ids[letter] = found
            typer = self.letters.get(str(record.get("userName")))
            if typer and "userId" in record:
                self.ids[typer] = record["userId"]
            if "vehicleType" in record and "id" in record:
                self.record_ids["A"] = record["id"]
        for record in walk(recording.everything):
            if isinstance(record, dict):
                self._learn(record)
            elif isinstance(record, str) and (found := _TOKEN.fullmatch(record.removeprefix("Bearer "))):
                self.tokens.add(record.removeprefix("Bearer "))
        for letter in PEOPLE:
            self.ids.setdefault(letter, made_up("cuid", recording.name, letter))
        self.record_ids.setdefault("A", made_up("cuid", recording.name, "A", "driver"))
        self.record_ids["P"] = made_up("cuid", recording.name, "P", "driver")

    def _learn(self, record: dict[str, Any]) -> None:
        """Ids of drivers stand in paths, headers and positions."""
        path = _DRIVER_PATH.match(str(record.get("path", "")))
        if path:
            self.record_ids["A"] = path[1]
        headers = record.get("headers")
        if isinstance(headers, dict) and headers.get("x-driver-id"):
            self.record_ids["A"] = headers["x-driver-id"]
        driver = record.get("driverId")
        if isinstance(driver, str) and "eta" in record:
            if driver == self.ids.get("A"):
                return
            # Without a name in the capture, the first is that of the replay: the account's.
            if "A" not in self.ids:
                self.ids["A"] = driver
            else:
                self.record_ids["A"] = driver

    def letter_of(self, user_id: str) -> str:
        """Whose id this is."""
        return next((letter for letter, one in self.ids.items() if one == user_id), "")

    def profile(self, letter: str, now_ms: int) -> dict[str, Any]:
        """What else is known of somebody."""
        profile: dict[str, Any] = {"avatar": None, "emailVerified": False, "phoneVerified": False}
        if letter in self.record_ids:
            status = "SUSPENDED" if letter == "P" else "APPROVED"
            profile["driver"] = {"id": self.record_ids[letter], "status": status, **VEHICLE}
        if letter == "A" and self.position is not None:
            more = ("latitude", "longitude", "heading", "speed", "accuracy")
            profile["position"] = {key: self.position[key] for key in more if key in self.position}
            profile["position"]["at_ms"] = now_ms
        return profile

    # -- what frames show

    def _trip(self, trip_id: str) -> Trip:
        return self.trips.setdefault(trip_id, Trip(trip_id))

    def _named(self, path: str) -> str:
        """The trip of a path; empty without one."""
        found = _TRIP_PATH.match(path)
        if found is None:
            return ""
        self._trip(found[1])
        return found[1]

    def _request(self, frame: Frame) -> None:
        path, status, body = str(frame["path"]), frame["status"], frame.get("response_body")
        headers = frame.get("headers") or {}
        found = _TOKEN.search(str(headers.get("authorization") or headers.get("cookie") or ""))
        who = found[1] if found else ""
        trip_id = self._named(path)
        sent = frame.get("request_body")
        sent = sent if isinstance(sent, dict) else {}
        if isinstance(sent.get("tripId"), str) and path != "/api/bookings/shared":
            trip_id = sent["tripId"] if sent["tripId"].startswith("c") else ""
        if isinstance(body, dict):
            self._body(path, body, trip_id)
        if path.startswith("/api/messages/") and trip_id:
            self._access(self._trip(trip_id), who, status)
        history = history_of(frame)
        if history is not None and history.get("conversationId"):
            self._read(trip_id, who, history)
        if path == "/api/messages/report":
            self._report(sent, status)
        if path.startswith("/api/drivers/trips/") and trip_id:
            denied = isinstance(body, dict) and "assigned" in str(body.get("error"))
            self._trip(trip_id).driverless |= denied

    def _access(self, trip: Trip, who: str, status: int) -> None:
        if status == 200:
            trip.let_in.add(who)
        elif status == 403:
            trip.refused.add(who)

    def _body(self, path: str, body: dict[str, Any], trip_id: str) -> None:
        """Trips in the public shape, and in that of drivers."""
        for record in walk(body):
            if not isinstance(record, dict) or "id" not in record:
                continue
            # The answer of an acceptance tells of what was not stored.
            if ("departureTime" in record or "schedule" in record) and "/accept/" not in path:
                trip = self._trip(record["id"])
                trip.shown = trip.shown or record
                organizer = record.get("organizer")
                if isinstance(organizer, dict):
                    trip.owner = self.letter_of(organizer["id"])
        # A trip that a driver could take had none.
        if "/accept/" in path and trip_id and body.get("success"):
            self._trip(trip_id).driverless = True
        data = body.get("data")
        if isinstance(data, dict) and isinstance(data.get("bookings"), list) and trip_id:
            self._trip(trip_id).seats = [
                (one["id"], self.letter_of(one["user"]["id"])) for one in data["bookings"]
            ]

    def _read(self, trip_id: str, who: str, history: dict[str, Any]) -> None:
        chat = self._chat(history["conversationId"], trip_id)
        for one in history["participants"]:
            letter = self.letter_of(one["userId"])
            if letter and letter not in chat.people:
                chat.people.append(letter)
        before = [one for one in history["messages"] if one["id"] not in self._made]
        for one in before:
            reported = one["isReported"] and one["id"] not in self._reported
            chat.messages.setdefault(one["id"], {**one, "isReported": reported})
        if who in chat.unread or who not in chat.people:
            return
        fresh = [one for one in history["messages"] if one not in before]
        later = sum(one["senderId"] != self.ids[who] for one in fresh)
        chat.unread[who] = max((history.get("unreadCount") or 0) - later, 0)

    def _report(self, sent: dict[str, Any], status: int) -> None:
        message_id = sent.get("messageId")
        if status == 200:
            self._reported.add(str(message_id))
        if status == 403 and isinstance(message_id, str) and self.chats:
            # It is there, or it would not be found.
            chat = next(iter(self.chats.values()))
            chat.messages[message_id] = {
                "id": message_id,
                "senderId": self.ids["A"],
                "content": FURTHER_MESSAGE,
                "sentAt": self.start_ms - DAY_MS,
                "isReported": False,
            }

    def _chat(self, conversation_id: str, trip_id: str) -> Chat:
        chat = self.chats.setdefault(conversation_id, Chat(conversation_id))
        chat.trip = chat.trip or trip_id
        return chat

    def _packet(self, frame: Frame) -> None:
        connection = str(frame.get("conn") or frame["actor"])
        event, args = frame["event"], list(frame.get("args") or [])
        for argument in walk(args):
            if isinstance(argument, str) and (found := _TOKEN.search(argument)):
                self._holders[connection] = found[1]
        who = self._holders.get(connection, "")
        for name, payload in events_of(event, args):
            if isinstance(payload, dict):
                self._event(frame["dir"], connection, who, name, payload)

    def _event(self, direction: str, connection: str, who: str, name: str, payload: dict[str, Any]) -> None:
        trip_id = payload.get("tripId")
        waiting = self._asked.setdefault(connection, [])
        if direction == "out" and name == "join:conversation" and isinstance(trip_id, str):
            waiting.append(trip_id)
            if trip_id.startswith("c"):
                self._trip(trip_id)
        elif direction == "out" and "conversationId" in payload and not waiting:
            # Somebody who is outside knows the conversation of the trip that was asked for before.
            known = [one.trip for one in self.chats.values() if one.id == payload["conversationId"]]
            last = next(iter(self.trips), "")
            self._chat(payload["conversationId"], known[0] if known else last)
        elif name == "conversation:joined":
            if trip_id in waiting:
                waiting.remove(trip_id)
            self._chat(payload["conversationId"], str(trip_id))
            self._trip(str(trip_id)).let_in.add(who)
        elif name == "error" and waiting:
            refused = waiting.pop(0)
            if refused.startswith("c"):
                self._trip(refused).refused.add(who)
        elif name == "passenger:subscribed":
            for one in payload["tripIds"]:
                self._trip(one).let_in.add(who)
                if one not in self._replayed:
                    self._trip(one).driverless = True
        elif name == "driver.location.updated" and isinstance(trip_id, str):
            self._replayed.add(trip_id)
            self.position = self.position or payload


def history_of(frame: Frame) -> dict[str, Any] | None:
    """The answer of a history, where there is a conversation."""
    if frame["channel"] != "http" or frame["method"] != "GET" or frame["status"] != 200:
        return None
    body = frame.get("response_body")
    data = body.get("data") if isinstance(body, dict) else None
    if not isinstance(data, dict) or not isinstance(data.get("messages"), list):
        return None
    return data


def made_in(recording: Recording) -> set[str]:
    """The messages that were written in the course of a capture."""
    made: set[str] = set()
    for frame in recording.everything:
        if frame["channel"] == "http" and frame["path"] == "/api/messages/send":
            data = (frame.get("response_body") or {}).get("data") or {}
            made |= {data["id"]} if "id" in data else set()
        elif frame["channel"] in {"socket", "raw"} and frame["dir"] == "in":
            for name, payload in events_of(frame["event"], frame.get("args") or []):
                if name in {"message:new", "message:sent"}:
                    made.add(payload.get("id") or payload.get("messageId"))
    return made


def events_of(event: str, args: list[Any]) -> Iterator[tuple[str, Any]]:
    """The events of a frame: its own, or the one in a literal packet."""
    if event != "text":
        yield event, args[0] if args else None
        return
    found = re.match(r"42\d*(\[.*\])\Z", str(args[0]), re.DOTALL)
    if found:
        name, *more = json.loads(found[1])
        yield name, more[0] if more else None
