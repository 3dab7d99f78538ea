"""Recorded accounts: every account sees every carrier."""

from __future__ import annotations

from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from chatdesk.server.core.tables import Role, User
from chatdesk.server.dialects.dispatcher import answers, records, user_routes
from chatdesk.server.dialects.dispatcher.as_is.context import AsIs
from chatdesk.wire.dispatcher import names, shapes, texts


def routes(context: AsIs) -> list[BaseRoute]:
    """The routes of this module."""
    return [
        context.faulty(names.ROUTE_USERS_ALL, "GET", partial(user_routes.everybody, listed=listed)),
        context.faulty(names.ROUTE_USERS, "GET", carriers),
    ]


def listed(user: User) -> shapes.UserRecord:
    """An account with the name card of its company; no company is told."""
    record = records.listed_user(user)
    if isinstance(record.company_info, shapes.CompanyInfo):
        company = record.company_info
        record.company_info = shapes.CompanyInfo(name=company.name, phone=company.phone, email=company.email)
    return record


async def carriers(context: AsIs, request: Request) -> Response:
    """All carriers, for whoever asks."""
    await context.actor(request)
    users = await context.core.accounts.listed([Role.CUSTOMER])
    return answers.success([records.raw_user(user) for user in users], texts.OK_USERS)
