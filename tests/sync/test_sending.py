"""Never lost, never twice: sends against a server that loses answers, links and whole requests."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

import pytest

from chatdesk.domain import outbox
from chatdesk.domain.changes import Commit, MessagesPut
from chatdesk.domain.entities import Outgoing
from chatdesk.domain.errors import NotPossible
from chatdesk.domain.ids import OutgoingId
from chatdesk.domain.kinds import ConnectionState, DeliveryState, KeyGrade, ParkReason, SignInState
from tests.conftest import AllowLog
from tests.sync.toy.server import Fault
from tests.sync.virtual import Owing, run_virtual, until
from tests.sync.world import ROOM, World

QUIET_MS = 10_000
STORED_UNHEARD = [Fault(no_answer=True), Fault(cut=True, no_answer=True), Fault(no_answer=True, no_echo=True)]
NEVER_STORED = [Fault(lost=True), Fault(lost=True, cut=True)]


@pytest.mark.parametrize("fault", STORED_UNHEARD)
def test_a_stored_send_without_an_answer_is_found_and_not_repeated(tmp_path: Path, fault: Fault) -> None:
    """A send that the server stored while its answer was lost is accepted, and stays one message."""

    async def story() -> None:
        async with World(tmp_path) as world:
            world.server.fault("say", fault)
            item = await world.press("on my way")
            took_ms = await world.settled(item)
            assert took_ms < QUIET_MS  # a look may find before the quiet time is over
            await world.quiet(60_000)
            assert world.server.texts(ROOM) == ["on my way"]
            assert await world.own() == [("on my way", DeliveryState.ACCEPTED)]
            assert "found" in await world.info(item)

    run_virtual(story())


@pytest.mark.parametrize("fault", NEVER_STORED)
def test_a_send_that_never_arrived_is_repeated_once_after_the_quiet_time(
    tmp_path: Path, fault: Fault
) -> None:
    """An absence counts after a hard close, the quiet time and a complete reading; then it goes again."""

    async def story() -> None:
        async with World(tmp_path) as world:
            world.server.fault("say", fault)
            item = await world.press("on my way")
            await world.reaches(DeliveryState.UNCERTAIN, item)
            aborted = world.server.aborted
            assert aborted == 1
            took_ms = await world.settled(item)
            assert took_ms >= QUIET_MS
            assert world.server.texts(ROOM) == ["on my way"]
            story = await world.info(item)
            assert [code for code in story if code in {"no answer", "absent"}] == ["no answer", "absent"]
            assert story.count("stored") == 1

    run_virtual(story())


def test_a_second_absence_is_for_the_person(tmp_path: Path) -> None:
    """A send that got lost twice stays uncertain until the person sends it again, knowing what they do."""

    async def story() -> None:
        async with World(tmp_path) as world:
            world.server.fault("say", Fault(lost=True, cut=True), times=2)
            item = await world.press("on my way")
            await world.quiet(120_000)
            row = await world.item(item.id)
            assert row is not None
            assert (row.state, row.attempts, row.repeats) == (DeliveryState.UNCERTAIN, 2, 1)
            read = world.server.seen["history"]
            await world.quiet(600_000)
            assert world.server.seen["history"] == read  # whoever was shown absent is not looked for for ever
            assert world.server.texts(ROOM) == []
            await asyncio.wrap_future(world.store.advance(item.id, outbox.PersonSendsAgain()))
            await world.settled(item)
            assert world.server.texts(ROOM) == ["on my way"]

    run_virtual(story())


def test_what_is_still_in_the_kernel_is_cut_off(tmp_path: Path) -> None:
    """Bytes that wait in the machine when the answer is given up are not delivered after the repeat."""

    async def story() -> None:
        async with World(tmp_path) as world:
            world.server.fault("say", Fault(in_kernel_ms=30_000))
            item = await world.press("on my way")
            await world.settled(item)
            await world.quiet(60_000)
            assert world.server.texts(ROOM) == ["on my way"]

    run_virtual(story())


def test_a_slow_server_is_given_the_quiet_time(tmp_path: Path) -> None:
    """A server that stores eight seconds late is waited for: early readings prove nothing."""

    async def story() -> None:
        async with World(tmp_path) as world:
            world.server.fault("say", Fault(store_after_ms=8_000, no_echo=True))
            item = await world.press("on my way")
            await world.settled(item)
            await world.quiet(60_000)
            assert world.server.texts(ROOM) == ["on my way"]
            assert "absent" not in await world.info(item)

    run_virtual(story())


def test_an_older_equal_text_is_not_taken_for_the_new_one(tmp_path: Path) -> None:
    """Equal words of the past, however many pages back, are no proof that the new ones have arrived."""

    async def story() -> None:
        async with World(tmp_path, start=False) as world:
            for _ in range(12):
                world.server.store(ROOM, "me", "ok")
                world.server.store(ROOM, "customer", "and now?")
            await world.start()
            await world.synced()
            world.server.fault("say", Fault(lost=True, cut=True))
            item = await world.press("ok")
            await until(lambda: not world.server.links)
            read = world.server.seen["history"]
            await world.settled(item)
            assert world.server.seen["history"] - read < 12  # looked at now and then, not in circles
            assert world.server.texts(ROOM).count("ok") == 13
            assert "absent" in await world.info(item)

    run_virtual(story())


def test_the_same_text_of_another_device_before_the_send_is_not_ours(tmp_path: Path) -> None:
    """What another device of ours wrote before the send began is in the watermark, pushed or read."""

    async def story() -> None:
        async with World(tmp_path) as world:
            world.server.other_device_says(ROOM, "ok")
            await world.quiet(100)
            world.server.fault("say", Fault(lost=True, cut=True))
            item = await world.press("ok")
            await world.settled(item)
            assert world.server.texts(ROOM) == ["ok", "ok"]

    run_virtual(story())


def test_sends_of_a_conversation_arrive_as_pressed(tmp_path: Path) -> None:
    """An uncertain send holds those behind it; when all is settled the order is that of pressing."""

    async def story() -> None:
        async with World(tmp_path) as world:
            world.server.fault("say", Fault(lost=True, cut=True))
            items = [await world.press(text) for text in ("one", "two", "three")]
            await world.reaches(DeliveryState.UNCERTAIN, items[0])
            await world.quiet(2_000)
            assert [await world.state(one.id) for one in items[1:]] == [DeliveryState.QUEUED] * 2
            await world.settled(*items)
            assert world.server.texts(ROOM) == ["one", "two", "three"]
            assert [text for text, _ in await world.own()] == ["one", "two", "three"]

    run_virtual(story())


def test_no_conversation_waits_for_the_outcome_of_another(tmp_path: Path) -> None:
    """While one conversation has an uncertain send, others go on at once."""

    async def story() -> None:
        async with World(tmp_path, rooms=2) as world:
            world.server.fault("say", Fault(lost=True, cut=True))
            stuck = await world.press("one", "r1")
            await world.reaches(DeliveryState.UNCERTAIN, stuck)
            other = await world.press("two", "r2")
            assert await world.settled(other) < 3_000
            assert await world.state(stuck.id) is DeliveryState.UNCERTAIN

    run_virtual(story())


def test_a_refused_send_is_parked_and_holds_those_behind(tmp_path: Path) -> None:
    """A definite refusal parks; what was pressed later waits until the person lets the parked one go."""

    async def story() -> None:
        async with World(tmp_path) as world:
            world.server.fault("say", Fault(oops="no such room"))
            first, second = await world.press("one"), await world.press("two")
            await world.reaches(DeliveryState.PARKED, first)
            row = await world.item(first.id)
            assert row is not None
            assert row.parked is ParkReason.NOT_FOUND
            await world.quiet(60_000)
            assert await world.state(second.id) is DeliveryState.QUEUED
            await asyncio.wrap_future(world.store.advance(first.id, outbox.PersonDiscards()))
            await world.settled(second)
            assert world.server.texts(ROOM) == ["two"]

    run_virtual(story())


def test_an_echo_before_the_answer_is_never_a_second_row(tmp_path: Path) -> None:
    """The pushed copy of our own message is held until the answer tells its id: the window never sees two."""

    async def story() -> None:
        async with World(tmp_path) as world:
            rows: set[int] = set()

            def on_commit(commit: Commit) -> None:
                for change in commit.changes:
                    if isinstance(change, MessagesPut):
                        rows.update(m.id for m in change.messages if m.own)

            end = world.real_store.subscribe(on_commit)
            world.server.fault("say", Fault(echoes=3, answer_late_ms=500))
            item = await world.press("on my way")
            await world.settled(item)
            await world.quiet(1_000)
            end()
            assert len(rows) == 1
            assert await world.own() == [("on my way", DeliveryState.ACCEPTED)]

    run_virtual(story())


def test_a_late_echo_joins_the_accepted_row(tmp_path: Path) -> None:
    """An echo that comes after the answer finds its row by the id."""

    async def story() -> None:
        async with World(tmp_path) as world:
            world.server.fault("say", Fault(echo_late_ms=3_000))
            await world.settled(await world.press("on my way"))
            await world.quiet(5_000)
            assert await world.own() == [("on my way", DeliveryState.ACCEPTED)]

    run_virtual(story())


def test_the_same_words_of_another_device_meanwhile_get_a_row_of_their_own(tmp_path: Path) -> None:
    """A held echo with another id than the answer was no echo: two messages there, two rows here."""

    async def story() -> None:
        async with World(tmp_path) as world:
            world.server.fault("say", Fault(store_after_ms=0, echo_late_ms=200))
            item = await world.press("ok")
            await until(lambda: world.server.seen["say"] == 1)
            world.server.other_device_says(ROOM, "ok")
            await world.settled(item)
            await world.quiet(1_000)
            assert await world.own() == [("ok", DeliveryState.ACCEPTED)] * 2
            ids = [m.remote_id for m in await world.messages() if m.own]
            assert len(set(ids)) == 2

    run_virtual(story())


def test_a_server_that_asks_for_patience_gets_it(tmp_path: Path) -> None:
    """After 'slow down' all sends rest for the time named, the row says until when, and all arrive once."""

    async def story() -> None:
        async with World(tmp_path, rooms=2) as world:
            world.server.fault("say", Fault(oops="slow down 5000"))
            item = await world.press("one", "r1")
            await until(lambda: world.server.seen["say"] == 1)
            await world.quiet(50)
            row = await world.item(item.id)
            assert row is not None
            assert row.state is DeliveryState.QUEUED
            assert 4_000_000 < row.not_before_us - world.clock.now_us() <= 5_500_000
            other = await world.press("two", "r2")
            took_ms = await world.settled(item, other)
            assert 4_000 < took_ms < 8_000
            assert (world.server.texts("r1"), world.server.texts("r2")) == (["one"], ["two"])

    run_virtual(story())


def test_no_minute_sees_more_sends_than_the_server_allows(tmp_path: Path) -> None:
    """Where the platform names a limit per minute we keep to it, and rows say when they will go."""

    async def story() -> None:
        async with World(tmp_path, rooms=3, start=False) as world:
            world.adapter.sends_per_minute = 4
            await world.start()
            await world.synced()
            items = [await world.press(f"text {n}", f"r{n % 3 + 1}") for n in range(12)]
            await world.quiet(10_000)
            waiting = [await world.item(one.id) for one in items]
            told = [one for one in waiting if one is not None and one.not_before_us]
            assert len(told) == 3  # the next of each conversation
            for one in told:
                assert 40_000_000 < one.not_before_us - world.clock.now_us() <= 60_000_000
            await world.settled(*items, within_ms=200_000)
            said = sorted(
                m["at_us"] for room in world.server.rooms.values() for m in room if m["from"] == "me"
            )
            assert len(said) == 12
            for start_us in said:
                assert sum(start_us <= at_us < start_us + 59_900_000 for at_us in said) <= 4

    run_virtual(story())


def test_many_conversations_are_served_a_few_at_a_time(tmp_path: Path) -> None:
    """A message in each of twenty conversations: all arrive, each once."""

    async def story() -> None:
        async with World(tmp_path, rooms=20) as world:
            items = [await world.press(f"to {n}", f"r{n}") for n in range(1, 21)]
            await world.settled(*items)
            assert [world.server.texts(f"r{n}") for n in range(1, 21)] == [[f"to {n}"] for n in range(1, 21)]

    run_virtual(story())


def test_a_conversation_that_can_not_be_read_parks_its_send(tmp_path: Path) -> None:
    """When history is refused for good before the first send, the send is parked with that reason."""

    async def story() -> None:
        async with World(tmp_path) as world:
            world.server.down = True
            world.server.cut_all()
            item = await world.press("one")
            del world.server.rooms[ROOM]
            world.server.down = False
            await world.reaches(DeliveryState.PARKED, item)
            row = await world.item(item.id)
            assert row is not None
            assert row.parked is ParkReason.NOT_FOUND
            assert world.server.seen["say"] == 0

    run_virtual(story())


def test_a_head_that_can_not_be_read_now_delays_its_send(tmp_path: Path) -> None:
    """Without a watermark nothing is sent; when the server answers again the send goes, in order."""

    async def story() -> None:
        async with World(tmp_path) as world:
            world.server.fault("history", Fault(status=500), times=60)
            world.server.cut_all()
            items = [await world.press("one"), await world.press("two")]
            await world.settled(*items, within_ms=300_000)
            assert world.server.seen["history"] > 60
            assert world.server.texts(ROOM) == ["one", "two"]

    run_virtual(story())


def test_a_void_token_met_by_a_send_keeps_it_queued(tmp_path: Path) -> None:
    """When only a send finds out that the token is void, the person is asked and the send waits."""

    async def story() -> None:
        async with World(tmp_path) as world:
            world.server.socket_refused = True
            world.server.cut_all()
            await until(lambda: world.status.connection is ConnectionState.POLLING)
            await world.settled(await world.press("one"))
            world.server.tokens.clear()
            world.server.refreshable = False
            item = await world.press("two")
            await until(lambda: world.status.sign_in is SignInState.NEEDS_PASSWORD)
            await world.quiet(60_000)
            assert await world.state(item.id) is DeliveryState.QUEUED
            assert world.server.texts(ROOM) == ["one"]

    run_virtual(story())


def test_retry_ends_a_wait_of_our_own(tmp_path: Path) -> None:
    """The person's Retry ends a wait that an earlier failure has left."""

    async def story() -> None:
        async with World(tmp_path) as world:
            world.server.fault("say", Fault(oops="slow down 300000"))
            item = await world.press("one")
            await until(lambda: world.server.seen["say"] == 1)
            await world.quiet(1_000)
            await asyncio.wrap_future(world.store.advance(item.id, outbox.PersonRetries()))
            await world.quiet(1_000)
            # The account still rests for the server's sake, and the row says so again.
            row = await world.item(item.id)
            assert row is not None
            assert row.not_before_us > world.clock.now_us() + 250_000_000

    run_virtual(story())


