"""Lists and conversations: what failures mean, what is told again, and what an empty answer proves."""

from __future__ import annotations

from typing import Any

import pytest

from chatdesk.domain.arrivals import GoalEnded, VerdictLater, VerdictRefused, VerdictUnknown
from chatdesk.domain.events import (
    ConversationSeen,
    Dropped,
    ListsRead,
    MessageSeen,
    Noticed,
    ReadSeen,
    Stale,
    WindowRead,
)
from chatdesk.domain.goals import FreshHead, FreshLists, MarkRead, OlderPage
from chatdesk.domain.ids import Cursor, RemoteId
from chatdesk.domain.kinds import NoticeCode, ParkReason
from chatdesk.domain.steps import Call, Done, Parked, Wait
from tests.platforms.marketplace.paper import (
    EVERYTHING,
    INTERNAL,
    ME,
    OTHER,
    SEND,
    STRANGER,
    Paper,
    boxed,
    call_of,
    cursor,
    listing,
    message_id,
    person,
    put,
    record,
    relay,
    talk,
)
from tests.platforms.paper import HTML_404


def read_lists(paper: Paper, inbox: list[dict[str, Any]], sent: list[dict[str, Any]]) -> list[Call]:
    """All steps of one reading of the lists, answered."""
    steps = []
    step = paper.want(FreshLists())
    while isinstance(step, Call):
        steps.append(step)
        if step.note in {"inbox", "sent"}:
            records = inbox if step.note == "inbox" else sent
            start = int(dict(step.query)["offset"])
            paper.answer(200, listing(*records[start : start + 50], total=len(records)))
        elif step.note == "rfqs":
            paper.answer(200, [])
        else:
            paper.answer(404, {"message": "not found"})
        step = paper.again()
    assert step == Done()
    paper.read(GoalEnded(paper.goal.token))
    return steps


# -- lists -------------------------------------------------------------------------------------------------


def test_a_second_reading_on_a_connection_stops_at_what_is_known() -> None:
    """Everything once per connection; then only as far as there is news, and the numbers still add up."""
    paper = Paper()
    inbox = [boxed(number) for number in range(120, 0, -1)]
    assert [one.note for one in read_lists(paper, inbox, [])] == ["inbox"] * 3 + ["sent", "rfqs"]
    assert paper.told(ListsRead) == [ListsRead()]
    paper.events.clear()
    assert [one.note for one in read_lists(paper, [boxed(121), *inbox], [])].count("inbox") == 2
    assert [one.unread for one in paper.told(ConversationSeen)] == [121]
    paper.events.clear()
    assert [one.note for one in read_lists(paper, [boxed(121), *inbox], [])].count("inbox") == 1
    assert [one.unread for one in paper.told(ConversationSeen)] == [121]
    paper.cut()
    paper.facts = put(paper.facts, online=True, epoch=2, own=put(paper.own, registered=2))
    assert [one.note for one in read_lists(paper, [boxed(121), *inbox], [])].count("inbox") == 3


def test_what_is_pushed_while_the_lists_are_read_counts_once() -> None:
    """The inbox may have it or not: its number leaves it out, the push counts by itself."""
    for in_answer in (True, False):
        paper = Paper()
        paper.want(FreshLists())
        paper.packet("new_message", record(2))
        paper.answer(200, listing(*([boxed(2)] if in_answer else []), boxed(1)))
        paper.again()
        paper.packet("new_message", record(3))
        paper.answer(200, listing())
        assert [one.unread for one in paper.told(ConversationSeen) if one.unread is not None] == [1]
        paper.read(GoalEnded(paper.goal.token))
        paper.events.clear()
        read_lists(paper, [boxed(3), boxed(2), boxed(1)], [])
        assert [one.unread for one in paper.told(ConversationSeen)] == [3]


def test_what_another_device_has_read_is_read() -> None:
    """The record comes back with its new status: one less, and the conversation is seen up to it."""
    paper = Paper()
    read_lists(paper, [boxed(2), boxed(1)], [])
    paper.events.clear()
    (mark,) = paper.push("message_updated", record(1, status="read"))
    assert mark == ReadSeen(conversation=OTHER, person_id=ME, by_self=True, cursor=cursor(1))
    read_lists(paper, [boxed(2), boxed(1, status="read")], [])
    assert [one.unread for one in paper.told(ConversationSeen)] == [1]


def test_names_that_no_record_tells_are_looked_up_once() -> None:
    """One person at a time, by id, never the whole directory; again on the next connection."""
    paper = Paper()
    told = paper.push("new_message", relay())
    assert Stale() in told
    steps = [one.path for one in read_lists(paper, [], [])]
    assert steps[-1] == f"/api/buyers/{OTHER}"
    assert f"/api/buyers/{OTHER}" not in [one.path for one in read_lists(paper, [], [])]
    assert Stale() not in paper.push("new_message", relay("local-2"))
    named = Paper()
    named.push("new_message", relay())
    named.want(FreshLists())
    answers: list[Any] = [listing(), listing(), [], person(OTHER)]
    for body in answers:
        named.answer(200, body)
        named.again()
    assert named.told(ConversationSeen)[-1].title == "Buyer One"


