"""Bad input at every route of the marketplace: an error in its envelope, and a server that lives."""

from __future__ import annotations

from typing import Any

import pytest

from chatdesk.server.demo.market import ADMIN_EMAIL, BUYER_EMAIL, OTHER_BUYER_EMAIL, SELLER_EMAIL
from chatdesk.wire.marketplace import names, texts
from tests.conftest import Aio
from tests.server.market import Market, market
from tests.server.process import ServerProcess

NO_ID = "not-an-id"
GONE = "0" * 24
BODIES = [
    b"",
    b"null",
    b"[]",
    b"7",
    b'"text"',
    b"{",
    b"\xff\xfe",
    b'{"a":' * 2_000,
    b'{"message": "\\ud800"}',
]
WRITES = [
    ("POST", names.ROUTE_LOGIN),
    ("POST", names.ROUTE_SEND),
    ("POST", names.ROUTE_RFQS),
    ("POST", names.ROUTE_QUOTE.format(rfq=GONE)),
    ("PUT", names.ROUTE_RFQ.format(rfq=GONE)),
    ("PUT", names.ROUTE_READ.format(message_id=GONE)),
    ("DELETE", names.ROUTE_RFQ.format(rfq=GONE)),
]
READS: list[tuple[str, dict[str, Any], int]] = [
    (names.ROUTE_INBOX, {"offset": -5}, 400),
    (names.ROUTE_INBOX, {"limit": "many"}, 400),
    (names.ROUTE_SENT, {"limit": "9" * 400}, 400),
    (names.ROUTE_SENT, {"offset": 10**9}, 200),
    (names.ROUTE_CONVERSATION.format(party=NO_ID, kind="Buyer"), {}, 400),
    (names.ROUTE_CONVERSATION.format(party=GONE, kind="Buyer"), {}, 200),
    (names.ROUTE_CONVERSATION.format(party=GONE, kind="Robot"), {}, 400),
    (names.ROUTE_MESSAGE.format(message_id=NO_ID), {}, 404),
    (names.ROUTE_MESSAGE.format(message_id=GONE), {}, 404),
    (names.ROUTE_SEARCH, {"q": "x"}, 404),
    (names.ROUTE_SELLER.format(person=NO_ID), {}, 400),
    (names.ROUTE_BUYER.format(person=GONE), {}, 404),
    (names.ROUTE_PRODUCTS, {"page": 0}, 400),
    (names.ROUTE_PRODUCTS, {"search": "x" * 300}, 400),
    (names.ROUTE_PRODUCTS, {"search": "\0"}, 400),
    (names.ROUTE_PRODUCTS, {"search": "%_\\"}, 200),
    (names.ROUTE_PRODUCTS, {"seller_id": NO_ID}, 400),
    (names.ROUTE_RFQS, {"status": "nonsense"}, 400),
    (names.ROUTE_RFQ.format(rfq=NO_ID), {}, 400),
]


async def lives(place: Market) -> None:
    assert (await place.http.get(names.ROUTE_HEALTH)).json()["status"] == texts.HEALTHY


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
def test_a_bad_body_is_refused_everywhere(market_server: ServerProcess, aio: Aio, body: bytes) -> None:
    """No JSON, other types than objects, half of a surrogate pair: 4xx and a sentence, never 500."""

    async def story() -> None:
        async with market(market_server.url) as place:
            for email in (SELLER_EMAIL, BUYER_EMAIL, ADMIN_EMAIL):
                person = await place.trader(email)
                for method, path in WRITES:
                    headers = {"Content-Type": "application/json"}
                    answer = await person.ask(method, path, content=body, headers=headers)
                    assert 400 <= answer.status_code < 500, (method, path, answer.text)
                    assert answer.json()["success"] is False
                    assert answer.json()["message"]
            await lives(place)

    aio(story())


@pytest.mark.parametrize(("path", "query", "status"), READS)
def test_a_bad_question_is_refused(
    market_server: ServerProcess, aio: Aio, path: str, query: dict[str, Any], status: int
) -> None:
    """Ids that are none, pages that are none, and searches for nothing a database can look for."""

    async def story() -> None:
        async with market(market_server.url) as place:
            admin = await place.trader(ADMIN_EMAIL)
            answer = await admin.ask("GET", path, params=query)
            assert answer.status_code == status, answer.text
            assert answer.json()
            await lives(place)

    aio(story())


def test_other_peoples_things_stay_theirs(market_server: ServerProcess, aio: Aio) -> None:
    """A stranger reads, marks and changes nothing, and is not told whether it exists."""

    async def story() -> None:
        async with market(market_server.url) as place:
            seller, buyer = await place.trader(SELLER_EMAIL), await place.trader(BUYER_EMAIL)
            stranger = await place.trader(OTHER_BUYER_EMAIL)
            message = (await seller.sent(buyer, "between us"))["_id"]
            for method, path in (("GET", names.ROUTE_MESSAGE), ("PUT", names.ROUTE_READ)):
                answer = await stranger.ask(method, path.format(message_id=message))
                assert (answer.status_code, answer.json()["message"]) == (404, texts.ERR_NO_MESSAGE)
            assert (await buyer.talk(seller))[-1]["status"] == "unread"
            assert message not in [one["_id"] for one in (await stranger.get(names.ROUTE_INBOX))["data"]]
            async with stranger.socket() as ear:
                await ear.client.emit(names.EMIT_MARK_READ, {"message_id": message, "reader_id": buyer.id})
                assert (await ear.until("error"))["message"] == texts.ERR_NO_MESSAGE
                await ear.client.emit(names.EMIT_JOIN, "anything")
                await ear.until("error", 2)
            request = (await buyer.get(names.ROUTE_BUYER_RFQS))[0]["_id"]
            path = names.ROUTE_RFQ.format(rfq=request)
            assert (await stranger.ask("PUT", path, json={"title": "mine"})).status_code == 403
            assert (await stranger.ask("DELETE", path)).status_code == 403

    aio(story())


def test_what_is_too_large_is_said_to_be(market_server: ServerProcess, aio: Aio) -> None:
    """A text beyond the limit is 400, a body beyond 10 MB 413, and both leave nothing behind."""

    async def story() -> None:
        async with market(market_server.url) as place:
            seller, buyer = await place.trader(SELLER_EMAIL), await place.trader(BUYER_EMAIL)
            before = len(await buyer.talk(seller))
            assert (await seller.send(buyer, "x" * (names.TEXT_LIMIT_CHARS + 1))).status_code == 400
            assert (await seller.send(buyer, "x" * names.BODY_LIMIT_BYTES)).status_code == 413
            assert len(await buyer.talk(seller)) == before
            assert (await seller.sent(buyer, "x" * names.TEXT_LIMIT_CHARS))["message"]

    aio(story())
