"""Routes of requests for quotation: lists, one, create, change, delete, quote."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from chatdesk.server.bodies import iso
from chatdesk.server.core.access import Operation
from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.order_views import Wanted
from chatdesk.server.core.orders import Changed, NewOrder, Telling
from chatdesk.server.core.tables import Details, Order
from chatdesk.server.dialects.marketplace import answers, records
from chatdesk.server.dialects.marketplace.answers import ENVELOPE
from chatdesk.server.dialects.marketplace.context import Context, fields, id_of, text_of
from chatdesk.server.dialects.marketplace.vocabulary import ERR_RFQ_STATUS, INVITED, RFQ, TO_ALL, TO_SOME
from chatdesk.server.web import BadRequest, Envelope
from chatdesk.wire.marketplace import names, texts

OK_CREATED = "RFQ created successfully"
OK_DELETED = "RFQ deleted successfully"
ERR_FIELD = "Invalid value: {field}"
TEXTS = ("description", "delivery_location", "deadline", "categoryId", "productId")
NUMBERS = ("quantity", "budget_min", "budget_max")
TEXT_LIMIT_CHARS = 5_000
NUMBER_LIMIT = 1e12
SELLERS_LIMIT = 200
LIST_LIMIT = 1_000


def routes(context: Context, envelope: Envelope = ENVELOPE) -> list[BaseRoute]:
    """The routes of this module; the fixed paths come before the one with an id."""
    return [
        context.route(names.ROUTE_SELLER_RFQS, "GET", for_seller, envelope),
        context.route(names.ROUTE_BUYER_RFQS, "GET", of_buyer, envelope),
        context.route(names.ROUTE_RFQS, "GET", everything, envelope),
        context.route(names.ROUTE_RFQS, "POST", create, envelope),
        context.route(names.ROUTE_QUOTE, "POST", quote, envelope),
        context.route(names.ROUTE_RFQ, "GET", one, envelope),
        context.route(names.ROUTE_RFQ, "PUT", change, envelope),
        context.route(names.ROUTE_RFQ, "DELETE", remove, envelope),
    ]


async def for_seller(context: Context, request: Request) -> Response:
    """The requests that reach a seller."""
    return await _mine(context, request, names.ROLE_SELLER)


async def of_buyer(context: Context, request: Request) -> Response:
    """The buyer's own requests."""
    return await _mine(context, request, names.ROLE_BUYER)


async def everything(context: Context, request: Request) -> Response:
    """Every request, for administrators."""
    return await _mine(context, request, names.ROLE_ADMIN)


async def _mine(context: Context, request: Request, role: str) -> Response:
    actor = await context.actor(request, role)
    status = request.query_params.get("status")
    if status and status not in names.RFQ_LABELS:
        raise BadRequest(ERR_RFQ_STATUS)
    wanted = Wanted(kind=RFQ, statuses=[status] if status else None)
    found, _total = await context.core.orders.page(actor, wanted, offset=0, limit=LIST_LIMIT)
    return answers.bare([records.rfq(view.order) for view in found])


async def one(context: Context, request: Request) -> Response:
    """One request, for administrators."""
    actor = await context.actor(request, names.ROLE_ADMIN)
    order = await context.core.orders.by_id(actor, id_of(request.path_params["rfq"]))
    return answers.bare(records.rfq(order, await context.user(order.owner_id)))


async def create(context: Context, request: Request) -> Response:
    """A buyer asks all sellers, or some."""
    actor = await context.actor(request, names.ROLE_BUYER, names.ROLE_ADMIN)
    body = await fields(request)
    title = text_of(body.get("title"))
    if title is None:
        raise _invalid("title")
    status = _status(body.get("status", names.RFQ_OPEN))
    details = _details(body)
    targets = details.setdefault("targetSellerIds", [])
    details["distributionType"] = TO_SOME if targets else TO_ALL
    for seller_id in targets:
        if (await context.user(seller_id)).role != names.ROLE_SELLER:
            raise Refused(Reason.USER_NOT_FOUND)
    new = NewOrder(
        kind=RFQ,
        title=title[:TEXT_LIMIT_CHARS],
        status=status,
        details=details,
        parties=tuple((INVITED, seller_id) for seller_id in dict.fromkeys(targets)),
    )
    order = await context.core.orders.create(actor, new, Telling(push=_in_silence), chat=False)
    return answers.bare({"message": OK_CREATED, "rfq": records.rfq(order)}, 201)


