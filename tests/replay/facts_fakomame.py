"""What Fakomame's frames say: chats about packages and trips, joined on each connection, sent to by event."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from tests.replay.facts import Facts, blank, data_of, rows, text_of
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

KINDS = {"text", "image", "file", "location"}
PACKAGE = {
    "DRAFT": "open",
    "POSTED": "open",
    "MATCHED": "active",
    "IN_TRANSIT": "active",
    "DELIVERED": "done",
    "DISPUTED": "waiting",
    "CANCELLED": "cancelled",
}
TRIP = {"POSTED": "open", "ACTIVE": "active", "COMPLETED": "done", "CANCELLED": "cancelled"}
ITEM = re.compile(r"/api/(packages|trips)/([^/]+)")
LIMIT_CHARS = 1_000


class FakomameFacts(Facts):
    """See Facts."""

    platform = "fakomame"
    id_form = "cuid"
    id_pattern = r"c[a-z0-9]{24}"
    role_otherwise = "SENDER"
    typing_stop_ms = 1_000

    def claims(self) -> dict[str, Any]:
        return {
            "userId": self.me,
            "email": self.login,
            "role": self.role,
            "iss": "amenade",
            "aud": "amenade-users",
        }

    def identity_in(self, frame: Frame) -> Iterable[dict[str, Any]]:
        if frame["channel"] != "http" or frame["status"] != 200:
            return
        data = data_of(frame["response_body"])
        user = data_of(data, "user") if frame["path"] == "/api/auth/login" else None
        if frame["path"] == "/api/auth/me":
            user = data
        if frame["path"] == "/api/auth/refresh":
            user = data_of(data, "user")
        if isinstance(user, dict):
            yield user
        if frame["path"] == "/api/chats" and frame["method"] == "GET" and self.right_bearer(frame):
            everywhere = [{p.get("userId") for p in rows(one.get("participants"))} for one in rows(data)]
            common = set.intersection(*everywhere) if len(everywhere) > 1 else set()
            if len(common) == 1:
                yield {"id": common.pop()}

    # -- roles

    def event_part(self, event: str, args: list[Any]) -> Part:
        told = args[0] if len(args) == 1 and isinstance(args[0], dict) else {}
        chat = told.get("chatId")
        if not self.is_id(chat):
            return NEVER
        match event:
            case "chat:join":
                return AUTO
            case "chat:leave":
                return wants("leave_chat", conv=chat)
            case "typing:start" | "typing:stop":
                return wants(event.replace(":", "_"), conv=chat)
            case "message:send":
                return self._sends(told)
        return NEVER

    def _sends(self, told: Record) -> Part:
        known = {"chatId", "content", "type", "attachments"}
        extra = [key for key in told if key not in known and not re.match(r"(?i)client|temp", key)]
        kind, files = told.get("type", "text"), told.get("attachments")
        if extra or blank(told.get("content")) or kind not in KINDS or not self.is_id(told.get("chatId")):
            return NEVER
        if len(told["content"]) > LIMIT_CHARS or not (files is None or isinstance(files, list)):
            return NEVER
        about: dict[str, Any] = {}
        for one in rows(files)[:1]:
            about = {
                "url": one.get("data") or one.get("url") or "",
                "name": one.get("name", ""),
                "content_type": one.get("type", ""),
            }
        return wants("send", conv=told["chatId"], text=told["content"], kind=kind, fields=about)

    def route_part(self, frame: Frame) -> Part:
        method, path, body = frame["method"], frame["path"], frame["request_body"]
        told = body if isinstance(body, dict) else {}
        if (method, path) == ("POST", "/api/auth/login"):
            email, password = told.get("email"), told.get("password")
            if blank(email) or blank(password):
                return NEVER
            return wants("sign_in", target=email, fields={"password": password})
        if path == "/api/auth/refresh":
            cookie = str(frame["headers"].get("cookie", ""))
            return AUTO if cookie.startswith("refreshToken=<refresh") or frame["at"] < 0 else NEVER
        if method == "GET" and re.match(r"/api/(packages|trips)(/|$)|/api/users/", path):
            return AUTO
        if not self.right_bearer(frame):
            return NEVER
        if (method, path) == ("POST", "/api/auth/logout"):
            return wants("sign_out")
        if method == "GET":
            chat = frame["query"].get("chatId")
            return reads(chat) if path == "/api/chats/messages" and self.is_id(chat) else AUTO
        return self._change(method, path, told)

    def _change(self, method: str, path: str, told: Record) -> Part:
        if (method, path) == ("POST", "/api/chats/messages"):
            return self._sends(told)
        if (method, path) == ("POST", "/api/chats"):
            if self.is_id(told.get("participantId")) and self.is_id(told.get("itemId")):
                about = {
                    "order": told["itemId"],
                    "person": told["participantId"],
                    "item": told.get("itemType"),
                }
                return wants("start_chat", target=told["itemId"], fields=about)
            return NEVER
        found = ITEM.fullmatch(path)
        if found and method == "PUT" and set(told) == {"status"}:
            known = PACKAGE if found[1] == "packages" else TRIP
            if told["status"] in known:
                about = {"status": told["status"], "item": found[1]}
                return wants("status", target=found[2], fields=about)
            return NEVER
        found = re.fullmatch(r"/api/notifications/([^/]+)(/read)?", path)
        if found and (method, found[1]) == ("PUT", "read-all"):
            return wants("notices_read")
        if found and method == "PUT" and found[2]:
            return wants("notice_read", target=found[1])
        if found and method == "DELETE":
            return wants("notice_delete", target=found[1])
        return NEVER

    # -- messages

    def found(self, frame: Frame) -> list[Found]:
        if frame["channel"] == "http" and frame["dir"] != "note" and frame["status"] == 200:
            return self._answered(frame)
        if frame["channel"] == "socket" and frame["dir"] == "in" and frame["args"]:
            told = frame["args"][0]
            if frame["event"] == "message:received" and self.is_id(data_of(told, "id")):
                return [Found(str(told.get("chatId")), told, "push")]
            if frame["event"] == "chat:joined" and self.is_id(data_of(told, "chatId")):
                return [Found(told["chatId"], one, "read") for one in rows(told.get("messages"))]
        return []

    def _answered(self, frame: Frame) -> list[Found]:
        data = data_of(frame["response_body"])
        if frame["path"] == "/api/chats/messages" and frame["method"] == "GET":
            return [Found(one["chatId"], one, "read") for one in rows(data_of(data))]
        if frame["path"] == "/api/chats/messages" and isinstance(data, dict) and self.is_id(data.get("id")):
            return [Found(data["chatId"], data, "sent")]
        chats = rows(data) if frame["path"] == "/api/chats" else []
        if re.fullmatch(r"/api/chats/c[a-z0-9]{24}", frame["path"]) and isinstance(data, dict):
            chats = [data]
        return [
            Found(one.get("chatId") or chat["id"], one, "read")
            for chat in chats
            for one in rows(chat.get("messages"))
        ]

    def whole(self, frame: Frame) -> str | None:
        if frame["channel"] == "http" and frame["dir"] != "note" and frame["status"] == 200:
            page = data_of(data_of(frame["response_body"]), "pagination")
            asked = frame["path"] == "/api/chats/messages" and frame["method"] == "GET"
            if asked and isinstance(page, dict):
                whole = page.get("pages") in {0, 1} and page.get("page") == 1 and page.get("limit", 0) > 0
                return frame["query"].get("chatId") if whole else None
        if frame["channel"] == "socket" and frame["dir"] == "in" and frame["event"] == "chat:joined":
            told = frame["args"][0] if frame["args"] else None
            messages = data_of(told, "messages")
            if isinstance(messages, list) and len(messages) < 50:
                return str(data_of(told, "chatId"))
        return None

    def message(self, record: Record, conv: str) -> Msg:
        sender = data_of(record.get("sender"), "id") or record.get("senderId") or ""
        kind = text_of(record.get("messageType"))
        return Msg(
            id=str(record["id"]),
            conv=conv,
            sender=str(sender),
            own=sender == self.me,
            kind=kind if kind in KINDS | {"system"} else "unknown",
            text=text_of(record.get("content")),
            at=(iso_us(record["createdAt"]), str(record["id"])),
            us=iso_us(record["createdAt"]),
            deleted=record.get("isDeleted") is True,
            edited=record.get("isEdited") is True,
        )

    # -- outcomes

    def consequences(self, press: Press, ins: list[Frame], taken: set[int]) -> None:
        intent = press.intent
        if intent.name != "send":
            press.outcome = "done"
            return
        for frame in ins:
            if frame["event"] != "message:received" or frame["at"] in taken:
                continue
            msg = self.message(frame["args"][0], str(frame["args"][0].get("chatId")))
            if msg.own and (msg.conv, msg.text, msg.kind) == (intent.conv, intent.text, intent.kind):
                press.ins, press.id, press.outcome = [frame["at"]], msg.id, "stored"
                return

    def answers_auto(self, frame: Frame, outs: list[Frame]) -> Frame | None:
        if frame["event"] != "chat:joined":
            return None
        chat = data_of(frame["args"][0] if frame["args"] else None, "chatId")
        return next(
            (o for o in reversed(outs) if o["event"] == "chat:join" and str(chat) in str(o["args"])), None
        )

    # -- pushes

    def typing(self, frame: Frame) -> tuple[str | None, str, str, bool] | None:
        if frame["event"] not in {"typing:start", "typing:stop"}:
            return None
        told = frame["args"][0]
        if told.get("userId") == self.me:
            return None
        if told["userId"] not in self.people(told["chatId"]):
            return None
        return told["chatId"], told["userId"], text_of(told.get("userName")), frame["event"] == "typing:start"

    def presence(self, frame: Frame) -> tuple[str | None, str, str] | None:
        states = {"user:online": "online", "user:offline": "offline"}
        if frame["event"] not in states or frame["args"][0].get("userId") == self.me:
            return None
        return None, frame["args"][0]["userId"], states[frame["event"]]

    def places(self, story: Any, person: str) -> list[str]:
        return [conv for conv in story.convs if conv not in story.denied and person in self.people(conv)]

    def people(self, conv: str) -> list[str]:
        """Who takes part in a chat: from anybody's lists, and from who wrote there."""
        found: dict[str, None] = {self.me: None}
        for frame in self.rec.everything:
            if frame["channel"] not in {"http", "socket"} or frame["dir"] == "note":
                continue
            for chat in chats_in(frame):
                if chat.get("id") == conv:
                    found.update(dict.fromkeys(str(p.get("userId")) for p in rows(chat.get("participants"))))
            for one in self.found(frame):
                if one.conv == conv:
                    found.setdefault(self.message(one.record, conv).sender)
            if frame["channel"] == "socket" and frame["dir"] == "out" and frame["event"] == "chat:join":
                about = (self.rec.raw.get("actors") or {}).get(frame["actor"]) or {}
                asked = frame["args"][0] if frame["args"] and isinstance(frame["args"][0], dict) else {}
                plain = frame.get("conn") in {None, "1"}
                if asked.get("chatId") == conv and about.get("user_id") and plain:
                    found.setdefault(str(about["user_id"]))
        return [one for one in found if one]

    def convs_in(self, frame: Frame) -> Iterable[str]:
        if frame["channel"] == "socket":
            for one in frame["args"]:
                chat = data_of(one, "chatId")
                if self.is_id(chat) and frame["event"] not in {"typing:start", "typing:stop"}:
                    yield chat
            return
        for chat in chats_in(frame):
            yield str(chat.get("id"))
        chat = frame["query"].get("chatId")
        if self.is_id(chat) and frame["path"] == "/api/chats/messages":
            yield chat

    # -- our wire

    def wire(self, intent: Intent) -> dict[str, Any]:
        about = intent.get
        args: Any = None
        match intent.name:
            case "send":
                told: dict[str, Any] = {"chatId": intent.conv, "content": intent.text}
                if intent.kind != "text":
                    told["type"] = intent.kind
                if "url" not in about:
                    return {"channel": "socket", "event": "message:send", "args": [told]}
                field = "data" if about["url"].startswith("data:") else "url"
                told["attachments"] = [
                    {"name": about["name"], "type": about["content_type"], field: about["url"]}
                ]
                method, route, args = "POST", "/api/chats/messages", told
            case "typing_start" | "typing_stop":
                event = intent.name.replace("_", ":")
                return {"channel": "socket", "event": event, "args": [{"chatId": intent.conv}]}
            case "leave_chat":
                return {"channel": "socket", "event": "chat:leave", "args": [{"chatId": intent.conv}]}
            case "start_chat":
                method, route = "POST", "/api/chats"
                args = {
                    "participantId": about["person"],
                    "itemType": about["item"],
                    "itemId": about["order"],
                    "chatType": "CHAT",
                }
            case "status":
                method, route = "PUT", f"/api/{about['item']}/{intent.target}"
                args = {"status": about["status"]}
            case "notice_read":
                method, route = "PUT", f"/api/notifications/{intent.target}/read"
            case "notices_read":
                method, route = "PUT", "/api/notifications/read-all"
            case "notice_delete":
                method, route = "DELETE", f"/api/notifications/{intent.target}"
            case "sign_out":
                method, route = "POST", "/api/auth/logout"
            case _:
                method, route = "POST", "/api/auth/login"
                args = {"email": intent.target, "password": about["password"]}
        return {"channel": "http", "method": method, "route": route, "args": args}

    # -- what is expected

    def dropped(self, story: Any) -> dict[str, int]:
        """Typing of people who are not in the chat."""
        count = 0
        for beat in story.beats:
            if beat.what != "push" or beat.frame.get("event") not in {"typing:start", "typing:stop"}:
                continue
            told = beat.frame["args"][0]
            if told.get("chatId") in story.convs and told.get("userId") not in self.people(told["chatId"]):
                count += 1
        return {"foreign": count} if count else {}

    def conv_of_order(self, story: Any, order: str) -> str:
        told = self.conversations(story, story.convs)
        return next((c for c, one in told.items() if one["order"] and one["order"]["id"] == order), "")

    def refused_socket(self, words: str) -> str:
        return "refused" if "inactive" in words else "needs_password"

    def sign_in_code(self, frame: Frame) -> str:
        return "auth_failed" if frame["status"] in {400, 401, 422} else super().sign_in_code(frame)

    def conversations(self, story: Any, convs: list[str]) -> dict[str, dict[str, Any]]:
        found = {}
        items = items_at(story, END)
        for conv in convs:
            chat = chat_at(story, conv, END)
            order = None
            for key, of, known in (("packageId", "package", PACKAGE), ("tripId", "trip", TRIP)):
                item = chat.get(key) or data_of(chat.get(of), "id")
                if item and order is None:
                    status = items.get(item, (of, text_of(data_of(chat.get(of), "status"))))[1]
                    order = {"id": item, "status": status, "progress": known.get(status, "unknown")}
            people = {str(one.get("userId")) for one in rows(chat.get("participants"))}
            alone = chat.get("type") == "NOTIFICATION" and not people - {self.me}
            closed = conv in story.denied or chat.get("isActive") is False or alone
            found[conv] = {
                "order": order,
                "lifecycle": "read_only" if closed else "open",
                "live_only": False,
            }
        return found

    def orders(self, story: Any) -> list[dict[str, Any]]:
        found = {item: status for item, (_, status) in items_at(story, END).items()}
        return [{"id": item, "status": found[item]} for item in sorted(found)]


