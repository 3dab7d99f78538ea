"""What StepperGO promises beside conversations: trips, their status, seats, positions, streams."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from chatdesk.server.demo.steppergo import DESK_EMAIL, PASSENGER_EMAILS, RIVAL_EMAIL
from chatdesk.wire.steppergo import names, texts
from tests.conftest import Aio
from tests.server.process import ServerProcess
from tests.server.rides import listening, rides
from tests.server.test_steppergo import AIRPORT, ALIYA, DANA, ERLAN, KIRILL, MORNING, NIGHT, TIMUR, WEEKEND

FAMILY = "Family visit in Astana"
ZARINA = PASSENGER_EMAILS[-1]


def status_of(trip: str) -> str:
    return names.ROUTE_DRIVER_STATUS.format(trip_id=trip)


async def events(lines: AsyncIterator[str]) -> AsyncIterator[dict[str, Any]]:
    async for line in lines:
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))


@pytest.mark.promised("steppergo", "trips")
def test_trips_are_listed(rides_server: ServerProcess, aio: Aio) -> None:
    """By status for everybody, in lower case; a driver's own in every status, by the record's id."""

    async def story() -> None:
        async with rides(rides_server.url) as place:
            desk = await place.rider(DESK_EMAIL, driver=True)
            path = names.ROUTE_DRIVER_TRIPS.format(driver_id=desk.record_id)
            answer = await place.http.get(path, params={"status": "all", "limit": "50"})
            mine = answer.json()["trips"]
            assert {MORNING, WEEKEND, NIGHT, AIRPORT} <= {one["title"] for one in mine}
            trip = await place.trip(AIRPORT)
            detail = (await place.http.get(names.ROUTE_TRIP.format(trip_id=trip))).json()["data"]
            assert (detail["status"], detail["organizer"]["id"]) == ("in_transit", desk.id)
            assert detail["capacity"] == {"total": 4, "booked": 3, "available": 1}
            query = {"status": "IN_TRANSIT", "tripType": "PRIVATE", "origin": "asta"}
            listed = (await place.http.get(names.ROUTE_TRIPS, params=query)).json()
            assert [one["id"] for one in listed["data"]] == [trip]
            bad = await place.http.get(names.ROUTE_TRIPS, params={"status": "in_transit"})
            assert (bad.status_code, bad.json()["success"]) == (400, False)
            missing = await place.http.get(names.ROUTE_TRIP.format(trip_id="none"))
            assert (missing.status_code, missing.json()["error"]) == (404, texts.ERR_NO_TRIP)
            driven = (await desk.get(status_of(trip)))["timeline"]
            assert [one["status"] for one in driven if one["completed"]][-1] == "IN_TRANSIT"

    aio(story())


@pytest.mark.promised("steppergo", "trip status")
@pytest.mark.promised("steppergo", "status stream")
@pytest.mark.promised("steppergo", "system messages")
def test_a_trip_moves_on(tmp_path: Path, aio: Aio) -> None:
    """Subscribers, streams and the conversation hear of it; passengers are notified; leaps are refused."""

    async def story() -> None:
        # On a server of its own: a driver may change so much in a minute, and others try things.
        async with listening(tmp_path) as url, rides(url) as place, AsyncExitStack() as stack:
            desk, erlan = await place.rider(DESK_EMAIL, driver=True), await place.rider(ERLAN)
            trip = await place.trip(NIGHT)
            ear = await stack.enter_async_context(erlan.socket(trip))
            await ear.client.emit(names.EMIT_SUBSCRIBE, {"tripIds": [trip, "none"]})
            assert (await ear.until(names.EVENT_SUBSCRIBED))["tripIds"] == [trip]
            path = names.ROUTE_STREAM.format(trip_id=trip)
            stream = await stack.enter_async_context(place.http.stream("GET", path))
            assert stream.headers["content-type"] == "text/event-stream"
            told = events(stream.aiter_lines())
            assert (await anext(told))["currentStatus"] == "DELAYED"
            body = {"status": "DEPARTED", "notes": "The fog has lifted"}
            answer = await desk.ask("PUT", status_of(trip), json=body)
            assert answer.status_code == 200, answer.text
            changed = answer.json()["data"]
            assert (changed["trip"]["previousStatus"], changed["trip"]["status"]) == ("DELAYED", "DEPARTED")
            assert changed["notifications"]["sent"] == 1
            heard = await ear.until(names.EVENT_STATUS)
            assert (heard["previousStatus"], heard["newStatus"]) == ("DELAYED", "DEPARTED")
            assert (heard["driverName"], heard["notes"]) == (desk.name, "The fog has lifted")
            assert (await anext(told))["newStatus"] == "DEPARTED"
            line = await ear.until(names.EVENT_NEW)
            assert (line["type"], line["senderId"], line["sender"]) == ("SYSTEM", None, None)
            assert line["content"] == "Trip status: Departed. The fog has lifted"
            assert (await ear.until(names.EVENT_NOTICE_PASSENGER))["title"] == NIGHT
            assert await place.trip(NIGHT) == trip
            refusals = {
                "COMPLETED": texts.ERR_STATUS_STEP.format(before="DEPARTED", after="COMPLETED"),
                "FLYING": texts.ERR_STATUS_UNKNOWN.format(
                    statuses=", ".join(names.STATUSES_SETTABLE_IN_ORDER)
                ),
                "": texts.ERR_STATUS_MISSING,
            }
            for status, text in refusals.items():
                answer = await desk.ask("PUT", status_of(trip), json={"status": status})
                assert (answer.status_code, answer.json()) == (400, {"error": text})
            rival = await place.rider(RIVAL_EMAIL, driver=True)
            answer = await rival.ask("PUT", status_of(trip), json=body)
            assert (answer.status_code, answer.json()) == (400, {"error": texts.ERR_NOT_ASSIGNED})
            assert (await erlan.ask("PUT", status_of(trip), json=body)).status_code == 403
            assert (await place.http.put(status_of(trip), json=body)).status_code == 401

    aio(story())


@pytest.mark.promised("steppergo", "acceptance")
def test_an_open_trip_is_taken_once(rides_server: ServerProcess, aio: Aio) -> None:
    """It is stored, told to its organizer, and gives the driver a place in the conversation."""

    async def story() -> None:
        async with rides(rides_server.url) as place, AsyncExitStack() as stack:
            rival, zarina = await place.rider(RIVAL_EMAIL, driver=True), await place.rider(ZARINA)
            desk = await place.rider(DESK_EMAIL, driver=True)
            trip = await place.trip(FAMILY)
            ear = await stack.enter_async_context(zarina.socket(trip))
            await ear.client.emit(names.EMIT_SUBSCRIBE, {"tripIds": [trip]})
            await ear.until(names.EVENT_SUBSCRIBED)
            assert (await rival.ask("GET", names.ROUTE_HISTORY.format(trip_id=trip))).status_code == 403
            accept = names.ROUTE_ACCEPT.format(trip_id=trip)
            answer = await rival.ask("POST", accept)
            assert answer.json()["message"] == texts.OK_ACCEPTED
            heard = await ear.until(names.EVENT_STATUS)
            assert (heard["previousStatus"], heard["newStatus"]) == ("PUBLISHED", "IN_PROGRESS")
            assert (await rival.get(status_of(trip)))["trip"]["status"] == "IN_PROGRESS"
            await rival.sent(trip, "I am your driver")
            for other, status in ((desk, 400), (zarina, 403)):
                assert (await other.ask("POST", accept)).status_code == status
            busy = await rival.ask("POST", names.ROUTE_ACCEPT.format(trip_id=await place.trip(WEEKEND)))
            assert busy.status_code == 400

    aio(story())


@pytest.mark.promised("steppergo", "bookings")
def test_seats_are_asked_for_confirmed_and_given_back(rides_server: ServerProcess, aio: Aio) -> None:
    """A confirmed booking opens the conversation, a cancelled one closes it, on living connections too."""

    async def story() -> None:
        async with rides(rides_server.url) as place, AsyncExitStack() as stack:
            desk, kirill = await place.rider(DESK_EMAIL, driver=True), await place.rider(KIRILL)
            dana = await place.rider(DANA)
            trip = await place.trip(WEEKEND)
            ear = await stack.enter_async_context(desk.socket(trip))
            await ear.client.emit(names.EMIT_SUBSCRIBE, {"tripIds": [trip]})
            await ear.until(names.EVENT_SUBSCRIBED)
            wish = {"tripId": trip, "seatsBooked": 1, "passengers": [{"name": "Kirill"}]}
            asked = await kirill.ask("POST", names.ROUTE_BOOK, json=wish)
            assert asked.status_code == 201, asked.text
            booking = asked.json()["data"]
            assert (await ear.until(names.EVENT_NOTICE_DRIVER))["type"] == "BOOKING_REQUESTED"
            bad: tuple[tuple[dict[str, Any], int], ...] = (
                ({"seatsBooked": 4}, 409),
                ({"tripId": "none"}, 404),
                ({"passengers": 1}, 400),
            )
            for more, status in bad:
                assert (await dana.ask("POST", names.ROUTE_BOOK, json={**wish, **more})).status_code == status
            history = names.ROUTE_HISTORY.format(trip_id=trip)
            assert (await kirill.ask("GET", history)).status_code == 403
            change = names.ROUTE_ANY_BOOKING.format(booking_id=booking["id"])
            confirm = {"status": names.BOOKING_CONFIRMED}
            assert (await kirill.ask("PATCH", change, json=confirm)).status_code == 403
            assert (await dana.ask("PATCH", change, json=confirm)).status_code == 403
            assert (await desk.ask("PATCH", change, json=confirm)).status_code == 200
            assert (await ear.until(names.EVENT_BOOKING_CONFIRMED))["passengerId"] == kirill.id
            listed = (await kirill.ask("GET", names.ROUTE_BOOKINGS, params={"status": "CONFIRMED"})).json()
            assert [one["id"] for one in listed["data"]] == [booking["id"]]
            theirs = await stack.enter_async_context(kirill.socket(trip))
            joined = await ear.until(names.EVENT_NEW, lambda one: kirill.name in one["content"])
            assert (joined["type"], joined["senderId"]) == ("SYSTEM", None)
            cancel = names.ROUTE_BOOKING_CANCEL.format(booking_id=booking["id"])
            answer = await kirill.ask("POST", cancel, json={"reason": "ill"})
            assert answer.json()["data"]["status"] == names.BOOKING_CANCELLED
            told = await ear.until(names.EVENT_BOOKING_CANCELLED)
            assert (told["seatsFreed"], told["reason"], told["totalSeats"]) == (1, "ill", 4)
            await ear.until(names.EVENT_SEATS, lambda one: one["bookedSeats"] < 3)
            assert (await kirill.ask("GET", history)).status_code == 403
            theirs.heard.clear()
            await desk.sent(trip, "between us")
            await theirs.settled()
            assert theirs.all(names.EVENT_NEW) == []
            again = await kirill.ask("POST", cancel)
            assert again.status_code == 400
            notices = await place.http.get(
                names.ROUTE_DRIVER_NOTICES, headers={names.HEADER_DRIVER: desk.record_id}
            )
            assert notices.json()["data"]["notifications"][0]["type"] == "BOOKING_CANCELLED"

    aio(story())


@pytest.mark.promised("steppergo", "positions")
def test_where_the_driver_is(rides_server: ServerProcess, aio: Aio) -> None:
    """Subscribers hear it with the minutes left, latecomers at once; nobody moves on others' trips."""

    async def story() -> None:
        async with rides(rides_server.url) as place, AsyncExitStack() as stack:
            desk, aliya = await place.rider(DESK_EMAIL, driver=True), await place.rider(ALIYA)
            rival, timur = await place.rider(RIVAL_EMAIL, driver=True), await place.rider(TIMUR)
            trip = await place.trip(MORNING)
            driver, ear, late, other = [
                await stack.enter_async_context(one.socket()) for one in (desk, aliya, timur, rival)
            ]
            await ear.client.emit(names.EMIT_SUBSCRIBE, {"tripIds": [trip]})
            await ear.until(names.EVENT_SUBSCRIBED)
            at = {"tripId": trip, "latitude": 43.5, "longitude": 77.0, "speed": 60}
            await driver.client.emit(names.EMIT_POSITION, at)
            assert (await driver.until(names.EVENT_POSITION_STORED))["message"] == texts.OK_POSITION
            heard = await ear.until(names.EVENT_POSITION, lambda one: one["latitude"] == 43.5)
            assert (heard["driverId"], heard["tripId"]) == (desk.record_id, trip)
            assert heard["eta"]["destinationMinutes"] > heard["eta"]["pickupMinutes"] > 0
            await late.client.emit(names.EMIT_SUBSCRIBE, {"tripIds": [trip]})
            assert (await late.until(names.EVENT_SUBSCRIBED))["locationsReplayed"] == 1
            assert late.all(names.EVENT_POSITION)[0]["latitude"] == 43.5
            assert (await other.error_after(names.EMIT_POSITION, at))["message"] == texts.ERR_NOT_ASSIGNED
            refused = await ear.error_after(names.EMIT_POSITION, at)
            assert refused["message"] == texts.ERR_ONLY_DRIVERS_POSITION
            await other.client.emit(names.EMIT_SUBSCRIBE, {"tripIds": [trip]})
            assert (await other.until(names.EVENT_SUBSCRIBED))["tripIds"] == []
            for bad in ({"latitude": 91, "longitude": 0}, {"latitude": "1", "longitude": 0}, {}):
                assert (await driver.error_after(names.EMIT_POSITION, bad))["event"] == names.EMIT_POSITION

    aio(story())
