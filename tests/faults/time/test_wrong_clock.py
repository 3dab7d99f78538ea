"""At every platform: a client whose clock is years wrong, or changes at noon, works as any other."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from chatdesk.domain import outbox
from chatdesk.domain.kinds import ConnectionState, DeliveryState, ParkReason
from chatdesk.server.dialect import Variant
from tests.faults import checker
from tests.faults.lab import prepare, run_lab
from tests.faults.others import Customer
from tests.faults.time.away import Away
from tests.faults.wake import places
from tests.sync.virtual import START_US, until

HOUR_US = 3_600_000_000
YEAR_US = 365 * 24 * HOUR_US
JUMPS_US = (5_000_000 - START_US, -9 * HOUR_US, HOUR_US, 11 * HOUR_US + YEAR_US * 12, 60 * YEAR_US)
"""1970, another zone, summer time, after 2038, far away; the server's clock is right."""
SOME = [place for number, place in enumerate(places()) if number in {0, 3, 4, 7, 8}]
MOST_CONNECTIONS = 60
"""A client that renews its token at every breath makes many more."""


@pytest.mark.parametrize(("platform", "variant"), SOME)
def test_sends_and_answers_pass_whatever_the_clock_says(
    tmp_path: Path, platform: str, variant: Variant
) -> None:
    """From the start, after a change while it runs, and back: nothing lost, nothing twice, all in order."""
    made = prepare(tmp_path / "made", platform, variant)

    async def story() -> None:
        away = Away(tmp_path / "run", made)
        desk, customer = away.desk, Customer(platform, away.house.url, 0)
        desk.clock.skew_us = JUMPS_US[0]
        await away.begin()
        for number, jump_us in enumerate([*JUMPS_US, 0]):
            desk.clock.skew_us = jump_us
            for talk in range(2):
                await desk.press(talk, f"t{talk} number {number}")
            assert await customer.write(f"t9 answer {number}")
            await asyncio.sleep(12)
            for row in await desk.waiting():
                if row.state is DeliveryState.PARKED:  # a jump ahead: it asks
                    assert row.parked is ParkReason.OLD
                    await asyncio.wrap_future(desk.store.advance(row.id, outbox.PersonRetries()))
            since_ms = desk.clock.now_ms()
            while await desk.waiting():
                assert desk.clock.now_ms() - since_ms < 60_000, await desk.waiting()
                await asyncio.sleep(0.1)
            await until(lambda: desk.status.connection is ConnectionState.ONLINE, what="online")
        await until(lambda: f"t9 answer {len(JUMPS_US)}" in away.client_rows().values(), what="the answers")
        assert away.missing(set(away.server_rows())) == []
        assert away.network.made[away.house.address] < MOST_CONNECTIONS
        ledger = await asyncio.wrap_future(desk.store.verify_ledger())
        assert ledger.first_bad is None
        await customer.close()
        await away.end()
        count = checker.check(desk.presses, away.house.folder / "server.sqlite3", desk.folder / "chatdesk.db")
        assert (count.accepted, count.lost, count.duplicated, count.reordered) == (12, 0, 0, 0), count.words

    run_lab(story())
