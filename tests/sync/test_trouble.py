"""Trouble at home: a disk that refuses, a store that fails, parts of the engine that die."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from chatdesk.domain import outbox
from chatdesk.domain.errors import DiskTrouble
from chatdesk.domain.kinds import ConnectionState, DeliveryState
from tests.conftest import AllowLog
from tests.sync.virtual import Owing, run_virtual, until
from tests.sync.world import ROOM, World


class Failing(Owing):
    """A store whose disk refuses some writes: `fail[method]` times, of those with an argument `only`."""

    def __init__(self, real: Any) -> None:
        super().__init__(real)
        self.fail: dict[str, int] = {}
        self.only: type | None = None
        self.error: Exception = DiskTrouble("full")

    def __getattr__(self, name: str) -> Any:
        inherited = super().__getattr__(name)

        def call(*args: Any) -> Any:
            wanted = self.only is None or any(isinstance(one, self.only) for one in args)
            if wanted and self.fail.get(name, 0) > 0:
                self.fail[name] -= 1
                failed: Future[None] = Future()
                failed.set_exception(self.error)
                return failed
            return inherited(*args)

        return call if name in self.fail else inherited


def failing(world: World) -> Failing:
    store = Failing(world.real_store)
    world.store = store
    return store


def test_an_attempt_that_is_not_on_disk_does_not_leave(tmp_path: Path, allow_log: AllowLog) -> None:
    """While the disk refuses the attempt nothing is sent; when it takes it, the send goes once."""
    seen = allow_log("WARNING chatdesk.sync.pump: an item could not be carried out: DiskTrouble")

    async def story() -> None:
        async with World(tmp_path, start=False) as world:
            store = failing(world)
            await world.start()
            await world.synced()
            store.fail, store.only = {"advance": 2}, outbox.Started
            item = await world.press("one")
            await until(lambda: len(seen) == 2)
            assert world.server.seen["say"] == 0
            await world.settled(item)
            assert world.server.texts(ROOM) == ["one"]

    run_virtual(story())


def test_an_outcome_is_written_as_soon_as_the_disk_takes_it(tmp_path: Path, allow_log: AllowLog) -> None:
    """An answer that could not be written is kept in mind and written later; nothing is sent again."""
    seen = allow_log("WARNING chatdesk.sync.pump: writing an outcome: DiskTrouble")

    async def story() -> None:
        async with World(tmp_path, start=False) as world:
            store = failing(world)
            await world.start()
            await world.synced()
            store.fail, store.only = {"advance": 3}, outbox.Stored
            item = await world.press("one")
            await world.settled(item)
            assert len(seen) == 3
            assert world.server.texts(ROOM) == ["one"]
            assert await world.own() == [("one", DeliveryState.ACCEPTED)]

    run_virtual(story())


def test_what_came_in_waits_for_the_disk(tmp_path: Path, allow_log: AllowLog) -> None:
    """Events that could not be applied are applied when the disk is well again, in order."""
    seen = allow_log("WARNING chatdesk.sync.inbox: could not apply")

    async def story() -> None:
        async with World(tmp_path, start=False) as world:
            store = failing(world)
            await world.start()
            await world.synced()
            store.fail = {"apply": 2}
            for text in ("one", "two", "three"):
                world.server.customer_says(ROOM, text)
                await world.quiet(100)
            await until(lambda: len(seen) == 2)
            await world.quiet(5_000)
            assert [m.text for m in await world.messages()][-3:] == ["one", "two", "three"]

    run_virtual(story())


def test_an_engine_that_can_not_go_on_says_so(tmp_path: Path, allow_log: AllowLog) -> None:
    """A part that dies again and again stops its account, visibly; the link is closed, the store unharmed."""
    seen = allow_log("ERROR chatdesk.sync.tasks: account 1: inbox died: ZeroDivisionError")

    async def story() -> None:
        async with World(tmp_path, start=False) as world:
            store = failing(world)
            await world.start()
            await world.synced()
            store.fail, store.error = {"apply": 100}, ZeroDivisionError()
            world.server.customer_says(ROOM, "hello?")
            await until(lambda: world.status.connection is ConnectionState.OFF)
            assert world.status.reason == "internal fault"
            assert world.status.dropped["fault"] == 5
            assert len(seen) == 5
            assert not world.server.links
            assert world.engine is not None
            assert world.engine.broken

    run_virtual(story())


def test_a_part_that_dies_once_is_started_again(tmp_path: Path, allow_log: AllowLog) -> None:
    """One fault costs nothing: the part is started anew, nothing that came in is lost, and it is counted."""
    allow_log("ERROR chatdesk.sync.tasks: account 1: inbox died: ZeroDivisionError")

    async def story() -> None:
        async with World(tmp_path, start=False) as world:
            store = failing(world)
            await world.start()
            await world.synced()
            store.fail, store.error = {"apply": 1}, ZeroDivisionError()
            world.server.customer_says(ROOM, "hello?")
            await until(lambda: world.status.dropped.get("fault") == 1)
            await world.quiet(2_000)
            assert (await world.messages())[-1].text == "hello?"
            assert world.status.connection is ConnectionState.ONLINE

    run_virtual(story())


def test_messages_of_foreign_conversations_are_counted(tmp_path: Path) -> None:
    """What a server pushes of conversations that are not ours is not stored, but counted."""

    async def story() -> None:
        async with World(tmp_path) as world:
            stranger = world.server.store(ROOM, "stranger", "psst")
            world.server.rooms[ROOM].remove(stranger)
            world.server.push(ROOM, "said-in", {**stranger, "room": "elsewhere"})
            await world.quiet(100)
            assert world.engine is not None
            world.engine.refresh()
            await until(lambda: world.status.dropped.get("foreign") == 1)
            assert [m.text for m in await world.messages()] == ["hello from 1"]

    run_virtual(story())


def test_a_client_that_raises_ends_its_step(tmp_path: Path, allow_log: AllowLog) -> None:
    """A fault in the client is logged, the step counts as unanswered, and the send is found out about."""
    allow_log("ERROR chatdesk.sync.exchange: client: ZeroDivisionError")

    async def story() -> None:
        async with World(tmp_path) as world:
            assert world.client is not None
            real = world.client._emit

            def broken(step_id: int, step: Any) -> None:
                if step.note == "say":
                    world.client._emit = real  # type: ignore[union-attr, method-assign]
                    raise ZeroDivisionError
                real(step_id, step)

            world.client._emit = broken  # type: ignore[method-assign]
            item = await world.press("one")
            await world.settled(item)
            assert world.server.texts(ROOM) == ["one"]

    run_virtual(story())


def test_a_client_that_can_not_drop_its_link_is_not_waited_for(tmp_path: Path, allow_log: AllowLog) -> None:
    """When the client hangs while dropping a dead link, the engine goes on to the next one."""
    allow_log("WARNING chatdesk.sync.supervisor: the client did not drop its link in time")

    async def story() -> None:
        async with World(tmp_path) as world:
            assert world.client is not None
            (link,) = world.server.links

            async def hangs() -> None:
                await asyncio.sleep(3600)

            world.client.drop_link = hangs  # type: ignore[method-assign]
            link.half_open = True
            await until(lambda: world.server.seen["connect"] == 2)
            await world.online()
            del world.client.drop_link

    run_virtual(story())
