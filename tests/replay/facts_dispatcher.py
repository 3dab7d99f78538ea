"""What the dispatcher's frames say: orders are conversations, sends are requests, rooms are joined."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from tests.replay.facts import Facts, blank, data_of, multipart, rows, text_of
from tests.replay.parts import (
    AUTO,
    END,
    NEVER,
    Found,
    Frame,
    Intent,
    Msg,
    Part,
    Press,
    Record,
    done_by,
    reads,
    wants,
)
from tests.replay.recording import iso_us

HISTORY = re.compile(r"/api/chat/orders/([0-9a-f]{24})/messages")
ROOM_EVENTS = {
    "typing-start": "typing_start",
    "typing-stop": "typing_stop",
    "mark-read": "read",
    "leave-order-room": "leave_chat",
}
STATUSES = {
    "pending": "open",
    "processing": "active",
    "requires_invoice": "waiting",
    "requires_charge": "waiting",
    "charged": "done",
    "finished": "done",
    "cancelled": "cancelled",
}


FORM = {
    "contact": "contact",
    "start": "permitStartDate",
    "commodity": "commodity",
    "load": "loadDims",
    "legal_weight": "legalWeight",
    "from": "originAddress",
    "to": "destinationAddress",
    "truck": "truckId",
    "trailer": "trailerId",
    "length_ft": "lengthFt",
    "length_in": "lengthIn",
    "width_ft": "widthFt",
    "width_in": "widthIn",
    "height_ft": "heightFt",
    "height_in": "heightIn",
    "rear_overhang_ft": "rearOverhangFt",
    "rear_overhang_in": "rearOverhangIn",
}
"""Fields of the form for a new order, and their names on the wire; none may be empty or 0."""


class DispatcherFacts(Facts):
    """See Facts."""

    platform = "dispatcher"
    role_otherwise = "user"

    def claims(self) -> dict[str, Any]:
        return {"userId": self.me, "id": self.me, "role": self.role, "email": self.login}

    def identity_in(self, frame: Frame) -> Iterable[dict[str, Any]]:
        if frame["channel"] != "http" or frame["path"] != "/api/authorization/login":
            return
        body = frame["request_body"]
        if frame["status"] == 200 and isinstance(body, dict):
            yield {"email": body.get("email")}

    # -- roles

    def event_part(self, event: str, args: list[Any]) -> Part:
        if len(args) != 1 or not self.is_id(args[0]):
            return NEVER
        if event == "join-order-room":
            return AUTO
        return wants(ROOM_EVENTS[event], conv=args[0]) if event in ROOM_EVENTS else NEVER

    def route_part(self, frame: Frame) -> Part:
        method, path, body = frame["method"], frame["path"], frame["request_body"]
        told = body if isinstance(body, dict) else {}
        if path == "/api/authorization/login":
            email, password = told.get("email"), told.get("password")
            if blank(email) or blank(password):
                return NEVER
            return wants("sign_in", target=email, fields={"password": password})
        if path in {"/api/authorization/refresh-token", "/health"}:
            return AUTO
        if not self.right_bearer(frame):
            return NEVER
        if method == "PATCH" and re.fullmatch(r"/api/chat/orders/[0-9a-f]{24}/read", path):
            return AUTO  # only promised: whether it is there is tried out
        if (method, path) == ("POST", "/api/authorization/logout"):
            return wants("sign_out")
        if method == "GET":
            return self._get(path)
        return self._change(method, path, told, frame)

    def _get(self, path: str) -> Part:
        found = HISTORY.fullmatch(path)
        if found:
            return reads(found[1])
        found = re.fullmatch(r"/api/orders/([0-9a-f]{24})/files/(.+)", path)
        if found:
            return wants("save_file", conv=found[1], target=found[2])
        return AUTO

    def _change(self, method: str, path: str, told: Record, frame: Frame) -> Part:
        if (method, path) == ("POST", "/api/chat/messages"):
            if (
                set(told) != {"orderId", "message"}
                or not self.is_id(told["orderId"])
                or blank(told["message"])
            ):
                return NEVER
            return wants("send", conv=told["orderId"], text=told["message"])
        found = re.fullmatch(r"/api/chat/messages/([0-9a-f]{24})", path)
        if found and method == "DELETE":
            return wants("delete", target=found[1])
        found = re.fullmatch(r"/api/orders/([0-9a-f]{24})/(status|moderate|files)(?:/(.+))?", path)
        if found:
            return self._order(method, found[1], found[2], found[3], told, frame)
        if (method, path) == ("POST", "/api/orders/create") and all(told.get(k) for k in FORM.values()):
            return wants("create_order", fields={"body": json.dumps(told), **_form(told)})
        return self._notices(method, path, told)

    def _order(
        self, method: str, order: str, what: str, name: str | None, told: Record, frame: Frame
    ) -> Part:
        if (method, what) == ("PUT", "status") and told.get("status") in STATUSES:
            return wants("status", conv=order, target=order, fields={"status": told["status"]})
        if (method, what) == ("POST", "moderate"):
            return wants("take_over", conv=order)
        parts = rows(told.get("multipart"))
        if (method, what) == ("POST", "files") and len(parts) == 1 and parts[0].get("field") == "file":
            if int(parts[0].get("size") or 0) > 10 * 1024 * 1024:
                return NEVER
            return wants("add_file", conv=order, target=str(parts[0].get("filename")), fields=_file(parts[0]))
        if (method, what) == ("DELETE", "files") and name:
            return wants("remove_file", conv=order, target=name)
        return NEVER

    def _notices(self, method: str, path: str, told: Record) -> Part:
        if (method, path) == ("PATCH", "/api/notifications/mark-read"):
            ids = told.get("notificationIds")
            if isinstance(ids, list) and len(ids) == 1 and self.is_id(ids[0]):
                return wants("notice_read", target=ids[0])
            return NEVER
        if (method, path) == ("PATCH", "/api/notifications/mark-all-read"):
            return wants("notices_read")
        found = re.fullmatch(r"/api/notifications/([0-9a-f]{24})", path)
        if found and method == "DELETE":
            return wants("notice_delete", target=found[1])
        return NEVER

    # -- messages

    def found(self, frame: Frame) -> list[Found]:
        if frame["channel"] == "http" and frame["dir"] != "note":
            if frame["path"] == "/api/chat/messages" and frame["status"] == 201:
                record = data_of(frame["response_body"])
                return [Found(record["orderId"], record, "sent")] if isinstance(record, dict) else []
            history = HISTORY.fullmatch(frame["path"])
            if history and frame["status"] == 200:
                return [Found(history[1], one, "read") for one in rows(data_of(frame["response_body"]))]
        elif frame["channel"] == "socket" and frame["dir"] == "in" and frame["event"] == "new-message":
            told = frame["args"][0] if frame["args"] else {}
            record = data_of(told, "message")
            if isinstance(record, dict) and self.is_id(record.get("id")):
                return [Found(str(told["orderId"]), record, "push")]
        return []

    def whole(self, frame: Frame) -> str | None:
        if frame["channel"] != "http" or frame["status"] != 200 or frame["dir"] == "note":
            return None
        history = HISTORY.fullmatch(frame["path"])
        meta = data_of(frame["response_body"], "meta") or {}
        return history[1] if history and meta.get("totalPages") == 1 else None

    def message(self, record: Record, conv: str) -> Msg:
        user: Record = record["user"] if isinstance(record.get("user"), dict) else {}
        system = record.get("messageType") == "system"
        return Msg(
            id=str(record["id"]),
            conv=conv,
            sender=str(user.get("id") or ""),
            own=user.get("id") == self.me,
            kind="system" if system else "text",
            text=text_of(record.get("message")),
            at=(iso_us(record["createdAt"]), str(record["id"])),
            us=iso_us(record["createdAt"]),
            read=record.get("isRead") is True,
        )

    def answered(self, press: Press) -> None:
        super().answered(press)
        if press.frame["status"] == 404 and press.intent.name in {"delete", "notice_delete"}:
            press.outcome, press.reason = "stored", ""  # gone already: as wanted

    # -- pushes

    def typing(self, frame: Frame) -> tuple[str | None, str, str, bool] | None:
        if frame["event"] != "user-typing":
            return None
        told = frame["args"][0]
        who = str(told.get("email") or told.get("userId"))
        if who in {self.me, self.login}:
            return None
        return told["orderId"], who, who, told.get("isTyping") is True

    def presence(self, frame: Frame) -> tuple[str | None, str, str] | None:
        states = {"user-joined-order": "online", "user-left-order": "offline"}
        if frame["event"] not in states or frame["args"][0].get("userId") == self.me:
            return None
        told = frame["args"][0]
        return told["orderId"], told["userId"], states[frame["event"]]

    def read_by(self, frame: Frame) -> tuple[str, str, list[str] | None, int | None] | None:
        if frame["event"] != "message-read":
            return None
        told = frame["args"][0]
        return told["orderId"], told["userId"], None, iso_us(told["timestamp"])

    def convs_in(self, frame: Frame) -> Iterable[str]:
        if frame["channel"] == "socket" and frame["event"] == "notification":
            yield from _noticed(frame["args"][0] if frame["args"] else None)
        if frame["channel"] == "http" and frame["path"] == "/api/notifications" and frame["method"] == "GET":
            for one in rows(data_of(frame["response_body"])):
                yield from _noticed(one)
        if frame["channel"] == "socket":
            if frame["event"] in {*ROOM_EVENTS, "join-order-room"}:
                yield from (one for one in frame["args"] if self.is_id(one))
            return
        body = frame["response_body"]
        found = re.match(r"/api/(?:chat/)?orders/([0-9a-f]{24})(?:/|$)", frame["path"])
        if found and (frame["status"] or 500) < 500:
            yield found[1]
        if frame["path"] == "/api/orders/paginated" and frame["status"] == 200:
            yield from (str(one["id"]) for one in rows(data_of(body)))
        if frame["path"] == "/api/chat/messages" and self.is_id(data_of(frame["request_body"], "orderId")):
            yield frame["request_body"]["orderId"]
        if re.fullmatch(r"/api/orders/ORD-\d+", frame["path"]) and frame["status"] == 200:
            yield str(body["data"]["id"])

    # -- what is expected

    def conversations(self, story: Any, convs: list[str]) -> dict[str, dict[str, Any]]:
        found = {}
        for order in orders_at(story, END).values():
            status = {"id": order["id"], "status": order["status"], "progress": progress(order["status"])}
            lifecycle = "read_only" if order["id"] in story.denied else "open"
            found[order["id"]] = {"order": status, "lifecycle": lifecycle, "live_only": False}
        return found

    def orders(self, story: Any) -> list[dict[str, Any]]:
        found = orders_at(story, END)
        return [{"id": one, "status": found[one]["status"]} for one in sorted(found)]

    def sign_in_code(self, frame: Frame) -> str:
        return "auth_failed" if frame["status"] == 400 else super().sign_in_code(frame)

    # -- our wire

    def wire(self, intent: Intent) -> dict[str, Any]:
        events = {name: event for event, name in ROOM_EVENTS.items()}
        if intent.name in events:
            return {"channel": "socket", "event": events[intent.name], "args": [intent.conv]}
        args: Any = None
        match intent.name:
            case "send":
                method, route = "POST", "/api/chat/messages"
                args = {"orderId": intent.conv, "message": intent.text}
            case "delete":
                method, route = "DELETE", f"/api/chat/messages/{intent.target}"
            case "status":
                method, route = "PUT", f"/api/orders/{intent.target}/status"
                args = {"status": intent.get["status"]}
            case "take_over":
                method, route = "POST", f"/api/orders/{intent.conv}/moderate"
            case "add_file":
                method, route = "POST", f"/api/orders/{intent.conv}/files"
                args = multipart(intent)
            case "save_file":
                method, route = "GET", f"/api/orders/{intent.conv}/files/{intent.target}"
            case "remove_file":
                method, route = "DELETE", f"/api/orders/{intent.conv}/files/{intent.target}"
            case "notice_read":
                method, route = "PATCH", "/api/notifications/mark-read"
                args = {"notificationIds": [intent.target]}
            case "notices_read":
                method, route = "PATCH", "/api/notifications/mark-all-read"
            case "notice_delete":
                method, route = "DELETE", f"/api/notifications/{intent.target}"
            case "create_order":
                method, route = "POST", "/api/orders/create"
                args = json.loads(intent.get["body"])
            case "sign_out":
                method, route = "POST", "/api/authorization/logout"
            case _:
                method, route = "POST", "/api/authorization/login"
                args = {"email": intent.target, "password": intent.get["password"]}
        return {"channel": "http", "method": method, "route": route, "args": args}


def _noticed(notice: Any) -> Iterable[str]:
    """The order that a notification is about."""
    order = data_of(data_of(notice, "metadata"), "orderId")
    if isinstance(order, str):
        yield order


def _form(told: Record) -> dict[str, str]:
    """The same as a person fills it in."""
    found = {f"f_{key}": str(told[name]) for key, name in FORM.items()}
    found["f_stops"] = "\n".join(str(one) for one in told.get("stops") or [])
    found["f_message"] = str((told.get("messages") or [""])[0])
    return found


def _file(part: Record) -> dict[str, str]:
    return {"content_type": str(part.get("content_type")), "size": str(part.get("size") or 0)}


def progress(status: str) -> str:
    """A status reduced to what all platforms share."""
    return STATUSES.get(status, "unknown")


# -- orders ------------------------------------------------------------------------------------------------

STATUS_OTHERWISE = "pending"
LONG_AGO = "2026-01-01T00:00:00.000Z"


def orders_at(story: Any, index: int) -> dict[str, dict[str, Any]]:
    """The person's orders as of an index, as the list shows them; with `updatedAt` where it is known."""
    everything = json.dumps(story.rec.everything)
    found = {conv: _made_up(story, conv, everything) for conv in story.convs}
    told: list[tuple[int, dict[str, Any]]] = []
    for frame in story.rec.frames:
        told += [(frame["at"], one) for one in _orders_in(frame)]
    before = {one["id"] for at, one in told if at <= index}
    for at, one in told:
        if at <= index or one["id"] not in before:
            before.add(one["id"])
            known = found.setdefault(one["id"], _made_up(story, one["id"], everything))
            if one.get("updatedAt", "") >= known.get("updatedAt", ""):
                known.update(one)
    for press in story.presses:
        if press.intent.name == "status" and done_by(press, index):
            found[press.intent.target]["status"] = press.intent.get["status"]
        if press.intent.name == "take_over" and done_by(press, index):
            found[press.intent.conv]["status"] = "processing"
    return found


