"""Marks on notifications on paper: the recorded exchanges, and what is remembered for them."""

from __future__ import annotations

import pytest

from chatdesk.domain.actions import Action, ActionKind, Result
from chatdesk.domain.arrivals import VerdictStored
from chatdesk.domain.events import NotificationSeen
from chatdesk.domain.goals import Act, FreshNotifications
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import ParkReason
from chatdesk.domain.steps import Parked
from tests.platforms.dispatcher.acting import NOTE_ID, act, frames, given
from tests.platforms.dispatcher.paper import (
    Paper,
    call_of,
    iso,
)

# -- notifications -----------------------------------------------------------------------------------------


def noticed(paper: Paper) -> dict[RemoteId, NotificationSeen]:
    return {event.remote_id: event for event in paper.events if isinstance(event, NotificationSeen)}


@pytest.mark.shows("dispatcher", "notifications", "yes")
def test_the_recorded_marks_and_deletions_of_notifications() -> None:
    """Each exchange of the capture by actor A: the page, one mark, a deletion, all marks."""
    page, *_ = frames("notifications", "GET", "/api/notifications", "A")
    paper = Paper()
    paper.want(FreshNotifications())
    given(paper, page)
    assert [one.unread for one in noticed(paper).values()] == [True, True, True]
    (mark,) = frames("notifications", "PATCH", "/api/notifications/mark-read", "A")
    call = call_of(act(paper, ActionKind.NOTICE_READ, target=str(NOTE_ID)))
    assert (call.method, call.path, call.body) == (mark["method"], mark["path"], mark["request_body"])
    before = len(paper.events)
    assert given(paper, mark) == VerdictStored(1, result=Result())
    (read,) = paper.events[before:]
    assert isinstance(read, NotificationSeen)
    assert (read.remote_id, read.unread, read.text) == (NOTE_ID, False, "three")
    (gone,) = frames("notifications", "DELETE", "/api/notifications/", "A")
    call = call_of(act(paper, ActionKind.NOTICE_DELETE, target=str(NOTE_ID)))
    assert (call.method, call.path) == (gone["method"], gone["path"])
    given(paper, gone)
    last = paper.events[-1]
    assert isinstance(last, NotificationSeen)
    assert (last.remote_id, last.gone, last.unread) == (NOTE_ID, True, False)
    (every,) = frames("notifications", "PATCH", "/api/notifications/mark-all-read", "A")
    call = call_of(act(paper, ActionKind.NOTICES_READ))
    assert (call.method, call.path, call.body) == (every["method"], every["path"], None)
    before = len(paper.events)
    given(paper, every)
    assert [one.unread for one in paper.events[before:] if isinstance(one, NotificationSeen)] == [False] * 2


def test_a_notification_that_is_gone_already_is_deleted_all_the_same() -> None:
    """As in the capture for somebody else's: not there for us."""
    (frame,) = frames("notifications", "DELETE", "/api/notifications/", "B")
    paper = Paper()
    act(paper, ActionKind.NOTICE_DELETE, target=str(NOTE_ID))
    assert given(paper, frame) == VerdictStored(1, result=Result())


def test_pushed_notifications_can_be_marked_too() -> None:
    """They need not have been listed before; only what was unread is told again."""
    paper = Paper()
    for number in range(3):
        paper.push(
            "notification", {"id": f"n{number}", "title": "t", "message": "m", "createdAt": iso(number)}
        )
    paper.want(Act(Action(kind=ActionKind.NOTICE_READ, target="n1")))
    paper.answer(200, {"success": True, "message": "ok"})
    act(paper, ActionKind.NOTICES_READ)
    before = len(paper.events)
    paper.answer(200, {"success": True, "message": "ok"})
    marked = [one.remote_id for one in paper.events[before:] if isinstance(one, NotificationSeen)]
    assert marked == ["n0", "n2"]


@pytest.mark.parametrize("target", ["", "../x", "a b"])
@pytest.mark.parametrize("kind", [ActionKind.NOTICE_READ, ActionKind.NOTICE_DELETE])
def test_what_is_no_notification_never_leaves(kind: ActionKind, target: str) -> None:
    """A malformed id would be a 500 there."""
    assert act(Paper(), kind, target=target) == Parked(ParkReason.NOT_FOUND)


def test_remembered_notifications_are_bounded() -> None:
    """The newest stay."""
    paper = Paper()
    for number in range(300):
        paper.push("notification", {"id": f"n{number}", "createdAt": iso(number * 1_000_000)})
    act(paper, ActionKind.NOTICES_READ)
    before = len(paper.events)
    paper.answer(200, {"success": True})
    marked = {one.remote_id for one in paper.events[before:] if isinstance(one, NotificationSeen)}
    assert marked == {f"n{number}" for number in range(100, 300)}
