"""Signing in, every refusal in words, who we are, and what a refused handshake means."""

from __future__ import annotations

from typing import Any

import pytest

from chatdesk.domain.arrivals import VerdictLater, VerdictRefused, VerdictStored
from chatdesk.domain.events import IdentityKnown, Noticed, TokensChanged
from chatdesk.domain.facts import Secrets
from chatdesk.domain.goals import Connected, FreshLists, Probe, SignIn, SignOut
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import NoticeCode, ParkReason
from chatdesk.domain.steps import Connect, Done, NeedsPassword, Parked, Wait
from chatdesk.platforms import replies, tokens
from chatdesk.platforms.fakomame import auth, limits
from chatdesk.platforms.fakomame.plugin import PLUGIN
from tests.platforms.fakomame.paper import (
    HTML_404,
    ME,
    MY_MAIL,
    OTHER,
    SEND,
    Paper,
    call_of,
    fresh_jwt,
    no,
    ok,
    refresh_jwt,
    user,
)

ACCESS, REFRESH = fresh_jwt(n=7), refresh_jwt("n")


def nobody() -> Paper:
    """Before the first sign-in."""
    return Paper(access="", user_id="", known=False)


def signed_in(paper: Paper, who: dict[str, Any] | None = None) -> None:
    """The login is answered with tokens."""
    paper.want(SignIn("right"))
    paper.answer(
        200, ok({"user": user() if who is None else who, "accessToken": ACCESS, "refreshToken": REFRESH})
    )


@pytest.mark.shows("fakomame", "sign_in", "yes")
def test_a_sign_in_is_a_login_and_a_question_who_we_are() -> None:
    """The tokens come with the login; the account is named by `/auth/me`, asked with the new token."""
    paper = nobody()
    call = call_of(paper.want(SignIn("right")))
    assert (call.method, call.path, call.headers) == ("POST", "/api/auth/login", ())
    assert call.body == {"email": MY_MAIL, "password": "right"}
    signed_in(paper)
    assert paper.events == [TokensChanged(access=ACCESS, refresh=REFRESH)]
    me = call_of(paper.again())
    assert (me.path, me.headers) == ("/api/auth/me", (("Authorization", f"Bearer {ACCESS}"),))
    reading = paper.answer(200, ok(user()))
    assert reading.events == (IdentityKnown(user_id=ME, role="SENDER", name="Sender Alpha"),)
    assert paper.again() == Done()
    account = paper.facts.account
    assert (account.user_id, account.role, account.secrets) == (ME, "SENDER", Secrets(ACCESS, REFRESH))


@pytest.mark.parametrize(
    ("status", "words", "code"),
    [
        (401, "Invalid email or password", NoticeCode.AUTH_FAILED),
        (403, "Account is deactivated. Please contact support.", NoticeCode.FORBIDDEN),
        (400, "Invalid email address", NoticeCode.AUTH_FAILED),
        (422, "Required", NoticeCode.AUTH_FAILED),
        (500, "Internal server error", NoticeCode.SERVER_ERROR),
        (418, "Something new", NoticeCode.AUTH_FAILED),
    ],
)
def test_every_refusal_is_told_in_the_servers_words(status: int, words: str, code: NoticeCode) -> None:
    """One verdict, a sort, and the words; nothing is tried again by itself."""
    paper = nobody()
    paper.want(SignIn("wrong"))
    assert paper.verdict(status, no(words)) == VerdictRefused(1, ParkReason.REFUSED, words)
    assert paper.again() == NeedsPassword(code, words)


@pytest.mark.parametrize(("headers", "wait_ms"), [({}, 60_000), ({"retry-after": "17"}, 17_000)])
def test_too_many_attempts_lock_for_a_minute(headers: dict[str, str], wait_ms: int) -> None:
    """The right password is refused too until the minute is over: the dialog says how long."""
    paper = nobody()
    paper.want(SignIn("right"))
    words = "Too many login attempts. Please try again later."
    paper.answer(429, no(words), headers=headers)
    assert paper.again() == NeedsPassword(NoticeCode.LOCKED, words, wait_ms)


@pytest.mark.parametrize(
    "body", [{}, ok(None), ok({"user": user()}), ok({"accessToken": "a b", "user": user()})]
)
def test_a_login_without_a_usable_token_is_none(body: Any) -> None:
    """Success without a token that could be put into a header signs nobody in."""
    paper = nobody()
    paper.want(SignIn("right"))
    paper.answer(200, body)
    assert paper.again() == NeedsPassword(NoticeCode.SERVER_ERROR)


def test_another_server_at_the_address_is_told() -> None:
    """HTML is no word of this platform."""
    paper = nobody()
    paper.want(SignIn("right"))
    paper.answer(404, HTML_404, is_json=False)
    assert paper.again() == NeedsPassword(NoticeCode.NOT_FOUND)


@pytest.mark.parametrize("stage", [auth.NOTE_LOGIN, auth.NOTE_ME])
def test_nobody_answers_the_dialog(stage: str) -> None:
    """Neither the login nor the question after it: the person is told at once."""
    paper = nobody()
    if stage == auth.NOTE_ME:
        signed_in(paper)
        paper.again()
    else:
        paper.want(SignIn("right"))
    assert isinstance(paper.nothing("unreachable", left=False), VerdictLater)
    assert paper.again() == NeedsPassword(NoticeCode.OFFLINE, "unreachable")


