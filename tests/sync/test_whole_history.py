"""A whole conversation is loaded in the background: to its beginning, whatever comes in between."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Self

import msgspec
import pytest

from chatdesk.domain.arrivals import Reading
from chatdesk.domain.changes import HistoryLoading, WholeHistoryMoved
from chatdesk.domain.desk import Coverage
from chatdesk.domain.events import WindowRead
from chatdesk.domain.facts import Learnt, Secrets
from chatdesk.domain.ids import ConversationId, RemoteId
from chatdesk.domain.kinds import ConnectionState, LoadState, LoadWhy, SignInState
from chatdesk.sync import whole_history
from chatdesk.sync.whole_history import MOST_BEHIND_MS
from tests.conftest import AllowLog
from tests.sync.toy.server import CUSTOMER, Fault
from tests.sync.virtual import run_virtual, until
from tests.sync.world import ROOM, World

LONG = 203
"""Messages of the long conversation; the toy server gives five at once."""


class Loading:
    """A world with long conversations that it meets at their ends, and what is told of their loading."""

    def __init__(self, folder: Path, messages: int = LONG, rooms: int = 1) -> None:
        self.world = World(folder, rooms=rooms, start=False)
        for room in self.world.server.rooms:
            for number in range(messages - 1):  # each has begun with one
                self.world.server.store(room, CUSTOMER, f"line {number} of {room}")

    async def __aenter__(self) -> Self:
        await self.world.__aenter__()
        await self.world.start()
        await self.world.synced()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.world.__aexit__()

    def want(self, room: str = ROOM, *, wanted: bool = True) -> None:
        assert self.world.engine is not None
        self.world.engine.load_whole(RemoteId(room), wanted=wanted)

    def told(self, conversation: ConversationId | None = None) -> list[WholeHistoryMoved]:
        return [
            one
            for one in self.world.news
            if isinstance(one, WholeHistoryMoved) and conversation in {None, one.conversation_id}
        ]

    @property
    def last(self) -> WholeHistoryMoved | None:
        told = self.told()
        return told[-1] if told else None

    async def stands(self, state: LoadState, why: LoadWhy = LoadWhy.NONE) -> WholeHistoryMoved:
        await until(
            lambda: self.last is not None and (self.last.state, self.last.why) == (state, why),
            what=f"{state} {why}",
        )
        assert self.last is not None
        return self.last

    async def reads(self, pages: int) -> None:
        """Come back when so many more pages were asked for."""
        goal = self.world.server.seen["history"] + pages
        await until(lambda: self.world.server.seen["history"] >= goal, what=f"{pages} pages")

    async def coverage(self, room: str = ROOM) -> Coverage:
        local = await self.world.local(room)
        found: Coverage | None = await asyncio.wrap_future(self.world.store.coverage(local))
        assert found is not None
        return found

    async def is_all_here(self, room: str = ROOM) -> bool:
        """Every message of the server is here, once, and nothing is taken to be missing."""
        there = await self.coverage(room)
        rows = self._rows(await self.world.local(room))
        expected = [message["body"] for message in self.world.server.rooms[room]]
        return there.whole and rows == expected and there.held == len(rows)

    def _rows(self, local: ConversationId) -> list[str]:
        reader = self.world.real_store.reader()
        try:
            page = reader.newest_page(local)
            texts = [one.text for one in page.messages]
            while page.has_older:
                first = page.messages[0]
                page = reader.older_page(local, (first.cursor, first.id))
                texts = [*(one.text for one in page.messages), *texts]
            return texts
        finally:
            reader.close()


def test_a_whole_conversation_comes_here_and_each_page_tells_how_far_it_is(tmp_path: Path) -> None:
    """From the newest to the first, page by page; the end is told once, and nothing is asked after it."""

    async def story() -> None:
        async with Loading(tmp_path) as loading:
            world = loading.world
            loading.want()
            end = await loading.stands(LoadState.DONE)
            assert end.messages == LONG
            assert await loading.is_all_here()
            told = loading.told()
            counts = [one.messages for one in told]
            assert counts == sorted(counts)
            assert len(told) > LONG // 5
            moments = [one.back_to_us for one in told if one.messages > 1]
            assert moments == sorted(moments, reverse=True)
            asked = world.server.seen["history"]
            await world.quiet(300_000)
            assert [one.state for one in loading.told()].count(LoadState.DONE) == 1
            assert world.server.seen["history"] <= asked + 10  # heads that are read from time to time

    run_virtual(story())


def test_a_conversation_that_is_here_already_asks_for_nothing(tmp_path: Path) -> None:
    """Its head is read, and that is all."""

    async def story() -> None:
        async with Loading(tmp_path, messages=1) as loading:
            world = loading.world
            asked = world.server.seen["history"]
            loading.want()
            end = await loading.stands(LoadState.DONE)
            assert end.messages == 1
            assert world.server.seen["history"] <= asked + 1

    run_virtual(story())


def test_it_goes_on_after_a_kill_from_where_it_was(tmp_path: Path) -> None:
    """The next process asks for the rest by itself: what came is not read again."""

    async def story() -> None:
        async with Loading(tmp_path) as loading:
            world = loading.world
            loading.want()
            asked = 0
            for _ in range(3):
                await loading.reads(7)
                before = await loading.coverage()
                await world.restart()
                asked = world.server.seen["history"]
                await world.online()
                await loading.reads(3)
                assert (await loading.coverage()).oldest <= before.oldest
            await loading.stands(LoadState.DONE)
            assert await loading.is_all_here()
            # The rest of the pages and a few heads; from the newest on it would be all of them again.
            assert world.server.seen["history"] - asked < LONG // 5
            await world.restart()
            await world.synced()
            asked = len(loading.told())
            await world.quiet(60_000)
            assert len(loading.told()) == asked, "a wish that was fulfilled is not remembered"

    run_virtual(story())


def test_a_wish_of_the_run_before_is_told_while_offline(tmp_path: Path) -> None:
    """Who starts without a network sees that the rest will come, and how much is here."""

    async def story() -> None:
        async with Loading(tmp_path) as loading:
            world = loading.world
            loading.want()
            await loading.reads(7)
            world.server.down = True
            world.server.cut_all()
            await world.kill()
            world.news.clear()
            await world.start()
            waits = await loading.stands(LoadState.WAITING, LoadWhy.OFFLINE)
            assert 5 < waits.messages < LONG
            world.server.down = False
            assert world.engine is not None
            world.engine.retry_now()
            await loading.stands(LoadState.DONE)
            assert await loading.is_all_here()

    run_virtual(story())


def test_cut_links_and_lost_answers_only_delay_it(tmp_path: Path) -> None:
    """Whatever happens on the way: it is all here at the end, each message once."""

    async def story() -> None:
        async with Loading(tmp_path) as loading:
            world = loading.world
            loading.want()
            for fault in (Fault(cut=True), Fault(status=503), Fault(no_answer=True), Fault(status=429)):
                await loading.reads(4)
                world.server.fault("history", fault, times=2)
                await loading.reads(3)
                world.server.cut_all()
            await loading.stands(LoadState.DONE)
            assert await loading.is_all_here()

    run_virtual(story())


def test_offline_is_told_and_the_connection_starts_it_again(tmp_path: Path) -> None:
    """No request is tried without a way to the server."""

    async def story() -> None:
        async with Loading(tmp_path) as loading:
            world = loading.world
            loading.want()
            await loading.reads(7)
            world.server.down = True
            world.server.cut_all()
            await loading.stands(LoadState.WAITING, LoadWhy.OFFLINE)
            asked = world.server.seen["history"]
            await world.quiet(20_000)
            assert world.server.seen["history"] == asked
            world.server.down = False
            await loading.stands(LoadState.DONE)
            assert await loading.is_all_here()

    run_virtual(story())


def test_a_server_that_asks_for_a_pause_gets_it(tmp_path: Path) -> None:
    """A 429 with Retry-After is respected and told; then it goes on."""

    async def story() -> None:
        async with Loading(tmp_path) as loading:
            world = loading.world
            loading.want()
            await loading.reads(7)
            world.server.fault("history", Fault(status=429), times=12)
            waits = await loading.stands(LoadState.WAITING, LoadWhy.TOLD_TO_WAIT)
            assert waits.again_at_us > world.clock.now_us()
            asked, at_ms = world.server.seen["history"], world.clock.now_ms()
            await loading.reads(1)
            assert world.clock.now_ms() - at_ms >= 2_900, asked
            await loading.stands(LoadState.DONE)
            assert await loading.is_all_here()

    run_virtual(story())


def test_who_stops_it_keeps_what_came_and_may_go_on(tmp_path: Path) -> None:
    """Stop is told at once, and nothing is asked any more, by the next process neither; it can go on."""

    async def story() -> None:
        async with Loading(tmp_path) as loading:
            world = loading.world
            loading.want()
            await loading.reads(7)
            loading.want(wanted=False)
            stopped = loading.last
            assert stopped is not None
            assert stopped.state is LoadState.STOPPED
            await world.quiet(1_000)
            asked = world.server.seen["history"]
            await world.quiet(20_000)
            assert loading.last == stopped
            assert world.server.seen["history"] <= asked + 1
            there = await loading.coverage()
            assert 5 < there.held < LONG
            await world.restart()
            await world.synced()
            await world.quiet(20_000)
            assert (await loading.coverage()).oldest == there.oldest
            loading.want()
            await loading.stands(LoadState.DONE)
            assert await loading.is_all_here()

    run_virtual(story())


def test_who_stops_it_and_goes_on_at_once_starts_it_again(tmp_path: Path) -> None:
    """A page that is still on its way when both are pressed belongs to the first."""

    async def story() -> None:
        async with Loading(tmp_path) as loading:
            loading.want()
            for _ in range(3):
                await loading.reads(4)
                loading.want(wanted=False)
                loading.want()
            await loading.stands(LoadState.DONE)
            assert await loading.is_all_here()

    run_virtual(story())


def test_two_conversations_take_turns(tmp_path: Path) -> None:
    """Neither waits until the other is done; both get there."""

    async def story() -> None:
        async with Loading(tmp_path, rooms=2) as loading:
            world = loading.world
            loading.want()
            loading.want("r2")
            one, two = await world.local(), await world.local("r2")
            await until(
                lambda: (
                    all(
                        told[-1].state is LoadState.DONE
                        for told in (loading.told(one), loading.told(two))
                        if told
                    )
                    and bool(loading.told(one) and loading.told(two))
                ),
                what="both done",
            )
            assert await loading.is_all_here()
            assert await loading.is_all_here("r2")
            order = [told.conversation_id for told in loading.told()]
            middle = order[len(order) // 4 : len(order) // 2]
            assert {one, two} == set(middle)

    run_virtual(story())


def test_sends_go_first_and_new_messages_stay_in_step(tmp_path: Path) -> None:
    """While a send is on its way no page is asked for; what arrives meanwhile is here as ever."""

    async def story() -> None:
        async with Loading(tmp_path) as loading:
            world = loading.world
            loading.want()
            await loading.reads(7)
            world.server.fault("say", Fault(answer_late_ms=1_500, echo_late_ms=1_500))
            item = await world.press("on my way")
            await until(lambda: world.server.seen["say"] == 1)
            await world.quiet(300)
            asked = world.server.seen["history"]
            await world.quiet(1_000)
            assert world.server.seen["history"] == asked, "the send has the line for itself"
            world.server.customer_says(ROOM, "thanks")
            await world.settled(item)
            await loading.stands(LoadState.DONE)
            assert await loading.is_all_here()

    run_virtual(story())


def test_catching_up_goes_first(tmp_path: Path) -> None:
    """After a connect the lists come before any page of what is loaded."""

    async def story() -> None:
        async with Loading(tmp_path) as loading:
            world = loading.world
            loading.want()
            await loading.reads(7)
            world.server.fault("rooms", Fault(slow_ms=1_500))
            await world.restart()
            await world.online()
            asked = world.server.seen["history"]
            await world.quiet(1_200)
            assert world.server.seen["history"] == asked
            await loading.stands(LoadState.DONE)
            assert await loading.is_all_here()

    run_virtual(story())


def test_a_send_that_never_ends_does_not_stop_it(tmp_path: Path) -> None:
    """Behind others is not never."""

    async def story() -> None:
        async with Loading(tmp_path) as loading:
            world = loading.world
            assert world.engine is not None
            whole = world.engine._whole
            whole._is_sending = lambda: True
            begun_ms = world.clock.now_ms()
            loading.want()
            await loading.reads(3)
            assert world.clock.now_ms() - begun_ms > MOST_BEHIND_MS
            loading.want(wanted=False)

    run_virtual(story())


def test_a_page_that_can_not_be_read_is_stepped_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hole that nobody can close is told at the end, and what lies below it is here."""

    async def story() -> None:
        async with Loading(tmp_path) as loading:
            world = loading.world
            bad = world.server.rooms[ROOM][LONG // 2]["n"]
            honest = world.adapter._history

            def spoilt(body: Any, open_step: Any, facts: Any) -> Reading:
                items = [one for one in body["items"] if one["n"] != bad]
                reading = honest({**body, "items": items}, open_step, facts)
                return reading if len(items) == len(body["items"]) else _unproved(reading)

            monkeypatch.setattr(world.adapter, "_history", spoilt)
            loading.want()
            end = await loading.stands(LoadState.DONE, LoadWhy.UNREADABLE)
            assert end.messages > 0
            local = await world.local()
            texts = loading._rows(local)
            expected = [one["body"] for one in world.server.rooms[ROOM] if one["n"] != bad]
            assert texts == expected
            assert not (await loading.coverage()).whole
            monkeypatch.undo()
            loading.want()
            await loading.stands(LoadState.DONE)
            assert await loading.is_all_here()

    run_virtual(story())


def _unproved(reading: Reading) -> Reading:
    """The reading of an answer of which a part could not be read."""
    events = tuple(
        msgspec.structs.replace(one, complete=False) if isinstance(one, WindowRead) else one
        for one in reading.events
    )
    return msgspec.structs.replace(reading, events=events)


def test_a_refusal_ends_it_with_its_reason(tmp_path: Path) -> None:
    """A server that gives this history to nobody is not asked for ever."""

    async def story() -> None:
        async with Loading(tmp_path) as loading:
            world = loading.world
            loading.want()
            await loading.reads(7)
            world.server.fault("history", Fault(status=404), times=20)
            end = await loading.stands(LoadState.FAILED, LoadWhy.REFUSED)
            assert end.messages > 5
            asked = world.server.seen["history"]
            await world.quiet(20_000)
            assert world.server.seen["history"] <= asked + 1

    run_virtual(story())


def test_without_a_password_it_waits_and_says_why(tmp_path: Path) -> None:
    """A token that is not renewed: nothing goes on before the person signs in."""

    async def story() -> None:
        async with Loading(tmp_path) as loading:
            world = loading.world
            loading.want()
            await loading.reads(7)
            world.server.refreshable = False
            world.server.tokens.clear()
            await until(
                lambda: world.status.sign_in is not SignInState.OK, what="the sign-in being asked for"
            )
            await loading.stands(LoadState.WAITING, LoadWhy.SIGN_IN)

    run_virtual(story())


def test_who_signs_out_is_not_shown_a_loading_that_runs(tmp_path: Path) -> None:
    """It says that it goes on after the next sign-in, and does."""

    async def story() -> None:
        async with Loading(tmp_path) as loading:
            world = loading.world
            loading.want()
            await loading.reads(7)
            assert world.engine is not None
            await world.engine.sign_out()
            await world.stop()
            last = loading.last
            assert last is not None
            assert (last.state, last.why) == (LoadState.WAITING, LoadWhy.SIGN_IN)
            world.vault.kept["dispatcher|https://toy.example|me@shop.example"] = Secrets(
                world.server.token(), "r"
            )
            await world.start()
            await loading.stands(LoadState.DONE)
            assert await loading.is_all_here()

    run_virtual(story())


def test_the_message_list_hears_of_every_page(tmp_path: Path) -> None:
    """Begun and ended in turn, and the last one says that the beginning is here."""

    async def story() -> None:
        async with Loading(tmp_path, messages=33) as loading:
            world = loading.world
            await world.quiet(5_000)
            mark = len(world.news)
            loading.want()
            await loading.stands(LoadState.DONE)
            busy = [one for one in world.news[mark:] if isinstance(one, HistoryLoading)]
            assert [one.busy for one in busy] == [True, False] * (len(busy) // 2)
            assert busy[-1].reaches_start
            assert not busy[1].reaches_start

    run_virtual(story())


def test_a_wish_that_can_not_be_read_is_none(tmp_path: Path, allow_log: AllowLog) -> None:
    """What somebody has written into the database instead harms nobody."""
    told = allow_log("WARNING chatdesk.sync.whole_history.*can't be read")

    async def story() -> None:
        async with World(tmp_path) as world:
            for value in ('{"a": 1}', "\x00", "[1]"):
                learnt = {whole_history.KEY: Learnt(value, 2**62)}
                await asyncio.wrap_future(world.store.put_learnt(world.account.id, learnt))
                await world.restart()
                await world.synced()
                assert world.status.connection is ConnectionState.ONLINE
            assert len(told) == 3

    run_virtual(story())
