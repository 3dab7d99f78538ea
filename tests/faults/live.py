"""A place of its own: a server that only hands messages over, counted by those who get them.

Nothing is in its database, so a second client of each party counts what arrives. What the program promises
here is less, and exactly this: never repeated by itself; handed over, waiting, or uncertain for good.
"""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import socketio

from chatdesk.domain.actions import Action, ActionKind
from chatdesk.domain.ids import RemoteId
from chatdesk.server.core.tables import User
from chatdesk.server.demo.seats import SEATS
from chatdesk.server.dialect import Variant
from chatdesk.wire.marketplace import names
from tests.faults import checker, lab, script
from tests.faults.desk import DATABASE, LabDesk, Prepared
from tests.faults.house import House
from tests.faults.lab import HELD_MS, Outcome, Schedule, run_lab
from tests.faults.script import Script, Step

PLATFORM, VARIANT = "marketplace", "as-is"
HERE_S = 4
"""So often a party says that it is there: without a sign of life nothing is sent to it."""
WITHOUT = frozenset({"double_events", "lost_events", "late_events", "reordered_events", "drop_answers"})
"""Faults that change what the parties hear, though the program has said it once."""
OTHERS = frozenset({"elsewhere", "incoming", "read", "delete", "press_file", "back_up", "put_back"})
"""What has its own rules where nothing is stored, and is shown elsewhere."""


def draw(seed: int, *, most: int = 8) -> Script:
    """A schedule for this place: every text only once, so that a repeat is known by it."""
    drawn = script.draw(seed, PLATFORM, VARIANT, most=most)
    steps: list[Step] = []
    for at, step in enumerate(drawn.steps):
        if step.kind in WITHOUT | OTHERS:
            continue
        kind = "press" if step.kind == "press_twice" else step.kind
        steps.append(replace(step, kind=kind, text=f"{step.text} #{at}" if step.text else ""))
    return replace(drawn, steps=tuple(steps))


def prepare(folder: Path) -> Prepared:
    """A server with people, and a client that has begun to talk with the first two customers."""
    made = lab.prepare(folder, PLATFORM, Variant(VARIANT))

    async def story() -> Prepared:
        house = House(folder / "server", PLATFORM, made.variant, lab.CHOICES)
        await house.start()
        desk = LabDesk(folder / "client", made, house)
        await desk.open()
        await desk.synced()
        assert desk.engine is not None
        accounts = house.server.core.accounts
        for login in SEATS[PLATFORM].customers:
            (user,) = await house.inside(accounts.find(User.email == login))
            kind = names.KIND_OF_ROLE[user.role]
            action = Action(kind=ActionKind.START_CHAT, person=RemoteId(user.id), person_kind=kind)
            made.remotes = (*made.remotes, (await desk.engine.act(action)).conversation or RemoteId(""))
        await asyncio.sleep(5)
        rows = (await asyncio.wrap_future(desk.store.conversations())).rows
        known = {row.remote_id: row.id for row in rows}
        made.talks = tuple(known[remote] for remote in made.remotes)
        await desk.close()
        await house.kill()
        return made

    return run_lab(story())


class Ways:
    """Stands where the library has its HTTP session: it forgets a socket that breaks off while it opens."""

    def __init__(self) -> None:
        self._session = aiohttp.ClientSession()
        self._sockets: list[aiohttp.ClientWebSocketResponse[bool]] = []

    @property
    def closed(self) -> bool:
        """Whether nothing can be asked any more."""
        return self._session.closed

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    async def ws_connect(self, *args: Any, **kwargs: Any) -> aiohttp.ClientWebSocketResponse[bool]:
        """As the session's."""
        found: aiohttp.ClientWebSocketResponse[bool] = await self._session.ws_connect(*args, **kwargs)
        self._sockets.append(found)
        return found

    async def close(self) -> None:
        """Close every socket, and the session."""
        for one in self._sockets:
            await one.close()
        await self._session.close()


