"""Socket events: rooms, typing, reading, presence, refusals, and the packets underneath."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest

from chatdesk.server.chat_server import SocketSettings, socket_server
from chatdesk.wire.dispatcher import names, texts
from tests.conftest import Aio
from tests.server.people import Ear, town, unique
from tests.server.process import ServerProcess


def test_a_connection_that_ended_while_its_event_was_handled_enters_nowhere(aio: Aio) -> None:
    """Its handler finds it gone: that is the world's doing, and no mistake to report."""

    async def story() -> None:
        sio = socket_server(SocketSettings())
        await sio.enter_room("gone", "a room")
        here = await sio.manager.connect("1", "/")
        await sio.enter_room("gone", "a room")
        await sio.enter_room(here, "a room")
        assert list(sio.manager.get_participants("/", "a room")) == [(here, "1")]
        with pytest.raises(ValueError, match="sid room"):
            await sio.enter_room(here, await sio.manager.connect("2", "/"))

    aio(story())


@pytest.mark.promised("dispatcher", "event join-order-room")
@pytest.mark.promised("dispatcher", "event leave-order-room")
@pytest.mark.promised("dispatcher", "push user-joined-order")
@pytest.mark.promised("dispatcher", "order rooms")
def test_joining_and_leaving_is_told_to_the_others(demo_server: ServerProcess, aio: Aio) -> None:
    """Who joins hears nothing, the others hear it, also when it is repeated; leaving likewise."""

    async def story() -> None:
        async with town(demo_server.url) as place:
            owner, desk = await place.owner(), await place.desk()
            order = (await owner.new_order())["id"]
            async with owner.socket(order) as ear, desk.socket(order) as other:
                push = await ear.until(names.EVENT_USER_JOINED, userId=desk.id)
                assert push == {"userId": desk.id, "orderId": order, "timestamp": push["timestamp"]}
                await other.join(order)
                await ear.until(names.EVENT_USER_JOINED, 2, userId=desk.id)
                assert other.all(names.EVENT_USER_JOINED) == []
                await other.client.emit(names.EMIT_LEAVE, order)
                await ear.until(names.EVENT_USER_LEFT, userId=desk.id)
                await owner.send(order, unique())
                await ear.until(names.EVENT_NEW_MESSAGE)
                await other.settled()
                assert other.all(names.EVENT_NEW_MESSAGE) == []

    aio(story())


@pytest.mark.promised("dispatcher", "push user-left-order")
@pytest.mark.promised("dispatcher", "online status")
def test_a_lost_connection_leaves_its_rooms_and_stops_typing(demo_server: ServerProcess, aio: Aio) -> None:
    """Only the last connection of a person leaves a room and takes them offline; typing ends at once."""

    async def story() -> None:
        async with town(demo_server.url) as place:
            owner, desk = await place.owner(), await place.desk()
            order = (await owner.new_order())["id"]
            presence = names.ROUTE_PRESENCE.format(order_id=order)
            async with desk.socket(order) as ear:
                async with owner.socket(order) as first:
                    await ear.until(names.EVENT_USER_PRESENCE, userId=owner.id, online=True)
                    async with owner.socket(order) as second:
                        await second.client.emit(names.EMIT_TYPING_START, order)
                        await ear.until(names.EVENT_USER_TYPING, isTyping=True)
                    await ear.until(names.EVENT_USER_TYPING, isTyping=False)
                    await first.settled()
                    assert ear.all(names.EVENT_USER_LEFT) == []
                    party = {p["userId"]: p for p in (await desk.get(presence)).json()["data"]}[owner.id]
                    assert (party["online"], party["inRoom"], party["role"]) == (True, True, "user")
                await ear.until(names.EVENT_USER_LEFT, userId=owner.id)
                gone = await ear.until(names.EVENT_USER_PRESENCE, userId=owner.id, online=False)
                party = {p["userId"]: p for p in (await desk.get(presence)).json()["data"]}[owner.id]
                assert (party["online"], party["inRoom"]) == (False, False)
                assert party["lastSeen"] <= gone["lastSeen"]
                assert party["lastSeen"] > "2026"

    aio(story())


