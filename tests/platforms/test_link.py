"""The link over real sockets: what it tells of answers, losses, redirects and refusals, in which order."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import ssl
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from chatdesk.domain.arrivals import (
    Accepted,
    Answer,
    Arrived,
    ConnectRefused,
    HandedOver,
    LinkLost,
    Moved,
    NoAnswer,
    Packet,
)
from chatdesk.domain.steps import Call, Connect, Emit
from chatdesk.platforms import bodies
from chatdesk.platforms.link import REDIRECTS, USER_AGENT
from tests.conftest import Aio
from tests.platforms.desk import until
from tests.platforms.ears import BOTH, CONNECT, GET, POST, TOKEN, Ear, always, certificate, play, with_sio
from tests.platforms.wire_server import Peer, SioServer, TcpServer, asgi

# -- answers -----------------------------------------------------------------------------------------------


def test_an_answer_is_told_as_it_came(aio: Aio) -> None:
    """Status, decoded body, headers in lower case; and what the request looked like on the wire."""

    async def story(server: TcpServer, ear: Ear) -> None:
        call = Call(
            method="POST",
            path="/api/a%2Fb",
            query=(("status[]", "a b"), ("status[]", "c&d")),
            body={"text": "ü\ud800"},
            headers=TOKEN,
        )
        told = await ear.do(call, 7)
        assert isinstance(told, Answer)
        assert (told.step_id, told.status, told.is_json, told.body) == (7, 200, True, {"ok": True})
        assert told.headers["x-more"] == "1"
        (head,) = server.heads
        lines = head.split("\r\n")
        assert lines[0] == "POST /api/a%2Fb?status%5B%5D=a+b&status%5B%5D=c%26d HTTP/1.1"
        names = {line.partition(":")[0].lower(): line.partition(": ")[2] for line in lines[1:] if line}
        assert names["user-agent"] == USER_AGENT
        assert names["authorization"] == "Bearer secret-token"
        assert names["content-type"] == "application/json"
        assert not {"origin", "cookie", "referer"} & set(names)

    play(aio, always(b'{"ok": true}', "200 OK", "application/json", "X-More: 1"), story)


BODIES: list[tuple[bytes, str, bool, Any]] = [
    (b"[1, 2]", "application/json; charset=utf-8", True, [1, 2]),
    (b'{"a": "\\ud800"}', "application/problem+json", True, {"a": "\ud800"}),
    (b'"\xff"', "application/json", True, "\ufffd"),
    (b"NaN", "application/json", True, None),
    (b"{broken", "application/json", False, "{broken"),
    (b"[" * 100_000, "application/json", False, "[" * 100_000),
    (b"1" * 5_000, "application/json", False, "1" * 5_000),
    (b"", "application/json", False, ""),
    (b"<html>\xff</html>", "text/html", False, "<html>\ufffd</html>"),
    (b'{"a": 1}', "text/plain", False, '{"a": 1}'),
]


@pytest.mark.parametrize(("body", "content_type", "is_json", "value"), BODIES)
def test_any_body_is_told(aio: Aio, body: bytes, content_type: str, is_json: bool, value: Any) -> None:
    """JSON only where the server says so and it parses, with every tolerance; else text; never an error."""

    async def story(_server: TcpServer, ear: Ear) -> None:
        told = await ear.do(GET)
        assert isinstance(told, Answer)
        assert told.is_json == is_json
        if value is not None:
            assert told.body == value

    play(aio, always(body, "200 OK", content_type), story)


def test_cookies_are_neither_kept_nor_sent(aio: Aio) -> None:
    """Tokens travel in headers alone."""

    async def story(server: TcpServer, ear: Ear) -> None:
        for _ in range(2):
            await ear.do(GET)
            await ear.do(POST)
        assert len(server.heads) == 4
        assert not any("cookie:" in head.lower() for head in server.heads)

    play(aio, always(b"{}", "200 OK", "application/json", "Set-Cookie: s=1; Path=/"), story)


def test_a_compressed_answer_is_unpacked(aio: Aio) -> None:
    """A proxy may compress."""
    packed = gzip.compress(json.dumps({"n": list(range(1_000))}).encode())

    async def story(_server: TcpServer, ear: Ear) -> None:
        told = await ear.do(GET)
        assert isinstance(told, Answer)
        assert told.body["n"][-1] == 999

    play(aio, always(packed, "200 OK", "application/json", "Content-Encoding: gzip"), story)


@pytest.mark.parametrize("packed", [False, True])
def test_an_answer_beyond_all_measure_is_cut_off(
    aio: Aio, packed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also one that is small only while it is compressed."""
    monkeypatch.setattr(bodies, "ANSWER_LIMIT_BYTES", 1_000_000)
    body = gzip.compress(b" " * 3_000_000) if packed else b" " * 3_000_000
    more = ("Content-Encoding: gzip",) if packed else ()

    async def story(_server: TcpServer, ear: Ear) -> None:
        assert await ear.do(GET) == NoAnswer(1, True, "too_large")

    play(aio, always(body, "200 OK", "application/json", *more), story)


