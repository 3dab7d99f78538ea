"""What a worker does at once: chats begun, left, ended and deleted, requests answered, codes, and files."""

from __future__ import annotations

from typing import Any

import pytest

from chatdesk.domain.actions import Action, ActionKind, Attachment, Extras, Result
from chatdesk.domain.arrivals import (
    Verdict,
    VerdictLater,
    VerdictRefused,
    VerdictStored,
    VerdictUnknown,
)
from chatdesk.domain.events import (
    ConversationGone,
    ConversationSeen,
    Dropped,
    MessageSeen,
    Noticed,
    OrderSeen,
    Stale,
)
from chatdesk.domain.goals import Act, FreshLists, SendText
from chatdesk.domain.ids import OutgoingId, RemoteId
from chatdesk.domain.kinds import ClosedWhy, Lifecycle, MessageKind, NoticeCode, ParkReason, Progress
from chatdesk.domain.steps import Call, Done, NeedsPassword, Parked, Wait
from tests.platforms.omw import captures
from tests.platforms.omw.paper import (
    BOOKING,
    GATE,
    HTML_404,
    SESSION,
    Paper,
    call_of,
    emit_of,
    history,
    pushed,
    put,
    record,
    requests,
    session,
)

OFFER = RemoteId("213")
"""The booking of the recorded request 188."""


def act(kind: ActionKind, **more: Any) -> Act:
    return Act(Action(kind=kind, conversation=SESSION, order=BOOKING, **more))


def recorded(name: str, method: str, end: str, status: int) -> Any:
    """The body of the first recorded answer to such a request."""
    for frame in captures.exchanges(captures.load(name)):
        if (frame["method"], frame["status"]) == (method, status) and frame["path"].endswith(end):
            return frame["response_body"]
    raise AssertionError((name, method, end, status))


def result_of(verdict: Verdict) -> Result:
    assert isinstance(verdict, VerdictStored), verdict
    assert verdict.result is not None
    return verdict.result


# -- begin -------------------------------------------------------------------------------------------------


@pytest.mark.shows("omw", "start_chat", "yes")
def test_a_chat_begins_from_a_booking() -> None:
    """Made or there already, its detail is read, and then it is opened."""
    paper = Paper()
    step = call_of(paper.want(act(ActionKind.START_CHAT)))
    assert (step.method, step.path, step.body) == ("POST", "/api/chat/sessions", {"bookingId": 109})
    assert not step.commits  # harmless when repeated
    assert paper.verdict(
        200, recorded("session_create_end_delete", "POST", "sessions", 200)
    ) == VerdictStored(1)
    assert call_of(paper.again()).path == "/api/chat/sessions/41"
    reading = paper.answer(200, {"success": True, "session": session()})
    assert [type(event) for event in reading.events] == [OrderSeen, ConversationSeen]
    assert result_of(reading.verdicts[0]) == Result(conversation=SESSION, order=BOOKING)
    assert paper.again() == Done()


STARTS: list[tuple[int, Any, ParkReason, str]] = [
    (403, {"error": "Access denied to this booking"}, ParkReason.FORBIDDEN, "Access denied to this booking"),
    (400, {"error": "Booking ID is required"}, ParkReason.REFUSED, "Booking ID is required"),
    (404, HTML_404, ParkReason.NOT_FOUND, ""),
]


@pytest.mark.parametrize(("status", "body", "reason", "words"), STARTS)
def test_a_chat_that_may_not_begin_says_why(status: int, body: Any, reason: ParkReason, words: str) -> None:
    """In the server's words."""
    paper = Paper()
    paper.want(act(ActionKind.START_CHAT))
    verdict = paper.verdict(status, body, is_json=not isinstance(body, str))
    if status == 404:
        assert isinstance(verdict, VerdictLater)  # another server, or the wrong path: not for the booking
        return
    assert verdict == VerdictRefused(1, reason, words)
    assert paper.again() == Parked(reason, words)


def test_a_booking_that_is_over_has_no_chat() -> None:
    """The refusal names the status that the booking has."""
    frames = captures.exchanges(captures.load("session_create_end_delete"))
    told = []
    for frame in frames:
        if frame["status"] == 400 and "currentStatus" in frame["response_body"]:
            paper = Paper()
            paper.want(act(ActionKind.START_CHAT))
            paper.answer(400, frame["response_body"])
            end = paper.again()
            assert isinstance(end, Parked)
            assert end.reason is ParkReason.CLOSED
            told.append(end.detail.rpartition(": ")[2])
    assert told == ["Completed", "Cancelled"]


