"""Sign in, refresh, sign out: what each answer of the platform leads to."""

from __future__ import annotations

import pytest

from chatdesk.domain.arrivals import (
    ConnectRefused,
    VerdictLater,
    VerdictRefused,
    VerdictStored,
)
from chatdesk.domain.events import IdentityKnown, TokensChanged
from chatdesk.domain.goals import (
    Connected,
    FreshLists,
    FreshNotifications,
    SignIn,
    SignOut,
)
from chatdesk.domain.kinds import KeyGrade, NoticeCode
from chatdesk.domain.steps import Call, Connect, Done, NeedsPassword, Wait
from chatdesk.platforms import loose
from chatdesk.wire.dispatcher import names, texts
from tests.platforms.dispatcher.paper import (
    HTML_404,
    ME,
    MY_MAIL,
    NOW_US,
    Paper,
    call_of,
    error,
    fresh_jwt,
    jwt,
    success,
)

LOGIN = SignIn("Passw0rd!x")


def test_identity_comes_from_the_token() -> None:
    """A login answer has no user object: id, role and name are the token's claims."""
    paper = Paper(access="", refresh="")
    call = call_of(paper.want(LOGIN))
    assert (call.method, call.path, call.headers) == ("POST", "/api/authorization/login", ())
    assert call.body == {"email": MY_MAIL, "password": "Passw0rd!x"}
    access = fresh_jwt("moderator")
    paper.answer(200, success({"accessToken": access, "refreshToken": "r"}))
    assert paper.events == [
        TokensChanged(access=access, refresh="r"),
        IdentityKnown(user_id=ME, role="moderator", name=MY_MAIL),
    ]
    assert paper.again() == Done()
    assert paper.facts.account.user_id == ME
    assert paper.facts.account.secrets.access == access


@pytest.mark.shows("dispatcher", "sign_in", "yes")
@pytest.mark.parametrize(
    "message",
    [
        texts.ERR_CREDENTIALS_MISSING,
        texts.ERR_PASSWORD_POLICY,
        texts.ERR_NO_ACCOUNT,
        texts.ERR_UNCONFIRMED,
        texts.ERR_WRONG_PASSWORD,
    ],
)
def test_refused_credentials_are_told_in_the_servers_words(message: str) -> None:
    """Every failure of credentials is a 400, and the person reads why."""
    paper = Paper(access="", refresh="")
    paper.want(LOGIN)
    assert isinstance(paper.verdict(400, error(400, message)), VerdictRefused)
    assert paper.again() == NeedsPassword(NoticeCode.AUTH_FAILED, message)


@pytest.mark.parametrize(
    ("status", "body", "is_json", "code"),
    [
        (404, HTML_404, False, NoticeCode.NOT_FOUND),
        (200, "<html>please log in to the network</html>", False, NoticeCode.NOT_FOUND),
        (200, success({}), True, NoticeCode.SERVER_ERROR),
        (200, success({"accessToken": "opaque", "refreshToken": "r"}), True, NoticeCode.SERVER_ERROR),
        (200, [], True, NoticeCode.SERVER_ERROR),
        (500, error(500, "Cannot destructure property 'email'"), True, NoticeCode.SERVER_ERROR),
        (502, "<html>Bad gateway</html>", False, NoticeCode.SERVER_ERROR),
    ],
)
def test_other_answers_never_show_internal_texts(
    status: int, body: object, is_json: bool, code: NoticeCode
) -> None:
    """A wrong server, a captive portal or a broken one is told by code, without its raw text."""
    paper = Paper(access="", refresh="")
    paper.want(LOGIN)
    paper.answer(status, body, is_json=is_json)
    assert paper.again() == NeedsPassword(code, "")


def test_too_many_attempts_say_when_to_come_back() -> None:
    """A 429 locks the account for as long as the server says."""
    paper = Paper(access="", refresh="")
    paper.want(LOGIN)
    paper.answer(429, error(429, "Too many failed logins"), headers={"retry-after": "30"})
    assert paper.again() == NeedsPassword(NoticeCode.LOCKED, "Too many failed logins", 30_000)


