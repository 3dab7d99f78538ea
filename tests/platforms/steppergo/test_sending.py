"""The rules of sending on this platform: our own ids, what can't be sent, refusals and limits."""

from __future__ import annotations

import pytest

from chatdesk.domain.actions import Attachment, Extras, FindKind, Lookup
from chatdesk.domain.arrivals import (
    VerdictLater,
    VerdictRefused,
    VerdictStored,
    VerdictUnknown,
)
from chatdesk.domain.events import (
    ConversationGone,
    ListsRead,
    MessageSeen,
    Stale,
)
from chatdesk.domain.goals import Find, FreshHead, FreshLists, Joined, SendText
from chatdesk.domain.ids import OutgoingId, RemoteId
from chatdesk.domain.kinds import (
    KeyGrade,
    MessageKind,
    ParkReason,
)
from chatdesk.domain.steps import Call, Done, Emit, NeedsPassword, Parked
from chatdesk.platforms.steppergo.limits import LIMITS
from tests.platforms.paper import emit_of
from tests.platforms.steppergo.paper import (
    CONVERSATION,
    OTHER,
    OUT_ID,
    TRIP,
    Paper,
    driven_trip,
    driver_trips,
    history,
    message,
    message_id,
    put,
    send,
)

# -- the rules of sending ----------------------------------------------------------------------------------


def test_a_server_that_drops_metadata_is_trusted_with_no_id_from_then_on() -> None:
    """Seen by push, by REST, or by history: the grade falls, and stays fallen for later connections."""
    by_push = Paper()
    by_push.joined()
    by_push.want(send())
    by_push.packet("message:new", message(1, "on my way", own=True))
    by_push.packet("message:sent", {"messageId": message_id(1)})
    by_push.packet("message:sent", {"messageId": message_id(1), "tempId": OUT_ID})
    by_rest = Paper()
    by_rest.offline()
    by_rest.want(send())
    by_rest.answer(200, {"success": True, "data": message(1, "on my way", own=True)})
    by_history = Paper()
    by_history.joined()
    by_history.want(send())
    by_history.packet("message:sent", {"messageId": message_id(1), "tempId": OUT_ID})
    by_history.want(FreshHead(TRIP))
    by_history.answer(200, history(message(1, "on my way", own=True)))
    for paper in (by_push, by_rest, by_history):
        assert paper.adapter.key_grade(paper.facts) is KeyGrade.NONE
        again = Paper()
        again.facts = put(again.facts, learnt=paper.facts.learnt)
        assert again.adapter.key_grade(again.facts) is KeyGrade.NONE
    assert emit_of(by_push.want(send())).args[0]["metadata"] == {"tempId": OUT_ID}


def test_a_message_of_another_program_without_an_id_lowers_nothing() -> None:
    """Own, but not sent from here: it never had an id."""
    paper = Paper()
    paper.joined()
    paper.push("message:new", message(1, "from my phone", own=True))
    assert paper.adapter.key_grade(paper.facts) is KeyGrade.FINDABLE


def test_what_the_server_cannot_store_is_refused_before_it_leaves() -> None:
    """U+0000, blank texts, more than the web's thousand characters, files without an address."""
    paper = Paper()
    paper.joined()
    assert paper.want(send("a\x00b")) == Parked(ParkReason.REFUSED, "U+0000")
    assert paper.want(send(" \u200b ")) == Parked(ParkReason.EMPTY)
    assert paper.want(send("x" * 1_001)) == Parked(ParkReason.TOO_LONG)
    assert isinstance(paper.want(send("x" * 1_000)), Emit)
    for kind in (MessageKind.IMAGE, MessageKind.FILE, MessageKind.LOCATION, MessageKind.AUDIO):
        assert paper.want(send(kind=kind)) == Parked(ParkReason.REFUSED)
    for url in ("file:///etc/hosts", "", "https://" + "x" * 1_000_000):
        extras = Extras(attachments=(Attachment(url=url, name="x"),))
        assert paper.want(send(kind=MessageKind.FILE, extras=extras)) == Parked(ParkReason.REFUSED)
    assert paper.want(SendText(RemoteId("../x"), OutgoingId("1"), "1", "x")) == Parked(ParkReason.NOT_FOUND)


def test_not_a_participant_joins_once_more() -> None:
    """Definitely not stored: the row is made by a join; a second refusal on this connection is meant."""
    paper = Paper()
    paper.joined()
    paper.want(send())
    assert isinstance(paper.fails("Not a participant of this conversation"), VerdictLater)
    assert emit_of(paper.want(send())).event == "join:conversation"
    paper.packet("conversation:joined", {"conversationId": CONVERSATION, "tripId": TRIP})
    paper.again()
    assert isinstance(paper.fails("Not a participant of this conversation"), VerdictRefused)


