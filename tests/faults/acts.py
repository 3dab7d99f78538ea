"""The faults of a schedule, by their names in `script.FAULTS`: what each does to network, server, client."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextvars import copy_context
from pathlib import Path
from typing import Any

from chatdesk.domain.facts import Secrets
from chatdesk.server.core.accounts import Accounts
from chatdesk.server.core.tables import User
from chatdesk.server.demo.seats import SEATS
from tests.faults.desk import LabDesk
from tests.faults.house import House
from tests.faults.loop import LabLoop
from tests.faults.network import Flow, Network
from tests.faults.script import Step

LEAST_PIECE = 16
"""Bytes of a slow link that arrive at once; cuts at every single byte are swept elsewhere."""
LATE_MS = 30_000
"""What a server stores so late is beyond every quiet time."""
ACCESS_TTL_S = 365 * 86_400
FORWARD_MS, BACK_MS = 3 * 3_600_000, -86_400_000
PAST_2038_MS = 13 * 366 * 86_400_000
ASLEEP_MS = 90_000
SIGNED_IN_AGAIN_MS = 4_000
"""So soon a person who is asked for the password types it."""


class Faults:
    """What goes wrong. A step's `ms` and `number` are the fault's own."""

    def __init__(self, loop: LabLoop, house: House, desk: LabDesk, folder: Path) -> None:
        self.loop = loop
        self.network: Network = loop.network
        self.house = house
        self.desk = desk
        self.clock = desk.clock
        self.folder = folder
        self.backup: Path | None = None
        self.jumped_ms = 0
        """By so much the monotonic clock was ahead of the script in all."""
        self._held: list[Flow] = []
        self._dragged: list[Flow] = []
        self._context = copy_context()
        self._later: set[asyncio.Task[None]] = set()

    def later(self, ms: int, what: Coroutine[Any, Any, None]) -> None:
        """Do something in a while; the schedule does not heal before."""

        async def wait() -> None:
            await asyncio.sleep(ms / 1000)
            await what

        # Not the server's, also where a handler of it has asked for this: it outlives the server.
        task = self.loop.create_task(wait(), context=self._context.copy())
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    async def over(self) -> None:
        """Everything that was to happen later has happened."""
        while self._later:
            await asyncio.wait(self._later)
        for task in self._later:
            task.result()

    def late_ms(self) -> list[float]:
        """When held bytes arrived beyond the quiet time, on the server's clock."""
        offset_ms = self._offset_ms()
        return [moment_s * 1000 + offset_ms for flow in self._held for moment_s in flow.held_arrivals]

    def long_ways_ms(self) -> list[tuple[float, float]]:
        """When what the client sent over a slow link left, and when it came, on the server's clock."""
        offset_ms = self._offset_ms()
        return [
            (left_s * 1000 + offset_ms, came_s * 1000 + offset_ms)
            for flow in self._dragged
            for left_s, came_s in flow.long_ways
        ]

    def _offset_ms(self) -> float:
        return self.house.clock.now_ms() - self.loop.time() * 1000

    # -- the link

    async def _cut(self, _step: Step) -> None:
        self.house.cut()

    async def _cut_answers(self, step: Step) -> None:
        for _client, server in self.network.pairs(self.house.address):
            server.flow.reset_at = min(server.flow.reset_at, server.sent + step.number)

    async def _cut_requests(self, step: Step) -> None:
        for client, _server in self.network.pairs(self.house.address):
            client.flow.reset_at = min(client.flow.reset_at, client.sent + step.number)

    async def _stall(self, _step: Step) -> None:
        self.network.stall(self.house.address)

    async def _half_open_up(self, _step: Step) -> None:
        self.network.stall(self.house.address, down=False)

    async def _half_open_down(self, _step: Step) -> None:
        self.network.stall(self.house.address, up=False)

    async def _slow(self, step: Step) -> None:
        for client, server in self.network.pairs(self.house.address):
            client.flow.latency_s = server.flow.latency_s = step.ms / 4_000
            client.flow.piece = server.flow.piece = max(LEAST_PIECE, step.number)
            self._drags(client.flow)

    def _drags(self, flow: Flow) -> None:
        if not any(one is flow for one in self._dragged):
            self._dragged.append(flow)

    async def _held_then_cut(self, step: Step) -> None:
        """What had left arrives up to 9 s later in all: what a slow link takes by itself is part of that."""
        flows = [client.flow for client, _server in self.network.pairs(self.house.address)]
        slow_ms = max((flow.latency_s for flow in flows), default=0.0) * 1_000
        self._hold(max(min(step.ms, round(9_000 - slow_ms)), 0))

    async def _stored_late(self, _step: Step) -> None:
        self._held += self._hold(LATE_MS)

    def _hold(self, ms: int) -> list[Flow]:
        pairs = self.network.pairs(self.house.address)
        for client, _server in pairs:
            client.flow.held_from, client.flow.held_s = client.sent, ms / 1000
            self._drags(client.flow)

        async def cut() -> None:
            for client, _server in pairs:
                client.break_off(arrives=True)
            await asyncio.sleep(ms / 1000)

        self.later(300, cut())
        return [client.flow for client, _server in pairs]

    async def _away(self, step: Step) -> None:
        self.network.unreachable.add(self.house.address)
        self.house.cut()

        async def back() -> None:
            self.network.unreachable.discard(self.house.address)

        self.later(step.ms, back())

    # -- the server

    async def _restart(self, _step: Step) -> None:
        if self.house.running:
            await self.house.restart()

    async def _outage(self, step: Step) -> None:
        await self.house.kill()
        self.later(step.ms, self._up_again())

    async def _up_again(self) -> None:
        if not self.house.running:
            await self.house.start()

    async def _server_error_after(self, _step: Step) -> None:
        self.house.mischief.fail_after = 1

    async def _drop_answers(self, _step: Step) -> None:
        self.house.mischief.swallow = 1
        self.house.mischief.lost = 3

    async def _late_answers(self, step: Step) -> None:
        self.house.mischief.answers_late_ms = step.ms

    async def _too_many(self, _step: Step) -> None:
        self.house.mischief.too_many = 1

    async def _late_events(self, step: Step) -> None:
        self.house.mischief.late_ms = step.ms

    async def _double_events(self, _step: Step) -> None:
        self.house.mischief.double = 3

    async def _lost_events(self, _step: Step) -> None:
        self.house.mischief.lost = 2

    async def _reordered_events(self, _step: Step) -> None:
        self.house.mischief.reorder = 3

    # -- tokens

    async def _revoked(self, _step: Step) -> None:
        self._revoke()

    async def _revoked_at_send(self, _step: Step) -> None:
        self.house.mischief.at_write = self._revoke

    async def _refresh_lost(self, _step: Step) -> None:
        self.house.mischief.refreshes_lost = 1
        self._revoke()
        self.house.cut()  # sockets are asked for their token at the door only

    def _revoke(self) -> None:
        self.house.mischief.revoked.add(self.desk.secrets.access)
        self.later(SIGNED_IN_AGAIN_MS, self.answer_password())

    async def answer_password(self) -> None:
        """The person types the password, where the window asks for it."""
        if self.house.running and self.desk.engine is not None and self.desk.wants_password:
            await self.desk.sign_in(await self.fresh_tokens())

    async def fresh_tokens(self, ttl_s: int = ACCESS_TTL_S) -> Secrets:
        """What a sign-in of the account gives."""
        made = self.desk.made
        accounts: Accounts = self.house.server.core.accounts
        (user,) = await self.house.inside(accounts.find(User.email == SEATS[made.platform].desk))
        signed = await self.house.inside(accounts.issue(user, SEATS[made.platform].role, ttl_s=ttl_s))
        return Secrets(signed.access_token, signed.refresh_token)

    # -- the client and its clocks

    async def _kill_client(self, step: Step) -> None:
        await self.desk.kill()
        self.later(step.ms, self._opened_again())

    async def _opened_again(self) -> None:
        if self.desk.engine is None:
            await self.desk.open()

    async def _clock_forward(self, _step: Step) -> None:
        self.clock.skew_us += FORWARD_MS * 1_000

    async def _clock_back(self, _step: Step) -> None:
        self.clock.skew_us += BACK_MS * 1_000

    async def _clock_2038(self, _step: Step) -> None:
        self.clock.skew_us += PAST_2038_MS * 1_000

    async def _sleep(self, _step: Step) -> None:
        """The machine sleeps, and its monotonic clock counts that: all timers are due at once."""
        self.loop.pass_time(ASLEEP_MS / 1000)
        self.jumped_ms += ASLEEP_MS

    async def _suspend(self, _step: Step) -> None:
        """The machine sleeps, and only its wall clock knows; others have long forgotten its connections."""
        self.clock.skew_us += ASLEEP_MS * 1_000
        for client, server in self.network.pairs(self.house.address):
            server.break_off()
            client.flow.silent_from = client.sent
