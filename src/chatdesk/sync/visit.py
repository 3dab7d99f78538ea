"""A short visit to a server without an account: the connection test, and the sign-in."""

from __future__ import annotations

import logging
from types import TracebackType
from typing import Self

from chatdesk.domain.arrivals import NoAnswer, VerdictRefused, VerdictStored
from chatdesk.domain.desk import ServerCheck
from chatdesk.domain.errors import SignInRefused
from chatdesk.domain.events import Event, Noticed
from chatdesk.domain.facts import AccountFacts, Facts
from chatdesk.domain.goals import AskForOtp, Goal, Probe, SignIn
from chatdesk.domain.kinds import NoticeCode, ParkReason
from chatdesk.domain.ordering import Stamp
from chatdesk.domain.ports import PlatformPlugin
from chatdesk.domain.steps import Call
from chatdesk.sync.clock import Clock
from chatdesk.sync.exchange import Exchange
from chatdesk.sync.lanes import Lanes
from chatdesk.sync.runner import AskPerson, Refused, Runner, new_goal
from chatdesk.sync.tasks import Tasks

log = logging.getLogger(__name__)

SIGN_IN_PATIENCE_MS = 5_000
PROBLEMS = frozenset({"unreachable", "timeout", "tls", "redirect"})
"""Reasons of a NoAnswer that the connection test hands on as they are; others read as unreachable."""
CODES = {
    ParkReason.FORBIDDEN: NoticeCode.FORBIDDEN,
    ParkReason.NOT_FOUND: NoticeCode.NOT_FOUND,
    ParkReason.CLOSED: NoticeCode.CLOSED,
    ParkReason.TOO_LONG: NoticeCode.TOO_LONG,
}


class Visit:
    """Use it as `async with`, on the network loop."""

    def __init__(self, plugin: PlatformPlugin, known: AccountFacts, clock: Clock) -> None:
        """known: address, login, seat and settings; nobody is signed in yet."""
        self._adapter = plugin.adapter
        self._client = plugin.make_client(known.server_url, plugin.adapter.limits)
        self._tasks = Tasks(f"visit to a {plugin.platform.value}", self._fault)
        facts = plugin.adapter.facts(known, {})
        self._exchange = Exchange(plugin.adapter, self._client, clock, self._tasks, self, facts)
        self._runner = Runner(plugin.adapter, self._exchange, Lanes(), clock)
        self._noticed: Noticed | None = None

    async def __aenter__(self) -> Self:
        """Begin to listen."""
        self._tasks.keep(self._exchange.run, "arrivals")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave nothing open."""
        await self._tasks.close()
        await self._client.close()

    async def check(self) -> ServerCheck:
        """Ask the one question of a Probe that needs no token."""
        goal = new_goal(Probe())
        step = self._adapter.next(goal, self._exchange.facts)
        if not isinstance(step, Call):
            log.error("adapter: a probe that begins with %s", type(step).__name__)
            return ServerCheck(reachable=False, problem="not_this_platform")
        end = await self._exchange.perform(goal, step, self._exchange.begin())
        match end.by, end.verdict:
            case NoAnswer(reason=reason), _:
                problem = reason if reason in PROBLEMS else "unreachable"
                return ServerCheck(reachable=problem == "redirect", problem=problem)
            case _, VerdictStored():
                return ServerCheck(reachable=True, latency_ms=end.took_ms)
            case _, VerdictRefused(detail=detail):
                return ServerCheck(
                    reachable=True, latency_ms=end.took_ms, problem="not_this_platform", detail=detail
                )
            case _, verdict:
                # It answers, but not now: a server that is starting, or under load.
                detail = verdict.detail
                return ServerCheck(reachable=True, latency_ms=end.took_ms, detail=detail)

    async def sign_in(self, goal: SignIn) -> Facts:
        """Exchange the password for tokens. Returns what is known then; raises SignInRefused."""
        await self._ask(goal)
        facts = self._exchange.facts
        if not facts.account.user_id or not facts.account.secrets.access:
            raise SignInRefused(NoticeCode.SERVER_ERROR, "no identity")
        return facts

    async def ask_for_otp(self) -> None:
        """Have a one-time code sent to the login; raises SignInRefused."""
        await self._ask(AskForOtp())

    async def _ask(self, goal: SignIn | AskForOtp) -> None:
        outcome = await self._runner.run(goal, patience_ms=SIGN_IN_PATIENCE_MS)
        match outcome.ending:
            case AskPerson(code=code, detail=detail, retry_after_ms=retry_after_ms):
                raise SignInRefused(code, detail, retry_after_ms and retry_after_ms / 1000)
            case Refused(reason=reason, detail=detail):
                raise SignInRefused(CODES.get(reason, NoticeCode.AUTH_FAILED), detail)
            case _ if not outcome.reached:
                noticed = self._noticed or Noticed(code=NoticeCode.OFFLINE)
                raise SignInRefused(noticed.code, noticed.detail)

    # -- Receiver

    async def take(self, events: tuple[Event, ...], stamp: Stamp) -> None:  # noqa: ARG002 - Receiver's shape
        """Nothing is stored here; what the server says in words may be the reason of a refusal."""
        for event in events:
            if isinstance(event, Noticed):
                self._noticed = event

    def facts_changed(self, before: Facts, after: Facts) -> None:
        """Facts are read at the end."""

    def link_changed(self, online: bool) -> None:
        """No socket is opened here."""

    def moved(self, goal: Goal, sent_bytes: int) -> None:
        """No file is brought here."""

    def _fault(self, name: str, fatal: bool) -> None:
        """Logged by the tasks; the one who waits meets his timeout."""
