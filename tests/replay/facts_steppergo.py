"""What StepperGO's frames say: one conversation per trip, addressed by two ids, matched by our own."""

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

KINDS = {"TEXT": "text", "IMAGE": "image", "FILE": "file", "LOCATION": "location"}
SHOWN = {**KINDS, "SYSTEM": "text"}
"""Anybody can send SYSTEM: it is not to be trusted as the platform's own."""
HISTORY = re.compile(r"/api/messages/(c[a-z0-9]{24})")
PROGRESS = {
    "DRAFT": "open",
    "PUBLISHED": "open",
    "OFFERED": "open",
    "FULL": "open",
    "IN_PROGRESS": "active",
    "DEPARTED": "active",
    "EN_ROUTE": "active",
    "DRIVER_ARRIVED": "active",
    "PASSENGERS_BOARDED": "active",
    "IN_TRANSIT": "active",
    "DELAYED": "waiting",
    "ARRIVED": "active",
    "COMPLETED": "done",
    "CANCELLED": "cancelled",
}
SETTABLE = set(PROGRESS) - {"DRAFT", "PUBLISHED", "OFFERED", "FULL"}
LIMIT_CHARS = 1_000


class SteppergoFacts(Facts):
    """See Facts."""

    platform = "steppergo"
    id_form = "cuid"
    id_pattern = r"c[a-z0-9]{24}"
    has_jwt = False
    typing_expire_ms = 3_000
    typing_repeat_ms = 2_000
    typing_stop_ms = 1_000

    def __init__(self, *about: Any) -> None:
        super().__init__(*about)
        self.trips: dict[str, str] = {}
        self.driver = ""
        for frame in self.rec.everything:
            self._trip_of(frame)
        self._pair()

    def _pair(self) -> None:
        """One trip without a conversation and one conversation without a trip belong together."""
        trips: set[str] = set()
        talks: set[str] = set()
        for frame in self.rec.everything:
            for one in frame["args"] if frame["channel"] == "socket" and "args" in frame else ():
                trips.update(v for v in [data_of(one, "tripId")] if self.is_id(v))
                talks.update(v for v in [data_of(one, "conversationId")] if self.is_id(v))
        trips -= set(self.trips.values())
        talks -= set(self.trips)
        if len(trips) == len(talks) == 1:
            self.trips[talks.pop()] = trips.pop()

    def _trip_of(self, frame: Frame) -> None:
        """Learn which conversation belongs to which trip, from anybody's frames."""
        if frame["channel"] == "http" and frame["dir"] != "note":
            data = data_of(frame["response_body"])
            history = HISTORY.fullmatch(frame["path"])
            if history and isinstance(data_of(data, "conversationId"), str):
                self.trips[data["conversationId"]] = history[1]
            trip = data_of(frame["request_body"], "tripId")
            if isinstance(trip, str) and isinstance(data_of(data, "conversationId"), str):
                self.trips[data["conversationId"]] = trip
            driver = data_of(data_of(frame["response_body"], "driver"), "id")
            if isinstance(driver, str) and frame["path"] == "/api/drivers/login":
                self.driver = driver
            found = re.fullmatch(r"/api/drivers/(c[a-z0-9]{24})/trips", frame["path"])
            if found:
                self.driver = self.driver or found[1]
        elif frame["channel"] == "socket" and frame["event"] == "conversation:joined" and frame["args"]:
            told = frame["args"][0]
            self.trips[str(told.get("conversationId"))] = str(told.get("tripId"))

    def trip(self, conversation: Any) -> str:
        """The trip of a conversation."""
        if not self.is_id(conversation):
            return ""
        return self.trips.get(conversation) or made_up("cuid", "trip", conversation)

    def conversation(self, trip: str) -> str:
        """The conversation of a trip."""
        found = next((one for one, of in self.trips.items() if of == trip), "")
        return found or made_up("cuid", "conversation", trip)

    def identify(self) -> None:
        super().identify()
        self.driver = self.driver or made_up("cuid", "driver")

    def usual_role(self) -> str:
        """As answers have it; else the first person drives."""
        for frame in self.rec.everything:
            for user in people_in(frame):
                if user.get("id") == self.me and user.get("role"):
                    return str(user["role"])
        return "DRIVER" if self.rec.actor[:1] == "A" else "PASSENGER"

    def seat(self) -> str:
        return "driver" if self.role == "DRIVER" else "traveller"

    def identity_in(self, frame: Frame) -> Iterable[dict[str, Any]]:
        if frame["channel"] == "http" and frame["path"] in {"/api/auth/login", "/api/drivers/login"}:
            user = data_of(frame["response_body"], "user")
            token = data_of(data_of(frame["response_body"], "session"), "token")
            if frame["status"] == 200 and isinstance(user, dict) and self.rec.is_right(token):
                yield user
        if frame["channel"] == "http" and frame["dir"] != "note" and self.right_bearer(frame):
            for one in rows(data_of(data_of(frame["response_body"]), "participants")):
                if one.get("unreadCount") is not None and isinstance(one.get("user"), dict):
                    yield one["user"]

    # -- roles

    def event_part(self, event: str, args: list[Any]) -> Part:
        told = args[0] if len(args) == 1 and isinstance(args[0], dict) else {}
        if event == "join:conversation":
            return AUTO if self.is_id(told.get("tripId")) else NEVER
        if event == "passenger:subscribe":
            return AUTO if isinstance(told.get("tripIds"), list) else NEVER
        trip = self.trip(told.get("conversationId"))
        if not trip:
            return NEVER
        match event:
            case "typing:start" | "typing:stop":
                return wants(event.replace(":", "_"), conv=trip)
            case "messages:read":
                return wants("read", conv=trip)
            case "message:send":
                return self._sends(trip, told)
        return NEVER

    def _sends(self, trip: str, told: Record) -> Part:
        known = {"conversationId", "tripId", "content", "type", "metadata"}
        extra = [key for key in told if key not in known and not re.match(r"(?i)client|temp", key)]
        kind, more = told.get("type", "TEXT"), told.get("metadata")
        if extra or blank(told.get("content")) or kind not in KINDS or len(told["content"]) > LIMIT_CHARS:
            return NEVER
        if not (more is None or isinstance(more, dict)):
            return NEVER
        about = self._about(kind, more or {})
        if about is None:
            return NEVER
        return wants("send", conv=trip, text=told["content"], kind=KINDS[kind], fields=about)

    @staticmethod
    def _about(kind: str, more: Record) -> dict[str, Any] | None:
        if kind == "TEXT":
            return {}
        if kind == "LOCATION":
            place = {key: more.get(key) for key in ("latitude", "longitude")}
            return place if all(isinstance(one, int | float) for one in place.values()) else None
        if blank(more.get("url")):
            return None
        names = {
            "name": ("name", "fileName", "filename"),
            "size": ("size", "fileSize"),
            "content_type": ("mimeType", "contentType", "type"),
        }
        found: dict[str, Any] = {"url": more["url"]}
        for key, candidates in names.items():
            value = next((more[one] for one in candidates if more.get(one) is not None), None)
            if value is not None:
                found[key] = value
        return found

    def route_part(self, frame: Frame) -> Part:
        method, path, body = frame["method"], frame["path"], frame["request_body"]
        told = body if isinstance(body, dict) else {}
        if method == "POST" and path in {"/api/auth/login", "/api/drivers/login"}:
            if blank(told.get("email")) or blank(told.get("password")):
                return NEVER
            role = "driver" if path == "/api/drivers/login" else "traveller"
            return wants("sign_in", target=told["email"], fields={"password": told["password"], "role": role})
        if method == "GET" and re.match(
            r"/api/trips|/api/socket$|/api/drivers/(c[a-z0-9]{24}/trips|notif)", path
        ):
            return AUTO
        if not self.right_bearer(frame):
            return NEVER
        if (method, path) == ("DELETE", "/api/drivers/login"):
            return wants("sign_out")
        if method == "GET":
            history = HISTORY.fullmatch(path)
            return reads(history[1]) if history else AUTO
        return self._change(method, path, told)

    def _change(self, method: str, path: str, told: Record) -> Part:
        if (method, path) == ("POST", "/api/messages/send"):
            return self._sends(told["tripId"], told) if self.is_id(told.get("tripId")) else NEVER
        if (method, path) == ("POST", "/api/messages/read"):
            trip = self.trip(told.get("conversationId"))
            return wants("read", conv=trip) if trip else NEVER
        if (method, path) == ("POST", "/api/messages/report"):
            if self.is_id(told.get("messageId")) and not blank(told.get("reason")):
                return wants("report", target=told["messageId"], text=told["reason"])
            return NEVER
        found = re.fullmatch(r"/api/drivers/trips/accept/(c[a-z0-9]{24})", path)
        if found and method == "POST":
            return wants("accept", target=found[1], fields={"order": found[1]})
        found = re.fullmatch(r"/api/drivers/trips/(c[a-z0-9]{24})/status", path)
        if found and method == "PUT" and told.get("status") in SETTABLE:
            return wants("status", target=found[1], fields={"status": told["status"]})
        return NEVER

    # -- messages

    def found(self, frame: Frame) -> list[Found]:
        if frame["channel"] == "http" and frame["dir"] != "note" and frame["status"] == 200:
            data = data_of(frame["response_body"])
            history = HISTORY.fullmatch(frame["path"])
            if history and frame["method"] == "GET":
                return [Found(history[1], one, "read") for one in rows(data_of(data, "messages"))]
            if (
                frame["path"] == "/api/messages/send"
                and isinstance(data, dict)
                and self.is_id(data.get("id"))
            ):
                return [Found(self.trip(data.get("conversationId")), data, "sent")]
        elif frame["channel"] == "socket" and frame["dir"] == "in" and frame["event"] == "message:new":
            told = frame["args"][0] if frame["args"] else None
            if isinstance(told, dict) and self.is_id(told.get("id")):
                return [Found(self.trip(told.get("conversationId")), told, "push")]
        return []

    def whole(self, frame: Frame) -> str | None:
        if frame["channel"] == "http" and frame["dir"] != "note" and frame["status"] == 200:
            history = HISTORY.fullmatch(frame["path"])
            return history[1] if history and frame["method"] == "GET" else None
        return None

    def message(self, record: Record, conv: str) -> Msg:
        return Msg(
            id=str(record["id"]),
            conv=conv,
            sender=str(record.get("senderId") or ""),
            own=record.get("senderId") == self.me,
            kind=SHOWN.get(text_of(record.get("type")), "unknown"),
            text=text_of(record.get("content")),
            at=(iso_us(record["sentAt"]), str(record["id"])),
            us=iso_us(record["sentAt"]),
            read=record.get("status") == "READ",
            edited=record.get("editedAt") is not None,
            client=text_of(data_of(record.get("metadata"), "tempId")),
        )

    # -- outcomes

    def consequences(self, press: Press, ins: list[Frame], taken: set[int]) -> None:
        intent = press.intent
        if intent.name != "send":
            press.outcome = "done"
            return
        temp = data_of(data_of(press.frame["args"][0], "metadata"), "tempId")
        for frame in ins:
            if frame["event"] != "message:new" or frame["at"] in taken:
                continue
            msg = self.message(frame["args"][0], intent.conv)
            same = msg.client == temp if temp else msg.text == intent.text and not msg.client
            if msg.own and same:
                press.ins, press.id, press.outcome = [frame["at"]], msg.id, "stored"
                break
        for frame in ins:
            if frame["event"] != "message:sent" or frame["at"] in taken:
                continue
            told = frame["args"][0]
            if told.get("messageId") == press.id or (temp and told.get("tempId") == temp and not press.id):
                press.ins.append(frame["at"])
                press.id, press.outcome = str(told.get("messageId")), "stored"
                return

    def answers_auto(self, frame: Frame, outs: list[Frame]) -> Frame | None:
        asked = {
            "conversation:joined": "join:conversation",
            "passenger:subscribed": "passenger:subscribe",
        }.get(frame["event"])
        if frame["event"] in {"driver:location:updated", "driver:subscribed"}:
            return frame
        return next((one for one in reversed(outs) if one["event"] == asked), None) if asked else None

    def may_fail(self, out: Frame) -> bool:
        return "typing" not in out["event"] and "subscribe" not in out["event"]

    def reason(self, words: str) -> str:
        refusals = {"Access denied to this conversation", "Not a participant of this conversation"}
        if words in refusals or words == "Failed to mark messages as read":
            return "forbidden"
        return "not_found" if words == "Trip not found" else ""

    def answered(self, press: Press) -> None:
        super().answered(press)
        if "not assigned" in str(data_of(press.frame["response_body"], "error")):
            press.reason = "forbidden"

    # -- pushes

    def people(self, conv: str) -> list[str]:
        """Who takes part in a trip's conversation, as anybody's answers tell."""
        found: dict[str, None] = {self.me: None}
        for frame in self.rec.everything:
            if frame["channel"] == "http" and frame["dir"] != "note":
                history = HISTORY.fullmatch(frame["path"])
                if history and history[1] == conv:
                    told = rows(data_of(data_of(frame["response_body"]), "participants"))
                    found.update(dict.fromkeys(str(one.get("userId")) for one in told))
            if frame["channel"] not in {"http", "socket"} or frame["dir"] == "note":
                continue
            for one in self.found(frame):
                if one.conv == conv:
                    found.setdefault(str(one.record.get("senderId")))
            if frame["channel"] == "socket" and frame["event"] == "conversation:joined":
                about = (self.rec.raw.get("actors") or {}).get(frame["actor"]) or {}
                trip = data_of(frame["args"][0] if frame["args"] else None, "tripId")
                if trip == conv and about.get("user_id") and "conn" not in frame:
                    found.setdefault(str(about["user_id"]))
        return [one for one in found if one]

    def typing(self, frame: Frame) -> tuple[str | None, str, str, bool] | None:
        """The events name no conversation: it is known only where one alone has that person."""
        if frame["event"] not in {"typing:start", "typing:stop"}:
            return None
        told = frame["args"][0]
        who = str(told.get("userId"))
        places = [conv for conv in self.joined if who in self.people(conv)]
        if who == self.me or len(places) != 1:
            return None
        return places[0], who, text_of(told.get("userName")), frame["event"] == "typing:start"

    def names_of(self, record: Record) -> Iterable[str]:
        yield text_of(data_of(record.get("sender"), "name"))

    def read_by(self, frame: Frame) -> tuple[str, str, list[str] | None, int | None] | None:
        if frame["event"] != "messages:read":
            return None
        told = frame["args"][0]
        return self.trip(told.get("conversationId")), str(told.get("userId")), None, None

    def convs_in(self, frame: Frame) -> Iterable[str]:
        if frame["channel"] == "socket":
            for one in frame["args"]:
                if not isinstance(one, dict) or frame["event"] in {"error", "trip.status.updated"}:
                    continue
                if frame["event"] in {"join:conversation", "conversation:joined"}:
                    yield str(one.get("tripId"))
                elif frame["event"] == "passenger:subscribed":
                    yield from (str(trip) for trip in one.get("tripIds") or [])
                elif self.is_id(one.get("conversationId")):
                    yield self.trip(one["conversationId"])
            return
        history = HISTORY.fullmatch(frame["path"])
        if history and frame["status"] != 404:
            yield history[1]
        for trip in trips_in(frame):
            if self.is_mine(frame, trip):
                yield str(trip.get("id"))
        changed = re.fullmatch(r"/api/drivers/trips/(c[a-z0-9]{24})/status", frame["path"])
        if changed:
            yield changed[1]

    def is_mine(self, frame: Frame, trip: Record) -> bool:
        """Whether a trip of an answer is the person's own."""
        organizer = data_of(trip.get("organizer"), "id")
        return organizer == self.me or bool(re.match(r"/api/drivers/c[a-z0-9]{24}/trips", frame["path"]))

    # -- our wire

    def wire(self, intent: Intent) -> dict[str, Any]:
        about = intent.get
        names = {text: name for name, text in KINDS.items()}
        match intent.name:
            case "send":
                more: dict[str, Any] = {"tempId": "own"}
                if "latitude" in about:
                    more |= {key: float(about[key]) for key in ("latitude", "longitude")}
                for key, name in (("url", "url"), ("name", "name"), ("content_type", "mimeType")):
                    if key in about:
                        more[name] = about[key]
                if "size" in about:
                    more["size"] = int(about["size"])
                told = {
                    "conversationId": self.conversation(intent.conv),
                    "content": intent.text,
                    "type": names[intent.kind],
                    "metadata": more,
                }
                return {"channel": "socket", "event": "message:send", "args": [told]}
            case "typing_start" | "typing_stop" | "read":
                event = "messages:read" if intent.name == "read" else intent.name.replace("_", ":")
                told = {"conversationId": self.conversation(intent.conv)}
                return {"channel": "socket", "event": event, "args": [told]}
            case "report":
                told = {"messageId": intent.target, "reason": intent.text}
                return _http("POST", "/api/messages/report", told)
            case "accept":
                return _http("POST", f"/api/drivers/trips/accept/{intent.target}")
            case "status":
                path = f"/api/drivers/trips/{intent.target}/status"
                return _http("PUT", path, {"status": about["status"]})
            case "sign_out":
                return _http("DELETE", "/api/drivers/login")
        path = "/api/drivers/login" if about.get("role") == "driver" else "/api/auth/login"
        asked = {"email": intent.target, "password": about["password"], "remember": True}
        return _http("POST", path, asked)

    # -- what is expected

    def sign_in_code(self, frame: Frame) -> str:
        return "auth_failed" if frame["status"] in {400, 401} else super().sign_in_code(frame)

    def conv_of_order(self, story: Any, order: str) -> str:
        return order if order in story.convs else ""

    def server_unread(self, story: Any, conv: str) -> Any:
        return lambda _mark, _start: unread_at(story, conv, END)

    def conversations(self, story: Any, convs: list[str]) -> dict[str, dict[str, Any]]:
        statuses = statuses_at(story, END)
        return {
            conv: {
                "order": {
                    "id": conv,
                    "status": statuses[conv],
                    "progress": PROGRESS.get(statuses[conv], "unknown"),
                },
                "lifecycle": "read_only" if conv in story.denied else "open",
                "live_only": False,
            }
            for conv in convs
        }

    def orders(self, story: Any) -> list[dict[str, Any]]:
        found = statuses_at(story, END)
        return [{"id": trip, "status": found[trip]} for trip in sorted(found)]

    def dropped(self, story: Any) -> dict[str, int]:
        """Typing of people who are in none of the joined conversations."""
        count = 0
        for beat in story.beats:
            if beat.what == "push" and beat.frame.get("event") in {"typing:start", "typing:stop"}:
                who = str(beat.frame["args"][0].get("userId"))
                count += who != self.me and not any(who in self.people(conv) for conv in self.joined)
        return {"foreign": count} if count else {}


