"""A life of the whole client on a disk that fails: engine, store, server and person, on virtual time."""

from __future__ import annotations

import asyncio
import dataclasses
import random
import shutil
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from chatdesk.domain.entities import Outgoing
from chatdesk.domain.errors import ForeignDatabase, NewerDatabase, StaleDraft, StoreProblem
from chatdesk.domain.ids import ConversationId, RemoteId
from chatdesk.domain.kinds import DeliveryState, ParkReason
from chatdesk.domain.outbox import PersonRetries
from chatdesk.store.recovery import open_store
from tests.faults import checker
from tests.faults.desk import DATABASE, LIVING, LabDesk, Prepared
from tests.faults.disk import damage
from tests.faults.disk.bench import leave, mend_header
from tests.faults.disk.shim import Disk, Fault, Ill, Op, failing_disk
from tests.faults.house import House
from tests.faults.lab import ALIVE_MS, CHOICES, PATIENCE_MS, run_lab
from tests.faults.loop import LabLoop
from tests.faults.others import Customer
from tests.sync.virtual import Owing

AGAIN_MS = 2_000
"""Pause before what the disk has refused is tried again, by the program and by the person."""
LONGEST_S = 3_600
"""Virtual seconds: a life that goes on for longer goes round in a circle."""
STUCK_S = 8.0
"""So long a dying thread waits for the rest of its process; far less passes."""


@dataclass(frozen=True, slots=True)
class Event:
    """At `at_ms` something happens. The fields that do not concern it are as they are.

    press: `text` in talk `talk`. say: a customer says `text`. ill: a fault. heal: the disk is well.
    kill: the process dies; `damage` names what is spoilt meanwhile. cut: the link is cut.
    quit: closed, and opened again.
    """

    at_ms: int
    kind: str
    talk: int = 0
    text: str = ""
    ill: str = ""
    ops: tuple[str, ...] = ()
    after: int = 0
    times: int = 0
    name: str = ""
    dies: bool = False
    damage: str = ""


@dataclass(slots=True)
class Came:
    """What a life came to."""

    count: checker.Count
    alive: int = 0
    kills: int = 0
    struck: int = 0
    refused: int = 0
    asked: int = 0
    """Sends that asked their person after a loss, and were answered with "send"."""
    behind: int = 0
    """Messages of customers that the server has, and the client has not."""
    wrong: list[str] = dataclasses.field(default_factory=list)


class DiskDesk(LabDesk):
    """The client, whose process may die in the very call that the disk fails."""

    def __init__(self, folder: Path, made: Prepared, house: House, disk: Disk) -> None:
        super().__init__(folder, made, house)
        self.disk = disk
        disk.on_death = self._dies
        self.died = asyncio.Event()
        self.is_hurt = False
        self.older = folder
        self._loop = asyncio.get_running_loop()
        self._guard = threading.Lock()
        self._gone = threading.Event()
        self._left: Path | None = None
        self._alone = True
        """The loop itself waits for the store: a thread of the store that dies can't wait for the loop."""
        self._ids: dict[RemoteId, ConversationId] = {}

    # -- dying

    def _dies(self) -> None:
        with self._guard:
            if self._left is not None:
                return
            self._left = self._next_folder()
            leave(self.folder, self._left)
            if self._alone:
                return
            self._gone.clear()
            self._loop.call_soon_threadsafe(self.died.set)
        if threading.current_thread() is not threading.main_thread():  # the loop's own thread has to notice
            self._gone.wait(STUCK_S)

    @property
    def is_dead(self) -> bool:
        """The process is gone, though this one has still to notice."""
        return self._left is not None

    async def perish(self) -> None:
        """What is left of a process that has died in a call of the disk goes, too."""
        async with self._living:
            self.died.clear()
            if self._left is None or self.engine is None:
                return
            self.house.cut()
            self._alone = True
            self._gone.set()
            await self._end()
            self._take_left()

    async def _end(self) -> None:
        engine, self.engine = self.engine, None
        if engine is not None:
            if engine._unsubscribe is not None:
                engine._unsubscribe()
            await engine._tasks.close()
            await self.client.close()
        self.real.close()

    async def kill(self) -> None:
        if self._left is not None:
            await self.perish()
            return
        self._alone = True
        await super().kill()
        self._left = None

    async def close(self) -> None:
        if self.engine is not None:
            await self.engine.stop()
            self.engine = None
            await self.client.close()
            self._alone = True
            self.real.close()
        self._take_left()

    # -- being born

    async def _open(self) -> None:
        while True:
            self._alone = True
            try:
                self.real = open_store(self.folder, now_us=self.clock.now_us)
            except (NewerDatabase, ForeignDatabase):
                if not self.is_hurt:
                    raise
                mend_header(self.folder, self.older)
                continue
            except StoreProblem:
                self._take_left()
                await asyncio.sleep(AGAIN_MS / 1000)  # "Try again", in the window that says what is wrong
                continue
            self.store = Owing(self.real)
            if await self._looked_after():
                with self._guard:
                    self._alone = self._left is not None
                if not self._alone:
                    return
            await self._end()
            self._take_left()

    def _take_left(self) -> None:
        if self._left is not None:
            self.folder, self._left = self._left, None

    async def _looked_after(self) -> bool:
        """As the program does: check after an unclean end, start the engine as soon as the disk lets it."""
        if not self.real.ended_cleanly or self.is_hurt:
            self.is_hurt = False
            found = await asyncio.wrap_future(self.store.check())
            if found.must_rebuild:
                return False
        while not self.is_dead:
            try:
                (account,) = (await asyncio.wrap_future(self.store.accounts())).rows
                self.made = dataclasses.replace(self.made, account=account)
                await self._start(None)
            except StoreProblem:
                engine, self.engine = self.engine, None
                if engine is not None:
                    await engine.stop()
                await asyncio.sleep(AGAIN_MS / 1000)
            else:
                return True
        return False

    async def place(self, talk: int) -> ConversationId | None:
        """A conversation, wherever it now is: a new database numbers anew."""
        remote = self.made.remotes[talk % len(self.made.remotes)]
        found: ConversationId | None = await asyncio.wrap_future(
            self.store.conversation_of(self.made.account.id, remote)
        )
        return found


