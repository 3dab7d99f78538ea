"""Every frame of the person who sits here: what the client would want for it, or why nothing of it comes."""

from __future__ import annotations

import re
from typing import Any

import pytest

from chatdesk.domain.actions import Action, ActionKind
from chatdesk.domain.arrivals import VerdictStored
from chatdesk.domain.goals import (
    Act,
    ChangeStatus,
    DeleteMessage,
    FreshHead,
    FreshLists,
    FreshNotifications,
    FreshOrder,
    GoalKind,
    Joined,
    MarkRead,
    SendText,
    SignIn,
    SignOut,
    Typing,
)
from chatdesk.domain.ids import Cursor, OutgoingId, RemoteId
from chatdesk.domain.kinds import ParkReason
from chatdesk.domain.steps import Call, Emit, Parked
from tests.platforms.dispatcher import captures
from tests.platforms.dispatcher.acting import FORM
from tests.platforms.dispatcher.paper import ORDER, Paper, fresh_jwt

EVERY = pytest.mark.parametrize("name", captures.NAMES)
ANY_ID = r"[0-9a-f]{24}"
UNSERVED = [
    ("GET", r"/socket\.io/"),
    ("POST", r"/socket\.io/"),
    ("GET", r"/api/notifications/stats"),  # its numbers are unusable
    ("GET", r"/api/orders/statuses/\w+"),  # filters here count what is kept here
    ("GET", r"/api/users(/all)?"),  # nobody is talked to outside an order
    ("GET", rf"/api/orders/{ANY_ID}"),  # asked by number
    ("GET", r"/api/chat/orders/not-an-id/messages"),
    ("PATCH", rf"/api/notifications/{ANY_ID}"),  # archiving a notification
    ("POST", r"/api/notifications"),  # writing one
    ("POST", r"/api/chat/messages"),  # bodies that are no send
]
"""Recorded requests that no wish of a person makes here."""


def asked(kind: ActionKind, **more: Any) -> Act:
    return Act(Action(kind=kind, **more))


def goal_of(frame: captures.Frame) -> GoalKind | None:
    """What this client would want, for a recorded request to come of it; None: nothing of it does."""
    method, path, body = frame["method"], frame["path"], frame.get("request_body")
    fields = body if isinstance(body, dict) else {}
    if (method, path) == ("POST", "/api/chat/messages"):
        room, text = fields.get("orderId"), fields.get("message")
        if not isinstance(room, str) or not isinstance(text, str):
            return None
        return SendText(RemoteId(room), OutgoingId("0"), "0", text)
    if path == "/api/notifications/mark-read":
        return asked(ActionKind.NOTICE_READ, target=fields["notificationIds"][0])
    by_path: dict[tuple[str, str], GoalKind] = {
        ("POST", "/api/authorization/login"): SignIn(str(fields.get("password"))),
        ("POST", "/api/authorization/refresh-token"): FreshNotifications(),
        ("POST", "/api/authorization/logout"): SignOut(),
        ("GET", "/api/orders/paginated"): FreshLists(),
        ("GET", "/api/notifications"): FreshNotifications(),
        ("PATCH", "/api/notifications/mark-all-read"): asked(ActionKind.NOTICES_READ),
        ("POST", "/api/orders/create"): asked(ActionKind.CREATE_ORDER, fields=FORM),
    }
    return by_path.get((method, path)) or about(method, path)


def about(method: str, path: str) -> GoalKind | None:
    """As `goal_of`, where the subject stands in the path."""
    parts = path.split("/")
    tail = parts[-1]
    order = RemoteId(parts[3]) if len(parts) > 3 else ORDER
    of_file = {"order": order, "target": tail, "path": "/a"}
    by_pattern: list[tuple[str, str, GoalKind]] = [
        ("GET", rf"/api/chat/orders/{ANY_ID}/messages", FreshHead(RemoteId(parts[-2]))),
        ("DELETE", r"/api/chat/messages/[^/]+", DeleteMessage(ORDER, RemoteId(tail))),
        ("DELETE", rf"/api/notifications/{ANY_ID}", asked(ActionKind.NOTICE_DELETE, target=tail)),
        ("PUT", rf"/api/orders/{ANY_ID}/status", ChangeStatus(order, "ORD-1", "pending", "charged", False)),
        ("GET", rf"/api/orders/{ANY_ID}/files", asked(ActionKind.LIST_FILES, order=order)),
        ("POST", rf"/api/orders/{ANY_ID}/files", asked(ActionKind.ADD_FILE, order=order, path="/a")),
        ("GET", rf"/api/orders/{ANY_ID}/files/[^/]+", asked(ActionKind.SAVE_FILE, **of_file)),
        ("DELETE", rf"/api/orders/{ANY_ID}/files/[^/]+", asked(ActionKind.REMOVE_FILE, **of_file)),
        ("GET", r"/api/orders/ORD-\d+", FreshOrder(ORDER, tail)),
    ]
    fits = (kind for verb, form, kind in by_pattern if verb == method and re.fullmatch(form, path))
    return next(fits, None)


@EVERY
def test_every_request_has_its_place(name: str) -> None:
    """Some goal asks for it by the same method and route, and its answer is one verdict; or it is named."""
    for frame in captures.exchanges(captures.load(name)):
        if not frame["actor"].startswith("A"):
            continue
        kind = goal_of(frame)
        if kind is None:
            where = frame["method"], frame["path"]
            assert [form for verb, form in UNSERVED if verb == where[0] and re.fullmatch(form, where[1])], (
                where
            )
            continue
        refreshing = frame["path"].endswith("refresh-token")
        role = "admin" if isinstance(kind, ChangeStatus) else "user"
        paper = Paper(role, fresh_jwt(role, age_s=3_700) if refreshing else None)
        step = paper.want(kind)
        if isinstance(kind, SendText) and isinstance(step, Parked):
            assert step.reason in {ParkReason.EMPTY, ParkReason.NOT_FOUND}, frame["request_body"]
            continue
        assert isinstance(step, Call), (frame["path"], step)
        assert (step.method, step.path) == (frame["method"], frame["path"])
        reading = paper.answer(frame["status"], frame["response_body"], is_json=captures.says_json(frame))
        (verdict,) = reading.verdicts
        good = 200 <= frame["status"] < 300 and captures.says_json(frame)
        # The placeholders of recorded sign-ins are no tokens.
        if good and not isinstance(kind, SignIn):
            assert isinstance(verdict, VerdictStored), (frame["path"], verdict)


EMITS: dict[str, GoalKind] = {
    "join-order-room": Joined(ORDER),
    "leave-order-room": asked(ActionKind.LEAVE_CHAT, conversation=ORDER),
    "typing-start": Typing(ORDER, True),
    "typing-stop": Typing(ORDER, False),
    "mark-read": MarkRead(ORDER, Cursor("1")),
}


@EVERY
def test_every_event_has_its_place(name: str) -> None:
    """Each is what some goal emits, letter by letter; connecting is a step of its own."""
    for frame in captures.load(name)["frames"]:
        sent = (frame["channel"], frame["dir"]) == ("socket", "out") and frame["actor"].startswith("A")
        if not sent or frame["event"] == "connect":
            continue
        step = Paper().want(EMITS[frame["event"]])
        assert isinstance(step, Emit)
        assert (step.event, list(step.args)) == (frame["event"], frame["args"])
