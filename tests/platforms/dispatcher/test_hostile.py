"""Any JSON in any place: events, or a counted drop, never an exception."""

from __future__ import annotations

import json
import math
import random
from typing import Any

import msgspec
import pytest

from chatdesk.domain.actions import Action, ActionKind, FindKind, Lookup
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
)
from chatdesk.domain.events import Dropped
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
    Goal,
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
from chatdesk.domain.steps import Call, Connect, Emit
from chatdesk.platforms.dispatcher.adapter import DispatcherAdapter
from chatdesk.wire.dispatcher import names, texts
from tests.platforms.dispatcher import captures
from tests.platforms.dispatcher.acting import FORM
from tests.platforms.dispatcher.paper import NUMBER, ORDER, Paper, fresh_jwt, put

INPUTS = 40_000
EVENTS = sorted(
    value for name, value in vars(names).items() if name.startswith("EVENT_") and isinstance(value, str)
)
KEYS = sorted(
    {
        *("id", "_id", "orderId", "message", "messageType", "senderType", "isRead", "createdAt", "updatedAt"),
        *(
            "user",
            "email",
            "userId",
            "timestamp",
            "update",
            "order",
            "type",
            "status",
            "isTyping",
            "metadata",
        ),
        *("orderNumber", "actionUrl", "actionText", "title", "data", "meta", "totalItems", "itemsPerPage"),
        *(
            "totalPages",
            "accessToken",
            "refreshToken",
            "chatdesk",
            "version",
            "features",
            "files",
            "filename",
        ),
        *("originalname", "stops", "axleConfigs", "truck", "trailer", "moderator", "companyInfo", "seq"),
        *("clientId", "unreadCount", "lastMessage", "online", "lastSeen", "retryAfter", "event", "unread"),
        *(
            "lengthFt",
            "lengthIn",
            "permitStartDate",
            "originAddress",
            "carrierNumbers",
            "size",
            "year",
            "orderId",
        ),
    }
)
TEXTS = [
    *(
        "",
        " ",
        "\x00",
        "\ud800",
        "\u202e",
        "null",
        "<img src=x>",
        "../..",
        "x" * 5_000,
        "{}",
        "{0}",
        "%s",
        "ORD-100001",
    ),
    *("2026-11-20T07:46:31.180Z", "2026-13-45T99:99:99Z", "0001-01-01", "9999-12-31T23:59:59Z", "2026-W01-1"),
    *("2026-11-20T07:46:31+99:99", "1" * 39, "pending", "all", "text", "system", "View Message", "client_id"),
    *("65a000000000000000000201", "6b00000000000000000000ff", "z" * 24, "/dashboard/orders/ORD-1", "e1e1e1"),
    *(texts.ERR_DUPLICATE_KEY_PREFIX, texts.OK_HEALTH, "Too many", "a.b.c", "eyJhbGciOi.eyJhIjoxfQ.x"),
    *("eyJhbGciOi." + "W1tb" * 50 + ".x", "Invalid token"),
]
NUMBERS: list[Any] = [
    *(0, -0.0, 1, -1, 2**31, 2**53, 2**53 + 1, 2**63, 2**64, 10**30, -(10**30), 0.1, 1e308, 1.5, True, False),
    *(math.inf, -math.inf, math.nan, int("9" * 99)),
]


