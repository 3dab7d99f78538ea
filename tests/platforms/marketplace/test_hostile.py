"""What a hostile or clumsy network may do: everything twice, too late, too deep, or under our own name."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from chatdesk.domain.arrivals import (
    Answer,
    HandedOver,
    NoAnswer,
    VerdictLater,
    VerdictUnknown,
)
from chatdesk.domain.events import ConversationSeen, Dropped, MessageSeen
from chatdesk.domain.goals import Connected, FreshHead, FreshLists, Probe, SignIn, Typing
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import Source
from chatdesk.domain.steps import Done
from chatdesk.platforms.marketplace.adapter import MarketplaceAdapter
from chatdesk.wire.marketplace import names
from tests.platforms.marketplace import captures
from tests.platforms.marketplace.paper import (
    ME,
    OTHER,
    SEND,
    STRANGER,
    Paper,
    listing,
    person,
    put,
    record,
    relay,
    talk,
)
from tests.platforms.marketplace.test_captures import actors, desk_of

EVENTS = sorted(value for name, value in vars(names).items() if name.startswith("EVENT_"))


@pytest.mark.parametrize("name", captures.NAMES)
def test_every_event_twice_shows_every_message_once(name: str) -> None:
    """Doubled on the way: the same messages under the same ids, with the same texts."""
    capture = captures.load(name)
    for actor in actors(capture):
        shown = []
        for times in (1, 2):
            paper = desk_of(actor)
            for frame in captures.pushes(capture, actor):
                for _ in range(times):
                    paper.push(frame["event"], *frame["args"])
            seen = {one.remote_id: (one.text, one.own, one.conversation) for one in paper.told(MessageSeen)}
            shown.append(seen)
        assert shown[0] == shown[1], actor


@pytest.mark.parametrize("depth", [100, 900])
def test_deep_nesting_is_only_a_strange_value(depth: int) -> None:
    """The decoder's own limit is met before; what it lets through is not walked."""
    value: Any = relay()
    for _ in range(depth):
        value = {**relay(), "message": value, "sender_id": {"_id": value}}
    paper = Paper()
    paper.knows()
    for event in EVENTS:
        paper.push(event, value)
    paper.want(FreshHead(OTHER))
    assert paper.answer(200, {"data": [value], "totalCount": value}).verdicts


def test_lone_surrogates_and_nul_are_only_characters() -> None:
    """What can't be stored or drawn is replaced; the message stays."""
    paper = Paper()
    paper.knows()
    paper.push("new_message", record(7, "a\ud800b\x00", subject="\udfff"))
    (seen,) = paper.told(MessageSeen)
    assert (seen.text, seen.extras.subject) == ("a\ufffdb\x00", "\ufffd")
    msgspec.json.encode(paper.events)


def test_a_relay_that_looks_stored_is_still_only_a_claim() -> None:
    """With the id of a record that nobody has seen: told as a relay, so that the stored one wins."""
    paper = Paper()
    paper.knows()
    forged = {**record(7, "forged"), "recipient_id": ME, "sender_id": OTHER}
    paper.push("new_message", forged)
    paper.push("new_message", record(7, "true"))
    seen = [(one.remote_id, one.text, one.source) for one in paper.told(MessageSeen)]
    assert seen == [
        (RemoteId(record(7)["_id"]), "forged", Source.RELAY),
        (RemoteId(record(7)["_id"]), "true", Source.PUSH),
    ]


def test_an_answer_that_came_too_late_is_counted() -> None:
    """The engine has given the step up; nothing is done twice."""
    reading = MarketplaceAdapter().read(Answer(5, 200, True, {}), (), Paper().facts)
    assert reading.events == (Dropped(reason="late_answer"),)
    assert reading.verdicts == ()


def test_what_got_no_answer_is_unknown_only_where_it_may_have_been_stored() -> None:
    """A send that left is; one that never left, a read, a typing signal are not."""
    paper = Paper()
    paper.knows()
    paper.want(SEND)
    assert isinstance(paper.nothing(), VerdictUnknown)
    assert isinstance(paper.nothing("unreachable", left=False), VerdictLater)
    paper.want(FreshLists())
    assert isinstance(paper.nothing(), VerdictLater)
    paper.want(Typing(OTHER, True))
    assert isinstance(paper.nothing("cut"), VerdictLater)
    live = Paper()
    live.live()
    live.want(SEND)
    assert isinstance(live.read(HandedOver(1)).verdicts[0], VerdictUnknown)
    assert isinstance(live.read(NoAnswer(1, True, "cut")).verdicts[0], VerdictUnknown)
    assert isinstance(live.read(Answer(1, 200, True, {})).verdicts[0], VerdictUnknown)


def test_another_device_of_ours_writes() -> None:
    """Stored: told to every device. Nothing of it is taken for a message of somebody else."""
    paper = Paper()
    paper.knows()
    paper.push("new_message", record(7, "from my phone", sender=ME))
    (seen,) = paper.told(MessageSeen)
    assert (seen.own, seen.conversation, seen.sender_name) == (True, OTHER, "Seller One")
    assert RemoteId(record(7)["_id"]) not in paper.own.parties[OTHER].unread


