"""Creating an order, with its first message if the carrier has one to say.

The server wants the ids of truck and trailer, and there is no route for vehicles: the unit numbers that the
carrier knows are looked up in the carrier's own orders. The answer names no id, so the lists are read again.
Source: wire specification, section 4.5; captures/dispatcher/order_created.json.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus

import msgspec

from chatdesk.domain.actions import Action, FieldAsked, FieldKind, Result
from chatdesk.domain.arrivals import Answer, OpenStep, Reading, VerdictStored
from chatdesk.domain.events import Stale
from chatdesk.domain.facts import Facts
from chatdesk.domain.goals import Act
from chatdesk.domain.kinds import ParkReason
from chatdesk.domain.steps import Call, Next, Parked
from chatdesk.platforms import loose, routes
from chatdesk.platforms.dispatcher import limits, lists, orders, reads, writes
from chatdesk.platforms.dispatcher.lists import ListWalk
from chatdesk.platforms.dispatcher.state import own_of
from chatdesk.platforms.memory import at_stage, ended, parked, progress_of, put
from chatdesk.wire.dispatcher import names

NOTE_ORDERS = "create-orders"
NOTE_DETAIL = "create-detail"
NOTE_CREATE = "create"

TRUCK, TRAILER = "truck", "trailer"

_MEASURES = (
    ("length_ft", "lengthFt"),
    ("length_in", "lengthIn"),
    ("width_ft", "widthFt"),
    ("width_in", "widthIn"),
    ("height_ft", "heightFt"),
    ("height_in", "heightIn"),
    ("rear_overhang_ft", "rearOverhangFt"),
    ("rear_overhang_in", "rearOverhangIn"),
)
_TEXTS = (
    ("contact", "contact"),
    ("start", "permitStartDate"),
    ("commodity", "commodity"),
    ("load", "loadDims"),
    ("legal_weight", "legalWeight"),
    ("from", "originAddress"),
    ("to", "destinationAddress"),
)
_LINES = 30
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}\Z")
_ID = re.compile(names.ID_PATTERN + r"\Z")

FIELDS: tuple[FieldAsked, ...] = (
    FieldAsked(key="contact", limit_chars=200),
    FieldAsked(key="start", kind=FieldKind.DATE),
    FieldAsked(key="from", limit_chars=300),
    FieldAsked(key="to", limit_chars=300),
    FieldAsked(key="stops", kind=FieldKind.LONG_TEXT, required=False, limit_chars=2_000),
    FieldAsked(key=TRUCK, limit_chars=60),
    FieldAsked(key=TRAILER, limit_chars=60),
    FieldAsked(key="commodity", limit_chars=200),
    FieldAsked(key="load", default="oversize", limit_chars=60),
    *(FieldAsked(key=key, kind=FieldKind.NUMBER, limit_chars=6) for key, _ in _MEASURES),
    FieldAsked(key="legal_weight", kind=FieldKind.CHOICE, choices=("yes", "no"), default="yes"),
    FieldAsked(key="message", kind=FieldKind.LONG_TEXT, required=False, limit_chars=4_000),
)


class Search(msgspec.Struct, frozen=True):
    """Order numbers whose details may name the vehicles, and how many were read."""

    numbers: tuple[str, ...]
    read: int = 0


def next_step(action: Action, token: int, facts: Facts) -> Next:
    """Look up the vehicles where they are not known, then create the order."""
    body = _body(action.fields)
    if isinstance(body, str):
        return Parked(ParkReason.REFUSED, body)
    unknown = [kind for kind in (TRUCK, TRAILER) if _vehicle(kind, action.fields, facts) is None]
    if not unknown:
        body["truckId"] = _vehicle(TRUCK, action.fields, facts)
        body["trailerId"] = _vehicle(TRAILER, action.fields, facts)
        return Call(
            method="POST",
            path=names.ROUTE_ORDER_CREATE,
            body=body,
            headers=routes.bearer(facts),
            commits=True,
            note=NOTE_CREATE,
        )
    search = progress_of(facts, token).data
    if not isinstance(search, Search):
        return put(lists.call(ListWalk(), facts), note=NOTE_ORDERS)
    if search.read < min(len(search.numbers), limits.VEHICLE_ORDERS):
        return reads.order_call(search.numbers[search.read], facts, NOTE_DETAIL)
    return Parked(ParkReason.NOT_FOUND, unknown[0])


def _body(fields: Mapping[str, str]) -> dict[str, object] | str:
    """The request but for the vehicles; or the key of the field that the server would refuse.

    It takes nothing that JavaScript counts as false: no empty text and no number 0.
    """
    body: dict[str, object] = {}
    for key, name in _TEXTS:
        body[name] = fields.get(key, "").strip()
        if not body[name]:
            return key
    if not _DATE.match(str(body["permitStartDate"])):
        return "start"
    if body["legalWeight"] not in {"yes", "no"}:
        return "legal_weight"
    for key, name in _MEASURES:
        number = _number(fields.get(key, ""))
        if number is None:
            return key
        body[name] = number
    for key in (TRUCK, TRAILER):
        if not fields.get(key, "").strip():
            return key
    stops = [line.strip() for line in fields.get("stops", "").splitlines()]
    body["stops"] = [line for line in stops if line][:_LINES]
    message = fields.get("message", "")
    if message.strip():
        body["messages"] = [message]
    return body


def _number(text: str) -> int | float | None:
    cleaned = text.strip().replace(",", ".")
    if not re.fullmatch(r"\d{1,5}(\.\d{1,3})?", cleaned, re.ASCII):
        return None
    found = float(cleaned)
    return None if found == 0 else loose.number(found)


def _vehicle(kind: str, fields: Mapping[str, str], facts: Facts) -> str | None:
    unit = fields.get(kind, "").strip()
    if _ID.match(unit):
        return unit
    return own_of(facts).vehicles.get((kind, unit.casefold()))


# -- what the answers mean ---------------------------------------------------------------------------------


def read_orders(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """The carrier's newest orders: those with the wanted truck first, since their details name its id."""
    page = reads.paged(answer)
    kind = opened.goal.kind
    if page is None or not isinstance(kind, Act):
        return reads.failed(opened, answer, facts)
    wanted = kind.action.fields.get(TRUCK, "").strip().casefold()
    rows = [loose.mapping(record) for record in page[0]]
    rows.sort(key=lambda row: loose.line(row.get("truckId"), 60).casefold() != wanted)
    numbers = [loose.line(row.get("orderNumber"), 60) for row in rows]
    search = Search(tuple(number for number in numbers if number))
    facts = at_stage(facts, opened.goal.token, NOTE_DETAIL, search)
    return Reading(facts, (), (VerdictStored(answer.step_id),))


