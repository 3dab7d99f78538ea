"""The toy platform's server and network, in the process of the test, with every fault that it may order."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from chatdesk.domain.arrivals import (
    Accepted,
    Answer,
    ConnectRefused,
    HandedOver,
    LinkLost,
    NoAnswer,
    Packet,
)
from chatdesk.domain.ports import Listener
from chatdesk.domain.steps import (
    STREAM_ENDED,
    STREAM_EVENT,
    Call,
    Connect,
    Emit,
    Listen,
    Step,
    Unlisten,
)
from chatdesk.sync.clock import Clock
from tests.sync.toy.adapter import PAGE

LATENCY_MS = 5
ME = "me"
CUSTOMER = "customer"


class Fault(msgspec.Struct, kw_only=True):
    """What goes wrong with one request or event, named by its step's note (`say`, `history`, ...).

    lost: it never reaches the server. store_after_ms: it reaches the server, which is slow (a hard close no
    longer stops it). in_kernel_ms: it leaves this machine only later, unless the connection is closed hard.
    no_answer: it is carried out, and the answer is lost. cut: the link breaks instead of the answer.
    oops / status: refused in these words. no_echo, echoes: of what is stored. echo_late_ms: after the answer.
    answer_late_ms: carried out at once, answered later. slow_ms: carried out after so long, then answered.
    """

    lost: bool = False
    store_after_ms: int = 0
    in_kernel_ms: int = 0
    no_answer: bool = False
    cut: bool = False
    oops: str = ""
    status: int = 0
    no_echo: bool = False
    echoes: int = 1
    echo_late_ms: int = 0
    answer_late_ms: int = 0
    slow_ms: int = 0


class ToyServer:
    """Rooms, messages, tokens; what clients see of it is decided by the faults that a test has put."""

    def __init__(self, clock: Clock, *, grade: str = "none") -> None:
        self.clock = clock
        self.grade = grade
        self.down = False
        self.is_toy = True
        self.hang_login = False
        self.socket_refused = False
        self.deaf_ms = 0
        self.token_life_ms = 3_600_000
        self.returns_cid = grade != "none"
        self.rooms: dict[str, list[dict[str, Any]]] = {}
        self.statuses: dict[str, str] = {}
        self.files: dict[str, list[dict[str, Any]]] = {}
        self.reports: list[tuple[str, str]] = []
        self.streams: dict[str, ToyClient] = {}
        self.codes: list[str] = []
        self.read_marks: list[tuple[str, str]] = []
        self.faults: dict[str, list[Fault]] = {}
        self.seen: Counter[str] = Counter()
        self.typed: list[tuple[str, bool]] = []
        self.links: list[ToyLink] = []
        self.tokens: set[str] = set()
        self.refreshable = True
        self.refreshes_as = ME
        self.password = "right"
        self.aborted = 0
        self._next = 0
        self._by_cid: dict[str, str] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    # -- told by tests

    def add_room(self, room: str, *texts: str, status: str = "open") -> None:
        self.rooms[room] = []
        self.statuses[room] = status
        for text in texts:
            self.store(room, CUSTOMER, text)

    def fault(self, note: str, fault: Fault, times: int = 1) -> None:
        self.faults.setdefault(note, []).extend([fault] * times)

    def customer_says(self, room: str, text: str) -> str:
        message = self.store(room, CUSTOMER, text)
        self.push(room, "said-in", message)
        return str(message["id"])

    def other_device_says(self, room: str, text: str) -> str:
        message = self.store(room, ME, text)
        self.push(room, "said-in", message)
        return str(message["id"])

    def recognises_from_now_on(self) -> None:
        """Dedupe by client ids; of what was stored until now it has none."""
        self.grade = "idempotent"
        self._by_cid.clear()

    def push(self, room: str, event: str, arg: Any) -> None:
        for link in self.links:
            if room in link.entered:
                link.deliver(event, arg)

    def stream(self, order: str, *data: Any) -> None:
        """Send something down a watched order's stream; without data: end it."""
        path = f"/toy/watch/{order}"
        if data:
            self.streams[path].tell(Packet(STREAM_EVENT, (path, *data)))
        else:
            self.streams.pop(path).tell(Packet(STREAM_ENDED, (path,)))

    def cut_all(self) -> None:
        for link in list(self.links):
            link.break_off()

    def token(self) -> str:
        self._next += 1
        token = f"t{self._next}:{self.clock.now_us() + self.token_life_ms * 1000}"
        self.tokens.add(token)
        return token

    def texts(self, room: str, author: str = ME) -> list[str]:
        return [m["body"] for m in self.rooms[room] if m["from"] == author]

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    # -- what it does

    def later(self, ms: int, what: Callable[[], object]) -> asyncio.Task[None]:
        async def wait() -> None:
            await asyncio.sleep(ms / 1000)
            what()

        task = asyncio.get_running_loop().create_task(wait())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def take_fault(self, note: str) -> Fault:
        self.seen[note] += 1
        waiting = self.faults.get(note)
        return waiting.pop(0) if waiting else Fault()

    def store(self, room: str, author: str, text: str, cid: str | None = None) -> dict[str, Any]:
        self._next += 1
        message = {
            "room": room,
            "id": f"m{self._next}",
            "n": self._next,
            "from": author,
            "body": text.strip(),
            "at_us": self.clock.now_us(),
        }
        if cid and self.returns_cid:
            message["cid"] = cid
        self.rooms[room].append(message)
        return message

    def say(self, body: Any, fault: Fault) -> str:
        """Store a message of ours, once per client id where the server dedupes, and echo it."""
        cid = body["cid"]
        if self.grade == "idempotent" and cid in self._by_cid:
            return self._by_cid[cid]
        message = self.store(body["room"], ME, body["body"], cid)
        self._by_cid[cid] = message["id"]

        def echo() -> None:
            self.push(body["room"], "said-in", message)

        for _ in range(0 if fault.no_echo else fault.echoes):
            if fault.echo_late_ms:
                self.later(fault.echo_late_ms, echo)
            else:
                echo()
        return str(message["id"])

    def call(self, call: Call, fault: Fault) -> tuple[int, Any]:
        if fault.status:
            return fault.status, "as ordered"
        body = call.body
        if call.note == "health":
            return 200, {"toy": 1, "grade": self.grade} if self.is_toy else {"something": "else"}
        if call.note == "code":
            self.codes.append(str(body))
            return (200, "") if body else (403, "no such number")
        if call.note == "login":
            if body["password"] != self.password:
                return 403, "wrong password"
            return 200, {"token": self.token(), "refresh": "r", "user": ME, "name": "Me"}
        if call.note == "refresh":
            return (200, [self.token(), self.refreshes_as]) if self.refreshable else (401, "")
        token = dict(call.headers).get("authorization", "")
        if token not in self.tokens or int(token.partition(":")[2]) <= self.clock.now_us():
            return 401, ""
        match call.note:
            case "rooms":
                return 200, [self._order(room) for room in self.rooms]
            case "history":
                return self._history(body["room"], body["before"])
            case "order":
                room = body["number"].removeprefix("N-")
                return (200, self._order(room)) if room in self.rooms else (404, "")
            case "status":
                room = body["number"].removeprefix("N-")
                self.statuses[room] = body["status"]
                return 200, self._order(room)
            case "files":
                return 200, {"room": body["room"], "files": self.files.get(body["room"], [])}
            case "add" if call.file is not None:
                self._next += 1
                size = len(Path(call.file.path).read_bytes())
                file = {"as": f"f{self._next}", "name": call.file.filename, "size": size}
                self.files.setdefault(body["room"], []).append(file)
                return 200, ""
            case "upload":
                return 201, f"stored-{body['name']}"
            case "say":
                made = self.say(body, fault)
                return 201, next(one for one in self.rooms[body["room"]] if one["id"] == made)
            case "act":
                if body["kind"] == "start_chat" and body["room"] not in self.rooms:
                    self.add_room(body["room"])
                return (200, self._order(body["room"])) if body["room"] in self.rooms else (404, "")
            case "find":
                return 200, [self._order(room) for room in self.rooms if body["words"] in room]
            case "report":
                self.reports.append((body["id"], body["why"]))
                return 200, ""
            case "read":
                self.read_marks.append((body["room"], body["upto"]))
                return 200, ""
            case "delete":
                for messages in self.rooms.values():
                    for message in list(messages):
                        if message["id"] == body["id"]:
                            messages.remove(message)
                            return 200, ""
                return 404, ""
            case _:
                return 200, ""

    def _order(self, room: str) -> dict[str, Any]:
        return {"id": room, "number": f"N-{room}", "status": self.statuses[room]}

    def _history(self, room: str, before: str) -> tuple[int, Any]:
        if room not in self.rooms:
            return 404, ""
        messages = sorted(self.rooms[room], key=lambda m: -int(m["n"]))
        older = [m for m in messages if not before or m["n"] < int(before)]
        page = older[:PAGE]
        return 200, {"items": page, "total": len(messages), "more": len(older) > PAGE}


