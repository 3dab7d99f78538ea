"""A search box: every key starts anew, and only the newest query is answered."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from chatdesk.domain.desk import Search, SearchPage, SearchPlace
from chatdesk.domain.errors import StoreProblem
from chatdesk.domain.ids import MessageId
from chatdesk.services.search import FIRST_HITS, NEXT_HITS, MessageSearch, Words
from chatdesk.store import Store
from tests.store.making import Desk, message

HITS = 130


@pytest.fixture
def store(profile_dir: Path) -> Iterator[Store]:
    opened = Store.open(profile_dir)
    desk = Desk(opened)
    desk.apply(3, *(message(n, f"crane {n}") for n in range(HITS)))
    yield opened
    opened.close()


class Slow:
    """A store whose searches end when the test says so; what was asked is kept in order."""

    def __init__(self) -> None:
        self.asked: list[tuple[Search, SearchPlace | None]] = []
        self.futures: list[Future[SearchPage]] = []

    def search(self, wanted: Search, after: SearchPlace | None = None, limit: int = 20) -> Future[SearchPage]:
        self.asked.append((wanted, after))
        self.futures.append(Future())
        return self.futures[-1]


async def collect(pages: Any) -> list[SearchPage]:
    return [page async for page in pages]


async def asked(slow: Slow, count: int) -> None:
    while len(slow.asked) < count:
        await asyncio.sleep(0)


MORE = SearchPage(hits=(), next=SearchPlace(1, 1, 1, MessageId(1)))
LAST = SearchPage(hits=(), next=None)


def test_the_first_page_is_short_and_the_others_follow(store: Store, aio: Any) -> None:
    """Every hit comes once, the newest first."""
    pages = aio(collect(MessageSearch(store).find(Search(text="crane"))))
    assert [len(page.hits) for page in pages] == [FIRST_HITS, NEXT_HITS, NEXT_HITS, HITS - 120]
    found = [hit.snippet for page in pages for hit in page.hits]
    assert found == [f"crane {n}" for n in reversed(range(HITS))]


def test_a_page_is_read_when_it_is_asked_for(aio: Any) -> None:
    """Whoever looks at the first hits only has no others read."""

    async def story() -> None:
        slow = Slow()
        pages = MessageSearch(slow).find(Search(text="a"))
        first = asyncio.ensure_future(anext(pages))
        await asked(slow, 1)
        slow.futures[0].set_result(MORE)
        assert await first == MORE
        await asyncio.sleep(0)
        assert len(slow.asked) == 1
        await pages.aclose()

    aio(story())


def test_the_newest_query_wins(aio: Any) -> None:
    """The one before is cut off where it runs, and gives no page any more, not even one that is done."""

    async def story() -> None:
        slow = Slow()
        box = MessageSearch(slow)
        old = asyncio.ensure_future(collect(box.find(Search(text="a"))))
        await asked(slow, 1)
        newest = asyncio.ensure_future(collect(box.find(Search(text="ab"))))
        await asked(slow, 2)
        assert slow.futures[0].cancelled()
        slow.futures[1].set_result(LAST)
        assert await newest == [LAST]
        assert await old == []

    aio(story())


def test_a_result_that_comes_with_the_next_key_is_not_told(aio: Any) -> None:
    """Between the end of a search and its telling a key may be pressed."""

    async def story() -> None:
        slow = Slow()
        box = MessageSearch(slow)
        old = asyncio.ensure_future(collect(box.find(Search(text="a"))))
        await asked(slow, 1)
        slow.futures[0].set_result(MORE)
        box.stop()
        assert await old == []

    aio(story())


def test_who_leaves_cuts_the_reading_off(aio: Any) -> None:
    """A page that is closed while it waits cancels what it waits for, and is cancelled itself."""

    async def story() -> None:
        slow = Slow()
        waiting = asyncio.ensure_future(collect(MessageSearch(slow).find(Search(text="a"))))
        await asked(slow, 1)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert slow.futures[0].cancelled()

    aio(story())


def test_trouble_is_told(aio: Any) -> None:
    """A search that the disk does not allow fails; it does not look as if there were nothing."""

    async def story() -> None:
        slow = Slow()
        waiting = asyncio.ensure_future(collect(MessageSearch(slow).find(Search(text="a"))))
        await asked(slow, 1)
        slow.futures[0].set_exception(StoreProblem("disk"))
        with pytest.raises(StoreProblem):
            await waiting

    aio(story())


def test_typing_fast_over_the_real_store(store: Store, aio: Any) -> None:
    """Letter by letter, faster than anything is answered: the last query has its hits."""

    async def story() -> None:
        box = MessageSearch(store)
        tasks = []
        for end in range(1, 9):
            tasks.append(asyncio.ensure_future(collect(box.find(Search(text="crane 77"[:end])))))
            await asyncio.sleep(0)
        *_old, newest = await asyncio.gather(*tasks)
        assert [hit.snippet for page in newest for hit in page.hits] == ["crane 77"]

    aio(story())


def test_pages_one_by_one(store: Store, aio: Any) -> None:
    """A list that scrolls asks for the next page with the place that the one before has given."""

    async def story() -> None:
        box = MessageSearch(store)
        first = await box.page(Search(text="crane"))
        second = await box.page(Search(text="crane"), first.next)
        assert (len(first.hits), len(second.hits)) == (FIRST_HITS, NEXT_HITS)
        found = [hit.snippet for hit in (*first.hits, *second.hits)]
        assert found == [f"crane {n}" for n in range(HITS - 1, HITS - 71, -1)]

    aio(story())


def test_the_next_page_overtakes_the_one_before(aio: Any) -> None:
    """Who asks anew cuts off what is still read."""

    async def story() -> None:
        slow = Slow()
        box = MessageSearch(slow)
        old = asyncio.ensure_future(box.page(Search(text="a")))
        await asked(slow, 1)
        new = asyncio.ensure_future(box.page(Search(text="ab")))
        await asked(slow, 2)
        assert slow.futures[0].cancelled()
        slow.futures[1].set_result(LAST)
        assert await new == LAST
        with pytest.raises(asyncio.CancelledError):
            await old

    aio(story())


def test_words_are_found_again_on_the_screen() -> None:
    """In UTF-16 code units, as Qt counts, in the text as it was written; all of the words or none."""
    words = Words("permit OHIO")
    assert words.marks("👍 Pe\u0301rmit for ohio") == ((3, 10), (15, 19))
    assert words.marks("permit for Iowa") == ()
    assert words.line("ohio permit") == ("ohio permit", ((0, 4), (5, 6)))
    assert words.line("permit for Iowa") is None
    assert not Words(" .,; ")
    assert Words(" .,; ").marks("any text") == ()
