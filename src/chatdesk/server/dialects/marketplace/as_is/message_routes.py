"""Routes of messages as recorded: without a kind in one's record nothing is sent and nothing is found."""

from __future__ import annotations

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from chatdesk.server import bodies
from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.tables import Message
from chatdesk.server.dialects.marketplace import answers, message_routes, records, sends
from chatdesk.server.dialects.marketplace.as_is.answers import MESSAGES
from chatdesk.server.dialects.marketplace.as_is.context import AsIs, given
from chatdesk.server.dialects.marketplace.as_is.letters import checked, letter
from chatdesk.server.dialects.marketplace.context import ERR_PAGE, id_of
from chatdesk.server.dialects.marketplace.vocabulary import pair_key
from chatdesk.server.web import BadRequest
from chatdesk.wire.marketplace import names, texts

EVERYTHING = 1_000_000
"""What a limit of 0 stands for."""


def routes(context: AsIs) -> list[BaseRoute]:
    """The routes of this module; the fixed paths come before the one with an id."""
    return [
        context.faulty(names.ROUTE_SEND, "POST", send, MESSAGES),
        context.faulty(names.ROUTE_INBOX, "GET", inbox, MESSAGES),
        context.faulty(names.ROUTE_SENT, "GET", sent, MESSAGES),
        context.faulty(names.ROUTE_UNREAD_COUNT, "GET", unread_count, MESSAGES),
        context.faulty(names.ROUTE_CONVERSATION, "GET", conversation, MESSAGES),
        context.faulty(names.ROUTE_READ, "PUT", mark_read, MESSAGES),
        context.faulty(names.ROUTE_MESSAGE, "GET", one, MESSAGES),
    ]


async def send(context: AsIs, request: Request) -> Response:
    """Store a message and push it to everybody; 500 for whoever has no kind."""
    actor = await context.actor(request)
    body = checked(await given(request))
    recipient_id = id_of(body["recipient_id"])
    recipient = await context.user(recipient_id)
    if names.KIND_OF_ROLE.get(recipient.role) != body["recipient_type"]:
        raise Refused(Reason.USER_NOT_FOUND)
    if await context.kind(actor) is None:
        raise BadRequest(texts.ERR_INTERNAL, 500)
    stored, recipient = await sends.send(context, actor, letter(body))
    return answers.success(context.record(stored.shown, recipient), texts.OK_SENT, 201)


async def inbox(context: AsIs, request: Request) -> Response:
    """What others wrote to the person, newest first."""
    return await _across(context, request, mine=False)


async def sent(context: AsIs, request: Request) -> Response:
    """What the person wrote, newest first."""
    return await _across(context, request, mine=True)


async def _across(context: AsIs, request: Request, *, mine: bool) -> Response:
    actor = await context.actor(request)
    limit, offset = _page(request.query_params)
    data: list[records.Record] = []
    total = 0
    if await context.kind(actor) is not None:
        page = await context.core.messages.across(actor, mine=mine, offset=offset, limit=limit)
        data = await sends.listed(context, page.shown, bare="sender" if mine else "recipient")
        total = page.total
    text = texts.OK_SENT_LIST if mine else texts.OK_INBOX
    return answers.success(data, text, totalCount=total)


async def conversation(context: AsIs, request: Request) -> Response:
    """The whole talk with somebody, oldest first, whatever part of it was asked for."""
    actor = await context.actor(request)
    kind = request.path_params["kind"]
    if kind not in names.KINDS_WRITTEN_TO:
        raise BadRequest(texts.ERR_PARTY_KIND)
    party = id_of(request.path_params["party"])
    other = (await context.core.accounts.by_ids({party})).get(party)
    data: list[records.Record] = []
    if other is not None and names.KIND_OF_ROLE.get(other.role) == kind and await context.kind(actor):
        found = await context.core.conversations.find(pair_key(actor.id, party))
        if found is not None:
            page = await context.core.messages.history(actor, found.id, offset=0, limit=EVERYTHING)
            data = await sends.listed(context, page.shown[::-1])
    return answers.success(data, texts.OK_CONVERSATION)


async def one(context: AsIs, request: Request) -> Response:
    """One message; looking at it does not mark it."""
    actor = await context.actor(request)
    message_id = id_of(request.path_params["message_id"])
    if await context.kind(actor) is None:
        raise Refused(Reason.MESSAGE_NOT_FOUND)
    shown = await context.core.messages.one(actor, message_id)
    return answers.success((await sends.listed(context, [shown]))[0], texts.OK_MESSAGE)


async def mark_read(context: AsIs, request: Request) -> Response:
    """The recipient has read it; each time again its record is changed."""
    actor = await context.actor(request)
    message_id = id_of(request.path_params["message_id"])
    if await context.kind(actor) is None:
        raise Refused(Reason.MESSAGE_NOT_FOUND)
    shown = await context.core.messages.one(actor, message_id)
    if shown.message.sender_id == actor.id:
        raise Refused(Reason.MESSAGE_NOT_FOUND)
    async with context.core.database.writing() as session:
        row = await session.get_one(Message, message_id)
        row.updated_ms = context.core.clock.now_ms()
    shown, reader = await sends.mark_read(context, actor, message_id)
    return answers.success(context.record(shown, reader), texts.OK_READ)


async def unread_count(context: AsIs, request: Request) -> Response:
    """How many messages the person has not read, as far as they are found."""
    if await context.kind(await context.actor(request)) is None:
        return answers.success({"count": 0}, texts.OK_UNREAD_COUNT)
    return await message_routes.unread_count(context, request)


def _page(query: QueryParams) -> tuple[int, int]:
    """`limit` and `offset` go to the database as they are: there is no greatest page."""
    limit = bodies.number(query["limit"]) if query.get("limit") else names.MESSAGES_PAGE
    offset = bodies.number(query["offset"]) if query.get("offset") else 0
    if limit is None or offset is None or offset < 0:
        raise BadRequest(ERR_PAGE)
    return abs(limit) or EVERYTHING, offset
