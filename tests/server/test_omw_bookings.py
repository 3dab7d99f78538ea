"""Bookings of OMW in its promising mode: offered, taken over, moved on; their sessions follow."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from chatdesk.server.core.notifications import Filter
from chatdesk.server.core.tables import Message, Receipt, Upload
from chatdesk.wire.omw import names, texts
from tests.conftest import Aio
from tests.server.omw import MINUTE_MS, Dweller, Town, town


async def answer(worker: Dweller, request: int, status: object) -> tuple[int, dict[str, Any]]:
    """What answering a booking request brings."""
    path = names.ROUTE_REQUEST.format(request_id=request)
    found = await worker.ask("PUT", path, json={"status": status})
    return found.status_code, found.json()


async def move(worker: Dweller, booking: int, status: object) -> tuple[int, dict[str, Any]]:
    """What setting a booking's status brings."""
    path = names.ROUTE_WORKER_STATUS.format(booking_id=booking)
    found = await worker.ask("PUT", path, json={"status": status})
    return found.status_code, found.json()


async def state(worker: Dweller, booking: int) -> str:
    """The status of a booking, as its worker sees it."""
    found = await worker.get(names.ROUTE_WORKER_BOOKING.format(booking_id=booking))
    return str(found["booking"]["service_status"])


@pytest.mark.promised("omw", "automatic creation")
@pytest.mark.promised("omw", "system")
def test_accepting_makes_the_session(tmp_path: Path, aio: Aio) -> None:
    """Both have the session at once, hear it without joining, and find the system's line about it."""

    async def story() -> None:
        async with town(tmp_path) as place, AsyncExitStack() as stack:
            worker, customer = await place.pair()
            rival = await place.add(names.ROLE_WORKER)
            booking = await place.booking(customer, status=names.STATUS_PENDING)
            request, late = [await place.offered(booking, one) for one in (worker, rival)]
            mine, theirs = [await stack.enter_async_context(one.socket()) for one in (worker, customer)]
            assert await answer(worker, request, "accepted") == (
                200,
                {"message": texts.OK_ACCEPTED, "request_id": str(request), "status": "accepted"},
            )
            for ear in (mine, theirs):
                told = await ear.until(names.EVENT_ASSIGNED)
                assert told == {"booking_id": booking, "provider_id": worker.id}
                told = await ear.until(names.EVENT_BOOKING_STATUS)
                assert told == {"booking_id": booking, "status": "assigned"}
            sessions = [(await one.sessions())[0] for one in (worker, customer)]
            chat = sessions[0]["session_id"]
            assert [(one["session_id"], one["booking_id"]) for one in sessions] == [(chat, booking)] * 2
            assert [one["unread_count"] for one in sessions] == [0, 0], "the system's lines do not count"
            line = (await worker.history(chat))["messages"][0]
            assert (line["message_type"], line["sender_id"], line["sender_type"]) == (
                "system",
                None,
                "system",
            )
            await theirs.emit(names.EMIT_SEND, {"sessionId": chat, "content": "hello"})
            await mine.until(names.EVENT_NEW_MESSAGE, where=lambda one: one["content"] == "hello")
            # Nobody else may have it now, nor the same one again.
            for who, number in ((worker, request), (rival, late)):
                assert await answer(who, number, "accepted") == (400, {"message": texts.ERR_PROCESSED})
            assert (await rival.ask("GET", names.ROUTE_SESSION.format(session_id=chat))).status_code == 404
            assert (await answer(rival, request, "accepted"))[0] == 404
            assert (await answer(worker, request, "maybe"))[0] == 400

    aio(story())


