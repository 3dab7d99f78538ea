"""Server-sent events: how bytes become events, and how streams live and end beside the socket."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from chatdesk.domain.arrivals import (
    Accepted,
    Answer,
    Arrived,
    HandedOver,
    LinkLost,
    NoAnswer,
    Packet,
)
from chatdesk.domain.steps import STREAM_ENDED, STREAM_EVENT, Connect, Listen, Unlisten
from chatdesk.platforms import streams
from chatdesk.platforms.link import CONNECTIONS
from chatdesk.platforms.streams import EventReader
from tests.conftest import Aio
from tests.platforms.desk import until
from tests.platforms.ears import CONNECT, GET, POST, TOKEN, Ear, always, play, with_sio
from tests.platforms.wire_server import Peer, SioServer, TcpServer

# -- bytes to events ---------------------------------------------------------------------------------------

TEXTS: list[tuple[bytes, list[bytes | None]]] = [
    (b"data: a\n\n", [b"a"]),
    (b"data:a\r\n\r\n", [b"a"]),
    (b"data: a\r\r", [b"a"]),
    (b"data:  a\n\n", [b" a"]),
    (b"data: a\ndata: b\n\n", [b"a\nb"]),
    (b"data: a\r\ndata\r\ndata: b\r\n\r\n", [b"a\n\nb"]),
    (b"\xef\xbb\xbfdata: a\n\n", [b"a"]),
    (b": hello\n\ndata: a\n\n", [b"a"]),
    (b"id: 7\nevent: status\nretry: 100\ndata: a\n\n", [b"a"]),
    (b"event: status\nid: 7\n\n", []),
    (b"data: a\n", []),
    (b"data: a\n\ndata: b", [b"a"]),
    (b"database: a\n\n data: b\n\n", []),
    (b"data: a:b\n\n", [b"a:b"]),
    (b"data: \xff\n\n", [b"\xff"]),
    (b"\n\n\r\n\r\r\n", []),
    (b"", []),
    ("data: a\u2028b\x0bc\n\n".encode(), ["a\u2028b\x0bc".encode()]),
]


@pytest.mark.parametrize(("text", "events"), TEXTS)
def test_lines_become_events(text: bytes, events: list[bytes | None]) -> None:
    """Every kind of line end, several data lines, comments and other fields; what is not ended is nothing."""
    assert list(EventReader().feed(text)) == events
    one_by_one = EventReader()
    assert [event for n in range(len(text)) for event in one_by_one.feed(text[n : n + 1])] == events


def test_pieces_never_matter() -> None:
    """However the network cuts a stream up, the events are the same."""
    chance = random.Random(3)
    ends = [b"\n", b"\r", b"\r\n"]
    for _ in range(300):
        text = b"".join(
            chance.choice([b"data: " + bytes(chance.choices(b"ab: ", k=3)), b": c", b"", b"id: 1"])
            + chance.choice(ends)
            for _ in range(20)
        )
        whole = list(EventReader().feed(text))
        reader, got, at = EventReader(), [], 0
        while at < len(text):
            size = chance.randint(1, 7)
            got += list(reader.feed(text[at : at + size]))
            at += size
        assert got == whole


def test_absurd_lines_and_events_are_bounded_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither one endless line nor endless lines fill the memory; what follows is read as usual."""
    monkeypatch.setattr(streams, "LINE_LIMIT_BYTES", 100)
    monkeypatch.setattr(streams, "EVENT_LIMIT_BYTES", 300)
    reader = EventReader()
    for _ in range(1_000):
        assert list(reader.feed(b"data: " + b"x" * 50)) == []
    assert len(reader._line) <= 100
    assert list(reader.feed(b"\n\ndata: a\n\n")) == [None, b"a"]
    for _ in range(1_000):
        assert list(reader.feed(b"data: " + b"y" * 50 + b"\n")) == []
    assert sum(len(one) for one in reader._data) <= 300
    assert list(reader.feed(b"\ndata: b\n\n")) == [None, b"b"]


# -- streams -----------------------------------------------------------------------------------------------


class Source:
    """A server of streams by hand: `say` sends a text on every open stream of a path."""

    def __init__(self) -> None:
        self.open: dict[str, list[Peer]] = {}
        self.heads: list[str] = []
        self.gone = 0

    async def __call__(self, peer: Peer) -> None:
        while head := await peer.request():
            self.heads.append(head)
            path = head.split(" ")[1].partition("?")[0]
            if not path.startswith("/stream"):
                await peer.answer(b'{"ok": true}')
                continue
            peer.writer.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: Text/Event-Stream; charset=utf-8\r\n\r\n: welcome\n\n"
            )
            self.open.setdefault(path, []).append(peer)
            try:
                await peer.reader.read()
            finally:
                self.gone += 1
                self.open[path].remove(peer)
            return

    def say(self, path: str, text: str | bytes) -> None:
        for peer in self.open[path]:
            peer.writer.write(text.encode() if isinstance(text, str) else text)

    def hang_up(self, path: str) -> None:
        for peer in self.open[path]:
            peer.writer.close()


