"""Actions, look-ups, reports, watching and sends that wait for somebody."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from chatdesk.domain.actions import Action, ActionKind, Attachment, Extras, FindKind, Lookup
from chatdesk.domain.changes import PositionChanged
from chatdesk.domain.entities import Outgoing
from chatdesk.domain.errors import NotDone, NotKnown
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import ConnectionState, DeliveryState, MessageKind, ParkReason, SignInState
from chatdesk.domain.outbox import PersonRetries
from tests.sync.toy.server import Fault
from tests.sync.virtual import run_virtual, until
from tests.sync.world import ROOM, World


def start_chat(room: str) -> Action:
    return Action(kind=ActionKind.START_CHAT, order=RemoteId(room))


def test_an_action_is_done_once_and_what_it_made_is_in_the_store(tmp_path: Path) -> None:
    """When `act` returns, the conversation that it started is known here, and the server was asked once."""

    async def story() -> None:
        async with World(tmp_path) as world:
            assert world.engine is not None
            result = await world.engine.act(start_chat("r9"))
            assert (result.conversation, result.text) == ("r9", "done")
            assert await world.local("r9")
            assert world.server.seen["act"] == 1

    run_virtual(story())


def test_an_action_that_is_refused_says_why(tmp_path: Path) -> None:
    """A definite refusal is NotDone with its reason; nothing is tried again."""

    async def story() -> None:
        async with World(tmp_path) as world:
            assert world.engine is not None
            with pytest.raises(NotDone) as told:
                await world.engine.act(Action(kind=ActionKind.END_CHAT, conversation=RemoteId("r404")))
            assert told.value.reason is ParkReason.NOT_FOUND
            assert world.server.seen["act"] == 1

    run_virtual(story())


def test_an_action_without_an_answer_is_not_known_and_its_subject_is_read_again(tmp_path: Path) -> None:
    """No answer is NotKnown, never a second try; lists and conversation are read again by themselves."""

    async def story() -> None:
        async with World(tmp_path) as world:
            assert world.engine is not None
            world.server.fault("act", Fault(no_answer=True))
            before = world.server.seen["rooms"]
            with pytest.raises(NotKnown):
                await world.engine.act(Action(kind=ActionKind.END_CHAT, conversation=RemoteId(ROOM)))
            assert world.server.seen["act"] == 1
            await until(lambda: world.server.seen["rooms"] > before, what="read again")

    run_virtual(story())


def test_offline_nothing_is_asked(tmp_path: Path) -> None:
    """Without a server an action or a look-up fails at once as 'not now', and no byte leaves."""

    async def story() -> None:
        async with World(tmp_path) as world:
            assert world.engine is not None
            world.server.down = True
            world.server.cut_all()
            await until(lambda: world.status.connection is not ConnectionState.ONLINE)
            for asked in (
                world.engine.act(start_chat("r2")),
                world.engine.find(Lookup(kind=FindKind.TRIP)),
            ):
                with pytest.raises(NotDone) as told:
                    await asked
                assert told.value.reason is None
            assert world.server.seen["act"] == world.server.seen["find"] == 0

    run_virtual(story())


def test_a_server_that_asks_to_wait_is_told_with_its_time(tmp_path: Path) -> None:
    """429 on an action is 'not now' with the time that the server named."""

    async def story() -> None:
        async with World(tmp_path) as world:
            assert world.engine is not None
            world.server.fault("act", Fault(status=429))
            with pytest.raises(NotDone) as told:
                await world.engine.act(start_chat("r2"))
            assert (told.value.reason, told.value.retry_after_s) == (None, 3.0)

    run_virtual(story())


def test_a_look_up_brings_hits_and_stores_nothing(tmp_path: Path) -> None:
    """What is found at the server is handed over, and is not in the database."""

    async def story() -> None:
        async with World(tmp_path, rooms=3) as world:
            assert world.engine is not None
            commit = world.real_store.reader().accounts().commit
            result = await world.engine.find(Lookup(kind=FindKind.TRIP, words="2"))
            assert [hit.remote_id for hit in result.hits] == ["r2"]
            assert world.real_store.reader().accounts().commit == commit

    run_virtual(story())


def test_a_void_token_in_an_action_asks_for_the_password(tmp_path: Path) -> None:
    """An action that meets a void token fails, and the account says that it needs signing in."""

    async def story() -> None:
        async with World(tmp_path) as world:
            assert world.engine is not None
            world.server.tokens.clear()
            world.server.refreshable = False
            world.server.fault("refresh", Fault(status=401))
            with pytest.raises(NotDone):
                await world.engine.act(start_chat("r2"))
            await until(lambda: world.status.sign_in is SignInState.NEEDS_PASSWORD)

    run_virtual(story())


def test_a_report_waits_for_the_server_and_is_carried_out(tmp_path: Path) -> None:
    """A report that was made offline reaches the server once it is back; its reason with it."""

    async def story() -> None:
        async with World(tmp_path) as world:
            world.server.down = True
            world.server.cut_all()
            (theirs,) = await world.messages()
            item: Outgoing = await asyncio.wrap_future(world.store.intend_report(theirs.id, "spam"))
            await world.quiet(5_000)
            assert world.server.reports == []
            world.server.down = False
            await world.settled(item)
            assert world.server.reports == [(theirs.remote_id, "spam")]

    run_virtual(story())


def test_a_watched_order_is_followed_until_one_looks_away(tmp_path: Path) -> None:
    """A position comes while the order is looked at; an ended stream is opened anew; then it is closed."""

    async def story() -> None:
        async with World(tmp_path) as world:
            assert world.engine is not None
            world.engine.opened(RemoteId(ROOM), RemoteId(ROOM), f"N-{ROOM}")
            await until(lambda: bool(world.server.streams), what="watched")
            world.server.stream(ROOM, [43.2, 76.9])
            await until(lambda: any(isinstance(one, PositionChanged) for one in world.news))
            seen = next(one for one in world.news if isinstance(one, PositionChanged))
            assert (seen.order_remote_id, seen.latitude, seen.longitude) == (ROOM, 43.2, 76.9)
            world.server.stream(ROOM)
            assert not world.server.streams
            await until(lambda: bool(world.server.streams), what="watched again")
            world.engine.look_away()
            await until(lambda: not world.server.streams, what="closed")
            await world.quiet(130_000)
            assert not world.server.streams

    run_virtual(story())


def test_a_stream_does_not_pass_for_a_connection(tmp_path: Path) -> None:
    """Opening a stream starts no new epoch: what was learnt on the connection still holds."""

    async def story() -> None:
        async with World(tmp_path) as world:
            assert world.engine is not None
            epoch = world.engine._exchange.facts.epoch
            world.engine.opened(RemoteId(ROOM), RemoteId(ROOM), f"N-{ROOM}")
            await until(lambda: bool(world.server.streams), what="watched")
            await world.quiet(100)
            assert world.engine._exchange.facts.epoch == epoch

    run_virtual(story())


def test_a_send_that_waits_for_somebody_says_so_and_goes_when_they_come(tmp_path: Path) -> None:
    """It stays queued with the word of what it waits for, holds nobody else up, and goes at once then."""

    async def story() -> None:
        async with World(tmp_path, rooms=9) as world:
            world.adapter.waits_for_people = True
            world.server.push("r9", "comes", {"room": "r9", "who": "customer"})
            await world.quiet(100)
            waiting = [await world.press(f"to {n}", f"r{n}") for n in range(1, 9)]
            await world.settled(await world.press("to nine", "r9"), within_ms=3_000)
            rows = [await world.item(one.id) for one in waiting]
            assert {(row.state, row.detail) for row in rows if row is not None} == {
                (DeliveryState.QUEUED, "recipient_away")
            }
            assert world.server.texts("r1") == []
            world.server.push("r1", "comes", {"room": "r1", "who": "customer"})
            await world.settled(waiting[0], within_ms=3_000)
            assert world.server.texts("r1") == ["to 1"]
            assert world.server.texts("r2") == []

    run_virtual(story())


def test_the_person_may_send_what_waits(tmp_path: Path) -> None:
    """Send anyway: what waits for somebody goes now, once."""

    async def story() -> None:
        async with World(tmp_path) as world:
            world.adapter.waits_for_people = True
            item = await world.press("hello?")
            await world.quiet(1_000)
            await asyncio.wrap_future(world.store.advance(item.id, PersonRetries()))
            await world.settled(item, within_ms=3_000)
            assert world.server.texts(ROOM) == ["hello?"]

    run_virtual(story())


def test_an_uncertain_send_of_a_vanished_conversation_is_parked(tmp_path: Path) -> None:
    """Nobody can find out any more: after the quiet time it is the person's, with its text, not repeated."""

    async def story() -> None:
        async with World(tmp_path) as world:
            world.server.fault("say", Fault(no_answer=True))
            item = await world.press("are you there?")
            await world.reaches(DeliveryState.UNCERTAIN, item)
            del world.server.rooms[ROOM]
            del world.server.statuses[ROOM]
            await world.reaches(DeliveryState.PARKED, item)
            row = await world.item(item.id)
            assert row is not None
            assert (row.text, row.detail) == ("are you there?", "whether it arrived cannot be known")
            await world.quiet(120_000)
            assert world.server.seen["say"] == 1

    run_virtual(story())


def test_a_file_of_a_send_tells_it_from_another_of_the_same_text(tmp_path: Path) -> None:
    """An uncertain picture is not taken for a text of the same words: kind and address have to agree."""

    async def story() -> None:
        async with World(tmp_path) as world:
            conversation = await world.local()
            extras = Extras(attachments=(Attachment(url="/u/1.png", name="1.png"),))
            world.server.fault("say", Fault(lost=True), times=2)
            item: Outgoing = await asyncio.wrap_future(
                world.store.press_send(conversation, 0, "the ramp", MessageKind.IMAGE, extras)
            )
            assert (item.message_kind, item.extras) == (MessageKind.IMAGE, extras)
            await world.reaches(DeliveryState.UNCERTAIN, item)
            world.server.other_device_says(ROOM, "the ramp")
            await world.quiet(60_000)
            row = await world.item(item.id)
            assert row is not None
            assert row.state is not DeliveryState.ACCEPTED

    run_virtual(story())
