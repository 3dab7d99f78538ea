"""Every frame of every recording is read; what matters in them means what the specification says."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from chatdesk.domain.actions import Action, ActionKind
from chatdesk.domain.arrivals import (
    VerdictLater,
    VerdictRefused,
    VerdictStored,
    VerdictUnknown,
)
from chatdesk.domain.events import (
    ConversationSeen,
    Dropped,
    Event,
    IdentityKnown,
    MessageSeen,
    OrderSeen,
    PresenceSeen,
    ReadSeen,
    TypingSeen,
    WindowRead,
)
from chatdesk.domain.goals import (
    Act,
    AskForOtp,
    ChangeStatus,
    Connected,
    FreshHead,
    FreshLists,
    FreshOrder,
    GoalKind,
    MarkRead,
    Probe,
    SendText,
    SignIn,
)
from chatdesk.domain.ids import OutgoingId, RemoteId
from chatdesk.domain.kinds import MessageKind, NoticeCode, PresenceState
from chatdesk.domain.steps import Call, Done, NeedsPassword
from chatdesk.platforms import routes
from chatdesk.platforms.omw import (
    auth,
    bookings,
    chats,
    codes,
    history,
    lane,
    lists,
    requests,
    sends,
    sessions,
    uploads,
)
from tests.platforms.omw import captures
from tests.platforms.omw.paper import BOOKING, OTHER, SESSION, Paper, cursor

EVERY = pytest.mark.parametrize("name", captures.NAMES)
SEND = SendText(SESSION, OutgoingId("0"), "0", "hello")


def act(kind: ActionKind) -> Act:
    """An action with all that any of them needs."""
    fields = {"code": "123456"}
    return Act(Action(kind=kind, conversation=SESSION, order=BOOKING, fields=fields, path="/staged/a.png"))


GOALS: list[tuple[GoalKind, str]] = [
    (SignIn("x"), auth.NOTE_LOGIN),
    (Probe(), "probe"),
    (FreshLists(), lists.NOTE_SESSIONS),
    (FreshLists(), lists.NOTE_REQUESTS),
    (FreshLists(), lists.NOTE_BOOKINGS),
    (FreshOrder(BOOKING, BOOKING), bookings.NOTE_BOOKING),
    (FreshOrder(BOOKING, BOOKING), sessions.NOTE_SESSION),
    (FreshHead(SESSION), history.NOTE_HISTORY),
    (FreshHead(SESSION), sessions.NOTE_SESSION),
    (SEND, sends.NOTE_LOOK),
    (SEND, sends.NOTE_CLAIM),
    (SEND, sends.NOTE_REST),
    (MarkRead(SESSION, cursor(5)), sends.NOTE_LOOK),
    (MarkRead(SESSION, cursor(5)), lane.NOTE_MARK_REST),
    (ChangeStatus(BOOKING, BOOKING, "assigned", "accepted"), bookings.NOTE_CHECK),
    (ChangeStatus(BOOKING, BOOKING, "assigned", "accepted"), bookings.NOTE_STATUS),
    (FreshLists(), lists.NOTE_ASSIGNED),
    (FreshLists(), lists.NOTE_MISSING),
    (AskForOtp(), auth.NOTE_OTP),
    (act(ActionKind.START_CHAT), chats.NOTE_START),
    (act(ActionKind.START_CHAT), chats.NOTE_FOUND),
    (act(ActionKind.END_CHAT), chats.NOTE_END),
    (act(ActionKind.DELETE_CHAT), chats.NOTE_DELETE),
    (act(ActionKind.ACCEPT), requests.NOTE_LOOK),
    (act(ActionKind.ACCEPT), requests.NOTE_ANSWER),
    (act(ActionKind.REJECT), requests.NOTE_LOOK),
    (act(ActionKind.REQUEST_CODE), codes.NOTE_REQUEST),
    (act(ActionKind.CONFIRM_CODE), codes.NOTE_CONFIRM),
    (act(ActionKind.UPLOAD), uploads.NOTE_UPLOAD),
]
COMMITTING = {
    sends.NOTE_CLAIM,
    sends.NOTE_REST,
    lane.NOTE_MARK_REST,
    bookings.NOTE_STATUS,
    chats.NOTE_END,
    chats.NOTE_DELETE,
    requests.NOTE_ANSWER,
    codes.NOTE_REQUEST,
    codes.NOTE_CONFIRM,
}


def test_every_recording_is_here() -> None:
    """A file that is lost is not silently untested."""
    assert len(captures.NAMES) == 36


# -- nothing is lost or fatal ------------------------------------------------------------------------------


@EVERY
def test_every_push_is_understood(name: str) -> None:
    """No recorded event is dropped, but receipts whose ids were no list are told as something to read."""
    for frame in captures.pushes(captures.load(name)):
        events = Paper().push(frame["event"], *frame["args"])
        assert not [event for event in events if isinstance(event, Dropped)], (frame, events)


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
            msgspec.json.encode(reading.events)
            paper.again()


@EVERY
def test_no_telephone_number_is_taken_over(name: str) -> None:
    """Numbers of both sides stand in every message and list; nothing of them is kept."""
    for frame in captures.pushes(captures.load(name)):
        assert b"555000" not in msgspec.json.encode(Paper().push(frame["event"], *frame["args"]))
    for frame in captures.exchanges(captures.load(name)):
        for kind, note in GOALS:
            paper = Paper()
            paper.want(kind)
            paper.step = Call(method="GET", path="/", note=note, headers=routes.bearer(paper.facts))
            events = paper.answer(
                frame["status"], frame["response_body"], is_json=captures.says_json(frame)
            ).events
            assert b"555000" not in msgspec.json.encode(events)


# -- what the pushes mean ----------------------------------------------------------------------------------


def played(name: str, actor: str = "A", *, user_id: str = "202") -> list[Event]:
    paper = Paper(user_id=user_id)
    events: list[Event] = []
    for frame in captures.pushes(captures.load(name), actor):
        events += paper.push(frame["event"], *frame["args"])
    return events


MESSAGES: list[tuple[str, str, list[tuple[str, bool]]]] = [
    ("session_ended_while_open", "A", [("before the end", True)]),
    ("read_receipts_ids", "A", [("one", True), ("two", True), ("three", True)]),
    ("typing", "A", []),
]


@pytest.mark.parametrize(("name", "actor", "expected"), MESSAGES)
def test_recorded_messages(name: str, actor: str, expected: list[tuple[str, bool]]) -> None:
    """Text and author of every pushed message."""
    seen = [event for event in played(name, actor) if isinstance(event, MessageSeen)]
    assert [(event.text, event.own) for event in seen] == expected
    assert all(event.conversation == SESSION and event.sent_at_us > 0 for event in seen)


def test_a_burst_is_told_by_ids() -> None:
    """Pushes come in any order; their cursors are in the order of their ids."""
    seen = [event for event in played("burst_100") if isinstance(event, MessageSeen)]
    assert len(seen) > 50
    by_cursor = sorted(seen, key=lambda event: event.cursor)
    assert [int(event.remote_id) for event in by_cursor] == sorted(int(event.remote_id) for event in seen)


def test_recorded_receipts_name_what_was_read() -> None:
    """Two of three, then all."""
    marks = [event for event in played("read_receipts_ids") if isinstance(event, ReadSeen)]
    assert [(mark.ids, mark.person_id, mark.by_self) for mark in marks] == [
        (("1001", "1002"), OTHER, False),
        (("1001", "1002", "1003"), OTHER, False),
    ]


def test_recorded_typing() -> None:
    """True, false, by id; a name to show."""
    seen = [event for event in played("typing", "B", user_id="201") if isinstance(event, TypingSeen)]
    assert seen
    assert seen[0].on
    assert {event.person_id for event in seen} == {RemoteId("202")}


def test_recorded_message_types() -> None:
    """Text, pictures, files and system lines are told apart."""
    seen = [event for event in played("message_types") if isinstance(event, MessageSeen)]
    kinds = {event.kind for event in seen}
    assert {MessageKind.TEXT, MessageKind.IMAGE, MessageKind.FILE, MessageKind.SYSTEM} <= kinds


# -- what the answers mean ---------------------------------------------------------------------------------


def answered(name: str, kind: GoalKind, wanted: tuple[str, str], *, role: str = "worker") -> list[Paper]:
    """The adapter after each recorded answer to (method, end of the path), each on a fresh desk."""
    papers = []
    for frame in captures.exchanges(captures.load(name)):
        if (frame["method"], frame["path"].rsplit("/", 1)[-1]) != wanted:
            continue
        paper = Paper(role, user_id="202" if role == "worker" else "201")
        paper.want(kind)
        paper.answer(frame["status"], frame["response_body"], is_json=captures.says_json(frame))
        papers.append(paper)
    assert papers
    return papers


def test_recorded_logins() -> None:
    """Two that worked by id and role, and each refusal in the server's own words."""
    papers = answered("login", SignIn("x", role="worker"), ("POST", "login"))
    signed_in = [event for paper in papers for event in paper.events if isinstance(event, IdentityKnown)]
    assert {(event.user_id, event.role) for event in signed_in} == {
        (RemoteId("202"), "worker"),
        (RemoteId("201"), "customer"),
    }
    ends = [paper.again() for paper in papers]
    refused = [end for end in ends if isinstance(end, NeedsPassword)]
    codes = {(end.code, end.detail[:20]) for end in refused}
    assert (NoticeCode.AUTH_FAILED, "Invalid password") in codes
    assert (NoticeCode.AUTH_FAILED, "Invalid email or ina") in codes
    assert (NoticeCode.FORBIDDEN, "Please verify your e") in codes
    assert (NoticeCode.FORBIDDEN, "Access denied for ro") in codes
    assert (NoticeCode.AUTH_FAILED, "Email, password, and") in codes
    assert all(end == Done() for end in ends if not isinstance(end, NeedsPassword))


