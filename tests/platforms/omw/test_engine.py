"""The real engine and store on virtual time, over a small OMW server with this platform's faults."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from chatdesk.domain.actions import Action, ActionKind
from chatdesk.domain.errors import NotDone
from chatdesk.domain.ids import Cursor, RemoteId
from chatdesk.domain.kinds import ClosedWhy, DeliveryState, Lifecycle, OrderKind, ParkReason, SignInState
from tests.platforms.omw.shop import Shop
from tests.sync.virtual import run_virtual, until

ACCEPTED = DeliveryState.ACCEPTED


async def own(shop: Shop, session: int = 41) -> list[tuple[str, DeliveryState]]:
    return [(one.text, one.state) for one in await shop.messages(session) if one.own]


def test_a_text_goes_out_after_a_join_that_was_lost_once(tmp_path: Path) -> None:
    """The first join vanishes; it is repeated until it is answered, and only then the text goes, once."""

    async def story() -> None:
        shop = Shop(tmp_path)
        shop.server.lost_joins = 1
        async with shop:
            assert [one.text for one in await shop.messages()] == ["hello", "are you there?"]
            await shop.settled(await shop.press("on my way"))
            assert shop.server.texts() == ["on my way"]
            assert await own(shop) == [("on my way", ACCEPTED)]
            events = [event for event, _ in shop.server.heard]
            assert events.index("join_chat") < events.index("send_message")
            assert shop.server.seen["join_chat"] == 2
            assert shop.server.seen["send_message"] == 1

    run_virtual(story())


def test_nothing_is_lost_where_the_first_moments_are_deaf(tmp_path: Path) -> None:
    """A server that hears nothing for two seconds after a connect loses joins, and no text."""

    async def story() -> None:
        shop = Shop(tmp_path)
        shop.server.deaf_ms = 2_000
        async with shop:
            await shop.settled(await shop.press("first"))
            shop.server.cut()
            second = await shop.press("second")
            await shop.settled(second)
            assert shop.server.texts() == ["first", "second"]

    run_virtual(story())


def test_a_burst_goes_one_by_one_in_the_order_of_pressing(tmp_path: Path) -> None:
    """Ten texts pressed at once, in two conversations: never two under way, and each once, in order."""

    async def story() -> None:
        shop = Shop(tmp_path)
        shop.server.add(42, "and me?")
        async with shop:
            texts = [f"text {number}" for number in range(10)]
            items = [await shop.press(text, 41 + number % 2) for number, text in enumerate(texts)]
            await shop.settled(*items)
            assert shop.server.most_in_flight == 1
            assert shop.server.texts(41) == texts[::2]
            assert shop.server.texts(42) == texts[1::2]

    run_virtual(story())


@pytest.mark.parametrize("times", [1, 3])
def test_a_deadlock_is_repeated_after_a_look(tmp_path: Path, times: int) -> None:
    """`Failed to send message`: the history is read, the text is not in it, and it goes once more."""

    async def story() -> None:
        async with Shop(tmp_path) as shop:
            shop.server.send_errors = ["Failed to send message"] * times
            item = await shop.press("on my way")
            took_ms = await shop.settled(item)
            assert shop.server.texts() == ["on my way"]
            assert await own(shop) == [("on my way", ACCEPTED)]
            assert shop.server.seen["look"] == times
            assert shop.server.seen["send_message"] == times + 1
            assert took_ms < 9_000  # no quiet time: the server's own words were definite

    run_virtual(story())


def test_a_failure_that_had_stored_the_text_is_found(tmp_path: Path) -> None:
    """The server says that it failed, but the text is in the history: it is not sent a second time."""

    async def story() -> None:
        async with Shop(tmp_path) as shop:
            shop.server.send_errors = ["stored Failed to send message"]
            await shop.settled(await shop.press("on my way"))
            assert shop.server.texts() == ["on my way"]
            assert await own(shop) == [("on my way", ACCEPTED)]
            assert shop.server.seen["send_message"] == 1

    run_virtual(story())


def test_a_send_that_never_succeeds_ends_with_the_person(tmp_path: Path) -> None:
    """After three repeats, each after a look at the history, it is parked with the server's words."""

    async def story() -> None:
        async with Shop(tmp_path) as shop:
            shop.server.send_errors = ["Failed to send message"] * 60
            item = await shop.press("on my way")
            await asyncio.sleep(120)
            kept = await shop.item(item.id)
            assert kept is not None
            assert kept.state is DeliveryState.PARKED
            assert (kept.parked, kept.detail) == (ParkReason.REFUSED, "Failed to send message")
            assert shop.server.texts() == []
            assert shop.server.seen["send_message"] == 4

    run_virtual(story())


def test_a_session_that_is_over_parks_what_was_pressed(tmp_path: Path) -> None:
    """Access denied: the session is read, it is gone, the text is safe, and the conversation is read-only."""

    async def story() -> None:
        async with Shop(tmp_path) as shop:
            del shop.server.sessions[41]
            item = await shop.press("too late")
            await asyncio.sleep(5)
            kept = await shop.item(item.id)
            assert kept is not None
            assert (kept.state, kept.parked) == (DeliveryState.PARKED, ParkReason.CLOSED)
            assert kept.text == "too late"
            assert (await shop.conversation()).lifecycle is Lifecycle.ENDED

    run_virtual(story())


def test_sessions_that_begin_and_end_are_found_by_the_list(tmp_path: Path) -> None:
    """No event tells of either: within a minute the list does."""

    async def story() -> None:
        async with Shop(tmp_path) as shop:
            shop.server.add(42, "new here")
            del shop.server.sessions[41]
            await asyncio.sleep(60)
            assert [one.text for one in await shop.messages(42)] == ["new here"]
            assert (await shop.conversation(41)).lifecycle is Lifecycle.ENDED
            assert [one.text for one in await shop.messages(41)] == ["hello", "are you there?"]

    run_virtual(story())


