"""Any process may die at any instruction; the next start continues. Chance finds what nobody thought of."""

from __future__ import annotations

import asyncio
import random
import shutil
from pathlib import Path

import pytest

from chatdesk.domain import outbox
from chatdesk.domain.entities import Outgoing
from chatdesk.domain.kinds import DeliveryState, KeyGrade
from tests.sync.toy.server import CUSTOMER, Fault
from tests.sync.virtual import run_virtual, until
from tests.sync.world import ROOM, World


@pytest.mark.parametrize("stored", [True, False])
def test_a_send_in_flight_at_a_kill_is_settled_by_the_next_start(tmp_path: Path, stored: bool) -> None:
    """A process that dies between request and answer leaves an uncertain send; the next one finds out."""

    async def story() -> None:
        async with World(tmp_path) as world:
            world.server.fault("say", Fault(no_answer=True, no_echo=True, lost=not stored))
            item = await world.press("on my way")
            await until(lambda: world.server.seen["say"] == 1)
            await world.restart()
            assert await world.state(item.id) is DeliveryState.UNCERTAIN
            await world.settled(item)
            await world.quiet(30_000)
            assert world.server.texts(ROOM) == ["on my way"]
            assert await world.own() == [("on my way", DeliveryState.ACCEPTED)]

    run_virtual(story())


def test_what_waits_in_the_outbox_survives_a_kill(tmp_path: Path) -> None:
    """Texts pressed offline are sent by the next process, in order, once."""

    async def story() -> None:
        async with World(tmp_path) as world:
            world.server.down = True
            world.server.cut_all()
            items = [await world.press(text) for text in ("one", "two", "three")]
            await world.restart()
            await world.quiet(5_000)
            world.server.down = False
            await world.settled(*items)
            assert world.server.texts(ROOM) == ["one", "two", "three"]

    run_virtual(story())


def test_a_whole_folder_that_is_put_back_sends_nothing_a_second_time(tmp_path: Path) -> None:
    """A copy in which a send still waits knows nothing of its arrival: the person is asked, and what waits
    behind it waits too; what never went goes by itself once that is answered.
    """

    async def story() -> None:
        async with World(tmp_path / "here") as world:
            world.server.down = True
            world.server.cut_all()
            first, second = await world.press("on my way"), await world.press("arrived")
            shutil.copytree(tmp_path / "here", tmp_path / "copy", ignore=shutil.ignore_patterns("*.lock"))
            await asyncio.wrap_future(world.store.take_back(second.id))
            world.server.down = False
            await world.settled(first)
            await world.kill()
            world.real_store.close()
            shutil.rmtree(tmp_path / "here")
            shutil.copytree(tmp_path / "copy", tmp_path / "here")
            world.open_store()
            await world.start()
            await world.quiet(60_000)
            assert world.server.texts(ROOM) == ["on my way"]
            assert await world.state(first.id) is DeliveryState.PARKED
            await asyncio.wrap_future(world.store.advance(first.id, outbox.PersonDiscards()))
            await world.settled(second)
            assert world.server.texts(ROOM) == ["on my way", "arrived"]

    run_virtual(story())


@pytest.mark.parametrize("tried", [False, True])
def test_a_folder_that_is_put_back_trusts_no_id_of_earlier_runs(tmp_path: Path, tried: bool) -> None:
    """It went on a connection that promised nothing, so without our id; the next one recognises ids. What was
    never tried asks, what was refused once is looked for: that copy shows itself by its text alone.
    """

    async def story() -> None:
        async with World(tmp_path / "here") as world:
            if tried:
                world.server.fault("say", Fault(oops="slow down 20000"))
            else:
                world.server.down = True
                world.server.cut_all()
            item = await world.press("on my way")
            await world.quiet(2_000)
            assert world.server.seen["say"] == tried
            shutil.copytree(tmp_path / "here", tmp_path / "copy", ignore=shutil.ignore_patterns("*.lock"))
            world.server.down = False
            await world.settled(item)
            await world.kill()
            world.real_store.close()
            shutil.rmtree(tmp_path / "here")
            shutil.copytree(tmp_path / "copy", tmp_path / "here")
            world.server.recognises_from_now_on()
            world.adapter.claimed_grade = KeyGrade.IDEMPOTENT
            world.open_store()
            await world.start()
            await world.quiet(60_000)
            assert world.server.texts(ROOM) == ["on my way"]
            assert await world.state(item.id) is (DeliveryState.ACCEPTED if tried else DeliveryState.PARKED)

    run_virtual(story())


@pytest.mark.parametrize("arrived", [True, False])
def test_a_free_repeat_that_a_kill_has_left_still_goes(tmp_path: Path, arrived: bool) -> None:
    """The next process looks once, for it can't know whether others were at it; then it goes, once."""

    async def story() -> None:
        async with World(tmp_path, grade="idempotent") as world:
            world.adapter.claimed_grade = KeyGrade.IDEMPOTENT
            world.server.fault("say", Fault(lost=not arrived, cut=True, no_echo=True))
            item = await world.press("on my way")
            await until(lambda: world.server.seen["say"] == 1)
            world.server.down = True
            world.server.cut_all()
            await world.reaches(DeliveryState.QUEUED, item)
            await world.restart()
            world.server.down = False
            await world.settled(item)
            assert world.server.texts(ROOM) == ["on my way"]
            assert world.server.seen["say"] == (1 if arrived else 2)

    run_virtual(story())


