"""Any JSON in any field of the recorded traffic: events or a counted drop, never an exception."""

from __future__ import annotations

import msgspec

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
    MarkRead,
    OlderPage,
    Probe,
    SendText,
    SignIn,
    Typing,
)
from tests.platforms import fuzz
from tests.platforms.marketplace import captures
from tests.platforms.marketplace.paper import (
    EVERYTHING,
    OTHER,
    OUTGOING,
    RFQ,
    SEND,
    STRANGER,
    Paper,
    cursor,
    relay,
)

GOALS: tuple[GoalKind, ...] = (
    SignIn("x"),
    Connected(),
    FreshLists(),
    FreshOrder(RFQ, "00000401"),
    FreshHead(OTHER),
    FreshHead(STRANGER, complete=True),
    OlderPage(OTHER, cursor(1_001), 70),
    SEND,
    msgspec.structs.replace(SEND, conversation=STRANGER, approved=True),
    SendText(OTHER, OUTGOING, OUTGOING, " "),
    MarkRead(OTHER, EVERYTHING),
    ChangeStatus(RFQ, "00000401", "open", "closed"),
    Typing(OTHER, True),
    Probe(),
    FreshNotifications(),
    Find(Lookup(kind=FindKind.PRODUCT, words="drill")),
    Find(Lookup(kind=FindKind.PRODUCT, scope=FindScope.MINE)),
    Find(Lookup(kind=FindKind.RFQ)),
    Find(Lookup(kind=FindKind.PERSON, words="one")),
    Act(Action(kind=ActionKind.START_CHAT, person=STRANGER)),
    Act(
        Action(
            kind=ActionKind.CREATE_ORDER,
            fields={"title": "Drills", "description": "Bulk", "quantity": "100"},
        )
    ),
)
FRAMES = [frame for name in captures.NAMES for frame in captures.load(name)["frames"]]


def stored() -> Paper:
    """A seller at a server that stores, with unread messages, stored and relayed."""
    paper = Paper()
    paper.knows()
    paper.push("new_message", relay())
    return paper


def buyer() -> Paper:
    """A buyer, at a server of which nothing is known yet; the recordings' buyer."""
    return Paper("buyer", user_id=OTHER)


def live() -> Paper:
    """A seller at a server that stores nothing, the buyer there."""
    paper = Paper()
    paper.live()
    paper.push("new_message", relay())
    return paper


def test_any_json_in_any_field() -> None:
    """Whatever stands in a field of what was recorded, nothing raises, and nothing useless is told."""
    samples = [sample for make in (stored, buyer, live) for sample in fuzz.samples_of(make, GOALS, FRAMES)]
    tally = fuzz.fuzz(stored().adapter, samples, goals=GOALS)
    assert tally.dropped > tally.inputs // 50
    assert tally.told > tally.inputs // 10
    assert tally.verdicts > tally.inputs // 10
    assert tally.reasons["foreign"] > 0
