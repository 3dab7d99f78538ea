"""The marketplace in its promising mode: what is sent is stored, and only those concerned hear of it."""

from __future__ import annotations

from contextlib import AsyncExitStack
from functools import partial
from typing import Any

import pytest

from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.demo.market import (
    ADMIN_EMAIL,
    EMPLOYEE_EMAIL,
    OTHER_BUYER_EMAIL,
    RIVAL_EMAIL,
    SELLER_EMAIL,
)
from chatdesk.server.dialects.marketplace.vocabulary import login_refusal, refusal
from chatdesk.wire.marketplace import names, texts
from tests.conftest import Aio
from tests.server.conftest import MakeServer
from tests.server.market import market, pair
from tests.server.people import unique
from tests.server.process import ServerProcess


@pytest.mark.promised("marketplace", "instant delivery")
@pytest.mark.promised("marketplace", "new message")
@pytest.mark.promised("marketplace", "send route")
@pytest.mark.promised("marketplace", "one message")
def test_a_message_reaches_both_and_nobody_else(market_server: ServerProcess, aio: Aio) -> None:
    """All connections of sender and recipient get the record of the answer; a stranger gets nothing."""

    async def story() -> None:
        async with market(market_server.url) as place, AsyncExitStack() as stack:
            seller, buyer = await pair(place)
            stranger = await place.trader(OTHER_BUYER_EMAIL)
            ears = [
                await stack.enter_async_context(one.socket()) for one in (seller, seller, buyer, stranger)
            ]
            text = unique("offer")
            record = await seller.sent(buyer, f"  {text} ", message_type="rfq", subject=" A price ")
            assert record["message"] == text
            assert (record["subject"], record["message_type"], record["status"]) == (
                "A price",
                "rfq",
                "unread",
            )
            assert (record["sender_id"]["_id"], record["recipient_id"]["_id"]) == (seller.id, buyer.id)
            assert (record["sender_type"], record["recipient_type"]) == ("Seller", "Buyer")
            for ear in ears[:3]:
                assert (
                    await ear.until(names.EVENT_NEW_MESSAGE, where=lambda one: one["message"] == text)
                    == record
                )
            await ears[0].until(names.EVENT_DELIVERED, where=lambda one: one["messageId"] == record["_id"])
            await ears[3].settled()
            assert ears[3].all(names.EVENT_NEW_MESSAGE) == []
            kept = (await buyer.talk(seller))[-1]
            assert kept == (await seller.talk(buyer))[-1] == record | {"deliveredAt": kept["deliveredAt"]}
            # A stranger's talk with the buyer is theirs; this message is none of it.
            answer = await stranger.ask("GET", names.ROUTE_MESSAGE.format(message_id=record["_id"]))
            assert (answer.status_code, answer.json()["message"]) == (404, texts.ERR_NO_MESSAGE)

    aio(story())


@pytest.mark.promised("marketplace", "inbox")
@pytest.mark.promised("marketplace", "sent")
@pytest.mark.promised("marketplace", "sorted by time")
@pytest.mark.promised("marketplace", "conversation history")
@pytest.mark.promised("marketplace", "conversation route")
def test_inbox_and_sent_are_the_two_sides(market_server: ServerProcess, aio: Aio) -> None:
    """Newest first, with the own side as a plain id; a conversation is oldest first, with both as objects."""

    async def story() -> None:
        async with market(market_server.url) as place:
            seller, buyer = await pair(place)
            made = [(await seller.sent(buyer, unique("line")))["_id"] for _ in range(3)]
            inbox = await buyer.get(names.ROUTE_INBOX, limit=2, offset=1)
            assert [one["_id"] for one in inbox["data"]] == [made[1], made[0]]
            assert inbox["totalCount"] >= 3
            assert inbox["data"][0]["recipient_id"] == buyer.id
            assert inbox["data"][0]["sender_id"]["_id"] == seller.id
            sent = (await seller.get(names.ROUTE_SENT, limit=3))["data"]
            assert [one["_id"] for one in sent] == made[::-1]
            assert (sent[0]["sender_id"], sent[0]["recipient_id"]["_id"]) == (seller.id, buyer.id)
            assert [one["_id"] for one in (await seller.talk(buyer))[-3:]] == made

    aio(story())


