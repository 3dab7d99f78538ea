"""The engine over real sockets: the same small server, behind Socket.IO and HTTP on loopback."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import socketio

from chatdesk.domain.kinds import DeliveryState
from chatdesk.domain.steps import Call
from chatdesk.platforms.omw.plugin import PLUGIN
from chatdesk.sync.clock import SystemClock
from tests.conftest import Aio
from tests.platforms.omw.server import OmwServer
from tests.platforms.omw.shop import Shop
from tests.platforms.wire_server import SioServer, asgi
from tests.sync.virtual import until


class WireServer(OmwServer):
    """The small server with a real front."""

    def __init__(self) -> None:
        super().__init__(SystemClock())
        self.front = SioServer()
        self.front.sio.on("*", self._heard)
        self.app = socketio.ASGIApp(self.front.sio, self._http)

    async def _heard(self, event: str, _sid: str, args: dict[str, Any]) -> None:
        self.receive(event, args)

    def push(self, event: str, payload: Any) -> None:
        task = asyncio.get_running_loop().create_task(self.front.sio.emit(event, payload))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _http(self, scope: Any, receive: Any, send: Any) -> None:
        body = (await receive()).get("body") or b"null"
        query = [pair.split("=") for pair in scope["query_string"].decode().split("&") if pair]
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        token = (("Authorization", headers["authorization"]),) if "authorization" in headers else ()
        call = Call(
            method=scope["method"],
            path=scope["path"],
            query=tuple((name, value) for name, value in query),
            body=json.loads(body),
            headers=token,
            note=scope["path"].rsplit("/", 1)[-1],
        )
        assert "origin" not in headers
        status, answer = self.call(call)
        kind = [(b"content-type", b"application/json; charset=utf-8")]
        await send({"type": "http.response.start", "status": status, "headers": kind})
        await send({"type": "http.response.body", "body": json.dumps(answer).encode()})


def test_a_day_at_the_desk_over_real_sockets(aio: Aio, tmp_path: Path) -> None:
    """Connect, join, read, hear, send: each on the wire as the platform has it, and once."""

    async def story() -> None:
        server = WireServer()
        async with asgi(server.app) as port:
            url = f"http://127.0.0.1:{port}"
            client = PLUGIN.make_client(url, PLUGIN.adapter.limits)
            async with Shop(tmp_path, server=server, client=client, url=url) as shop:
                assert [one.text for one in await shop.messages()] == ["hello", "are you there?"]
                server.says(41, "still there?")
                server.send_errors = ["Failed to send message"]
                await shop.settled(await shop.press("on my way"))
                await until(lambda: len(server.sessions[41]) == 4, what="four messages")
                shown = [(one.text, one.state) for one in await shop.messages()]
                assert [text for text, _ in shown] == ["hello", "are you there?", "still there?", "on my way"]
                assert shown[-1][1] is DeliveryState.ACCEPTED
                assert server.texts() == ["on my way"]
                assert set(server.front.auths[0]) == {"token"}
                assert "HTTP_ORIGIN" not in server.front.environs[0]

    aio(story())
