"""OMW as it was recorded, faults included: what a client of those servers has to live with."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import socketio

from chatdesk.server.core.accounts import hash_password
from chatdesk.server.core.tables import User
from chatdesk.server.dialect import Variant
from chatdesk.wire.omw import names, texts
from tests.conftest import Aio
from tests.server.omw import Dweller, Ear, town, without_database

BURST = 60
AS_IS = Variant.AS_IS


def test_what_is_sent_at_once_is_lost(tmp_path: Path, aio: Aio) -> None:
    """Events in the connect handler mostly come before the server listens: no answer, no error."""

    async def story() -> None:
        async with town(tmp_path, AS_IS) as place:
            worker, customer = await place.pair()
            chat, _booking = await place.chat(customer, worker)
            lost = 0
            for _ in range(6):
                ear = Ear()

                async def early(ear: Ear = ear) -> None:
                    await ear.emit(names.EMIT_JOIN, {"sessionId": chat})

                ear.client.on("connect", early)
                await ear.client.connect(place.url, auth={"token": worker.token}, transports=["websocket"])
                # A later one that is answered shows that the first one never will be.
                while not ear.all(names.EVENT_HISTORY):
                    await ear.emit(names.EMIT_HISTORY, {"sessionId": chat, "limit": 1})
                    await asyncio.sleep(0.02)
                lost += not ear.all(names.EVENT_JOINED)
                assert ear.all(names.EVENT_ERROR) == []
                await ear.client.disconnect()
            assert lost > 0

    aio(story())


def test_a_burst_loses_some_and_mixes_the_rest(tmp_path: Path, aio: Aio) -> None:
    """Anonymous errors for the lost ones; the others are stored, in another order. In turn, none is lost."""

    async def story() -> None:
        async with town(tmp_path, AS_IS) as place:
            worker, customer = await place.pair()
            chat, _booking = await place.chat(customer, worker)
            async with worker.socket(heard=chat) as ear:
                for number in range(BURST):
                    await ear.emit(names.EMIT_SEND, {"sessionId": chat, "content": f"{number}"})

                def answered() -> int:
                    return len(ear.all(names.EVENT_MESSAGE_SENT)) + len(ear.all(names.EVENT_ERROR))

                while answered() < BURST:
                    await asyncio.sleep(0.01)
                errors = [one["message"] for one in ear.all(names.EVENT_ERROR)]
                assert 0 < len(errors) < BURST * 2 // 3
                assert set(errors) == {texts.ERR_SEND}
                echoes = [one["content"] for one in ear.all(names.EVENT_NEW_MESSAGE)]
                assert echoes != sorted(echoes, key=int)
                assert sorted(await customer.texts(chat)) == sorted(echoes)
                lost = len(errors)
                for number in range(10):
                    await ear.emit(names.EMIT_SEND, {"sessionId": chat, "content": f"in turn {number}"})
                    await ear.until(names.EVENT_MESSAGE_SENT, BURST - lost + number + 1)
                assert len(ear.all(names.EVENT_ERROR)) == lost

    aio(story())


def test_routes_are_silent(tmp_path: Path, aio: Aio) -> None:
    """What is sent, marked or ended by REST nobody hears of; `typing_stop` still travels afterwards."""

    async def story() -> None:
        async with town(tmp_path, AS_IS) as place:
            worker, customer = await place.pair()
            chat, booking = await place.chat(customer, worker)
            async with customer.socket(heard=chat) as ear, worker.socket(heard=chat) as mine:
                before = list(ear.heard)
                await worker.send(chat, "unheard")
                assert (
                    await worker.ask("PUT", names.ROUTE_MESSAGES_READ.format(session_id=chat), json={})
                ).json()
                await worker.ask("PUT", names.ROUTE_SESSION_END.format(session_id=chat))
                assert await mine.asked(names.EMIT_JOIN, {"sessionId": chat}) == texts.ERR_ACCESS
                await mine.emit(names.EMIT_TYPING_START, {"sessionId": chat})
                await mine.emit(names.EMIT_TYPING_STOP, {"sessionId": chat})
                told = await ear.until(names.EVENT_TYPING)
                assert told["isTyping"] is False
                heard = [one for one in ear.heard if one not in before]
                assert {name for name, _payload in heard} <= {names.EVENT_TYPING, names.EVENT_USER_JOINED}
            body = {"bookingId": booking}
            again = (await customer.ask("POST", names.ROUTE_SESSIONS, json=body)).json()
            assert (again["sessionId"], again["message"]) == (chat, texts.OK_EXISTS), "though it has ended"
            assert (
                await customer.ask("POST", names.ROUTE_MESSAGES.format(session_id=chat))
            ).status_code == 500
            assert (await place.http.get(names.PATH_HEALTH)).status_code == 404

    aio(story())


def test_events_are_taken_as_they_come(tmp_path: Path, aio: Aio) -> None:
    """Ids and marks are told as they were sent, strangers stop typing and leave, types are the database's."""

    async def story() -> None:
        async with town(tmp_path, AS_IS) as place:
            worker, customer = await place.pair()
            rival = await place.add(names.ROLE_WORKER)
            chat, _booking = await place.chat(customer, worker)
            own, _booking = await place.chat(customer, rival)
            async with (
                worker.socket(heard=chat) as mine,
                customer.socket(heard=chat) as theirs,
                rival.socket(heard=own) as strange,
            ):
                for event, told in (
                    (names.EMIT_TYPING_STOP, names.EVENT_TYPING),
                    (names.EMIT_LEAVE, names.EVENT_USER_LEFT),
                ):
                    await strange.emit(event, {"sessionId": chat})
                    found = await theirs.until(told, where=lambda one: one["userId"] == rival.id)
                    assert found["sessionId"] == chat
                await mine.emit(names.EMIT_SEND, {"sessionId": str(chat), "content": " "})
                assert (await theirs.until(names.EVENT_NEW_MESSAGE))["session_id"] == str(chat)
                marks: tuple[Any, ...] = ({"x": 1}, "", [], [999, "5"], 7)
                for marked in ({}, *({"messageIds": one} for one in marks)):
                    before = len(theirs.all(names.EVENT_READ))
                    await mine.emit(names.EMIT_MARK_READ, {"sessionId": chat, **marked})
                    found = await theirs.until(names.EVENT_READ, before + 1)
                    assert found == {"sessionId": chat, "readerId": worker.id, **marked}
                await mine.emit(names.EMIT_SEND, {"sessionId": chat, "content": "x", "messageType": "system"})
                await theirs.until(names.EVENT_NEW_MESSAGE, where=lambda one: one["message_type"] == "system")
                odd: tuple[tuple[str, Any, str], ...] = (
                    (names.EMIT_SEND, None, texts.ERR_SEND),
                    (names.EMIT_SEND, 5, texts.ERR_REQUIRED),
                    (names.EMIT_SEND, {"sessionId": chat, "content": ["x"]}, texts.ERR_SEND),
                    (
                        names.EMIT_SEND,
                        {"sessionId": chat, "content": "x", "messageType": "audio"},
                        texts.ERR_SEND,
                    ),
                    (names.EMIT_SEND, {"sessionId": chat, "content": "ä" * 33_000}, texts.ERR_SEND),
                    (names.EMIT_SEND, {"sessionId": [chat], "content": "x"}, texts.ERR_ACCESS),
                    (names.EMIT_JOIN, None, texts.ERR_JOIN),
                    (names.EMIT_JOIN, {}, texts.ERR_JOIN),
                    (names.EMIT_LEAVE, None, texts.ERR_LEAVE),
                    (names.EMIT_MARK_READ, {"sessionId": chat, "messageIds": "1"}, texts.ERR_MARK),
                    (names.EMIT_HISTORY, {"sessionId": chat, "limit": -1}, texts.ERR_HISTORY),
                    (names.EMIT_HISTORY, {}, texts.ERR_HISTORY),
                )
                for event, payload, text in odd:
                    assert await mine.asked(event, payload) == text
                for limit, more in ((2, True), ("2", False), (3, False)):
                    before = len(mine.all(names.EVENT_HISTORY))
                    await mine.emit(names.EMIT_HISTORY, {"sessionId": chat, "limit": limit})
                    page = await mine.until(names.EVENT_HISTORY, before + 1)
                    assert (page["hasMore"], len(page["messages"])) == (more, 2)

    aio(story())


