"""What the wire specification of OMW says outside its list of traps, section by section."""

from __future__ import annotations

from typing import Any

import pytest

from chatdesk.domain.actions import Action, ActionKind
from chatdesk.domain.arrivals import VerdictLater, VerdictRefused, VerdictStored
from chatdesk.domain.events import (
    ConversationGone,
    Dropped,
    IdentityKnown,
    ListsRead,
    Noticed,
    OrderSeen,
    ReadSeen,
    Stale,
    TypingSeen,
)
from chatdesk.domain.facts import Learnt
from chatdesk.domain.goals import (
    Act,
    ChangeStatus,
    Connected,
    DeleteMessage,
    FreshHead,
    FreshLists,
    FreshNotifications,
    Joined,
    OlderPage,
    Probe,
    SendText,
    SignIn,
    SignOut,
)
from chatdesk.domain.ids import Cursor, OutgoingId, RemoteId
from chatdesk.domain.kinds import (
    Feature,
    Lifecycle,
    NoticeCode,
    ParkReason,
    Support,
)
from chatdesk.domain.steps import Done, NeedsPassword, Parked
from chatdesk.platforms.omw.plugin import PLUGIN
from tests.platforms.omw.paper import (
    BOOKING,
    GATE,
    HTML_404,
    MY_MAIL,
    SESSION,
    Paper,
    call_of,
    emit_of,
    history,
    jwt,
    pushed,
    put,
    record,
    requests,
    session,
    sessions,
)

SEND = SendText(SESSION, OutgoingId("a" * 32), "a" * 32, "on my way")
START = Act(Action(kind=ActionKind.START_CHAT, order=BOOKING))


def test_section_2_a_sign_in_needs_a_role() -> None:
    """The role that the person named; else the account's; else a worker's."""
    paper = Paper("")
    assert call_of(paper.want(SignIn("x"))).body == {"email": MY_MAIL, "password": "x", "role": "worker"}
    assert call_of(paper.want(SignIn("x", "customer"))).body["role"] == "customer"
    assert call_of(Paper("customer").want(SignIn("x"))).body["role"] == "customer"
    step = call_of(paper.want(SignIn("", "worker", "123456")))
    assert step.path == "/api/auth/login-otp"
    assert step.body == {"phone": MY_MAIL, "otp": "123456", "role": "worker"}


def test_section_2_the_role_that_there_is_is_tried_once() -> None:
    """Where the person named none and the server says which there is; a second refusal is told."""
    paper = Paper("")
    paper.want(SignIn("x"))
    words = "Access denied for role worker. User has role(s): customer"
    assert paper.verdict(403, {"message": words}) == VerdictLater(1, 0)
    assert call_of(paper.again()).body["role"] == "customer"
    paper.answer(403, {"message": words})
    end = paper.again()
    assert isinstance(end, NeedsPassword)
    assert (end.code, end.detail) == (NoticeCode.FORBIDDEN, words)
    named = Paper("")
    named.want(SignIn("x", "worker"))
    named.answer(403, {"message": words})
    assert isinstance(named.again(), NeedsPassword)


LOGINS: list[tuple[int, Any, NoticeCode]] = [
    (400, {"message": "Email, password, and role are required"}, NoticeCode.AUTH_FAILED),
    (401, {"message": "Invalid password"}, NoticeCode.AUTH_FAILED),
    (403, {"message": "Please verify", "code": "EMAIL_NOT_VERIFIED"}, NoticeCode.FORBIDDEN),
    (429, {"message": "Too many attempts"}, NoticeCode.LOCKED),
    (500, {"message": "Server error"}, NoticeCode.SERVER_ERROR),
    (200, {"user": {"id": 1}}, NoticeCode.SERVER_ERROR),
    (404, HTML_404, NoticeCode.NOT_FOUND),
]


