"""A moment is found in a conversation by a few reads, whatever its cursors look like."""

from __future__ import annotations

from bisect import bisect_left
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatdesk.domain.ids import ConversationId
from chatdesk.store import Store
from chatdesk.store.by_time import Found, between, first_since
from tests.store.making import Desk, message, reading, window

MOST_READS = 200
CURSORS = st.one_of(
    st.integers(0, 10**9).map(lambda n: f"{n:012d}"),
    st.integers(0, 10**18).map(lambda n: f"{n:019d}.{n % 97:02d}"),
    st.text(alphabet="0123456789abcdef-:TZ", min_size=1, max_size=24),
)


@given(st.lists(CURSORS, min_size=1, max_size=80, unique=True), st.data())
def test_it_is_the_first_since_then(cursors: list[str], data: st.DataObject) -> None:
    """The first one sent at a moment or later, the newest where all are older; in few reads by key."""
    steps = data.draw(st.lists(st.integers(0, 3), min_size=len(cursors), max_size=len(cursors)))
    rows, now = [], 0
    for number, (cursor, step) in enumerate(zip(sorted(cursors), steps, strict=True)):
        now += step
        rows.append(Found(cursor, number, now))
    reads: list[str] = []

    def seek(cursor: str) -> Found | None:
        reads.append(cursor)
        at = bisect_left([row.cursor for row in rows], cursor)
        return rows[at] if at < len(rows) else None

    def seek_back(cursor: str) -> Found | None:
        reads.append(cursor)
        at = bisect_left([row.cursor for row in rows], cursor)
        return rows[at - 1] if at else None

    at_us = data.draw(st.integers(-1, now + 2))
    expected = next((row for row in rows if row.sent_at_us >= at_us), rows[-1])
    assert first_since(seek, seek_back, rows[-1], at_us) == expected
    assert len(reads) <= MOST_READS


@given(CURSORS, CURSORS)
def test_between_is_between(one: str, other: str) -> None:
    """What is found between two cursors sorts after one and before the other."""
    low, high = sorted((one, other))
    middle = between(low, high)
    assert middle is None or low < middle < high


@pytest.fixture
def desk(profile_dir: Path) -> Desk:
    return Desk(Store.open(profile_dir))


def test_a_moment_is_found_in_the_store(desk: Desk) -> None:
    """`Reader.first_since` gives the message of a moment; one that waits for its place is no answer."""
    desk.apply(3, *window(range(1, 400)))
    desk.press("not placed yet")
    with reading(desk.store) as reader:
        second = 1_000_000

        def text(at_us: int) -> str:
            found = reader.first_since(desk.conversation, at_us)
            return str(reader.message(found).text)

        assert text(0) == "text 1"
        assert text(200 * second) == "text 200"
        assert text(200 * second + 1) == "text 201"
        assert text(4_000 * second) == "text 399"
        assert reader.first_since(desk.other, 0) is None
        assert reader.first_since(ConversationId(999), 0) is None
    desk.apply(4, message(400))
    desk.store.close()
