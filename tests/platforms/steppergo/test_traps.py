"""The traps of the wire specification, section 10, each by its number."""

from __future__ import annotations

import msgspec
import pytest

from chatdesk.domain.actions import Action, ActionKind, FindKind, Lookup
from chatdesk.domain.events import (
    ConversationGone,
    ConversationSeen,
    Dropped,
    IdentityKnown,
    ListsRead,
    MessageSeen,
    Noticed,
    OrderSeen,
    PositionSeen,
    ReadSeen,
    Stale,
    TypingSeen,
    WindowRead,
)
from chatdesk.domain.ids import Cursor, OutgoingId, RemoteId
from chatdesk.domain.kinds import (
    ClosedWhy,
    Feature,
    KeyGrade,
    Lifecycle,
    MessageKind,
    NoticeCode,
    ParkReason,
    Progress,
    Support,
    Why,
)
from chatdesk.domain.ports import (
    STREAM_EVENT,
    Act,
    Call,
    ChangeStatus,
    Connect,
    Connected,
    Done,
    Emit,
    Find,
    FreshHead,
    FreshLists,
    FreshNotifications,
    FreshOrder,
    Joined,
    MarkRead,
    NeedsPassword,
    OlderPage,
    Packet,
    Parked,
    Probe,
    Report,
    SendText,
    SignIn,
    Typing,
    VerdictLater,
    VerdictRefused,
    VerdictStored,
    VerdictUnknown,
)
from chatdesk.platforms.steppergo import auth, offers
from chatdesk.platforms.steppergo.limits import LIMITS
from tests.platforms.paper import call_of, emit_of
from tests.platforms.steppergo.paper import (
    BOOKINGS_401,
    CONVERSATION,
    CONVERSATION_2,
    FOREIGN_TRIP,
    ME,
    MY_MAIL,
    OTHER,
    OUT_ID,
    RECORD_ID,
    SESSION,
    SESSION_401,
    THIRD,
    TRIP,
    TRIP_2,
    Paper,
    cursor,
    driven_trip,
    driver_detail,
    driver_trips,
    history,
    message,
    message_id,
    public_trip,
    put,
    send,
)

ACCESS = "Access denied to this conversation"
CHANGE = ChangeStatus(TRIP, TRIP, "IN_PROGRESS", "DEPARTED")


def joined_paper(*records: dict[str, object], unread: int = 0) -> Paper:
    """A desk in one conversation, whose history was read."""
    paper = Paper()
    paper.joined()
    paper.want(FreshHead(TRIP))
    paper.answer(200, history(*records, unread=unread))
    return paper


# -- 1 -----------------------------------------------------------------------------------------------------


def test_trap_1_errors_name_nothing_so_one_step_at_a_time_is_open() -> None:
    """Joins, sends, read marks and subscriptions share a lane and have their own time; typing needs none."""
    paper = Paper()
    join = emit_of(paper.want(Joined(TRIP)))
    paper.joined()
    text = emit_of(paper.want(send()))
    mark = emit_of(paper.want(MarkRead(TRIP, Cursor("9"))))
    assert {join.lane, text.lane, mark.lane} == {"socket"}
    assert all(step.timeout_ms > 0 for step in (join, text, mark))
    typing = emit_of(paper.want(Typing(TRIP, True)))
    assert (typing.lane, typing.timeout_ms) == (None, 0)


def test_trap_1_an_error_belongs_to_the_step_whose_words_it_has() -> None:
    """The words of another sort of step refuse nothing here; they are only told."""
    paper = Paper()
    paper.want(Joined(TRIP))
    assert paper.packet("error", {"message": "Failed to send message"}).verdicts == ()
    verdict = paper.fails(ACCESS)
    assert isinstance(verdict, VerdictRefused)
    paper = Paper()
    paper.joined()
    paper.want(send())
    assert paper.packet("error", {"message": ACCESS}).verdicts == ()
    assert isinstance(paper.fails("Failed to send message"), VerdictUnknown)


def test_trap_1_after_a_step_that_was_given_up_its_error_is_nobody_elses() -> None:
    """A join that timed out may be refused late: the next join asks again before it believes so."""
    paper = Paper()
    paper.want(Joined(TRIP))
    assert isinstance(paper.nothing(), VerdictLater)
    paper.want(Joined(TRIP_2))
    assert isinstance(paper.fails(ACCESS), VerdictLater)
    assert isinstance(paper.again(), Emit)
    assert isinstance(paper.fails(ACCESS), VerdictRefused)


