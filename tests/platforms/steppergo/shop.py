"""One driver's desk at a StepperGO server: the real store on a real file, the real engine, the adapter."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path
from typing import Any, Self

from chatdesk.domain.changes import AccountStatus, News
from chatdesk.domain.desk import NewAccount
from chatdesk.domain.entities import Account, Capabilities, Conversation, Message, Order, Outgoing
from chatdesk.domain.ids import ConversationId, OutgoingId, RemoteId
from chatdesk.domain.kinds import ConnectionState, Platform
from chatdesk.domain.ports import Client, Learnt, Secrets
from chatdesk.platforms.steppergo.adapter import StepperGoAdapter
from chatdesk.platforms.steppergo.state import DRIVER_ID
from chatdesk.store import Store
from chatdesk.sync.clock import Clock
from chatdesk.sync.engine import Engine
from chatdesk.sync.parts import Surroundings
from tests.platforms.steppergo.paper import FOR_EVER, ME, MY_MAIL, RECORD_ID, SESSION, TRIP
from tests.platforms.steppergo.server import StepperGoClient, StepperGoServer
from tests.sync.virtual import Owing, VirtualClock, until
from tests.sync.world import MemoryVault


class Shop:
    """`async with Shop(folder)` starts the engine; before that the server may be prepared.

    Without more it stands on virtual time before a server in the process.
    """

    def __init__(
        self,
        folder: Path,
        *,
        server: StepperGoServer | None = None,
        client: Client | None = None,
        url: str = "https://steppergo.example",
    ) -> None:
        self.folder = folder
        self.url = url
        self.virtual = server is None
        self.clock: Clock = VirtualClock() if server is None else server.clock
        self.server = StepperGoServer(self.clock) if server is None else server
        self.client = StepperGoClient(self.server) if client is None else client
        self.server.add(TRIP, "hello", "are you there?")
        self.news: list[News] = []

    async def __aenter__(self) -> Self:
        self.real_store = Store.open(self.folder, now_us=self.clock.now_us)
        self.store: Any = Owing(self.real_store) if self.virtual else self.real_store
        new = NewAccount(
            platform=Platform.STEPPERGO,
            server_url=self.url,
            login=MY_MAIL,
            user_id=ME,
            role="DRIVER",
            name="Driver Alpha",
            plain_http_consent=False,
            capabilities=Capabilities(),
        )
        self.account: Account = await asyncio.wrap_future(self.store.add_account(new))
        self.server.sessions.add(SESSION)
        learnt = {DRIVER_ID: Learnt(RECORD_ID, FOR_EVER)}
        await asyncio.wrap_future(self.store.put_learnt(self.account.id, learnt))
        vault = MemoryVault()
        vault.kept[f"steppergo|{self.url}|{MY_MAIL}"] = Secrets(SESSION, "")
        around = Surroundings(self.store, vault, self.clock, self.news.append, jitter=random.Random(7).random)
        self.engine = Engine(self.account, StepperGoAdapter(), self.client, around)
        await self.engine.start()
        await until(lambda: self.status.synced_at_us, what="synced")
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.engine.stop()
        await self.server.close()
        self.real_store.close()

    @property
    def status(self) -> AccountStatus:
        found = [one for one in self.news if isinstance(one, AccountStatus)]
        return (
            found[-1] if found else AccountStatus(account_id=self.account.id, connection=ConnectionState.OFF)
        )

    async def local(self, trip: str = TRIP) -> ConversationId:
        remote = RemoteId(trip)
        found = await asyncio.wrap_future(self.store.conversation_of(self.account.id, remote))
        assert found is not None
        return ConversationId(found)

    async def press(self, text: str, trip: str = TRIP) -> Outgoing:
        conversation = await self.local(trip)
        reader = self.real_store.reader()
        try:
            version = reader.draft(conversation).version
        finally:
            reader.close()
        item: Outgoing = await asyncio.wrap_future(self.store.press_send(conversation, version, text))
        return item

    async def messages(self, trip: str = TRIP) -> tuple[Message, ...]:
        conversation = await self.local(trip)
        reader = self.real_store.reader()
        try:
            return reader.newest_page(conversation).messages
        finally:
            reader.close()

    async def conversation(self, trip: str = TRIP) -> Conversation:
        wanted = await self.local(trip)
        reader = self.real_store.reader()
        try:
            found = reader.conversation(wanted)
            assert found is not None
            return found
        finally:
            reader.close()

    async def item(self, outgoing: OutgoingId) -> Outgoing | None:
        items = await asyncio.wrap_future(self.store.unsettled(self.account.id))
        return next((one for one in items if one.id == outgoing), None)

    async def settled(self, *items: Outgoing, within_ms: int = 60_000) -> int:
        begun_ms = self.clock.now_ms()
        while any([await self.item(one.id) is not None for one in items]):
            assert self.clock.now_ms() - begun_ms < within_ms, [await self.item(one.id) for one in items]
            await asyncio.sleep(0.02)
        return self.clock.now_ms() - begun_ms

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