def test_a_session_whose_detail_cannot_be_had_is_not_opened() -> None:
    """The detail fails: nothing is claimed, and it may be asked for again."""
    paper = Paper()
    paper.want(act(ActionKind.START_CHAT))
    paper.answer(200, {"success": True, "sessionId": "41"})
    paper.again()
    assert isinstance(paper.verdict(500, {"error": "x"}), VerdictLater)
    paper.later(10_000)
    assert call_of(paper.again()).path == "/api/chat/sessions/41"
    paper = Paper()
    paper.want(act(ActionKind.START_CHAT))
    assert paper.answer(200, {"success": True, "sessionId": [41]}).events == (Dropped(reason="malformed"),)
    assert paper.again() == Parked(ParkReason.REFUSED)


# -- end, delete, leave ------------------------------------------------------------------------------------

ENDS = [
    (ActionKind.END_CHAT, "PUT", "/end", Lifecycle.ENDED, ClosedWhy.SESSION_ENDED),
    (ActionKind.DELETE_CHAT, "DELETE", "", Lifecycle.DELETED, ClosedWhy.SESSION_DELETED),
]


@pytest.mark.parametrize(("kind", "method", "end", "lifecycle", "why"), ENDS)
def test_an_end_closes_the_chat_with_its_reason(
    kind: ActionKind, method: str, end: str, lifecycle: Lifecycle, why: ClosedWhy
) -> None:
    """One committing request; then nothing more is sent there."""
    paper = Paper()
    step = call_of(paper.want(act(kind)))
    assert (step.method, step.path, step.commits) == (method, f"/api/chat/sessions/41{end}", True)
    path = "end" if end else "41"
    reading = paper.answer(200, recorded("session_create_end_delete", method, path, 200))
    gone = ConversationGone(remote_id=SESSION, lifecycle=lifecycle, why=why)
    assert reading.events == (gone, Stale())
    assert result_of(reading.verdicts[0]).conversation == SESSION
    send = SendText(SESSION, OutgoingId("1"), "1", "hello")
    assert paper.want(send) == Parked(ParkReason.CLOSED, "Chat session not found")


@pytest.mark.parametrize("kind", [ActionKind.END_CHAT, ActionKind.DELETE_CHAT])
def test_an_end_that_is_denied_is_looked_into(kind: ActionKind) -> None:
    """Over already, or not ours: nothing is claimed before the session was read."""
    paper = Paper()
    paper.want(act(kind))
    body = recorded("session_create_end_delete", "DELETE", "41", 403)
    assert paper.answer(403, body).events == (Stale(),)
    assert paper.again() == Parked(ParkReason.CLOSED, GATE)
    assert call_of(paper.want(SendText(SESSION, OutgoingId("1"), "1", "x"))).path == "/api/chat/sessions/41"
    paper = Paper()
    paper.want(act(kind))
    assert isinstance(paper.nothing(), VerdictUnknown)


def test_leaving_is_answered_and_can_be_undone() -> None:
    """`left_chat` answers; after that a join is needed again, and offline there is nothing to leave."""
    paper = Paper()
    paper.joined()
    step = emit_of(paper.want(act(ActionKind.LEAVE_CHAT)))
    assert (step.event, step.args, step.lane) == ("leave_chat", ({"sessionId": 41},), "socket")
    (verdict,) = paper.packet("left_chat", {"sessionId": "41"}).verdicts
    assert result_of(verdict).conversation == SESSION
    assert paper.again() == Done()
    assert emit_of(paper.want(SendText(SESSION, OutgoingId("1"), "1", "x"))).event == "join_chat"
    paper.want(act(ActionKind.LEAVE_CHAT))
    assert paper.fails("Failed to leave chat") == VerdictRefused(
        1, ParkReason.REFUSED, "Failed to leave chat"
    )
    paper.want(act(ActionKind.LEAVE_CHAT))
    assert isinstance(paper.nothing(), VerdictLater)
    paper.facts = put(paper.facts, online=False)
    assert isinstance(paper.want(act(ActionKind.LEAVE_CHAT)), Wait)


