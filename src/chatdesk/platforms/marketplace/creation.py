"""A buyer's new request for quotation. Source: wire specification, section 9.

The answer of a creation was not recorded; a record in it is taken, and the list read again anyway.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

import msgspec

from chatdesk.domain.actions import FieldAsked, FieldKind, Result
from chatdesk.domain.arrivals import Answer, OpenStep, Reading, VerdictStored
from chatdesk.domain.events import Event, Stale
from chatdesk.domain.facts import Facts
from chatdesk.domain.goals import Act
from chatdesk.domain.kinds import ParkReason
from chatdesk.domain.steps import Call, Next, Parked
from chatdesk.platforms import loose, routes
from chatdesk.platforms.marketplace import calls, orders
from chatdesk.platforms.memory import ended
from chatdesk.wire.marketplace import names, shapes

NOTE_CREATE = "create"
FIELDS = (
    FieldAsked(key="title", limit_chars=200),
    FieldAsked(key="description", kind=FieldKind.LONG_TEXT, limit_chars=5_000),
    FieldAsked(key="quantity", kind=FieldKind.NUMBER, limit_chars=9),
    FieldAsked(key="delivery", required=False, limit_chars=300),
    FieldAsked(key="deadline", kind=FieldKind.DATE, required=False, limit_chars=10),
)


def next_create(goal: Act, facts: Facts) -> Next:
    """The one request that creates it; what can't be sent is named by its field."""
    if not orders.may_change(facts.account.role):
        return Parked(ParkReason.FORBIDDEN)
    body = _body(goal.action.fields)
    if isinstance(body, str):
        return Parked(ParkReason.REFUSED, body)
    return Call(
        method="POST",
        path=names.ROUTE_RFQS,
        body=msgspec.to_builtins(body),
        headers=routes.bearer(facts),
        commits=True,
        note=NOTE_CREATE,
    )


def _body(fields: Mapping[str, str]) -> shapes.RfqBody | str:
    """The request, or the key of the field that is missing or wrong."""
    given = {one.key: fields.get(one.key, "").strip() for one in FIELDS}
    for one in FIELDS:
        if one.required and not given[one.key]:
            return one.key
        if len(given[one.key]) > one.limit_chars:
            return one.key
    quantity = given["quantity"]
    if not quantity.isascii() or not quantity.isdigit() or int(quantity) == 0:
        return "quantity"
    deadline = given["deadline"]
    if deadline and loose.moment_us(deadline) is None:
        return "deadline"
    return shapes.RfqBody(
        title=given["title"],
        description=given["description"],
        quantity=int(quantity),
        delivery_location=given["delivery"],
        deadline=deadline,
    )


def read_create(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """Created, under the id that the answer names; or refused in words."""
    if answer.status not in {HTTPStatus.OK, HTTPStatus.CREATED} or not answer.is_json:
        return calls.refused_write(opened, answer, facts)
    seen = orders.order(loose.mapping(answer.body).get("rfq"))
    events: tuple[Event, ...] = (Stale(),) if seen is None else (seen, Stale())
    result = Result(order=None if seen is None else seen.remote_id)
    verdict = VerdictStored(answer.step_id, None if seen is None else seen.remote_id, result=result)
    return Reading(ended(facts, opened.goal.token), events, (verdict,))