def test_history_is_sorted_by_whole_seconds(tmp_path: Path, aio: Aio) -> None:
    """Within a second the newer ones come first; a page that is full promises more, whether there is any."""

    async def story() -> None:
        async with town(tmp_path, AS_IS) as place:
            worker, customer = await place.pair()
            chat, _booking = await place.chat(customer, worker)
            ids: list[tuple[int, str]] = []
            for number in range(6):
                record = (await worker.send(chat, f"line {number}")).json()["message"]
                assert "seq" not in record
                ids.append((record["id"], record["created_at"]))
                if number == 2:
                    place.clock.ahead_ms += 2_000
            wanted = [one for one, at in sorted(ids, key=lambda pair: (pair[1], -pair[0]))]
            page = await customer.history(chat, limit=6)
            assert ([one["id"] for one in page["messages"]], page["hasMore"]) == (wanted, True)
            assert (await customer.history(chat, limit=500))["hasMore"] is False

    aio(story())


def test_the_database_goes_away_and_comes_back(tmp_path: Path, aio: Aio) -> None:
    """Generic errors, 500 by REST, a good token called bad at the door; then all is well again."""

    async def story() -> None:
        async with town(tmp_path, AS_IS) as place:
            worker = await place.add(names.ROLE_WORKER, password_hash=hash_password("Passw0rd!"))
            customer = await place.add(names.ROLE_CUSTOMER)
            chat, _booking = await place.chat(customer, worker)
            async with worker.socket(heard=chat) as ear:
                async with without_database(place):
                    for event, more, text in (
                        (names.EMIT_SEND, {"content": "lost"}, texts.ERR_SEND),
                        (names.EMIT_HISTORY, {}, texts.ERR_HISTORY),
                        (names.EMIT_JOIN, {}, texts.ERR_JOIN),
                        (names.EMIT_MARK_READ, {"messageIds": [1]}, texts.ERR_MARK),
                    ):
                        await ear.emit(names.EMIT_TYPING_START, {"sessionId": chat})
                        assert await ear.asked(event, {"sessionId": chat, **more}) == text
                    login = {"email": worker.user.email, "password": "Passw0rd!", "role": "worker"}
                    for method, path, body, status, answer in (
                        ("GET", names.ROUTE_SESSIONS, None, 500, {"error": texts.ERR_SESSIONS}),
                        ("GET", names.ROUTE_UNREAD_COUNT, None, 500, {"error": texts.ERR_UNREAD}),
                        ("POST", names.ROUTE_LOGIN, login, 500, {"message": texts.ERR_LOGIN}),
                    ):
                        found = await worker.ask(method, path, json=body)
                        assert (found.status_code, found.json()) == (status, answer)
                    token = {"token": worker.token}
                    assert await Ear().refused(place.url, token) == texts.CONNECT_INVALID_TOKEN
                await ear.emit(names.EMIT_SEND, {"sessionId": chat, "content": "back"})
                await ear.until(names.EVENT_MESSAGE_SENT)
            assert await worker.texts(chat) == ["back"]
            assert (await worker.ask("POST", names.ROUTE_LOGIN, json=login)).status_code == 200

    aio(story())


