"""Send, delete, status, read mark, join, typing: the step that goes out, the verdict on what comes back."""

from __future__ import annotations

import pytest

from chatdesk.domain.arrivals import (
    LinkLost,
    Verdict,
    VerdictLater,
    VerdictRefused,
    VerdictStored,
    VerdictUnknown,
)
from chatdesk.domain.events import ConversationGone, MessageDeleted, MessageSeen, Noticed, OrderSeen
from chatdesk.domain.goals import (
    ChangeStatus,
    Connected,
    DeleteMessage,
    Joined,
    MarkRead,
    Probe,
    SendText,
    Typing,
)
from chatdesk.domain.ids import Cursor, OutgoingId, RemoteId
from chatdesk.domain.kinds import (
    ClosedWhy,
    Feature,
    KeyGrade,
    Lifecycle,
    NoticeCode,
    ParkReason,
    Progress,
    Source,
    Support,
)
from chatdesk.domain.steps import Call, Done, Parked, Wait
from chatdesk.platforms import announced
from chatdesk.wire.dispatcher import names, texts
from tests.platforms.dispatcher.paper import (
    HTML_404,
    NUMBER,
    ORDER,
    Paper,
    call_of,
    emit_of,
    error,
    fresh_jwt,
    put,
    record,
    success,
)

HELLO = SendText(ORDER, OutgoingId("0" * 32), "0" * 32, "hello")
HEALTH = {"status": "ok", "message": "Server is running"}
ANNOUNCED = {**HEALTH, "chatdesk": {"version": 1, "features": ["client_id", "seq"]}}


def offline(paper: Paper) -> Paper:
    paper.facts = put(paper.facts, online=False)
    paper.read(LinkLost())
    return paper


# -- send --------------------------------------------------------------------------------------------------


def test_a_send_is_one_post_with_order_and_text() -> None:
    """Without an announcement nothing else is in the body."""
    call = call_of(Paper().want(HELLO))
    assert (call.method, call.path, call.commits) == ("POST", "/api/chat/messages", True)
    assert call.body == {"orderId": ORDER, "message": "hello"}


@pytest.mark.shows("dispatcher", "send", "yes")
def test_a_201_binds_the_id() -> None:
    """HTTP decides: the body of a 201 says `status: 200`."""
    paper = Paper()
    paper.want(HELLO)
    sent = record(5, "hello", own=True)
    assert paper.verdict(201, success(sent)) == VerdictStored(1, RemoteId(sent["id"]))
    (seen,) = paper.events
    assert isinstance(seen, MessageSeen)
    assert (seen.own, seen.source, seen.text) == (True, Source.STORED, "hello")
    assert paper.again() == Done()


def test_a_201_without_a_record_is_stored_all_the_same() -> None:
    """The status is definite; the id is then found in history."""
    paper = Paper()
    paper.want(HELLO)
    assert paper.verdict(201, success({})) == VerdictStored(1, None)


REFUSED = [
    (400, error(400, texts.ERR_SEND_FIELDS), ParkReason.REFUSED),
    (400, error(400, texts.ERR_MESSAGE_TOO_LONG.format(limit=4000)), ParkReason.TOO_LONG),
    (403, error(403, texts.ERR_ACCESS_DENIED), ParkReason.FORBIDDEN),
    (404, error(404, texts.ERR_CHAT_NOT_FOUND), ParkReason.NOT_FOUND),
    (413, error(413, texts.ERR_BODY_TOO_LARGE), ParkReason.TOO_LONG),
    (409, error(409, "clientId was already used for another order"), ParkReason.REFUSED),
    (499, error(499, "odd"), ParkReason.REFUSED),
]


@pytest.mark.parametrize(("status", "body", "reason"), REFUSED)
def test_a_definite_no_parks_a_send_in_the_servers_words(
    status: int, body: dict[str, object], reason: ParkReason
) -> None:
    """400, 403, 404 with JSON: nothing was stored, and nothing will be."""
    paper = Paper()
    paper.want(HELLO)
    assert paper.verdict(status, body) == VerdictRefused(1, reason, str(body["message"]))
    assert paper.again() == Parked(reason, str(body["message"]))