def test_a_wait_that_the_server_asked_for_survives_a_kill(tmp_path: Path) -> None:
    """A later process respects the rest of a wait that the row tells."""

    async def story() -> None:
        async with World(tmp_path) as world:
            world.server.fault("say", Fault(oops="slow down 20000"))
            item = await world.press("one")
            await until(lambda: world.server.seen["say"] == 1)
            await world.quiet(1_000)
            await world.restart()
            assert await world.settled(item) > 15_000
            assert world.server.texts(ROOM) == ["one"]

    run_virtual(story())


def test_a_clean_stop_waits_for_the_answer(tmp_path: Path) -> None:
    """What is in flight when the program is closed gets a moment to be answered, and is accepted."""

    async def story() -> None:
        async with World(tmp_path) as world:
            item = await world.press("bye")
            await until(lambda: world.server.seen["say"] == 1)
            await world.stop()
            assert await world.state(item.id) is DeliveryState.ACCEPTED

    run_virtual(story())


SAY_FAULTS = [
    Fault(no_answer=True),
    Fault(no_answer=True, no_echo=True),
    Fault(cut=True),
    Fault(cut=True, no_answer=True, no_echo=True),
    Fault(lost=True),
    Fault(lost=True, cut=True),
    Fault(in_kernel_ms=20_000),
    Fault(store_after_ms=7_000, no_echo=True),
    Fault(oops="failed"),
    Fault(oops="slow down 2000"),
    Fault(echoes=2),
    Fault(echo_late_ms=4_000),
    Fault(no_echo=True),
]
GRADES = ["none", "findable", "idempotent"]
READ_FAULTS = [Fault(lost=True), Fault(status=500), Fault(cut=True)]


class Chance:
    """A shop on a bad day: presses, cuts, outages, faults and kills in random order."""

    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.random = random.Random(seed)
        self.pressed: dict[str, list[Outgoing]] = {"r1": [], "r2": []}
        self.heard: dict[str, list[str]] = {"r1": ["hello from 1"], "r2": ["hello from 2"]}

    async def act(self, number: int) -> None:
        world, dice = self.world, self.random
        room = dice.choice(["r1", "r2"])
        match dice.choice(["press"] * 5 + ["say", "fault", "fault", "read", "cut", "down", "kill", "deaf"]):
            case "press":
                self.pressed[room].append(await world.press(f"text {number}", room))
            case "say":
                world.server.customer_says(room, f"question {number}")
                self.heard[room].append(f"question {number}")
            case "fault":
                world.server.fault("say", dice.choice(SAY_FAULTS))
            case "read":
                world.server.fault("history", dice.choice(READ_FAULTS))
                world.server.fault("enter", Fault(lost=True))
            case "cut":
                world.server.cut_all()
            case "down":
                world.server.down = True
                world.server.cut_all()
                await world.quiet(dice.choice([100, 3_000, 15_000]))
                world.server.down = False
            case "kill":
                await world.restart()
            case "deaf":
                world.server.deaf_ms = dice.choice([0, 300])
        await world.quiet(dice.choice([0, 5, 7, 12, 100, 900, 2_500, 11_000]))

    async def end(self) -> None:
        """The weather clears; everything that can be settled is."""
        world = self.world
        world.server.faults.clear()
        world.server.deaf_ms = 0
        await until(lambda: world.server.links)
        everything = [one for items in self.pressed.values() for one in items]
        for _ in range(40):
            await world.quiet(10_000)
            if all([await world.state(one.id) is DeliveryState.ACCEPTED for one in everything]):
                return
            for one in everything:
                if await world.state(one.id) is DeliveryState.UNCERTAIN:
                    world.engine.check_uncertain(one.id)  # type: ignore[union-attr]


@pytest.mark.parametrize("seed", range(15))
def test_on_a_bad_day_nothing_is_lost_or_doubled(tmp_path: Path, seed: int) -> None:
    """Whatever is cut, lost, late or killed: each text arrives at most once, in order, and no state lies."""

    async def story() -> None:
        async with World(tmp_path, rooms=2, grade=GRADES[seed % 3]) as world:
            chance = Chance(world, seed)
            for number in range(30):
                await chance.act(number)
            await chance.end()
            for room, items in chance.pressed.items():
                arrived = world.server.texts(room)
                pressed = [one.text for one in items]
                assert len(set(arrived)) == len(arrived), "twice"
                assert arrived == [text for text in pressed if text in arrived], "out of order"
                for one in items:
                    state = await world.state(one.id)
                    is_there = one.text in arrived
                    assert is_there == (state is DeliveryState.ACCEPTED), (one.text, state)
                shown = await world.own(room)
                assert sorted(text for text, _ in shown) == sorted(pressed)
                others = [m.text for m in await world.messages(room) if not m.own]
                assert others == world.server.texts(room, CUSTOMER) == chance.heard[room]

    run_virtual(story())
