"""OMW in its promising mode: talks of the two of a booking, by socket and by REST, and nobody else's."""

from __future__ import annotations

import asyncio
import itertools
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
import socketio

from chatdesk.server.core.errors import Reason
from chatdesk.server.core.notifications import Filter
from chatdesk.server.core.service import SECRET_NAME
from chatdesk.server.core.tokens import ALGORITHM, load_secret
from chatdesk.server.demo.cast import PASSWORD
from chatdesk.server.demo.omw import (
    DESK_EMAIL,
    MIRA_EMAIL,
    RIVAL_EMAIL,
    SWITCHED_OFF_EMAIL,
    UNVERIFIED_EMAIL,
    seed_omw,
)
from chatdesk.server.dialects.omw.vocabulary import REFUSALS
from chatdesk.wire.omw import names, texts
from tests.conftest import Aio, AllowLog
from tests.server.conftest import MakeServer
from tests.server.omw import Dweller, Ear, town, without_database


@pytest.mark.promised("omw", "real-time messaging")
@pytest.mark.promised("omw", "text")
@pytest.mark.promised("omw", "own bookings only")
def test_a_message_reaches_both_and_nobody_else(tmp_path: Path, aio: Aio) -> None:
    """All connections of both get the record, the sending one also `message_sent`; strangers get nothing."""

    async def story() -> None:
        async with town(tmp_path) as place, AsyncExitStack() as stack:
            worker, customer = await place.pair()
            rival, neighbour = await place.pair()
            chat, _booking = await place.chat(customer, worker)
            await place.chat(neighbour, rival)
            mine, other, theirs, strange = [
                await stack.enter_async_context(one.socket()) for one in (worker, worker, customer, rival)
            ]
            await mine.emit(names.EMIT_SEND, {"sessionId": chat, "content": "  On my way "})
            told = await mine.until(names.EVENT_MESSAGE_SENT)
            records = [await ear.until(names.EVENT_NEW_MESSAGE) for ear in (mine, other, theirs)]
            assert records[0] == records[1] == records[2]
            assert told == {"messageId": records[0]["id"], "sessionId": chat}
            assert (records[0]["content"], records[0]["message_type"]) == ("  On my way ", "text")
            assert (records[0]["sender_id"], records[0]["sender_type"]) == (worker.id, "provider")
            assert records[0]["created_at"].endswith("Z")
            assert [name for name, _payload in mine.heard[-2:]] == ["new_message", "message_sent"]
            assert other.all(names.EVENT_MESSAGE_SENT) == theirs.all(names.EVENT_MESSAGE_SENT) == []
            assert (
                await strange.asked(names.EMIT_SEND, {"sessionId": chat, "content": "x"}) == texts.ERR_ACCESS
            )
            assert strange.all(names.EVENT_NEW_MESSAGE) == []
            for stranger in (rival, neighbour):
                assert (await stranger.send(chat, "x")).status_code == 403
                answer = await stranger.ask("GET", names.ROUTE_SESSION.format(session_id=chat))
                assert (answer.status_code, answer.json()) == (404, {"error": texts.ERR_NO_SESSION})
            assert await worker.texts(chat) == ["  On my way "]

    aio(story())


@pytest.mark.promised("omw", "message history")
@pytest.mark.promised("omw", "lazy loading")
@pytest.mark.promised("omw", "pagination")
@pytest.mark.promised("omw", "sequence")
def test_history_comes_in_pages_from_the_newest_end(tmp_path: Path, aio: Aio) -> None:
    """Socket and REST give the same pages, oldest first; `hasMore` is right also at the last full page."""

    async def story() -> None:
        async with town(tmp_path, messages_per_minute=1_000) as place:
            worker, customer = await place.pair()
            chat, _booking = await place.chat(customer, worker)
            for number in range(10):
                await (worker if number % 2 else customer).send(chat, f"line {number}")
            async with customer.socket() as ear:
                found: list[str] = []
                for turn, offset in enumerate((0, 5), 1):
                    page = await worker.history(chat, limit=5, offset=offset)
                    wanted = {"sessionId": chat, "limit": 5, "offset": offset}
                    await ear.emit(names.EMIT_HISTORY, wanted)
                    told = await ear.until(names.EVENT_HISTORY, turn)
                    assert told["messages"] == page["messages"]
                    assert told["hasMore"] is page["hasMore"] is (offset == 0)
                    found = [one["content"] for one in page["messages"]] + found
                    assert "session_id" not in page["messages"][0]
                assert found == [f"line {number}" for number in range(10)]
                await ear.emit(names.EMIT_HISTORY, {"sessionId": chat})
                whole = await ear.until(names.EVENT_HISTORY, 3)
                assert [one["seq"] for one in whole["messages"]] == list(range(1, 11))
                assert await ear.asked(names.EMIT_HISTORY, {"sessionId": chat, "limit": -1})
            assert (await worker.history(chat, limit=5_000))["hasMore"] is False

    aio(story())


