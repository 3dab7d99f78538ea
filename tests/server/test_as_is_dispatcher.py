"""The recorded dispatcher: faults that no capture plays, or that need two requests at once."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from chatdesk.server.core.service import Ground
from chatdesk.server.demo.cast import DESK_EMAIL, PASSWORD
from chatdesk.server.dialect import Choices, Variant
from chatdesk.server.dialects.dispatcher.app import DIALECT
from chatdesk.server.dialects.dispatcher.as_is import script
from chatdesk.wire import ours
from chatdesk.wire.dispatcher import names, texts
from tests.conftest import Aio
from tests.server.people import OWNER_EMAIL, STRANGER_EMAIL, Person, Town, unique
from tests.server.test_core import FakeClock


@asynccontextmanager
async def recorded(folder: Path, clock: FakeClock, **chosen: Any) -> AsyncIterator[Town]:
    """The recorded server without a network, with the people of the demonstration."""
    server = DIALECT.build(Ground(folder, clock), Choices(**chosen), Variant.AS_IS)
    await server.open()
    assert DIALECT.seed is not None
    await DIALECT.seed(server.core)
    place = Town(f"http://{unique('as-is').replace(' ', '-')}.test")
    transport = httpx.ASGITransport(app=server.app)
    place.http = httpx.AsyncClient(base_url=place.url, transport=transport)
    try:
        yield place
    finally:
        await place.http.aclose()
        await server.close()


async def arrive(place: Town, email: str) -> Person:
    return await place.sign_in(email)


def test_the_second_login_within_a_second_fails(tmp_path: Path, aio: Aio) -> None:
    """It answers a database error that holds the refresh token; a second later all is well."""

    async def story() -> None:
        clock = FakeClock()
        async with recorded(tmp_path, clock) as place:
            first = await place.sign_in(DESK_EMAIL)
            again = {"email": DESK_EMAIL, "password": PASSWORD}
            twin = await place.http.post(names.ROUTE_LOGIN, json=again)
            assert twin.status_code == 500
            assert twin.json()["message"].startswith(texts.ERR_DUPLICATE_KEY_PREFIX)
            clock.ms += 1_000
            assert (await place.http.post(names.ROUTE_LOGIN, json=again)).status_code == 200
            opened = await Person(
                place.http, DESK_EMAIL, {"accessToken": first.refresh_token, "refreshToken": ""}
            ).get(names.ROUTE_NOTIFICATIONS)
            assert opened.status_code == 200, "a refresh token opens everything too"

    aio(story())


def test_first_sends_at_once_fail_although_they_are_stored(tmp_path: Path, aio: Aio) -> None:
    """Of several first messages of an order all are stored, some answer 500; after a look at history none."""

    async def story() -> None:
        async with recorded(tmp_path, FakeClock()) as place:
            owner = await arrive(place, OWNER_EMAIL)
            listed = await owner.ask(
                "GET",
                names.ROUTE_ORDERS,
                params=[("page", "1"), ("limit", "9"), ("search", "")]
                + [(names.QUERY_STATUS, status) for status in names.STATUS_LABELS],
            )
            first, second = (item["id"] for item in listed.json()["data"][:2])
            said = [unique() for _ in range(6)]
            answers = await asyncio.gather(*(owner.send(first, text) for text in said))
            failed = [one.json()["message"] for one in answers if one.status_code == 500]
            assert failed
            assert all(text.startswith(texts.ERR_DUPLICATE_KEY_PREFIX) for text in failed)
            assert set(said) <= set(await owner.texts(first))
            await owner.history(second)
            answers = await asyncio.gather(*(owner.send(second, text) for text in said))
            assert {one.status_code for one in answers} == {201}

    aio(story())


@pytest.mark.parametrize("newest_first", [None, True])
def test_histories_come_as_the_database_has_them(tmp_path: Path, aio: Aio, newest_first: bool | None) -> None:
    """Oldest first, or newest first where the database takes its index; everybody may read and write."""

    async def story() -> None:
        async with recorded(tmp_path, FakeClock(), newest_first=newest_first) as place:
            owner, stranger = await arrive(place, OWNER_EMAIL), await arrive(place, STRANGER_EMAIL)
            order = (await owner.new_order())["id"]
            for text in ("one", "two"):
                sent = await stranger.send(order, text, clientId="c", messageType="system")
                record = sent.json()["data"]
                assert (sent.status_code, record["messageType"]) == (201, "text")
                assert not {"clientId", "seq", "attachments"} & set(record)
            shown = await stranger.texts(order)
            assert (shown[::-1] if newest_first else shown)[-2:] == ["one", "two"]
            page = await stranger.history(order, page=2, limit=2)
            assert page["meta"]["totalPages"] == 2
            assert len(page["data"]) == 1

    aio(story())


def test_deleting_a_file_may_leave_its_entry(tmp_path: Path, aio: Aio) -> None:
    """The entry goes only from the owner's first order; names come back garbled, and staff see no list."""

    async def story() -> None:
        async with recorded(tmp_path, FakeClock()) as place:
            owner, desk = await arrive(place, OWNER_EMAIL), await arrive(place, DESK_EMAIL)
            order = (await owner.new_order())["id"]
            route = names.ROUTE_ORDER_FILES.format(order_id=order)
            name = "план.pdf"
            up = await owner.ask("POST", route, files={"file": (name, b"%PDF", "application/pdf")})
            entry = up.json()["data"]["files"][-1]
            assert entry["originalname"] != name
            assert entry["originalname"].encode("latin-1").decode("utf-8") == name
            assert (await desk.get(route)).json()["message"] == texts.ERR_ORDER_NOT_FOUND
            one = names.ROUTE_ORDER_FILE.format(order_id=order, filename=quote(entry["filename"], safe=""))
            assert (await desk.get(one)).content == b"%PDF"
            assert (await desk.ask("DELETE", one)).status_code == 404
            assert (await owner.ask("DELETE", one)).status_code == 200
            gone = await owner.get(one)
            assert (gone.status_code, gone.json()["message"]) == (404, texts.ERR_FILE_CONTENT_GONE)
            assert [file["filename"] for file in (await owner.get(route)).json()["data"]] == [
                entry["filename"]
            ]

    aio(story())