def test_trap_1_a_confirmation_is_told_by_our_id_alone() -> None:
    """The late confirmation of an earlier send is not this one's."""
    paper = Paper()
    paper.joined()
    paper.want(send())
    late = paper.packet("message:sent", {"messageId": message_id(1), "tempId": "b" * 32})
    assert late.verdicts == ()
    mine = paper.packet("message:sent", {"messageId": message_id(2), "tempId": OUT_ID})
    assert mine.verdicts == (VerdictStored(1, message_id(2)),)


# -- 2 -----------------------------------------------------------------------------------------------------


def test_trap_2_every_connect_joins_anew_and_reads_after_it() -> None:
    """Joined on this connection only; a send waits for it; the history is read whole whatever was pushed."""
    paper = Paper()
    step = emit_of(paper.want(send()))
    assert (step.event, step.args) == ("join:conversation", ({"tripId": TRIP},))
    answer = {"conversationId": CONVERSATION, "tripId": TRIP}
    assert paper.packet("conversation:joined", answer).verdicts == (VerdictStored(1),)
    assert emit_of(paper.again()).event == "message:send"
    paper.cut()
    paper.accepted()
    assert emit_of(paper.want(send())).event == "join:conversation"
    assert emit_of(paper.want(Joined(TRIP))).event == "join:conversation"
    paper.packet("conversation:joined", answer)
    assert paper.again() == Done()
    assert call_of(paper.want(FreshHead(TRIP))).path == f"/api/messages/{TRIP}"


def test_trap_2_a_join_without_an_answer_is_tried_again_and_then_given_back() -> None:
    """Three times, each with its own time; nothing is ever emitted beside it."""
    paper = Paper()
    paper.want(Joined(TRIP))
    for _ in range(3):
        assert emit_of(paper.step).event == "join:conversation"
        assert isinstance(paper.nothing(), VerdictLater)
        paper.again()
    assert paper.step == Parked(ParkReason.REFUSED, "Failed to join conversation")


# -- 3 -----------------------------------------------------------------------------------------------------


def test_trap_3_an_assigned_driver_may_be_locked_out_of_the_chat() -> None:
    """Not available for this role, which is no matter of the sign-in; not asked again on this connection."""
    paper = Paper()
    paper.lists(driven_trip())
    paper.want(Joined(TRIP))
    assert isinstance(paper.fails(ACCESS), VerdictRefused)
    gone = ConversationGone(remote_id=TRIP, lifecycle=Lifecycle.READ_ONLY, why=ClosedWhy.NOT_FOR_ROLE)
    assert paper.events[-1] == gone
    assert paper.want(FreshHead(TRIP)) == Parked(ParkReason.FORBIDDEN, ACCESS)
    assert paper.want(send()) == Parked(ParkReason.FORBIDDEN, ACCESS)
    assert paper.want(MarkRead(TRIP, Cursor("9"))) == Done()
    assert not isinstance(paper.want(FreshLists()), NeedsPassword)
    assert isinstance(paper.want(FreshOrder(TRIP, TRIP)), Call)


@pytest.mark.shows("steppergo", "lifecycle", "partial")
def test_trap_3_access_that_is_withdrawn_is_told_and_may_come_back() -> None:
    """Refused by REST where we had been in; the next connection asks again, and opens it again."""
    paper = joined_paper(message(1))
    paper.want(FreshHead(TRIP))
    assert isinstance(paper.verdict(403, {"error": "Access denied"}), VerdictRefused)
    assert paper.events[-1] == ConversationGone(
        remote_id=TRIP, lifecycle=Lifecycle.READ_ONLY, why=ClosedWhy.ACCESS_WITHDRAWN
    )
    paper.cut()
    paper.accepted()
    paper.want(FreshHead(TRIP))
    paper.events.clear()
    paper.answer(200, history(message(1)))
    opened = [event for event in paper.events if isinstance(event, ConversationSeen)]
    assert [event.lifecycle for event in opened] == [Lifecycle.OPEN]


def test_trap_3_a_trip_that_is_over_may_still_be_written_to() -> None:
    """Nothing in documents or recordings ends the writing with the trip."""
    paper = Paper()
    paper.lists(driven_trip(status="COMPLETED"))
    seen = [event for event in paper.events if isinstance(event, ConversationSeen)]
    assert [event.lifecycle for event in seen] == [None]
    paper.joined()
    assert emit_of(paper.want(send())).event == "message:send"