@pytest.mark.promised("omw", "read receipts")
@pytest.mark.promised("omw", "unread count")
def test_reading_is_told_and_counted(tmp_path: Path, aio: Aio) -> None:
    """Marks by socket and by REST lower the counts, show in the history, and are told to the other side."""

    async def story() -> None:
        async with town(tmp_path) as place, AsyncExitStack() as stack:
            worker, customer = await place.pair()
            chat, _booking = await place.chat(customer, worker)
            other_chat, _booking = await place.chat(customer, worker)
            ids = [
                (await worker.send(chat, text)).json()["message"]["id"] for text in ("one", "two", "three")
            ]
            await worker.send(other_chat, "four")
            own = (await customer.send(chat, "mine")).json()["message"]["id"]

            async def counts(who: Dweller) -> tuple[int, int]:
                line = next(one for one in await who.sessions() if one["session_id"] == chat)
                return line["unread_count"], (await who.get(names.ROUTE_UNREAD_COUNT))["unreadCount"]

            assert await counts(customer) == (3, 4)
            assert await counts(worker) == (1, 1)
            ears = [await stack.enter_async_context(one.socket()) for one in (customer, worker)]
            await ears[0].emit(names.EMIT_MARK_READ, {"sessionId": chat, "messageIds": [ids[0], own, 999]})
            told = await ears[1].until(names.EVENT_READ)
            assert told == {"sessionId": chat, "readerId": customer.id, "messageIds": [ids[0]]}
            assert await counts(customer) == (2, 3)
            read = names.ROUTE_MESSAGES_READ.format(session_id=chat)
            for _ in range(2):
                answer = await customer.ask("PUT", read, json={})
                assert (answer.status_code, answer.json()["message"]) == (200, texts.OK_READ)
            told = await ears[1].until(names.EVENT_READ, 2)
            assert told["messageIds"] == ids[1:]
            assert await counts(customer) == (0, 1)
            await ears[1].settled(chat)
            assert len(ears[1].all(names.EVENT_READ)) == 2, "what is read already is no news"
            history = (await worker.history(chat))["messages"]
            assert [one["is_read"] for one in history] == [1, 1, 1, 0]
            assert history[0]["read_at"] >= history[0]["created_at"]
            # The reader's own connections hear of what was read by other ways than themselves.
            assert [one["messageIds"] for one in ears[0].all(names.EVENT_READ)] == [ids[1:]]

    aio(story())


@pytest.mark.promised("omw", "typing")
@pytest.mark.promised("omw", "typing ends")
def test_typing_is_told_and_ends(tmp_path: Path, aio: Aio) -> None:
    """Typing is told with name and session; it ends by word, with the connection, and by itself."""

    async def story() -> None:
        async with town(tmp_path) as place:
            worker, customer = await place.pair()
            chat, _booking = await place.chat(customer, worker)
            told = {"sessionId": chat, "userId": customer.id, "userName": customer.user.name}
            assert place.core.rules.typing_timeout_s > 1
            async with worker.socket() as ear:
                async with customer.socket() as theirs:
                    for times, (event, on) in enumerate(
                        ((names.EMIT_TYPING_START, True), (names.EMIT_TYPING_STOP, False)), 1
                    ):
                        await theirs.emit(event, {"sessionId": chat})
                        assert await ear.until(names.EVENT_TYPING, times) == {**told, "isTyping": on}
                    await theirs.emit(names.EMIT_TYPING_START, {"sessionId": chat})
                    await ear.until(names.EVENT_TYPING, 3)
                    assert theirs.all(names.EVENT_TYPING) == []
                assert await ear.until(names.EVENT_TYPING, 4) == {**told, "isTyping": False}
                place.core.rules = replace(place.core.rules, typing_timeout_s=0.1)
                async with customer.socket() as theirs:
                    await theirs.emit(names.EMIT_TYPING_START, {"sessionId": chat})
                    assert await ear.until(names.EVENT_TYPING, 6) == {**told, "isTyping": False}
                    place.core.rules = replace(place.core.rules, typing_timeout_s=60)
                    await theirs.emit(names.EMIT_TYPING_START, {"sessionId": chat})
                    await theirs.emit(names.EMIT_LEAVE, {"sessionId": chat})
                    assert await ear.until(names.EVENT_TYPING, 8) == {**told, "isTyping": False}
                    await ear.until(names.EVENT_USER_LEFT)

    aio(story())


