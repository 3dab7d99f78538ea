"""Tokens of the OMW platform: a sign-in with a role, no refresh, and refusals that mean two things.

The identity is in the token; it is checked at connect only, so a socket outlives it while REST turns to 403.
Source: wire specification, section 2.
"""

from __future__ import annotations

from http import HTTPStatus

import msgspec

from chatdesk.domain.arrivals import (
    Answer,
    ConnectRefused,
    OpenStep,
    Reading,
    VerdictLater,
    VerdictStored,
)
from chatdesk.domain.events import IdentityKnown, TokensChanged
from chatdesk.domain.facts import Facts, Secrets
from chatdesk.domain.goals import SignIn
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import NoticeCode
from chatdesk.domain.steps import Call, NeedsPassword
from chatdesk.platforms import announced, frame, loose, replies, routes, tokens
from chatdesk.platforms.memory import Progress, ended, fingerprint, progress_of, put, with_own, with_progress
from chatdesk.platforms.omw import limits
from chatdesk.platforms.omw.state import own_of
from chatdesk.platforms.omw.translate import remote_id
from chatdesk.wire.omw import names, shapes, texts

NOTE_LOGIN = "login"
NOTE_OTP = "request-otp"


# -- is the token good -------------------------------------------------------------------------------------


def blocker(facts: Facts) -> NeedsPassword | None:
    """What keeps a step from being done that needs a token: there is no refresh, only the password helps."""
    own = own_of(facts)
    return tokens.only_password(facts, void=own.void_token, barred=own.barred)


def connect_refused(refused: ConnectRefused, opened: OpenStep, facts: Facts) -> Facts:
    """The facts after a refused handshake.

    `Invalid authentication token` is also what a good token meets while the database is away: it proves
    something only of a token whose end has passed. Else the first request over REST says it beyond doubt.
    """
    words = refused.server_words
    token = frame.connected_with(opened, names.AUTH_TOKEN_FIELD)
    if words == texts.CONNECT_NO_USER:
        return with_own(facts, barred=texts.CONNECT_NO_USER)
    refuses = words in {texts.CONNECT_NO_TOKEN, texts.CONNECT_BAD_PAYLOAD}
    if refuses or (words == texts.CONNECT_INVALID_TOKEN and tokens.is_over(token, facts)):
        return with_own(facts, void_token=fingerprint(token))
    return facts


def refuses_token(answer: Answer) -> bool:
    """Whether an answer says that the token is void: 401, or the one 403 that does not mean 'not yours'."""
    if answer.status == HTTPStatus.UNAUTHORIZED:
        return True
    return answer.status == HTTPStatus.FORBIDDEN and said(answer) == texts.ERR_TOKEN


def call_refused(facts: Facts, call: Call) -> Facts:
    """The facts after a request whose token was refused (a newer one stays good)."""
    return with_own(facts, void_token=fingerprint(routes.token_of(call)))


def said(answer: Answer) -> str:
    """A refusal's words: chat routes say them in `error`, all others in `message`; pages say nothing."""
    fields = loose.mapping(answer.body) if answer.is_json else loose.NOTHING
    return loose.words(fields.get("error")) or loose.words(fields.get("message"))


# -- sign in -----------------------------------------------------------------------------------------------


def sign_in(goal: SignIn, token: int, facts: Facts) -> Call:
    """Exchange login, password and role for a token; with a one-time code, the telephone number and it."""
    found = progress_of(facts, token).data
    account = facts.account
    role = found if isinstance(found, str) else goal.role or account.seat or account.role or names.ROLE_WORKER
    path = names.ROUTE_LOGIN
    body: shapes.LoginBody | shapes.OtpLoginBody = shapes.LoginBody(facts.account.login, goal.password, role)
    if goal.otp:
        path, body = names.ROUTE_LOGIN_OTP, shapes.OtpLoginBody(facts.account.login, goal.otp, role)
    return Call(method="POST", path=path, body=msgspec.to_builtins(body), lane=tokens.LANE, note=NOTE_LOGIN)


