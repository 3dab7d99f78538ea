"""The traps of the wire specification, section 11, each by its number."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from chatdesk.domain.actions import Action, ActionKind, Attachment
from chatdesk.domain.arrivals import (
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
    OrderSeen,
    PresenceSeen,
    ReadSeen,
)
from chatdesk.domain.goals import (
    Act,
    Connected,
    FreshHead,
    FreshLists,
    FreshOrder,
    Joined,
    OlderPage,
    SendText,
)
from chatdesk.domain.ids import OutgoingId, RemoteId
from chatdesk.domain.kinds import (
    KeyGrade,
    NoticeCode,
    ParkReason,
    PresenceState,
    Progress,
)
from chatdesk.domain.steps import Call, Connect, Done, Emit, NeedsPassword, Next, Parked
from chatdesk.platforms.omw.limits import LIMITS
from tests.platforms.omw.paper import (
    BOOKING,
    GATE,
    HTML_404,
    OTHER,
    SESSION,
    Paper,
    call_of,
    cursor,
    emit_of,
    fresh_jwt,
    pushed,
    put,
    record,
    requests,
    session,
    sessions,
)

SEND = SendText(SESSION, OutgoingId("a" * 32), "a" * 32, "on my way")
START = Act(Action(kind=ActionKind.START_CHAT, order=BOOKING))


def test_trap_1_early_emits_vanish() -> None:
    """A join is repeated after 500 ms, 1 s and 2 s until it is answered; nothing else is sent before."""
    paper = Paper()
    waits = []
    paper.want(SEND)
    for _ in range(4):
        step = emit_of(paper.again())
        assert (step.event, step.args) == ("join_chat", ({"sessionId": 41},))
        waits.append(step.timeout_ms)
        assert isinstance(paper.nothing(), VerdictLater)
    assert waits == [500, 1_000, 2_000, 2_000]
    paper.again()
    assert paper.packet("joined_chat", {"sessionId": 41}).verdicts == (VerdictStored(1),)
    assert emit_of(paper.again()).event == "send_message"
    paper.cut()
    paper.accepted()
    assert emit_of(paper.want(SEND)).event == "join_chat"


def test_trap_1_a_late_answer_of_a_join_counts() -> None:
    """What answers an earlier try lets us in as well."""
    paper = Paper()
    paper.want(Joined(SESSION))
    paper.nothing()
    paper.joined("41")
    assert paper.again() == Done()


def test_trap_2_one_at_a_time() -> None:
    """Whatever can fail without a name holds one and the same lane until its answer, or for a moment."""
    paper = Paper()
    join = emit_of(paper.want(SEND))
    paper.joined()
    send = emit_of(paper.again())
    assert {join.lane, send.lane} == {"socket"}
    assert send.commits
    assert not join.commits
    assert send.timeout_ms == 10_000


def test_trap_3_no_acks_no_ids_no_duplicate_check() -> None:
    """Without an answer a send's outcome is unknown, and no client id is sent or believed in."""
    paper = Paper()
    assert paper.adapter.key_grade(paper.facts) is KeyGrade.NONE
    paper.joined()
    step = emit_of(paper.want(SEND))
    assert step.args == ({"sessionId": 41, "content": "on my way", "messageType": "text"},)
    assert isinstance(paper.nothing("timeout"), VerdictUnknown)
    paper.want(SEND)
    assert isinstance(paper.nothing("cut"), VerdictUnknown)
    paper.want(SEND)
    assert isinstance(paper.nothing("cut", left=False), VerdictLater)


def test_trap_4_rest_is_only_for_want_of_a_socket() -> None:
    """By socket while there is one; by REST else, and then the answer itself has the id."""
    paper = Paper()
    paper.joined()
    assert isinstance(paper.want(SEND), Emit)
    paper.facts = put(paper.facts, online=False)
    step = call_of(paper.want(SEND))
    assert (step.method, step.path) == ("POST", "/api/chat/sessions/41/messages")
    assert step.commits
    message = {**record(1001, "on my way", own=True), "session_id": "41"}
    reading = paper.answer(200, {"success": True, "message": message})
    assert reading.verdicts == (VerdictStored(1, RemoteId("1001")),)
    assert paper.adapter.normalise("  on my way\ufeff") == paper.adapter.normalise("on my way")


