"""Reaches a goal step by step: asks the adapter, has the step done, asks again, until there is an ending."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Awaitable, Callable

import msgspec

from chatdesk.domain.actions import Result
from chatdesk.domain.arrivals import (
    VerdictLater,
    VerdictRefused,
    VerdictStored,
    VerdictUnknown,
)
from chatdesk.domain.events import Event
from chatdesk.domain.goals import Goal, GoalKind
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import Assurance, NoticeCode, ParkReason
from chatdesk.domain.ordering import Stamp
from chatdesk.domain.ports import Adapter
from chatdesk.domain.steps import Done, NeedsPassword, Parked, Step, Wait
from chatdesk.sync.clock import Clock
from chatdesk.sync.exchange import Exchange, StepEnd
from chatdesk.sync.lanes import Lanes

log = logging.getLogger(__name__)

MOST_IDLE_STEPS = 8
"""More steps than this without progress are a fault of ours: the goal is parked."""
REMEMBERED_STEPS = 64
PATIENCE_MS = 20_000
"""How long a goal may wait, all waits together, before it is given back to the one who asked."""

_tokens = itertools.count(1)


def new_goal(kind: GoalKind) -> Goal:
    """A goal under a token that no other has in this process."""
    return Goal(next(_tokens), kind)


class Reached(msgspec.Struct, frozen=True):
    """Done. For a committing goal `committed`: what was stored; False: nothing had to be done."""

    committed: bool = False
    remote_id: RemoteId | None = None
    assurance: Assurance = Assurance.STORED
    result: Result | None = None


class Refused(msgspec.Struct, frozen=True):
    """It can't be reached: the server has refused it, or the adapter knows that it would."""

    reason: ParkReason
    detail: str = ""


class NotNow(msgspec.Struct, frozen=True):
    """Definitely not done. ms: how long to wait at least. by_server: the server itself asks for that wait.

    waits_for: what the adapter waits for, in its word; any change of the facts may be it.
    """

    ms: int = 0
    detail: str = ""
    by_server: bool = False
    waits_for: str = ""


class Unclear(msgspec.Struct, frozen=True):
    """The committing step may have been carried out, or not."""

    detail: str = ""


class AskPerson(msgspec.Struct, frozen=True):
    """Nothing goes on without the person's password."""

    code: NoticeCode
    detail: str = ""
    retry_after_ms: int | None = None


class Vetoed(msgspec.Struct, frozen=True):
    """The one who asked did not want the committing step."""


Ending = Reached | Refused | NotNow | Unclear | AskPerson | Vetoed


class Outcome(msgspec.Struct, frozen=True):
    """How a goal ended, and the events of its steps in order."""

    ending: Ending
    events: tuple[Event, ...] = ()

    @property
    def reached(self) -> bool:
        """Whether the goal was reached."""
        return isinstance(self.ending, Reached)


BeforeCommit = Callable[[Step], Awaitable[bool]]
"""Called before a committing step leaves; False: don't."""


class Runner:
    """Runs goals over one exchange; any number at the same time."""

    def __init__(self, adapter: Adapter, exchange: Exchange, lanes: Lanes, clock: Clock) -> None:
        self._adapter = adapter
        self._exchange = exchange
        self._lanes = lanes
        self._clock = clock
        self.on_step: Callable[[Step, StepEnd], None] | None = None
        """Hears of every step that ended: latency, rates."""

    async def run(
        self,
        kind: GoalKind,
        *,
        before_commit: BeforeCommit | None = None,
        patience_ms: int = PATIENCE_MS,
        stop: Callable[[], bool] | None = None,
    ) -> Outcome:
        """Reach a goal, or say how it ended. Never raises for the world's doing.

        before_commit: asked before the (one) committing step.
        patience_ms: for all waits together; 0: the first 'later' ends it.
        stop: asked before each step; True gives the goal up as NotNow.
        """
        run = _Run(self, new_goal(kind), before_commit, patience_ms, stop)
        try:
            ending = await run.to_its_end()
        finally:
            run.leave_lane()
            self._exchange.goal_ended(run.goal)
        return Outcome(ending, tuple(run.events))


