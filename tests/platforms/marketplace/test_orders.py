"""Requests for quotation, looking things up, and conversations that begin here."""

from __future__ import annotations

import msgspec
import pytest

from chatdesk.domain.actions import Action, ActionKind, FindKind, FindScope, Lookup, Subject
from chatdesk.domain.arrivals import VerdictRefused, VerdictStored, VerdictUnknown
from chatdesk.domain.entities import OrderField
from chatdesk.domain.events import ConversationSeen, MessageSeen, OrderSeen, Stale
from chatdesk.domain.goals import Act, ChangeStatus, Find, FreshLists, FreshOrder
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import Feature, Lifecycle, OrderKind, ParkReason, Progress, Support, Why
from chatdesk.domain.steps import Done, Parked
from tests.platforms.marketplace.paper import (
    ME,
    OTHER,
    RFQ,
    SEND,
    STRANGER,
    Paper,
    call_of,
    emit_of,
    listing,
    person,
    put,
    record,
    rfq,
)

NUMBER = "00000401"
QUOTE = {
    "sellerId": ME,
    "quotePrice": 245.5,
    "quoteQuantity": 100,
    "deliveryTime": 7,
    "message": "We can ship in a week",
    "status": "submitted",
}
PRODUCT = {
    "_id": "66b000000000000000000301",
    "name": "Impact drill",
    "description": "800 W drill",
    "price": 250,
    "status": "active",
    "sellerId": {
        "_id": ME,
        "name": "Seller One",
        "companyName": "Seller One Trading",
        "email": "seller1@example.test",
    },
    "createdAt": "2026-11-19T07:46:28.284Z",
}


def buyer() -> Paper:
    return Paper("buyer", user_id=OTHER)


# -- requests ----------------------------------------------------------------------------------------------


def test_a_buyers_requests_are_orders() -> None:
    """Title, status, lines and quotes; whoever has quoted is somebody to talk to."""
    paper = buyer()
    paper.want(FreshLists())
    for body in (listing(), listing(), [rfq(responses=[QUOTE], budget_min=10), rfq(402, "closed"), 7]):
        paper.answer(200, body)
        paper.again()
    first, second = paper.told(OrderSeen)
    assert (first.kind, first.number, first.title) == (OrderKind.RFQ, NUMBER, "Need 100 drills")
    assert (first.status, first.status_label, first.progress) == ("open", "Open", Progress.OPEN)
    assert second.progress is Progress.DONE
    assert OrderField("budget_min", "10") in first.fields
    assert OrderField("quote", "245.5 · 100 · 7 · submitted · We can ship in a week") in first.fields
    assert [(one.remote_id, one.role) for one in first.participants] == [(OTHER, "buyer"), (ME, "seller")]
    assert paper.again() == Done()


@pytest.mark.parametrize("status", [403, 404, 500])
def test_requests_that_can_not_be_read_leave_the_conversations(status: int) -> None:
    """Whatever the list of requests answers, the lists are read to their end."""
    paper = buyer()
    paper.want(FreshLists())
    for code, body in ((200, listing()), (200, listing()), (status, {"message": "no"})):
        paper.answer(code, body)
        paper.again()
    assert paper.again() == Done()


@pytest.mark.shows("marketplace", "status_change", "partial")
def test_the_owner_sets_a_status_after_a_look() -> None:
    """Nothing is pushed, so it is read first: done already, changed by somebody else, or to be changed."""
    meanwhile = Parked(ParkReason.CHANGED_MEANWHILE, "Cancelled")
    statuses = {"open": None, "closed": Done(), "cancelled": meanwhile}
    for status, end in statuses.items():
        paper = buyer()
        assert call_of(paper.want(ChangeStatus(RFQ, NUMBER, "open", "closed"))).path.endswith("my-rfqs")
        paper.answer(200, [rfq(402), rfq(401, status)])
        if end is not None:
            assert paper.again() == end
            continue
        step = call_of(paper.again())
        assert (step.method, step.path, step.body) == ("PUT", f"/api/rfqs/{RFQ}", {"status": "closed"})
        assert step.commits
        assert isinstance(paper.verdict(200, {"message": "ok", "rfq": rfq(401, "closed")}), VerdictStored)
    seller = Paper()
    assert seller.want(ChangeStatus(RFQ, NUMBER, "open", "closed")) == Parked(ParkReason.FORBIDDEN)
    assert seller.adapter.capabilities(seller.facts).why[Feature.CHANGE_STATUS] is Why.NOT_FOR_ROLE


