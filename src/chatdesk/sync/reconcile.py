"""Finds out whether an uncertain send has arrived: by history, after a hard close and a quiet time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable

import msgspec

from chatdesk.domain import outbox
from chatdesk.domain.entities import Outgoing
from chatdesk.domain.errors import NotPossible, WorldError
from chatdesk.domain.goals import ChangeStatus, FreshHead
from chatdesk.domain.ids import OutgoingId, RemoteId
from chatdesk.domain.kinds import DeliveryState, KeyGrade, OutgoingKind
from chatdesk.domain.steps import Step
from chatdesk.sync import runner as goals
from chatdesk.sync.backoff import delay_ms
from chatdesk.sync.exchange import Exchange
from chatdesk.sync.inbox import Inbox
from chatdesk.sync.matching import found, window_of
from chatdesk.sync.parts import Line, Parts
from chatdesk.sync.uploads import Uploads, arrived_as

log = logging.getLogger(__name__)

CAP_MS = 60_000
"""Longest pause between two looks at one send."""


NEVER_KNOWN = "whether it arrived cannot be known"
"""Stable words of a parked send whose conversation can't be read any more: nobody can know its outcome."""


class _Seen(msgspec.Struct, frozen=True):
    """What a reading says of a send: as what it has arrived, or whether its absence is proved by it."""

    arrived_as: RemoteId | None
    proves: bool


class _Look:
    """Looking after one uncertain item, as of one attempt."""

    def __init__(self, item: Outgoing) -> None:
        self.item = item
        self.wake = asyncio.Event()
        self.task: asyncio.Task[object] | None = None


