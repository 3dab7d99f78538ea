"""Signing in: one login for every kind of account, refusals in words, and a token that nothing renews."""

from __future__ import annotations

import pytest

from chatdesk.domain.arrivals import VerdictLater, VerdictRefused
from chatdesk.domain.events import IdentityKnown, TokensChanged
from chatdesk.domain.goals import AskForOtp, Connected, FreshLists, SignIn, SignOut
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import NoticeCode, ParkReason
from chatdesk.domain.steps import Connect, Done, NeedsPassword, Parked
from chatdesk.platforms.marketplace.plugin import PLUGIN
from tests.platforms.marketplace.paper import ME, OTHER, SEND, WEEK_S, Paper, call_of, fresh_jwt
from tests.platforms.paper import HTML_404


def login(kind: str = "seller", **changes: object) -> dict[str, object]:
    """A good answer: the token stands beside the account."""
    data = {"id": ME, "name": "Seller One", "email": "seller1@example.test", "userType": kind, **changes}
    return {"success": True, "message": "Login successful", "token": fresh_jwt(kind), "data": data}


@pytest.mark.shows("marketplace", "sign_in", "yes")
@pytest.mark.parametrize("role", ["seller", "buyer", "employee", "admin"])
def test_every_kind_of_account_signs_in_the_same_way(role: str) -> None:
    """Login and password; who it is stands in the answer, and the address never becomes a name."""
    paper = Paper(access="")
    step = call_of(paper.want(SignIn("Passw0rd!x")))
    assert (step.method, step.path) == ("POST", "/api/auth/login")
    assert step.body == {"email": "seller1@example.test", "password": "Passw0rd!x"}
    paper.answer(200, login(role, approvalStatus="approved", sellerId=OTHER, role="sales"))
    assert paper.again() == Done()
    assert paper.told(IdentityKnown) == [IdentityKnown(user_id=ME, role=role, name="Seller One")]
    assert [one.refresh for one in paper.told(TokensChanged)] == [""]
    assert paper.facts.account.role == role


REFUSALS = [
    (400, "Please provide email and password", {}, NoticeCode.AUTH_FAILED),
    (401, "Invalid email or password", {}, NoticeCode.AUTH_FAILED),
    (403, "Your account is pending admin approval", {"approvalStatus": "pending"}, NoticeCode.FORBIDDEN),
    (403, "Your account has been suspended", {"approvalStatus": "suspended"}, NoticeCode.FORBIDDEN),
    (403, "Your employee account is inactive", {"status": "inactive"}, NoticeCode.FORBIDDEN),
    (500, "Error logging in", {"error": "Cannot destructure"}, NoticeCode.SERVER_ERROR),
]


@pytest.mark.parametrize(("status", "words", "more", "code"), REFUSALS)
def test_refusals_are_told_in_the_servers_words(
    status: int, words: str, more: dict[str, str], code: NoticeCode
) -> None:
    """Each with what it means; the server's internals are not shown."""
    paper = Paper(access="")
    paper.want(SignIn("x"))
    assert isinstance(paper.verdict(status, {"success": False, "message": words, **more}), VerdictRefused)
    assert paper.again() == NeedsPassword(code, words)


def test_a_rejected_seller_hears_why() -> None:
    """The reason that the platform's staff gave stands behind the refusal."""
    paper = Paper(access="")
    paper.want(SignIn("x"))
    body = {
        "success": False,
        "message": "Your account has been rejected",
        "approvalStatus": "rejected",
        "rejectionReason": "Papers missing",
    }
    paper.answer(403, body)
    end = paper.again()
    assert end == NeedsPassword(NoticeCode.FORBIDDEN, "Your account has been rejected: Papers missing")


def test_a_lock_names_its_own_time_where_it_does() -> None:
    """An hour, unless the server says another; a date instead of seconds counts as not given."""
    for header, wait_ms in (("90", 90_000), ("Wed, 21 Oct 2026 07:28:00 GMT", 3_600_000)):
        paper = Paper(access="")
        paper.want(SignIn("x"))
        paper.answer(429, {"message": "Too many"}, headers={"retry-after": header})
        assert paper.again() == NeedsPassword(NoticeCode.LOCKED, "Too many", wait_ms)


