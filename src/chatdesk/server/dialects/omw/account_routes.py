"""Signing in: with password and role, or with a code that was sent to a telephone number; and health."""

from __future__ import annotations

import hmac
import secrets
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from chatdesk.server.announce import FIELD, announcement
from chatdesk.server.core.accounts import SignIn
from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.notifications import Draft
from chatdesk.server.core.tables import User
from chatdesk.server.core.text import is_storable
from chatdesk.server.dialects.omw import answers, records
from chatdesk.server.dialects.omw.answers import LoginEnvelope
from chatdesk.server.dialects.omw.context import Context, RouteEntry
from chatdesk.server.dialects.omw.vocabulary import (
    ERR_LOGINS,
    LOGIN_OTP_LIFE_S,
    LOGIN_OTP_PAUSE_S,
    role_of,
)
from chatdesk.server.web import BadRequest
from chatdesk.wire.omw import names, texts

OTP_SMS = "otp_sms"
"""Kind of the notification that holds a code of sign-in: what an operator sends out as a short message."""
CODE, CODE_ASKED, CODE_TRIES = "loginCode", "loginCodeAskedMs", "loginCodeTries"
"""In a profile: the code, when it was asked for, how often a wrong one was tried."""
MOST_TRIES = 5

ERR_OTP = "Invalid or expired OTP"
ERR_PHONE = "Phone number is required"

ENVELOPE = LoginEnvelope(texts.ERR_LOGIN)


async def health(_context: Context, _request: Request) -> Response:
    """Whether the server runs, and what it can do beyond the platform."""
    return answers.bare({"status": "healthy", FIELD: announcement()})


async def login(context: Context, request: Request) -> Response:
    """Exchange e-mail, password and role for a token."""
    signed = await signed_in(context, await context.fields(request))
    return answers.bare({**signed_record(signed), FIELD: announcement()})


async def signed_in(context: Context, fields: dict[str, Any]) -> SignIn:
    """The sign-in that a body asks for; raises BadRequest, Refused."""
    email, password, role = (fields.get(name) for name in ("email", "password", "role"))
    if not all(_is_text(one) for one in (email, password, role)):
        raise BadRequest(texts.ERR_LOGIN_FIELDS)
    wanted = role_of(str(role))
    try:
        return await context.core.accounts.sign_in(str(email), str(password), role=wanted)
    except Refused as exc:
        if exc.reason is Reason.ROLE:
            told = f"{texts.ERR_ROLE_PREFIX}{wanted}. {texts.ERR_ROLES}{exc.detail}"
            raise Refused(Reason.ROLE, detail=told) from exc
        raise


def signed_record(signed: SignIn, *, phone: bool = False) -> dict[str, Any]:
    """The answer of a sign-in."""
    return {
        "token": signed.access_token,
        "user": records.account(signed.user, signed.actor.role, phone=phone),
    }


async def request_otp(context: Context, request: Request) -> Response:
    """Send a code to a telephone number; whether it is anybody's, or one was just sent, is not told."""
    phone = (await context.fields(request)).get("phone")
    if not _is_text(phone):
        raise BadRequest(ERR_PHONE)
    now_ms = context.core.clock.now_ms()
    for user in (await found_by_phone(context, str(phone)))[:1]:
        if user.profile.get(CODE_ASKED, 0) > now_ms - LOGIN_OTP_PAUSE_S * 1_000:
            # A new code would be a new handful of guesses.
            continue
        code = f"{secrets.randbelow(10**names.OTP_DIGITS):0{names.OTP_DIGITS}d}"
        draft = Draft(
            recipient_id=user.id,
            kind=OTP_SMS,
            title="Your code",
            body=f"Your code to sign in is {code}.",
            expires_ms=now_ms + LOGIN_OTP_LIFE_S * 1_000,
        )
        await context.core.accounts.note(user.id, {CODE: code, CODE_ASKED: now_ms, CODE_TRIES: 0})
        async with context.core.database.writing() as session:
            context.core.notifications.add(session, [draft])
    return answers.success(message=texts.OK_OTP)


async def login_otp(context: Context, request: Request) -> Response:
    """Exchange a telephone number and the code sent to it for a token, in the role asked for."""
    fields = await context.fields(request)
    user = await by_phone(context, fields)
    wanted = fields.get("role")
    role = role_of(wanted) if isinstance(wanted, str) else ""
    if role and role not in {user.role, *user.more_roles}:
        raise Refused(Reason.ROLE, detail=texts.ERR_OTP_LOGIN_ROLE)
    await _use_code(context, user, str(fields["otp"]))
    signed = await context.core.accounts.issue(user, role)
    return answers.bare({**signed_record(signed, phone=True), FIELD: announcement()})


async def by_phone(context: Context, fields: dict[str, Any]) -> User:
    """Whose telephone number it is, of a body with a code of the right form; raises BadRequest."""
    phone, otp = fields.get("phone"), fields.get("otp")
    if not isinstance(otp, str) or not otp.isascii() or not otp.isdigit() or len(otp) != names.OTP_DIGITS:
        raise BadRequest(texts.ERR_OTP_LOGIN_FORMAT)
    found = await found_by_phone(context, phone) if isinstance(phone, str) and is_storable(phone) else []
    if not found:
        raise BadRequest(texts.ERR_OTP_LOGIN_PHONE, 401)
    return found[0]


async def found_by_phone(context: Context, phone: str) -> list[User]:
    """Active accounts with this number."""
    return await context.core.accounts.find(User.phone == phone, User.active.is_(True))


async def _use_code(context: Context, user: User, otp: str) -> None:
    """A code is good once, for some minutes, and not to be guessed; two who come at once take turns."""
    async with context.core.database.writing() as session:
        row = await session.get_one(User, user.id)
        code, asked_ms = row.profile.get(CODE), row.profile.get(CODE_ASKED, 0)
        tries = row.profile.get(CODE_TRIES, 0)
        fresh = asked_ms + LOGIN_OTP_LIFE_S * 1_000 > context.core.clock.now_ms()
        right = isinstance(code, str) and hmac.compare_digest(code.encode(), otp.encode())
        good = right and fresh and tries < MOST_TRIES
        if good:
            row.profile = {**row.profile, CODE: None, CODE_TRIES: 0}
        elif tries < MOST_TRIES:
            row.profile = {**row.profile, CODE_TRIES: tries + 1}
    if tries >= MOST_TRIES:
        raise BadRequest(ERR_LOGINS, 429)
    if not good:
        raise BadRequest(ERR_OTP, 401)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value != "" and is_storable(value)


ROUTES: tuple[RouteEntry, ...] = (
    (names.ROUTE_LOGIN, "POST", login, ENVELOPE),
    (names.ROUTE_LOGIN_OTP, "POST", login_otp, ENVELOPE),
    (names.ROUTE_REQUEST_OTP, "POST", request_otp, ENVELOPE),
    (names.PATH_HEALTH, "GET", health, ENVELOPE),
)
"""Every route of this module."""