# -- 4 -----------------------------------------------------------------------------------------------------


@pytest.mark.shows("steppergo", "conversation_list", "partial")
def test_trap_4_the_list_is_made_of_trips() -> None:
    """A driver's own, those that we organize out of the public ones of every status; none of others."""
    paper = Paper()
    public = {
        "PUBLISHED": [public_trip(TRIP_2), public_trip(FOREIGN_TRIP, organizer=THIRD)],
        "COMPLETED": [public_trip(RemoteId("ctripold"), status="completed")],
    }
    paper.lists(driven_trip(), public=public)
    seen = [event.remote_id for event in paper.events if isinstance(event, ConversationSeen)]
    assert seen == [TRIP, TRIP_2, "ctripold"]
    assert isinstance(paper.events[-1], ListsRead)
    assert all(
        event.order_remote_id == event.remote_id
        for event in paper.events
        if isinstance(event, ConversationSeen)
    )


def test_trap_4_a_passengers_trips_are_asked_for_sparingly() -> None:
    """Ten public trips a round, each once, those under way first; 200 means that there is a chat for us."""
    paper = Paper("PASSENGER")
    trips = [
        public_trip(f"ctrip{number:019d}", organizer=OTHER, status="published") for number in range(100, 115)
    ]
    under_way = public_trip(FOREIGN_TRIP, organizer=OTHER)
    found = {"PUBLISHED": trips, "IN_PROGRESS": [under_way]}
    asked: list[str] = []

    def read_all() -> None:
        step = paper.want(FreshLists())
        while isinstance(step, Call):
            if step.path == "/api/passengers/bookings":
                paper.answer(401, BOOKINGS_401)
            elif step.path == "/api/trips":
                data = found.get(dict(step.query)["status"], [])
                paper.answer(200, {"success": True, "data": data, "count": len(data)})
            else:
                asked.append(step.path.rsplit("/", 1)[-1])
                mine = asked[-1] == FOREIGN_TRIP
                body = history(message(1)) if mine else {"error": "Access denied"}
                paper.answer(200 if mine else 403, body)
            step = paper.again()

    read_all()
    assert asked[0] == FOREIGN_TRIP
    assert len(asked) == 10
    seen = [event.remote_id for event in paper.events if isinstance(event, ConversationSeen)]
    assert seen == [FOREIGN_TRIP]
    assert not [event for event in paper.events if isinstance(event, MessageSeen)]
    read_all()
    assert len(asked) == len(set(asked)) == 16


# -- 5 -----------------------------------------------------------------------------------------------------


@pytest.mark.shows("steppergo", "roles", "yes")
def test_trap_5_a_driver_has_two_ids() -> None:
    """The record id comes with the drivers' sign-in alone, outlives the process, and is nobody in a chat."""
    paper = Paper("", seat="driver")
    paper.facts = put(paper.facts, learnt={})
    step = call_of(paper.want(SignIn("secret", "driver", remember=True)))
    assert step.path == "/api/drivers/login"
    assert step.body == {"email": MY_MAIL, "password": "secret", "remember": True}
    user = {"id": ME, "name": "Driver Alpha", "email": MY_MAIL, "role": "DRIVER"}
    session = {"token": "T" * 64, "expiresAt": "2026-12-20T07:47:01.298Z"}
    paper.answer(200, {"user": user, "driver": {"id": RECORD_ID}, "session": session})
    (known,) = [event for event in paper.events if isinstance(event, IdentityKnown)]
    assert (known.user_id, known.role) == (ME, "DRIVER")
    again = Paper()
    again.facts = put(again.facts, learnt=paper.facts.learnt)
    assert call_of(again.want(FreshLists())).path == f"/api/drivers/{RECORD_ID}/trips"
    notices = call_of(again.want(FreshNotifications()))
    assert notices.headers == (("x-driver-id", RECORD_ID),)
    again.joined()
    (mine,) = [
        event for event in again.push("message:new", message(1, own=True)) if isinstance(event, MessageSeen)
    ]
    assert mine.own


