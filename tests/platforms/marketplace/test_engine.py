"""The real engine and store on virtual time, over a small marketplace with this platform's faults."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from chatdesk.domain import outbox
from chatdesk.domain.actions import Action, ActionKind
from chatdesk.domain.changes import NoticeRaised, PresenceChanged
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import (
    Assurance,
    ConnectionState,
    DeliveryState,
    NoticeCode,
    PresenceState,
    SignInState,
)
from tests.platforms.marketplace.paper import INTERNAL, ME, OTHER, STRANGER
from tests.platforms.marketplace.server import MarketServer
from tests.platforms.marketplace.shop import Shop
from tests.sync.virtual import VirtualClock, run_virtual, until

ACCEPTED = DeliveryState.ACCEPTED


def stored(*texts: str) -> MarketServer:
    server = MarketServer(VirtualClock())
    for text in texts or ("hello", "are you there?"):
        server.store(OTHER, ME, text)
    return server


def desk(folder: Path, server: MarketServer) -> Shop:
    shop = Shop(folder, server=server)
    shop.virtual = True
    return shop


async def own(shop: Shop, party: RemoteId = OTHER) -> list[tuple[str, DeliveryState, Assurance | None]]:
    return [(one.text, one.state, one.assurance) for one in await shop.messages(party) if one.own]


def test_a_day_on_a_server_that_stores(tmp_path: Path) -> None:
    """Conversations out of the boxes, unread numbers, a send by request, its push before its answer."""

    async def story() -> None:
        server = stored()
        async with desk(tmp_path, server) as shop:
            assert [one.text for one in await shop.messages()] == ["hello", "are you there?"]
            row = await shop.conversation()
            assert (row.title, row.unread, row.live_only) == ("Buyer One", 2, False)
            await shop.settled(await shop.press("  on my way  "))
            assert server.texts() == ["on my way"]
            await asyncio.sleep(1)
            assert await own(shop) == [("on my way", ACCEPTED, Assurance.STORED)]
            assert server.seen["send"] == 1
            assert server.seen["send_message"] == 0
            server.says("good")
            await asyncio.sleep(1)
            assert [one.text for one in await shop.messages()][-1] == "good"
            assert not server.died

    run_virtual(story())


def test_a_lost_answer_is_found_and_not_sent_again(tmp_path: Path) -> None:
    """Stored, but the answer got lost: the push and the conversation tell, and nothing goes twice."""

    async def story() -> None:
        server = stored()
        server.send_answers = [None]
        async with desk(tmp_path, server) as shop:
            await shop.settled(await shop.press("on my way"))
            assert server.texts() == ["on my way"]
            assert await own(shop) == [("on my way", ACCEPTED, Assurance.STORED)]

    run_virtual(story())


def test_an_ambiguous_failure_is_repeated_once_after_proof(tmp_path: Path) -> None:
    """A 500 of a server that is known to store proves nothing; the conversation, read later, does."""

    async def story() -> None:
        server = stored()
        server.send_answers = [(500, INTERNAL)]
        async with desk(tmp_path, server) as shop:
            took_ms = await shop.settled(await shop.press("on my way"))
            assert server.texts() == ["on my way"]
            assert server.seen["send"] == 2
            assert took_ms >= 10_000  # the quiet time
            assert not (await shop.conversation()).live_only

    run_virtual(story())


def test_live_only_is_found_out_by_the_first_send(tmp_path: Path) -> None:
    """500: nothing is stored here. It is said once, and the text goes by relay, as handed over."""

    async def story() -> None:
        server = MarketServer(VirtualClock(), stores=False)
        async with desk(tmp_path, server) as shop:
            action = Action(kind=ActionKind.START_CHAT, person=OTHER, person_kind="Buyer")
            assert (await shop.engine.act(action)).conversation == OTHER
            server.comes()
            await asyncio.sleep(1)
            item = await shop.press("on my way")
            await shop.settled(item)
            assert await own(shop) == [("on my way", ACCEPTED, Assurance.RELAYED)]
            assert [one["id"] for one in server.relayed] == [item.id]
            assert (await shop.conversation()).live_only
            assert server.seen["send"] == 1
            await shop.settled(await shop.press("second"))
            assert server.seen["send"] == 1
            assert [one["message"] for one in server.relayed] == ["on my way", "second"]
            raised = [one for one in shop.news if isinstance(one, NoticeRaised)]
            assert [one.code for one in raised if one.code is NoticeCode.LIVE_ONLY] == [NoticeCode.LIVE_ONLY]
            assert not server.died

    run_virtual(story())


def test_a_relay_waits_for_its_recipient(tmp_path: Path) -> None:
    """Nobody there: the text waits, with the reason, and goes as soon as the recipient shows up."""

    async def story() -> None:
        server = MarketServer(VirtualClock(), stores=False)
        async with desk(tmp_path, server) as shop:
            await shop.engine.act(Action(kind=ActionKind.START_CHAT, person=OTHER))
            item = await shop.press("on my way")
            await asyncio.sleep(60)
            kept = await shop.item(item.id)
            assert kept is not None
            assert (kept.state, kept.detail) == (DeliveryState.QUEUED, "recipient_away")
            assert server.relayed == []
            before = sum(server.seen.values())
            await asyncio.sleep(60)
            assert sum(server.seen.values()) - before < 20  # waiting asks for nothing
            server.comes()
            took_ms = await shop.settled(item)
            assert took_ms < 2_000
            assert [one["message"] for one in server.relayed] == ["on my way"]

    run_virtual(story())


def test_a_waiting_relay_survives_a_restart(tmp_path: Path) -> None:
    """The same sign-in: that nothing is stored here is still known, and waiting still asks for little."""

    async def story() -> None:
        server = MarketServer(VirtualClock(), stores=False)
        async with desk(tmp_path, server) as shop:
            await shop.engine.act(Action(kind=ActionKind.START_CHAT, person=OTHER))
            item = await shop.press("on my way")
            await asyncio.sleep(20)
            await shop.restart()
            await asyncio.sleep(30)
            before = sum(server.seen.values())
            await asyncio.sleep(120)
            assert sum(server.seen.values()) - before < 40
            assert server.seen["send"] == 1
            server.comes()
            await shop.settled(item)
            assert [one["id"] for one in server.relayed] == [item.id]
            row = await shop.conversation()
            assert (row.title, row.live_only) == ("Buyer One", True)

    run_virtual(story())


def test_send_anyway_goes_without_a_sign_of_life(tmp_path: Path) -> None:
    """The person has decided: it goes, and is handed over, no more."""

    async def story() -> None:
        server = MarketServer(VirtualClock(), stores=False)
        async with desk(tmp_path, server) as shop:
            await shop.engine.act(Action(kind=ActionKind.START_CHAT, person=OTHER))
            item = await shop.press("on my way")
            await asyncio.sleep(10)
            assert server.relayed == []
            await asyncio.wrap_future(shop.store.advance(item.id, outbox.PersonRetries()))
            await shop.settled(item)
            assert await own(shop) == [("on my way", ACCEPTED, Assurance.RELAYED)]

    run_virtual(story())


def test_a_relay_without_a_word_back_is_uncertain_for_good(tmp_path: Path) -> None:
    """Nothing can be read that would prove anything: it is never repeated by itself; again keeps the id."""

    async def story() -> None:
        server = MarketServer(VirtualClock(), stores=False)
        async with desk(tmp_path, server) as shop:
            await shop.engine.act(Action(kind=ActionKind.START_CHAT, person=OTHER))
            server.comes()
            await asyncio.sleep(1)
            server.silent_relays = 1
            item = await shop.press("on my way")
            await asyncio.sleep(300)
            kept = await shop.item(item.id)
            assert kept is not None
            assert kept.state is DeliveryState.UNCERTAIN
            assert len(server.relayed) == 1
            server.comes()
            await asyncio.wrap_future(shop.store.advance(item.id, outbox.PersonSendsAgain()))
            await shop.settled(item)
            assert [one["id"] for one in server.relayed] == [item.id, item.id]
            assert await own(shop) == [("on my way", ACCEPTED, Assurance.RELAYED)]

    run_virtual(story())


def test_a_late_word_settles_a_relay_as_handed_over(tmp_path: Path) -> None:
    """Its time was up and it was uncertain; then the server's word comes: handed over, never stored."""

    async def story() -> None:
        server = MarketServer(VirtualClock(), stores=False)
        async with desk(tmp_path, server) as shop:
            await shop.engine.act(Action(kind=ActionKind.START_CHAT, person=OTHER))
            server.comes()
            await asyncio.sleep(1)
            server.silent_relays = 1
            item = await shop.press("on my way")
            await asyncio.sleep(30)
            assert await own(shop) == [("on my way", DeliveryState.UNCERTAIN, None)]
            server.push("message_delivered", {"messageId": item.id, "timestamp": "x"})
            await shop.settled(item)
            assert await own(shop) == [("on my way", ACCEPTED, Assurance.RELAYED)]
            assert len(server.relayed) == 1

    run_virtual(story())


