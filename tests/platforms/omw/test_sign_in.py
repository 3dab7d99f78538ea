"""Signing in: roles, one-time codes, refusals in words, and where the server's interface and clock are."""

from __future__ import annotations

from typing import Any

import pytest

from chatdesk.domain.actions import Action, ActionKind
from chatdesk.domain.arrivals import VerdictRefused, VerdictStored
from chatdesk.domain.events import ConversationSeen, IdentityKnown
from chatdesk.domain.goals import (
    Act,
    AskForOtp,
    Connected,
    FreshHead,
    FreshLists,
    Probe,
    SignIn,
    SignOut,
)
from chatdesk.domain.kinds import NoticeCode
from chatdesk.domain.steps import Call, Connect, Done, NeedsPassword
from chatdesk.platforms.omw import settings, zones
from chatdesk.platforms.omw.plugin import PLUGIN
from tests.platforms.omw import captures
from tests.platforms.omw.paper import (
    BOOKING,
    HTML_404,
    MY_MAIL,
    SESSION,
    Paper,
    call_of,
    fresh_jwt,
    jwt,
    put,
    session,
    sessions,
)


def at_door(seat: str = "", **given: str) -> Paper:
    """Nobody is signed in yet."""
    paper = Paper("", access="")
    account = put(paper.facts.account, seat=seat, settings=given, user_id="", name="")
    paper.facts = put(paper.facts, account=account, online=False)
    return paper


# -- roles -------------------------------------------------------------------------------------------------


@pytest.mark.shows("omw", "roles", "yes")
def test_one_login_may_be_customer_and_worker() -> None:
    """The form asks as whom; the seat is what is asked for, and the token says what it has become."""
    form = PLUGIN.sign_in
    assert {value for value, _ in form.roles} == {"worker", "customer"}
    assert form.otp
    for asked in ("worker", "customer"):
        for paper, goal in ((at_door(), SignIn("x", asked)), (at_door(asked), SignIn("x"))):
            step = call_of(paper.want(goal))
            assert step.body == {"email": MY_MAIL, "password": "x", "role": asked}
            user = {"id": 202, "name": "W", "role": asked}
            reading = paper.answer(200, {"token": fresh_jwt(asked), "user": user})
            assert IdentityKnown(user_id=paper.facts.account.user_id, role=asked, name="W") in reading.events
            offers = {offer.action for offer in paper.adapter.capabilities(paper.facts).offers}
            assert (ActionKind.ACCEPT in offers) == (asked == "worker")


@pytest.mark.parametrize("named", ["worker", "Provider", "service provider"])
def test_names_of_the_same_role(named: str) -> None:
    """A token may call a worker a provider."""
    paper = at_door()
    paper.want(SignIn("x"))
    paper.answer(200, {"token": jwt({"id": 202, "role": named}), "user": {"id": 202}})
    assert paper.facts.account.role == "worker"


def test_a_seat_that_the_account_lacks_is_refused_in_words() -> None:
    """Who named a role is not signed in under another."""
    paper = at_door("worker")
    paper.want(SignIn("x"))
    words = "Access denied for role worker. User has role(s): customer"
    assert isinstance(paper.verdict(403, {"message": words}), VerdictRefused)
    assert paper.again() == NeedsPassword(NoticeCode.FORBIDDEN, words)


# -- refusals ----------------------------------------------------------------------------------------------


@pytest.mark.shows("omw", "sign_in", "yes")
def test_every_recorded_refusal_is_told_in_words() -> None:
    """The code says what to do, the detail is the server's sentence."""
    seen = {}
    for frame in captures.exchanges(captures.load("login")):
        body = frame["response_body"]
        if frame["path"] == "/api/auth/login" and frame["status"] != 200:
            paper = at_door("worker")
            paper.want(SignIn("x"))
            paper.answer(frame["status"], body)
            end = paper.again()
            assert isinstance(end, NeedsPassword)
            assert end.detail == body["message"]
            seen[body["message"][:20]] = end.code
    assert seen == {
        "Invalid password": NoticeCode.AUTH_FAILED,
        "Invalid email or ina": NoticeCode.AUTH_FAILED,
        "Please verify your e": NoticeCode.FORBIDDEN,
        "Access denied for ro": NoticeCode.FORBIDDEN,
        "Email, password, and": NoticeCode.AUTH_FAILED,
    }


LOCKS: list[tuple[int, dict[str, str], int | None]] = [
    (429, {"retry-after": "120"}, 120_000),
    (429, {}, 10_000),
    (423, {}, None),
]


@pytest.mark.parametrize(("status", "headers", "wait_ms"), LOCKS)
def test_a_lock_out_says_how_long(status: int, headers: dict[str, str], wait_ms: int | None) -> None:
    """No limit was met, but one is promised."""
    for goal in (SignIn("x"), AskForOtp()):
        paper = at_door()
        paper.want(goal)
        paper.answer(status, {"message": "Too many attempts"}, headers=headers)
        assert paper.again() == NeedsPassword(NoticeCode.LOCKED, "Too many attempts", wait_ms)


# -- one-time codes ----------------------------------------------------------------------------------------