def test_two_logins_within_a_second_are_tried_once_more() -> None:
    """The duplicate-key 500 waits over a second, tries once, and its text (it holds a token) goes nowhere."""
    leak = texts.ERR_DUPLICATE_KEY_PREFIX + ' collection: t { token: "' + fresh_jwt() + '" }'
    paper = Paper(access="", refresh="")
    paper.want(LOGIN)
    verdict = paper.verdict(500, error(500, leak))
    assert isinstance(verdict, VerdictLater)
    assert verdict.ms > 1_000
    assert not verdict.detail
    assert isinstance(paper.again(), Wait)
    paper.later(verdict.ms)
    call_of(paper.again())
    again = paper.verdict(500, error(500, leak))
    assert isinstance(again, VerdictRefused)
    assert not again.detail
    assert paper.again() == NeedsPassword(NoticeCode.SERVER_ERROR, "")
    assert paper.events == []


def test_nobody_there_is_told_at_once() -> None:
    """Who signs in waits at the dialog: no answer is an answer."""
    paper = Paper(access="", refresh="")
    paper.want(LOGIN)
    assert isinstance(paper.nothing("tls", left=False), VerdictLater)
    assert paper.again() == NeedsPassword(NoticeCode.OFFLINE, "tls")


def test_a_token_in_a_servers_words_is_never_shown() -> None:
    """Whatever looks like a token is cut out of what a person or a log reads."""
    assert loose.words(f"bad {fresh_jwt()} here") == "bad … here"
    assert loose.words('E11000 dup key: { token: "' + "0f" * 30 + '" }') == 'E11000 dup key: { token: "…" }'


# -- refresh -----------------------------------------------------------------------------------------------


def refreshed(paper: Paper, salt: str = "new") -> str:
    access = fresh_jwt(salt=salt)
    paper.answer(200, success({"accessToken": access}))
    return access


def test_a_token_is_renewed_ten_minutes_before_its_end() -> None:
    """At 50 minutes the next request fetches a token first; the refresh token stays."""
    young = Paper(access=fresh_jwt(age_s=49 * 60))
    assert call_of(young.want(FreshNotifications())).path == names.ROUTE_NOTIFICATIONS
    paper = Paper(access=fresh_jwt(age_s=51 * 60))
    call = call_of(paper.want(FreshNotifications()))
    assert (call.path, call.body) == (names.ROUTE_REFRESH, {"refreshToken": "refresh-1"})
    access = refreshed(paper)
    assert paper.events == [TokensChanged(access=access, refresh=None)]
    assert paper.facts.account.secrets.refresh == "refresh-1"
    call = call_of(paper.again())
    assert call.path == names.ROUTE_NOTIFICATIONS
    assert call.headers == (("Authorization", f"Bearer {access}"),)


@pytest.mark.shows("dispatcher", "token_renewal", "yes")
def test_a_401_leads_to_a_refresh_and_the_same_request_again() -> None:
    """Expired and invalid are the same words: a refresh decides."""
    paper = Paper()
    first = call_of(paper.want(FreshNotifications()))
    assert paper.verdict(401, error(401, "Invalid token")) == VerdictLater(1, 0)
    assert call_of(paper.again()).path == names.ROUTE_REFRESH
    refreshed(paper)
    assert call_of(paper.again()).path == first.path


def test_a_late_401_does_not_void_the_new_token() -> None:
    """A request that left with the old token says nothing about the one that came meanwhile."""
    paper = Paper()
    old = paper.want(FreshNotifications())
    account = paper.facts.account
    secrets = type(account.secrets)(fresh_jwt(salt="newer"), "refresh-1")
    paper.facts = type(paper.facts)(
        now_ms=paper.facts.now_ms,
        now_us=paper.facts.now_us,
        online=True,
        account=type(account)(
            server_url=account.server_url, login=account.login, user_id=account.user_id, secrets=secrets
        ),
        own=paper.facts.own,
    )
    paper.step = old
    paper.answer(401, error(401, "Invalid token"))
    assert call_of(paper.again()).path == names.ROUTE_NOTIFICATIONS


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (400, texts.ERR_REFRESH_MISSING),
        (400, texts.ERR_REFRESH_INVALID),
        (400, texts.ERR_REFRESH_EXPIRED),
        (404, texts.ERR_USER_NOT_FOUND),
    ],
)
def test_a_refused_refresh_asks_for_the_password(status: int, message: str) -> None:
    """Only where a refresh mends nothing is the person asked."""
    paper = Paper()
    paper.want(FreshNotifications())
    paper.answer(401, error(401, "Invalid token"))
    paper.again()
    assert isinstance(paper.verdict(status, error(status, message)), VerdictRefused)
    assert paper.again() == NeedsPassword(NoticeCode.AUTH_REQUIRED)