def test_a_status_that_nobody_knows_is_never_sent() -> None:
    """The server would fail on it with 500, which says nothing."""
    assert buyer().want(ChangeStatus(RFQ, NUMBER, "open", "shipped")) == Parked(ParkReason.REFUSED)


def test_a_failed_change_is_read_again_and_not_repeated_blindly() -> None:
    """500 may have changed it; a refusal in words has not."""
    paper = buyer()
    paper.want(ChangeStatus(RFQ, NUMBER, "open", "closed"))
    paper.answer(200, [rfq()])
    paper.again()
    assert isinstance(paper.verdict(500, {"message": "Server error"}), VerdictUnknown)
    paper.want(ChangeStatus(RFQ, NUMBER, "open", "closed"))
    paper.answer(200, [rfq()])
    paper.again()
    assert isinstance(paper.verdict(403, {"message": "Not yours"}), VerdictRefused)


def test_an_administrator_reads_and_changes_one_request() -> None:
    """The only account that has a route to a single one."""
    paper = Paper("admin", user_id="66b000000000000000000106")
    assert call_of(paper.want(FreshOrder(RFQ, NUMBER))).path == f"/api/rfqs/{RFQ}"
    paper.answer(200, rfq(buyerId={"_id": OTHER, "name": "Buyer One", "email": "x@example.test"}))
    (order,) = paper.told(OrderSeen)
    assert order.customer == "Buyer One"
    assert call_of(paper.want(ChangeStatus(RFQ, NUMBER, "open", "closed"))).path == f"/api/rfqs/{RFQ}"


def test_a_request_is_found_by_its_number() -> None:
    """After a push that names only that; and one that is gone is not found."""
    paper = buyer()
    paper.want(FreshOrder(RFQ, NUMBER))
    paper.answer(200, [rfq()])
    assert call_of(paper.want(FreshOrder(RemoteId(""), NUMBER))).path.endswith("my-rfqs")
    assert isinstance(paper.verdict(200, []), VerdictRefused)
    assert paper.again() == Parked(ParkReason.NOT_FOUND)


@pytest.mark.shows("marketplace", "create_order", "yes")
def test_a_buyer_creates_a_request() -> None:
    """What the server needs is asked for; the record in the answer is the new order."""
    paper = buyer()
    (offer,) = [
        one for one in paper.adapter.capabilities(paper.facts).offers if one.action is ActionKind.CREATE_ORDER
    ]
    assert offer.on is Subject.ACCOUNT
    fields = {"title": "Need 100 drills", "description": "Bulk", "quantity": "100", "deadline": "2026-12-24"}
    assert set(fields) <= {one.key for one in offer.fields}
    step = call_of(paper.want(Act(Action(kind=ActionKind.CREATE_ORDER, fields=fields))))
    assert (step.method, step.path, step.commits) == ("POST", "/api/rfqs", True)
    assert step.body == {**fields, "quantity": 100}
    verdict = paper.verdict(201, {"message": "created", "rfq": rfq()})
    assert isinstance(verdict, VerdictStored)
    assert verdict.result is not None
    assert verdict.result.order == RFQ
    assert paper.told(Stale) == [Stale()]
    for key, wrong in (("quantity", "0"), ("title", " "), ("deadline", "x")):
        action = Action(kind=ActionKind.CREATE_ORDER, fields={**fields, key: wrong})
        assert buyer().want(Act(action)) == Parked(ParkReason.REFUSED, key)
    assert Paper().want(Act(Action(kind=ActionKind.CREATE_ORDER))) == Parked(ParkReason.FORBIDDEN)


# -- looking things up -------------------------------------------------------------------------------------


def found(paper: Paper, lookup: Lookup, *bodies: object) -> list[object]:
    """The hits of a look-up answered so."""
    paper.want(Find(lookup))
    hits: list[object] = []
    for body in bodies:
        verdict = paper.verdict(200, body)
        assert isinstance(verdict, VerdictStored)
        paper.again()
        if verdict.result is not None:
            hits = list(verdict.result.hits)
    assert paper.again() == Done()
    return hits


@pytest.mark.shows("marketplace", "order_search", "yes")
def test_products_lead_to_their_sellers() -> None:
    """Searched by the server, paged; each hit says whom to talk to, and nothing more about them."""
    paper = buyer()
    step = call_of(paper.want(Find(Lookup(kind=FindKind.PRODUCT, words=" drill ", page=1))))
    assert step.path == "/api/products"
    assert dict(step.query) == {"page": "2", "limit": "20", "search": "drill"}
    verdict = paper.verdict(200, {"data": [PRODUCT, 7], "pagination": {"page": 2, "pages": 3}})
    assert isinstance(verdict, VerdictStored)
    assert verdict.result is not None
    assert verdict.result.more
    (hit,) = verdict.result.hits
    assert (hit.title, hit.person, hit.person_kind, hit.person_name) == (
        "Impact drill",
        ME,
        "Seller",
        "Seller One",
    )
    assert b"example.test" not in msgspec.json.encode(verdict)


