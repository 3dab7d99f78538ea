"""What happens to a trip that is looked at; notifications and reports."""

from __future__ import annotations

import pytest

from chatdesk.domain.actions import (
    Action,
    ActionKind,
)
from chatdesk.domain.arrivals import (
    Packet,
    VerdictLater,
    VerdictRefused,
    VerdictStored,
    VerdictUnknown,
)
from chatdesk.domain.events import (
    Dropped,
    NotificationSeen,
    PositionSeen,
    Stale,
)
from chatdesk.domain.goals import (
    Act,
    FreshHead,
    FreshLists,
    FreshNotifications,
    Report,
    Unwatched,
    Watched,
)
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import Feature, ParkReason, Why
from chatdesk.domain.steps import (
    STREAM_ENDED,
    STREAM_EVENT,
    Call,
    Done,
    Listen,
    Parked,
    Unlisten,
)
from tests.platforms.paper import call_of, emit_of, put
from tests.platforms.steppergo.paper import (
    FOREIGN_TRIP,
    RECORD_ID,
    TRIP,
    Paper,
    driven_trip,
    message_id,
)

ACCEPT = Act(Action(kind=ActionKind.ACCEPT, order=TRIP))
STREAM = f"/api/realtime/trip-status/{TRIP}"


# -- what happens to a trip --------------------------------------------------------------------------------


@pytest.mark.shows("steppergo", "status_push", "partial")
def test_a_trip_that_is_looked_at_is_followed_by_socket_and_stream() -> None:
    """Subscribed once per connection; the stream is opened again after its end, and closed at the end."""
    paper = Paper()
    paper.joined()
    step = emit_of(paper.want(Watched(TRIP, TRIP)))
    assert (step.event, step.args) == ("passenger:subscribe", ({"tripIds": [TRIP]},))
    told = {"message": "ok", "tripIds": [TRIP], "locationsReplayed": 0}
    assert paper.packet("passenger:subscribed", told).verdicts == (VerdictStored(1),)
    assert paper.again() == Listen(path=STREAM)
    paper.streams()
    assert paper.again() == Done()
    assert paper.want(Watched(TRIP, TRIP)) == Done()
    paper.step = None
    changed = {"type": "connected", "tripId": TRIP, "currentStatus": "DEPARTED"}
    assert paper.read(Packet(STREAM_EVENT, (STREAM, changed))).events == (Stale(order_number=TRIP),)
    assert paper.read(Packet(STREAM_EVENT, (STREAM, {"type": "heartbeat"}))).events == ()
    paper.read(Packet(STREAM_ENDED, (STREAM,)))
    assert paper.want(Watched(TRIP, TRIP)) == Listen(path=STREAM)
    paper.streams()
    assert paper.want(Unwatched(TRIP)) == Unlisten(path=STREAM)
    paper.handed_over()
    assert paper.again() == Done()
    paper.cut()
    paper.accepted()
    assert emit_of(paper.want(Watched(TRIP, TRIP))).event == "passenger:subscribe"


def test_a_stream_that_is_refused_is_not_asked_for_again_on_this_connection() -> None:
    """The subscription and the lists tell as well; without a socket the stream is all there is."""
    paper = Paper()
    paper.offline()
    assert paper.want(Watched(TRIP, TRIP)) == Listen(path=STREAM)
    assert paper.verdict(404, {"error": "Trip not found"}) == VerdictStored(1)
    assert paper.again() == Done()
    other = Paper()
    other.offline()
    other.want(Watched(TRIP, TRIP))
    assert isinstance(other.nothing("unreachable", left=False), VerdictLater)
    assert other.want(Unwatched(TRIP)) == Done()


def test_a_subscription_without_an_answer_does_not_hold_up_the_stream() -> None:
    """Three tries, then the stream alone; a trip that the server leaves out is not asked for again."""
    paper = Paper()
    paper.want(Watched(TRIP, TRIP))
    for _ in range(3):
        assert isinstance(paper.nothing(), VerdictLater)
        paper.again()
    assert paper.step == Listen(path=STREAM)
    other = Paper()
    other.want(Watched(TRIP, TRIP))
    assert other.packet("passenger:subscribed", {"tripIds": []}).verdicts == (VerdictStored(1),)
    assert other.again() == Listen(path=STREAM)


@pytest.mark.shows("steppergo", "live_position", "yes")
def test_the_drivers_position_is_told_while_it_is_on_the_globe() -> None:
    """Latitude, longitude, heading and the minutes that are left; no speed, whose unit nobody names."""
    paper = Paper("PASSENGER")
    paper.joined()
    payload = {
        "tripId": TRIP,
        "driverId": RECORD_ID,
        "latitude": 43.3,
        "longitude": 76.95,
        "heading": 45,
        "speed": 72.5,
        "eta": {"pickupMinutes": 8, "destinationMinutes": 220},
        "timestamp": "2026-11-20T07:48:05.194Z",
    }
    assert paper.push("driver.location.updated", payload) == [
        PositionSeen(
            order=TRIP,
            latitude=43.3,
            longitude=76.95,
            at_us=1_795_160_885_194_000,
            heading_deg=45.0,
            pickup_min=8.0,
            destination_min=220.0,
        )
    ]
    for bad in ({"latitude": 90.1}, {"longitude": -181}, {"latitude": "43"}, {"latitude": None}):
        assert paper.push("driver.location.updated", {**payload, **bad}) == [Dropped(reason="malformed")]
    (seen,) = paper.push("driver.location.updated", {**payload, "heading": 999, "eta": None})
    assert isinstance(seen, PositionSeen)
    assert (seen.heading_deg, seen.pickup_min) == (None, None)


