"""The outbox pump: carries out what the person wants, in order, and writes down every step."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable

import msgspec

from chatdesk.domain import outbox
from chatdesk.domain.actions import Attachment
from chatdesk.domain.desk import KnownConversation
from chatdesk.domain.entities import Attempt, Outgoing
from chatdesk.domain.errors import BelongsToAnother, NotPossible, WorldError
from chatdesk.domain.goals import Act, DeleteMessage, GoalKind, MarkRead, Report, SendText
from chatdesk.domain.ids import Cursor, OutgoingId, RemoteId
from chatdesk.domain.kinds import DeliveryState, KeyGrade, OutgoingKind, ParkReason
from chatdesk.domain.steps import Step
from chatdesk.sync import runner as goals
from chatdesk.sync.budget import Budget
from chatdesk.sync.exchange import Exchange
from chatdesk.sync.heads import Heads, Watermark
from chatdesk.sync.inbox import Hold, Inbox
from chatdesk.sync.inherited import Inherited
from chatdesk.sync.parts import Line, Parts
from chatdesk.sync.reconcile import Reconciler, status_goal
from chatdesk.sync.rests import Rests
from chatdesk.sync.tasks import where
from chatdesk.sync.uploads import Uploads, arrived_as, brings

log = logging.getLogger(__name__)

SCAN_MS = 30_000
"""Rows are read at least this often, whatever was announced."""
MOST_AT_ONCE = 6
OLD_US = 12 * 3600 * 1_000_000
"""An item older than this asks before it goes; read marks, which do no harm, don't."""
HEAD_TRIES = 3
ABORT_PATIENCE_MS = 3_000
TOLD_WAIT_MS = 2_000
"""Waits longer than this are written to the row, so that the window shows when it will go."""
DISK_PAUSE_MS = 2_000
NEVER_OLD = frozenset({OutgoingKind.MARK_READ, OutgoingKind.REPORT})


class Ports(msgspec.Struct, frozen=True):
    """What the pump needs of the engine beside its own parts."""

    line: Line
    sends_per_minute: Callable[[], int | None]
    read_head: Callable[[RemoteId], Awaitable[goals.Outcome]]
    sending: Callable[[RemoteId], None]
    """Told before a send leaves: we no longer type there."""