# -- chats, packages and trips -----------------------------------------------------------------------------


def chats_in(frame: Frame) -> list[Record]:
    """Chats in the answers of a frame."""
    if frame["channel"] != "http" or frame["dir"] == "note" or frame["status"] != 200:
        return []
    data = data_of(frame["response_body"])
    if frame["path"] == "/api/chats":
        return rows(data) if isinstance(data, list) else [data] if isinstance(data, dict) else []
    if re.fullmatch(r"/api/chats/c[a-z0-9]{24}", frame["path"]) and isinstance(data, dict):
        return [data]
    return []


def chat_at(story: Any, conv: str, index: int) -> Record:
    """A chat as the list shows it as of an index; from anybody's list where the person's own lacks it."""
    mine = [(f["at"], one) for f in story.rec.frames for one in chats_in(f) if one.get("id") == conv]
    others = [(f["at"], one) for f in story.rec.everything for one in chats_in(f) if one.get("id") == conv]
    told = [one for at, one in mine if at <= index] or [one for _, one in mine[:1] or others[:1]]
    if told:
        return dict(told[-1])
    people = [{"userId": one, "user": _user(story, one)} for one in story.facts.people(conv)]
    if len(people) == 1:
        other = made_up("cuid", "other", conv)
        people.append({"userId": other, "user": {"id": other, "firstName": "Made", "lastName": "Up"}})
    return {
        "id": conv,
        "type": "CHAT",
        "packageId": None,
        "tripId": None,
        "isActive": True,
        "lastMessageAt": None,
        "createdAt": "2026-01-01T00:00:00.000Z",
        "updatedAt": "2026-01-01T00:00:00.000Z",
        "participants": people,
        "messages": [],
        "package": None,
        "trip": None,
    }


