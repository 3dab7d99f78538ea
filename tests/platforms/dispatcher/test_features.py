"""What this platform lacks, or has in part: the reason is told, and nothing of it ever leaves."""

from __future__ import annotations

from typing import Any

import pytest

from chatdesk.domain.actions import ActionKind, Attachment, Extras
from chatdesk.domain.arrivals import VerdictStored
from chatdesk.domain.events import ConversationGone, ConversationSeen, MessageSeen, PositionSeen, ReadSeen
from chatdesk.domain.goals import (
    AskForOtp,
    DeleteMessage,
    FreshHead,
    FreshLists,
    FreshNotifications,
    FreshOrder,
    Report,
    SendText,
    Watched,
)
from chatdesk.domain.ids import OutgoingId, RemoteId
from chatdesk.domain.kinds import ClosedWhy, Feature, Lifecycle, MessageKind, ParkReason, Support, Why
from chatdesk.domain.steps import Call, Done, Parked
from chatdesk.platforms.dispatcher.plugin import PLUGIN
from tests.platforms.dispatcher.acting import FORM, NOTE_ID, ROLES, on_order
from tests.platforms.dispatcher.paper import (
    NUMBER,
    ORDER,
    OTHER,
    OTHER_MAIL,
    Paper,
    call_of,
    error,
    paged,
    put,
    record,
    success,
)


def why(feature: Feature, role: str = "user") -> Why | None:
    """Why a feature is absent; None where it is there."""
    paper = Paper(role)
    offered = paper.adapter.capabilities(paper.facts)
    assert (feature in offered.why) == (offered.features[feature] is not Support.YES)
    return offered.why.get(feature)


def offered_actions() -> set[ActionKind]:
    return {
        offer.action for role in ROLES for offer in Paper(role).adapter.capabilities(Paper(role).facts).offers
    }


# -- signing in --------------------------------------------------------------------------------------------


@pytest.mark.shows("dispatcher", "roles", "no")
def test_a_login_has_one_role() -> None:
    """The token says which; nobody is asked."""
    assert PLUGIN.sign_in.roles == ()


@pytest.mark.shows("dispatcher", "otp_sign_in", "no")
def test_there_are_no_one_time_codes() -> None:
    """Neither offered nor ever asked for, with a good token or without any."""
    assert not PLUGIN.sign_in.otp
    for paper in (Paper(), Paper(access="", refresh="")):
        assert paper.want(AskForOtp()) == Parked(ParkReason.REFUSED, "AskForOtp")


# -- conversations -----------------------------------------------------------------------------------------


@pytest.mark.shows("dispatcher", "polling", "yes")
def test_everything_but_typing_works_without_a_socket() -> None:
    """Lists, orders, heads, notifications, sends and deletions are requests; all of them go offline."""
    paper = Paper()
    paper.facts = put(paper.facts, online=False)
    for goal in (
        FreshLists(),
        FreshOrder(ORDER, NUMBER),
        FreshHead(ORDER),
        FreshNotifications(),
        SendText(ORDER, OutgoingId("0"), "0", "hello"),
        DeleteMessage(ORDER, RemoteId("6b")),
    ):
        assert isinstance(paper.want(goal), Call), goal


@pytest.mark.shows("dispatcher", "lifecycle", "yes")
@pytest.mark.parametrize("status", [403, 404])
def test_access_that_was_withdrawn_is_told_and_comes_back(status: int) -> None:
    """A refused history makes the chat read-only with the reason; one that can be read again opens it."""
    paper = Paper()
    paper.want(FreshHead(ORDER))
    paper.answer(status, error(status, "Order not found or access denied"))
    closed = ConversationGone(remote_id=ORDER, lifecycle=Lifecycle.READ_ONLY, why=ClosedWhy.ACCESS_WITHDRAWN)
    assert paper.events == [closed]
    paper.want(FreshHead(ORDER))
    paper.answer(200, paged([record(1)], 1))
    assert ConversationSeen(remote_id=ORDER, lifecycle=Lifecycle.OPEN) in paper.events


def test_reading_does_not_reopen_what_refuses_to_be_written_to() -> None:
    """Only a send that is taken does."""
    opened = ConversationSeen(remote_id=ORDER, lifecycle=Lifecycle.OPEN)
    paper = Paper()
    paper.want(SendText(ORDER, OutgoingId("0"), "0", "hello"))
    paper.answer(403, error(403, "Order not found or access denied"))
    paper.want(FreshHead(ORDER))
    paper.answer(200, paged([record(1)], 1))
    assert opened not in paper.events
    paper.want(SendText(ORDER, OutgoingId("0"), "0", "hello"))
    assert isinstance(paper.verdict(201, success(record(2, own=True))), VerdictStored)
    paper.want(FreshHead(ORDER))
    paper.answer(200, paged([record(1)], 1))
    assert opened in paper.events


@pytest.mark.shows("dispatcher", "live_only", "no")
def test_the_server_stores_every_message() -> None:
    """So no conversation is ever live only."""
    assert why(Feature.STORED_MESSAGES) is None
    paper = Paper()
    paper.want(FreshLists())
    paper.answer(200, paged([{"id": ORDER, "orderNumber": NUMBER}], 1, limit=128))
    assert not [seen for seen in paper.events if isinstance(seen, ConversationSeen) and seen.live_only]


# -- messages ----------------------------------------------------------------------------------------------


def body_of(kind: MessageKind, extras: Extras) -> object:
    return call_of(Paper().want(SendText(ORDER, OutgoingId("0"), "0", "hello", kind, extras))).body