@pytest.mark.promised("marketplace", "read receipts")
@pytest.mark.promised("marketplace", "read route")
@pytest.mark.promised("marketplace", "unread count")
@pytest.mark.promised("marketplace", "mark as read")
def test_reading_is_told_and_counted(market_server: ServerProcess, aio: Aio) -> None:
    """Reading marks one message, lowers the count by one, and tells both sides; looking does not mark."""

    async def story() -> None:
        async with market(market_server.url) as place, AsyncExitStack() as stack:
            seller, buyer = await pair(place)
            ears = [await stack.enter_async_context(one.socket()) for one in (seller, buyer)]
            first = await seller.sent(buyer, unique("first"))
            second = await seller.sent(buyer, unique("second"))
            count = await buyer.unread()
            path = names.ROUTE_MESSAGE.format(message_id=first["_id"])
            assert (await buyer.get(path))["data"]["status"] == "unread"
            assert await buyer.unread() == count
            for _ in range(2):
                answer = await buyer.ask("PUT", names.ROUTE_READ.format(message_id=first["_id"]))
                assert (answer.status_code, answer.json()["data"]["status"]) == (200, "read")
            assert await buyer.unread() == count - 1
            for ear in ears:
                await ear.until(names.EVENT_READ, 2, where=lambda one: one["message_id"] == first["_id"])
                told = await ear.until(names.EVENT_UPDATED, where=lambda one: one["_id"] == first["_id"])
                assert told["status"] == "read"
            # The author has nothing to read there.
            answer = await seller.ask("PUT", names.ROUTE_READ.format(message_id=second["_id"]))
            assert answer.status_code == 404
            # The socket does the same.
            mark = {"message_id": second["_id"], "recipient_id": seller.id, "reader_id": buyer.id}
            await ears[1].client.emit(names.EMIT_MARK_READ, mark)
            told = await ears[0].until(names.EVENT_READ, where=lambda one: one["message_id"] == second["_id"])
            assert told["reader_id"] == buyer.id
            assert (await seller.talk(buyer))[-1]["status"] == "read"

    aio(story())


@pytest.mark.promised("marketplace", "send message")
def test_a_relay_is_stored_once_and_its_id_comes_back(market_server: ServerProcess, aio: Aio) -> None:
    """`send_message` keeps the message; the same id again stores nothing new, and the copies carry the id."""

    async def story() -> None:
        async with market(market_server.url) as place, AsyncExitStack() as stack:
            seller, buyer = await pair(place)
            mine, theirs = [await stack.enter_async_context(one.socket()) for one in (seller, buyer)]
            text, own_id = unique("relay"), unique("id")
            # Whoever the payload names as its sender: it is the one who is signed in.
            for _ in range(2):
                await mine.client.emit(
                    names.EMIT_SEND, seller.letter(buyer, text, id=own_id, sender_id=buyer.id)
                )
            got = await theirs.until(names.EVENT_NEW_MESSAGE, where=lambda one: one["message"] == text)
            assert (got["id"], got["sender_id"]["_id"]) == (own_id, seller.id)
            told = await mine.until(names.EVENT_DELIVERED, where=lambda one: one["messageId"] == own_id)
            assert told["timestamp"].endswith("Z")
            await mine.settled()
            assert [one["message"] for one in await buyer.talk(seller)].count(text) == 1

    aio(story())


@pytest.mark.promised("marketplace", "persistence")
@pytest.mark.promised("marketplace", "delivered later")
@pytest.mark.promised("marketplace", "delivery receipts")
def test_what_waited_is_delivered_at_the_return(make_server: MakeServer, aio: Aio) -> None:
    """`message_delivered` comes when the recipient's connection does, not before; and survives a restart."""
    server = make_server(platform="marketplace", seed="demo")

    async def send() -> dict[str, Any]:
        async with market(server.url) as place:
            seller, buyer = await pair(place)
            async with seller.socket() as ear:
                record = await seller.sent(buyer, "while you were out")
                await ear.settled()
                assert ear.all(names.EVENT_DELIVERED) == []
            return record

    record = aio(send())
    server.restart()

    async def come() -> None:
        async with market(server.url) as place, AsyncExitStack() as stack:
            seller, buyer = await pair(place)
            mine = await stack.enter_async_context(seller.socket())
            await stack.enter_async_context(buyer.socket())
            await mine.until(names.EVENT_DELIVERED, where=lambda one: one["messageId"] == record["_id"])
            kept = (await buyer.talk(seller))[-1]
            assert kept == record | {"deliveredAt": kept["deliveredAt"]}

    aio(come())
    assert server.stop() == 0
    assert server.log.read_text(encoding="utf-8") == ""


