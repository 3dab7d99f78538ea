"""More promises of the marketplace: rooms, states of messages, parts of a talk, thick and fast typing."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from chatdesk.server.core.service import Ground
from chatdesk.server.demo.market import BUYER_EMAIL, OTHER_BUYER_EMAIL, RIVAL_EMAIL, SELLER_EMAIL, seed_market
from chatdesk.server.dialect import Choices, Variant
from chatdesk.server.dialects.marketplace.app import DIALECT
from chatdesk.wire.marketplace import names, texts
from tests.conftest import Aio
from tests.server.market import Trader, market
from tests.server.people import unique
from tests.server.process import ServerProcess


def room_of(one: Trader, other: Trader) -> str:
    return f"{one.id}_{other.id}"


@pytest.mark.promised("marketplace", "join room")
@pytest.mark.promised("marketplace", "leave room")
def test_a_room_is_a_talk_of_ones_own(market_server: ServerProcess, aio: Aio) -> None:
    """In a room that one has joined a message needs no recipient; each gets it once, strangers not."""

    async def story() -> None:
        async with market(market_server.url) as place, AsyncExitStack() as stack:
            seller, buyer = await place.trader(SELLER_EMAIL), await place.trader(BUYER_EMAIL)
            stranger = await place.trader(OTHER_BUYER_EMAIL)
            mine, theirs, strange = [
                await stack.enter_async_context(one.socket()) for one in (seller, buyer, stranger)
            ]
            room, text = room_of(seller, buyer), unique("in the room")
            line = {"room_id": room, "subject": "A room", "message": text}
            await mine.client.emit(names.EMIT_SEND, line)
            assert (await mine.until("error"))["message"] == "Room not found", "not joined yet"
            await theirs.client.emit(names.EMIT_JOIN, room_of(buyer, seller))
            await mine.client.emit(names.EMIT_JOIN, room)
            await mine.client.emit(names.EMIT_SEND, line)
            for ear in (mine, theirs):
                got = await ear.until(names.EVENT_NEW_MESSAGE, where=lambda one: one["message"] == text)
                assert got["recipient_id"]["_id"] == buyer.id
            for bad in (room, f"{seller.id}_{seller.id}", f"{stranger.id}_x", f"{stranger.id}_{buyer.id}"):
                before = len(strange.all("error"))
                await strange.client.emit(names.EMIT_JOIN, bad)
                await strange.until("error", before + 1)
            await mine.client.emit(names.EMIT_LEAVE, room)
            await mine.client.emit(names.EMIT_SEND, line)
            await mine.until("error", 2)
            await theirs.settled()
            heard = [one for one in theirs.all(names.EVENT_NEW_MESSAGE) if one["message"] == text]
            assert len(heard) == 1

    aio(story())


@pytest.mark.promised("marketplace", "sent delivered read")
def test_a_record_tells_how_far_its_message_has_come(market_server: ServerProcess, aio: Aio) -> None:
    """Sent, then delivered when the recipient's connection is there, then read: with a time each."""

    async def story() -> None:
        async with market(market_server.url) as place:
            seller, rival = await place.trader(SELLER_EMAIL), await place.trader(RIVAL_EMAIL)
            buyer = await place.trader(BUYER_EMAIL)
            record = await rival.sent(buyer, unique("state"))
            assert record.keys().isdisjoint(("deliveredAt", "readAt"))
            path = names.ROUTE_MESSAGE.format(message_id=record["_id"])
            async with rival.socket() as ear:
                async with buyer.socket():
                    await ear.until(
                        names.EVENT_DELIVERED, where=lambda one: one["messageId"] == record["_id"]
                    )
                delivered = (await rival.get(path))["data"]
                assert delivered["deliveredAt"] >= record["createdAt"]
                assert (delivered["status"], "readAt" in delivered) == ("unread", False)
                await buyer.ask("PUT", names.ROUTE_READ.format(message_id=record["_id"]))
                told = await ear.until(names.EVENT_UPDATED, where=lambda one: one["_id"] == record["_id"])
            assert told["status"] == "read"
            assert told["readAt"] >= delivered["deliveredAt"]
            assert (await rival.get(path))["data"] == told
            assert (await seller.ask("GET", path)).status_code == 404

    aio(story())


@pytest.mark.promised("marketplace", "lazy history")
def test_a_talk_comes_in_parts_to_whoever_asks_for_parts(market_server: ServerProcess, aio: Aio) -> None:
    """`limit` and `offset` count from the newest end; each part is oldest first."""

    async def story() -> None:
        async with market(market_server.url) as place:
            rival, buyer = await place.trader(RIVAL_EMAIL), await place.trader(OTHER_BUYER_EMAIL)
            made = [(await buyer.sent(rival, unique("part")))["_id"] for _ in range(5)]
            path = names.ROUTE_CONVERSATION.format(party=buyer.id, kind=buyer.kind)
            newest = await rival.get(path, limit=2)
            before = await rival.get(path, limit=2, offset=2)
            assert [one["_id"] for one in newest["data"]] == made[3:]
            assert [one["_id"] for one in before["data"]] == made[1:3]
            assert newest["totalCount"] == len(await rival.talk(buyer)) >= 5
            assert (await rival.ask("GET", path, params={"limit": "-1"})).status_code == 400

    aio(story())


