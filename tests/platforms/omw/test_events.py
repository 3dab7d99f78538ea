"""Tables of what the socket says: every event, and every error beside every step it may belong to."""

from __future__ import annotations

from typing import Any

import pytest

from chatdesk.domain.arrivals import (
    VerdictLater,
    VerdictRefused,
    VerdictStored,
    VerdictUnknown,
)
from chatdesk.domain.events import (
    FORGET_AFTER_US,
    ConversationGone,
    Dropped,
    Event,
    ListsRead,
    MessageSeen,
    Noticed,
    OrderSeen,
    PresenceSeen,
    ReadSeen,
    Stale,
    TypingSeen,
)
from chatdesk.domain.goals import (
    FreshHead,
    FreshLists,
    GoalKind,
    Joined,
    MarkRead,
    SendText,
    Typing,
)
from chatdesk.domain.ids import OutgoingId, RemoteId
from chatdesk.domain.kinds import (
    ClosedWhy,
    Lifecycle,
    MessageKind,
    NoticeCode,
    ParkReason,
    PresenceState,
    Progress,
)
from chatdesk.domain.steps import Call, Done, Emit, Parked, Wait
from tests.platforms.omw.paper import (
    BOOKING,
    GATE,
    ME,
    OTHER,
    SESSION,
    Paper,
    call_of,
    cursor,
    emit_of,
    history,
    pushed,
    put,
    record,
    requests,
    session,
    sessions,
)

MALFORMED = Dropped(reason="malformed")
FOREIGN = Dropped(reason="foreign")
LISTS = Stale()
ON = TypingSeen(conversation=SESSION, person_id=OTHER, name="Customer One", on=True)
OFF = TypingSeen(conversation=SESSION, person_id=OTHER, name="Customer One", on=False)
SEND = SendText(SESSION, OutgoingId("a" * 32), "a" * 32, "on my way")
FAILED = "Failed to send message"


def known_booking() -> Paper:
    paper = Paper()
    paper.want(FreshLists())
    paper.answer(200, sessions(session()))
    return paper


def typing(**changes: Any) -> dict[str, Any]:
    return {"sessionId": 41, "userId": 201, "userName": "Customer One", "isTyping": True, **changes}


# -- events ------------------------------------------------------------------------------------------------

EVENTS: list[tuple[str, Any, list[Event]]] = [
    ("message_sent", {"messageId": 1001, "sessionId": 41}, []),
    ("message_sent", {"messageId": "x", "sessionId": 41}, [MALFORMED]),
    ("joined_chat", {"sessionId": "41"}, []),
    ("joined_chat", {"sessionId": "41abc"}, [MALFORMED]),
    ("left_chat", {"sessionId": 41}, []),
    ("left_chat", None, [MALFORMED]),
    ("user_joined", {"sessionId": 41, "userId": 201, "userName": "Customer One"}, []),
    ("user_joined", {}, [MALFORMED]),
    ("user_left", {"sessionId": 41, "userId": 201, "userName": "Customer One"}, []),
    ("user_typing", typing(), [ON]),
    ("user_typing", typing(sessionId="41", userId="201"), [ON]),
    ("user_typing", typing(userId=202), []),
    ("user_typing", typing(isTyping=False), []),
    ("user_typing", typing(isTyping="yes"), [MALFORMED]),
    ("messages_read", {"sessionId": 41, "readerId": 201, "messageIds": []}, [Stale(conversation=SESSION)]),
    ("messages_read", {"sessionId": 41, "readerId": 201}, [Stale(conversation=SESSION)]),
    ("messages_read", {"sessionId": 41, "readerId": 201, "messageIds": "1"}, [Stale(conversation=SESSION)]),
    ("messages_read", {"readerId": 201, "messageIds": [1]}, [MALFORMED]),
    ("chat_history", {"sessionId": 41, "messages": [], "hasMore": False}, []),
    ("chat_history", {"sessionId": 41, "messages": {}}, [MALFORMED]),
    ("new_message", {"id": 0, "session_id": 41}, [MALFORMED]),
    ("new_message", ["x"], [MALFORMED]),
    (
        "error",
        {"message": "Failed to get chat history"},
        [Noticed(code=NoticeCode.SERVER_ERROR, detail="Failed to get chat history")],
    ),
    ("error", {"message": GATE}, [Noticed(code=NoticeCode.FORBIDDEN, detail=GATE), LISTS]),
    ("error", {}, [MALFORMED]),
    (
        "user_status_update",
        {"userId": 201, "isOnline": True},
        [PresenceSeen(person_id=OTHER, state=PresenceState.ONLINE)],
    ),
    (
        "user_status_update",
        {"userId": 201, "status": "offline", "lastSeen": "2026-11-20T07:00:00Z"},
        [PresenceSeen(person_id=OTHER, state=PresenceState.OFFLINE, at_us=1_795_158_000_000_000)],
    ),
    ("user_status_update", {"userId": 202, "isOnline": True}, []),
    ("user_status_update", {"userId": 201, "status": "busy"}, [MALFORMED]),
    ("bookings:created", {"booking_id": 154}, [LISTS]),
    ("booking_requests:new", {"request_id": 5}, [LISTS]),
    ("booking:unavailable", {"booking_id": 154}, [LISTS]),
    ("trip_started", {"booking_id": 154}, [LISTS]),
    ("trip:location_update", {"booking_id": 154, "location": {"lat": 1, "lng": 2}}, [FOREIGN]),
    ("trip_progress", {"booking_id": 154, "progress": 40, "eta": 12}, [FOREIGN]),
    ("status_update", {"booking_id": 154, "status": "arrived"}, [LISTS]),
    ("status_update", {"status": "arrived"}, [MALFORMED]),
    ("", None, [MALFORMED]),
    ("something_else", {}, [Dropped(reason="unknown_event")]),
]


