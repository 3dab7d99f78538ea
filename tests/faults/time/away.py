"""One client at one of our servers that is away for a while: asleep, or without a network."""

from __future__ import annotations

import asyncio
import random
import shutil
import sqlite3
from contextlib import closing
from itertools import dropwhile
from pathlib import Path
from typing import Any

import apsw
from sqlalchemy import func, select

from chatdesk.domain.changes import AccountStatus
from chatdesk.domain.kinds import ConnectionState
from chatdesk.platforms import registry
from chatdesk.server.core.messages import Body, append
from chatdesk.server.core.tables import Conversation, Message
from chatdesk.server.core.tables import MessageKind as StoredKind
from chatdesk.store import Store
from chatdesk.sync.engine import Engine
from chatdesk.sync.ground import unknown_way
from chatdesk.sync.parts import Surroundings
from tests.faults.house import House
from tests.faults.lab import CHOICES, LabDesk, Prepared
from tests.faults.loop import LabLoop
from tests.sync.virtual import Owing

HERE = "10.0.0.2"
LINKED = frozenset({ConnectionState.ONLINE, ConnectionState.POLLING})
LIVING = shutil.ignore_patterns("*.lock", "lock")


class AwayDesk(LabDesk):
    """A client whose machine has, or does not have, a way to the network."""

    has_network = True
    tells_way = True
    """Whether the operating system shows that the network has gone and come."""

    async def open(self) -> None:
        """Start the program on its folder."""
        plugin = registry.plugin(self.made.account.platform)
        self.real = Store.open(self.folder, now_us=self.clock.now_us)
        self.store: Any = Owing(self.real)
        around = Surroundings(
            self.store, self.vault, self.clock, self.news.append, random.Random(7).random, self._way
        )
        self.client = plugin.make_client(self.house.url, plugin.adapter.limits)
        self.engine = Engine(self.made.account, plugin.load(), self.client, around)
        await self.engine.start()

    def _way(self) -> str:
        if not self.tells_way:
            return unknown_way()
        return HERE if self.has_network else ""

    @property
    def status(self) -> AccountStatus:
        """How the account stands, as the window shows it."""
        found = [one for one in self.news if isinstance(one, AccountStatus)]
        return (
            found[-1]
            if found
            else AccountStatus(account_id=self.made.account.id, connection=ConnectionState.OFF)
        )

    def caught_up_since(self, moment_us: int) -> bool:
        """Whether the window says that it is live and has everything as of a moment of the wall clock."""
        now = self.status
        return now.connection in LINKED and (now.synced_at_us or 0) >= moment_us


