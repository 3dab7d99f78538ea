"""The exchange with one server: one queue of arrivals, the facts, and every step that has no verdict yet."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections import deque
from typing import Protocol

import msgspec

from chatdesk.domain.arrivals import (
    Accepted,
    Answer,
    Arrived,
    ConnectRefused,
    GoalEnded,
    HandedOver,
    LinkLost,
    Moved,
    NoAnswer,
    OpenStep,
    Packet,
    Reading,
    Verdict,
    VerdictLater,
    VerdictUnknown,
)
from chatdesk.domain.events import Event, IdentityKnown, TokensChanged
from chatdesk.domain.facts import AccountFacts, Facts, Secrets
from chatdesk.domain.goals import Goal
from chatdesk.domain.ordering import Stamp
from chatdesk.domain.ports import Adapter, Client
from chatdesk.domain.steps import STREAM_ENDED, STREAM_EVENT, Connect, Emit, Listen, Step
from chatdesk.sync.clock import Clock
from chatdesk.sync.tasks import Tasks, where

log = logging.getLogger(__name__)

BURST = 64
"""After so many arrivals, while more wait, the loop sleeps BREATH_MS: else a flood starves the window."""
BREATH_MS = 2
MUCH_WAITS = 1_000
"""With more arrivals than this the client is asked to read slower, so that the server waits with the rest."""
MOST_WAITING = 20_000
"""More arrivals than this can't be worked off: the link is dropped, and history tells what they said."""
FALLBACK_TIMEOUT_MS = 15_000
"""For steps that name no time of their own."""


class Receiver(Protocol):
    """Who takes what an exchange learns."""

    async def take(self, events: tuple[Event, ...], stamp: Stamp) -> None:
        """Events of one reading, in order; waiting here holds up later arrivals."""
        ...

    def facts_changed(self, before: Facts, after: Facts) -> None:
        """The facts are others than before (apart from the time)."""
        ...

    def link_changed(self, online: bool) -> None:
        """The server has accepted the socket, or it is gone."""
        ...

    def moved(self, goal: Goal, sent_bytes: int) -> None:
        """So much of the file of a goal's step has left."""
        ...


class StepEnd(msgspec.Struct, frozen=True):
    """How a step ended. `by` carried the verdict, `events` came with it."""

    verdict: Verdict
    by: Arrived
    events: tuple[Event, ...]
    took_ms: int

    @property
    def by_server(self) -> bool:
        """True where the server itself has said so; False where the network or our patience has."""
        match self.by:
            case Answer() | Packet():
                return True
            case ConnectRefused(server_words=words):
                return words is not None
            case _:
                return False


class _Performed(msgspec.Struct, frozen=True):
    """The client has returned from a step."""

    step_id: int


class _Open:
    """A step under way."""

    def __init__(self, open_step: OpenStep, began: Stamp, began_ms: int) -> None:
        self.open_step = open_step
        self.began = began
        self.began_ms = began_ms
        self.ended: asyncio.Future[StepEnd] = asyncio.get_running_loop().create_future()