def test_what_was_cancelled_offline_never_leaves(tmp_path: Path) -> None:
    """A queued send that the person takes back while offline is not sent on reconnect."""

    async def story() -> None:
        async with World(tmp_path) as world:
            world.server.down = True
            world.server.cut_all()
            kept, dropped = await world.press("one"), await world.press("two")
            await asyncio.wrap_future(world.store.advance(dropped.id, outbox.PersonCancels()))
            world.server.down = False
            world.engine.retry_now()  # type: ignore[union-attr]
            await world.settled(kept)
            await world.quiet(5_000)
            assert world.server.texts(ROOM) == ["one"]

    run_virtual(story())


def test_cancelling_in_the_last_moment_is_all_or_nothing(tmp_path: Path) -> None:
    """Cancel either succeeds and nothing leaves, or is told that it is too late and the send arrives."""

    async def story(pause_ms: int) -> None:
        async with World(tmp_path / str(pause_ms)) as world:
            item = await world.press("one")
            await world.quiet(pause_ms)
            try:
                await asyncio.wrap_future(world.store.advance(item.id, outbox.PersonCancels()))
                cancelled = True
            except NotPossible:
                cancelled = False
            await world.quiet(5_000)
            assert world.server.texts(ROOM) == ([] if cancelled else ["one"])

    for pause_ms in (0, 1, 5, 6, 12, 100):
        run_virtual(story(pause_ms))


