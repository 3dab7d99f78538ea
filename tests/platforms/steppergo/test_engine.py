"""The real engine and store on virtual time, over a small StepperGO server with this platform's faults."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from chatdesk.domain.actions import Action, ActionKind, FindKind, Lookup
from chatdesk.domain.changes import PositionChanged, TypingChanged
from chatdesk.domain.errors import NotDone
from chatdesk.domain.kinds import (
    ClosedWhy,
    ConnectionState,
    DeliveryState,
    Lifecycle,
    ParkReason,
    SignInState,
)
from tests.platforms.steppergo.paper import FOREIGN_TRIP, OTHER, TRIP, TRIP_2
from tests.platforms.steppergo.shop import Shop
from tests.sync.virtual import run_virtual, until

ACCEPTED = DeliveryState.ACCEPTED


async def own(shop: Shop, trip: str = TRIP) -> list[tuple[str, DeliveryState]]:
    return [(one.text, one.state) for one in await shop.messages(trip) if one.own]


@pytest.mark.shows("steppergo", "history", "yes")
@pytest.mark.shows("steppergo", "send", "yes")
def test_a_day_at_the_desk(tmp_path: Path) -> None:
    """Lists, join, history, a text of theirs, one of ours: each once, the text only after the join."""

    async def story() -> None:
        async with Shop(tmp_path) as shop:
            assert [one.text for one in await shop.messages()] == ["hello", "are you there?"]
            shop.server.says(TRIP, "still there?")
            await shop.settled(await shop.press("on my way"))
            await until(lambda: len(shop.server.messages[TRIP]) == 4, what="four messages")
            await asyncio.sleep(1)
            assert await own(shop) == [("on my way", ACCEPTED)]
            assert len(await shop.messages()) == 4
            events = [event for event, _ in shop.server.heard]
            assert events.index("join:conversation") < events.index("message:send")
            assert shop.server.seen["message:send"] == 1

    run_virtual(story())


def test_a_burst_goes_one_by_one_in_the_order_of_pressing(tmp_path: Path) -> None:
    """Ten texts pressed at once, on two trips: never two under way, and each once, in order."""

    async def story() -> None:
        shop = Shop(tmp_path)
        shop.server.add(TRIP_2, "and me?")
        async with shop:
            texts = [f"text {number}" for number in range(10)]
            both = (TRIP, TRIP_2)
            items = [await shop.press(text, both[number % 2]) for number, text in enumerate(texts)]
            await shop.settled(*items)
            assert shop.server.most_in_flight == 1
            assert shop.server.texts(TRIP) == texts[::2]
            assert shop.server.texts(TRIP_2) == texts[1::2]

    run_virtual(story())


@pytest.mark.parametrize("fate", ["stored", "lost"])
@pytest.mark.shows("steppergo", "client_ids", "yes")
def test_a_send_without_a_confirmation_is_looked_for_by_our_id(tmp_path: Path, fate: str) -> None:
    """Stored: found by its id and not sent again. Lost: absent after the quiet time, and sent once more."""

    async def story() -> None:
        async with Shop(tmp_path) as shop:
            shop.server.lost_sends = [fate]
            item = await shop.press("on my way")
            took_ms = await shop.settled(item, within_ms=120_000)
            assert shop.server.texts() == ["on my way"]
            assert await own(shop) == [("on my way", ACCEPTED)]
            assert shop.server.seen["message:send"] == (1 if fate == "stored" else 2)
            if fate == "lost":
                assert took_ms >= 20_000  # the time of the send, and the quiet time after it

    run_virtual(story())


def test_a_send_that_is_lost_again_and_again_ends_with_the_person(tmp_path: Path) -> None:
    """At most one automatic repeat; what an administrator hides would else be sent for ever."""

    async def story() -> None:
        async with Shop(tmp_path) as shop:
            shop.server.lost_sends = ["lost"] * 9
            item = await shop.press("on my way")
            await asyncio.sleep(300)
            kept = await shop.item(item.id)
            assert kept is not None
            assert kept.state is DeliveryState.UNCERTAIN
            assert shop.server.seen["message:send"] == 2

    run_virtual(story())


def test_a_server_that_drops_our_ids_is_matched_by_text(tmp_path: Path) -> None:
    """The first text shows that ids don't come back; the second is found by its words, once."""

    async def story() -> None:
        shop = Shop(tmp_path)
        shop.server.drops_metadata = True
        async with shop:
            await shop.settled(await shop.press("first"))
            await asyncio.sleep(1)
            shop.server.lost_sends = ["stored"]
            await shop.settled(await shop.press("second"), within_ms=120_000)
            assert shop.server.texts() == ["first", "second"]
            assert await own(shop) == [("first", ACCEPTED), ("second", ACCEPTED)]

    run_virtual(story())


