"""The engine over real sockets: the same small server, behind Socket.IO and HTTP on loopback."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
import socketio

from chatdesk.domain.facts import AccountFacts
from chatdesk.domain.goals import SignIn
from chatdesk.domain.kinds import ConnectionState, DeliveryState, Platform
from chatdesk.domain.steps import Call
from chatdesk.platforms.fakomame.plugin import PLUGIN
from chatdesk.sync.clock import SystemClock
from chatdesk.sync.visit import Visit
from tests.conftest import Aio
from tests.platforms.fakomame.paper import CHAT, ME, MY_MAIL
from tests.platforms.fakomame.server import FakoServer
from tests.platforms.fakomame.shop import Shop
from tests.platforms.wire_server import SioServer, asgi
from tests.sync.virtual import until


class WireServer(FakoServer):
    """The small server with a real front."""

    def __init__(self) -> None:
        super().__init__(SystemClock())
        self.front = SioServer()
        self.front.sio.on("*", self._heard)
        self.app = socketio.ASGIApp(self.front.sio, self._http)
        self.headers: list[dict[str, str]] = []
        self.absent = 404
        """What the path of the socket answers where no socket server is."""

    async def _heard(self, event: str, _sid: str, args: Any = None) -> None:
        self.receive(event, args)

    def push(self, event: str, payload: Any) -> None:
        task = asyncio.get_running_loop().create_task(self.front.sio.emit(event, payload))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _http(self, scope: Any, receive: Any, send: Any) -> None:
        first = await receive()
        if scope["type"] == "websocket":
            await send({"type": "websocket.close"})
            return
        body = first.get("body") or b"null"
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        self.headers.append(headers)
        call = Call(
            method=scope["method"],
            path=scope["path"],
            query=tuple(parse_qsl(scope["query_string"].decode())),
            body=json.loads(body),
            headers=tuple(headers.items()),
        )
        absent = scope["path"].startswith("/socket.io")
        status, answer = (self.absent, None) if absent else self.call(call)
        kind = [(b"content-type", b"text/html" if answer is None else b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": kind})
        text = b"" if answer is None else json.dumps(answer).encode()
        await send({"type": "http.response.body", "body": text})


@pytest.mark.shows("fakomame", "send", "yes")
def test_a_day_at_the_desk_over_real_sockets(aio: Aio, tmp_path: Path) -> None:
    """Connect, join, read, hear, send: each on the wire as the platform has it, and once."""

    async def story() -> None:
        server = WireServer()
        async with asgi(server.app) as port:
            url = f"http://127.0.0.1:{port}"
            client = PLUGIN.make_client(url, PLUGIN.adapter.limits)
            async with Shop(tmp_path, server=server, client=client, url=url) as shop:
                assert await shop.texts() == ["hello", "are you there?"]
                server.says(CHAT, "still there?")
                await until(lambda: len(server.chats[CHAT]) == 3, what="three messages")
                await shop.settled(await shop.press("on my way"))
                shown = [(one.text, one.state) for one in await shop.messages()]
                assert [text for text, _ in shown] == ["hello", "are you there?", "still there?", "on my way"]
                assert shown[-1][1] is DeliveryState.ACCEPTED
                assert server.texts(CHAT) == ["on my way"]
                assert [set(one) for one in server.front.auths] == [{"token"}]
                assert "HTTP_ORIGIN" not in server.front.environs[0]
                assert all("origin" not in one for one in server.headers)
                assert server.strangers == 0

    aio(story())


@pytest.mark.shows("fakomame", "polling", "yes")
@pytest.mark.parametrize("status", [404, 200])
def test_a_server_without_a_socket_server(aio: Aio, tmp_path: Path, status: int) -> None:
    """Its path answers 404, or nothing at all: the same day goes by requests alone."""

    async def story() -> None:
        server = WireServer()
        server.absent = status
        async with asgi(server._http, interface="asgi3") as port:
            url = f"http://127.0.0.1:{port}"
            client = PLUGIN.make_client(url, PLUGIN.adapter.limits)
            async with Shop(tmp_path, server=server, client=client, url=url) as shop:
                await until(lambda: shop.status.connection is ConnectionState.POLLING, what="polling")
                await shop.settled(await shop.press("on my way"))
                assert server.texts(CHAT) == ["on my way"]
                assert await shop.texts() == ["hello", "are you there?", "on my way"]

    aio(story())


@pytest.mark.shows("fakomame", "token_renewal", "yes")
def test_sign_in_and_renewal_over_plain_http(aio: Aio) -> None:
    """The login names the account by a second request; the refresh goes by a Cookie header set by hand."""

    async def story() -> None:
        server = WireServer()
        async with asgi(server.app) as port:
            url = f"http://127.0.0.1:{port}"
            who = AccountFacts(server_url=url, login=MY_MAIL)
            async with Visit(PLUGIN, who, server.clock) as visit:
                check = await visit.check()
                assert (check.reachable, check.problem) == (True, "")
            async with Visit(PLUGIN, who, server.clock) as visit:
                facts = await visit.sign_in(SignIn("right"))
                assert (facts.account.user_id, facts.account.name) == (ME, "Sender Alpha")
            assert server.seen["GET /auth/me"] == 1
            client = PLUGIN.make_client(url, PLUGIN.adapter.limits)
            heard: list[Any] = []
            client.listener = heard.append
            cookie = (("Cookie", f"refreshToken={facts.account.secrets.refresh}"),)
            await client.perform(1, Call(method="POST", path="/api/auth/refresh", headers=cookie))
            await client.close()
            assert heard[-1].status == 200
            assert PLUGIN.platform is Platform.FAKOMAME

    aio(story())
