"""A person at the real composer, over the real store, on a disk that fails or in a process that dies.

What counts is what the person has seen: a text that has left the composer was sent, and must be in the
outbox; one that still stands there was not, and may be pressed again. After a death the database may be
destroyed as well: then the journal alone must know of everything that has left the composer.
"""

from __future__ import annotations

import asyncio
import gc
import random
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from itertools import count
from pathlib import Path
from typing import Any

import qasync
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from chatdesk.store.connection import FILE_NAME
from chatdesk.store.recovery import open_store
from chatdesk.ui.composer.composer import Composer
from tests.faults import checker
from tests.faults.disk.shim import CHANGING, Disk, Fault, Ill, failing_disk
from tests.faults.parts import Case, Result
from tests.ui.timeline.real import Stage

TRIES = 3
"""So often a person presses Enter for one text; the disk is well before the last time."""
QUIET_S = 0.005
"""So long the window goes on while the disk hangs in its last call: any thread may be that late."""
_LIVING = shutil.ignore_patterns("*.lock", "lock")


def _draw(chance: random.Random, number: int) -> dict[str, Any]:
    press: dict[str, Any] = {"text": f"t0 word {number}", "saved": chance.random() < 0.5, "fault": None}
    if chance.random() < 0.5:
        name = chance.choice(["", ".journal", "-wal"])
        press["fault"] = {
            "ill": chance.choice([Ill.FULL, Ill.ERROR, Ill.READ_ONLY]).value,
            "name": name,
            "after": chance.randrange(4 if name == ".journal" else 24),
            "dies": chance.random() < 0.5,
        }
    return press


class Composing:
    """Presses at the composer: 2 to 6 texts, and before each the disk may be about to fail.

    journal_alone: only those cases in which the process may die and take its database with it.
    """

    def __init__(self, *, journal_alone: bool = False) -> None:
        self._journal_alone = journal_alone

    def cases(self, seed: int) -> Iterator[Case]:
        """Cases without end."""
        for number in count(seed * 1_000_000):
            chance = random.Random(f"{number} composing")
            presses = [_draw(chance, at) for at in range(chance.randint(2, 6))]
            is_destroyed = chance.random() < 0.5
            may_die = any(one["fault"] is not None and one["fault"]["dies"] for one in presses)
            if (is_destroyed and may_die) or not self._journal_alone:
                key = f"composing {number}"
                yield {"key": key, "seed": number, "presses": presses, "destroyed": is_destroyed}

    def prepare(self, case: Case) -> None:
        """Nothing is shared."""

    def carry_out(self, case: Case, folder: Path) -> Result:
        """Type, press, and look where every text is."""
        app = QApplication.instance() or QApplication([])
        assert isinstance(app, QApplication)
        app.setQuitOnLastWindowClosed(False)
        loop = qasync.QEventLoop(app)
        asyncio.set_event_loop(loop)
        was_enabled = gc.isenabled()
        gc.disable()  # else a writer's thread may come to end what belongs to the window
        try:
            with failing_disk(folder) as disk:
                result: Result = loop.run_until_complete(_Sitting(app, folder, disk, case).story())
                return result
        finally:
            asyncio.set_event_loop(None)
            loop.close()
            gc.collect()
            if was_enabled:
                gc.enable()


class _Sitting:
    """One person, from the first key to the end of the process or of the texts."""

    def __init__(self, app: QApplication, folder: Path, disk: Disk, case: Case) -> None:
        self._case = case
        self._folder = folder
        self._disk = disk
        self._left: Path | None = None
        self._died = asyncio.Event()
        self._gone = threading.Event()
        self._loop = asyncio.get_event_loop()
        self._pressed: list[str] = []
        self._stage = Stage(folder / "profile", app)
        self._composer = Composer(self._stage.context)

    async def story(self) -> Result:
        composer, stage = self._composer, self._stage
        self._disk.on_death = self._die
        composer.resize(600, 200)
        composer.open_conversation(stage.room)
        composer.show()
        try:
            for press in self._case["presses"]:
                await self._write(press)
                if self._died.is_set():
                    break
            shown = self._shown
        finally:
            self._disk.heal()
            self._gone.set()
            await composer.flush()
            composer.close()
            composer.deleteLater()
            stage.close()
        return self._counted(shown)

    # -- at the composer

    @property
    def _shown(self) -> str:
        return self._composer.edit.toPlainText()

    async def _write(self, press: dict[str, Any]) -> None:
        """Type a text and press Enter, until it has left the composer."""
        text = press["text"]
        self._composer.edit.setFocus()
        QTest.keyClicks(self._composer.edit, text)
        if press["saved"]:
            await self._settled()
        self._pressed.append(text)
        if press["fault"] is not None:
            told = press["fault"]
            self._disk.faults = [
                Fault(Ill(told["ill"]), CHANGING, told["after"], name=told["name"], dies=told["dies"])
            ]
        for tries in range(1, TRIES + 1):
            if tries == TRIES:
                self._disk.heal()
            QTest.keyClick(self._composer.edit, Qt.Key.Key_Return)
            await self._settled()
            if self._died.is_set() or text not in self._shown:
                break
        self._disk.heal()

    async def _settled(self) -> None:
        """The composer has nothing more to do, or the process dies."""
        ends = [asyncio.ensure_future(one) for one in (self._composer.flush(), self._died.wait())]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        ends[1].cancel()
        if self._died.is_set():
            await asyncio.sleep(QUIET_S)

    # -- its end

    def _die(self) -> None:
        """On the thread whose call was the last one: it does not come back before the person has looked."""
        left = self._folder / "left"
        shutil.copytree(self._folder / "profile", left, ignore=_LIVING)
        self._left = left
        self._loop.call_soon_threadsafe(self._died.set)
        if threading.current_thread() is not threading.main_thread():
            self._gone.wait()

    def _counted(self, shown: str) -> Result:
        folder = self._folder / "profile"
        if self._left is not None:
            folder = self._left
            if self._case["destroyed"]:
                for part in ("", "-wal", "-shm"):
                    (folder / (FILE_NAME + part)).unlink(missing_ok=True)
        open_store(folder).close()
        server = self._folder / "server.sqlite3"
        with closing(sqlite3.connect(server)) as connection:
            connection.execute("CREATE TABLE messages (conversation_id, seq, text, created_ms, deleted_ms)")
        kept = f"{shown}\n{_drafts(folder / FILE_NAME)}"
        presses = [
            checker.Press("t0", text, at, least=0 if text in kept else 1)
            for at, text in enumerate(self._pressed)
        ]
        counted = checker.check(presses, server, folder / FILE_NAME)
        result: Result = {"platform": "", "variant": "", "seed": self._case["seed"]}
        result["faults"] = [
            "dies" if one["fault"]["dies"] else one["fault"]["ill"]
            for one in self._case["presses"][: len(self._pressed)]
            if one["fault"] is not None
        ]
        result |= asdict(counted)  # type: ignore[typeddict-item]
        result["owed"] = result["alive"] = 0
        result["kills"] = int(self._left is not None)
        return result


def _drafts(client_db: Path) -> str:
    with closing(sqlite3.connect(client_db)) as connection:
        return "\n".join(str(text) for (text,) in connection.execute("SELECT text FROM drafts"))