@pytest.mark.parametrize(("event", "payload", "expected"), EVENTS)
def test_events(event: str, payload: Any, expected: list[Event]) -> None:
    """What each event means to a desk that knows nothing yet."""
    assert Paper().push(event, payload) == expected


def test_a_message_is_told_whole() -> None:
    """Text as it is, the author's id and name, the moment, and the id as cursor."""
    paper = Paper()
    (seen, *_) = paper.push("new_message", pushed(1001, "<b>hello</b>", session_id="41"))
    assert isinstance(seen, MessageSeen)
    assert (seen.conversation, seen.remote_id, seen.cursor) == (SESSION, "1001", cursor(1001))
    assert (seen.sender_id, seen.own, seen.kind) == (OTHER, False, MessageKind.TEXT)
    assert seen.text == "<b>hello</b>"
    assert seen.sent_at_us % 1_000_000 == 500_000


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("text", MessageKind.TEXT),
        ("image", MessageKind.IMAGE),
        ("file", MessageKind.FILE),
        ("system", MessageKind.SYSTEM),
        ("audio", MessageKind.AUDIO),
        ("hologram", MessageKind.UNKNOWN),
        (5, MessageKind.UNKNOWN),
    ],
)
def test_kinds(name: Any, kind: MessageKind) -> None:
    """Known types are told apart, new ones are shown as text."""
    (seen, *_) = Paper().push("new_message", pushed(1001, message_type=name))
    assert isinstance(seen, MessageSeen)
    assert seen.kind is kind


def test_who_writes_types_no_longer() -> None:
    """Typing ends with a message, with leaving, and with the word itself."""
    paper = Paper()
    for ending in (
        ("new_message", pushed(1001)),
        ("user_left", {"sessionId": 41, "userId": 201, "userName": "Customer One"}),
        ("user_typing", typing(isTyping=False)),
    ):
        assert paper.push("user_typing", typing()) == [ON]
        assert OFF in paper.push(*ending)


def test_a_known_booking_follows_its_events() -> None:
    """A deployment that delivers booking events is believed about bookings of ours only."""
    paper = known_booking()
    order, stale = paper.push("booking_status_updated", {"booking_id": 109, "status": "arrived"})
    assert isinstance(order, OrderSeen)
    assert (order.remote_id, order.status, order.progress) == (BOOKING, "arrived", Progress.ACTIVE)
    assert stale == LISTS
    (order, _) = paper.push("status_update", {"booking_id": "109", "status": "teleported"})
    assert isinstance(order, OrderSeen)
    assert (order.status_label, order.progress) == ("teleported", Progress.UNKNOWN)


# -- receipts ----------------------------------------------------------------------------------------------


def test_receipts_mean_exactly_what_they_name() -> None:
    """Ids as number or text, in any order; what can't be read is looked for in the history."""
    paper = Paper()
    read = {"sessionId": 41, "readerId": 201}

    def mark(*ids: str) -> ReadSeen:
        named = tuple(RemoteId(one) for one in ids)
        return ReadSeen(conversation=SESSION, person_id=OTHER, by_self=False, ids=named)

    again = Stale(conversation=SESSION)
    assert paper.push("messages_read", {**read, "messageIds": [1003, "1001"]}) == [mark("1001", "1003")]
    assert paper.push("messages_read", {**read, "messageIds": [1002, "x"]}) == [mark("1002"), again]
    for nothing in ([], None, "1002", {"0": 1002}, [None, "41abc"]):
        assert paper.push("messages_read", {**read, "messageIds": nothing}) == [again]


