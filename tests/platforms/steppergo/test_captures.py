"""Every frame of every recording, of every actor: read, answered, or told why it is none of ours."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from chatdesk.domain.actions import Action, ActionKind, FindKind, Lookup
from chatdesk.domain.events import (
    ConversationSeen,
    Dropped,
    Event,
    IdentityKnown,
    MessageSeen,
    Noticed,
    OrderSeen,
    PositionSeen,
    ReadSeen,
    Stale,
    TypingSeen,
    WindowRead,
)
from chatdesk.domain.ids import Cursor, RemoteId
from chatdesk.domain.kinds import Lifecycle, MessageKind, NoticeCode, ParkReason
from chatdesk.domain.ports import (
    STREAM_EVENT,
    Act,
    Call,
    ChangeStatus,
    Connected,
    Done,
    Emit,
    Find,
    FreshHead,
    FreshLists,
    FreshNotifications,
    FreshOrder,
    GoalKind,
    Joined,
    MarkRead,
    NeedsPassword,
    Packet,
    Probe,
    Report,
    SignIn,
    SignOut,
    Typing,
    VerdictRefused,
    VerdictStored,
    VerdictUnknown,
    Watched,
)
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
from chatdesk.platforms.steppergo.state import Person, with_conversation, with_trip
from tests.platforms.paper import call_of, emit_of
from tests.platforms.steppergo import captures
from tests.platforms.steppergo.paper import ME, TRIP, Paper, put, send

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


# -- whose frames they are ---------------------------------------------------------------------------------


def rooms_of(capture: dict[str, Any]) -> dict[str, str]:
    """Trip by conversation, as the joins of the recording tell."""
    found: dict[str, str] = {}
    for frame in capture["frames"]:
        if frame["channel"] == "socket" and frame.get("event") == "conversation:joined":
            found[frame["args"][0]["conversationId"]] = frame["args"][0]["tripId"]
        if frame["channel"] == "raw":
            for event, args in packets_in([frame]):
                if event == "conversation:joined":
                    found[args[0]["conversationId"]] = args[0]["tripId"]
    return found


def packets_in(frames: list[dict[str, Any]]) -> Iterator[tuple[str, list[Any]]]:
    """The events of raw frames that came in."""
    for frame in frames:
        text = frame["args"][0] if frame["args"] else ""
        if frame["dir"] == "in" and isinstance(text, str) and text.startswith("42["):
            event, *args = json.loads(text[2:])
            yield event, args


def trips_of(capture: dict[str, Any]) -> set[str]:
    """Every trip that a push or stream of the recording names."""
    text = json.dumps(capture)
    return {part.split('"')[0].rstrip("\\") for part in text.replace('\\"', '"').split('"tripId": "')[1:]} | {
        part.split('"')[0] for part in text.replace('\\"', '"').split('"tripId":"')[1:]
    }


def user_of(capture: dict[str, Any], actor: str) -> str:
    """Who an actor is: the sender of what it has sent."""
    temps = {
        frame["args"][0].get("metadata", {}).get("tempId")
        for frame in capture["frames"]
        if frame["channel"] == "socket"
        and frame["dir"] == "out"
        and frame["actor"] == actor
        and frame["event"] == "message:send"
        and isinstance(frame["args"][0], dict)
        and isinstance(frame["args"][0].get("metadata"), dict)
    } - {None}
    for frame in capture["frames"]:
        if frame["channel"] == "socket" and frame["dir"] == "in" and frame["event"] == "message:new":
            record = frame["args"][0]
            if (record["metadata"] or {}).get("tempId") in temps:
                return str(record["senderId"])
    return ME


def desk_of(capture: dict[str, Any], actor: str = "A") -> Paper:
    """A desk that knows the trips of a recording, and has joined its conversations."""
    paper = Paper(user_id=user_of(capture, actor))
    for trip in trips_of(capture):
        paper.facts = with_trip(paper.facts, RemoteId(trip), ours=True)
    for conversation, trip in rooms_of(capture).items():
        paper.facts = with_conversation(paper.facts, RemoteId(trip), conversation)
        paper.facts = with_trip(paper.facts, RemoteId(trip), joined=paper.facts.epoch)
    return paper


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
            headers = auth.bearer(paper.facts)
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


# -- what the answers mean ---------------------------------------------------------------------------------


def answered(name: str, kind: GoalKind, wanted: tuple[str, str], *, role: str = "DRIVER") -> list[Paper]:
    """The adapter after each recorded answer to (method, beginning of the path), each on a fresh desk."""
    papers = []
    for frame in captures.exchanges(captures.load(name)):
        if frame["method"] != wanted[0] or not frame["path"].startswith(wanted[1]):
            continue
        paper = Paper(role)
        paper.want(kind)
        paper.answer(
            frame["status"],
            frame["response_body"],
            is_json=captures.says_json(frame),
            headers={key.lower(): str(value) for key, value in frame["response_headers"].items()},
        )
        papers.append(paper)
    assert papers
    return papers


@pytest.mark.shows("steppergo", "sign_in", "yes")
def test_recorded_logins() -> None:
    """Those that worked by id and role; each refusal in the server's own words."""
    papers = [
        *answered("login", SignIn("x"), ("POST", "/api/auth/login")),
        *answered("login", SignIn("x"), ("POST", "/api/drivers/login")),
    ]
    seen = [event for paper in papers for event in paper.events if isinstance(event, IdentityKnown)]
    assert [event.role for event in seen] == ["PASSENGER", "DRIVER", "DRIVER"]
    assert [auth.driver_id(paper.facts) for paper in papers][-1] == "cmwooehzt0005tw7dxyffxcw3"
    refused = [
        *answered("login_errors", SignIn("x"), ("POST", "/api/auth/login"))[:-1],
        *answered("login_errors", SignIn("x"), ("POST", "/api/drivers/login")),
    ]
    ends = [paper.again() for paper in refused]
    codes = [(end.code, end.detail) for end in ends if isinstance(end, NeedsPassword)]
    assert len(codes) == len(ends)
    assert codes[0] == (NoticeCode.AUTH_FAILED, "Invalid email or password")
    assert (NoticeCode.AUTH_FAILED, "Validation failed. email: Invalid email address") in codes
    assert (NoticeCode.SERVER_ERROR, "Login failed") in codes
    suspended = [detail for code, detail in codes if code is NoticeCode.FORBIDDEN]
    assert suspended == [
        "Account suspended. Your account has been temporarily suspended. Please contact support"
    ]
    (signed_in,) = answered("login_errors", SignIn("x"), ("POST", "/api/auth/login"))[-1:]
    assert signed_in.again() == Done()  # the general route lets a suspended driver in


