"""Requests for quotation, which take the place of orders here. Nothing about them is ever pushed.

A buyer reads and changes their own; an administrator all; a seller's list is empty whatever there is. There
is no route that gives a buyer one of them: the list is read again. Source: wire specification, section 9.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec

from chatdesk.domain.arrivals import Answer, OpenStep, Reading, VerdictStored
from chatdesk.domain.entities import OrderField, Participant, StatusChoice
from chatdesk.domain.events import Event, OrderSeen
from chatdesk.domain.facts import Facts
from chatdesk.domain.goals import ChangeStatus, FreshOrder
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import OrderKind, ParkReason, Progress
from chatdesk.domain.steps import Call, Next, Parked
from chatdesk.platforms import loose, replies, routes
from chatdesk.platforms.marketplace import calls, limits, translate
from chatdesk.platforms.marketplace.state import own_of
from chatdesk.platforms.marketplace.translate import remote_id
from chatdesk.platforms.memory import learnt, progress_of, with_learnt, with_own
from chatdesk.wire.marketplace import names, shapes

NOTE_RFQ = "rfq"
NOTE_CHECK = "check"
NOTE_STATUS = "status"
LEARNT_SELLER_RFQS = "probe.seller_rfqs"

PROGRESS = {
    names.RFQ_DRAFT: Progress.WAITING,
    names.RFQ_OPEN: Progress.OPEN,
    names.RFQ_CLOSED: Progress.DONE,
    names.RFQ_CANCELLED: Progress.CANCELLED,
}
_LISTS = {
    names.ROLE_BUYER: names.ROUTE_BUYER_RFQS,
    names.ROLE_SELLER: names.ROUTE_SELLER_RFQS,
    names.ROLE_ADMIN: names.ROUTE_RFQS,
}
_OWNERS = frozenset({names.ROLE_BUYER, names.ROLE_ADMIN})
_LINES = (
    ("description", "description"),
    ("quantity", "quantity"),
    ("budget_min", "budget_min"),
    ("budget_max", "budget_max"),
    ("delivery", "delivery_location"),
    ("deadline", "deadline"),
    ("distribution", "distributionType"),
)
_VALUE_CHARS = 500
_NUMBER_CHARS = 8


def may_change(role: str) -> bool:
    """Whether accounts of a kind set the status of requests: whose they are, and administrators."""
    return role in _OWNERS


def has_list(facts: Facts) -> bool:
    """Whether the account's list can have anything in it. A seller's is empty at the servers seen."""
    role = facts.account.role
    return may_change(role) or (role == names.ROLE_SELLER and learnt(facts, LEARNT_SELLER_RFQS) == "yes")


def statuses(role: str) -> tuple[StatusChoice, ...]:
    """The platform's statuses; the server takes any of them at any time."""
    return tuple(
        StatusChoice(
            value=value,
            label=label,
            progress=PROGRESS[value],
            selectable=may_change(role),
            on_path=value != names.RFQ_CANCELLED,
        )
        for value, label in names.RFQ_LABELS.items()
    )


# -- records -----------------------------------------------------------------------------------------------


def order(record: object) -> OrderSeen | None:
    """One request for quotation; None without an id."""
    fields = loose.mapping(record)
    found = remote_id(fields.get("_id"))
    if found is None:
        return None
    status = loose.line(fields.get("status"), 40) or None
    created_us = loose.moment_us(fields.get("createdAt"))
    return OrderSeen(
        remote_id=found,
        kind=OrderKind.RFQ,
        number=found[-_NUMBER_CHARS:],
        title=loose.line(fields.get("title"), 120) or None,
        customer=translate.name_of(fields.get("buyerId")) or None,
        status=status,
        status_label=None if status is None else names.RFQ_LABELS.get(status, status),
        progress=None if status is None else PROGRESS.get(status, Progress.UNKNOWN),
        created_at_us=created_us,
        updated_at_us=loose.moment_us(fields.get("updatedAt")),
        fields=_lines(fields),
        participants=_people(fields),
    )


