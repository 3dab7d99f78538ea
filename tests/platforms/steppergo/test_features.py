"""What works here and what does not, feature by feature: capabilities, offers, and what is never sent."""

from __future__ import annotations

import msgspec
import pytest

from chatdesk.domain.actions import (
    Action,
    ActionKind,
    Attachment,
    Extras,
)
from chatdesk.domain.arrivals import VerdictRefused, VerdictUnknown
from chatdesk.domain.events import (
    Dropped,
    MessageSeen,
)
from chatdesk.domain.goals import (
    Act,
    AskForOtp,
    DeleteMessage,
    FreshHead,
    SendText,
    SignIn,
    SignOut,
    Watched,
)
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import Feature, MessageKind, ParkReason, Support, Why
from chatdesk.domain.steps import Done, Parked
from chatdesk.platforms.steppergo.plugin import PLUGIN
from tests.platforms.paper import call_of, emit_of
from tests.platforms.steppergo.paper import (
    CONVERSATION,
    FOREIGN_TRIP,
    OTHER,
    OUT_ID,
    SESSION,
    TRIP,
    Paper,
    message,
    message_id,
    send,
)

ACCEPT = Act(Action(kind=ActionKind.ACCEPT, order=TRIP))
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