@pytest.mark.promised("omw", "user status")
@pytest.mark.promised("omw", "last seen")
@pytest.mark.promised("omw", "session caching")
def test_coming_and_going_is_told_to_those_who_share_a_session(tmp_path: Path, aio: Aio) -> None:
    """Told once per person, not per connection; the detail agrees; nobody has to join to hear a session."""

    async def story() -> None:
        async with town(tmp_path) as place:
            worker, customer = await place.pair()
            rival = await place.add(names.ROLE_WORKER)
            chat, _booking = await place.chat(customer, worker)
            await place.chat(customer, worker)

            async def there(who: Dweller) -> tuple[int, bool]:
                rows = {one["user_id"]: one for one in (await worker.detail(chat))["participants"]}
                return rows[who.id]["is_online"], rows[who.id]["last_seen_at"] is not None

            assert await there(customer) == (0, False)
            async with worker.socket() as ear, rival.socket() as strange:
                async with customer.socket() as theirs:
                    told = await ear.until(names.EVENT_USER_STATUS)
                    assert (told["userId"], told["isOnline"]) == (customer.id, True)
                    told = await theirs.until(names.EVENT_USER_STATUS)
                    assert (told["userId"], told["isOnline"]) == (worker.id, True), "who was there before"
                    async with customer.socket():
                        assert await there(customer) == (1, False)
                    assert await there(customer) == (1, False), "the other connection is still there"
                    assert await there(worker) == (1, False), "by the account's id, not the profile's"
                    await ear.emit(names.EMIT_SEND, {"sessionId": chat, "content": "unasked"})
                    await theirs.until(names.EVENT_NEW_MESSAGE)
                told = await ear.until(names.EVENT_USER_STATUS, 2)
                assert (told["isOnline"], told["lastSeen"][-1]) == (False, "Z")
                assert await there(customer) == (0, True)
                assert strange.all(names.EVENT_USER_STATUS) == []

    aio(story())


@pytest.mark.promised("omw", "rest fallback")
def test_what_comes_by_rest_is_pushed(tmp_path: Path, aio: Aio) -> None:
    """A send by REST is trimmed, answered with its record, and reaches the connections of both."""

    async def story() -> None:
        async with town(tmp_path) as place, AsyncExitStack() as stack:
            worker, customer = await place.pair()
            chat, _booking = await place.chat(customer, worker)
            ears = [await stack.enter_async_context(one.socket()) for one in (worker, customer)]
            record = (await worker.send(chat, "  by REST ")).json()["message"]
            assert (record["content"], record["session_id"]) == ("by REST", str(chat))
            for ear in ears:
                pushed = await ear.until(names.EVENT_NEW_MESSAGE)
                assert (pushed["id"], pushed["session_id"]) == (record["id"], chat)
                assert ear.all(names.EVENT_MESSAGE_SENT) == []
            for bad, text in (
                ({"content": "   "}, texts.ERR_CONTENT),
                ({}, texts.ERR_CONTENT),
                ({"content": 5}, "Message content is invalid"),
                ({"content": "x" * 66_000}, "Message content is too long"),
                ({"content": "x", "messageType": "video"}, "Invalid message type"),
            ):
                path = names.ROUTE_MESSAGES.format(session_id=chat)
                answer = await worker.ask("POST", path, json=bad)
                assert (answer.status_code, answer.json()) == (400, {"error": text})

    aio(story())


@pytest.mark.promised("omw", "client id")
def test_a_client_id_sends_once(tmp_path: Path, aio: Aio) -> None:
    """The same client id is one message, by whatever way it comes, and is confirmed each time."""

    async def story() -> None:
        async with town(tmp_path) as place:
            worker, customer = await place.pair()
            chat, _booking = await place.chat(customer, worker)
            other, _booking = await place.chat(customer, worker)
            health = (await place.http.get(names.PATH_HEALTH)).json()
            assert (health["status"], health["chatdesk"]["features"]) == ("healthy", ["client_id", "seq"])
            async with worker.socket() as ear, customer.socket() as theirs:
                line = {"sessionId": chat, "content": "once", "clientId": "key-1"}
                for _ in range(2):
                    await ear.emit(names.EMIT_SEND, line)
                told = [await ear.until(names.EVENT_MESSAGE_SENT, times) for times in (1, 2)]
                assert told[0] == told[1]
                record = (await worker.send(chat, "once", clientId="key-1")).json()["message"]
                assert (record["id"], record["clientId"]) == (told[0]["messageId"], "key-1")
                assert (await worker.send(other, "once", clientId="key-1")).status_code == 409
                await theirs.settled(chat)
                assert len(theirs.all(names.EVENT_NEW_MESSAGE)) == 1
            assert await worker.texts(chat) == ["once"]

    aio(story())


