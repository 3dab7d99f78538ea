"""Routes of orders: list, counters, detail, create, take over, change status."""

from __future__ import annotations

from functools import partial
from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from chatdesk.server.bodies import is_multipart
from chatdesk.server.core.order_views import Wanted
from chatdesk.server.core.orders import Changed, Telling
from chatdesk.server.core.tables import Role
from chatdesk.server.dialects.dispatcher import answers, file_routes, notices, records
from chatdesk.server.dialects.dispatcher.context import Context
from chatdesk.server.dialects.dispatcher.order_form import new_order
from chatdesk.server.dialects.dispatcher.requests import fields, id_of, multipart, page_of, search_of
from chatdesk.server.dialects.dispatcher.vocabulary import created_line, is_staff, status_label, status_line
from chatdesk.server.web import BadRequest
from chatdesk.wire.dispatcher import names, shapes, texts

ORDERS_PAGE_DEFAULT = 10
FILES_PER_ORDER = 10
STATUSES_LIMIT = 50


def routes(context: Context) -> list[BaseRoute]:
    """The routes of this module; the fixed paths come before the one with an order number."""
    return [
        context.route(names.ROUTE_ORDERS, "GET", page),
        context.route(names.ROUTE_ORDER_STATUSES, "GET", statuses),
        context.route(names.ROUTE_ORDER_CREATE, "POST", create),
        context.route(names.ROUTE_ORDER_STATUS, "PUT", set_status),
        context.route(names.ROUTE_ORDER_MODERATE, "POST", moderate),
        context.route(names.ROUTE_ORDER, "GET", detail),
    ]


async def page(context: Context, request: Request) -> Response:
    """A page of the orders that the person may see; without `status[]` it is empty."""
    actor = await context.actor(request)
    query = request.query_params
    wanted = page_of(query, default_limit=ORDERS_PAGE_DEFAULT, max_limit=context.core.rules.page_limit_max)
    which = Wanted(
        statuses=query.getlist(names.QUERY_STATUS)[:STATUSES_LIMIT], search=search_of(query, "search")
    )
    found, total = await context.core.orders.page(actor, which, offset=wanted.offset, limit=wanted.limit)
    return answers.paged([records.order_item(view) for view in found], total, wanted)


async def statuses(context: Context, request: Request) -> Response:
    """How many orders stand in each status of a group, with a sum in front."""
    actor = await context.actor(request)
    counts = await context.core.orders.count_by_status(actor)
    group = names.STATUS_GROUPS.get(request.path_params["type"])
    shown = [
        shapes.StatusCount(value=status, label=status_label(status), quantity=counts.get(status, 0))
        for status in group or names.STATUS_LABELS
    ]
    total = sum(count.quantity for count in shown)
    head = [shapes.StatusCount(value=names.STATUS_ALL, label=names.LABEL_ALL_STATUSES, quantity=total)]
    if group is None:
        # The platform counts its filter value as a status, of which there are none.
        head.append(shapes.StatusCount(value=names.STATUS_ALL, label=names.LABEL_ALL, quantity=0))
    return answers.success(head + shown, texts.OK_STATUSES)


async def detail(context: Context, request: Request) -> Response:
    """Everything about one order, by its number."""
    actor = await context.actor(request)
    view = await context.core.orders.by_number(actor, request.path_params["order_number"])
    files = await context.core.uploads.of_order(view.order.id)
    data = records.order_detail(view, files, for_staff=is_staff(actor))
    return answers.success(data, texts.OK_ORDER)


async def create(context: Context, request: Request) -> Response:
    """A carrier's new order, as JSON or as a form with files; all staff are notified."""
    actor = await context.actor(request, Role.CUSTOMER)
    limit_bytes = FILES_PER_ORDER * names.FILE_LIMIT_BYTES
    files = []
    body: dict[str, Any] = {}
    if is_multipart(request):
        async with multipart(request, files=FILES_PER_ORDER, limit_bytes=limit_bytes) as form:
            for field, value in form.multi_items():
                if isinstance(value, UploadFile):
                    files.append(await file_routes.new_file(value, field, names.ORDER_FILES_PART_NAME))
                else:
                    body.setdefault(field.removesuffix("[]"), []).append(value)
        body = {field: values[0] if len(values) == 1 else values for field, values in body.items()}
    else:
        body = await fields(request)
    order = await context.core.orders.create(
        actor,
        new_order(body),
        Telling(
            line=created_line,
            notify=partial(notices.created, actor),
            push=partial(_push, context, names.UPDATE_CREATED),
        ),
    )
    for file in files:
        await file_routes.store(context, actor, order.id, file)
    return answers.success({}, texts.OK_ORDER_CREATED, http_status=201)


async def set_status(context: Context, request: Request) -> Response:
    """An admin's change of status."""
    actor = await context.actor(request, Role.ADMIN)
    body = await fields(request)
    status = body.get("status")
    if not status:
        raise BadRequest(texts.ERR_STATUS_REQUIRED)
    # The platform also stores its filter value `all` here, which leaves the order without a status.
    if not isinstance(status, str) or status not in names.STATUS_LABELS:
        raise BadRequest(texts.ERR_INVALID_STATUS)
    changed = await context.core.orders.set_status(
        actor,
        id_of(request.path_params["order_id"], "orderId"),
        status,
        Telling(line=status_line, push=partial(_push, context, names.UPDATE_STATUS)),
    )
    files = await context.core.uploads.of_order(changed.order.id)
    message = texts.OK_STATUS_UPDATED.format(label=status_label(status))
    return answers.success(records.order_record(changed.order, files), message)


async def moderate(context: Context, request: Request) -> Response:
    """A moderator or admin takes the order over; the answer is its detail."""
    actor = await context.actor(request, Role.ADMIN, Role.STAFF)
    changed = await context.core.orders.take_over(
        actor,
        id_of(request.path_params["order_id"], "orderId"),
        names.STATUS_PROCESSING,
        Telling(
            line=status_line,
            notify=partial(notices.moderated, actor),
            push=partial(_push, context, names.UPDATE_STATUS),
        ),
    )
    view = await context.core.orders.by_number(actor, changed.order.number)
    files = await context.core.uploads.of_order(changed.order.id)
    return answers.success(records.order_detail(view, files, for_staff=True), texts.OK_MODERATED)


async def _push(context: Context, kind: str, changed: Changed) -> None:
    await context.push_change(changed, kind)