def read_login(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """What a login answer means."""
    token = opened.goal.token
    fields = loose.mapping(answer.body)
    if answer.status == HTTPStatus.OK and answer.is_json:
        reading = _signed_in(opened, answer, facts)
        return reading or _not_signed_in(opened, answer, NoticeCode.SERVER_ERROR, facts)
    if answer.status in _LOCKED:
        return _locked(opened, answer, facts)
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _not_signed_in(opened, answer, NoticeCode.SERVER_ERROR, facts)
    if not answer.is_json:
        return _not_signed_in(opened, answer, NoticeCode.NOT_FOUND, facts)
    if answer.status == HTTPStatus.FORBIDDEN:
        role = _role_instead(opened, loose.text(fields.get("message"), 500) or "", facts)
        if role is not None:
            facts = with_progress(facts, token, Progress(failures=1, data=role))
            return Reading(facts, (), (VerdictLater(answer.step_id, 0),))
        return _not_signed_in(opened, answer, NoticeCode.FORBIDDEN, facts)
    return _not_signed_in(opened, answer, NoticeCode.AUTH_FAILED, facts)


_LOCKED = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.LOCKED})


def _locked(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """Too many attempts: how long it lasts is told, where the server tells it."""
    waits = answer.status == HTTPStatus.TOO_MANY_REQUESTS or names.HEADER_RETRY_AFTER in answer.headers
    wait_ms = replies.retry_after_ms(answer) if waits else None
    end = NeedsPassword(NoticeCode.LOCKED, said(answer), wait_ms)
    return tokens.not_signed_in(opened, answer.step_id, end, facts)


def ask_for_otp(facts: Facts) -> Call:
    """Have a code sent to the telephone number that is the account's login."""
    body = shapes.OtpRequestBody(facts.account.login)
    return Call(
        method="POST",
        path=names.ROUTE_REQUEST_OTP,
        body=msgspec.to_builtins(body),
        lane=tokens.LANE,
        timeout_ms=limits.CODE_TIMEOUT_MS,
        note=NOTE_OTP,
    )


def read_otp(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """Sent, or why not; asked for once, whatever the answer is."""
    if answer.status == HTTPStatus.OK and answer.is_json:
        return replies.done(facts, opened, answer.step_id)
    if answer.status in _LOCKED:
        return _locked(opened, answer, facts)
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _not_signed_in(opened, answer, NoticeCode.SERVER_ERROR, facts)
    code = NoticeCode.AUTH_FAILED if answer.is_json else NoticeCode.NOT_FOUND
    return _not_signed_in(opened, answer, code, facts)


def _role_instead(opened: OpenStep, words: str, facts: Facts) -> str | None:
    """The role to try once more with, where the person named none and the server says which there is."""
    goal = opened.goal.kind
    if (
        not isinstance(goal, SignIn)
        or goal.role
        or facts.account.seat
        or progress_of(facts, opened.goal.token).failures
    ):
        return None
    if not words.startswith(texts.ERR_ROLE_PREFIX):
        return None
    given = words.partition(texts.ERR_ROLES)[2].split(",")
    return next((role for role in (one.strip().lower() for one in given) if role in names.ROLES), None)


def _not_signed_in(opened: OpenStep, answer: Answer, code: NoticeCode, facts: Facts) -> Reading:
    return tokens.not_signed_in(opened, answer.step_id, NeedsPassword(code, said(answer)), facts)


def _signed_in(opened: OpenStep, answer: Answer, facts: Facts) -> Reading | None:
    """A token and who it is for; None where one of them is missing."""
    fields = loose.mapping(answer.body)
    user = loose.mapping(fields.get("user"))
    access = loose.text(fields.get("token")) or ""
    claims = loose.jwt_claims(access)
    claimed = (remote_id(claims.get(name)) for name in names.USER_ID_CLAIMS)
    user_id: RemoteId | None = next((found for found in claimed if found), None) or remote_id(user.get("id"))
    if not access or user_id is None:
        return None
    role = (loose.line(claims.get("role"), 40) or loose.line(user.get("role"), 40)).lower()
    role = names.ROLE_ALIASES.get(role, role)
    name = loose.line(user.get("name"), 120) or loose.line(user.get("email")) or facts.account.login
    identity = IdentityKnown(user_id=user_id, role=role, name=name)
    secrets = Secrets(access, "")
    account = put(facts.account, secrets=secrets, user_id=user_id, role=identity.role, name=name)
    facts = with_own(
        tokens.clock_seen(put(facts, account=account), claims.get("iat")), void_token="", barred=""
    )
    facts = ended(announced.at_login(facts, fields), opened.goal.token)
    return Reading(
        facts, (TokensChanged(access=access, refresh=""), identity), (VerdictStored(answer.step_id),)
    )
