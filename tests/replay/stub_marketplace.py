"""The marketplace's server of a replay, in either of its two conditions."""

from __future__ import annotations

import copy
import re
from typing import Any

from tests.replay.facts_marketplace import CONVERSATION, ONE, MarketplaceFacts, made_record, party, rfqs_at
from tests.replay.parts import Frame, Intent, Part, Press, Record
from tests.replay.recording import us_iso
from tests.replay.stub import Stub
from tests.replay.wire import Reply, Request, recorded


class MarketplaceStub(Stub):
    """See Stub."""

    facts: MarketplaceFacts
    open_routes = ("/api/auth/login", "/api/health", "/api/products", "/api/sellers/", "/api/buyers/")
    bad_token_words = "Not authorized, token failed"

    def __init__(self, *about: Any) -> None:
        self.registered = False
        super().__init__(*about)

    def connected(self) -> None:
        self.registered = False

    def _put(self, msg_id: str) -> None:
        record = self.story.at_index(msg_id, self.index)
        if "_id" in record and self.facts.stores:
            super()._put(msg_id)

    # -- events

    def may_push(self, frame: Frame) -> bool:
        return self.registered

    def auto_event(self, event: str, args: list[Any]) -> None:
        if event == "register_user":
            self.registered = True

    def learn_names(self, press: Press, args: list[Any]) -> None:
        told = args[0] if args and isinstance(args[0], dict) else {}
        mine = told.get("id")
        if isinstance(mine, str):
            self.ours.add(mine)
            if press.id:
                self.names[press.id] = mine

    def _event_intent(self, event: str, intent: Intent, frame: Frame) -> None:
        if intent.name != "send":
            super()._event_intent(event, intent, frame)
            return
        told = frame["args"][0]
        press = self._take(intent, {"channel": "socket", "event": event, "args": frame["args"]})
        if isinstance(told.get("id"), str):
            self.ours.add(told["id"])
        if self.facts.stores:
            self.wrong.append("a relay where the server stores")
        if press is not None:
            self.learn_names(press, frame["args"])
            if press.frame["channel"] == "socket" and press.ins and press.arrived == 1:
                self._deliver(press, told.get("id"))
                return
        said = {"messageId": told.get("id"), "timestamp": us_iso(self.now_us())}
        self.emit("message_delivered", [said])

    def _deliver(self, press: Press, name: Any) -> None:
        """The recorded confirmation, with the id that ours has sent."""
        for at in press.ins:
            frame = copy.deepcopy(self.rec.everything[at])
            if frame["event"] == "message_delivered" and frame["args"]:
                frame["args"][0]["messageId"] = name
            self.push(frame)

    def make_record(self, intent: Intent, msg_id: str, us: int, args: Any) -> Record:
        return made_record(self.facts, intent, msg_id, us)

    def echo(self, intent: Intent, record: Record, args: Any) -> None:
        self.emit("new_message", [copy.deepcopy(record)])

    def send_reply(self, record: Record) -> Reply:
        words = "Message sent successfully"
        return Reply(201, {"success": True, "data": record, "message": words})

    def refused(self, intent: Intent) -> Reply:
        return _error(404, "Recipient not found")

    async def _send(self, press: Press | None, intent: Intent, request: Request) -> Reply | str:
        if not self.facts.stores:
            # The handler dies before it looks at anything: no send of anybody is stored.
            if press is not None:
                press.arrived -= 1
            self.sent.pop()
            return _error(500, "Internal server error")
        return await super()._send(press, intent, request)

    # -- requests

    def unauthorized(self, request: Request) -> Reply:
        if not request.bearer:
            return _error(401, "Not authorized, no token provided")
        body = {"success": False, "message": "Not authorized, token failed", "error": "jwt malformed"}
        return Reply(401, body)

    def signed_in(self, press: Press | None, intent: Intent) -> Reply:
        if press is not None:
            if press.frame["status"] != 200:
                return recorded(press.frame)
            return Reply(200, self.with_tokens(press.frame["response_body"]))
        facts = self.facts
        data = {"id": facts.me, "name": facts.name, "email": facts.login, "userType": facts.role}
        if facts.role == "seller":
            data |= {"companyName": "Made Up Trading", "approvalStatus": "approved"}
        return Reply(
            200, {"success": True, "message": "Login successful", "token": self.issue(), "data": data}
        )

    def read(self, request: Request, part: Part) -> Reply | None:
        path = request.path
        if path == "/api/health":
            return Reply(200, {"status": "healthy", "database": {"status": "connected", "connected": True}})
        if path in {"/api/messages/inbox", "/api/messages/sent"}:
            return self._box(request, own=path.endswith("sent"))
        found = CONVERSATION.fullmatch(path)
        if found:
            said = "Conversation retrieved successfully"
            data = copy.deepcopy(self.history(found[1]))
            return Reply(200, {"success": True, "data": data, "message": said})
        if path == "/api/messages/unread/count":
            count = sum(1 for one in self._all() if not self._own(one) and one.get("status") == "unread")
            said = "Unread count retrieved successfully"
            return Reply(200, {"success": True, "data": {"count": count}, "message": said})
        found = ONE.fullmatch(path)
        if found:
            one = next((r for r in self._all() if r["_id"] == found[1]), None)
            if one is None:
                return _error(404, "Message not found or unauthorized")
            return Reply(200, {"success": True, "data": copy.deepcopy(one)})
        if re.fullmatch(r"/api/messages/\w+", path):
            return _error(500, "Internal server error")
        return self._things(request)

    def _all(self) -> list[Record]:
        return [one for records in self.heads.values() for one in records.values()]

    def _own(self, record: Record) -> bool:
        return party(record.get("sender_id")) == self.facts.me

    def _box(self, request: Request, *, own: bool) -> Reply:
        found = [one for one in self._all() if self._own(one) == own]
        found.sort(key=lambda one: (str(one["createdAt"]), str(one["_id"])), reverse=True)
        limit, offset = max(1, request.number("limit", 50)), max(0, request.number("offset", 0))
        data = []
        for one in copy.deepcopy(found[offset : offset + limit]):
            mine = "sender_id" if own else "recipient_id"
            data.append({**one, mine: party(one.get(mine))})
        return Reply(200, {"success": True, "data": data, "totalCount": len(found), "message": "ok"})

    def _things(self, request: Request) -> Reply | None:
        path = request.path
        told = self.captured(request)
        if told is not None:
            return told
        if path == "/api/rfqs/seller/my-rfqs":
            return Reply(200, [])
        if path == "/api/rfqs/buyer/my-rfqs":
            found = rfqs_at(self.story, self.index)
            made = {"title": "Made up", "quantity": 1, "buyerId": self.facts.me, "responses": []}
            return Reply(200, [{"_id": one, "status": status, **made} for one, status in found.items()])
        found_person = re.fullmatch(r"/api/(sellers|buyers)/([0-9a-f]{24})", path)
        if found_person:
            return self._person(found_person[1], found_person[2])
        if path == "/api/products":
            return Reply(200, {"data": [], "pagination": {"page": 1, "limit": 20, "total": 0, "pages": 0}})
        return None

    def _person(self, kinds: str, person: str) -> Reply:
        kind = self._kind(person)
        if (kind == "Seller") != (kinds == "sellers"):
            return Reply(404, {"message": f"{kinds[:-1].title()} not found"})
        return Reply(200, {"_id": person, "name": self.facts.name_of(person), "isVerified": True})

    def _kind(self, person: str) -> str:
        """Buyer or seller: as the recording addresses them, else the opposite of us."""
        for press in self.story.intents("send"):
            if press.intent.conv == person:
                return press.intent.get["person_kind"]
        for frame in self.rec.frames:
            for found in self.facts.found(frame) if frame["dir"] != "note" else ():
                if party(found.record.get("sender_id")) == person and found.record.get("sender_type"):
                    return str(found.record["sender_type"])
        return "Seller" if self.facts.role == "buyer" else "Buyer"

    def changed(self, intent: Intent, status: int | None) -> None:
        if intent.name == "read" and (status is None or status < 300):
            for one in self._all():
                if one["_id"] in intent.get.get("ids", "").split(","):
                    one["status"] = "read"

    def shown_id(self, remote_id: str) -> str:
        found = re.match(r"[0-9a-f]{24}/", remote_id)
        name = remote_id[25:] if found else remote_id
        return "" if name.startswith("~") else name  # it came without one

    def done(self, intent: Intent) -> Reply:
        if intent.name == "read":
            one = next((r for r in self._all() if r["_id"] == intent.get.get("ids")), None)
            if one is None:
                return _error(404, "Message not found or unauthorized")
            return Reply(200, {"success": True, "data": copy.deepcopy(one), "message": "ok"})
        return Reply(200, {"message": "RFQ updated successfully", "rfq": {"_id": intent.target}})


def _error(status: int, words: str) -> Reply:
    return Reply(status, {"success": False, "message": words})