def test_a_rate_limit_waits() -> None:
    """The documents suggest one; a server that has it says so in an error or with 429."""
    paper = Paper()
    paper.joined()
    paper.want(send())
    verdict = paper.fails("Rate limit exceeded")
    assert isinstance(verdict, VerdictLater)
    assert verdict.ms == 10_000
    paper.offline()
    paper.want(send())
    later = paper.verdict(429, {"error": "Rate limit exceeded"}, headers={"retry-after": "60"})
    assert later == VerdictLater(1, 60_000, "Rate limit exceeded")
    assert LIMITS.sends_per_minute is None


def test_a_list_that_one_status_is_unknown_to_goes_on() -> None:
    """An unknown status is a 500 at this server: the other lists are read all the same."""
    paper = Paper()
    step = paper.want(FreshLists())
    while isinstance(step, Call):
        if step.path == "/api/trips" and dict(step.query)["status"] == "OFFERED":
            paper.answer(500, {"success": False, "error": "Failed to fetch trips"})
        elif step.path == "/api/trips":
            paper.answer(200, {"success": True, "data": [], "count": 0})
        else:
            paper.answer(200, driver_trips(driven_trip()))
        step = paper.again()
    assert step == Done()
    assert isinstance(paper.events[-1], ListsRead)


def test_an_unfinished_find_is_no_other_platforms() -> None:
    """Only trips can be looked up here."""
    assert isinstance(Paper().want(Find(Lookup(kind=FindKind.PRODUCT))), Parked)


def test_a_late_join_is_still_ours() -> None:
    """Given up, then answered: the room is ours, and what is pushed to it is not foreign."""
    paper = Paper()
    paper.want(Joined(TRIP))
    paper.nothing()
    paper.push("conversation:joined", {"conversationId": CONVERSATION, "tripId": TRIP})
    (seen,) = paper.push("message:new", message(1))
    assert isinstance(seen, MessageSeen)
    assert emit_of(paper.want(send())).event == "message:send"


def test_a_server_that_echoes_no_id_at_all() -> None:
    """With one send under way its confirmation is ours; after one that was given up it may be that one's."""
    paper = Paper()
    paper.joined()
    paper.want(send())
    reading = paper.packet("message:sent", {"messageId": message_id(1)})
    assert reading.verdicts == (VerdictStored(1, message_id(1)),)
    paper.want(send())
    assert isinstance(paper.nothing(), VerdictUnknown)
    paper.want(send())
    assert paper.packet("message:sent", {"messageId": message_id(2)}).verdicts == ()


@pytest.mark.parametrize("status", [404, 502])
def test_a_page_of_something_in_between(status: int) -> None:
    """A proxy's page is no answer of this platform: nothing is refused because of it, nothing believed."""
    paper = Paper()
    paper.offline()
    paper.want(send())
    verdict = paper.verdict(status, "<html></html>", is_json=False)
    assert isinstance(verdict, VerdictLater if status == 404 else VerdictUnknown)
    paper.want(FreshHead(TRIP))
    paper.answer(status, "<html></html>", is_json=False)
    assert not [event for event in paper.events if isinstance(event, ConversationGone)]
    assert not isinstance(paper.want(FreshLists()), NeedsPassword)


def test_a_hidden_message_that_is_pushed_is_only_read_again() -> None:
    """Never seen; the history decides what is shown."""
    paper = Paper()
    paper.joined()
    assert paper.push("message:new", message(1, isHidden=True)) == [Stale(conversation=TRIP)]


def test_a_message_without_a_time_is_new() -> None:
    """A push stands at its moment, a record of a history at the start; one bad field loses neither."""
    paper = Paper()
    paper.joined()
    (seen,) = paper.push("message:new", message(1, sentAt="yesterday", sender=None, type=5))
    assert isinstance(seen, MessageSeen)
    assert seen.sent_at_us == paper.facts.now_us
    assert (seen.kind, seen.sender_id) == (MessageKind.UNKNOWN, OTHER)
    paper.want(FreshHead(TRIP))
    paper.answer(200, history(message(2, sentAt=None, content={"a": 1})))
    (stored,) = [
        one for one in paper.events if isinstance(one, MessageSeen) and one.remote_id == message_id(2)
    ]
    assert (stored.sent_at_us, stored.text) == (0, "")
