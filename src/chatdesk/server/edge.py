"""The outermost layer: what Engine.IO must not see, and its refusals in the platform's words."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ENGINE_PACKETS = "0123456"
PROTOCOL = "4"
UNSUPPORTED = {"code": 5, "message": "Unsupported protocol version"}
TAKEN = b"ok"
TAKEN_TYPE = b"text/html"
TAKEN_BY_LIBRARY = b"OK"
UNKNOWN_SESSION = {"code": 1, "message": "Session ID unknown"}


class Edge:
    """Parts the socket at `path` from the routes; `engine` is asked for the sessions it knows.

    `bare`: the path without its last slash is the socket's too, not a route's.
    """

    def __init__(self, sockets: ASGIApp, rest: ASGIApp, engine: Any, path: str, *, bare: bool) -> None:
        self._sockets = sockets
        self._rest = rest
        self._engine = engine
        self._path = path
        self._bare = path.rstrip("/") if bare else path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request or connection, as ASGI has it."""
        if scope["type"] == "websocket":
            await self._sockets(scope, _checked(receive), send)
            return
        if scope["type"] != "http" or not self._is_socket(scope["path"]):
            await self._rest(scope, receive, send)
            return
        query = parse_qs(scope["query_string"].decode("latin-1"))
        refusal = None
        if query.get("EIO") != [PROTOCOL]:
            refusal = UNSUPPORTED
        elif "sid" in query and query["sid"][0] not in self._engine.sockets:
            refusal = UNKNOWN_SESSION
        if refusal is not None:
            await JSONResponse(refusal, 400)(scope, receive, send)
            return
        await self._sockets(scope, receive, _worded(send) if scope["method"] == "POST" else send)

    def _is_socket(self, path: str) -> bool:
        return path == self._bare or path.startswith(self._path)


def _worded(send: Send) -> Send:
    """Says that packets were taken as the platforms' own library does; ours words it otherwise."""

    async def worded(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] == 200:
            headers = [
                (name, TAKEN_TYPE if name.lower() == b"content-type" else value)
                for name, value in message["headers"]
            ]
            message = {**message, "headers": headers}
        elif message["type"] == "http.response.body" and message.get("body") == TAKEN_BY_LIBRARY:
            message = {**message, "body": TAKEN}
        await send(message)

    return worded


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