def test_profiles_are_taken_for_accounts(tmp_path: Path, aio: Aio) -> None:
    """Making a session fails where no account has the profile's number; presence and counts go by it too."""

    async def story() -> None:
        async with town(tmp_path, AS_IS) as place:
            customer = await place.add(names.ROLE_CUSTOMER)
            stranger = await place.add(names.ROLE_CUSTOMER)

            async def begin(worker: Dweller) -> tuple[int, Any]:
                booking = await place.booking(customer, worker)
                found = await worker.ask("POST", names.ROUTE_SESSIONS, json={"bookingId": booking})
                return found.status_code, found.json().get("sessionId") or found.json()["error"]

            for profile in (999_999, customer.id):
                worker = await place.add(names.ROLE_WORKER, profile=profile)
                assert await begin(worker) == (500, texts.ERR_CREATE)
            worker = await place.add(names.ROLE_WORKER, profile=stranger.id)
            status, chat = await begin(worker)
            assert status == 200

            async def there() -> dict[int, int]:
                rows = (await worker.detail(chat))["participants"]
                return {row["user_id"]: row["is_online"] for row in rows}

            assert await there() == {customer.id: 0, stranger.id: 0}
            async with worker.socket(heard=chat), customer.socket(heard=chat):
                assert await there() == {customer.id: 1, stranger.id: 0}
                async with customer.socket(heard=chat):
                    pass
                while (await there())[customer.id]:
                    await asyncio.sleep(0.02)
                # The other connection is still there, and does not count.
            await customer.send(chat, "for the worker")
            line = (await worker.sessions())[0]
            assert line["unread_count"] == 1
            assert (await worker.get(names.ROUTE_UNREAD_COUNT))["unreadCount"] == 0

    aio(story())


