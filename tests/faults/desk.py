"""The client of one account in the lab: real store, engine and adapter, to be killed, opened, put back."""

from __future__ import annotations

import asyncio
import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chatdesk.domain.actions import Attachment
from chatdesk.domain.changes import AccountStatus, News
from chatdesk.domain.entities import Account, Message, Outgoing
from chatdesk.domain.errors import StaleDraft, StoreProblem
from chatdesk.domain.facts import Secrets
from chatdesk.domain.ids import ConversationId, RemoteId
from chatdesk.domain.kinds import DeliveryState, MessageKind, OutgoingKind, SignInState
from chatdesk.domain.ports import Client, vault_key
from chatdesk.platforms import registry
from chatdesk.server.dialect import Variant
from chatdesk.store import Store
from chatdesk.store.reader import Reader
from chatdesk.store.staging import FOLDER as FILES
from chatdesk.sync.engine import Engine
from chatdesk.sync.parts import Keys, Surroundings
from tests.faults import checker
from tests.faults.house import House
from tests.sync.virtual import Owing, VirtualClock, until
from tests.sync.world import MemoryVault

DATABASE = "chatdesk.db"
PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55"
    "0000000a49444154789c636000000002000148afa4710000000049454e44ae426082"
)
"""A PNG of one pixel."""
LIVING = shutil.ignore_patterns("*.lock", "lock")
"""What a copy of a data folder leaves out: the lock is the process's, not the folder's."""


def copy_living(folder: Path, to: Path) -> None:
    """Copy a data folder as it is at this moment, its program at work.

    A copy of a file may come or go meanwhile: those from before and after the database are taken.
    """
    for part in (FILES, "", FILES):
        if (folder / part).is_dir():
            shutil.copytree(
                folder / part, to / part, ignore=LIVING, copy_function=_copied, dirs_exist_ok=True
            )


def _copied(file: str, to: str) -> str:
    try:
        return str(shutil.copy2(file, to))
    except FileNotFoundError:  # it went in this moment
        return to


@dataclass(slots=True)
class Prepared:
    """A server with people and a client that has read them, to be copied for every schedule."""

    folder: Path
    platform: str
    variant: Variant
    account: Account
    secrets: Secrets
    talks: tuple[ConversationId, ...] = ()
    remotes: tuple[RemoteId, ...] = ()
    """The same conversations by the server's names."""


