"""Every frame of every recording is read; what matters in them means what the specification says."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec
import pytest

from chatdesk.domain.actions import Action, ActionKind, FindKind, Lookup
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
    TokensChanged,
    TypingSeen,
    WindowRead,
)
from chatdesk.domain.goals import (
    Act,
    ChangeStatus,
    Connected,
    Find,
    FreshHead,
    FreshLists,
    FreshNotifications,
    FreshOrder,
    GoalKind,
    MarkRead,
    Probe,
    SendText,
    SignIn,
)
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import Assurance, NoticeCode, ParkReason, PresenceState, Source
from chatdesk.domain.steps import Call, Done, NeedsPassword
from chatdesk.platforms.marketplace.state import Mode, mode_of
from chatdesk.wire.marketplace import texts
from tests.platforms.marketplace import captures
from tests.platforms.marketplace.paper import EVERYTHING, ME, OTHER, OUTGOING, RFQ, SEND, STRANGER, Paper, put

EVERY = pytest.mark.parametrize("name", captures.NAMES)
FILES = 24
EMPLOYEE = RemoteId("66b000000000000000000105")
ADMIN = RemoteId("66b000000000000000000106")
NOBODY = RemoteId("66b0000000000000000001ff")
ACTORS = {
    "A": (ME, "seller"),
    "B": (OTHER, "buyer"),
    "C": (STRANGER, "buyer"),
    "L": (STRANGER, "buyer"),
    "E": (EMPLOYEE, "employee"),
    "D": (ADMIN, "admin"),
    "X": (NOBODY, "buyer"),
}
MESSAGES = ("new_message", "message_updated")
GOALS: tuple[GoalKind, ...] = (
    SignIn("x"),
    Probe(),
    FreshLists(),
    FreshOrder(RFQ, "00000401"),
    FreshHead(OTHER),
    FreshHead(OTHER, complete=True),
    SEND,
    MarkRead(OTHER, EVERYTHING),
    ChangeStatus(RFQ, "00000401", "open", "closed"),
    FreshNotifications(),
    Find(Lookup(kind=FindKind.PRODUCT)),
    Find(Lookup(kind=FindKind.RFQ)),
    Find(Lookup(kind=FindKind.PERSON)),
    Act(Action(kind=ActionKind.START_CHAT, person=OTHER)),
    Act(Action(kind=ActionKind.CREATE_ORDER, fields={"title": "a", "description": "b", "quantity": "1"})),
)
HIDDEN = (b"example.test", b"0512345678", b"100200300", b"<token", b"eyJ", b"jwt")
"""Addresses, telephone numbers and tokens: nothing of them is ever told of anybody."""


def actors(capture: dict[str, Any]) -> list[str]:
    """Everybody in a recording; several devices of one person are people of their own."""
    return sorted({frame["actor"] for frame in capture["frames"] if frame["actor"] != "-"})


def desk_of(actor: str) -> Paper:
    user_id, role = ACTORS[actor[0]]
    return Paper(role, user_id=user_id)


def played(name: str, actor: str) -> tuple[Paper, list[Event]]:
    """What an actor's events mean to a desk of theirs; answers of own sends in between."""
    paper = desk_of(actor)
    for frame in captures.load(name)["frames"]:
        if frame["actor"] != actor or frame["channel"] == "note":
            continue
        if frame["channel"] == "socket" and frame["dir"] == "in" and frame["event"] not in captures.LIBRARY:
            paper.push(frame["event"], *frame["args"])
        if frame["channel"] == "http" and frame["path"] == "/api/messages/send" and frame["status"] == 201:
            to = RemoteId(frame["request_body"]["recipient_id"])
            paper.want(SendText(to, OUTGOING, OUTGOING, frame["request_body"]["message"]))
            paper.step = Call(method="POST", path="/", note="send", commits=True)
            assert isinstance(paper.verdict(201, frame["response_body"]), VerdictStored)
    return paper, paper.events


def test_every_recording_is_here() -> None:
    """A file that is lost is not silently untested."""
    assert len(captures.NAMES) == FILES


# -- nothing is lost or fatal ------------------------------------------------------------------------------


def whose(value: Any) -> Any:
    return value.get("_id") if isinstance(value, dict) else value


