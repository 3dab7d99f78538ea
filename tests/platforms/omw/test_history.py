"""Paging: offsets from the newest, seconds in any order, overlaps, holes, and what a reading proves."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from chatdesk.domain.arrivals import VerdictLater
from chatdesk.domain.events import MessageSeen, Stale, WindowRead
from chatdesk.domain.goals import FreshHead, OlderPage
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.steps import Call, Parked
from tests.platforms.omw.paper import (
    SESSION,
    Paper,
    call_of,
    cursor,
    history,
    pushed,
    record,
    zoneless,
)

Store = list[dict[str, Any]]


def kept(count: int, per_second: int = 1) -> Store:
    """Messages 1 to count, so many in each second."""
    return [record(number, created_at=zoneless(number // per_second)) for number in range(1, count + 1)]


def serve(store: Store, query: dict[str, str], shuffle: random.Random | None = None) -> dict[str, Any]:
    """What the server answers: newest first by second, arbitrary inside a second, then turned round."""
    offset, limit = int(query["offset"]), int(query["limit"])
    ordered = list(store)
    if shuffle is not None:
        shuffle.shuffle(ordered)
    ordered.sort(key=lambda one: str(one["created_at"]), reverse=True)
    if shuffle is None:
        ordered = sorted(store, key=lambda one: -int(one["id"]))
    page = ordered[offset : offset + min(limit, 200)]
    return history(*page[::-1], more=len(page) == limit)


def read(
    paper: Paper,
    goal: FreshHead | OlderPage,
    store: Store,
    *,
    shuffle: random.Random | None = None,
    between: Callable[[], None] = lambda: None,
) -> tuple[WindowRead, list[MessageSeen], int]:
    """Pursue a reading to its end: the window, the messages, how many pages."""
    before = len(paper.events)
    step, pages = paper.want(goal), 0
    while isinstance(step, Call):
        query = dict(step.query)
        assert int(query["limit"]) <= 200
        paper.answer(200, serve(store, query, shuffle))
        between()
        pages += 1
        step = paper.again()
    events = paper.events[before:]
    (window,) = [event for event in events if isinstance(event, WindowRead)]
    return window, [event for event in events if isinstance(event, MessageSeen)], pages


def ids(window: WindowRead) -> list[int]:
    return [int(one) for one in window.ids]


def test_an_empty_history_is_whole() -> None:
    """Nothing is there, and that is certain."""
    window, seen, pages = read(Paper(), FreshHead(SESSION), [])
    assert (seen, pages) == ([], 1)
    assert window.complete
    assert window.reaches_start
    assert window.reaches_head
    assert window.oldest is None


def test_a_head_is_one_page() -> None:
    """Where nothing is known the newest page will do."""
    window, seen, pages = read(Paper(), FreshHead(SESSION), kept(500))
    assert pages == 1
    assert len(seen) == 50
    assert (window.complete, window.reaches_head, window.reaches_start) == (True, True, False)
    assert ids(window) == list(range(452, 501))  # of the oldest second something may be missing


def test_a_head_goes_down_to_what_is_known() -> None:
    """Pages overlap, and the last one holds what is known already."""
    known = frozenset({RemoteId("300"), RemoteId("299")})
    window, _, pages = read(Paper(), FreshHead(SESSION, known), kept(500))
    assert pages == 5
    assert window.complete
    assert {299, 300} & set(ids(window))
    assert ids(window) == list(range(min(ids(window)), 501))


def test_a_window_is_read_in_steps_of_190() -> None:
    """The whole conversation, in pages of 200 that overlap."""
    paper = Paper()
    offsets: list[str] = []
    window, _, pages = read(
        paper,
        FreshHead(SESSION, complete=True),
        kept(600),
        between=lambda: offsets.append(dict(call_of(paper.step).query)["offset"]),
    )
    assert pages == 4
    assert offsets == ["0", "190", "380", "570"]
    assert window.complete
    assert window.reaches_start
    assert ids(window) == list(range(1, 601))


def test_an_exact_multiple_gives_one_empty_page() -> None:
    """`hasMore` only says that the page was full."""
    window, _, pages = read(Paper(), FreshHead(SESSION, complete=True), kept(200))
    assert pages == 2
    assert window.complete
    assert window.reaches_start
    assert len(window.ids) == 200


def test_messages_that_arrive_while_pages_are_read_shift_them() -> None:
    """Offsets move; overlapping pages are merged by id, and nothing is missing or double."""
    store = kept(500)

    def arrives() -> None:
        store.append(record(len(store) + 1))

    window, _, _ = read(Paper(), FreshHead(SESSION, complete=True), store, between=arrives)
    assert window.complete
    assert len(ids(window)) == len(set(ids(window)))
    assert set(range(1, 501)) <= set(ids(window))


@pytest.mark.parametrize("seed", range(20))
def test_seconds_in_any_order_prove_no_absence(seed: int) -> None:
    """Whatever the server does inside a second: no message inside a complete window is missing from it."""
    chance = random.Random(seed)
    store = kept(450, per_second=chance.choice([1, 2, 3, 5]))
    goals: list[FreshHead | OlderPage] = [
        FreshHead(SESSION),
        FreshHead(SESSION, frozenset({RemoteId("200")}), complete=True),
        OlderPage(SESSION, cursor(300), 151),
    ]
    for goal in goals:
        window, _, _ = read(Paper(), goal, store, shuffle=chance)
        found = ids(window)
        if window.complete and found:
            assert found == list(range(found[0], found[-1] + 1))


def test_a_hole_between_pages_begins_anew() -> None:
    """Pages without a common message prove nothing: the reading starts again, and then gives up."""
    paper = Paper()
    paper.want(FreshHead(SESSION, complete=True))
    first = history(*[record(number) for number in range(801, 1_001)], more=True)
    far = history(*[record(number) for number in range(1, 201)], more=True)
    for _ in range(3):
        paper.answer(200, first)
        assert dict(call_of(paper.again()).query)["offset"] == "190"
        paper.answer(200, far)
        paper.again()
    window = next(event for event in paper.events if isinstance(event, WindowRead))
    assert not window.complete
    assert ids(window)[-1] == 1_000


def test_an_unreadable_record_makes_a_window_incomplete() -> None:
    """The others are shown, but nothing is proved by such a page."""
    paper = Paper()
    paper.want(FreshHead(SESSION))
    paper.answer(200, history(record(1), {"id": "x"}, record(3)))
    window = next(event for event in paper.events if isinstance(event, WindowRead))
    assert not window.complete
    assert ids(window) == [1, 3]


def test_older_pages_join_what_is_held() -> None:
    """A scroll upward brings at least 25 older messages and overlaps those that are held."""
    window, seen, pages = read(Paper(), OlderPage(SESSION, cursor(451), 50), kept(500))
    assert pages == 1
    assert window.complete
    assert not window.reaches_head
    assert window.newest is not None
    assert window.newest >= cursor(451)
    assert sum(one.cursor < cursor(451) for one in seen) >= 25


@pytest.mark.parametrize("held", [0, 10, 300, 10_000])
def test_older_pages_find_their_place_when_the_count_is_wrong(held: int) -> None:
    """`held` is a hint only: the reading moves until it hangs together with what is held."""
    window, _, pages = read(Paper(), OlderPage(SESSION, cursor(400), held), kept(500))
    assert pages <= 8
    if window.complete and window.ids:
        assert ids(window) == list(range(ids(window)[0], ids(window)[-1] + 1))
    assert window.oldest is not None
    assert window.oldest < cursor(400)
    if held <= 300:
        assert window.newest is not None
        assert window.newest >= cursor(400)


def test_a_page_behind_the_end_is_no_start() -> None:
    """Where `held` was far too great nothing is proved by empty pages."""
    paper = Paper()
    step = paper.want(OlderPage(SESSION, cursor(400), 10**7))
    while isinstance(step, Call):
        paper.answer(200, history())
        step = paper.again()
    window = next(event for event in paper.events if isinstance(event, WindowRead))
    assert (window.ids, window.complete, window.reaches_start) == ((), False, False)


def test_older_pages_end_at_the_start() -> None:
    """The first message is met, and the window says so."""
    window, _, _ = read(Paper(), OlderPage(SESSION, cursor(20), 81), kept(100))
    assert window.reaches_start
    assert ids(window)[0] == 1


def test_a_history_that_fails_is_tried_three_times() -> None:
    """500 in words: later, later, given up."""
    paper = Paper()
    paper.want(FreshHead(SESSION))
    for _ in range(2):
        verdict = paper.verdict(500, {"error": "Failed to get messages"})
        assert isinstance(verdict, VerdictLater)
        paper.later(5_000)
        paper.again()
    paper.answer(500, {"error": "Failed to get messages"})
    assert isinstance(paper.again(), Parked)


def test_the_zone_is_learnt_from_a_message_in_both_forms() -> None:
    """Half an hour zones too; everything of the page is told in it, and what was read before is stale."""
    paper = Paper()
    assert Stale(conversation=SESSION) in paper.push("new_message", pushed(1_000))
    window, seen, _ = read(paper, FreshHead(SESSION), [record(999), record(1_000)])
    pushed_us = next(event.sent_at_us for event in paper.events if isinstance(event, MessageSeen))
    assert window.complete
    assert [one.sent_at_us for one in seen] == [pushed_us - 1_500_000, pushed_us - 500_000]
    assert Stale() in paper.events
    assert paper.facts.learnt["zone_offset_us"].value == str(19_800 * 1_000_000)
    assert Stale(conversation=SESSION) not in paper.push("new_message", pushed(1_001))
