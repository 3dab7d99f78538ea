"""The adapter and its client against the real reference server, over real sockets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from chatdesk.domain.events import (
    OrderSeen,
)
from chatdesk.domain.ids import Cursor, new_outgoing_id
from chatdesk.domain.kinds import Platform
from chatdesk.domain.ports import (
    Connected,
    FreshHead,
    FreshLists,
    FreshNotifications,
    FreshOrder,
    Joined,
    MarkRead,
    Probe,
    SendText,
    SignIn,
    SignOut,
    Typing,
)
from chatdesk.platforms.registry import plugin
from tests.conftest import Aio
from tests.platforms.desk import Desk
from tests.server.process import ServerProcess

PASSWORD = "Demo-Passw0rd!"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with ServerProcess(tmp_path_factory.mktemp("server") / "data", seed="demo") as running:
        yield running


def desk_at(url: str, login: str) -> Desk:
    spoken = plugin(Platform.DISPATCHER)
    assert spoken is not None
    return Desk(spoken.adapter, spoken.make_client(url, spoken.adapter.limits), url, login)


def test_x(server: ServerProcess, aio: Aio, tmp_path: Path) -> None:
    async def story() -> None:
        from chatdesk.server.demo import cast

        desk = desk_at(server.url, cast.DESK_EMAIL)
        print(await desk.reach(SignIn(cast.PASSWORD)))
        print(await desk.reach(Connected()))
        print(await desk.reach(Probe()))
        print(await desk.reach(FreshLists()))
        print(desk.events[-8:])
        order = desk.of(OrderSeen)[0]
        print(await desk.reach(FreshOrder(order.remote_id, order.number or "")))
        print(desk.events[-1])
        print(await desk.reach(Joined(order.remote_id)))
        print(await desk.reach(FreshHead(order.remote_id)))
        print(desk.events[-2:])
        print(await desk.reach(SendText(order.remote_id, new_outgoing_id(), new_outgoing_id(), "hello")))
        print(desk.events[-4:])
        print(await desk.reach(MarkRead(order.remote_id, Cursor("1"))))
        print(await desk.reach(FreshNotifications()))
        print(await desk.reach(Typing(order.remote_id, True)))
        print(desk.client.last_heard_ms())
        print(await desk.reach(SignOut()))
        await desk.client.close()

    aio(story())
