"""Histories: pages from the newest, shifted by what arrives, told in `data.data`."""

from __future__ import annotations

from typing import Any

import pytest

from chatdesk.domain.arrivals import VerdictLater, VerdictRefused
from chatdesk.domain.events import ConversationGone, Dropped, Event, MessageDeleted, MessageSeen, WindowRead
from chatdesk.domain.goals import FreshHead, OlderPage
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import ClosedWhy, Lifecycle, ParkReason
from chatdesk.domain.steps import Call, Done, Parked
from tests.platforms.fakomame.paper import (
    CHAT,
    CHAT_2,
    HTML_404,
    Paper,
    call_of,
    cursor,
    history,
    message_id,
    record,
)

ALL = [record(number) for number in range(1, 121)]


def page_of(messages: list[dict[str, Any]], call: Call) -> dict[str, Any]:
    """What the server answers to a request for a page."""
    query = dict(call.query)
    page, limit = int(query["page"]), int(query["limit"])
    newest = messages[::-1][(page - 1) * limit : page * limit]
    return history(*newest[::-1], total=len(messages), page=page)


def read(
    paper: Paper, messages: list[dict[str, Any]], goal: FreshHead | OlderPage
) -> tuple[list[str], list[Event]]:
    """Read to the end: the pages asked for, and all that was told."""
    pages: list[str] = []
    told: list[Event] = []
    step = paper.want(goal)
    while isinstance(step, Call):
        pages.append(dict(step.query)["page"])
        told += paper.answer(200, page_of(messages, step)).events
        step = paper.again()
        assert len(pages) < 40
    assert step == Done()
    return pages, told


def window(told: list[Event]) -> WindowRead:
    """The one window of a reading."""
    (found,) = [event for event in told if isinstance(event, WindowRead)]
    return found


def ids(first: int, last: int) -> list[RemoteId]:
    return [message_id(number) for number in range(first, last + 1)]


@pytest.mark.shows("fakomame", "history", "yes")
def test_a_first_head_is_one_page() -> None:
    """The newest fifty, ascending, with what they prove."""
    pages, told = read(Paper(), ALL, FreshHead(CHAT))
    assert pages == ["1"]
    seen = [event for event in told if isinstance(event, MessageSeen)]
    assert [one.remote_id for one in seen] == ids(71, 120)
    found = window(told)
    assert (found.complete, found.reaches_head, found.reaches_start, found.total) == (True, True, False, 120)
    assert (found.oldest, found.newest) == (cursor(71), cursor(120))


def test_the_request_names_chat_page_and_size() -> None:
    """Page counts from 1; 0 or text would be answered 500."""
    call = call_of(Paper().want(FreshHead(CHAT)))
    assert (call.method, call.path) == ("GET", "/api/chats/messages")
    assert call.query == (("chatId", CHAT), ("page", "1"), ("limit", "50"))


@pytest.mark.shows("fakomame", "history_paging", "yes")
def test_a_head_is_read_until_what_is_known() -> None:
    """Sixty new messages take two pages, and the chain meets the old ones."""
    known = frozenset(ids(41, 60))
    pages, told = read(Paper(), ALL, FreshHead(CHAT, known))
    assert pages == ["1", "2"]
    assert set(window(told).ids) == set(ids(21, 120))


def test_what_a_join_has_brought_does_not_hide_a_hole() -> None:
    """The newest is known by the list of chats, but what is under it is not: read on to the old ones."""
    known = frozenset([message_id(120), *ids(31, 40)])
    pages, told = read(Paper(), ALL, FreshHead(CHAT, known))
    assert pages == ["1", "2"]
    assert window(told).complete


def test_a_window_to_prove_an_absence_goes_down_to_a_watermark() -> None:
    """One chain of pages from the head to an id that was known before the send."""
    pages, told = read(Paper(), ALL, FreshHead(CHAT, frozenset([message_id(15)]), complete=True))
    assert pages == ["1", "2", "3"]
    found = window(told)
    assert (found.complete, found.reaches_start, found.pages) == (True, True, 3)
    assert list(found.ids) == ids(1, 120)


def test_a_message_that_arrives_while_pages_are_read_begins_the_reading_anew() -> None:
    """It shifts the pages: totals differ, the chain is read again, and then it is whole."""
    paper = Paper()
    messages = list(ALL)
    step = paper.want(FreshHead(CHAT, complete=True))
    pages = []
    while isinstance(step, Call):
        pages.append(dict(step.query)["page"])
        paper.answer(200, page_of(messages, step))
        if len(pages) == 1:
            messages.append(record(121))
        step = paper.again()
    assert pages == ["1", "2", "1", "2", "3"]
    found = window(paper.events)
    assert found.complete
    assert list(found.ids) == ids(1, 121)


def test_pages_that_never_stand_still_prove_nothing() -> None:
    """A message with every page: the reading ends, and says that it has holes."""
    paper = Paper()
    messages = list(ALL)
    step = paper.want(FreshHead(CHAT, complete=True))
    for count in range(30):
        if not isinstance(step, Call):
            break
        paper.answer(200, page_of(messages, step))
        messages.append(record(121 + count))
        step = paper.again()
    assert step == Done()
    assert not window(paper.events).complete


