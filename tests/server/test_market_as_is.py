"""The recorded marketplace: faults that no capture plays, or only partly."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from chatdesk.server.chat_server import socket_server
from chatdesk.server.core.service import DATABASE_NAME, Ground
from chatdesk.server.demo.market import (
    ADMIN_EMAIL,
    BUYER_EMAIL,
    EMPLOYEE_EMAIL,
    OTHER_BUYER_EMAIL,
    PENDING_EMAIL,
    RIVAL_EMAIL,
    SELLER_EMAIL,
)
from chatdesk.server.dialect import Choices, Variant
from chatdesk.server.dialects.marketplace.app import DIALECT, RECORDED_SETTINGS
from chatdesk.server.dialects.marketplace.as_is.sockets import RecordedSockets
from chatdesk.server.dialects.marketplace.as_is.vocabulary import FAILED_LOGINS
from chatdesk.server.sockets import MISSING
from chatdesk.wire.marketplace import names, texts
from tests.conftest import Aio
from tests.server.conftest import MakeServer
from tests.server.market import WAIT_S, Ear, Market, market
from tests.server.people import unique
from tests.server.process import ServerProcess
from tests.server.test_core import FakeClock

GONE = "0" * 24
NOTHING: tuple[Any, ...] = ()
PNG = b"\x89PNG\r\n\x1a\n" + bytes(16)


@asynccontextmanager
async def recorded(folder: Path, *filled: str, clock: FakeClock | None = None) -> AsyncIterator[Market]:
    """The recorded server without a network, with the demonstration's people; `filled` have a kind."""
    server = DIALECT.build(Ground(folder, clock), Choices(), Variant.AS_IS)
    await server.open()
    assert DIALECT.seed is not None
    await DIALECT.seed(server.core)
    fill_in(folder, *filled)
    place = Market(f"http://{unique('as-is').replace(' ', '-')}.test")
    await place.http.aclose()
    place.http = httpx.AsyncClient(base_url=place.url, transport=httpx.ASGITransport(app=server.app))
    try:
        yield place
    finally:
        await place.http.aclose()
        await server.close()


def fill_in(folder: Path, *emails: str) -> None:
    """Write down what these people are in messages, as whoever runs the server may do."""
    say = "UPDATE users SET profile = json_set(profile, '$.role', ?) WHERE email = ?"
    with closing(sqlite3.connect(folder / DATABASE_NAME)) as database:
        for email in emails:
            role = database.execute("SELECT role FROM users WHERE email = ?", (email,)).fetchone()[0]
            database.execute(say, (role.capitalize(), email))
        database.commit()


def stored(folder: Path) -> list[tuple[str, str]]:
    """Id and text of every message."""
    with closing(sqlite3.connect(folder / DATABASE_NAME)) as database:
        return database.execute("SELECT id, text FROM messages ORDER BY created_ms").fetchall()


def test_without_a_kind_nothing_is_sent_and_nothing_is_found(tmp_path: Path, aio: Aio) -> None:
    """For every sort of account, although the database holds messages of theirs."""

    async def story() -> None:
        async with recorded(tmp_path) as place:
            held = stored(tmp_path)
            assert held
            seller, buyer = await place.trader(SELLER_EMAIL), await place.trader(BUYER_EMAIL)
            for email in (SELLER_EMAIL, BUYER_EMAIL, EMPLOYEE_EMAIL, ADMIN_EMAIL):
                one = await place.trader(email)
                answer = await one.send(buyer if one.id == seller.id else seller, "anybody?")
                assert (answer.status_code, answer.json()) == (
                    500,
                    {"success": False, "message": texts.ERR_INTERNAL},
                )
                for path in (names.ROUTE_INBOX, names.ROUTE_SENT):
                    listed = await one.get(path)
                    assert (listed["data"], listed["totalCount"]) == ([], 0)
                assert (await one.talk(buyer), await one.unread()) == ([], 0)
                for method, route in (("GET", names.ROUTE_MESSAGE), ("PUT", names.ROUTE_READ)):
                    answer = await one.ask(method, route.format(message_id=held[0][0]))
                    assert (answer.status_code, answer.json()["message"]) == (404, texts.ERR_NO_MESSAGE)
            # What is wrong with the request itself is said before.
            assert (await seller.send(buyer, "")).status_code == 400
            nobody = seller.letter(buyer, "text") | {"recipient_id": GONE}
            assert (await seller.ask("POST", names.ROUTE_SEND, json=nobody)).status_code == 404
            assert stored(tmp_path) == held

    aio(story())


