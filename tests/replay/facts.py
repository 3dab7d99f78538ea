"""What every dialect tells of its frames: roles, identity, messages; shared by stub and expectation.

One subclass per platform. Nothing here knows the client.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from tests.replay.parts import AUTO, NEVER, Found, Frame, Intent, Msg, Part, Press, Record
from tests.replay.recording import RIGHT_TOKEN, Recording, made_up

ACTIONS = {
    "start_chat",
    "end_chat",
    "delete_chat",
    "leave_chat",
    "take_over",
    "accept",
    "reject",
    "request_code",
    "confirm_code",
    "create_order",
    "upload",
    "list_files",
    "add_file",
    "save_file",
    "remove_file",
    "notice_read",
    "notices_read",
    "notice_delete",
}
"""Intentions that need the server now, and are never queued."""


class Facts:
    """One platform's way to say things, for one recording."""

    platform = ""
    id_form = "hex24"
    role_otherwise = ""
    id_pattern = r"[0-9a-f]{24}"
    typing_expire_ms = 6_000
    has_jwt = True
    begins_talks = False
    """Whether a person can begin a conversation with anybody whose id they know."""
    life_shows = False
    """Whether a message or a key of somebody proves that they are there."""
    may_be_away = False
    """Whether sends may wait until their recipient is there."""
    patience = 50
    """Tenths of a second that a conversation is waited for before it counts as missing."""
    joined: tuple[str, ...] = ()
    """Conversations that let the person in: set by the story."""

    def __init__(self, rec: Recording) -> None:
        self.rec = rec
        self.me = ""
        self.role = ""
        self.name = ""
        self.login = ""
        self.password = ""

    # -- who we are ----------------------------------------------------------------------------------------

    def identify(self) -> None:
        """Find out who the person is: actors, login, registration, own sends, else somebody made up."""
        about = self.rec.about
        self.me = str(about.get("user_id") or "")
        self.role = str(about.get("role") or "")
        self.name = str(about.get("name") or "")
        self.login = str(about.get("email") or "")
        for frame in self.rec.frames:
            if frame["dir"] == "note":
                continue
            for found in self.identity_in(frame):
                self.me = self.me or str(found.get("id") or "")
                self.role = self.role or str(found.get("role") or "")
                self.name = self.name or str(found.get("name") or "")
                self.login = self.login or str(found.get("email") or "")
        if not self.me:
            self.me = next((one for frame in self.rec.frames for one in self.own_in(frame)), "")
        self.me = self.me or made_up(self.id_form, self.rec.platform, "me")
        self.role = self.role or self.usual_role()
        self.name = self.name or "Made Up"
        self.login = self.login or "made.up@example.test"
        self.password = self.password or "Made-up-1!"

    def usual_role(self) -> str:
        """The role where the recording names none."""
        return self.role_otherwise

    def identity_in(self, frame: Frame) -> Iterable[dict[str, Any]]:
        """What an answer to the person says of themselves: id, role, name, email."""
        raise NotImplementedError

    def own_in(self, frame: Frame) -> Iterable[str]:
        """Ids that must be the person's own: the author of what they sent."""
        if frame["channel"] == "http" and frame["dir"] != "note" and self.part(frame).intent is not None:
            for found in self.found(frame):
                if found.how == "sent":
                    yield self.message(found.record, found.conv).sender

    def claims(self) -> dict[str, Any]:
        """The claims of the person's token."""
        return {}

    # -- roles ---------------------------------------------------------------------------------------------

    def part(self, frame: Frame) -> Part:
        """The role of an out frame, by event or route and payload."""
        if frame["channel"] == "socket":
            event, args = frame["event"], frame["args"]
            if event == "connect":
                return AUTO if self.right_connect(args) else NEVER
            if event == "disconnect":
                return AUTO
            return self.event_part(event, args)
        if frame["channel"] != "http" or frame["path"].startswith(("/socket.io", "/api/socket/")):
            return NEVER
        if any(str(name).lower() == "origin" for name in frame["headers"]):
            return NEVER
        return self.route_part(frame)

    def event_part(self, event: str, args: list[Any]) -> Part:
        """The role of an event."""
        raise NotImplementedError

    def route_part(self, frame: Frame) -> Part:
        """The role of a request."""
        raise NotImplementedError

    def right_connect(self, args: list[Any]) -> bool:
        """Whether a client of ours would connect like this."""
        asked = args[0] if args and isinstance(args[0], dict) else {}
        auth = asked.get("auth")
        token = auth.get("token") if isinstance(auth, dict) else None
        return self.rec.is_right(token) and not asked.get("headers") and not asked.get("query")

    def right_bearer(self, frame: Frame) -> bool:
        """Whether a request carries the person's good token as a client of ours would."""
        return self.rec.is_right(self.rec.bearer(frame))

    def is_id(self, value: Any) -> bool:
        """Whether a value has the form of this platform's ids."""
        return isinstance(value, str) and bool(re.fullmatch(self.id_pattern, value))

    # -- messages ------------------------------------------------------------------------------------------

    def found(self, frame: Frame) -> list[Found]:
        """Every message record that stands in a frame (of anybody)."""
        raise NotImplementedError

    def whole(self, frame: Frame) -> str | None:
        """The conversation of which this frame gives every message there is."""
        return None

    def message(self, record: Record, conv: str) -> Msg:
        """A record in the common form."""
        raise NotImplementedError

    def foreign(self, record: Record) -> bool:
        """Whether a record concerns somebody else."""
        return False

    def malformed(self, frame: Frame) -> bool:
        """Whether a pushed packet is of no use to anybody."""
        return False

    # -- outcomes ------------------------------------------------------------------------------------------

    def consequences(self, press: Press, ins: list[Frame], taken: set[int]) -> None:
        """Fill in which in frames follow from a socket press, and its outcome."""

    def answers_auto(self, frame: Frame, outs: list[Frame]) -> Frame | None:
        """What of the client's own doing a pushed event answers (`outs`: events sent before it)."""
        return None

    def may_fail(self, out: Frame) -> bool:
        """Whether an anonymous error may answer this event."""
        return "typing" not in out["event"]

    def reason(self, words: str) -> str:
        """Why an error of these words parks an intention; empty: it may be tried again."""
        if "ccess denied" in words or "Not a participant" in words:
            return "forbidden"
        return "not_found" if "not found" in words else ""

    def stray_code(self, words: str) -> str:
        """The notice of an error that answers nothing of ours."""
        if "ccess denied" in words or "Not a participant" in words:
            return "forbidden"
        return "not_found" if "not found" in words else "server_error"

    def answered(self, press: Press) -> None:
        """Fill in the outcome of a press that is a request, from its answer."""
        frame = press.frame
        status = frame["status"]
        if status is None:
            press.outcome = "failed"
        elif status < 300:
            press.outcome = "stored"
            for found in self.found(frame):
                if found.how == "sent":
                    press.id = self.message(found.record, found.conv).id
        elif status >= 500 or status == 429:
            press.outcome = "failed"
        else:
            press.outcome = "refused"
            press.reason = {403: "forbidden", 404: "not_found", 413: "too_long"}.get(status, "refused")

    # -- what pushes say -----------------------------------------------------------------------------------

    def typing(self, frame: Frame) -> tuple[str | None, str, str, bool] | None:
        """(conversation, person, name, on) of a typing push."""
        return None

    def presence(self, frame: Frame) -> tuple[str | None, str, str] | None:
        """(conversation or None for everywhere, person, state) of a presence push."""
        return None

    def read_by(self, frame: Frame) -> tuple[str, str, list[str] | None, int | None] | None:
        """(conversation, person, ids, up to which time in us) of a read push; both None: everything."""
        return None

    def convs_in(self, frame: Frame) -> Iterable[str]:
        """Conversations that a frame of the person names, apart from messages."""
        return ()

    def wire(self, intent: Intent) -> dict[str, Any]:
        """How a client of ours tells an intent, as the platform's document has it."""
        raise NotImplementedError

    def seat(self) -> str:
        """As whom a person signs in where the recording does not say: SignInRequest.role."""
        return ""

    def impossible(self, story: Any, press: Press) -> bool:
        """Whether a press can't be asked of the client at all: what it is about is not there, or not ours."""
        intent = press.intent
        if intent.name != "sign_in" and self._signed_out(story, press.at):
            return True
        if intent.conv and not self.begins_talks and intent.conv not in story.convs:
            return True
        if intent.name == "send" and self.closed_by(story, press):
            return True
        if intent.name in {"delete", "report"}:
            if intent.target not in story.versions:
                return True
            msg = story.last(intent.target)
            gone = any(
                one.at < press.at and one.intent.same(intent) and one.outcome == "stored"
                for one in story.intents("delete")
            )
            return gone or msg.own == (intent.name == "report")
        return intent.name == "read" and not self.markable(story, press)

    @staticmethod
    def _signed_out(story: Any, at: int) -> bool:
        """Whether the person has signed out by then, and not in again."""
        outs = [one.at for one in story.intents("sign_out") if one.at < at]
        ins = [one.at for one in story.sign_ins() if one.at < at and one.outcome == "stored"]
        return bool(outs) and max(outs) > max(ins, default=-1)

    def closed_by(self, story: Any, press: Press) -> bool:
        """Whether the conversation is known to be closed when something is pressed there."""
        return False

    def markable(self, story: Any, press: Press) -> list[str]:
        """Messages of others that a read mark newly marks: all known by then, up to those it names."""
        wanted = press.intent.get.get("ids")
        named = (
            [one for one in wanted.split(",") if one in story.versions] if wanted else list(story.versions)
        )
        theirs = [
            one
            for one in named
            if story.conv_of[one] == press.intent.conv
            and not story.last(one).own
            and story.born[one] < press.at
        ]
        if not theirs:
            return []
        newest = max(story.last(one).at for one in theirs)
        before: set[str] = set()
        for earlier in story.intents("read"):
            if earlier is press:
                break
            if earlier.intent.conv == press.intent.conv and earlier.outcome != "refused":
                before.update(self.markable(story, earlier))
        return [
            one
            for one in story.versions
            if story.conv_of[one] == press.intent.conv
            and not story.last(one).own
            and story.born[one] < press.at
            and story.last(one).at <= newest
            and one not in before
        ]

    def refusal(self, frame: Frame, intent: Intent) -> str:
        """sign_in of the dump after a refused sign-in."""
        return "locked" if frame["status"] == 429 else "refused"

    # -- what the expectation asks -------------------------------------------------------------------------

    typing_repeat_ms = 3_000
    typing_stop_ms = 3_000

    def refused_socket(self, words: str) -> str:
        """sign_in of the dump after a socket was refused with these words."""
        return "needs_password"

    def token_at_end(self, story: Any) -> str:
        """sign_in of the dump where no socket was refused."""
        return "ok"

    def stays_online(self, story: Any) -> bool:
        """Whether a socket outlives its token."""
        return False

    def places(self, story: Any, person: str) -> list[str]:
        """Conversations in which a person's presence shows."""
        return []

    def names_of(self, record: Record) -> Iterable[str]:
        """Names under which the author of a message may have been typing."""
        return ()

    def relay_ids(self, story: Any) -> set[str]:
        """Ids in the recording that its client made up, and ours makes up too."""
        return set()

    def relays(self, story: Any) -> bool:
        """Whether what is sent is handed over under an id of our own, and never stored."""
        return False

    def assurance(self, story: Any, msg: Msg, press: Press | None) -> str | None:
        """How sure an acceptance is."""
        return "stored" if msg.own else None

    def fresh_assurance(self, story: Any) -> str:
        """The same of a send that the recorder did not repeat."""
        return "stored"

    def fresh_us(self, story: Any, press: Press) -> int:
        """When a message was written that no record tells of: when it was answered, pressed, or could go.

        What one person sends into one conversation arrives in the order of pressing.
        """
        t_ms = 0
        for number, one in enumerate(story.intents("send")):
            if one.intent.conv == press.intent.conv:
                t_ms = max(t_ms, self._sent_ms(story, one))
            if one is press:
                return int(self.rec.wall_us + t_ms * 1000 + (number + 1) * 1000)
        return int(self.rec.wall_us + press.frame["t_ms"] * 1000)

    def _sent_ms(self, story: Any, press: Press) -> int:
        t_ms = int(press.frame["t_ms"])
        if press.ins:
            t_ms = int(self.rec.everything[max(press.ins)]["t_ms"])
        downs = [b for b in story.beats if b.what in {"down", "stop"} and b.at < press.at]
        ups = [b.t_ms for b in story.beats if b.what == "up" and downs and b.at > downs[-1].at]
        return max(t_ms, ups[0]) if ups else t_ms

    def fresh_at(self, story: Any, press: Press, number: int) -> tuple[Any, ...]:
        """Where such a message sorts."""
        return (self.fresh_us(story, press), f"~{number:04d}")

    def send_refused(self, story: Any, press: Press) -> str | None:
        """Why a send is parked; None where it is not."""
        if press.intent.conv in story.denied:
            return "forbidden"
        return press.reason if press.outcome == "refused" else None

    def other_fate(self, story: Any, press: Press) -> tuple[str, str | None]:
        """State and reason of an intention that is no send."""
        if press.intent.name != "read" and press.outcome == "refused":
            return "parked", press.reason
        if press.intent.name == "status" and press.outcome == "failed":
            return "parked", "refused"
        return "accepted", None

    def person(self, intent: Intent) -> dict[str, str]:
        """What is needed to begin a conversation with somebody, where conversations are people."""
        return {}

    def conv_of_order(self, story: Any, order: str) -> str:
        """The conversation that hangs on an order."""
        return order

    def server_unread(self, story: Any, conv: str) -> Any:
        """(mark, start) -> unread, where the server gives a number per conversation; None elsewhere."""
        return None

    def types(self, story: Any) -> bool:
        """Whether typing is told at all."""
        return True

    def conversations(self, story: Any, convs: list[str]) -> dict[str, dict[str, Any]]:
        """order, lifecycle and live_only of every conversation that the client lists."""
        raise NotImplementedError

    def orders(self, story: Any) -> list[dict[str, Any]]:
        """Every order, by id."""
        raise NotImplementedError

    def dropped(self, story: Any) -> dict[str, int]:
        """Packets that are of no use, by reason."""
        return {}

    def sign_in_code(self, frame: Frame) -> str:
        """The notice of a refused sign-in."""
        status = frame["status"]
        if status == 429:
            return "locked"
        if status is None:
            return "offline"
        return "server_error" if status >= 500 else "forbidden" if status == 403 else "auth_failed"

    def act_code(self, story: Any, press: Press) -> str | None:
        """The notice of an action that the server refused."""
        if press.intent.name in ACTIONS and press.outcome == "refused":
            return press.reason
        if press.intent.name in ACTIONS and press.outcome == "failed":
            return "rate_limited" if press.frame.get("status") == 429 else "server_error"
        return None

    @staticmethod
    def token_letter(value: Any) -> str | None:
        """The letter of a right token."""
        found = RIGHT_TOKEN.fullmatch(value) if isinstance(value, str) else None
        return found[1] if found else None


def data_of(body: Any, key: str = "data") -> Any:
    """A field of a JSON object; None otherwise."""
    return body.get(key) if isinstance(body, dict) else None


def rows(value: Any) -> list[dict[str, Any]]:
    """The objects of a list."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def text_of(value: Any) -> str:
    """A text, or nothing."""
    return value if isinstance(value, str) else ""


def blank(value: Any) -> bool:
    """Not a text with something in it."""
    return not isinstance(value, str) or not value.strip()


def multipart(intent: Intent) -> dict[str, Any]:
    """The body of an upload as captures write it, without the content."""
    about = intent.get
    part = {
        "field": about.get("field", "file"),
        "filename": intent.target,
        "content_type": about.get("content_type", ""),
        "size": int(about.get("size", "0")),
    }
    return {"multipart": [part]}