def test_relays_come_in_and_get_a_name(tmp_path: Path) -> None:
    """A stranger hands something over: the conversation is there, named by the directory, unread."""

    async def story() -> None:
        server = MarketServer(VirtualClock(), stores=False)
        async with desk(tmp_path, server) as shop:
            await until(lambda: server.registered == ME, what="registered")
            for _ in range(2):
                server.hands_over("local-1", "Hello", STRANGER)
            await asyncio.sleep(30)
            assert [one.text for one in await shop.messages(STRANGER)] == ["Hello"]
            row = await shop.conversation(STRANGER)
            assert (row.title, row.unread) == ("Buyer Two", 1)
            here = [one for one in shop.news if isinstance(one, PresenceChanged)]
            assert [(one.conversation_id, one.state) for one in here] == [(row.id, PresenceState.ONLINE)]

    run_virtual(story())


def test_other_peoples_messages_are_counted_and_nothing_more(tmp_path: Path) -> None:
    """A hundred broadcasts of strangers: no conversation, no message, no notice; a number."""

    async def story() -> None:
        server = stored()
        async with desk(tmp_path, server) as shop:
            for number in range(100):
                server.says(f"secret {number}", OTHER, STRANGER)
            await asyncio.sleep(5)
            assert shop.status.dropped["foreign"] == 100
            assert len(await shop.messages()) == 2
            assert await asyncio.wrap_future(shop.store.conversation_of(shop.account.id, STRANGER)) is None

    run_virtual(story())


