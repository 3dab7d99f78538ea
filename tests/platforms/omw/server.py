"""A small OMW server and the network before it, in the process of the test, on the test's clock.

It does what the wire specification says: early events vanish, sends answer by an echo and `message_sent`,
errors name nothing, histories page from the newest and have times without a zone.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from chatdesk.domain.arrivals import Accepted, Answer, ConnectRefused, Moved, NoAnswer
from chatdesk.domain.steps import Call, Connect, Emit, Step
from chatdesk.sync.clock import Clock
from tests.platforms.network import LATENCY_MS, Network, NetworkClient
from tests.platforms.omw.paper import GATE, session

ZONE = timedelta(hours=5, minutes=30)
ME, CUSTOMER = 202, 201


class OmwServer(Network):
    """One worker's sessions. What goes wrong is put into the lists before it happens."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.tokens: set[str] = set()
        self.sessions: dict[int, list[dict[str, Any]]] = {}
        self.deaf_ms = 0
        """So long after a connect events vanish."""
        self.lost_joins = 0
        self.send_errors: list[str] = []
        """Words with which the next sends fail; 'stored ...' stores and fails all the same."""
        self.uploads: list[tuple[str, bytes]] = []
        """Name and bytes of every file that was brought."""
        self.upload_ms = 0
        """How long bringing a file takes."""
        self.upload_ends: list[int | str] = []
        """What becomes of the next ones: a status, or the reason of no answer; 'stored ...' keeps it."""
        self.unnamed = 0
        """So many next sends are stored and pushed, and not named."""
        self.garbled = 0
        """So many next ones are named without an id."""
        self.start_errors: list[str] = []
        """Words with which the next creations of a session fail."""
        self.ended: set[int] = set()
        self.unlisted: set[int] = set()
        self.reversed_seconds = False
        self.in_flight = 0
        self.most_in_flight = 0
        self.born_ms = 0
        self._next = 1_000

    # -- told by tests

    def add(self, number: int, *texts: str) -> None:
        self.sessions[number] = []
        for text in texts:
            self.store(number, CUSTOMER, text)

    def store(self, number: int, sender: int, text: str, **more: Any) -> dict[str, Any]:
        self._next += 1
        names = {ME: ("provider", "Worker One"), CUSTOMER: ("customer", "Customer One")}
        side, name = names[sender]
        message = {
            "id": self._next,
            "session_id": number,
            "sender_id": sender,
            "sender_type": side,
            "message_type": "text",
            "content": text,
            "is_read": 0,
            "at": datetime.fromtimestamp(self.clock.now_us() / 1e6, UTC),
            "sender_name": name,
            **more,
        }
        self.sessions[number].append(message)
        return message

    def says(self, number: int, text: str, sender: int = CUSTOMER) -> int:
        """Somebody writes by socket: it is pushed."""
        message = self.store(number, sender, text)
        self.push("new_message", as_push(message))
        return int(message["id"])

    def texts(self, number: int = 41, sender: int = ME) -> list[str]:
        return [one["content"] for one in self.sessions[number] if one["sender_id"] == sender]

    # -- what it does

    def receive(self, event: str, args: dict[str, Any]) -> None:
        self.seen[event] += 1
        if self.clock.now_ms() < self.born_ms + self.deaf_ms:
            return
        self.heard.append((event, args))
        number = args["sessionId"]
        match event:
            case "join_chat" if self.lost_joins > 0:
                self.lost_joins -= 1
            case "join_chat" if number in self.sessions:
                self.push("joined_chat", {"sessionId": str(number)})
            case "send_message" if self.send_errors:
                words = self.send_errors.pop(0)
                if words.startswith("stored "):
                    self.store(number, ME, args["content"], **beside(args))
                if words.removeprefix("stored "):
                    self.push("error", {"message": words.removeprefix("stored ")})
            case "send_message" if number in self.sessions:
                self.in_flight += 1
                self.most_in_flight = max(self.most_in_flight, self.in_flight)
                self.later(20, lambda: self._send(number, args))
            case "join_chat" | "send_message" | "mark_read" if number not in self.sessions:
                self.push("error", {"message": GATE})
            case "mark_read":
                for one in self.sessions[number]:
                    if one["id"] in args["messageIds"] and one["sender_id"] != ME:
                        one["is_read"] = 1
            case _:
                pass

    def _send(self, number: int, args: dict[str, Any]) -> None:
        self.in_flight -= 1
        message = self.store(number, ME, args["content"], **beside(args))
        self.push("new_message", as_push(message))
        if self.unnamed > 0:
            self.unnamed -= 1
            return
        told: dict[str, Any] = {"messageId": message["id"], "sessionId": number}
        if self.garbled > 0:
            self.garbled -= 1
            told["messageId"] = None
        self.push("message_sent", told)

    def call(self, call: Call) -> tuple[int, Any]:
        self.seen[call.note] += 1
        token = dict(call.headers).get("Authorization", "").removeprefix("Bearer ")
        if token not in self.tokens:
            status = 403 if token else 401
            words = "Invalid or expired token" if token else "Access token required"
            return status, {"success": False, "message": words}
        parts = call.path.strip("/").split("/")
        match parts:
            case ["api", "chat", "sessions"] if call.method == "POST":
                return self._start(call.body["bookingId"])
            case ["api", "chat", "sessions", number, "end"]:
                self.sessions.pop(int(number), None)
                self.ended.add(int(number))
                return 200, {"success": True, "message": "Chat session ended successfully"}
            case ["api", "chat", "sessions"]:
                entries = [
                    session(number, number + 100, unread_count=self._unread(number), last_message_at=None)
                    for number in self.sessions
                    if number not in self.unlisted
                ]
                return 200, {"success": True, "sessions": entries}
            case ["api", "chat", "sessions", number] if int(number) in self.sessions:
                detail = session(int(number), int(number) + 100, customer_id=CUSTOMER, provider_id=ME)
                return 200, {"success": True, "session": detail}
            case ["api", "chat", "sessions", number, "messages"] if int(number) in self.sessions:
                return self._history(int(number), dict(call.query))
            case ["api", "chat", "sessions", _, "messages"]:
                return 403, {"error": GATE}
            case ["api", "chat", "sessions", _]:
                return 404, {"error": "Chat session not found"}
            case ["api", "worker-management", "worker", "booking-requests"]:
                return 200, {"booking_requests": [], "pagination": {"page": 1, "pages": 0}}
            case _:
                return 404, {"message": "Booking not found or not assigned to you"}

    def _start(self, booking: int) -> tuple[int, Any]:
        """A session is found by its booking whatever has become of it."""
        if self.start_errors:
            return 500, {"error": self.start_errors.pop(0)}
        number = booking - 100
        known = number in self.sessions or number in self.ended
        if not known:
            self.add(number)
        words = "Chat session already exists" if known else "Chat session created successfully"
        return 200, {"success": True, "sessionId": number, "message": words}

    def _unread(self, number: int) -> int:
        return sum(one["sender_id"] != ME and not one["is_read"] for one in self.sessions[number])

    def _history(self, number: int, query: dict[str, str]) -> tuple[int, Any]:
        offset, limit = int(query["offset"]), int(query["limit"])
        messages = list(self.sessions[number])
        if self.reversed_seconds:  # inside one second the order is arbitrary
            messages.sort(key=lambda one: (one["at"].replace(microsecond=0), -one["id"]))
        newest = messages[::-1][offset : offset + limit]
        page = [as_stored(one) for one in newest[::-1]]
        return 200, {"success": True, "messages": page, "hasMore": len(page) == limit}


