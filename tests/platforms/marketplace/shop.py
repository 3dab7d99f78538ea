"""One seller's desk at a marketplace: the real store on a real file, the real engine, and its adapter."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path
from typing import Any, Self

from chatdesk.domain.changes import AccountStatus, News
from chatdesk.domain.desk import NewAccount
from chatdesk.domain.entities import Account, Capabilities, Conversation, Message, Outgoing
from chatdesk.domain.ids import ConversationId, OutgoingId, RemoteId
from chatdesk.domain.kinds import ConnectionState, Platform
from chatdesk.domain.ports import Client, Secrets
from chatdesk.platforms.marketplace.adapter import MarketplaceAdapter
from chatdesk.store import Store
from chatdesk.sync.clock import Clock
from chatdesk.sync.engine import Engine
from chatdesk.sync.parts import Surroundings
from tests.platforms.marketplace.paper import ME, MY_MAIL, OTHER
from tests.platforms.marketplace.server import MarketClient, MarketServer
from tests.platforms.paper import jwt
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
        server: MarketServer | None = None,
        client: Client | None = None,
        url: str = "https://market.example",
    ) -> None:
        self.folder = folder
        self.url = url
        self.virtual = server is None
        self.clock: Clock = VirtualClock() if server is None else server.clock
        self.server = MarketServer(self.clock) if server is None else server
        self.client = MarketClient(self.server) if client is None else client
        self.news: list[News] = []

    async def __aenter__(self) -> Self:
        self.real_store = Store.open(self.folder, now_us=self.clock.now_us)
        self.store: Any = Owing(self.real_store) if self.virtual else self.real_store
        new = NewAccount(
            platform=Platform.MARKETPLACE,
            server_url=self.url,
            login=MY_MAIL,
            user_id=ME,
            role="seller",
            name="Seller One",
            plain_http_consent=False,
            capabilities=Capabilities(),
        )
        self.account: Account = await asyncio.wrap_future(self.store.add_account(new))
        now_s = self.clock.now_us() // 1_000_000
        token = jwt({"id": ME, "userType": "seller", "iat": now_s, "exp": now_s + 604_800})
        self.server.tokens.add(token)
        vault = MemoryVault()
        vault.kept[f"marketplace|{self.url}|{MY_MAIL}"] = Secrets(token, "")
        self.around = Surroundings(
            self.store, vault, self.clock, self.news.append, jitter=random.Random(7).random
        )
        await self._start()
        return self

    async def _start(self) -> None:
        self.engine = Engine(self.account, MarketplaceAdapter(), self.client, self.around)
        await self.engine.start()
        await until(lambda: self.status.synced_at_us, what="synced")

    async def restart(self) -> None:
        """The program ends and starts again, with the same database and the same token."""
        await self.engine.stop()
        self.news.clear()
        await self._start()

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

    async def local(self, party: RemoteId = OTHER) -> ConversationId:
        found = await asyncio.wrap_future(self.store.conversation_of(self.account.id, party))
        assert found is not None
        return ConversationId(found)

    async def press(self, text: str, party: RemoteId = OTHER) -> Outgoing:
        conversation = await self.local(party)
        reader = self.real_store.reader()
        try:
            version = reader.draft(conversation).version
        finally:
            reader.close()
        item: Outgoing = await asyncio.wrap_future(self.store.press_send(conversation, version, text))
        return item

    async def messages(self, party: RemoteId = OTHER) -> tuple[Message, ...]:
        conversation = await self.local(party)
        reader = self.real_store.reader()
        try:
            return reader.newest_page(conversation).messages
        finally:
            reader.close()

    async def conversation(self, party: RemoteId = OTHER) -> Conversation:
        wanted = await self.local(party)
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
