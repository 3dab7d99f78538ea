"""The adapter and its client against the real reference server, over real sockets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from chatdesk.domain.arrivals import (
    Accepted,
    LinkLost,
    VerdictLater,
    VerdictRefused,
    VerdictStored,
)
from chatdesk.domain.events import (
    ConversationSeen,
    ListsRead,
    MessageDeleted,
    MessageSeen,
    Noticed,
    NotificationSeen,
    OrderSeen,
    PresenceSeen,
    ReadSeen,
    Stale,
    TypingSeen,
    WindowRead,
)
from chatdesk.domain.goals import (
    ChangeStatus,
    Connected,
    DeleteMessage,
    FreshHead,
    FreshLists,
    FreshNotifications,
    FreshOrder,
    Joined,
    MarkRead,
    OlderPage,
    Probe,
    SendText,
    SignIn,
    SignOut,
    Typing,
)
from chatdesk.domain.ids import RemoteId, new_outgoing_id
from chatdesk.domain.kinds import Feature, KeyGrade, NoticeCode, ParkReason, Platform, PresenceState, Support
from chatdesk.domain.steps import Done, NeedsPassword, Parked, Wait
from chatdesk.platforms.registry import plugin
from chatdesk.server.demo.cast import ADMIN_EMAIL, CARRIERS, DESK_EMAIL, PASSWORD
from tests.conftest import Aio
from tests.platforms.desk import Desk, until
from tests.server.process import ServerProcess

CARRIER_EMAIL = CARRIERS[0].email


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with ServerProcess(tmp_path_factory.mktemp("server") / "data", seed="demo", rate=10_000) as running:
        yield running


def desk_at(server: ServerProcess, login: str) -> Desk:
    spoken = plugin(Platform.DISPATCHER)
    assert spoken is not None
    return Desk(spoken.adapter, spoken.make_client(server.url, spoken.adapter.limits), server.url, login)


@asynccontextmanager
async def signed_in(server: ServerProcess, *logins: str) -> Any:
    """Desks that are signed in, connected, and know what the server offers and which orders there are."""
    desks = []
    try:
        for login in logins:
            desk = desk_at(server, login)
            desks.append(desk)
            for goal in (SignIn(PASSWORD), Connected(), Probe(), FreshLists()):
                assert await desk.reach(goal) == Done(), goal
        yield desks
    finally:
        for desk in desks:
            await desk.client.close()


def own_order(desk: Desk) -> OrderSeen:
    """The newest order of the first carrier."""
    return next(order for order in desk.of(OrderSeen) if order.customer == CARRIER_EMAIL)


def say(order: OrderSeen, text: str) -> SendText:
    client_id = new_outgoing_id()
    return SendText(order.remote_id, client_id, client_id, text)


def test_lists_orders_and_histories(server: ServerProcess, aio: Aio) -> None:
    """Staff sees every order with its customer, a carrier its own; detail and history fit the list."""

    async def story() -> None:
        async with signed_in(server, DESK_EMAIL, CARRIER_EMAIL) as (staff, carrier):
            assert {order.remote_id for order in carrier.of(OrderSeen)} < {
                order.remote_id for order in staff.of(OrderSeen)
            }
            titles = {seen.remote_id: seen.title for seen in staff.of(ConversationSeen) if seen.title}
            for order in staff.of(OrderSeen):
                assert titles[order.remote_id] == order.customer
            assert any(seen.unread for seen in staff.of(ConversationSeen))
            assert staff.of(ListsRead) == [ListsRead()]
            features = staff.adapter.capabilities(staff.facts).features
            assert features[Feature.CHAT_LIST] is features[Feature.SERVER_UNREAD] is Support.YES
            order = own_order(staff)
            assert order.number is not None
            assert await staff.reach(FreshOrder(order.remote_id, order.number)) == Done()
            full = staff.of(OrderSeen)[-1]
            assert full.remote_id == order.remote_id
            assert {"from", "to", "size", "company"} <= {line.key for line in full.fields or ()}
            assert "customer" in {person.role for person in full.participants or ()}
            assert await staff.reach(FreshHead(order.remote_id)) == Done()
            (window,) = staff.of(WindowRead)
            assert window.complete
            assert window.reaches_head
            assert list(window.ids) == [message.remote_id for message in staff.of(MessageSeen)]
            assert await staff.reach(FreshNotifications()) == Done()

    aio(story())


def test_a_message_passes_between_two_desks(server: ServerProcess, aio: Aio) -> None:
    """Sent by REST, echoed to its sender, pushed to the other; typing, reading and presence are seen."""

    async def story() -> None:
        async with signed_in(server, DESK_EMAIL, CARRIER_EMAIL) as (staff, carrier):
            order = own_order(carrier)
            room = order.remote_id
            for desk in (staff, carrier):
                assert await desk.reach(Joined(room)) == Done()
            await until(lambda: staff.of(PresenceSeen), "the carrier in the room")
            assert staff.of(PresenceSeen)[-1].state is PresenceState.ONLINE
            await staff.reach(Typing(room, True))
            await until(lambda: carrier.of(TypingSeen), "typing")
            assert carrier.of(TypingSeen)[-1].on
            assert carrier.of(TypingSeen)[-1].name == DESK_EMAIL
            await staff.reach(say(order, "Where is it? \U0001f69a <b>'\"</b>\n\u202e"))
            await until(lambda: carrier.of(MessageSeen), "the message")
            verdict = staff.verdicts[-1]
            assert isinstance(verdict, VerdictStored)
            got = carrier.of(MessageSeen)[-1]
            assert (got.remote_id, got.own, got.sender_name) == (verdict.remote_id, False, DESK_EMAIL)
            assert got.text == "Where is it? \U0001f69a <b>'\"</b>\n\u202e"
            assert not carrier.of(TypingSeen)[-1].on
            mine = [seen for seen in staff.of(MessageSeen) if seen.remote_id == verdict.remote_id]
            assert {seen.cursor for seen in mine} == {got.cursor}
            assert all(seen.own and seen.client_id for seen in mine)
            assert await carrier.reach(MarkRead(room, got.cursor)) == Done()
            await until(lambda: staff.of(ReadSeen), "the read mark")
            read = staff.of(ReadSeen)[-1]
            assert (read.by_self, read.person_id) == (False, carrier.facts.account.user_id)
            assert (read.up_to_us or 0) >= got.sent_at_us
            assert carrier.adapter.capabilities(carrier.facts).features[Feature.STORED_READ] is Support.YES
            await until(lambda: carrier.of(NotificationSeen), "the notification")
            assert carrier.of(NotificationSeen)[-1].conversation == room
            assert not carrier.of(Stale), "the message itself has come"

    aio(story())


def test_outside_its_room_a_desk_hears_by_notification(server: ServerProcess, aio: Aio) -> None:
    """And reads the head then."""

    async def story() -> None:
        async with signed_in(server, DESK_EMAIL, CARRIER_EMAIL) as (staff, carrier):
            order = own_order(carrier)
            await staff.reach(say(order, "outside the room"))
            await until(lambda: Stale(conversation=order.remote_id) in carrier.events, "the notification")
            assert not carrier.of(MessageSeen)
            await carrier.reach(FreshHead(order.remote_id))
            assert carrier.of(MessageSeen)[-1].text == "outside the room"

    aio(story())


def test_the_same_client_id_is_stored_once(server: ServerProcess, aio: Aio) -> None:
    """Announced by the server: a repeat gets the first one's answer."""

    async def story() -> None:
        async with signed_in(server, DESK_EMAIL) as (staff,):
            assert staff.adapter.key_grade(staff.facts) is KeyGrade.IDEMPOTENT
            order = own_order(staff)
            goal = say(order, "only once")
            await staff.reach(goal)
            await staff.reach(goal)
            first, second = staff.verdicts[-2:]
            assert first.remote_id == second.remote_id
            await staff.reach(FreshHead(order.remote_id, complete=True))
            (window,) = staff.of(WindowRead)
            texts = {seen.remote_id: seen.text for seen in staff.of(MessageSeen)}
            assert [texts[found] for found in window.ids].count("only once") == 1

    aio(story())


