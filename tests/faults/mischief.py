"""A server that misbehaves: refuses after it has stored, and tells its events late, twice or not at all."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

NOT_SENDS = ("auth", "login", "refresh", "socket")
"""Parts of paths that are no business of ours: signing in has faults of its own."""


class Mischief:
    """Stands before a server's application and between its handlers and their events."""

    def __init__(self) -> None:
        self.fail_after = 0
        """So many next requests that write are done, and answered with 500."""
        self.too_many = 0
        """So many next requests that write are not done, and answered with 429."""
        self.late_ms = 0
        self.double = 0
        self.lost = 0
        """So many next events are told twice, or not at all."""
        self._tasks: set[asyncio.Task[None]] = set()

    def heal(self) -> None:
        self.fail_after = self.too_many = self.late_ms = self.double = self.lost = 0

    def around(self, app: ASGIApp) -> ASGIApp:
        async def served(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http" and _writes(scope):
                if self.too_many:
                    self.too_many -= 1
                    await _answer(
                        send, 429, {"success": False, "message": "Too many requests"}, ("retry-after", "2")
                    )
                    return
                if self.fail_after:
                    self.fail_after -= 1
                    await app(scope, receive, _nowhere)
                    await _answer(send, 500, {"success": False, "message": "Internal server error"})
                    return
            await app(scope, receive, send)

        return served

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
                if self.late_ms:
                    task = asyncio.get_running_loop().create_task(self._later(real, event, args, kwargs))
                    self._tasks.add(task)
                    task.add_done_callback(self._tasks.discard)
                else:
                    await real(event, *args, **kwargs)

        sio.emit = emit

    async def _later(self, real: Any, event: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        await asyncio.sleep(self.late_ms / 1000)
        await real(event, *args, **kwargs)


def _writes(scope: Scope) -> bool:
    return scope["method"] == "POST" and not any(part in scope["path"] for part in NOT_SENDS)


async def _nowhere(_message: Message) -> None:
    """Nobody hears it."""


async def _answer(send: Send, status: int, body: dict[str, Any], *headers: tuple[str, str]) -> None:
    named = [
        (name.encode(), value.encode()) for name, value in (("content-type", "application/json"), *headers)
    ]
    await send({"type": "http.response.start", "status": status, "headers": named})
    await send({"type": "http.response.body", "body": json.dumps(body).encode()})