@pytest.mark.promised("omw", "automatic deletion")
@pytest.mark.promised("omw", "data privacy")
def test_completing_deletes_the_session(tmp_path: Path, aio: Aio) -> None:
    """Nothing of it is left for anybody: no messages, marks or files; other sessions stay."""

    async def story() -> None:
        async with town(tmp_path) as place:
            worker, customer = await place.pair()
            chat, booking = await place.chat(customer, worker)
            other, _booking = await place.chat(customer, worker)
            url = (await worker.upload("a.png", b"picture", "image/png")).json()["file"]["url"]
            await worker.send(chat, "a.png", messageType="image", fileUrl=url)
            await customer.send(chat, "seen")
            await worker.ask("PUT", names.ROUTE_MESSAGES_READ.format(session_id=chat), json={})
            await worker.send(other, "stays")
            async with customer.socket() as ear:
                assert await move(worker, booking, "completed") == (
                    200,
                    {"success": True, "message": texts.OK_STATUS, "status": "completed"},
                )
                told = await ear.until(names.EVENT_BOOKING_STATUS)
                assert told == {"booking_id": booking, "status": "completed"}
                assert await ear.asked(names.EMIT_HISTORY, {"sessionId": chat}) == texts.ERR_ACCESS
            for who in (worker, customer):
                assert [one["session_id"] for one in await who.sessions()] == [other]
                assert (await who.ask("GET", url)).status_code == 404
            async with place.core.database.reading() as session:
                counts = [
                    await session.scalar(select(func.count()).select_from(table))
                    for table in (Message, Receipt, Upload)
                ]
            assert counts == [1, 0, 0]
            assert (await move(worker, booking, "arrived"))[0] == 400, "what is over stays over"
            answered = await worker.ask("POST", names.ROUTE_SESSIONS, json={"bookingId": booking})
            assert (answered.status_code, answered.json()["currentStatus"]) == (400, "completed")

    aio(story())


@pytest.mark.promised("omw", "active service only")
def test_sessions_are_for_active_bookings(tmp_path: Path, aio: Aio) -> None:
    """No session without a worker or for what is over; cancelling ends the one there is, paying deletes."""

    async def story() -> None:
        async with town(tmp_path) as place:
            worker, customer = await place.pair()

            async def begin(booking: int) -> tuple[int, dict[str, Any]]:
                found = await customer.ask("POST", names.ROUTE_SESSIONS, json={"bookingId": booking})
                return found.status_code, found.json()

            for status in ("completed", "cancelled", "payment_required", "something new"):
                found, body = await begin(await place.booking(customer, worker, status))
                assert (found, body["error"]) == (400, texts.ERR_BOOKING_STATE)
                assert (body["currentStatus"], body["allowedStatuses"]) == (
                    status,
                    list(names.STATUSES_OF_CHATS),
                )
            found, body = await begin(await place.booking(customer, status="pending"))
            assert (found, "No worker" in body["error"]) == (400, True)
            for status in names.STATUSES_OF_CHATS:
                assert (await begin(await place.booking(customer, worker, status)))[0] == 200
            chat, booking = await place.chat(customer, worker)
            cancel = names.ROUTE_CUSTOMER_CANCEL.format(booking_id=booking)
            async with worker.socket() as ear:
                done = await customer.ask("PUT", cancel, json={"cancellation_reason": "plans changed"})
                assert (done.status_code, done.json()) == (200, {"message": texts.OK_CANCELLED})
                assert (await ear.until(names.EVENT_BOOKING_STATUS))["status"] == "cancelled"
            assert (await worker.send(chat, "too late")).status_code == 403
            unpaid, booking = await place.chat(customer, worker, status="payment_required")
            pay = names.ROUTE_CUSTOMER_PAYMENT.format(booking_id=booking)
            assert [(await customer.ask("POST", pay, json={})).status_code for _ in range(2)] == [200, 400]
            assert unpaid not in [one["session_id"] for one in await customer.sessions()]

    aio(story())