def test_own_messages_can_be_deleted_and_others_not(server: ServerProcess, aio: Aio) -> None:
    """Deleting twice is as good as once."""

    async def story() -> None:
        async with signed_in(server, DESK_EMAIL, CARRIER_EMAIL) as (staff, carrier):
            order = own_order(carrier)
            await staff.reach(say(order, "to be deleted"))
            message = staff.verdicts[-1].remote_id
            goal = DeleteMessage(order.remote_id, message)
            assert await carrier.reach(goal) == Parked(ParkReason.FORBIDDEN, carrier.verdicts[-1].detail)
            assert await staff.reach(goal) == Done()
            assert await staff.reach(goal) == Done()
            assert (
                staff.of(MessageDeleted)
                == [MessageDeleted(conversation=order.remote_id, remote_id=message)] * 2
            )

    aio(story())


def test_an_administrator_changes_a_status_that_everybody_sees(server: ServerProcess, aio: Aio) -> None:
    """Looked at first, then changed, pushed to the room; the history has a system line."""

    async def story() -> None:
        async with signed_in(server, ADMIN_EMAIL, CARRIER_EMAIL) as (admin, carrier):
            order = own_order(carrier)
            assert order.status is not None
            await carrier.reach(Joined(order.remote_id))
            other = "charged" if order.status != "charged" else "finished"
            change = ChangeStatus(order.remote_id, order.number or "", order.status, other)
            assert await admin.reach(change) == Done()
            await until(lambda: Stale(conversation=order.remote_id) in carrier.events, "the push")
            assert carrier.of(OrderSeen)[-1].status == other
            assert await admin.reach(change) == Done(), "it is so already"
            await carrier.reach(FreshHead(order.remote_id))
            assert carrier.of(MessageSeen)[-1].kind == "system"
            again = ChangeStatus(order.remote_id, order.number or "", order.status, "cancelled")
            ended = await admin.reach(again)
            assert isinstance(ended, Parked)
            assert ended.reason is ParkReason.CHANGED_MEANWHILE
            refused = ChangeStatus(order.remote_id, order.number or "", other, order.status)
            ended = await carrier.reach(refused)
            assert isinstance(ended, Parked)
            assert ended.reason is ParkReason.FORBIDDEN

    aio(story())


