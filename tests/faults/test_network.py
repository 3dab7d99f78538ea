"""The network in memory does to bytes exactly what a schedule says, and nothing else."""

from __future__ import annotations

import asyncio
import socket
import struct

import pytest

from tests.faults.lab import run_lab
from tests.faults.loop import LabLoop
from tests.faults.network import Address, End, Network

HERE: Address = ("127.0.0.1", 9)


class Heard(asyncio.Protocol):
    """Remembers what it is told."""

    def __init__(self) -> None:
        self.data = b""
        self.parts: list[bytes] = []
        self.lost: list[Exception | None] = []
        self.ended = 0
        self.transport: End

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, End)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.data += data
        self.parts.append(data)

    def eof_received(self) -> bool | None:
        self.ended += 1
        return None

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost.append(exc)


class Pair:
    """Both ends of a connection on the lab's loop."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, LabLoop)
        self.network: Network = loop.network
        self.server = Heard()
        self.network.listen(HERE, lambda: self.server)
        self.network.connect(HERE, self._client, None)

    def _client(self) -> Heard:
        self.client = Heard()
        return self.client


def test_bytes_arrive_in_order_however_they_are_written() -> None:
    """A thousand writes at one moment are one stream."""

    async def story() -> None:
        pair = Pair()
        wanted = b"".join(struct.pack(">H", number) for number in range(1_000))
        for at in range(0, len(wanted), 2):
            pair.client.transport.write(wanted[at : at + 2])
        await asyncio.sleep(1)
        assert pair.server.data == wanted

    run_lab(story())


@pytest.mark.parametrize("at", [0, 1, 5, 9])
def test_a_reset_comes_at_its_byte(at: int) -> None:
    """What stands before that byte arrives, both ends are told, and nothing more is taken."""

    async def story() -> None:
        pair = Pair()
        pair.client.transport.flow.reset_at = at
        pair.client.transport.write(b"01234")
        pair.client.transport.write(b"56789")
        await asyncio.sleep(1)
        assert pair.server.data == b"0123456789"[:at]
        assert [type(one) for one in (*pair.client.lost, *pair.server.lost)] == [ConnectionResetError] * 2

    run_lab(story())


def test_a_stalled_connection_stands_and_carries_nothing() -> None:
    """Nobody is told: only somebody who waits for an answer can notice."""

    async def story() -> None:
        pair = Pair()
        pair.client.transport.write(b"before")
        await asyncio.sleep(1)
        pair.network.stall(HERE)
        pair.client.transport.write(b"after")
        pair.server.transport.write(b"answer")
        await asyncio.sleep(3_600)
        assert (pair.server.data, pair.client.data) == (b"before", b"")
        assert pair.client.lost + pair.server.lost == []

    run_lab(story())


@pytest.mark.parametrize(("up", "down"), [(True, False), (False, True)])
def test_a_link_may_be_open_in_one_direction_only(up: bool, down: bool) -> None:
    """What goes the other way arrives; nobody is told, and healing breaks it, as routers do."""

    async def story() -> None:
        pair = Pair()
        pair.network.stall(HERE, up=up, down=down)
        pair.client.transport.write(b"asked")
        pair.server.transport.write(b"told")
        await asyncio.sleep(3_600)
        assert (pair.server.data, pair.client.data) == (b"" if up else b"asked", b"" if down else b"told")
        assert pair.client.lost + pair.server.lost == []
        pair.network.heal(HERE)
        await asyncio.sleep(1)
        assert [type(one) for one in (*pair.client.lost, *pair.server.lost)] == [ConnectionResetError] * 2

    run_lab(story())


def test_what_is_held_in_the_middle_arrives_although_its_sender_has_gone() -> None:
    """Something on the way delivers late, all of it together; the bytes before it lose nothing."""

    async def story() -> None:
        pair = Pair()
        pair.client.transport.flow.held_from, pair.client.transport.flow.held_s = 3, 9
        pair.client.transport.write(b"now and ")
        pair.client.transport.write(b"later")
        pair.client.transport.break_off(arrives=True)
        await asyncio.sleep(5)
        assert pair.server.data == b"now"
        await asyncio.sleep(5)
        assert pair.server.data == b"now and later"
        late_s = pair.client.transport.flow.held_arrivals
        assert [8 < one - 1_000 < 10 for one in late_s] == [True, True]
        ways = pair.client.transport.flow.long_ways
        assert [8 < came - left < 10 for left, came in ways] == [True, True]

    run_lab(story())


@pytest.mark.parametrize("hard", [True, False])
def test_a_hard_close_takes_back_what_is_under_way(hard: bool) -> None:
    """Closed with SO_LINGER 1,0 nothing is delivered later; closed otherwise the kernel still delivers."""

    async def story() -> None:
        pair = Pair()
        if hard:
            option = struct.pack("ii", 1, 0)
            pair.client.transport.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, option
            )
        pair.client.transport.write(b"order")
        pair.client.transport.abort()
        await asyncio.sleep(1)
        assert pair.server.data == (b"" if hard else b"order")
        if hard:
            assert [type(one) for one in pair.server.lost] == [ConnectionResetError]
        else:
            assert (pair.server.ended, pair.server.lost) == (1, [None])

    run_lab(story())


def test_nobody_listens_nobody_is_reached() -> None:
    """A server that is down refuses, a cable that is out reaches nobody."""

    async def story() -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, LabLoop)
        with pytest.raises(ConnectionRefusedError):
            await loop.create_connection(Heard, *HERE)
        loop.network.listen(HERE, Heard)
        loop.network.unreachable.add(HERE)
        with pytest.raises(OSError, match="unreachable"):
            await loop.create_connection(Heard, *HERE)

    run_lab(story())


def test_reading_can_pause_without_losing_anything() -> None:
    """What arrives meanwhile is handed over afterwards, the end last."""

    async def story() -> None:
        pair = Pair()
        pair.server.transport.pause_reading()
        pair.client.transport.write(b"one ")
        pair.client.transport.write(b"two")
        pair.client.transport.close()
        await asyncio.sleep(1)
        assert (pair.server.data, pair.server.ended) == (b"", 0)
        pair.server.transport.resume_reading()
        await asyncio.sleep(1)
        assert (pair.server.data, pair.server.ended) == (b"one two", 1)

    run_lab(story())