def test_reading_on_another_device_clears_here() -> None:
    """Own receipts tell what this account has read elsewhere; without ids the list has the number."""
    paper = Paper()
    paper.push("new_message", pushed(1001))
    own = {"sessionId": 41, "readerId": 202}
    (seen,) = paper.push("messages_read", {**own, "messageIds": [1001]})
    assert seen == ReadSeen(conversation=SESSION, person_id=ME, by_self=True, ids=(RemoteId("1001"),))
    assert paper.push("messages_read", {**own, "messageIds": []}) == [Stale()]


# -- errors beside steps -----------------------------------------------------------------------------------


def under_way(kind: GoalKind) -> Paper:
    """A desk whose step for this goal holds the lane."""
    paper = Paper()
    if not isinstance(kind, Joined):
        paper.joined()
        paper.push("new_message", pushed(1001))
    step = paper.want(kind)
    if isinstance(step, Call):
        paper.answer(200, history(record(1001)))
        step = paper.again()
    assert isinstance(step, Emit)
    assert step.lane == "socket"
    return paper


ENDED = ConversationGone(remote_id=SESSION, lifecycle=Lifecycle.ENDED, why=ClosedWhy.SESSION_ENDED)
DELETED = ConversationGone(
    remote_id=SESSION,
    lifecycle=Lifecycle.DELETED,
    why=ClosedWhy.BOOKING_COMPLETED,
    delete_after_us=FORGET_AFTER_US,
)
MARK = MarkRead(SESSION, cursor(1001))
ERRORS: list[tuple[GoalKind, str, type[Any] | None]] = [
    (SEND, FAILED, VerdictLater),
    (SEND, GATE, VerdictLater),
    (SEND, "Session ID and content are required", VerdictRefused),
    (SEND, "Failed to join chat", None),
    (SEND, "Failed to mark messages as read", None),
    (SEND, "Something new went wrong", VerdictUnknown),
    (SEND, "Too many messages, slow down", VerdictLater),
    (Joined(SESSION), GATE, VerdictLater),
    (Joined(SESSION), "Failed to join chat", VerdictLater),
    (Joined(SESSION), FAILED, None),
    (MARK, GATE, VerdictLater),
    (MARK, "Failed to mark messages as read", VerdictRefused),
    (MARK, FAILED, None),
    (Typing(SESSION, True), FAILED, None),
    (Typing(SESSION, True), GATE, None),
]


@pytest.mark.parametrize(("kind", "words", "expected"), ERRORS)
def test_errors(kind: GoalKind, words: str, expected: type[Any] | None) -> None:
    """An error belongs to the step that holds the lane where its words fit, else to nobody."""
    paper = under_way(kind)
    reading = paper.packet("error", {"message": words})
    if expected is None:
        assert reading.verdicts == ()
        assert any(isinstance(event, Noticed) for event in reading.events)
    else:
        (verdict,) = reading.verdicts
        assert isinstance(verdict, expected)


def test_denied_and_gone_is_closed() -> None:
    """Access denied, then 404: parked as closed, and the conversation is over."""
    for kind in (SEND, Joined(SESSION)):
        paper = under_way(kind)
        assert paper.fails(GATE) == VerdictLater(1, 0, GATE)
        assert call_of(paper.want(kind)).path == "/api/chat/sessions/41"
        reading = paper.answer(404, {"error": "Chat session not found"})
        assert reading.events == (ENDED,)
        assert paper.again() == Parked(ParkReason.CLOSED, "Chat session not found")
    paper = under_way(MARK)
    paper.fails(GATE)
    paper.want(MARK)
    paper.answer(404, {"error": "Chat session not found"})
    assert paper.again() == Done()


def test_a_list_read_meanwhile_does_not_end_a_doubt() -> None:
    """It may be older than the refusal: the session itself is asked all the same."""
    paper = under_way(SEND)
    paper.fails(GATE)
    paper.want(FreshLists())
    paper.answer(200, sessions(session()))
    assert call_of(paper.want(SEND)).path == "/api/chat/sessions/41"


def test_denied_though_it_is_there_is_meant() -> None:
    """The session is there: tried once more, and then it is a refusal."""
    paper = under_way(SEND)
    paper.fails(GATE)
    paper.want(SEND)
    paper.answer(200, {"success": True, "session": session(customer_id=201, provider_id=202)})
    assert emit_of(paper.again()).event == "send_message"
    assert paper.fails(GATE) == VerdictRefused(1, ParkReason.FORBIDDEN, GATE)
    assert isinstance(paper.again(), Parked)