def test_a_long_history_is_scrolled_to_its_start(server: ServerProcess, aio: Aio) -> None:
    """Page by page, each message once."""

    async def story() -> None:
        async with signed_in(server, DESK_EMAIL) as (staff,):
            order = staff.of(OrderSeen)[-1]
            for number in range(130):
                await staff.reach(say(order, f"line {number}"))
            staff.events.clear()
            await staff.reach(FreshHead(order.remote_id))
            window = staff.of(WindowRead)[-1]
            held = set(window.ids)
            while not window.reaches_start:
                oldest = min(seen.cursor for seen in staff.of(MessageSeen))
                await staff.reach(OlderPage(order.remote_id, oldest, len(held)))
                window = staff.of(WindowRead)[-1]
                assert window.complete
                assert set(window.ids) - held
                held |= set(window.ids)
            assert len(held) == window.total
            await staff.reach(FreshHead(order.remote_id, complete=True))
            assert set(staff.of(WindowRead)[-1].ids) == held

    aio(story())


def test_what_the_server_refuses_is_told_in_its_words(server: ServerProcess, aio: Aio) -> None:
    """Wrong password, foreign order, unknown order: by sign-in, by history, by send, by room."""

    async def story() -> None:
        stranger = desk_at(server, DESK_EMAIL)
        ended = await stranger.reach(SignIn("Wrong-Passw0rd!"))
        assert isinstance(ended, NeedsPassword)
        assert (ended.code, ended.detail) == (NoticeCode.AUTH_FAILED, "Invalid email or password")
        await stranger.client.close()
        async with signed_in(server, DESK_EMAIL, CARRIER_EMAIL) as (staff, carrier):
            mine = {order.remote_id for order in carrier.of(OrderSeen)}
            foreign = next(order for order in staff.of(OrderSeen) if order.remote_id not in mine)
            for goal in (FreshHead(foreign.remote_id), say(foreign, "not mine")):
                ended = await carrier.reach(goal)
                assert isinstance(ended, Parked)
                assert ended.reason in {ParkReason.NOT_FOUND, ParkReason.FORBIDDEN}
                assert ended.detail
            await carrier.reach(Joined(foreign.remote_id))
            await until(lambda: carrier.of(Noticed), "the refusal of the room")
            assert await carrier.reach(Joined(foreign.remote_id)) == Parked(ParkReason.FORBIDDEN)
            nowhere = say(foreign, "x")
            ended = await carrier.reach(
                SendText(RemoteId("0" * 24), nowhere.outgoing_id, nowhere.client_id, "x")
            )
            assert isinstance(ended, Parked)
            too_long = await staff.reach(say(foreign, "x" * 4_001))
            assert too_long == Parked(ParkReason.TOO_LONG)

    aio(story())


def test_a_server_that_asks_for_patience_gets_it(tmp_path: Any, aio: Aio) -> None:
    """429 with Retry-After: nothing was stored, and the time is the server's."""

    async def story() -> None:
        with ServerProcess(tmp_path / "data", seed="demo", rate=2) as server:
            async with signed_in(server, DESK_EMAIL) as (staff,):
                order = own_order(staff)
                for number in range(2):
                    await staff.reach(say(order, f"quick {number}"))
                assert isinstance(await staff.reach(say(order, "too quick")), Wait)
                later = [verdict for verdict in staff.verdicts if isinstance(verdict, VerdictLater)]
                assert later
                assert 0 < later[0].ms <= 60_000
                assert not [verdict for verdict in staff.verdicts if isinstance(verdict, VerdictRefused)]
                assert NoticeCode.RATE_LIMITED in {notice.code for notice in staff.of(Noticed)}

    aio(story())


def test_tokens_are_renewed_and_a_restart_is_survived(tmp_path: Any, aio: Aio) -> None:
    """Short tokens are refreshed on the way; after a restart a new link opens and rooms are joined anew."""

    async def story() -> None:
        with ServerProcess(tmp_path / "data", seed="demo", access_ttl=2) as server:
            async with signed_in(server, DESK_EMAIL) as (staff,):
                order = own_order(staff)
                first = staff.facts.account.secrets.access
                await staff.reach(Joined(order.remote_id))
                server.restart()
                await until(lambda: staff.arrived[-1] == LinkLost(), "the loss")
                await until(lambda: staff.token_age_s() > 2.1, "the token's end", timeout_s=4)
                assert await staff.reach(Connected()) == Done()
                assert isinstance(staff.arrived[-2], Accepted) or isinstance(staff.arrived[-1], Accepted)
                assert staff.facts.account.secrets.access != first
                await staff.reach(Joined(order.remote_id))
                await staff.reach(say(order, "after the restart"))
                await until(lambda: staff.packets("new-message"), "the echo")
                assert await staff.reach(SignOut()) == Done()

    aio(story())
