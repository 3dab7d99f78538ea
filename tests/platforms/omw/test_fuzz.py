"""Any JSON in any field of the recorded traffic: events or a counted drop, never an exception."""

from __future__ import annotations

from typing import Any

from chatdesk.domain.actions import Action, ActionKind, Attachment, Extras
from chatdesk.domain.arrivals import Packet
from chatdesk.domain.goals import (
    Act,
    AskForOtp,
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
from chatdesk.domain.ids import OutgoingId, RemoteId
from chatdesk.domain.kinds import MessageKind
from tests.platforms import fuzz
from tests.platforms.omw import captures
from tests.platforms.omw.paper import BOOKING, SESSION, Paper, cursor, session, sessions


def act(kind: ActionKind, **more: Any) -> Act:
    return Act(Action(kind=kind, conversation=SESSION, order=OFFER, **more))


OFFER = RemoteId("213")
"""The booking of the recorded request."""
FILE = Attachment(url="/uploads/chat/file-1-1.png", name="before.png", size_bytes=70)
SEND = SendText(SESSION, OutgoingId("0"), "0", "hello")
GOALS: tuple[GoalKind, ...] = (
    SignIn("x"),
    SignIn("", "customer", "123456"),
    AskForOtp(),
    Connected(),
    FreshLists(),
    FreshOrder(BOOKING, BOOKING),
    FreshHead(SESSION),
    FreshHead(SESSION, complete=True),
    OlderPage(SESSION, cursor(1_001), 70),
    Joined(SESSION),
    SEND,
    SendText(SESSION, OutgoingId("1"), "1", "before.png", MessageKind.IMAGE, Extras(attachments=(FILE,))),
    MarkRead(SESSION, cursor(1_001)),
    ChangeStatus(BOOKING, BOOKING, "assigned", "accepted"),
    Typing(SESSION, True),
    Probe(),
    act(ActionKind.START_CHAT),
    act(ActionKind.END_CHAT),
    act(ActionKind.DELETE_CHAT),
    act(ActionKind.LEAVE_CHAT),
    act(ActionKind.ACCEPT),
    act(ActionKind.REJECT),
    act(ActionKind.REQUEST_CODE),
    act(ActionKind.CONFIRM_CODE, fields={"code": "123456"}),
    act(ActionKind.UPLOAD, path="/x/before.png"),
)


def desk() -> Paper:
    """A worker with two sessions that the list has had; one of them is missing in the recorded lists."""
    paper = Paper()
    paper.want(FreshLists())
    paper.answer(200, sessions(session(), session(77, 177)))
    return paper


def customer() -> Paper:
    """The other side of the same sessions."""
    paper = Paper("customer", user_id="201")
    paper.want(FreshLists())
    paper.answer(200, sessions(session(user_role="customer")))
    return paper


def offline() -> Paper:
    """A worker without a socket."""
    paper = desk()
    paper.cut()
    return paper


def failing() -> Paper:
    """A worker whose send has failed in the server's own words, and is to be looked for."""
    paper = desk()
    paper.joined()
    paper.want(SEND)
    paper.fails("Failed to send message")
    paper.later(1_000)
    return paper


def doubting() -> Paper:
    """A worker to whom a session was denied: it is to be read."""
    paper = desk()
    paper.joined()
    paper.want(SEND)
    paper.fails("Access denied to this chat session")
    return paper


PROMISED: dict[str, dict[str, Any]] = {
    "status_update": {"booking_id": 109, "status": "arrived", "message": "x"},
    "booking_status_updated": {"booking_id": 109, "status": "arrived"},
    "bookings:assigned": {"booking_id": 109, "provider_id": 7},
    "booking_requests:new": {"request_id": 188, "booking_id": 213, "status": "pending", "message": "x"},
    "trip_progress": {"booking_id": 109, "progress": 40, "eta": 12},
    "trip:location_update": {
        "booking_id": 109,
        "location": {"lat": 51.5, "lng": -0.12},
        "speed_kmh": 36.5,
        "bearing": 270,
        "timestamp": 1_795_161_600_000,
    },
    "otp_verified": {"booking_id": 109, "status": "in_progress"},
    "user_status_update": {"userId": 201, "isOnline": True, "lastSeen": "2026-11-20T07:00:00Z"},
    "error": {"message": "Too many messages"},
}
"""Events of the specification that no recording has."""


def test_any_json_in_any_field() -> None:
    """Whatever stands in a field of what was recorded, nothing raises, and nothing useless is told."""
    frames = [frame for name in captures.NAMES for frame in captures.load(name)["frames"]]
    samples = [
        sample for make in (desk, customer, offline) for sample in fuzz.samples_of(make, GOALS, frames)
    ]
    for make in (failing, doubting):
        samples += fuzz.samples_of(make, (SEND, MarkRead(SESSION, cursor(1_001))), frames)
    samples += [
        fuzz.Sample(desk().facts, (), Packet(event, (payload,))) for event, payload in PROMISED.items()
    ]
    tally = fuzz.fuzz(desk().adapter, samples, goals=GOALS)
    assert tally.dropped > tally.inputs // 50
    assert tally.told > tally.inputs // 10
    assert tally.verdicts > tally.inputs // 10
