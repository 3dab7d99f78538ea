"""One driver's desk at a StepperGO server."""

from __future__ import annotations

import asyncio
from pathlib import Path

from chatdesk.domain.entities import Order, Outgoing
from chatdesk.domain.facts import Learnt, Secrets
from chatdesk.domain.kinds import Platform
from chatdesk.domain.ports import Client
from chatdesk.platforms.steppergo.adapter import StepperGoAdapter
from chatdesk.platforms.steppergo.state import DRIVER_ID
from tests.platforms.shop import Desk
from tests.platforms.steppergo.paper import FOR_EVER, ME, MY_MAIL, RECORD_ID, SESSION, TRIP
from tests.platforms.steppergo.server import StepperGoClient, StepperGoServer
from tests.sync.virtual import VirtualClock


class Shop(Desk):
    """The usual conversation is TRIP's."""

    platform = Platform.STEPPERGO
    adapter = StepperGoAdapter
    login, user_id = MY_MAIL, ME
    role, name = "DRIVER", "Driver Alpha"
    usual = TRIP

    def __init__(
        self,
        folder: Path,
        *,
        server: StepperGoServer | None = None,
        client: Client | None = None,
        url: str = "https://steppergo.example",
    ) -> None:
        self.server = server or StepperGoServer(VirtualClock())
        client = client or StepperGoClient(self.server)
        super().__init__(folder, url, self.server, client, virtual=server is None)
        self.server.add(TRIP, "hello", "are you there?")

    async def admitted(self) -> Secrets:
        self.server.sessions.add(SESSION)
        learnt = {DRIVER_ID: Learnt(RECORD_ID, FOR_EVER)}
        await asyncio.wrap_future(self.store.put_learnt(self.account.id, learnt))
        return Secrets(SESSION, "")

    async def order(self, trip: str = TRIP) -> Order:
        wanted = (await self.conversation(trip)).order_id
        assert wanted is not None
        reader = self.real_store.reader()
        try:
            found = reader.order(wanted)
            assert found is not None
            return found
        finally:
            reader.close()

    async def change_status(self, status: str, trip: str = TRIP) -> Outgoing:
        wanted = await self.order(trip)
        item: Outgoing = await asyncio.wrap_future(self.store.intend_status(wanted.id, status))
        return item

    async def mark_read(self, trip: str = TRIP) -> None:
        newest = (await self.messages(trip))[-1]
        await asyncio.wrap_future(self.store.intend_read(await self.local(trip), newest.cursor))