def _quotes(fields: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [loose.mapping(one) for one in loose.listing(fields.get("responses"))[: limits.QUOTES]]


def _lines(fields: Mapping[str, Any]) -> tuple[OrderField, ...]:
    lines = [
        OrderField(key, value)
        for key, name in _LINES
        if (value := loose.line(fields.get(name), _VALUE_CHARS))
    ]
    for quote in _quotes(fields):
        parts = (
            loose.line(quote.get("quotePrice"), 40),
            loose.line(quote.get("quoteQuantity"), 40),
            loose.line(quote.get("deliveryTime"), 40),
            loose.line(quote.get("status"), 40),
            loose.line(quote.get("message"), 200),
        )
        lines.append(OrderField("quote", " · ".join(part for part in parts if part)))
    attached = len(loose.listing(fields.get("attachments")))
    return (*lines, *((OrderField("attachments", str(attached)),) if attached else ()))


def _people(fields: Mapping[str, Any]) -> tuple[Participant, ...]:
    found: list[Participant] = []
    for value, role in ((fields.get("buyerId"), "buyer"), (fields.get("adminId"), "admin")):
        who = translate.person(value)
        if who is not None:
            found.append(Participant(remote_id=who, name=translate.name_of(value), role=role))
    for quote in _quotes(fields):
        seller = translate.person(quote.get("sellerId"))
        if seller is not None and all(one.remote_id != seller for one in found):
            name = translate.name_of(quote.get("sellerId"))
            found.append(Participant(remote_id=seller, name=name, role="seller"))
    return tuple(found)


def partner(seen: OrderSeen, me: RemoteId) -> RemoteId:
    """Whom to talk to about a request: for its buyer the first who has quoted, for others the buyer."""
    others = [one for one in seen.participants or () if one.remote_id != me]
    by_role = {one.role: one.remote_id for one in reversed(others)}
    return by_role.get("buyer") or by_role.get("seller") or RemoteId("")


# -- lists -------------------------------------------------------------------------------------------------


def list_call(facts: Facts, note: str) -> Next:
    """The account's requests; all of them in one answer."""
    path = _LISTS.get(facts.account.role)
    return Parked(ParkReason.FORBIDDEN) if path is None else routes.get(path, facts, note)


def listed(facts: Facts, raw: list[Any]) -> tuple[Facts, tuple[Event, ...]]:
    """A list of requests."""
    events: list[Event] = []
    held: dict[RemoteId, RemoteId] = {}
    for one in raw[: limits.RFQS]:
        seen = order(one)
        events.append(replies.MALFORMED if seen is None else seen)
        if seen is not None:
            held[seen.remote_id] = partner(seen, facts.account.user_id)
    if held and facts.account.role == names.ROLE_SELLER and not has_list(facts):
        facts = with_learnt(facts, LEARNT_SELLER_RFQS, "yes", limits.PROBED_US)
    return with_own(facts, rfqs=held), tuple(events)


def _one(answer: Answer, wanted: RemoteId, facts: Facts) -> tuple[Facts, OrderSeen | None] | None:
    """A request in the answer to the list, or to a request for it alone; None for no such answer."""
    if answer.status != HTTPStatus.OK or not answer.is_json:
        return None
    raw = answer.body if isinstance(answer.body, list) else [answer.body]
    found = next((seen for one in raw if (seen := order(one)) is not None and seen.remote_id == wanted), None)
    if found is not None:
        others = own_of(facts).rfqs
        facts = with_own(facts, rfqs={**others, wanted: partner(found, facts.account.user_id)})
    return facts, found


def _call_for(rfq: RemoteId, facts: Facts, note: str) -> Next:
    if facts.account.role == names.ROLE_ADMIN:
        return routes.get(routes.path(names.ROUTE_RFQ, rfq=rfq), facts, note)
    return list_call(facts, note)


# -- one request -------------------------------------------------------------------------------------------


def next_order(goal: FreshOrder, facts: Facts) -> Next:
    """One request as it is now."""
    rfq = remote_id(goal.order) or _by_number(goal.number, facts)
    return Parked(ParkReason.NOT_FOUND) if rfq is None else _call_for(rfq, facts, NOTE_RFQ)


def _by_number(number: str, facts: Facts) -> RemoteId | None:
    known = own_of(facts).rfqs
    return next((one for one in known if number and one.endswith(number)), None)


def read_order(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """The request, or that the account has none of this id."""
    goal = opened.goal.kind
    if not isinstance(goal, FreshOrder):
        return calls.misread(opened, answer.step_id, facts)
    wanted = remote_id(goal.order) or _by_number(goal.number, facts) or RemoteId("")
    read = _one(answer, wanted, facts)
    if read is None:
        return calls.failed(opened, answer, facts)
    facts, seen = read
    if seen is None:
        return replies.refused(opened, answer.step_id, ParkReason.NOT_FOUND, "", facts)
    return replies.done(facts, opened, answer.step_id, seen)


# -- status ------------------------------------------------------------------------------------------------


def next_status(goal: ChangeStatus, token: int, facts: Facts) -> Next:
    """Look first: nothing is ever pushed, so the request may long be another's work."""
    rfq = remote_id(goal.order)
    if rfq is None:
        return Parked(ParkReason.NOT_FOUND)
    if not may_change(facts.account.role):
        return Parked(ParkReason.FORBIDDEN)
    if goal.new not in names.RFQ_LABELS:  # the server would answer 500
        return Parked(ParkReason.REFUSED)
    if progress_of(facts, token).stage != NOTE_STATUS:
        return _call_for(rfq, facts, NOTE_CHECK)
    return Call(
        method="PUT",
        path=routes.path(names.ROUTE_RFQ, rfq=rfq),
        body=msgspec.to_builtins(shapes.RfqStatusBody(goal.new)),
        headers=routes.bearer(facts),
        commits=True,
        note=NOTE_STATUS,
    )


def read_check(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """The request as it is now: changed already, as expected, or changed by somebody else."""
    goal, token, step_id = opened.goal.kind, opened.goal.token, answer.step_id
    if not isinstance(goal, ChangeStatus):
        return calls.misread(opened, step_id, facts)
    read = _one(answer, goal.order, facts)
    if read is None:
        return calls.failed(opened, answer, facts)
    facts, seen = read
    if seen is None:
        return replies.refused(opened, step_id, ParkReason.NOT_FOUND, "", facts)
    facts = replies.compared(facts, token, goal, seen, NOTE_STATUS)
    return Reading(facts, (seen,), (VerdictStored(step_id),))


def read_status(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """What the answer of a change means. A 500 says nothing for sure: the request is read again."""
    goal = opened.goal.kind
    if not isinstance(goal, ChangeStatus):
        return calls.misread(opened, answer.step_id, facts)
    if answer.status == HTTPStatus.OK and answer.is_json:
        seen = order(loose.mapping(answer.body).get("rfq"))
        told = () if seen is None or seen.remote_id != goal.order else (seen,)
        return replies.done(facts, opened, answer.step_id, *told)
    return calls.refused_write(opened, answer, facts)