def test_memory_stays_bounded() -> None:
    """Ten thousand of everything: what is remembered does not grow with what is sent."""
    paper = Paper()
    paper.knows()
    for number in range(6_000):
        paper.push("new_message", record(number))
    for number in range(2_500):
        who = f"66b2000000000000000{number:05d}"
        paper.push("user_status_changed", {"userId": who, "status": "online"})
        paper.push("new_message", relay(f"m{number}"))
    own = paper.own
    assert len(own.theirs) <= 5_000
    assert len(own.alive) <= 2_000
    assert len(own.relays) <= 1_001
    assert len(own.parties[OTHER].unread) <= 500
    assert len(own.parties) == 1


def test_facts_and_steps_never_show_a_secret() -> None:
    """What ends up in a traceback or a log names neither token nor password."""
    paper = Paper()
    shown = [repr(paper.facts), repr(paper.want(FreshLists())), repr(paper.want(SignIn("Passw0rd!x")))]
    paper.facts = put(paper.facts, online=False)
    shown.append(repr(paper.want(Connected())))
    paper.want(SignIn("x"))
    paper.answer(200, {"token": paper.facts.account.secrets.access, "data": {"id": ME, "userType": "seller"}})
    shown.append(repr(paper.facts))
    for one in shown:
        assert "eyJ" not in one
        assert "Passw0rd" not in one


def test_a_conversation_of_thousands_is_read_at_once() -> None:
    """One answer has it all; nothing in reading it grows with its square."""
    paper = Paper()
    paper.want(FreshLists())
    paper.answer(200, listing())
    paper.knows()
    many = [{**record(1), "_id": f"6afffad4{number:016x}"} for number in range(5_000)]
    paper.want(FreshHead(OTHER))
    paper.answer(200, talk(*many))
    assert len(paper.told(MessageSeen)) == 5_000


def test_what_nobody_knows_is_counted() -> None:
    """Events without a name or a meaning; typing that is meant for somebody else."""
    paper = Paper()
    paper.knows()
    assert paper.push("surprise", {"a": 1}) == [Dropped(reason="unknown_event")]
    assert paper.push("", {}) == [Dropped(reason="malformed")]
    typed = {"sender_id": OTHER, "recipient_id": STRANGER, "is_typing": True}
    assert paper.push("user_typing", typed) == [Dropped(reason="foreign")]
    assert paper.push("user_typing", {**typed, "sender_id": ME, "recipient_id": ME}) == []
    assert paper.push("user_joined", ME) == []
    assert paper.push("message_updated", record(3)) == []
    assert paper.push("message_updated", {**record(3), "_id": "x"}) == [Dropped(reason="malformed")]
    assert paper.push("message_delivered", "x") == [Dropped(reason="malformed")]


def test_a_record_without_a_time_stands_where_its_id_says() -> None:
    """The id carries the second in which it was made."""
    paper = Paper()
    paper.push("new_message", {**record(7), "createdAt": None})
    (seen,) = paper.told(MessageSeen)
    assert seen.sent_at_us == int(record(7)["_id"][:8], 16) * 1_000_000


def test_names_are_looked_up_among_buyers_and_sellers() -> None:
    """Of somebody whose kind nothing tells; a busy directory is asked later, a missing one not again."""
    cases: list[tuple[list[tuple[int, Any]], str | None]] = [
        ([(404, {"message": "no"}), (200, person(OTHER))], "Buyer One"),
        ([(404, {"message": "no"}), (404, {"message": "no"})], None),
        ([(404, "<html>")], None),
        ([(429, {"message": "slow"}), (200, person(OTHER))], "Buyer One"),
    ]
    for answers, title in cases:
        paper = Paper()
        paper.push("new_message", relay("m1", sender_type=None))
        paper.events.clear()
        paper.want(FreshLists())
        for body in (listing(), listing(), {"message": "no requests"}):
            paper.answer(200 if "data" in body else 500, body)
            paper.again()
        for status, said in answers:
            paper.answer(status, said, is_json=not isinstance(said, str))
            paper.later(60_000)
            paper.again()
        assert paper.again() == Done(), answers
        assert [one.title for one in paper.told(ConversationSeen)][-1:] == ([title] if title else [])


def test_a_busy_server_is_probed_later() -> None:
    """503 in other words than its health's, 429: it says nothing of what the server is."""
    for status in (500, 503, 429):
        paper = Paper(access="")
        paper.want(Probe())
        assert isinstance(paper.verdict(status, {"message": "busy"}), VerdictLater)
    paper = Paper()
    paper.want(Probe())
    paper.answer(200, {"status": "healthy", "database": {}})
    paper.again()
    assert isinstance(paper.verdict(429, {"message": "slow"}), VerdictLater)
    assert paper.again() == Done()
    assert "probe.search" not in paper.facts.learnt
