"""Everybody else: customers of all platforms who write, type, read, come and go; an office moves orders."""

from __future__ import annotations

import asyncio
import contextlib
import random
import sqlite3
from collections import Counter, deque
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from chatdesk.server.demo.cast import ADMIN_EMAIL, PASSWORD
from chatdesk.server.demo.seats import SEATS
from chatdesk.server.demo.tongue import TROUBLE, Heard, Talk, Tongue, Turned
from chatdesk.server.demo.tongues.dispatcher import DispatcherTongue
from chatdesk.server.demo.town import TONGUES
from chatdesk.server.demo.visits import either, rest
from chatdesk.wire.dispatcher import names

AGAIN_S, AT_MOST_S = 0.5, 15.0
"""Who does not get in tries again after so long, then after twice as long: a slow server is not stormed."""
AT_ONCE = 60
"""So many events may be under way; what would come on top is not begun."""
KINDS = {"message": 22, "typing": 46, "read": 22, "presence": 4, "order": 6}
"""How often in a hundred which event."""
WORDS = (
    "Is there any news on this one?",
    "Thanks, that works for us.",
    "The gate code has changed, I will send the new one in the afternoon.\nPlease do not use the old one.",
    "Could you have a look when there is a moment? It is not urgent, but we are about to plan the week.",
    "ok",
    "Noted — see you there 👍",
)


class Guest:
    """One account of somebody else: signs in, listens, and comes back when the server does."""

    def __init__(self, tongue: Tongue) -> None:
        self.tongue = tongue
        self.talks: dict[str, Talk] = {}
        self.here = asyncio.Event()
        self.unread: deque[Heard] = deque(maxlen=20)
        """What the desk has said here and this one has not marked as read."""
        self._leave = asyncio.Event()

    async def arrive(self) -> bool:
        """Sign in and look around once; whether there is anything to say here."""
        try:
            await self.tongue.sign_in()
            self.talks = {one.id: one for one in await self.tongue.talks() if one.is_open}
        except (Turned, KeyError):
            return False  # an account of another kind than the customers'
        return bool(self.talks)

    async def stay(self, stop: asyncio.Event) -> None:
        """Be connected until `stop`, whatever happens to the server."""
        signed_in, again_s = True, AGAIN_S
        while not stop.is_set():
            gone = asyncio.Event()
            self._leave.clear()
            try:
                if not signed_in:
                    await self.tongue.sign_in()
                    signed_in = True
                async with self.tongue.listening(self, gone):
                    await self.tongue.enter(list(self.talks.values()))
                    self.here.set()
                    again_s = AGAIN_S
                    ended = asyncio.create_task(either(stop, gone))
                    left = asyncio.create_task(self._leave.wait())
                    await asyncio.wait({ended, left}, return_when=asyncio.FIRST_COMPLETED)
                    ended.cancel()
                    left.cancel()
            except Turned:
                signed_in = False
            except TROUBLE:
                pass  # the server is away: again
            self.here.clear()
            await rest(stop, again_s)
            again_s = min(2 * again_s, AT_MOST_S)

    async def close(self) -> None:
        """Let go of what is open."""
        await self.tongue.__aexit__(None, None, None)

    def leave(self) -> None:
        """Be away for a moment."""
        self._leave.set()

    # -- the ear of the tongue

    def heard(self, message: Heard) -> None:
        if message.author not in {"", self.tongue.user_id} and message.talk in self.talks:
            self.unread.append(message)

    def typing(self, talk: str, author: str) -> None:
        """Nothing to do."""

    def read(self, talk: str, reader: str) -> None:
        """Nothing to do."""

    def status(self, talk: str, status: str) -> None:
        """Nothing to do."""