def test_registration_is_renewed_after_every_connect(tmp_path: Path) -> None:
    """Without it no relay arrives; the server forgets it with the link."""

    async def story() -> None:
        server = stored()
        async with desk(tmp_path, server):
            await until(lambda: server.registered == ME, what="registered")
            server.cut()
            assert server.registered is None
            await until(lambda: server.registered == ME, what="registered again")
            server.comes(ME, "offline")
            await asyncio.sleep(60)
            assert server.seen["register_user"] == 3

    run_virtual(story())


def test_without_sockets_the_boxes_are_read_again_and_again(tmp_path: Path) -> None:
    """A deployment that refuses every socket: polling brings what is new, and sends go by request."""

    async def story() -> None:
        server = stored()
        server.sockets = False
        async with desk(tmp_path, server) as shop:
            await until(lambda: shop.status.connection is ConnectionState.POLLING, what="polling")
            server.store(OTHER, ME, "anybody?")
            await asyncio.sleep(30)
            assert [one.text for one in await shop.messages()][-1] == "anybody?"
            before = server.seen["history"]
            await asyncio.sleep(120)
            assert server.seen["history"] - before <= 3  # nothing new: the conversation is not read whole
            await shop.settled(await shop.press("on my way"))
            assert server.texts() == ["on my way"]

    run_virtual(story())


def test_a_void_token_asks_for_the_password(tmp_path: Path) -> None:
    """There is no refresh: a 401 ends in a question to the person."""

    async def story() -> None:
        server = stored()
        async with desk(tmp_path, server) as shop:
            server.tokens.clear()
            shop.engine.refresh()
            await until(lambda: shop.status.sign_in is SignInState.NEEDS_PASSWORD, what="the question")

    run_virtual(story())


@pytest.mark.parametrize("stores", [True, False])
def test_reading_marks_message_by_message(tmp_path: Path, stores: bool) -> None:
    """Stored: a request each. Relayed: an event each, to its author. Once, and the number is gone."""

    async def story() -> None:
        server = stored() if stores else MarketServer(VirtualClock(), stores=False)
        async with desk(tmp_path, server) as shop:
            if not stores:
                await until(lambda: server.registered == ME, what="registered")
                server.hands_over("local-1", "Hello")
                server.hands_over("local-2", "Hello?")
                await asyncio.sleep(20)
            rows = await shop.messages()
            conversation = await shop.local()
            await asyncio.wrap_future(shop.store.intend_read(conversation, rows[-1].cursor))
            await asyncio.sleep(20)
            marks = [args[0] for event, args in server.heard if event == "mark_as_read"]
            if stores:
                assert [one["status"] for one in server.messages] == ["read", "read"]
                assert marks == []
            else:
                assert marks == [
                    {"message_id": name, "recipient_id": OTHER, "reader_id": ME}
                    for name in ("local-1", "local-2")
                ]
            assert (await shop.conversation()).unread == 0
            assert not server.died

    run_virtual(story())
