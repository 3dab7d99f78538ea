"""What OMW's frames say: sessions are conversations, bookings are orders, sends are events."""

from __future__ import annotations

import datetime as dt
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
from tests.replay.recording import iso_us, made_up

HISTORY = re.compile(r"/api/chat/sessions/(\d+)/messages")
SESSION = re.compile(r"/api/chat/sessions/(\d+)")
STATUSES = {"accepted", "started", "arrived", "in_progress", "completed", "cancelled"}
KINDS = {"text", "image", "file"}
ROLES = {"provider": "worker", "service provider": "worker"}
PASSES = ("jpeg", "jpg", "png", "gif", "pdf", "doc", "docx", "txt")
BIGGEST = 10_485_759
PROGRESS = {
    "pending": "open",
    "pending_worker_assignment": "open",
    "booked": "open",
    "confirmed": "open",
    "assigned": "active",
    "accepted": "active",
    "started": "active",
    "en_route": "active",
    "arrived": "active",
    "in_progress": "active",
    "payment_required": "waiting",
    "pending_review": "waiting",
    "completed": "done",
    "cancelled": "cancelled",
}


def number(value: Any) -> str:
    """An id as text; empty where it is none."""
    if isinstance(value, bool):
        return ""
    if isinstance(value, int) and value > 0:
        return str(value)
    return value if isinstance(value, str) and re.fullmatch(r"[1-9]\d*", value) else ""


