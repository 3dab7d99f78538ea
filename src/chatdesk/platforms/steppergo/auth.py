"""Sessions of the StepperGO platform: two routes to sign in, no renewal, and refusals in words.

A session is an opaque token of 24 hours, or 30 days where the person stays signed in; when it ends only the
password helps. It is checked at the handshake alone, so a socket outlives it while REST turns to 401. Some
routes want another sort of token that no login gives: what they refuse says nothing of the session. Source:
wire specification, section 3.
"""

from __future__ import annotations

from http import HTTPStatus

import msgspec

from chatdesk.domain.arrivals import Answer, ConnectRefused, OpenStep, Reading, VerdictStored
from chatdesk.domain.events import IdentityKnown, TokensChanged
from chatdesk.domain.facts import Facts, Secrets
from chatdesk.domain.goals import SignIn
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import NoticeCode
from chatdesk.domain.steps import Call, Done, NeedsPassword, Next
from chatdesk.platforms import announced, frame, loose, replies, routes, tokens
from chatdesk.platforms.memory import ended, fingerprint, learnt, put, with_learnt, with_own
from chatdesk.platforms.steppergo import limits
from chatdesk.platforms.steppergo.state import DRIVER_ID, own_of
from chatdesk.wire.steppergo import names, shapes, texts

NOTE_LOGIN = "login"
NOTE_LOGOUT = "logout"
_TOKEN_CHARS = 4_096


def is_driver(facts: Facts) -> bool:
    """Whether the server says that we are a driver."""
    return facts.account.role.upper() == names.ROLE_DRIVER


def driver_id(facts: Facts) -> str:
    """The driver record id; empty where the drivers' sign-in has not told it. It is not the user id."""
    return learnt(facts, DRIVER_ID) or "" if is_driver(facts) else ""


# -- is the session good -----------------------------------------------------------------------------------


def blocker(facts: Facts) -> NeedsPassword | None:
    """What keeps a step from being done that needs a session.

    The end of the session is known from the sign-in, but clocks differ: the server's own word decides.
    """
    access = facts.account.secrets.access
    if not access or fingerprint(access) == own_of(facts).void_token:
        return NeedsPassword(NoticeCode.AUTH_REQUIRED)
    return None


def connect_refused(refused: ConnectRefused, opened: OpenStep, facts: Facts) -> Facts:
    """The facts after a refused handshake. `Authentication failed` may be the database: it proves nothing."""
    if refused.server_words in {texts.CONNECT_NO_TOKEN, texts.CONNECT_SESSION}:
        token = frame.connected_with(opened, names.AUTH_TOKEN_FIELD)
        return with_own(facts, void_token=fingerprint(token))
    return facts


def refuses_session(answer: Answer) -> bool:
    """Whether an answer says that the session is over.

    Not so a 401 with a code: that is the other sort of token, which we never had.
    """
    fields = loose.mapping(answer.body)
    code = loose.text(fields.get("code"), 40)
    return (
        answer.status == HTTPStatus.UNAUTHORIZED
        and answer.is_json
        and code not in names.CODES_OF_ANOTHER_TOKEN
        and said(answer) in {texts.ERR_SESSION, texts.ERR_NO_SESSION}
    )


def call_refused(facts: Facts, call: Call) -> Facts:
    """The facts after a request whose session was refused (a newer one stays good)."""
    token = routes.token_of(call)
    return with_own(facts, void_token=fingerprint(token)) if token else facts


def said(answer: Answer) -> str:
    """A refusal's words: always in `error`. The `message` of a 500 may be a dump of the database layer."""
    fields = loose.mapping(answer.body) if answer.is_json else loose.NOTHING
    return loose.words(fields.get("error"))


# -- sign in -----------------------------------------------------------------------------------------------


