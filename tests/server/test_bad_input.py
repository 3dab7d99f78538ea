"""Bad input that the tables of `bad` do not make: types of bodies, many queries, any JSON, strange frames."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatdesk.wire.dispatcher import names, texts
from tests.conftest import Aio
from tests.server.people import town, unique
from tests.server.process import ServerProcess

RAW: tuple[bytes, ...] = (
    b"",
    b"{",
    b"{broken",
    b"[]",
    b"null",
    b"5",
    b'"text"',
    b"\xff\xfe\x00",
    b'{"message": "\\ud800", "orderId": "\\udfff"}',
    b"[" * 100_000,
    b'{"a":' * 50_000,
    b'{"message": 1e999}',
    b"\0" * 100,
    b" " * 1_100_000,
)

WRITES = (
    ("POST", names.ROUTE_LOGIN),
    ("POST", names.ROUTE_REFRESH),
    ("POST", names.ROUTE_SEND),
    ("PUT", names.ROUTE_ORDER_STATUS),
    ("POST", names.ROUTE_NOTIFICATIONS),
    ("PATCH", names.ROUTE_NOTIFICATIONS_MARK_READ),
    ("PATCH", names.ROUTE_NOTIFICATION),
)

READS = (
    names.ROUTE_HISTORY,
    names.ROUTE_MESSAGE_SEARCH,
    names.ROUTE_CHATS,
    names.ROUTE_ORDERS,
    names.ROUTE_NOTIFICATIONS,
    names.ROUTE_USERS_ALL,
)
QUERY = (
    "page",
    "limit",
    "search",
    "q",
    "status",
    "status[]",
    "type",
    "startDate",
    "endDate",
    "unreadOnly",
    "role",
)
STRANGE_QUERY = (
    "",
    "0",
    "-1",
    "1.5",
    "1e5",
    "٣",
    "9" * 30,
    "x",
    "(",
    "\0",
    "%",
    "0001-01-01",
    "9999-12-31",
    "🚚",
)


def assert_clear(answer: Any, what: object) -> None:
    """Below 500, and an error in the platform's envelope (or, for a route that is none, its page)."""
    assert answer.status_code < 500, (what, answer.status_code, answer.text[:300])
    if answer.status_code >= 400 and not answer.headers["content-type"].startswith("text/html"):
        envelope = answer.json()
        assert (envelope["status"], envelope["success"]) == (answer.status_code, False), what
        assert envelope["message"], what


@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded", "text/plain", ""])
def test_strange_bodies_on_every_route(demo_server: ServerProcess, aio: Aio, kind: str) -> None:
    """No body, broken JSON, lists, half surrogates, deep nesting and megabytes are no requests."""

    async def story() -> None:
        async with town(demo_server.url) as place:
            admin, owner = await place.admin(), await place.owner()
            order = (await owner.new_order())["id"]
            for method, route in [*WRITES, ("POST", names.ROUTE_ORDER_CREATE)]:
                person = owner if route == names.ROUTE_ORDER_CREATE else admin
                path = route.format(order_id=order, notification_id="0" * 24)
                for content in RAW:
                    headers = {"content-type": kind} if kind else {}
                    answer = await person.ask(method, path, content=content, headers=headers)
                    assert_clear(answer, (path, content[:20]))
                    assert answer.status_code >= 400
                    if len(content) > 1_000_000:
                        assert answer.status_code == 413

    aio(story())


def test_strange_queries_on_every_list(demo_server: ServerProcess, aio: Aio) -> None:
    """Pages, limits, searches, statuses and dates may be any text."""

    async def story() -> None:
        async with town(demo_server.url) as place:
            admin, owner = await place.admin(), await place.owner()
            order = (await owner.new_order())["id"]
            for route in READS:
                path = route.format(order_id=order)
                for value in STRANGE_QUERY:
                    for keys in (QUERY, QUERY[:2], QUERY[2:]):
                        assert_clear(await admin.get(path, **dict.fromkeys(keys, value)), (path, keys, value))
                assert_clear(await admin.get(path + "?" + "&".join(f"k{n}=v" for n in range(2_000))), path)
                assert_clear(await admin.get(path + "?page=%ED%A0%80&search=%ff&q=%00&limit=%"), path)
            for key in ("page", "limit"):
                answer = await admin.get(names.ROUTE_HISTORY.format(order_id=order), **{key: "-1"})
                invalid = texts.ERR_INVALID_FIELD.format(field=key)
                assert (answer.status_code, answer.json()["message"]) == (400, invalid)

    aio(story())


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda children: (
        st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=10), children, max_size=4)
    ),
    max_leaves=12,
)


