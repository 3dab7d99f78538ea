"""A world of real sockets: a server process, the proxy before it, and the real engine over the real store."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from chatdesk.domain.changes import AccountStatus, News
from chatdesk.domain.desk import SignInRequest
from chatdesk.domain.entities import Account, Outgoing
from chatdesk.domain.errors import StaleDraft
from chatdesk.domain.facts import Secrets
from chatdesk.domain.ids import ConversationId
from chatdesk.domain.kinds import DeliveryState, Lifecycle, OutgoingKind, Platform
from chatdesk.domain.ports import vault_key
from chatdesk.platforms import registry
from chatdesk.server.demo.cast import PASSWORD
from chatdesk.server.demo.seats import SEATS
from chatdesk.server.dialect import Variant
from chatdesk.store import Store
from chatdesk.sync.clock import SystemClock
from chatdesk.sync.engine import Engine
from chatdesk.sync.host import EngineHost
from chatdesk.sync.parts import Surroundings
from tests.end2end.proxy import ByteProxy
from tests.faults import checker
from tests.faults.parts import Case
from tests.faults.sockets.nursery import Nursery, Server
from tests.sync.world import MemoryVault

SYNCED_S = 60.0
ALIVE_S = 60.0
PATIENCE_S = 120.0
HELD_S = 9.0
DATABASE = "chatdesk.db"
RESTART_MS = 300


@dataclass(slots=True)
class Template:
    """A server with people and a client that has read them, as real processes have left them."""

    folder: Path
    platform: str
    variant: Variant
    account: Account
    secrets: Secrets
    talks: tuple[ConversationId, ...] = ()


def prepare(folder: Path, nursery: Nursery, platform: str, variant: Variant, port: int) -> Template:
    """Seed a server, sign in through the real services, and let the engine catch up."""
    server = Server(nursery, folder / "server", platform, variant, port, seed="demo")
    server.folder.mkdir(parents=True)
    server.start()
    vault, news = MemoryVault(), list[News]()
    store = Store.open(folder / "client")
    kind = Platform(platform)
    host = EngineHost(store, {kind: registry.plugin(kind)}, vault)
    host.subscribe_news(news.append)
    host.start()
    try:
        seat = SEATS[platform]
        request = SignInRequest(
            platform=kind,
            server_url=f"http://127.0.0.1:{server.port}",
            login=seat.desk,
            password=PASSWORD,
            plain_http_consent=True,
            role=seat.role,
        )
        account = host.sign_in(request).result(SYNCED_S)
        asyncio.run(_until(lambda: _is_synced(news), SYNCED_S, "the first catching up"))
    finally:
        host.stop()
    rows = store.conversations().result(SYNCED_S).rows
    talks = tuple(row.id for row in rows if row.lifecycle is Lifecycle.OPEN)
    store.close()
    server.kill()
    (secrets,) = vault.kept.values()
    return Template(folder, platform, variant, account.account, secrets, talks)


def _is_synced(news: list[News]) -> bool:
    found = [one for one in news if isinstance(one, AccountStatus)]
    return bool(found) and bool(found[-1].synced_at_us)


async def _until(reached: Any, seconds: float, what: str) -> None:
    until = asyncio.get_running_loop().time() + seconds
    while not reached():
        assert asyncio.get_running_loop().time() < until, f"not within {seconds:.0f} s: {what}"
        await asyncio.sleep(0.05)


@dataclass(slots=True)
class Outcome:
    """What a schedule came to."""

    count: checker.Count
    alive: int
    kills: int
    struck: int
    """How often a fault has met something."""


class World:
    """One schedule at work."""

    def __init__(
        self, folder: Path, made: Template, nursery: Nursery, case: Case, ports: tuple[int, int]
    ) -> None:
        """ports: of the proxy and of the server."""
        self.case = case
        self.made = made
        self.folder = folder
        shutil.copytree(made.folder / "server", folder / "server")
        left_out = shutil.ignore_patterns("*.lock", "lock")
        shutil.copytree(made.folder / "client", folder / "client", ignore=left_out)
        self.server = Server(nursery, folder / "server", made.platform, made.variant, ports[1])
        self.proxy = ByteProxy(ports[0], ports[1])
        self.presses: list[checker.Press] = []
        self.news: list[News] = []
        self._later: set[asyncio.Task[None]] = set()

    async def run(self) -> Outcome:
        """All of it: open, presses and faults, healing, and waiting until nothing waits any more."""
        await asyncio.to_thread(self.server.start)
        await self.proxy.start()
        try:
            await self._open()
            await _until(lambda: _is_synced(self.news), SYNCED_S, "catching up")
            await self._carry_out()
            await self._heal()
            outcome = await self._settle()
            await self._close()
        finally:
            await self.proxy.close()
            await asyncio.to_thread(self.server.kill)
        complaints = self.server.complaints()
        assert not complaints, complaints
        server_db = self.folder / "server" / "server.sqlite3"
        outcome.count = checker.check(self.presses, server_db, self.folder / "client" / DATABASE)
        outcome.kills = self.server.kills - 1  # the last one ends the world
        return outcome

    async def _open(self) -> None:
        self.store = Store.open(self.folder / "client")
        account = msgspec.structs.replace(self.made.account, server_url=self.proxy.url)
        vault = MemoryVault()
        vault.kept[vault_key(self.proxy.url, account.platform, account.login, account.seat)] = (
            self.made.secrets
        )
        plugin = registry.plugin(account.platform)
        around = Surroundings(self.store, vault, SystemClock(), self.news.append)
        self.client = plugin.make_client(self.proxy.url, plugin.adapter.limits)
        self.engine = Engine(account, plugin.load(), self.client, around)
        await self.engine.start()

    async def _close(self) -> None:
        await self.engine.stop()
        await self.client.close()
        await asyncio.to_thread(self.store.close)

    async def _carry_out(self) -> None:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        for step in self.case["steps"]:
            await asyncio.sleep(max(0, begun + step["at_ms"] / 1000 - loop.time()))
            if step["kind"] == "press":
                await self._press(step["talk"], step["text"])
            else:
                await getattr(self, f"_{step['kind']}")(step)
        if self._later:
            await asyncio.wait(self._later)

    async def _press(self, talk: int, text: str) -> None:
        where = self.made.talks[talk % len(self.made.talks)]
        for _ in range(3):
            reader = self.store.reader()
            try:
                version = reader.draft(where).version
            finally:
                reader.close()
            try:
                await asyncio.wrap_future(self.store.press_send(where, version, text))
            except StaleDraft:
                continue
            at_ms = SystemClock().now_us() // 1000
            self.presses.append(checker.Press(f"t{talk}", text, at_ms))
            return

    async def _heal(self) -> None:
        await self.proxy.heal()
        self.healed = asyncio.get_running_loop().time()

    async def _waiting(self) -> list[Outgoing]:
        rows = await asyncio.wrap_future(self.store.unsettled(self.made.account.id))
        return [one for one in rows if one.kind is OutgoingKind.SEND]

    async def _settle(self) -> Outcome:
        loop = asyncio.get_running_loop()
        alive = -1
        while True:
            waiting = await self._waiting()
            left = [one for one in waiting if one.state is not DeliveryState.PARKED]
            passed = loop.time() - self.healed
            if alive < 0 and (not left or passed >= ALIVE_S):
                alive = len(self.presses) - len(waiting)
            if not left or passed >= PATIENCE_S:
                break
            await asyncio.sleep(0.2)
        if any(step["kind"] == "held" for step in self.case["steps"]):
            await asyncio.sleep(HELD_S)  # what is still held on the way arrives
        return Outcome(checker.Count(), alive, 0, self.proxy.struck)

    # -- faults, by their names in draw.FAULTS

    def _in(self, ms: int, what: Coroutine[Any, Any, None]) -> None:
        async def wait() -> None:
            await asyncio.sleep(ms / 1000)
            await what

        task = asyncio.get_running_loop().create_task(wait())
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    async def _reset(self, _step: dict[str, Any]) -> None:
        self.proxy.reset()

    async def _cut_up(self, step: dict[str, Any]) -> None:
        self.proxy.up.cut_in = step["number"]

    async def _cut_down(self, step: dict[str, Any]) -> None:
        self.proxy.down.cut_in = step["number"]

    async def _delay(self, step: dict[str, Any]) -> None:
        self.proxy.up.delay_s = self.proxy.down.delay_s = step["ms"] / 4_000
        self._in(step["ms"], self._as_before())

    async def _throttle(self, step: dict[str, Any]) -> None:
        self.proxy.up.bytes_per_s = self.proxy.down.bytes_per_s = 400 + 10 * step["number"]
        self._in(step["ms"], self._as_before())

    async def _blackhole(self, step: dict[str, Any]) -> None:
        self.proxy.up.silent = self.proxy.down.silent = True
        self._in(step["ms"], self._as_before())

    async def _blackhole_up(self, step: dict[str, Any]) -> None:
        self.proxy.up.silent = True
        self._in(step["ms"], self._as_before())

    async def _blackhole_down(self, step: dict[str, Any]) -> None:
        self.proxy.down.silent = True
        self._in(step["ms"], self._as_before())

    async def _end_up(self, _step: dict[str, Any]) -> None:
        self.proxy.end(up=True)

    async def _end_down(self, _step: dict[str, Any]) -> None:
        self.proxy.end(up=False)

    async def _hang(self, step: dict[str, Any]) -> None:
        self.proxy.hangs = True
        self.proxy.reset()
        self._in(step["ms"], self._as_before())

    async def _refuse(self, step: dict[str, Any]) -> None:
        await self.proxy.refuse()
        self.proxy.reset()
        self._in(step["ms"], self._as_before())

    async def _held(self, step: dict[str, Any]) -> None:
        self.proxy.hold(step["ms"] / 1000)

        async def cut() -> None:
            self.proxy.drop_clients()

        self._in(RESTART_MS, cut())

    async def _kill_server(self, _step: dict[str, Any]) -> None:
        await asyncio.to_thread(self.server.kill)
        await asyncio.sleep(RESTART_MS / 1000)
        await asyncio.to_thread(self.server.start)

    async def _as_before(self) -> None:
        await self.proxy.heal()
