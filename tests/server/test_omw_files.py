"""Files at OMW in its promising mode: up by type and size, in a message, and down for those who may."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chatdesk.server.dialects.omw.vocabulary import FILE_LIMIT_BYTES
from chatdesk.wire.omw import names, texts
from tests.conftest import Aio
from tests.server.omw import town

KINDS = (
    ("before.png", "image/png", "image"),
    ("Photo.JPG", "image/jpeg", "image"),
    ("loop.gif", "image/gif", "image"),
    ("offer.pdf", "application/pdf", "file"),
    ("old.doc", "application/msword", "file"),
    ("new.docx", names.UPLOAD_TYPES["docx"], "file"),
    ("notes.txt", "text/plain", "file"),
    ("by our adapter.txt", names.UPLOAD_TYPES["txt"], "file"),
    ("voice.ogg", "audio/ogg", "audio"),
    ("voice.m4a", "audio/mp4", "audio"),
    ("voice.webm", "audio/webm", "audio"),
    ("Ansicht größer.png", "image/png", "image"),
)


@pytest.mark.promised("omw", "file sharing")
@pytest.mark.promised("omw", "image")
@pytest.mark.promised("omw", "file")
@pytest.mark.promised("omw", "audio")
@pytest.mark.promised("omw", "file address")
def test_every_promised_kind_goes_to_the_other_side(tmp_path: Path, aio: Aio) -> None:
    """Up, sent with its address, name and size, pushed to the other, and down again byte for byte."""

    async def story() -> None:
        async with town(tmp_path) as place:
            worker, customer = await place.pair()
            rival = await place.add(names.ROLE_WORKER)
            chat, _booking = await place.chat(customer, worker)
            line: dict[str, object] = {}
            async with worker.socket() as mine, customer.socket() as theirs:
                for number, (name, kind, message_type) in enumerate(KINDS, 1):
                    content = f"content of {name}".encode()
                    answer = await worker.upload(name, content, kind)
                    assert answer.status_code == 200, answer.text
                    file = answer.json()["file"]
                    assert (file["name"], file["size"], file["type"]) == (name, len(content), kind)
                    assert file["url"].startswith("/uploads/chat/file-")
                    assert (await customer.ask("GET", file["url"])).status_code == 404, "not sent yet"
                    line = {
                        "sessionId": chat,
                        "content": name,
                        "messageType": message_type,
                        "fileUrl": file["url"],
                        "fileName": file["name"],
                        "fileSize": file["size"],
                    }
                    await mine.emit(names.EMIT_SEND, line)
                    got = await theirs.until(names.EVENT_NEW_MESSAGE, number)
                    assert (got["message_type"], got["file_url"]) == (message_type, file["url"])
                    assert (got["file_name"], got["file_size"]) == (name, len(content))
                    for who in (worker, customer):
                        found = await who.ask("GET", file["url"])
                        assert (found.status_code, found.content) == (200, content)
                        assert found.headers["content-type"].startswith(kind)
                        assert found.headers["content-disposition"].startswith("attachment")
                        assert found.headers["x-content-type-options"] == "nosniff"
                    assert (await rival.ask("GET", file["url"])).status_code == 404
                    assert (await place.http.get(file["url"])).status_code == 401
                # An upload belongs to one message, and to who brought it.
                assert await mine.asked(names.EMIT_SEND, line)
                own = (await customer.upload("own.png", b"x", "image/png")).json()["file"]["url"]
                assert await mine.asked(names.EMIT_SEND, {**line, "fileUrl": own})
            last = (await customer.history(chat, limit=1))["messages"][0]
            assert (last["file_name"], last["message_type"]) == (KINDS[-1][0], KINDS[-1][2])

    aio(story())


@pytest.mark.promised("omw", "ten megabytes")
def test_ten_megabytes_and_not_one_byte_more(tmp_path: Path, aio: Aio) -> None:
    """The largest passes whole; one byte more, and much more, is told to be too large."""

    async def story() -> None:
        async with town(tmp_path) as place:
            worker = await place.add(names.ROLE_WORKER)
            whole = b"\x89PNG" + b"x" * (FILE_LIMIT_BYTES - 4)
            answer = await worker.upload("big.png", whole, "image/png")
            assert answer.json()["file"]["size"] == FILE_LIMIT_BYTES == 10 * 1_024 * 1_024
            assert (await worker.ask("GET", answer.json()["file"]["url"])).content == whole
            for more in (b"y", b"y" * 1_000_000):
                answer = await worker.upload("big.png", whole + more, "image/png")
                assert (answer.status_code, list(answer.json())) == (413, ["error"])

    aio(story())


@pytest.mark.promised("omw", "formats")
@pytest.mark.promised("omw", "secure upload")
def test_what_is_no_promised_kind_is_refused(tmp_path: Path, aio: Aio) -> None:
    """By extension, by type, and when the two do not belong together; forms without exactly one file too."""

    async def story() -> None:
        async with town(tmp_path) as place:
            worker = await place.add(names.ROLE_WORKER)
            for name, kind in (
                ("setup.exe", "application/x-msdownload"),
                ("setup.exe", "image/png"),
                ("page.html", "text/html"),
                ("page.png", "text/html"),
                ("drawing.svg", "image/svg+xml"),
                ("a.png", "application/pdf"),
                ("a.pdf", "image/png"),
                ("a.png.exe", "image/png"),
                ("nothing", "image/png"),
                ("", "image/png"),
                ("a.png", ""),
                ("a.png", "application/octet-stream"),
            ):
                answer = await worker.upload(name, b"x", kind)
                assert answer.status_code == 400, (name, kind, answer.text)
                assert answer.json()["error"] in {texts.PAGE_FILE_TYPE, texts.ERR_NO_FILE} | ERRORS
            good = ("a.png", b"x", "image/png")
            for files in ([("file", good), ("file", good)], [("image", good)], [("file", good), ("x", good)]):
                answer = await worker.ask("POST", names.ROUTE_UPLOAD, files=files)
                assert (answer.status_code, list(answer.json())) == (400, ["error"])
            bodies: tuple[dict[str, Any], ...] = ({"json": {}}, {"data": {"file": "text"}}, {})
            for body in bodies:
                answer = await worker.ask("POST", names.ROUTE_UPLOAD, **body)
                assert (answer.status_code, answer.json()) == (400, {"error": texts.ERR_NO_FILE})
            # Names are names, whatever they say of paths.
            answer = await worker.upload("../../etc/passwd.png", b"x", "image/png")
            file = answer.json()["file"]
            assert (file["name"], ".." in file["url"]) == ("passwd.png", False)
            answer = await place.http.post(names.ROUTE_UPLOAD, files={"file": good})
            assert (answer.status_code, answer.json()["message"]) == (401, texts.ERR_NO_TOKEN)

    aio(story())


ERRORS = {"Exactly one file is expected, in the field `file`"}
