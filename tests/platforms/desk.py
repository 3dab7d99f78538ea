"""A small engine for tests: pursues goals with a real adapter and a real client, and keeps what came."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from chatdesk.domain.arrivals import (
    Accepted,
    Arrived,
    GoalEnded,
    LinkLost,
    Moved,
    OpenStep,
    Packet,
    Verdict,
    VerdictLater,
    VerdictUnknown,
)
from chatdesk.domain.events import Event
from chatdesk.domain.facts import AccountFacts, Facts, Secrets
from chatdesk.domain.goals import Goal, GoalKind
from chatdesk.domain.ports import Adapter, Client
from chatdesk.domain.steps import Done, Emit, NeedsPassword, Next, Parked, Wait
from chatdesk.platforms import loose

E = TypeVar("E")
put = msgspec.structs.replace


class Desk:
    """One account. `events`, `arrived` and `verdicts` are in the order in which they came."""

    def __init__(self, adapter: Adapter, client: Client, server_url: str, login: str) -> None:
        self.adapter = adapter
        self.client = client
        self.facts: Facts = adapter.facts(AccountFacts(server_url=server_url, login=login), {})
        self.events: list[Event] = []
        self.arrived: list[Arrived] = []
        self.verdicts: list[Verdict] = []
        self.steps: list[Any] = []
        self._open: dict[int, OpenStep] = {}
        self._ids = itertools.count(1)
        client.listener = self.hear

    def signed_in(self, access: str, refresh: str, user_id: str, role: str) -> None:
        """Take up an account whose tokens are known."""
        account = put(self.facts.account, secrets=Secrets(access, refresh), user_id=user_id, role=role)
        self.facts = put(self.facts, account=account)

    def hear(self, arrived: Arrived | Moved) -> None:
        if isinstance(arrived, Moved):
            return  # the engine keeps it from adapters, too
        self._now()
        if isinstance(arrived, Accepted):
            self.facts = put(self.facts, online=True, epoch=self.facts.epoch + 1)
        if isinstance(arrived, LinkLost):
            self.facts = put(self.facts, online=False)
        self.arrived.append(arrived)
        reading = self.adapter.read(arrived, tuple(self._open.values()), self.facts)
        self.facts = reading.facts
        self.events += reading.events
        self.verdicts += reading.verdicts
        for verdict in reading.verdicts:
            self._open.pop(verdict.step_id, None)

    async def reach(self, kind: GoalKind, *, most_steps: int = 60) -> Next:
        """Pursue a goal until it ends; a wait of the adapter is waited for, at most 3 s in all."""
        goal = Goal(next(self._ids), kind)
        end: Next = Done()
        waited_ms = 0
        for _ in range(most_steps):
            self._now()
            step = self.adapter.next(goal, self.facts)
            if isinstance(step, Wait):
                waited_ms += step.ms
                if waited_ms > 3_000:
                    end = step
                    break
                await asyncio.sleep(step.ms / 1_000)
                continue
            if isinstance(step, Done | Parked | NeedsPassword):
                end = step
                break
            step_id = next(self._ids)
            self._open[step_id] = OpenStep(step_id, goal, step)
            self.steps.append(step)
            before = len(self.verdicts)
            await self.client.perform(step_id, step)
            verdicts = self.verdicts[before:]
            assert any(verdict.step_id == step_id for verdict in verdicts), (step, self.arrived[-1:])
            last = next(verdict for verdict in verdicts if verdict.step_id == step_id)
            if step.commits and isinstance(last, VerdictUnknown | VerdictLater):
                end = Wait(last.ms if isinstance(last, VerdictLater) else 0)
                break
            if isinstance(last, VerdictLater) and last.ms == 0 and not isinstance(step, Emit):
                await asyncio.sleep(0.01)
        else:
            raise AssertionError(f"no end after {most_steps} steps: {self.steps[-3:]}")
        self.hear(GoalEnded(goal.token))
        return end

    def of(self, kind: type[E]) -> list[E]:
        """All events of one type so far."""
        return [event for event in self.events if isinstance(event, kind)]

    def packets(self, event: str) -> list[Packet]:
        """All packets of one event so far."""
        return [seen for seen in self.arrived if isinstance(seen, Packet) and seen.event == event]

    def token_age_s(self) -> float:
        """How old the access token is."""
        issued = loose.jwt_claims(self.facts.account.secrets.access).get("iat", 0)
        return time.time() - float(issued)

    def _now(self) -> None:
        self.facts = put(self.facts, now_ms=int(time.monotonic() * 1_000), now_us=time.time_ns() // 1_000)


async def until(condition: Callable[[], Any], what: str, timeout_s: float = 5) -> None:
    """Return as soon as the condition holds; fails with `what` after the time."""
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, f"not within {timeout_s} s: {what}"
        await asyncio.sleep(0.005)
