"""The traps of the wire specification, section 10, each by its number: 6 to 10."""

from __future__ import annotations

import pytest

from chatdesk.domain.arrivals import VerdictStored
from chatdesk.domain.events import (
    ConversationSeen,
    Dropped,
    MessageSeen,
    Stale,
    TypingSeen,
)
from chatdesk.domain.goals import FreshHead, MarkRead, Typing
from chatdesk.domain.ids import Cursor
from chatdesk.domain.kinds import (
    KeyGrade,
)
from chatdesk.domain.steps import Done
from chatdesk.platforms.steppergo.limits import LIMITS
from tests.platforms.paper import call_of, emit_of
from tests.platforms.steppergo.paper import (
    CONVERSATION,
    CONVERSATION_2,
    ME,
    OTHER,
    OUT_ID,
    THIRD,
    TRIP,
    TRIP_2,
    Paper,
    driven_trip,
    history,
    message,
    message_id,
    send,
)


def joined_paper(*records: dict[str, object], unread: int = 0) -> Paper:
    """A desk in one conversation, whose history was read."""
    paper = Paper()
    paper.joined()
    paper.want(FreshHead(TRIP))
    paper.answer(200, history(*records, unread=unread))
    return paper


# -- 6 -----------------------------------------------------------------------------------------------------


@pytest.mark.shows("steppergo", "typing", "partial")
def test_trap_6_typing_names_no_conversation() -> None:
    """Shown where exactly one joined conversation has that person in it, and stopped there."""
    paper = joined_paper(message(1))
    (on,) = paper.push("typing:start", {"userId": OTHER, "userName": "Passenger Bravo"})
    assert on == TypingSeen(conversation=TRIP, person_id=OTHER, name="Passenger Bravo", on=True)
    (off,) = paper.push("typing:stop", {"userId": OTHER})
    assert off == TypingSeen(conversation=TRIP, person_id=OTHER, name="Passenger Bravo", on=False)
    assert paper.push("typing:stop", {"userId": OTHER}) == []  # told already
    assert paper.push("typing:start", {"userId": ME, "userName": "Driver Alpha"}) == []


def test_trap_6_typing_in_one_of_two_shared_conversations_shows_nowhere() -> None:
    """With two places it can't be told; with a second one that is not joined here it can."""
    paper = joined_paper(message(1))
    paper.joined(TRIP_2, CONVERSATION_2)
    assert len(paper.push("typing:start", {"userId": OTHER})) == 1
    paper.want(FreshHead(TRIP_2))
    paper.answer(200, history(message(2, conversationId=CONVERSATION_2), conversation=CONVERSATION_2))
    (off,) = paper.push("typing:start", {"userId": OTHER})
    assert isinstance(off, TypingSeen)
    assert not off.on
    assert paper.push("typing:start", {"userId": OTHER}) == []


def test_trap_6_typing_to_a_wrong_conversation_does_not_show() -> None:
    """Nobody checks who emits it: somebody who takes part in none of ours is shown in none."""
    paper = joined_paper(message(1))
    foreign = [Dropped(reason="foreign")]
    assert paper.push("typing:start", {"userId": THIRD, "userName": "Outsider"}) == foreign
    assert paper.push("typing:stop", {"userId": THIRD}) == foreign


def test_trap_6_typing_ends_with_a_message_and_after_three_seconds() -> None:
    """The server has no timer and a disconnect no stop: a message ends it, else the time."""
    paper = joined_paper(message(1))
    paper.push("typing:start", {"userId": OTHER})
    seen, stopped = paper.push("message:new", message(2))
    assert isinstance(seen, MessageSeen)
    assert isinstance(stopped, TypingSeen)
    assert not stopped.on
    assert LIMITS.typing_expire_ms == 3_000


