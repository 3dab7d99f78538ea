"""Searching as a person does it: every key starts anew, and only the newest query is answered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from concurrent.futures import Future
from typing import Final, Protocol

from chatdesk.domain.desk import Search, SearchPage, SearchPlace
from chatdesk.store.search_terms import query
from chatdesk.store.snippets import snippet

FIRST_HITS: Final = 20
NEXT_HITS: Final = 50


class SearchStore(Protocol):
    """What searching needs of the store: part of DeskStore."""

    def search(self, wanted: Search, after: SearchPlace | None = None, limit: int = 20) -> Future[SearchPage]:
        """A page of hits."""
        ...


class Words:
    """The words of a query, to be found again in a text that is on the screen. Pure and quick."""

    def __init__(self, text: str) -> None:
        self._query = query(text)

    def __bool__(self) -> bool:
        """Whether there is anything to look for."""
        return bool(self._query.words)

    def marks(self, text: str) -> tuple[tuple[int, int], ...]:
        """Where the words stand in a text: (begin, end) in UTF-16 code units. None unless it has them all."""
        spans = self._query.spans_in(text)
        if not spans or text.isascii():
            return spans
        found, seen, units = [], 0, 0
        for begin, end in spans:
            units += _utf16(text[seen:begin])
            width = _utf16(text[begin:end])
            found.append((units, units + width))
            units, seen = units + width, end
        return tuple(found)

    def line(self, text: str) -> tuple[str, tuple[tuple[int, int], ...]] | None:
        """A text's line and marks as a hit has them (SearchHit); None: the text is no hit."""
        places = self._query.where(text)
        return None if places is None else snippet(places.shown, places.spans)


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

    async def page(self, wanted: Search, after: SearchPlace | None = None) -> SearchPage:
        """One page: the first, or the one after `after`. Fails with StoreProblem.

        What this box searched for before ends here and now. Cancelling the task that waits cuts it off.
        """
        self.stop()
        limit = FIRST_HITS if after is None else NEXT_HITS
        future = self._running = self._store.search(wanted, after, limit)
        return await asyncio.wrap_future(future)

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


def _utf16(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2