async def change(context: Context, request: Request) -> Response:
    """The buyer changes what is asked for, or its status."""
    actor = await context.actor(request)
    body = await fields(request)
    details = _details({key: value for key, value in body.items() if key != "targetSellerIds"})
    title = text_of(body.get("title"))
    status = _status(body["status"]) if "status" in body else ""

    def edit(order: Order) -> None:
        order.title = order.title if title is None else title[:TEXT_LIMIT_CHARS]
        order.details = {**order.details, **details}

    rfq = id_of(request.path_params["rfq"])
    changed = await context.core.orders.update(actor, rfq, edit, Telling(push=_in_silence), status=status)
    return answers.bare({"message": texts.OK_RFQ_UPDATED, "rfq": records.rfq(changed.order)})


async def remove(context: Context, request: Request) -> Response:
    """The buyer takes a request back."""
    actor = await context.actor(request)
    await context.core.orders.remove(actor, id_of(request.path_params["rfq"]))
    return answers.bare({"message": OK_DELETED})


async def quote(context: Context, request: Request) -> Response:
    """A seller's offer; a second one replaces the first."""
    actor = await context.actor(request, names.ROLE_SELLER)
    body = await fields(request)
    price, days = _number(body, "quotePrice"), _number(body, "deliveryTime")
    if price is None or days is None:
        raise _invalid("quotePrice" if price is None else "deliveryTime")
    response: dict[str, Any] = {
        "sellerId": actor.id,
        "quotePrice": price,
        "quoteQuantity": _number(body, "quoteQuantity"),
        "deliveryTime": days,
        "message": text_of(body.get("message")) or "",
        "status": "submitted",
        "submittedAt": iso(context.core.clock.now_ms()),
        "_id": context.core.ids.new(),
    }

    def edit(order: Order) -> None:
        if response["quoteQuantity"] is None:
            response["quoteQuantity"] = order.details.get("quantity")
        others = [one for one in order.details.get("responses", []) if one["sellerId"] != actor.id]
        order.details = {**order.details, "responses": [*others, response]}

    try:
        await context.core.orders.update(
            actor,
            id_of(request.path_params["rfq"]),
            edit,
            Telling(push=_in_silence),
            operation=Operation.TAKE_OVER,
        )
    except Refused as exc:
        if exc.reason in {Reason.ORDER_DENIED, Reason.STATUS_REFUSED}:
            raise BadRequest(texts.ERR_QUOTE, 403) from exc
        raise
    return answers.bare(
        {"message": texts.OK_QUOTE, "response": {key: response[key] for key in response if key != "_id"}}
    )


def _status(value: object) -> str:
    if not isinstance(value, str) or value not in names.RFQ_LABELS:
        raise BadRequest(ERR_RFQ_STATUS)
    return value


def _details(body: dict[str, Any]) -> Details:
    details: Details = {}
    for field in TEXTS:
        if body.get(field) is not None:
            text = text_of(body[field])
            if text is None or len(text) > TEXT_LIMIT_CHARS:
                raise _invalid(field)
            details[field] = text
    for field in NUMBERS:
        number = _number(body, field)
        if number is not None:
            details[field] = number
    if body.get("targetSellerIds") is not None:
        targets = body["targetSellerIds"]
        if not isinstance(targets, list) or len(targets) > SELLERS_LIMIT:
            raise _invalid("targetSellerIds")
        details["targetSellerIds"] = [id_of(one) for one in targets]
    return details


def _number(body: dict[str, Any], field: str) -> float | None:
    value = body.get(field)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= NUMBER_LIMIT:
        raise _invalid(field)
    return value


def _invalid(field: str) -> BadRequest:
    return BadRequest(ERR_FIELD.format(field=field))


async def _in_silence(_changed: Changed) -> None:
    """The platform pushes nothing about requests."""
