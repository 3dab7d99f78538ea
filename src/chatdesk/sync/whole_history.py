"""Loads whole conversations in the background: page by page toward the start, behind everything else.

What was read is known to the store as stretches without a hole, and the oldest end of the newest stretch is
where the next page begins: so a loading that was interrupted (by a cut, a stop, the end of the program) goes
on from there, and nothing but the wish itself has to be remembered.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import Future

import msgspec

from chatdesk.domain.changes import HistoryLoading, WholeHistoryMoved
from chatdesk.domain.desk import Coverage
from chatdesk.domain.errors import WorldError
from chatdesk.domain.events import MessageSeen, WindowRead
from chatdesk.domain.facts import Learnt
from chatdesk.domain.goals import OlderPage
from chatdesk.domain.ids import ConversationId, Cursor, RemoteId
from chatdesk.domain.kinds import LoadState, LoadWhy, SignInState
from chatdesk.sync import runner as goals
from chatdesk.sync.backfill import Backfill
from chatdesk.sync.inbox import Inbox
from chatdesk.sync.parts import Line, Parts
from chatdesk.sync.status import Status

log = logging.getLogger(__name__)

KEY = "engine.whole_history"
"""Learnt fact of our own: the conversations that are wanted whole, as a JSON list of their remote ids."""
FOR_EVER_US = 2**62
BEHIND_MS = 50
MOST_BEHIND_MS = 10_000
"""A page waits for sends and for reads that somebody waits for, but not for ever."""
LEAST_PAUSE_MS = 40
MOST_PAUSE_MS = 2_000
"""Pages rest as long as they took, within these bounds: server and machine are there for others, too."""
TRIES = 3
"""A page that proves nothing (the history moved, or holds something unreadable) is read so often."""
TRY_AGAIN_MS = 500
LONGEST_WAIT_MS = 60_000
TOLD_SETBACKS = 2
"""One page without an answer is not worth a word."""


class Job(msgspec.Struct, eq=False):
    """One conversation that is wanted whole."""

    conversation: RemoteId
    local: ConversationId | None = None
    there: Coverage | None = None
    at: Cursor | None = None
    """Below what could not be read: the stretch around this cursor is made longer; None: the newest one."""
    holes: int = 0
    is_at_head: bool = False
    """The newest messages were read on this connection."""
    tries: int = 0
    setbacks: int = 0
    not_before_ms: int = 0
    by_server: bool = False
    """It is the server that has asked for the wait."""
    is_greeted: bool = False
    is_over: bool = False


class WholeHistory:
    """The wishes of one account, worked off one page at a time."""

    def __init__(
        self,
        parts: Parts,
        runner: goals.Runner,
        backfill: Backfill,
        inbox: Inbox,
        status: Status,
        *,
        line: Line,
        is_sending: Callable[[], bool],
    ) -> None:
        self._account = parts.account
        self._store = parts.store
        self._clock = parts.clock
        self._announce = parts.around.announce
        self._runner = runner
        self._backfill = backfill
        self._inbox = inbox
        self._status = status
        self._line = line
        self._is_sending = is_sending
        self._jobs: dict[RemoteId, Job] = {}
        self._wake = asyncio.Event()

    # -- what is wanted

    def restore(self, kept: Learnt | None) -> None:
        """The wishes of the run before."""
        if kept is None:
            return
        try:
            wanted = msgspec.json.decode(kept.value, type=list[str])
        except msgspec.MsgspecError:
            log.warning("account %d: which conversations are wanted whole can't be read", self._account)
            return
        self._jobs = {RemoteId(one): Job(RemoteId(one)) for one in wanted}

    def want(self, conversation: RemoteId) -> None:
        """Load all of a conversation."""
        if conversation not in self._jobs:
            self._jobs[conversation] = Job(conversation)
            self._keep()
            self._wake.set()

    def drop(self, conversation: RemoteId) -> None:
        """The person wants no more of it."""
        job = self._jobs.get(conversation)
        if job is not None:
            self._end(job, LoadState.STOPPED)

    def _keep(self) -> None:
        value = msgspec.json.encode(list(self._jobs)).decode()
        future = self._store.put_learnt(self._account, {KEY: Learnt(value, FOR_EVER_US)})

        def ended(done: Future[None]) -> None:
            exc = None if done.cancelled() else done.exception()
            if exc is not None:  # the next change writes it again; at worst the person asks once more
                log.warning("account %d: a wish is not kept: %s", self._account, type(exc).__name__)

        future.add_done_callback(ended)

    # -- the link

    def link_up(self) -> None:
        """Requests reach the server."""
        for job in self._jobs.values():
            job.is_at_head = False
            if not job.by_server:
                job.not_before_ms = 0
        self._wake.set()

    def link_down(self) -> None:
        """Nothing reaches the server: what is loaded waits, and says so."""
        for job in self._jobs.values():
            self._tell_waiting(job)
        self._wake.set()

    def _tell_waiting(self, job: Job) -> None:
        signed_in = self._status.now.sign_in is SignInState.OK
        self._tell(job, LoadState.WAITING, LoadWhy.OFFLINE if signed_in else LoadWhy.SIGN_IN)

    # -- the work

    async def run(self) -> None:
        """Load for ever: a page of the first wish that may go on, then look again."""
        while True:
            self._wake.clear()
            for new in [job for job in self._jobs.values() if not job.is_greeted]:
                new.is_greeted = True
                await self._guarded(new, self._greet)
            job, wait_ms = self._next()
            if job is not None:
                await self._guarded(job, self._page)
                if self._jobs.get(job.conversation) is job:
                    self._jobs[job.conversation] = self._jobs.pop(job.conversation)  # each in its turn
                continue
            try:
                async with asyncio.timeout(None if wait_ms is None else max(wait_ms, 1) / 1000):
                    await self._wake.wait()
            except TimeoutError:
                pass

    def _next(self) -> tuple[Job | None, int | None]:
        """The first job that may go on, or else in how many ms one may; None: when something changes."""
        if not self._line.usable():
            return None, None
        now_ms = self._clock.now_ms()
        waits = [job.not_before_ms - now_ms for job in self._jobs.values()]
        for job, wait_ms in zip(self._jobs.values(), waits, strict=True):
            if wait_ms <= 0:
                return job, None
        return None, min(waits, default=None)

    async def _guarded(self, job: Job, work: Callable[[Job], Awaitable[None]]) -> None:
        try:
            await work(job)
        except WorldError as exc:
            log.warning("account %d: loading a conversation: %s", self._account, type(exc).__name__)
            self._wait(job, LoadWhy.DISK)

    async def _greet(self, job: Job) -> None:
        """Say that the wish was heard, or that the run before has left it."""
        await self._look(job)
        if self._line.usable():
            self._tell(job, LoadState.RUNNING)
        else:
            self._tell_waiting(job)

    async def _look(self, job: Job) -> Coverage | None:
        """How much is here by now."""
        if job.local is None:
            job.local = await self._backfill.local_id(job.conversation)
        if job.local is not None:
            job.there = await asyncio.wrap_future(self._store.coverage(job.local, job.at, job.there))
        return job.there

    async def _page(self, job: Job) -> None:
        """One page toward the start."""
        await self._let_others_pass(job)
        if not await self._is_at_head(job) or self._is_idle(job):
            return
        there = await self._look(job)
        if job.local is None or there is None or there.whole:
            # A conversation that is not ours any more, or that has no message, is here as far as it can be.
            self._end(job, LoadState.DONE)
            return
        self._tell(job, LoadState.RUNNING)
        begun_ms = self._clock.now_ms()
        outcome = await self._read(
            job.local, OlderPage(job.conversation, there.oldest, there.held, many=True), job
        )
        if job.is_over:
            return
        if not outcome.reached:
            self._set_back(job, outcome.ending)
            return
        await self._take(job, there, outcome)
        if not job.is_over:
            took_ms = self._clock.now_ms() - begun_ms
            await self._clock.sleep(min(max(took_ms, LEAST_PAUSE_MS), MOST_PAUSE_MS))

    async def _let_others_pass(self, job: Job) -> None:
        """Sends, catching up, and what the person looks at go first."""
        end_ms = self._clock.now_ms() + MOST_BEHIND_MS
        while self._is_sending() or self._backfill.is_busy:
            if self._is_idle(job) or self._clock.now_ms() >= end_ms:
                return
            await self._clock.sleep(BEHIND_MS)

    def _is_idle(self, job: Job) -> bool:
        return job.is_over or not self._line.usable()

    async def _is_at_head(self, job: Job) -> bool:
        """Whether the newest messages are here: below them there is one stretch to make longer."""
        if not job.is_at_head and not self._is_idle(job):
            outcome = await self._backfill.read_head(job.conversation)
            if job.is_over:
                return False
            if not outcome.reached:
                self._set_back(job, outcome.ending)
                return False
            await self._inbox.settled()
            job.is_at_head = True
        return job.is_at_head

    async def _read(self, local: ConversationId, page: OlderPage, job: Job) -> goals.Outcome:
        """Read a page; all of it is committed when this comes back."""
        self._announce(HistoryLoading(local, busy=True))
        reaches_start = False
        try:
            outcome = await self._runner.run(page, stop=lambda: self._is_idle(job))
            reaches_start = _reaches_start(outcome)
            await self._inbox.settled()
        finally:
            self._announce(HistoryLoading(local, busy=False, reaches_start=reaches_start))
        return outcome

    async def _take(self, job: Job, before: Coverage, outcome: goals.Outcome) -> None:
        """Go on below what came, or look why nothing did."""
        job.setbacks, job.by_server = 0, False
        after = await self._look(job)
        if after is None or job.is_over:
            return
        if after.whole:
            self._end(job, LoadState.DONE)
        elif after.oldest < before.oldest:
            job.tries = 0
            self._tell(job, LoadState.RUNNING)
        elif job.tries + 1 < TRIES:
            job.tries += 1
            job.not_before_ms = self._clock.now_ms() + TRY_AGAIN_MS
        else:
            self._step_over(job, before, outcome)

    def _step_over(self, job: Job, before: Coverage, outcome: goals.Outcome) -> None:
        """Something in this page can't be read, again and again: what lies below it can be."""
        seen = [event.cursor for event in outcome.events if isinstance(event, MessageSeen)]
        below = min((cursor for cursor in seen if cursor < before.oldest), default=None)
        job.holes += 1
        if below is not None:
            job.at, job.tries = below, 0
        elif _reaches_start(outcome):
            self._end(job, LoadState.DONE)
        else:
            self._end(job, LoadState.FAILED, LoadWhy.UNREADABLE)

    def _set_back(self, job: Job, ending: goals.Ending) -> None:
        match ending:
            case goals.Refused():
                self._end(job, LoadState.FAILED, LoadWhy.REFUSED)
            case goals.AskPerson():
                self._line.ask_person(ending)
                self._wait(job, LoadWhy.SIGN_IN)
            case goals.NotNow(ms=ms, by_server=True) if ms > 0:
                self._wait(job, LoadWhy.TOLD_TO_WAIT, ms)
            case goals.NotNow(ms=ms):
                self._wait(job, LoadWhy.NO_ANSWER, ms)
            case _:
                self._wait(job, LoadWhy.NO_ANSWER)

    def _wait(self, job: Job, why: LoadWhy, ms: int = 0) -> None:
        """Try again later, each time a little later, or when the server has said."""
        if job.is_over:
            return
        job.by_server = why is LoadWhy.TOLD_TO_WAIT
        if not job.by_server:
            ms = max(ms, min(1_000 << min(job.setbacks, 6), LONGEST_WAIT_MS))
        job.setbacks += 1
        job.not_before_ms = self._clock.now_ms() + ms
        if not self._line.usable():
            self._tell_waiting(job)
        elif job.by_server or why is not LoadWhy.NO_ANSWER or job.setbacks >= TOLD_SETBACKS:
            self._tell(job, LoadState.WAITING, why, self._clock.now_us() + ms * 1_000)

    def _end(self, job: Job, state: LoadState, why: LoadWhy = LoadWhy.NONE) -> None:
        job.is_over = True
        if self._jobs.get(job.conversation) is job:
            del self._jobs[job.conversation]
        self._keep()
        if state is LoadState.DONE and job.holes:
            why = LoadWhy.UNREADABLE
        self._tell(job, state, why)

    def _tell(self, job: Job, state: LoadState, why: LoadWhy = LoadWhy.NONE, again_at_us: int = 0) -> None:
        if job.local is None:
            return
        there = job.there
        self._announce(
            WholeHistoryMoved(
                conversation_id=job.local,
                state=state,
                why=why,
                messages=0 if there is None else there.held,
                back_to_us=0 if there is None else there.back_to_us,
                again_at_us=again_at_us,
            )
        )


def _reaches_start(outcome: goals.Outcome) -> bool:
    return any(isinstance(event, WindowRead) and event.reaches_start for event in outcome.events)
