"""What works here and what does not, feature by feature: capabilities, offers, and what is never sent."""

from __future__ import annotations

import msgspec
import pytest

from chatdesk.domain.actions import (
    Action,
    ActionKind,
    Attachment,
    Extras,
    FindKind,
    Hit,
    Lookup,
    Result,
    Subject,
)
from chatdesk.domain.events import (
    ConversationSeen,
    Dropped,
    MessageSeen,
    NotificationSeen,
    OrderSeen,
    PositionSeen,
    Stale,
)
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import Feature, Lifecycle, MessageKind, OrderKind, ParkReason, Support, Why
from chatdesk.domain.ports import (
    STREAM_ENDED,
    STREAM_EVENT,
    Act,
    AskForOtp,
    Call,
    ChangeStatus,
    DeleteMessage,
    Done,
    Find,
    FreshHead,
    FreshLists,
    FreshNotifications,
    FreshOrder,
    Listen,
    Packet,
    Parked,
    Report,
    SendText,
    SignIn,
    SignOut,
    Unlisten,
    Unwatched,
    VerdictLater,
    VerdictRefused,
    VerdictStored,
    VerdictUnknown,
    Watched,
)
from chatdesk.platforms.steppergo.adapter import PLUGIN
from chatdesk.wire.steppergo import names
from tests.platforms.paper import call_of, emit_of, put
from tests.platforms.steppergo.paper import (
    CONVERSATION,
    FOREIGN_TRIP,
    OTHER,
    OUT_ID,
    RECORD_ID,
    SESSION,
    THIRD,
    TRIP,
    Paper,
    driven_trip,
    driver_detail,
    history,
    message,
    message_id,
    public_trip,
    send,
)

START = Act(Action(kind=ActionKind.START_CHAT, order=TRIP))
ACCEPT = Act(Action(kind=ActionKind.ACCEPT, order=TRIP))
STREAM = f"/api/realtime/trip-status/{TRIP}"
ROLES = ("DRIVER", "PASSENGER", "ADMIN", "ACTIVITY_OWNER", "")


# -- what there is -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ROLES)
def test_every_feature_that_is_not_there_has_its_reason(role: str) -> None:
    """Yes, or a word why not; nothing is left to be guessed."""
    paper = Paper(role)
    found = paper.adapter.capabilities(paper.facts)
    assert set(found.features) == set(Feature)
    for feature, support in found.features.items():
        assert (support is Support.YES) == (feature not in found.why), feature
    assert msgspec.json.decode(msgspec.json.encode(found), type=type(found)) == found


@pytest.mark.shows("steppergo", "presence", "no")
@pytest.mark.shows("steppergo", "last_seen", "no")
@pytest.mark.shows("steppergo", "delivered", "no")
@pytest.mark.shows("steppergo", "edit", "no")
@pytest.mark.shows("steppergo", "delete", "no")
@pytest.mark.shows("steppergo", "message_search", "no")
@pytest.mark.shows("steppergo", "order_files", "no")
def test_what_the_platform_does_not_have_is_not_offered() -> None:
    """Said in the capabilities; a deletion is parked, never sent."""
    paper = Paper()
    found = paper.adapter.capabilities(paper.facts)
    for feature in (
        Feature.PRESENCE,
        Feature.LAST_SEEN,
        Feature.DELIVERED,
        Feature.EDIT_OWN,
        Feature.DELETE_OWN,
        Feature.MESSAGE_SEARCH,
        Feature.ORDER_FILES,
    ):
        assert found.features[feature] is Support.NO
        assert found.why[feature] is Why.NOT_ON_PLATFORM
    assert paper.want(DeleteMessage(TRIP, message_id(1))) == Parked(ParkReason.REFUSED)


