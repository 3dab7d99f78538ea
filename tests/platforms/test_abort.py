"""Closing hard over real sockets: what was cut off is never delivered later, and nothing else is cut off."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import socket
import ssl
import struct
from pathlib import Path

import pytest

from chatdesk.domain.arrivals import Accepted, Answer, HandedOver, LinkLost, NoAnswer, Packet
from chatdesk.domain.steps import Call, Connect, Emit
from chatdesk.platforms import sio
from tests.conftest import Aio
from tests.platforms.desk import until
from tests.platforms.ears import BOTH, GET, POST, Ear, certificate, play, with_sio
from tests.platforms.wire_server import Peer, SioServer, TcpServer


def test_an_aborted_send_is_not_delivered_later(aio: Aio) -> None:
    """The connection is reset: what the kernel still held is thrown away, and the server sees the reset."""
    told: list[str] = []

    async def run() -> None:
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            ear = Ear(f"http://127.0.0.1:{listener.getsockname()[1]}")
            body = {"text": "x" * 8_000_000}
            call = Call(method="POST", path="/", body=body, commits=True, timeout_ms=20_000)
            sending = asyncio.get_running_loop().create_task(ear.link.perform(1, call))
            peer, _ = await asyncio.to_thread(listener.accept)
            with peer:
                peer.settimeout(5)
                assert b"POST / HTTP/1.1" in await asyncio.to_thread(peer.recv, 64)
                await asyncio.sleep(0.1)  # the kernel's buffers fill; nobody reads
                await ear.link.abort_commits()
                assert ear.heard == [NoAnswer(1, True, "cancelled")]
                await sending

                def drain() -> int:
                    got = 0
                    try:
                        while chunk := peer.recv(65_536):
                            got += len(chunk)
                    except ConnectionResetError:
                        told.append("reset")
                    return got

                got = await asyncio.to_thread(drain)
                assert told == ["reset"]
                assert got < 8_000_000
            await ear.link.close()

    aio(run())


def test_committing_connections_close_hard_from_their_first_byte(aio: Aio) -> None:
    """Even the death of the process resets them; reads close as usual."""
    seen: dict[str, str] = {}

    async def handler(peer: Peer) -> None:
        head = await peer.request()
        await peer.answer(b"{}")
        try:
            rest = await peer.reader.read()
            seen[head[:4]] = f"end{len(rest)}"
        except ConnectionResetError:
            seen[head[:4]] = "reset"

    async def story(_server: TcpServer, ear: Ear) -> None:
        assert isinstance(await ear.do(POST), Answer)
        assert isinstance(await ear.do(GET), Answer)
        await ear.link.close()
        await until(lambda: len(seen) == 2, "both ends")
        assert seen == {"POST": "reset", "GET ": "end0"}

    play(aio, handler, story)


def test_after_an_abort_sends_go_on_over_new_connections(aio: Aio) -> None:
    """Only what was under way is ended."""
    waiting = asyncio.Event

    async def run() -> None:
        begun = waiting()

        async def handler(peer: Peer) -> None:
            while head := await peer.request():
                if "/slow" in head:
                    begun.set()
                    await asyncio.sleep(30)
                await peer.answer(b"{}")

        async with TcpServer(handler) as server:
            ear = Ear(f"http://127.0.0.1:{server.port}")
            slow = Call(method="POST", path="/slow", commits=True)
            task = asyncio.get_running_loop().create_task(ear.link.perform(5, slow))
            await begun.wait()
            await ear.link.abort_commits()
            await task
            assert ear.heard == [NoAnswer(5, True, "cancelled")]
            assert isinstance(await ear.do(POST), Answer)
            await ear.link.close()

    aio(run())


def test_a_cancelled_step_releases_its_connection(aio: Aio) -> None:
    """The engine's patience may end first: nothing is told, nothing is left running."""

    async def run() -> None:
        async def handler(peer: Peer) -> None:
            await peer.request()
            await asyncio.sleep(30)

        async with TcpServer(handler) as server:
            ear = Ear(f"http://127.0.0.1:{server.port}")
            for call in (GET, POST):
                task = asyncio.get_running_loop().create_task(ear.link.perform(1, call))
                await until(lambda: server.heads, "the request")
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
            assert ear.heard == []
            await ear.link.close()

    aio(run())


def test_linger_is_what_it_should_be() -> None:
    """On, zero seconds."""
    level, option, value = sio.CLOSE_HARD
    assert (level, option) == (socket.SOL_SOCKET, socket.SO_LINGER)
    assert struct.unpack(sio._LINGER, value) == (1, 0)


# -- the socket --------------------------------------------------------------------------------------------


OPEN = '{"sid":"s","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}'
SEND = Emit(event="send", args=({"text": "x" * 900_000},), commits=True, timeout_ms=5_000)


