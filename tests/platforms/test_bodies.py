"""Uploads and downloads over real sockets: as files, in pieces, and either whole or not at all."""

from __future__ import annotations

import asyncio
import gzip
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from chatdesk.domain.arrivals import Answer, NoAnswer
from chatdesk.domain.steps import Call, FilePart
from tests.conftest import Aio
from tests.platforms.desk import until
from tests.platforms.ears import TOKEN, Ear, always, play
from tests.platforms.wire_server import Peer, TcpServer


def test_a_file_goes_as_one_part(aio: Aio, tmp_path: Path) -> None:
    """Streamed from its staged copy under the name that the person knows."""
    staged = tmp_path / "staged"
    staged.write_bytes(b"%PDF" * 50_000)
    bodies: list[bytes] = []

    async def handler(peer: Peer) -> None:
        head = (await peer.reader.readuntil(b"\r\n\r\n")).decode()
        length = next(
            int(line[16:]) for line in head.split("\r\n") if line.lower().startswith("content-length")
        )
        bodies.append(await peer.reader.readexactly(length))
        await peer.answer(b"{}")

    async def story(_server: TcpServer, ear: Ear) -> None:
        part = FilePart(
            field="file", filename="permit ü.pdf", content_type="application/pdf", path=str(staged)
        )
        assert isinstance(await ear.do(Call(method="POST", path="/f", file=part)), Answer)
        assert b'name="file"' in bodies[0]
        assert b"application/pdf" in bodies[0]
        assert bodies[0].count(b"%PDF") == 50_000
        assert ear.moved == sorted(ear.moved)
        assert ear.moved[-1] == 200_000
        assert len(ear.moved) > 2

    play(aio, handler, story)


def upload(path: Path, **more: Any) -> Call:
    part = FilePart(field="file", filename="a.bin", content_type="application/octet-stream", path=str(path))
    return Call(method="POST", path="/f", headers=TOKEN, file=part, timeout_ms=60_000, **more)


def test_text_parts_go_beside_a_file(aio: Aio, tmp_path: Path) -> None:
    """A form with a file in it; names may repeat, values are text as it is."""
    staged = tmp_path / "staged"
    staged.write_bytes(b"bytes")
    bodies: list[bytes] = []

    async def handler(peer: Peer) -> None:
        head = (await peer.reader.readuntil(b"\r\n\r\n")).decode()
        length = next(
            int(line[16:]) for line in head.split("\r\n") if line.lower().startswith("content-length")
        )
        bodies.append(await peer.reader.readexactly(length))
        await peer.answer(b"{}")

    async def story(_server: TcpServer, ear: Ear) -> None:
        form = (("caption", "grün & blau"), ("tag", "a"), ("tag", "b"))
        assert isinstance(await ear.do(upload(staged, form=form)), Answer)
        (body,) = bodies
        parts = body.split(b"\r\n--")
        assert [part.partition(b"\r\n\r\n")[2] for part in parts[:-1]] == [
            "grün & blau".encode(),
            b"a",
            b"b",
            b"bytes",
        ]
        assert body.count(b'name="tag"') == 2
        assert body.count(b"filename=") == 1

    play(aio, handler, story)


def test_an_upload_is_read_as_it_goes(aio: Aio, tmp_path: Path) -> None:
    """A file of 80 MB never stands in memory, however slowly the server reads."""
    staged = tmp_path / "staged"
    with staged.open("wb") as file:
        file.truncate(80_000_000)

    async def handler(peer: Peer) -> None:
        await peer.reader.readuntil(b"\r\n\r\n")
        left = 80_000_000
        while left > 0:
            left -= len(await peer.reader.read(1_000_000))
        await peer.answer(b"{}")

    async def story(_server: TcpServer, ear: Ear) -> None:
        tracemalloc.start()
        try:
            assert isinstance(await ear.do(upload(staged)), Answer)
            assert tracemalloc.get_traced_memory()[1] < 20_000_000
        finally:
            tracemalloc.stop()

    play(aio, handler, story)


def test_a_file_that_is_gone_is_told_before_anything_leaves(aio: Aio, tmp_path: Path) -> None:
    """Our own disk, not the network: certain, and said as what it is."""

    async def story(server: TcpServer, ear: Ear) -> None:
        assert await ear.do(upload(tmp_path / "nowhere", commits=True)) == NoAnswer(1, False, "disk")
        assert server.connections == 0

    play(aio, always(b"{}"), story)


# -- downloads ---------------------------------------------------------------------------------------------


def download(path: Path, **more: Any) -> Call:
    return Call(method="GET", path="/f", headers=TOKEN, save_to=str(path), timeout_ms=5_000, **more)