# -- losses ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("call", [GET, POST])
def test_nobody_listening_is_certain(aio: Aio, call: Call) -> None:
    """No connection, no byte: it may simply be tried again."""

    async def story() -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
            ear = Ear(f"http://127.0.0.1:{port}")
            assert await ear.do(call) == NoAnswer(1, False, "unreachable")
            await ear.link.close()

    aio(story())


@pytest.mark.parametrize("call", [GET, POST])
def test_a_cut_after_the_request_is_uncertain(aio: Aio, call: Call) -> None:
    """The server may have done it."""

    async def handler(peer: Peer) -> None:
        await peer.request()

    async def story(_server: TcpServer, ear: Ear) -> None:
        assert await ear.do(call) == NoAnswer(1, True, "cut")

    play(aio, handler, story)


def test_a_cut_inside_the_answer_is_uncertain(aio: Aio) -> None:
    """Half a body is none."""

    async def handler(peer: Peer) -> None:
        await peer.request()
        peer.writer.write(b"HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\nhalf")
        await peer.writer.drain()

    async def story(_server: TcpServer, ear: Ear) -> None:
        assert await ear.do(POST) == NoAnswer(1, True, "cut")

    play(aio, handler, story)


def test_what_is_no_http_is_uncertain(aio: Aio) -> None:
    """Something else listens there; our bytes have left all the same."""

    async def handler(peer: Peer) -> None:
        await peer.request()
        peer.writer.write(b"220 mail.example ESMTP\r\n")
        await peer.writer.drain()

    async def story(_server: TcpServer, ear: Ear) -> None:
        assert await ear.do(POST) == NoAnswer(1, True, "cut")

    play(aio, handler, story)


def test_a_slow_server_is_left_in_time(aio: Aio) -> None:
    """Shortly before the step's own time is up, so that the one who knows what has left can still say so."""

    async def handler(peer: Peer) -> None:
        await peer.request()
        await asyncio.sleep(30)

    async def story(_server: TcpServer, ear: Ear) -> None:
        began = time.monotonic()
        call = Call(method="POST", path="/", timeout_ms=400, commits=True)
        assert await ear.do(call) == NoAnswer(1, True, "timeout")
        assert 0.3 < time.monotonic() - began < 10  # the server would take 30

    play(aio, handler, story)


def test_a_server_that_accepts_nobody_is_certain(aio: Aio) -> None:
    """A full backlog answers no SYN: the connection never stood."""

    async def story() -> None:
        with socket.socket() as full:
            full.bind(("127.0.0.1", 0))
            full.listen(0)
            address = full.getsockname()
            with socket.create_connection(address), socket.socket() as second:
                second.setblocking(False)
                second.connect_ex(address)
                ear = Ear(f"http://127.0.0.1:{address[1]}")
                told = await ear.do(Call(method="POST", path="/", timeout_ms=300, commits=True))
                assert told == NoAnswer(1, False, "timeout")
                await ear.link.close()

    aio(story())