# -- trips -------------------------------------------------------------------------------------------------


def people_in(frame: Frame) -> Iterable[Record]:
    """Accounts that a frame shows."""
    values: list[Any] = []
    if frame["channel"] == "http" and frame["dir"] != "note":
        data = data_of(frame["response_body"])
        values += [one.get("user") for one in rows(data_of(data, "participants"))]
        values += [one.get("sender") for one in rows(data_of(data, "messages"))]
        values.append(data_of(data, "sender"))
    elif frame["channel"] == "socket" and frame["dir"] == "in":
        values += [data_of(one, "sender") for one in frame["args"]]
    return [one for one in values if isinstance(one, dict)]


def trips_in(frame: Frame) -> list[Record]:
    """Trips in the answer of a frame."""
    if frame["channel"] != "http" or frame["dir"] == "note" or frame["status"] != 200:
        return []
    body, path = frame["response_body"], frame["path"]
    if path == "/api/trips":
        return rows(data_of(body))
    if re.fullmatch(r"/api/trips/c[a-z0-9]{24}", path) and isinstance(data_of(body), dict):
        return [body["data"]]
    if re.fullmatch(r"/api/drivers/c[a-z0-9]{24}/trips", path):
        return rows(data_of(body, "trips"))
    trip = data_of(data_of(body), "trip")
    if re.fullmatch(r"/api/drivers/trips/c[a-z0-9]{24}/status", path) and isinstance(trip, dict):
        return [trip]
    return []


