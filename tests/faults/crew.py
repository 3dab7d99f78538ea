"""Processes that carry out cases, all of them renewed at once every few hundred."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor

from tests.faults.parts import Case, Result

RENEWED_AFTER = 1_000
"""Cases of one process before all are renewed: what leaks in one, leaks little."""
AHEAD = 2
"""Cases that are handed out for each process: one that it is at, and one that it finds when that is done."""

CarryOut = Callable[[str, Case], Result]


class Crew:
    """Some processes before one row of cases.

    The pool's own `max_tasks_per_child` is not used: it does not replace a process that ends while another
    is idle (seen with Python 3.11: with the last one gone everything waits for ever).
    """

    def __init__(
        self,
        workers: int,
        cases: Iterator[tuple[str, Case]],
        carry_out: CarryOut,
        start: Callable[[str], None],
        folder: str,
        *,
        renewed_after: int = RENEWED_AFTER,
    ) -> None:
        """`start(folder)` is called in each new process; `cases` gives names of parts and their cases."""
        self._workers = workers
        self._cases = cases
        self._carry_out = carry_out
        self._start = start
        self._folder = folder
        self._most = renewed_after * workers
        self._pool: ProcessPoolExecutor | None = None
        self._given = 0
        self._under_way = 0

    def begun(self) -> Iterator[Future[Result]]:
        """Hand out as many cases as are due; nothing is under way and nothing comes: there are no more."""
        if self._given >= self._most and not self._under_way:
            self.close()
        while self._under_way < self._workers * AHEAD and self._given < self._most:
            case = next(self._cases, None)
            if case is None:
                break
            if self._pool is None:
                self._pool = ProcessPoolExecutor(
                    self._workers, multiprocessing.get_context("spawn"), self._start, (self._folder,)
                )
            self._given += 1
            self._under_way += 1
            yield self._pool.submit(self._carry_out, *case)

    def ended(self) -> None:
        """A case has been carried out."""
        self._under_way -= 1

    def close(self) -> None:
        """End the processes; what they are at is carried out, what is handed out beyond it is not."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None
        self._given = 0