def test_recorded_refusals_of_the_handshake() -> None:
    """Only a void session asks for the password; a wrong path, or a database that is away, does not."""
    for words in captures.refusals(captures.load("connect_auth_failures")):
        paper = Paper()
        paper.offline()
        paper.want(Connected())
        paper.refused(None if words == "websocket error" else words)
        needs = isinstance(paper.again(), NeedsPassword)
        assert needs == (words in {"Authentication required", "Invalid or expired session"})


def test_recorded_histories() -> None:
    """Whole and ascending, whatever page was asked for; empty without a conversation; refused in words."""
    papers = answered("history", FreshHead(TRIP, complete=True), ("GET", "/api/messages/"))
    windows = [[event for event in paper.events if isinstance(event, WindowRead)] for paper in papers]
    assert windows[0] == windows[1]
    (whole,) = windows[0]
    assert whole.complete
    assert whole.reaches_start
    assert whole.reaches_head
    assert whole.total == len(whole.ids) > 50
    (empty,) = windows[2]
    assert empty.ids == ()
    assert empty.complete
    assert windows[3] == windows[4] == []
    opened = [event for event in papers[0].events if isinstance(event, ConversationSeen)]
    assert [event.lifecycle for event in opened] == [Lifecycle.OPEN]
    assert opened[0].unread is not None


def test_recorded_driver_trips() -> None:
    """Two trips under way, which only the list of all of them has; one of them organized by a passenger."""
    papers = answered("driver_trips", FreshLists(), ("GET", "/api/drivers/cmwoofrtr00f3tw7dlfa2ogad/trips"))
    orders = [event for event in papers[0].events if isinstance(event, OrderSeen)]
    assert [(event.title, event.status) for event in orders] == [
        ("Almaty to Taldykorgan", "IN_PROGRESS"),
        ("Passenger organised ride", "IN_PROGRESS"),
    ]
    assert not [event for event in papers[1].events if isinstance(event, OrderSeen)]


def test_recorded_bookings_and_uploads_are_out_of_reach() -> None:
    """Each refusal with a code leaves the session as it is; the lists go on without bookings."""
    papers = answered("bookings_auth", FreshLists(), ("GET", "/api/passengers/bookings"), role="PASSENGER")
    for paper in papers:
        assert not isinstance(paper.want(FreshHead(TRIP)), NeedsPassword)
    assert not [one for one in captures.exchanges(captures.load("bookings_auth")) if one["status"] == 201]


