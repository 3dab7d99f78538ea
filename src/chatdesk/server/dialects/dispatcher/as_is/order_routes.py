"""Recorded orders: searched by patterns, changed although the answer is a failure."""

from __future__ import annotations

import re
import warnings
from dataclasses import replace
from functools import partial
from typing import Any

from starlette.datastructures import QueryParams, UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from chatdesk.server.bodies import is_multipart
from chatdesk.server.core.access import Actor, Operation
from chatdesk.server.core.order_views import OrderView, Wanted
from chatdesk.server.core.orders import Changed, Telling
from chatdesk.server.core.tables import Order, Role
from chatdesk.server.dialects.dispatcher import answers, notices, order_routes, records
from chatdesk.server.dialects.dispatcher.as_is import casts, file_routes, script
from chatdesk.server.dialects.dispatcher.as_is.casts import broken
from chatdesk.server.dialects.dispatcher.as_is.context import AsIs
from chatdesk.server.dialects.dispatcher.as_is.pushes import order_record
from chatdesk.server.dialects.dispatcher.as_is.requests import Page, checked, fields
from chatdesk.server.dialects.dispatcher.as_is.vocabulary import (
    NO_STATUS,
    UNLIMITED,
    status_label,
    status_line,
)
from chatdesk.server.dialects.dispatcher.order_form import new_order
from chatdesk.server.dialects.dispatcher.vocabulary import created_line, is_staff
from chatdesk.server.web import BadRequest
from chatdesk.wire.dispatcher import names, shapes, texts

MODERATED_TRAILER_LENGTH = 24
"""What the answer of a take-over says of every trailer."""

_PATTERN_PROBLEMS = {
    "missing ), unterminated subpattern": "Unterminated group",
    "unterminated character set": "Unterminated character class",
    "nothing to repeat": "Nothing to repeat",
    "multiple repeat": "Nothing to repeat",
    "unbalanced parenthesis": "Unmatched ')'",
    "bad escape (end of pattern)": "\\ at end of pattern",
}


def routes(context: AsIs) -> list[BaseRoute]:
    """The routes of this module; the fixed paths come before the one with an order number."""
    return [
        context.faulty(names.ROUTE_ORDERS, "GET", page),
        context.faulty(names.ROUTE_ORDER_STATUSES, "GET", order_routes.statuses),
        context.faulty(names.ROUTE_ORDER_CREATE, "POST", create),
        context.faulty(names.ROUTE_ORDER_STATUS, "PUT", set_status),
        context.faulty(names.ROUTE_ORDER_MODERATE, "POST", moderate),
        context.faulty(names.ROUTE_ORDER, "GET", detail),
    ]