class AtStarted(Owing):
    """A store before which something happens in the very moment of an attempt, once."""

    def __init__(self, world: World, happens: Callable[[OutgoingId], None], takes_ms: int = 0) -> None:
        super().__init__(world.real_store)
        self._world = world
        self._happens: Callable[[OutgoingId], None] | None = happens
        self._takes_ms = takes_ms

    def advance(self, outgoing: OutgoingId, event: outbox.Event) -> Future[Outgoing]:
        real = self._real.advance
        happens = self._happens
        if not isinstance(event, outbox.Started) or happens is None:
            return self.owed(real(outgoing, event))
        self._happens = None
        happens(outgoing)
        late: Future[Outgoing] = Future()
        done = self.owed(real(outgoing, event))
        self._world.server.later(self._takes_ms, lambda: late.set_result(done.result()))
        return late


def test_an_edit_before_it_leaves_is_what_leaves(tmp_path: Path) -> None:
    """The text that is sent is the one of the row at the moment of the attempt."""

    async def story() -> None:
        async with World(tmp_path, start=False) as world:

            def edit(outgoing: OutgoingId) -> None:
                world.real_store.advance(outgoing, outbox.PersonEdits("one"))

            world.store = AtStarted(world, edit, takes_ms=100)
            await world.start()
            await world.synced()
            item = await world.press("ohne")
            await world.settled(item)
            assert world.server.texts(ROOM) == ["one"]

    run_virtual(story())


