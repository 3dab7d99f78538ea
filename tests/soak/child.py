"""The real program in a process of its own, with a person before it who writes, looks around and scrolls.

Takes lines of JSON on stdin and answers each with one on stdout; every press of Send is a line of the log of
presses, written before the key is pressed.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import os
import random
import sys
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPlainTextEdit

from chatdesk import program
from chatdesk.demo import hands
from chatdesk.desktop import logfile
from chatdesk.desktop.memory_vault import MemoryVault
from chatdesk.domain.desk import SignInRequest
from chatdesk.domain.entities import Conversation
from chatdesk.domain.errors import NotPossible
from chatdesk.domain.ids import OutgoingId
from chatdesk.domain.kinds import (
    ConnectionState,
    DeliveryState,
    Lifecycle,
    OutgoingKind,
    Platform,
    SignInState,
)
from chatdesk.platforms.registry import PLUGINS
from chatdesk.server.demo.cast import PASSWORD
from chatdesk.server.demo.seats import SEATS
from chatdesk.services.desk import Desk
from tests.soak import inside

PATIENCE_S = 90.0
ACTS = {"write": 50, "open": 30, "scroll": 12, "draft": 8}
"""How often in a hundred the person does what."""
OPEN_STATES = (DeliveryState.QUEUED, DeliveryState.IN_FLIGHT, DeliveryState.UNCERTAIN)
LEFT_TO_THE_PERSON = (DeliveryState.UNCERTAIN, DeliveryState.PARKED)
LOOK_EVERY_S = 3.0
DECIDE_S = 75.0
"""Much longer than the program needs to find out by itself, where that can be found out."""
WORDS = ("On it.", "The permit is filed, I will let you know.", "Yes, tomorrow at ten works for us.")


class Person:
    """Who sits before the window."""

    def __init__(self, running: program.Program, presses: Path, seed: int) -> None:
        self.program = running
        self.window = running.window
        self.talks: list[Conversation] = []
        self.done: Counter[str] = Counter()
        self.troubles: list[str] = []
        self.decided: list[str] = []
        """Texts that were sent again, or retried, because the program had left it to its person."""
        self._waiting: dict[OutgoingId, float] = {}
        self._look_s = 0.0
        self._chance = random.Random(seed)
        self._presses = presses.open("a", encoding="utf-8")
        self._number = 0

    async def act(self, per_s: float) -> None:
        """Do so many things a second until cancelled; what the window did not do is kept in words."""
        while True:
            began = time.monotonic()
            kind = self._chance.choices(list(ACTS), list(ACTS.values()))[0]
            try:
                await self._do(kind, self._chance.choice(self.talks))
                self.done[kind] += 1
                await self.decide()
            except AssertionError as exc:
                self.troubles.append(f"{kind}: {exc}")
            await asyncio.sleep(max(0.02, 1 / per_s - (time.monotonic() - began)))

    async def decide(self) -> None:
        """Send again what the program has left to its person for so long: it holds what stands behind it."""
        now_s = time.monotonic()
        if now_s < self._look_s:
            return
        self._look_s = now_s + LOOK_EVERY_S
        desk = self.program.desk
        rows = {one.id: one for one in (await desk.outbox()).rows if one.state in LEFT_TO_THE_PERSON}
        self._waiting = {one: self._waiting.get(one, now_s) for one in rows}
        for one, since_s in self._waiting.items():
            if now_s - since_s < DECIDE_S:
                continue
            with contextlib.suppress(NotPossible):  # settled meanwhile
                item = rows[one]
                uncertain = item.state is DeliveryState.UNCERTAIN
                await (desk.send_again(one) if uncertain else desk.retry(one))
                self.decided.append(item.text)

    async def _do(self, kind: str, talk: Conversation) -> None:
        match kind:
            case "write":
                await self.look_at(talk)
                edit = self._edit()
                hands.click(edit.viewport())
                edit.selectAll()  # a draft of before is written over
                text = self._text(talk)
                hands.write(edit, text)
                self._press(talk, text)
                hands.key(edit, Qt.Key.Key_Return)
                await hands.until(lambda: not edit.toPlainText(), "the composer letting go")
            case "open":
                await self.look_at(talk)
            case "scroll":
                view = self.window.chat.timeline
                for _ in range(4):
                    hands.key(view, Qt.Key.Key_PageUp)
                    await hands.settle(2)
                view.show_newest()
            case "draft":
                await self.look_at(talk)
                hands.click(self._edit().viewport())
                hands.write(self._edit(), "a draft ")

    async def look_at(self, talk: Conversation) -> None:
        self.window.open_conversation(talk.id)
        await hands.until(lambda: self.window.chat.conversation_id() == talk.id, "the conversation")
        await hands.settle(2)

    def _edit(self) -> QPlainTextEdit:
        return hands.find(self.window.chat, QPlainTextEdit)

    def _text(self, talk: Conversation) -> str:
        self._number += 1
        return f"t{talk.id} {self._number}: {self._chance.choice(WORDS)}"

    def _press(self, talk: Conversation, text: str) -> None:
        line = {"talk": f"t{talk.id}", "text": text, "at_ms": time.time_ns() // 1_000_000}
        self._presses.write(json.dumps(line) + "\n")
        self._presses.flush()


class Answers:
    """What the process is asked from outside."""

    def __init__(self, running: program.Program, person: Person) -> None:
        self._program = running
        self._person = person
        self._acting: asyncio.Task[None] | None = None
        self._accounts: dict[Any, str] = {}

    async def sign_in(self, words: dict[str, Any]) -> dict[str, Any]:
        """Sign in at every platform: its address by its name."""
        desk: Desk = self._program.desk
        for name, url in words["urls"].items():
            seat = SEATS[name]
            signed_in = await desk.sign_in(
                SignInRequest(
                    platform=Platform(name),
                    server_url=url,
                    login=seat.desk,
                    password=PASSWORD,
                    role=seat.role,
                    plain_http_consent=True,
                )
            )
            self._accounts[signed_in.account.id] = name
        await hands.until(lambda: self._away() == [], "every account reached", PATIENCE_S)
        return {}

    async def talks(self, words: dict[str, Any]) -> dict[str, Any]:
        """Which conversations others take part in; the person writes into these."""
        wanted = {(platform, talk) for platform, talk in words["talks"]}
        rows = await self._conversations()
        self._person.talks = [
            row
            for row in rows
            if row.lifecycle is Lifecycle.OPEN
            and (self._accounts[row.account_id], str(row.remote_id)) in wanted
        ]
        return {"conversations": len(rows), "talks": len(self._person.talks)}

    async def home(self, _words: dict[str, Any]) -> dict[str, Any]:
        """Look at the same conversation of every account as ever, the same one last: now runs compare."""
        first = {talk.account_id: talk for talk in reversed(self._person.talks)}
        for talk in first.values():
            await self._person.look_at(talk)
        return {}

    async def act(self, words: dict[str, Any]) -> dict[str, Any]:
        """Let the person act so many times a second; 0: no longer."""
        acting, self._acting = self._acting, None
        if acting is not None:
            acting.cancel()
            await asyncio.wait({acting})
        if words["per_s"]:
            self._acting = asyncio.create_task(self._person.act(words["per_s"]), name="person")
        return {}

    async def sample(self, _words: dict[str, Any]) -> dict[str, Any]:
        """What the program holds now."""
        return await inside.count(self._program)

    async def census(self, _words: dict[str, Any]) -> dict[str, Any]:
        """What there is of every class."""
        return await inside.census(self._program)

    async def state(self, _words: dict[str, Any]) -> dict[str, Any]:
        """What is not sent yet, and who is not reached."""
        await self._person.decide()
        rows = (await self._program.desk.outbox()).rows
        return {
            "unsent": sum(row.state in OPEN_STATES for row in rows if row.kind is OutgoingKind.SEND),
            "uncertain": sum(row.state is DeliveryState.UNCERTAIN for row in rows),
            "away": self._away(),
            "done": dict(self._person.done),
            "troubles": self._person.troubles,
            "decided": self._person.decided,
            "focused": self._program.window.isActiveWindow(),
        }

    async def traces(self, _words: dict[str, Any]) -> dict[str, Any]:
        """Where memory was allocated, largest first; empty unless it is traced."""
        if not tracemalloc.is_tracing():
            return {}
        gc.collect()
        found = tracemalloc.take_snapshot().statistics("lineno")
        return {str(one.traceback): one.size for one in found[:4_000]}

    def _away(self) -> list[str]:
        found = []
        for account, name in self._accounts.items():
            status = self._program.feed.status_of(account)
            if (
                status is None
                or status.connection is not ConnectionState.ONLINE
                or status.sign_in is not SignInState.OK
                or status.synced_at_us is None
            ):
                found.append(name)
        return found

    async def _conversations(self) -> list[Conversation]:
        return list((await self._program.desk.conversations()).rows)


class Script:
    """The script of the program: answers until stdin ends."""

    def __init__(self, presses: Path, seed: int) -> None:
        self._presses = presses
        self._seed = seed

    async def __call__(self, running: program.Program) -> int:
        running.window.resize(1280, 820)
        running.window.activateWindow()
        answers = Answers(running, Person(running, self._presses, self._seed))
        lines: asyncio.Queue[str] = asyncio.Queue()
        loop = asyncio.get_running_loop()
        reading = loop.run_in_executor(
            None, _read_lines, lambda line: loop.call_soon_threadsafe(lines.put_nowait, line)
        )
        while line := await lines.get():
            words = json.loads(line)
            answer = await getattr(answers, words.pop("do"))(words)
            print(json.dumps(answer), flush=True)
        await answers.act({"per_s": 0})
        await reading
        return 0


def _read_lines(take: Callable[[str], object]) -> None:
    for line in sys.stdin:
        take(line)
    take("")


def main(folder: str, presses: str, seed: str) -> int:
    """Run the program over a folder."""
    if os.environ.get("SOAK_TRACE"):
        tracemalloc.start(1)
    logfile.start(Path(folder) / "log")
    plugins = {plugin.platform: plugin for plugin in PLUGINS}
    return program.run(Path(folder), plugins, MemoryVault(), Script(Path(presses), int(seed)))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
