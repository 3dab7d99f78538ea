"""What a link that is dropped takes along: reads, whose connections may be as dead, and nothing else."""

from __future__ import annotations

import asyncio
from pathlib import Path

from chatdesk.domain.arrivals import Answer, NoAnswer
from chatdesk.domain.steps import Call
from tests.conftest import Aio
from tests.platforms.desk import until
from tests.platforms.ears import Ear, always, play
from tests.platforms.wire_server import Peer, TcpServer

READ = Call(method="GET", path="/read")
WRITE = Call(method="POST", path="/write", body={}, commits=True)


class Slow:
    """Answers when it is let."""

    def __init__(self) -> None:
        self.let = asyncio.Event()

    async def __call__(self, peer: Peer) -> None:
        while await peer.request():
            await self.let.wait()
            await peer.answer(b"{}")


def test_no_connection_of_before_is_used_again(aio: Aio) -> None:
    """It looks open, and after a sleep it is dead; clocks that stood still let it look fresh, too."""

    async def story(server: TcpServer, ear: Ear) -> None:
        for call in (READ, READ, WRITE, WRITE):
            assert isinstance(await ear.do(call), Answer)
        assert server.connections == 2
        await ear.link.drop_link()
        for call in (READ, WRITE):
            assert isinstance(await ear.do(call), Answer)
        assert server.connections == 4

    play(aio, always(b"{}"), story)


def test_a_read_under_way_ends_at_once(aio: Aio) -> None:
    """Nobody waits for its whole time for an answer that will not come."""
    slow = Slow()

    async def story(server: TcpServer, ear: Ear) -> None:
        reading = asyncio.create_task(ear.do(READ))
        await until(lambda: server.heads, "the request")
        await ear.link.drop_link()
        assert await reading == NoAnswer(1, True, "cut")

    play(aio, slow, story)


def test_what_commits_goes_on_and_is_heard(aio: Aio) -> None:
    """Its outcome is worth more than haste; and it can still be cut off hard."""
    slow = Slow()

    async def story(server: TcpServer, ear: Ear) -> None:
        writing = asyncio.create_task(ear.do(WRITE))
        await until(lambda: server.heads, "the request")
        await ear.link.drop_link()
        slow.let.set()
        assert isinstance(await writing, Answer)
        slow.let.clear()
        again = asyncio.create_task(ear.do(WRITE, 2))
        await until(lambda: len(server.heads) == 2, "the second request")
        await ear.link.drop_link()
        await ear.link.abort_commits()
        told = await again
        assert isinstance(told, NoAnswer)
        assert told.left

    play(aio, slow, story)


def test_a_download_goes_on(aio: Aio, tmp_path: Path) -> None:
    """A socket that broke is no reason to fetch a long file anew."""
    slow, target = Slow(), tmp_path / "permit.pdf"

    async def story(server: TcpServer, ear: Ear) -> None:
        call = Call(method="GET", path="/f", save_to=str(target), most_bytes=1_000, timeout_ms=60_000)
        fetching = asyncio.create_task(ear.do(call))
        await until(lambda: server.heads, "the request")
        await ear.link.drop_link()
        slow.let.set()
        assert isinstance(await fetching, Answer)
        assert target.read_bytes() == b"{}"

    play(aio, slow, story)
