"""Tokens of the dispatcher platform: when to refresh, when only the password helps, what a login means.

Access tokens live for an hour, refresh tokens for a week and are not rotated; every failure of a login is a
400 in words. Identity is in the token, there is no route for it. Source: wire specification, section 2.
"""

from __future__ import annotations

from http import HTTPStatus

import msgspec

from chatdesk.domain.events import Dropped, Event, IdentityKnown, TokensChanged
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import NoticeCode, ParkReason
from chatdesk.domain.ports import (
    Answer,
    Call,
    Done,
    Facts,
    NeedsPassword,
    Next,
    NoAnswer,
    OpenStep,
    Reading,
    Secrets,
    SignIn,
    Verdict,
    VerdictLater,
    VerdictRefused,
    VerdictStored,
    Wait,
)
from chatdesk.platforms import loose
from chatdesk.platforms.dispatcher import limits
from chatdesk.platforms.dispatcher.state import (
    Progress,
    ended,
    fingerprint,
    learnt,
    own_of,
    progress_of,
    put,
    with_learnt,
    with_own,
    with_progress,
)
from chatdesk.platforms.dispatcher.translate import remote_id
from chatdesk.wire.dispatcher import names, shapes, texts

LANE = "auth"
NOTE_LOGIN = "login"
NOTE_REFRESH = "refresh"
NOTE_LOGOUT = "logout"

_OFFSET = "clock_offset_us"


def bearer(facts: Facts) -> tuple[tuple[str, str], ...]:
    """The header that carries the access token."""
    return (("Authorization", f"{names.AUTH_SCHEME} {facts.account.secrets.access}"),)


def _bearer_of(call: Call) -> str:
    for name, value in call.headers:
        if name.lower() == "authorization":
            return value.partition(" ")[2]
    return ""


# -- is the token good -------------------------------------------------------------------------------------


def blocker(facts: Facts) -> Next | None:
    """What must happen before a step that needs a token: a refresh, a pause, the password. None: go on.

    Within the margin before its end a token still serves while a refresh fails.
    """
    own = own_of(facts)
    access, refresh = facts.account.secrets.access, facts.account.secrets.refresh
    left_us, margin_us = _left(access, facts)
    usable = bool(access) and fingerprint(access) != own.void_access and left_us > 0
    if usable and left_us > margin_us:
        return None
    if refresh and fingerprint(refresh) != own.dead_refresh:
        pause_ms = own.refresh_not_before_ms - facts.now_ms
        if pause_ms <= 0:
            return _refresh_call(facts)
        return None if usable else Wait(pause_ms)
    return None if usable else NeedsPassword(NoticeCode.AUTH_REQUIRED)