def test_a_step_that_was_meant_for_an_older_link_is_not_done_on_a_new_one(tmp_path: Path) -> None:
    """When the link is replaced while the attempt is written, nothing leaves; the goal begins anew."""

    async def story() -> None:
        async with World(tmp_path, start=False) as world:
            world.store = AtStarted(world, lambda _: world.server.cut_all(), takes_ms=3_000)
            await world.start()
            await world.synced()
            item = await world.press("one")
            assert await world.settled(item) < 5_000
            assert world.server.seen["connect"] == 2
            assert world.server.seen["say"] == 1
            assert world.server.texts(ROOM) == ["one"]

    run_virtual(story())


def test_a_grade_that_is_learnt_in_flight_does_not_cover_the_attempt(tmp_path: Path) -> None:
    """An attempt is judged by what its id was worth when it left: no blind repeat afterwards."""

    async def story() -> None:
        async with World(tmp_path) as world:
            world.server.fault("say", Fault(no_answer=True))
            item = await world.press("one")
            await until(lambda: world.server.seen["say"] == 1)
            world.adapter.claimed_grade = KeyGrade.IDEMPOTENT
            await world.settled(item)
            await world.quiet(20_000)
            assert world.server.texts(ROOM) == ["one"]

    run_virtual(story())


def test_a_confirmation_that_comes_twice_confirms_one_send(tmp_path: Path) -> None:
    """The second of two equal texts is lost on the way while the word for the first one comes again."""

    async def story() -> None:
        async with World(tmp_path) as world:
            first = await world.press("ok")
            await world.settled(first)
            (known,) = (one["id"] for one in world.server.rooms[ROOM] if one["body"] == "ok")
            world.server.fault("say", Fault(lost=True))
            second = await world.press("ok")
            await until(lambda: world.server.seen["say"] == 2)
            world.server.push(ROOM, "said", known)
            await world.reaches(DeliveryState.UNCERTAIN, second)
            await world.settled(second)
            assert world.server.texts(ROOM) == ["ok", "ok"]

    run_virtual(story())


