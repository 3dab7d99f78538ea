"""Tokens of the Fakomame platform: signing in, who we are, and a refresh that goes by cookie alone.

`/auth/me` is the one route that refuses a bad token, so it is asked after each sign-in, at each start and
after each 500, and names the account. The refresh token is put into the Cookie header by hand: its `Secure`
flag would keep a jar from sending it over plain http. Source: wire specification, section 3.
"""

from __future__ import annotations

import re
from http import HTTPStatus

import msgspec

from chatdesk.domain.arrivals import (
    Answer,
    ConnectRefused,
    NoAnswer,
    OpenStep,
    Reading,
    VerdictLater,
    VerdictRefused,
    VerdictStored,
)
from chatdesk.domain.events import Event, IdentityKnown, Noticed, TokensChanged
from chatdesk.domain.facts import Facts, Secrets
from chatdesk.domain.goals import Connected, SignIn
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import NoticeCode, ParkReason
from chatdesk.domain.steps import Call, Connect, Done, NeedsPassword, Next, Wait
from chatdesk.platforms import announced, frame, loose, replies, routes, tokens
from chatdesk.platforms.fakomame import limits, requests
from chatdesk.platforms.fakomame.state import own_of
from chatdesk.platforms.fakomame.translate import full_name, remote_id
from chatdesk.platforms.memory import (
    Progress,
    at_stage,
    ended,
    fingerprint,
    progress_of,
    put,
    with_own,
    with_progress,
)
from chatdesk.wire.fakomame import names, shapes, texts

NOTE_LOGIN = "login"
NOTE_ME = "me"
NOTE_REFRESH = "refresh"
NOTE_LOGOUT = "logout"
_TOKEN = re.compile(r"[!#-+\x2d-:<-\[\]-~]{1,8192}\Z")
"""What may stand in a header and in a cookie; anything else never becomes part of a request."""


def token_text(value: object) -> str:
    """A token that may be put into a header; empty where it is none."""
    return value if isinstance(value, str) and _TOKEN.match(value) else ""


# -- is the token good -------------------------------------------------------------------------------------


def blocker(facts: Facts, within_ms: int | None = None) -> Next | None:
    """What must happen before a request: a refresh, the check of the token, the password. None: go on.

    within_ms: the token must have been seen to be good no longer ago than this; None: ever, on this run.
    """
    own = own_of(facts)
    if own.barred:
        return NeedsPassword(NoticeCode.FORBIDDEN, own.barred)
    secrets = facts.account.secrets
    left_us, margin_us = tokens.life_us(secrets.access, facts, limits.LIMITS.token_margin_ms)
    usable = bool(token_text(secrets.access)) and left_us > 0
    usable = usable and fingerprint(secrets.access) != own.void_access
    if usable and left_us > margin_us:
        return _proof(facts, within_ms)
    if token_text(secrets.refresh) and fingerprint(secrets.refresh) != own.dead_refresh:
        pause_ms = own.refresh_not_before_ms - facts.now_ms
        if pause_ms <= 0:
            return _refresh_call(facts)
        return _proof(facts, within_ms) if usable else Wait(pause_ms)
    return _proof(facts, within_ms) if usable else NeedsPassword(NoticeCode.AUTH_REQUIRED)


def _proof(facts: Facts, within_ms: int | None) -> Next | None:
    own = own_of(facts)
    if own.proven == fingerprint(facts.account.secrets.access) and (
        within_ms is None or facts.now_ms - own.proven_ms <= within_ms
    ):
        return None
    pause_ms = own.proof_not_before_ms - facts.now_ms
    return Wait(pause_ms) if pause_ms > 0 else me_call(facts)


def me_call(facts: Facts) -> Call:
    """Ask who we are."""
    call = routes.get(names.ROUTE_ME, facts, NOTE_ME)
    return put(call, lane=tokens.LANE)


def _refresh_call(facts: Facts) -> Call:
    cookie = ("Cookie", f"{names.COOKIE_REFRESH}={facts.account.secrets.refresh}")
    return Call(
        method="POST", path=names.ROUTE_REFRESH, headers=(cookie,), lane=tokens.LANE, note=NOTE_REFRESH
    )


# -- the socket --------------------------------------------------------------------------------------------


def next_connect(token: int, facts: Facts) -> Next:
    """A socket with a token that the server has just recognised."""
    blocked = blocker(facts)
    if blocked is not None:
        return blocked
    if facts.online:
        return Done()
    access = facts.account.secrets.access
    if progress_of(facts, token).data == fingerprint(access):
        return Wait(limits.REFUSED_AGAIN_MS)
    asked = announced.question(facts, names.ROUTE_HEALTH)
    if asked is not None:
        return asked
    return Connect(auth={names.AUTH_TOKEN_FIELD: access})