def test_an_error_of_a_step_that_was_given_up_proves_nothing() -> None:
    """After a send without an answer its error may still come: the next one's outcome is unknown then."""
    paper = under_way(SEND)
    assert isinstance(paper.nothing(), VerdictUnknown)
    other = SendText(SESSION, OutgoingId("b" * 32), "b" * 32, "more")
    assert emit_of(paper.want(other)).event == "send_message"
    assert isinstance(paper.fails(FAILED), VerdictUnknown)
    paper.later(11_000)
    paper.want(other)
    assert isinstance(paper.fails(FAILED), VerdictLater)


def test_a_join_that_was_cancelled_may_still_be_refused() -> None:
    """Its error would look like the next send's: that send's outcome is unknown for a while."""
    paper = Paper()
    paper.joined()
    paper.want(Joined(RemoteId("42")))
    assert isinstance(paper.nothing("cancelled"), VerdictLater)
    paper.want(SEND)
    assert isinstance(paper.fails(GATE), VerdictUnknown)
    assert isinstance(paper.want(SEND), Emit)
    assert isinstance(paper.fails(FAILED), VerdictLater)  # joins never fail in these words
    other = SendText(SESSION, OutgoingId("b" * 32), "b" * 32, "more")
    paper.joined()
    paper.want(other)
    assert isinstance(paper.fails(GATE), VerdictUnknown)
    paper.joined("42")
    paper.want(other)
    assert paper.fails(GATE) == VerdictLater(1, 0, GATE)


def test_a_failed_send_looks_before_it_goes_again() -> None:
    """Pause, history, and the send only where the text is not there; three times, then it is the person's."""
    paper = under_way(SEND)
    for pause_ms in (250, 500, 1_000):
        assert paper.fails(FAILED) == VerdictLater(1, 0, FAILED)
        assert paper.want(SEND) == Wait(pause_ms)
        paper.later(pause_ms)
        look = call_of(paper.again())
        assert not look.commits
        assert dict(look.query) == {"limit": "200", "offset": "0"}
        paper.answer(200, history(record(1001), record(900, "on my way", own=True)))  # an older one
        assert emit_of(paper.again()).event == "send_message"
    assert paper.fails(FAILED) == VerdictLater(1, 0, FAILED)
    paper.want(SEND)
    paper.later(1_000)
    assert isinstance(paper.again(), Call)
    paper.answer(200, history(record(1001)))
    assert paper.again() == Parked(ParkReason.REFUSED, FAILED)
    assert emit_of(paper.want(SEND)).event == "send_message"  # "Send again" begins anew


def test_a_failed_send_that_was_stored_is_claimed() -> None:
    """The text is there under a newer id: a last look commits the send to it."""
    paper = under_way(SEND)
    paper.fails(FAILED)
    paper.later(1_000)
    paper.want(SEND)
    page = history(record(1001), record(1002, "on my way", own=True))
    assert paper.answer(200, page).events == ()
    claim = call_of(paper.again())
    assert claim.commits
    (verdict,) = paper.answer(200, page).verdicts
    assert verdict == VerdictStored(1, RemoteId("1002"))
    assert paper.again() == Done()


def test_an_echo_before_the_error_is_found_again() -> None:
    """The text was pushed back and then said to have failed: the look finds it, it is not sent again."""
    paper = under_way(SEND)
    paper.packet("new_message", pushed(1002, "on my way", own=True))
    paper.fails(FAILED)
    paper.later(1_000)
    paper.want(SEND)
    paper.answer(200, history(record(1001), record(1002, "on my way", own=True)))
    assert call_of(paper.again()).commits


def test_a_message_that_is_another_sends_is_not_claimed() -> None:
    """The same text twice: the second one's failure is not explained by the first one's message."""
    paper = under_way(SEND)
    paper.packet("new_message", pushed(1002, "on my way", own=True))
    paper.packet("message_sent", {"messageId": 1002, "sessionId": 41})
    again = SendText(SESSION, OutgoingId("b" * 32), "b" * 32, "on my way")
    paper.want(again)
    paper.fails(FAILED)
    paper.later(1_000)
    paper.want(again)
    paper.answer(200, history(record(1001), record(1002, "on my way", own=True)))
    assert emit_of(paper.again()).event == "send_message"


