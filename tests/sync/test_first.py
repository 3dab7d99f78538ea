"""The first whole way: connect, read, send, accepted."""

from __future__ import annotations

import asyncio
from copy import copy
from pathlib import Path

from msgspec import structs

from chatdesk.domain.arrivals import Arrived, OpenStep, Reading
from chatdesk.domain.entities import Capabilities
from chatdesk.domain.facts import Facts
from chatdesk.domain.kinds import ConnectionState, DeliveryState
from tests.sync.virtual import run_virtual, until
from tests.sync.world import ROOM, World


def test_what_the_server_has_is_here_after_a_connect(tmp_path: Path) -> None:
    """After a connect lists and heads are in the store, and the status says online and synced."""

    async def story() -> None:
        async with World(tmp_path) as world:
            assert [m.text for m in await world.messages()] == ["hello from 1"]
            assert world.status.connection is ConnectionState.ONLINE

    run_virtual(story())


def test_a_sent_text_arrives_once_and_is_accepted(tmp_path: Path) -> None:
    """A text that is pressed is at the server once, and its row is accepted under the server's id."""

    async def story() -> None:
        async with World(tmp_path) as world:
            item = await world.press("on my way")
            await world.settled(item)
            assert world.server.texts(ROOM) == ["on my way"]
            assert await world.own() == [("on my way", DeliveryState.ACCEPTED)]

    run_virtual(story())


def test_a_pushed_message_is_stored(tmp_path: Path) -> None:
    """What a customer writes while we are online is in the store without any reading of history."""

    async def story() -> None:
        async with World(tmp_path) as world:
            reads = world.server.seen["history"]
            world.server.customer_says(ROOM, "where are you?")
            await world.quiet(50)
            assert [m.text for m in await world.messages()][-1] == "where are you?"
            assert world.server.seen["history"] == reads

    run_virtual(story())


def test_the_engine_connects_again_after_a_cut(tmp_path: Path) -> None:
    """A cut link is replaced by a new one within two seconds, and what was missed is read."""

    async def story() -> None:
        async with World(tmp_path) as world:
            world.server.cut_all()
            world.server.store(ROOM, "customer", "while you were away")
            await until(lambda: world.status.connection is not ConnectionState.ONLINE)
            await world.online()
            await world.quiet(500)
            assert [m.text for m in await world.messages()][-1] == "while you were away"

    run_virtual(story())


def test_what_works_is_looked_at_once_for_a_burst(tmp_path: Path) -> None:
    """Facts that every packet changes have the capabilities worked out for the last of them, not for each."""

    async def story() -> None:
        async with World(tmp_path) as world:
            looked: list[Facts] = []
            capabilities = world.adapter.capabilities
            read = world.adapter.read

            def look(facts: Facts) -> Capabilities:
                looked.append(facts)
                return capabilities(facts)

            def reading(arrived: Arrived, open_steps: tuple[OpenStep, ...], facts: Facts) -> Reading:
                """As the toy's, with facts of its own that each message changes."""
                found = read(arrived, open_steps, facts)
                return structs.replace(found, facts=structs.replace(found.facts, own=copy(found.facts.own)))

            world.adapter.capabilities = look  # type: ignore[method-assign]
            world.adapter.read = reading  # type: ignore[method-assign]
            world.adapter.sends_per_minute = 17
            for number in range(20):
                world.server.customer_says(ROOM, f"number {number}")
            await world.quiet(200)
            assert (await world.messages())[-1].text == "number 19"
            assert 1 <= len(looked) <= 10
            kept = await asyncio.wrap_future(world.store.account(world.account.id))
            assert kept.capabilities.sends_per_minute == 17

    run_virtual(story())