class Chance:
    """Random JSON, and recorded JSON with random damage; the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.bodies = [
            frame["response_body"]
            for name in captures.NAMES
            if name != "burst_100"
            for frame in captures.exchanges(captures.load(name))
        ]
        self.payloads = [
            (frame["event"], frame["args"])
            for name in captures.NAMES
            if name != "burst_100"
            for frame in captures.pushes(captures.load(name))
        ]

    def scalar(self) -> Any:
        kind = self.random.random()
        if kind < 0.5:
            return self.random.choice(TEXTS)
        if kind < 0.9:
            return self.random.choice(NUMBERS)
        return None

    def value(self, depth: int = 0) -> Any:
        kind = self.random.random()
        if depth > 4 or kind < 0.5:
            return self.scalar()
        if kind < 0.65:
            return [self.value(depth + 1) for _ in range(self.random.randint(0, 3))]
        return {self.key(): self.value(depth + 1) for _ in range(self.random.randint(0, 6))}

    def key(self) -> str:
        return self.random.choice(KEYS) if self.random.random() < 0.9 else self.random.choice(TEXTS)

    def damaged(self, whole: Any) -> Any:
        """A copy with one to four places replaced, removed, or added to."""
        copy = json.loads(json.dumps(whole))
        for _ in range(self.random.randint(1, 4)):
            copy = self._damage(copy, 0)
        return copy

    def _damage(self, value: Any, depth: int) -> Any:
        here = self.random.random() < 0.15 + 0.1 * depth
        if isinstance(value, dict) and value and not here:
            key = self.random.choice(list(value))
            if self.random.random() < 0.15:
                del value[key]
            else:
                value[key] = self._damage(value[key], depth + 1)
            return value
        if isinstance(value, list) and value and not here:
            at = self.random.randrange(len(value))
            value[at] = self._damage(value[at], depth + 1)
            return value
        return self.value(depth)


GOALS: list[GoalKind] = [
    SignIn("x"),
    SignOut(),
    Connected(),
    FreshLists(),
    FreshOrder(ORDER, NUMBER),
    FreshHead(ORDER),
    FreshHead(ORDER, known=frozenset({RemoteId("x")}), complete=True),
    OlderPage(ORDER, Cursor("1795161600000000:6b"), 70),
    Joined(ORDER),
    SendText(ORDER, OutgoingId("0"), "0", "hello"),
    MarkRead(ORDER, Cursor("1")),
    DeleteMessage(ORDER, RemoteId("6b" * 12)),
    ChangeStatus(ORDER, NUMBER, "pending", "charged"),
    Typing(ORDER, True),
    Probe(),
    FreshNotifications(),
    Watched(ORDER, ORDER),
    Find(Lookup(kind=FindKind.ORDER, words="Austin (")),
    *(
        Act(
            Action(
                kind=kind,
                order=ORDER,
                order_number=NUMBER,
                target="6b" * 12,
                path="/chosen/a.pdf",
                fields={**FORM, "truck": "TRK-7"},
            )
        )
        for kind in ActionKind
    ),
]
STATUSES = [
    200,
    200,
    200,
    200,
    200,
    201,
    204,
    302,
    400,
    401,
    403,
    404,
    404,
    409,
    413,
    429,
    499,
    500,
    503,
    599,
    0,
    999,
]


def arrival(chance: Chance, step: object) -> Arrived:
    """Something that may arrive, fitting the step more often than not."""
    kind = chance.random.random()
    if kind < 0.45:
        if chance.random.random() < 0.8:
            event, args = chance.random.choice(chance.payloads)
            return Packet(
                event, tuple(chance.damaged(arg) for arg in args) if chance.random.random() < 0.95 else ()
            )
        args = tuple(chance.value() for _ in range(chance.random.randint(0, 2)))
        return Packet(chance.random.choice([*EVENTS, "", "x"]), args)
    if isinstance(step, Call) and kind < 0.9:
        body = chance.damaged(chance.random.choice(chance.bodies))
        if chance.random.random() < 0.2:
            body = chance.value()
        is_json = chance.random.random() < 0.9
        headers = {"retry-after": str(chance.scalar())} if chance.random.random() < 0.3 else {}
        return Answer(1, chance.random.choice(STATUSES), is_json, body if is_json else str(body), headers)
    if isinstance(step, Emit) and kind < 0.8:
        return HandedOver(1)
    if isinstance(step, Connect) and kind < 0.8:
        words = chance.random.choice([None, "", texts.CONNECT_INVALID_TOKEN, "\ud800" * 9, "x" * 9_999])
        return ConnectRefused(1, words) if chance.random.random() < 0.5 else Accepted(1)
    others: list[Arrived] = [
        NoAnswer(1, chance.random.random() < 0.5, "cut"),
        NoAnswer(77, True, "timeout"),
        Answer(77, 200, True, chance.value()),
        LinkLost(),
        GoalEnded(chance.random.randint(0, 50)),
    ]
    return chance.random.choice(others)


@pytest.mark.parametrize("seed", range(4))
def test_nothing_that_arrives_raises(seed: int) -> None:
    """Forty thousand arrivals, damaged recordings and pure noise, into adapters with work under way.

    Every step gets exactly one verdict from what answers it, and every event can be stored: no lone
    surrogates, nothing that is no text where a text belongs.
    """
    chance = Chance(seed)
    encoder = msgspec.json.Encoder()
    dropped = told = 0
    paper = Paper("admin")
    for turn in range(INPUTS // 4):
        if turn % 15 == 0:
            paper = Paper(chance.random.choice(["user", "moderator", "admin", "", "\ud800"]))
            if chance.random.random() < 0.3:
                paper.facts = put(paper.facts, online=False)
        step = paper.want(chance.random.choice(GOALS)) if chance.random.random() < 0.7 else paper.again()
        arrived = arrival(chance, step)
        reading = paper.read(arrived)
        answered = getattr(arrived, "step_id", None) == 1 and isinstance(step, Call | Emit | Connect)
        assert len(reading.verdicts) == (1 if answered else 0), (step, arrived, reading.verdicts)
        encoder.encode(reading.events)  # a lone surrogate fails here
        encoder.encode(reading.verdicts)
        dropped += sum(isinstance(event, Dropped) for event in reading.events)
        told += len(reading.events)
        paper.again()
        paper.adapter.capabilities(paper.facts)
        paper.adapter.key_grade(paper.facts)
        if isinstance(step, Call):
            step.path.encode("ascii")
    assert told > INPUTS // 8
    assert dropped > INPUTS // 100


@pytest.mark.parametrize("depth", [100, 900])
def test_deep_nesting_is_only_a_strange_value(depth: int) -> None:
    """The decoder's own limit is met before; what it lets through is not walked."""
    value: Any = {"orderId": ORDER}
    for _ in range(depth):
        value = {"message": value, "data": [value] if depth < 200 else value, "update": 1}
    paper = Paper()
    for event in EVENTS:
        paper.push(event, value)
    paper.want(FreshHead(ORDER))
    paper.answer(200, value)


def test_an_answer_that_came_too_late_is_counted() -> None:
    """The engine has given the step up; nothing is done twice."""
    adapter = DispatcherAdapter()
    paper = Paper()
    reading = adapter.read(Answer(5, 201, True, {}), (), paper.facts)
    assert reading.events == (Dropped(reason="late_answer"),)
    assert reading.verdicts == ()
    opened = OpenStep(1, Goal(1, Typing(ORDER, True)), Emit(event="typing-start", args=(ORDER,)))
    reading = adapter.read(Answer(1, 201, True, {}), (opened,), paper.facts)
    assert len(reading.verdicts) == 1


def test_facts_never_show_a_token() -> None:
    """What ends up in a traceback or a log names no secret."""
    paper = Paper(access=fresh_jwt(age_s=3_700))
    step = paper.want(FreshNotifications())
    for shown in (repr(paper.facts), repr(step), repr(paper.want(SignIn("Passw0rd!x")))):
        assert "eyJ" not in shown
        assert "refresh-1" not in shown
        assert "Passw0rd" not in shown
    paper.facts = put(paper.facts, online=False)
    assert "eyJ" not in repr(Paper().want(Connected()))
