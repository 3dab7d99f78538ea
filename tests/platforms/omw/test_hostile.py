"""Any JSON in any place: events, or a counted drop, never an exception."""

from __future__ import annotations

import json
import math
import random
from typing import Any

import msgspec
import pytest

from chatdesk.domain.events import Dropped
from chatdesk.domain.ids import Cursor, OutgoingId, RemoteId
from chatdesk.domain.ports import (
    Accepted,
    Answer,
    Arrived,
    Call,
    ChangeStatus,
    Connect,
    Connected,
    ConnectRefused,
    DeleteMessage,
    Emit,
    FreshHead,
    FreshLists,
    FreshNotifications,
    FreshOrder,
    GoalEnded,
    GoalKind,
    HandedOver,
    Joined,
    LinkLost,
    MarkRead,
    NoAnswer,
    OlderPage,
    Packet,
    Probe,
    SendText,
    SignIn,
    SignOut,
    Typing,
)
from chatdesk.platforms.omw.adapter import OmwAdapter
from chatdesk.wire.omw import names, texts
from tests.platforms.omw import captures
from tests.platforms.omw.paper import BOOKING, SESSION, Paper, cursor, fresh_jwt, jwt, put

INPUTS = 5_000
EVENTS = [
    *sorted(value for name, value in vars(names).items() if name.startswith("EVENT_")),
    *names.EVENTS_OF_LISTS,
    *names.EVENTS_OF_TRIPS,
    *names.EVENTS_OF_MOVEMENT,
]
KEYS = [
    *(
        "id",
        "session_id",
        "sessionId",
        "messageId",
        "messageIds",
        "messages",
        "hasMore",
        "userId",
        "readerId",
    ),
    *(
        "isTyping",
        "sender_id",
        "message_type",
        "content",
        "is_read",
        "created_at",
        "message",
        "error",
        "token",
    ),
    *(
        "user",
        "sessions",
        "session",
        "booking_id",
        "service_status",
        "unread_count",
        "participants",
        "status",
    ),
    *(
        "customer_id",
        "provider_id",
        "is_online",
        "last_seen_at",
        "booking_requests",
        "request_id",
        "bookings",
    ),
    *("booking", "pagination", "pages", "lastId", "user_role", "isOnline", "lastSeen", "service_name"),
]
TEXTS = [
    *("", " ", "\x00", "\ud800", "\u202e", "null", "<img src=x>", "../..", "x" * 5_000, "{0}", "%s"),
    *(
        "41",
        "041",
        "41abc",
        "\u0664\u0661",
        "9" * 16,
        "9" * 17,
        "1e3",
        "-1",
        "0",
        "true",
        "1001",
        "201",
        "202",
    ),
    *("2026-11-20 13:10:51", "2026-11-20T07:40:51.906Z", "0001-01-01 00:00:00", "9999-12-31 23:59:59"),
    *("2026-13-45 99:99:99", "2026-11-20T07:46:31+99:99", "text", "system", "audio", "completed", "assigned"),
    *(texts.ERR_ACCESS, texts.ERR_SEND, texts.ERR_JOIN, texts.ERR_TOKEN, texts.ERR_NO_SESSION, "Too many"),
    *("online", "offline", "a.b.c", fresh_jwt(), jwt({"id": [1], "exp": 1e300}), "customer", "provider"),
    *(texts.ERR_ROLE_PREFIX + "x. " + texts.ERR_ROLES + "customer, \ud800", texts.ERR_NO_TOKEN),
]
NUMBERS: list[Any] = [
    *(0, -0.0, 1, -1, 41, 1001, 2**31, 2**53, 2**53 + 1, 2**64, 10**30, 0.1, 1e308, 1.5, True, False),
    *(math.inf, -math.inf, math.nan, int("9" * 99)),
]
GOALS: list[GoalKind] = [
    SignIn("x"),
    SignIn("", "customer", "123456"),
    SignOut(),
    Connected(),
    FreshLists(),
    FreshOrder(BOOKING, BOOKING),
    FreshHead(SESSION),
    FreshHead(SESSION, known=frozenset({RemoteId("1001"), RemoteId("x")}), complete=True),
    OlderPage(SESSION, cursor(1_001), 70),
    OlderPage(SESSION, Cursor("\ud800"), -5),
    Joined(SESSION),
    Joined(RemoteId("../x")),
    SendText(SESSION, OutgoingId("0"), "0", "hello \ud800"),
    SendText(RemoteId("041"), OutgoingId("1"), "1", "hello"),
    MarkRead(SESSION, cursor(1_001)),
    DeleteMessage(SESSION, RemoteId("1001")),
    ChangeStatus(BOOKING, BOOKING, "assigned", "accepted"),
    ChangeStatus(BOOKING, BOOKING, "pending", "accepted"),
    Typing(SESSION, True),
    Probe(),
    FreshNotifications(),
]
STATUSES = [*(200,) * 6, 201, 204, 302, 400, 401, 403, 403, 404, 404, 408, 413, 429, 500, 503, 0, 999]


