"""What all adapters say alike: the frame of reading, each goal's progress, refusals, tokens and the lane."""

from __future__ import annotations

from typing import Any

import pytest

from chatdesk.domain.arrivals import (
    Accepted,
    Answer,
    Arrived,
    ConnectRefused,
    GoalEnded,
    HandedOver,
    LinkLost,
    NoAnswer,
    OpenStep,
    Packet,
    Reading,
    VerdictLater,
    VerdictRefused,
    VerdictStored,
    VerdictUnknown,
)
from chatdesk.domain.events import OrderSeen
from chatdesk.domain.facts import AccountFacts, Facts, Secrets
from chatdesk.domain.goals import ChangeStatus, FreshLists, Goal
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import NoticeCode, OrderKind, ParkReason
from chatdesk.domain.steps import (
    Call,
    Connect,
    Done,
    Emit,
    NeedsPassword,
    Parked,
    Step,
    Wait,
)
from chatdesk.platforms import frame, memory, replies, routes, sockets, tokens
from tests.platforms.paper import NOW_US, jwt, put

NOW_MS = 1_000_000
NOW_S = NOW_US // 1_000_000
GOAL = Goal(7, FreshLists())
READ = Call(method="GET", path="/list", note="list")
WRITE = Call(method="POST", path="/send", commits=True, note="send")
SIGNAL = Emit(event="typing", args=({},))
RELAY = Emit(event="send", args=({},), commits=True)


def facts_with(access: str = "token") -> Facts:
    account = AccountFacts(
        server_url="https://shop.example", login="me@shop.example", secrets=Secrets(access)
    )
    return Facts(account=account, own=memory.Memory(), now_ms=NOW_MS, now_us=NOW_US, online=True, epoch=1)


FACTS = facts_with()


def opened(step: Step = READ, number: int = 1) -> OpenStep:
    return OpenStep(number, GOAL, step)


def progress(reading: Reading) -> memory.Progress:
    return memory.progress_of(reading.facts, GOAL.token)


# -- the frame ---------------------------------------------------------------------------------------------


def _lost(facts: Facts) -> Facts:
    return put(facts, epoch=99)


READERS = frame.Readers(
    packet=lambda packet, steps, facts: Reading(put(facts, now_ms=len(steps))),
    answer=frame.late_answer,
    connect_refused=lambda refused, step, facts: put(facts, epoch=refused.step_id),
    link_lost=_lost,
)


@pytest.mark.parametrize(
    "arrived",
    [
        Accepted(2),
        ConnectRefused(2, "no"),
        HandedOver(2),
        Answer(2, 200, True, {}),
        NoAnswer(2, left=True, reason="cut"),
    ],
)
def test_what_belongs_to_no_open_step_is_counted_and_changes_nothing(arrived: Arrived) -> None:
    assert frame.read(READERS, arrived, (opened(),), FACTS) == Reading(FACTS, (frame.LATE,))


@pytest.mark.parametrize(
    ("step", "arrived", "verdict"),
    [
        (Connect(), Accepted(1), VerdictStored(1)),
        (Connect(), ConnectRefused(1, None), VerdictLater(1, 0, "")),
        (Connect(), ConnectRefused(1, "no\nway"), VerdictLater(1, 0, "no way")),
        (SIGNAL, HandedOver(1), VerdictStored(1)),
        (RELAY, HandedOver(1), VerdictUnknown(1, "handed over")),
        (SIGNAL, Answer(1, 200, True, {}), VerdictLater(1, 0)),
        (RELAY, Answer(1, 200, True, {}), VerdictUnknown(1, "late answer")),
        (READ, NoAnswer(1, left=True, reason="cut"), VerdictLater(1, 0, "cut")),
        (WRITE, NoAnswer(1, left=False, reason="cut"), VerdictLater(1, 0, "cut")),
        (WRITE, NoAnswer(1, left=True, reason="cut"), VerdictUnknown(1, "cut")),
    ],
)
def test_every_step_gets_one_verdict(step: Step, arrived: Arrived, verdict: object) -> None:
    """A lost answer to what may have stored something is unknown, to anything else later."""
    assert frame.read(READERS, arrived, (opened(step),), FACTS).verdicts == (verdict,)