@pytest.mark.promised("omw", "booking status")
def test_a_worker_moves_a_booking_on(tmp_path: Path, aio: Aio) -> None:
    """Both hear of each step, with a line in the session; others, and other statuses, are refused."""

    async def story() -> None:
        async with town(tmp_path) as place, AsyncExitStack() as stack:
            worker, customer = await place.pair()
            rival = await place.add(names.ROLE_WORKER)
            chat, booking = await place.chat(customer, worker)
            ears = [await stack.enter_async_context(one.socket()) for one in (worker, customer)]
            for times, status in enumerate(("accepted", "started", "arrived"), 1):
                assert (await move(worker, booking, status))[0] == 200
                for ear in ears:
                    told = await ear.until(names.EVENT_STATUS_UPDATE, times)
                    assert told == {"booking_id": booking, "status": status}
                    line = await ear.until(names.EVENT_NEW_MESSAGE, times)
                    assert (line["message_type"], line["session_id"]) == ("system", chat)
            assert (await worker.texts(chat))[-1] == "Booking status: Arrived"
            odd: tuple[object, ...] = ("en_route", "assigned", "", None, 5, {})
            for bad in odd:
                found, body = await move(worker, booking, bad)
                assert (found, body["message"]) == (
                    400,
                    texts.ERR_STATUS_PREFIX + "accepted, started, arrived, in_progress, completed, cancelled",
                )
            assert await move(customer, booking, "started") == (403, {"message": texts.ERR_ONLY_WORKERS})
            assert await move(rival, booking, "started") == (403, {"message": texts.ERR_NOT_ASSIGNED})
            assert await move(worker, 999_999, "started") == (404, {"message": texts.ERR_NO_BOOKING})
            path = names.ROUTE_WORKER_BOOKING.format(booking_id=booking)
            unseen = await rival.ask("GET", path)
            assert (unseen.status_code, unseen.json()) == (404, {"message": texts.ERR_NO_WORKERS_BOOKING})
            cancel = names.ROUTE_WORKER_CANCEL.format(booking_id=booking)
            assert (await worker.ask("PUT", cancel, json={})).status_code == 400, "it has begun"
            other = await place.booking(customer, worker)
            cancel = names.ROUTE_WORKER_CANCEL.format(booking_id=other)
            assert (await worker.ask("PUT", cancel, json={})).status_code == 200
            assert await state(worker, other) == "cancelled"
            selfie = await place.booking(customer, worker, selfie_verification_required=1)
            found, body = await move(worker, selfie, "completed")
            assert (found, body["requires_selfie"]) == (400, True)

    aio(story())