def test_strangers_can_not_fill_the_list() -> None:
    """Nothing proves who hands something over: so many new conversations per connection, no more."""
    paper = Paper()
    for number in range(250):
        paper.push("new_message", relay("m", sender_id=f"66c0000000000000000{number:05d}"))
    assert len(paper.own.parties) == 200
    assert Dropped(reason="too_many_strangers") in paper.events


def test_a_mark_of_an_earlier_run_waits_until_it_is_known_what_is_unread() -> None:
    """Nothing would be marked, and the mark be gone: the lists or the conversation tell first."""
    for by_lists in (True, False):
        paper = Paper()
        assert isinstance(paper.want(MarkRead(OTHER, EVERYTHING)), Wait)
        if by_lists:
            read_lists(paper, [boxed(1)], [])
        else:
            paper.want(FreshHead(OTHER))
            paper.answer(200, person(OTHER))
            paper.again()
            paper.answer(200, talk(record(1)))
        assert call_of(paper.want(MarkRead(OTHER, EVERYTHING))).note == "mark"
        paper.answer(404, {"message": "Message not found or unauthorized"})
        assert paper.again() == Done()


# -- failures ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [500, 503, 200])
def test_a_passing_failure_is_tried_again_and_never_parks(status: int) -> None:
    """Three times with a pause, then it is for whoever asked; a queued send is not given up for it."""
    paper = Paper()
    paper.knows()
    paper.want(FreshHead(OTHER))
    for turn in range(3):
        verdict = paper.verdict(status, "<html>", is_json=False)
        assert isinstance(verdict, VerdictLater)
        assert (verdict.ms > 0) == (turn < 2)
        paper.later(6_000)
        assert call_of(paper.again()).note == "history"
    assert [one.code for one in paper.told(Noticed)] == [NoticeCode.SERVER_ERROR]


def test_definite_refusals_end_a_reading() -> None:
    """403, 404 in words, a bad request; a page means that there is no such server."""
    cases: list[tuple[int, Any, ParkReason]] = [
        (403, {"message": "Access denied. Insufficient permissions."}, ParkReason.FORBIDDEN),
        (404, {"message": "Message not found or unauthorized"}, ParkReason.NOT_FOUND),
        (400, {"success": False, "message": "Invalid participant type"}, ParkReason.REFUSED),
        (404, HTML_404, ParkReason.NOT_FOUND),
    ]
    for status, body, reason in cases:
        paper = Paper()
        paper.knows()
        paper.want(FreshHead(OTHER))
        verdict = paper.verdict(status, body, is_json=isinstance(body, dict))
        assert isinstance(verdict, VerdictRefused)
        assert verdict.reason is reason
        assert isinstance(paper.again(), Parked)


def test_a_rate_limit_is_honoured() -> None:
    """None was seen, one is promised: the server's own time is waited."""
    paper = Paper()
    paper.knows()
    paper.want(FreshHead(OTHER))
    assert paper.verdict(429, {"message": "slow"}, headers={"retry-after": "7"}) == VerdictLater(1, 7_000)
    assert [one.code for one in paper.told(Noticed)] == [NoticeCode.RATE_LIMITED]
    send = Paper()
    send.knows()
    send.want(SEND)
    verdict = send.verdict(429, {"message": "slow"}, headers={"retry-after": "7"})
    assert verdict == VerdictLater(1, 7_000, "slow")


def test_a_body_that_is_too_large_is_refused_for_good() -> None:
    """500 with words that say so: nothing was stored, and it is no sign of a server that stores nothing."""
    paper = Paper()
    paper.want(SEND)
    paper.answer(200, person(OTHER))
    paper.again()
    verdict = paper.verdict(500, {"success": False, "message": "request entity too large"})
    assert verdict == VerdictRefused(1, ParkReason.TOO_LONG, "request entity too large")
    assert paper.want(put(SEND, text="x" * 20_001)) == Parked(ParkReason.TOO_LONG)


@pytest.mark.parametrize("data", [None, INTERNAL, [], record(1), record(1, sender=ME, recipient=STRANGER)])
def test_a_send_that_is_answered_strangely_is_uncertain(data: Any) -> None:
    """201 without our record: stored, probably, but as what only the conversation tells."""
    paper = Paper()
    paper.knows()
    paper.want(SEND)
    assert isinstance(paper.verdict(201, {"success": True, "data": data}), VerdictUnknown)


# -- conversations -----------------------------------------------------------------------------------------


def test_a_further_reading_tells_what_is_new() -> None:
    """The answer is always whole; after the first time only its end is told again."""
    paper = Paper()
    paper.knows()
    everything = [record(number) for number in range(1, 8)]
    paper.want(FreshHead(OTHER, known=frozenset({message_id(5)})))
    paper.answer(200, talk(*everything))
    assert len(paper.told(MessageSeen)) == 7
    paper.events.clear()
    paper.want(FreshHead(OTHER, known=frozenset({message_id(5), message_id(6)})))
    paper.answer(200, talk(*everything))
    assert [one.remote_id for one in paper.told(MessageSeen)] == [message_id(5), message_id(6), message_id(7)]
    (window,) = paper.told(WindowRead)
    assert (window.reaches_start, window.reaches_head, window.complete) == (False, True, True)
    paper.events.clear()
    paper.want(FreshHead(OTHER, known=frozenset({message_id(5)}), complete=True))
    paper.answer(200, talk(*everything))
    assert len(paper.told(MessageSeen)) == 7