class _Run:
    """One goal under way."""

    def __init__(
        self,
        runner: Runner,
        goal: Goal,
        before_commit: BeforeCommit | None,
        patience_ms: int,
        stop: Callable[[], bool] | None,
    ) -> None:
        self.goal = goal
        self.events: list[Event] = []
        self._adapter = runner._adapter  # noqa: SLF001 - a run is the inside of its runner
        self._exchange = runner._exchange  # noqa: SLF001
        self._lanes = runner._lanes  # noqa: SLF001
        self._clock = runner._clock  # noqa: SLF001
        self._on_step = runner.on_step
        self._before_commit = before_commit
        self._deadline_ms = self._clock.now_ms() + patience_ms
        self._stop = stop
        self._lane: str | None = None
        self._began: Stamp | None = None
        self._done_steps: list[Step] = []
        self._idle = 0
        self._result: Result | None = None
        self._failed: Step | None = None
        self._setback: Ending = NotNow()
        """What the failed step would have the goal end as, if the adapter knows no other step."""

    async def to_its_end(self) -> Ending:
        while True:
            if self._stop is not None and self._stop():
                return NotNow(detail="given up")
            ending = await self._once()
            if ending is not None:
                return ending
            if self._idle > MOST_IDLE_STEPS:
                log.error(
                    "goal %s is stuck after %d steps", type(self.goal.kind).__name__, len(self._done_steps)
                )
                return Refused(ParkReason.STUCK)

    async def _once(self) -> Ending | None:
        """One question to the adapter, and what it asks for."""
        step = self._adapter.next(self.goal, self._exchange.facts)
        match step:
            case Done():
                return Reached(result=self._result)
            case Parked(reason=reason, detail=detail):
                return Refused(reason, detail)
            case NeedsPassword(code=code, detail=detail, retry_after_ms=retry_after_ms):
                return AskPerson(code, detail, retry_after_ms)
            case Wait(ms=ms, why=why) if why:
                return NotNow(ms, why, waits_for=why)
            case Wait(ms=ms):
                self.leave_lane()
                return await self._wait(ms)
            case _:
                if step.lane != self._lane:
                    self.leave_lane()
                    if step.lane is not None:
                        await self._lanes.take(
                            step.lane, getattr(self.goal.kind, "conversation", RemoteId(""))
                        )
                        self._lane = step.lane
                        return None  # the facts may have changed while we waited for the turn: ask again
                if step == self._failed:
                    # Doing at once what has just failed would fail again: let the one who asked decide when.
                    return self._setback
                return await self._do(step)

    async def _wait(self, ms: int) -> Ending | None:
        left_ms = self._deadline_ms - self._clock.now_ms()
        if left_ms <= 0:
            return NotNow(ms, "waited")
        self._failed = None
        await self._exchange.changed(max(1, min(ms, left_ms)))
        return None

    async def _do(self, step: Step) -> Ending | None:
        if step.commits and self._before_commit is not None:
            before = self._exchange.facts
            if not await self._before_commit(step):
                return Vetoed()
            after = self._exchange.facts
            if (before.epoch, before.online) != (after.epoch, after.online):
                return NotNow(detail="the link changed")  # no byte has left
        if self._began is None:
            self._began = self._exchange.begin()
        end = await self._exchange.perform(self.goal, step, self._began)
        self.leave_lane()
        self.events.extend(end.events)
        if self._on_step is not None:
            self._on_step(step, end)
        return self._after_commit(end) if step.commits else await self._after_step(step, end)

    @staticmethod
    def _after_commit(end: StepEnd) -> Ending:
        """One committing step, and never a second: its verdict ends the goal."""
        match end.verdict:
            case VerdictStored(remote_id=remote_id, assurance=assurance, result=result):
                return Reached(committed=True, remote_id=remote_id, assurance=assurance, result=result)
            case VerdictRefused(reason=reason, detail=detail):
                return Refused(reason, detail)
            case VerdictLater(ms=ms, detail=detail):
                return NotNow(ms, detail, end.by_server)
            case VerdictUnknown(detail=detail):
                return Unclear(detail)

    async def _after_step(self, step: Step, end: StepEnd) -> Ending | None:
        self._failed = None
        match end.verdict:
            case VerdictStored(result=result):
                self._result = result or self._result
                self._idle += step in self._done_steps
                self._done_steps = [*self._done_steps[-REMEMBERED_STEPS:], step]
            case VerdictRefused(reason=reason, detail=detail):
                self._idle += 1
                self._failed, self._setback = step, Refused(reason, detail)
            case VerdictLater(ms=ms, detail=detail) if ms > 0:
                if self._clock.now_ms() + ms > self._deadline_ms:
                    return NotNow(ms, detail, end.by_server)
                await self._clock.sleep(ms)
            case VerdictLater(detail=detail) | VerdictUnknown(detail=detail):
                self._idle += 1
                self._failed, self._setback = step, NotNow(0, detail, end.by_server)
        return None

    def leave_lane(self) -> None:
        if self._lane is not None:
            self._lanes.give(self._lane)
            self._lane = None
