"""Any JSON in any field of the recorded traffic: events or a counted drop, never an exception."""

from __future__ import annotations

from chatdesk.domain.ids import OutgoingId
from chatdesk.domain.ports import (
    ChangeStatus,
    Connected,
    FreshHead,
    FreshLists,
    FreshOrder,
    GoalKind,
    Joined,
    MarkRead,
    OlderPage,
    Probe,
    SendText,
    SignIn,
    Typing,
)
from tests.platforms import fuzz
from tests.platforms.omw import captures
from tests.platforms.omw.paper import BOOKING, SESSION, Paper, cursor, session, sessions

GOALS: tuple[GoalKind, ...] = (
    SignIn("x"),
    SignIn("", "customer", "123456"),
    Connected(),
    FreshLists(),
    FreshOrder(BOOKING, BOOKING),
    FreshHead(SESSION),
    FreshHead(SESSION, complete=True),
    OlderPage(SESSION, cursor(1_001), 70),
    Joined(SESSION),
    SendText(SESSION, OutgoingId("0"), "0", "hello"),
    MarkRead(SESSION, cursor(1_001)),
    ChangeStatus(BOOKING, BOOKING, "assigned", "accepted"),
    Typing(SESSION, True),
    Probe(),
)


def desk() -> Paper:
    """A worker with a session that the list has had."""
    paper = Paper()
    paper.want(FreshLists())
    paper.answer(200, sessions(session()))
    return paper


def test_any_json_in_any_field() -> None:
    """Whatever stands in a field of what was recorded, nothing raises, and nothing useless is told."""
    frames = [frame for name in captures.NAMES for frame in captures.load(name)["frames"]]
    samples = fuzz.samples_of(desk, GOALS, frames)
    tally = fuzz.fuzz(desk().adapter, samples, goals=GOALS)
    assert tally.dropped > tally.inputs // 50
    assert tally.told > tally.inputs // 10
    assert tally.verdicts > tally.inputs // 10
