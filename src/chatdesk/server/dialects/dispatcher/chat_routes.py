"""Routes of the chat: send, history, search, read, unread, delete, who is there."""

from __future__ import annotations

from functools import partial

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from chatdesk.server.core.access import Actor
from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.messages import PLAIN, Body, Sent
from chatdesk.server.dialects.dispatcher import answers, notices, records
from chatdesk.server.dialects.dispatcher.context import Context
from chatdesk.server.dialects.dispatcher.pushes import user_room
from chatdesk.server.dialects.dispatcher.requests import (
    fields,
    flag_of,
    id_of,
    invalid,
    page_of,
    search_of,
    text_of,
)
from chatdesk.server.dialects.dispatcher.vocabulary import refusal
from chatdesk.server.web import BadRequest
from chatdesk.wire import ours
from chatdesk.wire.dispatcher import names, shapes, texts

CHATS_PAGE_DEFAULT = 500


def routes(context: Context) -> list[BaseRoute]:
    """The routes of this module."""
    return [
        context.route(names.ROUTE_SEND, "POST", send),
        context.route(names.ROUTE_MESSAGE, "DELETE", remove),
        context.route(names.ROUTE_CHATS, "GET", chats),
        context.route(names.ROUTE_MESSAGE_SEARCH, "GET", search),
        context.route(names.ROUTE_HISTORY, "GET", history),
        context.route(names.ROUTE_READ, "PATCH", mark_read),
        context.route(names.ROUTE_UNREAD_COUNT, "GET", unread_count),
        context.route(names.ROUTE_PRESENCE, "GET", presence),
    ]


async def send(context: Context, request: Request) -> Response:
    """Store a message once; push it to the room, notify the other side, then answer."""
    actor = await context.actor(request)
    body = await fields(request)
    # Like the platform: whatever is empty is missing, and 0 and false are empty.
    if not body.get("orderId") or not body.get("message"):
        raise BadRequest(texts.ERR_SEND_FIELDS)
    order_id = id_of(body["orderId"], "orderId")
    text = text_of(body["message"], "message")
    client_id = _client_id(body.get(ours.CLIENT_ID_FIELD))
    shown_files = await _attachments(context, actor, order_id, body.get(names.ATTACHMENTS_FIELD))
    try:
        sent = await context.core.messages.send(
            actor,
            order_id,
            text,
            client_id=client_id,
            body=shown_files,
            notify=notices.message,
            push=partial(_push, context),
        )
    except Refused as exc:
        if exc.reason is Reason.RATE:
            await context.pushes.error(
                user_room(actor.id),
                refusal(exc).text,
                order_id=order_id,
                retry_after_s=exc.retry_after_s,
            )
        raise
    return answers.success(records.message(sent.shown), texts.OK_SENT, http_status=201)


async def _push(context: Context, sent: Sent) -> None:
    await context.pushes.message(sent.shown)
    await context.pushes.notifications(sent.notifications)


async def _attachments(context: Context, actor: Actor, order_id: str, wanted: object) -> Body:
    """What a message shows of the files of its order, as they are now; raises Refused for any other file."""
    if wanted is None or wanted == []:
        return PLAIN
    if not isinstance(wanted, list) or len(wanted) > names.ATTACHMENTS_LIMIT:
        raise invalid(names.ATTACHMENTS_FIELD)
    files = {file.stored_name: file for file in await context.core.uploads.listed(actor, order_id)}
    if not all(isinstance(name, str) and name in files for name in wanted):
        raise Refused(Reason.FILE_NOT_FOUND)
    entries = [msgspec.to_builtins(records.order_file(files[name])) for name in wanted]
    return Body(extras={names.ATTACHMENTS_FIELD: entries})


def _client_id(value: object) -> str | None:
    if value is None:
        return None
    if (
        not isinstance(value, str)
        or not 1 <= len(value) <= ours.CLIENT_ID_LIMIT_CHARS
        or not value.isprintable()
    ):
        raise BadRequest(texts.ERR_CLIENT_ID_INVALID.format(limit=ours.CLIENT_ID_LIMIT_CHARS))
    return value


async def remove(context: Context, request: Request) -> Response:
    """Delete an own message."""
    actor = await context.actor(request)
    message_id = id_of(request.path_params["message_id"], "messageId")
    await context.core.messages.remove(actor, message_id)
    return answers.success(None, texts.OK_MESSAGE_DELETED)


async def history(context: Context, request: Request) -> Response:
    """A page of an order's messages, newest first; `archived=true` shows the archived ones too."""
    return await _page(context, request, "")


async def search(context: Context, request: Request) -> Response:
    """A page of an order's messages that contain `q`, newest first."""
    text = search_of(request.query_params, "q")
    if not text:
        raise invalid("q")
    return await _page(context, request, text)


async def _page(context: Context, request: Request, text: str) -> Response:
    actor = await context.actor(request)
    order_id = id_of(request.path_params["order_id"], "orderId")
    page = page_of(
        request.query_params,
        default_limit=names.HISTORY_PAGE_DEFAULT,
        max_limit=context.core.rules.page_limit_max,
    )
    found = await context.core.messages.history(
        actor,
        order_id,
        offset=page.offset,
        limit=page.limit,
        search=text,
        with_archived=flag_of(request.query_params, "archived"),
    )
    return answers.paged([records.message(shown) for shown in found.shown], found.total, page)


async def chats(context: Context, request: Request) -> Response:
    """Every conversation of the person, the latest first, with last message and unread count."""
    actor = await context.actor(request)
    page = page_of(
        request.query_params, default_limit=CHATS_PAGE_DEFAULT, max_limit=context.core.rules.page_limit_max
    )
    found, total = await context.core.conversations.page(actor, offset=page.offset, limit=page.limit)
    meta = answers.meta_of(total, page)
    return answers.success([records.chat(row) for row in found], texts.OK_CHATS, meta=meta)


async def mark_read(context: Context, request: Request) -> Response:
    """Everything so far in this order is read."""
    actor = await context.actor(request)
    order_id = id_of(request.path_params["order_id"], "orderId")
    await context.core.receipts.mark_read(actor, order_id, push=context.pushes.read)
    return answers.success(None, texts.OK_READ)


async def unread_count(context: Context, request: Request) -> Response:
    """How many messages of others the person has not read in this order."""
    actor = await context.actor(request)
    order_id = id_of(request.path_params["order_id"], "orderId")
    count = await context.core.receipts.unread(actor, order_id)
    return answers.success(shapes.UnreadCount(unread_count=count), texts.OK_UNREAD_COUNT)


async def presence(context: Context, request: Request) -> Response:
    """Everybody who has to do with this order: online, in its room, last seen."""
    actor = await context.actor(request)
    order_id = id_of(request.path_params["order_id"], "orderId")
    there = context.core.presence
    data = [
        records.presence(
            user,
            online=there.connections(user.id) > 0,
            in_room=there.in_room(user.id, order_id),
        )
        for user in await context.core.orders.parties(actor, order_id)
    ]
    return answers.success(data, texts.OK_PRESENCE)
