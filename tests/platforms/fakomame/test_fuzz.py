"""Any JSON in any field of the recorded traffic: events or a counted drop, never an exception."""

from __future__ import annotations

from chatdesk.domain.actions import Action, ActionKind, FindKind, FindScope, Lookup
from chatdesk.domain.goals import (
    Act,
    ChangeStatus,
    Connected,
    Find,
    FreshHead,
    FreshLists,
    FreshNotifications,
    FreshOrder,
    GoalKind,
    Joined,
    OlderPage,
    Probe,
    SignIn,
    SignOut,
    Typing,
    Watched,
)
from chatdesk.domain.kinds import OrderKind
from tests.platforms import fuzz
from tests.platforms.fakomame import captures
from tests.platforms.fakomame.paper import (
    CHAT,
    NOTICE,
    OTHER,
    PACKAGE,
    SEND,
    TRIP,
    Paper,
    chat,
    cursor,
    record,
)

GOALS: tuple[GoalKind, ...] = (
    SignIn("x"),
    SignOut(),
    Probe(),
    Connected(),
    FreshLists(),
    FreshOrder(PACKAGE, ""),
    FreshOrder(TRIP, ""),
    Watched(PACKAGE, CHAT),
    FreshHead(CHAT),
    FreshHead(CHAT, complete=True),
    OlderPage(CHAT, cursor(5), 70),
    Joined(CHAT),
    SEND,
    ChangeStatus(PACKAGE, "", "POSTED", "CANCELLED"),
    Typing(CHAT, True),
    FreshNotifications(),
    Act(Action(kind=ActionKind.LEAVE_CHAT, conversation=CHAT)),
    Act(Action(kind=ActionKind.NOTICE_READ, target=NOTICE)),
    Act(Action(kind=ActionKind.NOTICES_READ)),
    Act(Action(kind=ActionKind.NOTICE_DELETE, target=NOTICE)),
    Act(Action(kind=ActionKind.START_CHAT, order=PACKAGE, order_kind=OrderKind.PACKAGE, person=OTHER)),
    Find(Lookup(kind=FindKind.PACKAGE, words="box")),
    Find(Lookup(kind=FindKind.PACKAGE, scope=FindScope.SENT, words="123")),
    Find(Lookup(kind=FindKind.TRIP, scope=FindScope.MINE)),
)


def desk() -> Paper:
    """A sender with a chat that the list has had and that has let us in."""
    paper = Paper()
    paper.lists(chat(CHAT, record(1)))
    paper.join(CHAT, record(1), record(2))
    return paper


def lonely() -> Paper:
    """The same without a socket, before the server has said whose the token is."""
    paper = Paper(known=False)
    paper.cut()
    return paper


def test_any_json_in_any_field() -> None:
    """Whatever stands in a field of what was recorded, nothing raises, and nothing useless is told."""
    frames = [frame for name in captures.NAMES for frame in captures.load(name)["frames"]]
    samples = [*fuzz.samples_of(desk, GOALS, frames), *fuzz.samples_of(lonely, GOALS, frames)]
    tally = fuzz.fuzz(desk().adapter, samples, goals=GOALS)
    assert tally.dropped > tally.inputs // 50
    assert tally.told > tally.inputs // 10
    assert tally.verdicts > tally.inputs // 10