def expected_drops(name: str, actor: str) -> Counter[str]:
    """By the specification alone: what names somebody else, what names nobody, receipts of no own message."""
    me = ACTORS[actor[0]][0]
    found: Counter[str] = Counter()
    mine: set[str] = set()
    theirs: set[str] = set()
    for frame in captures.load(name)["frames"]:
        if frame["actor"] != actor or frame["channel"] != "socket" or frame["dir"] != "in":
            continue
        payload = (frame["args"] or [None])[0]
        if frame["event"] in MESSAGES:
            parties = [whose(payload.get("sender_id")), whose(payload.get("recipient_id"))]
            key = payload.get("_id") or payload.get("id")
            if me not in parties:
                found["foreign"] += 1
            elif parties[0] == me and parties[1] is None:
                found["malformed"] += 1
            else:
                (mine if parties[0] == me else theirs).add(key)
        if frame["event"] == "message_read":
            known = theirs if payload["reader_id"] == me else mine
            found["foreign"] += payload["message_id"] not in known
        if frame["event"] == "user_typing":
            found["malformed"] += "sender_id" not in payload
    return +found


@EVERY
def test_every_push_of_every_actor_is_accounted_for(name: str) -> None:
    """Nothing is dropped but what is other people's, and what says to whom it is nowhere; both counted.

    A receipt for a relay is known by the relay that was sent, which a bystander of the recording never did.
    """
    for actor in actors(captures.load(name)):
        _paper, events = played(name, actor)
        drops = Counter(event.reason for event in events if isinstance(event, Dropped))
        assert drops == expected_drops(name, actor), actor


@EVERY
def test_every_answer_gets_one_verdict_in_every_place(name: str) -> None:
    """Each recorded body, good or bad, as the answer to each kind of request: one verdict, never an error.

    A server that answers something else than was asked for is only another hostile server.
    """
    for frame in captures.exchanges(captures.load(name)):
        for goal in GOALS:
            for role in ("seller", "buyer"):
                paper = Paper(role, user_id=ME if role == "seller" else OTHER)
                step = paper.want(goal)
                if not isinstance(step, Call):
                    continue
                body, is_json = frame["response_body"], captures.says_json(frame)
                reading = paper.answer(frame["status"], body, is_json=is_json)
                assert [verdict.step_id for verdict in reading.verdicts] == [1], (goal, frame)
                msgspec.json.encode(reading.events)
                paper.again()


@EVERY
def test_nothing_private_is_taken_over(name: str) -> None:
    """Addresses and numbers stand in messages, profiles and the directory; nothing of them is told."""
    capture = captures.load(name)
    for actor in actors(capture):
        _paper, events = played(name, actor)
        told = msgspec.json.encode(events)
        assert not [word for word in HIDDEN if word in told]
    for frame in captures.exchanges(capture):
        for goal in GOALS:
            paper = Paper()
            if not isinstance(paper.want(goal), Call):
                continue
            body, is_json = frame["response_body"], captures.says_json(frame)
            reading = paper.answer(frame["status"], body, is_json=is_json)
            kept = tuple(event for event in reading.events if not isinstance(event, TokensChanged))
            told = msgspec.json.encode((kept, reading.verdicts))
            assert not [word for word in HIDDEN if word in told], (goal, frame)


# -- what the pushes mean ----------------------------------------------------------------------------------


def texts_of(events: list[Event]) -> list[tuple[str, bool, Source]]:
    return [(one.text, one.own, one.source) for one in events if isinstance(one, MessageSeen)]


def test_recorded_broadcasts_reach_their_two_parties_only() -> None:
    """Sender and recipient have both messages; a stranger and a socket without a name have nothing."""
    pushed = [
        (text, own)
        for text, own, source in texts_of(played("rest_send_broadcast", "A")[1])
        if source is Source.PUSH
    ]
    assert len(pushed) == 2
    assert {own for _, own in pushed} == {True, False}
    for actor in ("C", "X"):
        events = played("rest_send_broadcast", actor)[1]
        assert [one for one in events if isinstance(one, Dropped)] == [Dropped(reason="foreign")] * 2
        assert not [one for one in events if isinstance(one, MessageSeen | ConversationSeen)]


