"""The client of a world that dies: the real store, engine and adapter, opened as the program opens them."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path
from typing import Any, Protocol

import msgspec

from chatdesk.domain.changes import News
from chatdesk.domain.desk import NewAccount
from chatdesk.domain.entities import Account, Draft, Outgoing
from chatdesk.domain.ids import AccountId, ConversationId
from chatdesk.domain.kinds import OutgoingKind
from chatdesk.domain.ports import Client, vault_key
from chatdesk.platforms import registry
from chatdesk.store.recovery import open_store
from chatdesk.sync.engine import Engine
from chatdesk.sync.parts import Surroundings
from tests.faults.desk import Prepared
from tests.faults.kills.hooks import Killer
from tests.faults.kills.log import SharedTime
from tests.faults.loop import LabLoop
from tests.sync.virtual import Owing
from tests.sync.world import MemoryVault


class Clock(Protocol):
    """What both the lab's and the machine's clock can do."""

    def now_ms(self) -> int: ...

    def now_us(self) -> int: ...

    async def sleep(self, ms: int) -> None: ...


class KillLoop(LabLoop):
    """The lab's loop; its time outlives its process, and it may be killed at any turn."""

    shared: SharedTime
    killer: Killer
    turns_left = 0
    """Dies at this turn; 0: not."""

    def resume(self, shared: SharedTime, gap_s: float) -> None:
        """Go on where an earlier process of this world has died, so many seconds later."""
        self.shared = shared
        before = shared.get()
        if before:
            self._now_s = before + gap_s
        shared.put(self._now_s)

    def pass_time(self, seconds: float) -> None:
        super().pass_time(seconds)
        self.shared.put(self._now_s)

    def _run_once(self) -> None:
        if self.turns_left:
            self.turns_left -= 1
            if not self.turns_left:
                self.killer.die("turn of the loop")
        super()._run_once()  # type: ignore[misc]


class Desk:
    """The program with one account, without its window."""

    def __init__(self, folder: Path, made: Prepared, url: str, clock: Clock, *, virtual: bool) -> None:
        self.folder = folder
        self.made = made
        self.url = url
        self.clock = clock
        self.news: list[News] = []
        self._virtual = virtual
        self.account: Account
        self.store: Any
        self.engine: Engine | None = None

    async def open(self) -> None:
        """The program starts: whatever the last one has left is put right."""
        self.real = open_store(self.folder, now_us=self.clock.now_us)
        self.store = Owing(self.real) if self._virtual else self.real
        wanted = self.made.account
        known = [one for one in await self.ask("accounts") if one.login == wanted.login and one.login]
        self.account = known[0] if known else await self.do("add_account", new_account(wanted))
        vault = MemoryVault()
        key = vault_key(self.account.server_url, self.account.platform, self.account.login, self.account.seat)
        vault.kept[key] = self.made.secrets
        plugin = registry.plugin(wanted.platform)
        around = Surroundings(self.store, vault, self.clock, self.news.append, jitter=random.Random(7).random)
        self.client: Client = plugin.make_client(self.url, plugin.adapter.limits)
        self.engine = Engine(self.account, plugin.load(), self.client, around)
        await self.engine.start()

    async def close(self) -> None:
        """The person quits."""
        if self.engine is not None:
            await self.engine.stop()
            self.engine = None
            await self.client.close()
            self.real.close()

    async def do(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """Ask the store for something."""
        return await asyncio.wrap_future(getattr(self.store, method)(*args, **kwargs))

    async def ask(self, method: str, *args: Any) -> Any:
        """The rows of a snapshot."""
        return (await self.do(method, *args)).rows

    async def talk(self, number: int) -> ConversationId | None:
        """The conversation in which somebody talks; None: this program has not heard of it yet."""
        remote = self.made.remotes[number % len(self.made.remotes)]
        found: ConversationId | None = await self.do("conversation_of", self.account.id, remote)
        return found

    def draft(self, conversation: ConversationId) -> Draft:
        """What stands in the composer."""
        reader = self.real.reader()
        try:
            return reader.draft(conversation)
        finally:
            reader.close()

    async def waiting(self) -> list[Outgoing]:
        """Sends that are not settled."""
        rows = await self.do("unsettled", self.account.id)
        return [one for one in rows if one.kind is OutgoingKind.SEND]


def new_account(like: Account, **changes: Any) -> NewAccount:
    """What a sign-in as this one tells."""
    known = {name: getattr(like, name) for name in NewAccount.__struct_fields__ if hasattr(like, name)}
    return msgspec.structs.replace(NewAccount(**known), **changes)


def account_of(desk: Desk, login: str, rows: list[Account]) -> AccountId | None:
    """An account beside the one that the world is about."""
    return next((one.id for one in rows if one.login == login and one.id != desk.account.id), None)
