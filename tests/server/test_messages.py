"""Sending, reading back, searching, deleting, reading marks: the REST side of the chat."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest

from chatdesk.wire.dispatcher import names, texts
from tests.conftest import Aio
from tests.server.conftest import MakeServer
from tests.server.people import town, unique
from tests.server.process import ServerProcess

RECORD_KEYS = {
    "id",
    "orderId",
    "message",
    "messageType",
    "senderType",
    "isRead",
    "createdAt",
    "updatedAt",
    "user",
    "seq",
}


@pytest.mark.promised("dispatcher", "instant messages")
@pytest.mark.promised("dispatcher", "route send")
@pytest.mark.promised("dispatcher", "push new-message")
@pytest.mark.promised("dispatcher", "notifications")
@pytest.mark.promised("dispatcher", "push notification")
def test_a_message_reaches_the_room_before_its_answer(demo_server: ServerProcess, aio: Aio) -> None:
    """A send is stored, pushed to everybody in the room with the same record, and answered 201."""

    async def story() -> None:
        async with town(demo_server.url) as place:
            owner, desk = await place.owner(), await place.desk()
            order = await owner.new_order()
            await desk.ask("POST", names.ROUTE_ORDER_MODERATE.format(order_id=order["id"]))
            async with owner.socket(order["id"]) as ear, desk.socket(order["id"]) as other:
                text = unique("Where is the permit?")
                answer = await owner.send(order["id"], text)
                assert answer.status_code == 201
                envelope = answer.json()
                assert (envelope["status"], envelope["message"]) == (200, texts.OK_SENT)
                record = envelope["data"]
                assert set(record) == RECORD_KEYS
                assert re.fullmatch(names.ID_PATTERN, record["id"])
                assert record["user"] == {"id": owner.id, "email": owner.email}
                assert (record["messageType"], record["senderType"], record["isRead"]) == (
                    "text",
                    "user",
                    False,
                )
                assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", record["createdAt"])
                for listener in (ear, other):
                    push = await listener.until(names.EVENT_NEW_MESSAGE)
                    assert set(push) == {"orderId", "message", "timestamp"}
                    assert push["message"] == record
                told = await other.until(names.EVENT_NOTIFICATION, message=text)
                assert (told["type"], told["title"]) == ("order_updated", f"New message from {owner.email}")
                assert told["metadata"] == {"orderId": order["id"]}
                assert told["actionUrl"] == f"/dashboard/orders/{order['orderNumber']}"
                assert told["actionText"] == "View Message"
            assert (await desk.history(order["id"]))["data"][0] == record

    aio(story())


@pytest.mark.promised("dispatcher", "history paging")
@pytest.mark.promised("dispatcher", "route history")
def test_history_is_newest_first_and_pages_meet(demo_server: ServerProcess, aio: Aio) -> None:
    """Pages of any size give every message once, newest first, numbered without a gap."""

    async def story() -> None:
        async with town(demo_server.url) as place:
            owner = await place.owner()
            order = await owner.new_order()
            sent = [unique() for _ in range(17)]
            for text in sent:
                assert (await owner.send(order["id"], text)).status_code == 201
            seen: list[dict[str, Any]] = []
            for page in range(1, 6):
                answer = await owner.history(order["id"], page=page, limit=5)
                assert answer["meta"] == {
                    "totalItems": 18,
                    "totalPages": 4,
                    "currentPage": page,
                    "itemsPerPage": 5,
                }
                seen += answer["data"]
            assert [record["message"] for record in seen[:-1]] == sent[::-1]
            assert seen[-1]["messageType"] == "system"
            assert seen[-1]["user"] == {"id": None, "email": None}
            assert [record["seq"] for record in seen] == list(range(18, 0, -1))
            assert [record["createdAt"] for record in seen] == sorted(
                {record["createdAt"] for record in seen}, reverse=True
            )
            default = await owner.history(order["id"], page="x", limit="0")
            assert default["meta"]["itemsPerPage"] == 50
            assert len(default["data"]) == 18

    aio(story())


def test_the_same_client_id_stores_once(demo_server: ServerProcess, aio: Aio) -> None:
    """Sends with one client id, in turn or at once, all answer the first record; one row, one push."""

    async def story() -> None:
        async with town(demo_server.url) as place:
            owner, desk = await place.owner(), await place.desk()
            order = await owner.new_order()
            async with desk.socket(order["id"]) as ear:
                client_id, records = "", []
                for round_number in range(3):
                    text, client_id = unique(), unique("c")
                    answers = await asyncio.gather(
                        *(owner.send(order["id"], text, clientId=client_id) for _ in range(8))
                    )
                    answers.append(await owner.send(order["id"], text, clientId=client_id))
                    assert {answer.status_code for answer in answers} == {201}
                    records = [answer.json()["data"] for answer in answers]
                    assert all(record == records[0] for record in records)
                    assert records[0]["clientId"] == client_id
                    assert (await owner.texts(order["id"])).count(text) == 1
                    await ear.until(names.EVENT_NEW_MESSAGE, round_number + 1)
                await ear.settled()
                assert len(ear.all(names.EVENT_NEW_MESSAGE)) == 3
            # Another person's client id of the same value is another message.
            other = await desk.send(order["id"], unique(), clientId=client_id)
            assert (other.status_code, other.json()["data"]["id"] != records[0]["id"]) == (201, True)
            # In another order it would be a mistake of the client, which must not lose the text.
            second = await owner.new_order()
            mistaken = await owner.send(second["id"], unique(), clientId=client_id)
            assert (mistaken.status_code, mistaken.json()["message"]) == (409, texts.ERR_CLIENT_ID_REUSED)

    aio(story())


def test_without_a_client_id_equal_texts_are_two_messages(demo_server: ServerProcess, aio: Aio) -> None:
    """As on the platform, the same body twice makes two messages when no client id tells them apart."""

    async def story() -> None:
        async with town(demo_server.url) as place:
            owner = await place.owner()
            order = await owner.new_order()
            text = unique()
            for _ in range(2):
                assert (await owner.send(order["id"], text)).status_code == 201
            assert (await owner.texts(order["id"])).count(text) == 2

    aio(story())


def test_parallel_sends_are_pushed_in_stored_order(demo_server: ServerProcess, aio: Aio) -> None:
    """Forty sends at once, by two people into three orders, succeed; rooms hear them in stored order."""

    async def story() -> None:
        async with town(demo_server.url) as place:
            owner, desk = await place.owner(), await place.desk()
            orders = [(await owner.new_order())["id"] for _ in range(3)]
            async with desk.socket(*orders) as ear:
                answers = await asyncio.gather(
                    *(
                        (owner if turn % 2 else desk).send(orders[turn % 3], f"parallel {turn}")
                        for turn in range(40)
                    )
                )
                assert [answer.status_code for answer in answers] == [201] * 40
                await ear.until(names.EVENT_NEW_MESSAGE, 40)
                for order in orders:
                    pushed = [
                        p["message"]["seq"] for p in ear.all(names.EVENT_NEW_MESSAGE) if p["orderId"] == order
                    ]
                    assert pushed == sorted(pushed)
                    stored = [record["seq"] for record in (await desk.history(order))["data"]]
                    assert pushed == [seq for seq in stored[::-1] if seq > 1]

    aio(story())


@pytest.mark.promised("dispatcher", "message search")
def test_search_finds_texts_of_one_order(demo_server: ServerProcess, aio: Aio) -> None:
    """Search ignores case and width, takes wildcards literally, pages, and skips system lines."""

    async def story() -> None:
        async with town(demo_server.url) as place:
            owner = await place.owner()
            order = await owner.new_order()
            for text in ("Der STRASSE entlang", "100% sure", "100 percent", "mile_7", "mile 7", "ﬁle it"):
                await owner.send(order["id"], text)
            await owner.send((await owner.new_order())["id"], "100% elsewhere")
            route = names.ROUTE_MESSAGE_SEARCH.format(order_id=order["id"])

            async def found(q: str, **more: Any) -> list[str]:
                answer = await owner.get(route, q=q, **more)
                assert answer.status_code == 200, answer.text
                return [record["message"] for record in answer.json()["data"]]

            assert await found("straße") == ["Der STRASSE entlang"]
            assert await found("100%") == ["100% sure"]
            assert await found("100\\%") == ["100% sure"]
            assert await found("mile_") == ["mile_7"]
            assert await found("FILE") == ["ﬁle it"]
            assert await found("created") == []
            assert await found("mile", page=2, limit=1) == ["mile_7"]
            refused = await owner.get(route, q=" ")
            assert (refused.status_code, refused.json()["success"]) == (400, False)

    aio(story())


@pytest.mark.promised("dispatcher", "delete by owner")
@pytest.mark.promised("dispatcher", "route delete")
def test_deleting_is_for_the_author(demo_server: ServerProcess, aio: Aio) -> None:
    """An own message goes for good, another's and a system line are 403, what is gone is 404."""

    async def story() -> None:
        async with town(demo_server.url) as place:
            owner, desk, stranger = await place.owner(), await place.desk(), await place.stranger()
            order = await owner.new_order()
            mine = (await owner.send(order["id"], unique("mine"), clientId=unique("c"))).json()["data"]
            line = (await owner.history(order["id"]))["data"][-1]

            async def delete(person: Any, message_id: str) -> tuple[int, str]:
                answer = await person.ask("DELETE", names.ROUTE_MESSAGE.format(message_id=message_id))
                return answer.status_code, answer.json()["message"]

            assert await delete(desk, mine["id"]) == (403, texts.ERR_ACCESS_DENIED)
            assert await delete(stranger, mine["id"]) == (404, texts.ERR_MESSAGE_NOT_FOUND)
            assert await delete(owner, line["id"]) == (403, texts.ERR_ACCESS_DENIED)
            assert await delete(owner, mine["id"]) == (200, texts.OK_MESSAGE_DELETED)
            assert await delete(owner, mine["id"]) == (404, texts.ERR_MESSAGE_NOT_FOUND)
            assert mine["message"] not in await desk.texts(order["id"])
            again = await owner.send(order["id"], mine["message"], clientId=mine["clientId"])
            assert (again.status_code, again.json()["data"]["id"]) == (201, mine["id"])
            assert mine["message"] not in await desk.texts(order["id"])

    aio(story())


