"""One schedule, carried out: the real program with one account before one of our servers, on virtual time."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import select

from chatdesk.domain.desk import NewAccount
from chatdesk.domain.entities import Account, Capabilities, Outgoing
from chatdesk.domain.facts import Learnt, Secrets
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import DeliveryState, Lifecycle, ParkReason, Platform
from chatdesk.platforms import announced
from chatdesk.server.core.service import Core
from chatdesk.server.core.tables import User
from chatdesk.server.demo.seats import SEATS
from chatdesk.server.dialect import Choices, Variant
from chatdesk.server.registry import DIALECTS
from chatdesk.store import Store
from chatdesk.wire import ours
from tests.faults import checker, script
from tests.faults.desk import DATABASE, LIVING, LabDesk, Prepared
from tests.faults.house import House
from tests.faults.loop import LabLoop, servers_in_one_thread
from tests.faults.person import Person
from tests.sync.virtual import Owing, VirtualClock

__all__ = ["DATABASE", "LabDesk", "Outcome", "Prepared", "Schedule", "prepare", "run_lab", "run_schedule"]

T = TypeVar("T")
ALIVE_MS = 60_000
"""After the last fault everything should have arrived within this."""
PATIENCE_MS = 600_000
"""So long we wait for uncertain items to resolve by themselves."""
LINGER_MS = 12_000
"""So long the last faults last: a send that nobody answers is given up meanwhile."""
HELD_MS = 15_000
"""What is still held on the way arrives within this."""
CHOICES = Choices(messages_per_minute=100_000, events_per_minute=100_000)
SERVER_DATABASE = "server.sqlite3"
ASKING = frozenset({ParkReason.OLD})
"""Reasons for which a send waits until its person has answered: no fault of ours, by the rules."""


@dataclass(slots=True)
class Outcome:
    """What a schedule came to."""

    count: checker.Count
    alive: int = 0
    """Presses that were on the server ALIVE_MS after the last fault."""
    alive_of: int = 0
    """Presses that should have been: not those that asked their person, and were answered."""
    settled_ms: int = 0
    """Virtual milliseconds from healing until nothing waited for an answer any more."""
    trouble: str = ""

    def figures(self) -> dict[str, Any]:
        """The same by the names of `parts.Result`, with what is counted apart by names of its own."""
        count = self.count
        return asdict(count) | {
            "alive": self.alive,
            "owed": self.alive_of,
            "resolved": count.doubted - count.undecided,
            "excused": count.stored_late + count.equal_elsewhere,
        }


def run_lab(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on a fresh lab loop."""
    with servers_in_one_thread(), asyncio.Runner(loop_factory=LabLoop) as runner:
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
        if variant is Variant.PROMISED:  # a login answer of our own server would have told it
            told = Learnt(" ".join(sorted(ours.FEATURES)), 2**62)
            await asyncio.wrap_future(Owing(real).put_learnt(account.id, {announced.LEARNT: told}))
        real.close()
        secrets = Secrets(signed.access_token, signed.refresh_token)
        made = Prepared(folder, platform, variant, account, secrets)
        desk = LabDesk(folder / "client", made, house)
        await desk.open()
        await desk.synced()
        await asyncio.sleep(5)
        rows = (await asyncio.wrap_future(desk.store.conversations())).rows
        open_ones = [row for row in rows if row.lifecycle is Lifecycle.OPEN]
        made.talks = tuple(row.id for row in open_ones)
        made.remotes = tuple(row.remote_id for row in open_ones)
        await desk.close()
        await house.kill()
        return made

    return run_lab(story())


async def _seeded(seed: Callable[[Core], Awaitable[bool]], core: Core) -> None:
    assert await seed(core)


class Schedule(Person):
    """A script at work."""

    def __init__(self, folder: Path, made: Prepared, wanted: script.Script) -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, LabLoop)
        self.script = wanted
        shutil.copytree(made.folder / "server", folder / "server")
        shutil.copytree(made.folder / "client", folder / "client", ignore=LIVING)
        house = House(folder / "server", made.platform, made.variant, CHOICES)
        super().__init__(loop, house, LabDesk(folder / "client", made, house), folder)

    async def run(self) -> Outcome:
        """Carry it out, heal everything, wait, and count."""
        await self.house.start()
        await self.desk.open()
        await self.carry_out_steps()
        outcome = Outcome(checker.Count())
        await self._wait(outcome)
        await asyncio.sleep(HELD_MS / 1000)
        await self.leave()
        await self.desk.close()
        await self.house.kill()
        outcome.count = self.counted()
        return outcome

    async def carry_out_steps(self) -> None:
        """Everything that is done, each at its moment; then everything heals."""
        begun_ms = self.clock.now_ms()
        for step in self.script.steps:
            due_ms = begun_ms + self.jumped_ms + step.at_ms
            await asyncio.sleep(max(0, due_ms - self.clock.now_ms()) / 1000)
            await getattr(self, f"_{step.kind}")(step)
        await asyncio.sleep(LINGER_MS / 1000)
        await self.over()
        await self._heal()

    async def _wait(self, outcome: Outcome) -> None:
        """Until nothing waits any more but for its person, or patience is over."""
        healed_ms = self.clock.now_ms()
        is_told = False
        asked: set[str] = set()
        while True:
            waiting = await self.desk.waiting()
            asked |= {one.id for one in waiting if one.parked in ASKING}
            await self.answer_questions()
            await self.answer_password()
            left = [one for one in waiting if one.state is not DeliveryState.PARKED and not self.is_far(one)]
            passed_ms = self.clock.now_ms() - healed_ms
            if not is_told and (not left or passed_ms >= ALIVE_MS):
                is_told = True
                outcome.alive_of, outcome.alive = self._alive(waiting, asked)
            if not left or passed_ms >= PATIENCE_MS:
                break
            await asyncio.sleep(0.5)
        outcome.settled_ms = self.clock.now_ms() - healed_ms

    def _alive(self, waiting: list[Outgoing], asked: set[str]) -> tuple[int, int]:
        """How many presses should have arrived by now, and how many of them have."""
        out = [one for one in waiting if one.id in asked or self.is_far(one)]
        pressed = sum(one.least for one in self.presses) - len(out)
        return pressed, pressed - len([one for one in waiting if one not in out])

    async def _heal(self) -> None:
        self.network.unreachable.clear()
        self.network.heal(self.house.address)
        self.house.mischief.heal()
        if not self.house.running:
            await self.house.start()
        if self.desk.engine is None:
            await self.desk.open()
        await asyncio.sleep(1)
        await self.answer_password()


def run_schedule(folder: Path, made: Prepared, wanted: script.Script) -> Outcome:
    """Carry out one schedule in a folder of its own."""

    async def story() -> Outcome:
        return await Schedule(folder, made, wanted).run()

    return run_lab(story())
