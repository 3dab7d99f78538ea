"""Routes of people: login, own profile, the directory of sellers and buyers."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from chatdesk.server.announce import FIELD, announcement
from chatdesk.server.bodies import iso
from chatdesk.server.core.accounts import SignIn
from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.tables import User
from chatdesk.server.core.text import is_storable
from chatdesk.server.dialects.marketplace import answers, records
from chatdesk.server.dialects.marketplace.context import ERR_ID, Context, fields, id_of
from chatdesk.server.dialects.marketplace.vocabulary import APPROVAL, APPROVED
from chatdesk.server.web import BadRequest
from chatdesk.wire.marketplace import names, texts

REJECTED = "rejected"
REJECTION = "rejectionReason"
ERR_BUYER_NOT_FOUND = "Buyer not found"


def routes(context: Context) -> list[BaseRoute]:
    """The routes of this module."""
    return [
        context.route(names.ROUTE_HEALTH, "GET", health),
        context.route(names.ROUTE_LOGIN, "POST", login, answers.LOGIN_ENVELOPE),
        context.route(names.ROUTE_BUYER_LOGIN, "POST", login, answers.LOGIN_ENVELOPE),
        context.route(names.ROUTE_PROFILE, "GET", profile),
        context.route(names.ROUTE_UNIVERSAL_PROFILE, "GET", profile),
        context.route(names.ROUTE_SELLER_PROFILE, "GET", seller_profile),
        context.route(names.ROUTE_SELLERS, "GET", sellers),
        context.route(names.ROUTE_SELLER, "GET", seller),
        context.route(names.ROUTE_BUYERS, "GET", buyers),
        context.route(names.ROUTE_BUYER, "GET", buyer),
    ]


async def health(context: Context, _request: Request) -> Response:
    """Liveness, with what this server can do beyond the platform."""
    return answers.bare(vital_signs(context) | {FIELD: announcement()})


def vital_signs(context: Context) -> records.Record:
    """What the platform tells of its server; not what it tells of the machine, which is nobody's business."""
    minutes, seconds = divmod(int(context.core.clock.monotonic_s() - context.since_s), 60)
    return {
        "status": texts.HEALTHY,
        "timestamp": iso(context.core.clock.now_ms()),
        "uptime": f"{minutes} minutes, {seconds} seconds",
        "database": {"status": "connected", "connected": True},
    }


async def login(context: Context, request: Request) -> Response:
    """E-mail and password for a token of seven days."""
    body = await fields(request)
    email, password = body.get("email"), body.get("password")
    if not _is_text(email) or not _is_text(password):
        raise BadRequest(texts.ERR_MISSING)
    signed = await signed_in(context, str(email), str(password))
    return answers.bare(admission(signed, records.login(signed.user) | {FIELD: announcement()}))


async def signed_in(context: Context, email: str, password: str, origin: str = "") -> SignIn:
    """Somebody signs in; raises Refused, and BadRequest where more is told about a refusal."""
    try:
        signed = await context.core.accounts.sign_in(email, password, origin=origin)
    except Refused as exc:
        if exc.reason is not Reason.INACTIVE or exc.detail != f"{APPROVAL} {REJECTED}":
            raise
        found = await context.core.accounts.find(User.email == email.strip().lower())
        why = {key: found[0].profile[key] for key in (REJECTION,) if found and key in found[0].profile}
        raise BadRequest(texts.ERR_REJECTED, 403, **{APPROVAL: REJECTED, **why}) from exc
    if signed.user.role == names.ROLE_SELLER:
        noted = {records.LAST_LOGIN: iso(context.core.clock.now_ms())}
        await context.core.accounts.note(signed.user.id, noted)
    return signed


def admission(signed: SignIn, data: records.Record) -> records.Record:
    """The answer to a sign-in; the token stands beside the data."""
    return {"success": True, "message": texts.OK_LOGIN, "token": signed.access_token, "data": data}


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value != "" and is_storable(value)


async def profile(context: Context, request: Request) -> Response:
    """The own account."""
    actor = await context.actor(request)
    user = await context.user(actor.id)
    text = texts.OK_SELLER_PROFILE if user.role == names.ROLE_SELLER else texts.OK_PROFILE
    return answers.bare({"success": True, "message": text, "user": records.profile(user)})


async def seller_profile(context: Context, request: Request) -> Response:
    """The own account, for sellers."""
    actor = await context.actor(request, names.ROLE_SELLER)
    return answers.bare({"success": True, "seller": records.raw(await context.user(actor.id))})


async def sellers(context: Context, _request: Request) -> Response:
    """The sellers who are approved, for everybody."""
    found = await context.core.accounts.listed([names.ROLE_SELLER])
    return answers.bare(
        [records.raw(one) for one in found if one.profile.get(APPROVAL, APPROVED) == APPROVED]
    )


async def buyers(context: Context, request: Request) -> Response:
    """The buyers, for people who are signed in."""
    await context.actor(request)
    return answers.bare([records.raw(one) for one in await context.core.accounts.listed([names.ROLE_BUYER])])


async def seller(context: Context, request: Request) -> Response:
    """One seller, for everybody."""
    return await _person(context, request, names.ROLE_SELLER, texts.ERR_SELLER_NOT_FOUND)


async def buyer(context: Context, request: Request) -> Response:
    """One buyer, for everybody."""
    return await _person(context, request, names.ROLE_BUYER, ERR_BUYER_NOT_FOUND)


async def _person(context: Context, request: Request, role: str, missing: str) -> Response:
    person = id_of(request.path_params["person"], ERR_ID)
    found = (await context.core.accounts.by_ids({person})).get(person)
    if found is None or found.role != role:
        return answers.bare({"message": missing}, 404)
    return answers.bare(records.raw(found))