@pytest.mark.shows("steppergo", "otp_sign_in", "no")
@pytest.mark.shows("steppergo", "subject", "no")
@pytest.mark.shows("steppergo", "live_only", "no")
@pytest.mark.shows("steppergo", "create_order", "no")
@pytest.mark.shows("steppergo", "arrival_code", "no")
@pytest.mark.shows("steppergo", "archive", "no")
@pytest.mark.shows("steppergo", "reply", "no")
@pytest.mark.shows("steppergo", "reactions", "no")
def test_no_other_action_than_starting_a_chat_and_accepting() -> None:
    """No code, no subject, no order made here, no archive: only what the platform has is offered."""
    paper = Paper()
    found = paper.adapter.capabilities(paper.facts)
    assert {offer.action for offer in found.offers} == {ActionKind.START_CHAT, ActionKind.ACCEPT}
    assert found.message_fields == ()
    assert found.has(Feature.STORED_MESSAGES)
    assert not PLUGIN.sign_in.otp
    assert paper.want(AskForOtp()) == Parked(ParkReason.REFUSED)
    for kind in set(ActionKind) - {ActionKind.START_CHAT, ActionKind.ACCEPT}:
        assert isinstance(paper.want(Act(Action(kind=kind, order=TRIP))), Parked)


@pytest.mark.shows("steppergo", "upload", "no")
@pytest.mark.shows("steppergo", "voice", "no")
def test_nothing_can_be_uploaded() -> None:
    """The upload wants a token that no login gives; a voice message has no type here."""
    paper = Paper()
    found = paper.adapter.capabilities(paper.facts)
    assert found.why[Feature.ATTACHMENTS] is Why.OUT_OF_REACH
    assert paper.want(Act(Action(kind=ActionKind.UPLOAD, path="/x"))) == Parked(ParkReason.REFUSED, "upload")
    paper.joined()
    assert paper.want(send(kind=MessageKind.AUDIO)) == Parked(ParkReason.REFUSED)


def test_a_file_that_has_an_address_already_can_be_sent() -> None:
    """As the recordings have it: the address in the metadata, beside our id."""
    paper = Paper()
    paper.joined()
    file = Attachment(url="https://files.example.test/i.pdf", name="invoice.pdf", size_bytes=1234)
    step = emit_of(paper.want(send("", kind=MessageKind.FILE, extras=Extras(attachments=(file,)))))
    assert step.args == (
        {
            "conversationId": CONVERSATION,
            "content": "invoice.pdf",
            "type": "FILE",
            "metadata": {
                "tempId": OUT_ID,
                "url": "https://files.example.test/i.pdf",
                "size": 1234,
                "name": "invoice.pdf",
            },
        },
    )


@pytest.mark.shows("steppergo", "location", "yes")
def test_places_are_sent_and_shown() -> None:
    """Latitude and longitude in the metadata, as recorded; off the globe there is no place."""
    paper = Paper()
    paper.joined()
    place = Extras(place=(43.24, 76.89))
    step = emit_of(paper.want(send("Pickup point", kind=MessageKind.LOCATION, extras=place)))
    assert step.args[0]["type"] == "LOCATION"
    assert step.args[0]["metadata"] == {"tempId": OUT_ID, "latitude": 43.24, "longitude": 76.89}
    without = emit_of(paper.want(send(" ", kind=MessageKind.LOCATION, extras=place)))
    assert without.args[0]["content"] == "43.240000, 76.890000"
    for metadata, expected in (
        ({"latitude": 43.24, "longitude": 76.89}, (43.24, 76.89)),
        ({"lat": 1, "lng": 2}, (1.0, 2.0)),
        ({"coordinates": {"lat": 1, "lng": 2}}, (1.0, 2.0)),
        ({"latitude": 91, "longitude": 0}, None),
        ({"latitude": "43", "longitude": True}, None),
        ("text", None),
    ):
        (seen,) = paper.push("message:new", message(1, type="LOCATION", metadata=metadata))
        assert isinstance(seen, MessageSeen)
        assert seen.extras.place == expected