def test_a_refused_refresh_lets_the_old_token_live_out() -> None:
    """A token that the server still takes is used to its end, although no refresh will follow."""
    paper = Paper(access=fresh_jwt(age_s=55 * 60))
    assert call_of(paper.want(FreshNotifications())).path == names.ROUTE_REFRESH
    paper.answer(400, error(400, texts.ERR_REFRESH_EXPIRED))
    assert call_of(paper.again()).path == names.ROUTE_NOTIFICATIONS
    paper.later(6 * 60 * 1_000)
    assert paper.want(FreshNotifications()) == NeedsPassword(NoticeCode.AUTH_REQUIRED)


@pytest.mark.parametrize("status", [500, 502, 429])
def test_a_failing_refresh_is_tried_later(status: int) -> None:
    """Trouble at the server is no reason to ask for a password; the old token serves meanwhile."""
    paper = Paper(access=fresh_jwt(age_s=55 * 60))
    paper.want(FreshNotifications())
    verdict = paper.verdict(status, error(status, "boom"))
    assert isinstance(verdict, VerdictLater)
    assert verdict.ms > 0
    assert call_of(paper.again()).path == names.ROUTE_NOTIFICATIONS
    void = Paper(access=fresh_jwt(age_s=61 * 60))
    void.want(FreshNotifications())
    void.nothing("timeout")
    assert isinstance(void.again(), Wait)
    void.later(60_000)
    assert call_of(void.again()).path == names.ROUTE_REFRESH


def test_a_new_token_that_is_refused_at_once_ends_the_circle() -> None:
    """Refresh, 401, refresh, 401 would go on for ever."""
    paper = Paper()
    paper.want(FreshNotifications())
    paper.answer(401, error(401, "Invalid token"))
    paper.again()
    refreshed(paper)
    paper.again()
    paper.answer(401, error(401, "Invalid token"))
    assert paper.again() == NeedsPassword(NoticeCode.AUTH_REQUIRED)


def test_the_same_refused_token_again_ends_the_circle() -> None:
    """Within one second a refresh can return the very token that was refused."""
    paper = Paper()
    token = paper.facts.account.secrets.access
    paper.want(FreshNotifications())
    paper.answer(401, error(401, "Invalid token"))
    paper.again()
    assert isinstance(paper.verdict(200, success({"accessToken": token})), VerdictRefused)
    assert paper.again() == NeedsPassword(NoticeCode.AUTH_REQUIRED)


def test_a_wrong_clock_here_does_not_expire_good_tokens() -> None:
    """What counts is how far the server's clock is from ours, learnt at sign-in and kept for a day."""
    paper = Paper(access="", refresh="")
    paper.want(LOGIN)
    behind = NOW_US // 1_000_000 - 5 * 3_600  # the server believes that it is five hours earlier
    access = jwt(iat=behind, exp=behind + 3_600)
    paper.answer(200, success({"accessToken": access, "refreshToken": "r"}))
    assert call_of(paper.want(FreshNotifications())).path == names.ROUTE_NOTIFICATIONS
    paper.later(51 * 60 * 1_000)
    assert call_of(paper.want(FreshNotifications())).path == names.ROUTE_REFRESH


def test_short_lived_tokens_are_not_renewed_before_every_request() -> None:
    """The margin is never more than a quarter of a token's life."""
    paper = Paper(access=fresh_jwt(life_s=300))
    assert call_of(paper.want(FreshNotifications())).path == names.ROUTE_NOTIFICATIONS


def test_without_any_token_only_the_password_helps() -> None:
    """An account whose tokens were never kept asks at once."""
    paper = Paper(access="", refresh="")
    assert paper.want(FreshLists()) == NeedsPassword(NoticeCode.AUTH_REQUIRED)


# -- the socket's handshake --------------------------------------------------------------------------------


def offline(paper: Paper) -> Paper:
    paper.facts = type(paper.facts)(
        now_ms=paper.facts.now_ms, now_us=paper.facts.now_us, account=paper.facts.account, own=paper.facts.own
    )
    return paper