class Away:
    """A server, its client, and the people who write while it is away."""

    def __init__(self, folder: Path, made: Prepared, seed: int = 0) -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, LabLoop)
        self.loop = loop
        self.network = loop.network
        self.made = made
        shutil.copytree(made.folder / "server", folder / "server")
        shutil.copytree(made.folder / "client", folder / "client", ignore=LIVING)
        self.house = House(folder / "server", made.platform, made.variant, CHOICES)
        self.desk = AwayDesk(folder / "client", made, self.house)
        self.chance = random.Random(f"{seed} {made.platform} {made.variant.value}")
        self._written = 0

    async def begin(self) -> None:
        """Both are up, and the client has everything."""
        await self.house.start()
        await self.desk.open()
        await self.desk.synced()

    async def end(self) -> None:
        """Both are gone."""
        await self.desk.close()
        await self.house.kill()

    # -- what happens to the client

    def fall_asleep(self) -> None:
        """What the client has open stays open for it, and is dead: the server hangs up unheard."""
        for client, server in self.network.pairs(self.house.address):
            client.flow.silent_from, server.flow.silent_from = client.sent, server.sent
            server.break_off()

    def wake_up(self, slept_s: float, *, counted: bool = False) -> None:
        """The wall clock has gone on; counted: the monotonic clock too, as on some systems."""
        if counted:
            self.loop.pass_time(slept_s)
        else:
            self.desk.clock.skew_us += round(slept_s * 1e6)
            self.house.clock.skew_ms += round(slept_s * 1e3)

    def lose_network(self, *, cut: bool) -> None:
        """Nothing comes through any more. cut: the connections are told; else they only fall silent."""
        self.desk.has_network = False
        self.network.unreachable.add(self.house.address)
        if cut:
            self.house.cut()
        else:
            self.fall_asleep()

    def regain_network(self) -> None:
        """What is sent anew arrives; what was open stays silent, as the way back has been forgotten."""
        self.desk.has_network = True
        self.network.unreachable.discard(self.house.address)

    # -- what others do meanwhile

    def server_rows(self) -> dict[str, list[tuple[str, str]]]:
        """(message id, text) of every conversation that the client follows, in the server's order."""
        marks = ", ".join("?" * len(self.made.talks))
        wanted = f"conversation_id IN ({marks}) AND remote_id IS NOT NULL"
        ids = {
            row[0] for row in self._here(f"SELECT remote_id FROM messages WHERE {wanted}", self.made.talks)
        }
        rows: dict[str, list[tuple[str, str]]] = {}
        with closing(sqlite3.connect(self.house.folder / "server.sqlite3")) as there:
            shown = "deleted_ms IS NULL AND hidden_ms IS NULL AND archived = 0"
            sql = (
                f"SELECT conversation_id, id, text FROM messages WHERE {shown} ORDER BY conversation_id, seq"
            )
            for conversation, message, text in there.execute(sql):
                rows.setdefault(conversation, []).append((str(message), text))
        return {one: found for one, found in rows.items() if ids & {message for message, _ in found}}

    def client_rows(self) -> dict[str, str]:
        """Text of every message that the window shows, by its id."""
        sql = "SELECT remote_id, text FROM messages WHERE deleted = 0 AND remote_id IS NOT NULL"
        return {str(row[0]): row[1] for row in self._here(sql)}

    def _here(self, sql: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """Rows of the client's database, by the library that has it open: two in a process spoil locks."""
        connection = apsw.Connection(str(self.desk.folder / "chatdesk.db"), flags=apsw.SQLITE_OPEN_READONLY)
        try:
            return list(connection.execute(sql, values))
        finally:
            connection.close()

    def in_order(self) -> list[str]:
        """Ids of all messages that the window shows, by conversation, as it sorts them."""
        sql = "SELECT remote_id FROM messages WHERE deleted = 0 AND remote_id IS NOT NULL"
        return [str(row[0]) for row in self._here(f"{sql} ORDER BY conversation_id, cursor, id")]

    def unread(self, message: str) -> int:
        """The number beside the conversation that has this message."""
        of = "SELECT conversation_id FROM messages WHERE remote_id = ?"
        return int(self._here(f"SELECT unread FROM conversations WHERE id = ({of})", (message,))[0][0])

    def missing(self, conversations: set[str]) -> list[str]:
        """Texts of these conversations that the client has not, though it has something older."""
        here, rows = self.client_rows(), self.server_rows()
        found: list[str] = []
        for one in conversations:
            later = dropwhile(lambda row: row[0] not in here, rows[one])
            found += [text for message, text in later if message not in here]
        return found

    async def others_write(self, times: int, *, into: int = 1) -> set[str]:
        """People other than ours write in `into` conversations; nobody who is away is told. Returns which."""
        talks = self.chance.sample(sorted(self.server_rows()), into)
        for number, talk in enumerate(talks):
            await self.write(talk, len(range(number, times, into)))
        return set(talks)

    async def write(self, conversation: str, times: int) -> None:
        """So many messages, each by somebody else who has written before in this conversation."""
        await self.house.inside(self._store(conversation, times))

    async def _store(self, conversation: str, times: int) -> None:
        core = self.house.server.core
        async with core.database.writing() as session:
            place = await session.get(Conversation, conversation)
            assert place is not None
            others = Message.sender_id != self.made.account.user_id
            wanted = select(Message).where(
                Message.conversation_id == conversation, others, Message.kind == StoredKind.TEXT
            )
            model = (await session.scalars(wanted.order_by(func.length(Message.text)).limit(1))).one()
            for _ in range(times):
                self._written += 1
                append(
                    session,
                    core.messages._ids,
                    place,
                    text=f"meanwhile {self._written}",
                    sender_id=model.sender_id,
                    now_ms=self.house.clock.now_ms(),
                    body=Body(kind=StoredKind.TEXT, extras=model.extras),
                )

    async def somebody_deletes(self, message: str) -> None:
        """The newest state of this message is that it is gone; nobody who is away is told."""
        await self.house.inside(self._change(message, None))

    async def somebody_edits(self, message: str, text: str) -> None:
        """The same for another text."""
        await self.house.inside(self._change(message, text))

    async def _change(self, message: str, text: str | None) -> None:
        async with self.house.server.core.database.writing() as session:
            row = await session.get(Message, message)
            assert row is not None
            row.updated_ms = self.house.clock.now_ms()
            if text is None:
                row.deleted_ms = row.updated_ms
                row.text = row.search_text = ""
            else:
                row.text = text