def test_records_of_others_in_a_conversation_are_counted() -> None:
    """An answer with somebody else's messages is incomplete, whatever it claims."""
    paper = Paper()
    paper.knows()
    paper.want(FreshHead(OTHER))
    paper.answer(200, talk(record(1), record(2, sender=STRANGER), {"_id": "x"}))
    (window,) = paper.told(WindowRead)
    assert not window.complete
    assert window.ids == (message_id(1),)
    assert Dropped(reason="malformed") in paper.events


def test_an_empty_answer_of_an_unproven_server_deletes_nothing() -> None:
    """What is here of stored messages stays; relayed ones are no gap; nothing reaches from start to head."""
    stored = frozenset({message_id(5)})
    relayed = frozenset({RemoteId(f"{OTHER}/m1")})
    for known, starts in ((stored, [False]), (relayed, [True, False]), (frozenset(), [True, False])):
        paper = Paper()
        paper.live()
        paper.want(FreshHead(OTHER, known=known))
        paper.answer(200, talk())
        windows = paper.told(WindowRead)
        assert [one.reaches_start for one in windows] == starts
        assert not [one for one in windows if one.reaches_start and one.reaches_head]
        assert windows[-1].reaches_head
        assert windows[-1].complete
        assert all(one.ids == () and one.oldest is None for one in windows)


def test_an_older_page_of_an_unproven_server_ends_where_relays_begin() -> None:
    """Before relayed messages there is nothing; before stored ones nobody knows."""
    for before, complete in ((Cursor("1795161600000000"), True), (cursor(5), False)):
        paper = Paper()
        paper.live()
        paper.want(OlderPage(OTHER, before, 1))
        paper.answer(200, talk())
        (window,) = paper.told(WindowRead)
        assert (window.complete, window.reaches_start, window.reaches_head) == (complete, complete, False)


# -- relays ------------------------------------------------------------------------------------------------


def test_a_relay_without_an_id_is_known_by_its_words_for_a_moment() -> None:
    """Doubled on the way: one message. Said again later: another one."""
    paper = Paper()
    paper.knows()
    assert len([one for one in paper.push("new_message", relay(None)) if isinstance(one, MessageSeen)]) == 1
    assert not [one for one in paper.push("new_message", relay(None)) if isinstance(one, MessageSeen)]
    paper.later(1_500)
    assert len([one for one in paper.push("new_message", relay(None)) if isinstance(one, MessageSeen)]) == 1
    ids = [one.remote_id for one in paper.told(MessageSeen)]
    assert len(set(ids)) == 2


def test_a_relay_can_not_change_what_is_here() -> None:
    """Another text under the same id, or under a stored record's: the first stands."""
    paper = Paper()
    paper.knows()
    paper.push("new_message", relay("m1", "first"))
    assert paper.push("new_message", relay("m1", "second"))[0] == Dropped(reason="changed_copy")
    paper.push("new_message", record(7, "stored"))
    for copy in (relay("m2", "forged", _id=message_id(7)), relay(message_id(7), "forged")):
        assert not [one for one in paper.push("new_message", copy) if isinstance(one, MessageSeen)]
    assert [one.text for one in paper.told(MessageSeen)] == ["first", "stored"]


def test_two_people_may_use_the_same_id() -> None:
    """Who sends may only ever name messages of their own."""
    paper = Paper()
    paper.knows(OTHER, STRANGER)
    paper.push("new_message", relay("m1", "one"))
    paper.push("new_message", relay("m1", "two", sender_id=STRANGER))
    assert [(one.text, one.conversation) for one in paper.told(MessageSeen)] == [
        ("one", OTHER),
        ("two", STRANGER),
    ]


def test_receipts_for_relays_name_our_own_id() -> None:
    """Of this run, and of an earlier one, whose messages only the store knows."""
    paper = Paper()
    paper.live()
    paper.want(SEND)
    paper.packet("message_delivered", {"messageId": SEND.outgoing_id})
    key = RemoteId(f"{ME}/{SEND.outgoing_id}")
    receipt = {"message_id": SEND.outgoing_id, "recipient_id": ME, "reader_id": OTHER}
    expected = ReadSeen(conversation=OTHER, person_id=OTHER, by_self=False, ids=(key,))
    assert paper.push("message_read", receipt) == [expected]
    later = Paper(learnt=paper.facts.learnt)
    later.knows()
    assert later.push("message_read", receipt) == [expected]
    assert later.push("message_read", {**receipt, "reader_id": STRANGER}) == [Dropped(reason="foreign")]
    assert later.push("message_read", {**receipt, "recipient_id": STRANGER}) == [Dropped(reason="foreign")]
