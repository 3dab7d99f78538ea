"""Creating an order on paper: the recorded request, the vehicles, and what is refused before it leaves."""

from __future__ import annotations

from typing import Any

import pytest

from chatdesk.domain.actions import ActionKind, Result
from chatdesk.domain.arrivals import VerdictRefused, VerdictStored, VerdictUnknown
from chatdesk.domain.events import ConversationSeen, OrderSeen, Stale
from chatdesk.domain.goals import FreshLists, FreshOrder
from chatdesk.domain.kinds import ParkReason
from chatdesk.domain.steps import Parked
from chatdesk.platforms.dispatcher import creation
from tests.platforms.dispatcher.acting import FORM, act, frames, given
from tests.platforms.dispatcher.paper import (
    ME,
    MY_MAIL,
    ORDER,
    OTHER,
    Paper,
    call_of,
    error,
    fresh_jwt,
    paged,
    put,
    success,
)

# -- creating an order -------------------------------------------------------------------------------------


@pytest.mark.shows("dispatcher", "create_order", "yes")
def test_the_recorded_creation_of_an_order() -> None:
    """The form makes the very request of the capture; its answers: created, refused by field, by role."""
    created, missing, forbidden = frames("order_created", "POST", "/api/orders/create")
    paper = Paper()
    call = call_of(act(paper, ActionKind.CREATE_ORDER, fields=FORM))
    assert (call.method, call.path, call.commits) == ("POST", "/api/orders/create", True)
    assert call.body == created["request_body"]
    verdict = given(paper, created)
    assert verdict == VerdictStored(1, result=Result(text="Order created successfully"))
    assert paper.events == [Stale()], "the answer names no order: the lists tell"
    paper = Paper()
    act(paper, ActionKind.CREATE_ORDER, fields=FORM)
    assert given(paper, missing) == VerdictRefused(1, ParkReason.REFUSED, "Missing required field: lengthIn")
    paper = Paper()
    act(paper, ActionKind.CREATE_ORDER, fields=FORM)
    refused = VerdictRefused(1, ParkReason.FORBIDDEN, "Access denied. Required roles: user")
    assert given(paper, forbidden) == refused


def test_the_form_asks_for_exactly_what_the_request_needs() -> None:
    """Every field of the form has its place in the request, and nothing in it is unasked for."""
    assert {field.key for field in creation.FIELDS} == set(FORM)
    optional = {field.key for field in creation.FIELDS if not field.required}
    assert optional == {"stops", "message"}


@pytest.mark.parametrize("key", [key for key in FORM if key not in {"stops", "message"}])
def test_a_field_that_the_server_would_refuse_is_named(key: str) -> None:
    """Empty, or a number 0, which counts as missing there: nothing leaves."""
    for bad in ("", "   ", "0" if key.endswith(("_ft", "_in")) else ""):
        step = act(Paper(), ActionKind.CREATE_ORDER, fields={**FORM, key: bad})
        assert step == Parked(ParkReason.REFUSED, key)


@pytest.mark.parametrize(
    ("key", "bad"),
    [
        ("start", "24.12.2026"),
        ("legal_weight", "maybe"),
        ("length_ft", "-3"),
        ("length_ft", "1e5"),
        ("width_in", "٣"),
    ],
)
def test_a_value_of_another_kind_is_named(key: str, bad: str) -> None:
    """Dates, choices and numbers are what they are."""
    step = act(Paper(), ActionKind.CREATE_ORDER, fields={**FORM, key: bad})
    assert step == Parked(ParkReason.REFUSED, key)


def test_what_is_optional_may_be_left_out() -> None:
    """No first message, several stops, a measure with a fraction."""
    fields = {**FORM, "message": " ", "stops": "Waco, TX\n\n  Abilene, TX ", "length_in": "6,5"}
    body = call_of(act(Paper(), ActionKind.CREATE_ORDER, fields=fields)).body
    assert "messages" not in body
    assert body["stops"] == ["Waco, TX", "Abilene, TX"]
    assert body["lengthIn"] == 6.5


def row(number: str, truck: str) -> dict[str, Any]:
    return {"id": ORDER, "orderNumber": number, "truckId": truck, "status": "pending", "createdBy": MY_MAIL}


def detail(number: str, truck: tuple[str, str], trailer: tuple[str, str]) -> dict[str, Any]:
    vehicle = {"truck": truck, "trailer": trailer}
    found = {kind: {"unitNumber": unit, "id": key} for kind, (unit, key) in vehicle.items()}
    return {"id": ORDER, "orderNumber": number, **found}


