"""What StepperGO promises of conversations: who is let in, what they hear, how far a message has come."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from chatdesk.server.demo.steppergo import (
    ADMIN_EMAIL,
    DESK_EMAIL,
    PASSENGER_EMAILS,
    RIVAL_EMAIL,
    STRANGER_EMAIL,
    SUSPENDED_EMAIL,
)
from chatdesk.wire.steppergo import names, texts
from tests.conftest import Aio
from tests.server.people import unique
from tests.server.process import ServerProcess
from tests.server.rides import Ear, rides

ALIYA, TIMUR, SAULE, ERLAN, DANA, KIRILL, _ZARINA = PASSENGER_EMAILS
MORNING, WEEKEND, NIGHT = "Morning ride to Taldykorgan", "Weekend in Bishkek", "Night ride to Shymkent"
SHARED, AIRPORT, BACK = "Shared taxi to Bishkek", "Airport run to Karaganda", "Back from Taldykorgan"


def text_is(text: str) -> Callable[[Any], bool]:
    return lambda one: one["content"] == text


@pytest.mark.promised("steppergo", "real-time messaging")
@pytest.mark.promised("steppergo", "optimistic ids")
@pytest.mark.promised("steppergo", "join:conversation")
@pytest.mark.promised("steppergo", "conversation:joined")
@pytest.mark.promised("steppergo", "message:send")
@pytest.mark.promised("steppergo", "message:new")
@pytest.mark.promised("steppergo", "message:sent")
@pytest.mark.promised("steppergo", "text")
@pytest.mark.promised("steppergo", "sent")
@pytest.mark.promised("steppergo", "numbers")
def test_a_message_reaches_everybody_who_has_joined(rides_server: ServerProcess, aio: Aio) -> None:
    """Both hear it, the sending connection is told its id; a second device hears it too."""

    async def story() -> None:
        async with rides(rides_server.url) as place, AsyncExitStack() as stack:
            desk, aliya = await place.rider(DESK_EMAIL, driver=True), await place.rider(ALIYA)
            trip = await place.trip(MORNING)
            mine, phone, theirs = [
                await stack.enter_async_context(one.socket(trip)) for one in (desk, desk, aliya)
            ]
            conversation, text = await mine.join(trip), unique("hello")
            letter = {"conversationId": conversation, "content": text, "metadata": {"tempId": text}}
            await mine.client.emit(names.EMIT_SEND, letter)
            heard = [await ear.until(names.EVENT_NEW, text_is(text)) for ear in (mine, phone, theirs)]
            sent = await mine.until(names.EVENT_SENT, lambda one: one.get("tempId") == text)
            await phone.settled()
            assert heard[0] == heard[1] == heard[2]
            assert (heard[0]["status"], heard[0]["type"], heard[0]["senderId"]) == ("SENT", "TEXT", desk.id)
            assert heard[0]["metadata"] == {"tempId": text}
            assert sent["messageId"] == heard[0]["id"]
            assert phone.all(names.EVENT_SENT) == []
            stored = (await aliya.history(trip))["messages"]
            assert (stored[-1]["content"], stored[-1]["metadata"]) == (text, {"tempId": text})
            numbers = [one["seq"] for one in stored]
            assert numbers == sorted(set(numbers))
            assert (await aliya.sent(trip, "next"))["seq"] == heard[0]["seq"] + 1

    aio(story())


@pytest.mark.promised("steppergo", "trip isolation")
@pytest.mark.promised("steppergo", "involved trips only")
@pytest.mark.promised("steppergo", "enforced at both levels")
@pytest.mark.promised("steppergo", "error")
def test_a_trip_is_heard_by_its_own_people_only(rides_server: ServerProcess, aio: Aio) -> None:
    """A stranger is refused by socket and route alike, and other trips of the same people hear nothing."""

    async def story() -> None:
        async with rides(rides_server.url) as place, AsyncExitStack() as stack:
            desk, stranger = await place.rider(DESK_EMAIL, driver=True), await place.rider(STRANGER_EMAIL)
            erlan = await place.rider(ERLAN)
            morning, night = await place.trip(MORNING), await place.trip(NIGHT)
            conversation = (await desk.history(morning))["conversationId"]
            outside = await stack.enter_async_context(stranger.socket())
            other = await stack.enter_async_context(erlan.socket(night))
            refused = await outside.error_after(names.EMIT_JOIN, {"tripId": morning})
            assert refused == {"message": texts.ERR_ACCESS, "event": names.EMIT_JOIN}
            letter = {"conversationId": conversation, "content": "let me in"}
            assert (await outside.error_after(names.EMIT_SEND, letter))["message"] == texts.ERR_NOT_IN
            here = {"conversationId": conversation}
            for event in (names.EMIT_TYPING_START, names.EMIT_TYPING_STOP, names.EMIT_MARK_READ):
                assert (await outside.error_after(event, here))["message"] == texts.ERR_NOT_IN
            answer = await stranger.ask("GET", names.ROUTE_HISTORY.format(trip_id=morning))
            assert (answer.status_code, answer.json()) == (403, {"error": texts.ERR_DENIED})
            assert (await stranger.send(morning, "x")).status_code == 403
            message = (await desk.history(morning))["messages"][0]["id"]
            report = {"messageId": message, "reason": "x"}
            for path, body in ((names.ROUTE_READ, here), (names.ROUTE_REPORT, report)):
                answer = await stranger.ask("POST", path, json=body)
                assert (answer.status_code, answer.json()) == (403, {"error": texts.ERR_NOT_IN})
            await desk.sent(morning, unique("for the morning only"))
            await other.settled()
            await outside.settled()
            assert other.all(names.EVENT_NEW) == outside.all(names.EVENT_NEW) == []

    aio(story())


@pytest.mark.promised("steppergo", "driver access")
@pytest.mark.promised("steppergo", "organizer access")
@pytest.mark.promised("steppergo", "confirmed bookings")
@pytest.mark.promised("steppergo", "conversation")
@pytest.mark.promised("steppergo", "conversation participant")
@pytest.mark.promised("steppergo", "participant verification")
def test_who_takes_part(rides_server: ServerProcess, aio: Aio) -> None:
    """The assigned driver of somebody else's trip, its organizer and passengers share one conversation."""

    async def story() -> None:
        async with rides(rides_server.url) as place, AsyncExitStack() as stack:
            rival = await place.rider(RIVAL_EMAIL, driver=True)
            kirill, timur = await place.rider(KIRILL), await place.rider(TIMUR)
            trip = await place.trip(SHARED)
            before = await rival.history(trip)
            outside = await stack.enter_async_context(rival.socket())
            letter = {"conversationId": before["conversationId"], "content": "before joining"}
            assert (await outside.error_after(names.EMIT_SEND, letter))["message"] == texts.ERR_NOT_IN
            ears = [await stack.enter_async_context(one.socket(trip)) for one in (rival, kirill, timur)]
            assert len({(await ear.join(trip)) for ear in ears}) == 1
            people = (await kirill.history(trip))["participants"]
            assert {one["userId"] for one in people} == {rival.id, kirill.id, timur.id}
            told = {one["userId"]: one["unreadCount"] for one in people}
            assert told[timur.id] is None
            assert told[rival.id] is None
            assert isinstance(told[kirill.id], int)
            # A cancelled booking lets nobody in, on another trip of the same people.
            night = await place.trip(NIGHT)
            answer = await kirill.ask("GET", names.ROUTE_HISTORY.format(trip_id=night))
            assert answer.status_code == 403

    aio(story())


