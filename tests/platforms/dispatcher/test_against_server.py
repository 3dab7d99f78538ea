"""What only an adapter without its engine shows of the real server: repeats, refusals, and patience.

Everything else of the two is in tests/roundtrip.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from chatdesk.domain.arrivals import (
    VerdictLater,
    VerdictRefused,
)
from chatdesk.domain.events import (
    MessageDeleted,
    MessageSeen,
    Noticed,
    OrderSeen,
    Stale,
    WindowRead,
)
from chatdesk.domain.goals import (
    ChangeStatus,
    Connected,
    DeleteMessage,
    FreshHead,
    FreshLists,
    Joined,
    Probe,
    SendText,
    SignIn,
)
from chatdesk.domain.ids import RemoteId, new_outgoing_id
from chatdesk.domain.kinds import KeyGrade, NoticeCode, ParkReason, Platform
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
