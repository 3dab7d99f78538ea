"""One thread with an event loop of its own, and the ways for other threads to ask something of it."""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import logging
import threading
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

from chatdesk.domain.errors import ChatdeskError, NotPossible
from chatdesk.sync.tasks import where

log = logging.getLogger(__name__)

T = TypeVar("T")

MakeLoop = Callable[[], asyncio.AbstractEventLoop]


def fastest_loop() -> asyncio.AbstractEventLoop:
    """A loop of uvloop where that is installed (it does not exist on Windows), else asyncio's own."""
    if importlib.util.find_spec("uvloop") is not None:
        loop: asyncio.AbstractEventLoop = importlib.import_module("uvloop").new_event_loop()
        return loop
    return asyncio.new_event_loop()


class LoopThread:
    """A daemon thread that runs a loop from `start` to `stop`.

    begin: run on the loop first; must not wait long. close: awaited at the end, jobs being cancelled by then.
    """

    def __init__(
        self,
        name: str,
        make_loop: MakeLoop,
        begin: Callable[[], None],
        close: Callable[[], Awaitable[None]],
    ) -> None:
        self._name = name
        self._make_loop = make_loop
        self._begin = begin
        self._close = close
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._end: asyncio.Event | None = None
        self._early: list[Callable[[], None]] = []
        self._ended = False
        self._jobs: set[asyncio.Task[Any]] = set()
        """Used on the loop only."""

    def start(self) -> None:
        """Start the thread, once."""
        with self._lock:
            if self._thread is None and not self._ended:
                self._thread = threading.Thread(target=self._live, name=self._name, daemon=True)
                self._thread.start()

    def stop(self, timeout_s: float) -> None:
        """End the loop and join the thread; what is still asked of it fails with NotPossible."""
        with self._lock:
            self._ended = True
            thread = self._thread
            if self._loop is not None and self._end is not None:
                self._loop.call_soon_threadsafe(self._end.set)
        if thread is None:
            self._refuse_early()
            return
        thread.join(timeout_s)
        if thread.is_alive():
            log.error("the thread %s did not end within %.1f s", self._name, timeout_s)

    def _live(self) -> None:
        try:
            with asyncio.Runner(loop_factory=self._make_loop) as runner:
                runner.run(self._main())
        except Exception as exc:  # noqa: BLE001 - the thread's last words
            log.error("the thread %s died: %s", self._name, where(exc))
        finally:
            with self._lock:
                self._ended = True
                self._loop = None
            self._refuse_early()

    async def _main(self) -> None:
        end = asyncio.Event()
        self._begin()
        with self._lock:
            self._loop, self._end = asyncio.get_running_loop(), end
            early, self._early = self._early, []
            if self._ended:
                end.set()
        for call in early:
            call()
        await end.wait()
        with self._lock:
            self._loop = None  # from here on nothing more is taken
        for job in list(self._jobs):
            job.cancel()
        if self._jobs:
            await asyncio.wait(self._jobs)
        await self._close()

    def post(self, call: Callable[[], None]) -> bool:
        """Run something on the loop, at once or as soon as it lives. False: it never will."""
        with self._lock:
            if self._ended:
                return False
            if self._loop is None:
                self._early.append(call)
            else:
                self._loop.call_soon_threadsafe(call)
            return True

    def _refuse_early(self) -> None:
        """Nobody will come for what waited: it fails instead of hanging."""
        with self._lock:
            early, self._early = self._early, []
        for call in early:
            if isinstance(call, _Job):
                call.refuse()

    def ask(self, make: Callable[[], Coroutine[Any, Any, T]], name: str) -> Future[T]:
        """Run a coroutine on the loop; its result or its error is the future's."""
        job = _Job(self, make, name)
        if not self.post(job):
            job.refuse()
        return job.future

    def start_job(self, coro: Coroutine[Any, Any, T], name: str) -> asyncio.Task[T]:
        """On the loop: run a coroutine that is cancelled at the end."""
        task = asyncio.get_running_loop().create_task(coro, name=name)
        self._jobs.add(task)
        task.add_done_callback(self._jobs.discard)
        return task


class _Job:
    """One question from another thread: begun on the loop, answered by a future."""

    def __init__(self, thread: LoopThread, make: Callable[[], Coroutine[Any, Any, Any]], name: str) -> None:
        self.future: Future[Any] = Future()
        self._thread = thread
        self._make = make
        self._name = name

    def __call__(self) -> None:
        """Begin, on the loop."""
        if self.future.cancelled():
            return
        task = self._thread.start_job(self._make(), self._name)
        task.add_done_callback(self._answer)

        def stop() -> None:
            task.cancel()

        def abandoned(future: Future[Any]) -> None:
            if future.cancelled():
                self._thread.post(stop)

        self.future.add_done_callback(abandoned)

    def refuse(self) -> None:
        """There is no loop, or no longer one."""
        if self.future.set_running_or_notify_cancel():
            self.future.set_exception(NotPossible("the network does not run"))

    def _answer(self, task: asyncio.Task[Any]) -> None:
        if self.future.cancelled():
            return
        if task.cancelled():
            self.refuse()
            return
        exc = task.exception()
        if not self.future.set_running_or_notify_cancel():
            return
        if exc is None:
            self.future.set_result(task.result())
            return
        if not isinstance(exc, ChatdeskError):
            log.error("%s: %s", self._name, where(exc))
        self.future.set_exception(exc)
