"""One sender's desk at a Fakomame server: the real store on a real file, the real engine, and its adapter."""

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
from chatdesk.platforms.fakomame.adapter import FakomameAdapter
from chatdesk.store import Store
from chatdesk.sync.clock import Clock
from chatdesk.sync.engine import Engine
from chatdesk.sync.parts import Surroundings
from tests.platforms.fakomame.paper import CHAT, ME, MY_MAIL
from tests.platforms.fakomame.server import FakoClient, FakoServer
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
        server: FakoServer | None = None,
        client: Client | None = None,
        url: str = "https://fakomame.example",
    ) -> None:
        self.folder = folder
        self.url = url
        self.virtual = server is None
        self.clock: Clock = VirtualClock() if server is None else server.clock
        self.server = FakoServer(self.clock) if server is None else server
        self.client = FakoClient(self.server) if client is None else client
        self.server.add(CHAT, "hello", "are you there?")
        self.news: list[News] = []
        self.life_s = 604_800

    async def __aenter__(self) -> Self:
        self.real_store = Store.open(self.folder, now_us=self.clock.now_us)
        self.store: Any = Owing(self.real_store) if self.virtual else self.real_store
        new = NewAccount(
            platform=Platform.FAKOMAME,
            server_url=self.url,
            login=MY_MAIL,
            user_id=ME,
            role="SENDER",
            name="Sender Alpha",
            plain_http_consent=False,
            capabilities=Capabilities(),
        )
        self.account: Account = await asyncio.wrap_future(self.store.add_account(new))
        self.vault = MemoryVault()
        secrets = Secrets(self.server.token(self.life_s), self.server.token(type="refresh"))
        self.vault_key = f"fakomame|{self.url}|{MY_MAIL}"
        self.vault.kept[self.vault_key] = secrets
        await self.start_engine()
        await until(lambda: self.status.synced_at_us, what="synced")
        return self

    async def start_engine(self) -> None:
        """Start the engine; a second time as after a restart of the program."""
        if self.client.listener is None and self.virtual:
            self.client = FakoClient(self.server)
        around = Surroundings(
            self.store, self.vault, self.clock, self.news.append, jitter=random.Random(7).random
        )
        self.engine = Engine(self.account, FakomameAdapter(), self.client, around)
        await self.engine.start()

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

    async def local(self, chat: RemoteId = CHAT) -> ConversationId:
        found = await asyncio.wrap_future(self.store.conversation_of(self.account.id, chat))
        assert found is not None
        return ConversationId(found)

    async def press(self, text: str, chat: RemoteId = CHAT) -> Outgoing:
        conversation = await self.local(chat)
        reader = self.real_store.reader()
        try:
            version = reader.draft(conversation).version
        finally:
            reader.close()
        item: Outgoing = await asyncio.wrap_future(self.store.press_send(conversation, version, text))
        return item

    async def messages(self, chat: RemoteId = CHAT) -> tuple[Message, ...]:
        conversation = await self.local(chat)
        reader = self.real_store.reader()
        try:
            return reader.newest_page(conversation).messages
        finally:
            reader.close()

    async def texts(self, chat: RemoteId = CHAT) -> list[str]:
        return [one.text for one in await self.messages(chat)]

    async def conversation(self, chat: RemoteId = CHAT) -> Conversation:
        wanted = await self.local(chat)
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
