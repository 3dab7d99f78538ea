"""Tokens of the marketplace platform: one login for every kind of account, seven days, and no refresh.

The token stands beside the account in the answer. The socket is not authenticated by the servers seen; a
hardened one may refuse it in words of its own. Source: wire specification, section 2.
"""

from __future__ import annotations

from http import HTTPStatus

import msgspec

from chatdesk.domain.arrivals import Answer, ConnectRefused, OpenStep, Reading, VerdictStored
from chatdesk.domain.events import IdentityKnown, TokensChanged
from chatdesk.domain.facts import Facts, Secrets
from chatdesk.domain.goals import SignIn
from chatdesk.domain.kinds import NoticeCode
from chatdesk.domain.steps import Call, NeedsPassword
from chatdesk.platforms import announced, frame, loose, replies, routes, tokens
from chatdesk.platforms.marketplace import limits
from chatdesk.platforms.marketplace.state import own_of
from chatdesk.platforms.marketplace.translate import remote_id
from chatdesk.platforms.memory import ended, fingerprint, put, with_own
from chatdesk.wire.marketplace import names, shapes, texts

NOTE_LOGIN = "login"


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
    return tokens.only_password(facts, void=own.void_token, barred=own.barred)


def connect_refused(refused: ConnectRefused, opened: OpenStep, facts: Facts) -> Facts:
    """The facts after a refused handshake: any words of the server mean that the token is refused."""
    if refused.server_words is None:
        return facts
    return with_own(facts, void_token=fingerprint(frame.connected_with(opened, names.AUTH_TOKEN_FIELD)))


def refuses_token(answer: Answer) -> bool:
    """Whether an answer says that the token, or the account behind it, no longer serves."""
    if answer.status == HTTPStatus.UNAUTHORIZED:
        return True
    return answer.status == HTTPStatus.FORBIDDEN and said(answer) in texts.BARRED


def call_refused(facts: Facts, call: Call, answer: Answer) -> Facts:
    """The facts after a request whose token was refused (a newer one stays good)."""
    if answer.status == HTTPStatus.FORBIDDEN:
        return with_own(facts, barred=said(answer))
    return with_own(facts, void_token=fingerprint(routes.token_of(call)))


def said(answer: Answer) -> str:
    """A refusal's words: `message`, or the first complaint about a field, or `error`; pages say nothing."""
    fields = loose.mapping(answer.body) if answer.is_json else loose.NOTHING
    complaints = [
        found
        for one in loose.listing(fields.get("errors"))[:5]
        if (found := loose.words(loose.mapping(one).get("msg")))
    ]
    return "; ".join(complaints) or loose.words(fields.get("message")) or loose.words(fields.get("error"))


# -- sign in -----------------------------------------------------------------------------------------------


def sign_in(goal: SignIn, facts: Facts) -> Call:
    """Exchange login and password for a token; the server finds the kind of account by the address."""
    body = shapes.LoginBody(facts.account.login, goal.password)
    return Call(
        method="POST",
        path=names.ROUTE_LOGIN,
        body=msgspec.to_builtins(body),
        lane=tokens.LANE,
        note=NOTE_LOGIN,
    )


def read_login(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """What a login answer means. A lock is told with its hour, and nothing is tried again by itself."""
    if answer.status == HTTPStatus.OK and answer.is_json:
        reading = _signed_in(opened, answer, facts)
        return reading or _not_signed_in(opened, answer, NoticeCode.SERVER_ERROR, facts)
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        wait_ms = replies.retry_after_ms(answer, limits.LOCK_MS)
        end = NeedsPassword(NoticeCode.LOCKED, said(answer), wait_ms)
        return tokens.not_signed_in(opened, answer.step_id, end, facts)
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _not_signed_in(opened, answer, NoticeCode.SERVER_ERROR, facts)
    if not answer.is_json:
        return _not_signed_in(opened, answer, NoticeCode.NOT_FOUND, facts)
    code = NoticeCode.FORBIDDEN if answer.status == HTTPStatus.FORBIDDEN else NoticeCode.AUTH_FAILED
    return _not_signed_in(opened, answer, code, facts)


def _not_signed_in(opened: OpenStep, answer: Answer, code: NoticeCode, facts: Facts) -> Reading:
    """Refused, in the server's words; of a rejected account also the reason that it gives."""
    fields = loose.mapping(answer.body) if answer.is_json else loose.NOTHING
    why = loose.words(fields.get("rejectionReason"))
    detail = loose.line(": ".join(one for one in (loose.words(fields.get("message")), why) if one))
    return tokens.not_signed_in(opened, answer.step_id, NeedsPassword(code, detail), facts)


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
    facts = tokens.clock_seen(put(facts, account=account), claims.get("iat"), limits.CLOCK_US)
    facts = announced.at_login(with_own(facts, void_token="", barred=""), user)
    return Reading(
        ended(facts, opened.goal.token),
        (TokensChanged(access=access, refresh=""), identity),
        (VerdictStored(answer.step_id),),
    )