def test_plain_http_where_tls_was_expected_is_certain(aio: Aio) -> None:
    """The handshake fails before any request."""

    async def handler(peer: Peer) -> None:
        await peer.reader.read(100)
        peer.writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async def story(server: TcpServer, _ear: Ear) -> None:
        ear = Ear(f"https://127.0.0.1:{server.port}")
        assert await ear.do(POST) == NoAnswer(1, False, "tls")
        assert await ear.do(Connect(timeout_ms=2_000)) == NoAnswer(1, False, "tls")
        await ear.link.close()

    play(aio, handler, story)


def test_a_certificate_that_nobody_vouches_for_is_refused(aio: Aio, tmp_path: Path) -> None:
    """Nothing is sent; with its authority given, the same server is trusted."""
    server_side, authority = certificate(tmp_path)

    async def story(server: TcpServer, _ear: Ear) -> None:
        url = f"https://127.0.0.1:{server.port}"
        stranger = Ear(url)
        assert await stranger.do(POST) == NoAnswer(1, False, "tls")
        assert await stranger.do(Connect(timeout_ms=2_000)) == NoAnswer(1, False, "tls")
        assert server.heads == []
        await stranger.link.close()
        friend = Ear(url, context=ssl.create_default_context(cafile=str(authority)))
        assert isinstance(await friend.do(POST), Answer)
        await friend.link.close()

    play(aio, always(b"{}"), story, ssl=server_side)


# -- redirects ---------------------------------------------------------------------------------------------


def redirecting(location: str, status: str = "302 Found") -> Any:
    """Redirects /api/thing, answers everything else."""

    async def handler(peer: Peer) -> None:
        while head := await peer.request():
            if head.split(" ")[1].startswith("/api/thing"):
                await peer.answer(b"", status, "text/plain", f"Location: {location}")
            else:
                await peer.answer(b'{"there": true}')

    return handler


@pytest.mark.parametrize(
    "status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"]
)
def test_a_token_never_follows_a_redirect_elsewhere(aio: Aio, status: str) -> None:
    """Another port, host or scheme is another origin: told as such, and nothing is sent there."""

    async def run() -> None:
        async with TcpServer(always(b"{}")) as other:
            for location in (
                f"http://127.0.0.1:{other.port}/api/thing",
                f"//127.0.0.1:{other.port}/x",
                f"http://localhost:{other.port}/x",
            ):
                async with TcpServer(redirecting(location, status)) as server:
                    ear = Ear(f"http://127.0.0.1:{server.port}")
                    assert await ear.do(GET) == NoAnswer(1, True, "redirect")
                    assert await ear.do(POST) == NoAnswer(1, True, "redirect")
                    connected = await ear.do(Connect(auth={"token": "secret-token"}, timeout_ms=2_000))
                    assert isinstance(connected, NoAnswer)
                    await ear.link.close()
            assert other.connections == 0

    aio(run())


def test_the_sockets_token_never_follows_a_redirect_elsewhere(aio: Aio) -> None:
    """The library would follow, and then send the token through the socket that it opened there."""

    async def run() -> None:
        elsewhere = SioServer()
        async with asgi(elsewhere.app) as other:
            target = f"http://127.0.0.1:{other}/socket.io/?EIO=4&transport=websocket"

            async def handler(peer: Peer) -> None:
                while await peer.request():
                    await peer.answer(b"", "302 Found", "text/plain", f"Location: {target}")

            async with TcpServer(handler) as server:
                ear = Ear(f"http://127.0.0.1:{server.port}")
                for transports in (("websocket", "polling"), ("polling",)):
                    step = Connect(auth={"token": "secret-token"}, transports=transports, timeout_ms=3_000)
                    assert await ear.do(step) == NoAnswer(1, True, "redirect")
                await ear.link.close()
            assert elsewhere.auths == []
            assert elsewhere.environs == []

    aio(run())


