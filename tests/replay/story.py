"""A recording compiled: what is pressed, played and looked at, and what there is on the server."""

from __future__ import annotations

import dataclasses
from typing import Any

from tests.replay.facts import Facts
from tests.replay.parts import END, Found, Frame, Intent, Msg, Part, Press, Record, Role
from tests.replay.recording import Recording

LIBRARY = {"connect", "connect_error", "disconnect"}
NO_ANSWER = {"ack_timeout", "ack", "reconnect_attempt"}
ERROR_WITHIN_MS = 3_000
CRASH_WITHIN_MS = 2_000
BEFORE = -1
"""Index of what was there before the first frame."""


@dataclasses.dataclass
class Beat:
    """One step of the story. what: press, push, look, down, up, refuse, stop, start."""

    what: str
    at: int
    t_ms: int
    frame: Frame
    press: Press | None = None
    conv: str | None = None


@dataclasses.dataclass
class Version:
    """A record as it was seen at an index."""

    at: int
    record: Record
    how: str


class Story:
    """See the module. Built by rules over events, routes and payloads."""

    def __init__(self, rec: Recording, facts: Facts) -> None:
        self.rec = rec
        self.facts = facts
        facts.identify()
        self.parts: dict[int, Part] = {}
        self.presses: list[Press] = []
        self.owned: dict[int, Press] = {}
        self.auto_answers: set[int] = set()
        self.denied_words: dict[str, str] = {}
        self._roles()
        self._answers()
        self.versions: dict[str, list[Version]] = {}
        self.conv_of: dict[str, str] = {}
        self.born: dict[str, int] = {}
        self.gone: dict[str, int] = {}
        self.foreign: set[str] = set()
        self._messages()
        self._bind_silent()
        self.convs = self._convs()
        self.denied = self._denied()
        aimed = {press.intent.conv for press in self.presses}
        self.convs = [conv for conv in self.convs if conv not in self.denied or conv in aimed]
        facts.joined = tuple(conv for conv in self.convs if conv not in self.denied)
        self.crashes = self._crashes()
        self.beats = self._beats()

    # -- roles and answers ---------------------------------------------------------------------------------

    def _roles(self) -> None:
        for frame in self.rec.frames:
            if frame["dir"] != "out" or frame["channel"] in {"raw", "sse"}:
                continue
            part = self.facts.part(frame)
            self.parts[frame["at"]] = part
            if part.role is Role.INTENT and part.intent is not None:
                self.presses.append(Press(frame["at"], part.intent, frame))

    def ins(self) -> list[Frame]:
        """The events that the person's device got."""
        return [
            frame
            for frame in self.rec.frames
            if frame["dir"] == "in"
            and frame["channel"] == "socket"
            and frame["event"] not in LIBRARY | NO_ANSWER
        ]

    def _answers(self) -> None:
        ins = self.ins()
        taken: set[int] = set()
        for press in self.presses:
            if press.frame["channel"] == "http":
                self.facts.answered(press)
                self._echoes(press, ins, taken)
            else:
                later = [f for f in ins if f["at"] > press.at and f["at"] not in taken]
                self.facts.consequences(press, later, taken)
            taken.update(press.ins)
            for at in press.ins:
                self.owned[at] = press
        self._errors(ins, taken)

    def _echoes(self, press: Press, ins: list[Frame], taken: set[int]) -> None:
        """Pushes that a request caused: they tell of what it stored, while it was under way."""
        if press.outcome != "stored" or press.intent.name != "send" or not press.id:
            return
        until = press.frame["response_t_ms"] + 50
        for frame in ins:
            fits = press.frame["t_ms"] <= frame["t_ms"] <= until and frame["at"] not in taken
            if fits and any(
                found.how == "push" and self.facts.message(found.record, found.conv).id == press.id
                for found in self.facts.found(frame)
            ):
                press.ins.append(frame["at"])

    def _errors(self, ins: list[Frame], taken: set[int]) -> None:
        """Answers to what the client does by itself, and errors that do not say what they answer."""
        answered = {press.at for press in self.presses if press.outcome not in {"silent", "done"}}
        outs = [
            frame
            for frame in self.rec.frames
            if frame["dir"] == "out" and frame["channel"] == "socket" and frame["event"] not in LIBRARY
        ]
        for frame in ins:
            if frame["at"] in taken:
                continue
            asked = self.facts.answers_auto(frame, [o for o in outs if o["at"] < frame["at"]])
            if asked is not None:
                self.auto_answers.add(frame["at"])
                answered.add(asked["at"])
        for frame in ins:
            if frame["event"] != "error" or frame["at"] in taken or frame["at"] in self.auto_answers:
                continue
            for out in outs:
                near = 0 <= frame["t_ms"] - out["t_ms"] <= ERROR_WITHIN_MS and out["at"] < frame["at"]
                if near and out["at"] not in answered and self.facts.may_fail(out):
                    answered.add(out["at"])
                    self._error(frame, out)
                    break

    def _error(self, frame: Frame, out: Frame) -> None:
        part = self.parts[out["at"]]
        words = str((frame["args"][0] if frame["args"] else {}).get("message", ""))
        press = next((one for one in self.presses if one.at == out["at"]), None)
        if press is not None:
            press.ins.append(frame["at"])
            self.owned[frame["at"]] = press
            press.reason = self.facts.reason(words)
            press.outcome = "refused" if press.reason else "failed"
        elif part.role is Role.AUTO:
            self.auto_answers.add(frame["at"])
            for conv in self.facts.convs_in(out):
                if self.facts.reason(words):
                    self.denied_words[conv] = words

    # -- messages ------------------------------------------------------------------------------------------

    def _messages(self) -> None:
        mine = {frame["at"] for frame in self.rec.frames}
        first: dict[str, tuple[int, str]] = {}
        wholes: list[tuple[int, str, set[str], bool]] = []
        for frame in self.rec.everything:
            if frame["channel"] in {"raw", "note", "sse"} or frame["dir"] == "note":
                continue
            found = self.facts.found(frame)
            seen = set()
            for one in found:
                msg_id = self.facts.message(one.record, one.conv).id
                seen.add(msg_id)
                first.setdefault(msg_id, (frame["at"], one.how))
                if frame["at"] in mine and self._counts(frame, one, msg_id):
                    self.versions.setdefault(msg_id, []).append(Version(frame["at"], one.record, one.how))
                    self.conv_of.setdefault(msg_id, one.conv)
            whole = self.facts.whole(frame)
            if whole is not None:
                wholes.append((frame["at"], whole, seen, frame["at"] in mine))
        for msg_id in self.versions:
            self.born[msg_id] = self._birth(msg_id, *first[msg_id], wholes)
            self._death(msg_id, wholes)

    def _counts(self, frame: Frame, found: Found, msg_id: str) -> bool:
        """Whether an id in a frame of ours is to be shown: not in answers to what we never do."""
        if self.facts.foreign(found.record):
            self.foreign.add(msg_id)
            return False
        part = self.parts.get(frame["at"])
        return part is None or part.role is not Role.NEVER

    def _birth(self, msg_id: str, at: int, how: str, wholes: list[tuple[int, str, set[str], bool]]) -> int:
        if how != "read":
            return at
        lacked = [
            i for i, conv, ids, _ in wholes if conv == self.conv_of[msg_id] and i < at and msg_id not in ids
        ]
        return at if lacked else BEFORE

    def _death(self, msg_id: str, wholes: list[tuple[int, str, set[str], bool]]) -> None:
        last = max(version.at for version in self.versions[msg_id])
        for at, conv, ids, mine in wholes:
            if mine and conv == self.conv_of[msg_id] and at > last and msg_id not in ids:
                self.gone[msg_id] = at
                return

    def _bind_silent(self) -> None:
        """A send whose outcome was not heard may stand in what the person read later."""
        bound = {press.id for press in self.presses if press.id}
        for press in self.presses:
            if press.intent.name != "send" or press.id or press.outcome == "refused":
                continue
            for msg_id, versions in self.versions.items():
                msg = self.facts.message(versions[0].record, self.conv_of[msg_id])
                fits = msg.own and msg.conv == press.intent.conv and msg.text == press.intent.text
                if fits and msg_id not in bound and self.born[msg_id] > press.at - 1:
                    press.id = msg_id
                    press.outcome = "stored" if press.outcome == "silent" else press.outcome
                    bound.add(msg_id)
                    break

    def pressed_ids(self) -> dict[str, Press]:
        """Messages that a press of ours makes."""
        return {press.id: press for press in self.presses if press.id and press.intent.name == "send"}

    def at_index(self, msg_id: str, index: int) -> Record:
        """The newest record of a message as of an index; the oldest there is before that.

        Newer is what the server calls newer; of the same version what it has stored says more than a push.
        """
        versions = self.versions[msg_id]
        known = [one for one in versions if one.at <= index] or versions[:1]
        return max(known, key=lambda one: (_version(one.record), one.how != "push", one.at)).record

    def last(self, msg_id: str) -> Msg:
        """A message as it was seen last."""
        msg = self.facts.message(self.at_index(msg_id, END), self.conv_of[msg_id])
        if msg.relayed:  # it carries what its sender says; it is shown where it came in
            msg.us = self.rec.wall_us + self.rec.everything[max(self.born[msg_id], 0)]["t_ms"] * 1000
            msg.at = (msg.us, f"{self.born[msg_id]:08d}")
        return msg

    # -- conversations -------------------------------------------------------------------------------------

    def _convs(self) -> list[str]:
        found: dict[str, None] = dict.fromkeys(self.conv_of.values())
        for frame in self.rec.frames:
            if frame["dir"] == "note" or frame["channel"] in {"raw", "note", "sse"}:
                continue
            part = self.parts.get(frame["at"])
            if part is not None and (part.role is Role.NEVER or self._is_unknown(frame)):
                continue
            for conv in self.facts.convs_in(frame):
                found.setdefault(conv)
        for press in self.presses:
            unknown = press.reason == "not_found" and not self.facts.begins_talks
            if press.intent.conv and self.facts.is_id(press.intent.conv) and not unknown:
                found.setdefault(press.intent.conv)
        return [conv for conv in found if self.facts.is_id(conv)]

    def _is_unknown(self, frame: Frame) -> bool:
        """Whether the server knows nothing of what an intention is about."""
        press = next((one for one in self.presses if one.at == frame["at"]), None)
        return press is not None and press.reason == "not_found" and not self.facts.begins_talks

    def _denied(self) -> set[str]:
        """Conversations that the person was refused, and never let into."""
        refused = set(self.denied_words)
        taken = set(self.conv_of.values())
        for frame in self.rec.frames:
            part = self.parts.get(frame["at"])
            if part is None or part.role is Role.NEVER or frame["channel"] != "http":
                continue
            where = part.reads or (part.intent.conv if part.intent else "")
            if part.reads and frame["status"] in {403, 404}:
                refused.add(part.reads)
            elif where and (frame["status"] or 500) < 300:
                taken.add(where)
        return refused - taken

    # -- the course of things ------------------------------------------------------------------------------

    def _crashes(self) -> set[int]:
        """Ends of the connection behind which the server is gone, not just the connection."""
        found = set()
        for frame in self.rec.frames:
            if frame.get("event") != "disconnect" or frame["dir"] != "in":
                continue
            if "transport" not in str(frame["args"]):
                continue
            near = [
                other
                for other in self.rec.everything
                if other["at"] != frame["at"] and abs(other["t_ms"] - frame["t_ms"]) <= CRASH_WITHIN_MS
            ]
            others = any(
                o.get("event") == "disconnect"
                and o["dir"] == "in"
                and o["actor"] != frame["actor"]
                and "transport" in str(o.get("args"))
                for o in near
            )
            later = [o for o in self.rec.everything if o["at"] > frame["at"]]
            refused = any(
                (o.get("event") == "connect_error" and _transport(o)) or o.get("transport_error")
                for o in later
            )
            told = any(o["channel"] == "note" and "server" in str(o.get("text")) for o in near)
            if others or refused or told:
                found.add(frame["at"])
        return found

    def _beats(self) -> list[Beat]:
        beats: list[Beat] = []
        presses = {press.at: press for press in self.presses}
        frames = self.rec.frames
        for position, frame in enumerate(frames):
            at, t_ms = frame["at"], frame["t_ms"]
            if at in presses:
                beats.append(Beat("press", at, t_ms, frame, press=presses[at], conv=presses[at].intent.conv))
            elif frame["channel"] == "http" and frame["dir"] != "note":
                part = self.parts.get(at)
                if part is not None and part.role is Role.AUTO and frame["status"] is not None:
                    beats.append(Beat("look", at, frame["response_t_ms"], frame, conv=part.reads))
            elif frame["channel"] == "socket":
                beats.extend(self._socket_beat(position, frame, frames))
            elif frame["channel"] == "sse" and frame["dir"] == "in":
                beats.append(Beat("push", at, t_ms, frame))
            elif frame["channel"] == "note" and "server" in str(frame.get("text")):
                words = str(frame["text"])
                if "start" in words:
                    beats.append(Beat("start", at, t_ms, frame))
                elif any(word in words for word in ("process stop", "kill", "process ended", "exit")):
                    beats.append(Beat("stop", at, t_ms, frame))
        return beats

    def _socket_beat(self, position: int, frame: Frame, frames: list[Frame]) -> list[Beat]:
        at, t_ms, event = frame["at"], frame["t_ms"], frame["event"]
        if frame["dir"] == "out":
            part = self.parts[at]
            return [Beat("look", at, t_ms, frame, conv=part.reads)] if part.reads else []
        if frame["dir"] == "note" or event in NO_ANSWER:
            return []
        if event == "disconnect":
            again = self._connects_again(position, frames)
            if at in self.crashes or again:
                return [Beat("down", at, t_ms, frame)]
            return []
        if event == "connect":
            return [Beat("up", at, t_ms, frame)] if self._ours(position, frames) else []
        if event == "connect_error":
            words = not _transport(frame) and self._ours(position, frames)
            return [Beat("refuse", at, t_ms, frame)] if words else []
        if at in self.owned or at in self.auto_answers or self._is_copy(frame):
            return []
        return [Beat("push", at, t_ms, frame)]

    def _is_copy(self, frame: Frame) -> bool:
        """Whether an error that answers nothing is just the one before it, once more."""
        if frame["event"] != "error":
            return False
        before = [one for one in self.rec.frames if one["at"] < frame["at"] and one["dir"] == "in"]
        last = before[-1] if before else {}
        return all(last.get(key) == frame.get(key) for key in ("event", "args", "t_ms"))

    def _ours(self, position: int, frames: list[Frame]) -> bool:
        """Whether the attempt that is answered here is one that a client of ours would make."""
        for before in reversed(frames[:position]):
            if before["channel"] == "socket" and before["dir"] == "out" and before["event"] == "connect":
                return self.parts[before["at"]].role is Role.AUTO
        return True

    def _connects_again(self, position: int, frames: list[Frame]) -> bool:
        for later in frames[position + 1 :]:
            if later["channel"] != "socket" or later["event"] not in {"connect", "connect_error"}:
                continue
            if later["dir"] == "out":
                return self.parts[later["at"]].role is Role.AUTO
            if later["dir"] == "in":
                return True
        return False

    def refused_first(self) -> str | None:
        """The words with which the very first connection of the person is refused, if it is."""
        for beat in self.beats:
            if beat.what in {"up", "refuse"}:
                return _words(beat.frame) if beat.what == "refuse" else None
        return None

    # -- signing in ----------------------------------------------------------------------------------------

    def sign_ins(self) -> list[Press]:
        """Sign-ins with recorded credentials."""
        return [press for press in self.presses if press.intent.name == "sign_in"]

    def needs_account_first(self) -> bool:
        """Whether the person is signed in before the first sign-in of the recording, or there is none."""
        signed = [press.at for press in self.sign_ins() if press.outcome == "stored"]
        first = signed[0] if signed else None
        for frame in self.rec.frames:
            part = self.parts.get(frame["at"])
            if part is None or part.role is Role.NEVER:
                continue
            if part.intent is not None and part.intent.name == "sign_in":
                if first is not None and frame["at"] >= first:
                    return False
                continue
            if first is None or frame["at"] < first:
                return self._uses_token(frame) or not self.sign_ins()
        return not self.sign_ins()

    def _uses_token(self, frame: Frame) -> bool:
        if frame["channel"] == "http":
            return self.facts.right_bearer(frame)
        return True

    def intents(self, name: str) -> list[Press]:
        """Presses of one name."""
        return [press for press in self.presses if press.intent.name == name]

    def part_of(self, frame: Frame) -> Part | None:
        """The role of an out frame of ours."""
        return self.parts.get(frame["at"])

    def intent_of(self, frame: Frame) -> Intent | None:
        """The intent of an out frame of ours."""
        part = self.part_of(frame)
        return part.intent if part is not None else None