def test_recorded_session_lists() -> None:
    """None for a new user, then two, whose titles name the other side."""
    papers = answered("sessions_list", FreshLists(), ("GET", "sessions"))
    titles = [
        {event.title for event in paper.events if isinstance(event, ConversationSeen)} for paper in papers
    ]
    assert titles[0] == set()
    assert titles[1] == {"Customer One"}
    assert titles[2] == {"Worker One"}


def test_recorded_histories_page_from_the_newest() -> None:
    """Forty-five messages in pages of twenty are one window, oldest first, with nothing missing."""
    frames = captures.exchanges(captures.load("history_rest_pages"))
    every = {one["id"]: one for frame in frames for one in frame["response_body"].get("messages", ())}
    assert len(every) == 45
    newest_first = sorted(every.values(), key=lambda one: -int(one["id"]))
    paper = Paper()
    step = paper.want(FreshHead(SESSION, complete=True))
    while isinstance(step, Call):
        query = dict(step.query)
        start, limit = int(query["offset"]), int(query["limit"])
        page = newest_first[start : start + limit]
        body = {"success": True, "messages": page[::-1], "hasMore": len(page) == limit}
        assert isinstance(paper.answer(200, body).verdicts[0], VerdictStored)
        step = paper.again()
    (window,) = [event for event in paper.events if isinstance(event, WindowRead)]
    assert window.complete
    assert window.reaches_start
    assert window.reaches_head
    assert [int(one) for one in window.ids] == sorted(every)


