"""One sign-in, cut at each of its bytes: it works in the end, asks nothing wrong, leaves nothing half made.

Counted like presses of Send: lost = no working account in the end, or one that was half made, or a person who
was told of a wrong password; duplicated = more than one account; a secret in a log or a file is loss, too.
"""

from __future__ import annotations

import asyncio
import io
import logging
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher

from chatdesk.domain.changes import AccountStatus, News
from chatdesk.domain.desk import SignInRequest
from chatdesk.domain.entities import Account
from chatdesk.domain.errors import SignInRefused
from chatdesk.domain.kinds import NoticeCode, Platform
from chatdesk.platforms import registry
from chatdesk.server.demo.cast import PASSWORD
from chatdesk.server.demo.seats import SEATS
from chatdesk.services.desk import Desk
from chatdesk.store import Store
from chatdesk.sync.host import EngineHost
from chatdesk.sync.visit import PROBLEMS
from tests.faults import checker, lab
from tests.faults.house import House
from tests.faults.loop import LabLoop, servers_in_one_thread
from tests.faults.parts import Case, Result
from tests.faults.sweeps import ground
from tests.sync.virtual import Owing, VirtualClock
from tests.sync.world import MemoryVault

WAYS = (ground.UP, ground.DOWN)
OF_THE_WORLD = frozenset({NoticeCode.OFFLINE, NoticeCode.SERVER_ERROR})
"""Why a sign-in may fail when a connection is cut; anything else blames the person."""
PRESSES = 3
"""So often the person presses "Sign in" again after everything has healed."""
CONNECTS_EACH = 10
"""At every so many-th point the account's engine must come up, too; elsewhere the account is looked at."""
PATIENCE_S = 600.0
_sizes: dict[ground.Place, ground.Sizes] = {}


class _Clock(VirtualClock):
    """The clock of a loop that another thread runs."""

    def __init__(self, loop: LabLoop) -> None:
        self._loop = loop
        self.skew_us = 0


class Door:
    """The real services and engines over an empty store, before a server that has been prepared."""

    def __init__(self, folder: Path, made: lab.Prepared) -> None:
        shutil.copytree(made.folder / "server", folder / "server")
        _quick_password(folder / "server" / "server.sqlite3", made.account.login)
        self.made = made
        self.folder = folder / "client"
        self.loop = LabLoop()
        self.clock = _Clock(self.loop)
        self.vault = MemoryVault()
        self.status: AccountStatus | None = None
        self.real = Store.open(self.folder, now_us=self.clock.now_us)
        self.store: Any = Owing(self.real)
        platform = Platform(made.platform)
        plugins = {platform: registry.plugin(platform)}
        self.host = EngineHost(
            self.store, plugins, self.vault, clock=self.clock, jitter=lambda: 0.5, make_loop=lambda: self.loop
        )
        self.reader = self.real.reader()
        self.desk = Desk(self.store, self.host, self.reader)
        self.host.subscribe_news(self._hear)
        seat = SEATS[made.platform]
        self.request = SignInRequest(
            platform=platform,
            server_url=made.account.server_url,
            login=seat.desk,
            password=PASSWORD,
            plain_http_consent=True,
            role=seat.role,
        )
        self.secrets: set[str] = {PASSWORD}
        self.refusals: list[str] = []

    def _hear(self, news: News) -> None:
        if isinstance(news, AccountStatus):
            self.status = news

    def run(self, work: Any) -> Any:
        """Carry out a coroutine function on the network's own loop, with the server beside it."""

        async def story() -> Any:
            self.house = House(
                self.folder.parent / "server", self.made.platform, self.made.variant, lab.CHOICES
            )
            await self.house.start()
            try:
                return await work(self)
            finally:
                await self.house.kill()

        with servers_in_one_thread():
            self.host.start()
            try:
                return self.host._thread.ask(story, "sweep").result(PATIENCE_S)
            finally:
                self.host.stop()
                self.reader.close()
                self.real.close()

    async def enter(self) -> tuple[Account | None, str]:
        """What the dialog does: ask whether somebody is there, and sign in. (account, what was wrong)."""
        request = self.request
        check = await self.desk.check_server(request.platform, request.server_url)
        if not check.reachable and check.problem not in PROBLEMS:
            return None, f"the address was blamed: {check.problem}"
        try:
            signed = await self.desk.sign_in(request)
        except SignInRefused as exc:
            blamed = "" if exc.code in OF_THE_WORLD else f"the person was blamed: {exc.code.value}"
            self.refusals.append(f"{exc.code.value} {exc.server_words}".strip())
            return None, blamed or await self.left_over()
        self.secrets |= {
            one for kept in self.vault.kept.values() for one in (kept.access, kept.refresh) if one
        }
        return signed.account, ""

    async def left_over(self) -> str:
        """What stands although nobody is signed in."""
        rows = (await asyncio.wrap_future(self.store.accounts())).rows
        return (
            f"half made: {len(rows)} accounts, {len(self.vault.kept)} keys" if rows or self.vault.kept else ""
        )

    async def stands(self, account: Account) -> str:
        """What is wrong with the account that was made."""
        rows = (await asyncio.wrap_future(self.store.accounts())).rows
        if [(one.id, one.user_id, one.login) for one in rows] != [
            (account.id, self.made.account.user_id, self.request.login)
        ]:
            return f"{len(rows)} accounts, or another one's"
        return "" if self.vault.kept else "no key"

    async def works(self, within_s: float) -> str:
        """Wait until the engine of the account is connected; what it says otherwise."""
        until = self.loop.time() + within_s
        while self.status is None or self.status.connection not in ground.UP_STATES:
            if self.loop.time() > until:
                return f"not connected: {self.status}"
            await asyncio.sleep(0.1)
        return ""

    async def leave(self, account: Account) -> None:
        """Take the account away again."""
        await self.desk.remove_account(account.id)
        self.status = None
        await asyncio.sleep(ground.CALM_S)

    def told(self, log: str) -> list[str]:
        """The names of the places where a secret was written down."""
        files = [path for path in self.folder.rglob("*") if path.is_file()]
        texts = [("log", log.encode()), *((path.name, path.read_bytes()) for path in files)]
        return [name for name, text in texts if any(one.encode() in text for one in self.secrets)]


