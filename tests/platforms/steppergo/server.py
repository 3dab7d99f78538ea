"""A small StepperGO server and the network before it, in the process of the test, on the test's clock.

It does what the wire specification says: no acknowledgements, errors that name nothing, `message:new` before
`message:sent`, whole histories, no list of conversations, rooms that end with the connection.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime
from typing import Any

from chatdesk.domain.arrivals import (
    Accepted,
    Answer,
    ConnectRefused,
    HandedOver,
    NoAnswer,
    Packet,
)
from chatdesk.domain.steps import (
    STREAM_ENDED,
    STREAM_EVENT,
    Call,
    Connect,
    Emit,
    Listen,
    Step,
    Unlisten,
)
from chatdesk.sync.clock import Clock
from tests.platforms.network import LATENCY_MS, Network, NetworkClient
from tests.platforms.steppergo.paper import ME, OTHER, RECORD_ID, TRIP, driven_trip, public_trip

PEOPLE = {ME: ("Driver Alpha", "DRIVER"), OTHER: ("Passenger Bravo", "PASSENGER")}


class StepperGoServer(Network):
    """One driver's trips. What goes wrong is put into the fields before it happens."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.sessions: set[str] = set()
        self.trips: dict[str, dict[str, Any]] = {}
        self.messages: dict[str, list[dict[str, Any]]] = {}
        self.unread: Counter[str] = Counter()
        self.locked: set[str] = set()
        """Trips whose chat refuses us."""
        self.unlisted: set[str] = set()
        """Trips that our own list does not have."""
        self.no_socket = False
        self.lost_joins = 0
        self.lost_sends: list[str] = []
        """What becomes of the next sends that are never answered: 'stored' or 'lost'."""
        self.send_errors: list[str] = []
        self.drops_metadata = False
        self.failing_changes = False
        self.in_flight = 0
        self.most_in_flight = 0
        self.rooms: set[str] = set()
        self.streams: set[str] = set()
        self._next = 0

    # -- told by tests

    def add(self, trip: str, *texts: str, status: str = "IN_PROGRESS") -> None:
        """A trip of ours, with what the passenger has written."""
        self.trips[trip] = {"status": status}
        self.messages[trip] = []
        for text in texts:
            self.store(trip, OTHER, text)

    def store(
        self, trip: str, sender: str, text: str, metadata: Any = None, kind: str = "TEXT"
    ) -> dict[str, Any]:
        """Store one message, as the platform's database would."""
        self._next += 1
        name, role = PEOPLE[sender]  # type: ignore[index]
        at = datetime.fromtimestamp(self.clock.now_us() / 1e6, UTC)
        message = {
            "id": f"cmsg{self._next:021d}",
            "conversationId": conversation_of(trip),
            "senderId": sender,
            "content": text,
            "type": kind,
            "metadata": None if self.drops_metadata else metadata,
            "status": "SENT",
            "isReported": False,
            "reportReason": None,
            "isHidden": False,
            "sentAt": at.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
            "deliveredAt": None,
            "readAt": None,
            "editedAt": None,
            "sender": {"id": sender, "name": name, "avatar": None, "role": role},
        }
        self.messages[trip].append(message)
        if sender != ME:
            self.unread[trip] += 1
        return message

    def says(self, trip: str, text: str) -> str:
        """The passenger writes by socket: those who have joined hear it."""
        message = self.store(trip, OTHER, text)
        if trip in self.rooms:
            self.push("message:new", message)
        return str(message["id"])

    def texts(self, trip: str = TRIP, sender: str = ME) -> list[str]:
        return [one["content"] for one in self.messages[trip] if one["senderId"] == sender]

    def stream(self, trip: str, payload: Any) -> None:
        path = f"/api/realtime/trip-status/{trip}"
        if path in self.streams and self.link is not None:
            self.link.tell(Packet(STREAM_EVENT, (path, payload)))

    def end_stream(self, trip: str) -> None:
        path = f"/api/realtime/trip-status/{trip}"
        self.streams.discard(path)
        if self.link is not None:
            self.link.tell(Packet(STREAM_ENDED, (path,)))

    def cut(self) -> None:
        self.rooms.clear()
        super().cut()

    # -- the socket

    def receive(self, event: str, args: dict[str, Any]) -> None:
        assert isinstance(args, dict), "such a payload ends the server process"
        self.seen[event] += 1
        self.heard.append((event, args))
        match event:
            case "join:conversation" if self.lost_joins > 0:
                self.lost_joins -= 1
            case "join:conversation":
                self._join(args["tripId"])
            case "message:send" if self.send_errors:
                self.push("error", {"message": self.send_errors.pop(0)})
            case "message:send":
                self.in_flight += 1
                self.most_in_flight = max(self.most_in_flight, self.in_flight)
                self.later(20, lambda: self._send(args))
            case "messages:read":
                self.unread[trip_of(args["conversationId"])] = 0
            case "passenger:subscribe":
                told = [one for one in args["tripIds"] if one in self.trips]
                self.push("passenger:subscribed", {"message": "ok", "tripIds": told, "locationsReplayed": 0})
            case _:
                pass

    def _join(self, trip: str) -> None:
        if trip not in self.trips:
            self.push("error", {"message": "Trip not found"})
        elif trip in self.locked:
            self.push("error", {"message": "Access denied to this conversation"})
        else:
            self.rooms.add(trip)
            payload = {"conversationId": conversation_of(trip), "tripId": trip}
            self.push("conversation:joined", payload)

    def _send(self, args: dict[str, Any]) -> None:
        self.in_flight -= 1
        trip = trip_of(args["conversationId"])
        fate = self.lost_sends.pop(0) if self.lost_sends else ""
        if fate == "lost":
            return
        metadata = args.get("metadata")
        message = self.store(trip, ME, args["content"], metadata, args.get("type", "TEXT"))
        if fate == "stored":
            return
        if trip in self.rooms:
            self.push("message:new", message)
        self.push("message:sent", {"messageId": message["id"], "tempId": (metadata or {}).get("tempId")})

    # -- REST

    def call(self, call: Call) -> tuple[int, Any]:
        self.seen[call.note] += 1
        parts = call.path.strip("/").split("/")
        token = dict(call.headers).get("Authorization", "").removeprefix("Bearer ")
        if parts[:2] == ["api", "messages"] and token not in self.sessions:
            words = "Invalid or expired session" if token else "Authentication required"
            return 401, {"error": words}
        match parts:
            case ["api", "messages", "send"]:
                return self._send_rest(call.body)
            case ["api", "messages", "read"]:
                self.unread[trip_of(call.body["conversationId"])] = 0
                return 200, {"success": True, "message": "Messages marked as read"}
            case ["api", "messages", "report"]:
                return 200, {"success": True, "message": "Message reported successfully"}
            case ["api", "messages", trip]:
                return self._history(trip)
            case ["api", "drivers", record_id, "trips"] if record_id == RECORD_ID:
                found = [
                    driven_trip(trip, status=one["status"])
                    for trip, one in self.trips.items()
                    if trip not in self.unlisted
                ]
                return 200, {"trips": found, "total": len(found), "showing": len(found)}
            case ["api", "trips"]:
                return 200, {"success": True, "data": [], "count": 0}
            case ["api", "trips", trip] if trip in self.trips:
                status = self.trips[trip]["status"].lower()
                return 200, {"success": True, "data": public_trip(trip, status=status)}
            case ["api", "drivers", "trips", trip, "status"] if trip in self.trips:
                return self._status(trip, call)
            case ["api", "drivers", "notifications"]:
                return 200, {"success": True, "data": {"notifications": []}}
            case _:
                return 404, {"success": False, "error": "Trip not found"}

    def _status(self, trip: str, call: Call) -> tuple[int, Any]:
        if call.method == "PUT":
            if self.failing_changes:
                return 500, {"error": "Failed to update trip status"}
            self.trips[trip]["status"] = call.body["status"]
            return 200, {"success": True, "data": {}}
        detail = {"id": trip, "title": "Almaty to Taldykorgan", "status": self.trips[trip]["status"]}
        return 200, {"success": True, "data": {"trip": detail, "bookings": [], "timeline": []}}

    def _history(self, trip: str) -> tuple[int, Any]:
        if trip not in self.trips:
            return 404, {"error": "Trip not found"}
        if trip in self.locked:
            return 403, {"error": "Access denied"}
        people = [
            {"userId": user, "user": {"id": user, "name": name, "avatar": None, "role": role}}
            for user, (name, role) in PEOPLE.items()
        ]
        data = {
            "conversationId": conversation_of(trip),
            "messages": [one for one in self.messages[trip] if not one["isHidden"]],
            "participants": people,
            "unreadCount": self.unread[trip],
            "lastReadAt": None,
        }
        return 200, {"success": True, "data": data}

    def _send_rest(self, body: dict[str, Any]) -> tuple[int, Any]:
        trip = body["tripId"]
        if trip in self.locked:
            return 403, {"error": "Access denied"}
        message = self.store(trip, ME, body["content"], body.get("metadata"), body.get("type", "TEXT"))
        return 200, {"success": True, "data": message}


