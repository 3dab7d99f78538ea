"""A small marketplace and the network before it, in the process of the test, on the test's clock.

It does what the wire specification says: with `stores` it keeps messages and tells everybody everything, and
without it every send fails, every list is empty, and only the relay works. A null payload ends it.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

from chatdesk.domain.arrivals import Accepted, Answer, ConnectRefused, HandedOver, NoAnswer
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.steps import Call, Connect, Emit, Step
from chatdesk.sync.clock import Clock
from tests.platforms.marketplace.paper import INTERNAL, ME, OTHER, PEOPLE, party, person, rfq
from tests.platforms.network import LATENCY_MS, Network, NetworkClient

HTML = "<!DOCTYPE html><html><body><pre>Cannot GET</pre></body></html>"


class MarketServer(Network):
    """One seller's marketplace. What goes wrong is put into the lists before it happens."""

    def __init__(self, clock: Clock, *, stores: bool = True) -> None:
        super().__init__(clock)
        self.stores = stores
        self.sockets = True
        self.tokens: set[str] = set()
        self.messages: list[dict[str, Any]] = []
        self.rfqs: list[dict[str, Any]] = [rfq(401), rfq(402, "closed", title="Closed one")]
        self.send_answers: list[tuple[int, Any] | None] = []
        """How the next sends are answered instead; None: stored, and the answer is lost."""
        self.silent_relays = 0
        """So many relays get no word back."""
        self.late_ms = 0
        """Words about relays come so much later."""
        self.relayed: list[dict[str, Any]] = []
        self.registered: str | None = None
        self.died = False
        self._next = 0x1000

    # -- told by tests

    def store(self, sender: RemoteId, recipient: RemoteId, text: str, **more: Any) -> dict[str, Any]:
        self._next += 1
        at = datetime.fromtimestamp(self.clock.now_us() / 1e6, UTC)
        made = at.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
        message = {
            "_id": f"6afffad4{self._next:016x}",
            "sender_id": party(sender),
            "recipient_id": party(recipient),
            "sender_type": PEOPLE[sender][1],
            "recipient_type": PEOPLE[recipient][1],
            "subject": "Chat Message",
            "message": text,
            "message_type": "general",
            "status": "unread",
            "createdAt": made,
            "updatedAt": made,
            "__v": 0,
            **more,
        }
        self.messages.append(message)
        return message

    def says(self, text: str, sender: RemoteId = OTHER, recipient: RemoteId = ME) -> dict[str, Any]:
        """Somebody writes by request: everybody is told."""
        message = self.store(sender, recipient, text)
        self.push("new_message", dict(message))
        return message

    def hands_over(self, message: str, text: str, sender: RemoteId = OTHER) -> None:
        """Somebody writes by relay: it reaches us only if we are registered."""
        if self.registered == ME:
            payload = {
                "id": message,
                "sender_id": sender,
                "sender_type": PEOPLE[sender][1],
                "recipient_id": ME,
                "recipient_type": "Seller",
                "subject": "Chat Message",
                "message": text,
                "message_type": "general",
            }
            self.push("new_message", payload)

    def comes(self, who: RemoteId = OTHER, status: str = "online") -> None:
        self.push("user_status_changed", {"userId": who, "status": status})

    def texts(self, sender: RemoteId = ME) -> list[str]:
        return [one["message"] for one in self.messages if one["sender_id"]["_id"] == sender]

    def cut(self) -> None:
        self.registered = None
        super().cut()

    # -- what it does

    def receive(self, event: str, args: tuple[Any, ...]) -> None:
        self.seen[event] += 1
        self.heard.append((event, args))
        if not args or args[0] is None:
            self.died = True  # the process ends, for everybody
            self.cut()
            return
        payload = args[0]
        if event == "register_user":
            self.registered = payload
        elif event == "send_message":
            self.relayed.append(payload)
            if self.silent_relays > 0:
                self.silent_relays -= 1
            else:
                word = {"messageId": payload.get("id"), "timestamp": "2026-11-20T07:46:05.847Z"}
                self.later(self.late_ms, lambda: self.push("message_delivered", word))

    def call(self, call: Call) -> tuple[int, Any] | None:
        """The answer of a request; None: it gets lost."""
        self.seen[call.note] += 1
        parts = call.path.strip("/").split("/")
        match parts:
            case ["api", "health"]:
                return 200, {"status": "healthy", "database": {"status": "connected", "connected": True}}
            case ["api", "buyers" | "sellers" as where, who]:
                kind = {"buyers": "Buyer", "sellers": "Seller"}[where]
                found = PEOPLE.get(RemoteId(who), ("", ""))
                if found[1] != kind:
                    return 404, {"message": f"{kind} not found"}
                return 200, person(RemoteId(who))
            case _:
                pass
        token = dict(call.headers).get("Authorization", "").removeprefix("Bearer ")
        if token not in self.tokens:
            return 401, {"success": False, "message": "Not authorized, token failed"}
        return self._with_token(call, parts)

    def _with_token(self, call: Call, parts: list[str]) -> tuple[int, Any] | None:
        query = dict(call.query)
        kept = self.messages if self.stores else []
        match call.method, parts:
            case "GET", ["api", "messages", "inbox" | "sent" as box]:
                side = "recipient_id" if box == "inbox" else "sender_id"
                found = [one for one in reversed(kept) if one[side]["_id"] == ME]
                start, limit = int(query["offset"]), int(query["limit"])
                block = [{**one, side: ME} for one in found[start : start + limit]]
                return 200, {"success": True, "data": block, "totalCount": len(found)}
            case "GET", ["api", "messages", "conversation", who, _kind]:
                found = [one for one in kept if who in {one["sender_id"]["_id"], one["recipient_id"]["_id"]}]
                mine = [one for one in found if ME in {one["sender_id"]["_id"], one["recipient_id"]["_id"]}]
                return 200, {"success": True, "data": mine}
            case "POST", ["api", "messages", "send"]:
                return self._send(call.body)
            case "PUT", ["api", "messages", message, "read"]:
                return self._mark(message, kept)
            case "GET", ["api", "rfqs", "seller", "my-rfqs"]:
                return 200, []
            case "GET", ["api", "messages", _]:
                return 500, INTERNAL
            case _:
                return 404, HTML

    def _send(self, body: dict[str, str]) -> tuple[int, Any] | None:
        if not self.stores:
            return 500, INTERNAL
        answer = self.send_answers.pop(0) if self.send_answers else (201, None)
        if answer is not None and answer[0] != 201:
            return answer
        recipient = RemoteId(body["recipient_id"])
        more = {"subject": body["subject"], "message_type": body["message_type"]}
        message = self.store(ME, recipient, body["message"].strip(), **more)
        self.push("new_message", dict(message))
        return None if answer is None else (201, {"success": True, "data": dict(message)})

    def _mark(self, message: str, kept: list[dict[str, Any]]) -> tuple[int, Any]:
        for one in kept:
            if one["_id"] == message and one["recipient_id"]["_id"] == ME:
                one["status"] = "read"
                self.push("message_updated", dict(one))
                self.push("message_read", {"message_id": message, "reader_id": ME, "timestamp": "now"})
                return 200, {"success": True, "data": dict(one)}
        return 404, {"success": False, "message": "Message not found or unauthorized"}


class MarketClient(NetworkClient[MarketServer]):
    """The Client protocol over this network."""

    async def perform(self, step_id: int, step: Step) -> None:
        await asyncio.sleep(LATENCY_MS / 1000)
        server = self.server
        match step:
            case Connect() if not server.sockets:
                self.tell(ConnectRefused(step_id, None))
            case Connect():
                server.link, server.registered = self, None
                self.tell(Accepted(step_id))
            case Emit() if server.link is not self:
                self.tell(NoAnswer(step_id, left=False, reason="cut"))
            case Emit():
                server.receive(step.event, step.args)
                if step.timeout_ms == 0:
                    self.tell(HandedOver(step_id))
            case Call():
                found = server.call(step)
                await asyncio.sleep(LATENCY_MS / 1000)
                if found is None:
                    self.tell(NoAnswer(step_id, left=True, reason="cut"))
                    return
                status, body = found
                self.tell(Answer(step_id, status, not isinstance(body, str), body, {}))
            case _:
                raise AssertionError(step)
