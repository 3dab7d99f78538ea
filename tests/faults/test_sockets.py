"""Real sockets, real processes, the real clock: schedules at once, and what the proxy can do to bytes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.end2end.proxy import ByteProxy
from tests.faults.parts import is_bad
from tests.faults.parts.sockets import PART, close_nursery
from tests.faults.sockets import draw
from tests.faults.sockets.world import World
from tests.server.process import quiet_port

WANTED = (
    ("dispatcher", "promised", 10),
    ("fakomame", "as-is", 5),
    ("steppergo", "as-is", 11),
    ("omw", "as-is", 6),
    ("marketplace", "promised", 3),
)
"""One of each behaviour, by the numbers of their seeds; together eleven kinds of faults."""


@pytest.fixture
def servers() -> Iterator[None]:
    yield
    close_nursery()


@pytest.mark.usefixtures("servers")
def test_five_schedules_at_once_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    """Whatever is cut, slowed, swallowed, held, refused or killed, while real sockets carry it."""
    cases = [draw.draw(seed, platform, variant) for platform, variant, seed in WANTED]
    with ThreadPoolExecutor(len(cases)) as pool:
        found = list(pool.map(lambda case: PART.carry_out(case, tmp_path / case["key"]), cases))
    assert len({fault for one in found for fault in one["faults"]}) > 10
    assert sum(one["kills"] for one in found)
    for one in found:
        assert not is_bad(one), (one["key"], one["words"])
        assert one["presses"]
        assert one["alive"] == one["presses"], (one["key"], one["words"])


def test_every_fault_can_be_carried_out_and_cases_are_the_same_for_their_seed() -> None:
    """No name of a fault without its method; what failed once can be carried out again."""
    assert [kind for kind in draw.FAULTS if not hasattr(World, f"_{kind}")] == []
    assert list(PART.cases(3, 20)) == list(PART.cases(3, 20))
    assert list(PART.cases(3, 5)) == list(PART.cases(3, 20))[:5]
    assert len({case["key"] for case in PART.cases(3, 20)}) == 20


# -- the proxy


class Far:
    """A server that keeps what it gets, and answers each piece with its length in dots."""

    def __init__(self) -> None:
        self.got = bytearray()
        self.ends: list[str] = []
        self.knocked: list[asyncio.StreamWriter] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(1_000):
                self.got += data
                writer.write(b"." * len(data))
            self.ends.append("end")
        except ConnectionError:
            self.ends.append("reset")
        finally:
            writer.close()


@asynccontextmanager
async def between() -> AsyncIterator[tuple[Far, ByteProxy]]:
    far = Far()
    server = await asyncio.start_server(far.serve, "127.0.0.1", quiet_port())
    proxy = ByteProxy(quiet_port(), server.sockets[0].getsockname()[1])
    await proxy.start()
    try:
        yield far, proxy
    finally:
        for writer in far.knocked:
            writer.close()
        await proxy.close()
        server.close()


async def _knock(far: Far, proxy: ByteProxy) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    far.knocked.append(writer)
    return reader, writer


async def _reached(condition: Any) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


async def _ended(reader: asyncio.StreamReader) -> str:
    try:
        async with asyncio.timeout(10):
            await reader.read()
    except ConnectionError:
        return "reset"
    return "end"


def test_a_connection_is_reset_at_a_byte() -> None:
    """In both directions, once; what comes before the byte may arrive, what comes after never does."""

    async def story() -> None:
        async with between() as (far, proxy):
            reader, writer = await _knock(far, proxy)
            writer.write(b"abc")
            assert await reader.readexactly(3) == b"..."
            proxy.up.cut_in = 2
            writer.write(b"defg")
            assert await _ended(reader) == "reset"
            await _reached(lambda: far.ends)
            assert bytes(far.got) in {b"abc", b"abcd", b"abcde"}
            reader, writer = await _knock(far, proxy)
            proxy.down.cut_in = 1
            writer.write(b"xyz")
            assert await _ended(reader) == "reset"
            await _reached(lambda: far.got.endswith(b"xyz"))
            assert proxy.struck == 2

    asyncio.run(story())


def test_bytes_vanish_in_one_direction_and_the_connection_breaks_when_all_is_well_again() -> None:
    """Nobody is told until then; and nothing goes on behind a hole."""

    async def story() -> None:
        async with between() as (far, proxy):
            reader, writer = await _knock(far, proxy)
            proxy.down.silent = True
            writer.write(b"abc")
            await _reached(lambda: far.got == b"abc")
            await _reached(lambda: proxy.struck)
            assert not reader.at_eof()
            await proxy.heal()
            assert await _ended(reader) == "reset"
            reader, writer = await _knock(far, proxy)
            proxy.up.silent = True
            writer.write(b"def")
            await _reached(lambda: proxy.struck == 2)
            assert far.got == b"abc"

    asyncio.run(story())


def test_one_direction_ends_and_the_other_goes_on() -> None:
    """As when one side has nothing more to say."""

    async def story() -> None:
        async with between() as (far, proxy):
            reader, writer = await _knock(far, proxy)
            writer.write(b"abc")
            assert await reader.readexactly(3) == b"..."
            proxy.end(up=False)
            assert await _ended(reader) == "end"
            writer.write(b"def")
            await _reached(lambda: far.got == b"abcdef")

    asyncio.run(story())


def test_what_is_held_arrives_after_the_client_has_gone() -> None:
    """The trap that a quiet time is for."""

    async def story() -> None:
        async with between() as (far, proxy):
            reader, writer = await _knock(far, proxy)
            writer.write(b"abc")
            assert await reader.readexactly(3) == b"..."
            proxy.hold(0.6)
            writer.write(b"def")
            await asyncio.sleep(0.1)
            proxy.drop_clients()
            assert await _ended(reader) == "reset"
            assert far.got == b"abc"
            await _reached(lambda: far.got == b"abcdef")

    asyncio.run(story())


def test_who_knocks_is_refused_or_left_waiting() -> None:
    """Both end when all is well again."""

    async def story() -> None:
        async with between() as (far, proxy):
            await proxy.refuse()
            with pytest.raises(ConnectionRefusedError):
                await _knock(far, proxy)
            await proxy.heal()
            proxy.hangs = True
            reader, writer = await _knock(far, proxy)
            writer.write(b"abc")
            await _reached(lambda: proxy.struck)
            assert not far.got
            await proxy.heal()
            assert await _ended(reader) == "reset"
            reader, writer = await _knock(far, proxy)
            writer.write(b"def")
            assert await reader.readexactly(3) == b"..."

    asyncio.run(story())


def test_bytes_are_slow_and_late_and_keep_their_order() -> None:
    """A throttled and delayed way changes nothing but the time."""

    async def story() -> None:
        async with between() as (far, proxy):
            proxy.up.bytes_per_s, proxy.up.delay_s = 2_000, 0.05
            reader, writer = await _knock(far, proxy)
            text = bytes(range(250)) * 2
            writer.write(text)
            assert await reader.readexactly(500) == b"." * 500
            assert bytes(far.got) == text
            assert proxy.struck > 3

    asyncio.run(story())
