"""A deletion that was told is final, whatever histories that were read before or after it still show."""

from __future__ import annotations

import pytest

from chatdesk.domain.events import MessageDeleted, WindowRead
from chatdesk.domain.ids import RemoteId
from tests.store.making import CONVERSATION, Desk, message, reading, window

GONE = MessageDeleted(conversation=CONVERSATION, remote_id=RemoteId("m2"))


def shown(desk: Desk) -> list[str]:
    with reading(desk.store) as reader:
        return [one.remote_id for one in reader.newest_page(desk.conversation).messages if not one.deleted]


@pytest.mark.parametrize("deleted_at", [4, 20])
def test_no_reading_brings_it_back(desk: Desk, deleted_at: int) -> None:
    """Neither its ids alone, nor its messages, nor a push; applied before the deletion or after it."""
    whole = window([1, 2, 3], reaches_start=True)
    assert isinstance(whole[-1], WindowRead)
    desk.apply(3, *whole)
    steps = [
        (6, whole[-1:]),
        (8, whole),
        (9, window([1, 2, 3], reaches_start=True, pages=2)),
        (10, (message(2),)),
    ]
    if deleted_at < 5:
        desk.apply(deleted_at, GONE)
    for arrival, events in steps:
        desk.apply(arrival, *events)
    desk.apply(deleted_at, GONE)
    assert shown(desk) == ["m1", "m3"]
    for arrival, events in steps:
        desk.apply(arrival + 20, *events)
    assert shown(desk) == ["m1", "m3"]