@pytest.mark.promised("omw", "booking requests")
def test_requests_are_listed_counted_and_given_back(tmp_path: Path, aio: Aio) -> None:
    """Pages and cursor go through the same list, newest first; what is given back is open for others."""

    async def story() -> None:
        async with town(tmp_path) as place:
            worker, customer = await place.pair()
            rival = await place.add(names.ROLE_WORKER)
            bookings = [await place.booking(customer, status="pending") for _ in range(5)]
            requests = [await place.offered(one, worker) for one in bookings]
            done = await place.booking(customer, worker, "completed")
            requests.append(await place.offered(done, worker, "accepted"))
            await place.offered(await place.booking(customer, worker, "cancelled"), worker, "accepted")
            newest = requests[::-1]
            found = await worker.get(names.ROUTE_REQUESTS, page=2, limit=4, status="all")
            assert [one["request_id"] for one in found["booking_requests"]] == newest[4:]
            assert found["pagination"] == {"page": 2, "limit": 4, "total": 6, "pages": 2}
            seen: list[int] = []
            cursor: dict[str, Any] = {"mode": "cursor"}
            while cursor:
                found = await worker.get(names.ROUTE_REQUESTS, limit=4, **cursor)
                seen += [one["request_id"] for one in found["booking_requests"]]
                following = found["pagination"]["nextCursor"]
                cursor = {"cursor": following} if following else {}
            assert seen == newest
            assert await worker.get(names.ROUTE_REQUEST_COUNTS) == {
                "all": 6,
                "pending": 5,
                "accepted": 0,
                "completed": 1,
                "rejected": 0,
            }
            assert len((await worker.get(names.ROUTE_RECENT, limit=3))["bookings"]) == 3
            assert (
                await worker.ask("GET", names.ROUTE_REQUESTS, params={"status": "odd"})
            ).status_code == 400
            assert (await rival.get(names.ROUTE_REQUESTS))["booking_requests"] == []
            path = names.ROUTE_WORKER_BOOKING.format(booking_id=bookings[0])
            assert (await worker.ask("GET", path)).status_code == 404, "offered only"
            assert await answer(worker, requests[0], "rejected") == (
                400,
                {"message": texts.ERR_ONLY_ACCEPTED},
            )
            assert (await answer(worker, requests[0], "accepted"))[0] == 200
            chat = (await customer.sessions())[0]["session_id"]
            assert await state(worker, bookings[0]) == "assigned"
            found = await worker.get(names.ROUTE_ASSIGNED, limit=1)
            assert found["pagination"] == {"current_page": 1, "per_page": 1, "total": 3, "total_pages": 3}
            status, body = await answer(worker, requests[0], "rejected")
            assert (status, body["request_id"], body["status"]) == (200, requests[0], "rejected")
            assert (await customer.send(chat, "still there?")).status_code == 403
            again = await place.offered(bookings[0], rival)
            assert (await answer(rival, again, "accepted"))[0] == 200
            assert (await customer.sessions())[0]["provider_name"] == rival.user.name
            assert (await worker.ask("GET", path)).status_code == 404

    aio(story())


@pytest.mark.promised("omw", "customer bookings")
def test_a_customer_sees_and_cancels_own_bookings(tmp_path: Path, aio: Aio) -> None:
    """History by falling number with `lastId`, sums as texts, details; other people's are not found."""

    async def story() -> None:
        async with town(tmp_path) as place:
            worker, customer = await place.pair()
            neighbour = await place.add(names.ROLE_CUSTOMER)
            bookings = [
                await place.booking(customer, worker, status)
                for status in ("completed", "in_progress", "assigned")
            ]
            page = await customer.get(names.ROUTE_CUSTOMER_BOOKINGS, limit=2)
            assert [one["id"] for one in page["bookings"]] == bookings[:0:-1]
            assert (page["hasMore"], page["lastId"]) == (True, bookings[1])
            page = await customer.get(names.ROUTE_CUSTOMER_BOOKINGS, limit=2, lastId=page["lastId"])
            assert [one["id"] for one in page["bookings"]] == bookings[:1]
            assert (page["hasMore"], page["bookings"][0]["total_amount"]) == (False, "60.00")
            assert await customer.get(names.ROUTE_CUSTOMER_SUMMARY) == {
                "totalBookings": 3,
                "activeBookings": "1",
                "totalSpent": "60.00",
            }
            path = names.ROUTE_CUSTOMER_BOOKING.format(booking_id=bookings[2])
            detail = (await customer.get(path))["booking"]
            assert (detail["provider_name"], detail["service_name"]) == (worker.user.name, "Sink repair")
            cancel = names.ROUTE_CUSTOMER_CANCEL.format(booking_id=bookings[2])
            for method, where in (("GET", path), ("PUT", cancel)):
                for who, address in (
                    (neighbour, where),
                    (customer, where.replace(str(bookings[2]), "999999")),
                    (customer, where.replace(str(bookings[2]), "abc")),
                ):
                    found = await who.ask(method, address)
                    assert (found.status_code, found.json()) == (404, {"message": texts.ERR_NO_BOOKING})
            assert [(await customer.ask("PUT", cancel)).status_code for _ in range(2)] == [200, 200]
            done = names.ROUTE_CUSTOMER_CANCEL.format(booking_id=bookings[0])
            assert (await customer.ask("PUT", done)).status_code == 400

    aio(story())


