"""Routes of messages: history, send, read, report."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from chatdesk.server.dialects.steppergo import answers, requests
from chatdesk.server.dialects.steppergo.context import Context
from chatdesk.server.web import BadRequest
from chatdesk.wire.steppergo import names, texts


def routes(context: Context) -> list[BaseRoute]:
    """The routes of this module; the fixed paths have no GET, so they come before the one with an id."""
    fixed = (names.ROUTE_SEND, names.ROUTE_READ, names.ROUTE_REPORT)
    return [
        context.route(names.ROUTE_SEND, "POST", send, texts.ERR_SEND),
        context.route(names.ROUTE_READ, "POST", mark_read, texts.ERR_MARK),
        context.route(names.ROUTE_REPORT, "POST", report, texts.ERR_REPORT),
        *(context.route(path, "GET", no_get, texts.ERR_HISTORY) for path in fixed),
        context.route(names.ROUTE_HISTORY, "GET", history, texts.ERR_HISTORY),
    ]


async def no_get(_context: Context, request: Request) -> Response:
    """These are written to only."""
    return answers.no_route(request, 405)


async def history(context: Context, request: Request) -> Response:
    """Everything that was said about a trip, oldest first; queries change nothing."""
    actor = await context.actor(request)
    trip_id = requests.id_of(request.path_params["trip_id"], "tripId")
    return answers.data(await context.talk.history(actor, trip_id))


async def send(context: Context, request: Request) -> Response:
    """A message by trip, with its conversation if it is the first."""
    actor = await context.actor(request)
    body = await requests.fields(request)
    trip_id = requests.needed(body, "tripId", texts.ERR_SEND_FIELDS)
    content = requests.needed(body, "content", texts.ERR_SEND_FIELDS)
    if not context.talk.keeps_blank() and not content.strip():
        raise BadRequest(texts.ERR_SEND_FIELDS)
    letter = requests.letter(body, content)
    conversation_id = await context.talk.enter(actor, trip_id)
    sent = await context.talk.send(actor, conversation_id, letter, by_rest=True)
    return answers.data(context.pushes.record(sent.shown))


async def mark_read(context: Context, request: Request) -> Response:
    """Everything in a conversation is read."""
    actor = await context.actor(request)
    body = await requests.fields(request)
    conversation_id = requests.needed(body, "conversationId", texts.ERR_READ_FIELDS)
    await context.talk.mark_read(actor, conversation_id, skip_sid=None, by_rest=True)
    return answers.bare({"success": True, "message": texts.OK_READ})


async def report(context: Context, request: Request) -> Response:
    """A complaint about a message; the newest reason counts."""
    actor = await context.actor(request)
    body = await requests.fields(request)
    message_id = requests.needed(body, "messageId", texts.ERR_REPORT_FIELDS)
    reason = requests.needed(body, "reason", texts.ERR_REPORT_FIELDS)
    await context.talk.report(actor, message_id, reason)
    return answers.bare({"success": True, "message": texts.OK_REPORT})