class OmwFacts(Facts):
    """See Facts."""

    platform = "omw"
    id_form = "int"
    id_pattern = r"[1-9]\d*"
    role_otherwise = "worker"
    typing_expire_ms = 3_000
    typing_repeat_ms = 2_000
    typing_stop_ms = 1_000

    def claims(self) -> dict[str, Any]:
        ids = {"customer": 1, "worker": 2, "admin": 3, "super admin": 4}
        return {
            "id": int(self.me),
            "email": self.login,
            "role": self.role,
            "role_id": ids.get(self.role, 2),
        }

    def seat(self) -> str:
        return self.role

    def identity_in(self, frame: Frame) -> Iterable[dict[str, Any]]:
        if frame["channel"] == "http" and frame["path"].startswith("/api/auth/login"):
            user = data_of(frame["response_body"], "user")
            if frame["status"] == 200 and isinstance(user, dict):
                yield {**user, "id": number(user.get("id"))}

    def own_in(self, frame: Frame) -> Iterable[str]:
        yield from super().own_in(frame)
        if frame["channel"] == "socket" and frame["dir"] == "in" and frame["event"] == "message_sent":
            sent = number(data_of(frame["args"][0], "messageId"))
            for other in self.rec.frames:
                for one in self.found(other) if other["dir"] != "note" else ():
                    if number(one.record.get("id")) == sent:
                        yield number(one.record.get("sender_id"))

    # -- roles

    def event_part(self, event: str, args: list[Any]) -> Part:
        told = args[0] if len(args) == 1 and isinstance(args[0], dict) else {}
        session = number(told.get("sessionId")) if isinstance(told.get("sessionId"), int) else ""
        if not session:
            return NEVER
        match event:
            case "join_chat":
                return AUTO
            case "leave_chat":
                return wants("leave_chat", conv=session)
            case "typing_start" | "typing_stop":
                return wants(event, conv=session)
            case "get_chat_history":
                return reads(session)
            case "mark_read":
                return self._marks(session, told)
            case "send_message":
                return self._sends(session, told)
        return NEVER

    def _marks(self, session: str, told: Record) -> Part:
        ids = told.get("messageIds")
        ids = [number(one) for one in ids] if isinstance(ids, list) else []
        if not ids or not all(ids):
            return NEVER
        return wants("read", conv=session, fields={"ids": ",".join(ids)})

    def _sends(self, session: str, told: Record) -> Part:
        known = {"sessionId", "content", "messageType", "fileUrl", "fileName", "fileSize"}
        extra = [key for key in told if key not in known and not re.match(r"(?i)client|temp", key)]
        kind = told.get("messageType", "text")
        size = told.get("fileSize")
        if extra or blank(told.get("content")) or kind not in KINDS:
            return NEVER
        if size is not None and (not isinstance(size, int) or isinstance(size, bool)):
            return NEVER
        files = {"url": told.get("fileUrl"), "name": told.get("fileName"), "size": size}
        if kind == "text" and any(files.values()):
            return NEVER
        kept = {key: value for key, value in files.items() if value is not None}
        return wants("send", conv=session, text=told["content"], kind=kind, fields=kept)

    def route_part(self, frame: Frame) -> Part:
        method, path, body = frame["method"], frame["path"], frame["request_body"]
        told = body if isinstance(body, dict) else {}
        if path == "/api/auth/login" and method == "POST":
            if any(blank(told.get(key)) for key in ("email", "password", "role")):
                return NEVER
            role = told["role"].lower()
            about = {"password": told["password"], "role": ROLES.get(role, role)}
            return wants("sign_in", target=told["email"], fields=about)
        if path == "/api/auth/login-otp" and method == "POST":
            if blank(told.get("phone")) or not re.fullmatch(r"\d{6}", text_of(told.get("otp"))):
                return NEVER
            about = {"password": "", "otp": told["otp"], "role": text_of(told.get("role"))}
            return wants("sign_in", target=told["phone"], fields=about)
        if not self.right_bearer(frame):
            return NEVER
        return self._chat(method, path, told) or self._booking(method, path, told)

    def _chat(self, method: str, path: str, told: Record) -> Part | None:
        found = HISTORY.fullmatch(path)
        if found and method == "GET":
            return reads(found[1])
        if found and method == "POST":
            return self._sends(found[1], {**told, "sessionId": int(found[1])})
        found = re.fullmatch(r"/api/chat/sessions/(\d+)/(messages/read|end)", path)
        if found and method == "PUT":
            if found[2] == "end":
                return wants("end_chat", conv=found[1])
            return self._marks(found[1], told)
        found = SESSION.fullmatch(path)
        if found and method == "DELETE":
            return wants("delete_chat", conv=found[1])
        if (method, path) == ("POST", "/api/chat/sessions"):
            booking = number(told.get("bookingId"))
            return wants("start_chat", target=booking, fields={"order": booking}) if booking else NEVER
        if (method, path) == ("POST", "/api/chat/upload"):
            return _upload(told)
        if path.startswith("/api/chat/"):
            return AUTO if method == "GET" else NEVER
        return None

    def _booking(self, method: str, path: str, told: Record) -> Part:
        if method == "GET":
            return AUTO
        work = "/api/worker-management"
        found = re.fullmatch(work + r"/worker/booking-requests/(\d+)", path)
        names = {"accepted": "accept", "rejected": "reject"}
        if found and method == "PUT" and told.get("status") in names:
            order = self._booking_of(found[1])
            return wants(names[told["status"]], target=found[1], fields={"order": order})
        found = re.fullmatch(work + r"/bookings/(\d+)/(status|generate-otp|verify-otp)", path)
        if found and (method, found[2]) == ("PUT", "status"):
            if told.get("status") not in STATUSES:
                return NEVER
            return wants("status", target=found[1], fields={"status": told["status"]})
        if found and (method, found[2]) == ("POST", "generate-otp"):
            return wants("request_code", target=found[1], fields={"order": found[1]})
        if found and (method, found[2]) == ("POST", "verify-otp"):
            code = text_of(told.get("otp"))
            if not re.fullmatch(r"\d{6}", code):
                return NEVER
            return wants("confirm_code", target=found[1], fields={"order": found[1], "f_code": code})
        found = re.fullmatch(r"/api/customer/bookings/(\d+)/cancel", path)
        if found and method == "PUT":
            return wants("status", target=found[1], fields={"status": "cancelled"})
        return NEVER

    def _booking_of(self, request: str) -> str:
        """The booking of a request, where a list names both."""
        for frame in self.rec.everything:
            for one in rows(data_of(frame.get("response_body"), "booking_requests")):
                if number(one.get("request_id")) == request:
                    return number(one.get("booking_id"))
        return request

    # -- messages

    def found(self, frame: Frame) -> list[Found]:
        if frame["channel"] == "http" and frame["dir"] != "note" and frame["status"] == 200:
            history = HISTORY.fullmatch(frame["path"])
            if history and frame["method"] == "GET":
                told = rows(data_of(frame["response_body"], "messages"))
                return [Found(history[1], one, "read") for one in told if number(one.get("id"))]
            if history:
                record = data_of(frame["response_body"], "message")
                return [Found(history[1], record, "sent")] if isinstance(record, dict) else []
        elif frame["channel"] == "socket" and frame["dir"] == "in" and frame["args"]:
            told = frame["args"][0]
            if frame["event"] == "new_message" and number(data_of(told, "id")):
                return [Found(number(told.get("session_id")), told, "push")]
            if frame["event"] == "chat_history":
                conv = number(data_of(told, "sessionId"))
                return [Found(conv, one, "read") for one in rows(data_of(told, "messages"))]
        return []

    def whole(self, frame: Frame) -> str | None:
        if frame["channel"] == "http" and frame["dir"] != "note" and frame["status"] == 200:
            history = HISTORY.fullmatch(frame["path"])
            first = str(frame["query"].get("offset", "0")) == "0"
            if history and frame["method"] == "GET" and first:
                return None if frame["response_body"].get("hasMore") else history[1]
        return None

    def message(self, record: Record, conv: str) -> Msg:
        kind = text_of(record.get("message_type"))
        return Msg(
            id=number(record.get("id")),
            conv=conv,
            sender=number(record.get("sender_id")),
            own=number(record.get("sender_id")) == self.me,
            kind=kind if kind in KINDS | {"system", "audio"} else "unknown",
            text=text_of(record.get("content")),
            at=(int(number(record.get("id")) or 0),),
            us=time_us(record.get("created_at")),
            read=record.get("is_read") == 1,
        )

    # -- outcomes

    def impossible(self, story: Any, press: Press) -> bool:
        """Also where the server does not know the booking, or not as the person's."""
        wanted = press.intent.get.get("status")
        if press.intent.name == "status" and self.role == "customer" and wanted != "cancelled":
            return True
        if press.intent.name == "status":
            for frame in self.rec.frames:
                if frame["channel"] != "http" or frame["dir"] == "note" or frame["method"] != "GET":
                    continue
                if frame["path"].endswith(f"/bookings/{press.intent.target}") and frame["status"] == 404:
                    return True
        return super().impossible(story, press)

    def closed_by(self, story: Any, press: Press) -> bool:
        """A session that the person has ended, or that was refused to what they sent, is over."""
        if press.intent.conv in story.denied:
            return False
        ends = {"end_chat": "stored", "delete_chat": "stored", "send": "refused"}
        return any(
            one.at < press.at
            and one.intent.conv == press.intent.conv
            and ends.get(one.intent.name) == one.outcome
            for one in story.presses
        )

    def consequences(self, press: Press, ins: list[Frame], taken: set[int]) -> None:
        intent = press.intent
        if intent.name == "leave_chat":
            self._left(press, ins)
        if intent.name in {"typing_start", "typing_stop", "read"}:
            press.outcome = "done"
        if intent.name != "send":
            return
        for frame in ins:
            if frame["event"] != "new_message" or frame["at"] in taken:
                continue
            msg = self.message(frame["args"][0], number(frame["args"][0].get("session_id")))
            if msg.own and (msg.conv, msg.text, msg.kind) == (intent.conv, intent.text, intent.kind):
                press.ins, press.id, press.outcome = [frame["at"]], msg.id, "stored"
                break
        for frame in ins:
            told = data_of(frame["args"][0], "messageId") if frame["args"] else None
            if press.id and frame["event"] == "message_sent" and number(told) == press.id:
                press.ins.append(frame["at"])
                break

    @staticmethod
    def _left(press: Press, ins: list[Frame]) -> None:
        for frame in ins:
            if frame["event"] == "left_chat":
                press.ins, press.outcome = [frame["at"]], "stored"
                return

    def answers_auto(self, frame: Frame, outs: list[Frame]) -> Frame | None:
        asked = {"joined_chat": "join_chat", "chat_history": "get_chat_history"}.get(frame["event"])
        return next((one for one in reversed(outs) if one["event"] == asked), None)

    def reason(self, words: str) -> str:
        return "closed" if words == "Access denied to this chat session" else ""

    def answered(self, press: Press) -> None:
        super().answered(press)
        words = str(data_of(press.frame["response_body"], "error"))
        if "only be created for active" in words or words == "Access denied to this chat session":
            press.reason = "closed"  # whoever is no party is answered as if the session had ended

    # -- pushes

    def typing(self, frame: Frame) -> tuple[str | None, str, str, bool] | None:
        if frame["event"] != "user_typing":
            return None
        told = frame["args"][0]
        who = number(told.get("userId"))
        if who == self.me:
            return None
        return number(told.get("sessionId")), who, text_of(told.get("userName")), told.get("isTyping") is True

    def names_of(self, record: Record) -> Iterable[str]:
        yield text_of(record.get("sender_name"))

    def read_by(self, frame: Frame) -> tuple[str, str, list[str] | None, int | None] | None:
        if frame["event"] != "messages_read":
            return None
        told = frame["args"][0]
        ids = told.get("messageIds")
        ids = [number(one) for one in ids] if isinstance(ids, list) else []
        return number(told.get("sessionId")), number(told.get("readerId")), [i for i in ids if i], None

    def convs_in(self, frame: Frame) -> Iterable[str]:
        if frame["channel"] == "socket":
            for one in frame["args"]:
                if isinstance(one, dict) and frame["event"] != "error":
                    yield number(one.get("sessionId") or one.get("session_id"))
            return
        found = re.match(r"/api/chat/sessions/(\d+)", frame["path"])
        if found and not (SESSION.fullmatch(frame["path"]) and frame["status"] == 404):
            yield found[1]
        if frame["path"] == "/api/chat/sessions" and frame["status"] == 200:
            for one in rows(data_of(frame["response_body"], "sessions")):
                yield number(one.get("session_id"))
            if frame["method"] == "POST":
                yield number(frame["response_body"].get("sessionId"))

    # -- our wire

    def wire(self, intent: Intent) -> dict[str, Any]:
        session = int(intent.conv) if intent.conv else 0
        about = intent.get
        work = "/api/worker-management"
        match intent.name:
            case "send":
                args: dict[str, Any] = {
                    "sessionId": session,
                    "content": intent.text,
                    "messageType": intent.kind,
                }
                if "url" in about:
                    args["fileUrl"] = about["url"]
                if "name" in about:
                    args["fileName"] = about["name"]
                if "size" in about:
                    args["fileSize"] = int(about["size"])
                return {"channel": "socket", "event": "send_message", "args": [args]}
            case "typing_start" | "typing_stop" | "leave_chat":
                return {"channel": "socket", "event": intent.name, "args": [{"sessionId": session}]}
            case "read":
                ids = [int(one) for one in about["ids"].split(",")]
                told = {"sessionId": session, "messageIds": ids}
                return {"channel": "socket", "event": "mark_read", "args": [told]}
            case "end_chat":
                return _http("PUT", f"/api/chat/sessions/{session}/end")
            case "delete_chat":
                return _http("DELETE", f"/api/chat/sessions/{session}")
            case "start_chat":
                return _http("POST", "/api/chat/sessions", {"bookingId": int(intent.target)})
            case "upload":
                return _http("POST", "/api/chat/upload", multipart(intent))
            case "accept" | "reject":
                status = {"accept": "accepted", "reject": "rejected"}[intent.name]
                return _http("PUT", f"{work}/worker/booking-requests/{intent.target}", {"status": status})
            case "status" if self.role == "customer":
                return _http("PUT", f"/api/customer/bookings/{intent.target}/cancel", {})
            case "status":
                return _http("PUT", f"{work}/bookings/{intent.target}/status", {"status": about["status"]})
            case "request_code":
                return _http("POST", f"{work}/bookings/{intent.target}/generate-otp", {})
            case "confirm_code":
                return _http("POST", f"{work}/bookings/{intent.target}/verify-otp", {"otp": about["f_code"]})
        if about.get("otp"):
            told = {"phone": intent.target, "otp": about["otp"], "role": about.get("role") or self.role}
            return _http("POST", "/api/auth/login-otp", told)
        told = {"email": intent.target, "password": about["password"], "role": about["role"]}
        return _http("POST", "/api/auth/login", told)

    # -- what is expected

    def conv_of_order(self, story: Any, order: str) -> str:
        items = sessions_at(story, END)
        return next((c for c, one in items.items() if number(one["booking_id"]) == order), "")

    def refused_socket(self, words: str) -> str:
        return "refused" if "inactive" in words else "needs_password"

    def token_at_end(self, story: Any) -> str:
        """A token that has run out is void, and there is no refresh; the socket outlives it."""
        lives_s = self.rec.lives_s()
        over = lives_s is not None and self.rec.everything[-1]["t_ms"] > lives_s * 1000
        return "needs_password" if over else "ok"

    def stays_online(self, story: Any) -> bool:
        """A socket that was open when the token ran out is, until it is cut."""
        ends_ms = (self.rec.lives_s() or 0) * 1000
        cuts = [beat.at for beat in story.beats if beat.what in {"down", "stop"} and beat.t_ms >= ends_ms]
        return not cuts or any(beat.what == "up" and beat.at > cuts[-1] for beat in story.beats)

    def send_refused(self, story: Any, press: Press) -> str | None:
        """Access is denied to who is no party, and just so where a session has ended."""
        return "closed" if press.intent.conv in story.denied else super().send_refused(story, press)

    def fresh_at(self, story: Any, press: Press, number_: int) -> tuple[Any, ...]:
        return (1_000_000 + number_,)

    def server_unread(self, story: Any, conv: str) -> Any:
        """The server counts messages of others that were not marked as read."""
        item = sessions_at(story, END).get(conv, {})
        marked = {
            one
            for press in story.intents("read")
            if press.intent.conv == conv and press.outcome != "refused"
            for one in self.markable(story, press)
        }
        told = item.get("unread_count")

        over = ended_at(story, conv) is not None

        def count(mark: tuple[Any, ...], start: int) -> int:
            if over:  # no list has it any more: what came since, as anywhere else
                return sum(
                    1
                    for one in story.versions
                    if story.conv_of[one] == conv
                    and story.born[one] > start
                    and not story.last(one).own
                    and story.last(one).kind != "system"
                    and (not mark or story.last(one).at > mark)
                )
            unread = [
                one
                for one in story.versions
                if story.conv_of[one] == conv
                and not story.last(one).own
                and not story.last(one).read
                and one not in marked
                and story.born[one] > (item.get("_at", -1) if told is not None else -1)
            ]
            return (int(told) if told is not None and not marked else 0) + len(unread)

        return count

    def conversations(self, story: Any, convs: list[str]) -> dict[str, dict[str, Any]]:
        items, orders = sessions_at(story, END), bookings_at(story, END)
        found = {}
        for conv in convs:
            booking = number(items[conv]["booking_id"])
            status = orders.get(booking, items[conv].get("service_status") or "")
            order = {"id": name_of(story, booking), "status": status, "progress": progress(status)}
            found[conv] = {"order": order, "lifecycle": lifecycle(story, conv), "live_only": False}
        return found

    def orders(self, story: Any) -> list[dict[str, Any]]:
        found = [{"id": name_of(story, o), "status": s} for o, s in bookings_at(story, END).items()]
        return sorted(found, key=lambda one: str(one["id"]))

    def sign_in_code(self, frame: Frame) -> str:
        return "auth_failed" if frame["status"] in {400, 401} else super().sign_in_code(frame)


