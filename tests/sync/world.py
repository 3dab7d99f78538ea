"""One shop at a toy server: the real store on a real file, the real engine, virtual time."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path
from typing import Any, Self

from chatdesk.domain.changes import AccountStatus, News
from chatdesk.domain.desk import NewAccount
from chatdesk.domain.entities import Account, Capabilities, Message, Outgoing
from chatdesk.domain.facts import Secrets
from chatdesk.domain.ids import ConversationId, OutgoingId, RemoteId
from chatdesk.domain.kinds import ConnectionState, DeliveryState, Platform
from chatdesk.store import Store
from chatdesk.sync.engine import Engine
from chatdesk.sync.parts import Surroundings
from tests.sync.toy.adapter import ToyAdapter
from tests.sync.toy.server import ME, ToyClient, ToyServer
from tests.sync.virtual import Owing, VirtualClock, until

ROOM = "r1"


class MemoryVault:
    """Keeps tokens in memory, as a keyring that always answers would."""

    def __init__(self) -> None:
        self.kept: dict[str, Secrets] = {}
        self.answers = True

    async def load(self, key: str) -> Secrets | None:
        return self.kept.get(key)

    async def save(self, key: str, secrets: Secrets) -> bool:
        if self.answers:
            self.kept[key] = secrets
        return self.answers

    async def delete(self, key: str) -> None:
        self.kept.pop(key, None)


class World:
    """Use it as `async with World(folder) as world`; the engine runs inside."""

    def __init__(self, folder: Path, *, rooms: int = 1, start: bool = True, **server: Any) -> None:
        self.folder = folder
        self.clock = VirtualClock()
        self.server = ToyServer(self.clock, **server)
        for number in range(1, rooms + 1):
            self.server.add_room(f"r{number}", f"hello from {number}")
        self.adapter = ToyAdapter()
        self.vault = MemoryVault()
        self.news: list[News] = []
        self.random = random.Random(7)
        self._start = start
        self.engine: Engine | None = None
        self.client: ToyClient | None = None

    async def __aenter__(self) -> Self:
        self.open_store()
        new = NewAccount(
            platform=Platform.DISPATCHER,
            server_url="https://toy.example",
            login="me@shop.example",
            user_id=RemoteId(ME),
            role="seller",
            name="Me",
            plain_http_consent=False,
            capabilities=Capabilities(),
        )
        self.account: Account = await asyncio.wrap_future(self.store.add_account(new))
        self.vault.kept["dispatcher|https://toy.example|me@shop.example"] = Secrets(self.server.token(), "r")
        if self._start:
            await self.start()
            await self.synced()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self.engine is not None:
            await self.stop()
        await self.server.close()
        self.real_store.close()

    def open_store(self) -> None:
        self.real_store = Store.open(self.folder, now_us=self.clock.now_us)
        self.store = Owing(self.real_store)

    # -- the engine's life

    async def start(self) -> None:
        self.client = ToyClient(self.server)
        around = Surroundings(self.store, self.vault, self.clock, self.news.append, jitter=self.random.random)
        self.engine = Engine(self.account, self.adapter, self.client, around)
        await self.engine.start()

    async def stop(self) -> None:
        assert self.engine is not None
        await self.engine.stop()
        self.engine = None

    async def kill(self) -> None:
        """The process dies here and now: nothing more is written, sockets break, the file stays as it is."""
        assert self.engine is not None
        assert self.client is not None
        self.client.closed = True
        await self.engine._tasks.close()
        if self.engine._unsubscribe is not None:
            self.engine._unsubscribe()
        self.client.closed = False
        await self.client.abort_commits()
        await self.client.close()
        self.engine = None
        self.real_store.close()
        self.open_store()

    async def restart(self) -> None:
        await self.kill()
        await self.start()

    async def synced(self) -> None:
        mark = len(self.news)
        await until(lambda: self.status.synced_at_us, what="synced")
        assert len(self.news) >= mark

    # -- what is seen

    @property
    def status(self) -> AccountStatus:
        for news in reversed(self.news):
            if isinstance(news, AccountStatus):
                return news
        return AccountStatus(account_id=self.account.id, connection=ConnectionState.OFF)

    async def online(self) -> None:
        await until(lambda: self.status.connection is ConnectionState.ONLINE, what="online")

    async def local(self, room: str = ROOM) -> ConversationId:
        found = await asyncio.wrap_future(self.store.conversation_of(self.account.id, RemoteId(room)))
        assert found is not None
        return ConversationId(found)

    async def press(self, text: str, room: str = ROOM) -> Outgoing:
        """Send, as the composer does."""
        conversation = await self.local(room)
        reader = self.real_store.reader()
        try:
            version = reader.draft(conversation).version
        finally:
            reader.close()
        item: Outgoing = await asyncio.wrap_future(self.store.press_send(conversation, version, text))
        return item

    async def messages(self, room: str = ROOM) -> tuple[Message, ...]:
        conversation = await self.local(room)
        reader = self.real_store.reader()
        try:
            return reader.newest_page(conversation).messages
        finally:
            reader.close()

    async def own(self, room: str = ROOM) -> list[tuple[str, DeliveryState]]:
        return [(one.text, one.state) for one in await self.messages(room) if one.own]

    async def item(self, outgoing: OutgoingId) -> Outgoing | None:
        """The item while it is unsettled; None: it is settled."""
        items = await asyncio.wrap_future(self.store.unsettled(self.account.id))
        return next((one for one in items if one.id == outgoing), None)

    async def state(self, outgoing: OutgoingId) -> DeliveryState:
        item = await self.item(outgoing)
        return DeliveryState.ACCEPTED if item is None else item.state

    async def settled(self, *items: Outgoing, within_ms: int = 120_000) -> int:
        """Wait until the items have left the outbox. Returns the virtual milliseconds that it took."""
        return await self.reaches(DeliveryState.ACCEPTED, *items, within_ms=within_ms)

    async def reaches(self, state: DeliveryState, *items: Outgoing, within_ms: int = 120_000) -> int:
        begun_ms = self.clock.now_ms()
        while True:
            rows = await asyncio.wrap_future(self.store.unsettled(self.account.id))
            states = {row.id: row.state for row in rows}
            found = [states.get(one.id, DeliveryState.ACCEPTED) for one in items]
            passed_ms = self.clock.now_ms() - begun_ms
            if all(one is state for one in found):
                return passed_ms
            if passed_ms > within_ms:
                raise AssertionError(f"not {state} within {within_ms} virtual ms, but {found}")
            await asyncio.sleep(0.02 if passed_ms < 1_000 else 0.2)

    async def quiet(self, ms: int) -> None:
        """Let virtual time pass."""
        await asyncio.sleep(ms / 1000)

    async def info(self, item: Outgoing) -> list[str]:
        """The ledger's story of a send."""
        assert item.message_id is not None
        lines = await asyncio.wrap_future(self.store.message_info(item.message_id))
        return [code for _, code in lines]
