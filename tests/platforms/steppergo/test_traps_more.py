"""The traps of the wire specification, section 10, each by its number: 11 to 21."""

from __future__ import annotations

import msgspec
import pytest

from chatdesk.domain.actions import Action, ActionKind
from chatdesk.domain.arrivals import (
    Packet,
    VerdictLater,
    VerdictRefused,
    VerdictStored,
    VerdictUnknown,
)
from chatdesk.domain.events import (
    Dropped,
    MessageSeen,
    Noticed,
    OrderSeen,
    ReadSeen,
    Stale,
    WindowRead,
)
from chatdesk.domain.goals import (
    Act,
    ChangeStatus,
    Connected,
    FreshHead,
    FreshLists,
    FreshOrder,
    OlderPage,
    Probe,
    Report,
    SignIn,
)
from chatdesk.domain.kinds import (
    Feature,
    MessageKind,
    NoticeCode,
    ParkReason,
    Progress,
    Support,
    Why,
)
from chatdesk.domain.steps import STREAM_EVENT, Call, Connect, Done, NeedsPassword, Parked
from chatdesk.platforms import routes
from chatdesk.platforms.steppergo import offers
from tests.platforms.paper import call_of, emit_of
from tests.platforms.steppergo.paper import (
    BOOKINGS_401,
    CONVERSATION,
    FOREIGN_TRIP,
    ME,
    OTHER,
    SESSION,
    SESSION_401,
    THIRD,
    TRIP,
    TRIP_2,
    Paper,
    cursor,
    driven_trip,
    driver_detail,
    history,
    message,
    message_id,
    public_trip,
    put,
    send,
)

CHANGE = ChangeStatus(TRIP, TRIP, "IN_PROGRESS", "DEPARTED")


def joined_paper(*records: dict[str, object], unread: int = 0) -> Paper:
    """A desk in one conversation, whose history was read."""
    paper = Paper()
    paper.joined()
    paper.want(FreshHead(TRIP))
    paper.answer(200, history(*records, unread=unread))
    return paper


# -- 11 ----------------------------------------------------------------------------------------------------


@pytest.mark.shows("steppergo", "history_paging", "no")
def test_trap_11_a_history_is_one_answer() -> None:
    """Whatever is asked for, one request without a page reads everything, and says so."""
    for goal in (FreshHead(TRIP), FreshHead(TRIP, complete=True), OlderPage(TRIP, cursor(9), 50)):
        paper = Paper()
        step = call_of(paper.want(goal))
        assert (step.path, step.query) == (f"/api/messages/{TRIP}", ())
        paper.answer(200, history(*(message(number) for number in range(120))))
        assert paper.again() == Done()
        (window,) = [event for event in paper.events if isinstance(event, WindowRead)]
        assert len(window.ids) == window.total == 120
        assert window.complete
        assert window.reaches_start
        assert window.reaches_head
        assert window.pages == 1


def test_trap_11_a_big_history_is_told_by_its_differences_and_read_less_often() -> None:
    """Of a thousand messages that have not changed only the newest are told again."""
    records = [message(number) for number in range(1_000)]
    paper = joined_paper(*records)
    paper.events.clear()
    paper.want(FreshHead(TRIP))
    records[3] = message(3, "changed")
    paper.answer(200, history(*records))
    told = [event.remote_id for event in paper.events if isinstance(event, MessageSeen)]
    assert len(told) == 201
    assert told[0] == message_id(3)
    (window,) = [event for event in paper.events if isinstance(event, WindowRead)]
    assert len(window.ids) == 1_000
    paper.later(200_000)
    paper.lists(driven_trip())
    assert Stale(conversation=TRIP) not in paper.events
    paper.events.clear()
    paper.want(FreshHead(TRIP, complete=True))
    paper.answer(200, history(*records))
    assert len([event for event in paper.events if isinstance(event, MessageSeen)]) == 1_000


# -- 12 ----------------------------------------------------------------------------------------------------


@pytest.mark.shows("steppergo", "read_per_conversation", "yes")
@pytest.mark.shows("steppergo", "read_per_message", "no")
def test_trap_12_reading_is_per_conversation_and_may_repeat() -> None:
    """X has read everything so far, as often as it comes; our other device clears our own number."""
    paper = joined_paper(message(1, own=True))
    payload = {"userId": OTHER, "conversationId": CONVERSATION}
    for _ in range(2):
        (mark,) = paper.push("messages:read", payload)
        assert mark == ReadSeen(conversation=TRIP, person_id=OTHER, by_self=False)
    (own,) = paper.push("messages:read", {"userId": ME, "conversationId": CONVERSATION})
    assert own == ReadSeen(conversation=TRIP, person_id=ME, by_self=True)
    (dropped,) = paper.push("messages:read", {"userId": OTHER, "conversationId": "celsewhere"})
    assert dropped == Dropped(reason="foreign")


