"""Routes of people as recorded: a lock on the login that hits the neighbours too, a public directory."""

from __future__ import annotations

import os
import platform
import sys

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from chatdesk.server.core.text import is_storable
from chatdesk.server.dialects.marketplace import account_routes, answers, records
from chatdesk.server.dialects.marketplace.as_is.answers import LOGIN, PEOPLE
from chatdesk.server.dialects.marketplace.as_is.context import AsIs, given
from chatdesk.server.dialects.marketplace.context import Endpoint, id_of
from chatdesk.server.web import BadRequest
from chatdesk.wire.marketplace import names, texts

BLOCK_BYTES = 64
"""About as much is in one block of the interpreter's memory."""
ERR_NO_BODY = "Cannot destructure property 'email' of 'req.body' as it is undefined."
ERR_NO_TEXT = "Illegal arguments"
ERR_CAST = 'Cast to ObjectId failed for value "{value}" (type string) at path "_id" for model "{model}"'


def routes(context: AsIs) -> list[BaseRoute]:
    """The routes of this module."""
    return [
        context.faulty(names.ROUTE_HEALTH, "GET", health, PEOPLE),
        context.faulty(names.ROUTE_LOGIN, "POST", login, LOGIN),
        context.faulty(names.ROUTE_BUYER_LOGIN, "POST", login, LOGIN),
        # Before the one with an id, like all fixed paths.
        context.route(names.ROUTE_SELLER_PROFILE, "GET", account_routes.seller_profile),
        context.faulty(names.ROUTE_SELLER, "GET", seller, PEOPLE),
        context.faulty(names.ROUTE_BUYERS, "GET", buyers, PEOPLE),
        context.faulty(names.ROUTE_BUYER, "GET", buyer, PEOPLE),
    ]


async def health(context: AsIs, _request: Request) -> Response:
    """Liveness, and what nobody should tell to everybody: the process and its machine.

    Where the recorded servers name their interpreter and its heap, it is ours.
    """
    used = f"{sys.getallocatedblocks() * BLOCK_BYTES // 1_000_000} MB"
    memory = {"rss": used, "heapTotal": used, "heapUsed": used}
    system = {"platform": sys.platform, "nodeVersion": f"v{platform.python_version()}", "pid": os.getpid()}
    return answers.bare(account_routes.vital_signs(context) | {"memory": memory, "system": system})


async def login(context: AsIs, request: Request) -> Response:
    """E-mail and password for a token; failures count against the client's address as well."""
    body = await given(request)
    if body is None:
        return _login_failed(ERR_NO_BODY)
    found = body if isinstance(body, dict) else {}
    email, password = found.get("email"), found.get("password")
    if not email or not password:
        raise BadRequest(texts.ERR_MISSING)
    if not isinstance(email, str) or not isinstance(password, str):
        return _login_failed(ERR_NO_TEXT)
    if not is_storable(email) or not is_storable(password):
        raise BadRequest(texts.ERR_CREDENTIALS, 401)
    origin = request.client.host if request.client else ""
    signed = await account_routes.signed_in(context, email, password, origin)
    return answers.bare(account_routes.admission(signed, records.login(signed.user)))


def _login_failed(why: str) -> Response:
    return answers.failure(500, texts.ERR_LOGIN, error=why)


async def seller(context: AsIs, request: Request) -> Response:
    """One seller, for everybody."""
    return await _person(context, request, "Seller", account_routes.seller)


async def buyer(context: AsIs, request: Request) -> Response:
    """One buyer, for everybody."""
    return await _person(context, request, "Buyer", account_routes.buyer)


async def _person(context: AsIs, request: Request, model: str, look_up: Endpoint) -> Response:
    value = request.path_params["person"]
    try:
        id_of(value)
    except BadRequest:
        return answers.bare({"error": ERR_CAST.format(value=value, model=model)}, 500)
    return await look_up(context, request)


async def buyers(context: AsIs, _request: Request) -> Response:
    """The buyers, for everybody."""
    found = await context.core.accounts.listed([names.ROLE_BUYER])
    return answers.bare([records.raw(one) for one in found])