LETTERS: list[tuple[dict[str, Any], int, str]] = [
    ({"recipient_id": ""}, 400, texts.MSG_RECIPIENT),
    ({"recipient_id": None}, 400, texts.MSG_RECIPIENT),
    ({"recipient_type": "buyer"}, 400, texts.MSG_KIND),
    ({"recipient_type": ["Buyer"]}, 400, texts.MSG_KIND),
    ({"subject": ""}, 400, texts.MSG_SUBJECT),
    ({"message": None}, 400, texts.MSG_CONTENT),
    ({"recipient_id": "no-id"}, 500, texts.ERR_INTERNAL),
    ({"recipient_id": {"_id": GONE}}, 500, texts.ERR_INTERNAL),
    ({"message": "  "}, 500, texts.ERR_INTERNAL),
    ({"subject": " \n"}, 500, texts.ERR_INTERNAL),
    ({"message": {"a": 1}}, 500, texts.ERR_INTERNAL),
    ({"message": ["x"]}, 500, texts.ERR_INTERNAL),
    ({"message_type": "product_inquiry"}, 500, texts.ERR_INTERNAL),
    ({"message_type": ["rfq"]}, 500, texts.ERR_INTERNAL),
]


def test_a_letter_that_the_database_does_not_take_is_an_internal_error(tmp_path: Path, aio: Aio) -> None:
    """Empty fields are named; blanks, objects and unknown topics are 500; a number is a text."""

    async def story() -> None:
        async with recorded(tmp_path, SELLER_EMAIL, BUYER_EMAIL) as place:
            seller, buyer = await place.trader(SELLER_EMAIL), await place.trader(BUYER_EMAIL)
            held = stored(tmp_path)
            for change, status, text in LETTERS:
                answer = await seller.send(buyer, "text", **change)
                found = answer.json()
                told = found["errors"][0]["msg"] if status == 400 else found["message"]
                assert (answer.status_code, told) == (status, text), change
            nothings: list[Any] = [[], None]
            for body in nothings:
                answer = await seller.ask("POST", names.ROUTE_SEND, json=body)
                assert len(answer.json()["errors"]) == 4
                assert all("value" not in one for one in answer.json()["errors"])
            assert stored(tmp_path) == held
            record = await seller.sent(buyer, " \x07kept ", message_type="rfq", clientId="mine")
            assert (record["message"], record["message_type"]) == ("\x07kept", "rfq")
            assert record.keys().isdisjoint({"seq", "clientId", "deliveredAt", "readAt"})
            assert (await seller.sent(buyer, "text", message=7))["message"] == "7"
            # No client id is known: the same letter twice is two messages.
            for _ in range(2):
                await seller.sent(buyer, "again", clientId="mine")
            assert [one["message"] for one in await buyer.talk(seller)][-2:] == ["again", "again"]

    aio(story())


def test_whoever_has_a_kind_may_write_to_anybody(tmp_path: Path, aio: Aio) -> None:
    """Buyers to buyers, and to themselves; the other side finds it only if it has a kind as well."""

    async def story() -> None:
        async with recorded(tmp_path, BUYER_EMAIL, SELLER_EMAIL, RIVAL_EMAIL) as place:
            buyer, other = await place.trader(BUYER_EMAIL), await place.trader(OTHER_BUYER_EMAIL)
            seller, rival = await place.trader(SELLER_EMAIL), await place.trader(RIVAL_EMAIL)
            mine = await buyer.sent(buyer, "a note to myself")
            assert mine["recipient_id"] == mine["sender_id"]
            assert (await buyer.talk(buyer))[-1] == mine
            assert (await buyer.sent(other, "buyer to buyer"))["recipient_type"] == "Buyer"
            assert await other.talk(buyer) == []
            record = await seller.sent(rival, "seller to seller")
            path = names.ROUTE_READ.format(message_id=record["_id"])
            first, again = [(await rival.ask("PUT", path)).json()["data"] for _ in range(2)]
            assert (first["status"], again["status"]) == ("read", "read")
            assert again["updatedAt"] >= first["updatedAt"] >= record["updatedAt"]
            assert (await rival.get(names.ROUTE_MESSAGE.format(message_id=record["_id"])))["data"] == again
            # Of the wrong kind there is no talk.
            wrong = names.ROUTE_CONVERSATION.format(party=rival.id, kind="Buyer")
            assert (await seller.get(wrong))["data"] == []

    aio(story())


def test_pages_and_ids_go_to_the_database_as_they_are(tmp_path: Path, aio: Aio) -> None:
    """What is no number or no id is an internal error; a limit of 0 is none; a word is taken for an id."""

    async def story() -> None:
        async with recorded(tmp_path, SELLER_EMAIL) as place:
            seller = await place.trader(SELLER_EMAIL)
            every = await seller.get(names.ROUTE_INBOX, limit=0)
            assert len(every["data"]) == every["totalCount"] > 5
            assert (await seller.get(names.ROUTE_INBOX, status="read", search="x")) == every
            for path, query in (
                (names.ROUTE_INBOX, {"offset": "-5"}),
                (names.ROUTE_SENT, {"limit": "many"}),
                (names.ROUTE_CONVERSATION.format(party="no-id", kind="Buyer"), {}),
                (names.ROUTE_MESSAGE.format(message_id="no-id"), {}),
                (names.ROUTE_SEARCH, {"q": "x"}),
            ):
                answer = await seller.ask("GET", path, params=query)
                assert (answer.status_code, answer.json()["message"]) == (500, texts.ERR_INTERNAL), path

    aio(story())