def test_trap_12_in_a_group_the_first_reader_makes_it_read() -> None:
    """The history tells which own messages somebody has read, and so all before them."""
    read = {"status": "READ", "readAt": "2026-11-20T07:30:00.000Z"}
    paper = joined_paper(
        message(1, own=True, **read), message(2, own=True, **read), message(3), message(4, own=True)
    )
    (mark,) = [event for event in paper.events if isinstance(event, ReadSeen)]
    assert (mark.cursor, mark.by_self) == (cursor(2), False)


# -- 13 ----------------------------------------------------------------------------------------------------


@pytest.mark.shows("steppergo", "token_renewal", "no")
def test_trap_13_a_session_is_never_renewed() -> None:
    """Its end asks for the password; a 401 that wants another sort of token is not its end."""
    paper = Paper("PASSENGER")
    paper.want(FreshLists())
    for body in (BOOKINGS_401, {"error": "Token expired", "code": "TOKEN_EXPIRED"}):
        paper.step = Call(method="GET", path="/", note="bookings", headers=routes.bearer(paper.facts))
        assert isinstance(paper.verdict(401, body), VerdictStored)
        assert isinstance(paper.want(FreshHead(TRIP)), Call)
    assert isinstance(paper.verdict(401, {**SESSION_401, "code": "TOKEN_EXPIRED"}), VerdictRefused)
    paper.want(FreshHead(TRIP_2))
    assert isinstance(paper.verdict(401, SESSION_401), VerdictLater)
    assert paper.again() == NeedsPassword(NoticeCode.AUTH_REQUIRED)
    assert isinstance(paper.want(Connected()), NeedsPassword)
    assert isinstance(paper.want(SignIn("x")), Call)


@pytest.mark.shows("steppergo", "probing", "partial")
def test_trap_13_bookings_and_uploads_are_told_as_out_of_reach() -> None:
    """Asked once a day at most; uploads never, with the reason."""
    paper = Paper("PASSENGER")
    paper.lists()
    asked = call_of(paper.want(FreshLists()))
    assert asked.path == "/api/trips"
    paper.facts = put(paper.facts, now_us=paper.facts.now_us + 25 * 3_600 * 1_000_000)
    assert call_of(paper.want(FreshLists())).path == "/api/passengers/bookings"
    found = offers.capabilities(paper.facts)
    assert found.features[Feature.ATTACHMENTS] is Support.NO
    assert found.why[Feature.ATTACHMENTS] is Why.OUT_OF_REACH
    assert found.why[Feature.CHAT_LIST] is Why.OUT_OF_REACH


# -- 14 ----------------------------------------------------------------------------------------------------


def test_trap_14_a_drivers_route_answers_500_for_a_session_that_is_over() -> None:
    """A chat route says which it is: over, or refused for good; the order itself is read without."""
    words = {"error": "Failed to retrieve trip status"}
    paper = Paper()
    paper.want(CHANGE)
    assert isinstance(paper.verdict(500, words), VerdictStored)
    asked = call_of(paper.again())
    assert (asked.method, asked.path) == ("GET", "/api/messages/none")
    assert isinstance(paper.verdict(401, SESSION_401), VerdictLater)
    assert isinstance(paper.again(), NeedsPassword)
    good = Paper()
    good.want(CHANGE)
    good.answer(500, words)
    good.again()
    assert isinstance(good.verdict(404, {"error": "Trip not found"}), VerdictStored)
    assert good.again() == Parked(ParkReason.REFUSED, "Failed to retrieve trip status")
    detail = Paper()
    detail.lists(driven_trip())
    detail.want(FreshOrder(TRIP, TRIP))
    detail.answer(200, {"success": True, "data": public_trip(organizer=THIRD)})
    detail.again()
    detail.answer(500, words)
    assert detail.again() == Done()


# -- 15 ----------------------------------------------------------------------------------------------------


@pytest.mark.shows("steppergo", "status_change", "partial")
def test_trap_15_a_change_that_fails_by_design_is_told_after_reading_again() -> None:
    """500, then the status is still the old one: refused in the server's words, never tried by itself."""
    paper = Paper()
    paper.want(CHANGE)
    paper.answer(200, driver_detail())
    step = call_of(paper.again())
    assert (step.method, step.path, step.body) == (
        "PUT",
        f"/api/drivers/trips/{TRIP}/status",
        {"status": "DEPARTED"},
    )
    assert step.commits
    assert isinstance(paper.verdict(500, {"error": "Failed to update trip status"}), VerdictUnknown)
    assert Stale(order_number=TRIP) in paper.events
    paper.want(put(CHANGE, check_first=False))
    assert call_of(paper.step).method == "GET"
    paper.answer(200, driver_detail())
    assert paper.again() == Parked(ParkReason.REFUSED, "Failed to update trip status")
    paper.want(CHANGE)  # the person tries again
    paper.answer(200, driver_detail())
    assert call_of(paper.again()).method == "PUT"