# -- requests ----------------------------------------------------------------------------------------------


def offer(status: str) -> dict[str, Any]:
    entry = {"request_id": 188, "booking_id": 109, "status": status, "service_status": "pending"}
    return requests({"request_id": 190, "booking_id": 200, "status": "pending"}, entry)


@pytest.mark.shows("omw", "accept", "yes")
def test_a_request_is_looked_at_before_it_is_accepted() -> None:
    """Still pending: accepted by its own id; the booking is assigned then."""
    paper = Paper()
    look = call_of(paper.want(Act(Action(kind=ActionKind.ACCEPT, order=OFFER))))
    assert (look.method, look.commits) == ("GET", False)
    body = captures.exchanges(captures.load("worker_bookings"))[0]["response_body"]
    assert paper.verdict(200, body) == VerdictStored(1)
    step = call_of(paper.again())
    assert (step.method, step.body, step.commits) == ("PUT", {"status": "accepted"}, True)
    assert step.path == "/api/worker-management/worker/booking-requests/188"
    reading = paper.answer(200, recorded("worker_bookings", "PUT", "188", 200))
    (order, stale) = reading.events
    assert isinstance(order, OrderSeen)
    assert (order.remote_id, order.status, stale) == (OFFER, "assigned", Stale())
    assert result_of(reading.verdicts[0]).order == OFFER


ANSWERS: list[tuple[ActionKind, str, Any]] = [
    (ActionKind.ACCEPT, "accepted", Done()),
    (ActionKind.ACCEPT, "timeout", Parked(ParkReason.CHANGED_MEANWHILE, "timeout")),
    (ActionKind.ACCEPT, "rejected", Parked(ParkReason.CHANGED_MEANWHILE, "rejected")),
    (ActionKind.REJECT, "rejected", Done()),
    (ActionKind.REJECT, "pending", Parked(ParkReason.CHANGED_MEANWHILE, "pending")),
    (ActionKind.REJECT, "accepted", Call),
    (ActionKind.ACCEPT, "pending", Call),
]


@pytest.mark.parametrize(("kind", "status", "expected"), ANSWERS)
def test_a_request_is_never_answered_blindly(kind: ActionKind, status: str, expected: Any) -> None:
    """Done already is done; changed by somebody else is told; only what may be answered is."""
    paper = Paper()
    paper.want(act(kind))
    reading = paper.answer(200, offer(status))
    after = paper.again()
    if expected is Call:
        assert call_of(after).body == {"status": {"accept": "accepted", "reject": "rejected"}[kind.value]}
        return
    assert after == expected
    assert Stale() in reading.events
    if expected == Done():
        assert result_of(reading.verdicts[0]).order == BOOKING


@pytest.mark.parametrize("status", ["rejected", "timeout"])
def test_a_booking_that_is_no_longer_ours_is_told_so(status: str) -> None:
    """The lists leave it out, so whoever meets it says it: nothing is offered on it any more."""
    paper = Paper()
    paper.want(act(ActionKind.ACCEPT))
    (order, _) = paper.answer(200, offer(status)).events
    assert isinstance(order, OrderSeen)
    assert (order.status, order.progress) == (status, Progress.CANCELLED)
    offered = paper.adapter.capabilities(paper.facts).offers
    assert not [one for one in offered if status in one.statuses]


def test_a_request_given_back_is_no_longer_ours() -> None:
    """Accepted, then given back: told at once."""
    paper = Paper()
    paper.want(act(ActionKind.REJECT))
    paper.answer(200, offer("accepted"))
    paper.again()
    body = {"message": "Booking request cancelled", "request_id": 188, "status": "rejected"}
    (order, stale) = paper.answer(200, body).events
    assert isinstance(order, OrderSeen)
    assert (order.remote_id, order.status_label, stale) == (BOOKING, "Given back", Stale())


