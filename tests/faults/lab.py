"""One schedule, carried out: the real program with one account before one of our servers, on virtual time."""

from __future__ import annotations

import asyncio
import random
import shutil
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import select

from chatdesk.domain.changes import AccountStatus, News
from chatdesk.domain.desk import NewAccount
from chatdesk.domain.entities import Account, Capabilities, Outgoing
from chatdesk.domain.errors import StaleDraft
from chatdesk.domain.facts import Secrets
from chatdesk.domain.ids import ConversationId, RemoteId
from chatdesk.domain.kinds import DeliveryState, Lifecycle, OutgoingKind, Platform
from chatdesk.domain.ports import Client, vault_key
from chatdesk.platforms import registry
from chatdesk.server.core.service import Core
from chatdesk.server.core.tables import User
from chatdesk.server.demo.seats import SEATS
from chatdesk.server.dialect import Choices, Variant
from chatdesk.server.registry import DIALECTS
from chatdesk.store import Store
from chatdesk.sync.engine import Engine
from chatdesk.sync.parts import Surroundings
from tests.faults import checker, script
from tests.faults.house import House
from tests.faults.loop import LabLoop, database_threads_owe
from tests.sync.virtual import Owing, VirtualClock, until
from tests.sync.world import MemoryVault

T = TypeVar("T")
ALIVE_MS = 60_000
"""After the last fault everything should have arrived within this."""
PATIENCE_MS = 600_000
"""So long we wait for uncertain items to resolve by themselves."""
CHOICES = Choices(messages_per_minute=100_000, events_per_minute=100_000)
DATABASE = "chatdesk.db"


@dataclass(slots=True)
class Outcome:
    """What a schedule came to."""

    count: checker.Count
    alive: int = 0
    """Presses that were on the server ALIVE_MS after the last fault."""
    settled_ms: int = 0
    """Virtual milliseconds from healing until nothing waited for an answer any more."""
    trouble: str = ""


@dataclass(slots=True)
class Prepared:
    """A server with people and a client that has read them, to be copied for every schedule."""

    folder: Path
    platform: str
    variant: Variant
    account: Account
    secrets: Secrets
    talks: tuple[ConversationId, ...] = ()


