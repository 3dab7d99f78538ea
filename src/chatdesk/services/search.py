"""Searching as a person does it: every key starts anew, and only the newest query is answered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from concurrent.futures import Future
from typing import Final, Protocol

from chatdesk.domain.desk import Search, SearchPage, SearchPlace

FIRST_HITS: Final = 20
NEXT_HITS: Final = 50


class SearchStore(Protocol):
    """What searching needs of the store: part of DeskStore."""

    def search(self, wanted: Search, after: SearchPlace | None = None, limit: int = 20) -> Future[SearchPage]:
        """A page of hits."""
        ...


class MessageSearch:
    """One search box. Lives on the GUI loop; nothing waits on its thread."""

    def __init__(self, store: SearchStore) -> None:
        self._store = store
        self._turn = 0
        self._running: Future[SearchPage] | None = None

    def find(self, wanted: Search) -> AsyncGenerator[SearchPage, None]:
        """Pages of hits, newest first: a short one at once, then longer ones, each read when it is asked for.

        What this box searched for before ends here and now; its iterator has no more pages. A page may be
        empty although there are more. Fails with StoreProblem. Leaving the iterator, or cancelling the task
        that waits for it, cuts the reading off.
        """
        self.stop()
        return self._pages(wanted, self._turn)

    def stop(self) -> None:
        """End what runs: the box was cleared or closed."""
        self._turn += 1
        running, self._running = self._running, None
        if running is not None:
            running.cancel()

    async def _pages(self, wanted: Search, turn: int) -> AsyncGenerator[SearchPage, None]:
        place: SearchPlace | None = None
        limit = FIRST_HITS
        while turn == self._turn:
            future = self._running = self._store.search(wanted, place, limit)
            try:
                page = await asyncio.wrap_future(future)
            except asyncio.CancelledError:
                task = asyncio.current_task()
                if turn == self._turn or (task is not None and task.cancelling()):
                    raise
                return  # a newer query has taken its place
            if turn != self._turn:
                return
            yield page
            if page.next is None:
                return
            place, limit = page.next, NEXT_HITS
