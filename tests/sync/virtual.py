"""A loop whose time is made up: hours pass in milliseconds, and in the same order every time.

Time jumps to the next timer as soon as nothing is left to do at the present moment. What happens on other
threads takes real time: while somebody owes an answer (`Virtual.owed`), time stands still and the loop waits.
"""

from __future__ import annotations

import asyncio
import gc
import selectors
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Future
from typing import Any, TypeVar

import pytest

T = TypeVar("T")

REAL_GUARD_S = 10.0
"""Waiting so long for another thread, or for nothing at all, is a hang."""
UNASKED = 16
"""So many turns with something to do may pass before the system is asked for wake-ups of other threads."""
START_US = 1_790_000_000_000_000
"""Wall clock at the start of every virtual world: some day in 2026."""


class Hang(Exception):
    """Nothing can ever happen again, or another thread did not answer in time."""


class _Selector(selectors.BaseSelector):
    """A real selector for wake-ups from other threads; waiting for timers takes no time."""

    def __init__(self) -> None:
        self._real = selectors.DefaultSelector()
        self._unasked = 0
        self.loop: VirtualLoop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        busy = timeout is not None and timeout <= 0
        if busy and self._unasked < UNASKED:
            # Something is ready on the loop: asking the system as well costs more than most callbacks do.
            self._unasked += 1
            return []
        self._unasked = 0
        ready = self._real.select(0)
        if ready or busy:
            return ready
        if self.loop.owed or timeout is None:
            ready = self._real.select(REAL_GUARD_S)
            if not ready:
                raise Hang(
                    f"{self.loop.owed} answers of other threads owed, no timer" if timeout is None else "owed"
                )
            return ready
        self.loop.pass_time(timeout)
        return []

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._real.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._real.unregister(fileobj)

    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._real.modify(fileobj, events, data)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._real.get_map()

    def close(self) -> None:
        self._real.close()


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop on virtual time, which starts at 1000 s."""

    def __init__(self) -> None:
        self._now_s = 1000.0
        self.owed = 0
        selector = _Selector()
        selector.loop = self
        super().__init__(selector)

    def time(self) -> float:
        return self._now_s

    def pass_time(self, seconds: float) -> None:
        self._now_s += seconds

    def owes(self, future: Future[T]) -> Future[T]:
        """Let time stand still until a future of another thread is done and its news has reached the loop."""
        outer: Future[T] = Future()
        outer.set_running_or_notify_cancel()
        self.owed += 1

        def paid() -> None:
            self.owed -= 1

        def done(inner: Future[T]) -> None:
            # First the answer, then the end of the debt: the loop sees them in this order.
            exc = inner.exception()
            if exc is not None:
                outer.set_exception(exc)
            else:
                outer.set_result(inner.result())
            self.call_soon_threadsafe(paid)

        future.add_done_callback(done)
        return outer


class VirtualClock:
    """The clock of the running virtual loop. `skew_us` sets the wall clock apart, as sleep or a person would.

    It may be read on any thread.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.skew_us = 0

    def now_ms(self) -> int:
        return int(self._loop.time() * 1000)

    def now_us(self) -> int:
        return START_US + int((self._loop.time() - 1000.0) * 1e6) + self.skew_us

    async def sleep(self, ms: int) -> None:
        await asyncio.sleep(ms / 1000)


class Owing:
    """Stands before an object of another thread: its futures stop virtual time until they are done."""

    def __init__(self, real: Any) -> None:
        self._real = real

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._real, name)
        if not callable(attribute):
            return attribute

        def call(*args: Any, **kwargs: Any) -> Any:
            result = attribute(*args, **kwargs)
            return self.owed(result) if isinstance(result, Future) else result

        return call

    @staticmethod
    def owed(future: Future[T]) -> Future[T]:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        return loop.owes(future)


async def until(condition: Callable[[], Any], *, within_ms: int = 120_000, what: str = "") -> int:
    """Let virtual time pass until the condition is true; returns how many milliseconds that took."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    while not condition():
        if (loop.time() - begun) * 1000 > within_ms:
            pytest.fail(f"not within {within_ms} virtual ms: {what or 'the condition'}")
        await asyncio.sleep(0.005)
    return int((loop.time() - begun) * 1000)


def run_virtual(coro: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on a fresh virtual loop; fails when tasks are left or died unheard."""
    contexts: list[dict[str, Any]] = []

    async def guarded() -> tuple[T, list[str]]:
        result = await coro
        left = asyncio.all_tasks() - {asyncio.current_task()}
        if left:
            await asyncio.wait(left, timeout=1)
        return result, [task.get_name() for task in left if not task.done()]

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.get_loop().set_exception_handler(lambda _loop, context: contexts.append(context))
        result, left = runner.run(guarded())
        gc.collect()  # "Task exception was never retrieved" is reported here
    if left:
        pytest.fail("tasks left running: " + ", ".join(left))
    if contexts:
        lines = [f"{one.get('message')}: {one.get('exception')!r}" for one in contexts]
        pytest.fail("the loop met errors that nobody handled:\n" + "\n".join(lines))
    return result
