"""What this platform has and what it lacks, cell by cell; what is absent has a reason, and is never sent."""

from __future__ import annotations

from typing import Any

import pytest

from chatdesk.domain.actions import Action, ActionKind, FieldAsked, Subject
from chatdesk.domain.arrivals import VerdictStored
from chatdesk.domain.events import MessageSeen, Stale
from chatdesk.domain.goals import (
    Act,
    AskForOtp,
    DeleteMessage,
    FreshHead,
    MarkRead,
    Report,
    SendText,
    Typing,
    Unwatched,
    Watched,
)
from chatdesk.domain.ids import OutgoingId, RemoteId
from chatdesk.domain.kinds import Feature, MessageKind, OrderKind, ParkReason, Support, Why
from chatdesk.domain.steps import Done, Emit, NeedsPassword, Parked
from chatdesk.domain.text import well_formed
from chatdesk.platforms.fakomame.limits import LIMITS
from chatdesk.platforms.fakomame.plugin import PLUGIN
from chatdesk.platforms.fakomame.translate import place
from tests.platforms.fakomame.paper import (
    CHAT,
    ME,
    OTHER,
    PACKAGE,
    Paper,
    chat,
    cursor,
    emit_of,
    history,
    message_id,
    ok,
    package,
    pushed,
    record,
)


def has(feature: Feature, role: str = "SENDER") -> tuple[Support, Why | None]:
    """What the capabilities say, and why not."""
    paper = Paper(role)
    found = paper.adapter.capabilities(paper.facts)
    return found.features[feature], found.why.get(feature)


def text(words: str, kind: MessageKind = MessageKind.TEXT) -> SendText:
    return SendText(CHAT, OutgoingId("0"), "0", words, kind)


def desk() -> Paper:
    """A chat that has let us in."""
    paper = Paper()
    paper.lists(chat())
    paper.join()
    return paper


@pytest.mark.parametrize("role", ["SENDER", "TRAVELER", "RECEIVER", "COURIER", "ADMIN", "", "NEW"])
def test_every_feature_is_there_or_has_a_reason(role: str) -> None:
    """Nothing is left open, and nothing that works has an excuse."""
    paper = Paper(role)
    found = paper.adapter.capabilities(paper.facts)
    assert set(found.features) == set(Feature)
    assert {one for one, support in found.features.items() if support is Support.NO} == set(found.why)
    assert Support.PROBE not in found.features.values()
    assert found.message_limit_chars == 1_000
    assert found.message_fields == ()


def test_a_status_is_for_those_who_may_own_something() -> None:
    """Receivers and couriers have neither packages nor trips; each status names the kinds that have it."""
    assert has(Feature.CHANGE_STATUS) == (Support.YES, None)
    for role in ("RECEIVER", "COURIER"):
        assert has(Feature.CHANGE_STATUS, role) == (Support.NO, Why.NOT_FOR_ROLE)
        paper = Paper(role)
        assert not any(one.selectable for one in paper.adapter.capabilities(paper.facts).statuses)
    statuses = Paper().adapter.capabilities(Paper().facts).statuses
    assert {frozenset(one.after) for one in statuses} == {
        frozenset({"DRAFT", "POSTED", "MATCHED", "DISPUTED", "CANCELLED", "ACTIVE"})
    }
    assert {one.value: one.kinds for one in statuses} == {
        "DRAFT": (OrderKind.PACKAGE,),
        "POSTED": (OrderKind.PACKAGE, OrderKind.TRIP),
        "MATCHED": (OrderKind.PACKAGE,),
        "IN_TRANSIT": (OrderKind.PACKAGE,),
        "DELIVERED": (OrderKind.PACKAGE,),
        "DISPUTED": (OrderKind.PACKAGE,),
        "CANCELLED": (OrderKind.PACKAGE, OrderKind.TRIP),
        "ACTIVE": (OrderKind.TRIP,),
        "COMPLETED": (OrderKind.TRIP,),
    }


# -- what can't be sent ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("", ParkReason.EMPTY),
        (" \n\u200b", ParkReason.EMPTY),
        ("a\x00b", ParkReason.REFUSED),
        ("x" * 1_001, ParkReason.TOO_LONG),
    ],
)
def test_a_text_that_the_platform_does_not_take_is_parked(words: str, reason: ParkReason) -> None:
    """Blank, too long, or with U+0000, which the database can't store: nothing leaves."""
    for paper in (desk(), Paper()):
        ending = paper.want(text(words))
        assert isinstance(ending, Parked)
        assert ending.reason is reason