def run_lab(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on a fresh lab loop."""
    with database_threads_owe(), asyncio.Runner(loop_factory=LabLoop) as runner:
        return runner.run(work)


def prepare(folder: Path, platform: str, variant: Variant) -> Prepared:
    """Seed a server and let a client catch up with it, once."""

    async def story() -> Prepared:
        house = House(folder / "server", platform, variant, CHOICES)
        await house.start()
        seed = DIALECTS[platform].seed
        assert seed is not None
        await house.inside(_seeded(seed, house.server.core))
        seat = SEATS[platform]
        async with house.server.core.database.reading() as session:
            wanted = select(User).where(User.platform == platform, User.email == seat.desk)
            user = (await session.scalars(wanted)).one()
        signed = await house.inside(house.server.core.accounts.issue(user, seat.role, ttl_s=365 * 86_400))
        new = NewAccount(
            platform=Platform(platform),
            server_url=house.url,
            login=seat.desk,
            user_id=RemoteId(user.id),
            role=seat.role or user.role,
            name=user.name,
            plain_http_consent=True,
            capabilities=Capabilities(),
        )
        clock = VirtualClock()
        real = Store.open(folder / "client", now_us=clock.now_us)
        account: Account = await asyncio.wrap_future(Owing(real).add_account(new))
        real.close()
        secrets = Secrets(signed.access_token, signed.refresh_token)
        made = Prepared(folder, platform, variant, account, secrets)
        desk = LabDesk(folder / "client", made, house)
        await desk.open()
        await desk.synced()
        await asyncio.sleep(5)
        rows = (await asyncio.wrap_future(desk.store.conversations())).rows
        made.talks = tuple(row.id for row in rows if row.lifecycle is Lifecycle.OPEN)
        await desk.close()
        await house.kill()
        return made

    return run_lab(story())


async def _seeded(seed: Callable[[Core], Awaitable[bool]], core: Core) -> None:
    assert await seed(core)


class LabDesk:
    """The client of one account: to be killed and opened again."""

    def __init__(self, folder: Path, made: Prepared, house: House) -> None:
        self.folder = folder
        self.made = made
        self.house = house
        self.clock = VirtualClock()
        self.news: list[News] = []
        self.vault = MemoryVault()
        key = vault_key(house.url, made.account.platform, made.account.login)
        self.vault.kept[key] = made.secrets
        self.presses: list[checker.Press] = []
        self.engine: Engine | None = None
        self._deaths = 0

    async def open(self) -> None:
        plugin = registry.plugin(self.made.account.platform)
        self.real = Store.open(self.folder, now_us=self.clock.now_us)
        self.store: Any = Owing(self.real)
        jitter = random.Random(7).random
        around = Surroundings(self.store, self.vault, self.clock, self.news.append, jitter=jitter)
        self.client: Client = plugin.make_client(self.house.url, plugin.adapter.limits)
        self.engine = Engine(self.made.account, plugin.load(), self.client, around)
        await self.engine.start()

    async def synced(self) -> None:
        def is_synced() -> bool:
            found = [one for one in self.news if isinstance(one, AccountStatus)]
            return bool(found) and bool(found[-1].synced_at_us)

        await until(is_synced, what="synced")

    async def close(self) -> None:
        if self.engine is not None:
            await self.engine.stop()
            self.engine = None
            await self.client.close()
            self.real.close()

    async def kill(self) -> None:
        """The process dies: its connections are reset, its files stay as they are at this moment."""
        if self.engine is None:
            return
        self.house.cut()
        await self.engine._tasks.close()
        if self.engine._unsubscribe is not None:
            self.engine._unsubscribe()
        self.engine = None
        self._deaths += 1
        left = self.folder
        self.folder = left.with_name(f"client-{self._deaths}")
        shutil.copytree(left, self.folder, ignore=shutil.ignore_patterns("*.lock", "lock"))
        await self.client.close()
        self.real.close()

    async def press(self, talk: int, text: str) -> None:
        """Press Send, if there is a window to press it in."""
        if self.engine is None:
            return
        where = self.made.talks[talk % len(self.made.talks)]
        for _ in range(3):
            reader = self.real.reader()
            try:
                version = reader.draft(where).version
            finally:
                reader.close()
            try:
                await asyncio.wrap_future(self.store.press_send(where, version, text))
            except StaleDraft:
                continue
            self.presses.append(checker.Press(f"t{talk}", text, self.clock.now_ms()))
            return

    async def waiting(self) -> list[Outgoing]:
        rows = await asyncio.wrap_future(self.store.unsettled(self.made.account.id))
        return [one for one in rows if one.kind is OutgoingKind.SEND]


class Schedule:
    """A script at work."""

    def __init__(self, folder: Path, made: Prepared, wanted: script.Script) -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, LabLoop)
        self.network = loop.network
        self.script = wanted
        shutil.copytree(made.folder / "server", folder / "server")
        shutil.copytree(
            made.folder / "client", folder / "client", ignore=shutil.ignore_patterns("*.lock", "lock")
        )
        self.house = House(folder / "server", made.platform, made.variant, CHOICES)
        self.desk = LabDesk(folder / "client", made, self.house)
        self.clock = self.desk.clock
        self._later: set[asyncio.Task[None]] = set()

    async def run(self) -> Outcome:
        await self.house.start()
        await self.desk.open()
        begun_ms = self.clock.now_ms()
        for step in self.script.steps:
            await asyncio.sleep(max(0, begun_ms + step.at_ms - self.clock.now_ms()) / 1000)
            if step.kind == "press":
                await self.desk.press(step.talk, step.text)
            else:
                await getattr(self, f"_{step.kind}")(step)
        if self._later:
            await asyncio.wait(self._later)
        await self._heal()
        healed_ms = self.clock.now_ms()
        outcome = Outcome(checker.Count())
        while True:
            left = [one for one in await self.desk.waiting() if one.state is not DeliveryState.PARKED]
            passed_ms = self.clock.now_ms() - healed_ms
            if not outcome.alive and (not left or passed_ms >= ALIVE_MS):
                outcome.alive = len(self.desk.presses) - len(await self.desk.waiting())
            if not left or passed_ms >= PATIENCE_MS:
                break
            await asyncio.sleep(0.5)
        outcome.settled_ms = self.clock.now_ms() - healed_ms
        await asyncio.sleep(15)  # what is still held on the way arrives
        await self.desk.close()
        await self.house.kill()
        outcome.count = checker.check(
            self.desk.presses, self.house.folder / "server.sqlite3", self.desk.folder / DATABASE
        )
        return outcome

    async def _heal(self) -> None:
        self.network.unreachable.clear()
        self.network.heal(self.house.address)
        self.house.mischief.heal()
        if not self.house.running:
            await self.house.start()
        if self.desk.engine is None:
            await self.desk.open()

    def _in(self, ms: int, what: Coroutine[Any, Any, None]) -> None:
        async def wait() -> None:
            await asyncio.sleep(ms / 1000)
            await what

        task = asyncio.get_running_loop().create_task(wait())
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    # -- faults, by their names in script.FAULTS

    async def _cut(self, _step: script.Step) -> None:
        self.house.cut()

    async def _cut_answers(self, step: script.Step) -> None:
        for _client, server in self.network.pairs(self.house.address):
            server.flow.reset_at = min(server.flow.reset_at, server.sent + step.number)

    async def _cut_requests(self, step: script.Step) -> None:
        for client, _server in self.network.pairs(self.house.address):
            client.flow.reset_at = min(client.flow.reset_at, client.sent + step.number)

    async def _stall(self, _step: script.Step) -> None:
        self.network.stall(self.house.address)

    async def _slow(self, step: script.Step) -> None:
        for client, server in self.network.pairs(self.house.address):
            client.flow.latency_s = server.flow.latency_s = step.ms / 4_000
            client.flow.piece = server.flow.piece = max(1, step.number)

    async def _held_then_cut(self, step: script.Step) -> None:
        pairs = self.network.pairs(self.house.address)
        for client, _server in pairs:
            client.flow.held_from, client.flow.held_s = client.sent, min(step.ms, 9_000) / 1000

        async def cut() -> None:
            for client, _server in pairs:
                client.break_off(arrives=True)

        self._in(300, cut())

    async def _away(self, step: script.Step) -> None:
        self.network.unreachable.add(self.house.address)
        self.house.cut()

        async def back() -> None:
            self.network.unreachable.discard(self.house.address)

        self._in(step.ms, back())

    async def _restart(self, _step: script.Step) -> None:
        if self.house.running:
            await self.house.restart()

    async def _outage(self, step: script.Step) -> None:
        await self.house.kill()
        self._in(step.ms, self._up_again())

    async def _up_again(self) -> None:
        if not self.house.running:
            await self.house.start()

    async def _server_error_after(self, _step: script.Step) -> None:
        self.house.mischief.fail_after = 1

    async def _too_many(self, _step: script.Step) -> None:
        self.house.mischief.too_many = 1

    async def _late_events(self, step: script.Step) -> None:
        self.house.mischief.late_ms = step.ms

    async def _double_events(self, _step: script.Step) -> None:
        self.house.mischief.double = 3

    async def _lost_events(self, _step: script.Step) -> None:
        self.house.mischief.lost = 2

    async def _kill_client(self, step: script.Step) -> None:
        await self.desk.kill()

        async def again() -> None:
            if self.desk.engine is None:
                await self.desk.open()

        self._in(step.ms, again())


def run_schedule(folder: Path, made: Prepared, wanted: script.Script) -> Outcome:
    """Carry out one schedule in a folder of its own."""

    async def story() -> Outcome:
        return await Schedule(folder, made, wanted).run()

    return run_lab(story())