@pytest.mark.parametrize("status", [403, 404])
def test_a_refused_send_closes_the_conversation(status: int) -> None:
    """A deployment that checks access: the chat can be read here but no longer written to."""
    paper = Paper()
    paper.want(HELLO)
    paper.answer(status, error(status, "Order not found or access denied"))
    assert paper.events == [
        ConversationGone(remote_id=ORDER, lifecycle=Lifecycle.READ_ONLY, why=ClosedWhy.ACCESS_WITHDRAWN)
    ]


UNKNOWN = [
    (500, error(500, "E11000 duplicate key error collection: orderchats"), True),
    (500, error(500, "Cast to ObjectId failed"), True),
    (502, "<html>Bad gateway</html>", False),
    (503, "", False),
    (504, "", False),
    (408, "", False),
    (200, "<html>sign in to the network</html>", False),
    (204, "", False),
    (302, "", False),
]


@pytest.mark.parametrize(("status", "body", "is_json"), UNKNOWN)
def test_what_may_have_stored_it_is_unknown(status: int, body: object, is_json: bool) -> None:
    """A 500 can mean stored; its raw text is never shown."""
    paper = Paper()
    paper.want(HELLO)
    verdict = paper.verdict(status, body, is_json=is_json)
    assert verdict == VerdictUnknown(1, f"HTTP {status}")
    assert paper.events == []


@pytest.mark.parametrize(
    ("left", "reason", "expected"),
    [
        (True, "timeout", VerdictUnknown(1, "timeout")),
        (True, "cut", VerdictUnknown(1, "cut")),
        (True, "redirect", VerdictUnknown(1, "redirect")),
        (True, "cancelled", VerdictUnknown(1, "cancelled")),
        (False, "unreachable", VerdictLater(1, 0, "unreachable")),
        (False, "tls", VerdictLater(1, 0, "tls")),
    ],
)
def test_no_answer_is_unknown_once_bytes_may_have_left(left: bool, reason: str, expected: Verdict) -> None:
    """Only where certainly nothing left is a send simply tried again."""
    paper = Paper()
    paper.want(HELLO)
    assert paper.nothing(reason, left=left) == expected


@pytest.mark.parametrize(
    ("retry_after", "wait_ms"),
    [
        ("7", 7_000),
        ("", 10_000),
        ("Fri, 20 Nov 2026 08:00:00 GMT", 10_000),
        ("-1", 10_000),
        ("99999999", 3_600_000),
    ],
)
def test_a_429_waits_as_long_as_the_server_says(retry_after: str, wait_ms: int) -> None:
    """Nothing was stored; within reason the server's own time counts."""
    paper = Paper()
    paper.want(HELLO)
    headers = {"retry-after": retry_after} if retry_after else {}
    verdict = paper.verdict(429, error(429, "Too many messages"), headers=headers)
    assert verdict == VerdictLater(1, wait_ms, "Too many messages")
    assert paper.events == [Noticed(code=NoticeCode.RATE_LIMITED, detail="Too many messages")]
    assert isinstance(paper.again(), Call)


def test_a_page_of_another_server_is_no_refusal() -> None:
    """404 with HTML: the route is missing, so this is not the server that we know; later."""
    paper = Paper()
    paper.want(HELLO)
    verdict = paper.verdict(404, HTML_404, is_json=False)
    assert isinstance(verdict, VerdictLater)
    assert verdict.ms >= 10_000


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", ParkReason.EMPTY),
        ("  \n\u200b\ufeff ", ParkReason.EMPTY),
        ("x" * 20_001, ParkReason.TOO_LONG),
    ],
)
def test_what_cannot_succeed_is_not_tried(text: str, reason: ParkReason) -> None:
    """The server would store a message of spaces; we don't send one."""
    assert Paper().want(put(HELLO, text=text)) == Parked(reason)