def test_trap_6_typing_is_never_emitted_without_an_object() -> None:
    """A null payload ends the server process: what has no conversation id is not emitted at all."""
    paper = Paper()
    assert paper.want(Typing(TRIP, True)) == Done()
    paper.joined()
    for on, event in ((True, "typing:start"), (False, "typing:stop")):
        step = emit_of(paper.want(Typing(TRIP, on)))
        assert (step.event, step.args) == (event, ({"conversationId": CONVERSATION},))
    paper.offline()
    assert paper.want(Typing(TRIP, True)) == Done()


# -- 7 -----------------------------------------------------------------------------------------------------


def test_trap_7_the_push_comes_before_the_confirmation_of_the_same_message() -> None:
    """One message by id; our id binds it to its send whichever comes first."""
    paper = Paper()
    paper.joined()
    paper.want(send())
    pushed = paper.packet("message:new", message(1, "on my way", own=True, metadata={"tempId": OUT_ID}))
    assert pushed.verdicts == ()
    (seen,) = pushed.events
    assert isinstance(seen, MessageSeen)
    assert (seen.client_id, seen.own) == (OUT_ID, True)
    confirmed = paper.packet("message:sent", {"messageId": message_id(1), "tempId": OUT_ID})
    assert confirmed.events == ()
    assert confirmed.verdicts == (VerdictStored(1, message_id(1)),)
    assert paper.adapter.key_grade(paper.facts) is KeyGrade.FINDABLE


# -- 8 -----------------------------------------------------------------------------------------------------


def test_trap_8_rest_is_silent_so_the_socket_comes_first() -> None:
    """Sends and read marks go by socket while there is one, by REST without."""
    paper = Paper()
    paper.joined()
    assert emit_of(paper.want(send())).event == "message:send"
    assert emit_of(paper.want(MarkRead(TRIP, Cursor("9")))).event == "messages:read"
    paper.cut()
    assert call_of(paper.want(send())).path == "/api/messages/send"
    step = call_of(paper.want(MarkRead(TRIP, Cursor("9"))))
    assert (step.path, step.body) == ("/api/messages/read", {"conversationId": CONVERSATION})


def test_trap_8_histories_are_read_again_for_what_others_send_by_rest() -> None:
    """With the lists, those that were not read for a while: nothing else tells of such messages."""
    paper = joined_paper(message(1))
    paper.lists(driven_trip())
    assert Stale(conversation=TRIP) not in paper.events
    paper.later(200_000)
    paper.lists(driven_trip())
    assert Stale(conversation=TRIP) in paper.events


# -- 9 -----------------------------------------------------------------------------------------------------


def test_trap_9_by_socket_a_conversation_is_named_by_rest_a_trip() -> None:
    """The same conversation under two ids."""
    paper = Paper()
    paper.joined()
    step = emit_of(paper.want(send()))
    assert step.args == (
        {
            "conversationId": CONVERSATION,
            "content": "on my way",
            "type": "TEXT",
            "metadata": {"tempId": OUT_ID},
        },
    )
    paper.cut()
    body = call_of(paper.want(send())).body
    assert body == {
        "tripId": TRIP,
        "content": "on my way",
        "type": "TEXT",
        "metadata": {"tempId": OUT_ID},
    }


# -- 10 ----------------------------------------------------------------------------------------------------


@pytest.mark.shows("steppergo", "unread", "partial")
def test_trap_10_unread_is_told_by_the_history_alone() -> None:
    """The number as of the reading; none before the first join; it grows while we read, so marks are sent."""
    paper = joined_paper(message(1), unread=3)
    (opened,) = [event for event in paper.events if isinstance(event, ConversationSeen) and event.unread]
    assert (opened.remote_id, opened.unread) == (TRIP, 3)
    fresh = Paper()
    fresh.want(FreshHead(TRIP))
    fresh.answer(200, history(unread=None, conversation=None))
    (seen,) = [event for event in fresh.events if isinstance(event, ConversationSeen)]
    assert seen.unread is None
    assert LIMITS.read_marks_all
    assert emit_of(paper.want(MarkRead(TRIP, Cursor("9")))).commits