async def sent_code(place: Town, customer: Dweller) -> str:
    """The code of the last mail to a customer."""
    actor = await place.core.accounts.by_id(customer.user.id)
    found, _total = await place.core.notifications.page(actor, Filter(), offset=0, limit=1)
    return next(
        word.strip(".") for word in found[0].body.split() if word.strip(".").isdigit() and len(word) > 6
    )


@pytest.mark.promised("omw", "code at the door")
def test_the_customers_code_starts_the_work(tmp_path: Path, aio: Aio) -> None:
    """Sent to the customer, never shown to the worker; wrong, late and worn-out ones do not pass."""

    async def story() -> None:
        async with town(tmp_path) as place:
            worker, customer = await place.pair()
            _chat, booking = await place.chat(customer, worker)
            ask, tell = (
                route.format(booking_id=booking)
                for route in (names.ROUTE_GENERATE_OTP, names.ROUTE_VERIFY_OTP)
            )
            status = names.ROUTE_CUSTOMER_OTP_STATUS.format(booking_id=booking)

            async def say(code: object) -> tuple[int, str]:
                found = await worker.ask("POST", tell, json={"otp": code})
                return found.status_code, str(found.json()["message"])

            assert (await worker.ask("POST", ask, json={})).status_code == 400, "not at the door"
            assert (await customer.get(status))["message"] == texts.OTP_NONE
            await move(worker, booking, "arrived")
            assert (await say("123456"))[0] == 400, "there is none"
            made = (await worker.ask("POST", ask, json={})).json()
            assert (made["success"], made["expires_at"][-1]) == (True, "Z")
            soon = await worker.ask("POST", ask, json={})
            assert (soon.status_code, soon.json()) == (
                429,
                {"message": texts.OTP_SOON.format(minutes=10)},
            )
            right = await sent_code(place, customer)
            for route, who, shown in (
                (names.ROUTE_WORKER_BOOKING, worker, None),
                (names.ROUTE_CUSTOMER_BOOKING, customer, right),
            ):
                assert (await who.get(route.format(booking_id=booking)))["booking"]["otp_code"] == shown
            own = await customer.ask("POST", names.ROUTE_CUSTOMER_OTP.format(booking_id=booking), json={})
            assert own.json()["otp"] == right
            assert (await customer.get(status))["otp_valid"] is True
            assert await say("12") == await say(123456) == (400, texts.ERR_OTP_FORMAT)
            wrong = "000000" if right != "000000" else "000001"
            assert [await say(wrong) for _ in range(5)] == [(400, texts.ERR_OTP_WRONG)] * 5
            assert (await say(right))[0] == 400, "tried too often"
            place.clock.ahead_ms += 11 * MINUTE_MS
            await worker.ask("POST", ask, json={})
            late = await sent_code(place, customer)
            place.clock.ahead_ms += 16 * MINUTE_MS
            assert (await say(late))[0] == 400
            assert (await customer.get(status))["otp_valid"] is False
            by_body = await worker.ask("POST", names.ROUTE_SEND_OTP_EMAIL, json={"booking_id": booking})
            assert by_body.status_code == 200
            async with customer.socket() as ear:
                good = {"booking_id": booking, "otp_code": await sent_code(place, customer)}
                found = await worker.ask("POST", names.ROUTE_VERIFY_OTP_EMAIL, json=good)
                assert found.json() == {
                    "success": True,
                    "message": texts.OK_STARTED,
                    "booking_id": booking,
                    "status": "in_progress",
                }
                told = await ear.until(names.EVENT_OTP_VERIFIED)
                assert told == {"booking_id": booking, "status": "in_progress"}
            assert await state(worker, booking) == "in_progress"
            rival = await place.add(names.ROLE_WORKER)
            assert (await rival.ask("POST", ask, json={})).status_code == 403

    aio(story())
