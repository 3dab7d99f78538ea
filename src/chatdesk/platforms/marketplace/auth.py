"""Tokens of the marketplace platform: one login for every kind of account, seven days, and no refresh.

The token stands beside the account in the answer. The socket is not authenticated by the servers seen; a
hardened one may refuse it in words of its own. Source: wire specification, section 2.
"""

from __future__ import annotations

from http import HTTPStatus

import msgspec

from chatdesk.domain.events import IdentityKnown, TokensChanged
from chatdesk.domain.kinds import NoticeCode, ParkReason
from chatdesk.domain.ports import (
    Answer,
    Call,
    ConnectRefused,
    Facts,
    NeedsPassword,
    NoAnswer,
    OpenStep,
    Reading,
    Secrets,
    SignIn,
    VerdictLater,
    VerdictRefused,
    VerdictStored,
)
from chatdesk.platforms import loose
from chatdesk.platforms.marketplace import limits
from chatdesk.platforms.marketplace.state import (
    ended,
    fingerprint,
    learnt,
    own_of,
    put,
    with_learnt,
    with_own,
)
from chatdesk.platforms.marketplace.translate import remote_id
from chatdesk.wire.marketplace import names, shapes, texts

LANE = "auth"
NOTE_LOGIN = "login"
_OFFSET = "clock_offset_us"


def bearer(facts: Facts) -> tuple[tuple[str, str], ...]:
    """The header that carries the token."""
    return (("Authorization", f"{names.AUTH_SCHEME} {facts.account.secrets.access}"),)


def may_chat(facts: Facts) -> bool:
    """Whether this account can write messages: an employee's role is no kind of party."""
    return facts.account.role in names.KIND_OF_ROLE


def own_kind(facts: Facts) -> str:
    """Our kind as messages spell it; empty for an employee."""
    return names.KIND_OF_ROLE.get(facts.account.role, "")


# -- is the token good -------------------------------------------------------------------------------------


def blocker(facts: Facts) -> NeedsPassword | None:
    """What keeps a step from being done that needs a token: there is no refresh, only the password helps."""
    own = own_of(facts)
    if own.barred:
        return NeedsPassword(NoticeCode.FORBIDDEN, own.barred)
    access = facts.account.secrets.access
    if not access or fingerprint(access) == own.void_token or _is_over(facts):
        return NeedsPassword(NoticeCode.AUTH_REQUIRED)
    return None


def _is_over(facts: Facts) -> bool:
    """Whether the token's end has passed by the server's clock; without an end it serves until refused."""
    ends_s = loose.number(loose.jwt_claims(facts.account.secrets.access).get("exp"))
    if ends_s is None:
        return False
    try:
        ahead_us = int(learnt(facts, _OFFSET) or 0)
    except ValueError:
        ahead_us = 0
    return int(ends_s * 1_000_000) <= facts.now_us + ahead_us


def connect_refused(refused: ConnectRefused, token: str, facts: Facts) -> Facts:
    """The facts after a refused handshake: any words of the server mean that the token is refused."""
    if refused.server_words is None:
        return facts
    return with_own(facts, void_token=fingerprint(token))


def refuses_token(answer: Answer) -> bool:
    """Whether an answer says that the token, or the account behind it, no longer serves."""
    if answer.status == HTTPStatus.UNAUTHORIZED:
        return True
    return answer.status == HTTPStatus.FORBIDDEN and said(answer) in texts.BARRED


def call_refused(facts: Facts, call: Call, answer: Answer) -> Facts:
    """The facts after a request whose token was refused (a newer one stays good)."""
    if answer.status == HTTPStatus.FORBIDDEN:
        return with_own(facts, barred=said(answer))
    token = next((value.partition(" ")[2] for name, value in call.headers if name == "Authorization"), "")
    return with_own(facts, void_token=fingerprint(token))


def said(answer: Answer) -> str:
    """A refusal's words: `message`, or the first complaint about a field, or `error`; pages say nothing."""
    fields = loose.mapping(answer.body) if answer.is_json else loose.NOTHING
    complaints = [
        found
        for one in loose.listing(fields.get("errors"))[:5]
        if (found := loose.words(loose.mapping(one).get("msg")))
    ]
    return "; ".join(complaints) or loose.words(fields.get("message")) or loose.words(fields.get("error"))