def _words(frame: Frame) -> str:
    return str((frame["args"][0] if frame["args"] else {}).get("message", ""))


def _transport(frame: Frame) -> bool:
    """A connect_error that the library makes of a failed transport."""
    words = _words(frame)
    return words in {"websocket error", "xhr poll error", "timeout", "xhr post error"} or "transport" in words


def _version(record: Record) -> str:
    """The server's own version of a record, where it gives one."""
    return str(record.get("updatedAt") or record.get("editedAt") or "")


def replace_all(value: Any, names: dict[str, str]) -> Any:
    """A JSON value with some texts exchanged for others."""
    if isinstance(value, str):
        return names.get(value, value)
    if isinstance(value, list):
        return [replace_all(one, names) for one in value]
    if isinstance(value, dict):
        return {key: replace_all(one, names) for key, one in value.items()}
    return value


IDS = {"id", "_id", "tempId", "messageId", "message_id", "clientId"}


def rename(value: Any, names: dict[str, str]) -> Any:
    """A JSON value in which some ids stand for others; texts stay as they are."""
    if isinstance(value, list):
        return [rename(one, names) for one in value]
    if isinstance(value, dict):
        found = {}
        for key, one in value.items():
            known = key in IDS and isinstance(one, str) and one in names
            found[key] = names[one] if known else rename(one, names)
        return found
    return value