@pytest.mark.parametrize(
    ("status", "body"),
    [(401, no("Authentication required")), (500, no("x")), (200, ok(None)), (200, ok(user("admin_001")))],
)
def test_a_sign_in_that_nobody_confirms_is_none(status: int, body: Any) -> None:
    """The token must be recognised as that of the one who signed in."""
    paper = nobody()
    signed_in(paper)
    paper.again()
    paper.answer(status, body)
    ending = paper.again()
    assert isinstance(ending, NeedsPassword)
    assert ending.code is NoticeCode.SERVER_ERROR


@pytest.mark.shows("fakomame", "roles", "no")
@pytest.mark.shows("fakomame", "otp_sign_in", "no")
def test_a_login_has_one_role_and_a_password() -> None:
    """The server says the role, and knows no codes: neither is asked for."""
    assert PLUGIN.sign_in.roles == ()
    assert not PLUGIN.sign_in.otp
    call = call_of(nobody().want(SignIn("", role="TRAVELER", otp="123456")))
    assert call.body == {"email": MY_MAIL, "password": ""}


@pytest.mark.shows("fakomame", "sign_out", "partial")
@pytest.mark.parametrize("status", [200, 401, 500])
def test_a_sign_out_is_told_once(status: int) -> None:
    """It revokes nothing, so any answer ends it, and none too."""
    paper = Paper()
    call = call_of(paper.want(SignOut()))
    assert (call.method, call.path) == ("POST", "/api/auth/logout")
    assert paper.verdict(status, no("x")) == VerdictStored(1)
    assert paper.again() == Done()
    paper.want(SignOut())
    assert isinstance(paper.nothing(), VerdictStored)
    assert nobody().want(SignOut()) == Done()


# -- who we are --------------------------------------------------------------------------------------------


def test_the_check_is_made_once_for_all_goals() -> None:
    """It has a lane of its own, so that goals which begin together ask once."""
    paper = Paper(known=False)
    assert call_of(paper.want(FreshLists())).lane == tokens.LANE
    paper.answer(200, ok(user()))
    assert call_of(paper.again()).path == "/api/chats"
    assert call_of(paper.want(FreshLists())).path == "/api/chats"


@pytest.mark.parametrize(
    ("status", "body", "wait_ms"),
    [
        (500, no("x"), replies.READ_AGAIN_MS),
        (200, ok(None), replies.READ_AGAIN_MS),
        (429, no("slow"), replies.RETRY_AFTER_MS),
        (404, None, replies.OTHER_SERVER_MS),
    ],
)
def test_a_check_that_cannot_be_made_holds_everything_up(status: int, body: Any, wait_ms: int) -> None:
    """Without knowing who we are nothing is asked."""
    paper = Paper(known=False)
    paper.want(FreshLists())
    verdict = paper.verdict(status, body, is_json=body is not None)
    assert isinstance(verdict, VerdictLater)
    assert verdict.ms == wait_ms
    assert paper.again() == Wait(wait_ms)
    paper.later(wait_ms)
    assert call_of(paper.again()).note == auth.NOTE_ME


def test_a_token_that_a_refresh_brought_and_nobody_recognises_ends_the_circle() -> None:
    """Refused, refreshed, refused again: refreshing mends nothing, the person is asked."""
    paper = Paper(refresh=REFRESH, known=False)
    paper.want(FreshLists())
    paper.answer(401, no("Authentication required"))
    assert call_of(paper.again()).note == auth.NOTE_REFRESH
    paper.answer(200, ok({"accessToken": fresh_jwt(n=3)}))
    assert call_of(paper.again()).note == auth.NOTE_ME
    paper.answer(401, no("Authentication required"))
    assert paper.again() == NeedsPassword(NoticeCode.AUTH_REQUIRED)


def test_a_refresh_that_brings_the_same_refused_token_ends_the_circle() -> None:
    """The same once more is no new one."""
    access = fresh_jwt()
    paper = Paper(access=access, refresh=REFRESH, known=False)
    paper.want(FreshLists())
    paper.answer(401, no("Authentication required"))
    paper.again()
    assert paper.verdict(200, ok({"accessToken": access})) == VerdictRefused(1, ParkReason.REFUSED)
    assert paper.again() == NeedsPassword(NoticeCode.AUTH_REQUIRED)


@pytest.mark.parametrize("way", [500, 429, 200, "nothing"])
def test_a_refresh_that_fails_lets_a_token_serve_that_still_may(way: int | str) -> None:
    """A day before its end the token is renewed; as long as that fails, it serves."""
    paper = Paper(access=fresh_jwt(age_s=600_000), refresh=REFRESH, known=False)
    assert call_of(paper.want(FreshLists())).note == auth.NOTE_REFRESH
    verdict = paper.nothing() if isinstance(way, str) else paper.verdict(way, no("x"))
    assert isinstance(verdict, VerdictLater)
    assert call_of(paper.again()).note == auth.NOTE_ME
    paper.answer(200, ok(user()))
    assert call_of(paper.again()).path == "/api/chats"
    late = Paper(access=fresh_jwt(age_s=700_000), refresh=REFRESH, known=False)
    late.want(FreshLists())
    late.answer(503, no("x"))
    assert late.again() == Wait(limits.REFRESH_AGAIN_MS)


