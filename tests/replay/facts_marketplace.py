"""What the marketplace's frames say: pairs of accounts, stored by request, or only relayed by the socket."""

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
    wants,
)
from tests.replay.recording import ISO, iso_us, us_iso

KINDS = {"Buyer", "Seller"}
TOPICS = {"general", "rfq", "order", "support"}
CONVERSATION = re.compile(r"/api/messages/conversation/([0-9a-f]{24})/(Buyer|Seller)")
ONE = re.compile(r"/api/messages/([0-9a-f]{24})")
READ = re.compile(r"/api/messages/([0-9a-f]{24})/read")
RFQ = re.compile(r"/api/rfqs/([0-9a-f]{24})")
RFQS = {"draft": "open", "open": "active", "closed": "done", "cancelled": "cancelled"}
LIMIT_CHARS = 20_000
SILENT = {"request_online_users", "update_status"}


def party(value: Any) -> str:
    """The id of a party: an object, a text, or nothing."""
    if isinstance(value, dict):
        value = value.get("_id")
    return value if isinstance(value, str) else ""


class MarketplaceFacts(Facts):
    """See Facts."""

    platform = "marketplace"
    role_otherwise = "seller"
    typing_expire_ms = 3_000
    typing_repeat_ms = 2_000
    typing_stop_ms = 1_000

    patience = 2
    may_be_away = True
    begins_talks = True
    life_shows = True

    def person(self, intent: Intent) -> dict[str, str]:
        kind = intent.get.get("person_kind") or ("Seller" if self.role == "buyer" else "Buyer")
        return {"person_kind": kind}

    def claims(self) -> dict[str, Any]:
        return {"id": self.me, "userType": self.role}

    def right_connect(self, args: list[Any]) -> bool:
        """No token is asked for: none is as good as ours."""
        asked = args[0] if args and isinstance(args[0], dict) else {}
        return not asked.get("auth") or super().right_connect(args)

    @property
    def stores(self) -> bool:
        """Whether the server keeps messages at all."""
        if self.rec.variant:
            return self.rec.variant != "as-is"
        sends = [
            frame["status"]
            for frame in self.rec.everything
            if frame["channel"] == "http" and frame.get("path") == "/api/messages/send"
        ]
        relays = any(frame.get("event") == "send_message" for frame in self.rec.frames)
        return 201 in sends or not (relays or 500 in sends)

    def identity_in(self, frame: Frame) -> Iterable[dict[str, Any]]:
        if frame["channel"] == "http" and frame["path"] in {"/api/auth/login", "/api/auth/buyer/login"}:
            data = data_of(frame["response_body"])
            token = data_of(frame["response_body"], "token")
            if frame["status"] == 200 and isinstance(data, dict) and self.rec.is_right(token):
                yield {**data, "role": data.get("userType")}
        told = frame["channel"] == "socket" and frame["dir"] == "out" and frame["event"] == "register_user"
        if told and frame["args"] and self.is_id(frame["args"][0]):
            yield {"id": frame["args"][0]}

    # -- roles

    def event_part(self, event: str, args: list[Any]) -> Part:
        if event == "register_user":
            return AUTO if args == [self.me] or not self.me else NEVER
        if event in SILENT:
            return AUTO
        told = args[0] if len(args) == 1 and isinstance(args[0], dict) else {}
        if event == "typing":
            to, on = told.get("recipient_id"), told.get("is_typing")
            if self.is_id(to) and told.get("sender_id") == self.me and isinstance(on, bool):
                return wants("typing_start" if on else "typing_stop", conv=to)
            return NEVER
        if event == "mark_as_read":
            author, reader = told.get("recipient_id"), told.get("reader_id")
            if self.is_id(author) and author != self.me and reader == self.me and told.get("message_id"):
                return wants("read", conv=author, fields={"ids": told["message_id"]})
            return NEVER
        return self._sends(told) if event == "send_message" else NEVER

    def _sends(self, told: Record) -> Part:
        known = {
            "id",
            "sender_id",
            "sender_type",
            "recipient_id",
            "recipient_type",
            "subject",
            "message",
            "message_type",
            "status",
            "created_at",
            "createdAt",
        }
        kind, topic = told.get("recipient_type"), told.get("message_type", "general")
        to = told.get("recipient_id")
        if set(told) - known or not self.is_id(to) or to == self.me or kind not in KINDS:
            return NEVER
        if blank(told.get("message")) or topic not in TOPICS or told.get("sender_id", self.me) != self.me:
            return NEVER
        if self.kind_of(to) not in {"", kind}:
            return NEVER
        subject = told.get("subject", "Chat Message")
        if blank(subject) or len(told["message"]) > LIMIT_CHARS:
            return NEVER
        about = {"subject": subject, "topic": topic, "person_kind": kind}
        return wants("send", conv=told["recipient_id"], text=told["message"].strip(), fields=about)

    def route_part(self, frame: Frame) -> Part:
        method, path, body = frame["method"], frame["path"], frame["request_body"]
        told = body if isinstance(body, dict) else {}
        if method == "POST" and path in {"/api/auth/login", "/api/auth/buyer/login"}:
            if blank(told.get("email")) or blank(told.get("password")):
                return NEVER
            return wants("sign_in", target=told["email"], fields={"password": told["password"]})
        if method == "GET" and re.match(r"/api/(health|products|sellers/|buyers/)", path):
            return AUTO
        if not self.right_bearer(frame):
            return NEVER
        if method == "GET":
            return AUTO
        if (method, path) == ("POST", "/api/messages/send"):
            return self._sends({key: v for key, v in told.items() if key not in {"id", "sender_id"}})
        found = READ.fullmatch(path)
        if found and method == "PUT":
            return wants("read", conv=self.party_of(found[1]), target=found[1], fields={"ids": found[1]})
        found = RFQ.fullmatch(path)
        if found and method == "PUT" and set(told) == {"status"} and told["status"] in RFQS:
            return wants("status", target=found[1], fields={"status": told["status"]})
        return NEVER

    def kind_of(self, person: Any) -> str:
        """Buyer or seller, as what the server stored or handed on says; empty where nothing does."""
        if not hasattr(self, "_kinds"):
            self._kinds: dict[str, str] = {}
            for frame in self.rec.everything:
                if frame["dir"] == "note" or frame["channel"] not in {"http", "socket"}:
                    continue
                for found in self.found(frame):
                    for side in ("sender", "recipient"):
                        who, kind = party(found.record.get(f"{side}_id")), found.record.get(f"{side}_type")
                        if who and kind in KINDS:
                            self._kinds.setdefault(who, kind)
        return self._kinds.get(person, "")

    def party_of(self, message: str) -> str:
        """With whom a message was exchanged, as far as the person's frames tell."""
        for frame in self.rec.frames:
            for found in self.found(frame) if frame["dir"] != "note" else ():
                if found.record.get("_id") == message:
                    return found.conv
        return ""

    # -- messages

    def found(self, frame: Frame) -> list[Found]:
        if frame["channel"] == "http" and frame["dir"] != "note" and (frame["status"] or 500) < 300:
            return self._answered(frame)
        if frame["channel"] == "socket" and frame["dir"] == "in" and frame["args"]:
            told = frame["args"][0]
            how = {"new_message": "push", "message_updated": "update"}.get(frame["event"])
            if how is not None and isinstance(told, dict) and self._usable(told):
                return [Found(self.conv_of(told), told, how)]
        return []

    @staticmethod
    def _usable(told: Record) -> bool:
        return isinstance(told.get("message"), str)

    def _answered(self, frame: Frame) -> list[Found]:
        data, path = data_of(frame["response_body"]), frame["path"]
        if path in {"/api/messages/inbox", "/api/messages/sent"} or CONVERSATION.fullmatch(path):
            return [Found(self.conv_of(one), one, "read") for one in rows(data) if self._usable(one)]
        if isinstance(data, dict) and self._usable(data):
            if path == "/api/messages/send":
                return [Found(self.conv_of(data), data, "sent")]
            if READ.fullmatch(path) or ONE.fullmatch(path):
                return [Found(self.conv_of(data), data, "update" if READ.fullmatch(path) else "read")]
        return []

    def conv_of(self, record: Record) -> str:
        """The other party."""
        sender, recipient = party(record.get("sender_id")), party(record.get("recipient_id"))
        return recipient if sender == self.me else sender

    def whole(self, frame: Frame) -> str | None:
        if frame["channel"] == "http" and frame["dir"] != "note" and frame["status"] == 200:
            found = CONVERSATION.fullmatch(frame["path"])
            return found[1] if found and self.stores else None
        return None

    def foreign(self, record: Record) -> bool:
        return self.me not in {party(record.get("sender_id")), party(record.get("recipient_id"))}

    def message(self, record: Record, conv: str) -> Msg:
        sender = party(record.get("sender_id"))
        words = f"~{record.get('subject', '')}\n{record.get('message')}"
        name = str(record.get("_id") or record.get("id") or words)
        when = record.get("createdAt") or record.get("created_at")
        us = iso_us(when) if isinstance(when, str) and ISO.match(when) else 0
        return Msg(
            id=name,
            conv=conv,
            sender=sender,
            own=sender == self.me,
            kind="text",
            text=text_of(record.get("message")),
            at=(us, name),
            us=us,
            read=record.get("status") == "read",
            relayed="_id" not in record,
        )

    # -- outcomes

    def consequences(self, press: Press, ins: list[Frame], taken: set[int]) -> None:
        if press.intent.name != "send":
            press.outcome = "done"
            return
        told = press.frame["args"][0]
        press.id = str(told.get("id") or "")
        for frame in ins:
            if frame["event"] != "message_delivered" or frame["at"] in taken:
                continue
            if frame["args"] and data_of(frame["args"][0], "messageId") == told.get("id"):
                press.ins, press.outcome = [frame["at"]], "stored"
                return

    def relay_ids(self, story: Any) -> set[str]:
        if self.stores:
            return set()
        return {p.id for p in story.intents("send") if p.id and p.frame["channel"] == "socket"}

    # -- pushes

    def typing(self, frame: Frame) -> tuple[str | None, str, str, bool] | None:
        told = frame["args"][0] if frame["args"] else None
        if frame["event"] != "user_typing" or not isinstance(told, dict):
            return None
        who = party(told.get("sender_id"))
        if not self.is_id(who) or who == self.me or told.get("recipient_id", self.me) != self.me:
            return None
        return who, who, self.name_of(who), told.get("is_typing") is True

    def name_of(self, person: str) -> str:
        """The name of a person, as the answers and pushes to us give it."""
        for frame in self.rec.frames:
            for found in self.found(frame) if frame["dir"] != "note" else ():
                for key in ("sender_id", "recipient_id"):
                    one = found.record.get(key)
                    if isinstance(one, dict) and one.get("_id") == person and one.get("name"):
                        return str(one["name"])
        return "Made Up"

    def presence(self, frame: Frame) -> tuple[str | None, str, str] | None:
        told = frame["args"][0] if frame["args"] else None
        if frame["event"] != "user_status_changed" or not isinstance(told, dict):
            return None
        who, state = party(told.get("userId")), told.get("status")
        if not self.is_id(who) or who == self.me or state not in {"online", "offline", "away"}:
            return None
        return None, who, "offline" if state == "offline" else "online"

    def places(self, story: Any, person: str) -> list[str]:
        return [person] if person in story.convs else []

    def read_by(self, frame: Frame) -> tuple[str, str, list[str] | None, int | None] | None:
        told = frame["args"][0] if frame["args"] else None
        if frame["event"] != "message_read" or not isinstance(told, dict):
            return None
        return "", str(told.get("reader_id")), [str(told.get("message_id"))], None

    def convs_in(self, frame: Frame) -> Iterable[str]:
        if frame["channel"] == "socket":
            return
        found = CONVERSATION.fullmatch(frame["path"])
        if found and rows(data_of(frame["response_body"])):
            yield found[1]

    # -- our wire

    def wire(self, intent: Intent) -> dict[str, Any]:
        about = intent.get
        match intent.name:
            case "send":
                told = {
                    "recipient_id": intent.conv,
                    "recipient_type": about["person_kind"],
                    "subject": about["subject"].strip(),
                    "message": intent.text,
                    "message_type": about["topic"],
                }
                if self.stores:
                    return _http("POST", "/api/messages/send", told)
                kind = "Buyer" if self.role == "buyer" else "Seller"
                more = {"id": "own", "sender_id": self.me, "sender_type": kind, "status": "unread"}
                return {"channel": "socket", "event": "send_message", "args": [told | more]}
            case "typing_start" | "typing_stop":
                on = intent.name == "typing_start"
                typed = {"recipient_id": intent.conv, "sender_id": self.me, "is_typing": on}
                return {"channel": "socket", "event": "typing", "args": [typed]}
            case "read" if self.stores:
                return _http("PUT", f"/api/messages/{about['ids']}/read")
            case "read":
                told = {"message_id": about["ids"], "recipient_id": intent.conv, "reader_id": self.me}
                return {"channel": "socket", "event": "mark_as_read", "args": [told]}
            case "status":
                return _http("PUT", f"/api/rfqs/{intent.target}", {"status": about["status"]})
        return _http("POST", "/api/auth/login", {"email": intent.target, "password": about["password"]})

    # -- what is expected

    def relays(self, story: Any) -> bool:
        return not self.stores

    def live(self, story: Any) -> bool:
        """Whether it has come out that the server stores nothing: by the first send."""
        return not self.stores and any(not self.impossible(story, press) for press in story.intents("send"))

    def assurance(self, story: Any, msg: Msg, press: Press | None) -> str | None:
        if not msg.own:
            return None
        return "relayed" if msg.relayed else "stored"

    def fresh_assurance(self, story: Any) -> str:
        return "stored" if self.stores else "relayed"

    def send_refused(self, story: Any, press: Press) -> str | None:
        return press.reason if press.outcome == "refused" else None

    def server_unread(self, story: Any, conv: str) -> Any:
        """Stored ones by their status; relayed ones since the first sign-in."""
        marked = {i for p in story.intents("read") if p.outcome != "refused" for i in self.markable(story, p)}

        def count(mark: tuple[Any, ...], start: int) -> int:
            return sum(
                1
                for one in story.versions
                if story.conv_of[one] == conv
                and not story.last(one).own
                and not story.last(one).read
                and one not in marked
                and (self.stores or story.born[one] > start)
                and (self.stores or not mark or story.last(one).at > mark)
            )

        return count

    def conversations(self, story: Any, convs: list[str]) -> dict[str, dict[str, Any]]:
        live = self.live(story)
        return {
            conv: {"order": None, "lifecycle": "open", "live_only": live}
            for conv in self.listed(story, convs)
        }

    def listed(self, story: Any, convs: list[str]) -> list[str]:
        """Conversations with something in them."""
        talked = set(story.conv_of.values())
        talked |= {p.intent.conv for p in story.presses if p.intent.name in {"send", "typing_start"}}
        return [conv for conv in convs if conv in talked]

    def orders(self, story: Any) -> list[dict[str, Any]]:
        found = rfqs_at(story, END)
        return [{"id": one, "status": found[one]} for one in sorted(found)]

    def dropped(self, story: Any) -> dict[str, int]:
        """What concerns others, and what is of no use."""
        found: dict[str, int] = {}
        for beat in story.beats:
            if beat.what == "push" and beat.frame["channel"] == "socket":
                reason = self._drop(beat.frame)
                if reason:
                    found[reason] = found.get(reason, 0) + 1
        return found

    def _drop(self, frame: Frame) -> str:
        told = frame["args"][0] if frame["args"] else None
        event = frame["event"]
        if event in {"new_message", "message_updated"}:
            if not isinstance(told, dict) or not isinstance(told.get("message"), str):
                return "malformed"
            if not party(told.get("recipient_id")) and "_id" not in told:
                return "malformed"  # to a room: nobody's
            return "foreign" if self.foreign(told) else ""
        if event == "user_status_changed":
            fits = isinstance(told, dict) and self.is_id(told.get("userId"))
            return "" if fits else "malformed"
        if event == "user_typing":
            fits = isinstance(told, dict) and self.is_id(told.get("sender_id"))
            return "" if fits else "malformed"
        return ""

    def sign_in_code(self, frame: Frame) -> str:
        return "auth_failed" if frame["status"] in {400, 401} else super().sign_in_code(frame)


