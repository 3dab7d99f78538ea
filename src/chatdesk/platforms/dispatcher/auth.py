"""Tokens of the dispatcher platform: when to refresh, when only the password helps, what a login means.

Access tokens live for an hour, refresh tokens for a week and are not rotated; every failure of a login is a
400 in words. Identity is in the token, there is no route for it. Source: wire specification, section 2.
"""

from __future__ import annotations

from http import HTTPStatus

import msgspec

from chatdesk.domain.arrivals import (
    Answer,
    NoAnswer,
    OpenStep,
    Reading,
    VerdictLater,
    VerdictRefused,
    VerdictStored,
)
from chatdesk.domain.events import Event, IdentityKnown, TokensChanged
from chatdesk.domain.facts import Facts, Secrets
from chatdesk.domain.goals import SignIn
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import NoticeCode, ParkReason
from chatdesk.domain.steps import Call, Done, NeedsPassword, Next, Wait
from chatdesk.platforms import announced, loose, replies, routes, tokens
from chatdesk.platforms.dispatcher import limits
from chatdesk.platforms.dispatcher.state import own_of
from chatdesk.platforms.dispatcher.translate import remote_id
from chatdesk.platforms.memory import Progress, ended, fingerprint, progress_of, put, with_own, with_progress
from chatdesk.wire.dispatcher import names, shapes, texts

NOTE_LOGIN = "login"
NOTE_REFRESH = "refresh"
NOTE_LOGOUT = "logout"

# -- is the token good -------------------------------------------------------------------------------------


def blocker(facts: Facts) -> Next | None:
    """What must happen before a step that needs a token: a refresh, a pause, the password. None: go on.

    Within the margin before its end a token still serves while a refresh fails.
    """
    own = own_of(facts)
    access, refresh = facts.account.secrets.access, facts.account.secrets.refresh
    left_us, margin_us = tokens.life_us(access, facts, limits.LIMITS.token_margin_ms)
    usable = bool(access) and fingerprint(access) != own.void_access and left_us > 0
    if usable and left_us > margin_us:
        return None
    if refresh and fingerprint(refresh) != own.dead_refresh:
        pause_ms = own.refresh_not_before_ms - facts.now_ms
        if pause_ms <= 0:
            return _refresh_call(facts)
        return None if usable else Wait(pause_ms)
    return None if usable else NeedsPassword(NoticeCode.AUTH_REQUIRED)


def _refresh_call(facts: Facts) -> Call:
    body = msgspec.to_builtins(shapes.RefreshBody(refresh_token=facts.account.secrets.refresh))
    return Call(method="POST", path=names.ROUTE_REFRESH, body=body, lane=tokens.LANE, note=NOTE_REFRESH)


def token_refused(facts: Facts, token: str) -> Facts:
    """The server has refused an access token: 401, or by words at the socket's handshake.

    A token that a refresh has just brought and that is refused at once shows that refreshing mends nothing.
    """
    mark = fingerprint(token)
    own = own_of(facts)
    if own.unproven_access and mark == own.unproven_access:
        return with_own(facts, void_access=mark, dead_refresh=fingerprint(facts.account.secrets.refresh))
    return with_own(facts, void_access=mark)


def call_refused(facts: Facts, call: Call) -> Facts:
    """As `token_refused`, for the token that this call carried (a newer one stays good)."""
    return token_refused(facts, routes.token_of(call))


def token_taken(facts: Facts) -> Facts:
    """The server has accepted the present access token."""
    return with_own(facts, unproven_access="") if own_of(facts).unproven_access else facts


# -- sign in -----------------------------------------------------------------------------------------------


def sign_in(goal: SignIn, facts: Facts) -> Call:
    """Exchange login and password for tokens."""
    body = msgspec.to_builtins(shapes.LoginBody(email=facts.account.login, password=goal.password))
    return Call(method="POST", path=names.ROUTE_LOGIN, body=body, lane=tokens.LANE, note=NOTE_LOGIN)