@pytest.mark.shows("dispatcher", "subject", "no")
def test_messages_have_no_subject() -> None:
    """The composer asks for none, and none leaves."""
    assert Paper().adapter.capabilities(Paper().facts).message_fields == ()
    sent = body_of(MessageKind.TEXT, Extras(subject="s", topic="t"))
    assert sent == {"orderId": ORDER, "message": "hello"}


@pytest.mark.shows("dispatcher", "upload", "no")
@pytest.mark.shows("dispatcher", "voice", "no")
@pytest.mark.shows("dispatcher", "location", "no")
def test_messages_are_text_alone() -> None:
    """No files, recordings or places: said as a lack of the platform, and never put into a request."""
    assert why(Feature.ATTACHMENTS) is Why.NOT_ON_PLATFORM
    assert ActionKind.UPLOAD not in offered_actions()
    extras = Extras(attachments=(Attachment(url="http://x.example/a"),), place=(1.0, 2.0))
    for kind in (MessageKind.FILE, MessageKind.AUDIO, MessageKind.LOCATION):
        assert body_of(kind, extras) == {"orderId": ORDER, "message": "hello"}


@pytest.mark.shows("dispatcher", "edit", "no")
@pytest.mark.shows("dispatcher", "reply", "no")
@pytest.mark.shows("dispatcher", "reactions", "no")
def test_a_message_stays_as_it_was_sent() -> None:
    """No editing, replies or reactions: fields that claim one are not believed."""
    assert why(Feature.EDIT_OWN) is Why.NOT_ON_PLATFORM
    claims: dict[str, Any] = {
        "editedAt": "2026-11-20T08:00:00.000Z",
        "replyTo": "6b",
        "reactions": [{"x": 1}],
    }
    (seen,) = Paper().push("new-message", {"orderId": ORDER, "message": record(1, own=True, **claims)})
    assert isinstance(seen, MessageSeen)
    assert (seen.edited_at_us, seen.text) == (None, "message 1")


@pytest.mark.shows("dispatcher", "report", "no")
def test_nothing_can_be_reported() -> None:
    """No route: parked at once, and said why."""
    assert why(Feature.REPORT) is Why.NOT_ON_PLATFORM
    assert Paper().want(Report(ORDER, RemoteId("6b"), "spam")) == Parked(ParkReason.REFUSED, "Report")


@pytest.mark.shows("dispatcher", "message_search", "no")
def test_the_servers_search_is_out_of_reach() -> None:
    """A routine without a route: what is kept here is searched."""
    assert why(Feature.MESSAGE_SEARCH) is Why.OUT_OF_REACH


@pytest.mark.shows("dispatcher", "archive", "no")
def test_nothing_is_archived_at_the_server() -> None:
    """No action does it: archiving is this desk's own."""
    step = on_order(Paper(), ActionKind.DELETE_CHAT)
    assert isinstance(step, Parked)
    assert not {ActionKind.DELETE_CHAT, ActionKind.END_CHAT} & offered_actions()


@pytest.mark.shows("dispatcher", "delivered", "no")
@pytest.mark.shows("dispatcher", "read_per_message", "no")
def test_a_sent_message_is_stored_and_no_more_is_known_of_it() -> None:
    """201 is all: `isRead` stays false for ever, and says nothing."""
    assert why(Feature.DELIVERED) is Why.NOT_ON_PLATFORM
    paper = Paper()
    paper.want(SendText(ORDER, OutgoingId("0"), "0", "hello"))
    paper.answer(201, success(record(1, own=True, isRead=False)))
    assert not [event for event in paper.events if isinstance(event, ReadSeen)]


@pytest.mark.shows("dispatcher", "last_seen", "no")
def test_nobody_says_when_somebody_was_last_here() -> None:
    """Who is not in the room is unknown, not away since a time."""
    assert why(Feature.LAST_SEEN) is Why.NOT_ON_PLATFORM


# -- orders ------------------------------------------------------------------------------------------------


@pytest.mark.shows("dispatcher", "arrival_code", "no")
@pytest.mark.shows("dispatcher", "live_position", "no")
def test_orders_have_neither_codes_nor_drivers_on_a_map() -> None:
    """Not offered, parked when asked for, and no packet makes a position."""
    assert why(Feature.LIVE_POSITION) is Why.NOT_ON_PLATFORM
    for kind in (ActionKind.REQUEST_CODE, ActionKind.CONFIRM_CODE):
        assert kind not in offered_actions()
        step = on_order(Paper(), kind, target=str(NOTE_ID), fields={**FORM, "code": "1234"})
        assert step == Parked(ParkReason.REFUSED, kind.value)
    paper = Paper()
    assert paper.want(Watched(OTHER, OTHER)) == Done()
    paper.push("order-updated", {"orderId": ORDER, "update": {"order": {"_id": ORDER, "latitude": 1}}})
    assert not [event for event in paper.events if isinstance(event, PositionSeen)]


@pytest.mark.shows("dispatcher", "status_change", "partial")
@pytest.mark.parametrize(("role", "reason"), [("admin", None), ("moderator", Why.NOT_FOR_ROLE)])
def test_statuses_are_the_administrators(role: str, reason: Why | None) -> None:
    """Others are told that their role may not; see the writes for what an administrator does."""
    assert why(Feature.CHANGE_STATUS, role) is reason


def test_who_writes_is_told_by_e_mail() -> None:
    """Anybody with a token can write anywhere: the sender's address is always shown."""
    (seen, *_) = Paper().push(
        "new-message", {"orderId": ORDER, "message": record(1, user={"id": OTHER, "email": OTHER_MAIL})}
    )
    assert isinstance(seen, MessageSeen)
    assert seen.sender_name == OTHER_MAIL
