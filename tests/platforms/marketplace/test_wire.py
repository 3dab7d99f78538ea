"""The engine over real sockets: the same small marketplace, behind Socket.IO and HTTP on loopback."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
import socketio

from chatdesk.domain.actions import Action, ActionKind
from chatdesk.domain.kinds import Assurance, DeliveryState
from chatdesk.domain.steps import Call
from chatdesk.platforms.marketplace.plugin import PLUGIN
from chatdesk.sync.clock import SystemClock
from tests.conftest import Aio
from tests.platforms.marketplace.paper import ME, OTHER
from tests.platforms.marketplace.server import MarketServer
from tests.platforms.marketplace.shop import Shop
from tests.platforms.wire_server import SioServer, asgi
from tests.sync.virtual import until


class WireServer(MarketServer):
    """The small marketplace with a real front."""

    def __init__(self, *, stores: bool) -> None:
        super().__init__(SystemClock(), stores=stores)
        self.front = SioServer()
        self.front.sio.on("*", self._heard)
        self.app = socketio.ASGIApp(self.front.sio, self._http)

    async def _heard(self, event: str, _sid: str, *args: Any) -> None:
        self.receive(event, args)

    def push(self, event: str, payload: Any) -> None:
        task = asyncio.get_running_loop().create_task(self.front.sio.emit(event, payload))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _http(self, scope: Any, receive: Any, send: Any) -> None:
        body = (await receive()).get("body") or b"null"
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        token = (("Authorization", headers["authorization"]),) if "authorization" in headers else ()
        call = Call(
            method=scope["method"],
            path=scope["path"],
            query=tuple(parse_qsl(scope["query_string"].decode())),
            body=json.loads(body),
            headers=token,
            note="send" if scope["path"].endswith("/send") else scope["path"],
        )
        assert "origin" not in headers
        found = self.call(call)
        assert found is not None
        status, answer = found
        page = isinstance(answer, str)
        kind = b"text/html; charset=utf-8" if page else b"application/json; charset=utf-8"
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", kind)]})
        payload = answer.encode() if page else json.dumps(answer).encode()
        await send({"type": "http.response.body", "body": payload})


@pytest.mark.parametrize("stores", [True, False])
def test_a_day_at_the_desk_over_real_sockets(aio: Aio, tmp_path: Path, stores: bool) -> None:
    """Connect, register, read, hear, send: on the wire as the platform has it, once, and it survives us."""

    async def story() -> None:
        server = WireServer(stores=stores)
        if stores:
            server.store(OTHER, ME, "hello")
        async with asgi(server.app) as port:
            url = f"http://127.0.0.1:{port}"
            client = PLUGIN.make_client(url, PLUGIN.adapter.limits)
            async with Shop(tmp_path, server=server, client=client, url=url) as shop:
                await until(lambda: server.registered == ME, what="registered")
                await shop.engine.act(Action(kind=ActionKind.START_CHAT, person=OTHER, person_kind="Buyer"))
                server.comes()
                await shop.settled(await shop.press("on my way"))
                if stores:
                    server.says("good")
                else:
                    server.hands_over("local-1", "good")
                await until(lambda: server.seen["send"], what="a send")

                async def shown() -> list[tuple[str, DeliveryState, Assurance | None]]:
                    return [(one.text, one.state, one.assurance) for one in await shop.messages()]

                for _ in range(500):
                    if any(text == "good" for text, _, _ in await shown()):
                        break
                    await asyncio.sleep(0.01)
                assurance = Assurance.STORED if stores else Assurance.RELAYED
                before = [("hello", DeliveryState.ACCEPTED, None)] if stores else []
                assert await shown() == [
                    *before,
                    ("on my way", DeliveryState.ACCEPTED, assurance),
                    ("good", DeliveryState.ACCEPTED, None),
                ]
                assert server.texts() == (["on my way"] if stores else [])
                assert [one["message"] for one in server.relayed] == ([] if stores else ["on my way"])
                assert set(server.front.auths[0]) == {"token"}
                assert "HTTP_ORIGIN" not in server.front.environs[0]
                assert not server.died

    aio(story())