def _user(story: Any, person: str) -> Record:
    """The account of a person, as far as the recording names it."""
    names = story.rec.raw.get("actors") or {}
    for about in names.values():
        if isinstance(about, dict) and about.get("user_id") == person:
            first, _, last = str(about.get("name") or "Made Up").partition(" ")
            return {"id": person, "firstName": first, "lastName": last, "email": about.get("email")}
    return {"id": person, "firstName": "Made", "lastName": "Up"}


def status_before(press: Press) -> str:
    """What an item of which nothing else is known was before the person changed it."""
    return "POSTED" if press.intent.get["status"] != "POSTED" else "CANCELLED"


def items_at(story: Any, index: int) -> dict[str, tuple[str, str]]:
    """Packages and trips that are the person's, or that their chats are about: kind and status."""
    me = story.facts.me
    found: dict[str, tuple[str, str]] = {}
    for conv in story.convs:
        if conv not in story.denied:
            chat = chat_at(story, conv, index)
            for key, of in (("packageId", "package"), ("tripId", "trip")):
                item = chat.get(key) or data_of(chat.get(of), "id")
                if item:
                    found[item] = (of, text_of(data_of(chat.get(of), "status")))
                    break
    for press in story.intents("status"):
        of = "package" if press.intent.get["item"] == "packages" else "trip"
        found.setdefault(press.intent.target, (of, status_before(press)))
        if done_by(press, index):
            found[press.intent.target] = (of, press.intent.get["status"])
    for frame in story.rec.frames:
        if frame["channel"] != "http" or frame["dir"] == "note" or (frame["status"] or 500) != 200:
            continue
        if frame["at"] > index:
            break
        data = data_of(frame["response_body"])
        match = re.match(r"/api/(packages|trips)(/|$)", frame["path"])
        if match:
            of, owner = ("package", "senderId") if match[1] == "packages" else ("trip", "travelerId")
            for one in rows(data) or ([data] if isinstance(data, dict) else []):
                if one.get(owner) == me or one.get("receiverId") == me or one.get("id") in found:
                    found[str(one["id"])] = (of, text_of(one.get("status")))
    return found
