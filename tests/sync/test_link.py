"""The link: connecting, staying, losing, and everything that must go on meanwhile."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest

from chatdesk.domain.changes import (
    AccountStatus,
    HistoryLoading,
    NoticeRaised,
    PresenceChanged,
    TypingChanged,
)
from chatdesk.domain.events import Event, MessageSeen
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import ConnectionState, DeliveryState, PresenceState, SignInState
from chatdesk.domain.ordering import Stamp
from tests.conftest import AllowLog
from tests.sync.toy.adapter import LIMITS, cursor
from tests.sync.toy.server import CUSTOMER, Fault
from tests.sync.virtual import run_virtual, until
from tests.sync.world import ROOM, World

HOUR_MS = 3_600_000


def test_a_server_that_is_down_is_tried_with_growing_pauses(tmp_path: Path) -> None:
    """While nothing answers the status is offline with the time of the next try, never 30 s apart or more."""

    async def story() -> None:
        async with World(tmp_path) as world:
            world.server.down = True
            world.server.cut_all()
            await until(lambda: world.status.connection is ConnectionState.OFFLINE)
            await world.quiet(10 * 60_000)
            tries = world.server.seen["connect"]
            assert 20 < tries < 90  # full jitter under a cap of 30 s: 15 s in the mean
            retry_at_us = world.status.retry_at_us
            assert retry_at_us is None or retry_at_us - world.clock.now_us() <= 30_000_000
            world.server.down = False
            await world.online()

    run_virtual(story())


def test_retry_now_does_not_wait(tmp_path: Path) -> None:
    """Retry connects at once, whatever pause was running."""

    async def story() -> None:
        async with World(tmp_path) as world:
            world.server.down = True
            world.server.cut_all()
            await world.quiet(5 * 60_000)
            world.server.down = False
            assert world.engine is not None
            world.engine.retry_now()
            took_ms = await until(lambda: world.status.connection is ConnectionState.ONLINE)
            assert took_ms < 200

    run_virtual(story())


def test_a_link_that_has_gone_silent_is_replaced(tmp_path: Path) -> None:
    """When nothing, pings included, was heard for the ping interval and a margin, the link is made anew."""

    async def story() -> None:
        async with World(tmp_path) as world:
            await world.quiet(HOUR_MS)
            assert world.server.seen["connect"] == 1  # a quiet, living link is left alone
            world.server.links[0].half_open = True
            begun_ms = world.clock.now_ms()
            await until(lambda: world.server.seen["connect"] == 2)
            assert world.clock.now_ms() - begun_ms <= 35_000

    run_virtual(story())


def test_waking_up_makes_the_link_anew_within_three_seconds(tmp_path: Path) -> None:
    """A gap between wall clock and monotonic clock is a sleep: what seems open is not believed."""

    async def story() -> None:
        async with World(tmp_path) as world:
            await world.quiet(10_000)
            world.clock.skew_us += 3_600_000_000
            world.server.tokens = {world.server.token()}  # the old one has expired meanwhile
            begun_ms = world.clock.now_ms()
            await until(lambda: world.server.seen["connect"] >= 2)
            await world.online()
            assert world.clock.now_ms() - begun_ms <= 3_000

    run_virtual(story())


def test_a_token_is_renewed_before_it_expires(tmp_path: Path) -> None:
    """The link outlives its token though nobody asks for anything: a new one is fetched, and kept."""

    async def story() -> None:
        async with World(tmp_path, start=False) as world:
            world.adapter.limits = msgspec.structs.replace(LIMITS, refresh_lists_ms=24 * HOUR_MS)
            await world.start()
            await world.synced()
            await world.quiet(3 * HOUR_MS)
            assert world.server.seen["connect"] == 1
            assert world.server.seen["refresh"] == 3
            (kept,) = world.vault.kept.values()
            assert kept.access in world.server.tokens
            assert kept.refresh == "r"
            await world.settled(await world.press("still here"))

    run_virtual(story())


def test_a_token_that_is_refused_is_renewed_and_the_send_goes_on(tmp_path: Path) -> None:
    """401 on a read leads to a refresh and the same read again; nothing is lost, nobody is asked."""

    async def story() -> None:
        async with World(tmp_path) as world:
            world.server.tokens.clear()
            world.server.cut_all()
            await world.settled(await world.press("one"))
            assert world.server.seen["refresh"] == 1
            assert world.status.sign_in is SignInState.OK

    run_virtual(story())


def test_without_a_password_reading_and_queueing_go_on(tmp_path: Path) -> None:
    """A void token asks for the password; what is pressed meanwhile waits, nothing is tried in circles."""

    async def story() -> None:
        async with World(tmp_path) as world:
            world.server.tokens.clear()
            world.server.refreshable = False
            world.server.cut_all()
            await until(lambda: world.status.sign_in is SignInState.NEEDS_PASSWORD)
            item = await world.press("later")
            tries = world.server.seen["connect"] + world.server.seen["refresh"]
            await world.quiet(HOUR_MS)
            assert world.server.seen["connect"] + world.server.seen["refresh"] == tries
            assert await world.state(item.id) is DeliveryState.QUEUED
            assert [m.text for m in await world.messages()] == ["hello from 1", "later"]

    run_virtual(story())


def test_a_server_that_takes_us_for_somebody_else_is_left(tmp_path: Path, allow_log: AllowLog) -> None:
    """A token of another person is not used: the link is closed, nothing is stored, the password is asked."""
    seen = allow_log("WARNING chatdesk.sync.engine: account 1: the server takes us for somebody else")

    async def story() -> None:
        async with World(tmp_path) as world:
            world.server.refreshes_as = "somebody"
            await world.quiet(HOUR_MS)
            assert seen
            assert world.status.sign_in is SignInState.NEEDS_PASSWORD
            assert world.status.connection is ConnectionState.OFF
            assert not world.server.links
            assert world.server.seen["connect"] == 1
            assert world.engine is not None
            world.engine.retry_now()
            await world.quiet(HOUR_MS)
            assert world.server.seen["connect"] == 1
            assert world.status.sign_in is SignInState.NEEDS_PASSWORD

    run_virtual(story())


def test_where_the_socket_is_refused_the_server_is_polled(tmp_path: Path) -> None:
    """Without a socket but with requests: messages are read again and again, and sends go."""

    async def story() -> None:
        async with World(tmp_path) as world:
            world.server.socket_refused = True
            world.server.cut_all()
            await until(lambda: world.status.connection is ConnectionState.POLLING)
            world.server.store(ROOM, CUSTOMER, "anybody there?")
            await world.quiet(12_000)
            assert (await world.messages())[-1].text == "anybody there?"
            world.server.fault("say", Fault(no_answer=True))
            item = await world.press("yes")
            await world.settled(item)
            world.server.fault("say", Fault(status=429))
            await world.settled(await world.press("of course"))
            assert world.server.texts(ROOM) == ["yes", "of course"]
            states = {n.connection for n in world.news[-5:] if isinstance(n, AccountStatus)}
            assert states <= {ConnectionState.POLLING}
            world.server.socket_refused = False
            await world.online()
            world.server.customer_says(ROOM, "good")
            await world.quiet(1_000)
            assert (await world.messages())[-1].text == "good"

    run_virtual(story())


def test_what_was_stored_is_newer_than_every_reading_that_began_while_it_was_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such a reading may lack the message and proves nothing: the answer is stamped when it comes."""

    async def story() -> None:
        async with World(tmp_path) as world:
            world.server.socket_refused = True
            world.server.cut_all()
            await until(lambda: world.status.connection is ConnectionState.POLLING)
            assert world.engine is not None
            exchange = world.engine._exchange
            told: list[tuple[Event, Stamp]] = []
            take = exchange._receiver.take

            async def listening(events: tuple[Event, ...], stamp: Stamp) -> None:
                told.extend((event, stamp) for event in events)
                await take(events, stamp)

            monkeypatch.setattr(exchange._receiver, "take", listening)
            world.server.fault("say", Fault(slow_ms=300))
            item = await world.press("on my way")
            await until(lambda: world.server.seen["say"] == 1)
            a_reading_would_begin_at = exchange.begin()
            await world.settled(item)
            stored = [stamp for event, stamp in told if isinstance(event, MessageSeen) and event.own]
            assert stored[0] > a_reading_would_begin_at
            await world.quiet(20_000)
            assert [one.text for one in await world.messages() if one.own] == ["on my way"]

    run_virtual(story())


