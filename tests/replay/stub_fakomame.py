"""Fakomame's server of a replay."""

from __future__ import annotations

import copy
import re
from typing import Any

from tests.replay.facts import data_of, rows
from tests.replay.facts_fakomame import ITEM, chat_at, items_at, status_before
from tests.replay.parts import Frame, Intent, Part, Press, Record
from tests.replay.recording import us_iso
from tests.replay.stub import Stub
from tests.replay.wire import Reply, Request, recorded

SNAPSHOT = 50
LONG_AGO = "2026-01-01T00:00:00.000Z"


class FakomameStub(Stub):
    """See Stub."""

    open_routes = ("/api/auth/login", "/api/auth/refresh", "/api/packages", "/api/trips", "/api/users/")
    bad_token_words = "Invalid authentication token"

    # -- events

    def may_push(self, frame: Frame) -> bool:
        told = frame["args"][0] if frame["args"] else None
        chat = data_of(told, "chatId")
        needs = frame["event"] in {"message:received", "typing:start", "typing:stop"}
        return not needs or chat in self.rooms or chat not in self.story.convs

    def history_form(self, record: Record, conv: str) -> Record:
        if "senderId" in record:
            return record
        sender = record.get("sender") or {}
        return {
            "id": record["id"],
            "chatId": conv,
            "senderId": sender.get("id"),
            "content": record.get("content"),
            "messageType": record.get("messageType"),
            "attachments": [],
            "isEdited": False,
            "isDeleted": False,
            "readBy": {},
            "createdAt": record["createdAt"],
            "updatedAt": record["createdAt"],
            "sender": {**sender, "avatar": None},
        }

    def auto_event(self, event: str, args: list[Any]) -> None:
        chat = args[0].get("chatId")
        if event != "chat:join":
            return
        if chat not in self.story.convs or chat in self.story.denied:
            self.emit("error", [{"message": "Access denied to this chat"}])
            return
        self.rooms.add(chat)
        newest = copy.deepcopy(self.history(chat)[-SNAPSHOT:])
        self.emit("chat:joined", [{"chatId": chat, "messages": newest}])

    def changed(self, intent: Intent, status: int | None) -> None:
        if intent.name == "leave_chat":
            self.rooms.discard(intent.conv)

    def refuse_send(self, intent: Intent) -> None:
        self.emit("error", [{"message": "Chat not found or access denied"}])

    def make_record(self, intent: Intent, msg_id: str, us: int, args: Any) -> Record:
        first, _, last = self.facts.name.partition(" ")
        return {
            "id": msg_id,
            "content": intent.text,
            "messageType": intent.kind,
            "sender": {"id": self.facts.me, "firstName": first, "lastName": last},
            "createdAt": us_iso(us),
            "chatId": intent.conv,
        }

    def echo(self, intent: Intent, record: Record, args: Any) -> None:
        if not isinstance(args, list) or intent.conv not in self.rooms:
            return
        short = ("id", "content", "messageType", "sender", "createdAt", "chatId")
        told = {key: record[key] for key in short if key in record}
        told["sender"] = {k: v for k, v in (record.get("sender") or {}).items() if k != "avatar"}
        self.emit("message:received", [{**told, "chatId": intent.conv}])

    def send_reply(self, record: Record) -> Reply:
        data = self.history_form(copy.deepcopy(record), str(record.get("chatId")))
        return Reply(200, {"success": True, "data": data, "message": "Message sent successfully"})

    def refused(self, intent: Intent) -> Reply:
        return _error(404, "Chat not found or access denied")

    # -- requests

    def unauthorized(self, request: Request) -> Reply:
        return _error(401, "Authentication required")

    def signed_in(self, press: Press | None, intent: Intent) -> Reply:
        if press is not None:
            if press.frame["status"] != 200:
                return recorded(press.frame)
            return Reply(200, self.with_tokens(press.frame["response_body"]))
        data = {
            "user": self._me(),
            "accessToken": self.issue(),
            "refreshToken": self.issue(refresh=True),
        }
        return Reply(200, {"success": True, "data": data, "message": "Login successful"})

    def _me(self) -> Record:
        facts = self.facts
        first, _, last = facts.name.partition(" ")
        return {
            "id": facts.me,
            "email": facts.login,
            "firstName": first,
            "lastName": last,
            "role": facts.role,
            "isActive": True,
        }

    def claims(self, refresh: bool) -> dict[str, Any]:
        about = self.facts.claims()
        return {"userId": about["userId"], "type": "refresh"} if refresh else about

    def read(self, request: Request, part: Part) -> Reply | None:
        path = request.path
        if path == "/api/auth/me":
            return Reply(200, {"success": True, "data": self._me()})
        if path == "/api/auth/refresh":
            return self._refresh(request)
        if part.reads is not None:
            return self._history(request, part.reads)
        if path == "/api/chats":
            chats = [self._chat(conv) for conv in self.story.convs if self._listed(conv)]
            return Reply(200, {"success": True, "data": chats})
        found = re.fullmatch(r"/api/chats/(c[a-z0-9]{24})", path)
        if found:
            return self._detail(found[1])
        if path in {"/api/packages", "/api/trips"}:
            return self._items(request, "package" if path == "/api/packages" else "trip")
        found = ITEM.fullmatch(path)
        if found:
            return self._item(request, found[1], found[2])
        if path == "/api/notifications":
            return self._notices(request)
        return None

    def _listed(self, conv: str) -> bool:
        return True

    def _refresh(self, request: Request) -> Reply:
        cookie = request.headers.get("cookie", "")
        token = cookie.partition("refreshToken=")[2].partition(";")[0]
        if token not in self.refreshes:
            self.wrong.append("refresh with a wrong token")
            return Reply(401, {"error": "Invalid or expired refresh token"})
        return Reply(200, {"success": True, "data": {"accessToken": self.issue(), "user": self._me()}})

    def _chat(self, conv: str) -> Record:
        chat = chat_at(self.story, conv, self.index)
        newest = self.history(conv)[-1:]
        items = items_at(self.story, self.index)
        for key in ("package", "trip"):
            item = data_of(chat.get(key), "id")
            if item in items:
                chat[key] = {**chat[key], "status": self._status(str(item), items[str(item)][1])}
        return {**chat, "messages": copy.deepcopy(newest) or chat.get("messages", [])[:1]}

    def _status(self, item: str, otherwise: str) -> str:
        """The status that the person has set here, else the recorded one."""
        for press in reversed(self.story.intents("status")):
            if press.intent.target == item and press.arrived and press.outcome == "stored":
                return press.intent.get["status"]
        return otherwise

    def _detail(self, conv: str) -> Reply:
        if conv not in self.story.convs or conv in self.story.denied:
            return _error(404, "Chat not found")
        shown = [one for one in self.history(conv) if not one.get("isDeleted")]
        return Reply(200, {"success": True, "data": {**self._chat(conv), "messages": copy.deepcopy(shown)}})

    def _history(self, request: Request, conv: str) -> Reply:
        if conv not in self.story.convs or conv in self.story.denied:
            return _error(404, "Chat not found or access denied")
        page, limit = max(1, request.number("page", 1)), max(1, request.number("limit", 50))
        newest = self.history(conv)[::-1]
        data = newest[(page - 1) * limit : page * limit][::-1]
        pages = -(-len(newest) // limit)
        about = {"page": page, "limit": limit, "total": len(newest), "pages": pages}
        inner = {
            "data": copy.deepcopy(data),
            "messages": "Messages fetched successfully",
            "pagination": about,
        }
        return Reply(200, {"success": True, "data": inner})

    def _items(self, request: Request, kind: str) -> Reply:
        found: dict[str, Record] = {}
        for frame in self.rec.frames:
            if frame["channel"] != "http" or frame["dir"] == "note" or frame["status"] != 200:
                continue
            known = max(self.index, self._first(request.path))
            if frame["path"] == request.path and frame["at"] <= known:
                found.update({str(one["id"]): one for one in rows(data_of(frame["response_body"]))})
        owner = "senderId" if kind == "package" else "travelerId"
        for press in self.story.intents("status"):
            if press.intent.get["item"] == f"{kind}s":
                item = press.intent.target
                made = {"id": item, owner: self.facts.me, "title": "Made up", "status": status_before(press)}
                found.setdefault(item, {**made, "createdAt": LONG_AGO, "updatedAt": LONG_AGO})
        page, limit = request.number("page", 1), request.number("limit", 20)
        shown = list(found.values())[(page - 1) * limit :]
        data = [{**one, "status": self._status(str(one["id"]), str(one.get("status")))} for one in shown]
        about = {"page": page, "limit": limit, "total": len(found), "totalPages": 1}
        return Reply(
            200, {"success": True, "data": data, "pagination": {**about, "hasNext": False, "hasPrev": False}}
        )

    def _first(self, path: str) -> int:
        """The first good answer of a list is what there was before."""
        for frame in self.rec.frames:
            if frame["channel"] == "http" and frame.get("path") == path and frame["status"] == 200:
                return int(frame["at"])
        return -1

    def _item(self, request: Request, route: str, item: str) -> Reply:
        told = self.captured(request)
        if told is not None and told.status == 200:
            data = told.body["data"]
            return Reply(200, {**told.body, "data": {**data, "status": self._status(item, data["status"])}})
        kind = "package" if route == "packages" else "trip"
        for press in self.story.intents("status"):
            if press.intent.target == item and press.intent.get["item"] == route:
                owner = "senderId" if kind == "package" else "travelerId"
                status = self._status(item, status_before(press))
                data = {"id": item, owner: self.facts.me, "title": "Made up", "status": status}
                return Reply(200, {"success": True, "data": {**data, "updatedAt": LONG_AGO}})
        for conv in self.story.convs:
            chat = chat_at(self.story, conv, self.index)
            stub = chat.get(kind)
            if isinstance(stub, dict) and stub.get("id") == item:
                status = self._status(item, str(stub.get("status")))
                return Reply(200, {"success": True, "data": {**stub, "status": status}})
        return _error(404, f"{kind.title()} not found")

    def _notices(self, request: Request) -> Reply:
        frames = [
            f
            for f in self.rec.frames
            if f["channel"] == "http" and f.get("path") == request.path and f["status"] == 200
        ]
        known: dict[str, Record] = {}
        for frame in frames:
            if frame["at"] <= self.index:
                told = rows(data_of(data_of(frame["response_body"]), "notifications"))
                known.update({str(one["id"]): one for one in told})
        for press in self.story.intents("notice_delete"):
            if press.arrived and press.outcome == "stored":
                known.pop(press.intent.target, None)
        about = {"page": 1, "total": len(known), "totalPages": 1}
        data = {"notifications": list(known.values()), "pagination": about, "unreadCount": 0}
        return Reply(200, {"success": True, "data": data})


def _error(status: int, words: str) -> Reply:
    return Reply(status, {"success": False, "error": words})
