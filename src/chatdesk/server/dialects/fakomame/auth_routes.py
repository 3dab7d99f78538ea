"""Routes of signing in: login, logout, refresh by cookie, who somebody is; and what this server can do."""

from __future__ import annotations

from sqlalchemy import ColumnElement, select
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from chatdesk.server.announce import FIELD, announcement
from chatdesk.server.bodies import iso
from chatdesk.server.core.access import Actor
from chatdesk.server.core.accounts import SignIn
from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.order_views import Wanted
from chatdesk.server.core.tables import Order, Party
from chatdesk.server.core.text import is_storable
from chatdesk.server.dialects.fakomame import answers, checks, records
from chatdesk.server.dialects.fakomame.context import Context, value
from chatdesk.server.dialects.fakomame.records import Record
from chatdesk.server.dialects.fakomame.vocabulary import PACKAGE, RECEIVER, TRIP, Refusal
from chatdesk.server.web import BadRequest
from chatdesk.wire.fakomame import names, texts

NOT_SIGNED_IN = Refusal(401, texts.ERR_TOKEN)
ME_ENVELOPE = answers.Envelope(refusals=dict.fromkeys(Reason, NOT_SIGNED_IN), fallback=NOT_SIGNED_IN)


def routes(context: Context) -> list[BaseRoute]:
    """The routes of this module."""
    return [
        context.route(names.ROUTE_HEALTH, "GET", health),
        context.route(names.ROUTE_LOGIN, "POST", login, answers.CODED),
        *shared(context),
    ]


def shared(context: Context) -> list[BaseRoute]:
    """Those of them that the recorded servers have in the same way."""
    return [
        context.route(names.ROUTE_LOGOUT, "POST", logout),
        context.route(names.ROUTE_REFRESH, "POST", refresh, answers.UNMARKED),
        context.route(names.ROUTE_ME, "GET", me, ME_ENVELOPE),
    ]


async def health(context: Context, _request: Request) -> Response:
    """Liveness, with what this server can do beyond the platform."""
    body = {"status": "ok", "timestamp": iso(context.core.clock.now_ms()), FIELD: announcement()}
    return answers.bare(body)


async def login(context: Context, request: Request) -> Response:
    """E-mail and password for two tokens of seven days."""
    email, password = credentials(await value(request))
    signed = await context.core.accounts.sign_in(email, password)
    return await signed_in(context, signed, {FIELD: announcement()})


def credentials(body: object) -> tuple[str, str]:
    """E-mail and password of a body. Raises BadRequest."""
    found = checks.mapping(body)
    email, password = checks.email(found, "email"), checks.required_text(found, "password")
    if not is_storable(password):
        raise Refused(Reason.WRONG_PASSWORD)
    return email, password


async def signed_in(context: Context, signed: SignIn, more: Record) -> Response:
    """The answer to a login; the account in it is as it was before."""
    data = {
        "user": records.own_account(signed.user),
        "accessToken": signed.access_token,
        "refreshToken": signed.refresh_token,
        **more,
    }
    answer = answers.success(data, texts.OK_LOGIN)
    now_ms = context.core.clock.now_ms()
    answers.set_cookie(answer, names.COOKIE_ACCESS, signed.access_token, now_ms)
    answers.set_cookie(answer, names.COOKIE_REFRESH, signed.refresh_token, now_ms)
    await context.core.accounts.seen([signed.user.id], now_ms)
    return answer


async def logout(_context: Context, _request: Request) -> Response:
    """The end of the cookies; tokens stay good until they end by themselves."""
    answer = answers.success(None, texts.OK_LOGOUT)
    answers.drop_cookie(answer, names.COOKIE_ACCESS)
    answers.drop_cookie(answer, names.COOKIE_REFRESH)
    return answer


async def refresh(context: Context, request: Request) -> Response:
    """A new access token for the refresh token of the cookie."""
    token = request.cookies.get(names.COOKIE_REFRESH)
    if not token:
        raise BadRequest(texts.ERR_REFRESH_MISSING, 401)
    accounts = context.core.accounts
    try:
        access = await accounts.renew(token)
    except Refused as exc:
        raise BadRequest(await _why_not(context, token, exc), 401) from exc
    actor = await accounts.holder(access)
    user = await context.user(actor.id)
    answer = answers.success({"accessToken": access, "user": records.refreshed(user)})
    answers.set_cookie(answer, names.COOKIE_ACCESS, access, context.core.clock.now_ms())
    return answer


async def _why_not(context: Context, token: str, problem: Refused) -> str:
    if problem.reason is Reason.USER_NOT_FOUND:
        return texts.ERR_REFRESH_USER
    try:
        await context.core.accounts.holder(token)
    except Refused:
        return texts.ERR_REFRESH
    return texts.ERR_REFRESH_TYPE


async def me(context: Context, request: Request) -> Response:
    """Whose token this is, and how much they have sent and carried."""
    actor = await context.actor(request)
    user = await context.user(actor.id)
    counts = await counted(context, actor)
    stats = counts | {"averageRating": 0, "totalRatings": 0}
    return answers.success(records.own_account(user) | {"_count": counts, "stats": stats})


def received_by(user_id: str) -> ColumnElement[bool]:
    """The condition on Order that leaves what is sent to somebody."""
    return Order.id.in_(select(Party.order_id).where(Party.user_id == user_id, Party.role == RECEIVER))


async def counted(context: Context, actor: Actor) -> Record:
    """How many packages and trips somebody has."""
    wanted = {
        "sentPackages": Wanted(kind=PACKAGE, owner_id=actor.id),
        "receivedPackages": Wanted(kind=PACKAGE, where=(received_by(actor.id),)),
        "trips": Wanted(kind=TRIP, owner_id=actor.id),
    }
    counts = {
        name: (await context.core.orders.page(actor, one, offset=0, limit=1))[1]
        for name, one in wanted.items()
    }
    return counts | {"givenReviews": 0, "receivedReviews": 0}