@pytest.mark.parametrize(
    "event", ["booking.cancelled", "booking.confirmed", "trip.seats.updated", "trip.availability.updated"]
)
def test_pushes_of_a_trip_are_hints_to_read_it(event: str) -> None:
    """Whichever shape they come in: only the trip is named."""
    paper = Paper()
    paper.joined()
    assert paper.push(event, {"tripId": TRIP, "seatsReleased": 1}) == [Stale(order_number=TRIP)]
    assert paper.push(event, {"seatsReleased": 1}) == [Dropped(reason="malformed")]


def test_offers_and_greetings() -> None:
    """What is new to a driver's lists makes them be read whole; greetings say nothing."""
    paper = Paper()
    paper.lists(driven_trip())
    asked = []
    for event in ("trip.offer.created", "trip.requested"):
        assert paper.push(event, {"tripId": FOREIGN_TRIP}) == [Stale()]
    step = paper.want(FreshLists())
    while isinstance(step, Call):
        asked.append(step.path)
        paper.answer(200, {"trips": [], "data": [], "success": True})
        step = paper.again()
    assert asked.count("/api/trips") == 14
    for event in ("heartbeat", "connection.established", "driver:subscribed", "trip:offer:error"):
        assert paper.push(event, {"timestamp": "x"}) == []
    assert paper.push("who.knows", {}) == [Dropped(reason="unknown_event")]


# -- notifications and reports -----------------------------------------------------------------------------


@pytest.mark.shows("steppergo", "notifications", "partial")
def test_a_driver_has_notifications() -> None:
    """Addressed by the record id; nobody else has any, and a 401 there is not the end of the session."""
    paper = Paper()
    paper.joined()
    step = call_of(paper.want(FreshNotifications()))
    assert (step.path, step.headers) == ("/api/drivers/notifications", (("x-driver-id", RECORD_ID),))
    entry = {
        "id": "cnotice1",
        "type": "TRIP",
        "title": "New booking",
        "message": "One seat",
        "isRead": False,
        "actionUrl": f"/driver/trips/{TRIP}",
        "createdAt": "2026-11-20T07:00:00.000Z",
    }
    reading = paper.answer(200, {"success": True, "data": {"notifications": [entry, {"title": "no id"}]}})
    assert reading.events == (
        NotificationSeen(
            remote_id=RemoteId("cnotice1"),
            title="New booking",
            text="One seat",
            at_us=1_795_158_000_000_000,
            unread=True,
            conversation=TRIP,
        ),
        Dropped(reason="malformed"),
    )
    refused = Paper()
    refused.want(FreshNotifications())
    assert isinstance(refused.verdict(401, {"error": "Authentication required"}), VerdictRefused)
    assert isinstance(refused.want(FreshHead(TRIP)), Call)
    passenger = Paper("PASSENGER")
    assert passenger.want(FreshNotifications()) == Done()
    assert not passenger.adapter.capabilities(passenger.facts).has(Feature.NOTIFICATIONS)
    general = Paper()
    general.facts = put(general.facts, learnt={})
    found = general.adapter.capabilities(general.facts)
    assert found.why[Feature.NOTIFICATIONS] is Why.OUT_OF_REACH


def test_a_pushed_notification() -> None:
    """Defined, never seen: taken as it is defined."""
    paper = Paper()
    payload = {"notificationId": "n1", "title": "t", "message": "m", "timestamp": "2026-11-20T07:00:00.000Z"}
    for event in ("notification.driver", "notification.passenger"):
        (seen,) = paper.push(event, payload)
        assert isinstance(seen, NotificationSeen)
        assert (seen.remote_id, seen.title, seen.text, seen.unread) == ("n1", "t", "m", True)
    assert paper.push("notification.driver", {"title": "t"}) == [Dropped(reason="malformed")]


def test_a_report_that_fails_is_told() -> None:
    """Without words to report there is nothing to send; the server's failure is no reason to repeat it."""
    paper = Paper()
    assert paper.want(Report(TRIP, message_id(1), " ")) == Parked(ParkReason.EMPTY)
    paper.want(Report(TRIP, message_id(1), "spam"))
    verdict = paper.verdict(500, {"error": "Failed to report message"})
    assert verdict == VerdictRefused(1, ParkReason.REFUSED, "Failed to report message")
    paper.want(Report(TRIP, message_id(1), "spam"))
    assert isinstance(paper.nothing("cut"), VerdictUnknown)