@pytest.mark.promised("omw", "rate limit")
def test_whoever_sends_too_much_is_told_to_wait(tmp_path: Path, aio: Aio) -> None:
    """By socket an error, by REST 429 with `Retry-After`; the other side is not slowed down."""

    async def story() -> None:
        async with town(tmp_path, messages_per_minute=2) as place:
            worker, customer = await place.pair()
            chat, _booking = await place.chat(customer, worker)
            for text in ("one", "two"):
                assert (await worker.send(chat, text)).status_code == 200
            answer = await worker.send(chat, "three")
            assert answer.status_code == 429
            assert 1 <= int(answer.headers["retry-after"]) <= 60
            async with worker.socket() as ear:
                text = await ear.asked(names.EMIT_SEND, {"sessionId": chat, "content": "four"})
                assert text == answer.json()["error"]
            assert (await customer.send(chat, "mine")).status_code == 200
            place.clock.ahead_ms += 61_000
            assert (await worker.send(chat, "three")).status_code == 200

    aio(story())


@pytest.mark.promised("omw", "sessions list")
@pytest.mark.promised("omw", "session management")
def test_sessions_are_begun_listed_ended_and_deleted(tmp_path: Path, aio: Aio) -> None:
    """One session per booking; the list has the newest message first; after an end a new one can be begun."""

    async def story() -> None:
        async with town(tmp_path) as place, AsyncExitStack() as stack:
            worker, customer = await place.pair()
            rival = await place.add(names.ROLE_WORKER)
            bookings = [await place.booking(customer, worker) for _ in range(2)]

            async def begin(who: Dweller, booking: object) -> tuple[int, dict[str, Any]]:
                answer = await who.ask("POST", names.ROUTE_SESSIONS, json={"bookingId": booking})
                return answer.status_code, answer.json()

            assert await begin(worker, None) == (400, {"error": texts.ERR_NO_BOOKING_ID})
            for stranger, booking in ((rival, bookings[0]), (worker, 999_999), (worker, "no number")):
                assert await begin(stranger, booking) == (403, {"error": texts.ERR_BOOKING_ACCESS})
            ears = [await stack.enter_async_context(one.socket()) for one in (worker, customer)]
            made = [await begin(worker, booking) for booking in bookings]
            chats = [int(str(body["sessionId"])) for _status, body in made]
            assert [body["message"] for _status, body in made] == [texts.OK_CREATED] * 2
            _status, again = await begin(customer, bookings[0])
            assert (again["sessionId"], again["message"]) == (chats[0], texts.OK_EXISTS)
            await customer.send(chats[0], "first")
            for ear in ears:
                await ear.until(names.EVENT_NEW_MESSAGE)
            listed = await worker.sessions()
            assert [one["session_id"] for one in listed] == chats
            assert (listed[0]["message_count"], listed[1]["last_message_at"]) == (1, None)
            assert (listed[0]["user_role"], listed[0]["customer_name"]) == ("provider", customer.user.name)
            end = names.ROUTE_SESSION_END.format(session_id=chats[0])
            for _ in range(2):
                assert (await customer.ask("PUT", end)).json()["message"] == texts.OK_ENDED
            assert [one["session_id"] for one in await worker.sessions()] == [chats[1]]
            _status, new = await begin(worker, bookings[0])
            assert new["sessionId"] not in chats
            assert new["message"] == texts.OK_CREATED
            delete = names.ROUTE_SESSION.format(session_id=chats[0])
            answers = [(await worker.ask("DELETE", delete)).status_code for _ in range(2)]
            assert answers == [200, 403]

    aio(story())