def test_unit_numbers_are_looked_up_in_the_carriers_own_orders() -> None:
    """No route lists vehicles; details name their ids, those with the wanted truck first."""
    fields = {**FORM, "truck": "trk-7", "trailer": "TRL-2"}
    paper = Paper()
    assert call_of(act(paper, ActionKind.CREATE_ORDER, fields=fields)).path == "/api/orders/paginated"
    paper.answer(200, paged([row("ORD-3", "TRK-1"), row("ORD-2", "TRK-7"), row("ORD-1", "TRK-7")], 3))
    assert call_of(paper.again()).path == "/api/orders/ORD-2"
    paper.answer(200, success(detail("ORD-2", ("TRK-7", "7" * 24), ("TRL-9", "9" * 24))))
    assert call_of(paper.again()).path == "/api/orders/ORD-1"
    paper.answer(404, error(404, "Order not found"))
    assert call_of(paper.again()).path == "/api/orders/ORD-3"
    paper.answer(200, success(detail("ORD-3", ("TRK-1", "1" * 24), ("TRL-2", "2" * 24))))
    call = call_of(paper.again())
    assert (call.path, call.body["truckId"], call.body["trailerId"]) == (
        "/api/orders/create",
        "7" * 24,
        "2" * 24,
    )
    again = call_of(act(paper, ActionKind.CREATE_ORDER, fields=fields))
    assert again.path == "/api/orders/create", "they are known from here on"


def test_a_vehicle_that_no_order_names_is_told() -> None:
    """After the last order, not before; and the search has an end."""
    paper = Paper()
    act(paper, ActionKind.CREATE_ORDER, fields={**FORM, "trailer": "TRL-404"})
    paper.answer(200, paged([row(f"ORD-{number}", "T") for number in range(50)], 50))
    reads = 0
    while not isinstance(step := paper.again(), Parked):
        assert call_of(step).path.startswith("/api/orders/ORD-")
        paper.answer(200, success({"id": ORDER}))
        reads += 1
    assert step == Parked(ParkReason.NOT_FOUND, "trailer")
    assert reads == 20


def test_a_creation_without_an_answer_is_not_known() -> None:
    """A second one would make a second order."""
    paper = Paper()
    act(paper, ActionKind.CREATE_ORDER, fields=FORM)
    assert paper.nothing("timeout") == VerdictUnknown(1, "timeout")
    paper = Paper()
    act(paper, ActionKind.CREATE_ORDER, fields=FORM)
    assert paper.verdict(500, error(500, "boom")) == VerdictUnknown(1, "HTTP 500")


# -- carriers by their companies ---------------------------------------------------------------------------


def test_staff_know_a_carrier_by_the_company() -> None:
    """A detail names it; from then on all orders of that carrier bear it, also those only listed."""
    paper = Paper("moderator")

    def lists() -> dict[str | None, str | None]:
        paper.events.clear()
        paper.want(FreshLists())
        paper.answer(200, paged([row("ORD-1", "T"), {**row("ORD-2", "T"), "id": OTHER}], 2, limit=128))
        return {seen.number: seen.customer for seen in paper.events if isinstance(seen, OrderSeen)}

    assert lists() == {"ORD-1": MY_MAIL, "ORD-2": MY_MAIL}
    paper.want(FreshOrder(ORDER, "ORD-1"))
    company = {"name": "Example Haul LLC", "email": "office@example.test"}
    paper.answer(200, success({"id": ORDER, "orderNumber": "ORD-1", "userId": ME, "companyInfo": company}))
    seen, conversation = paper.events[-2:]
    assert isinstance(seen, OrderSeen)
    assert isinstance(conversation, ConversationSeen)
    assert (seen.customer, conversation.title) == ("Example Haul LLC", "Example Haul LLC")
    assert lists() == {"ORD-1": "Example Haul LLC", "ORD-2": "Example Haul LLC"}
    assert MY_MAIL not in "".join(paper.facts.learnt), "what is kept of a server names nobody"
    paper.later(25 * 3_600_000)
    paper.facts = put(
        paper.facts, account=Paper("moderator", fresh_jwt("moderator", age_s=-90_000)).facts.account
    )
    assert set(lists().values()) == {"Example Haul LLC"}, "it holds longer than what a server may change"
