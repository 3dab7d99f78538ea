"""Actions and look-ups on paper: one request each, what its answer means, and who may ask at all."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from chatdesk.domain.actions import ActionKind, FindKind, Hit, Lookup, Result, Subject
from chatdesk.domain.arrivals import (
    VerdictLater,
    VerdictRefused,
    VerdictStored,
    VerdictUnknown,
)
from chatdesk.domain.events import ConversationSeen, Dropped, OrderSeen, Stale
from chatdesk.domain.goals import (
    AskForOtp,
    Find,
    FreshLists,
    Joined,
    Report,
    Unwatched,
    Watched,
)
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import Feature, OrderKind, ParkReason, Support, Why
from chatdesk.domain.steps import Done, Emit, Parked
from chatdesk.wire.dispatcher import names
from tests.platforms.dispatcher.acting import FORM, NOTE_ID, ROLES, frames, given, on_order
from tests.platforms.dispatcher.paper import (
    HTML_404,
    MY_MAIL,
    NUMBER,
    ORDER,
    Paper,
    call_of,
    emit_of,
    error,
    iso,
    paged,
    success,
)

# -- what is offered ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ROLES)
def test_every_absent_feature_says_why(role: str) -> None:
    """Nothing is missing without a reason, and nothing that is there has one."""
    offered = Paper(role).adapter.capabilities(Paper(role).facts)
    assert set(offered.features) == set(Feature)
    lacking = {feature for feature, support in offered.features.items() if support is not Support.YES}
    assert set(offered.why) == lacking


@pytest.mark.parametrize(
    ("role", "statuses", "taking_over", "kinds"),
    [
        ("user", Why.NOT_FOR_ROLE, Why.NOT_FOR_ROLE, {ActionKind.CREATE_ORDER, ActionKind.REMOVE_FILE}),
        ("moderator", Why.NOT_FOR_ROLE, None, {ActionKind.TAKE_OVER}),
        ("admin", None, None, {ActionKind.TAKE_OVER}),
        ("", Why.NOT_FOR_ROLE, Why.NOT_FOR_ROLE, set()),
    ],
)
def test_roles_decide_what_is_offered(
    role: str, statuses: Why | None, taking_over: Why | None, kinds: set[ActionKind]
) -> None:
    """Carriers create orders and remove files, moderators take over, administrators also set statuses."""
    paper = Paper(role)
    offered = paper.adapter.capabilities(paper.facts)
    assert offered.why.get(Feature.CHANGE_STATUS) is statuses
    assert offered.why.get(Feature.TAKE_OVER) is taking_over
    by_role = {ActionKind.CREATE_ORDER, ActionKind.REMOVE_FILE, ActionKind.TAKE_OVER}
    assert {offer.action for offer in offered.offers} & by_role == kinds


@pytest.mark.parametrize("role", ROLES)
def test_what_is_offered_has_a_first_step_and_what_no_role_is_offered_has_none(role: str) -> None:
    """No dead button. What another role is offered is the server's to refuse: it knows the role best."""
    offered = {
        offer.action for one in ROLES for offer in Paper(one).adapter.capabilities(Paper(one).facts).offers
    }
    for kind in ActionKind:
        paper = Paper(role)
        step = on_order(paper, kind, target=str(NOTE_ID), path="/tmp/a.pdf", fields=FORM)
        assert isinstance(step, Parked) == (kind not in offered), kind


# -- taking over -------------------------------------------------------------------------------------------


@pytest.mark.shows("dispatcher", "accept", "yes")
@pytest.mark.parametrize("role", ["moderator", "admin"])
def test_taking_over_is_one_request_and_the_detail_is_read_again(role: str) -> None:
    """Its answer is hollow: an empty moderator and truck tell nothing about either."""
    paper = Paper(role)
    call = call_of(on_order(paper, ActionKind.TAKE_OVER))
    assert (call.method, call.path, call.body) == ("POST", f"/api/orders/{ORDER}/moderate", None)
    assert call.commits
    hollow = {
        "_id": ORDER,
        "orderNumber": NUMBER,
        "status": "processing",
        "moderator": {},
        "truck": {},
        "trailer": {"length": 24},
    }
    verdict = paper.verdict(200, success(hollow))
    assert verdict == VerdictStored(1, result=Result(order=ORDER, conversation=ORDER))
    seen, stale = paper.events
    assert isinstance(seen, OrderSeen)
    assert (seen.status, seen.participants, seen.fields) == ("processing", None, None)
    assert stale == Stale(order_number=NUMBER)
    assert paper.again() == Done()


