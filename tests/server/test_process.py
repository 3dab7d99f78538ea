"""The server as a process: stopping, coming back, refusing, and what it leaves on disk."""

from __future__ import annotations

import asyncio
import json
import socket
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from chatdesk.server.demo.cast import HAULS
from chatdesk.server.demo.market import BUYER_EMAIL, SELLER_EMAIL
from chatdesk.server.dialect import Variant
from chatdesk.server.registry import DIALECTS
from chatdesk.server.run import ServeOptions, main, serve
from chatdesk.wire.dispatcher import names
from chatdesk.wire.marketplace import names as market_names
from tests.conftest import Aio
from tests.server.conftest import MakeServer
from tests.server.market import market
from tests.server.people import town, unique


def test_everything_survives_stop_kill_and_start(make_server: MakeServer, aio: Aio) -> None:
    """Messages, read marks and tokens outlive SIGTERM and SIGKILL; polls and sockets end at once.

    What is left on disk is for its owner only.
    """
    server = make_server(seed="demo")

    async def before() -> tuple[str, str]:
        async with town(server.url) as place:
            owner, desk = await place.owner(), await place.desk()
            order = (await owner.new_order())["id"]
            text = unique("before")
            assert (await owner.send(order, text, clientId="kept")).status_code == 201
            await desk.ask("PATCH", names.ROUTE_READ.format(order_id=order))
            async with owner.socket(order) as ear:
                polling = {"EIO": "4", "transport": "polling"}
                hello = (await place.http.get(names.SOCKET_PATH, params=polling)).text
                polling["sid"] = json.loads(hello[1:])["sid"]
                connect = "40" + json.dumps({"token": owner.token})
                await place.http.post(names.SOCKET_PATH, params=polling, content=connect)
                await place.http.get(names.SOCKET_PATH, params=polling)
                waiting = asyncio.create_task(place.http.get(names.SOCKET_PATH, params=polling))
                await ear.settled()
                begun = time.monotonic()
                assert await asyncio.to_thread(server.stop) == 0
                assert time.monotonic() - begun < 8  # a poll is held for 25 s
                assert (await waiting).text == "1"
                await asyncio.wait_for(ear.gone.wait(), 5)
            return order, text

    order, text = aio(before())
    assert not Path(f"{server.data_dir / 'server.sqlite3'}-wal").exists()
    server.start()

    async def after(times: int) -> None:
        async with town(server.url) as place:
            owner = await place.owner()
            history = await owner.history(order)
            assert history["data"][0]["message"] == text
            assert history["data"][0]["isRead"] is True
            again = await owner.send(order, text, clientId="kept")
            assert again.json()["data"]["id"] == history["data"][0]["id"]
            assert (await owner.history(order))["meta"]["totalItems"] == 2
            assert len(await place.desk_orders()) == len(HAULS) + 1, times

    aio(after(1))
    server.kill()
    server.start()
    aio(after(2))
    assert server.stop() == 0
    assert server.log.read_text(encoding="utf-8") == ""
    assert (server.data_dir / "token-secret").stat().st_mode & 0o077 == 0
    with closing(sqlite3.connect(server.data_dir / "server.sqlite3")) as connection:
        # The seed filled the empty database only, and said nothing twice.
        assert connection.execute("SELECT count(*) FROM orders").fetchone() == (len(HAULS) + 1,)
        texts = [row[0] for row in connection.execute("SELECT text FROM messages WHERE kind = 'text'")]
        assert len(texts) == len(set(texts)) > 250
        hashes = {row[0] for row in connection.execute("SELECT password_hash FROM users")}
        assert all(value.startswith("$argon2id$") for value in hashes)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def refusal(capsys: pytest.CaptureFixture[str], folder: Path, port: int = 0) -> str:
    """Try to serve in this process; what it says on stderr when it ends with status 1."""
    assert serve(ServeOptions(data_dir=folder, port=port)) == 1
    said = capsys.readouterr()
    assert said.out == ""
    return said.err