class LabDesk:
    """The client of one account: to be killed and opened again."""

    def __init__(self, folder: Path, made: Prepared, house: House) -> None:
        self.folder = folder
        self.made = made
        self.house = house
        self.clock = VirtualClock()
        self.news: list[News] = []
        self.vault = MemoryVault()
        self.vault.kept[self._key] = made.secrets
        self.presses: list[checker.Press] = []
        self.engine: Engine | None = None
        self._name = folder.name
        self._deaths = 0
        self._living = asyncio.Lock()

    @property
    def _key(self) -> str:
        account = self.made.account
        return vault_key(self.house.url, account.platform, account.login)

    @property
    def secrets(self) -> Secrets:
        """The tokens that the client has now."""
        return self.vault.kept[self._key]

    # -- its life

    async def open(self) -> None:
        """Start the program on its folder."""
        async with self._living:
            await self._open()

    async def _open(self) -> None:
        self.real = Store.open(self.folder, now_us=self.clock.now_us)
        self.store: Any = Owing(self.real)
        await self._start(None)

    async def _start(self, keys: Keys | None) -> None:
        plugin = registry.plugin(self.made.account.platform)
        jitter = random.Random(7).random
        around = Surroundings(self.store, self.vault, self.clock, self.news.append, jitter=jitter)
        self.client: Client = plugin.make_client(self.house.url, plugin.adapter.limits)
        self.engine = Engine(self.made.account, plugin.load(), self.client, around, keys=keys)
        await self.engine.start()

    async def sign_in(self, secrets: Secrets) -> None:
        """The person has typed the password: a new engine with new tokens, as the host makes it."""
        self.vault.kept[self._key] = secrets
        async with self._living:
            if self.engine is not None:
                await self.engine.stop()
                await self._start(Keys(secrets))

    async def synced(self) -> None:
        def is_synced() -> bool:
            found = [one for one in self.news if isinstance(one, AccountStatus)]
            return bool(found) and bool(found[-1].synced_at_us)

        await until(is_synced, what="synced")

    @property
    def wants_password(self) -> bool:
        """Whether the window would ask for the password now."""
        found = [one for one in self.news if isinstance(one, AccountStatus)]
        return bool(found) and found[-1].sign_in is not SignInState.OK

    async def close(self) -> None:
        """Quit, as a person does."""
        if self.engine is not None:
            await self.engine.stop()
            self.engine = None
            await self.client.close()
            self.real.close()

    async def kill(self) -> None:
        """The process dies: its connections are reset, its files stay as they are at this moment."""
        async with self._living:
            if self.engine is not None:
                await self._die()

    async def _die(self) -> None:
        assert self.engine is not None
        self.house.cut()
        await self.engine._tasks.close()
        if self.engine._unsubscribe is not None:
            self.engine._unsubscribe()
        self.engine = None
        left = self.folder
        self.folder = self._next_folder()
        copy_living(left, self.folder)
        await self.client.close()
        self.real.close()

    def back_up(self, to: Path) -> None:
        """Copy the folder as it is now, the program running."""
        copy_living(self.folder, to)

    def put_back(self, backup: Path, *, whole: bool) -> None:
        """A backup takes the place of the folder of a dead client; not whole: of its database alone."""
        assert self.engine is None
        left = self.folder
        self.folder = self._next_folder()
        shutil.copytree(backup, self.folder)
        if not whole:
            for journal in left.glob("*.journal"):
                shutil.copy2(journal, self.folder / journal.name)

    def _next_folder(self) -> Path:
        self._deaths += 1
        return self.folder.with_name(f"{self._name}-{self._deaths}")

    # -- what the person does

    def talk(self, number: int) -> ConversationId:
        """A conversation, by its number in the script."""
        return self.made.talks[number % len(self.made.talks)]

    @contextmanager
    def reading(self) -> Iterator[Reader]:
        """What the window reads."""
        reader = self.real.reader()
        try:
            yield reader
        finally:
            reader.close()

    async def send(
        self,
        talk: int,
        text: str,
        *,
        hold_ms: int = 0,
        due_us: int = 0,
    ) -> Outgoing | None:
        """Press Send; None: there is no window to press it in, or it could not be pressed."""
        if self.engine is None:
            return None
        where = self.talk(talk)
        for _ in range(3):
            with self.reading() as reader:
                version = reader.draft(where).version
            try:
                item: Outgoing = await asyncio.wrap_future(
                    self.store.press_send(where, version, text, hold_us=hold_ms * 1_000, due_us=due_us)
                )
            except StaleDraft:
                continue
            return item
        return None

    async def press(self, talk: int, text: str) -> None:
        """Press Send, if there is a window to press it in, and log it."""
        if await self.send(talk, text) is not None:
            self.presses.append(checker.Press(f"t{talk}", text, self.clock.now_ms()))

    async def send_file(self, talk: int, text: str) -> Outgoing | None:
        """Send a picture, online or not; None: no window, or the program died before it was queued."""
        if self.engine is None:
            return None
        store = self.store
        try:
            staged = await asyncio.wrap_future(store.stage(PICTURE, len(PICTURE)))
            file = Attachment(name="picture.png", content_type="image/png", size_bytes=len(PICTURE))
            pressed = store.press_file(self.talk(talk), staged, file, MessageKind.IMAGE, text)
            item: Outgoing = await asyncio.wrap_future(pressed)
        except StoreProblem:
            return None
        return item

    def page(self, talk: int) -> tuple[Message, ...]:
        """What the window shows of a conversation."""
        with self.reading() as reader:
            return reader.newest_page(self.talk(talk)).messages

    async def waiting(self) -> list[Outgoing]:
        """Sends that have not come to an end, in the order of pressing."""
        rows = await asyncio.wrap_future(self.store.unsettled(self.made.account.id))
        return sorted((one for one in rows if one.kind is OutgoingKind.SEND), key=lambda one: one.position)

    async def undecided(self) -> list[Outgoing]:
        """Those of them that nobody but the engine can bring further."""
        return [one for one in await self.waiting() if one.state is not DeliveryState.PARKED]
