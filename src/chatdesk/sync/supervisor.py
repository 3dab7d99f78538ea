"""Keeps one account connected: back-off, watchdog, token renewal, polling where the socket is refused."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

import msgspec

from chatdesk.domain.arrivals import LinkLost
from chatdesk.domain.goals import Connected, FreshLists
from chatdesk.domain.kinds import ConnectionState, NoticeCode, SignInState
from chatdesk.sync.backoff import delay_ms
from chatdesk.sync.exchange import Exchange
from chatdesk.sync.ground import LOOK_MS, Ground, Hints
from chatdesk.sync.parts import Parts
from chatdesk.sync.runner import AskPerson, NotNow, Outcome, Reached, Refused, Runner
from chatdesk.sync.status import Status
from chatdesk.sync.tasks import cancel_and_wait

log = logging.getLogger(__name__)

TICK_MS = 2_000
"""How often the watchdog looks."""
YOUNG_MS = 3_000
"""A link younger than this is not doubted because of a hint: it was made on the ground as it is now."""
HANGS_MS = 500
"""A try to connect that is older was begun on the ground as it was before a hint."""
UPKEEP_MS = 15_000
"""How often the adapter is asked whether the connection needs something (a fresh token)."""
STABLE_MS = 30_000
"""A link that stood this long starts the back-off anew."""
DROP_PATIENCE_MS = 3_000

SIGN_IN_STATES = {
    NoticeCode.LOCKED: SignInState.LOCKED,
    NoticeCode.FORBIDDEN: SignInState.REFUSED,
}
"""What the window shows for a code; every other one asks for the password."""


class Hooks(msgspec.Struct, frozen=True):
    """What the engine does as the link comes and goes."""

    usable: Callable[[], None]
    """Requests reach the server (again): online, or by polling."""
    lost: Callable[[], None]
    """They no longer do."""
    poll: Callable[[], Awaitable[None]]
    """One round of reading instead of pushes."""


class Supervisor:
    """Owns the state of the connection of one account."""

    def __init__(
        self, parts: Parts, runner: Runner, exchange: Exchange, status: Status, hooks: Hooks
    ) -> None:
        self._runner = runner
        self._exchange = exchange
        self._client = parts.client
        self._clock = parts.clock
        self._limits = parts.adapter.limits
        self._tasks = parts.tasks
        self._status = status
        self._hooks = hooks
        self._jitter = parts.around.jitter
        self._refused = False
        self._attempt = 0
        self._ever_tried = False
        self._poller: asyncio.Task[object] | None = None
        self._polling = False
        self._now = asyncio.Event()
        self._link = asyncio.Event()
        """Set at each change of the link."""
        self._ground = Ground(parts.clock, parts.around.way)
        self._hints = Hints()
        self._following: asyncio.Task[object] | None = None
        self._waits_for_person = False
        self._trying: asyncio.Task[Outcome] | None = None
        self._tried_ms = self._linked_ms = 0
        self._poke = asyncio.Event()
        """Ends the pause between two rounds of polling."""

    # -- asked by others

    @property
    def usable(self) -> bool:
        """Requests may be sent: the server is reached, and nobody has to type a password first."""
        return (self._exchange.online or self._polling) and self._status.now.sign_in is SignInState.OK

    def retry_now(self) -> None:
        """Try at once: the person asks for it."""
        if self._exchange.online:
            if self._status.now.sign_in is not SignInState.OK:
                self._status.sign_in(SignInState.OK)  # until the next step says otherwise
                self._hooks.usable()
            return
        self._attempt = 0
        self._now.set()

    def shaken(self) -> None:
        """The machine has woken, or the network is another, says somebody: one try, at once.

        A hint, and no more: it begins the back-off anew and doubts what stands. What the try yields counts.
        """
        self._ground.look()  # what was told need not be found out once more
        if self._following is not None and not self._following.done():
            return
        wait_ms = self._hints.wait_ms(self._clock.now_ms())
        if wait_ms > 0:
            self._following = self._tasks.start(self._follow(wait_ms), "follow a hint")
        else:
            self._anew()

    async def _follow(self, wait_ms: int) -> None:
        await self._clock.sleep(wait_ms)
        self._anew()

    def _anew(self) -> None:
        """Whatever was begun on the old ground is begun again."""
        if self._waits_for_person:
            return
        self._attempt = 0
        now_ms = self._clock.now_ms()
        if self._exchange.online:
            if now_ms - self._linked_ms >= YOUNG_MS:
                self._now.set()
                self._tasks.start(self._drop_link(), "drop a doubted link")
            return
        if self._trying is None or (self._exchange.connecting and now_ms - self._tried_ms >= HANGS_MS):
            self._tasks.start(self._begin_again(), "begin again")
        else:
            self._now.set()  # should the try that has just begun come to nothing

    async def _begin_again(self) -> None:
        if self._trying is not None:
            self._trying.cancel()
        await self._drop_link()
        self._now.set()
        self._poke.set()

    def link_changed(self, online: bool) -> None:
        """The exchange tells that the socket was accepted or is gone."""
        self._link.set()
        if online:
            self._linked_ms = self._clock.now_ms()
        else:
            self._hooks.lost()

    def ask_person(self, ending: AskPerson) -> None:
        """The token is void. Reading, drafting and queueing go on without it."""
        state = SIGN_IN_STATES.get(ending.code, SignInState.NEEDS_PASSWORD)
        if self._status.now.sign_in is not state:
            log.info("the token is void: %s", ending.code.value)
        wait_ms = ending.retry_after_ms
        self._status.sign_in(
            state, ending.detail, retry_at_us=wait_ms and self._clock.now_us() + wait_ms * 1000
        )

    def refuse(self, ending: AskPerson) -> None:
        """This connection must not be used at all: close it, and wait for the person."""
        self.ask_person(ending)
        self._refused = True
        self._tasks.start(self._drop_link(), "drop a refused link")

    # -- its life

    async def run(self) -> None:
        """Connect, stay, and connect again, for ever."""
        await self._drop_link()  # after a fault of ours nobody knows what is still up
        try:
            while True:
                await self._round()
        finally:
            await cancel_and_wait(self._poller)

    async def watch(self) -> None:
        """Look every second whether the machine has slept, or the network is another, for ever."""
        while True:
            await self._clock.sleep(LOOK_MS)
            if what := self._ground.moved():
                log.info("%s: connecting anew", what)
                self.shaken()

    async def _until_asked(self) -> None:
        """Nothing is tried before the person wants it: a hint proves no password."""
        self._waits_for_person = True
        try:
            await self._now.wait()
        finally:
            self._waits_for_person = False

    async def _connect(self) -> Outcome:
        """One try, which a hint may end."""
        self._tried_ms = self._clock.now_ms()
        work = self._runner.run(Connected(), patience_ms=0)
        self._trying = asyncio.get_running_loop().create_task(work, name="connect")
        try:
            await asyncio.wait([self._trying])
            if not self._trying.cancelled():
                return self._trying.result()
        finally:
            trying, self._trying = self._trying, None
            await cancel_and_wait(trying)
        await self._drop_link()
        return Outcome(NotNow())

    async def _round(self) -> None:
        if self._refused:
            await self._stop_polling()
            self._status.connection(ConnectionState.OFF)
            self._now.clear()
            await self._until_asked()
            self._refused = False
        if not self._polling:
            first = not self._ever_tried
            self._status.connection(ConnectionState.CONNECTING if first else ConnectionState.RECONNECTING)
        self._ever_tried = True
        self._now.clear()
        outcome = await self._connect()
        if outcome.reached and self._exchange.online:
            await self._stop_polling()
            self._status.sign_in(SignInState.OK)
            self._status.connection(ConnectionState.ONLINE)
            self._hooks.usable()
            since_ms = self._clock.now_ms()
            await self._stay()
            if self._clock.now_ms() - since_ms >= STABLE_MS:
                self._attempt = 0
            if self._now.is_set() or self._refused:
                return  # woken, or asked: at once
            await self._rest(NotNow())
        elif isinstance(outcome.ending, AskPerson):
            await self._stop_polling()
            self.ask_person(outcome.ending)
            until_us = self._status.now.retry_at_us
            self._status.connection(ConnectionState.OFF, reason=outcome.ending.detail, retry_at_us=until_us)
            await self._until_asked()
        else:
            self._start_polling()
            await self._rest(outcome.ending)

    async def _rest(self, ending: object) -> None:
        """Wait before the next try; a wish of the server for more time is respected, within reason."""
        self._attempt += 1
        wait_ms = delay_ms(self._attempt, self._jitter())
        detail = ""
        if isinstance(ending, NotNow | Refused):
            detail = ending.detail
        if isinstance(ending, NotNow):
            wait_ms = max(wait_ms, min(ending.ms, 600_000))
        if not self._polling:
            # The first try after a loss is so near that "offline" would only flicker.
            state = (
                ConnectionState.RECONNECTING if self._attempt == 1 and not detail else ConnectionState.OFFLINE
            )
            retry_at_us = self._clock.now_us() + wait_ms * 1000
            self._status.connection(state, retry_at_us=retry_at_us, reason=detail)
        await _set_within(self._now, wait_ms)

    # -- while it stands

    async def _stay(self) -> None:
        """Come back when the link is gone."""
        upkeep: asyncio.Task[object] | None = None
        upkeep_due_ms = self._clock.now_ms() + UPKEEP_MS
        try:
            while self._exchange.online:
                self._link.clear()
                try:
                    async with asyncio.timeout(TICK_MS / 1000):
                        await self._link.wait()
                except TimeoutError:
                    pass
                if self._silent():
                    self._now.set()
                    await self._drop_link()
                elif self._clock.now_ms() >= upkeep_due_ms and (upkeep is None or upkeep.done()):
                    upkeep_due_ms = self._clock.now_ms() + UPKEEP_MS
                    upkeep = self._tasks.start(self._upkeep(), "upkeep")
        finally:
            await cancel_and_wait(upkeep)

    def _silent(self) -> bool:
        heard_ms = self._client.last_heard_ms()
        if heard_ms is None:
            return False  # LinkLost is on its way
        silence_ms = self._clock.now_ms() - heard_ms
        if silence_ms <= self._limits.ping_interval_ms + self._limits.watchdog_margin_ms:
            return False
        log.info("nothing heard for %d ms: connecting anew", silence_ms)
        return True

    async def _upkeep(self) -> None:
        """Ask the adapter whether the connection needs something: it renews the token before it expires."""
        if self._status.now.sign_in is not SignInState.OK:
            return
        outcome = await self._runner.run(Connected(), patience_ms=0)
        if isinstance(outcome.ending, AskPerson):
            self.ask_person(outcome.ending)

    async def _drop_link(self) -> None:
        """Close the socket; if the client can't say that it is gone, say it ourselves."""
        try:
            async with asyncio.timeout(DROP_PATIENCE_MS / 1000):
                await self._client.drop_link()
                while self._exchange.online:
                    await self._exchange.changed(DROP_PATIENCE_MS)
        except TimeoutError:
            log.warning("the client did not drop its link in time")
            self._exchange.arrive(LinkLost())

    # -- without a socket

    def _start_polling(self) -> None:
        if self._poller is None or self._poller.done():
            self._poller = self._tasks.start(self._poll(), "poll")

    async def _stop_polling(self) -> None:
        poller, self._poller = self._poller, None
        await cancel_and_wait(poller)
        if self._polling:
            self._polling = False
            self._hooks.lost()

    async def _poll(self) -> None:
        """Where requests are answered though the socket is refused: read again and again.

        Ends at the first round that fails; the next failed try to connect starts it anew.
        """
        try:
            while self._answered(await self._runner.run(FreshLists(), patience_ms=0)):
                if not self._polling:
                    self._polling = True
                    self._exchange.new_epoch()
                    self._status.connection(ConnectionState.POLLING)
                    self._hooks.usable()
                else:
                    await self._hooks.poll()
                self._poke.clear()
                await _set_within(self._poke, self._limits.poll_ms)
        finally:
            # When cancelled, the one who cancels says what is next.
            current = asyncio.current_task()
            if self._polling and current is not None and not current.cancelling():
                self._polling = False
                self._hooks.lost()
                self._status.connection(ConnectionState.OFFLINE)

    def _answered(self, outcome: Outcome) -> bool:
        if isinstance(outcome.ending, AskPerson):
            self.ask_person(outcome.ending)
        return isinstance(outcome.ending, Reached)


async def _set_within(event: asyncio.Event, ms: int) -> None:
    """Wait for an event, for so many milliseconds of engine time at most."""
    try:
        async with asyncio.timeout(ms / 1000):
            await event.wait()
    except TimeoutError:
        return