# -- sessions and bookings ---------------------------------------------------------------------------------


def sessions_at(story: Any, index: int) -> dict[str, dict[str, Any]]:
    """Every session that the person ever had, as the list shows it at an index; `_at`: when it was told."""
    found: dict[str, dict[str, Any]] = {}
    for conv in story.convs:
        found[conv] = {
            "session_id": int(conv),
            "booking_id": int(_booking_near(story, conv)),
            "message_count": 0,
            "last_message_at": None,
            "created_at": "2026-01-01 00:00:00",
            "customer_name": "Made Up Customer",
            "customer_phone": "5550000000",
            "provider_name": "Made Up Worker",
            "provider_phone": "5550000001",
            "service_status": "assigned",
            "booking_type": "service",
            "scheduled_time": "2026-12-01 12:00:00",
            "service_name": "Made-up service",
            "service_description": None,
            "user_role": "customer" if story.facts.role == "customer" else "provider",
        }
    told: list[tuple[int, Record]] = []
    for frame in story.rec.frames:
        if frame["channel"] == "http" and frame["dir"] != "note" and frame["status"] == 200:
            body = frame["response_body"]
            if frame["path"] == "/api/chat/sessions" and frame["method"] == "GET":
                told += [(frame["at"], one) for one in rows(data_of(body, "sessions"))]
            elif SESSION.fullmatch(frame["path"]) and isinstance(data_of(body, "session"), dict):
                told.append((frame["at"], body["session"]))
    seen: set[str] = set()
    for at, one in told:
        conv = number(one.get("session_id"))
        if conv in found and (at <= index or conv not in seen):
            seen.add(conv)
            found[conv].update(one)
            if "unread_count" in one:
                found[conv]["_at"] = at
    return found