@pytest.mark.promised("dispatcher", "read receipts")
@pytest.mark.promised("dispatcher", "unread counts")
@pytest.mark.promised("dispatcher", "route read")
@pytest.mark.promised("dispatcher", "route unread count")
@pytest.mark.promised("dispatcher", "push message-read")
def test_reading_is_stored_and_counted(demo_server: ServerProcess, aio: Aio) -> None:
    """Unread counts rise with others' messages and fall by reading; the author sees isRead; all is kept."""

    async def story() -> None:
        async with town(demo_server.url) as place:
            owner, desk = await place.owner(), await place.desk()
            order = await owner.new_order()
            count_route = names.ROUTE_UNREAD_COUNT.format(order_id=order["id"])

            async def unread(person: Any) -> int:
                answer = await person.get(count_route)
                assert answer.status_code == 200
                chats = (await person.get(names.ROUTE_CHATS)).json()["data"]
                chat = next(chat for chat in chats if chat["orderId"] == order["id"])
                assert chat["unreadCount"] == answer.json()["data"]["unreadCount"]
                return int(chat["unreadCount"])

            assert (await unread(owner), await unread(desk)) == (0, 0)
            for _ in range(3):
                await owner.send(order["id"], unique())
            assert (await unread(owner), await unread(desk)) == (0, 3)
            async with owner.socket(order["id"]) as ear:
                answer = await desk.ask("PATCH", names.ROUTE_READ.format(order_id=order["id"]))
                assert (answer.status_code, answer.json()["message"]) == (200, texts.OK_READ)
                push = await ear.until(names.EVENT_MESSAGE_READ)
                assert set(push) == {"userId", "orderId", "timestamp"}
                assert push["userId"] == desk.id
            newest = (await owner.history(order["id"]))["data"]
            assert all(record["isRead"] for record in newest)
            assert newest[0]["createdAt"] <= push["timestamp"]
            assert await unread(desk) == 0
            later = (await owner.send(order["id"], unique())).json()["data"]
            assert later["createdAt"] > push["timestamp"]
            assert (await owner.history(order["id"]))["data"][0]["isRead"] is False
            # Who writes has read what stands above.
            await desk.send(order["id"], unique())
            assert (await unread(desk), await unread(owner)) == (0, 1)
            assert (await owner.history(order["id"]))["data"][1]["isRead"] is True

    aio(story())


