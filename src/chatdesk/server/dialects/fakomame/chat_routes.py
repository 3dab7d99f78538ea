"""Routes of chats: the list, one, history, sending, beginning one."""

from __future__ import annotations

import math

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from chatdesk.server.bodies import iso
from chatdesk.server.core.access import Actor, Operation
from chatdesk.server.core.conversations import Chat
from chatdesk.server.core.errors import Reason
from chatdesk.server.dialects.fakomame import answers, matching, records, sends
from chatdesk.server.dialects.fakomame.context import Context, fields, id_of, number_of
from chatdesk.server.dialects.fakomame.records import Record
from chatdesk.server.dialects.fakomame.vocabulary import PACKAGE, TRIP, Refusal
from chatdesk.server.web import BadRequest
from chatdesk.wire.fakomame import names, texts

PAGE_LIMIT = 500
ERR_START_FIELDS = "Missing required fields: participantId, itemType, itemId, chatType"
ERR_ITEM_TYPE = "Invalid itemType"
ERR_CHAT_TYPE = "Invalid chatType"
ONE = answers.Envelope(
    refusals=dict.fromkeys(
        (Reason.CONVERSATION_NOT_FOUND, Reason.CONVERSATION_DENIED), Refusal(404, texts.ERR_NO_CHAT)
    )
)


def routes(context: Context) -> list[BaseRoute]:
    """The routes of this module; the fixed path comes before the one with an id."""
    return [
        context.route(names.ROUTE_CHATS, "GET", listed),
        context.route(names.ROUTE_CHATS, "POST", start),
        context.route(names.ROUTE_MESSAGES, "GET", history),
        context.route(names.ROUTE_MESSAGES, "POST", send),
        context.route(names.ROUTE_CHAT, "GET", one, ONE),
    ]


async def listed(context: Context, request: Request) -> Response:
    """Everything that the person takes part in, the latest first."""
    actor = await context.actor(request)
    chats, _total = await context.core.conversations.page(
        actor, offset=0, limit=context.core.rules.page_limit_max
    )
    members = await context.core.conversations.members([one.conversation.id for one in chats])
    data = []
    for chat in chats:
        last = [] if chat.last is None else [context.message(chat.last)]
        data.append(_record(chat, members.get(chat.conversation.id, []), last))
    return answers.success(data, texts.OK_CHATS)


def _record(chat: Chat, members: records.Members, messages: list[Record]) -> Record:
    orders = {order.id: order for order in (chat.order, chat.other_order) if order is not None}
    record = records.chat(chat.conversation, members, messages, orders)
    if chat.last is not None:
        record["lastMessageAt"] = iso(chat.last.message.created_ms)
    return record


async def one(context: Context, request: Request) -> Response:
    """One chat with all of its messages, oldest first."""
    actor = await context.actor(request)
    return await whole(context, actor, id_of(request.path_params, "chat_id"), texts.OK_CHAT)


async def whole(context: Context, actor: Actor, chat_id: str, text: str) -> Response:
    """The same for whoever has it already."""
    chat = await context.core.conversations.get(actor, chat_id)
    members = await context.core.conversations.members([chat_id])
    page = await context.core.messages.history(
        actor, chat_id, offset=0, limit=context.core.rules.page_limit_max
    )
    messages = context.messages(page.shown[::-1])
    return answers.success(_record(chat, members.get(chat_id, []), messages), text)


async def history(context: Context, request: Request) -> Response:
    """A page of a chat: the newest page first, the oldest message first within it."""
    actor = await context.actor(request)
    query = request.query_params
    if not query.get("chatId"):
        raise BadRequest(texts.ERR_CHAT_PARAMETER)
    chat_id = id_of(query, "chatId")
    page = number_of(query, "page", 1)
    limit = min(number_of(query, "limit", names.HISTORY_PAGE), PAGE_LIMIT)
    found = await context.core.messages.history(actor, chat_id, offset=(page - 1) * limit, limit=limit)
    pages = math.ceil(found.total / limit)
    data = {
        "data": context.messages(found.shown[::-1]),
        "messages": texts.OK_HISTORY,
        "pagination": {"page": page, "limit": limit, "total": found.total, "pages": pages},
    }
    return answers.success(data)


async def send(context: Context, request: Request) -> Response:
    """Store a message, with its files, and tell the chat."""
    actor = await context.actor(request)
    sent = await sends.send(context, actor, sends.letter(await fields(request)))
    return answers.success(context.message(sent.shown), texts.OK_SENT)


async def start(context: Context, request: Request) -> Response:
    """The chat with somebody about a package or trip, begun if need be."""
    actor = await context.actor(request)
    body = await fields(request)
    if not all(body.get(name) for name in ("participantId", "itemType", "itemId", "chatType")):
        raise BadRequest(ERR_START_FIELDS)
    other_id, item_id = id_of(body, "participantId"), id_of(body, "itemId")
    if body["itemType"] not in (PACKAGE, TRIP):
        raise BadRequest(ERR_ITEM_TYPE)
    if body["chatType"] not in names.CHAT_TYPES:
        raise BadRequest(ERR_CHAT_TYPE)
    await context.user(other_id)
    order = await context.item(actor, body["itemType"], item_id, Operation.OPEN)
    chat_id, created = await matching.start(context, actor, other_id, order, body["chatType"])
    return await whole(context, actor, chat_id, texts.OK_CHAT_CREATED if created else texts.OK_CHAT)