def test_links_of_messages_are_kept_only_where_they_are_web_addresses() -> None:
    """Anything else in the metadata is no file; nothing is ever opened here."""
    paper = Paper()
    paper.joined()
    for metadata, expected in (
        ({"url": "https://files.example.test/a.jpg"}, ["https://files.example.test/a.jpg"]),
        ("http://files.example.test/a.jpg", ["http://files.example.test/a.jpg"]),
        ({"url": "file:///etc/passwd"}, []),
        ({"url": "https://" + "x" * 3_000}, []),
        ({"url": 5}, []),
        (None, []),
    ):
        (seen,) = paper.push("message:new", message(1, type="IMAGE", metadata=metadata))
        assert isinstance(seen, MessageSeen)
        assert seen.kind is MessageKind.IMAGE
        assert [one.url for one in seen.extras.attachments] == expected


@pytest.mark.shows("steppergo", "foreign_dropped", "yes")
def test_what_is_not_ours_is_dropped_and_counted() -> None:
    """A message, a mark, a room, a place of trips that we don't have."""
    paper = Paper()
    paper.joined()
    foreign = Dropped(reason="foreign")
    place = {"tripId": FOREIGN_TRIP, "latitude": 1, "longitude": 1}
    assert paper.push("message:new", message(1, conversationId="celsewhere")) == [foreign]
    assert paper.push("messages:read", {"userId": OTHER, "conversationId": "celsewhere"}) == [foreign]
    joined = {"tripId": FOREIGN_TRIP, "conversationId": "celsewhere"}
    assert paper.push("conversation:joined", joined) == [foreign]
    assert paper.push("driver.location.updated", place) == [foreign]
    assert paper.push("trip.status.updated", {"tripId": FOREIGN_TRIP}) == [foreign]


# -- signing in and out ------------------------------------------------------------------------------------


def test_the_form_asks_for_the_seat() -> None:
    """A driver signs in elsewhere than everybody else."""
    assert PLUGIN.sign_in.roles == (("driver", "driver"), ("traveller", "traveller"))


@pytest.mark.shows("steppergo", "sign_out", "yes")
def test_signing_out_ends_the_session_at_the_server() -> None:
    """One route for every role; whatever it answers, or if nobody does, we are gone."""
    for role in ("DRIVER", "PASSENGER"):
        paper = Paper(role)
        step = call_of(paper.want(SignOut()))
        assert (step.method, step.path) == ("DELETE", "/api/drivers/login")
        assert dict(step.headers) == {"Authorization": f"Bearer {SESSION}"}
        paper.answer(500, {"error": "x"})
        assert paper.again() == Done()
    paper = Paper()
    paper.want(SignOut())
    paper.nothing("unreachable", left=False)
    assert paper.again() == Done()


def test_a_session_that_could_not_travel_in_a_header_is_none() -> None:
    """Nor one without a person."""
    user = {"id": "cuser1", "name": "x", "role": "DRIVER"}
    for token in ("a\nb", "\u00e9", "", 5, None, "x" * 5_000):
        paper = Paper()
        paper.want(SignIn("x"))
        body = {"user": user, "session": {"token": token}}
        assert isinstance(paper.verdict(200, body), VerdictRefused)
    paper = Paper()
    paper.want(SignIn("x"))
    assert isinstance(paper.verdict(200, {"user": {}, "session": {"token": "t"}}), VerdictRefused)


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


# -- reading -----------------------------------------------------------------------------------------------


def test_a_socket_send_to_a_trip_without_an_id_is_not_found() -> None:
    """What is no id of the platform is never put into a path or a payload."""
    paper = Paper()
    for bad in ("", "../x", "a b", "x" * 65, "\ud800"):
        trip = RemoteId(bad)
        for goal in (FreshHead(trip), SendText(trip, OUT_ID, OUT_ID, "x"), Watched(trip, trip)):
            assert paper.want(goal) == Parked(ParkReason.NOT_FOUND)


def test_a_confirmation_without_an_id_leaves_the_send_unknown() -> None:
    """The history tells as what it was stored."""
    paper = Paper()
    paper.joined()
    paper.want(send())
    reading = paper.packet("message:sent", {"tempId": OUT_ID})
    assert isinstance(reading.verdicts[0], VerdictUnknown)
    assert reading.events == (Dropped(reason="malformed"),)