def test_a_sellers_own_products() -> None:
    """Another route, narrowed here; nobody talks to themselves."""
    body = {"success": True, "products": [PRODUCT], "pagination": {"pages": 1}}
    lookup = Lookup(kind=FindKind.PRODUCT, scope=FindScope.MINE)
    paper = Paper()
    assert call_of(paper.want(Find(lookup))).path == "/api/products/seller"
    (hit,) = found(paper, lookup, body)
    assert getattr(hit, "person", ME) is None
    assert found(Paper(), msgspec.structs.replace(lookup, words="saw"), body) == []
    assert buyer().want(Find(lookup)) == Parked(ParkReason.FORBIDDEN)


def test_people_are_picked_out_of_the_public_directory() -> None:
    """Sellers, then buyers, narrowed here by every word; of a record its names and its id are taken."""
    lookup = Lookup(kind=FindKind.PERSON, words="one")
    paper = Paper()
    sellers = [person(ME), person(RemoteId("66b000000000000000000102"), name="Two", companyName="One Ltd")]
    hits = found(paper, lookup, sellers, [person(OTHER), person(STRANGER)])
    assert [(getattr(hit, "title", ""), getattr(hit, "person_kind", "")) for hit in hits] == [
        ("Two", "Seller"),
        ("Buyer One", "Buyer"),
    ]
    told = msgspec.json.encode(hits)
    assert b"example.test" not in told
    assert b"100200300" not in told
    assert paper.facts.learnt == Paper().facts.learnt


def test_a_directory_of_thousands_gives_fifty_at_a_time() -> None:
    """The rest is on further pages."""
    many = [person(RemoteId(f"66b1000000000000000{number:05d}"), name=f"P{number}") for number in range(120)]
    for page, count, more in ((0, 50, True), (2, 20, False)):
        paper = Paper()
        paper.want(Find(Lookup(kind=FindKind.PERSON, page=page)))
        verdict = paper.verdict(200, many)
        if not isinstance(paper.again(), Done):
            verdict = paper.verdict(200, [])
        assert isinstance(verdict, VerdictStored)
        assert verdict.result is not None
        assert (len(verdict.result.hits), verdict.result.more) == (count, more)


def test_an_id_is_asked_for_by_itself() -> None:
    """No whole directory for one person."""
    paper = Paper()
    step = call_of(paper.want(Find(Lookup(kind=FindKind.PERSON, words=OTHER))))
    assert step.path == f"/api/sellers/{OTHER}"
    paper.answer(404, {"message": "Seller not found"})
    assert call_of(paper.again()).path == f"/api/buyers/{OTHER}"
    verdict = paper.verdict(200, person(OTHER))
    assert isinstance(verdict, VerdictStored)
    assert verdict.result is not None
    assert [hit.remote_id for hit in verdict.result.hits] == [OTHER]


def test_requests_are_looked_up_by_those_who_have_any() -> None:
    """A buyer's own, an administrator's all; a seller is not offered an empty list."""
    lookup = Lookup(kind=FindKind.RFQ, scope=FindScope.MINE, words="drills")
    (hit,) = found(buyer(), lookup, [rfq(responses=[QUOTE]), rfq(402, title="Saws", description="")])
    assert (getattr(hit, "person", None), getattr(hit, "person_kind", "")) == (ME, "Seller")
    seller = Paper()
    offered = {one.kind for one in seller.adapter.capabilities(seller.facts).finds}
    assert offered == {FindKind.PRODUCT, FindKind.PERSON}
    assert seller.want(Find(lookup)) == Parked(ParkReason.FORBIDDEN)


# -- beginning to talk -------------------------------------------------------------------------------------


