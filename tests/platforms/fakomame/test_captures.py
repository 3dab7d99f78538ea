"""Every frame of every recording is read; what matters in them means what the specification says."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from chatdesk.domain.arrivals import OpenStep, VerdictStored
from chatdesk.domain.events import (
    ConversationSeen,
    Dropped,
    Event,
    IdentityKnown,
    MessageSeen,
    NotificationSeen,
    OrderSeen,
    PresenceSeen,
    TypingSeen,
    WindowRead,
)
from chatdesk.domain.goals import (
    ChangeStatus,
    Connected,
    FreshHead,
    FreshLists,
    FreshNotifications,
    FreshOrder,
    Joined,
    SendText,
    SignIn,
)
from chatdesk.domain.ids import OutgoingId, RemoteId
from chatdesk.domain.kinds import NoticeCode, OrderKind, ParkReason, PresenceState, Progress
from chatdesk.domain.steps import Call, Done, NeedsPassword
from chatdesk.platforms import routes
from chatdesk.platforms.fakomame import acts, adapter, auth, finds, history, lists, orders, sends
from chatdesk.platforms.memory import at_stage
from tests.platforms.fakomame import captures, test_fuzz
from tests.platforms.fakomame.paper import SEND, Paper, call_of

EVERY = pytest.mark.parametrize("name", captures.NAMES)
COMMITTING = {
    sends.NOTE_REST,
    orders.NOTE_STATUS,
    acts.NOTE_START,
    acts.NOTE_READ,
    acts.NOTE_READ_ALL,
    acts.NOTE_DELETE,
}
PLACES = [(goal, note) for note in adapter._ANSWERS for goal in (*test_fuzz.GOALS, SEND)]


def me_of(capture: dict[str, Any], actor: str) -> RemoteId:
    """Who an actor is; somebody that nobody has heard of where the recording does not say."""
    return RemoteId(capture.get("actors", {}).get(actor, {}).get("user_id") or "cmwoonobody00000000000000")


def told_by(frame: dict[str, Any], paper: Paper) -> list[Event]:
    """What an event of the recording means."""
    return paper.push(frame["event"], *frame["args"])


def test_every_recording_is_here() -> None:
    """A file that is lost is not silently untested."""
    assert len(captures.NAMES) == 26


# -- nothing is lost or fatal ------------------------------------------------------------------------------


@EVERY
def test_every_push_to_every_actor_is_understood(name: str) -> None:
    """No recorded event is dropped but typing of outsiders, and what somebody else was joined to."""
    capture = captures.load(name)
    for actor in {frame["actor"] for frame in capture["frames"]}:
        paper = Paper(user_id=me_of(capture, actor))
        for frame in capture["frames"]:
            if frame["actor"] != actor or frame["channel"] != "socket":
                continue
            if frame["dir"] == "out" and frame["event"] == "chat:join":
                paper.want(Joined(RemoteId(frame["args"][0]["chatId"])))
            if frame["dir"] != "in" or frame["event"] in captures.LIBRARY:
                continue
            waiting = frame["event"] == "chat:joined"
            if not waiting:
                paper.step = None
            told = paper.packet(frame["event"], *frame["args"]).events
            dropped = [event for event in told if isinstance(event, Dropped)]
            if frame["event"].startswith("typing:"):
                continue
            assert not dropped, (frame, dropped)


@EVERY
def test_every_answer_gets_one_verdict_in_every_place(name: str) -> None:
    """Each recorded body, good or bad, as the answer to each kind of request: one verdict, never an error.

    A server that answers something else than was asked for is only another hostile server.
    """
    base = Paper()
    bearer = routes.bearer(base.facts)
    for frame in captures.exchanges(captures.load(name)):
        paper = Paper()
        for goal, note in PLACES:
            paper.facts = base.facts
            paper.want(goal)
            paper.step = Call(method="GET", path="/", note=note, commits=note in COMMITTING, headers=bearer)
            reading = paper.answer(frame["status"], frame["response_body"], is_json=captures.says_json(frame))
            assert [verdict.step_id for verdict in reading.verdicts] == [1], (note, frame)
            msgspec.json.encode(reading.events)
            paper.again()


@EVERY
def test_no_account_is_taken_over(name: str) -> None:
    """Telephone numbers and hashes stand in many bodies; nothing of them is kept, in no place."""
    base = Paper()
    bearer = routes.bearer(base.facts)
    for frame in captures.exchanges(captures.load(name)):
        paper = Paper()
        for goal, note in PLACES:
            paper.facts = base.facts
            paper.want(goal)
            paper.step = Call(method="GET", path="/", note=note, headers=bearer)
            reading = paper.answer(frame["status"], frame["response_body"], is_json=captures.says_json(frame))
            told = repr(reading.events) + repr(reading.verdicts) + repr(paper.facts.own)
            assert "+1000000" not in told
            assert "<password-hash>" not in told


# -- what the pushes mean ----------------------------------------------------------------------------------


def test_both_sides_hear_each_message_once() -> None:
    """Sender and receiver get the same event: own for the one, not for the other."""
    capture = captures.load("send_both_joined")
    for actor in ("A", "B"):
        paper = Paper(user_id=me_of(capture, actor))
        told = [
            event
            for frame in captures.pushes(capture, actor)
            if frame["event"] == "message:received"
            for event in told_by(frame, paper)
            if isinstance(event, MessageSeen)
        ]
        assert [one.text for one in told] == [
            "Hello, is the parcel ready?",
            "Second message",
            "photo caption",
            "Yes, at noon.",
        ]
        assert [one.own for one in told] == [actor == "A"] * 3 + [actor == "B"]
        assert len({one.remote_id for one in told}) == 4


def test_echoes_confirm_what_was_sent_one_by_one() -> None:
    """The sends of the recording, each under way when its echo comes: stored under the echo's id."""
    capture = captures.load("send_both_joined")
    paper = Paper(user_id=me_of(capture, "A"))
    mine = [frame for frame in captures.pushes(capture, "A") if frame["event"] == "message:received"][:2]
    chat = RemoteId(mine[0]["args"][0]["chatId"])
    paper.want(Joined(chat))
    paper.packet("chat:joined", {"chatId": chat, "messages": []})
    for frame in mine:
        paper.want(SendText(chat, OutgoingId("0"), "0", frame["args"][0]["content"]))
        reading = paper.packet("message:received", *frame["args"])
        assert reading.verdicts == (VerdictStored(1, RemoteId(frame["args"][0]["id"])),)