def test_a_new_socket_begins_as_the_loss_of_the_old_one_left_things() -> None:
    assert frame.read(READERS, LinkLost(), (), FACTS).facts.epoch == 99
    assert frame.read(READERS, Accepted(1), (opened(Connect()),), FACTS).facts.epoch == 99


def test_packets_see_all_that_is_open_and_ended_goals_are_forgotten() -> None:
    held = memory.at_stage(FACTS, GOAL.token, "half way")
    assert frame.read(READERS, Packet("x", ()), (opened(), opened(number=2)), held).facts.now_ms == 2
    forgotten = frame.read(READERS, GoalEnded(GOAL.token), (), held).facts
    assert memory.progress_of(forgotten, GOAL.token) == memory.FRESH
    assert frame.read(READERS, GoalEnded(8), (), held).facts == held


def test_a_handshake_tells_which_token_it_carried() -> None:
    assert frame.connected_with(opened(Connect(auth={"token": "abc"})), "token") == "abc"
    assert frame.connected_with(opened(Connect(auth=None)), "token") == ""
    assert frame.connected_with(opened(), "token") == ""


# -- progress ----------------------------------------------------------------------------------------------


def test_a_goal_at_its_end_or_at_rest_names_no_step() -> None:
    assert memory.settled(FACTS, 7) is None
    resting = memory.with_progress(FACTS, 7, memory.Progress(not_before_ms=NOW_MS + 250))
    assert memory.settled(resting, 7) == Wait(250)
    assert memory.settled(put(resting, now_ms=NOW_MS + 250), 7) is None
    assert memory.settled(memory.ended(FACTS, 7), 7) == Done()
    assert memory.settled(memory.parked(FACTS, 7, ParkReason.CLOSED, "over"), 7) == Parked(
        ParkReason.CLOSED, "over"
    )


def test_what_was_learnt_holds_for_its_time() -> None:
    held = memory.with_learnt(FACTS, "key", "yes")
    assert memory.learnt(held, "key") == "yes"
    assert memory.learnt(put(held, now_us=NOW_US + memory.DAY_US), "key") is None
    assert memory.learnt(held, "other") is None


def test_a_fingerprint_is_short_and_tells_tokens_apart() -> None:
    assert memory.fingerprint("") == ""
    assert len(memory.fingerprint("\ud800")) == 16
    assert memory.fingerprint("a") != memory.fingerprint("b")


# -- answers -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "wait_ms"),
    [
        ("7", 7_000),
        (" 7 ", 7_000),
        ("0", 1_000),
        ("99999999", replies.RETRY_AFTER_MOST_MS),
        ("9999999999", 123),
        ("Wed, 21 Oct 2026 07:28:00 GMT", 123),
        ("-3", 123),
        ("٣", 123),
        ("", 123),
    ],
)
def test_how_long_a_server_wants_us_to_wait(header: str, wait_ms: int) -> None:
    answer = Answer(1, 429, True, {}, {"retry-after": header})
    assert replies.retry_after_ms(answer, 123) == wait_ms


def test_a_read_is_tried_three_times_and_rests_between() -> None:
    """Each failure counts; the last one gives the goal up in the server's words."""
    answer = Answer(1, 500, True, {})
    facts = FACTS
    for failure in range(1, replies.READ_FAILURES):
        reading = replies.failed_read(opened(), answer, "broken", facts)
        assert reading.verdicts == (VerdictLater(1, replies.READ_AGAIN_MS),)
        assert progress(reading).failures == failure
        assert progress(reading).not_before_ms == NOW_MS + replies.READ_AGAIN_MS
        facts = reading.facts
    last = replies.failed_read(opened(), answer, "broken", facts)
    assert last.verdicts == (VerdictRefused(1, ParkReason.REFUSED, "broken"),)
    assert progress(last).end == Parked(ParkReason.REFUSED, "broken")