@pytest.mark.shows("marketplace", "start_chat", "yes")
def test_a_conversation_begins_with_a_person_that_was_found() -> None:
    """No call makes it: the directory is asked whether they are there, and it is here from then on."""
    paper = buyer()
    action = Action(kind=ActionKind.START_CHAT, person=ME, person_kind="Seller", person_name="Seller One")
    assert call_of(paper.want(Act(action))).path == f"/api/sellers/{ME}"
    verdict = paper.verdict(200, person(ME))
    assert isinstance(verdict, VerdictStored)
    assert verdict.result is not None
    assert verdict.result.conversation == ME
    (seen,) = paper.told(ConversationSeen)
    assert (seen.remote_id, seen.title, seen.lifecycle) == (ME, "Seller One", Lifecycle.OPEN)
    assert call_of(paper.want(put(SEND, conversation=ME))).body["recipient_type"] == "Seller"
    # Without a single message nothing else would tell the kind after a restart.
    again = Paper("buyer", user_id=OTHER, learnt=paper.facts.learnt)
    assert call_of(again.want(put(SEND, conversation=ME))).body["recipient_type"] == "Seller"


def test_a_conversation_begins_about_a_request() -> None:
    """With the seller who has quoted; it hangs on the request."""
    paper = buyer()
    paper.want(FreshOrder(RFQ, NUMBER))
    paper.answer(200, [rfq(responses=[QUOTE])])
    paper.want(Act(Action(kind=ActionKind.START_CHAT, order=RFQ, order_kind=OrderKind.RFQ)))
    paper.answer(200, person(ME))
    assert paper.told(ConversationSeen)[-1].order_remote_id == RFQ
    alone = buyer()
    alone.want(FreshOrder(RFQ, NUMBER))
    alone.answer(200, [rfq()])
    assert alone.want(Act(Action(kind=ActionKind.START_CHAT, order=RFQ))) == Parked(ParkReason.NOT_FOUND)


def test_who_is_not_in_the_directory_may_still_be_written_to() -> None:
    """Named with a kind by what was found: the send will tell. Without a kind there is nobody."""
    paper = Paper()
    named = Action(kind=ActionKind.START_CHAT, person=STRANGER, person_kind="Buyer", person_name="Buyer Two")
    paper.want(Act(named))
    paper.answer(404, {"message": "Buyer not found"})
    paper.again()
    verdict = paper.verdict(404, {"message": "Seller not found"})
    assert isinstance(verdict, VerdictStored)
    assert paper.told(ConversationSeen)[-1].title == "Buyer Two"
    nobody = Paper()
    nobody.want(Act(Action(kind=ActionKind.START_CHAT, person=STRANGER)))
    nobody.answer(404, {"message": "Buyer not found"})
    nobody.again()
    assert isinstance(nobody.verdict(404, {"message": "Seller not found"}), VerdictRefused)


@pytest.mark.parametrize(
    ("action", "reason"),
    [
        (Action(kind=ActionKind.START_CHAT), ParkReason.NOT_FOUND),
        (Action(kind=ActionKind.START_CHAT, person=RemoteId("../x")), ParkReason.NOT_FOUND),
        (Action(kind=ActionKind.START_CHAT, person=OTHER, person_kind="Admin"), ParkReason.FORBIDDEN),
        (Action(kind=ActionKind.DELETE_CHAT, conversation=OTHER), ParkReason.REFUSED),
    ],
)
def test_what_can_not_be_done_is_said_without_asking(action: Action, reason: ParkReason) -> None:
    """Nobody, nonsense, an administrator, and actions that this platform does not have."""
    end = Paper().want(Act(action))
    assert isinstance(end, Parked)
    assert end.reason is reason


def test_one_may_write_to_oneself() -> None:
    """Nothing forbids it: a conversation of notes, whose every message is ours, stored or relayed."""
    paper = Paper()
    paper.want(Act(Action(kind=ActionKind.START_CHAT, person=ME)))
    paper.answer(200, person(ME))
    to_me = put(SEND, conversation=ME)
    assert call_of(paper.want(to_me)).body["recipient_type"] == "Seller"
    paper.answer(201, {"data": record(5, "hello", sender=ME, recipient=ME)})
    (seen,) = paper.told(MessageSeen)
    assert (seen.conversation, seen.own) == (ME, True)
    live = Paper()
    live.live(there=False)
    assert emit_of(live.want(to_me)).args[0]["recipient_id"] == ME


def test_features_follow_the_kind_of_account() -> None:
    """Sellers look up products and people; requests are for those who have them."""
    for role, orders in (("seller", Support.NO), ("buyer", Support.YES), ("admin", Support.YES)):
        paper = Paper(role)
        offered = paper.adapter.capabilities(paper.facts)
        assert offered.features[Feature.ORDER_LIST] is orders
        assert offered.features[Feature.FIND] is Support.YES
        assert [one.value for one in offered.statuses] == ["draft", "open", "closed", "cancelled"]
        assert all(one.selectable == (role != "seller") for one in offered.statuses)