def test_a_text_goes_as_it_was_typed() -> None:
    """Nothing is trimmed, neither here nor at the server; a lone surrogate becomes U+FFFD, and so matches."""
    paper = desk()
    words = "  hello \ud800\n"
    emit = emit_of(paper.want(text(words)))
    assert emit.args[0]["content"] == well_formed(words)
    echo = pushed(3, well_formed(words), own=True)
    assert paper.packet("message:received", echo).verdicts == (VerdictStored(1, message_id(3)),)
    assert paper.adapter.normalise(" a ") == " a "
    assert emit_of(paper.want(text("x" * LIMITS.message_limit_chars))).event == "message:send"


@pytest.mark.shows("fakomame", "location", "partial")
@pytest.mark.parametrize(
    ("words", "spot"),
    [
        ("Location: 1 Harbour Road (-1.28, 36.82)", (-1.28, 36.82)),
        ("Location: x (1) (0.34,32.58) ", (0.34, 32.58)),
        ("Location: x (91.0, 1.0)", None),
        ("Location: x (1.0, 181)", None),
        ("Location: x (1.0)", None),
        ("somewhere", None),
    ],
)
def test_a_place_is_read_out_of_the_text(words: str, spot: tuple[float, float] | None) -> None:
    """Coordinates stand in the text only; what does not parse is shown as it is."""
    assert place(words) == spot
    paper = desk()
    seen, stale = paper.push("message:received", pushed(3, words, messageType="location"))
    assert isinstance(seen, MessageSeen)
    assert (seen.kind, seen.extras.place, seen.text) == (MessageKind.LOCATION, spot, words)
    assert stale == Stale(conversation=CHAT)
    (plain,) = paper.push("message:received", pushed(4, words))
    assert isinstance(plain, MessageSeen)
    assert plain.extras.place is None
    emit = emit_of(paper.want(text(words, MessageKind.LOCATION)))
    assert emit.args == ({"chatId": CHAT, "content": words, "type": "location"},)


def test_a_type_that_nobody_knows_is_shown_as_text() -> None:
    """The column is free text."""
    paper = desk()
    for kind, shown in (
        ("hologram", MessageKind.UNKNOWN),
        (None, MessageKind.TEXT),
        (7, MessageKind.UNKNOWN),
    ):
        seen = paper.push("message:received", pushed(3, "x", messageType=kind))[0]
        assert isinstance(seen, MessageSeen)
        assert (seen.kind, seen.text) == (shown, "x")


# -- what there is not -------------------------------------------------------------------------------------

MESSAGE = message_id(1)


@pytest.mark.parametrize(
    ("feature", "goal"),
    [
        pytest.param(
            Feature.DELETE_OWN,
            DeleteMessage(CHAT, MESSAGE),
            marks=pytest.mark.shows("fakomame", "delete", "no"),
        ),
        pytest.param(
            Feature.REPORT, Report(CHAT, MESSAGE, "spam"), marks=pytest.mark.shows("fakomame", "report", "no")
        ),
        pytest.param(
            Feature.TAKE_OVER,
            Act(Action(kind=ActionKind.TAKE_OVER, order=PACKAGE)),
            marks=pytest.mark.shows("fakomame", "accept", "no"),
        ),
        pytest.param(
            Feature.ORDER_FILES,
            Act(Action(kind=ActionKind.ADD_FILE, order=PACKAGE, path="/x")),
            marks=pytest.mark.shows("fakomame", "order_files", "no"),
        ),
        pytest.param(
            None,
            Act(Action(kind=ActionKind.CREATE_ORDER)),
            marks=pytest.mark.shows("fakomame", "create_order", "no"),
        ),
        pytest.param(
            None,
            Act(Action(kind=ActionKind.CONFIRM_CODE, order=PACKAGE, fields={"code": "123456"})),
            marks=pytest.mark.shows("fakomame", "arrival_code", "no"),
        ),
        pytest.param(None, Act(Action(kind=ActionKind.UPLOAD, path="/x"))),
        pytest.param(None, AskForOtp()),
    ],
)
def test_what_the_platform_lacks_is_said_and_parked(feature: Feature | None, goal: Any) -> None:
    """No button, and should it be asked for all the same, nothing leaves."""
    if feature is not None:
        assert has(feature) == (Support.NO, Why.NOT_ON_PLATFORM)
    offers = Paper().adapter.capabilities(Paper().facts).offers
    if isinstance(goal, Act):
        assert all(offer.action is not goal.action.kind for offer in offers)
    assert Paper().want(goal) in (Parked(ParkReason.REFUSED), Parked(ParkReason.REFUSED, type(goal).__name__))


