"""What the recorded pushes mean, as the specification says."""

from __future__ import annotations

import pytest

from chatdesk.domain.actions import Action, ActionKind
from chatdesk.domain.events import (
    Event,
    MessageSeen,
    OrderSeen,
    PositionSeen,
    ReadSeen,
    Stale,
    TypingSeen,
    WindowRead,
)
from chatdesk.domain.goals import Act, FreshHead
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import MessageKind
from chatdesk.platforms.steppergo.state import Person, with_trip
from tests.platforms.steppergo import captures
from tests.platforms.steppergo.paper import TRIP
from tests.platforms.steppergo.rooms import desk_of, rooms_of

ACTORS = ("A", "B")
ACCEPT = Act(Action(kind=ActionKind.ACCEPT, order=TRIP))


# -- what the pushes mean ----------------------------------------------------------------------------------


def played(name: str, actor: str = "A") -> list[Event]:
    """Everything that an actor's pushes told."""
    capture = captures.load(name)
    paper = desk_of(capture, actor)
    for frame in captures.pushes(capture, actor):
        paper.push(frame["event"], *frame["args"])
    return paper.events


MESSAGES: list[tuple[str, str, list[tuple[str, bool]]]] = [
    (
        "send_both_joined",
        "A",
        [("I am at the station.", True), ("no metadata", True), ("ack wanted", True), ("On my way.", False)],
    ),
    (
        "send_both_joined",
        "B",
        [
            ("I am at the station.", False),
            ("no metadata", False),
            ("ack wanted", False),
            ("On my way.", True),
        ],
    ),
    ("send_recipient_not_joined", "A", [("Are you there?", True)]),
    ("send_recipient_not_joined", "B", []),
    ("rest_send", "A", []),
    ("reconnect_after_restart", "A", [("before restart", True), ("after rejoin", True)]),
]


@pytest.mark.parametrize(("name", "actor", "expected"), MESSAGES)
def test_recorded_messages(name: str, actor: str, expected: list[tuple[str, bool]]) -> None:
    """Text and author of every pushed message; the confirmation of a send makes no second one."""
    seen = [event for event in played(name, actor) if isinstance(event, MessageSeen)]
    assert [(event.text, event.own) for event in seen] == expected
    assert all(event.sent_at_us > 0 for event in seen)


@pytest.mark.parametrize("actor", ACTORS)
def test_a_burst_is_ordered_by_the_time_that_the_server_stored(actor: str) -> None:
    """A hundred pushes in any order, each once; their cursors say how the history has them."""
    seen = [event for event in played("burst_100", actor) if isinstance(event, MessageSeen)]
    assert len({event.remote_id for event in seen}) == len(seen) == 100
    capture = captures.load("burst_100")
    (stored,) = captures.exchanges(capture)
    paper = desk_of(capture, actor)
    paper.want(FreshHead(TRIP, complete=True))
    paper.answer(200, stored["response_body"])
    (window,) = [event for event in paper.events if isinstance(event, WindowRead)]
    pushed = {event.remote_id for event in seen}
    told = [one["id"] for one in stored["response_body"]["data"]["messages"]]
    by_cursor = [event.remote_id for event in sorted(seen, key=lambda event: event.cursor)]
    assert [one for one in window.ids if one in pushed] == by_cursor
    assert sorted(window.ids) == sorted(told)


def test_recorded_receipts() -> None:
    """One event for the whole conversation, and the same once more; nobody is told of an outsider's try."""
    marks = [event for event in played("read_receipts") if isinstance(event, ReadSeen)]
    assert len(marks) == 2
    assert all(not mark.by_self and mark.cursor is None for mark in marks)
    capture = captures.load("read_receipts")
    paper = desk_of(capture)
    paper.want(FreshHead(TRIP, complete=True))
    frame = next(iter(captures.exchanges(capture)))
    paper.answer(200, frame["response_body"])
    (mark,) = [event for event in paper.events if isinstance(event, ReadSeen)]
    own = [event for event in paper.events if isinstance(event, MessageSeen) and event.own]
    assert mark.cursor == max(event.cursor for event in own)


def test_recorded_typing_of_people_who_are_not_in_the_conversation_shows_nowhere() -> None:
    """An outsider's typing reaches the room unchecked; a participant's is shown where they take part."""
    capture = captures.load("typing")
    driver = next(
        one["args"][0]["userId"]
        for one in captures.pushes(capture, "B")
        if one["args"][0].get("userName") == "Driver Alpha"
    )
    paper = desk_of(capture, "B")
    trip = next(iter(rooms_of(capture).values()))
    known = paper.facts
    people = {RemoteId(driver): Person("Driver Alpha", "driver")}
    paper.facts = with_trip(known, RemoteId(trip), people=people)
    for frame in captures.pushes(capture, "B"):
        paper.push(frame["event"], *frame["args"])
    seen = [event for event in paper.events if isinstance(event, TypingSeen)]
    assert {event.person_id for event in seen} == {driver}
    assert [event.on for event in seen] == [True, False, True]


def test_recorded_typing_in_two_conversations_shows_nowhere() -> None:
    """Both sides share two trips: nothing says which one it is."""
    capture = captures.load("typing_two_conversations")
    paper = desk_of(capture, "B")
    typist = next(
        one["args"][0]["userId"] for one in captures.pushes(capture, "B") if "userId" in one["args"][0]
    )
    for trip in rooms_of(capture).values():
        people = {RemoteId(typist): Person("Passenger Delta", "passenger")}
        paper.facts = with_trip(paper.facts, RemoteId(trip), people=people)
    for frame in captures.pushes(capture, "B"):
        paper.push(frame["event"], *frame["args"])
    assert not [event for event in paper.events if isinstance(event, TypingSeen)]


def test_recorded_message_types() -> None:
    """Pictures, files and places by their metadata; what calls itself SYSTEM is its sender's text."""
    seen = [event for event in played("message_types", "B") if isinstance(event, MessageSeen)]
    assert [event.kind for event in seen] == [
        MessageKind.IMAGE,
        MessageKind.FILE,
        MessageKind.LOCATION,
        MessageKind.TEXT,
    ]
    photo, invoice, place, pretended = seen
    assert photo.extras.attachments[0].url == "https://files.example.test/a.jpg"
    assert (invoice.extras.attachments[0].name, invoice.extras.attachments[0].size_bytes) == (
        "invoice.pdf",
        1234,
    )
    assert place.extras.place == (43.24, 76.89)
    assert (pretended.text, pretended.sender_name) == ("pretend notice", "Driver Alpha")


def test_recorded_positions() -> None:
    """Replayed and live, whoever the driver is told as."""
    seen = [event for event in played("passenger_subscribe_location", "B") if isinstance(event, PositionSeen)]
    assert [(event.latitude, event.longitude, event.heading_deg) for event in seen] == [
        (43.24, 76.89, 90.0),
        (43.3, 76.95, 45.0),
    ]
    assert [event.pickup_min for event in seen] == [0.0, 8.0]
    assert len({event.order for event in seen}) == 1


@pytest.mark.parametrize("name", ["trip_accept_push", "trip_status_update", "sse_trip_status"])
def test_recorded_status_pushes_are_hints(name: str) -> None:
    """Whatever a push says, the order is only read again."""
    events = played(name, "B")
    assert not [event for event in events if isinstance(event, OrderSeen)]
    pushes = [one["event"] for one in captures.pushes(captures.load(name), "B")]
    assert len([event for event in events if isinstance(event, Stale)]) == pushes.count("trip.status.updated")
