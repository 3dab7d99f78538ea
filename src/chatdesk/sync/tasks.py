"""Tasks that nobody loses: strong references, deaths logged and told, essential ones started again."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Callable, Coroutine
from typing import Any

log = logging.getLogger(__name__)

MOST_DEATHS = 5
"""An essential task that dies this often in a row, each time within LONG_LIFE_MS, is given up."""
LONG_LIFE_MS = 60_000
RESTART_PAUSE_MS = 500


def where(exc: BaseException) -> str:
    """Type and place of an exception for the log. Its text is left out: it may quote a message or a token."""
    frames = traceback.extract_tb(exc.__traceback__)
    place = f"{frames[-1].filename.rpartition('chatdesk')[2]}:{frames[-1].lineno}" if frames else "?"
    return f"{type(exc).__name__} at {place}"


class Tasks:
    """The tasks of one engine.

    on_fault(name, fatal): a task died by an exception; fatal: an essential one that is not started again.
    """

    def __init__(self, owner: str, on_fault: Callable[[str, bool], None]) -> None:
        self._owner = owner
        self._on_fault = on_fault
        self._tasks: set[asyncio.Task[Any]] = set()

    def start(self, coro: Coroutine[Any, Any, object], name: str) -> asyncio.Task[Any]:
        """Run a coroutine; the reference is held until it ends, and its exception is logged and told."""
        task = asyncio.get_running_loop().create_task(coro, name=f"{self._owner}:{name}")
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def keep(self, make: Callable[[], Coroutine[Any, Any, None]], name: str) -> asyncio.Task[Any]:
        """Run an essential coroutine, and run it again when it dies by an exception."""
        return self.start(self._kept(make, name), name)

    async def _kept(self, make: Callable[[], Coroutine[Any, Any, None]], name: str) -> None:
        loop = asyncio.get_running_loop()
        deaths = 0
        while True:
            born = loop.time()
            try:
                await make()
                return
            except Exception as exc:  # noqa: BLE001 - whatever it is, the engine must go on or say that it can't
                deaths = deaths + 1 if (loop.time() - born) * 1000 < LONG_LIFE_MS else 1
                log.error("%s: %s died: %s", self._owner, name, where(exc))
                if deaths >= MOST_DEATHS:
                    self._on_fault(name, True)
                    return
                self._on_fault(name, False)
            await asyncio.sleep(RESTART_PAUSE_MS / 1000)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if task.cancelled():
            return
        exc = task.exception()
        if exc is not None:
            log.error("%s died: %s", task.get_name(), where(exc))
            self._on_fault(task.get_name().rpartition(":")[2], False)

    async def close(self) -> None:
        """Cancel every task and wait until each has ended."""
        while tasks := [task for task in self._tasks if task is not asyncio.current_task()]:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)


async def cancel_and_wait(task: asyncio.Task[Any] | None) -> None:
    """Cancel a task, if any, and wait until it has ended, whatever its end was."""
    if task is not None and not task.done():
        task.cancel()
        await asyncio.wait([task])