def test_an_offer_shows_what_is_known_of_it() -> None:
    """Its detail is refused until it is accepted, so the page of requests makes the lines of its panel."""
    paper = Paper()
    paper.want(FreshLists())
    paper.answer(200, {"success": True, "sessions": []})
    paper.again()
    body = captures.exchanges(captures.load("worker_bookings"))[0]["response_body"]
    (order, _) = paper.answer(200, body).events
    assert isinstance(order, OrderSeen)
    lines = {line.key: line.value for line in order.fields or ()}
    assert lines["address"] == "12 Example Street"
    assert [one.name for one in order.participants or ()] == ["Customer One"]


def test_a_request_that_somebody_else_has_answered_meanwhile() -> None:
    """Between the look and the answer: the server says it, and so do we."""
    paper = Paper()
    paper.want(act(ActionKind.ACCEPT))
    paper.answer(200, offer("pending"))
    paper.again()
    body = recorded("worker_bookings", "PUT", "188", 400)
    words = "Booking request has already been processed"
    assert paper.verdict(400, body) == VerdictRefused(1, ParkReason.CHANGED_MEANWHILE, words)
    paper = Paper()
    paper.want(act(ActionKind.REJECT))
    paper.answer(200, offer("accepted"))
    paper.again()
    assert isinstance(paper.nothing(), VerdictUnknown)


def test_a_request_may_be_on_a_later_page() -> None:
    """Page by page, to the last; a booking without a request is not found."""
    paper = Paper()
    paper.want(act(ActionKind.ACCEPT))
    other = {"request_id": 1, "booking_id": 200, "status": "pending"}
    for page in ("1", "2"):
        assert dict(call_of(paper.again()).query)["page"] == page
        paper.answer(200, requests(other, {"booking_id": None}, pages=2))
    assert paper.again() == Parked(ParkReason.NOT_FOUND)
    assert Dropped(reason="malformed") in paper.events


def test_requests_are_for_workers() -> None:
    """A customer has none; and an account without a token is asked for its password."""
    paper = Paper("customer")
    for kind in (ActionKind.ACCEPT, ActionKind.REJECT, ActionKind.REQUEST_CODE, ActionKind.CONFIRM_CODE):
        assert paper.want(act(kind, fields={"code": "123456"})) == Parked(ParkReason.FORBIDDEN)
    assert isinstance(Paper(access="").want(act(ActionKind.START_CHAT)), NeedsPassword)


# -- codes -------------------------------------------------------------------------------------------------


@pytest.mark.shows("omw", "arrival_code", "yes")
def test_the_arrival_code_is_sent_and_entered() -> None:
    """Sent with a time until which it holds; entered, the work has begun."""
    paper = Paper()
    step = call_of(paper.want(act(ActionKind.REQUEST_CODE)))
    assert (step.method, step.path) == ("POST", "/api/worker-management/bookings/109/generate-otp")
    assert step.timeout_ms >= 30_000  # the server tries for 14 s
    assert step.commits
    body = {"success": True, "message": "OTP sent", "expires_at": "2026-11-20T08:15:00.000Z"}
    found = result_of(paper.verdict(200, body))
    assert (found.until_us, found.text) == (1_795_162_500_000_000, "OTP sent")
    step = call_of(paper.want(act(ActionKind.CONFIRM_CODE, fields={"code": " 123456 "})))
    assert step.path == "/api/worker-management/bookings/109/verify-otp"
    assert step.body == {"otp": "123456"}
    reading = paper.answer(200, recorded("worker_bookings", "POST", "verify-otp", 200))
    assert isinstance(reading.events[0], OrderSeen)
    assert reading.events[0].status == "in_progress"
    assert result_of(reading.verdicts[0]).text == "OTP verified successfully. Service has started."


def test_a_code_too_soon_says_how_long() -> None:
    """429 with the minutes in words, and the mail that could not be sent."""
    paper = Paper()
    paper.want(act(ActionKind.REQUEST_CODE))
    reading = paper.answer(429, recorded("worker_bookings", "POST", "generate-otp", 429))
    words = "Please wait 10 minutes before requesting a new OTP"
    assert reading.verdicts == (VerdictLater(1, 600_000, words),)
    assert reading.events == (Noticed(code=NoticeCode.RATE_LIMITED, detail=words),)
    paper.want(act(ActionKind.REQUEST_CODE))
    verdict = paper.verdict(500, recorded("worker_bookings", "POST", "generate-otp", 500))
    assert verdict == VerdictRefused(1, ParkReason.REFUSED, "Failed to send OTP email. Please try again.")
    paper.want(act(ActionKind.REQUEST_CODE))
    assert isinstance(paper.nothing(), VerdictUnknown)


