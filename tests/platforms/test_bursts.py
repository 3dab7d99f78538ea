"""A socket that is full of messages: all are told, in order, no faster than the listener can bear."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

from chatdesk.domain.arrivals import Accepted, Arrived, Moved, Packet
from chatdesk.platforms import sio
from tests.conftest import Aio
from tests.platforms.desk import until
from tests.platforms.ears import CONNECT, Ear
from tests.platforms.wire_server import asgi

OPEN = '0{"sid":"s","upgrades":[],"pingInterval":25000,"pingTimeout":20000}'
BURST = 3_000


def burst(sent: list[int]) -> Any:
    """A server that sends BURST events as fast as the socket takes them, and notes how many it has."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "websocket"
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "text": OPEN})
        await receive()
        await send({"type": "websocket.send", "text": '40{"sid":"x"}'})
        for number in range(BURST):
            await send({"type": "websocket.send", "text": f'42["n",{number},"{"x" * 2_000}"]'})
            sent[0] = number + 1
        while (await receive())["type"] != "websocket.disconnect":
            pass

    return app


def test_a_listener_that_asks_for_patience_holds_the_server_up(aio: Aio) -> None:
    """While much waits, the socket is read slowly and the server has to wait; then all comes, in order."""

    async def run() -> None:
        sent = [0]
        async with asgi(burst(sent)) as port:
            ear = Ear(f"http://127.0.0.1:{port}")
            is_much = True

            def listen(arrived: Arrived | Moved) -> bool:
                assert not isinstance(arrived, Moved)
                ear.heard.append(arrived)
                return is_much

            ear.link.listener = listen
            await ear.do(CONNECT)
            await until(lambda: len(ear.heard) > 20, "the first of the burst")
            assert len(ear.heard) < BURST // 2
            is_much = False
            await until(lambda: len(ear.heard) > BURST, "the rest", 20)
            assert ear.heard[0] == Accepted(1)
            assert [one.args[0] for one in ear.heard[1:] if isinstance(one, Packet)] == list(range(BURST))
            await ear.link.close()

    aio(run())


def test_others_have_their_turn_within_a_burst(aio: Aio) -> None:
    """However many messages are there at once, the loop's other tasks go on between them."""

    async def run() -> None:
        seen: list[int] = []
        async with asgi(burst([0])) as port:
            ear = Ear(f"http://127.0.0.1:{port}")

            async def look() -> None:
                while len(ear.heard) <= BURST:
                    seen.append(len(ear.heard))
                    await asyncio.sleep(0)

            await ear.do(CONNECT)
            async with asyncio.timeout(20):
                await look()
            assert max(later - earlier for earlier, later in itertools.pairwise(seen)) <= 2 * sio.BURST
            await ear.link.close()

    aio(run())