@pytest.mark.promised("steppergo", "typing indicators")
@pytest.mark.promised("steppergo", "typing:start")
@pytest.mark.promised("steppergo", "typing:stop")
@pytest.mark.promised("steppergo", "typing:start (server)")
@pytest.mark.promised("steppergo", "typing:stop (server)")
def test_typing_is_told_and_ends(rides_server: ServerProcess, aio: Aio) -> None:
    """It is told by name to the others; it ends by word, by itself after a while, and with the connection."""

    async def story() -> None:
        async with rides(rides_server.url) as place, AsyncExitStack() as stack:
            desk, erlan = await place.rider(DESK_EMAIL, driver=True), await place.rider(ERLAN)
            trip = await place.trip(NIGHT)
            mine = await stack.enter_async_context(desk.socket(trip))
            await erlan.history(trip)
            for end in ("word", "time", "link"):
                mine.heard.clear()
                theirs = Ear()
                await theirs.connect(place.url, erlan.token)
                here = {"conversationId": await theirs.join(trip)}
                await theirs.client.emit(names.EMIT_TYPING_START, here)
                started = await mine.until(names.EVENT_TYPING_START)
                assert started == {"userId": erlan.id, "userName": erlan.name}
                if end == "word":
                    await theirs.client.emit(names.EMIT_TYPING_STOP, here)
                if end == "link":
                    await theirs.client.disconnect()
                assert await mine.until(names.EVENT_TYPING_STOP) == {"userId": erlan.id}
                assert theirs.all(names.EVENT_TYPING_START) == []
                await theirs.client.disconnect()

    aio(story())


