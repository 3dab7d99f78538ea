"""Chats that are begun, trips looked up, read in full, taken and changed."""

from __future__ import annotations

import msgspec
import pytest

from chatdesk.domain.actions import (
    Action,
    ActionKind,
    FindKind,
    Hit,
    Lookup,
    Result,
    Subject,
)
from chatdesk.domain.arrivals import (
    VerdictLater,
    VerdictRefused,
    VerdictStored,
    VerdictUnknown,
)
from chatdesk.domain.events import (
    ConversationSeen,
    OrderSeen,
    Stale,
)
from chatdesk.domain.goals import Act, ChangeStatus, Find, FreshOrder
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import Lifecycle, OrderKind, ParkReason
from chatdesk.domain.steps import Call, Done, Parked
from chatdesk.wire.steppergo import names
from tests.platforms.paper import call_of, emit_of
from tests.platforms.steppergo.paper import (
    CONVERSATION,
    OTHER,
    THIRD,
    TRIP,
    Paper,
    driven_trip,
    driver_detail,
    history,
    public_trip,
    send,
)

START = Act(Action(kind=ActionKind.START_CHAT, order=TRIP))
ACCEPT = Act(Action(kind=ActionKind.ACCEPT, order=TRIP))


# -- chats and orders --------------------------------------------------------------------------------------


@pytest.mark.shows("steppergo", "start_chat", "yes")
def test_a_chat_is_started_by_the_first_join() -> None:
    """The trip is looked at, joined, and then an order and a conversation of ours."""
    paper = Paper("PASSENGER")
    found = paper.adapter.capabilities(paper.facts)
    assert {one.on for one in found.offers if one.action is ActionKind.START_CHAT} == {Subject.HIT}
    assert call_of(paper.want(START)).path == f"/api/trips/{TRIP}"
    assert paper.answer(200, {"success": True, "data": public_trip(organizer=OTHER)}).events == ()
    assert emit_of(paper.again()).event == "join:conversation"
    reading = paper.packet("conversation:joined", {"conversationId": CONVERSATION, "tripId": TRIP})
    (verdict,) = reading.verdicts
    assert verdict == VerdictStored(1, result=Result(conversation=TRIP, order=TRIP))
    order, opened = reading.events
    assert isinstance(order, OrderSeen)
    assert isinstance(opened, ConversationSeen)
    assert (order.customer, opened.title, opened.lifecycle) == (
        "Organizer",
        "Almaty to Taldykorgan",
        Lifecycle.OPEN,
    )
    assert paper.again() == Done()


def test_a_chat_that_is_not_for_us_is_refused_and_leaves_nothing() -> None:
    """An outsider learns why; no conversation is made of it."""
    paper = Paper("PASSENGER")
    paper.want(START)
    paper.answer(200, {"success": True, "data": public_trip(organizer=OTHER)})
    paper.again()
    verdict = paper.fails("Access denied to this conversation")
    assert verdict == VerdictRefused(1, ParkReason.FORBIDDEN, "Access denied to this conversation")
    assert not [event for event in paper.events if isinstance(event, ConversationSeen | OrderSeen)]
    missing = Paper()
    missing.want(START)
    assert isinstance(missing.verdict(404, {"success": False, "error": "Trip not found"}), VerdictRefused)


def test_without_a_socket_a_chat_is_started_by_reading_it() -> None:
    """200 means that we may; the first text by REST makes the conversation."""
    paper = Paper("PASSENGER")
    paper.offline()
    paper.want(START)
    paper.answer(200, {"success": True, "data": public_trip(organizer=OTHER)})
    assert call_of(paper.again()).path == f"/api/messages/{TRIP}"
    (verdict,) = paper.answer(200, history(unread=None, conversation=None)).verdicts
    assert verdict == VerdictStored(1, result=Result(conversation=TRIP, order=TRIP))
    assert call_of(paper.want(send())).body["tripId"] == TRIP
    denied = Paper("PASSENGER")
    denied.offline()
    denied.want(START)
    denied.answer(200, {"success": True, "data": public_trip(organizer=OTHER)})
    denied.again()
    assert isinstance(denied.verdict(403, {"error": "Access denied"}), VerdictRefused)


