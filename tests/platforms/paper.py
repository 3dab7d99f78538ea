"""Any adapter on paper: goals, answers and packets by hand, without a loop, a socket or a clock.

A platform's own `paper.py` subclasses `PaperDesk` with its account, and adds the records of its server.
"""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import Mapping
from typing import Any

import msgspec

from chatdesk.domain.arrivals import (
    Accepted,
    Answer,
    Arrived,
    ConnectRefused,
    HandedOver,
    LinkLost,
    NoAnswer,
    OpenStep,
    Packet,
    Reading,
    Verdict,
)
from chatdesk.domain.events import Event
from chatdesk.domain.facts import AccountFacts, Facts, Learnt
from chatdesk.domain.goals import Goal, GoalKind
from chatdesk.domain.ports import Adapter
from chatdesk.domain.steps import Call, Connect, Emit, Listen, Next, Step, Unlisten

NOW_US = 1_795_161_600_000_000
"""2026-11-20T08:00:00Z."""
HTML_404 = "<!DOCTYPE html><html><body><pre>Cannot GET /api/x</pre></body></html>"
STEPS = (Call, Emit, Connect, Listen, Unlisten)

put = msgspec.structs.replace


class PaperDesk:
    """One account, online, at a moment that stands still until `later` moves it. Its open step has id 1."""

    def __init__(
        self, adapter: Adapter, account: AccountFacts, learnt: Mapping[str, Learnt] | None = None
    ) -> None:
        self.adapter = adapter
        facts = adapter.facts(account, learnt or {})
        self.facts: Facts = put(facts, now_ms=1_000_000, now_us=NOW_US, epoch=1, online=True)
        self.goal = Goal(0, msgspec.NODEFAULT)  # type: ignore[arg-type]
        self.step: Next | None = None
        self.events: list[Event] = []
        self._ids = itertools.count(1)

    # -- time and questions

    def later(self, ms: int) -> None:
        """Let time pass."""
        self.facts = put(self.facts, now_ms=self.facts.now_ms + ms, now_us=self.facts.now_us + ms * 1_000)

    def want(self, kind: GoalKind) -> Next:
        """Begin a goal: its first step."""
        self.goal = Goal(next(self._ids), kind)
        return self.again()

    def again(self) -> Next:
        """Ask for the goal's next step."""
        self.step = self.adapter.next(self.goal, self.facts)
        return self.step

    def opened(self) -> tuple[OpenStep, ...]:
        """The step asked for last, if it is one that something can answer."""
        step = self.step
        return (OpenStep(1, self.goal, step),) if isinstance(step, STEPS) else ()

    # -- what arrives

    def read(self, arrived: Arrived) -> Reading:
        """Hand something over."""
        reading = self.adapter.read(arrived, self.opened(), self.facts)
        self.facts = reading.facts
        self.events += reading.events
        return reading

    def answer(
        self, status: int, body: Any = None, *, is_json: bool = True, headers: Mapping[str, str] | None = None
    ) -> Reading:
        """An HTTP answer to the step asked for last."""
        return self.read(Answer(1, status, is_json, body, headers or {}))

    def verdict(self, status: int, body: Any = None, **more: Any) -> Verdict:
        """The one verdict of an HTTP answer."""
        (verdict,) = self.answer(status, body, **more).verdicts
        return verdict

    def nothing(self, reason: str = "timeout", *, left: bool = True) -> Verdict:
        """No answer to the step asked for last."""
        (verdict,) = self.read(NoAnswer(1, left, reason)).verdicts
        return verdict

    def handed_over(self) -> Reading:
        """The event was given to the socket."""
        return self.read(HandedOver(1))

    def refused(self, words: str | None) -> Reading:
        """The handshake asked for last was refused."""
        return self.read(ConnectRefused(1, words))

    def accepted(self) -> Reading:
        """The server has taken the socket, as the engine tells it."""
        self.facts = put(self.facts, online=True, epoch=self.facts.epoch + 1)
        return self.read(Accepted(1))

    def streams(self) -> Reading:
        """The server has opened the stream asked for last; the socket stays as it is."""
        return self.read(Accepted(1))

    def cut(self) -> None:
        """The socket is gone."""
        self.facts = put(self.facts, online=False)
        self.read(LinkLost())

    def packet(self, event: str, *args: Any) -> Reading:
        """One socket event, with the step asked for last still open."""
        return self.read(Packet(event, args))

    def push(self, event: str, *args: Any) -> list[Event]:
        """One socket event that no step waits for: what it means."""
        self.step = None
        return list(self.packet(event, *args).events)


def jwt(claims: Mapping[str, Any]) -> str:
    """A JSON web token with a signature of nobody."""
    parts = [json.dumps(part).encode() for part in ({"alg": "HS256", "typ": "JWT"}, claims)]
    return ".".join(
        [*(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts), "c2lnbmF0dXJl"]
    )


def call_of(step: Next | None) -> Call:
    """The step as the HTTP exchange that it must be."""
    assert isinstance(step, Call), step
    return step


def emit_of(step: Next | None) -> Emit:
    """The step as the socket event that it must be."""
    assert isinstance(step, Emit), step
    return step


def step_of(step: Next | None) -> Step:
    """The step, whichever sort of step it is."""
    assert isinstance(step, STEPS), step
    return step