@pytest.mark.promised("steppergo", "read receipts")
@pytest.mark.promised("steppergo", "delivery confirmations")
@pytest.mark.promised("steppergo", "unread counters")
@pytest.mark.promised("steppergo", "messages:read")
@pytest.mark.promised("steppergo", "messages:read (server)")
@pytest.mark.promised("steppergo", "delivered")
@pytest.mark.promised("steppergo", "read")
@pytest.mark.promised("steppergo", "read route")
def test_how_far_a_message_has_come(rides_server: ServerProcess, aio: Aio) -> None:
    """SENT while the other is away, DELIVERED with a history or a connection, READ when they say so."""

    async def story() -> None:
        async with rides(rides_server.url) as place, AsyncExitStack() as stack:
            desk, dana = await place.rider(DESK_EMAIL, driver=True), await place.rider(DANA)
            trip = await place.trip(AIRPORT)
            mine = await stack.enter_async_context(desk.socket(trip))
            away = await desk.sent(trip, unique("while away"))
            last = (await desk.history(trip))["messages"][-1]
            assert (last["id"], last["status"], last["deliveredAt"]) == (away["id"], "SENT", None)
            got = await dana.history(trip)
            assert got["unreadCount"] >= 1
            last = (await desk.history(trip))["messages"][-1]
            assert last["status"] == "DELIVERED"
            assert last["deliveredAt"] is not None
            theirs = await stack.enter_async_context(dana.socket(trip))
            text = unique("on the connection")
            await desk.sent(trip, text)
            await theirs.until(names.EVENT_NEW, text_is(text))
            await theirs.settled()
            assert (await dana.history(trip))["messages"][-1]["status"] == "DELIVERED"
            unread = (await dana.history(trip))["unreadCount"]
            assert unread == got["unreadCount"] + 1
            here = {"conversationId": got["conversationId"]}
            await theirs.client.emit(names.EMIT_MARK_READ, here)
            expected = {"userId": dana.id, **here}
            assert await mine.until(names.EVENT_READ) == expected
            after = await dana.history(trip)
            assert after["unreadCount"] == 0
            assert after["lastReadAt"] is not None
            assert after["messages"][-1]["status"] == "READ"
            assert after["messages"][-1]["readAt"] is not None
            # Over REST it is told as well, also to somebody's own other connections.
            mine.heard.clear()
            await desk.sent(trip, unique("again"))
            answer = await dana.ask("POST", names.ROUTE_READ, json=here)
            assert answer.json() == {"success": True, "message": texts.OK_READ}
            assert await mine.until(names.EVENT_READ) == expected
            assert await theirs.until(names.EVENT_READ) == expected

    aio(story())