@pytest.mark.shows("steppergo", "order_search", "partial")
def test_public_trips_are_looked_up_by_place() -> None:
    """From and to; or either end; or by id or link. Twenty a page."""
    paper = Paper("PASSENGER")
    step = call_of(paper.want(Find(Lookup(kind=FindKind.TRIP, words="almaty - taldykorgan"))))
    assert dict(step.query) == {"status": "PUBLISHED", "origin": "almaty", "destination": "taldykorgan"}
    step = call_of(paper.want(Find(Lookup(kind=FindKind.TRIP, words="IN_PROGRESS almaty"))))
    assert dict(step.query) == {"status": "IN_PROGRESS", "origin": "almaty"}
    many = [public_trip(f"ctrip{number}", organizer=OTHER) for number in range(15)]
    assert paper.verdict(200, {"success": True, "data": many}) == VerdictStored(1)
    step = call_of(paper.again())
    assert dict(step.query) == {"status": "IN_PROGRESS", "destination": "almaty"}
    more = [public_trip(f"ctrip{number}", organizer=OTHER) for number in range(10, 30)]
    verdict = paper.verdict(200, {"success": True, "data": more})
    assert isinstance(verdict, VerdictStored)
    assert verdict.result is not None
    assert len(verdict.result.hits) == 20
    assert verdict.result.more
    assert verdict.result.hits[0] == Hit(
        kind=FindKind.TRIP,
        remote_id=RemoteId("ctrip0"),
        title="Almaty to Taldykorgan",
        detail="Almaty → Taldykorgan",
        status_label="Trip Accepted",
        at_us=1_795_333_678_983_000,
        order_kind=OrderKind.TRIP,
        person=OTHER,
        person_kind="organizer",
        person_name="Organizer",
    )
    assert not [event for event in paper.events if isinstance(event, OrderSeen)]


@pytest.mark.parametrize(
    "words", [TRIP.ljust(25, "0"), f"https://trips.example/trips/{TRIP}?x=1", f" /trip/{TRIP}"]
)
def test_a_trip_is_looked_up_by_id_or_link(words: str) -> None:
    """A trip that is not there is an answer without hits."""
    paper = Paper("PASSENGER")
    step = call_of(paper.want(Find(Lookup(kind=FindKind.TRIP, words=words))))
    assert step.path.startswith(f"/api/trips/{TRIP}")
    verdict = paper.verdict(200, {"success": True, "data": public_trip(organizer=OTHER)})
    assert isinstance(verdict, VerdictStored)
    assert verdict.result is not None
    assert [hit.remote_id for hit in verdict.result.hits] == [TRIP]
    paper.want(Find(Lookup(kind=FindKind.TRIP, words=words)))
    assert paper.verdict(404, {"error": "Trip not found"}) == VerdictStored(1, result=Result())


@pytest.mark.shows("steppergo", "order_list", "partial")
def test_a_trip_in_full_is_put_together_of_two_answers() -> None:
    """The public detail, and for its driver seats and passengers; no numbers or addresses of people."""
    paper = Paper()
    paper.lists(driven_trip())
    (listed,) = [event for event in paper.events if isinstance(event, OrderSeen)]
    assert (listed.kind, listed.number, listed.fields) == (OrderKind.TRIP, TRIP, None)
    paper.want(FreshOrder(TRIP, TRIP))
    paper.answer(200, {"success": True, "data": public_trip(organizer=THIRD)})
    assert call_of(paper.again()).path == f"/api/drivers/trips/{TRIP}/status"
    (order,) = paper.answer(200, driver_detail("DEPARTED")).events
    assert paper.again() == Done()
    assert isinstance(order, OrderSeen)
    assert (order.status, order.customer) == ("DEPARTED", "Organizer")
    assert {line.key: line.value for line in order.fields or ()} == {
        "from": "Almaty, Station square 1",
        "to": "Taldykorgan, Station square 1",
        "departure": "2026-11-22 12:47",
        "return": "2026-11-22 17:47",
        "timezone": "Asia/Almaty",
        "trip_type": "SHARED",
        "seats": "4",
        "seats_booked": "1",
        "seats_free": "3",
        "price": "5000 KZT",
        "price_per_person": "5000 KZT",
        "platform_fee": "500 KZT",
        "organizer": "Organizer",
        "description": "Shared intercity ride",
        "earnings": "4675 KZT",
    }
    assert [(one.remote_id, one.role) for one in order.participants or ()] == [
        (THIRD, "organizer"),
        (OTHER, "passenger"),
    ]
    told = msgspec.json.encode(paper.events)
    assert b"555000" not in told
    assert b"@example.test" not in told


@pytest.mark.parametrize("zone", ["", "Nowhere/Land", "../../etc/passwd", "/etc/passwd", "x" * 500, 5])
def test_a_zone_that_nobody_knows_leaves_utc(zone: object) -> None:
    """Said beside the time; a name is never a path of this machine."""
    paper = Paper("PASSENGER")
    paper.want(FreshOrder(TRIP, TRIP))
    paper.answer(200, {"success": True, "data": public_trip(timezone=zone)})
    (order,) = [event for event in paper.events if isinstance(event, OrderSeen)]
    lines = {line.key: line.value for line in order.fields or ()}
    assert lines["departure"] == "2026-11-22 07:47 UTC"