def test_the_lock_of_one_locks_everybody_behind_the_address(tmp_path: Path, aio: Aio) -> None:
    """Failures for several addresses add up to a lock on the client, for an hour, and nobody is told so."""
    clock = FakeClock()

    async def story() -> None:
        async with recorded(tmp_path, clock=clock) as place:
            for number in range(FAILED_LOGINS):
                assert (await place.login(f"nobody{number}@example.test")).status_code == 401
            answer = await place.login(BUYER_EMAIL)
            assert (answer.status_code, answer.json()["message"]) == (429, texts.ERR_LOCKED)
            assert "retry-after" not in answer.headers
            clock.ms += 3_600_000
            assert (await place.login(BUYER_EMAIL)).status_code == 200
            assert (await place.login(PENDING_EMAIL)).json()["approvalStatus"] == "pending"
            answer = await place.http.post(names.ROUTE_LOGIN, json={"email": {"$gt": ""}, "password": "x"})
            assert (answer.status_code, answer.json()["message"]) == (500, texts.ERR_LOGIN)
            assert (await place.http.post(names.ROUTE_LOGIN, json=[])).json()["message"] == texts.ERR_MISSING

    aio(story())


def test_requests_as_recorded(tmp_path: Path, aio: Aio) -> None:
    """Sellers see none and may quote all the same; errors have no `success`; nonsense is a server error."""

    async def story() -> None:
        async with recorded(tmp_path) as place:
            seller, buyer = await place.trader(SELLER_EMAIL), await place.trader(BUYER_EMAIL)
            other = await place.trader(OTHER_BUYER_EMAIL)
            assert await seller.get(names.ROUTE_SELLER_RFQS) == []
            mine = await buyer.get(names.ROUTE_BUYER_RFQS)
            assert await buyer.get(names.ROUTE_BUYER_RFQS, status="nonsense") == []
            rfq = next(one["_id"] for one in mine if one["status"] == "open")
            path, quote = names.ROUTE_RFQ.format(rfq=rfq), names.ROUTE_QUOTE.format(rfq=rfq)
            quoted = await seller.ask("POST", quote, json={"quotePrice": 1, "deliveryTime": 2})
            assert quoted.json()["response"].keys().isdisjoint({"_id"})
            for one, method, where, body, status in (
                (buyer, "PUT", path, {"status": "nonsense"}, 500),
                (buyer, "PUT", path, {"status": ["open"]}, 500),
                (buyer, "PUT", names.ROUTE_RFQ.format(rfq="no-id"), {"status": "open"}, 500),
                (other, "PUT", path, {"status": "open"}, 403),
                (buyer, "PUT", names.ROUTE_RFQ.format(rfq=GONE), {"status": "open"}, 404),
                (seller, "POST", quote, {"quotePrice": "x"}, 500),
                (buyer, "POST", names.ROUTE_RFQS, {"title": ""}, 500),
            ):
                answer = await one.ask(method, where, json=body)
                assert (answer.status_code, list(answer.json())) == (status, ["message"]), answer.text
            answer = await buyer.ask("GET", path)
            assert answer.json() == {"success": False, "message": texts.ERR_ROLE}

    aio(story())


def test_what_no_route_is_asked_for(tmp_path: Path, aio: Aio) -> None:
    """Pages of other addresses, broken and too large bodies are internal errors; so are files of no use."""

    async def story() -> None:
        async with recorded(tmp_path) as place:
            seller = await place.trader(SELLER_EMAIL)
            for origin, status in (
                ("https://elsewhere.example", 500),
                ("http://[", 500),
                (place.url, 200),
                ("http://localhost:5173", 200),
            ):
                answer = await seller.ask("GET", names.ROUTE_INBOX, headers={"Origin": origin})
                assert answer.status_code == status, origin
            assert (await place.http.get(names.ROUTE_BUYERS)).json()[0]["email"]
            answer = await place.http.get(names.ROUTE_SELLER.format(person="me"))
            assert (answer.status_code, list(answer.json())) == (500, ["error"])
            headers = {"Content-Type": "application/json"}
            for body in (b"{", b"7", b'"text"', b" " * (names.BODY_LIMIT_BYTES + 1)):
                for path in (names.ROUTE_SEND, names.ROUTE_LOGIN):
                    answer = await seller.ask("POST", path, content=body, headers=headers)
                    assert (answer.status_code, answer.json()["success"]) == (500, False)
            product = (await seller.get(names.ROUTE_OWN_PRODUCTS))["products"][0]["_id"]
            path = names.ROUTE_PRODUCT_IMAGES.format(product=product)
            for field, name, text in (
                ("images", "a.gif", texts.ERR_IMAGE_TYPE),
                ("image", "a.png", texts.ERR_IMAGE_FIELD),
            ):
                answer = await seller.ask("POST", path, files=[(field, (name, PNG))])
                assert (answer.status_code, answer.json()["message"]) == (500, text)
            answer = await place.http.get(names.ROUTE_PRODUCTS, params={"page": "0"})
            assert (answer.status_code, answer.json()) == (500, {"message": texts.ERR_SERVER})

    aio(story())


# -- over real sockets


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
    """For everybody, with status 1 and not a word; then it can be started again."""
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
    assert server.stop() == 1
    assert server.log.read_text(encoding="utf-8") == ""
    server.start()