class Pump:
    """Works off the unsettled items of one account."""

    def __init__(
        self,
        parts: Parts,
        runner: goals.Runner,
        exchange: Exchange,
        inbox: Inbox,
        heads: Heads,
        *,
        reconciler: Reconciler,
        uploads: Uploads,
        ports: Ports,
    ) -> None:
        self._account = parts.account
        self._adapter = parts.adapter
        self._client = parts.client
        self._store = parts.store
        self._clock = parts.clock
        self._tasks = parts.tasks
        self._runner = runner
        self._exchange = exchange
        self._inbox = inbox
        self._heads = heads
        self._reconciler = reconciler
        self.uploads = uploads
        self._ports = ports
        self._line = ports.line
        self._budget = Budget()
        self._wake = asyncio.Event()
        self._running: dict[OutgoingId, asyncio.Task[object]] = {}
        self._committing: set[OutgoingId] = set()
        self._unsent: set[OutgoingId] = set()
        """Sends that were started and have not left yet: they take a place in the budget."""
        self._not_stored: dict[OutgoingId, int] = {}
        """The attempt of which the server has said that it stored nothing."""
        self._rests = Rests(parts.clock, parts.around.jitter)
        self._awaiting: set[OutgoingId] = set()
        self._inherited = Inherited(parts, inbox)
        self._holds_marks = False
        """A read mark waits until its conversation is caught up with."""
        self._stopping = False

    def inherit(self, items: Iterable[Outgoing], known: Iterable[KnownConversation]) -> None:
        """What earlier runs have left, and what they knew of the conversations."""
        self._inherited.note(items, known)

    def wake(self) -> None:
        """Read the rows again: something was pressed, or the link has changed."""
        self._wake.set()

    def heads_changed(self, *, caught_up: bool) -> None:
        """caught_up: a conversation is, that was not; a read mark that was only waiting for that may go."""
        if caught_up and self._holds_marks:
            self.wake()

    def link_up(self) -> None:
        """Requests reach the server again: what waited for that waits no longer."""
        self._rests.link_up()
        self.wake()

    @property
    def is_sending(self) -> bool:
        """Whether anything but a file is on its way."""
        return len(self._running) > self.uploads.count

    async def run(self) -> None:
        """Start what may go, wait, and look again, for ever."""
        while not self._stopping:
            self._wake.clear()
            try:
                items = await asyncio.wrap_future(self._store.unsettled(self._account))
                pause_ms = await self._scan(items)
            except WorldError as exc:
                log.warning("reading the outbox: %s", type(exc).__name__)
                pause_ms = DISK_PAUSE_MS
            try:
                async with asyncio.timeout(max(pause_ms, 1) / 1000):
                    await self._wake.wait()
            except TimeoutError:
                pass

    async def settle(self, patience_ms: int) -> None:
        """Start nothing more, and give what is in flight a moment to hear its answer."""
        self._stopping = True
        self._wake.set()
        end_ms = self._clock.now_ms() + patience_ms
        while self._committing and self._clock.now_ms() < end_ms:
            await self._clock.sleep(20)

    # -- choosing

    async def _scan(self, items: tuple[Outgoing, ...]) -> int:
        """Start what may go. Returns after how many milliseconds to look again."""
        self._reconciler.consider(items)
        self.uploads.stop_others(items)
        self._rests.of_rows(items, self._running.keys())
        for outgoing in self._not_stored.keys() - {item.id for item in items} - self._running.keys():
            del self._not_stored[outgoing]
        for item in items:
            if outbox.is_scheduled(item) and item.not_before_us <= self._clock.now_us():
                await self._record(item.id, outbox.Due())
                self.wake()
            elif self._is_old(item) and item.id not in self._running:
                await self._record(item.id, outbox.Aged())
        if not self._line.usable() or self._stopping:
            return SCAN_MS
        # Left among the items, though they ask now: until they are answered they hold those behind them.
        asking = {item.id for item in items if self._is_old(item)}
        resting = self._rests.resting()
        ready = outbox.next_up(items, resting=resting.keys() | self._running.keys() | asking)
        now_us = self._clock.now_us()
        due = ((one.not_before_us - now_us) // 1000 for one in items if outbox.is_scheduled(one))
        pauses = [*resting.values(), *due]
        self._budget.allow(self._ports.sends_per_minute())
        behind = len(self._unsent)
        self._holds_marks = False
        for item in ready:
            is_file = brings(item)
            if not self._has_room(item, items):
                continue  # each that ends wakes us
            if item.kind is OutgoingKind.SEND and not is_file:
                wait_ms = self._budget.wait_ms(self._clock.now_ms(), behind=behind)
                behind += 1
                if wait_ms > 0:
                    pauses.append(wait_ms)
                    await self._tell_wait(item, wait_ms)
                    continue
            elif item.kind is OutgoingKind.MARK_READ and not self._may_mark(item):
                self._holds_marks = True
                continue
            self._begin(item, is_file=is_file)
        return min([SCAN_MS, *pauses])

    def _begin(self, item: Outgoing, *, is_file: bool) -> None:
        if item.kind is OutgoingKind.SEND and not is_file:
            self._unsent.add(item.id)
        task = self._tasks.start(self._carry(item), f"carry {item.kind.value}")
        self._running[item.id] = task
        if is_file:
            self.uploads.begin(item, task)

    def _has_room(self, item: Outgoing, items: tuple[Outgoing, ...]) -> bool:
        """Whether one more may be under way; files and all else do not take each other's room."""
        if brings(item):
            return self.uploads.may_begin(item, items)
        return len(self._running) - self.uploads.count < MOST_AT_ONCE

    def _is_old(self, item: Outgoing) -> bool:
        return (
            item.state is DeliveryState.QUEUED
            and not item.approved
            and not outbox.is_scheduled(item)
            and item.kind not in NEVER_OLD
            and self._clock.now_us() - item.created_at_us > OLD_US
        )

    def _may_mark(self, item: Outgoing) -> bool:
        """Where the server marks everything as read, only what the person has seen may be there."""
        if not self._adapter.limits.read_marks_all:
            return True
        if not self._heads.caught_up(item.conversation_remote_id):
            return False
        newest = self._heads.newest_other(item.conversation_remote_id)
        return newest is None or newest <= item.target

    async def _tell_wait(self, item: Outgoing, wait_ms: int) -> None:
        """Write the expected time to the row, once: the window shows it."""
        self._rests.put(item, wait_ms, by_server=True)
        if wait_ms > TOLD_WAIT_MS and item.not_before_us <= self._clock.now_us():
            await self._record(item.id, outbox.Later(self._clock.now_us() + wait_ms * 1000, "rate"))

    # -- carrying out

    async def _carry(self, item: Outgoing) -> None:
        try:
            if outbox.wants_upload(item):
                await self._bring(item)
            elif item.kind is OutgoingKind.SEND:
                await self._send(item)
            elif brings(item):
                await self._add_file(item)
            else:
                await self._do(item)
        except WorldError as exc:
            log.warning("an item could not be carried out: %s", type(exc).__name__)
            self._rests.after_setback(item, DISK_PAUSE_MS)
        except Exception as exc:  # noqa: BLE001 - our fault; the item must neither be lost nor tried in a circle
            log.error("carrying out a %s: %s", item.kind.value, where(exc))
            await self._record(item.id, outbox.Unknown("fault"))
            self._rests.after_setback(item, SCAN_MS)
        finally:
            self._running.pop(item.id, None)
            self._unsent.discard(item.id)
            self.uploads.end(item.id)
            self.wake()

    async def _bring(self, item: Outgoing) -> None:
        """The file of a message goes first; with its address the message is like any other send."""
        brought = await self.uploads.for_message(item)
        if isinstance(brought, Attachment):
            await self._record(item.id, outbox.Uploaded(brought))
        else:
            await self._settle(item, brought, KeyGrade.NONE, started=False)

    async def _add_file(self, item: Outgoing) -> None:
        """A file for an order: its list is read before, so that an unknown outcome can be looked up in it."""
        listed = await self.uploads.listed(item)
        if not isinstance(listed, tuple):
            await self._settle(item, listed, KeyGrade.NONE, started=False)
            return
        if item.attempts and self._not_stored.get(item.id) != item.attempts:
            before, _ = await asyncio.wrap_future(self._store.last_attempt_watermark(item.id))
            found = arrived_as(item, listed, before)
            if found is not None:
                await self._record(item.id, outbox.Found(found))
                return
        goal = await self.uploads.for_order(item)
        if not isinstance(goal, Act):
            await self._settle(item, goal, KeyGrade.NONE, started=False)
            return
        names = tuple(RemoteId(one.remote_name) for one in listed)
        await self._attempt(item, goal, Watermark(names, complete=True))

    async def _send(self, item: Outgoing) -> None:
        mark = await self._watermark(item)
        if mark is None:
            return
        grade = self._adapter.key_grade(self._exchange.facts)
        if item.detail == outbox.REPEATING and grade is not KeyGrade.IDEMPOTENT:
            # It left under a client id that this connection does not promise to recognise.
            await self._unclear(item, "no client ids here", grade)
            return
        if item.attempts and self._not_stored.get(item.id) != item.attempts:
            ending = await self._before_repeat(item)
            if ending is not None:
                await self._settle(item, ending, KeyGrade.NONE, started=False)
                return
        elif await self._inherited.came_by_itself(item):
            await self._record(item.id, outbox.Aged())
            return
        self._ports.sending(item.conversation_remote_id)
        goal = SendText(
            item.conversation_remote_id,
            item.id,
            item.id,
            item.text,
            kind=item.message_kind,
            extras=item.extras,
            approved=item.approved,
        )
        await self._attempt(item, goal, mark)

    async def _before_repeat(self, item: Outgoing) -> goals.Ending | None:
        """The last attempt's outcome was unknown: look once more, unless a repeat does no harm.

        That hangs on what its id was worth when it left, and on nobody else having been at it since.
        """
        if item.detail == outbox.REPEATING and not self._inherited.is_as_left(item):
            return None
        return await self._reconciler.before_repeat(item)

    async def _do(self, item: Outgoing) -> None:
        goal = _goal(item)
        if goal is None:
            log.error("a %s item can't be carried out by this version", item.kind.value)
            await self._record(item.id, outbox.Refused(ParkReason.STUCK))
            return
        await self._attempt(item, goal, Watermark((), complete=False))

    async def _watermark(self, item: Outgoing) -> Watermark | None:
        """The head of the conversation as of this connection; read now if it was not. None: not now."""
        conversation = item.conversation_remote_id
        for _ in range(HEAD_TRIES):
            mark = self._heads.watermark(conversation)
            if mark is not None and mark.complete:
                return mark
            outcome = await self._ports.read_head(conversation)
            match outcome.ending:
                case goals.Reached():
                    continue
                case goals.Refused(reason=reason, detail=detail):
                    await self._record(item.id, outbox.Refused(reason, detail))
                    return None
                case goals.AskPerson() as ending:
                    self._line.ask_person(ending)
                case goals.NotNow(ms=ms):
                    self._rests.after_setback(item, ms)
                case _:
                    self._rests.after_setback(item, 0)
            return None
        mark = self._heads.watermark(conversation)
        if mark is None:
            self._rests.after_setback(item, 0)
        return mark

    async def _attempt(self, item: Outgoing, goal: GoalKind, mark: Watermark) -> None:
        """One try: on disk before its first byte leaves, and its outcome as soon as it is known."""
        is_send = item.kind is OutgoingKind.SEND
        grade = self._adapter.key_grade(self._exchange.facts)
        hold: Hold | None = None
        started = edited = False

        async def before_commit(step: Step) -> bool:
            nonlocal hold, started, edited
            attempt = Attempt(
                outgoing_id=item.id,
                number=item.attempts + 1,
                client_id=item.id if is_send and grade is not KeyGrade.NONE else "",
                epoch=self._exchange.facts.epoch,
                step=step.note,
                watermark=mark.ids,
                watermark_complete=mark.complete,
                started_at_us=self._clock.now_us(),
            )
            if self._stopping:
                return False
            if item.kind is OutgoingKind.MARK_READ and not self._may_mark(item):
                return False  # something newer has come while it waited for its turn
            self._committing.add(item.id)
            try:
                row = await asyncio.wrap_future(self._store.advance(item.id, outbox.Started(attempt)))
                self._rests.written(row)
            except NotPossible:
                return False  # the person has cancelled it
            started = True
            if row.text != item.text:
                edited = True
                return False  # what would leave is not what the person wants any more
            if is_send:
                hold = self._inbox.hold(item.conversation_remote_id, item.text, mark.ids)
                self._unsent.discard(item.id)
                self._budget.sent(self._clock.now_ms())
            return True

        try:
            outcome = await self._runner.run(
                goal, before_commit=before_commit, stop=lambda: self._stopping or not self._line.usable()
            )
            ending = outcome.ending
            if edited:
                ending = goals.NotNow(detail="edited")
            await self._settle(item, ending, grade, started=started)
        finally:
            self._committing.discard(item.id)
            if hold is not None:
                self._inbox.release(hold)

    async def _settle(self, item: Outgoing, ending: goals.Ending, grade: KeyGrade, *, started: bool) -> None:
        """Write the outcome down, and decide when the item is looked at again."""
        match ending:
            case goals.Reached(committed=True, remote_id=remote_id, assurance=assurance):
                try:
                    await self._record(item.id, outbox.Stored(remote_id, assurance))
                except BelongsToAnother:  # the echo of an earlier send, come twice
                    await self._unclear(item, "the copy of another send", grade)
            case goals.Reached() if item.kind is OutgoingKind.SEND:
                log.error("adapter: a send is done without a committing step")
                await self._record(item.id, outbox.Refused(ParkReason.STUCK))
            case goals.Reached():
                await self._record(item.id, outbox.Superseded())
            case goals.Refused(reason=reason, detail=detail):
                await self._record(item.id, outbox.Refused(reason, detail))
            case goals.NotNow(waits_for=str(why), ms=ms) if why:
                await self._waits_for(item, why, ms, started=started)
            case goals.NotNow(ms=ms, detail=detail, by_server=by_server):
                await self._later(item, ms, detail, by_server=by_server, started=started)
            case goals.Unclear(detail=detail):
                await self._unclear(item, detail, grade)
            case goals.AskPerson():
                if started:
                    await self._record(item.id, outbox.Later(0, "sign in"))
                self._line.ask_person(ending)
            case goals.Vetoed():
                # Settled by somebody else; should it not be, it must not go round in circles.
                self._rests.after_setback(item, 0)

    async def _waits_for(self, item: Outgoing, why: str, ms: int, *, started: bool) -> None:
        """It waits for something that facts will tell; its row says what, once."""
        self._rests.put(item, ms, by_server=False)
        self._awaiting.add(item.id)
        if started or item.detail != why:
            await self._record(item.id, outbox.Later(0, why))

    def facts_changed(self) -> None:
        """What the adapter knows has changed: those who wait for that look again."""
        if self._awaiting:
            for outgoing in self._awaiting:
                self._rests.end(outgoing)
            self._awaiting.clear()
            self.wake()

    async def _later(self, item: Outgoing, ms: int, detail: str, *, by_server: bool, started: bool) -> None:
        if started:
            self._not_stored[item.id] = item.attempts + 1
        by_server = by_server and ms > 0
        wait_ms = 0
        if by_server and item.kind is OutgoingKind.SEND:
            self._budget.told_to_wait(ms, self._clock.now_ms())
        if by_server or self._line.usable():
            wait_ms = self._rests.after_setback(item, ms, by_server=by_server)
        told_us = self._clock.now_us() + wait_ms * 1000 if wait_ms > TOLD_WAIT_MS else 0
        if started or told_us:
            await self._record(item.id, outbox.Later(told_us, detail))

    async def _unclear(self, item: Outgoing, detail: str, grade: KeyGrade) -> None:
        """Nobody knows whether it arrived. Where a repeat does harm, what may be on its way is cut off."""
        if item.kind is OutgoingKind.SEND and grade is KeyGrade.IDEMPOTENT:
            await self._record(item.id, outbox.Unknown(detail))
            await self._record(item.id, outbox.SafeToRepeat())
            self._rests.after_setback(item, 0)
            return
        try:
            async with asyncio.timeout(ABORT_PATIENCE_MS / 1000):
                await self._client.abort_commits()
        except TimeoutError:
            log.warning("the client did not close its connections in time")
        self._reconciler.closed(item.id)
        await self._record(item.id, outbox.Unknown(detail))
        self._rests.after_setback(item, 0)

    async def _record(self, outgoing: OutgoingId, event: outbox.Event) -> None:
        """Write an outcome; as long as the disk refuses, try again: nobody else knows it."""
        while True:
            try:
                self._rests.written(await asyncio.wrap_future(self._store.advance(outgoing, event)))
            except BelongsToAnother:
                raise
            except NotPossible:
                log.info("no step %s for this item any more", type(event).__name__)
            except WorldError as exc:
                log.warning("writing an outcome: %s", type(exc).__name__)
                await self._clock.sleep(DISK_PAUSE_MS)
                continue
            return


def _goal(item: Outgoing) -> GoalKind | None:
    match item.kind:
        case OutgoingKind.MARK_READ:
            return MarkRead(item.conversation_remote_id, Cursor(item.target))
        case OutgoingKind.DELETE:
            return DeleteMessage(item.conversation_remote_id, RemoteId(item.target))
        case OutgoingKind.CHANGE_STATUS:
            return status_goal(item)
        case OutgoingKind.REPORT:
            return Report(item.conversation_remote_id, RemoteId(item.target), item.text)
        case _:
            return None
