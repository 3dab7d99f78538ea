"""Read marks that wait for catch-up go as soon as it is there."""

from __future__ import annotations

import asyncio
from pathlib import Path

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