@pytest.mark.promised("marketplace", "sanitising")
@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("  a\tb\n ", "a\tb"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("bell\x07 escape\x1b[31m null\x00 end\x9f", "bell escape[31m null end"),
        ("<b>bold</b> & שלום 👩‍🔧", "<b>bold</b> & שלום 👩‍🔧"),
    ],
)
def test_what_is_stored_of_a_text(market_server: ServerProcess, aio: Aio, written: str, stored: str) -> None:
    """Text and subject lose blanks at their ends and control characters; what people write stays."""

    async def story() -> None:
        async with market(market_server.url) as place:
            seller, buyer = await place.trader(SELLER_EMAIL), await place.trader(BUYER_EMAIL)
            record = await seller.sent(buyer, written, subject=written)
            assert (record["message"], record["subject"]) == (stored, stored)
            answer = await seller.send(buyer, "\x00\x1b \n")
            assert answer.json()["errors"][0]["msg"] == texts.MSG_CONTENT

    aio(story())


@pytest.mark.promised("marketplace", "batching")
def test_typing_that_comes_thick_and_fast_is_passed_on_once(market_server: ServerProcess, aio: Aio) -> None:
    """Ten times in a row is one event for the other side; the end of typing is never held back."""

    async def story() -> None:
        async with market(market_server.url) as place, AsyncExitStack() as stack:
            rival, buyer = await place.trader(RIVAL_EMAIL), await place.trader(BUYER_EMAIL)
            mine, theirs = [await stack.enter_async_context(one.socket()) for one in (rival, buyer)]

            async def type_(on: bool) -> None:
                await mine.client.emit(names.EMIT_TYPING, {"recipient_id": buyer.id, "is_typing": on})

            for _ in range(10):
                await type_(True)
            await type_(False)
            await type_(True)
            await mine.settled()
            await theirs.settled()
            heard = [one["is_typing"] for one in theirs.all(names.EVENT_TYPING)]
            # A slow machine may take more than a second over ten: then there is one for each second.
            assert heard[-2:] == [False, True]
            assert heard.count(False) == 1
            assert len(heard) < 10

    aio(story())


@pytest.mark.promised("marketplace", "clean-up")
def test_nothing_is_left_of_a_connection(market_server: ServerProcess, aio: Aio) -> None:
    """Whoever comes back is online, types nowhere, and is in no room, whatever was before."""

    async def story() -> None:
        async with market(market_server.url) as place, AsyncExitStack() as stack:
            rival, buyer = await place.trader(RIVAL_EMAIL), await place.trader(BUYER_EMAIL)
            ear = await stack.enter_async_context(buyer.socket())
            async with rival.socket() as mine:
                await mine.client.emit(names.EMIT_JOIN, room_of(rival, buyer))
                await mine.client.emit(names.EMIT_TYPING, {"recipient_id": buyer.id, "is_typing": True})
                await mine.client.emit(names.EMIT_STATUS, {"status": "offline"})
                await ear.until(names.EVENT_STATUS, where=lambda one: one["status"] == "offline")
                await ear.client.emit(names.EMIT_ASK_ONLINE)
                await ear.until(names.EVENT_ONLINE_USERS, where=lambda there: rival.id not in there)
            await ear.until(names.EVENT_TYPING, where=lambda one: not one["is_typing"])
            async with rival.socket() as mine:
                await ear.until(
                    names.EVENT_STATUS, where=lambda one: one == {"userId": rival.id, "status": "online"}
                )
                line = {"room_id": room_of(rival, buyer), "subject": "A room", "message": "text"}
                await mine.client.emit(names.EMIT_SEND, line)
                assert (await mine.until("error"))["message"] == "Room not found"
                # Typing is passed on at once: nothing remembers the earlier one.
                before = len(ear.all(names.EVENT_TYPING))
                await mine.client.emit(names.EMIT_TYPING, {"recipient_id": buyer.id, "is_typing": True})
                await ear.until(names.EVENT_TYPING, before + 1)

    aio(story())


@pytest.mark.promised("marketplace", "pooling")
def test_many_read_while_somebody_writes(tmp_path: Path, aio: Aio) -> None:
    """Readers have connections of their own: a long turn of the writer holds none of them up."""

    async def story() -> None:
        core = DIALECT.build(Ground(tmp_path), Choices(), Variant.PROMISED).core
        await core.open()
        try:
            await seed_market(core)
            people = await core.accounts.listed([names.ROLE_SELLER, names.ROLE_BUYER])
            actors = [
                await core.accounts.by_id(one.id) for one in people if one.email != "new@waiting.example"
            ]

            async def count(number: int) -> Any:
                return await core.receipts.unread_total(actors[number % len(actors)])

            async with core.database.writing():
                counts = await asyncio.wait_for(asyncio.gather(*(count(number) for number in range(60))), 15)
            assert len(counts) == 60
            assert sum(counts) > 0
        finally:
            await core.close()

    aio(story())
