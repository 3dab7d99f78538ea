"""Routes of signing in: login, refresh, logout."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from chatdesk.server.core.accounts import MAX_EMAIL_CHARS, keeps_policy
from chatdesk.server.core.text import is_storable
from chatdesk.server.dialects.dispatcher import answers
from chatdesk.server.dialects.dispatcher.context import Context
from chatdesk.server.dialects.dispatcher.requests import fields, invalid
from chatdesk.server.web import BadRequest
from chatdesk.wire import ours
from chatdesk.wire.dispatcher import names, shapes, texts

ANNOUNCEMENT = shapes.Announcement(version=ours.ANNOUNCEMENT_VERSION, features=list(ours.FEATURES))


def routes(context: Context) -> list[BaseRoute]:
    """The routes of this module."""
    return [
        context.route(names.ROUTE_LOGIN, "POST", login),
        context.route(names.ROUTE_REFRESH, "POST", refresh),
        context.route(names.ROUTE_LOGOUT, "POST", logout),
    ]


async def login(context: Context, request: Request) -> Response:
    """E-mail and password for an access and a refresh token."""
    body = await fields(request)
    email, password = _text(body, "email"), _text(body, "password")
    if not email or not password:
        raise BadRequest(texts.ERR_CREDENTIALS_MISSING)
    if not keeps_policy(password):
        raise BadRequest(texts.ERR_PASSWORD_POLICY)
    if len(email) > MAX_EMAIL_CHARS:
        raise BadRequest(texts.ERR_NO_ACCOUNT)
    tokens = await context.core.accounts.sign_in(email, password)
    data = shapes.LoginData(
        access_token=tokens.access_token, refresh_token=tokens.refresh_token, chatdesk=ANNOUNCEMENT
    )
    return answers.success(data, texts.OK_LOGIN)


async def refresh(context: Context, request: Request) -> Response:
    """A refresh token for a new access token."""
    token = _text(await fields(request), "refreshToken")
    if not token:
        raise BadRequest(texts.ERR_REFRESH_MISSING)
    access_token = await context.core.accounts.renew(token)
    return answers.success(shapes.RefreshData(access_token=access_token), texts.OK_REFRESH)


async def logout(context: Context, request: Request) -> Response:
    """Forget every refresh token of the account; access tokens live on until they expire."""
    await context.core.accounts.sign_out(await context.actor(request))
    return answers.success(None, texts.OK_LOGOUT)


def _text(body: dict[str, Any], field: str) -> str:
    value = body.get(field)
    if value is None or value == "":
        return ""
    if not isinstance(value, str) or not is_storable(value):
        raise invalid(field)
    return value