def test_a_get_follows_within_its_own_origin(aio: Aio) -> None:
    """By hand, with the same headers; a circle ends."""

    async def story(server: TcpServer, ear: Ear) -> None:
        told = await ear.do(GET)
        assert isinstance(told, Answer)
        assert told.body == {"there": True}
        assert [head.split(" ")[1] for head in server.heads] == ["/api/thing", "/moved?a=1"]
        assert all("secret-token" in head for head in server.heads)

    play(aio, redirecting("/moved?a=1"), story)

    async def circle(server: TcpServer, ear: Ear) -> None:
        assert await ear.do(GET) == NoAnswer(1, True, "redirect")
        assert len(server.heads) == REDIRECTS + 1

    play(aio, redirecting("/api/thing"), circle)


def test_a_post_follows_nowhere(aio: Aio) -> None:
    """A send would be repeated, or become a GET."""

    async def story(server: TcpServer, ear: Ear) -> None:
        assert await ear.do(POST) == NoAnswer(1, True, "redirect")
        assert len(server.heads) == 1

    play(aio, redirecting("/moved", "307 Temporary"), story)


# -- the socket --------------------------------------------------------------------------------------------


@BOTH
def test_a_socket_tells_everything_in_order(aio: Aio, transport: str) -> None:
    """Accepted, packets as they were emitted, LinkLost; ours arrive there; the token is in auth alone."""

    async def story(server: SioServer, ear: Ear) -> None:
        assert ear.link.last_heard_ms() is None
        step = Connect(auth={"token": "secret-token"}, transports=(transport,), timeout_ms=5_000)
        assert await ear.do(step, 3) == Accepted(3)
        assert server.auths == [{"token": "secret-token"}]
        environ = server.environs[0]
        assert not {"HTTP_ORIGIN", "HTTP_REFERER", "HTTP_COOKIE"} & set(environ)
        assert "secret-token" not in environ["QUERY_STRING"]
        assert environ["HTTP_USER_AGENT"] == USER_AGENT
        for number in range(300):
            await server.sio.emit("tick", (number, {"n": "ü"}))
        await until(lambda: len(ear.packets()) == 300, "all packets")
        assert [packet.args for packet in ear.packets()] == [(n, {"n": "ü"}) for n in range(300)]
        heard = ear.link.last_heard_ms()
        assert heard is not None
        assert 0 <= asyncio.get_running_loop().time() * 1_000 - heard < 3_000
        for number in range(50):
            assert await ear.do(Emit(event="say", args=(number, "x")), number) == HandedOver(number)
        await until(lambda: len(server.heard) == 50, "all events")
        assert server.heard == [("say", (number, "x")) for number in range(50)]
        await server.sio.disconnect(server.sids[0])
        await until(lambda: ear.heard[-1] == LinkLost(), "the loss")
        assert ear.heard.count(LinkLost()) == 1
        assert ear.link.last_heard_ms() is None

    with_sio(aio, story)


@BOTH
def test_a_refusal_is_told_in_the_servers_words(aio: Aio, transport: str) -> None:
    """And the next try may succeed."""

    async def story(server: SioServer, ear: Ear) -> None:
        server.refuse = "Authentication error: Invalid token"
        step = Connect(auth={"token": "old"}, transports=(transport,), timeout_ms=5_000)
        assert await ear.do(step) == ConnectRefused(1, "Authentication error: Invalid token")
        server.refuse = None
        assert await ear.do(step, 2) == Accepted(2)
        assert ear.heard == [ConnectRefused(1, "Authentication error: Invalid token"), Accepted(2)]

    with_sio(aio, story)


def test_what_the_server_says_right_after_accepting_is_not_lost(aio: Aio) -> None:
    """Packets behind the acceptance come behind Accepted."""

    async def story(server: SioServer, ear: Ear) -> None:
        async def connect(sid: str, _environ: Any, _auth: Any) -> None:
            asyncio.get_running_loop().call_soon(
                lambda: asyncio.ensure_future(server.sio.emit("hello", {"n": 1}, to=sid))
            )

        server.sio.on("connect", connect)
        await ear.do(CONNECT)
        await until(lambda: len(ear.heard) == 2, "both")
        assert ear.heard == [Accepted(1), Packet("hello", ({"n": 1},))]

    with_sio(aio, story)