def _left(access: str, facts: Facts) -> tuple[int, int]:
    """How long a token still lives on the server's clock, and the margin for it; both in microseconds."""
    claims = loose.jwt_claims(access)
    ends_s, issued_s = loose.number(claims.get("exp")), loose.number(claims.get("iat"))
    if ends_s is None:
        return 1, 0  # a token that names no end serves until it is refused
    server_now_us = facts.now_us + _clock_offset_us(facts)
    life_us = int((ends_s - issued_s) * 1_000_000) if issued_s is not None else 0
    margin_us = min(limits.LIMITS.token_margin_ms * 1_000, max(life_us, 0) // 4)
    return int(ends_s * 1_000_000) - server_now_us, margin_us


def _refresh_call(facts: Facts) -> Call:
    body = msgspec.to_builtins(shapes.RefreshBody(refresh_token=facts.account.secrets.refresh))
    return Call(method="POST", path=names.ROUTE_REFRESH, body=body, lane=LANE, note=NOTE_REFRESH)


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
    return token_refused(facts, _bearer_of(call))


def token_taken(facts: Facts) -> Facts:
    """The server has accepted the present access token."""
    return with_own(facts, unproven_access="") if own_of(facts).unproven_access else facts


# -- sign in -----------------------------------------------------------------------------------------------


def sign_in(goal: SignIn, facts: Facts) -> Call:
    """Exchange login and password for tokens."""
    body = msgspec.to_builtins(shapes.LoginBody(email=facts.account.login, password=goal.password))
    return Call(method="POST", path=names.ROUTE_LOGIN, body=body, lane=LANE, note=NOTE_LOGIN)


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
        return _not_signed_in(answer.step_id, token, NeedsPassword(NoticeCode.SERVER_ERROR), facts)
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        wait_ms = retry_after_ms(answer)
        locked = NeedsPassword(NoticeCode.LOCKED, loose.words(body.get("message")), wait_ms)
        return _not_signed_in(answer.step_id, token, locked, facts)
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _login_failed(answer, token, facts)
    if not answer.is_json:
        return _not_signed_in(answer.step_id, token, NeedsPassword(NoticeCode.NOT_FOUND), facts)
    refused = NeedsPassword(NoticeCode.AUTH_FAILED, loose.words(body.get("message")))
    return _not_signed_in(answer.step_id, token, refused, facts)


def _login_failed(answer: Answer, token: int, facts: Facts) -> Reading:
    """A 500: two logins within one second of the clock fail, in a text that holds a token; once more."""
    said = loose.text(loose.mapping(answer.body).get("message")) or ""
    progress = progress_of(facts, token)
    if said.startswith(texts.ERR_DUPLICATE_KEY_PREFIX) and progress.failures == 0:
        again = Progress(failures=1, not_before_ms=facts.now_ms + limits.LOGIN_AGAIN_MS)
        verdict = VerdictLater(answer.step_id, limits.LOGIN_AGAIN_MS)
        return Reading(with_progress(facts, token, again), (), (verdict,))
    return _not_signed_in(answer.step_id, token, NeedsPassword(NoticeCode.SERVER_ERROR), facts)


def login_unanswered(opened: OpenStep, lost: NoAnswer, facts: Facts) -> Reading:
    """Nobody answered: the person at the dialog is told at once."""
    end = NeedsPassword(NoticeCode.OFFLINE, lost.reason)
    return Reading(ended(facts, opened.goal.token, end), (), (VerdictLater(lost.step_id, 0),))


def _not_signed_in(step_id: int, token: int, end: NeedsPassword, facts: Facts) -> Reading:
    return Reading(ended(facts, token, end), (), (VerdictRefused(step_id, ParkReason.REFUSED, end.detail),))


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
        announced=announced(loose.mapping(data).get(names.ANNOUNCEMENT_FIELD)),
    )
    return Reading(ended(facts, token), events, (VerdictStored(step_id),))


def _user_of(access: str) -> RemoteId | None:
    claims = loose.jwt_claims(access)
    return remote_id(claims.get("userId")) or remote_id(claims.get("id"))


def announced(value: object) -> frozenset[str]:
    """The features of an announcement; none where there is no announcement of a version that we know."""
    fields = loose.mapping(value)
    if fields.get("version") != names.ANNOUNCEMENT_VERSION:
        return frozenset()
    features = loose.listing(fields.get("features"))
    return frozenset(name for name in features if isinstance(name, str)) & frozenset(names.FEATURES)


def _clock_offset_us(facts: Facts) -> int:
    """The server's clock less ours, as far as it is known."""
    kept = learnt(facts, _OFFSET)
    try:
        return int(kept or 0)
    except ValueError:
        return 0


def _clock_seen(facts: Facts) -> Facts:
    """Remember how far the server's clock is from ours: a fresh token says when it was issued."""
    issued_s = loose.number(loose.jwt_claims(facts.account.secrets.access).get("iat"))
    if issued_s is None:
        return facts
    return with_learnt(facts, _OFFSET, str(int(issued_s * 1_000_000) - facts.now_us))


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
    wait_ms = (
        retry_after_ms(answer) if answer.status == HTTPStatus.TOO_MANY_REQUESTS else limits.REFRESH_AGAIN_MS
    )
    events: tuple[Event, ...] = () if answer.status >= 400 else (Dropped(reason="malformed"),)
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
        headers=bearer(facts),
        lane=LANE,
        timeout_ms=5_000,
        note=NOTE_LOGOUT,
    )


def read_logout(opened: OpenStep, step_id: int, facts: Facts) -> Reading:
    """Any answer, and none, ends it: 401 only says that there was nothing left to revoke."""
    verdict: Verdict = VerdictStored(step_id)
    return Reading(ended(facts, opened.goal.token), (), (verdict,))


def retry_after_ms(answer: Answer) -> int:
    """How long a 429 wants us to wait; a date instead of seconds counts as not given."""
    seconds = answer.headers.get(names.HEADER_RETRY_AFTER.lower(), "").strip()
    if not seconds.isascii() or not seconds.isdigit() or len(seconds) > 9:
        return limits.RETRY_AFTER_MS
    return min(max(int(seconds) * 1_000, 1_000), limits.RETRY_AFTER_MOST_MS)
