"""Reads what this connection has not shown yet: lists, heads, gaps, older pages, what has become stale."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial

import msgspec

from chatdesk.domain.changes import HistoryLoading
from chatdesk.domain.desk import KnownConversation
from chatdesk.domain.errors import WorldError
from chatdesk.domain.events import OrderSeen, Stale, StoredEvent, WindowRead
from chatdesk.domain.goals import (
    FreshHead,
    FreshLists,
    FreshNotifications,
    FreshOrder,
    GoalKind,
    Joined,
    OlderPage,
    Probe,
    Unwatched,
    Watched,
)
from chatdesk.domain.ids import ConversationId, Cursor, RemoteId
from chatdesk.domain.kinds import Feature
from chatdesk.sync import runner as goals
from chatdesk.sync.exchange import Exchange
from chatdesk.sync.inbox import Inbox
from chatdesk.sync.parts import Line, Parts
from chatdesk.sync.status import Status

log = logging.getLogger(__name__)

MOST_SERVED = 200
"""So many of the newest open conversations are joined and read after a connect; others when opened."""
MOST_POLLED = 20
AT_ONCE = 4
GAP_PASSES = 3
STALE_MS = 300
STALE_LISTS_MS = 1_000
"""Re-reads wait so long for further reasons to read the same."""
MOST_NUMBERS = 5_000
WATCH_MS = 60_000
"""How often a looked-at order is asked to be watched anew: streams end, and servers forget."""


class Looked(msgspec.Struct, frozen=True):
    """What the person looks at. `order` None: a conversation without one."""

    conversation: RemoteId
    order: RemoteId | None
    number: str


class Backfill:
    """All reading of one account that is not for a send."""

    def __init__(
        self, parts: Parts, runner: goals.Runner, exchange: Exchange, inbox: Inbox, status: Status, line: Line
    ) -> None:
        self._account = parts.account
        self._adapter = parts.adapter
        self._store = parts.store
        self._runner = runner
        self._exchange = exchange
        self._inbox = inbox
        self._clock = parts.clock
        self._tasks = parts.tasks
        self._announce = parts.around.announce
        self._status = status
        self._line = line
        self._looked: Looked | None = None
        self._served: set[RemoteId] = set()
        """Conversations joined and read on this connection."""
        self._reading: dict[RemoteId, asyncio.Task[goals.Outcome]] = {}
        self._paging: set[RemoteId] = set()
        self._stale: set[Stale] = set()
        self._orders: dict[str, RemoteId] = {}
        self._newest: dict[RemoteId, tuple[RemoteId, ...]] = {}
        self._ids: dict[RemoteId, ConversationId] = {}
        self._dropped_before: dict[str, int] | None = None
        self._catching: asyncio.Task[object] | None = None
        self._rounds = 0
        """Rounds of `refresh` under way."""
        self._is_behind = False
        """The first round of this connection is not over."""
        self._watching: asyncio.Task[object] | None = None

    # -- after a connect, and by the clock

    def link_up(self) -> None:
        """Requests reach the server: catch up."""
        self.link_down()
        self._is_behind = True
        self._catching = self._tasks.start(self._catch_up(), "catch up")

    async def greet(self) -> None:
        """Ask the server what it offers: it decides what a send's client id is worth."""
        await self._goal(Probe())

    def link_down(self) -> None:
        """What is under way for this connection is void."""
        self._served.clear()
        self._is_behind = False
        if self._catching is not None:
            self._catching.cancel()
            self._catching = None
        self._end_watch()

    async def _catch_up(self) -> None:
        """What the person looks at first, then lists, rooms and heads; and again from time to time."""
        if self._looked is not None:
            await self._look(self._looked)
        while True:
            try:
                whole = await self.refresh()
            except WorldError as exc:
                log.warning("catching up: %s", type(exc).__name__)
                whole = False
            self._is_behind = False
            limits = self._adapter.limits
            await self._clock.sleep(limits.refresh_lists_ms if whole else limits.poll_ms)

    async def refresh(self) -> bool:
        """Read the lists, then join and read what is new or has a gap. Returns whether everything is here."""
        self._rounds += 1
        try:
            return await self._refresh()
        finally:
            self._rounds -= 1

    @property
    def is_busy(self) -> bool:
        """Whether something is being read that somebody waits for, or that catching up needs."""
        return bool(self._is_behind or self._rounds or self._reading or self._paging)

    async def _refresh(self) -> bool:
        if self._dropped_before is None:
            await self._count_drops()
        whole = (await self._goal(FreshLists())).reached
        if self._adapter.capabilities(self._exchange.facts).has(Feature.NOTIFICATIONS):
            await self._goal(FreshNotifications())
        new = [one for one in await self._known() if one.open_writes][:MOST_SERVED]
        outcomes = await _some_at_once(
            partial(self._serve, one) for one in new if one.remote_id not in self._served
        )
        whole = whole and all(_ended_well(one) for one in outcomes)
        for _ in range(GAP_PASSES):
            gaps = [one for one in (await self._known())[:MOST_SERVED] if not one.head_complete]
            if not gaps:
                break
            outcomes = await _some_at_once(partial(self._close_gap, one) for one in gaps)
            whole = whole and all(_ended_well(one) for one in outcomes)
        if whole:
            self._status.synced(self._clock.now_us())
        await self._count_drops()
        return whole

    async def _count_drops(self) -> None:
        """Tell what the store dropped since the start of this engine."""
        counts: Mapping[str, int] = await asyncio.wrap_future(self._store.dropped_counts(self._account))
        if self._dropped_before is None:
            self._dropped_before = dict(counts)
        before = self._dropped_before
        since = {reason: count - before.get(reason, 0) for reason, count in counts.items()}
        self._status.not_applied({reason: count for reason, count in since.items() if count > 0})

    async def poll(self) -> None:
        """One round without pushes, after the lists: heads of what is open or was active."""
        chosen = [one.remote_id for one in (await self._known())[:MOST_POLLED]]
        if self._looked is not None and self._looked.conversation not in chosen:
            chosen.insert(0, self._looked.conversation)
        await _some_at_once(partial(self.read_head, one) for one in chosen)
        self._status.synced(self._clock.now_us())

    async def _serve(self, one: KnownConversation) -> goals.Outcome:
        if self._exchange.online:
            joined = await self._goal(Joined(one.remote_id))
            if not _ended_well(joined):
                return joined
        outcome = await self.read_head(one.remote_id)
        if _ended_well(outcome):
            self._served.add(one.remote_id)
        return outcome

    async def _close_gap(self, one: KnownConversation) -> goals.Outcome:
        self._announce(HistoryLoading(one.id, busy=True))
        outcome: goals.Outcome | None = None
        try:
            outcome = await self.read_head(one.remote_id)
        finally:
            self._announce(HistoryLoading(one.id, busy=False, reaches_start=_reaches_start(outcome)))
        return outcome

    async def _known(self) -> list[KnownConversation]:
        await self._inbox.settled()
        known = await asyncio.wrap_future(self._store.known_conversations(self._account))
        self._ids = {one.remote_id: one.id for one in known}
        self._newest = {one.remote_id: one.newest_ids for one in known}
        return list(known)

    # -- one conversation

    async def read_head(self, conversation: RemoteId, *, anew: bool = False) -> goals.Outcome:
        """Read the newest messages of a conversation back to what is known.

        Those who ask at the same time share one read; anew: one that begins after this call.
        """
        under_way = self._reading.get(conversation)
        if under_way is not None and anew:
            await asyncio.wait([under_way])
            under_way = self._reading.get(conversation)
        if under_way is None:
            newest = self._newest.get(conversation, ())
            under_way = self._tasks.start(self._head(conversation, newest), "head")
            self._reading[conversation] = under_way
            under_way.add_done_callback(partial(self._read, conversation))
        return await asyncio.shield(under_way)

    async def _head(self, conversation: RemoteId, newest: tuple[RemoteId, ...]) -> goals.Outcome:
        """One read of a head; newest: ids known before, newest first.

        Pages shift while they are read, so what they lack is gone only once a second chain lacks it, too:
        where one does, another is read at once, down to what both have.
        """
        outcome = await self._goal(FreshHead(conversation, frozenset(newest)))
        below = _below_what_is_gone(outcome, newest)
        if below:
            await self._goal(FreshHead(conversation, below, complete=True))
        return outcome

    def _read(self, conversation: RemoteId, task: asyncio.Task[goals.Outcome]) -> None:
        if self._reading.get(conversation) is task:
            del self._reading[conversation]

    def opened(self, looked: Looked) -> None:
        """The person looks at a conversation: now, and first after each connect."""
        self.look_away(but=looked)
        self._looked = looked
        if looked.order is not None:
            self._orders[looked.number] = looked.order
        if self._line.usable():
            self._tasks.start(self._look(looked), "look")

    async def _look(self, looked: Looked) -> None:
        if self._exchange.online:
            await self._goal(Joined(looked.conversation))
        if (await self.read_head(looked.conversation)).reached:
            self._served.add(looked.conversation)
        if looked.order is not None:
            await self._goal(FreshOrder(looked.order, looked.number))
            if self._looked == looked:
                self._end_watch()
                self._watching = self._tasks.start(self._watch(looked.order, looked.conversation), "watch")

    def look_away(self, but: Looked | None = None) -> None:
        """Nothing is looked at any more; or something else, whose order may be the same."""
        was, self._looked = self._looked, None
        if was is None or was.order is None or (but is not None and but.order == was.order):
            return
        self._end_watch()
        if self._line.usable():
            self._tasks.start(self._goal(Unwatched(was.order)), "unwatch")

    def _end_watch(self) -> None:
        watching, self._watching = self._watching, None
        if watching is not None:
            watching.cancel()

    async def _watch(self, order: RemoteId, conversation: RemoteId) -> None:
        """Have what happens to an order told, for as long as it is looked at on this connection."""
        while self._line.usable():
            await self._goal(Watched(order, conversation))
            await self._clock.sleep(WATCH_MS)

    def load_older(self, conversation: RemoteId, before: Cursor, held: int) -> None:
        """Fetch a page of history before a cursor; one at a time per conversation."""
        if conversation not in self._paging:
            self._paging.add(conversation)
            self._tasks.start(self._page(conversation, before, held), "older")

    async def _page(self, conversation: RemoteId, before: Cursor, held: int) -> None:
        try:
            local = await self.local_id(conversation)
            if local is None:
                return
            self._announce(HistoryLoading(local, busy=True))
            outcome: goals.Outcome | None = None
            try:
                outcome = await self._goal(OlderPage(conversation, before, held))
                await self._inbox.settled()
            finally:
                self._announce(HistoryLoading(local, busy=False, reaches_start=_reaches_start(outcome)))
        except WorldError as exc:
            log.warning("reading an older page: %s", type(exc).__name__)
        finally:
            self._paging.discard(conversation)

    async def local_id(self, conversation: RemoteId) -> ConversationId | None:
        """The local number of a conversation; None: it is not one of ours."""
        known = self._ids.get(conversation)
        if known is None:
            await self._inbox.settled()  # what tells of it may still be on its way into the store
            known = await asyncio.wrap_future(self._store.conversation_of(self._account, conversation))
            if known is not None:
                self._ids[conversation] = known
        return known

    # -- what has become stale

    def note(self, events: Iterable[StoredEvent]) -> None:
        """Remember under which id an order of a number is known."""
        for event in events:
            if isinstance(event, OrderSeen) and event.number:
                if len(self._orders) >= MOST_NUMBERS:
                    self._orders.clear()
                self._orders[event.number] = event.remote_id

    def stale(self, event: Stale) -> None:
        """Read something again, soon; further reasons to read the same are one read."""
        if event not in self._stale:
            self._stale.add(event)
            self._tasks.start(self._reread(event), "stale")

    async def _reread(self, event: Stale) -> None:
        lists = event.conversation is None and event.order_number is None
        try:
            await self._clock.sleep(STALE_LISTS_MS if lists else STALE_MS)
        finally:
            self._stale.discard(event)  # what becomes stale from here on needs another read
        if not self._line.usable():
            return  # the next connect reads it all
        try:
            if event.conversation is not None:
                await self.read_head(event.conversation, anew=True)
            if event.order_number is not None:
                order = self._orders.get(event.order_number, RemoteId(""))
                await self._goal(FreshOrder(order, event.order_number))
            if lists:
                await self.refresh()
        except WorldError as exc:
            log.warning("reading again: %s", type(exc).__name__)

    async def _goal(self, kind: GoalKind) -> goals.Outcome:
        outcome = await self._runner.run(kind, stop=lambda: not self._line.usable())
        if isinstance(outcome.ending, goals.AskPerson):
            self._line.ask_person(outcome.ending)
        return outcome


