"""A server that misbehaves: refuses after it has stored, keeps answers, mixes up events, voids tokens."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chatdesk.server.core.accounts import Accounts
from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.tokens import EXPIRED

NOT_SENDS = ("auth", "login", "refresh", "socket")
"""Parts of paths that are no business of ours: signing in has faults of its own."""
REORDER_MS = 400
"""So long an event waits for others that overtake it."""


class Mischief:
    """Stands before a server's application and between its handlers and their events."""

    def __init__(self) -> None:
        self.fail_after = 0
        """So many next requests that write are done, and answered with 500."""
        self.swallow = 0
        """So many next requests that write are done, and never answered."""
        self.answers_late_ms = 0
        """Requests that write are answered so much later: events overtake their answers."""
        self.too_many = 0
        """So many next requests that write are not done, and answered with 429."""
        self.late_ms = 0
        self.double = 0
        self.lost = 0
        """So many next events are told twice, or not at all."""
        self.reorder = 0
        """So many next events are told backwards."""
        self.revoked: set[str] = set()
        """Access tokens that the server does not know any more."""
        self.at_write: Callable[[], None] | None = None
        """Called once, just before the next request that writes is looked at."""
        self.refreshes_lost = 0
        """So many next renewals of tokens are done, and never answered."""
        self._held: list[Callable[[], Awaitable[None]]] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def heal(self) -> None:
        """Behave from now on; tokens that are void stay so."""
        self.fail_after = self.swallow = self.too_many = self.refreshes_lost = 0
        self.answers_late_ms = self.late_ms = self.double = self.lost = self.reorder = 0
        self.at_write = None

    def around(self, app: ASGIApp) -> ASGIApp:
        async def served(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http" or scope["method"] != "POST":
                await app(scope, receive, send)
            elif "refresh" in scope["path"] and self.refreshes_lost:
                self.refreshes_lost -= 1
                await _unanswered(app, scope, receive)
            elif _writes(scope):
                await self._written(app, scope, receive, send)
            else:
                await app(scope, receive, send)

        return served

    async def _written(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        if self.at_write is not None:
            first, self.at_write = self.at_write, None
            first()
        if self.too_many:
            self.too_many -= 1
            refusal = {"success": False, "message": "Too many requests"}
            await _answer(send, 429, refusal, ("retry-after", "2"))
        elif self.fail_after:
            self.fail_after -= 1
            await app(scope, receive, _nowhere)
            await _answer(send, 500, {"success": False, "message": "Internal server error"})
        elif self.swallow:
            self.swallow -= 1
            await _unanswered(app, scope, receive)
        elif self.answers_late_ms:
            kept: list[Message] = []

            async def keep(message: Message) -> None:
                kept.append(message)

            await app(scope, receive, keep)
            await asyncio.sleep(self.answers_late_ms / 1000)
            for message in kept:
                await send(message)
        else:
            await app(scope, receive, send)

    def between(self, sio: Any) -> None:
        real = sio.emit

        async def emit(event: str, *args: Any, **kwargs: Any) -> None:
            if self.lost:
                self.lost -= 1
                return
            times = 1
            if self.double:
                self.double -= 1
                times = 2
            for _ in range(times):
                if self.reorder or self._held:
                    await self._hold(lambda: real(event, *args, **kwargs))
                elif self.late_ms:
                    self._later(self.late_ms, lambda: real(event, *args, **kwargs))
                else:
                    await real(event, *args, **kwargs)

        sio.emit = emit

    def forget_tokens(self, accounts: Accounts) -> None:
        """From now on `accounts` refuses what is in `revoked`, in the words that it has for expired ones."""
        holder, claims_of = accounts.holder, accounts.claims_of

        async def checked_holder(access_token: str) -> Any:
            self._check(access_token)
            return await holder(access_token)

        def checked_claims(access_token: str) -> dict[str, Any]:
            self._check(access_token)
            return claims_of(access_token)

        patched: Any = accounts
        patched.holder, patched.claims_of = checked_holder, checked_claims

    def _check(self, access_token: str) -> None:
        if access_token in self.revoked:
            raise Refused(Reason.BAD_TOKEN, detail=EXPIRED)

    async def _hold(self, tell: Callable[[], Awaitable[None]]) -> None:
        """Tell it behind the next ones; who waits for them in vain is told all the same."""
        self._held.append(tell)
        if self.reorder:
            self.reorder -= 1
        if not self.reorder:
            await self._release()
        elif len(self._held) == 1:
            self._later(REORDER_MS, self._release)

    async def _release(self) -> None:
        held, self._held = self._held, []
        for tell in reversed(held):
            await tell()

    def _later(self, ms: int, tell: Callable[[], Awaitable[None]]) -> None:
        async def wait() -> None:
            await asyncio.sleep(ms / 1000)
            await tell()

        task = asyncio.get_running_loop().create_task(wait())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _writes(scope: Scope) -> bool:
    return not any(part in scope["path"] for part in NOT_SENDS)


async def _unanswered(app: ASGIApp, scope: Scope, receive: Receive) -> None:
    """Do it, and say nothing until the client has gone."""
    await app(scope, receive, _nowhere)
    while (await receive())["type"] != "http.disconnect":
        pass


async def _nowhere(_message: Message) -> None:
    """Nobody hears it."""


async def _answer(send: Send, status: int, body: dict[str, Any], *headers: tuple[str, str]) -> None:
    named = [
        (name.encode(), value.encode()) for name, value in (("content-type", "application/json"), *headers)
    ]
    await send({"type": "http.response.start", "status": status, "headers": named})
    await send({"type": "http.response.body", "body": json.dumps(body).encode()})
