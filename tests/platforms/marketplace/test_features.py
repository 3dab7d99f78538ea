"""What this platform lacks, or has in part: the reason is told, and nothing of it ever leaves."""

from __future__ import annotations

import pytest

from chatdesk.domain.actions import ActionKind, Attachment, Extras, FieldKind
from chatdesk.domain.arrivals import VerdictRefused, VerdictStored
from chatdesk.domain.events import ConversationSeen, MessageSeen, NotificationSeen, PresenceSeen, TypingSeen
from chatdesk.domain.goals import (
    Connected,
    DeleteMessage,
    FreshHead,
    FreshLists,
    FreshNotifications,
    MarkRead,
    Probe,
    Report,
    SendText,
    Typing,
    Unwatched,
    Watched,
)
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import (
    ClosedWhy,
    Feature,
    KeyGrade,
    Lifecycle,
    MessageKind,
    ParkReason,
    PresenceState,
    Support,
    Why,
)
from chatdesk.domain.steps import Done, Parked, Wait
from chatdesk.platforms.marketplace.plugin import PLUGIN
from tests.platforms.marketplace.paper import (
    EVERYTHING,
    ME,
    OTHER,
    RFQ,
    SEND,
    STRANGER,
    Paper,
    boxed,
    call_of,
    emit_of,
    listing,
    message_id,
    put,
    record,
    relay,
    sent,
)
from tests.platforms.paper import HTML_404

ROLES = ("seller", "buyer", "admin")


def why(feature: Feature, role: str = "seller") -> Why | None:
    """Why a feature is absent; None where it is there."""
    paper = Paper(role)
    offered = paper.adapter.capabilities(paper.facts)
    assert (feature in offered.why) == (offered.features[feature] is not Support.YES)
    return offered.why.get(feature)


def offered_actions() -> set[ActionKind]:
    return {
        offer.action for role in ROLES for offer in Paper(role).adapter.capabilities(Paper(role).facts).offers
    }


def test_every_absent_feature_says_why() -> None:
    """No dead button in any mode of any kind of account: each feature is there, or has its reason."""
    for role in (*ROLES, "employee", ""):
        for mode in ("unproven", "stored", "live"):
            paper = Paper(role)
            if mode == "stored":
                paper.knows()
            elif mode == "live" and role in ROLES:
                paper.live()
            offered = paper.adapter.capabilities(paper.facts)
            absent = {one for one in Feature if offered.features[one] is not Support.YES}
            assert set(offered.why) == absent, (role, mode)


# -- absent ------------------------------------------------------------------------------------------------


@pytest.mark.shows("marketplace", "edit", "no")
@pytest.mark.shows("marketplace", "delete", "no")
@pytest.mark.shows("marketplace", "report", "no")
def test_a_message_stays_as_it_is() -> None:
    """No route edits, deletes or reports: nothing leaves."""
    for feature in (Feature.EDIT_OWN, Feature.DELETE_OWN, Feature.REPORT):
        assert why(feature) is Why.NOT_ON_PLATFORM
    paper = Paper()
    paper.knows()
    assert paper.want(DeleteMessage(OTHER, message_id(1))) == Parked(ParkReason.REFUSED, "DeleteMessage")
    assert paper.want(Report(OTHER, message_id(1), "spam")) == Parked(ParkReason.REFUSED, "Report")


@pytest.mark.shows("marketplace", "upload", "no")
@pytest.mark.shows("marketplace", "voice", "no")
@pytest.mark.shows("marketplace", "location", "no")
@pytest.mark.shows("marketplace", "order_files", "no")
def test_messages_are_text() -> None:
    """Files, recordings and places are neither offered nor sent, and requests have no files to be had."""
    assert why(Feature.ATTACHMENTS) is Why.NOT_ON_PLATFORM
    assert why(Feature.ORDER_FILES, "buyer") is Why.NOT_ON_PLATFORM
    actions = offered_actions()
    assert not actions & {ActionKind.UPLOAD, ActionKind.ADD_FILE, ActionKind.LIST_FILES, ActionKind.SAVE_FILE}
    paper = Paper()
    paper.knows()
    unsendable: list[SendText] = [
        put(SEND, kind=MessageKind.IMAGE),
        put(SEND, kind=MessageKind.AUDIO),
        put(SEND, kind=MessageKind.LOCATION, extras=Extras(place=(1.0, 2.0))),
        put(SEND, extras=Extras(attachments=(Attachment(url="/x"),))),
    ]
    for goal in unsendable:
        assert paper.want(goal) == Parked(ParkReason.REFUSED)