def test_recorded_relays_are_shown_once() -> None:
    """Through a room each comes twice to its recipient, and back to its sender: one message each."""
    assert texts_of(played("rooms", "B")[1]) == [
        ("direct and room", False, Source.RELAY),
        ("B left the room", False, Source.RELAY),
    ]
    assert texts_of(played("rooms", "A")[1]) == [
        ("direct and room", True, Source.RELAY),
        ("B left the room", True, Source.RELAY),
    ]
    assert texts_of(played("rooms", "C")[1]) == []
    relayed = texts_of(played("socket_send_online", "B")[1])
    assert [text for text, _, _ in relayed] == [
        "Hello over the socket",
        "no id in this one",
        "with an acknowledgement asked for",
    ]


def test_a_recorded_copy_of_a_stored_message_is_not_shown_again() -> None:
    """The web panel hands what it has sent to the socket as well: `_id` tells that it is the same."""
    assert texts_of(played("rest_then_socket_double", "B")[1]) == [("sent the web way", False, Source.PUSH)]


def test_a_recorded_burst_is_in_order() -> None:
    """One hundred relays: each its own place, in the order of arrival."""
    seen = [one for one in played("burst_100_socket", "B")[1] if isinstance(one, MessageSeen)]
    assert len(seen) == 100
    cursors = [one.cursor for one in seen]
    assert cursors == sorted(set(cursors))
    assert len({one.remote_id for one in seen}) == 100


def test_recorded_receipts() -> None:
    """By request: the author's message is read, twice told, once meant. Another's reading is nobody's."""
    marks = [one for one in played("read_receipts_rest", "A")[1] if isinstance(one, ReadSeen)]
    assert {(one.person_id, one.by_self, one.ids) for one in marks} == {
        (OTHER, False, (RemoteId("6afffad9572584904ae4458f"),))
    }
    by_us = [one for one in played("read_receipts_rest", "B")[1] if isinstance(one, ReadSeen)]
    assert by_us
    assert all(one.by_self and one.cursor is not None for one in by_us)


def test_recorded_typing() -> None:
    """True, false, by id; an event that names no sender tells nothing."""
    frames = captures.pushes(captures.load("typing"), "B")
    paper = desk_of("B")
    for frame in frames:
        paper.push(frame["event"], *frame["args"])
    typed = paper.told(TypingSeen)
    assert [(one.person_id, one.conversation, one.on) for one in typed] == [
        (ME, ME, True),
        (ME, ME, False),
    ]
    assert paper.told(Dropped) == [Dropped(reason="malformed")]


def test_recorded_presence() -> None:
    """Of people that we talk to: there, gone; of our own other devices: a reason to register again."""
    paper = desk_of("A")
    paper.knows()
    for frame in captures.pushes(captures.load("presence"), "A"):
        paper.push(frame["event"], *frame["args"])
    states = [one.state for one in paper.told(PresenceSeen) if one.person_id == OTHER]
    assert states[-1] is PresenceState.OFFLINE
    assert PresenceState.ONLINE in states
    device = played("presence", "B1")[0]
    assert device.own.displaced


# -- what the answers mean ---------------------------------------------------------------------------------


def answered(name: str, goal: GoalKind, method: str, path: str, *, actor: str = "A") -> list[Paper]:
    """The adapter after each recorded answer to (method, start of the path), each on a fresh desk."""
    papers = []
    for frame in captures.exchanges(captures.load(name), actor):
        if frame["method"] == method and frame["path"].startswith(path):
            paper = desk_of(actor)
            paper.push("user_status_changed", {"userId": OTHER, "status": "online"})
            paper.facts = put(paper.facts, own=put(paper.own, parties={}))
            paper.events.clear()
            paper.want(goal)
            paper.answer(frame["status"], frame["response_body"], is_json=captures.says_json(frame))
            papers.append(paper)
    assert papers
    return papers