def test_customers_hear_when_their_moderator_comes(demo_server: ServerProcess, aio: Aio) -> None:
    """A moderator's first and last connection is told to the owners of the orders they took over."""

    async def story() -> None:
        async with town(demo_server.url) as place:
            owner, stranger, admin = await place.owner(), await place.stranger(), await place.admin()
            order = (await owner.new_order())["id"]
            await admin.ask("POST", names.ROUTE_ORDER_MODERATE.format(order_id=order))
            async with owner.socket() as ear, stranger.socket() as other:
                async with admin.socket() as office:
                    assert await ear.until(names.EVENT_USER_PRESENCE, userId=admin.id, online=True)
                    assert office.all(names.EVENT_USER_PRESENCE) == []
                assert await ear.until(names.EVENT_USER_PRESENCE, userId=admin.id, online=False)
                await other.settled()
                assert other.all(names.EVENT_USER_PRESENCE) == []

    aio(story())


@pytest.mark.promised("dispatcher", "typing")
@pytest.mark.promised("dispatcher", "event typing-start")
@pytest.mark.promised("dispatcher", "event typing-stop")
@pytest.mark.promised("dispatcher", "push user-typing")
def test_typing_reaches_the_others_in_the_room(demo_server: ServerProcess, aio: Aio) -> None:
    """Typing carries e-mail and id, reaches other devices too, and the typist need not be in the room."""

    async def story() -> None:
        async with town(demo_server.url) as place:
            owner, desk = await place.owner(), await place.desk()
            order = (await owner.new_order())["id"]
            async with owner.socket(order) as ear, desk.socket() as typist, desk.socket(order) as device:
                await typist.client.emit(names.EMIT_TYPING_START, order)
                await typist.client.emit(names.EMIT_TYPING_STOP, order)
                for listener in (ear, device):
                    await listener.until(names.EVENT_USER_TYPING, 2)
                    start, stop = listener.all(names.EVENT_USER_TYPING)
                    assert start == {
                        "email": desk.email,
                        "userId": desk.id,
                        "orderId": order,
                        "isTyping": True,
                    }
                    assert stop["isTyping"] is False
                await typist.settled()
                assert typist.all(names.EVENT_USER_TYPING) == []

    aio(story())


@pytest.mark.promised("dispatcher", "event mark-read")
def test_marking_read_by_event_is_stored(demo_server: ServerProcess, aio: Aio) -> None:
    """`mark-read` tells the others in the room and is there after a look at the history."""

    async def story() -> None:
        async with town(demo_server.url) as place:
            owner, desk = await place.owner(), await place.desk()
            order = (await owner.new_order())["id"]
            await owner.send(order, unique())
            async with owner.socket(order) as ear, desk.socket(order) as reader:
                await reader.client.emit(names.EMIT_MARK_READ, order)
                push = await ear.until(names.EVENT_MESSAGE_READ)
                assert push == {"userId": desk.id, "orderId": order, "timestamp": push["timestamp"]}
                await reader.settled()
                assert reader.all(names.EVENT_MESSAGE_READ) == []
            assert (await owner.history(order))["data"][0]["isRead"] is True
            count = await desk.get(names.ROUTE_UNREAD_COUNT.format(order_id=order))
            assert count.json()["data"] == {"unreadCount": 0}

    aio(story())


@pytest.mark.promised("dispatcher", "checked every time")
@pytest.mark.promised("dispatcher", "room broadcasting")
def test_foreign_orders_answer_an_error_event(demo_server: ServerProcess, aio: Aio) -> None:
    """Every event about somebody else's order is an `error` to its sender and nothing to anybody else."""

    async def story() -> None:
        async with town(demo_server.url) as place:
            owner, stranger = await place.owner(), await place.stranger()
            order = (await owner.new_order())["id"]
            async with owner.socket(order) as ear, stranger.socket() as intruder:
                for number, event in enumerate(
                    (
                        names.EMIT_JOIN,
                        names.EMIT_LEAVE,
                        names.EMIT_TYPING_START,
                        names.EMIT_TYPING_STOP,
                        names.EMIT_MARK_READ,
                    ),
                    1,
                ):
                    await intruder.client.emit(event, order)
                    error = await intruder.until(names.EVENT_ERROR, number)
                    assert (error["event"], error["orderId"]) == (event, order)
                    assert error["message"] in {texts.ERR_ORDER_NOT_FOUND, texts.ERR_CHAT_NOT_FOUND}
                await owner.send(order, unique())
                await ear.until(names.EVENT_NEW_MESSAGE)
                await intruder.settled()
                assert {event for event, _ in intruder.heard} == {names.EVENT_ERROR}
                assert [event for event, _ in ear.heard if event != names.EVENT_USER_PRESENCE] == [
                    names.EVENT_NEW_MESSAGE
                ]

    aio(story())


