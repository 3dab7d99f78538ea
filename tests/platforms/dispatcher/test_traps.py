"""The specification's short list of traps, one test each, by number."""

from __future__ import annotations

from chatdesk.domain.arrivals import (
    LinkLost,
    Packet,
    VerdictLater,
    VerdictStored,
    VerdictUnknown,
)
from chatdesk.domain.events import (
    Dropped,
    IdentityKnown,
    MessageSeen,
    NotificationSeen,
    OrderSeen,
    ReadSeen,
    Stale,
    WindowRead,
)
from chatdesk.domain.goals import (
    ChangeStatus,
    DeleteMessage,
    FreshHead,
    FreshLists,
    FreshNotifications,
    FreshOrder,
    Joined,
    MarkRead,
    Probe,
    SendText,
    SignIn,
    Typing,
)
from chatdesk.domain.ids import Cursor, OutgoingId, RemoteId
from chatdesk.domain.kinds import Feature, KeyGrade, NoticeCode, ParkReason, Support
from chatdesk.domain.steps import Done, Emit, NeedsPassword, Parked
from chatdesk.platforms import loose
from chatdesk.platforms.dispatcher import orders
from chatdesk.wire.dispatcher import names, texts
from tests.platforms.dispatcher.paper import (
    ME,
    NUMBER,
    ORDER,
    OTHER,
    OTHER_MAIL,
    Paper,
    call_of,
    emit_of,
    error,
    fresh_jwt,
    paged,
    put,
    record,
    success,
)

HELLO = SendText(ORDER, OutgoingId("0" * 32), "0" * 32, "hello")


def test_trap_1_the_echo_comes_before_the_answer_and_without_a_client_id() -> None:
    """Echo and answer are one message by id; nothing else ties them."""
    paper = Paper()
    paper.want(HELLO)
    sent = record(3, "hello", own=True)
    echo_reading = paper.read(Packet("new-message", ({"orderId": ORDER, "message": sent},)))
    assert echo_reading.verdicts == (), "an echo decides nothing: the answer names the id"
    verdict = paper.verdict(201, success(sent))
    assert verdict == VerdictStored(1, RemoteId(sent["id"]))
    echo, stored = [event for event in paper.events if isinstance(event, MessageSeen)]
    assert (echo.remote_id, echo.cursor, echo.client_id) == (stored.remote_id, stored.cursor, None)


def test_trap_2_outside_the_room_only_the_notification_tells() -> None:
    """It makes the head be read; inside the room the message itself came."""
    note = {
        "id": "6aff",
        "type": "order_updated",
        "actionText": "View Message",
        "metadata": {"orderId": ORDER},
    }
    paper = Paper()
    assert Stale(conversation=ORDER) in paper.push("notification", note)
    assert emit_of(paper.want(Joined(ORDER))).event == "join-order-room"


def test_trap_3_a_reconnect_loses_all_rooms_silently() -> None:
    """Every room is joined anew on every connection."""
    paper = Paper()
    paper.want(Joined(ORDER))
    paper.handed_over()
    assert paper.want(Joined(ORDER)) == Done()
    paper.read(LinkLost())
    paper.accepted()
    assert isinstance(paper.want(Joined(ORDER)), Emit)


def test_trap_4_page_1_can_be_the_oldest_or_the_newest() -> None:
    """The same goal ends at the newest message either way."""
    rows = [record(number) for number in range(1, 121)]
    for served in (rows, rows[::-1]):
        paper = Paper()
        paper.want(FreshHead(ORDER))
        page = 1
        for _ in range(4):
            start = (page - 1) * 50
            paper.answer(200, paged(served[start : start + 50], 120, page))
            step = paper.again()
            if call_of(step).path.endswith("unread-count"):
                break
            page = int(dict(call_of(step).query)["page"])
        (window,) = [event for event in paper.events if isinstance(event, WindowRead)]
        assert window.ids[-1] == rows[-1]["id"]
        assert window.reaches_head


def test_trap_5_the_order_list_needs_every_status_and_an_empty_search() -> None:
    """Left out, the list is empty or fails; as a regular expression it is never filled."""
    query = call_of(Paper().want(FreshLists())).query
    assert ("search", "") in query
    assert {value for name, value in query if name == "status[]"} == {*names.STATUS_LABELS, "all"}
    assert not [name for name, _ in query if name == "status"]


def test_trap_6_http_decides_and_failed_logins_are_400() -> None:
    """`status: 200` in the body of a 201, 400 for a wrong password."""
    paper = Paper()
    paper.want(HELLO)
    assert isinstance(paper.verdict(201, success(record(1, own=True))), VerdictStored)
    paper = Paper(access="", refresh="")
    paper.want(SignIn("x"))
    paper.answer(400, error(400, texts.ERR_WRONG_PASSWORD))
    assert paper.again() == NeedsPassword(NoticeCode.AUTH_FAILED, texts.ERR_WRONG_PASSWORD)


def test_trap_7_a_500_to_a_send_can_mean_stored() -> None:
    """Never repeated without looking."""
    paper = Paper()
    paper.want(HELLO)
    duplicate = error(500, "E11000 duplicate key error collection: test.orderchats")
    assert paper.verdict(500, duplicate) == VerdictUnknown(1, "HTTP 500")
    assert paper.adapter.key_grade(paper.facts) is KeyGrade.NONE