def carry_out(case: Case, folder: Path) -> Result:
    """Sign in once for each byte of the case's share, with the connection cut there."""
    place = ground.place_of(case)
    cuts = ground.share(case, measured(place, folder), WAYS)
    tally, count = ground.Tally(), checker.Count(presses=len(cuts))

    async def sweep(door: Door) -> None:
        for number, cut in enumerate(cuts):
            wrong = await _once(door, cut, tally, count, connects=number % CONNECTS_EACH == 0)
            if wrong:
                tally.words.append(f"{cut}: {wrong}")

    with listening() as log:
        door = Door(folder / "world", ground.prepared(place, folder.parent))
        door.run(sweep)
    for name in door.told(log.getvalue()):
        count.lost += 1
        tally.words.append(f"a secret in {name}")
    return ground.result(case, tally, count)


async def _once(
    door: Door, cut: ground.Cut, tally: ground.Tally, count: checker.Count, *, connects: bool
) -> str:
    with ground.armed(door.loop.network, cut) as trap:
        account, wrong = await door.enter()
    if trap.sprung:
        tally.faults.append(f"login_{cut.way}")
    else:
        tally.words.append(f"never reached: {cut}")
    healed_s = door.loop.time()
    for _ in range(PRESSES):
        if account is None and not wrong:
            account, wrong = await door.enter()
    if account is None:
        count.lost += 1
        return wrong or "refused again and again"
    wrong = wrong or await door.stands(account)
    if connects:
        wrong = wrong or await door.works(2 * lab.ALIVE_MS / 1000)
    count.accepted += not wrong
    count.lost += bool(wrong)
    tally.alive += not wrong and (door.loop.time() - healed_s) * 1000 <= lab.ALIVE_MS
    await door.leave(account)
    return wrong or await door.left_over()


def measured(place: ground.Place, folder: Path) -> ground.Sizes:
    """How many bytes one sign-in takes at a place; measured once in a process."""
    if place not in _sizes:

        async def measure(door: Door) -> ground.Sizes:
            with ground.counted(door.loop.network) as (up, down):
                account, wrong = await door.enter()
            assert account is not None, (wrong, door.refusals)
            return ground.Sizes(up.passed, down.passed)

        _sizes[place] = Door(folder / "measured", ground.prepared(place, folder.parent)).run(measure)
    return _sizes[place]


@contextmanager
def listening() -> Iterator[io.StringIO]:
    """While it lasts, all that the program would write to its log at its finest level is kept."""
    kept = io.StringIO()
    handler = logging.StreamHandler(kept)
    handler.setFormatter(logging.Formatter("%(name)s %(message)s"))
    root, own = logging.getLogger(), logging.getLogger("chatdesk")
    before = (root.level, own.level, logging.root.manager.disable)
    logging.disable(logging.NOTSET)
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    own.setLevel(logging.DEBUG)
    try:
        yield kept
    finally:
        root.removeHandler(handler)
        root.setLevel(before[0])
        own.setLevel(before[1])
        logging.disable(before[2])


def _quick_password(server_db: Path, login: str) -> None:
    """The same password under a hash that takes no time to check."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    with closing(sqlite3.connect(server_db)) as connection, connection:
        connection.execute("UPDATE users SET password_hash = ? WHERE email = ?", (quick, login))