def statuses_at(story: Any, index: int) -> dict[str, str]:
    """Status of every trip of the person as of an index."""
    found = dict.fromkeys(story.convs, "PUBLISHED")
    for press in story.presses:
        if press.intent.name == "status":
            found[press.intent.target] = _before(press)
    told: list[tuple[int, Record]] = []
    for frame in story.rec.frames:
        told += [(frame["at"], trip) for trip in trips_in(frame)]
    known: set[str] = set()
    for at, trip in told:
        key = str(trip.get("id"))
        if key in found and (at <= index or key not in known):
            known.add(key)
            found[key] = text_of(trip.get("status")).upper()
    for press in story.intents("status"):
        if done_by(press, index):
            found[press.intent.target] = press.intent.get["status"]
    return found


def _before(press: Press) -> str:
    """What a trip must have been for the answer that the person got."""
    words = str(data_of(press.frame["response_body"], "error"))
    match = re.search(r"transition from (\w+) to", words)
    return match[1] if match else "IN_PROGRESS"


def unread_at(story: Any, conv: str, index: int) -> int:
    """The server's number of unread messages for the person."""
    base, since = 0, -1
    for frame in story.rec.frames:
        part = story.parts.get(frame["at"])
        if part is not None and part.reads == conv and frame["status"] == 200 and frame["at"] <= index:
            count = data_of(data_of(frame["response_body"]), "unreadCount")
            if isinstance(count, int):
                base, since = count, frame["at"]
    if since == -1:
        first = next(
            (
                data_of(data_of(frame["response_body"]), "unreadCount")
                for frame in story.rec.frames
                if story.parts.get(frame["at"]) is not None and story.parts[frame["at"]].reads == conv
            ),
            None,
        )
        pending = [i for i, b in story.born.items() if b > -1 and story.conv_of[i] == conv]
        base = first if isinstance(first, int) and not pending else 0
    for press in story.intents("read"):
        if press.intent.conv == conv and press.at > since and done_by(press, index):
            base, since = 0, press.at
    return base + sum(
        1
        for one, born in story.born.items()
        if since < born <= index
        and story.conv_of[one] == conv
        and not story.last(one).own
        and story.last(one).kind != "system"
    )


def _http(method: str, route: str, args: Any = None) -> dict[str, Any]:
    return {"channel": "http", "method": method, "route": route, "args": args}