@pytest.mark.promised("omw", "status-based access")
@pytest.mark.promised("omw", "session validation")
def test_what_has_ended_is_closed(tmp_path: Path, aio: Aio) -> None:
    """No event and no route reaches an ended session, and nobody is in its room any more."""

    async def story() -> None:
        async with town(tmp_path) as place:
            worker, customer = await place.pair()
            chat, _booking = await place.chat(customer, worker)
            await worker.send(chat, "before")
            async with worker.socket() as mine, customer.socket() as theirs:
                await worker.ask("PUT", names.ROUTE_SESSION_END.format(session_id=chat))
                for event, more in (
                    (names.EMIT_JOIN, {}),
                    (names.EMIT_LEAVE, {}),
                    (names.EMIT_SEND, {"content": "after"}),
                    (names.EMIT_MARK_READ, {"messageIds": [1]}),
                    (names.EMIT_HISTORY, {}),
                    (names.EMIT_TYPING_START, {}),
                    (names.EMIT_TYPING_STOP, {}),
                ):
                    for session in (chat, 999_999):
                        assert await theirs.asked(event, {"sessionId": session, **more}) == texts.ERR_ACCESS
                assert [name for name, _payload in mine.heard if name != names.EVENT_USER_STATUS] == []
            for method, path in (
                ("GET", names.ROUTE_MESSAGES),
                ("POST", names.ROUTE_MESSAGES),
                ("PUT", names.ROUTE_MESSAGES_READ),
            ):
                body = {"json": {"content": "x"}} if method != "GET" else {}
                answer = await customer.ask(method, path.format(session_id=chat), **body)
                assert (answer.status_code, answer.json()) == (403, {"error": texts.ERR_ACCESS})
            assert await customer.sessions() == []
            assert (await customer.get(names.ROUTE_UNREAD_COUNT))["unreadCount"] == 0

    aio(story())


def test_rooms_are_left_and_joined(tmp_path: Path, aio: Aio) -> None:
    """Who leaves hears nothing of a session but the echo of own messages, and hears again after joining."""

    async def story() -> None:
        async with town(tmp_path) as place:
            worker, customer = await place.pair()
            chat, _booking = await place.chat(customer, worker)
            who = {"sessionId": chat, "userId": worker.id, "userName": worker.user.name}
            async with worker.socket() as mine, customer.socket() as theirs:
                await mine.emit(names.EMIT_LEAVE, {"sessionId": chat})
                assert await mine.until(names.EVENT_LEFT) == {"sessionId": chat}
                assert await theirs.until(names.EVENT_USER_LEFT) == who
                await theirs.emit(names.EMIT_SEND, {"sessionId": chat, "content": "unheard"})
                await theirs.until(names.EVENT_MESSAGE_SENT)
                await mine.emit(names.EMIT_SEND, {"sessionId": str(chat), "content": "from outside"})
                assert (await mine.until(names.EVENT_NEW_MESSAGE))["content"] == "from outside"
                assert (await mine.until(names.EVENT_MESSAGE_SENT))["sessionId"] == chat, "a number, always"
                await theirs.until(names.EVENT_NEW_MESSAGE, 2)
                await mine.emit(names.EMIT_JOIN, {"sessionId": chat})
                assert await mine.until(names.EVENT_JOINED) == {"sessionId": chat}
                assert await theirs.until(names.EVENT_USER_JOINED) == who
                await theirs.emit(names.EMIT_SEND, {"sessionId": chat, "content": "heard"})
                assert (await mine.until(names.EVENT_NEW_MESSAGE, 2))["content"] == "heard"

    aio(story())


@pytest.mark.promised("omw", "system")
@pytest.mark.promised("omw", "robust")
def test_bad_payloads_are_answered_and_harm_nothing(tmp_path: Path, aio: Aio) -> None:
    """Every event answers whatever is wrong with it; people do not send notifications of the system."""

    async def story() -> None:
        async with town(tmp_path, events_per_minute=10_000) as place:
            worker, customer = await place.pair()
            chat, _booking = await place.chat(customer, worker)
            async with worker.socket() as ear:
                events = (
                    names.EMIT_JOIN,
                    names.EMIT_LEAVE,
                    names.EMIT_SEND,
                    names.EMIT_MARK_READ,
                    names.EMIT_HISTORY,
                    names.EMIT_TYPING_START,
                    names.EMIT_TYPING_STOP,
                )
                payloads: tuple[Any, ...] = (
                    None,
                    "text",
                    5,
                    [],
                    {},
                    {"sessionId": "41abc"},
                    {"sessionId": True},
                )
                for event, payload in itertools.product(events, payloads):
                    assert await ear.asked(event, payload)
                for more in (
                    {"content": "x", "messageType": "system"},
                    {"content": "x", "messageType": ""},
                    {"content": "x", "messageType": {}},
                    {"content": ["x"]},
                    {"content": " "},
                    {"content": "x" * 66_000},
                    {"content": "x", "clientId": 5},
                    {"content": "x", "fileSize": "70"},
                    {"content": "x", "fileName": "n" * 300},
                    {"content": "x", "fileUrl": "https://elsewhere.example/x.png"},
                    {"content": "x", "fileUrl": "/uploads/chat/unknown.png"},
                ):
                    assert await ear.asked(names.EMIT_SEND, {"sessionId": chat, **more})
                lists: tuple[Any, ...] = (None, "1", [None], [{}], {}, ["x"])
                for ids in lists:
                    assert await ear.asked(names.EMIT_MARK_READ, {"sessionId": chat, "messageIds": ids})
                await ear.emit("no_such_event", {"x": 1})
                await ear.emit(names.EMIT_SEND, {"sessionId": chat, "content": "still fine"})
                await ear.until(names.EVENT_MESSAGE_SENT)
            assert await worker.texts(chat) == ["still fine"]

    aio(story())


