"""The engine over real sockets: the same small server, behind Socket.IO, HTTP and a stream on loopback."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import socketio

from chatdesk.domain.kinds import DeliveryState
from chatdesk.domain.steps import Call
from chatdesk.platforms.steppergo.plugin import PLUGIN
from chatdesk.sync.clock import SystemClock
from tests.conftest import Aio
from tests.platforms.steppergo.paper import TRIP
from tests.platforms.steppergo.server import StepperGoServer
from tests.platforms.steppergo.shop import Shop
from tests.platforms.wire_server import SioServer, asgi
from tests.sync.virtual import until

STREAM = "/api/realtime/trip-status/"


class WireServer(StepperGoServer):
    """The small server with a real front."""

    def __init__(self) -> None:
        super().__init__(SystemClock())
        self.front = SioServer(path="api/socket")
        self.front.sio.on("*", self._heard)
        self.app = socketio.ASGIApp(self.front.sio, self._http, socketio_path="api/socket")
        self.paths: list[str] = []
        self.outlets: dict[str, asyncio.Queue[str]] = {}

    async def _heard(self, event: str, _sid: str, args: dict[str, Any]) -> None:
        self.receive(event, args)

    def push(self, event: str, payload: Any) -> None:
        task = asyncio.get_running_loop().create_task(self.front.sio.emit(event, payload))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def stream(self, trip: str, payload: Any) -> None:
        self.outlets[STREAM + trip].put_nowait(f"data: {json.dumps(payload)}\n\n")

    async def _http(self, scope: Any, receive: Any, send: Any) -> None:
        body = (await receive()).get("body") or b"null"
        path = scope["path"]
        self.paths.append(path)
        query = [pair.split("=") for pair in scope["query_string"].decode().split("&") if pair]
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        assert "origin" not in headers
        if path.startswith(STREAM):
            await self._outlet(path, receive, send)
            return
        token = (("Authorization", headers["authorization"]),) if "authorization" in headers else ()
        call = Call(
            method=scope["method"],
            path=path,
            query=tuple((name, value) for name, value in query),
            body=json.loads(body),
            headers=token,
            note=path.rsplit("/", 1)[-1],
        )
        status, answer = self.call(call)
        kind = [(b"content-type", b"application/json; charset=utf-8")]
        await send({"type": "http.response.start", "status": status, "headers": kind})
        await send({"type": "http.response.body", "body": json.dumps(answer).encode()})

    async def _outlet(self, path: str, receive: Any, send: Any) -> None:
        outlet = self.outlets[path] = asyncio.Queue()
        self.streams.add(path)
        outlet.put_nowait('data: {"type":"connected","currentStatus":"IN_PROGRESS"}\n\n')
        kind = [(b"content-type", b"text/event-stream")]
        await send({"type": "http.response.start", "status": 200, "headers": kind})
        gone = asyncio.ensure_future(receive())
        try:
            while not gone.done():
                chunk = asyncio.ensure_future(outlet.get())
                await asyncio.wait({chunk, gone}, return_when=asyncio.FIRST_COMPLETED)
                if not chunk.done():
                    chunk.cancel()
                    break
                await send({"type": "http.response.body", "body": chunk.result().encode(), "more_body": True})
        finally:
            self.streams.discard(path)
            gone.cancel()


def test_a_day_at_the_desk_over_real_sockets(aio: Aio, tmp_path: Path) -> None:
    """Connect, join, read, hear, send, follow a trip: each on the wire as the platform has it, and once."""

    async def story() -> None:
        server = WireServer()
        async with asgi(server.app) as port:
            url = f"http://127.0.0.1:{port}"
            client = PLUGIN.make_client(url, PLUGIN.adapter.limits)
            async with Shop(tmp_path, server=server, client=client, url=url) as shop:
                assert [one.text for one in await shop.messages()] == ["hello", "are you there?"]
                server.says(TRIP, "still there?")
                await until(lambda: server.seen["join:conversation"], what="a join")
                await shop.settled(await shop.press("on my way"))
                assert server.texts() == ["on my way"]
                shown = [(one.text, one.state) for one in await shop.messages()]
                assert [text for text, _ in shown] == ["hello", "are you there?", "still there?", "on my way"]
                assert shown[-1][1] is DeliveryState.ACCEPTED
                assert set(server.front.auths[0]) == {"token"}
                assert server.front.environs[0]["PATH_INFO"] == "/api/socket/"
                assert "HTTP_ORIGIN" not in server.front.environs[0]
                assert "/api/socket" not in server.paths
                shop.engine.opened(TRIP, TRIP, TRIP)
                await until(lambda: server.streams, what="a stream")
                server.trips[TRIP]["status"] = "DEPARTED"
                server.stream(TRIP, {"type": "status_update", "newStatus": "CANCELLED"})
                while (await shop.order()).status != "DEPARTED":
                    await asyncio.sleep(0.02)
                shop.engine.look_away()
                await until(lambda: not server.streams, what="no stream")

    aio(story())
