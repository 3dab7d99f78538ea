"""The login of the recorded servers: attempts are counted by the address that a proxy names."""

from __future__ import annotations

from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from chatdesk.server import bodies
from chatdesk.server.core.ratelimit import RateLimit
from chatdesk.server.dialects.fakomame import answers, auth_routes
from chatdesk.server.dialects.fakomame.as_is.context import AsIsContext
from chatdesk.server.dialects.fakomame.context import Context
from chatdesk.server.dialects.fakomame.vocabulary import FILE_LIMIT_BYTES
from chatdesk.server.web import BadRequest
from chatdesk.wire.fakomame import names, texts


def routes(context: AsIsContext) -> list[BaseRoute]:
    """The routes of this module."""
    attempts = RateLimit(names.LOGIN_ATTEMPTS, names.LOGIN_LOCK_MS / 1_000, context.core.clock)
    return [
        context.route(names.ROUTE_LOGIN, "POST", partial(login, attempts), answers.CODED),
        *auth_routes.shared(context),
    ]


async def login(attempts: RateLimit, context: Context, request: Request) -> Response:
    """The sixth attempt of a minute is refused, right or wrong; a success starts anew."""
    address = request.headers.get(names.HEADER_FORWARDED_FOR, "")
    if attempts.take(address):
        raise BadRequest(texts.ERR_LOCKED, 429)
    try:
        body = await bodies.value(request, FILE_LIMIT_BYTES)
    except bodies.BadBody as exc:
        raise BadRequest(texts.ERR_JSON) from exc
    email, password = auth_routes.credentials(body)
    signed = await context.core.accounts.sign_in(email, password)
    attempts.forget(address)
    return await auth_routes.signed_in(context, signed, {})
