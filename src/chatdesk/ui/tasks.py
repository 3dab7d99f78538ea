"""The one bridge between widgets and coroutines: work belongs to the widget that asked, and ends with it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Signal

from chatdesk.domain.errors import WorldError

T = TypeVar("T")
log = logging.getLogger(__name__)


class Troubles(QObject):
    """Where errors of background work end: in the log, and for the world's doing in words in the window.

    `happened(name, error)` carries the task's name and the exception; the window words it by type.
    """

    happened = Signal(str, object)

    def report(self, name: str, error: Exception) -> None:
        """Log an error and tell the window. The text of a message never reaches the log by this way."""
        if isinstance(error, WorldError):
            log.info("%s: %s", name, type(error).__name__)
        else:
            # Ours: the traceback is needed, and its lines hold code, not what was typed.
            log.error("%s failed: %s", name, type(error).__name__, exc_info=error)
        self.happened.emit(name, error)


class Tasks(QObject):
    """The coroutines of one widget, by name; a child of the widget.

    Tasks are cancelled when the owner is destroyed or `cancel_all` is called (call it in closeEvent). Needs a
    running loop; without one (the program is going down) `start` closes the coroutine and does nothing.
    """

    def __init__(self, owner: QObject, troubles: Troubles) -> None:
        super().__init__(owner)
        self._troubles = troubles
        self._running: dict[str, set[asyncio.Task[Any]]] = {}
        # The Python half outlives the C++ half by this closure alone, which holds no reference to self.
        running = self._running
        owner.destroyed.connect(lambda: _cancel(running))

    def start(
        self,
        name: str,
        work: Coroutine[Any, Any, T],
        *,
        on_done: Callable[[T], object] | None = None,
        on_error: Callable[[Exception], object] | None = None,
        exclusive: bool = True,
    ) -> None:
        """Run a coroutine.

        exclusive: a running task of the same name is cancelled first (a new search replaces the old one).
        on_done gets the result, on_error the exception; without on_error it goes to Troubles. Neither is
        called once the owner is gone or the task was cancelled.
        """
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            work.close()
            return
        if exclusive:
            self.cancel(name)
        task = loop.create_task(self._run(name, work, on_done, on_error), name=name)
        self._running.setdefault(name, set()).add(task)
        running = self._running

        def ended(done: asyncio.Task[Any]) -> None:
            # A task that was cancelled before its first step never touched the coroutine.
            work.close()
            _forget(running, name, done)

        task.add_done_callback(ended)

    def is_running(self, name: str) -> bool:
        """Whether a task of this name has not ended."""
        return any(not task.done() for task in self._running.get(name, ()))

    def cancel(self, name: str) -> None:
        """Cancel the tasks of this name."""
        for task in tuple(self._running.pop(name, ())):
            task.cancel()

    def cancel_all(self) -> None:
        """Cancel every task."""
        _cancel(self._running)

    async def _run(
        self,
        name: str,
        work: Coroutine[Any, Any, T],
        on_done: Callable[[T], object] | None,
        on_error: Callable[[Exception], object] | None,
    ) -> None:
        # Whatever a slot or a service raises must be delivered, so this one place catches everything.
        try:
            result = await work
            if on_done is not None:
                on_done(result)
        except Exception as error:  # noqa: BLE001
            if on_error is not None:
                on_error(error)
            else:
                self._troubles.report(name, error)


async def await_future(future: Future[T]) -> T:
    """The result of a future of another thread; cancelling the waiting does not cancel that thread's work."""
    return await asyncio.shield(asyncio.wrap_future(future))


def _cancel(running: dict[str, set[asyncio.Task[Any]]]) -> None:
    for tasks in tuple(running.values()):
        for task in tuple(tasks):
            task.cancel()
    running.clear()


def _forget(running: dict[str, set[asyncio.Task[Any]]], name: str, task: asyncio.Task[Any]) -> None:
    tasks = running.get(name)
    if tasks is not None:
        tasks.discard(task)
        if not tasks:
            running.pop(name, None)