def _made_up(story: Any, conv: str, everything: str) -> dict[str, Any]:
    return {
        "id": conv,
        "orderNumber": _number_of(conv, everything),
        "createdAt": LONG_AGO,
        "originAddress": "Austin, TX",
        "destinationAddress": "Dallas, TX",
        "truckId": "TRK-7",
        "status": STATUS_OTHERWISE,
        "createdBy": story.facts.login,
    }


def _number_of(order: str, everything: str) -> str:
    """The number that goes with an id anywhere in the recording; else one made from the id."""
    nested = re.search(order + r'"\}, "actionUrl": "/dashboard/orders/(ORD-\d{6})', everything)
    near = re.search(order + r'"[^{}]{0,120}?(ORD-\d{6})', everything)
    behind = re.search(r"(ORD-\d{6})[^{}]{0,120}?" + order, everything)
    match = nested or near or behind
    return match[1] if match else f"ORD-{int(order[-6:], 16) % 1_000_000:06d}"


def _orders_in(frame: Frame) -> list[dict[str, Any]]:
    """What a frame of the person tells of orders."""
    if frame["dir"] == "note":
        return []
    if frame["channel"] == "socket" and frame["dir"] == "in" and frame["event"] == "order-updated":
        told = frame["args"][0]
        order = data_of(told.get("update"), "order") or {}
        if not isinstance(order.get("_id"), str):
            return []
        status = order.get("status", "")
        return [{"id": order["_id"], "status": status, "updatedAt": order.get("updatedAt", "")}]
    if frame["channel"] != "http" or frame["status"] != 200:
        return []
    if frame["path"] == "/api/orders/paginated":
        return [dict(one) for one in rows(data_of(frame["response_body"]))]
    if re.fullmatch(r"/api/orders/ORD-\d+", frame["path"]):
        data = frame["response_body"]["data"]
        kept = ("id", "orderNumber", "status", "createdAt", "updatedAt")
        return [{key: data[key] for key in kept if key in data}]
    return []
