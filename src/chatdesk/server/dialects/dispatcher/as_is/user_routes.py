"""Recorded accounts: every account sees every carrier."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from chatdesk.server.core.tables import Role
from chatdesk.server.dialects.dispatcher import answers, records, user_routes
from chatdesk.server.dialects.dispatcher.as_is.context import AsIs
from chatdesk.wire.dispatcher import names, texts


def routes(context: AsIs) -> list[BaseRoute]:
    """The routes of this module."""
    return [
        context.faulty(names.ROUTE_USERS_ALL, "GET", user_routes.everybody),
        context.faulty(names.ROUTE_USERS, "GET", carriers),
    ]


async def carriers(context: AsIs, request: Request) -> Response:
    """All carriers, for whoever asks."""
    await context.actor(request)
    users = await context.core.accounts.listed([Role.CUSTOMER])
    return answers.success([records.raw_user(user) for user in users], texts.OK_USERS)