def test_a_client_id_sends_once(market_server: ServerProcess, aio: Aio) -> None:
    """What health and login announce holds: the same client id twice is one message."""

    async def story() -> None:
        async with market(market_server.url) as place:
            seller, buyer = await pair(place)
            health = (await place.http.get(names.ROUTE_HEALTH)).json()
            assert (health["status"], health["chatdesk"]["features"]) == ("healthy", ["client_id", "seq"])
            key = unique("key")
            first = await seller.sent(buyer, "once", clientId=key)
            again = await seller.sent(buyer, "once", clientId=key)
            assert first["_id"] == again["_id"]
            other = await place.trader(OTHER_BUYER_EMAIL)
            assert (await seller.send(other, "once", clientId=key)).status_code == 409

    aio(story())


@pytest.mark.promised("marketplace", "typing")
@pytest.mark.promised("marketplace", "typing ends")
def test_typing_reaches_the_recipient_and_ends(market_server: ServerProcess, aio: Aio) -> None:
    """Typing names who types, whoever the payload claims; it ends with the connection, or by itself."""

    async def story() -> None:
        async with market(market_server.url) as place, AsyncExitStack() as stack:
            seller, buyer = await pair(place)
            stranger = await place.trader(OTHER_BUYER_EMAIL)
            theirs = await stack.enter_async_context(buyer.socket())
            strange = await stack.enter_async_context(stranger.socket())
            typing = {"recipient_id": buyer.id, "sender_id": stranger.id, "is_typing": True}
            async with seller.socket() as mine:
                await mine.client.emit(names.EMIT_TYPING, typing | {"conversation_id": "c1"})
                told = await theirs.until(names.EVENT_TYPING)
                assert told == typing | {"sender_id": seller.id, "conversation_id": "c1"}
            ended = await theirs.until(names.EVENT_TYPING, where=lambda one: not one["is_typing"])
            assert ended["sender_id"] == seller.id
            async with seller.socket() as mine:
                await mine.client.emit(names.EMIT_TYPING, typing)
                await theirs.until(names.EVENT_TYPING, 2, where=lambda one: not one["is_typing"])
            await strange.settled()
            assert strange.all(names.EVENT_TYPING) == []

    aio(story(), timeout_s=40)


@pytest.mark.promised("marketplace", "online and offline")
@pytest.mark.promised("marketplace", "online users")
@pytest.mark.promised("marketplace", "user status changed")
@pytest.mark.promised("marketplace", "update status")
def test_presence_is_of_people(market_server: ServerProcess, aio: Aio) -> None:
    """The first connection announces, the last one's end too; a newcomer is told who is there."""

    async def story() -> None:
        async with market(market_server.url) as place, AsyncExitStack() as stack:
            seller = await place.trader(SELLER_EMAIL)
            rival = await place.trader(RIVAL_EMAIL)
            ear = await stack.enter_async_context(seller.socket())

            def of_rival(status: str) -> Any:
                return lambda one: one == {"userId": rival.id, "status": status}

            async with rival.socket() as there:
                await ear.until(names.EVENT_STATUS, where=of_rival("online"))
                assert seller.id in there.all(names.EVENT_ONLINE_USERS)[0]
                async with rival.socket():
                    pass
                await there.client.emit(names.EMIT_STATUS, {"status": "away"})
                await ear.until(names.EVENT_STATUS, where=of_rival("away"))
                assert not any(of_rival("offline")(one) for one in ear.all(names.EVENT_STATUS))
                assert there.all(names.EVENT_STATUS) == [], "nobody is told of oneself"
            await ear.until(names.EVENT_STATUS, where=of_rival("offline"))

    aio(story())