def test_trap_5_times_in_an_unknown_zone_order_nothing() -> None:
    """A later id with an earlier time stands later: the cursor is the id, padded."""
    paper = Paper()
    events = [*paper.push("new_message", pushed(1001)), *paper.push("new_message", pushed(999))]
    cursors = [event.cursor for event in events if isinstance(event, MessageSeen)]
    assert cursors == [cursor(1001), cursor(999)]
    assert cursor(999) < cursor(1001)


def test_trap_5_the_answer_of_a_send_tells_the_zone() -> None:
    """Its time was made just now: beside the Date header it shows the offset."""
    paper = Paper()
    paper.facts = put(paper.facts, online=False)
    paper.want(SEND)
    message = {**record(1001, own=True), "created_at": "2026-11-20 13:30:02"}
    headers = {"date": "Fri, 20 Nov 2026 08:00:01 GMT"}
    (seen, *_) = paper.answer(200, {"success": True, "message": message}, headers=headers).events
    assert isinstance(seen, MessageSeen)
    assert seen.sent_at_us == 1_795_161_602_000_000
    assert paper.facts.learnt["zone_offset_us"].value == str(19_800 * 1_000_000)


@pytest.mark.parametrize(
    ("status", "body", "is_json", "expected"),
    [
        (403, {"success": False, "message": "Invalid or expired token"}, True, NeedsPassword),
        (401, {"message": "Authorization header missing"}, True, NeedsPassword),
        (403, {"error": GATE}, True, Call),
        (404, HTML_404, False, Parked),
        (500, "<html>x</html>", False, type(None)),
    ],
)
def test_trap_6_a_403_has_two_meanings(status: int, body: Any, is_json: bool, expected: type[Any]) -> None:
    """A void token, or a session that is not ours: told apart by the body; pages of HTML are neither."""
    paper = Paper()
    paper.want(FreshHead(SESSION))
    paper.answer(status, body, is_json=is_json)
    after = paper.again()
    if expected is type(None):
        assert not isinstance(after, NeedsPassword | Parked)
    else:
        assert isinstance(after, expected)


def test_trap_7_the_list_tells_what_no_event_does() -> None:
    """It is read every 45 s; new sessions are in it, and those that are over no longer."""
    assert 30_000 <= LIMITS.refresh_lists_ms <= 60_000
    assert 30_000 <= LIMITS.poll_ms <= 60_000
    paper = Paper()
    paper.want(FreshLists())
    (order, conversation) = paper.answer(200, sessions(session())).events
    assert isinstance(order, OrderSeen)
    assert isinstance(conversation, ConversationSeen)
    assert (conversation.title, conversation.unread, conversation.order_remote_id) == (
        "Customer One",
        2,
        BOOKING,
    )


def test_trap_8_participants_are_no_parties() -> None:
    """A row under a profile's id is nobody's presence; only the other side's own id counts."""
    paper = Paper()
    paper.want(FreshLists())
    paper.answer(200, sessions(session()))
    rows = [{"user_id": 7, "is_online": 1}, {"user_id": 201, "is_online": 0, "last_seen_at": None}]
    for customer, said in ((201, True), (205, False)):
        paper.want(FreshOrder(BOOKING, BOOKING))
        paper.answer(200, {"success": True, "booking": {"id": 109, "service_status": "assigned"}})
        paper.again()
        detail = session(customer_id=customer, provider_id=202, participants=rows)
        events = paper.answer(200, {"success": True, "session": detail}).events
        here = [event.person_id for event in events if isinstance(event, PresenceSeen)]
        assert here == ([OTHER] if said else [])


def test_section_10_presence_is_polled_for_what_was_looked_at() -> None:
    """No event tells of it: each reading of the lists ends with the detail of the session seen last."""
    paper = Paper()
    paper.want(FreshLists())
    paper.answer(200, sessions(session()))
    paper.again()
    paper.answer(200, requests())
    assert paper.again() == Done()
    paper.want(FreshOrder(BOOKING, BOOKING))
    paper.answer(200, {"success": True, "booking": {"id": 109, "service_status": "assigned"}})
    detail = {"success": True, "session": session(customer_id=201, provider_id=202)}
    paper.again()
    paper.answer(200, detail)
    paper.want(FreshLists())
    paper.answer(200, sessions(session()))
    paper.again()
    paper.answer(200, requests())
    assert call_of(paper.again()).path == "/api/chat/sessions/41"
    rows = [{"user_id": 201, "is_online": 1, "last_seen_at": "2026-11-20 13:11:21"}]
    detail["session"]["participants"] = rows  # type: ignore[index]
    here = [event for event in paper.answer(200, detail).events if isinstance(event, PresenceSeen)]
    assert [(one.person_id, one.state) for one in here] == [(OTHER, PresenceState.ONLINE)]
    assert paper.again() == Done()