def test_recorded_status_changes() -> None:
    """Each refusal in words; the 500 of a valid change is looked into; 429 waits as told."""
    frames = captures.exchanges(captures.load("trip_status_update"))
    seen = set()
    for frame in frames:
        if frame["method"] != "PUT":
            continue
        paper = Paper()
        paper.want(put(CHANGE, check_first=False))
        headers = {key.lower(): str(value) for key, value in frame["response_headers"].items()}
        (verdict,) = paper.answer(frame["status"], frame["response_body"], headers=headers).verdicts
        if frame["status"] == 400:
            assert isinstance(verdict, VerdictRefused)
            assert verdict.detail
        elif frame["status"] == 429:
            assert getattr(verdict, "ms", 0) == 60_000
        else:
            assert isinstance(verdict, VerdictUnknown)
        seen.add(frame["status"])
    assert seen == {400, 429, 500}


def test_recorded_reports() -> None:
    """Stored, refused in words, gone, failed; what was reported is shown to nobody."""
    goal = Report(TRIP, RemoteId("cmsg1"), "abusive")
    papers = answered("report_message", goal, ("POST", "/api/messages/report"))
    ends = [paper.again() for paper in papers]
    assert ends[0] == Done()
    reasons = [getattr(end, "reason", None) for end in ends[1:]]
    assert reasons == [ParkReason.REFUSED, ParkReason.NOT_FOUND, ParkReason.REFUSED]
    before, after = answered("report_message", FreshHead(TRIP, complete=True), ("GET", "/api/messages/"))
    assert b"abusive" not in msgspec.json.encode(before.events)
    windows = [
        {one for event in paper.events if isinstance(event, WindowRead) for one in event.ids}
        for paper in (before, after)
    ]
    assert len(windows[0] - windows[1]) == 1  # hidden by an administrator


def test_recorded_sends_by_rest() -> None:
    """Stored under an id, refused in words, or unknown."""
    expected: dict[int, type[Any]] = {
        200: VerdictStored,
        400: VerdictRefused,
        403: VerdictRefused,
        404: VerdictRefused,
        500: VerdictUnknown,
    }
    seen = set()
    for name in ("rest_send", "malformed_rest", "no_access", "join_access"):
        for frame in captures.exchanges(captures.load(name)):
            if (frame["method"], frame["path"]) != ("POST", "/api/messages/send"):
                continue
            paper = Paper()
            paper.offline()
            assert isinstance(paper.want(send()), Call)
            verdict = paper.verdict(frame["status"], frame["response_body"])
            assert isinstance(verdict, expected[frame["status"]]), frame
            seen.add(frame["status"])
    assert seen == set(expected)


def test_recorded_accepts() -> None:
    """Whatever is answered, the trip is read again, and its stored status is what counts."""
    for frame in captures.exchanges(captures.load("trip_accept_push"), "A"):
        paper = Paper()
        paper.joined()
        paper.want(ACCEPT)
        paper.step = call_of(paper.step)
        paper.step = Call(method="POST", path="/", note=acts.NOTE_ACCEPT, commits=True)
        events = paper.answer(frame["status"], frame["response_body"]).events
        assert Stale(order_number=TRIP) in events
        assert not [event for event in events if isinstance(event, OrderSeen)]
    (detail,) = captures.exchanges(captures.load("trip_accept_push"), "B")[:1]
    paper = Paper()
    paper.want(FreshOrder(TRIP, TRIP))
    paper.answer(detail["status"], detail["response_body"])
    (order,) = [event for event in paper.events if isinstance(event, OrderSeen)]
    assert order.status == "PUBLISHED"


def test_recorded_joins_that_were_refused() -> None:
    """An assigned driver, an outsider, an unknown trip: each join ends with its own answer."""
    for name in ("join_access", "no_access"):
        for frame in captures.pushes(captures.load(name)):
            if frame["event"] != "error":
                continue
            words = frame["args"][0]["message"]
            paper = Paper()
            assert isinstance(paper.want(Joined(TRIP)), Emit)
            verdicts = paper.packet("error", *frame["args"]).verdicts
            if words in {"Access denied to this conversation", "Trip not found"}:
                assert isinstance(verdicts[0], VerdictRefused)
                assert not isinstance(paper.want(FreshLists()), NeedsPassword)
            else:
                assert verdicts == ()