@pytest.mark.shows("marketplace", "reply", "no")
@pytest.mark.shows("marketplace", "reactions", "no")
@pytest.mark.shows("marketplace", "archive", "no")
@pytest.mark.shows("marketplace", "accept", "no")
@pytest.mark.shows("marketplace", "arrival_code", "no")
def test_nothing_is_offered_that_the_platform_does_not_have() -> None:
    """Conversations can be begun, requests created: no more."""
    assert offered_actions() == {ActionKind.START_CHAT, ActionKind.CREATE_ORDER}
    assert why(Feature.TAKE_OVER) is Why.NOT_ON_PLATFORM


@pytest.mark.shows("marketplace", "last_seen", "no")
def test_nobody_was_last_seen() -> None:
    """A sign of presence has no moment of the server's."""
    assert why(Feature.LAST_SEEN) is Why.NOT_ON_PLATFORM
    paper = Paper()
    paper.knows()
    (seen,) = paper.push("user_status_changed", {"userId": OTHER, "status": "offline"})
    assert isinstance(seen, PresenceSeen)
    assert seen.at_us is None


@pytest.mark.shows("marketplace", "status_push", "no")
@pytest.mark.shows("marketplace", "live_position", "no")
def test_nothing_about_orders_is_pushed() -> None:
    """No event, no stream: watching an order asks for nothing."""
    for feature in (Feature.STATUS_PUSH, Feature.LIVE_POSITION):
        assert why(feature, "buyer") is Why.NOT_ON_PLATFORM
    paper = Paper("buyer")
    assert paper.want(Watched(RFQ, OTHER)) == Done()
    assert paper.want(Unwatched(RFQ)) == Done()


# -- there, or in part -------------------------------------------------------------------------------------


@pytest.mark.shows("marketplace", "subject", "yes")
def test_messages_have_a_subject_and_a_topic() -> None:
    """The composer asks for both; unset they are what the platform's own widget sends; both are shown."""
    paper = Paper()
    paper.knows()
    asked = {one.key: one for one in paper.adapter.capabilities(paper.facts).message_fields}
    assert asked["subject"].default == "Chat Message"
    assert asked["topic"].kind is FieldKind.CHOICE
    assert asked["topic"].choices == ("general", "rfq", "order", "support")
    body = call_of(paper.want(SEND)).body
    assert (body["subject"], body["message_type"]) == ("Chat Message", "general")
    body = call_of(paper.want(put(SEND, extras=Extras(subject="Drills", topic="rfq")))).body
    assert (body["subject"], body["message_type"]) == ("Drills", "rfq")
    paper.push("new_message", record(7, subject="Drills", message_type="rfq"))
    (seen,) = paper.told(MessageSeen)
    assert seen.extras == Extras(subject="Drills", topic="rfq")


@pytest.mark.shows("marketplace", "typing", "yes")
def test_typing_names_its_sender() -> None:
    """Ours says who types, since the server does not; theirs is believed, for three seconds."""
    paper = Paper()
    paper.knows()
    for on in (True, False):
        step = emit_of(paper.want(Typing(OTHER, on)))
        assert step.args == ({"recipient_id": OTHER, "sender_id": ME, "is_typing": on},)
        paper.handed_over()
        assert paper.again() == Done()
    typed = paper.push("user_typing", {"recipient_id": ME, "sender_id": OTHER, "is_typing": True})
    assert typed == [
        TypingSeen(conversation=OTHER, person_id=OTHER, name="Buyer One", on=True),
        PresenceSeen(person_id=OTHER, state=PresenceState.ONLINE, conversation=OTHER),
    ]
    limits = PLUGIN.adapter.limits
    assert (limits.typing_repeat_ms, limits.typing_expire_ms) == (2_000, 3_000)
    paper.cut()
    assert paper.want(Typing(OTHER, True)) == Done()