async def page(context: AsIs, request: Request) -> Response:
    """A page of orders; `search` must be there and is a pattern, and without `status[]` there are none."""
    actor = await context.actor(request)
    query = request.query_params
    search = query.getlist("search")
    if len(search) != 1:
        raise broken(texts.ERR_REGEX_TYPE)
    pattern = _pattern(search[0])
    wanted = _page(query)
    which = Wanted(statuses=query.getlist(names.QUERY_STATUS)[: order_routes.STATUSES_LIMIT])
    views, _total = await context.core.orders.page(actor, which, offset=0, limit=UNLIMITED)
    found = [view for view in views if not search[0] or _matches(pattern, view)]
    shown = found[wanted.offset : wanted.offset + (wanted.limit or UNLIMITED)]
    meta = shapes.Meta(
        total_items=len(found),
        total_pages=-(-len(found) // wanted.limit) if wanted.limit else 0,
        current_page=wanted.page,
        items_per_page=wanted.limit,
    )
    return answers.success([records.order_item(view) for view in shown], meta=meta)


def _page(query: QueryParams) -> Page:
    number, limit = (script.leading_integer(query.get(name)) for name in ("page", "limit"))
    if number is None or limit is None:
        raise broken(texts.ERR_NO_PAGE)
    return checked(Page(number, limit))


def _pattern(text: str) -> re.Pattern[str]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return re.compile(text, re.IGNORECASE)
    except re.error as exc:
        problem = _PATTERN_PROBLEMS.get(exc.msg, "Invalid group")
    except (OverflowError, RecursionError):
        problem = "Regular expression too large"
    raise broken(texts.ERR_REGEX.format(pattern=text, problem=problem))


def _matches(pattern: re.Pattern[str], view: OrderView) -> bool:
    order = view.order
    return any(pattern.search(text) for text in (order.number, order.origin, order.destination))


async def detail(context: AsIs, request: Request) -> Response:
    """Everything about one order, by its number; staff see none of a carrier without company papers."""
    actor = await context.actor(request)
    view = await context.core.orders.by_number(actor, request.path_params["order_number"])
    if is_staff(actor) and records.COMPANY not in view.owner.profile:
        raise BadRequest(texts.ERR_SETTINGS_NOT_FOUND, 404)
    files = await context.core.uploads.of_order(view.order.id)
    data = records.order_detail(view, files, for_staff=is_staff(actor))
    if data.status == NO_STATUS:
        data.status = names.STATUS_PENDING
    return answers.success(data, texts.OK_ORDER)


async def create(context: AsIs, request: Request) -> Response:
    """A carrier's new order, as JSON or as a form with files; nobody asks whose vehicles it names."""
    actor = await context.actor(request, Role.CUSTOMER)
    files = []
    body: dict[str, Any] = {}
    if is_multipart(request):
        limit_bytes = order_routes.FILES_PER_ORDER * names.FILE_LIMIT_BYTES
        async with file_routes.parts_of(request, order_routes.FILES_PER_ORDER, limit_bytes) as form:
            for field, value in form.multi_items():
                if isinstance(value, UploadFile):
                    files.append(await file_routes.new_file(value, field, names.ORDER_FILES_PART_NAME))
                else:
                    body.setdefault(field.removesuffix("[]"), []).append(value)
        body = {field: values[0] if len(values) == 1 else values for field, values in body.items()}
    else:
        body = await fields(request, "contact")
    try:
        new = replace(new_order(body), asset_ids=())
    except BadRequest as exc:
        if exc.text.startswith(texts.ERR_MISSING_FIELD.format(field="")):
            raise
        field = exc.text.rpartition(" ")[2]
        raise casts.invalid(casts.ORDER, field, texts.ERR_PATH_INVALID.format(path=field)) from exc
    order = await context.core.orders.create(
        actor,
        new,
        Telling(
            line=created_line,
            notify=partial(notices.created, actor),
            push=partial(_push, context, names.UPDATE_CREATED),
        ),
    )
    await context.chat_record(order.id)
    for file in files:
        await file_routes.store(context, actor, order.id, file)
    return answers.success({}, texts.OK_ORDER_CREATED, http_status=201)


async def set_status(context: AsIs, request: Request) -> Response:
    """An admin's change of status; one without a status takes it away, tells the room, and then fails."""
    actor = await context.actor(request, Role.ADMIN)
    body = await fields(request, "status")
    order_id = casts.object_id(request.path_params["order_id"], casts.ORDER)
    await context.core.orders.by_id(actor, order_id)
    status = body.get("status", script.UNDEFINED)
    if isinstance(status, script.Undefined) or status is None:
        await _change(context, actor, order_id, NO_STATUS)
        raise broken(texts.ERR_READ_PROPERTY.format(value=script.as_text(status), name="replace"))
    text = casts.text_of(status, casts.ORDER, "status")
    if text not in {*names.STATUS_LABELS, names.STATUS_ALL}:
        raise casts.not_allowed(casts.ORDER, "status", text)
    changed = await _change(context, actor, order_id, text)
    files = await context.core.uploads.of_order(order_id)
    message = texts.OK_STATUS_UPDATED.format(label=status_label(text))
    return answers.success(order_record(changed.order, files), message)


async def _change(context: AsIs, actor: Actor, order_id: str, status: str) -> Changed:
    def edit(order: Order) -> None:
        order.status = status

    push = partial(_push, context, names.UPDATE_STATUS)
    # The line about a lost status is what fails on the platform.
    telling = Telling(line=status_line, push=push) if status else Telling(push=push)
    return await context.core.orders.update(actor, order_id, edit, telling)


async def moderate(context: AsIs, request: Request) -> Response:
    """A moderator or admin takes the order over; the room is not told, and the answer is half empty."""
    actor = await context.actor(request, Role.ADMIN, Role.STAFF)
    order_id = casts.object_id(request.path_params["order_id"], casts.ORDER)

    def edit(order: Order) -> None:
        order.assignee_id, order.status = actor.id, names.STATUS_PROCESSING

    async def push(changed: Changed) -> None:
        await context.pushes.notifications(changed.notifications)

    telling = Telling(notify=partial(notices.moderated, actor), push=push)
    changed = await context.core.orders.update(actor, order_id, edit, telling, operation=Operation.TAKE_OVER)
    view = await context.core.orders.by_number(actor, changed.order.number)
    files = await context.core.uploads.of_order(order_id)
    data = records.order_detail(view, files, for_staff=True)
    data.moderator, data.truck = shapes.Moderator(), shapes.Vehicle()
    data.trailer = shapes.Vehicle(length=MODERATED_TRAILER_LENGTH)
    return answers.success(data, texts.OK_MODERATED)


async def _push(context: AsIs, kind: str, changed: Changed) -> None:
    """The order to its room; its system message is only stored."""
    files = await context.core.uploads.of_order(changed.order.id)
    await context.pushes.order(changed.order, files, kind)
    await context.pushes.notifications(changed.notifications)
