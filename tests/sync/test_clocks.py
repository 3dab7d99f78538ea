"""Whatever the wall clock does, messages keep their order and timers their length: 1970, 2038, hours."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from chatdesk.domain import outbox
from chatdesk.domain.changes import TypingChanged
from chatdesk.domain.entities import Outgoing
from chatdesk.domain.kinds import DeliveryState, ParkReason
from tests.sync.test_send_later import press
from tests.sync.toy.server import CUSTOMER, Fault
from tests.sync.virtual import START_US, run_virtual, until
from tests.sync.world import ROOM, World

HOUR_US = 3_600_000_000
MINUTE_MS = 60_000
YEAR_US = 365 * 24 * HOUR_US
TO_1970_US = 2_000_000 - START_US
TO_2038_US = (1 << 31) * 1_000_000 - START_US + 5 * HOUR_US
"""Some hours after the last second that 32 bits count."""
JUMPS_US = {
    "to 1970": TO_1970_US,
    "a year back": -YEAR_US,
    "nine hours back": -9 * HOUR_US,
    "an hour back, as in autumn without a zone": -HOUR_US,
    "an hour ahead, as in spring without a zone": HOUR_US,
    "eleven hours ahead": 11 * HOUR_US,
    "past 2038": TO_2038_US,
    "past 2106": 80 * YEAR_US,
}
jumps = pytest.mark.parametrize("jump_us", JUMPS_US.values(), ids=JUMPS_US.keys())


async def arrived(world: World, *items: Outgoing) -> int:
    """Let them arrive; the person answers those that ask whether they are too old. Returns how many asked."""
    asked = 0
    for _ in range(len(items) + 1):
        await world.quiet(3_000)
        rows = await asyncio.wrap_future(world.store.unsettled(world.account.id))
        for row in rows:
            if row.state is DeliveryState.PARKED:
                assert row.parked is ParkReason.OLD
                asked += 1
                await asyncio.wrap_future(world.store.advance(row.id, outbox.PersonRetries()))
    await world.settled(*items)
    return asked


@jumps
def test_sends_arrive_once_and_as_pressed(tmp_path: Path, jump_us: int) -> None:
    """Before, at and after a jump, and in the next process: on the server, in window and in ledger."""

    async def story() -> None:
        async with World(tmp_path) as world:
            first = await world.press("one")
            await world.settled(first)
            second = await world.press("two")
            world.clock.skew_us += jump_us
            third = await world.press("three")
            await arrived(world, second, third)
            await world.restart()
            await world.online()
            world.server.customer_says(ROOM, "and then?")
            fourth = await world.press("four")
            world.clock.skew_us -= jump_us
            fifth = await world.press("five")
            await arrived(world, fourth, fifth)
            assert world.server.texts(ROOM) == ["one", "two", "three", "four", "five"]
            shown = [one.text for one in await world.messages() if one.text != "hello from 1"]
            assert shown == ["one", "two", "three", "and then?", "four", "five"]
            assert (await world.info(third))[0] == "pressed"
            ledger = await asyncio.wrap_future(world.store.verify_ledger())
            assert ledger.first_bad is None
            assert ledger.rows >= 10

    run_virtual(story())


@jumps
def test_what_waits_offline_keeps_its_order(tmp_path: Path, jump_us: int) -> None:
    """A queue grows while the clock jumps; far ahead it asks before it goes, and loses nothing."""

    async def story() -> None:
        async with World(tmp_path) as world:
            world.server.down = True
            world.server.cut_all()
            items = [await world.press("one"), await world.press("two")]
            world.clock.skew_us += jump_us
            items += [await world.press("three")]
            await world.restart()
            world.server.down = False
            asked = await arrived(world, *items)
            assert asked == (2 if jump_us > 12 * HOUR_US else 0)
            assert world.server.texts(ROOM) == ["one", "two", "three"]

    run_virtual(story())


@pytest.mark.parametrize("why", ["held", "lost", "file"])
def test_what_grows_old_with_a_link_is_not_overtaken(tmp_path: Path, why: str) -> None:
    """What asks holds those behind it from the first moment, also in the very look that finds it old.

    held: it may still be taken back; lost: its absence is proved when it is old already; file: that is on its
    way, and what has begun goes on.
    """

    async def story() -> None:
        async with World(tmp_path) as world:
            world.server.fault("say", Fault(lost=why == "lost"))
            world.server.fault("upload", Fault(slow_ms=5_000))
            text = "file:one" if why == "file" else "one"
            first = await press(world, text, hold_ms=20_000 if why == "held" else 0)
            await world.quiet(1_000)
            world.clock.skew_us += 13 * HOUR_US
            second = await world.press("two")
            if why != "file":
                await world.reaches(DeliveryState.PARKED, first)
                await world.quiet(60_000)
                assert await world.state(second.id) is DeliveryState.QUEUED
                assert world.server.texts(ROOM) == []
            asked = await arrived(world, first, second)
            assert asked == (why != "file")
            assert world.server.texts(ROOM) == [text, "two"]

    run_virtual(story())


@jumps
def test_an_undo_lasts_as_long_as_it_says(tmp_path: Path, jump_us: int) -> None:
    """Neither for years, nor for a moment only, once the engine has seen it; far ahead it asks."""

    async def story() -> None:
        async with World(tmp_path) as world:
            item = await press(world, "hello", hold_ms=20_000)
            await world.quiet(1_000)
            world.clock.skew_us += jump_us
            await world.quiet(15_000)
            assert world.server.texts(ROOM) == []
            if jump_us > 12 * HOUR_US:
                await world.reaches(DeliveryState.PARKED, item)
                return
            await world.settled(item, within_ms=15_000)
            assert world.server.texts(ROOM) == ["hello"]

    run_virtual(story())


def test_an_undo_of_an_earlier_process_ends_though_the_clock_was_set_back(tmp_path: Path) -> None:
    """The row says until when, by a clock that is no longer true."""

    async def story() -> None:
        async with World(tmp_path) as world:
            item = await press(world, "hello", hold_ms=20_000)
            world.clock.skew_us -= YEAR_US
            await world.restart()
            await world.settled(item, within_ms=40_000)

    run_virtual(story())


def test_a_scheduled_send_goes_by_the_wall_clock(tmp_path: Path) -> None:
    """Due while the machine sleeps: right after the wake. With a clock set back: when its time has come."""

    async def story() -> None:
        async with World(tmp_path, rooms=2) as world:
            slept = await press(world, "in an hour", due_ms=60 * MINUTE_MS)
            await world.quiet(2_000)
            world.clock.skew_us += 2 * HOUR_US
            assert await world.settled(slept) <= 35_000
            later = await press(world, "soon", due_ms=5 * MINUTE_MS)
            world.clock.skew_us -= 10 * MINUTE_MS * 1_000
            await world.quiet(6 * MINUTE_MS)
            assert await world.state(later.id) is DeliveryState.QUEUED
            await world.quiet(8 * MINUTE_MS)
            assert await world.state(later.id) is DeliveryState.QUEUED
            assert await world.settled(later) <= MINUTE_MS + 35_000

    run_virtual(story())


def test_a_wait_that_a_server_asked_for_is_never_long_because_of_a_clock(tmp_path: Path) -> None:
    """A row that waits until a year from now, by a clock that was wrong, goes within minutes."""

    async def story() -> None:
        async with World(tmp_path) as world:
            world.server.down = True
            world.server.cut_all()
            item = await world.press("hello")
            until_us = world.clock.now_us() + YEAR_US
            await asyncio.wrap_future(world.store.advance(item.id, outbox.Later(until_us, "rate")))
            world.server.down = False
            await world.restart()
            await world.settled(item, within_ms=620_000)

    run_virtual(story())


@jumps
def test_typing_of_others_ends_after_its_seconds(tmp_path: Path, jump_us: int) -> None:
    """Typing is a matter of the engine's clock alone."""

    async def story() -> None:
        async with World(tmp_path) as world:
            world.server.push(ROOM, "types", {"room": ROOM, "who": CUSTOMER, "on": True})
            await until(lambda: _typing(world), what="typing")
            world.clock.skew_us += jump_us
            took_ms = await until(lambda: not _typing(world), what="no typing")
            assert took_ms <= 10_000

    run_virtual(story())


def _typing(world: World) -> bool:
    told = [one for one in world.news if isinstance(one, TypingChanged)]
    return bool(told) and bool(told[-1].names)


@jumps
def test_no_minute_sees_more_sends_than_allowed(tmp_path: Path, jump_us: int) -> None:
    """The budget counts engine time: a jump neither empties nor fills it."""

    async def story() -> None:
        async with World(tmp_path, start=False) as world:
            world.adapter.sends_per_minute = 5
            await world.start()
            await world.synced()
            items = [await world.press(f"number {number}") for number in range(8)]
            await world.quiet(5_000)
            world.clock.skew_us += jump_us
            await world.quiet(20_000)
            assert len(world.server.texts(ROOM)) <= 5
            await arrived(world, *items)
            assert world.server.texts(ROOM) == [f"number {number}" for number in range(8)]

    run_virtual(story())