def test_recorded_presence_means_the_customer_only() -> None:
    """Online by the row of the customer's own id; the worker's row, under another id, says nothing."""
    states: list[PresenceState | None] = []
    for frame in captures.exchanges(captures.load("presence"), "A"):
        paper = Paper()
        paper.push("joined_chat", {"sessionId": 41})
        paper.want(FreshHead(RemoteId(str(frame["response_body"]["session"]["session_id"]))))
        paper.step = Call(method="GET", path="/", note="session", headers=routes.bearer(paper.facts))
        events = paper.answer(200, frame["response_body"]).events
        here = [event for event in events if isinstance(event, PresenceSeen)]
        assert all(event.person_id == OTHER for event in here)
        states.append(here[0].state if here else None)
    assert PresenceState.ONLINE in states
    assert PresenceState.UNKNOWN in states


def test_recorded_bookings() -> None:
    """A worker's requests, a customer's bookings, and details without the code that starts the work."""
    worker = Paper()
    worker.want(FreshLists())
    worker.answer(200, {"success": True, "sessions": []})
    worker.again()
    frames = captures.exchanges(captures.load("worker_bookings"), "A")
    worker.answer(200, frames[0]["response_body"])
    (order,) = [event for event in worker.events if isinstance(event, OrderSeen)]
    assert (order.remote_id, order.status, order.customer) == ("213", "pending", "Customer One")
    customer = Paper("customer", user_id="201")
    customer.want(FreshLists())
    customer.answer(200, {"success": True, "sessions": []})
    for frame in captures.exchanges(captures.load("customer_bookings"), "B")[:2]:
        customer.again()
        customer.answer(200, frame["response_body"])
    assert customer.again() == Done()
    ids = [event.remote_id for event in customer.events if isinstance(event, OrderSeen)]
    assert ids == ["218", "217", "216"]
    (paper,) = answered("worker_bookings", FreshOrder(RemoteId("213"), "213"), ("GET", "213"))
    detail = next(event for event in paper.events if isinstance(event, OrderSeen))
    assert detail.fields
    assert not [line for line in detail.fields if "otp" in line.key]


def test_recorded_refusals_of_the_handshake() -> None:
    """No token is void for a refusal that a good one meets as well while the database is away."""
    for name in ("connect_rejected", "database_down", "token_expires_while_connected"):
        for words in captures.refusals(captures.load(name)):
            paper = Paper()
            paper.facts = msgspec.structs.replace(paper.facts, online=False)
            paper.want(Connected())
            (verdict,) = paper.refused(words).verdicts
            assert isinstance(verdict, VerdictLater)
            needs = isinstance(paper.again(), NeedsPassword)
            assert needs == (words == "Authentication token required")


def test_recorded_sends_by_rest() -> None:
    """Stored under an id; blank and refused; an end in words; and what may have been stored."""
    seen: set[str] = set()
    for name in ("rest_send", "send_no_access", "database_down", "session_ended_while_open"):
        for frame in captures.exchanges(captures.load(name)):
            if frame["method"] != "POST" or not frame["path"].endswith("/messages"):
                continue
            paper = Paper()
            paper.facts = msgspec.structs.replace(paper.facts, online=False)
            paper.want(SEND)
            verdict = paper.verdict(
                frame["status"], frame["response_body"], is_json=captures.says_json(frame)
            )
            expected: dict[int, type[Any]] = {
                200: VerdictStored,
                400: VerdictRefused,
                403: VerdictLater,
                500: VerdictLater,
            }
            assert isinstance(verdict, expected[frame["status"]]), frame
            assert not isinstance(verdict, VerdictUnknown)
            seen.add(str(frame["status"]))
    assert seen == {"200", "400", "403", "500"}