def test_dropping_the_link_is_told_at_once(aio: Aio) -> None:
    """Nothing of the old socket is heard afterwards, and a new one can be opened immediately."""

    async def story(server: SioServer, ear: Ear) -> None:
        await ear.do(CONNECT)
        await ear.link.drop_link()
        assert ear.heard == [Accepted(1), LinkLost()]
        await server.sio.emit("late", 1)
        assert await ear.do(CONNECT, 2) == Accepted(2)
        await server.sio.emit("new", 2)
        await until(ear.packets, "the new socket's packet")
        assert ear.packets() == [Packet("new", (2,))]
        await ear.link.drop_link()
        await ear.link.drop_link()
        assert ear.heard.count(LinkLost()) == 2
        await until(lambda: len(server.gone) == 2, "both are gone at the server")

    with_sio(aio, story)


def test_connecting_again_drops_the_socket_before(aio: Aio) -> None:
    """Never two."""

    async def story(server: SioServer, ear: Ear) -> None:
        await ear.do(CONNECT)
        await ear.do(CONNECT, 2)
        assert ear.heard == [Accepted(1), LinkLost(), Accepted(2)]
        await until(lambda: len(server.gone) == 1, "the first is gone at the server")

    with_sio(aio, story)


def test_an_emit_without_a_socket_certainly_did_not_leave(aio: Aio) -> None:
    """Nothing is buffered: the outbox is elsewhere."""

    async def story(server: SioServer, ear: Ear) -> None:
        assert await ear.do(Emit(event="say", args=(1,))) == NoAnswer(1, False, "cut")
        await ear.do(CONNECT)
        await ear.link.drop_link()
        assert await ear.do(Emit(event="say", args=(2,))) == NoAnswer(1, False, "cut")
        assert await ear.do(CONNECT) == Accepted(1)
        assert server.heard == []

    with_sio(aio, story)


def test_a_frame_that_would_drop_the_connection_is_not_sent(aio: Aio) -> None:
    """Every platform's server hangs up on more than a megabyte."""

    async def story(server: SioServer, ear: Ear) -> None:
        await ear.do(CONNECT)
        huge = Emit(event="say", args=("x" * 1_000_000,))
        assert await ear.do(huge) == NoAnswer(1, False, "too_large")
        assert await ear.do(Emit(event="say", args=("small",))) == HandedOver(1)
        await until(lambda: server.heard, "the small one")

    with_sio(aio, story)


def test_an_emit_that_a_packet_answers_is_only_handed_on(aio: Aio) -> None:
    """With a time to wait the answer is the packet's business."""

    async def story(server: SioServer, ear: Ear) -> None:
        await ear.do(CONNECT)
        await ear.link.perform(9, Emit(event="ask", args=(), timeout_ms=1_000))
        await until(lambda: server.heard == [("ask", ())], "the event")
        assert ear.heard == [Accepted(1)]

    with_sio(aio, story)


def test_polling_takes_over_where_websockets_are_not_wanted(aio: Aio) -> None:
    """A proxy refuses the upgrade; the second transport of the step serves."""

    async def story(server: SioServer, ear: Ear) -> None:
        assert await ear.do(CONNECT) == Accepted(1)
        assert "transport=polling" in server.environs[0]["QUERY_STRING"]

    with_sio(aio, story, transports=["polling"])


def test_nobody_listening_is_told_once_for_all_transports(aio: Aio) -> None:
    """Where nobody listens the second transport is not tried."""

    async def run() -> None:
        ear = Ear("http://127.0.0.1:9")
        began = time.monotonic()
        assert await ear.do(CONNECT) == NoAnswer(1, False, "unreachable")
        assert time.monotonic() - began < 10
        await ear.link.close()

    aio(run())


def test_a_server_that_speaks_something_else_is_left(aio: Aio) -> None:
    """An HTML page instead of a handshake, on both transports."""

    async def story(_server: TcpServer, ear: Ear) -> None:
        told = await ear.do(CONNECT)
        assert isinstance(told, NoAnswer)
        assert told.reason == "cut"

    play(aio, always(b"<html>hello</html>", "200 OK", "text/html"), story)