def test_the_handshake_carries_the_token_in_auth() -> None:
    """Not as a header, not in the address."""
    paper = offline(Paper())
    step = paper.want(Connected())
    assert isinstance(step, Connect)
    assert step.auth == {"token": paper.facts.account.secrets.access}
    assert step.headers == ()
    assert paper.accepted().verdicts == (VerdictStored(1),)
    assert paper.again() == Done()


def test_a_handshake_with_an_expired_token_refreshes_and_tries_again() -> None:
    """`Authentication error: Invalid token` leads to a refresh; a second refusal to the password."""
    paper = offline(Paper())
    paper.want(Connected())
    (verdict,) = paper.read(ConnectRefused(1, texts.CONNECT_INVALID_TOKEN)).verdicts
    assert isinstance(verdict, VerdictLater)
    assert call_of(paper.again()).path == names.ROUTE_REFRESH
    access = refreshed(paper)
    step = paper.again()
    assert isinstance(step, Connect)
    assert step.auth == {"token": access}
    paper.read(ConnectRefused(1, texts.CONNECT_INVALID_TOKEN))
    assert paper.again() == NeedsPassword(NoticeCode.AUTH_REQUIRED)


@pytest.mark.parametrize("words", [None, "", "Too many connections of one account", "xhr poll error"])
def test_other_refusals_of_the_handshake_are_left_to_the_back_off(words: str | None) -> None:
    """Only the two texts about tokens touch the token."""
    paper = offline(Paper())
    paper.want(Connected())
    assert isinstance(paper.read(ConnectRefused(1, words)).verdicts[0], VerdictLater)
    assert isinstance(paper.again(), Connect)


def test_an_open_socket_gets_a_new_token_in_time() -> None:
    """The socket itself survives its token; the next handshake must not find it expired."""
    paper = Paper(access=fresh_jwt(age_s=52 * 60))
    assert call_of(paper.want(Connected())).path == names.ROUTE_REFRESH
    refreshed(paper)
    assert paper.again() == Done()


# -- sign out ----------------------------------------------------------------------------------------------


@pytest.mark.shows("dispatcher", "sign_out", "yes")
@pytest.mark.parametrize("status", [200, 401, 500])
def test_any_answer_ends_a_sign_out(status: int) -> None:
    """401 only says that there was nothing left to revoke."""
    paper = Paper()
    assert call_of(paper.want(SignOut())).path == names.ROUTE_LOGOUT
    paper.answer(status, error(status, "No refresh tokens found"))
    assert paper.again() == Done()


def test_a_sign_out_without_a_server_ends_too() -> None:
    """The tokens are forgotten here anyway."""
    paper = Paper()
    paper.want(SignOut())
    paper.nothing("unreachable", left=False)
    assert paper.again() == Done()
    assert Paper(access="", refresh="").want(SignOut()) == Done()


# -- the announcement --------------------------------------------------------------------------------------


@pytest.mark.shows("dispatcher", "client_ids", "partial")
@pytest.mark.parametrize(
    ("announcement", "grade"),
    [
        ({"version": 1, "features": ["client_id", "seq"]}, KeyGrade.IDEMPOTENT),
        ({"version": 1, "features": ["seq"]}, KeyGrade.NONE),
        ({"version": 2, "features": ["client_id"]}, KeyGrade.NONE),
        ({"version": 1, "features": "client_id"}, KeyGrade.NONE),
        (None, KeyGrade.NONE),
        ("client_id", KeyGrade.NONE),
    ],
)
def test_client_ids_count_only_where_the_server_announced_them(announcement: object, grade: KeyGrade) -> None:
    """Repeating without looking needs a server that says, in a version we know, that it dedupes."""
    paper = Paper(access="", refresh="")
    paper.want(LOGIN)
    data = {"accessToken": fresh_jwt(), "refreshToken": "r", "chatdesk": announcement}
    paper.answer(200, success(data))
    assert paper.adapter.key_grade(paper.facts) is KeyGrade.NONE, "the connection has not said so yet"
    paper.cut()
    step = paper.want(Connected())
    assert isinstance(step, Call if grade is KeyGrade.IDEMPOTENT or "seq" in str(announcement) else Connect)
    if isinstance(step, Call):
        paper.answer(200, {"chatdesk": announcement})
    assert paper.adapter.key_grade(paper.facts) is grade
