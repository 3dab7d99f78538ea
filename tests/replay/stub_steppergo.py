"""StepperGO's server of a replay."""

from __future__ import annotations

import copy
import json
import re
from typing import Any

from tests.replay.facts import data_of
from tests.replay.facts_steppergo import KINDS, SteppergoFacts, statuses_at, trips_in, unread_at
from tests.replay.parts import Frame, Intent, Part, Press, Record
from tests.replay.recording import us_iso
from tests.replay.stub import LATENCY_MS, Stub
from tests.replay.wire import Reply, Request, page_not_found, recorded

LONG_AGO = "2026-01-01T00:00:00.000Z"
LATER = "2027-01-01T00:00:00.000Z"
STREAM = re.compile(r"/api/realtime/trip-status/(c[a-z0-9]{24})")


class SteppergoStub(Stub):
    """See Stub."""

    facts: SteppergoFacts
    open_routes = ("/api/auth/login", "/api/drivers/", "/api/trips", "/api/socket")
    bad_token_words = "Invalid or expired session"

    def __init__(self, *about: Any) -> None:
        self.temp_ids: dict[str, str] = {}
        super().__init__(*about)
        self.streams: set[str] = set()

    # -- events

    def may_push(self, frame: Frame) -> bool:
        if frame["channel"] == "sse":
            return True
        told = frame["args"][0] if frame["args"] else None
        trip = self.facts.trips.get(str(data_of(told, "conversationId")))
        if frame["event"] in {"typing:start", "typing:stop"}:
            return bool(self.rooms)
        return frame["event"] != "message:new" or trip is None or trip in self.rooms

    def push(self, frame: Frame) -> None:
        if frame["channel"] == "sse":
            self._stream_event(frame)
            return
        args = copy.deepcopy(frame["args"])
        told = args[0] if args and isinstance(args[0], dict) else {}
        mine = self.temp_ids.get(str(told.get("messageId") or told.get("id")))
        if mine is not None and frame["event"] == "message:sent":
            told["tempId"] = mine
        elif mine is not None and frame["event"] == "message:new":
            told["metadata"] = {**(told.get("metadata") or {}), "tempId": mine}
        self.emit(frame["event"], args, recorded_frame=frame)

    def _stream_event(self, frame: Frame) -> None:
        for text in frame.get("args") or []:
            for line in str(text).splitlines():
                if line.startswith("data:"):
                    for path in sorted(self.streams):
                        self.wires.streamed(path, json.loads(line[5:]))

    async def stream(self, path: str) -> Reply | None:
        await self._pause(LATENCY_MS)
        found = STREAM.fullmatch(path)
        if not self.http_up or found is None or found[1] not in statuses_at(self.story, self.index):
            return Reply(404, {"error": "Trip not found"})
        self.streams.add(path)
        return None

    def auto_event(self, event: str, args: list[Any]) -> None:
        told = args[0]
        if event == "join:conversation":
            trip = str(told.get("tripId"))
            words = self.story.denied_words.get(trip, "Access denied to this conversation")
            if trip in self.story.denied:
                self.emit("error", [{"message": words}])
            elif trip not in self.story.convs:
                self.emit("error", [{"message": "Trip not found"}])
            else:
                self.rooms.add(trip)
                conversation = self.facts.conversation(trip)
                self.emit("conversation:joined", [{"conversationId": conversation, "tripId": trip}])
        elif event == "passenger:subscribe":
            known = [one for one in told.get("tripIds", []) if one in self.story.convs]
            self.replay_positions(known)
            said = {"message": "Successfully subscribed to trip updates", "tripIds": known}
            self.emit("passenger:subscribed", [{**said, "locationsReplayed": 0}])

    def replay_positions(self, trips: list[str]) -> None:
        """Recorded positions are played where they stand; nothing is replayed beside them."""

    def refuse_send(self, intent: Intent) -> None:
        self.emit("error", [{"message": "Not a participant of this conversation"}])

    def learn_names(self, press: Press, args: list[Any]) -> None:
        temp = data_of(data_of(args[0] if args else None, "metadata"), "tempId")
        if isinstance(temp, str) and press.id:
            self.ours.add(temp)
            self.temp_ids[press.id] = temp

    def history_form(self, record: Record, conv: str) -> Record:
        mine = self.temp_ids.get(str(record.get("id")))
        if mine is not None:
            record = {**record, "metadata": {**(record.get("metadata") or {}), "tempId": mine}}
        return record

    def make_record(self, intent: Intent, msg_id: str, us: int, args: Any) -> Record:
        told = args[0] if isinstance(args, list) else args
        more = told.get("metadata") if isinstance(told, dict) else None
        temp = data_of(more, "tempId")
        if isinstance(temp, str):
            self.ours.add(temp)
        names = {text: name for name, text in KINDS.items()}
        facts = self.facts
        return {
            "id": msg_id,
            "conversationId": facts.conversation(intent.conv),
            "senderId": facts.me,
            "content": intent.text,
            "type": names[intent.kind],
            "metadata": more or {},
            "status": "SENT",
            "isReported": False,
            "reportReason": None,
            "isHidden": False,
            "sentAt": us_iso(us),
            "deliveredAt": None,
            "readAt": None,
            "editedAt": None,
            "sender": {"id": facts.me, "name": facts.name, "avatar": None, "role": facts.role},
        }

    def echo(self, intent: Intent, record: Record, args: Any) -> None:
        if not isinstance(args, list):
            return
        told = args[0] if args and isinstance(args[0], dict) else {}
        temp = data_of(told.get("metadata"), "tempId")
        if isinstance(temp, str):
            self.ours.add(temp)
            record = {**record, "metadata": {**(record.get("metadata") or {}), "tempId": temp}}
        if intent.conv in self.rooms:
            self.emit("message:new", [record])
        self.emit("message:sent", [{"messageId": record["id"], "tempId": temp}])

    def send_reply(self, record: Record) -> Reply:
        return Reply(200, {"success": True, "data": record})

    def refused(self, intent: Intent) -> Reply:
        return Reply(403, {"error": "Access denied"})

    # -- requests

    def unauthorized(self, request: Request) -> Reply:
        words = "Invalid or expired session" if request.bearer else "Authentication required"
        return Reply(401, {"error": words})

    def signed_in(self, press: Press | None, intent: Intent) -> Reply:
        if press is not None:
            if press.frame["status"] != 200:
                return recorded(press.frame)
            return Reply(200, self.with_tokens(press.frame["response_body"]))
        facts = self.facts
        user = {
            "id": facts.me,
            "name": facts.name,
            "email": facts.login,
            "role": facts.role,
            "avatar": None,
        }
        body: dict[str, Any] = {
            "success": True,
            "message": "Login successful!",
            "user": user,
            "session": {"token": self.issue(), "expiresAt": LATER},
            "navigation": {"dashboardUrl": "/trips"},
        }
        if intent.get.get("role") == "driver":
            body["driver"] = {"id": facts.driver, "status": "APPROVED", "availability": "AVAILABLE"}
        return Reply(200, body)

    def read(self, request: Request, part: Part) -> Reply | None:
        path = request.path
        if part.reads is not None:
            return self._history(part.reads)
        if path == "/api/trips":
            return self._public(request)
        found = re.fullmatch(r"/api/trips/(c[a-z0-9]{24})", path)
        if found:
            return self._trip(found[1])
        if re.fullmatch(r"/api/drivers/c[a-z0-9]{24}/trips", path):
            return self._driven()
        found = re.fullmatch(r"/api/drivers/trips/(c[a-z0-9]{24})/status", path)
        if found:
            return self._status(request, found[1])
        if path == "/api/drivers/notifications":
            return self.captured(request) or Reply(200, {"success": True, "data": {"notifications": []}})
        if path.startswith(("/api/passengers/bookings", "/api/bookings")):
            return Reply(401, {"error": "Invalid token", "code": "INVALID_TOKEN"})
        if path == "/api/socket":
            return Reply(200, {"status": "Socket.IO server running", "path": "/api/socket"})
        return None

    def _history(self, conv: str) -> Reply:
        if conv in self.story.denied:
            return Reply(403, {"error": "Access denied"})
        if conv not in self.story.convs:
            return Reply(404, {"error": "Trip not found"})
        people = [
            {
                "userId": one,
                "user": {"id": one, "name": self._name(one), "avatar": None},
                "unreadCount": unread_at(self.story, conv, self.index) if one == self.facts.me else None,
                "lastReadAt": None,
            }
            for one in self.facts.people(conv)
        ]
        data = {
            "conversationId": self.facts.conversation(conv),
            "messages": copy.deepcopy(self.history(conv)),
            "participants": people,
            "unreadCount": unread_at(self.story, conv, self.index),
            "lastReadAt": None,
        }
        return Reply(200, {"success": True, "data": data})

    def _name(self, person: str) -> str:
        for about in (self.rec.raw.get("actors") or {}).values():
            if isinstance(about, dict) and about.get("user_id") == person:
                return str(about.get("name"))
        return "Made Up"

    def _record(self, trip: str) -> Record:
        """A trip as the public lists show it."""
        told: Record = {}
        for frame in self.rec.frames:
            for one in trips_in(frame):
                if one.get("id") == trip and "location" in one:
                    told = one
        facts = self.facts
        mine = facts.role == "DRIVER" and trip not in self.story.denied
        organizer = {"id": facts.me if mine else "c" + "0" * 24, "name": facts.name, "role": "DRIVER"}
        made = {
            "id": trip,
            "title": "Made-up ride",
            "description": "",
            "departureTime": LATER,
            "returnTime": None,
            "timezone": "Asia/Almaty",
            "tripType": "SHARED",
            "location": {"origin": {"name": "Almaty"}, "destination": {"name": "Taldykorgan"}},
            "capacity": {"total": 4, "booked": 1, "available": 3},
            "pricing": {"basePrice": 5000, "currency": "KZT"},
            "organizer": organizer,
            "createdAt": LONG_AGO,
            "updatedAt": LONG_AGO,
        }
        status = statuses_at(self.story, self.index).get(trip, "PUBLISHED")
        return {**made, **told, "status": status.lower()}

    def _all(self) -> list[str]:
        return list(statuses_at(self.story, self.index))

    def _public(self, request: Request) -> Reply:
        wanted = str(request.asked.get("status", "PUBLISHED"))
        found = [one for one in map(self._record, self._all()) if one["status"].upper() == wanted]
        return Reply(200, {"success": True, "data": found, "count": len(found)})

    def _trip(self, trip: str) -> Reply:
        accepted = {press.intent.target for press in self.story.intents("accept")}
        if trip not in self._all() and trip not in accepted:
            return Reply(404, {"success": False, "error": "Trip not found"})
        return Reply(200, {"success": True, "data": self._record(trip)})

    def _driven(self) -> Reply:
        found = [
            {
                "id": one["id"],
                "title": one["title"],
                "description": one["description"],
                "fromLocation": one["location"]["origin"],
                "toLocation": one["location"]["destination"],
                "schedule": {"departureDate": one["departureTime"], "returnDate": one["returnTime"]},
                "pricing": {"basePrice": 5000, "currency": "KZT"},
                "capacity": {"totalSeats": 4, "availableSeats": 3, "bookedSeats": 1},
                "status": one["status"].upper(),
                "createdAt": one["createdAt"],
            }
            for one in map(self._record, self._all())
        ]
        return Reply(200, {"trips": found, "total": len(found), "showing": len(found)})

    def _status(self, request: Request, trip: str) -> Reply:
        if request.bearer not in self.tokens:
            return Reply(500, {"error": "Failed to retrieve trip status"})
        if trip not in self._all():
            return Reply(404, {"error": "Trip not found"})
        one = self._record(trip)
        facts = self.facts
        told = {
            "id": trip,
            "title": one["title"],
            "description": one["description"],
            "status": one["status"].upper(),
            "departureTime": one["departureTime"],
            "returnTime": one["returnTime"],
            "totalSeats": 4,
            "basePrice": "5000",
            "organizer": {"id": facts.me, "name": facts.name},
            "isUpcoming": True,
            "isOverdue": False,
            "minutesUntilDeparture": 600,
        }
        return Reply(200, {"success": True, "data": {"trip": told, "bookings": [], "timeline": []}})

    def done(self, intent: Intent) -> Reply:
        return Reply(200, {"success": True}) if intent.name != "sign_out" else page_not_found("DELETE", "")