def test_trap_5_everybody_else_signs_in_at_the_general_route() -> None:
    """The seat decides, the goal's role before it; without either, what is known of the account."""
    paper = Paper("PASSENGER", seat="traveller")
    step = call_of(paper.want(SignIn("x", remember=False)))
    assert (step.path, step.body) == ("/api/auth/login", {"email": MY_MAIL, "password": "x"})
    assert call_of(paper.want(SignIn("x", "driver"))).path == "/api/drivers/login"
    assert call_of(Paper("DRIVER", seat="traveller").want(SignIn("x"))).path == "/api/auth/login"


def test_trap_5_positions_name_the_driver_by_either_id() -> None:
    """Replayed by user id, live by record id: it is the trip's driver all the same."""
    paper = Paper()
    paper.joined()
    for who in (ME, RECORD_ID):
        (seen,) = paper.push(
            "driver.location.updated",
            {"tripId": TRIP, "driverId": who, "latitude": 43.24, "longitude": 76.89},
        )
        assert isinstance(seen, PositionSeen)
        assert (seen.order, seen.latitude, seen.longitude) == (TRIP, 43.24, 76.89)


# -- 6 -----------------------------------------------------------------------------------------------------


@pytest.mark.shows("steppergo", "typing", "partial")
def test_trap_6_typing_names_no_conversation() -> None:
    """Shown where exactly one joined conversation has that person in it, and stopped there."""
    paper = joined_paper(message(1))
    (on,) = paper.push("typing:start", {"userId": OTHER, "userName": "Passenger Bravo"})
    assert on == TypingSeen(conversation=TRIP, person_id=OTHER, name="Passenger Bravo", on=True)
    (off,) = paper.push("typing:stop", {"userId": OTHER})
    assert off == TypingSeen(conversation=TRIP, person_id=OTHER, name="Passenger Bravo", on=False)
    assert paper.push("typing:stop", {"userId": OTHER}) == []
    assert paper.push("typing:start", {"userId": ME, "userName": "Driver Alpha"}) == []


def test_trap_6_typing_in_one_of_two_shared_conversations_shows_nowhere() -> None:
    """With two places it can't be told; with a second one that is not joined here it can."""
    paper = joined_paper(message(1))
    paper.joined(TRIP_2, CONVERSATION_2)
    assert len(paper.push("typing:start", {"userId": OTHER})) == 1
    paper.want(FreshHead(TRIP_2))
    paper.answer(200, history(message(2, conversationId=CONVERSATION_2), conversation=CONVERSATION_2))
    (off,) = paper.push("typing:start", {"userId": OTHER})
    assert isinstance(off, TypingSeen)
    assert not off.on
    assert paper.push("typing:start", {"userId": OTHER}) == []


def test_trap_6_typing_to_a_wrong_conversation_does_not_show() -> None:
    """Nobody checks who emits it: somebody who takes part in none of ours is shown in none."""
    paper = joined_paper(message(1))
    assert paper.push("typing:start", {"userId": THIRD, "userName": "Outsider"}) == []


def test_trap_6_typing_ends_with_a_message_and_after_three_seconds() -> None:
    """The server has no timer and a disconnect no stop: a message ends it, else the time."""
    paper = joined_paper(message(1))
    paper.push("typing:start", {"userId": OTHER})
    seen, stopped = paper.push("message:new", message(2))
    assert isinstance(seen, MessageSeen)
    assert isinstance(stopped, TypingSeen)
    assert not stopped.on
    assert LIMITS.typing_expire_ms == 3_000


def test_trap_6_typing_is_never_emitted_without_an_object() -> None:
    """A null payload ends the server process: what has no conversation id is not emitted at all."""
    paper = Paper()
    assert paper.want(Typing(TRIP, True)) == Done()
    paper.joined()
    for on, event in ((True, "typing:start"), (False, "typing:stop")):
        step = emit_of(paper.want(Typing(TRIP, on)))
        assert (step.event, step.args) == (event, ({"conversationId": CONVERSATION},))
    paper.offline()
    assert paper.want(Typing(TRIP, True)) == Done()


# -- 7 -----------------------------------------------------------------------------------------------------