def test_a_code_is_nowhere_but_in_its_request() -> None:
    """Not in what is shown of steps, goals or verdicts, even where the server repeats it."""
    paper = Paper()
    for code in ("12345", "1234567", "abcdef", "", "\u0661\u0662\u0663\u0664\u0665\u0666"):
        end = paper.want(act(ActionKind.CONFIRM_CODE, fields={"code": code}))
        assert end == Parked(ParkReason.REFUSED, "Please provide a valid 6-digit OTP")
    step = paper.want(act(ActionKind.CONFIRM_CODE, fields={"code": "123456"}))
    reading = paper.answer(400, {"message": "123456 is wrong"})
    assert reading.verdicts == (VerdictRefused(1, ParkReason.REFUSED, "… is wrong"),)
    told = repr((step, paper.goal, reading.verdicts, reading.events)) + repr(paper.facts)
    assert "123456" not in told


@pytest.mark.parametrize(
    "words", ["Please provide a valid 6-digit OTP", "Invalid OTP. Please check and try again."]
)
def test_a_wrong_code_is_refused_in_words(words: str) -> None:
    """As recorded."""
    frames = captures.exchanges(captures.load("worker_bookings"))
    found = [one["response_body"] for one in frames if one["path"].endswith("verify-otp")]
    body = next(one for one in found if one["message"] == words)
    paper = Paper()
    paper.want(act(ActionKind.CONFIRM_CODE, fields={"code": "000000"}))
    assert paper.verdict(400, body) == VerdictRefused(1, ParkReason.REFUSED, words)


# -- files -------------------------------------------------------------------------------------------------

FILE = Attachment(url="/uploads/chat/file-1795160754747-403104307.png", name="before.png", size_bytes=70)


def picture(text: str = "before.png", *files: Attachment, kind: MessageKind = MessageKind.IMAGE) -> SendText:
    return SendText(SESSION, OutgoingId("1"), "1", text, kind, Extras(attachments=files or (FILE,)))


@pytest.mark.shows("omw", "upload", "partial")
def test_a_picture_is_brought_and_sent() -> None:
    """The upload's address goes with the message, whose echo and history carry the same file."""
    paper = Paper()
    step = call_of(paper.want(act(ActionKind.UPLOAD, path="/staged/before.png", content_type="image/png")))
    assert (step.method, step.path, step.commits) == ("POST", "/api/chat/upload", False)
    found = result_of(paper.verdict(200, recorded("upload_image_send", "POST", "upload", 200))).attachment
    assert found == put(FILE, content_type="image/png")
    paper.joined()
    sent = emit_of(paper.want(picture()))
    expected = next(
        frame["args"][0]
        for frame in captures.load("upload_image_send")["frames"]
        if frame["channel"] == "socket" and frame["event"] == "send_message"
    )
    assert sent.args == (expected,)
    echo = {"message_type": "image", "file_url": FILE.url, "file_name": FILE.name, "file_size": 70}
    (seen, *_) = paper.packet("new_message", pushed(1001, "before.png", own=True, **echo)).events
    assert isinstance(seen, MessageSeen)
    assert (seen.kind, seen.extras) == (MessageKind.IMAGE, Extras(attachments=(FILE,)))
    assert paper.packet("message_sent", {"messageId": 1001, "sessionId": 41}).verdicts == (
        VerdictStored(1, RemoteId("1001")),
    )


def test_a_file_by_rest_has_the_same_fields() -> None:
    """Without a socket the message carries its file too."""
    paper = Paper()
    paper.facts = put(paper.facts, online=False)
    step = call_of(paper.want(picture(kind=MessageKind.FILE)))
    assert step.body == {
        "content": "before.png",
        "messageType": "file",
        "fileUrl": FILE.url,
        "fileName": "before.png",
        "fileSize": 70,
    }


REFUSALS = [
    (500, "Error: Only images and documents are allowed", ParkReason.REFUSED),
    (500, "MulterError: File too large", ParkReason.TOO_LONG),
    (500, "Internal Server Error", ParkReason.REFUSED),
    (413, "x", ParkReason.TOO_LONG),
]