def test_messages_stand_in_the_order_of_their_ids(tmp_path: Path) -> None:
    """Inside one second the server's pages are in any order; what is shown is not."""

    async def story() -> None:
        shop = Shop(tmp_path)
        shop.server.reversed_seconds = True
        shop.server.add(41, *[f"line {number}" for number in range(30)])
        async with shop:
            assert [one.text for one in await shop.messages()] == [f"line {number}" for number in range(30)]

    run_virtual(story())


def test_a_push_teaches_the_zone_of_the_database(tmp_path: Path) -> None:
    """After one message in both forms, times without a zone are shown where they belong."""

    async def story() -> None:
        async with Shop(tmp_path) as shop:
            shop.server.says(41, "now")
            await asyncio.sleep(10)
            now_us = shop.clock.now_us()
            for one in await shop.messages():
                assert abs(one.sent_at_us - now_us) < 60_000_000, one

    run_virtual(story())


def test_a_read_mark_names_what_was_read(tmp_path: Path) -> None:
    """Only messages of the others up to the cursor are named, and the server's number follows."""

    async def story() -> None:
        async with Shop(tmp_path) as shop:
            first, second = (one.remote_id for one in await shop.messages())
            conversation = await shop.local()
            cursor = Cursor(f"{int(str(second)):016d}")
            await asyncio.wrap_future(shop.store.intend_read(conversation, cursor))
            await until(lambda: shop.server.seen["mark_read"], what="a read mark")
            marked = [args for event, args in shop.server.heard if event == "mark_read"]
            assert marked == [{"sessionId": 41, "messageIds": [int(str(first)), int(str(second))]}]

    run_virtual(story())


def test_a_link_that_drops_under_a_send_is_looked_after(tmp_path: Path) -> None:
    """Stored, but the answer is lost with the link: found in the history, sent once."""

    async def story() -> None:
        async with Shop(tmp_path) as shop:
            item = await shop.press("on my way")
            await until(lambda: shop.server.in_flight, what="the send under way")
            await until(lambda: not shop.server.in_flight, what="the send stored")
            shop.server.cut()
            await shop.settled(item)
            assert shop.server.texts() == ["on my way"]
            assert await own(shop) == [("on my way", ACCEPTED)]

    run_virtual(story())


def test_a_void_token_asks_for_the_password(tmp_path: Path) -> None:
    """There is no refresh: what REST refuses beyond doubt ends in a question to the person."""

    async def story() -> None:
        async with Shop(tmp_path) as shop:
            shop.server.tokens.clear()
            shop.server.cut()
            await until(lambda: shop.status.sign_in is SignInState.NEEDS_PASSWORD, what="the question")

    run_virtual(story())


def start(booking: int) -> Action:
    return Action(kind=ActionKind.START_CHAT, order=RemoteId(str(booking)), order_kind=OrderKind.BOOKING)


def test_a_chat_begun_here_is_joined_and_written_to(tmp_path: Path) -> None:
    """Made at the second try, known at once, joined without a new connection; the first text goes once."""

    async def story() -> None:
        async with Shop(tmp_path) as shop:
            shop.server.start_errors = ["Failed to create chat session"]
            result = await shop.engine.act(start(142))
            assert (result.conversation, result.order) == ("42", "142")
            await shop.settled(await shop.press("hello there", 42))
            assert shop.server.texts(42) == ["hello there"]
            events = [(event, args["sessionId"]) for event, args in shop.server.heard]
            assert events.index(("join_chat", 42)) < events.index(("send_message", 42))

    run_virtual(story())


def test_a_chat_that_cannot_begin_says_why(tmp_path: Path) -> None:
    """Twice the same failure, or a session that has ended: nothing is opened, and the reason is told."""

    async def story() -> None:
        async with Shop(tmp_path) as shop:
            shop.server.start_errors = ["Failed to create chat session"] * 2
            with pytest.raises(NotDone) as failed:
                await shop.engine.act(start(142))
            assert failed.value.reason is ParkReason.REFUSED
            shop.server.ended.add(43)
            with pytest.raises(NotDone) as over:
                await shop.engine.act(start(143))
            assert over.value.reason is ParkReason.CLOSED

    run_virtual(story())


def test_an_end_is_told_at_once_and_parks_what_follows(tmp_path: Path) -> None:
    """Ended by ourselves: read-only with its reason; the text of a later send is safe."""

    async def story() -> None:
        async with Shop(tmp_path) as shop:
            await shop.engine.act(Action(kind=ActionKind.END_CHAT, conversation=RemoteId("41")))
            await until(lambda: shop.server.ended == {41}, what="ended")
            closed = await shop.conversation(41)
            assert (closed.lifecycle, closed.closed_why) == (Lifecycle.ENDED, ClosedWhy.SESSION_ENDED)
            assert [one.text for one in await shop.messages()] == ["hello", "are you there?"]

    run_virtual(story())


def test_a_list_without_a_session_alone_ends_nothing(tmp_path: Path) -> None:
    """The list may be wrong: as long as the session's own detail is there, it stays open."""

    async def story() -> None:
        async with Shop(tmp_path) as shop:
            shop.server.unlisted = {41}
            before = shop.server.seen["missing"]
            await asyncio.sleep(100)
            assert shop.server.seen["missing"] > before
            assert (await shop.conversation(41)).lifecycle is Lifecycle.OPEN

    run_virtual(story())