@pytest.mark.parametrize(("status", "body", "code"), LOGINS)
def test_section_2_refused_sign_ins_are_told_in_words(status: int, body: Any, code: NoticeCode) -> None:
    """Each with its code and the server's own words; a lock-out also says for how long."""
    paper = Paper("")
    paper.want(SignIn("x"))
    paper.answer(status, body, is_json=isinstance(body, dict), headers={"retry-after": "90"})
    end = paper.again()
    assert isinstance(end, NeedsPassword)
    assert end.code is code
    if isinstance(body, dict):
        assert end.detail == body.get("message", "")
    assert (end.retry_after_ms == 90_000) == (status == 429)


@pytest.mark.parametrize("claim", ["userId", "id", "user_id"])
def test_section_2_the_identity_is_in_the_token(claim: str) -> None:
    """Whichever of three claims names it; the token beats the body."""
    paper = Paper("")
    paper.want(SignIn("x"))
    token = jwt({claim: 202, "role": "Worker", "iat": 1_795_161_500, "exp": 1_795_179_500})
    body = {"token": token, "user": {"id": 9, "name": "Worker One", "email": MY_MAIL, "role": "admin"}}
    identity = next(event for event in paper.answer(200, body).events if isinstance(event, IdentityKnown))
    assert identity == IdentityKnown(user_id=RemoteId("202"), role="worker", name="Worker One")
    assert paper.facts.account.secrets.access == token


def test_section_2_a_switched_off_account_is_refused() -> None:
    """Not a question of the password: the account itself is not taken."""
    paper = Paper()
    paper.facts = put(paper.facts, online=False)
    paper.want(Connected())
    paper.refused("User not found or inactive")
    assert paper.again() == NeedsPassword(NoticeCode.FORBIDDEN, "User not found or inactive")


def test_section_2_nothing_is_asked_that_has_no_route() -> None:
    """No sign-out, no notifications, no deletion of single messages."""
    paper = Paper()
    assert paper.want(SignOut()) == Done()
    assert paper.want(FreshNotifications()) == Done()
    assert paper.want(DeleteMessage(SESSION, RemoteId("1001"))) == Parked(ParkReason.REFUSED)
    features = paper.adapter.capabilities(paper.facts).features
    assert {features[one] for one in (Feature.DELETE_OWN, Feature.NOTIFICATIONS)} == {Support.NO}


def test_section_2_the_server_is_known_by_its_refusal() -> None:
    """A request without a token: only this platform refuses it in these words."""
    for status, body, stored in (
        (401, {"success": False, "message": "Access token required"}, True),
        (401, {"message": "Unauthorized"}, False),
        (200, {"status": "ok"}, False),
        (404, HTML_404, False),
    ):
        paper = Paper()
        step = call_of(paper.want(Probe()))
        assert step.headers == ()
        verdict = paper.verdict(status, body, is_json=isinstance(body, dict))
        assert isinstance(verdict, VerdictStored if stored else VerdictRefused)


def test_section_4_texts_within_what_the_web_client_allows() -> None:
    """Blank and over-long texts are not tried; U+0000 and white space inside are stored as they are."""
    paper = Paper()
    paper.joined()
    for text, reason in ((" \ufeff", ParkReason.EMPTY), ("x" * 1_001, ParkReason.TOO_LONG)):
        assert paper.want(SendText(SESSION, OutgoingId("1"), "1", text)) == Parked(reason)
    step = emit_of(paper.want(SendText(SESSION, OutgoingId("1"), "1", " a\x00\ud800 ")))
    assert step.args[0]["content"] == " a\x00\ufffd "


def test_section_7_a_status_is_looked_at_first() -> None:
    """Set where the booking is as expected, done where it is as wanted, parked where somebody was faster."""
    goal = ChangeStatus(BOOKING, BOOKING, "accepted", "started")
    for status in ("accepted", "started", "cancelled"):
        paper = Paper()
        assert call_of(paper.want(goal)).path == "/api/worker-management/bookings/109"
        paper.answer(200, {"success": True, "booking": {"id": 109, "service_status": status}})
        after = paper.again()
        if status == "accepted":
            step = call_of(after)
            assert (step.method, step.body, step.commits) == ("PUT", {"status": "started"}, True)
            events = paper.answer(200, {"success": True, "status": "started"}).events
            assert Stale() in events
        elif status == "started":
            assert after == Done()
        else:
            assert after == Parked(ParkReason.CHANGED_MEANWHILE, "Cancelled")