def test_trap_9_a_good_token_survives_the_database() -> None:
    """`Invalid authentication token` may be an outage: the token is kept, and tried again later."""
    paper = Paper()
    paper.facts = put(paper.facts, online=False)
    assert isinstance(paper.want(Connected()), Connect)
    (verdict,) = paper.refused("Invalid authentication token").verdicts
    assert verdict == VerdictLater(1, 0, "Invalid authentication token")
    assert isinstance(paper.again(), Connect)
    over = Paper(access=fresh_jwt(age_s=20_000))
    over.facts = put(over.facts, online=False)
    assert isinstance(over.want(Connected()), Connect), "our clock may be wrong: the server is asked"
    over.refused("Invalid authentication token")
    assert over.want(Connected()) == NeedsPassword(NoticeCode.AUTH_REQUIRED)


def test_trap_10_a_session_is_there_only_if_its_detail_is() -> None:
    """After a refusal the session itself is read, never made anew: an ended one would be returned as fine."""
    paper = Paper()
    paper.joined()
    paper.want(SEND)
    paper.fails(GATE)
    step = call_of(paper.want(SEND))
    assert (step.method, step.path) == ("GET", "/api/chat/sessions/41")


def test_trap_11_types_are_what_they_are() -> None:
    """Ids as number or text, decimals as text, a picture without a file, ids of receipts as anything."""
    paper = Paper()
    value: Any
    for value in (41, "41", 41.0):
        (seen, *_) = paper.push("new_message", pushed(1001, session_id=value, message_type="image"))
        assert isinstance(seen, MessageSeen)
        assert seen.conversation == SESSION
    for value in ("41abc", True, -41, 0, None, [41], "\u0664\u0661"):
        paper = Paper()
        assert paper.push("new_message", pushed(1001, session_id=value)) == [Dropped(reason="malformed")]
    customer = Paper("customer")
    customer.want(FreshOrder(BOOKING, BOOKING))
    body = {"booking": {"id": 109, "total_amount": "590.00", "price": 500, "service_status": "booked"}}
    (order,) = customer.answer(200, body).events
    assert isinstance(order, OrderSeen)
    assert {(line.key, line.value) for line in order.fields or ()} == {("total", "590.00"), ("price", "500")}


def test_trap_12_what_an_upload_would_be_refused_for_is_refused_here() -> None:
    """Types by extension with the declaration that passes, the exact limit, and our own name for the file."""
    paper = Paper()

    def upload(name: str, size_bytes: int = 70) -> Next:
        kind = ActionKind.UPLOAD
        return paper.want(Act(Action(kind=kind, path=f"/staged/{name}", size_bytes=size_bytes)))

    declared = {"a.txt": "application/txt", "a.doc": "application/doc", "B.PNG": "image/png"}
    for name, content_type in declared.items():
        file = call_of(upload(name)).file
        assert file is not None
        assert (file.field, file.filename, file.content_type) == ("file", name, content_type)
    for name in ("a.webp", "a.exe", "a.svg", "a", "png", "a.png.exe", "a.mp3"):
        assert upload(name) == Parked(ParkReason.REFUSED, "Only images and documents are allowed")
    assert isinstance(upload("a.png", 10_485_759), Call)
    assert upload("a.png", 10_485_760) == Parked(ParkReason.TOO_LONG, "File too large")
    upload("фото.png")
    body = {"success": True, "file": {"url": "/uploads/chat/file-1.png", "name": "Ñ", "size": 70}}
    (verdict,) = paper.answer(200, body).verdicts
    assert isinstance(verdict, VerdictStored)
    assert verdict.result is not None
    assert verdict.result.attachment == Attachment(
        url="/uploads/chat/file-1.png", name="фото.png", content_type="image/png", size_bytes=70
    )
    assert paper.again() == Done()


def test_trap_8_a_500_at_creation_is_tried_once_more() -> None:
    """The mix-up of ids, or both sides at once: a second 500 is told in the server's words."""
    paper = Paper()
    failed = {"error": "Failed to create chat session"}
    assert isinstance(paper.want(START), Call)
    assert paper.verdict(500, failed) == VerdictLater(1, 500, "Failed to create chat session")
    step = call_of(paper.again())
    assert (step.method, step.path, step.body) == ("POST", "/api/chat/sessions", {"bookingId": 109})
    assert isinstance(paper.verdict(500, failed), VerdictRefused)
    assert paper.again() == Parked(ParkReason.REFUSED, "Failed to create chat session")