def rfqs_at(story: Any, index: int) -> dict[str, str]:
    """Status of the person's requests for quotation."""
    found: dict[str, str] = {}
    for frame in story.rec.frames:
        if frame["channel"] != "http" or frame["dir"] == "note" or frame["status"] != 200:
            continue
        if frame["path"] == "/api/rfqs/buyer/my-rfqs" and frame["at"] <= index:
            for one in rows(frame["response_body"]):
                found[str(one["_id"])] = text_of(one.get("status"))
    for press in story.intents("status"):
        found.setdefault(press.intent.target, "open")
        if done_by(press, index):
            found[press.intent.target] = press.intent.get["status"]
    return found


def made_record(facts: Facts, intent: Intent, name: str, us: int) -> Record:
    """A message of ours as the server stores it."""
    about = intent.get
    mine = "Buyer" if facts.role == "buyer" else "Seller"
    return {
        "_id": name,
        "sender_id": {"_id": facts.me, "name": facts.name, "email": facts.login},
        "recipient_id": {"_id": intent.conv, "name": "Made Up", "email": "made.up@example.test"},
        "sender_type": mine,
        "recipient_type": about.get("person_kind", "Buyer"),
        "subject": about.get("subject", "Chat Message"),
        "message": intent.text,
        "message_type": about.get("topic", "general"),
        "status": "unread",
        "createdAt": us_iso(us),
        "updatedAt": us_iso(us),
        "__v": 0,
    }


def _http(method: str, route: str, args: Any = None) -> dict[str, Any]:
    return {"channel": "http", "method": method, "route": route, "args": args}
