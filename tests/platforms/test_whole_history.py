"""The whole of a long conversation comes here from each platform's server, however it gives histories out."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from chatdesk.domain.changes import WholeHistoryMoved
from chatdesk.domain.desk import Coverage
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import LoadState, LoadWhy
from tests.platforms.fakomame.paper import CHAT
from tests.platforms.fakomame.shop import Shop as FakomameShop
from tests.platforms.marketplace.paper import ME, OTHER
from tests.platforms.marketplace.shop import Shop as MarketplaceShop
from tests.platforms.omw.shop import Shop as OmwShop
from tests.platforms.shop import Desk
from tests.platforms.steppergo.paper import TRIP
from tests.platforms.steppergo.shop import Shop as SteppergoShop
from tests.sync.virtual import run_virtual, until

LONG = 1_237
"""No page size divides it."""
TEXTS = [f"line {number}" for number in range(1, LONG + 1)]
START = dt.datetime(2026, 3, 1, 8, 0, tzinfo=dt.UTC)


def at(number: int) -> dt.datetime:
    """Up to three of them within one second, as people write at most."""
    return START + dt.timedelta(seconds=number * 2 // 5)


def stamp(number: int) -> str:
    return at(number).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def fakomame(folder: Path) -> Desk:
    shop = FakomameShop(folder)
    shop.server.add(CHAT, *TEXTS)
    for number, message in enumerate(shop.server.chats[CHAT]):
        message["createdAt"] = message["updatedAt"] = stamp(number)
    return shop


def omw(folder: Path) -> Desk:
    shop = OmwShop(folder)
    shop.server.add(41, *TEXTS)
    for number, message in enumerate(shop.server.sessions[41]):
        message["at"] = at(number)
    return shop


def steppergo(folder: Path) -> Desk:
    shop = SteppergoShop(folder)
    shop.server.add(TRIP, *TEXTS)
    return shop


def marketplace(folder: Path) -> Desk:
    shop = MarketplaceShop(folder)
    for text in TEXTS:
        shop.server.store(OTHER, ME, text)
    return shop


async def all_texts(desk: Desk) -> list[str]:
    """What is stored, in reading order."""
    local = await desk.local()
    reader = desk.real_store.reader()
    try:
        page = reader.newest_page(local)
        found = [one.text for one in page.messages]
        while page.has_older:
            first = page.messages[0]
            page = reader.older_page(local, (first.cursor, first.id))
            found = [*(one.text for one in page.messages), *found]
        return found
    finally:
        reader.close()


async def coverage(desk: Desk) -> Coverage:
    local = await desk.local()
    found: Coverage | None = await asyncio.wrap_future(desk.store.coverage(local))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("make", "is_paged"), [(fakomame, True), (omw, True), (steppergo, False), (marketplace, False)]
)
def test_the_whole_conversation_comes_here(
    tmp_path: Path, make: Callable[[Path], Desk], is_paged: bool
) -> None:
    """Page by page where histories have pages; where one answer has all, it was here with the first."""

    async def story() -> None:
        async with make(tmp_path) as desk:
            before = await coverage(desk)
            assert before.whole is not is_paged
            desk.engine.load_whole(RemoteId(desk.usual), wanted=True)

            def ended() -> WholeHistoryMoved | None:
                told = [one for one in desk.news if isinstance(one, WholeHistoryMoved)]
                is_over = told and told[-1].state not in {LoadState.RUNNING, LoadState.WAITING}
                return told[-1] if is_over else None

            await until(ended, what="the end", within_ms=600_000)
            end = ended()
            assert end is not None
            assert (end.state, end.why) == (LoadState.DONE, LoadWhy.NONE)
            assert await all_texts(desk) == TEXTS
            assert (await coverage(desk)).whole
            assert end.messages == LONG

    run_virtual(story())
