"""The server of a replay: the recorded answers first, and behind them what the recording's state implies."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import socket
import time
from collections.abc import Awaitable, Callable
from typing import Any

import socketio
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from tests.replay.recording import Frame, Recording, Role

INVALID_TOKEN = "Authentication error: Invalid token"
FALLBACK_STATUS = "pending"


class Stub:
    """One server over one recording. `heard` is what the client did: ("emit", event, args) and requests."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.port = 0
        self.heard: list[tuple[str, str, Any]] = []
        self.sids: list[str] = []
        self.pushes_before_answer: list[Frame] = []
        self.tokens: set[str] = set()
        self._unused = {id(frame): frame for frame in recording.answers()}
        self._issued = 0
        self.orders = _orders(recording)
        self.messages = _messages(recording)
        self.newest_first = _newest_first(recording)
        self.notes: list[dict[str, Any]] = []
        self._server: uvicorn.Server | None = None
        self._serving: asyncio.Task[None] | None = None

    # -- life ----------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Listen, on the port of before if there was one."""
        self.sio = socketio.AsyncServer(
            async_mode="asgi",
            cors_allowed_origins=[],
            monitor_clients=False,
            ping_interval=0.1,
            ping_timeout=20,
        )
        self.sio.on("connect", self._connect)
        self.sio.on("disconnect", self._disconnect)
        self.sio.on("*", self._event)
        app = socketio.ASGIApp(self.sio, self._http())
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        self.port = listener.getsockname()[1]
        config = uvicorn.Config(app, log_config=None, lifespan="off", timeout_graceful_shutdown=1)
        self._server = uvicorn.Server(config)
        self._serving = asyncio.get_running_loop().create_task(self._server._serve(sockets=[listener]))
        while not self._server.started:
            await asyncio.sleep(0.005)

    async def stop(self) -> None:
        """Stop listening and drop every connection."""
        assert self._server is not None
        assert self._serving is not None
        for sid in list(self.sids):
            await self.sio.disconnect(sid)
        self._server.should_exit = True
        await self._serving
        self._server = None
        self.sids.clear()

    @property
    def running(self) -> bool:
        return self._server is not None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    # -- the socket ----------------------------------------------------------------------------------------

    async def _connect(self, sid: str, _environ: Any, auth: Any) -> None:
        token = auth.get("token") if isinstance(auth, dict) else None
        self.heard.append(("connect", "", token))
        if token not in self.tokens:
            raise socketio.exceptions.ConnectionRefusedError(INVALID_TOKEN)
        self.sids.append(sid)

    async def _disconnect(self, sid: str, *_reason: Any) -> None:
        if sid in self.sids:
            self.sids.remove(sid)

    async def _event(self, event: str, _sid: str, *args: Any) -> None:
        self.heard.append(("emit", event, args))

    async def push(self, frame: Frame) -> None:
        """Play one recorded event to every connection of the account."""
        event, payload = frame["event"], frame["args"][0]
        if event == "new-message":
            self._keep(payload["message"])
        elif event == "order-updated":
            order = self.orders.get(payload["orderId"])
            if order is not None:
                order["status"] = payload["update"]["order"].get("status", FALLBACK_STATUS)
        elif event == "notification":
            self.notes.insert(0, {**payload, "status": "unread", "unread": True})
        for sid in list(self.sids):
            await self.sio.emit(event, tuple(frame["args"]), to=sid)

    def joined(self) -> set[str]:
        """Rooms joined since the newest connection was made."""
        rooms: set[str] = set()
        for kind, event, said in self.heard:
            if kind == "connect":
                rooms = set()
            elif (kind, event) == ("emit", "join-order-room"):
                rooms.add(said[0])
        return rooms

    async def drop_links(self) -> None:
        """End every connection, the server staying."""
        for sid in list(self.sids):
            await self.sio.disconnect(sid)

    def _keep(self, record: dict[str, Any]) -> None:
        rows = self.messages.setdefault(record["orderId"], {})
        rows[record["id"]] = record

    # -- HTTP ----------------------------------------------------------------------------------------------

    def _http(self) -> Starlette:
        def on(path: str, method: str, answer: Callable[[Request], Awaitable[Response]]) -> Route:
            return Route(path, self._guarded(answer), methods=[method])

        routes = [
            on("/health", "GET", self._health),
            on("/api/authorization/login", "POST", self._login),
            on("/api/authorization/refresh-token", "POST", self._refresh),
            on("/api/authorization/logout", "POST", self._recorded_or(200, {"success": True, "data": None})),
            on("/api/orders/paginated", "GET", self._list),
            on("/api/orders/{number}", "GET", self._detail),
            on("/api/orders/{order}/status", "PUT", self._recorded_or(403, _error(403, "Access denied"))),
            on("/api/chat/messages", "POST", self._send),
            on("/api/chat/messages/{message}", "DELETE", self._delete),
            on("/api/chat/orders/{order}/messages", "GET", self._history),
            on("/api/notifications", "GET", self._notifications),
        ]
        return Starlette(routes=routes, exception_handlers={404: _not_found, 405: _not_found})

    def _guarded(
        self, answer: Callable[[Request], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def guarded(request: Request) -> Response:
            body = await request.body()
            self.heard.append((request.method, request.url.path, json.loads(body) if body else None))
            if not request.url.path.startswith(("/health", "/api/authorization/")):
                _, _, token = request.headers.get("authorization", "").partition(" ")
                if token not in self.tokens:
                    return JSONResponse(_error(401, "Invalid token"), 401)
            return await answer(request)

        return guarded

    def take(self, method: str, path: str, role: Role | None = None, **wanted: Any) -> Frame | None:
        """The first unused recorded answer to such a request; `wanted` are fields of its body."""
        for key, frame in self._unused.items():
            body = frame["request_body"] if isinstance(frame["request_body"], dict) else {}
            fits = (frame["method"], frame["path"]) == (method, path)
            fits = fits and role in {None, self.recording.role(frame)}
            if fits and all(body.get(name) == value for name, value in wanted.items()):
                del self._unused[key]
                return frame
        return None

    def issue(self, *, lasting: bool = True) -> str:
        """A token of A, as the platform makes them; each is another."""
        self._issued += 1
        now = int(time.time())
        claims = {
            "userId": self.recording.user_id,
            "id": self.recording.user_id,
            "role": "user",
            "email": self.recording.login,
            "iat": now,
            "exp": now + (3_600 if lasting else 7 * 86_400),
            "n": self._issued,
        }
        parts = [
            base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in ({}, claims)
        ]
        token = ".".join([*parts, "signature"])
        self.tokens.add(token)
        return token

    async def _health(self, _request: Request) -> Response:
        return JSONResponse({"status": "ok", "message": "Server is running"})

    async def _login(self, request: Request) -> Response:
        sent = await request.json()
        frame = self.take("POST", request.url.path, email=sent["email"], password=sent["password"])
        if frame is None:
            return JSONResponse(_error(400, "Invalid email or password"), 400)
        if frame["status"] != 200:
            return JSONResponse(frame["response_body"], frame["status"])
        data = {"accessToken": self.issue(), "refreshToken": self.issue(lasting=False)}
        return JSONResponse({**frame["response_body"], "data": data})

    async def _refresh(self, request: Request) -> Response:
        sent = await request.json()
        if sent.get("refreshToken") not in self.tokens:
            return JSONResponse(_error(400, "Invalid refresh token"), 400)
        return JSONResponse({"status": 200, "success": True, "data": {"accessToken": self.issue()}})

    def _recorded_or(self, status: int, body: dict[str, Any]) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            frame = self.take(request.method, request.url.path)
            if frame is not None:
                return JSONResponse(frame["response_body"], frame["status"])
            return JSONResponse(body, status)

        return answer

    async def _list(self, request: Request) -> Response:
        query = request.query_params
        if "search" not in query:
            return JSONResponse(_error(500, "$regex has to be a string"), 500)
        wanted = set(query.getlist("status[]"))
        rows = [order for order in self.orders.values() if order["status"] in wanted]
        rows.sort(key=lambda order: order["createdAt"], reverse=True)
        return _page(rows, int(query["page"]), int(query["limit"]))

    async def _detail(self, request: Request) -> Response:
        number = request.path_params["number"]
        frame = self.take("GET", request.url.path)
        if frame is not None and frame["status"] == 200:
            return JSONResponse(frame["response_body"])
        order = next((one for one in self.orders.values() if one["orderNumber"] == number), None)
        if order is None:
            return JSONResponse(_error(404, "Order not found"), 404)
        return JSONResponse(
            {"status": 200, "success": True, "data": {**order, "userId": self.recording.user_id}}
        )

    async def _send(self, request: Request) -> Response:
        sent = await request.json()
        frame = self.take("POST", request.url.path, Role.SEND, **sent)
        if frame is None:
            record = self._stored(sent)
            self._keep(record)
            return JSONResponse({"status": 200, "success": True, "data": record}, 201)
        if frame["status"] == 201:
            self._keep(frame["response_body"]["data"])
        pushes, self.pushes_before_answer = self.pushes_before_answer, []
        for push in pushes:
            await self.push(push)
        return JSONResponse(frame["response_body"], frame["status"])

    def _stored(self, sent: dict[str, Any]) -> dict[str, Any]:
        """A message that the recorder did not store: under an id of our own, at the recording's own time."""
        newest = max(
            (row["createdAt"] for rows in self.messages.values() for row in rows.values()), default=""
        )
        self._issued += 1
        return {
            "id": f"ffffffff{self._issued:016x}",
            "orderId": sent["orderId"],
            "message": sent["message"],
            "messageType": "text",
            "senderType": "user",
            "isRead": False,
            "createdAt": newest or "2026-01-01T00:00:00.000Z",
            "updatedAt": newest or "2026-01-01T00:00:00.000Z",
            "user": {"id": self.recording.user_id, "email": self.recording.login},
        }

    async def _delete(self, request: Request) -> Response:
        message = request.path_params["message"]
        frame = self.take("DELETE", request.url.path)
        if frame is None:
            return JSONResponse(_error(404, "Message not found"), 404)
        if frame["status"] == 200:
            for rows in self.messages.values():
                rows.pop(message, None)
        return JSONResponse(frame["response_body"], frame["status"])

    async def _history(self, request: Request) -> Response:
        query = request.query_params
        page, limit = int(query.get("page", "1")), int(query.get("limit", "50"))
        if page == 1 and (frame := self._recorded_trouble(request)) is not None:
            if frame["status"] == 401:  # this token has run out; the socket lives on
                self.tokens.discard(request.headers["authorization"].partition(" ")[2])
            return JSONResponse(frame["response_body"], frame["status"])
        order = request.path_params["order"]
        if order not in self.orders:
            return JSONResponse(_error(404, "Order not found or access denied"), 404)
        rows = sorted(self.messages.get(order, {}).values(), key=lambda row: (row["createdAt"], row["id"]))
        if self.newest_first:
            rows.reverse()
        return _page(rows, page, limit)

    def _recorded_trouble(self, request: Request) -> Frame | None:
        """An error that the recording gave to such a read: given once, in its place."""
        for key, frame in self._unused.items():
            if frame["path"] != request.url.path or frame["method"] != "GET" or frame["status"] == 200:
                continue
            asked = frame.get("query") or {}
            if self.recording.is_ours_to_ask(frame) and asked.get("page", "1") == "1":
                del self._unused[key]
                return frame
        return None

    async def _notifications(self, request: Request) -> Response:
        query = request.query_params
        rows = {note["id"]: note for note in self.notes}
        for frame in self.recording.answers(Role.AUTO):
            if frame["path"] == request.url.path and frame["status"] == 200:
                rows = {**{note["id"]: note for note in frame["response_body"]["data"]}, **rows}
        return _page(list(rows.values()), int(query["page"]), int(query["limit"]))


# -- what a recording implies ------------------------------------------------------------------------------


def _orders(recording: Recording) -> dict[str, dict[str, Any]]:
    """A's orders: those that A's own requests reached, by id."""
    ids = {order for order, _ in recording.histories()}
    ids |= {
        frame["request_body"]["orderId"] for frame in recording.answers(Role.SEND) if frame["status"] == 201
    }
    ids |= {frame["args"][0]["orderId"] for frame in recording.pushes() if "orderId" in frame["args"][0]}
    ids |= {
        frame["args"][0]["metadata"]["orderId"]
        for frame in recording.pushes()
        if frame["event"] == "notification" and "orderId" in frame["args"][0].get("metadata", {})
    }
    ids |= {
        frame["args"][0]
        for frame in recording.frames
        if frame["channel"] == "socket"
        and frame["dir"] == "out"
        and frame["event"] not in {"connect", "disconnect"}
    }
    known = json.dumps(recording.everything)
    found: dict[str, dict[str, Any]] = {}
    for order in sorted(ids):
        found[order] = {
            "id": order,
            "orderNumber": _number_of(order, known),
            "createdAt": "2026-01-01T00:00:00.000Z",
            "originAddress": "Austin, TX",
            "destinationAddress": "Dallas, TX",
            "truckId": "TRK-7",
            "status": FALLBACK_STATUS,
            "createdBy": recording.login,
        }
    for frame in recording.answers(Role.AUTO):
        if frame["path"] == "/api/orders/paginated" and frame["status"] == 200:
            found.update({item["id"]: dict(item) for item in frame["response_body"]["data"]})
    return found


def _number_of(order: str, known: str) -> str:
    """The number that goes with an id anywhere in the recording; else one made from the id."""
    near = re.search(order + r'"[^{}]{0,120}?(ORD-\d{6})', known) or re.search(
        r"(ORD-\d{6})[^{}]{0,120}?" + order, known
    )
    nested = re.search(order + r'"\}, "actionUrl": "/dashboard/orders/(ORD-\d{6})', known)
    match = nested or near
    return match[1] if match else f"ORD-{int(order[-6:], 16) % 1_000_000:06d}"


def _messages(recording: Recording) -> dict[str, dict[str, dict[str, Any]]]:
    """Messages that were there before A did anything: in A's reads, but neither pushed to A nor sent by A."""
    later = {
        frame["args"][0]["message"]["id"] for frame in recording.pushes() if frame["event"] == "new-message"
    }
    later |= {
        frame["response_body"]["data"]["id"]
        for frame in recording.answers(Role.SEND)
        if frame["status"] == 201
    }
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for order, frame in recording.histories():
        for record in frame["response_body"]["data"]:
            if record["id"] not in later:
                found.setdefault(order, {})[record["id"]] = record
    return found


def _newest_first(recording: Recording) -> bool:
    """Whether a page of the recording is falling in time."""
    for _, frame in recording.histories():
        times = [record["createdAt"] for record in frame["response_body"]["data"]]
        if len(times) > 1 and times[0] != times[-1]:
            return bool(times[0] > times[-1])
    return False


def _page(rows: list[Any], page: int, limit: int) -> Response:
    meta = {
        "totalItems": len(rows),
        "totalPages": -(-len(rows) // limit),
        "currentPage": page,
        "itemsPerPage": limit,
    }
    data = rows[(page - 1) * limit : page * limit]
    return JSONResponse({"status": 200, "success": True, "meta": meta, "data": data})


def _error(status: int, message: str) -> dict[str, Any]:
    return {"status": status, "success": False, "message": message, "data": {}}


async def _not_found(request: Request, _exc: Exception) -> Response:
    return HTMLResponse(f"<!DOCTYPE html><pre>Cannot {request.method} {request.url.path}</pre>", 404)
