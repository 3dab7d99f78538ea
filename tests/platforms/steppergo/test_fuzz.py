"""Any JSON in any field of recorded traffic: events, or a counted drop, never an exception."""

from __future__ import annotations

from chatdesk.domain.actions import Action, ActionKind, FindKind, Lookup
from chatdesk.domain.arrivals import Packet
from chatdesk.domain.goals import (
    Act,
    AskForOtp,
    ChangeStatus,
    Connected,
    DeleteMessage,
    Find,
    FreshHead,
    FreshLists,
    FreshNotifications,
    FreshOrder,
    GoalKind,
    Joined,
    MarkRead,
    OlderPage,
    Probe,
    Report,
    SendText,
    SignIn,
    SignOut,
    Typing,
    Unwatched,
    Watched,
)
from chatdesk.domain.ids import Cursor, OutgoingId, RemoteId
from chatdesk.domain.steps import STREAM_ENDED, STREAM_EVENT
from chatdesk.platforms.memory import with_own
from tests.platforms import fuzz
from tests.platforms.steppergo import captures
from tests.platforms.steppergo.paper import (
    OTHER,
    TRIP,
    TRIP_2,
    Paper,
    driven_trip,
    history,
    message,
    person,
    public_trip,
    send,
)

STREAM = f"/api/realtime/trip-status/{TRIP}"
GOALS: tuple[GoalKind, ...] = (
    SignIn("x"),
    SignIn("x", "driver"),
    SignOut(),
    AskForOtp(),
    Probe(),
    Connected(),
    FreshLists(),
    FreshOrder(TRIP, TRIP),
    FreshOrder(RemoteId(""), "../x"),
    FreshHead(TRIP),
    FreshHead(TRIP, known=frozenset({RemoteId("x")}), complete=True),
    OlderPage(TRIP, Cursor("0"), 5),
    Joined(TRIP_2),
    Joined(RemoteId("../x")),
    send(),
    send("hello \ud800", TRIP_2),
    SendText(RemoteId("a b"), OutgoingId("1"), "1", "hello"),
    MarkRead(TRIP, Cursor("9")),
    DeleteMessage(TRIP, RemoteId("x")),
    Report(TRIP, RemoteId("cmsg1"), "abusive"),
    ChangeStatus(TRIP, TRIP, "IN_PROGRESS", "DEPARTED"),
    ChangeStatus(TRIP, TRIP, "IN_PROGRESS", "DEPARTED", check_first=False),
    ChangeStatus(TRIP, TRIP, "\ud800", "x"),
    Typing(TRIP, True),
    FreshNotifications(),
    Watched(TRIP, TRIP),
    Watched(TRIP_2, TRIP_2),
    Unwatched(TRIP),
    Act(Action(kind=ActionKind.START_CHAT, order=TRIP_2)),
    Act(Action(kind=ActionKind.ACCEPT, order=TRIP)),
    Act(Action(kind=ActionKind.UPLOAD)),
    Find(Lookup(kind=FindKind.TRIP, words="almaty - taldykorgan")),
    Find(Lookup(kind=FindKind.TRIP, words=TRIP)),
)


def desk(role: str = "DRIVER") -> Paper:
    """An account at work: lists read, a conversation joined and read, somebody typing, a stream open."""
    paper = Paper(role)
    paper.lists(driven_trip(), driven_trip(TRIP_2), public={"PUBLISHED": [public_trip()]})
    paper.joined()
    paper.want(FreshHead(TRIP))
    paper.answer(200, history(message(1), message(2, own=True, metadata={"tempId": "x"}), unread=1))
    paper.push("typing:start", {"userId": OTHER, "userName": "Passenger Bravo"})
    paper.facts = with_own(paper.facts, streams=frozenset({TRIP}))
    return paper


def offline() -> Paper:
    """The same account without a socket."""
    paper = desk("PASSENGER")
    paper.cut()
    return paper


def test_any_json_in_any_field() -> None:
    """A hundred thousand damaged packets and answers, online and without a socket."""
    frames = [frame for name in captures.NAMES for frame in captures.load(name)["frames"]]
    samples = fuzz.samples_of(desk, GOALS, frames) + fuzz.samples_of(offline, GOALS, frames)
    facts = desk().facts
    told = (
        {"type": "connected", "tripId": TRIP, "currentStatus": "DEPARTED"},
        {"type": "status_update", "tripId": TRIP, "newStatus": "DEPARTED"},
        {"type": "heartbeat"},
    )
    notice = {"notificationId": "n1", "title": "t", "message": "m", "actionUrl": f"/trips/{TRIP}"}
    by_hand = [
        *(Packet(STREAM_EVENT, (STREAM, data)) for data in told),
        Packet(STREAM_ENDED, (STREAM,)),
        Packet("notification.driver", (notice,)),
        Packet("booking.cancelled", ({"tripId": TRIP, "seatsFreed": 1},)),
        Packet("trip.seats.updated", ({"tripId": TRIP, "availableSeats": 1},)),
        Packet("trip.offer.created", ({"tripId": TRIP},)),
        Packet("messages:read", ({"userId": OTHER, "conversationId": "cconv0000000000000000001"},)),
        Packet("message:new", (message(7),)),
        Packet("conversation:joined", ({"tripId": TRIP, "conversationId": "cconv0000000000000000001"},)),
        Packet("x", (person(OTHER, "x", "y"),)),
    ]
    samples += [fuzz.Sample(facts, (), packet) for packet in by_hand]
    tally = fuzz.fuzz(desk().adapter, samples, goals=GOALS)
    assert tally.dropped
    assert tally.told
    assert tally.verdicts
