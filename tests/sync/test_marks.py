"""Read marks go as soon as they may, and not when something newer has come while they waited."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec

from chatdesk.domain.facts import Facts
from chatdesk.domain.goals import Goal, MarkRead
from chatdesk.domain.steps import Call, Next
from tests.sync.toy.adapter import LANE, ToyAdapter
from tests.sync.toy.server import Fault
from tests.sync.virtual import run_virtual, until
from tests.sync.world import World


def test_a_read_mark_goes_as_soon_as_its_conversation_is_caught_up_with(tmp_path: Path) -> None:
    """Pressed offline, held until the head was read on the new connection, and sent then: no half minute."""

    async def story() -> None:
        async with World(tmp_path) as world:
            hello = (await world.messages())[-1]
            await world.stop()
            await asyncio.wrap_future(world.store.intend_read(await world.local(), hello.cursor))
            world.server.fault("history", Fault(slow_ms=1_500))
            await world.start()
            took_ms = await until(lambda: world.server.read_marks, what="the mark")
            assert world.server.seen["history"] > 0
            assert 1_500 <= took_ms < 5_000
            assert world.server.read_marks == [("r1", hello.cursor)]

    run_virtual(story())


class TakingTurns(ToyAdapter):
    """A platform where read marks, too, go one after the other with all that is said."""

    def next(self, goal: Goal, facts: Facts) -> Next:
        step = super().next(goal, facts)
        if isinstance(goal.kind, MarkRead) and isinstance(step, Call):
            return msgspec.structs.replace(step, lane=LANE)
        return step


def test_a_read_mark_that_waited_for_its_turn_is_looked_at_again(tmp_path: Path) -> None:
    """Something that nobody has seen came meanwhile: it waits until that has been seen, too."""

    async def story() -> None:
        world = World(tmp_path, rooms=2)
        world.adapter = TakingTurns()
        async with world:
            hello = (await world.messages())[-1]
            world.server.fault("say", Fault(answer_late_ms=1_500, no_echo=True))
            item = await world.press("slow", "r2")
            await until(lambda: world.server.seen["say"], what="the send on its way")
            await asyncio.wrap_future(world.store.intend_read(await world.local(), hello.cursor))
            await world.quiet(500)
            world.server.customer_says("r1", "and another thing")
            await world.settled(item)
            await world.quiet(5_000)
            assert world.server.read_marks == []
            newer = (await world.messages())[-1]
            assert newer.text == "and another thing"
            await asyncio.wrap_future(world.store.intend_read(await world.local(), newer.cursor))
            await until(lambda: world.server.read_marks, what="the mark")
            assert world.server.read_marks == [("r1", newer.cursor)]

    run_virtual(story())