@pytest.mark.shows("steppergo", "lifecycle", "yes")
def test_a_chat_that_refuses_its_driver_is_shown_as_not_available(tmp_path: Path) -> None:
    """Read-only with the reason; the sign-in is good, the other chat works, and it opens again by itself."""

    async def story() -> None:
        shop = Shop(tmp_path)
        shop.server.add(TRIP_2, "who are you?")
        shop.server.locked.add(TRIP_2)
        async with shop:
            found = await shop.conversation(TRIP_2)
            assert (found.lifecycle, found.closed_why) == (Lifecycle.READ_ONLY, ClosedWhy.NOT_FOR_ROLE)
            assert (await shop.conversation()).lifecycle is Lifecycle.OPEN
            assert shop.status.sign_in is SignInState.OK
            refusals = shop.server.seen["join:conversation"] + shop.server.seen["history"]
            await asyncio.sleep(200)
            asked = shop.server.seen["join:conversation"] + shop.server.seen["history"]
            assert asked - refusals <= 4, "a refused chat is not asked again and again"
            shop.server.locked.clear()
            shop.server.cut()
            await until(lambda: shop.server.seen["join:conversation"] > 2, what="a join")
            await asyncio.sleep(30)
            assert (await shop.conversation(TRIP_2)).lifecycle is Lifecycle.OPEN

    run_virtual(story())


def test_what_was_pressed_for_a_chat_without_access_is_parked(tmp_path: Path) -> None:
    """Access is withdrawn while a text waits: it is parked with the reason, and safe."""

    async def story() -> None:
        async with Shop(tmp_path) as shop:
            shop.server.locked.add(TRIP)
            shop.server.cut()
            item = await shop.press("too late")
            await asyncio.sleep(10)
            kept = await shop.item(item.id)
            assert kept is not None
            assert (kept.state, kept.parked) == (DeliveryState.PARKED, ParkReason.FORBIDDEN)
            assert kept.text == "too late"
            found = await shop.conversation()
            assert (found.lifecycle, found.closed_why) == (Lifecycle.READ_ONLY, ClosedWhy.ACCESS_WITHDRAWN)

    run_virtual(story())


@pytest.mark.shows("steppergo", "polling", "yes")
@pytest.mark.shows("steppergo", "send_rest", "yes")
def test_everything_works_without_a_socket_server(tmp_path: Path) -> None:
    """The handshake fails at the transport: lists, histories and sends go by REST; unread numbers too."""

    async def story() -> None:
        shop = Shop(tmp_path)
        shop.server.no_socket = True
        async with shop:
            assert shop.status.connection is ConnectionState.POLLING
            assert [one.text for one in await shop.messages()] == ["hello", "are you there?"]
            assert (await shop.conversation()).unread == 2
            await shop.settled(await shop.press("on my way"))
            assert shop.server.texts() == ["on my way"]
            assert await own(shop) == [("on my way", ACCEPTED)]
            assert shop.server.seen["send-rest"] == 1
            shop.server.says(TRIP, "fine")
            await asyncio.sleep(70)
            assert [one.text for one in await shop.messages()][-1] == "fine"
            assert shop.server.seen["message:send"] == 0

    run_virtual(story())


def test_what_others_send_by_rest_is_found_with_the_lists(tmp_path: Path) -> None:
    """Nothing is pushed for it: the history is read again after a while, and hidden messages leave."""

    async def story() -> None:
        async with Shop(tmp_path) as shop:
            shop.server.rooms.clear()
            shop.server.says(TRIP, "by REST")
            shop.server.messages[TRIP][0]["isHidden"] = True
            await asyncio.sleep(400)
            shown = [one.text for one in await shop.messages() if not one.deleted]
            assert shown == ["are you there?", "by REST"]

    run_virtual(story())


def test_a_link_that_is_cut_loses_nothing(tmp_path: Path) -> None:
    """What came while the link was down is read after the join; what was pressed goes after it, once."""

    async def story() -> None:
        async with Shop(tmp_path) as shop:
            shop.server.cut()
            shop.server.says(TRIP, "while you were away")
            await shop.settled(await shop.press("back again"))
            await asyncio.sleep(5)
            shown = [one.text for one in await shop.messages()]
            assert shown == ["hello", "are you there?", "while you were away", "back again"]
            assert shop.server.texts() == ["back again"]

    run_virtual(story())


def test_the_end_of_the_session_asks_for_the_password(tmp_path: Path) -> None:
    """A connection survives the end of its session; the next request over REST does not."""

    async def story() -> None:
        async with Shop(tmp_path) as shop:
            shop.server.sessions.clear()
            await shop.settled(await shop.press("still connected"))
            assert shop.server.texts() == ["still connected"]
            shop.server.cut()
            await until(lambda: shop.status.sign_in is SignInState.NEEDS_PASSWORD, what="the question")

    run_virtual(story())


