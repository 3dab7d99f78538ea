"""The socket's side of a dialect: connections, presence, guarded events, typing that ends by itself."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any

import socketio

from chatdesk.server.core.access import Actor
from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.presence import Departure
from chatdesk.server.core.service import Core
from chatdesk.server.web import BadRequest, bearer, log_bug

INVALID_NAMESPACE = "Invalid namespace"
GONE = "gone"
AUTH_TOKEN_FIELD = "token"


class Missing:
    """Stands for the payload of an event that came without one; `None` is a payload."""


MISSING = Missing()

Handler = Callable[[str, Actor, Any], Awaitable[None]]
"""Session id, who sent it, and the first argument (MISSING without one)."""


class SocketSide(ABC):
    """A dialect derives from it, says what its events are, and words what goes wrong.

    Every event is guarded: it needs a known connection, counts against the rate of its person, is handled as
    the account is now, and every failure is told by `failed`; nothing that a client sends ends the server.
    """

    def __init__(self, sio: Any, core: Core) -> None:
        self.sio = sio
        self.core = core
        self.crash: Callable[[], None] = _stay
        """What a dialect calls where the recorded server's whole process ends; only the as-is variants do."""
        self._closing = False
        self._timers: dict[tuple[str, str], asyncio.TimerHandle] = {}
        self._running: set[asyncio.Task[None]] = set()

    # -- what a dialect says

    @abstractmethod
    def handlers(self) -> Mapping[str, Handler]:
        """The events of clients and what they do; others are passed over in silence."""

    @abstractmethod
    def connect_refusal(self, problem: Refused) -> str:
        """The text of `connect_error`."""

    @abstractmethod
    async def failed(self, sid: str, event: str, payload: Any, problem: Refused | BadRequest | None) -> None:
        """Tell the sender what is wrong with an event; None = a mistake of ours, already reported."""

    async def arrived(self, sid: str, actor: Actor, *, first: bool) -> None:  # noqa: B027 - optional
        """Somebody connected (`first`: had no other connection): rooms, announcements.

        Rooms come last: nothing may be pushed to a connection before it is told that it is one.
        """

    async def departed(self, actor: Actor, departure: Departure) -> None:  # noqa: B027 - optional
        """Somebody's connection ended; typing that it had begun is in `departure`."""

    async def typing_ended(self, sid: str, actor: Actor, room: str) -> None:  # noqa: B027 - optional
        """Somebody has not said for a while that they type."""

    # -- what it can use

    async def holder(self, environ: Any, auth: Any) -> Actor:
        """Who knocks, by `shown_token`. Raises Refused."""
        return await self.core.accounts.holder(self.shown_token(environ, auth))

    async def acting(self, sid: str, user_id: str) -> Actor:
        """Whose event this is, as the account is now; raises Refused when it is gone."""
        return await self.core.accounts.by_id(user_id, self.core.presence.role_of(sid))

    def shown_token(self, environ: Any, auth: Any) -> str:
        """What a handshake shows: `auth.token`, else the Authorization header. Raises Refused: NO_TOKEN."""
        token = auth.get(AUTH_TOKEN_FIELD) if isinstance(auth, dict) else None
        if not isinstance(token, str) or not token:
            token = bearer(environ.get("HTTP_AUTHORIZATION") if isinstance(environ, dict) else None)
        if not token:
            raise Refused(Reason.NO_TOKEN)
        return token

    def typing(self, sid: str, actor: Actor, room: str, *, is_typing: bool) -> None:
        """Note who types where; after `typing_timeout_s` without a word `typing_ended` is called."""
        self.core.presence.typing(sid, room, is_typing=is_typing)
        if timer := self._timers.pop((sid, room), None):
            timer.cancel()
        after_s = self.core.rules.typing_timeout_s
        if is_typing and after_s:
            loop = asyncio.get_running_loop()
            self._timers[sid, room] = loop.call_later(after_s, self._typed_out, sid, actor, room)

    def later(self, work: Coroutine[Any, Any, None], what: str) -> None:
        """Do this beside everything else; its failure is reported as a mistake of ours."""

        async def run() -> None:
            try:
                await work
            except Exception as exc:  # noqa: BLE001 -- there is nobody to hand it to
                log_bug(exc, what)

        task = asyncio.get_running_loop().create_task(run())
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    # -- what it need not know

    def register(self) -> None:
        """Attach to the Socket.IO server."""
        self.sio.on("connect", self._connect)
        self.sio.on("disconnect", self._disconnect)
        self.sio.on("connect", _refuse_namespace, namespace="*")
        for event, handler in self.handlers().items():
            self.sio.on(event, self._guarded(event, handler))

    def close(self) -> None:
        """The server stops: from now on a lost connection is no news about its person."""
        self._closing = True
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    async def finish(self) -> None:
        """Wait for what was put off with `later`: it may still want the database."""
        if self._running:
            await asyncio.wait(set(self._running))

    async def _connect(self, sid: str, environ: Any, auth: Any) -> None:
        presence = self.core.presence
        if presence.user_of(sid) is not None:
            return  # a client may name an event "connect"; it is connected already
        try:
            actor = await self.holder(environ, auth)
            if presence.connections(actor.id) >= self.core.rules.connections_per_user:
                raise Refused(Reason.TOO_MANY_CONNECTIONS)
        except Refused as exc:
            raise socketio.exceptions.ConnectionRefusedError(self.connect_refusal(exc)) from exc
        if not self._has_link(sid):
            raise socketio.exceptions.ConnectionRefusedError(GONE)
        first = presence.connect(sid, actor.id, actor.role)
        await self.arrived(sid, actor, first=first)
        if not self._has_link(sid):
            # The library tells of no end before this handler has ended: the presence would never end.
            await self._disconnect(sid)
            raise socketio.exceptions.ConnectionRefusedError(GONE)

    def _has_link(self, sid: str) -> bool:
        """Whether there still is a connection to speak to; not so where it went while it was let in."""
        link = self.sio.eio.sockets.get(self.sio.manager.eio_sid_from_sid(sid, "/"))
        return link is not None and not link.closed

    async def _disconnect(self, sid: str, *_reason: Any) -> None:
        if self._closing:
            return
        role = self.core.presence.role_of(sid)
        departure = self.core.presence.disconnect(sid)
        if departure is None:
            return
        for key in [key for key in self._timers if key[0] == sid]:
            self._timers.pop(key).cancel()
        # A push that finds a connection dead ends up here, before the write that it follows has let go of its
        # turn: whoever waited for that turn here would wait for ever, and all other writers behind.
        self.later(self._tell_departure(role, departure), "disconnect")

    async def _tell_departure(self, role: str, departure: Departure) -> None:
        try:
            actor = await self.core.accounts.by_id(departure.user_id, role)
        except Refused:
            return  # the account is gone, and nobody waits for news of it
        if departure.offline:
            await self.core.accounts.seen([actor.id], self.core.clock.now_ms())
        await self.departed(actor, departure)

    def _guarded(self, event: str, handler: Handler) -> Callable[..., Awaitable[object]]:
        async def handle(sid: str, *args: Any) -> object:
            payload = args[0] if args else MISSING
            try:
                user_id = self.core.presence.user_of(sid)
                if user_id is None:
                    raise Refused(Reason.NO_TOKEN)
                if wait_s := self.core.events.take(user_id):
                    raise Refused(Reason.EVENT_RATE, retry_after_s=wait_s)
                actor = await self.acting(sid, user_id)
                await handler(sid, actor, payload)
            except (Refused, BadRequest) as exc:
                await self.failed(sid, event, payload, exc)
            except Exception as exc:  # noqa: BLE001 -- whatever we got wrong, the client gets an answer
                log_bug(exc, event)
                await self.failed(sid, event, payload, None)
            # None of the platforms acknowledges anything, even when asked to.
            return self.sio.not_handled

        return handle

    def _typed_out(self, sid: str, actor: Actor, room: str) -> None:
        self._timers.pop((sid, room), None)
        if not self._closing and self.core.presence.types(sid, room):
            self.core.presence.typing(sid, room, is_typing=False)
            self.later(self.typing_ended(sid, actor, room), "typing")


def _stay() -> None:
    """Nobody serves this: there is nothing to end."""


async def _refuse_namespace(_namespace: str, _sid: str, *_args: Any) -> None:
    raise socketio.exceptions.ConnectionRefusedError(INVALID_NAMESPACE)
