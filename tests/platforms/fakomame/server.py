"""A small Fakomame server and the network before it, in the process of the test, on the test's clock.

It does what the wire specification says: sends are echoed to the room only, requests without a token are
served as somebody else, bad tokens are answered 500 everywhere but at `/auth/me`, REST sends are silent.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

from chatdesk.domain.arrivals import Accepted, Answer, ConnectRefused, HandedOver, NoAnswer
from chatdesk.domain.steps import Call, Connect, Emit, Step
from chatdesk.sync.clock import Clock
from tests.platforms.fakomame import paper
from tests.platforms.fakomame.paper import ME, OTHER, chat, jwt, no, ok, package, rows, trip, user
from tests.platforms.network import LATENCY_MS, Network, NetworkClient

ADMIN = "admin_001"


class FakoServer(Network):
    """One sender's chats. What goes wrong is put into the fields before it happens."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.access: set[str] = set()
        self.refresh: set[str] = set()
        self.chats: dict[str, list[dict[str, Any]]] = {}
        self.packages: dict[str, dict[str, Any]] = {paper.PACKAGE: package(status="MATCHED")}
        self.trips: dict[str, dict[str, Any]] = {paper.TRIP: trip()}
        self.me: str = ME
        """As whom tokens are recognised."""
        self.socket = True
        """False: no socket server runs, and its path answers 404."""
        self.refuses: list[str] = []
        """Words with which the next handshakes are refused."""
        self.denied: set[str] = set()
        """Chats that we don't take part in any more."""
        self.heavy: set[str] = set()
        """Chats whose newest messages are more than a link takes: a join brings it down."""
        self.errors: list[str] = []
        """Words with which the next sends fail; 'stored ...' stores and fails all the same."""
        self.lost_echoes = 0
        self.slow_ms = 20
        self.strangers = 0
        """Requests that came without a token, and were served as the built-in account."""
        self.rooms: set[str] = set()
        self.in_flight = 0
        self.most_in_flight = 0
        self._next = 0

    # -- told by tests

    def token(self, life_s: int = 604_800, **claims: Any) -> str:
        """A token that is good until it is taken out of `access`."""
        now_s = self.clock.now_us() // 1_000_000
        self._next += 1
        made = jwt({"userId": ME, "iat": now_s, "exp": now_s + life_s, "n": self._next, **claims})
        (self.refresh if claims else self.access).add(made)
        return made

    def add(self, number: str, *texts: str) -> None:
        self.chats[number] = []
        for text in texts:
            self.store(number, OTHER, text)

    def store(
        self, number: str, sender: str, text: str, kind: str = "text", files: Any = ()
    ) -> dict[str, Any]:
        """A message, stored without a word to anybody: as a send by REST is."""
        self._next += 1
        now = (
            datetime.fromtimestamp(self.clock.now_us() / 1e6, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
        )
        made = paper.record(
            self._next, text, own=sender == ME, chat=number, createdAt=now, updatedAt=now, messageType=kind
        )
        made["attachments"] = list(files)
        self.chats[number].append(made)
        return made

    def says(self, number: str, text: str, sender: str = OTHER) -> None:
        """Somebody writes by socket: it reaches the room."""
        self.echo(self.store(number, sender, text))

    def echo(self, message: dict[str, Any]) -> None:
        if message["chatId"] in self.rooms:
            short = {
                key: message[key] for key in ("id", "content", "messageType", "sender", "createdAt", "chatId")
            }
            self.push("message:received", short)

    def texts(self, number: str, sender: str = ME) -> list[str]:
        return [one["content"] for one in self.chats[number] if one["senderId"] == sender]

    def cut(self) -> None:
        self.rooms.clear()
        super().cut()

    # -- the socket

    def handshake(self, token: object) -> str | None:
        """Words of a refusal; None: let in."""
        self.seen["connect"] += 1
        if self.refuses:
            return self.refuses.pop(0)
        if not token:
            return "Authentication token required"
        return None if token in self.access | self.refresh else "Invalid authentication token"

    def receive(self, event: str, args: Any) -> None:
        """One event of the client."""
        assert isinstance(args, dict), f"{event} without an object ends the server"
        assert args.get("chatId"), f"{event} without a chat brings other people's messages"
        self.seen[event] += 1
        self.heard.append((event, args))
        number = args["chatId"]
        known = number in self.chats and number not in self.denied
        match event:
            case "chat:leave":
                self.rooms.discard(number)
            case "chat:join" if number in self.heavy:
                self.later(LATENCY_MS, self.cut)
            case "chat:join" if known:
                self.rooms.add(number)
                self.push("chat:joined", {"chatId": number, "messages": self.chats[number][-50:]})
            case "chat:join":
                self.push("error", {"message": "Access denied to this chat"})
            case "message:send" if self.errors:
                words = self.errors.pop(0)
                if words.startswith("stored "):
                    self.store(number, ME, args["content"])
                self.push("error", {"message": words.removeprefix("stored ")})
            case "message:send" if known:
                self.in_flight += 1
                self.most_in_flight = max(self.most_in_flight, self.in_flight)
                self.later(
                    self.slow_ms, lambda: self._send(number, args["content"], args.get("type", "text"))
                )
            case "message:send":
                self.push("error", {"message": "Chat not found or access denied"})
            case _:
                pass

    def _send(self, number: str, text: str, kind: str) -> None:
        self.in_flight -= 1
        message = self.store(number, ME, text, kind)
        if self.lost_echoes > 0:
            self.lost_echoes -= 1
        else:
            self.echo(message)

    # -- requests

    def call(self, call: Call) -> tuple[int, Any]:
        """One request: status and body."""
        headers = {name.casefold(): value for name, value in call.headers}
        token = headers.get("authorization", "").removeprefix("Bearer ")
        parts = tuple(call.path.strip("/").split("/")[1:])
        self.seen[f"{call.method} /{'/'.join(parts[:2])}"] += 1
        known = token in self.access | self.refresh
        match call.method, parts:
            case "POST", ("auth", "login"):
                return self._login(call.body)
            case "POST", ("auth", "refresh"):
                return self._refresh(headers.get("cookie", ""))
            case "GET", ("auth", "me"):
                return (200, ok(user(self.me))) if known else (401, no("Authentication required"))
            case "GET", ("trips" | "packages" as sort,):
                return 200, rows(*self._items(sort).values())
            case "GET", ("trips" | "packages" as sort, item):
                found = self._items(sort).get(item)
                words = "Trip not found" if sort == "trips" else "Package not found"
                return (404, no(words)) if found is None else (200, ok(found))
        if not token:
            self.strangers += 1
            return 200, ok([])
        if not known:
            return 500, no("Internal server error")
        return self._of_ours(call, parts)

    def _of_ours(self, call: Call, parts: tuple[str, ...]) -> tuple[int, Any]:
        query = dict(call.query)
        match call.method, parts:
            case "GET", ("chats",):
                listed = [one for one in self.chats if one not in self.denied]
                return 200, ok([chat(one, *self.chats[one][-1:]) for one in listed])
            case "GET", ("chats", "messages"):
                number = query["chatId"]
                if number not in self.chats or number in self.denied:
                    return 404, no("Chat not found or access denied")
                return self._history(self.chats[number], int(query["page"]), int(query["limit"]))
            case "POST", ("chats", "messages"):
                number, body = call.body["chatId"], call.body
                if number not in self.chats or number in self.denied:
                    return 404, no("Chat not found or access denied")
                files = body.get("attachments", [])
                return 200, ok(self.store(number, ME, body["content"], body.get("type", "text"), files))
            case "POST", ("chats",):
                number = "cmwoonewchat0000000000001"
                self.chats.setdefault(number, [])
                return 200, ok(chat(number, packageId=call.body["itemId"]))
            case "PUT", ("packages" | "trips" as sort, item):
                self._items(sort)[item] |= {"status": call.body["status"]}
                return 200, ok(self._items(sort)[item])
            case "GET", ("users", person, "profile"):
                return 200, {"id": person, "password": "$2b$10$hash", "lastLoginAt": paper.at(30)}
            case "GET", ("notifications",):
                return 200, ok({"notifications": [], "unreadCount": 0})
            case "POST", ("auth", "logout"):
                return 200, ok(None)
            case _:
                return 404, None

    def _items(self, sort: str) -> dict[str, dict[str, Any]]:
        return self.trips if sort == "trips" else self.packages

    def _login(self, body: Any) -> tuple[int, Any]:
        if body.get("password") != "right":
            return 401, no("Invalid email or password")
        tokens = {"accessToken": self.token(), "refreshToken": self.token(type="refresh")}
        return 200, ok({"user": user(), **tokens})

    def _refresh(self, cookie: str) -> tuple[int, Any]:
        given = cookie.removeprefix("refreshToken=")
        if given not in self.refresh:
            words = "Invalid or expired refresh token" if given else "No refresh token provided"
            return 401, {"error": words}
        return 200, ok({"accessToken": self.token(), "user": user()})

    @staticmethod
    def _history(messages: list[dict[str, Any]], page: int, limit: int) -> tuple[int, Any]:
        newest = messages[::-1][(page - 1) * limit : page * limit]
        return 200, paper.history(*newest[::-1], total=len(messages), page=page)


class FakoClient(NetworkClient[FakoServer]):
    """The Client protocol over this network."""

    async def perform(self, step_id: int, step: Step) -> None:
        await asyncio.sleep(LATENCY_MS / 1000)
        server = self.server
        match step:
            case Connect() if not server.socket:
                self.tell(ConnectRefused(step_id, None))
            case Connect():
                words = server.handshake(step.auth.get("token"))
                if words is not None:
                    self.tell(ConnectRefused(step_id, words))
                    return
                server.link = self
                self.tell(Accepted(step_id))
            case Emit() if server.link is not self:
                self.tell(NoAnswer(step_id, left=False, reason="cut"))
            case Emit():
                server.receive(step.event, step.args[0])
                if not step.timeout_ms:
                    self.tell(HandedOver(step_id))
            case Call():
                status, body = server.call(step)
                await asyncio.sleep(LATENCY_MS / 1000)
                self.tell(Answer(step_id, status, body is not None, body, {}))
