"""Every frame of every recording is read; what matters in them means what the specification says."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from chatdesk.domain.arrivals import (
    ConnectRefused,
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
    MessageDeleted,
    MessageSeen,
    NotificationSeen,
    OrderSeen,
    PresenceSeen,
    ReadSeen,
    Stale,
    TokensChanged,
    TypingSeen,
    WindowRead,
)
from chatdesk.domain.goals import (
    ChangeStatus,
    Connected,
    DeleteMessage,
    FreshHead,
    FreshLists,
    FreshNotifications,
    FreshOrder,
    GoalKind,
    MarkRead,
    SendText,
    SignIn,
    SignOut,
)
from chatdesk.domain.ids import Cursor, OutgoingId, RemoteId
from chatdesk.domain.kinds import NoticeCode, ParkReason, PresenceState, Progress
from chatdesk.domain.steps import Call, Connect, Done, NeedsPassword, Parked
from chatdesk.platforms.dispatcher import auth, lists, notices, reads, writes
from tests.platforms.dispatcher import captures
from tests.platforms.dispatcher.paper import ORDER, OTHER, OTHER_MAIL, Paper, fresh_jwt, put

EVERY = pytest.mark.parametrize("name", captures.NAMES)


def test_every_recording_is_here() -> None:
    """A file that is lost is not silently untested."""
    assert len(captures.NAMES) >= 21


# -- nothing is lost or fatal ------------------------------------------------------------------------------


def dump(events: list[Event]) -> str:
    return "\n".join(f"{type(event).__name__} {msgspec.to_builtins(event)}" for event in events)


@EVERY
def test_every_push_is_understood(name: str) -> None:
    """No recorded event is dropped, and for somebody who is none of the actors each means something."""
    for frame in captures.pushes(captures.load(name)):
        paper = Paper()
        stranger = put(paper.facts.account, user_id=RemoteId("5" * 24), login="nobody@example.test", name="")
        paper.facts = put(paper.facts, account=stranger)
        events = paper.push(frame["event"], *frame["args"])
        assert events, frame
        assert not [event for event in events if isinstance(event, Dropped)], (frame, events)


GOALS: dict[str, tuple[GoalKind, str]] = {
    "login": (SignIn("x"), auth.NOTE_LOGIN),
    "refresh": (FreshNotifications(), auth.NOTE_REFRESH),
    "logout": (SignOut(), auth.NOTE_LOGOUT),
    "paginated": (FreshLists(), lists.NOTE_ORDERS),
    "chats": (FreshLists(), reads.NOTE_CHATS),
    "order": (FreshOrder(ORDER, "ORD-1"), reads.NOTE_ORDER),
    "history": (FreshHead(ORDER), reads.NOTE_HISTORY),
    "unread": (FreshHead(ORDER), reads.NOTE_UNREAD),
    "notifications": (FreshNotifications(), notices.NOTE_PAGE),
    "send": (SendText(ORDER, OutgoingId("0"), "0", "x"), writes.NOTE_SEND),
    "delete": (DeleteMessage(ORDER, RemoteId("6afffac90f359758693dd26b")), writes.NOTE_DELETE),
    "status": (ChangeStatus(ORDER, "ORD-1", "pending", "charged"), writes.NOTE_STATUS),
    "read": (MarkRead(ORDER, Cursor("1")), writes.NOTE_READ),
}


@EVERY
def test_every_answer_gets_one_verdict_in_every_place(name: str) -> None:
    """Each recorded body, good or bad, as the answer to each kind of request: one verdict, never an error.

    A server that answers something else than was asked for is only another hostile server.
    """
    for frame in captures.exchanges(captures.load(name)):
        for kind, note in GOALS.values():
            paper = Paper("admin")
            paper.want(kind)
            paper.step = Call(
                method="GET",
                path="/",
                note=note,
                commits=note == writes.NOTE_SEND,
                headers=paper_headers(paper),
            )
            is_json = captures.says_json(frame)
            reading = paper.answer(frame["status"], frame["response_body"], is_json=is_json)
            assert [verdict.step_id for verdict in reading.verdicts] == [1], (note, frame)
            paper.again()
            assert "E11000" not in dump(list(reading.events)) + str(reading.verdicts)


def paper_headers(paper: Paper) -> tuple[tuple[str, str], ...]:
    return (("Authorization", f"Bearer {paper.facts.account.secrets.access}"),)


# -- what the pushes mean ----------------------------------------------------------------------------------


def pushed(name: str, actor: str = "A") -> list[Event]:
    paper = Paper()
    events: list[Event] = []
    for frame in captures.pushes(captures.load(name), actor):
        events += paper.push(frame["event"], *frame["args"])
    return events


MESSAGES: list[tuple[str, list[tuple[str, bool, str]]]] = [
    ("burst_100", [("burst", True, "")] * 100),
    (
        "delete_message",
        [("mine", True, "6afffac90f359758693dd26b"), ("theirs", False, "6afffac90f359758693dd278")],
    ),
    (
        "malformed_http_payloads",
        [("   ", True, ""), ("123", True, ""), ("extra fields", True, ""), ("form encoded", True, "")],
    ),
    (
        "send_receive_joined",
        [
            ("Where is the permit for Texas?", True, "6afffabf0f359758693dd156"),
            ("It was filed this morning.", False, "6afffac00f359758693dd165"),
        ],
    ),
    ("send_receive_not_joined", []),
    ("send_without_access", [("I do not own this order", False, "6afffac90f359758693dd24e")]),
    (
        "token_expires_during_session",
        [("still delivered to the expired session", False, "6afffae06b94d13b6ec3416c")],
    ),
    ("reconnect_after_restart", [("before restart", True, ""), ("after rejoining", True, "")]),
    ("read_receipts", [("read me", True, "6afffac60f359758693dd22d")]),
]


@pytest.mark.parametrize(("name", "expected"), MESSAGES)
def test_recorded_messages(name: str, expected: list[tuple[str, bool, str]]) -> None:
    """Text, author and id of every pushed message, for actor A."""
    seen = [event for event in pushed(name) if isinstance(event, MessageSeen)]
    assert len(seen) == len(expected)
    for event, (text, own, message_id) in zip(seen, expected, strict=True):
        assert event.text.startswith(text)
        assert event.own == own
        assert event.conversation == ORDER
        assert not message_id or event.remote_id == message_id


def test_recorded_statuses() -> None:
    """A real status, `all`, and none at all."""
    events = pushed("order_status_push")
    orders = [event for event in events if isinstance(event, OrderSeen)]
    assert [(order.status, order.progress) for order in orders] == [
        ("requires_invoice", Progress.WAITING),
        ("all", Progress.UNKNOWN),
        (None, None),
    ]
    assert events.count(Stale(conversation=ORDER)) == 3
    assert events.count(Stale(order_number="ORD-100001")) == 2


def test_recorded_typing_reading_and_presence() -> None:
    """By e-mail; up to a time; by joining and leaving."""
    assert pushed("typing") == [
        TypingSeen(conversation=ORDER, person_id=RemoteId(OTHER_MAIL), name=OTHER_MAIL, on=True)
    ]
    (read,) = [event for event in pushed("read_receipts") if isinstance(event, ReadSeen)]
    assert (read.conversation, read.person_id, read.by_self) == (ORDER, OTHER, False)
    assert read.up_to_us is not None
    presence = [event for event in pushed("presence") if isinstance(event, PresenceSeen)]
    on, off = PresenceState.ONLINE, PresenceState.OFFLINE
    assert [event.state for event in presence] == [on, on, off, off, on, on]


@pytest.mark.parametrize(
    ("name", "actor", "count", "stale"),
    [
        ("notifications", "A", 4, [Stale(conversation=ORDER)] * 3),
        ("order_files", "B", 1, [Stale(order_number="ORD-100001")]),
        ("order_files", "A", 1, [Stale(order_number="ORD-100001")]),
        ("order_created", "B", 1, [Stale()]),
        ("send_receive_not_joined", "B", 2, [Stale(conversation=ORDER)] * 2),
    ],
)
def test_recorded_notifications(name: str, actor: str, count: int, stale: list[Stale]) -> None:
    """Each is kept, and says what to read again."""
    events = pushed(name, actor)
    assert sum(isinstance(event, NotificationSeen) for event in events) == count
    assert [event for event in events if isinstance(event, Stale)] == stale


# -- what the answers mean ---------------------------------------------------------------------------------


def answers(name: str, path: str, actor: str = "A", method: str = "GET") -> list[captures.Frame]:
    return [
        frame
        for frame in captures.exchanges(captures.load(name), actor)
        if frame["method"] == method and frame["path"] == path
    ]


def given(paper: Paper, frame: captures.Frame, body: Any = None) -> Any:
    body = frame["response_body"] if body is None else body
    (verdict,) = paper.answer(frame["status"], body, is_json=captures.says_json(frame)).verdicts
    return verdict


HISTORY = f"/api/chat/orders/{ORDER}/messages"


def test_the_recorded_sign_ins() -> None:
    """Each of the six failures, the success, the refreshes and the two sign-outs."""
    frames = answers("login", "/api/authorization/login", method="POST")
    ends = []
    for frame in frames:
        paper = Paper(access="", refresh="")
        paper.want(SignIn("x"))
        body = frame["response_body"]
        if frame["status"] == 200:
            body = {**body, "data": {"accessToken": fresh_jwt(), "refreshToken": "r"}}
        given(paper, frame, body)
        end = paper.again()
        ends.append(end.code if isinstance(end, NeedsPassword) else type(end))
        if frame["status"] == 200:
            assert [type(event) for event in paper.events] == [TokensChanged, IdentityKnown]
    failed = NoticeCode.AUTH_FAILED
    assert ends == [failed, failed, failed, failed, failed, NoticeCode.SERVER_ERROR, Done]
    for frame in answers("login", "/api/authorization/refresh-token", method="POST"):
        paper = Paper(access=fresh_jwt(age_s=3_700))
        paper.want(FreshNotifications())
        body = frame["response_body"]
        if frame["status"] == 200:
            body = {**body, "data": {"accessToken": fresh_jwt(salt="new")}}
        verdict = given(paper, frame, body)
        assert isinstance(verdict, VerdictStored if frame["status"] == 200 else VerdictRefused)
    for frame in answers("login", "/api/authorization/logout", method="POST"):
        paper = Paper()
        paper.want(SignOut())
        given(paper, frame)
        assert paper.again() == Done()


def test_the_recorded_refusals_of_the_handshake() -> None:
    """Without a token, garbage, expired, wrongly signed: each leads to a refresh, never to a circle."""
    frames = [
        frame for frame in captures.load("connect_auth")["frames"] if frame.get("event") == "connect_error"
    ]
    assert len(frames) == 4
    for frame in frames:
        paper = Paper()
        paper.facts = put(paper.facts, online=False)
        assert isinstance(paper.want(Connected()), Connect)
        (verdict,) = paper.read(ConnectRefused(1, frame["args"][0]["message"])).verdicts
        assert isinstance(verdict, VerdictLater)
        step = paper.again()
        assert isinstance(step, Call)
        assert step.note == auth.NOTE_REFRESH


@pytest.mark.parametrize(
    ("name", "actor", "count"),
    [
        ("read_receipts", "A", 1),
        ("send_receive_joined", "A", 2),
        ("send_receive_not_joined", "B", 2),
        ("reconnect_after_restart", "B", 3),
        ("delete_message", "B", 1),
        ("order_status_push", "A", 2),
    ],
)
def test_recorded_histories_of_one_page(name: str, actor: str, count: int) -> None:
    """Whole in one answer: complete, from start to head."""
    (frame,) = answers(name, HISTORY, actor)
    paper = Paper()
    paper.want(FreshHead(ORDER))
    assert isinstance(given(paper, frame), VerdictStored)
    (window,) = [event for event in paper.events if isinstance(event, WindowRead)]
    assert len(window.ids) == count
    assert (window.complete, window.reaches_start, window.reaches_head) == (True, True, True)


@pytest.mark.parametrize(
    ("name", "requests", "newest"),
    [
        ("open_and_history", ["1", "3", "2"], "seeded message 120"),
        ("history_newest_first", ["1"], "arrives between two page reads"),
    ],
)
def test_recorded_histories_of_both_directions(name: str, requests: list[str], newest: str) -> None:
    """Oldest first ends on the last page, newest first on the first: the head is found in both."""
    frames = {
        frame["query"]["page"]: frame
        for frame in answers(name, HISTORY)
        if frame["query"].get("limit") == "50" and "page" in frame["query"]
    }
    paper = Paper()
    step = paper.want(FreshHead(ORDER, known=frozenset({RemoteId("of-long-ago")})))
    asked = []
    while isinstance(step, Call) and step.note == reads.NOTE_HISTORY:
        page = dict(step.query)["page"]
        asked.append(page)
        given(paper, frames[page])
        step = paper.again()
    assert asked == requests
    (window,) = [event for event in paper.events if isinstance(event, WindowRead)]
    messages = [event for event in paper.events if isinstance(event, MessageSeen)]
    assert messages[-1].text == newest
    assert window.complete
    assert window.reaches_head
    assert len(set(window.ids)) == window.total


def test_a_recorded_reading_whose_pages_shift() -> None:
    """Newest first, five to a page, a message sent between two reads: no message is missed or doubled."""
    frames = [frame for frame in answers("history_newest_first", HISTORY) if frame["query"]["limit"] == "5"]
    first, second, third = (frame["response_body"]["data"] for frame in frames)
    seen = [record["id"] for page in (first, second, third) for record in page]
    assert len(seen) != len(set(seen)), "the recording shows an overlap"
    paper = Paper()
    (whole,) = [
        frame for frame in answers("history_newest_first", HISTORY) if frame["query"]["limit"] == "50"
    ]
    paper.want(FreshHead(ORDER))
    given(paper, whole)
    (window,) = [event for event in paper.events if isinstance(event, WindowRead)]
    assert set(seen) <= set(window.ids)


@pytest.mark.parametrize("status", [404, 500])
def test_the_recorded_failures_of_a_history(status: int) -> None:
    """An unknown order, a malformed id, a negative page: parked in words or tried later, raw texts unseen."""
    frames = [
        frame
        for frame in captures.exchanges(captures.load("open_and_history"), "A")
        if frame["status"] == status
    ]
    assert frames
    for frame in frames:
        paper = Paper()
        paper.want(FreshHead(ORDER))
        verdict = given(paper, frame)
        if status == 404:
            assert paper.again() == Parked(ParkReason.NOT_FOUND, "Order not found or access denied")
        else:
            assert isinstance(verdict, VerdictLater)
            assert not verdict.detail


def test_the_recorded_sends() -> None:
    """What was stored is bound to its id; what was refused is parked; a 500 is unknown."""
    seen = set()
    for name in captures.NAMES:
        for frame in captures.exchanges(captures.load(name)):
            if (frame["method"], frame["path"]) != ("POST", "/api/chat/messages"):
                continue
            paper = Paper()
            paper.want(SendText(ORDER, OutgoingId("0"), "0", "x"))
            verdict = given(paper, frame)
            seen.add(frame["status"])
            match frame["status"]:
                case 201:
                    assert verdict == VerdictStored(1, frame["response_body"]["data"]["id"])
                case 400 | 404:
                    assert isinstance(verdict, VerdictRefused)
                    assert verdict.detail == frame["response_body"]["message"]
                case 401:
                    assert isinstance(verdict, VerdictLater)
                case _:
                    assert verdict == VerdictUnknown(1, "HTTP 500")
    assert seen == {201, 400, 404, 500}


def test_the_recorded_deletions() -> None:
    """403, 200, 404, 500, 401, in this order."""
    frames = [
        frame for frame in captures.exchanges(captures.load("delete_message")) if frame["method"] == "DELETE"
    ]
    found = []
    for frame in frames:
        paper = Paper()
        paper.want(DeleteMessage(ORDER, RemoteId("6afffac90f359758693dd26b")))
        found.append((frame["status"], type(given(paper, frame))))
        deleted = [event for event in paper.events if isinstance(event, MessageDeleted)]
        assert bool(deleted) == (frame["status"] in {200, 404})
    assert found == [
        (403, VerdictRefused),
        (200, VerdictStored),
        (404, VerdictStored),
        (500, VerdictUnknown),
        (401, VerdictLater),
    ]


def test_the_recorded_lists_and_details() -> None:
    """Orders of the list and the full order, as carrier and as staff."""
    for actor, role, count in (("A", "user", 2), ("B", "moderator", 3)):
        frame = next(
            frame
            for frame in answers("orders_list", "/api/orders/paginated", actor)
            if frame["query"].get("status[]") == ["pending", "processing"]
        )
        paper = Paper(role)
        paper.want(FreshLists())
        given(paper, frame)
        assert sum(isinstance(event, OrderSeen) for event in paper.events) == count
        (detail,) = answers("orders_list", "/api/orders/ORD-100001", actor)
        paper = Paper(role)
        paper.want(FreshOrder(ORDER, "ORD-100001"))
        given(paper, detail)
        order, *conversation = paper.events
        assert isinstance(order, OrderSeen)
        titles = [seen.title for seen in conversation if isinstance(seen, ConversationSeen)]
        assert titles == (["Example Haul LLC"] if role == "moderator" else [])
        lines = {line.key: line.value for line in order.fields or ()}
        assert lines["from"] == "Austin, TX"
        assert lines["size"] == "80'6\" × 11'4\" × 14'2\""
        assert lines["trailer"] == "TRL-2 · Great Dane 2018 · TRL999 TX · 53 flatbed · VIN0002"
        assert ("company" in lines) == (role == "moderator")
    for path in ("/api/orders/ORD-100003", f"/api/orders/{ORDER}"):
        (frame,) = answers("orders_list", path)
        paper = Paper()
        paper.want(FreshOrder(ORDER, "ORD-100003"))
        given(paper, frame)
        assert paper.again() == Parked(ParkReason.NOT_FOUND, "Order not found")


def test_the_recorded_files_of_an_order() -> None:
    """The list of the upload's answer, in the shape of the raw order."""
    (frame,) = answers("order_files", f"/api/orders/{ORDER}/files", method="POST")[:1]
    paper = Paper("admin")
    paper.want(ChangeStatus(ORDER, "ORD-100001", "pending", "charged", check_first=False))
    given(paper, frame)
    (order,) = paper.events
    assert isinstance(order, OrderSeen)
    assert [file.name for file in order.files or ()] == ["permit scan.pdf"]


