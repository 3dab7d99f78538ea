"""Any JSON in any field of the recorded traffic: events or a counted drop, never an exception."""

from __future__ import annotations

from typing import Any

from chatdesk.domain.actions import Action, ActionKind, FindKind, Lookup
from chatdesk.domain.goals import (
    Act,
    ChangeStatus,
    Connected,
    DeleteMessage,
    Find,
    FreshHead,
    FreshLists,
    FreshNotifications,
    FreshOrder,
    GoalKind,
    Joined,
    MarkRead,
    OlderPage,
    Probe,
    SendText,
    SignIn,
    SignOut,
    Typing,
    Watched,
)
from chatdesk.domain.ids import Cursor, OutgoingId, RemoteId
from chatdesk.domain.kinds import OrderKind
from tests.platforms import fuzz
from tests.platforms.dispatcher import captures
from tests.platforms.dispatcher.acting import FORM, NOTE_ID
from tests.platforms.dispatcher.paper import NUMBER, ORDER, Paper

MESSAGE = RemoteId("6afffad76b94d13b6ec339aa")
BEFORE = Cursor("1795000000000000-6afffad76b94d13b6ec339aa")


def act(kind: ActionKind, **more: Any) -> Act:
    about = {"order": ORDER, "order_number": NUMBER, "order_kind": OrderKind.ORDER}
    return Act(Action(kind=kind, **{**about, **more}))


GOALS: tuple[GoalKind, ...] = (
    SignIn("x"),
    SignOut(),
    Connected(),
    Probe(),
    FreshLists(),
    FreshOrder(ORDER, NUMBER),
    FreshHead(ORDER),
    FreshHead(ORDER, complete=True),
    OlderPage(ORDER, BEFORE, 70),
    Joined(ORDER),
    SendText(ORDER, OutgoingId("0"), "0", "hello"),
    MarkRead(ORDER, BEFORE),
    DeleteMessage(ORDER, MESSAGE),
    ChangeStatus(ORDER, NUMBER, "pending", "processing"),
    Typing(ORDER, True),
    FreshNotifications(),
    Watched(ORDER, ORDER),
    Find(Lookup(kind=FindKind.ORDER, words="ORD")),
    act(ActionKind.START_CHAT),
    act(ActionKind.LEAVE_CHAT, conversation=ORDER),
    act(ActionKind.TAKE_OVER),
    act(ActionKind.LIST_FILES),
    act(ActionKind.ADD_FILE, path="/x/a.pdf", content_type="application/pdf", size_bytes=12),
    act(ActionKind.REMOVE_FILE, target="1795-a.pdf"),
    act(ActionKind.CREATE_ORDER, fields=FORM),
    act(ActionKind.NOTICE_READ, target=NOTE_ID),
    act(ActionKind.NOTICES_READ),
    act(ActionKind.NOTICE_DELETE, target=NOTE_ID),
)


def carrier() -> Paper:
    """A carrier at work."""
    return Paper()


def moderator() -> Paper:
    """A moderator at work."""
    return Paper("moderator")


def admin() -> Paper:
    """An administrator without a socket."""
    paper = Paper("admin")
    paper.cut()
    return paper


def test_any_json_in_any_field() -> None:
    """Whatever stands in a field of what was recorded, nothing raises, and nothing useless is told."""
    frames = [frame for name in captures.NAMES for frame in captures.load(name)["frames"]]
    samples = [
        sample for make in (carrier, moderator, admin) for sample in fuzz.samples_of(make, GOALS, frames)
    ]
    tally = fuzz.fuzz(carrier().adapter, samples, goals=GOALS)
    assert tally.dropped
    assert tally.told
