"""Routes of sessions: two doors to sign in, one to sign out, and what the server says of itself."""

from __future__ import annotations

from email.utils import formatdate
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from chatdesk.server.announce import FIELD, announcement
from chatdesk.server.bodies import iso
from chatdesk.server.core.accounts import SignIn
from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.dialects.steppergo import answers, records, requests
from chatdesk.server.dialects.steppergo.context import Context, token_of
from chatdesk.server.dialects.steppergo.vocabulary import Refusal
from chatdesk.server.web import BadRequest
from chatdesk.wire.steppergo import names, texts

NO_DRIVER = {Reason.ROLE: Refusal(401, texts.ERR_CREDENTIALS)}
MSG_REJECTED = "Your application was rejected. Please contact support."
"""A sentence of ours."""


def routes(context: Context) -> list[BaseRoute]:
    """The routes of this module."""
    return [
        context.route(names.ROUTE_LOGIN, "POST", login, texts.ERR_LOGIN),
        context.route(
            names.ROUTE_DRIVER_LOGIN, "POST", driver_login, texts.ERR_DRIVER_LOGIN, words=NO_DRIVER
        ),
        context.route(names.ROUTE_DRIVER_LOGIN, "DELETE", logout, texts.ERR_INTERNAL),
        context.route(names.ROUTE_REFRESH, "POST", refresh, texts.ERR_REFRESH),
        context.route(names.SOCKETIO_STATUS, "GET", socket_status, texts.ERR_INTERNAL),
    ]


def own_routes(context: Context) -> list[BaseRoute]:
    """The route that only our own servers have."""
    return [context.route(names.ROUTE_HEALTH, "GET", health, texts.ERR_INTERNAL)]


async def health(context: Context, _request: Request) -> Response:
    """Liveness, with what this server can do beyond the platform."""
    body = {"status": "ok", "timestamp": iso(context.core.clock.now_ms()), FIELD: announcement()}
    return answers.bare(body)


async def login(context: Context, request: Request) -> Response:
    """E-mail and password for a session, for everybody; also for a driver who may not drive now."""
    signed = await _sign_in(context, request, texts.ERR_VALIDATION)
    body = records.signed_in(signed.user, signed.access_token, signed.expires_ms)
    return answers.bare({**body, **context.announced})


async def driver_login(context: Context, request: Request) -> Response:
    """The same for drivers: the only place that tells the driver record's id."""
    try:
        signed = await _sign_in(context, request, texts.ERR_DRIVER_VALIDATION, role=names.ROLE_DRIVER)
    except Refused as exc:
        if exc.reason is not Reason.INACTIVE:
            raise
        rejected = exc.detail == names.DRIVER_REJECTED
        text, message = (
            (texts.ERR_REJECTED, MSG_REJECTED) if rejected else (texts.ERR_SUSPENDED, texts.MSG_SUSPENDED)
        )
        raise BadRequest(text, 403, message=message) from exc
    body = records.driver_signed_in(signed.user, signed.access_token, signed.expires_ms)
    answer = answers.bare({**body, **context.announced})
    left_s = max(round((signed.expires_ms - context.core.clock.now_ms()) / 1_000), 0)
    until = formatdate(signed.expires_ms / 1_000, usegmt=True)
    answer.headers["set-cookie"] = (
        f"{names.COOKIE_DRIVER}={signed.access_token}; Path=/; Expires={until}; Max-Age={left_s}; "
        + _ATTRIBUTES
    )
    return answer


_ATTRIBUTES = "Secure; HttpOnly; SameSite=strict"


async def _sign_in(context: Context, request: Request, invalid: str, role: str = "") -> SignIn:
    body: Any = await requests.value(request)
    problems = requests.login_problems(body)
    if problems:
        raise BadRequest(invalid, details=problems)
    ttl_s = context.core.rules.access_ttl_s
    if body.get("remember"):
        ttl_s = ttl_s * names.REMEMBERED_DAYS
    return await context.core.accounts.sign_in(body["email"], body["password"], role=role, ttl_s=ttl_s)


async def logout(context: Context, request: Request) -> Response:
    """End the session of the token, whatever the role."""
    token = token_of(request, names.COOKIE_DRIVER)
    actor = await context.core.accounts.holder(token)
    await context.core.accounts.end_session(token)
    await context.signed_out(actor.id, token)
    answer = answers.bare({"success": True, "message": texts.OK_LOGOUT})
    answer.headers["set-cookie"] = f"{names.COOKIE_DRIVER}=; Path=/; Max-Age=0; {_ATTRIBUTES}"
    return answer


async def refresh(_context: Context, _request: Request) -> Response:
    """No sign-in gives what could be renewed here."""
    raise Refused(Reason.REFRESH_INVALID)


async def socket_status(_context: Context, _request: Request) -> Response:
    """What stands at the socket's path without its slash, whether or not there is a socket."""
    return answers.bare({"status": texts.SOCKET_RUNNING, "path": names.SOCKETIO_STATUS})