def test_trap_7_the_push_comes_before_the_confirmation_of_the_same_message() -> None:
    """One message by id; our id binds it to its send whichever comes first."""
    paper = Paper()
    paper.joined()
    paper.want(send())
    pushed = paper.packet("message:new", message(1, "on my way", own=True, metadata={"tempId": OUT_ID}))
    assert pushed.verdicts == ()
    (seen,) = pushed.events
    assert isinstance(seen, MessageSeen)
    assert (seen.client_id, seen.own) == (OUT_ID, True)
    confirmed = paper.packet("message:sent", {"messageId": message_id(1), "tempId": OUT_ID})
    assert confirmed.events == ()
    assert confirmed.verdicts == (VerdictStored(1, message_id(1)),)
    assert paper.adapter.key_grade(paper.facts) is KeyGrade.FINDABLE


# -- 8 -----------------------------------------------------------------------------------------------------


def test_trap_8_rest_is_silent_so_the_socket_comes_first() -> None:
    """Sends and read marks go by socket while there is one, by REST without."""
    paper = Paper()
    paper.joined()
    assert emit_of(paper.want(send())).event == "message:send"
    assert emit_of(paper.want(MarkRead(TRIP, Cursor("9")))).event == "messages:read"
    paper.cut()
    assert call_of(paper.want(send())).path == "/api/messages/send"
    step = call_of(paper.want(MarkRead(TRIP, Cursor("9"))))
    assert (step.path, step.body) == ("/api/messages/read", {"conversationId": CONVERSATION})


def test_trap_8_histories_are_read_again_for_what_others_send_by_rest() -> None:
    """With the lists, those that were not read for a while: nothing else tells of such messages."""
    paper = joined_paper(message(1))
    paper.lists(driven_trip())
    assert Stale(conversation=TRIP) not in paper.events
    paper.later(200_000)
    paper.lists(driven_trip())
    assert Stale(conversation=TRIP) in paper.events


# -- 9 -----------------------------------------------------------------------------------------------------


def test_trap_9_by_socket_a_conversation_is_named_by_rest_a_trip() -> None:
    """The same conversation under two ids."""
    paper = Paper()
    paper.joined()
    step = emit_of(paper.want(send()))
    assert step.args == (
        {
            "conversationId": CONVERSATION,
            "content": "on my way",
            "type": "TEXT",
            "metadata": {"tempId": OUT_ID},
        },
    )
    paper.cut()
    body = call_of(paper.want(send())).body
    assert body == {
        "tripId": TRIP,
        "content": "on my way",
        "type": "TEXT",
        "metadata": {"tempId": OUT_ID},
    }


# -- 10 ----------------------------------------------------------------------------------------------------


@pytest.mark.shows("steppergo", "unread", "partial")
def test_trap_10_unread_is_told_by_the_history_alone() -> None:
    """The number as of the reading; none before the first join; it grows while we read, so marks are sent."""
    paper = joined_paper(message(1), unread=3)
    (opened,) = [event for event in paper.events if isinstance(event, ConversationSeen) and event.unread]
    assert (opened.remote_id, opened.unread) == (TRIP, 3)
    fresh = Paper()
    fresh.want(FreshHead(TRIP))
    fresh.answer(200, history(unread=None, conversation=None))
    (seen,) = [event for event in fresh.events if isinstance(event, ConversationSeen)]
    assert seen.unread is None
    assert LIMITS.read_marks_all
    assert emit_of(paper.want(MarkRead(TRIP, Cursor("9")))).commits


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
        paper.step = Call(method="GET", path="/", note="bookings", headers=auth.bearer(paper.facts))
        assert isinstance(paper.verdict(401, body), VerdictStored)
        assert isinstance(paper.want(FreshHead(TRIP)), Call)
    assert isinstance(paper.verdict(401, {**SESSION_401, "code": "TOKEN_EXPIRED"}), VerdictRefused)
    paper.want(FreshHead(TRIP_2))
    assert isinstance(paper.verdict(401, SESSION_401), VerdictLater)
    assert paper.again() == NeedsPassword(NoticeCode.AUTH_REQUIRED)
    assert isinstance(paper.want(Connected()), NeedsPassword)
    assert isinstance(paper.want(SignIn("x")), Call)


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


@pytest.mark.shows("steppergo", "probing", "no")
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


# -- the rules of sending ----------------------------------------------------------------------------------