def test_a_burst_is_put_in_one_order() -> None:
    """A hundred echoes and the history in whatever order: both sort the same way."""
    capture = captures.load("burst_100")
    paper = Paper(user_id=me_of(capture, "A"))
    pushed = [
        event
        for frame in captures.pushes(capture, "A")
        for event in told_by(frame, paper)
        if isinstance(event, MessageSeen)
    ]
    assert len({one.remote_id for one in pushed}) == 100
    stored: list[MessageSeen] = []
    for frame in captures.exchanges(capture, "A"):
        if frame["path"] == "/api/chats/messages":
            paper.want(FreshHead(RemoteId(frame["query"]["chatId"])))
            stored += [
                event
                for event in paper.answer(frame["status"], frame["response_body"]).events
                if isinstance(event, MessageSeen)
            ]
    cursors = {one.remote_id: one.cursor for one in pushed}
    assert stored
    assert all(cursors.get(one.remote_id, one.cursor) == one.cursor for one in stored)


def test_presence_of_the_recording() -> None:
    """B comes, comes again, goes once, goes twice: four hints about somebody of a chat of ours."""
    capture = captures.load("presence")
    paper = Paper(user_id=me_of(capture, "A"))
    other = me_of(capture, "B")
    room = "cmwoochat0000000000000001"
    participants = [{"userId": one, "user": {}} for one in (other, me_of(capture, "A"))]
    paper.lists({"id": room, "participants": participants})
    states = [
        event.state
        for frame in captures.pushes(capture, "A")
        for event in told_by(frame, paper)
        if isinstance(event, PresenceSeen)
    ]
    online, offline = PresenceState.ONLINE, PresenceState.OFFLINE
    assert states == [online, online, offline, offline]