def beside(args: dict[str, Any]) -> dict[str, Any]:
    """Type and file of a message, as its record has them."""
    fields = {"message_type": "messageType", "file_url": "fileUrl", "file_name": "fileName"}
    return {ours: args[theirs] for ours, theirs in fields.items() if args.get(theirs)}


def as_push(message: dict[str, Any]) -> dict[str, Any]:
    """A `new_message`: ISO, UTC."""
    at = message["at"].strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    return {**{key: value for key, value in message.items() if key != "at"}, "created_at": at}


def as_stored(message: dict[str, Any]) -> dict[str, Any]:
    """A record of a history: whole seconds of the database's zone, no session."""
    at = (message["at"] + ZONE).strftime("%Y-%m-%d %H:%M:%S")
    kept = {key: value for key, value in message.items() if key not in {"at", "session_id"}}
    return {**kept, "created_at": at}


class OmwClient(NetworkClient[OmwServer]):
    """The Client protocol over this network."""

    async def perform(self, step_id: int, step: Step) -> None:
        await asyncio.sleep(LATENCY_MS / 1000)
        server = self.server
        match step:
            case Connect():
                if step.auth["token"] not in server.tokens:
                    self.tell(ConnectRefused(step_id, "Invalid authentication token"))
                    return
                server.link, server.born_ms = self, server.clock.now_ms()
                self.tell(Accepted(step_id))
            case Emit() if server.link is not self:
                self.tell(NoAnswer(step_id, left=False, reason="cut"))
            case Emit():
                server.receive(step.event, step.args[0])
            case Call() if step.file is not None:
                await self._bring(step_id, step)
            case Call():
                status, body = server.call(step)
                await asyncio.sleep(LATENCY_MS / 1000)
                self.tell(Answer(step_id, status, True, body, {}))

    async def _bring(self, step_id: int, step: Call) -> None:
        """A file: read piece by piece, kept under an address of its own."""
        server, part = self.server, step.file
        assert part is not None
        content = Path(part.path).read_bytes()
        for share in (1, 2, 3, 4):
            self.tell(Moved(step_id, len(content) * share // 4))
            await asyncio.sleep(server.upload_ms / 4_000)
        server.seen[step.note] += 1
        end = server.upload_ends.pop(0) if server.upload_ends else 200
        if end == 200 or str(end).startswith("stored "):
            server.uploads.append((part.filename, content))
        if isinstance(end, str):
            self.tell(NoAnswer(step_id, True, end.removeprefix("stored ")))
        elif end != 200:
            self.tell(Answer(step_id, end, False, "<html></html>", {}))
        else:
            url = f"/uploads/chat/file-{len(server.uploads)}"
            file = {"url": url, "name": part.filename, "size": len(content)}
            self.tell(Answer(step_id, 200, True, {"success": True, "file": file}, {}))
