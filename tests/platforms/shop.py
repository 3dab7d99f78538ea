"""A whole desk at one platform: the real store on a real file, the real engine, and the platform's adapter.

`async with Shop(folder)` starts the engine; before that the server may be prepared. Without more it stands on
virtual time before a server in the process. A platform's own `shop.py` says who signs in, and to what.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, Self

from chatdesk.domain.changes import AccountStatus, News
from chatdesk.domain.desk import NewAccount
from chatdesk.domain.entities import Account, Capabilities, Conversation, Message, Outgoing
from chatdesk.domain.facts import Secrets
from chatdesk.domain.ids import ConversationId, OutgoingId, RemoteId
from chatdesk.domain.kinds import ConnectionState, Platform
from chatdesk.domain.ports import Adapter, Client, vault_key
from chatdesk.store import Store
from chatdesk.sync.engine import Engine
from chatdesk.sync.parts import Surroundings
from tests.platforms.network import Network
from tests.sync.virtual import Owing, until
from tests.sync.world import MemoryVault


class Desk:
    """One account of a platform with its engine. `talk` names a conversation by its remote id."""

    platform: ClassVar[Platform]
    adapter: ClassVar[Callable[[], Adapter]]
    login: ClassVar[str]
    user_id: ClassVar[RemoteId]
    role: ClassVar[str]
    name: ClassVar[str]
    usual: ClassVar[str]
    """The conversation that is meant where none is named."""

    def __init__(self, folder: Path, url: str, net: Network, client: Client, *, virtual: bool) -> None:
        self.folder = folder
        self.url = url
        self.net = net
        self.client = client
        self.virtual = virtual
        self.clock = net.clock
        self.news: list[News] = []
        self.vault = MemoryVault()
        self.vault_key = vault_key(url, self.platform, self.login)

    async def admitted(self) -> Secrets:
        """Tokens that the server takes; asked once the account is in the store."""
        raise NotImplementedError

    def _open_store(self) -> None:
        self.real_store = Store.open(self.folder, now_us=self.clock.now_us)
        self.store: Any = Owing(self.real_store) if self.virtual else self.real_store

    async def reopen(self) -> None:
        """The next run of the program: its store was closed, its engine stopped."""
        self._open_store()
        await self.start_engine()

    async def __aenter__(self) -> Self:
        self._open_store()
        new = NewAccount(
            platform=self.platform,
            server_url=self.url,
            login=self.login,
            user_id=self.user_id,
            role=self.role,
            name=self.name,
            plain_http_consent=False,
            capabilities=Capabilities(),
        )
        self.account: Account = await asyncio.wrap_future(self.store.add_account(new))
        self.vault.kept[self.vault_key] = await self.admitted()
        await self.start_engine()
        await self.synced()
        return self

    async def start_engine(self) -> None:
        """Start the engine; a second time as after a restart of the program."""
        jitter = random.Random(7).random
        around = Surroundings(self.store, self.vault, self.clock, self.news.append, jitter=jitter)
        self.engine = Engine(self.account, type(self).adapter(), self.client, around)
        await self.engine.start()

    async def synced(self) -> None:
        await until(lambda: self.status.synced_at_us, what="synced")

    async def __aexit__(self, *_: object) -> None:
        await self.engine.stop()
        await self.net.close()
        self.real_store.close()

    @property
    def status(self) -> AccountStatus:
        found = [one for one in self.news if isinstance(one, AccountStatus)]
        return (
            found[-1] if found else AccountStatus(account_id=self.account.id, connection=ConnectionState.OFF)
        )

    async def local(self, talk: str | int = "") -> ConversationId:
        remote = RemoteId(str(talk or self.usual))
        found = await asyncio.wrap_future(self.store.conversation_of(self.account.id, remote))
        assert found is not None
        return ConversationId(found)

    async def press(self, text: str, talk: str | int = "") -> Outgoing:
        conversation = await self.local(talk)
        reader = self.real_store.reader()
        try:
            version = reader.draft(conversation).version
        finally:
            reader.close()
        item: Outgoing = await asyncio.wrap_future(self.store.press_send(conversation, version, text))
        return item

    async def messages(self, talk: str | int = "") -> tuple[Message, ...]:
        conversation = await self.local(talk)
        reader = self.real_store.reader()
        try:
            return reader.newest_page(conversation).messages
        finally:
            reader.close()

    async def texts(self, talk: str | int = "") -> list[str]:
        return [one.text for one in await self.messages(talk)]

    async def conversation(self, talk: str | int = "") -> Conversation:
        wanted = await self.local(talk)
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
