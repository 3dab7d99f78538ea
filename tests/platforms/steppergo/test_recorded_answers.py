"""What the recorded answers mean, as the specification says."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from chatdesk.domain.actions import Action, ActionKind
from chatdesk.domain.arrivals import VerdictRefused, VerdictStored, VerdictUnknown
from chatdesk.domain.events import (
    ConversationSeen,
    IdentityKnown,
    OrderSeen,
    Stale,
    WindowRead,
)
from chatdesk.domain.goals import (
    Act,
    ChangeStatus,
    Connected,
    FreshHead,
    FreshLists,
    FreshOrder,
    GoalKind,
    Joined,
    Report,
    SignIn,
)
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import Lifecycle, NoticeCode, ParkReason
from chatdesk.domain.steps import Call, Done, Emit, NeedsPassword
from chatdesk.platforms.steppergo import (
    acts,
    auth,
)
from tests.platforms.paper import call_of
from tests.platforms.steppergo import captures
from tests.platforms.steppergo.paper import TRIP, Paper, put, send

ACCEPT = Act(Action(kind=ActionKind.ACCEPT, order=TRIP))
CHANGE = ChangeStatus(TRIP, TRIP, "IN_PROGRESS", "DEPARTED")


# -- what the answers mean ---------------------------------------------------------------------------------


def answered(name: str, kind: GoalKind, wanted: tuple[str, str], *, role: str = "DRIVER") -> list[Paper]:
    """The adapter after each recorded answer to (method, beginning of the path), each on a fresh desk."""
    papers = []
    for frame in captures.exchanges(captures.load(name)):
        if frame["method"] != wanted[0] or not frame["path"].startswith(wanted[1]):
            continue
        paper = Paper(role)
        paper.want(kind)
        paper.answer(
            frame["status"],
            frame["response_body"],
            is_json=captures.says_json(frame),
            headers={key.lower(): str(value) for key, value in frame["response_headers"].items()},
        )
        papers.append(paper)
    assert papers
    return papers


@pytest.mark.shows("steppergo", "sign_in", "yes")
def test_recorded_logins() -> None:
    """Those that worked by id and role; each refusal in the server's own words."""
    papers = [
        *answered("login", SignIn("x"), ("POST", "/api/auth/login")),
        *answered("login", SignIn("x"), ("POST", "/api/drivers/login")),
    ]
    seen = [event for paper in papers for event in paper.events if isinstance(event, IdentityKnown)]
    assert [event.role for event in seen] == ["PASSENGER", "DRIVER", "DRIVER"]
    assert [auth.driver_id(paper.facts) for paper in papers][-1] == "cmwooehzt0005tw7dxyffxcw3"
    refused = [
        *answered("login_errors", SignIn("x"), ("POST", "/api/auth/login"))[:-1],
        *answered("login_errors", SignIn("x"), ("POST", "/api/drivers/login")),
    ]
    ends = [paper.again() for paper in refused]
    codes = [(end.code, end.detail) for end in ends if isinstance(end, NeedsPassword)]
    assert len(codes) == len(ends)
    assert codes[0] == (NoticeCode.AUTH_FAILED, "Invalid email or password")
    assert (NoticeCode.AUTH_FAILED, "Validation failed. email: Invalid email address") in codes
    assert (NoticeCode.SERVER_ERROR, "Login failed") in codes
    suspended = [detail for code, detail in codes if code is NoticeCode.FORBIDDEN]
    assert suspended == [
        "Account suspended. Your account has been temporarily suspended. Please contact support"
    ]
    (signed_in,) = answered("login_errors", SignIn("x"), ("POST", "/api/auth/login"))[-1:]
    assert signed_in.again() == Done()  # the general route lets a suspended driver in


def test_recorded_refusals_of_the_handshake() -> None:
    """Only a void session asks for the password; a wrong path, or a database that is away, does not."""
    for words in captures.refusals(captures.load("connect_auth_failures")):
        paper = Paper()
        paper.offline()
        paper.want(Connected())
        paper.refused(None if words == "websocket error" else words)
        needs = isinstance(paper.again(), NeedsPassword)
        assert needs == (words in {"Authentication required", "Invalid or expired session"})


def test_recorded_histories() -> None:
    """Whole and ascending, whatever page was asked for; empty without a conversation; refused in words."""
    papers = answered("history", FreshHead(TRIP, complete=True), ("GET", "/api/messages/"))
    windows = [[event for event in paper.events if isinstance(event, WindowRead)] for paper in papers]
    assert windows[0] == windows[1]
    (whole,) = windows[0]
    assert whole.complete
    assert whole.reaches_start
    assert whole.reaches_head
    assert whole.total == len(whole.ids) > 50
    (empty,) = windows[2]
    assert empty.ids == ()
    assert empty.complete
    assert windows[3] == windows[4] == []
    opened = [event for event in papers[0].events if isinstance(event, ConversationSeen)]
    assert [event.lifecycle for event in opened] == [Lifecycle.OPEN]
    assert opened[0].unread is not None