def test_the_recorded_absent_routes() -> None:
    """HTML 404s are remembered; they refuse nothing."""
    kinds: dict[str, tuple[GoalKind, str]] = {
        f"/api/chat/orders/{ORDER}/read": (MarkRead(ORDER, Cursor("1")), writes.NOTE_READ),
        f"/api/chat/orders/{ORDER}/unread-count": (FreshHead(ORDER), reads.NOTE_UNREAD),
        "/api/chat/orders": (FreshLists(), reads.NOTE_CHATS),
    }
    for path, (kind, note) in kinds.items():
        frame = next(f for f in captures.exchanges(captures.load("read_receipts"), "B") if f["path"] == path)
        paper = Paper()
        paper.want(kind)
        paper.step = Call(method="GET", path=path, note=note, commits=note == writes.NOTE_READ)
        assert isinstance(given(paper, frame), VerdictStored)
        assert paper.again() == Done()


def test_the_recorded_notification_pages() -> None:
    """Each page of each filter: every entry, read or unread."""
    frames = answers("notifications", "/api/notifications")
    assert len(frames) >= 6
    for frame in frames:
        paper = Paper()
        paper.want(FreshNotifications())
        given(paper, frame)
        seen = [event for event in paper.events if isinstance(event, NotificationSeen)]
        assert [event.unread for event in seen] == [item["unread"] for item in frame["response_body"]["data"]]
