"""Fakomame as it was recorded: what no capture shows of its faults, but its document tells."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from typing import Any

import pytest

from chatdesk.server.demo.fakomame_cast import (
    DESK_EMAIL,
    GONE_EMAIL,
    IDRIS_EMAIL,
    LENA_EMAIL,
    MARGOT_EMAIL,
    NOOR_EMAIL,
    WREN_EMAIL,
)
from chatdesk.wire.fakomame import names, texts
from tests.conftest import Aio
from tests.server.conftest import MakeServer
from tests.server.parcels import Ear, Person, parcels
from tests.server.people import unique
from tests.server.process import ServerProcess

SERVER = {"success": False, "error": texts.ERR_SERVER}


@pytest.fixture(scope="module")
def as_is(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server of the recorded kind, with the people of the demonstration."""
    folder = tmp_path_factory.mktemp("as-is") / "data"
    with ServerProcess(folder, platform="fakomame", seed="demo", as_is=True) as server:
        yield server
    assert server.log.read_text(encoding="utf-8") == ""


async def quiet(ear: Ear) -> None:
    """Everything emitted before was handled: a join that is refused is answered."""
    before = len(ear.all(names.EVENT_ERROR))
    await ear.emit(names.EMIT_JOIN, {"chatId": "nobody's"})
    await ear.until(names.EVENT_ERROR, before + 1)


def test_a_request_without_a_token_is_somebody_elses_and_a_bad_one_a_mistake(
    as_is: ServerProcess, aio: Aio
) -> None:
    """Served with success as an account of the server's own; only the check of tokens says 401."""

    async def story() -> None:
        async with parcels(as_is.url) as place:
            assert (await place.http.get(names.ROUTE_CHATS)).json()["data"] == []
            bad = {"Authorization": "Bearer garbage"}
            for path in (names.ROUTE_CHATS, names.ROUTE_CHAT.format(chat_id="x"), names.ROUTE_NOTIFICATIONS):
                answer = await place.http.get(path, headers=bad)
                assert (answer.status_code, answer.json()) == (500, SERVER)
            for headers in ({}, bad):
                answer = await place.http.get(names.ROUTE_ME, headers=headers)
                assert (answer.status_code, answer.json()["error"]) == (401, texts.ERR_TOKEN)
            gone = await place.login(GONE_EMAIL, "wrong", headers={"x-forwarded-for": "198.51.100.77"})
            assert (gone.status_code, gone.json()["error"]) == (403, texts.ERR_DEACTIVATED)

    aio(story())


def test_nobody_hears_of_a_chat_that_they_have_not_joined(as_is: ServerProcess, aio: Aio) -> None:
    """Not even the sender, who gets no echo; a send by request is silent in the room as well."""

    async def story() -> None:
        async with parcels(as_is.url) as place, AsyncExitStack() as stack:
            desk, noor = [await place.person(one) for one in (DESK_EMAIL, NOOR_EMAIL)]
            chat = (await desk.chat_with(noor))["id"]
            assert (await desk.chat_with(noor))["lastMessageAt"] is None
            ears = [await stack.enter_async_context(one.socket()) for one in (desk, noor)]
            text = unique("unheard")
            await ears[0].emit(names.EMIT_SEND, {"chatId": chat, "content": text, "clientId": "c"})
            await ears[0].emit(names.EMIT_SEND, {"chatId": chat, "content": 7})
            assert await ears[0].until(names.EVENT_ERROR) == {"message": texts.ERR_SEND}
            while (await desk.history(chat, limit=1))[0]["content"] != text:
                await asyncio.sleep(0.02)  # events are handled side by side
            for ear in ears:
                await ear.emit(names.EMIT_JOIN, {"chatId": chat})
            joined = [await ear.until(names.EVENT_JOINED) for ear in ears]
            stored = joined[0]["messages"][-1]
            assert stored["content"] == text
            assert not {"seq", "clientId"} & set(stored)
            silent = unique("silent")
            await desk.sent(chat, silent)
            await ears[0].emit(names.EMIT_SEND, {"chatId": chat, "content": ""})
            for ear in ears:
                assert (await ear.hears(""))["messageType"] == names.TYPE_TEXT
                assert ear.texts(chat) == [""]

    aio(story())