def test_taking_over_answers_half_an_order(tmp_path: Path, aio: Aio) -> None:
    """Moderator and truck are empty and every trailer has one length; no line is written."""

    async def story() -> None:
        async with recorded(tmp_path, FakeClock()) as place:
            owner, desk = await arrive(place, OWNER_EMAIL), await arrive(place, DESK_EMAIL)
            order = await owner.new_order()
            route = names.ROUTE_ORDER_MODERATE.format(order_id=order["id"])
            answer = (await desk.ask("POST", route)).json()["data"]
            assert (answer["moderator"], answer["truck"], answer["trailer"]) == ({}, {}, {"length": 24})
            assert (await owner.detail(order["orderNumber"]))["moderator"]["id"] == desk.id
            assert len(await owner.texts(order["id"])) == 1

    aio(story())


def test_what_is_only_promised_is_not_there(tmp_path: Path, aio: Aio) -> None:
    """Routes of the document that the recorded servers lack are pages of HTML, and nothing is announced."""

    async def story() -> None:
        async with recorded(tmp_path, FakeClock()) as place:
            owner = await arrive(place, OWNER_EMAIL)
            order = (await owner.new_order())["id"]
            for method, route in (
                ("GET", names.ROUTE_CHATS),
                ("PATCH", names.ROUTE_READ),
                ("GET", names.ROUTE_UNREAD_COUNT),
                ("GET", names.ROUTE_MESSAGE_SEARCH),
                ("GET", names.ROUTE_PRESENCE),
            ):
                answer = await owner.ask(method, route.format(order_id=order))
                assert (answer.status_code, answer.headers["content-type"][:9]) == (404, "text/html")
            assert ours.ANNOUNCEMENT_FIELD not in (await place.http.get(names.ROUTE_HEALTH)).json()

    aio(story())


@pytest.mark.parametrize(
    ("value", "text", "shown"),
    [
        ({"$ne": None}, "[object Object]", "{ '$ne': null }"),
        ({"a": 1, "b-c": [1.5]}, "[object Object]", "{ a: 1, 'b-c': [ 1.5 ] }"),
        (["x", None, ["y", 2.0]], "x,,y,2", "[ 'x', null, [ 'y', 2 ] ]"),
        ([], "", "[]"),
        (True, "true", "true"),
        (None, "null", "null"),
        (10**400, "Infinity", "Infinity"),
        (script.UNDEFINED, "undefined", "undefined"),
        ([[[[1]]]], "1", "[ [ [ [Array] ] ] ]"),
    ],
)
def test_values_look_as_the_recorded_language_prints_them(value: Any, text: str, shown: str) -> None:
    """Rooms are named by one of the two texts of a value, complaints hold the other."""
    assert (script.as_text(value), script.inspect(value)) == (text, shown)


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("{broken", "Expected property name or '}' in JSON at position 1"),
        ("{", "Unexpected end of JSON input"),
        ("5", "Unexpected token '5', \"5\"... is not valid JSON"),
        ('{"a": NaN}', "Unexpected token 'N', \"NaN\"... is not valid JSON"),
        ("[" * 100_000, "Unexpected end of JSON input"),
    ],
)
def test_broken_json_is_complained_about_in_the_recorded_language(body: str, complaint: str) -> None:
    """Only objects and lists are bodies at all."""
    with pytest.raises(ValueError, match=re.escape(complaint)):
        script.parsed(body)