class Life:
    """One life: what happens, and the person who tries again until everything is sent."""

    def __init__(self, folder: Path, made: Prepared, disk: Disk) -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, LabLoop)
        self.network = loop.network
        self.folder = folder
        self.disk = disk
        shutil.copytree(made.folder / "server", folder / "server")
        shutil.copytree(made.folder / "client", folder / "client", ignore=LIVING)
        self.house = House(folder / "server", made.platform, made.variant, CHOICES)
        self.desk = DiskDesk(folder / "client", made, self.house, disk)
        self.desk.older = made.folder / "client"
        self.clock = self.desk.clock
        self.platform = made.platform
        self.came = Came(checker.Count())
        self._todo: dict[int, deque[str]] = {0: deque(), 1: deque()}
        self._tried: set[str] = set()
        """What was pressed and refused in a process that has died since."""
        self._said: list[str] = []
        self._customer: Customer | None = None
        self._writing: set[asyncio.Task[Any]] = set()
        self._lives: set[asyncio.Task[Any]] = set()
        """Ends and beginnings of the process that are under way."""
        self._pressing = asyncio.Lock()
        self._changing = asyncio.Lock()
        """One end and beginning at a time."""

    async def run(self, events: list[Event]) -> Came:
        """Carry it out, make the disk well, wait, and count."""
        await self.house.start()
        await self.desk.open()
        begun_ms = self.clock.now_ms()
        watch = asyncio.get_running_loop().create_task(self._watch())
        for event in events:
            await asyncio.sleep(max(0, begun_ms + event.at_ms - self.clock.now_ms()) / 1000)
            await self._happens(event)
        self.disk.heal()
        if self._lives:
            await asyncio.wait(self._lives)
        await self._settle()
        watch.cancel()
        for task in self._writing:
            task.cancel()
        if self._customer is not None:
            await self._customer.close()
        await self.desk.close()
        await self.house.kill()
        self._count()
        return self.came

    async def _happens(self, event: Event) -> None:
        match event.kind:
            case "press":
                self._todo[event.talk].append(event.text)
                await self._press_all()
            case "say":
                self._write(event.text)
            case "ill":
                ops = frozenset(Op(one) for one in event.ops)
                fault = Fault(Ill(event.ill), ops, event.after, event.times, event.name, dies=event.dies)
                self.disk.faults.append(fault)
            case "heal":
                self.disk.heal()
            case "cut":
                self.house.cut()
            case "quit":
                self._aside(self._quit(), self._lives)
            case "kill":
                self._aside(self._kill(event.damage), self._lives)

    def _aside(self, work: Coroutine[Any, Any, None], among: set[asyncio.Task[Any]]) -> None:
        """Do it while other things happen: who waits for the disk must not keep it from being healed."""
        task = asyncio.get_running_loop().create_task(work)
        among.add(task)
        task.add_done_callback(among.discard)

    async def _quit(self) -> None:
        async with self._changing:
            if self.desk.engine is not None and not self.desk.is_dead:
                await self.desk.close()
                await self._reborn()

    async def _kill(self, name: str) -> None:
        async with self._changing:
            if self.desk.engine is None:
                return
            await self.desk.kill()
            self.came.kills += 1
            if name:
                dice = random.Random(f"{self.clock.now_ms()} {name}")
                damage.inflict(name, self.desk.folder, dice, self.desk.older)
                self.desk.is_hurt = True
            await self._reborn()

    async def _reborn(self) -> None:
        await self.desk.open()
        if self.desk.is_dead:
            return  # the watch looks after it
        await self._look_again()

    async def _watch(self) -> None:
        """A process that dies in a call of the disk is started again."""
        while True:
            await self.desk.died.wait()
            async with self._changing:
                self.desk.died.clear()
                await self.desk.perish()
                if self.desk.engine is None:
                    self.came.kills += 1
                    await asyncio.sleep(1)
                    await self._reborn()

    async def _look_again(self) -> None:
        """What was refused just before the end may have been kept all the same; the person sees it there."""
        async with self._pressing:
            for talk, texts in self._todo.items():
                where = await self._whatever(lambda talk=talk: self.desk.place(talk))  # type: ignore[misc]
                if where is None or not texts or texts[0] not in self._tried:
                    continue
                try:
                    with self.desk.reading() as reader:
                        shown = {one.text for one in reader.newest_page(where).messages if one.own}
                except StoreProblem:
                    continue
                if texts[0] in shown:
                    self._pressed(talk, texts.popleft())
            self._tried.clear()

    async def _whatever(self, ask: Callable[[], Awaitable[Any]]) -> Any:
        try:
            return await ask()
        except StoreProblem:
            return None

    # -- pressing

    async def _press_all(self) -> None:
        """Press what waits in the composers, oldest first, as far as the disk takes it."""
        async with self._pressing:
            for talk, texts in self._todo.items():
                while texts and await self._press(talk, texts[0]):
                    self._pressed(talk, texts.popleft())

    def _pressed(self, talk: int, text: str) -> None:
        self.desk.presses.append(checker.Press(f"t{talk}", text, self.clock.now_ms()))

    async def _press(self, talk: int, text: str) -> bool:
        """True: the store has taken it, and its process has lived to hear that."""
        desk = self.desk
        if desk.engine is None or desk.is_dead:
            return False
        real = desk.real
        try:
            where = await desk.place(talk)
            if where is None:
                return False
            with desk.reading() as reader:
                version = reader.draft(where).version
            self._tried.add(text)
            await asyncio.wrap_future(desk.store.press_send(where, version, text))
        except StaleDraft:
            if real is desk.real and not desk.is_dead:
                self.came.wrong.append(f"{text!r}: the draft is another one than was read just now")
            return False
        except StoreProblem:
            self.came.refused += 1
            if real is desk.real and not desk.is_dead:
                await self._must_not_be_there(text)
            return False
        return real is desk.real and not desk.is_dead

    async def _must_not_be_there(self, text: str) -> None:
        rows = await self._whatever(lambda: asyncio.wrap_future(self.desk.store.outbox()))
        if rows is not None and any(one.text == text for one in rows.rows) and not self.desk.is_dead:
            self.came.wrong.append(f"{text!r} was refused, and is there all the same")

    # -- others

    def _write(self, text: str) -> None:
        async def write() -> None:
            if self._customer is None:
                self._customer = Customer(self.platform, self.house.url, 0)
            if await self._customer.write(text):
                self._said.append(text)

        self._aside(write(), self._writing)

    # -- the end

    async def _settle(self) -> None:
        healed_ms = self.clock.now_ms()
        asked: set[str] = set()
        is_told = False
        while True:
            left = True
            if self.desk.engine is not None and not self.desk.is_dead:
                await self._press_all()
                waiting = await self.desk.waiting()
                for item in waiting:
                    if item.parked is ParkReason.OLD:
                        asked.add(item.id)
                        await asyncio.wrap_future(self.desk.store.advance(item.id, PersonRetries()))
                left = any(self._todo.values()) or self._moves(waiting)
                if not is_told and (not left or self.clock.now_ms() - healed_ms >= ALIVE_MS):
                    is_told = True
                    self.came.alive = len(self.desk.presses) - len(waiting)
            if not left or self.clock.now_ms() - healed_ms >= PATIENCE_MS:
                break
            await asyncio.sleep(0.5)
        self.came.asked = len(asked)
        await asyncio.sleep(15)  # what is still held on the way arrives
        if self._said:
            await self._catch_up()

    @staticmethod
    def _moves(waiting: list[Outgoing]) -> bool:
        return any(one.state is not DeliveryState.PARKED or one.parked is ParkReason.OLD for one in waiting)

    async def _catch_up(self) -> None:
        """What customers have said must be here by now, wherever it stands."""
        with self.desk.reading() as reader:
            rows = (await asyncio.wrap_future(self.desk.store.conversations())).rows
            texts = {one.text for row in rows for one in reader.newest_page(row.id).messages}
        missing = [text for text in self._said if text not in texts]
        self.came.behind = len(missing)

    def _count(self) -> None:
        came = self.came
        came.struck = self.disk.struck
        for texts in self._todo.values():
            came.wrong += [f"{text!r} could not be pressed" for text in texts]
        came.count = checker.check(
            self.desk.presses, self.house.folder / "server.sqlite3", self.desk.folder / DATABASE
        )


def live(folder: Path, made: Prepared, events: list[Event]) -> Came:
    """One life in a folder of its own."""

    async def story() -> Came:
        with failing_disk(*(folder / name for name in _folders())) as disk:
            async with asyncio.timeout(LONGEST_S):
                return await Life(folder, made, disk).run(events)

    return run_lab(story())


def _folders() -> list[str]:
    return ["client", *(f"client-{number}" for number in range(1, 40))]


def as_json(events: list[Event]) -> list[dict[str, Any]]:
    """For a case."""
    return [asdict(one) for one in events]
