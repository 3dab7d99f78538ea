"""What a sleep or another network may have spoilt is begun again: at once, once, never on a hint alone."""

from __future__ import annotations

import asyncio
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from chatdesk.domain.entities import Outgoing
from chatdesk.domain.kinds import ConnectionState, DeliveryState, SignInState
from chatdesk.domain.steps import Connect, Step
from chatdesk.sync import ground
from chatdesk.sync.engine import Engine
from chatdesk.sync.ground import Ground, Hints
from chatdesk.sync.parts import Surroundings
from tests.sync.toy.server import CUSTOMER, ToyClient
from tests.sync.virtual import VirtualClock, run_virtual, until
from tests.sync.world import ROOM, World

HOUR_US = 3_600_000_000


class Moving(World):
    """A world whose machine has a way to the network that may change."""

    way = "10.0.0.2"
    way_now = way

    async def start(self) -> None:
        self.client = ToyClient(self.server)
        around = Surroundings(
            self.store, self.vault, self.clock, self.news.append, lambda: 0.99, lambda: self.way_now
        )
        self.engine = Engine(self.account, self.adapter, self.client, around)
        await self.engine.start()


async def _offline(world: World) -> None:
    """Down so long that the next try is far away."""
    world.server.down = True
    world.server.cut_all()
    await world.quiet(70_000)
    await until(lambda: world.status.connection is ConnectionState.OFFLINE)
    await until(lambda: (world.status.retry_at_us or 0) > world.clock.now_us() + 20_000_000)


def test_waiting_for_a_try_ends_with_the_wake(tmp_path: Path) -> None:
    """A back-off that was under way when the machine fell asleep is not sat out after it."""

    async def story() -> None:
        async with Moving(tmp_path) as world:
            await _offline(world)
            world.server.down = False
            world.clock.skew_us += HOUR_US
            assert await until(lambda: world.status.connection is ConnectionState.ONLINE) <= 2_000

    run_virtual(story())


def test_a_network_that_comes_back_is_tried_at_once(tmp_path: Path) -> None:
    """The system's routes show it; nobody has to say so."""

    async def story() -> None:
        async with Moving(tmp_path) as world:
            world.way_now = ""
            await _offline(world)
            world.server.down = False
            world.way_now = Moving.way
            assert await until(lambda: world.status.connection is ConnectionState.ONLINE) <= 2_000

    run_virtual(story())


def test_a_link_from_another_address_is_made_anew(tmp_path: Path) -> None:
    """From the office's network into the telephone's: what was open is dead, though nobody was told."""

    async def story() -> None:
        async with Moving(tmp_path) as world:
            await world.quiet(10_000)
            world.server.links[0].half_open = True
            world.server.store(ROOM, CUSTOMER, "still there?")
            world.way_now = "192.168.7.7"
            await world.quiet(2_500)
            assert world.server.seen["connect"] == 2
            assert (await world.messages())[-1].text == "still there?"
            world.way_now = ""
            await world.quiet(10_000)
            assert world.server.seen["connect"] == 2  # a network that goes is noticed by what fails

    run_virtual(story())


def test_a_pause_between_two_rounds_of_polling_ends_with_a_hint(tmp_path: Path) -> None:
    """Without a socket the wake is as soon."""

    async def story() -> None:
        async with Moving(tmp_path) as world:
            world.server.socket_refused = True
            world.server.cut_all()
            await until(lambda: world.status.connection is ConnectionState.POLLING)
            await world.quiet(12_000)
            world.server.store(ROOM, CUSTOMER, "anybody there?")
            assert world.engine is not None
            world.engine.shaken()
            await world.quiet(1_000)
            assert (await world.messages())[-1].text == "anybody there?"

    run_virtual(story())


class Hanging(ToyClient):
    """Its tries to connect get no answer."""

    hangs = False
    tries = 0

    async def perform(self, step_id: int, step: Step) -> None:
        if isinstance(step, Connect):
            self.tries += 1
            if self.hangs:
                await asyncio.sleep(3_600)
        await super().perform(step_id, step)


def test_a_try_that_hangs_in_the_old_network_is_begun_again(tmp_path: Path) -> None:
    """It would hang for its whole time; one more begins, no more than one."""

    async def story() -> None:
        async with Moving(tmp_path, start=False) as world:
            world.client = client = Hanging(world.server)
            around = Surroundings(world.store, world.vault, world.clock, world.news.append, lambda: 0.5)
            world.engine = Engine(world.account, world.adapter, client, around)
            client.hangs = True
            await world.engine.start()
            await world.quiet(2_000)
            client.hangs = False
            world.engine.shaken()
            assert await until(lambda: world.status.connection is ConnectionState.ONLINE) <= 200
            assert client.tries == 2

    run_virtual(story())


