"""What StepperGO promises about time, shown with a clock of the test's own: sessions, limits, storage."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import pytest

from chatdesk.server.chat_server import ChatServer
from chatdesk.server.core.orders import NewOrder
from chatdesk.server.core.service import Ground
from chatdesk.server.demo.steppergo import DESK_EMAIL, PASSENGER_EMAILS, RIVAL_EMAIL, seed_steppergo
from chatdesk.server.dialect import Choices, Variant
from chatdesk.server.dialects.steppergo.app import build
from chatdesk.server.dialects.steppergo.rides import ERR_BUSY
from chatdesk.wire.steppergo import names, texts
from tests.conform.clock import CaptureLoop
from tests.conftest import Aio
from tests.server.rides import Ear, Hands, Rides, listening, rides
from tests.server.test_steppergo import MORNING, NIGHT

DAY_S = 24 * 3_600


@asynccontextmanager
async def serving(
    folder: Path, clock: Hands, variant: Variant = Variant.PROMISED
) -> AsyncIterator[tuple[ChatServer, Rides]]:
    """A server of this process, and its people over routes."""
    server = build(Ground(folder, clock), Choices(), variant)
    await server.open()
    try:
        await seed_steppergo(server.core)
        transport = httpx.ASGITransport(server.app)
        async with httpx.AsyncClient(base_url=f"http://{folder.name}", transport=transport) as http:
            yield server, Rides(f"{folder}-{clock.at_s}-{id(server)}", http)
    finally:
        await server.close()


@pytest.mark.promised("steppergo", "rate limiting")
@pytest.mark.promised("steppergo", "persistence")
@pytest.mark.promised("steppergo", "expired sessions")
def test_a_minute_a_day_a_month_and_a_restart(tmp_path: Path, aio: Aio) -> None:
    """Ten messages a minute; a session of a day, or thirty if asked for; nothing is forgotten."""
    clock = Hands()

    async def first() -> list[str]:
        async with serving(tmp_path, clock) as (_server, place):
            aliya = await place.rider(PASSENGER_EMAILS[0])
            trip = await place.trip(MORNING)
            sent = [(await aliya.sent(trip, f"number {at}"))["id"] for at in range(10)]
            refused = await aliya.send(trip, "one too many")
            assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
            assert "Rate limit" in refused.json()["error"]
            desk = await place.rider(DESK_EMAIL, driver=True)
            await desk.sent(trip, "others may")
            clock.at_s += 60
            sent.append((await aliya.sent(trip, "a minute later"))["id"])
            short = await place.rider(DESK_EMAIL, fresh=True)
            answer = await place.login(PASSENGER_EMAILS[0], remember=True)
            long = answer.json()["session"]["token"]
            path = names.ROUTE_HISTORY.format(trip_id=trip)
            for after_s, alive in ((DAY_S - 1, {short.token, long}), (1, {long}), (29 * DAY_S, set())):
                clock.at_s += after_s
                for token in (short.token, long):
                    answer = await place.http.get(path, headers={"Authorization": f"Bearer {token}"})
                    expected = 200 if token in alive else 401
                    assert answer.status_code == expected, (after_s, token == long)
            assert answer.json() == {"error": texts.ERR_SESSION}
            return sent

    async def second(sent: list[str]) -> None:
        async with serving(tmp_path, clock) as (_server, place):
            aliya = await place.rider(PASSENGER_EMAILS[0])
            stored = (await aliya.history(await place.trip(MORNING)))["messages"]
            assert [one["id"] for one in stored if one["id"] in sent] == sent

    aio(second(aio(first())))


def test_ten_changes_of_status_a_minute(tmp_path: Path, aio: Aio) -> None:
    """Refused tries count, the headers tell how many are left, and the minute begins with the first."""
    clock = Hands()

    async def story() -> None:
        async with serving(tmp_path, clock) as (_server, place):
            desk = await place.rider(DESK_EMAIL, driver=True)
            path = names.ROUTE_DRIVER_STATUS.format(trip_id=await place.trip(NIGHT))
            for left in range(9, -1, -1):
                answer = await desk.ask("PUT", path, json={"status": "FLYING"})
                assert (answer.status_code, answer.headers["x-ratelimit-remaining"]) == (400, str(left))
                clock.at_s += 1
            answer = await desk.ask("PUT", path, json={"status": "DEPARTED"})
            assert (answer.status_code, answer.headers["retry-after"]) == (429, "50")
            assert answer.json()["code"] == texts.CODE_STATUS_RATE
            clock.at_s += 50
            answer = await desk.ask("PUT", path, json={"status": "DEPARTED"})
            assert answer.status_code == 200

    aio(story())


def test_a_driver_takes_one_trip_at_a_time(tmp_path: Path, aio: Aio) -> None:
    """Whoever drives is not available until that trip is over."""

    async def story() -> None:
        async with serving(tmp_path, Hands()) as (server, place):
            rival = await place.rider(RIVAL_EMAIL, driver=True)
            first = await place.trip("Family visit in Astana")
            zarina = await place.rider(PASSENGER_EMAILS[-1])
            now_ms = server.core.clock.now_ms()
            new = NewOrder(kind="trip", status="PUBLISHED", details={"departure_ms": now_ms + 1_000_000})
            async with server.core.database.writing() as session:
                second = (await server.core.orders.store(session, zarina.id, new, now_ms)).id
            accept = names.ROUTE_ACCEPT
            assert (await rival.ask("POST", accept.format(trip_id=first))).status_code == 200
            busy = await rival.ask("POST", accept.format(trip_id=second))
            assert (busy.status_code, busy.json()) == (400, {"error": ERR_BUSY})
            over = names.ROUTE_DRIVER_STATUS.format(trip_id=first)
            assert (await rival.ask("PUT", over, json={"status": "CANCELLED"})).status_code == 200
            assert (await rival.ask("POST", accept.format(trip_id=second))).status_code == 200

    aio(story())


def test_the_recorded_servers_let_others_in(tmp_path: Path, aio: Aio) -> None:
    """As recorded: an assigned driver is refused, a cancelled booking is not; REST is not told of itself."""

    async def story() -> None:
        async with serving(tmp_path, Hands(), Variant.AS_IS) as (_server, place):
            rival = await place.rider(RIVAL_EMAIL, driver=True)
            shared = await place.trip("Shared taxi to Bishkek")
            answer = await rival.ask("GET", names.ROUTE_HISTORY.format(trip_id=shared))
            assert (answer.status_code, answer.json()) == (403, {"error": texts.ERR_DENIED})
            kirill, night = await place.rider(PASSENGER_EMAILS[5]), await place.trip(NIGHT)
            sent = await kirill.sent(night, "   ", type=names.TYPE_SYSTEM, clientId="one")
            assert (sent["type"], sent["content"]) == (names.TYPE_SYSTEM, "   ")
            assert "seq" not in sent
            assert "clientId" not in sent
            answer = await kirill.ask("GET", names.ROUTE_BOOKINGS)
            assert answer.json()["code"] == texts.CODE_SIGNED_TOKEN
            desk = await place.rider(DESK_EMAIL, driver=True)
            path = names.ROUTE_DRIVER_STATUS.format(trip_id=night)
            answer = await desk.ask("PUT", path, json={"status": "DEPARTED"})
            assert (answer.status_code, answer.json()) == (500, {"error": texts.ERR_STATUS})
            assert (await desk.get(path))["trip"]["status"] == "DELAYED"
            assert (await place.http.get(names.ROUTE_HEALTH)).status_code == 404
            assert "chatdesk" not in (await place.login(DESK_EMAIL)).json()

    aio(story())


@pytest.mark.promised("steppergo", "heartbeat")
def test_connections_end_with_their_session(tmp_path: Path) -> None:
    """A living connection ends by itself when its time is over; others hear a heartbeat."""

    async def story() -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, CaptureLoop)
        clock = Hands()
        async with listening(tmp_path, clock, Choices(access_ttl_s=20)) as url, rides(url) as place:
            short = (await place.login(DESK_EMAIL)).json()["session"]["token"]
            long = (await place.login(DESK_EMAIL, remember=True)).json()["session"]["token"]
            async with connection(url, short) as ending, connection(url, long) as staying:
                clock.at_s += 20
                loop.put_forward(20)
                assert await anext(ending) == ["error", {"message": texts.CONNECT_SESSION}]
                assert [one async for one in ending] == []
                assert await Ear().refused(url, short) == texts.CONNECT_SESSION
                loop.put_forward(names.HEARTBEAT_S - 20)
                event, payload = await anext(staying)
                assert (event, set(payload)) == ("heartbeat", {"timestamp"})

    with asyncio.Runner(loop_factory=CaptureLoop) as runner:
        runner.run(story())


@asynccontextmanager
async def connection(url: str, token: str) -> AsyncIterator[AsyncGenerator[list[Any], None]]:
    """The events of a connection without timers of its own, from being let in until the server ends it."""
    address = f"{url}{names.SOCKETIO_SLASH}?EIO=4&transport=websocket"
    async with aiohttp.ClientSession() as session, session.ws_connect(address) as websocket:
        await websocket.receive_str()
        await websocket.send_str("40" + json.dumps({"token": token}))
        assert (await websocket.receive_str()).startswith("40{")

        async def events() -> AsyncGenerator[list[Any], None]:
            async for packet in websocket:
                if packet.data == "2":
                    await websocket.send_str("3")
                elif packet.data == "41":
                    return
                elif packet.data.startswith("42"):
                    yield json.loads(packet.data[2:])

        found = events()
        yield found
        await found.aclose()