def read_detail(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """One order's detail: its vehicles are known from here on."""
    facts, seen = reads.detail_of(answer, facts)
    search = progress_of(facts, opened.goal.token).data
    gone = answer.is_json and answer.status == HTTPStatus.NOT_FOUND
    if (seen is None and not gone) or not isinstance(search, Search):
        return reads.failed(opened, answer, facts)
    facts = at_stage(facts, opened.goal.token, NOTE_DETAIL, put(search, read=search.read + 1))
    return Reading(facts, () if seen is None else (seen,), (VerdictStored(answer.step_id),))


def read_create(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """What the creation came to; which order it is only the list tells."""
    if answer.is_json and answer.status in {HTTPStatus.CREATED, HTTPStatus.OK}:
        seen = orders.raw(loose.mapping(answer.body).get("data"))
        said = loose.words(loose.mapping(answer.body).get("message"))
        order = None if seen is None else seen.remote_id
        verdict = VerdictStored(answer.step_id, result=Result(order=order, conversation=order, text=said))
        events = (Stale(),) if seen is None else (seen, Stale())
        return Reading(ended(facts, opened.goal.token), events, (verdict,))
    if answer.status == HTTPStatus.BAD_REQUEST:
        said = loose.words(loose.mapping(answer.body).get("message")) if answer.is_json else ""
        facts = parked(facts, opened.goal.token, ParkReason.REFUSED, said)
        return writes.refused(opened, answer, ParkReason.REFUSED, facts)
    return writes.failed(opened, answer, facts)