def test_a_server_that_drops_metadata_is_trusted_with_no_id_from_then_on() -> None:
    """Seen by push, by REST, or by history: the grade falls, and stays fallen for later connections."""
    by_push = Paper()
    by_push.joined()
    by_push.want(send())
    by_push.packet("message:new", message(1, "on my way", own=True))
    by_push.packet("message:sent", {"messageId": message_id(1)})
    by_push.packet("message:sent", {"messageId": message_id(1), "tempId": OUT_ID})
    by_rest = Paper()
    by_rest.offline()
    by_rest.want(send())
    by_rest.answer(200, {"success": True, "data": message(1, "on my way", own=True)})
    by_history = Paper()
    by_history.joined()
    by_history.want(send())
    by_history.packet("message:sent", {"messageId": message_id(1), "tempId": OUT_ID})
    by_history.want(FreshHead(TRIP))
    by_history.answer(200, history(message(1, "on my way", own=True)))
    for paper in (by_push, by_rest, by_history):
        assert paper.adapter.key_grade(paper.facts) is KeyGrade.NONE
        again = Paper()
        again.facts = put(again.facts, learnt=paper.facts.learnt)
        assert again.adapter.key_grade(again.facts) is KeyGrade.NONE
    assert emit_of(by_push.want(send())).args[0]["metadata"] == {"tempId": OUT_ID}


def test_a_message_of_another_program_without_an_id_lowers_nothing() -> None:
    """Own, but not sent from here: it never had an id."""
    paper = Paper()
    paper.joined()
    paper.push("message:new", message(1, "from my phone", own=True))
    assert paper.adapter.key_grade(paper.facts) is KeyGrade.FINDABLE


def test_what_the_server_cannot_store_is_refused_before_it_leaves() -> None:
    """U+0000, blank texts, more than the web's thousand characters, files without an address."""
    paper = Paper()
    paper.joined()
    assert paper.want(send("a\x00b")) == Parked(ParkReason.REFUSED, "U+0000")
    assert paper.want(send(" \u200b ")) == Parked(ParkReason.EMPTY)
    assert paper.want(send("x" * 1_001)) == Parked(ParkReason.TOO_LONG)
    assert isinstance(paper.want(send("x" * 1_000)), Emit)
    for kind in (MessageKind.IMAGE, MessageKind.FILE, MessageKind.LOCATION, MessageKind.AUDIO):
        assert paper.want(send(kind=kind)) == Parked(ParkReason.REFUSED)
    assert paper.want(SendText(RemoteId("../x"), OutgoingId("1"), "1", "x")) == Parked(ParkReason.NOT_FOUND)


def test_not_a_participant_joins_once_more() -> None:
    """Definitely not stored: the row is made by a join; a second refusal on this connection is meant."""
    paper = Paper()
    paper.joined()
    paper.want(send())
    assert isinstance(paper.fails("Not a participant of this conversation"), VerdictLater)
    assert emit_of(paper.want(send())).event == "join:conversation"
    paper.packet("conversation:joined", {"conversationId": CONVERSATION, "tripId": TRIP})
    paper.again()
    assert isinstance(paper.fails("Not a participant of this conversation"), VerdictRefused)


def test_a_rate_limit_waits() -> None:
    """The documents suggest one; a server that has it says so in an error or with 429."""
    paper = Paper()
    paper.joined()
    paper.want(send())
    verdict = paper.fails("Rate limit exceeded")
    assert isinstance(verdict, VerdictLater)
    assert verdict.ms == 10_000
    paper.offline()
    paper.want(send())
    later = paper.verdict(429, {"error": "Rate limit exceeded"}, headers={"retry-after": "60"})
    assert later == VerdictLater(1, 60_000, "Rate limit exceeded")
    assert LIMITS.sends_per_minute is None


def test_a_list_that_one_status_is_unknown_to_goes_on() -> None:
    """An unknown status is a 500 at this server: the other lists are read all the same."""
    paper = Paper()
    step = paper.want(FreshLists())
    while isinstance(step, Call):
        if step.path == "/api/trips" and dict(step.query)["status"] == "OFFERED":
            paper.answer(500, {"success": False, "error": "Failed to fetch trips"})
        elif step.path == "/api/trips":
            paper.answer(200, {"success": True, "data": [], "count": 0})
        else:
            paper.answer(200, driver_trips(driven_trip()))
        step = paper.again()
    assert step == Done()
    assert isinstance(paper.events[-1], ListsRead)


def test_an_unfinished_find_is_no_other_platforms() -> None:
    """Only trips can be looked up here."""
    assert isinstance(Paper().want(Find(Lookup(kind=FindKind.PRODUCT))), Parked)