def test_a_status_change_that_fails_by_design_is_parked_in_the_servers_words(tmp_path: Path) -> None:
    """500: the trip is read, the status is still the old one, and nothing is tried again by itself."""

    async def story() -> None:
        async with Shop(tmp_path) as shop:
            shop.server.failing_changes = True
            item = await shop.change_status("DEPARTED")
            await asyncio.sleep(60)
            kept = await shop.item(item.id)
            assert kept is not None
            assert (kept.state, kept.parked) == (DeliveryState.PARKED, ParkReason.REFUSED)
            assert kept.detail == "Failed to update trip status"
            assert shop.server.seen["status"] == 1
            assert (await shop.order()).status == "IN_PROGRESS"

    run_virtual(story())


def test_a_status_change_that_works_is_shown_as_it_was_stored(tmp_path: Path) -> None:
    """Read again after the answer; what somebody else has changed meanwhile is told, not overwritten."""

    async def story() -> None:
        async with Shop(tmp_path) as shop:
            await shop.settled(await shop.change_status("DEPARTED"))
            await asyncio.sleep(2)
            assert (await shop.order()).status == "DEPARTED"
            shop.server.trips[TRIP]["status"] = "DELAYED"
            item = await shop.change_status("EN_ROUTE")
            await asyncio.sleep(5)
            kept = await shop.item(item.id)
            assert kept is not None
            assert kept.parked is ParkReason.CHANGED_MEANWHILE
            assert shop.server.trips[TRIP]["status"] == "DELAYED"

    run_virtual(story())


def test_an_order_that_is_looked_at_is_followed(tmp_path: Path) -> None:
    """A status of the stream is read at the trip, the place of the driver is told; the end closes it."""

    async def story() -> None:
        async with Shop(tmp_path) as shop:
            shop.engine.opened(TRIP, TRIP, TRIP)
            await until(lambda: shop.server.streams, what="a stream")
            assert shop.server.seen["passenger:subscribe"] == 1
            shop.server.trips[TRIP]["status"] = "DEPARTED"
            shop.server.stream(TRIP, {"type": "status_update", "newStatus": "CANCELLED"})
            await asyncio.sleep(2)
            assert (await shop.order()).status == "DEPARTED"
            place = {"tripId": TRIP, "latitude": 43.3, "longitude": 76.95}
            shop.server.push("driver.location.updated", place)
            await asyncio.sleep(1)
            assert [one.latitude for one in shop.news if isinstance(one, PositionChanged)] == [43.3]
            shop.server.end_stream(TRIP)
            await until(lambda: shop.server.streams, what="another stream")
            shop.engine.look_away()
            await until(lambda: not shop.server.streams, what="no stream")

    run_virtual(story())


def test_a_trip_is_looked_up_and_a_chat_begun(tmp_path: Path) -> None:
    """The hit becomes an order and a conversation that can be written to; one that refuses us does not."""

    async def story() -> None:
        shop = Shop(tmp_path)
        async with shop:
            shop.server.add(FOREIGN_TRIP, "any seats left?", status="PUBLISHED")
            shop.server.unlisted.add(FOREIGN_TRIP)
            found = await shop.engine.find(Lookup(kind=FindKind.TRIP, words=FOREIGN_TRIP))
            assert [hit.remote_id for hit in found.hits] == [FOREIGN_TRIP]
            start = Action(kind=ActionKind.START_CHAT, order=FOREIGN_TRIP)
            result = await shop.engine.act(start)
            assert result.conversation == FOREIGN_TRIP
            await shop.settled(await shop.press("two", FOREIGN_TRIP))
            assert shop.server.texts(FOREIGN_TRIP) == ["two"]
            await asyncio.sleep(200)
            assert [one.text for one in await shop.messages(FOREIGN_TRIP)] == ["any seats left?", "two"]
            shop.server.add(TRIP_2)
            shop.server.locked.add(TRIP_2)
            shop.server.unlisted.add(TRIP_2)
            with pytest.raises(NotDone, match="forbidden"):
                await shop.engine.act(Action(kind=ActionKind.START_CHAT, order=TRIP_2))

    run_virtual(story())


def test_unread_typing_and_reading(tmp_path: Path) -> None:
    """The server's number, what arrived since, typing for three seconds, and a mark that the server keeps."""

    async def story() -> None:
        async with Shop(tmp_path) as shop:
            assert (await shop.conversation()).unread == 2
            shop.server.says(TRIP, "third")
            await asyncio.sleep(1)
            assert (await shop.conversation()).unread == 3
            shop.server.push("typing:start", {"userId": OTHER, "userName": "Passenger Bravo"})
            await asyncio.sleep(10)
            typing = [one for one in shop.news if isinstance(one, TypingChanged)]
            assert typing
            assert not typing[-1].names
            await shop.mark_read()
            await until(lambda: shop.server.unread[TRIP] == 0, what="the mark")
            await asyncio.sleep(300)
            assert (await shop.conversation()).unread == 0

    run_virtual(story())
