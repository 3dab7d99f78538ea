"""Signing in at the recorded servers: two logins of one account in the same second are one too many."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from chatdesk.server.core.accounts import keeps_policy
from chatdesk.server.dialects.dispatcher import answers
from chatdesk.server.dialects.dispatcher.as_is import script
from chatdesk.server.dialects.dispatcher.as_is.casts import broken
from chatdesk.server.dialects.dispatcher.as_is.context import AsIs
from chatdesk.server.dialects.dispatcher.as_is.requests import fields
from chatdesk.server.web import BadRequest
from chatdesk.wire.dispatcher import names, shapes, texts


def routes(context: AsIs) -> list[BaseRoute]:
    """The routes of this module."""
    return [
        context.faulty(names.ROUTE_LOGIN, "POST", login),
        context.faulty(names.ROUTE_REFRESH, "POST", refresh),
        context.faulty(names.ROUTE_LOGOUT, "POST", logout),
    ]


async def login(context: AsIs, request: Request) -> Response:
    """E-mail and password for an access and a refresh token, which must not be another one's twin."""
    body = await fields(request, "email")
    email, password = body.get("email"), body.get("password")
    if script.is_falsy(email) or script.is_falsy(password):
        raise BadRequest(texts.ERR_CREDENTIALS_MISSING)
    if not keeps_policy(script.as_text(password)):
        raise BadRequest(texts.ERR_PASSWORD_POLICY)
    if not isinstance(email, str):
        raise broken(texts.ERR_NO_FUNCTION.format(name="email.toLowerCase"))
    tokens = await context.core.accounts.sign_in(email, script.as_text(password))
    # Tokens of one account differ by the second in which they were made, and the stored ones must differ.
    second = context.core.clock.now_ms() // 1_000
    if context.memory.logins.get(tokens.actor.id) == second:
        raise broken(texts.ERR_DUPLICATE_LOGIN.format(token=tokens.refresh_token))
    context.memory.logins[tokens.actor.id] = second
    data = shapes.LoginData(access_token=tokens.access_token, refresh_token=tokens.refresh_token)
    return answers.success(data, texts.OK_LOGIN)


async def refresh(context: AsIs, request: Request) -> Response:
    """A refresh token for a new access token."""
    token: Any = (await fields(request, "refreshToken")).get("refreshToken")
    if script.is_falsy(token):
        raise BadRequest(texts.ERR_REFRESH_MISSING)
    access_token = await context.core.accounts.renew(script.as_text(token))
    return answers.success(shapes.RefreshData(access_token=access_token), texts.OK_REFRESH)


async def logout(context: AsIs, request: Request) -> Response:
    """Forget every refresh token of the account; access tokens live on until they expire."""
    actor = await context.actor(request)
    await context.core.accounts.sign_out(actor)
    context.memory.logins.pop(actor.id, None)
    return answers.success(None, texts.OK_LOGOUT)
