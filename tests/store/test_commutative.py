"""Stamped events come to the same end in whatever order, batches and repetitions they are applied."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from chatdesk.domain.events import Stamped
from chatdesk.store import Store
from tests.store.making import WAIT_S, Desk, raw, reading, short_lived_folder, without_ids
from tests.store.world import batches, happenings


def end_of(runs: Sequence[Sequence[Stamped]]) -> dict[str, Any]:
    """What a fresh store holds after these batches, but for local numbers."""
    with short_lived_folder() as folder:
        store = Store.open(folder, now_us=lambda: 1)
        try:
            desk = Desk(store, first_sync=False)
            for run in runs:
                store.apply(desk.account.id, run).result(WAIT_S)
            with reading(store) as reader:
                pages = [reader.newest_page(one) for one in (desk.conversation, desk.other)]
            with raw(folder) as con:
                ranges = sorted(con.execute("SELECT conversation_id, lo, hi, live_epoch FROM ranges"))
                marks = sorted(con.execute("SELECT * FROM read_marks"))
            found = {
                "messages": [
                    sorted((without_ids(one) for one in page.messages), key=lambda one: str(one["remote_id"]))
                    for page in pages
                ],
                "gaps": [page.gap_before for page in pages],
                "conversations": sorted(
                    (without_ids(one) for one in store.conversations().result(WAIT_S).rows),
                    key=lambda one: str(one["remote_id"]),
                ),
                "orders": [
                    without_ids(one) | {"history": None} for one in store.orders().result(WAIT_S).rows
                ],
                "notifications": {
                    one.remote_id: one for one in store.notifications(desk.account.id).result(WAIT_S).rows
                },
                "ranges": ranges,
                "marks": marks,
                "dropped": dict(store.dropped_counts(desk.account.id).result(WAIT_S)),
            }
        finally:
            store.close()
    return found


@settings(max_examples=120)
@given(happenings(), st.randoms(use_true_random=False), st.lists(st.integers(0, 99), max_size=4))
def test_order_and_repetition_do_not_matter(events: list[Stamped], chance: Any, cuts: list[int]) -> None:
    """The same facts, shuffled, doubled and cut into other batches, leave the same rows."""
    shuffled = events + [one for one in events if chance.random() < 0.3]
    chance.shuffle(shuffled)
    assert end_of(batches(shuffled, cuts)) == end_of([events])