def _reaches_start(outcome: goals.Outcome | None) -> bool:
    """Whether a reading has met the first message of the conversation."""
    events = () if outcome is None else outcome.events
    return any(isinstance(event, WindowRead) and event.reaches_start for event in events)


def _below_what_is_gone(outcome: goals.Outcome, newest: tuple[RemoteId, ...]) -> frozenset[RemoteId]:
    """Known ids under the oldest that several pages lack between others; empty: they lack nothing."""
    for event in outcome.events:
        if isinstance(event, WindowRead) and event.complete and event.reaches_head and event.pages > 1:
            read = frozenset(event.ids)
            while newest and newest[-1] not in read:
                newest = newest[:-1]  # older than the stretch, as far as anybody knows
            gone = [place for place, one in enumerate(newest) if one not in read]
            return frozenset(newest[gone[-1] + 1 :]) if gone else frozenset()
    return frozenset()


def _ended_well(outcome: goals.Outcome) -> bool:
    """Read, or refused for good: a conversation without access leaves no gap that could be closed."""
    return isinstance(outcome.ending, goals.Reached | goals.Refused)


async def _some_at_once(jobs: Iterable[Callable[[], Awaitable[goals.Outcome]]]) -> list[goals.Outcome]:
    """Do the jobs in their order, AT_ONCE at a time."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(job: Callable[[], Awaitable[goals.Outcome]]) -> goals.Outcome:
        async with gate:
            return await job()

    return await asyncio.gather(*(one(job) for job in jobs))