@pytest.mark.parametrize("room", ["", "../orders", "a b", "x" * 65, "65a0/../../x"])
def test_an_id_that_is_none_never_reaches_an_address(room: str) -> None:
    """Remote text is never part of a path."""
    paper = Paper()
    assert paper.want(put(HELLO, conversation=RemoteId(room))) == Parked(ParkReason.NOT_FOUND)
    assert paper.want(Joined(RemoteId(room))) == Parked(ParkReason.NOT_FOUND)


def test_a_client_id_goes_along_where_it_was_announced() -> None:
    """Announced on this connection; void again once the link is lost, since the server may be another."""
    paper = Paper()
    assert paper.adapter.key_grade(paper.facts) is KeyGrade.NONE
    paper.facts = announced.at_login(paper.facts, ANNOUNCED)
    offline(paper)
    call = call_of(paper.want(Connected()))
    assert (call.path, call.headers) == ("/health", ())
    assert paper.verdict(200, ANNOUNCED) == VerdictStored(1)
    assert paper.adapter.key_grade(paper.facts) is KeyGrade.IDEMPOTENT
    assert call_of(paper.want(HELLO)).body == {"orderId": ORDER, "message": "hello", "clientId": "0" * 32}
    capabilities = paper.adapter.capabilities(paper.facts)
    assert (capabilities.message_limit_chars, capabilities.sends_per_minute) == (4_000, 60)
    assert paper.want(put(HELLO, text="x" * 4_001)) == Parked(ParkReason.TOO_LONG)
    offline(paper)
    assert paper.adapter.key_grade(paper.facts) is KeyGrade.NONE
    assert "clientId" not in call_of(paper.want(HELLO)).body


@pytest.mark.parametrize(
    ("status", "body", "is_json", "good"),
    [
        (200, HEALTH, True, True),
        (200, ANNOUNCED, True, True),
        (200, {"status": "ok"}, True, False),
        (200, "<html>hello</html>", False, False),
        (404, HTML_404, False, False),
        (401, error(401, "no"), True, False),
    ],
)
def test_a_probe_tells_this_platform_from_others(
    status: int, body: object, is_json: bool, good: bool
) -> None:
    """The connection test is this one request, without a token."""
    paper = Paper(access="", refresh="")
    paper.want(Probe())
    verdict = paper.verdict(status, body, is_json=is_json)
    assert isinstance(verdict, VerdictStored if good else VerdictRefused)


# -- delete ------------------------------------------------------------------------------------------------

MESSAGE = RemoteId("6afffac90f359758693dd26b")
DELETE = DeleteMessage(ORDER, MESSAGE)


@pytest.mark.shows("dispatcher", "delete", "yes")
@pytest.mark.parametrize(
    ("status", "body"), [(200, success(None)), (404, error(404, texts.ERR_MESSAGE_NOT_FOUND))]
)
def test_deleted_and_gone_already_are_the_same(status: int, body: object) -> None:
    """Deleting is free to repeat: a 404 means that it is done."""
    paper = Paper()
    call = call_of(paper.want(DELETE))
    assert (call.method, call.path, call.commits) == ("DELETE", f"/api/chat/messages/{MESSAGE}", True)
    assert paper.verdict(status, body) == VerdictStored(1)
    assert paper.events == [MessageDeleted(conversation=ORDER, remote_id=MESSAGE)]


def test_other_peoples_messages_stay() -> None:
    """403: refused, and no tombstone."""
    paper = Paper()
    paper.want(DELETE)
    assert paper.verdict(403, error(403, texts.ERR_ACCESS_DENIED)) == VerdictRefused(
        1, ParkReason.FORBIDDEN, texts.ERR_ACCESS_DENIED
    )
    assert paper.events == []


def test_a_deletion_at_another_server_deletes_nothing_here() -> None:
    """404 with HTML is no word about the message."""
    paper = Paper()
    paper.want(DELETE)
    assert isinstance(paper.verdict(404, HTML_404, is_json=False), VerdictLater)
    assert [event for event in paper.events if isinstance(event, MessageDeleted)] == []