class Reconciler:
    """Looks after the uncertain items of one account until each is found, provably absent, or given up."""

    def __init__(
        self,
        parts: Parts,
        runner: goals.Runner,
        exchange: Exchange,
        inbox: Inbox,
        line: Line,
        uploads: Uploads,
    ) -> None:
        self._adapter = parts.adapter
        self._store = parts.store
        self._runner = runner
        self._exchange = exchange
        self._inbox = inbox
        self._clock = parts.clock
        self._tasks = parts.tasks
        self._jitter = parts.around.jitter
        self._line = line
        self._uploads = uploads
        self._items: dict[OutgoingId, Outgoing] = {}
        self._looks: dict[OutgoingId, _Look] = {}
        self._closed_ms: dict[OutgoingId, int] = {}
        self._born_ms = self._clock.now_ms()
        """What an earlier process left open was closed with it, no later than now."""
        self._given_up: set[tuple[OutgoingId, int]] = set()
        """(item, attempt) shown absent, but not to be repeated by itself: the person decides."""

    def closed(self, outgoing: OutgoingId) -> None:
        """The connection that carried this send has just been closed hard: its quiet time begins."""
        self._closed_ms[outgoing] = self._clock.now_ms()

    def consider(self, items: Iterable[Outgoing]) -> None:
        """All unsettled items as they are now; looking begins for those that need it, and ends for others."""
        self._items = {item.id: item for item in items if item.state is DeliveryState.UNCERTAIN}
        for outgoing, look in list(self._looks.items()):
            item = self._items.get(outgoing)
            if item is None or item.attempts != look.item.attempts:
                del self._looks[outgoing]
                if look.task is not None:
                    look.task.cancel()  # the person, or an answer, has settled this attempt
        for item in self._items.values():
            if item.id not in self._looks and (item.id, item.attempts) not in self._given_up:
                self._start(item)

    def echo(self, conversation: RemoteId, text: str) -> None:
        """An own message of this text came in: it may be one of ours."""
        wanted = self._adapter.normalise(text)
        for item in self._items.values():
            if item.conversation_remote_id == conversation and self._adapter.normalise(item.text) == wanted:
                self.check(item.id)

    def check(self, outgoing: OutgoingId) -> None:
        """Look now; before the quiet time is over a look may find, not prove an absence."""
        item = self._items.get(outgoing)
        if item is None:
            return
        self._given_up.discard((item.id, item.attempts))
        if item.id in self._looks:
            self._looks[item.id].wake.set()
        else:
            self._start(item)

    def link_changed(self) -> None:
        """Those who wait for the link look again."""
        for look in self._looks.values():
            look.wake.set()

    def _start(self, item: Outgoing) -> None:
        look = self._looks[item.id] = _Look(item)
        look.task = self._tasks.start(self._look_after(look), "reconcile")

    async def _look_after(self, look: _Look) -> None:
        item, wake = look.item, look.wake
        closed_ms = self._closed_ms.get(item.id, self._born_ms)
        proves_from_ms = closed_ms + self._adapter.limits.quiet_ms
        tries = 0
        try:
            while True:
                wake.clear()
                if not self._line.usable():
                    await wake.wait()
                    continue
                begun_ms = self._clock.now_ms()
                proof = begun_ms >= proves_from_ms
                try:
                    if await self._look(item, proof=proof):
                        return
                except WorldError as exc:
                    log.warning("looking for an uncertain item: %s", type(exc).__name__)
                tries += 1
                pause_ms = delay_ms(tries, self._jitter(), cap_ms=CAP_MS)
                if not proof:
                    pause_ms = max(proves_from_ms - self._clock.now_ms(), 0)
                await _set_within(wake, pause_ms)
        finally:
            if self._looks.get(item.id) is look:
                del self._looks[item.id]

    async def _look(self, item: Outgoing, *, proof: bool) -> bool:
        """One look. True: nothing more is to be done here."""
        if item.kind is OutgoingKind.CHANGE_STATUS:
            return await self._look_at_order(item, proof=proof)
        if item.kind is OutgoingKind.UPLOAD:
            return await self._look_at_files(item, proof=proof)
        seen = await self._read(item)
        if isinstance(seen, goals.Refused) and proof:
            # The conversation is gone, and with it every way to know: the person keeps the text.
            return await self._advance(item, outbox.Refused(seen.reason, NEVER_KNOWN))
        if not isinstance(seen, _Seen):
            return False
        if seen.arrived_as is not None:
            return await self._advance(item, outbox.Found(seen.arrived_as))
        if proof and seen.proves:
            return await self._absent(item)
        return False

    async def before_repeat(self, item: Outgoing) -> goals.Ending | None:
        """A send is about to go once more: has it perhaps arrived by now? Then it is settled.

        None: it has not, as far as can be seen. Else the ending that keeps it from going.
        """
        seen = await self._read(item)
        match seen:
            case _Seen(arrived_as=str(remote_id)):
                await self._advance(item, outbox.Found(remote_id))
                return goals.Vetoed()
            case _Seen() | goals.Refused():
                return None  # a conversation that can't be read any more: the send itself will tell
            case ending:
                return ending

    async def _read(self, item: Outgoing) -> _Seen | goals.Ending:
        """Read the window of a send, back to its watermark."""
        known, marks_complete = await asyncio.wrap_future(self._store.last_attempt_watermark(item.id))
        goal = FreshHead(item.conversation_remote_id, known, complete=True)
        outcome = await self._runner.run(goal, stop=lambda: not self._line.usable())
        if isinstance(outcome.ending, goals.AskPerson):
            self._line.ask_person(outcome.ending)
        if not outcome.reached or item.conversation_id is None:
            return outcome.ending
        await self._inbox.settled()
        window = window_of(outcome.events, known)
        free = await asyncio.wrap_future(self._store.candidates(item.conversation_id, known))
        rivals = {one.id: one for one in self._items.values() if _rivals(one, item)} | {item.id: item}
        findable = self._adapter.key_grade(self._exchange.facts) is KeyGrade.FINDABLE
        waiting = sorted(rivals.values(), key=lambda one: one.position)
        matches = found(waiting, window, free, self._adapter.normalise, by_id_only=findable)
        return _Seen(matches.get(item.id), window.proves and marks_complete)

    async def _look_at_order(self, item: Outgoing, *, proof: bool) -> bool:
        """A status is never changed blindly: done if it is as wanted, parked if it is a third one."""

        async def not_again(_step: Step) -> bool:
            return False

        goal = status_goal(item)
        if goal is None:
            return True
        outcome = await self._runner.run(goal, before_commit=not_again, stop=lambda: not self._line.usable())
        match outcome.ending:
            case goals.Reached():
                return await self._advance(item, outbox.Superseded())
            case goals.Refused(reason=reason, detail=detail):
                return await self._advance(item, outbox.Refused(reason, detail))
            case goals.Vetoed() if proof:
                return await self._absent(item)
            case goals.AskPerson() as ending:
                self._line.ask_person(ending)
                return False
            case _:
                return False

    async def _look_at_files(self, item: Outgoing, *, proof: bool) -> bool:
        """A file that may hang on its order: the list of files tells."""
        before, complete = await asyncio.wrap_future(self._store.last_attempt_watermark(item.id))
        listed = await self._uploads.listed(item)
        match listed:
            case tuple():
                found = arrived_as(item, listed, before)
                if found is not None:
                    return await self._advance(item, outbox.Found(found))
                return proof and complete and await self._absent(item)
            case goals.Refused(reason=reason) if proof:
                return await self._advance(item, outbox.Refused(reason, NEVER_KNOWN))
            case goals.AskPerson():
                self._line.ask_person(listed)
        return False

    async def _absent(self, item: Outgoing) -> bool:
        grade = self._adapter.key_grade(self._exchange.facts)
        may_repeat = outbox.repeat_allowed(item, grade, self._adapter.limits.max_repeats)
        if not may_repeat:
            self._given_up.add((item.id, item.attempts))
        log.info("an uncertain %s has not arrived; repeat: %s", item.kind.value, may_repeat)
        return await self._advance(item, outbox.Absent(may_repeat))

    async def _advance(self, item: Outgoing, event: outbox.Event) -> bool:
        try:
            after = await asyncio.wrap_future(self._store.advance(item.id, event))
        except NotPossible:
            return True  # the person was faster
        if after.state is not DeliveryState.UNCERTAIN:
            self._items.pop(item.id, None)
            self._closed_ms.pop(item.id, None)
        return True


def _rivals(one: Outgoing, other: Outgoing) -> bool:
    """Whether two uncertain items may have become the same message."""
    return one.kind is other.kind and one.conversation_remote_id == other.conversation_remote_id


def status_goal(item: Outgoing) -> ChangeStatus | None:
    """The goal of a change_status item; None when its row can't be read (`target` is 'old>new')."""
    old, arrow, new = item.target.partition(">")
    if not arrow or item.order_remote_id is None:
        return None
    return ChangeStatus(item.order_remote_id, item.order_number, old, new)


async def _set_within(event: asyncio.Event, ms: int) -> None:
    try:
        async with asyncio.timeout(ms / 1000):
            await event.wait()
    except TimeoutError:
        return