@pytest.mark.promised("dispatcher", "route chats")
def test_the_chat_list_shows_the_latest_first(demo_server: ServerProcess, aio: Aio) -> None:
    """Everybody's list holds the chats they may see, by activity, each with its last message."""

    async def story() -> None:
        async with town(demo_server.url) as place:
            owner, stranger = await place.owner(), await place.stranger()
            first, second = await owner.new_order(), await owner.new_order()
            text = unique()
            await owner.send(first["id"], text)
            chats = (await owner.get(names.ROUTE_CHATS)).json()["data"]
            assert [chat["orderId"] for chat in chats[:2]] == [first["id"], second["id"]]
            assert chats[0]["lastMessage"]["message"] == text
            assert chats[0]["orderNumber"] == first["orderNumber"]
            assert chats[1]["lastMessage"]["messageType"] == "system"
            theirs = {chat["orderId"] for chat in (await stranger.get(names.ROUTE_CHATS)).json()["data"]}
            assert theirs
            assert not theirs & {chat["orderId"] for chat in chats}
            page = (await owner.get(names.ROUTE_CHATS, page=2, limit=1)).json()
            assert [chat["orderId"] for chat in page["data"]] == [second["id"]]
            assert page["meta"]["totalItems"] == len(chats)

    aio(story())