@pytest.mark.promised("steppergo", "send route")
@pytest.mark.promised("steppergo", "history route")
@pytest.mark.promised("steppergo", "image")
@pytest.mark.promised("steppergo", "file")
@pytest.mark.promised("steppergo", "location")
@pytest.mark.promised("steppergo", "client ids")
def test_messages_over_rest(rides_server: ServerProcess, aio: Aio) -> None:
    """Every kind with its metadata, oldest first; those on a socket hear it; a client id stores one."""

    async def story() -> None:
        async with rides(rides_server.url) as place, AsyncExitStack() as stack:
            desk, erlan = await place.rider(DESK_EMAIL, driver=True), await place.rider(ERLAN)
            trip = await place.trip(BACK)
            ear = await stack.enter_async_context(erlan.socket(trip))
            kinds: dict[str, dict[str, Any]] = {
                "IMAGE": {"url": "https://files.example/a.jpg", "width": 800},
                "FILE": {"url": "https://files.example/a.pdf", "size": 12},
                "LOCATION": {"latitude": 43.2, "longitude": 76.8},
            }
            sent = {}
            for kind, metadata in kinds.items():
                text = unique(kind)
                sent[kind] = await desk.sent(trip, text, type=kind, metadata=metadata)
                assert await ear.until(names.EVENT_NEW, text_is(text)) == sent[kind]
            found = (await erlan.history(trip))["messages"]
            shown = {one["type"]: one["metadata"] for one in found[-3:]}
            assert shown == kinds
            times = [one["sentAt"] for one in found]
            assert times == sorted(times)
            once = unique("client")
            first = await desk.sent(trip, "once", clientId=once)
            second = await desk.sent(trip, "once", clientId=once)
            assert first["id"] == second["id"]
            assert first["clientId"] == once
            letter = {"conversationId": first["conversationId"], "content": "once", "clientId": once}
            mine = await stack.enter_async_context(desk.socket(trip))
            await mine.client.emit(names.EMIT_SEND, letter)
            assert (await mine.until(names.EVENT_SENT))["messageId"] == first["id"]
            assert sum(one["content"] == "once" for one in (await erlan.history(trip))["messages"]) == 1
            other = await desk.send(await place.trip(NIGHT), "once", clientId=once)
            assert other.status_code == 409

    aio(story())


@pytest.mark.promised("steppergo", "failed")
def test_what_was_not_stored_is_told(rides_server: ServerProcess, aio: Aio) -> None:
    """The refusal names the event and the client's own id, calls it FAILED, and nothing is stored."""

    async def story() -> None:
        async with rides(rides_server.url) as place, AsyncExitStack() as stack:
            erlan = await place.rider(ERLAN)
            trip = await place.trip(NIGHT)
            ear = await stack.enter_async_context(erlan.socket(trip))
            conversation, before = await ear.join(trip), len((await erlan.history(trip))["messages"])
            long = "x" * (names.CONTENT_LIMIT_CHARS + 1)
            bad: list[dict[str, Any]] = [
                {"content": long},
                {"content": " \n "},
                {"content": "x", "type": "VOICE"},
                {"content": "x", "type": names.TYPE_SYSTEM},
                {"content": "x", "metadata": {"much": "y" * 30_000}},
                {"content": "\x00"},
            ]
            for more in bad:
                metadata = {"tempId": "t-1", **more.get("metadata", {})}
                letter = {"conversationId": conversation, **more, "metadata": metadata}
                error = await ear.error_after(names.EMIT_SEND, letter)
                assert error["status"] == names.MESSAGE_FAILED
                assert (error["event"], error["tempId"]) == (names.EMIT_SEND, "t-1")
                answer = await erlan.send(
                    trip, more["content"], **{k: more[k] for k in more if k != "content"}
                )
                assert answer.status_code in {400, 403}, more
                assert set(answer.json()) == {"error"}
            assert len((await erlan.history(trip))["messages"]) == before

    aio(story())