@pytest.mark.parametrize("packed", [False, True])
def test_a_download_is_saved_whole(aio: Aio, tmp_path: Path, packed: bool) -> None:
    """To the named file, in place of an older one, with nothing beside it; no body is told."""
    target = tmp_path / "permit.pdf"
    target.write_bytes(b"older")
    content = bytes(range(256)) * 5_000
    more = ("Content-Encoding: gzip",) if packed else ()

    async def story(server: TcpServer, ear: Ear) -> None:
        told = await ear.do(download(target))
        assert isinstance(told, Answer)
        assert (told.status, told.is_json, told.body) == (200, False, None)
        assert told.headers["content-type"] == "application/json"
        assert target.read_bytes() == content
        assert list(tmp_path.iterdir()) == [target]
        assert "accept-encoding: identity" in server.heads[0].lower()

    body = gzip.compress(content) if packed else content
    play(aio, always(body, "200 OK", "application/json", *more), story)


def test_a_refused_download_is_an_ordinary_answer(aio: Aio, tmp_path: Path) -> None:
    """Its words are told, and no file comes to be."""

    async def story(_server: TcpServer, ear: Ear) -> None:
        told = await ear.do(download(tmp_path / "permit.pdf"))
        assert isinstance(told, Answer)
        assert (told.status, told.body) == (404, {"message": "File not found in storage"})
        assert list(tmp_path.iterdir()) == []

    play(aio, always(b'{"message":"File not found in storage"}', "404 Not Found"), story)


@pytest.mark.parametrize("announced", [True, False])
@pytest.mark.parametrize("packed", [True, False])
def test_a_download_beyond_its_bound_is_given_up(
    aio: Aio, tmp_path: Path, announced: bool, packed: bool
) -> None:
    """Announced or not, compressed or not: never more than was allowed, and nothing is left of it."""
    content = b"x" * 200_000
    body = gzip.compress(content) if packed else content

    async def handler(peer: Peer) -> None:
        await peer.request()
        if announced:
            more = ("Content-Encoding: gzip",) if packed else ()
            await peer.answer(body, "200 OK", "text/plain", *more)
            return
        coding = b"Content-Encoding: gzip\r\n" if packed else b""
        peer.writer.write(b"HTTP/1.1 200 OK\r\n" + coding + b"Connection: close\r\n\r\n" + body)
        await peer.writer.drain()

    async def story(_server: TcpServer, ear: Ear) -> None:
        target = tmp_path / "permit.pdf"
        target.write_bytes(b"older")
        assert await ear.do(download(target, most_bytes=199_999)) == NoAnswer(1, True, "too_large")
        assert list(tmp_path.iterdir()) == [target]
        assert target.read_bytes() == b"older"

    play(aio, handler, story)


def test_a_download_of_just_its_bound_is_kept(aio: Aio, tmp_path: Path) -> None:
    """The bound itself is allowed."""

    async def story(_server: TcpServer, ear: Ear) -> None:
        assert isinstance(await ear.do(download(tmp_path / "a", most_bytes=1_000)), Answer)
        assert (tmp_path / "a").stat().st_size == 1_000

    play(aio, always(b"y" * 1_000), story)


def test_half_a_download_leaves_nothing(aio: Aio, tmp_path: Path) -> None:
    """Cut off inside: no half file under any name."""

    async def handler(peer: Peer) -> None:
        await peer.request()
        peer.writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + b"z" * 50_000)
        await peer.writer.drain()

    async def story(_server: TcpServer, ear: Ear) -> None:
        assert await ear.do(download(tmp_path / "a")) == NoAnswer(1, True, "cut")
        assert list(tmp_path.iterdir()) == []

    play(aio, handler, story)


def test_a_cancelled_download_leaves_nothing(aio: Aio, tmp_path: Path) -> None:
    """The person has gone elsewhere while it ran."""

    async def handler(peer: Peer) -> None:
        await peer.request()
        peer.writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + b"z" * 500_000)
        await peer.writer.drain()
        await peer.reader.read()

    async def story(_server: TcpServer, ear: Ear) -> None:
        task = asyncio.get_running_loop().create_task(ear.link.perform(1, download(tmp_path / "a")))
        part = tmp_path / "a.part"
        await until(lambda: part.exists() and part.stat().st_size > 100_000, "some of it")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert list(tmp_path.iterdir()) == []

    play(aio, handler, story)


@pytest.mark.parametrize("place", ["no/such/folder", "taken"])
def test_a_disk_that_refuses_is_told(aio: Aio, tmp_path: Path, place: str) -> None:
    """No folder, or a folder under that name: said as trouble of the disk, nothing is left."""
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "full").write_text("")

    async def story(_server: TcpServer, ear: Ear) -> None:
        assert await ear.do(download(tmp_path / place)) == NoAnswer(1, True, "disk")
        assert [one.name for one in tmp_path.iterdir()] == ["taken"]

    play(aio, always(b"{}"), story)
