"""Stamps what comes in and has the store apply it: in order, in batches, with bounded memory."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable

from chatdesk.domain.desk import EngineStore
from chatdesk.domain.errors import WorldError
from chatdesk.domain.events import MessageSeen, Stamped, StoredEvent
from chatdesk.domain.ids import AccountId, RemoteId
from chatdesk.domain.ordering import Stamp
from chatdesk.sync.clock import Clock

log = logging.getLogger(__name__)

BATCH = 500
"""Most events of one batch; what one reading told stays together."""
MOST_WAITING = 5_000
"""With more events than this under way, later arrivals wait."""
RETRY_MS = 2_000

Normalise = Callable[[str], str]


class Hold:
    """Own messages kept back while a send of the same text is in flight: its answer tells which is which."""

    def __init__(self, conversation: RemoteId, text: str, known: frozenset[RemoteId]) -> None:
        self.conversation = conversation
        self.text = text
        self.known = known
        self.kept: list[Stamped] = []


class Inbox:
    """The way of events into the store."""

    def __init__(self, account: AccountId, store: EngineStore, clock: Clock, normalise: Normalise) -> None:
        self._account = account
        self._store = store
        self._clock = clock
        self._normalise = normalise
        self._units: deque[tuple[Stamped, ...]] = deque()
        self._waiting = 0
        self._taken = 0
        self._applied = 0
        self._work = asyncio.Event()
        self._progress = asyncio.Event()
        self._holds: list[Hold] = []

    async def put(self, events: Iterable[StoredEvent], stamp: Stamp) -> None:
        """Take the events of one reading; comes back when there is room for more."""
        unit: list[Stamped] = []
        for event in events:
            stamped = Stamped(stamp, event)
            hold = self._hold_for(event)
            if hold is not None:
                hold.kept.append(stamped)
            else:
                unit.append(stamped)
        self._append(tuple(unit))
        while self._waiting > MOST_WAITING:
            await self._progressed()

    def hold(self, conversation: RemoteId, text: str, known: Iterable[RemoteId]) -> Hold:
        """Keep back own messages of this text until `release`; `known`: ids that can't be the send."""
        hold = Hold(conversation, self._normalise(text), frozenset(known))
        self._holds.append(hold)
        return hold

    def release(self, hold: Hold) -> None:
        """Let go what was kept: the outcome of the send is on disk, so the store can tell whose it is."""
        if hold in self._holds:
            self._holds.remove(hold)
            self._append(tuple(hold.kept))
            hold.kept = []

    def _hold_for(self, event: StoredEvent) -> Hold | None:
        if not self._holds or not isinstance(event, MessageSeen) or not event.own:
            return None
        for hold in self._holds:
            if (
                hold.conversation == event.conversation
                and event.remote_id not in hold.known
                and hold.text == self._normalise(event.text)
            ):
                return hold
        return None

    def _append(self, unit: tuple[Stamped, ...]) -> None:
        if unit:
            self._units.append(unit)
            self._waiting += len(unit)
            self._taken += 1
            self._work.set()

    async def settled(self) -> None:
        """Come back when everything that was put so far is committed (what is held apart)."""
        goal = self._taken
        while self._applied < goal:
            await self._progressed()

    async def _progressed(self) -> None:
        await self._progress.wait()

    async def run(self) -> None:
        """Apply for ever: at once when idle; what gathers meanwhile is the next batch."""
        while True:
            while self._units:
                await self._apply_next()
            self._work.clear()
            await self._work.wait()

    async def _apply_next(self) -> None:
        batch: list[Stamped] = []
        units = 0
        for unit in self._units:
            if batch and len(batch) + len(unit) > BATCH:
                break
            batch.extend(unit)
            units += 1
        while True:
            try:
                await asyncio.wrap_future(self._store.apply(self._account, batch))
                break
            except WorldError as exc:
                # The disk is in trouble: keep the events, later arrivals wait behind them.
                log.warning("could not apply %d events: %s", len(batch), type(exc).__name__)
                await self._clock.sleep(RETRY_MS)
        for _ in range(units):
            self._waiting -= len(self._units.popleft())
        self._applied += units
        self._progress.set()
        self._progress = asyncio.Event()