@pytest.mark.shows("marketplace", "presence", "partial")
def test_presence_is_what_changes_have_told() -> None:
    """Unknown until the first sign; strangers' comings and goings are nobody's business here."""
    paper = Paper()
    paper.knows(STRANGER)
    assert paper.push("user_status_changed", {"userId": OTHER, "status": "online"}) == []
    online = PresenceSeen(person_id=STRANGER, state=PresenceState.ONLINE, conversation=STRANGER)
    offline = put(online, state=PresenceState.OFFLINE)
    assert paper.push("user_status_changed", {"userId": STRANGER, "status": "online"}) == [online]
    assert paper.push("user_left", STRANGER) == [offline]
    assert paper.push("online_users", [{"userId": STRANGER}, 7, None, OTHER]) == [online]
    assert paper.push("online_users", []) == [offline]
    # Somebody whom we begin to talk to, from another device: what was told meanwhile holds.
    for by in (record(1, sender=ME), relay("m1", sender_id=ME, recipient_id=OTHER)):
        fresh = Paper()
        fresh.push("user_joined", {"userId": OTHER})
        assert put(online, person_id=OTHER, conversation=OTHER) in fresh.push("new_message", by)


@pytest.mark.shows("marketplace", "conversation_list", "yes")
@pytest.mark.shows("marketplace", "unread", "partial")
def test_conversations_are_derived_from_both_boxes() -> None:
    """Who was only written to is one, too; the number is of what the inbox shows, here counted."""
    paper = Paper()
    paper.want(FreshLists())
    paper.answer(200, listing(boxed(2)))
    paper.again()
    to_stranger = {**boxed(3, sender=ME), "recipient_id": record(1, sender=STRANGER)["sender_id"]}
    paper.answer(200, listing({**to_stranger, "recipient_type": "Buyer"}))
    told = {one.remote_id: (one.title, one.unread) for one in paper.told(ConversationSeen)}
    assert told == {OTHER: ("Buyer One", 1), STRANGER: ("Buyer Two", 0)}


@pytest.mark.shows("marketplace", "history", "yes")
def test_history_tells_every_message_with_its_author() -> None:
    """Own and others', in order, with what they are called."""
    paper = Paper()
    paper.knows()
    paper.want(FreshHead(OTHER))
    paper.answer(200, {"success": True, "data": [record(1, "a"), record(2, "b", sender=ME)]})
    seen = [(one.text, one.own, one.sender_name) for one in paper.told(MessageSeen)]
    assert seen == [("a", False, "Buyer One"), ("b", True, "Seller One")]


@pytest.mark.shows("marketplace", "send", "yes")
@pytest.mark.shows("marketplace", "send_rest", "yes")
def test_a_send_is_one_request_and_no_relay() -> None:
    """Where the server stores, a copy by the socket would be a second message for many clients."""
    paper = Paper()
    paper.knows()
    for online in (True, False):
        paper.facts = put(paper.facts, online=online)
        step = call_of(paper.want(SEND))
        assert (step.method, step.path, step.commits) == ("POST", "/api/messages/send", True)
        assert step.body == {
            "recipient_id": OTHER,
            "recipient_type": "Buyer",
            "subject": "Chat Message",
            "message": "hello",
            "message_type": "general",
        }
    assert paper.verdict(201, sent(9)) == VerdictStored(1, message_id(9))
    assert paper.adapter.key_grade(paper.facts) is KeyGrade.NONE


@pytest.mark.shows("marketplace", "polling", "yes")
def test_everything_but_typing_and_relays_works_without_a_socket() -> None:
    """Lists, conversations, sends and marks are requests; the boxes are read every twelve seconds."""
    paper = Paper()
    paper.knows()
    paper.facts = put(paper.facts, online=False)
    for goal in (FreshLists(), FreshHead(OTHER), SEND, MarkRead(OTHER, EVERYTHING)):
        assert call_of(paper.want(goal)).path.startswith("/api/messages/")
    assert 10_000 <= PLUGIN.adapter.limits.poll_ms <= 15_000
    paper.want(FreshHead(OTHER))
    paper.answer(200, {"success": True, "data": [record(1)]})
    assert paper.want(FreshHead(OTHER, known=frozenset({message_id(1)}))) == Done()
    paper.want(FreshLists())
    paper.answer(200, listing(boxed(2), boxed(1)))
    paper.again()
    paper.answer(200, listing())
    assert call_of(paper.want(FreshHead(OTHER, known=frozenset({message_id(1)})))).note == "history"