def test_trap_8_deletions_and_system_lines_are_not_pushed() -> None:
    """After a status push the history is read; moderation shows only in lists and notifications."""
    pushed = {
        "orderId": ORDER,
        "update": {"type": "order_status_updated", "order": {"_id": ORDER, "status": "charged"}},
    }
    assert Stale(conversation=ORDER) in Paper().push("order-updated", pushed)
    moderated = {
        "id": "6aff",
        "type": "order_updated",
        "title": "Order is now moderated",
        "actionText": "View Order",
        "actionUrl": f"/dashboard/orders/{NUMBER}",
        "metadata": {"orderId": ORDER},
    }
    assert Stale(order_number=NUMBER) in Paper().push("notification", moderated)


def test_trap_9_a_read_signal_is_not_stored() -> None:
    """`isRead` false says nothing; there is no number of unread to be had here."""
    paper = Paper()
    paper.push("new-message", {"orderId": ORDER, "message": record(1, own=True, isRead=False)})
    assert not [event for event in paper.events if isinstance(event, ReadSeen)]
    paper.facts = put(paper.facts, learnt={})
    assert paper.adapter.capabilities(paper.facts).features[Feature.SERVER_UNREAD] is Support.PROBE


def test_trap_10_no_event_waits_for_an_acknowledgement() -> None:
    """Every event of ours is over once it is handed over."""
    paper = Paper()
    for goal in (Joined(ORDER), Typing(ORDER, True), Typing(ORDER, False), MarkRead(ORDER, Cursor("1"))):
        emit = emit_of(paper.want(goal))
        assert (emit.timeout_ms, emit.args) == (0, (ORDER,))


def test_trap_11_membership_proves_nothing() -> None:
    """A stranger's message comes with the stranger's e-mail, and is not ours whatever it claims."""
    stranger = record(1, user={"id": "65a000000000000000000102", "email": "carrier2@example.test"})
    events = Paper().push("new-message", {"orderId": ORDER, "message": {**stranger, "senderType": "admin"}})
    (seen,) = [event for event in events if isinstance(event, MessageSeen)]
    assert (seen.sender_name, seen.own) == ("carrier2@example.test", False)


def test_trap_12_notification_filters_and_types_lie() -> None:
    """No `unreadOnly`; a message is known by its action, not its type."""
    assert "unreadOnly" not in dict(call_of(Paper().want(FreshNotifications())).query)
    note = {
        "id": "6aff",
        "type": "order_updated",
        "actionText": "View Message",
        "metadata": {"orderId": ORDER},
    }
    seen, stale = Paper().push("notification", note)
    assert isinstance(seen, NotificationSeen)
    assert stale == Stale(conversation=ORDER)


def test_trap_13_files_come_from_the_order_itself() -> None:
    """The file routes are the owner's alone, and names come garbled."""
    garbled = "разрешение.pdf".encode().decode("latin-1")
    files = [{"filename": "1-2-x.pdf", "originalname": garbled, "contentType": "application/pdf", "size": 3}]
    paper = Paper("moderator")
    assert call_of(paper.want(FreshOrder(ORDER, NUMBER))).path == f"/api/orders/{NUMBER}"
    paper.answer(200, success({"id": ORDER, "files": files}))
    (seen,) = paper.events
    assert isinstance(seen, OrderSeen)
    assert [file.name for file in seen.files or ()] == ["разрешение.pdf"]


def test_trap_14_moderate_answers_with_hollow_records() -> None:
    """An empty moderator and truck and a trailer of 24 feet are nothing."""
    hollow = {"_id": ORDER, "moderator": {}, "truck": {}, "trailer": {"length": 24}, "status": "processing"}
    seen = orders.raw(hollow)
    assert seen is not None
    assert (seen.participants, seen.fields) == (None, None)
    detailed = orders.detail({**hollow, "id": ORDER}, Paper().facts.account)
    assert detailed is not None
    assert (detailed.participants, detailed.fields) == ((), ())


def test_trap_15_two_logins_in_one_second_leak_a_token() -> None:
    """Tried once more after a second; the text goes nowhere."""
    paper = Paper(access="", refresh="")
    paper.want(SignIn("x"))
    leak = f'{texts.ERR_DUPLICATE_KEY_PREFIX} dup key: {{ token: "{fresh_jwt()}" }}'
    verdict = paper.verdict(500, error(500, leak))
    assert isinstance(verdict, VerdictLater)
    assert verdict.ms > 1_000
    assert "eyJ" not in str(verdict) + str(paper.events)
    assert "eyJ" not in loose.words(leak)


def test_trap_16_the_refresh_token_is_guarded_like_the_access_token() -> None:
    """It would be accepted in its place: it leaves only toward the refresh route, and shows nowhere."""
    paper = Paper(refresh=fresh_jwt(salt="refresh"))
    refresh = paper.facts.account.secrets.refresh
    for goal in (FreshLists(), FreshHead(ORDER), HELLO, Probe(), DeleteMessage(ORDER, RemoteId("6b"))):
        call = call_of(paper.want(goal))
        assert refresh not in f"{call.headers}{call.body}{call.query}"
    assert refresh not in repr(paper.facts)


def test_documented_order_of_things_on_a_status_request_without_a_value() -> None:
    """Such a request answers 500 and changes the order: none ever leaves."""
    assert Paper("admin").want(ChangeStatus(ORDER, NUMBER, "pending", "")) == Parked(ParkReason.REFUSED)


def test_identity_is_never_taken_from_a_payload() -> None:
    """Who we are is what the token said at sign-in."""
    paper = Paper()
    paper.push("user-joined-order", {"userId": OTHER, "orderId": ORDER})
    paper.push(
        "new-message", {"orderId": ORDER, "message": record(1, user={"id": OTHER, "email": OTHER_MAIL})}
    )
    assert paper.facts.account.user_id == ME
    assert not [event for event in paper.events if isinstance(event, IdentityKnown | Dropped)]
