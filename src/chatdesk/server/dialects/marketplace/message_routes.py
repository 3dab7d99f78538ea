"""Routes of messages: send, inbox, sent, conversation, one, read, unread count."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.dialects.marketplace import answers, records, sends
from chatdesk.server.dialects.marketplace.context import Context, fields, id_of, page_of
from chatdesk.server.dialects.marketplace.vocabulary import pair_key
from chatdesk.server.web import BadRequest
from chatdesk.wire.marketplace import names, texts


def routes(context: Context) -> list[BaseRoute]:
    """The routes of this module; the fixed paths come before the one with an id."""
    return [
        context.route(names.ROUTE_SEND, "POST", send),
        context.route(names.ROUTE_INBOX, "GET", inbox),
        context.route(names.ROUTE_SENT, "GET", sent),
        context.route(names.ROUTE_UNREAD_COUNT, "GET", unread_count),
        context.route(names.ROUTE_CONVERSATION, "GET", conversation),
        context.route(names.ROUTE_READ, "PUT", mark_read),
        context.route(names.ROUTE_MESSAGE, "GET", one),
    ]


async def send(context: Context, request: Request) -> Response:
    """Store a message and push it to both sides."""
    actor = await context.actor(request)
    stored, recipient = await sends.send(context, actor, sends.letter(await fields(request)))
    return answers.success(context.record(stored.shown, recipient), texts.OK_SENT, 201)


async def inbox(context: Context, request: Request) -> Response:
    """What others wrote to the person, newest first."""
    return await _across(context, request, mine=False)


async def sent(context: Context, request: Request) -> Response:
    """What the person wrote, newest first."""
    return await _across(context, request, mine=True)


async def _across(context: Context, request: Request, *, mine: bool) -> Response:
    actor = await context.actor(request)
    limit, offset = page_of(request.query_params)
    page = await context.core.messages.across(actor, mine=mine, offset=offset, limit=limit)
    data = await sends.listed(context, page.shown, bare="sender" if mine else "recipient")
    text = texts.OK_SENT_LIST if mine else texts.OK_INBOX
    return answers.success(data, text, totalCount=page.total)


async def conversation(context: Context, request: Request) -> Response:
    """The talk with somebody, oldest first; empty where there was none.

    With `limit` or `offset` a part of it, counted from its newest end, and how many messages there are.
    """
    actor = await context.actor(request)
    if request.path_params["kind"] not in names.KINDS_WRITTEN_TO:
        raise BadRequest(texts.ERR_PARTY_KIND)
    party = id_of(request.path_params["party"])
    in_parts = not request.query_params.keys().isdisjoint(("limit", "offset"))
    limit, offset = page_of(request.query_params) if in_parts else (context.core.rules.page_limit_max, 0)
    found = await context.core.conversations.find(pair_key(actor.id, party))
    data: list[records.Record] = []
    total = 0
    if found is not None:
        page = await context.core.messages.history(actor, found.id, offset=offset, limit=limit)
        data, total = await sends.listed(context, page.shown[::-1]), page.total
    more = {"totalCount": total} if in_parts else {}
    return answers.success(data, texts.OK_CONVERSATION, **more)


async def one(context: Context, request: Request) -> Response:
    """One message; looking at it does not mark it."""
    actor = await context.actor(request)
    shown = await context.core.messages.one(actor, _message_id(request))
    return answers.success((await sends.listed(context, [shown]))[0], texts.OK_MESSAGE)


async def mark_read(context: Context, request: Request) -> Response:
    """The recipient has read it; again is fine."""
    actor = await context.actor(request)
    shown, reader = await sends.mark_read(context, actor, _message_id(request))
    return answers.success(context.record(shown, reader), texts.OK_READ)


async def unread_count(context: Context, request: Request) -> Response:
    """How many messages the person has not read, over all conversations."""
    actor = await context.actor(request)
    count = await context.core.receipts.unread_total(actor)
    return answers.success({"count": count}, texts.OK_UNREAD_COUNT)


def _message_id(request: Request) -> str:
    """An id that is none belongs to no message; so does a word such as `search`."""
    try:
        return id_of(request.path_params["message_id"])
    except BadRequest as exc:
        raise Refused(Reason.MESSAGE_NOT_FOUND) from exc