def test_a_free_repeat_waits_for_a_server_that_makes_it_free(tmp_path: Path) -> None:
    """It left under a client id; the next connection promises nothing: now it is looked up, not repeated."""

    async def story() -> None:
        async with World(tmp_path, grade="idempotent") as world:
            world.adapter.claimed_grade = KeyGrade.IDEMPOTENT
            world.server.fault("say", Fault(store_after_ms=4_000, cut=True))
            item = await world.press("one")
            await until(lambda: world.server.seen["say"] == 1)
            world.adapter.claimed_grade = KeyGrade.NONE
            world.server.grade = "none"
            await world.settled(item)
            await world.quiet(20_000)
            assert world.server.texts(ROOM) == ["one"]

    run_virtual(story())


def test_a_cut_is_noticed_at_once(tmp_path: Path) -> None:
    """A send whose link breaks is uncertain in that moment, not only when its time is up."""

    async def story() -> None:
        async with World(tmp_path) as world:
            world.server.fault("say", Fault(lost=True, cut=True))
            item = await world.press("one")
            assert await world.reaches(DeliveryState.UNCERTAIN, item) < 200

    run_virtual(story())


def test_an_upload_goes_before_its_message(tmp_path: Path) -> None:
    """A file is uploaded first; a failed upload is tried again and nothing is sent before."""

    async def story() -> None:
        async with World(tmp_path) as world:
            world.server.fault("upload", Fault(status=500))
            item = await world.press("file:plan.png")
            await world.settled(item)
            assert world.server.seen["upload"] == 2
            assert world.server.texts(ROOM) == ["file:plan.png"]
            assert world.server.seen["say"] == 1

    run_virtual(story())


