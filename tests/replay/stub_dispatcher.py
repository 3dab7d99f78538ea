"""The dispatcher's server of a replay."""

from __future__ import annotations

import re
from typing import Any

from tests.replay.facts import data_of, rows
from tests.replay.facts_dispatcher import HISTORY, orders_at
from tests.replay.parts import Frame, Intent, Part, Press, Record
from tests.replay.recording import us_iso
from tests.replay.stub import Stub
from tests.replay.wire import Reply, Request, recorded


class DispatcherStub(Stub):
    """See Stub."""

    open_routes = ("/health", "/api/authorization/")
    bad_token_words = "Authentication error: Invalid token"

    def __init__(self, *about: Any) -> None:
        super().__init__(*about)
        self.newest_first = self._newest_first()
        self.notices: dict[str, Record] = {}
        self.files: dict[str, list[Record]] = {}

    def _newest_first(self) -> bool:
        """Whether a page of the recording is falling in time."""
        for frame in self.rec.everything:
            if frame["channel"] == "http" and frame["dir"] != "note" and HISTORY.fullmatch(frame["path"]):
                times = [one.get("createdAt") for one in rows(data_of(frame["response_body"]))]
                if len(times) > 1 and times[0] != times[-1]:
                    return bool(str(times[0]) > str(times[-1]))
        return False

    def auto_event(self, event: str, args: list[Any]) -> None:
        if event == "join-order-room":
            self.rooms.add(args[0])

    def push(self, frame: Frame) -> None:
        if frame["event"] == "notification":
            told = frame["args"][0]
            self.notices[str(told.get("id"))] = {**told, "status": "unread", "unread": True}
        elif frame["event"] == "new-message" and frame["args"][0].get("orderId") not in self.rooms:
            self.wrong.append("a push for a room that was not joined")
        super().push(frame)

    def may_push(self, frame: Frame) -> bool:
        told = frame["args"][0] if frame["args"] else None
        return frame["event"] == "notification" or data_of(told, "orderId") in self.rooms

    # -- requests

    def signed_in(self, press: Press | None, intent: Intent) -> Reply:
        if press is not None:
            if press.frame["status"] != 200:
                return recorded(press.frame)
            return Reply(200, self.with_tokens(press.frame["response_body"]))
        data = {"accessToken": self.issue(), "refreshToken": self.issue(refresh=True)}
        return Reply(200, {"status": 200, "success": True, "message": "Login successful", "data": data})

    def claims(self, refresh: bool) -> dict[str, Any]:
        return self.facts.claims()

    def read(self, request: Request, part: Part) -> Reply | None:
        path = request.path
        if path == "/health":
            return Reply(200, {"status": "ok", "message": "Server is running"})
        if path == "/api/authorization/refresh-token":
            return self._refresh(request)
        if part.reads is not None:
            return self._history(request, part.reads)
        if path == "/api/orders/paginated":
            return self._list(request)
        if re.fullmatch(r"/api/orders/ORD-\d+", path):
            return self._detail(request, path.rsplit("/", 1)[1])
        if path == "/api/notifications":
            return self._notices(request)
        return None

    def _refresh(self, request: Request) -> Reply:
        token = data_of(request.body, "refreshToken")
        told = [f for f in self.rec.frames if f["channel"] == "http" and f["path"] == request.path]
        refused = [
            f for f in told if (f["status"] or 200) >= 400 and f["at"] <= self.index and "<refresh-" in str(f)
        ]
        if refused:
            return recorded(refused[-1])
        if token not in self.refreshes:
            self.wrong.append("refresh with a wrong token")
            return _error(400, "Invalid refresh token")
        data = {"accessToken": self.issue()}
        return Reply(
            200, {"status": 200, "success": True, "message": "Refresh token successful", "data": data}
        )

    def _history(self, request: Request, conv: str) -> Reply:
        if conv in self.story.denied:
            return _error(404, "Order not found or access denied")
        found = self.history(conv)
        return _page(found[::-1] if self.newest_first else found, request)

    def _list(self, request: Request) -> Reply:
        asked = request.asked
        if "search" not in asked:
            return _error(500, "$regex has to be a string")
        wanted = asked.get("status[]", [])
        wanted = {wanted} if isinstance(wanted, str) else set(wanted)
        found = [one for one in orders_at(self.story, self.index).values() if one["status"] in wanted]
        found.sort(key=lambda one: str(one["createdAt"]), reverse=True)
        return _page(found, request)

    def _detail(self, request: Request, number: str) -> Reply:
        told = self.captured(request)
        order = next(
            (o for o in orders_at(self.story, self.index).values() if o["orderNumber"] == number), None
        )
        if order is None:
            return told if told is not None else _error(404, "Order not found")
        if told is not None and told.status == 200:
            data = {**told.body["data"], "status": order["status"]}
            if "updatedAt" in order:
                data["updatedAt"] = order["updatedAt"]
            return Reply(200, {**told.body, "data": data})
        data = {
            "id": order["id"],
            "orderNumber": number,
            "userId": self.facts.me,
            "status": order["status"],
            "createdAt": order["createdAt"],
            "updatedAt": order.get("updatedAt", order["createdAt"]),
            "moderator": None,
            "files": [],
            "stops": [],
            "axleConfigs": [],
        }
        return Reply(200, {"status": 200, "success": True, "message": "Order fetched", "data": data})

    def _notices(self, request: Request) -> Reply:
        found = {}
        for frame in self.rec.frames:
            if frame["channel"] != "http" or frame["dir"] == "note" or frame["at"] > self.index:
                continue
            if frame["path"] == request.path and frame["status"] == 200 and frame["method"] == "GET":
                found.update({one["id"]: one for one in rows(data_of(frame["response_body"]))})
        found = {**self.notices, **found}
        for press in self.story.intents("notice_delete"):
            if press.outcome == "stored" and press.arrived:
                found.pop(press.intent.target, None)
        newest = sorted(found.values(), key=lambda one: str(one.get("createdAt")), reverse=True)
        return _page(newest, request)

    # -- sends

    def make_record(self, intent: Intent, msg_id: str, us: int, args: Any) -> Record:
        return {
            "id": msg_id,
            "orderId": intent.conv,
            "message": intent.text,
            "messageType": "text",
            "senderType": "user",
            "isRead": False,
            "createdAt": us_iso(us),
            "updatedAt": us_iso(us),
            "user": {"id": self.facts.me, "email": self.facts.login},
        }

    def echo(self, intent: Intent, record: Record, args: Any) -> None:
        if intent.conv in self.rooms:
            told = {"orderId": intent.conv, "message": record, "timestamp": us_iso(self.now_us())}
            self.emit("new-message", [told])

    def send_reply(self, record: Record) -> Reply:
        said = {"status": 200, "success": True, "message": "Message sent successfully", "data": record}
        return Reply(201, said)

    def refused(self, intent: Intent) -> Reply:
        return _error(404, "Order not found or access denied")

    def changed(self, intent: Intent, status: int | None) -> None:
        if intent.name == "delete" and status == 200:
            self.deleted.add(intent.target)
            for records in self.heads.values():
                records.pop(intent.target, None)

    def unauthorized(self, request: Request) -> Reply:
        return _error(401, "Invalid token")


def _page(found: list[Any], request: Request) -> Reply:
    page, limit = max(1, request.number("page", 1)), max(1, request.number("limit", 50))
    meta = {
        "totalItems": len(found),
        "totalPages": -(-len(found) // limit),
        "currentPage": page,
        "itemsPerPage": limit,
    }
    data = found[(page - 1) * limit : page * limit]
    return Reply(200, {"status": 200, "success": True, "meta": meta, "data": data})


def _error(status: int, message: str) -> Reply:
    return Reply(status, {"status": status, "success": False, "message": message, "data": {}})
