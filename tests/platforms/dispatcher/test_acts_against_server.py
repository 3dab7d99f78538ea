"""The dispatcher adapter's actions over real sockets against chatdesk's own server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from chatdesk.domain.actions import Action, ActionKind, FindKind, Lookup, Result
from chatdesk.domain.arrivals import VerdictStored
from chatdesk.domain.events import NotificationSeen, OrderSeen, Stale
from chatdesk.domain.goals import (
    Act,
    Connected,
    Find,
    FreshLists,
    FreshNotifications,
    FreshOrder,
    SignIn,
)
from chatdesk.domain.kinds import OrderKind
from chatdesk.domain.steps import Done, Parked
from chatdesk.platforms.dispatcher.plugin import PLUGIN
from chatdesk.server.demo.cast import CARRIERS, DESK_EMAIL, PASSWORD
from tests.conftest import Aio
from tests.platforms.desk import Desk, until
from tests.platforms.dispatcher.acting import FORM
from tests.server.process import ServerProcess

CARRIER = CARRIERS[0]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with ServerProcess(tmp_path_factory.mktemp("server") / "data", seed="demo", rate=10_000) as running:
        yield running


@asynccontextmanager
async def signed_in(server: ServerProcess, *logins: str) -> Any:
    desks = []
    try:
        for login in logins:
            client = PLUGIN.make_client(server.url, PLUGIN.adapter.limits)
            desk = Desk(PLUGIN.adapter, client, server.url, login)
            desks.append(desk)
            for goal in (SignIn(PASSWORD), Connected(), FreshLists()):
                assert await desk.reach(goal) == Done(), goal
        yield desks
    finally:
        for desk in desks:
            await desk.client.close()


def asked(kind: ActionKind, order: OrderSeen | None = None, **more: Any) -> Act:
    if order is not None:
        more = {"order": order.remote_id, "order_number": order.number, "order_kind": OrderKind.ORDER, **more}
    return Act(Action(kind=kind, **more))


def result(desk: Desk) -> Result:
    """What the last stored verdict has brought."""
    found = [verdict.result for verdict in desk.verdicts if isinstance(verdict, VerdictStored)]
    last = found[-1]
    assert last is not None
    return last


def newest(desk: Desk) -> OrderSeen:
    return max(desk.of(OrderSeen), key=lambda order: order.created_at_us or 0)


def test_an_order_lives_from_its_creation_to_its_files(
    server: ServerProcess, aio: Aio, tmp_path: Path
) -> None:
    """A carrier creates it by unit numbers, a moderator takes it over, both exchange files and notices."""

    async def story() -> None:
        async with signed_in(server, CARRIER.email, DESK_EMAIL) as (carrier, staff):
            known = {order.remote_id for order in carrier.of(OrderSeen)}
            form = {**FORM, "truck": CARRIER.truck.unit, "trailer": CARRIER.trailer.unit}
            assert await carrier.reach(asked(ActionKind.CREATE_ORDER, fields=form)) == Done()
            assert result(carrier).text == "Order created successfully"
            assert Stale() in carrier.events
            await until(lambda: staff.packets("notification"), "word of the new order")
            for desk in (carrier, staff):
                assert await desk.reach(FreshLists()) == Done()
            order = newest(carrier)
            assert order.remote_id not in known
            assert (order.status, order.title) == ("pending", "Houston, TX → El Paso, TX")

            assert await staff.reach(asked(ActionKind.START_CHAT, order)) == Done()
            assert result(staff).conversation == order.remote_id
            assert await staff.reach(asked(ActionKind.TAKE_OVER, order)) == Done()
            assert await staff.reach(FreshOrder(order.remote_id, order.number or "")) == Done()
            taken = staff.of(OrderSeen)[-1]
            assert (taken.status, taken.customer) == ("processing", CARRIER.company)
            assert {(one.role, one.name) for one in taken.participants or ()} >= {("moderator", DESK_EMAIL)}

            permit = tmp_path / "permit ü.pdf"
            permit.write_bytes(b"%PDF" * 1_000)
            add = asked(ActionKind.ADD_FILE, order, path=str(permit), content_type="application/pdf")
            assert await carrier.reach(add) == Done()
            names_seen = set()
            for desk in (carrier, staff):
                assert await desk.reach(asked(ActionKind.LIST_FILES, order)) == Done()
                listed = list(desk.of(OrderSeen)[-1].files or ())
                assert [(file.name, file.size_bytes) for file in listed] == [("permit ü.pdf", 4_000)]
                names_seen.add(listed[0].remote_name)
            (name,) = names_seen
            target = tmp_path / "saved.pdf"
            save = asked(ActionKind.SAVE_FILE, order, target=name, path=str(target))
            for desk in (carrier, staff):
                target.unlink(missing_ok=True)
                assert await desk.reach(save) == Done()
                assert target.read_bytes() == permit.read_bytes()
            remove = asked(ActionKind.REMOVE_FILE, order, target=name)
            assert isinstance(await staff.reach(remove), Parked)
            assert await carrier.reach(remove) == Done()
            assert isinstance(await carrier.reach(save), Parked)
            assert await carrier.reach(asked(ActionKind.LIST_FILES, order)) == Done()
            assert carrier.of(OrderSeen)[-1].files == ()

            huge = tmp_path / "huge.bin"
            with huge.open("wb") as out:
                out.truncate(10 * 1024 * 1024 + 1)
            assert isinstance(await carrier.reach(asked(ActionKind.ADD_FILE, order, path=str(huge))), Parked)
            gone = asked(ActionKind.ADD_FILE, order, path=str(tmp_path / "nowhere"))
            assert isinstance(await carrier.reach(gone), Parked)

    aio(story())


def test_orders_are_found_by_their_words(server: ServerProcess, aio: Aio) -> None:
    """By number and by address, with marks that would be an expression; in pages."""

    async def story() -> None:
        async with signed_in(server, DESK_EMAIL) as (staff,):
            order = newest(staff)
            find = Find(Lookup(kind=FindKind.ORDER, words=order.number or ""))
            assert await staff.reach(find) == Done()
            (hit,) = result(staff).hits
            assert (hit.remote_id, hit.title) == (order.remote_id, order.number)
            assert await staff.reach(Find(Lookup(kind=FindKind.ORDER, words="(["))) == Done()
            assert result(staff) == Result()
            assert await staff.reach(Find(Lookup(kind=FindKind.ORDER))) == Done()
            first = result(staff)
            assert len(first.hits) == 20 or not first.more

    aio(story())


def test_notifications_are_marked_and_deleted(server: ServerProcess, aio: Aio) -> None:
    """One, all, and gone; the page says the same afterwards."""

    async def story() -> None:
        async with signed_in(server, DESK_EMAIL) as (staff,):
            await staff.reach(FreshNotifications())
            seen = staff.of(NotificationSeen)
            assert seen
            one = seen[0]
            assert await staff.reach(asked(ActionKind.NOTICE_READ, target=one.remote_id)) == Done()
            assert await staff.reach(asked(ActionKind.NOTICES_READ)) == Done()
            staff.events.clear()
            await staff.reach(FreshNotifications())
            assert not [found for found in staff.of(NotificationSeen) if found.unread]
            assert await staff.reach(asked(ActionKind.NOTICE_DELETE, target=one.remote_id)) == Done()
            assert staff.of(NotificationSeen)[-1].gone
            staff.events.clear()
            await staff.reach(FreshNotifications())
            assert one.remote_id not in {found.remote_id for found in staff.of(NotificationSeen)}

    aio(story())