class Chance:
    """Random JSON, and recorded JSON with random damage; the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        recorded = [captures.load(name) for name in captures.NAMES if name != "burst_100"]
        self.bodies = [frame["response_body"] for one in recorded for frame in captures.exchanges(one)]
        self.payloads = [
            (frame["event"], frame["args"]) for one in recorded for frame in captures.pushes(one)
        ]

    def scalar(self) -> Any:
        kind = self.random.random()
        if kind < 0.5:
            return self.random.choice(TEXTS)
        return self.random.choice(NUMBERS) if kind < 0.9 else None

    def value(self, depth: int = 0) -> Any:
        kind = self.random.random()
        if depth > 4 or kind < 0.4:
            return self.scalar()
        if kind < 0.6:
            return [self.value(depth + 1) for _ in range(self.random.randint(0, 3))]
        return {self.random.choice(KEYS): self.value(depth + 1) for _ in range(self.random.randint(0, 6))}

    def damaged(self, whole: Any) -> Any:
        """A copy with one to four places replaced or removed."""
        copy = json.loads(json.dumps(whole))
        for _ in range(self.random.randint(1, 4)):
            copy = self._damage(copy, 0)
        return copy

    def _damage(self, value: Any, depth: int) -> Any:
        here = self.random.random() < 0.1 + 0.1 * depth
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


def arrival(chance: Chance, step: object) -> Arrived:
    """Something that may arrive, fitting the step more often than not."""
    kind = chance.random.random()
    if kind < 0.4:
        if chance.random.random() < 0.7:
            event, args = chance.random.choice(chance.payloads)
            return Packet(event, tuple(chance.damaged(arg) for arg in args))
        args = [chance.value() for _ in range(chance.random.randint(0, 2))]
        return Packet(chance.random.choice([*EVENTS, "", "x"]), tuple(args))
    if isinstance(step, Call) and kind < 0.92:
        body = chance.damaged(chance.random.choice(chance.bodies))
        if chance.random.random() < 0.25:
            body = chance.value()
        is_json = chance.random.random() < 0.9
        headers = {"retry-after": str(chance.scalar()), "date": str(chance.scalar())}
        return Answer(1, chance.random.choice(STATUSES), is_json, body if is_json else str(body), headers)
    if isinstance(step, Emit) and kind < 0.7:
        return NoAnswer(
            1, chance.random.random() < 0.8, chance.random.choice(["timeout", "cut", "cancelled"])
        )
    if isinstance(step, Emit | Connect) and kind < 0.85:
        words = chance.random.choice([None, "", texts.CONNECT_NO_USER, "\ud800" * 9, "x" * 9_999])
        ends: list[Arrived] = [ConnectRefused(1, words), Accepted(1), HandedOver(1)]
        return chance.random.choice(ends)
    others: list[Arrived] = [
        NoAnswer(1, chance.random.random() < 0.5, "cut"),
        NoAnswer(77, True, "timeout"),
        Answer(77, 200, True, chance.value()),
        LinkLost(),
        GoalEnded(chance.random.randint(0, 50)),
    ]
    return chance.random.choice(others)


@pytest.mark.parametrize("seed", range(2))
def test_nothing_that_arrives_raises(seed: int) -> None:
    """Five thousand arrivals, damaged recordings and pure noise, into adapters with work under way.

    Every step gets exactly one verdict from what answers it, none from anything else but a packet, and every
    event can be stored: no lone surrogates, nothing that is no text where a text belongs.
    """
    chance = Chance(seed)
    encoder = msgspec.json.Encoder()
    dropped = told = 0
    paper = Paper()
    for turn in range(INPUTS // 2):
        if turn % 15 == 0:
            paper = Paper(chance.random.choice(["worker", "customer", "admin", "", "\ud800"]))
            if chance.random.random() < 0.3:
                paper.facts = put(paper.facts, online=False)
            elif chance.random.random() < 0.7:
                paper.joined()
        step = paper.want(chance.random.choice(GOALS)) if chance.random.random() < 0.6 else paper.again()
        arrived = arrival(chance, step)
        reading = paper.read(arrived)
        opened = isinstance(step, Call | Emit | Connect)
        if isinstance(arrived, Packet):
            assert len(reading.verdicts) <= (1 if opened else 0)
        else:
            answered = getattr(arrived, "step_id", None) == 1 and opened
            assert len(reading.verdicts) == (1 if answered else 0), (step, arrived, reading.verdicts)
        encoder.encode(reading.events)  # a lone surrogate fails here
        encoder.encode(reading.verdicts)
        dropped += sum(isinstance(event, Dropped) for event in reading.events)
        told += len(reading.events)
        after = paper.again()
        if isinstance(after, Call):
            after.path.encode("ascii")
        if isinstance(after, Emit):
            assert isinstance(after.args[0]["sessionId"], int)
        paper.adapter.capabilities(paper.facts)
        paper.later(chance.random.choice([0, 100, 20_000]))
    assert told > INPUTS // 10
    assert dropped > INPUTS // 100


@pytest.mark.parametrize("depth", [100, 900])
def test_deep_nesting_is_only_a_strange_value(depth: int) -> None:
    """The decoder's own limit is met before; what it lets through is not walked."""
    value: Any = {"sessionId": 41}
    for _ in range(depth):
        value = {"message": value, "messages": [value] if depth < 200 else value, "sessionId": 41, "id": 5}
    paper = Paper()
    for event in EVENTS:
        paper.push(event, value)
    paper.want(FreshHead(SESSION))
    assert paper.answer(200, value).verdicts


def test_an_answer_that_came_too_late_is_counted() -> None:
    """The engine has given the step up; nothing is done twice."""
    reading = OmwAdapter().read(Answer(5, 200, True, {}), (), Paper().facts)
    assert reading.events == (Dropped(reason="late_answer"),)
    assert reading.verdicts == ()


def test_facts_never_show_a_token() -> None:
    """What ends up in a traceback or a log names no secret."""
    paper = Paper()
    step = paper.want(FreshLists())
    for shown in (repr(paper.facts), repr(step), repr(paper.want(SignIn("Passw0rd!x", otp="123456")))):
        assert "eyJ" not in shown
        assert "Passw0rd" not in shown
        assert "123456" not in shown
    paper.facts = put(paper.facts, online=False)
    assert "eyJ" not in repr(paper.want(Connected()))