@pytest.mark.parametrize(
    "body", [{"token": "x"}, {"data": {"id": ME}}, {"token": "x", "data": {"id": "not-an-id"}}, []]
)
def test_half_an_answer_signs_nobody_in(body: object) -> None:
    """Without a token, or without knowing whose it is, there is no account."""
    paper = Paper(access="", user_id="")
    paper.want(SignIn("x"))
    paper.answer(200, body)
    end = paper.again()
    assert isinstance(end, NeedsPassword)
    assert end.code is NoticeCode.SERVER_ERROR


def test_another_server_is_told_apart() -> None:
    """A page instead of an answer, or none at all: said at once."""
    paper = Paper(access="")
    paper.want(SignIn("x"))
    paper.answer(404, HTML_404, is_json=False)
    assert paper.again() == NeedsPassword(NoticeCode.NOT_FOUND)
    paper.want(SignIn("x"))
    assert isinstance(paper.nothing("unreachable", left=False), VerdictLater)
    assert paper.again() == NeedsPassword(NoticeCode.OFFLINE, "unreachable")


@pytest.mark.shows("marketplace", "roles", "no")
@pytest.mark.shows("marketplace", "otp_sign_in", "no")
def test_neither_roles_nor_codes_are_asked_for() -> None:
    """An address has one account: the server decides which, and there are no one-time codes."""
    assert PLUGIN.sign_in.roles == ()
    assert not PLUGIN.sign_in.otp
    paper = Paper()
    assert paper.want(AskForOtp()) == Parked(ParkReason.REFUSED, "AskForOtp")


@pytest.mark.shows("marketplace", "token_renewal", "no")
def test_no_token_is_ever_renewed() -> None:
    """A 401 is a question to the person, whatever was wanted; an end by our own clock alone is none."""
    paper = Paper()
    paper.want(FreshLists())
    assert isinstance(paper.verdict(401, {"message": "Not authorized, token failed"}), VerdictLater)
    for goal in (FreshLists(), SEND, Connected()):
        assert paper.want(goal) == NeedsPassword(NoticeCode.AUTH_REQUIRED)
    over = Paper(access=fresh_jwt(age_s=WEEK_S + 1))
    assert not isinstance(over.want(FreshLists()), NeedsPassword)
    over.answer(401, {"message": "Not authorized, token failed"})
    assert over.want(FreshLists()) == NeedsPassword(NoticeCode.AUTH_REQUIRED)
    newer = Paper()
    newer.want(FreshLists())
    newer.answer(401, {"message": "Not authorized, token failed"})
    newer.want(SignIn("x"))
    newer.answer(200, login() | {"token": fresh_jwt(age_s=1)})
    assert not isinstance(newer.want(FreshLists()), NeedsPassword)


@pytest.mark.shows("marketplace", "sign_out", "no")
def test_signing_out_tells_the_server_nothing() -> None:
    """There is no route: the token is forgotten here."""
    assert Paper().want(SignOut()) == Done()


@pytest.mark.parametrize(
    "words",
    ["Invalid user type", "Your seller account is not approved yet", "Your employee account is not active"],
)
def test_an_account_that_was_switched_off_says_so(words: str) -> None:
    """403 in words about the account: the person is told, and nothing else is tried."""
    paper = Paper()
    paper.want(FreshLists())
    paper.answer(403, {"success": False, "message": words})
    assert paper.again() == NeedsPassword(NoticeCode.FORBIDDEN, words)


def test_a_refusal_of_one_route_is_not_one_of_the_account() -> None:
    """Insufficient permissions concern what was asked."""
    paper = Paper()
    paper.want(FreshLists())
    paper.answer(403, {"success": False, "message": "Access denied. Insufficient permissions."})
    assert not isinstance(paper.want(SEND), NeedsPassword)


def test_the_token_goes_along_with_the_handshake() -> None:
    """The servers seen ignore it; a hardened one wants it."""
    paper = Paper()
    paper.cut()
    step = paper.want(Connected())
    assert isinstance(step, Connect)
    assert step.auth == {"token": paper.facts.account.secrets.access}
    assert "eyJ" not in repr(step)
    assert "eyJ" not in repr(paper.facts)


def test_an_identity_without_a_user_id_claims_nothing() -> None:
    """Facts of an account that never signed in: every broadcast is somebody else's."""
    paper = Paper(user_id="")
    assert paper.facts.account.user_id == RemoteId("")
    told = paper.push("new_message", {"sender_id": "", "recipient_id": "", "message": "x"})
    assert [type(one).__name__ for one in told] == ["Dropped"]