@pytest.mark.promised("omw", "robust")
def test_an_outage_of_the_database_is_told_and_survived(
    tmp_path: Path, aio: Aio, allow_log: AllowLog
) -> None:
    """Whatever is asked meanwhile is answered as a failure of the server's; the connection lives on."""
    outages = allow_log("ERROR chatdesk.server.web: .* failed: OperationalError")

    async def story() -> None:
        async with town(tmp_path) as place:
            worker, customer = await place.pair()
            chat, _booking = await place.chat(customer, worker)
            async with worker.socket() as ear:
                async with without_database(place):
                    text = await ear.asked(names.EMIT_SEND, {"sessionId": chat, "content": "lost"})
                    assert text == texts.ERR_SEND
                    assert await ear.asked(names.EMIT_TYPING_START, {"sessionId": chat}) == "Server error"
                    assert await Ear().refused(place.url, {"token": customer.token}) == "Server error"
                    answer = await customer.ask("GET", names.ROUTE_SESSIONS)
                    assert (answer.status_code, answer.json()) == (500, {"error": texts.ERR_SESSIONS})
                await ear.emit(names.EMIT_SEND, {"sessionId": chat, "content": "back"})
                await ear.until(names.EVENT_MESSAGE_SENT)
            assert await customer.texts(chat) == ["back"]

    aio(story())
    assert outages


@pytest.mark.promised("omw", "socket sign-in")
def test_connections_need_a_good_token(tmp_path: Path, aio: Aio) -> None:
    """Each way in which a token can be wrong has the platform's text; the header is as good as `auth`."""

    async def story() -> None:
        async with town(tmp_path) as place:
            worker = await place.add(names.ROLE_WORKER)
            gone = await place.add(names.ROLE_CUSTOMER, active=False)
            ended = await place.signed_in(worker.user, names.ROLE_WORKER, ttl_s=-1)
            secret = load_secret(tmp_path / SECRET_NAME)
            of_nobody = jwt.encode({"role": "worker", "exp": 2**40}, secret, ALGORITHM)
            for auth, text in (
                (None, texts.CONNECT_NO_TOKEN),
                ({"token": of_nobody}, texts.CONNECT_BAD_PAYLOAD),
                ({"token": "no.good.token"}, texts.CONNECT_INVALID_TOKEN),
                ({"token": f"Bearer {worker.token}"}, texts.CONNECT_INVALID_TOKEN),
                ({"token": ended.token}, texts.CONNECT_INVALID_TOKEN),
                ({"token": gone.token}, texts.CONNECT_NO_USER),
            ):
                assert await Ear().refused(place.url, auth) == text
            client = socketio.AsyncClient(reconnection=False, handle_sigint=False)
            headers = {"Authorization": f"Bearer {worker.token}"}
            await client.connect(place.url, headers=headers, transports=["websocket"])
            await client.disconnect()
            for headers, status, body in (
                ({}, 401, {"success": False, "message": texts.ERR_NO_TOKEN}),
                ({"Authorization": "Bearer x"}, 403, {"success": False, "message": texts.ERR_TOKEN}),
                (
                    {"Authorization": f"Bearer {ended.token}"},
                    403,
                    {"success": False, "message": texts.ERR_TOKEN},
                ),
                (
                    {"Authorization": f"Bearer {gone.token}"},
                    403,
                    {"success": False, "message": texts.ERR_TOKEN},
                ),
            ):
                answer = await place.http.get(names.ROUTE_SESSIONS, headers=headers)
                assert (answer.status_code, answer.json()) == (status, body)
                answer = await place.http.get(names.ROUTE_REQUESTS, headers=headers)
                text = texts.ERR_TOKEN if headers else texts.ERR_NO_HEADER
                assert (answer.status_code, answer.json()) == (status, {"message": text})
            answer = await place.http.get(
                names.ROUTE_SESSIONS, headers={"Authorization": f"Bearer {of_nobody}"}
            )
            assert (answer.status_code, answer.json()["message"]) == (401, texts.ERR_TOKEN_PAYLOAD)
            answer = await place.http.get(names.ROUTE_REQUESTS, headers={"Authorization": "Bearer"})
            assert (answer.status_code, answer.json()) == (401, {"message": texts.ERR_NO_TOKEN_IN_HEADER})

    aio(story())


