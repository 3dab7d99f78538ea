"""Input that nobody promised: what comes late, unasked, twice, huge or from elsewhere."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from chatdesk.domain.arrivals import (
    Answer,
    GoalEnded,
    HandedOver,
    NoAnswer,
    VerdictLater,
    VerdictUnknown,
)
from chatdesk.domain.events import ConversationSeen, Dropped, MessageSeen, Noticed, OrderSeen
from chatdesk.domain.goals import FreshHead, FreshLists, FreshOrder, Joined
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import NoticeCode, ParkReason, Platform
from chatdesk.domain.steps import Done, Emit, Parked, Wait
from chatdesk.platforms import replies
from chatdesk.platforms.fakomame import limits, translate
from chatdesk.platforms.fakomame.plugin import PLUGIN
from chatdesk.platforms.fakomame.state import own_of, with_room
from chatdesk.platforms.memory import with_own
from tests.platforms.fakomame.paper import (
    CHAT,
    HTML_404,
    OTHER,
    PACKAGE,
    SEND,
    Paper,
    call_of,
    chat,
    history,
    message_id,
    no,
    ok,
    package,
    pushed,
    record,
)

JUNK: tuple[Any, ...] = (None, 7, "x", [], {}, [[]], True, [None], {"id": 7})


def desk() -> Paper:
    """A chat that has let us in."""
    paper = Paper()
    paper.lists(chat())
    paper.join()
    paper.events.clear()
    return paper


def test_the_plugin_is_this_platforms() -> None:
    """What the registry takes up."""
    assert PLUGIN.platform is PLUGIN.adapter.platform is Platform.FAKOMAME
    assert PLUGIN.adapter.limits is limits.LIMITS


@pytest.mark.parametrize(
    "late", [Answer(9, 200, True, ok(None)), NoAnswer(9, True, "timeout"), HandedOver(9)]
)
def test_an_answer_to_a_step_that_is_over_is_counted(late: Any) -> None:
    """It changes nothing and gives no verdict."""
    paper = desk()
    reading = paper.read(late)
    assert (reading.events, reading.verdicts) == ((Dropped(reason="late_answer"),), ())


@pytest.mark.parametrize(("goal", "sort"), [(SEND, VerdictUnknown), (Joined(RemoteId("c9")), VerdictLater)])
def test_an_http_answer_to_an_event_proves_nothing(goal: Any, sort: type) -> None:
    """Whatever mixed them up: a send is unknown then, anything else comes later."""
    paper = desk()
    assert isinstance(paper.want(goal), Emit)
    assert isinstance(paper.verdict(200, ok(record(1))), sort)


def test_a_send_that_was_only_handed_over_is_unknown() -> None:
    """That it reached the socket says nothing of the server."""
    paper = desk()
    paper.want(SEND)
    assert paper.handed_over().verdicts == (VerdictUnknown(1, "handed over"),)


@pytest.mark.parametrize("event", ["chat:left", "", "\x00stream"])
def test_an_unknown_event_is_counted(event: str) -> None:
    """By reason, and never by its content."""
    (dropped,) = desk().push(event, {"chatId": CHAT})
    assert isinstance(dropped, Dropped)


@pytest.mark.parametrize("event", ["chat:joined", "message:received", "typing:start", "user:online", "error"])
@pytest.mark.parametrize("args", [(), (None,), ("x",), ([],), ({},), ({"chatId": 7, "userId": []},)])
def test_an_event_without_its_fields_is_counted(event: str, args: tuple[Any, ...]) -> None:
    """Nothing is made up for what is missing."""
    assert desk().push(event, *args) == [Dropped(reason="malformed")]


def test_one_bad_field_does_not_lose_a_message() -> None:
    """Wrong types, lone surrogates, no time: what is left is shown; the id carries the time."""
    paper = desk()
    odd = pushed(3, "x", createdAt="yesterday", sender={"id": OTHER, "firstName": 7, "lastName": "\ud800"})
    (seen,) = paper.push("message:received", odd | {"content": "a\ud800b"})
    assert isinstance(seen, MessageSeen)
    assert seen.text == "a\ufffdb"
    assert seen.sender_name == "7 \ufffd"
    assert seen.sent_at_us == translate.born_us(message_id(3)) > 0
    for name in ("content", "messageType", "sender", "attachments", "updatedAt", "isDeleted", "readBy"):
        for value in JUNK:
            found = translate.message(record(3) | {name: value}, paper.facts.account, seen.source)
            assert found is not None
            msgspec.json.encode(found)


@pytest.mark.parametrize(
    "message", ["message_1", "c" * 25, "cZZZZZZZZ0000000000000000", "c00000000" + "0" * 16]
)
def test_an_id_without_a_time_has_none(message: str) -> None:
    """Only an id of this platform's making, of a year that may be, tells one."""
    assert translate.born_us(message) == 0


def test_one_bad_field_does_not_lose_an_item() -> None:
    """The same of packages: whatever stands in a field."""
    names = list(package())
    for name in names:
        if name == "id":
            continue
        for value in JUNK:
            paper = Paper()
            paper.want(FreshOrder(PACKAGE, ""))
            reading = paper.answer(200, ok(package() | {name: value}))
            assert isinstance(reading.events[0], OrderSeen), (name, value)
            msgspec.json.encode(reading.events)