class ToyLink:
    """One socket."""

    def __init__(self, server: ToyServer, client: ToyClient) -> None:
        self.server = server
        self.client = client
        self.entered: set[str] = set()
        self.born_ms = server.clock.now_ms()
        self.in_kernel: set[asyncio.Task[None]] = set()
        self.heard_ms = self.born_ms
        self.half_open = False
        server.links.append(self)

    def deliver(self, event: str, arg: Any, late_ms: int = 0) -> None:
        def arrives() -> None:
            if self in self.server.links and not self.half_open:
                self.heard_ms = self.server.clock.now_ms()
                self.client.tell(Packet(event, (arg,)))

        self.server.later(LATENCY_MS + late_ms, arrives)

    def receive(self, event: str, arg: Any, note: str) -> None:
        """An event arrives at the server."""
        server = self.server
        fault = server.take_fault(note.partition(" ")[0])
        early = server.clock.now_ms() < self.born_ms + server.deaf_ms
        if fault.lost or early or self.half_open or self not in server.links:
            if fault.cut:
                self.break_off()
            return
        if fault.oops:
            self.deliver("oops", fault.oops)
            return
        match event:
            case "enter" if arg in server.rooms:
                self.entered.add(arg)
                self.deliver("entered", arg)
            case "enter":
                self.deliver("oops", "no such room")
            case "say" if arg["room"] not in self.entered:
                pass  # nobody listens to those outside
            case "say" if fault.in_kernel_ms:
                task = server.later(fault.in_kernel_ms, lambda: server.say(arg, fault))
                self.in_kernel.add(task)
            case "say" if fault.store_after_ms:
                server.later(fault.store_after_ms, lambda: server.say(arg, fault))
            case "say":
                if fault.cut and not fault.no_answer:
                    self.break_off()
                message_id = server.say(arg, fault)
                if fault.cut:
                    self.break_off()
                elif not fault.no_answer:
                    self.deliver("said", message_id, fault.answer_late_ms)
            case "typing":
                server.typed.append((arg["room"], arg["on"]))
            case _:
                raise AssertionError(event)

    def break_off(self) -> None:
        for task in self.in_kernel:
            task.cancel()  # the socket lingers not, however it ends
        if self in self.server.links:
            self.server.links.remove(self)
            self.client.link = None
            self.client.tell(LinkLost())