def test_a_driver_is_offered_what_the_table_allows() -> None:
    """Each status with those after which it may be set; passengers set none."""
    paper = Paper()
    choices = {one.value: one for one in paper.adapter.capabilities(paper.facts).statuses}
    assert list(choices) == list(names.STATUS_LABELS)
    assert choices["ARRIVED"].after == ("IN_TRANSIT",)
    assert choices["COMPLETED"].after == ("ARRIVED",)
    assert not choices["IN_PROGRESS"].selectable
    assert not choices["PUBLISHED"].selectable
    for old, news in names.TRANSITIONS.items():
        for new, choice in choices.items():
            allowed = new in news
            assert (old in choice.after) == allowed
    # What is asked for all the same the server decides, but for what its route takes from nobody.
    assert isinstance(paper.want(ChangeStatus(TRIP, TRIP, "IN_PROGRESS", "COMPLETED")), Call)
    assert paper.want(ChangeStatus(TRIP, TRIP, "X", "FLYING")) == Parked(ParkReason.REFUSED, "FLYING")
    assert isinstance(paper.want(ChangeStatus(TRIP, TRIP, "DRAFT", "PUBLISHED")), Parked)
    passenger = Paper("PASSENGER")
    assert not any(one.selectable for one in passenger.adapter.capabilities(passenger.facts).statuses)
    change = ChangeStatus(TRIP, TRIP, "IN_PROGRESS", "DEPARTED")
    assert passenger.want(change) == Parked(ParkReason.FORBIDDEN)


def test_a_change_that_is_refused_or_limited() -> None:
    """In the server's words; a limit waits as long as it says."""
    for status, body, expected in (
        (
            400,
            {"error": "Driver is not assigned to this trip"},
            VerdictRefused(1, ParkReason.FORBIDDEN, "Driver is not assigned to this trip"),
        ),
        (
            400,
            {"error": "Invalid status transition from X to Y"},
            VerdictRefused(1, ParkReason.REFUSED, "Invalid status transition from X to Y"),
        ),
    ):
        paper = Paper()
        paper.want(ChangeStatus(TRIP, TRIP, "IN_PROGRESS", "DEPARTED", check_first=False))
        assert paper.verdict(status, body) == expected
    paper = Paper()
    paper.want(ChangeStatus(TRIP, TRIP, "IN_PROGRESS", "DEPARTED", check_first=False))
    words = {"error": "Rate limit exceeded. Please try again later.", "code": "RATE_LIMIT_EXCEEDED"}
    assert paper.verdict(429, words, headers={"retry-after": "60"}) == VerdictLater(
        1, 60_000, "Rate limit exceeded. Please try again later."
    )
    paper.want(ChangeStatus(TRIP, TRIP, "IN_PROGRESS", "DEPARTED", check_first=False))
    assert isinstance(paper.nothing("cut"), VerdictUnknown)
    assert isinstance(paper.nothing("unreachable", left=False), VerdictLater)


@pytest.mark.shows("steppergo", "accept", "partial")
def test_an_open_trip_is_taken_after_a_look() -> None:
    """Offered to drivers alone, on open trips; one that is taken meanwhile is told so, and not asked for."""
    paper = Paper()
    offers = [
        one for one in paper.adapter.capabilities(paper.facts).offers if one.action is ActionKind.ACCEPT
    ]
    assert {offer.on for offer in offers} == {Subject.ORDER, Subject.HIT}
    assert all(offer.confirm for offer in offers)
    passenger = Paper("PASSENGER")
    assert ActionKind.ACCEPT not in {
        one.action for one in passenger.adapter.capabilities(passenger.facts).offers
    }
    paper.want(ACCEPT)
    verdict = paper.verdict(200, {"success": True, "data": public_trip(status="in_progress")})
    assert verdict == VerdictRefused(1, ParkReason.CHANGED_MEANWHILE, "Trip Accepted")
    assert isinstance(paper.again(), Parked)
    for body, expected in (
        ({"error": "Trip is not available for acceptance"}, VerdictRefused),
        ({"error": "Failed to accept trip. Please try again."}, VerdictUnknown),
    ):
        other = Paper()
        other.joined()
        other.want(ACCEPT)
        other.answer(200, {"success": True, "data": public_trip(status="published")})
        other.again()
        status = 400 if expected is VerdictRefused else 500
        assert isinstance(other.verdict(status, body), expected)
        assert Stale(order_number=TRIP) in other.events