@pytest.mark.parametrize(
    ("status", "is_json", "reason", "words"),
    [
        (403, True, ParkReason.FORBIDDEN, "no"),
        (404, True, ParkReason.NOT_FOUND, "no"),
        (404, False, ParkReason.NOT_FOUND, ""),
        (400, True, ParkReason.REFUSED, "no"),
    ],
)
def test_a_read_that_is_refused_ends(status: int, is_json: bool, reason: ParkReason, words: str) -> None:
    reading = replies.failed_read(opened(), Answer(1, status, is_json, {}), "no", FACTS)
    assert reading.verdicts == (VerdictRefused(1, reason, words),)
    assert progress(reading).end == Parked(reason, words)


def test_a_read_that_comes_too_often_rests() -> None:
    answer = Answer(1, 429, True, {}, {"retry-after": "9"})
    reading = replies.failed_read(opened(), answer, "slow", FACTS)
    assert reading.verdicts == (VerdictLater(1, 9_000),)
    assert memory.settled(reading.facts, GOAL.token) == Wait(9_000)


@pytest.mark.parametrize(
    ("status", "is_json", "verdict"),
    [
        (429, True, VerdictLater(1, replies.RETRY_AFTER_MS, "no")),
        (404, False, VerdictLater(1, replies.OTHER_SERVER_MS)),
        (404, True, VerdictRefused(1, ParkReason.NOT_FOUND, "no")),
        (403, True, VerdictRefused(1, ParkReason.FORBIDDEN, "no")),
        (413, False, VerdictRefused(1, ParkReason.TOO_LONG, "no")),
        (422, True, VerdictRefused(1, ParkReason.REFUSED, "no")),
        (408, True, VerdictUnknown(1, "HTTP 408")),
        (500, True, VerdictUnknown(1, "HTTP 500")),
        (200, False, VerdictUnknown(1, "HTTP 200")),
    ],
)
def test_what_may_have_stored_something_is_refused_later_or_unknown(
    status: int, is_json: bool, verdict: object
) -> None:
    """Only a refusal proves that nothing was stored."""
    reading = replies.failed_write(opened(WRITE), Answer(1, status, is_json, {}), "no", FACTS)
    assert reading.verdicts == (verdict,)
    assert isinstance(progress(reading).end, Parked) is isinstance(verdict, VerdictRefused)


@pytest.mark.parametrize(
    ("status", "ours", "verdict"),
    [
        (401, True, VerdictStored(1)),
        (503, False, VerdictLater(1, replies.READ_AGAIN_MS, "hm")),
        (429, False, VerdictLater(1, replies.READ_AGAIN_MS, "hm")),
        (200, False, VerdictRefused(1, ParkReason.NOT_FOUND, "hm")),
    ],
)
def test_a_probe_tells_whether_a_server_is_of_this_platform(status: int, ours: bool, verdict: object) -> None:
    reading = replies.probed(opened(), Answer(1, status, True, {}), "hm", FACTS, ours=ours)
    assert reading.verdicts == (verdict,)


@pytest.mark.parametrize(
    ("status", "end", "stage"),
    [
        ("new", Done(), ""),
        ("old", None, "change"),
        ("other", Parked(ParkReason.CHANGED_MEANWHILE, "Other"), ""),
    ],
)
def test_a_look_before_a_change_tells_what_is_left_to_do(status: str, end: object, stage: str) -> None:
    goal = ChangeStatus(RemoteId("1"), "1", "old", "new")
    seen = OrderSeen(
        remote_id=RemoteId("1"), kind=OrderKind.ORDER, status=status, status_label=status.title()
    )
    facts = replies.compared(FACTS, GOAL.token, goal, seen, "change")
    assert memory.progress_of(facts, GOAL.token) == memory.Progress(stage=stage, end=end)  # type: ignore[arg-type]


# -- routes and tokens -------------------------------------------------------------------------------------


