"""The recorded marketplace's socket: who is who, who hears what, and how it ends."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from chatdesk.server.chat_server import socket_server
from chatdesk.server.core.service import Ground
from chatdesk.server.demo.market import BUYER_EMAIL, SELLER_EMAIL
from chatdesk.server.dialect import Choices, Variant
from chatdesk.server.dialects.marketplace.app import DIALECT, RECORDED_SETTINGS
from chatdesk.server.dialects.marketplace.as_is.sockets import RecordedSockets
from chatdesk.server.sockets import MISSING
from chatdesk.wire.marketplace import names
from tests.conftest import Aio
from tests.server.conftest import MakeServer
from tests.server.market import WAIT_S, Ear, fill_in, market
from tests.server.people import unique
from tests.server.process import ServerProcess

NOTHING: tuple[Any, ...] = ()


@pytest.fixture(scope="module")
def recorded_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """One recorded server for the tests that do not end it; it says nothing on stderr."""
    folder = tmp_path_factory.mktemp("recorded") / "data"
    with ServerProcess(folder, platform="marketplace", seed="demo", as_is=True) as server:
        yield server
    assert server.log.read_text(encoding="utf-8") == ""


@asynccontextmanager
async def stranger(url: str, *ids: Any, **more: Any) -> AsyncIterator[Ear]:
    """A connection without a token that says that it is these."""
    ear = Ear()
    await ear.client.connect(url, transports=["websocket"], wait_timeout=WAIT_S, **more)
    try:
        for one in ids:
            # The library takes a tuple for all arguments, and null for none.
            await ear.client.emit(names.EMIT_REGISTER, one if one == NOTHING else (one,))
        await settled(ear)
        yield ear
    finally:
        await ear.client.disconnect()


async def settled(ear: Ear) -> None:
    """Everything said before was heard: whatever is relayed is answered, and in turn."""
    mark = unique("mark")
    await ear.client.emit(names.EMIT_SEND, {"id": mark})
    await ear.until(names.EVENT_DELIVERED, where=lambda told: told.get("messageId") == mark)


def statuses(ear: Ear) -> list[Any]:
    return ear.all(names.EVENT_STATUS)


def test_anything_may_be_an_id(recorded_server: ServerProcess, aio: Aio) -> None:
    """Texts, numbers, null, objects and nothing; a text is no number, and no two objects are the same."""

    async def story() -> None:
        async with AsyncExitStack() as stack:
            url = recorded_server.url
            witness = await stack.enter_async_context(stranger(url, headers={"Origin": "http://x.example"}))
            text, number, null, thing, nothing = [
                await stack.enter_async_context(stranger(url, one))
                for one in ("7", 7, None, {"a": 1}, NOTHING)
            ]
            told = [{"userId": one, "status": "online"} for one in ("7", 7, None, {"a": 1})]
            await settled(witness)
            assert statuses(witness) == [*told, {"status": "online"}]
            for one in ("7", 7, None, {"a": 1}):
                line = {"id": unique("id"), "recipient_id": one, "message": repr(one)}
                await witness.client.emit(names.EMIT_SEND, line)
            await witness.client.emit(names.EMIT_SEND, "just words")
            await settled(witness)
            for ear in (text, number, null, thing, nothing):
                await settled(ear)
            heard = [ear.all(names.EVENT_NEW_MESSAGE) for ear in (text, number, null, thing, nothing)]
            assert [[one["message"] for one in some] for some in heard[:4]] == [["'7'"], ["7"], ["None"], []]
            # Whoever is nobody gets what is for nobody, every mark of everybody included.
            assert "just words" in heard[4]
            # What has no id is delivered without one.
            assert [one for one in witness.all(names.EVENT_DELIVERED) if "messageId" not in one]

    aio(story())


def test_of_several_ids_the_first_alone_goes_offline(recorded_server: ServerProcess, aio: Aio) -> None:
    """The others stay with a connection that is gone: what is sent to them is said to be delivered."""

    async def story() -> None:
        async with stranger(recorded_server.url) as witness:
            first, second = unique("a"), unique("b")
            async with stranger(recorded_server.url, first, second):
                pass
            gone = await witness.until(names.EVENT_STATUS, where=lambda told: told["status"] == "offline")
            assert gone["userId"] == first
            line = {"id": unique("id"), "recipient_id": second}
            await witness.client.emit(names.EMIT_SEND, line)
            await witness.until(names.EVENT_DELIVERED, where=lambda told: told.get("messageId") == line["id"])
            told = [one["status"] for one in statuses(witness) if one["userId"] == second]
            assert told == ["online"]

    aio(story())


def test_what_is_too_large_closes_the_connection(recorded_server: ServerProcess, aio: Aio) -> None:
    """Over a megabyte: offline, and everybody else goes on."""

    async def story() -> None:
        async with stranger(recorded_server.url) as witness:
            loud = unique("loud")
            async with stranger(recorded_server.url, loud) as ear:
                await ear.client.emit(names.EMIT_SEND, {"recipient_id": "x", "message": "x" * 1_100_000})
                left = {"userId": loud, "status": "offline"}
                await witness.until(names.EVENT_STATUS, where=lambda told: told == left)
            await settled(witness)

    aio(story())


def test_routes_tell_everybody_and_relays_one(recorded_server: ServerProcess, aio: Aio) -> None:
    """With kinds filled in, a stored message goes to every connection, its reading too; a relay to one."""
    fill_in(recorded_server.data_dir, SELLER_EMAIL, BUYER_EMAIL)
    url = recorded_server.url

    async def story() -> None:
        async with market(url) as place, stranger(url) as ear:
            seller, buyer = await place.trader(SELLER_EMAIL), await place.trader(BUYER_EMAIL)
            record = await seller.sent(buyer, "for one pair of eyes")
            assert await ear.until(names.EVENT_NEW_MESSAGE) == record
            await buyer.ask("PUT", names.ROUTE_READ.format(message_id=record["_id"]))
            assert (await ear.until(names.EVENT_UPDATED))["_id"] == record["_id"]
            read = await ear.until(names.EVENT_READ)
            assert (read["message_id"], read["reader_id"]) == (record["_id"], buyer.id)
            async with stranger(url, buyer.id) as thief:
                await ear.client.emit(names.EMIT_SEND, {"recipient_id": buyer.id, "message": "relayed"})
                await thief.until(names.EVENT_NEW_MESSAGE, where=lambda one: one["message"] == "relayed")
            assert "relayed" not in [one["message"] for one in await buyer.talk(seller)]

    aio(story())


@pytest.mark.parametrize("event", [names.EMIT_SEND, names.EMIT_TYPING, names.EMIT_MARK_READ])
@pytest.mark.parametrize("payload", [None, MISSING], ids=["null", "nothing"])
def test_a_null_is_the_end(tmp_path: Path, aio: Aio, event: str, payload: Any) -> None:
    """Of the three events that look into what they got, and of nothing else; afterwards nothing is heard."""

    async def story() -> None:
        core = DIALECT.build(Ground(tmp_path), Choices(), Variant.AS_IS).core
        sockets = RecordedSockets(socket_server(RECORDED_SETTINGS), core)
        ended: list[str] = []
        sockets.crash = lambda: ended.append(event)
        nobody = await sockets.holder({}, None)
        handlers = sockets.handlers()
        await handlers[names.EMIT_REGISTER]("sid", nobody, payload)
        values: list[Any] = [7, "text", [], {}, True]
        for value in values:
            await handlers[event]("sid", nobody, value)
        assert ended == []
        await handlers[event]("sid", nobody, payload)
        assert ended == [event]

    aio(story())


def test_a_null_ends_the_process(make_server: MakeServer, aio: Aio) -> None:
    """For everybody, with status 1 and not a word."""
    server = make_server(platform="marketplace", as_is=True)

    async def story() -> None:
        async with stranger(server.url, "somebody") as other, stranger(server.url) as ear:
            cut = asyncio.Event()
            other.client.on("disconnect", lambda *_reason: cut.set())
            for event in (names.EMIT_JOIN, names.EMIT_LEAVE, names.EMIT_STATUS, names.EMIT_ASK_ONLINE):
                await ear.client.emit(event, (None,))
                await ear.client.emit(event)
            await settled(ear)
            await ear.client.emit(names.EMIT_SEND, (None,))
            await asyncio.wait_for(cut.wait(), WAIT_S)
        end = time.monotonic() + WAIT_S
        while server.running:
            assert time.monotonic() < end, "it goes on"
            await asyncio.sleep(0.01)
        assert statuses(other) == [], "nobody is told"

    aio(story())
    assert server.wait() == 1
    assert server.log.read_text(encoding="utf-8") == ""