def sign_in(goal: SignIn, facts: Facts) -> Call:
    """Exchange login and password for a session, a driver at the drivers' own route."""
    account = facts.account
    seat = goal.role or account.seat
    driving = seat == names.SEAT_DRIVER if seat else bool(driver_id(facts))
    body = shapes.LoginBody(account.login, goal.password, goal.remember)
    path = names.ROUTE_DRIVER_LOGIN if driving else names.ROUTE_LOGIN
    return Call(method="POST", path=path, body=msgspec.to_builtins(body), lane=tokens.LANE, note=NOTE_LOGIN)


def read_login(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """What a login answer means."""
    if answer.status == HTTPStatus.OK and answer.is_json:
        reading = _signed_in(opened, answer, facts)
        return reading or _not_signed_in(opened, answer, NoticeCode.SERVER_ERROR, facts)
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        end = NeedsPassword(NoticeCode.LOCKED, said(answer), replies.retry_after_ms(answer))
        return tokens.not_signed_in(opened, answer.step_id, end, facts)
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _not_signed_in(opened, answer, NoticeCode.SERVER_ERROR, facts)
    if not answer.is_json:
        return _not_signed_in(opened, answer, NoticeCode.NOT_FOUND, facts)
    if answer.status == HTTPStatus.FORBIDDEN:
        return _not_signed_in(opened, answer, NoticeCode.FORBIDDEN, facts)
    return _not_signed_in(opened, answer, NoticeCode.AUTH_FAILED, facts)


def _not_signed_in(opened: OpenStep, answer: Answer, code: NoticeCode, facts: Facts) -> Reading:
    return tokens.not_signed_in(opened, answer.step_id, NeedsPassword(code, _words_of_login(answer)), facts)


def _words_of_login(answer: Answer) -> str:
    """The refusal, and what it says beside: why an account is barred, which field is wrong."""
    fields = loose.mapping(answer.body) if answer.is_json else loose.NOTHING
    more = [loose.words(fields.get("message"))] if answer.status == HTTPStatus.FORBIDDEN else []
    for one in loose.listing(fields.get("details"))[:3]:
        detail = loose.mapping(one)
        path = ".".join(loose.line(part, 40) for part in loose.listing(detail.get("path"))[:3])
        words = loose.words(detail.get("message"))
        more.append(f"{path}: {words}" if path and words else words)
    parts = [part for part in (said(answer), *more) if part]
    return loose.words(". ".join(part.rstrip(".") for part in parts))


def _signed_in(opened: OpenStep, answer: Answer, facts: Facts) -> Reading | None:
    """A session and who it is for; None where one of them is missing."""
    fields = loose.mapping(answer.body)
    user, session = loose.mapping(fields.get("user")), loose.mapping(fields.get("session"))
    access = session.get("token")
    user_id = loose.identifier(user.get("id"))
    if not isinstance(access, str) or not 0 < len(access) <= _TOKEN_CHARS or user_id is None:
        return None
    if not access.isascii() or not access.isprintable():  # it could not travel in a header
        return None
    role = loose.line(user.get("role"), 40)
    name = loose.line(user.get("name"), 120) or loose.line(user.get("email")) or facts.account.login
    identity = IdentityKnown(user_id=RemoteId(user_id), role=role, name=name)
    account = put(facts.account, secrets=Secrets(access, ""), user_id=identity.user_id, role=role, name=name)
    facts = with_own(put(facts, account=account), void_token="", all_lists_ms=0)
    facts = announced.at_login(facts, fields)
    record_id = loose.identifier(loose.mapping(fields.get("driver")).get("id"))
    if record_id is not None:
        facts = with_learnt(facts, DRIVER_ID, record_id, limits.FOR_EVER_US)
    facts = ended(facts, opened.goal.token)
    told = (TokensChanged(access=access, refresh=""), identity)
    return Reading(facts, told, (VerdictStored(answer.step_id),))


# -- sign out ----------------------------------------------------------------------------------------------


def sign_out(facts: Facts) -> Next:
    """End the session at the server: the drivers' route does it for every role."""
    if blocker(facts) is not None:
        return Done()
    path = names.ROUTE_DRIVER_LOGIN
    return Call(method="DELETE", path=path, headers=routes.bearer(facts), lane=tokens.LANE, note=NOTE_LOGOUT)
