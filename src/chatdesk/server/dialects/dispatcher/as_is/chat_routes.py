"""The recorded chat: open to everybody, histories without order, sends that fail although they are stored."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from chatdesk.server.core.messages import Sent
from chatdesk.server.dialects.dispatcher import answers
from chatdesk.server.dialects.dispatcher.as_is import casts, notices, script
from chatdesk.server.dialects.dispatcher.as_is.context import AsIs
from chatdesk.server.dialects.dispatcher.as_is.pushes import message
from chatdesk.server.dialects.dispatcher.as_is.requests import fields, page_of
from chatdesk.server.web import BadRequest
from chatdesk.wire.dispatcher import names, shapes, texts


def routes(context: AsIs) -> list[BaseRoute]:
    """The routes of this module; of the documented ones three do not exist."""
    return [
        context.faulty(names.ROUTE_SEND, "POST", send),
        context.faulty(names.ROUTE_MESSAGE, "DELETE", remove),
        context.faulty(names.ROUTE_HISTORY, "GET", history),
    ]


async def send(context: AsIs, request: Request) -> Response:
    """Store a message, then what belongs to it, step by step: what fails does not undo what came before."""
    actor = await context.actor(request)
    body = await fields(request, "orderId")
    order_id, text = body.get("orderId"), body.get("message")
    if script.is_falsy(order_id) or script.is_falsy(text):
        raise BadRequest(texts.ERR_SEND_FIELDS)
    if isinstance(order_id, dict) and all(key.startswith("$") for key in order_id):
        # The look-up takes it for a condition; only the record then refuses it.
        casts.text_of(order_id, casts.MESSAGE, "orderId")
    wanted = casts.object_id(order_id, casts.ORDER)
    await context.core.conversations.check(actor, wanted)
    said = casts.text_of(text, casts.MESSAGE, "message")
    sent = await context.core.messages.send(actor, wanted, said, push=_later)
    await context.chat_record(wanted)
    await context.pushes.message(sent.shown)
    drafts = notices.message(sent)
    if drafts:
        async with context.core.database.writing() as session:
            rows = context.core.notifications.add(session, drafts)
        await context.pushes.notifications(rows)
    return answers.success(message(sent.shown), texts.OK_SENT, http_status=201)


async def _later(_sent: Sent) -> None:
    """Pushed once the chat record stands."""


async def remove(context: AsIs, request: Request) -> Response:
    """Delete an own message; the others are not told."""
    actor = await context.actor(request)
    try:
        message_id = casts.object_id(request.path_params["message_id"], casts.MESSAGE)
    except BadRequest as exc:
        raise casts.broken(texts.ERR_DELETE_BROKEN) from exc
    await context.core.messages.remove(actor, message_id)
    return answers.success(None, texts.OK_MESSAGE_DELETED)


async def history(context: AsIs, request: Request) -> Response:
    """A page of an order's messages in the order in which the database has them; makes the chat record."""
    actor = await context.actor(request)
    page = page_of(request.query_params, default_limit=names.HISTORY_PAGE_DEFAULT)
    order_id = casts.object_id(request.path_params["order_id"], casts.ORDER)
    found = await context.core.messages.history(
        actor,
        order_id,
        offset=page.offset,
        limit=page.limit,
        with_archived=True,
        oldest_first=not context.core.rules.newest_first,
    )
    await context.chat_record(order_id)
    data = [message(shown) for shown in found.shown]
    meta = shapes.Meta(
        total_items=found.total,
        total_pages=-(-found.total // page.limit),
        current_page=page.page,
        items_per_page=page.limit,
    )
    return answers.success(data, meta=meta)
