"""The scripted server: recorded answers and pushes first, behind them what the recording's state implies."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable
from typing import Any, Protocol

import msgspec

from tests.replay.facts import Facts
from tests.replay.parts import Frame, Intent, Part, Press, Record, Role
from tests.replay.recording import REFRESH_TOKEN, RIGHT_TOKEN, jwt, made_up, walk
from tests.replay.story import BEFORE, Story, rename, replace_all
from tests.replay.wire import Reply, Request, page_not_found, recorded

LATENCY_MS = 4
TOKEN_LIFE_S = 5 * 3_600
HELD_MS = 100
TURN_S = 1e-6


class Way(msgspec.Struct, frozen=True):
    """How a recording is played."""

    name: str = "as recorded"
    push_delay_ms: int = 0
    doubled: bool = False
    history_delay_ms: int = 0
    shuffled: bool = False


class Network(Protocol):
    """What the stub asks of the wires."""

    def push(self, event: str, args: tuple[Any, ...]) -> bool:
        """One event to whoever is connected."""
        ...

    def streamed(self, path: str, data: Any) -> bool:
        """One event of a stream."""
        ...

    def cut(self) -> None:
        """Every socket ends."""
        ...


class Stub:
    """One server over one story; subclasses speak a platform's routes and events."""

    open_routes: tuple[str, ...] = ()
    """Beginnings of paths that need no token."""
    bad_token_words = "Invalid token"

    def __init__(self, story: Story, way: Way) -> None:
        self.story = story
        self.facts: Facts = story.facts
        self.rec = story.rec
        self.way = way
        self.wires: Network
        self.now_us: Callable[[], int] = lambda: story.rec.wall_us
        self.index = BEFORE
        self.socket_up = True
        self.http_up = True
        self.refusal = story.refused_first()
        self.tokens: set[str] = set()
        self.refreshes: set[str] = set()
        self.rooms: set[str] = set()
        self.names: dict[str, str] = {}
        """Ids that the recording's client made up, and those that ours has made instead."""
        self.ours: set[str] = set()
        self.fresh: set[str] = set()
        self.pressed: list[Press] = []
        self.sent: list[dict[str, Any]] = []
        self.wrong: list[str] = []
        self.heads: dict[str, dict[str, Record]] = {}
        self.deleted: set[str] = set()
        self._issued = 0
        self._given: dict[tuple[str, str, str], int] = {}
        self._next = 0.0
        for msg_id, born in story.born.items():
            if born == BEFORE:
                self._put(msg_id)

    # -- what there is -------------------------------------------------------------------------------------

    def _put(self, msg_id: str) -> None:
        conv = self.story.conv_of[msg_id]
        record = self.history_form(copy.deepcopy(self.story.at_index(msg_id, self.index)), conv)
        self.heads.setdefault(conv, {})[msg_id] = rename(record, self.names)

    def advance(self, index: int) -> None:
        """The story has been told up to an index."""
        self.index = max(self.index, index)
        pressed = self.story.pressed_ids()
        for msg_id, born in self.story.born.items():
            there = msg_id not in pressed or msg_id in self.heads.get(self.story.conv_of[msg_id], {})
            if born <= self.index and msg_id not in self.deleted and there:
                self._put(msg_id)
            if self.story.gone.get(msg_id, 1 << 60) <= self.index:
                self.heads.get(self.story.conv_of[msg_id], {}).pop(msg_id, None)

    def history(self, conv: str) -> list[Record]:
        """The messages of a conversation, oldest first."""
        found = self.heads.get(conv, {}).values()
        return sorted(found, key=lambda record: self.facts.message(record, conv).at)

    def issue(self, *, refresh: bool = False) -> str:
        """A token of the person; each is another."""
        self._issued += 1
        if not self.facts.has_jwt:
            token = (
                made_up("hex24", "token", self._issued) + made_up("hex24", "more", self._issued) + "x" * 16
            )
        else:
            now_s = self.now_us() // 1_000_000
            ends_s = now_s + TOKEN_LIFE_S
            lives_s = self.rec.lives_s()
            if lives_s is not None:
                ends_s = self.rec.wall_us // 1_000_000 + lives_s
            if refresh:
                ends_s = now_s + 7 * 86_400
            token = jwt({**self.claims(refresh), "iat": now_s, "exp": ends_s, "n": self._issued})
        (self.refreshes if refresh else self.tokens).add(token)
        return token

    def claims(self, refresh: bool) -> dict[str, Any]:
        """Claims of a token."""
        return {"type": "refresh", **self.facts.claims()} if refresh else self.facts.claims()

    def with_tokens(self, body: Any) -> Any:
        """A recorded body with the placeholders of tokens replaced by tokens."""
        body = copy.deepcopy(body)
        names: dict[str, str] = {}
        for value in walk(body):
            if isinstance(value, str) and RIGHT_TOKEN.fullmatch(value) and value not in names:
                names[value] = self.issue()
            elif isinstance(value, str) and REFRESH_TOKEN.fullmatch(value) and value not in names:
                names[value] = self.issue(refresh=True)
        return replace_all(body, names)

    # -- the socket ----------------------------------------------------------------------------------------

    async def accept(self, auth: Any) -> str | bool | None:
        """Take a socket, refuse it in words, or be away."""
        await self._pause(LATENCY_MS)
        if not self.socket_up:
            return None
        token = auth.get("token") if isinstance(auth, dict) else None
        if token not in self.tokens:
            self.wrong.append("connect with a wrong token")
            return self.bad_token_words
        if self.refusal is not None:
            return self.refusal
        self.rooms.clear()
        self.connected()
        return True

    def connected(self) -> None:
        """A socket was taken."""

    def heard(self, event: str, args: tuple[Any, ...]) -> None:
        """An event of the client."""
        frame = {"channel": "socket", "dir": "out", "event": event, "args": list(args)}
        part = self.facts.event_part(event, list(args))
        if part.role is Role.NEVER:
            self.wrong.append(f"event {event}")
        elif part.intent is None:
            if not any(self.held(conv) for conv in self.facts.convs_in(frame)):
                self.auto_event(event, list(args))
        else:
            self._event_intent(event, part.intent, frame)

    def _event_intent(self, event: str, intent: Intent, frame: Frame) -> None:
        press = self._take(intent, {"channel": "socket", "event": event, "args": frame["args"]})
        if intent.name == "send":
            if intent.conv in self.story.denied:
                self.refuse_send(intent)
            elif press is not None and press.arrived == 1 and self._plays(press):
                self._answer_by_recording(press, frame["args"])
            else:
                self._store_and_echo(intent, press, frame["args"])
        else:
            self.changed(intent, None)
            if press is not None:
                self._play_all(press)
            else:
                self.auto_event(event, frame["args"])

    def _plays(self, press: Press) -> bool:
        """Whether the recording itself has an answer for the first arrival of a press."""
        return press.frame["channel"] == "socket" and bool(press.ins)

    def _answer_by_recording(self, press: Press, args: list[Any]) -> None:
        self.learn_names(press, args)
        if press.outcome == "stored" and press.id:
            self._keep(press, args)
        self._play_all(press)

    def _play_all(self, press: Press) -> None:
        for at in press.ins:
            self.push(self.rec.everything[at])

    def _keep(self, press: Press, args: Any) -> Record:
        """Store what a press has sent, under the id that the recording has for it."""
        conv = press.intent.conv
        if press.id in self.story.versions:
            record = self.story.at_index(press.id, max(self.index, press.at, *press.ins, press.at))
        else:
            us = self.facts.fresh_us(self.story, press)
            record = self.make_record(press.intent, press.id, us, args)
        record = dict(rename(self.history_form(copy.deepcopy(record), conv), self.names))
        self.heads.setdefault(conv, {})[self.names.get(press.id, press.id)] = record
        return record

    def _store_and_echo(self, intent: Intent, press: Press | None, args: Any) -> Record:
        """Store what the recorder did not repeat, under a fresh id, or under the recorded one."""
        if press is not None and press.id and press.id not in self.heads.get(intent.conv, {}):
            self.learn_names(press, args if isinstance(args, list) else [args])
            record = self._keep(press, args)
        else:
            us = self.facts.fresh_us(self.story, press) if press is not None else self.now_us()
            record = self.make_record(intent, self.fresh_id(len(self.fresh) + 1), us, args)
            msg_id = self.facts.message(record, intent.conv).id
            self.fresh.add(msg_id)
            self.heads.setdefault(intent.conv, {})[msg_id] = self.history_form(
                copy.deepcopy(record), intent.conv
            )
        self.echo(intent, record, args)
        return record

    def fresh_id(self, number: int) -> str:
        """An id that the recording does not have, greater than those it has."""
        if self.facts.id_form == "int":
            return str(1_000_000 + number)
        head = "f" * 8 if self.facts.id_form == "hex24" else "czzzzzzzz"
        return head + made_up("hex24", "fresh", number)[: 24 - 8]

    # -- pushing -------------------------------------------------------------------------------------------

    def push(self, frame: Frame) -> None:
        """Play one recorded event, in its turn."""
        args = rename(frame["args"], self.names)
        self.emit(frame["event"], args, recorded_frame=frame)

    def emit(self, event: str, args: list[Any], *, recorded_frame: Frame | None = None) -> None:
        """Send an event to the client, after the delay of this way to play.

        An error that names no request is not doubled: it would be another error, not the same one again.
        """

        def now() -> None:
            self.wires.push(event, tuple(args))
            if self.way.doubled and recorded_frame is not None and event != "error":
                self.wires.push(event, tuple(copy.deepcopy(args)))

        loop = asyncio.get_running_loop()
        delay_ms = LATENCY_MS + (self.way.push_delay_ms if recorded_frame is not None else 0)
        # In turn: timers of one and the same moment have no order among themselves.
        self._next = max(loop.time() + delay_ms / 1000, self._next + TURN_S)
        loop.call_at(self._next, now)

    # -- requests ------------------------------------------------------------------------------------------

    async def answer(self, request: Request) -> Reply | str:
        """Answer a request, or say why not."""
        await self._pause(LATENCY_MS)
        if not self.http_up:
            return "unreachable"
        frame = self._as_frame(request)
        part = self.facts.part(frame)
        if not request.path.startswith(self.open_routes) and request.bearer not in self.tokens:
            if self.stale(request):
                return self.unauthorized(request)
            self.wrong.append(f"{request.method} {request.path} with a wrong token")
            return self.unauthorized(request)
        if part.intent is not None:
            return await self._intent(request, part, frame)
        if part.role is Role.NEVER and request.method != "GET":
            self.wrong.append(f"{request.method} {request.path}")
        if part.reads is not None:
            await self._pause(self.way.history_delay_ms)
        while any(self.held(conv) for conv in (part.reads, *self.facts.convs_in(frame)) if conv):
            await self._pause(HELD_MS)
        reply = self.error_once(request, part) or self.read(request, part)
        return (
            reply
            if reply is not None
            else self.captured(request) or page_not_found(request.method, request.path)
        )

    def stale(self, request: Request) -> bool:
        """Whether a request without the right token is in order: a probe of the connection test."""
        return request.method == "GET" and not request.headers.get("authorization")

    def _as_frame(self, request: Request) -> Frame:
        headers = dict(request.headers)
        if request.bearer in self.tokens:
            headers["authorization"] = f"Bearer <token-{self.rec.letter}>"
        body = request.body
        if request.file is not None:
            body = {"multipart": [dict(request.file)]}
        return {
            "at": -1,
            "channel": "http",
            "dir": "out",
            "method": request.method,
            "path": request.path,
            "query": request.asked,
            "headers": headers,
            "request_body": body,
            "status": None,
            "response_body": None,
            "response_headers": {},
        }

    async def _intent(self, request: Request, part: Part, frame: Frame) -> Reply | str:
        intent = part.intent
        if intent is None:
            raise TypeError("no intent")
        said = {
            "channel": "http",
            "method": request.method,
            "route": request.path,
            "args": frame["request_body"],
        }
        press = self._take(intent, said)
        if intent.name == "sign_in":
            return self.signed_in(press, intent)
        if intent.name == "send":
            return await self._send(press, intent, request)
        answer = press.frame if press is not None and press.frame["channel"] == "http" else None
        if answer is not None and answer["status"] is not None:
            self.changed(intent, answer["status"])
            if press is not None:
                self._play_all(press)
            return recorded(answer)
        if press is not None:
            self._play_all(press)
        self.changed(intent, 200)
        return self.done(intent)

    async def _send(self, press: Press | None, intent: Intent, request: Request) -> Reply | str:
        if press is not None and press.arrived == 1 and press.frame["channel"] == "http":
            status = press.frame["status"]
            if status is not None:
                if press.outcome == "stored" and press.id:
                    self._keep(press, request.body)
                self._play_all(press)
                await self._pause(LATENCY_MS + self.way.push_delay_ms // 2)
                return recorded(press.frame)
        if intent.conv in self.story.denied:
            return self.refused(intent)
        if press is not None and press.outcome == "refused":
            return self.refused(intent)
        record = self._store_and_echo(intent, press, request.body)
        await self._pause(LATENCY_MS)
        return self.send_reply(record)

    def _take(self, intent: Intent, said: dict[str, Any]) -> Press | None:
        """Which press a frame of the client tells; None, and a difference, where nobody has asked for it."""
        waiting = [one for one in self.pressed if one.intent.same(intent)]
        if intent.name.startswith("typing"):
            self._paced(waiting)
        press = next((one for one in waiting if not one.arrived), None)
        again = False
        if press is None:
            press = next((one for one in reversed(waiting) if self.may_repeat(one)), None)
            again = press is not None
        if press is None and not self.harmless(intent):
            self.wrong.append(f"unasked {intent.name}")
        if press is not None:
            press.arrived += 1
        by_itself = intent.name in {"typing_stop", "sign_in"} and press is None
        if not again and not by_itself:
            self.sent.append({"intent": intent.name, **said})
        return press

    def _paced(self, waiting: list[Press]) -> None:
        """Typing is told now and then: what was typed before the newest key is told with it."""
        for one in self.pressed:
            typed = one.intent.name.startswith("typing") and bool(waiting)
            if typed and one.at < waiting[-1].at and one.intent.conv == waiting[-1].intent.conv:
                one.arrived = one.arrived or 1

    def held(self, conv: str) -> bool:
        """Whether the refusal of a conversation is not told yet: what the person sends there comes first."""
        if conv not in self.story.denied:
            return False
        sends = [one for one in self.story.intents("send") if one.intent.conv == conv]
        return any(one not in self.pressed and not one.skipped for one in sends)

    def may_repeat(self, press: Press) -> bool:
        """Whether the sync rules allow to tell this press again."""
        return press.outcome in {"failed", "silent"} or press.intent.name != "send"

    def harmless(self, intent: Intent) -> bool:
        """What the client does by itself as well."""
        return intent.name in {"typing_stop", "sign_in"}

    def error_once(self, request: Request, part: Part) -> Reply | None:
        """The recorded error of a read without another answer: given once, as soon as the story is there."""
        frames = self.same(request, part)
        told = [frame for frame in frames if frame["at"] <= self.index]
        good = [frame for frame in frames if (frame["status"] or 500) < 400]
        if not told or good or told[0]["status"] is None:
            return None
        key = (request.method, request.path, "error")
        if self._given.get(key):
            return None
        self._given[key] = 1
        return recorded(told[0])

    def same(self, request: Request, part: Part) -> list[Frame]:
        """Recorded requests of the person that ask for the same."""
        found = []
        for frame in self.rec.frames:
            if frame["channel"] != "http" or frame["dir"] == "note" or frame["method"] != request.method:
                continue
            told = self.story.parts.get(frame["at"])
            if told is None or told.role is not Role.AUTO:
                continue
            if (part.reads is not None and told.reads == part.reads) or (
                frame["path"] == request.path and not part.reads
            ):
                found.append(frame)
        return found

    def captured(self, request: Request) -> Reply | None:
        """The first unused recorded answer to the same question; after the last one that one again."""
        frames = [
            frame
            for frame in self.rec.frames
            if frame["channel"] == "http"
            and frame["dir"] != "note"
            and (frame["method"], frame["path"]) == (request.method, request.path)
            and frame["status"] is not None
            and frame["at"] in self.story.parts
            and self.story.parts[frame["at"]].role is Role.AUTO
        ]
        same = [f for f in frames if {k: str(v) for k, v in f["query"].items()} == request.asked] or frames
        same = [f for f in same if f["status"] < 400] or same
        if not same:
            return None
        key = (request.method, request.path, repr(sorted(request.asked)))
        used = self._given.get(key, 0)
        self._given[key] = used + 1
        return recorded(same[min(used, len(same) - 1)])

    @staticmethod
    async def _pause(ms: int) -> None:
        await asyncio.sleep(ms / 1000)

    # -- of a platform -------------------------------------------------------------------------------------

    async def stream(self, path: str) -> Reply | None:
        """Whether a stream is opened."""
        await self._pause(LATENCY_MS)
        return page_not_found("GET", path)

    def history_form(self, record: Record, conv: str) -> Record:
        """A record as histories give it."""
        return record

    def shown_id(self, remote_id: str) -> str:
        """The id on the wire of a message that is known under another one here."""
        return remote_id

    def invented(self) -> set[str]:
        """Further ids that this stub has made."""
        return set()

    def may_push(self, frame: Frame) -> bool:
        """Whether the client has joined what a push belongs to."""
        return True

    def learn_names(self, press: Press, args: list[Any]) -> None:
        """Which id of ours stands for an id that the recording's client made up."""

    def auto_event(self, event: str, args: list[Any]) -> None:
        """Something that the client does by itself."""

    def signed_in(self, press: Press | None, intent: Intent) -> Reply:
        """The answer to a sign-in."""
        raise NotImplementedError

    def read(self, request: Request, part: Part) -> Reply | None:
        """The answer to a read; None: this platform has no such route."""
        raise NotImplementedError

    def make_record(self, intent: Intent, msg_id: str, us: int, args: Any) -> Record:
        """A message of ours as it is pushed."""
        raise NotImplementedError

    def echo(self, intent: Intent, record: Record, args: Any) -> None:
        """What pushes follow from a stored message of ours."""

    def refuse_send(self, intent: Intent) -> None:
        """What follows from an event that sends where we have no access."""

    def refused(self, intent: Intent) -> Reply:
        """The answer to a request that sends where we have no access."""
        raise NotImplementedError

    def send_reply(self, record: Record) -> Reply:
        """The answer to a request that has stored a message."""
        raise NotImplementedError

    def changed(self, intent: Intent, status: int | None) -> None:
        """An intent was carried out, or refused with this status."""

    def done(self, intent: Intent) -> Reply:
        """The answer to an intent for which the recording has none."""
        return Reply(200, {"success": True})

    def unauthorized(self, request: Request) -> Reply:
        """The answer to a wrong token."""
        raise NotImplementedError