def test_section_7_an_offer_is_accepted_by_its_request() -> None:
    """The booking is nobody's yet: its detail is refused; afterwards it is assigned."""
    paper = Paper()
    paper.want(FreshLists())
    paper.answer(200, sessions())
    paper.again()
    entry = {"request_id": 188, "booking_id": 109, "status": "pending", "service_status": "pending"}
    other = {"request_id": 189, "booking_id": 110, "status": "timeout", "service_status": "pending"}
    events = paper.answer(200, requests(entry, other)).events
    assert [event.remote_id for event in events if isinstance(event, OrderSeen)] == ["109"]
    paper.want(ChangeStatus(BOOKING, BOOKING, "pending", "accepted"))
    paper.answer(404, {"message": "Booking not found or not assigned to you"})
    step = call_of(paper.again())
    assert step.path == "/api/worker-management/worker/booking-requests/188"
    (order, _) = paper.answer(200, {"request_id": "188", "status": "accepted"}).events
    assert isinstance(order, OrderSeen)
    assert order.status == "assigned"


def test_section_7_a_refused_status_is_told_in_words() -> None:
    """The selfie that completing may need belongs in the mobile app."""
    paper = Paper()
    words = "Selfie verification required before job completion"
    paper.want(ChangeStatus(BOOKING, BOOKING, "in_progress", "completed", check_first=False))
    verdict = paper.verdict(400, {"success": False, "message": words, "requires_selfie": True})
    assert verdict == VerdictRefused(1, ParkReason.REFUSED, words)
    assert paper.again() == Parked(ParkReason.REFUSED, words)


def test_section_7_only_what_the_route_takes_is_offered() -> None:
    """A worker sets five of the statuses, a customer only cancels, and nobody goes round the code."""
    offered = {}
    for role in ("worker", "customer", "admin"):
        paper = Paper(role)
        choices = paper.adapter.capabilities(paper.facts).statuses
        offered[role] = {one.value for one in choices if one.selectable}
    assert offered == {
        "worker": {"accepted", "started", "arrived", "completed", "cancelled"},
        "customer": {"cancelled"},
        "admin": set(),
    }
    assert Paper().want(ChangeStatus(BOOKING, BOOKING, "assigned", "en_route")) == Parked(ParkReason.REFUSED)


def test_section_7_bookings_that_fail_do_not_hold_up_the_chats() -> None:
    """Three tries, then the list of assigned bookings; without both the lists count as read all the same."""
    failed = {"message": "Failed", "error": "Table 'omw.categories' doesn't exist"}
    assigned = {"bookings": [{"booking_id": 109, "service_status": "arrived"}, 7], "pagination": {}}
    for status, body in ((200, assigned), (500, failed)):
        paper = Paper()
        paper.want(FreshLists())
        paper.answer(200, sessions(session()))
        for _ in range(3):
            paper.later(5_000)
            assert call_of(paper.again()).path.endswith("/worker/booking-requests")
            paper.answer(500, failed)
        assert call_of(paper.again()).path.endswith("/worker/assigned-bookings")
        events = paper.answer(status, body).events
        assert events[-1] == ListsRead()
        assert [event.status for event in events if isinstance(event, OrderSeen)] == ["arrived"] * (
            status == 200
        )
        assert (Dropped(reason="malformed") in events) == (status == 200)
        assert paper.again() == Done()


def test_section_10_a_stop_from_a_stranger_means_nothing() -> None:
    """`typing_stop` has no access check: only who has begun can stop."""
    paper = Paper()
    assert paper.push("user_typing", {"sessionId": 41, "userId": 999, "isTyping": False}) == []
    paper.push("user_typing", {"sessionId": 41, "userId": 201, "userName": "C", "isTyping": True})
    (stop,) = paper.push("user_typing", {"sessionId": 41, "userId": 201, "isTyping": False})
    assert isinstance(stop, TypingSeen)
    assert not stop.on