def listening(aio: Aio, story: Callable[[Source, Ear], Awaitable[None]]) -> None:
    source = Source()

    async def told(_server: TcpServer, ear: Ear) -> None:
        await story(source, ear)

    play(aio, source, told)


def event(path: str, value: Any) -> Packet:
    return Packet(STREAM_EVENT, (path, value))


def ended(path: str) -> Packet:
    return Packet(STREAM_ENDED, (path,))


A = Listen(path="/stream/a", query=(("q", "1"),), headers=TOKEN)
B = Listen(path="/stream/b", headers=TOKEN)


def test_a_stream_is_told_in_order_until_it_ends(aio: Aio) -> None:
    """Accepted, an event for each that parses, its end once; what does not parse is told as undecodable."""

    async def story(source: Source, ear: Ear) -> None:
        assert await ear.do(A, 5) == Accepted(5)
        (head,) = source.heads
        assert head.startswith("GET /stream/a?q=1 HTTP/1.1")
        assert "accept: text/event-stream" in head.lower()
        assert "Bearer secret-token" in head
        assert "origin:" not in head.lower()
        source.say(A.path, 'data: {"n":\ndata: 1}\n\nevent: status\nid: 3\ndata: [2]\n\ndata: no json\n\n')
        source.say(A.path, b'data: "\\ud800\xff"\n\n: beat\n\ndata: {"half": ')
        await until(lambda: len(ear.heard) == 5, "the events")
        source.hang_up(A.path)
        await until(lambda: ear.heard[-1] == ended(A.path), "the end")
        assert ear.heard == [
            Accepted(5),
            event(A.path, {"n": 1}),
            event(A.path, [2]),
            Packet("", ()),
            event(A.path, "\ud800\ufffd"),
            ended(A.path),
        ]

    listening(aio, story)


def test_several_streams_are_kept_apart(aio: Aio) -> None:
    """By their paths; closing one leaves the other."""

    async def story(source: Source, ear: Ear) -> None:
        await ear.do(A)
        await ear.do(B, 2)
        source.say(A.path, "data: 1\n\n")
        source.say(B.path, "data: 2\n\n")
        await until(lambda: len(ear.packets()) == 2, "both")
        assert set(map(repr, ear.packets())) == {repr(event(A.path, 1)), repr(event(B.path, 2))}
        assert await ear.do(Unlisten(path=A.path), 3) == HandedOver(3)
        assert ear.packets()[-1] == ended(A.path)
        assert await ear.do(Unlisten(path=A.path), 4) == HandedOver(4)
        await until(lambda: not source.open[A.path], "the server sees it go")
        source.say(B.path, "data: 3\n\n")
        await until(lambda: ear.packets()[-1] == event(B.path, 3), "the other one")
        assert ear.packets().count(ended(A.path)) == 1

    listening(aio, story)


def test_a_second_listen_takes_the_place_of_the_first(aio: Aio) -> None:
    """The end of the first is told before the second begins; nothing of the first is heard after that."""

    async def story(source: Source, ear: Ear) -> None:
        await ear.do(A)
        await ear.do(A, 2)
        await until(lambda: len(source.open[A.path]) == 1, "one of them")
        source.say(A.path, "data: 1\n\n")
        await until(lambda: ear.heard[-1] == event(A.path, 1), "the event")
        assert ear.heard == [Accepted(1), ended(A.path), Accepted(2), event(A.path, 1)]

    listening(aio, story)


def test_two_listens_at_once_leave_one_stream(aio: Aio) -> None:
    """Whichever stands last is the one; the other's end is told."""

    async def story(source: Source, ear: Ear) -> None:
        await asyncio.gather(ear.link.perform(1, A), ear.link.perform(2, A))
        await until(lambda: len(source.open[A.path]) == 1, "one of them")
        assert sorted(type(one).__name__ for one in ear.heard) == ["Accepted", "Accepted", "Packet"]
        await ear.link.drop_link()
        assert ear.packets() == [ended(A.path), ended(A.path)]

    listening(aio, story)


def test_dropping_the_link_ends_streams_and_closing_tells_nothing(aio: Aio) -> None:
    """With or without a socket; a stream can be opened again at once."""

    async def story(source: Source, ear: Ear) -> None:
        await ear.do(A)
        await ear.do(B, 2)
        await ear.link.drop_link()
        assert ear.packets() == [ended(A.path), ended(B.path)]
        await until(lambda: source.gone == 2, "the server sees both go")
        assert await ear.do(A, 3) == Accepted(3)
        before = list(ear.heard)
        await ear.link.close()
        await until(lambda: source.gone == 3, "the server sees the third go")
        assert ear.heard == before

    listening(aio, story)


def test_streams_leave_the_way_of_calls_free(aio: Aio) -> None:
    """More streams than connections for calls: reads and sends go on."""

    async def story(source: Source, ear: Ear) -> None:
        for number in range(3 * CONNECTIONS):
            assert await ear.do(Listen(path=f"/stream/{number}"), number) == Accepted(number)
        assert isinstance(await ear.do(GET), Answer)
        assert isinstance(await ear.do(POST), Answer)
        source.say("/stream/0", "data: 0\n\n")
        await until(lambda: ear.heard[-1] == event("/stream/0", 0), "an event")

    listening(aio, story)


