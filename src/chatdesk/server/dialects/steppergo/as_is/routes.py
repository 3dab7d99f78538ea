"""Routes that fail at the recorded servers, and the one that lets anybody tell anything about a trip."""

from __future__ import annotations

from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.tokens import EXPIRED
from chatdesk.server.dialects.steppergo import answers, booking_routes, requests, trip_routes
from chatdesk.server.dialects.steppergo.context import Context
from chatdesk.server.dialects.steppergo.pushes import status_record
from chatdesk.server.dialects.steppergo.vocabulary import OF_TOKENS
from chatdesk.server.web import BadRequest
from chatdesk.wire.steppergo import names, texts


class SignedTokenEnvelope(answers.RecordedEnvelope):
    """Routes of the other family of tokens tell what is wrong with one by a code."""

    def refused(self, problem: Refused) -> Response:
        """No token, an expired one, or none of theirs."""
        if problem.reason not in OF_TOKENS:
            return super().refused(problem)
        if problem.reason is Reason.NO_TOKEN:
            return answers.bare({"error": texts.ERR_NO_SESSION, "code": texts.CODE_NO_TOKEN}, 401)
        code = texts.CODE_TOKEN_EXPIRED if problem.detail == EXPIRED else texts.CODE_SIGNED_TOKEN
        return answers.bare({"error": texts.ERR_SIGNED_TOKEN, "code": code}, 401)


def routes(context: Context) -> list[BaseRoute]:
    """The routes of this module."""
    signed = replace(context, envelopes=SignedTokenEnvelope)
    dump = texts.ERR_BOOKING_DATABASE
    return [
        context.route(names.ROUTE_STREAM, "POST", broadcast, texts.ERR_INTERNAL),
        signed.route(names.ROUTE_BOOK, "POST", book, dump, wrapped=True),
        signed.route(names.ROUTE_ALL_BOOKINGS, "GET", fails, texts.ERR_INTERNAL),
        signed.route(names.ROUTE_ANY_BOOKING, "GET", fails, texts.ERR_INTERNAL),
        signed.route(names.ROUTE_ANY_BOOKING, "PATCH", fails, texts.ERR_INTERNAL),
        context.route(names.ROUTE_BOOKING_TRACK, "GET", fails_for_all, texts.ERR_INTERNAL),
        *booking_routes.kept_routes(signed),
    ]


async def broadcast(context: Context, request: Request) -> Response:
    """Tell whoever looks at a trip anything, without a sign-in; nothing is stored."""
    body = await requests.fields(request)
    status = body.get("status")
    if not status:
        raise BadRequest(texts.ERR_STREAM_FIELDS)
    trip = (await trip_routes.seen_by_all(context, request)).order
    record = status_record(
        trip,
        body.get("previousStatus") or trip.status,
        status,
        driver=body.get("driverName"),
        notes=body.get("notes"),
        now=context.pushes.now(),
    )
    told = context.streams.tell(trip.id, {"type": names.STREAM_STATUS, **record})
    return answers.bare({"success": True, "message": texts.OK_BROADCAST, "connections": told, "failed": 0})


async def book(context: Context, request: Request) -> Response:
    """What is asked is checked, and then the seats cannot be written down."""
    await context.booker(request)
    booking_routes.wish_of(await requests.fields(request))
    raise requests.Tripped(texts.ERR_BOOKING_DATABASE)


async def fails(context: Context, request: Request) -> Response:
    """Fails for everybody whose token is good."""
    await context.booker(request)
    raise requests.Tripped(texts.ERR_INTERNAL)


async def fails_for_all(_context: Context, _request: Request) -> Response:
    """Fails before it looks at anything."""
    raise requests.Tripped(texts.ERR_INTERNAL)
