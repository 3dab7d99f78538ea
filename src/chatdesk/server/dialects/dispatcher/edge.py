"""The outermost layer: what Engine.IO must not see, and its refusals in the platform's words."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chatdesk.wire.dispatcher import names

ENGINE_PACKETS = "0123456"
PROTOCOL = "4"
UNSUPPORTED = {"code": 5, "message": "Unsupported protocol version"}
UNKNOWN_SESSION = {"code": 1, "message": "Session ID unknown"}


class Edge:
    """Wraps the application; `engine` is the Engine.IO server, asked for the sessions it knows."""

    def __init__(self, app: ASGIApp, engine: Any) -> None:
        self._app = app
        self._engine = engine

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request or connection, as ASGI has it."""
        if scope["type"] == "websocket":
            await self._app(scope, _checked(receive), send)
            return
        if scope["type"] == "http" and scope["path"].startswith(names.SOCKET_PATH.rstrip("/")):
            query = parse_qs(scope["query_string"].decode("latin-1"))
            refusal = None
            if query.get("EIO") != [PROTOCOL]:
                refusal = UNSUPPORTED
            elif "sid" in query and query["sid"][0] not in self._engine.sockets:
                refusal = UNKNOWN_SESSION
            if refusal is not None:
                await JSONResponse(refusal, 400)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _checked(receive: Receive) -> Receive:
    """Ends a websocket at the first frame that is no Engine.IO packet, before it can trip the library."""

    async def checked() -> Message:
        message = await receive()
        if message["type"] == "websocket.receive":
            text = message.get("text")
            if text is not None and text[:1] not in set(ENGINE_PACKETS):
                return {"type": "websocket.disconnect", "code": 1002}
        return message

    return checked
