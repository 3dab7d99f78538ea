"""The recorded marketplace: faults that no capture plays, or only partly."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

from chatdesk.server.core.service import DATABASE_NAME
from chatdesk.server.demo.market import (
    ADMIN_EMAIL,
    BUYER_EMAIL,
    EMPLOYEE_EMAIL,
    OTHER_BUYER_EMAIL,
    PENDING_EMAIL,
    RIVAL_EMAIL,
    SELLER_EMAIL,
)
from chatdesk.server.dialect import Variant
from chatdesk.server.dialects.marketplace.as_is.vocabulary import FAILED_LOGINS
from chatdesk.wire.marketplace import names, texts
from tests.conftest import Aio
from tests.server.market import Market, fill_in, in_process
from tests.server.test_core import FakeClock

GONE = "0" * 24
PNG = b"\x89PNG\r\n\x1a\n" + bytes(16)


@asynccontextmanager
async def recorded(folder: Path, *filled: str, clock: FakeClock | None = None) -> AsyncIterator[Market]:
    """The recorded server without a network; `filled` have a kind."""
    async with in_process(folder, Variant.AS_IS, clock) as place:
        fill_in(folder, *filled)
        yield place


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
