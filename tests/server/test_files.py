"""Order files: the right bytes of the right order, for the right people, under safe names."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from chatdesk.wire.dispatcher import names, texts
from tests.conftest import Aio
from tests.server.people import Person, town, unique
from tests.server.process import ServerProcess


async def upload(person: Person, order_id: str, name: str, content: bytes, kind: str = "text/plain") -> Any:
    files = {"file": (name, content, kind)}
    return await person.ask("POST", names.ROUTE_ORDER_FILES.format(order_id=order_id), files=files)


async def fetch(person: Person, order_id: str, filename: str, method: str = "GET") -> httpx.Response:
    route = names.ROUTE_ORDER_FILE.format(order_id=order_id, filename=quote(filename, safe=""))
    return await person.ask(method, route)


def test_a_file_goes_up_and_comes_down_unchanged(demo_server: ServerProcess, aio: Aio) -> None:
    """Owner and staff upload, list and download; the other side is notified; the bytes are the same."""

    async def story() -> None:
        async with town(demo_server.url) as place:
            owner, desk = await place.owner(), await place.desk()
            order = await owner.new_order()
            await desk.ask("POST", names.ROUTE_ORDER_MODERATE.format(order_id=order["id"]))
            content = bytes(range(256)) * 40
            async with desk.socket() as ear, owner.socket() as mine:
                answer = await upload(owner, order["id"], "permit scan.pdf", content, "application/pdf")
                assert (answer.status_code, answer.json()["message"]) == (200, texts.OK_FILE_UPLOADED)
                entry = answer.json()["data"]["files"][-1]
                assert answer.json()["data"]["_id"] == order["id"]
                assert entry["originalname"] == "permit scan.pdf"
                assert entry["filename"].endswith("-permit_scan.pdf")
                assert (entry["contentType"], entry["size"]) == ("application/pdf", len(content))
                told = await ear.until(names.EVENT_NOTIFICATION, actionText="View File")
                assert told["title"] == f"New file uploaded to order #{order['orderNumber']}"
                assert (await upload(desk, order["id"], "note.txt", b"hello")).status_code == 200
                await mine.until(names.EVENT_NOTIFICATION, actionText="View File")
            for person in (owner, desk):
                listed = await person.get(names.ROUTE_ORDER_FILES.format(order_id=order["id"]))
                assert [file["originalname"] for file in listed.json()["data"]] == [
                    "permit scan.pdf",
                    "note.txt",
                ]
                down = await fetch(person, order["id"], entry["filename"])
                assert (down.status_code, down.content) == (200, content)
                assert down.headers["content-type"] == "application/pdf"
                assert down.headers["content-disposition"] == 'attachment; filename="permit scan.pdf"'
            assert len((await owner.detail(order["orderNumber"]))["files"]) == 2

    aio(story())


def test_a_file_is_found_in_its_own_order_only(demo_server: ServerProcess, aio: Aio) -> None:
    """The same name under another order is 404, and deleting in one order leaves the other's file."""

    async def story() -> None:
        async with town(demo_server.url) as place:
            owner, stranger, desk = await place.owner(), await place.stranger(), await place.desk()
            first, second = await owner.new_order(), await owner.new_order()
            one = (await upload(owner, first["id"], "a.txt", b"first")).json()["data"]["files"][0]["filename"]
            two = (await upload(owner, second["id"], "a.txt", b"second")).json()["data"]["files"][0][
                "filename"
            ]
            assert (await fetch(owner, second["id"], one)).status_code == 404
            for method in ("GET", "DELETE"):
                foreign = await fetch(stranger, first["id"], one, method)
                assert (foreign.status_code, foreign.json()["message"]) == (404, texts.ERR_FILE_NOT_FOUND)
            assert (await upload(stranger, first["id"], "x", b"x")).json()[
                "message"
            ] == texts.ERR_ORDER_NOT_FOUND
            assert (await fetch(desk, first["id"], one, "DELETE")).status_code == 404
            assert (await fetch(owner, first["id"], one, "DELETE")).json()["message"] == texts.OK_FILE_DELETED
            gone = await fetch(owner, first["id"], one)
            assert (gone.status_code, gone.json()["message"]) == (404, texts.ERR_FILE_NOT_FOUND)
            assert (await fetch(owner, second["id"], two)).content == b"second"
            mine = (await upload(desk, first["id"], "d.txt", b"desk")).json()["data"]["files"][0]["filename"]
            assert (await fetch(desk, first["id"], mine, "DELETE")).status_code == 200

    aio(story())


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "..\\..\\boot.ini",
        "C:\\Users\\me\\plan.txt",
        "....",
        "a\u202efdp.exe",
        "план перевозки.pdf",
        "x" * 400 + ".pdf",
        'he said "go".txt',
        "100%.txt",
        "a;b=c&d?e#f.txt",
    ],
)
def test_no_name_reaches_the_disk(demo_server: ServerProcess, aio: Aio, name: str) -> None:
    """Whatever a file is called, its bytes lie under a name of chance in the folder of uploads."""

    async def story() -> None:
        async with town(demo_server.url) as place:
            owner = await place.owner()
            order = await owner.new_order()
            content = unique(name).encode()
            answer = await upload(owner, order["id"], name, content)
            assert answer.status_code == 200, answer.text
            entry = answer.json()["data"]["files"][0]
            for shown in (entry["filename"], entry["originalname"]):
                assert 0 < len(shown) <= 200
                assert not set(shown) & set("/\\\0\n\r\u202e")
            down = await fetch(owner, order["id"], entry["filename"])
            assert (down.status_code, down.content) == (200, content)
            folder: Path = demo_server.data_dir / "uploads"
            blobs = [path for path in folder.iterdir() if path.read_bytes() == content]
            assert len(blobs) == 1
            assert len(blobs[0].name) == 32
            assert set(blobs[0].name) <= set("0123456789abcdef")
            if name == "план перевозки.pdf":
                assert entry["originalname"] == name
                assert quote(name) in down.headers["content-disposition"]

    aio(story())


