"""Chats over REST as recorded: no order in lists, silent sends, and mistakes where a refusal belongs."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from chatdesk.server.core.access import Actor
from chatdesk.server.core.conversations import Chat, Opening
from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.messages import Body, Sent, Shown
from chatdesk.server.dialects.fakomame import answers, records
from chatdesk.server.dialects.fakomame.as_is.context import (
    MISSING,
    MOST,
    AsIsContext,
    envelope,
    field,
    mistake,
    stored_text,
    value,
)
from chatdesk.server.dialects.fakomame.chat_routes import ERR_START_FIELDS
from chatdesk.server.dialects.fakomame.context import Context
from chatdesk.server.dialects.fakomame.records import Record
from chatdesk.server.dialects.fakomame.vocabulary import PACKAGE, TRIP, Refusal
from chatdesk.server.web import BadRequest
from chatdesk.wire.fakomame import names, texts

_HIDDEN = (Reason.CONVERSATION_NOT_FOUND, Reason.CONVERSATION_DENIED)
MANY = envelope(dict.fromkeys(_HIDDEN, Refusal(404, texts.ERR_SEND_ACCESS)))
ONE = envelope(dict.fromkeys(_HIDDEN, Refusal(404, texts.ERR_NO_CHAT)))

_LEADING_INTEGER = re.compile(r"\s*([+-]?[0-9]+)", re.ASCII)
SAFE_INTEGER = 2**53


def routes(context: AsIsContext) -> list[BaseRoute]:
    """The routes of this module; the fixed path comes before the one with an id."""
    return [
        context.route(names.ROUTE_CHATS, "GET", listed, MANY),
        context.route(names.ROUTE_CHATS, "POST", start, MANY),
        context.route(names.ROUTE_MESSAGES, "GET", history, MANY),
        context.route(names.ROUTE_MESSAGES, "POST", send, MANY),
        context.route(names.ROUTE_CHAT, "GET", one, ONE),
    ]


async def listed(context: Context, request: Request) -> Response:
    """Everything that the person takes part in, by a time that nothing ever sets: those without it first."""
    actor = await context.actor(request)
    chats, _total = await context.core.conversations.page(actor, offset=0, limit=MOST)
    members = await context.core.conversations.members([one.conversation.id for one in chats])
    data = []
    for chat in sorted(chats, key=_place):
        last = await context.core.messages.history(
            actor, chat.conversation.id, offset=0, limit=1, with_hidden=True
        )
        data.append(_record(chat, members.get(chat.conversation.id, []), context.messages(last.shown)))
    return answers.success(data, texts.OK_CHATS)


def _place(chat: Chat) -> tuple[bool, list[int], int, str]:
    at: str | None = chat.conversation.details.get(records.LAST_MESSAGE_AT)
    later_first = [-ord(one) for one in at or ""]
    return at is not None, later_first, chat.conversation.created_ms, chat.conversation.id


def _record(chat: Chat, members: records.Members, messages: Sequence[Record]) -> Record:
    orders = {order.id: order for order in (chat.order, chat.other_order) if order is not None}
    return records.chat(chat.conversation, members, messages, orders)


async def one(context: Context, request: Request) -> Response:
    """One chat with everything in it that was not moderated away."""
    actor = await context.actor(request)
    return await _whole(context, actor, request.path_params["chat_id"], texts.OK_CHAT)


async def _whole(context: Context, actor: Actor, chat_id: str, text: str) -> Response:
    chat = await context.core.conversations.get(actor, chat_id)
    members = await context.core.conversations.members([chat_id])
    page = await context.core.messages.history(actor, chat_id, offset=0, limit=MOST)
    messages = context.messages(page.shown[::-1])
    return answers.success(_record(chat, members.get(chat_id, []), messages), text)


# -- history -----------------------------------------------------------------------------------------------


async def history(context: Context, request: Request) -> Response:
    """A page; odd numbers are passed on to the database, which takes some of them."""
    actor = await context.actor(request)
    query = request.query_params
    chat_id = query.get("chatId")
    if not chat_id:
        raise BadRequest(texts.ERR_CHAT_PARAMETER)
    await context.core.conversations.check(actor, chat_id)
    page, limit = integer(query.get("page"), 1), integer(query.get("limit"), names.HISTORY_PAGE)
    skip = (page - 1) * limit
    if skip < 0 or skip > SAFE_INTEGER:
        raise mistake()
    total, shown = await _cut(context, actor, chat_id, skip, limit)
    data = {
        "data": context.messages(shown[::-1]),
        "messages": texts.OK_HISTORY,
        "pagination": {
            "page": page,
            "limit": limit,
            "total": total,
            "pages": math.ceil(total / limit) if limit else None,
        },
    }
    return answers.success(data)


async def _cut(
    context: Context, actor: Actor, chat_id: str, skip: int, limit: int
) -> tuple[int, Sequence[Shown]]:
    """So many messages, newest first; a negative number counts from the oldest."""
    messages = context.core.messages
    oldest_first = limit < 0
    page = await messages.history(
        actor,
        chat_id,
        offset=skip,
        limit=min(abs(limit), MOST),
        with_hidden=True,
        oldest_first=oldest_first,
    )
    return page.total, page.shown[::-1] if oldest_first else page.shown


def integer(text: str | None, usual: int) -> int:
    """As `parseInt` reads it; what it does not read breaks the route."""
    if not text:
        return usual
    match = _LEADING_INTEGER.match(text)
    if match is None or len(match[1]) > 16 or abs(int(match[1])) > SAFE_INTEGER:
        raise mistake()
    return int(match[1])


# -- sending -----------------------------------------------------------------------------------------------


async def send(context: Context, request: Request) -> Response:
    """Store a message; nobody on a socket hears of it."""
    actor = await context.actor(request)
    body = await value(request)
    chat_id, content = field(body, "chatId"), field(body, "content")
    if not _is_truthy(chat_id) or not _is_truthy(content):
        return answers.bare({"error": texts.ERR_SEND_FIELDS}, 400)
    if not isinstance(chat_id, str):
        raise mistake()
    await context.core.conversations.check(actor, chat_id)
    kind, attachments = field(body, "type"), field(body, "attachments")
    kind = names.TYPE_TEXT if kind is MISSING else kind
    attachments = [] if attachments is MISSING else attachments
    if not isinstance(content, str) or not isinstance(kind, str) or not isinstance(attachments, list):
        raise mistake()
    if any(one is None for one in attachments):
        raise mistake()
    sent = await context.core.messages.send(
        actor,
        chat_id,
        stored_text(content),
        body=Body(extras={records.TYPE: stored_text(kind), records.ATTACHMENTS: attachments}),
        push=in_silence,
    )
    return answers.success(context.message(sent.shown), texts.OK_SENT)


async def in_silence(_sent: Sent) -> None:
    """Nothing is pushed."""


def _is_truthy(found: Any) -> bool:
    """What JavaScript takes for true: also empty objects and lists."""
    return bool(found) or isinstance(found, dict | list)


# -- beginning ---------------------------------------------------------------------------------------------


async def start(context: Context, request: Request) -> Response:
    """The chat of exactly these two about this, or a new one, whoever they are to each other."""
    actor = await context.actor(request)
    body = await value(request)
    wanted = [field(body, name) for name in ("participantId", "itemType", "itemId", "chatType")]
    if not all(_is_truthy(one) for one in wanted):
        raise BadRequest(ERR_START_FIELDS)
    other_id, item_type, item_id, kind = wanted
    if not all(isinstance(one, str) for one in wanted) or kind not in names.CHAT_TYPES:
        raise mistake()
    if item_type not in (PACKAGE, TRIP) or other_id == actor.id:
        raise mistake()
    about = {"order_id": item_id} if item_type == PACKAGE else {"other_order_id": item_id}
    try:
        order = await context.core.orders.by_id(actor, item_id)
        await context.user(other_id)
    except Refused as exc:
        raise mistake() from exc
    if order.kind != item_type:
        raise mistake()
    chats, _total = await context.core.conversations.page(actor, offset=0, limit=MOST, order_id=item_id)
    members = await context.core.conversations.members([one.conversation.id for one in chats])
    for chat in chats:
        people = {user.id for _row, user in members.get(chat.conversation.id, [])}
        if people == {actor.id, other_id}:
            return await _whole(context, actor, chat.conversation.id, texts.OK_CHAT)
    opening = Opening(kind=kind, members={actor.id: "", other_id: ""}, **about)
    opened = await context.core.conversations.open(actor, opening)
    return await _whole(context, actor, opened.place.chat.id, texts.OK_CHAT_CREATED)
