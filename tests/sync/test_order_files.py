"""Files of an order: queued, added once each, and looked up in the order's list where nobody knows."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from chatdesk.domain.actions import Attachment
from chatdesk.domain.entities import Outgoing
from chatdesk.domain.ids import OrderId
from chatdesk.domain.kinds import DeliveryState, OutgoingKind, ParkReason
from chatdesk.store.staging import FOLDER
from tests.sync.toy.server import Fault
from tests.sync.virtual import run_virtual
from tests.sync.world import ROOM, World

BYTES = b"permit" * 100


async def order_of(world: World) -> OrderId:
    orders = await asyncio.wrap_future(world.store.orders())
    found: OrderId = next(one.id for one in orders.rows if one.remote_id == ROOM)
    return found


async def press(world: World, name: str = "permit.pdf", content: bytes = BYTES) -> Outgoing:
    staged = await asyncio.wrap_future(world.store.stage(content, 1_000_000))
    file = Attachment(name=name, content_type="application/pdf", size_bytes=len(content))
    item: Outgoing = await asyncio.wrap_future(world.store.intend_file(await order_of(world), staged, file))
    assert item.kind is OutgoingKind.UPLOAD
    return item


def added(world: World) -> list[tuple[str, int]]:
    return [(one["name"], one["size"]) for one in world.server.files.get(ROOM, [])]


def copies(world: World) -> list[str]:
    return [one.name for one in (world.folder / FOLDER).iterdir()]


def test_a_file_for_an_order_waits_for_the_server_and_is_added_once(tmp_path: Path) -> None:
    """Pressed offline; the next run adds it, in the order of pressing, and its copy goes."""

    async def story() -> None:
        async with World(tmp_path) as world:
            await world.stop()
            first, second = await press(world, "a.pdf"), await press(world, "b.pdf")
            assert len(copies(world)) == 2
            await world.start()
            await world.settled(first, second)
            assert added(world) == [("a.pdf", len(BYTES)), ("b.pdf", len(BYTES))]
            assert copies(world) == []

    run_virtual(story())


@pytest.mark.parametrize("fault", [Fault(no_answer=True), Fault(store_after_ms=500)])
def test_a_file_that_was_added_without_an_answer_is_found_and_not_added_twice(
    tmp_path: Path, fault: Fault
) -> None:
    """Everybody would see two: the list of files tells that it is there."""

    async def story() -> None:
        async with World(tmp_path) as world:
            world.server.files[ROOM] = [{"as": "old", "name": "permit.pdf", "size": len(BYTES)}]
            world.server.fault("add", fault)
            item = await press(world)
            await world.settled(item)
            await world.quiet(60_000)
            assert added(world) == [("permit.pdf", len(BYTES))] * 2  # the old one, and this one once
            assert copies(world) == []

    run_virtual(story())


def test_a_file_that_never_arrived_is_added_again_after_the_quiet_time(tmp_path: Path) -> None:
    """Its absence is proved by a list that was read after the hard close; then it goes once more."""

    async def story() -> None:
        async with World(tmp_path) as world:
            world.server.fault("add", Fault(lost=True))
            item = await press(world)
            await world.reaches(DeliveryState.UNCERTAIN, item)
            assert copies(world) == [item.staged]
            took_ms = await world.settled(item)
            assert took_ms >= 10_000
            assert added(world) == [("permit.pdf", len(BYTES))]

    run_virtual(story())


def test_a_death_between_attempt_and_answer_is_settled_by_the_list(tmp_path: Path) -> None:
    """The process dies while the file is under way, which arrives: the next run finds it."""

    async def story() -> None:
        async with World(tmp_path) as world:
            world.server.fault("add", Fault(no_answer=True))
            item = await press(world)
            await world.reaches(DeliveryState.IN_FLIGHT, item)
            await world.quiet(200)
            await world.restart()
            await world.settled(item)
            assert added(world) == [("permit.pdf", len(BYTES))]
            assert copies(world) == []

    run_virtual(story())


def test_a_file_of_an_order_that_is_gone_waits_for_its_person(tmp_path: Path) -> None:
    """Nothing is lost: it is parked with its copy."""

    async def story() -> None:
        async with World(tmp_path) as world:
            world.server.fault("files", Fault(status=404), times=3)
            item = await press(world)
            await world.reaches(DeliveryState.PARKED, item)
            held = await world.item(item.id)
            assert held is not None
            assert held.parked is ParkReason.NOT_FOUND
            assert copies(world) == [item.staged]

    run_virtual(story())


def test_texts_do_not_wait_for_files_of_orders(tmp_path: Path) -> None:
    """A file that takes a minute holds no message, and a second file of its order waits for it."""

    async def story() -> None:
        async with World(tmp_path) as world:
            world.server.fault("add", Fault(slow_ms=1_500))
            first, second = await press(world, "a.pdf"), await press(world, "b.pdf")
            await world.settled(await world.press("a text"), within_ms=1_000)
            assert added(world) == []
            await world.settled(first, second)
            assert [name for name, _ in added(world)] == ["a.pdf", "b.pdf"]

    run_virtual(story())