def test_polling_ends_when_nothing_answers(tmp_path: Path) -> None:
    """A poll that fails means offline again; when requests are answered once more, polling goes on."""

    async def story() -> None:
        async with World(tmp_path) as world:
            world.server.socket_refused = True
            world.server.cut_all()
            await until(lambda: world.status.connection is ConnectionState.POLLING)
            world.server.down = True
            await until(lambda: world.status.connection is ConnectionState.OFFLINE)
            item = await world.press("one")
            await world.quiet(60_000)
            world.server.down = False
            await until(lambda: world.status.connection is ConnectionState.POLLING)
            await world.settled(item)

    run_virtual(story())


def test_typing_of_others_is_shown_and_ends_by_itself(tmp_path: Path) -> None:
    """Typing ends by expiry, by the person's message, by their leaving and by the loss of the link."""

    async def story() -> None:
        async with World(tmp_path) as world:

            def names() -> tuple[str, ...]:
                return next((n.names for n in reversed(world.news) if isinstance(n, TypingChanged)), ())

            def types() -> None:
                world.server.push(ROOM, "types", {"room": ROOM, "who": CUSTOMER, "on": True})

            types()
            assert await until(lambda: names() == (CUSTOMER,)) < 50
            took_ms = await until(lambda: names() == ())
            assert 5_500 < took_ms < 6_500
            types()
            await until(lambda: names() == (CUSTOMER,))
            world.server.customer_says(ROOM, "where are you?")
            assert await until(lambda: names() == ()) < 50
            types()
            await until(lambda: names() == (CUSTOMER,))
            world.server.push(ROOM, "goes", {"room": ROOM, "who": CUSTOMER})
            assert await until(lambda: names() == ()) < 50
            types()
            await until(lambda: names() == (CUSTOMER,))
            world.server.cut_all()
            assert await until(lambda: names() == ()) < 50

    run_virtual(story())