@pytest.mark.promised("steppergo", "reporting")
@pytest.mark.promised("steppergo", "report route")
@pytest.mark.promised("steppergo", "admin notifications")
@pytest.mark.promised("steppergo", "admin hiding")
def test_a_reported_message_is_hidden(rides_server: ServerProcess, aio: Aio) -> None:
    """Administrators hear of a report, with the message; what they hide is in nobody's history."""

    async def story() -> None:
        async with rides(rides_server.url) as place:
            desk, saule = await place.rider(DESK_EMAIL, driver=True), await place.rider(SAULE)
            admin = await place.rider(ADMIN_EMAIL)
            trip = await place.trip(WEEKEND)
            rude = await saule.sent(trip, unique("rude"))
            for reason in ("first", "second"):
                report = {"messageId": rude["id"], "reason": reason}
                answer = await desk.ask("POST", names.ROUTE_REPORT, json=report)
                assert answer.json() == {"success": True, "message": texts.OK_REPORT}
            last = (await desk.history(trip))["messages"][-1]
            assert (last["isReported"], last["reportReason"]) == (True, "second")
            notices = (await admin.get(names.ROUTE_ADMIN_NOTICES))["notifications"]
            assert [one["message"] for one in notices[:2]] == ["second", "first"]
            assert notices[0]["metadata"]["messageId"] == rude["id"]
            assert notices[0]["metadata"]["content"] == rude["content"]
            path = names.ROUTE_ADMIN_MESSAGE.format(message_id=rude["id"])
            for hidden in (True, False):
                for other in (desk, saule):
                    refused = await other.ask("PATCH", path, json={"isHidden": hidden})
                    assert refused.status_code == 403
                answer = await admin.ask("PATCH", path, json={"isHidden": hidden})
                assert answer.json()["data"]["isHidden"] is hidden
                for reader in (desk, saule):
                    ids = {one["id"] for one in (await reader.history(trip))["messages"]}
                    assert (rude["id"] in ids) is not hidden

    aio(story())


@pytest.mark.promised("steppergo", "session tokens")
def test_a_session_opens_routes_and_socket_until_it_is_ended(rides_server: ServerProcess, aio: Aio) -> None:
    """The token is opaque; a bad one is refused in the platform's words; signing out ends connections."""

    async def story() -> None:
        async with rides(rides_server.url) as place:
            timur = await place.rider(TIMUR, fresh=True)
            trip = await place.trip(MORNING)
            assert len(timur.token) == 64
            assert "." not in timur.token
            path = names.ROUTE_HISTORY.format(trip_id=trip)
            for token, text in ((None, texts.ERR_NO_SESSION), ("garbage", texts.ERR_SESSION)):
                headers = {} if token is None else {"Authorization": f"Bearer {token}"}
                answer = await place.http.get(path, headers=headers)
                assert (answer.status_code, answer.json()) == (401, {"error": text})
            refusals = {
                None: texts.CONNECT_NO_TOKEN,
                "": texts.CONNECT_NO_TOKEN,
                "garbage": texts.CONNECT_SESSION,
            }
            for token, text in refusals.items():
                assert await Ear().refused(place.url, token) == text
            assert await Ear().refused(place.url, {"a": 1}) == texts.CONNECT_FAILED
            async with timur.socket(trip) as ear, timur.socket(trip) as other:
                answer = await timur.ask("DELETE", names.ROUTE_DRIVER_LOGIN)
                assert answer.json() == {"success": True, "message": texts.OK_LOGOUT}
                await asyncio.gather(ear.closed(), other.closed())
            assert (await timur.ask("GET", path)).json() == {"error": texts.ERR_SESSION}
            barred = await place.login(SUSPENDED_EMAIL, driver=True)
            assert (barred.status_code, barred.json()["error"]) == (403, texts.ERR_SUSPENDED)
            no_driver = await place.login(TIMUR, driver=True)
            assert (no_driver.status_code, no_driver.json()) == (401, {"error": texts.ERR_CREDENTIALS})

    aio(story())


@pytest.mark.promised("steppergo", "reconnection")
def test_after_a_lost_connection_one_joins_again(rides_server: ServerProcess, aio: Aio) -> None:
    """A new connection hears nothing before it joins; what was missed stands in the history."""

    async def story() -> None:
        async with rides(rides_server.url) as place, AsyncExitStack() as stack:
            desk, aliya = await place.rider(DESK_EMAIL, driver=True), await place.rider(ALIYA)
            trip = await place.trip(BACK)
            async with aliya.socket(trip):
                pass
            missed = await desk.sent(trip, unique("missed"))
            again = await stack.enter_async_context(aliya.socket())
            await desk.sent(trip, unique("not joined yet"))
            await again.settled()
            assert again.all(names.EVENT_NEW) == []
            await again.join(trip)
            text = unique("joined")
            await desk.sent(trip, text)
            await again.until(names.EVENT_NEW, text_is(text))
            assert missed["id"] in {one["id"] for one in (await aliya.history(trip))["messages"]}

    aio(story())