def test_a_carrier_is_offered_no_take_over_and_the_server_refuses_one() -> None:
    """The window has no button for it; should it be asked for, the server's words are the answer."""
    paper = Paper("user")
    assert not paper.adapter.capabilities(paper.facts).has(Feature.TAKE_OVER)
    call_of(on_order(paper, ActionKind.TAKE_OVER))
    words = "Access denied. Required roles: moderator, admin"
    assert paper.verdict(403, error(403, words)) == VerdictRefused(1, ParkReason.FORBIDDEN, words)


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (403, error(403, "Access denied. Required roles: moderator, admin"), ParkReason.FORBIDDEN),
        (404, error(404, "Order not found"), ParkReason.NOT_FOUND),
        (500, error(500, "Cast to ObjectId failed"), None),
    ],
)
def test_a_refused_take_over(status: int, body: Any, expected: ParkReason | None) -> None:
    """Told in the server's words; a 500 may have changed the order."""
    paper = Paper("moderator")
    on_order(paper, ActionKind.TAKE_OVER)
    verdict = paper.verdict(status, body)
    if expected is None:
        assert verdict == VerdictUnknown(1, "HTTP 500")
    else:
        assert verdict == VerdictRefused(1, expected, body["message"])


def test_a_taken_order_is_watched_by_reading_it_again() -> None:
    """Taking over is pushed to nobody: while somebody looks at an order its detail is read anew."""
    paper = Paper("moderator")
    assert paper.want(Watched(ORDER, ORDER)) == Done(), "its number is not known yet"
    paper.want(FreshLists())
    paper.answer(200, paged([{"id": ORDER, "orderNumber": NUMBER, "createdBy": MY_MAIL}], 1, limit=128))
    assert call_of(paper.want(Watched(ORDER, ORDER))).path == f"/api/orders/{NUMBER}"
    paper.answer(200, success({"id": ORDER, "orderNumber": NUMBER, "status": "processing"}))
    assert isinstance(paper.events[-1], OrderSeen)
    assert paper.again() == Done()
    assert paper.want(Unwatched(ORDER)) == Done()


# -- starting a conversation -------------------------------------------------------------------------------


@pytest.mark.shows("dispatcher", "start_chat", "yes")
def test_a_conversation_starts_with_its_order() -> None:
    """Reading the history makes the chat's record, without which parallel first messages get a 500."""
    paper = Paper()
    call = call_of(on_order(paper, ActionKind.START_CHAT))
    assert (call.method, call.path, call.commits) == ("GET", f"/api/chat/orders/{ORDER}/messages", False)
    verdict = paper.verdict(200, paged([], 0))
    assert verdict == VerdictStored(1, result=Result(conversation=ORDER, order=ORDER))
    assert paper.events == [ConversationSeen(remote_id=ORDER, order_remote_id=ORDER)]
    assert paper.again() == Done()


def test_a_conversation_that_may_not_be_read_does_not_start() -> None:
    """Of an order of somebody else, where a deployment checks that."""
    paper = Paper()
    on_order(paper, ActionKind.START_CHAT)
    verdict = paper.verdict(404, error(404, "Order not found or access denied"))
    assert verdict == VerdictRefused(1, ParkReason.NOT_FOUND, "Order not found or access denied")


def test_leaving_is_said_to_the_room_once() -> None:
    """No answer comes; the room has to be joined again before its pushes do."""
    paper = Paper()
    paper.want(Joined(ORDER))
    paper.handed_over()
    emit = emit_of(on_order(paper, ActionKind.LEAVE_CHAT))
    assert (emit.event, emit.args, emit.timeout_ms) == ("leave-order-room", (ORDER,), 0)
    assert paper.handed_over().verdicts == (VerdictStored(1),)
    assert paper.again() == Done()
    assert isinstance(paper.want(Joined(ORDER)), Emit)
    paper.cut()
    assert on_order(paper, ActionKind.LEAVE_CHAT) == Done(), "without a socket there is no room to leave"


# -- looking up --------------------------------------------------------------------------------------------