def test_a_clock_that_is_wrong_here_ends_no_token() -> None:
    """A fresh token says when it was issued by the server's clock: that is the clock that counts."""
    paper = nobody()
    paper.want(SignIn("right"))
    ahead = fresh_jwt(age_s=800_000)  # issued nine days ago by our clock, which is nine days ahead
    paper.answer(200, ok({"user": user(), "accessToken": ahead, "refreshToken": REFRESH}))
    paper.again()
    paper.answer(200, ok(user()))
    assert call_of(paper.want(FreshLists())).path == "/api/chats"


# -- the handshake -----------------------------------------------------------------------------------------


def test_the_handshake_carries_the_token() -> None:
    """In `auth`, without a scheme; nothing else."""
    paper = Paper()
    paper.cut()
    step = paper.want(Connected())
    assert isinstance(step, Connect)
    assert step.auth == {"token": paper.facts.account.secrets.access}
    assert (step.headers, step.socketio_path) == ((), "socket.io")
    assert paper.accepted().verdicts == (VerdictStored(1),)
    assert paper.again() == Done()


def test_an_invalid_token_is_checked_and_a_good_one_comes_later() -> None:
    """So it is said while the database is away, too: `/auth/me` tells which, and nothing goes in circles."""
    paper = Paper()
    paper.cut()
    paper.want(Connected())
    reading = paper.refused("Invalid authentication token")
    assert reading.verdicts == (VerdictLater(1, 0, "Invalid authentication token"),)
    assert call_of(paper.again()).note == auth.NOTE_ME
    paper.answer(200, ok(user()))
    assert paper.again() == Wait(limits.REFUSED_AGAIN_MS)
    assert isinstance(paper.want(Connected()), Connect)


def test_an_invalid_token_that_is_void_is_renewed() -> None:
    """401 at `/auth/me`: refreshed where that is possible."""
    paper = Paper(refresh=REFRESH)
    paper.cut()
    paper.want(Connected())
    paper.refused("Invalid authentication token")
    paper.again()
    paper.answer(401, no("Authentication required"))
    assert call_of(paper.again()).note == auth.NOTE_REFRESH
    paper.answer(200, ok({"accessToken": fresh_jwt(n=4)}))
    paper.again()
    paper.answer(200, ok(user()))
    step = paper.again()
    assert isinstance(step, Connect)
    assert step.auth == {"token": fresh_jwt(n=4)}


def test_an_account_that_is_switched_off_stops_everything() -> None:
    """`User not found or inactive`: the person is told in words, and nothing is tried any more."""
    paper = Paper(refresh=REFRESH)
    paper.cut()
    paper.want(Connected())
    paper.refused("User not found or inactive")
    end = NeedsPassword(NoticeCode.FORBIDDEN, "User not found or inactive")
    assert paper.again() == end
    assert paper.want(FreshLists()) == end
    assert paper.want(SEND) == end
    signed_in(paper)
    assert call_of(paper.again()).note == auth.NOTE_ME


def test_a_token_that_the_socket_does_not_see_is_not_offered_again() -> None:
    """`Authentication token required` with a token sent: a fault that no retry mends."""
    paper = Paper()
    paper.cut()
    paper.want(Connected())
    paper.refused("Authentication token required")
    assert paper.again() == NeedsPassword(NoticeCode.AUTH_REQUIRED)


# -- the probe ---------------------------------------------------------------------------------------------


@pytest.mark.shows("fakomame", "probing", "no")
def test_the_probe_knows_this_platform_by_its_words() -> None:
    """One request without a token, about nobody; beyond that nothing is promised that could be probed for."""
    paper = nobody()
    call = call_of(paper.want(Probe()))
    assert (call.method, call.path, call.headers) == ("GET", "/api/trips/none", ())
    assert paper.verdict(404, no("Trip not found")) == VerdictStored(1)
    assert paper.again() == Done()
    for status, body in ((404, {"message": "Not found"}), (404, None), (200, ok([])), (401, no("x"))):
        paper.want(Probe())
        assert isinstance(paper.verdict(status, body, is_json=body is not None), VerdictRefused)
        assert isinstance(paper.again(), Parked)
    paper.want(Probe())
    assert isinstance(paper.verdict(502, "", is_json=False), VerdictLater)
    assert not [event for event in paper.events if isinstance(event, Noticed)]


def test_what_another_account_is_called_changes_nothing_here() -> None:
    """An answer that names somebody else never becomes this account."""
    paper = Paper(known=False)
    paper.want(Connected())
    reading = paper.answer(200, ok(user(OTHER, "Traveler", "Bravo")))
    assert reading.verdicts == (VerdictRefused(1, ParkReason.FORBIDDEN),)
    assert paper.facts.account.user_id == RemoteId(ME)