def test_a_taken_port_is_one_plain_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """When somebody else listens there, the server says so and ends with status 1."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = refusal(capsys, tmp_path / "data", port)
    assert said == f"cannot listen on 127.0.0.1:{port}: Address already in use\n"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"this is no database, but long enough to look like one" * 20, "cannot be used as a database"),
        (None, "was written by a newer chatdesk"),
    ],
    ids=["garbage", "newer"],
)
def test_a_database_that_is_none_of_ours_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None, sentence: str
) -> None:
    """A damaged or newer file is refused in one sentence with status 1, and not changed."""
    database = tmp_path / "server.sqlite3"
    if content is None:
        with closing(sqlite3.connect(database)) as connection:
            connection.execute("CREATE TABLE alembic_version (version_num TEXT)")
            connection.execute("INSERT INTO alembic_version VALUES ('9999')")
            connection.commit()
    else:
        database.write_bytes(content)
    said = refusal(capsys, tmp_path)
    assert sentence in said
    assert len(said.splitlines()) == 1
    if content is None:
        with closing(sqlite3.connect(database)) as connection:
            assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("alembic_version",)]
    else:
        assert database.read_bytes() == content


def test_a_folder_that_cannot_be_is_one_plain_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where a file stands in the way of the folder, the server says so and ends with status 1."""
    (tmp_path / "file").write_text("in the way")
    said = refusal(capsys, tmp_path / "file" / "data")
    assert said.startswith("cannot use the folder ")
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize(
    "wrong",
    [["--port", "70000"], ["--rate", "0"], ["--seed", "x"], ["--archive-after", "-1"], ["--rate", "many"]],
)
def test_wrong_use_is_status_2(tmp_path: Path, capsys: pytest.CaptureFixture[str], wrong: list[str]) -> None:
    """A switch that makes no sense is explained, with status 2."""
    with pytest.raises(SystemExit) as ended:
        main(["--platform", "dispatcher", "--data", str(tmp_path), *wrong])
    assert ended.value.code == 2
    assert f"argument {wrong[0]}" in capsys.readouterr().err


def test_all_platforms_run_on_one_database(make_server: MakeServer, aio: Aio) -> None:
    """One process, one folder, an address per platform; everybody signs in where they belong."""
    server = make_server(platform="all", seed="demo")
    assert set(server.urls) == set(DIALECTS)

    async def story() -> None:
        async with town(server.urls["dispatcher"]) as place:
            desk = await place.desk()
            assert len(await place.desk_orders()) == len(HAULS)
        async with market(server.urls["marketplace"]) as bazaar:
            seller = await bazaar.trader(SELLER_EMAIL)
            buyer = await bazaar.trader(BUYER_EMAIL)
            async with buyer.socket() as ear:
                await seller.sent(buyer, "over the square")
                await ear.until("new_message", where=lambda one: one["message"] == "over the square")
            assert (await bazaar.login(desk.email)).status_code == 401
            headers = {"Authorization": f"Bearer {desk.token}"}
            answer = await bazaar.http.get(market_names.ROUTE_INBOX, headers=headers)
            assert answer.status_code == 403

    aio(story())
    assert server.stop() == 0
    assert server.log.read_text(encoding="utf-8") == ""


def test_a_port_is_for_one_platform(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All platforms on one port, and a variant that a platform has not, are refused in a sentence."""
    assert serve(ServeOptions(data_dir=tmp_path, platform="all", port=4_000)) == 1
    assert "cannot share one port" in capsys.readouterr().err
    lacking = [one for one in DIALECTS.values() if Variant.AS_IS not in one.variants]
    for dialect in lacking:
        options = ServeOptions(data_dir=tmp_path, platform=dialect.platform, port=0, variant=Variant.AS_IS)
        assert serve(options) == 1
        assert dialect.platform in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == [], "nothing was begun"
