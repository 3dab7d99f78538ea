"""Routes of accounts: the list of carriers, and everybody for admins."""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from chatdesk.server.core.tables import Role, User
from chatdesk.server.dialects.dispatcher import answers, records
from chatdesk.server.dialects.dispatcher.context import Context
from chatdesk.server.dialects.dispatcher.requests import invalid, page_of, search_of
from chatdesk.server.dialects.dispatcher.vocabulary import ROLES, is_staff
from chatdesk.wire.dispatcher import names, shapes, texts

USERS_PAGE_DEFAULT = 20
LISTED = [Role.CUSTOMER, Role.STAFF]


def routes(context: Context) -> list[BaseRoute]:
    """The routes of this module."""
    return [
        context.route(names.ROUTE_USERS_ALL, "GET", everybody),
        context.route(names.ROUTE_USERS, "GET", carriers),
    ]


async def carriers(context: Context, request: Request) -> Response:
    """The carriers, for staff; a carrier gets only their own account."""
    actor = await context.actor(request)
    accounts = context.core.accounts
    if is_staff(actor):
        users = await accounts.listed([Role.CUSTOMER])
    else:
        users = list((await accounts.by_ids({actor.id})).values())
    return answers.success([records.raw_user(user) for user in users], texts.OK_USERS)


async def everybody(
    context: Context,
    request: Request,
    listed: Callable[[User], shapes.UserRecord] = records.listed_user,
) -> Response:
    """A page of carriers and moderators, with their companies."""
    await context.actor(request, Role.ADMIN)
    query = request.query_params
    roles = LISTED
    if role := query.get("role"):
        if role not in ROLES:
            raise invalid("role")
        roles = [ROLES[role]]
    page = page_of(query, default_limit=USERS_PAGE_DEFAULT, max_limit=context.core.rules.page_limit_max)
    users, total = await context.core.accounts.directory(
        roles=roles, search=search_of(query, "search"), offset=page.offset, limit=page.limit
    )
    data = {
        "users": [listed(user) for user in users if user.role == Role.CUSTOMER],
        "moderators": [listed(user) for user in users if user.role != Role.CUSTOMER],
    }
    return answers.success(data, texts.OK_USERS_ALL, meta=answers.meta_of(total, page))