def test_sessions_hardly_follow_their_bookings(tmp_path: Path, aio: Aio) -> None:
    """None is made by accepting; cancelling and paying leave it; only a worker's completing deletes it."""

    async def story() -> None:
        async with town(tmp_path, AS_IS) as place:
            worker, customer = await place.pair()
            offered = await place.booking(customer, status="pending")
            path = names.ROUTE_REQUEST.format(request_id=await place.offered(offered, worker))
            assert (await worker.ask("PUT", path, json={"status": "accepted"})).status_code == 200
            assert await customer.sessions() == []
            cancelled, booking = await place.chat(customer, worker)
            await customer.ask("PUT", names.ROUTE_CUSTOMER_CANCEL.format(booking_id=booking))
            paid, booking = await place.chat(customer, worker, status="payment_required")
            pay = await customer.ask("POST", names.ROUTE_CUSTOMER_PAYMENT.format(booking_id=booking))
            assert pay.status_code == 200
            done, booking = await place.chat(customer, worker)
            status = names.ROUTE_WORKER_STATUS.format(booking_id=booking)
            async with customer.socket(heard=done) as ear:
                for wanted in ("completed", "accepted"):
                    assert (await worker.ask("PUT", status, json={"status": wanted})).status_code == 200
                assert await ear.asked(names.EMIT_JOIN, {"sessionId": done}) == texts.ERR_ACCESS
                assert ear.all(names.EVENT_BOOKING_STATUS) == []
            left = {one["session_id"]: one["service_status"] for one in await customer.sessions()}
            # A code is asked for, and no mail brings it; what was accepted is given back without more.
            at_door = await place.booking(customer, worker, "arrived")
            ask = names.ROUTE_GENERATE_OTP.format(booking_id=at_door)
            assert [(await worker.ask("POST", ask, json={})).status_code for _ in range(2)] == [500, 429]
            given = await worker.ask("PUT", path, json={"status": "rejected"})
            assert (given.status_code, given.json()["status"]) == (200, "rejected")
            assert left == {cancelled: "cancelled", paid: "completed"}
            assert (await worker.send(cancelled, "still here")).status_code == 200
            for path, method, who in (
                (names.ROUTE_ASSIGNED, "GET", worker),
                (names.ROUTE_CUSTOMER_OTP.format(booking_id=offered), "POST", customer),
            ):
                assert (await who.ask(method, path)).status_code == 500

    aio(story())