def connect_refused(refused: ConnectRefused, opened: OpenStep, facts: Facts) -> Facts:
    """A refused handshake. No words: there is no socket here, which is a normal state of this platform.

    `Invalid authentication token` is also what a good token meets while the database is away: `/auth/me`
    tells which it is.
    """
    token = frame.connected_with(opened, names.AUTH_TOKEN_FIELD)
    if refused.server_words == texts.CONNECT_NO_USER:
        facts = with_own(facts, barred=texts.CONNECT_NO_USER)
    elif refused.server_words == texts.CONNECT_NO_TOKEN:
        facts = requests.token_void(facts, token)
    elif refused.server_words is not None and isinstance(opened.goal.kind, Connected):
        progress = Progress(data=fingerprint(token))
        facts = with_progress(requests.token_doubtful(facts), opened.goal.token, progress)
    return facts


# -- who we are --------------------------------------------------------------------------------------------


def read_me(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """The check of the token: whose it is, or that it is void."""
    step_id, goal = answer.step_id, opened.goal.kind
    asked = routes.token_of(opened.step) if isinstance(opened.step, Call) else ""
    fields = loose.mapping(requests.data_of(answer))
    user_id = remote_id(fields.get("id"))
    if user_id is not None:
        return _recognised(opened, answer, user_id, asked, facts)
    if isinstance(goal, SignIn):
        end = NeedsPassword(NoticeCode.SERVER_ERROR, requests.said(answer))
        return tokens.not_signed_in(opened, step_id, end, facts)
    if answer.status == HTTPStatus.UNAUTHORIZED:
        return Reading(requests.token_void(facts, asked), (), (VerdictLater(step_id, 0),))
    events: tuple[Event, ...] = ()
    wait_ms = replies.READ_AGAIN_MS
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        wait_ms = replies.retry_after_ms(answer)
        events = (Noticed(code=NoticeCode.RATE_LIMITED, detail=requests.said(answer)),)
    elif answer.status < 400:
        events = (replies.MALFORMED,)
    elif requests.is_page(answer):
        wait_ms = replies.OTHER_SERVER_MS
        events = (Noticed(code=NoticeCode.NOT_FOUND),)
    facts = with_own(facts, proof_not_before_ms=facts.now_ms + wait_ms)
    return Reading(facts, events, (VerdictLater(step_id, wait_ms, requests.said(answer)),))


def _recognised(opened: OpenStep, answer: Answer, user_id: RemoteId, asked: str, facts: Facts) -> Reading:
    fields = loose.mapping(requests.data_of(answer))
    identity = _identity(fields, user_id, facts)
    account = facts.account
    if account.user_id and user_id != account.user_id:
        facts = requests.token_void(facts, asked)
        if isinstance(opened.goal.kind, SignIn):
            end = NeedsPassword(NoticeCode.SERVER_ERROR)
            return tokens.not_signed_in(opened, answer.step_id, end, facts)
        # Not ours: the engine closes the account's connection when it hears of it.
        verdict = VerdictRefused(answer.step_id, ParkReason.FORBIDDEN)
        return Reading(facts, (identity,), (verdict,))
    mark = fingerprint(asked)
    own = own_of(facts)
    facts = with_own(
        put(facts, account=put(account, user_id=user_id, role=identity.role, name=identity.name)),
        proven=mark,
        proven_ms=facts.now_ms,
        renewed="" if own.renewed == mark else own.renewed,
        proof_not_before_ms=0,
    )
    if isinstance(opened.goal.kind, SignIn):
        facts = ended(facts, opened.goal.token)
    return Reading(facts, (identity,), (VerdictStored(answer.step_id),))


def _identity(fields: object, user_id: RemoteId, facts: Facts) -> IdentityKnown:
    told = loose.mapping(fields)
    name = full_name(told) or loose.line(told.get("email"), 120) or facts.account.login
    return IdentityKnown(user_id=user_id, role=loose.line(told.get("role"), 40), name=name)


# -- sign in -----------------------------------------------------------------------------------------------


def sign_in(goal: SignIn, token: int, facts: Facts) -> Next:
    """Exchange e-mail address and password for tokens, then ask whose they are."""
    if progress_of(facts, token).stage == NOTE_ME:
        return me_call(facts)
    body = shapes.LoginBody(facts.account.login, goal.password)
    return Call(
        method="POST",
        path=names.ROUTE_LOGIN,
        body=msgspec.to_builtins(body),
        lane=tokens.LANE,
        note=NOTE_LOGIN,
    )


_REFUSALS: dict[int, NoticeCode] = {
    HTTPStatus.FORBIDDEN: NoticeCode.FORBIDDEN,
    HTTPStatus.UNAUTHORIZED: NoticeCode.AUTH_FAILED,
    HTTPStatus.BAD_REQUEST: NoticeCode.AUTH_FAILED,
    HTTPStatus.UNPROCESSABLE_ENTITY: NoticeCode.AUTH_FAILED,
}


def read_login(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """What a login answer means: tokens, or a refusal in the server's words."""
    words = requests.said(answer)
    if answer.status == HTTPStatus.OK and answer.is_json:
        reading = _signed_in(opened, answer, facts)
        end = NeedsPassword(NoticeCode.SERVER_ERROR)
        return reading or tokens.not_signed_in(opened, answer.step_id, end, facts)
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        wait_ms = replies.retry_after_ms(answer, names.LOGIN_LOCK_MS)
        end = NeedsPassword(NoticeCode.LOCKED, words, wait_ms)
    elif answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        end = NeedsPassword(NoticeCode.SERVER_ERROR, words)
    elif requests.is_page(answer) or not answer.is_json:
        end = NeedsPassword(NoticeCode.NOT_FOUND)
    else:
        end = NeedsPassword(_REFUSALS.get(answer.status, NoticeCode.AUTH_FAILED), words)
    return tokens.not_signed_in(opened, answer.step_id, end, facts)


def _signed_in(opened: OpenStep, answer: Answer, facts: Facts) -> Reading | None:
    """Tokens and who they are for; None where one of them is missing."""
    data = loose.mapping(requests.data_of(answer))
    user = loose.mapping(data.get("user"))
    access, refresh = token_text(data.get("accessToken")), token_text(data.get("refreshToken"))
    user_id = remote_id(user.get("id")) or remote_id(loose.jwt_claims(access).get("userId"))
    if not access or user_id is None:
        return None
    identity = _identity(user, user_id, facts)
    account = put(
        facts.account,
        secrets=Secrets(access, refresh),
        user_id=user_id,
        role=identity.role,
        name=identity.name,
    )
    facts = with_own(
        _clock_seen(put(facts, account=account)),
        barred="",
        void_access="",
        dead_refresh="",
        proven="",
        renewed="",
        refresh_not_before_ms=0,
        proof_not_before_ms=0,
    )
    facts = at_stage(announced.at_login(facts, data), opened.goal.token, NOTE_ME)
    changed = TokensChanged(access=access, refresh=refresh)
    return Reading(facts, (changed,), (VerdictStored(answer.step_id),))


def _clock_seen(facts: Facts) -> Facts:
    return tokens.clock_seen(facts, loose.jwt_claims(facts.account.secrets.access).get("iat"))


# -- refresh and sign out ----------------------------------------------------------------------------------


def read_refresh(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """What the answer of a refresh means: a new access token, never again, or later."""
    step_id = answer.step_id
    spent = _spent(opened)
    data = loose.mapping(requests.data_of(answer))
    access = token_text(data.get("accessToken"))
    if access:
        mark = fingerprint(access)
        if mark == own_of(facts).void_access:  # the same refused token once more
            facts = with_own(facts, dead_refresh=fingerprint(spent))
            return Reading(facts, (), (VerdictRefused(step_id, ParkReason.REFUSED),))
        account = put(facts.account, secrets=Secrets(access, facts.account.secrets.refresh))
        facts = with_own(
            _clock_seen(put(facts, account=account)), renewed=mark, proven="", refresh_not_before_ms=0
        )
        return Reading(facts, (TokensChanged(access=access, refresh=None),), (VerdictStored(step_id),))
    if answer.status == HTTPStatus.UNAUTHORIZED:
        facts = with_own(facts, dead_refresh=fingerprint(spent))
        return Reading(facts, (), (VerdictRefused(step_id, ParkReason.REFUSED, requests.said(answer)),))
    wait_ms = limits.REFRESH_AGAIN_MS
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        wait_ms = replies.retry_after_ms(answer)
    events: tuple[Event, ...] = () if answer.status >= 400 else (replies.MALFORMED,)
    return Reading(_refresh_later(facts, wait_ms), events, (VerdictLater(step_id, wait_ms),))


def _spent(opened: OpenStep) -> str:
    headers = opened.step.headers if isinstance(opened.step, Call) else ()
    return next((value.partition("=")[2] for name, value in headers if name == "Cookie"), "")


def refresh_unanswered(lost: NoAnswer, facts: Facts) -> Reading:
    """Nobody answered a refresh: later, and the old token serves while it may."""
    verdict = VerdictLater(lost.step_id, limits.REFRESH_AGAIN_MS)
    return Reading(_refresh_later(facts, limits.REFRESH_AGAIN_MS), (), (verdict,))


def _refresh_later(facts: Facts, wait_ms: int) -> Facts:
    return with_own(facts, refresh_not_before_ms=facts.now_ms + wait_ms)


def sign_out(facts: Facts) -> Next:
    """Tell the server once, for its cookies' sake: it revokes nothing, so the tokens are forgotten here."""
    if not token_text(facts.account.secrets.access):
        return Done()
    return Call(
        method="POST",
        path=names.ROUTE_LOGOUT,
        headers=routes.bearer(facts),
        lane=tokens.LANE,
        timeout_ms=5_000,
        note=NOTE_LOGOUT,
    )