@pytest.mark.parametrize("status", ["404 Not Found", "200 OK", "503 Service Unavailable"])
@pytest.mark.parametrize("content_type", ["text/html", "application/json"])
def test_no_socket_server_is_no_refusal(aio: Aio, status: str, content_type: str) -> None:
    """A page where a handshake was expected: the transport is missing, polling may begin."""

    async def story(server: TcpServer, ear: Ear) -> None:
        step = Connect(socketio_path="api/socket", auth={"token": "secret-token"}, timeout_ms=5_000)
        assert await ear.do(step) == NoAnswer(1, True, "cut")
        asked = [head.split(" ")[1] for head in server.heads]
        assert [path.partition("?")[0] for path in asked] == ["/api/socket/", "/api/socket/"]
        assert ["transport=websocket" in path for path in asked] == [True, False]
        assert not any("origin:" in head.lower() for head in server.heads)

    body = b'{"message":"Cannot GET /api/socket/"}' if "json" in content_type else b"<html>no</html>"
    play(aio, always(body, status, content_type), story)


@BOTH
@pytest.mark.parametrize("path", ["api/socket", "/api/socket", "/api/socket/"])
def test_a_socket_may_live_elsewhere(aio: Aio, transport: str, path: str) -> None:
    """Under any path, with a slash before the question mark as servers expect it."""

    async def run() -> None:
        server = SioServer(path="/api/socket")
        async with asgi(server.app) as port:
            ear = Ear(f"http://127.0.0.1:{port}")
            step = Connect(socketio_path=path, transports=(transport,), timeout_ms=5_000)
            assert await ear.do(step) == Accepted(1)
            assert server.environs[0]["PATH_INFO"] == "/api/socket/"
            assert server.environs[0]["QUERY_STRING"].startswith(f"transport={transport}&EIO=4")
            assert await ear.do(Emit(event="say", args=(1,)), 2) == HandedOver(2)
            await until(lambda: server.heard == [("say", (1,))], "the event")
            await ear.link.close()

    aio(run())


def test_a_silent_handshake_is_left_in_time(aio: Aio) -> None:
    """Accepted by TCP and then nothing."""

    async def handler(peer: Peer) -> None:
        await peer.request()
        await asyncio.sleep(30)

    async def story(_server: TcpServer, ear: Ear) -> None:
        began = time.monotonic()
        assert await ear.do(Connect(timeout_ms=500)) == NoAnswer(1, True, "timeout")
        assert time.monotonic() - began < 10  # the server would take 30

    play(aio, handler, story)


def test_pings_are_signs_of_life(aio: Aio) -> None:
    """The watchdog sees packets that the listener never does."""

    async def story(_server: SioServer, ear: Ear) -> None:
        await ear.do(CONNECT)
        first = ear.link.last_heard_ms()
        assert first is not None
        await until(lambda: (ear.link.last_heard_ms() or 0) > first + 150, "a ping")
        assert ear.heard == [Accepted(1)]

    with_sio(aio, story, ping_interval=0.2, ping_timeout=5)


def test_a_dead_peer_is_noticed(aio: Aio) -> None:
    """The server's process is gone without a goodbye."""

    async def run() -> None:
        server = SioServer()
        async with asgi(server.app) as port:
            ear = Ear(f"http://127.0.0.1:{port}")
            await ear.do(CONNECT)
        await until(lambda: ear.heard[-1] == LinkLost(), "the loss")
        await ear.link.close()

    aio(run())


# -- a hostile server --------------------------------------------------------------------------------------

OPEN = '0{"sid":"s","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}'