class Crowd:
    """All guests at servers; `done` counts what they did, `failed` what the servers were not there for."""

    def __init__(self, urls: Mapping[str, str], database: Path, seed: int) -> None:
        self.done: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()
        self.guests: list[Guest] = []
        self._urls = urls
        self._database = database
        self._chance = random.Random(seed)
        self._office = DispatcherTongue(urls["dispatcher"], ADMIN_EMAIL, PASSWORD)
        self._orders: dict[str, str] = {}
        """Orders that the office moves, by id, with the status of each."""
        self._stop = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._number = 0

    async def come(self, most: int) -> None:
        """Let everybody in who has something to talk about, at most so many at each platform."""
        for platform, login in _people(self._database):
            if len(self.guests_of(platform)) == most:
                continue
            tongue = TONGUES[platform](self._urls[platform], login, PASSWORD, SEATS[platform].customer_role)
            guest = Guest(tongue)
            if await guest.arrive():
                self.guests.append(guest)
            else:
                await guest.close()
        await self._office.sign_in()
        moved = {talk for guest in self.guests_of("dispatcher") for talk in guest.talks}
        self._orders = {
            one.id: str(one.status)
            for one in await self._office.orders()
            if one.id in moved and one.status in {names.STATUS_PENDING, names.STATUS_PROCESSING}
        }
        for guest in self.guests:
            self._start(guest.stay(self._stop))
        async with asyncio.timeout(60):
            for guest in self.guests:
                await guest.here.wait()

    def guests_of(self, platform: str) -> list[Guest]:
        return [one for one in self.guests if one.tongue.platform == platform]

    def talks(self) -> set[tuple[str, str]]:
        """Platform and the desk's id of every talk that somebody is in."""
        return {
            # The marketplace names a talk by the other one.
            (one.tongue.platform, one.tongue.user_id if one.tongue.platform == "marketplace" else talk)
            for one in self.guests
            for talk in one.talks
        }

    async def act(self, events_per_s: float, until: asyncio.Event) -> None:
        """Do so many things a second until told otherwise."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while not await rest(until, max(0.0, due - loop.time())):
            due = max(due + 1.0 / events_per_s, loop.time() - 1.0)
            if len(self._tasks) < AT_ONCE + len(self.guests):
                kind = self._chance.choices(list(KINDS), list(KINDS.values()))[0]
                self._start(self._one(kind))

    async def go(self) -> None:
        """Everybody leaves."""
        self._stop.set()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=20)
        for task in self._tasks:
            task.cancel()
        for guest in self.guests:
            await guest.close()
        await self._office.__aexit__(None, None, None)

    async def _one(self, kind: str) -> None:
        try:
            async with asyncio.timeout(10):
                if await self._do(kind):
                    self.done[kind] += 1
        except Turned as exc:
            self.failed[f"{kind} {exc.status}"] += 1
        except (*TROUBLE, KeyError) as exc:
            self.failed[f"{kind} {type(exc).__name__}"] += 1

    async def _do(self, kind: str) -> bool:
        here = [one for one in self.guests if one.here.is_set()]
        if not here:
            return False
        guest = self._chance.choice(here)
        talk = self._chance.choice(list(guest.talks))
        match kind:
            case "message":
                await guest.tongue.say(talk, self._line())
            case "typing":
                await guest.tongue.typing(talk, is_typing=self._chance.random() < 0.6)
            case "presence":
                guest.leave()
            case "order":
                await self._move()
            case "read":
                waiting = [one for one in here if one.unread]
                if not waiting:
                    # Somebody looks again at what was read before.
                    await guest.tongue.typing(talk, is_typing=True)
                    return True
                reader = self._chance.choice(waiting)
                await reader.tongue.mark_read(reader.unread.popleft())
        return True

    async def _move(self) -> None:
        order = self._chance.choice(list(self._orders))
        was_pending = self._orders[order] == names.STATUS_PENDING
        status = names.STATUS_PROCESSING if was_pending else names.STATUS_PENDING
        await self._office.set_status(order, status)
        self._orders[order] = status

    def _line(self) -> str:
        self._number += 1
        return f"line {self._number}: {self._chance.choice(WORDS)}"

    def _start(self, work: object) -> None:
        assert asyncio.iscoroutine(work)
        task: asyncio.Task[None] = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _people(database: Path) -> list[tuple[str, str]]:
    """Platform and e-mail address of everybody but the desks, as the server's database has them."""
    desks = {one.desk for one in SEATS.values()} | {ADMIN_EMAIL}
    with contextlib.ExitStack() as stack:
        connection = stack.enter_context(closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)))
        found = connection.execute("SELECT platform, email FROM users ORDER BY platform, email").fetchall()
    return [(platform, email) for platform, email in found if email not in desks]