def test_recorded_driver_trips() -> None:
    """Two trips under way, which only the list of all of them has; one of them organized by a passenger."""
    papers = answered("driver_trips", FreshLists(), ("GET", "/api/drivers/cmwoofrtr00f3tw7dlfa2ogad/trips"))
    orders = [event for event in papers[0].events if isinstance(event, OrderSeen)]
    assert [(event.title, event.status) for event in orders] == [
        ("Almaty to Taldykorgan", "IN_PROGRESS"),
        ("Passenger organised ride", "IN_PROGRESS"),
    ]
    assert not [event for event in papers[1].events if isinstance(event, OrderSeen)]


def test_recorded_bookings_and_uploads_are_out_of_reach() -> None:
    """Each refusal with a code leaves the session as it is; the lists go on without bookings."""
    papers = answered("bookings_auth", FreshLists(), ("GET", "/api/passengers/bookings"), role="PASSENGER")
    for paper in papers:
        assert not isinstance(paper.want(FreshHead(TRIP)), NeedsPassword)
    assert not [one for one in captures.exchanges(captures.load("bookings_auth")) if one["status"] == 201]


def test_recorded_status_changes() -> None:
    """Each refusal in words; the 500 of a valid change is looked into; 429 waits as told."""
    frames = captures.exchanges(captures.load("trip_status_update"))
    seen = set()
    for frame in frames:
        if frame["method"] != "PUT":
            continue
        paper = Paper()
        paper.want(put(CHANGE, check_first=False))
        headers = {key.lower(): str(value) for key, value in frame["response_headers"].items()}
        (verdict,) = paper.answer(frame["status"], frame["response_body"], headers=headers).verdicts
        if frame["status"] == 400:
            assert isinstance(verdict, VerdictRefused)
            assert verdict.detail
        elif frame["status"] == 429:
            assert getattr(verdict, "ms", 0) == 60_000
        else:
            assert isinstance(verdict, VerdictUnknown)
        seen.add(frame["status"])
    assert seen == {400, 429, 500}


def test_recorded_reports() -> None:
    """Stored, refused in words, gone, failed; what was reported is shown to nobody."""
    goal = Report(TRIP, RemoteId("cmsg1"), "abusive")
    papers = answered("report_message", goal, ("POST", "/api/messages/report"))
    ends = [paper.again() for paper in papers]
    assert ends[0] == Done()
    reasons = [getattr(end, "reason", None) for end in ends[1:]]
    assert reasons == [ParkReason.REFUSED, ParkReason.NOT_FOUND, ParkReason.REFUSED]
    before, after = answered("report_message", FreshHead(TRIP, complete=True), ("GET", "/api/messages/"))
    assert b"abusive" not in msgspec.json.encode(before.events)
    windows = [
        {one for event in paper.events if isinstance(event, WindowRead) for one in event.ids}
        for paper in (before, after)
    ]
    assert len(windows[0] - windows[1]) == 1  # hidden by an administrator


def test_recorded_sends_by_rest() -> None:
    """Stored under an id, refused in words, or unknown."""
    expected: dict[int, type[Any]] = {
        200: VerdictStored,
        400: VerdictRefused,
        403: VerdictRefused,
        404: VerdictRefused,
        500: VerdictUnknown,
    }
    seen = set()
    for name in ("rest_send", "malformed_rest", "no_access", "join_access"):
        for frame in captures.exchanges(captures.load(name)):
            if (frame["method"], frame["path"]) != ("POST", "/api/messages/send"):
                continue
            paper = Paper()
            paper.offline()
            assert isinstance(paper.want(send()), Call)
            verdict = paper.verdict(frame["status"], frame["response_body"])
            assert isinstance(verdict, expected[frame["status"]]), frame
            seen.add(frame["status"])
    assert seen == set(expected)


def test_recorded_accepts() -> None:
    """Whatever is answered, the trip is read again, and its stored status is what counts."""
    for frame in captures.exchanges(captures.load("trip_accept_push"), "A"):
        paper = Paper()
        paper.joined()
        paper.want(ACCEPT)
        paper.step = call_of(paper.step)
        paper.step = Call(method="POST", path="/", note=acts.NOTE_ACCEPT, commits=True)
        events = paper.answer(frame["status"], frame["response_body"]).events
        assert Stale(order_number=TRIP) in events
        assert not [event for event in events if isinstance(event, OrderSeen)]
    (detail,) = captures.exchanges(captures.load("trip_accept_push"), "B")[:1]
    paper = Paper()
    paper.want(FreshOrder(TRIP, TRIP))
    paper.answer(detail["status"], detail["response_body"])
    (order,) = [event for event in paper.events if isinstance(event, OrderSeen)]
    assert order.status == "PUBLISHED"


def test_recorded_joins_that_were_refused() -> None:
    """An assigned driver, an outsider, an unknown trip: each join ends with its own answer."""
    for name in ("join_access", "no_access"):
        for frame in captures.pushes(captures.load(name)):
            if frame["event"] != "error":
                continue
            words = frame["args"][0]["message"]
            paper = Paper()
            assert isinstance(paper.want(Joined(TRIP)), Emit)
            verdicts = paper.packet("error", *frame["args"]).verdicts
            if words in {"Access denied to this conversation", "Trip not found"}:
                assert isinstance(verdicts[0], VerdictRefused)
                assert not isinstance(paper.want(FreshLists()), NeedsPassword)
            else:
                assert verdicts == ()