class Exchange:
    """Everything that passes between one account and its server, strictly in the order in which it came.

    Owns the client's listener, the facts, the numbers that stamp events and the patience with each step.
    """

    def __init__(
        self, adapter: Adapter, client: Client, clock: Clock, tasks: Tasks, receiver: Receiver, facts: Facts
    ) -> None:
        self._adapter = adapter
        self._client = client
        self._clock = clock
        self._tasks = tasks
        self._receiver = receiver
        self._facts = facts
        self._queue: deque[Arrived | _Performed] = deque()
        self._wake = asyncio.Event()
        self._changed = asyncio.Event()
        self._open: dict[int, _Open] = {}
        self._streams: set[int] = set()
        """Steps that open a stream and were not accepted yet: their Accepted is not the socket's."""
        self._ids = itertools.count(1)
        self._number = 0
        self._overflowing = False
        client.listener = self.arrive

    # -- facts

    @property
    def facts(self) -> Facts:
        """The facts with the time of now."""
        return self._timed(self._facts)

    @property
    def online(self) -> bool:
        """The server has accepted our socket, and it still stands."""
        return self._facts.online

    @property
    def now(self) -> Stamp:
        """The stamp of the newest arrival."""
        return Stamp(self._facts.epoch, self._number)

    def begin(self) -> Stamp:
        """The stamp of a read that begins now: later than all that arrived, earlier than all to come."""
        self._number += 1
        return self.now

    def new_epoch(self) -> None:
        """Void what was learnt on the last connection: from here on a life without a socket counts."""
        self._put_facts(msgspec.structs.replace(self._facts, epoch=self._facts.epoch + 1))

    def put_account(self, account: AccountFacts) -> None:
        """Replace what is known of the account."""
        self._put_facts(msgspec.structs.replace(self._facts, account=account))

    @property
    def connecting(self) -> bool:
        """Whether a socket is being opened."""
        return any(isinstance(one.open_step.step, Connect) for one in self._open.values())

    async def changed(self, most_ms: int) -> None:
        """Come back when the facts change, or after so many milliseconds."""
        waiting = self._changed
        try:
            async with asyncio.timeout(most_ms / 1000):
                await waiting.wait()
        except TimeoutError:
            return

    def _timed(self, facts: Facts) -> Facts:
        heard_ms = self._client.last_heard_ms()
        return msgspec.structs.replace(
            facts,
            now_ms=self._clock.now_ms(),
            now_us=self._clock.now_us(),
            heard_ms=facts.heard_ms if heard_ms is None else heard_ms,
        )

    def _put_facts(self, after: Facts) -> None:
        before = self._facts
        self._facts = after
        if (
            after.own is not before.own
            or after.online != before.online
            or after.epoch != before.epoch
            or after.learnt is not before.learnt
            or after.account is not before.account
        ):
            self._receiver.facts_changed(before, after)
            self._changed.set()
            self._changed = asyncio.Event()

    # -- steps

    async def perform(self, goal: Goal, step: Step, began: Stamp) -> StepEnd:
        """Have the client do a step, and wait for its verdict, for its timeout_ms at most.

        began: when the reading that it belongs to began.
        """
        step_id = next(self._ids)
        one = _Open(OpenStep(step_id, goal, step), began, self._clock.now_ms())
        self._open[step_id] = one
        if isinstance(step, Listen):
            self._streams.add(step_id)
        doing = self._tasks.start(self._do(step_id, step), f"step {step.note or 'emit'}")
        patience_ms = step.timeout_ms or FALLBACK_TIMEOUT_MS
        timer = asyncio.get_running_loop().call_later(
            patience_ms / 1000, self.arrive, NoAnswer(step_id, left=True, reason="timeout")
        )
        try:
            return await one.ended
        except asyncio.CancelledError:
            self.arrive(NoAnswer(step_id, left=True, reason="cancelled"))
            raise
        finally:
            timer.cancel()
            doing.cancel()

    async def _do(self, step_id: int, step: Step) -> None:
        try:
            await self._client.perform(step_id, step)
        except Exception as exc:  # noqa: BLE001 - a client that raises is our fault, but the step must end
            log.error("client: %s in a step %s", where(exc), step.note)
            self.arrive(NoAnswer(step_id, left=True, reason="fault"))
            return
        if not (isinstance(step, Emit) and step.timeout_ms > 0):
            self.arrive(_Performed(step_id))

    def goal_ended(self, goal: Goal) -> None:
        """Let the adapter forget a goal."""
        self.arrive(GoalEnded(goal.token))

    # -- arrivals

    def arrive(self, arrived: Arrived | Moved | _Performed) -> bool:
        """Queue what arrived; it is worked off by `run`. How far a file has come is told at once.

        Returns whether much waits by now: who reads from a socket should read slower.
        """
        if isinstance(arrived, Moved):
            one = self._open.get(arrived.step_id)
            if one is not None:
                self._receiver.moved(one.open_step.goal, arrived.sent_bytes)
            return False
        self._queue.append(arrived)
        self._wake.set()
        if len(self._queue) > MOST_WAITING and not self._overflowing:
            self._overflowing = True
            log.warning("more than %d arrivals wait: dropping the link", MOST_WAITING)
            self._tasks.start(self._client.drop_link(), "drop link")
        return len(self._queue) > MUCH_WAITS

    async def run(self) -> None:
        """Work off arrivals, one at a time, for ever."""
        burst = 0
        while True:
            while self._queue:
                await self._one(self._queue.popleft())
                burst += 1
                if burst % BURST == 0 and self._queue:
                    await self._clock.sleep(BREATH_MS)
            burst = 0
            self._overflowing = False
            self._wake.clear()
            await self._wake.wait()

    async def _one(self, arrived: Arrived | _Performed) -> None:
        match arrived:
            case _Performed(step_id=step_id):
                if step_id in self._open:
                    log.error("client: a step ended without a result")
                    await self._read(NoAnswer(step_id, left=True, reason="fault"))
            case LinkLost():
                if self._facts.online:
                    await self._lost(arrived)
            case Packet(event=event):
                if self._facts.online or event in {STREAM_EVENT, STREAM_ENDED}:
                    await self._read(arrived)
            case GoalEnded():
                await self._read(arrived)
            case Accepted():
                await self._accepted(arrived)
            case _:
                if arrived.step_id in self._open:
                    await self._read(arrived)

    async def _accepted(self, arrived: Accepted) -> None:
        """The socket stands, or a stream does."""
        step_id = arrived.step_id
        if step_id in self._streams:
            if step_id in self._open:
                await self._read(arrived)
            self._streams.discard(step_id)
        elif step_id in self._open:
            await self._read(arrived)
            self._receiver.link_changed(True)
        else:
            # Its time was up: nobody knows this socket.
            self._tasks.start(self._client.drop_link(), "drop late link")

    async def _lost(self, arrived: LinkLost) -> None:
        await self._read(arrived)
        for step_id, one in list(self._open.items()):
            if isinstance(one.open_step.step, Emit):
                await self._read(NoAnswer(step_id, left=True, reason="cut"))
        self._receiver.link_changed(False)

    async def _read(self, arrived: Arrived) -> None:
        """Let the adapter read what arrived, and take over what it makes of it."""
        self._number += 1
        facts = self._timed(self._facts)
        if isinstance(arrived, Accepted) and arrived.step_id not in self._streams:
            facts = msgspec.structs.replace(facts, epoch=facts.epoch + 1, online=True)
        elif isinstance(arrived, LinkLost):
            facts = msgspec.structs.replace(facts, online=False)
        try:
            reading = self._adapter.read(arrived, tuple(o.open_step for o in self._open.values()), facts)
        except Exception as exc:  # noqa: BLE001 - "never raises" was broken: our fault, and no reason to stop
            log.error("adapter: %s while reading %s", where(exc), type(arrived).__name__)
            reading = Reading(facts)
        after = reading.facts
        if (after.epoch, after.online) != (facts.epoch, facts.online):
            after = msgspec.structs.replace(after, epoch=facts.epoch, online=facts.online)
        self._put_facts(_with_identity(after, reading.events))
        one = None if isinstance(arrived, Packet | LinkLost | GoalEnded) else self._open.get(arrived.step_id)
        # What a read tells was so when it began. What was stored just now is news, like a push: a history
        # that was read meanwhile, and lacks it, proves nothing.
        stamp = self.now if one is None or one.open_step.step.commits else one.began
        if reading.events:
            await self._receiver.take(reading.events, stamp)
        if one is None and not reading.verdicts:
            return
        verdicts = {verdict.step_id: verdict for verdict in reading.verdicts}
        if one is not None and one.open_step.id not in verdicts and not isinstance(arrived, HandedOver):
            log.error(
                "adapter: no verdict for a step %s from %s", one.open_step.step.note, type(arrived).__name__
            )
            verdicts[one.open_step.id] = _fallback_verdict(one.open_step)
        for step_id, verdict in verdicts.items():
            self._resolve(step_id, verdict, arrived, reading.events)

    def _resolve(self, step_id: int, verdict: Verdict, by: Arrived, events: tuple[Event, ...]) -> None:
        one = self._open.pop(step_id, None)
        if isinstance(by, Answer):
            self._streams.discard(step_id)
        if one is not None and not one.ended.done():
            one.ended.set_result(StepEnd(verdict, by, events, self._clock.now_ms() - one.began_ms))


def _fallback_verdict(open_step: OpenStep) -> Verdict:
    if open_step.step.commits:
        return VerdictUnknown(open_step.id, "no verdict")
    return VerdictLater(open_step.id, 1_000, "no verdict")


def _with_identity(facts: Facts, events: tuple[Event, ...]) -> Facts:
    """The facts with tokens and identity that the events tell."""
    account = facts.account
    for event in events:
        match event:
            case TokensChanged(access=access, refresh=refresh):
                kept = account.secrets.refresh if refresh is None else refresh
                secrets = Secrets(access, kept)
                if secrets != account.secrets:
                    account = msgspec.structs.replace(account, secrets=secrets)
            case IdentityKnown(user_id=user_id, role=role, name=name):
                if (user_id, role, name) != (account.user_id, account.role, account.name):
                    account = msgspec.structs.replace(account, user_id=user_id, role=role, name=name)
            case _:
                pass
    return facts if account is facts.account else msgspec.structs.replace(facts, account=account)
