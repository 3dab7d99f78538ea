"""The soak's proxy does to bytes what its faults promise."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.soak.proxy import Proxy, close_hard

QUIET_S = 0.2
PATIENCE_S = 10.0


class Echo:
    """A server that sends back what it gets, and notes it."""

    def __init__(self) -> None:
        self.got = b""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):  # cut: that is what the tests are about
            while data := await reader.read(1024):
                self.got += data
                writer.write(data)
        writer.close()


@asynccontextmanager
async def stage() -> AsyncIterator[tuple[Proxy, Echo]]:
    echo = Echo()
    server = await asyncio.start_server(echo.serve, "127.0.0.1", 0)
    proxy = Proxy(server.sockets[0].getsockname()[1])
    await proxy.open()
    try:
        yield proxy, echo
    finally:
        await proxy.close()
        server.close()


async def _answer(reader: asyncio.StreamReader) -> bytes:
    return await asyncio.wait_for(reader.read(1024), PATIENCE_S)


async def _silent(reader: asyncio.StreamReader) -> bool:
    try:
        await asyncio.wait_for(reader.read(1024), QUIET_S)
    except TimeoutError:
        return True
    return False


def test_what_is_held_passes_once_it_heals(aio: Any) -> None:
    """While it holds nothing comes, not even to new connections; afterwards all does, in order."""

    async def story() -> None:
        async with stage() as (proxy, echo):
            reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
            writer.write(b"one ")
            assert await _answer(reader) == b"one "
            proxy.hold()
            writer.write(b"two ")
            fresh, fresh_writer = await asyncio.open_connection("127.0.0.1", proxy.port)
            fresh_writer.write(b"!")
            assert await _silent(reader)
            assert await _silent(fresh)
            assert echo.got == b"one "
            proxy.heal()
            assert await _answer(reader) == b"two "
            assert await _answer(fresh) == b"!"
            writer.close()
            fresh_writer.close()

    aio(story())


def test_what_was_held_for_a_broken_connection_never_arrives(aio: Any) -> None:
    """Who closes hard while nothing passes has sent what nobody gets."""

    async def story() -> None:
        async with stage() as (proxy, echo):
            _reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
            proxy.hold()
            writer.write(b"never")
            await writer.drain()
            await asyncio.sleep(QUIET_S)
            close_hard(writer)
            other, other_writer = await asyncio.open_connection("127.0.0.1", proxy.port)
            other_writer.write(b"later")
            proxy.heal()
            assert await _answer(other) == b"later"
            assert echo.got == b"later"
            other_writer.close()

    aio(story())


@pytest.mark.parametrize("deaf", [True, False])
def test_a_cut_breaks_every_connection(aio: Any, deaf: bool) -> None:
    """Also those through which nothing passes at the time; and a new one can be made at once."""

    async def story() -> None:
        async with stage() as (proxy, echo):
            reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
            if deaf:
                proxy.hold(upward=False)
                writer.write(b"heard")
                assert await _silent(reader)
                assert echo.got == b"heard"
            await proxy.cut()
            with pytest.raises(ConnectionError):
                await _answer(reader)
            proxy.heal()
            reader, again = await asyncio.open_connection("127.0.0.1", proxy.port)
            again.write(b"again")
            assert await _answer(reader) == b"again"
            writer.close()
            again.close()

    aio(story())


def test_while_it_is_closed_nobody_is_let_in(aio: Any) -> None:
    """And afterwards it stands at the same port."""

    async def story() -> None:
        async with stage() as (proxy, _echo):
            await proxy.close()
            with pytest.raises(ConnectionError):
                await asyncio.open_connection("127.0.0.1", proxy.port)
            await proxy.open()
            reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
            writer.write(b"in")
            assert await _answer(reader) == b"in"
            writer.close()

    aio(story())