def test_nothing_is_acknowledged(demo_server: ServerProcess, aio: Aio) -> None:
    """As on the platform a requested acknowledgement never comes, to no kind of event."""

    async def story() -> None:
        async with town(demo_server.url) as place:
            desk = await place.desk()
            answered: list[Any] = []
            async with desk.socket() as ear:
                for event, argument in ((names.EMIT_JOIN, "nonsense"), ("no-such-event", 1), ("connect", {})):
                    await ear.client.emit(event, argument, callback=lambda *args: answered.append(args))
                await ear.settled()
                await ear.settled()
                assert answered == []

    aio(story())


def test_other_namespaces_and_protocols_are_refused(demo_server: ServerProcess, aio: Aio) -> None:
    """The bare packets are those of the platform: open, connect, event, and its three refusals."""

    async def story() -> None:
        async with town(demo_server.url) as place:
            owner = await place.owner()
            order = (await owner.new_order())["id"]
            polling = {"EIO": "4", "transport": "polling"}

            async def opened() -> dict[str, str]:
                packet = (await place.http.get(names.SOCKET_PATH, params=polling)).text
                assert packet[0] == "0"
                hello = json.loads(packet[1:])
                assert hello["upgrades"] == ["websocket"]
                assert (hello["pingInterval"], hello["pingTimeout"]) == (25_000, 20_000)
                assert hello["maxPayload"] == 1_000_000
                return {**polling, "sid": hello["sid"]}

            async def exchange(session: dict[str, str], packet: str) -> str:
                answer = await place.http.post(names.SOCKET_PATH, params=session, content=packet)
                assert (answer.status_code, answer.text.lower()) == (200, "ok")
                return (await place.http.get(names.SOCKET_PATH, params=session)).text

            session = await opened()
            connect = "40" + json.dumps({"token": owner.token})
            assert (await exchange(session, connect)).startswith('40{"sid":"')
            await place.http.post(
                names.SOCKET_PATH, params=session, content=f'42["{names.EMIT_JOIN}","{order}"]'
            )
            text = unique()
            await owner.send(order, text)
            push = (await place.http.get(names.SOCKET_PATH, params=session)).text
            assert push.startswith('42["new-message",{"orderId":"')
            assert json.loads(push[2:])[1]["message"]["message"] == text

            refused = json.loads((await exchange(await opened(), "40"))[2:])
            assert refused == {"message": texts.CONNECT_NO_TOKEN}
            answer = await exchange(await opened(), "40/chat," + json.dumps({"token": owner.token}))
            assert answer == '44/chat,{"message":"Invalid namespace"}'
            old = await place.http.get(names.SOCKET_PATH, params={"EIO": "3", "transport": "polling"})
            assert (old.status_code, old.json()) == (
                400,
                {"code": 5, "message": "Unsupported protocol version"},
            )
            unknown = await place.http.get(names.SOCKET_PATH, params={**polling, "sid": "unknown"})
            assert (unknown.status_code, unknown.json()) == (
                400,
                {"code": 1, "message": "Session ID unknown"},
            )
            origin = await place.http.get(
                names.SOCKET_PATH, params=polling, headers={"Origin": "https://elsewhere.example"}
            )
            assert origin.status_code == 400

    aio(story())


@pytest.mark.promised("dispatcher", "connection limits")
def test_connections_of_one_account_are_bounded(demo_server: ServerProcess, aio: Aio) -> None:
    """The fifty-first connection of an account is refused, another account's is not."""

    async def story() -> None:
        async with town(demo_server.url) as place:
            stranger, owner = await place.stranger(), await place.owner()
            ears = [Ear(stranger) for _ in range(50)]
            auth = {"token": stranger.token}
            try:
                await asyncio.gather(
                    *(ear.client.connect(place.url, auth=auth, transports=["websocket"]) for ear in ears)
                )
                assert await Ear(stranger).refused(auth=auth) == texts.ERR_TOO_MANY_CONNECTIONS
                async with owner.socket():
                    pass
            finally:
                await asyncio.gather(*(ear.client.disconnect() for ear in ears))

    aio(story())


def test_unknown_routes_are_pages_of_html(demo_server: ServerProcess, aio: Aio) -> None:
    """A route that does not exist answers 404 in HTML, with the path escaped; a missing record in JSON."""

    async def story() -> None:
        async with town(demo_server.url) as place:
            for method, path in (("GET", "/api/no/<such>&route"), ("PATCH", names.ROUTE_SEND), ("GET", "/")):
                answer: httpx.Response = await place.http.request(method, path)
                assert answer.status_code == 404
                assert answer.headers["content-type"] == "text/html; charset=utf-8"
                shown = path.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
                assert f"<pre>Cannot {method} {shown}</pre>" in answer.text

    aio(story())