REFUSALS: list[tuple[str, str, bytes, Arrived]] = [
    ("401 Unauthorized", "application/json", b'{"error":"no"}', Answer(1, 401, True, {"error": "no"})),
    ("200 OK", "application/json", b"{}", Answer(1, 200, True, {})),
    ("404 Not Found", "text/html", b"<html>", Answer(1, 404, False, "<html>")),
    ("503 Busy", "text/event-stream", b"data: 1\n\n", Answer(1, 503, False, "data: 1\n\n")),
]


@pytest.mark.parametrize(("status", "content_type", "body", "expected"), REFUSALS)
def test_anything_else_is_an_ordinary_answer(
    aio: Aio, status: str, content_type: str, body: bytes, expected: Answer
) -> None:
    """No stream comes of it, and no end of one is told."""

    async def story(_server: TcpServer, ear: Ear) -> None:
        told = await ear.do(A)
        assert isinstance(told, Answer)
        assert (told.status, told.is_json, told.body) == (expected.status, expected.is_json, expected.body)
        await ear.link.drop_link()
        assert ear.packets() == []

    play(aio, always(body, status, content_type), story)


def test_no_answer_to_a_listen_is_told_with_its_reason(aio: Aio) -> None:
    """Nobody there, silence, a way elsewhere."""

    async def silent(peer: Peer) -> None:
        await peer.request()
        await peer.reader.read()

    async def story(server: TcpServer, ear: Ear) -> None:
        assert await ear.do(Listen(path="/stream/a", timeout_ms=200)) == NoAnswer(1, True, "timeout")
        stranger = Ear("http://127.0.0.1:9")
        assert await stranger.do(A) == NoAnswer(1, False, "unreachable")
        await stranger.link.close()

    play(aio, silent, story)

    async def elsewhere(_server: TcpServer, ear: Ear) -> None:
        assert await ear.do(A) == NoAnswer(1, True, "redirect")

    play(aio, always(b"", "302 Found", "text/plain", "Location: http://127.0.0.1:9/"), elsewhere)


def test_a_listen_that_is_dropped_while_it_opens_is_not_kept(aio: Aio) -> None:
    """Its answer comes too late: nothing is told but that there is none."""
    asked, answer = asyncio.Event, asyncio.Event

    async def run() -> None:
        waiting, go = asked(), answer()

        async def handler(peer: Peer) -> None:
            await peer.request()
            waiting.set()
            await go.wait()
            peer.writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n")
            await peer.reader.read()

        async with TcpServer(handler) as server:
            ear = Ear(f"http://127.0.0.1:{server.port}")
            task = asyncio.get_running_loop().create_task(ear.link.perform(1, A))
            await waiting.wait()
            await ear.link.drop_link()
            go.set()
            await task
            assert ear.heard == [NoAnswer(1, True, "cut")]
            await ear.link.close()

    aio(run())


def test_a_cancelled_listen_releases_its_connection(aio: Aio) -> None:
    """The engine's patience may end first."""

    async def silent(peer: Peer) -> None:
        await peer.request()
        await peer.reader.read()
        silent_ended.append(True)

    silent_ended: list[bool] = []

    async def story(server: TcpServer, ear: Ear) -> None:
        task = asyncio.get_running_loop().create_task(ear.link.perform(1, A))
        await until(lambda: server.heads, "the request")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await until(lambda: silent_ended, "the connection's end")
        assert ear.heard == []

    play(aio, silent, story)


def test_no_socket_can_forge_a_stream(aio: Aio) -> None:
    """An event whose name begins with U+0000 is the link's own: one from a server is told as undecodable."""

    async def story(server: SioServer, ear: Ear) -> None:
        await ear.do(CONNECT)
        for name in (STREAM_EVENT, STREAM_ENDED, "\0", "\0other"):
            await server.sio.emit(name, ("/stream/a", {"forged": True}))
        await server.sio.emit("a\0b", 1)
        await until(lambda: ear.packets()[-1:] == [Packet("a\0b", (1,))], "the last one")
        assert ear.packets() == [*[Packet("", ())] * 4, Packet("a\0b", (1,))]

    with_sio(aio, story)


def test_connecting_ends_streams_of_the_connection_before(aio: Aio) -> None:
    """Everything of an epoch goes with it."""

    async def story(source: Source, ear: Ear) -> None:
        await ear.do(A)
        assert isinstance(await ear.do(Connect(timeout_ms=2_000), 2), NoAnswer)
        assert ear.packets() == [ended(A.path)]
        assert LinkLost() not in ear.heard  # there was no socket

    listening(aio, story)


def test_numbers_of_events_do_not_slow_each_other(aio: Aio) -> None:
    """Ten thousand events arrive all, in order."""

    async def story(source: Source, ear: Ear) -> None:
        await ear.do(A)
        source.say(A.path, "".join(f"data: {json.dumps(n)}\n\n" for n in range(10_000)))
        await until(lambda: len(ear.packets()) == 10_000, "all of them")
        assert [packet.args[1] for packet in ear.packets()] == list(range(10_000))

    listening(aio, story)
