"""Whatever others did while we were away is here after the wake, at every place: row for row."""

from __future__ import annotations

import asyncio
from itertools import dropwhile
from pathlib import Path

import pytest

from chatdesk.domain.kinds import ConnectionState
from chatdesk.server.dialect import Variant
from tests.faults.lab import prepare, run_lab
from tests.faults.others import Customer
from tests.faults.time.away import Away
from tests.faults.wake import places
from tests.sync.virtual import until

MANY = 320
"""More than any platform gives at once."""


def held(away: Away) -> tuple[dict[str, str], dict[str, str]]:
    """(server's, client's) texts by id, from the oldest message that the client has of each conversation."""
    here = away.client_rows()
    there: dict[str, str] = {}
    for rows in away.server_rows().values():
        there |= dict(dropwhile(lambda row: row[0] not in here, rows))
    return there, here


async def gaps(away: Away) -> list[str]:
    """Conversations of which the window still says that something is missing."""
    store = away.desk.store
    known = await asyncio.wrap_future(store.known_conversations(away.made.account.id))
    return [one.remote_id for one in known if not one.head_complete]


@pytest.mark.parametrize(("platform", "variant"), places())
def test_after_a_wake_nothing_is_missing(tmp_path: Path, platform: str, variant: Variant) -> None:
    """More than a page of messages, a deletion and an edit meanwhile; others who write while history is read;
    and a server that restarts in the middle: afterwards server and client have the same rows, in one order.
    """
    made = prepare(tmp_path / "made", platform, variant)

    async def story() -> None:
        away = Away(tmp_path / "run", made)
        await away.begin()
        await asyncio.sleep(10)
        rows, here = away.server_rows(), away.client_rows()
        busy = max(rows, key=lambda one: len(rows[one]))
        mark, gone, edited, newest = [message for message, _ in rows[busy] if message in here][-4:]
        unread = away.unread(mark)
        away.fall_asleep()
        await away.write(busy, MANY)
        await away.others_write(6, into=2)
        await away.somebody_deletes(gone)
        await away.somebody_edits(edited, "another text")
        away.wake_up(7_200)
        customer = Customer(platform, away.house.url, 0)
        writing = asyncio.create_task(customer.write("while you read"))
        await until(lambda: away.desk.status.connection is ConnectionState.ONLINE, what="online")
        await asyncio.sleep(0.01)  # lists and histories are being read
        await away.house.restart()
        written = await writing or await customer.write("while you read")
        assert written
        since_us = away.desk.clock.now_us()
        await until(lambda: away.desk.caught_up_since(since_us), what="caught up")
        there, here = held(away)
        assert here == there
        assert here[edited] == "another text"
        assert gone not in here
        assert {newest, mark} <= here.keys()
        assert "while you read" in here.values()
        assert len(here) >= MANY + 7
        assert await gaps(away) == []
        orders = [[one for one, _ in rows if one in here] for rows in away.server_rows().values()]
        shown = away.in_order()
        assert [[one for one in shown if one in set(order)] for order in orders] == orders
        before = {message for message, _ in rows[busy]}
        assert away.unread(mark) == unread + sum(one not in before for one, _ in away.server_rows()[busy])
        await customer.close()
        await away.end()

    run_lab(story())