def conversation_of(trip: str) -> str:
    """The platform's id of a trip's conversation."""
    return trip.replace("ctrip", "cconv")


def trip_of(conversation: str) -> str:
    """The trip of a conversation."""
    return conversation.replace("cconv", "ctrip")


class StepperGoClient(NetworkClient[StepperGoServer]):
    """The Client protocol over this network."""

    async def perform(self, step_id: int, step: Step) -> None:
        await asyncio.sleep(LATENCY_MS / 1000)
        server = self.server
        match step:
            case Connect():
                assert step.socketio_path == "api/socket"
                if server.no_socket:
                    self.tell(ConnectRefused(step_id, None))
                elif step.auth["token"] not in server.sessions:
                    self.tell(ConnectRefused(step_id, "Invalid or expired session"))
                else:
                    server.link = self
                    server.rooms.clear()
                    self.tell(Accepted(step_id))
            case Listen():
                server.streams.add(step.path)
                self.tell(Accepted(step_id))
            case Unlisten():
                server.streams.discard(step.path)
                self.tell(HandedOver(step_id))
            case Emit() if server.link is not self:
                self.tell(NoAnswer(step_id, left=False, reason="cut"))
            case Emit():
                server.receive(step.event, step.args[0])
                if step.timeout_ms == 0:
                    self.tell(HandedOver(step_id))
            case Call():
                status, body = server.call(step)
                await asyncio.sleep(LATENCY_MS / 1000)
                self.tell(Answer(step_id, status, True, body, {}))

    async def drop_link(self) -> None:
        self.server.streams.clear()
        await super().drop_link()