def test_typing_of_the_recording() -> None:
    """B's own client hears A begin, stop and begin; the outsider, whom nobody checks, is not believed."""
    capture = captures.load("typing")
    paper = Paper(user_id=me_of(capture, "B"))
    joined = next(frame for frame in captures.pushes(capture, "B") if frame["event"] == "chat:joined")
    room = joined["args"][0]["chatId"]
    people = [{"userId": me_of(capture, one), "user": {"firstName": one}} for one in ("A", "B")]
    paper.lists({"id": room, "participants": people})
    told = [event for frame in captures.pushes(capture, "B") for event in told_by(frame, paper)]
    typing = [(event.person_id, event.on) for event in told if isinstance(event, TypingSeen)]
    a = me_of(capture, "A")
    assert typing[:3] == [(a, True), (a, False), (a, True)]
    assert {person for person, _ in typing} == {a}
    assert Dropped(reason="foreign") in told


def test_the_snapshot_of_a_join_is_the_newest_fifty() -> None:
    """Of 120 stored messages a join brings the last 50, ascending; a join into an empty chat none."""
    capture = captures.load("join_conversation")
    paper = Paper(user_id=me_of(capture, "A"))
    counts = []
    for frame in captures.pushes(capture, "A"):
        chat = RemoteId(frame["args"][0]["chatId"])
        paper.want(Joined(chat))
        reading = paper.packet(frame["event"], *frame["args"])
        seen = [event for event in reading.events if isinstance(event, MessageSeen)]
        assert [one.cursor for one in seen] == sorted(one.cursor for one in seen)
        assert reading.verdicts == (VerdictStored(1),)
        counts.append(len(seen))
    assert counts[:2] == [50, 0]


# -- what the answers mean ---------------------------------------------------------------------------------


def test_the_login_of_the_recording() -> None:
    """Tokens, then who we are; the sign-out ends it."""
    capture = captures.load("login")
    login, me, *_ = captures.exchanges(capture, "A")
    paper = Paper(access="", user_id="", known=False)
    paper.want(SignIn("x"))
    paper.answer(login["status"], login["response_body"])
    paper.again()
    reading = paper.answer(me["status"], me["response_body"])
    user_id = me_of(capture, "A")
    assert reading.events == (IdentityKnown(user_id=user_id, role="SENDER", name="Sender Alpha"),)
    assert paper.again() == Done()


@pytest.mark.shows("fakomame", "sign_in", "yes")
def test_every_refused_login_of_the_recording_is_told_in_words() -> None:
    """Eleven refusals, two lock-outs: each with the server's own text."""
    codes = []
    for frame in captures.exchanges(captures.load("login_errors"), "A"):
        paper = Paper(access="", user_id="", known=False)
        paper.want(SignIn("x"))
        paper.answer(frame["status"], frame["response_body"])
        end = paper.again()
        assert isinstance(end, NeedsPassword)
        assert end.detail == frame["response_body"]["error"]
        codes.append(end.code)
    assert codes.count(NoticeCode.LOCKED) == 2
    assert codes.count(NoticeCode.FORBIDDEN) == 1
    assert codes.count(NoticeCode.AUTH_FAILED) == len(codes) - 3


def test_the_refreshes_of_the_recording() -> None:
    """Four refusals, each the end of a refresh token; one new access token."""
    kinds = []
    for frame in captures.exchanges(captures.load("token_refresh"), "A"):
        paper = Paper(access="", refresh="r", known=False)
        call_of(paper.want(Connected()))
        kinds.append(type(paper.verdict(frame["status"], frame["response_body"])).__name__)
    assert kinds == ["VerdictRefused"] * 4 + ["VerdictStored"]