@pytest.mark.shows("marketplace", "lifecycle", "partial")
def test_only_an_administrator_can_not_be_written_to() -> None:
    """No conversation ever closes; a send to `Admin` would be refused, so it says so beforehand."""
    paper = Paper()
    by_admin = record(7, sender=STRANGER, sender_type="Admin")
    (seen,) = [one for one in paper.push("new_message", by_admin) if isinstance(one, ConversationSeen)]
    assert (seen.lifecycle, seen.closed_why) == (Lifecycle.READ_ONLY, ClosedWhy.NOT_FOR_ROLE)
    assert paper.want(put(SEND, conversation=STRANGER)) == Parked(ParkReason.FORBIDDEN)
    assert paper.want(FreshHead(STRANGER)) == Parked(ParkReason.FORBIDDEN)
    (seen,) = [one for one in paper.push("new_message", record(8)) if isinstance(one, ConversationSeen)]
    assert (seen.lifecycle, seen.closed_why) == (Lifecycle.OPEN, None)


def test_notifications_that_a_server_has_after_all_are_read() -> None:
    """Probing finds the route; the records are taken leniently."""
    paper = Paper()
    assert paper.want(FreshNotifications()) == Done()
    paper.want(Probe())
    paper.answer(503, {"status": "unhealthy", "database": {"connected": False}})
    paper.again()
    paper.answer(200, {"success": True, "data": []})
    paper.again()
    paper.answer(200, [])
    offered = paper.adapter.capabilities(paper.facts)
    assert offered.features[Feature.NOTIFICATIONS] is Support.YES
    assert offered.why[Feature.MESSAGE_SEARCH] is Why.OUT_OF_REACH
    assert call_of(paper.want(FreshNotifications())).path == "/api/notifications"
    paper.answer(200, [{"_id": "n1", "title": "Quote", "message": "A seller has quoted", "read": False}, 7])
    (note,) = paper.told(NotificationSeen)
    assert (note.title, note.text, note.unread) == ("Quote", "A seller has quoted", True)


def test_a_server_of_another_kind_is_told_apart() -> None:
    """The first step needs no token, and its verdict says whether this is the platform."""
    for status, body, is_json in (
        (200, {"ok": True}, True),
        (404, HTML_404, False),
        (200, "hello", False),
    ):
        paper = Paper(access="")
        assert call_of(paper.want(Probe())).headers == ()
        assert isinstance(paper.verdict(status, body, is_json=is_json), VerdictRefused)
        assert isinstance(paper.again(), Parked)
    good = Paper(access="")
    good.want(Probe())
    assert isinstance(good.verdict(200, {"status": "healthy", "database": {}}), VerdictStored)
    assert good.again() == Done()


def test_what_is_promised_of_presence_is_taken_when_it_comes() -> None:
    """A list of everybody, somebody who is away: believed, and remembered for a day."""
    paper = Paper()
    paper.knows()
    for event, payload, key in (
        ("online_users", [OTHER], "probe.online_users"),
        ("update_status", {"userId": OTHER, "status": "away"}, "probe.update_status"),
    ):
        (seen,) = paper.push(event, payload)
        assert isinstance(seen, PresenceSeen)
        assert seen.state is PresenceState.ONLINE
        kept = paper.facts.learnt[key]
        assert kept.value == "yes"
        assert kept.expires_at_us - paper.facts.now_us == 24 * 3_600 * 1_000_000


def test_presence_is_asked_for_once_per_connection() -> None:
    """What is promised and ignored is harmless, and said no more often than needed."""
    paper = Paper()
    assert paper.want(Connected()) == Done()
    paper.later(60_000)
    assert paper.want(Connected()) == Done()


def test_a_send_that_waits_is_no_failure() -> None:
    """It gives its place to others, and the window says what it waits for."""
    paper = Paper()
    paper.live(there=False)
    step = paper.want(SEND)
    assert isinstance(step, Wait)
    assert step.why == "recipient_away"
    assert paper.facts.online
    assert RemoteId(OTHER) in paper.own.parties