@pytest.mark.shows("omw", "otp_sign_in", "yes")
def test_signing_in_by_a_code_on_the_phone() -> None:
    """Asked for once, then entered; the token has the role, whichever was asked for."""
    paper = at_door()
    account = put(paper.facts.account, login="5550000201")
    paper.facts = put(paper.facts, account=account)
    step = call_of(paper.want(AskForOtp()))
    assert (step.method, step.path, step.body) == ("POST", "/api/auth/request-otp", {"phone": "5550000201"})
    assert not step.headers
    assert paper.verdict(200, {"success": True, "message": "OTP sent successfully"}) == VerdictStored(1)
    assert paper.again() == Done()
    step = call_of(paper.want(SignIn("", otp="123456")))
    assert step.path == "/api/auth/login-otp"
    assert step.body == {"phone": "5550000201", "otp": "123456", "role": "worker"}
    user = {"id": 201, "name": "Customer One", "phone_number": "5550000201", "role": "customer"}
    paper.answer(200, {"token": jwt({"id": 201, "role": "customer"}), "user": user})
    assert paper.facts.account.role == "customer"


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (400, {"message": "Invalid phone"}, NoticeCode.AUTH_FAILED),
        (500, {"message": "Server error"}, NoticeCode.SERVER_ERROR),
        (404, HTML_404, NoticeCode.NOT_FOUND),
    ],
)
def test_a_code_that_is_not_sent_is_asked_for_once(status: int, body: Any, code: NoticeCode) -> None:
    """Whatever the answer, nobody gets a second message unasked."""
    paper = at_door()
    paper.want(AskForOtp())
    paper.answer(status, body, is_json=not isinstance(body, str))
    end = paper.again()
    assert isinstance(end, NeedsPassword)
    assert end.code is code
    paper = at_door()
    paper.want(AskForOtp())
    paper.nothing()
    assert paper.again() == NeedsPassword(NoticeCode.OFFLINE, "timeout")


# -- tokens ------------------------------------------------------------------------------------------------


@pytest.mark.shows("omw", "token_renewal", "no")
def test_a_token_that_is_over_needs_the_person() -> None:
    """No route renews one. Our clock may be wrong, so the server is asked; after its refusal, nothing is."""
    paper = Paper(access=fresh_jwt(age_s=20_000))
    paper.facts = put(paper.facts, online=False)
    assert isinstance(paper.want(Connected()), Connect)
    paper.refused("Invalid authentication token")
    for goal in (Connected(), FreshLists(), FreshHead(SESSION)):
        assert paper.want(goal) == NeedsPassword(NoticeCode.AUTH_REQUIRED)


@pytest.mark.shows("omw", "sign_out", "no")
def test_signing_out_is_done_here_alone() -> None:
    """The platform has no such route: nothing is sent."""
    assert Paper().want(SignOut()) == Done()


# -- settings ----------------------------------------------------------------------------------------------

PREFIXES = [
    ("", "/api"),
    ("/api", "/api"),
    ("api/v2/", "/api/v2"),
    (" /backend ", "/backend"),
    ("/", ""),
    ("/../x y/?#", "/x%20y/%3F%23"),
]


@pytest.mark.parametrize(("given", "prefix"), PREFIXES)
def test_the_interface_may_be_moved(given: str, prefix: str) -> None:
    """Every request goes there, the socket stays where it is, and nothing else gets into a path."""
    paper = Paper()
    paper.facts = put(paper.facts, account=put(paper.facts.account, settings={"api_prefix": given}))
    assert call_of(paper.want(FreshLists())).path == f"{prefix}/chat/sessions"
    assert call_of(paper.want(SignIn("x"))).path == f"{prefix}/auth/login"
    assert call_of(paper.want(Probe())).path == f"{prefix}/chat/sessions"
    start = Act(Action(kind=ActionKind.START_CHAT, order=BOOKING))
    assert call_of(paper.want(start)).path == f"{prefix}/chat/sessions"
    paper.facts = put(paper.facts, online=False)
    step = paper.want(Connected())
    assert isinstance(step, Connect)
    assert step.socketio_path == "socket.io"


OFFSETS: list[tuple[str, int | None]] = [
    ("", None),
    ("automatic", None),
    ("330", 330),
    ("-210", -210),
    ("+05:30", 330),
    ("-3:30", -210),
    ("2", 120),
    ("5.5", 330),
    ("5,5", 330),
    ("14", 840),
    ("0", 0),
    ("900", None),
    ("1e9", None),
    ("\u0665", None),
    ("NaN", None),
    ("5:75", None),
]


@pytest.mark.parametrize(("given", "minutes"), OFFSETS)
def test_the_clock_of_the_database_may_be_set(given: str, minutes: int | None) -> None:
    """Minutes, hours, or both; what is no offset is learnt instead."""
    paper = Paper()
    paper.facts = put(paper.facts, account=put(paper.facts.account, settings={"time_offset": given}))
    found = settings.offset_us(paper.facts)
    assert found == (None if minutes is None else minutes * 60_000_000)
    assert zones.known(paper.facts) == (minutes is not None)


def test_a_clock_that_is_set_is_not_learnt() -> None:
    """Times without a zone are read by the setting, whatever a message would tell."""
    paper = Paper()
    paper.facts = put(paper.facts, account=put(paper.facts.account, settings={"time_offset": "60"}))
    paper.want(FreshLists())
    events = paper.answer(200, sessions(session(last_message_at="2026-11-20 09:00:00"))).events
    (seen,) = [event for event in events if isinstance(event, ConversationSeen)]
    assert seen.activity_at_us == 1_795_161_600_000_000  # 08:00 UTC


def test_the_form_of_settings_has_stable_words() -> None:
    """The window translates the keys."""
    assert {field.key: field.default for field in PLUGIN.settings} == {
        "api_prefix": "/api",
        "time_offset": "",
    }
    assert PLUGIN.forgets_completed
    assert isinstance(call_of(at_door(api_prefix="/x").want(Probe())), Call)