@pytest.mark.shows("fakomame", "conversation_list", "yes")
def test_the_lists_of_the_recording() -> None:
    """A's chats: titles of the others and the subject, orders by package, sorted by what was said last."""
    capture = captures.load("list_conversations")
    (first,) = captures.exchanges(capture, "A")
    paper = Paper(user_id=me_of(capture, "A"))
    paper.want(FreshLists())
    told = paper.answer(first["status"], first["response_body"]).events
    chats = [event for event in told if isinstance(event, ConversationSeen)]
    assert [one.title for one in chats] == [
        "Traveler Bravo · Documents box",
        "Outsider Charlie",
        "Traveler Bravo · Spare phone",
    ]
    items = [event for event in told if isinstance(event, OrderSeen)]
    assert [(one.title, one.kind, one.status, one.progress) for one in items] == [
        ("Documents box", OrderKind.PACKAGE, "MATCHED", Progress.ACTIVE),
        ("Spare phone", OrderKind.PACKAGE, "POSTED", Progress.OPEN),
    ]
    assert [one.order_remote_id for one in chats] == [items[0].remote_id, None, items[1].remote_id]
    previews = [event.text for event in told if isinstance(event, MessageSeen)]
    assert previews == ["history message 6", "support thread message"]
    empty = captures.exchanges(capture, "B")[1]
    paper.want(FreshLists())
    assert paper.answer(empty["status"], empty["response_body"]).verdicts == (VerdictStored(1),)


def test_the_pages_of_the_recording() -> None:
    """Three pages and an empty one: the newest first, ascending inside, one chain to the start."""
    frames = captures.exchanges(captures.load("history_pages"), "A")
    by_page = {frame["query"].get("page"): frame for frame in frames if frame["query"].get("limit") == "50"}
    chat = RemoteId(frames[0]["query"]["chatId"])
    paper = Paper(user_id=me_of(captures.load("history_pages"), "A"))
    step = paper.want(FreshHead(chat, complete=True))
    while isinstance(step, Call):
        frame = by_page[dict(step.query)["page"]]
        paper.answer(frame["status"], frame["response_body"])
        step = paper.again()
    (window,) = [event for event in paper.events if isinstance(event, WindowRead)]
    assert (len(window.ids), window.complete, window.reaches_start, window.total) == (120, True, True, 120)
    texts = [
        event.text
        for event in sorted(
            (one for one in paper.events if isinstance(one, MessageSeen)), key=lambda one: one.cursor
        )
    ]
    assert texts == [f"history message {number}" for number in range(1, 121)]


def test_the_packages_of_the_recording() -> None:
    """The list is everybody's: A's three are taken; the detail has its lines and its people."""
    capture = captures.load("packages_list_detail")
    everything, _, _, detail, missing = captures.exchanges(capture, "A")
    rows = everything["response_body"]["data"]
    owner = RemoteId(rows[0]["senderId"])
    for me, count in ((owner, len([row for row in rows if row["senderId"] == owner])), (RemoteId("cx"), 0)):
        paper = Paper(user_id=me)
        paper.want(FreshLists())
        paper.answer(200, {"success": True, "data": []})
        assert call_of(paper.again()).path == "/api/trips"
        paper.answer(200, {"success": True, "data": [], "pagination": {"total": 0}})
        assert call_of(paper.again()).path == "/api/packages"
        told = paper.answer(everything["status"], everything["response_body"]).events
        assert len([event for event in told if isinstance(event, OrderSeen)]) == count
    item = RemoteId(detail["response_body"]["data"]["id"])
    paper = Paper(user_id=owner)
    paper.want(FreshOrder(item, ""))
    (seen,) = paper.answer(detail["status"], detail["response_body"]).events
    assert isinstance(seen, OrderSeen)
    lines = {line.key: line.value for line in seen.fields or ()}
    assert lines["from"] == "1 Harbour Road, Nairobi"
    assert lines["trip"] == "Nairobi to Kampala · Posted"
    assert (lines["price"], lines["size"], lines["weight"]) == ("25 USD", "30 × 20 × 10", "2")
    assert [(one.name, one.role) for one in seen.participants or ()] == [
        ("Sender Alpha", "sender"),
        ("Traveler Bravo", "traveler"),
    ]
    paper.want(FreshOrder(RemoteId("nope"), ""))
    assert paper.verdict(missing["status"], missing["response_body"]) == VerdictStored(1)
    assert call_of(paper.again()).path == "/api/trips/nope"