@pytest.mark.parametrize(("status", "page", "reason"), REFUSALS)
def test_a_refused_file_says_why_where_the_page_does(status: int, page: str, reason: ParkReason) -> None:
    """Pages of HTML, which say it only outside production."""
    paper = Paper()
    paper.want(act(ActionKind.UPLOAD, path="/staged/before.png"))
    verdict = paper.verdict(status, f"<html><pre>{page}</pre></html>", is_json=False)
    assert isinstance(verdict, VerdictRefused)
    assert verdict.reason is reason
    assert isinstance(paper.again(), Parked)


def test_recorded_refusals_of_files() -> None:
    """Each of them ends the upload; a lost one may be tried again, a file that can't be read may not."""
    for frame in captures.exchanges(captures.load("upload_rejected")):
        paper = Paper()
        paper.want(act(ActionKind.UPLOAD, path="/staged/before.png"))
        paper.answer(frame["status"], frame["response_body"], is_json=captures.says_json(frame))
        assert isinstance(paper.again(), Parked)
    paper = Paper()
    paper.want(act(ActionKind.UPLOAD, path="/staged/before.png"))
    assert isinstance(paper.nothing("cut"), VerdictLater)
    assert isinstance(paper.nothing("disk"), VerdictRefused)
    assert paper.want(act(ActionKind.UPLOAD)) == Parked(ParkReason.EMPTY)


def test_what_is_no_message_of_this_platform_is_not_sent() -> None:
    """No text, two files, or a kind that the server would refuse."""
    paper = Paper()
    assert paper.want(picture("")) == Parked(ParkReason.EMPTY)
    assert isinstance(paper.want(picture("x", FILE, FILE)), Parked)
    assert paper.want(picture(kind=MessageKind.AUDIO)) == Parked(ParkReason.REFUSED, "audio")
    assert isinstance(paper.want(picture(kind=MessageKind.LOCATION)), Parked)


FILE_URLS = [
    ("/uploads/chat/a.png", True),
    ("https://cdn.example/a.png", True),
    ("file:///etc/passwd", False),
    ("//host.example/a.png", False),
    ("/\\host.example/a", False),
    ("javascript:alert(1)", False),
    ("/a b", False),
    ("x" * 501, False),
    (7, False),
]


@pytest.mark.parametrize(("url", "kept"), FILE_URLS)
def test_addresses_of_files_are_chosen_by_the_other_side(url: Any, kept: bool) -> None:
    """Only web addresses and paths of the server remain; a file without an address keeps its name."""
    (seen, *_) = Paper().push(
        "new_message", pushed(1001, file_url=url, file_name="a\u202e.png", file_size="7")
    )
    assert isinstance(seen, MessageSeen)
    (file,) = seen.extras.attachments
    assert (file.url == url) is kept
    assert kept or not file.url
    assert file.name == "a .png"
    assert file.size_bytes is None


def test_a_picture_that_failed_is_found_by_its_file() -> None:
    """The same words with another file, or none, are another message."""
    paper = Paper()
    paper.joined()
    paper.want(picture())
    paper.fails("Failed to send message")
    paper.later(1_000)
    image = {"message_type": "image", "file_name": "before.png", "file_size": 70}
    others = [
        record(1002, "before.png", own=True),
        record(1003, "before.png", own=True, **image, file_url="/uploads/chat/other.png"),
    ]
    paper.want(picture())
    paper.answer(200, history(*others))
    assert emit_of(paper.again()).event == "send_message"
    paper.fails("Failed to send message")
    paper.later(1_000)
    paper.want(picture())
    same = record(1004, "before.png", own=True, **image, file_url=FILE.url)
    paper.answer(200, history(*others, same))
    assert call_of(paper.again()).commits


def test_words_of_refusals_hold_no_numbers_of_people() -> None:
    """Telephone numbers and mail addresses in a server's words are not taken over."""
    paper = Paper()
    paper.want(act(ActionKind.START_CHAT))
    words = "5550000201 (customer1@example.test, +1 555 000 0201) since 2026-11-20 13:10:51"
    verdict = paper.verdict(403, {"error": words})
    assert verdict == VerdictRefused(1, ParkReason.FORBIDDEN, "… (…, …) since 2026-11-20 13:10:51")