def test_recorded_logins() -> None:
    """Seller, buyer and employee by id and kind, and each refusal in the server's own words."""
    papers = [
        *answered("login", SignIn("x"), "POST", "/api/auth/login"),
        *answered("login", SignIn("x"), "POST", "/api/auth/buyer/login", actor="B"),
        *answered("login", SignIn("x"), "POST", "/api/auth/login", actor="E"),
    ]
    known = {(one.user_id, one.role) for paper in papers for one in paper.told(IdentityKnown)}
    assert known == {(ME, "seller"), (OTHER, "buyer"), (EMPLOYEE, "employee")}
    ends = [end for paper in papers if isinstance(end := paper.again(), NeedsPassword)]
    assert {(end.code, end.detail) for end in ends} == {
        (NoticeCode.AUTH_FAILED, texts.ERR_MISSING),
        (NoticeCode.AUTH_FAILED, texts.ERR_CREDENTIALS),
        (NoticeCode.FORBIDDEN, texts.ERR_PENDING),
        (NoticeCode.SERVER_ERROR, "Error logging in"),
    }
    for paper in answered("login_locked", SignIn("x"), "POST", "/api/auth/login"):
        assert paper.again() == NeedsPassword(NoticeCode.LOCKED, texts.ERR_LOCKED, 3_600_000)


def test_recorded_refusals_of_tokens() -> None:
    """Five 401s are a question for the password, two 403s concern the account; a route's own is neither."""
    frames = captures.exchanges(captures.load("rest_auth_errors"))
    codes: list[NoticeCode] = []
    for frame in frames:
        if frame["path"] != "/api/messages/inbox":
            continue
        paper = Paper()
        paper.want(FreshLists())
        paper.answer(frame["status"], frame["response_body"])
        end = paper.want(FreshLists())
        assert isinstance(end, NeedsPassword)
        codes.append(end.code)
    assert codes == [NoticeCode.AUTH_REQUIRED] * 5 + [NoticeCode.FORBIDDEN] * 2


def test_recorded_sends_as_is() -> None:
    """500 to a message that is good: the sign that nothing is stored here, for seller and buyer alike."""
    for actor in ("A", "B"):
        for frame in captures.exchanges(captures.load("rest_messages_as_is"), actor):
            if frame["method"] != "POST" or frame["path"] != "/api/messages/send":
                continue
            paper = desk_of(actor)
            to = RemoteId(frame["request_body"]["recipient_id"])
            kind = frame["request_body"]["recipient_type"]
            paper.facts = put(paper.facts, own=put(paper.own, parties={}))
            paper.want(SendText(to, OUTGOING, OUTGOING, frame["request_body"]["message"]))
            paper.answer(200, {"_id": to, "name": "Somebody"})  # the directory
            step = paper.again()
            assert isinstance(step, Call)
            assert step.body == frame["request_body"], kind
            verdict = paper.verdict(frame["status"], frame["response_body"])
            assert isinstance(verdict, VerdictLater)
            assert mode_of(paper.facts) is Mode.LIVE_ONLY


def test_recorded_sends_without_access() -> None:
    """No such recipient, and one that can't be written to: parked in the server's words."""
    ends = set()
    for frame in captures.exchanges(captures.load("send_without_access"), "A"):
        if frame["path"] != "/api/messages/send" or frame["status"] == 201:
            continue
        paper = Paper()
        paper.knows()
        paper.want(SEND)
        verdict = paper.verdict(frame["status"], frame["response_body"])
        assert isinstance(verdict, VerdictRefused)
        ends.add((verdict.reason, verdict.detail))
    assert ends == {
        (ParkReason.NOT_FOUND, texts.ERR_RECIPIENT),
        (ParkReason.REFUSED, "Invalid recipient type"),
    }


def test_recorded_boxes_make_conversations() -> None:
    """Inbox and sent, in blocks: one conversation, its name, its unread number, its newest message."""
    frames = captures.exchanges(captures.load("conversations_and_history"), "A")
    inbox = {
        one["_id"]: one
        for frame in frames
        if frame["path"].endswith("inbox") and frame["status"] == 200
        for one in frame["response_body"]["data"]
        if "_id" in one
    }
    sent = next(frame for frame in frames if frame["path"].endswith("sent"))["response_body"]["data"]
    newest_first = sorted(inbox.values(), key=lambda one: str(one["createdAt"]), reverse=True)
    paper = Paper()
    step = paper.want(FreshLists())
    while isinstance(step, Call):
        query = dict(step.query)
        if step.note in {"inbox", "sent"}:
            records = newest_first if step.note == "inbox" else [one for one in sent if "_id" in one]
            start = int(query["offset"])
            # Blocks of five: the server gives less than it was asked for.
            block = records[start : start + 5]
            paper.answer(200, {"success": True, "data": block, "totalCount": len(records)})
        else:
            paper.answer(200, [])
        step = paper.again()
    assert step == Done()
    seen = [one for one in paper.told(ConversationSeen) if one.unread is not None]
    unread = sum(one["status"] == "unread" for one in newest_first)
    assert [(one.remote_id, one.title, one.unread) for one in seen] == [(OTHER, "Buyer One", unread)]


