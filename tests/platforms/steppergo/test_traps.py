"""The traps of the wire specification, section 10, each by its number: 1 to 5."""

from __future__ import annotations

import pytest

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
    IdentityKnown,
    ListsRead,
    MessageSeen,
    OrderSeen,
    PositionSeen,
)
from chatdesk.domain.goals import (
    FreshHead,
    FreshLists,
    FreshNotifications,
    FreshOrder,
    Joined,
    MarkRead,
    SignIn,
    Typing,
)
from chatdesk.domain.ids import Cursor, RemoteId
from chatdesk.domain.kinds import (
    ClosedWhy,
    Lifecycle,
    ParkReason,
)
from chatdesk.domain.steps import Call, Done, Emit, NeedsPassword, Parked
from tests.platforms.paper import call_of, emit_of
from tests.platforms.steppergo.paper import (
    BOOKINGS_401,
    CONVERSATION,
    FOREIGN_TRIP,
    ME,
    MY_MAIL,
    OTHER,
    OUT_ID,
    RECORD_ID,
    THIRD,
    TRIP,
    TRIP_2,
    Paper,
    driven_trip,
    driver_trips,
    history,
    message,
    message_id,
    public_trip,
    put,
    send,
)

ACCESS = "Access denied to this conversation"


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


@pytest.mark.shows("steppergo", "lifecycle", "yes")
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


def test_trap_4_bookings_are_taken_where_a_server_gives_them() -> None:
    """Each with its trip; what has none is dropped and counted."""
    paper = Paper("PASSENGER")
    assert call_of(paper.want(FreshLists())).path == "/api/passengers/bookings"
    trip = {"title": "Almaty to Taldykorgan", "originName": "Almaty", "destName": "Taldykorgan"}
    entry = {
        "id": "cbooking1",
        "tripId": TRIP,
        "status": "CONFIRMED",
        "trip": {**trip, "status": "PUBLISHED"},
    }
    reading = paper.answer(200, {"success": True, "data": [entry, {"id": "cbooking2"}]})
    order, conversation, dropped = reading.events
    assert isinstance(order, OrderSeen)
    assert (order.remote_id, order.status) == (TRIP, "PUBLISHED")
    assert isinstance(conversation, ConversationSeen)
    assert dropped == Dropped(reason="malformed")
    assert call_of(paper.again()).path == "/api/trips"


def test_trap_4_a_driver_with_more_trips_than_a_list_holds() -> None:
    """The list has fifty at most and no pages: what is ahead is asked for once more."""
    paper = Paper()
    assert dict(call_of(paper.want(FreshLists())).query) == {"status": "all", "limit": "50"}
    paper.answer(200, driver_trips(driven_trip(), total=60))
    assert dict(call_of(paper.again()).query) == {"status": "upcoming", "limit": "50"}
    paper.answer(200, driver_trips(driven_trip(TRIP_2), total=60))
    assert call_of(paper.again()).path == "/api/trips"


def test_trap_4_a_list_that_is_refused_holds_up_no_other() -> None:
    """A record id that the server no longer knows; a first list that fails is tried again before."""
    for status, tries in ((404, 1), (500, 3)):
        paper = Paper()
        paper.want(FreshLists())
        for _ in range(tries):
            assert call_of(paper.step).path == f"/api/drivers/{RECORD_ID}/trips"
            paper.answer(status, {"error": "Driver not found"})
            paper.later(10_000)
            paper.again()
        assert call_of(paper.step).path == "/api/trips"


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