def test_nothing_remote_adds_a_segment_to_a_path() -> None:
    assert routes.path("/orders/{order}/files", order="../a b?c#d") == "/orders/..%2Fa%20b%3Fc%23d/files"


def test_a_request_carries_the_present_token() -> None:
    call = routes.get("/x", FACTS, "x", (("page", "1"),))
    assert routes.token_of(call) == "token"
    assert routes.token_of(READ) == ""
    assert routes.token_of(put(call, headers=(("Authorization", "Basic abc"),))) == ""


def token(**claims: Any) -> str:
    return jwt(claims)


@pytest.mark.parametrize(
    ("claims", "ahead_s", "expected"),
    [
        ({}, 0, (1, 0)),
        ({"exp": NOW_S + 100}, 0, (100_000_000, 0)),
        ({"iat": NOW_S, "exp": NOW_S + 100}, 0, (100_000_000, 25_000_000)),
        ({"iat": NOW_S, "exp": NOW_S + 4_000}, 0, (4_000_000_000, 600_000_000)),
        ({"iat": NOW_S, "exp": NOW_S + 100}, 40, (60_000_000, 25_000_000)),
        ({"iat": NOW_S + 200, "exp": NOW_S + 100}, 0, (100_000_000, 0)),
    ],
)
def test_a_token_is_renewed_in_the_last_quarter_of_its_life_at_most(
    claims: dict[str, int], ahead_s: int, expected: tuple[int, int]
) -> None:
    """On the server's clock, which a fresh token tells."""
    facts = tokens.clock_seen(FACTS, NOW_S + ahead_s)
    assert tokens.life_us(token(**claims), facts, 600_000) == expected


def test_a_clock_that_nobody_told_is_taken_for_ours() -> None:
    assert tokens.clock_seen(FACTS, "yesterday") == FACTS
    spoilt = memory.with_learnt(FACTS, "clock_offset_us", "soon")
    assert tokens.life_us(token(exp=NOW_S + 1), spoilt, 0) == (1_000_000, 0)


@pytest.mark.parametrize(
    ("access", "void", "barred", "expected"),
    [
        (token(exp=NOW_S + 60), "", "", None),
        ("opaque", "", "", None),
        (token(exp=NOW_S - 1), "", "", None),
        ("", "", "", NeedsPassword(NoticeCode.AUTH_REQUIRED)),
        ("opaque", memory.fingerprint("opaque"), "", NeedsPassword(NoticeCode.AUTH_REQUIRED)),
        ("opaque", "", "switched off", NeedsPassword(NoticeCode.FORBIDDEN, "switched off")),
    ],
)
def test_where_nothing_renews_a_token_only_the_password_helps(
    access: str, void: str, barred: str, expected: NeedsPassword | None
) -> None:
    assert tokens.only_password(facts_with(access), void=void, barred=barred) == expected


# -- the lane ----------------------------------------------------------------------------------------------


def test_the_holder_of_the_lane_is_whom_an_error_means() -> None:
    held = opened(put(RELAY, lane=sockets.LANE), 3)
    assert sockets.holder((opened(), opened(SIGNAL, 2), held)) is held
    assert sockets.holder((opened(),)) is None


@pytest.mark.parametrize(
    ("left", "reason", "stray"),
    [(True, "timeout", True), (True, "cancelled", True), (True, "cut", False), (False, "timeout", False)],
)
def test_what_was_given_up_may_still_be_answered_on_the_same_connection(
    left: bool, reason: str, stray: bool
) -> None:
    assert sockets.is_stray(NoAnswer(1, left, reason)) is stray


def test_words_about_haste_mean_that_nothing_was_done() -> None:
    reading = sockets.too_fast("Too many messages", opened(RELAY), FACTS)
    assert reading is not None
    assert reading.verdicts == (VerdictLater(1, replies.RETRY_AFTER_MS, "Too many messages"),)
    assert sockets.too_fast("Access denied", opened(RELAY), FACTS) is None