FRAMES: list[tuple[str, list[Arrived]]] = [
    ('42["connect",{}]', [Packet("connect", ({},))]),
    ('42["disconnect"]', [Packet("disconnect", ())]),
    ('42["connect_error",{"message":"x"}]', [Packet("connect_error", ({"message": "x"},))]),
    ('42["a","\\ud800"]', [Packet("a", ("\ud800",))]),
    ('427["ask",1]', [Packet("ask", (1,))]),
    ("42[]", [Packet("", ())]),
    ("42{}", [Packet("", ())]),
    ("42", [Packet("", ())]),
    ("42[7]", [Packet("", ())]),
    ('42["x"', [Packet("", ())]),
    ("42" + "[" * 50_000, [Packet("", ())]),
    ('42["x",' + "1" * 200 + "]", [Packet("", ())]),
    ('42/other,["x",1]', [Packet("", ())]),
    ('451-["x",{"_placeholder":true,"num":0}]', [Packet("", ())]),
    ("49", [Packet("", ())]),
    ("4x", [Packet("", ())]),
    ('4{"a":1}', [Packet("", ())]),
    ("430[]", [Packet("", ())]),
    ("6", []),
    ("3", []),
]


def raw_websocket(frames: list[str]) -> Any:
    """An Engine.IO server by hand: accepts the namespace, then says `frames` and a last event."""

    async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "websocket":
            return
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "text": OPEN})
        await receive()
        await send({"type": "websocket.send", "text": '40{"sid":"x"}'})
        for frame in [*frames, '42["after"]']:
            await send({"type": "websocket.send", "text": frame})
        while (await receive())["type"] != "websocket.disconnect":
            pass

    return app


def test_strange_frames_are_told_and_the_link_lives_on(aio: Aio) -> None:
    """Events that bear the library's own names, broken JSON, other namespaces, absurd depth."""

    async def run() -> None:
        frames: list[str] = []
        async with asgi(raw_websocket(frames)) as port:
            for frame, expected in FRAMES:
                frames[:] = [frame]
                ear = Ear(f"http://127.0.0.1:{port}")
                await ear.do(CONNECT)
                await until(partial(ear.ended_by, Packet("after", ())), f"what came after {frame}")
                assert ear.heard == [Accepted(1), *expected, Packet("after", ())]
                await ear.link.close()

    aio(run())


def test_frames_that_end_the_conversation_are_a_lost_link(aio: Aio) -> None:
    """No Engine.IO packet, a close, a leave: told once as LinkLost, and nothing is left behind."""

    async def run() -> None:
        frames: list[str] = []
        async with asgi(raw_websocket(frames)) as port:
            for frame in ("", "x", "1", "41", "0"):
                frames[:] = [frame]
                ear = Ear(f"http://127.0.0.1:{port}")
                await ear.do(CONNECT)
                ends = (LinkLost(), Packet("after", ()))
                await until(partial(ear.ended_by, *ends), f"the end after {frame!r}")
                assert ear.heard.count(LinkLost()) == (0 if frame == "0" else 1)
                await ear.link.close()

    aio(run())


def test_a_listener_that_fails_is_heard_of_and_does_not_end_the_link(aio: Aio) -> None:
    """Our own fault: the loop's handler gets it, the next packets still arrive."""

    async def story(server: SioServer, ear: Ear) -> None:
        faults: list[dict[str, Any]] = []
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: faults.append(context))
        await ear.do(CONNECT)
        real = ear.link.listener
        assert real is not None

        def failing(arrived: Arrived | Moved) -> None:
            if arrived == Packet("bad", ()):
                raise RuntimeError("ours")
            real(arrived)

        ear.link.listener = failing
        await server.sio.emit("bad")
        await server.sio.emit("good")
        await until(lambda: ear.packets() == [Packet("good", ())], "the next one")
        assert [str(fault["exception"]) for fault in faults] == ["ours"]

    with_sio(aio, story)


def test_nothing_is_told_after_closing(aio: Aio) -> None:
    """Also what was under way ends."""

    async def story(server: SioServer, ear: Ear) -> None:
        await ear.do(CONNECT)
        await ear.link.close()
        heard = list(ear.heard)
        await server.sio.emit("late")
        await until(lambda: server.gone, "the server saw us go")
        assert ear.heard == heard == [Accepted(1)]

    with_sio(aio, story)