def test_a_recorded_conversation_is_whole() -> None:
    """One answer, oldest first: complete from its first message to its last; receipts by message."""
    frame = next(
        one
        for one in captures.exchanges(captures.load("conversations_and_history"), "A")
        if one["path"].endswith(f"{OTHER}/Buyer")
    )
    records = [one for one in frame["response_body"]["data"] if "_id" in one]
    paper = Paper()
    paper.knows()
    paper.want(FreshHead(OTHER))
    paper.answer(200, {"success": True, "data": records})
    (window,) = paper.told(WindowRead)
    assert [str(one) for one in window.ids] == [one["_id"] for one in records]
    assert (window.complete, window.reaches_start, window.reaches_head) == (True, True, True)
    read = {one["_id"] for one in records if one["status"] == "read" and whose(one["sender_id"]) == ME}
    assert {str(one) for mark in paper.told(ReadSeen) for one in mark.ids or ()} == read


def test_recorded_empty_answers_prove_nothing() -> None:
    """As it is the server answers with nothing though messages exist: no window of it is evidence."""
    for frame in captures.exchanges(captures.load("rest_messages_as_is"), "A"):
        if "/conversation/" in frame["path"]:
            paper = Paper()
            paper.want(FreshHead(OTHER))
            paper.answer(200, {"_id": OTHER, "name": "Buyer One"})
            paper.again()
            paper.answer(200, frame["response_body"])
            assert paper.told(WindowRead)
            paper.events.clear()
            paper.want(FreshHead(OTHER, complete=True))
            paper.answer(200, frame["response_body"])
            (window,) = paper.told(WindowRead)
            assert not window.complete


def test_recorded_requests_for_quotation() -> None:
    """A seller has none whatever there is; a buyer's are orders; the change of one is told by its answer."""
    frames = captures.exchanges(captures.load("rfqs_and_products"), "B")
    listed = next(one for one in frames if one["path"].endswith("my-rfqs"))
    paper = desk_of("B")
    paper.want(FreshOrder(RFQ, "00000401"))
    paper.answer(200, listed["response_body"])
    (order,) = paper.told(OrderSeen)
    assert (order.remote_id, order.title, order.status) == (RFQ, "Need 100 drills", "open")
    paper.events.clear()
    paper.want(ChangeStatus(RFQ, "00000401", "open", "closed"))
    paper.answer(200, listed["response_body"])
    step = paper.again()
    changed = [one for one in frames if one["method"] == "PUT"]
    assert isinstance(step, Call)
    assert (step.method, step.path, step.body) == (
        "PUT",
        changed[0]["path"],
        changed[0]["request_body"],
    )
    assert isinstance(paper.verdict(200, changed[0]["response_body"]), VerdictStored)
    assert paper.told(OrderSeen)[-1].status == "closed"
    paper.want(ChangeStatus(RFQ, "00000401", "open", "cancelled"))
    paper.answer(200, listed["response_body"])
    paper.again()
    assert isinstance(paper.verdict(500, changed[1]["response_body"]), VerdictUnknown)


def test_a_recorded_delivery_says_handed_over() -> None:
    """The word comes although nobody was there: accepted as relayed, never as delivered."""
    paper = desk_of("A")
    paper.live()
    frame = next(one for one in captures.pushes(captures.load("socket_send_recipient_offline"), "A"))
    paper.want(SEND)
    payload = {**frame["args"][0], "messageId": OUTGOING}
    reading = paper.packet(frame["event"], payload)
    (verdict,) = reading.verdicts
    assert isinstance(verdict, VerdictStored)
    assert verdict.assurance is Assurance.RELAYED


def test_recorded_refusals_of_the_handshake_are_the_librarys() -> None:
    """No server ever refused a socket in words; transport errors leave the token alone."""
    words = [one for name in captures.NAMES for one in captures.refusals(captures.load(name))]
    assert set(words) == {"websocket error"}
    paper = Paper()
    paper.facts = put(paper.facts, online=False)
    paper.want(Connected())
    paper.refused(None)
    assert not isinstance(paper.again(), NeedsPassword)