def test_trap_10_an_ended_session_is_returned_as_if_it_were_fine() -> None:
    """What a creation names is read before it is believed: 404 means that it is over."""
    paper = Paper()
    paper.want(START)
    made = {"success": True, "sessionId": 41, "message": "Chat session already exists"}
    assert isinstance(paper.verdict(200, made), VerdictStored)
    assert call_of(paper.again()).path == "/api/chat/sessions/41"
    reading = paper.answer(404, {"error": "Chat session not found"})
    assert isinstance(reading.events[0], ConversationGone)
    assert paper.again() == Parked(ParkReason.CLOSED, "Chat session not found")


def test_trap_13_a_join_is_announced_so_it_is_done_once() -> None:
    """On one connection a session is joined once, whoever asks again."""
    paper = Paper()
    paper.want(Joined(SESSION))
    paper.packet("joined_chat", {"sessionId": 41})
    assert paper.again() == Done()
    assert paper.want(Joined(SESSION)) == Done()


def test_trap_14_own_events_come_back() -> None:
    """Typing and joining of our other devices are nobody else's; own receipts clear the badge."""
    paper = Paper()
    assert paper.push("user_typing", {"sessionId": 41, "userId": 202, "isTyping": True}) == []
    assert paper.push("user_joined", {"sessionId": 41, "userId": 202}) == []
    paper.push("new_message", pushed(1001))
    (read,) = paper.push("messages_read", {"sessionId": 41, "readerId": 202, "messageIds": [1001]})
    assert isinstance(read, ReadSeen)
    assert read.by_self


def test_trap_15_no_origin_header() -> None:
    """No step names one; the token goes in the handshake's payload, without a scheme."""
    paper = Paper()
    paper.facts = put(paper.facts, online=False)
    step = paper.want(Connected())
    assert isinstance(step, Connect)
    assert step.headers == ()
    assert step.auth == {"token": paper.facts.account.secrets.access}
    call = call_of(paper.want(FreshLists()))
    assert [name.lower() for name, _ in call.headers] == ["authorization"]


def test_trap_16_pages_are_small_and_overlap() -> None:
    """Never more than 200, where `hasMore` is right, and always some messages twice."""
    paper = Paper()
    goals = (FreshHead(SESSION), FreshHead(SESSION, complete=True), OlderPage(SESSION, cursor(500), 100))
    for goal in goals:
        step = call_of(paper.want(goal))
        assert int(dict(step.query)["limit"]) <= 200
    assert dict(call_of(paper.step).query)["offset"] == "80"


def test_trap_17_a_new_status_is_its_own_label() -> None:
    """The column is free text: what nobody knows yet is shown as it is."""
    paper = Paper()
    paper.want(FreshLists())
    (order, _) = paper.answer(200, sessions(session(service_status="on_hold"))).events
    assert isinstance(order, OrderSeen)
    assert (order.status, order.status_label, order.progress) == ("on_hold", "on_hold", Progress.UNKNOWN)


def test_trap_18_telephone_numbers_stay_out() -> None:
    """They are in every message and list, and in nothing that is kept; nor is the code that starts work."""
    paper = Paper()
    paper.push("new_message", pushed(1001))
    paper.want(FreshLists())
    paper.answer(200, sessions(session()))
    paper.want(FreshOrder(BOOKING, BOOKING))
    booking = {"id": 109, "otp_code": "123456", "customer_phone": "5550000201", "notes": "ring twice"}
    paper.answer(200, {"success": True, "booking": booking})
    told = msgspec.json.encode(paper.events)
    assert b"ring twice" in told
    assert b"5550000" not in told
    assert b"123456" not in told


def test_trap_19_bookings_follow_the_role() -> None:
    """One person may be both: chats are the same, bookings are asked for by the role of this sign-in."""
    paths = {}
    for role in ("worker", "customer", "admin"):
        paper = Paper(role)
        paper.want(FreshLists())
        paper.answer(200, sessions())
        step = paper.again()
        paths[role] = step.path if isinstance(step, Call) else step
    assert paths == {
        "worker": "/api/worker-management/worker/booking-requests",
        "customer": "/api/customer/bookings/history",
        "admin": Done(),
    }