class Deaf:
    """An Engine.IO server by hand that accepts the namespace and reads nothing more until it is let go.

    `got` counts the bytes that it read after that, `end` is how the connection that it did not read ended.
    """

    def __init__(self) -> None:
        self.let_go = asyncio.Event()
        self.got = 0
        self.end = ""
        self.accepted = False

    async def __call__(self, peer: Peer) -> None:
        peer.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        while head := await self._head(peer):
            if "upgrade: websocket" in head.lower():
                await self._websocket(peer, head)
                return
            if head.startswith("GET") and "sid=" not in head:
                await peer.answer(b"0" + OPEN.encode(), "200 OK", "text/plain")
            elif head.startswith("GET") and not self.accepted:
                self.accepted = True
                await peer.answer(b'40{"sid":"x"}', "200 OK", "text/plain")
            elif head.startswith("GET"):
                await peer.reader.read()  # the poll that waits for news
            elif "content-length: 2\r\n" in head.lower() or "content-length: 3\r\n" in head.lower():
                await peer.reader.read(3)
                await peer.answer(b"ok", "200 OK", "text/plain")
            else:
                await self._drain(peer)
                return

    async def _head(self, peer: Peer) -> str:
        try:
            return (await peer.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        except asyncio.IncompleteReadError:
            return ""

    async def _websocket(self, peer: Peer, head: str) -> None:
        key = next(line[19:] for line in head.split("\r\n") if line.lower().startswith("sec-websocket-key"))
        magic = hashlib.sha1(f"{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode()).digest()
        peer.writer.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + base64.b64encode(magic) + b"\r\n\r\n"
        )
        self._say(peer, f"0{OPEN}")
        header = await peer.reader.readexactly(2)
        await peer.reader.readexactly(4 + (header[1] & 0x7F))
        self._say(peer, '40{"sid":"x"}')
        await self._drain(peer)

    def _say(self, peer: Peer, text: str) -> None:
        peer.writer.write(bytes([0x81, len(text)]) + text.encode())

    async def _drain(self, peer: Peer) -> None:
        await self.let_go.wait()
        try:
            while chunk := await peer.reader.read(65_536):
                self.got += len(chunk)
            self.end = "closed"
        except ConnectionResetError:
            self.end = "reset"


@pytest.mark.parametrize("secure", [False, True])
@BOTH
def test_an_aborted_emit_is_not_delivered_later(
    aio: Aio, tmp_path: Path, transport: str, secure: bool
) -> None:
    """Behind a peer that does not read: reset, and what this machine still held never arrives."""

    async def run() -> None:
        deaf = Deaf()
        server_side, authority = certificate(tmp_path) if secure else (None, None)
        async with TcpServer(deaf, ssl=server_side) as server:
            context = ssl.create_default_context(cafile=str(authority)) if secure else None
            ear = Ear(f"{'https' if secure else 'http'}://127.0.0.1:{server.port}", context=context)
            assert await ear.do(Connect(transports=(transport,), timeout_ms=5_000)) == Accepted(1)
            await ear.link.perform(2, SEND)
            await asyncio.sleep(0.1)  # the kernels' buffers fill; nobody reads
            await ear.link.abort_commits()
            assert ear.heard == [Accepted(1), LinkLost()]
            deaf.let_go.set()
            await until(lambda: deaf.end, "the end of the connection")
            assert deaf.end == "reset"
            assert deaf.got < 900_000
            assert await ear.do(SEND) == NoAnswer(1, False, "cut")
            await ear.link.close()

    aio(run())


@BOTH
def test_a_link_dropped_by_others_is_still_cut_off(aio: Aio, transport: str) -> None:
    """While a dropped socket says goodbye, what it still holds could leave: an abort ends that too."""

    async def run() -> None:
        deaf = Deaf()
        async with TcpServer(deaf) as server:
            ear = Ear(f"http://127.0.0.1:{server.port}")
            await ear.do(Connect(transports=(transport,), timeout_ms=5_000))
            await ear.link.perform(2, SEND)
            await asyncio.sleep(0.1)
            await ear.link.drop_link()
            await ear.link.abort_commits()
            deaf.let_go.set()
            await until(lambda: deaf.end, "the end of the connection")
            assert deaf.end == "reset"
            assert deaf.got < 900_000
            assert ear.heard == [Accepted(1), LinkLost()]
            await ear.link.close()

    aio(run())


@BOTH
def test_a_socket_that_carried_no_commit_survives_an_abort(aio: Aio, transport: str) -> None:
    """Typing and joins are no reason: the pushes go on."""

    async def story(server: SioServer, ear: Ear) -> None:
        await ear.do(Connect(transports=(transport,), timeout_ms=5_000))
        assert await ear.do(Emit(event="join", args=("1",))) == HandedOver(1)
        await ear.link.abort_commits()
        await server.sio.emit("still", 1)
        await until(ear.packets, "a push")
        assert ear.heard == [Accepted(1), HandedOver(1), Packet("still", (1,))]

    with_sio(aio, story)


@BOTH
def test_a_socket_is_cut_even_when_its_send_was_answered(aio: Aio, transport: str) -> None:
    """An answer to one says nothing of what else it carried; a new socket starts with a clean sheet."""

    async def story(server: SioServer, ear: Ear) -> None:
        step = Connect(transports=(transport,), timeout_ms=5_000)
        await ear.do(step)
        await ear.link.perform(7, Emit(event="send", args=("a",), commits=True, timeout_ms=1_000))
        await until(lambda: server.heard == [("send", ("a",))], "the event")
        await ear.link.abort_commits()
        assert ear.heard == [Accepted(1), LinkLost()]
        assert await ear.do(step, 2) == Accepted(2)
        await ear.link.abort_commits()
        assert ear.heard[-1] == Accepted(2)
        assert ear.link.last_heard_ms() is not None

    with_sio(aio, story)


@BOTH
def test_sockets_close_hard_from_their_first_byte(aio: Aio, transport: str) -> None:
    """Every connection of the socket carries the option before it connects: the process may die any time."""

    async def story(_server: SioServer, ear: Ear) -> None:
        await ear.do(Connect(transports=(transport,), timeout_ms=5_000))
        held = ear.link._socket
        assert held is not None
        assert held._connector is not None
        open_now = [one for one in held._connector._sockets if one.fileno() != -1]
        assert open_now
        for one in open_now:
            assert struct.unpack("ii", one.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8)) == (1, 0)

    with_sio(aio, story)