@pytest.mark.parametrize("body", ["json", "form"])
def test_numbers_and_forms_are_taken_as_the_platform_takes_them(
    demo_server: ServerProcess, aio: Aio, body: str
) -> None:
    """A number becomes its decimal text, and a form-encoded body works like JSON."""

    async def story() -> None:
        async with town(demo_server.url) as place:
            owner = await place.owner()
            order = await owner.new_order()
            if body == "json":
                answer = await owner.post(names.ROUTE_SEND, {"orderId": order["id"], "message": 123})
            else:
                data = {"orderId": order["id"], "message": "123"}
                answer = await owner.ask("POST", names.ROUTE_SEND, data=data)
            assert (answer.status_code, answer.json()["data"]["message"]) == (201, "123")
            blank = await owner.send(order["id"], "   ")
            assert (blank.status_code, blank.json()["data"]["message"]) == (201, "   ")
            nul = await owner.send(order["id"], "a\0b")
            assert (nul.status_code, nul.json()["data"]["message"]) == (201, "a\0b")
            assert (await owner.texts(order["id"]))[0] == "a\0b"

    aio(story())


@pytest.mark.promised("dispatcher", "message size")
def test_the_size_limit_counts_characters(demo_server: ServerProcess, aio: Aio) -> None:
    """4,000 characters pass, also of four bytes each; 4,001 are a 400 that names the limit."""

    async def story() -> None:
        async with town(demo_server.url) as place:
            owner = await place.owner()
            order = await owner.new_order()
            for text in ("x" * 4_000, "🚚" * 4_000):
                answer = await owner.send(order["id"], text)
                assert (answer.status_code, answer.json()["data"]["message"]) == (201, text)
            answer = await owner.send(order["id"], "x" * 4_001)
            assert answer.status_code == 400
            assert answer.json()["message"] == texts.ERR_MESSAGE_TOO_LONG.format(limit=4_000)
            assert len(await owner.texts(order["id"])) == 3

    aio(story())


@pytest.mark.promised("dispatcher", "rate limit")
def test_limits_answer_429_and_an_error_event(make_server: MakeServer, aio: Aio) -> None:
    """Above the limit a send is 429 with Retry-After and an `error` event; others and repeats still pass.

    Socket events have a limit of their own.
    """

    async def story() -> None:
        async with town(make_server(seed="demo", rate=5, message_limit=10, events=20).url) as place:
            owner, desk = await place.owner(), await place.desk()
            order = (await owner.get(names.ROUTE_CHATS)).json()["data"][0]["orderId"]
            async with owner.socket() as ear:
                for number in range(5):
                    assert (await owner.send(order, f"m {number}", clientId=f"c {number}")).status_code == 201
                answer = await owner.send(order, "too much")
                assert answer.status_code == 429
                retry_after = int(answer.headers["Retry-After"])
                assert 1 <= retry_after <= 60
                text = texts.ERR_RATE_LIMITED.format(seconds=retry_after)
                assert answer.json() == {"status": 429, "success": False, "message": text, "data": {}}
                error = await ear.until(names.EVENT_ERROR)
                assert error == {"message": text, "orderId": order, "retryAfter": retry_after}
            repeat = await owner.send(order, "m 0", clientId="c 0")
            assert (repeat.status_code, repeat.json()["data"]["message"]) == (201, "m 0")
            assert (await desk.send(order, "still")).status_code == 201
            assert "too much" not in await desk.texts(order)
            assert (await desk.send(order, "x" * 11)).status_code == 400
            async with desk.socket() as ear:
                for _ in range(21):
                    await ear.client.emit(names.EMIT_JOIN, order)
                error = await ear.until(names.EVENT_ERROR)
                assert error["message"] == texts.ERR_TOO_MANY_EVENTS.format(seconds=error["retryAfter"])
                assert (error["event"], 1 <= error["retryAfter"] <= 60) == (names.EMIT_JOIN, True)

    aio(story())