def test_ten_megabytes_pass_and_one_byte_more_does_not(demo_server: ServerProcess, aio: Aio) -> None:
    """A file of exactly the limit is stored, a larger one is a clear 413 and leaves nothing behind."""

    async def story() -> None:
        async with town(demo_server.url) as place:
            owner = await place.owner()
            order = await owner.new_order()
            full = await upload(owner, order["id"], "full.bin", b"\0" * names.FILE_LIMIT_BYTES)
            assert full.json()["data"]["files"][0]["size"] == names.FILE_LIMIT_BYTES
            blobs = len(list((demo_server.data_dir / "uploads").iterdir()))
            for excess in (1, 3_000_000):
                over = await upload(owner, order["id"], "big.bin", b"\0" * (names.FILE_LIMIT_BYTES + excess))
                assert (over.status_code, over.json()["message"]) == (413, texts.ERR_FILE_TOO_LARGE)
            assert len((await owner.detail(order["orderNumber"]))["files"]) == 1
            assert len(list((demo_server.data_dir / "uploads").iterdir())) == blobs

    aio(story())


def test_forms_that_hold_no_file_are_400(demo_server: ServerProcess, aio: Aio) -> None:
    """No part, another name, two files, a text instead of a file, a broken form: each a clear 400."""

    async def story() -> None:
        async with town(demo_server.url) as place:
            owner = await place.owner()
            order = await owner.new_order()
            route = names.ROUTE_ORDER_FILES.format(order_id=order["id"])
            part = ("x.txt", b"x", "text/plain")
            multipart = {"content-type": "multipart/form-data; boundary=b"}
            cases: list[tuple[dict[str, Any], str]] = [
                ({}, texts.ERR_FILE_REQUIRED),
                ({"json": {"file": "x"}}, texts.ERR_FILE_REQUIRED),
                ({"files": {"document": part}}, texts.ERR_FILE_FIELD),
                ({"files": [("file", part), ("file", part)]}, texts.ERR_FILE_FIELD),
                ({"files": {"file": (None, b"text")}}, texts.ERR_FILE_REQUIRED),
                (
                    {"content": b"--b\r\nno header at all\r\n\r\nx\r\n--b--\r\n", "headers": multipart},
                    texts.ERR_INVALID_FORM,
                ),
                (
                    {"content": b"x", "headers": {"content-type": "multipart/form-data"}},
                    texts.ERR_INVALID_FORM,
                ),
            ]
            for request, message in cases:
                answer = await owner.ask("POST", route, **request)
                assert (answer.status_code, answer.json()["message"]) == (400, message), request

    aio(story())


def test_lost_bytes_are_a_404_of_their_own(demo_server: ServerProcess, aio: Aio) -> None:
    """When the disk has lost a file that the list still names, the answer says so."""

    async def story() -> None:
        async with town(demo_server.url) as place:
            owner = await place.owner()
            order = await owner.new_order()
            content = unique().encode()
            entry = (await upload(owner, order["id"], "lost.txt", content)).json()["data"]["files"][0]
            for path in (demo_server.data_dir / "uploads").iterdir():
                if path.read_bytes() == content:
                    path.unlink()
            answer = await fetch(owner, order["id"], entry["filename"])
            assert (answer.status_code, answer.json()["message"]) == (404, texts.ERR_FILE_CONTENT_GONE)
            assert (await fetch(owner, order["id"], entry["filename"], "DELETE")).status_code == 200

    aio(story())


@pytest.mark.promised("dispatcher", "file attachments")
def test_a_message_shows_files_of_its_order(demo_server: ServerProcess, aio: Aio) -> None:
    """A send that names files of its order carries them to everybody there; other files are a clear 404."""

    async def story() -> None:
        async with town(demo_server.url) as place:
            owner, desk = await place.owner(), await place.desk()
            order, other = await owner.new_order(), await owner.new_order()
            entry = (await upload(owner, order["id"], "scan.pdf", b"%PDF")).json()["data"]["files"][0]
            away = (await upload(owner, other["id"], "else.pdf", b"%PDF")).json()["data"]["files"][0]
            async with desk.socket(order["id"]) as ear:
                sent = await owner.send(order["id"], unique(), attachments=[entry["filename"]])
                assert sent.json()["data"]["attachments"] == [entry]
                push = await ear.until(names.EVENT_NEW_MESSAGE)
                assert push["message"] == sent.json()["data"]
            shown = (await desk.history(order["id"]))["data"][0]["attachments"][0]
            assert (await fetch(desk, order["id"], shown["filename"])).content == b"%PDF"
            for wrong in ([away["filename"]], ["no-such-file"], [None], [entry["filename"], {}]):
                refused = await owner.send(order["id"], unique(), attachments=wrong)
                assert (refused.status_code, refused.json()["message"]) == (404, texts.ERR_FILE_NOT_FOUND)
            for bad in ("scan.pdf", {"0": entry["filename"]}, [entry["filename"]] * 11):
                assert (await owner.send(order["id"], unique(), attachments=bad)).status_code == 400
            assert len((await owner.history(order["id"]))["data"]) == 2

    aio(story())