def test_any_json_is_answered(demo_server: ServerProcess, aio: Aio) -> None:
    """Whatever JSON a send and a status change carry, the answer is below 500."""

    cases: list[tuple[Any, Any, Any]] = []

    @settings(max_examples=60, database=None)
    @given(ANY_JSON, ANY_JSON, ANY_JSON)
    def gather(message: Any, client_id: Any, whole: Any) -> None:
        cases.append((message, client_id, whole))

    gather()

    async def story() -> None:
        async with town(demo_server.url) as place:
            owner, admin = await place.owner(), await place.admin()
            order = (await owner.new_order())["id"]
            route = names.ROUTE_ORDER_STATUS.format(order_id=order)
            for message, client_id, whole in cases:
                body = {"orderId": order, "message": message, "clientId": client_id}
                answer = await owner.post(names.ROUTE_SEND, body)
                assert_clear(answer, body)
                if answer.status_code == 201 and isinstance(message, str) and client_id is None:
                    assert answer.json()["data"]["message"] == message
                assert_clear(await owner.post(names.ROUTE_SEND, whole), whole)
                assert_clear(await admin.ask("PUT", route, json=whole), whole)

    aio(story())


STRANGE_ARGUMENTS: tuple[Any, ...] = (
    None,
    True,
    5,
    -1,
    1e308,
    "",
    "\0",
    "not-an-id",
    "A" * 24,
    "x" * 100_000,
    [],
    ["0" * 24],
    {},
    {"orderId": "0" * 24},
    [[[]]],
    b"\x00\xff",
    ("0" * 23, "0" * 24),
    (),
)


def test_strange_arguments_of_every_event(demo_server: ServerProcess, aio: Aio) -> None:
    """Every event with anything but an order id answers an `error` that names the event."""

    async def story() -> None:
        async with town(demo_server.url) as place:
            owner = await place.owner()
            order = (await owner.new_order())["id"]
            async with owner.socket(order) as ear:
                expected = 0
                for event in (
                    names.EMIT_JOIN,
                    names.EMIT_LEAVE,
                    names.EMIT_TYPING_START,
                    names.EMIT_TYPING_STOP,
                    names.EMIT_MARK_READ,
                ):
                    for argument in STRANGE_ARGUMENTS:
                        await ear.client.emit(event, argument)
                        expected += 1
                        error = await ear.until(names.EVENT_ERROR, expected)
                        assert error == {
                            "message": texts.ERR_EVENT_ARGUMENT.format(event=event),
                            "event": event,
                        }
                for event in ("no-such-event", "connect", "disconnect", "error", "", "__proto__"):
                    await ear.client.emit(event, order)
                text = unique()
                await owner.send(order, text)
                assert (await owner.texts(order))[0] == text

    aio(story())


FRAMES: tuple[str | bytes, ...] = (
    "",
    "x",
    "9",
    "4",
    "42",
    "42{",
    '42["join-order-room"',
    "42[]",
    "42[5]",
    '42[{"a":1}]',
    "42[null,null]",
    "42" + "[" * 5_000,
    '451-["join-order-room",{"_placeholder":true,"num":0}]',
    '459999999999-["join-order-room"]',
    "40/evil,{}",
    "41",
    "43[]",
    "430[]",
    "44",
    "49",
    "1",
    "2probe",
    "3",
    "5",
    "6",
    "٣",
    b"\x00\x01\x02",
    b"",
    "4" + "x" * 1_000_100,
)


@pytest.mark.parametrize("connected", [False, True])
def test_strange_frames(demo_server: ServerProcess, aio: Aio, connected: bool) -> None:
    """Whatever stands in a websocket frame, before or after the handshake, the server lives."""

    async def story() -> None:
        async with town(demo_server.url) as place, aiohttp.ClientSession() as session:
            owner = await place.owner()
            order = (await owner.new_order())["id"]
            url = f"{place.url}{names.SOCKET_PATH}?EIO=4&transport=websocket"
            for frame in FRAMES:
                async with session.ws_connect(url) as socket:
                    assert (await socket.receive_str()).startswith("0{")
                    if connected:
                        await socket.send_str("40" + json.dumps({"token": owner.token}))
                        assert (await socket.receive_str()).startswith("40{")
                        await socket.send_str(f'42["{names.EMIT_JOIN}","{order}"]')
                    if isinstance(frame, bytes):
                        await socket.send_bytes(frame)
                    else:
                        await socket.send_str(frame)
            async with owner.socket(order) as ear:
                text = unique()
                assert (await owner.send(order, text)).status_code == 201
                assert (await ear.until(names.EVENT_NEW_MESSAGE))["message"]["message"] == text
            presence = (await owner.get(names.ROUTE_PRESENCE.format(order_id=order))).json()["data"]
            assert {party["userId"] for party in presence} == {owner.id}

    aio(story())


def test_nobody_is_left_after_strange_frames(demo_server: ServerProcess, aio: Aio) -> None:
    """A connection that ends on a strange frame takes its person offline like any other."""

    async def story() -> None:
        async with town(demo_server.url) as place, aiohttp.ClientSession() as session:
            person, desk = await place.person("marek@northline-crane.example"), await place.desk()
            async with desk.socket() as ear:
                for number, frame in enumerate(("x", "", "4" + "x" * 1_000_100), 1):
                    async with session.ws_connect(
                        f"{place.url}{names.SOCKET_PATH}?EIO=4&transport=websocket"
                    ) as socket:
                        await socket.receive_str()
                        await socket.send_str("40" + json.dumps({"token": person.token}))
                        await ear.until(names.EVENT_USER_PRESENCE, number, userId=person.id, online=True)
                        await socket.send_str(frame)
                        await ear.until(names.EVENT_USER_PRESENCE, number, userId=person.id, online=False)

    aio(story())
