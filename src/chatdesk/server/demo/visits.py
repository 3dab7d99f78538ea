"""Coming back again and again, and resting until told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

from chatdesk.server.demo.tongue import TROUBLE, Turned

RETRY_S = (0.2, 0.5, 1.0, 2.0)
log = logging.getLogger(__name__)


async def keep_at_it(visit: Callable[[], Awaitable[None]], stop: asyncio.Event, who: str) -> None:
    """Visit again and again until told to stop, whatever happens to the server in between.

    who: for the log, nobody's name or address.
    """
    failures = 0
    while not stop.is_set():
        try:
            await visit()
            failures = 0
        except Turned as exc:
            log.warning("%s: the server answered %d", who, exc.status)
        except TROUBLE as exc:
            log.info("%s: %s", who, type(exc).__name__)
        wait_s = RETRY_S[min(failures, len(RETRY_S) - 1)]
        failures += 1
        await rest(stop, wait_s)


async def rest(stop: asyncio.Event, seconds: float) -> bool:
    """Wait so long, or until told to stop; whether to stop."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
    return stop.is_set()


async def either(first: asyncio.Event, second: asyncio.Event) -> None:
    """Wait until one of two has happened."""
    waits = {asyncio.create_task(first.wait()), asyncio.create_task(second.wait())}
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
