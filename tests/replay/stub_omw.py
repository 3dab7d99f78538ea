"""OMW's server of a replay."""

from __future__ import annotations

import copy
import re
from typing import Any

from tests.replay.facts import data_of, rows
from tests.replay.facts_omw import (
    HISTORY,
    SESSION,
    bookings_at,
    ended_at,
    number,
    sessions_at,
    time_us,
)
from tests.replay.parts import Frame, Intent, Part, Press, Record
from tests.replay.recording import made_up, us_iso
from tests.replay.stub import Stub
from tests.replay.wire import Reply, Request, page_not_found, recorded

DENIED = "Access denied to this chat session"


class OmwStub(Stub):
    """See Stub."""

    open_routes = ("/api/auth/login", "/api/auth/request-otp")
    bad_token_words = "Invalid authentication token"

    def __init__(self, *about: Any) -> None:
        super().__init__(*about)
        self.offset_us = self._offset()
        self.marked: set[str] = set()

    def _offset(self) -> int:
        """How far the database's zone is from UTC, where a message is known in both forms."""
        iso: dict[str, int] = {}
        for frame in self.rec.everything:
            for found in self.facts.found(frame) if frame["channel"] in {"http", "socket"} else ():
                text = str(found.record.get("created_at"))
                key = number(found.record.get("id"))
                if "T" in text:
                    iso[key] = time_us(text)
        for frame in self.rec.everything:
            for found in self.facts.found(frame) if frame["channel"] in {"http", "socket"} else ():
                text, key = str(found.record.get("created_at")), number(found.record.get("id"))
                if "T" not in text and key in iso:
                    quarter = 15 * 60 * 1_000_000
                    return round((time_us(text) - iso[key]) / quarter) * quarter
        return 0

    def _zoneless(self, us: int) -> str:
        return us_iso(us + self.offset_us)[:19].replace("T", " ")

    def history_form(self, record: Record, conv: str) -> Record:
        kept = {key: value for key, value in record.items() if key != "session_id"}
        if "T" in str(kept.get("created_at")):
            kept["created_at"] = self._zoneless(time_us(kept["created_at"]))
        kept.setdefault("read_at", None)
        return kept

    def _over(self, conv: str) -> bool:
        told = ended_at(self.story, conv)
        return conv in self.story.denied or (told is not None and told[0] <= self.index)

    def invented(self) -> set[str]:
        return {made_up("int", "booking", conv) for conv in self.story.convs}

    # -- events

    def may_push(self, frame: Frame) -> bool:
        return True

    def auto_event(self, event: str, args: list[Any]) -> None:
        session = number(args[0].get("sessionId"))
        known = session in self.story.convs
        if event == "join_chat":
            if not known or self._over(session):
                self.emit("error", [{"message": self.story.denied_words.get(session, DENIED)}])
            else:
                self.rooms.add(session)
                self.emit("joined_chat", [{"sessionId": int(session)}])
        elif event == "leave_chat":
            self.rooms.discard(session)
            self.emit("left_chat", [{"sessionId": int(session)}])
        elif event == "get_chat_history":
            if not known or self._over(session):
                self.emit("error", [{"message": DENIED}])
            else:
                page, more = self._page(session, int(args[0].get("limit", 50)), int(args[0].get("offset", 0)))
                told = {"sessionId": int(session), "messages": page, "hasMore": more}
                self.emit("chat_history", [told])

    def changed(self, intent: Intent, status: int | None) -> None:
        if intent.name == "leave_chat":
            self.rooms.discard(intent.conv)
        if intent.name == "read":
            ids = set(intent.get.get("ids", "").split(","))
            self.marked |= ids
            for record in self.heads.get(intent.conv, {}).values():
                if number(record.get("id")) in ids:
                    record["is_read"] = 1

    def refuse_send(self, intent: Intent) -> None:
        self.emit("error", [{"message": DENIED}])

    def make_record(self, intent: Intent, msg_id: str, us: int, args: Any) -> Record:
        about = intent.get
        return {
            "id": int(msg_id),
            "session_id": int(intent.conv),
            "sender_id": int(self.facts.me),
            "sender_type": "customer" if self.facts.role == "customer" else "provider",
            "message_type": intent.kind,
            "content": intent.text,
            "file_url": about.get("url"),
            "file_name": about.get("name"),
            "file_size": int(about["size"]) if "size" in about else None,
            "is_read": 0,
            "created_at": us_iso(us),
            "sender_name": self.facts.name,
            "sender_phone": "5550000000",
        }

    def echo(self, intent: Intent, record: Record, args: Any) -> None:
        if not isinstance(args, list):
            return  # by request: nobody is told
        if "session_id" not in record:
            made = self.make_record(intent, number(record["id"]), self.now_us(), args)
            record = {**made, "id": record["id"]}
        self.emit("new_message", [{**record, "content": intent.text}])
        told = {"messageId": record["id"], "sessionId": int(intent.conv)}
        self.emit("message_sent", [told])

    def send_reply(self, record: Record) -> Reply:
        conv = next((c for c, ids in self.heads.items() if number(record["id"]) in ids), "")
        record = {**self.history_form(copy.deepcopy(record), conv), "session_id": conv}
        return Reply(200, {"success": True, "message": record})

    def refused(self, intent: Intent) -> Reply:
        return Reply(403, {"error": DENIED})

    # -- requests

    def stale(self, request: Request) -> bool:
        lives_s = self.rec.lives_s()
        over = lives_s is not None and self.now_us() > self.rec.wall_us + lives_s * 1_000_000
        return over or super().stale(request)

    def unauthorized(self, request: Request) -> Reply:
        if not request.bearer:
            return Reply(401, {"success": False, "message": "Access token required"})
        return Reply(403, {"success": False, "message": "Invalid or expired token"})

    def signed_in(self, press: Press | None, intent: Intent) -> Reply:
        if press is not None:
            if press.frame["status"] != 200:
                return recorded(press.frame)
            return Reply(200, self.with_tokens(press.frame["response_body"]))
        facts = self.facts
        user = {"id": int(facts.me), "name": facts.name, "email": facts.login, "role": facts.role}
        return Reply(200, {"token": self.issue(), "user": {**user, "role_id": facts.claims()["role_id"]}})

    def read(self, request: Request, part: Part) -> Reply | None:
        path = request.path
        if path == "/api/chat/sessions":
            return self._sessions()
        if path == "/api/chat/unread-count":
            return self.captured(request) or Reply(200, {"success": True, "unreadCount": 0})
        history = HISTORY.fullmatch(path)
        if history:
            return self._history(request, history[1])
        session = SESSION.fullmatch(path)
        if session:
            return self._session(session[1])
        return self._bookings(request)

    def _listed(self) -> list[Record]:
        found = []
        for conv, item in sessions_at(self.story, self.index).items():
            if self._over(conv) and conv not in self.story.denied:
                continue
            kept = {key: value for key, value in item.items() if not key.startswith("_")}
            kept["service_status"] = bookings_at(self.story, self.index).get(
                number(item["booking_id"]), item["service_status"]
            )
            kept["unread_count"] = self._unread(conv, item)
            newest = [time_us(r["created_at"]) for r in self.heads.get(conv, {}).values()]
            if newest:
                kept["last_message_at"] = us_iso(max(newest))[:19].replace("T", " ")
                kept["message_count"] = max(int(kept["message_count"]), len(newest))
            found.append(kept)
        return found

    def _unread(self, conv: str, item: Record) -> int:
        told = item.get("unread_count")
        since = item.get("_at", -1) if told is not None else -1
        counted = [
            key
            for key, record in self.heads.get(conv, {}).items()
            if number(record.get("sender_id")) != self.facts.me
            and record.get("is_read") != 1
            and key not in self.marked
            and self.story.born.get(key, -1) > since
        ]
        return (int(told) if told is not None and not self.marked else 0) + len(counted)

    def _sessions(self) -> Reply:
        listed = sorted(self._listed(), key=lambda one: str(one["last_message_at"] or ""), reverse=True)
        return Reply(200, {"success": True, "sessions": listed})

    def _page(self, conv: str, limit: int, offset: int) -> tuple[list[Record], bool]:
        newest = self.history(conv)[::-1]
        page = newest[offset : offset + limit]
        return page[::-1], len(page) == limit

    def _history(self, request: Request, conv: str) -> Reply:
        if conv not in self.story.convs or self._over(conv):
            return Reply(403, {"error": DENIED})
        limit = min(200, max(1, request.number("limit", 50)))
        page, more = self._page(conv, limit, request.number("offset", 0))
        return Reply(200, {"success": True, "messages": page, "hasMore": more})

    def _session(self, conv: str) -> Reply:
        if conv not in self.story.convs or self._over(conv):
            return Reply(404, {"error": "Chat session not found"})
        item = next(one for one in self._listed() if one["session_id"] == int(conv))
        item.pop("unread_count", None)
        me = int(self.facts.me)
        other = next((o for o in self._others(conv)), 0)
        mine, theirs = ("customer", "provider") if self.facts.role == "customer" else ("provider", "customer")
        item.setdefault(f"{mine}_id", me)
        item.setdefault(f"{theirs}_id", other)
        item.setdefault("participants", [])
        return Reply(200, {"success": True, "session": item})

    def _others(self, conv: str) -> list[int]:
        found = {number(r.get("sender_id")) for r in self.heads.get(conv, {}).values()} - {self.facts.me, ""}
        return [int(one) for one in sorted(found)]

    def _bookings(self, request: Request) -> Reply | None:
        told = self.captured(request)
        if told is None and request.path.endswith("/worker/booking-requests"):
            pages = {"page": 1, "limit": 20, "total": 0, "pages": 0}
            words = "Booking requests retrieved successfully"
            told = Reply(200, {"message": words, "booking_requests": [], "pagination": pages})
        if told is not None and request.path.endswith("/worker/booking-requests") and told.status == 200:
            told = self._with_pressed(told, request)
        orders = bookings_at(self.story, self.index)
        if told is not None:
            body = copy.deepcopy(told.body)
            for one in [*rows(data_of(body, "booking_requests")), *rows(data_of(body, "bookings"))]:
                order = number(one.get("booking_id") or one.get("id"))
                if order in orders:
                    one["service_status"] = orders[order]
            one = data_of(body, "booking")
            if isinstance(one, dict) and number(one.get("id")) in orders:
                one["service_status"] = orders[number(one.get("id"))]
            return Reply(told.status, body, told.is_json, told.headers)
        path = request.path
        if path.endswith("/customer/bookings/history"):
            return Reply(200, {"bookings": [], "hasMore": False, "lastId": None})
        found = re.fullmatch(r"/api/(?:worker-management|customer)/bookings/(\d+)", path)
        if found and found[1] in orders:
            booking = {"id": int(found[1]), "user_id": 0, "service_status": orders[found[1]]}
            return Reply(200, {"success": True, "booking": booking})
        if found:
            return Reply(404, {"message": "Booking not found"})
        return page_not_found(request.method, path)

    def _with_pressed(self, told: Reply, request: Request) -> Reply:
        """The list with the bookings that the person changes, and that no answer of the recording has."""
        body = copy.deepcopy(told.body)
        known = {number(one.get("booking_id")) for one in rows(body["booking_requests"])}
        if request.number("page", 1) == 1:
            for press in self.story.intents("status"):
                order = press.intent.target
                if order not in known and not self.facts.impossible(self.story, press):
                    known.add(order)
                    made = {
                        "request_id": int(order) + 500_000,
                        "booking_id": int(order),
                        "status": "accepted",
                    }
                    body["booking_requests"].append({**made, "requested_at": "2026-01-01 00:00:00"})
        return Reply(told.status, body, told.is_json, told.headers)