def retry_after_ms(answer: Answer, otherwise_ms: int = limits.RETRY_AFTER_MS) -> int:
    """How long a 429 wants us to wait; a date instead of seconds counts as not given."""
    seconds = answer.headers.get(names.HEADER_RETRY_AFTER, "").strip()
    if not seconds.isascii() or not seconds.isdigit() or len(seconds) > 9:
        return otherwise_ms
    return min(max(int(seconds) * 1_000, 1_000), limits.RETRY_AFTER_MOST_MS)


# -- sign in -----------------------------------------------------------------------------------------------


def sign_in(goal: SignIn, facts: Facts) -> Call:
    """Exchange login and password for a token; the server finds the kind of account by the address."""
    body = shapes.LoginBody(facts.account.login, goal.password)
    return Call(
        method="POST", path=names.ROUTE_LOGIN, body=msgspec.to_builtins(body), lane=LANE, note=NOTE_LOGIN
    )


def read_login(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """What a login answer means. A lock is told with its hour, and nothing is tried again by itself."""
    token = opened.goal.token
    if answer.status == HTTPStatus.OK and answer.is_json:
        reading = _signed_in(opened, answer, facts)
        return reading or _not_signed_in(answer, token, NoticeCode.SERVER_ERROR, facts)
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        end = NeedsPassword(NoticeCode.LOCKED, said(answer), retry_after_ms(answer, limits.LOCK_MS))
        verdict = VerdictRefused(answer.step_id, ParkReason.REFUSED, end.detail)
        return Reading(ended(facts, token, end), (), (verdict,))
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _not_signed_in(answer, token, NoticeCode.SERVER_ERROR, facts)
    if not answer.is_json:
        return _not_signed_in(answer, token, NoticeCode.NOT_FOUND, facts)
    code = NoticeCode.FORBIDDEN if answer.status == HTTPStatus.FORBIDDEN else NoticeCode.AUTH_FAILED
    return _not_signed_in(answer, token, code, facts)


def login_unanswered(opened: OpenStep, lost: NoAnswer, facts: Facts) -> Reading:
    """Nobody answered: the person at the dialog is told at once."""
    end = NeedsPassword(NoticeCode.OFFLINE, lost.reason)
    return Reading(ended(facts, opened.goal.token, end), (), (VerdictLater(lost.step_id, 0),))


def _not_signed_in(answer: Answer, token: int, code: NoticeCode, facts: Facts) -> Reading:
    """Refused, in the server's words; of a rejected account also the reason that it gives."""
    fields = loose.mapping(answer.body) if answer.is_json else loose.NOTHING
    why = loose.words(fields.get("rejectionReason"))
    detail = loose.line(": ".join(one for one in (loose.words(fields.get("message")), why) if one))
    end = NeedsPassword(code, detail)
    verdict = VerdictRefused(answer.step_id, ParkReason.REFUSED, detail)
    return Reading(ended(facts, token, end), (), (verdict,))


def _signed_in(opened: OpenStep, answer: Answer, facts: Facts) -> Reading | None:
    """A token and who it is for; None where one of them is missing."""
    fields = loose.mapping(answer.body)
    user = loose.mapping(fields.get("data"))
    access = loose.text(fields.get("token")) or ""
    claims = loose.jwt_claims(access)
    user_id = remote_id(user.get("id")) or remote_id(user.get("_id")) or remote_id(claims.get("id"))
    if not access or user_id is None:
        return None
    role = (loose.line(user.get("userType"), 40) or loose.line(claims.get("userType"), 40)).lower()
    name = loose.line(user.get("name"), 120) or loose.line(user.get("email")) or facts.account.login
    identity = IdentityKnown(user_id=user_id, role=role, name=name)
    secrets = Secrets(access, "")
    account = put(facts.account, secrets=secrets, user_id=user_id, role=role, name=name)
    facts = with_own(_clock_seen(put(facts, account=account), claims.get("iat")), void_token="", barred="")
    return Reading(
        ended(facts, opened.goal.token),
        (TokensChanged(access=access, refresh=""), identity),
        (VerdictStored(answer.step_id),),
    )


def _clock_seen(facts: Facts, issued: object) -> Facts:
    """Remember how far the server's clock is from ours: a fresh token says when it was issued."""
    issued_s = loose.number(issued)
    if issued_s is None:
        return facts
    return with_learnt(facts, _OFFSET, str(int(issued_s * 1_000_000) - facts.now_us), limits.DAY_US * 8)