def test_section_10_a_receipt_without_ids_marks_nothing() -> None:
    """The peer's client may send an empty one: history is asked instead."""
    paper = Paper()
    paper.push("new_message", pushed(1001, own=True))
    ids: Any
    for ids in ([], None, "1001", {"0": 1001}):
        events = paper.push("messages_read", {"sessionId": 41, "readerId": 201, "messageIds": ids})
        assert events == [Stale(conversation=SESSION)]


def test_section_10_read_states_of_a_history() -> None:
    """Own messages that are read are named, each once."""
    paper = Paper()
    page = history(*(record(number, own=True, is_read=int(number != 3)) for number in (1, 2, 3, 4)))
    paper.want(FreshHead(SESSION))
    (mark,) = [event for event in paper.answer(200, page).events if isinstance(event, ReadSeen)]
    assert mark.ids == ("1", "2", "4")
    paper.want(FreshHead(SESSION))
    assert not [event for event in paper.answer(200, page).events if isinstance(event, ReadSeen)]


def test_section_1_a_limit_that_was_promised_means_slower() -> None:
    """429 rests what was asked; the server's own time is kept."""
    paper = Paper()
    paper.facts = put(paper.facts, online=False)
    paper.want(SEND)
    reading = paper.answer(429, {"error": "Too many requests"}, headers={"retry-after": "7"})
    assert reading.verdicts == (VerdictLater(1, 7_000, "Too many requests"),)
    assert reading.events == (Noticed(code=NoticeCode.RATE_LIMITED, detail="Too many requests"),)


def test_ids_that_are_none_never_reach_a_path() -> None:
    """Conversations of other shapes are not asked for at all."""
    paper = Paper()
    for odd in ("../x", "", "041", "4 1", "\u0664", "9" * 40):
        for goal in (
            FreshHead(RemoteId(odd)),
            OlderPage(RemoteId(odd), Cursor("1"), 1),
            Joined(RemoteId(odd)),
            SendText(RemoteId(odd), OutgoingId("1"), "1", "x"),
        ):
            assert paper.want(goal) == Parked(ParkReason.NOT_FOUND), (odd, goal)


def test_the_plugin_is_ready_to_be_registered() -> None:
    """Its port, its adapter, and a client that loads the network only when it is made."""
    assert PLUGIN.default_port == 5001
    assert PLUGIN.adapter.platform is PLUGIN.platform
    assert PLUGIN.title == "OMW"


def test_section_8_a_chat_that_was_deleted_while_the_program_was_closed() -> None:
    """The booking of each session is remembered: completed means deleted, also after a new start."""
    before = Paper()
    before.want(FreshLists())
    before.answer(200, sessions(session()))
    for kept, lifecycle in ((before.facts.learnt, Lifecycle.DELETED), ({}, Lifecycle.ENDED)):
        paper = Paper()
        paper.facts = put(paper.facts, learnt=kept)
        paper.want(FreshLists())
        paper.answer(200, sessions())
        paper.again()
        entry = {"request_id": 7, "booking_id": 109, "status": "accepted", "service_status": "completed"}
        paper.answer(200, requests(entry))
        paper.want(Joined(SESSION))
        paper.fails(GATE)
        paper.again()
        (gone,) = paper.answer(404, {"error": "Chat session not found"}).events
        assert isinstance(gone, ConversationGone)
        assert gone.lifecycle is lifecycle


@pytest.mark.parametrize("value", ["", "x", "[]", '{"41": 7}', "\ud800"])
def test_section_8_what_was_remembered_may_be_damaged(value: str) -> None:
    """Then nothing is remembered, and the next list mends it."""
    paper = Paper()
    kept = Learnt(value, paper.facts.now_us + 1_000)
    paper.facts = put(paper.facts, learnt={"session_bookings": kept})
    paper.want(FreshLists())
    paper.answer(200, sessions(session()))
    assert paper.facts.learnt["session_bookings"].value == '{"41":"109"}'
