"""Sends that wait by the person's own wish, carried out by the engine on virtual time."""

from __future__ import annotations

import asyncio
from pathlib import Path

from chatdesk.domain import outbox
from chatdesk.domain.entities import Outgoing
from chatdesk.domain.kinds import DeliveryState, ParkReason
from tests.sync.virtual import run_virtual
from tests.sync.world import ROOM, World

HOUR_MS = 3_600_000


async def press(world: World, text: str, *, hold_ms: int = 0, due_ms: int = 0) -> Outgoing:
    conversation = await world.local(ROOM)
    reader = world.real_store.reader()
    try:
        version = reader.draft(conversation).version
    finally:
        reader.close()
    due_us = world.clock.now_us() + due_ms * 1000 if due_ms else 0
    pressed = world.store.press_send(conversation, version, text, hold_us=hold_ms * 1000, due_us=due_us)
    item: Outgoing = await asyncio.wrap_future(pressed)
    return item


def test_a_held_send_goes_by_itself_after_its_time_and_those_behind_wait(tmp_path: Path) -> None:
    """Undo is possible for exactly that long; the order of pressing stands."""

    async def story() -> None:
        async with World(tmp_path) as world:
            held = await press(world, "one", hold_ms=10_000)
            behind = await press(world, "two")
            await world.quiet(9_000)
            assert world.server.texts(ROOM) == []
            took_ms = await world.settled(held, behind)
            assert took_ms < 5_000
            assert world.server.texts(ROOM) == ["one", "two"]

    run_virtual(story())


def test_a_held_send_that_is_taken_back_never_leaves(tmp_path: Path) -> None:
    """Neither now nor after a restart."""

    async def story() -> None:
        async with World(tmp_path) as world:
            held = await press(world, "too early", hold_ms=10_000)
            await world.quiet(5_000)
            draft = await asyncio.wrap_future(world.store.take_back(held.id))
            assert draft.text == "too early"
            await world.quiet(60_000)
            assert world.server.texts(ROOM) == []

    run_virtual(story())


def test_a_held_send_that_is_changed_is_held_for_the_rest_of_its_time(tmp_path: Path) -> None:
    """A new text, or a place before other conversations, is no wish to be done with thinking."""

    async def story() -> None:
        async with World(tmp_path) as world:
            held = await press(world, "too early", hold_ms=10_000)
            await world.quiet(5_000)
            await asyncio.wrap_future(world.store.advance(held.id, outbox.PersonEdits("in time")))
            await asyncio.wrap_future(world.store.advance(held.id, outbox.PersonUrges(urgent=True)))
            await world.quiet(4_000)
            assert world.server.texts(ROOM) == []
            assert await world.settled(held) < 5_000
            assert world.server.texts(ROOM) == ["in time"]

    run_virtual(story())


def test_sending_a_held_one_at_once_shortens_the_wait(tmp_path: Path) -> None:
    """ "Send now" is for people who are sure."""

    async def story() -> None:
        async with World(tmp_path) as world:
            held = await press(world, "sure", hold_ms=30_000)
            await world.quiet(1_000)
            await asyncio.wrap_future(world.store.advance(held.id, outbox.PersonRetries()))
            assert await world.settled(held) < 5_000

    run_virtual(story())


def test_a_scheduled_send_leaves_at_its_time_and_holds_nobody(tmp_path: Path) -> None:
    """What is pressed meanwhile goes first; the scheduled one goes in its minute."""

    async def story() -> None:
        async with World(tmp_path) as world:
            late = await press(world, "good morning", due_ms=2 * HOUR_MS)
            other = await press(world, "now")
            await world.settled(other)
            await world.quiet(2 * HOUR_MS - 60_000)
            assert world.server.texts(ROOM) == ["now"]
            took_ms = await world.settled(late)
            assert 30_000 < took_ms < 90_000
            assert world.server.texts(ROOM) == ["now", "good morning"]

    run_virtual(story())


def test_a_scheduled_send_that_is_hours_late_asks_first(tmp_path: Path) -> None:
    """The computer was off at the chosen time; half a day later the words may be wrong."""

    async def story() -> None:
        async with World(tmp_path) as world:
            late = await press(world, "good morning", due_ms=HOUR_MS)
            world.server.down = True
            world.server.cut_all()
            await world.quiet(14 * HOUR_MS)
            world.server.down = False
            await world.quiet(120_000)
            row = await world.item(late.id)
            assert row is not None
            assert (row.state, row.parked) == (DeliveryState.PARKED, ParkReason.OLD)
            assert world.server.texts(ROOM) == []

    run_virtual(story())
