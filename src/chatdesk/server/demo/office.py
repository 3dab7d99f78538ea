"""The back office of the dispatcher platform: moves orders along now and then."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence

from chatdesk.server.demo.tongues.dispatcher import DispatcherTongue
from chatdesk.server.demo.visits import keep_at_it, rest
from chatdesk.wire.dispatcher import names

STATUSES = (names.STATUS_PENDING, names.STATUS_PROCESSING, names.STATUS_REQUIRES_INVOICE)


class BackOffice:
    """The admin, who changes the status of an order of one of `owners` every `every_s` seconds or so."""

    def __init__(
        self,
        tongue: DispatcherTongue,
        chance: random.Random,
        every_s: float,
        owners: Sequence[str],
        stop: asyncio.Event,
    ) -> None:
        """owners: the addresses of those whose orders are moved."""
        self._tongue = tongue
        self._chance = chance
        self._every_s = every_s
        self._owners = owners
        self._stop = stop

    async def run(self) -> None:
        """Take part until told to stop."""
        await keep_at_it(self._visit, self._stop, self._tongue.platform)

    async def _visit(self) -> None:
        await self._tongue.sign_in()
        while not await rest(self._stop, self._every_s * self._chance.uniform(0.7, 1.3)):
            orders = [
                order
                for order in await self._tongue.orders()
                if order.status in STATUSES and order.created_by in self._owners
            ]
            if orders:
                order = self._chance.choice(orders)
                position = STATUSES.index(str(order.status))
                await self._tongue.set_status(order.id, STATUSES[(position + 1) % len(STATUSES)])