@pytest.mark.parametrize(
    "payload", [None, (), "text", 7, [], {}, {"recipient_id": {"_id": "x"}}, {"message_id": []}]
)
@pytest.mark.promised("marketplace", "robust")
def test_no_payload_ends_the_server(market_server: ServerProcess, aio: Aio, payload: Any) -> None:
    """Where the recorded servers die, this one answers an error to the sender alone."""

    async def story() -> None:
        async with market(market_server.url) as place:
            seller = await place.trader(SELLER_EMAIL)
            events = (
                names.EMIT_SEND,
                names.EMIT_TYPING,
                names.EMIT_MARK_READ,
                names.EMIT_JOIN,
                names.EMIT_STATUS,
            )
            async with seller.socket() as ear:
                for event in events:
                    await ear.client.emit(event, payload)
                    await ear.until("error", where=partial(_is_about, event))
            assert (await place.http.get(names.ROUTE_HEALTH)).status_code == 200

    aio(story())


def _is_about(event: str, error: dict[str, Any]) -> bool:
    return bool(error["event"] == event)


def test_every_refusal_has_words() -> None:
    """For every reason of the core there is a status below 500 and a sentence, at the login too."""
    for reason in Reason:
        for worded in (refusal, login_refusal):
            words = worded(Refused(reason, retry_after_s=7, detail="detail"))
            assert 400 <= words.status < 500
            assert words.text
            assert "{" not in words.text


BAD_LETTERS = [
    ({"recipient_id": ""}, texts.MSG_RECIPIENT),
    ({"recipient_id": None}, texts.MSG_RECIPIENT),
    ({"recipient_type": "buyer"}, texts.MSG_KIND),
    ({"recipient_type": "Admin"}, texts.MSG_KIND),
    ({"subject": " "}, texts.MSG_SUBJECT),
    ({"subject": None}, texts.MSG_SUBJECT),
    ({"message": "  "}, texts.MSG_CONTENT),
    ({"message": {"a": 1}}, texts.MSG_CONTENT),
    ({"message": ["x"]}, texts.MSG_CONTENT),
    ({"message_type": "product_inquiry"}, "Invalid message type"),
]


@pytest.mark.parametrize(("change", "text"), BAD_LETTERS)
@pytest.mark.promised("marketplace", "validation")
def test_a_bad_letter_is_named(
    market_server: ServerProcess, aio: Aio, change: dict[str, Any], text: str
) -> None:
    """Each bad field is answered with 400 and its sentence, and nothing is stored."""

    async def story() -> None:
        async with market(market_server.url) as place:
            seller, buyer = await pair(place)
            before = len(await seller.talk(buyer))
            answer = await seller.send(buyer, "text", **change)
            assert (answer.status_code, answer.json()["message"]) == (400, texts.ERR_VALIDATION)
            assert [one["msg"] for one in answer.json()["errors"]] == [text]
            assert len(await seller.talk(buyer)) == before

    aio(story())


@pytest.mark.promised("marketplace", "who may write")
def test_who_may_write_whom(market_server: ServerProcess, aio: Aio) -> None:
    """Buyers and sellers each other, administrators everybody; nobody their like, and employees nobody."""

    async def story() -> None:
        async with market(market_server.url) as place:
            seller, buyer = await pair(place)
            rival, other = await place.trader(RIVAL_EMAIL), await place.trader(OTHER_BUYER_EMAIL)
            admin, employee = await place.trader(ADMIN_EMAIL), await place.trader(EMPLOYEE_EMAIL)
            for one, whom, status in (
                (buyer, rival, 201),
                (admin, buyer, 201),
                (admin, seller, 201),
                (buyer, other, 403),
                (seller, rival, 403),
                (seller, seller, 403),
                (employee, buyer, 403),
            ):
                answer = await one.send(whom, "may I?")
                assert answer.status_code == status, (one.email, whom.email, answer.text)
            unknown = seller.letter(buyer, "text") | {"recipient_id": "0" * 24}
            wrong_kind = seller.letter(buyer, "text") | {"recipient_type": "Seller"}
            for letter in (unknown, wrong_kind):
                answer = await seller.ask("POST", names.ROUTE_SEND, json=letter)
                assert (answer.status_code, answer.json()["message"]) == (404, texts.ERR_RECIPIENT)

    aio(story())