def test_messages_of_one_moment_that_swap_pages_begin_the_reading_anew() -> None:
    """The server's order inside one millisecond is arbitrary: one twice means that another is missing."""
    paper = Paper()
    step = paper.want(FreshHead(CHAT, complete=True))
    assert isinstance(step, Call)
    paper.answer(200, page_of(ALL, step))
    second = call_of(paper.again())
    swapped = [*ALL[:70], ALL[69], *ALL[70:119]]
    swapped[69] = ALL[70]
    paper.answer(200, page_of([*ALL[:69], ALL[70], *ALL[70:]], second))
    assert dict(call_of(paper.again()).query)["page"] == "1"


@pytest.mark.parametrize(("held", "first"), [(50, "1"), (100, "2"), (90, "1"), (5_000, "100")])
def test_an_older_page_hangs_together_with_what_is_held(held: int, first: str) -> None:
    """The page is guessed from how much is held; the stretch always reaches what stands below `before`."""
    oldest = max(121 - held, 21)
    paper = Paper()
    pages, told = read(paper, ALL, OlderPage(CHAT, cursor(oldest), held))
    assert pages[0] == first
    found = window(told)
    assert found.complete
    assert found.newest is not None
    assert found.newest >= cursor(oldest)
    older = [one for one in found.ids if one < message_id(oldest)]
    assert len(older) >= min(25, oldest - 1)


def test_who_wants_all_of_it_gets_more_pages_in_one_reading() -> None:
    """The page that hangs together with what is held is read once for several that are older."""
    pages, told = read(Paper(), ALL, OlderPage(CHAT, cursor(71), 50, many=True))
    assert pages == ["1", "2", "3"]
    assert window(told).reaches_start


def test_the_start_is_known_when_it_is_reached() -> None:
    """Of the last page nothing older is to be had."""
    _, told = read(Paper(), ALL, OlderPage(CHAT, cursor(21), 100))
    assert window(told).reaches_start


def test_an_empty_chat_is_read_to_its_start() -> None:
    """Nothing was said: that is known for sure."""
    pages, told = read(Paper(), [], FreshHead(CHAT, complete=True))
    assert pages == ["1"]
    found = window(told)
    assert (found.ids, found.complete, found.reaches_start) == ((), True, True)


def test_a_page_too_large_to_be_taken_is_asked_for_in_pieces() -> None:
    """Files travel inside the JSON: fifty of them may be too much, ten or one are tried then."""
    paper = Paper()
    paper.want(FreshHead(CHAT))
    sizes = []
    for _ in range(3):
        sizes.append(dict(call_of(paper.step).query)["limit"])
        assert isinstance(paper.nothing("too_large"), VerdictLater)
        paper.again()
    assert sizes == ["50", "10", "1"]
    # Even alone the newest is too large: it is left out, counted, and the rest is read.
    call = call_of(paper.step)
    assert dict(call.query) == {"chatId": CHAT, "page": "2", "limit": "1"}
    step = paper.step
    while isinstance(step, Call):
        paper.answer(200, page_of(ALL, step))
        step = paper.again()
    assert not window(paper.events).complete
    assert Dropped(reason="malformed") in paper.events
    assert dict(call_of(paper.want(FreshHead(CHAT))).query)["limit"] == "1"


def test_a_moderated_message_is_a_deletion_for_good() -> None:
    """It stays in the pages with `isDeleted`: told, so that a lost send is found, and deleted."""
    gone = record(2, "hidden", own=True, isDeleted=True)
    _, told = read(Paper(), [record(1), gone], FreshHead(CHAT))
    assert MessageDeleted(conversation=CHAT, remote_id=message_id(2)) in told
    seen = [event for event in told if isinstance(event, MessageSeen)]
    assert [(one.deleted, one.text) for one in seen] == [(False, "message 1"), (True, "hidden")]
    assert message_id(2) in window(told).ids


def test_a_record_of_another_chat_is_dropped_and_counted() -> None:
    """Whatever a server mixes in, it is not stored under this chat."""
    _, told = read(Paper(), [record(1), record(2, chat=CHAT_2)], FreshHead(CHAT))
    assert Dropped(reason="foreign") in told
    assert [event.remote_id for event in told if isinstance(event, MessageSeen)] == [message_id(1)]


@pytest.mark.parametrize("goal", [FreshHead(CHAT), OlderPage(CHAT, cursor(5), 10)])
def test_a_chat_without_access_becomes_read_only(goal: FreshHead | OlderPage) -> None:
    """404 in the server's words: the chat is told to be withdrawn, with the reason."""
    paper = Paper()
    paper.want(goal)
    reading = paper.answer(404, {"success": False, "error": "Chat not found or access denied"})
    assert reading.events == (
        ConversationGone(remote_id=CHAT, lifecycle=Lifecycle.READ_ONLY, why=ClosedWhy.ACCESS_WITHDRAWN),
    )
    assert isinstance(reading.verdicts[0], VerdictRefused)
    assert isinstance(paper.again(), Parked)


def test_a_page_of_another_server_withdraws_nothing() -> None:
    """HTML is no word of this platform: no chat is closed for it."""
    paper = Paper()
    paper.want(FreshHead(CHAT))
    reading = paper.answer(404, HTML_404, is_json=False)
    assert not [event for event in reading.events if isinstance(event, ConversationGone)]
    assert paper.again() == Parked(ParkReason.NOT_FOUND)


def test_an_id_that_is_none_is_not_asked_for() -> None:
    """No path and no query is ever made of something that is no id."""
    assert isinstance(Paper().want(FreshHead(RemoteId("../me"))), Parked)
    assert isinstance(Paper().want(OlderPage(RemoteId(""), cursor(1), 1)), Parked)