def test_what_was_known_counts_from_the_first_try() -> None:
    """An attempt that is stored late is found after the next failure, whatever has come in meanwhile."""
    paper = under_way(SEND)
    paper.fails(FAILED)
    paper.later(1_000)
    paper.want(SEND)
    paper.answer(200, history(record(1001)))
    assert emit_of(paper.again()).event == "send_message"
    paper.packet("new_message", pushed(1003))
    paper.fails(FAILED)
    paper.later(1_000)
    paper.want(SEND)
    paper.answer(200, history(record(1001), record(1002, "on my way", own=True), record(1003)))
    assert call_of(paper.again()).commits


def test_a_request_without_an_answer_may_have_been_carried_out() -> None:
    """A send by REST that was cut is unknown; a read is only tried again."""
    paper = Paper()
    paper.facts = put(paper.facts, online=False)
    paper.want(SEND)
    assert isinstance(paper.nothing("cut"), VerdictUnknown)
    paper.want(SEND)
    assert isinstance(paper.nothing("unreachable", left=False), VerdictLater)
    paper.want(FreshHead(SESSION))
    assert isinstance(paper.nothing("cut"), VerdictLater)


def test_message_sent_binds_the_send() -> None:
    """The id of `message_sent`, of this session, and of no other."""
    paper = under_way(SEND)
    assert paper.packet("message_sent", {"messageId": 9, "sessionId": 42}).verdicts == ()
    (echo, *_) = paper.packet("new_message", pushed(1002, "on my way", own=True)).events
    assert isinstance(echo, MessageSeen)
    assert echo.own
    reading = paper.packet("message_sent", {"messageId": 1002, "sessionId": "41"})
    assert reading.verdicts == (VerdictStored(1, RemoteId("1002")),)
    assert paper.again() == Done()


def test_silence_means_well_for_typing_and_marks() -> None:
    """They hold the lane for half a second; without an error they are done."""
    for kind in (Typing(SESSION, True), MARK):
        paper = under_way(kind)
        assert emit_of(paper.step).timeout_ms == 500
        assert paper.nothing() == VerdictStored(1)
        assert paper.again() == Done()
    paper = under_way(MARK)
    assert emit_of(paper.step).args == ({"sessionId": 41, "messageIds": [1001]},)
    assert isinstance(paper.nothing("cut"), VerdictUnknown)


def test_marks_go_by_request_without_a_socket() -> None:
    """By REST with ids, never with an empty list, which would mark everything."""
    paper = Paper()
    paper.facts = put(paper.facts, online=False)
    paper.want(MARK)
    paper.answer(200, history(record(1000, is_read=1), record(1001)))
    step = call_of(paper.again())
    assert (step.method, step.path) == ("PUT", "/api/chat/sessions/41/messages/read")
    assert step.body == {"messageIds": [1001]}
    assert paper.verdict(200, {"success": True}) == VerdictStored(1)
    assert paper.want(MARK) == Done()


def test_a_page_that_means_two_things_is_told_apart() -> None:
    """A refused history leads to the session, a void token to the person."""
    paper = Paper()
    paper.want(FreshHead(SESSION))
    assert paper.verdict(403, {"error": GATE}) == VerdictLater(1, 0, GATE)
    assert call_of(paper.again()).path == "/api/chat/sessions/41"
    paper.answer(404, {"error": "Chat session not found"})
    assert isinstance(paper.again(), Parked)


def test_a_completed_booking_has_taken_its_chat_along() -> None:
    """Gone from the list and over by its detail: deleted where the booking is completed, else ended."""
    for status, gone in (("completed", DELETED), ("arrived", ENDED)):
        paper = known_booking()
        paper.want(FreshLists())
        paper.answer(200, sessions())
        paper.again()
        entry = {"request_id": 7, "booking_id": 109, "status": "accepted", "service_status": status}
        events = paper.answer(200, requests(entry)).events
        assert ListsRead() in events
        assert not [event for event in events if isinstance(event, ConversationGone)]
        assert call_of(paper.again()).path == "/api/chat/sessions/41"
        assert paper.answer(404, {"error": "Chat session not found"}).events == (gone,)
        assert paper.again() == Done()


def test_missing_in_a_list_alone_ends_nothing() -> None:
    """Its detail is there, or can't be had: the conversation stays, and the next reading asks again."""
    for status, body in (
        (200, {"success": True, "session": session()}),
        (500, {"error": "x"}),
        (404, "<html>"),
    ):
        paper = known_booking()
        for _ in range(2):
            paper.want(FreshLists())
            paper.answer(200, sessions())
            paper.again()
            paper.answer(200, requests())
            assert call_of(paper.again()).path == "/api/chat/sessions/41"
            reading = paper.answer(status, body, is_json=not isinstance(body, str))
            assert reading.events == ()
            assert paper.again() == Done()