def test_a_hint_never_makes_a_storm(tmp_path: Path) -> None:
    """A system that says "network" ten times a second gets a handful of tries in a minute, online or not."""

    async def story() -> None:
        async with Moving(tmp_path) as world:
            assert world.engine is not None
            item: Outgoing = await world.press("hello")
            await world.settled(item)
            for down in (False, True):
                world.server.down = down
                before = world.server.seen["connect"]
                for _ in range(600):
                    world.engine.shaken()
                    await world.quiet(100)
                assert world.server.seen["connect"] - before <= 16
            world.server.down = False
            await until(lambda: world.status.connection is ConnectionState.ONLINE)

    run_virtual(story())


def test_after_a_hint_the_back_off_begins_anew(tmp_path: Path) -> None:
    """The network may need a moment more than the system thinks: the next tries are near."""

    async def story() -> None:
        async with Moving(tmp_path) as world:
            await _offline(world)
            assert world.engine is not None
            before = world.server.seen["connect"]
            world.engine.shaken()
            await world.quiet(5_000)
            assert world.server.seen["connect"] - before >= 3

    run_virtual(story())


def test_a_hint_proves_nothing(tmp_path: Path) -> None:
    """While the server is away the account is not shown as live; where a password is needed none is tried."""

    async def story() -> None:
        async with Moving(tmp_path) as world:
            await _offline(world)
            assert world.engine is not None
            world.engine.shaken()
            await world.quiet(3_000)
            assert world.status.connection is not ConnectionState.ONLINE
            world.server.refreshable = False
            world.server.tokens.clear()
            world.server.down = False
            await until(lambda: world.status.sign_in is SignInState.NEEDS_PASSWORD)
            before = world.server.seen["connect"]
            for _ in range(5):
                world.engine.shaken()
                await world.quiet(40_000)
            assert world.server.seen["connect"] == before

    run_virtual(story())


def test_a_send_that_is_on_its_way_when_a_hint_comes_arrives_once(tmp_path: Path) -> None:
    """The link goes down under it: it is looked up like any other."""

    async def story() -> None:
        async with Moving(tmp_path) as world:
            await world.quiet(10_000)
            item = await world.press("hello")
            await until(lambda: world.server.seen["say"] == 1)
            assert world.engine is not None
            world.engine.shaken()
            await world.settled(item)
            assert world.server.texts(ROOM) == ["hello"]
            assert await world.state(item.id) is DeliveryState.ACCEPTED

    run_virtual(story())


@given(st.lists(st.integers(0, 40_000), min_size=1, max_size=60))
def test_hints_are_followed_soon_and_seldom(pauses: list[int]) -> None:
    """None waits longer than the greatest distance; no two are followed nearer than the smallest."""
    hints, now_ms, due_ms = Hints(), 0, -ground.APART_MS
    for pause_ms in pauses:
        now_ms += pause_ms
        if now_ms < due_ms:
            continue  # one is waiting to be followed: it stands for this one, too
        wait_ms = hints.wait_ms(now_ms)
        assert 0 <= wait_ms <= ground.MOST_APART_MS
        assert now_ms + wait_ms - due_ms >= ground.APART_MS
        due_ms = now_ms + wait_ms


def test_what_the_ground_tells() -> None:
    """Both clocks going on alike is nothing; one that jumps is, forward or back; so is a way that comes."""

    async def story() -> None:
        clock, ways = VirtualClock(), ["a"]
        here = Ground(clock, lambda: ways[-1])
        await clock.sleep(1_000)
        assert here.moved() == ""
        for skew_us in (HOUR_US, -HOUR_US, 6_000_000):
            clock.skew_us += skew_us
            assert here.moved() == "clocks jumped"
            assert here.moved() == ""
        clock.skew_us += 4_000_000  # a clock that is set right by a little
        assert here.moved() == ""
        await clock.sleep(7_000)  # a clock that counts sleep: the look is late
        assert here.moved() == "clocks jumped"
        ways.append("")
        assert here.moved() == ""
        ways.append("a")
        assert here.moved() == "another way to the network"
        ways.append("b")
        here.look()
        assert here.moved() == ""

    run_virtual(story())