def test_a_deletion_without_an_answer_is_unknown() -> None:
    """The outbox repeats it."""
    paper = Paper()
    paper.want(DELETE)
    assert isinstance(paper.nothing(), VerdictUnknown)
    paper.want(DELETE)
    assert isinstance(paper.verdict(500, error(500, "Internal server error")), VerdictUnknown)


# -- order status ------------------------------------------------------------------------------------------

CHANGE = ChangeStatus(ORDER, NUMBER, "processing", "requires_invoice")


def detail(status: str) -> dict[str, object]:
    return success({"id": ORDER, "orderNumber": NUMBER, "status": status})


@pytest.mark.parametrize("role", ["user", "moderator"])
def test_only_administrators_set_statuses(role: str) -> None:
    """Others have no control for it; the server refuses what is asked for all the same."""
    paper = Paper(role)
    paper.want(CHANGE)
    paper.answer(200, detail(CHANGE.old))
    paper.again()
    verdict = paper.verdict(403, error(403, "Access denied. Required roles: admin"))
    assert isinstance(verdict, VerdictRefused)
    assert verdict.reason is ParkReason.FORBIDDEN
    assert not paper.adapter.capabilities(paper.facts).has(Feature.CHANGE_STATUS)


@pytest.mark.parametrize("status", ["all", "shipped", ""])
def test_values_that_are_no_status_are_never_sent(status: str) -> None:
    """`all` is stored by the server, and an empty request removes the status: neither leaves here."""
    assert Paper("admin").want(put(CHANGE, new=status)) == Parked(ParkReason.REFUSED)


@pytest.mark.shows("dispatcher", "status_change", "partial")
def test_a_status_is_looked_at_before_it_is_changed() -> None:
    """Read the order, then put; the answer is the raw record."""
    paper = Paper("admin")
    assert call_of(paper.want(CHANGE)).path == f"/api/orders/{NUMBER}"
    assert not call_of(paper.step).commits
    paper.answer(200, detail("processing"))
    call = call_of(paper.again())
    assert (call.method, call.path) == ("PUT", f"/api/orders/{ORDER}/status")
    assert (call.body, call.commits) == ({"status": "requires_invoice"}, True)
    raw = {"_id": ORDER, "orderNumber": NUMBER, "status": "requires_invoice"}
    assert paper.verdict(200, success(raw)) == VerdictStored(1)
    seen = paper.events[-1]
    assert isinstance(seen, OrderSeen)
    assert (seen.status, seen.progress) == ("requires_invoice", Progress.WAITING)
    assert paper.again() == Done()


def test_a_status_that_is_set_already_is_done() -> None:
    """After an unknown outcome the order tells that it worked."""
    paper = Paper("admin")
    paper.want(CHANGE)
    paper.answer(200, detail("requires_invoice"))
    assert paper.again() == Done()


def test_a_status_that_somebody_else_changed_asks_the_person() -> None:
    """Never blind: what was decided upon the old status may be wrong now."""
    paper = Paper("admin")
    paper.want(CHANGE)
    paper.answer(200, detail("cancelled"))
    assert paper.again() == Parked(ParkReason.CHANGED_MEANWHILE, "Cancelled")


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (403, error(403, "Access denied. Required roles: admin"), ParkReason.FORBIDDEN),
        (404, error(404, "Order not found"), ParkReason.NOT_FOUND),
        (400, error(400, "Invalid order status"), ParkReason.REFUSED),
    ],
)
def test_refused_status_changes(status: int, body: dict[str, object], expected: ParkReason) -> None:
    """A definite no is parked."""
    paper = Paper("admin")
    paper.want(put(CHANGE, check_first=False))
    assert paper.verdict(status, body) == VerdictRefused(1, expected, str(body["message"]))


def test_a_500_to_a_status_change_may_have_changed_it() -> None:
    """Seen on the platform: answered 500, stored and pushed."""
    paper = Paper("admin")
    paper.want(put(CHANGE, check_first=False))
    assert isinstance(paper.verdict(500, error(500, "Cannot read properties")), VerdictUnknown)