@pytest.mark.shows("dispatcher", "order_search", "yes")
def test_orders_are_looked_up_by_number_and_address() -> None:
    """Every status is asked for, and what was typed is never a regular expression."""
    paper = Paper("moderator")
    call = call_of(paper.want(Find(Lookup(kind=FindKind.ORDER, words=" Austin (TX) 5+\x00", page=1))))
    query = dict(call.query)
    assert (call.path, query["page"], query["search"]) == (
        "/api/orders/paginated",
        "2",
        r"Austin \(TX\) 5\+",
    )
    assert sum(name == "status[]" for name, _ in call.query) == len(names.STATUS_LABELS) + 1
    row = {
        "id": ORDER,
        "orderNumber": NUMBER,
        "createdAt": iso(7_000_000),
        "originAddress": "Austin, TX",
        "destinationAddress": "Dallas, TX",
        "status": "pending",
        "createdBy": MY_MAIL,
    }
    verdict = paper.verdict(200, paged([row, {"orderNumber": "x"}, None], 42, 2, 20))
    assert isinstance(verdict, VerdictStored)
    assert verdict.result == Result(
        hits=(
            Hit(
                kind=FindKind.ORDER,
                remote_id=ORDER,
                title=NUMBER,
                detail=f"{MY_MAIL} · Austin, TX → Dallas, TX",
                status_label="Pending",
                at_us=7_000_000,
                order_kind=OrderKind.ORDER,
            ),
        ),
        more=True,
    )
    assert paper.events == [Dropped(reason="malformed")] * 2
    assert paper.again() == Done()


def test_the_recorded_searches() -> None:
    """The captures' answers to a search: one hit, none, and a failure that is tried again."""
    for frame in frames("orders_list", "GET", "/api/orders/paginated", "A"):
        words = frame["query"].get("search", "")
        if not words:
            continue
        paper = Paper()
        paper.want(Find(Lookup(kind=FindKind.ORDER, words=words)))
        verdict = given(paper, frame)
        if frame["status"] == 500:
            assert isinstance(verdict, VerdictLater)
            assert verdict.ms > 0
        else:
            hits = verdict.result.hits
            assert [hit.title for hit in hits] == [
                row["orderNumber"] for row in frame["response_body"]["data"]
            ]


def test_nothing_else_is_looked_up_here() -> None:
    """One kind is offered; no other leaves."""
    for kind in FindKind:
        step = Paper().want(Find(Lookup(kind=kind)))
        assert isinstance(step, Parked) == (kind is not FindKind.ORDER)


# -- anything at all ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [AskForOtp(), Report(ORDER, RemoteId("6b"), "spam")])
def test_what_the_platform_lacks_is_parked_at_once(kind: Any) -> None:
    """Never sent, never waited for."""
    assert isinstance(Paper().want(kind), Parked)


def test_no_answer_of_any_kind_hurts_an_action() -> None:
    """Strange bodies and statuses: one verdict each, whatever was asked."""
    bodies: list[Any] = [
        None,
        [],
        {},
        "x",
        5,
        {"data": 5},
        {"data": {"files": 3}},
        {"data": [None]},
        HTML_404,
    ]
    for kind in ActionKind:
        for role in ROLES:
            for status in (200, 201, 204, 302, 400, 401, 403, 404, 408, 413, 429, 500, 503):
                for body in bodies:
                    paper = Paper(role)
                    step = on_order(paper, kind, target="n1", path="/x", fields={**FORM, "truck": "T"})
                    if isinstance(step, Parked):
                        break
                    reading = paper.answer(status, body, is_json=body is not HTML_404)
                    assert [verdict.step_id for verdict in reading.verdicts] == [1]
                    paper.again()
                    msgspec.json.encode(reading.events)


def test_offers_stand_on_what_they_are_about() -> None:
    """Subjects fit the actions, and what can't be undone asks first."""
    for role in ROLES:
        offers = Paper(role).adapter.capabilities(Paper(role).facts).offers
        for offer in offers:
            if offer.action in {ActionKind.SAVE_FILE, ActionKind.REMOVE_FILE}:
                assert offer.on is Subject.FILE
            undone = {ActionKind.REMOVE_FILE, ActionKind.NOTICE_DELETE, ActionKind.TAKE_OVER}
            assert offer.confirm == (offer.action in undone)
