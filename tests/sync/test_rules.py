"""Rules of sending that nothing else would miss; tests/rules.toml names every rule with its tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from chatdesk.domain.kinds import DeliveryState, Platform
from chatdesk.platforms import registry
from tests.sync.toy.server import Fault
from tests.sync.virtual import run_virtual
from tests.sync.world import ROOM, World

FIVE = list(Platform)


def test_an_uncertain_send_holds_those_behind_it(tmp_path: Path) -> None:
    """Whether it arrived is not known yet: what was pressed later must not overtake it."""

    async def story() -> None:
        async with World(tmp_path) as world:
            world.server.fault("say", Fault(lost=True))
            first = await world.press("one")
            second = await world.press("two")
            await world.reaches(DeliveryState.UNCERTAIN, first, within_ms=20_000)
            await world.quiet(8_000)
            assert await world.state(first.id) is DeliveryState.UNCERTAIN
            assert await world.state(second.id) is DeliveryState.QUEUED
            assert world.server.texts(ROOM) == []
            await world.settled(first, second)
            assert world.server.texts(ROOM) == ["one", "two"]

    run_virtual(story())


def test_a_read_before_the_end_of_the_quiet_time_finds_what_arrived(tmp_path: Path) -> None:
    """To find, nobody has to wait ten seconds; only an absence needs them."""

    async def story() -> None:
        async with World(tmp_path) as world:
            world.server.fault("say", Fault(no_answer=True, no_echo=True, cut=True))
            item = await world.press("one")
            assert await world.settled(item) < 9_000
            assert world.server.seen["say"] == 1
            assert "found" in await world.info(item)

    run_virtual(story())


def test_a_press_that_nobody_told_of_goes_within_half_a_minute(tmp_path: Path) -> None:
    """The pump reads rows, not news: where one got lost it looks all the same."""

    async def story() -> None:
        async with World(tmp_path) as world:
            assert world.engine is not None
            assert world.engine._unsubscribe is not None
            world.engine._unsubscribe()
            item = await world.press("one")
            assert await world.settled(item) <= 31_000
            assert world.server.texts(ROOM) == ["one"]

    run_virtual(story())


def test_history_is_read_before_the_first_send(tmp_path: Path) -> None:
    """On every connection anew: what was there before can never be taken for it."""

    async def story() -> None:
        async with World(tmp_path) as world:
            for number in range(2):
                await world.settled(await world.press(f"number {number}"))
                world.server.cut_all()
                world.server.fault("history", Fault(slow_ms=1_500))
                reads, says = world.server.seen["history"], world.server.seen["say"]
                item = await world.press(f"after cut {number}")
                while world.server.seen["history"] == reads:
                    await world.quiet(5)
                assert world.server.seen["say"] == says
                await world.settled(item)

    run_virtual(story())


@pytest.mark.parametrize("platform", FIVE)
def test_every_platform_waits_ten_seconds(platform: Platform) -> None:
    """Servers may store what they got just before a cut; this long they are given."""
    assert registry.plugin(platform).adapter.limits.quiet_ms >= 10_000


@pytest.mark.parametrize("platform", FIVE)
def test_every_platform_repeats_once(platform: Platform) -> None:
    """After a proved absence; OMW's explicit error is counted by its adapter."""
    assert registry.plugin(platform).adapter.limits.max_repeats == 1


@pytest.mark.parametrize(
    ("platform", "stored"),
    [
        (Platform.DISPATCHER, " \ufeffon my way\u0085 "),
        (Platform.FAKOMAME, " \ufeffon my way\u0085 "),
        (Platform.STEPPERGO, " \ufeffon my way\u0085 "),
        (Platform.OMW, "on my way\u0085"),
        (Platform.MARKETPLACE, "on my way\u0085"),
    ],
)
def test_texts_are_compared_as_their_servers_store_them(platform: Platform, stored: str) -> None:
    """Exact where a server keeps every blank; trimmed as JavaScript does where one trims."""
    normalise = registry.plugin(platform).adapter.normalise
    assert normalise(" \ufeffon my way\u0085 ") == normalise(stored)
    assert (normalise("on my way ") == normalise("on my way")) == (
        platform in {Platform.OMW, Platform.MARKETPLACE}
    )
    assert normalise("on my way") != normalise("On my way")