def _booking_near(story: Any, conv: str) -> str:
    """The booking of a session, from anybody's answers; else one made up."""
    for frame in story.rec.everything:
        body = frame.get("response_body")
        for one in [*rows(data_of(body, "sessions")), data_of(body, "session")]:
            if isinstance(one, dict) and number(one.get("session_id")) == conv:
                return number(one.get("booking_id"))
        if frame.get("path") == "/api/chat/sessions" and number(data_of(body, "sessionId")) == conv:
            return number(data_of(frame["request_body"], "bookingId"))
    return made_up("int", "booking", conv)


def name_of(story: Any, booking: str) -> str:
    """An order's id as the dump names it."""
    made = {made_up("int", "booking", conv) for conv in story.convs}
    return "new" if booking in made else booking


def bookings_at(story: Any, index: int) -> dict[str, str]:
    """Status of every booking that the person's lists and sessions name."""
    found: dict[str, str] = {}
    for item in sessions_at(story, index).values():
        if item:
            found[number(item["booking_id"])] = text_of(item.get("service_status"))
    for frame in story.rec.frames:
        if (
            frame["channel"] != "http"
            or frame["dir"] == "note"
            or frame["status"] != 200
            or frame["at"] > index
        ):
            continue
        body = frame["response_body"]
        for one in [*rows(data_of(body, "booking_requests")), *rows(data_of(body, "bookings"))]:
            found[number(one.get("booking_id") or one.get("id"))] = text_of(one.get("service_status"))
        one = data_of(body, "booking")
        if isinstance(one, dict):
            found[number(one.get("id"))] = text_of(one.get("service_status"))
    for press in story.intents("status"):
        if not story.facts.impossible(story, press):
            found.setdefault(press.intent.target, "assigned")
    for press in story.presses:
        if not done_by(press, index):
            continue
        name, order = press.intent.name, press.intent.get.get("order", press.intent.target)
        if name == "status":
            found[press.intent.target] = press.intent.get["status"]
        elif name == "accept":
            found[order] = "assigned"
        elif name == "confirm_code":
            found[order] = "in_progress"
    return {order: status for order, status in found.items() if order}