def test_the_status_changes_of_the_recording() -> None:
    """The owner's is stored; somebody else's, a locked one and an unknown one are refused in words."""
    capture = captures.load("status_change")
    frames = [one for one in captures.exchanges(capture) if one["method"] == "PUT"]
    outcomes = []
    for frame in frames:
        paper = Paper(user_id=me_of(capture, frame["actor"]))
        item = RemoteId(frame["path"].rsplit("/", 1)[-1])
        note = orders.NOTE_TRIP if "/trips/" in frame["path"] else orders.NOTE_PACKAGE
        paper.want(ChangeStatus(item, "", "POSTED", frame["request_body"]["status"]))
        step = Call(method="PUT", path=frame["path"], note=orders.NOTE_STATUS, commits=True)
        paper.facts = at_stage(paper.facts, paper.goal.token, orders.NOTE_STATUS, note)
        paper.step = step
        assert paper.opened() == (OpenStep(1, paper.goal, step),)
        reading = paper.answer(frame["status"], frame["response_body"])
        (verdict,) = reading.verdicts
        told = [event.status for event in reading.events if isinstance(event, OrderSeen)]
        outcomes.append(told[0] if told else getattr(verdict, "reason", None))
    assert outcomes == [
        "CANCELLED",
        ParkReason.FORBIDDEN,
        ParkReason.REFUSED,
        ParkReason.REFUSED,
        "ACTIVE",
        ParkReason.FORBIDDEN,
    ]


def test_the_notifications_of_the_recording() -> None:
    """One unread; after a mark it is told as read."""
    capture = captures.load("notifications")
    listed, marked, *_ = captures.exchanges(capture, "B")
    paper = Paper(user_id=me_of(capture, "B"))
    paper.want(FreshNotifications())
    (seen,) = paper.answer(listed["status"], listed["response_body"]).events
    assert isinstance(seen, NotificationSeen)
    assert (seen.title, seen.unread) == ("New Package Assignment", True)
    assert marked["status"] == 200


def test_the_profile_of_the_recording_tells_one_moment() -> None:
    """`lastLoginAt` of the other side, and nothing of the account around it."""
    capture = captures.load("user_profile")
    first, second, _ = captures.exchanges(capture, "A")
    person = me_of(capture, "B")
    paper = Paper()
    room = "cmwoochat0000000000000001"
    paper.lists({"id": room, "packageId": "cp", "participants": [{"userId": person, "user": {}}]})
    for frame, count in ((first, 0), (second, 1)):
        paper.want(FreshOrder(RemoteId("cp"), ""))
        paper.answer(200, {"success": True, "data": {"id": "cp"}})
        assert call_of(paper.again()).path == f"/api/users/{person}/profile"
        told = paper.answer(frame["status"], frame["response_body"]).events
        assert len(told) == count
        assert all(isinstance(event, PresenceSeen) for event in told)


@pytest.mark.shows("fakomame", "read_per_message", "no")
@pytest.mark.shows("fakomame", "read_per_conversation", "no")
def test_nothing_is_ever_marked_as_read() -> None:
    """`readBy` and `lastReadAt` stay as they were, and no event tells of reading."""
    capture = captures.load("read_receipts_absent")
    for frame in captures.pushes(capture):
        assert not [event for event in told_by(frame, Paper()) if type(event).__name__ == "ReadSeen"]


def test_the_words_of_refused_handshakes_are_all_known() -> None:
    """Three texts, each with its own meaning."""
    words = {text for name in captures.NAMES for text in captures.refusals(captures.load(name))} - {
        "websocket error"
    }
    assert words == {
        "Authentication token required",
        "Invalid authentication token",
        "User not found or inactive",
    }


def test_every_kind_of_request_is_tried() -> None:
    """The list of places above follows the adapter's own."""
    notes = {note for _, note in PLACES}
    assert {lists.NOTE_CHATS, history.NOTE_HISTORY, finds.NOTE_FIND, auth.NOTE_ME} <= notes
    assert notes == set(adapter._ANSWERS)