def read_login(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """What a login answer means."""
    token = opened.goal.token
    body = loose.mapping(answer.body)
    if answer.status == HTTPStatus.OK and answer.is_json:
        data = loose.mapping(body.get("data"))
        access, refresh = loose.text(data.get("accessToken")), loose.text(data.get("refreshToken"))
        user_id = _user_of(access or "")
        if access and user_id is not None:
            return _signed_in(answer.step_id, token, Secrets(access, refresh or ""), user_id, data, facts)
        return tokens.not_signed_in(opened, answer.step_id, NeedsPassword(NoticeCode.SERVER_ERROR), facts)
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        wait_ms = replies.retry_after_ms(answer)
        locked = NeedsPassword(NoticeCode.LOCKED, loose.words(body.get("message")), wait_ms)
        return tokens.not_signed_in(opened, answer.step_id, locked, facts)
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _login_failed(opened, answer, facts)
    if not answer.is_json:
        return tokens.not_signed_in(opened, answer.step_id, NeedsPassword(NoticeCode.NOT_FOUND), facts)
    refused = NeedsPassword(NoticeCode.AUTH_FAILED, loose.words(body.get("message")))
    return tokens.not_signed_in(opened, answer.step_id, refused, facts)


def _login_failed(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """A 500: two logins within one second of the clock fail, in a text that holds a token; once more."""
    said = loose.text(loose.mapping(answer.body).get("message")) or ""
    token = opened.goal.token
    progress = progress_of(facts, token)
    if said.startswith(texts.ERR_DUPLICATE_KEY_PREFIX) and progress.failures == 0:
        again = Progress(failures=1, not_before_ms=facts.now_ms + limits.LOGIN_AGAIN_MS)
        verdict = VerdictLater(answer.step_id, limits.LOGIN_AGAIN_MS)
        return Reading(with_progress(facts, token, again), (), (verdict,))
    return tokens.not_signed_in(opened, answer.step_id, NeedsPassword(NoticeCode.SERVER_ERROR), facts)


def _signed_in(
    step_id: int, token: int, secrets: Secrets, user_id: RemoteId, data: object, facts: Facts
) -> Reading:
    claims = loose.jwt_claims(secrets.access)
    role, email = loose.line(claims.get("role"), 40), loose.line(claims.get("email"))
    identity = IdentityKnown(user_id=user_id, role=role, name=email or facts.account.login)
    events = (TokensChanged(access=secrets.access, refresh=secrets.refresh), identity)
    facts = put(
        facts,
        account=put(facts.account, secrets=secrets, user_id=user_id, role=role, name=identity.name),
    )
    facts = with_own(
        _clock_seen(facts),
        void_access="",
        dead_refresh="",
        refresh_not_before_ms=0,
        unproven_access=fingerprint(secrets.access),
    )
    facts = announced.at_login(facts, loose.mapping(data))
    return Reading(ended(facts, token), events, (VerdictStored(step_id),))


def _clock_seen(facts: Facts) -> Facts:
    return tokens.clock_seen(facts, loose.jwt_claims(facts.account.secrets.access).get("iat"))


def _user_of(access: str) -> RemoteId | None:
    claims = loose.jwt_claims(access)
    return remote_id(claims.get("userId")) or remote_id(claims.get("id"))


# -- refresh and sign out ----------------------------------------------------------------------------------


def read_refresh(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """What the answer of a refresh means: a new token, never again, or later."""
    body = loose.mapping(answer.body)
    step = opened.step
    spent = loose.text(loose.mapping(step.body).get("refreshToken")) if isinstance(step, Call) else ""
    access = loose.text(loose.mapping(body.get("data")).get("accessToken")) if answer.is_json else None
    if answer.status == HTTPStatus.OK and access:
        mark = fingerprint(access)
        if mark == own_of(facts).void_access:  # the same refused token once more
            facts = with_own(facts, dead_refresh=fingerprint(spent or ""))
            return Reading(facts, (), (VerdictRefused(answer.step_id, ParkReason.REFUSED),))
        secrets = Secrets(access, facts.account.secrets.refresh)
        facts = put(facts, account=put(facts.account, secrets=secrets))
        facts = with_own(_clock_seen(facts), unproven_access=mark, refresh_not_before_ms=0)
        changed = TokensChanged(access=access, refresh=None)
        return Reading(facts, (changed,), (VerdictStored(answer.step_id),))
    definite = answer.is_json and 400 <= answer.status < 500 and answer.status != HTTPStatus.TOO_MANY_REQUESTS
    if definite:
        facts = with_own(facts, dead_refresh=fingerprint(spent or ""))
        said = loose.words(body.get("message"))
        return Reading(facts, (), (VerdictRefused(answer.step_id, ParkReason.REFUSED, said),))
    wait_ms = limits.REFRESH_AGAIN_MS
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        wait_ms = replies.retry_after_ms(answer)
    events: tuple[Event, ...] = () if answer.status >= 400 else (replies.MALFORMED,)
    return Reading(_refresh_later(facts, wait_ms), events, (VerdictLater(answer.step_id, wait_ms),))


def refresh_unanswered(lost: NoAnswer, facts: Facts) -> Reading:
    """Nobody answered a refresh: later, and the old token serves while it may."""
    verdict = VerdictLater(lost.step_id, limits.REFRESH_AGAIN_MS)
    return Reading(_refresh_later(facts, limits.REFRESH_AGAIN_MS), (), (verdict,))


def _refresh_later(facts: Facts, wait_ms: int) -> Facts:
    return with_own(facts, refresh_not_before_ms=facts.now_ms + wait_ms)


def sign_out(facts: Facts) -> Next:
    """Tell the server once; whether it hears it or not, the tokens are forgotten here."""
    if not facts.account.secrets.access:
        return Done()
    return Call(
        method="POST",
        path=names.ROUTE_LOGOUT,
        headers=routes.bearer(facts),
        lane=tokens.LANE,
        timeout_ms=5_000,
        note=NOTE_LOGOUT,
    )
