"""Every frame of every recording, of every actor: read, answered, or told why it is none of ours."""

from __future__ import annotations

import json

import msgspec
import pytest

from chatdesk.domain.actions import Action, ActionKind, FindKind, Lookup
from chatdesk.domain.arrivals import Packet
from chatdesk.domain.events import (
    Dropped,
    Noticed,
)
from chatdesk.domain.goals import (
    Act,
    ChangeStatus,
    Find,
    FreshHead,
    FreshLists,
    FreshNotifications,
    FreshOrder,
    GoalKind,
    Joined,
    MarkRead,
    Probe,
    Report,
    SignIn,
    SignOut,
    Typing,
    Watched,
)
from chatdesk.domain.ids import Cursor, RemoteId
from chatdesk.domain.steps import STREAM_EVENT, Call
from chatdesk.platforms import routes
from chatdesk.platforms.steppergo import (
    acts,
    auth,
    history,
    lane,
    lists,
    notices,
    sends,
    status,
)
from tests.platforms.paper import emit_of
from tests.platforms.steppergo import captures
from tests.platforms.steppergo.paper import TRIP, Paper, send
from tests.platforms.steppergo.rooms import desk_of, packets_in

EVERY = pytest.mark.parametrize("name", captures.NAMES)
ACTORS = ("A", "B")
START = Act(Action(kind=ActionKind.START_CHAT, order=TRIP))
ACCEPT = Act(Action(kind=ActionKind.ACCEPT, order=TRIP))
CHANGE = ChangeStatus(TRIP, TRIP, "IN_PROGRESS", "DEPARTED")
GOALS: list[tuple[GoalKind, str]] = [
    (SignIn("x"), auth.NOTE_LOGIN),
    (SignOut(), auth.NOTE_LOGOUT),
    (Probe(), "probe"),
    (FreshLists(), lists.NOTE_DRIVER),
    (FreshLists(), lists.NOTE_TRIPS),
    (FreshLists(), lists.NOTE_BOOKINGS),
    (FreshLists(), lists.NOTE_PROBE),
    (FreshOrder(TRIP, TRIP), status.NOTE_TRIP),
    (FreshOrder(TRIP, TRIP), status.NOTE_DRIVER_TRIP),
    (FreshHead(TRIP), history.NOTE_HISTORY),
    (MarkRead(TRIP, Cursor("9")), history.NOTE_HISTORY),
    (MarkRead(TRIP, Cursor("9")), lane.NOTE_MARK_REST),
    (send(), sends.NOTE_REST),
    (CHANGE, status.NOTE_CHECK),
    (CHANGE, status.NOTE_ALIVE),
    (CHANGE, status.NOTE_STATUS),
    (Report(TRIP, RemoteId("cmsg1"), "abusive"), notices.NOTE_REPORT),
    (FreshNotifications(), notices.NOTE_NOTICES),
    (START, acts.NOTE_LOOK),
    (START, acts.NOTE_ENTER),
    (ACCEPT, acts.NOTE_ACCEPT),
    (Find(Lookup(kind=FindKind.TRIP)), acts.NOTE_FIND),
    (Find(Lookup(kind=FindKind.TRIP)), acts.NOTE_FIND_ONE),
]
COMMITTING = {
    lane.NOTE_MARK_REST,
    sends.NOTE_REST,
    status.NOTE_STATUS,
    notices.NOTE_REPORT,
    acts.NOTE_ACCEPT,
}


def test_every_recording_is_here() -> None:
    """A file that is lost is not silently untested."""
    assert len(captures.NAMES) == 29


# -- nothing is lost or fatal ------------------------------------------------------------------------------


@EVERY
@pytest.mark.parametrize("actor", ACTORS)
def test_every_push_is_understood(name: str, actor: str) -> None:
    """No recorded event is dropped, whoever heard it, but refusals become notices."""
    capture = captures.load(name)
    paper = desk_of(capture, actor)
    for frame in captures.pushes(capture, actor):
        if frame["event"] == "ack_timeout":  # of the recorder's own library
            continue
        events = paper.push(frame["event"], *frame["args"])
        assert not [event for event in events if isinstance(event, Dropped)], (frame, events)
        assert frame["event"] != "error" or any(isinstance(event, Noticed) for event in events)


@EVERY
def test_every_frame_of_a_stream_and_of_the_raw_wire_is_understood(name: str) -> None:
    """Server-sent events and literal packets mean the same as the events of a library."""
    capture = captures.load(name)
    paper = desk_of(capture)
    path = ""
    for frame in capture["frames"]:
        if frame["channel"] == "sse" and frame["event"] == "open":
            path = frame["args"][0]
        if frame["channel"] == "sse" and frame["event"] == "data":
            data = json.loads(frame["args"][0].removeprefix("data: "))
            events = paper.read(Packet(STREAM_EVENT, (path, data))).events
            assert not [event for event in events if isinstance(event, Dropped)], frame
    raw = [frame for frame in capture["frames"] if frame["channel"] == "raw"]
    for event, args in packets_in(raw):
        assert not [one for one in paper.push(event, *args) if isinstance(one, Dropped)], (event, args)


@EVERY
def test_every_answer_gets_one_verdict_in_every_place(name: str) -> None:
    """Each recorded body, good or bad, as the answer to each kind of request: one verdict, never an error.

    A server that answers something else than was asked for is only another hostile server.
    """
    for frame in captures.exchanges(captures.load(name)):
        for kind, note in GOALS:
            paper = Paper()
            paper.want(kind)
            headers = routes.bearer(paper.facts)
            paper.step = Call(method="GET", path="/", note=note, commits=note in COMMITTING, headers=headers)
            reading = paper.answer(frame["status"], frame["response_body"], is_json=captures.says_json(frame))
            assert [verdict.step_id for verdict in reading.verdicts] == [1], (note, frame)
            told = msgspec.json.encode(reading.events)
            assert b"@example.test" not in told.replace(b"driver.a@example.test", b""), note
            assert b"prisma" not in told, note
            paper.again()


@EVERY
def test_what_is_emitted_has_the_recorded_shape(name: str) -> None:
    """Every recorded event of a client that this program makes as well has just these keys."""
    ours = {
        "join:conversation": {"tripId"},
        "message:send": {"conversationId", "content", "type", "metadata"},
        "typing:start": {"conversationId"},
        "typing:stop": {"conversationId"},
        "messages:read": {"conversationId"},
        "passenger:subscribe": {"tripIds"},
    }
    goals: dict[str, GoalKind] = {
        "join:conversation": Joined(TRIP),
        "message:send": send(),
        "typing:start": Typing(TRIP, True),
        "typing:stop": Typing(TRIP, False),
        "messages:read": MarkRead(TRIP, Cursor("9")),
        "passenger:subscribe": Watched(TRIP, TRIP),
    }
    for frame in captures.load(name)["frames"]:
        event = frame.get("event")
        if frame["channel"] != "socket" or frame["dir"] != "out" or event not in ours:
            continue
        paper = Paper()
        if event != "join:conversation":
            paper.joined()
        step = emit_of(paper.want(goals[event]))
        assert (step.event, set(step.args[0])) == (event, ours[event])
        if isinstance(frame["args"][0], dict):  # null is recorded too: what ends the server is never sent
            # A top-level tempId was tried once, and ignored by the server.
            assert set(frame["args"][0]) - {"tempId"} <= ours[event]