def test_presence_expires_and_dies_with_the_link(tmp_path: Path) -> None:
    """'Is here' becomes unknown after five minutes without a sign of life, or when the link is lost."""

    async def story() -> None:
        async with World(tmp_path) as world:

            def state() -> PresenceState | None:
                found = (n for n in reversed(world.news) if isinstance(n, PresenceChanged))
                return next((n.state for n in found), None)

            world.server.push(ROOM, "comes", {"room": ROOM, "who": CUSTOMER})
            await until(lambda: state() is PresenceState.ONLINE)
            await world.quiet(200_000)
            world.server.customer_says(ROOM, "still here")  # a sign of life
            await world.quiet(200_000)
            assert state() is PresenceState.ONLINE
            await until(lambda: state() is PresenceState.UNKNOWN, within_ms=150_000)
            world.server.push(ROOM, "comes", {"room": ROOM, "who": CUSTOMER})
            await until(lambda: state() is PresenceState.ONLINE)
            world.server.cut_all()
            await until(lambda: state() is PresenceState.UNKNOWN)

    run_virtual(story())


def test_our_own_typing_is_told_seldom_and_ends(tmp_path: Path) -> None:
    """Keys are told at most every three seconds; a pause, a send or leaving says that we stopped."""

    async def story() -> None:
        async with World(tmp_path) as world:
            assert world.engine is not None
            for _ in range(40):
                world.engine.typing(RemoteId(ROOM), text_changed=True)
                await world.quiet(100)
            assert world.server.typed == [(ROOM, True)] * 2
            await world.quiet(3_500)
            assert world.server.typed[-1] == (ROOM, False)
            world.engine.typing(RemoteId(ROOM), text_changed=True)
            await world.settled(await world.press("done"))
            await world.quiet(100)
            assert world.server.typed[3:] == [(ROOM, True), (ROOM, False)]

    run_virtual(story())


def test_what_became_stale_is_read_again_once(tmp_path: Path) -> None:
    """Several reasons to read the same order within a moment are one reading."""

    async def story() -> None:
        async with World(tmp_path) as world:
            world.server.statuses[ROOM] = "done"
            for _ in range(5):
                world.server.push(ROOM, "changed", f"N-{ROOM}")
            await until(lambda: world.server.seen["order"] == 1)
            await world.quiet(2_000)
            assert world.server.seen["order"] == 1
            orders = await asyncio.wrap_future(world.store.orders())
            assert [order.status for order in orders.rows] == ["done"]

    run_virtual(story())


def test_a_late_answer_does_not_undo_what_was_pushed_meanwhile(tmp_path: Path) -> None:
    """An answer tells the state of the moment at which it was asked for; a push after that is newer."""

    async def story() -> None:
        async with World(tmp_path) as world:
            world.server.fault("order", Fault(answer_late_ms=1_000))
            world.server.push(ROOM, "changed", f"N-{ROOM}")
            await until(lambda: world.server.seen["order"] == 1)
            world.server.statuses[ROOM] = "done"
            world.server.push(ROOM, "order", world.server._order(ROOM))
            await world.quiet(3_000)
            orders = await asyncio.wrap_future(world.store.orders())
            assert [order.status for order in orders.rows] == ["done"]

    run_virtual(story())