def test_what_is_lost_right_after_a_connect_is_repeated(tmp_path: Path) -> None:
    """A server that is deaf in its first moments loses joins; they are repeated until answered."""

    async def story() -> None:
        async with World(tmp_path) as world:
            world.server.deaf_ms = 1_500
            world.server.cut_all()
            item = await world.press("one")
            await world.settled(item)
            assert world.server.texts(ROOM) == ["one"]
            assert world.server.seen["enter"] > 2

    run_virtual(story())


def test_what_grew_old_asks_before_it_goes(tmp_path: Path) -> None:
    """A send that waited for more than twelve hours is parked as old, and goes when the person says so."""

    async def story() -> None:
        async with World(tmp_path) as world:
            world.server.down = True
            world.server.cut_all()
            item = await world.press("good evening")
            await world.quiet(13 * 3_600_000)
            world.server.down = False
            await world.online()
            row = await world.item(item.id)
            assert row is not None
            assert (row.state, row.parked) == (DeliveryState.PARKED, ParkReason.OLD)
            assert world.server.texts(ROOM) == []
            await asyncio.wrap_future(world.store.advance(item.id, outbox.PersonRetries()))
            await world.settled(item)
            assert world.server.texts(ROOM) == ["good evening"]

    run_virtual(story())


def test_a_server_that_dedupes_is_simply_asked_again(tmp_path: Path) -> None:
    """Where our id makes repeats harmless, a send without an answer is repeated at once and stored once."""

    async def story() -> None:
        async with World(tmp_path, grade="idempotent") as world:
            world.server.returns_cid = False
            world.server.fault("say", Fault(no_answer=True), times=2)
            item = await world.press("one")
            took_ms = await world.settled(item)
            assert took_ms < QUIET_MS
            assert world.server.seen["say"] == 3
            assert world.server.aborted == 0
            assert world.server.texts(ROOM) == ["one"]
            assert await world.own() == [("one", DeliveryState.ACCEPTED)]
            assert (await world.info(item)).count("repeating") == 2

    run_virtual(story())


def test_where_our_id_comes_back_equal_words_are_no_proof(tmp_path: Path) -> None:
    """On a server that returns our id the same text of another device is not taken for the lost send."""

    async def story() -> None:
        async with World(tmp_path, grade="findable") as world:
            world.server.fault("say", Fault(lost=True))
            item = await world.press("ok")
            await until(lambda: world.server.seen["say"] == 1)
            world.server.other_device_says(ROOM, "ok")
            await world.settled(item)
            assert world.server.texts(ROOM) == ["ok", "ok"]
            assert "absent" in await world.info(item)

    run_virtual(story())


def test_sending_again_does_not_double_what_has_arrived_meanwhile(tmp_path: Path) -> None:
    """Before a send goes once more, one last look: what turned up since is found, and nothing leaves."""

    async def story() -> None:
        async with World(tmp_path) as world:
            world.server.fault("say", Fault(lost=True, cut=True), times=2)
            item = await world.press("on my way")
            await world.quiet(120_000)
            assert await world.state(item.id) is DeliveryState.UNCERTAIN
            world.server.store(ROOM, "me", "on my way")
            await asyncio.wrap_future(world.store.advance(item.id, outbox.PersonSendsAgain()))
            await world.settled(item)
            await world.quiet(20_000)
            assert world.server.texts(ROOM) == ["on my way"]
            assert await world.own() == [("on my way", DeliveryState.ACCEPTED)]

    run_virtual(story())


def test_an_uncertain_send_is_looked_for_when_the_person_asks(tmp_path: Path, allow_log: AllowLog) -> None:
    """'Check' looks again for a send that was shown absent twice; late arrival is found."""

    async def story() -> None:
        async with World(tmp_path) as world:
            world.server.fault("say", Fault(lost=True, cut=True), times=2)
            item = await world.press("on my way")
            await world.quiet(120_000)
            assert await world.state(item.id) is DeliveryState.UNCERTAIN
            world.server.store(ROOM, "me", "on my way")
            world.engine.check_uncertain(item.id)  # type: ignore[union-attr]
            assert await world.settled(item) < 1_000
            assert await world.own() == [("on my way", DeliveryState.ACCEPTED)]

    run_virtual(story())