@pytest.mark.promised("omw", "roles")
def test_people_sign_in_as_what_they_are(tmp_path: Path, aio: Aio) -> None:
    """A role that an account has, by any of its names; each refusal in the platform's words."""

    async def story() -> None:
        async with town(tmp_path) as place:
            await seed_omw(place.core)

            async def sign_in(
                email: str, role: str | None, password: str = PASSWORD
            ) -> tuple[int, dict[str, Any]]:
                body = {"email": email, "password": password, "role": role}
                answer = await place.http.post(names.ROUTE_LOGIN, json=body)
                return answer.status_code, answer.json()

            status, body = await sign_in(DESK_EMAIL.upper(), "Service Provider")
            assert (status, body["user"]["role"], body["user"]["role_id"]) == (200, "worker", 2)
            for role in names.ROLE_WORKER, names.ROLE_CUSTOMER:
                status, body = await sign_in(RIVAL_EMAIL, role)
                assert (status, body["user"]["role"]) == (200, role)
            refused: tuple[tuple[str, str | None, str, int, str], ...] = (
                (MIRA_EMAIL, None, PASSWORD, 400, texts.ERR_LOGIN_FIELDS),
                (MIRA_EMAIL, "customer", "wrong", 401, texts.ERR_LOGIN_PASSWORD),
                ("nobody@example.test", "customer", PASSWORD, 401, texts.ERR_LOGIN_NO_ACCOUNT),
                (SWITCHED_OFF_EMAIL, "customer", PASSWORD, 401, texts.ERR_LOGIN_NO_ACCOUNT),
                (UNVERIFIED_EMAIL, "customer", "wrong", 403, texts.ERR_LOGIN_UNVERIFIED),
                (
                    MIRA_EMAIL,
                    "Worker",
                    PASSWORD,
                    403,
                    "Access denied for role worker. User has role(s): customer",
                ),
            )
            for email, wanted, password, status, text in refused:
                found, body = await sign_in(email, wanted, password)
                assert (found, body["message"]) == (status, text)
            worker, customer = await place.pair()
            for who, path in (
                (customer, names.ROUTE_REQUESTS),
                (customer, names.ROUTE_REQUEST_COUNTS),
                (customer, names.ROUTE_ASSIGNED),
                (worker, names.ROUTE_CUSTOMER_BOOKINGS),
                (worker, names.ROUTE_CUSTOMER_SUMMARY),
            ):
                assert (await who.ask("GET", path)).status_code == 403

    aio(story())


@pytest.mark.promised("omw", "sign-in by code")
def test_a_code_signs_in_once(tmp_path: Path, aio: Aio) -> None:
    """The code goes to the account's person only, is good once and for minutes, and cannot be tried out."""

    async def story() -> None:
        async with town(tmp_path) as place:
            worker = await place.add(names.ROLE_WORKER, phone="5550001", more_roles=(names.ROLE_CUSTOMER,))

            async def ask(path: str, **body: object) -> tuple[int, dict[str, Any]]:
                answer = await place.http.post(path, json=body)
                return answer.status_code, answer.json()

            async def code() -> str:
                place.clock.ahead_ms += 61_000
                assert await ask(names.ROUTE_REQUEST_OTP, phone="5550001") == (
                    200,
                    {"success": True, "message": texts.OK_OTP},
                )
                actor = await place.core.accounts.by_id(worker.user.id)
                found, _total = await place.core.notifications.page(actor, Filter(), offset=0, limit=1)
                return str(found[0].body)[-7:-1]

            for body, status, text in (
                ({"phone": "5550001", "otp": "12"}, 400, texts.ERR_OTP_LOGIN_FORMAT),
                ({"phone": "0", "otp": "123456"}, 401, texts.ERR_OTP_LOGIN_PHONE),
                ({"phone": "5550001", "otp": "123456"}, 401, "Invalid or expired OTP"),
                ({"phone": "5550001", "otp": "123456", "role": "admin"}, 403, texts.ERR_OTP_LOGIN_ROLE),
            ):
                found, answer = await ask(names.ROUTE_LOGIN_OTP, **body)
                assert (found, answer["message"]) == (status, text)
            good = {"phone": "5550001", "otp": await code(), "role": "customer"}
            status, answer = await ask(names.ROUTE_LOGIN_OTP, **good)
            assert (status, answer["user"]["role"], answer["user"]["phone_number"]) == (
                200,
                "customer",
                "5550001",
            )
            assert (await ask(names.ROUTE_LOGIN_OTP, **good))[0] == 401, "used up"
            late = {"phone": "5550001", "otp": await code()}
            place.clock.ahead_ms += 6 * 60_000
            assert (await ask(names.ROUTE_LOGIN_OTP, **late))[0] == 401
            right = await code()
            wrong = "000000" if right != "000000" else "000001"
            await ask(names.ROUTE_REQUEST_OTP, phone="5550001")
            tries = [(await ask(names.ROUTE_LOGIN_OTP, phone="5550001", otp=wrong))[0] for _ in range(6)]
            assert tries == [401] * 5 + [429]
            assert (await ask(names.ROUTE_LOGIN_OTP, phone="5550001", otp=right))[0] == 429
            # Nobody learns which numbers there are.
            assert (await ask(names.ROUTE_REQUEST_OTP, phone="0"))[0] == 200

    aio(story())


