"""What every sweep stands on: places prepared once, worlds copied from them, and a cut at the n-th byte."""

from __future__ import annotations

import asyncio
import random
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import msgspec

from chatdesk.domain.changes import AccountStatus
from chatdesk.domain.entities import Outgoing
from chatdesk.domain.kinds import ConnectionState
from chatdesk.server.dialect import Variant
from tests.faults import checker, lab
from tests.faults.house import House
from tests.faults.loop import LabLoop
from tests.faults.network import NEVER, End, Network, Trap
from tests.faults.parts import Case, Result

UP, DOWN, HELD = "up", "down", "held"
WAYS = (UP, DOWN, HELD)
"""Requests or answers end in a reset at a byte; or requests are held from a byte on, and arrive later."""
HELD_STEP = 3
MOST_HELD_MS = 9_000
GIVEN_UP_S = 0.3
"""So long after a byte was held the client's side of that connection breaks."""
CALM_S = 6.0
"""Between two tries: longer than connections are kept open for another request."""
UP_STATES = frozenset({ConnectionState.ONLINE, ConnectionState.POLLING})
WIRE_ROLES = {"dispatcher": "moderator", "steppergo": "DRIVER"}
"""What a sign-in calls the desk's role where the server's core has another word for it."""

Place = tuple[str, Variant]
_made: dict[tuple[Place, Path], lab.Prepared] = {}


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many bytes something takes undisturbed, both directions of all connections."""

    up: int
    down: int

    def points(self, ways: Iterable[str], turn: int) -> Iterator[tuple[str, int]]:
        """Every byte of it, in every way; held at every HELD_STEP-th, with an offset that the turn gives."""
        for way in ways:
            first, step = (turn % HELD_STEP, HELD_STEP) if way == HELD else (0, 1)
            yield from ((way, at) for at in range(first, self.down if way == DOWN else self.up, step))


@dataclass(frozen=True, slots=True)
class Cut:
    """One fault: `way` is one of WAYS, `at` the byte."""

    way: str
    at: int
    held_ms: int = 0


@dataclass(slots=True)
class Tally:
    """What a case has come to so far, beside what the checker counts."""

    faults: list[str] = field(default_factory=list)
    """One for each cut that has happened."""
    alive: int = 0
    words: list[str] = field(default_factory=list)


def place_of(case: Case) -> Place:
    """Where a case takes place."""
    return case["platform"], Variant(case["variant"])


def prepared(place: Place, beside: Path) -> lab.Prepared:
    """The place as its seed and one catching up leave it; made once in a process, in the folder `beside`."""
    key = (place, beside)
    if key not in _made:
        folder = Path(tempfile.mkdtemp(prefix="made-sweeps-", dir=beside))
        made = lab.prepare(folder, *place)
        role = WIRE_ROLES.get(place[0], made.account.role)
        made.account = msgspec.structs.replace(made.account, role=role)
        _made[key] = made
    return _made[key]


def share(case: Case, sizes: Sizes, ways: Iterable[str] = WAYS) -> list[Cut]:
    """The cuts of a case: of all points every `of`-th, beginning with number `share`.

    A case with a `half` knows the even (0) or the odd (1) bytes only.
    """
    chance = random.Random(f"{case['seed']} {case['key']}")
    points = [one for one in sizes.points(ways, case["seed"]) if one[1] % 2 == case.get("half", one[1] % 2)]
    points = points[case["share"] :: case["of"]]
    held = [chance.randrange(MOST_HELD_MS + 1) for _ in points]
    return [
        Cut(way, at, held_ms if way == HELD else 0) for (way, at), held_ms in zip(points, held, strict=True)
    ]


@contextmanager
def armed(network: Network, cut: Cut) -> Iterator[Trap]:
    """While it lasts, the byte `cut.at` from now on is where something happens, once."""
    loop = network.loop

    def break_there(end: End, at: int) -> None:
        end.flow.reset_at = min(end.flow.reset_at, at)

    def hold_there(end: End, at: int) -> None:
        end.flow.held_from, end.flow.held_s = at, cut.held_ms / 1000

        def give_up() -> None:
            end.break_off(arrives=True)

        def forget() -> None:
            end.peer.break_off()

        loop.call_later(GIVEN_UP_S, give_up)
        loop.call_later(GIVEN_UP_S + cut.held_ms / 1000, forget)

    spring = hold_there if cut.way == HELD else break_there
    trap = Trap(up=cut.way != DOWN, at=cut.at, spring=spring)
    network.traps.append(trap)
    try:
        yield trap
    finally:
        network.traps.remove(trap)


@contextmanager
def counted(network: Network) -> Iterator[tuple[Trap, Trap]]:
    """While it lasts, the bytes of both directions are counted: (up, down)."""
    up, down = Trap(up=True, at=NEVER), Trap(up=False, at=NEVER)
    network.traps += [up, down]
    try:
        yield up, down
    finally:
        network.traps.remove(up)
        network.traps.remove(down)


class World:
    """A copy of a prepared place: its server and its client, at work."""

    def __init__(self, folder: Path, made: lab.Prepared) -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, LabLoop)
        self.network = loop.network
        self.made = made
        shutil.copytree(made.folder / "server", folder / "server")
        shutil.copytree(
            made.folder / "client", folder / "client", ignore=shutil.ignore_patterns("*.lock", "lock")
        )
        self.house = House(folder / "server", made.platform, made.variant, lab.CHOICES)
        self.desk = lab.LabDesk(folder / "client", made, self.house)
        self.clock = self.desk.clock

    async def __aenter__(self) -> Self:
        await self.house.start()
        await self.desk.open()
        await self.desk.synced()
        await asyncio.sleep(CALM_S)
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self.desk.close()
        await self.house.kill()

    async def calm(self) -> None:
        """Wait until the link stands, for two minutes at most, and idle connections are closed."""
        for _ in range(240):
            if self._connected():
                break
            await asyncio.sleep(0.5)
        await asyncio.sleep(CALM_S)

    def _connected(self) -> bool:
        found = [one for one in self.desk.news if isinstance(one, AccountStatus)]
        return bool(found) and found[-1].connection in UP_STATES

    async def under_way(self) -> list[Outgoing]:
        """What is neither settled nor left to the person."""
        return [one for one in await self.desk.waiting() if one.state.value != "parked"]

    async def settled(self, over_ms: int) -> bool:
        """Wait until nothing is under way; whether that was within ALIVE_MS after all was healed.

        over_ms: when the last fault was over.
        """
        while await self.under_way():
            if self.clock.now_ms() - over_ms > lab.PATIENCE_MS:
                return False
            await asyncio.sleep(0.2)
        return self.clock.now_ms() - over_ms <= lab.ALIVE_MS

    def count(self) -> checker.Count:
        """What the presses came to; both sides must have ended."""
        server_db = self.house.folder / "server.sqlite3"
        return checker.check(self.desk.presses, server_db, self.desk.folder / lab.DATABASE)


def result(case: Case, tally: Tally, count: checker.Count) -> Result:
    """The outcome of a case as every part tells it."""
    return {
        "part": "sweeps",
        "key": case["key"],
        "platform": case["platform"],
        "variant": case["variant"],
        "seed": case["seed"],
        "faults": tally.faults,
        "presses": count.presses,
        "accepted": count.accepted,
        "waiting": count.waiting,
        "uncertain": count.uncertain,
        "parked": count.parked,
        "lost": count.lost,
        "duplicated": count.duplicated,
        "reordered": count.reordered,
        "alive": tally.alive,
        "owed": count.presses,
        "kills": 0,
        "words": [*tally.words, *count.words],
    }