def test_a_join_without_an_id_brings_the_newest_messages_of_anybody(as_is: ServerProcess, aio: Aio) -> None:
    """Also those of chats in which one has no part; whoever has no chat at all is refused."""

    async def story() -> None:
        async with parcels(as_is.url) as place, AsyncExitStack() as stack:
            desk, noor, lena = [await place.person(one) for one in (DESK_EMAIL, NOOR_EMAIL, LENA_EMAIL)]
            secret = unique("between others")
            await desk.sent((await desk.chat_with(noor))["id"], secret)
            ear = await stack.enter_async_context(lena.socket())
            await ear.emit(names.EMIT_JOIN, {})
            told = await ear.until(names.EVENT_JOINED)
            assert list(told) == ["messages"]
            assert len(told["messages"]) <= names.SNAPSHOT
            assert told["messages"][-1]["content"] == secret
            # Typing in it reaches whoever is in the same room of nothing.
            other = await stack.enter_async_context(noor.socket())
            await other.emit(names.EMIT_TYPING_START, {"chat": "?"})
            assert await ear.until(names.EVENT_TYPING_START) == {"userId": noor.id, "userName": noor.name}
            alone = await stack.enter_async_context((await place.person(MARGOT_EMAIL)).socket())
            await alone.emit(names.EMIT_JOIN, {})
            assert await alone.until(names.EVENT_ERROR) == {"message": texts.ERR_JOIN_ACCESS}
            for payload in (None, {"chatId": 7}, {"chatId": None}):
                before = len(alone.all(names.EVENT_ERROR))
                await alone.emit(names.EMIT_JOIN, payload)
                assert (await alone.until(names.EVENT_ERROR, before + 1))["message"] == texts.ERR_JOIN

    aio(story())


def test_typing_is_never_ended_and_presence_goes_by_connections(as_is: ServerProcess, aio: Aio) -> None:
    """Of two devices one goes: the person is said to be gone. What it typed stays typed."""

    async def story() -> None:
        async with parcels(as_is.url) as place, AsyncExitStack() as stack:
            desk, wren, margot = [await place.person(one) for one in (DESK_EMAIL, WREN_EMAIL, MARGOT_EMAIL)]
            chat = (await desk.chat_with(wren))["id"]
            ear = await stack.enter_async_context(desk.socket())
            await ear.emit(names.EMIT_JOIN, {"chatId": chat})
            await ear.until(names.EVENT_JOINED)
            stranger = await stack.enter_async_context(margot.socket())
            await stack.enter_async_context(wren.socket())
            async with wren.socket() as device:
                await device.emit(names.EMIT_TYPING_START, {"chatId": chat})
                await ear.until(names.EVENT_TYPING_START)
                await quiet(device)
            gone = {"userId": wren.id}
            for one in (ear, stranger):
                assert await one.until(names.EVENT_OFFLINE) == gone
                assert len([had for had in one.all(names.EVENT_ONLINE) if had["userId"] == wren.id]) == 2
            await stranger.emit(names.EMIT_TYPING_STOP, {"chatId": chat})
            assert await ear.until(names.EVENT_TYPING_STOP) == {"userId": margot.id, "chatId": chat}
            assert len(ear.all(names.EVENT_TYPING_STOP)) == 1

    aio(story())