def test_trap_15_a_change_that_failed_but_was_stored_is_done() -> None:
    """The reading decides, not the words; a third status is somebody else's."""
    paper = Paper()
    paper.want(put(CHANGE, check_first=False))
    paper.answer(500, {"error": "Failed to update trip status"})
    paper.want(CHANGE)
    paper.answer(200, driver_detail("DEPARTED"))
    assert paper.again() == Done()
    other = Paper()
    other.want(CHANGE)
    other.answer(200, driver_detail("EN_ROUTE"))
    assert other.again() == Parked(ParkReason.CHANGED_MEANWHILE, "En Route to Pickup")


@pytest.mark.shows("steppergo", "accept", "partial")
def test_trap_15_an_accept_that_says_it_worked_is_read_again() -> None:
    """Neither the answer nor the push changes the order: only what is stored."""
    paper = Paper()
    paper.joined()
    paper.want(Act(Action(kind=ActionKind.ACCEPT, order=TRIP)))
    paper.answer(200, {"success": True, "data": public_trip(organizer=OTHER, status="published")})
    step = call_of(paper.again())
    assert (step.method, step.path) == ("POST", f"/api/drivers/trips/accept/{TRIP}")
    assert step.commits
    reading = paper.answer(200, {"success": True, "message": "Trip accepted successfully!", "data": {}})
    assert isinstance(reading.verdicts[0], VerdictStored)
    assert reading.events == (Stale(order_number=TRIP), Stale())
    (hint,) = paper.push(
        "trip.status.updated", {"tripId": TRIP, "previousStatus": "PUBLISHED", "newStatus": "IN_PROGRESS"}
    )
    assert hint == Stale(order_number=TRIP)


# -- 16 ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["published", "PUBLISHED", "Published"])
def test_trap_16_statuses_come_in_either_case(status: str) -> None:
    """One status here, in upper case as the platform's own list; asked for in upper case as well."""
    paper = Paper()
    paper.want(FreshOrder(TRIP, TRIP))
    paper.answer(200, {"success": True, "data": public_trip(status=status)})
    (order,) = [event for event in paper.events if isinstance(event, OrderSeen)]
    assert (order.status, order.status_label, order.progress) == ("PUBLISHED", "Published", Progress.OPEN)
    step = call_of(Paper("ADMIN").want(FreshLists()))
    assert dict(step.query)["status"].isupper()


@pytest.mark.parametrize("price", ["5000", 5000, 5000.0])
def test_trap_16_money_comes_as_text_or_number(price: object) -> None:
    """The same line either way."""
    paper = Paper()
    paper.want(FreshOrder(TRIP, TRIP))
    paper.answer(200, {"success": True, "data": public_trip(pricing={"basePrice": price})})
    (order,) = [event for event in paper.events if isinstance(event, OrderSeen)]
    lines = {line.key: line.value for line in order.fields or ()}
    assert lines["price"] == "5000 KZT"


def test_trap_16_four_error_envelopes() -> None:
    """The words are always in `error`; the database's dump in `message` is shown to nobody."""
    dump = "Invalid `prisma.trip.findMany()` invocation: secret"
    paper = Paper("ADMIN")
    for _ in range(3):
        paper.want(FreshOrder(TRIP, TRIP))
        paper.answer(500, {"success": False, "error": "Failed to fetch trips", "message": dump})
    told = [event for event in paper.events if isinstance(event, Noticed)]
    assert b"prisma" not in msgspec.json.encode(paper.events)
    assert all("prisma" not in event.detail for event in told)
    for status, body, words in (
        (403, {"error": "Access denied"}, "Access denied"),
        (404, {"success": False, "error": "Trip not found"}, "Trip not found"),
        (400, {"error": "Validation failed", "details": [{"message": "x"}]}, "Validation failed"),
    ):
        paper = Paper()
        paper.want(FreshOrder(TRIP, TRIP))
        verdict = paper.verdict(status, body)
        assert isinstance(verdict, VerdictRefused)
        assert verdict.detail == words


# -- 17 ----------------------------------------------------------------------------------------------------


def test_trap_17_a_status_of_the_stream_is_a_hint() -> None:
    """Anybody may write into it, without an account: the trip is read again, and only that counts."""
    paper = Paper()
    path = f"/api/realtime/trip-status/{TRIP}"
    forged = {"type": "status_update", "tripId": FOREIGN_TRIP, "newStatus": "CANCELLED"}
    reading = paper.read(Packet(STREAM_EVENT, (path, forged)))
    assert reading.events == (Stale(order_number=TRIP),)


