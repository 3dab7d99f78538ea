"""The route of people: who somebody is, whether they are there, and when they were last seen."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.order_views import Wanted
from chatdesk.server.dialects.fakomame import answers, items, records
from chatdesk.server.dialects.fakomame.context import Context, id_of
from chatdesk.server.dialects.fakomame.vocabulary import PACKAGE, TRIP
from chatdesk.server.web import BadRequest
from chatdesk.wire.fakomame import names

LIST_LIMIT = 200
PUBLIC = (
    "id",
    "firstName",
    "lastName",
    "avatar",
    "role",
    "isVerified",
    "lastLoginAt",
    "createdAt",
    "updatedAt",
)


def routes(context: Context) -> list[BaseRoute]:
    """The routes of this module."""
    return [context.route(names.ROUTE_PROFILE, "GET", profile, answers.UNMARKED)]


async def profile(context: Context, request: Request) -> Response:
    """Somebody's public side: no address, no telephone number, and of their things what is on offer."""
    actor = await context.actor(request)
    try:
        user = await context.user(id_of(request.path_params, "user_id"))
    except BadRequest as exc:
        raise Refused(Reason.USER_NOT_FOUND) from exc
    whole = records.account(user)
    found = {}
    for kind in (PACKAGE, TRIP):
        wanted = Wanted(kind=kind, owner_id=user.id)
        views, _total = await context.core.orders.page(actor, wanted, offset=0, limit=LIST_LIMIT)
        found[kind] = [view.order for view in views]
    near = await items.around(context.core, found[PACKAGE])
    return answers.bare(
        {
            **(whole if user.id == actor.id else {key: whole[key] for key in PUBLIC}),
            "isOnline": context.core.presence.is_online(user.id),
            "profile": records.rating(
                user, "senderRating", "travelerRating", "totalTrips", "totalDeliveries"
            ),
            "sentPackages": [items.package_row(one, near) for one in found[PACKAGE]],
            "trips": [items.trip_row(one) for one in found[TRIP]],
        }
    )