def test_files_go_in_by_letters_and_never_come_out(tmp_path: Path, aio: Aio) -> None:
    """Refusals are pages with status 500; names are garbled, and the address leads nowhere."""

    async def story() -> None:
        async with town(tmp_path, AS_IS) as place:
            worker = await place.add(names.ROLE_WORKER)
            for name, kind, text in (
                ("setup.exe", "application/x-msdownload", texts.PAGE_FILE_TYPE),
                ("note.txt", "text/plain", texts.PAGE_FILE_TYPE),
                ("voice.mp3", "audio/mpeg", texts.PAGE_FILE_TYPE),
                ("png", "image/png", texts.PAGE_FILE_TYPE),
            ):
                answer = await worker.upload(name, b"x", kind)
                assert (answer.status_code, answer.headers["content-type"]) == (
                    500,
                    "text/html; charset=utf-8",
                )
                assert text in answer.text
            most = b"x" * names.UPLOAD_LIMIT_BYTES
            assert (await worker.upload("a.png", most, "image/png")).status_code == 200
            for more in (b"x", b"x" * 1_000_000):
                assert texts.PAGE_FILE_SIZE in (await worker.upload("a.png", most + more, "image/png")).text
            for name, kind in (("note.txt", "application/txt"), ("strange.jpg.png", "x/gif")):
                assert (await worker.upload(name, b"x", kind)).status_code == 200
            file = (await worker.upload("größer.png", b"x", "image/png")).json()["file"]
            assert file["name"] == "grÃ¶Ã\x9fer.png"
            for address in (file["url"], f"/api{file['url']}"):
                assert (await worker.ask("GET", address)).status_code == 404

    aio(story())


def test_web_pages_and_tokens_are_looked_at_once(tmp_path: Path, aio: Aio) -> None:
    """Foreign pages get an accident; who was switched off is served by REST, and by an open socket."""

    async def story() -> None:
        async with town(tmp_path, AS_IS) as place:
            worker, customer = await place.pair()
            chat, _booking = await place.chat(customer, worker)
            for origin, fine in (
                ("https://desk.example", False),
                (place.url, False),
                ("http://localhost:5173", True),
            ):
                headers = {"Origin": origin}
                answer = await worker.ask("GET", names.ROUTE_SESSIONS, headers=headers)
                assert (answer.status_code, texts.PAGE_ORIGIN in answer.text) == (
                    200 if fine else 500,
                    not fine,
                )
                assert (await worker.ask("GET", "/nothing", headers=headers)).status_code == (
                    404 if fine else 500
                )
                polling = "/socket.io/?EIO=4&transport=polling"
                assert (await place.http.get(polling, headers=headers)).status_code == (200 if fine else 400)
            async with worker.socket(heard=chat) as ear:
                async with place.core.database.writing() as session:
                    (await session.get_one(User, worker.user.id)).active = False
                assert len(await worker.sessions()) == 1
                await ear.emit(names.EMIT_SEND, {"sessionId": chat, "content": "still here"})
                await ear.until(names.EVENT_MESSAGE_SENT)
                assert await Ear().refused(place.url, {"token": worker.token}) == texts.CONNECT_NO_USER
            answer = await worker.ask("POST", names.ROUTE_SESSIONS, content=b"{", headers=JSON)
            assert (answer.status_code, "SyntaxError" in answer.text) == (400, True)
            answer = await worker.ask("POST", names.ROUTE_SESSIONS, json={"x": "y" * 110_000})
            assert (answer.status_code, "PayloadTooLargeError" in answer.text) == (413, True)

    aio(story())


JSON = {"Content-Type": "application/json"}


def test_any_six_digits_sign_in(tmp_path: Path, aio: Aio) -> None:
    """An unfinished route: the number alone is enough, and the role is not looked at."""

    async def story() -> None:
        async with town(tmp_path, AS_IS) as place:
            await place.add(names.ROLE_WORKER, phone="5550009", more_roles=(names.ROLE_CUSTOMER,))
            body = {"phone": "5550009", "otp": "000000", "role": "customer"}
            answer = (await place.http.post(names.ROUTE_LOGIN_OTP, json=body)).json()
            assert (answer["user"]["role"], "chatdesk" in answer) == ("worker", False)
            client = socketio.AsyncClient(reconnection=False, handle_sigint=False)
            await client.connect(place.url, auth={"token": answer["token"]}, transports=["websocket"])
            await client.disconnect()

    aio(story())