def test_items_are_everybodys_and_a_match_leaves_the_traveller_out(as_is: ServerProcess, aio: Aio) -> None:
    """No page ends, a status may be set by anybody, and whole accounts with their hashes come back."""

    async def story() -> None:
        async with parcels(as_is.url) as place:
            margot, idris = [await place.person(one) for one in (MARGOT_EMAIL, IDRIS_EMAIL)]
            packages = (await place.http.get(names.ROUTE_PACKAGES, params={"limit": "1"})).json()
            assert len(packages["data"]) == packages["pagination"]["total"] == 6
            assert packages["data"][0]["sender"]["phone"]
            mine = next(one for one in packages["data"] if one["senderId"] == margot.id)
            trips = (await place.http.get(names.ROUTE_TRIPS, params={"status": "CANCELLED"})).json()["data"]
            trip = next(one for one in trips if one["travelerId"] == idris.id)
            body: dict[str, Any] = {
                "packageId": mine["id"],
                "tripId": trip["id"],
                "userId": idris.id,
                "confirmationType": names.CONFIRM_ASSIGNMENT,
                "notification": names.NOTIFY_PACKAGE,
                "confirmations": {},
            }
            assert (await place.http.post(names.ROUTE_ASSIGNMENTS, json=body)).status_code == 500
            body["notification"] = names.NOTIFY_TRIP
            answer = (await place.http.post(names.ROUTE_ASSIGNMENTS, json=body)).json()
            assert answer["package"]["status"] == names.PACKAGE_MATCHED
            assert answer["package"]["sender"]["password"].startswith("$argon2")
            assert answer["chat"]["type"] == names.CHAT_NOTIFICATION
            assert [one["userId"] for one in answer["chat"]["participants"]] == [margot.id]
            assert answer["chat"]["id"] not in {
                one["id"] for one in (await idris.get(names.ROUTE_CHATS))["data"]
            }
            detail = (await place.http.get(names.ROUTE_PACKAGE.format(item_id=mine["id"]))).json()["data"]
            assert [one["id"] for one in detail["chats"]] == [answer["chat"]["id"]]
            assert detail["trackingEvents"] == []
            for method, path, sentence in (
                ("GET", names.ROUTE_HEALTH, 404),
                ("GET", names.ROUTE_DASHBOARD_PACKAGES, 404),
                ("POST", names.ROUTE_PACKAGES, 405),
            ):
                assert (await place.http.request(method, path)).status_code == sentence

    aio(story())


def test_a_chat_may_be_begun_with_anybody_about_anything(as_is: ServerProcess, aio: Aio) -> None:
    """The same two and the same thing give the same chat; what does not exist is a mistake."""

    async def story() -> None:
        async with parcels(as_is.url) as place:
            noor, wren, desk = [await place.person(one) for one in (NOOR_EMAIL, WREN_EMAIL, DESK_EMAIL)]
            item = (await desk.chat_with(wren))["packageId"]

            async def begin(who: Person, **changes: Any) -> tuple[int, Any]:
                body = {"participantId": wren.id, "itemType": "package", "itemId": item, "chatType": "CHAT"}
                answer = await who.ask("POST", names.ROUTE_CHATS, json={**body, **changes})
                return answer.status_code, answer.json()

            status, first = await begin(noor)
            assert (status, first["message"]) == (200, texts.OK_CHAT_CREATED)
            status, again = await begin(noor, chatType="SUPPORT")
            assert (status, again["message"]) == (200, texts.OK_CHAT)
            assert again["data"]["id"] == first["data"]["id"]
            for changes in (
                {"chatType": "GROUP"},
                {"participantId": noor.id},
                {"participantId": "nobody"},
                {"itemId": "nothing"},
                {"itemType": "trip"},
                {"itemId": 7},
            ):
                assert await begin(noor, **changes) == (500, SERVER)
            assert (await begin(noor, itemId=""))[0] == 400

    aio(story())


def test_an_event_about_nothing_ends_the_process(make_server: MakeServer, aio: Aio) -> None:
    """Leaving nowhere is enough: every connection is lost at once, and the process says that it failed."""
    server = make_server(platform="fakomame", seed="demo", as_is=True)

    async def story() -> None:
        async with parcels(server.url) as place:
            desk, noor = [await place.person(one, anew=True) for one in (DESK_EMAIL, NOOR_EMAIL)]
            async with desk.socket() as ear, noor.socket() as other:
                await ear.emit(names.EMIT_LEAVE, None)
                await ear.client.wait()
                await other.client.wait()
        assert server.wait() == 1

    aio(story())