@pytest.mark.promised("omw", "persistence")
@pytest.mark.promised("omw", "caching")
def test_a_dead_server_keeps_messages_and_forgets_who_was_there(make_server: MakeServer, aio: Aio) -> None:
    """After a kill what was confirmed is there, and nobody counts as online who has not come again."""
    server = make_server(platform="omw", seed="demo")

    async def before() -> tuple[str, int, int]:
        async with httpx.AsyncClient(base_url=server.url) as http:
            body = {"email": MIRA_EMAIL, "password": PASSWORD, "role": "customer"}
            token = (await http.post(names.ROUTE_LOGIN, json=body)).json()["token"]
            headers = {"Authorization": f"Bearer {token}"}
            sessions = (await http.get(names.ROUTE_SESSIONS, headers=headers)).json()["sessions"]
            chat = sessions[0]["session_id"]
            client = socketio.AsyncClient(reconnection=False, handle_sigint=False)
            sent = asyncio.get_running_loop().create_future()
            client.on(names.EVENT_MESSAGE_SENT, lambda told: sent.set_result(told["messageId"]))
            await client.connect(server.url, auth={"token": token}, transports=["websocket"])
            await client.emit(names.EMIT_SEND, {"sessionId": chat, "content": "before the end"})
            message = await asyncio.wait_for(sent, 15)
            server.kill()
            await client.wait()
            return token, chat, message

    token, chat, message = aio(before())
    server.start()

    async def after() -> None:
        async with httpx.AsyncClient(
            base_url=server.url, headers={"Authorization": f"Bearer {token}"}
        ) as http:
            path = names.ROUTE_MESSAGES.format(session_id=chat)
            last = (await http.get(path)).json()["messages"][-1]
            assert (last["id"], last["content"]) == (message, "before the end")
            detail = (await http.get(names.ROUTE_SESSION.format(session_id=chat))).json()["session"]
            assert [one["is_online"] for one in detail["participants"]] == [0, 0]

    aio(after())
    assert server.stop() == 0
    assert server.log.read_text(encoding="utf-8") == ""


@pytest.mark.promised("omw", "compression")
@pytest.mark.promised("omw", "pooling")
def test_long_answers_are_compressed_and_many_are_given_at_once(tmp_path: Path, aio: Aio) -> None:
    """gzip for those who can read it; twenty histories at the same time are all whole."""

    async def story() -> None:
        async with town(tmp_path) as place:
            worker, customer = await place.pair()
            chat, _booking = await place.chat(customer, worker)
            await worker.send(chat, "words " * 1_000)
            path = names.ROUTE_MESSAGES.format(session_id=chat)
            plain, packed = [
                await worker.ask("GET", path, headers={"Accept-Encoding": encoding})
                for encoding in ("identity", "gzip")
            ]
            assert "content-encoding" not in plain.headers
            assert packed.headers["content-encoding"] == "gzip"
            assert int(packed.headers["content-length"]) < int(plain.headers["content-length"]) / 10
            assert packed.json() == plain.json()
            both = (worker, customer) * 10
            found = await asyncio.gather(*(one.history(chat) for one in both))
            assert all(one == plain.json() for one in found)

    aio(story())


def test_every_refusal_has_a_status_and_a_sentence() -> None:
    """Whatever the core refuses, the platform has words for it, and never blames itself."""
    assert set(REFUSALS) == set(Reason)
    assert all(400 <= words.status < 500 and words.text for words in REFUSALS.values())