def test_a_new_engine_in_the_same_run_beats_the_old_ones_stamps(tmp_path: Path) -> None:
    """After signing in anew what the server says now is newer than all that the engine before it heard."""

    async def story() -> None:
        async with World(tmp_path) as world:
            for _ in range(50):
                world.server.push(ROOM, "order", world.server._order(ROOM))
            await world.quiet(100)
            await world.stop()
            world.server.statuses[ROOM] = "done"
            world.news.clear()
            await world.start()
            await world.synced()
            orders = await asyncio.wrap_future(world.store.orders())
            assert [order.status for order in orders.rows] == ["done"]

    run_virtual(story())


def test_an_older_page_is_fetched_when_asked(tmp_path: Path) -> None:
    """Reading further back brings one page, and says when it began, ended, and reached the start."""

    async def story() -> None:
        async with World(tmp_path, start=False) as world:
            for number in range(12):
                world.server.store(ROOM, CUSTOMER, f"line {number}")
            await world.start()
            await world.synced()
            loading: list[HistoryLoading] = []
            while True:
                messages = await world.messages()
                before = len(world.news)
                assert world.engine is not None
                world.engine.load_older(RemoteId(ROOM), messages[0].cursor, len(messages))

                def told(since: int = before) -> list[HistoryLoading]:
                    return [n for n in world.news[since:] if isinstance(n, HistoryLoading)]

                await until(lambda: any(not n.busy for n in told()))
                loading += told()
                if loading[-1].reaches_start:
                    break
                assert len(loading) < 20
            assert [m.text for m in await world.messages()] == [
                "hello from 1",
                *(f"line {number}" for number in range(12)),
            ]
            assert [n.busy for n in loading] == [True, False] * (len(loading) // 2)

    run_virtual(story())


def test_a_conversation_that_appears_later_is_joined(tmp_path: Path) -> None:
    """A new conversation is found with the next reading of the lists, joined and read."""

    async def story() -> None:
        async with World(tmp_path) as world:
            world.server.add_room("r9", "a new order")
            assert world.engine is not None
            world.engine.refresh()
            await until(lambda: any("r9" in link.entered for link in world.server.links))
            await world.quiet(500)
            assert [m.text for m in await world.messages("r9")] == ["a new order"]

    run_virtual(story())


def test_what_the_person_looks_at_comes_first_after_a_connect(tmp_path: Path) -> None:
    """The open conversation is joined and read before lists and the other conversations."""

    async def story() -> None:
        async with World(tmp_path, rooms=8) as world:
            assert world.engine is not None
            world.engine.opened(RemoteId("r8"), RemoteId("r8"), "N-r8")
            await world.quiet(100)
            world.server.store("r8", CUSTOMER, "for you")
            world.server.cut_all()
            await until(lambda: any(link.entered for link in world.server.links))
            (link,) = world.server.links
            assert link.entered == {"r8"}

    run_virtual(story())


def test_bad_packets_are_counted_and_nothing_stops(tmp_path: Path) -> None:
    """Packets that can't be used show up as numbers under account health, told together."""

    async def story() -> None:
        async with World(tmp_path) as world:
            before = len(world.news)
            for _ in range(200):
                world.server.push(ROOM, "nonsense", {})
            await until(lambda: world.status.dropped.get("malformed") == 200)
            assert len(world.news) - before <= 3
            assert not [n for n in world.news if isinstance(n, NoticeRaised)]

    run_virtual(story())


def test_a_flood_is_stored_in_order(tmp_path: Path) -> None:
    """Ten thousand pushes in one moment are all stored, in order, in batches."""

    async def story() -> None:
        async with World(tmp_path) as world:
            for number in range(10_000):
                world.server.customer_says(ROOM, f"line {number}")
            await until(lambda: not world.server._tasks)
            await world.quiet(2_000)
            messages = await world.messages()
            assert [m.text for m in messages[-3:]] == ["line 9997", "line 9998", "line 9999"]

    run_virtual(story())


def test_a_faulty_adapter_breaks_neither_engine_nor_sends(tmp_path: Path, allow_log: AllowLog) -> None:
    """A reading that raises is logged as our fault; the step ends, and its outcome counts as unknown."""
    seen = allow_log("ERROR chatdesk.sync.exchange: adapter: ZeroDivisionError")
    allow_log("ERROR chatdesk.sync.exchange: adapter: no verdict")

    async def story() -> None:
        async with World(tmp_path) as world:
            real = world.adapter._packet

            def broken(event: str, *args: object) -> object:
                if event == "said":
                    world.adapter._packet = real  # type: ignore[method-assign]
                    raise ZeroDivisionError
                return real(event, *args)  # type: ignore[arg-type]

            world.adapter._packet = broken  # type: ignore[method-assign, assignment]
            item = await world.press("one")
            await world.settled(item)
            await world.quiet(20_000)
            assert world.server.texts(ROOM) == ["one"]
            assert len(seen) == 1

    run_virtual(story())


def test_an_adapter_that_goes_in_circles_is_stopped(tmp_path: Path, allow_log: AllowLog) -> None:
    """More than eight steps without progress park the goal and are reported as our fault."""
    seen = allow_log("ERROR chatdesk.sync.runner: goal SendText is stuck")

    async def story() -> None:
        async with World(tmp_path) as world:
            step = world.adapter._call(
                world.engine._exchange.facts,  # type: ignore[union-attr]
                "POST",
                "/toy/upload",
                name="again",
                note="upload",
            )
            world.adapter._send = lambda *_: step  # type: ignore[method-assign]
            item = await world.press("one")
            await world.reaches(DeliveryState.PARKED, item)
            assert world.server.seen["upload"] < 12
            assert len(seen) == 1

    run_virtual(story())


def test_tokens_that_no_keyring_keeps_are_said_to_be_lost_at_the_end(tmp_path: Path) -> None:
    """When the keyring does not answer, the status says that the token is kept until the program quits."""

    async def story() -> None:
        async with World(tmp_path) as world:
            world.vault.answers = False
            world.server.tokens.clear()
            world.server.cut_all()
            await until(lambda: not world.status.token_kept)

    run_virtual(story())


def test_read_marks_go_only_when_caught_up(tmp_path: Path) -> None:
    """A mark that tells 'everything read' waits while something newer from others has not been seen."""

    async def story() -> None:
        async with World(tmp_path) as world:
            conversation = await world.local()
            newest = (await world.messages())[-1].cursor
            world.server.customer_says(ROOM, "one more thing")
            await world.quiet(100)
            mark = await asyncio.wrap_future(world.store.intend_read(conversation, newest))
            assert mark is not None
            await world.quiet(40_000)
            assert world.server.read_marks == []
            newest = (await world.messages())[-1].cursor
            await asyncio.wrap_future(world.store.intend_read(conversation, newest))
            await until(lambda: world.server.read_marks == [(ROOM, newest)])
            assert newest > cursor(1)

    run_virtual(story())


def test_a_deletion_is_carried_out_and_repeated_freely(tmp_path: Path) -> None:
    """Deleting is done when the message is gone, also when the first answer was lost."""

    async def story() -> None:
        async with World(tmp_path) as world:
            item = await world.press("oops")
            await world.settled(item)
            assert item.message_id is not None
            world.server.fault("delete", Fault(no_answer=True))
            deletion = await asyncio.wrap_future(world.store.intend_delete(item.message_id))
            await world.settled(deletion)
            assert world.server.texts(ROOM) == []
            assert world.server.seen["delete"] == 2

    run_virtual(story())


def test_a_status_is_never_changed_blindly(tmp_path: Path) -> None:
    """After a lost answer the order is read: done if it is as wanted, parked if somebody set a third one."""

    async def story(meanwhile: str, ends: DeliveryState) -> None:
        async with World(tmp_path / (meanwhile or "none")) as world:
            (order,) = (await asyncio.wrap_future(world.store.orders())).rows
            world.server.fault("status", Fault(no_answer=True))
            item = await asyncio.wrap_future(world.store.intend_status(order.id, "packed"))
            await until(lambda: world.server.seen["status"] == 1)
            if meanwhile:
                world.server.statuses[ROOM] = meanwhile
            await world.reaches(ends, item)
            await world.quiet(30_000)
            assert world.server.seen["status"] == 1

    run_virtual(story("", DeliveryState.ACCEPTED))
    run_virtual(story("cancelled", DeliveryState.PARKED))


def test_a_status_that_never_arrived_goes_again(tmp_path: Path) -> None:
    """When the order is as before after the quiet time, the change is made once more."""

    async def story() -> None:
        async with World(tmp_path) as world:
            (order,) = (await asyncio.wrap_future(world.store.orders())).rows
            world.server.fault("status", Fault(lost=True))
            item = await asyncio.wrap_future(world.store.intend_status(order.id, "packed"))
            took_ms = await world.settled(item)
            assert took_ms >= 10_000
            assert world.server.statuses[ROOM] == "packed"

    run_virtual(story())