@pytest.mark.shows("fakomame", "read_per_message", "no")
@pytest.mark.shows("fakomame", "read_per_conversation", "no")
@pytest.mark.shows("fakomame", "unread", "no")
@pytest.mark.shows("fakomame", "delivered", "no")
def test_nothing_is_said_of_reading_or_delivery() -> None:
    """A read mark is kept here; no route takes one."""
    for feature in (Feature.READ_RECEIPTS, Feature.STORED_READ, Feature.SERVER_UNREAD, Feature.DELIVERED):
        assert has(feature) == (Support.NO, Why.NOT_ON_PLATFORM)
    assert desk().want(MarkRead(CHAT, cursor(1))) == Done()


@pytest.mark.shows("fakomame", "edit", "no")
def test_own_texts_are_not_edited_but_an_edited_one_is_shown() -> None:
    """The flag exists and no route sets it."""
    assert has(Feature.EDIT_OWN) == (Support.NO, Why.NOT_ON_PLATFORM)
    paper = Paper()
    paper.want(FreshHead(CHAT))
    first = paper.answer(200, history(record(1, isEdited=True))).events[0]
    assert isinstance(first, MessageSeen)
    assert first.edited_at_us == first.sent_at_us


@pytest.mark.shows("fakomame", "message_search", "no")
@pytest.mark.shows("fakomame", "archive", "no")
@pytest.mark.shows("fakomame", "reply", "no")
@pytest.mark.shows("fakomame", "reactions", "no")
@pytest.mark.shows("fakomame", "voice", "no")
def test_a_send_has_a_text_and_a_type_and_nothing_more() -> None:
    """Replies, reactions, voice, archive and a search in messages have no route and no field."""
    assert has(Feature.MESSAGE_SEARCH) == (Support.NO, Why.NOT_ON_PLATFORM)
    offered = {offer.action for offer in Paper().adapter.capabilities(Paper().facts).offers}
    assert offered == {
        ActionKind.START_CHAT,
        ActionKind.LEAVE_CHAT,
        ActionKind.NOTICE_READ,
        ActionKind.NOTICES_READ,
        ActionKind.NOTICE_DELETE,
    }
    emit = emit_of(desk().want(text("hello", MessageKind.AUDIO)))
    assert set(emit.args[0]) == {"chatId", "content"}


@pytest.mark.shows("fakomame", "subject", "no")
@pytest.mark.shows("fakomame", "live_only", "no")
def test_messages_have_no_subject_and_are_always_stored() -> None:
    """The composer asks for nothing beside the text."""
    fields: tuple[FieldAsked, ...] = Paper().adapter.capabilities(Paper().facts).message_fields
    assert fields == ()
    assert has(Feature.STORED_MESSAGES) == (Support.YES, None)
    assert not PLUGIN.forgets_completed


@pytest.mark.shows("fakomame", "status_push", "no")
@pytest.mark.shows("fakomame", "live_position", "no")
def test_what_happens_to_an_item_is_polled_while_somebody_looks() -> None:
    """The documents promise live updates, no server pushes any: the item is read instead."""
    assert has(Feature.STATUS_PUSH) == (Support.NO, Why.NOT_ON_SERVER)
    assert has(Feature.LIVE_POSITION) == (Support.NO, Why.NOT_ON_PLATFORM)
    paper = desk()
    paper.want(Watched(PACKAGE, CHAT))
    assert paper.answer(200, ok(package(status="DELIVERED"))).events
    assert paper.want(Unwatched(PACKAGE)) == Done()
    assert paper.want(Watched(RemoteId("a b"), CHAT)) == Done()


@pytest.mark.shows("fakomame", "upload", "partial")
def test_files_are_shown_and_not_offered() -> None:
    """A file goes inside the JSON of a send, which no step of ours can read from a disk."""
    assert has(Feature.ATTACHMENTS) == (Support.NO, Why.OUT_OF_REACH)
    offers = Paper().adapter.capabilities(Paper().facts).offers
    assert all(offer.on is not Subject.FILE for offer in offers)


def test_typing_is_not_told_without_a_token_or_a_room() -> None:
    """What is said once, if at all, is never made up for later."""
    paper = Paper()
    assert paper.want(Typing(CHAT, True)) == Done()
    paper.lists(chat())
    paper.join()
    assert isinstance(paper.want(Typing(CHAT, True)), Emit)
    paper.nothing("cut")
    assert paper.again() == Done()


def test_who_we_are_never_comes_from_a_payload() -> None:
    """Own is what the account has sent, by its id; a name proves nothing."""
    paper = desk()
    (seen,) = paper.push(
        "message:received", pushed(3, sender={"id": OTHER, "firstName": "Sender", "lastName": "Alpha"})
    )
    assert isinstance(seen, MessageSeen)
    assert not seen.own
    assert paper.facts.account.user_id == ME
    assert not isinstance(paper.want(FreshHead(CHAT)), NeedsPassword)