def test_an_answer_about_something_else_is_not_taken() -> None:
    """Asked for one package, told of another."""
    paper = Paper()
    paper.want(FreshOrder(PACKAGE, ""))
    reading = paper.answer(200, ok(package("c2")))
    assert reading.events == (Dropped(reason="malformed"),)


@pytest.mark.parametrize(
    ("status", "body", "is_json", "code"),
    [
        (400, no("Bad"), True, NoticeCode.SERVER_ERROR),
        (404, HTML_404, False, NoticeCode.NOT_FOUND),
        (405, None, False, NoticeCode.NOT_FOUND),
    ],
)
def test_a_list_that_will_never_come_ends_the_goal(
    status: int, body: Any, is_json: bool, code: NoticeCode
) -> None:
    """Definite answers are not asked for again and again; the person is told."""
    paper = Paper()
    paper.want(FreshLists())
    reading = paper.answer(status, body, is_json=is_json)
    assert [event.code for event in reading.events if isinstance(event, Noticed)] == [code]
    assert isinstance(paper.again(), Parked)


def test_a_server_that_fails_again_and_again_is_left_alone() -> None:
    """Three failures of one goal, each after a pause and a look at the token."""
    paper = Paper()
    paper.want(FreshLists())
    for failure in range(replies.READ_FAILURES):
        paper.answer(500, no("Internal server error"))
        if failure + 1 < replies.READ_FAILURES:
            assert isinstance(paper.again(), Wait)
            paper.later(replies.READ_AGAIN_MS)
            paper.again()
            paper.answer(200, ok({"id": paper.facts.account.user_id}))
            paper.again()
    assert paper.again() == Parked(ParkReason.REFUSED, "Internal server error")


@pytest.mark.parametrize(
    ("headers", "wait_ms"),
    [
        ({}, 10_000),
        ({"retry-after": "3"}, 3_000),
        ({"retry-after": "0"}, 1_000),
        ({"retry-after": "999999999"}, 3_600_000),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, 10_000),
        ({"retry-after": "-5"}, 10_000),
    ],
)
def test_a_server_that_wants_us_to_wait_is_heard_within_reason(headers: dict[str, str], wait_ms: int) -> None:
    """Of reads and of sends."""
    paper = Paper()
    paper.want(FreshHead(CHAT))
    (verdict,) = paper.answer(429, no("slow"), headers=headers).verdicts
    assert verdict == VerdictLater(1, wait_ms)
    assert paper.again() == Wait(wait_ms)
    paper = desk()
    paper.cut()
    paper.want(SEND)
    assert paper.verdict(429, no("slow"), headers=headers) == VerdictLater(1, wait_ms, "slow")


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (400, {"error": "Missing required fields: chatId, content"}, ParkReason.REFUSED),
        (403, no("No"), ParkReason.FORBIDDEN),
        (413, no("Large"), ParkReason.TOO_LONG),
    ],
)
def test_a_rest_send_that_is_refused_is_parked(status: int, body: Any, reason: ParkReason) -> None:
    """With the server's words, in whichever envelope they come."""
    paper = desk()
    paper.cut()
    paper.want(SEND)
    paper.answer(status, body)
    assert paper.again() == Parked(reason, body["error"])


@pytest.mark.parametrize("body", [ok(None), ok({"content": "hello"}), ok(record(3, chat="c9")), "x", None])
def test_a_rest_send_without_an_id_is_unknown(body: Any) -> None:
    """Stored, most likely; only the history tells as what."""
    paper = desk()
    paper.cut()
    paper.want(SEND)
    assert isinstance(paper.verdict(200, body, is_json=isinstance(body, dict)), VerdictUnknown)


def test_a_token_in_a_servers_words_is_not_shown() -> None:
    """Details of refusals are cleaned and short."""
    paper = Paper()
    token = paper.facts.account.secrets.access
    paper.want(FreshHead(CHAT))
    reading = paper.answer(400, no(f"bad {token} " + "x" * 5_000))
    assert token not in repr(reading.verdicts)
    assert token not in repr(reading.facts.own)
    assert len(reading.verdicts[0].detail) <= 300  # type: ignore[union-attr]


def test_what_is_remembered_has_an_end() -> None:
    """Goals that are over are forgotten, and a flood of strange chats and people does not fill the memory."""
    paper = desk()
    paper.want(FreshHead(CHAT))
    paper.answer(200, history(record(1)))
    assert paper.goal.token in own_of(paper.facts).progress
    paper.read(GoalEnded(paper.goal.token))
    assert paper.goal.token not in own_of(paper.facts).progress
    assert paper.again() != Done()
    full = {RemoteId(f"c{number}"): own_of(paper.facts).rooms[CHAT] for number in range(limits.MOST_ROOMS)}
    facts = with_own(paper.facts, rooms=full)
    assert with_room(facts, RemoteId("cnew"), joined=1) is facts
    people = [{"userId": f"c{number}"} for number in range(5_000)]
    paper.lists(chat(participants=people))
    assert len(own_of(paper.facts).rooms[CHAT].people) <= 2 * limits.MOST_OF_A_ROOM
    assert len([one for one in paper.events if isinstance(one, ConversationSeen)]) == 1


def test_two_goals_at_once_do_not_mix() -> None:
    """Each keeps its own progress under its token."""
    paper = Paper()
    first = call_of(paper.want(FreshLists()))
    goal, step = paper.goal, paper.step
    paper.want(FreshHead(CHAT))
    paper.answer(200, history(record(1)))
    assert paper.again() == Done()
    paper.goal, paper.step = goal, step
    assert paper.again() == first
