"""How one account stands, told once per change."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping

import msgspec

from chatdesk.domain.changes import AccountStatus, News
from chatdesk.domain.ids import AccountId
from chatdesk.domain.kinds import ConnectionState, SignInState

log = logging.getLogger(__name__)

COUNT_PAUSE_MS = 500
"""Counts and latency are told together after this pause: a flood of bad packets is one change."""
LATENCY_STEP_MS = 25
MOST_REASONS = 30
LINKED = frozenset({ConnectionState.ONLINE, ConnectionState.POLLING})
"""States in which requests reach the server."""


class Status:
    """The newest AccountStatus of one account; `announce` hears each that differs from the one before."""

    def __init__(self, account: AccountId, announce: Callable[[News], None]) -> None:
        self._announce = announce
        self._status = AccountStatus(account_id=account, connection=ConnectionState.OFF)
        self._told: AccountStatus | None = None
        self._dropped: dict[str, int] = {}
        self._not_applied: dict[str, int] = {}
        self._latency_ms: int | None = None
        self._timer: asyncio.TimerHandle | None = None

    @property
    def now(self) -> AccountStatus:
        """The status as it is."""
        return self._status

    def connection(self, state: ConnectionState, *, retry_at_us: int | None = None, reason: str = "") -> None:
        """The connection has changed. A latency belongs to a connection and goes with it."""
        if state is not self._status.connection:
            log.info("account %d: %s", self._status.account_id, state.value)
        self._put(
            connection=state,
            retry_at_us=retry_at_us,
            reason=reason,
            latency_ms=self._status.latency_ms if state in LINKED else None,
        )

    def sign_in(self, state: SignInState, reason: str = "", *, retry_at_us: int | None = None) -> None:
        """The token is good, or no longer. retry_at_us: when the server takes a sign-in again."""
        if state is SignInState.OK:
            self._put(sign_in=state, reason=reason)
        else:
            self._put(sign_in=state, reason=reason, retry_at_us=retry_at_us)

    def synced(self, now_us: int) -> None:
        """Everything that the server has is here."""
        self._put(synced_at_us=now_us)

    def token_kept(self, kept: bool) -> None:
        """Whether the keyring has the token."""
        self._put(token_kept=kept)

    def latency(self, took_ms: int) -> None:
        """A short exchange took so long; smoothed, and told when it has clearly changed."""
        old = self._latency_ms
        self._latency_ms = took_ms if old is None else (3 * old + took_ms) // 4
        if self._status.connection not in LINKED:
            return
        told = self._status.latency_ms
        if told is None or abs(self._latency_ms - told) > max(LATENCY_STEP_MS, told // 3):
            self._status = msgspec.structs.replace(self._status, latency_ms=self._latency_ms)
            self._tell_soon()

    def dropped(self, reason: str) -> None:
        """One more packet, or part of one, was not used."""
        if reason not in self._dropped and len(self._dropped) >= MOST_REASONS:
            reason = "other"
        self._dropped[reason] = self._dropped.get(reason, 0) + 1
        self._count()

    def not_applied(self, counts: Mapping[str, int]) -> None:
        """What the store would not have since the start, by reason."""
        self._not_applied = dict(counts)
        self._count()

    def _count(self) -> None:
        self._status = msgspec.structs.replace(self._status, dropped=self._dropped | self._not_applied)
        self._tell_soon()

    def _put(self, **fields: object) -> None:
        self._status = msgspec.structs.replace(self._status, **fields)
        self._tell()

    def _tell(self) -> None:
        if self._status != self._told:
            self._told = self._status
            self._announce(self._status)

    def _tell_soon(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(COUNT_PAUSE_MS / 1000, self._tell_counts)

    def _tell_counts(self) -> None:
        self._timer = None
        self._tell()

    def close(self) -> None:
        """End the timer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