def test_trap_17_a_message_that_calls_itself_system_is_its_senders() -> None:
    """Shown as that person's text; only what nobody has sent would be the platform's own."""
    paper = Paper()
    paper.joined()
    (seen,) = paper.push("message:new", message(1, "pretend notice", type="SYSTEM"))
    assert isinstance(seen, MessageSeen)
    assert (seen.kind, seen.sender_id, seen.text) == (MessageKind.TEXT, OTHER, "pretend notice")
    (own,) = paper.push("message:new", message(2, "notice", type="SYSTEM", senderId=None, sender=None))
    assert isinstance(own, MessageSeen)
    assert own.kind is MessageKind.SYSTEM


# -- 18 ----------------------------------------------------------------------------------------------------


@pytest.mark.shows("steppergo", "report", "yes")
def test_trap_18_what_was_reported_is_not_shown() -> None:
    """The report goes out; its mark and its reason, which everybody is sent, stand nowhere."""
    paper = Paper()
    step = call_of(paper.want(Report(TRIP, message_id(1), "abusive words")))
    assert (step.path, step.body) == (
        "/api/messages/report",
        {"messageId": message_id(1), "reason": "abusive words"},
    )
    assert paper.verdict(200, {"success": True}) == VerdictStored(1)
    assert paper.again() == Done()
    paper.want(FreshHead(TRIP))
    paper.answer(200, history(message(1, isReported=True, reportReason="abusive words")))
    assert b"abusive" not in msgspec.json.encode(paper.events)


# -- 19 ----------------------------------------------------------------------------------------------------


def test_trap_19_hidden_messages_are_missing_from_the_next_history() -> None:
    """No event tells: the window is complete without them, in one answer, so the copies here go too."""
    paper = joined_paper(message(1), message(2), message(3))
    paper.events.clear()
    paper.want(FreshHead(TRIP))
    paper.answer(200, history(message(1), message(3)))
    (window,) = [event for event in paper.events if isinstance(event, WindowRead)]
    assert window.ids == (message_id(1), message_id(3))
    assert window.complete
    assert window.pages == 1
    paper.want(FreshHead(TRIP))
    paper.answer(200, history(message(1, isHidden=True), message(3)))
    assert [event.ids for event in paper.events if isinstance(event, WindowRead)][-1] == (message_id(3),)


def test_trap_19_a_window_with_an_unusable_record_hides_nothing() -> None:
    """What could not be read may be one of ours: such a reading proves no absence."""
    paper = joined_paper(message(1), {"content": "without an id"}, message(2, conversationId="celsewhere"))
    (window,) = [event for event in paper.events if isinstance(event, WindowRead)]
    assert not window.complete
    assert len([event for event in paper.events if isinstance(event, Dropped)]) == 2


# -- 20 ----------------------------------------------------------------------------------------------------


def test_trap_20_the_status_page_of_the_socket_is_no_health_check() -> None:
    """The socket has its own path; the connection test asks the chat, which refuses in known words."""
    paper = Paper()
    paper.offline()
    step = paper.want(Connected())
    assert isinstance(step, Connect)
    assert (step.socketio_path, step.auth) == ("api/socket", {"token": SESSION})
    probe = call_of(paper.want(Probe()))
    assert probe.path != "/api/socket"
    assert probe.headers == ()
    assert paper.verdict(401, {"error": "Authentication required"}) == VerdictStored(1)
    assert paper.again() == Done()
    other = Paper()
    other.want(Probe())
    page = {"status": "Socket.IO server running", "path": "/api/socket"}
    assert isinstance(other.verdict(200, page), VerdictRefused)
    assert isinstance(other.again(), Parked)


# -- 21 ----------------------------------------------------------------------------------------------------


def test_trap_21_a_connection_survives_the_end_of_its_session() -> None:
    """REST says 401 at once, the socket goes on; the next handshake fails, and the password is asked for."""
    paper = Paper()
    paper.joined()
    paper.want(FreshHead(TRIP))
    paper.answer(401, SESSION_401)
    assert isinstance(paper.again(), NeedsPassword)
    assert emit_of(paper.want(send())).event == "message:send"
    paper.cut()
    assert isinstance(paper.want(Connected()), NeedsPassword)
    fresh = Paper()
    fresh.offline()
    fresh.want(Connected())
    (verdict,) = fresh.refused("Invalid or expired session").verdicts
    assert isinstance(verdict, VerdictLater)
    assert fresh.again() == NeedsPassword(NoticeCode.AUTH_REQUIRED)


def test_trap_21_a_transport_that_fails_is_no_matter_of_the_session() -> None:
    """No socket server, or a database that is away: the lists go on by REST."""
    for words in (None, "Authentication failed"):
        paper = Paper()
        paper.offline()
        paper.want(Connected())
        paper.refused(words)
        assert isinstance(paper.again(), Connect)
        assert isinstance(paper.want(FreshLists()), Call)
