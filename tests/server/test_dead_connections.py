"""What a server does with connections whose other end has vanished without a word."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from engineio.async_socket import AsyncSocket
from socketio import exceptions
from sqlalchemy import select

from chatdesk.server.chat_server import ChatServer
from chatdesk.server.core.access import Actor, actor_of
from chatdesk.server.core.service import Ground
from chatdesk.server.core.tables import User
from chatdesk.server.demo.seats import SEATS
from chatdesk.server.dialect import Choices, Variant
from chatdesk.server.registry import DIALECTS
from tests.conftest import Aio

LONG_AGO_S = 1.0
ROOM = "a room"


async def _dead(server: ChatServer, user_id: str) -> str:
    """A connection of somebody that owes the answer to a ping since long ago; its id."""
    sio = server._sio
    socket = AsyncSocket(sio.eio, "vanished")
    socket.connected = True
    socket.last_ping = LONG_AGO_S
    sio.eio.sockets["vanished"] = socket
    sid: str = await sio.manager.connect("vanished", "/")
    server.core.presence.connect(sid, user_id)
    await sio.enter_room(sid, ROOM)
    return sid


@pytest.mark.parametrize("platform", list(DIALECTS))
def test_a_push_that_finds_a_connection_dead_holds_nobody_up(tmp_path: Path, aio: Aio, platform: str) -> None:
    """The push follows a write; the next write is not kept waiting, and the person counts as gone."""

    async def story() -> None:
        dialect = DIALECTS[platform]
        server = dialect.build(Ground(tmp_path), Choices(), Variant.PROMISED)
        await server.open()
        assert dialect.seed is not None
        await dialect.seed(server.core)
        database, sio = server.core.database, server._sio
        async with database.reading() as look:
            mine = User.platform == platform, User.email == SEATS[platform].desk
            user = (await look.scalars(select(User).where(*mine))).one()
        await _dead(server, user.id)
        async with asyncio.timeout(20):
            async with database.writing() as session:
                session.after_commit(lambda: sio.emit("news", {}, room=ROOM))
            assert not server.core.presence.is_online(user.id)
            async with database.writing():
                pass
        await server.close()

    aio(story())


@pytest.mark.parametrize("when", ["while its token is looked up", "while the others are told"])
@pytest.mark.parametrize("platform", list(DIALECTS))
def test_who_goes_while_knocking_is_not_there(
    tmp_path: Path, aio: Aio, platform: str, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The link ends before it was let in: nobody counts as online who can never be seen to leave."""

    async def story() -> None:
        dialect = DIALECTS[platform]
        server = dialect.build(Ground(tmp_path), Choices(), Variant.PROMISED)
        await server.open()
        assert dialect.seed is not None
        await dialect.seed(server.core)
        async with server.core.database.reading() as look:
            mine = User.platform == platform, User.email == SEATS[platform].desk
            user = (await look.scalars(select(User).where(*mine))).one()
        sio = server._sio
        knock = sio.handlers["/"]["connect"]
        link = sio.eio.sockets["vanishing"] = AsyncSocket(sio.eio, "vanishing")

        async def holder(_environ: object, _auth: object) -> Actor:
            link.closed = when == "while its token is looked up"
            return actor_of(user, user.role)

        async def arrived(_sid: str, _actor: Actor, *, first: bool) -> None:
            assert first
            assert server.core.presence.is_online(user.id)
            link.closed = True

        monkeypatch.setattr(knock.__self__, "holder", holder)
        monkeypatch.setattr(knock.__self__, "arrived", arrived)
        with pytest.raises(exceptions.ConnectionRefusedError) as refused:
            await knock(await sio.manager.pre_connect("vanishing", "/"), {}, None)
        assert "gone" in str(refused.value.error_args)
        assert not server.core.presence.is_online(user.id)
        await server.close()

    aio(story())