class ToyClient:
    """The Client protocol over the toy network."""

    def __init__(self, server: ToyServer) -> None:
        self.server = server
        self.listener: Listener | None = None
        self.link: ToyLink | None = None
        self.closed = False
        self._committing: dict[int, asyncio.Task[None]] = {}

    def tell(self, arrived: Any) -> None:
        if self.listener is not None and not self.closed:
            self.listener(arrived)

    async def perform(self, step_id: int, step: Step) -> None:
        await asyncio.sleep(LATENCY_MS / 1000)
        match step:
            case Connect():
                self._connect(step_id, step)
            case Emit():
                self._emit(step_id, step)
            case Call():
                await self._call(step_id, step)
            case Listen():
                self.server.streams[step.path] = self
                self.tell(Accepted(step_id))
            case Unlisten():
                self.server.streams.pop(step.path, None)
                self.tell(HandedOver(step_id))

    def _connect(self, step_id: int, step: Connect) -> None:
        server = self.server
        server.seen["connect"] += 1
        if server.down or server.socket_refused:
            self.tell(ConnectRefused(step_id, None))
        elif step.auth not in server.tokens or int(step.auth.partition(":")[2]) <= server.clock.now_us():
            self.tell(ConnectRefused(step_id, "bad token"))
        else:
            self.link = ToyLink(server, self)
            self.tell(Accepted(step_id))

    def _emit(self, step_id: int, step: Emit) -> None:
        if self.link is None:
            self.tell(NoAnswer(step_id, left=False, reason="cut"))
            return
        self.link.receive(step.event, step.args[0], step.note)
        if step.timeout_ms == 0:
            self.tell(HandedOver(step_id))

    async def _call(self, step_id: int, step: Call) -> None:
        server = self.server
        if server.down:
            self.tell(NoAnswer(step_id, left=False, reason="unreachable"))
            return
        fault = server.take_fault(step.note)
        if fault.cut and not fault.no_answer:
            self.tell(NoAnswer(step_id, left=True, reason="cut"))
            return
        if fault.lost or (step.note == "login" and server.hang_login):
            await asyncio.sleep(3600)
        if fault.store_after_ms:
            server.later(fault.store_after_ms, lambda: server.call(step, fault))
            await asyncio.sleep(3600)
        await asyncio.sleep(fault.slow_ms / 1000)
        status, body = server.call(step, fault)
        if fault.no_answer:
            if fault.cut:
                self.tell(NoAnswer(step_id, left=True, reason="cut"))
                return
            await asyncio.sleep(3600)
        await asyncio.sleep((LATENCY_MS + fault.answer_late_ms) / 1000)
        headers = {"retry-after": "3"} if status == 429 else {}
        self.tell(Answer(step_id, status, isinstance(body, dict | list), body, headers))

    def last_heard_ms(self) -> int | None:
        if self.link is None:
            return None
        if not self.link.half_open:
            # The server pings every 25 s.
            now_ms = self.server.clock.now_ms()
            pinged_ms = now_ms - (now_ms - self.link.born_ms) % 25_000
            self.link.heard_ms = max(self.link.heard_ms, pinged_ms)
        return self.link.heard_ms

    async def drop_link(self) -> None:
        if self.link is not None:
            self.link.break_off()

    async def abort_commits(self) -> None:
        self.server.aborted += 1
        await self.drop_link()

    async def close(self) -> None:
        await self.drop_link()
        self.closed = True