# -- read mark ---------------------------------------------------------------------------------------------

READ = MarkRead(ORDER, Cursor("1"))


@pytest.mark.shows("dispatcher", "probing", "yes")
def test_a_read_mark_tells_the_room_and_probes_the_route_once_a_day() -> None:
    """The signal is not stored; the documented route is absent here, which is remembered for a day."""
    paper = Paper()
    emit = emit_of(paper.want(READ))
    assert (emit.event, emit.args, emit.commits) == ("mark-read", (ORDER,), False)
    paper.handed_over()
    call = call_of(paper.again())
    assert (call.method, call.path, call.commits) == ("PATCH", f"/api/chat/orders/{ORDER}/read", True)
    assert paper.verdict(404, HTML_404, is_json=False) == VerdictStored(1)
    assert paper.again() == Done()
    assert not emit_of(paper.want(READ)).commits, "a signal that stores nothing cuts no socket later"
    assert paper.handed_over().verdicts == (VerdictStored(1),)
    assert paper.again() == Done()
    paper.later(25 * 3_600 * 1_000)
    paper.facts = put(paper.facts, account=Paper(access=fresh_jwt(age_s=-90_000)).facts.account)
    paper.want(READ)
    paper.handed_over()
    assert call_of(paper.again()).method == "PATCH"


def test_a_read_mark_is_stored_where_the_route_exists() -> None:
    """Then it also works without a socket."""
    paper = Paper()
    paper.want(READ)
    paper.handed_over()
    paper.again()
    assert paper.verdict(200, success(None)) == VerdictStored(1)
    assert paper.adapter.capabilities(paper.facts).features[Feature.STORED_READ] is Support.YES
    offline(paper)
    assert call_of(paper.want(READ)).method == "PATCH"


def test_a_read_mark_waits_for_the_socket_where_nothing_stores_it() -> None:
    """The room's signal is all there is."""
    assert isinstance(offline(Paper()).want(READ), Wait)


# -- join and typing ---------------------------------------------------------------------------------------


def test_a_room_is_joined_once_per_connection() -> None:
    """No confirmation ever comes; after a reconnect every room must be joined anew."""
    paper = Paper()
    emit = emit_of(paper.want(Joined(ORDER)))
    assert (emit.event, emit.args, emit.timeout_ms) == ("join-order-room", (ORDER,), 0)
    assert paper.handed_over().verdicts == (VerdictStored(1),)
    assert paper.again() == Done()
    assert paper.want(Joined(ORDER)) == Done()
    offline(paper)
    assert isinstance(paper.want(Joined(ORDER)), Wait)
    paper.accepted()
    assert emit_of(paper.want(Joined(ORDER))).event == "join-order-room"


def test_a_room_that_was_refused_in_words_is_not_tried_again() -> None:
    """chatdesk's own server checks access to rooms."""
    paper = Paper()
    paper.want(Joined(ORDER))
    paper.handed_over()
    paper.push("error", {"message": "Order not found", "event": "join-order-room", "orderId": ORDER})
    assert paper.events == [Noticed(code=NoticeCode.NOT_FOUND, detail="Order not found")]
    assert paper.want(Joined(ORDER)) == Parked(ParkReason.FORBIDDEN)


@pytest.mark.shows("dispatcher", "typing", "yes")
@pytest.mark.parametrize("on", [True, False])
def test_typing_is_said_once_and_never_late(on: bool) -> None:
    """Offline it is dropped."""
    paper = Paper()
    emit = emit_of(paper.want(Typing(ORDER, on)))
    assert (emit.event, emit.args) == ("typing-start" if on else "typing-stop", (ORDER,))
    paper.handed_over()
    assert paper.again() == Done()
    assert offline(paper).want(Typing(ORDER, on)) == Done()


@pytest.mark.shows("dispatcher", "send_rest", "yes")
def test_sending_needs_no_socket() -> None:
    """Sending is REST anyway."""
    assert call_of(offline(Paper()).want(HELLO)).path == names.ROUTE_SEND