class Party:
    """Somebody on the other side: listens all the time, and comes back whenever the link is lost."""

    def __init__(self, user_id: str, house: House) -> None:
        self.user_id = user_id
        self.heard: list[tuple[str, str]] = []
        """Ids and texts of what was handed over, in this order."""
        self._house = house
        self._task = asyncio.get_running_loop().create_task(self._be_there())

    async def leave(self) -> None:
        """Go for good."""
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def _be_there(self) -> None:
        while True:
            with suppress(socketio.exceptions.SocketIOError, OSError, TimeoutError):
                await self._visit()
            await asyncio.sleep(0.5)

    async def _visit(self) -> None:
        ways = Ways()
        client = socketio.AsyncClient(reconnection=False, handle_sigint=False, http_session=ways)

        async def came(payload: Any) -> None:
            if isinstance(payload, dict):
                self.heard.append((str(payload.get("id")), str(payload.get("message"))))

        client.on(names.EVENT_NEW_MESSAGE, came)
        try:
            await client.connect(self._house.back_url, transports=["websocket"], wait_timeout=5)
            while client.connected:
                await client.emit(names.EMIT_REGISTER, self.user_id)
                await asyncio.sleep(HERE_S)
        finally:
            await client.disconnect()
            await ways.close()


class LiveSchedule(Schedule):
    """A script at work where nothing is stored."""

    async def run(self) -> Outcome:
        """Carry it out with everybody there, heal everything, wait, and count by what was heard."""
        await self.house.start()
        remotes = list(self.desk.made.remotes[:2])
        self.parties = [Party(remote, self.house) for remote in remotes]
        await self.desk.open()
        await self.carry_out_steps()
        outcome = Outcome(checker.Count())
        await self._wait(outcome)
        await asyncio.sleep(HELD_MS / 1000)
        for party in self.parties:
            await party.leave()
        await self.leave()
        await self.desk.close()
        await self.house.kill()
        outcome.count = count(
            self.presses, [party.heard for party in self.parties], self.desk.folder / DATABASE
        )
        outcome.alive = outcome.alive_of = 0  # what nobody answers for can't be promised to arrive
        return outcome


def count(presses: list[checker.Press], heard: list[list[tuple[str, str]]], client_db: Path) -> checker.Count:
    """lost = neither handed over nor visible nor said to be; duplicated = heard more often than pressed."""
    found = checker.Count(presses=sum(one.most for one in presses))
    with closing(sqlite3.connect(client_db)) as connection:
        sql = "SELECT text, state FROM outbox WHERE kind = 'send' ORDER BY position"
        states = dict(connection.execute(sql).fetchall())
        sql = "SELECT text, count(*) FROM messages WHERE own = 1 AND deleted = 0 GROUP BY text"
        shown = dict(connection.execute(sql).fetchall())
    for press in presses:
        times = sum(1 for one in heard for _id, text in one if text == press.text)
        state = states.get(press.text, "")
        found.accepted += times > 0
        found.uncertain += state == "uncertain"
        found.parked += state == "parked"
        found.waiting += state in checker.VISIBLE and not times
        if times > press.most:
            found.duplicated += 1
            found.words.append(f"duplicated: {press.text!r}, heard {times} times, {state}")
        is_there = times or state in checker.VISIBLE or (state == "accepted" and shown.get(press.text))
        if press.least and not is_there:
            found.lost += 1
            found.words.append(f"lost: {press.text!r}, never heard, {state or 'gone'}")
    for one in heard:
        texts = [text for _id, text in one]
        wanted = [press.text for press in presses if press.ordered]
        firsts = [text for text in dict.fromkeys(texts) if text in wanted]
        if firsts != [text for text in wanted if text in firsts]:
            found.reordered += 1
            found.words.append(f"reordered: {firsts} instead of {wanted}")
    return found


def run_live(folder: Path, made: Prepared, wanted: Script) -> Outcome:
    """Carry out one schedule of this place in a folder of its own."""

    async def story() -> Outcome:
        return await LiveSchedule(folder, made, wanted).run()

    return run_lab(story())
