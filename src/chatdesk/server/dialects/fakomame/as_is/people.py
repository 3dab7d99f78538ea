"""Profiles and notifications as recorded: raw rows for everybody, and pages without an end."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from chatdesk.server.core.access import Actor
from chatdesk.server.core.errors import Reason
from chatdesk.server.core.order_views import Wanted
from chatdesk.server.core.tables import Order
from chatdesk.server.dialects.fakomame import answers, auth_routes, items, notification_routes, records
from chatdesk.server.dialects.fakomame.as_is.chats import integer
from chatdesk.server.dialects.fakomame.as_is.context import MOST, AsIsContext, envelope
from chatdesk.server.dialects.fakomame.context import Context
from chatdesk.server.dialects.fakomame.vocabulary import PACKAGE, TRIP, Refusal
from chatdesk.wire.fakomame import names, texts

PROFILE = envelope({Reason.USER_NOT_FOUND: Refusal(404, texts.ERR_NO_USER)}, marked=False)
NOTICES = envelope({Reason.NOTIFICATION_NOT_FOUND: Refusal(404, texts.ERR_NO_NOTICE)})


def routes(context: AsIsContext) -> list[BaseRoute]:
    """The routes of this module."""
    return [
        context.route(names.ROUTE_PROFILE, "GET", profile, PROFILE),
        context.route(names.ROUTE_NOTIFICATIONS, "GET", notices, NOTICES),
        *notification_routes.shared(context, NOTICES),
    ]


async def profile(context: Context, request: Request) -> Response:
    """The raw row of an account with the hash of its password, for anybody, without an envelope."""
    user = await context.user(request.path_params["user_id"])
    anybody = Actor("", "", "", context.core.platform)
    wanted = {
        "sentPackages": Wanted(kind=PACKAGE, owner_id=user.id, order_by=_OLDEST_FIRST),
        "trips": Wanted(kind=TRIP, owner_id=user.id, order_by=_OLDEST_FIRST),
        "receivedPackages": Wanted(
            kind=PACKAGE, where=(auth_routes.received_by(user.id),), order_by=_OLDEST_FIRST
        ),
    }
    rows = {}
    for name, one in wanted.items():
        views, _total = await context.core.orders.page(anybody, one, offset=0, limit=MOST)
        found = [view.order for view in views]
        near = await items.around(context.core, found)
        rows[name] = [
            items.trip_row(order) if order.kind == TRIP else items.package_row(order, near) for order in found
        ]
    raw = records.account(user, password=True)
    return answers.bare(raw | {"profile": user.profile.get(records.PROFILE)} | rows)


_OLDEST_FIRST = (Order.created_ms.asc(), Order.id.asc())


async def notices(context: Context, request: Request) -> Response:
    """All of them, whatever page was asked for."""
    page = integer(request.query_params.get("page"), 1)
    limit = integer(request.query_params.get("limit"), notification_routes.PAGE)
    return await notification_routes.page_of(context, request, page, limit, offset=0, at_most=MOST)