def ended_at(story: Any, conv: str) -> tuple[int, str] | None:
    """When and how a session was ended or deleted, by anybody."""
    last = None
    for frame in story.rec.everything:
        if frame["channel"] != "http" or frame["dir"] == "note" or frame["status"] != 200:
            continue
        if frame["path"] == f"/api/chat/sessions/{conv}/end" and frame["method"] == "PUT":
            last = (frame["at"], "ended")
        elif frame["path"] == f"/api/chat/sessions/{conv}" and frame["method"] == "DELETE":
            last = (frame["at"], "deleted")
    return last


def lifecycle(story: Any, conv: str) -> str:
    """Whether a session may still be written to."""
    if conv in story.denied:
        return "ended"
    told = ended_at(story, conv)
    if told is None:
        return "open"
    mine = any(p.outcome == "stored" and p.intent.conv == conv for p in story.intents("delete_chat"))
    return "deleted" if mine else "ended"


def progress(status: str) -> str:
    """A status reduced to what all platforms share."""
    return PROGRESS.get(status, "unknown")


def time_us(value: Any) -> int:
    """A time in either of the forms; without a zone it is taken as UTC."""
    if not isinstance(value, str):
        return 0
    if "T" in value:
        return iso_us(value)
    moment = dt.datetime.fromisoformat(value).replace(tzinfo=dt.UTC)
    return (moment - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1)


def _http(method: str, route: str, args: Any = None) -> dict[str, Any]:
    return {"channel": "http", "method": method, "route": route, "args": args}


def _upload(told: Record) -> Part:
    """One part named file, of a sort and size that the server takes."""
    parts = rows(told.get("multipart"))
    if len(parts) != 1 or parts[0].get("field") != "file":
        return NEVER
    name, kind = str(parts[0].get("filename", "")), str(parts[0].get("content_type", ""))
    ending = name.rsplit(".", 1)[-1].lower() if "." in name else ""
    fits = any(one in ending for one in PASSES) and any(one in kind for one in PASSES)
    if not fits or int(parts[0].get("size") or 0) > BIGGEST:
        return NEVER
    return wants("upload", target=name, fields={"content_type": kind, "size": parts[0].get("size") or 0})


def dumped(value: Any) -> str:
    """A JSON value as text."""
    return json.dumps(value)
